//! Annuities, interest, depreciation by formula: PMT, PV, FV, NPER, IPMT,
//! EFFECT, SLN, …
//!
//! All annuity functions solve one equation,
//! `pv (1+r)^n + pmt (1 + r type) s + fv = 0` with `s = ((1+r)^n - 1) / r`,
//! for one of its parts. Where `r` is 0, `s` is continued by the first terms
//! of its series, so that values and derivatives are those of the limit.

use super::algebra::{Algebra, Floats, Graph};
use super::arguments::{Scalars, done, require};
use super::params::{optional, range, scalar};
use super::term::Term;
use super::{Category, Context, Example, Function, LowerRule, Param, ValueRule};
use crate::program::{Axes, Binary, Reduction, Unary};
use crate::value::{ErrorKind, Value};

/// A function with a formula over numbers and over programs.
const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Value], &mut dyn Context) -> Value,
    lower: LowerRule,
    examples: &'static [Example],
) -> Function {
    Function::new(
        Category::Financial,
        name,
        params,
        help,
        ValueRule::Scalar(rule),
    )
    .smooth(lower)
    .examples(examples)
}

/// An entry whose value and derivative are those of one formula, where its
/// domain holds. Outside of it the value is the error named, and the program's NaN.
macro_rules! formula {
    ($name:literal, $params:expr, $help:literal, $formula:ident, $domain:ident, $error:ident, $example:literal, $cells:expr) => {
        formula!(
            $name, $params, $help, $formula, $domain, $error, $example, $cells, numbers
        )
    };
    ($name:literal, $params:expr, $help:literal, $formula:ident, $domain:ident, $error:ident, $example:literal, $cells:expr, $read:ident) => {
        entry(
            $name,
            $params,
            $help,
            |args, _| {
                done($read(args, $params.len()).and_then(|x| {
                    if $domain(&mut Floats, &x) == 0.0 {
                        return Err(ErrorKind::$error);
                    }
                    Ok(Value::number($formula(&mut Floats, &x)))
                }))
            },
            |l, args| {
                let count = $params.len();
                let zero = l.builder.scalar(0.0);
                let mut nodes: Vec<_> = args.iter().map(|arg| arg.node).collect();
                nodes.resize(count, zero);
                let valid = Graph::build(l, |graph| $domain(graph, &nodes))?;
                let value = Graph::build(l, |graph| $formula(graph, &nodes))?;
                l.build(Term::from(value).valid_where(valid.into()))
            },
            &[Example {
                formula: $example,
                cells: $cells,
            }],
        )
    };
}

/// The numbers of a call of a function from the Analysis ToolPak.
fn strict_numbers(args: &[Value], count: usize) -> Result<Vec<f64>, ErrorKind> {
    (0..count).map(|i| args.strict(i)).collect()
}

/// The numbers of a call, 0 for those left out.
fn numbers(args: &[Value], count: usize) -> Result<Vec<f64>, ErrorKind> {
    (0..count).map(|i| args.number(i)).collect()
}

