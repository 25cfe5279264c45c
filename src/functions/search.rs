//! Searching a row or a column: what MATCH, XMATCH, the LOOKUPs and XLOOKUP share.
//!
//! An exact search asks the evaluation's index ([`Context::find_exact`]); a
//! binary search reads only the cells it compares; searches for the next
//! smaller or larger value and for patterns read the vector once.

use super::wildcard::Wildcard;
use super::{Context, Operand};
use crate::grid::{Area, Cell, Pos, Rect};
use crate::value::{Array, ErrorKind, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// A rectangle of values: cells of a sheet or an array.
#[derive(Clone, Debug)]
pub(super) enum Table {
    Area(Area),
    Array(Arc<Array>),
}

/// What counts as found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Exact,
    /// Or the largest value below.
    Smaller,
    /// Or the smallest value above.
    Larger,
    Wildcard,
    Regex,
}

/// Which values a search for a neighbour compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kinds {
    /// Those of the key's kind: MATCH, VLOOKUP.
    Same,
    /// All, in the order numbers, text, booleans: XLOOKUP, XMATCH.
    All,
}

/// In which order to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    First,
    Last,
    /// By halving, in ascending order.
    Ascending,
    /// By halving, in descending order.
    Descending,
}

impl Table {
    pub fn new(operand: &Operand) -> Result<Self, ErrorKind> {
        match operand {
            Operand::Reference(areas) => match areas.as_slice() {
                [area] => Ok(Self::Area(*area)),
                _ => Err(ErrorKind::Value),
            },
            Operand::Value(Value::Array(array)) => Ok(Self::Array(array.clone())),
            Operand::Value(Value::Error(kind)) => Err(*kind),
            Operand::Value(value) => Ok(Self::Array(Arc::new(Array::filled(1, 1, value.clone())))),
            Operand::Omitted => Ok(Self::Array(Arc::new(Array::filled(1, 1, Value::Blank)))),
            Operand::Lambda(_) => Err(ErrorKind::Calc),
        }
    }

    pub fn rows(&self) -> usize {
        match self {
            Self::Area(area) => area.rect.rows() as usize,
            Self::Array(array) => array.rows(),
        }
    }

    pub fn cols(&self) -> usize {
        match self {
            Self::Area(area) => area.rect.cols() as usize,
            Self::Array(array) => array.cols(),
        }
    }

    /// The value at a place; `#REF!` outside.
    pub fn get(&self, row: usize, col: usize, ctx: &mut dyn Context) -> Value {
        if row >= self.rows() || col >= self.cols() {
            return Value::Error(ErrorKind::Ref);
        }
        match self {
            Self::Area(area) => ctx.cell(Cell {
                sheet: area.sheet,
                pos: Pos::new(area.rect.top + row as u32, area.rect.left + col as u32),
            }),
            Self::Array(array) => array.get(row, col).clone(),
        }
    }

    /// A rectangle within, as a reference where the table is one; `#REF!`
    /// where it is empty or leaves the table.
    pub fn part(
        &self,
        row: usize,
        col: usize,
        rows: usize,
        cols: usize,
    ) -> Result<Operand, ErrorKind> {
        if rows == 0 || cols == 0 || row + rows > self.rows() || col + cols > self.cols() {
            return Err(ErrorKind::Ref);
        }
        Ok(match self {
            Self::Area(area) => {
                let at = Pos::new(area.rect.top + row as u32, area.rect.left + col as u32);
                let rect = Rect::sized(at, rows as u32, cols as u32).ok_or(ErrorKind::Ref)?;
                Operand::Reference(vec![Area { rect, ..*area }])
            }
            Self::Array(array) if rows * cols == 1 => Operand::Value(array.get(row, col).clone()),
            Self::Array(array) => {
                Operand::Value(Value::array(Array::from_fn(rows, cols, |r, c| {
                    array.get(row + r, col + c).clone()
                })))
            }
        })
    }

    /// One row.
    pub fn row(&self, row: usize) -> Result<Line, ErrorKind> {
        self.line(row, 0, false, self.cols())
    }

    /// One column.
    pub fn col(&self, col: usize) -> Result<Line, ErrorKind> {
        self.line(0, col, true, self.rows())
    }

    fn line(&self, row: usize, col: usize, down: bool, len: usize) -> Result<Line, ErrorKind> {
        if row >= self.rows() || col >= self.cols() {
            return Err(ErrorKind::Ref);
        }
        let table = self.clone();
        Ok(Line {
            table,
            row,
            col,
            down,
            len,
        })
    }

