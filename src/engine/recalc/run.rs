//! Evaluating a part of a run.

use super::{BLOCK, Pulse, Recalc};
use crate::engine::bind::BoundFormula;
use crate::engine::graph::{Dirty, NodeId};
use crate::engine::interpret::{Interpreter, World};
use crate::engine::vector::{self, Column, Plan};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::{Array, ErrorKind, Value};
use crate::workbook::Workbook;
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Fewer cells are not worth spreading over threads.
const PARALLEL: usize = 256;
/// Cells that one thread evaluates at a time.
const CHUNK: usize = 128;

/// The values of a rectangle, column by column, and what was read for them
/// where that is tracked.
struct Block {
    values: Vec<Value>,
    touched: Vec<Area>,
}

/// Evaluates the formula of a run of ordinary formulas in each cell of a part
/// of it, none of which reads another; `None` where the watch stopped it.
fn evaluate(
    world: World<'_>,
    formula: &BoundFormula,
    Area { sheet, rect }: Area,
    pulse: &Pulse<'_>,
) -> Option<Block> {
    let rows = rect.rows() as usize;
    let cell = |index: usize| Cell {
        sheet,
        pos: Pos::new(
            rect.top + (index % rows) as u32,
            rect.left + (index / rows) as u32,
        ),
    };
    let count = rect.len() as usize;
    let chunk = |first: usize, last: usize| {
        let mut interpreter = Interpreter::new(world, cell(first));
        if formula.dynamic {
            interpreter.track();
        }
        let values = (first..last)
            .map(|index| interpreter.single(formula, cell(index)))
            .collect();
        Block {
            values,
            touched: super::merged(interpreter.touched),
        }
    };
    if count < PARALLEL {
        return Some(chunk(0, count));
    }
    let blocks: Option<Vec<Block>> = (0..count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|index| {
            pulse.beat(0).continue_value()?;
            let (first, last) = (index * CHUNK, ((index + 1) * CHUNK).min(count));
            let block = chunk(first, last);
            pulse.beat((last - first) as u64).continue_value()?;
            Some(block)
        })
        .collect();
    let mut whole = Block {
        values: Vec::with_capacity(count),
        touched: Vec::new(),
    };
    for block in blocks? {
        whole.values.extend(block.values);
        whole.touched.extend(block.touched);
    }
    Some(whole)
}

/// Writes values column by column; neighbouring numbers together.
fn write(book: &mut Workbook, sheet: SheetId, rect: Rect, values: Vec<Value>) {
    let cells = &mut book.sheet_mut(sheet).cells;
    let mut values = values.into_iter();
    let mut numbers: Vec<f64> = Vec::new();
    for col in rect.left..=rect.right {
        let mut top = rect.top;
        for row in rect.top..=rect.bottom {
            match values.next() {
                Some(Value::Number(x)) => numbers.push(x),
                other => {
                    cells.set_numbers(col, top, &numbers);
                    numbers.clear();
                    cells.set(Pos::new(row, col), other.unwrap_or_default());
                    top = row + 1;
                }
            }
        }
        cells.set_numbers(col, top, &numbers);
        numbers.clear();
    }
}

/// The parts of a rectangle that are evaluated before they are written.
fn blocks(rect: Rect) -> impl Iterator<Item = Rect> {
    let rows = (BLOCK / u64::from(rect.cols())).max(1) as u32;
    (rect.top..=rect.bottom)
        .step_by(rows as usize)
        .map(move |top| Rect {
            top,
            bottom: rect.bottom.min(top + (rows - 1)),
            ..rect
        })
}

