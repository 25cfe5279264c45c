//! Rounding to digits and to multiples.
//!
//! Excel rounds the decimal number that a double shows, not the double: 2.675
//! is stored as 2.67499…, yet ROUND(2.675,2) is 2.68. Scaling to the digit asked
//! for adds an error of its own (0.29*100 is 28.999…). Both are undone by
//! taking a scaled number within four units in the last place of a tie, or of
//! an integer, for that tie or integer. Value rules and derivative rules use
//! the same arithmetic, so they agree to the last bit.

use super::arguments::{analysis, ensure, numeric};
use super::params::{optional, scalar};
use super::term::{Term, elementwise};
use super::{Category, Example, Function, LowerError, Lowered, Lowering, Param, ValueRule};
use crate::program::{Binary, Node, Tensor, Unary};
use crate::value::ErrorKind;

/// Four units in the last place, relative.
const TOLERANCE: f64 = 1.0 / (1u64 << 50) as f64;
/// Above this a tolerance could carry a number past a real digit.
const TOLERANT_BELOW: f64 = 1e14;
/// Above this all digits are before the point.
const INTEGERS_ABOVE: f64 = 1e15;

fn tolerance(y: f64) -> f64 {
    if y < TOLERANT_BELOW {
        y * TOLERANCE
    } else {
        0.0
    }
}

fn tolerance_term(y: &Term) -> Term {
    (y.clone() * TOLERANCE).when(y.clone().less(TOLERANT_BELOW), 0.0)
}

/// Which way digits are dropped.
#[derive(Clone, Copy)]
enum Mode {
    Nearest,
    AwayFromZero,
    TowardZero,
}

impl Mode {
    /// Of a number that is not negative.
    fn integer(self, y: f64) -> f64 {
        match self {
            Self::Nearest => (y + (tolerance(y) + 0.5)).floor(),
            Self::AwayFromZero => (y - tolerance(y)).ceil(),
            Self::TowardZero => (y + tolerance(y)).floor(),
        }
    }

    fn integer_term(self, y: Term) -> Term {
        let tolerance = tolerance_term(&y);
        match self {
            Self::Nearest => (y + (tolerance + 0.5)).apply(Unary::Floor),
            Self::AwayFromZero => (y - tolerance).apply(Unary::Ceil),
            Self::TowardZero => (y + tolerance).apply(Unary::Floor),
        }
    }
}

/// `x` at `digits` decimals (before the point where negative).
fn round_digits(x: f64, digits: f64, mode: Mode) -> f64 {
    let (up, down) = scales(digits);
    let y = x.abs() * up / down;
    if y >= INTEGERS_ABOVE {
        return x;
    }
    (mode.integer(y) / up * down).copysign(x) + 0.0
}

/// `10^digits` as a pair of which one is 1, so that both are exact up to 10^22.
fn scales(digits: f64) -> (f64, f64) {
    let digits = digits.trunc().clamp(-400.0, 400.0) as i32;
    let power = |n: i32| format!("1e{n}").parse().unwrap_or(f64::INFINITY);
    // Past 10^308 every number is an integer, or nothing is left of it.
    if digits >= 0 {
        (f64::min(power(digits), 1e308), 1.0)
    } else {
        (1.0, f64::min(power(-digits), 1e308))
    }
}

/// The rule of ROUND and its kind: a constant, but of the very value.
fn lower_digits(
    lowering: &mut Lowering<'_>,
    args: &[Lowered],
    mode: Mode,
) -> Result<Node, LowerError> {
    let x = lowering.term(args, 0, None)?;
    let (up, down) = match lowering.written(args, 1) {
        None => (Term::Number(1.0), Term::Number(1.0)),
        Some(digits) => {
            let digits = lowering.fixed(digits, "number of digits")?;
            let part = |f: fn((f64, f64)) -> f64| -> Vec<f64> {
                digits.data.iter().map(|d| f(scales(*d))).collect()
            };
            let (up, down) = (part(|s| s.0), part(|s| s.1));
            let up = lowering.builder.constant(Tensor::new(digits.shape, up));
            let down = lowering.builder.constant(Tensor::new(digits.shape, down));
            (Term::Node(up), Term::Node(down))
        }
    };
    let y = lowering.share(x.clone().abs() * up.clone() / down.clone())?;
    let rounded = mode.integer_term(y.clone()) / up * down;
    let signed = x.clone().apply(Unary::Sign) * rounded;
    // Where all the digits that a double has are asked for, nothing is rounded.
    lowering.build(signed.when(y.less(INTEGERS_ABOVE), x))
}

