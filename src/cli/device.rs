//! The options `--device` and `--precision`, and what is told of their use.

use super::{Result, complain};
use clap::builder::PossibleValuesParser;
use gradsheet::device::{self, Choice, Cuda, Precision, Settings};
use gradsheet::engine::gradient::{Placement, Slice, cpu_name};

#[derive(Debug, clap::Args)]
pub struct DeviceArgs {
    /// Where to compute: auto takes the GPU where there is one and it is faster
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = PossibleValuesParser::new(Choice::NAMES))]
    device: String,
    /// The numbers that the GPU computes with
    #[arg(long, value_name = "P", default_value = "f64", value_parser = PossibleValuesParser::new(Precision::NAMES))]
    precision: String,
}

impl DeviceArgs {
    /// What was asked for, from now on in the whole process.
    ///
    /// # Errors
    /// Where a GPU is asked for and there is none to be used, or the CPU is
    /// asked for less than f64.
    pub fn choose(&self) -> Result<Settings> {
        let settings = Settings {
            choice: self.device.parse()?,
            precision: self.precision.parse()?,
        };
        if settings.choice == Choice::Cuda {
            Cuda::open(settings.precision).map_err(|absent| {
                format!("--device cuda: {absent} (gradsheet devices says more)")
            })?;
        }
        if settings.choice == Choice::Cpu && settings.precision != Precision::F64 {
            return Err(format!(
                "--precision {}: the CPU computes with f64 only; leave it out, or take --device cuda",
                settings.precision
            )
            .into());
        }
        device::choose(settings);
        Ok(settings)
    }
}

/// At the end of a command: tells where matrix products of recalculation ran on
/// the GPU with less than f64, or did not although they should have.
pub fn tell_usage() {
    let usage = device::usage();
    if let Some(error) = usage.error {
        let plural = if usage.products == 1 { "" } else { "s" };
        complain(&format!(
            "note: {} matrix product{plural} in {} on the GPU; largest error seen, relative to the sum \
             of absolute terms: {error:.1e}",
            usage.products,
            device::settings().precision,
        ));
    }
    if let Some(error) = usage.fallback {
        complain(&format!("note: {error}; the CPU multiplied instead"));
    }
}

/// Puts a slice where the settings say; returns the device's name. Tells what
/// is worth knowing of it.
pub fn place(slice: &mut Slice, settings: Settings) -> String {
    match slice.place(settings) {
        Ok(None) => cpu_name(),
        Ok(Some(Placement {
            device,
            precision,
            seconds,
            cpu_seconds,
        })) => {
            complain(&format!(
                "note: evaluated on {device} in {precision}, {:.3} ms each (the CPU takes {:.3} ms)",
                seconds * 1e3,
                cpu_seconds * 1e3
            ));
            let start = slice.start().to_vec();
            tell_deviation(slice, &start, "at the start");
            device
        }
        Err(error) => {
            complain(&format!("note: {error}; the CPU computes instead"));
            cpu_name()
        }
    }
}

/// Tells how far a device's results are from the CPU's, where it computes with
/// less than f64.
pub fn tell_deviation(slice: &mut Slice, x: &[f64], when: &str) {
    let precision = device::settings().precision;
    if precision == Precision::F64 {
        return;
    }
    if let Some(deviation) = slice.deviation(x) {
        complain(&format!(
            "note: {precision} {when}: objective off by {:.1e}, gradient by {:.1e}, relative to f64 on the CPU",
            deviation.value, deviation.gradient
        ));
    }
}

/// Tells why a device was given up on the way.
pub fn tell_trouble(slice: &Slice) {
    if let Some(error) = slice.trouble() {
        complain(&format!("note: {error}; the CPU went on"));
    }
}
