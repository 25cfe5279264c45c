//! Formulas as instructions on numbers.
//!
//! Not a number stands for whatever else a cell may hold, and for errors.
//! An operation makes it of such an operand, so that it comes out at the end.

use crate::engine::interpret::operators::is_arithmetic;
use crate::engine::vector::plan::{ColumnRef, Part};
use crate::engine::vector::rows::{Fold, RowArg, beside};
use crate::formula::BinaryOp;
use crate::functions::{Numbers, Operand, ValueRule};
use crate::value::{ErrorKind, Value, arith, compare_numbers, without_subnormals};

/// What instructions read and write: one number, or one in each row.
#[derive(Clone, Copy)]
pub enum Slot {
    Constant(f64),
    /// A result that other instructions of the formula read.
    Between,
    /// A cell of the formula's row or of one beside it.
    Cell(ColumnRef),
    /// The formula's own cell.
    Own,
}

/// Applies an operation to two slots and puts the result in a third, given
/// by their numbers.
pub struct Instruction {
    pub op: Op,
    pub a: usize,
    pub b: usize,
    /// Of a jump the number of the instruction that it leads to.
    pub out: usize,
}

/// An operation on two numbers; those that need one only ignore the second.
#[derive(Clone, Copy)]
pub enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    /// As a formula's last operation, where digits that cancel become zero.
    AddLast,
    SubtractLast,
    /// Without a look at the result.
    Plus,
    Minus,
    Least,
    Most,
    Copy,
    // What follows is no operation on numbers.
    /// Goes on elsewhere.
    Jump,
    /// Goes on elsewhere where the comparison does not hold.
    Unless(BinaryOp),
    UnlessNotZero,
    /// Begins a call with what a function's arguments are if not given.
    Defaults(u32),
    Argument(u32),
    Call(u32),
}

/// A function's rule for numbers.
pub struct Rule {
    pub defaults: Numbers,
    pub rule: fn(&Numbers) -> Result<f64, ErrorKind>,
}

/// The slots and rules of formulas that are computed together.
#[derive(Default)]
pub struct Compiler {
    pub slots: Vec<Slot>,
    pub rules: Vec<Rule>,
    code: Vec<Instruction>,
}

impl Compiler {
    /// A formula's instructions and the slot of its own cell, which the last of them
    /// writes; `None` where it does more than compute with numbers.
    pub fn formula(&mut self, part: &Part<'_>) -> Option<(Vec<Instruction>, usize)> {
        let own = self.slot(Slot::Own);
        self.value(part, Some(own))?;
        Some((std::mem::take(&mut self.code), own))
    }

    fn slot(&mut self, slot: Slot) -> usize {
        self.slots.push(slot);
        self.slots.len() - 1
    }

    fn constant(&mut self, x: f64) -> usize {
        let same = |slot: &Slot| matches!(slot, Slot::Constant(y) if x.to_bits() == y.to_bits());
        let known = self.slots.iter().position(same);
        known.unwrap_or_else(|| self.slot(Slot::Constant(x)))
    }

    fn cell(&mut self, column: ColumnRef) -> usize {
        let same = |slot: &Slot| matches!(slot, Slot::Cell(other) if *other == column);
        let known = self.slots.iter().position(same);
        known.unwrap_or_else(|| self.slot(Slot::Cell(column)))
    }

    /// Adds an instruction; returns the slot of its result, a new one where
    /// none is wanted.
    fn push(&mut self, op: Op, a: usize, b: usize, into: Option<usize>) -> usize {
        let out = into.unwrap_or_else(|| self.slot(Slot::Between));
        self.code.push(Instruction { op, a, b, out });
        out
    }

    /// Adds a jump, for [`Compiler::land`] to say where to.
    fn jump(&mut self, op: Op, a: usize, b: usize) -> usize {
        self.push(op, a, b, Some(0));
        self.code.len() - 1
    }

    /// Has a jump lead to what is added next.
    fn land(&mut self, jump: usize) {
        self.code[jump].out = self.code.len();
    }

