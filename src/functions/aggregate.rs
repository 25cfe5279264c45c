//! Sums, products, counts, means and extremes.

use super::arguments::{Counting, ensure, finite, for_each_number};
use super::params::{range, repeating};
use super::sample::{Sample, refuse_gaps};
use super::term::Term;
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, Param, ValueRule,
};
use crate::program::{Node, Reduction};
use crate::value::{ErrorKind, Value};

const NUMBERS: &[Param] = &[range("number1"), repeating(range("number2"))];
const VALUES: &[Param] = &[range("value1"), repeating(range("value2"))];

const fn entry(
    category: Category,
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(category, name, params, help, value)
}

const fn example(formula: &'static str) -> Example {
    Example {
        formula,
        cells: &[("A1", 2.0), ("A2", -1.5), ("A3", 3.25), ("B1", 0.5)],
    }
}

/// Runs over the numbers of a call, from an initial state.
fn fold(
    args: &[Operand],
    counting: Counting,
    context: &mut dyn Context,
    mut visit: impl FnMut(f64),
) -> Result<(), ErrorKind> {
    for_each_number(args, counting, context, &mut visit)
}

fn average(
    args: &[Operand],
    counting: Counting,
    context: &mut dyn Context,
) -> Result<Operand, ErrorKind> {
    let (mut sum, mut count) = (0.0, 0.0);
    fold(args, counting, context, |x| {
        sum += x;
        count += 1.0;
    })?;
    ensure(count > 0.0, ErrorKind::Div0)?;
    finite(sum / count)
}

fn extreme(
    args: &[Operand],
    counting: Counting,
    context: &mut dyn Context,
    better: fn(f64, f64) -> f64,
) -> Result<Operand, ErrorKind> {
    let mut best: Option<f64> = None;
    fold(args, counting, context, |x| {
        best = Some(best.map_or(x, |best| better(best, x)));
    })?;
    finite(best.unwrap_or(0.0))
}

/// Visits the cells of ranges and arrays that are not blank, and single values
/// (`direct`).
pub(super) fn for_each_value(
    args: &[Operand],
    context: &mut dyn Context,
    visit: &mut dyn FnMut(&Value, bool),
) {
    for arg in args {
        match arg {
            Operand::Reference(areas) => {
                for area in areas {
                    context.for_each(*area, &mut |_, value| visit(value, false));
                }
            }
            Operand::Value(Value::Array(array)) => {
                array.cells().iter().for_each(|value| visit(value, false));
            }
            Operand::Value(value) => visit(value, true),
            Operand::Omitted => visit(&Value::Blank, true),
            Operand::Lambda(_) => visit(&Value::Error(ErrorKind::Calc), true),
        }
    }
}

fn count(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let mut count = 0.0;
    for_each_value(args, context, &mut |value, direct| {
        let counts = match value {
            Value::Number(_) => true,
            Value::Error(_) => false,
            value => direct && value.to_number().is_ok(),
        };
        count += f64::from(u8::from(counts));
    });
    finite(count)
}

fn count_all(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let mut count = 0.0;
    for_each_value(args, context, &mut |value, direct| {
        count += f64::from(u8::from(direct || !value.is_blank()));
    });
    finite(count)
}

fn count_blank(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let Some(Operand::Reference(areas)) = args.first() else {
        return Err(ErrorKind::Value);
    };
    let cells: u64 = areas.iter().map(|area| area.rect.len()).sum();
    let mut filled = 0.0;
    for_each_value(args, context, &mut |value, _| {
        let empty = matches!(value, Value::Text(text) if text.is_empty());
        filled += f64::from(u8::from(!empty && !value.is_blank()));
    });
    finite(cells as f64 - filled)
}

// ---- derivative rules ----

fn lower_sum(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let sample = Sample::new(lowering, args)?;
    let sum = sample.sum(lowering)?;
    lowering.build(sum)
}

pub(super) fn lower_average(
    lowering: &mut Lowering<'_>,
    args: &[Lowered],
) -> Result<Node, LowerError> {
    let sample = Sample::new(lowering, args)?;
    let mean = sample.mean(lowering)?;
    lowering.build(mean)
}

fn lower_count(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let count = Sample::new(lowering, args)?.count(lowering);
    lowering.build(count)
}

