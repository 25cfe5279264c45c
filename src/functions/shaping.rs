//! Cutting, joining and folding arrays: TAKE, DROP, HSTACK, TOCOL, WRAPROWS, …
//!
//! These only move elements, so each is described once, by where every
//! element of the result comes from; the value rule and the derivative rule
//! both follow that description.

use super::arguments::{Scalars, given};
use super::params::{array, optional, repeating, scalar};
use super::search::Table;
use super::{
    Category, Context, Example, Function, LowerError, LowerRule, Lowered, Lowering, Operand, Param,
    Prefix, Smoothness, ValueRule,
};
use crate::program::{Binary, Node, Shape};
use crate::value::{Array, ErrorKind, Value};
use std::sync::Arc;

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
    lower: LowerRule,
) -> Function {
    Function {
        prefix: Prefix::Xlfn,
        smoothness: Smoothness::Smooth,
        lower: Some(lower),
        returns_array: true,
        ..Function::new(Category::Array, name, params, help, value)
    }
}

/// One call with numbers in A1:B3, for the gradient checks.
macro_rules! example {
    ($formula:literal) => {
        &[Example {
            formula: $formula,
            cells: &[
                ("A1", 1.0),
                ("B1", 2.0),
                ("A2", 3.0),
                ("B2", 4.0),
                ("A3", 5.0),
                ("B3", 6.0),
            ],
        }]
    };
}

const ORDER: &[Param] = &[
    array("array"),
    optional(scalar("ignore")),
    optional(scalar("scan_by_column")),
];
const WRAP: &[Param] = &[
    array("vector"),
    scalar("wrap_count"),
    optional(scalar("pad_with")),
];

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "CHOOSECOLS",
        &[array("array"), array("column1"), repeating(array("column2"))],
        "The columns of an array with given numbers; negative ones count from the end.",
        ValueRule::Operands(|args, ctx| choose(args, ctx, false)),
        |l, args| lower_choose(l, args, false),
    )
    .examples(example!("CHOOSECOLS(A1:B3,2,1)")),
    entry(
        "CHOOSEROWS",
        &[array("array"), array("row1"), repeating(array("row2"))],
        "The rows of an array with given numbers; negative ones count from the end.",
        ValueRule::Operands(|args, ctx| choose(args, ctx, true)),
        |l, args| lower_choose(l, args, true),
    )
    .examples(example!("CHOOSEROWS(A1:B3,3,-3)")),
    entry(
        "DROP",
        &[array("array"), scalar("rows").help("how many rows to leave out, from the end if negative"), optional(scalar("columns").help("how many columns to leave out, from the right if negative"))],
        "An array without its first rows or columns, or without its last where the number is negative.",
        ValueRule::Reference(|args, _| cut(args, dropped)),
        |l, args| lower_cut(l, args, dropped),
    )
    .examples(example!("DROP(A1:B3,1,-1)")),
    entry(
        "EXPAND",
        &[
            array("array"),
            scalar("rows"),
            optional(scalar("columns")),
            optional(scalar("pad_with")),
        ],
        "An array made larger, filled up with a value.",
        ValueRule::Operands(expand),
        lower_expand,
    )
    .examples(example!("EXPAND(A1:B3,4,3,9)")),
    entry(
        "HSTACK",
        &[array("array1"), repeating(array("array2"))],
        "Arrays side by side.",
        ValueRule::Operands(|args, ctx| stack(args, ctx, false)),
        |l, args| lower_stack(l, args, false),
    )
    .examples(example!("HSTACK(A1:B3,A1:A3)")),
    entry(
        "TAKE",
        &[array("array"), scalar("rows").help("how many rows, from the end if negative"), optional(scalar("columns").help("how many columns, from the right if negative"))],
        "The first rows or columns of an array, or the last where the number is negative.",
        ValueRule::Reference(|args, _| cut(args, taken)),
        |l, args| lower_cut(l, args, taken),
    )
    .examples(example!("TAKE(A1:B3,-2,1)")),
    entry(
        "TOCOL",
        ORDER,
        "The elements of an array as one column; 1 leaves out blanks, 2 errors, 3 both.",
        ValueRule::Operands(|args, ctx| to_line(args, ctx, true)),
        |l, args| lower_to_line(l, args, true),
    )
    .examples(example!("TOCOL(A1:B3)")),
    entry(
        "TOROW",
        ORDER,
        "The elements of an array as one row; 1 leaves out blanks, 2 errors, 3 both.",
        ValueRule::Operands(|args, ctx| to_line(args, ctx, false)),
        |l, args| lower_to_line(l, args, false),
    )
    .examples(example!("TOROW(A1:B3,0,1)")),
    entry(
        "VSTACK",
        &[array("array1"), repeating(array("array2"))],
        "Arrays one below the other.",
        ValueRule::Operands(|args, ctx| stack(args, ctx, true)),
        |l, args| lower_stack(l, args, true),
    )
    .examples(example!("VSTACK(A1:B3,B1:C1)")),
    entry(
        "WRAPCOLS",
        WRAP,
        "The elements of a vector in columns of a given length.",
        ValueRule::Operands(|args, ctx| wrap(args, ctx, true)),
        |l, args| lower_wrap(l, args, true),
    )
    .examples(example!("WRAPCOLS(A1:A3,2,0)")),
    entry(
        "WRAPROWS",
        WRAP,
        "The elements of a vector in rows of a given length.",
        ValueRule::Operands(|args, ctx| wrap(args, ctx, false)),
        |l, args| lower_wrap(l, args, false),
    )
    .examples(example!("WRAPROWS(A1:A3,2,0)")),
];

