//! Operators over lanes: loops where both sides are numbers, the interpreter's
//! operators in each lane elsewhere.

use super::lanes::{Lanes, Numbers};
use crate::engine::interpret::operators;
use crate::formula::BinaryOp;
use crate::functions::Operand;
use crate::value::{MAX_TEXT, Value, arith, compare_numbers, equal_text, without_subnormals};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Smaller differences in proportion may be none in 15 significant digits.
const CLOSE: f64 = 1e-14;

/// An operator in each lane. `snap`: it ends the formula
/// (see [`arith::snap_to_zero`]).
pub fn binary<'a>(op: BinaryOp, a: Lanes<'a>, b: Lanes<'a>, snap: bool, len: usize) -> Lanes<'a> {
    if let (Lanes::Same(Operand::Value(a)), Lanes::Same(Operand::Value(b))) = (&a, &b) {
        return Lanes::same(operators::binary(op, a, b, snap));
    }
    let fast = match op {
        BinaryOp::Add | BinaryOp::Subtract if snap => {
            let result = arithmetic(op, &a, &b, len);
            result.filter(|sums| !may_cancel(&a, &b, sums))
        }
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
            arithmetic(op, &a, &b, len)
        }
        BinaryOp::Power => power(&a, &b, len),
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual => {
            if let Some(truths) = compare(op, &a, &b, len) {
                return Lanes::Truths(truths);
            }
            None
        }
        _ => None,
    };
    match fast {
        Some(numbers) => Lanes::Numbers(Cow::Owned(numbers)),
        None => each(&a, &b, len, |a, b| operators::binary(op, a, b, snap)),
    }
}

fn each<'a>(
    a: &Lanes<'_>,
    b: &Lanes<'_>,
    len: usize,
    op: impl Fn(&Value, &Value) -> Value,
) -> Lanes<'a> {
    Lanes::pack((0..len).map(|lane| op(&a.at(lane), &b.at(lane))).collect())
}

/// An operator of one value in each lane.
pub fn unary<'a>(
    a: Lanes<'a>,
    number: impl Fn(f64) -> f64,
    value: fn(&Value) -> Value,
    len: usize,
) -> Lanes<'a> {
    match a {
        Lanes::Same(Operand::Value(a)) => Lanes::same(operators::map(&a, value)),
        Lanes::Numbers(mut numbers) => {
            numbers.to_mut().iter_mut().for_each(|x| *x = number(*x));
            Lanes::Numbers(numbers)
        }
        a => Lanes::pack(
            (0..len)
                .map(|lane| operators::map(&a.at(lane), value))
                .collect(),
        ),
    }
}

/// Texts joined in each lane, as operators do it from left to right.
pub fn join<'a>(terms: &[Lanes<'_>], len: usize) -> Lanes<'a> {
    let mut text = String::new();
    let joined = (0..len).map(|lane| {
        text.clear();
        let plain = terms.iter().all(|term| match &*term.at(lane) {
            Value::Text(piece) => {
                text.push_str(piece);
                true
            }
            _ => false,
        });
        if plain && text.len() <= MAX_TEXT {
            return Value::from(text.as_str());
        }
        let mut terms = terms.iter().map(|term| term.value(lane));
        let first = terms.next().unwrap_or_default();
        terms.fold(first, |left, right| {
            operators::binary(BinaryOp::Concat, &left, &right, false)
        })
    });
    Lanes::pack(joined.collect())
}

/// Applies `f` to the numbers of all lanes, as [`results`].
fn zip(
    a: &Numbers<'_>,
    b: &Numbers<'_>,
    len: usize,
    f: impl Fn(f64, f64) -> f64,
) -> Option<Vec<f64>> {
    let out: Vec<f64> = match (a, b) {
        (Numbers::Each(a), Numbers::Each(b)) => {
            a.iter().zip(&**b).map(|(&a, &b)| f(a, b)).collect()
        }
        (Numbers::Each(a), Numbers::Same(b)) => a.iter().map(|&a| f(a, *b)).collect(),
        (Numbers::Same(a), Numbers::Each(b)) => b.iter().map(|&b| f(*a, b)).collect(),
        (Numbers::Same(a), Numbers::Same(b)) => vec![f(*a, *b); len],
    };
    results(out)
}

/// One of two numbers in each lane.
pub fn select(truths: &[bool], yes: &Numbers<'_>, no: &Numbers<'_>) -> Vec<f64> {
    let truths = truths.iter();
    match (yes, no) {
        (Numbers::Each(yes), Numbers::Each(no)) => truths
            .zip(yes.iter().zip(&**no))
            .map(|(&truth, (&yes, &no))| if truth { yes } else { no })
            .collect(),
        (Numbers::Each(yes), Numbers::Same(no)) => truths
            .zip(&**yes)
            .map(|(&truth, &yes)| if truth { yes } else { *no })
            .collect(),
        (Numbers::Same(yes), Numbers::Each(no)) => truths
            .zip(&**no)
            .map(|(&truth, &no)| if truth { *yes } else { no })
            .collect(),
        (Numbers::Same(yes), Numbers::Same(no)) => truths
            .map(|&truth| if truth { *yes } else { *no })
            .collect(),
    }
}

