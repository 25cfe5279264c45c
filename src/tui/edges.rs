//! Where the data of a sheet begins and ends.

use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::workbook::Sheet;

/// The cell that Ctrl with an arrow goes to: within data its last cell in that
/// direction, elsewhere the next cell that holds something, else the sheet's edge.
/// `by` is one row or one column.
pub fn data_edge(sheet: &Sheet, from: Pos, by: (i64, i64)) -> Pos {
    let step = |at: Pos| -> Option<Pos> {
        let row = u32::try_from(i64::from(at.row) + by.0).ok()?;
        let col = u32::try_from(i64::from(at.col) + by.1).ok()?;
        (row < MAX_ROWS && col < MAX_COLS).then_some(Pos { row, col })
    };
    let filled = |at: Pos| !sheet.cells.get(at).is_blank();
    let Some(next) = step(from) else {
        return from;
    };
    if filled(from) && filled(next) {
        let mut at = next;
        while let Some(next) = step(at).filter(|&next| filled(next)) {
            at = next;
        }
        return at;
    }
    // Beyond what is used nothing is looked at.
    let used = sheet.cells.used();
    let ahead = |at: Pos| {
        let line = Rect::new(at, end(at, by));
        used.is_some_and(|used| used.intersection(&line).is_some())
    };
    let mut at = next;
    while ahead(at) {
        if filled(at) {
            return at;
        }
        match step(at) {
            Some(next) => at = next,
            None => return at,
        }
    }
    end(from, by)
}

/// The last cell of the sheet in a direction.
fn end(from: Pos, by: (i64, i64)) -> Pos {
    let last = |at: u32, by: i64, size: u32| match by {
        0 => at,
        by if by > 0 => size - 1,
        _ => 0,
    };
    Pos {
        row: last(from.row, by.0, MAX_ROWS),
        col: last(from.col, by.1, MAX_COLS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn edges_are_those_of_excel() {
        let mut sheet = Sheet::new("s");
        for row in [2, 3, 4, 9] {
            sheet.cells.set(Pos::new(row, 1), Value::Number(1.0));
        }
        let down = |row| data_edge(&sheet, Pos::new(row, 1), (1, 0)).row;
        assert_eq!([down(0), down(2), down(3), down(4)], [2, 4, 4, 9]);
        assert_eq!(down(9), MAX_ROWS - 1);
        let up = |row| data_edge(&sheet, Pos::new(row, 1), (-1, 0)).row;
        assert_eq!([up(9), up(4), up(2), up(0)], [4, 2, 0, 0]);
        let right = data_edge(&sheet, Pos::new(2, 0), (0, 1));
        assert_eq!(right, Pos::new(2, 1));
        assert_eq!(data_edge(&sheet, right, (0, 1)).col, MAX_COLS - 1);
    }
}
