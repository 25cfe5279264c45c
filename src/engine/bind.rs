//! Binding: a formula's tree with every name resolved against a workbook.
//!
//! Binding answers once, for all cells of a run, what the formula's sheets,
//! names, tables, functions and LET parameters mean. References stay relative
//! to the cell, so that one [`BoundFormula`] serves a whole run; it holds
//! until names, tables or sheets change.

mod binder;
mod facts;
mod reference;

pub use binder::{Binder, NameCache};
pub use reference::{BoundRef, ExternalRef, Sheets};

use crate::formula::BinaryOp;
use crate::functions::Function;
use crate::value::Value;
use std::sync::{Arc, OnceLock, Weak};

/// A formula, resolved.
#[derive(Clone, Debug)]
pub enum Bound {
    /// A constant: also an array constant, and the error of something that
    /// could not be resolved.
    Value(Value),
    /// An argument left out.
    Omitted,
    Cells(BoundRef),
    /// Cells of another workbook: the values that it had when last seen.
    External(ExternalRef),
    /// A parameter of LET or LAMBDA, by its depth: the outermost is slot 0.
    Slot(usize),
    /// The values take the slots that follow those in use; a value sees the
    /// slots before its own.
    Let {
        values: Box<[Bound]>,
        body: Box<Bound>,
    },
    Lambda(Arc<BoundLambda>),
    /// A defined name's formula.
    Name(Arc<BoundName>),
    /// A defined name inside its own formula: a recursive LAMBDA.
    Recursion(Weak<BoundName>),
    /// A worksheet function as a value: `BYROW(A1:C3, SUM)`.
    Function(&'static Function),
    /// The number of arguments has been checked.
    Call {
        function: &'static Function,
        args: Box<[Bound]>,
    },
    /// A LAMBDA is called.
    Apply {
        callee: Box<Bound>,
        args: Box<[Bound]>,
    },
    Plus(Box<Bound>),
    Negate(Box<Bound>),
    Percent(Box<Bound>),
    /// Operators on values, from left to right: `first op term op term …`. A
    /// left-deep tree of any length is one chain, so long sums need no stack.
    Chain {
        first: Box<Bound>,
        rest: Box<[(BinaryOp, Bound)]>,
    },
    /// `:` between references that are computed.
    Range(Box<Bound>, Box<Bound>),
    /// A space.
    Intersection(Box<Bound>, Box<Bound>),
    /// A comma.
    Union(Box<[Bound]>),
    /// `@`
    Single(Box<Bound>),
    /// `#`: the cells that the formula in a cell spilled over.
    Spill(Box<Bound>),
}

impl Bound {
    /// Shows `see` this part and every part of it, names and lambdas included.
    pub fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Bound)) {
        self.walk(true, see);
    }

    /// Sees the same parts without those of names, whose slots are their own.
    pub fn visit_here<'a>(&'a self, see: &mut dyn FnMut(&'a Bound)) {
        self.walk(false, see);
    }

    /// Whether it calls something whose value may change from one
    /// recalculation to the next with nothing else changed. OFFSET and INDIRECT
    /// are volatile in Excel only because their precedents are not known beforehand.
    pub fn changes_by_itself(&self) -> bool {
        let mut found = false;
        self.visit(&mut |part| {
            if let Bound::Call { function, .. } = part {
                let settled = matches!(function.name, "OFFSET" | "INDIRECT" | "CELL" | "INFO");
                found |= function.volatile && !settled;
            }
        });
        found
    }

    fn walk<'a>(&'a self, into_names: bool, see: &mut dyn FnMut(&'a Bound)) {
        let mut open = vec![self];
        while let Some(part) = open.pop() {
            see(part);
            match part {
                Bound::Let { values, body } => {
                    open.push(body);
                    open.extend(values);
                }
                Bound::Lambda(lambda) => open.push(&lambda.body),
                Bound::Name(name) if into_names => open.extend(name.body()),
                Bound::Call { args, .. } => open.extend(args),
                Bound::Apply { callee, args } => {
                    open.push(callee);
                    open.extend(args);
                }
                Bound::Plus(inner)
                | Bound::Negate(inner)
                | Bound::Percent(inner)
                | Bound::Single(inner)
                | Bound::Spill(inner) => open.push(inner),
                Bound::Chain { first, rest } => {
                    open.push(first);
                    open.extend(rest.iter().map(|(_, term)| term));
                }
                Bound::Range(a, b) | Bound::Intersection(a, b) => open.extend([&**a, &**b]),
                Bound::Union(parts) => open.extend(parts),
                Bound::Value(_)
                | Bound::Omitted
                | Bound::Cells(_)
                | Bound::External(_)
                | Bound::Slot(_)
                | Bound::Name(_)
                | Bound::Recursion(_)
                | Bound::Function(_) => {}
            }
        }
    }
}

