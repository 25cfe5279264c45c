//! Where lines of cells go when rows or columns are inserted and deleted.

use super::{MAX_COLS, MAX_ROWS, Pos, Rect};

/// The lines that are inserted and deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Axis {
    Rows,
    Columns,
}

impl Axis {
    /// How many lines a sheet has.
    pub const fn size(self) -> u32 {
        match self {
            Self::Rows => MAX_ROWS,
            Self::Columns => MAX_COLS,
        }
    }

    /// The line of a position.
    pub const fn line(self, at: Pos) -> u32 {
        match self {
            Self::Rows => at.row,
            Self::Columns => at.col,
        }
    }

    /// The first and the last line of a rectangle.
    pub const fn span(self, rect: &Rect) -> (u32, u32) {
        match self {
            Self::Rows => (rect.top, rect.bottom),
            Self::Columns => (rect.left, rect.right),
        }
    }

    /// The rectangle with other lines.
    pub const fn with_span(self, rect: Rect, (first, last): (u32, u32)) -> Rect {
        match self {
            Self::Rows => Rect {
                top: first,
                bottom: last,
                ..rect
            },
            Self::Columns => Rect {
                left: first,
                right: last,
                ..rect
            },
        }
    }

    /// The cells of whole lines.
    pub const fn lines(self, first: u32, last: u32) -> Rect {
        let sheet = Rect {
            top: 0,
            left: 0,
            bottom: MAX_ROWS - 1,
            right: MAX_COLS - 1,
        };
        self.with_span(sheet, (first, last))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ShiftKind {
    Insert,
    Delete,
}

/// Rows or columns of a sheet inserted or deleted, by which those after them
/// are pushed on or pulled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Shift {
    pub axis: Axis,
    pub kind: ShiftKind,
    /// The first line that is inserted or deleted, counted from zero.
    pub at: u32,
    pub count: u32,
}

impl Shift {
    pub const fn insert(axis: Axis, at: u32, count: u32) -> Self {
        Self {
            axis,
            kind: ShiftKind::Insert,
            at,
            count,
        }
    }

    pub const fn delete(axis: Axis, at: u32, count: u32) -> Self {
        Self {
            axis,
            kind: ShiftKind::Delete,
            at,
            count,
        }
    }

    /// The shift that takes this one back, as far as places go.
    pub const fn inverse(self) -> Self {
        let kind = match self.kind {
            ShiftKind::Insert => ShiftKind::Delete,
            ShiftKind::Delete => ShiftKind::Insert,
        };
        Self { kind, ..self }
    }

    /// The line after the last one that is inserted or deleted.
    pub const fn end(self) -> u32 {
        self.at.saturating_add(self.count)
    }

    /// The cells that are inserted or deleted.
    pub const fn rect(self) -> Rect {
        self.axis.lines(self.at, self.end() - 1)
    }

    /// Where a line goes; `None` where it is deleted or pushed off the sheet.
    pub const fn line(self, line: u32) -> Option<u32> {
        match self.kind {
            _ if line < self.at => Some(line),
            ShiftKind::Insert => {
                let moved = line.saturating_add(self.count);
                if moved < self.axis.size() {
                    Some(moved)
                } else {
                    None
                }
            }
            ShiftKind::Delete if line < self.end() => None,
            ShiftKind::Delete => Some(line - self.count),
        }
    }

    /// What becomes of the lines from `first` to `last` as one stretch: it
    /// grows by lines inserted between them and loses those that are deleted
    /// or pushed off the sheet; `None` where nothing is left. All lines of a
    /// sheet stay all lines.
    pub fn span(self, (first, last): (u32, u32)) -> Option<(u32, u32)> {
        let size = self.axis.size();
        if first == 0 && last == size - 1 {
            return Some((first, last));
        }
        match self.kind {
            ShiftKind::Insert => {
                let last = self.line(last).unwrap_or(size - 1);
                Some((self.line(first)?, last))
            }
            ShiftKind::Delete => {
                let end = self.end();
                if self.at <= first && last < end {
                    return None;
                }
                // A stretch whose end goes ends, or begins, at the gap.
                let first = self.line(first).unwrap_or(self.at);
                let last = self.line(last).unwrap_or_else(|| self.at - 1);
                Some((first, last))
            }
        }
    }

    /// Where a cell goes; `None` where it is deleted or pushed off the sheet.
    pub fn pos(self, at: Pos) -> Option<Pos> {
        let line = self.line(self.axis.line(at))?;
        Some(match self.axis {
            Axis::Rows => Pos::new(line, at.col),
            Axis::Columns => Pos::new(at.row, line),
        })
    }

    /// What becomes of a rectangle, as of a [`Shift::span`].
    pub fn stretched(self, rect: Rect) -> Option<Rect> {
        let span = self.span(self.axis.span(&rect))?;
        Some(self.axis.with_span(rect, span))
    }

    /// Whether the lines from `first` to `last` stay together and keep their
    /// number: all of them stay or all move by as many lines.
    pub fn keeps(self, (first, last): (u32, u32)) -> bool {
        match self.kind {
            _ if last < self.at => true,
            ShiftKind::Insert => first >= self.at && self.line(last).is_some(),
            ShiftKind::Delete => first >= self.end(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_grow_shrink_move_and_go() {
        let insert = Shift::insert(Axis::Rows, 4, 2);
        for (before, after) in [
            ((0, 3), Some((0, 3))),
            ((0, 4), Some((0, 6))),
            ((4, 5), Some((6, 7))),
            ((3, 4), Some((3, 6))),
            ((0, MAX_ROWS - 1), Some((0, MAX_ROWS - 1))),
            ((5, MAX_ROWS - 1), Some((7, MAX_ROWS - 1))),
            ((MAX_ROWS - 2, MAX_ROWS - 1), None),
        ] {
            assert_eq!(insert.span(before), after, "{before:?}");
        }
        let delete = Shift::delete(Axis::Rows, 4, 3);
        for (before, after) in [
            ((0, 3), Some((0, 3))),
            ((4, 6), None),
            ((3, 5), Some((3, 3))),
            ((5, 9), Some((4, 6))),
            ((0, 9), Some((0, 6))),
            ((0, MAX_ROWS - 1), Some((0, MAX_ROWS - 1))),
            ((7, 7), Some((4, 4))),
        ] {
            assert_eq!(delete.span(before), after, "{before:?}");
        }
    }

    #[test]
    fn what_keeps_its_lines_is_told_from_what_does_not() {
        let insert = Shift::insert(Axis::Columns, 4, 2);
        assert!(insert.keeps((0, 3)) && insert.keeps((4, 9)));
        assert!(!insert.keeps((3, 4)) && !insert.keeps((9, MAX_COLS - 1)));
        let delete = Shift::delete(Axis::Columns, 4, 2);
        assert!(delete.keeps((0, 3)) && delete.keeps((6, MAX_COLS - 1)));
        assert!(!delete.keeps((4, 4)) && !delete.keeps((0, 9)) && !delete.keeps((5, 6)));
    }
}