impl Recalc<'_> {
    /// Evaluates parts of a run of ordinary formulas that do not read each other.
    pub(super) fn plain(&mut self, id: NodeId, rects: &[Rect], dirty: &Dirty) -> ControlFlow<()> {
        let node = self.engine.graph.node(id);
        let (formula, sheet) = (node.formula.clone(), node.sheet);
        let mut touched = Vec::new();
        for rect in rects {
            if rect.rows() >= vector::WORTH_PLANNING {
                let read = self.columns(&formula, Area { sheet, rect: *rect })?;
                touched.extend(read);
                continue;
            }
            for rect in blocks(*rect) {
                touched.extend(self.cells(&formula, Area { sheet, rect })?);
            }
        }
        if formula.dynamic {
            self.touched(id, touched, dirty, &[]);
        }
        ControlFlow::Continue(())
    }

    /// Evaluates a part of a run of ordinary formulas column by column; returns
    /// the areas that were read where that is tracked.
    fn columns(&mut self, formula: &BoundFormula, area: Area) -> ControlFlow<(), Vec<Area>> {
        let mut touched = Vec::new();
        let Area { sheet, rect } = area;
        for col in rect.left..=rect.right {
            let at = Cell {
                sheet,
                pos: Pos::new(rect.top, col),
            };
            let plan = Plan::new(self.world(), formula, at, rect.bottom);
            let column = Rect {
                left: col,
                right: col,
                ..rect
            };
            let Some((plan, read)) = plan else {
                for rect in blocks(column) {
                    touched.extend(self.cells(formula, Area { sheet, rect })?);
                }
                continue;
            };
            touched.extend(read);
            for part in blocks(column) {
                let (world, pulse) = (self.world(), self.pulse());
                let evaluate = |(top, len): (u32, usize)| {
                    pulse.beat(0).continue_value()?;
                    let results = plan.evaluate(world, top, len);
                    pulse.beat(len as u64).continue_value()?;
                    Some((top, results))
                };
                let blocks = plan.blocks(part.top, part.bottom);
                let results: Option<Vec<_>> = match blocks.len() {
                    1 => blocks.into_iter().map(evaluate).collect(),
                    _ => blocks.into_par_iter().map(evaluate).collect(),
                };
                let Some(results) = results else {
                    return ControlFlow::Break(());
                };
                self.forget(Area { sheet, rect: part });
                for (top, (values, read)) in results {
                    touched.extend(super::merged(read));
                    self.put_column(
                        Cell {
                            sheet,
                            pos: Pos::new(top, col),
                        },
                        values,
                    );
                }
            }
        }
        ControlFlow::Continue(touched)
    }

    /// Writes the results of a block of rows.
    fn put_column(&mut self, at: Cell, values: Column) {
        let Pos { row, col } = at.pos;
        match values {
            Column::Numbers(numbers) => {
                self.report.evaluated += numbers.len() as u64;
                let cells = &mut self.engine.workbook.sheet_mut(at.sheet).cells;
                cells.put_numbers(col, row, numbers);
            }
            Column::Values(values) => {
                values.iter().for_each(|value| self.count(value));
                let cells = &mut self.engine.workbook.sheet_mut(at.sheet).cells;
                cells.put_values(col, row, values);
            }
        }
    }

    /// Evaluates a part of a run of ordinary formulas cell by cell; returns the
    /// areas that were read where that is tracked.
    fn cells(&mut self, formula: &BoundFormula, area: Area) -> ControlFlow<(), Vec<Area>> {
        let Some(block) = evaluate(self.world(), formula, area, &self.pulse()) else {
            return ControlFlow::Break(());
        };
        for value in &block.values {
            self.count(value);
        }
        self.write(area, block.values);
        ControlFlow::Continue(block.touched)
    }

    /// Evaluates one cell of a run of ordinary formulas.
    pub(super) fn cell(&mut self, id: NodeId, pos: Pos) {
        let node = self.engine.graph.node(id);
        let at = Cell {
            sheet: node.sheet,
            pos,
        };
        let mut interpreter = Interpreter::new(self.world(), at);
        let value = interpreter.single(&node.formula, at);
        self.put(at, value);
    }

    /// Evaluates a legacy array formula for all its cells.
    pub(super) fn array(&mut self, id: NodeId, dirty: &Dirty) {
        let node = self.engine.graph.node(id);
        let (area, formula) = (node.area(), node.formula.clone());
        let at = Cell {
            sheet: area.sheet,
            pos: area.rect.top_left(),
        };
        let mut interpreter = Interpreter::new(self.world(), at);
        if formula.dynamic {
            interpreter.track();
        }
        let value = interpreter.array_formula(&formula, at);
        let touched = std::mem::take(&mut interpreter.touched);
        self.put_array(area, &value);
        if formula.dynamic {
            self.touched(id, touched, dirty, &[]);
        }
    }

    /// Writes the result of a legacy array formula into its cells: a single
    /// value, row or column repeats, past the result is `#N/A`.
    pub(super) fn put_array(&mut self, area: Area, value: &Value) {
        let (rows, cols) = (area.rect.rows() as usize, area.rect.cols() as usize);
        let at = |row: usize, col: usize| match value {
            Value::Array(array) => place(array, row, col),
            value => value.clone(),
        };
        let mut values = Vec::with_capacity(rows * cols);
        for col in 0..cols {
            for row in 0..rows {
                let value = at(row, col);
                self.count(&value);
                values.push(value);
            }
        }
        self.write(area, values);
    }

    pub(super) fn put(&mut self, at: Cell, value: Value) {
        self.count(&value);
        self.forget(Area {
            sheet: at.sheet,
            rect: Rect::cell(at.pos),
        });
        let sheet = self.engine.workbook.sheet_mut(at.sheet);
        sheet.cells.set(at.pos, value);
    }

    /// Writes values of an area, column by column.
    pub(super) fn write(&mut self, area: Area, values: Vec<Value>) {
        self.forget(area);
        write(&mut self.engine.workbook, area.sheet, area.rect, values);
    }

    pub(super) fn forget(&self, area: Area) {
        let cache = &self.engine.cache;
        if !cache.is_empty() {
            cache.forget(area);
        }
    }
}

fn place(array: &Array, row: usize, col: usize) -> Value {
    match array.broadcast(row, col) {
        Value::Error(kind) => Value::Error(kind),
        Value::Array(_) => Value::Error(ErrorKind::Value),
        value => value,
    }
}
