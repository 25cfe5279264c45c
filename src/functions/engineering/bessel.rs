//! Bessel functions of whole orders.
//!
//! Orders 0 and 1 are computed by the approximations that Excel computes
//! with, so that its results come out to their digits: the polynomials of
//! Abramowitz and Stegun, "Handbook of Mathematical Functions", 9.8.1 to
//! 9.8.8, for I and K, and the rational functions of Hart, "Computer
//! Approximations" (1968), for J and Y. They are good to about eight digits,
//! J1 past 8 to five only (see [`J1_PHASE`]). Higher orders follow by
//! recurrence, upward where that is stable, else downward from an order high
//! above by Miller's algorithm (Abramowitz and Stegun, 9.12).

use super::super::arguments::{Scalars, done};
use super::super::params::scalar;
use super::super::{Category, Function, Param, ValueRule};
use crate::value::{ErrorKind, Value};

/// The sum of `c[k] x^k`.
fn polynomial(c: &[f64], x: f64) -> f64 {
    c.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Numerator and denominator of a function of x², below 8.
type Ratio = ([f64; 6], [f64; 7]);

const J0: Ratio = (
    [
        57_568_490_574.0,
        -13_362_590_354.0,
        651_619_640.7,
        -11_214_424.18,
        77_392.330_17,
        -184.905_245_6,
    ],
    [
        57_568_490_411.0,
        1_029_532_985.0,
        9_494_680.718,
        59_272.648_53,
        267.853_271_2,
        1.0,
        0.0,
    ],
);
const J1: Ratio = (
    [
        72_362_614_232.0,
        -7_895_059_235.0,
        242_396_853.1,
        -2_972_611.439,
        15_704.482_60,
        -30.160_366_06,
    ],
    [
        144_725_228_442.0,
        2_300_535_178.0,
        18_583_304.74,
        99_447.433_94,
        376.999_139_7,
        1.0,
        0.0,
    ],
);
const Y0: Ratio = (
    [
        -2_957_821_389.0,
        7_062_834_065.0,
        -512_359_803.6,
        10_879_881.29,
        -86_327.927_57,
        228.462_273_3,
    ],
    [
        40_076_544_269.0,
        745_249_964.8,
        7_189_466.438,
        47_447.264_70,
        226.103_024_4,
        1.0,
        0.0,
    ],
);
const Y1: Ratio = (
    [
        -0.490_060_494_3e13,
        0.127_527_439_0e13,
        -0.515_343_813_9e11,
        0.734_926_455_1e9,
        -0.423_792_272_6e7,
        0.851_193_793_5e4,
    ],
    [
        0.249_958_057_0e14,
        0.424_441_966_4e12,
        0.373_365_036_7e10,
        0.224_590_400_2e8,
        0.102_042_605_0e6,
        0.354_963_288_5e3,
        1.0,
    ],
);

/// From 8 on: the parts in phase and out of phase, in powers of (8/x)².
type Phase = (&'static [f64], &'static [f64]);

const OUT_OF_PHASE_0: &[f64] = &[
    -0.156_249_999_5e-1,
    0.143_048_876_5e-3,
    -0.691_114_765_1e-5,
    0.762_109_516_1e-6,
    -0.934_945_152e-7,
];
const Y0_PHASE: Phase = (
    &[
        1.0,
        -0.109_862_862_7e-2,
        0.273_451_040_7e-4,
        -0.207_337_063_9e-5,
        0.209_388_721_1e-6,
    ],
    OUT_OF_PHASE_0,
);
/// As [`Y0_PHASE`], with two digits of a coefficient swapped, as in Excel.
const J0_PHASE: Phase = (
    &[
        1.0,
        -0.109_862_826_7e-2,
        0.273_451_040_7e-4,
        -0.207_337_063_9e-5,
        0.209_388_721_1e-6,
    ],
    OUT_OF_PHASE_0,
);
const OUT_OF_PHASE_1: &[f64] = &[
    0.046_874_999_95,
    -0.200_269_087_3e-3,
    0.844_919_909_6e-5,
    -0.882_289_87e-6,
    0.105_787_412e-6,
];
const Y1_PHASE: Phase = (
    &[
        1.0,
        0.183_105e-2,
        -0.351_639_649_6e-4,
        0.245_752_017_4e-5,
        -0.240_337_019e-6,
    ],
    OUT_OF_PHASE_1,
);
/// As [`Y1_PHASE`], with one coefficient twice. Excel computes BESSELJ so: its
/// J1(10) is 0.04347225, where 0.04347275 is right.
const J1_PHASE: Phase = (
    &[
        1.0,
        0.183_105e-2,
        -0.351_639_649_6e-4,
        -0.351_639_649_6e-4,
        0.245_752_017_4e-5,
        -0.240_337_019e-6,
    ],
    OUT_OF_PHASE_1,
);

const QUARTER_PI: f64 = 0.785_398_164;
const THREE_QUARTERS_PI: f64 = 2.356_194_491;
#[expect(
    clippy::approx_constant,
    reason = "it is one of the coefficients, with their digits"
)]
const TWO_OVER_PI: f64 = 0.636_619_772;

