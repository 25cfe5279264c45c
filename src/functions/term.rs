//! Derivative rules written as arithmetic: `(x - mean) / sd` builds the nodes.

use super::{LowerError, Lowered, Lowering};
use crate::program::{Axes, Binary, Builder, Node, Reduction, ShapeError, Tensor, Unary};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// An expression over nodes, not yet in the program. A term that is used
/// twice is built twice; [`Lowering::build`] it first to share its node.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Node(Node),
    Number(f64),
    Unary(Unary, Box<Term>),
    Binary(Binary, Box<Term>, Box<Term>),
    Select(Box<[Term; 3]>),
    /// The sum over the cells of each lane.
    Sum(Box<Term>),
}

impl From<Node> for Term {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

impl From<f64> for Term {
    fn from(x: f64) -> Self {
        Self::Number(x)
    }
}

impl Term {
    pub fn apply(self, op: Unary) -> Self {
        Self::Unary(op, Box::new(self))
    }

    pub fn with(self, op: Binary, other: impl Into<Term>) -> Self {
        Self::Binary(op, Box::new(self), Box::new(other.into()))
    }

    /// This where `condition` is not 0, else `otherwise`.
    pub fn when(self, condition: Term, otherwise: impl Into<Term>) -> Self {
        Self::Select(Box::new([condition, self, otherwise.into()]))
    }

    /// This where `condition` is not 0; elsewhere the NaN that stands for an error.
    pub fn valid_where(self, condition: Term) -> Self {
        self.when(condition, f64::NAN)
    }

    /// Itself where above 0; elsewhere the NaN that stands for an error.
    pub fn positive(self) -> Self {
        let above = Term::Number(0.0).less(self.clone());
        self.valid_where(above)
    }

    pub fn less(self, other: impl Into<Term>) -> Self {
        self.with(Binary::Less, other)
    }

    pub fn pow(self, exponent: impl Into<Term>) -> Self {
        self.with(Binary::Pow, exponent)
    }

    pub fn exp(self) -> Self {
        self.apply(Unary::Exp)
    }

    pub fn ln(self) -> Self {
        self.apply(Unary::Ln)
    }

    pub fn sqrt(self) -> Self {
        self.apply(Unary::Sqrt)
    }

    pub fn abs(self) -> Self {
        self.apply(Unary::Abs)
    }

    pub fn square(self) -> Self {
        self.clone() * self
    }

    pub fn sum(self) -> Self {
        Self::Sum(Box::new(self))
    }

    /// Adds the nodes to the program.
    pub fn build(self, builder: &mut Builder) -> Result<Node, ShapeError> {
        Ok(match self {
            Self::Node(node) => node,
            Self::Number(x) => builder.scalar(x),
            Self::Unary(op, x) => {
                let x = x.build(builder)?;
                builder.unary(op, x)
            }
            Self::Binary(op, a, b) => {
                let a = a.build(builder)?;
                let b = b.build(builder)?;
                builder.binary(op, a, b)?
            }
            Self::Select(parts) => {
                let [condition, then, otherwise] = *parts;
                let condition = condition.build(builder)?;
                let then = then.build(builder)?;
                let otherwise = otherwise.build(builder)?;
                builder.select(condition, then, otherwise)?
            }
            Self::Sum(x) => {
                let x = x.build(builder)?;
                builder.reduce(Reduction::Sum, Axes::CELLS, x)
            }
        })
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<T: Into<Term>> $trait<T> for Term {
            type Output = Term;
            fn $method(self, other: T) -> Term {
                self.with(Binary::$trait, other)
            }
        }
        impl $trait<Term> for f64 {
            type Output = Term;
            fn $method(self, other: Term) -> Term {
                Term::Number(self).with(Binary::$trait, other)
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

impl Neg for Term {
    type Output = Term;
    fn neg(self) -> Term {
        self.apply(Unary::Neg)
    }
}

impl Lowering<'_> {
    pub(crate) fn build(&mut self, term: impl Into<Term>) -> Result<Node, LowerError> {
        term.into().build(self.builder).map_err(|e| self.misfit(&e))
    }

    /// A node to be used more than once.
    pub(crate) fn share(&mut self, term: impl Into<Term>) -> Result<Term, LowerError> {
        Ok(Term::Node(self.build(term)?))
    }

    /// Names the function whose shapes do not fit.
    pub(crate) fn misfit(&self, error: &ShapeError) -> LowerError {
        self.refuse(error.to_string())
    }

    /// Argument `index` as a term; `default` where it was left out.
    pub(crate) fn term(
        &self,
        args: &[Lowered],
        index: usize,
        default: Option<f64>,
    ) -> Result<Term, LowerError> {
        match (args.get(index), default) {
            (Some(arg), Some(default)) if arg.omitted => Ok(Term::Number(default)),
            (Some(arg), _) => Ok(Term::Node(arg.node)),
            (None, Some(default)) => Ok(Term::Number(default)),
            (None, None) => Err(self.refuse("an argument is missing")),
        }
    }

    /// Argument `index` where it was written.
    pub(crate) fn written<'a>(&self, args: &'a [Lowered], index: usize) -> Option<&'a Lowered> {
        args.get(index).filter(|arg| !arg.omitted)
    }

    /// An argument that must not depend on the parameters: `what` names it.
    pub(crate) fn fixed(&self, arg: &Lowered, what: &str) -> Result<Tensor, LowerError> {
        match self.constant(arg) {
            Some(tensor) => Ok(tensor.clone()),
            None => Err(self.refuse(format!("its {what} depends on the parameters"))),
        }
    }

    /// [`Lowering::fixed`] for an argument that is one number in all lanes.
    pub(crate) fn fixed_number(
        &self,
        args: &[Lowered],
        index: usize,
        default: f64,
        what: &str,
    ) -> Result<f64, LowerError> {
        let Some(arg) = self.written(args, index) else {
            return Ok(default);
        };
        let tensor = self.fixed(arg, what)?;
        match tensor.data.split_first() {
            Some((first, rest)) if rest.iter().all(|x| x == first) => Ok(*first),
            _ => Err(self.refuse(format!("its {what} differs from cell to cell"))),
        }
    }
}

/// The derivative rule of a function of numbers, element by element:
/// `elementwise!(|x, base = 10.0| x.ln() / base.ln())`; the body is a [`Term`].
macro_rules! elementwise {
    (|$($name:ident $(= $default:tt)?),+| $body:expr) => {
        |lowering, args| {
            let mut index = 0..;
            $(
                let default: Option<f64> = None;
                $(let default = default.or(Some($default));)?
                let $name = lowering.term(args, index.next().unwrap_or(usize::MAX), default)?;
            )+
            lowering.build($body)
        }
    };
}
pub(crate) use elementwise;
