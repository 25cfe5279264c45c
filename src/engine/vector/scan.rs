//! Formulas that read the row before: one number at a time, without the
//! interpreter's values.
//!
//! A step gives a number, or nothing where a cell holds anything else or the
//! result would be an error: then the interpreter evaluates the cell.

use super::plan::{ColumnRef, Part, Planner};
use super::rows::{Fold, RowArg};
use crate::engine::bind::BoundFormula;
use crate::engine::interpret::World;
use crate::engine::interpret::operators::is_arithmetic;
use crate::formula::BinaryOp;
use crate::functions::{Numbers, Operand, ValueRule};
use crate::grid::{Area, Cell, Pos, SheetId};
use crate::value::{Value, arith, compare_numbers, without_subnormals};
use crate::workbook::Workbook;

/// The formula of a column that is computed row by row.
pub struct Step(Term);

/// The columns that are computed, and the numbers found so far: NaN where a
/// row is still to come or holds no number.
pub struct Computed {
    pub areas: Vec<Area>,
    pub numbers: Vec<Vec<f64>>,
}

enum Term {
    Number(f64),
    Cell(ColumnRef, Option<usize>),
    Negate(Box<Term>),
    Percent(Box<Term>),
    Chain {
        first: Box<Term>,
        rest: Vec<(BinaryOp, Term)>,
        snap: bool,
    },
    If(Box<Test>, Box<Term>, Box<Term>),
    Call {
        rule: fn(&Numbers) -> Result<f64, crate::value::ErrorKind>,
        defaults: Numbers,
        args: Vec<Term>,
    },
    Fold(Fold, Vec<Term>),
}

/// A condition.
enum Test {
    Compare(BinaryOp, Term, Term),
    NotZero(Term),
}

impl Step {
    /// A formula's step; `None` where it does more than compute with numbers.
    pub fn new(
        world: World<'_>,
        formula: &BoundFormula,
        area: Area,
        computed: &[Area],
    ) -> Option<Self> {
        if formula.volatile || formula.dynamic {
            return None;
        }
        let at = Cell {
            sheet: area.sheet,
            pos: area.rect.top_left(),
        };
        let mut planner = Planner::new(world, false, at, area.rect.bottom).computing(computed);
        term(&planner.formula(formula), computed).map(Self)
    }

    /// The number of the formula in a row.
    pub fn number(&self, row: u32, computed: &Computed, book: &Workbook) -> Option<f64> {
        self.0.number(&Row {
            row,
            computed,
            book,
        })
    }
}

fn term(part: &Part<'_>, computed: &[Area]) -> Option<Term> {
    let boxed = |part: &Part<'_>| Some(Box::new(term(part, computed)?));
    let all = |parts: &[Part<'_>]| {
        parts
            .iter()
            .map(|part| term(part, computed))
            .collect::<Option<Vec<Term>>>()
    };
    Some(match part {
        // A text may spell a date, which the workbook's date system decides.
        Part::Same(Operand::Value(Value::Array(_) | Value::Text(_))) => return None,
        Part::Same(Operand::Value(value)) => Term::Number(value.to_number().ok()?),
        Part::Column(column) => cell(*column, computed),
        Part::Negate(inner) => Term::Negate(boxed(inner)?),
        Part::Percent(inner) => Term::Percent(boxed(inner)?),
        Part::Chain { first, rest, snap } => {
            let terms = rest.iter().map(|(op, part)| {
                is_arithmetic(*op).then_some(())?;
                Some((*op, term(part, computed)?))
            });
            Term::Chain {
                rest: terms.collect::<Option<_>>()?,
                first: boxed(first)?,
                snap: *snap,
            }
        }
        Part::If {
            condition,
            branches: [yes, no],
            ..
        } => Term::If(
            Box::new(test(condition, computed)?),
            Box::new(branch(yes, computed)?),
            Box::new(branch(no, computed)?),
        ),
        Part::Call { function, args, .. } => {
            let ValueRule::Numbers { read, rule } = function.value else {
                return None;
            };
            let given = vec![Value::Number(1.0); args.len()];
            Term::Call {
                rule,
                defaults: read(&given).ok()?,
                args: all(args)?,
            }
        }
        Part::Rows { fold, args, .. } if *fold != Fold::SumProduct => {
            let mut terms = Vec::new();
            for arg in args {
                match arg {
                    RowArg::Row(first, width) => {
                        let columns = (0..*width).map(|by| super::rows::beside(*first, by));
                        terms.extend(columns.map(|column| cell(column, computed)));
                    }
                    RowArg::Value(part) => terms.push(term(part, computed)?),
                    RowArg::Fixed(_) => return None,
                }
            }
            Term::Fold(*fold, terms)
        }
        Part::Read(inner) => return term(inner, computed),
        _ => return None,
    })
}

/// A branch of IF is not read as a number.
fn branch(part: &Part<'_>, computed: &[Area]) -> Option<Term> {
    match part {
        Part::Same(Operand::Value(Value::Number(x))) => Some(Term::Number(*x)),
        Part::Same(_) => None,
        part => term(part, computed),
    }
}

