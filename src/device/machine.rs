//! What running a program needs of a GPU: memory, kernels from text, matrix
//! products. The driver is one such machine; tests have another that compiles
//! the same text for the CPU.

use super::{DeviceError, Precision};
pub(crate) use crate::program::cuda::{Base, Grid, Matrix, Product};

/// The memory that the kernels of a program see.
pub(crate) struct Spaces<'a, B> {
    pub constants: &'a B,
    pub indices: &'a B,
    pub parameters: &'a B,
    pub work: &'a B,
}

impl<'a, B> Spaces<'a, B> {
    pub fn at(&self, base: Base) -> &'a B {
        match base {
            Base::Constants => self.constants,
            Base::Parameters => self.parameters,
            Base::Work => self.work,
        }
    }
}

/// Work is done in the order in which it is asked for; only `read` waits.
/// Memory is the device's, so that no method needs a buffer for itself alone.
pub(crate) trait Machine: Send + Sync + 'static {
    type Buffer: Send + Sync;
    type Module: Send + Sync;

    /// Compiles text whose kernels have these names.
    fn compile(&self, source: &str, kernels: &[String]) -> Result<Self::Module, DeviceError>;

    /// Memory of at least so many bytes, of any content.
    fn allocate(&self, bytes: usize) -> Result<Self::Buffer, DeviceError>;

    fn write(&self, to: &Self::Buffer, at: usize, bytes: &[u8]) -> Result<(), DeviceError>;

    fn read(&self, from: &Self::Buffer, at: usize, bytes: &mut [u8]) -> Result<(), DeviceError>;

    /// Runs the kernel of this number.
    fn launch(
        &self,
        module: &Self::Module,
        kernel: usize,
        grid: Grid,
        spaces: &Spaces<'_, Self::Buffer>,
    ) -> Result<(), DeviceError>;

    fn product(
        &self,
        precision: Precision,
        product: &Product,
        spaces: &Spaces<'_, Self::Buffer>,
    ) -> Result<(), DeviceError>;
}