/// A LAMBDA.
#[derive(Debug)]
pub struct BoundLambda {
    /// The slots in use outside, which its closures capture; the parameters
    /// take the slots that follow.
    pub depth: usize,
    pub params: Box<[Arc<str>]>,
    /// How many of the last parameters may be left out.
    pub optional: usize,
    pub body: Bound,
}

/// A defined name, as formulas on one sheet see it.
#[derive(Debug)]
pub struct BoundName {
    pub name: Arc<str>,
    pub(crate) body: OnceLock<Bound>,
}

impl BoundName {
    /// What the name stands for; `None` only while it is being bound.
    pub fn body(&self) -> Option<&Bound> {
        self.body.get()
    }
}

/// A bound formula and what the engine must know of it.
#[derive(Debug)]
pub struct BoundFormula {
    pub root: Bound,
    /// All cells it names, names and lambdas included, each once.
    pub precedents: Vec<BoundRef>,
    /// A function in it may give another value each time.
    pub volatile: bool,
    /// It reads cells that only evaluation finds (OFFSET, INDIRECT, `A1:INDEX(…)`).
    pub dynamic: bool,
    /// Some part of it is a rectangle where a single value is wanted, or its
    /// result may be one: it means something else as an ordinary formula than
    /// as a dynamic array formula.
    pub array: bool,
    /// Its value follows from where it or what it refers to stands (ROW,
    /// COLUMN, CELL, `@`), so that it may change when they are moved.
    pub placed: bool,
    /// Its last operation is a sum or difference outside of parentheses (see
    /// [`crate::value::arith::snap_to_zero`]).
    pub ends_in_sum: bool,
    /// It uses a defined name or a table.
    pub names: bool,
    /// What it calls by a name that may be a defined one, without differences of case.
    pub named: Vec<Arc<str>>,
    /// It leaves its table out (`[@Age]`), so it must be bound for each table.
    pub tableless: bool,
    pub problems: Vec<Problem>,
}

/// Something in a formula that has no meaning in its workbook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("there is no function {0}")]
    UnknownFunction(Arc<str>),
    #[error("there is no name \"{0}\"")]
    UnknownName(Arc<str>),
    #[error("there is no sheet \"{0}\"")]
    UnknownSheet(Arc<str>),
    #[error("there is no table \"{0}\"")]
    UnknownTable(Arc<str>),
    #[error("table \"{table}\" has no column \"{column}\"")]
    UnknownColumn { table: Arc<str>, column: Arc<str> },
    #[error("[@…] without a table's name only works inside a table")]
    OutsideTable,
    #[error("{function} takes {}, not {given}", takes(*.min, *.max, *.given))]
    ArgumentCount {
        function: &'static str,
        given: usize,
        min: usize,
        max: usize,
    },
    #[error("LET needs names, each with a value, and a last argument")]
    BadLet,
    #[error("LAMBDA needs parameter names and a last argument")]
    BadLambda,
    #[error("the name \"{name}\" cannot be read: {reason}")]
    UnreadableName { name: Arc<str>, reason: String },
    /// The names that mean each other, the first again at the end.
    #[error("a name means itself: {0}")]
    CircularName(String),
    #[error("[{0}] is another workbook, whose values are not here")]
    External(Arc<str>),
    #[error("it is nested too deeply")]
    TooDeep,
}

fn takes(min: usize, max: usize, given: usize) -> String {
    let arguments = |n: usize| format!("{n} argument{}", if n == 1 { "" } else { "s" });
    match (min, max) {
        (min, max) if min == max => arguments(min),
        (_, max) if given > max => format!("at most {}", arguments(max)),
        (min, 255) => format!("at least {}", arguments(min)),
        (min, max) => format!("{min} to {}", arguments(max)),
    }
}
