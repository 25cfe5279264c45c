//! The order of values: numbers before text before booleans.
//!
//! Numbers are compared by their 15 significant digits, so that `0.1+0.2=0.3`
//! holds as in Excel. Text is compared without regard to case, in the order
//! Excel sorts it: spaces and marks, then digits, then letters; hyphens and
//! apostrophes count only where all else is equal.

use super::{Value, round_to_15_digits};
use std::cmp::Ordering;

impl Value {
    /// Excel's order for `<`, sorting and lookups: numbers, then text (without
    /// regard to case), then booleans; a blank compares as the other side's
    /// zero (0, "" or FALSE). Errors and arrays have no order: `None`.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        use Value::{Blank, Bool, Number, Text};
        Some(match (self, other) {
            (Blank, Blank) => Ordering::Equal,
            (Number(a), Number(b)) => compare_numbers(*a, *b),
            (Text(a), Text(b)) => compare_text(a, b),
            (Bool(a), Bool(b)) => a.cmp(b),
            (Blank, Number(b)) => compare_numbers(0.0, *b),
            (Number(a), Blank) => compare_numbers(*a, 0.0),
            (Blank, Text(b)) => compare_text("", b),
            (Text(a), Blank) => compare_text(a, ""),
            (Blank, Bool(b)) => false.cmp(b),
            (Bool(a), Blank) => a.cmp(&false),
            (Number(_), Text(_) | Bool(_)) | (Text(_), Bool(_)) => Ordering::Less,
            (Text(_), Number(_)) | (Bool(_), Number(_) | Text(_)) => Ordering::Greater,
            _ => return None,
        })
    }
}

/// Numbers by their 15 significant digits.
pub fn compare_numbers(a: f64, b: f64) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    // Only neighbours can round to the same digits.
    if (a - b).abs() <= 1e-14 * a.abs().max(b.abs())
        && round_to_15_digits(a) == round_to_15_digits(b)
    {
        return Ordering::Equal;
    }
    a.total_cmp(&b)
}

/// Text without regard to case, in the order described above.
pub fn compare_text(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() && a.eq_ignore_ascii_case(b) {
        return Ordering::Equal;
    }
    weights(a)
        .cmp(weights(b))
        .then_with(|| lower(a).cmp(lower(b)))
}

/// What the order of texts is made of: each character's class, then itself.
fn weights(text: &str) -> impl Iterator<Item = (u8, char)> + '_ {
    lower(text)
        .filter(|c| !matches!(c, '-' | '\''))
        .map(|c| (class(c), c))
}

/// Whether two texts are equal without regard to case, as values and as names
/// of sheets, tables, columns and formulas.
pub fn equal_text(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        a.eq_ignore_ascii_case(b)
    } else {
        lower(a).eq(lower(b))
    }
}

/// Text with the differences of case removed: equal for texts that
/// [`equal_text`] holds equal.
pub fn fold_case(text: &str) -> String {
    lower(text).collect()
}

fn lower(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

/// Spaces, marks, signs, digits, letters.
fn class(c: char) -> u8 {
    match c {
        c if c.is_whitespace() => 0,
        '+' | '<' | '=' | '>' => 2,
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => 1,
        c if c.is_numeric() => 3,
        c if c.is_alphabetic() => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: impl Into<Value>, b: impl Into<Value>) -> Option<Ordering> {
        a.into().compare(&b.into())
    }

    #[test]
    fn kinds_have_an_order_and_blanks_take_the_other_kind() {
        use crate::value::ErrorKind;
        assert_eq!(order(1e300, "a"), Some(Ordering::Less));
        assert_eq!(order("zz", false), Some(Ordering::Less));
        assert_eq!(order(true, 1.0), Some(Ordering::Greater));
        assert_eq!(Value::Blank.compare(&0.0.into()), Some(Ordering::Equal));
        assert_eq!(Value::Blank.compare(&"".into()), Some(Ordering::Equal));
        assert_eq!(Value::Blank.compare(&false.into()), Some(Ordering::Equal));
        assert_eq!(
            Value::Blank.compare(&(-1.0).into()),
            Some(Ordering::Greater)
        );
        assert_eq!(order(ErrorKind::Na, 1.0), None);
    }

    #[test]
    fn numbers_compare_by_fifteen_digits() {
        assert_eq!(order(0.1 + 0.2, 0.3), Some(Ordering::Equal));
        assert_eq!(order(1.0, 1.0 + 1e-14), Some(Ordering::Less));
        assert_eq!(order(-1.0, 1.0), Some(Ordering::Less));
        assert_eq!(order(0.0, -0.0), Some(Ordering::Equal));
        assert_eq!(order(Value::Number(5e-324), 0.0), Some(Ordering::Greater));
    }

    #[test]
    fn text_compares_without_case_marks_before_digits_before_letters() {
        assert_eq!(order("ABC", "abc"), Some(Ordering::Equal));
        assert_eq!(order("ÄB", "äb"), Some(Ordering::Equal));
        assert_eq!(order("_a", "1a"), Some(Ordering::Less));
        assert_eq!(order("9", "a"), Some(Ordering::Less));
        assert_eq!(order("co-op", "coop"), Some(Ordering::Less));
        assert_eq!(order("co-op", "coos"), Some(Ordering::Less));
        assert!(equal_text("Straße", "STRAßE"));
    }
    #[test]
    fn a_capital_sigma_is_the_same_letter_within_a_word_and_at_its_end() {
        assert!(equal_text("ΟΔΟΣ", "οδοσ"));
        assert_eq!(fold_case("ΟΔΟΣ"), fold_case("οδοσ"));
    }
}
