//! Engineering functions: number bases, bits, complex numbers, Bessel
//! functions, units, steps.

pub(super) mod bases;
pub(super) mod bessel;
pub(super) mod bits;
pub(super) mod complex;
pub(super) mod convert;
pub(super) mod steps;
