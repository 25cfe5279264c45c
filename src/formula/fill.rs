//! Telling a filled formula from its neighbour's text alone.

use super::MAX_CHARS;
use super::reference::{Place, scan_a1};
use crate::grid::Pos;

/// Whether the formula `b` at `at_b` is `a` at `at_a`, filled: given that `a`
/// can be read, whether `b` reads to the same tree. Both texts are scanned in
/// step, nothing is allocated, and where it would take more to be sure the
/// answer is `false`: spaces, letters' case and everything but cells must be
/// equal byte by byte, and beyond ASCII nothing outside quotes is judged.
///
/// Loading a file asks this of each formula and the one before it, so that a
/// column filled down a million rows is parsed once.
///
/// ```
/// use gradsheet::{formula::is_fill_of, grid::Pos};
/// assert!(is_fill_of("A1*$B$1", Pos::new(0, 2), "A2*$B$1", Pos::new(1, 2)));
/// assert!(!is_fill_of("A1*$B$1", Pos::new(0, 2), "A1*$B$1", Pos::new(1, 2)));
/// ```
pub fn is_fill_of(text_a: &str, at_a: Pos, text_b: &str, at_b: Pos) -> bool {
    if text_b.len() > MAX_CHARS {
        return false;
    }
    let (mut a, mut b) = (text_a.as_bytes(), text_b.as_bytes());
    // The last byte that was no space: after `:` and `!`, and before `:`, a lone
    // column or row is part of a reference.
    let mut before = b' ';
    loop {
        let (Some((&first, _)), Some(_)) = (a.split_first(), b.split_first()) else {
            return a.is_empty() && b.is_empty();
        };
        let (in_a, in_b) = if is_word(first) {
            let (in_a, in_b) = (word_length(a), word_length(b));
            let (word_a, word_b) = (&a[..in_a], &b[..in_b]);
            match (cell(word_a, &a[in_a..]), cell(word_b, &b[in_b..])) {
                (Some(cell_a), Some(cell_b)) => {
                    let same = |a: Place, b: Place, origin_a, origin_b| {
                        a.axis(origin_a) == b.axis(origin_b)
                    };
                    if !same(cell_a.0, cell_b.0, at_a.col, at_b.col)
                        || !same(cell_a.1, cell_b.1, at_a.row, at_b.row)
                    {
                        return false;
                    }
                }
                (None, None) => {
                    if word_a != word_b {
                        return false;
                    }
                    let next = a[in_a..].iter().find(|&&byte| !is_space(byte));
                    if (matches!(before, b':' | b'!') || next == Some(&b':'))
                        && moves(word_a, at_a, at_b)
                    {
                        return false;
                    }
                }
                _ => return false,
            }
            (in_a, in_b)
        } else {
            let Some(length) = same_length(a, b) else {
                return false;
            };
            (length, length)
        };
        if !is_space(first) {
            before = first;
        }
        a = &a[in_a..];
        b = &b[in_b..];
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'_' | b'.' | b'\\' | b'?')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

fn word_length(text: &[u8]) -> usize {
    text.iter()
        .position(|&byte| !is_word(byte))
        .unwrap_or(text.len())
}

/// The column and the row of a word that is a cell; `None` where it is a
/// function, a sheet, a table or a number.
fn cell(word: &[u8], rest: &[u8]) -> Option<(Place, Place)> {
    if matches!(rest.first(), Some(b'(' | b'!' | b'[')) || !word.last()?.is_ascii_digit() {
        return None;
    }
    match scan_a1(word)? {
        (Some(col), Some(row)) => Some((col, row)),
        _ => None,
    }
}

/// Whether a word beside a colon, equal in both formulas, could be a row or a
/// column that should have moved with them.
fn moves(word: &[u8], at_a: Pos, at_b: Pos) -> bool {
    match scan_a1(word) {
        Some((Some(col), None)) => !col.absolute && at_a.col != at_b.col,
        Some((None, Some(row))) => !row.absolute && at_a.row != at_b.row,
        _ => false,
    }
}

/// The length of what begins both texts, where it is the same: a quoted or
/// bracketed piece, or one byte of anything else but words.
fn same_length(a: &[u8], b: &[u8]) -> Option<usize> {
    let length = match a[0] {
        quote @ (b'"' | b'\'') => 2 + a[1..].iter().position(|&byte| byte == quote)?,
        b'[' => bracketed_length(a)?,
        0x80.. => return None,
        _ => 1,
    };
    (a.get(..length)? == b.get(..length)?).then_some(length)
}

fn bracketed_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\'' => escaped = true,
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}
