//! A column's values over 1,024 rows, in the form that takes the least room.

mod parts;

use crate::value::Value;
use std::mem::size_of;

/// Rows of a chunk.
pub(super) const CHUNK_ROWS: u32 = 1024;

/// Marks a row of a dense chunk that holds no number. Numbers in cells are
/// finite, so nothing is lost by it.
const VACANT: f64 = f64::NAN;

/// How many cells of a chunk's minority are put between two looks at whether
/// another form would take less room.
const SETTLE_EVERY: usize = 8;

/// From how many numbers on a bulk write makes a chunk dense first.
const BULK: usize = 16;

/// The values of up to 1,024 rows of a column, rows counted from the chunk's
/// first. No form holds blanks beyond its last value.
#[derive(Clone, Debug)]
pub(super) enum Chunk {
    /// The cells that hold something, by row.
    Sparse(Vec<(u16, Value)>),
    /// Numbers by row up to the last number, [`VACANT`] between them, and the
    /// few cells that hold something else, by row.
    Numbers {
        numbers: Vec<f64>,
        others: Vec<(u16, Value)>,
    },
    /// A value for each row up to the last.
    Mixed(Vec<Value>),
}

impl Default for Chunk {
    fn default() -> Self {
        Self::Sparse(Vec::new())
    }
}

impl Chunk {
    /// Finite numbers from the first row on.
    pub(super) fn of_numbers(numbers: Vec<f64>) -> Self {
        Self::Numbers {
            numbers,
            others: Vec::new(),
        }
    }

    /// Scalars from the first row on, none of them blank.
    pub(super) fn of_values(values: Vec<Value>) -> Self {
        let mut chunk = Self::Mixed(values);
        chunk.settle();
        chunk
    }

