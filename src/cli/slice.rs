//! Compiling the part of a workbook between variables and an objective.

use gradsheet::engine::Engine;
use gradsheet::engine::gradient::{Slice, SliceError};
use gradsheet::grid::{Area, Cell};

/// Compiles a slice; a workbook whose saved values are missing or out of date
/// is recalculated first.
pub fn compile(engine: &mut Engine, objective: Cell, areas: &[Area]) -> Result<Slice, SliceError> {
    match Slice::new(engine, objective, areas) {
        Err(SliceError::Stale { .. } | SliceError::NotAFormula { .. }) => {
            engine.recalculate_all();
            Slice::new(engine, objective, areas)
        }
        other => other,
    }
}
