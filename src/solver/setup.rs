//! From a workbook and a model to what the solver sees.

use super::excel_model::{ModelError, Resolved, ResolvedConstraint, Right, StoredModel};
use super::landscape::beside;
use super::{Constraint, ConstraintRight, Coordinate, Objective, Problem, Relation};
use crate::engine::Engine;
use crate::engine::gradient::{Slice, SliceError, same};
use crate::grid::{Area, Cell, SheetId};
use crate::value::{ErrorKind, Value};
use crate::workbook::Workbook;

/// A model compiled: it can be solved without the workbook.
pub struct Setup {
    /// The model's references as cells.
    pub resolved: Resolved,
    /// The objective as a function of the changing cells.
    pub slice: Slice,
    pub problem: Problem,
}

/// Why a model cannot be solved in this workbook.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Slice(#[from] SliceError),
    #[error(
        "the constraint {name} does not hold ({left} {} {right}), and the variables do not change that",
        relation.symbol(),
        left = shown(*left),
        right = shown(*right)
    )]
    Broken {
        name: String,
        left: f64,
        relation: Relation,
        right: f64,
    },
    #[error("the constraint {name}: {cell} is not a number")]
    NotANumber { name: String, cell: String },
    #[error(
        "the constraint {name}: {cell} is {error}, which comes from {source_cell}{formula}; mend that cell first"
    )]
    ErrorInConstraint {
        name: String,
        cell: String,
        error: ErrorKind,
        source_cell: String,
        formula: String,
    },
    #[error("the constraint {name}: {error}")]
    Constraint { name: String, error: SliceError },
}

impl Setup {
    /// Compiles a sheet's model.
    pub fn new(
        engine: &mut Engine,
        model: &StoredModel,
        sheet: SheetId,
    ) -> Result<Self, SetupError> {
        let resolved = model.resolve(engine.workbook(), sheet)?;
        let slice = compile(engine, resolved.objective, &resolved.areas)?;
        let problem = Problem {
            sense: model.sense,
            start: slice.start().to_vec(),
            bounds: resolved.bounds.clone(),
            constraints: constraints(engine, &resolved)?,
            precision: model.settings.precision,
        };
        Ok(Self {
            resolved,
            slice,
            problem,
        })
    }
}

/// Compiles a slice; a workbook whose saved values are missing or out of date
/// is recalculated first.
pub fn compile(engine: &mut Engine, objective: Cell, areas: &[Area]) -> Result<Slice, SliceError> {
    let mut slice = match Slice::new(engine, objective, areas) {
        Err(SliceError::Stale { .. } | SliceError::NotAFormula { .. }) => {
            engine.recalculate_all();
            Slice::new(engine, objective, areas)
        }
        other => other,
    }?;
    agrees_nearby(engine, &mut slice, areas)?;
    Ok(slice)
}

/// Compares a slice with the sheet at a point beside its start. At the start
/// they agree, or there were no slice, but a formula that is taken for another
/// might agree there by chance, at zeros above all.
fn agrees_nearby(engine: &mut Engine, slice: &mut Slice, areas: &[Area]) -> Result<(), SliceError> {
    /// How far to go, relative to the variables' sizes; less where there is no number.
    const DISTANCES: [f64; 2] = [1e-2, 1e-4];
    const TOLERANCE: f64 = 1e-6;
    // A part that was noted to be constant is constant in the slice only.
    if engine.is_trying() || !slice.notes().is_empty() {
        return Ok(());
    }
    for distance in DISTANCES {
        let x = beside(slice.start(), distance);
        if engine.try_values(areas, &x).is_err() {
            return Ok(());
        }
        let shown = number(engine, slice.objective_cell());
        engine.end_trial();
        let computed = slice.value(&x);
        let Some(shown) = shown.filter(|shown| shown.is_finite() && computed.is_finite()) else {
            continue;
        };
        if !same(computed, shown, TOLERANCE) {
            return Err(SliceError::Disagrees {
                cell: engine.workbook().address(slice.objective_cell()),
                shown,
                computed,
            });
        }
        break;
    }
    Ok(())
}

/// `active` if a model is stored with it, else the first sheet that has one;
/// and whether others have one, too. `None` where no sheet has a model.
pub fn sheet_with_model(workbook: &Workbook, active: SheetId) -> Option<(SheetId, bool)> {
    let has_model = |&sheet: &SheetId| workbook.names.get("solver_opt", Some(sheet)).is_some();
    let with: Vec<SheetId> = workbook.order().iter().copied().filter(has_model).collect();
    let chosen = match with.contains(&active) {
        true => active,
        false => *with.first()?,
    };
    Some((chosen, with.len() > 1))
}

/// From how many points a stored model with so many variables is to be solved.
pub fn stored_starts(model: &StoredModel, variables: usize) -> usize {
    match (model.settings.multistart, model.settings.population) {
        (false, _) => 1,
        // Excel's rule for a population that is too small.
        (true, 0..10) => (10 * variables).min(200),
        (true, population) => population as usize,
    }
}

/// The number in a cell, as the cell shows it; an empty one is 0.
pub fn number(engine: &Engine, cell: Cell) -> Option<f64> {
    match engine.value(cell) {
        Value::Number(x) => Some(x),
        Value::Blank => Some(0.0),
        _ => None,
    }
}

