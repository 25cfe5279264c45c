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
    /// A cell's name by the words beside it: the one to its left and the one
    /// above, `Apples × Price`, or what there is of them.
    ///
    /// Excel's Solver reports take the first texts to the left and above. Here
    /// a text to the left has to belong to the cell: in a table it is that of
    /// the table's first column; elsewhere none is taken from beyond a gap,
    /// unless it is the first beside it.
    pub fn label(&self, cell: Cell) -> String {
        let cells = &self.sheet(cell.sheet).cells;
        let text = |pos: Pos| match cells.get(pos) {
            Value::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        };
        let Pos { row, col } = cell.pos;
        let table = self.tables.at(cell.sheet, cell.pos);
        let table = table.map(|table| table.area.rect);
        let left = match table {
            Some(rect) if rect.left < col => text(Pos::new(row, rect.left)),
            Some(_) => None,
            None => self.word_to_the_left(cell),
        };
        let near = (row.saturating_sub(REACH)..row).rev();
        let far = (0..row.saturating_sub(REACH).min(HEADINGS)).rev();
        let above = near.chain(far).find_map(|row| text(Pos::new(row, col)));
        let words: Vec<Arc<str>> = left.into_iter().chain(above).collect();
        words
            .iter()
            .map(|word| word.trim())
            .collect::<Vec<_>>()
            .join(" × ")
    }

    fn word_to_the_left(&self, cell: Cell) -> Option<Arc<str>> {
        let cells = &self.sheet(cell.sheet).cells;
        let mut gap = false;
        for col in (0..cell.pos.col).rev() {
            match cells.get(Pos::new(cell.pos.row, col)) {
                Value::Text(text) if !text.trim().is_empty() => return Some(text),
                Value::Blank => gap = true,
                // Another block of cells.
                _ if gap => return None,
                _ => {}
            }
        }
        None
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
        assert_eq!(name(4, 2), "Age × Weight");
        assert_eq!(name(4, 1), "Age");
        assert_eq!(name(9, 2), "Weight");
        assert_eq!(name(9, 9), "");
    }

    #[test]
    fn words_of_other_blocks_are_no_part_of_a_name() {
        // Data with words in it, a gap, and parameters under headers.
        let mut book = Workbook::new();
        let sheet = book.add_sheet("Sheet1");
        let cells = &mut book.sheet_mut(sheet).cells;
        for (col, word) in [(0, "Sex"), (1, "Age"), (3, "Male"), (4, "Fare")] {
            cells.set(Pos::new(0, col), Value::text(word));
        }
        cells.set(Pos::new(1, 0), Value::text("female"));
        for col in [1, 3, 4] {
            cells.set(Pos::new(1, col), Value::Number(1.0));
        }
        let name = |col| {
            book.label(Cell {
                sheet,
                pos: Pos::new(1, col),
            })
        };
        assert_eq!(name(1), "female × Age");
        assert_eq!(name(3), "Male");
        assert_eq!(name(4), "Fare");
    }
}
