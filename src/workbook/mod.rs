//! The document: sheets of cells, runs of formulas, names, tables, styles.
//!
//! A cell's value, typed in or computed, lives in its sheet's [`Cells`]. A
//! formula lives in a [`Run`]: a rectangle of cells that share one template.
//! Every change is a [`Transaction`], whose inverse undoes it.

mod cells;
mod names;
mod run;
mod sheet;
mod tables;
mod templates;
mod transaction;

pub use cells::Cells;
pub use names::{DefinedName, Names};
pub use run::{Run, RunId, RunKind, Runs};
pub use sheet::{ColumnProps, Panes, RowProps, Sheet, Visibility};
pub use tables::{Table, TableColumn, Tables};
pub use templates::{Template, TemplateId, Templates};
pub use transaction::{Applied, Content, Edit, EditError, History, Transaction};

use crate::grid::SheetId;
use crate::value::DateSystem;
use std::sync::Arc;

/// A workbook.
#[derive(Debug, Default)]
pub struct Workbook {
    sheets: Vec<Sheet>,
    /// The tabs from left to right.
    order: Vec<SheetId>,
    pub active: usize,
    pub names: Names,
    pub tables: Tables,
    pub templates: Templates,
    pub date_system: DateSystem,
    /// The number format code of each style index a cell can carry; index 0 is General.
    pub number_formats: Vec<Arc<str>>,
    /// The package this document was opened from, whose untouched parts are
    /// copied when it is saved; understood by the room that made it.
    pub package: Option<Arc<dyn std::any::Any + Send + Sync>>,
}

impl Workbook {
    /// An empty workbook with no sheets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sheet as the last tab.
    pub fn add_sheet(&mut self, name: &str) -> SheetId {
        let id = SheetId(self.sheets.len() as u32);
        self.sheets.push(Sheet::new(name));
        self.order.push(id);
        id
    }

    /// # Panics
    /// If `id` is not of this workbook: a caller's mistake.
    pub fn sheet(&self, id: SheetId) -> &Sheet {
        &self.sheets[id.0 as usize]
    }

    pub fn sheet_mut(&mut self, id: SheetId) -> &mut Sheet {
        &mut self.sheets[id.0 as usize]
    }

    /// The sheets in the order of their tabs.
    pub fn order(&self) -> &[SheetId] {
        &self.order
    }

    /// The sheet of that name, without regard to case.
    pub fn sheet_named(&self, name: &str) -> Option<SheetId> {
        let wanted = name.to_lowercase();
        self.order
            .iter()
            .copied()
            .find(|&id| self.sheet(id).name.to_lowercase() == wanted)
    }
}
