//! The Solver model that Excel keeps with a sheet, in hidden names of the
//! sheet's scope: `solver_opt` is the objective, `solver_adj` the changing
//! cells, and so on. What the names mean was found in files that Excel saved.

use super::{Bounds, Relation, Sense};
use crate::grid::{Area, Cell, SheetId};
use crate::value::Value;
use crate::workbook::{DefinedName, Edit, Names, RefTextError, Workbook};
use std::collections::HashMap;
use std::sync::Arc;

/// A model as it is stored: references are texts, as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredModel {
    /// `solver_opt`: the objective cell.
    pub objective: Arc<str>,
    /// `solver_typ` and `solver_val`.
    pub sense: Sense,
    /// `solver_adj`: the changing cells, areas joined by commas.
    pub variables: Arc<str>,
    /// `solver_num` of `solver_lhsN`, `solver_relN`, `solver_rhsN`.
    pub constraints: Vec<StoredConstraint>,
    pub settings: Settings,
}

/// A constraint as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredConstraint {
    pub left: Arc<str>,
    pub relation: StoredRelation,
    /// A number, reference or formula; without meaning after the last three relations.
    pub right: Arc<str>,
}

impl std::fmt::Display for StoredConstraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.relation {
            StoredRelation::Compare(relation) => {
                write!(f, "{} {} {}", self.left, relation.symbol(), self.right)
            }
            StoredRelation::Integer => write!(f, "{} integer", self.left),
            StoredRelation::Binary => write!(f, "{} binary", self.left),
            StoredRelation::AllDifferent => write!(f, "{} all different", self.left),
        }
    }
}

/// `solver_rel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredRelation {
    Compare(Relation),
    Integer,
    Binary,
    AllDifferent,
}

/// The rest of the names, with the defaults of a fresh model. Most of them
/// steer methods of Excel's own and are only carried along.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `solver_eng`: 1 GRG nonlinear, 2 simplex, 3 evolutionary.
    pub engine: u32,
    /// `solver_neg`: variables without a lower bound are held at 0 or above.
    pub nonnegative: bool,
    /// `solver_tim`, in seconds; [`NO_LIMIT`] for none.
    pub max_seconds: u32,
    /// `solver_itr`; [`NO_LIMIT`] for none.
    pub max_iterations: u32,
    /// `solver_pre`: how far constraints may be missed.
    pub precision: f64,
    /// `solver_tol`: integer optimality, as a fraction.
    pub integer_tolerance: f64,
    /// `solver_cvg`: the relative change at which GRG stops.
    pub convergence: f64,
    /// `solver_drv`: 1 forward, 2 central differences.
    pub derivatives: u32,
    /// `solver_est`: 1 tangent, 2 quadratic.
    pub estimates: u32,
    /// `solver_nwt`: 1 Newton, 2 conjugate gradients.
    pub search: u32,
    /// `solver_scl`
    pub scaling: bool,
    /// `solver_sho`: show every iteration.
    pub show_iterations: bool,
    /// `solver_rlx`: ignore integer constraints.
    pub ignore_integers: bool,
    /// `solver_nod`
    pub max_subproblems: u32,
    /// `solver_mip`
    pub max_feasible: u32,
    /// `solver_msl`: start from many points.
    pub multistart: bool,
    /// `solver_ssz`: how many.
    pub population: u32,
    /// `solver_rsd`: 0 for another one each time.
    pub seed: u32,
    /// `solver_rbv`: many starts need bounds.
    pub require_bounds: bool,
    /// `solver_mrt`
    pub mutation: f64,
    /// `solver_mni`: seconds without improvement.
    pub max_still_seconds: u32,
    /// `solver_ver`
    pub version: u32,
}

/// What `solver_tim` and its like hold where there is no limit.
pub const NO_LIMIT: u32 = 2_147_483_647;

