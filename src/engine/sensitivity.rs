//! The derivative of a cell with respect to every number that it depends on,
//! constants and results of formulas alike, from one reverse pass.
//!
//! Where a formula holds a function without a derivative, or picks cells by numbers
//! (MATCH, criteria), the rest is still differentiated. The cells whose path
//! to the objective goes through that place are [`Derivative::Refused`] with the
//! reason: what is known of them is not all.

use super::gradient::{AGREEMENT, SliceError, objective_value, same};
use super::interpret::World;
use super::lower::{Lowerer, Refusal, Sensing};
use super::oracle::WorldOracle;
use super::{Engine, Snapshot};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::program::Program;
use crate::workbook::Workbook;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most cells that a model may have here. Each takes about 40 bytes: its
/// value, its parameter and its adjoint, and what the program keeps between; at
/// this limit that is some 700 MB.
pub const MAX_CELLS: usize = 1 << 24;
/// The most bytes that the program may need besides.
const MAX_BYTES: usize = 4 << 30;

/// A compiled reverse pass, independent of the workbook: it can run on any thread.
pub struct Pass {
    objective: Cell,
    value: f64,
    /// How far the program's value may differ from the cell's.
    tolerance: f64,
    program: Program,
    /// The parameters' values, one after another.
    start: Vec<f64>,
    parts: Vec<Part>,
    refused: Refused,
    notes: Vec<String>,
}

/// All derivatives of an objective, as the workbook stood.
#[derive(Debug)]
pub struct Sensitivity {
    objective: Cell,
    value: f64,
    parts: Vec<Part>,
    /// For each column the parts in it, by their first row.
    columns: BTreeMap<(SheetId, u32), BTreeMap<u32, usize>>,
    refused: Refused,
    notes: Vec<String>,
    largest: f64,
}

/// A rectangle of cells, column by column.
#[derive(Debug)]
struct Part {
    area: Area,
    constant: bool,
    /// NaN where the cell holds no number.
    values: Vec<f64>,
    derivatives: Vec<f64>,
}

/// What is known of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Derivative<'a> {
    Known(f64),
    /// A path from the cell to the objective cannot be differentiated: where, and why.
    Refused(&'a str),
}

/// A number that the objective depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Driver {
    pub cell: Cell,
    pub value: f64,
    pub derivative: f64,
    /// A constant, or a formula that refers to no numbers (`=RAND()`).
    pub constant: bool,
}

impl Pass {
    /// Prepares the pass for an objective cell of a workbook that is up to date.
    ///
    /// # Errors
    /// Where the cell is no formula's number, depends on no number, or what it
    /// depends on cannot be told or is too large.
    pub fn new(engine: &Engine, objective: Cell) -> Result<Self, SliceError> {
        super::pool::run(|| Self::compile(engine.world(), objective))
    }

    /// Prepares the pass as [`Pass::new`] does, for a workbook as it stood.
    pub fn of_snapshot(snapshot: &Snapshot, objective: Cell) -> Result<Self, SliceError> {
        super::pool::run(|| Self::compile(snapshot.world(), objective))
    }

    fn compile(world: World<'_>, objective: Cell) -> Result<Self, SliceError> {
        let workbook = world.book;
        let oracle = &mut WorldOracle::new(world, objective);
        let value = objective_value(workbook, oracle, objective)?;
        let mut lowerer = Lowerer::new(workbook, oracle);
        lowerer.sense(objective)?;
        let loss = lowerer.scalar_at(objective)?;
        let sensing = lowerer.sensing.take().unwrap_or_default();
        let tolerance = AGREEMENT.max(100.0 * lowerer.inexact);
        let notes = lowerer.notes.iter().cloned().collect();
        let mut builder = lowerer.builder;
        let refuse = |reason: String| Refusal {
            cell: workbook.address(objective),
            reason,
        };
        let alone = Area {
            sheet: objective.sheet,
            rect: Rect::cell(objective.pos),
        };
        let used = |v: &&super::lower::Sensed| v.used;
        if sensing
            .variables
            .iter()
            .filter(used)
            .all(|v| v.area == alone)
        {
            return Err(SliceError::Independent {
                objective: workbook.address(objective),
                variables: "any number".to_owned(),
            });
        }
        let cells: u64 = sensing.variables.iter().map(|v| v.area.rect.len()).sum();
        if cells > MAX_CELLS as u64 {
            let reason = format!("it depends on {cells} cells, more than {MAX_CELLS}");
            return Err(refuse(reason).into());
        }
        let parameters: Vec<_> = sensing
            .variables
            .iter()
            .filter(|v| v.used)
            .map(|v| v.parameter)
            .collect();
        let adjoints = builder
            .gradient(loss, &parameters)
            .map_err(|error| refuse(error.to_string()))?;
        let mut outputs = vec![loss];
        outputs.extend(adjoints);
        let program = Program::new(&builder, &outputs);
        if program.memory() > MAX_BYTES {
            let reason = format!("its gradient would take {} MB", program.memory() >> 20);
            return Err(refuse(reason).into());
        }
        let mut start = Vec::with_capacity(cells as usize);
        for variable in &sensing.variables {
            match variable.start.is_empty() {
                true => start.resize(start.len() + variable.area.rect.len() as usize, 0.0),
                false => start.extend_from_slice(&variable.start),
            }
        }
        let parts = sensing
            .variables
            .iter()
            .filter(|v| v.used)
            .map(|v| Part {
                area: v.area,
                constant: v.constant,
                values: shown(workbook, v.area),
                derivatives: Vec::new(),
            })
            .collect();
        Ok(Self {
            objective,
            value,
            tolerance,
            program,
            start,
            parts,
            refused: Refused::of(&sensing),
            notes,
        })
    }

