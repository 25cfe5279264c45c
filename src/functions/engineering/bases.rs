//! Numbers spelled in base 2, 8 and 16: BIN2DEC, DEC2HEX, …
//!
//! A spelling has at most ten digits. One of ten whose leading bit is set is
//! negative, in two's complement.

use super::super::arguments::{Scalars, done};
use super::super::params::{optional, scalar};
use super::super::{Category, Function, Param, ValueRule};
use crate::value::{ErrorKind, Value};

/// The most digits a spelling has.
const DIGITS: usize = 10;

#[derive(Clone, Copy)]
struct Base {
    radix: u32,
    /// The bits that ten digits hold.
    bits: u32,
}

const BINARY: Base = Base { radix: 2, bits: 10 };
const OCTAL: Base = Base { radix: 8, bits: 30 };
const HEXADECIMAL: Base = Base {
    radix: 16,
    bits: 40,
};

impl Base {
    fn read(self, text: &str) -> Result<i64, ErrorKind> {
        if text.len() > DIGITS {
            return Err(ErrorKind::Num);
        }
        let mut number = 0;
        for c in text.chars() {
            let digit = c.to_digit(self.radix).ok_or(ErrorKind::Num)?;
            number = number * i64::from(self.radix) + i64::from(digit);
        }
        let end = 1_i64 << self.bits;
        Ok(if number >= end / 2 {
            number - end
        } else {
            number
        })
    }

    /// With zeros before it up to `places` digits; a negative number has
    /// always ten.
    fn write(self, number: i64, places: Option<f64>) -> Result<String, ErrorKind> {
        let half = 1_i64 << (self.bits - 1);
        if !(-half..half).contains(&number) {
            return Err(ErrorKind::Num);
        }
        let mut rest = number.rem_euclid(2 * half) as u64;
        let mut digits = Vec::new();
        while rest > 0 || digits.is_empty() {
            let digit = (rest % u64::from(self.radix)) as u32;
            digits.push(char::from_digit(digit, self.radix).unwrap_or('0'));
            rest /= u64::from(self.radix);
        }
        if let Some(places) = places {
            if !(1.0..=DIGITS as f64).contains(&places) {
                return Err(ErrorKind::Num);
            }
            let places = places as usize;
            if number >= 0 && digits.len() > places {
                return Err(ErrorKind::Num);
            }
            while digits.len() < places {
                digits.push('0');
            }
        }
        Ok(digits
            .into_iter()
            .rev()
            .map(|c| c.to_ascii_uppercase())
            .collect())
    }
}

/// The digits that argument 0 spells; a number spells itself.
fn spelling(args: &[Value], base: Base) -> Result<i64, ErrorKind> {
    match args.first() {
        Some(Value::Bool(_)) => Err(ErrorKind::Value),
        _ => base.read(&args.text(0)?),
    }
}

/// Argument 0 as a whole number.
fn decimal(args: &[Value]) -> Result<i64, ErrorKind> {
    let number = args.strict(0)?.trunc();
    // Within 40 bits whatever the base.
    if number.abs() > 1e12 {
        return Err(ErrorKind::Num);
    }
    Ok(number as i64)
}

/// The digits wanted, where argument 1 says so.
fn places(args: &[Value]) -> Result<Option<f64>, ErrorKind> {
    match args.get(1) {
        None | Some(Value::Blank) => Ok(None),
        Some(_) => args.strict(1).map(|x| Some(x.trunc())),
    }
}

const NUMBER: &[Param] = &[scalar("number")];
const NUMBER_AND_PLACES: &[Param] = &[scalar("number"), optional(scalar("places"))];

macro_rules! to_decimal {
    ($name:literal, $from:ident, $help:literal) => {
        Function::new(
            Category::Engineering,
            $name,
            NUMBER,
            $help,
            ValueRule::Scalar(|args, _| {
                done(spelling(args, $from).map(|number| Value::Number(number as f64)))
            }),
        )
        .not_differentiable("it reads text")
    };
}

macro_rules! to_base {
    ($name:literal, $read:expr => $to:ident, $help:literal) => {
        Function::new(
            Category::Engineering,
            $name,
            NUMBER_AND_PLACES,
            $help,
            ValueRule::Scalar(|args, _| {
                let read: fn(&[Value]) -> Result<i64, ErrorKind> = $read;
                done(
                    read(args).and_then(|number| $to.write(number, places(args)?).map(Value::text)),
                )
            }),
        )
        .not_differentiable("its result is text")
    };
}

