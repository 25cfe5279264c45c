//! Where each value of an area stands: what COUNTIF, SUMIFS and their kind
//! look up instead of asking every cell.

use super::wildcard::folded;
use crate::grid::Pos;
use crate::value::{DateSystem, Value, parse_number_in};
use rustc_hash::FxHashMap;
use std::sync::Arc;

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
    /// Numbers of lists.
    places: FxHashMap<Key, usize>,
    lists: Vec<Vec<Pos>>,
    /// The lists of each text seen, by its address: cells with equal text mostly
    /// share it. Held, so that no other text comes to that address.
    texts: FxHashMap<usize, (Arc<str>, TextLists)>,
    dates: DateSystem,
}

/// That of the text, and that of the number it spells.
type TextLists = (usize, Option<usize>);

impl Postings {
    /// None yet; `dates` is the workbook's system.
    pub fn new(dates: DateSystem) -> Self {
        Self {
            places: FxHashMap::default(),
            lists: Vec::new(),
            texts: FxHashMap::default(),
            dates,
        }
    }

    /// Adds a cell; cells come row by row.
    pub fn add(&mut self, at: Pos, value: &Value) {
        match value {
            Value::Number(x) => {
                let list = self.list(Key::number(*x));
                self.lists[list].push(at);
            }
            Value::Text(text) => {
                let (list, number) = self.text_lists(text);
                self.lists[list].push(at);
                if let Some(number) = number {
                    self.lists[number].push(at);
                }
            }
            // No number or text equals these.
            Value::Blank | Value::Bool(_) | Value::Error(_) | Value::Array(_) => {}
        }
    }

    fn list(&mut self, key: Key) -> usize {
        *self.places.entry(key).or_insert_with(|| {
            self.lists.push(Vec::new());
            self.lists.len() - 1
        })
    }

    fn text_lists(&mut self, text: &Arc<str>) -> TextLists {
        let address = text.as_ptr().addr();
        if let Some((_, lists)) = self.texts.get(&address) {
            return *lists;
        }
        let lists = (
            self.list(Key::text(folded(text))),
            parse_number_in(text, self.dates).map(|x| self.list(Key::number(x))),
        );
        self.texts.insert(address, (text.clone(), lists));
        lists
    }

    /// All cells that may equal a key, row by row.
    pub fn find(&self, key: &Key) -> &[Pos] {
        let list = self.places.get(key);
        list.map_or(&[], |&list| self.lists[list].as_slice())
    }
}
