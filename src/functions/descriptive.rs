//! Describing a sample: spread, shape, and other means.
//!
//! The measures take slices, so that SUBTOTAL, AGGREGATE and the database
//! functions share them.

use super::arguments::{Counting, collect, ensure, finite, numbers};
use super::params::{range, repeating};
use super::sample::{Sample, refuse_gaps};
use super::term::Term;
use super::{
    Category, Context, Example, Function, LowerError, LowerRule, Lowered, Lowering, Operand, Param,
    ValueRule,
};
use crate::program::Node;
use crate::value::ErrorKind;

/// A measure of a sample.
pub(crate) type Measure = fn(&[f64]) -> Result<f64, ErrorKind>;

pub(crate) fn mean(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(!sample.is_empty(), ErrorKind::Div0)?;
    Ok(sample.iter().sum::<f64>() / sample.len() as f64)
}

/// The sum of squared deviations from the mean.
fn squared_deviations(sample: &[f64]) -> Result<f64, ErrorKind> {
    let mean = mean(sample)?;
    Ok(sample.iter().map(|x| (x - mean) * (x - mean)).sum())
}

/// The variance of the population that the sample is a part of.
pub(crate) fn var_s(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(sample.len() > 1, ErrorKind::Div0)?;
    Ok(squared_deviations(sample)? / (sample.len() - 1) as f64)
}

/// The variance of a whole population.
pub(crate) fn var_p(sample: &[f64]) -> Result<f64, ErrorKind> {
    Ok(squared_deviations(sample)? / sample.len() as f64)
}

pub(crate) fn stdev_s(sample: &[f64]) -> Result<f64, ErrorKind> {
    var_s(sample).map(f64::sqrt)
}

pub(crate) fn stdev_p(sample: &[f64]) -> Result<f64, ErrorKind> {
    var_p(sample).map(f64::sqrt)
}

fn devsq(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(!sample.is_empty(), ErrorKind::Num)?;
    squared_deviations(sample)
}

fn avedev(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(!sample.is_empty(), ErrorKind::Num)?;
    let center = mean(sample)?;
    Ok(sample.iter().map(|x| (x - center).abs()).sum::<f64>() / sample.len() as f64)
}

fn geomean(sample: &[f64]) -> Result<f64, ErrorKind> {
    let positive = !sample.is_empty() && sample.iter().all(|x| *x > 0.0);
    ensure(positive, ErrorKind::Num)?;
    Ok((sample.iter().map(|x| x.ln()).sum::<f64>() / sample.len() as f64).exp())
}

fn harmean(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(!sample.is_empty(), ErrorKind::Na)?;
    ensure(sample.iter().all(|x| *x > 0.0), ErrorKind::Num)?;
    Ok(sample.len() as f64 / sample.iter().map(|x| 1.0 / x).sum::<f64>())
}

/// The sum of the powers of the deviations in units of `sd`.
fn moment(sample: &[f64], sd: f64, power: i32) -> Result<f64, ErrorKind> {
    ensure(sd > 0.0, ErrorKind::Div0)?;
    let mean = mean(sample)?;
    Ok(sample.iter().map(|x| ((x - mean) / sd).powi(power)).sum())
}

fn skew(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(sample.len() >= 3, ErrorKind::Div0)?;
    let n = sample.len() as f64;
    Ok(moment(sample, stdev_s(sample)?, 3)? * n / ((n - 1.0) * (n - 2.0)))
}

fn skew_p(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(sample.len() >= 3, ErrorKind::Div0)?;
    Ok(moment(sample, stdev_p(sample)?, 3)? / sample.len() as f64)
}

fn kurt(sample: &[f64]) -> Result<f64, ErrorKind> {
    ensure(sample.len() >= 4, ErrorKind::Div0)?;
    let n = sample.len() as f64;
    let fourth = moment(sample, stdev_s(sample)?, 4)?;
    let scale = n * (n + 1.0) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
    Ok(scale * fourth - 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)))
}

/// The value rule of a measure of the numbers of a call.
macro_rules! measure {
    ($measure:expr) => {
        ValueRule::Operands(|args, context| measured(args, Counting::Numbers, context, $measure))
    };
}

/// The same, with texts and booleans in ranges counted.
macro_rules! measure_all {
    ($measure:expr) => {
        ValueRule::Operands(|args, context| measured(args, Counting::All, context, $measure))
    };
}

fn measured(
    args: &[Operand],
    counting: Counting,
    context: &mut dyn Context,
    measure: Measure,
) -> Result<Operand, ErrorKind> {
    let sample = match counting {
        Counting::Numbers => numbers(args, context)?,
        Counting::All => collect(args, counting, context)?,
    };
    finite(measure(&sample)?)
}

// ---- derivative rules ----

/// The sum of squared deviations over `count - less`.
fn variance(lowering: &mut Lowering<'_>, args: &[Lowered], less: f64) -> Result<Term, LowerError> {
    let sample = Sample::new(lowering, args)?;
    let squares = sample.central(lowering, Term::square)?;
    let count = sample.count(lowering);
    Ok(squares / (count - less))
}