impl Default for Settings {
    fn default() -> Self {
        Self {
            engine: 1,
            nonnegative: true,
            max_seconds: NO_LIMIT,
            max_iterations: NO_LIMIT,
            precision: 1e-6,
            integer_tolerance: 0.01,
            convergence: 1e-4,
            derivatives: 1,
            estimates: 1,
            search: 1,
            scaling: true,
            show_iterations: false,
            ignore_integers: false,
            max_subproblems: NO_LIMIT,
            max_feasible: NO_LIMIT,
            multistart: false,
            population: 100,
            seed: 0,
            require_bounds: true,
            mutation: 0.075,
            max_still_seconds: 30,
            version: 3,
        }
    }
}

/// A setting's place in [`Settings`], by the kind of its text.
enum Field<'a> {
    Number(&'a mut f64),
    Integer(&'a mut u32),
    /// 1 is true, 2 is false.
    Flag(&'a mut bool),
}

impl Settings {
    /// Every setting with its name: the one table that reading and writing share.
    fn fields(&mut self) -> [(&'static str, Field<'_>); 22] {
        use Field::{Flag, Integer, Number};
        [
            ("solver_cvg", Number(&mut self.convergence)),
            ("solver_drv", Integer(&mut self.derivatives)),
            ("solver_eng", Integer(&mut self.engine)),
            ("solver_est", Integer(&mut self.estimates)),
            ("solver_itr", Integer(&mut self.max_iterations)),
            ("solver_mip", Integer(&mut self.max_feasible)),
            ("solver_mni", Integer(&mut self.max_still_seconds)),
            ("solver_mrt", Number(&mut self.mutation)),
            ("solver_msl", Flag(&mut self.multistart)),
            ("solver_neg", Flag(&mut self.nonnegative)),
            ("solver_nod", Integer(&mut self.max_subproblems)),
            ("solver_nwt", Integer(&mut self.search)),
            ("solver_pre", Number(&mut self.precision)),
            ("solver_rbv", Flag(&mut self.require_bounds)),
            ("solver_rlx", Flag(&mut self.ignore_integers)),
            ("solver_rsd", Integer(&mut self.seed)),
            ("solver_scl", Flag(&mut self.scaling)),
            ("solver_sho", Flag(&mut self.show_iterations)),
            ("solver_ssz", Integer(&mut self.population)),
            ("solver_tim", Integer(&mut self.max_seconds)),
            ("solver_tol", Number(&mut self.integer_tolerance)),
            ("solver_ver", Integer(&mut self.version)),
        ]
    }
}

/// Why a stored model cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    #[error("the stored Solver model is damaged: {name} is \"{text}\"")]
    Damaged { name: String, text: String },
    #[error("the stored Solver model is incomplete: {0} is missing")]
    Missing(String),
    #[error("the stored Solver model's {what} \"{text}\": {source}")]
    Reference {
        what: &'static str,
        text: String,
        source: RefTextError,
    },
    #[error(
        "the constraint {0} needs integer programming, which this program does not do: delete it in Excel's Solver dialog, or state the problem with --objective and --vary"
    )]
    Integer(String),
    #[error(
        "the right side of the constraint {0} is neither a number nor cells: put the formula in a cell and refer to it"
    )]
    RightSide(String),
    #[error("the sides of the constraint {0} have different shapes")]
    Shapes(String),
    #[error("{0} variables and constraints are more than the {MAX_CELLS} that can be solved for")]
    TooMany(u64),
    #[error("the bounds of {cell} contradict: {lower} to {upper}")]
    Bounds {
        cell: String,
        lower: f64,
        upper: f64,
    },
}

/// The most variables, and the most cells under constraints.
pub const MAX_CELLS: u64 = 1_000_000;

impl StoredModel {
    /// A fresh model for a problem stated anew: variables may be negative.
    pub fn fresh(objective: &str, variables: &str, sense: Sense) -> Self {
        Self {
            objective: objective.into(),
            sense,
            variables: variables.into(),
            constraints: Vec::new(),
            settings: Settings {
                nonnegative: false,
                ..Settings::default()
            },
        }
    }

