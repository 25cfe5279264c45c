//! Exact gradients of a cell with respect to other cells.
//!
//! A [`Slice`] is the part of a workbook between variable cells and an
//! objective cell, compiled once into a program that yields the objective and
//! all its partial derivatives; it can then be evaluated thousands of times,
//! without the workbook, at any values of the variables.
//!
//! # Where a derivative is one-sided
//! At a kink the branch that the formula takes counts: `IF(x<0,0,x)` has
//! derivative 1 at 0, `MAX(0,x)` has 0 (the first of equal arguments wins),
//! `ABS(x)` has 0. Functions that are constant between jumps (ROUND,
//! comparisons) have derivative 0, and [`Slice::notes`] says so.

mod placed;

pub use placed::{Deviation, Placement, WORTH_A_STEP, WORTH_TRYING, cpu_name};

use super::Engine;
use super::bind::BoundFormula;
use super::interpret::World;
use super::lower::{Lowerer, Numbers, Oracle, Refusal};
use super::oracle::WorldOracle;
use crate::functions::Operand;
use crate::grid::{Area, Cell, Pos, Rect};
use crate::program::{Builder, MeasuredStep, Node, Part, Program, Shape, ShapeError, Workspace};
use crate::value::{Array, ErrorKind, Value};
use crate::workbook::Workbook;
use placed::Placed;
use rustc_hash::FxHashSet;
use std::sync::{Arc, Mutex, OnceLock};

/// The largest Jacobian (residuals times variables) that is compiled for
/// methods which ask for one.
const MAX_JACOBIAN: usize = 1 << 23;

/// The relative difference up to which a program's value is the workbook's.
pub(super) const AGREEMENT: f64 = 1e-9;

/// Why there is no gradient.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SliceError {
    #[error("{cell} cannot be the objective: it holds {holds}, not a formula that gives a number")]
    NotAFormula { cell: String, holds: &'static str },
    #[error(
        "{cell} cannot be the objective: its value is the text {text:?}; choose a cell with a number"
    )]
    Text { cell: String, text: String },
    #[error(
        "{cell} cannot be the objective: its value is {error}, which comes from {source_cell}{formula}; mend that cell first"
    )]
    Error {
        cell: String,
        error: ErrorKind,
        source_cell: String,
        formula: String,
    },
    #[error(
        "{cell} cannot be a variable: it holds the formula {formula}; variables are cells with numbers"
    )]
    VariableIsFormula { cell: String, formula: String },
    #[error("{cell} cannot be a variable: it holds {holds}; variables are cells with numbers")]
    VariableNotNumber { cell: String, holds: String },
    #[error("{cell} is named twice among the variables")]
    VariableTwice { cell: String },
    #[error("no variable cells were named")]
    NoVariables,
    #[error("{objective} does not depend on {variables}, so changing these cells cannot change it")]
    Independent {
        objective: String,
        variables: String,
    },
    #[error(
        "{variable} is empty, and {cell} does not count empty cells as 0: give {variable} a number"
    )]
    EmptyVariable { variable: String, cell: String },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(
        "{cell} shows {shown}, but the program made of its formula gives {computed}: recalculate the workbook; if that changes nothing, this formula cannot be differentiated"
    )]
    Stale {
        cell: String,
        shown: f64,
        computed: f64,
    },
    #[error(
        "with the variables changed a little {cell} becomes {shown}, but the program made of its formulas gives {computed}: a formula it depends on cannot be differentiated"
    )]
    Disagrees {
        cell: String,
        shown: f64,
        computed: f64,
    },
}

/// An objective cell as a function of variable cells, with its gradient.
#[derive(Clone)]
pub struct Slice {
    objective: Cell,
    variables: Arc<[Cell]>,
    start: Arc<[f64]>,
    programs: Arc<Programs>,
    workspaces: Workspaces,
    /// The program on a device, where it was put on one.
    placed: Placed,
    notes: Arc<[String]>,
    /// The areas of formulas between variables and objective, and their values.
    lowered: Arc<[(Area, Node)]>,
}

struct Programs {
    /// The objective alone.
    value: Program,
    /// The objective, then its gradient in the order of the variables.
    gradient: Program,
    /// What the programs were made from.
    source: Mutex<Source>,
    /// Found when a method first asks.
    squares: OnceLock<Option<Squares>>,
}

/// A loss and the parameters it depends on: `[1, cols, rows]` nodes, one a
/// variable area, so that their elements come row by row.
struct Source {
    builder: Builder,
    parameters: Vec<Node>,
    /// The loss, then its gradient.
    outputs: Vec<Node>,
}

