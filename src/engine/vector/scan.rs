//! Formulas that read the row before: one number at a time, without the
//! interpreter's values.
//!
//! Columns are computed together, row by row, as far as their cells give
//! numbers; where one gives anything else the interpreter evaluates it. All
//! numbers lie in one memory: constants, those between two operations, columns that
//! are read, and those that are computed. Rows are taken in stretches over which every
//! reference goes on in the same column of that memory. An instruction then finds its
//! numbers by a place and a stride.

mod code;

use super::BLOCK;
use super::plan::{ColumnRef, Planner};
use crate::engine::bind::BoundFormula;
use crate::engine::interpret::World;
use crate::functions::Numbers;
use crate::grid::{Area, Cell, Pos, Rect};
use crate::workbook::Workbook;
use code::{Compiler, Instruction, Op, Rule, Slot, holds, number, result};
use std::ops::Range;

/// Columns of formulas that are computed row by row.
pub struct Scan {
    columns: Vec<Column>,
    slots: Vec<Slot>,
    rules: Vec<Rule>,
    memory: Vec<f64>,
    /// The rows that each slot has room for.
    room: usize,
    /// From one row to the next: 1, or -1 from the bottom to the top.
    step: i64,
    /// The first row, the one that the next stretch begins with, and the last.
    begin: i64,
    next: i64,
    end: i64,
    stretch: Stretch,
    /// Cells in a row that gave no number.
    misses: usize,
}

/// A column that is computed.
struct Column {
    area: Area,
    code: Vec<Instruction>,
    own: usize,
    /// Where in memory its first row is: not a number where a row is still to
    /// come or holds none.
    base: usize,
}

/// Rows over which every slot keeps its stride.
#[derive(Default)]
struct Stretch {
    first: i64,
    len: usize,
    /// The columns with cells in these rows.
    active: Vec<Active>,
    /// The next cell: how many rows after the first, and which active column.
    row: usize,
    turn: usize,
}

struct Active {
    column: usize,
    code: Vec<Placed>,
    own: Place,
    /// Rows whose numbers are in their cells.
    written: usize,
}

/// Where a slot's number is in memory: in the first row of a stretch, and
/// from each row to the next.
#[derive(Clone, Copy, Default)]
struct Place {
    base: i64,
    step: i64,
}

impl Place {
    #[inline(always)]
    fn at(self, row: usize) -> usize {
        (self.base + self.step * row as i64) as usize
    }

    /// Whether it is in each row where another is in the row before.
    fn follows(self, other: Self) -> bool {
        other.step != 0 && self.step == other.step && self.base + self.step == other.base
    }
}

/// An instruction with the places of its slots.
#[derive(Clone, Copy)]
struct Placed {
    op: Op,
    a: Place,
    b: Place,
    out: Place,
}

impl Scan {
    /// The columns of `formulas`, from the top to the bottom or the other way;
    /// `None` where one does more than compute with numbers.
    pub fn new(world: World<'_>, formulas: &[(&BoundFormula, Area)], down: bool) -> Option<Self> {
        let areas: Vec<Area> = formulas.iter().map(|(_, area)| *area).collect();
        let mut compiler = Compiler::default();
        let mut columns = Vec::new();
        for (formula, area) in formulas {
            if formula.volatile || formula.dynamic || area.rect.cols() > 1 {
                return None;
            }
            let at = Cell {
                sheet: area.sheet,
                pos: area.rect.top_left(),
            };
            let planner = Planner::new(world, false, at, area.rect.bottom);
            let part = planner.computing(&areas).formula(formula);
            let (code, own) = compiler.formula(&part)?;
            columns.push(Column {
                area: *area,
                code,
                own,
                base: 0,
            });
        }
        let Compiler { slots, rules, .. } = compiler;
        // Each slot has a number, and room for those of a stretch.
        let mut memory: Vec<f64> = Vec::new();
        memory.extend(slots.iter().map(|slot| match slot {
            Slot::Constant(x) => *x,
            _ => f64::NAN,
        }));
        let top = areas.iter().map(|area| i64::from(area.rect.top)).min()?;
        let bottom = areas.iter().map(|area| i64::from(area.rect.bottom)).max()?;
        let room = (bottom - top + 1).min(i64::from(BLOCK)) as usize;
        let mut len = slots.len() * (room + 1);
        for column in &mut columns {
            column.base = len;
            len += column.area.rect.rows() as usize;
        }
        memory.resize(len, f64::NAN);
        let (step, begin, end) = match down {
            true => (1, top, bottom),
            false => (-1, bottom, top),
        };
        Some(Self {
            columns,
            slots,
            rules,
            memory,
            room,
            step,
            begin,
            next: begin,
            end,
            stretch: Stretch::default(),
            misses: 0,
        })
    }

