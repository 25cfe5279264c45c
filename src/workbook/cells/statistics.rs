//! What the status bar says of a selection.

use super::super::chunk::{CHUNK_ROWS, Chunk};
use super::{Cells, rows_within};
use crate::grid::Rect;
use crate::value::{ErrorKind, Value};

/// Measures of selected cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// The cells that are not blank.
    pub count: u64,
    /// The cells that hold numbers; the other measures are of these.
    pub numbers: u64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    /// The first error found: as in formulas, sums of it make no sense.
    pub error: Option<ErrorKind>,
}

impl Statistics {
    /// `None` without numbers.
    pub fn average(&self) -> Option<f64> {
        (self.numbers > 0).then(|| self.sum / self.numbers as f64)
    }

    fn add(&mut self, x: f64) {
        if self.numbers == 0 {
            (self.min, self.max) = (x, x);
        }
        self.count += 1;
        self.numbers += 1;
        self.sum += x;
        self.min = self.min.min(x);
        self.max = self.max.max(x);
    }

    fn other(&mut self, value: &Value) {
        match value {
            Value::Number(x) => self.add(*x),
            Value::Error(kind) => {
                self.count += 1;
                self.error.get_or_insert(*kind);
            }
            Value::Blank => {}
            _ => self.count += 1,
        }
    }

    /// The numbers of a chunk, without the vacant rows between them.
    fn slice(&mut self, numbers: &[f64]) {
        let mut part = Self::default();
        for &x in numbers {
            if !x.is_nan() {
                part.add(x);
            }
        }
        self.join(&part);
    }

    /// Those of other cells added.
    pub fn join(&mut self, other: &Self) {
        if self.numbers == 0 {
            (self.min, self.max) = (other.min, other.max);
        } else if other.numbers > 0 {
            self.min = self.min.min(other.min);
            self.max = self.max.max(other.max);
        }
        self.count += other.count;
        self.numbers += other.numbers;
        self.sum += other.sum;
        self.error = self.error.or(other.error);
    }
}

impl Cells {
    /// The measures of the cells of `rect`. Takes time by what is there, a
    /// slice of numbers at a time.
    pub fn statistics(&self, rect: Rect) -> Statistics {
        let mut all = Statistics::default();
        for (_, column) in self.columns.range(rect.left, rect.right) {
            for (number, chunk) in column.range(rect.top / CHUNK_ROWS, rect.bottom / CHUNK_ROWS) {
                let (first, last) = rows_within(*number, &rect);
                if let Chunk::Numbers { numbers, others } = chunk {
                    let end = numbers.len().min(usize::from(last) + 1);
                    all.slice(numbers.get(usize::from(first)..end).unwrap_or_default());
                    let within = others
                        .iter()
                        .filter(|(row, _)| (first..=last).contains(row));
                    within.for_each(|(_, value)| all.other(value));
                } else {
                    chunk.for_each(first, last, |_, value| all.other(value));
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;

    #[test]
    fn a_selection_is_measured_as_excel_does() {
        let mut cells = Cells::default();
        cells.set_numbers(0, 0, &[3.0, -1.0, 10.0]);
        cells.set(Pos::new(5, 0), Value::text("x"));
        cells.set(Pos::new(1, 1), Value::Bool(true));
        let rect = Rect::new(Pos::new(0, 0), Pos::new(9, 1));
        let all = cells.statistics(rect);
        assert_eq!((all.count, all.numbers, all.sum), (5, 3, 12.0));
        assert_eq!((all.min, all.max, all.average()), (-1.0, 10.0, Some(4.0)));
        assert_eq!(all.error, None);
        cells.set(Pos::new(2, 1), ErrorKind::Na.into());
        assert_eq!(cells.statistics(rect).error, Some(ErrorKind::Na));
        let none = cells.statistics(Rect::cell(Pos::new(99, 99)));
        assert_eq!((none.count, none.average()), (0, None));
        let mut joined = none;
        joined.join(&cells.statistics(Rect::cell(Pos::new(1, 0))));
        assert_eq!((joined.min, joined.max), (-1.0, -1.0));
    }

    #[test]
    fn a_million_numbers_are_measured_by_slices() {
        let mut cells = Cells::default();
        let numbers: Vec<f64> = (1..=1_000_000).map(f64::from).collect();
        cells.set_numbers(3, 0, &numbers);
        let all = cells.statistics(Rect::new(Pos::new(0, 0), Pos::new(1_048_575, 9)));
        assert_eq!(all.sum, 500_000_500_000.0);
        assert_eq!((all.min, all.max, all.numbers), (1.0, 1e6, 1_000_000));
    }
}