fn lower_var_s(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let variance = variance(lowering, args, 1.0)?;
    lowering.build(variance)
}

fn lower_var_p(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let variance = variance(lowering, args, 0.0)?;
    lowering.build(variance)
}

fn lower_stdev_s(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let variance = variance(lowering, args, 1.0)?;
    lowering.build(variance.sqrt())
}

fn lower_stdev_p(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let variance = variance(lowering, args, 0.0)?;
    lowering.build(variance.sqrt())
}

/// The mean of the powers of the deviations, over the population's standard
/// deviation to that power, and the number of numbers.
fn lower_moment(
    lowering: &mut Lowering<'_>,
    args: &[Lowered],
    power: f64,
) -> Result<(Term, Term), LowerError> {
    let sample = Sample::new(lowering, args)?;
    let count = sample.count(lowering);
    let squares = sample.central(lowering, Term::square)? / count.clone();
    let powers = sample.central(lowering, |d| d.pow(power))? / count.clone();
    Ok((powers / squares.pow(0.5 * power), count))
}

const NUMBERS: &[Param] = &[range("number1"), repeating(range("number2"))];
const VALUES: &[Param] = &[range("value1"), repeating(range("value2"))];

const fn example(formula: &'static str) -> Example {
    Example {
        formula,
        cells: &[
            ("A1", 2.0),
            ("A2", 1.5),
            ("A3", 3.25),
            ("A4", 0.7),
            ("B1", 0.5),
        ],
    }
}

const fn smooth(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
    lower: LowerRule,
    examples: &'static [Example],
) -> Function {
    Function::new(Category::Statistical, name, params, help, value)
        .smooth(lower)
        .examples(examples)
}

/// For AVERAGEA's kind: the rule of its sister, where all are numbers.
macro_rules! of_numbers {
    ($rule:expr) => {
        |lowering, args| {
            refuse_gaps(lowering, args)?;
            $rule(lowering, args)
        }
    };
}

const SAMPLE: &str = "The variance estimated from a sample.";
const POPULATION: &str = "The variance of a whole population.";
const SAMPLE_SD: &str = "The standard deviation estimated from a sample.";
const POPULATION_SD: &str = "The standard deviation of a whole population.";

