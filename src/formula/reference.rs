//! References by address: how cells, rows and columns are spelled, in A1 and in
//! R1C1 notation, and what stands before the `!`.

use super::lexer::is_word_char;
use super::{Axis, CellRef, Expr, RefShape, SheetPrefix};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos};

/// A corner of a reference, or a whole row or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Corner {
    Cell(CellRef),
    Row(Axis),
    Col(Axis),
}

/// A row or a column as it is written: counted from zero, with a `$` or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub at: u32,
    pub absolute: bool,
}

impl Place {
    /// Its form for a formula whose own row or column is `origin`.
    pub(super) fn axis(self, origin: u32) -> Axis {
        if self.absolute {
            Axis::Absolute(self.at)
        } else {
            Axis::Relative(self.at as i32 - origin as i32)
        }
    }
}

/// The column and the row that a word in A1 notation names: `B7`, `$B$7`, or
/// one of them alone: `$B`, `7`. `None` where it is anything else or lies
/// beyond the sheet's edge.
pub(super) fn scan_a1(word: &[u8]) -> Option<(Option<Place>, Option<Place>)> {
    let at = |i: usize| word.get(i).copied().unwrap_or(0);
    let mut i = 0;
    let mut absolute = at(i) == b'$';
    i += usize::from(absolute);
    let mut col = None;
    let letters = i;
    let mut number = 0;
    while at(i).is_ascii_alphabetic() {
        if i - letters == 3 {
            return None;
        }
        number = number * 26 + u32::from(at(i).to_ascii_uppercase() - b'A') + 1;
        i += 1;
    }
    if i > letters {
        if number > MAX_COLS {
            return None;
        }
        col = Some(Place {
            at: number - 1,
            absolute,
        });
        if i == word.len() {
            return Some((col, None));
        }
        absolute = at(i) == b'$';
        i += usize::from(absolute);
    }
    let digits = i;
    number = 0;
    while at(i).is_ascii_digit() {
        if i - digits == 7 {
            return None;
        }
        number = number * 10 + u32::from(at(i) - b'0');
        i += 1;
    }
    if i < word.len() || number == 0 || number > MAX_ROWS {
        return None;
    }
    let row = Place {
        at: number - 1,
        absolute,
    };
    Some((col, Some(row)))
}

/// Whether a word in A1 notation names a cell.
pub(super) fn is_cell_word(word: &str) -> bool {
    matches!(scan_a1(word.as_bytes()), Some((Some(_), Some(_))))
}

/// The corner that a word in A1 notation names, for a formula at `origin`.
pub(super) fn corner_a1(word: &str, origin: Pos) -> Option<Corner> {
    Some(match scan_a1(word.as_bytes())? {
        (Some(col), Some(row)) => Corner::Cell(CellRef {
            row: row.axis(origin.row),
            col: col.axis(origin.col),
        }),
        (Some(col), None) => Corner::Col(col.axis(origin.col)),
        (None, row) => Corner::Row(row?.axis(origin.row)),
    })
}

/// Whether a reference is one whole row or column.
pub(super) fn is_one_line(expr: &Expr) -> bool {
    let Expr::Reference(reference) = expr else {
        return false;
    };
    match reference.shape {
        RefShape::Rows(a, b) | RefShape::Cols(a, b) => a == b,
        _ => false,
    }
}

/// Whether a name alone is spelled like a column.
pub(super) fn looks_like_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Name { prefix: None, name } if scan_a1(name.as_bytes()).is_some())
}

/// The corner in R1C1 notation at the beginning of `text`, and its length:
/// `R1C1`, `R[-1]C`, `RC[2]`, `R`, `C3`.
pub(super) fn corner_r1c1(text: &str) -> Option<(Corner, usize)> {
    let (row, after_row) = axis_r1c1(text, b'R', MAX_ROWS);
    let (col, after_col) = axis_r1c1(&text[after_row..], b'C', MAX_COLS);
    let corner = match (row, col) {
        (Some(row), Some(col)) => Corner::Cell(CellRef { row, col }),
        (Some(row), None) => Corner::Row(row),
        (None, Some(col)) => Corner::Col(col),
        (None, None) => return None,
    };
    Some((corner, after_row + after_col))
}

/// `R`, `R5` or `R[-5]` at the beginning of `text`, and its length; 0 where there is none.
fn axis_r1c1(text: &str, letter: u8, size: u32) -> (Option<Axis>, usize) {
    const NONE: (Option<Axis>, usize) = (None, 0);
    let bytes = text.as_bytes();
    if bytes.first().map(u8::to_ascii_uppercase) != Some(letter) {
        return NONE;
    }
    if bytes.get(1) == Some(&b'[') {
        let Some(close) = bytes.iter().take(12).position(|&b| b == b']') else {
            return NONE;
        };
        return match text[2..close].parse::<i32>() {
            Ok(by) if by.unsigned_abs() < size => (Some(Axis::Relative(by)), close + 1),
            _ => NONE,
        };
    }
    let digits = bytes[1..]
        .iter()
        .take(8)
        .take_while(|b| b.is_ascii_digit())
        .count();
    if digits == 0 {
        return (Some(Axis::Relative(0)), 1);
    }
    match text[1..=digits].parse::<u32>() {
        Ok(at) if (1..=size).contains(&at) => (Some(Axis::Absolute(at - 1)), digits + 1),
        _ => NONE,
    }
}

