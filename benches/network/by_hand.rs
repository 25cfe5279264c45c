//! The network's loss and gradient as one writes it by hand for this shape
//! alone: blocks of rows that stay in the first-level cache, four rows to a
//! vector, parameters and sums in vector registers. (One pass without
//! blocks is slower: twenty sums and twenty parameters do not fit sixteen registers.)

pub const INPUTS: usize = 10;
const BLOCK: usize = 128;

/// The loss; `inputs` lie column by column. With several threads each takes
/// a part of the rows.
pub fn by_hand(
    inputs: &[f64],
    target: &[f64],
    w: &[f64; 2 * INPUTS],
    gradient: &mut [f64; 2 * INPUTS],
    threads: usize,
) -> f64 {
    let n = target.len();
    if threads == 1 || n < 10_000 {
        let mut loss = 0.0;
        *gradient = [0.0; 2 * INPUTS];
        part(inputs, target, 0..n, w, gradient, &mut loss);
        return loss / n as f64;
    }
    let middle = n / 2 / BLOCK * BLOCK;
    let sums = |rows| {
        let (mut loss, mut sums) = (0.0, [0.0; 2 * INPUTS]);
        part(inputs, target, rows, w, &mut sums, &mut loss);
        (loss, sums)
    };
    let (a, b) = rayon::join(|| sums(0..middle), || sums(middle..n));
    for (g, (a, b)) in gradient.iter_mut().zip(a.1.iter().zip(&b.1)) {
        *g = a + b;
    }
    (a.0 + b.0) / n as f64
}

/// Adds what some rows give.
fn part(
    inputs: &[f64],
    target: &[f64],
    rows: std::ops::Range<usize>,
    w: &[f64; 2 * INPUTS],
    gradient: &mut [f64; 2 * INPUTS],
    loss: &mut f64,
) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        let whole = rows.start..rows.start + rows.len() / 16 * 16;
        // SAFETY: the processor has these instructions, and the rows lie within the columns.
        unsafe { avx2::blocks(inputs, target, whole.clone(), w, gradient, loss) };
        return one_by_one(inputs, target, whole.end..rows.end, w, gradient, loss);
    }
    one_by_one(inputs, target, rows, w, gradient, loss);
}

fn one_by_one(
    inputs: &[f64],
    target: &[f64],
    rows: std::ops::Range<usize>,
    w: &[f64; 2 * INPUTS],
    gradient: &mut [f64; 2 * INPUTS],
    loss: &mut f64,
) {
    let n = target.len();
    let scale = -2.0 / n as f64;
    for i in rows {
        let row: [f64; INPUTS] = std::array::from_fn(|j| inputs[j * n + i]);
        let (mut a, mut b) = (0.0, 0.0);
        for j in 0..INPUTS {
            a += row[j] * w[j];
            b += row[j] * w[INPUTS + j];
        }
        let left = if a < 0.0 { 0.0 } else { a };
        let right = if b < 0.0 { 0.0 } else { b };
        let error = target[i] - (left + right);
        *loss += error * error;
        let adjoint = scale * error;
        let da = if a < 0.0 { 0.0 } else { adjoint };
        let db = if b < 0.0 { 0.0 } else { adjoint };
        for j in 0..INPUTS {
            gradient[j] += da * row[j];
            gradient[INPUTS + j] += db * row[j];
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{BLOCK, INPUTS};
    use std::arch::x86_64::*;
    use std::array::from_fn;

    /// # Safety
    /// The rows lie within the columns, and are a multiple of 16.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn blocks(
        inputs: &[f64],
        target: &[f64],
        rows: std::ops::Range<usize>,
        w: &[f64; 2 * INPUTS],
        gradient: &mut [f64; 2 * INPUTS],
        loss: &mut f64,
    ) {
        let n = target.len();
        let columns: [*const f64; INPUTS] = from_fn(|j| inputs[j * n..].as_ptr());
        let target = target.as_ptr();
        let scale = _mm256_set1_pd(-2.0 / n as f64);
        let zero = _mm256_setzero_pd();
        let mut sums = [[zero; INPUTS]; 2];
        let mut squares = zero;
        let mut adjoints = [[0.0; BLOCK]; 2];
        let mut start = rows.start;
        while start < rows.end {
            let len = BLOCK.min(rows.end - start);
            let mut at = 0;
            while at < len {
                let mut units = [[zero; 4]; 2];
                for j in 0..INPUTS {
                    // SAFETY: sixteen rows of the block.
                    let x: [__m256d; 4] =
                        from_fn(|r| unsafe { _mm256_loadu_pd(columns[j].add(start + at + 4 * r)) });
                    for (unit, units) in units.iter_mut().enumerate() {
                        let weight = _mm256_set1_pd(w[unit * INPUTS + j]);
                        for (sum, &x) in units.iter_mut().zip(&x) {
                            *sum = _mm256_fmadd_pd(x, weight, *sum);
                        }
                    }
                }
                let [left, right] = units;
                for (r, (a, b)) in left.into_iter().zip(right).enumerate() {
                    let negative = [a, b].map(|x| _mm256_cmp_pd::<_CMP_LT_OQ>(x, zero));
                    let left = _mm256_andnot_pd(negative[0], a);
                    let right = _mm256_andnot_pd(negative[1], b);
                    // SAFETY: a row of the block.
                    let y = unsafe { _mm256_loadu_pd(target.add(start + at + 4 * r)) };
                    let error = _mm256_sub_pd(y, _mm256_add_pd(left, right));
                    squares = _mm256_fmadd_pd(error, error, squares);
                    let adjoint = _mm256_mul_pd(scale, error);
                    for (adjoints, negative) in adjoints.iter_mut().zip(negative) {
                        let masked = _mm256_andnot_pd(negative, adjoint);
                        // SAFETY: a row of the block.
                        unsafe {
                            _mm256_storeu_pd(adjoints.as_mut_ptr().add(at + 4 * r), masked);
                        }
                    }
                }
                at += 16;
            }
            // Ten sums at a time, which registers hold.
            for half in [0, INPUTS / 2] {
                let mut part = [[zero; INPUTS / 2]; 2];
                let mut at = 0;
                while at < len {
                    // SAFETY: four rows of the block.
                    let d: [__m256d; 2] =
                        from_fn(|unit| unsafe { _mm256_loadu_pd(adjoints[unit].as_ptr().add(at)) });
                    for j in 0..INPUTS / 2 {
                        // SAFETY: as above.
                        let x = unsafe { _mm256_loadu_pd(columns[half + j].add(start + at)) };
                        for unit in 0..2 {
                            part[unit][j] = _mm256_fmadd_pd(d[unit], x, part[unit][j]);
                        }
                    }
                    at += 4;
                }
                for unit in 0..2 {
                    for j in 0..INPUTS / 2 {
                        let sum = &mut sums[unit][half + j];
                        *sum = _mm256_add_pd(*sum, part[unit][j]);
                    }
                }
            }
            start += len;
        }
        let total = |x: __m256d| {
            let mut parts = [0.0; 4];
            // SAFETY: four numbers.
            unsafe { _mm256_storeu_pd(parts.as_mut_ptr(), x) };
            parts.iter().sum::<f64>()
        };
        *loss += total(squares);
        for (g, &sum) in gradient.iter_mut().zip(sums.as_flattened()) {
            *g += total(sum);
        }
    }
}
