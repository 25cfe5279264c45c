//! References: INDEX, OFFSET, INDIRECT, and what there is to know of a place
//! (ROW, COLUMNS, ADDRESS, AREAS, FORMULATEXT).

use super::arguments::{Scalars, done, given};
use super::params::{array, optional, range, scalar};
use super::search::Table;
use super::{Category, Context, Function, Operand, Param, Prefix, Smoothness, ValueRule};
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect, column_name};
use crate::value::{Array, ErrorKind, Value};

/// An entry of this category whose result jumps where it changes at all.
pub(super) const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function {
        smoothness: Smoothness::PiecewiseConstant,
        ..Function::new(Category::Lookup, name, params, help, value)
    }
}

/// A function whose result is a place.
pub(super) const fn place(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>,
) -> Function {
    Function {
        smoothness: Smoothness::Kinked,
        ..entry(name, params, help, ValueRule::Reference(rule))
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "ADDRESS",
        &[
            scalar("row"),
            scalar("column"),
            optional(scalar("absolute")),
            optional(scalar("a1")),
            optional(scalar("sheet")),
        ],
        "The address of a cell as text.",
        ValueRule::Operands(|args, _| address(args).map(Operand::Value)),
    )
    .not_differentiable("it gives text"),
    entry(
        "AREAS",
        &[range("reference")],
        "The number of areas in a reference.",
        ValueRule::Operands(|args, _| match &args[0] {
            Operand::Reference(areas) => Ok(Operand::from(areas.len() as f64)),
            operand => Err(no_reference(operand)),
        }),
    ),
    entry(
        "COLUMN",
        &[optional(range("reference"))],
        "The column number of a reference, or of the formula's own cell.",
        ValueRule::Operands(|args, ctx| {
            let area = area_or_origin(args, ctx)?;
            Ok(line_of_numbers(area.rect.left, area.rect.cols(), false))
        }),
    ),
    entry(
        "COLUMNS",
        &[range("array")],
        "The number of columns of a reference or array.",
        ValueRule::Operands(|args, ctx| size(args, ctx).map(|(_, cols)| Operand::from(cols))),
    ),
    entry(
        "FORMULATEXT",
        &[range("reference")],
        "The formula in a cell as text.",
        ValueRule::Operands(|args, ctx| {
            let at = first_cell(&args[0])?;
            let text = ctx.formula_text(at).ok_or(ErrorKind::Na)?;
            Ok(Operand::Value(Value::checked_text(text)))
        }),
    )
    .xlfn()
    .not_differentiable("it gives text"),
    entry(
        "HYPERLINK",
        &[scalar("link"), optional(scalar("friendly_name"))],
        "A link, shown by its friendly name.",
        ValueRule::Scalar(|args, _| {
            args.get(1)
                .map_or_else(|| done(args.text(0).map(Value::Text)), Value::clone)
        }),
    )
    .not_differentiable("it is a link"),
    place(
        "INDEX",
        &[
            array("array"),
            scalar("row"),
            optional(scalar("column")),
            optional(scalar("area")),
        ],
        "The cell at a row and column of a reference or array; 0 for a whole row or column.",
        index,
    )
    .returning_array(),
    Function {
        volatile: true,
        returns_array: true,
        ..place(
            "INDIRECT",
            &[
                scalar("text").help("an address as text"),
                optional(scalar("a1")),
            ],
            "The reference that a text spells.",
            |args, ctx| {
                let text = args.text(0)?;
                let areas = ctx.parse_reference(&text, !args.flag_or(1, true)?)?;
                if areas.is_empty() {
                    return Err(ErrorKind::Ref);
                }
                Ok(Operand::Reference(areas))
            },
        )
    },
    Function {
        volatile: true,
        returns_array: true,
        ..place(
            "OFFSET",
            &[
                range("reference").help("the cells to start from"),
                scalar("rows").help("how many rows down, up if negative"),
                scalar("columns").help("how many columns right, left if negative"),
                optional(scalar("height")),
                optional(scalar("width")),
            ],
            "The reference some rows and columns away from another, of a given size.",
            offset,
        )
    },
    entry(
        "ROW",
        &[optional(range("reference"))],
        "The row number of a reference, or of the formula's own cell.",
        ValueRule::Operands(|args, ctx| {
            let area = area_or_origin(args, ctx)?;
            Ok(line_of_numbers(area.rect.top, area.rect.rows(), true))
        }),
    ),
    entry(
        "ROWS",
        &[range("array")],
        "The number of rows of a reference or array.",
        ValueRule::Operands(|args, ctx| size(args, ctx).map(|(rows, _)| Operand::from(rows))),
    ),
    entry(
        "SHEET",
        &[optional(range("reference_or_name"))],
        "The number of a sheet among the tabs.",
        ValueRule::Operands(|args, ctx| {
            let sheet = match args.first() {
                None | Some(Operand::Omitted) => ctx.origin().sheet,
                Some(Operand::Reference(areas)) => areas[0].sheet,
                Some(Operand::Value(Value::Error(kind))) => return Err(*kind),
                Some(Operand::Value(Value::Text(name))) => {
                    ctx.sheet_named(name).ok_or(ErrorKind::Na)?
                }
                Some(_) => return Err(ErrorKind::Na),
            };
            let index = ctx.sheet_index(sheet).ok_or(ErrorKind::Ref)?;
            Ok(Operand::from((index + 1) as f64))
        }),
    )
    .xlfn(),
    Function {
        prefix: Prefix::Xlfn,
        ..entry(
            "SHEETS",
            &[optional(range("reference"))],
            "The number of sheets in a reference, or in the workbook.",
            ValueRule::Operands(|args, ctx| match args.first() {
                None | Some(Operand::Omitted) => Ok(Operand::from(ctx.sheet_count() as f64)),
                Some(Operand::Reference(areas)) => {
                    let mut sheets: Vec<_> = areas.iter().map(|area| area.sheet).collect();
                    sheets.sort_unstable();
                    sheets.dedup();
                    Ok(Operand::from(sheets.len() as f64))
                }
                Some(operand) => Err(no_reference(operand)),
            }),
        )
    },
];

