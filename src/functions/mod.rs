//! The worksheet functions: one registry entry each, one file a category.
//!
//! An entry carries everything the program knows of a function: its names, its
//! parameters and help, how its value is computed, how it is lowered to a
//! differentiable program, and how smooth it is. The interpreter, the help, the
//! completion, the documentation and the gradient checks all read it from here.

mod aggregate;
mod algebra;
mod arguments;
mod array;
mod cash_flow;
#[cfg(test)]
mod checks;
mod combinatorics;
mod conditional;
mod context;
mod criteria;
mod database;
mod date;
mod day_count;
mod depreciation;
mod descriptive;
mod distributions;
mod engineering;
mod financial;
mod glossary;
mod gradient;
mod hypothesis;
mod information;
mod lambda;
mod least_squares;
mod logical;
mod lookup;
mod lower;
mod matrix;
#[cfg(test)]
mod mock;
mod number_text;
mod numbers;
mod numerals;
mod operand;
mod order;
mod postings;
mod random;
mod reference;
mod regex;
mod regression;
mod round;
mod sample;
mod search;
mod securities;
mod shaping;
mod special;
mod subtotal;
mod sumproduct;
mod term;
mod text;
mod trig;
mod web;
mod wildcard;

pub use context::Context;
pub use lower::{LowerError, Lowered, Lowering};
pub use operand::{Callable, Lambda, Operand};
pub use postings::Postings;
pub use wildcard::Wildcard;

use crate::value::{ErrorKind, Value};

/// A worksheet function.
#[derive(Debug)]
pub struct Function {
    /// As it is typed, in capitals.
    pub name: &'static str,
    /// What files write before the name.
    pub prefix: Prefix,
    pub category: Category,
    pub params: &'static [Param],
    /// One sentence: what it returns.
    pub help: &'static str,
    pub value: ValueRule,
    pub smoothness: Smoothness,
    /// The derivative rule: how a call becomes operations of a differentiable
    /// program. `None` where the function is lowered by its position alone
    /// (see [`ValueRule::Reference`]) or not at all.
    pub lower: Option<LowerRule>,
    /// For SUMIF and its kind, whose `lower` rule takes one argument only: the
    /// numbers selected (see [`SelectRule`]).
    pub select: Option<SelectRule>,
    /// For SUBTOTAL and AGGREGATE: the function that its number stands for,
    /// whose rule takes what `select` leaves; `lower` is then its.
    pub by_number: Option<fn(f64) -> Option<&'static Function>>,
    /// Calls that work, for the help and for the gradient checks: every
    /// function with a derivative rule has at least one, inside its domain.
    pub examples: &'static [Example],
    /// How far, relative to its size, the value may lie from the one that the
    /// derivative rule stands for: Excel's iteration stops short of a root.
    pub inexact: f64,
    /// May give another value at every recalculation.
    pub volatile: bool,
    /// May return several values from arguments of one each, or from those
    /// that it takes whole: typed into a cell, it is a dynamic array formula.
    pub returns_array: bool,
}

/// A call that works, and the cells it reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example {
    /// Without `=`: `LOG(A1,B1)`.
    pub formula: &'static str,
    pub cells: &'static [(&'static str, f64)],
}

/// Which numbers SUMIF, SUMIFS, AVERAGEIF, AVERAGEIFS, MAXIFS or MINIFS take,
/// from the arguments of a call as a value rule gets them.
///
/// A call whose criteria and criteria ranges do not depend on the parameters
/// is lowered as its `lower` rule applied to one argument: the cells of
/// [`Selection::values`], with `present` 1 where a cell is selected and holds
/// a number, and 0 elsewhere. The lowering calls this rule once a lane.
pub type SelectRule = fn(&[Operand], &mut dyn Context) -> Result<Selection, ErrorKind>;

/// What a [`SelectRule`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The range whose numbers count, resized as the function resizes it and
    /// clipped to the rows and columns that can hold anything; `None` where
    /// nothing is left of it.
    pub values: Option<crate::grid::Area>,
    /// For each cell of `values`, row by row: whether all criteria hold.
    pub selected: Vec<bool>,
}

