//! The database functions: DSUM and its kin, over a table with a row of
//! headers and criteria in cells.
//!
//! Criteria in one row must all hold; of several rows one must.

use super::criteria::Criterion;
use super::params::range;
use super::{Category, Context, Function, Operand, Param, ValueRule};
use crate::value::{Array, ErrorKind, Value, equal_text, parse_number_in};
use std::sync::Arc;

const PARAMS: &[Param] = &[range("database"), range("field"), range("criteria")];

const fn entry(
    name: &'static str,
    help: &'static str,
    rule: fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>,
) -> Function {
    Function::new(
        Category::Lookup,
        name,
        PARAMS,
        help,
        ValueRule::Operands(rule),
    )
    .not_differentiable("it has no derivative rule; use SUMIFS, AVERAGEIFS, MAXIFS or MINIFS")
}

/// A function of the numbers selected.
macro_rules! of_numbers {
    ($name:literal, $help:literal, $rule:expr) => {
        entry($name, $help, |args, ctx| {
            let rule: fn(&[f64]) -> Result<f64, ErrorKind> = $rule;
            let numbers = numbers(args, ctx)?;
            Ok(Value::number(rule(&numbers)?).into())
        })
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    of_numbers!("DAVERAGE", "The mean of the numbers selected.", |x| mean(x)),
    entry(
        "DCOUNT",
        "The count of the numbers selected; without a field, of the rows.",
        |args, ctx| count(args, ctx, |value| matches!(value, Value::Number(_))),
    ),
    entry(
        "DCOUNTA",
        "The count of the values selected that are not blank; without a field, of the rows.",
        |args, ctx| count(args, ctx, |value| !value.is_blank()),
    ),
    entry("DGET", "The one value selected.", |args, ctx| {
        let selected = select(args, ctx)?;
        let col = selected.field.ok_or(ErrorKind::Value)?;
        match selected.rows.as_slice() {
            [] => Err(ErrorKind::Value),
            [row] => Ok(Operand::Value(selected.table.get(*row, col).clone())),
            _ => Err(ErrorKind::Num),
        }
    }),
    of_numbers!(
        "DMAX",
        "The largest of the numbers selected, 0 if there is none.",
        |x| { Ok(x.iter().copied().reduce(f64::max).unwrap_or(0.0)) }
    ),
    of_numbers!(
        "DMIN",
        "The smallest of the numbers selected, 0 if there is none.",
        |x| { Ok(x.iter().copied().reduce(f64::min).unwrap_or(0.0)) }
    ),
    of_numbers!(
        "DPRODUCT",
        "The product of the numbers selected, 0 if there is none.",
        |x| {
            Ok(if x.is_empty() {
                0.0
            } else {
                x.iter().product()
            })
        }
    ),
    of_numbers!(
        "DSTDEV",
        "The standard deviation of the numbers selected, as of a sample.",
        |x| { variance(x, 1.0).map(f64::sqrt) }
    ),
    of_numbers!(
        "DSTDEVP",
        "The standard deviation of the numbers selected, as of all there are.",
        |x| { variance(x, 0.0).map(f64::sqrt) }
    ),
    of_numbers!("DSUM", "The sum of the numbers selected.", |x| Ok(x
        .iter()
        .sum())),
    of_numbers!(
        "DVAR",
        "The variance of the numbers selected, as of a sample.",
        |x| variance(x, 1.0)
    ),
    of_numbers!(
        "DVARP",
        "The variance of the numbers selected, as of all there are.",
        |x| variance(x, 0.0)
    ),
];

fn mean(x: &[f64]) -> Result<f64, ErrorKind> {
    if x.is_empty() {
        return Err(ErrorKind::Div0);
    }
    Ok(x.iter().sum::<f64>() / x.len() as f64)
}

/// The squared deviations from the mean over the count less `lost` degrees of freedom.
fn variance(x: &[f64], lost: f64) -> Result<f64, ErrorKind> {
    let mean = mean(x)?;
    let freedom = x.len() as f64 - lost;
    if freedom <= 0.0 {
        return Err(ErrorKind::Div0);
    }
    let squares: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
    Ok(squares / freedom)
}

/// What a call selects.
struct Selected {
    table: Arc<Array>,
    /// Rows of the table, its headers being row 0.
    rows: Vec<usize>,
    /// The field's column; `None` where the field was left out.
    field: Option<usize>,
}

fn select(args: &[Operand], ctx: &mut dyn Context) -> Result<Selected, ErrorKind> {
    let table = read(&args[0], ctx)?;
    if table.rows() < 2 {
        return Err(ErrorKind::Value);
    }
    let field = match &args[1] {
        Operand::Omitted => None,
        operand => Some(column(&table, &ctx.to_value(operand))?),
    };
    let criteria = read(&args[2], ctx)?;
    let dates = ctx.date_system();
    // Each row of criteria: the columns and what must hold there.
    let mut alternatives = Vec::new();
    for row in 1..criteria.rows() {
        let mut all = Vec::new();
        let mut never = false;
        for col in 0..criteria.cols() {
            let value = criteria.get(row, col);
            if value.is_blank() {
                continue;
            }
            let Some(column) = header(&table, criteria.get(0, col)) else {
                // Under no header of the table stands a truth, which holds for
                // every row or for none.
                if !value.to_bool().unwrap_or(false) {
                    never = true;
                }
                continue;
            };
            // Text selects what begins with it, as an advanced filter does.
            let criterion = match value {
                Value::Text(text) if !text.starts_with(['=', '<', '>']) => {
                    Criterion::new(&Value::text(format!("{text}*")), dates)
                }
                value => Criterion::new(value, dates),
            };
            // What spells a number is one, not the beginning of a text.
            let number = match value {
                Value::Text(text) => parse_number_in(text, dates).map(Value::Number),
                _ => None,
            };
            let criterion = number.map_or(criterion, |number| Criterion::new(&number, dates));
            all.push((column, criterion));
        }
        if !never {
            alternatives.push(all);
        }
    }
    let rows = (1..table.rows())
        .filter(|&row| {
            alternatives.iter().any(|all| {
                all.iter()
                    .all(|(col, criterion)| criterion.matches(table.get(row, *col)))
            })
        })
        .collect();
    Ok(Selected { table, rows, field })
}

/// A range as far as it is used; whole columns are common as databases.
fn read(operand: &Operand, ctx: &mut dyn Context) -> Result<Arc<Array>, ErrorKind> {
    match operand {
        Operand::Reference(areas) if areas.len() == 1 && areas[0].rect.len() > 1 << 16 => {
            let used = ctx.used(areas[0]).ok_or(ErrorKind::Value)?;
            ctx.array(used)
        }
        operand => ctx.to_array(operand),
    }
}

/// The first column whose header reads as `name` does, without regard to case.
fn header(table: &Array, name: &Value) -> Option<usize> {
    let name = name.to_text().ok()?;
    (0..table.cols()).find(|&col| {
        let header = table.get(0, col).to_text();
        header.is_ok_and(|header| equal_text(&header, &name))
    })
}

/// The column that a field names: by its header, or by its number from 1.
fn column(table: &Array, field: &Value) -> Result<usize, ErrorKind> {
    match field {
        Value::Error(kind) => Err(*kind),
        Value::Text(_) => header(table, field).ok_or(ErrorKind::Value),
        Value::Blank => Err(ErrorKind::Value),
        value => {
            let number = value.to_number()?.trunc();
            if number >= 1.0 && number <= table.cols() as f64 {
                Ok(number as usize - 1)
            } else {
                Err(ErrorKind::Value)
            }
        }
    }
}

fn numbers(args: &[Operand], ctx: &mut dyn Context) -> Result<Vec<f64>, ErrorKind> {
    let selected = select(args, ctx)?;
    let col = selected.field.ok_or(ErrorKind::Value)?;
    let mut numbers = Vec::new();
    for &row in &selected.rows {
        match selected.table.get(row, col) {
            Value::Number(x) => numbers.push(*x),
            Value::Error(kind) => return Err(*kind),
            _ => {}
        }
    }
    Ok(numbers)
}

fn count(
    args: &[Operand],
    ctx: &mut dyn Context,
    counts: fn(&Value) -> bool,
) -> Result<Operand, ErrorKind> {
    let selected = select(args, ctx)?;
    let count = match selected.field {
        None => selected.rows.len(),
        Some(col) => selected
            .rows
            .iter()
            .filter(|&&row| counts(selected.table.get(row, col)))
            .count(),
    };
    Ok(Operand::from(count as f64))
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn rows_are_selected_by_criteria() {
        let mut sheet = Sheet::new(
            "Tree,Height,Yield,,Tree,Height;apple,18,14,,Apple,>10;pear,12,10,,pear,;cherry,13,9;apple,14,10;pear,9,8;apple,8,x",
        );
        assert_eq!(sheet.number("DSUM(A1:C7,\"Yield\",E1:F2)"), 24.0);
        assert_eq!(sheet.number("DSUM(A1:C7,3,E1:F3)"), 42.0);
        assert_eq!(sheet.number("DCOUNT(A1:C7,\"Yield\",E1:E2)"), 2.0);
        assert_eq!(sheet.number("DCOUNTA(A1:C7,\"Yield\",E1:E2)"), 3.0);
        assert_eq!(sheet.number("DCOUNT(A1:C7,,E1:E2)"), 3.0);
        assert_eq!(sheet.number("DMAX(A1:C7,\"height\",E1:E2)"), 18.0);
        assert_eq!(sheet.number("DMIN(A1:C7,\"height\",E1:E2)"), 8.0);
        assert_eq!(sheet.number("DPRODUCT(A1:C7,3,E1:F2)"), 140.0);
        assert_eq!(sheet.number("DAVERAGE(A1:C7,3,E1:F2)"), 12.0);
        assert_eq!(sheet.number("DVAR(A1:C7,3,E1:F2)"), 8.0);
        assert_eq!(sheet.number("DSTDEVP(A1:C7,3,E1:F2)"), 2.0);
        assert_eq!(sheet.error("DGET(A1:C7,3,E1:F2)"), ErrorKind::Num);
        assert_eq!(sheet.error("DSUM(A1:C7,\"None\",E1:F2)"), ErrorKind::Value);
    }
}