const PMT: &[Param] = &[
    scalar("rate"),
    scalar("nper"),
    scalar("pv"),
    optional(scalar("fv")),
    optional(scalar("type")),
];
const PV: &[Param] = &[
    scalar("rate"),
    scalar("nper"),
    scalar("pmt"),
    optional(scalar("fv")),
    optional(scalar("type")),
];
const FV: &[Param] = &[
    scalar("rate"),
    scalar("nper"),
    scalar("pmt"),
    optional(scalar("pv").help("the value at the beginning, 0 if left out")),
    optional(scalar("type")),
];
const NPER: &[Param] = &[
    scalar("rate"),
    scalar("pmt"),
    scalar("pv"),
    optional(scalar("fv")),
    optional(scalar("type")),
];
const PAYMENT_PART: &[Param] = &[
    scalar("rate"),
    scalar("per"),
    scalar("nper"),
    scalar("pv"),
    optional(scalar("fv")),
    optional(scalar("type")),
];
const CUMULATIVE: &[Param] = &[
    scalar("rate"),
    scalar("nper"),
    scalar("pv"),
    scalar("start_period"),
    scalar("end_period"),
    scalar("type"),
];
const SLN: &[Param] = &[scalar("cost"), scalar("salvage"), scalar("life")];
const SYD: &[Param] = &[
    scalar("cost"),
    scalar("salvage"),
    scalar("life"),
    scalar("per"),
];
const DDB: &[Param] = &[
    scalar("cost"),
    scalar("salvage"),
    scalar("life"),
    scalar("period"),
    optional(scalar("factor")),
];
const ISPMT: &[Param] = &[scalar("rate"), scalar("per"), scalar("nper"), scalar("pv")];
const EFFECT: &[Param] = &[scalar("nominal_rate"), scalar("npery")];
const NOMINAL: &[Param] = &[scalar("effect_rate"), scalar("npery")];
const PDURATION: &[Param] = &[
    scalar("rate"),
    scalar("pv"),
    scalar("fv").help("the value at the end"),
];
const RRI: &[Param] = &[
    scalar("nper"),
    scalar("pv"),
    scalar("fv").help("the value at the end"),
];

