//! Loops over blocks of lanes. They are written so that the compiler turns
//! them into vector instructions: slices of one length, no branch but
//! selections, and sums kept apart in a few lanes that are added up in a
//! fixed order.

use super::builder::{Binary, Reduction, Unary};
use super::graph::Absorb;
use super::ops::elementwise::{absorbing_mul, select};
use super::ops::matmul::product;

/// An operand of a block: its lanes, or one number for all.
#[derive(Clone, Copy)]
pub(crate) enum Lanes<'a> {
    Each(&'a [f64]),
    All(f64),
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

pub(crate) fn unary(op: Unary, out: &mut [f64], x: Lanes<'_>) {
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

pub(crate) fn binary(op: Binary, out: &mut [f64], a: Lanes<'_>, b: Lanes<'_>) {
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

pub(crate) fn choose(out: &mut [f64], condition: Lanes<'_>, then: Lanes<'_>, other: Lanes<'_>) {
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

/// Adds up to four columns, each times its factor, to `out`, or sets it to
/// their sum where it is the first of several.
pub(crate) fn multiply_add(out: &mut [f64], columns: &[(&[f64], f64)], first: bool) {
    macro_rules! with {
        ($y:ident, $start:expr, $($x:ident $w:ident),*) => {{
            let zipped = out.iter_mut()$(.zip($x))*;
            for nested!($y, $($x),*) in zipped {
                *$y = $start $(+ *$x * $w)*;
            }
        }};
    }
    macro_rules! nested {
        ($a:ident, $b:ident) => {
            ($a, $b)
        };
        ($a:ident, $b:ident, $c:ident) => {
            (($a, $b), $c)
        };
        ($a:ident, $b:ident, $c:ident, $d:ident) => {
            ((($a, $b), $c), $d)
        };
        ($a:ident, $b:ident, $c:ident, $d:ident, $e:ident) => {
            (((($a, $b), $c), $d), $e)
        };
    }
    macro_rules! either {
        ($($x:ident $w:ident),*) => {
            if first {
                with!(y, 0.0, $($x $w),*)
            } else {
                with!(y, *y, $($x $w),*)
            }
        };
    }
    match *columns {
        [(a, u)] => either!(a u),
        [(a, u), (b, v)] => either!(a u, b v),
        [(a, u), (b, v), (c, w)] => either!(a u, b v, c w),
        [(a, u), (b, v), (c, w), (d, z)] => either!(a u, b v, c w, d z),
        _ => unreachable!("one to four columns"),
    }
}

/// `out += a * b`, or `out = a * b`.
pub(crate) fn add_product(
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
pub(crate) fn fold(op: Reduction, out: &mut [f64], x: Lanes<'_>) {
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
const PARTS: usize = 4;

/// The reduction of a block to one number.
pub(crate) fn total(op: Reduction, x: Lanes<'_>, len: usize) -> f64 {
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

/// The sum over lanes of the products of two operands.
pub(crate) fn dot(absorb: Absorb, a: Lanes<'_>, b: Lanes<'_>, len: usize) -> f64 {
    match (a, b) {
        (Lanes::Each(a), Lanes::Each(b)) => match absorb {
            Absorb::None => dot_each(a, b, |a, b| a * b),
            Absorb::Left => dot_each(a, b, absorbing_mul),
            Absorb::Right => dot_each(a, b, |a, b| absorbing_mul(b, a)),
        },
        (Lanes::Each(a), Lanes::All(b)) => a.iter().map(|&a| product(absorb, a, b)).sum(),
        (Lanes::All(a), Lanes::Each(b)) => b.iter().map(|&b| product(absorb, a, b)).sum(),
        (Lanes::All(a), Lanes::All(b)) => product(absorb, a, b) * len as f64,
    }
}

#[inline(always)]
fn dot_each(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let mut parts = [0.0; PARTS];
    let (a_chunks, a_rest) = a.as_chunks::<PARTS>();
    let (b_chunks, b_rest) = b.as_chunks::<PARTS>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for (part, (&a, &b)) in parts.iter_mut().zip(a.iter().zip(b)) {
            *part += f(a, b);
        }
    }
    let mut sum: f64 = parts.into_iter().sum();
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        sum += f(a, b);
    }
    sum
}

/// [`dot`] of four columns with one, read once.
pub(crate) fn dot4(a: [&[f64]; 4], b: &[f64]) -> [f64; 4] {
    let mut parts = [[0.0; PARTS]; 4];
    let [(p, p_rest), (q, q_rest), (r, r_rest), (s, s_rest)] = a.map(|a| a.as_chunks::<PARTS>());
    let (b_chunks, b_rest) = b.as_chunks::<PARTS>();
    for ((((p, q), r), s), b) in p.iter().zip(q).zip(r).zip(s).zip(b_chunks) {
        for lane in 0..PARTS {
            parts[0][lane] += p[lane] * b[lane];
            parts[1][lane] += q[lane] * b[lane];
            parts[2][lane] += r[lane] * b[lane];
            parts[3][lane] += s[lane] * b[lane];
        }
    }
    let mut sums = parts.map(|parts| parts.into_iter().sum::<f64>());
    for (sum, rest) in sums.iter_mut().zip([p_rest, q_rest, r_rest, s_rest]) {
        for (&a, &b) in rest.iter().zip(b_rest) {
            *sum += a * b;
        }
    }
    sums
}