    /// The table as one line, where it is one: a row or a column.
    pub fn as_line(&self) -> Option<Line> {
        if self.cols() == 1 {
            self.col(0).ok()
        } else if self.rows() == 1 {
            self.row(0).ok()
        } else {
            None
        }
    }
}

/// One row or column of a table.
#[derive(Clone, Debug)]
pub(super) struct Line {
    table: Table,
    row: usize,
    col: usize,
    pub down: bool,
    pub len: usize,
}

impl Line {
    pub fn get(&self, index: usize, ctx: &mut dyn Context) -> Value {
        if self.down {
            self.table.get(self.row + index, self.col, ctx)
        } else {
            self.table.get(self.row, self.col + index, ctx)
        }
    }

    /// The part of the line that can hold anything: its first index and its
    /// area; `None` for an array.
    fn used(&self, ctx: &dyn Context) -> Option<Option<(usize, Area)>> {
        let Table::Area(area) = &self.table else {
            return None;
        };
        let at = Pos::new(
            area.rect.top + self.row as u32,
            area.rect.left + self.col as u32,
        );
        let (rows, cols) = if self.down {
            (self.len as u32, 1)
        } else {
            (1, self.len as u32)
        };
        let rect = Rect::sized(at, rows, cols)?;
        let used = ctx.used(Area { rect, ..*area });
        Some(used.map(|used| {
            let first = if self.down {
                used.rect.top - rect.top
            } else {
                used.rect.left - rect.left
            };
            (first as usize, used)
        }))
    }

    /// The indices that can hold anything.
    fn bounds(&self, ctx: &dyn Context) -> std::ops::Range<usize> {
        match self.used(ctx) {
            None => 0..self.len,
            Some(None) => 0..0,
            Some(Some((first, used))) => first..first + used.rect.len() as usize,
        }
    }

    /// The values that can be anything but blank, with the index of the first.
    fn values(&self, ctx: &mut dyn Context) -> Result<(usize, Arc<Array>), ErrorKind> {
        match self.used(ctx) {
            Some(Some((first, used))) => Ok((first, ctx.array(used)?)),
            Some(None) => Ok((0, Arc::new(Array::filled(1, 1, Value::Blank)))),
            None => {
                let cells = (0..self.len).map(|i| self.get(i, ctx)).collect();
                Ok((0, Arc::new(Array::new(1, self.len, cells))))
            }
        }
    }

    /// Finds `key`: its index, or `None`.
    pub fn find(
        &self,
        key: &Value,
        how: Match,
        search: Search,
        kinds: Kinds,
        ctx: &mut dyn Context,
    ) -> Result<Option<usize>, ErrorKind> {
        if let Value::Error(kind) = key {
            return Err(*kind);
        }
        if key.is_blank() && kinds == Kinds::All {
            return self.blank(search == Search::Last, ctx);
        }
        match search {
            Search::Ascending | Search::Descending => {
                if matches!(how, Match::Wildcard | Match::Regex) {
                    return Err(ErrorKind::Value);
                }
                let found = self.halve(key, how, search == Search::Descending, kinds, ctx);
                Ok(found)
            }
            Search::First | Search::Last => self.scan(key, how, search == Search::Last, kinds, ctx),
        }
    }

