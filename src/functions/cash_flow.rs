//! Cash flows: NPV, XNPV, IRR, XIRR, MIRR and RATE.

use super::algebra::Floats;
use super::arguments::{Counting, Scalars, done, for_each_number};
use super::params::{array, optional, range, repeating, scalar};
use super::term::Term;
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, Param, ValueRule,
};
use crate::program::{Axes, Binary, Node, Reduction, Shape, Tensor, Unary};
use crate::value::{ErrorKind, Value};

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>,
) -> Function {
    Function::new(
        Category::Financial,
        name,
        params,
        help,
        ValueRule::Operands(rule),
    )
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "IRR",
        &[array("values"), optional(scalar("guess"))],
        "The rate at which a series of cash flows is worth nothing.",
        |args, ctx| {
            let guess = args.number_or(1, 0.1)?;
            if guess <= -1.0 {
                return Err(ErrorKind::Value);
            }
            let mut flows = Vec::new();
            collect(&args[0], ctx, &mut flows)?;
            changes_sign(&flows)?;
            internal_rate(guess, &flows).map(Operand::from)
        },
    )
    .smooth(lower_irr)
    .examples(&[Example {
        formula: "IRR(A1:A3)",
        cells: &[("A1", -70.0), ("A2", 12.0), ("A3", 15.0)],
    }]),
    entry(
        "MIRR",
        &[
            array("values"),
            scalar("finance_rate"),
            scalar("reinvest_rate"),
        ],
        "The rate of return of cash flows, with a rate for borrowing and one for investing.",
        |args, ctx| {
            let mut flows = Vec::new();
            collect(&args[0], ctx, &mut flows)?;
            let (finance, reinvest) = (args.number(1)?, args.number(2)?);
            let last = flows.len() as f64 - 1.0;
            let mut earned = 0.0;
            let mut spent = 0.0;
            for (i, flow) in flows.iter().enumerate() {
                if *flow > 0.0 {
                    earned += flow * (1.0 + reinvest).powf(last - i as f64);
                } else {
                    spent += flow / (1.0 + finance).powf(i as f64);
                }
            }
            if earned == 0.0 || spent == 0.0 {
                return Err(ErrorKind::Div0);
            }
            Ok(Value::number((-earned / spent).powf(1.0 / last) - 1.0).into())
        },
    )
    .smooth(lower_mirr)
    .examples(&[Example {
        formula: "MIRR(A1:A3,B1,B2)",
        cells: &[
            ("A1", -120.0),
            ("A2", 39.0),
            ("A3", 110.0),
            ("B1", 0.1),
            ("B2", 0.12),
        ],
    }]),
    entry(
        "NPV",
        &[
            scalar("rate").help("the discount rate of a period"),
            range("value1").help("a payment, or cells with payments"),
            repeating(range("value2").help("further payments")),
        ],
        "The value today of cash flows at the ends of the periods to come.",
        |args, ctx| {
            let rate = args.number(0)?;
            let mut flows = Vec::new();
            for arg in &args[1..] {
                collect(arg, ctx, &mut flows)?;
            }
            if rate == -1.0 {
                return Err(ErrorKind::Div0);
            }
            let value: f64 = flows
                .iter()
                .enumerate()
                .map(|(i, flow)| flow / (1.0 + rate).powi(i as i32 + 1))
                .sum();
            Ok(Value::number(value).into())
        },
    )
    .smooth(lower_npv)
    .examples(&[Example {
        formula: "NPV(A1,B1:B2,C1)",
        cells: &[("A1", 0.1), ("B1", -100.0), ("B2", 60.0), ("C1", 70.0)],
    }]),
    Function::new(
        Category::Financial,
        "RATE",
        &[
            scalar("nper"),
            scalar("pmt"),
            scalar("pv"),
            optional(scalar("fv")),
            optional(scalar("type")),
            optional(scalar("guess")),
        ],
        "The rate per period of an annuity.",
        ValueRule::Scalar(|args, _| done(rate(args))),
    )
    .smooth(lower_rate)
    .examples(&[Example {
        formula: "RATE(A1,A2,A3,A4,1)",
        cells: &[("A1", 12.0), ("A2", -200.0), ("A3", 2000.0), ("A4", -100.0)],
    }]),
    entry(
        "XIRR",
        &[array("values"), array("dates"), optional(scalar("guess"))],
        "The yearly rate at which cash flows on given dates are worth nothing.",
        |args, ctx| {
            let guess = args.number_or(2, 0.1)?;
            let mut flows = Vec::new();
            for value in ctx.to_array(&args[0])?.cells() {
                match value {
                    Value::Bool(_) => return Err(ErrorKind::Value),
                    value => flows.push(value.to_number()?),
                }
            }
            let times = years_after_first(&args[1], flows.len(), ctx)?;
            changes_sign(&flows)?;
            if guess <= -1.0 {
                return Err(ErrorKind::Num);
            }
            dated_rate(guess, &flows, &times).map(Operand::from)
        },
    )
    .smooth(lower_xirr)
    .inexact(HALVED)
    .examples(&[Example {
        formula: "XIRR(A1:A3,{39448;39600;39900})",
        cells: &[("A1", -100.0), ("A2", 30.0), ("A3", 90.0)],
    }]),
    entry(
        "XNPV",
        &[
            scalar("rate").help("the discount rate of a year"),
            array("values"),
            array("dates"),
        ],
        "The value on the first date of cash flows on given dates.",
        |args, ctx| {
            let rate = args.strict(0)?;
            let mut flows = Vec::new();
            collect(&args[1], ctx, &mut flows)?;
            let times = years_after_first(&args[2], flows.len(), ctx)?;
            if rate <= 0.0 {
                return Err(ErrorKind::Num);
            }
            Ok(Value::number(present_value(rate, &flows, &times)).into())
        },
    )
    .smooth(lower_xnpv)
    .examples(&[Example {
        formula: "XNPV(A1,B1:B2,{39448;39600})",
        cells: &[("A1", 0.1), ("B1", -100.0), ("B2", 120.0)],
    }]),
];

