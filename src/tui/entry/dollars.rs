//! The `$` of references: reading, writing, cycling.

use crate::grid::{MAX_COLS, MAX_ROWS, Rect, column_name};

/// Which parts of a reference stay when its formula is copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dollars {
    pub col: bool,
    pub row: bool,
}

impl Dollars {
    /// What comes next: A1, $A$1, A$1, $A1, A1.
    pub fn next(self) -> Self {
        let (col, row) = match (self.col, self.row) {
            (false, false) => (true, true),
            (true, true) => (false, true),
            (false, true) => (true, false),
            (true, false) => (false, false),
        };
        Self { col, row }
    }
}

/// A rectangle as a formula writes it: `B2`, `$B$2:$C$9`, `2:4`, `B:B`.
pub fn reference(rect: Rect, dollars: Dollars) -> String {
    let col = |col| format!("{}{}", sign(dollars.col), column_name(col));
    let row = |row| format!("{}{}", sign(dollars.row), row + 1);
    if rect.left == 0 && rect.right == MAX_COLS - 1 {
        return format!("{}:{}", row(rect.top), row(rect.bottom));
    }
    if rect.top == 0 && rect.bottom == MAX_ROWS - 1 {
        return format!("{}:{}", col(rect.left), col(rect.right));
    }
    let first = format!("{}{}", col(rect.left), row(rect.top));
    match rect.is_cell() {
        true => first,
        false => format!("{first}:{}{}", col(rect.right), row(rect.bottom)),
    }
}

/// A reference's text with the next `$` of the cycle, all its corners alike;
/// its sheet stays as it is.
pub fn cycled(text: &str) -> String {
    let (sheet, cells) = text.split_at(text.rfind('!').map_or(0, |at| at + 1));
    let corners: Vec<&str> = cells.split(':').collect();
    let (letters, digits) = parts(corners[0]);
    let now = Dollars {
        col: letters.starts_with('$'),
        row: digits.starts_with('$'),
    };
    // Whole columns and rows have one kind of part.
    let next = match (letters.is_empty(), digits.is_empty()) {
        (false, false) => now.next(),
        _ => Dollars {
            col: !now.col,
            row: !now.row,
        },
    };
    let written: Vec<String> = corners
        .iter()
        .map(|corner| {
            let (letters, digits) = parts(corner);
            let part = |part: &str, dollar| match part.trim_start_matches('$') {
                "" => String::new(),
                bare => format!("{}{bare}", sign(dollar)),
            };
            part(letters, next.col) + &part(digits, next.row)
        })
        .collect();
    format!("{sheet}{}", written.join(":"))
}

fn sign(dollar: bool) -> &'static str {
    if dollar { "$" } else { "" }
}

/// The column's and the row's part of a corner, each with its `$`.
fn parts(corner: &str) -> (&str, &str) {
    let digit = corner.find(|c: char| c.is_ascii_digit());
    let mut at = digit.unwrap_or(corner.len());
    if digit.is_some() && corner[..at].ends_with('$') {
        at -= 1;
    }
    corner.split_at(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;

    #[test]
    fn dollars_go_round() {
        for cycle in [
            &["A1", "$A$1", "A$1", "$A1", "A1"][..],
            &["a1:B2", "$a$1:$B$2", "a$1:B$2", "$a1:$B2", "a1:B2"],
            &["A:C", "$A:$C", "A:C"],
            &["2:3", "$2:$3", "2:3"],
            &["'it!s'!A1", "'it!s'!$A$1"],
            &["A1#", "$A$1#"],
        ] {
            for pair in cycle.windows(2) {
                assert_eq!(cycled(pair[0]), pair[1]);
            }
        }
    }

    #[test]
    fn rectangles_are_written_as_references() {
        let rect = |a, b| Rect::new(a, b);
        let all = Dollars {
            col: true,
            row: true,
        };
        let cell = rect(Pos::new(1, 1), Pos::new(1, 1));
        assert_eq!(reference(cell, Dollars::default()), "B2");
        let block = rect(Pos::new(1, 1), Pos::new(8, 2));
        assert_eq!(reference(block, all), "$B$2:$C$9");
        let rows = rect(Pos::new(1, 0), Pos::new(3, MAX_COLS - 1));
        assert_eq!(reference(rows, Dollars::default()), "2:4");
        let columns = rect(Pos::new(0, 1), Pos::new(MAX_ROWS - 1, 1));
        assert_eq!(reference(columns, all), "$B:$B");
    }
}
