//! Rectangles of cells that share a formula, from cells in file order.

use crate::grid::{Pos, Rect};
use crate::workbook::{Run, RunKind, TemplateId};

#[derive(Default)]
pub(super) struct RunsBuilder {
    runs: Vec<Run>,
}

impl RunsBuilder {
    pub fn add(&mut self, at: Pos, template: TemplateId, kind: RunKind) {
        self.add_fixed(Rect::cell(at), template, kind);
    }
    pub fn add_fixed(&mut self, rect: Rect, template: TemplateId, kind: RunKind) {
        self.runs.push(Run {
            rect,
            template,
            kind,
        });
    }
    pub fn finish(self) -> Vec<Run> {
        self.runs
    }
}
