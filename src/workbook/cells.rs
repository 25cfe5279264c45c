//! The values of a sheet, column by column in chunks of 1,024 rows.
//!
//! A filled column of numbers takes eight bytes a cell and can be borrowed as
//! slices; a lone cell at the far corner takes a few dozen bytes.

mod shift;

mod edges;
mod statistics;

pub use edges::Towards;
pub use statistics::Statistics;

use super::chunk::{CHUNK_ROWS, Chunk};
use crate::grid::{Pos, Rect};
use crate::value::{ErrorKind, Value};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// The values of a sheet's cells, typed in or computed. A copy shares its
/// columns until one of the two is written to.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    columns: ByNumber<Arc<Column>>,
    /// Kept while cells are added, found anew after one at its edge was emptied.
    used: OnceLock<Option<Rect>>,
}

/// Chunks by their number: row / 1,024.
type Column = ByNumber<Chunk>;

impl Cells {
    /// The value of a cell; `Blank` where nothing was ever put.
    pub fn get(&self, at: Pos) -> Value {
        let (number, row) = split(at.row);
        self.columns
            .get(at.col)
            .and_then(|column| column.get(number))
            .map_or(Value::Blank, |chunk| chunk.value(row))
    }

    /// The number in a cell; `None` where it holds anything else.
    pub fn number(&self, at: Pos) -> Option<f64> {
        let (number, row) = split(at.row);
        self.columns.get(at.col)?.get(number)?.number(row)
    }

    /// Puts a scalar value; `Blank` empties the cell. Of an array, which is no
    /// cell's value, the first element is put.
    pub fn set(&mut self, at: Pos, value: Value) {
        match scalar(value) {
            Value::Blank => self.clear(Rect::cell(at)),
            value => {
                let (number, row) = split(at.row);
                self.column_mut(at.col).entry(number).set(row, value);
                self.grow(Rect::cell(at));
            }
        }
    }

    /// Empties the cells of `rect`.
    pub fn clear(&mut self, rect: Rect) {
        let mut emptied_column = false;
        for (_, column) in self.columns.range_mut(rect.left, rect.right) {
            let (first, last) = (rect.top / CHUNK_ROWS, rect.bottom / CHUNK_ROWS);
            if column.range(first, last).is_empty() {
                continue;
            }
            let column = Arc::make_mut(column);
            let mut emptied_chunk = false;
            for (number, chunk) in column.range_mut(first, last) {
                let (first, last) = rows_within(*number, &rect);
                chunk.clear(first, last);
                emptied_chunk |= chunk.is_empty();
            }
            if emptied_chunk {
                column.retain(|chunk| !chunk.is_empty());
                emptied_column |= column.is_empty();
            }
        }
        if emptied_column {
            self.columns.retain(|column| !column.is_empty());
        }
        let at_edge = |used: Rect| {
            rect.top <= used.top
                || rect.bottom >= used.bottom
                || rect.left <= used.left
                || rect.right >= used.right
        };
        if self
            .used
            .get()
            .is_some_and(|used| used.is_some_and(at_edge))
        {
            self.used.take();
        }
    }

    /// The smallest rectangle that holds every value; `None` where there is none.
    pub fn used(&self) -> Option<Rect> {
        *self.used.get_or_init(|| {
            let mut used: Option<Rect> = None;
            for (col, column) in self.columns.iter() {
                let (Some((first, top)), Some((last, bottom))) = (column.first(), column.last())
                else {
                    continue;
                };
                let (Some((top, _)), Some(bottom)) = (top.next_from(0), bottom.last()) else {
                    continue;
                };
                let rect = Rect {
                    top: first * CHUNK_ROWS + u32::from(top),
                    bottom: last * CHUNK_ROWS + u32::from(bottom),
                    left: *col,
                    right: *col,
                };
                used = Some(used.map_or(rect, |used| used.hull(&rect)));
            }
            used
        })
    }