pub(super) const FUNCTIONS: &[Function] = &[
    formula!(
        "CUMIPMT",
        CUMULATIVE,
        "The interest paid on a loan from one period to another.",
        cumulative_interest,
        is_part_of_loan,
        Num,
        "CUMIPMT(A1,24,B1,3,7,0)",
        &[("A1", 0.01), ("B1", 1000.0)],
        strict_numbers
    ),
    formula!(
        "CUMPRINC",
        CUMULATIVE,
        "The principal paid on a loan from one period to another.",
        cumulative_principal,
        is_part_of_loan,
        Num,
        "CUMPRINC(A1,24,B1,3,7,1)",
        &[("A1", 0.01), ("B1", 1000.0)],
        strict_numbers
    ),
    Function {
        smoothness: super::Smoothness::Kinked,
        ..entry(
            "DDB",
            DDB,
            "The depreciation of an asset in a period by the double-declining balance method, or by another factor.",
            |args, _| {
                done((|| {
                    let mut x = numbers(args, 4)?;
                    x.push(args.number_or(4, 2.0)?);
                    require(is_declining(&mut Floats, &x) != 0.0)?;
                    Ok(Value::number(declining(&mut Floats, &x)))
                })())
            },
            |l, args| {
                let two = l.builder.scalar(2.0);
                let mut nodes: Vec<_> = args.iter().map(|arg| arg.node).collect();
                if args.get(4).is_none_or(|arg| arg.omitted) {
                    nodes.truncate(4);
                    nodes.push(two);
                }
                let valid = Graph::build(l, |graph| is_declining(graph, &nodes))?;
                let loss = Graph::build(l, |graph| declining(graph, &nodes))?;
                l.build(Term::from(loss).valid_where(valid.into()))
            },
            &[Example {
                formula: "DDB(A1,B1,5,2)",
                cells: &[("A1", 1000.0), ("B1", 100.0)],
            }],
        )
    },
    formula!(
        "EFFECT",
        EFFECT,
        "The effective yearly rate of a nominal rate compounded some times a year.",
        effective,
        is_compounded,
        Num,
        "EFFECT(A1,4)",
        &[("A1", 0.05)],
        strict_numbers
    ),
    formula!(
        "FV",
        FV,
        "The future value of regular payments at a constant rate.",
        future_value,
        has_future,
        Div0,
        "FV(A1,B1,C1,D1,1)",
        &[("A1", 0.05), ("B1", 10.0), ("C1", -100.0), ("D1", -500.0)]
    ),
    Function::new(
        Category::Financial,
        "FVSCHEDULE",
        &[scalar("principal"), range("schedule")],
        "The future value of a principal at a series of rates.",
        ValueRule::Operands(|args, ctx| {
            let mut value = args.number(0)?;
            for rate in ctx.to_array(&args[1])?.cells() {
                value *= 1.0
                    + match rate {
                        Value::Blank => 0.0,
                        Value::Number(x) => *x,
                        Value::Error(kind) => return Err(*kind),
                        _ => return Err(ErrorKind::Value),
                    };
            }
            Ok(Value::number(value).into())
        }),
    )
    .smooth(|l, args| {
        let one = l.builder.scalar(1.0);
        let growth = l.builder.binary(Binary::Add, args[1].node, one)?;
        let growth = l.builder.reduce(Reduction::Product, Axes::CELLS, growth);
        Ok(l.builder.binary(Binary::Mul, args[0].node, growth)?)
    })
    .examples(&[Example {
        formula: "FVSCHEDULE(A1,B1:B2)",
        cells: &[("A1", 100.0), ("B1", 0.1), ("B2", 0.05)],
    }]),
    formula!(
        "IPMT",
        PAYMENT_PART,
        "The interest part of a payment of an annuity.",
        interest_part,
        is_period,
        Num,
        "IPMT(A1,3,12,B1,C1,1)",
        &[("A1", 0.01), ("B1", 1000.0), ("C1", 50.0)]
    ),
    formula!(
        "ISPMT",
        ISPMT,
        "The interest of a period of a loan with equal principal payments.",
        straight_interest,
        has_length,
        Div0,
        "ISPMT(A1,1,B1,C1)",
        &[("A1", 0.01), ("B1", 12.0), ("C1", 1000.0)]
    ),
    formula!(
        "NOMINAL",
        NOMINAL,
        "The nominal yearly rate of an effective rate compounded some times a year.",
        nominal,
        is_compounded,
        Num,
        "NOMINAL(A1,4)",
        &[("A1", 0.05)],
        strict_numbers
    ),
    formula!(
        "NPER",
        NPER,
        "The number of periods of an annuity.",
        periods,
        anywhere,
        Num,
        "NPER(A1,B1,C1,D1)",
        &[("A1", 0.01), ("B1", -100.0), ("C1", 1000.0), ("D1", 50.0)]
    ),
    formula!(
        "PDURATION",
        PDURATION,
        "The number of periods an investment takes to reach a value.",
        duration,
        is_growing,
        Num,
        "PDURATION(A1,B1,C1)",
        &[("A1", 0.05), ("B1", 100.0), ("C1", 150.0)]
    )
    .xlfn(),
    formula!(
        "PMT",
        PMT,
        "The payment of a loan at a constant rate.",
        payment,
        is_payable,
        Num,
        "PMT(A1,B1,C1,D1)",
        &[("A1", 0.01), ("B1", 12.0), ("C1", 1000.0), ("D1", 50.0)]
    ),
    formula!(
        "PPMT",
        PAYMENT_PART,
        "The principal part of a payment of an annuity.",
        principal_part,
        is_period,
        Num,
        "PPMT(A1,3,12,B1,C1)",
        &[("A1", 0.01), ("B1", 1000.0), ("C1", 50.0)]
    ),
    formula!(
        "PV",
        PV,
        "The present value of regular payments at a constant rate.",
        present_value,
        anywhere,
        Num,
        "PV(A1,B1,C1,D1)",
        &[("A1", 0.05), ("B1", 10.0), ("C1", -100.0), ("D1", -500.0)]
    ),
    formula!(
        "RRI",
        RRI,
        "The rate at which an investment grows from one value to another.",
        growth_rate,
        has_start,
        Num,
        "RRI(A1,B1,C1)",
        &[("A1", 8.0), ("B1", 100.0), ("C1", 150.0)]
    )
    .xlfn(),
    formula!(
        "SLN",
        SLN,
        "The straight-line depreciation of an asset in a period.",
        straight_line,
        has_length,
        Div0,
        "SLN(A1,B1,C1)",
        &[("A1", 1000.0), ("B1", 100.0), ("C1", 5.0)]
    ),
    formula!(
        "SYD",
        SYD,
        "The depreciation of an asset in a period by the sum-of-years' digits method.",
        sum_of_years,
        is_year_of_life,
        Num,
        "SYD(A1,B1,5,2)",
        &[("A1", 1000.0), ("B1", 100.0)]
    ),
];