/// The numbers of an argument: in cells and arrays numbers only.
fn collect(arg: &Operand, ctx: &mut dyn Context, numbers: &mut Vec<f64>) -> Result<(), ErrorKind> {
    if let Operand::Lambda(_) = arg {
        return Err(ErrorKind::Value);
    }
    let push = &mut |x| numbers.push(x);
    for_each_number(std::slice::from_ref(arg), Counting::Numbers, ctx, push)
}

/// The times of dates in years of 365 days after the first, one for each of
/// `count` cash flows; `#NUM!` where their numbers differ or a date lies
/// before the first.
fn years_after_first(
    dates: &Operand,
    count: usize,
    ctx: &mut dyn Context,
) -> Result<Vec<f64>, ErrorKind> {
    let mut numbers = Vec::new();
    for value in ctx.to_array(dates)?.cells() {
        match value {
            Value::Bool(_) => return Err(ErrorKind::Value),
            value => numbers.push(value.to_number()?.trunc()),
        }
    }
    let end = ctx.date_system().end() as f64;
    let first = numbers[0];
    let valid = |date: &f64| *date >= first && (0.0..end).contains(date);
    if numbers.len() != count || !numbers.iter().all(valid) {
        return Err(ErrorKind::Num);
    }
    Ok(numbers.iter().map(|date| (date - first) / 365.0).collect())
}

fn changes_sign(flows: &[f64]) -> Result<(), ErrorKind> {
    if flows.iter().any(|x| *x > 0.0) && flows.iter().any(|x| *x < 0.0) {
        Ok(())
    } else {
        Err(ErrorKind::Num)
    }
}

fn present_value(rate: f64, flows: &[f64], times: &[f64]) -> f64 {
    let terms = flows.iter().zip(times);
    terms
        .map(|(flow, time)| flow / (1.0 + rate).powf(*time))
        .sum()
}

fn rate(args: &[Value]) -> Result<f64, ErrorKind> {
    let [n, pmt, pv, fv, kind] = [
        args.number(0)?,
        args.number(1)?,
        args.number(2)?,
        args.number(3)?,
        args.number(4)?,
    ];
    let guess = args.number_or(5, 0.1)?;
    if n <= 0.0 || guess <= -1.0 {
        return Err(ErrorKind::Num);
    }
    root(guess, |rate| {
        fv - super::financial::balance(&mut Floats, [rate, n, pmt, pv, kind])
    })
}