    /// The cells of `rect` that are not blank, row by row. The time it takes
    /// depends on what is found, not on the size of `rect`.
    pub fn iter(&self, rect: Rect) -> CellIter<'_> {
        let mut chunks = Vec::new();
        for (col, column) in self.columns.range(rect.left, rect.right) {
            for (number, chunk) in column.range(rect.top / CHUNK_ROWS, rect.bottom / CHUNK_ROWS) {
                chunks.push((*number, *col, chunk));
            }
        }
        chunks.sort_by_key(|(number, ..)| *number);
        CellIter {
            rect,
            chunks: chunks.into_iter().peekable(),
            number: 0,
            cursors: Vec::new(),
            at: 0,
            row: 0,
            next_row: None,
        }
    }

    /// Visits the cells of `rect` that are not blank, row by row.
    pub fn for_each(&self, rect: Rect, visit: &mut dyn FnMut(Pos, &Value)) {
        if rect.top == rect.bottom || rect.left == rect.right {
            // The same order, without an iterator's cursors.
            return self.for_each_column(rect, visit);
        }
        for (at, value) in self.iter(rect) {
            visit(at, &value);
        }
    }

    /// Visits the cells of `rect` that are not blank, column by column.
    pub fn for_each_column(&self, rect: Rect, visit: &mut dyn FnMut(Pos, &Value)) {
        for (col, column) in self.columns.range(rect.left, rect.right) {
            for (number, chunk) in column.range(rect.top / CHUNK_ROWS, rect.bottom / CHUNK_ROWS) {
                let (first, last) = rows_within(*number, &rect);
                chunk.for_each(first, last, |row, value| {
                    visit(Pos::new(number * CHUNK_ROWS + u32::from(row), *col), value);
                });
            }
        }
    }

    /// Visits the cells of `rect` that hold errors, column by column. Columns of
    /// numbers take no time.
    pub fn for_each_error(&self, rect: Rect, visit: &mut dyn FnMut(Pos, ErrorKind)) {
        for (col, column) in self.columns.range(rect.left, rect.right) {
            for (number, chunk) in column.range(rect.top / CHUNK_ROWS, rect.bottom / CHUNK_ROWS) {
                let (first, last) = rows_within(*number, &rect);
                chunk.for_each_other(first, last, |row, value| {
                    if let Value::Error(kind) = value {
                        visit(Pos::new(number * CHUNK_ROWS + u32::from(row), *col), *kind);
                    }
                });
            }
        }
    }

    /// One column's numbers from row `top` to row `bottom`, borrowed where
    /// they lie in one chunk; `None` where a cell there holds anything but a number.
    pub fn numbers(&self, col: u32, top: u32, bottom: u32) -> Option<Cow<'_, [f64]>> {
        let len = (bottom.checked_sub(top)? + 1) as usize;
        let (number, row) = split(top);
        if let Some(slice) = self.columns.get(col)?.get(number)?.slice(row, len) {
            return Some(Cow::Borrowed(slice));
        }
        // Checked before memory is taken for a column that ends earlier.
        self.number(Pos::new(bottom, col))?;
        let mut out = vec![0.0; len];
        self.copy_numbers(col, top, &mut out)
            .then_some(Cow::Owned(out))
    }

    /// One column's values from row `top` to row `bottom`, borrowed where they
    /// lie together in memory.
    pub fn values(&self, col: u32, top: u32, bottom: u32) -> Cow<'_, [Value]> {
        let len = (bottom + 1).saturating_sub(top) as usize;
        let (number, row) = split(top);
        let chunk = self.columns.get(col).and_then(|c| c.get(number));
        if let Some(values) = chunk.and_then(|chunk| chunk.values(row, len)) {
            return Cow::Borrowed(values);
        }
        let mut out = vec![Value::Blank; len];
        let rect = Rect {
            top,
            left: col,
            bottom,
            right: col,
        };
        self.for_each_column(rect, &mut |pos, value| {
            out[(pos.row - top) as usize] = value.clone();
        });
        Cow::Owned(out)
    }

    /// Copies one column's numbers from row `top` on into `out`; `false`, with
    /// `out` unspecified, where a cell there holds anything but a number.
    pub fn copy_numbers(&self, col: u32, top: u32, out: &mut [f64]) -> bool {
        let Some(column) = self.columns.get(col) else {
            return out.is_empty();
        };
        let mut out = out;
        let mut top = top;
        while !out.is_empty() {
            let (number, row) = split(top);
            let here = out.len().min(CHUNK_ROWS as usize - usize::from(row));
            let (now, later) = out.split_at_mut(here);
            if !column
                .get(number)
                .is_some_and(|chunk| chunk.copy_numbers(row, now))
            {
                return false;
            }
            out = later;
            top += here as u32;
        }
        true
    }

    /// Puts numbers down one column from row `top` on; those that are not
    /// finite become `#NUM!`.
    pub fn set_numbers(&mut self, col: u32, top: u32, numbers: &[f64]) {
        let Some(last) = numbers.len().checked_sub(1) else {
            return;
        };
        let column = self.column_mut(col);
        let mut rest = numbers;
        let mut at = top;
        while !rest.is_empty() {
            let (number, row) = split(at);
            let (now, later) =
                rest.split_at(rest.len().min(CHUNK_ROWS as usize - usize::from(row)));
            let chunk = column.entry(number);
            if now.iter().all(|x| x.is_finite()) {
                chunk.set_numbers(row, now);
            } else {
                for (row, &x) in (row..).zip(now) {
                    chunk.set(row, Value::number(x));
                }
            }
            at += now.len() as u32;
            rest = later;
        }
        self.grow(Rect {
            top,
            left: col,
            bottom: top + last as u32,
            right: col,
        });
    }

    /// Puts finite numbers down one column from row `top` on, within the 1,024
    /// rows from a multiple of that; a whole chunk is kept as it is handed over.
    pub fn put_numbers(&mut self, col: u32, top: u32, numbers: Vec<f64>) {
        let (number, row) = split(top);
        if row > 0 || numbers.len() != CHUNK_ROWS as usize {
            return self.set_numbers(col, top, &numbers);
        }
        *self.column_mut(col).entry(number) = Chunk::of_numbers(numbers);
        self.grow(Rect {
            top,
            left: col,
            bottom: top + (CHUNK_ROWS - 1),
            right: col,
        });
    }

    /// Puts scalars down one column from row `top` on; `Blank` empties cells.
    pub fn put_values(&mut self, col: u32, top: u32, values: Vec<Value>) {
        let (number, row) = split(top);
        if row == 0 && values.len() == CHUNK_ROWS as usize && !values.contains(&Value::Blank) {
            *self.column_mut(col).entry(number) = Chunk::of_values(values);
            self.grow(Rect {
                top,
                left: col,
                bottom: top + (CHUNK_ROWS - 1),
                right: col,
            });
            return;
        }
        let mut numbers: Vec<f64> = Vec::new();
        let mut first = top;
        for (row, value) in (top..).zip(values) {
            match value {
                Value::Number(x) => numbers.push(x),
                other => {
                    self.set_numbers(col, first, &numbers);
                    numbers.clear();
                    self.set(Pos::new(row, col), other);
                    first = row + 1;
                }
            }
        }
        self.set_numbers(col, first, &numbers);
    }

    /// A copy of the cells of `rect`, in their places.
    pub fn copy_of(&self, rect: Rect) -> Cells {
        let mut out = Cells::default();
        for (col, column) in self.columns.range(rect.left, rect.right) {
            let mut copy = Column::default();
            for (number, chunk) in column.range(rect.top / CHUNK_ROWS, rect.bottom / CHUNK_ROWS) {
                let (first, last) = rows_within(*number, &rect);
                if first == 0 && chunk.last().is_some_and(|end| end <= last) {
                    *copy.entry(*number) = chunk.clone();
                    continue;
                }
                let mut part = Chunk::default();
                for (row, value) in chunk.iter(first, last) {
                    part.set(row, value);
                }
                if !part.is_empty() {
                    *copy.entry(*number) = part;
                }
            }
            if !copy.is_empty() {
                *out.columns.entry(*col) = Arc::new(copy);
            }
        }
        out
    }

    /// Puts all cells of another sheet's worth of cells over those here.
    pub fn put(&mut self, other: &Cells) {
        let Some(rect) = other.used() else {
            return;
        };
        for (col, column) in other.columns.iter() {
            let mine = self.column_mut(*col);
            for (number, chunk) in column.iter() {
                let target = mine.entry(*number);
                if target.is_empty() {
                    *target = chunk.clone();
                } else {
                    for (row, value) in chunk.iter(0, u16::MAX) {
                        target.set(row, value);
                    }
                }
            }
        }
        self.grow(rect);
    }

    /// A column to write to.
    fn column_mut(&mut self, col: u32) -> &mut Column {
        Arc::make_mut(self.columns.entry(col))
    }

    fn grow(&mut self, rect: Rect) {
        if let Some(used) = self.used.get_mut() {
            *used = Some(used.map_or(rect, |used| used.hull(&rect)));
        }
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        let columns = self.columns.heap_bytes();
        self.columns
            .iter()
            .map(|(_, column)| {
                let chunks: usize = column.iter().map(|(_, c)| c.heap_bytes()).sum();
                size_of::<(usize, usize, Column)>() + column.heap_bytes() + chunks
            })
            .sum::<usize>()
            + columns
    }
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        match (self.used(), other.used()) {
            (Some(a), Some(b)) => a == b && self.iter(a).eq(other.iter(a)),
            (a, b) => a == b,
        }
    }
}