    /// Takes the next rows; `false` where there are no more.
    pub fn stretch(&mut self, book: &Workbook) -> bool {
        let first = self.next;
        if (self.end - first) * self.step < 0 {
            return false;
        }
        // To the end of a chunk of cells.
        let block = i64::from(BLOCK);
        let mut len = match self.step {
            1 => block - first % block,
            _ => first % block + 1,
        };
        len = len.min((self.end - first).abs() + 1);
        let mut places: Vec<Place> = (0..self.slots.len() as i64)
            .map(|base| Place { base, step: 0 })
            .collect();
        let mut active = Vec::new();
        let mut read = vec![false; self.slots.len()];
        for (index, column) in self.columns.iter().enumerate() {
            let (within, rows) = self.unchanged(first, &column.area);
            len = len.min(rows);
            if within {
                active.push(index);
                places[column.own] = self.place(index, first);
                for instruction in &column.code {
                    read[instruction.a] = true;
                    read[instruction.b] = true;
                }
            }
        }
        let mut loads = Vec::new();
        for (slot, kind) in self.slots.iter().enumerate() {
            let Slot::Cell(column) = kind else { continue };
            if !read[slot] {
                continue;
            }
            let row = first + column.down;
            let mut computed = None;
            for (index, other) in self.columns.iter().enumerate() {
                let Area { sheet, rect } = other.area;
                if sheet == column.sheet && rect.left == column.col {
                    let (within, rows) = self.unchanged(row, &other.area);
                    len = len.min(rows);
                    computed = computed.or(within.then_some(index));
                }
            }
            match computed {
                Some(index) => places[slot] = self.place(index, row),
                None => loads.push((slot, *column)),
            }
        }
        for (slot, column) in loads {
            places[slot] = self.load(book, slot, column, first + column.down, len as usize);
        }
        let active = active.into_iter().map(|index| {
            let column = &self.columns[index];
            Active {
                column: index,
                code: column.code.iter().map(|i| i.placed(&places)).collect(),
                own: places[column.own],
                written: 0,
            }
        });
        self.stretch = Stretch {
            first,
            len: len as usize,
            active: active.collect(),
            row: 0,
            turn: 0,
        };
        self.next = first + len * self.step;
        true
    }

    /// Whether a row is in an area, and for how many rows on that stays so.
    fn unchanged(&self, row: i64, area: &Area) -> (bool, i64) {
        let (top, bottom) = (i64::from(area.rect.top), i64::from(area.rect.bottom));
        let (near, far) = match self.step {
            1 => (top - row, bottom - row),
            _ => (row - bottom, row - top),
        };
        match (near > 0, far >= 0) {
            (true, _) => (false, near),
            (false, true) => (true, far + 1),
            (false, false) => (false, i64::MAX),
        }
    }

    /// The place of a computed column's cell in a row.
    fn place(&self, column: usize, row: i64) -> Place {
        let column = &self.columns[column];
        Place {
            base: column.base as i64 + row - i64::from(column.area.rect.top),
            step: self.step,
        }
    }