fn ratio((numerator, denominator): &Ratio, x: f64) -> f64 {
    polynomial(numerator, x * x) / polynomial(denominator, x * x)
}

/// The asymptotic form at `x` ≥ 8: the wave that is a cosine at large x.
fn cosine_wave((in_phase, out_of_phase): Phase, x: f64, shift: f64) -> f64 {
    let z = 8.0 / x;
    let (sin, cos) = (x - shift).sin_cos();
    (TWO_OVER_PI / x).sqrt()
        * (cos * polynomial(in_phase, z * z) - z * sin * polynomial(out_of_phase, z * z))
}

/// As [`cosine_wave`], for the wave that is a sine.
fn sine_wave((in_phase, out_of_phase): Phase, x: f64, shift: f64) -> f64 {
    let z = 8.0 / x;
    let (sin, cos) = (x - shift).sin_cos();
    (TWO_OVER_PI / x).sqrt()
        * (sin * polynomial(in_phase, z * z) + z * cos * polynomial(out_of_phase, z * z))
}

fn j0(x: f64) -> f64 {
    if x < 8.0 {
        ratio(&J0, x)
    } else {
        cosine_wave(J0_PHASE, x, QUARTER_PI)
    }
}

fn j1(x: f64) -> f64 {
    if x < 8.0 {
        x * ratio(&J1, x)
    } else {
        cosine_wave(J1_PHASE, x, THREE_QUARTERS_PI)
    }
}

fn y0(x: f64) -> f64 {
    if x < 8.0 {
        ratio(&Y0, x) + TWO_OVER_PI * j0(x) * x.ln()
    } else {
        sine_wave(Y0_PHASE, x, QUARTER_PI)
    }
}

fn y1(x: f64) -> f64 {
    if x < 8.0 {
        x * ratio(&Y1, x) + TWO_OVER_PI * (j1(x) * x.ln() - 1.0 / x)
    } else {
        sine_wave(Y1_PHASE, x, THREE_QUARTERS_PI)
    }
}

fn i0(x: f64) -> f64 {
    if x < 3.75 {
        let t = x / 3.75;
        return polynomial(
            &[
                1.0,
                3.515_622_9,
                3.089_942_4,
                1.206_749_2,
                0.265_973_2,
                0.036_076_8,
                0.004_581_3,
            ],
            t * t,
        );
    }
    const LARGE: [f64; 9] = [
        0.398_942_28,
        0.013_285_92,
        0.002_253_19,
        -0.001_575_65,
        0.009_162_81,
        -0.020_577_06,
        0.026_355_37,
        -0.016_476_33,
        0.003_923_77,
    ];
    x.exp() / x.sqrt() * polynomial(&LARGE, 3.75 / x)
}

fn i1(x: f64) -> f64 {
    if x < 3.75 {
        let t = x / 3.75;
        return x * polynomial(
            &[
                0.5,
                0.878_905_94,
                0.514_988_69,
                0.150_849_34,
                0.026_587_33,
                0.003_015_32,
                0.000_324_11,
            ],
            t * t,
        );
    }
    const LARGE: [f64; 9] = [
        0.398_942_28,
        -0.039_880_24,
        -0.003_620_18,
        0.001_638_01,
        -0.010_315_55,
        0.022_829_67,
        -0.028_953_12,
        0.017_876_54,
        -0.004_200_59,
    ];
    x.exp() / x.sqrt() * polynomial(&LARGE, 3.75 / x)
}