    /// The values from `first` on where they lie together in memory.
    pub(super) fn values(&self, first: u16, len: usize) -> Option<&[Value]> {
        let Self::Mixed(values) = self else {
            return None;
        };
        let start = usize::from(first);
        values.get(start..start.checked_add(len)?)
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Sparse(cells) => cells.is_empty(),
            Self::Numbers { numbers, others } => numbers.is_empty() && others.is_empty(),
            Self::Mixed(values) => values.is_empty(),
        }
    }

    /// The last row that holds something.
    pub(super) fn last(&self) -> Option<u16> {
        let in_list = |cells: &[(u16, Value)]| cells.last().map(|(row, _)| *row);
        match self {
            Self::Sparse(cells) => in_list(cells),
            Self::Numbers { numbers, others } => last_index(numbers.len()).max(in_list(others)),
            Self::Mixed(values) => last_index(values.len()),
        }
    }

    pub(super) fn get(&self, row: u16) -> Option<&Value> {
        match self {
            Self::Sparse(cells) | Self::Numbers { others: cells, .. } => find(cells, row),
            Self::Mixed(values) => values.get(usize::from(row)).filter(|v| !v.is_blank()),
        }
    }

    pub(super) fn value(&self, row: u16) -> Value {
        match self.number(row) {
            Some(x) => Value::Number(x),
            None => self.get(row).cloned().unwrap_or_default(),
        }
    }

    pub(super) fn number(&self, row: u16) -> Option<f64> {
        if let Self::Numbers { numbers, .. } = self {
            return numbers
                .get(usize::from(row))
                .copied()
                .filter(|x| !x.is_nan());
        }
        match self.get(row) {
            Some(Value::Number(x)) => Some(*x),
            _ => None,
        }
    }

    /// The first cell from `row` on that holds something.
    pub(super) fn next_from(&self, row: u16) -> Option<(u16, Value)> {
        let start = usize::from(row);
        let in_list = |cells: &[(u16, Value)]| {
            let at = cells.partition_point(|(r, _)| *r < row);
            cells.get(at).cloned()
        };
        match self {
            Self::Sparse(cells) => in_list(cells),
            Self::Numbers { numbers, others } => {
                let number = numbers
                    .get(start..)
                    .unwrap_or_default()
                    .iter()
                    .position(|x| !x.is_nan())
                    .map(|i| start + i);
                let other = in_list(others);
                match (number, other) {
                    (Some(i), Some((r, _))) if i < usize::from(r) => number_at(numbers, i),
                    (_, Some(other)) => Some(other),
                    (Some(i), None) => number_at(numbers, i),
                    (None, None) => None,
                }
            }
            Self::Mixed(values) => values
                .get(start..)
                .unwrap_or_default()
                .iter()
                .position(|v| !v.is_blank())
                .map(|i| ((start + i) as u16, values[start + i].clone())),
        }
    }

    /// The cells from `first` to `last` that hold something.
    pub(super) fn iter(&self, first: u16, last: u16) -> impl Iterator<Item = (u16, Value)> {
        let mut next = Some(first);
        std::iter::from_fn(move || {
            let (row, value) = self.next_from(next?).filter(|(row, _)| *row <= last)?;
            next = row.checked_add(1);
            Some((row, value))
        })
    }

    /// Visits the cells from `first` to `last` that hold something.
    pub(super) fn for_each(&self, first: u16, last: u16, mut visit: impl FnMut(u16, &Value)) {
        match self {
            Self::Numbers { numbers, others } if others.is_empty() => {
                let end = numbers.len().min(usize::from(last) + 1);
                let numbers = numbers.get(usize::from(first)..end).unwrap_or_default();
                for (row, &x) in (first..).zip(numbers) {
                    if !x.is_nan() {
                        visit(row, &Value::Number(x));
                    }
                }
            }
            _ => {
                for (row, value) in self.iter(first, last) {
                    visit(row, &value);
                }
            }
        }
    }

    /// Visits the cells from `first` to `last` that hold no number; those that
    /// do are not looked at one by one where they lie together.
    pub(super) fn for_each_other(&self, first: u16, last: u16, mut visit: impl FnMut(u16, &Value)) {
        let mut see = |row: u16, value: &Value| {
            if (first..=last).contains(&row) && !matches!(value, Value::Number(_) | Value::Blank) {
                visit(row, value);
            }
        };
        match self {
            Self::Sparse(cells) | Self::Numbers { others: cells, .. } => {
                for (row, value) in cells {
                    see(*row, value);
                }
            }
            Self::Mixed(values) => {
                for (row, value) in (0..).zip(values) {
                    see(row, value);
                }
            }
        }
    }

    /// Puts a scalar that is not blank.
    pub(super) fn set(&mut self, row: u16, value: Value) {
        let index = usize::from(row);
        match self {
            Self::Sparse(cells) => {
                if put(cells, row, value) && cells.len().is_multiple_of(SETTLE_EVERY) {
                    self.settle();
                }
            }
            Self::Numbers { numbers, others } => {
                if let Value::Number(x) = value {
                    if index >= numbers.len() {
                        extend(numbers, index + 1, VACANT);
                    }
                    if numbers[index].is_nan() {
                        take(others, row);
                    }
                    numbers[index] = x;
                } else {
                    if index < numbers.len() {
                        numbers[index] = VACANT;
                        trim(numbers, f64::is_nan);
                    }
                    if put(others, row, value) && others.len().is_multiple_of(SETTLE_EVERY) {
                        self.settle();
                    }
                }
            }
            Self::Mixed(values) => {
                if index >= values.len() {
                    extend(values, index + 1, Value::Blank);
                }
                values[index] = value;
            }
        }
    }

    /// Empties the rows from `first` to `last`.
    pub(super) fn clear(&mut self, first: u16, last: u16) {
        let within = |len: usize| usize::from(first).min(len)..(usize::from(last) + 1).min(len);
        let outside = |(row, _): &(u16, Value)| *row < first || last < *row;
        match self {
            Self::Sparse(cells) => cells.retain(outside),
            Self::Numbers { numbers, others } => {
                let range = within(numbers.len());
                numbers[range].fill(VACANT);
                trim(numbers, f64::is_nan);
                others.retain(outside);
            }
            Self::Mixed(values) => {
                let range = within(values.len());
                values[range].fill(Value::Blank);
                trim(values, |v| v.is_blank());
            }
        }
    }

    /// The numbers from `first` on where every one of `len` rows holds one and
    /// they lie together in memory.
    pub(super) fn slice(&self, first: u16, len: usize) -> Option<&[f64]> {
        let Self::Numbers { numbers, .. } = self else {
            return None;
        };
        let start = usize::from(first);
        let slice = numbers.get(start..start.checked_add(len)?)?;
        // Looked at many at once, as processors like it.
        let vacant = |some: &[f64]| some.iter().fold(false, |any, x| any | x.is_nan());
        (!slice.chunks(64).any(vacant)).then_some(slice)
    }

    /// Copies numbers from row `first` on; `false` where a row holds none.
    pub(super) fn copy_numbers(&self, first: u16, out: &mut [f64]) -> bool {
        if let Some(slice) = self.slice(first, out.len()) {
            out.copy_from_slice(slice);
            return true;
        }
        (first..)
            .zip(out)
            .all(|(row, slot)| match self.number(row) {
                Some(x) => {
                    *slot = x;
                    true
                }
                None => false,
            })
    }

    /// Puts finite numbers from row `first` on.
    pub(super) fn set_numbers(&mut self, first: u16, new: &[f64]) {
        if new.len() < BULK {
            for (row, &x) in (first..).zip(new) {
                self.set(row, Value::Number(x));
            }
            return;
        }
        let start = usize::from(first);
        let end = start + new.len();
        let last = (end - 1) as u16;
        if !matches!(self, Self::Numbers { .. }) {
            self.clear(first, last);
            self.make_dense();
        }
        let Self::Numbers { numbers, others } = self else {
            return;
        };
        others.retain(|(row, _)| *row < first || last < *row);
        if numbers.len() < end {
            extend(numbers, end, VACANT);
        }
        numbers[start..end].copy_from_slice(new);
        if others.len() > SETTLE_EVERY {
            self.settle();
        }
    }

    fn make_dense(&mut self) {
        if matches!(self, Self::Numbers { .. }) {
            return;
        }
        let mut numbers = Vec::new();
        let mut others = Vec::new();
        for (row, value) in self.iter(0, u16::MAX) {
            if let Value::Number(x) = value {
                extend(&mut numbers, usize::from(row) + 1, VACANT);
                numbers[usize::from(row)] = x;
            } else {
                others.push((row, value));
            }
        }
        *self = Self::Numbers { numbers, others };
    }

    /// Takes the form that needs the least room.
    fn settle(&mut self) {
        let (mut count, mut others, mut numbers_end) = (0, 0, 0);
        for (row, value) in self.iter(0, u16::MAX) {
            count += 1;
            if matches!(value, Value::Number(_)) {
                numbers_end = usize::from(row) + 1;
            } else {
                others += 1;
            }
        }
        let end = self.last().map_or(0, |last| usize::from(last) + 1);
        let entry = size_of::<(u16, Value)>();
        let sparse = count * entry;
        let dense = numbers_end * size_of::<f64>() + others * entry;
        let mixed = end * size_of::<Value>();
        if dense <= sparse && dense <= mixed {
            self.make_dense();
        } else if sparse <= mixed {
            if !matches!(self, Self::Sparse(_)) {
                *self = Self::Sparse(self.iter(0, u16::MAX).collect());
            }
        } else if !matches!(self, Self::Mixed(_)) {
            let mut values = vec![Value::Blank; end];
            for (row, value) in self.iter(0, u16::MAX) {
                values[usize::from(row)] = value;
            }
            *self = Self::Mixed(values);
        }
    }

    /// The bytes that it holds on the heap, without texts.
    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        let entry = size_of::<(u16, Value)>();
        match self {
            Self::Sparse(cells) => cells.capacity() * entry,
            Self::Numbers { numbers, others } => {
                numbers.capacity() * size_of::<f64>() + others.capacity() * entry
            }
            Self::Mixed(values) => values.capacity() * size_of::<Value>(),
        }
    }
}

