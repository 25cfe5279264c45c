//! Order statistics: medians, percentiles, ranks, modes, frequencies.

use super::arguments::{Scalars, ensure, finite, numbers};
use super::params::{array, optional, range, repeating, scalar};
use super::sample::{Column, Sample};
use super::term::Term;
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, Param, ValueRule,
};
use crate::program::{Binary, Node, Shape, Tensor};
use crate::value::{Array, ErrorKind, Value};
use rustc_hash::FxHashMap;

/// In ascending order.
fn sorted(mut sample: Vec<f64>) -> Vec<f64> {
    sample.sort_unstable_by(f64::total_cmp);
    sample
}

/// The number at a broken rank from 0, between its neighbours.
fn interpolate(ascending: &[f64], position: f64) -> Result<f64, ErrorKind> {
    let low = position.floor();
    let part = position - low;
    let below = ascending.get(low as usize).ok_or(ErrorKind::Num)?;
    if part == 0.0 {
        return Ok(*below);
    }
    let above = ascending.get(low as usize + 1).ok_or(ErrorKind::Num)?;
    Ok(below + (above - below) * part)
}

/// Where a percentile lies among `n` numbers, as a broken rank from 0.
type Position = fn(n: usize, k: f64) -> Option<f64>;

fn median_position(n: usize, _: f64) -> Option<f64> {
    (n > 0).then(|| 0.5 * (n - 1) as f64)
}

fn inclusive_position(n: usize, k: f64) -> Option<f64> {
    (n > 0 && (0.0..=1.0).contains(&k)).then(|| k * (n - 1) as f64)
}

fn exclusive_position(n: usize, k: f64) -> Option<f64> {
    let position = k * (n + 1) as f64 - 1.0;
    (n > 0 && position >= 0.0 && position <= (n - 1) as f64).then_some(position)
}

fn inclusive_quartile(n: usize, quart: f64) -> Option<f64> {
    let quart = quart.trunc();
    (0.0..=4.0)
        .contains(&quart)
        .then(|| inclusive_position(n, quart / 4.0))?
}

fn exclusive_quartile(n: usize, quart: f64) -> Option<f64> {
    let quart = quart.trunc();
    (1.0..=3.0)
        .contains(&quart)
        .then(|| exclusive_position(n, quart / 4.0))?
}

/// Excel rounds a broken k up for LARGE and down for SMALL.
fn large_position(n: usize, k: f64) -> Option<f64> {
    let k = k.ceil();
    (k >= 1.0 && k <= n as f64).then_some(n as f64 - k)
}

fn small_position(n: usize, k: f64) -> Option<f64> {
    let k = k.floor();
    (k >= 1.0 && k <= n as f64).then_some(k - 1.0)
}

/// A position's number among a sample in any order.
pub(super) fn at(sample: Vec<f64>, k: f64, position: Position) -> Result<f64, ErrorKind> {
    let position = position(sample.len(), k).ok_or(ErrorKind::Num)?;
    interpolate(&sorted(sample), position)
}

pub(super) fn median(sample: Vec<f64>) -> Result<f64, ErrorKind> {
    at(sample, 0.0, median_position)
}

/// The functions of SUBTOTAL's and AGGREGATE's numbers 14 to 19.
pub(super) const POSITIONS: [Position; 6] = [
    large_position,
    small_position,
    inclusive_position,
    inclusive_quartile,
    exclusive_position,
    exclusive_quartile,
];

fn positioned(
    args: &[Operand],
    context: &mut dyn Context,
    position: Position,
) -> Result<Operand, ErrorKind> {
    let k = args.number(1)?;
    let sample = numbers(&args[..args.len().min(1)], context)?;
    finite(at(sample, k, position)?)
}

