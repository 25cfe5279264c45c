//! How fast the devices of this machine are, measured once and kept in the
//! user's cache folder.

use super::cost::operations;
use super::cuda::{Cuda, Description};
use super::machine::{Base, Machine, Matrix, Product, Spaces};
use super::run::send;
use super::{DeviceError, Precision, product};
use crate::atomic;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What the CPU does in a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CpuRates {
    /// Bytes copied, counted once read and once written, with one thread.
    pub copy: f64,
    /// Multiplications and additions of a product of large f64 matrices.
    pub product: f64,
}

/// What a GPU does in a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GpuRates {
    /// Bytes copied within its memory, counted once read and once written.
    pub copy: f64,
    /// Bytes sent to it.
    pub sent: f64,
    /// Bytes fetched from it.
    pub fetched: f64,
    /// Multiplications and additions of a product of large matrices.
    pub product_f64: f64,
    pub product_f32: f64,
    pub product_tf32: f64,
    /// Seconds of the smallest product, with its numbers sent and fetched.
    pub latency: f64,
}

impl GpuRates {
    pub fn product(&self, precision: Precision) -> f64 {
        match precision {
            Precision::F64 => self.product_f64,
            Precision::F32 => self.product_f32,
            Precision::Tf32 => self.product_tf32,
        }
    }
}

/// The rates of the CPU and of the GPU where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub cpu: CpuRates,
    pub gpu: Option<GpuRates>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// What they were measured on and with.
    of: String,
    measured: Measured,
}

/// The rates of this machine: those measured in this process or kept from an
/// earlier one, else (or with `again`) measured now, which takes a second or two.
///
/// # Errors
/// Where the GPU fails, or did when it was measured in this process.
pub fn measured(cuda: Option<&Cuda>, again: bool) -> Result<Measured, DeviceError> {
    type Known = (String, Result<Measured, DeviceError>);
    static NOW: Mutex<Option<Known>> = Mutex::new(None);
    let of = identity(cuda.map(Cuda::description));
    let mut now = NOW.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, measured)) = &*now
        && !again
        && *known == of
    {
        return measured.clone();
    }
    let kept = if again { None } else { kept(&of) };
    let measured = match kept {
        Some(measured) => Ok(measured),
        None => {
            let measured = measure(cuda);
            if let Ok(measured) = &measured {
                keep(&of, *measured);
            }
            measured
        }
    };
    *now = Some((of, measured.clone()));
    measured
}

fn measure(cuda: Option<&Cuda>) -> Result<Measured, DeviceError> {
    Ok(Measured {
        cpu: measure_cpu(),
        gpu: cuda.map(measure_gpu).transpose()?,
    })
}

/// What rates belong to: other hardware, another driver and other code of ours
/// have others.
fn identity(gpu: Option<&Description>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let cpu = super::Backend::name(&super::Cpu);
    match gpu {
        None => format!("{version} {cpu}"),
        Some(gpu) => format!(
            "{version} {cpu} {} {:?} {:?}",
            gpu.name, gpu.driver, gpu.cublas
        ),
    }
}

/// Where rates are kept: in `$XDG_CACHE_HOME` or in `~/.cache`. `None` without a home.
fn file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = match set("XDG_CACHE_HOME") {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(set("HOME")?).join(".cache"),
    };
    Some(base.join("gradsheet").join("devices.json"))
}

fn kept(of: &str) -> Option<Measured> {
    let text = std::fs::read_to_string(file()?).ok()?;
    let kept: Kept = serde_json::from_str(&text).ok()?;
    (kept.of == of).then_some(kept.measured)
}

/// Where this fails the rates are measured again the next time, no more.
fn keep(of: &str, measured: Measured) {
    let kept = Kept {
        of: of.to_owned(),
        measured,
    };
    if let Some(path) = file()
        && let Some(folder) = path.parent()
        && std::fs::create_dir_all(folder).is_ok()
        && let Ok(text) = serde_json::to_string(&kept)
    {
        let _ = atomic::write(&path, |out| out.write_all(text.as_bytes()));
    }
}