/// The error of an operand that should have been a reference.
pub(super) fn no_reference(operand: &Operand) -> ErrorKind {
    match operand {
        Operand::Value(Value::Error(kind)) => *kind,
        _ => ErrorKind::Value,
    }
}

/// The first cell of a reference.
pub(super) fn first_cell(operand: &Operand) -> Result<Cell, ErrorKind> {
    match operand {
        Operand::Reference(areas) => Ok(Cell {
            sheet: areas[0].sheet,
            pos: areas[0].rect.top_left(),
        }),
        operand => Err(no_reference(operand)),
    }
}

fn area_or_origin(args: &[Operand], ctx: &mut dyn Context) -> Result<Area, ErrorKind> {
    match args.first() {
        None | Some(Operand::Omitted) => {
            let origin = ctx.origin();
            Ok(Area {
                sheet: origin.sheet,
                rect: Rect::cell(origin.pos),
            })
        }
        Some(Operand::Reference(areas)) => match areas.as_slice() {
            [area] => Ok(*area),
            _ => Err(ErrorKind::Ref),
        },
        Some(operand) => Err(no_reference(operand)),
    }
}

/// The one-based numbers of `count` rows or columns from `first` on.
fn line_of_numbers(first: u32, count: u32, down: bool) -> Operand {
    let number = |i: usize| Value::Number(f64::from(first) + i as f64 + 1.0);
    let count = count as usize;
    Operand::Value(match (count, down) {
        (1, _) => number(0),
        (_, true) => Value::array(Array::from_fn(count, 1, |row, _| number(row))),
        (_, false) => Value::array(Array::from_fn(1, count, |_, col| number(col))),
    })
}

