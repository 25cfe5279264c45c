//! The scalar interpreter: it defines what every formula means.
//!
//! An ordinary formula wants single values: a range where one value is wanted
//! is intersected with the formula's row or column. In an array formula
//! operators and functions are mapped over ranges and arrays instead; inside
//! an argument of kind `Array` (SUMPRODUCT) this holds in ordinary formulas too.

mod cache;
pub(super) mod call;
mod context;
mod lambda;
pub(super) mod operators;
mod random;
mod reference;

pub use cache::AreaCache;
pub(in crate::engine) use cache::Key;

use super::bind::{Bound, BoundFormula, NameCache};
use crate::functions::{Context, Operand, SelectRule, Selection};
use crate::grid::{Area, Cell, Pos, Rect};
use crate::value::{ErrorKind, Value, arith};
use crate::workbook::Workbook;
use std::sync::{Arc, Mutex};

/// How deep evaluation may nest before it is `#NUM!`: what the stack of an
/// engine thread holds (see `super::pool`), with room to spare.
const MAX_DEPTH: usize = 8_000;
/// The most cells that an array made by a formula may have.
pub const MAX_ARRAY: usize = 1 << 23;

/// What all cells of a recalculation share.
#[derive(Clone, Copy)]
pub struct World<'a> {
    pub book: &'a Workbook,
    pub cache: &'a AreaCache,
    /// Names bound so far, for the text that INDIRECT reads.
    pub names: &'a Mutex<NameCache>,
    /// The date and time, as a serial number.
    pub now: f64,
    /// Decides all random numbers.
    pub seed: u64,
    /// Cells that have not been recalculated yet. Reading one of them is
    /// noted in [`Interpreter::missing`], and the result is void.
    pub pending: Option<&'a dyn Pending>,
}

/// The cells that are still to be recalculated.
pub trait Pending: Sync {
    /// Adds those of `area` to `found`; it may stop after some.
    fn find(&self, area: Area, found: &mut Vec<Cell>);
}

/// Whether ranges are intersected or mapped over where one value is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Single,
    Array,
}

/// Evaluates formulas, one cell at a time.
pub struct Interpreter<'a> {
    world: World<'a>,
    origin: Cell,
    /// The values of the slots in use.
    frame: Vec<Operand>,
    depth: usize,
    /// Random numbers drawn for this cell so far.
    draws: u64,
    track: bool,
    /// Whether the formula's own place was asked for (see [`Self::is_placed`]).
    placed: std::cell::Cell<bool>,
    /// The areas that were read, where that is tracked.
    pub touched: Vec<Area>,
    /// Cells that were read though they are not calculated yet.
    pub missing: Vec<Cell>,
}

