//! Turning one kind of value into another, as Excel does it.

use super::{DateSystem, ErrorKind, Value};

impl Value {
    /// The number that arithmetic and numeric arguments see: blank is 0, TRUE
    /// is 1, text is read as a number (`"1e3"`, `"50%"`, `"1/2/2020"`) or is
    /// `#VALUE!`. An array yields its first cell.
    pub fn to_number(&self) -> Result<f64, ErrorKind> {
        match self {
            Self::Blank => Ok(0.0),
            Self::Number(x) => Ok(*x),
            Self::Bool(b) => Ok(f64::from(u8::from(*b))),
            Self::Text(text) => parse_number(text).ok_or(ErrorKind::Value),
            Self::Error(kind) => Err(*kind),
            Self::Array(array) => array.get(0, 0).to_number(),
        }
    }

    /// The text that `&` and text arguments see.
    pub fn to_text(&self) -> Result<std::sync::Arc<str>, ErrorKind> {
        match self {
            Self::Blank => Ok("".into()),
            Self::Number(x) => Ok(number_to_text(*x).into()),
            Self::Bool(b) => Ok(if *b { "TRUE" } else { "FALSE" }.into()),
            Self::Text(text) => Ok(text.clone()),
            Self::Error(kind) => Err(*kind),
            Self::Array(array) => array.get(0, 0).to_text(),
        }
    }

    /// The truth that IF sees: a number is true unless 0, the texts "TRUE" and
    /// "FALSE" count, other text is `#VALUE!`.
    pub fn to_bool(&self) -> Result<bool, ErrorKind> {
        match self {
            Self::Blank => Ok(false),
            Self::Number(x) => Ok(*x != 0.0),
            Self::Bool(b) => Ok(*b),
            Self::Text(text) if text.eq_ignore_ascii_case("TRUE") => Ok(true),
            Self::Text(text) if text.eq_ignore_ascii_case("FALSE") => Ok(false),
            Self::Text(_) => Err(ErrorKind::Value),
            Self::Error(kind) => Err(*kind),
            Self::Array(array) => array.get(0, 0).to_bool(),
        }
    }
}

/// The number that text spells where Excel wants a number; `None` where it
/// spells none.
pub fn parse_number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|x: &f64| x.is_finite())
}

/// A number as the General format and `&` show it: 15 significant digits.
pub fn number_to_text(x: f64) -> String {
    format!("{x}")
}

/// What typing `text` into a cell (not a formula) enters: a number, date,
/// percentage, boolean, error or text; with the number format that Excel
/// would give the cell, where it is not General.
pub fn parse_entry(text: &str, _dates: DateSystem) -> (Value, Option<&'static str>) {
    (
        parse_number(text).map_or_else(|| Value::text(text), Value::Number),
        None,
    )
}
