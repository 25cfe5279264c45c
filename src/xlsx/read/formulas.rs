//! From formula records to templates and runs.

use super::cells::{CellRecord, FormulaKind, FormulaRecord};
use crate::formula;
use crate::grid::{Pos, Rect};
use crate::workbook::{Run, RunKind, Runs, RunsBuilder, Template, TemplateId, Templates};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Collects the formulas of a sheet in the order of the file.
///
/// A formula's text is compared with the last one of its column and the last
/// one of its row, shifted; only where neither was filled into this cell is
/// it parsed. Templates are numbered by the sheet's own list.
#[derive(Default)]
pub(in crate::xlsx) struct Formulas<'a> {
    pub templates: Templates,
    pub spills: BTreeMap<Pos, Rect>,
    cells: RunsBuilder,
    /// Array formulas, data tables and what cannot be read: never joined.
    fixed: Vec<Run>,
    /// By column.
    above: Vec<Option<Seen<'a>>>,
    left: Option<Seen<'a>>,
    /// The masters of shared formulas. Their indices can be any numbers, so
    /// this is a map.
    shared: FxHashMap<u32, TemplateId>,
    /// Cells that share the formula of an index before its master came.
    waiting: Vec<(Pos, u32)>,
    /// By column: the first row below the array formulas seen so far.
    covered: Vec<u32>,
}

/// A formula that stands outside of cells, for the cell that it counts from;
/// one that cannot be read as its text.
pub(in crate::xlsx) fn formula_of(text: &str, origin: Pos) -> Arc<Template> {
    let text = text.trim();
    Arc::new(match formula::parse(text, origin) {
        Ok(expr) => Template::Formula(expr),
        Err(_) => Template::Unreadable(text.into()),
    })
}

/// The formulas of a sheet.
pub(in crate::xlsx) struct Finished {
    /// By the templates of the list beside them.
    pub runs: Runs,
    pub templates: Templates,
    /// The cells that dynamic arrays spilled into.
    pub spills: BTreeMap<Pos, Rect>,
    /// Cells that share a formula which no cell of the file states; they are
    /// left with their values.
    pub lost: Vec<Pos>,
}

#[derive(Clone)]
struct Seen<'a> {
    text: Cow<'a, str>,
    at: Pos,
    template: TemplateId,
}

impl<'a> Formulas<'a> {
    /// Takes the formula of a cell. A cell that lies within an array
    /// formula's cells has none of its own, whatever the file says.
    pub fn add(&mut self, cell: &mut CellRecord<'a>, dynamic: bool) {
        let Some(formula) = cell.formula.take() else {
            return;
        };
        let at = cell.at;
        if self
            .covered
            .get(at.col as usize)
            .is_some_and(|&below| at.row < below)
        {
            return;
        }
        match formula.kind {
            FormulaKind::Normal if formula.text.trim().is_empty() => {}
            FormulaKind::Normal => {
                let template = self.template(formula.text, at);
                self.cell(at, template, RunKind::Plain);
            }
            FormulaKind::Shared(index) => {
                let template = if formula.text.trim().is_empty() {
                    match self.shared.get(&index) {
                        Some(&template) => template,
                        None => {
                            self.waiting.push((at, index));
                            return;
                        }
                    }
                } else {
                    let template = self.template(formula.text, at);
                    self.shared.insert(index, template);
                    template
                };
                self.cell(at, template, RunKind::Plain);
            }
            FormulaKind::Array => {
                let rect = self.extent(&formula, at);
                let template = self.template(formula.text, at);
                if dynamic {
                    self.cell(at, template, RunKind::Dynamic);
                    if !rect.is_cell() {
                        self.spills.insert(at, rect);
                    }
                } else {
                    self.fixed(rect, template, RunKind::Array);
                }
            }
            FormulaKind::DataTable => {
                let rect = self.extent(&formula, at);
                let input = |i: usize| formula.inputs[i].map(|p| p.to_string());
                let text = format!(
                    "TABLE({},{})",
                    input(0).unwrap_or_default(),
                    input(1).unwrap_or_default()
                );
                let template = self.templates.intern(Template::Unreadable(text.into()));
                self.fixed(rect, template, RunKind::DataTable);
            }
        }
    }

