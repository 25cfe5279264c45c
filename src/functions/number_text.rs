//! Between numbers and texts: TEXT, VALUE, NUMBERVALUE, FIXED, DOLLAR.

use super::arguments::{Scalars, done};
use super::params::{optional, scalar};
use super::{Category, Context, Function, Param, ValueRule};
use crate::value::format::Format;
use crate::value::{ErrorKind, Value, parse_number_in};

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Value], &mut dyn Context) -> Value,
) -> Function {
    Function::new(Category::Text, name, params, help, ValueRule::Scalar(rule))
        .not_differentiable("it gives text")
}

const MONEY: &[Param] = &[scalar("number"), optional(scalar("decimals"))];

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "DOLLAR",
        MONEY,
        "A number as text with a currency sign.",
        dollar,
    ),
    entry(
        "FIXED",
        &[
            scalar("number"),
            optional(scalar("decimals")),
            optional(scalar("no_commas")),
        ],
        "A number rounded to some decimals, as text.",
        |args, ctx| {
            done(fixed_code(args).and_then(|(x, digits)| {
                let whole = if args.flag_or(2, false)? {
                    "0"
                } else {
                    "#,##0"
                };
                shown(x, &format!("{whole}{digits}"), ctx).map(Value::text)
            }))
        },
    ),
    entry(
        "NUMBERVALUE",
        &[
            scalar("text").help("a number as text"),
            optional(scalar("decimal_separator")),
            optional(scalar("group_separator")),
        ],
        "The number a text spells, with given separators.",
        |args, ctx| done(number_value(args, ctx)),
    )
    .xlfn()
    .not_differentiable("it reads text"),
    entry(
        "TEXT",
        &[
            scalar("value").help("the number to show"),
            scalar("format").help("a number format, such as \"0.00\" or \"yyyy-mm-dd\""),
        ],
        "A value as text in a number format.",
        |args, ctx| done(text(args, ctx)),
    ),
    entry(
        "USDOLLAR",
        MONEY,
        "As DOLLAR: a number as text with a dollar sign.",
        dollar,
    ),
    entry(
        "VALUE",
        &[scalar("text").help("a number as text")],
        "The number a text spells.",
        |args, ctx| match &args[0] {
            Value::Text(text) => parse_number_in(text, ctx.date_system())
                .map_or(Value::Error(ErrorKind::Value), Value::Number),
            Value::Bool(_) => Value::Error(ErrorKind::Value),
            value => done(value.to_number()),
        },
    )
    .not_differentiable("it reads text"),
];

fn dollar(args: &[Value], context: &mut dyn Context) -> Value {
    done(fixed_code(args).and_then(|(x, digits)| {
        let code = format!("$#,##0{digits}_);($#,##0{digits})");
        Ok(Value::text(shown(x, &code, context)?.trim_end()))
    }))
}

fn shown(x: f64, code: &str, ctx: &dyn Context) -> Result<String, ErrorKind> {
    let format = Format::parse(code).ok_or(ErrorKind::Value)?;
    let shown = format.show(&Value::Number(x), ctx.date_system());
    Ok(shown.ok_or(ErrorKind::Value)?.text)
}

/// The number of FIXED or DOLLAR, rounded, and the code of its decimals: 2 if
/// not said, at most 127; negative ones round before the point.
fn fixed_code(args: &[Value]) -> Result<(f64, String), ErrorKind> {
    let x = args.number(0)?;
    let decimals = args.whole_or(1, 2.0)?;
    if decimals > 127.0 {
        return Err(ErrorKind::Value);
    }
    if decimals >= 1.0 {
        return Ok((x, format!(".{}", "0".repeat(decimals as usize))));
    }
    let unit = 10f64.powi(-decimals.max(-308.0) as i32);
    let rounded = (crate::value::round_to_15_digits(x.abs() / unit)).round() * unit;
    Ok((rounded.copysign(x), String::new()))
}