/// A number with all its digits.
fn shown(x: f64) -> String {
    Value::Number(x)
        .to_text()
        .map_or_else(|e| e.to_string(), |text| text.to_string())
}

/// The side of a constraint as the variables make it.
enum Side {
    Number(f64),
    Function(Box<dyn Objective + Send>),
}

fn constraints(engine: &Engine, resolved: &Resolved) -> Result<Vec<Constraint>, SetupError> {
    let mut constraints = Vec::new();
    for stated in &resolved.constraints {
        let left = side(engine, resolved, stated, Right::Cell(stated.left))?;
        let right = side(engine, resolved, stated, stated.right)?;
        let (left, relation, right) = match (left, right) {
            (Side::Function(left), Side::Number(right)) => {
                (left, stated.relation, ConstraintRight::Number(right))
            }
            (Side::Function(left), Side::Function(right)) => {
                (left, stated.relation, ConstraintRight::Function(right))
            }
            (Side::Number(left), Side::Function(right)) => {
                let reversed = match stated.relation {
                    Relation::LessOrEqual => Relation::GreaterOrEqual,
                    Relation::Equal => Relation::Equal,
                    Relation::GreaterOrEqual => Relation::LessOrEqual,
                };
                (right, reversed, ConstraintRight::Number(left))
            }
            (Side::Number(left), Side::Number(right)) => {
                let holds = match stated.relation {
                    Relation::LessOrEqual => left <= right,
                    Relation::Equal => left == right,
                    Relation::GreaterOrEqual => left >= right,
                };
                if holds {
                    continue;
                }
                return Err(SetupError::Broken {
                    name: stated.name.clone(),
                    left,
                    relation: stated.relation,
                    right,
                });
            }
        };
        constraints.push(Constraint {
            name: stated.name.clone(),
            left,
            relation,
            right,
        });
    }
    Ok(constraints)
}

fn side(
    engine: &Engine,
    resolved: &Resolved,
    stated: &ResolvedConstraint,
    side: Right,
) -> Result<Side, SetupError> {
    let cell = match side {
        Right::Number(number) => return Ok(Side::Number(number)),
        Right::Cell(cell) => cell,
    };
    if let Some(index) = resolved.cells.iter().position(|&c| c == cell) {
        let variables = resolved.cells.len();
        return Ok(Side::Function(Box::new(Coordinate { index, variables })));
    }
    let name = || stated.name.clone();
    match Slice::new(engine, cell, &resolved.areas) {
        Ok(slice) => Ok(Side::Function(Box::new(slice))),
        Err(SliceError::Independent { .. } | SliceError::NotAFormula { .. }) => {
            let constant = number(engine, cell).map(Side::Number);
            constant.ok_or_else(|| SetupError::NotANumber {
                name: name(),
                cell: engine.workbook().address(cell),
            })
        }
        Err(SliceError::Text { cell, .. }) => Err(SetupError::NotANumber { name: name(), cell }),
        Err(SliceError::Error {
            cell,
            error,
            source_cell,
            formula,
        }) => Err(SetupError::ErrorInConstraint {
            name: name(),
            cell,
            error,
            source_cell,
            formula,
        }),
        Err(error) => Err(SetupError::Constraint {
            name: name(),
            error,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Pos, Rect};

    /// A sheet with entries down its column A, and that column's cells.
    fn column(entries: &[&str]) -> (Engine, impl Fn(u32) -> Cell) {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("Sheet1");
        let mut engine = Engine::new(book);
        let cell = move |row| Cell {
            sheet,
            pos: Pos::new(row, 0),
        };
        for (row, text) in (0..).zip(entries) {
            engine.enter(cell(row), text).unwrap();
        }
        (engine, cell)
    }

    fn area(cell: Cell) -> Area {
        Area {
            sheet: cell.sheet,
            rect: Rect::cell(cell.pos),
        }
    }

    #[test]
    fn a_program_of_another_formula_is_found_out_though_they_agree_at_the_start() {
        let (mut engine, cell) = column(&["0", "2", "=A1*A2"]);
        let area = area(cell(0));
        let mut slice = Slice::new(&engine, cell(2), &[area]).unwrap();
        assert_eq!(agrees_nearby(&mut engine, &mut slice, &[area]), Ok(()));
        // The slice still holds the 2; at 0 that makes no difference.
        engine.enter(cell(1), "3").unwrap();
        let found = agrees_nearby(&mut engine, &mut slice, &[area]);
        assert!(
            matches!(&found, Err(SliceError::Disagrees { cell, .. }) if cell == "Sheet1!A3"),
            "{found:?}"
        );
        assert_eq!(engine.value(cell(0)), Value::Number(0.0));
        assert_eq!(engine.value(cell(2)), Value::Number(0.0));
        assert!(!engine.is_trying());
    }

    #[test]
    fn a_sum_that_cancels_agrees_though_the_sheet_calls_the_rest_0() {
        let (mut engine, cell) = column(&["1", "=0.1*A1+0.2*A1-0.3*A1"]);
        let area = area(cell(0));
        assert!(compile(&mut engine, cell(1), &[area]).is_ok());
    }
}