    fn cell(&mut self, at: Pos, template: TemplateId, kind: RunKind) {
        match **self.templates.get(template) {
            Template::Formula(_) => self.cells.push(at, template, kind),
            Template::Unreadable(_) => self.fixed(Rect::cell(at), template, kind),
        }
    }

    fn fixed(&mut self, rect: Rect, template: TemplateId, kind: RunKind) {
        self.fixed.push(Run {
            rect,
            template,
            kind,
        });
    }

    /// The cells an array formula fills: its `ref` where that starts at the
    /// cell and meets no other array, else the cell alone.
    fn extent(&mut self, formula: &FormulaRecord<'_>, at: Pos) -> Rect {
        let free = |rect: &Rect| {
            let cols = rect.left as usize..=rect.right as usize;
            rect.top_left() == at
                && cols
                    .clone()
                    .all(|c| self.covered.get(c).is_none_or(|&r| r <= at.row))
        };
        let rect = formula.rect.filter(free).unwrap_or(Rect::cell(at));
        if !rect.is_cell() {
            let needed = rect.right as usize + 1;
            if self.covered.len() < needed {
                self.covered.resize(needed, 0);
            }
            for below in &mut self.covered[rect.left as usize..needed] {
                *below = rect.bottom + 1;
            }
        }
        rect
    }

    fn template(&mut self, text: Cow<'a, str>, at: Pos) -> TemplateId {
        let col = at.col as usize;
        if self.above.len() <= col {
            self.above.resize(col + 1, None);
        }
        let filled_from = |seen: &Option<Seen<'a>>| {
            let seen = seen.as_ref()?;
            formula::is_fill_of(&seen.text, seen.at, &text, at).then_some(seen.template)
        };
        let known = filled_from(&self.above[col]).or_else(|| filled_from(&self.left));
        let template = known.unwrap_or_else(|| {
            let source = text.strip_prefix('=').unwrap_or(&text);
            let template = match formula::parse(source, at) {
                Ok(tree) => Template::Formula(tree),
                Err(_) => Template::Unreadable(source.into()),
            };
            self.templates.intern(template)
        });
        // What cannot be read says nothing about its neighbours.
        if matches!(**self.templates.get(template), Template::Formula(_)) {
            let seen = Some(Seen { text, at, template });
            self.above[col].clone_from(&seen);
            self.left = seen;
        }
        template
    }

    /// The same, without the text that it was read from.
    pub fn into_owned(self) -> Formulas<'static> {
        let own = |seen: Option<Seen<'a>>| {
            seen.map(|seen| Seen {
                text: Cow::Owned(seen.text.into_owned()),
                at: seen.at,
                template: seen.template,
            })
        };
        Formulas {
            templates: self.templates,
            spills: self.spills,
            cells: self.cells,
            fixed: self.fixed,
            above: self.above.into_iter().map(own).collect(),
            left: own(self.left),
            shared: self.shared,
            waiting: self.waiting,
            covered: self.covered,
        }
    }

    pub fn finish(mut self) -> Finished {
        let mut lost = Vec::new();
        for (at, index) in std::mem::take(&mut self.waiting) {
            match self.shared.get(&index) {
                Some(&template) => self.cell(at, template, RunKind::Plain),
                // There is no master: the saved value is all there is.
                None => lost.push(at),
            }
        }
        let mut runs = Runs::default();
        for run in self.fixed {
            // Where a file gives a cell two formulas, the first one counts.
            let _ = runs.try_insert(run);
        }
        self.cells.finish(&mut runs);
        lost.retain(|&at| runs.at(at).is_none());
        Finished {
            runs,
            templates: self.templates,
            spills: self.spills,
            lost,
        }
    }
}