/// An objective that is `scale` times the sum of so many squared residuals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SumOfSquares {
    pub residuals: usize,
    pub scale: f64,
}

struct Squares {
    shape: SumOfSquares,
    /// Residuals, then the Jacobian, one column a variable.
    program: Program,
    outputs: [Node; 2],
}

/// One set of buffers a clone, made when first needed.
#[derive(Default)]
struct Workspaces {
    value: Option<Workspace>,
    gradient: Option<Workspace>,
    squares: Option<Workspace>,
}

impl Clone for Workspaces {
    /// A clone works with buffers of its own.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slice")
            .field("objective", &self.objective)
            .field("variables", &self.variables.len())
            .finish_non_exhaustive()
    }
}

impl Slice {
    /// Compiles the slice between `variables` and `objective` of an engine's
    /// workbook.
    ///
    /// # Errors
    /// Where the objective is no formula's number, a variable no constant
    /// number, or a formula between them cannot be differentiated.
    pub fn new(engine: &Engine, objective: Cell, variables: &[Area]) -> Result<Self, SliceError> {
        super::pool::run(|| Self::compile(engine.world(), objective, variables))
    }

    /// Compiles the slice between `variables` and `objective`. Values are
    /// taken as the workbook shows them, so it must be up to date.
    fn compile(world: World<'_>, objective: Cell, variables: &[Area]) -> Result<Self, SliceError> {
        let workbook = world.book;
        let oracle = &mut WorldOracle::new(world, objective);
        let shown = objective_value(workbook, oracle, objective)?;
        let (cells, start) = variable_cells(workbook, oracle, variables)?;
        let mut lowerer = Lowerer::new(workbook, oracle);
        let parameters = lowerer.add_variables(variables)?;
        let slices = lowerer.discover(objective, variables)?;
        if slices.components.is_empty() {
            let address = |&area: &Area| workbook.area_address(area);
            return Err(SliceError::Independent {
                objective: workbook.address(objective),
                variables: variables.iter().map(address).collect::<Vec<_>>().join(","),
            });
        }
        for component in &slices.components {
            lowerer.component(component)?;
        }
        let loss = lowerer.scalar_at(objective)?;
        let notes = lowerer.notes.iter().cloned().collect();
        let lowered = lowerer.lowered();
        // What follows from an inexact value may be less exact than it.
        let tolerance = AGREEMENT.max(100.0 * lowerer.inexact);
        let builder = lowerer.builder;
        let programs = Programs::new(builder, loss, parameters).map_err(|error| Refusal {
            cell: workbook.address(objective),
            reason: error.to_string(),
        })?;
        let mut slice = Self {
            objective,
            variables: cells.into(),
            start: start.into(),
            programs: Arc::new(programs),
            workspaces: Workspaces::default(),
            placed: Placed::default(),
            notes,
            lowered: lowered.into(),
        };
        let start = slice.start.clone();
        let computed = slice.value(&start);
        if !same(computed, shown, tolerance) {
            return Err(slice.difference(workbook, tolerance, (shown, computed)));
        }
        Ok(slice)
    }

    /// Tells where the program and the workbook part: the first cell lowered
    /// whose values differ, else the objective.
    fn difference(
        &self,
        workbook: &Workbook,
        tolerance: f64,
        (shown, computed): (f64, f64),
    ) -> SliceError {
        let stale = |cell, shown, computed| {
            let variable = self.variables.iter().find(|v| {
                let cells = &workbook.sheet(v.sheet).cells;
                cells.get(v.pos).is_blank()
            });
            match variable {
                Some(variable) => SliceError::EmptyVariable {
                    variable: workbook.address(*variable),
                    cell: workbook.address(cell),
                },
                None => SliceError::Stale {
                    cell: workbook.address(cell),
                    shown,
                    computed,
                },
            }
        };
        let source = self.programs.source.lock();
        let source = source.unwrap_or_else(|e| e.into_inner());
        let nodes: Vec<Node> = self.lowered.iter().map(|(_, node)| *node).collect();
        let program = Program::new(&source.builder, &nodes);
        let mut workspace = program.workspace();
        program.run(&mut workspace, &self.start);
        for (index, (area, _)) in self.lowered.iter().enumerate() {
            let cells = &workbook.sheet(area.sheet).cells;
            let rows = area.rect.rows() as usize;
            for (offset, &ours) in workspace.output(index).iter().enumerate() {
                let pos = Pos::new(
                    area.rect.top + (offset % rows) as u32,
                    area.rect.left + (offset / rows) as u32,
                );
                if let Value::Number(theirs) = cells.get(pos)
                    && !same(ours, theirs, tolerance)
                {
                    let sheet = area.sheet;
                    return stale(Cell { sheet, pos }, theirs, ours);
                }
            }
        }
        stale(self.objective, shown, computed)
    }

