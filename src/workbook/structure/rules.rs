//! Conditional formats, data validation and charts when cells and formulas change.

use super::formulas::Rewriting;
use crate::formula::Expr;
use crate::grid::{Axis, Pos, Rect, SheetId, Shift, ShiftKind};
use crate::workbook::{Chart, ConditionalFormat, Sheet, Template, Validation, Workbook};
use std::sync::Arc;

/// The rules of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::workbook) struct Rules {
    pub conditional: Vec<ConditionalFormat>,
    pub validations: Vec<Validation>,
    pub charts: Vec<Chart>,
}

impl Rules {
    pub(super) fn of(sheet: &Sheet) -> Self {
        Self {
            conditional: sheet.conditional.clone(),
            validations: sheet.validations.clone(),
            charts: sheet.charts.clone(),
        }
    }

    pub(super) fn swap(&mut self, sheet: &mut Sheet) {
        std::mem::swap(&mut self.conditional, &mut sheet.conditional);
        std::mem::swap(&mut self.validations, &mut sheet.validations);
        std::mem::swap(&mut self.charts, &mut sheet.charts);
    }

    /// Changes every formula. `change` gets the cell that its relative
    /// references count from.
    pub(super) fn each_formula(&mut self, change: &mut dyn FnMut(&Expr, Pos) -> Expr) {
        let mut one = |formula: &mut Arc<Template>, origin| {
            if let Template::Formula(expr) = &**formula {
                let now = change(expr, origin);
                if now != *expr {
                    *formula = Arc::new(Template::Formula(now));
                }
            }
        };
        for format in &mut self.conditional {
            let origin = format.origin();
            format.each_formula(&mut |formula| one(formula, origin));
        }
        for validation in &mut self.validations {
            let origin = validation.origin();
            validation.each_formula(&mut |formula| one(formula, origin));
        }
        for chart in &mut self.charts {
            chart.each_formula(&mut |formula| one(formula, Pos::new(0, 0)));
        }
    }
}

impl Workbook {
    /// The rules of the sheets that have others after a change.
    pub(super) fn rewritten_rules(&self, rewriting: &Rewriting) -> Vec<(SheetId, Rules)> {
        let mut changed = Vec::new();
        for &id in self.order() {
            let before = Rules::of(self.sheet(id));
            let mut now = before.clone();
            let own = rewriting.shift.filter(|(sheet, _)| *sheet == id);
            let Some((_, shift)) = own else {
                now.each_formula(&mut |expr, at| rewriting.formula(expr, id, at, at));
                if now != before {
                    changed.push((id, now));
                }
                continue;
            };
            // Formulas first, from a cell that stays; they are relative to it.
            let mut staying = Vec::new();
            now.conditional.retain(|format| {
                let stays = staying_cell(&format.areas, shift);
                staying.extend(stays);
                stays.is_some()
            });
            now.validations.retain(|validation| {
                let stays = staying_cell(&validation.areas, shift);
                staying.extend(stays);
                stays.is_some()
            });
            let areas = |areas: &mut Vec<Rect>, grows: bool| {
                *areas = areas
                    .iter()
                    .filter_map(|area| moved(*area, shift, grows))
                    .collect();
            };
            let mut staying = staying.into_iter();
            let rewrite = |formula: &mut Arc<Template>, (before, after): (Pos, Pos)| {
                if let Template::Formula(expr) = &**formula {
                    let expr = rewriting.formula(expr, id, before, after);
                    *formula = Arc::new(Template::Formula(expr));
                }
            };
            for format in &mut now.conditional {
                if let Some(place) = staying.next() {
                    format.each_formula(&mut |formula| rewrite(formula, place));
                }
                areas(&mut format.areas, true);
            }
            for validation in &mut now.validations {
                if let Some(place) = staying.next() {
                    validation.each_formula(&mut |formula| rewrite(formula, place));
                }
                areas(&mut validation.areas, false);
            }
            for chart in &mut now.charts {
                // Its formulas are absolute and stand in no cell.
                let nowhere = (Pos::new(0, 0), Pos::new(0, 0));
                chart.each_formula(&mut |formula| rewrite(formula, nowhere));
                chart.anchor = moved(chart.anchor, shift, false).unwrap_or(chart.anchor);
            }
            if now != before {
                changed.push((id, now));
            }
        }
        changed
    }
}

/// A cell of some areas that a shift leaves, and where it goes: the first, or
/// the first in a line that stays.
fn staying_cell(areas: &[Rect], shift: Shift) -> Option<(Pos, Pos)> {
    areas.iter().find_map(|area| {
        let at = area.top_left();
        if let Some(now) = shift.pos(at) {
            return Some((at, now));
        }
        let (_, last) = shift.axis.span(area);
        let at = match shift.axis {
            Axis::Rows => Pos::new(shift.end(), at.col),
            Axis::Columns => Pos::new(at.row, shift.end()),
        };
        let within = shift.kind == ShiftKind::Delete && shift.end() <= last;
        within.then(|| shift.pos(at)).flatten().map(|now| (at, now))
    })
}

/// An area after a shift; one that `grows` takes in lines right after it, as
/// those look like the one before them.
fn moved(area: Rect, shift: Shift, grows: bool) -> Option<Rect> {
    let (first, last) = shift.axis.span(&area);
    if grows && shift.kind == ShiftKind::Insert && last + 1 == shift.at {
        return Some(shift.axis.with_span(area, (first, last + shift.count)));
    }
    shift.stretched(area)
}
