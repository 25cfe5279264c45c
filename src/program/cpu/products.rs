//! Products of matrices over a block of lanes: several results at once, so
//! that a column is read once for all of them and every result stays in a
//! vector register until it is complete.

use super::super::graph::Absorb;
use super::Address;
use super::simd::{Isa, Vector};

/// The most results of one [`products`].
pub(super) const MAX_RESULTS: usize = 4;
/// The partial sums of each total: those of every fourth lane.
pub(super) const PARTS: usize = 4;

/// For each result `o` the sum over columns `k` of column `k` times
/// `weights[k * results + o]`. [`Absorb::Left`] means that the column's lanes
/// absorb, [`Absorb::Right`] that the weights do.
///
/// # Safety
/// Columns and results point to `len` numbers each, the results to places that
/// nobody else uses; there are one to [`MAX_RESULTS`] results.
#[inline(always)]
pub(super) unsafe fn products<I: Isa>(
    absorb: Absorb,
    columns: &[Address],
    weights: &[f64],
    results: &[*mut f64],
    len: usize,
) {
    macro_rules! with {
        ($results:literal, $vectors:literal) => {{
            let results: [*mut f64; $results] = std::array::from_fn(|i| results[i]);
            let weights = weights.as_chunks::<$results>().0;
            // SAFETY: the caller's promise.
            unsafe {
                match absorb {
                    Absorb::None => {
                        tiles::<I, $results, $vectors, 0>(columns, weights, results, len)
                    }
                    Absorb::Left => {
                        tiles::<I, $results, $vectors, 1>(columns, weights, results, len)
                    }
                    Absorb::Right => {
                        tiles::<I, $results, $vectors, 2>(columns, weights, results, len)
                    }
                }
            }
        }};
    }
    match results.len() {
        1 => with!(1, 8),
        2 => with!(2, 4),
        3 => with!(3, 3),
        _ => with!(4, 2),
    }
}

/// # Safety
/// As for [`products`].
#[inline(always)]
unsafe fn tiles<I: Isa, const O: usize, const R: usize, const ABSORB: u8>(
    columns: &[Address],
    weights: &[[f64; O]],
    results: [*mut f64; O],
    len: usize,
) {
    let wide = I::Wide::LANES;
    let mut at = 0;
    // SAFETY: every tile lies within `len`.
    unsafe {
        while at + R * wide <= len {
            tile::<I::Wide, O, R, ABSORB>(columns, weights, results, at);
            at += R * wide;
        }
        while at + wide <= len {
            tile::<I::Wide, O, 1, ABSORB>(columns, weights, results, at);
            at += wide;
        }
        while at < len {
            tile::<I::One, O, 1, ABSORB>(columns, weights, results, at);
            at += 1;
        }
    }
}

/// The results of `R` vectors of lanes.
///
/// # Safety
/// Columns and results hold these lanes.
#[inline(always)]
unsafe fn tile<V: Vector, const O: usize, const R: usize, const ABSORB: u8>(
    columns: &[Address],
    weights: &[[f64; O]],
    results: [*mut f64; O],
    at: usize,
) {
    let mut sums = [[V::splat(0.0); R]; O];
    let mut add = |&Address(column): &Address, weights: &[f64; O]| {
        let x: [V; R] = std::array::from_fn(|r| {
            // SAFETY: the caller's promise.
            unsafe { V::load(column.add(at + r * V::LANES)) }
        });
        for (sums, &weight) in sums.iter_mut().zip(weights) {
            let weight = V::splat(weight);
            for (sum, &x) in sums.iter_mut().zip(&x) {
                *sum = match ABSORB {
                    0 => x.mul_add(weight, *sum),
                    1 => x.mul_add(weight.gated(x), *sum),
                    _ => x.gated(weight).mul_add(weight, *sum),
                };
            }
        }
    };
    // Two columns a turn: less of the loop itself beside the products.
    let (pairs, rest) = columns.as_chunks::<2>();
    let (weight_pairs, weights_rest) = weights.as_chunks::<2>();
    for ([one, other], [weights, others]) in pairs.iter().zip(weight_pairs) {
        add(one, weights);
        add(other, others);
    }
    for (column, weights) in rest.iter().zip(weights_rest) {
        add(column, weights);
    }
    for (sums, &result) in sums.iter().zip(&results) {
        for (r, sum) in sums.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { sum.store(result.add(at + r * V::LANES)) }
        }
    }
}

/// Into how many columns and how many factors [`totals`] cuts its work: as
/// many sums at once as registers hold.
pub(super) fn tile_of_totals(factors: usize) -> (usize, usize) {
    match factors {
        1 => (8, 1),
        2 | 4 => (5, 2),
        _ => (4, 3),
    }
}

