//! Rectangles of values.

use super::{ErrorKind, Value};

/// A rectangle of scalar values, row by row; at least one row and one column.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    rows: usize,
    cols: usize,
    cells: Vec<Value>,
}

impl Array {
    /// `cells` row by row.
    ///
    /// # Panics
    /// If `cells` does not hold `rows * cols` values or is empty: a caller's mistake.
    pub fn new(rows: usize, cols: usize, cells: Vec<Value>) -> Self {
        assert!(
            rows > 0 && cols > 0 && cells.len() == rows * cols,
            "an array of {rows} by {cols}"
        );
        Self { rows, cols, cells }
    }

    pub fn filled(rows: usize, cols: usize, value: Value) -> Self {
        Self::new(rows, cols, vec![value; rows * cols])
    }

    pub fn from_fn(rows: usize, cols: usize, mut cell: impl FnMut(usize, usize) -> Value) -> Self {
        let cells = (0..rows * cols).map(|i| cell(i / cols, i % cols)).collect();
        Self::new(rows, cols, cells)
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row by row.
    pub fn cells(&self) -> &[Value] {
        &self.cells
    }

    pub fn get(&self, row: usize, col: usize) -> &Value {
        &self.cells[row * self.cols + col]
    }

    /// The value at a place of a result that this array takes part in: a
    /// single row or column repeats, outside of the array is `#N/A`.
    pub fn broadcast(&self, row: usize, col: usize) -> Value {
        let row = if self.rows == 1 { 0 } else { row };
        let col = if self.cols == 1 { 0 } else { col };
        if row < self.rows && col < self.cols {
            self.get(row, col).clone()
        } else {
            Value::Error(ErrorKind::Na)
        }
    }

    pub fn transpose(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |row, col| self.get(col, row).clone())
    }
}
