//! Choosing and ordering the rows of arrays: FILTER, SORT, SORTBY, UNIQUE.

use super::arguments::{Scalars, given};
use super::params::{array, optional, range, repeating, scalar};
use super::shaping::{constant, rearrange};
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, Param, Prefix,
    Smoothness, ValueRule,
};
use crate::program::{Node, Shape, Tensor};
use crate::value::{Array, ErrorKind, Value};
use std::cmp::Ordering;
use std::sync::Arc;

const fn entry(
    prefix: Prefix,
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>,
) -> Function {
    Function {
        prefix,
        returns_array: true,
        ..Function::new(
            Category::Array,
            name,
            params,
            help,
            ValueRule::Operands(rule),
        )
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        smoothness: Smoothness::Smooth,
        lower: Some(lower_filter),
        ..entry(
            Prefix::Xlws,
            "FILTER",
            &[
                array("array"),
                array("include"),
                optional(range("if_empty")),
            ],
            "The rows, or columns, of an array for which a condition holds.",
            filter,
        )
    }
    .examples(&[Example {
        formula: "FILTER(A1:A3,{1;0;1})",
        cells: &[("A1", 1.0), ("A2", 2.0), ("A3", 3.0)],
    }]),
    Function {
        smoothness: Smoothness::Kinked,
        lower: Some(lower_sort),
        ..entry(
            Prefix::Xlws,
            "SORT",
            &[
                array("array"),
                optional(array("sort_index")),
                optional(array("sort_order")),
                optional(scalar("by_column")),
            ],
            "An array sorted by its rows; order -1 for descending.",
            sort,
        )
    }
    .examples(&[Example {
        formula: "SORT(A1:A3,1,-1)",
        cells: &[("A1", 1.0), ("A2", 3.0), ("A3", 2.0)],
    }]),
    Function {
        smoothness: Smoothness::Smooth,
        lower: Some(lower_sort_by),
        ..entry(
            Prefix::Xlfn,
            "SORTBY",
            &[
                array("array"),
                array("by_array1"),
                optional(array("sort_order1")),
                repeating(array("by_array2")),
                repeating(array("sort_order2")),
            ],
            "An array sorted by the values of other arrays; order -1 for descending.",
            sort_by,
        )
    }
    .examples(&[Example {
        formula: "SORTBY(A1:A3,{3;1;2})",
        cells: &[("A1", 1.0), ("A2", 2.0), ("A3", 3.0)],
    }]),
    entry(
        Prefix::Xlfn,
        "UNIQUE",
        &[
            array("array"),
            optional(scalar("by_column")),
            optional(scalar("exactly_once")),
        ],
        "The different rows of an array, in the order they first come.",
        unique,
    )
    .not_differentiable("which elements are equal is not continuous"),
];

/// The chosen rows of an array, or columns.
fn pick(array: &Array, places: &[usize], rows: bool) -> Operand {
    let picked = if rows {
        Array::from_fn(places.len(), array.cols(), |row, col| {
            array.get(places[row], col).clone()
        })
    } else {
        Array::from_fn(array.rows(), places.len(), |row, col| {
            array.get(row, places[col]).clone()
        })
    };
    Operand::Value(Value::array(picked))
}

fn filter(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    let include = ctx.to_array(&args[1])?;
    let rows = include.cols() == 1 && include.rows() == array.rows();
    let cols = include.rows() == 1 && include.cols() == array.cols();
    if !rows && !cols {
        return Err(ErrorKind::Value);
    }
    let mut places = Vec::new();
    for (i, value) in include.cells().iter().enumerate() {
        if value.to_bool()? {
            places.push(i);
        }
    }
    if !places.is_empty() {
        return Ok(pick(&array, &places, rows));
    }
    if given(args, 2) {
        return Ok(args[2].clone());
    }
    Err(ErrorKind::Calc)
}

