//! Operators over arrays: single rows and columns repeat, `#N/A` outside.

use super::MAX_ARRAY;
use crate::formula::BinaryOp;
use crate::value::{Array, ErrorKind, Value, arith};
use std::cmp::Ordering;

/// An operator on two values, mapped over arrays. `snap`: it ends the formula
/// (see [`arith::snap_to_zero`]).
pub(in crate::engine) fn binary(op: BinaryOp, a: &Value, b: &Value, snap: bool) -> Value {
    if !matches!(a, Value::Array(_)) && !matches!(b, Value::Array(_)) {
        return single(op, a, b, snap);
    }
    let Some((rows, cols)) = joint_shape([shape(a), shape(b)]) else {
        return Value::Error(ErrorKind::Num);
    };
    let cells = match (a, b) {
        (Value::Array(a), Value::Array(b)) if (a.rows(), a.cols()) == (b.rows(), b.cols()) => {
            let pairs = a.cells().iter().zip(b.cells());
            pairs.map(|(a, b)| single(op, a, b, snap)).collect()
        }
        (Value::Array(a), b) if !matches!(b, Value::Array(_)) => {
            a.cells().iter().map(|a| single(op, a, b, snap)).collect()
        }
        (a, Value::Array(b)) if !matches!(a, Value::Array(_)) => {
            b.cells().iter().map(|b| single(op, a, b, snap)).collect()
        }
        _ => {
            let mut cells = Vec::with_capacity(rows * cols);
            for row in 0..rows {
                for col in 0..cols {
                    cells.push(single(op, &at(a, row, col), &at(b, row, col), snap));
                }
            }
            cells
        }
    };
    Value::array(Array::new(rows, cols, cells))
}

/// Whether an operator reads numbers of its operands.
pub(in crate::engine) fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Power
    )
}

/// A function of one value, mapped over an array.
pub(in crate::engine) fn map(value: &Value, f: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(array) => Value::array(Array::new(
            array.rows(),
            array.cols(),
            array.cells().iter().map(f).collect(),
        )),
        value => f(value),
    }
}

fn single(op: BinaryOp, a: &Value, b: &Value, snap: bool) -> Value {
    match op {
        BinaryOp::Add => match snap {
            true => arith::snap_to_zero(arith::add(a, b), a, b),
            false => arith::add(a, b),
        },
        BinaryOp::Subtract => match snap {
            true => arith::snap_to_zero(arith::sub(a, b), a, b),
            false => arith::sub(a, b),
        },
        BinaryOp::Multiply => arith::mul(a, b),
        BinaryOp::Divide => arith::div(a, b),
        BinaryOp::Power => arith::pow(a, b),
        BinaryOp::Concat => arith::concat(a, b),
        BinaryOp::Equal => arith::compare(a, b, Ordering::is_eq),
        BinaryOp::NotEqual => arith::compare(a, b, Ordering::is_ne),
        BinaryOp::Less => arith::compare(a, b, Ordering::is_lt),
        BinaryOp::LessEqual => arith::compare(a, b, Ordering::is_le),
        BinaryOp::Greater => arith::compare(a, b, Ordering::is_gt),
        BinaryOp::GreaterEqual => arith::compare(a, b, Ordering::is_ge),
        // Binding makes nodes of their own of these.
        BinaryOp::Range | BinaryOp::Intersection | BinaryOp::Union => {
            Value::Error(ErrorKind::Value)
        }
    }
}

/// Rows and columns of a value.
pub(super) fn shape(value: &Value) -> (usize, usize) {
    match value {
        Value::Array(array) => (array.rows(), array.cols()),
        _ => (1, 1),
    }
}

/// The shape of a result that all `shapes` take part in; `None` where it is
/// larger than an array may be.
pub(super) fn joint_shape(
    shapes: impl IntoIterator<Item = (usize, usize)>,
) -> Option<(usize, usize)> {
    let joint = shapes
        .into_iter()
        .fold((1, 1), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    (joint.0.saturating_mul(joint.1) <= MAX_ARRAY).then_some(joint)
}

/// What a value contributes at a place of a joint result.
pub(super) fn at(value: &Value, row: usize, col: usize) -> Value {
    match value {
        Value::Array(array) => array.broadcast(row, col),
        value => value.clone(),
    }
}
