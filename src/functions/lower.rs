//! Derivative rules: what a function's call becomes in a differentiable program.

use crate::program::{Builder, Node, ShapeError, Tensor};

/// An argument of a call, lowered. A rule sees only numbers: text, blanks and
/// booleans in cells have been resolved by the lowering.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The numbers, shape `[lanes, rows, cols]`: 0 where a cell holds no number.
    pub node: Node,
    /// Where the argument holds numbers (1) and where text, booleans or
    /// blanks (0) that SUM and its kind skip, in the node's shape; `None`
    /// where all are numbers.
    pub present: Option<Tensor>,
    /// Left out, or past the last argument written: `node` is 0.
    pub omitted: bool,
}

/// What a derivative rule builds with.
pub struct Lowering<'a> {
    pub builder: &'a mut Builder,
    /// The function's name, for messages.
    pub function: &'static str,
}

impl Lowering<'_> {
    /// Refuses the call: `reason` follows "NAME cannot be differentiated here: ".
    pub fn refuse(&self, reason: impl Into<String>) -> LowerError {
        LowerError {
            function: self.function.to_owned(),
            reason: reason.into(),
        }
    }

    /// The numbers of an argument that does not depend on the parameters.
    pub fn constant(&self, argument: &Lowered) -> Option<&Tensor> {
        self.builder.constant_value(argument.node)
    }
}

/// Why a formula has no differentiable program; the lowering adds the cell.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{function} cannot be differentiated here: {reason}")]
pub struct LowerError {
    pub function: String,
    pub reason: String,
}

impl From<ShapeError> for LowerError {
    fn from(error: ShapeError) -> Self {
        LowerError {
            function: "the formula".into(),
            reason: error.to_string(),
        }
    }
}
