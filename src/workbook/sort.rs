//! Sorting the rows of an area.

use super::clip::copied_into;
use super::{
    Block, Edit, EditError, FormulaRun, Runs, RunsBuilder, StyleMap, Transaction, Workbook,
};
use crate::grid::{Area, Pos, Rect};
use crate::value::{Value, compare_numbers, compare_text};
use std::cmp::Ordering;
use std::sync::Arc;

/// A column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The column of the sheet.
    pub col: u32,
    pub descending: bool,
}

/// Why an area cannot be sorted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SortError {
    #[error("column {col} is not part of {area}: choose columns of the area to sort by")]
    NoKey { col: String, area: String },
    #[error("{0} has merged cells: unmerge them first")]
    Merged(String),
    #[error("{0} has array formulas over several cells, which cannot be sorted")]
    Arrays(String),
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// Excel's order of sorting: numbers, texts without regard to case, FALSE,
/// TRUE, errors.
fn order(a: &Value, b: &Value) -> Ordering {
    let class = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::Text(_) => 1,
        Value::Bool(_) => 2,
        Value::Error(_) | Value::Array(_) => 3,
        Value::Blank => 4,
    };
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(*a, *b),
        (Value::Text(a), Value::Text(b)) => compare_text(a, b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => class(a).cmp(&class(b)),
    }
}

impl Workbook {
    /// The transaction that sorts the rows of an area by the first key, where
    /// that is equal by the second, and so on; rows that are equal in all keep
    /// their order, and blanks come last either way. `header`: the first row
    /// stays. Rows that a filter hides stay where they are.
    ///
    /// Contents and styles move. A formula moves as if it were copied: its
    /// relative references count from its new row, so those within the row
    /// stay within it, as in Excel; formulas elsewhere keep their references.
    pub fn sort(
        &self,
        area: Area,
        keys: &[SortKey],
        header: bool,
    ) -> Result<Transaction, SortError> {
        self.check_area(area)?;
        let label = format!("Sort {}", self.area_address(area));
        let sheet = self.sheet(area.sheet);
        for key in keys {
            if !(area.rect.left..=area.rect.right).contains(&key.col) {
                return Err(SortError::NoKey {
                    col: crate::grid::column_name(key.col),
                    area: self.area_address(area),
                });
            }
        }
        let Some(mut rect) = self.sorted_rect(area, header) else {
            return Ok(Transaction::new(label, Vec::new()));
        };
        if sheet.merges.iter().any(|m| m.intersection(&rect).is_some()) {
            return Err(SortError::Merged(self.area_address(area)));
        }
        let area = Area { rect, ..area };
        let formulas = self.formulas_in(area);
        let single = |f: &FormulaRun| f.kind.is_per_cell() || f.rect.is_cell();
        if !formulas.iter().all(single) {
            return Err(SortError::Arrays(self.area_address(area)));
        }
        let shown = self.shown_parts(area);
        let rows: Vec<u32> = shown.iter().flat_map(|r| r.top..=r.bottom).collect();
        let sorted = self.sorted_rows(area, keys, &rows);
        // Where what is to stand in a row is now, from the area's first row on.
        let mut from: Vec<u32> = (rect.top..=rect.bottom).collect();
        for (to, row) in rows.iter().zip(&sorted) {
            from[(to - rect.top) as usize] = *row;
        }
        // What stays above and below needs no edit.
        let moves = |row: &u32| from[(row - rect.top) as usize] != *row;
        let (Some(top), Some(bottom)) = (
            (rect.top..=rect.bottom).find(moves),
            (rect.top..=rect.bottom).rev().find(moves),
        ) else {
            return Ok(Transaction::new(label, Vec::new()));
        };
        let from = &from[(top - rect.top) as usize..=(bottom - rect.top) as usize];
        rect = Rect {
            top,
            bottom,
            ..rect
        };
        let area = Area { rect, ..area };
        let mut edits = vec![Edit::Put {
            area,
            block: Arc::new(self.sorted_block(area, from)),
        }];
        let styles = self.shown_styles(area);
        let moved = sorted_styles(&styles, rect, from);
        if moved != styles {
            edits.push(Edit::PutStyles {
                area,
                styles: Arc::new(moved),
            });
        }
        Ok(Transaction::new(label, edits))
    }

    /// The rows to sort, without the header and the blank ones at the end.
    fn sorted_rect(&self, area: Area, header: bool) -> Option<Rect> {
        let sheet = self.sheet(area.sheet);
        let top = area.rect.top + u32::from(header);
        let used = sheet.cells.used();
        let runs = self.formulas_in(area).into_iter().map(|f| f.rect.bottom);
        let last = used.map(|u| u.bottom).into_iter().chain(runs).max()?;
        let bottom = area.rect.bottom.min(last);
        (top <= bottom).then_some(Rect {
            top,
            bottom,
            ..area.rect
        })
    }