/// Fills the fields that most entries share: `Function { name: …, ..Function::BASE }`.
impl Function {
    pub const BASE: Function = Function {
        name: "",
        prefix: Prefix::None,
        category: Category::Math,
        params: &[],
        help: "",
        value: ValueRule::Special,
        smoothness: Smoothness::NotDifferentiable("it has no derivative rule"),
        lower: None,
        select: None,
        by_number: None,
        examples: &[],
        inexact: 0.0,
        volatile: false,
        returns_array: false,
    };

    /// An entry without a derivative rule; the methods below add the rest.
    pub const fn new(
        category: Category,
        name: &'static str,
        params: &'static [Param],
        help: &'static str,
        value: ValueRule,
    ) -> Self {
        Self {
            name,
            category,
            params,
            help,
            value,
            ..Self::BASE
        }
    }

    /// Files write `_xlfn.` before its name.
    pub const fn xlfn(mut self) -> Self {
        self.prefix = Prefix::Xlfn;
        self
    }

    /// Differentiable by `lower`.
    pub const fn smooth(mut self, lower: LowerRule) -> Self {
        self.smoothness = Smoothness::Smooth;
        self.lower = Some(lower);
        self
    }

    /// Differentiable by `lower`, but for kinks.
    pub const fn kinked(mut self, lower: LowerRule) -> Self {
        self.smoothness = Smoothness::Kinked;
        self.lower = Some(lower);
        self
    }

    /// Of derivative zero; `lower` gives its value.
    pub const fn piecewise_constant(mut self, lower: LowerRule) -> Self {
        self.smoothness = Smoothness::PiecewiseConstant;
        self.lower = Some(lower);
        self
    }

    /// Without a derivative, for a reason that follows "cannot be differentiated: ".
    pub const fn not_differentiable(mut self, reason: &'static str) -> Self {
        self.smoothness = Smoothness::NotDifferentiable(reason);
        self
    }

    pub const fn selecting(mut self, select: SelectRule) -> Self {
        self.select = Some(select);
        self
    }

    pub const fn examples(mut self, examples: &'static [Example]) -> Self {
        self.examples = examples;
        self
    }

    pub const fn inexact(mut self, relative: f64) -> Self {
        self.inexact = relative;
        self
    }

    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// With several values as its result.
    pub const fn returning_array(mut self) -> Self {
        self.returns_array = true;
        self
    }

    /// The fewest arguments it takes.
    pub fn min_args(&self) -> usize {
        self.params
            .iter()
            .filter(|p| p.presence == Presence::Required)
            .count()
    }

    /// The most arguments it takes; Excel's limit of 255 where some repeat.
    pub fn max_args(&self) -> usize {
        if self
            .params
            .iter()
            .any(|p| p.presence == Presence::Repeating)
        {
            255
        } else {
            self.params.len()
        }
    }

    /// The parameter that argument `index` belongs to. Trailing repeating
    /// parameters repeat together, in their order (SUMIFS' range and criterion).
    pub fn param(&self, index: usize) -> Option<&'static Param> {
        if let Some(param) = self.params.get(index) {
            return Some(param);
        }
        let repeating = self
            .params
            .iter()
            .filter(|p| p.presence == Presence::Repeating)
            .count();
        if repeating == 0 {
            return None;
        }
        let first = self.params.len() - repeating;
        self.params.get(first + (index - first) % repeating)
    }
}

/// What a workbook file writes before a function's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    None,
    /// `_xlfn.`
    Xlfn,
    /// `_xlfn._xlws.`
    Xlws,
    /// `_xludf.`: this program's own functions.
    Xludf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    Math,
    Statistical,
    Matrix,
    Logical,
    Lookup,
    Array,
    Text,
    Date,
    Engineering,
    Information,
    Financial,
    Gradient,
}

/// A parameter: its name in the help, and what the evaluator does with an
/// argument before the function sees it.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: ParamKind,
    pub presence: Presence,
    /// What it means here; `""` where the glossary's words for its name do.
    help: &'static str,
}

