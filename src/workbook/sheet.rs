//! A sheet.

use super::{Cells, Runs};
use crate::grid::{Pos, Rect};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A worksheet.
#[derive(Debug, Default)]
pub struct Sheet {
    pub name: Arc<str>,
    pub visibility: Visibility,
    pub cells: Cells,
    pub runs: Runs,
    /// For each dynamic array formula whose result is more than one cell: the
    /// cells it fills, its own included, by its own place.
    pub spills: BTreeMap<Pos, Rect>,
    pub columns: BTreeMap<u32, ColumnProps>,
    pub rows: BTreeMap<u32, RowProps>,
    pub merges: Vec<Rect>,
    pub panes: Option<Panes>,
}

impl Sheet {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Style index of cells that have none.
    pub style: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowProps {
    /// In points.
    pub height: Option<f64>,
    pub hidden: bool,
    /// Hidden by a filter rather than by hand.
    pub filtered: bool,
    pub style: u32,
}

/// Rows and columns that stay in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panes {
    pub frozen_rows: u32,
    pub frozen_cols: u32,
}