/// The least seconds of some runs, after one that warms up.
fn least(
    runs: usize,
    mut run: impl FnMut() -> Result<(), DeviceError>,
) -> Result<f64, DeviceError> {
    run()?;
    let mut least = f64::INFINITY;
    for _ in 0..runs {
        let start = Instant::now();
        run()?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    // A clock that stands still measures nothing.
    Ok(least.max(1e-9))
}

fn measure_cpu() -> CpuRates {
    const BYTES: usize = 32 << 20;
    const SIZE: usize = 384;
    let from = vec![1u8; BYTES];
    let mut to = vec![0u8; BYTES];
    let matrix = vec![0.5; SIZE * SIZE];
    let copying = least(3, || {
        to.copy_from_slice(&from);
        std::hint::black_box(&mut to);
        Ok(())
    });
    let multiplying = least(3, || {
        std::hint::black_box(product::on_cpu([SIZE; 3], &matrix, &matrix));
        Ok(())
    });
    let rate = |work: f64, seconds: Result<f64, DeviceError>| {
        // On the CPU nothing fails.
        work / seconds.unwrap_or(f64::INFINITY)
    };
    CpuRates {
        copy: rate(2.0 * BYTES as f64, copying),
        product: rate(operations([SIZE; 3]), multiplying),
    }
}

fn measure_gpu(cuda: &Cuda) -> Result<GpuRates, DeviceError> {
    const SENT: usize = 64 << 20;
    const COPIED: usize = 256 << 20;
    let driver = cuda.driver();
    let mut numbers = vec![0.0f64; SENT / size_of::<f64>()];
    let from = driver.allocate(COPIED)?;
    let to = driver.allocate(COPIED)?;
    let sending = least(3, || driver.write(&to, 0, &numbers))?;
    let copying = least(3, || {
        driver.copy(&from, &to, COPIED)?;
        driver.wait()
    })?;
    let fetching = least(3, || driver.read(&to, 0, &mut numbers))?;
    let latency = least(10, || {
        product::multiply_on(cuda, [1; 3], &[1.0], &[1.0]).map(|_| ())
    })?;
    let multiply = |precision: Precision| {
        let size = match precision {
            Precision::F64 => 2048,
            Precision::F32 | Precision::Tf32 => 4096,
        };
        let seconds = plain_product(&cuda.with(precision), size)?;
        Ok::<_, DeviceError>(operations([size; 3]) / seconds)
    };
    Ok(GpuRates {
        copy: 2.0 * COPIED as f64 / copying,
        sent: SENT as f64 / sending,
        fetched: SENT as f64 / fetching,
        product_f64: multiply(Precision::F64)?,
        product_f32: multiply(Precision::F32)?,
        product_tf32: multiply(Precision::Tf32)?,
        latency,
    })
}

/// Seconds of a plain call of cuBLAS on square matrices that are on the GPU.
///
/// # Errors
/// Where the GPU fails.
pub fn plain_product(cuda: &Cuda, size: usize) -> Result<f64, DeviceError> {
    let (driver, precision) = (cuda.driver(), cuda.precision());
    let len = size * size;
    let bytes = len * precision.bytes();
    let (factor, product) = (driver.allocate(bytes)?, driver.allocate(bytes)?);
    // Not zeros: a card multiplies them with less power, so at a higher clock.
    let numbers: Vec<f64> = (0..len.min(1 << 22))
        .map(|i| (i as f64 * 0.618_033_988_749_895).fract() - 0.5)
        .collect();
    for at in (0..len).step_by(numbers.len()) {
        let part = &numbers[..numbers.len().min(len - at)];
        send(driver.as_ref(), precision, &factor, at, part)?;
    }
    let spaces = Spaces {
        constants: &factor,
        indices: &factor,
        parameters: &factor,
        work: &product,
    };
    let matrix = |base| Matrix {
        base,
        at: 0,
        stride: size,
    };
    let call = Product {
        transposed: false,
        m: size,
        n: size,
        k: size,
        a: matrix(Base::Constants),
        b: matrix(Base::Constants),
        c: matrix(Base::Work),
    };
    least(5, || {
        driver.product(precision, &call, &spaces)?;
        driver.wait()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_has_rates_that_can_be() {
        let rates = measure_cpu();
        assert!(rates.copy > 1e8 && rates.copy < 1e13, "{rates:?}");
        assert!(rates.product > 1e7 && rates.product < 1e14, "{rates:?}");
    }

    #[test]
    fn rates_survive_being_kept() {
        let measured = Measured {
            cpu: CpuRates {
                copy: 1.25e10,
                product: 3e10,
            },
            gpu: None,
        };
        let kept = Kept {
            of: "this".into(),
            measured,
        };
        let text = serde_json::to_string(&kept).unwrap();
        let read: Kept = serde_json::from_str(&text).unwrap();
        assert_eq!(read.measured, measured);
    }
}
