//! Moving values when rows and columns are inserted and deleted.
//!
//! Columns take another number. Rows have to be cut anew, as a chunk holds
//! fixed rows: every chunk after the gap is parted and its pieces joined with
//! those of its neighbours, whole pieces at a time.

use super::{ByNumber, Cells, Column, split};
use crate::grid::{Axis, Shift, ShiftKind};
use crate::workbook::chunk::{CHUNK_ROWS, Chunk};
use std::sync::Arc;

impl Cells {
    /// Moves the values after inserted or deleted lines. Values that would
    /// leave the sheet are the caller's to refuse before.
    pub fn shift(&mut self, shift: Shift) {
        self.used.take();
        match shift.axis {
            Axis::Columns => {
                let columns = std::mem::take(&mut self.columns.0).into_iter();
                let moved = columns.filter_map(|(col, column)| Some((shift.line(col)?, column)));
                self.columns = ByNumber(moved.collect());
            }
            Axis::Rows => {
                for (_, column) in &mut self.columns.0 {
                    let whole = Arc::unwrap_or_clone(std::mem::take(column));
                    *column = Arc::new(shifted(whole, shift));
                }
                self.columns.retain(|column| !column.is_empty());
            }
        }
    }
}

fn shifted(column: Column, shift: Shift) -> Column {
    let mut out = Column::default();
    let last = shift.end() - 1;
    for (number, mut chunk) in column.0 {
        let start = number * CHUNK_ROWS;
        let end = start + CHUNK_ROWS;
        if end <= shift.at {
            out.0.push((number, chunk));
            continue;
        }
        // What of the chunk lies after the gap, and its first row.
        let mut rest = (start, chunk);
        if start < shift.at {
            let tail = rest.1.split_off((shift.at - start) as u16);
            append(&mut out, start, rest.1);
            rest = (shift.at, tail);
        }
        if shift.kind == ShiftKind::Delete && rest.0 <= last {
            if end <= last + 1 {
                continue;
            }
            chunk = rest.1.split_off((last + 1 - rest.0) as u16);
            rest = (last + 1, chunk);
        }
        if let Some(row) = shift.line(rest.0) {
            append(&mut out, row, rest.1);
        }
    }
    out
}

/// Puts a piece of at most a chunk's rows at a row after all that are there.
fn append(column: &mut Column, row: u32, mut piece: Chunk) {
    let (number, first) = split(row);
    let next = (first > 0).then(|| piece.split_off(CHUNK_ROWS as u16 - first));
    for (number, first, piece) in [(number, first, Some(piece)), (number + 1, 0, next)] {
        let Some(piece) = piece.filter(|piece| !piece.is_empty()) else {
            continue;
        };
        match column.0.last_mut() {
            Some((last, chunk)) if *last == number => chunk.append(first, piece),
            _ => {
                let mut chunk = Chunk::default();
                chunk.append(first, piece);
                column.0.push((number, chunk));
            }
        }
    }
}
