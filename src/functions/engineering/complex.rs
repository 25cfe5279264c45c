//! Complex numbers as text: `3+4i`, `-j`, `2.5`.

use super::super::arguments::{Scalars, done};
use super::super::params::{optional, range, repeating, scalar};
use super::super::{Category, Context, Function, Operand, Param, ValueRule};
use crate::value::{ErrorKind, Value, number_to_text};
use nalgebra::Complex;
use std::f64::consts::{LN_2, LN_10};

type Number = Complex<f64>;

/// The letter of the imaginary unit, where a number shows one.
type Unit = Option<char>;

/// A value as a complex number: text as it is spelled, a number as real.
fn read(value: &Value) -> Result<(Number, Unit), ErrorKind> {
    match value {
        Value::Number(x) => Ok((Number::from(*x), None)),
        Value::Blank => Ok((Number::ZERO, None)),
        Value::Text(text) => parse(text).ok_or(ErrorKind::Num),
        Value::Error(kind) => Err(*kind),
        Value::Bool(_) | Value::Array(_) => Err(ErrorKind::Value),
    }
}

fn parse(text: &str) -> Option<(Number, Unit)> {
    let unit = match text.chars().last()? {
        unit @ ('i' | 'j') => unit,
        _ => return Some((Number::from(parse_real(text)?), None)),
    };
    let body = &text[..text.len() - 1];
    // The imaginary part begins at the last sign that is not an exponent's.
    let bytes = body.as_bytes();
    let sign = (1..bytes.len())
        .rev()
        .find(|&i| matches!(bytes[i], b'+' | b'-') && !matches!(bytes[i - 1], b'e' | b'E'));
    let (re, im) = body.split_at(sign.unwrap_or(0));
    let re = if re.is_empty() { 0.0 } else { parse_real(re)? };
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        number => parse_real(number)?,
    };
    Some((Number::new(re, im), Some(unit)))
}

fn parse_real(text: &str) -> Option<f64> {
    // Rust reads "inf" and "nan" as well.
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(plain) {
        return None;
    }
    text.parse().ok().filter(|x: &f64| x.is_finite())
}

fn show(number: Number, unit: Unit) -> Value {
    if !number.is_finite() {
        return Value::Error(ErrorKind::Num);
    }
    let unit = unit.unwrap_or('i');
    let re = number_to_text(number.re);
    if number.im == 0.0 {
        return Value::text(re);
    }
    let im = match number_to_text(number.im).as_str() {
        "1" => String::new(),
        "-1" => "-".into(),
        text => text.to_owned(),
    };
    Value::text(match (number.re == 0.0, im.starts_with('-')) {
        (true, _) => format!("{im}{unit}"),
        (false, true) => format!("{re}{im}{unit}"),
        (false, false) => format!("{re}+{im}{unit}"),
    })
}

/// The unit of a result; two letters in one call are `#VALUE!`.
fn common_unit(a: Unit, b: Unit) -> Result<Unit, ErrorKind> {
    match (a, b) {
        (Some(a), Some(b)) if a != b => Err(ErrorKind::Value),
        _ => Ok(a.or(b)),
    }
}

fn compose(args: &[Value]) -> Result<Value, ErrorKind> {
    let number = Number::new(args.strict(0)?, args.strict(1)?);
    let unit = match args.get(2) {
        None => 'i',
        Some(value) => match &*value.to_text()? {
            "" | "i" => 'i',
            "j" => 'j',
            _ => return Err(ErrorKind::Value),
        },
    };
    Ok(show(number, Some(unit)))
}

fn power(base: Number, exponent: f64) -> Result<Number, ErrorKind> {
    if base != Number::ZERO {
        return Ok(base.powf(exponent));
    }
    if exponent > 0.0 {
        Ok(Number::ZERO)
    } else {
        Err(ErrorKind::Num)
    }
}

/// Not 0; 0 is `#NUM!`.
fn nonzero(z: Number) -> Result<Number, ErrorKind> {
    if z == Number::ZERO {
        Err(ErrorKind::Num)
    } else {
        Ok(z)
    }
}