/// IRR as Excel iterates: the secant method for the discount factor
/// `v = 1 / (1 + rate)`, from that of the guess and one 0.001 above it where
/// the flows are worth more than 0 at the guess, below it where less, until a
/// step is shorter than 0.00001 percent. It stops a little short of the root,
/// and so does Excel: start and stop were found from 69 rates that Excel saved,
/// which these steps give within 1e-14, most of them to the last digit. At a
/// double root, where the steps consist of rounding errors, that takes the
/// worth as Excel sums it: flows over powers of `1 / v`. Where the steps find
/// nothing the search goes on as [`root`]'s.
fn internal_rate(guess: f64, flows: &[f64]) -> Result<f64, ErrorKind> {
    const STEPS: usize = 1000;
    const APART: f64 = 1e-3;
    const STOP: f64 = 1e-7;
    let worth = |v: f64| {
        let growth = 1.0 / v;
        let mut power = 1.0;
        let mut sum = 0.0;
        for flow in flows {
            sum += flow / power;
            power *= growth;
        }
        sum
    };
    let mut old = 1.0 / (1.0 + guess);
    let mut old_worth = worth(old);
    let mut new = old + if old_worth > 0.0 { APART } else { -APART };
    for _ in 0..STEPS {
        let new_worth = worth(new);
        let step = -new_worth * (new - old) / (new_worth - old_worth);
        // Two equal values give no direction, unless both are 0.
        let arrived = step.abs() < STOP || new_worth == 0.0;
        if !step.is_finite() && !arrived {
            break;
        }
        (old, old_worth) = (new, new_worth);
        if step.is_finite() {
            new += step;
        }
        if arrived {
            // Factors that are not positive belong to no rate above -1.
            if new <= 0.0 {
                break;
            }
            return Ok(1.0 / new - 1.0);
        }
    }
    let times: Vec<f64> = (0..flows.len()).map(|i| i as f64).collect();
    root(guess, |rate| present_value(rate, flows, &times))
}

/// The part of its first interval that XIRR's last one is.
const HALVED: f64 = 1e-8;

/// XIRR as Excel iterates: it halves an interval until it is less than 1e-8 of
/// what it was, and returns the last middle. The interval is from 0 to the
/// first of the guess, twice the guess and so on beyond the rate, or, where
/// the guess is too large, from -1 to minus the guess. This gives the rates
/// that Excel saved, four of them, to the last digit; the rate itself is up to
/// 1e-8 away. Where there is no such interval the search is [`root`]'s.
fn dated_rate(guess: f64, flows: &[f64], times: &[f64]) -> Result<f64, ErrorKind> {
    let worth = |rate: f64| present_value(rate, flows, times);
    // Only what flows at once is left of the value at an infinite rate.
    let now: f64 = flows
        .iter()
        .zip(times)
        .filter(|(_, time)| **time == 0.0)
        .map(|(flow, _)| flow)
        .sum();
    let is_beyond = |rate: f64| (worth(rate) > 0.0) == (now > 0.0);
    let mut interval = None;
    if guess > 0.0 && now != 0.0 {
        if is_beyond(guess) {
            interval = (guess < 1.0 && is_beyond(-guess)).then_some((-1.0, -guess));
        } else {
            let doubled = std::iter::successors(Some(guess), |high| Some(2.0 * high));
            let high = doubled.take(64).find(|&high| is_beyond(high));
            interval = high.map(|high| (0.0, high));
        }
    }
    let Some((mut low, mut high)) = interval else {
        return root(guess, worth);
    };
    let end = HALVED * (high - low);
    loop {
        let middle = low + (high - low) / 2.0;
        if is_beyond(middle) {
            high = middle;
        } else {
            low = middle;
        }
        if high - low < end {
            // Next to -1 anything is worth nothing.
            return if low > -1.0 {
                Ok(middle)
            } else {
                Err(ErrorKind::Num)
            };
        }
    }
}

