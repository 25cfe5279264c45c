//! Reductions, and the derivatives of extrema and products.

use super::Operand;
use crate::program::builder::{Axes, Binary, Reduction};
use crate::program::tensor::Shape;

impl Reduction {
    /// The value of a reduction of nothing.
    pub(crate) fn identity(self) -> f64 {
        match self {
            Reduction::Sum => 0.0,
            Reduction::Product => 1.0,
            Reduction::Max => f64::NEG_INFINITY,
            Reduction::Min => f64::INFINITY,
        }
    }

    /// The operation that reduces two elements.
    pub(crate) fn of_two(self) -> Binary {
        match self {
            Reduction::Sum => Binary::Add,
            Reduction::Product => Binary::Mul,
            Reduction::Max => Binary::Max,
            Reduction::Min => Binary::Min,
        }
    }

    /// The result of partial results.
    pub(crate) fn of_parts(self, [a, b, c, d]: [f64; 4]) -> f64 {
        self.combine(self.combine(a, b), self.combine(c, d))
    }

    /// Adds one element to a partial result.
    #[inline(always)]
    pub(crate) fn combine(self, acc: f64, x: f64) -> f64 {
        match self {
            Reduction::Sum => acc + x,
            Reduction::Product => acc * x,
            Reduction::Max => {
                if acc >= x || acc.is_nan() {
                    acc
                } else {
                    x
                }
            }
            Reduction::Min => {
                if acc <= x || acc.is_nan() {
                    acc
                } else {
                    x
                }
            }
        }
    }
}

impl Axes {
    /// The shape that a reduction over these axes leaves.
    pub(crate) fn reduced(self, shape: Shape) -> Shape {
        Shape::new(
            if self.lanes { 1 } else { shape.lanes },
            if self.rows { 1 } else { shape.rows },
            if self.cols { 1 } else { shape.cols },
        )
    }
}

/// For each element of `from`, in storage order, the offset of the element of
/// `to` that it is reduced to or broadcast from.
pub(crate) fn targets(from: Shape, to: Shape) -> impl Iterator<Item = usize> {
    let step = |extent: usize, stride: usize| if extent == 1 { 0 } else { stride };
    let lane = step(to.lanes, 1);
    let row = step(to.rows, to.lanes);
    let col = step(to.cols, to.lanes * to.rows);
    (0..from.cols).flat_map(move |c| {
        (0..from.rows).flat_map(move |r| (0..from.lanes).map(move |l| c * col + r * row + l * lane))
    })
}

pub(crate) fn reduce(op: Reduction, x: Operand<'_>, shape: Shape, out: &mut [f64]) {
    out.fill(op.identity());
    for (&x, target) in x.data.iter().zip(targets(x.shape, shape)) {
        out[target] = op.combine(out[target], x);
    }
}

/// 1 at the first element, in storage order, that equals the extremum of its group.
pub(crate) fn extremum_mask(op: Reduction, axes: Axes, x: Operand<'_>, out: &mut [f64]) {
    let shape = axes.reduced(x.shape);
    let mut extrema = vec![0.0; shape.len()];
    reduce(op, x, shape, &mut extrema);
    let mut found = vec![false; shape.len()];
    for ((y, &x), target) in out.iter_mut().zip(x.data).zip(targets(x.shape, shape)) {
        let extremum = extrema[target];
        let hit = !found[target] && (x == extremum || x.is_nan() && extremum.is_nan());
        found[target] |= hit;
        *y = f64::from(u8::from(hit));
    }
}

/// For each element the product of the others of its group, by a running
/// product from either end, so that zeros need no care.
pub(crate) fn other_product(axes: Axes, x: Operand<'_>, out: &mut [f64]) {
    let shape = axes.reduced(x.shape);
    let target: Vec<usize> = targets(x.shape, shape).collect();
    let mut running = vec![1.0; shape.len()];
    for (i, &t) in target.iter().enumerate() {
        out[i] = running[t];
        running[t] *= x.data[i];
    }
    running.fill(1.0);
    for (i, &t) in target.iter().enumerate().rev() {
        out[i] *= running[t];
        running[t] *= x.data[i];
    }
}
