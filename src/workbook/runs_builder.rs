//! Runs from the formulas of a file, cell by cell.

use super::{Run, RunKind, Runs, TemplateId};
use crate::grid::{Pos, Rect};

/// Gathers a sheet's formulas, row by row as files have them, into maximal
/// rectangles. Takes time proportional to the cells and memory to the runs.
///
/// Cells side by side join first; a row's stretch that repeats the one above
/// lengthens it. So a column filled down is one run, and so is a filled block.
#[derive(Debug, Default)]
pub struct RunsBuilder {
    done: Vec<Run>,
    /// The stretches that reach down to the row before `row`, from left to right.
    above: Vec<Run>,
    /// The stretches of `row`, from left to right.
    current: Vec<Run>,
    row: u32,
    /// Whether a cell came before its predecessor, so that runs may overlap.
    unsorted: bool,
}

impl RunsBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a cell with a formula of its own: `kind` is `Plain` or `Dynamic`.
    /// Cells out of order are taken as well, at some cost.
    pub fn push(&mut self, at: Pos, template: TemplateId, kind: RunKind) {
        if at.row != self.row {
            self.end_row();
            if at.row != self.row.wrapping_add(1) {
                self.done.append(&mut self.above);
            }
            self.unsorted |= at.row < self.row;
            self.row = at.row;
        }
        if let Some(last) = self.current.last_mut() {
            self.unsorted |= at.col <= last.rect.right;
            if last.rect.right + 1 == at.col && last.template == template && last.kind == kind {
                last.rect.right = at.col;
                return;
            }
        }
        self.current.push(Run {
            rect: Rect::cell(at),
            template,
            kind,
        });
    }

    /// Puts the runs on a sheet. Where a cell has a run already, or came
    /// twice, the first one stays.
    pub fn finish(mut self, runs: &mut Runs) {
        self.end_row();
        self.done.append(&mut self.above);
        // By position, so that ids do not depend on where runs ended.
        self.done.sort_by_key(|run| run.rect.top_left());
        for run in self.done {
            if !self.unsorted && runs.try_insert(run.clone()).is_ok() {
                continue;
            }
            for at in run.rect.cells() {
                if runs.at(at).is_none() {
                    runs.insert_merged(Run {
                        rect: Rect::cell(at),
                        ..run.clone()
                    });
                }
            }
        }
    }

    fn end_row(&mut self) {
        let mut above = std::mem::take(&mut self.above).into_iter().peekable();
        for stretch in &mut self.current {
            while let Some(run) = above.next_if(|run| run.rect.left < stretch.rect.left) {
                self.done.push(run);
            }
            let continued = above.next_if(|run| {
                run.rect.left == stretch.rect.left
                    && run.rect.right == stretch.rect.right
                    && run.rect.bottom + 1 == stretch.rect.top
                    && run.template == stretch.template
                    && run.kind == stretch.kind
            });
            if let Some(run) = continued {
                stretch.rect.top = run.rect.top;
            }
        }
        self.done.extend(above);
        std::mem::swap(&mut self.above, &mut self.current);
        self.current.clear();
    }
}