    /// A slot's number, where it is wanted.
    fn found(&mut self, slot: usize, into: Option<usize>) -> usize {
        match into {
            Some(_) => self.push(Op::Copy, slot, slot, into),
            None => slot,
        }
    }

    /// The slot of a part's number.
    fn value(&mut self, part: &Part<'_>, into: Option<usize>) -> Option<usize> {
        Some(match part {
            // A text may spell a date, which the workbook's date system decides.
            Part::Same(Operand::Value(Value::Array(_) | Value::Text(_))) => return None,
            Part::Same(Operand::Value(value)) => {
                let constant = self.constant(value.to_number().ok()?);
                self.found(constant, into)
            }
            Part::Column(column) => {
                let cell = self.cell(*column);
                self.found(cell, into)
            }
            Part::Negate(inner) => {
                let zero = self.constant(0.0);
                let x = self.value(inner, None)?;
                self.push(Op::Minus, zero, x, into)
            }
            Part::Percent(inner) => {
                let x = self.value(inner, None)?;
                let hundred = self.constant(100.0);
                self.push(Op::Divide, x, hundred, into)
            }
            Part::Chain { first, rest, snap } => {
                let (last, between) = rest.split_last()?;
                let mut left = self.value(first, None)?;
                for (op, part) in between {
                    left = self.arithmetic(*op, left, part, false, None)?;
                }
                self.arithmetic(last.0, left, &last.1, *snap, into)?
            }
            Part::If {
                condition,
                branches: [yes, no],
                ..
            } => {
                let out = into.unwrap_or_else(|| self.slot(Slot::Between));
                let unless = self.test(condition)?;
                self.branch(yes, Some(out))?;
                let end = self.jump(Op::Jump, out, out);
                self.land(unless);
                self.branch(no, Some(out))?;
                self.land(end);
                out
            }
            Part::Call { function, args, .. } if let Some(fold) = Fold::of(function) => {
                let terms = args.iter().map(|arg| self.branch(arg, None));
                let terms = terms.collect::<Option<Vec<usize>>>()?;
                self.fold(fold, &terms, into)?
            }
            Part::Call { function, args, .. } => {
                let ValueRule::Numbers { read, rule } = function.value else {
                    return None;
                };
                let given = vec![Value::Number(1.0); args.len()];
                let defaults = read(&given).ok()?;
                let place = self.rules.len() as u32;
                self.rules.push(Rule { defaults, rule });
                let args = args.iter().map(|arg| self.value(arg, None));
                let args = args.collect::<Option<Vec<usize>>>()?;
                let out = into.unwrap_or_else(|| self.slot(Slot::Between));
                self.push(Op::Defaults(place), out, out, Some(out));
                for (index, arg) in (0..).zip(args) {
                    self.push(Op::Argument(index), arg, arg, Some(out));
                }
                self.push(Op::Call(place), out, out, Some(out))
            }
            Part::Rows {
                fold,
                args,
                operands,
                ..
            } => {
                let terms = self.terms(args, operands)?;
                self.fold(*fold, &terms, into)?
            }
            Part::Read(inner) => return self.value(inner, into),
            _ => return None,
        })
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: usize,
        right: &Part<'_>,
        last: bool,
        into: Option<usize>,
    ) -> Option<usize> {
        if !is_arithmetic(op) {
            return None;
        }
        let right = self.value(right, None)?;
        let op = match (op, last) {
            (BinaryOp::Add, true) => Op::AddLast,
            (BinaryOp::Add, false) => Op::Add,
            (BinaryOp::Subtract, true) => Op::SubtractLast,
            (BinaryOp::Subtract, false) => Op::Subtract,
            (BinaryOp::Multiply, _) => Op::Multiply,
            (BinaryOp::Divide, _) => Op::Divide,
            _ => Op::Power,
        };
        Some(self.push(op, left, right, into))
    }

    /// A branch of IF, or an argument of a fold, is not read as a number.
    fn branch(&mut self, part: &Part<'_>, into: Option<usize>) -> Option<usize> {
        match part {
            Part::Same(Operand::Value(Value::Number(_))) => self.value(part, into),
            Part::Same(_) => None,
            part => self.value(part, into),
        }
    }