    /// What each area of formulas became in the program for the gradient, in
    /// the order of calculation; and the steps of that program, measured.
    pub fn explain(&self) -> (Vec<(Area, Part)>, Vec<MeasuredStep>) {
        let source = self.programs.source.lock();
        let source = source.unwrap_or_else(|e| e.into_inner());
        let program = &self.programs.gradient;
        let nodes: Vec<Node> = self.lowered.iter().map(|(_, node)| *node).collect();
        let parts = program.parts(&source.builder, &nodes);
        let areas = self.lowered.iter().map(|&(area, _)| area);
        (areas.zip(parts).collect(), program.measure(&self.start))
    }

    /// The text of the CUDA kernels for the program of the gradient, which NVRTC
    /// compiles where a GPU evaluates it.
    pub fn cuda_text(&self) -> String {
        self.programs.gradient.cuda_text()
    }

    pub fn objective_cell(&self) -> Cell {
        self.objective
    }

    /// The variables, area by area as they were named, each row by row: the
    /// order of every vector that this type takes and gives.
    pub fn variables(&self) -> &[Cell] {
        &self.variables
    }

    /// The variables' values when the slice was compiled; blank cells are 0.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// What to know of the derivative: functions in the slice whose
    /// derivative counts as 0.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The objective at `x`; not finite where it is an error value.
    pub fn value(&mut self, x: &[f64]) -> f64 {
        if let Some(results) = self.placed.run(x) {
            return results.output(0)[0];
        }
        let program = &self.programs.value;
        let workspace = self
            .workspaces
            .value
            .get_or_insert_with(|| program.workspace());
        program.run(workspace, x);
        workspace.output(0)[0]
    }

    /// The objective at `x`, and its partial derivatives into `gradient`.
    pub fn value_and_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        if let Some(results) = self.placed.run(x) {
            return loss_and_gradient(|output| results.output(output), gradient);
        }
        let program = &self.programs.gradient;
        let workspace = self
            .workspaces
            .gradient
            .get_or_insert_with(|| program.workspace());
        program.run(workspace, x);
        loss_and_gradient(|output| workspace.output(output), gradient)
    }

    /// How the objective is a sum of squares, where it is one and its Jacobian
    /// is not too large to be held; found out at the first call.
    pub fn sum_of_squares(&self) -> Option<SumOfSquares> {
        self.programs.squares().map(|squares| squares.shape)
    }

    /// Where the objective is a sum of squares: the residuals at `x` and, column
    /// by column (one column a variable), their Jacobian. Else nothing is written.
    pub fn residuals_and_jacobian(
        &mut self,
        x: &[f64],
        residuals: &mut [f64],
        jacobian: &mut [f64],
    ) {
        let Some(squares) = self.programs.squares() else {
            return;
        };
        let program = &squares.program;
        let own = &mut self.workspaces.squares;
        let make = || self.programs.for_gpu(&squares.outputs);
        let here = || program.run(own.get_or_insert_with(|| program.workspace()), x);
        if let Some(results) = self.placed.run_squares(x, make, here) {
            residuals.copy_from_slice(results.output(0));
            jacobian.copy_from_slice(results.output(1));
            return;
        }
        let workspace = own.get_or_insert_with(|| program.workspace());
        program.run(workspace, x);
        residuals.copy_from_slice(workspace.output(0));
        jacobian.copy_from_slice(workspace.output(1));
    }
}

