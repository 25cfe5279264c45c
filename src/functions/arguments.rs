//! Reading the single values among a call's arguments.

use super::Operand;
use crate::value::{ErrorKind, Value};
use std::sync::Arc;

/// Single values by their place, in a [`super::ValueRule::Scalar`] rule's
/// `[Value]` and in the `[Operand]` of the other rules.
pub(super) trait Scalars {
    /// The value of an argument; `None` where it was left out.
    fn value(&self, index: usize) -> Option<&Value>;

    /// A number; an argument left out counts as `default`.
    fn number_or(&self, index: usize, default: f64) -> Result<f64, ErrorKind> {
        self.value(index).map_or(Ok(default), Value::to_number)
    }

    /// A number, 0 where it was left out.
    fn number(&self, index: usize) -> Result<f64, ErrorKind> {
        self.number_or(index, 0.0)
    }

    /// A number without its decimals.
    fn whole_or(&self, index: usize, default: f64) -> Result<f64, ErrorKind> {
        self.number_or(index, default).map(f64::trunc)
    }

    fn whole(&self, index: usize) -> Result<f64, ErrorKind> {
        self.whole_or(index, 0.0)
    }

    /// A number in the functions that came with the Analysis ToolPak: a truth
    /// value is `#VALUE!`.
    fn strict_or(&self, index: usize, default: f64) -> Result<f64, ErrorKind> {
        match self.value(index) {
            Some(Value::Bool(_)) => Err(ErrorKind::Value),
            _ => self.number_or(index, default),
        }
    }

    fn flag_or(&self, index: usize, default: bool) -> Result<bool, ErrorKind> {
        self.value(index).map_or(Ok(default), Value::to_bool)
    }

    fn text(&self, index: usize) -> Result<Arc<str>, ErrorKind> {
        self.value(index)
            .map_or_else(|| Ok("".into()), Value::to_text)
    }
}

impl Scalars for [Value] {
    fn value(&self, index: usize) -> Option<&Value> {
        self.get(index)
    }
}

impl Scalars for [Operand] {
    fn value(&self, index: usize) -> Option<&Value> {
        match self.get(index) {
            Some(Operand::Value(value)) => Some(value),
            _ => None,
        }
    }
}

/// A result as a value.
pub(super) fn done(result: Result<impl Into<Value>, ErrorKind>) -> Value {
    result.map_or_else(Value::Error, Into::into)
}

/// Whether an argument was written.
pub(super) fn given(args: &[Operand], index: usize) -> bool {
    args.get(index)
        .is_some_and(|arg| !matches!(arg, Operand::Omitted))
}