fn lower_filter(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let include = constant_line(l, &args[1])?;
    if include.data.iter().any(|x| x.is_nan()) {
        return Err(l.refuse("its conditions are not all TRUE, FALSE or numbers"));
    }
    let shape = l.builder.shape(args[0].node);
    let rows = include.shape.cols == 1 && include.shape.rows == shape.rows;
    let places: Vec<usize> = (0..include.data.len())
        .filter(|&i| include.data[i] != 0.0)
        .collect();
    if places.is_empty() {
        return Err(l.refuse("it includes nothing"));
    }
    pick_lowered(l, args[0].node, &places, rows)
}

/// A row or column of constants, the same in every lane.
fn constant_line(l: &Lowering<'_>, arg: &Lowered) -> Result<Tensor, LowerError> {
    if arg.present.is_some() {
        return Err(l.refuse("its keys are not all numbers"));
    }
    match l.constant(arg) {
        Some(t) if t.shape.lanes == 1 && (t.shape.rows == 1 || t.shape.cols == 1) => Ok(t.clone()),
        Some(_) => Err(l.refuse("its keys are not one row or column")),
        None => Err(l.refuse("its keys depend on the parameters")),
    }
}

fn pick_lowered(
    l: &mut Lowering<'_>,
    source: Node,
    places: &[usize],
    rows: bool,
) -> Result<Node, LowerError> {
    let shape = l.builder.shape(source);
    let len = if rows { shape.rows } else { shape.cols };
    if places.iter().any(|&place| place >= len) {
        return Err(l.refuse("its arguments differ in size"));
    }
    if rows {
        rearrange(l, source, places.len(), shape.cols, |r, c| {
            Some((places[r], c))
        })
    } else {
        rearrange(l, source, shape.rows, places.len(), |r, c| {
            Some((r, places[c]))
        })
    }
}

/// The order in which SORT puts values: numbers, text, booleans, errors by
/// their number; in
/// descending order the other way round. Blanks come last in both.
pub(super) fn sort_order(a: &Value, b: &Value, descending: bool) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Blank => 2,
        Value::Error(_) => 1,
        _ => 0,
    };
    if a.is_blank() || b.is_blank() {
        return rank(a).cmp(&rank(b));
    }
    let order = match (rank(a), rank(b)) {
        (0, 0) => a.compare(b).unwrap_or(Ordering::Equal),
        (1, 1) => a
            .as_error()
            .map(|kind| kind.code())
            .cmp(&b.as_error().map(|kind| kind.code())),
        (a, b) => a.cmp(&b),
    };
    if descending { order.reverse() } else { order }
}

/// Reads sort orders: 1 ascending, -1 descending.
fn descending(order: f64) -> Result<bool, ErrorKind> {
    match order {
        1.0 => Ok(false),
        -1.0 => Ok(true),
        _ => Err(ErrorKind::Value),
    }
}

fn numbers_or(
    args: &[Operand],
    index: usize,
    default: f64,
    ctx: &mut dyn Context,
) -> Result<Vec<f64>, ErrorKind> {
    if !given(args, index) {
        return Ok(vec![default]);
    }
    let array = ctx.to_array(&args[index])?;
    array.cells().iter().map(Value::to_number).collect()
}

