//! The criteria of SUMIF, COUNTIFS and the database functions: `">=5"`,
//! `"<>x"`, `"a*"`, `3`, `TRUE`, `"#N/A"`, `"="`.

use super::postings::Key;
use super::wildcard::Wildcard;
use crate::value::{DateSystem, ErrorKind, Value, parse_number_in};
use std::cmp::Ordering;
use std::sync::Arc;

/// One criterion, read once and asked of many cells.
#[derive(Clone, Debug)]
pub struct Criterion {
    relation: Relation,
    target: Target,
    /// How texts that spell dates are counted.
    dates: DateSystem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Debug)]
enum Target {
    /// `"="` and `"<>"`: a cell with nothing in it.
    Nothing,
    /// `""`: nothing in it, or the empty text.
    Empty,
    /// `">"` and the like, without anything to compare with.
    Never,
    Number(f64),
    Bool(bool),
    Error(ErrorKind),
    /// `pattern` for `=` and `<>`, where wildcards count; the text as such for the order.
    Text {
        text: Arc<str>,
        pattern: Wildcard,
    },
}

impl Criterion {
    /// Reads a criterion as Excel does: a blank cell counts as the number 0;
    /// text may begin with an operator, and what follows is a number, a
    /// boolean or an error where it spells one.
    pub fn new(criterion: &Value, dates: DateSystem) -> Self {
        let plain = |target| Self {
            relation: Relation::Equal,
            target,
            dates,
        };
        match criterion {
            Value::Blank => plain(Target::Number(0.0)),
            Value::Number(x) => plain(Target::Number(*x)),
            Value::Bool(b) => plain(Target::Bool(*b)),
            Value::Error(kind) => plain(Target::Error(*kind)),
            Value::Array(array) => Self::new(array.get(0, 0), dates),
            Value::Text(text) => Self::from_text(text, dates),
        }
    }

    fn from_text(text: &str, dates: DateSystem) -> Self {
        const OPERATORS: [(&str, Relation); 6] = [
            ("<>", Relation::NotEqual),
            ("<=", Relation::LessEqual),
            (">=", Relation::GreaterEqual),
            ("=", Relation::Equal),
            ("<", Relation::Less),
            (">", Relation::Greater),
        ];
        let operator = OPERATORS
            .iter()
            .find_map(|&(symbol, relation)| Some((relation, text.strip_prefix(symbol)?)));
        let (relation, rest) = operator.unwrap_or((Relation::Equal, text));
        let target = if rest.is_empty() {
            match (operator, relation) {
                (None, _) => Target::Empty,
                (_, Relation::Equal | Relation::NotEqual) => Target::Nothing,
                _ => Target::Never,
            }
        } else if let Some(x) = parse_number_in(rest, dates) {
            Target::Number(x)
        } else if rest.eq_ignore_ascii_case("TRUE") {
            Target::Bool(true)
        } else if rest.eq_ignore_ascii_case("FALSE") {
            Target::Bool(false)
        } else if let Some(kind) = ErrorKind::parse(rest) {
            Target::Error(kind)
        } else {
            Target::Text {
                text: rest.into(),
                pattern: Wildcard::new(rest),
            }
        };
        Self {
            relation,
            target,
            dates,
        }
    }

    /// Whether a cell's value meets the criterion.
    pub fn matches(&self, value: &Value) -> bool {
        match self.relation {
            Relation::Equal => self.equals(value),
            Relation::NotEqual => match (&self.target, value) {
                // "5" typed as text equals 5, and yet it is among what is not 5.
                (Target::Number(_), Value::Text(_)) => true,
                _ => !self.equals(value),
            },
            Relation::Less => self.ordering(value) == Some(Ordering::Less),
            Relation::LessEqual => {
                matches!(self.ordering(value), Some(Ordering::Less | Ordering::Equal))
            }
            Relation::Greater => self.ordering(value) == Some(Ordering::Greater),
            Relation::GreaterEqual => {
                matches!(
                    self.ordering(value),
                    Some(Ordering::Greater | Ordering::Equal)
                )
            }
        }
    }

