//! What a part of a formula evaluates to in each lane of a block.

use super::Column;
use crate::functions::Operand;
use crate::value::{DateSystem, ErrorKind, Value};
use std::borrow::Cow;

/// The results of a part, by lane.
#[derive(Clone, Debug)]
pub enum Lanes<'a> {
    /// One for all lanes.
    Same(Operand),
    Numbers(Cow<'a, [f64]>),
    Truths(Vec<bool>),
    Values(Cow<'a, [Value]>),
    /// References and what else is no value.
    Operands(Vec<Operand>),
}

/// The numbers that arithmetic sees.
pub enum Numbers<'l> {
    Same(f64),
    Each(Cow<'l, [f64]>),
}

impl Numbers<'_> {
    pub fn get(&self, lane: usize) -> f64 {
        match self {
            Self::Same(x) => *x,
            Self::Each(numbers) => numbers[lane],
        }
    }
}

impl<'a> Lanes<'a> {
    pub fn same(value: Value) -> Self {
        Self::Same(Operand::Value(value))
    }

    pub fn error(kind: ErrorKind) -> Self {
        Self::Same(Operand::error(kind))
    }

    /// Values by lane, in the form that is fastest to work with.
    pub fn pack(values: Vec<Value>) -> Self {
        match values.first() {
            Some(Value::Number(_)) => {
                let number = |value: &Value| match value {
                    Value::Number(x) => Some(*x),
                    _ => None,
                };
                match values.iter().map(number).collect() {
                    Some(numbers) => Self::Numbers(Cow::Owned(numbers)),
                    None => Self::Values(Cow::Owned(values)),
                }
            }
            Some(Value::Bool(_)) => {
                let truth = |value: &Value| match value {
                    Value::Bool(b) => Some(*b),
                    _ => None,
                };
                match values.iter().map(truth).collect() {
                    Some(truths) => Self::Truths(truths),
                    None => Self::Values(Cow::Owned(values)),
                }
            }
            _ => Self::Values(Cow::Owned(values)),
        }
    }

    /// Operands by lane; packed where all are values.
    pub fn of_operands(operands: Vec<Operand>) -> Self {
        if !operands
            .iter()
            .all(|operand| matches!(operand, Operand::Value(_)))
        {
            return Self::Operands(operands);
        }
        let values = operands.into_iter().map(|operand| match operand {
            Operand::Value(value) => value,
            _ => Value::Blank,
        });
        Self::pack(values.collect())
    }

    pub fn operand(&self, lane: usize) -> Operand {
        match self {
            Self::Same(operand) => operand.clone(),
            Self::Operands(operands) => operands[lane].clone(),
            lanes => Operand::Value(lanes.value(lane)),
        }
    }

    /// The value of a lane, where lanes hold values.
    pub fn value(&self, lane: usize) -> Value {
        match self {
            Self::Numbers(numbers) => Value::Number(numbers[lane]),
            Self::Truths(truths) => Value::Bool(truths[lane]),
            Self::Values(values) => values[lane].clone(),
            Self::Same(operand) => value_of(operand),
            Self::Operands(operands) => value_of(&operands[lane]),
        }
    }

    /// The values for arithmetic: see [`Value::dated`].
    pub fn dated(self, dates: DateSystem) -> Self {
        match (self, dates) {
            (lanes, DateSystem::Since1900) => lanes,
            (Self::Values(values), _) => {
                let values = values.into_owned().into_iter();
                Self::pack(values.map(|value| value.dated(dates)).collect())
            }
            (Self::Same(Operand::Value(value)), _) => Self::same(value.dated(dates)),
            (lanes, _) => lanes,
        }
    }

    /// The numbers that arithmetic sees; `None` where a lane has none.
    pub fn numbers(&self) -> Option<Numbers<'_>> {
        let scalar = |value: &Value| match value {
            Value::Array(_) => None,
            value => value.to_number().ok(),
        };
        match self {
            Self::Numbers(numbers) => Some(Numbers::Each(Cow::Borrowed(numbers))),
            Self::Same(Operand::Value(value)) => scalar(value).map(Numbers::Same),
            Self::Truths(truths) => {
                let numbers = truths.iter().map(|&b| f64::from(u8::from(b)));
                Some(Numbers::Each(numbers.collect()))
            }
            Self::Values(values) => {
                let numbers: Option<Vec<f64>> = values.iter().map(scalar).collect();
                Some(Numbers::Each(Cow::Owned(numbers?)))
            }
            Self::Same(_) | Self::Operands(_) => None,
        }
    }

    /// Numbers in every lane, as they are: nothing is read as a number.
    pub fn plain_numbers(&self) -> Option<Numbers<'_>> {
        match self {
            Self::Numbers(numbers) => Some(Numbers::Each(Cow::Borrowed(numbers))),
            Self::Same(Operand::Value(Value::Number(x))) => Some(Numbers::Same(*x)),
            _ => None,
        }
    }

    /// The results as their cells show them: of an array the first, and an
    /// empty cell as 0.
    pub fn into_column(self, len: usize) -> Column {
        let shown = |value: Value| match value {
            Value::Blank => Value::Number(0.0),
            Value::Array(array) => match array.get(0, 0) {
                Value::Blank => Value::Number(0.0),
                first => first.clone(),
            },
            value => value,
        };
        match self {
            Self::Numbers(numbers) => Column::Numbers(numbers.into_owned()),
            Self::Same(operand) => match shown(value_of(&operand)) {
                Value::Number(x) => Column::Numbers(vec![x; len]),
                value => Column::Values(vec![value; len]),
            },
            Self::Truths(truths) => Column::Values(truths.into_iter().map(Value::Bool).collect()),
            Self::Values(values) => {
                Column::Values(values.into_owned().into_iter().map(shown).collect())
            }
            Self::Operands(operands) => {
                Column::Values(operands.iter().map(value_of).map(shown).collect())
            }
        }
    }
}

/// The value of an operand that has been read.
fn value_of(operand: &Operand) -> Value {
    match operand {
        Operand::Value(value) => value.clone(),
        Operand::Omitted => Value::Blank,
        Operand::Lambda(_) => Value::Error(ErrorKind::Calc),
        Operand::Reference(_) => Value::Error(ErrorKind::Value),
    }
}
