//! Tests of hypotheses, and probabilities from a table.

use super::arguments::{Scalars, common_part, ensure, finite, numbers, pairs};
use super::descriptive::{mean, stdev_s, var_s};
use super::distributions::sampling::{chi_squared_tail, f_tail, t_tail};
use super::params::{array, optional, range, scalar};
use super::special::norm_cdf;
use super::{Category, Context, Function, Operand, Param, ValueRule};
use crate::value::ErrorKind;

fn prob(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let [x, p, ..] = args else {
        return Err(ErrorKind::Value);
    };
    let table = pairs(x, p, ErrorKind::Na, context)?;
    let low = args.number(2)?;
    let high = args.number_or(3, low)?;
    ensure(!table.is_empty(), ErrorKind::Div0)?;
    let all: f64 = table.iter().map(|(_, p)| p).sum();
    let valid = table.iter().all(|(_, p)| (0.0..=1.0).contains(p));
    ensure(valid && (all - 1.0).abs() < 1e-7, ErrorKind::Num)?;
    let within = table.iter().filter(|(x, _)| (low..=high).contains(x));
    finite(within.map(|(_, p)| p).sum())
}

fn z_test(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let sample = numbers(&args[..args.len().min(1)], context)?;
    let x = args.number(1)?;
    ensure(!sample.is_empty(), ErrorKind::Na)?;
    let sigma = match args.get(2) {
        None | Some(Operand::Omitted) => stdev_s(&sample)?,
        Some(_) => {
            let sigma = args.number(2)?;
            ensure(sigma > 0.0, ErrorKind::Num)?;
            sigma
        }
    };
    ensure(sigma > 0.0, ErrorKind::Div0)?;
    let z = (mean(&sample)? - x) / (sigma / (sample.len() as f64).sqrt());
    finite(norm_cdf(-z))
}

fn chi_squared_test(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let parts = common_part(args, ErrorKind::Na, context)?;
    let [actual, expected] = parts.as_slice() else {
        return Err(ErrorKind::Value);
    };
    let (rows, cols) = context.size(actual);
    ensure(rows * cols > 1, ErrorKind::Na)?;
    let mut chi_squared = 0.0;
    for (actual, expected) in pairs(actual, expected, ErrorKind::Na, context)? {
        ensure(expected != 0.0, ErrorKind::Div0)?;
        ensure(expected > 0.0, ErrorKind::Num)?;
        chi_squared += (actual - expected) * (actual - expected) / expected;
    }
    let degrees = if rows == 1 || cols == 1 {
        rows * cols - 1
    } else {
        (rows - 1) * (cols - 1)
    };
    finite(chi_squared_tail(chi_squared, degrees as f64))
}

fn t_test(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let [a, b, ..] = args else {
        return Err(ErrorKind::Value);
    };
    let tails = args.number(2)?.trunc();
    let kind = args.number(3)?.trunc();
    ensure(tails == 1.0 || tails == 2.0, ErrorKind::Num)?;
    let (t, degrees) = match kind {
        1.0 => {
            let pairs = pairs(a, b, ErrorKind::Na, context)?;
            let differences: Vec<f64> = pairs.iter().map(|(x, y)| x - y).collect();
            let error = (var_s(&differences)? / differences.len() as f64).sqrt();
            (
                quotient(mean(&differences)?, error)?,
                differences.len() as f64 - 1.0,
            )
        }
        2.0 | 3.0 => {
            let a = numbers(std::slice::from_ref(a), context)?;
            let b = numbers(std::slice::from_ref(b), context)?;
            let (n, m) = (a.len() as f64, b.len() as f64);
            let (var_a, var_b) = (var_s(&a)?, var_s(&b)?);
            let difference = mean(&a)? - mean(&b)?;
            if kind == 2.0 {
                let degrees = n + m - 2.0;
                let pooled = ((n - 1.0) * var_a + (m - 1.0) * var_b) / degrees;
                let error = (pooled * (1.0 / n + 1.0 / m)).sqrt();
                (quotient(difference, error)?, degrees)
            } else {
                // Welch's degrees of freedom.
                let (part_a, part_b) = (var_a / n, var_b / m);
                let both = part_a + part_b;
                let degrees =
                    both * both / (part_a * part_a / (n - 1.0) + part_b * part_b / (m - 1.0));
                (quotient(difference, both.sqrt())?, degrees)
            }
        }
        _ => return Err(ErrorKind::Num),
    };
    finite(tails * t_tail(t.abs(), degrees))
}

fn quotient(a: f64, b: f64) -> Result<f64, ErrorKind> {
    ensure(b > 0.0, ErrorKind::Div0)?;
    Ok(a / b)
}

fn f_test(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let [a, b] = args else {
        return Err(ErrorKind::Value);
    };
    let a = numbers(std::slice::from_ref(a), context)?;
    let b = numbers(std::slice::from_ref(b), context)?;
    let ratio = quotient(var_s(&a)?, var_s(&b)?)?;
    ensure(ratio > 0.0, ErrorKind::Div0)?;
    let (n, m) = (a.len() as f64 - 1.0, b.len() as f64 - 1.0);
    let tail = f_tail(ratio, n, m);
    let other = f_tail(1.0 / ratio, m, n);
    finite(2.0 * tail.min(other))
}