impl SheetPrefix {
    /// Reads what stands between the quotes of `'[Book.xlsx]First sheet:Last'!`;
    /// doubled quotes have been undone.
    pub(super) fn from_quoted(text: &str) -> Self {
        if let Some((book, sheet)) = text.rsplit_once(']')
            && let Some((folder, name)) = book.split_once('[')
        {
            return Self::External {
                book: if folder.is_empty() {
                    name.into()
                } else {
                    format!("{book}]").into()
                },
                sheet: (!sheet.is_empty()).then(|| sheet.into()),
            };
        }
        match text.split_once(':') {
            Some((first, last)) => Self::Span(first.into(), last.into()),
            None => Self::Sheet(text.into()),
        }
    }

    /// Adds the prefix and its `!` to a formula, in quotes where it needs them.
    pub(super) fn print(&self, out: &mut String) {
        // `x:Sheet1!A1` would be a span of sheets from x on.
        let after_name = out.strip_suffix(':').is_some_and(|before| {
            let word = before.rsplit(|c| !is_word_char(c)).next().unwrap_or("");
            !word.is_empty() && !is_cell_word(word)
        });
        let plain = !after_name
            && match self {
                Self::Sheet(name) => is_plain_sheet(name),
                Self::Span(first, last) => is_plain_sheet(first) && is_plain_sheet(last),
                Self::External { book, sheet } => {
                    book.chars().all(is_plain)
                        && sheet
                            .as_deref()
                            .is_none_or(|sheet| sheet.split(':').all(is_plain_sheet))
                }
            };
        let bare = match self {
            Self::Sheet(name) => name.to_string(),
            Self::Span(first, last) => format!("{first}:{last}"),
            Self::External { book, sheet } => {
                let sheet = sheet.as_deref().unwrap_or("");
                if book.ends_with(']') {
                    format!("{book}{sheet}")
                } else {
                    format!("[{book}]{sheet}")
                }
            }
        };
        if plain {
            out.push_str(&bare);
        } else {
            out.push('\'');
            out.push_str(&bare.replace('\'', "''"));
            out.push('\'');
        }
        out.push('!');
    }
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// Whether a sheet's name can stand without quotes: one that could be taken
/// for a number, a cell of either notation or a truth value cannot.
pub(crate) fn is_plain_sheet(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(is_plain)
        && !is_cell_word(name)
        && corner_r1c1(name).is_none_or(|(_, length)| length < name.len())
        && !name.eq_ignore_ascii_case("TRUE")
        && !name.eq_ignore_ascii_case("FALSE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beyond_the_sheet_are_no_cells() {
        for (word, is_cell) in [
            ("A1", true),
            ("$xfd$1048576", true),
            ("TAX2020", true),
            ("XFE1", false),
            ("A1048577", false),
            ("A0", false),
            ("ABCD1", false),
            ("A", false),
            ("1", false),
            ("A1B", false),
            ("A$", false),
            ("$", false),
            ("$$A1", false),
            ("A1$", false),
        ] {
            assert_eq!(is_cell_word(word), is_cell, "{word}");
        }
    }

    #[test]
    fn r1c1_corners_are_read_to_their_end() {
        let cell = |row, col| Corner::Cell(CellRef { row, col });
        use Axis::*;
        for (text, expected) in [
            ("R1C1", Some((cell(Absolute(0), Absolute(0)), 4))),
            ("r[-1]c", Some((cell(Relative(-1), Relative(0)), 6))),
            ("RC[2]:R", Some((cell(Relative(0), Relative(2)), 5))),
            ("R", Some((Corner::Row(Relative(0)), 1))),
            ("C3", Some((Corner::Col(Absolute(2)), 2))),
            ("C16385", None),
            ("R[1048576]C", None),
            ("R[x]", None),
            ("A1", None),
        ] {
            assert_eq!(corner_r1c1(text), expected, "{text}");
        }
    }

    #[test]
    fn sheets_are_quoted_only_where_they_must_be() {
        for (name, plain) in [
            ("Sheet1", true),
            ("Übersicht_2.b", true),
            ("Sheet 1", false),
            ("2020", false),
            ("A1", false),
            ("R", false),
            ("RC", false),
            ("R2D2", true),
            ("True", false),
            ("it's", false),
        ] {
            assert_eq!(is_plain_sheet(name), plain, "{name}");
        }
    }
}