impl Param {
    /// With words of its own for what it means.
    const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// What it means, in a few words.
    pub fn meaning(&self) -> &'static str {
        match self.help {
            "" => glossary::meaning(self.name),
            own => own,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// One value. A range here is intersected with the formula's row or
    /// column in an ordinary formula; in an array formula, and inside an
    /// `Array` argument, the function is mapped over the range instead.
    Scalar,
    /// A reference is passed as it is, other values too; an expression is
    /// evaluated as in the formula around it (`SUM`, `MATCH`, `LARGE`): the
    /// parameters that Excel's files call references.
    Range,
    /// Like `Range`, but the expression is evaluated as in an array formula
    /// even in an ordinary one (`SUMPRODUCT`, `MMULT`, `LOOKUP`, `INDEX`): the
    /// parameters whose class in Excel's files is the array.
    Array,
    /// A LAMBDA, or the name of a function.
    Lambda,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
    /// Any number of times, none included; always last.
    Repeating,
}

/// How a function's value is computed.
#[derive(Clone, Copy, Debug)]
pub enum ValueRule {
    /// From scalar values: errors have been handed on already, and the
    /// evaluator maps the call over array arguments. A left-out optional
    /// argument is not in the slice; an empty one (`F(1,,2)`) is `Value::Blank`.
    Scalar(fn(&[Value], &mut dyn Context) -> Value),
    /// As `Scalar`, for functions of numbers alone: `read` turns the values
    /// into numbers, what was left out into its default, and `rule` computes.
    /// Columns of numbers are given to `rule` as they are.
    Numbers {
        read: fn(&[Value]) -> Result<Numbers, ErrorKind>,
        rule: fn(&Numbers) -> Result<f64, ErrorKind>,
    },
    /// From the arguments as they are: references, arrays, errors and lambdas
    /// included; left-out ones between others are `Operand::Omitted`. `Scalar`
    /// parameters are single values here as well: the evaluator maps over
    /// them where arrays are given.
    Operands(fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>),
    /// As `Operands`, for functions whose result is a place: it is returned
    /// as `Operand::Reference` wherever the argument searched or indexed was
    /// one. Such a call can be differentiated without a rule of its own: the
    /// place is found once, and the derivative passes to the cell there
    /// (INDEX, OFFSET, XLOOKUP, VLOOKUP).
    Reference(fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>),
    /// From arguments evaluated on demand: IF, CHOOSE, IFERROR, SWITCH.
    Lazy(fn(&mut dyn LazyArgs) -> Result<Operand, ErrorKind>),
    /// Part of the language, evaluated by the interpreter itself: LET, LAMBDA, GRAD.
    Special,
}

/// The arguments of a [`ValueRule::Numbers`], in their order.
pub type Numbers = [f64; MAX_NUMBERS];

/// The most arguments that such a function has.
pub const MAX_NUMBERS: usize = 5;

/// The arguments of a lazily evaluated function.
pub trait LazyArgs {
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Evaluates argument `index`; `Operand::Omitted` where it was left out.
    /// An argument that fails is `Ok` with a `Value::Error` in it.
    fn eval(&mut self, index: usize) -> Operand;
    fn context(&mut self) -> &mut dyn Context;
}

/// How the derivative of a function behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smoothness {
    /// Differentiable in the inside of its domain.
    Smooth,
    /// Continuous, differentiable except at kinks, where the derivative of
    /// the branch taken counts (ABS, MAX, IF).
    Kinked,
    /// Derivative zero wherever there is one (ROUND, SIGN, comparisons).
    PiecewiseConstant,
    /// No derivative: the reason, to follow "NAME cannot be differentiated: ".
    NotDifferentiable(&'static str),
}

/// A derivative rule. The arguments are those of the call; the result is the
/// node of the call's value.
pub type LowerRule = fn(&mut Lowering<'_>, &[Lowered]) -> Result<crate::program::Node, LowerError>;

/// Every function, by category and then by name.
pub fn all() -> impl Iterator<Item = &'static Function> {
    CATEGORIES.iter().flat_map(|category| category.iter())
}

/// The entry of a function, by its name in capitals, without prefix.
pub fn find(name: &str) -> Option<&'static Function> {
    use std::collections::HashMap;
    use std::sync::LazyLock;
    static INDEX: LazyLock<HashMap<&'static str, &'static Function>> =
        LazyLock::new(|| all().map(|f| (f.name, f)).collect());
    INDEX.get(name).copied()
}

