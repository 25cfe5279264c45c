//! CUDA: looking for it without needing it, and the driver as a [`machine`](super::machine).
//!
//! `cudarc` panics where a library or one of its functions is missing. So all
//! functions that are used are looked up first (`probe`), and a first trial is
//! made under `catch_unwind`. After it all is `Result`s.

mod driver;
mod probe;

#[cfg(test)]
pub(super) use driver::{architectures, translate};
pub use probe::Absent;
#[cfg(test)]
pub(super) use probe::probe_nvrtc;

use super::{Backend, DeviceError, Precision, Runner, run};
use crate::program::Program;
use driver::Driver;
use std::sync::{Arc, OnceLock};

/// The first GPU of this machine.
#[derive(Clone)]
pub struct Cuda {
    driver: Arc<Driver>,
    precision: Precision,
}

/// What was found of a GPU and its libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub name: String,
    /// Major and minor number of the architecture.
    pub compute_capability: (i32, i32),
    /// Bytes.
    pub memory: usize,
    /// The newest CUDA that the driver knows.
    pub driver: (i32, i32),
    pub nvrtc: (i32, i32),
    pub cublas: (i32, i32, i32),
}

impl Cuda {
    /// The first GPU, looked for at the first call.
    ///
    /// # Errors
    /// Why there is none to be used.
    pub fn open(precision: Precision) -> Result<Self, Absent> {
        static FOUND: OnceLock<Result<Arc<Driver>, Absent>> = OnceLock::new();
        let driver = FOUND.get_or_init(|| probe::probe().map(Arc::new)).clone()?;
        Ok(Self { driver, precision })
    }

    /// The same GPU, computing in another precision.
    pub fn with(&self, precision: Precision) -> Self {
        Self {
            driver: self.driver.clone(),
            precision,
        }
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub fn description(&self) -> &Description {
        self.driver.description()
    }

    pub(super) fn driver(&self) -> &Arc<Driver> {
        &self.driver
    }
}

impl Backend for Cuda {
    fn name(&self) -> String {
        self.description().name.clone()
    }

    fn load(&self, program: &Arc<Program>) -> Result<Box<dyn Runner>, DeviceError> {
        Ok(Box::new(run::load(&self.driver, self.precision, program)?))
    }
}
