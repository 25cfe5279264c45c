//! The values of a sheet, column by column in chunks of rows.
//!
//! CONTRACT SKETCH: the workbook room replaces the map by typed column chunks
//! and keeps these signatures.

use crate::grid::{Pos, Rect};
use crate::value::Value;
use std::collections::BTreeMap;

/// The values and style indices of a sheet's cells.
#[derive(Debug, Default)]
pub struct Cells {
    values: BTreeMap<(u32, u32), Value>,
}

impl Cells {
    /// The value of a cell; `Blank` where nothing was ever put.
    pub fn get(&self, at: Pos) -> Value {
        self.values
            .get(&(at.col, at.row))
            .cloned()
            .unwrap_or_default()
    }

    /// The number in a cell; `None` where it holds anything else.
    pub fn number(&self, at: Pos) -> Option<f64> {
        match self.values.get(&(at.col, at.row)) {
            Some(Value::Number(x)) => Some(*x),
            _ => None,
        }
    }

    /// Puts a scalar value (never an array); `Blank` empties the cell.
    pub fn set(&mut self, at: Pos, value: Value) {
        if value.is_blank() {
            self.values.remove(&(at.col, at.row));
        } else {
            self.values.insert((at.col, at.row), value);
        }
    }

    /// The smallest rectangle that holds every value; `None` where there is none.
    pub fn used(&self) -> Option<Rect> {
        self.values
            .keys()
            .map(|&(col, row)| Rect::cell(Pos { row, col }))
            .reduce(|a, b| a.hull(&b))
    }

    /// Visits the cells of `rect` that are not blank, row by row.
    pub fn for_each(&self, rect: Rect, visit: &mut dyn FnMut(Pos, &Value)) {
        let mut found: Vec<_> = self
            .values
            .iter()
            .filter(|((col, row), _)| {
                rect.contains(Pos {
                    row: *row,
                    col: *col,
                })
            })
            .collect();
        found.sort_by_key(|((col, row), _)| (*row, *col));
        for ((col, row), value) in found {
            visit(
                Pos {
                    row: *row,
                    col: *col,
                },
                value,
            );
        }
    }

    /// Copies one column's numbers from row `top` on into `out`; `false`, with
    /// `out` unspecified, where a cell there holds anything but a number.
    pub fn copy_numbers(&self, col: u32, top: u32, out: &mut [f64]) -> bool {
        out.iter_mut().enumerate().all(|(i, slot)| {
            match self.number(Pos::new(top + i as u32, col)) {
                Some(x) => {
                    *slot = x;
                    true
                }
                None => false,
            }
        })
    }

    /// Puts numbers down one column from row `top` on.
    pub fn set_numbers(&mut self, col: u32, top: u32, numbers: &[f64]) {
        for (i, &x) in numbers.iter().enumerate() {
            self.set(Pos::new(top + i as u32, col), Value::Number(x));
        }
    }
}
