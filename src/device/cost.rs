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

/// Below so many multiplications nobody looks for a GPU: finding one takes
/// longer.
const LEAST_WORK: usize = 1 << 26;

/// Whether a product is worth looking for a GPU.
pub(super) fn worth_looking([m, k, n]: [usize; 3]) -> bool {
    m.saturating_mul(k).saturating_mul(n) >= LEAST_WORK
}

/// Whether a product runs on the GPU: where it is faster there, if it is worth
/// looking for one.
pub(super) fn product_pays(measured: &Measured, precision: Precision, size: [usize; 3]) -> bool {
    worth_looking(size)
        && measured
            .gpu
            .is_some_and(|gpu| on_gpu(&gpu, precision, size) < on_cpu(&measured.cpu, size))
}

/// The least size of square matrices whose product runs on the GPU;
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

    /// A card behind a slow bus.
    const CARD: GpuRates = GpuRates {
        copy: 1e12,
        sent: 5e8,
        fetched: 5e8,
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
        assert!((460..500).contains(&from), "{from}");
        // A row times a matrix is all transfer.
        assert!(!product_pays(&with, Precision::F64, [1, 4000, 4000]));
        // Half the bytes pay earlier, but nothing is worth looking for a card
        // before it has so much work as that takes.
        let earlier = product_pays_from(&with, Precision::F32).unwrap();
        assert_eq!(earlier, 407);
        assert!(worth_looking([earlier; 3]) && !worth_looking([earlier - 1; 3]));
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
