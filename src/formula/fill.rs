//! Telling a filled formula from its neighbour's text alone.

use super::MAX_CHARS;
use super::reference::scan_a1;
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
    // The first byte of the piece before this one, spaces aside.
    let mut before = b' ';
    loop {
        let (Some((&first, _)), Some(_)) = (a.split_first(), b.split_first()) else {
            return a.is_empty() && b.is_empty();
        };
        let (in_a, in_b) = if WORD[usize::from(first)] {
            let (in_a, in_b) = (word_length(a), word_length(b));
            let (word_a, word_b) = (&a[..in_a], &b[..in_b]);
            let filled = if word_a == word_b {
                stays_when_filled(word_a, before, &a[in_a..], at_a, at_b)
            } else {
                moves_when_filled(word_a, word_b, &a[in_a..], at_a, at_b)
            };
            if !filled {
                return false;
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

/// Whether a word that is the same in both formulas means the same to them: it
/// is not a reference, or one that is absolute as far as it has to be.
fn stays_when_filled(word: &[u8], before: u8, rest: &[u8], at_a: Pos, at_b: Pos) -> bool {
    let Some((col, row)) = scan_a1(word) else {
        return true;
    };
    if col.is_none_or(|col| col.absolute || at_a.col == at_b.col)
        && row.is_none_or(|row| row.absolute || at_a.row == at_b.row)
    {
        return true;
    }
    if col.is_some() && row.is_some() {
        return is_name(rest);
    }
    // A lone row or column is a number or a name unless a colon is beside it.
    let next = rest.iter().find(|&&byte| !is_space(byte));
    !matches!(before, b':' | b'!') && next != Some(&b':')
}

/// Whether two words that differ are the same cell to their formulas.
fn moves_when_filled(a: &[u8], b: &[u8], rest: &[u8], at_a: Pos, at_b: Pos) -> bool {
    match (scan_a1(a), scan_a1(b)) {
        (Some((Some(col_a), Some(row_a))), Some((Some(col_b), Some(row_b)))) => {
            col_a.axis(at_a.col) == col_b.axis(at_b.col)
                && row_a.axis(at_a.row) == row_b.axis(at_b.row)
                && !is_name(rest)
        }
        _ => false,
    }
}

/// The bytes that words are made of.
const WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        word[byte] = b.is_ascii_alphanumeric() || matches!(b, b'$' | b'_' | b'.' | b'\\' | b'?');
        byte += 1;
    }
    word
};

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

fn word_length(text: &[u8]) -> usize {
    text.iter()
        .position(|&byte| !WORD[usize::from(byte)])
        .unwrap_or(text.len())
}

/// Whether the word before `rest` is the name of a function, a sheet or a
/// table, though it looks like a cell.
fn is_name(rest: &[u8]) -> bool {
    matches!(rest.first(), Some(b'(' | b'!' | b'['))
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
