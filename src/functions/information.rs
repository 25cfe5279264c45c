//! What a value or a cell is: the IS functions, TYPE, N, CELL, INFO.

use super::arguments::{Scalars, done};
use super::params::{optional, range, scalar};
use super::reference::first_cell;
use super::{Category, Context, Function, Operand, Param, Smoothness, ValueRule};
use crate::grid::{Cell, Rect};
use crate::value::format::Format;
use crate::value::{Array, ErrorKind, Value};

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function {
        smoothness: Smoothness::PiecewiseConstant,
        ..Function::new(Category::Information, name, params, help, value)
    }
}

/// A question about each value of an argument, errors included.
macro_rules! question {
    ($name:literal, $help:literal, $test:expr) => {
        entry(
            $name,
            &[range("value")],
            $help,
            ValueRule::Operands(|args, ctx| {
                each(&args[0], ctx, |value| {
                    let test: fn(&Value) -> bool = $test;
                    Value::Bool(test(value))
                })
            }),
        )
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "CELL",
        &[scalar("info_type"), optional(range("reference"))],
        "What there is to know of a cell: \"address\", \"row\", \"col\", \"contents\", \"type\", \"format\", \"color\" or \"parentheses\".",
        ValueRule::Operands(cell),
    )
    .volatile()
    .not_differentiable("it describes a cell"),
    entry(
        "ERROR.TYPE",
        &[range("value")],
        "The number of an error: 1 #NULL!, 2 #DIV/0!, 3 #VALUE!, 4 #REF!, 5 #NAME?, 6 #NUM!, 7 #N/A.",
        ValueRule::Operands(|args, ctx| {
            each(&args[0], ctx, |value| match value {
                Value::Error(kind) => Value::Number(f64::from(kind.code())),
                _ => Value::Error(ErrorKind::Na),
            })
        }),
    ),
    entry(
        "INFO",
        &[scalar("type").help("what to tell: \"system\", \"release\", …")],
        "What there is to know of the program: \"numfile\", \"recalc\", \"release\", \"system\".",
        ValueRule::Scalar(|args, ctx| {
            done(args.text(0).and_then(|text| {
                Ok(match text.to_ascii_lowercase().as_str() {
                    "numfile" => Value::Number(ctx.sheet_count() as f64),
                    "recalc" => "Automatic".into(),
                    "release" => env!("CARGO_PKG_VERSION").into(),
                    "system" => "pcdos".into(),
                    "osversion" => std::env::consts::OS.into(),
                    _ => return Err(ErrorKind::Value),
                })
            }))
        }),
    )
    .not_differentiable("it describes the program"),
    question!("ISBLANK", "Whether a cell is empty.", Value::is_blank),
    question!("ISERR", "Whether a value is an error other than #N/A.", |value| {
        value.as_error().is_some_and(|kind| kind != ErrorKind::Na)
    }),
    question!("ISERROR", "Whether a value is an error.", |value| {
        value.as_error().is_some()
    }),
    entry(
        "ISEVEN",
        &[scalar("number")],
        "Whether a number, without its decimals, is even.",
        ValueRule::Scalar(|args, _| done(parity(&args[0]).map(|odd| !odd))),
    ),
    entry(
        "ISFORMULA",
        &[range("reference")],
        "Whether a cell holds a formula.",
        ValueRule::Operands(|args, ctx| {
            let at = first_cell(&args[0])?;
            let Operand::Reference(areas) = &args[0] else {
                return Err(ErrorKind::Value);
            };
            let rect = areas[0].rect;
            if rect.is_cell() {
                return Ok(Operand::from(ctx.formula_text(at).is_some()));
            }
            // The areas of formulas are small; those of whole columns are not.
            let rect = Rect {
                bottom: rect.bottom.min(rect.top + 999_999 / rect.cols()),
                ..rect
            };
            let cells = rect
                .cells()
                .map(|pos| {
                    let at = Cell { pos, ..at };
                    Value::Bool(ctx.formula_text(at).is_some())
                })
                .collect();
            Ok(Operand::Value(Value::array(Array::new(
                rect.rows() as usize,
                rect.cols() as usize,
                cells,
            ))))
        }),
    )
    .xlfn(),
    question!("ISLOGICAL", "Whether a value is TRUE or FALSE.", |value| matches!(
        value,
        Value::Bool(_)
    )),
    question!("ISNA", "Whether a value is #N/A.", |value| {
        value.as_error() == Some(ErrorKind::Na)
    }),
    question!("ISNONTEXT", "Whether a value is anything but text.", |value| {
        !matches!(value, Value::Text(_))
    }),
    question!("ISNUMBER", "Whether a value is a number.", |value| matches!(
        value,
        Value::Number(_)
    )),
    entry(
        "ISODD",
        &[scalar("number")],
        "Whether a number, without its decimals, is odd.",
        ValueRule::Scalar(|args, _| done(parity(&args[0]))),
    ),
    // The interpreter alone knows which parameters were left out.
    entry(
        "ISOMITTED",
        &[scalar("parameter")],
        "Whether a LAMBDA's parameter was left out of the call.",
        ValueRule::Special,
    )
    .xlfn(),
    entry(
        "ISREF",
        &[range("value")],
        "Whether a value is a reference.",
        ValueRule::Operands(|args, _| {
            Ok(Operand::from(matches!(args[0], Operand::Reference(_))))
        }),
    ),
    question!("ISTEXT", "Whether a value is text.", |value| matches!(
        value,
        Value::Text(_)
    )),
    Function::new(
        Category::Information,
        "N",
        &[range("value")],
        "A value as a number: numbers as they are, TRUE as 1, anything else as 0.",
        ValueRule::Operands(|args, ctx| {
            // Of a range the first cell counts.
            let value = match &args[0] {
                Operand::Reference(_) => {
                    let at = first_cell(&args[0])?;
                    ctx.cell(at)
                }
                operand => return each(operand, ctx, as_number),
            };
            Ok(Operand::Value(as_number(&value)))
        }),
    )
    .smooth(|_, args| Ok(args[0].node))
    .examples(&[super::Example {
        formula: "N(A1)",
        cells: &[("A1", 1.5)],
    }]),
    entry(
        "NA",
        &[],
        "The error #N/A.",
        ValueRule::Scalar(|_, _| Value::Error(ErrorKind::Na)),
    ),
    entry(
        "TYPE",
        &[range("value")],
        "The kind of a value: 1 number, 2 text, 4 logical, 16 error, 64 array, 128 function.",
        ValueRule::Operands(|args, ctx| {
            let many = super::logical::is_many(&args[0]);
            let kind = match &args[0] {
                Operand::Lambda(_) => 128.0,
                operand if many || matches!(operand, Operand::Value(Value::Array(_))) => 64.0,
                operand => match ctx.to_value(operand) {
                    Value::Text(_) => 2.0,
                    Value::Bool(_) => 4.0,
                    Value::Error(_) => 16.0,
                    _ => 1.0,
                },
            };
            Ok(Operand::from(kind))
        }),
    ),
];

