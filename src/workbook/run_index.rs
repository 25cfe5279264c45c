//! Finding the run that covers a cell.
//!
//! A segment tree over the sheet's columns (de Berg et al., Computational
//! Geometry, 10.3): a run's columns are split into at most 28 spans of the
//! tree, and within a span runs are disjoint in rows, so a sorted map finds
//! them. A run takes the same few entries whether it is one cell, a million
//! rows or all columns.

use super::RunId;
use crate::grid::{MAX_COLS, Pos, Rect};
use std::collections::BTreeMap;

/// Levels of the tree: single columns at 0, the whole sheet at the last.
const LEVELS: usize = MAX_COLS.trailing_zeros() as usize + 1;

#[derive(Clone, Debug, Default)]
pub(super) struct RunIndex {
    /// By level, then by span (column >> level).
    levels: [BTreeMap<u32, Rows>; LEVELS],
}

/// Disjoint rows by their first: the last and the run.
type Rows = BTreeMap<u32, (u32, RunId)>;

impl RunIndex {
    pub(super) fn insert(&mut self, rect: Rect, id: RunId) {
        for (level, span) in spans(rect) {
            self.levels[level]
                .entry(span)
                .or_default()
                .insert(rect.top, (rect.bottom, id));
        }
    }

    /// Takes out the run of exactly this rectangle.
    pub(super) fn remove(&mut self, rect: Rect) {
        for (level, span) in spans(rect) {
            if let Some(rows) = self.levels[level].get_mut(&span) {
                rows.remove(&rect.top);
                if rows.is_empty() {
                    self.levels[level].remove(&span);
                }
            }
        }
    }

    pub(super) fn at(&self, at: Pos) -> Option<RunId> {
        self.levels.iter().enumerate().find_map(|(level, spans)| {
            let rows = spans.get(&(at.col >> level))?;
            let (_, (bottom, id)) = rows.range(..=at.row).next_back()?;
            (at.row <= *bottom).then_some(*id)
        })
    }

    /// The runs that share a cell with `rect`, sorted.
    pub(super) fn intersecting(&self, rect: Rect) -> Vec<RunId> {
        let mut found = Vec::new();
        for (level, spans) in self.levels.iter().enumerate() {
            for rows in spans.range(rect.left >> level..=rect.right >> level) {
                let met = rows.1.range(..=rect.bottom).rev();
                found.extend(
                    met.take_while(|(_, (bottom, _))| rect.top <= *bottom)
                        .map(|(_, (_, id))| *id),
                );
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The fewest spans of the tree that make up a rectangle's columns.
fn spans(rect: Rect) -> impl Iterator<Item = (usize, u32)> {
    let (mut left, mut end) = (rect.left, rect.right + 1);
    (0..LEVELS).flat_map(move |level| {
        let first = (left < end && left % 2 == 1).then_some((level, left));
        left += left % 2;
        let last = (left < end && end % 2 == 1).then(|| (level, end - 1));
        end -= end % 2;
        left /= 2;
        end /= 2;
        [first, last].into_iter().flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_every_column_once() {
        for (left, right) in [(0, 0), (0, MAX_COLS - 1), (1, 27), (5, 6), (3, 16_382)] {
            let rect = Rect {
                top: 0,
                left,
                bottom: 0,
                right,
            };
            let mut columns: Vec<u32> = spans(rect)
                .flat_map(|(level, span)| (span << level)..((span + 1) << level))
                .collect();
            columns.sort_unstable();
            assert!(columns.into_iter().eq(left..=right), "{rect}");
            assert!(spans(rect).count() <= 28);
        }
    }
}
