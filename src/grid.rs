//! Positions and rectangles of a sheet. Rows and columns count from zero.

mod shift;

pub use shift::{Axis, Shift, ShiftKind};

use std::fmt;

/// Rows on a sheet (Excel 2007 and later).
pub const MAX_ROWS: u32 = 1_048_576;
/// Columns on a sheet: `A` to `XFD`.
pub const MAX_COLS: u32 = 16_384;

/// Names a sheet for as long as a workbook is open; unlike a tab's position it
/// survives moving, renaming and deleting other sheets.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct SheetId(pub u32);

/// A cell's place on its sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pos {
    pub row: u32,
    pub col: u32,
}

impl Pos {
    pub const fn new(row: u32, col: u32) -> Self {
        Self { row, col }
    }

    /// Reads `B7` or `$B$7`, in either case; nothing before or after it.
    pub fn parse_a1(text: &str) -> Option<Self> {
        let text = text.strip_prefix('$').unwrap_or(text);
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let col = parse_column(&text[..letters])?;
        let digits = text[letters..]
            .strip_prefix('$')
            .unwrap_or(&text[letters..]);
        let row = parse_row(digits)?;
        Some(Self { row, col })
    }
}

impl fmt::Display for Pos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", column_name(self.col), self.row + 1)
    }
}

/// A non-empty rectangle of cells; both corners belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rect {
    pub top: u32,
    pub left: u32,
    pub bottom: u32,
    pub right: u32,
}

impl Rect {
    /// The rectangle between two corners, given in any order.
    pub fn new(a: Pos, b: Pos) -> Self {
        Self {
            top: a.row.min(b.row),
            left: a.col.min(b.col),
            bottom: a.row.max(b.row),
            right: a.col.max(b.col),
        }
    }

    pub const fn cell(at: Pos) -> Self {
        Self {
            top: at.row,
            left: at.col,
            bottom: at.row,
            right: at.col,
        }
    }

    /// The rectangle of `rows` by `cols` cells whose first cell is `at`;
    /// `None` where it is empty or leaves the sheet.
    pub fn sized(at: Pos, rows: u32, cols: u32) -> Option<Self> {
        let bottom = at.row.checked_add(rows.checked_sub(1)?)?;
        let right = at.col.checked_add(cols.checked_sub(1)?)?;
        (bottom < MAX_ROWS && right < MAX_COLS).then_some(Self {
            top: at.row,
            left: at.col,
            bottom,
            right,
        })
    }

    pub const fn rows(&self) -> u32 {
        self.bottom - self.top + 1
    }

    pub const fn cols(&self) -> u32 {
        self.right - self.left + 1
    }

    /// The number of cells; at most 2^34, so it needs 64 bits.
    pub const fn len(&self) -> u64 {
        self.rows() as u64 * self.cols() as u64
    }

    /// Never: a rectangle holds at least one cell.
    pub const fn is_empty(&self) -> bool {
        false
    }

    pub const fn top_left(&self) -> Pos {
        Pos {
            row: self.top,
            col: self.left,
        }
    }

    pub const fn is_cell(&self) -> bool {
        self.top == self.bottom && self.left == self.right
    }

    pub const fn contains(&self, at: Pos) -> bool {
        self.top <= at.row && at.row <= self.bottom && self.left <= at.col && at.col <= self.right
    }

    pub const fn contains_rect(&self, other: &Rect) -> bool {
        self.top <= other.top
            && other.bottom <= self.bottom
            && self.left <= other.left
            && other.right <= self.right
    }

    pub fn intersection(&self, other: &Rect) -> Option<Rect> {
        let out = Rect {
            top: self.top.max(other.top),
            left: self.left.max(other.left),
            bottom: self.bottom.min(other.bottom),
            right: self.right.min(other.right),
        };
        (out.top <= out.bottom && out.left <= out.right).then_some(out)
    }

    /// The smallest rectangle that holds both.
    pub fn hull(&self, other: &Rect) -> Rect {
        Rect {
            top: self.top.min(other.top),
            left: self.left.min(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.max(other.right),
        }
    }

    /// Its cells, row by row.
    pub fn cells(self) -> impl Iterator<Item = Pos> {
        (self.top..=self.bottom)
            .flat_map(move |row| (self.left..=self.right).map(move |col| Pos { row, col }))
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.top_left())?;
        if !self.is_cell() {
            write!(
                f,
                ":{}",
                Pos {
                    row: self.bottom,
                    col: self.right
                }
            )?;
        }
        Ok(())
    }
}

/// A cell of a workbook.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Cell {
    pub sheet: SheetId,
    pub pos: Pos,
}

/// A rectangle of a workbook.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Area {
    pub sheet: SheetId,
    pub rect: Rect,
}

/// The letters of a column: 0 is `A`, 26 is `AA`.
pub fn column_name(col: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = col + 1;
    while rest > 0 {
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    String::from_utf8(letters).expect("letters are ASCII")
}

/// The column that `letters` name, in either case; `None` past `XFD`.
pub fn parse_column(letters: &str) -> Option<u32> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut col = 0;
    for byte in letters.bytes() {
        if !byte.is_ascii_alphabetic() {
            return None;
        }
        col = col * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1;
    }
    (col <= MAX_COLS).then_some(col - 1)
}

/// The row that one-based `digits` name; `None` for 0 and past the last row.
pub fn parse_row(digits: &str) -> Option<u32> {
    if digits.is_empty() || digits.len() > 7 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let row: u32 = digits.parse().ok()?;
    (1..=MAX_ROWS).contains(&row).then(|| row - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_letters_count_in_base_26_without_a_zero() {
        for (col, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ] {
            assert_eq!(column_name(col), name);
            assert_eq!(parse_column(name), Some(col));
        }
        assert_eq!(parse_column("XFE"), None);
        assert_eq!(parse_column(""), None);
    }

    #[test]
    fn positions_read_with_and_without_dollars() {
        assert_eq!(Pos::parse_a1("$b$7"), Some(Pos::new(6, 1)));
        assert_eq!(
            Pos::parse_a1("XFD1048576"),
            Some(Pos::new(MAX_ROWS - 1, MAX_COLS - 1))
        );
        assert_eq!(Pos::parse_a1("A0"), None);
        assert_eq!(Pos::parse_a1("A1048577"), None);
        assert_eq!(Pos::parse_a1("A1x"), None);
    }

    #[test]
    fn rectangles_intersect_and_stay_on_the_sheet() {
        let a = Rect::new(Pos::new(4, 3), Pos::new(1, 1));
        assert_eq!(a.to_string(), "B2:D5");
        assert_eq!(a.intersection(&Rect::cell(Pos::new(9, 9))), None);
        assert_eq!(Rect::sized(Pos::new(MAX_ROWS - 1, 0), 2, 1), None);
        assert_eq!(Rect::sized(Pos::new(0, 0), 0, 1), None);
    }
}
