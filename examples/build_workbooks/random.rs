//! Reproducible random numbers for starting parameters and made-up data.

use gradsheet::random::SplitMix64;

/// Every seed gives the same numbers everywhere.
pub struct Random(SplitMix64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    /// Uniform on [low, high), in steps that six decimals show exactly.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        ((low + (high - low) * self.0.unit()) * 1e6).round() / 1e6
    }

    /// One of 0, 1, …, `n` - 1.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0.bits() % n
    }
}
