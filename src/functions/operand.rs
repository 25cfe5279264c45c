//! What a function is called with and what it returns.

use crate::grid::Area;
use crate::value::{ErrorKind, Value};
use std::fmt;
use std::sync::Arc;

/// An argument or a result.
#[derive(Clone, Debug)]
pub enum Operand {
    Value(Value),
    /// One or more rectangles of cells (several for a union or a 3-D
    /// reference); never none.
    Reference(Vec<Area>),
    Lambda(Lambda),
    /// An argument left out between others.
    Omitted,
}

impl Operand {
    pub fn error(kind: ErrorKind) -> Self {
        Self::Value(Value::Error(kind))
    }
}

impl<T: Into<Value>> From<T> for Operand {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// A function as a value: a LAMBDA with what it has captured.
#[derive(Clone)]
pub struct Lambda(pub Arc<dyn Callable>);

/// What can be called; implemented by the interpreter.
pub trait Callable: Send + Sync {
    /// The number of parameters, and how many of them are optional.
    fn arity(&self) -> (usize, usize);
    /// For the interpreter to find its own closure again.
    fn as_any(&self) -> &dyn std::any::Any;
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lambda/{}", self.0.arity().0)
    }
}