/// The most elements a result may have.
const MAX_ELEMENTS: usize = 10_000_000;

fn checked(
    rows: usize,
    cols: usize,
    cell: impl FnMut(usize, usize) -> Value,
) -> Result<Operand, ErrorKind> {
    match rows.checked_mul(cols) {
        Some(0) => Err(ErrorKind::Calc),
        Some(len) if len <= MAX_ELEMENTS => Ok(Operand::Value(Value::array(Array::from_fn(
            rows, cols, cell,
        )))),
        _ => Err(ErrorKind::Num),
    }
}

// ---- What the derivative rules share ----

/// The elements of `source` moved: element (row, col) of the result is the
/// source's at `from(row, col)`, or 0 where that is `None`. In every lane alike.
pub(super) fn rearrange(
    l: &mut Lowering<'_>,
    source: Node,
    rows: usize,
    cols: usize,
    from: impl Fn(usize, usize) -> Option<(usize, usize)>,
) -> Result<Node, LowerError> {
    let old = l.builder.shape(source);
    let len = old
        .lanes
        .checked_mul(rows)
        .and_then(|n| n.checked_mul(cols));
    if len.is_none_or(|len| len == 0 || len > MAX_ELEMENTS) || old.len() >= u32::MAX as usize {
        return Err(l.refuse("its result is empty or too large"));
    }
    let new = Shape::new(old.lanes, rows, cols);
    let mut indices = vec![u32::MAX; new.len()];
    for row in 0..rows {
        for col in 0..cols {
            if let Some((r, c)) = from(row, col) {
                for lane in 0..old.lanes {
                    indices[new.offset(lane, row, col)] = old.offset(lane, r, c) as u32;
                }
            }
        }
    }
    Ok(l.builder.gather(source, indices.into(), new)?)
}

/// An argument that says how, as one constant number.
pub(super) fn constant(
    l: &Lowering<'_>,
    args: &[Lowered],
    index: usize,
    default: f64,
) -> Result<f64, LowerError> {
    match args.get(index) {
        None => Ok(default),
        Some(arg) if arg.omitted => Ok(default),
        Some(arg) => match l.constant(arg) {
            Some(tensor) if tensor.data.iter().all(|x| *x == tensor.data[0]) => Ok(tensor.data[0]),
            _ => Err(l.refuse("the arguments that give its shape depend on the parameters")),
        },
    }
}