    /// Copies the cells that a slot reads from a row on into its room.
    fn load(
        &mut self,
        book: &Workbook,
        slot: usize,
        column: ColumnRef,
        row: i64,
        len: usize,
    ) -> Place {
        let base = self.slots.len() + slot * self.room;
        let out = &mut self.memory[base..base + len];
        let (top, base) = match self.step {
            1 => (row, base),
            _ => (row - (len as i64 - 1), base + len - 1),
        };
        let cells = &book.sheet(column.sheet).cells;
        if !cells.copy_numbers(column.col, top as u32, out) {
            for (row, number) in (top as u32..).zip(out) {
                let at = Pos::new(row, column.col);
                *number = cells.number(at).unwrap_or(f64::NAN);
            }
        }
        Place {
            base: base as i64,
            step: self.step,
        }
    }

    /// Computes the cells of the stretch up to the next that gives no number:
    /// which column's it is, and where.
    pub fn compute(&mut self) -> Option<(usize, Cell)> {
        let Self {
            stretch,
            rules,
            memory,
            misses,
            ..
        } = self;
        let single = stretch.active.len() == 1;
        while stretch.row < stretch.len {
            while let Some(active) = stretch.active.get(stretch.turn) {
                let begin = stretch.row;
                let rows = begin..if single { stretch.len } else { begin + 1 };
                let missed = active.rows(rows, rules, memory);
                if missed != Some(begin) {
                    *misses = 0;
                }
                stretch.turn += 1;
                let Some(row) = missed else {
                    if single {
                        stretch.row = stretch.len - 1;
                    }
                    continue;
                };
                stretch.row = row;
                *misses += 1;
                let Area { sheet, rect } = self.columns[active.column].area;
                let row = (stretch.first + row as i64 * self.step) as u32;
                let pos = Pos::new(row, rect.left);
                return Some((active.column, Cell { sheet, pos }));
            }
            stretch.turn = 0;
            stretch.row += 1;
        }
        None
    }

    /// Hands out the numbers that are not in their cells yet, column by column.
    pub fn unwritten(&mut self, mut write: impl FnMut(Area, &[f64])) {
        let stretch = &mut self.stretch;
        for (index, active) in stretch.active.iter_mut().enumerate() {
            // The column whose turn it was gave no number.
            let end = stretch.row + usize::from(index + 1 < stretch.turn);
            if active.written >= end {
                continue;
            }
            let rows = (active.written, end - 1);
            active.written = end;
            let at = (active.own.at(rows.0), active.own.at(rows.1));
            let row = |row: usize| (stretch.first + row as i64 * self.step) as u32;
            let rows = (row(rows.0), row(rows.1));
            let Area { sheet, rect } = self.columns[active.column].area;
            let rect = Rect {
                top: rows.0.min(rows.1),
                bottom: rows.0.max(rows.1),
                ..rect
            };
            let numbers = &self.memory[at.0.min(at.1)..=at.0.max(at.1)];
            write(Area { sheet, rect }, numbers);
        }
    }

    /// Takes what the interpreter found in the cell that gave no number here.
    pub fn found(&mut self, number: Option<f64>) {
        let stretch = &mut self.stretch;
        let turn = stretch.turn.checked_sub(1);
        if let Some(active) = turn.and_then(|turn| stretch.active.get_mut(turn)) {
            active.written = stretch.row + 1;
            self.memory[active.own.at(stretch.row)] = number.unwrap_or(f64::NAN);
        }
    }

    /// How many rows are done if one after another gave no number in any of
    /// `most` cells, and the cell that gave none is its row's first.
    pub fn hopeless(&self, most: usize) -> Option<u32> {
        let Stretch {
            first, row, turn, ..
        } = self.stretch;
        let row = first + row as i64 * self.step;
        (self.misses >= most && turn == 1).then(|| (row - self.begin).unsigned_abs() as u32)
    }
}