fn size(args: &[Operand], ctx: &mut dyn Context) -> Result<(f64, f64), ErrorKind> {
    match &args[0] {
        Operand::Value(Value::Error(kind)) => Err(*kind),
        Operand::Reference(areas) if areas.len() > 1 => Err(ErrorKind::Ref),
        Operand::Lambda(_) => Err(ErrorKind::Value),
        operand => {
            let (rows, cols) = ctx.size(operand);
            Ok((rows as f64, cols as f64))
        }
    }
}

fn index(args: &[Operand], _: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let area = args.whole_or(3, 1.0)?;
    let (row, col) = (args.whole(1)?, args.whole(2)?);
    if area < 1.0 || row < 0.0 || col < 0.0 {
        return Err(ErrorKind::Value);
    }
    let table = match &args[0] {
        Operand::Reference(areas) => {
            let area = areas.get(area as usize - 1).ok_or(ErrorKind::Ref)?;
            Table::Area(*area)
        }
        _ if area > 1.0 => return Err(ErrorKind::Ref),
        operand => Table::new(operand)?,
    };
    // One index along a single row counts its columns.
    let (row, col) = if table.rows() == 1 && !given(args, 2) {
        (0.0, row)
    } else {
        (row, col)
    };
    let span = |index: f64, len: usize| -> Result<(usize, usize), ErrorKind> {
        match index {
            0.0 => Ok((0, len)),
            index if index <= len as f64 => Ok((index as usize - 1, 1)),
            _ => Err(ErrorKind::Ref),
        }
    };
    let (top, rows) = span(row, table.rows())?;
    let (left, cols) = span(col, table.cols())?;
    table.part(top, left, rows, cols)
}

fn offset(args: &[Operand], _: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let area = match &args[0] {
        Operand::Reference(areas) => match areas.as_slice() {
            [area] => *area,
            _ => return Err(ErrorKind::Value),
        },
        operand => return Err(no_reference(operand)),
    };
    let rect = area.rect;
    // A negative height reaches up from the first row, as a positive one reaches down.
    let span = |first: u32, by: f64, length: f64, max: u32| -> Result<(u32, u32), ErrorKind> {
        let first = f64::from(first) + by;
        let last = first + length - length.signum();
        let (first, last) = (first.min(last), first.max(last));
        if length == 0.0 || first < 0.0 || last >= f64::from(max) {
            return Err(ErrorKind::Ref);
        }
        Ok((first as u32, last as u32))
    };
    let height = args.whole_or(3, f64::from(rect.rows()))?;
    let width = args.whole_or(4, f64::from(rect.cols()))?;
    let (top, bottom) = span(rect.top, args.whole(1)?, height, MAX_ROWS)?;
    let (left, right) = span(rect.left, args.whole(2)?, width, MAX_COLS)?;
    let rect = Rect {
        top,
        left,
        bottom,
        right,
    };
    Ok(Operand::Reference(vec![Area { rect, ..area }]))
}

fn address(args: &[Operand]) -> Result<Value, ErrorKind> {
    let (row, col) = (args.whole(0)?, args.whole(1)?);
    let absolute = args.whole_or(2, 1.0)?;
    let a1 = args.flag_or(3, true)?;
    let sheet = args.value(4).map(Value::to_text).transpose()?;
    if !(1.0..=f64::from(MAX_ROWS)).contains(&row)
        || !(1.0..=f64::from(MAX_COLS)).contains(&col)
        || !(1.0..=4.0).contains(&absolute)
    {
        return Err(ErrorKind::Value);
    }
    let row_fixed = absolute <= 2.0;
    let col_fixed = absolute == 1.0 || absolute == 3.0;
    let (row, col) = (row as u32, col as u32);
    let dollar = |fixed| if fixed { "$" } else { "" };
    let cell = if a1 {
        let letters = column_name(col - 1);
        format!("{}{letters}{}{row}", dollar(col_fixed), dollar(row_fixed))
    } else {
        let part = |letter, n, fixed| {
            if fixed {
                format!("{letter}{n}")
            } else {
                format!("{letter}[{n}]")
            }
        };
        part('R', row, row_fixed) + &part('C', col, col_fixed)
    };
    Ok(Value::text(match sheet {
        Some(name) if needs_quotes(&name) => format!("'{}'!{cell}", name.replace('\'', "''")),
        Some(name) => format!("{name}!{cell}"),
        None => cell,
    }))
}

