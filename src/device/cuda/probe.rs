//! Is there a GPU, and is all that is needed of it?

use super::driver::Driver;
use crate::device::machine::{Base, Grid, Machine, Matrix, Product, Spaces};
use crate::device::{DeviceError, Precision};
use cudarc::{cublas, driver, nvrtc};
use std::cell::Cell;
use std::panic::{self, UnwindSafe};
use std::sync::Once;

/// Why no GPU is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Absent(String);

/// Finds the libraries, then the device, and uses each function once that is
/// used later: a driver that lacks one is too old.
pub(super) fn probe() -> Result<Driver, Absent> {
    // SAFETY: these load the libraries of that name and close them again. That
    // runs their initialisers, which is what using them would do.
    let (driver, nvrtc, cublas) = unsafe {
        (
            driver::sys::is_culib_present(),
            nvrtc::sys::is_culib_present(),
            cublas::sys::is_culib_present(),
        )
    };
    if !driver {
        return Err(Absent(
            "no CUDA device: there is no NVIDIA driver (libcuda)".into(),
        ));
    }
    for (present, name) in [(nvrtc, "NVRTC (libnvrtc)"), (cublas, "cuBLAS (libcublas)")] {
        if !present {
            return Err(Absent(format!(
                "no CUDA device can be used: {name} of the CUDA toolkit 13 was not found; \
                 install it or add its folder to LD_LIBRARY_PATH"
            )));
        }
    }
    let tried = quietly(|| {
        let driver = Driver::open()?;
        rehearse(&driver)?;
        Ok::<_, DeviceError>(driver)
    });
    match tried {
        Some(Ok(driver)) => Ok(driver),
        Some(Err(error)) => Err(Absent(format!("no CUDA device can be used: {error}"))),
        None => Err(Absent(
            "no CUDA device can be used: its driver or a library of CUDA lacks a function; \
             update the driver and the CUDA toolkit"
                .into(),
        )),
    }
}

/// Whether the compiler is here; it needs no GPU.
#[cfg(test)]
pub(in crate::device) fn probe_nvrtc() -> bool {
    // SAFETY: it loads the library and closes it again.
    unsafe { nvrtc::sys::is_culib_present() }
}

/// Uses every function of the libraries once.
fn rehearse(driver: &Driver) -> Result<(), DeviceError> {
    const TEXT: &str = "extern \"C\" __global__ void twice(const double* c, \
        const double* p, double* w, const unsigned* x) { w[threadIdx.x] = 2 * c[x[threadIdx.x]]; }";
    let wrong = |what: &str| DeviceError::Failed {
        doing: "a first trial",
        reason: format!("{what} gave a wrong result"),
    };
    let constants = driver.allocate(16)?;
    let indices = driver.allocate(8)?;
    let parameters = driver.allocate(16)?;
    let work = driver.allocate(48)?;
    let two = |a: f64, b: f64| [a.to_ne_bytes(), b.to_ne_bytes()].concat();
    driver.write(&constants, 0, &two(3.0, 5.0))?;
    driver.write(&parameters, 0, &two(7.0, 11.0))?;
    let order = [1u32.to_ne_bytes(), 0u32.to_ne_bytes()].concat();
    driver.write(&indices, 0, &order)?;
    let spaces = Spaces {
        constants: &constants,
        indices: &indices,
        parameters: &parameters,
        work: &work,
    };
    let module = driver.compile(TEXT, &["twice".to_owned()])?;
    let grid = Grid {
        blocks: 1,
        threads: 2,
    };
    driver.launch(&module, 0, grid, &spaces)?;
    let column = |base, at| Matrix {
        base,
        at,
        stride: 2,
    };
    let dot = Product {
        transposed: true,
        m: 1,
        n: 1,
        k: 2,
        a: column(Base::Parameters, 0),
        b: column(Base::Work, 0),
        c: Matrix {
            stride: 1,
            ..column(Base::Work, 2)
        },
    };
    driver.product(Precision::F64, &dot, &spaces)?;
    let mut bytes = [0; 24];
    driver.read(&work, 0, &mut bytes)?;
    let mut results = bytes
        .chunks_exact(8)
        .map(|b| f64::from_ne_bytes(b.try_into().unwrap_or_default()));
    if results.next() != Some(10.0) || results.next() != Some(6.0) {
        return Err(wrong("a kernel"));
    }
    if results.next() != Some(136.0) {
        return Err(wrong("cuBLAS"));
    }
    // The same functions in the other precisions; their buffers hold no such
    // numbers, and nobody reads the result.
    for precision in [Precision::F32, Precision::Tf32] {
        driver.product(precision, &dot, &spaces)?;
    }
    driver.read(&work, 0, &mut bytes)
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`; `None` where it panics, of which this thread says nothing.
fn quietly<T>(f: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    static HOOK: Once = Once::new();
    // Set once and never taken away, so that threads cannot get in each
    // other's way; it only keeps quiet where it is asked to.
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
    QUIET.set(true);
    let result = panic::catch_unwind(f);
    QUIET.set(false);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_library_is_no_panic_here() {
        assert_eq!(quietly(|| 3), Some(3));
        assert_eq!(quietly(|| -> i32 { panic!("a missing library") }), None);
    }

    #[test]
    fn looking_for_a_gpu_never_panics_and_says_why_there_is_none() {
        match probe() {
            Ok(driver) => assert!(!driver.description().name.is_empty()),
            Err(absent) => assert!(absent.to_string().contains("CUDA"), "{absent}"),
        }
    }
}
