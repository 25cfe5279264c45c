//! The numbers of ranges and arrays among a call's arguments.

use super::ensure;
use crate::functions::{Context, Operand};
use crate::grid::Area;
use crate::value::{ErrorKind, Value};

/// Whether SUM's or SUMA's kind of function reads the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Of ranges and arrays, numbers only (SUM, AVERAGE, VAR).
    Numbers,
    /// Texts in ranges and arrays count as 0, TRUE as 1 and FALSE as 0
    /// (AVERAGEA, VARA).
    All,
}

/// Visits the numbers of the arguments, in order. An argument written into
/// the formula counts as a number always, or is `#VALUE!`; errors are handed on.
pub(crate) fn for_each_number(
    args: &[Operand],
    counting: Counting,
    context: &mut dyn Context,
    visit: &mut dyn FnMut(f64),
) -> Result<(), ErrorKind> {
    let dates = context.date_system();
    let mut first_error = None;
    let mut visit_cell = |value: &Value| match (value, counting) {
        (Value::Number(x), _) => visit(*x),
        (Value::Error(kind), _) => {
            first_error.get_or_insert(*kind);
        }
        (Value::Bool(b), Counting::All) => visit(f64::from(u8::from(*b))),
        (Value::Text(_), Counting::All) => visit(0.0),
        _ => {}
    };
    for arg in args {
        match arg {
            Operand::Reference(areas) => {
                for area in areas {
                    context.for_each(*area, &mut |_, value| visit_cell(value));
                }
            }
            Operand::Value(Value::Array(array)) => array.cells().iter().for_each(&mut visit_cell),
            Operand::Value(value) => match value.to_number_in(dates) {
                Ok(x) => visit_cell(&Value::Number(x)),
                Err(kind) => visit_cell(&Value::Error(kind)),
            },
            Operand::Omitted => visit_cell(&Value::Number(0.0)),
            Operand::Lambda(_) => visit_cell(&Value::Error(ErrorKind::Calc)),
        }
    }
    first_error.map_or(Ok(()), Err)
}

/// The numbers of the arguments as SUM sees them.
pub(crate) fn numbers(args: &[Operand], context: &mut dyn Context) -> Result<Vec<f64>, ErrorKind> {
    collect(args, Counting::Numbers, context)
}

/// The numbers of the arguments, in order.
pub(crate) fn collect(
    args: &[Operand],
    counting: Counting,
    context: &mut dyn Context,
) -> Result<Vec<f64>, ErrorKind> {
    let mut out = Vec::new();
    for_each_number(args, counting, context, &mut |x| out.push(x))?;
    Ok(out)
}

/// Operands of one size; of ranges only the part that can hold anything in
/// at least one of them, the same part of each. Sizes that differ are `error`.
pub(crate) fn common_part(
    args: &[Operand],
    error: ErrorKind,
    context: &dyn Context,
) -> Result<Vec<Operand>, ErrorKind> {
    let mut size = None;
    let (mut rows, mut cols) = (1, 1);
    for arg in args {
        ensure(
            *size.get_or_insert(context.size(arg)) == context.size(arg),
            error,
        )?;
        match arg {
            Operand::Reference(areas) => {
                let [area] = areas.as_slice() else {
                    return Err(ErrorKind::Value);
                };
                if let Some(used) = context.used(*area) {
                    rows = rows.max(used.rect.bottom - area.rect.top + 1);
                    cols = cols.max(used.rect.right - area.rect.left + 1);
                }
            }
            // An array is whole.
            _ => (rows, cols) = (u32::MAX, u32::MAX),
        }
    }
    let clip = |arg: &Operand| match arg {
        Operand::Reference(areas) => {
            let clip = |area: &Area| {
                let mut area = *area;
                let rect = &mut area.rect;
                rect.bottom = rect.bottom.min(rect.top.saturating_add(rows - 1));
                rect.right = rect.right.min(rect.left.saturating_add(cols - 1));
                area
            };
            Operand::Reference(areas.iter().map(clip).collect())
        }
        other => other.clone(),
    };
    Ok(args.iter().map(clip).collect())
}

/// Two ranges of equal numbers of cells, cell by cell: the pairs in which
/// both are numbers. Sizes that differ are `size_error`.
pub(crate) fn pairs(
    a: &Operand,
    b: &Operand,
    size_error: ErrorKind,
    context: &mut dyn Context,
) -> Result<Vec<(f64, f64)>, ErrorKind> {
    let (rows, cols) = context.size(a);
    let other = context.size(b);
    let parts = if (rows, cols) == other {
        common_part(&[a.clone(), b.clone()], size_error, context)?
    } else {
        // A row may go with a column.
        ensure(rows * cols == other.0 * other.1, size_error)?;
        vec![a.clone(), b.clone()]
    };
    let mut arrays = Vec::with_capacity(2);
    for part in &parts {
        arrays.push(context.to_array(part)?);
    }
    let [a, b] = arrays.as_slice() else {
        return Err(size_error);
    };
    let mut out = Vec::with_capacity(a.cells().len());
    for pair in a.cells().iter().zip(b.cells()) {
        match pair {
            (Value::Error(kind), _) | (_, Value::Error(kind)) => return Err(*kind),
            (Value::Number(x), Value::Number(y)) => out.push((*x, *y)),
            _ => {}
        }
    }
    Ok(out)
}