    /// The model stored with a sheet; `None` where there is none.
    pub fn read(names: &Names, sheet: SheetId) -> Result<Option<Self>, ModelError> {
        let text = |name: &str| names.get(name, Some(sheet)).map(|n| n.formula.clone());
        let (objective, variables) = match (text("solver_opt"), text("solver_adj")) {
            (Some(objective), Some(variables)) => (objective, variables),
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(ModelError::Missing("solver_opt".into())),
            (Some(_), None) => return Err(ModelError::Missing("solver_adj".into())),
        };
        let number = |name: &str, default: f64| match text(name) {
            None => Ok(default),
            Some(text) => parse_number(&text).ok_or_else(|| damaged(name, &text)),
        };
        let sense = match number("solver_typ", 1.0)? {
            1.0 => Sense::Maximise,
            2.0 => Sense::Minimise,
            3.0 => Sense::Target(number("solver_val", 0.0)?),
            other => return Err(damaged("solver_typ", &other.to_string())),
        };
        let mut settings = Settings::default();
        // Older files say only whether to assume a linear model.
        if text("solver_eng").is_none() && number("solver_lin", 2.0)? == 1.0 {
            settings.engine = 2;
        }
        for (name, field) in settings.fields() {
            let Some(text) = text(name) else { continue };
            let read = match field {
                Field::Number(slot) => parse_number(&text).map(|x| *slot = x),
                Field::Integer(slot) => parse_integer(&text).map(|x| *slot = x),
                Field::Flag(slot) => parse_flag(&text).map(|x| *slot = x),
            };
            read.ok_or_else(|| damaged(name, &text))?;
        }
        let count = number("solver_num", 0.0)?;
        if !(0.0..=MAX_CELLS as f64).contains(&count) {
            return Err(damaged("solver_num", &count.to_string()));
        }
        let mut constraints = Vec::new();
        for n in 1..=count as u64 {
            let part = |stem: &str| {
                let name = format!("solver_{stem}{n}");
                text(&name).ok_or(ModelError::Missing(name))
            };
            let relation = part("rel")?;
            let relation = parse_integer(&relation)
                .and_then(relation_of)
                .ok_or_else(|| damaged(&format!("solver_rel{n}"), &relation))?;
            let right = match relation {
                StoredRelation::Compare(_) => part("rhs")?,
                _ => part("rhs").unwrap_or_else(|_| "".into()),
            };
            constraints.push(StoredConstraint {
                left: part("lhs")?,
                relation,
                right,
            });
        }
        Ok(Some(Self {
            objective,
            sense,
            variables,
            constraints,
            settings,
        }))
    }

    /// The changes that store this model with a sheet. Names that already say
    /// the same are left as they are, and so are all `solver_` names that this
    /// program does not know.
    pub fn edits(&self, names: &Names, sheet: SheetId) -> Vec<Edit> {
        let mut texts: Vec<(String, String)> = vec![
            ("solver_adj".into(), self.variables.to_string()),
            ("solver_num".into(), self.constraints.len().to_string()),
            ("solver_opt".into(), self.objective.to_string()),
        ];
        let (sense, target) = match self.sense {
            Sense::Maximise => ("1", 0.0),
            Sense::Minimise => ("2", 0.0),
            Sense::Target(target) => ("3", target),
        };
        texts.push(("solver_typ".into(), sense.into()));
        texts.push(("solver_val".into(), target.to_string()));
        for (n, constraint) in self.constraints.iter().enumerate() {
            let n = n + 1;
            texts.push((format!("solver_lhs{n}"), constraint.left.to_string()));
            texts.push((
                format!("solver_rel{n}"),
                relation_code(constraint.relation).to_string(),
            ));
            let right = match constraint.relation {
                StoredRelation::Compare(_) => &constraint.right,
                // What Excel writes there; an empty text would make it repair the file.
                StoredRelation::Integer => "integer",
                StoredRelation::Binary => "binary",
                StoredRelation::AllDifferent => "alldifferent",
            };
            texts.push((format!("solver_rhs{n}"), right.to_string()));
        }
        for (name, field) in self.settings.clone().fields() {
            let text = match field {
                Field::Number(x) => x.to_string(),
                Field::Integer(x) => x.to_string(),
                Field::Flag(x) => if *x { "1" } else { "2" }.into(),
            };
            texts.push((name.into(), text));
        }
        texts.sort();
        texts
            .into_iter()
            .filter(|(name, text)| {
                !text.is_empty()
                    && names.get(name, Some(sheet)).is_none_or(|old| {
                        let same_number = parse_number(&old.formula)
                            .is_some_and(|x| Some(x) == parse_number(text));
                        *old.formula != **text && !same_number
                    })
            })
            .map(|(name, text)| {
                Edit::DefineName(DefinedName {
                    // A name that is there keeps its spelling.
                    name: names
                        .get(&name, Some(sheet))
                        .map_or_else(|| name.as_str().into(), |old| old.name.clone()),
                    scope: Some(sheet),
                    formula: text.into(),
                    hidden: true,
                })
            })
            .collect()
    }

