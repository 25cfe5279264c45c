//! Repeating a clip over an area.

use super::{Block, ClipError, EditError};
use crate::formula;
use crate::grid::{Pos, Rect};
use crate::value::Value;
use crate::workbook::transaction::MAX_FILL;
use crate::workbook::{Cells, FormulaRun, StyleMap, Template};
use std::sync::Arc;

/// How a clip of `rows` by `cols` cells is repeated: so that its first cell
/// comes to lie on `anchor`, which need not be in the area.
#[derive(Clone, Copy, Debug)]
pub struct Tiles {
    pub rows: u32,
    pub cols: u32,
    pub anchor: Pos,
    pub area: Rect,
}

impl Tiles {
    /// The clip's line that falls on a line of the area.
    fn source(line: u32, anchor: u32, period: u32) -> u32 {
        (i64::from(line) - i64::from(anchor)).rem_euclid(i64::from(period)) as u32
    }

    fn source_col(&self, col: u32) -> u32 {
        Self::source(col, self.anchor.col, self.cols)
    }

    /// Where lines of the clip come to lie, cut to the area, in their order. All lines of
    /// the clip come to lie on all of the area, if they may be joined.
    fn spans(&self, first: u32, last: u32, rows: bool, join: bool) -> Vec<(u32, u32)> {
        let (period, anchor, start, end) = match rows {
            true => (self.rows, self.anchor.row, self.area.top, self.area.bottom),
            false => (self.cols, self.anchor.col, self.area.left, self.area.right),
        };
        if join && first == 0 && last + 1 == period {
            return vec![(start, end)];
        }
        // The clip's first line at or before the area's first.
        let mut base = i64::from(start) - i64::from(Self::source(start, anchor, period));
        let mut out = Vec::new();
        while base <= i64::from(end) {
            let from = (base + i64::from(first)).max(i64::from(start));
            let to = (base + i64::from(last)).min(i64::from(end));
            if from <= to {
                out.push((from as u32, to as u32));
            }
            base += i64::from(period);
        }
        out
    }

    /// The rectangles of the area on which a rectangle of the clip comes to lie.
    pub fn rects(&self, rect: Rect, join: bool) -> Vec<Rect> {
        let rows = self.spans(rect.top, rect.bottom, true, join);
        let cols = self.spans(rect.left, rect.right, false, join);
        let both = rows
            .iter()
            .flat_map(|row| cols.iter().map(move |col| (row, col)));
        both.map(|((top, bottom), (left, right))| Rect {
            top: *top,
            left: *left,
            bottom: *bottom,
            right: *right,
        })
        .collect()
    }

    /// The cells of the area.
    pub fn cells(&self, source: &Cells) -> Result<Cells, EditError> {
        let mut out = Cells::default();
        let Some(used) = source.used() else {
            return Ok(out);
        };
        let mut filled = 0;
        for col in self.area.left..=self.area.right {
            let from = self.source_col(col);
            if from < used.left || used.right < from {
                continue;
            }
            let column = Rect {
                left: from,
                right: from,
                ..used
            };
            let rows = self.area.rows() as usize;
            if used.rows() == self.rows
                && let Some(numbers) = source.numbers(from, 0, self.rows - 1)
            {
                let phase = Self::source(self.area.top, self.anchor.row, self.rows) as usize;
                let cycle = numbers.iter().cycle().skip(phase).take(rows);
                let numbers: Vec<f64> = cycle.copied().collect();
                filled += numbers.len() as u64;
                check(filled)?;
                out.set_numbers(col, self.area.top, &numbers);
                continue;
            }
            let mut values: Vec<(u32, Value)> = Vec::new();
            source.for_each_column(column, &mut |at, value| {
                values.push((at.row, value.clone()))
            });
            if values.is_empty() {
                continue;
            }
            filled += values.len() as u64 * (rows as u64 / u64::from(self.rows)).max(1);
            check(filled)?;
            let start = Self::source(self.area.top, self.anchor.row, self.rows);
            let mut base = i64::from(self.area.top) - i64::from(start);
            while base <= i64::from(self.area.bottom) {
                for (row, value) in &values {
                    let row = base + i64::from(*row);
                    if (i64::from(self.area.top)..=i64::from(self.area.bottom)).contains(&row) {
                        out.set(Pos::new(row as u32, col), value.clone());
                    }
                }
                base += i64::from(self.rows);
            }
        }
        Ok(out)
    }

