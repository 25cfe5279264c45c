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

/// What travels: numbers of which every pattern of bits is one.
pub(crate) trait Number: Copy + Default {}
impl Number for f64 {}
impl Number for f32 {}
impl Number for u32 {}

/// Work is done in the order in which it is asked for. Memory is the device's,
/// so that no method needs a buffer for itself alone.
pub(crate) trait Machine: Send + Sync + 'static {
    type Buffer: Send + Sync;
    type Module: Send + Sync;

    /// Compiles text whose kernels have these names.
    fn compile(&self, source: &str, kernels: &[String]) -> Result<Self::Module, DeviceError>;

    /// Memory of at least so many bytes, of any content.
    fn allocate(&self, bytes: usize) -> Result<Self::Buffer, DeviceError>;

    /// Writes numbers from the `at`th on, and waits until they are taken.
    fn write<T: Number>(
        &self,
        to: &Self::Buffer,
        at: usize,
        numbers: &[T],
    ) -> Result<(), DeviceError>;

    /// Waits for all work and reads numbers from the `at`th on.
    fn read<T: Number>(
        &self,
        from: &Self::Buffer,
        at: usize,
        numbers: &mut [T],
    ) -> Result<(), DeviceError>;

    /// Writes numbers to the beginning of a buffer, asks for some work, and reads
    /// from the beginning of another. It may wait once only, at the end.
    fn exchange<T: Number>(
        &self,
        (to, sent): (&Self::Buffer, &[T]),
        work: impl FnOnce() -> Result<(), DeviceError>,
        (from, fetched): (&Self::Buffer, &mut [T]),
    ) -> Result<(), DeviceError> {
        self.write(to, 0, sent)?;
        work()?;
        self.read(from, 0, fetched)
    }

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