/// `x / multiple` to an integer, down or up, forgiving the division's error.
fn floor_ratio(ratio: f64) -> f64 {
    (ratio + tolerance(ratio.abs())).floor()
}

fn ceil_ratio(ratio: f64) -> f64 {
    (ratio - tolerance(ratio.abs())).ceil()
}

fn floor_term(ratio: Term) -> Term {
    let tolerance = tolerance_term(&ratio.clone().abs());
    (ratio + tolerance).apply(Unary::Floor)
}

fn ceil_term(ratio: Term) -> Term {
    let tolerance = tolerance_term(&ratio.clone().abs());
    (ratio - tolerance).apply(Unary::Ceil)
}

/// The multiple at or above `x`; of the multiple 0, 0.
fn ceil_multiple(x: f64, multiple: f64) -> f64 {
    if multiple == 0.0 {
        return 0.0;
    }
    ceil_ratio(x / multiple) * multiple + 0.0
}

fn floor_multiple(x: f64, multiple: f64) -> f64 {
    if multiple == 0.0 {
        return 0.0;
    }
    floor_ratio(x / multiple) * multiple + 0.0
}

fn ceil_multiple_term(x: Term, multiple: Term) -> Term {
    (ceil_term(x / multiple.clone()) * multiple.clone()).when(multiple, 0.0)
}

fn floor_multiple_term(x: Term, multiple: Term) -> Term {
    (floor_term(x / multiple.clone()) * multiple.clone()).when(multiple, 0.0)
}

/// Whether a positive number goes with a negative multiple: `#NUM!` in Excel.
fn opposed(x: Term, multiple: Term) -> Term {
    Term::Number(0.0)
        .less(x)
        .with(Binary::And, multiple.less(0.0))
}

/// Whether a negative number with the mode given rounds the other way.
fn reversed(x: f64, mode: f64) -> bool {
    x < 0.0 && mode != 0.0
}

fn reversed_term(x: Term, mode: Term) -> Term {
    x.less(0.0)
        .with(Binary::And, mode.with(Binary::NotEqual, 0.0))
}

/// The next even number away from zero, `offset` 0, or odd one, `offset` 1.
fn parity(x: f64, offset: f64) -> f64 {
    let steps = ((x.abs() - offset) / 2.0).ceil().max(0.0);
    let size = steps * 2.0 + offset;
    if x < 0.0 { -size } else { size }
}

fn parity_term(x: Term, offset: f64) -> Term {
    let steps = ((x.clone().abs() - offset) / 2.0).apply(Unary::Ceil);
    let size = steps.with(Binary::Max, 0.0) * 2.0 + offset;
    (-size.clone()).when(x.less(0.0), size)
}

const DIGITS: &[Param] = &[
    scalar("number").help("the number to round"),
    scalar("num_digits"),
];
const MULTIPLE: &[Param] = &[
    scalar("number").help("the number to round"),
    scalar("significance"),
];
const OPTIONAL_MULTIPLE: &[Param] = &[
    scalar("number").help("the number to round"),
    optional(scalar("significance")),
];
const WITH_MODE: &[Param] = &[
    scalar("number").help("the number to round"),
    optional(scalar("significance")),
    optional(scalar("mode")),
];

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Math, name, params, help, value)
}

