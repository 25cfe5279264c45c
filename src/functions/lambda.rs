//! Functions that call functions: MAP, REDUCE, SCAN, BYROW, BYCOL, MAKEARRAY.
//!
//! Elements of a range are handed to the LAMBDA as references, so that it can
//! ask for their rows; elements of an array as values.

use super::arguments::{Scalars, given};
use super::params::{array, lambda, optional, repeating, scalar};
use super::{Category, Context, Function, Lambda, Operand, Param, Prefix, Smoothness, ValueRule};
use crate::grid::{Area, Pos, Rect};
use crate::value::{Array, ErrorKind, Value};

/// The lowering inlines the LAMBDA's body; there is no rule to give here.
const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>,
) -> Function {
    Function {
        prefix: Prefix::Xlfn,
        smoothness: Smoothness::Kinked,
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
    entry(
        "BYCOL",
        &[array("array"), lambda("function")],
        "A row of the results of a function called with each column.",
        |args, ctx| {
            let lines = Elements::new(&args[0], ctx)?;
            let function = function(&args[1])?;
            let cells = (0..lines.cols)
                .map(|col| {
                    let line = lines.part(0, col, lines.rows, 1);
                    single(ctx.call(function, &[line]), ctx)
                })
                .collect();
            Ok(Operand::Value(Value::array(Array::new(
                1, lines.cols, cells,
            ))))
        },
    ),
    entry(
        "BYROW",
        &[array("array"), lambda("function")],
        "A column of the results of a function called with each row.",
        |args, ctx| {
            let lines = Elements::new(&args[0], ctx)?;
            let function = function(&args[1])?;
            let cells = (0..lines.rows)
                .map(|row| {
                    let line = lines.part(row, 0, 1, lines.cols);
                    single(ctx.call(function, &[line]), ctx)
                })
                .collect();
            Ok(Operand::Value(Value::array(Array::new(
                lines.rows, 1, cells,
            ))))
        },
    ),
    entry(
        "MAKEARRAY",
        &[scalar("rows"), scalar("columns"), lambda("function")],
        "An array of the results of a function called with each row and column number.",
        |args, ctx| {
            let (rows, cols) = (args.whole(0)?, args.whole(1)?);
            if !(rows >= 1.0 && cols >= 1.0) {
                return Err(ErrorKind::Value);
            }
            if rows * cols > MAX_ELEMENTS {
                return Err(ErrorKind::Num);
            }
            let function = function(&args[2])?;
            let (rows, cols) = (rows as usize, cols as usize);
            let result = Array::from_fn(rows, cols, |row, col| {
                let place = [(row + 1) as f64, (col + 1) as f64].map(Operand::from);
                single(ctx.call(function, &place), ctx)
            });
            Ok(Operand::Value(Value::array(result)))
        },
    ),
    entry(
        "MAP",
        &[array("array1"), repeating(lambda("function_or_array2"))],
        "The results of a function called with each element, or with each set of elements at one place.",
        map,
    ),
    entry(
        "REDUCE",
        &[
            optional(array("initial_value")),
            array("array"),
            lambda("function"),
        ],
        "The last result of a function called with its result so far and each element in turn.",
        |args, ctx| {
            let mut last = None;
            accumulate(args, ctx, |state, _| last = Some(state.clone()))?;
            last.ok_or(ErrorKind::Calc)
        },
    ),
    entry(
        "SCAN",
        &[
            optional(array("initial_value")),
            array("array"),
            lambda("function"),
        ],
        "All results of a function called with its result so far and each element in turn.",
        |args, ctx| {
            let mut cells = Vec::new();
            accumulate(args, ctx, |state, ctx| {
                cells.push(single(state.clone(), ctx));
            })?;
            let size = Elements::new(&args[1], ctx)?;
            if cells.len() != size.rows * size.cols {
                return Err(ErrorKind::Calc);
            }
            Ok(Operand::Value(Value::array(Array::new(
                size.rows, size.cols, cells,
            ))))
        },
    ),
];

/// The most elements a made array may have: a whole sheet would not fit in memory.
const MAX_ELEMENTS: f64 = 1e7;

fn function(operand: &Operand) -> Result<&Lambda, ErrorKind> {
    match operand {
        Operand::Lambda(lambda) => Ok(lambda),
        Operand::Value(Value::Error(kind)) => Err(*kind),
        _ => Err(ErrorKind::Value),
    }
}

/// A result that stands in one cell: an array of several is `#CALC!`.
fn single(result: Operand, ctx: &mut dyn Context) -> Value {
    if super::logical::is_many(&result) {
        return Value::Error(ErrorKind::Calc);
    }
    match ctx.to_value(&result) {
        Value::Blank => Value::Number(0.0),
        value => value,
    }
}

/// An argument to be taken apart.
struct Elements {
    rows: usize,
    cols: usize,
    source: Source,
}

enum Source {
    Area(Area),
    Array(std::sync::Arc<Array>),
}

impl Elements {
    fn new(operand: &Operand, ctx: &mut dyn Context) -> Result<Self, ErrorKind> {
        if let Operand::Reference(areas) = operand
            && let [area] = areas.as_slice()
        {
            if area.rect.len() as f64 > MAX_ELEMENTS {
                return Err(ErrorKind::Num);
            }
            return Ok(Self {
                rows: area.rect.rows() as usize,
                cols: area.rect.cols() as usize,
                source: Source::Area(*area),
            });
        }
        let array = ctx.to_array(operand)?;
        Ok(Self {
            rows: array.rows(),
            cols: array.cols(),
            source: Source::Array(array),
        })
    }

    /// A rectangle within.
    fn part(&self, row: usize, col: usize, rows: usize, cols: usize) -> Operand {
        match &self.source {
            Source::Area(area) => {
                let at = Pos::new(area.rect.top + row as u32, area.rect.left + col as u32);
                match Rect::sized(at, rows as u32, cols as u32) {
                    Some(rect) => Operand::Reference(vec![Area { rect, ..*area }]),
                    None => Operand::error(ErrorKind::Ref),
                }
            }
            Source::Array(array) if rows * cols == 1 => Operand::Value(array.broadcast(row, col)),
            Source::Array(array) => {
                let part = Array::from_fn(rows, cols, |r, c| array.broadcast(row + r, col + c));
                Operand::Value(Value::array(part))
            }
        }
    }

    /// One element; `#N/A` outside.
    fn element(&self, row: usize, col: usize) -> Operand {
        let row = if self.rows == 1 { 0 } else { row };
        let col = if self.cols == 1 { 0 } else { col };
        if row < self.rows && col < self.cols {
            self.part(row, col, 1, 1)
        } else {
            Operand::error(ErrorKind::Na)
        }
    }
}

fn map(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let Some((last, arrays)) = args.split_last() else {
        return Err(ErrorKind::Value);
    };
    let function = function(last)?;
    let arrays = arrays
        .iter()
        .map(|arg| Elements::new(arg, ctx))
        .collect::<Result<Vec<_>, _>>()?;
    if arrays.is_empty() {
        return Err(ErrorKind::Value);
    }
    let rows = arrays.iter().map(|a| a.rows).max().unwrap_or(1);
    let cols = arrays.iter().map(|a| a.cols).max().unwrap_or(1);
    let result = Array::from_fn(rows, cols, |row, col| {
        let elements: Vec<Operand> = arrays.iter().map(|a| a.element(row, col)).collect();
        single(ctx.call(function, &elements), ctx)
    });
    Ok(Operand::Value(Value::array(result)))
}

/// Calls the function of REDUCE and SCAN along the elements, row by row, and
/// shows every state. Without an initial value the first element is the first state.
fn accumulate(
    args: &[Operand],
    ctx: &mut dyn Context,
    mut visit: impl FnMut(&Operand, &mut dyn Context),
) -> Result<(), ErrorKind> {
    let [initial, elements, last] = args else {
        return Err(ErrorKind::Value);
    };
    let elements = Elements::new(elements, ctx)?;
    let function = function(last)?;
    let mut state = given(args, 0).then(|| initial.clone());
    for row in 0..elements.rows {
        for col in 0..elements.cols {
            let element = elements.part(row, col, 1, 1);
            let next = match state {
                Some(state) => ctx.call(function, &[state, element]),
                None => element,
            };
            visit(&next, ctx);
            state = Some(next);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    fn number(operand: &Operand) -> f64 {
        match operand {
            Operand::Value(value) => value.to_number().unwrap_or(f64::NAN),
            _ => f64::NAN,
        }
    }

    fn sheet() -> Sheet {
        let mut sheet = Sheet::new("1,2;3,4");
        sheet.lambda("plus", 2, |args| {
            Operand::from(number(&args[0]) + number(&args[1]))
        });
        sheet.lambda("width", 1, |args| match &args[0] {
            Operand::Reference(areas) => Operand::from(f64::from(areas[0].rect.cols())),
            operand => operand.clone(),
        });
        sheet
    }

    #[test]
    fn functions_are_called_with_elements_lines_and_places() {
        let mut sheet = sheet();
        assert_eq!(
            sheet.numbers("MAP({1,2;3,4},{10,20;30,40},plus)"),
            [11.0, 22.0, 33.0, 44.0]
        );
        assert_eq!(sheet.numbers("BYROW(A1:B2,width)"), [2.0, 2.0]);
        assert_eq!(sheet.numbers("BYCOL(A1:B2,width)"), [1.0, 1.0]);
        assert_eq!(sheet.numbers("MAKEARRAY(2,2,plus)"), [2.0, 3.0, 3.0, 4.0]);
        assert_eq!(sheet.error("MAKEARRAY(0,2,plus)"), ErrorKind::Value);
        assert_eq!(sheet.error("MAP({1,2},3)"), ErrorKind::Value);
    }

    #[test]
    fn reduce_and_scan_carry_their_state() {
        let mut sheet = sheet();
        assert_eq!(sheet.number("REDUCE(100,{1,2;3,4},plus)"), 110.0);
        assert_eq!(sheet.number("REDUCE(,{1,2;3,4},plus)"), 10.0);
        assert_eq!(
            sheet.numbers("SCAN(0,{1,2;3,4},plus)"),
            [1.0, 3.0, 6.0, 10.0]
        );
    }
}
