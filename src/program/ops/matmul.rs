//! Products of matrices.
//!
//! A product with one matrix for all lanes has the sum over lanes of a product
//! of transposes (`gram`) as its derivative, and that again has products of
//! the first kind: `Y = A B` gives `dA = dY Bᵀ`, `dB = Σ Aᵀ dY`;
//! `G = Σ Aᵀ B` gives `dA = B dGᵀ`, `dB = A dG`.

use super::Operand;
use super::elementwise::absorbing_mul;
use crate::program::graph::Absorb;
use crate::program::tensor::Shape;

#[inline(always)]
pub(crate) fn product(absorb: Absorb, a: f64, b: f64) -> f64 {
    match absorb {
        Absorb::None => a * b,
        Absorb::Left => absorbing_mul(a, b),
        Absorb::Right => absorbing_mul(b, a),
    }
}

pub(crate) fn matmul(
    absorb: Absorb,
    a: Operand<'_>,
    b: Operand<'_>,
    shape: Shape,
    out: &mut [f64],
) {
    out.fill(0.0);
    let lanes = shape.lanes;
    let lane_in = |s: Shape, lane: usize| if s.lanes == 1 { 0 } else { lane };
    for col in 0..shape.cols {
        for k in 0..a.shape.cols {
            for row in 0..shape.rows {
                let start = shape.offset(0, row, col);
                let out = &mut out[start..start + lanes];
                let a_at = a.shape.offset(0, row, k);
                let b_at = b.shape.offset(0, k, col);
                for (lane, y) in out.iter_mut().enumerate() {
                    *y += product(
                        absorb,
                        a.data[a_at + lane_in(a.shape, lane)],
                        b.data[b_at + lane_in(b.shape, lane)],
                    );
                }
            }
        }
    }
}

pub(crate) fn gram(absorb: Absorb, a: Operand<'_>, b: Operand<'_>, out: &mut [f64]) {
    // Lanes and rows are contracted together; each column is contiguous.
    let len = a.shape.lanes * a.shape.rows;
    let pairs = b
        .data
        .chunks_exact(len)
        .flat_map(|b| a.data.chunks_exact(len).map(move |a| (a, b)));
    for (y, (a, b)) in out.iter_mut().zip(pairs) {
        *y = match absorb {
            Absorb::None => sum_of_products(a, b, |a, b| a * b),
            absorb => sum_of_products(a, b, |a, b| product(absorb, a, b)),
        };
    }
}

/// The sum over two columns, as several sums that need not wait for each other.
fn sum_of_products(a: &[f64], b: &[f64], product: impl Fn(f64, f64) -> f64) -> f64 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for (a, b) in a.iter().zip(b) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += product(a, b);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| product(a, b));
    sums.into_iter().chain(rest).sum()
}