// ---- TAKE and DROP ----

/// The first place and the number of those kept, of `len`, for a count that
/// may be negative; `None` for a count left out.
type Span = fn(count: Option<f64>, len: usize) -> (usize, usize);

fn taken(count: Option<f64>, len: usize) -> (usize, usize) {
    match count {
        None => (0, len),
        Some(n) => {
            let kept = n.abs().min(len as f64) as usize;
            (if n < 0.0 { len - kept } else { 0 }, kept)
        }
    }
}

fn dropped(count: Option<f64>, len: usize) -> (usize, usize) {
    match count {
        None => (0, len),
        Some(n) => {
            let gone = n.abs().min(len as f64) as usize;
            (if n < 0.0 { 0 } else { gone }, len - gone)
        }
    }
}

fn cut(args: &[Operand], span: Span) -> Result<Operand, ErrorKind> {
    let table = Table::new(&args[0])?;
    let count = |i: usize| given(args, i).then(|| args.whole(i)).transpose();
    let (top, rows) = span(count(1)?, table.rows());
    let (left, cols) = span(count(2)?, table.cols());
    if rows == 0 || cols == 0 {
        return Err(ErrorKind::Calc);
    }
    table.part(top, left, rows, cols)
}

fn lower_cut(l: &mut Lowering<'_>, args: &[Lowered], span: Span) -> Result<Node, LowerError> {
    let shape = l.builder.shape(args[0].node);
    let count = |i: usize| match args.get(i) {
        Some(arg) if !arg.omitted => constant(l, args, i, 0.0).map(|n| Some(n.trunc())),
        _ => Ok(None),
    };
    let (top, rows) = span(count(1)?, shape.rows);
    let (left, cols) = span(count(2)?, shape.cols);
    rearrange(l, args[0].node, rows, cols, |r, c| {
        Some((top + r, left + c))
    })
}

// ---- CHOOSEROWS and CHOOSECOLS ----

/// The place, from 0, that a number means among `len`; negative ones count
/// from the end.
fn chosen(number: f64, len: usize) -> Option<usize> {
    let number = number.trunc();
    let at = if number < 0.0 {
        len as f64 + number
    } else {
        number - 1.0
    };
    (at >= 0.0 && at < len as f64).then_some(at as usize)
}

fn choose(args: &[Operand], ctx: &mut dyn Context, rows: bool) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    let len = if rows { array.rows() } else { array.cols() };
    let mut places = Vec::new();
    for arg in &args[1..] {
        for number in ctx.to_array(arg)?.cells() {
            places.push(chosen(number.to_number()?, len).ok_or(ErrorKind::Value)?);
        }
    }
    if rows {
        checked(places.len(), array.cols(), |row, col| {
            array.get(places[row], col).clone()
        })
    } else {
        checked(array.rows(), places.len(), |row, col| {
            array.get(row, places[col]).clone()
        })
    }
}

fn lower_choose(l: &mut Lowering<'_>, args: &[Lowered], rows: bool) -> Result<Node, LowerError> {
    let shape = l.builder.shape(args[0].node);
    let len = if rows { shape.rows } else { shape.cols };
    let mut places = Vec::new();
    for arg in &args[1..] {
        let numbers = match l.constant(arg) {
            Some(tensor) if tensor.shape.lanes == 1 => tensor.clone(),
            _ => {
                return Err(
                    l.refuse("the numbers that choose are not the same constants everywhere")
                );
            }
        };
        for row in 0..numbers.shape.rows {
            for col in 0..numbers.shape.cols {
                let place = chosen(numbers.get(0, row, col), len);
                places.push(place.ok_or_else(|| l.refuse("a number is outside of the array"))?);
            }
        }
    }
    if rows {
        rearrange(l, args[0].node, places.len(), shape.cols, |r, c| {
            Some((places[r], c))
        })
    } else {
        rearrange(l, args[0].node, shape.rows, places.len(), |r, c| {
            Some((r, places[c]))
        })
    }
}

