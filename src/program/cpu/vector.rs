//! Loops over blocks of lanes. They are written so that the compiler turns
//! them into vector instructions: slices of one length, no branch but
//! selections, and sums kept apart in a few lanes that are added up in a
//! fixed order.

use super::super::builder::{Binary, Reduction, Unary};
use super::super::graph::Absorb;
use super::super::ops::elementwise::{absorbing_mul, poison, select};

/// An operand of a block: its lanes, or one number for all.
#[derive(Clone, Copy)]
pub(super) enum Lanes<'a> {
    Each(&'a [f64]),
    All(f64),
}

/// The comparisons that [`choose_where`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Less,
    LessEqual,
    Equal,
    NotEqual,
}

impl Compare {
    #[inline(always)]
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Compare::Less => a < b,
            Compare::LessEqual => a <= b,
            Compare::Equal => a == b,
            Compare::NotEqual => a != b,
        }
    }
}

#[inline(always)]
fn map(out: &mut [f64], x: &[f64], f: impl Fn(f64) -> f64) {
    for (y, &x) in out.iter_mut().zip(x) {
        *y = f(x);
    }
}

#[inline(always)]
fn map2(out: &mut [f64], a: Lanes<'_>, b: Lanes<'_>, f: impl Fn(f64, f64) -> f64) {
    match (a, b) {
        (Lanes::Each(a), Lanes::Each(b)) => {
            for ((y, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *y = f(a, b);
            }
        }
        (Lanes::Each(a), Lanes::All(b)) => map(out, a, |a| f(a, b)),
        (Lanes::All(a), Lanes::Each(b)) => map(out, b, |b| f(a, b)),
        (Lanes::All(a), Lanes::All(b)) => out.fill(f(a, b)),
    }
}

#[inline(always)]
pub(super) fn unary(op: Unary, out: &mut [f64], x: Lanes<'_>) {
    let x = match x {
        Lanes::Each(x) => x,
        Lanes::All(x) => return out.fill(op.apply(x)),
    };
    // The arms repeat the operation so that each loop is compiled for it alone.
    match op {
        Unary::Neg => map(out, x, |x| -x),
        Unary::Abs => map(out, x, f64::abs),
        Unary::Sign => map(out, x, |x| Unary::Sign.apply(x)),
        Unary::Sqrt => map(out, x, f64::sqrt),
        Unary::Not => map(out, x, |x| Unary::Not.apply(x)),
        Unary::IsFinite => map(out, x, |x| Unary::IsFinite.apply(x)),
        op => map(out, x, |x| op.apply(x)),
    }
}

#[inline(always)]
pub(super) fn binary(op: Binary, out: &mut [f64], [a, b]: [Lanes<'_>; 2]) {
    macro_rules! specialised {
        ($($name:ident),*) => {
            match op {
                $(Binary::$name => map2(out, a, b, |a, b| Binary::$name.apply(a, b)),)*
            }
        };
    }
    specialised!(
        Add,
        Sub,
        Mul,
        Div,
        Pow,
        Atan2,
        Mod,
        Max,
        Min,
        Less,
        LessEqual,
        Equal,
        NotEqual,
        And,
        Or,
        AbsorbingMul,
        PowSlope,
        PowLog
    );
}

#[inline(always)]
pub(super) fn choose(out: &mut [f64], condition: Lanes<'_>, then: Lanes<'_>, other: Lanes<'_>) {
    let condition = match condition {
        Lanes::Each(condition) => condition,
        Lanes::All(condition) => {
            return map2(out, then, other, |t, o| select(condition, t, o));
        }
    };
    match (then, other) {
        (Lanes::Each(t), Lanes::Each(o)) => {
            for (((y, &c), &t), &o) in out.iter_mut().zip(condition).zip(t).zip(o) {
                *y = select(c, t, o);
            }
        }
        (Lanes::Each(t), Lanes::All(o)) => {
            for ((y, &c), &t) in out.iter_mut().zip(condition).zip(t) {
                *y = select(c, t, o);
            }
        }
        (Lanes::All(t), Lanes::Each(o)) => {
            for ((y, &c), &o) in out.iter_mut().zip(condition).zip(o) {
                *y = select(c, t, o);
            }
        }
        (Lanes::All(t), Lanes::All(o)) => map(out, condition, |c| select(c, t, o)),
    }
}

/// `then` where the comparison of `a` and `b` holds, else `otherwise`; NaN where
/// `a` or `b` is not finite: [`choose`] of a comparison that is kept nowhere.
#[inline(always)]
pub(super) fn choose_where(
    compare: Compare,
    out: &mut [f64],
    a: &[f64],
    [b, then, otherwise]: [Lanes<'_>; 3],
) {
    // Each comparison and each kind of operand has a loop of its own.
    macro_rules! with {
        ($holds:expr, $([$b:ident $t:ident $o:ident])*) => {
            match (b, then, otherwise) {
                $((Lanes::$b(b), Lanes::$t(then), Lanes::$o(otherwise)) => {
                    let (b, then) = (lane!($b b), lane!($t then));
                    let otherwise = lane!($o otherwise);
                    for (i, (y, &a)) in out.iter_mut().zip(a).enumerate() {
                        let b = b(i);
                        let picked = if $holds(a, b) { then(i) } else { otherwise(i) };
                        *y = picked + poison(a, b);
                    }
                })*
            }
        };
    }
    macro_rules! lane {
        (Each $x:ident) => {{
            let x = &$x[..a.len()];
            move |i: usize| x[i]
        }};
        (All $x:ident) => {
            move |_: usize| $x
        };
    }
    macro_rules! each {
        ($($compare:ident),*) => {
            match compare {
                $(Compare::$compare => with!(
                    |a, b| Compare::$compare.holds(a, b),
                    [Each Each Each]
                    [Each Each All]
                    [Each All Each]
                    [Each All All]
                    [All Each Each]
                    [All Each All]
                    [All All Each]
                    [All All All]
                ),)*
            }
        };
    }
    each!(Less, LessEqual, Equal, NotEqual);
}

/// `out += a * b`, or `out = a * b`.
#[inline(always)]
pub(super) fn add_product(
    absorb: Absorb,
    out: &mut [f64],
    a: Lanes<'_>,
    b: Lanes<'_>,
    first: bool,
) {
    macro_rules! with {
        ($f:expr) => {
            if first {
                map2(out, a, b, $f)
            } else {
                accumulate2(out, a, b, $f)
            }
        };
    }
    match absorb {
        Absorb::None => with!(|a, b| a * b),
        Absorb::Left => with!(absorbing_mul),
        Absorb::Right => with!(|a, b| absorbing_mul(b, a)),
    }
}

#[inline(always)]
fn accumulate2(out: &mut [f64], a: Lanes<'_>, b: Lanes<'_>, f: impl Fn(f64, f64) -> f64) {
    match (a, b) {
        (Lanes::Each(a), Lanes::Each(b)) => {
            for ((y, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *y += f(a, b);
            }
        }
        (Lanes::Each(a), Lanes::All(b)) => {
            for (y, &a) in out.iter_mut().zip(a) {
                *y += f(a, b);
            }
        }
        (Lanes::All(a), Lanes::Each(b)) => {
            for (y, &b) in out.iter_mut().zip(b) {
                *y += f(a, b);
            }
        }
        (Lanes::All(a), Lanes::All(b)) => {
            let product = f(a, b);
            for y in out {
                *y += product;
            }
        }
    }
}

/// `out = op(out, x)`
#[inline(always)]
pub(super) fn fold(op: Reduction, out: &mut [f64], x: Lanes<'_>) {
    macro_rules! with {
        ($op:expr) => {
            match x {
                Lanes::Each(x) => {
                    for (y, &x) in out.iter_mut().zip(x) {
                        *y = $op.combine(*y, x);
                    }
                }
                Lanes::All(x) => {
                    for y in out {
                        *y = $op.combine(*y, x);
                    }
                }
            }
        };
    }
    match op {
        Reduction::Sum => with!(Reduction::Sum),
        Reduction::Product => with!(Reduction::Product),
        Reduction::Max => with!(Reduction::Max),
        Reduction::Min => with!(Reduction::Min),
    }
}

/// How many partial results a reduction over lanes keeps.
const PARTS: usize = 16;

/// The reduction of a block to one number.
#[inline(always)]
pub(super) fn total(op: Reduction, x: Lanes<'_>, len: usize) -> f64 {
    #[inline(always)]
    fn reduce(op: Reduction, x: &[f64]) -> f64 {
        let mut parts = [op.identity(); PARTS];
        let (chunks, rest) = x.as_chunks::<PARTS>();
        for chunk in chunks {
            for (part, &x) in parts.iter_mut().zip(chunk) {
                *part = op.combine(*part, x);
            }
        }
        let mut sum = parts
            .into_iter()
            .reduce(|a, b| op.combine(a, b))
            .unwrap_or(op.identity());
        for &x in rest {
            sum = op.combine(sum, x);
        }
        sum
    }
    match (op, x) {
        (Reduction::Sum, Lanes::Each(x)) => reduce(Reduction::Sum, x),
        (Reduction::Product, Lanes::Each(x)) => reduce(Reduction::Product, x),
        (Reduction::Max, Lanes::Each(x)) => reduce(Reduction::Max, x),
        (Reduction::Min, Lanes::Each(x)) => reduce(Reduction::Min, x),
        (op, Lanes::All(x)) => (0..len).fold(op.identity(), |acc, _| op.combine(acc, x)),
    }
}
