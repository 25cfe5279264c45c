//! Loops over blocks of lanes. They are written so that the compiler turns
//! them into vector instructions: slices of one length, no branch but
//! selections, and sums kept apart in a few lanes that are added up in a
//! fixed order.

use super::super::builder::{Binary, Reduction, Unary};
use super::super::graph::Absorb;
use super::super::ops::elementwise::{absorbing_mul, select};

/// An operand of a block: its lanes, or one number for all.
#[derive(Clone, Copy)]
pub(super) enum Lanes<'a> {
    Each(&'a [f64]),
    All(f64),
}

impl Lanes<'_> {
    #[inline(always)]
    fn at(self, lane: usize) -> f64 {
        match self {
            Lanes::Each(x) => x[lane],
            Lanes::All(x) => x,
        }
    }
}

/// The comparisons that [`choose_where`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Less,
    LessEqual,
    Equal,
    NotEqual,
}

/// The first of two operations that [`pair`] joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inner {
    Add,
    Sub,
    Mul,
}

/// The second, of the first's result and a third operand; `SubFrom` takes that
/// result from the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outer {
    Add,
    Sub,
    SubFrom,
    Mul,
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
pub(super) fn binary(op: Binary, out: &mut [f64], a: Lanes<'_>, b: Lanes<'_>) {
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
    b: Lanes<'_>,
    then: Lanes<'_>,
    otherwise: Lanes<'_>,
) {
    macro_rules! with {
        ($holds:expr) => {{
            let holds = $holds;
            // By bits, so that no branch hides the loads; 0 added changes
            // nothing, NaN makes NaN.
            let pick = |a: f64, b: f64, t: f64, o: f64, poison: f64| {
                let mask = if holds(a, b) { u64::MAX } else { 0 };
                let picked = f64::from_bits(t.to_bits() & mask | o.to_bits() & !mask);
                picked + (a * 0.0 + poison)
            };
            match (b, then, otherwise) {
                (Lanes::All(b), Lanes::All(t), Lanes::Each(o)) => {
                    let poison = b * 0.0;
                    for ((y, &a), &o) in out.iter_mut().zip(a).zip(o) {
                        *y = pick(a, b, t, o, poison);
                    }
                }
                (Lanes::All(b), Lanes::Each(t), Lanes::All(o)) => {
                    let poison = b * 0.0;
                    for ((y, &a), &t) in out.iter_mut().zip(a).zip(t) {
                        *y = pick(a, b, t, o, poison);
                    }
                }
                (b, t, o) => {
                    for (i, (y, &a)) in out.iter_mut().zip(a).enumerate() {
                        let b = b.at(i);
                        *y = pick(a, b, t.at(i), o.at(i), b * 0.0);
                    }
                }
            }
        }};
    }
    match compare {
        Compare::Less => with!(|a, b| a < b),
        Compare::LessEqual => with!(|a, b| a <= b),
        Compare::Equal => with!(|a, b| a == b),
        Compare::NotEqual => with!(|a, b| a != b),
    }
}

/// `outer(inner(a, b), c)`, rounded twice as two operations are.
#[inline(always)]
pub(super) fn pair(inner: Inner, outer: Outer, out: &mut [f64], [a, b, c]: [Lanes<'_>; 3]) {
    #[inline(always)]
    fn each(out: &mut [f64], [a, b, c]: [Lanes<'_>; 3], f: impl Fn(f64, f64, f64) -> f64) {
        match (a, b, c) {
            (Lanes::Each(a), Lanes::Each(b), Lanes::Each(c)) => {
                for (((y, &a), &b), &c) in out.iter_mut().zip(a).zip(b).zip(c) {
                    *y = f(a, b, c);
                }
            }
            (Lanes::Each(a), Lanes::Each(b), Lanes::All(c)) => {
                for ((y, &a), &b) in out.iter_mut().zip(a).zip(b) {
                    *y = f(a, b, c);
                }
            }
            (Lanes::Each(a), Lanes::All(b), Lanes::Each(c)) => {
                for ((y, &a), &c) in out.iter_mut().zip(a).zip(c) {
                    *y = f(a, b, c);
                }
            }
            _ => {
                for (i, y) in out.iter_mut().enumerate() {
                    *y = f(a.at(i), b.at(i), c.at(i));
                }
            }
        }
    }
    let xs = [a, b, c];
    match (inner, outer) {
        (Inner::Add, Outer::Add) => each(out, xs, |a, b, c| (a + b) + c),
        (Inner::Add, Outer::Sub) => each(out, xs, |a, b, c| (a + b) - c),
        (Inner::Add, Outer::SubFrom) => each(out, xs, |a, b, c| c - (a + b)),
        (Inner::Add, Outer::Mul) => each(out, xs, |a, b, c| (a + b) * c),
        (Inner::Sub, Outer::Add) => each(out, xs, |a, b, c| (a - b) + c),
        (Inner::Sub, Outer::Sub) => each(out, xs, |a, b, c| (a - b) - c),
        (Inner::Sub, Outer::SubFrom) => each(out, xs, |a, b, c| c - (a - b)),
        (Inner::Sub, Outer::Mul) => each(out, xs, |a, b, c| (a - b) * c),
        (Inner::Mul, Outer::Add) => each(out, xs, |a, b, c| (a * b) + c),
        (Inner::Mul, Outer::Sub) => each(out, xs, |a, b, c| (a * b) - c),
        (Inner::Mul, Outer::SubFrom) => each(out, xs, |a, b, c| c - (a * b)),
        (Inner::Mul, Outer::Mul) => each(out, xs, |a, b, c| (a * b) * c),
    }
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