// ---- EXPAND ----

fn expand(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    let rows = args.whole_or(1, array.rows() as f64)?;
    let cols = args.whole_or(2, array.cols() as f64)?;
    if rows < array.rows() as f64 || cols < array.cols() as f64 {
        return Err(ErrorKind::Value);
    }
    let pad = args.value(3).cloned();
    let pad = pad.unwrap_or(Value::Error(ErrorKind::Na));
    checked(rows as usize, cols as usize, |row, col| {
        if row < array.rows() && col < array.cols() {
            array.get(row, col).clone()
        } else {
            pad.clone()
        }
    })
}

fn lower_expand(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let old = l.builder.shape(args[0].node);
    let rows = constant(l, args, 1, old.rows as f64)?;
    let cols = constant(l, args, 2, old.cols as f64)?;
    let (rows, cols) = (rows as usize, cols as usize);
    if rows < old.rows || cols < old.cols {
        return Err(l.refuse("the result is smaller than the array"));
    }
    let inside = |r: usize, c: usize| (r < old.rows && c < old.cols).then_some((r, c));
    let moved = rearrange(l, args[0].node, rows, cols, inside)?;
    padded(l, moved, args.get(3), rows, cols, |r, c| {
        inside(r, c).is_none()
    })
}

/// Puts the padding of an argument where `empty` says.
fn padded(
    l: &mut Lowering<'_>,
    moved: Node,
    pad: Option<&Lowered>,
    rows: usize,
    cols: usize,
    empty: impl Fn(usize, usize) -> bool,
) -> Result<Node, LowerError> {
    let shape = Shape::new(1, rows, cols);
    let mut mask = vec![0.0; shape.len()];
    for row in 0..rows {
        for col in 0..cols {
            mask[shape.offset(0, row, col)] = f64::from(u8::from(empty(row, col)));
        }
    }
    if mask.iter().all(|&x| x == 0.0) {
        return Ok(moved);
    }
    let mask = l.builder.constant(crate::program::Tensor::new(shape, mask));
    let pad = match pad {
        Some(arg) if !arg.omitted => arg.node,
        // #N/A, where nothing was given to pad with.
        _ => l.builder.scalar(f64::NAN),
    };
    Ok(l.builder.select(mask, pad, moved)?)
}

// ---- HSTACK and VSTACK ----