/// What files write before the name of a function, given in capitals without
/// prefix; `None` where there is no such function. The vocabulary that the
/// formula printer asks for.
pub fn file_prefix(name: &str) -> Option<&'static str> {
    find(name).map(|function| match function.prefix {
        Prefix::None => "",
        Prefix::Xlfn => "_xlfn.",
        Prefix::Xlws => "_xlfn._xlws.",
        Prefix::Xludf => "_xludf.",
    })
}

/// The tables of the category files.
const CATEGORIES: &[&[Function]] = &[
    gradient::FUNCTIONS,
    array::FUNCTIONS,
    cash_flow::FUNCTIONS,
    database::FUNCTIONS,
    date::FUNCTIONS,
    depreciation::FUNCTIONS,
    engineering::bases::FUNCTIONS,
    engineering::bessel::FUNCTIONS,
    engineering::bits::FUNCTIONS,
    engineering::complex::FUNCTIONS,
    engineering::convert::FUNCTIONS,
    engineering::steps::FUNCTIONS,
    financial::FUNCTIONS,
    information::FUNCTIONS,
    numbers::FUNCTIONS,
    trig::FUNCTIONS,
    round::FUNCTIONS,
    combinatorics::FUNCTIONS,
    numerals::FUNCTIONS,
    distributions::normal::FUNCTIONS,
    distributions::continuous::FUNCTIONS,
    distributions::sampling::FUNCTIONS,
    distributions::discrete::FUNCTIONS,
    aggregate::FUNCTIONS,
    sumproduct::FUNCTIONS,
    matrix::FUNCTIONS,
    random::FUNCTIONS,
    conditional::FUNCTIONS,
    descriptive::FUNCTIONS,
    order::FUNCTIONS,
    regression::FUNCTIONS,
    subtotal::FUNCTIONS,
    least_squares::FUNCTIONS,
    hypothesis::FUNCTIONS,
    lambda::FUNCTIONS,
    logical::FUNCTIONS,
    lookup::FUNCTIONS,
    number_text::FUNCTIONS,
    reference::FUNCTIONS,
    regex::FUNCTIONS,
    securities::accrued::FUNCTIONS,
    securities::bond::FUNCTIONS,
    securities::coupons::FUNCTIONS,
    securities::discount::FUNCTIONS,
    securities::odd::FUNCTIONS,
    securities::quote::FUNCTIONS,
    shaping::FUNCTIONS,
    text::FUNCTIONS,
    web::FUNCTIONS,
];

/// Shorthands for the tables of parameters.
pub(crate) mod params {
    use super::{Param, ParamKind, Presence};

    const fn param(name: &'static str, kind: ParamKind, presence: Presence) -> Param {
        Param {
            name,
            kind,
            presence,
            help: "",
        }
    }
    pub const fn scalar(name: &'static str) -> Param {
        param(name, ParamKind::Scalar, Presence::Required)
    }
    pub const fn range(name: &'static str) -> Param {
        param(name, ParamKind::Range, Presence::Required)
    }
    pub const fn array(name: &'static str) -> Param {
        param(name, ParamKind::Array, Presence::Required)
    }
    pub const fn lambda(name: &'static str) -> Param {
        param(name, ParamKind::Lambda, Presence::Required)
    }
    /// `optional(scalar("digits"))`
    pub const fn optional(p: Param) -> Param {
        Param {
            presence: Presence::Optional,
            ..p
        }
    }
    /// `repeating(range("number"))`
    pub const fn repeating(p: Param) -> Param {
        Param {
            presence: Presence::Repeating,
            ..p
        }
    }
}