const fn example(formula: &'static str, cells: &'static [(&'static str, f64)]) -> Example {
    Example { formula, cells }
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "ROUND",
        DIGITS,
        "A number rounded to a number of digits, ties away from zero.",
        numeric!(|x, digits| Ok(round_digits(x, digits, Mode::Nearest))),
    )
    .piecewise_constant(|lowering, args| lower_digits(lowering, args, Mode::Nearest))
    .examples(&[example("ROUND(A1,2)", &[("A1", 2.6781)])]),
    entry(
        "ROUNDUP",
        DIGITS,
        "A number rounded away from zero to a number of digits.",
        numeric!(|x, digits| Ok(round_digits(x, digits, Mode::AwayFromZero))),
    )
    .piecewise_constant(|lowering, args| lower_digits(lowering, args, Mode::AwayFromZero))
    .examples(&[example("ROUNDUP(A1,-1)", &[("A1", 126.78)])]),
    entry(
        "ROUNDDOWN",
        DIGITS,
        "A number rounded toward zero to a number of digits.",
        numeric!(|x, digits| Ok(round_digits(x, digits, Mode::TowardZero))),
    )
    .piecewise_constant(|lowering, args| lower_digits(lowering, args, Mode::TowardZero))
    .examples(&[example("ROUNDDOWN(A1,1)", &[("A1", -2.6781)])]),
    entry(
        "TRUNC",
        &[scalar("number").help("the number to cut"), optional(scalar("num_digits").help("how many decimals stay, 0 if left out"))],
        "A number without its digits past a number of decimals.",
        numeric!(|x, digits = 0.0| Ok(round_digits(x, digits, Mode::TowardZero))),
    )
    .piecewise_constant(|lowering, args| lower_digits(lowering, args, Mode::TowardZero))
    .examples(&[example("TRUNC(A1,1)", &[("A1", -2.6781)])]),
    entry(
        "INT",
        &[scalar("number")],
        "The integer at or below a number.",
        numeric!(|x| Ok(x.floor())),
    )
    .piecewise_constant(elementwise!(|x| x.apply(Unary::Floor)))
    .examples(&[example("INT(A1)", &[("A1", -2.3)])]),
    entry(
        "EVEN",
        &[scalar("number")],
        "The nearest even integer away from zero.",
        numeric!(|x| Ok(parity(x, 0.0))),
    )
    .piecewise_constant(elementwise!(|x| parity_term(x, 0.0)))
    .examples(&[example("EVEN(A1)", &[("A1", 2.3)])]),
    entry(
        "ODD",
        &[scalar("number")],
        "The nearest odd integer away from zero.",
        numeric!(|x| Ok(parity(x, 1.0))),
    )
    .piecewise_constant(elementwise!(|x| parity_term(x, 1.0)))
    .examples(&[example("ODD(A1)", &[("A1", -3.3)])]),
    entry(
        "MROUND",
        &[scalar("number").help("the number to round"), scalar("multiple")],
        "The multiple nearest to a number, ties away from zero.",
        analysis!(|x, multiple| {
            if x == 0.0 || multiple == 0.0 {
                return Ok(0.0);
            }
            ensure((x < 0.0) == (multiple < 0.0), ErrorKind::Num)?;
            Ok((x / multiple).round() * multiple)
        }),
    )
    .kinked(elementwise!(|x, multiple| {
        let same_sign = x.clone() * multiple.clone();
        let rounded = (x / multiple.clone()).apply(Unary::Round) * multiple.clone();
        let error = same_sign.less(0.0);
        Term::Number(f64::NAN).when(error, rounded.when(multiple, 0.0))
    }))
    .examples(&[example("MROUND(A1,B1)", &[("A1", 10.1), ("B1", 3.0)])]),
    entry(
        "CEILING",
        MULTIPLE,
        "The multiple of significance at or above a number; away from zero where both are negative.",
        numeric!(|x, multiple| {
            ensure(x <= 0.0 || multiple >= 0.0, ErrorKind::Num)?;
            Ok(ceil_multiple(x, multiple))
        }),
    )
    .kinked(elementwise!(|x, multiple| {
        let error = opposed(x.clone(), multiple.clone());
        Term::Number(f64::NAN).when(error, ceil_multiple_term(x, multiple))
    }))
    .examples(&[example("CEILING(A1,B1)", &[("A1", 10.1), ("B1", 3.0)])]),
    entry(
        "FLOOR",
        MULTIPLE,
        "The multiple of significance at or below a number; toward zero where both are negative.",
        numeric!(|x, multiple| {
            if x == 0.0 {
                return Ok(0.0);
            }
            ensure(multiple != 0.0, ErrorKind::Div0)?;
            ensure(x < 0.0 || multiple > 0.0, ErrorKind::Num)?;
            Ok(floor_multiple(x, multiple))
        }),
    )
    .kinked(elementwise!(|x, multiple| {
        let error = opposed(x.clone(), multiple.clone());
        let floor = floor_term(x.clone() / multiple.clone()) * multiple;
        Term::Number(f64::NAN).when(error, floor.when(x, 0.0))
    }))
    .examples(&[example("FLOOR(A1,B1)", &[("A1", 10.1), ("B1", 3.0)])]),
    entry(
        "CEILING.MATH",
        WITH_MODE,
        "The multiple of significance at or above a number; away from zero for negative numbers where mode is not 0.",
        numeric!(|x, multiple = 1.0, mode = 0.0| {
            let multiple = multiple.abs();
            Ok(if reversed(x, mode) {
                floor_multiple(x, multiple)
            } else {
                ceil_multiple(x, multiple)
            })
        }),
    )
    .xlfn()
    .kinked(elementwise!(|x, multiple = 1.0, mode = 0.0| {
        let multiple = multiple.abs();
        let up = ceil_multiple_term(x.clone(), multiple.clone());
        floor_multiple_term(x.clone(), multiple).when(reversed_term(x, mode), up)
    }))
    .examples(&[example("CEILING.MATH(A1,B1,1)", &[("A1", -10.1), ("B1", 3.0)])]),
    entry(
        "FLOOR.MATH",
        WITH_MODE,
        "The multiple of significance at or below a number; toward zero for negative numbers where mode is not 0.",
        numeric!(|x, multiple = 1.0, mode = 0.0| {
            let multiple = multiple.abs();
            Ok(if reversed(x, mode) {
                ceil_multiple(x, multiple)
            } else {
                floor_multiple(x, multiple)
            })
        }),
    )
    .xlfn()
    .kinked(elementwise!(|x, multiple = 1.0, mode = 0.0| {
        let multiple = multiple.abs();
        let down = floor_multiple_term(x.clone(), multiple.clone());
        ceil_multiple_term(x.clone(), multiple).when(reversed_term(x, mode), down)
    }))
    .examples(&[example("FLOOR.MATH(A1,B1)", &[("A1", -10.1), ("B1", 3.0)])]),
    entry(
        "CEILING.PRECISE",
        OPTIONAL_MULTIPLE,
        "The multiple of significance at or above a number, whatever the signs.",
        numeric!(|x, multiple = 1.0| Ok(ceil_multiple(x, multiple.abs()))),
    )
    .xlfn()
    .kinked(elementwise!(|x, multiple = 1.0| ceil_multiple_term(x, multiple.abs())))
    .examples(&[example("CEILING.PRECISE(A1,B1)", &[("A1", -10.1), ("B1", 3.0)])]),
    // Files hold ISO.CEILING without a prefix.
    entry(
        "ISO.CEILING",
        OPTIONAL_MULTIPLE,
        "The multiple of significance at or above a number, whatever the signs.",
        numeric!(|x, multiple = 1.0| Ok(ceil_multiple(x, multiple.abs()))),
    )
    .kinked(elementwise!(|x, multiple = 1.0| ceil_multiple_term(x, multiple.abs())))
    .examples(&[example("ISO.CEILING(A1,B1)", &[("A1", 10.1), ("B1", 3.0)])]),
    entry(
        "FLOOR.PRECISE",
        OPTIONAL_MULTIPLE,
        "The multiple of significance at or below a number, whatever the signs.",
        numeric!(|x, multiple = 1.0| Ok(floor_multiple(x, multiple.abs()))),
    )
    .xlfn()
    .kinked(elementwise!(|x, multiple = 1.0| floor_multiple_term(x, multiple.abs())))
    .examples(&[example("FLOOR.PRECISE(A1,B1)", &[("A1", -10.1), ("B1", 3.0)])]),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn decimals_round_as_they_are_shown() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("ROUND(2.675,2)", 2.68),
            ("ROUND(-1.005,2)", -1.01),
            ("ROUND(1.005,2)", 1.01),
            ("ROUND(2.5,0)", 3.0),
            ("ROUND(-2.5,0)", -3.0),
            ("ROUND(1.955,2)", 1.96),
            ("ROUND(5.015,2)", 5.02),
            ("ROUND(1.45,1)", 1.5),
            ("ROUND(626.3,-3)", 1000.0),
            ("ROUND(-50.55,-2)", -100.0),
            ("ROUND(21.5,-1)", 20.0),
            ("ROUND(0.49999999999,0)", 0.0),
            ("ROUND(1e300,5)", 1e300),
            ("ROUND(123456789012345.6,0)", 123_456_789_012_346.0),
            ("ROUND(1234.5678,400)", 1234.5678),
            ("ROUND(1234.5678,-400)", 0.0),
            ("ROUND(2.15,1.9)", 2.2),
            ("ROUNDUP(3.2,0)", 4.0),
            ("ROUNDUP(0.28,2)", 0.28),
            ("ROUNDUP(-3.14159,1)", -3.2),
            ("ROUNDUP(31415.92654,-2)", 31_500.0),
            ("ROUNDDOWN(0.29,2)", 0.29),
            ("ROUNDDOWN(-3.14159,1)", -3.1),
            ("TRUNC(-8.9)", -8.0),
            ("TRUNC(8.999,2)", 8.99),
            ("INT(-8.9)", -9.0),
        ] {
            assert_eq!(sheet.number(formula), expected, "{formula}");
        }
    }

    #[test]
    fn multiples_follow_the_signs() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("CEILING(2.5,1)", 3.0),
            ("CEILING(-2.5,-2)", -4.0),
            ("CEILING(-2.5,2)", -2.0),
            ("CEILING(1.5,0.1)", 1.5),
            ("CEILING(0.3,0.1)", 0.1 * 3.0),
            ("CEILING(5,0)", 0.0),
            ("FLOOR(3.7,2)", 2.0),
            ("FLOOR(-2.5,-2)", -2.0),
            ("FLOOR(-2.5,2)", -4.0),
            ("FLOOR(4.35,0.01)", 4.35),
            ("FLOOR(0,0)", 0.0),
            ("CEILING.MATH(24.3,5)", 25.0),
            ("CEILING.MATH(-8.1,2)", -8.0),
            ("CEILING.MATH(-5.5,2,-1)", -6.0),
            ("CEILING.MATH(6.7)", 7.0),
            ("FLOOR.MATH(-8.1,2)", -10.0),
            ("FLOOR.MATH(-5.5,2,-1)", -4.0),
            ("FLOOR.MATH(6.7)", 6.0),
            ("CEILING.PRECISE(-4.1,-2)", -4.0),
            ("ISO.CEILING(4.3)", 5.0),
            ("FLOOR.PRECISE(-3.2,-1)", -4.0),
            ("MROUND(10,3)", 9.0),
            ("MROUND(-10,-3)", -9.0),
            ("MROUND(1.3,0.2)", 1.4000000000000001),
            ("MROUND(7,0)", 0.0),
            ("EVEN(1.5)", 2.0),
            ("EVEN(-1)", -2.0),
            ("EVEN(0)", 0.0),
            ("ODD(1.5)", 3.0),
            ("ODD(0)", 1.0),
            ("ODD(-2)", -3.0),
            ("ODD(-1)", -1.0),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= 1e-15 * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
        assert_eq!(sheet.error("CEILING(2.5,-2)"), ErrorKind::Num);
        assert_eq!(sheet.error("FLOOR(2.5,-2)"), ErrorKind::Num);
        assert_eq!(sheet.error("FLOOR(2.5,0)"), ErrorKind::Div0);
        assert_eq!(sheet.error("MROUND(5,-2)"), ErrorKind::Num);
    }
}