// ---- Domains: 1 where Excel takes the arguments, 0 where it refuses them ----

fn anywhere<A: Algebra>(a: &mut A, _: &[A::Number]) -> A::Number {
    a.constant(1.0)
}

fn is_part_of_loan<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, nper, pv, start, end, kind] = [x[0], x[1], x[2], x[3], x[4], x[5]];
    let (late, early) = (a.is(kind, 0.0), a.is(kind, 1.0));
    let conditions = [
        a.above(rate, 0.0),
        a.above(nper, 0.0),
        a.above(pv, 0.0),
        a.at_least(start, 1.0),
        a.binary(Binary::LessEqual, start, end),
        a.binary(Binary::LessEqual, end, nper),
        a.binary(Binary::Or, late, early),
    ];
    a.all(conditions)
}

fn is_compounded<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let conditions = [a.above(x[0], 0.0), a.at_least(x[1], 1.0)];
    a.all(conditions)
}

/// Nothing is left at a rate of -1, from which nothing can be discounted.
fn has_future<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let (left, forward) = (a.is_not(x[0], -1.0), a.at_least(x[1], 0.0));
    a.binary(Binary::Or, left, forward)
}

fn has_length<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    a.is_not(x[2], 0.0)
}

fn is_period<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let past = a.plus(x[2], 1.0);
    let conditions = [a.at_least(x[1], 1.0), a.binary(Binary::Less, x[1], past)];
    a.all(conditions)
}

fn is_growing<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let conditions = [a.above(x[0], 0.0), a.above(x[1], 0.0), a.above(x[2], 0.0)];
    a.all(conditions)
}

fn is_payable<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let conditions = [a.above(x[0], -1.0), a.is_not(x[1], 0.0)];
    a.all(conditions)
}

fn has_start<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    // The `^` operator takes odd roots of losses, this function does not.
    let ratio = a.div(x[2], x[1]);
    let conditions = [
        a.above(x[0], 0.0),
        a.is_not(x[1], 0.0),
        a.at_least(ratio, 0.0),
    ];
    a.all(conditions)
}

fn is_year_of_life<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let conditions = [
        a.at_least(x[1], 0.0),
        a.above(x[2], 0.0),
        a.above(x[3], 0.0),
        a.binary(Binary::LessEqual, x[3], x[2]),
    ];
    a.all(conditions)
}

fn is_declining<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let conditions = [
        a.at_least(x[0], 0.0),
        is_year_of_life(a, x),
        a.above(x[4], 0.0),
    ];
    a.all(conditions)
}

// ---- The annuity equation and its parts ----

/// `(1+r)^n`
fn growth<A: Algebra>(a: &mut A, rate: A::Number, n: A::Number) -> A::Number {
    let base = a.plus(rate, 1.0);
    a.pow(base, n)
}

/// `((1+r)^n - 1) / r`; near 0 `n + n(n-1)/2 r`.
fn annuity<A: Algebra>(a: &mut A, rate: A::Number, n: A::Number) -> A::Number {
    let grown = growth(a, rate, n);
    let gain = a.plus(grown, -1.0);
    let quotient = a.div(gain, rate);
    let before = a.plus(n, -1.0);
    let pairs = a.mul(n, before);
    let pairs = a.times(pairs, 0.5);
    let slope = a.mul(pairs, rate);
    let series = a.add(n, slope);
    a.if_zero(rate, series, quotient)
}

/// `1 + r type`, any type but 0 being 1: payments at the start of a period.
fn timing<A: Algebra>(a: &mut A, rate: A::Number, kind: A::Number) -> A::Number {
    let one = a.constant(1.0);
    let early = a.plus(rate, 1.0);
    a.if_zero(kind, one, early)
}