/// For each column and each factor the sum over lanes of their products, added
/// to `partial[sums[column * factors + factor]]`. [`Absorb::Left`] means
/// that the columns absorb, [`Absorb::Right`] that the factors do.
///
/// # Safety
/// Columns and factors point to `len` numbers each, and are no more than
/// [`tile_of_totals`] says.
#[inline(always)]
pub(super) unsafe fn totals<I: Isa>(
    absorb: Absorb,
    columns: &[Address],
    factors: &[Address],
    sums: &[u32],
    partial: &mut [[f64; PARTS]],
    len: usize,
) {
    macro_rules! with {
        ($columns:literal, $factors:literal, $vectors:literal) => {{
            let columns: [*const f64; $columns] = std::array::from_fn(|i| columns[i].0);
            let factors: [*const f64; $factors] = std::array::from_fn(|i| factors[i].0);
            // SAFETY: the caller's promise.
            unsafe {
                match absorb {
                    Absorb::None => sums_of_products::<I, $columns, $factors, $vectors, 0>(
                        columns, factors, sums, partial, len,
                    ),
                    Absorb::Left => sums_of_products::<I, $columns, $factors, $vectors, 1>(
                        columns, factors, sums, partial, len,
                    ),
                    Absorb::Right => sums_of_products::<I, $columns, $factors, $vectors, 2>(
                        columns, factors, sums, partial, len,
                    ),
                }
            }
        }};
    }
    // Few sums take several vectors of lanes each, to be busy while one adds.
    match (columns.len(), factors.len()) {
        (1, 1) => with!(1, 1, 8),
        (2, 1) => with!(2, 1, 4),
        (3, 1) => with!(3, 1, 2),
        (4, 1) => with!(4, 1, 2),
        (5, 1) => with!(5, 1, 2),
        (6, 1) => with!(6, 1, 1),
        (7, 1) => with!(7, 1, 1),
        (8, 1) => with!(8, 1, 1),
        (1, 2) => with!(1, 2, 4),
        (2, 2) => with!(2, 2, 2),
        (3, 2) => with!(3, 2, 1),
        (4, 2) => with!(4, 2, 1),
        (5, 2) => with!(5, 2, 1),
        (1, 3) => with!(1, 3, 2),
        (2, 3) => with!(2, 3, 1),
        (3, 3) => with!(3, 3, 1),
        (4, 3) => with!(4, 3, 1),
        _ => unreachable!("a tile of totals"),
    }
}

/// # Safety
/// As for [`totals`].
#[inline(always)]
unsafe fn sums_of_products<
    I: Isa,
    const K: usize,
    const M: usize,
    const R: usize,
    const ABSORB: u8,
>(
    columns: [*const f64; K],
    factors: [*const f64; M],
    sums: &[u32],
    partial: &mut [[f64; PARTS]],
    len: usize,
) {
    let wide = I::Wide::LANES;
    let mut totals = [[[I::Wide::splat(0.0); R]; M]; K];
    let mut rest = [[[I::One::splat(0.0); 1]; M]; K];
    let mut at = 0;
    let whole;
    // SAFETY: all lanes read lie within `len`.
    unsafe {
        while at + R * wide <= len {
            for r in 0..R {
                add_products::<_, K, M, R, ABSORB>(columns, factors, at + r * wide, &mut totals, r);
            }
            at += R * wide;
        }
        while at + wide <= len {
            add_products::<_, K, M, R, ABSORB>(columns, factors, at, &mut totals, 0);
            at += wide;
        }
        whole = at;
        while at < len {
            add_products::<_, K, M, 1, ABSORB>(columns, factors, at, &mut rest, 0);
            at += 1;
        }
    }
    for k in 0..K {
        for m in 0..M {
            let partial = &mut partial[sums[k * M + m] as usize];
            let mut sum = totals[k][m][0];
            for &more in &totals[k][m][1..] {
                sum = sum.add(more);
            }
            // SAFETY: a total has as many parts as a vector has lanes.
            unsafe {
                I::Wide::load(partial.as_ptr())
                    .add(sum)
                    .store(partial.as_mut_ptr());
            }
        }
    }
    // Most blocks are whole vectors.
    if at == whole {
        return;
    }
    for k in 0..K {
        for m in 0..M {
            let mut last = 0.0;
            // SAFETY: one number.
            unsafe { rest[k][m][0].store(&raw mut last) };
            partial[sums[k * M + m] as usize][0] += last;
        }
    }
}

/// Adds the products of one vector of lanes to the sums number `r`.
///
/// # Safety
/// Columns and factors hold these lanes.
#[inline(always)]
unsafe fn add_products<
    V: Vector,
    const K: usize,
    const M: usize,
    const R: usize,
    const ABSORB: u8,
>(
    columns: [*const f64; K],
    factors: [*const f64; M],
    at: usize,
    sums: &mut [[[V; R]; M]; K],
    r: usize,
) {
    // SAFETY: the caller's promise.
    let y: [V; M] = std::array::from_fn(|m| unsafe { V::load(factors[m].add(at)) });
    for (sums, &column) in sums.iter_mut().zip(&columns) {
        // SAFETY: the caller's promise.
        let x = unsafe { V::load(column.add(at)) };
        for (sum, &y) in sums.iter_mut().zip(&y) {
            sum[r] = match ABSORB {
                0 => x.mul_add(y, sum[r]),
                1 => x.mul_add(y.gated(x), sum[r]),
                _ => x.gated(y).mul_add(y, sum[r]),
            };
        }
    }
}