fn test(part: &Part<'_>, computed: &[Area]) -> Option<Test> {
    let Part::Chain { first, rest, .. } = part else {
        return Some(Test::NotZero(term(part, computed)?));
    };
    match rest.as_slice() {
        [(op, right)] if is_comparison(*op) => {
            // Only numbers compare as numbers.
            let side = |part: &Part<'_>| branch(part, computed);
            Some(Test::Compare(*op, side(first)?, side(right)?))
        }
        _ => Some(Test::NotZero(term(part, computed)?)),
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

fn cell(column: ColumnRef, computed: &[Area]) -> Term {
    let own = computed
        .iter()
        .position(|area| area.sheet == column.sheet && area.rect.left == column.col);
    Term::Cell(column, own)
}

/// The row that a step is evaluated in.
struct Row<'r> {
    row: u32,
    computed: &'r Computed,
    book: &'r Workbook,
}

impl Row<'_> {
    #[inline]
    fn cell(&self, column: ColumnRef, own: Option<usize>) -> Option<f64> {
        let row = (i64::from(self.row) + column.down) as u32;
        if let Some(own) = own {
            let rect = &self.computed.areas[own].rect;
            if rect.top <= row && row <= rect.bottom {
                let number = self.computed.numbers[own][(row - rect.top) as usize];
                return (!number.is_nan()).then_some(number);
            }
        }
        self.outside(column.sheet, Pos::new(row, column.col))
    }

    #[inline(never)]
    fn outside(&self, sheet: SheetId, pos: Pos) -> Option<f64> {
        // Another part of the same column may be computed, too.
        let areas = self.computed.areas.iter().zip(&self.computed.numbers);
        for (area, numbers) in areas {
            if area.sheet == sheet && area.rect.contains(pos) {
                let number = numbers[(pos.row - area.rect.top) as usize];
                return (!number.is_nan()).then_some(number);
            }
        }
        self.book.sheet(sheet).cells.number(pos)
    }
}

/// A result as [`Value::number`] has it; `None` where it is not finite.
fn result(x: f64) -> Option<f64> {
    x.is_finite().then(|| without_subnormals(x))
}

impl Term {
    /// Without a call for what a formula mostly consists of.
    #[inline]
    fn number(&self, row: &Row<'_>) -> Option<f64> {
        match self {
            Term::Number(x) => Some(*x),
            Term::Cell(column, own) => row.cell(*column, *own),
            compound => compound.compute(row),
        }
    }

    fn compute(&self, row: &Row<'_>) -> Option<f64> {
        match self {
            Term::Number(_) | Term::Cell(..) => self.number(row),
            Term::Negate(inner) => Some(0.0 - inner.number(row)?),
            Term::Percent(inner) => result(inner.number(row)? / 100.0),
            Term::Chain { first, rest, snap } => {
                let mut left = first.number(row)?;
                for (i, (op, term)) in rest.iter().enumerate() {
                    let right = term.number(row)?;
                    left = arithmetic(*op, left, right, *snap && i + 1 == rest.len())?;
                }
                Some(left)
            }
            Term::If(test, yes, no) => match test.holds(row)? {
                true => yes.number(row),
                false => no.number(row),
            },
            Term::Call {
                rule,
                defaults,
                args,
            } => {
                let mut numbers = *defaults;
                for (number, arg) in numbers.iter_mut().zip(args) {
                    *number = arg.number(row)?;
                }
                result(rule(&numbers).ok()?)
            }
            Term::Fold(fold, terms) => {
                let mut folded = None;
                for term in terms {
                    let x = term.number(row)?;
                    folded = Some(match (fold, folded) {
                        (Fold::Min, Some(least)) => f64::min(least, x),
                        (Fold::Max, Some(most)) => f64::max(most, x),
                        (Fold::Min | Fold::Max, None) => x,
                        (_, sum) => sum.unwrap_or(0.0) + x,
                    });
                }
                match fold {
                    Fold::Average => result(folded? / terms.len() as f64),
                    _ => result(folded?),
                }
            }
        }
    }
}

/// An operator as the interpreter computes it; `None` for its errors.
#[inline]
fn arithmetic(op: BinaryOp, a: f64, b: f64, snap: bool) -> Option<f64> {
    let (x, cancelling) = match op {
        BinaryOp::Add => (a + b, snap),
        BinaryOp::Subtract => (a - b, snap),
        BinaryOp::Multiply => (a * b, false),
        BinaryOp::Divide => (a / b, false),
        _ => (arith::power(a, b).ok()?, false),
    };
    // Where operands may cancel the operator itself decides.
    if cancelling && x != 0.0 && x.abs() <= 1e-14 * a.abs().max(b.abs()) {
        let (a, b) = (Value::Number(a), Value::Number(b));
        return match arith::snap_to_zero(Value::number(x), &a, &b) {
            Value::Number(x) => Some(x),
            _ => None,
        };
    }
    result(x)
}

impl Test {
    fn holds(&self, row: &Row<'_>) -> Option<bool> {
        Some(match self {
            Test::NotZero(term) => term.number(row)? != 0.0,
            Test::Compare(op, a, b) => {
                let order = compare_numbers(a.number(row)?, b.number(row)?);
                match op {
                    BinaryOp::Equal => order.is_eq(),
                    BinaryOp::NotEqual => order.is_ne(),
                    BinaryOp::Less => order.is_lt(),
                    BinaryOp::LessEqual => order.is_le(),
                    BinaryOp::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
        })
    }
}