/// The value after `n` periods, with the sign of what is received:
/// `-(pv (1+r)^n + pmt (1 + r type) s)`.
pub(super) fn balance<A: Algebra>(
    a: &mut A,
    [rate, n, pmt, pv, kind]: [A::Number; 5],
) -> A::Number {
    let grown = growth(a, rate, n);
    let capital = a.mul(pv, grown);
    let factor = timing(a, rate, kind);
    let sum = annuity(a, rate, n);
    let payments = a.mul(pmt, factor);
    let payments = a.mul(payments, sum);
    let total = a.add(capital, payments);
    a.neg(total)
}

fn future_value<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    balance(a, [x[0], x[1], x[2], x[3], x[4]])
}

fn present_value<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, n, pmt, fv, kind] = [x[0], x[1], x[2], x[3], x[4]];
    let zero = a.constant(0.0);
    let payments = balance(a, [rate, n, pmt, zero, kind]);
    let total = a.sub(payments, fv);
    let grown = growth(a, rate, n);
    a.div(total, grown)
}

fn payment<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, n, pv, fv, kind] = [x[0], x[1], x[2], x[3], x[4]];
    let zero = a.constant(0.0);
    let owed = balance(a, [rate, n, zero, pv, kind]);
    let owed = a.sub(owed, fv);
    let factor = timing(a, rate, kind);
    let sum = annuity(a, rate, n);
    let divisor = a.mul(factor, sum);
    a.div(owed, divisor)
}

/// `ln((pmt (1 + r type) - fv r) / (pmt (1 + r type) + pv r)) / ln(1 + r)`.
/// Near a rate of 0 it is `n - (pv n / pmt + type n + n(n-1)/2) r` with
/// `n = -(pv + fv) / pmt`.
fn periods<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, pmt, pv, fv, kind] = [x[0], x[1], x[2], x[3], x[4]];
    let factor = timing(a, rate, kind);
    let paid = a.mul(pmt, factor);
    let future = a.mul(fv, rate);
    let present = a.mul(pv, rate);
    let top = a.sub(paid, future);
    let bottom = a.add(paid, present);
    let ratio = a.div(top, bottom);
    let top = a.ln(ratio);
    let one_plus = a.plus(rate, 1.0);
    let bottom = a.ln(one_plus);
    let solution = a.div(top, bottom);

    let sum = a.add(pv, fv);
    let quotient = a.div(sum, pmt);
    let n = a.neg(quotient);
    let by_capital = a.div(pv, pmt);
    let by_capital = a.mul(by_capital, n);
    let zero = a.constant(0.0);
    let by_timing = a.if_zero(kind, zero, n);
    let before = a.plus(n, -1.0);
    let pairs = a.mul(n, before);
    let pairs = a.times(pairs, 0.5);
    let slope = a.add(by_capital, by_timing);
    let slope = a.add(slope, pairs);
    let change = a.mul(slope, rate);
    let series = a.sub(n, change);
    a.if_zero(rate, series, solution)
}

/// The interest of period `per`: the rate times what is owed before it.
fn interest_part<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, per, nper, pv, fv, kind] = [x[0], x[1], x[2], x[3], x[4], x[5]];
    let pmt = payment(a, &[rate, nper, pv, fv, kind]);
    let zero = a.constant(0.0);
    let before = a.plus(per, -1.0);
    let late = balance(a, [rate, before, pmt, pv, zero]);
    // Paid at the start of the period: owed since the payment before.
    let two_before = a.plus(per, -2.0);
    let early = balance(a, [rate, two_before, pmt, pv, kind]);
    let early = a.sub(early, pmt);
    let early = a.if_zero(before, zero, early);
    let owed = a.if_zero(kind, late, early);
    a.mul(owed, rate)
}

fn principal_part<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let interest = interest_part(a, x);
    let pmt = payment(a, &[x[0], x[2], x[3], x[4], x[5]]);
    a.sub(pmt, interest)
}

