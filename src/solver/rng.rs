//! Random numbers that are the same on every machine.

/// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators" (OOPSLA 2014), with the constants of Vigna's public-domain
/// `splitmix64.c`. Each start of a search has its own stream.
#[derive(Clone, Debug)]
pub(super) struct SplitMix64 {
    state: u64,
}

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

impl SplitMix64 {
    /// The stream number `stream` of a seed.
    pub(super) fn stream(seed: u64, stream: u64) -> Self {
        // Two rounds of mixing keep the streams of neighbouring numbers, which
        // would be shifts of one another, apart.
        let mut outer = Self { state: seed };
        let base = outer.next();
        let mut inner = Self {
            state: base ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03),
        };
        Self {
            state: inner.next(),
        }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`, from the upper 53 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_published_sequence() {
        // The first outputs of splitmix64.c from state 1234567.
        let mut rng = SplitMix64 { state: 1_234_567 };
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn units_fill_the_interval_evenly() {
        let mut rng = SplitMix64::stream(7, 3);
        let mean = (0..10_000).map(|_| rng.unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
    }
}