/// Computed numbers, each as [`Value::number`] has it; `None` where one is not
/// finite. Looked at many together, as processors like it.
pub fn results(mut numbers: Vec<f64>) -> Option<Vec<f64>> {
    for some in numbers.chunks_mut(64) {
        let mut all = true;
        for x in some {
            all &= x.is_finite();
            *x = without_subnormals(*x);
        }
        if !all {
            return None;
        }
    }
    Some(numbers)
}

fn arithmetic(op: BinaryOp, a: &Lanes<'_>, b: &Lanes<'_>, len: usize) -> Option<Vec<f64>> {
    let (a, b) = (a.numbers()?, b.numbers()?);
    match op {
        BinaryOp::Add => zip(&a, &b, len, |a, b| a + b),
        BinaryOp::Subtract => zip(&a, &b, len, |a, b| a - b),
        BinaryOp::Multiply => zip(&a, &b, len, |a, b| a * b),
        // Division by 0 is not finite.
        _ => zip(&a, &b, len, |a, b| a / b),
    }
}

fn power(a: &Lanes<'_>, b: &Lanes<'_>, len: usize) -> Option<Vec<f64>> {
    let (a, b) = (a.numbers()?, b.numbers()?);
    zip(&a, &b, len, |a, b| arith::power(a, b).unwrap_or(f64::NAN))
}

/// Whether the operands of a sum may cancel in their 15 significant digits in
/// some lane where the sum is not 0 anyhow.
fn may_cancel(a: &Lanes<'_>, b: &Lanes<'_>, sums: &[f64]) -> bool {
    let (Some(a), Some(b)) = (a.numbers(), b.numbers()) else {
        return true;
    };
    let close = |sum: f64, a: f64, b: f64| sum != 0.0 && sum.abs() <= CLOSE * a.abs().max(b.abs());
    let pairs = |lane: usize| close(sums[lane], a.get(lane), b.get(lane));
    match (&a, &b) {
        (Numbers::Each(a), Numbers::Same(b)) => sums
            .iter()
            .zip(&**a)
            .fold(false, |any, (&sum, &a)| any | close(sum, a, *b)),
        (Numbers::Each(a), Numbers::Each(b)) => sums
            .iter()
            .zip(a.iter().zip(&**b))
            .fold(false, |any, (&sum, (&a, &b))| any | close(sum, a, b)),
        _ => (0..sums.len()).any(pairs),
    }
}

fn compare(op: BinaryOp, a: &Lanes<'_>, b: &Lanes<'_>, len: usize) -> Option<Vec<bool>> {
    if let (Some(a), Some(b)) = (a.plain_numbers(), b.plain_numbers()) {
        return Some(compare_all(op, &a, &b, len));
    }
    // Text with one text: categories.
    let (values, key) = match (a, b) {
        (Lanes::Values(values), Lanes::Same(Operand::Value(Value::Text(key))))
        | (Lanes::Same(Operand::Value(Value::Text(key))), Lanes::Values(values)) => (values, key),
        _ => return None,
    };
    let negated = match op {
        BinaryOp::Equal => false,
        BinaryOp::NotEqual => true,
        _ => return None,
    };
    let same = |value: &Value| match value {
        Value::Text(text) => Some(equal_text(text, key) != negated),
        Value::Blank => Some(key.is_empty() != negated),
        Value::Number(_) | Value::Bool(_) => Some(negated),
        Value::Error(_) | Value::Array(_) => None,
    };
    values.iter().map(same).collect()
}

fn compare_all(op: BinaryOp, a: &Numbers<'_>, b: &Numbers<'_>, len: usize) -> Vec<bool> {
    match op {
        BinaryOp::Equal => ordered(a, b, len, |a, b| a == b, Ordering::is_eq),
        BinaryOp::NotEqual => ordered(a, b, len, |a, b| a != b, Ordering::is_ne),
        BinaryOp::Less => ordered(a, b, len, |a, b| a < b, Ordering::is_lt),
        BinaryOp::LessEqual => ordered(a, b, len, |a, b| a <= b, Ordering::is_le),
        BinaryOp::Greater => ordered(a, b, len, |a, b| a > b, Ordering::is_gt),
        _ => ordered(a, b, len, |a, b| a >= b, Ordering::is_ge),
    }
}

/// Compares exactly, and again by digits in a block where two numbers are close.
fn ordered(
    a: &Numbers<'_>,
    b: &Numbers<'_>,
    len: usize,
    exactly: impl Fn(f64, f64) -> bool,
    holds: fn(Ordering) -> bool,
) -> Vec<bool> {
    let mut any_close = false;
    let mut one = |a: f64, b: f64| {
        any_close |= (a != b) & ((a - b).abs() <= CLOSE * a.abs().max(b.abs()));
        exactly(a, b)
    };
    let truths = match (a, b) {
        (Numbers::Each(a), Numbers::Each(b)) => {
            a.iter().zip(&**b).map(|(&a, &b)| one(a, b)).collect()
        }
        (Numbers::Each(a), Numbers::Same(b)) => a.iter().map(|&a| one(a, *b)).collect(),
        (Numbers::Same(a), Numbers::Each(b)) => b.iter().map(|&b| one(*a, b)).collect(),
        (Numbers::Same(a), Numbers::Same(b)) => vec![one(*a, *b); len],
    };
    if !any_close {
        return truths;
    }
    (0..len)
        .map(|lane| holds(compare_numbers(a.get(lane), b.get(lane))))
        .collect()
}
