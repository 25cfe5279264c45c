//! Trigonometric and hyperbolic functions.

use super::arguments::{ensure, numeric};
use super::params::scalar;
use super::term::{Term, elementwise};
use super::{Category, Example, Function, LowerRule, Param, ValueRule};
use crate::program::{Binary, Unary};
use crate::value::ErrorKind;
use std::f64::consts::{FRAC_PI_2, PI};

/// Excel refuses larger angles.
const LARGEST_ANGLE: f64 = 134_217_728.0;

const ANGLE: &[Param] = &[scalar("number")];

const fn smooth(
    name: &'static str,
    help: &'static str,
    value: ValueRule,
    lower: LowerRule,
    examples: &'static [Example],
) -> Function {
    Function::new(Category::Math, name, ANGLE, help, value)
        .smooth(lower)
        .examples(examples)
}

const fn example(formula: &'static str, cells: &'static [(&'static str, f64)]) -> Example {
    Example { formula, cells }
}

fn angle(x: f64) -> Result<f64, ErrorKind> {
    ensure(x.abs() < LARGEST_ANGLE, ErrorKind::Num)?;
    Ok(x)
}

/// `numerator / denominator` of a function with poles.
fn ratio(numerator: f64, denominator: f64) -> Result<f64, ErrorKind> {
    ensure(denominator != 0.0, ErrorKind::Div0)?;
    Ok(numerator / denominator)
}

/// ACOT lies between 0 and pi.
fn acot(x: f64) -> f64 {
    FRAC_PI_2 - x.atan()
}

pub(super) const FUNCTIONS: &[Function] = &[
    smooth(
        "SIN",
        "The sine of an angle in radians.",
        numeric!(|x| angle(x).map(f64::sin)),
        elementwise!(|x| x.apply(Unary::Sin)),
        &[example("SIN(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "COS",
        "The cosine of an angle in radians.",
        numeric!(|x| angle(x).map(f64::cos)),
        elementwise!(|x| x.apply(Unary::Cos)),
        &[example("COS(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "TAN",
        "The tangent of an angle in radians.",
        numeric!(|x| angle(x).map(f64::tan)),
        elementwise!(|x| x.apply(Unary::Tan)),
        &[example("TAN(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "SEC",
        "The secant of an angle in radians, 1/COS.",
        numeric!(|x| ratio(1.0, angle(x)?.cos())),
        elementwise!(|x| 1.0 / x.apply(Unary::Cos)),
        &[example("SEC(A1)", &[("A1", 0.7)])],
    )
    .xlfn(),
    smooth(
        "CSC",
        "The cosecant of an angle in radians, 1/SIN.",
        numeric!(|x| ratio(1.0, angle(x)?.sin())),
        elementwise!(|x| 1.0 / x.apply(Unary::Sin)),
        &[example("CSC(A1)", &[("A1", 0.7)])],
    )
    .xlfn(),
    smooth(
        "COT",
        "The cotangent of an angle in radians, 1/TAN.",
        numeric!(|x| ratio(1.0, angle(x)?.tan())),
        elementwise!(|x| 1.0 / x.apply(Unary::Tan)),
        &[example("COT(A1)", &[("A1", 0.7)])],
    )
    .xlfn(),
    smooth(
        "ASIN",
        "The angle in radians, from -pi/2 to pi/2, of a sine.",
        numeric!(|x| Ok(x.asin())),
        elementwise!(|x| x.apply(Unary::Asin)),
        &[example("ASIN(A1)", &[("A1", 0.4)])],
    ),
    smooth(
        "ACOS",
        "The angle in radians, from 0 to pi, of a cosine.",
        numeric!(|x| Ok(x.acos())),
        elementwise!(|x| x.apply(Unary::Acos)),
        &[example("ACOS(A1)", &[("A1", 0.4)])],
    ),
    smooth(
        "ATAN",
        "The angle in radians, from -pi/2 to pi/2, of a tangent.",
        numeric!(|x| Ok(x.atan())),
        elementwise!(|x| x.apply(Unary::Atan)),
        &[example("ATAN(A1)", &[("A1", 1.4)])],
    ),
    smooth(
        "ACOT",
        "The angle in radians, from 0 to pi, of a cotangent.",
        numeric!(|x| Ok(acot(x))),
        elementwise!(|x| FRAC_PI_2 - x.apply(Unary::Atan)),
        &[example("ACOT(A1)", &[("A1", -1.4)])],
    )
    .xlfn(),
    Function::new(
        Category::Math,
        "ATAN2",
        &[scalar("x_num"), scalar("y_num")],
        "The angle in radians, over -pi to pi, between the x axis and the line to the point (x, y).",
        numeric!(|x, y| {
            ensure(x != 0.0 || y != 0.0, ErrorKind::Div0)?;
            Ok(y.atan2(x))
        }),
    )
    .smooth(elementwise!(|x, y| y.with(Binary::Atan2, x)))
    .examples(&[example("ATAN2(A1,B1)", &[("A1", -1.5), ("B1", 0.8)])]),
    smooth(
        "SINH",
        "The hyperbolic sine.",
        numeric!(|x| Ok(x.sinh())),
        elementwise!(|x| x.apply(Unary::Sinh)),
        &[example("SINH(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "COSH",
        "The hyperbolic cosine.",
        numeric!(|x| Ok(x.cosh())),
        elementwise!(|x| x.apply(Unary::Cosh)),
        &[example("COSH(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "TANH",
        "The hyperbolic tangent.",
        numeric!(|x| Ok(x.tanh())),
        elementwise!(|x| x.apply(Unary::Tanh)),
        &[example("TANH(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "SECH",
        "The hyperbolic secant, 1/COSH.",
        numeric!(|x| Ok(1.0 / x.cosh())),
        elementwise!(|x| 1.0 / x.apply(Unary::Cosh)),
        &[example("SECH(A1)", &[("A1", 0.7)])],
    )
    .xlfn(),
    smooth(
        "CSCH",
        "The hyperbolic cosecant, 1/SINH.",
        numeric!(|x| ratio(1.0, x.sinh())),
        elementwise!(|x| 1.0 / x.apply(Unary::Sinh)),
        &[example("CSCH(A1)", &[("A1", 0.7)])],
    )
    .xlfn(),
    smooth(
        "COTH",
        "The hyperbolic cotangent, 1/TANH.",
        numeric!(|x| ratio(1.0, x.tanh())),
        elementwise!(|x| 1.0 / x.apply(Unary::Tanh)),
        &[example("COTH(A1)", &[("A1", 0.7)])],
    )
    .xlfn(),
    smooth(
        "ASINH",
        "The number whose hyperbolic sine is given.",
        numeric!(|x| Ok(libm::asinh(x))),
        elementwise!(|x| x.apply(Unary::Asinh)),
        &[example("ASINH(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "ACOSH",
        "The number, 0 or more, whose hyperbolic cosine is given.",
        numeric!(|x| Ok(libm::acosh(x))),
        elementwise!(|x| x.apply(Unary::Acosh)),
        &[example("ACOSH(A1)", &[("A1", 2.5)])],
    ),
    smooth(
        "ATANH",
        "The number whose hyperbolic tangent is given.",
        numeric!(|x| Ok(libm::atanh(x))),
        elementwise!(|x| x.apply(Unary::Atanh)),
        &[example("ATANH(A1)", &[("A1", 0.4)])],
    ),
    smooth(
        "ACOTH",
        "The number whose hyperbolic cotangent is given.",
        numeric!(|x| {
            ensure(x.abs() > 1.0, ErrorKind::Num)?;
            Ok(libm::atanh(1.0 / x))
        }),
        elementwise!(|x| (1.0 / x).apply(Unary::Atanh)),
        &[example("ACOTH(A1)", &[("A1", 2.5)])],
    )
    .xlfn(),
    smooth(
        "DEGREES",
        "An angle in degrees, from radians.",
        numeric!(|x| Ok(x / PI * 180.0)),
        elementwise!(|x| x * (180.0 / PI)),
        &[example("DEGREES(A1)", &[("A1", 0.7)])],
    ),
    smooth(
        "RADIANS",
        "An angle in radians, from degrees.",
        numeric!(|x| Ok(x / 180.0 * PI)),
        elementwise!(|x| x * (PI / 180.0)),
        &[example("RADIANS(A1)", &[("A1", 40.0)])],
    ),
    Function::new(
        Category::Math,
        "PI",
        &[],
        "The number pi, 3.14159265358979.",
        ValueRule::Scalar(|_, _| PI.into()),
    )
    .smooth(|lowering, _| lowering.build(Term::Number(PI)))
    .examples(&[example("PI()", &[])]),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("SIN(1)", 0.841_470_984_807_897),
            ("SEC(45)", 1.903_594_407_404_43),
            ("CSC(15)", 1.537_780_561_540_854),
            ("COT(30)", -0.156_119_952_161_659),
            ("ACOT(-2)", 2.677_945_044_588_987),
            ("ATAN2(-1,-1)", -2.356_194_490_192_345),
            ("ACOTH(6)", 0.168_236_118_310_606_43),
            ("SECH(45)", 5.725_037_161_098_788e-20),
            ("CSCH(1.5)", 0.469_642_440_595_225),
            ("COTH(2)", 1.037_314_720_727_548),
            ("DEGREES(RADIANS(270))", 270.0),
            ("ASINH(-2.5)", -1.647_231_146_371_096),
            ("ACOSH(10)", 2.993_222_846_126_381),
            ("ATANH(-0.1)", -0.100_335_347_731_076),
            ("SIN(TRUE)", 0.841_470_984_807_897),
            ("SIN(\"1\")", 0.841_470_984_807_897),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= 1e-13 * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
    }

    #[test]
    fn outside_of_their_domains_are_errors() {
        let mut sheet = Sheet::empty();
        for (formula, kind) in [
            ("ASIN(1.1)", ErrorKind::Num),
            ("ACOSH(0.9)", ErrorKind::Num),
            ("ATANH(1)", ErrorKind::Num),
            ("ACOTH(1)", ErrorKind::Num),
            ("CSC(0)", ErrorKind::Div0),
            ("ATAN2(0,0)", ErrorKind::Div0),
            ("SIN(134217728)", ErrorKind::Num),
            ("SIN(\"x\")", ErrorKind::Value),
            ("COSH(1000)", ErrorKind::Num),
        ] {
            assert_eq!(sheet.error(formula), kind, "{formula}");
        }
    }
}
