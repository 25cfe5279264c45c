//! Where each value of an area stands: what COUNTIF, SUMIFS and their kind
//! look up instead of asking every cell.

use super::wildcard::folded;
use crate::grid::Pos;
use crate::value::{DateSystem, Value, parse_number_in};
use rustc_hash::FxHashMap;

/// A value that a criterion asks cells to equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(Kind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// The bits of a number, never of a negative zero.
    Number(u64),
    /// Text as wildcards see it, without case.
    Text(Box<str>),
}

impl Key {
    pub(super) fn number(x: f64) -> Self {
        // Adding 0 makes a negative zero positive.
        Self(Kind::Number((x + 0.0).to_bits()))
    }

    /// Text that has been folded.
    pub(super) fn text(folded: String) -> Self {
        Self(Kind::Text(folded.into()))
    }
}

/// The cells of an area by their values. Text that spells a number stands
/// under both, as a criterion takes it for either.
#[derive(Debug)]
pub struct Postings {
    places: FxHashMap<Key, Vec<Pos>>,
    dates: DateSystem,
}

impl Postings {
    /// None yet; `dates` is the workbook's system.
    pub fn new(dates: DateSystem) -> Self {
        Self {
            places: FxHashMap::default(),
            dates,
        }
    }

    /// Adds a cell; cells come row by row.
    pub fn add(&mut self, at: Pos, value: &Value) {
        match value {
            Value::Number(x) => self.push(Key::number(*x), at),
            Value::Text(text) => {
                if let Some(x) = parse_number_in(text, self.dates) {
                    self.push(Key::number(x), at);
                }
                self.push(Key::text(folded(text)), at);
            }
            // No number or text equals these.
            Value::Blank | Value::Bool(_) | Value::Error(_) | Value::Array(_) => {}
        }
    }

    fn push(&mut self, key: Key, at: Pos) {
        self.places.entry(key).or_default().push(at);
    }

    /// All cells that may equal a key, row by row.
    pub fn find(&self, key: &Key) -> &[Pos] {
        self.places.get(key).map_or(&[], Vec::as_slice)
    }
}