    /// How many cells have a derivative.
    pub fn cells(&self) -> usize {
        self.parts.iter().map(|part| part.values.len()).sum()
    }

    /// Runs the pass.
    ///
    /// # Errors
    /// Where the program's value is not the cell's.
    pub fn run(mut self) -> Result<Sensitivity, SliceError> {
        let mut workspace = self.program.workspace();
        self.program.run(&mut workspace, &self.start);
        let computed = workspace.output(0)[0];
        if !same(computed, self.value, self.tolerance) {
            return Err(SliceError::Stale {
                cell: self.objective.pos.to_string(),
                shown: self.value,
                computed,
            });
        }
        let mut columns: BTreeMap<_, BTreeMap<u32, usize>> = BTreeMap::new();
        let mut largest = 0.0f64;
        for (index, part) in self.parts.iter_mut().enumerate() {
            part.derivatives = workspace.output(index + 1).to_vec();
            let Area { sheet, rect } = part.area;
            for col in rect.left..=rect.right {
                let column = columns.entry((sheet, col)).or_default();
                column.insert(rect.top, index);
            }
            let refused = self.refused.any(part.area);
            for offset in 0..part.values.len() {
                let cell = part.cell(offset);
                let size = part.derivatives[offset].abs();
                let counts = part.values[offset].is_finite()
                    && size.is_finite()
                    && cell != self.objective
                    && !(refused && self.refused.reason(cell).is_some());
                if counts {
                    largest = largest.max(size);
                }
            }
        }
        Ok(Sensitivity {
            objective: self.objective,
            value: self.value,
            parts: self.parts,
            columns,
            refused: self.refused,
            notes: self.notes,
            largest,
        })
    }
}

impl Sensitivity {
    /// All derivatives of an objective.
    ///
    /// # Errors
    /// Those of [`Pass::new`] and [`Pass::run`].
    pub fn new(engine: &Engine, objective: Cell) -> Result<Self, SliceError> {
        Pass::new(engine, objective)?.run()
    }

    pub fn objective(&self) -> Cell {
        self.objective
    }

    /// The objective's value.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The largest size of a derivative, the objective's own left out.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// What to know of the derivatives: functions whose derivative counts as 0.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Why some derivatives are not known, each place once.
    pub fn refusals(&self) -> &[Arc<str>] {
        &self.refused.reasons
    }

    /// The derivative with respect to a cell; `None` where the objective does
    /// not depend on it, or it holds no number.
    pub fn at(&self, cell: Cell) -> Option<Derivative<'_>> {
        let column = self.columns.get(&(cell.sheet, cell.pos.col))?;
        let (_, &index) = column.range(..=cell.pos.row).next_back()?;
        let part = &self.parts[index];
        if !part.area.rect.contains(cell.pos) {
            return None;
        }
        let rect = part.area.rect;
        let row = (cell.pos.row - rect.top) as usize;
        let col = (cell.pos.col - rect.left) as usize;
        let offset = col * rect.rows() as usize + row;
        if part.values[offset].is_nan() {
            return None;
        }
        Some(match self.refused.reason(cell) {
            Some(reason) => Derivative::Refused(reason),
            None => Derivative::Known(part.derivatives[offset]),
        })
    }

    /// The `count` strongest of the cells that `keep` wants, by `strength`,
    /// the strongest first; cells whose derivative is not known or 0 are left out.
    pub fn strongest(
        &self,
        count: usize,
        keep: impl Fn(&Driver) -> bool,
        strength: impl Fn(&Driver) -> f64,
    ) -> Vec<Driver> {
        let mut best: Vec<(f64, Driver)> = Vec::new();
        let order = |a: &(f64, Driver), b: &(f64, Driver)| b.0.total_cmp(&a.0);
        for part in &self.parts {
            let refused = self.refused.any(part.area);
            for (offset, (&value, &derivative)) in
                part.values.iter().zip(&part.derivatives).enumerate()
            {
                if value.is_nan() || derivative == 0.0 || !derivative.is_finite() {
                    continue;
                }
                let driver = Driver {
                    cell: part.cell(offset),
                    value,
                    derivative,
                    constant: part.constant,
                };
                if driver.cell == self.objective
                    || !keep(&driver)
                    || refused && self.refused.reason(driver.cell).is_some()
                {
                    continue;
                }
                best.push((strength(&driver), driver));
                // Now and then all but the best are dropped.
                if best.len() >= 4 * count.max(64) {
                    best.select_nth_unstable_by(count, order);
                    best.truncate(count);
                }
            }
        }
        best.sort_by(order);
        best.truncate(count);
        best.into_iter().map(|(_, driver)| driver).collect()
    }
}

