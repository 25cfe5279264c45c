//! Dynamic array formulas: results that fill the cells around them.

use super::Recalc;
use crate::engine::graph::{Dirty, NodeId};
use crate::engine::interpret::Interpreter;
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::{ErrorKind, Value};
use std::ops::ControlFlow;

impl Recalc<'_> {
    /// Evaluates the dynamic array formulas in a part of their run.
    pub(super) fn dynamic(&mut self, id: NodeId, rect: Rect, dirty: &Dirty) -> ControlFlow<()> {
        let mut touched = Vec::new();
        let formula = self.engine.graph.node(id).formula.clone();
        let sheet = self.engine.graph.node(id).sheet;
        for pos in rect.cells() {
            let at = Cell { sheet, pos };
            let mut interpreter = Interpreter::new(self.world(), at);
            if formula.dynamic {
                interpreter.track();
            }
            let value = interpreter.array_formula(&formula, at);
            touched.extend(std::mem::take(&mut interpreter.touched));
            touched.extend(self.spill(id, at, value));
            self.watched()?;
        }
        if !touched.is_empty() || !self.engine.graph.node(id).touched.is_empty() {
            self.touched(id, touched, dirty, &[]);
        }
        ControlFlow::Continue(())
    }

    /// Writes a dynamic array formula's result into its cell and those around
    /// it. Where they are not free the cell is `#SPILL!` and the area that
    /// is wanted is returned, for the formula to be evaluated when that changes.
    pub(super) fn spill(&mut self, id: NodeId, at: Cell, value: Value) -> Option<Area> {
        let sheet = at.sheet;
        let old = self.engine.graph.node(id).spills.get(&at.pos).copied();
        let (rows, cols) = match &value {
            Value::Array(array) => (array.rows() as u32, array.cols() as u32),
            _ => (1, 1),
        };
        let wanted = Rect::sized(at.pos, rows, cols);
        let new = wanted.filter(|rect| !rect.is_cell());
        let blocked = match (wanted, new) {
            (None, _) => true,
            (_, Some(rect)) => self.is_blocked(id, at, rect, old),
            (_, None) => false,
        };
        let new = new.filter(|_| !blocked);
        if let Some(old) = old {
            self.clear_spill(sheet, at.pos, old, new);
        }
        match (&value, new) {
            _ if blocked => self.put(at, Value::Error(ErrorKind::Spill)),
            (Value::Array(array), Some(rect)) => {
                let (rows, cols) = (array.rows(), array.cols());
                let mut values = Vec::with_capacity(rows * cols);
                for col in 0..cols {
                    for row in 0..rows {
                        let value = array.get(row, col);
                        self.count(value);
                        values.push(value.clone());
                    }
                }
                self.write(Area { sheet, rect }, values);
            }
            (Value::Array(array), None) => self.put(at, array.get(0, 0).clone()),
            (value, None) => self.put(at, value.clone()),
            // Only arrays are larger than a cell.
            (_, Some(_)) => {}
        }
        if old != new {
            self.engine.graph.set_spill(id, at.pos, new);
            let spills = &mut self.engine.workbook.sheet_mut(sheet).spills;
            match new {
                Some(rect) => spills.insert(at.pos, rect),
                None => spills.remove(&at.pos),
            };
            for rect in [old, new].into_iter().flatten() {
                // The formula's own cell was followed when it became dirty.
                self.next_areas
                    .extend(beyond(at.pos, rect).map(|rect| Area { sheet, rect }));
            }
        }
        if let Some(rect) = new {
            self.report.changed.push(Area { sheet, rect });
        }
        let wanted = wanted.filter(|_| blocked)?;
        Some(Area {
            sheet,
            rect: wanted,
        })
    }

    /// Empties the cells of a spill that the next does not fill.
    fn clear_spill(&mut self, sheet: SheetId, anchor: Pos, old: Rect, new: Option<Rect>) {
        self.forget(Area { sheet, rect: old });
        self.report.changed.push(Area { sheet, rect: old });
        let cells = &mut self.engine.workbook.sheet_mut(sheet).cells;
        for pos in old.cells() {
            if pos != anchor && !new.is_some_and(|new| new.contains(pos)) {
                cells.set(pos, Value::Blank);
            }
        }
    }

    /// Whether a formula's result may not fill `wanted`: something else is there.
    fn is_blocked(&self, id: NodeId, at: Cell, wanted: Rect, old: Option<Rect>) -> bool {
        let book = &self.engine.workbook;
        let sheet = book.sheet(at.sheet);
        let formulas = sheet.runs.intersecting(wanted).into_iter().any(|run| {
            let part = sheet
                .runs
                .get(run)
                .and_then(|run| run.rect.intersection(&wanted));
            part.is_some_and(|part| part != Rect::cell(at.pos))
        });
        if formulas
            || self
                .engine
                .graph
                .spilled_over(at.sheet, wanted, (id, at.pos))
            || sheet
                .merges
                .iter()
                .any(|merge| merge.intersection(&wanted).is_some())
            || book.tables.iter().any(|table| {
                table.area.sheet == at.sheet && table.area.rect.intersection(&wanted).is_some()
            })
        {
            return true;
        }
        let mut blocked = false;
        sheet.cells.for_each(wanted, &mut |pos, value| {
            let own = pos == at.pos || old.is_some_and(|old| old.contains(pos));
            blocked |= !own && !value.is_blank();
        });
        blocked
    }
}

/// The cells of a spill but for its formula's own: to the right, and below.
fn beyond(anchor: Pos, rect: Rect) -> impl Iterator<Item = Rect> {
    let right = (rect.left < rect.right).then(|| Rect {
        left: anchor.col + 1,
        bottom: rect.top,
        ..rect
    });
    let below = (rect.top < rect.bottom).then(|| Rect {
        top: anchor.row + 1,
        ..rect
    });
    [right, below].into_iter().flatten()
}