    fn scan(
        &self,
        key: &Value,
        how: Match,
        last: bool,
        kinds: Kinds,
        ctx: &mut dyn Context,
    ) -> Result<Option<usize>, ErrorKind> {
        let text = match key {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        match (how, text) {
            (Match::Wildcard, Some(text)) if text.contains(['*', '?', '~']) => {
                let pattern = Wildcard::new(&text);
                self.first_that(last, ctx, |value| match value {
                    Value::Text(text) => pattern.matches(text),
                    _ => false,
                })
            }
            (Match::Regex, Some(text)) => {
                let pattern = super::regex::compile(&text, false)?;
                self.first_that(last, ctx, |value| match value {
                    Value::Text(text) => pattern.is_match(text),
                    _ => false,
                })
            }
            (Match::Exact | Match::Wildcard | Match::Regex, _) => self.exact(key, last, ctx),
            (Match::Smaller | Match::Larger, _) => {
                if let Some(found) = self.exact(key, last, ctx)? {
                    return Ok(Some(found));
                }
                self.nearest(key, how, last, kinds, ctx)
            }
        }
    }

    fn exact(
        &self,
        key: &Value,
        last: bool,
        ctx: &mut dyn Context,
    ) -> Result<Option<usize>, ErrorKind> {
        if key.is_blank() {
            return self.blank(last, ctx);
        }
        match self.used(ctx) {
            Some(None) => Ok(None),
            Some(Some((first, used))) => {
                Ok(ctx.find_exact(used, key, last).map(|found| first + found))
            }
            None => self.first_that(last, ctx, |value| {
                same_kind(key, value) && key.compare(value) == Some(Ordering::Equal)
            }),
        }
    }

    /// A cell with nothing in it.
    fn blank(&self, last: bool, ctx: &mut dyn Context) -> Result<Option<usize>, ErrorKind> {
        let bounds = self.bounds(ctx);
        if last && bounds.end < self.len {
            return Ok(Some(self.len - 1));
        }
        if !last && bounds.start > 0 {
            return Ok(Some(0));
        }
        let found = self.first_that(last, ctx, Value::is_blank)?;
        Ok(match found {
            Some(found) if bounds.contains(&found) => Some(found),
            _ if last => bounds.start.checked_sub(1),
            _ => (bounds.end < self.len).then_some(bounds.end),
        })
    }

    fn first_that(
        &self,
        last: bool,
        ctx: &mut dyn Context,
        holds: impl Fn(&Value) -> bool,
    ) -> Result<Option<usize>, ErrorKind> {
        let (first, values) = self.values(ctx)?;
        let found = if last {
            values.cells().iter().rposition(holds)
        } else {
            values.cells().iter().position(holds)
        };
        Ok(found.map(|found| first + found))
    }

    /// The largest value below the key, or the smallest above; the first of
    /// equals in the direction of the search.
    fn nearest(
        &self,
        key: &Value,
        how: Match,
        last: bool,
        kinds: Kinds,
        ctx: &mut dyn Context,
    ) -> Result<Option<usize>, ErrorKind> {
        let (first, values) = self.values(ctx)?;
        let beyond = match how {
            Match::Smaller => Ordering::Less,
            _ => Ordering::Greater,
        };
        let mut best: Option<(usize, &Value)> = None;
        for (i, value) in values.cells().iter().enumerate() {
            if !kinds.compares(key, value) || value.compare(key) != Some(beyond) {
                continue;
            }
            let nearer = match best {
                None => true,
                Some((_, best)) => match value.compare(best) {
                    Some(Ordering::Equal) => last,
                    Some(order) => order != beyond,
                    None => false,
                },
            };
            if nearer {
                best = Some((i, value));
            }
        }
        Ok(best.map(|(i, _)| first + i))
    }

    /// The search by halving of MATCH and of LOOKUP. On sorted data it finds
    /// the last of equal values, or the first where XLOOKUP and XMATCH search
    /// upwards; on unsorted data it finds what Excel's does.
    /// Values of another kind than the key's are stepped over.
    fn halve(
        &self,
        key: &Value,
        how: Match,
        descending: bool,
        kinds: Kinds,
        ctx: &mut dyn Context,
    ) -> Option<usize> {
        let zero = Value::Number(0.0);
        let key = if key.is_blank() { &zero } else { key };
        let bounds = self.bounds(ctx);
        let (mut low, mut high) = (bounds.start, bounds.end);
        let (mut equal, mut at_or_before, mut after) = (None, None, None);
        let first_of_equals = kinds == Kinds::All && !descending;
        while low < high {
            let middle = low + (high - low - 1) / 2;
            let comparable = (middle..high).find_map(|i| {
                let value = self.get(i, ctx);
                kinds.compares(key, &value).then_some((i, value))
            });
            let Some((at, value)) = comparable else {
                high = middle;
                continue;
            };
            let order = value.compare(key).unwrap_or(Ordering::Equal);
            let order = if descending { order.reverse() } else { order };
            if order == Ordering::Equal && first_of_equals {
                equal = Some(at);
                high = middle;
            } else if order == Ordering::Greater {
                after = Some(at);
                high = middle;
            } else {
                at_or_before = Some((at, order));
                low = at + 1;
            }
        }
        if equal.is_some() {
            return equal;
        }
        match (how, at_or_before, descending) {
            (_, Some((at, Ordering::Equal)), _) => Some(at),
            (Match::Smaller, Some((at, _)), false) | (Match::Larger, Some((at, _)), true) => {
                Some(at)
            }
            (Match::Smaller, _, true) | (Match::Larger, _, false) => after,
            _ => None,
        }
    }
}

impl Kinds {
    fn compares(self, key: &Value, value: &Value) -> bool {
        match self {
            Self::Same => same_kind(key, value),
            Self::All => !matches!(value, Value::Blank | Value::Error(_) | Value::Array(_)),
        }
    }
}

/// Whether two values are of one kind, neither being blank or an error.
fn same_kind(key: &Value, value: &Value) -> bool {
    matches!(
        (key, value),
        (Value::Number(_), Value::Number(_))
            | (Value::Text(_), Value::Text(_))
            | (Value::Bool(_), Value::Bool(_))
    )
}
