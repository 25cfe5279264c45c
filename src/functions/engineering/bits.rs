//! Bitwise functions of whole numbers below 2^48.

use super::super::arguments::{Scalars, done};
use super::super::params::scalar;
use super::super::{Category, Function, Param, ValueRule};
use crate::value::{ErrorKind, Value};

/// 2^48.
const END: f64 = 281_474_976_710_656.0;
const MOST_SHIFT: f64 = 53.0;

fn bits(args: &[Value], index: usize) -> Result<u64, ErrorKind> {
    let number = args.number(index)?;
    if number.trunc() == number && (0.0..END).contains(&number) {
        Ok(number as u64)
    } else {
        Err(ErrorKind::Num)
    }
}

/// Argument 0 with its bits moved to the left, or to the right where
/// `direction` times argument 1 is negative.
fn shifted(args: &[Value], direction: f64) -> Result<Value, ErrorKind> {
    let (number, shift) = (bits(args, 0)?, args.whole(1)? * direction);
    if shift.abs() > MOST_SHIFT {
        return Err(ErrorKind::Num);
    }
    // Below 2^48 by 53 places: within 101 bits.
    let result = if shift >= 0.0 {
        u128::from(number) << shift as u32
    } else {
        u128::from(number) >> (-shift) as u32
    } as f64;
    if result < END {
        Ok(Value::Number(result))
    } else {
        Err(ErrorKind::Num)
    }
}

const PAIR: &[Param] = &[scalar("number1"), scalar("number2")];
const SHIFT: &[Param] = &[scalar("number"), scalar("shift")];

macro_rules! entry {
    ($name:literal, $params:ident, $help:literal, $rule:expr) => {
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
        .xlfn()
        .not_differentiable("it works on bits")
    };
}

macro_rules! bitwise {
    ($name:literal, $help:literal, $operator:tt) => {
        entry!($name, PAIR, $help, |args| {
            Ok(Value::Number((bits(args, 0)? $operator bits(args, 1)?) as f64))
        })
    };
}

pub(in super::super) const FUNCTIONS: &[Function] = &[
    bitwise!("BITAND", "The bits that two numbers have in common.", &),
    entry!(
        "BITLSHIFT",
        SHIFT,
        "A number with its bits moved to the left.",
        |args| shifted(args, 1.0)
    ),
    bitwise!("BITOR", "The bits that at least one of two numbers has.", |),
    entry!(
        "BITRSHIFT",
        SHIFT,
        "A number with its bits moved to the right.",
        |args| shifted(args, -1.0)
    ),
    bitwise!("BITXOR", "The bits that one of two numbers has and the other has not.", ^),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn bits_are_combined_and_moved() {
        let mut sheet = Sheet::empty();
        for (formula, number) in [
            ("BITAND(13,25)", 9.0),
            ("BITOR(23,10)", 31.0),
            ("BITXOR(5,3)", 6.0),
            ("BITLSHIFT(4,2)", 16.0),
            ("BITLSHIFT(16,-2)", 4.0),
            ("BITRSHIFT(13,2)", 3.0),
            ("BITRSHIFT(13,53)", 0.0),
            ("BITAND(281474976710655,1)", 1.0),
        ] {
            assert_eq!(sheet.number(formula), number, "{formula}");
        }
        for formula in [
            "BITAND(-1,1)",
            "BITAND(1.5,1)",
            "BITOR(281474976710656,1)",
            "BITLSHIFT(1,48)",
            "BITLSHIFT(1,54)",
            "BITRSHIFT(281474976710655,-53)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
    }
}
