//! A sheet.

use super::{AutoFilter, Cells, Chart, ConditionalFormat, Rows, Runs, StyleMap, Validation};
use crate::grid::{Pos, Rect, Shift};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A worksheet.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub name: Arc<str>,
    pub visibility: Visibility,
    pub cells: Cells,
    pub runs: Runs,
    /// For each dynamic array formula whose result is more than one cell: the
    /// cells it fills, its own included, by its own place.
    pub spills: BTreeMap<Pos, Rect>,
    /// The styles that cells have of their own; see [`Sheet::style`].
    pub styles: StyleMap,
    pub columns: BTreeMap<u32, ColumnProps>,
    pub rows: Rows,
    pub merges: Vec<Rect>,
    pub panes: Option<Panes>,
    /// The filter of the sheet itself; `None` for none.
    pub filter: Option<AutoFilter>,
    pub conditional: Vec<ConditionalFormat>,
    pub validations: Vec<Validation>,
    /// The charts made since the workbook was opened.
    pub charts: Vec<Chart>,
    /// The rows and columns inserted and deleted since the workbook was opened,
    /// in their order: what a file says of places that this document does not
    /// know of goes through them when it is saved.
    pub shifts: Vec<Shift>,
    /// The cells moved within the sheet since then, in their order: the file's
    /// notes and links go with them.
    pub moves: Vec<CellsMoved>,
    /// Whether it may differ from the file it was opened from, so that saving
    /// has to compare them. Set by [`super::Workbook::sheet_mut`].
    pub touched: bool,
}

/// Cells that were cut and pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellsMoved {
    /// How many of [`Sheet::shifts`] came before.
    pub shifts_before: usize,
    pub from: Rect,
    pub to: Rect,
}

impl CellsMoved {
    /// Where what belongs to all of `rect` is afterwards; `None` where other
    /// cells cover it. What was moved or covered in part stays.
    pub fn rect(&self, rect: Rect) -> Option<Rect> {
        let (from, to) = (self.from, self.to);
        if from.contains_rect(&rect) {
            return Some(Rect {
                top: rect.top - from.top + to.top,
                left: rect.left - from.left + to.left,
                bottom: rect.bottom - from.top + to.top,
                right: rect.right - from.left + to.left,
            });
        }
        (!to.contains_rect(&rect)).then_some(rect)
    }
}

impl Sheet {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The place of the dynamic array formula that fills a cell which has no
    /// formula of its own.
    pub fn spilled_from(&self, at: Pos) -> Option<Pos> {
        let mut spills = self.spills.iter();
        let (&anchor, _) = spills.find(|(_, rect)| rect.contains(at))?;
        Some(anchor)
    }

    /// The index of the style that a cell is shown in: its own, else its
    /// row's, else its column's.
    pub fn style(&self, at: Pos) -> u32 {
        self.styles
            .get(at)
            .unwrap_or_else(|| self.inherited_style(at))
    }

    /// The style of a cell that has none of its own.
    pub(super) fn inherited_style(&self, at: Pos) -> u32 {
        match self.row_style(at.row) {
            0 => self.column_style(at.col),
            style => style,
        }
    }

    pub(super) fn row_style(&self, row: u32) -> u32 {
        self.rows.get(row).style
    }

    pub(super) fn column_style(&self, col: u32) -> u32 {
        self.columns.get(&col).map_or(0, |props| props.style)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Visibility {
    #[default]
    Visible,
    Hidden,
    /// Not offered in Excel's list of hidden sheets.
    VeryHidden,
}

/// What a column says for all its cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnProps {
    /// In characters of the default font; `None` for the default width.
    pub width: Option<f64>,
    pub hidden: bool,
    /// The style index of cells that have none; 0 says nothing.
    pub style: u32,
}

/// What a row says for all its cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowProps {
    /// In points.
    pub height: Option<f64>,
    pub hidden: bool,
    /// Hidden by a filter rather than by hand.
    pub filtered: bool,
    /// The style index of cells that have none, before the column's; 0 says nothing.
    pub style: u32,
}

/// Rows and columns that stay in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Panes {
    pub frozen_rows: u32,
    pub frozen_cols: u32,
}