/// The cells of a rectangle that are not blank, row by row.
#[derive(Debug)]
pub struct CellIter<'a> {
    rect: Rect,
    /// By number, then by column.
    chunks: std::iter::Peekable<std::vec::IntoIter<(u32, u32, &'a Chunk)>>,
    /// The chunk number that the cursors are in.
    number: u32,
    cursors: Vec<Cursor<'a>>,
    /// The cursor to look at next.
    at: usize,
    row: u16,
    /// The least row of the cursors looked at since the row began.
    next_row: Option<u16>,
}

#[derive(Debug)]
struct Cursor<'a> {
    col: u32,
    chunk: &'a Chunk,
    next: Option<(u16, Value)>,
    last: u16,
}

impl Cursor<'_> {
    /// Hands out the cell that it stands on and moves to the next.
    fn step(&mut self) -> Option<Value> {
        let (row, value) = self.next.take()?;
        self.next = row
            .checked_add(1)
            .and_then(|row| self.chunk.next_from(row))
            .filter(|(row, _)| *row <= self.last);
        Some(value)
    }

    fn row(&self) -> Option<u16> {
        self.next.as_ref().map(|(row, _)| *row)
    }
}

impl<'a> CellIter<'a> {
    /// Opens the next chunk number; `false` at the end.
    fn open(&mut self) -> bool {
        let Some(&(number, ..)) = self.chunks.peek() else {
            return false;
        };
        self.number = number;
        self.cursors.clear();
        let (first, last) = rows_within(number, &self.rect);
        while let Some((_, col, chunk)) = self.chunks.next_if(|(n, ..)| *n == number) {
            let next = chunk.next_from(first).filter(|(row, _)| *row <= last);
            self.cursors.push(Cursor {
                col,
                chunk,
                next,
                last,
            });
        }
        self.next_row = self.cursors.iter().filter_map(Cursor::row).min();
        self.at = self.cursors.len();
        true
    }
}