/// A rate above -1 at which `f` is 0, the one that the secant method finds
/// from `guess`, or else the nearest to `guess` (in the growth factor's
/// logarithm) where `f` changes sign. `#NUM!` where there is none.
fn root(guess: f64, f: impl Fn(f64) -> f64) -> Result<f64, ErrorKind> {
    secant(guess, &f)
        .or_else(|| bracketed(guess, &f))
        .ok_or(ErrorKind::Num)
}

fn secant(guess: f64, f: &impl Fn(f64) -> f64) -> Option<f64> {
    let mut old = guess;
    let mut old_value = f(old);
    let mut new = guess + 1e-4 * (1.0 + guess.abs());
    for _ in 0..100 {
        let value = f(new);
        if value == 0.0 {
            return Some(new);
        }
        let slope = (value - old_value) / (new - old);
        let mut next = new - value / slope;
        if !next.is_finite() {
            return None;
        }
        // A step past -1 goes half the way there.
        if next <= -1.0 {
            next = (new - 1.0) / 2.0;
        }
        if (next - new).abs() <= 1e-14 * (1.0 + next.abs()) {
            // Next to -1 anything is worth nothing.
            return (next > -1.0 + 1e-9).then_some(next);
        }
        (old, old_value, new) = (new, value, next);
    }
    None
}