/// The sum or product of all numbers, of blank cells none; 0 where there is none.
fn fold(
    args: &[Operand],
    context: &mut dyn Context,
    combine: fn(Number, Number) -> Number,
) -> Result<Operand, ErrorKind> {
    let mut result: Result<Option<(Number, Unit)>, ErrorKind> = Ok(None);
    let mut add = |value: &Value| {
        if value.is_blank() {
            return;
        }
        if let Ok(total) = result {
            result = read(value).and_then(|(z, unit)| {
                Ok(Some(match total {
                    None => (z, unit),
                    Some((sum, so_far)) => (combine(sum, z), common_unit(so_far, unit)?),
                }))
            });
        }
    };
    for arg in args {
        match arg {
            Operand::Reference(areas) => {
                for area in areas {
                    context.for_each(*area, &mut |_, value| add(value));
                }
            }
            Operand::Value(Value::Array(array)) => array.cells().iter().for_each(&mut add),
            Operand::Value(value) => add(value),
            Operand::Omitted => {}
            Operand::Lambda(_) => add(&Value::Error(ErrorKind::Calc)),
        }
    }
    let (total, unit) = result?.unwrap_or((Number::ZERO, None));
    Ok(show(total, unit).into())
}

const INUMBER: &[Param] = &[scalar("inumber")];
const PAIR: &[Param] = &[scalar("inumber1"), scalar("inumber2")];
const MANY: &[Param] = &[range("inumber1"), repeating(range("inumber2"))];

macro_rules! entry {
    ($name:literal, $params:expr, $help:literal, $rule:expr) => {
        Function::new(
            Category::Engineering,
            $name,
            $params,
            $help,
            ValueRule::Scalar(|args, _| {
                let rule: fn(&[Value]) -> Result<Value, ErrorKind> = $rule;
                done(rule(args))
            }),
        )
        .not_differentiable("complex numbers are text")
    };
}

/// A complex function of a complex number.
macro_rules! map {
    ($name:literal, $help:literal, $f:expr) => {
        entry!($name, INUMBER, $help, |args| {
            let f: fn(Number) -> Result<Number, ErrorKind> = $f;
            let (z, unit) = read(&args[0])?;
            Ok(show(f(z)?, unit))
        })
    };
}

/// A real function of a complex number.
macro_rules! real {
    ($name:literal, $help:literal, $f:expr) => {
        entry!($name, INUMBER, $help, |args| {
            let f: fn(Number) -> Result<f64, ErrorKind> = $f;
            Ok(Value::number(f(read(&args[0])?.0)?))
        })
    };
}

/// A complex function of two complex numbers.
macro_rules! pair {
    ($name:literal, $help:literal, $f:expr) => {
        entry!($name, PAIR, $help, |args| {
            let f: fn(Number, Number) -> Result<Number, ErrorKind> = $f;
            let ((a, unit_a), (b, unit_b)) = (read(&args[0])?, read(&args[1])?);
            let unit = common_unit(unit_a, unit_b)?;
            Ok(show(f(a, b)?, unit))
        })
    };
}

macro_rules! many {
    ($name:literal, $help:literal, $f:expr) => {
        Function::new(
            Category::Engineering,
            $name,
            MANY,
            $help,
            ValueRule::Operands(|args, context| fold(args, context, $f)),
        )
        .not_differentiable("complex numbers are text")
    };
}

