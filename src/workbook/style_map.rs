//! Which cell has which style.

use crate::grid::{Axis, MAX_ROWS, Pos, Rect, Shift, ShiftKind};
use std::collections::BTreeMap;

/// The style indices of a sheet's cells, as stretches of rows by column. A
/// cell without one is shown in its row's or column's style
/// (see [`super::Sheet::style`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StyleMap {
    columns: BTreeMap<u32, Vec<Stretch>>,
}

/// Rows of a column that have the same style. Those of a column are sorted and
/// disjoint; neighbours that touch differ in style.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    top: u32,
    bottom: u32,
    style: u32,
}

impl StyleMap {
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The cell's own style; `None` where it has none.
    pub fn get(&self, at: Pos) -> Option<u32> {
        let column = self.columns.get(&at.col)?;
        let index = column.partition_point(|s| s.bottom < at.row);
        column
            .get(index)
            .filter(|s| s.top <= at.row)
            .map(|s| s.style)
    }

    /// Gives the cells of `rect` a style, or takes it away. Fastest from top to bottom.
    pub fn set(&mut self, rect: Rect, style: Option<u32>) {
        match style {
            Some(style) => {
                for col in rect.left..=rect.right {
                    let new = Stretch {
                        top: rect.top,
                        bottom: rect.bottom,
                        style,
                    };
                    let column = self.columns.entry(col).or_default();
                    match column.last_mut() {
                        Some(last) if last.bottom >= rect.top => {
                            replace(column, rect.top, rect.bottom, &[new]);
                        }
                        Some(last) if last.bottom + 1 == rect.top && last.style == style => {
                            last.bottom = rect.bottom;
                        }
                        _ => column.push(new),
                    }
                }
            }
            None => self.clear(rect),
        }
    }

    fn clear(&mut self, rect: Rect) {
        let mut emptied = Vec::new();
        for (&col, column) in self.columns.range_mut(rect.left..=rect.right) {
            replace(column, rect.top, rect.bottom, &[]);
            if column.is_empty() {
                emptied.push(col);
            }
        }
        for col in emptied {
            self.columns.remove(&col);
        }
    }

    /// The parts of `rect` whose cells have a style of their own, column by
    /// column, each one column wide.
    pub fn pieces(&self, rect: Rect) -> impl Iterator<Item = (Rect, u32)> {
        self.columns
            .range(rect.left..=rect.right)
            .flat_map(move |(&col, column)| {
                let first = column.partition_point(|s| s.bottom < rect.top);
                column[first..]
                    .iter()
                    .take_while(move |s| s.top <= rect.bottom)
                    .map(move |s| {
                        let piece = Rect {
                            top: s.top.max(rect.top),
                            left: col,
                            bottom: s.bottom.min(rect.bottom),
                            right: col,
                        };
                        (piece, s.style)
                    })
            })
    }

    /// The same cells with other styles.
    pub(super) fn mapped(&self, change: &mut dyn FnMut(u32) -> u32) -> Self {
        let mut out = Self::default();
        for (&col, column) in &self.columns {
            for stretch in column {
                let rect = Rect {
                    top: stretch.top,
                    left: col,
                    bottom: stretch.bottom,
                    right: col,
                };
                out.set(rect, Some(change(stretch.style)));
            }
        }
        out
    }

    /// The smallest rectangle that holds every cell with a style of its own.
    pub fn used(&self) -> Option<Rect> {
        let rects = self.columns.iter().filter_map(|(&col, column)| {
            Some(Rect {
                top: column.first()?.top,
                left: col,
                bottom: column.last()?.bottom,
                right: col,
            })
        });
        rects.reduce(|a, b| a.hull(&b))
    }

    /// A copy of the styles of `rect`, in their places.
    pub fn copy_of(&self, rect: Rect) -> Self {
        let mut copy = Self::default();
        for (piece, style) in self.pieces(rect) {
            copy.set(piece, Some(style));
        }
        copy
    }

    /// Makes `rect` as it is in `other`.
    pub fn put(&mut self, rect: Rect, other: &StyleMap) {
        self.clear(rect);
        for (&col, _) in other.columns.range(rect.left..=rect.right) {
            let within = Rect {
                left: col,
                right: col,
                ..rect
            };
            let new: Vec<Stretch> = other
                .pieces(within)
                .map(|(piece, style)| Stretch {
                    top: piece.top,
                    bottom: piece.bottom,
                    style,
                })
                .collect();
            if !new.is_empty() {
                let column = self.columns.entry(col).or_default();
                replace(column, rect.top, rect.bottom, &new);
            }
        }
    }
}