impl Iterator for CellIter<'_> {
    type Item = (Pos, Value);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some(cursor) = self.cursors.get_mut(self.at) {
                let here = cursor.row() == Some(self.row);
                let value = if here { cursor.step() } else { None };
                let col = cursor.col;
                if let Some(row) = cursor.row() {
                    self.next_row = Some(self.next_row.map_or(row, |least| least.min(row)));
                }
                self.at += 1;
                if let Some(value) = value {
                    let row = self.number * CHUNK_ROWS + u32::from(self.row);
                    return Some((Pos { row, col }, value));
                }
            }
            match self.next_row.take() {
                Some(row) => {
                    self.row = row;
                    self.at = 0;
                }
                None if self.open() => {}
                None => return None,
            }
        }
    }
}

/// A row's chunk and its place there.
fn split(row: u32) -> (u32, u16) {
    (row / CHUNK_ROWS, (row % CHUNK_ROWS) as u16)
}

/// The first and last row of a chunk that `rect`, which meets it, covers.
fn rows_within(number: u32, rect: &Rect) -> (u16, u16) {
    let start = number * CHUNK_ROWS;
    (
        rect.top.saturating_sub(start) as u16,
        (rect.bottom - start).min(CHUNK_ROWS - 1) as u16,
    )
}

fn scalar(value: Value) -> Value {
    match value {
        Value::Number(x) if !x.is_finite() => Value::Error(ErrorKind::Num),
        Value::Array(array) => match array.get(0, 0) {
            Value::Array(_) => Value::Error(ErrorKind::Value),
            first => scalar(first.clone()),
        },
        value => value,
    }
}