    /// What a cell must equal to meet it; `None` where that is no single
    /// number or text.
    pub fn key(&self) -> Option<Key> {
        match (self.relation, &self.target) {
            (Relation::Equal, Target::Number(x)) => Some(Key::number(*x)),
            (Relation::Equal, Target::Text { pattern, .. }) => pattern.literal().map(Key::text),
            _ => None,
        }
    }

    /// Whether an empty cell meets the criterion.
    pub fn matches_blank(&self) -> bool {
        self.matches(&Value::Blank)
    }

    fn equals(&self, value: &Value) -> bool {
        match (&self.target, value) {
            (Target::Nothing, value) => value.is_blank(),
            (Target::Empty, Value::Text(text)) => text.is_empty(),
            (Target::Empty, value) => value.is_blank(),
            (Target::Number(want), Value::Number(x)) => want == x,
            // "5" typed as text counts as 5 for equality, not for the order.
            (Target::Number(want), Value::Text(text)) => {
                parse_number_in(text, self.dates) == Some(*want)
            }
            (Target::Bool(want), Value::Bool(b)) => want == b,
            (Target::Error(want), Value::Error(kind)) => want == kind,
            (Target::Text { pattern, .. }, Value::Text(text)) => pattern.matches(text),
            _ => false,
        }
    }

    /// The order of a cell's value and the criterion's, where they are of one kind.
    fn ordering(&self, value: &Value) -> Option<Ordering> {
        match (&self.target, value) {
            (Target::Number(want), Value::Number(x)) => x.partial_cmp(want),
            (Target::Bool(want), Value::Bool(b)) => Some(b.cmp(want)),
            (Target::Text { text, .. }, Value::Text(cell)) => {
                Value::Text(cell.clone()).compare(&Value::Text(text.clone()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(criterion: impl Into<Value>, value: impl Into<Value>) -> bool {
        Criterion::new(&criterion.into(), DateSystem::Since1900).matches(&value.into())
    }

    #[test]
    fn numbers_match_numbers_and_their_texts() {
        assert!(holds(5.0, 5.0));
        assert!(holds("5", 5.0));
        assert!(holds("=5", "5"));
        assert!(holds(5.0, "5"));
        assert!(!holds(">4", "5"));
        assert!(holds(">4", 5.0));
        assert!(!holds(">=5", 4.999));
        assert!(holds("<>5", "x"));
        assert!(holds("<>5", "5"));
        assert!(!holds("<>5", 5.0));
        assert!(!holds(">", "x"));
        assert!(!holds("<=", ""));
        assert!(holds("<>5", Value::Blank));
        assert!(!holds("<5", Value::Blank));
        assert!(!holds(0.0, Value::Blank));
        assert!(holds(Value::Blank, 0.0));
    }

    #[test]
    fn texts_match_with_wildcards_and_without_case() {
        assert!(holds("apple", "APPLE"));
        assert!(holds("a*", "apple"));
        assert!(!holds("*", 5.0));
        assert!(!holds("*", Value::Blank));
        assert!(holds("*", ""));
        assert!(holds("<>a*", "bee"));
        assert!(!holds("<>a*", "Ant"));
        assert!(holds("~*", "*"));
    }

    #[test]
    fn nothing_and_the_empty_text_differ() {
        assert!(holds("", Value::Blank));
        assert!(holds("", ""));
        assert!(holds("=", Value::Blank));
        assert!(!holds("=", ""));
        assert!(holds("<>", ""));
        assert!(!holds("<>", Value::Blank));
    }

    #[test]
    fn booleans_and_errors_match_their_own_kind() {
        assert!(holds(true, true));
        assert!(holds("=TRUE", true));
        assert!(!holds("TRUE", 1.0));
        assert!(holds("#N/A", ErrorKind::Na));
        assert!(!holds("#N/A", ErrorKind::Div0));
        assert!(holds("<>#N/A", 1.0));
    }
}