    /// A condition; returns the jump to where it goes on if it does not hold.
    fn test(&mut self, part: &Part<'_>) -> Option<usize> {
        if let Part::Chain { first, rest, .. } = part
            && let [(op, right)] = rest.as_slice()
            && is_comparison(*op)
        {
            // Only numbers compare as numbers.
            let left = self.branch(first, None)?;
            let right = self.branch(right, None)?;
            return Some(self.jump(Op::Unless(*op), left, right));
        }
        let x = self.value(part, None)?;
        Some(self.jump(Op::UnlessNotZero, x, x))
    }

    /// The slots of the numbers that a fold goes over.
    fn terms(&mut self, args: &[RowArg], operands: &[Part<'_>]) -> Option<Vec<usize>> {
        let mut terms = Vec::new();
        for arg in args {
            match arg {
                RowArg::Row(first, width) => {
                    terms.extend((0..*width).map(|by| self.cell(beside(*first, by))));
                }
                RowArg::Value(index) => terms.push(self.branch(operands.get(*index)?, None)?),
                RowArg::Fixed(_) => return None,
            }
        }
        Some(terms)
    }

    fn fold(&mut self, fold: Fold, terms: &[usize], into: Option<usize>) -> Option<usize> {
        let (op, end) = match fold {
            Fold::Sum => (Op::Plus, Op::Add),
            Fold::Average => (Op::Plus, Op::Plus),
            Fold::Min => (Op::Least, Op::Least),
            Fold::Max => (Op::Most, Op::Most),
            Fold::SumProduct => return None,
        };
        let (last, between) = terms.split_last()?;
        let mut folded = match fold {
            Fold::Min | Fold::Max => terms[0],
            _ => self.constant(0.0),
        };
        for term in between {
            folded = self.push(op, folded, *term, None);
        }
        if fold != Fold::Average {
            return Some(self.push(end, folded, *last, into));
        }
        let sum = self.push(end, folded, *last, None);
        let count = self.constant(terms.len() as f64);
        Some(self.push(Op::Divide, sum, count, into))
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
    )
}

/// A result as [`Value::number`] has it; not a number where it is not finite.
#[inline(always)]
pub fn result(x: f64) -> f64 {
    match x.is_finite() {
        true => without_subnormals(x),
        false => f64::NAN,
    }
}

/// What an operation makes of two numbers; none of those that jump or call.
#[inline(always)]
pub fn number(op: Op, x: f64, y: f64) -> f64 {
    match op {
        Op::Add => result(x + y),
        Op::Subtract => result(x - y),
        Op::Multiply => result(x * y),
        Op::Divide => result(x / y),
        Op::Power => power(x, y),
        Op::AddLast => last(x + y, x, y),
        Op::SubtractLast => last(x - y, x, y),
        Op::Plus => x + y,
        Op::Minus => x - y,
        Op::Least => extreme(x, y, f64::min),
        Op::Most => extreme(x, y, f64::max),
        _ => x,
    }
}

/// A sum or difference at a formula's end, as the interpreter computes it.
#[inline(always)]
fn last(x: f64, a: f64, b: f64) -> f64 {
    // Where operands may cancel the operator itself decides.
    if x != 0.0 && x.abs() <= 1e-14 * a.abs().max(b.abs()) {
        return cancelled(x, a, b);
    }
    result(x)
}

#[cold]
fn cancelled(x: f64, a: f64, b: f64) -> f64 {
    match arith::snap_to_zero(Value::number(x), &Value::Number(a), &Value::Number(b)) {
        Value::Number(x) => x,
        _ => f64::NAN,
    }
}

fn power(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    arith::power(a, b).map_or(f64::NAN, result)
}

/// The lesser or the greater of two, as `choose` has it.
#[inline(always)]
fn extreme(a: f64, b: f64, choose: fn(f64, f64) -> f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    result(choose(a, b))
}

pub fn holds(op: BinaryOp, a: f64, b: f64) -> bool {
    let order = compare_numbers(a, b);
    match op {
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}