/// The values that occur most often, in the order of their first occurrence,
/// and how often.
fn modes(sample: &[f64]) -> (Vec<f64>, usize) {
    let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
    // Both zeros are one value.
    let key = |x: f64| (x + 0.0).to_bits();
    for x in sample {
        *counts.entry(key(*x)).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    let mut modes = Vec::new();
    for x in sample {
        if counts.get(&key(*x)) == Some(&most) {
            counts.remove(&key(*x));
            modes.push(*x);
        }
    }
    (modes, most)
}

pub(super) fn mode(sample: &[f64]) -> Result<f64, ErrorKind> {
    let (modes, times) = modes(sample);
    ensure(times > 1, ErrorKind::Na)?;
    modes.first().copied().ok_or(ErrorKind::Na)
}

fn mode_multiple(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let (modes, times) = modes(&numbers(args, context)?);
    ensure(times > 1, ErrorKind::Na)?;
    let cells = modes.into_iter().map(Value::Number).collect::<Vec<_>>();
    let array = Array::new(cells.len(), 1, cells);
    Ok(Operand::Value(Value::array(array)))
}

/// How many numbers come before `x`, and how many equal it.
fn ranks(args: &[Operand], context: &mut dyn Context) -> Result<(f64, f64), ErrorKind> {
    let x = args.number(0)?;
    let ascending = args.number_or(2, 0.0)? != 0.0;
    let list = match args.get(1) {
        Some(list @ Operand::Reference(_)) => std::slice::from_ref(list),
        Some(Operand::Value(Value::Error(kind))) => return Err(*kind),
        _ => return Err(ErrorKind::Value),
    };
    let (mut before, mut equal) = (0.0, 0.0);
    for y in numbers(list, context)? {
        if y == x {
            equal += 1.0;
        } else if (y < x) == ascending {
            before += 1.0;
        }
    }
    ensure(equal > 0.0, ErrorKind::Na)?;
    Ok((before, equal))
}

fn rank(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let (before, _) = ranks(args, context)?;
    finite(before + 1.0)
}

fn rank_average(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let (before, equal) = ranks(args, context)?;
    finite(before + 0.5 * (equal + 1.0))
}

fn percent_rank(
    args: &[Operand],
    context: &mut dyn Context,
    exclusive: bool,
) -> Result<Operand, ErrorKind> {
    let x = args.number(1)?;
    let digits = args.number_or(2, 3.0)?.trunc();
    ensure(digits >= 1.0, ErrorKind::Num)?;
    let ascending = sorted(numbers(&args[..1], context)?);
    let (Some(first), Some(last)) = (ascending.first(), ascending.last()) else {
        return Err(ErrorKind::Num);
    };
    ensure(*first <= x && x <= *last, ErrorKind::Na)?;
    let below = ascending.partition_point(|y| *y < x);
    let mut position = below as f64;
    if ascending[below] != x {
        let (low, high) = (ascending[below - 1], ascending[below]);
        position += (x - low) / (high - low) - 1.0;
    }
    let n = ascending.len() as f64;
    let rank = if exclusive {
        (position + 1.0) / (n + 1.0)
    } else if n == 1.0 {
        1.0
    } else {
        position / (n - 1.0)
    };
    // Digits past those asked for are cut, not rounded; the smallest addend
    // undoes the scaling's own error.
    let scale = 10f64.powf(digits.min(16.0));
    finite((rank * scale * (1.0 + 4.0 * f64::EPSILON)).floor() / scale)
}

fn trim_mean(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let share = args.number(1)?;
    ensure((0.0..1.0).contains(&share), ErrorKind::Num)?;
    let ascending = sorted(numbers(&args[..1], context)?);
    ensure(!ascending.is_empty(), ErrorKind::Num)?;
    let cut = trimmed(ascending.len(), share);
    let kept = &ascending[cut..ascending.len() - cut];
    finite(kept.iter().sum::<f64>() / kept.len() as f64)
}

/// How many numbers are cut at each end.
fn trimmed(n: usize, share: f64) -> usize {
    (n as f64 * share / 2.0) as usize
}

fn frequency(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let data = sorted(numbers(&args[..1], context)?);
    let mut bins = numbers(&args[1..], context)?;
    if bins.is_empty() {
        bins.push(0.0);
    }
    // Counts stand in the order of the bins as they were given.
    let mut order: Vec<usize> = (0..bins.len()).collect();
    order.sort_by(|a, b| bins[*a].total_cmp(&bins[*b]));
    let mut counts = vec![Value::Number(0.0); bins.len() + 1];
    let mut before = 0;
    for index in order {
        let upto = data.partition_point(|x| *x <= bins[index]);
        counts[index] = Value::Number((upto - before) as f64);
        before = upto;
    }
    counts[bins.len()] = Value::Number((data.len() - before) as f64);
    let array = Array::new(counts.len(), 1, counts);
    Ok(Operand::Value(Value::array(array)))
}

// ---- derivative rules ----

/// The number at a position in each lane.
fn column_at(
    lowering: &mut Lowering<'_>,
    column: &Column,
    ks: &[f64],
    position: Position,
) -> Result<Term, LowerError> {
    let lanes = column.lanes(ks.len());
    let positions: Vec<Option<f64>> = (0..lanes)
        .map(|lane| position(column.count(lane), ks[if ks.len() == 1 { 0 } else { lane }]))
        .collect();
    let ranks = |offset: f64| -> Vec<Option<usize>> {
        let rank = |p: &Option<f64>| {
            p.map(|p| {
                let broken = p.fract() != 0.0;
                p as usize + if broken { offset as usize } else { 0 }
            })
        };
        positions.iter().map(rank).collect()
    };
    let below = column.at(lowering, &ranks(0.0))?;
    let parts: Vec<f64> = positions.iter().map(|p| p.unwrap_or(0.0).fract()).collect();
    if parts.iter().all(|part| *part == 0.0) {
        return Ok(Term::Node(below));
    }
    let above = column.at(lowering, &ranks(1.0))?;
    let parts = Tensor::new(Shape::new(lanes, 1, 1), parts);
    let parts = Term::Node(lowering.builder.constant(parts));
    let below = Term::Node(below);
    Ok(below.clone() + (Term::Node(above) - below) * parts)
}

/// The k-th largest, or smallest, where k, a constant, may be an array.
pub(super) fn lower_ranked(
    lowering: &mut Lowering<'_>,
    args: &[Lowered],
    largest: bool,
) -> Result<Node, LowerError> {
    let position = if largest {
        large_position
    } else {
        small_position
    };
    lower_positioned(lowering, args, position)
}

/// The rule of PERCENTILE and its kind: k, a constant, may be an array.
fn lower_positioned(
    lowering: &mut Lowering<'_>,
    args: &[Lowered],
    position: Position,
) -> Result<Node, LowerError> {
    let [sample, k] = args else {
        return Err(lowering.refuse("it takes two arguments"));
    };
    let k = lowering.fixed(k, "second argument")?;
    let column = Sample::new(lowering, std::slice::from_ref(sample))?.column(lowering)?;
    let Shape { lanes, rows, cols } = k.shape;
    let mut cells = Vec::with_capacity(rows * cols);
    for col in 0..cols {
        for row in 0..rows {
            let ks: Vec<f64> = (0..lanes).map(|lane| k.get(lane, row, col)).collect();
            let cell = column_at(lowering, &column, &ks, position)?;
            cells.push(lowering.build(cell)?);
        }
    }
    if let [cell] = cells.as_slice() {
        return Ok(*cell);
    }
    // One sheet, a row a lane and a column a cell, is the array of each lane.
    let mut lanes = 1;
    for cell in &cells {
        lanes = lanes.max(lowering.builder.shape(*cell).lanes);
    }
    let sheet = |lowering: &mut Lowering<'_>| {
        let mut pieces = Vec::with_capacity(cells.len());
        for (i, cell) in cells.iter().enumerate() {
            let cell = lowering.builder.broadcast(*cell, Shape::new(lanes, 1, 1))?;
            let cell = lowering.builder.reshape(cell, Shape::new(1, lanes, 1))?;
            pieces.push((cell, (0, i)));
        }
        let sheet = lowering.builder.assemble(lanes, cells.len(), &pieces)?;
        lowering
            .builder
            .reshape(sheet, Shape::new(lanes, rows, cols))
    };
    sheet(lowering).map_err(|e| lowering.misfit(&e))
}