fn last_index(len: usize) -> Option<u16> {
    len.checked_sub(1).map(|last| last as u16)
}

fn number_at(numbers: &[f64], index: usize) -> Option<(u16, Value)> {
    Some((index as u16, Value::Number(*numbers.get(index)?)))
}

fn find(cells: &[(u16, Value)], row: u16) -> Option<&Value> {
    let at = cells.binary_search_by_key(&row, |(r, _)| *r).ok()?;
    Some(&cells[at].1)
}

/// Puts a value in a sorted list; whether the row is new to it.
fn put(cells: &mut Vec<(u16, Value)>, row: u16, value: Value) -> bool {
    match cells.binary_search_by_key(&row, |(r, _)| *r) {
        Ok(at) => {
            cells[at].1 = value;
            false
        }
        Err(at) => {
            cells.insert(at, (row, value));
            true
        }
    }
}

fn take(cells: &mut Vec<(u16, Value)>, row: u16) {
    if let Ok(at) = cells.binary_search_by_key(&row, |(r, _)| *r) {
        cells.remove(at);
    }
}

/// Lengthens a chunk's rows, doubling their room but never past a chunk's rows.
fn extend<T: Clone>(rows: &mut Vec<T>, len: usize, filler: T) {
    if len > rows.capacity() {
        let room = (2 * rows.capacity()).max(len).min(CHUNK_ROWS as usize);
        rows.reserve_exact(room.max(len) - rows.len());
    }
    rows.resize(len, filler);
}

fn trim<T>(rows: &mut Vec<T>, vacant: impl Fn(T) -> bool + Copy)
where
    T: Clone,
{
    while rows.last().is_some_and(|last| vacant(last.clone())) {
        rows.pop();
    }
}