fn stack(args: &[Operand], ctx: &mut dyn Context, down: bool) -> Result<Operand, ErrorKind> {
    let arrays = args
        .iter()
        .map(|arg| match arg {
            Operand::Value(Value::Error(kind)) => {
                Ok(Arc::new(Array::filled(1, 1, Value::Error(*kind))))
            }
            arg => ctx.to_array(arg),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let length = |array: &Array| if down { array.rows() } else { array.cols() };
    let breadth = |array: &Array| if down { array.cols() } else { array.rows() };
    let mut owners = Vec::new();
    for array in &arrays {
        owners.extend((0..length(array)).map(|i| (array, i)));
    }
    let widest = arrays.iter().map(|array| breadth(array)).max().unwrap_or(0);
    let at = |along: usize, across: usize| {
        let (array, i) = owners[along];
        if across >= breadth(array) {
            Value::Error(ErrorKind::Na)
        } else if down {
            array.get(i, across).clone()
        } else {
            array.get(across, i).clone()
        }
    };
    if down {
        checked(owners.len(), widest, at)
    } else {
        checked(widest, owners.len(), |row, col| at(col, row))
    }
}

fn lower_stack(l: &mut Lowering<'_>, args: &[Lowered], down: bool) -> Result<Node, LowerError> {
    let shapes: Vec<Shape> = args.iter().map(|arg| l.builder.shape(arg.node)).collect();
    let length = |shape: &Shape| if down { shape.rows } else { shape.cols };
    let breadth = |shape: &Shape| if down { shape.cols } else { shape.rows };
    let long: usize = shapes.iter().map(length).sum();
    let wide = shapes.iter().map(breadth).max().unwrap_or(0);
    let (rows, cols) = if down { (long, wide) } else { (wide, long) };
    let mut sum: Option<Node> = None;
    let mut first = 0;
    let mut holes = Vec::new();
    for (arg, shape) in args.iter().zip(&shapes) {
        let piece = rearrange(l, arg.node, rows, cols, |r, c| {
            let (along, across) = if down { (r, c) } else { (c, r) };
            let inside = along >= first && along < first + length(shape) && across < breadth(shape);
            inside.then(|| {
                if down {
                    (along - first, across)
                } else {
                    (across, along - first)
                }
            })
        })?;
        holes.extend(std::iter::repeat_n(breadth(shape), length(shape)));
        first += length(shape);
        sum = Some(match sum {
            None => piece,
            Some(sum) => l.builder.binary(Binary::Add, sum, piece)?,
        });
    }
    let sum = sum.ok_or_else(|| l.refuse("it has no arguments"))?;
    padded(l, sum, None, rows, cols, |r, c| {
        let (along, across) = if down { (r, c) } else { (c, r) };
        across >= holes[along]
    })
}

// ---- TOCOL and TOROW ----

/// The elements of an array of `rows` by `cols` in the order they are read.
fn reading_order(
    rows: usize,
    cols: usize,
    by_column: bool,
) -> impl Iterator<Item = (usize, usize)> {
    (0..rows * cols).map(move |i| {
        if by_column {
            (i % rows, i / rows)
        } else {
            (i / cols, i % cols)
        }
    })
}

fn to_line(args: &[Operand], ctx: &mut dyn Context, down: bool) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    let ignore = args.whole(1)?;
    if !(0.0..=3.0).contains(&ignore) {
        return Err(ErrorKind::Value);
    }
    let (no_blanks, no_errors) = (ignore as u8 & 1 != 0, ignore as u8 & 2 != 0);
    let by_column = args.flag_or(2, false)?;
    let cells: Vec<&Value> = reading_order(array.rows(), array.cols(), by_column)
        .map(|(row, col)| array.get(row, col))
        .filter(|value| match value {
            Value::Blank => !no_blanks,
            Value::Error(_) => !no_errors,
            _ => true,
        })
        .collect();
    if down {
        checked(cells.len(), 1, |row, _| cells[row].clone())
    } else {
        checked(1, cells.len(), |_, col| cells[col].clone())
    }
}

fn lower_to_line(l: &mut Lowering<'_>, args: &[Lowered], down: bool) -> Result<Node, LowerError> {
    if constant(l, args, 1, 0.0)? != 0.0 {
        return Err(l.refuse("it leaves out blanks or errors"));
    }
    let by_column = constant(l, args, 2, 0.0)? != 0.0;
    let shape = l.builder.shape(args[0].node);
    let order: Vec<_> = reading_order(shape.rows, shape.cols, by_column).collect();
    if down {
        rearrange(l, args[0].node, order.len(), 1, |r, _| Some(order[r]))
    } else {
        rearrange(l, args[0].node, 1, order.len(), |_, c| Some(order[c]))
    }
}

// ---- WRAPROWS and WRAPCOLS ----

fn wrap(args: &[Operand], ctx: &mut dyn Context, columns: bool) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    if array.rows() > 1 && array.cols() > 1 {
        return Err(ErrorKind::Value);
    }
    let cells = array.cells();
    let count = args.whole(1)?;
    if count < 1.0 {
        return Err(ErrorKind::Num);
    }
    let count = count.min(cells.len() as f64) as usize;
    let lines = cells.len().div_ceil(count);
    let pad = args.value(2).cloned();
    let pad = pad.unwrap_or(Value::Error(ErrorKind::Na));
    let at = |line: usize, i: usize| {
        let cell = cells.get(line * count + i);
        cell.cloned().unwrap_or_else(|| pad.clone())
    };
    if columns {
        checked(count, lines, |row, col| at(col, row))
    } else {
        checked(lines, count, at)
    }
}

