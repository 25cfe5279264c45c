//! Runs: rectangles of cells that share one formula template.

use super::TemplateId;
use super::run_index::RunIndex;
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

impl Run {
    /// The cell that the formula's relative references count from, for a cell
    /// of the run.
    pub fn origin(&self, at: Pos) -> Pos {
        match self.kind {
            RunKind::Plain | RunKind::Dynamic => at,
            RunKind::Array | RunKind::DataTable => self.rect.top_left(),
        }
    }
}

/// How a run's formula fills its cells.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

impl RunKind {
    /// Whether every cell has the formula for itself, so that a run of this
    /// kind can be cut and joined.
    pub fn is_per_cell(&self) -> bool {
        matches!(self, Self::Plain | Self::Dynamic)
    }
}

/// The runs of a sheet; no two share a cell.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    runs: BTreeMap<RunId, Run>,
    index: RunIndex,
    next: u32,
}

impl Runs {
    pub fn get(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id)
    }

    pub fn len(&self) -> usize {
        self.runs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The run that covers a cell.
    pub fn at(&self, at: Pos) -> Option<(RunId, &Run)> {
        let id = self.index.at(at)?;
        Some((id, self.runs.get(&id)?))
    }

    /// In the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.runs.iter().map(|(id, run)| (*id, run))
    }

    /// The runs that share a cell with `rect`, in the order of their ids.
    pub fn intersecting(&self, rect: Rect) -> Vec<RunId> {
        self.index.intersecting(rect)
    }

    /// Adds a run whose cells belong to no run yet, which is the caller's to
    /// know; what comes from a file goes through [`Runs::try_insert`].
    pub fn insert(&mut self, run: Run) -> RunId {
        debug_assert!(self.intersecting(run.rect).is_empty(), "{run:?} overlaps");
        let id = RunId(self.next);
        self.next += 1;
        self.index.insert(run.rect, id);
        self.runs.insert(id, run);
        id
    }

    /// Adds a run, or names the first run that is in its way.
    pub fn try_insert(&mut self, run: Run) -> Result<RunId, RunId> {
        match self.intersecting(run.rect).first() {
            Some(&in_the_way) => Err(in_the_way),
            None => Ok(self.insert(run)),
        }
    }

    /// Adds a run as [`Runs::insert`] does and joins it with neighbours of the
    /// same template and kind with which it forms a rectangle, as often as
    /// that goes. Only for kinds that stand in each cell, and not for
    /// unreadable templates, whose text means its own cell.
    pub fn insert_merged(&mut self, run: Run) -> RunId {
        if !run.kind.is_per_cell() {
            return self.insert(run);
        }
        let mut run = run;
        let mut keep: Option<RunId> = None;
        while let Some((id, joined)) = self.joinable(&run) {
            // The longer-lived run keeps its id.
            if let Some(other) = keep.replace(id) {
                self.remove(other);
            }
            run.rect = joined;
            self.set_rect(id, joined);
        }
        keep.unwrap_or_else(|| self.insert(run))
    }

    /// A neighbour that forms a rectangle with `run`, and that rectangle.
    fn joinable(&self, run: &Run) -> Option<(RunId, Rect)> {
        let rect = run.rect;
        let above = rect.top.checked_sub(1).map(|row| Pos::new(row, rect.left));
        let left = rect.left.checked_sub(1).map(|col| Pos::new(rect.top, col));
        let below = Some(Pos::new(rect.bottom + 1, rect.left));
        let right = Some(Pos::new(rect.top, rect.right + 1));
        [above, left, below, right]
            .into_iter()
            .flatten()
            .find_map(|at| {
                let (id, other) = self.at(at)?;
                let same = other.template == run.template && other.kind == run.kind;
                let other = other.rect;
                let flush = (other.left == rect.left && other.right == rect.right)
                    || (other.top == rect.top && other.bottom == rect.bottom);
                (same && flush).then(|| (id, rect.hull(&other)))
            })
    }

    fn set_rect(&mut self, id: RunId, rect: Rect) {
        if let Some(run) = self.runs.get_mut(&id) {
            self.index.remove(run.rect);
            self.index.insert(rect, id);
            run.rect = rect;
        }
    }

    pub fn remove(&mut self, id: RunId) -> Option<Run> {
        let run = self.runs.remove(&id)?;
        self.index.remove(run.rect);
        Some(run)
    }

    /// No runs, to be filled with those that come in place of these: ids are
    /// not used again.
    pub(super) fn emptied(&self) -> Self {
        Self {
            next: self.next,
            ..Self::default()
        }
    }

    /// All runs, as [`Runs::refilled`] takes them.
    pub(super) fn into_list(self) -> Vec<Run> {
        self.runs.into_values().collect()
    }

    /// Other runs in place of these.
    pub(super) fn refilled(&self, runs: &[Run]) -> Self {
        let mut filled = self.emptied();
        for run in runs {
            filled.insert(run.clone());
        }
        filled
    }

    /// Takes the formulas of `rect` away and returns what was there, cut to
    /// `rect`. What is left of a run that is cut becomes up to four new runs.
    /// An array formula or data table is taken whole, cut or not: refusing
    /// that is the caller's part.
    pub fn cut(&mut self, rect: Rect) -> Vec<Run> {
        let mut taken = Vec::new();
        for id in self.intersecting(rect) {
            let Some(mut run) = self.remove(id) else {
                continue;
            };
            let inside = run.rect.intersection(&rect);
            if let (Some(inside), true) = (inside, run.kind.is_per_cell()) {
                for rect in around(run.rect, inside) {
                    self.insert(Run {
                        rect,
                        ..run.clone()
                    });
                }
                run.rect = inside;
            }
            taken.push(run);
        }
        taken
    }
}

/// What is left of `outer` without `inner`, which lies in it: above, left,
/// right, below.
pub(super) fn around(outer: Rect, inner: Rect) -> impl Iterator<Item = Rect> {
    let above = (outer.top < inner.top).then(|| Rect {
        bottom: inner.top - 1,
        ..outer
    });
    let left = (outer.left < inner.left).then(|| Rect {
        left: outer.left,
        right: inner.left - 1,
        ..inner
    });
    let right = (inner.right < outer.right).then(|| Rect {
        left: inner.right + 1,
        right: outer.right,
        ..inner
    });
    let below = (inner.bottom < outer.bottom).then(|| Rect {
        top: inner.bottom + 1,
        ..outer
    });
    [above, left, right, below].into_iter().flatten()
}

#[cfg(test)]
mod tests;
