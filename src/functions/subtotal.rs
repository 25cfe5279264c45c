//! SUBTOTAL and AGGREGATE: measures that skip hidden rows, errors and each other.

use super::arguments::{Scalars, ensure, finite};
use super::descriptive::{Measure, mean, stdev_p, stdev_s, var_p, var_s};
use super::order::{POSITIONS, at, median, mode};
use super::params::{range, repeating, scalar};
use super::{Category, Context, Function, Operand, Selection, Smoothness, ValueRule};
use crate::grid::{Area, Cell};
use crate::value::{ErrorKind, Value};

/// What is left out.
#[derive(Clone, Copy, Default)]
struct Skip {
    hidden_by_hand: bool,
    hidden_by_filter: bool,
    errors: bool,
    /// Cells that hold a SUBTOTAL or AGGREGATE themselves.
    nested: bool,
}

impl Skip {
    fn cell(self, cell: Cell, value: &Value, context: &dyn Context) -> bool {
        self.errors && value.as_error().is_some()
            || self.nested && context.is_subtotal(cell)
            || (self.hidden_by_hand || self.hidden_by_filter) && {
                let (by_hand, by_filter) = context.row_hidden(cell.sheet, cell.pos.row);
                self.hidden_by_hand && by_hand || self.hidden_by_filter && by_filter
            }
    }
}

/// The values that are left of ranges and arrays; blanks are not among them.
fn kept(args: &[Operand], skip: Skip, context: &mut dyn Context) -> Result<Vec<Value>, ErrorKind> {
    let mut out = Vec::new();
    for arg in args {
        match arg {
            Operand::Reference(areas) => {
                for area in areas {
                    let mut cells = Vec::new();
                    context.for_each(*area, &mut |cell, value| {
                        cells.push((cell, value.clone()));
                    });
                    for (cell, value) in cells {
                        if !skip.cell(cell, &value, context) {
                            out.push(value);
                        }
                    }
                }
            }
            Operand::Value(Value::Array(array)) => {
                let values = array.cells().iter();
                let values = values.filter(|v| !v.is_blank());
                out.extend(
                    values
                        .filter(|v| !(skip.errors && v.as_error().is_some()))
                        .cloned(),
                );
            }
            Operand::Value(Value::Error(kind)) => return Err(*kind),
            _ => return Err(ErrorKind::Value),
        }
    }
    Ok(out)
}

fn numbers(values: &[Value]) -> Result<Vec<f64>, ErrorKind> {
    let mut out = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::Number(x) => out.push(*x),
            Value::Error(kind) => return Err(*kind),
            _ => {}
        }
    }
    Ok(out)
}

fn sum(sample: &[f64]) -> Result<f64, ErrorKind> {
    Ok(sample.iter().sum())
}

fn product(sample: &[f64]) -> Result<f64, ErrorKind> {
    Ok(if sample.is_empty() {
        0.0
    } else {
        sample.iter().product()
    })
}

fn max(sample: &[f64]) -> Result<f64, ErrorKind> {
    Ok(sample.iter().copied().reduce(f64::max).unwrap_or(0.0))
}

fn min(sample: &[f64]) -> Result<f64, ErrorKind> {
    Ok(sample.iter().copied().reduce(f64::min).unwrap_or(0.0))
}

/// Functions 1 to 11 of both, of values that are left.
fn measure(function: usize, values: &[Value]) -> Result<f64, ErrorKind> {
    let measure: Measure = match function {
        1 => mean,
        2 => {
            let count = values.iter().filter(|v| matches!(v, Value::Number(_)));
            return Ok(count.count() as f64);
        }
        3 => return Ok(values.len() as f64),
        4 => max,
        5 => min,
        6 => product,
        7 => stdev_s,
        8 => stdev_p,
        9 => sum,
        10 => var_s,
        11 => var_p,
        _ => return Err(ErrorKind::Value),
    };
    measure(&numbers(values)?)
}

/// The function's number, from 1 to 11, and what SUBTOTAL skips.
fn subtotal_options(args: &[Operand]) -> Result<(usize, Skip), ErrorKind> {
    let function = args.number(0)?.trunc();
    let by_hand = (101.0..=111.0).contains(&function);
    ensure(
        by_hand || (1.0..=11.0).contains(&function),
        ErrorKind::Value,
    )?;
    let skip = Skip {
        hidden_by_hand: by_hand,
        hidden_by_filter: true,
        nested: true,
        errors: false,
    };
    Ok((function as usize % 100, skip))
}

fn subtotal(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let (function, skip) = subtotal_options(args)?;
    let ranges = &args[1..];
    let all_ranges = ranges
        .iter()
        .all(|arg| matches!(arg, Operand::Reference(_)));
    ensure(all_ranges, ErrorKind::Value)?;
    let values = kept(ranges, skip, context)?;
    finite(measure(function, &values)?)
}

/// The function's number, from 1 to 19, and what AGGREGATE skips.
fn aggregate_options(args: &[Operand]) -> Result<(usize, Skip), ErrorKind> {
    let function = args.number(0)?.trunc();
    let option = args.number(1)?.trunc();
    ensure((1.0..=19.0).contains(&function), ErrorKind::Value)?;
    ensure((0.0..=7.0).contains(&option), ErrorKind::Value)?;
    let (function, option) = (function as usize, option as u8);
    let hidden = option & 1 == 1;
    let skip = Skip {
        hidden_by_hand: hidden,
        hidden_by_filter: hidden,
        errors: option & 2 == 2,
        nested: option < 4,
    };
    Ok((function, skip))
}