/// Asks of every value; the answer has the argument's shape.
fn each(
    operand: &Operand,
    ctx: &mut dyn Context,
    answer: impl Fn(&Value) -> Value,
) -> Result<Operand, ErrorKind> {
    if !super::logical::is_many(operand) {
        return Ok(Operand::Value(answer(&ctx.to_value(operand))));
    }
    let array = ctx.to_array(operand)?;
    Ok(Operand::Value(Value::array(Array::from_fn(
        array.rows(),
        array.cols(),
        |row, col| answer(array.get(row, col)),
    ))))
}

fn as_number(value: &Value) -> Value {
    match value {
        Value::Number(_) | Value::Error(_) => value.clone(),
        Value::Bool(b) => Value::Number(f64::from(u8::from(*b))),
        _ => Value::Number(0.0),
    }
}

/// Whether a number is odd; a truth value is none.
fn parity(value: &Value) -> Result<bool, ErrorKind> {
    if let Value::Bool(_) = value {
        return Err(ErrorKind::Value);
    }
    Ok(value.to_number()?.trunc() % 2.0 != 0.0)
}

fn cell(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let at = match args.get(1) {
        None | Some(Operand::Omitted) => ctx.origin(),
        Some(operand) => first_cell(operand)?,
    };
    let kind = args.text(0)?.to_ascii_lowercase();
    let value = match kind.as_str() {
        "address" => {
            let column = crate::grid::column_name(at.pos.col);
            let address = format!("${column}${}", at.pos.row + 1);
            if at.sheet == ctx.origin().sheet {
                Value::text(address)
            } else {
                let sheet = ctx.sheet_name(at.sheet).ok_or(ErrorKind::Ref)?;
                Value::text(format!("{sheet}!{address}"))
            }
        }
        "row" => Value::from(f64::from(at.pos.row) + 1.0),
        "col" => Value::from(f64::from(at.pos.col) + 1.0),
        "contents" => match ctx.cell(at) {
            Value::Blank => Value::Number(0.0),
            value => value,
        },
        "type" => match ctx.cell(at) {
            Value::Blank => "b".into(),
            Value::Text(_) => "l".into(),
            _ => "v".into(),
        },
        "format" => Value::text(format_letter(&ctx.number_format(at))),
        "color" => {
            let negative_in_colour = ctx.number_format(at).contains(";[");
            Value::from(f64::from(u8::from(negative_in_colour)))
        }
        "parentheses" => {
            let parentheses = ctx.number_format(at).contains('(');
            Value::from(f64::from(u8::from(parentheses)))
        }
        // "filename", "prefix", "protect" and "width" need what the evaluation does not know.
        _ => return Err(ErrorKind::Value),
    };
    Ok(Operand::Value(value))
}