fn k0(x: f64) -> f64 {
    if x <= 2.0 {
        const SMALL: [f64; 7] = [
            -0.577_215_66,
            0.422_784_20,
            0.230_697_56,
            0.034_885_90,
            0.002_626_98,
            0.000_107_50,
            0.000_007_4,
        ];
        return -(x / 2.0).ln() * i0(x) + polynomial(&SMALL, x * x / 4.0);
    }
    const LARGE: [f64; 7] = [
        1.253_314_14,
        -0.078_323_58,
        0.021_895_68,
        -0.010_624_46,
        0.005_878_72,
        -0.002_515_40,
        0.000_532_08,
    ];
    (-x).exp() / x.sqrt() * polynomial(&LARGE, 2.0 / x)
}

fn k1(x: f64) -> f64 {
    if x <= 2.0 {
        const SMALL: [f64; 7] = [
            1.0,
            0.154_431_44,
            -0.672_785_79,
            -0.181_568_97,
            -0.019_194_02,
            -0.001_104_04,
            -0.000_046_86,
        ];
        return (x / 2.0).ln() * i1(x) + polynomial(&SMALL, x * x / 4.0) / x;
    }
    const LARGE: [f64; 7] = [
        1.253_314_14,
        0.234_986_19,
        -0.036_556_20,
        0.015_042_68,
        -0.007_803_53,
        0.003_256_14,
        -0.000_682_45,
    ];
    (-x).exp() / x.sqrt() * polynomial(&LARGE, 2.0 / x)
}

/// Order `n` of `f[k+1] = 2k/x f[k] + sign f[k-1]`, from orders 0 and 1.
fn upward(zero: f64, one: f64, n: u32, x: f64, sign: f64) -> f64 {
    if n == 0 {
        return zero;
    }
    let (mut before, mut value) = (zero, one);
    for k in 1..n {
        let next = 2.0 * f64::from(k) / x * value + sign * before;
        (before, value) = (value, next);
        if !value.is_finite() {
            break;
        }
    }
    value
}

/// Order `n` ≥ 2, down from an order high above `n` and `x`, to scale:
/// `(f[n], f[0], the sum of the even orders from 2)`.
fn downward(n: u32, x: f64, sign: f64) -> (f64, f64, f64) {
    const ACCURACY: f64 = 40.0;
    const BIG: f64 = 1e10;
    let top = f64::from(n).max(x.ceil());
    let start = 2 * ((top + (ACCURACY * top).sqrt()) as u64);
    let (mut above, mut value) = (0.0, 1.0);
    let (mut wanted, mut even) = (0.0, 0.0);
    for k in (1..=start).rev() {
        let below = 2.0 * k as f64 / x * value + sign * above;
        (above, value) = (value, below);
        if k == u64::from(n) {
            wanted = above;
        }
        if k % 2 == 1 && k > 1 {
            even += value;
        }
        if value.abs() > BIG {
            for part in [&mut above, &mut value, &mut wanted, &mut even] {
                *part /= BIG;
            }
        }
    }
    (wanted, value, even)
}

fn j(n: u32, x: f64) -> f64 {
    match n {
        0 => j0(x),
        _ if x == 0.0 => 0.0,
        1 => j1(x),
        _ if x > f64::from(n) => upward(j0(x), j1(x), n, x, -1.0),
        _ => {
            // J0 + 2 (J2 + J4 + …) = 1
            let (wanted, zero, even) = downward(n, x, -1.0);
            wanted / (zero + 2.0 * even)
        }
    }
}

fn i(n: u32, x: f64) -> f64 {
    match n {
        0 => i0(x),
        _ if x == 0.0 => 0.0,
        1 => i1(x),
        _ => {
            let (wanted, zero, _) = downward(n, x, 1.0);
            wanted / zero * i0(x)
        }
    }
}

/// J and I of negative numbers: odd orders are odd functions.
fn reflected(n: u32, x: f64, f: fn(u32, f64) -> f64) -> f64 {
    let value = f(n, x.abs());
    if x < 0.0 && n % 2 == 1 { -value } else { value }
}