fn aggregate(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let (function, skip) = aggregate_options(args)?;
    let ranges = &args[2..];
    if function <= 13 {
        let all_ranges = ranges
            .iter()
            .all(|arg| matches!(arg, Operand::Reference(_)));
        ensure(all_ranges, ErrorKind::Value)?;
        let values = kept(ranges, skip, context)?;
        return finite(match function {
            12 => median(numbers(&values)?)?,
            13 => mode(&numbers(&values)?)?,
            _ => measure(function, &values)?,
        });
    }
    let [array, k] = ranges else {
        return Err(ErrorKind::Value);
    };
    let k = context.to_value(k).to_number()?;
    let values = kept(std::slice::from_ref(array), skip, context)?;
    finite(at(numbers(&values)?, k, POSITIONS[function - 14])?)
}

/// The function that a number from 1 to 12 stands for.
fn by_number(number: f64) -> Option<&'static Function> {
    let name = match number.trunc() as usize % 100 {
        1 => "AVERAGE",
        2 => "COUNT",
        4 => "MAX",
        5 => "MIN",
        6 => "PRODUCT",
        7 => "STDEV.S",
        8 => "STDEV.P",
        9 => "SUM",
        10 => "VAR.S",
        11 => "VAR.P",
        12 => "MEDIAN",
        _ => return None,
    };
    super::find(name)
}

/// The cells of one range that are not skipped.
fn selection(
    ranges: &[Operand],
    skip: Skip,
    context: &mut dyn Context,
) -> Result<Selection, ErrorKind> {
    let [Operand::Reference(areas)] = ranges else {
        return Err(ErrorKind::Value);
    };
    let [area] = areas.as_slice() else {
        return Err(ErrorKind::Value);
    };
    let values = context.used(*area);
    let mut selected = Vec::new();
    if let Some(Area { sheet, rect }) = values {
        for pos in rect.cells() {
            let cell = Cell { sheet, pos };
            // Values are looked at only where errors are to be skipped: a
            // selection must not depend on the variables.
            let value = match skip.errors {
                true => context.cell(cell),
                false => Value::Blank,
            };
            selected.push(!skip.cell(cell, &value, context));
        }
    }
    Ok(Selection { values, selected })
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        smoothness: Smoothness::Kinked,
        by_number: Some(by_number),
        ..Function::new(
            Category::Math,
            "SUBTOTAL",
            &[
                scalar("function_num").help("1 AVERAGE, 2 COUNT, 3 COUNTA, 4 MAX, 5 MIN, 9 SUM; 101 on: shown rows"),
                range("ref1"),
                repeating(range("ref2")),
            ],
            "A measure by number (1 AVERAGE, 2 COUNT, 9 SUM…) of rows not filtered out; from 101 on, of rows not hidden.",
            ValueRule::Operands(subtotal),
        )
    }
    .selecting(|args, context| {
        let (_, skip) = subtotal_options(args)?;
        selection(&args[1..], skip, context)
    }),
    Function {
        smoothness: Smoothness::Kinked,
        by_number: Some(by_number),
        ..Function::new(
            Category::Math,
            "AGGREGATE",
            &[
                scalar("function_num"),
                scalar("options"),
                super::params::array("ref1"),
                repeating(super::params::array("ref2")),
            ],
            "A measure by number, with options to skip hidden rows, errors and other subtotals.",
            ValueRule::Operands(aggregate),
        )
    }
    .selecting(|args, context| {
        let (_, skip) = aggregate_options(args)?;
        selection(&args[2..], skip, context)
    }),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::grid::Pos;
    use crate::value::ErrorKind;

    #[test]
    fn hidden_rows_errors_and_other_subtotals_are_skipped() {
        let mut sheet = Sheet::new("1;2;4;8;16;x;31");
        sheet.hidden.insert(1);
        sheet.filtered.insert(2);
        sheet.subtotals.insert(Pos::new(6, 0));
        for (formula, expected) in [
            ("SUBTOTAL(9,A1:A7)", 27.0),
            ("SUBTOTAL(109,A1:A7)", 25.0),
            ("SUBTOTAL(3,A1:A7)", 5.0),
            ("SUBTOTAL(2,A1:A7)", 4.0),
            ("SUBTOTAL(101,A1:A5)", 25.0 / 3.0),
            ("SUBTOTAL(4,A1:A7)", 16.0),
            ("SUBTOTAL(6,A1:A5)", 256.0),
            ("AGGREGATE(9,4,A1:A7)", 62.0),
            ("AGGREGATE(9,5,A1:A7)", 56.0),
            ("AGGREGATE(9,0,A1:A7)", 31.0),
            ("AGGREGATE(9,1,A1:A7)", 25.0),
            ("AGGREGATE(12,4,A1:A5)", 4.0),
            ("AGGREGATE(14,4,A1:A5,2)", 8.0),
            ("AGGREGATE(15,6,{3,#N/A,1},1)", 1.0),
            ("AGGREGATE(16,4,A1:A5,0.5)", 4.0),
        ] {
            assert_eq!(sheet.number(formula), expected, "{formula}");
        }
        sheet.set("A1", ErrorKind::Div0);
        assert_eq!(sheet.error("SUBTOTAL(9,A1:A7)"), ErrorKind::Div0);
        assert_eq!(sheet.error("AGGREGATE(9,4,A1:A7)"), ErrorKind::Div0);
        assert_eq!(sheet.number("AGGREGATE(9,6,A1:A7)"), 61.0);
        assert_eq!(sheet.error("SUBTOTAL(12,A1)"), ErrorKind::Value);
        assert_eq!(sheet.error("AGGREGATE(9,8,A1)"), ErrorKind::Value);
        assert_eq!(sheet.error("AGGREGATE(14,4,A2)"), ErrorKind::Value);
    }
}