impl<'a> Interpreter<'a> {
    pub fn new(world: World<'a>, origin: Cell) -> Self {
        Self {
            world,
            origin,
            frame: Vec::new(),
            depth: 0,
            draws: 0,
            track: false,
            placed: std::cell::Cell::new(false),
            touched: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Notes every area that is read in [`Interpreter::touched`].
    pub fn track(&mut self) {
        self.track = true;
    }

    /// Whether every area that is read is noted.
    pub fn is_tracking(&self) -> bool {
        self.track
    }

    /// The value of an ordinary formula in the cell `at`.
    pub fn single(&mut self, formula: &BoundFormula, at: Cell) -> Value {
        let value = match self.formula(formula, at, Mode::Single) {
            Value::Array(array) => array.get(0, 0).clone(),
            value => value,
        };
        shown(value)
    }

    /// The value of an array formula whose first cell is `at`.
    pub fn array_formula(&mut self, formula: &BoundFormula, at: Cell) -> Value {
        match self.formula(formula, at, Mode::Array) {
            Value::Array(array) if array.cells().iter().any(Value::is_blank) => {
                let cells = array.cells().iter().cloned().map(shown).collect();
                Value::array(crate::value::Array::new(array.rows(), array.cols(), cells))
            }
            value => shown(value),
        }
    }

    /// What a part of a formula in the cell `at` evaluates to, references
    /// unread, with values for the slots around it.
    pub fn part(&mut self, part: &Bound, at: Cell, mode: Mode, slots: &[Operand]) -> Operand {
        self.start(at);
        self.frame.extend_from_slice(slots);
        self.eval(part, mode)
    }

    /// The value of a part of a formula in the cell `at`, where one is wanted.
    pub fn value_of(&mut self, part: &Bound, at: Cell, slots: &[Operand]) -> Value {
        self.start(at);
        self.frame.extend_from_slice(slots);
        self.value(part, Mode::Single)
    }

    /// Whether what was evaluated since the last call of this depends on the
    /// cell of the formula beyond its relative references: by an intersection,
    /// ROW(), a random number.
    pub fn is_placed(&self) -> bool {
        self.placed.replace(false)
    }

    /// Applies the rule by which SUMIF and its kind select cells, as the
    /// formula in `at` would.
    pub fn select(
        &mut self,
        rule: SelectRule,
        args: &[Operand],
        at: Cell,
    ) -> Result<Selection, ErrorKind> {
        self.start(at);
        rule(args, self)
    }

    /// Begins the evaluation of another cell's formula.
    pub fn start(&mut self, at: Cell) {
        self.origin = at;
        self.frame.clear();
        self.depth = 0;
        self.draws = 0;
    }

    fn formula(&mut self, formula: &BoundFormula, at: Cell, mode: Mode) -> Value {
        self.start(at);
        match &formula.root {
            Bound::Chain { first, rest } if formula.ends_in_sum => {
                self.chain(first, rest, mode, true)
            }
            root => self.value(root, mode),
        }
    }

    /// The value of a part where values are wanted: references are read, or
    /// intersected. An array of one cell is that cell's value.
    pub(super) fn value(&mut self, part: &Bound, mode: Mode) -> Value {
        match part {
            Bound::Value(value @ (Value::Number(_) | Value::Text(_) | Value::Bool(_))) => {
                value.clone()
            }
            Bound::Cells(reference) if reference.is_cell() => {
                match reference.rect(self.origin.pos) {
                    Some(rect) => self.cell(Cell {
                        sheet: reference.sheets.as_slice()[0],
                        pos: rect.top_left(),
                    }),
                    None => Value::Error(ErrorKind::Value),
                }
            }
            Bound::External(reference) => self.external(reference, mode),
            part => {
                let operand = self.eval(part, mode);
                self.read(operand, mode)
            }
        }
    }

    /// Evaluates a part; references stay references.
    pub(super) fn eval(&mut self, part: &Bound, mode: Mode) -> Operand {
        if self.depth >= MAX_DEPTH {
            return Operand::error(ErrorKind::Num);
        }
        self.depth += 1;
        let operand = self.eval_within_depth(part, mode);
        self.depth -= 1;
        operand
    }

    fn eval_within_depth(&mut self, part: &Bound, mode: Mode) -> Operand {
        match part {
            Bound::Value(value) => Operand::Value(value.clone()),
            Bound::Omitted => Operand::Omitted,
            Bound::Cells(reference) => self.cells(reference),
            Bound::External(reference) => Operand::Value(self.external(reference, Mode::Array)),
            Bound::Slot(slot) => match self.frame.get(*slot) {
                Some(operand) => operand.clone(),
                None => Operand::error(ErrorKind::Name),
            },
            Bound::Let { values, body } => self.eval_let(values, body, mode),
            Bound::Lambda(lambda) => self.closure(lambda),
            Bound::Name(name) => match name.body() {
                Some(body) => self.outside_frame(body),
                None => Operand::error(ErrorKind::Name),
            },
            Bound::Recursion(name) => match name.upgrade() {
                Some(name) => match name.body() {
                    Some(body) => self.outside_frame(body),
                    None => Operand::error(ErrorKind::Name),
                },
                None => Operand::error(ErrorKind::Name),
            },
            Bound::Function(function) => lambda::of_function(function),
            Bound::Call { function, args } => self.call_bound(function, args, mode),
            Bound::Apply { callee, args } => self.apply(callee, args, mode),
            Bound::Plus(inner) => Operand::Value(self.value(inner, mode)),
            Bound::Negate(inner) => {
                let value = self.numeric(inner, mode);
                Operand::Value(operators::map(&value, arith::neg))
            }
            Bound::Percent(inner) => {
                let value = self.numeric(inner, mode);
                Operand::Value(operators::map(&value, arith::percent))
            }
            Bound::Chain { first, rest } => Operand::Value(self.chain(first, rest, mode, false)),
            Bound::Range(..) | Bound::Intersection(..) => self.joined(part, mode),
            Bound::Union(parts) => self.union(parts, mode),
            Bound::Single(inner) if matches!(**inner, Bound::External(_)) => {
                Operand::Value(self.value(inner, Mode::Single))
            }
            Bound::Single(inner) => {
                let operand = self.eval(inner, mode);
                Operand::Value(self.intersect(operand))
            }
            Bound::Spill(inner) => self.spill(inner, mode),
        }
    }

    /// Evaluates a name's formula, which sees none of the slots around it.
    fn outside_frame(&mut self, body: &Bound) -> Operand {
        let frame = std::mem::take(&mut self.frame);
        let operand = self.eval(body, Mode::Array);
        self.frame = frame;
        operand
    }

    /// The value of a part that arithmetic reads a number of.
    fn numeric(&mut self, part: &Bound, mode: Mode) -> Value {
        self.value(part, mode).dated(self.world.book.date_system)
    }

    fn chain(
        &mut self,
        first: &Bound,
        rest: &[(crate::formula::BinaryOp, Bound)],
        mode: Mode,
        snap: bool,
    ) -> Value {
        let mut left = self.value(first, mode);
        for (i, (op, term)) in rest.iter().enumerate() {
            let mut right = self.value(term, mode);
            let snap = snap && i + 1 == rest.len();
            if operators::is_arithmetic(*op) {
                let dates = self.world.book.date_system;
                (left, right) = (left.dated(dates), right.dated(dates));
            }
            left = operators::binary(*op, &left, &right, snap);
        }
        left
    }

    /// An operand's value where values are wanted.
    pub fn read(&mut self, operand: Operand, mode: Mode) -> Value {
        match operand {
            Operand::Value(Value::Array(array)) if array.cells().len() == 1 => {
                array.get(0, 0).clone()
            }
            Operand::Value(value) => value,
            Operand::Reference(areas) => match (areas.as_slice(), mode) {
                ([area], _) if area.rect.is_cell() => self.cell(Cell {
                    sheet: area.sheet,
                    pos: area.rect.top_left(),
                }),
                (_, Mode::Single) => self.intersect(Operand::Reference(areas)),
                ([area], Mode::Array) => match self.array(*area) {
                    Ok(array) => Value::Array(array),
                    Err(kind) => Value::Error(kind),
                },
                (_, Mode::Array) => Value::Error(ErrorKind::Value),
            },
            Operand::Lambda(_) => Value::Error(ErrorKind::Calc),
            Operand::Omitted => Value::Blank,
        }
    }

    /// Implicit intersection: the one value of an operand that concerns the
    /// formula's row or column.
    fn intersect(&mut self, operand: Operand) -> Value {
        let area = match operand {
            Operand::Reference(areas) => match areas.as_slice() {
                [area] => *area,
                _ => return Value::Error(ErrorKind::Value),
            },
            Operand::Value(Value::Array(array)) => return array.get(0, 0).clone(),
            other => return self.read(other, Mode::Single),
        };
        self.placed.set(true);
        match meeting(area.rect, self.origin.pos) {
            Some(pos) => self.cell(Cell {
                sheet: area.sheet,
                pos,
            }),
            None => Value::Error(ErrorKind::Value),
        }
    }
}

/// The cell of a rectangle that lies in the row or the column of `at`; of a
/// block of several rows and columns none does.
fn meeting(rect: Rect, at: Pos) -> Option<Pos> {
    let rows = rect.top..=rect.bottom;
    let cols = rect.left..=rect.right;
    let row = match rect.top == rect.bottom {
        true => Some(rect.top),
        false => rows.contains(&at.row).then_some(at.row),
    };
    let col = match rect.left == rect.right {
        true => Some(rect.left),
        false => cols.contains(&at.col).then_some(at.col),
    };
    let line = rect.rows() == 1 || rect.cols() == 1;
    match (row, col) {
        (Some(row), Some(col)) if line => Some(Pos { row, col }),
        _ => None,
    }
}

/// A formula's result as its cell shows it: an empty cell is 0.
fn shown(value: Value) -> Value {
    match value {
        Value::Blank => Value::Number(0.0),
        value => value,
    }
}

/// A closure or a function is shared between threads with what it captured.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Arc<dyn crate::functions::Callable>>();
    shared::<Operand>();
};
