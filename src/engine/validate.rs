//! What data validation says of an entry.

use super::appearance::{bind, compare};
use super::bind::{Bound, BoundFormula};
use super::interpret::Mode;
use super::{Engine, Interpreter, pool};
use crate::functions::Operand;
use crate::grid::{Area, Cell, Rect};
use crate::value::{Value, equal_text, number_to_text, parse_number_in};
use crate::workbook::{AlertStyle, Allowed, CompareOp, NumberKind, Template, Validation};
use std::sync::Arc;

/// The most values that a list offers.
const MAX_LIST: usize = 10_000;

/// An entry that a cell's data validation does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ValidationError {
    pub style: AlertStyle,
    pub title: Arc<str>,
    /// The file's own words, else what is allowed.
    pub text: String,
}

impl Engine {
    /// The data validation of a cell.
    pub fn validation(&self, cell: Cell) -> Option<&Validation> {
        let sheet = self.workbook.sheet(cell.sheet);
        sheet.validations.iter().find(|v| v.covers(cell.pos))
    }

    /// Whether a cell's data validation allows a value to be entered. Nothing
    /// is changed; a formula that decides is shown the value in the cell.
    pub fn validate(&mut self, cell: Cell, value: &Value) -> Result<(), ValidationError> {
        let Some(validation) = self.validation(cell).cloned() else {
            return Ok(());
        };
        let Some(alert) = &validation.alert else {
            return Ok(());
        };
        let origin = Cell {
            pos: validation.origin(),
            ..cell
        };
        let allowed = match value {
            Value::Blank => validation.allow_blank,
            _ => self.allows(&validation, origin, cell, value),
        };
        if allowed {
            return Ok(());
        }
        let text = match &*alert.message.text {
            "" => self.description(&validation, origin, cell),
            text => text.to_owned(),
        };
        Err(ValidationError {
            style: alert.style,
            title: alert.message.title.clone(),
            text,
        })
    }

    /// The values that a cell's list offers; `None` where it has no list.
    pub fn allowed_values(&self, cell: Cell) -> Option<Vec<Value>> {
        let validation = self.validation(cell)?;
        let Allowed::List(formula) = &validation.allowed else {
            return None;
        };
        if let Some(items) = literal_list(formula) {
            let dates = self.workbook.date_system;
            let item = |text: &str| match parse_number_in(text, dates) {
                Some(x) => Value::Number(x),
                None => Value::text(text),
            };
            return Some(items.iter().map(|text| item(text)).collect());
        }
        let origin = Cell {
            pos: validation.origin(),
            ..cell
        };
        let formula = bind(self, formula, origin);
        Some(self.list_values(&formula, cell))
    }

    fn list_values(&self, formula: &BoundFormula, cell: Cell) -> Vec<Value> {
        let found = pool::run(|| {
            let mut interpreter = Interpreter::new(self.world(), cell);
            interpreter.part(&formula.root, cell, Mode::Array, &[])
        });
        let value = match found {
            // Empty cells offer nothing.
            Operand::Reference(areas) => {
                let cells = areas.iter().flat_map(|area| {
                    let cells = &self.workbook.sheet(area.sheet).cells;
                    cells.iter(area.rect).map(|(_, value)| value)
                });
                return cells.take(MAX_LIST).collect();
            }
            Operand::Value(value) => value,
            Operand::Lambda(_) | Operand::Omitted => Value::Blank,
        };
        match value {
            Value::Blank => Vec::new(),
            Value::Array(array) => {
                let there = array.cells().iter().filter(|value| !value.is_blank());
                there.take(MAX_LIST).cloned().collect()
            }
            Value::Error(_) => Vec::new(),
            value => vec![value],
        }
    }

    fn allows(&mut self, rule: &Validation, origin: Cell, cell: Cell, value: &Value) -> bool {
        match &rule.allowed {
            Allowed::Any => true,
            Allowed::List(formula) => {
                // A typed list goes by the letter, cells do not.
                let exact = literal_list(formula).is_some();
                let values = self.allowed_values(cell).unwrap_or_default();
                values.iter().any(|allowed| match (allowed, value) {
                    (Value::Text(a), Value::Text(b)) if exact => a == b,
                    (Value::Text(a), Value::Text(b)) => equal_text(a, b),
                    (a, b) => a.compare(b).is_some_and(std::cmp::Ordering::is_eq),
                })
            }
            Allowed::Custom(formula) => {
                let formula = bind(self, formula, origin);
                self.with_value(cell, value, |engine| {
                    engine.value_at(&formula, cell).to_bool() == Ok(true)
                })
            }
            Allowed::Number {
                kind,
                operator,
                formulas,
            } => {
                let number = match (kind, value) {
                    (NumberKind::TextLength, value) => value
                        .to_text()
                        .map(|text| text.encode_utf16().count() as f64)
                        .ok(),
                    (_, Value::Number(x)) => Some(*x),
                    _ => None,
                };
                let Some(x) = number else {
                    return false;
                };
                if *kind == NumberKind::Whole && x.fract() != 0.0 {
                    return false;
                }
                let bounds = self.bounds(formulas, origin, cell);
                // A bound in an empty cell bounds nothing.
                if rule.allow_blank && bounds.iter().any(Value::is_blank) {
                    return true;
                }
                compare(*operator, &Value::Number(x), &bounds)
            }
        }
    }