    /// The cells that the model's texts name, and its bounds and constraints.
    pub fn resolve(&self, workbook: &Workbook, sheet: SheetId) -> Result<Resolved, ModelError> {
        let reference = |what: &'static str, text: &str, source| ModelError::Reference {
            what,
            text: text.into(),
            source,
        };
        let objective = workbook
            .parse_cell(&self.objective, sheet)
            .map_err(|e| reference("objective", &self.objective, e))?;
        let areas = workbook
            .parse_areas(&self.variables, sheet)
            .map_err(|e| reference("changing cells", &self.variables, e))?;
        let cells = cells_of(&areas)?;
        let index: HashMap<Cell, usize> = cells.iter().enumerate().map(|(i, &c)| (c, i)).collect();

        let mut bounds = Bounds::none(cells.len());
        let mut constraints = Vec::new();
        for stored in &self.constraints {
            let StoredRelation::Compare(relation) = stored.relation else {
                if self.settings.ignore_integers {
                    continue;
                }
                return Err(ModelError::Integer(stored.to_string()));
            };
            let left = workbook
                .parse_areas(&stored.left, sheet)
                .map_err(|e| reference("constraint", &stored.to_string(), e))?;
            let left = cells_of(&left)?;
            let rights = right_sides(stored, workbook, sheet, left.len())?;
            for (&cell, right) in left.iter().zip(rights) {
                let right = match right {
                    // A cell that holds a number and is not changed is a number.
                    Right::Cell(at) if !index.contains_key(&at) => match constant(workbook, at) {
                        Some(number) => Right::Number(number),
                        None => Right::Cell(at),
                    },
                    other => other,
                };
                match (index.get(&cell), right) {
                    (Some(&i), Right::Number(number)) => {
                        if relation != Relation::GreaterOrEqual {
                            bounds.upper[i] = bounds.upper[i].min(number);
                        }
                        if relation != Relation::LessOrEqual {
                            bounds.lower[i] = bounds.lower[i].max(number);
                        }
                    }
                    (_, right) => constraints.push(ResolvedConstraint {
                        name: stored.to_string(),
                        left: cell,
                        relation,
                        right,
                    }),
                }
            }
        }
        if self.settings.nonnegative {
            for lower in bounds.lower.iter_mut().filter(|l| l.is_infinite()) {
                *lower = 0.0;
            }
        }
        for ((&cell, &lower), &upper) in cells.iter().zip(&bounds.lower).zip(&bounds.upper) {
            if lower > upper {
                return Err(ModelError::Bounds {
                    cell: workbook.address(cell),
                    lower,
                    upper,
                });
            }
        }
        Ok(Resolved {
            objective,
            areas,
            cells,
            bounds,
            constraints,
        })
    }
}

/// A model's references as cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    pub objective: Cell,
    /// The changing cells by area, and one by one, each once.
    pub areas: Vec<Area>,
    pub cells: Vec<Cell>,
    /// Of each cell of `cells`.
    pub bounds: Bounds,
    pub constraints: Vec<ResolvedConstraint>,
}

