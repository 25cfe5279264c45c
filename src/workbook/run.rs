//! Runs: rectangles of cells that share one formula template.

use super::TemplateId;
use crate::grid::{Pos, Rect};
use std::collections::BTreeMap;

/// Names a run of a sheet while it exists; ids are not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u32);

/// Cells that share a formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub rect: Rect,
    pub template: TemplateId,
    pub kind: RunKind,
}

/// How a run's formula fills its cells.
#[derive(Clone, Debug, PartialEq)]
pub enum RunKind {
    /// One value a cell; ranges where single values are wanted are intersected
    /// with the cell's row or column.
    Plain,
    /// One array formula over the fixed rectangle (`t="array"` in files), its
    /// origin the first cell; cells past the result are `#N/A`.
    Array,
    /// A dynamic array formula in every cell of the rectangle, each of which
    /// may spill; the cells spilled over are in [`super::Sheet::spills`].
    Dynamic,
    /// A what-if data table: its values are kept as they were saved.
    DataTable,
}

/// The runs of a sheet; no two share a cell.
#[derive(Debug, Default)]
pub struct Runs {
    runs: BTreeMap<RunId, Run>,
    next: u32,
}

// CONTRACT SKETCH: the workbook room adds an index by column.
impl Runs {
    pub fn get(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id)
    }

    /// The run that covers a cell.
    pub fn at(&self, at: Pos) -> Option<(RunId, &Run)> {
        self.runs
            .iter()
            .find(|(_, run)| run.rect.contains(at))
            .map(|(id, run)| (*id, run))
    }

    pub fn iter(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.runs.iter().map(|(id, run)| (*id, run))
    }

    /// The runs that share a cell with `rect`.
    pub fn intersecting(&self, rect: Rect) -> Vec<RunId> {
        self.iter()
            .filter(|(_, run)| run.rect.intersection(&rect).is_some())
            .map(|(id, _)| id)
            .collect()
    }

    /// Adds a run whose cells belong to no run yet.
    pub fn insert(&mut self, run: Run) -> RunId {
        let id = RunId(self.next);
        self.next += 1;
        self.runs.insert(id, run);
        id
    }

    pub fn remove(&mut self, id: RunId) -> Option<Run> {
        self.runs.remove(&id)
    }
}
