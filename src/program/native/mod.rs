//! Machine code made at run time, for x86-64 processors with AVX2 and FMA.
//!
//! What is compiled is one *tile*: a straight line of operations on vectors of
//! four numbers, in static single assignment. [`Tile`] is written by whoever
//! wants it run over and over: the CPU's kernels over the lanes of a block
//! (`cpu/compiled`), recurrences over their steps (`ops/scan/numbers`). `registers`
//! decides what is held in the sixteen vector registers and writes the
//! instructions, `function` puts a loop around them and makes them executable.
//!
//! Nothing depends on it: where the processor or the system does not allow it,
//! the same instructions are interpreted.

// Elsewhere nothing reads what a tile says.
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]

mod elementwise;
#[cfg(target_arch = "x86_64")]
mod encode;
#[cfg(target_arch = "x86_64")]
mod function;
#[cfg(target_arch = "x86_64")]
mod registers;
#[cfg(test)]
mod tests;
mod tile;

pub(super) use elementwise::{absorbing_product, binary, reduction, select, unary};
#[cfg(target_arch = "x86_64")]
pub(super) use function::Function;
pub(super) use tile::{Operand, Predicate, Target, Tile};

/// The numbers of a vector.
pub(super) const VECTOR: usize = 4;

/// What a function gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    /// Where the lanes of each operand begin.
    pub operands: *const *const f64,
    pub numbers: *const f64,
    pub weights: *const f64,
    /// The first of the running sums.
    pub sums: *mut [f64; VECTOR],
    /// How many lanes or steps.
    pub count: usize,
}

/// Whether this processor has AVX2 and FMA.
pub(super) fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) use elsewhere::Function;

/// Other processors interpret.
#[cfg(not(target_arch = "x86_64"))]
mod elsewhere {
    use super::Arguments;
    use super::tile::{Operand, Tile};

    #[derive(Debug)]
    pub enum Function {}

    impl Function {
        pub fn over_lanes(_: usize, _: impl Fn(usize, bool) -> Tile) -> Option<Self> {
            None
        }

        pub fn over_steps(_: bool, _: &[u32], _: &Tile, _: &[Operand]) -> Option<Self> {
            None
        }

        pub unsafe fn run(&self, _: Arguments) {
            match *self {}
        }

        pub fn size(&self) -> usize {
            match *self {}
        }
    }
}
