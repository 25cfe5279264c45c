//! Tables: named rectangles with named columns.

use super::{AutoFilter, Criterion};
use crate::formula::TableItems;
use crate::grid::{Area, Rect, SheetId};
use crate::value::equal_text;
use std::sync::Arc;

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The name that formulas use (`displayName`).
    pub name: Arc<str>,
    /// The name it has in the file that the workbook was opened from; `None`
    /// for a table made since.
    pub saved_as: Option<Arc<str>>,
    /// Headers and totals included.
    pub area: Area,
    pub columns: Vec<TableColumn>,
    /// Rows of headers (0 or 1).
    pub header_rows: u32,
    /// Rows of totals (0 or 1).
    pub totals_rows: u32,
    /// Whether its headers have filter buttons.
    pub buttons: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    pub name: Arc<str>,
    /// The name it has in the file that the workbook was opened from; `None`
    /// for a column made since.
    pub saved_as: Option<Arc<str>>,
    /// The formula that fills the column, without `=`.
    pub formula: Option<Arc<str>>,
    /// What the table's filter asks of its cells.
    pub criterion: Option<Criterion>,
}

impl TableColumn {
    /// A column that no formula fills.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            saved_as: None,
            formula: None,
            criterion: None,
        }
    }
}

/// A column's name as close to `wanted` as can be that no other column has:
/// numbered where it is taken, as Excel numbers `Column1`.
pub(super) fn unique_column(wanted: &str, taken: &[Arc<str>]) -> String {
    let base = if wanted == "Column1" {
        "Column"
    } else {
        wanted
    };
    let is_taken = |name: &str| taken.iter().any(|other| equal_text(other, name));
    let mut name = wanted.to_owned();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{base}{number}");
        number += 1;
    }
    name
}

impl Table {
    /// The rows between headers and totals; `None` where there are none.
    pub fn data(&self) -> Option<Rect> {
        let rect = self.area.rect;
        let top = rect.top + self.header_rows;
        let bottom = rect.bottom.checked_sub(self.totals_rows)?;
        (top <= bottom).then_some(Rect {
            top,
            bottom,
            ..rect
        })
    }

    /// Its rows without the totals.
    pub fn without_totals(&self) -> Rect {
        let rect = self.area.rect;
        Rect {
            bottom: rect.bottom.saturating_sub(self.totals_rows),
            ..rect
        }
    }

    /// Its filter; `None` where its headers have no buttons.
    pub fn filter(&self) -> Option<AutoFilter> {
        self.has_buttons().then(|| AutoFilter {
            rect: self.without_totals(),
            columns: self
                .filtered_columns()
                .map(|(column, criterion)| (column, criterion.clone()))
                .collect(),
        })
    }

    fn has_buttons(&self) -> bool {
        self.buttons && self.header_rows > 0
    }

    /// The columns of which its filter asks something, from its left edge on.
    pub fn filtered_columns(&self) -> impl Iterator<Item = (u32, &Criterion)> {
        let columns = if self.has_buttons() {
            &self.columns[..]
        } else {
            &[]
        };
        let columns = (0..).zip(columns);
        columns.filter_map(|(i, column)| Some((i, column.criterion.as_ref()?)))
    }

    /// The rows that a structured reference's items mean, in all the table's
    /// columns; `None` where it has none of them, or for [`TableItems::ThisRow`],
    /// which the formula's own place decides.
    pub fn items(&self, items: TableItems) -> Option<Rect> {
        let rect = self.area.rect;
        let headers = (self.header_rows > 0).then(|| Rect {
            bottom: rect.top + self.header_rows - 1,
            ..rect
        });
        let totals = (self.totals_rows > 0).then(|| Rect {
            top: (rect.bottom + 1).saturating_sub(self.totals_rows),
            ..rect
        });
        let both = |a: Option<Rect>, b: Option<Rect>| match (a, b) {
            (Some(a), Some(b)) => Some(a.hull(&b)),
            (a, b) => a.or(b),
        };
        match items {
            TableItems::Unspecified | TableItems::Data => self.data(),
            TableItems::All => Some(rect),
            TableItems::Headers => headers,
            TableItems::Totals => totals,
            TableItems::HeadersData => both(headers, self.data()),
            TableItems::DataTotals => both(self.data(), totals),
            TableItems::ThisRow => None,
        }
    }

    /// The sheet column of a table column, by name without regard to case.
    pub fn column(&self, name: &str) -> Option<u32> {
        let index = self
            .columns
            .iter()
            .position(|c| equal_text(&c.name, name))?;
        Some(self.area.rect.left + index as u32)
    }
}

/// The tables of a workbook.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    tables: Vec<Table>,
}

impl Tables {
    pub fn iter(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter()
    }

    /// By name, without regard to case.
    pub fn get(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| equal_text(&t.name, name))
    }

    /// The table that a cell lies in.
    pub fn at(&self, sheet: SheetId, pos: crate::grid::Pos) -> Option<&Table> {
        self.tables
            .iter()
            .find(|t| t.area.sheet == sheet && t.area.rect.contains(pos))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        self.tables.iter_mut()
    }

    /// Takes out a table, by name without regard to case.
    pub(super) fn remove(&mut self, name: &str) {
        self.tables.retain(|t| !equal_text(&t.name, name));
    }

    pub fn push(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Takes out the tables of a sheet.
    pub(super) fn take_sheet(&mut self, sheet: SheetId) -> Vec<Table> {
        let (taken, kept) = std::mem::take(&mut self.tables)
            .into_iter()
            .partition(|t| t.area.sheet == sheet);
        self.tables = kept;
        taken
    }
}