pub(in super::super) const FUNCTIONS: &[Function] = &[
    entry!(
        "COMPLEX",
        &[
            scalar("real"),
            scalar("imaginary"),
            optional(scalar("suffix")),
        ],
        "A complex number, of its real and imaginary part; its suffix is i or j.",
        compose
    ),
    real!(
        "IMABS",
        "The modulus of a complex number.",
        |z| Ok(z.norm())
    ),
    real!(
        "IMAGINARY",
        "The imaginary part of a complex number.",
        |z| { Ok(z.im) }
    ),
    real!(
        "IMARGUMENT",
        "The angle of a complex number, in radians.",
        |z| {
            if z == Number::ZERO {
                Err(ErrorKind::Div0)
            } else {
                Ok(z.arg())
            }
        }
    ),
    map!("IMCONJUGATE", "The conjugate of a complex number.", |z| Ok(
        z.conj()
    )),
    map!("IMCOS", "The cosine of a complex number.", |z| Ok(z.cos())),
    map!(
        "IMCOSH",
        "The hyperbolic cosine of a complex number.",
        |z| { Ok(z.cosh()) }
    )
    .xlfn(),
    map!("IMCOT", "The cotangent of a complex number.", |z| {
        Ok(z.cos() / nonzero(z.sin())?)
    })
    .xlfn(),
    map!("IMCSC", "The cosecant of a complex number.", |z| {
        Ok(nonzero(z.sin())?.inv())
    })
    .xlfn(),
    map!(
        "IMCSCH",
        "The hyperbolic cosecant of a complex number.",
        |z| { Ok(nonzero(z.sinh())?.inv()) }
    )
    .xlfn(),
    pair!("IMDIV", "The quotient of two complex numbers.", |a, b| {
        Ok(a / nonzero(b)?)
    }),
    map!("IMEXP", "The exponential of a complex number.", |z| Ok(
        z.exp()
    )),
    map!("IMLN", "The natural logarithm of a complex number.", |z| {
        Ok(nonzero(z)?.ln())
    }),
    map!(
        "IMLOG10",
        "The decimal logarithm of a complex number.",
        |z| { Ok(nonzero(z)?.ln() / LN_10) }
    ),
    map!("IMLOG2", "The binary logarithm of a complex number.", |z| {
        Ok(nonzero(z)?.ln() / LN_2)
    }),
    entry!(
        "IMPOWER",
        &[scalar("inumber"), scalar("exponent")],
        "A complex number to a real power.",
        |args| {
            let (z, unit) = read(&args[0])?;
            Ok(show(power(z, args.strict(1)?)?, unit))
        }
    ),
    many!("IMPRODUCT", "The product of complex numbers.", |a, b| a * b),
    real!("IMREAL", "The real part of a complex number.", |z| Ok(z.re)),
    map!("IMSEC", "The secant of a complex number.", |z| Ok(z
        .cos()
        .inv()))
    .xlfn(),
    map!(
        "IMSECH",
        "The hyperbolic secant of a complex number.",
        |z| { Ok(z.cosh().inv()) }
    )
    .xlfn(),
    map!("IMSIN", "The sine of a complex number.", |z| Ok(z.sin())),
    map!(
        "IMSINH",
        "The hyperbolic sine of a complex number.",
        |z| Ok(z.sinh())
    )
    .xlfn(),
    map!("IMSQRT", "The square root of a complex number.", |z| Ok(
        z.sqrt()
    )),
    pair!(
        "IMSUB",
        "The difference of two complex numbers.",
        |a, b| Ok(a - b)
    ),
    many!("IMSUM", "The sum of complex numbers.", |a, b| a + b),
    map!("IMTAN", "The tangent of a complex number.", |z| Ok(z.tan())).xlfn(),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::mock::Sheet;

    #[test]
    fn complex_numbers_are_read_and_shown() {
        let mut sheet = Sheet::empty();
        for (formula, text) in [
            ("COMPLEX(3,4)", "3+4i"),
            ("COMPLEX(3,4,\"j\")", "3+4j"),
            ("COMPLEX(0,1)", "i"),
            ("COMPLEX(0,-1)", "-i"),
            ("COMPLEX(1,0)", "1"),
            ("COMPLEX(0,0)", "0"),
            ("COMPLEX(-0.5,-2.5)", "-0.5-2.5i"),
            ("IMSUM(\"1e3+2.5e-2i\",\"-i\")", "1000-0.975i"),
        ] {
            assert_eq!(sheet.eval(formula), Value::text(text), "{formula}");
        }
        for (formula, number) in [
            ("IMREAL(\"6-9i\")", 6.0),
            ("IMAGINARY(\"0-j\")", -1.0),
            ("IMAGINARY(4)", 0.0),
            ("IMABS(\"5+12i\")", 13.0),
        ] {
            assert_eq!(sheet.number(formula), number, "{formula}");
        }
        let angle = sheet.number("IMARGUMENT(\"3+4i\")");
        assert!((angle - 0.927_295_218_001_612_2).abs() < 1e-15);
        for formula in [
            "IMREAL(\"\")",
            "IMREAL(\"3+4I\")",
            "IMREAL(\"3 + 4i\")",
            "IMREAL(\"infi\")",
            "IMREAL(\"1+2\")",
            "IMLN(0)",
            "IMDIV(1,0)",
            "IMCOT(0)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
        assert_eq!(sheet.error("COMPLEX(1,2,\"k\")"), ErrorKind::Value);
        assert_eq!(sheet.error("IMSUB(\"i\",\"j\")"), ErrorKind::Value);
        assert_eq!(sheet.error("IMREAL(TRUE)"), ErrorKind::Value);
        assert_eq!(sheet.error("IMARGUMENT(0)"), ErrorKind::Div0);
    }

    #[test]
    fn complex_functions_agree_with_microsofts_examples() {
        let mut sheet = Sheet::new("3+4i,5-3i,");
        for (formula, re, im) in [
            ("IMDIV(\"-238+240i\",\"10+24i\")", 5.0, 12.0),
            ("IMPRODUCT(A1:C1)", 27.0, 11.0),
            ("IMSUM(A1:C1,1)", 9.0, 1.0),
            ("IMSUB(\"13+4i\",\"5+3i\")", 8.0, 1.0),
            ("IMCONJUGATE(\"3+4i\")", 3.0, -4.0),
            ("IMPOWER(\"2+3i\",3)", -46.0, 9.0),
            (
                "IMSQRT(\"1+i\")",
                1.098_684_113_467_81,
                0.455_089_860_562_227,
            ),
            ("IMEXP(\"1+i\")", 1.468_693_939_915_89, 2.287_355_287_178_84),
            ("IMLN(\"3+4i\")", 1.609_437_912_434_1, 0.927_295_218_001_612),
            (
                "IMLOG10(\"3+4i\")",
                0.698_970_004_336_019,
                0.402_719_196_273_373,
            ),
            (
                "IMLOG2(\"3+4i\")",
                2.321_928_094_887_36,
                1.337_804_212_450_98,
            ),
            (
                "IMCOS(\"1+i\")",
                0.833_730_025_131_149,
                -0.988_897_705_762_865,
            ),
            ("IMSIN(\"4+3i\")", -7.619_231_720_321_41, -6.548_120_040_911),
            (
                "IMTAN(\"4+3i\")",
                0.004_908_258_067_495_99,
                1.000_709_536_067_23,
            ),
            (
                "IMSINH(\"4+3i\")",
                -27.016_813_258_003_9,
                3.853_738_037_919_38,
            ),
            (
                "IMCOSH(\"4+3i\")",
                -27.034_945_603_074_2,
                3.851_153_334_811_78,
            ),
            (
                "IMSEC(\"4+3i\")",
                -0.065_294_027_857_946_9,
                -0.075_224_960_302_773_8,
            ),
            (
                "IMCSC(\"4+3i\")",
                -0.075_489_832_915_863_7,
                0.064_877_471_370_634_2,
            ),
            (
                "IMCOT(\"4+3i\")",
                0.004_901_182_394_304_48,
                -0.999_266_927_805_902,
            ),
            (
                "IMSECH(\"4+3i\")",
                -0.036_253_496_915_867_2,
                -0.005_164_344_607_753_31,
            ),
            (
                "IMCSCH(\"4+3i\")",
                -0.036_275_889_628_626_0,
                -0.005_174_473_184_019_39,
            ),
        ] {
            let (z, _) = read(&sheet.eval(formula)).expect("a complex number");
            let expected = Number::new(re, im);
            assert!(
                (z - expected).norm() < 1e-13 * expected.norm(),
                "{formula}: {z}, not {expected}"
            );
        }
    }
}
