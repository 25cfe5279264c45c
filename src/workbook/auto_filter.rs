//! The filter of a sheet: which rows of a range are shown.

use crate::grid::Rect;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A range with filter buttons in its first row.
#[derive(Clone, Debug, PartialEq)]
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
}

/// What a column's cells must meet.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    And,
    Or,
}

/// A comparison of a cell with a text as people type it: a number is compared
/// with numbers, anything else with texts.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterTest {
    pub operator: FilterOp,
    pub value: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterOp {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
}
