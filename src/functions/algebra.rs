//! Formulas written once, for numbers and for programs alike.
//!
//! A financial formula given as a function over an [`Algebra`] is its own
//! value rule (over [`Floats`]) and derivative rule (over [`Graph`]).

use super::{LowerError, Lowering};
use crate::program::{Binary, Node, Unary};

/// What a formula may do.
pub(super) trait Algebra {
    type Number: Copy;
    fn constant(&mut self, x: f64) -> Self::Number;
    fn binary(&mut self, op: Binary, a: Self::Number, b: Self::Number) -> Self::Number;
    fn unary(&mut self, op: Unary, x: Self::Number) -> Self::Number;
    /// `zero` where `x` is 0, `other` elsewhere.
    fn if_zero(&mut self, x: Self::Number, zero: Self::Number, other: Self::Number)
    -> Self::Number;

    fn add(&mut self, a: Self::Number, b: Self::Number) -> Self::Number {
        self.binary(Binary::Add, a, b)
    }
    fn sub(&mut self, a: Self::Number, b: Self::Number) -> Self::Number {
        self.binary(Binary::Sub, a, b)
    }
    fn mul(&mut self, a: Self::Number, b: Self::Number) -> Self::Number {
        self.binary(Binary::Mul, a, b)
    }
    fn div(&mut self, a: Self::Number, b: Self::Number) -> Self::Number {
        self.binary(Binary::Div, a, b)
    }
    fn pow(&mut self, a: Self::Number, b: Self::Number) -> Self::Number {
        self.binary(Binary::Pow, a, b)
    }
    fn neg(&mut self, x: Self::Number) -> Self::Number {
        self.unary(Unary::Neg, x)
    }
    fn ln(&mut self, x: Self::Number) -> Self::Number {
        self.unary(Unary::Ln, x)
    }
    /// 1 where `x > c`, else 0.
    fn above(&mut self, x: Self::Number, c: f64) -> Self::Number {
        let c = self.constant(c);
        self.binary(Binary::Less, c, x)
    }
    /// 1 where `x >= c`, else 0.
    fn at_least(&mut self, x: Self::Number, c: f64) -> Self::Number {
        let c = self.constant(c);
        self.binary(Binary::LessEqual, c, x)
    }
    /// 1 where `x` is `c`, else 0.
    fn is(&mut self, x: Self::Number, c: f64) -> Self::Number {
        let c = self.constant(c);
        self.binary(Binary::Equal, x, c)
    }
    /// 1 where `x` is not `c`, else 0.
    fn is_not(&mut self, x: Self::Number, c: f64) -> Self::Number {
        let c = self.constant(c);
        self.binary(Binary::NotEqual, x, c)
    }
    /// 1 where all conditions hold, else 0.
    fn all<const N: usize>(&mut self, conditions: [Self::Number; N]) -> Self::Number {
        let holds = self.constant(1.0);
        conditions
            .into_iter()
            .fold(holds, |holds, next| self.binary(Binary::And, holds, next))
    }
    /// `x + c`
    fn plus(&mut self, x: Self::Number, c: f64) -> Self::Number {
        let c = self.constant(c);
        self.add(x, c)
    }
    /// `x * c`
    fn times(&mut self, x: Self::Number, c: f64) -> Self::Number {
        let c = self.constant(c);
        self.mul(x, c)
    }
}

/// Numbers. What is not finite is an error of the formula.
pub(super) struct Floats;

impl Algebra for Floats {
    type Number = f64;

    fn constant(&mut self, x: f64) -> f64 {
        x
    }

    fn binary(&mut self, op: Binary, a: f64, b: f64) -> f64 {
        match op {
            // No periods make no growth: 0^0 is 1 here, unlike in the `^` operator.
            Binary::Pow => a.powf(b),
            // The sign of what is infinite decides what an intermediate
            // result comes to.
            Binary::Div => a / b,
            op => op.apply(a, b),
        }
    }

    fn unary(&mut self, op: Unary, x: f64) -> f64 {
        op.apply(x)
    }

    fn if_zero(&mut self, x: f64, zero: f64, other: f64) -> f64 {
        if x == 0.0 { zero } else { other }
    }
}

/// Nodes of a program. The first operation that fails is remembered, and
/// nothing is built after it.
pub(super) struct Graph<'a, 'b> {
    lowering: &'a mut Lowering<'b>,
    error: Option<LowerError>,
}

impl<'a, 'b> Graph<'a, 'b> {
    /// Builds a formula's program.
    pub fn build(
        lowering: &'a mut Lowering<'b>,
        formula: impl FnOnce(&mut Self) -> Node,
    ) -> Result<Node, LowerError> {
        let mut graph = Self {
            lowering,
            error: None,
        };
        let node = formula(&mut graph);
        match graph.error {
            Some(error) => Err(error),
            None => Ok(node),
        }
    }

    fn keep(&mut self, result: Result<Node, impl Into<LowerError>>, instead: Node) -> Node {
        result.unwrap_or_else(|error| {
            self.error.get_or_insert(error.into());
            instead
        })
    }
}

impl Algebra for Graph<'_, '_> {
    type Number = Node;

    fn constant(&mut self, x: f64) -> Node {
        self.lowering.builder.scalar(x)
    }

    fn binary(&mut self, op: Binary, a: Node, b: Node) -> Node {
        let result = self.lowering.builder.binary(op, a, b);
        self.keep(result, a)
    }

    fn unary(&mut self, op: Unary, x: Node) -> Node {
        self.lowering.builder.unary(op, x)
    }

    fn if_zero(&mut self, x: Node, zero: Node, other: Node) -> Node {
        let result = self.lowering.builder.select(x, other, zero);
        self.keep(result, zero)
    }
}
