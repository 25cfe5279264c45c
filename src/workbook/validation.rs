//! Data validation: what may be entered into cells.

use super::conditional::origin;
use super::{CompareOp, Template};
use crate::grid::{Pos, Rect};
use std::sync::Arc;

/// What may be entered into some cells, and what is said about it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Validation {
    /// Never empty. The first one's top left cell is what relative references
    /// in formulas count from.
    pub areas: Vec<Rect>,
    pub allowed: Allowed,
    /// Whether nothing may be entered, too.
    pub allow_blank: bool,
    /// Whether a list is offered in the cell.
    pub dropdown: bool,
    /// Shown while the cell is selected; `None` for nothing.
    pub prompt: Option<Message>,
    /// What happens with an entry that is not allowed; `None`: it is accepted.
    pub alert: Option<Alert>,
    /// Whether the file keeps it among the extensions that came after 2007.
    pub in_extension: bool,
}

impl Validation {
    /// The cell that its formulas' relative references count from.
    pub fn origin(&self) -> Pos {
        origin(&self.areas)
    }

    /// Whether it speaks of a cell.
    pub fn covers(&self, at: Pos) -> bool {
        self.areas.iter().any(|area| area.contains(at))
    }

    /// Every formula in it, to be changed in place.
    pub fn each_formula(&mut self, change: &mut dyn FnMut(&mut Arc<Template>)) {
        match &mut self.allowed {
            Allowed::Any => {}
            Allowed::Number { formulas, .. } => formulas.iter_mut().for_each(change),
            Allowed::List(formula) | Allowed::Custom(formula) => change(formula),
        }
    }
}

/// What a cell may hold.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Allowed {
    Any,
    /// A number, compared with as many formulas as the operator wants.
    Number {
        kind: NumberKind,
        operator: CompareOp,
        formulas: Vec<Arc<Template>>,
    },
    /// The values of a reference, or of a text with commas between them.
    List(Arc<Template>),
    /// What makes a formula true.
    Custom(Arc<Template>),
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum NumberKind {
    Whole,
    Decimal,
    Date,
    Time,
    /// The number of characters.
    TextLength,
}

/// A title and a text; either may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub title: Arc<str>,
    pub text: Arc<str>,
}

/// What happens with an entry that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Alert {
    pub style: AlertStyle,
    /// What is said instead of the usual words.
    pub message: Message,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum AlertStyle {
    /// The entry is refused.
    #[default]
    Stop,
    /// Asks whether to go on.
    Warning,
    /// Tells.
    Information,
}