pub(super) const FUNCTIONS: &[Function] = &[
    smooth(
        "VAR.S",
        NUMBERS,
        SAMPLE,
        measure!(var_s),
        lower_var_s,
        &[example("VAR.S(A1:A4,B1)")],
    )
    .xlfn(),
    smooth(
        "VAR",
        NUMBERS,
        SAMPLE,
        measure!(var_s),
        lower_var_s,
        &[example("VAR(A1:A4,B1)")],
    ),
    smooth(
        "VAR.P",
        NUMBERS,
        POPULATION,
        measure!(var_p),
        lower_var_p,
        &[example("VAR.P(A1:A4,B1)")],
    )
    .xlfn(),
    smooth(
        "VARP",
        NUMBERS,
        POPULATION,
        measure!(var_p),
        lower_var_p,
        &[example("VARP(A1:A4,B1)")],
    ),
    smooth(
        "VARA",
        VALUES,
        "The variance estimated from a sample; texts count as 0, TRUE as 1.",
        measure_all!(var_s),
        of_numbers!(lower_var_s),
        &[example("VARA(A1:A4,B1)")],
    ),
    smooth(
        "VARPA",
        VALUES,
        "The variance of a whole population; texts count as 0, TRUE as 1.",
        measure_all!(var_p),
        of_numbers!(lower_var_p),
        &[example("VARPA(A1:A4,B1)")],
    ),
    smooth(
        "STDEV.S",
        NUMBERS,
        SAMPLE_SD,
        measure!(stdev_s),
        lower_stdev_s,
        &[example("STDEV.S(A1:A4,B1)")],
    )
    .xlfn(),
    smooth(
        "STDEV",
        NUMBERS,
        SAMPLE_SD,
        measure!(stdev_s),
        lower_stdev_s,
        &[example("STDEV(A1:A4,B1)")],
    ),
    smooth(
        "STDEV.P",
        NUMBERS,
        POPULATION_SD,
        measure!(stdev_p),
        lower_stdev_p,
        &[example("STDEV.P(A1:A4,B1)")],
    )
    .xlfn(),
    smooth(
        "STDEVP",
        NUMBERS,
        POPULATION_SD,
        measure!(stdev_p),
        lower_stdev_p,
        &[example("STDEVP(A1:A4,B1)")],
    ),
    smooth(
        "STDEVA",
        VALUES,
        "The standard deviation estimated from a sample; texts count as 0, TRUE as 1.",
        measure_all!(stdev_s),
        of_numbers!(lower_stdev_s),
        &[example("STDEVA(A1:A4,B1)")],
    ),
    smooth(
        "STDEVPA",
        VALUES,
        "The standard deviation of a whole population; texts count as 0, TRUE as 1.",
        measure_all!(stdev_p),
        of_numbers!(lower_stdev_p),
        &[example("STDEVPA(A1:A4,B1)")],
    ),
    smooth(
        "DEVSQ",
        NUMBERS,
        "The sum of squared deviations from the mean.",
        measure!(devsq),
        |lowering, args| {
            let sample = Sample::new(lowering, args)?;
            let squares = sample.central(lowering, Term::square)?;
            lowering.build(squares)
        },
        &[example("DEVSQ(A1:A4,B1)")],
    ),
    Function::new(
        Category::Statistical,
        "AVEDEV",
        NUMBERS,
        "The mean distance from the mean.",
        measure!(avedev),
    )
    .kinked(|lowering, args| {
        let sample = Sample::new(lowering, args)?;
        let distances = sample.central(lowering, Term::abs)?;
        let count = sample.count(lowering);
        lowering.build(distances / count)
    })
    .examples(&[example("AVEDEV(A1:A4,B1)")]),
    smooth(
        "GEOMEAN",
        NUMBERS,
        "The geometric mean of positive numbers.",
        measure!(geomean),
        |lowering, args| {
            let sample = Sample::new(lowering, args)?;
            let logs = sample.sum_of(lowering, |x| x.positive().ln())?;
            let count = sample.count(lowering);
            lowering.build((logs / count).exp())
        },
        &[example("GEOMEAN(A1:A4,B1)")],
    ),
    smooth(
        "HARMEAN",
        NUMBERS,
        "The harmonic mean of positive numbers.",
        measure!(harmean),
        |lowering, args| {
            let sample = Sample::new(lowering, args)?;
            let inverses = sample.sum_of(lowering, |x| 1.0 / x.positive())?;
            let count = sample.count(lowering);
            lowering.build(count / inverses)
        },
        &[example("HARMEAN(A1:A4,B1)")],
    ),
    smooth(
        "SKEW",
        NUMBERS,
        "The skewness estimated from a sample.",
        measure!(skew),
        |lowering, args| {
            let (skewness, n) = lower_moment(lowering, args, 3.0)?;
            let correction = (n.clone() * (n.clone() - 1.0)).sqrt() / (n - 2.0);
            lowering.build(skewness * correction)
        },
        &[example("SKEW(A1:A4,B1)")],
    ),
    smooth(
        "SKEW.P",
        NUMBERS,
        "The skewness of a whole population.",
        measure!(skew_p),
        |lowering, args| {
            let (skewness, _) = lower_moment(lowering, args, 3.0)?;
            lowering.build(skewness)
        },
        &[example("SKEW.P(A1:A4,B1)")],
    )
    .xlfn(),
    smooth(
        "KURT",
        NUMBERS,
        "The excess kurtosis estimated from a sample.",
        measure!(kurt),
        |lowering, args| {
            let (kurtosis, n) = lower_moment(lowering, args, 4.0)?;
            let excess = kurtosis * (n.clone() + 1.0) - (n.clone() - 1.0) * 3.0;
            let correction = (n.clone() - 1.0) / ((n.clone() - 2.0) * (n - 3.0));
            lowering.build(excess * correction)
        },
        &[example("KURT(A1:A4,B1)")],
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::new(
            "1345,3,x;1301,4,TRUE;1368,5,1;1322,2,;1310,3,;1370,4,;1318,5,;1350,6,;1303,4,;1299,7,",
        );
        for (formula, expected) in [
            ("VAR(A1:A10)", 754.266_666_666_667),
            ("VAR.P(A1:A10)", 678.84),
            ("STDEV.S(A1:A10)", 27.463_915_719_843),
            ("STDEVP(A1:A10)", 26.054_558_142_482_48),
            ("VARA(C1:C10)", 1.0 / 3.0),
            ("VARPA(C1:C3)", 2.0 / 9.0),
            ("DEVSQ({4,5,8,7,11,4,3})", 48.0),
            ("AVEDEV({4,5,6,7,5,4,3})", 1.020_408_163_265_306),
            ("GEOMEAN({4,5,8,7,11,4,3})", 5.476_986_969_656_962),
            ("HARMEAN({4,5,8,7,11,4,3})", 5.028_375_962_061_728),
            ("SKEW(B1:B10)", 0.359_543_071_406_797),
            ("SKEW.P(B1:B10)", 0.303_193_339_354_144),
            ("KURT(B1:B10)", -0.151_799_637_208_416),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= 1e-12 * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
        for (formula, kind) in [
            ("VAR(1)", ErrorKind::Div0),
            ("VAR.P(C1:C2)", ErrorKind::Div0),
            ("GEOMEAN(1,0)", ErrorKind::Num),
            ("HARMEAN(1,-1)", ErrorKind::Num),
            ("SKEW(1,2)", ErrorKind::Div0),
            ("KURT(1,1,1,1)", ErrorKind::Div0),
            ("STDEV(1,#N/A)", ErrorKind::Na),
        ] {
            assert_eq!(sheet.error(formula), kind, "{formula}");
        }
    }
}