impl Instruction {
    fn placed(&self, places: &[Place]) -> Placed {
        let out = match self.op {
            Op::Jump | Op::Unless(_) | Op::UnlessNotZero => Place {
                base: self.out as i64,
                step: 0,
            },
            _ => places[self.out],
        };
        Placed {
            op: self.op,
            a: places[self.a],
            b: places[self.b],
            out,
        }
    }
}

impl Active {
    /// Computes rows; the first that gives no number.
    fn rows(&self, mut rows: Range<usize>, rules: &[Rule], memory: &mut [f64]) -> Option<usize> {
        // A formula of one operation without a look at it in each row.
        if let [only] = self.code.as_slice() {
            match only.op {
                Op::Add => return only.each(rows, memory, |x, y| number(Op::Add, x, y)),
                Op::Subtract => return only.each(rows, memory, |x, y| number(Op::Subtract, x, y)),
                Op::Multiply => return only.each(rows, memory, |x, y| number(Op::Multiply, x, y)),
                Op::Divide => return only.each(rows, memory, |x, y| number(Op::Divide, x, y)),
                Op::AddLast => return only.each(rows, memory, |x, y| number(Op::AddLast, x, y)),
                Op::SubtractLast => {
                    return only.each(rows, memory, |x, y| number(Op::SubtractLast, x, y));
                }
                _ => {}
            }
        }
        rows.find(|&row| !self.row(row, rules, memory) || memory[self.own.at(row)].is_nan())
    }

    /// Carries out the instructions in a row; `false` where they came to no end.
    fn row(&self, row: usize, rules: &[Rule], memory: &mut [f64]) -> bool {
        let mut args = Numbers::default();
        let mut next = 0;
        while let Some(&Placed { op, a, b, out }) = self.code.get(next) {
            next += 1;
            let (x, y) = (memory[a.at(row)], memory[b.at(row)]);
            memory[out.at(row)] = match op {
                Op::Jump => {
                    next = out.base as usize;
                    continue;
                }
                Op::Unless(_) | Op::UnlessNotZero if x.is_nan() || y.is_nan() => return false,
                Op::Unless(op) => {
                    if !holds(op, x, y) {
                        next = out.base as usize;
                    }
                    continue;
                }
                Op::UnlessNotZero => {
                    if x == 0.0 {
                        next = out.base as usize;
                    }
                    continue;
                }
                Op::Defaults(rule) => {
                    args = rules[rule as usize].defaults;
                    continue;
                }
                Op::Argument(_) if x.is_nan() => return false,
                Op::Argument(index) => {
                    args[index as usize] = x;
                    continue;
                }
                Op::Call(rule) => (rules[rule as usize].rule)(&args).map_or(f64::NAN, result),
                op => number(op, x, y),
            };
        }
        true
    }
}

impl Placed {
    /// Computes rows by one operation; the first that gives no number.
    #[inline(always)]
    fn each(
        self,
        rows: Range<usize>,
        memory: &mut [f64],
        operation: impl Fn(f64, f64) -> f64,
    ) -> Option<usize> {
        if self.a.follows(self.out) {
            self.on(self.b, rows, memory, operation)
        } else if self.b.follows(self.out) {
            self.on(self.a, rows, memory, |x, y| operation(y, x))
        } else {
            let Self { a, b, out, .. } = self;
            for row in rows {
                let number = operation(memory[a.at(row)], memory[b.at(row)]);
                memory[out.at(row)] = number;
                if number.is_nan() {
                    return Some(row);
                }
            }
            None
        }
    }

    /// The same where one operand is the result of the row before, which so stays at hand.
    #[inline(always)]
    fn on(
        self,
        other: Place,
        rows: Range<usize>,
        memory: &mut [f64],
        operation: impl Fn(f64, f64) -> f64,
    ) -> Option<usize> {
        let out = self.out;
        let mut number = memory[(out.base + out.step * (rows.start as i64 - 1)) as usize];
        for row in rows {
            number = operation(number, memory[other.at(row)]);
            memory[out.at(row)] = number;
            if number.is_nan() {
                return Some(row);
            }
        }
        None
    }
}
