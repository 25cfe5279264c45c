//! Reading the arguments of a call: single values by their place, and the
//! numbers of ranges.

mod ranges;

pub(super) use ranges::{Counting, collect, common_part, for_each_number, numbers, pairs};

use super::Operand;
use crate::value::{ErrorKind, Value};
use std::sync::Arc;

/// Single values by their place, for `Scalar` parameters: in a [`super::ValueRule::Scalar`] rule's
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

    fn strict(&self, index: usize) -> Result<f64, ErrorKind> {
        self.strict_or(index, 0.0)
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
        static NO_VALUE: Value = Value::Error(ErrorKind::Value);
        static LAMBDA: Value = Value::Error(ErrorKind::Calc);
        match self.get(index)? {
            Operand::Value(value) => Some(value),
            Operand::Omitted => None,
            Operand::Reference(_) => Some(&NO_VALUE),
            Operand::Lambda(_) => Some(&LAMBDA),
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

/// The value rule of a function of numbers: `numeric!(|x, base = 10.0| …)`,
/// with the defaults of arguments left out; the body is a `Result<f64, ErrorKind>`.
macro_rules! numeric {
    (|$($name:ident $(= $default:tt)?),+| $body:expr) => {
        $crate::functions::arguments::numeric!(number_or: |$($name $(= $default)?),+| $body)
    };
    ($read:ident: |$($name:ident $(= $default:tt)?),+| $body:expr) => {
        $crate::functions::ValueRule::Numbers {
            read: |args| {
                use $crate::functions::arguments::Scalars;
                let mut numbers = [0.0; $crate::functions::MAX_NUMBERS];
                let mut index = 0..;
                $(
                    let at: usize = index.next().unwrap_or(usize::MAX);
                    let $name = args.$read(at, 0.0 $(+ $default)?)?;
                    numbers[at] = $name;
                )+
                Ok(numbers)
            },
            rule: |numbers| {
                let mut index = 0..;
                $(
                    let $name: f64 = numbers[index.next().unwrap_or(usize::MAX)];
                )+
                $body
            },
        }
    };
}
pub(super) use numeric;

/// [`numeric!`] for functions that came with the Analysis ToolPak: booleans
/// are `#VALUE!` to them.
macro_rules! analysis {
    (|$($name:ident $(= $default:tt)?),+| $body:expr) => {
        $crate::functions::arguments::numeric!(strict_or: |$($name $(= $default)?),+| $body)
    };
}
pub(super) use analysis;

/// The error where a condition does not hold.
pub(super) fn ensure(holds: bool, kind: ErrorKind) -> Result<(), ErrorKind> {
    if holds { Ok(()) } else { Err(kind) }
}

/// `#NUM!` where a condition does not hold.
pub(super) fn require(holds: bool) -> Result<(), ErrorKind> {
    ensure(holds, ErrorKind::Num)
}

/// A computed number as a result; not finite is `#NUM!`.
pub(super) fn finite(x: f64) -> Result<Operand, ErrorKind> {
    Ok(Operand::Value(Value::number(x)))
}
