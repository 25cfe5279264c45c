//! The second speed: a run's formula over blocks of rows, on slices of
//! columns instead of single cells.
//!
//! Nothing has a second meaning here. A formula is planned once for a column of
//! its run: what is the same in every row is evaluated once, by the interpreter.
//! The rest is evaluated operation by operation over the lanes (rows) of a block:
//! arithmetic on numbers in loops, function calls by the functions' own value rules,
//! lane by lane, and what the planner does not know by the interpreter. An operation
//! that meets anything but numbers uses the interpreter's operators in each lane.

mod block;
mod calls;
mod lanes;
mod memo;
mod operators;
mod plan;
mod rows;
mod scan;
#[cfg(test)]
mod tests;

use super::bind::BoundFormula;
use super::interpret::{Interpreter, World};
use crate::grid::{Area, Cell, Pos, SheetId};
use crate::value::Value;
use block::Block;
use plan::{Part, Planner};

pub use scan::Scan;

/// Rows of a block: those of a chunk of cells, so that columns are borrowed
/// as they lie in memory.
pub const BLOCK: u32 = 1024;
/// Rows of a block where each takes as long as in the interpreter.
const SMALL_BLOCK: u32 = 128;
/// Fewer rows are not worth a plan.
pub const WORTH_PLANNING: u32 = 16;

/// How to evaluate a formula in rows of one column.
pub struct Plan<'b> {
    root: Part<'b>,
    dynamic: bool,
    sheet: SheetId,
    col: u32,
    block: u32,
}

/// The results of a block of rows.
pub enum Column {
    Numbers(Vec<f64>),
    Values(Vec<Value>),
}

impl<'b> Plan<'b> {
    /// A plan for the rows from `top` to `bottom`, none of which reads another,
    /// and the areas that were read for it where that is tracked. `None` where
    /// every cell must be evaluated for itself: random numbers count the
    /// draws of a cell.
    pub fn new(
        world: World<'_>,
        formula: &'b BoundFormula,
        at: Cell,
        bottom: u32,
    ) -> Option<(Self, Vec<Area>)> {
        if formula.volatile {
            return None;
        }
        let mut planner = Planner::new(world, formula.dynamic, at, bottom);
        let root = planner.formula(formula);
        let block = match root.costs_as_much_as_cells() {
            true => SMALL_BLOCK,
            false => BLOCK,
        };
        let plan = Self {
            root,
            dynamic: formula.dynamic,
            sheet: at.sheet,
            col: at.pos.col,
            block,
        };
        Some((plan, planner.into_touched()))
    }

    /// The blocks of the rows from `top` to `bottom`: first rows and lengths.
    pub fn blocks(&self, top: u32, bottom: u32) -> Vec<(u32, usize)> {
        let mut blocks = Vec::new();
        let mut first = top;
        while first <= bottom {
            let last = (first - first % self.block + (self.block - 1)).min(bottom);
            blocks.push((first, (last - first + 1) as usize));
            first = last + 1;
        }
        blocks
    }

    /// The results of the rows of one block, and the areas that were read where
    /// that is tracked.
    pub fn evaluate(&self, world: World<'_>, top: u32, len: usize) -> (Column, Vec<Area>) {
        let at = Cell {
            sheet: self.sheet,
            pos: Pos::new(top, self.col),
        };
        let mut interpreter = Interpreter::new(world, at);
        if self.dynamic {
            interpreter.track();
        }
        let mut block = Block::new(world.book, interpreter, at, len);
        let column = block.lanes(&self.root).into_column(len);
        (column, block.into_touched())
    }
}
