//! Which rectangles of a sheet meet a rectangle.

use crate::grid::Rect;
use rustc_hash::FxHashMap;

/// Items by the rectangle they cover, which may overlap.
///
/// Rectangles are sorted by the powers of two that hold their height and
/// width. Each such level is a grid of buckets of that size, so a rectangle lies in
/// at most four buckets of its level, and a search looks into few buckets of
/// each level in use. Adding and removing take constant time.
#[derive(Clone, Debug)]
pub struct RectIndex<T> {
    levels: FxHashMap<(u8, u8), Level<T>>,
}

#[derive(Clone, Debug)]
struct Level<T> {
    buckets: FxHashMap<(u32, u32), Vec<(Rect, T)>>,
    len: usize,
}

impl<T> Default for RectIndex<T> {
    fn default() -> Self {
        Self {
            levels: FxHashMap::default(),
        }
    }
}

/// Buckets are at least 2^4 rows high, so that a column of single cells shares them.
const LEAST_ROWS: u8 = 4;

/// The level of a rectangle: the exponents of the smallest powers of two that
/// are at least its height and its width.
fn level(rect: &Rect) -> (u8, u8) {
    let exponent = |n: u32| n.next_power_of_two().trailing_zeros() as u8;
    (exponent(rect.rows()).max(LEAST_ROWS), exponent(rect.cols()))
}

/// The buckets of a level that a rectangle meets: rows and columns of buckets.
fn buckets(rect: &Rect, (rows, cols): (u8, u8)) -> Rect {
    Rect {
        top: rect.top >> rows,
        left: rect.left >> cols,
        bottom: rect.bottom >> rows,
        right: rect.right >> cols,
    }
}

impl<T: Copy + PartialEq> RectIndex<T> {
    pub fn insert(&mut self, rect: Rect, item: T) {
        let size = level(&rect);
        let level = self.levels.entry(size).or_insert_with(|| Level {
            buckets: FxHashMap::default(),
            len: 0,
        });
        level.len += 1;
        for at in buckets(&rect, size).cells() {
            let bucket = level.buckets.entry((at.row, at.col)).or_default();
            bucket.push((rect, item));
        }
    }

    /// Removes one item that was inserted with this rectangle.
    pub fn remove(&mut self, rect: Rect, item: T) {
        let size = level(&rect);
        let Some(level) = self.levels.get_mut(&size) else {
            return;
        };
        let mut found = false;
        for at in buckets(&rect, size).cells() {
            let Some(bucket) = level.buckets.get_mut(&(at.row, at.col)) else {
                continue;
            };
            if let Some(place) = bucket.iter().position(|entry| *entry == (rect, item)) {
                bucket.swap_remove(place);
                found = true;
            }
            if bucket.is_empty() {
                level.buckets.remove(&(at.row, at.col));
            }
        }
        level.len -= usize::from(found);
        if level.len == 0 {
            self.levels.remove(&size);
        }
    }

    /// Calls `visit` once for every item whose rectangle meets `rect`.
    pub fn for_each(&self, rect: Rect, mut visit: impl FnMut(Rect, T)) {
        for (size, level) in &self.levels {
            let wanted = buckets(&rect, *size);
            let mut look = |bucket: (u32, u32), entries: &[(Rect, T)]| {
                for (found, item) in entries {
                    let Some(common) = found.intersection(&rect) else {
                        continue;
                    };
                    // Of the buckets it lies in, an item counts where its
                    // meeting with `rect` begins.
                    let first = buckets(&common, *size);
                    if bucket == (first.top, first.left) {
                        visit(*found, *item);
                    }
                }
            };
            if wanted.len() > level.buckets.len() as u64 {
                for (bucket, entries) in &level.buckets {
                    look(*bucket, entries);
                }
            } else {
                for at in wanted.cells() {
                    let bucket = (at.row, at.col);
                    if let Some(entries) = level.buckets.get(&bucket) {
                        look(bucket, entries);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        let span = |size: u32| {
            prop_oneof![
                (0..40u32, 0..6u32).prop_map(|(a, n)| (a, a + n)),
                (0..size).prop_flat_map(move |a| (Just(a), a..size)),
            ]
        };
        (span(1000), span(300)).prop_map(|((top, bottom), (left, right))| Rect {
            top,
            left,
            bottom,
            right,
        })
    }

    proptest! {
        #[test]
        fn finds_what_a_search_of_all_finds(
            rects in proptest::collection::vec(rect(), 1..60),
            removed in proptest::collection::vec(any::<bool>(), 60),
            query in rect(),
        ) {
            let mut index = RectIndex::default();
            for (item, rect) in rects.iter().enumerate() {
                index.insert(*rect, item);
            }
            let mut expected = Vec::new();
            for (item, rect) in rects.iter().enumerate() {
                if removed[item] {
                    index.remove(*rect, item);
                } else if rect.intersection(&query).is_some() {
                    expected.push((*rect, item));
                }
            }
            let mut found = Vec::new();
            index.for_each(query, |rect, item| found.push((rect, item)));
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
