//! When a matrix product pays on the GPU: transfers and all, by measured rates.

use super::Precision;
use super::rates::{CpuRates, GpuRates, Measured};

/// Seconds of a product of `m` by `k` and `k` by `n` on the CPU.
fn on_cpu(rates: &CpuRates, size: [usize; 3]) -> f64 {
    operations(size) / rates.product
}

/// Seconds of it on the GPU, with both factors sent and the product fetched.
fn on_gpu(rates: &GpuRates, precision: Precision, [m, k, n]: [usize; 3]) -> f64 {
    let bytes = precision.bytes() as f64;
    let (m_, k_, n_) = (m as f64, k as f64, n as f64);
    let sent = (m_ * k_ + k_ * n_) * bytes / rates.sent;
    let fetched = m_ * n_ * bytes / rates.fetched;
    rates.latency + sent + fetched + operations([m, k, n]) / rates.product(precision)
}

/// Multiplications and additions.
pub(super) fn operations([m, k, n]: [usize; 3]) -> f64 {
    2.0 * m as f64 * k as f64 * n as f64
}

/// Whether a product is faster on the GPU.
pub(super) fn product_pays(measured: &Measured, precision: Precision, size: [usize; 3]) -> bool {
    measured
        .gpu
        .is_some_and(|gpu| on_gpu(&gpu, precision, size) < on_cpu(&measured.cpu, size))
}

/// The least size of square matrices whose product is faster on the GPU;
/// `None` where none up to a sheet's columns is.
pub fn product_pays_from(measured: &Measured, precision: Precision) -> Option<usize> {
    const MOST: usize = 16_384;
    let pays = |n: usize| product_pays(measured, precision, [n; 3]);
    // Work grows faster than transfers, so that what pays once pays from there on.
    let mut size = 1;
    while !pays(size) {
        size *= 2;
        if size > MOST {
            return None;
        }
    }
    let (mut low, mut high) = (size / 2, size);
    while high - low > 1 {
        let middle = low.midpoint(high);
        *(if pays(middle) { &mut high } else { &mut low }) = middle;
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(gpu: Option<GpuRates>) -> Measured {
        Measured {
            cpu: CpuRates {
                copy: 1e10,
                product: 2e10,
            },
            gpu,
        }
    }

    const CARD: GpuRates = GpuRates {
        copy: 1e12,
        sent: 1e10,
        fetched: 1e10,
        product_f64: 1e13,
        product_f32: 2e13,
        product_tf32: 1e14,
        latency: 1e-4,
    };

    #[test]
    fn small_products_stay_and_large_ones_go() {
        let with = measured(Some(CARD));
        let from = product_pays_from(&with, Precision::F64).unwrap();
        assert!(!product_pays(&with, Precision::F64, [from - 1; 3]));
        assert!(product_pays(&with, Precision::F64, [from; 3]));
        assert!((64..512).contains(&from), "{from}");
        // A row times a matrix is all transfer.
        assert!(!product_pays(&with, Precision::F64, [1, 4000, 4000]));
        // Half the bytes pay earlier.
        assert!(product_pays_from(&with, Precision::F32).unwrap() < from);
    }

    #[test]
    fn without_a_gpu_and_with_a_slow_one_nothing_goes() {
        assert_eq!(product_pays_from(&measured(None), Precision::F64), None);
        let slow = GpuRates {
            product_f64: 1e9,
            ..CARD
        };
        assert_eq!(
            product_pays_from(&measured(Some(slow)), Precision::F64),
            None
        );
    }
}