/// The parts that RANK.EQ and RANK.AVG share: how many come before, how many are equal.
fn lower_ranks(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<(Term, Term), LowerError> {
    let x = lowering.term(args, 0, None)?;
    let ascending = lowering.fixed_number(args, 2, 0.0, "order")? != 0.0;
    let Some(list) = args.get(1) else {
        return Err(lowering.refuse("an argument is missing"));
    };
    let sample = Sample::new(lowering, std::slice::from_ref(list))?;
    let before = sample.sum_of(lowering, |y| {
        if ascending {
            y.less(x.clone())
        } else {
            x.clone().less(y)
        }
    })?;
    let equal = sample.sum_of(lowering, |y| y.with(Binary::Equal, x.clone()))?;
    Ok((before, equal))
}

fn lower_rank(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let (before, equal) = lower_ranks(lowering, args)?;
    lowering.build((before + 1.0).when(equal, f64::NAN))
}

fn lower_rank_average(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let (before, equal) = lower_ranks(lowering, args)?;
    lowering.build((before + (equal.clone() + 1.0) * 0.5).when(equal, f64::NAN))
}

/// The numbers cut count as the nearest number kept, and are taken out again.
fn lower_trim_mean(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let share = lowering.fixed_number(args, 1, 0.0, "share")?;
    let Some(arg) = args.first() else {
        return Err(lowering.refuse("an argument is missing"));
    };
    let sample = Sample::new(lowering, std::slice::from_ref(arg))?;
    let column = sample.column(lowering)?;
    let cuts: Vec<f64> = (column.counts.iter())
        .map(|n| trimmed(*n as usize, share) as f64)
        .collect();
    let low = column_at(lowering, &column, &cuts, |n, cut| (n > 0).then_some(cut))?;
    let high = column_at(lowering, &column, &cuts, |n, cut| {
        (n > 0).then(|| (n - 1) as f64 - cut)
    })?;
    let (low, high) = (lowering.share(low)?, lowering.share(high)?);
    let clamped = sample.sum_of(lowering, |x| {
        x.with(Binary::Max, low.clone())
            .with(Binary::Min, high.clone())
    })?;
    let shape = Shape::new(cuts.len(), 1, 1);
    let cuts = Term::Node(lowering.builder.constant(Tensor::new(shape, cuts)));
    let count = sample.count(lowering);
    let kept = count - cuts.clone() * 2.0;
    lowering.build((clamped - (low + high) * cuts) / kept)
}

const POSITIONED: &[Param] = &[range("array"), scalar("k")];
const COUNTED: &[Param] = &[
    range("array"),
    scalar("k").help("which one, counted from 1"),
];
const QUARTILE: &[Param] = &[range("array"), scalar("quart")];
const RANK: &[Param] = &[
    scalar("number").help("the number whose rank is wanted"),
    range("ref"),
    optional(scalar("order").help("0 or left out: the greatest is first; else the least")),
];
const PERCENT_RANK: &[Param] = &[
    range("array"),
    scalar("x").help("the value whose rank is wanted"),
    optional(scalar("significance").help("how many digits, 3 if left out")),
];
const NUMBERS: &[Param] = &[range("number1"), repeating(range("number2"))];
const MODES: &[Param] = &[array("number1"), repeating(array("number2"))];

const fn example(formula: &'static str) -> Example {
    Example {
        formula,
        cells: &[
            ("A1", 2.0),
            ("A2", 15.0),
            ("A3", 3.25),
            ("A4", 0.7),
            ("B1", -5.0),
        ],
    }
}

macro_rules! positioned {
    ($name:literal, $params:expr, $help:literal, $position:expr, $example:literal) => {
        Function::new(
            Category::Statistical,
            $name,
            $params,
            $help,
            ValueRule::Operands(|args, context| positioned(args, context, $position)),
        )
        .kinked(|lowering, args| lower_positioned(lowering, args, $position))
        .examples(&[example($example)])
    };
}

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Statistical, name, params, help, value)
        .not_differentiable("it counts numbers")
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Statistical,
        "MEDIAN",
        NUMBERS,
        "The number in the middle.",
        ValueRule::Operands(|args, context| finite(median(numbers(args, context)?)?)),
    )
    .kinked(|lowering, args| {
        let column = Sample::new(lowering, args)?.column(lowering)?;
        let median = column_at(lowering, &column, &[0.0], median_position)?;
        lowering.build(median)
    })
    .examples(&[example("MEDIAN(A1:A5,B1)"), example("MEDIAN(A1:A4)")]),
    positioned!(
        "LARGE",
        COUNTED,
        "The k-th greatest number.",
        large_position,
        "LARGE(A1:A5,{1,3})"
    ),
    positioned!(
        "SMALL",
        COUNTED,
        "The k-th least number.",
        small_position,
        "SMALL(A1:A4,2)"
    ),
    positioned!(
        "PERCENTILE.INC",
        POSITIONED,
        "The k-th percentile, where k runs from 0 to 1.",
        inclusive_position,
        "PERCENTILE.INC(A1:A5,0.4)"
    )
    .xlfn(),
    positioned!(
        "PERCENTILE",
        POSITIONED,
        "The k-th percentile, where k runs from 0 to 1.",
        inclusive_position,
        "PERCENTILE(A1:A4,0.4)"
    ),
    positioned!(
        "PERCENTILE.EXC",
        POSITIONED,
        "The k-th percentile, where k lies inside of 0 to 1.",
        exclusive_position,
        "PERCENTILE.EXC(A1:A4,0.3)"
    )
    .xlfn(),
    positioned!(
        "QUARTILE.INC",
        QUARTILE,
        "The quartile of a number from 0 (the least) to 4 (the greatest).",
        inclusive_quartile,
        "QUARTILE.INC(A1:A4,1)"
    )
    .xlfn(),
    positioned!(
        "QUARTILE",
        QUARTILE,
        "The quartile of a number from 0 (the least) to 4 (the greatest).",
        inclusive_quartile,
        "QUARTILE(A1:A4,3)"
    ),
    positioned!(
        "QUARTILE.EXC",
        QUARTILE,
        "The quartile of a number from 1 to 3, by percentiles inside of 0 to 1.",
        exclusive_quartile,
        "QUARTILE.EXC(A1:A4,1)"
    )
    .xlfn(),
    Function::new(
        Category::Statistical,
        "TRIMMEAN",
        &[range("array"), scalar("percent")],
        "The mean without a share of the least and greatest numbers.",
        ValueRule::Operands(trim_mean),
    )
    .kinked(lower_trim_mean)
    .examples(&[example("TRIMMEAN(A1:A5,0.6)")]),
    Function::new(
        Category::Statistical,
        "RANK.EQ",
        RANK,
        "The rank of a number among others, 1 for the greatest; equal ones share the best rank.",
        ValueRule::Operands(rank),
    )
    .xlfn()
    .piecewise_constant(lower_rank)
    .examples(&[example("RANK.EQ(A3,A1:A4)")]),
    Function::new(
        Category::Statistical,
        "RANK",
        RANK,
        "The rank of a number among others, by the name of older versions.",
        ValueRule::Operands(rank),
    )
    .piecewise_constant(lower_rank)
    .examples(&[example("RANK(A3,A1:A4,1)")]),
    Function::new(
        Category::Statistical,
        "RANK.AVG",
        RANK,
        "The rank of a number among others, 1 for the greatest; equal ones share their mean rank.",
        ValueRule::Operands(rank_average),
    )
    .xlfn()
    .piecewise_constant(lower_rank_average)
    .examples(&[example("RANK.AVG(A3,A1:A4)")]),
    entry(
        "PERCENTRANK.INC",
        PERCENT_RANK,
        "The share of the numbers below x, from 0 to 1.",
        ValueRule::Operands(|args, context| percent_rank(args, context, false)),
    )
    .xlfn(),
    entry(
        "PERCENTRANK",
        PERCENT_RANK,
        "The share of the numbers below x, from 0 to 1.",
        ValueRule::Operands(|args, context| percent_rank(args, context, false)),
    ),
    entry(
        "PERCENTRANK.EXC",
        PERCENT_RANK,
        "The share of the numbers below x, inside of 0 to 1.",
        ValueRule::Operands(|args, context| percent_rank(args, context, true)),
    )
    .xlfn(),
    entry(
        "MODE.SNGL",
        MODES,
        "The number that occurs most often.",
        ValueRule::Operands(|args, context| finite(mode(&numbers(args, context)?)?)),
    )
    .xlfn(),
    entry(
        "MODE",
        MODES,
        "The number that occurs most often.",
        ValueRule::Operands(|args, context| finite(mode(&numbers(args, context)?)?)),
    ),
    entry(
        "MODE.MULT",
        MODES,
        "The numbers that occur most often, in a column.",
        ValueRule::Operands(mode_multiple),
    )
    .xlfn()
    .returning_array(),
    entry(
        "FREQUENCY",
        &[array("data_array"), array("bins_array")],
        "How many numbers lie up to each bound and above the one below it, and how many above all.",
        ValueRule::Operands(frequency),
    )
    .returning_array(),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::new("3,79;5,85;3,78;5,85;4,50;4,81;2,95;4,88;6,97;7,x");
        for (formula, expected) in [
            ("MEDIAN({1,2,3,4,5,6})", 3.5),
            ("MEDIAN(A1:A10,1)", 4.0),
            ("LARGE(A1:A10,3)", 5.0),
            ("LARGE(A1:A10,2.1)", 5.0),
            ("SMALL(A1:A10,4.9)", 4.0),
            ("SMALL(\"3.4\",1)", 3.4),
            ("PERCENTILE({1,3,2,4},0.3)", 1.9),
            (
                "PERCENTILE.EXC({6,7,15,36,39,40,41,42,43,47,49},0.25)",
                15.0,
            ),
            ("QUARTILE({1,2,4,7,8,9,10,12},1)", 3.5),
            ("QUARTILE.EXC({6,7,15,36,39,40,41,42,43,47,49},3)", 43.0),
            ("RANK(5,A1:A10)", 3.0),
            ("RANK.EQ(5,A1:A10,1)", 7.0),
            ("RANK.AVG(5,A1:A10)", 3.5),
            ("PERCENTRANK({13,12,11,8,4,3,2,1,1,1},2)", 0.333),
            ("PERCENTRANK({13,12,11,8,4,3,2,1,1,1},5)", 0.583),
            ("PERCENTRANK.EXC({1,2,3,6,6,6,7,8,9},7)", 0.7),
            ("PERCENTRANK.EXC({1,2,3,6,6,6,7,8,9},5.43)", 0.381),
            ("PERCENTRANK.EXC({1,2,3,6,6,6,7,8,9},5.43,1)", 0.3),
            ("MODE.SNGL({5.6,4,4,3,2,4})", 4.0),
            (
                "TRIMMEAN({4,5,6,7,2,3,4,5,1,2,3},0.2)",
                3.777_777_777_777_778,
            ),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= 1e-14 * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
        assert_eq!(
            sheet.numbers("MODE.MULT({1,2,3,4,3,2,1,2,3,5,6,1})"),
            [1.0, 2.0, 3.0]
        );
        assert_eq!(
            sheet.numbers("FREQUENCY(B1:B10,{70,79,89})"),
            [1.0, 2.0, 4.0, 2.0]
        );
        assert_eq!(
            sheet.numbers("FREQUENCY({1,2,3},{2,1,2})"),
            [1.0, 1.0, 0.0, 1.0]
        );
        assert_eq!(sheet.numbers("LARGE(A1:A10,{1,2})"), [7.0, 6.0]);
        for (formula, kind) in [
            ("MEDIAN(B10)", ErrorKind::Num),
            ("LARGE(A1:A10,11)", ErrorKind::Num),
            ("SMALL(A1:A10,0.9)", ErrorKind::Num),
            ("PERCENTILE(A1:A10,1.1)", ErrorKind::Num),
            ("PERCENTILE.EXC({1,2},0.1)", ErrorKind::Num),
            ("QUARTILE(A1:A10,5)", ErrorKind::Num),
            ("RANK(1,A1:A10)", ErrorKind::Na),
            ("PERCENTRANK({1,2},3)", ErrorKind::Na),
            ("MODE(1,2,3)", ErrorKind::Na),
            ("TRIMMEAN({1,2},1)", ErrorKind::Num),
        ] {
            assert_eq!(sheet.error(formula), kind, "{formula}");
        }
    }
}
