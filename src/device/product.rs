//! Products of matrices in recalculation, on the device that the user asked
//! for or the cost model chooses.

use super::cost::{product_pays, worth_looking};
use super::cuda::Cuda;
use super::machine::{Base, Machine, Matrix, Product, Spaces};
use super::rates::measured;
use super::run::{fetch, send};
use super::{Choice, DeviceError, Precision};
use nalgebra::DMatrixView;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub choice: Choice,
    pub precision: Precision,
}

static SETTINGS: OnceLock<Settings> = OnceLock::new();

/// Chooses for the whole process, once: a machine's devices are one for all
/// workbooks. Later calls change nothing.
pub fn choose(settings: Settings) {
    let _ = SETTINGS.set(settings);
}

/// What was chosen, else the defaults.
pub fn settings() -> Settings {
    SETTINGS.get().copied().unwrap_or_default()
}

/// What [`multiply`] did on the GPU in this process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    pub products: u64,
    /// The largest error seen of a product in less than f64, relative to the
    /// sum of the absolute values of its terms; some elements of each product
    /// are compared.
    pub error: Option<f64>,
    /// Why the CPU multiplied in the GPU's place.
    pub fallback: Option<DeviceError>,
}

static USAGE: Mutex<Usage> = Mutex::new(Usage {
    products: 0,
    error: None,
    fallback: None,
});

/// What the GPU did so far.
pub fn usage() -> Usage {
    used().clone()
}

fn used() -> MutexGuard<'static, Usage> {
    USAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The product of `a`, `m` by `k`, and `b`, `k` by `n`, column by column.
///
/// # Panics
/// If a matrix has not as many elements as its size says: a caller's mistake.
pub fn multiply(size: [usize; 3], a: &[f64], b: &[f64]) -> Vec<f64> {
    let [m, k, n] = size;
    assert!(a.len() == m * k && b.len() == k * n, "{m}x{k} by {k}x{n}");
    match on_chosen(size, a, b) {
        Ok(Some(product)) => product,
        Ok(None) => on_cpu(size, a, b),
        Err(error) => {
            used().fallback = Some(error);
            on_cpu(size, a, b)
        }
    }
}

/// The product on the GPU; `None` where it is to run on the CPU.
fn on_chosen(size: [usize; 3], a: &[f64], b: &[f64]) -> Result<Option<Vec<f64>>, DeviceError> {
    let Some(cuda) = chosen(settings(), size)? else {
        return Ok(None);
    };
    let product = multiply_on(&cuda, size, a, b)?;
    let seen = (cuda.precision() != Precision::F64).then(|| error_of(size, a, b, &product));
    let mut usage = used();
    usage.products += 1;
    if let Some(seen) = seen {
        usage.error = Some(usage.error.map_or(seen, |error| error.max(seen)));
    }
    Ok(Some(product))
}

/// The GPU, where this product is to run there.
fn chosen(settings: Settings, size: [usize; 3]) -> Result<Option<Cuda>, DeviceError> {
    let precision = settings.precision;
    Ok(match settings.choice {
        Choice::Cpu => None,
        // Where one was asked for, whoever asked was told that there is none.
        Choice::Cuda => Cuda::open(precision).ok(),
        Choice::Auto if !worth_looking(size) => None,
        Choice::Auto => match Cuda::open(precision) {
            Ok(cuda) => {
                let measured = measured(Some(&cuda), false)?;
                product_pays(&measured, precision, size).then_some(cuda)
            }
            Err(_) => None,
        },
    })
}

/// Plainly, with one thread.
pub(super) fn on_cpu([m, k, n]: [usize; 3], a: &[f64], b: &[f64]) -> Vec<f64> {
    let product = DMatrixView::from_slice(a, m, k) * DMatrixView::from_slice(b, k, n);
    product.data.into()
}

/// The product on this GPU, in its precision, whatever was chosen: both factors
/// are sent and the product fetched.
///
/// # Errors
/// Where the GPU fails.
///
/// # Panics
/// If a matrix has not as many elements as its size says: a caller's mistake.
pub fn multiply_on(
    cuda: &Cuda,
    size: [usize; 3],
    a: &[f64],
    b: &[f64],
) -> Result<Vec<f64>, DeviceError> {
    let [m, k, n] = size;
    assert!(a.len() == m * k && b.len() == k * n, "{m}x{k} by {k}x{n}");
    on_machine(cuda.driver().as_ref(), cuda.precision(), size, a, b)
}

/// Sends the factors, multiplies, fetches the product.
pub(super) fn on_machine<M: Machine>(
    machine: &M,
    precision: Precision,
    [m, k, n]: [usize; 3],
    a: &[f64],
    b: &[f64],
) -> Result<Vec<f64>, DeviceError> {
    if m == 0 || k == 0 || n == 0 {
        // Sums of nothing; cuBLAS knows no leading dimension of 0.
        return Ok(vec![0.0; m * n]);
    }
    let bytes = precision.bytes();
    let left = machine.allocate(a.len() * bytes)?;
    let right = machine.allocate(b.len() * bytes)?;
    let result = machine.allocate(m * n * bytes)?;
    send(machine, precision, &left, 0, a)?;
    send(machine, precision, &right, 0, b)?;
    let spaces = Spaces {
        constants: &left,
        indices: &left,
        parameters: &right,
        work: &result,
    };
    let matrix = |base, stride| Matrix {
        base,
        at: 0,
        stride,
    };
    let product = Product {
        transposed: false,
        m,
        n,
        k,
        a: matrix(Base::Constants, m),
        b: matrix(Base::Parameters, k),
        c: matrix(Base::Work, m),
    };
    machine.product(precision, &product, &spaces)?;
    let mut out = vec![0.0; m * n];
    fetch(machine, precision, &result, 0, &mut out)?;
    Ok(out)
}

/// How far some elements of a product are from those of f64.
fn error_of([m, k, n]: [usize; 3], a: &[f64], b: &[f64], product: &[f64]) -> f64 {
    const SAMPLES: usize = 64;
    let len = m * n;
    let step = len.div_ceil(SAMPLES).max(1);
    // Odd, so that it does not stay in one row.
    let step = if len > SAMPLES { step | 1 } else { step };
    let mut worst: f64 = 0.0;
    for at in (0..len).step_by(step) {
        let (row, col) = (at % m, at / m);
        let (mut exact, mut size) = (0.0, 0.0);
        for i in 0..k {
            let term = a[i * m + row] * b[col * k + i];
            exact += term;
            size += term.abs();
        }
        if size > 0.0 && size.is_finite() {
            worst = worst.max((product[at] - exact).abs() / size);
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_column_by_column() {
        // [1 2; 3 4; 5 6] [7 9; 8 10]
        let a = [1.0, 3.0, 5.0, 2.0, 4.0, 6.0];
        let b = [7.0, 8.0, 9.0, 10.0];
        let product = multiply([3, 2, 2], &a, &b);
        assert_eq!(product, [23.0, 53.0, 83.0, 29.0, 67.0, 105.0]);
        assert_eq!(error_of([3, 2, 2], &a, &b, &product), 0.0);
        let near: Vec<f64> = product.iter().map(|x| x * 1.001).collect();
        assert!((error_of([3, 2, 2], &a, &b, &near) - 1e-3).abs() < 1e-9);
    }
}