/// CELL("format"): G general, F fixed, `,` with separators, C currency,
/// P percent, S scientific with the number of decimals; D1 to D9 dates.
fn format_letter(code: &str) -> String {
    let Some(format) = Format::parse(code) else {
        return "G".into();
    };
    let lower = code.to_ascii_lowercase();
    if format.is_date() {
        let has = |part: &str| lower.contains(part);
        return match (has("y"), has("d"), has("h"), has("s"), has("am/pm")) {
            (true, true, ..) if has("mmm") => "D1",
            (true, true, ..) => "D4",
            (false, true, ..) if has("mmm") => "D2",
            (false, true, ..) => "D5",
            (true, false, ..) => "D3",
            (_, _, true, true, true) => "D6",
            (_, _, true, false, true) => "D7",
            (_, _, true, true, false) => "D8",
            _ => "D9",
        }
        .into();
    }
    let decimals = format.decimals();
    let letter = if lower.contains("general") {
        return "G".into();
    } else if format.is_percentage() {
        "P"
    } else if lower.contains("e+") || lower.contains("e-") {
        "S"
    } else if lower.contains('$') || lower.contains('€') {
        "C"
    } else if lower.contains(',') {
        ","
    } else if lower.contains(['0', '#', '?']) {
        "F"
    } else {
        return "G".into();
    };
    let minus = if lower.contains(";[") { "-" } else { "" };
    format!("{letter}{decimals}{minus}")
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn values_are_told_apart() {
        let mut sheet = Sheet::new("1,x,TRUE,#N/A,#DIV/0!,");
        for (formula, answer) in [
            ("ISNUMBER(A1)", true),
            ("ISNUMBER(B1)", false),
            ("ISTEXT(B1)", true),
            ("ISNONTEXT(F1)", true),
            ("ISLOGICAL(C1)", true),
            ("ISBLANK(F1)", true),
            ("ISNA(D1)", true),
            ("ISERR(D1)", false),
            ("ISERR(E1)", true),
            ("ISERROR(D1)", true),
            ("ISREF(A1)", true),
            ("ISREF(1)", false),
            ("ISEVEN(2.9)", true),
            ("ISODD(-3)", true),
        ] {
            assert_eq!(sheet.eval(formula), answer.into(), "{formula}");
        }
        assert_eq!(sheet.error("ISODD(C1)"), ErrorKind::Value);
        assert_eq!(
            sheet.eval("ISNUMBER(A1:B1)"),
            Value::array(Array::new(1, 2, vec![true.into(), false.into()]))
        );
        assert_eq!(sheet.number("TYPE(A1:B1)"), 64.0);
        assert_eq!(sheet.number("TYPE(E1)"), 16.0);
        assert_eq!(sheet.number("TYPE(B1)"), 2.0);
        assert_eq!(sheet.number("ERROR.TYPE(D1)"), 7.0);
        assert_eq!(sheet.error("ERROR.TYPE(A1)"), ErrorKind::Na);
        assert_eq!(sheet.number("N(C1)"), 1.0);
        assert_eq!(sheet.number("N(B1)"), 0.0);
        assert_eq!(sheet.error("N(D1)"), ErrorKind::Na);
    }

    #[test]
    fn cells_are_described() {
        let mut sheet = Sheet::new("1,x");
        sheet
            .formats
            .insert(crate::grid::Pos::new(0, 0), "0.00".into());
        assert_eq!(sheet.eval("CELL(\"address\",B1)"), "$B$1".into());
        assert_eq!(sheet.eval("CELL(\"type\",B1)"), "l".into());
        assert_eq!(sheet.eval("CELL(\"format\",A1)"), "F2".into());
        assert_eq!(sheet.eval("CELL(\"format\",B1)"), "G".into());
        assert_eq!(sheet.number("CELL(\"contents\",A1)"), 1.0);
    }
}
