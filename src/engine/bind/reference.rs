//! References with their sheets resolved, and how they move over a run.

use crate::formula::{Axis, CellRef, RefShape};
use crate::grid::{Area, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId};
use std::sync::Arc;

/// The sheets of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sheets {
    One(SheetId),
    /// `First:Last!`, in the order of the tabs; at least one.
    Many(Arc<[SheetId]>),
}

impl Sheets {
    pub fn as_slice(&self) -> &[SheetId] {
        match self {
            Sheets::One(sheet) => std::slice::from_ref(sheet),
            Sheets::Many(sheets) => sheets,
        }
    }
}

/// A reference to cells, relative to the cell of the formula.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoundRef {
    pub sheets: Sheets,
    pub shape: RefShape,
    /// For `[#This Row]`: the first and last row of the table's data. In a
    /// formula outside of these rows the reference is `#VALUE!`.
    pub within: Option<(u32, u32)>,
}

/// A reference to cells of another workbook, relative to the cell of the formula.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternalRef {
    /// As [`crate::workbook::Workbook::external`] finds it.
    pub book: Arc<str>,
    pub sheet: Arc<str>,
    pub shape: RefShape,
}

/// Rows or columns from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub first: u32,
    pub last: u32,
}

impl Span {
    fn intersection(self, other: Span) -> Option<Span> {
        let first = self.first.max(other.first);
        let last = self.last.min(other.last);
        (first <= last).then_some(Span { first, last })
    }
}

impl BoundRef {
    pub fn on(sheet: SheetId, shape: RefShape) -> Self {
        Self {
            sheets: Sheets::One(sheet),
            shape,
            within: None,
        }
    }

    /// A reference that means the same cells everywhere.
    pub fn fixed(area: Area) -> Self {
        let corner = |row, col| CellRef {
            row: Axis::Absolute(row),
            col: Axis::Absolute(col),
        };
        let rect = area.rect;
        let first = corner(rect.top, rect.left);
        let shape = if rect.is_cell() {
            RefShape::Cell(first)
        } else {
            RefShape::Range(first, corner(rect.bottom, rect.right))
        };
        Self::on(area.sheet, shape)
    }

    /// The rectangle that a formula at `origin` means; `None` for
    /// `[#This Row]` outside of the table's rows.
    pub fn rect(&self, origin: Pos) -> Option<Rect> {
        match self.within {
            Some((first, last)) if !(first..=last).contains(&origin.row) => None,
            _ => Some(self.shape.resolve(origin)),
        }
    }

    /// Whether it is one cell on one sheet, wherever the formula stands.
    pub fn is_cell(&self) -> bool {
        matches!(self.sheets, Sheets::One(_)) && is_cell(&self.shape)
    }

    /// The smallest rectangle that holds all cells which the formulas of
    /// `cells` mean; `None` where none of them means any.
    pub fn hull(&self, cells: Rect) -> Option<Rect> {
        let rows = Span {
            first: cells.top,
            last: cells.bottom,
        };
        let rows = match self.within {
            Some((first, last)) => rows.intersection(Span { first, last })?,
            None => rows,
        };
        let cols = Span {
            first: cells.left,
            last: cells.right,
        };
        let ((row_a, row_b), (col_a, col_b)) = self.axes();
        let rows = reach(row_a, row_b, rows, MAX_ROWS);
        let cols = reach(col_a, col_b, cols, MAX_COLS);
        Some(Rect {
            top: rows.first,
            left: cols.first,
            bottom: rows.last,
            right: cols.last,
        })
    }

    /// The part of `cells` whose formulas may mean a cell of `target`; `None`
    /// where there is none. The inverse of [`BoundRef::hull`].
    pub fn readers(&self, cells: Rect, target: Rect) -> Option<Rect> {
        let ((row_a, row_b), (col_a, col_b)) = self.axes();
        let rows = readers(
            row_a,
            row_b,
            Span {
                first: cells.top,
                last: cells.bottom,
            },
            Span {
                first: target.top,
                last: target.bottom,
            },
            MAX_ROWS,
        )?;
        let cols = readers(
            col_a,
            col_b,
            Span {
                first: cells.left,
                last: cells.right,
            },
            Span {
                first: target.left,
                last: target.right,
            },
            MAX_COLS,
        )?;
        let rows = match self.within {
            Some((first, last)) => rows.intersection(Span { first, last })?,
            None => rows,
        };
        Some(Rect {
            top: rows.first,
            left: cols.first,
            bottom: rows.last,
            right: cols.last,
        })
    }

    /// Its two rows and its two columns, as they were written.
    pub fn axes(&self) -> ((Axis, Axis), (Axis, Axis)) {
        axes(&self.shape)
    }
}

impl ExternalRef {
    /// Whether it is one cell, wherever the formula stands.
    pub fn is_cell(&self) -> bool {
        is_cell(&self.shape)
    }

    /// Whether it is another rectangle for another cell's formula.
    pub fn moves(&self) -> bool {
        let ((row_a, row_b), (col_a, col_b)) = axes(&self.shape);
        let relative = |axis: &Axis| matches!(axis, Axis::Relative(_));
        [row_a, row_b, col_a, col_b].iter().any(relative)
    }
}

fn is_cell(shape: &RefShape) -> bool {
    match shape {
        RefShape::Cell(_) => true,
        RefShape::Range(a, b) => a == b,
        RefShape::Rows(..) | RefShape::Cols(..) => false,
    }
}

