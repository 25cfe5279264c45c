//! Is there a GPU, and is all that is needed of it?

use super::driver::{Driver, driver_version, nvrtc_version};
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

/// The functions that are used of each library, by this program or by cudarc.
const OF_DRIVER: &[&str] = &[
    "cuCtxGetCurrent",
    "cuCtxSetCurrent",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDeviceGetName",
    "cuDevicePrimaryCtxRelease_v2",
    "cuDevicePrimaryCtxRetain",
    "cuDeviceTotalMem_v2",
    "cuDriverGetVersion",
    "cuGetErrorString",
    "cuInit",
    "cuLaunchKernel",
    "cuMemAllocAsync",
    "cuMemAlloc_v2",
    "cuMemFreeAsync",
    "cuMemFree_v2",
    "cuMemcpyDtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuModuleGetFunction",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuStreamSynchronize",
];
const OF_NVRTC: &[&str] = &[
    "nvrtcCompileProgram",
    "nvrtcCreateProgram",
    "nvrtcDestroyProgram",
    "nvrtcGetCUBIN",
    "nvrtcGetCUBINSize",
    "nvrtcGetNumSupportedArchs",
    "nvrtcGetPTX",
    "nvrtcGetPTXSize",
    "nvrtcGetProgramLog",
    "nvrtcGetProgramLogSize",
    "nvrtcGetSupportedArchs",
    "nvrtcVersion",
];
const OF_CUBLAS: &[&str] = &[
    "cublasCreate_v2",
    "cublasDestroy_v2",
    "cublasDgemm_v2",
    "cublasGetVersion_v2",
    "cublasSetMathMode",
    "cublasSetStream_v2",
    "cublasSgemm_v2",
];

/// Finds the libraries and what is used of them, then the device, and tries it.
pub(super) fn probe() -> Result<Driver, Absent> {
    let cannot = |reason: String| Absent(format!("no CUDA device can be used: {reason}"));
    let toolkit = |name: &str, file: &str| {
        cannot(format!(
            "{name} ({file}) of the CUDA toolkit 13 was not found; install it or add its folder \
             to LD_LIBRARY_PATH"
        ))
    };
    // One after the other: where there is no driver nothing else is loaded.
    // SAFETY (all three): loading a library runs its initialisers, which is what
    // using it would do; the functions are looked up and not called.
    let lacking = first_lacking(OF_DRIVER, |name| unsafe {
        driver::sys::culib().get::<Function>(name).is_ok()
    })
    .ok_or_else(|| Absent("no CUDA device: there is no NVIDIA driver (libcuda)".to_owned()))?;
    if let Some(name) = lacking {
        return Err(cannot(format!(
            "the driver (libcuda) lacks {name}: it is too old; update the NVIDIA driver"
        )));
    }
    let nvrtc = first_lacking(OF_NVRTC, |name| unsafe {
        nvrtc::sys::culib().get::<Function>(name).is_ok()
    })
    .ok_or_else(|| toolkit("NVRTC", "libnvrtc"))?;
    let cublas = first_lacking(OF_CUBLAS, |name| unsafe {
        cublas::sys::culib().get::<Function>(name).is_ok()
    })
    .ok_or_else(|| toolkit("cuBLAS", "libcublas"))?;
    if let Some(name) = nvrtc.or(cublas) {
        return Err(cannot(format!(
            "its library lacks {name}: it is too old; update the CUDA toolkit"
        )));
    }
    let tried = quietly(|| {
        let driver = Driver::open()?;
        rehearse(&driver)?;
        Ok::<_, DeviceError>(driver)
    });
    match tried {
        Some(Ok(driver)) => Ok(driver),
        Some(Err(error)) => {
            let newer = quietly(newer_toolkit).flatten().unwrap_or_default();
            Err(cannot(format!("{error}{newer}")))
        }
        None => Err(cannot(
            "its driver or a library of CUDA does not do what it should; update the driver and \
             the CUDA toolkit"
                .to_owned(),
        )),
    }
}

type Function = unsafe extern "C" fn();

/// The first function that a library lacks; `None` where there is no such
/// library, which cudarc says by a panic.
fn first_lacking(
    names: &[&'static str],
    has: impl Fn(&[u8]) -> bool + UnwindSafe,
) -> Option<Option<&'static str>> {
    let mut names = names.iter().copied();
    quietly(move || names.find(|name| !has(name.as_bytes())))
}

/// A cause that is worth a word where the first trial fails: code of a newer
/// toolkit than the driver knows.
fn newer_toolkit() -> Option<String> {
    let (driver, toolkit) = (driver_version().ok()?, nvrtc_version().ok()?);
    (toolkit > driver).then(|| {
        format!(
            "; the driver knows CUDA up to {}.{} and NVRTC is of {}.{}: update the driver, or take \
             an older toolkit",
            driver.0, driver.1, toolkit.0, toolkit.1
        )
    })
}

/// Whether the compiler is here; it needs no GPU.
#[cfg(test)]
pub(in crate::device) fn probe_nvrtc() -> bool {
    // SAFETY: it loads the library and closes it again.
    unsafe { nvrtc::sys::is_culib_present() }
}

/// A kernel, products and copies, whose results are known.
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
    driver.write(&constants, 0, &[3.0, 5.0])?;
    driver.write(&parameters, 0, &[7.0, 11.0])?;
    driver.write(&indices, 0, &[1u32, 0])?;
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
    let mut results = [0.0; 3];
    driver.read(&work, 0, &mut results)?;
    let [first, second, dot_product] = results;
    if [first, second] != [10.0, 6.0] {
        return Err(wrong("a kernel"));
    }
    if dot_product != 136.0 {
        return Err(wrong("cuBLAS"));
    }
    // The same function in the other precisions; the buffers hold no such
    // numbers, and nobody reads the result.
    for precision in [Precision::F32, Precision::Tf32] {
        driver.product(precision, &dot, &spaces)?;
    }
    driver.wait()
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