pub(in super::super) const FUNCTIONS: &[Function] = &[
    to_decimal!("BIN2DEC", BINARY, "The number that binary digits spell."),
    to_base!("BIN2HEX", |args| spelling(args, BINARY) => HEXADECIMAL, "Binary digits as hexadecimal ones."),
    to_base!("BIN2OCT", |args| spelling(args, BINARY) => OCTAL, "Binary digits as octal ones."),
    to_base!("DEC2BIN", decimal => BINARY, "A number from -512 to 511 in binary digits."),
    to_base!("DEC2HEX", decimal => HEXADECIMAL, "A number of up to 40 bits in hexadecimal digits."),
    to_base!("DEC2OCT", decimal => OCTAL, "A number of up to 30 bits in octal digits."),
    to_base!("HEX2BIN", |args| spelling(args, HEXADECIMAL) => BINARY, "Hexadecimal digits as binary ones."),
    to_decimal!(
        "HEX2DEC",
        HEXADECIMAL,
        "The number that hexadecimal digits spell."
    ),
    to_base!("HEX2OCT", |args| spelling(args, HEXADECIMAL) => OCTAL, "Hexadecimal digits as octal ones."),
    to_base!("OCT2BIN", |args| spelling(args, OCTAL) => BINARY, "Octal digits as binary ones."),
    to_decimal!("OCT2DEC", OCTAL, "The number that octal digits spell."),
    to_base!("OCT2HEX", |args| spelling(args, OCTAL) => HEXADECIMAL, "Octal digits as hexadecimal ones."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::mock::Sheet;

    #[test]
    fn bases_agree_with_microsofts_examples() {
        let mut sheet = Sheet::empty();
        for (formula, number) in [
            ("BIN2DEC(1100100)", 100.0),
            ("BIN2DEC(1111111111)", -1.0),
            ("BIN2DEC(\"\")", 0.0),
            ("HEX2DEC(\"A5\")", 165.0),
            ("HEX2DEC(\"FFFFFFFF5B\")", -165.0),
            ("HEX2DEC(\"3DA408B9\")", 1_034_160_313.0),
            ("OCT2DEC(54)", 44.0),
            ("OCT2DEC(7777777533)", -165.0),
        ] {
            assert_eq!(sheet.number(formula), number, "{formula}");
        }
        for (formula, text) in [
            ("BIN2HEX(11111011,4)", "00FB"),
            ("BIN2HEX(1110)", "E"),
            ("BIN2HEX(1111111111)", "FFFFFFFFFF"),
            ("BIN2OCT(1001,3)", "011"),
            ("BIN2OCT(1111111111)", "7777777777"),
            ("DEC2BIN(9,4)", "1001"),
            ("DEC2BIN(-100)", "1110011100"),
            ("DEC2BIN(-100,3)", "1110011100"),
            ("DEC2HEX(100,4)", "0064"),
            ("DEC2HEX(-54)", "FFFFFFFFCA"),
            ("DEC2HEX(64.9)", "40"),
            ("DEC2OCT(58,3)", "072"),
            ("DEC2OCT(-100)", "7777777634"),
            ("HEX2BIN(\"F\",8)", "00001111"),
            ("HEX2BIN(\"B7\")", "10110111"),
            ("HEX2BIN(\"FFFFFFFFFF\")", "1111111111"),
            ("HEX2OCT(\"3B4E\")", "35516"),
            ("HEX2OCT(\"FFFFFFFF00\")", "7777777400"),
            ("OCT2BIN(3,3)", "011"),
            ("OCT2BIN(7777777000)", "1000000000"),
            ("OCT2HEX(100,4)", "0040"),
            ("OCT2HEX(7777777533)", "FFFFFFFF5B"),
        ] {
            assert_eq!(sheet.eval(formula), Value::text(text), "{formula}");
        }
        for formula in [
            "DEC2BIN(512)",
            "DEC2BIN(9,3)",
            "DEC2BIN(9,11)",
            "DEC2HEX(549755813888)",
            "HEX2BIN(\"200\")",
            "BIN2DEC(12)",
            "BIN2DEC(1.1)",
            "BIN2DEC(11111111111)",
            "HEX2DEC(\"-1\")",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
        assert_eq!(sheet.error("DEC2BIN(\"e\")"), ErrorKind::Value);
        assert_eq!(sheet.error("BIN2DEC(TRUE)"), ErrorKind::Value);
    }
}