    /// Rows in their new order.
    fn sorted_rows(&self, area: Area, keys: &[SortKey], rows: &[u32]) -> Vec<u32> {
        let cells = &self.sheet(area.sheet).cells;
        let top = area.rect.top;
        let columns: Vec<(Vec<Value>, bool)> = keys
            .iter()
            .map(|key| {
                let mut values = vec![Value::Blank; area.rect.rows() as usize];
                let column = Rect {
                    left: key.col,
                    right: key.col,
                    ..area.rect
                };
                cells.for_each_column(column, &mut |at, value| {
                    values[(at.row - top) as usize] = value.clone();
                });
                (values, key.descending)
            })
            .collect();
        let mut sorted = rows.to_vec();
        sorted.sort_by(|a, b| {
            for (values, descending) in &columns {
                let (a, b) = (&values[(a - top) as usize], &values[(b - top) as usize]);
                let order = match (a.is_blank(), b.is_blank()) {
                    (false, false) if *descending => order(b, a),
                    (false, false) => order(a, b),
                    (a, b) => a.cmp(&b),
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
            Ordering::Equal
        });
        sorted
    }

    /// The contents of rows in their new order: row by row, `from` says where
    /// they are now.
    fn sorted_block(&self, area: Area, from: &[u32]) -> Block {
        let sheet = self.sheet(area.sheet);
        let rect = area.rect;
        let mut block = Block::default();
        let mut kept = sheet.cells.copy_of(rect);
        // Spilled results are not contents.
        for (anchor, spill) in &sheet.spills {
            let shown = kept.get(*anchor);
            kept.clear(*spill);
            if rect.contains(*anchor) {
                kept.set(*anchor, shown);
            }
        }
        for col in rect.left..=rect.right {
            let column = Rect {
                left: col,
                right: col,
                ..rect
            };
            if let Some(numbers) = kept.numbers(col, rect.top, rect.bottom) {
                let sorted: Vec<f64> = from
                    .iter()
                    .map(|row| numbers[(row - rect.top) as usize])
                    .collect();
                block.cells.set_numbers(col, rect.top, &sorted);
                continue;
            }
            let mut values = vec![Value::Blank; from.len()];
            let mut any = false;
            kept.for_each_column(column, &mut |at, value| {
                values[(at.row - rect.top) as usize] = value.clone();
                any = true;
            });
            if any {
                for (to, row) in (rect.top..).zip(from) {
                    let value = std::mem::take(&mut values[(row - rect.top) as usize]);
                    if !value.is_blank() {
                        block.cells.set(Pos::new(to, col), value);
                    }
                }
            }
        }
        // A formula that all rows of a column share stays one run; others are
        // gathered anew.
        let mut scattered = Vec::new();
        for run in self.formulas_in(area) {
            if run.rect.rows() == rect.rows() && run.kind.is_per_cell() {
                copied_into(&run, run.rect, &mut block.formulas);
            } else {
                scattered.push(run);
            }
        }
        block.formulas.extend(gathered(&scattered, rect, from));
        block
    }
}

/// The formulas of single cells in their new places, joined to runs.
fn gathered(runs: &[FormulaRun], rect: Rect, from: &[u32]) -> Vec<FormulaRun> {
    if runs.is_empty() {
        return Vec::new();
    }
    // By row, for the rows are visited in another order.
    let mut by_row: Vec<Vec<usize>> = vec![Vec::new(); from.len()];
    for (i, run) in runs.iter().enumerate() {
        for row in run.rect.top..=run.rect.bottom {
            by_row[(row - rect.top) as usize].push(i);
        }
    }
    let mut builder = RunsBuilder::new();
    let mut placed: Vec<FormulaRun> = Vec::new();
    for (to, row) in (rect.top..).zip(from) {
        let mut here: Vec<(u32, usize)> = by_row[(row - rect.top) as usize]
            .iter()
            .flat_map(|&i| (runs[i].rect.left..=runs[i].rect.right).map(move |col| (col, i)))
            .collect();
        here.sort_unstable();
        for (col, i) in here {
            let run = &runs[i];
            let at = Pos::new(to, col);
            if run.kind.is_per_cell() {
                builder.push(at, super::TemplateId(i as u32), run.kind.clone());
            } else {
                copied_into(run, Rect::cell(at), &mut placed);
            }
        }
    }
    let mut joined = Runs::default();
    builder.finish(&mut joined);
    for (_, run) in joined.iter() {
        copied_into(&runs[run.template.0 as usize], run.rect, &mut placed);
    }
    placed
}

fn sorted_styles(styles: &StyleMap, rect: Rect, from: &[u32]) -> StyleMap {
    let mut out = StyleMap::default();
    for col in rect.left..=rect.right {
        let column = Rect {
            left: col,
            right: col,
            ..rect
        };
        let mut pieces = styles.pieces(column).peekable();
        if pieces.peek().is_none() {
            continue;
        }
        let mut by_row = vec![0; from.len()];
        for (piece, style) in pieces {
            let (first, last) = (piece.top - rect.top, piece.bottom - rect.top);
            by_row[first as usize..=last as usize].fill(style);
        }
        for (to, row) in (rect.top..).zip(from) {
            let style = by_row[(row - rect.top) as usize];
            if style != 0 {
                out.set(Rect::cell(Pos::new(to, col)), Some(style));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