pub(super) fn lower_max(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    Sample::new(lowering, args)?.fold(lowering, Reduction::Max, 0.0)
}

pub(super) fn lower_min(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    Sample::new(lowering, args)?.fold(lowering, Reduction::Min, 0.0)
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        Category::Math,
        "SUM",
        NUMBERS,
        "The sum of numbers; texts, booleans and blanks in ranges are skipped.",
        ValueRule::Operands(|args, context| {
            let mut sum = 0.0;
            fold(args, Counting::Numbers, context, |x| sum += x)?;
            finite(sum)
        }),
    )
    .smooth(lower_sum)
    .examples(&[example("SUM(A1:A3,B1)")]),
    entry(
        Category::Math,
        "SUMSQ",
        NUMBERS,
        "The sum of the squares of numbers.",
        ValueRule::Operands(|args, context| {
            let mut sum = 0.0;
            fold(args, Counting::Numbers, context, |x| sum += x * x)?;
            finite(sum)
        }),
    )
    .smooth(|lowering, args| {
        let sample = Sample::new(lowering, args)?;
        let sum = sample.sum_of(lowering, Term::square)?;
        lowering.build(sum)
    })
    .examples(&[example("SUMSQ(A1:A3,B1)")]),
    entry(
        Category::Math,
        "PERCENTOF",
        &[range("subset"), range("all")],
        "The sum of some numbers as a part of the sum of all.",
        ValueRule::Operands(|args, context| {
            let (subset, all) = args.split_at(1);
            let (mut part, mut whole) = (0.0, 0.0);
            fold(subset, Counting::Numbers, context, |x| part += x)?;
            fold(all, Counting::Numbers, context, |x| whole += x)?;
            ensure(whole != 0.0, ErrorKind::Div0)?;
            finite(part / whole)
        }),
    )
    .xlfn()
    .smooth(|lowering, args| {
        let (subset, all) = args.split_at(1);
        let part = Term::from(lower_sum(lowering, subset)?);
        let whole = Term::from(lower_sum(lowering, all)?);
        lowering.build(part / whole)
    })
    .examples(&[example("PERCENTOF(A1:A2,A1:A3)")]),
    entry(
        Category::Math,
        "PRODUCT",
        NUMBERS,
        "The product of numbers; 0 where there are none.",
        ValueRule::Operands(|args, context| {
            let mut product: Option<f64> = None;
            fold(args, Counting::Numbers, context, |x| {
                product = Some(product.unwrap_or(1.0) * x);
            })?;
            finite(product.unwrap_or(0.0))
        }),
    )
    .smooth(|lowering, args| {
        Sample::new(lowering, args)?.fold(lowering, Reduction::Product, 0.0)
    })
    .examples(&[example("PRODUCT(A1:A3,B1)")]),
    entry(
        Category::Statistical,
        "COUNT",
        VALUES,
        "How many numbers there are.",
        ValueRule::Operands(count),
    )
    // Which cells hold numbers does not depend on the numbers: no jumps.
    .smooth(lower_count)
    .examples(&[example("COUNT(A1:A4,B1)")]),
    entry(
        Category::Statistical,
        "COUNTA",
        VALUES,
        "How many cells and values are not empty.",
        ValueRule::Operands(count_all),
    )
    .piecewise_constant(|lowering, args| {
        // Which of the gaps are text, the program does not see.
        refuse_gaps(lowering, args)?;
        lower_count(lowering, args)
    })
    .examples(&[example("COUNTA(A1:A3,B1)")]),
    entry(
        Category::Statistical,
        "COUNTBLANK",
        &[range("range").help("the cells whose blanks are counted")],
        "How many cells are empty or hold the empty text.",
        ValueRule::Operands(count_blank),
    )
    .piecewise_constant(|lowering, args| {
        refuse_gaps(lowering, args)?;
        lowering.build(0.0)
    })
    .examples(&[example("COUNTBLANK(A1:A3)")]),
    entry(
        Category::Statistical,
        "AVERAGE",
        NUMBERS,
        "The mean of numbers; texts, booleans and blanks in ranges are skipped.",
        ValueRule::Operands(|args, context| average(args, Counting::Numbers, context)),
    )
    .smooth(lower_average)
    .examples(&[example("AVERAGE(A1:A4,B1)")]),
    entry(
        Category::Statistical,
        "AVERAGEA",
        VALUES,
        "The mean of values; texts in ranges count as 0, TRUE as 1.",
        ValueRule::Operands(|args, context| average(args, Counting::All, context)),
    )
    .smooth(|lowering, args| {
        refuse_gaps(lowering, args)?;
        lower_average(lowering, args)
    })
    .examples(&[example("AVERAGEA(A1:A3,B1)")]),
    entry(
        Category::Statistical,
        "MAX",
        NUMBERS,
        "The greatest of numbers; 0 where there are none. Of equal ones the derivative goes to the first.",
        ValueRule::Operands(|args, context| extreme(args, Counting::Numbers, context, f64::max)),
    )
    .kinked(lower_max)
    .examples(&[example("MAX(A1:A3,B1)")]),
    entry(
        Category::Statistical,
        "MIN",
        NUMBERS,
        "The least of numbers; 0 where there are none. Of equal ones the derivative goes to the first.",
        ValueRule::Operands(|args, context| extreme(args, Counting::Numbers, context, f64::min)),
    )
    .kinked(lower_min)
    .examples(&[example("MIN(A1:A3,B1)")]),
    entry(
        Category::Statistical,
        "MAXA",
        VALUES,
        "The greatest of values; texts in ranges count as 0, TRUE as 1.",
        ValueRule::Operands(|args, context| extreme(args, Counting::All, context, f64::max)),
    )
    .kinked(|lowering, args| {
        refuse_gaps(lowering, args)?;
        lower_max(lowering, args)
    })
    .examples(&[example("MAXA(A1:A3,B1)")]),
    entry(
        Category::Statistical,
        "MINA",
        VALUES,
        "The least of values; texts in ranges count as 0, TRUE as 1.",
        ValueRule::Operands(|args, context| extreme(args, Counting::All, context, f64::min)),
    )
    .kinked(|lowering, args| {
        refuse_gaps(lowering, args)?;
        lower_min(lowering, args)
    })
    .examples(&[example("MINA(A1:A3,B1)")]),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn ranges_skip_what_is_no_number_and_arguments_do_not() {
        let mut sheet = Sheet::new("1,x,TRUE;2.5,,'7;#N/A");
        for (formula, expected) in [
            ("SUM(A1:C2)", 3.5),
            ("SUM(A1:C2,TRUE,\"2\",)", 6.5),
            ("SUM({1,\"x\",TRUE})", 1.0),
            ("SUM((A1:A2,A1))", 4.5),
            ("SUM(A:A,1)", f64::NAN),
            ("SUM(B:C)", 0.0),
            ("COUNT(A1:C2)", 2.0),
            ("COUNT(A1:A3,TRUE,\"2\",\"x\",)", 5.0),
            ("COUNTA(A1:C3)", 6.0),
            ("COUNTA(,1)", 2.0),
            ("COUNTBLANK(A1:C3)", 3.0),
            ("COUNTBLANK(D:D)", 1_048_576.0),
            ("AVERAGE(A1:C2)", 1.75),
            ("AVERAGEA(A1:C2)", 0.9),
            ("MAX(A1:C2)", 2.5),
            ("MAX(A1:C2,\"9\")", 9.0),
            ("MAX(B1:B2)", 0.0),
            ("MIN(A1:C2)", 1.0),
            ("MINA(A1:C2)", 0.0),
            ("MAXA(B1:C2)", 1.0),
            ("PRODUCT(A1:C2)", 2.5),
            ("PRODUCT(B1:B2)", 0.0),
            ("SUMSQ(A1:C2,2)", 11.25),
        ] {
            if expected.is_nan() {
                assert_eq!(sheet.error(formula), ErrorKind::Na, "{formula}");
            } else {
                assert_eq!(sheet.number(formula), expected, "{formula}");
            }
        }
        assert_eq!(sheet.error("SUM(1,\"x\")"), ErrorKind::Value);
        assert_eq!(sheet.error("AVERAGE(B1:C2)"), ErrorKind::Div0);
        assert_eq!(sheet.error("MAX(A1:A3)"), ErrorKind::Na);
    }
}