fn text(args: &[Value], ctx: &mut dyn Context) -> Result<Value, ErrorKind> {
    let code = args.text(1)?;
    let value = match &args[0] {
        // A text that spells a number is formatted as that number.
        Value::Text(text) => match parse_number_in(text, ctx.date_system()) {
            Some(x) => Value::Number(x),
            None => args[0].clone(),
        },
        Value::Blank => Value::Number(0.0),
        value => value.clone(),
    };
    if code.is_empty() {
        // No format shows no number.
        return Ok(match value {
            Value::Number(_) => "".into(),
            value => Value::Text(value.to_text()?),
        });
    }
    let format = Format::parse(&code).ok_or(ErrorKind::Value)?;
    let shown = format.show(&value, ctx.date_system());
    Ok(Value::checked_text(shown.ok_or(ErrorKind::Value)?.text))
}

fn number_value(args: &[Value], ctx: &mut dyn Context) -> Result<Value, ErrorKind> {
    let separator = |index: usize, default: char| -> Result<char, ErrorKind> {
        match args.value(index) {
            None => Ok(default),
            Some(value) => value.to_text()?.chars().next().ok_or(ErrorKind::Value),
        }
    };
    let decimal = separator(1, '.')?;
    let group = separator(2, ',')?;
    if decimal == group {
        return Err(ErrorKind::Value);
    }
    let text = args.text(0)?;
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if text.is_empty() {
        return Ok(Value::Number(0.0));
    }
    // Every percent sign at the end divides by 100.
    let digits = text.trim_end_matches('%');
    let percents = text.len() - digits.len();
    let mut plain = String::new();
    let mut fraction = false;
    for c in digits.chars() {
        if c == decimal {
            if fraction {
                return Err(ErrorKind::Value);
            }
            fraction = true;
            plain.push('.');
        } else if c == group {
            if fraction {
                return Err(ErrorKind::Value);
            }
        } else {
            plain.push(c);
        }
    }
    let x = parse_number_in(&plain, ctx.date_system()).ok_or(ErrorKind::Value)?;
    Ok(Value::number(x / 100f64.powi(percents as i32)))
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn numbers_become_text() {
        let mut sheet = Sheet::empty();
        for (formula, text) in [
            ("TEXT(1234.5,\"#,##0.00\")", "1,234.50"),
            ("TEXT(43832,\"yyyy-mm-dd\")", "2020-01-02"),
            ("TEXT(\"12\",\"0.0\")", "12.0"),
            ("TEXT(\"abc\",\"0.0\")", "abc"),
            ("TEXT(TRUE,\"0\")", "TRUE"),
            ("TEXT(0.256,\"0%\")", "26%"),
            ("FIXED(1234.567)", "1,234.57"),
            ("FIXED(1234.567,1,TRUE)", "1234.6"),
            ("FIXED(-1234.567,-2)", "-1,200"),
            ("DOLLAR(-1234.5)", "($1,234.50)"),
            ("DOLLAR(1234.5,0)", "$1,235"),
        ] {
            assert_eq!(sheet.eval(formula), text.into(), "{formula}");
        }
        assert_eq!(sheet.error("TEXT(-1,\"yyyy\")"), ErrorKind::Value);
    }

    #[test]
    fn text_becomes_numbers() {
        let mut sheet = Sheet::empty();
        assert_eq!(sheet.number("VALUE(\"$1,000\")"), 1000.0);
        assert_eq!(sheet.error("VALUE(\"\")"), ErrorKind::Value);
        assert_eq!(sheet.error("VALUE(\"x\")"), ErrorKind::Value);
        assert_eq!(
            sheet.number("NUMBERVALUE(\"2.500,27\",\",\",\".\")"),
            2500.27
        );
        assert_eq!(sheet.number("NUMBERVALUE(\"3.5%%\")"), 0.00035);
        assert_eq!(sheet.number("NUMBERVALUE(\"\")"), 0.0);
    }
}