impl StyleMap {
    /// The styles after lines are inserted or deleted; new cells have the
    /// style of the cell before them.
    pub(super) fn shifted(&self, shift: Shift) -> Self {
        let mut columns = BTreeMap::new();
        match shift.axis {
            Axis::Columns => {
                let before = shift.at.checked_sub(1);
                let source = before.and_then(|col| self.columns.get(&col));
                if let (ShiftKind::Insert, Some(source)) = (shift.kind, source) {
                    columns.extend((shift.at..shift.end()).map(|col| (col, source.clone())));
                }
                let moved = self.columns.iter();
                columns.extend(
                    moved.filter_map(|(&col, column)| Some((shift.line(col)?, column.clone()))),
                );
            }
            Axis::Rows => {
                for (&col, column) in &self.columns {
                    let column = shifted(column, shift);
                    if !column.is_empty() {
                        columns.insert(col, column);
                    }
                }
            }
        }
        Self { columns }
    }
}

fn shifted(column: &[Stretch], shift: Shift) -> Vec<Stretch> {
    let mut moved: Vec<Stretch> = Vec::with_capacity(column.len());
    for stretch in column {
        let (top, bottom) = (stretch.top, stretch.bottom);
        let grows = shift.kind == ShiftKind::Insert && top < shift.at && bottom + 1 == shift.at;
        let span = match grows {
            true => Some((top, (bottom + shift.count).min(MAX_ROWS - 1))),
            false => shift.span((top, bottom)),
        };
        let Some((top, bottom)) = span else {
            continue;
        };
        match moved.last_mut() {
            Some(last) if last.bottom + 1 == top && last.style == stretch.style => {
                last.bottom = bottom;
            }
            _ => moved.push(Stretch {
                top,
                bottom,
                style: stretch.style,
            }),
        }
    }
    moved
}

/// Makes the rows from `top` to `bottom` what `new`, which lies within them, says.
fn replace(column: &mut Vec<Stretch>, top: u32, bottom: u32, new: &[Stretch]) {
    let start = column.partition_point(|s| s.bottom < top);
    let end = column.partition_point(|s| s.top <= bottom).max(start);
    let before = column[start..end].first().filter(|s| s.top < top);
    let after = column[start..end].last().filter(|s| s.bottom > bottom);
    let before = before.map(|s| Stretch {
        bottom: top - 1,
        ..*s
    });
    let after = after.map(|s| Stretch {
        top: bottom + 1,
        ..*s
    });
    // The neighbours take part too: they may join what is put between them.
    let from = start.saturating_sub(1);
    let to = (end + 1).min(column.len());
    let parts = column[from..start]
        .iter()
        .copied()
        .chain(before)
        .chain(new.iter().copied())
        .chain(after)
        .chain(column[end..to].iter().copied());
    let mut joined: Vec<Stretch> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if last.bottom + 1 == part.top && last.style == part.style => {
                last.bottom = part.bottom;
            }
            _ => joined.push(part),
        }
    }
    column.splice(from..to, joined);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::MAX_ROWS;
    use proptest::prelude::*;

    fn rows(top: u32, bottom: u32) -> Rect {
        Rect {
            top,
            left: 0,
            bottom,
            right: 0,
        }
    }

    #[test]
    fn a_column_styled_cell_by_cell_is_one_stretch() {
        let mut styles = StyleMap::default();
        for row in 0..1000 {
            styles.set(rows(row, row), Some(3));
        }
        assert_eq!(styles.columns[&0].len(), 1);
        styles.set(rows(500, 500), Some(4));
        assert_eq!(styles.columns[&0].len(), 3);
        styles.set(rows(500, 500), Some(3));
        assert_eq!(styles.columns[&0].len(), 1);
        styles.set(rows(0, MAX_ROWS - 1), None);
        assert!(styles.is_empty());
    }

    proptest! {
        #[test]
        fn styles_are_what_a_list_of_cells_would_hold(
            edits in prop::collection::vec((0u32..40, 0u32..12, prop::option::of(0u32..3)), 1..60),
            copied in (0u32..40, 0u32..12),
        ) {
            let mut styles = StyleMap::default();
            let mut cells = [None; 60];
            for (top, len, style) in edits {
                styles.set(rows(top, top + len), style);
                cells[top as usize..=(top + len) as usize].fill(style);
            }
            for (row, style) in cells.iter().enumerate() {
                prop_assert_eq!(styles.get(Pos::new(row as u32, 0)), *style);
            }
            let column = styles.columns.get(&0).cloned().unwrap_or_default();
            for pair in column.windows(2) {
                prop_assert!(pair[0].bottom < pair[1].top);
                prop_assert!(pair[0].bottom + 1 < pair[1].top || pair[0].style != pair[1].style);
            }
            let part = rows(copied.0, copied.0 + copied.1);
            let copy = styles.copy_of(part);
            let mut changed = styles.clone();
            changed.set(part, Some(9));
            changed.put(part, &copy);
            prop_assert_eq!(changed, styles);
        }
    }
}