const Z: &[Param] = &[
    range("array"),
    scalar("x").help("the mean to test against"),
    optional(scalar("sigma")),
];
const CHI: &[Param] = &[array("actual_range"), array("expected_range")];
const T: &[Param] = &[
    array("array1"),
    array("array2"),
    scalar("tails"),
    scalar("type").help("1 paired, 2 equal variances, 3 unequal ones"),
];
const TWO: &[Param] = &[array("array1"), array("array2")];
const Z_HELP: &str =
    "The probability that a sample's mean lies above the one observed, by the normal distribution.";
const CHI_HELP: &str =
    "The probability that counts differ from the expected ones as much as these, by chance.";
const T_HELP: &str =
    "The probability that the means of two samples differ as much as these, by chance.";
const F_HELP: &str =
    "The probability that the variances of two samples differ as much as these, by chance.";

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Statistical, name, params, help, value)
        .not_differentiable("the derivative of a test's probability is not known to the program")
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "PROB",
        &[
            array("x_range"),
            array("prob_range"),
            scalar("lower_limit"),
            optional(scalar("upper_limit")),
        ],
        "The probability that a number from a table lies between two limits.",
        ValueRule::Operands(prob),
    ),
    entry("Z.TEST", Z, Z_HELP, ValueRule::Operands(z_test)).xlfn(),
    entry("ZTEST", Z, Z_HELP, ValueRule::Operands(z_test)),
    entry(
        "CHISQ.TEST",
        CHI,
        CHI_HELP,
        ValueRule::Operands(chi_squared_test),
    )
    .xlfn(),
    entry(
        "CHITEST",
        CHI,
        CHI_HELP,
        ValueRule::Operands(chi_squared_test),
    ),
    entry("T.TEST", T, T_HELP, ValueRule::Operands(t_test)).xlfn(),
    entry("TTEST", T, T_HELP, ValueRule::Operands(t_test)),
    entry("F.TEST", TWO, F_HELP, ValueRule::Operands(f_test)).xlfn(),
    entry("FTEST", TWO, F_HELP, ValueRule::Operands(f_test)),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::new(
            "58,45.35,3,6;11,17.56,4,19;10,16.09,5,3;35,47.65,8,2;25,18.44,9,14;23,16.91,1,4;,,2,5;,,4,17;,,5,1",
        );
        for (formula, expected, tolerance) in [
            ("PROB({0,1,2,3},{0.2,0.3,0.1,0.4},2)", 0.1, 1e-14),
            ("PROB({0,1,2,3},{0.2,0.3,0.1,0.4},1,3)", 0.8, 1e-14),
            ("PROB({0,1,2,3},{0.2,0.3,0.1,0.4},3,1)", 0.0, 0.0),
            ("Z.TEST({3,6,7,8,6,5,4,2,1,9},4)", 0.090_574_196_9, 1e-8),
            ("Z.TEST({3,6,7,8,6,5,4,2,1,9},6)", 0.863_043_389, 1e-8),
            (
                "CHISQ.TEST({58,35;11,25;10,23},{45.35,47.65;17.56,18.44;16.09,16.91})",
                0.000_308_192,
                1e-5,
            ),
            (
                "CHISQ.TEST({1;2;3;4},{3;4;2;3})",
                0.366_635_384_075_271_4,
                1e-12,
            ),
            ("T.TEST(C1:C9,D1:D9,2,1)", 0.196_015_785, 1e-7),
            (
                "F.TEST({6,7,9,15,21},{20,28,31,38,40})",
                0.648_317_847,
                1e-8,
            ),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= tolerance * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
        // Pooled and Welch's tests agree for samples of one size and variance.
        let pooled = sheet.number("T.TEST({1,2,3},{4,5,6},2,2)");
        let welch = sheet.number("T.TEST({1,2,3},{4,5,6},2,3)");
        assert!((pooled - welch).abs() < 1e-14, "{pooled} {welch}");
        for (formula, kind) in [
            ("PROB({1,2},{0.5,0.4},1)", ErrorKind::Num),
            ("PROB({1,2},{1},1)", ErrorKind::Na),
            ("Z.TEST({1},1)", ErrorKind::Div0),
            ("Z.TEST({1,2},1,0)", ErrorKind::Num),
            ("CHISQ.TEST({1,2},{1,0})", ErrorKind::Div0),
            ("CHISQ.TEST({1},{1})", ErrorKind::Na),
            ("T.TEST({1,2},{1,2,3},2,1)", ErrorKind::Na),
            ("T.TEST({1,2},{1,2},3,1)", ErrorKind::Num),
            ("F.TEST({1},{1,2})", ErrorKind::Div0),
        ] {
            assert_eq!(sheet.error(formula), kind, "{formula}");
        }
    }
}
