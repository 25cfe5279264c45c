//! Probability distributions: densities, cumulative probabilities, inverses.

pub(super) mod continuous;
pub(super) mod discrete;
pub(super) mod normal;
pub(super) mod sampling;

use super::{Category, Example, Function, LowerError, Lowered, Lowering, Param, ValueRule};

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Statistical, name, params, help, value).not_differentiable(NO_RULE)
}

const NO_RULE: &str = "the derivative of this distribution is not known to the program";

const COUNTS: &str = "it counts in integers";

const fn example(formula: &'static str, cells: &'static [(&'static str, f64)]) -> Example {
    Example { formula, cells }
}

/// The value rule of a distribution whose last argument asks for the
/// cumulative probability: `distribution!(|x, mean| density, cumulative)`.
macro_rules! distribution {
    (|$($name:ident),+| $check:block $density:expr, $cumulative:expr) => {
        $crate::functions::ValueRule::Scalar(|args, _| {
            use $crate::functions::arguments::Scalars;
            let value = || -> Result<f64, $crate::value::ErrorKind> {
                let mut index = 0..;
                let mut next = || index.next().unwrap_or(usize::MAX);
                $(let $name = args.number(next())?;)+
                let cumulative = args.flag_or(next(), false)?;
                $check
                Ok(if cumulative { $cumulative } else { $density })
            };
            $crate::functions::arguments::done(value())
        })
    };
}

use distribution;

/// Which of the two a call asks for, where the flag is constant.
fn cumulative(lowering: &Lowering<'_>, args: &[Lowered], index: usize) -> Result<bool, LowerError> {
    Ok(lowering.fixed_number(args, index, 0.0, "flag for the cumulative form")? != 0.0)
}

fn is_probability(p: f64) -> bool {
    p > 0.0 && p < 1.0
}

/// The default of an argument whose absence means something else than a number.
const NOT_GIVEN: f64 = f64::NAN;

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    /// Values of Microsoft's documentation, or of the closed form where it shows few digits.
    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::empty();
        for (formula, expected, tolerance) in [
            ("NORM.DIST(42,40,1.5,TRUE)", 0.908_788_780_274_132, 1e-12),
            ("NORM.DIST(42,40,1.5,FALSE)", 0.109_340_049_783_996, 1e-12),
            ("NORMDIST(42,40,1.5,TRUE)", 0.908_788_780_274_132, 1e-12),
            ("NORM.S.DIST(1.333333,TRUE)", 0.908_788_725_604_095, 1e-9),
            ("NORM.INV(0.908789,40,1.5)", 42.000_002, 1e-6),
            ("NORM.S.INV(0.975)", 1.959_963_984_540_054, 1e-13),
            ("PHI(0.75)", 0.301_137_432_154_804, 1e-12),
            ("GAUSS(2)", 0.477_249_868_051_821, 1e-12),
            ("STANDARDIZE(42,40,1.5)", 1.333_333_333_333_333, 1e-14),
            (
                "LOGNORM.DIST(4,3.5,1.2,TRUE)",
                0.039_083_555_706_800_5,
                1e-12,
            ),
            (
                "LOGNORM.DIST(4,3.5,1.2,FALSE)",
                0.017_617_596_681_819_2,
                1e-9,
            ),
            ("LOGNORM.INV(0.039084,3.5,1.2)", 4.000_025_2, 1e-6),
            ("EXPON.DIST(0.2,10,TRUE)", 0.864_664_716_763_387, 1e-12),
            ("EXPON.DIST(0.2,10,FALSE)", 1.353_352_832_366_127, 1e-12),
            (
                "WEIBULL.DIST(105,20,100,TRUE)",
                0.929_581_390_069_277,
                1e-12,
            ),
            (
                "WEIBULL.DIST(105,20,100,FALSE)",
                0.035_588_864_024_504,
                1e-11,
            ),
            ("GAMMA(2.5)", 1.329_340_388_179_137, 1e-13),
            ("GAMMALN(4)", 1.791_759_469_228_055, 1e-13),
            ("GAMMA.DIST(10.00001131,9,2,FALSE)", 0.032_639_130, 1e-7),
            ("GAMMA.DIST(10.00001131,9,2,TRUE)", 0.068_094_004, 1e-7),
            ("GAMMA.INV(0.068094,9,2)", 10.000_011_191_4, 1e-8),
            ("BETA.DIST(2,8,10,TRUE,1,3)", 0.685_470_581_054_688, 1e-12),
            ("BETA.DIST(2,8,10,FALSE,1,3)", 1.483_764_648_437_5, 1e-12),
            ("BETADIST(2,8,10,1,3)", 0.685_470_581_054_688, 1e-12),
            ("BETA.INV(0.685470581,8,10,1,3)", 2.0, 1e-9),
            ("T.DIST(60,1,TRUE)", 0.994_695_326_367_377, 1e-12),
            ("T.DIST(8,3,FALSE)", 0.000_736_906_520_895, 1e-9),
            ("T.DIST.2T(1.959999998,60)", 0.054_644_929_975_921, 1e-9),
            ("T.DIST.RT(1.959999998,60)", 0.027_322_464_987_960, 1e-9),
            ("TDIST(1.959999998,60,2)", 0.054_644_929_975_921, 1e-9),
            ("T.INV(0.75,2)", 0.816_496_580_927_726, 1e-12),
            ("T.INV.2T(0.546449,60)", 0.606_533_075_825_759, 1e-6),
            ("CHISQ.DIST(0.5,1,TRUE)", 0.520_499_877_813_047, 1e-12),
            ("CHISQ.DIST(2,3,FALSE)", 0.207_553_748_710_297, 1e-12),
            ("CHISQ.INV(0.93,1)", 3.283_020_286_759_54, 1e-10),
            ("CHISQ.INV(0.6,2)", 1.832_581_463_748_31, 1e-10),
            ("CHISQ.DIST.RT(18.307,10)", 0.050_000_589_1, 1e-8),
            ("CHISQ.INV.RT(0.050001,10)", 18.306_973_5, 1e-7),
            ("F.DIST(15.2069,6,4,TRUE)", 0.99, 1e-4),
            ("F.DIST(15.20686486,6,4,FALSE)", 0.001_223_799_6, 1e-7),
            ("F.INV(0.01,6,4)", 0.109_309_914, 1e-7),
            ("F.DIST.RT(15.20686486,6,4)", 0.01, 1e-7),
            ("F.INV.RT(0.01,6,4)", 15.206_864_86, 1e-8),
            ("BINOM.DIST(6,10,0.5,FALSE)", 0.205_078_125, 1e-12),
            ("BINOM.DIST(6,10,0.5,TRUE)", 0.828_125, 1e-12),
            ("BINOM.DIST.RANGE(60,0.75,48)", 0.083_974_967, 1e-7),
            ("BINOM.DIST.RANGE(60,0.75,45,50)", 0.523_629_793, 1e-7),
            ("BINOM.INV(6,0.5,0.75)", 4.0, 0.0),
            ("NEGBINOM.DIST(10,5,0.25,TRUE)", 0.313_514_058_1, 1e-8),
            ("NEGBINOM.DIST(10,5,0.25,FALSE)", 0.055_048_660_4, 1e-8),
            ("HYPGEOM.DIST(1,4,8,20,TRUE)", 0.465_428_276_6, 1e-9),
            ("HYPGEOM.DIST(1,4,8,20,FALSE)", 0.363_261_093_9, 1e-9),
            ("POISSON.DIST(2,5,TRUE)", 0.124_652_019_483_081, 1e-12),
            ("POISSON.DIST(2,5,FALSE)", 0.084_224_337_488_568, 1e-12),
            ("ERF(0.745)", 0.707_928_920_0, 1e-8),
            ("ERF(0.5,1)", 0.322_200_915_4, 1e-8),
            ("ERFC(1)", 0.157_299_207_050_285, 1e-12),
            ("FISHER(0.75)", 0.972_955_074_527_657, 1e-13),
            ("FISHERINV(0.972955)", 0.749_999_967, 1e-8),
            ("CONFIDENCE.NORM(0.05,2.5,50)", 0.692_951_912_174_839, 1e-12),
            ("CONFIDENCE.T(0.05,1,50)", 0.284_196_855_3, 1e-8),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= tolerance * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
    }

    #[test]
    fn inverses_invert_far_into_the_tails() {
        let mut sheet = Sheet::empty();
        for p in [1e-12, 1e-5, 0.2, 0.5, 0.9, 0.999_999] {
            for (inverse, direct) in [
                ("T.INV({},3)", "T.DIST({},3,TRUE)"),
                ("CHISQ.INV({},0.5)", ""),
                ("CHISQ.INV({},7)", "CHISQ.DIST({},7,TRUE)"),
                ("F.INV({},3,8)", "F.DIST({},3,8,TRUE)"),
                ("GAMMA.INV({},0.3,2)", "GAMMA.DIST({},0.3,2,TRUE)"),
                ("BETA.INV({},0.4,2)", "BETA.DIST({},0.4,2,TRUE)"),
                ("LOGNORM.INV({},1,2)", "LOGNORM.DIST({},1,2,TRUE)"),
            ] {
                if direct.is_empty() {
                    // Degrees of freedom below 1 are refused.
                    let formula = inverse.replace("{}", &p.to_string());
                    assert_eq!(sheet.error(&formula), ErrorKind::Num);
                    continue;
                }
                let x = sheet.number(&inverse.replace("{}", &p.to_string()));
                let back = sheet.number(&direct.replace("{}", &format!("{x:e}")));
                assert!(
                    (back - p).abs() <= 1e-10 * p,
                    "{inverse} at {p}: {x}, {back}"
                );
            }
        }
    }

    #[test]
    fn outside_of_their_domains_are_errors() {
        let mut sheet = Sheet::empty();
        for formula in [
            "NORM.DIST(1,0,0,TRUE)",
            "NORM.S.INV(0)",
            "NORM.S.INV(1)",
            "LOGNORM.DIST(0,1,1,TRUE)",
            "EXPON.DIST(-1,1,TRUE)",
            "GAMMA(0)",
            "GAMMA(-2)",
            "GAMMALN(0)",
            "T.INV(0,3)",
            "T.DIST.2T(-1,3)",
            "CHISQ.INV(1,3)",
            "BINOM.DIST(11,10,0.5,TRUE)",
            "POISSON.DIST(-1,2,TRUE)",
            "FISHER(1)",
            "CONFIDENCE.NORM(0,1,10)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
        assert_eq!(sheet.error("CONFIDENCE.T(0.05,1,1)"), ErrorKind::Div0);
    }
}