    fn bounds(&self, formulas: &[Arc<Template>], origin: Cell, cell: Cell) -> Vec<Value> {
        let bound = formulas.iter().map(|formula| bind(self, formula, origin));
        bound
            .map(|formula| match &formula.root {
                // A reference's empty cell stays empty.
                Bound::Cells(reference) if reference.is_cell() => {
                    reference.rect(cell.pos).map_or(Value::Blank, |rect| {
                        self.value(Cell {
                            sheet: reference.sheets.as_slice()[0],
                            pos: rect.top_left(),
                        })
                    })
                }
                _ => self.value_at(&formula, cell),
            })
            .collect()
    }

    /// Asks while a cell holds another value; formulas that depend on the
    /// cell keep theirs.
    fn with_value<T>(&mut self, cell: Cell, value: &Value, ask: impl FnOnce(&Self) -> T) -> T {
        let area = Area {
            sheet: cell.sheet,
            rect: Rect::cell(cell.pos),
        };
        let old = self.value(cell);
        let touched = self.workbook.sheet(cell.sheet).touched;
        self.workbook
            .sheet_mut(cell.sheet)
            .cells
            .set(cell.pos, value.clone());
        self.cache.forget(area);
        let answer = ask(self);
        let sheet = self.workbook.sheet_mut(cell.sheet);
        sheet.cells.set(cell.pos, old);
        sheet.touched = touched;
        self.cache.forget(area);
        answer
    }

    /// What is allowed, in words.
    fn description(&self, rule: &Validation, origin: Cell, cell: Cell) -> String {
        let place = cell.pos;
        match &rule.allowed {
            Allowed::Any => format!("{place} takes anything"),
            Allowed::List(_) => {
                let values = self.allowed_values(cell).unwrap_or_default();
                let shown: Vec<String> = values
                    .iter()
                    .take(8)
                    .map(|value| value.to_text().map_or(String::new(), |t| t.to_string()))
                    .collect();
                let more = if values.len() > shown.len() {
                    ", …"
                } else {
                    ""
                };
                format!("{place} takes one of {}{more}", shown.join(", "))
            }
            Allowed::Custom(formula) => {
                let formula = match &**formula {
                    Template::Formula(expr) => super::print_for_people(expr, place),
                    Template::Unreadable(text) => text.to_string(),
                };
                format!("{place} takes what makes ={formula} true")
            }
            Allowed::Number {
                kind,
                operator,
                formulas,
            } => {
                let bounds = self.bounds(formulas, origin, cell);
                let show = |i: usize| match bounds.get(i) {
                    Some(Value::Number(x)) => match kind {
                        NumberKind::Date => shown_as(*x, "yyyy-mm-dd", self),
                        NumberKind::Time => shown_as(*x, "h:mm:ss", self),
                        _ => number_to_text(*x),
                    },
                    Some(value) => value
                        .to_text()
                        .map_or_else(|kind| kind.as_str().to_owned(), |text| text.to_string()),
                    None => String::new(),
                };
                let what = match kind {
                    NumberKind::Whole => "a whole number",
                    NumberKind::Decimal => "a number",
                    NumberKind::Date => "a date",
                    NumberKind::Time => "a time",
                    NumberKind::TextLength => "a text whose length is",
                };
                let how = match operator {
                    CompareOp::Between => format!("between {} and {}", show(0), show(1)),
                    CompareOp::NotBetween => format!("not between {} and {}", show(0), show(1)),
                    CompareOp::Equal => format!("equal to {}", show(0)),
                    CompareOp::NotEqual => format!("other than {}", show(0)),
                    CompareOp::Greater => format!("above {}", show(0)),
                    CompareOp::Less => format!("below {}", show(0)),
                    CompareOp::GreaterOrEqual => format!("of at least {}", show(0)),
                    CompareOp::LessOrEqual => format!("of at most {}", show(0)),
                };
                format!("{place} takes {what} {how}")
            }
        }
    }
}

fn shown_as(x: f64, code: &str, engine: &Engine) -> String {
    let dates = engine.workbook.date_system;
    crate::value::format::show(&Value::Number(x), code, dates).text
}

/// The items of a list that is typed into the rule: `"yes,no"`.
fn literal_list(formula: &Template) -> Option<Vec<&str>> {
    match formula {
        Template::Formula(expr) => match expr.unspaced() {
            crate::formula::Expr::Text(text) => Some(text.split(',').map(str::trim).collect()),
            _ => None,
        },
        Template::Unreadable(_) => None,
    }
}

#[cfg(test)]
mod tests;
