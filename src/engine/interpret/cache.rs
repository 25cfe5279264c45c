//! What formulas prepare from areas that are read again and again: arrays,
//! indexes for exact search, and postings of values. Kept until a cell of the area changes.

use crate::functions::Postings;
use crate::grid::Area;
use crate::random::mix;
use crate::value::{Array, Value, fold_case};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Smaller areas are read anew each time.
pub(super) const WORTH_KEEPING: u64 = 32;
/// Smaller areas are searched for all cells of a value anew each time.
pub(super) const WORTH_INDEXING: u64 = 64;
/// The cells kept in all arrays and indexes together.
const MOST_CELLS: u64 = 1 << 23;
/// Slots of the table that remembers which areas were asked for lately.
const RECENT: usize = 1 << 12;

/// Places by value, for exact search.
#[derive(Debug, Default)]
pub struct Index {
    /// The first and the last place of each value.
    places: FxHashMap<Key, (u32, u32)>,
}

/// A value as exact search sees it: kinds do not mix, text without case.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(in crate::engine) enum Key {
    Number(u64),
    Text(Box<str>),
    Bool(bool),
}

impl Key {
    /// `None` for what exact search never finds: blanks, errors, arrays.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            // Adding 0 makes a negative zero positive.
            Value::Number(x) => Some(Key::Number((x + 0.0).to_bits())),
            Value::Text(text) => Some(Key::Text(fold_case(text).into())),
            Value::Bool(b) => Some(Key::Bool(*b)),
            Value::Blank | Value::Error(_) | Value::Array(_) => None,
        }
    }
}

impl Index {
    pub fn add(&mut self, place: u32, value: &Value) {
        if let Some(key) = Key::of(value) {
            self.places
                .entry(key)
                .and_modify(|(first, last)| {
                    *first = place.min(*first);
                    *last = place.max(*last);
                })
                .or_insert((place, place));
        }
    }

    pub fn find(&self, value: &Value, last: bool) -> Option<usize> {
        let &(first, final_one) = self.places.get(&Key::of(value)?)?;
        Some(if last { final_one } else { first } as usize)
    }
}

/// Arrays and indexes of areas; shared by the threads of a recalculation.
#[derive(Debug, Default)]
pub struct AreaCache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    arrays: FxHashMap<Area, Arc<Array>>,
    indexes: FxHashMap<Area, Arc<Index>>,
    postings: FxHashMap<Area, Arc<Postings>>,
    cells: u64,
    /// Areas asked for once, by a hash; empty until first used.
    recent: Vec<Option<(Area, Use)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Array,
    Index,
    Postings,
}

impl Inner {
    /// Whether the area was asked for lately: only what is used again is kept.
    fn again(&mut self, area: Area, what: Use) -> bool {
        if self.recent.is_empty() {
            self.recent.resize(RECENT, None);
        }
        let rect = area.rect;
        let mut hash = u64::from(area.sheet.0);
        for word in [rect.top, rect.left, rect.bottom, rect.right, what as u32] {
            hash = mix(hash ^ u64::from(word));
        }
        let slot = &mut self.recent[hash as usize % RECENT];
        slot.replace((area, what)) == Some((area, what))
    }

    fn room_for(&mut self, cells: u64) {
        if self.cells + cells > MOST_CELLS {
            self.arrays.clear();
            self.indexes.clear();
            self.postings.clear();
            self.cells = 0;
        }
        self.cells += cells;
    }
}

impl AreaCache {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whoever panicked while holding it left only whole entries.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The array of an area, made by `read` and kept if it is asked for again.
    pub fn array(&self, area: Area, read: impl FnOnce() -> Array) -> Arc<Array> {
        let keep = {
            let mut inner = self.lock();
            if let Some(array) = inner.arrays.get(&area) {
                return array.clone();
            }
            inner.again(area, Use::Array)
        };
        let array = Arc::new(read());
        if keep {
            let mut inner = self.lock();
            inner.room_for(area.rect.len());
            inner.arrays.insert(area, array.clone());
        }
        array
    }

    /// The index of an area, made by `build` at the second request; `None` at
    /// the first, when a plain search is cheaper.
    pub fn index(&self, area: Area, build: impl FnOnce() -> Index) -> Option<Arc<Index>> {
        {
            let mut inner = self.lock();
            if let Some(index) = inner.indexes.get(&area) {
                return Some(index.clone());
            }
            if !inner.again(area, Use::Index) {
                return None;
            }
        }
        let index = Arc::new(build());
        let mut inner = self.lock();
        inner.room_for(area.rect.len());
        inner.indexes.insert(area, index.clone());
        Some(index)
    }

    /// The postings of an area, made by `build` at the second request; `None`
    /// at the first, when visiting its cells is cheaper.
    pub fn postings(&self, area: Area, build: impl FnOnce() -> Postings) -> Option<Arc<Postings>> {
        {
            let mut inner = self.lock();
            if let Some(postings) = inner.postings.get(&area) {
                return Some(postings.clone());
            }
            if !inner.again(area, Use::Postings) {
                return None;
            }
        }
        let postings = Arc::new(build());
        let mut inner = self.lock();
        inner.room_for(area.rect.len());
        inner.postings.insert(area, postings.clone());
        Some(postings)
    }

    /// Forgets everything made from cells of `area`.
    pub fn forget(&self, area: Area) {
        let mut inner = self.lock();
        let fresh =
            |kept: &Area| kept.sheet != area.sheet || kept.rect.intersection(&area.rect).is_none();
        inner.arrays.retain(|kept, _| fresh(kept));
        inner.indexes.retain(|kept, _| fresh(kept));
        inner.postings.retain(|kept, _| fresh(kept));
    }

    /// Whether anything is kept that [`AreaCache::forget`] would have to look at.
    pub fn is_empty(&self) -> bool {
        let inner = self.lock();
        inner.arrays.is_empty() && inner.indexes.is_empty() && inner.postings.is_empty()
    }

    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }
}