fn bracketed(guess: f64, f: &impl Fn(f64) -> f64) -> Option<f64> {
    // Growth factors from about 1e-4 to 1e4, finely spaced.
    let at = |i: i32| (f64::from(i) * 0.01).exp();
    // A guess at or below -1 has no logarithm: the search begins at its end.
    let centre = ((1.0 + guess).ln() / 0.01).clamp(-1e4, 1e4).round() as i32;
    let change = |i: i32| {
        let (a, b) = (f(at(i) - 1.0), f(at(i + 1) - 1.0));
        a.is_finite() && b.is_finite() && (a < 0.0) != (b < 0.0)
    };
    let found = (0..1000).find_map(|by| {
        [centre + by, centre - by - 1]
            .into_iter()
            .find(|&i| change(i))
    })?;
    let (mut low, mut high) = (at(found) - 1.0, at(found + 1) - 1.0);
    let falls = f(low) > 0.0;
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle == low || middle == high {
            break;
        }
        if (f(middle) > 0.0) == falls {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// The place of every number of an argument among the numbers of all
/// arguments, counted from 1 in each lane; `counts` holds those before.
fn places(shape: Shape, present: Option<&Tensor>, counts: &mut Vec<f64>) -> Tensor {
    let lanes = present.map_or(1, |present| present.shape.lanes);
    if counts.len() == 1 {
        *counts = vec![counts[0]; lanes];
    }
    let shape = Shape::new(counts.len(), shape.rows, shape.cols);
    let mut numbers = vec![0.0; shape.len()];
    for (lane, count) in counts.iter_mut().enumerate() {
        for row in 0..shape.rows {
            for col in 0..shape.cols {
                *count += present.map_or(1.0, |present| {
                    let lane = if present.shape.lanes == 1 { 0 } else { lane };
                    present.get(lane, row, col)
                });
                numbers[shape.offset(lane, row, col)] = *count;
            }
        }
    }
    Tensor::new(shape, numbers)
}

/// `flow / growth^time`, 0 where a cell holds no number.
fn discounted(
    l: &mut Lowering<'_>,
    flows: &Lowered,
    growth: Node,
    times: Node,
) -> Result<Node, LowerError> {
    let discount = l.builder.binary(Binary::Pow, growth, times)?;
    let value = l.builder.binary(Binary::Div, flows.node, discount)?;
    match &flows.present {
        None => Ok(value),
        Some(present) => {
            let present = l.builder.constant(present.clone());
            let zero = l.builder.scalar(0.0);
            Ok(l.builder.select(present, value, zero)?)
        }
    }
}

fn lower_npv(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let one = l.builder.scalar(1.0);
    let growth = l.builder.binary(Binary::Add, args[0].node, one)?;
    let mut counts: Vec<f64> = vec![0.0];
    let mut total = l.builder.scalar(0.0);
    for arg in &args[1..] {
        let shape = l.builder.shape(arg.node);
        let times = places(shape, arg.present.as_ref(), &mut counts);
        let times = l.builder.constant(times);
        let values = discounted(l, arg, growth, times)?;
        let sum = l.builder.reduce(Reduction::Sum, Axes::CELLS, values);
        total = l.builder.binary(Binary::Add, total, sum)?;
    }
    Ok(total)
}

/// The times of dates in years of 365 days after the first; NaN where one of
/// them lies before it.
fn years(l: &mut Lowering<'_>, flows: &Lowered, dates: &Lowered) -> Result<Node, LowerError> {
    let (shape, other) = (l.builder.shape(flows.node), l.builder.shape(dates.node));
    if (shape.rows, shape.cols) != (other.rows, other.cols) {
        return Err(l.refuse("its values and dates differ in shape"));
    }
    let dates = l.builder.unary(Unary::Trunc, dates.node);
    let first = super::shaping::rearrange(l, dates, 1, 1, |_, _| Some((0, 0)))?;
    let days = l.share(Term::from(dates) - Term::from(first))?;
    let not_before = Term::Number(0.0).with(Binary::LessEqual, days.clone());
    l.build((days / 365.0).valid_where(not_before))
}

fn lower_xnpv(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let years = years(l, &args[1], &args[2])?;
    let rate = l.share(Term::from(args[0].node).positive())?;
    let growth = l.build(rate + 1.0)?;
    let values = discounted(l, &args[1], growth, years)?;
    Ok(l.builder.reduce(Reduction::Sum, Axes::CELLS, values))
}

fn lower_irr(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let shape = l.builder.shape(args[0].node);
    let times = places(shape, args[0].present.as_ref(), &mut vec![-1.0]);
    let times = l.builder.constant(times);
    lower_root(l, &args[0], times, args.get(1))
}

fn lower_xirr(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let times = years(l, &args[0], &args[1])?;
    lower_root(l, &args[0], times, args.get(2))
}

/// Newton's method from the guess, a fixed number of steps. It converges
/// quadratically, so the derivative through its last step is that of the
/// implicit function, and those through the others vanish. Where it has not
/// converged the rate is NaN.
fn lower_root(
    l: &mut Lowering<'_>,
    flows: &Lowered,
    times: Node,
    guess: Option<&Lowered>,
) -> Result<Node, LowerError> {
    const STEPS: usize = 30;
    let one = l.builder.scalar(1.0);
    let half = l.builder.scalar(0.5);
    let zero = l.builder.scalar(0.0);
    let mut rate = match guess {
        Some(guess) if !guess.omitted => guess.node,
        _ => l.builder.scalar(0.1),
    };
    let mut converged = zero;
    for step in 0..=STEPS {
        let growth = l.builder.binary(Binary::Add, rate, one)?;
        let values = discounted(l, flows, growth, times)?;
        let value = l.builder.reduce(Reduction::Sum, Axes::CELLS, values);
        if step == STEPS {
            let sizes = l.builder.unary(Unary::Abs, values);
            let size = l.builder.reduce(Reduction::Sum, Axes::CELLS, sizes);
            let small = l.builder.scalar(1e-9);
            let bound = l.builder.binary(Binary::Mul, size, small)?;
            let value = l.builder.unary(Unary::Abs, value);
            converged = l.builder.binary(Binary::Less, value, bound)?;
            break;
        }
        let slopes = l.builder.binary(Binary::Mul, values, times)?;
        let slope = l.builder.reduce(Reduction::Sum, Axes::CELLS, slopes);
        // The slope is this over the growth, and negative.
        let quotient = l.builder.binary(Binary::Div, value, slope)?;
        let change = l.builder.binary(Binary::Mul, quotient, growth)?;
        let next_growth = l.builder.binary(Binary::Add, growth, change)?;
        // A step past -1 goes half the way there.
        let nearer = l.builder.binary(Binary::Mul, growth, half)?;
        let stays = l.builder.binary(Binary::Less, zero, next_growth)?;
        let next_growth = l.builder.select(stays, next_growth, nearer)?;
        rate = l.builder.binary(Binary::Sub, next_growth, one)?;
    }
    let unknown = l.builder.scalar(f64::NAN);
    Ok(l.builder.select(converged, rate, unknown)?)
}

/// Newton's method for the balance `f` after the last period, as
/// [`lower_root`] does it for cash flows. Where many periods make `f` steep, the
/// first steps are those for `f r / (1 + r)^n`, which is nearly linear; it is
/// 0 at a rate of 0, too, from where the others go on.
fn lower_rate(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    const STEPS: usize = 40;
    const FIRST: usize = 12;
    const MANY: f64 = 60.0;
    let n = l.term(args, 0, None)?;
    let n = l.share(n.positive())?;
    let pmt = l.term(args, 1, None)?;
    let pv = l.term(args, 2, None)?;
    let fv = l.term(args, 3, Some(0.0))?;
    // Any type but 0 is 1: payments at the start of a period.
    let early = l.term(args, 4, Some(0.0))?.with(Binary::NotEqual, 0.0);
    let early = l.share(early)?;
    let mut rate = l.term(args, 5, Some(0.1))?;
    let mut step = 0;
    loop {
        let growth = l.share(rate.clone() + 1.0)?;
        let grown = l.share(growth.clone().pow(n.clone()))?;
        // The sum of the growths of all payments, and its derivative, by their
        // limits where the quotients have none of their digits left.
        let tiny = l.share(rate.clone().abs().less(1e-9))?;
        let divisor = l.share(Term::Number(1.0).when(tiny.clone(), rate.clone()))?;
        let sum = l.share(
            n.clone()
                .when(tiny.clone(), (grown.clone() - 1.0) / divisor.clone()),
        )?;
        let slope = (n.clone() * grown.clone() / growth.clone() - sum.clone()) / divisor.clone();
        let slope = (n.clone() * (n.clone() - 1.0) * 0.5).when(tiny, slope);
        let factor = l.share(early.clone() * rate.clone() + 1.0)?;
        let payments = l.share(pmt.clone() * factor.clone() * sum.clone())?;
        let capital = l.share(pv.clone() * grown.clone())?;
        let balance = l.share(fv.clone() + capital.clone() + payments.clone())?;
        if step == STEPS {
            let size = fv.abs() + capital.abs() + payments.abs();
            let converged = balance.abs().less(size * 1e-9);
            return l.build(rate.valid_where(converged));
        }
        let mut change = pv.clone() * n.clone() * grown / growth.clone()
            + pmt.clone() * (early.clone() * sum + factor * slope);
        if step < FIRST {
            let inverse = 1.0 / divisor - n.clone() / growth.clone();
            let many = Term::Number(MANY).less(n.clone());
            change = change + balance.clone() * inverse.when(many, 0.0);
        }
        let next = l.share(growth.clone() - balance / change)?;
        // A step past -1 goes half the way there.
        let next = next
            .clone()
            .when(Term::Number(0.0).less(next), growth * 0.5);
        rate = l.share(next - 1.0)?;
        step += 1;
    }
}

fn lower_mirr(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let shape = l.builder.shape(args[0].node);
    let mut counts = vec![-1.0];
    let times = places(shape, args[0].present.as_ref(), &mut counts);
    let last = Tensor::new(Shape::new(counts.len(), 1, 1), counts);
    let last = l.builder.constant(last);
    let last = Term::from(last);
    let times = Term::from(l.builder.constant(times));
    let finance = l.term(args, 1, None)? + 1.0;
    let reinvest = l.term(args, 2, None)? + 1.0;
    let flow = match &args[0].present {
        None => Term::from(args[0].node),
        Some(present) => {
            let present = Term::from(l.builder.constant(present.clone()));
            Term::from(args[0].node).when(present, 0.0)
        }
    };
    let flow = l.share(flow)?;
    let received = l.share(Term::Number(0.0).less(flow.clone()))?;
    let earned = flow.clone() * reinvest.pow(last.clone() - times.clone());
    let earned = l.share(earned.when(received.clone(), 0.0).sum())?;
    let spent = flow / finance.pow(times);
    let spent = l.share(Term::Number(0.0).when(received, spent).sum())?;
    let ratio = l.share((-earned / spent).positive())?;
    l.build(ratio.pow(1.0 / last) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[track_caller]
    fn close(x: f64, expected: f64) {
        assert!(
            (x - expected).abs() <= 1e-9 * expected.abs().max(1e-3),
            "{x}, not {expected}"
        );
    }

    #[test]
    fn net_present_values() {
        let mut sheet = Sheet::new("-10000,3000,x,4200,6800");
        close(sheet.number("NPV(0.1,A1:E1)"), 1_188.443_412_334_07);
        close(
            sheet.number("NPV(0.1,-10000,3000,4200,6800)"),
            1_188.443_412_334_07,
        );
        close(
            sheet.number("XNPV(0.09,{-10000,2750,4250,3250,2750},{39448,39508,39751,39859,39904})"),
            2_086.647_602_031_53,
        );
        assert_eq!(sheet.error("XNPV(0.1,{1,2},{2})"), ErrorKind::Num);
        assert_eq!(sheet.error("XNPV(0.1,{1,2},{2,1})"), ErrorKind::Num);
    }

    #[test]
    fn the_internal_rate_stops_where_excel_stops() {
        let mut sheet = Sheet::empty();
        for (formula, saved) in [
            ("IRR({-20,5,5,5,5,5})", 0.079_308_261_160_397_24),
            ("IRR({-20,5,5,5,5,5},17)", 0.079_308_261_164_149_13),
            ("IRR({-130,30,20,30,20,30})", 2.450_706_304_557_570_5e-12),
            ("IRR({-70,12,15})", -0.443_506_941_334_327_55),
            ("IRR({-90,30,20,30,20,30})", 0.137_095_131_298_365_92),
            // A double root.
            ("IRR({1,-2,1})", 1.091_399_510_766_422e-7),
        ] {
            let rate = sheet.number(formula);
            assert!((rate - saved).abs() < 1e-15, "{formula}: {rate}");
        }
    }

    #[test]
    fn xirr_halves_its_interval_as_excel_does() {
        let mut sheet = Sheet::empty();
        for (formula, saved) in [
            (
                "XIRR({-20,5,5,5,5,5},{44958,44986,45017,45078,45108,45139})",
                1.185_916_197_299_957_2,
            ),
            (
                "XIRR({-55,10,5,5,5,5},{100,120,300,101,200,150})",
                -0.927_199_663_966_894_2,
            ),
            (
                "XIRR({-20,5,5,7,-10,5},{45292,45323,45353,45386,45782,46179})",
                -0.486_795_695_871_114_76,
            ),
            (
                "XIRR({-20,9,9,9,9,9},{23,23,123,400,500,500})",
                3.131_423_544_883_728,
            ),
        ] {
            let rate = sheet.number(formula);
            assert_eq!(rate, saved, "{formula}");
        }
        assert_eq!(
            sheet.error("XIRR({-1000,230,200,125,200,10},{1,2,3,4,5,6})"),
            ErrorKind::Num
        );
    }

    #[test]
    fn rates_of_return() {
        let mut sheet = Sheet::new("-70000,12000,15000,18000,21000,26000");
        close(sheet.number("IRR(A1:F1)"), 0.086_630_948_036_531_3);
        close(sheet.number("IRR(A1:C1,-0.1)"), -0.443_506_941_334_741);
        let rate =
            sheet.number("XIRR({-10000,2750,4250,3250,2750},{39448,39508,39751,39859,39904},0.1)");
        assert!((rate - 0.373_362_533_510_7).abs() < 4e-9, "{rate}");
        close(sheet.number("RATE(48,-200,8000)"), 0.007_701_472_488_202_55);
        close(
            sheet.number("MIRR({-120000,39000,30000,21000,37000,46000},0.1,0.12)"),
            0.126_094_130_365_905,
        );
        assert_eq!(sheet.error("IRR({1,2})"), ErrorKind::Num);
        close(sheet.number("IRR({-4,4})"), 0.0);
        assert_eq!(sheet.error("RATE(0,-200,8000)"), ErrorKind::Num);
    }
}
