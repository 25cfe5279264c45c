//! Vectors of lanes, and the instruction sets that a kernel is compiled for.
//!
//! A kernel's loops are generic over an [`Isa`] and always inlined into one
//! function for each (`super::run_task`), which the compiler may then fill with
//! the instructions of that set. Which set runs is decided once, from what the
//! processor has.
//!
//! The sets differ in rounding alone: sums of products use fused multiply-add
//! where there is one. Everything else rounds as written.

/// An instruction set.
pub(super) trait Isa {
    /// Four lanes.
    type Wide: Vector;
    /// One lane, rounding as `Wide` does.
    type One: Vector;
}

/// A few numbers that are computed with at once.
pub(super) trait Vector: Copy {
    const LANES: usize;

    /// # Safety
    /// `from` points to as many numbers as there are lanes.
    unsafe fn load(from: *const f64) -> Self;

    /// # Safety
    /// `to` points to as many numbers as there are lanes.
    unsafe fn store(self, to: *mut f64);

    fn splat(x: f64) -> Self;

    fn add(self, other: Self) -> Self;

    /// `self * b + c`
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// 0 where `gate` is 0, whatever this is.
    fn gated(self, gate: Self) -> Self;
}

/// What every processor has.
pub(super) struct Portable;

impl Isa for Portable {
    type Wide = [f64; 4];
    type One = [f64; 1];
}

impl<const N: usize> Vector for [f64; N] {
    const LANES: usize = N;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller promises N numbers, and a number's alignment is enough.
        unsafe { from.cast::<[f64; N]>().read() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: as above.
        unsafe { to.cast::<[f64; N]>().write(self) }
    }

    #[inline(always)]
    fn splat(x: f64) -> Self {
        [x; N]
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] + other[i])
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        std::array::from_fn(|i| self[i] * b[i] + c[i])
    }

    #[inline(always)]
    fn gated(self, gate: Self) -> Self {
        std::array::from_fn(|i| if gate[i] == 0.0 { 0.0 } else { self[i] })
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Isa, Vector};
    use std::arch::x86_64::*;

    /// AVX2 with FMA: x86-64 processors since about 2013.
    pub struct Avx2;

    impl Isa for Avx2 {
        type Wide = Four;
        type One = One;
    }

    /// These are used only within a function compiled for AVX2 and FMA, which
    /// runs only where `native::available`: what makes the intrinsics safe.
    #[derive(Clone, Copy)]
    pub struct Four(__m256d);

    impl Vector for Four {
        const LANES: usize = 4;

        #[inline(always)]
        unsafe fn load(from: *const f64) -> Self {
            // SAFETY: the caller promises four numbers; see the type for the instructions.
            Four(unsafe { _mm256_loadu_pd(from) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f64) {
            // SAFETY: as for loads.
            unsafe { _mm256_storeu_pd(to, self.0) }
        }

        #[inline(always)]
        fn splat(x: f64) -> Self {
            // SAFETY: see the type.
            Four(unsafe { _mm256_set1_pd(x) })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: see the type.
            Four(unsafe { _mm256_add_pd(self.0, other.0) })
        }

        #[inline(always)]
        fn mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see the type.
            Four(unsafe { _mm256_fmadd_pd(self.0, b.0, c.0) })
        }

        #[inline(always)]
        fn gated(self, gate: Self) -> Self {
            // SAFETY: see the type. NaN is not 0, and lets pass.
            Four(unsafe {
                let open = _mm256_cmp_pd::<_CMP_NEQ_UQ>(gate.0, _mm256_setzero_pd());
                _mm256_and_pd(self.0, open)
            })
        }
    }

    #[derive(Clone, Copy)]
    pub struct One(f64);

    impl Vector for One {
        const LANES: usize = 1;

        #[inline(always)]
        unsafe fn load(from: *const f64) -> Self {
            // SAFETY: the caller promises a number.
            One(unsafe { *from })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f64) {
            // SAFETY: the caller promises a number.
            unsafe { *to = self.0 }
        }

        #[inline(always)]
        fn splat(x: f64) -> Self {
            One(x)
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            One(self.0 + other.0)
        }

        #[inline(always)]
        fn mul_add(self, b: Self, c: Self) -> Self {
            One(self.0.mul_add(b.0, c.0))
        }

        #[inline(always)]
        fn gated(self, gate: Self) -> Self {
            if gate.0 == 0.0 { One(0.0) } else { self }
        }
    }
}