fn sort(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    let rows = !args.flag_or(3, false)?;
    let (len, width) = if rows {
        (array.rows(), array.cols())
    } else {
        (array.cols(), array.rows())
    };
    let indices = numbers_or(args, 1, 1.0, ctx)?;
    let orders = numbers_or(args, 2, 1.0, ctx)?;
    if orders.len() != 1 && orders.len() != indices.len() {
        return Err(ErrorKind::Value);
    }
    let mut keys = Vec::new();
    for (i, index) in indices.iter().enumerate() {
        let index = index.trunc();
        if !(index >= 1.0 && index <= width as f64) {
            return Err(ErrorKind::Value);
        }
        let order = orders[if orders.len() == 1 { 0 } else { i }];
        keys.push((index as usize - 1, descending(order.trunc())?));
    }
    let mut places: Vec<usize> = (0..len).collect();
    let key = |line: usize, at: usize| {
        if rows {
            array.get(line, at)
        } else {
            array.get(at, line)
        }
    };
    places.sort_by(|&a, &b| {
        keys.iter()
            .map(|&(at, down)| sort_order(key(a, at), key(b, at), down))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    Ok(pick(&array, &places, rows))
}

fn sort_by(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    let mut keys: Vec<(Arc<Array>, bool)> = Vec::new();
    for i in (1..args.len()).step_by(2) {
        let by = ctx.to_array(&args[i])?;
        let order = numbers_or(args, i + 1, 1.0, ctx)?[0];
        keys.push((by, descending(order.trunc())?));
    }
    let by = |(key, _): &(Arc<Array>, bool)| (key.rows(), key.cols());
    let rows = keys.iter().all(|key| by(key) == (array.rows(), 1));
    let cols = keys.iter().all(|key| by(key) == (1, array.cols()));
    if !rows && !cols {
        return Err(ErrorKind::Value);
    }
    let len = if rows { array.rows() } else { array.cols() };
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|&a, &b| {
        keys.iter()
            .map(|(key, down)| sort_order(&key.cells()[a], &key.cells()[b], *down))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    Ok(pick(&array, &places, rows))
}

/// The most elements that are sorted: each is selected among all.
const MAX_SORTED: usize = 1000;

/// One column, or with `by_column` one row: its order statistics, smallest
/// first or largest first. Several columns would move along with the first.
fn lower_sort(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let by_column = l.fixed_number(args, 3, 0.0, "by_column")? != 0.0;
    let down = l.fixed_number(args, 2, 1.0, "order")? < 0.0;
    let shape = l.builder.shape(args[0].node);
    let (across, along) = match by_column {
        false => (shape.cols, shape.rows),
        true => (shape.rows, shape.cols),
    };
    if across != 1 && along != 1 {
        return Err(l.refuse("it is differentiated for one column only, or one row"));
    }
    // Nothing to sort: one row sorted by rows.
    if along == 1 {
        return Ok(args[0].node);
    }
    if along > MAX_SORTED {
        return Err(l.refuse(format!("it sorts {along} values, more than {MAX_SORTED}")));
    }
    if args[0].present.is_some() {
        return Err(l.refuse("there is text among what it sorts"));
    }
    let ranks: Vec<f64> = (1..=along).map(|k| k as f64).collect();
    let ranks = Tensor::new(Shape { lanes: 1, ..shape }, ranks);
    let ranks = Lowered {
        node: l.builder.constant(ranks),
        present: None,
        omitted: false,
    };
    super::order::lower_ranked(l, &[args[0].clone(), ranks], down)
}

fn lower_sort_by(l: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let mut keys = Vec::new();
    for i in (1..args.len()).step_by(2) {
        let key = constant_line(l, &args[i])?;
        keys.push((key, constant(l, args, i + 1, 1.0)? < 0.0));
    }
    let Some((first, _)) = keys.first() else {
        return Err(l.refuse("it has no keys"));
    };
    let (rows, len) = (first.shape.cols == 1, first.data.len());
    if keys.iter().any(|(key, _)| key.data.len() != len) {
        return Err(l.refuse("its keys differ in size"));
    }
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|&a, &b| {
        keys.iter()
            .map(|(key, down)| {
                let [a, b] = [key.data[a], key.data[b]].map(Value::Number);
                sort_order(&a, &b, *down)
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    pick_lowered(l, args[0].node, &places, rows)
}

fn unique(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let array = ctx.to_array(&args[0])?;
    let rows = !args.flag_or(1, false)?;
    let once = args.flag_or(2, false)?;
    let len = if rows { array.rows() } else { array.cols() };
    let width = if rows { array.cols() } else { array.rows() };
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for i in 0..len {
        let key: Vec<Key> = (0..width)
            .map(|j| {
                Key::new(if rows {
                    array.get(i, j)
                } else {
                    array.get(j, i)
                })
            })
            .collect();
        let group = *seen.entry(key).or_insert(groups.len());
        match groups.get_mut(group) {
            Some((_, count)) => *count += 1,
            None => groups.push((i, 1)),
        }
    }
    let places: Vec<usize> = groups
        .into_iter()
        .filter(|&(_, count)| !once || count == 1)
        .map(|(first, _)| first)
        .collect();
    if places.is_empty() {
        return Err(ErrorKind::Calc);
    }
    Ok(pick(&array, &places, rows))
}

/// A value as UNIQUE tells it from others: text without regard to case.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Blank,
    Number(u64),
    Text(String),
    Bool(bool),
    Error(ErrorKind),
}

impl Key {
    fn new(value: &Value) -> Self {
        match value {
            Value::Blank | Value::Array(_) => Self::Blank,
            // Adding 0 makes -0 and 0 one.
            Value::Number(x) => Self::Number((x + 0.0).to_bits()),
            Value::Text(text) => Self::Text(crate::value::fold_case(text)),
            Value::Bool(b) => Self::Bool(*b),
            Value::Error(kind) => Self::Error(*kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn filter_keeps_what_is_included() {
        let mut sheet = Sheet::new("1,a;2,b;3,c");
        assert_eq!(sheet.numbers("FILTER(A1:A3,{1;0;1})"), [1.0, 3.0]);
        assert_eq!(sheet.numbers("FILTER({1,2,3},{0,1,1})"), [2.0, 3.0]);
        assert_eq!(sheet.error("FILTER(A1:A3,{0;0;0})"), ErrorKind::Calc);
        assert_eq!(sheet.eval("FILTER(A1:A3,{0;0;0},\"none\")"), "none".into());
        assert_eq!(sheet.error("FILTER(A1:A3,{1;0})"), ErrorKind::Value);
        assert_eq!(sheet.error("FILTER(A1:A3,{1;\"x\";0})"), ErrorKind::Value);
        assert_eq!(sheet.error("FILTER(A1:A3,{1;#N/A;0})"), ErrorKind::Na);
    }

    #[test]
    fn sorting_orders_kinds_and_keeps_equals_in_place() {
        let mut sheet = Sheet::new("3,x;1,y;2,z;1,w");
        assert_eq!(sheet.numbers("SORT(A1:A4)"), [1.0, 1.0, 2.0, 3.0]);
        assert_eq!(sheet.numbers("SORT(A1:A4,1,-1)"), [3.0, 2.0, 1.0, 1.0]);
        assert_eq!(
            sheet.eval("INDEX(SORT(A1:B4,{1,2},{1,-1}),1,2)"),
            "y".into()
        );
        assert_eq!(sheet.numbers("SORT({3,1,2},1,1,TRUE)"), [1.0, 2.0, 3.0]);
        assert_eq!(
            sheet.numbers("SORTBY({10;20;30;40},A1:A4,-1)"),
            [10.0, 30.0, 20.0, 40.0]
        );
        assert_eq!(
            sheet.numbers("SORTBY({10;20;30;40},A1:A4,1,B1:B4,1)"),
            [40.0, 20.0, 30.0, 10.0]
        );
        assert_eq!(sheet.error("SORT(A1:A4,2)"), ErrorKind::Value);
        let sorted = sheet.eval("SORT({TRUE;\"a\";5})");
        assert_eq!(
            sorted,
            Value::array(Array::new(3, 1, vec![5.0.into(), "a".into(), true.into()]))
        );
    }

    #[test]
    fn unique_ignores_case() {
        let mut sheet = Sheet::new("a,A,b;1,1,2");
        assert_eq!(
            sheet.eval("UNIQUE(A1:C1,TRUE)"),
            Value::array(Array::new(1, 2, vec!["a".into(), "b".into()]))
        );
        assert_eq!(sheet.numbers("UNIQUE({1;2;1},FALSE,TRUE)"), [2.0]);
        assert_eq!(sheet.error("UNIQUE({1;1},FALSE,TRUE)"), ErrorKind::Calc);
    }
}
