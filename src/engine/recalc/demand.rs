//! Loops that no sweep orders: cells are evaluated on demand. Evaluation
//! tells which cells it read that are not calculated yet; these go first. What
//! waits for itself is a true circle.

use super::Recalc;
use crate::engine::graph::{Dirty, NodeId};
use crate::engine::interpret::{Interpreter, Pending, World};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::Value;
use crate::workbook::RunKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::ControlFlow;

/// Cells that one evaluation may report at a time.
const MOST_FOUND: usize = 4096;

/// The cells that have not been calculated yet.
#[derive(Default)]
struct Waiting {
    sheets: FxHashMap<SheetId, FxHashSet<Pos>>,
}

impl Waiting {
    fn remove(&mut self, cell: Cell) {
        if let Some(cells) = self.sheets.get_mut(&cell.sheet) {
            cells.remove(&cell.pos);
        }
    }
}

impl Pending for Waiting {
    fn find(&self, area: Area, found: &mut Vec<Cell>) {
        let Some(waiting) = self.sheets.get(&area.sheet) else {
            return;
        };
        let sheet = area.sheet;
        if area.rect.len() <= waiting.len() as u64 {
            for pos in area.rect.cells() {
                if waiting.contains(&pos) && found.len() < MOST_FOUND {
                    found.push(Cell { sheet, pos });
                }
            }
        } else {
            let inside = waiting.iter().filter(|pos| area.rect.contains(**pos));
            let room = MOST_FOUND.saturating_sub(found.len());
            found.extend(inside.take(room).map(|&pos| Cell { sheet, pos }));
        }
    }
}

/// What is calculated in one go: a formula, by the cell it stands in.
type Unit = (NodeId, Cell);

/// A formula that waits for others.
struct Frame {
    unit: Unit,
    /// Those it read that were not calculated.
    first: Vec<Unit>,
}

impl Recalc<'_> {
    /// Evaluates looping runs on demand.
    pub(super) fn demand(&mut self, nodes: &[NodeId], dirty: &Dirty) -> ControlFlow<()> {
        let mut waiting = Waiting::default();
        let mut owners: FxHashMap<Cell, Unit> = FxHashMap::default();
        let mut units: Vec<Unit> = Vec::new();
        for &id in nodes {
            let node = self.engine.graph.node(id);
            let sheet = node.sheet;
            let mut wait = |pos: Pos, unit: Unit| {
                waiting.sheets.entry(sheet).or_default().insert(pos);
                owners.insert(Cell { sheet, pos }, unit);
            };
            let rects = dirty.get(id).map_or(&[][..], |dirt| dirt.rects());
            if node.kind == RunKind::Array {
                let pos = node.rect.top_left();
                let unit = (id, Cell { sheet, pos });
                units.push(unit);
                node.rect.cells().for_each(|pos| wait(pos, unit));
                continue;
            }
            for pos in rects.iter().flat_map(|rect| rect.cells()) {
                let unit = (id, Cell { sheet, pos });
                units.push(unit);
                wait(pos, unit);
                if let Some(spill) = node.spills.get(&pos) {
                    spill.cells().for_each(|pos| wait(pos, unit));
                }
            }
        }
        // From the top left is the right order more often than any other.
        units.sort_unstable_by_key(|(_, cell)| (cell.pos, cell.sheet));
        let mut touched: FxHashMap<NodeId, Vec<Area>> = FxHashMap::default();
        let mut done: FxHashSet<Cell> = FxHashSet::default();
        let mut on_path: FxHashMap<Cell, usize> = FxHashMap::default();
        let mut path: Vec<Frame> = Vec::new();
        for unit in units {
            path.push(Frame {
                unit,
                first: Vec::new(),
            });
            while let Some(frame) = path.last_mut() {
                self.watched()?;
                let (id, at) = frame.unit;
                if done.contains(&at) {
                    on_path.remove(&at);
                    path.pop();
                    continue;
                }
                on_path.insert(at, path.len() - 1);
                let frame = path.last_mut().expect("the frame looked at");
                if let Some(next) = frame.first.pop() {
                    if done.contains(&next.1) {
                        continue;
                    }
                    let Some(&start) = on_path.get(&next.1) else {
                        path.push(Frame {
                            unit: next,
                            first: Vec::new(),
                        });
                        continue;
                    };
                    // A true circle: all of it is 0.
                    let circle: Vec<Unit> = path[start..].iter().map(|f| f.unit).collect();
                    for &(id, cell) in &circle {
                        self.put_unit((id, cell), Value::Number(0.0));
                        done.insert(cell);
                        self.settle(&mut waiting, (id, cell));
                    }
                    let cells = circle.into_iter().map(|(_, cell)| cell).collect();
                    self.report.circular.push(cells);
                    continue;
                }
                let world = World {
                    pending: Some(&waiting),
                    ..self.world()
                };
                let node = self.engine.graph.node(id);
                let mut interpreter = Interpreter::new(world, at);
                if node.formula.dynamic {
                    interpreter.track();
                }
                let value = match node.kind {
                    RunKind::Plain => interpreter.single(&node.formula, at),
                    _ => interpreter.array_formula(&node.formula, at),
                };
                let missing = std::mem::take(&mut interpreter.missing);
                let read = std::mem::take(&mut interpreter.touched);
                if missing.is_empty() {
                    if !read.is_empty() {
                        touched.entry(id).or_default().extend(read);
                    }
                    let wanted = self.put_unit((id, at), value);
                    touched.entry(id).or_default().extend(wanted);
                    done.insert(at);
                    self.settle(&mut waiting, (id, at));
                    continue;
                }
                // The first cell read is evaluated first.
                for cell in missing.iter().rev() {
                    match owners.get(cell) {
                        Some(owner) if !done.contains(&owner.1) => frame.first.push(*owner),
                        // A spill that shrank leaves cells for which nothing
                        // is to be waited.
                        _ => waiting.remove(*cell),
                    }
                }
            }
        }
        for (id, areas) in touched {
            let keep = self.engine.graph.node(id).formula.dynamic;
            if keep || !areas.is_empty() {
                self.touched(id, areas, dirty, nodes);
            }
        }
        ControlFlow::Continue(())
    }

    /// Writes a formula's result into the cells it fills; returns the area a
    /// blocked spill wants.
    fn put_unit(&mut self, (id, at): Unit, value: Value) -> Option<Area> {
        match self.engine.graph.node(id).kind {
            RunKind::Plain | RunKind::DataTable => {
                self.put(at, value);
                None
            }
            RunKind::Array => {
                let area = self.engine.graph.node(id).area();
                self.put_array(area, &value);
                None
            }
            RunKind::Dynamic => self.spill(id, at, value),
        }
    }

    /// Takes the cells that a formula filled from those that are waited for.
    fn settle(&self, waiting: &mut Waiting, (id, at): Unit) {
        let node = self.engine.graph.node(id);
        let Some(cells) = waiting.sheets.get_mut(&at.sheet) else {
            return;
        };
        let filled = match node.kind {
            RunKind::Array => node.rect,
            _ => node
                .spills
                .get(&at.pos)
                .copied()
                .unwrap_or(Rect::cell(at.pos)),
        };
        cells.remove(&at.pos);
        if !filled.is_cell() {
            for pos in filled.cells() {
                cells.remove(&pos);
            }
        }
    }
}
