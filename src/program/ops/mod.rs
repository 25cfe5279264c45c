//! The operations: for each what it computes and, beside it, how adjoints
//! pass through it. One concept a file.
//!
//! The functions here work on whole tensors, plainly: they are the definition
//! that the compiled program is tested against, they fold constants, and they
//! run what the fused kernels do not cover.

pub(crate) mod elementwise;
pub(crate) mod linear;
pub(crate) mod matmul;
pub(crate) mod order;
pub(crate) mod reduce;
pub(crate) mod scan;
pub(crate) mod special;
pub(crate) mod structure;

use super::graph::Op;
use super::tensor::Shape;

/// The elements of an operand.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'a> {
    pub shape: Shape,
    pub data: &'a [f64],
}

/// Evaluates an operation on whole tensors; `out` has the length of `shape`.
pub(crate) fn evaluate(op: &Op, shape: Shape, operands: &[Operand<'_>], out: &mut [f64]) {
    match op {
        Op::Constant(literal) => out.copy_from_slice(&literal.0.data),
        Op::Parameter(_) | Op::Placeholder(_) => unreachable!("a leaf has no operands"),
        Op::Unary(op, _) => {
            for (y, &x) in out.iter_mut().zip(operands[0].data) {
                *y = op.apply(x);
            }
        }
        Op::Binary(op, _, _) => structure::broadcast2(operands, shape, out, |a, b| op.apply(a, b)),
        Op::Select(..) => structure::broadcast3(operands, shape, out, elementwise::select),
        Op::Reduce(op, _, _) => reduce::reduce(*op, operands[0], shape, out),
        Op::ExtremumMask(op, axes, _) => reduce::extremum_mask(*op, *axes, operands[0], out),
        Op::OtherProduct(axes, _) => reduce::other_product(*axes, operands[0], out),
        Op::Matmul(absorb, _, _) => matmul::matmul(*absorb, operands[0], operands[1], shape, out),
        Op::Gram(absorb, _, _) => matmul::gram(*absorb, operands[0], operands[1], out),
        Op::Transpose(_) => structure::transpose(operands[0], out),
        Op::View(_, offset) => {
            out.copy_from_slice(&operands[0].data[*offset..offset + shape.len()]);
        }
        Op::Concat(_) => structure::concat(operands.iter().copied(), out),
        Op::Broadcast(_) => structure::broadcast(operands[0], shape, out),
        Op::Gather(_, indices) => structure::gather(operands[0], indices, out),
        Op::Scatter(_, indices) => structure::scatter(operands[0], indices, shape, out),
        Op::Window(_, window) => structure::window(operands[0], window, out),
        Op::WindowScatter(_, window) => {
            structure::window_scatter(operands[0], window, shape, out);
        }
        Op::Scan(body, _) => {
            let mut workspace = scan::ScanWorkspace::new(body);
            scan::run(body, &mut workspace, operands, shape, out);
        }
        Op::Inverse(_) => linear::inverse(operands[0], out),
        Op::Determinant(_) => linear::determinant(operands[0], out),
        Op::Cofactor(_) => linear::cofactor(operands[0], out),
        Op::OrderStatistic(_, k, present) => {
            order::statistic(operands[0], *k, present.as_ref(), out);
        }
        Op::OrderMask(_, k, present) => order::mask(operands[0], *k, present.as_ref(), out),
    }
}
