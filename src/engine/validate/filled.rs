//! Data validation of what is typed into many cells at once.

use super::super::{Engine, EntryError};
use super::ValidationError;
use crate::formula::{self, Axis, CellRef, Expr, RefShape};
use crate::grid::{Area, Cell};
use crate::value::parse_entry;
use crate::workbook::{AlertStyle, Template, Validation};

impl Engine {
    /// Of the cells that get a text which is typed into `active`, the first one
    /// whose data validation minds it most, and what it says; references in a
    /// formula count from `active`.
    ///
    /// # Errors
    /// Where the text is a formula that cannot be read.
    pub fn validate_filled(
        &mut self,
        active: Cell,
        areas: &[Area],
        text: &str,
    ) -> Result<Option<(Cell, ValidationError)>, EntryError> {
        let typed = text.strip_prefix('=').filter(|typed| !typed.is_empty());
        let expr = match typed {
            Some(typed) => {
                let typed = formula::with_fifteen_digits(typed);
                Some(formula::parse(&typed, active.pos)?)
            }
            None => None,
        };
        let constant = parse_entry(text, self.workbook.date_system).0;
        let rules = self.workbook.sheet(active.sheet).validations.clone();
        let mut worst: Option<(Cell, ValidationError)> = None;
        for mut rule in rules {
            let alike = expr.is_none() && is_alike(&mut rule);
            let parts = areas.iter().flat_map(|area| {
                let here = rule
                    .areas
                    .iter()
                    .filter_map(|own| own.intersection(&area.rect));
                here.collect::<Vec<_>>()
            });
            let cells =
                parts.flat_map(|rect| rect.cells().take(if alike { 1 } else { usize::MAX }));
            for pos in cells {
                let cell = Cell { pos, ..active };
                let value = match &expr {
                    Some(expr) => self.evaluate_expr(expr, cell)?,
                    None => constant.clone(),
                };
                let Err(error) = self.validate(cell, &value) else {
                    continue;
                };
                if error.style == AlertStyle::Stop {
                    return Ok(Some((cell, error)));
                }
                let minds = |style| match style {
                    AlertStyle::Information => 0,
                    AlertStyle::Warning => 1,
                    AlertStyle::Stop => 2,
                };
                if worst
                    .as_ref()
                    .is_none_or(|(_, w)| minds(w.style) < minds(error.style))
                {
                    worst = Some((cell, error));
                }
            }
        }
        Ok(worst)
    }
}

/// Whether a rule says the same of a value in all of its cells: nothing in its
/// formulas depends on where they stand.
fn is_alike(rule: &mut Validation) -> bool {
    let mut alike = true;
    rule.each_formula(&mut |formula| {
        let Template::Formula(expr) = &**formula else {
            alike = false;
            return;
        };
        expr.visit(&mut |part| {
            alike &= match part {
                Expr::Reference(reference) => is_absolute(&reference.shape),
                Expr::Call { .. } | Expr::Apply { .. } | Expr::Name { .. } | Expr::Table(_) => {
                    false
                }
                _ => true,
            };
        });
    });
    alike
}

fn is_absolute(shape: &RefShape) -> bool {
    let axis = |axis: &Axis| matches!(axis, Axis::Absolute(_));
    let cell = |cell: &CellRef| axis(&cell.row) && axis(&cell.col);
    match shape {
        RefShape::Cell(at) => cell(at),
        RefShape::Range(a, b) => cell(a) && cell(b),
        RefShape::Rows(a, b) | RefShape::Cols(a, b) => axis(a) && axis(b),
    }
}
