//! Parting chunks and joining the pieces.

use super::{Chunk, SETTLE_EVERY, VACANT, extend, trim};
use crate::value::Value;

impl Chunk {
    /// Takes away the rows from `row` on, as a chunk that counts from there.
    pub(in crate::workbook) fn split_off(&mut self, row: u16) -> Chunk {
        let at = usize::from(row);
        let part = |cells: &mut Vec<(u16, Value)>| {
            let mut tail = cells.split_off(cells.partition_point(|(r, _)| *r < row));
            for (r, _) in &mut tail {
                *r -= row;
            }
            tail
        };
        match self {
            Self::Sparse(cells) => Self::Sparse(part(cells)),
            Self::Numbers { numbers, others } => {
                let tail = numbers.split_off(at.min(numbers.len()));
                trim(numbers, f64::is_nan);
                Self::Numbers {
                    numbers: tail,
                    others: part(others),
                }
            }
            Self::Mixed(values) => {
                let tail = values.split_off(at.min(values.len()));
                trim(values, |v| v.is_blank());
                Self::Mixed(tail)
            }
        }
    }

    /// Puts another chunk's values from row `first` on, where and after which
    /// this one holds nothing.
    pub(in crate::workbook) fn append(&mut self, first: u16, other: Chunk) {
        let at = usize::from(first);
        if self.is_empty() {
            if first == 0 {
                *self = other;
                return;
            }
            *self = match other {
                Self::Sparse(_) => Self::Sparse(Vec::new()),
                Self::Numbers { .. } => Self::Numbers {
                    numbers: Vec::new(),
                    others: Vec::new(),
                },
                Self::Mixed(_) => Self::Mixed(Vec::new()),
            };
        }
        let moved = |cells: Vec<(u16, Value)>| cells.into_iter().map(move |(r, v)| (r + first, v));
        match (&mut *self, other) {
            (Self::Sparse(cells), Self::Sparse(more)) => {
                cells.extend(moved(more));
                if cells.len() >= SETTLE_EVERY {
                    self.settle();
                }
            }
            (
                Self::Numbers { numbers, others },
                Self::Numbers {
                    numbers: more,
                    others: more_others,
                },
            ) => {
                if !more.is_empty() {
                    extend(numbers, at, VACANT);
                    numbers.reserve_exact(more.len());
                    numbers.extend_from_slice(&more);
                }
                others.extend(moved(more_others));
                if others.len() >= SETTLE_EVERY {
                    self.settle();
                }
            }
            (Self::Mixed(values), Self::Mixed(more)) => {
                extend(values, at, Value::Blank);
                values.extend(more);
            }
            (_, other) => {
                for (row, value) in other.iter(0, u16::MAX) {
                    self.set(row + first, value);
                }
            }
        }
    }
}