/// The order and argument of a call: orders are whole, not negative, and no
/// more than a million, past which every result is 0 or too large.
fn arguments(args: &[Value]) -> Result<(u32, f64), ErrorKind> {
    const MOST: f64 = 1e6;
    let (x, n) = (args.strict(0)?, args.strict(1)?.trunc());
    if (0.0..=MOST).contains(&n) && x.abs() <= MOST {
        Ok((n as u32, x))
    } else {
        Err(ErrorKind::Num)
    }
}

const PARAMS: &[Param] = &[
    scalar("number"),
    scalar("order").help("the order, a whole number from 0 on"),
];

macro_rules! entry {
    ($name:literal, $help:literal, $above:expr, $f:expr) => {
        Function::new(
            Category::Engineering,
            $name,
            PARAMS,
            $help,
            ValueRule::Scalar(|args, _| {
                let f: fn(u32, f64) -> f64 = $f;
                done(arguments(args).and_then(|(n, x)| {
                    if x > $above {
                        Ok(Value::number(f(n, x)))
                    } else {
                        Err(ErrorKind::Num)
                    }
                }))
            }),
        )
        .not_differentiable("its derivative is not known to the program")
    };
}

pub(in super::super) const FUNCTIONS: &[Function] = &[
    entry!(
        "BESSELI",
        "The modified Bessel function of the first kind, In(x).",
        f64::NEG_INFINITY,
        |n, x| reflected(n, x, i)
    ),
    entry!(
        "BESSELJ",
        "The Bessel function of the first kind, Jn(x).",
        f64::NEG_INFINITY,
        |n, x| reflected(n, x, j)
    ),
    entry!(
        "BESSELK",
        "The modified Bessel function of the second kind, Kn(x).",
        0.0,
        |n, x| upward(k0(x), k1(x), n, x, 1.0)
    ),
    entry!(
        "BESSELY",
        "The Bessel function of the second kind, Yn(x).",
        0.0,
        |n, x| upward(y0(x), y1(x), n, x, -1.0)
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn bessel_functions_agree_with_tables() {
        let mut sheet = Sheet::empty();
        // Digital Library of Mathematical Functions, chapter 10; eight digits
        // are what the approximations promise.
        for (formula, expected) in [
            ("BESSELJ(1,0)", 0.765_197_686_6),
            ("BESSELJ(1,1)", 0.440_050_585_7),
            ("BESSELJ(1.9,2)", 0.329_925_829),
            ("BESSELJ(10,7)", 0.216_710_917_7),
            ("BESSELJ(2.9,10)", 9.337_554e-6),
            ("BESSELY(1,0)", 0.088_256_964_2),
            ("BESSELY(2.5,1)", 0.145_918_138),
            ("BESSELY(10,0)", 0.055_671_167_3),
            ("BESSELI(1.5,1)", 0.981_666_43),
            ("BESSELI(10,7)", 238.025_584_8),
            ("BESSELI(600,2)", 6.125_835e258),
            ("BESSELK(1.5,1)", 0.277_387_8),
            ("BESSELK(10,0)", 1.778_006_2e-5),
        ] {
            let x = sheet.number(formula);
            assert!(
                (x - expected).abs() < 5e-6 * expected.abs(),
                "{formula}: {x}, not {expected}"
            );
        }
        assert_eq!(sheet.number("BESSELI(0,3)"), 0.0);
        assert_eq!(sheet.number("BESSELJ(1,100000)"), 0.0);
        for formula in [
            "BESSELJ(1,-1)",
            "BESSELK(0,1)",
            "BESSELY(-1,1)",
            "BESSELK(0.001,1000000)",
            "BESSELI(1000,0)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
    }

    #[test]
    fn bessel_functions_give_the_digits_of_excel() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("BESSELJ(0,0)", 1.000_000_002_831_41),
            ("BESSELJ(10,1)", 0.043_472_249_652_254_15),
            ("BESSELJ(-32,7)", 0.076_210_348_791_101_45),
            ("BESSELK(2,1)", 0.139_865_88),
            ("BESSELY(32,10)", -0.141_777_480_593_953_7),
            ("BESSELI(-10,7)", -238.025_587_847_593),
        ] {
            let x = sheet.number(formula);
            assert!(
                (x - expected).abs() <= 1e-13 * expected.abs(),
                "{formula}: {x}, not {expected}"
            );
        }
    }
}
