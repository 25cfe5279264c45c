//! The filter of a sheet: which rows of a range are shown.

use crate::grid::{Axis, Rect, Shift};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A range with filter buttons in its first row.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AutoFilter {
    /// Headers included.
    pub rect: Rect,
    /// What the rows must meet, by column, counted from the range's first. A
    /// row has to meet all of them.
    pub columns: BTreeMap<u32, Criterion>,
}

impl AutoFilter {
    /// A filter that shows everything.
    pub fn new(rect: Rect) -> Self {
        Self {
            rect,
            columns: BTreeMap::new(),
        }
    }

    /// The rows below the headers; `None` where there are none.
    pub fn data(&self) -> Option<Rect> {
        (self.rect.top < self.rect.bottom).then_some(Rect {
            top: self.rect.top + 1,
            ..self.rect
        })
    }

    /// The filter after rows or columns are inserted or deleted; `None` where
    /// its headers are deleted.
    pub(super) fn shifted(&self, shift: Shift) -> Option<Self> {
        if shift.axis == Axis::Rows {
            shift.line(self.rect.top)?;
        }
        let rect = shift.stretched(self.rect)?;
        let place = |column: u32| match shift.axis {
            Axis::Rows => Some(column),
            Axis::Columns => Some(shift.line(self.rect.left + column)? - rect.left),
        };
        let columns = self.columns.iter();
        Some(Self {
            rect,
            columns: columns
                .filter_map(|(&column, criterion)| Some((place(column)?, criterion.clone())))
                .collect(),
        })
    }
}

/// What a column's cells must meet.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Criterion {
    /// Cells that show one of these texts, without regard to case, or nothing
    /// where `blanks` is set.
    Values { texts: Vec<Arc<str>>, blanks: bool },
    /// One or two comparisons. In text, `*` stands for any characters and `?`
    /// for one, so that "contains x" is `Equal` to `*x*` and blanks are `Equal`
    /// to nothing.
    Custom {
        first: FilterTest,
        second: Option<(Join, FilterTest)>,
    },
    /// The largest or smallest numbers: so many, or so many percent of them;
    /// equal ones at the end are all in.
    Top {
        count: f64,
        percent: bool,
        bottom: bool,
    },
    /// What this program does not evaluate (colours, icons, moving dates): the
    /// file's text for it. Rows stay as the file hides them.
    Other(Arc<str>),
}

/// How two comparisons go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Join {
    And,
    Or,
}

/// A comparison of a cell with a text as people type it: a number is compared
/// with numbers, anything else with texts.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FilterTest {
    pub operator: FilterOp,
    pub value: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum FilterOp {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;

    #[test]
    fn a_filter_follows_inserted_and_deleted_lines() {
        let rect = |a, b| Rect::new(Pos::parse_a1(a).unwrap(), Pos::parse_a1(b).unwrap());
        let blanks = Criterion::Values {
            texts: Vec::new(),
            blanks: true,
        };
        let mut filter = AutoFilter::new(rect("B2", "D9"));
        filter.columns.insert(0, blanks.clone());
        filter.columns.insert(2, blanks);
        let after = |shift| {
            let filter = filter.shifted(shift)?;
            let columns: Vec<u32> = filter.columns.keys().copied().collect();
            Some((filter.rect.to_string(), columns))
        };
        for (shift, expected) in [
            (
                Shift::insert(Axis::Rows, 4, 2),
                Some(("B2:D11", vec![0, 2])),
            ),
            (
                Shift::insert(Axis::Columns, 2, 1),
                Some(("B2:E9", vec![0, 3])),
            ),
            (Shift::delete(Axis::Columns, 0, 2), Some(("A2:B9", vec![1]))),
            (
                Shift::delete(Axis::Columns, 2, 1),
                Some(("B2:C9", vec![0, 1])),
            ),
            (Shift::delete(Axis::Rows, 1, 1), None),
        ] {
            let expected = expected.map(|(rect, columns)| (rect.to_owned(), columns));
            assert_eq!(after(shift), expected, "{shift:?}");
        }
    }
}
