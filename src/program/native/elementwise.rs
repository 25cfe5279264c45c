//! Elementwise operations as lines of a tile: the same numbers, to the bit, as
//! `ops/elementwise` gives (but for which NaN).

use super::tile::{Operand, Predicate, Rounding, Tile, Two};
use crate::program::builder::{Binary, Reduction, Unary};
use crate::program::graph::Absorb;

/// `None` where the operation is not one of these.
pub(crate) fn unary(tile: &mut Tile, op: Unary, x: Operand) -> Option<Operand> {
    let sign = Operand::from(-0.0);
    let (zero, one) = (Operand::from(0.0), Operand::from(1.0));
    Some(match op {
        Unary::Neg => tile.two(Two::Xor, x, sign),
        Unary::Abs => tile.two(Two::AndNot, sign, x),
        Unary::Sqrt => tile.sqrt(x),
        Unary::Floor => tile.round(Rounding::Down, x),
        Unary::Ceil => tile.round(Rounding::Up, x),
        Unary::Trunc => tile.round(Rounding::TowardsZero, x),
        Unary::Sign => {
            let rest = tile.mul(x, zero);
            let negative = tile.compare(Predicate::Less, x, zero);
            let rest = tile.blend(negative, (-1.0).into(), rest);
            let positive = tile.compare(Predicate::Less, zero, x);
            tile.blend(positive, one, rest)
        }
        Unary::Not => {
            let is_zero = tile.compare(Predicate::Equal, x, zero);
            let truth = tile.and(is_zero, one);
            let poison = tile.mul(x, zero);
            tile.add(truth, poison)
        }
        Unary::IsFinite => {
            let rest = tile.mul(x, zero);
            let finite = tile.compare(Predicate::Equal, rest, zero);
            tile.and(finite, one)
        }
        _ => return None,
    })
}

/// `None` where the operation is not one of these.
pub(crate) fn binary(tile: &mut Tile, op: Binary, a: Operand, b: Operand) -> Option<Operand> {
    let zero = Operand::from(0.0);
    Some(match op {
        Binary::Add => tile.add(a, b),
        Binary::Sub => tile.sub(a, b),
        Binary::Mul => tile.mul(a, b),
        Binary::Div => {
            let quotient = tile.two(Two::Div, a, b);
            let none = tile.compare(Predicate::Equal, b, zero);
            tile.blend(none, f64::NAN.into(), quotient)
        }
        Binary::Max => extreme(tile, Predicate::GreaterEqual, a, b),
        Binary::Min => extreme(tile, Predicate::LessEqual, a, b),
        Binary::Less => truth(tile, Predicate::Less, a, b),
        Binary::LessEqual => truth(tile, Predicate::LessEqual, a, b),
        Binary::Equal => truth(tile, Predicate::Equal, a, b),
        Binary::NotEqual => truth(tile, Predicate::NotEqual, a, b),
        Binary::And | Binary::Or => {
            let of = if op == Binary::And { Two::And } else { Two::Or };
            let left = tile.compare(Predicate::NotEqual, a, zero);
            let right = tile.compare(Predicate::NotEqual, b, zero);
            let mask = tile.two(of, left, right);
            poisoned(tile, mask, a, b)
        }
        Binary::AbsorbingMul => {
            let product = tile.mul(a, b);
            let open = tile.compare(Predicate::NotEqual, a, zero);
            tile.and(open, product)
        }
        _ => return None,
    })
}

/// `a` where it is the larger (or smaller) one or NaN, else `b`.
fn extreme(tile: &mut Tile, predicate: Predicate, a: Operand, b: Operand) -> Operand {
    let holds = tile.compare(predicate, a, b);
    let invalid = tile.compare(Predicate::Unordered, a, a);
    let first = tile.two(Two::Or, holds, invalid);
    tile.blend(first, a, b)
}

fn truth(tile: &mut Tile, predicate: Predicate, a: Operand, b: Operand) -> Operand {
    let mask = tile.compare(predicate, a, b);
    poisoned(tile, mask, a, b)
}

/// 1 or 0, or NaN where `a` or `b` is not finite.
fn poisoned(tile: &mut Tile, mask: Operand, a: Operand, b: Operand) -> Operand {
    let truth = tile.and(mask, 1.0.into());
    let (a, b) = (tile.mul(a, 0.0.into()), tile.mul(b, 0.0.into()));
    let poison = tile.add(a, b);
    tile.add(truth, poison)
}

/// `condition ? then : otherwise`; NaN where the condition is not finite.
pub(crate) fn select(
    tile: &mut Tile,
    condition: Operand,
    then: Operand,
    otherwise: Operand,
) -> Operand {
    let zero = Operand::from(0.0);
    let holds = tile.compare(Predicate::NotEqual, condition, zero);
    let picked = tile.blend(holds, then, otherwise);
    let rest = tile.mul(condition, zero);
    let finite = tile.compare(Predicate::Equal, rest, zero);
    tile.blend(finite, picked, f64::NAN.into())
}

/// A partial result and one more element.
pub(crate) fn reduction(tile: &mut Tile, op: Reduction, partial: Operand, x: Operand) -> Operand {
    match op {
        Reduction::Sum => tile.add(partial, x),
        Reduction::Product => tile.mul(partial, x),
        Reduction::Max => extreme(tile, Predicate::GreaterEqual, partial, x),
        Reduction::Min => extreme(tile, Predicate::LessEqual, partial, x),
    }
}

/// `a * b`, where 0 of the absorbing side makes the product 0; or `a * b + sum`, rounded once.
pub(crate) fn absorbing_product(
    tile: &mut Tile,
    absorb: Absorb,
    a: Operand,
    b: Operand,
    sum: Option<Operand>,
) -> Operand {
    let mut gated = |x: Operand, gate: Operand| {
        let open = tile.compare(Predicate::NotEqual, gate, 0.0.into());
        tile.and(open, x)
    };
    let (a, b) = match absorb {
        Absorb::None => (a, b),
        Absorb::Left => (a, gated(b, a)),
        Absorb::Right => (gated(a, b), b),
    };
    match sum {
        Some(sum) => tile.mul_add(a, b, sum),
        None => tile.mul(a, b),
    }
}
