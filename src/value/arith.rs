//! The operators of formulas on single values.
//!
//! Each takes its operands as they are: an error is handed on (the left one
//! first), text and booleans are read as numbers, and a result that is not
//! finite is `#NUM!`. Arrays are the evaluator's to map over.

use super::{ErrorKind, Value, compare::compare_numbers};
use std::cmp::Ordering;

fn numbers(a: &Value, b: &Value, op: impl FnOnce(f64, f64) -> Result<f64, ErrorKind>) -> Value {
    if let (Value::Number(a), Value::Number(b)) = (a, b) {
        return op(*a, *b).map_or_else(Value::Error, Value::number);
    }
    a.to_number()
        .and_then(|a| Ok((a, b.to_number()?)))
        .and_then(|(a, b)| op(a, b))
        .map_or_else(Value::Error, Value::number)
}

pub fn add(a: &Value, b: &Value) -> Value {
    numbers(a, b, |a, b| Ok(a + b))
}

pub fn sub(a: &Value, b: &Value) -> Value {
    numbers(a, b, |a, b| Ok(a - b))
}

/// The sum or difference that ends a formula. Where addition or subtraction
/// is the last operation of a formula Excel takes a result for 0 if the
/// operands cancel in their 15 significant digits: `=0.5-0.4-0.1` is 0, but
/// `=(0.5-0.4-0.1)` and `=1*(0.5-0.4-0.1)` are -2.8E-17. `result` is what
/// [`add`] or [`sub`] gave for `a` and `b`.
pub fn snap_to_zero(result: Value, a: &Value, b: &Value) -> Value {
    let (Value::Number(x), Ok(a), Ok(b)) = (&result, a.to_number(), b.to_number()) else {
        return result;
    };
    if *x != 0.0 && compare_numbers(a.abs(), b.abs()) == Ordering::Equal {
        // Equal signs of a sum, or unlike ones of a difference, do not cancel.
        let cancels = x.abs() < a.abs();
        if cancels {
            return Value::Number(0.0);
        }
    }
    result
}

pub fn mul(a: &Value, b: &Value) -> Value {
    numbers(a, b, |a, b| Ok(a * b))
}

/// Division by 0 is `#DIV/0!`.
pub fn div(a: &Value, b: &Value) -> Value {
    numbers(a, b, |a, b| match b {
        0.0 => Err(ErrorKind::Div0),
        _ => Ok(a / b),
    })
}

pub fn pow(a: &Value, b: &Value) -> Value {
    numbers(a, b, power)
}

/// Excel's `^`: 0^0 is `#NUM!`, 0 to a negative power `#DIV/0!`, a negative
/// base takes whole exponents and has its real odd roots: (-8)^(1/3) is -2,
/// but (-8)^(2/3) is `#NUM!`.
pub fn power(base: f64, exponent: f64) -> Result<f64, ErrorKind> {
    if base == 0.0 {
        return match exponent.partial_cmp(&0.0) {
            Some(Ordering::Less) => Err(ErrorKind::Div0),
            Some(Ordering::Greater) => Ok(0.0),
            _ => Err(ErrorKind::Num),
        };
    }
    if exponent == 2.0 {
        let square = base * base;
        return square.is_finite().then_some(square).ok_or(ErrorKind::Num);
    }
    // `powf` of a negative base and a broken exponent is NaN, hence #NUM!.
    let root = (1.0 / exponent).round();
    let odd_root = base < 0.0 && (root % 2.0).abs() == 1.0 && 1.0 / root == exponent;
    let power = if odd_root {
        -(-base).powf(exponent)
    } else {
        base.powf(exponent)
    };
    if power.is_finite() {
        Ok(power)
    } else {
        Err(ErrorKind::Num)
    }
}

pub fn neg(a: &Value) -> Value {
    match a.to_number() {
        // There is no negative zero in a spreadsheet.
        Ok(x) => Value::Number(0.0 - x),
        Err(kind) => Value::Error(kind),
    }
}

/// The postfix `%`.
pub fn percent(a: &Value) -> Value {
    a.to_number()
        .map_or_else(Value::Error, |x| Value::number(x / 100.0))
}

/// The `&` operator; more than 32,767 characters are `#VALUE!`.
pub fn concat(a: &Value, b: &Value) -> Value {
    let joined = a.to_text().and_then(|a| Ok((a, b.to_text()?)));
    match joined {
        Ok((a, b)) => {
            let mut text = String::with_capacity(a.len() + b.len());
            text.push_str(&a);
            text.push_str(&b);
            Value::checked_text(text)
        }
        Err(kind) => Value::Error(kind),
    }
}

/// A comparison: TRUE where the order of the operands satisfies `holds`.
pub fn compare(a: &Value, b: &Value, holds: impl FnOnce(Ordering) -> bool) -> Value {
    match (a.as_error(), b.as_error()) {
        (Some(kind), _) | (None, Some(kind)) => Value::Error(kind),
        // Only arrays are left without an order; they are not for this.
        _ => a
            .compare(b)
            .map_or(Value::Error(ErrorKind::Value), |order| {
                Value::Bool(holds(order))
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(x: f64) -> Value {
        Value::Number(x)
    }

    #[test]
    fn text_and_blanks_take_part_in_arithmetic() {
        assert_eq!(add(&"1e1".into(), &true.into()), number(11.0));
        assert_eq!(mul(&Value::Blank, &number(3.0)), number(0.0));
        assert_eq!(sub(&"x".into(), &number(3.0)), ErrorKind::Value.into());
        assert_eq!(
            add(&ErrorKind::Na.into(), &ErrorKind::Num.into()),
            ErrorKind::Na.into()
        );
        assert_eq!(concat(&number(1.5), &true.into()), "1.5TRUE".into());
    }

    #[test]
    fn division_and_powers_have_excels_errors() {
        assert_eq!(div(&number(0.0), &number(0.0)), ErrorKind::Div0.into());
        assert_eq!(pow(&number(0.0), &number(0.0)), ErrorKind::Num.into());
        assert_eq!(pow(&number(0.0), &number(-1.0)), ErrorKind::Div0.into());
        assert_eq!(pow(&number(-8.0), &number(0.5)), ErrorKind::Num.into());
        assert_eq!(pow(&number(-2.0), &number(3.0)), number(-8.0));
        assert_eq!(pow(&number(-8.0), &number(0.0)), number(1.0));
        assert_eq!(pow(&number(-8.0), &number(1.0 / 3.0)), number(-2.0));
        assert_eq!(mul(&number(1e300), &number(1e300)), ErrorKind::Num.into());
    }

    #[test]
    fn a_last_subtraction_that_cancels_is_zero() {
        let left = sub(&number(0.5), &number(0.4));
        let right = number(0.1);
        let difference = sub(&left, &right);
        assert_ne!(difference, number(0.0));
        assert_eq!(snap_to_zero(difference, &left, &right), number(0.0));
        let sum = add(&right, &right);
        assert_eq!(snap_to_zero(sum.clone(), &right, &right), sum);
    }

    #[test]
    fn long_text_is_an_error() {
        let half = Value::from("x".repeat(16_384).as_str());
        assert_eq!(concat(&half, &half), ErrorKind::Value.into());
    }
}