/// What is owed just after payment `k`, negative.
fn owed_after<A: Algebra>(
    a: &mut A,
    k: A::Number,
    [rate, pmt, pv, kind]: [A::Number; 4],
) -> A::Number {
    let zero = a.constant(0.0);
    let late = balance(a, [rate, k, pmt, pv, zero]);
    // Paid at the start: payment k ends period k - 1.
    let before = a.plus(k, -1.0);
    let capital = growth(a, rate, before);
    let capital = a.mul(pv, capital);
    let sum = annuity(a, rate, k);
    let payments = a.mul(pmt, sum);
    let early = a.add(capital, payments);
    let early = a.neg(early);
    let at_start = a.neg(pv);
    let early = a.if_zero(k, at_start, early);
    a.if_zero(kind, late, early)
}

fn cumulative_principal<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, nper, pv, start, end, kind] = [x[0], x[1], x[2], x[3], x[4], x[5]];
    let zero = a.constant(0.0);
    let pmt = payment(a, &[rate, nper, pv, zero, kind]);
    let (start, end) = (a.unary(Unary::Trunc, start), a.unary(Unary::Trunc, end));
    let before = a.plus(start, -1.0);
    let loan = [rate, pmt, pv, kind];
    let first = owed_after(a, before, loan);
    let last = owed_after(a, end, loan);
    a.sub(first, last)
}

fn cumulative_interest<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, nper, pv, start, end, kind] = [x[0], x[1], x[2], x[3], x[4], x[5]];
    let zero = a.constant(0.0);
    let pmt = payment(a, &[rate, nper, pv, zero, kind]);
    let (start, end) = (a.unary(Unary::Trunc, start), a.unary(Unary::Trunc, end));
    let count = a.sub(end, start);
    let count = a.plus(count, 1.0);
    let payments = a.mul(pmt, count);
    let principal = cumulative_principal(a, x);
    a.sub(payments, principal)
}

/// `pv r (per / nper - 1)`
fn straight_interest<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [rate, per, nper, pv] = [x[0], x[1], x[2], x[3]];
    let part = a.div(per, nper);
    let rest = a.plus(part, -1.0);
    let interest = a.mul(pv, rate);
    a.mul(interest, rest)
}

// ---- Rates ----

fn effective<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let times = a.unary(Unary::Trunc, x[1]);
    let part = a.div(x[0], times);
    let grown = growth(a, part, times);
    a.plus(grown, -1.0)
}

fn nominal<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let times = a.unary(Unary::Trunc, x[1]);
    let one = a.constant(1.0);
    let part = a.div(one, times);
    let grown = growth(a, x[0], part);
    let gain = a.plus(grown, -1.0);
    a.mul(gain, times)
}

fn duration<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let (target, start) = (a.ln(x[2]), a.ln(x[1]));
    let gain = a.sub(target, start);
    let one_plus = a.plus(x[0], 1.0);
    let step = a.ln(one_plus);
    a.div(gain, step)
}

fn growth_rate<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let one = a.constant(1.0);
    let ratio = a.div(x[2], x[1]);
    let part = a.div(one, x[0]);
    let grown = a.pow(ratio, part);
    a.plus(grown, -1.0)
}

// ---- Depreciation ----

fn straight_line<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let loss = a.sub(x[0], x[1]);
    a.div(loss, x[2])
}

/// `(cost - salvage) (life - per + 1) 2 / (life (life + 1))`
fn sum_of_years<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [cost, salvage, life, per] = [x[0], x[1], x[2], x[3]];
    let loss = a.sub(cost, salvage);
    let left = a.sub(life, per);
    let left = a.plus(left, 1.0);
    let next = a.plus(life, 1.0);
    let years = a.mul(life, next);
    let years = a.times(years, 0.5);
    let part = a.div(left, years);
    a.mul(loss, part)
}