/// The two rows and the two columns of a shape, as they were written.
fn axes(shape: &RefShape) -> ((Axis, Axis), (Axis, Axis)) {
    let all = |size: u32| (Axis::Absolute(0), Axis::Absolute(size - 1));
    match *shape {
        RefShape::Cell(c) => ((c.row, c.row), (c.col, c.col)),
        RefShape::Range(a, b) => ((a.row, b.row), (a.col, b.col)),
        RefShape::Rows(a, b) => ((a, b), all(MAX_COLS)),
        RefShape::Cols(a, b) => (all(MAX_ROWS), (a, b)),
    }
}

/// Where an axis lies for the first and the last origin; `None` where it wraps
/// around the sheet's edge for some of them only.
fn ends(axis: Axis, origins: Span, size: u32) -> Option<Span> {
    let first = axis.resolve(origins.first, size);
    let last = axis.resolve(origins.last, size);
    let straight = match axis {
        Axis::Absolute(_) => true,
        Axis::Relative(_) => last.checked_sub(first) == Some(origins.last - origins.first),
    };
    straight.then_some(Span { first, last })
}

fn reach(a: Axis, b: Axis, origins: Span, size: u32) -> Span {
    match (ends(a, origins, size), ends(b, origins, size)) {
        (Some(a), Some(b)) => Span {
            first: a.first.min(b.first),
            last: a.last.max(b.last),
        },
        _ => Span {
            first: 0,
            last: size - 1,
        },
    }
}

/// The origins whose span between `a` and `b` meets `target`.
fn readers(a: Axis, b: Axis, origins: Span, target: Span, size: u32) -> Option<Span> {
    let (Some(from), Some(to)) = (ends(a, origins, size), ends(b, origins, size)) else {
        return Some(origins);
    };
    // How far an end lies from its origin, wrapping resolved.
    let shift = |end: Span| i64::from(end.first) - i64::from(origins.first);
    let (low, high) = (i64::from(target.first), i64::from(target.last));
    let (least, most) = match (a, b) {
        (Axis::Absolute(a), Axis::Absolute(b)) => {
            let met = a.min(b) <= target.last && a.max(b) >= target.first;
            return met.then_some(origins);
        }
        (Axis::Relative(_), Axis::Relative(_)) => {
            let (a, b) = (shift(from), shift(to));
            (low - a.max(b), high - a.min(b))
        }
        (Axis::Absolute(fixed), Axis::Relative(_)) | (Axis::Relative(_), Axis::Absolute(fixed)) => {
            let moving = shift(if matches!(a, Axis::Relative(_)) {
                from
            } else {
                to
            });
            if fixed < target.first {
                (low - moving, i64::MAX)
            } else if fixed > target.last {
                (i64::MIN, high - moving)
            } else {
                return Some(origins);
            }
        }
    };
    let first = least.max(i64::from(origins.first));
    let last = most.min(i64::from(origins.last));
    (first <= last).then_some(Span {
        first: first as u32,
        last: last as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(size: u32) -> impl Strategy<Value = Axis> {
        prop_oneof![
            (0..size.min(12)).prop_map(Axis::Absolute),
            (-6i32..6).prop_map(Axis::Relative),
        ]
    }

    fn rect() -> impl Strategy<Value = Rect> {
        (0u32..10, 0u32..10, 0u32..5, 0u32..5).prop_map(|(top, left, h, w)| Rect {
            top,
            left,
            bottom: top + h,
            right: left + w,
        })
    }

    proptest! {
        /// Against the definition, cell by cell.
        #[test]
        fn hull_and_readers_agree_with_every_single_cell(
            (r1, r2) in (axis(MAX_ROWS), axis(MAX_ROWS)),
            (c1, c2) in (axis(MAX_COLS), axis(MAX_COLS)),
            cells in rect(),
            target in rect(),
            within in proptest::option::of((0u32..8, 0u32..8)),
        ) {
            let within = within.map(|(a, b)| (a.min(b), a.max(b)));
            let reference = BoundRef {
                within,
                ..BoundRef::on(
                    SheetId(0),
                    RefShape::Range(CellRef { row: r1, col: c1 }, CellRef { row: r2, col: c2 }),
                )
            };
            let hull = reference.hull(cells);
            let readers = reference.readers(cells, target);
            for origin in cells.cells() {
                let Some(meant) = reference.rect(origin) else { continue };
                prop_assert!(hull.is_some_and(|h| h.contains_rect(&meant)));
                if meant.intersection(&target).is_some() {
                    prop_assert!(readers.is_some_and(|r| r.contains(origin)));
                }
            }
            if let Some(readers) = readers {
                prop_assert!(cells.contains_rect(&readers));
            }
        }
    }

    #[test]
    fn editing_one_row_reaches_one_row() {
        let shape = RefShape::Cell(CellRef {
            row: Axis::Relative(0),
            col: Axis::Relative(-1),
        });
        let reference = BoundRef::on(SheetId(0), shape);
        let run = Rect::new(Pos::new(0, 1), Pos::new(999_999, 1));
        let edited = Rect::cell(Pos::new(500, 0));
        assert_eq!(
            reference.readers(run, edited),
            Some(Rect::cell(Pos::new(500, 1)))
        );
        assert_eq!(reference.readers(run, Rect::cell(Pos::new(500, 5))), None);
    }
}
