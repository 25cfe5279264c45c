//! Lowering: from formulas to a differentiable program.
//!
//! Between some variable cells and an objective cell lies a slice of the
//! workbook: the runs that depend on a variable and that the objective depends
//! on. Everything else is a constant. Each run of the slice becomes a few
//! array operations over all its cells at once (its *lanes*); a reference
//! becomes a window over the cells it means, a component of runs that feed
//! each other row by row becomes a scan.
//!
//! What cannot be lowered stops with the cell, the function and the reason.
//! Nothing silently counts as zero.
//!
//! Errors of cells are NaN or infinite here. The compiled program is compared
//! with the sheet's own value before anyone uses it.

#[cfg(test)]
mod agreement;
mod call;
mod condition;
mod constant;
mod lambda;
mod numbers;
mod part;
mod recurrence;
mod reference;
mod region;
mod run;
mod sensing;
mod slice;
#[cfg(test)]
pub(super) mod tests;

pub(crate) use numbers::Numbers;
pub(crate) use sensing::{Sensed, Sensing};

use super::bind::{Bound, BoundFormula, BoundName};
use crate::functions::{Operand, SelectRule, Selection};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::program::{Builder, ShapeError};
use crate::value::ErrorKind;
use crate::workbook::{RunId, Workbook};
use lambda::Slot;
use recurrence::Leaves;
use region::Regions;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the lowering asks of the interpreter: the value of parts that do not
/// depend on the variables.
pub(crate) trait Oracle {
    /// The bound formula of a run.
    fn bound(&mut self, sheet: SheetId, run: RunId) -> Option<Arc<BoundFormula>>;

    /// Evaluates a part of the formula in `at`, as in an array formula where
    /// `mapped`, with values for the slots in scope. A reference is returned
    /// as a reference.
    fn evaluate(&mut self, part: &Bound, at: Cell, mapped: bool, slots: &[Operand]) -> Operand;

    /// The cells that SUMIF or its kind selects for the formula in `at`.
    fn select(
        &mut self,
        rule: SelectRule,
        args: &[Operand],
        at: Cell,
    ) -> Result<Selection, ErrorKind>;

    /// The formula in a cell, for messages.
    fn formula_text(&self, at: Cell) -> String;

    /// The areas whose values were read since this was last asked.
    fn take_reads(&mut self) -> Vec<Area>;
}

/// Why a formula cannot become part of a differentiable program.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{cell}: {reason}")]
pub struct Refusal {
    /// The cell, with its sheet.
    pub cell: String,
    /// What stands in the way, a whole sentence without its full stop.
    pub reason: String,
}

/// The cells whose formulas are lowered together: lane `i` is the `i`-th cell,
/// column by column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub sheet: SheetId,
    pub cells: Rect,
    /// Arrays are mapped over; in an ordinary formula ranges are intersected.
    pub mapped: bool,
}

impl Site {
    pub fn rows(&self) -> usize {
        self.cells.rows() as usize
    }

    pub fn cols(&self) -> usize {
        self.cells.cols() as usize
    }

    pub fn lanes(&self) -> usize {
        self.rows() * self.cols()
    }

    pub fn lane(&self, lane: usize) -> Cell {
        let (row, col) = (lane % self.rows(), lane / self.rows());
        let pos = Pos::new(self.cells.top + row as u32, self.cells.left + col as u32);
        Cell {
            sheet: self.sheet,
            pos,
        }
    }

    pub fn first(&self) -> Cell {
        Cell {
            sheet: self.sheet,
            pos: self.cells.top_left(),
        }
    }

    pub fn mapped(self) -> Self {
        Self {
            mapped: true,
            ..self
        }
    }
}

/// Turns the slice between variables and an objective into nodes of a program.
pub(crate) struct Lowerer<'a> {
    pub workbook: &'a Workbook,
    pub oracle: &'a mut dyn Oracle,
    pub builder: Builder,
    regions: Regions,
    /// The values of LET names and LAMBDA parameters in scope.
    slots: Vec<Slot>,
    /// While the body of a recurrence is being lowered: its inputs.
    leaves: Option<Leaves>,
    /// The body of a recurrence cannot be lowered for one row standing for all.
    unscannable: bool,
    /// The names whose formulas are being searched for the variables.
    asked: Vec<Arc<BoundName>>,
    /// The cells of each run that were looked at when the slice was found.
    examined: FxHashMap<(SheetId, RunId), Rect>,
    /// What a user should know of the derivative, each said once.
    pub notes: BTreeSet<String>,
    /// Where every number is a variable: these, and what is in the way of some.
    pub sensing: Option<Sensing>,
    /// How far the program's value may differ from the workbook's: the
    /// largest [`Function::inexact`](crate::functions::Function::inexact) among the functions lowered.
    pub inexact: f64,
}

impl<'a> Lowerer<'a> {
    pub fn new(workbook: &'a Workbook, oracle: &'a mut dyn Oracle) -> Self {
        Self {
            workbook,
            oracle,
            builder: Builder::new(),
            regions: Regions::default(),
            slots: Vec::new(),
            leaves: None,
            unscannable: false,
            asked: Vec::new(),
            examined: FxHashMap::default(),
            notes: BTreeSet::new(),
            sensing: None,
            inexact: 0.0,
        }
    }

    fn refuse(&self, at: Cell, reason: impl Into<String>) -> Refusal {
        Refusal {
            cell: self.workbook.address(at),
            reason: reason.into(),
        }
    }

    fn misfit(&self, site: &Site, error: ShapeError) -> Refusal {
        self.refuse(site.first(), format!("sizes do not fit: {error}"))
    }
}