/// From a run's outputs the loss, and the gradient's parts one after the other.
fn loss_and_gradient<'a>(output: impl Fn(usize) -> &'a [f64], gradient: &mut [f64]) -> f64 {
    let mut at = 0;
    for index in 1.. {
        if at == gradient.len() {
            break;
        }
        let part = output(index);
        gradient[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    output(0)[0]
}

/// Whether two values differ by rounding at most.
pub(crate) fn same(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()) + 1e-12
}

impl Programs {
    fn new(mut builder: Builder, loss: Node, parameters: Vec<Node>) -> Result<Self, ShapeError> {
        let value = Program::new(&builder, &[loss]);
        let mut outputs = vec![loss];
        outputs.extend(builder.gradient(loss, &parameters)?);
        let gradient = Program::new(&builder, &outputs);
        let source = Mutex::new(Source {
            builder,
            parameters,
            outputs,
        });
        Ok(Self {
            value,
            gradient,
            source,
            squares: OnceLock::new(),
        })
    }

    /// The program of the loss and its gradient as a GPU runs it.
    fn gradient_for_gpu(&self) -> Program {
        let source = self.source.lock().unwrap_or_else(|e| e.into_inner());
        Program::for_gpu(&source.builder, &source.outputs)
    }

    /// The program of some nodes as a GPU runs it.
    fn for_gpu(&self, outputs: &[Node]) -> Program {
        let source = self.source.lock().unwrap_or_else(|e| e.into_inner());
        Program::for_gpu(&source.builder, outputs)
    }

    fn squares(&self) -> Option<&Squares> {
        let find = || {
            self.source
                .lock()
                .unwrap_or_else(|e| e.into_inner())
                .squares()
        };
        self.squares.get_or_init(find).as_ref()
    }
}

impl Source {
    /// The residuals, where the loss is a sum of squares and their Jacobian is
    /// not too large to be held.
    fn squares(&mut self) -> Option<Squares> {
        let (residuals, scale) = self.builder.sum_of_squares(self.outputs[0])?;
        let count = self.builder.shape(residuals).len();
        let variables: usize = self
            .parameters
            .iter()
            .map(|&p| self.builder.shape(p).len())
            .sum();
        if count.saturating_mul(variables) > MAX_JACOBIAN {
            return None;
        }
        // A loss without a compact Jacobian is minimised by its gradient.
        let jacobian = self
            .builder
            .residual_jacobian(residuals, &self.parameters)
            .ok()?;
        let outputs = [residuals, jacobian];
        let program = Program::new(&self.builder, &outputs);
        let shape = SumOfSquares {
            residuals: count,
            scale,
        };
        Some(Squares {
            shape,
            program,
            outputs,
        })
    }
}

/// `GRAD(objective, variables)` in the cell `at`: an array in the shape of the
/// variables, or one column where they are several areas.
pub(super) fn of_operands(world: World<'_>, at: Cell, args: &[Operand]) -> Operand {
    let [Operand::Reference(objective), Operand::Reference(variables)] = args else {
        return Operand::error(ErrorKind::Value);
    };
    let &[Area { sheet, rect }] = objective.as_slice() else {
        return Operand::error(ErrorKind::Value);
    };
    if !rect.is_cell() || (sheet, rect.top_left()) == (at.sheet, at.pos) {
        return Operand::error(ErrorKind::Value);
    }
    let objective = Cell {
        sheet,
        pos: rect.top_left(),
    };
    let gradient = match Slice::compile(world, objective, variables) {
        Ok(mut slice) => {
            let start = slice.start.clone();
            let mut gradient = vec![0.0; start.len()];
            slice.value_and_gradient(&start, &mut gradient);
            gradient
        }
        Err(SliceError::Error { error, .. }) => return Operand::error(error),
        Err(SliceError::Independent { .. }) => {
            vec![0.0; variables.iter().map(|area| area.rect.len() as usize).sum()]
        }
        Err(_) => return Operand::error(ErrorKind::Value),
    };
    let (rows, cols) = match variables.as_slice() {
        [area] => (area.rect.rows() as usize, area.rect.cols() as usize),
        _ => (gradient.len(), 1),
    };
    let cells = gradient.into_iter().map(Value::number).collect();
    Operand::Value(Value::array(Array::new(rows, cols, cells)))
}

/// The objective's value, which must be a formula's number.
pub(super) fn objective_value(
    workbook: &Workbook,
    oracle: &mut dyn Oracle,
    objective: Cell,
) -> Result<f64, SliceError> {
    let sheet = workbook.sheet(objective.sheet);
    let cell = || workbook.address(objective);
    let value = sheet.cells.get(objective.pos);
    let computed = sheet.runs.at(objective.pos).is_some()
        || sheet
            .spills
            .values()
            .any(|rect| rect.contains(objective.pos));
    match value {
        Value::Error(error) => {
            let source = error_source(workbook, oracle, objective);
            let formula = match source == objective {
                true => String::new(),
                false => format!(" ({error} spreads from there)"),
            };
            Err(SliceError::Error {
                cell: cell(),
                error,
                source_cell: workbook.address(source),
                formula,
            })
        }
        Value::Text(text) => Err(SliceError::Text {
            cell: cell(),
            text: text.to_string(),
        }),
        Value::Number(x) if computed => Ok(x),
        Value::Bool(x) if computed => Ok(f64::from(u8::from(x))),
        Value::Blank => Err(SliceError::NotAFormula {
            cell: cell(),
            holds: "nothing",
        }),
        _ => Err(SliceError::NotAFormula {
            cell: cell(),
            holds: "a constant",
        }),
    }
}

/// Follows an error to a cell whose precedents have none.
fn error_source(workbook: &Workbook, oracle: &mut dyn Oracle, from: Cell) -> Cell {
    let mut at = from;
    let mut seen = FxHashSet::default();
    while seen.insert(at) {
        let sheet = workbook.sheet(at.sheet);
        let Some((id, _)) = sheet.runs.at(at.pos) else {
            break;
        };
        let Some(bound) = oracle.bound(at.sheet, id) else {
            break;
        };
        match first_error(workbook, &bound, at, &seen) {
            Some(earlier) => at = earlier,
            None => break,
        }
    }
    at
}

fn first_error(
    workbook: &Workbook,
    bound: &BoundFormula,
    at: Cell,
    seen: &FxHashSet<Cell>,
) -> Option<Cell> {
    let mut found = None;
    for reference in &bound.precedents {
        let Some(rect) = reference.rect(at.pos) else {
            continue;
        };
        for &sheet in reference.sheets.as_slice() {
            workbook
                .sheet(sheet)
                .cells
                .for_each(rect, &mut |pos, value| {
                    let cell = Cell { sheet, pos };
                    if found.is_none() && matches!(value, Value::Error(_)) && !seen.contains(&cell)
                    {
                        found = Some(cell);
                    }
                });
        }
    }
    found
}

/// The variable cells row by row, and their values.
fn variable_cells(
    workbook: &Workbook,
    oracle: &dyn Oracle,
    areas: &[Area],
) -> Result<(Vec<Cell>, Vec<f64>), SliceError> {
    let mut cells = Vec::new();
    let mut values = Vec::new();
    let mut seen = FxHashSet::default();
    for area in areas {
        let sheet = workbook.sheet(area.sheet);
        for pos in area.rect.cells() {
            let cell = Cell {
                sheet: area.sheet,
                pos,
            };
            let name = || workbook.address(cell);
            if !seen.insert(cell) {
                return Err(SliceError::VariableTwice { cell: name() });
            }
            if sheet.runs.at(pos).is_some() {
                return Err(SliceError::VariableIsFormula {
                    cell: name(),
                    formula: oracle.formula_text(cell),
                });
            }
            if sheet.spills.values().any(|rect| rect.contains(pos)) {
                return Err(SliceError::VariableNotNumber {
                    cell: name(),
                    holds: "a value that a formula spilled".to_owned(),
                });
            }
            let value = match sheet.cells.get(pos) {
                Value::Number(x) => x,
                Value::Blank => 0.0,
                Value::Text(text) => {
                    return Err(SliceError::VariableNotNumber {
                        cell: name(),
                        holds: format!("the text {:?}", text.as_ref()),
                    });
                }
                Value::Bool(truth) => {
                    let holds = if truth { "TRUE" } else { "FALSE" };
                    return Err(SliceError::VariableNotNumber {
                        cell: name(),
                        holds: holds.into(),
                    });
                }
                Value::Error(kind) => {
                    return Err(SliceError::VariableNotNumber {
                        cell: name(),
                        holds: kind.to_string(),
                    });
                }
                Value::Array(_) => 0.0,
            };
            cells.push(cell);
            values.push(value);
        }
    }
    if cells.is_empty() {
        return Err(SliceError::NoVariables);
    }
    Ok((cells, values))
}

impl Lowerer<'_> {
    /// Makes the variable areas parameters of the program.
    fn add_variables(&mut self, areas: &[Area]) -> Result<Vec<Node>, Refusal> {
        let mut parameters = Vec::new();
        for area in areas {
            let (rows, cols) = (area.rect.rows() as usize, area.rect.cols() as usize);
            // Stored transposed, the elements of a parameter come row by row.
            let parameter = self.builder.parameter(Shape::new(1, cols, rows));
            let node = self.builder.transpose(parameter);
            self.add_piece(*area, Numbers::sure(node));
            parameters.push(parameter);
        }
        Ok(parameters)
    }

    /// The node of one cell.
    pub(super) fn scalar_at(&mut self, at: Cell) -> Result<Node, Refusal> {
        let reference = super::bind::BoundRef::fixed(Area {
            sheet: at.sheet,
            rect: Rect::cell(at.pos),
        });
        self.cell_numbers(&reference, at)
            .map(|numbers| numbers.node)
    }
}