/// A condition that is no bound, between two cells or a cell and a number.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedConstraint {
    /// The stored constraint it is part of, for messages.
    pub name: String,
    pub left: Cell,
    pub relation: Relation,
    pub right: Right,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Right {
    Number(f64),
    Cell(Cell),
}

/// The right side of each of `count` cells.
fn right_sides(
    stored: &StoredConstraint,
    workbook: &Workbook,
    sheet: SheetId,
    count: usize,
) -> Result<Vec<Right>, ModelError> {
    let text = stored.right.trim();
    let text = text.strip_prefix('=').unwrap_or(text);
    if let Some(number) = parse_number(text) {
        return Ok(vec![Right::Number(number); count]);
    }
    let areas = workbook
        .parse_areas(text, sheet)
        .map_err(|_| ModelError::RightSide(stored.to_string()))?;
    let cells = cells_of(&areas)?;
    match cells.as_slice() {
        [one] => Ok(vec![Right::Cell(*one); count]),
        many if many.len() == count => Ok(many.iter().map(|&c| Right::Cell(c)).collect()),
        _ => Err(ModelError::Shapes(stored.to_string())),
    }
}

/// The number in a cell without a formula; an empty cell is 0.
fn constant(workbook: &Workbook, at: Cell) -> Option<f64> {
    let sheet = workbook.sheet(at.sheet);
    if sheet.runs.at(at.pos).is_some() {
        return None;
    }
    match sheet.cells.get(at.pos) {
        Value::Number(x) => Some(x),
        Value::Blank => Some(0.0),
        _ => None,
    }
}

/// The cells of areas in their order, each once.
pub fn cells_of(areas: &[Area]) -> Result<Vec<Cell>, ModelError> {
    let total: u64 = areas.iter().map(|a| a.rect.len()).sum();
    if total > MAX_CELLS {
        return Err(ModelError::TooMany(total));
    }
    let mut seen = std::collections::HashSet::new();
    Ok(areas
        .iter()
        .flat_map(|area| {
            area.rect.cells().map(|pos| Cell {
                sheet: area.sheet,
                pos,
            })
        })
        .filter(|&cell| seen.insert(cell))
        .collect())
}

fn damaged(name: &str, text: &str) -> ModelError {
    ModelError::Damaged {
        name: name.into(),
        text: text.into(),
    }
}

fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_prefix('=').unwrap_or(text);
    text.parse().ok().filter(|x: &f64| x.is_finite())
}

fn parse_integer(text: &str) -> Option<u32> {
    let x = parse_number(text)?;
    (x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&x)).then_some(x as u32)
}

/// 1 is true, 2 is false; 0 and the words occur as well.
fn parse_flag(text: &str) -> Option<bool> {
    match text.trim() {
        "1" => Some(true),
        "0" | "2" => Some(false),
        word if word.eq_ignore_ascii_case("TRUE") => Some(true),
        word if word.eq_ignore_ascii_case("FALSE") => Some(false),
        _ => None,
    }
}

fn relation_of(code: u32) -> Option<StoredRelation> {
    Some(match code {
        1 => StoredRelation::Compare(Relation::LessOrEqual),
        2 => StoredRelation::Compare(Relation::Equal),
        3 => StoredRelation::Compare(Relation::GreaterOrEqual),
        4 => StoredRelation::Integer,
        5 => StoredRelation::Binary,
        6 => StoredRelation::AllDifferent,
        _ => return None,
    })
}

fn relation_code(relation: StoredRelation) -> u32 {
    match relation {
        StoredRelation::Compare(Relation::LessOrEqual) => 1,
        StoredRelation::Compare(Relation::Equal) => 2,
        StoredRelation::Compare(Relation::GreaterOrEqual) => 3,
        StoredRelation::Integer => 4,
        StoredRelation::Binary => 5,
        StoredRelation::AllDifferent => 6,
    }
}

#[cfg(test)]
#[path = "tests/excel_model.rs"]
mod tests;
