//! Changes to a workbook, each with its inverse.
//!
//! CONTRACT SKETCH: the workbook room fills `Workbook::apply`.

use super::{DefinedName, RunKind, TemplateId, Workbook};
use crate::grid::{Area, Cell, SheetId};
use crate::value::Value;
use std::sync::Arc;

/// What a cell is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A constant; `Blank` clears.
    Value(Value),
    /// A formula over `area.rect`: `Plain` and `Dynamic` stand in every cell of
    /// it, `Array` is one formula over all. `values` are the values to show
    /// until the next recalculation, row by row (empty: blank).
    Formula {
        template: TemplateId,
        kind: RunKind,
        values: Vec<Value>,
    },
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Gives every cell of the area the same content. A run that is cut is
    /// split; cutting part of a legacy array is refused, as in Excel.
    Set {
        area: Area,
        content: Content,
    },
    /// Gives constants to the cells of an area, row by row.
    SetValues {
        area: Area,
        values: Vec<Value>,
    },
    DefineName(DefinedName),
    RemoveName {
        name: Arc<str>,
        scope: Option<SheetId>,
    },
    AddSheet {
        name: Arc<str>,
    },
}

/// Changes that happen together and are undone together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// For the undo list: "Solve nnet!AH1".
    pub label: String,
    pub edits: Vec<Edit>,
}

/// What applying a transaction did.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Applying this one brings everything back.
    pub inverse: Transaction,
    /// The cells whose content changed.
    pub changed: Vec<Area>,
    /// Whether runs, names, tables or sheets changed, so that dependencies must be found anew.
    pub structural: bool,
}

/// Why a change was refused; the workbook is as it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    #[error("{cell} is part of the array formula in {array}: change the whole array")]
    PartOfArray { cell: String, array: String },
    #[error("there is already a sheet named \"{0}\"")]
    SheetExists(Arc<str>),
    #[error("{0:?} is not a name for a sheet")]
    BadSheetName(Arc<str>),
}

/// Done and undone transactions.
#[derive(Debug, Default)]
pub struct History {
    pub undo: Vec<Transaction>,
    pub redo: Vec<Transaction>,
}

impl Workbook {
    /// Applies all edits of a transaction, or none.
    pub fn apply(&mut self, transaction: &Transaction) -> Result<Applied, EditError> {
        let _ = transaction;
        todo!("the workbook room")
    }

    /// A cell's address as a formula on another sheet would write it.
    pub fn address(&self, cell: Cell) -> String {
        format!("{}!{}", self.sheet(cell.sheet).name, cell.pos)
    }
}