/// Whether a sheet's name is quoted before an address.
fn needs_quotes(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']');
    // An empty name gives `!A1`, without quotes.
    let starts_with_digit = name.starts_with(|c: char| c.is_ascii_digit());
    starts_with_digit || !name.chars().all(plain) || Pos::parse_a1(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn index_takes_rows_columns_and_areas() {
        let mut sheet = Sheet::new("1,2,3;4,5,6");
        assert_eq!(sheet.number("INDEX(A1:C2,2,3)"), 6.0);
        assert_eq!(sheet.numbers("INDEX(A1:C2,2,0)"), [4.0, 5.0, 6.0]);
        assert_eq!(sheet.numbers("INDEX(A1:C2,0,2)"), [2.0, 5.0]);
        assert_eq!(sheet.number("INDEX(A1:C1,3)"), 3.0);
        assert_eq!(sheet.number("INDEX({1,2,3},2)"), 2.0);
        assert_eq!(sheet.numbers("INDEX({1,2,3;4,5,6},1)"), [1.0, 2.0, 3.0]);
        assert_eq!(sheet.number("INDEX((A1:A2,C1:C2),2,1,2)"), 6.0);
        assert_eq!(sheet.error("INDEX(A1:C2,3,1)"), ErrorKind::Ref);
        assert_eq!(sheet.error("INDEX(A1:C2,-1,1)"), ErrorKind::Value);
        assert_eq!(sheet.error("INDEX({1,2,3},1,0,2)"), ErrorKind::Ref);
        assert_eq!(sheet.numbers("INDEX(A1:C2,{1,2},1)"), [1.0, 4.0]);
    }

    #[test]
    fn offset_moves_and_resizes() {
        let mut sheet = Sheet::new("1,2,3;4,5,6");
        assert_eq!(sheet.number("OFFSET(A1,1,2)"), 6.0);
        assert_eq!(sheet.numbers("OFFSET(A1,0,1,2,2)"), [2.0, 3.0, 5.0, 6.0]);
        assert_eq!(sheet.numbers("OFFSET(C2,0,0,1,-2)"), [5.0, 6.0]);
        assert_eq!(sheet.error("OFFSET(A1,-1,0)"), ErrorKind::Ref);
        assert_eq!(sheet.error("OFFSET(A1,0,0,0)"), ErrorKind::Ref);
        assert_eq!(sheet.error("OFFSET(1,0,0)"), ErrorKind::Value);
    }

    #[test]
    fn places_have_numbers_and_addresses() {
        let mut sheet = Sheet::new("1,2,3;4,5,6");
        sheet.origin = Pos::new(4, 2);
        assert_eq!(sheet.number("ROW()"), 5.0);
        assert_eq!(sheet.number("COLUMN()"), 3.0);
        assert_eq!(sheet.numbers("ROW(A2:B3)"), [2.0, 3.0]);
        assert_eq!(sheet.number("ROWS(A:A)"), 1_048_576.0);
        assert_eq!(sheet.number("COLUMNS({1,2,3})"), 3.0);
        assert_eq!(sheet.number("AREAS((A1,B1:B2))"), 2.0);
        for (formula, text) in [
            ("ADDRESS(2,3)", "$C$2"),
            ("ADDRESS(2,3,2)", "C$2"),
            ("ADDRESS(2,3,4,FALSE)", "R[2]C[3]"),
            ("ADDRESS(2,3,1,1,\"A b\")", "'A b'!$C$2"),
            ("ADDRESS(2,3,1,1,\"Sheet2\")", "Sheet2!$C$2"),
        ] {
            assert_eq!(sheet.eval(formula), text.into());
        }
        assert_eq!(sheet.error("ADDRESS(2,3,5)"), ErrorKind::Value);
    }
}