/// The book value before the period less the one after it, which never falls
/// below the salvage value.
fn declining<A: Algebra>(a: &mut A, x: &[A::Number]) -> A::Number {
    let [cost, salvage, life, period, factor] = [x[0], x[1], x[2], x[3], x[4]];
    let rate = a.div(factor, life);
    let one = a.constant(1.0);
    let zero = a.constant(0.0);
    let rate = a.binary(Binary::Min, rate, one);
    let keep = a.sub(one, rate);
    let before = a.plus(period, -1.0);
    // All is gone after the first period where nothing is kept: 0^0 is 1 here.
    let kept_before = a.pow(keep, before);
    let kept_before = a.if_zero(before, one, kept_before);
    let kept_after = a.pow(keep, period);
    let kept_after = a.if_zero(keep, zero, kept_after);
    let old = a.mul(cost, kept_before);
    let old = a.binary(Binary::Max, old, salvage);
    let new = a.mul(cost, kept_after);
    let new = a.binary(Binary::Max, new, salvage);
    let loss = a.sub(old, new);
    a.binary(Binary::Max, loss, zero)
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[track_caller]
    fn close(formula: &str, expected: f64) {
        let x = Sheet::empty().number(formula);
        assert!(
            (x - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{formula}: {x}, not {expected}"
        );
    }

    #[test]
    fn annuities_solve_their_equation() {
        // Microsoft's documentation gives these to the cent.
        close(
            "PMT(0.00666666666666666667,10,10000)",
            -1_037.032_089_359_15,
        );
        close("FV(0.005,10,-200,-500,1)", 2_581.403_374_056_35);
        close("PV(0.1,3,-100)", 248.685_199_098_422);
        close("NPER(0.01,-100,-1000,10000,1)", 59.673_865_674_294_6);
        close("NPER(0.01,-100,-1000,10000)", 60.082_122_853_761_7);
        close("PMT(0,10,1000)", -100.0);
        close("FV(0,10,-100)", 1000.0);
        close("NPER(0,-100,1000)", 10.0);
    }

    #[test]
    fn interest_and_principal_make_up_the_payment() {
        let mut sheet = Sheet::empty();
        for kind in ["0", "1"] {
            let payment = sheet.number(&format!("PMT(0.01,12,1000,50,{kind})"));
            let mut interest = 0.0;
            for per in 1..=12 {
                let part = sheet.number(&format!("IPMT(0.01,{per},12,1000,50,{kind})"));
                let principal = sheet.number(&format!("PPMT(0.01,{per},12,1000,50,{kind})"));
                assert!((part + principal - payment).abs() < 1e-9);
                if (3..=7).contains(&per) {
                    interest += sheet.number(&format!("IPMT(0.01,{per},12,1000,0,{kind})"));
                }
            }
            close(&format!("CUMIPMT(0.01,12,1000,3,7,{kind})"), interest);
        }
        assert_eq!(sheet.error("IPMT(0.01,13,12,1000)"), ErrorKind::Num);
        assert_eq!(sheet.error("CUMIPMT(0,12,1000,3,7,0)"), ErrorKind::Num);
    }

    #[test]
    fn rates_and_depreciation_are_excels() {
        close("EFFECT(0.0525,4)", 0.053_542_667_370_758_4);
        close("NOMINAL(0.053542667370758,4)", 0.0525);
        close("RRI(96,10000,11000)", 0.000_993_307_378_082_8);
        close("PDURATION(0.025,2000,2200)", 3.859_866_162_622_65);
        close("SLN(30000,7500,10)", 2250.0);
        close("SYD(30000,7500,10,1)", 4_090.909_090_909_09);
        close("DDB(2400,300,10,1)", 480.0);
        close("DDB(2400,300,10,10)", 22.122_547_199_999_9);
        close("DDB(100,10,1,1)", 90.0);
        close("ISPMT(0.1,1,36,8000000)", -777_777.777_777_778);
        close("FVSCHEDULE(1,{0.09,0.11,0.1})", 1.33089);
        assert_eq!(Sheet::empty().error("EFFECT(0,4)"), ErrorKind::Num);
        assert_eq!(Sheet::empty().error("RRI(3,100,-150)"), ErrorKind::Num);
        assert_eq!(Sheet::empty().error("SLN(1,1,0)"), ErrorKind::Div0);
    }
}
