//! Order statistics: the k-th smallest of each lane.

use super::Operand;
use crate::program::graph::Literal;

/// The elements of a lane that count, as (value, offset in the lane's matrix),
/// the `k`-th smallest of them, the first of equals; `None` where there are
/// not so many, or one of them is NaN.
fn find(
    x: Operand<'_>,
    lane: usize,
    k: usize,
    present: Option<&Literal>,
    scratch: &mut Vec<(f64, usize)>,
) -> Option<(f64, usize)> {
    let lanes = x.shape.lanes;
    scratch.clear();
    for i in 0..x.shape.rows * x.shape.cols {
        let counts = present.is_none_or(|present| {
            let mask = &present.0;
            mask.data[i * mask.shape.lanes + if mask.shape.lanes == 1 { 0 } else { lane }] != 0.0
        });
        if counts {
            scratch.push((x.data[i * lanes + lane], i));
        }
    }
    if k >= scratch.len() || scratch.iter().any(|(x, _)| x.is_nan()) {
        return None;
    }
    // -0 and 0 are one value, so `total_cmp` will not do.
    let (_, chosen, _) = scratch.select_nth_unstable_by(k, |a, b| {
        a.0.partial_cmp(&b.0)
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(a.1.cmp(&b.1))
    });
    let value = chosen.0;
    // The first of equals gets the derivative, whatever k is among them.
    scratch
        .iter()
        .filter(|(x, _)| *x == value)
        .min_by_key(|(_, i)| *i)
        .copied()
}

pub(crate) fn statistic(x: Operand<'_>, k: usize, present: Option<&Literal>, out: &mut [f64]) {
    let mut scratch = Vec::new();
    for (lane, y) in out.iter_mut().enumerate() {
        *y = find(x, lane, k, present, &mut scratch).map_or(f64::NAN, |(value, _)| value);
    }
}

pub(crate) fn mask(x: Operand<'_>, k: usize, present: Option<&Literal>, out: &mut [f64]) {
    out.fill(0.0);
    let mut scratch = Vec::new();
    for lane in 0..x.shape.lanes {
        if let Some((_, i)) = find(x, lane, k, present, &mut scratch) {
            out[i * x.shape.lanes + lane] = 1.0;
        }
    }
}
