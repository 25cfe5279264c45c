//! Loops over blocks of lanes. They are written so that the compiler turns
//! them into vector instructions: slices of one length, no branch but
//! selections, and sums kept apart in a few lanes that are added up in a
//! fixed order.

use super::super::builder::{Binary, Reduction, Unary};
use super::super::graph::Absorb;
use super::super::ops::elementwise::{absorbing_mul, select};
use super::simd::{Isa, Vector};

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
pub(super) fn binary<I: Isa>(op: Binary, out: &mut [f64], [a, b]: [Lanes<'_>; 2]) {
    macro_rules! specialised {
        ($($name:ident),*) => {
            match op {
                $(Binary::$name => map2(out, a, b, |a, b| Binary::$name.apply(a, b)),)*
                Binary::Add => alone::<I, _>(out, [a, b], Add),
                Binary::Sub => alone::<I, _>(out, [a, b], Sub),
                Binary::Mul => alone::<I, _>(out, [a, b], Mul),
            }
        };
    }
    specialised!(
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
pub(super) fn choose_where<I: Isa>(
    compare: Compare,
    out: &mut [f64],
    a: &[f64],
    [b, then, otherwise]: [Lanes<'_>; 3],
) {
    #[derive(Clone, Copy)]
    struct Choose(Compare);
    impl Map for Choose {
        #[inline(always)]
        fn of<V: Vector>(self, [a, b, t, o]: [V; 4]) -> V {
            let picked = t.where_holds(self.0, a, b, o);
            // Adds a * (b * 0): 0, which changes nothing, or NaN.
            a.mul_add(b.mul(V::splat(0.0)), picked)
        }
    }
    macro_rules! with {
        ($($compare:ident),*) => {
            match compare {
                $(Compare::$compare => {
                    three::<I, _, _>(out, Each(a), [b, then, otherwise], Choose(Compare::$compare));
                })*
            }
        };
    }
    with!(Less, LessEqual, Equal, NotEqual);
}

/// `outer(inner(a, b), c)`, rounded twice as two operations are.
#[inline(always)]
pub(super) fn pair<I: Isa>(inner: Inner, outer: Outer, out: &mut [f64], abc: [Lanes<'_>; 3]) {
    macro_rules! with {
        ($(($inner:ident, $outer:ident)),*) => {
            match (inner, outer) {
                $((Inner::$inner, Outer::$outer) => {
                    three::<I, _, _>(out, All(0.0), abc, Both($inner, $outer));
                })*
            }
        };
    }
    with!(
        (Add, Add),
        (Add, Sub),
        (Add, SubFrom),
        (Add, Mul),
        (Sub, Add),
        (Sub, Sub),
        (Sub, SubFrom),
        (Sub, Mul),
        (Mul, Add),
        (Mul, Sub),
        (Mul, SubFrom),
        (Mul, Mul)
    );
}

/// An operation of arithmetic.
trait Arithmetic: Copy {
    fn of<V: Vector>(self, a: V, b: V) -> V;
}

macro_rules! arithmetic {
    ($($name:ident($a:ident, $b:ident) = $of:expr),*) => {
        $(
            #[derive(Clone, Copy)]
            struct $name;
            impl Arithmetic for $name {
                #[inline(always)]
                fn of<V: Vector>(self, $a: V, $b: V) -> V {
                    $of
                }
            }
        )*
    };
}

arithmetic!(
    Add(a, b) = a.add(b),
    Sub(a, b) = a.sub(b),
    SubFrom(a, b) = b.sub(a),
    Mul(a, b) = a.mul(b)
);

/// The second operation of the first one's result and a third operand.
#[derive(Clone, Copy)]
struct Both<F, G>(F, G);

impl<F: Arithmetic, G: Arithmetic> Map for Both<F, G> {
    #[inline(always)]
    fn of<V: Vector>(self, [_, a, b, c]: [V; 4]) -> V {
        self.1.of(self.0.of(a, b), c)
    }
}

/// One operation of two operands.
#[inline(always)]
fn alone<I: Isa, F: Arithmetic>(out: &mut [f64], [a, b]: [Lanes<'_>; 2], f: F) {
    #[derive(Clone, Copy)]
    struct One<F>(F);
    impl<F: Arithmetic> Map for One<F> {
        #[inline(always)]
        fn of<V: Vector>(self, [_, a, b, _]: [V; 4]) -> V {
            self.0.of(a, b)
        }
    }
    three::<I, _, _>(out, All(0.0), [a, b, Lanes::All(0.0)], One(f));
}

/// What is computed of each lane's operands.
trait Map: Copy {
    fn of<V: Vector>(self, operands: [V; 4]) -> V;
}

/// An operand of a loop.
trait Source: Copy {
    /// # Safety
    /// An operand with lanes holds those from `lane` on.
    unsafe fn load<V: Vector>(self, lane: usize) -> V;
}

#[derive(Clone, Copy)]
struct Each<'a>(&'a [f64]);

#[derive(Clone, Copy)]
struct All(f64);

impl Source for Each<'_> {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, lane: usize) -> V {
        debug_assert!(lane + V::LANES <= self.0.len());
        // SAFETY: the caller's promise.
        unsafe { V::load(self.0.as_ptr().add(lane)) }
    }
}

impl Source for All {
    #[inline(always)]
    unsafe fn load<V: Vector>(self, _: usize) -> V {
        V::splat(self.0)
    }
}

/// Maps four operands, three of which may be one number for all lanes.
#[inline(always)]
fn three<I: Isa, S: Source, M: Map>(out: &mut [f64], first: S, [a, b, c]: [Lanes<'_>; 3], map: M) {
    macro_rules! with {
        ($([$a:ident $b:ident $c:ident])*) => {
            match (a, b, c) {
                $((Lanes::$a(a), Lanes::$b(b), Lanes::$c(c)) => {
                    each_lane::<I, _, _, _, _, _>(out, first, $a(a), $b(b), $c(c), map)
                })*
            }
        };
    }
    with!(
        [Each Each Each]
        [Each Each All]
        [Each All Each]
        [Each All All]
        [All Each Each]
        [All Each All]
        [All All Each]
        [All All All]
    );
}

#[inline(always)]
fn each_lane<I: Isa, A: Source, B: Source, C: Source, D: Source, M: Map>(
    out: &mut [f64],
    a: A,
    b: B,
    c: C,
    d: D,
    map: M,
) {
    #[inline(always)]
    unsafe fn load<V: Vector>(
        (a, b, c, d): (impl Source, impl Source, impl Source, impl Source),
        at: usize,
    ) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe { [a.load(at), b.load(at), c.load(at), d.load(at)] }
    }
    let operands = (a, b, c, d);
    let (len, wide) = (out.len(), I::Wide::LANES);
    let out = out.as_mut_ptr();
    let mut at = 0;
    // SAFETY: the operands of a block have its lanes, and none beyond them is read.
    unsafe {
        // Four at a time: less of the loop itself beside the operations.
        while at + 4 * wide <= len {
            for i in 0..4 {
                let at = at + i * wide;
                map.of::<I::Wide>(load(operands, at)).store(out.add(at));
            }
            at += 4 * wide;
        }
        while at + wide <= len {
            map.of::<I::Wide>(load(operands, at)).store(out.add(at));
            at += wide;
        }
        while at < len {
            map.of::<I::One>(load(operands, at)).store(out.add(at));
            at += 1;
        }
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
