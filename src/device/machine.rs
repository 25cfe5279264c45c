//! What running a program needs of a GPU: memory, kernels from text, matrix
//! products. The driver is one such machine; tests have another that compiles
//! the same text for the CPU.

use super::{DeviceError, Precision};

/// The memory that the kernels of a program see.
pub(crate) struct Spaces<'a, B> {
    pub constants: &'a B,
    pub indices: &'a B,
    pub parameters: &'a B,
    pub work: &'a B,
}

/// One of the memories that hold numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Constants,
    Parameters,
    Work,
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

/// A matrix in device memory, column by column: the memory it lies in, its
/// first element there, and the elements from one column to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    pub base: Base,
    pub at: usize,
    pub stride: usize,
}

/// `c = a b`, or `aᵀ b`: `m` by `k` times `k` by `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub transposed: bool,
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a: Matrix,
    pub b: Matrix,
    pub c: Matrix,
}

/// How many threads run a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub blocks: usize,
    pub threads: usize,
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
