//! Giving cells another style.

use super::{Sheet, StyleMap};
use crate::grid::{MAX_COLS, MAX_ROWS, Rect};

impl Sheet {
    /// Gives every cell of `rect` the style that `change` makes of the one it
    /// is shown in. Whole columns and rows are told so in their properties, so
    /// that no million blank cells are styled one by one.
    ///
    /// Where a property is told, cells that it does not speak for (those of a
    /// styled row in a whole column, say) get a style of their own.
    pub(super) fn restyle(&mut self, rect: Rect, change: &mut dyn FnMut(u32) -> u32) {
        let whole_columns = rect.top == 0 && rect.bottom == MAX_ROWS - 1;
        let whole_rows = rect.left == 0 && rect.right == MAX_COLS - 1;
        let styled_rows: Vec<u32> = self
            .rows
            .within(rect.top..=rect.bottom)
            .filter(|(.., props)| props.style != 0)
            .flat_map(|(first, last, _)| first..=last)
            .collect();
        // The columns whose cells the told properties do not speak for.
        let own_columns: Vec<u32> = match (whole_columns, whole_rows) {
            (true, _) => Vec::new(),
            (false, true) => self
                .columns
                .iter()
                .filter(|(_, props)| props.style != 0)
                .map(|(&col, _)| col)
                .collect(),
            (false, false) => (rect.left..=rect.right).collect(),
        };

        // Painted from back to front: columns, rows, cells.
        let mut own = StyleMap::default();
        for &col in &own_columns {
            let column = Rect {
                left: col,
                right: col,
                ..rect
            };
            own.set(column, Some(change(self.column_style(col))));
        }
        for &row in &styled_rows {
            let style = change(self.row_style(row));
            let cells = |left, right| Rect {
                top: row,
                left,
                bottom: row,
                right,
            };
            if whole_columns && whole_rows {
                self.rows.change(row..=row, |props| props.style = style);
            } else if whole_columns {
                own.set(cells(rect.left, rect.right), Some(style));
            } else {
                for &col in &own_columns {
                    own.set(cells(col, col), Some(style));
                }
            }
        }
        for (piece, style) in self.styles.pieces(rect) {
            own.set(piece, Some(change(style)));
        }
        self.styles.put(rect, &own);

        if whole_columns {
            for col in rect.left..=rect.right {
                let style = change(self.column_style(col));
                if style != self.column_style(col) {
                    self.columns.entry(col).or_default().style = style;
                }
            }
        } else if whole_rows {
            for (first, last, props) in self.rows.covering(rect.top..=rect.bottom) {
                let style = change(props.style);
                self.rows.change(first..=last, |props| props.style = style);
            }
        }
    }
}