impl Part {
    fn cell(&self, offset: usize) -> Cell {
        let Area { sheet, rect } = self.area;
        let rows = rect.rows() as usize;
        let pos = Pos::new(
            rect.top + (offset % rows) as u32,
            rect.left + (offset / rows) as u32,
        );
        Cell { sheet, pos }
    }
}

/// The numbers of an area column by column, NaN for all else.
fn shown(workbook: &Workbook, area: Area) -> Vec<f64> {
    let cells = &workbook.sheet(area.sheet).cells;
    let rows = area.rect.rows() as usize;
    let mut values = vec![f64::NAN; area.rect.len() as usize];
    for (col, column) in (area.rect.left..).zip(values.chunks_mut(rows)) {
        if cells.copy_numbers(col, area.rect.top, column) {
            continue;
        }
        for (row, slot) in (area.rect.top..).zip(column) {
            *slot = cells.number(Pos::new(row, col)).unwrap_or(f64::NAN);
        }
    }
    values
}

/// The cells whose derivative is not known.
#[derive(Debug, Default)]
struct Refused {
    reasons: Vec<Arc<str>>,
    /// By sheet, with the index of the reason.
    areas: FxHashMap<SheetId, Vec<(Rect, usize)>>,
}

impl Refused {
    /// What was refused, and all that it depends on.
    fn of(sensing: &Sensing) -> Self {
        let mut refused = Self::default();
        let mut seen = vec![None::<Rect>; sensing.members.len()];
        for (area, refusal) in in_columns(sensing) {
            let text = refusal.to_string();
            let known = refused.reasons.iter().position(|known| **known == *text);
            let reason = known.unwrap_or_else(|| {
                refused.reasons.push(text.into());
                refused.reasons.len() - 1
            });
            let mut pending = vec![area];
            while let Some(area) = pending.pop() {
                let areas = refused.areas.entry(area.sheet).or_default();
                areas.push((area.rect, reason));
                for (member, seen) in sensing.members.iter().zip(&mut seen) {
                    let meets = member.sheet == area.sheet
                        && member.cells.intersection(&area.rect).is_some();
                    // A part of a run stands for all of it, so that each is
                    // looked at once.
                    if meets && seen.is_none() {
                        *seen = Some(member.cells);
                        pending.extend(&member.precedents);
                    }
                }
            }
        }
        refused
    }

    fn any(&self, area: Area) -> bool {
        let areas = self.areas.get(&area.sheet);
        areas.is_some_and(|areas| {
            areas
                .iter()
                .any(|(rect, _)| rect.intersection(&area.rect).is_some())
        })
    }

    fn reason(&self, cell: Cell) -> Option<&str> {
        let areas = self.areas.get(&cell.sheet)?;
        let (_, reason) = areas.iter().find(|(rect, _)| rect.contains(cell.pos))?;
        Some(&self.reasons[*reason])
    }
}

/// What was refused; areas that stand one below the other are one, with the
/// reason of the first: a filled formula is refused in each of its cells.
fn in_columns(sensing: &Sensing) -> Vec<(Area, &Refusal)> {
    let mut sorted: Vec<_> = sensing.refused.iter().collect();
    sorted.sort_by_key(|(Area { sheet, rect }, _)| (*sheet, rect.left, rect.right, rect.top));
    let mut joined: Vec<(Area, &Refusal)> = Vec::new();
    for (&area, refusal) in sorted {
        if let Some((last, before)) = joined.last_mut()
            && (before.cell == refusal.cell || before.reason == refusal.reason)
            && (last.sheet, last.rect.left, last.rect.right)
                == (area.sheet, area.rect.left, area.rect.right)
            && area.rect.top <= last.rect.bottom + 1
        {
            last.rect.bottom = last.rect.bottom.max(area.rect.bottom);
            continue;
        }
        joined.push((area, refusal));
    }
    joined
}

#[cfg(test)]
mod tests;
