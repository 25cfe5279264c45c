//! What a cell can hold, and Excel's rules for turning one kind into another.

pub mod arith;
mod array;
mod coerce;
mod compare;
pub mod date;
mod entry;
mod error;
pub mod format;
mod general;
mod printable;

pub use array::Array;
pub use coerce::{number_to_text, round_to_15_digits};
pub use compare::{compare_numbers, compare_text, equal_text, fold_case};
pub use date::DateSystem;
pub use entry::{Moment, parse_entry, parse_moment, parse_number, parse_number_in};
pub use error::ErrorKind;

use std::sync::Arc;

/// The most UTF-16 units that the text of a cell can have.
pub const MAX_TEXT: usize = 32_767;

/// A result as Excel has it: 0 in place of what is smaller than its least
/// positive number, 2.2250738585072014E-308.
#[inline]
pub fn without_subnormals(x: f64) -> f64 {
    // Not a number stays what it is.
    if x.abs() < f64::MIN_POSITIVE { 0.0 } else { x }
}

/// Whether a cell can hold a text.
pub fn fits_cell(text: &str) -> bool {
    // A text of few bytes has few UTF-16 units, too.
    text.len() <= MAX_TEXT || text.encode_utf16().count() <= MAX_TEXT
}

/// The value of a cell or of an expression.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// An empty cell: 0 where a number is wanted, "" where text is.
    #[default]
    Blank,
    /// Always finite: what would be infinite or NaN is `#NUM!` or `#DIV/0!`
    /// (build numbers from computations with [`Value::number`]).
    Number(f64),
    Text(Arc<str>),
    Bool(bool),
    Error(ErrorKind),
    /// A rectangle of the kinds above; never holds another array.
    Array(Arc<Array>),
}

impl Value {
    /// A computed number; `#NUM!` where it is not finite, 0 where it is too
    /// small (see [`without_subnormals`]).
    pub fn number(x: f64) -> Self {
        if x.is_finite() {
            Self::Number(without_subnormals(x))
        } else {
            Self::Error(ErrorKind::Num)
        }
    }

    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A computed text; `#VALUE!` past [`MAX_TEXT`].
    pub fn checked_text(text: String) -> Self {
        if fits_cell(&text) {
            Self::Text(text.into())
        } else {
            Self::Error(ErrorKind::Value)
        }
    }

    pub fn array(array: Array) -> Self {
        Self::Array(Arc::new(array))
    }

    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }

    pub fn as_error(&self) -> Option<ErrorKind> {
        match self {
            Self::Error(kind) => Some(*kind),
            _ => None,
        }
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::number(x)
    }
}

impl From<bool> for Value {
    fn from(x: bool) -> Self {
        Self::Bool(x)
    }
}

impl From<&str> for Value {
    fn from(x: &str) -> Self {
        Self::Text(x.into())
    }
}

impl From<ErrorKind> for Value {
    fn from(x: ErrorKind) -> Self {
        Self::Error(x)
    }
}