fn lower_wrap(l: &mut Lowering<'_>, args: &[Lowered], columns: bool) -> Result<Node, LowerError> {
    let shape = l.builder.shape(args[0].node);
    if shape.rows > 1 && shape.cols > 1 {
        return Err(l.refuse("its first argument is not one row or column"));
    }
    let len = shape.rows * shape.cols;
    let count = constant(l, args, 1, 1.0)?;
    if count < 1.0 {
        return Err(l.refuse("the wrap count is less than 1"));
    }
    let count = count.min(len as f64) as usize;
    let lines = len.div_ceil(count);
    let (rows, cols) = if columns {
        (count, lines)
    } else {
        (lines, count)
    };
    let index = |r: usize, c: usize| {
        if columns {
            c * count + r
        } else {
            r * count + c
        }
    };
    let moved = rearrange(l, args[0].node, rows, cols, |r, c| {
        let i = index(r, c);
        (i < len).then_some(if shape.cols == 1 { (i, 0) } else { (0, i) })
    })?;
    padded(l, moved, args.get(2), rows, cols, |r, c| index(r, c) >= len)
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn rows_and_columns_are_taken_dropped_and_chosen() {
        let mut sheet = Sheet::new("1,2,3;4,5,6;7,8,9");
        assert_eq!(sheet.numbers("TAKE(A1:C3,2,-1)"), [3.0, 6.0]);
        assert_eq!(sheet.numbers("TAKE(A1:C3,-9,1)"), [1.0, 4.0, 7.0]);
        assert_eq!(sheet.numbers("DROP(A1:C3,1,1)"), [5.0, 6.0, 8.0, 9.0]);
        assert_eq!(sheet.numbers("DROP(A1:C3,-2)"), [1.0, 2.0, 3.0]);
        assert_eq!(sheet.error("DROP(A1:C3,3)"), ErrorKind::Calc);
        assert_eq!(sheet.error("TAKE(A1:C3,0)"), ErrorKind::Calc);
        assert_eq!(
            sheet.numbers("CHOOSEROWS(A1:C3,{3,1})"),
            [7.0, 8.0, 9.0, 1.0, 2.0, 3.0]
        );
        assert_eq!(sheet.numbers("CHOOSECOLS(A1:C1,-1,1)"), [3.0, 1.0]);
        assert_eq!(sheet.error("CHOOSECOLS(A1:C1,4)"), ErrorKind::Value);
    }

    #[test]
    fn arrays_are_stacked_padded_and_wrapped() {
        let mut sheet = Sheet::new("1,2;3,4");
        let n = f64::NAN;
        let same = |a: Vec<f64>, b: &[f64]| {
            assert!(
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|(x, y)| x == y || (x.is_nan() && y.is_nan())),
                "{a:?} {b:?}"
            );
        };
        same(
            sheet.numbers("HSTACK(A1:B2,{9})"),
            &[1.0, 2.0, 9.0, 3.0, 4.0, n],
        );
        same(
            sheet.numbers("VSTACK(A1:A2,{8,9})"),
            &[1.0, n, 3.0, n, 8.0, 9.0],
        );
        same(
            sheet.numbers("EXPAND(A1:B2,3,2,0)"),
            &[1.0, 2.0, 3.0, 4.0, 0.0, 0.0],
        );
        same(sheet.numbers("TOCOL(A1:B2)"), &[1.0, 2.0, 3.0, 4.0]);
        same(sheet.numbers("TOROW(A1:B2,0,TRUE)"), &[1.0, 3.0, 2.0, 4.0]);
        same(sheet.numbers("TOROW({1,#N/A,2},2)"), &[1.0, 2.0]);
        same(sheet.numbers("WRAPROWS({1,2,3},2)"), &[1.0, 2.0, 3.0, n]);
        same(
            sheet.numbers("WRAPCOLS({1,2,3},2,0)"),
            &[1.0, 3.0, 2.0, 0.0],
        );
        assert_eq!(sheet.error("EXPAND(A1:B2,1)"), ErrorKind::Value);
    }
}
