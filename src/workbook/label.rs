//! What people call a cell: the words beside it.

use super::Workbook;
use crate::grid::{Cell, Pos};
use crate::value::Value;
use std::sync::Arc;

/// How far above a cell its heading is looked for, row by row; beyond that only
/// in the sheet's first rows.
const REACH: u32 = 2_000;
const HEADINGS: u32 = 10;

impl Workbook {
    /// A cell's name as Excel's Solver reports make it: the first text to its
    /// left, then the first text above it; empty where there is neither.
    pub fn label(&self, cell: Cell) -> String {
        let cells = &self.sheet(cell.sheet).cells;
        let text = |pos: Pos| match cells.get(pos) {
            Value::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        };
        let Pos { row, col } = cell.pos;
        let left = (0..col).rev().find_map(|col| text(Pos::new(row, col)));
        let near = (row.saturating_sub(REACH)..row).rev();
        let far = (0..row.saturating_sub(REACH).min(HEADINGS)).rev();
        let above = near.chain(far).find_map(|row| text(Pos::new(row, col)));
        let words: Vec<Arc<str>> = left.into_iter().chain(above).collect();
        words
            .iter()
            .map(|word| word.trim())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_called_by_the_words_left_and_above() {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("Sheet1");
        let cells = &mut book.sheet_mut(sheet).cells;
        cells.set(Pos::new(0, 2), Value::text("Weight"));
        cells.set(Pos::new(1, 2), Value::Number(3.0));
        cells.set(Pos::new(4, 0), Value::text("Age "));
        let name = |row, col| {
            book.label(Cell {
                sheet,
                pos: Pos::new(row, col),
            })
        };
        assert_eq!(name(4, 2), "Age Weight");
        assert_eq!(name(4, 1), "Age");
        assert_eq!(name(9, 2), "Weight");
        assert_eq!(name(9, 9), "");
    }
}
