//! From a workbook and a model to what the solver sees.

use super::excel_model::{ModelError, Resolved, ResolvedConstraint, Right, StoredModel};
use super::{Constraint, ConstraintRight, Coordinate, Objective, Problem, Relation};
use crate::engine::Engine;
use crate::engine::gradient::{Slice, SliceError};
use crate::grid::{Area, Cell, SheetId};
use crate::value::Value;
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
    match Slice::new(engine, objective, areas) {
        Err(SliceError::Stale { .. } | SliceError::NotAFormula { .. }) => {
            engine.recalculate_all();
            Slice::new(engine, objective, areas)
        }
        other => other,
    }
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
        Err(error) => Err(SetupError::Constraint {
            name: name(),
            error,
        }),
    }
}
