//! Turning one kind of value into another, as Excel does it.

use super::{Array, DateSystem, ErrorKind, Value, parse_number_in};
use std::sync::Arc;

impl Value {
    /// The number that arithmetic and numeric arguments see: blank is 0, TRUE
    /// is 1, text is read as a number (`"1e3"`, `"50%"`, `"1/2/2020"`) or is
    /// `#VALUE!`. An array yields its first cell. Dates are counted in the 1900
    /// system: where texts may spell dates, see [`Value::to_number_in`].
    pub fn to_number(&self) -> Result<f64, ErrorKind> {
        self.to_number_in(DateSystem::Since1900)
    }

    /// As [`Value::to_number`], dates counted in a given system.
    pub fn to_number_in(&self, dates: DateSystem) -> Result<f64, ErrorKind> {
        match self {
            Self::Blank => Ok(0.0),
            Self::Number(x) => Ok(*x),
            Self::Bool(b) => Ok(f64::from(u8::from(*b))),
            Self::Text(text) => parse_number_in(text, dates).ok_or(ErrorKind::Value),
            Self::Error(kind) => Err(*kind),
            Self::Array(array) => array.get(0, 0).to_number_in(dates),
        }
    }

    /// The value for arithmetic that reads texts with [`Value::to_number`]: in a
    /// workbook of the 1904 system texts that spell numbers are read here, and
    /// all else is left as it is.
    pub fn dated(self, dates: DateSystem) -> Self {
        match (self, dates) {
            (value, DateSystem::Since1900) => value,
            (Self::Text(text), _) => {
                parse_number_in(&text, dates).map_or(Self::Text(text), Self::Number)
            }
            (Self::Array(array), _) => {
                let cells = array.cells().iter().cloned();
                let cells = cells.map(|cell| cell.dated(dates)).collect();
                Self::array(Array::new(array.rows(), array.cols(), cells))
            }
            (value, _) => value,
        }
    }

    /// The text that `&` and text arguments see.
    pub fn to_text(&self) -> Result<Arc<str>, ErrorKind> {
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

/// The significant decimal digits Excel shows and compares: a number's 15
/// digits without trailing zeros (never empty), and the power of ten of the
/// first of them. The sign is left out; `x` is finite.
pub(crate) fn significant_digits(x: f64) -> (String, i32) {
    if x == 0.0 {
        return ("0".into(), 0);
    }
    let text = format!("{:.14e}", x.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(|&c| c != '.').collect();
    let kept = digits.trim_end_matches('0').len().max(1);
    (digits[..kept].into(), exponent.parse().unwrap_or(0))
}

/// A number rounded to the 15 significant digits that Excel shows and compares.
pub fn round_to_15_digits(x: f64) -> f64 {
    // Whole numbers of up to 15 digits have nothing to round.
    if x.trunc() == x && x.abs() < 1e15 {
        return x;
    }
    format!("{x:.14e}").parse().unwrap_or(x)
}

/// A number as `&` and the text functions show it: the 15 significant digits
/// of the General format, written out between 1E-18 or so (20 characters) and
/// 1E+20, with an exponent elsewhere.
pub fn number_to_text(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    if x.trunc() == x && x.abs() < 1e15 {
        return format!("{}", x as i64);
    }
    let sign = if x < 0.0 { "-" } else { "" };
    let (digits, exponent) = significant_digits(x);
    let length = digits.len() as i32;
    if exponent >= 20 || (exponent < 0 && 1 - exponent + length > 20) {
        let mut text = format!("{sign}{}", &digits[..1]);
        if length > 1 {
            text.push('.');
            text.push_str(&digits[1..]);
        }
        text.push_str(&format!(
            "E{}{:02}",
            if exponent < 0 { '-' } else { '+' },
            exponent.abs()
        ));
        text
    } else if exponent < 0 {
        format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize))
    } else if length <= exponent + 1 {
        format!(
            "{sign}{digits}{}",
            "0".repeat((exponent + 1 - length) as usize)
        )
    } else {
        let point = (exponent + 1) as usize;
        format!("{sign}{}.{}", &digits[..point], &digits[point..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_fifteen_digits_as_text() {
        for (x, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (12.0, "12"),
            (-1.5, "-1.5"),
            (1.0 / 3.0, "0.333333333333333"),
            (2.0 / 3.0, "0.666666666666667"),
            (0.1 + 0.2, "0.3"),
            (1e15, "1000000000000000"),
            (123_456_789_012_345_678.0, "123456789012346000"),
            (1e19, "10000000000000000000"),
            (1e20, "1E+20"),
            (-1.25e100, "-1.25E+100"),
            (7.123456e-9, "0.000000007123456"),
            (1e-10, "0.0000000001"),
            (1.234567e-15, "1.234567E-15"),
            (9.999_999_999_999_99e22, "9.99999999999999E+22"),
            (f64::MIN_POSITIVE, "2.2250738585072E-308"),
        ] {
            assert_eq!(number_to_text(x), text);
        }
    }

    #[test]
    fn text_and_booleans_count_as_numbers_where_numbers_are_wanted() {
        assert_eq!(Value::from("1e3").to_number(), Ok(1000.0));
        assert_eq!(Value::from(true).to_number(), Ok(1.0));
        assert_eq!(Value::Blank.to_number(), Ok(0.0));
        assert_eq!(Value::from("abc").to_number(), Err(ErrorKind::Value));
        assert_eq!(Value::from("true").to_bool(), Ok(true));
        assert_eq!(Value::from("1").to_bool(), Err(ErrorKind::Value));
    }
}
