//! Where programs run and large matrices are multiplied: on the CPU, or on a
//! GPU where there is one and it pays.
//!
//! A [`Backend`] takes a compiled [`Program`] and gives a [`Runner`] of it.
//! Every back end runs the same program: fusion, schedule and derivatives were
//! decided before. `cuda` turns its steps into kernels as text; its parts do
//! what they do through a `machine::Machine`, so that tests run all of it but
//! the driver on the CPU.
//!
//! Libraries of the GPU are looked for when one is first asked for; no build
//! needs them, and where they are missing or too old that is an [`Absent`]
//! with its reason.

mod cost;
mod cpu;
mod cuda;
mod machine;
mod product;
mod rates;
mod run;
#[cfg(test)]
mod tests;

pub use cost::product_pays_from;
pub use cpu::Cpu;
pub use cuda::{Absent, Cuda, Description};
pub use product::{Settings, Usage, choose, multiply, multiply_on, settings, usage};
pub use rates::{CpuRates, GpuRates, Measured, measured, plain_product};

use crate::program::Program;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What may run programs.
pub trait Backend: Send + Sync {
    /// The device's name, as its maker gives it.
    fn name(&self) -> String;

    /// Makes a program ready to be run many times: its constants go to the
    /// device and stay there.
    ///
    /// # Errors
    /// Where the device has not enough memory, or refuses the program.
    fn load(&self, program: &Arc<Program>) -> Result<Box<dyn Runner>, DeviceError>;
}

/// A program on a device.
pub trait Runner: Send + Sync {
    /// Runs the program; only the parameters and the outputs travel.
    ///
    /// # Errors
    /// Where the device fails.
    ///
    /// # Panics
    /// If `parameters` has not [`Program::parameter_len`] elements.
    fn run(&mut self, parameters: &[f64]) -> Result<(), DeviceError>;

    /// The elements of an output after a run.
    fn output(&self, index: usize) -> &[f64];

    /// Another runner of the same program with buffers of its own; constants
    /// are shared.
    ///
    /// # Errors
    /// Where the device has not enough memory.
    fn fork(&self) -> Result<Box<dyn Runner>, DeviceError>;
}

/// Which device the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    Cpu,
    Cuda,
    /// What is faster: of matrix products what the cost model takes for it; of
    /// compiled programs what is when both are tried and timed.
    #[default]
    Auto,
}

/// The numbers that a GPU computes with. The CPU always has f64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 53 binary digits.
    #[default]
    F64,
    /// 24 binary digits.
    F32,
    /// As `F32`, but factors of matrix products are rounded to 11 binary
    /// digits, for the tensor cores.
    Tf32,
}

impl Choice {
    pub const NAMES: [&'static str; 3] = ["cpu", "cuda", "auto"];
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            "auto" => Ok(Self::Auto),
            _ => Err(format!(
                "there is no device {text}: it is cpu, cuda or auto"
            )),
        }
    }
}

impl Precision {
    pub const NAMES: [&'static str; 3] = ["f64", "f32", "tf32"];

    /// The bytes of a number on the device.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 | Self::Tf32 => 4,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES[*self as usize])
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "f64" => Ok(Self::F64),
            "f32" => Ok(Self::F32),
            "tf32" => Ok(Self::Tf32),
            _ => Err(format!(
                "there is no precision {text}: it is f64, f32 or tf32"
            )),
        }
    }
}

/// Why a device did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("the GPU has not enough memory: {bytes} more bytes are needed")]
    OutOfMemory { bytes: usize },
    #[error(
        "the GPU's kernels count fewer than 2^32 elements, and a part of the program has {elements}"
    )]
    TooLarge { elements: usize },
    /// The compiler's log is for whoever mends the generated text.
    #[error("the GPU's compiler refused a kernel: {0}")]
    Compile(String),
    #[error("the GPU failed at {doing}: {reason}")]
    Failed { doing: &'static str, reason: String },
}