/// A map from small numbers, sorted. Found without a search where the numbers
/// follow one another, as a filled sheet's columns and chunks do.
#[derive(Clone, Debug)]
struct ByNumber<T>(Vec<(u32, T)>);

impl<T> Default for ByNumber<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByNumber<T> {
    fn find(&self, number: u32) -> Result<usize, usize> {
        let first = self.0.first().map_or(0, |(n, _)| *n);
        let guess = number.wrapping_sub(first) as usize;
        if self.0.get(guess).is_some_and(|(n, _)| *n == number) {
            return Ok(guess);
        }
        if self.0.last().is_none_or(|(n, _)| *n < number) {
            return Err(self.0.len());
        }
        self.0.binary_search_by_key(&number, |(n, _)| *n)
    }

    fn get(&self, number: u32) -> Option<&T> {
        Some(&self.0[self.find(number).ok()?].1)
    }

    fn span(&self, first: u32, last: u32) -> std::ops::Range<usize> {
        let start = self.find(first).unwrap_or_else(|at| at);
        let end = self.find(last).map_or_else(|at| at, |at| at + 1);
        start..end.max(start)
    }

    /// The entries from `first` to `last`.
    fn range(&self, first: u32, last: u32) -> &[(u32, T)] {
        &self.0[self.span(first, last)]
    }

    fn range_mut(&mut self, first: u32, last: u32) -> &mut [(u32, T)] {
        let span = self.span(first, last);
        &mut self.0[span]
    }

    fn iter(&self) -> impl Iterator<Item = &(u32, T)> {
        self.0.iter()
    }

    fn first(&self) -> Option<&(u32, T)> {
        self.0.first()
    }

    fn last(&self) -> Option<&(u32, T)> {
        self.0.last()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.0.retain(|(_, value)| keep(value));
    }

    fn entry(&mut self, number: u32) -> &mut T
    where
        T: Default,
    {
        let at = self.find(number).unwrap_or_else(|at| {
            if self.0.is_empty() {
                self.0.reserve_exact(1);
            }
            self.0.insert(at, (number, T::default()));
            at
        });
        &mut self.0[at].1
    }

    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        self.0.capacity() * std::mem::size_of::<(u32, T)>()
    }
}

#[cfg(test)]
mod tests;