    /// The formulas of the area, `#REF!` in them for what leaves the sheet.
    pub fn formulas(&self, source: &[FormulaRun]) -> Result<Vec<FormulaRun>, EditError> {
        let mut out = Vec::new();
        for run in source {
            let per_cell = run.kind.is_per_cell();
            for rect in self.rects(run.rect, per_cell) {
                let whole = rect.rows() == run.rect.rows() && rect.cols() == run.rect.cols();
                if per_cell || whole {
                    copied_into(run, rect, &mut out);
                }
            }
        }
        Ok(out)
    }

    pub fn styles(&self, source: &StyleMap) -> StyleMap {
        let mut out = StyleMap::default();
        for col in self.area.left..=self.area.right {
            let from = self.source_col(col);
            let column = Rect {
                top: 0,
                left: from,
                bottom: self.rows - 1,
                right: from,
            };
            for (piece, style) in source.pieces(column) {
                for (top, bottom) in self.spans(piece.top, piece.bottom, true, true) {
                    let rect = Rect {
                        top,
                        left: col,
                        bottom,
                        right: col,
                    };
                    out.set(rect, Some(style));
                }
            }
        }
        out
    }

    pub fn block(&self, source: &Block) -> Result<Block, ClipError> {
        Ok(Block {
            cells: self.cells(&source.cells)?,
            formulas: self.formulas(&source.formulas)?,
        })
    }
}

fn check(filled: u64) -> Result<(), EditError> {
    match filled <= MAX_FILL {
        true => Ok(()),
        false => Err(EditError::TooManyCells {
            area: "what is to be filled".to_owned(),
            cells: filled,
        }),
    }
}

/// A formula in another place.
pub(in crate::workbook) fn copied_into(run: &FormulaRun, rect: Rect, out: &mut Vec<FormulaRun>) {
    let parts = match &*run.template {
        // An array formula stands in its first cell.
        Template::Formula(expr) if !run.kind.is_per_cell() => {
            let mut parts = formula::copied_into(expr, Rect::cell(rect.top_left()));
            parts.truncate(1);
            parts.into_iter().map(|(_, lost)| (rect, lost)).collect()
        }
        Template::Formula(expr) => formula::copied_into(expr, rect),
        Template::Unreadable(_) => vec![(rect, None)],
    };
    out.extend(parts.into_iter().map(|(rect, lost)| FormulaRun {
        rect,
        template: match lost {
            Some(expr) => Arc::new(Template::Formula(expr)),
            None => run.template.clone(),
        },
        kind: run.kind.clone(),
    }));
}

/// Puts the cells of a rectangle elsewhere, its first cell `at`.
pub(in crate::workbook) fn copy_cells(from: &Cells, rect: Rect, to: &mut Cells, at: Pos) {
    let Some(used) = from.used().and_then(|used| used.intersection(&rect)) else {
        return;
    };
    let row = |row: u32| row - rect.top + at.row;
    for col in used.left..=used.right {
        let there = col - rect.left + at.col;
        if let Some(numbers) = from.numbers(col, used.top, used.bottom) {
            to.set_numbers(there, row(used.top), &numbers);
            continue;
        }
        let column = Rect {
            left: col,
            right: col,
            ..used
        };
        from.for_each_column(column, &mut |at, value| {
            to.set(Pos::new(row(at.row), there), value.clone());
        });
    }
}

/// The cells of a block that hold something, as rectangles.
pub(in crate::workbook) fn nonblank_pieces(block: &Block) -> Vec<Rect> {
    let mut pieces: Vec<Rect> = block.formulas.iter().map(|f| f.rect).collect();
    let Some(used) = block.cells.used() else {
        return pieces;
    };
    let mut open: Option<Rect> = None;
    block
        .cells
        .for_each_column(used, &mut |at, _| match &mut open {
            Some(rect) if rect.left == at.col && rect.bottom + 1 == at.row => rect.bottom = at.row,
            _ => pieces.extend(open.replace(Rect::cell(at))),
        });
    pieces.extend(open);
    pieces
}
