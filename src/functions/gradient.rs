//! GRAD: derivatives as a worksheet function.

use super::params::range;
use super::{Category, Function, Prefix, Smoothness, ValueRule};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    prefix: Prefix::Xludf,
    returns_array: true,
    smoothness: Smoothness::NotDifferentiable("second derivatives are not computed"),
    ..Function::new(
        Category::Gradient,
        "GRAD",
        &[range("objective"), range("variables")],
        "The partial derivatives of a cell with respect to other cells, in the shape of these.",
        ValueRule::Special,
    )
}];
