//! Evaluating a plan over the rows of a block.

use super::lanes::Lanes;
use super::operators;
use super::plan::{ColumnRef, Part};
use super::rows::RowArg;
use crate::engine::bind::{Bound, BoundRef};
use crate::engine::interpret::operators::is_arithmetic;
use crate::engine::interpret::{Interpreter, Mode};
use crate::formula::BinaryOp;
use crate::functions::Operand;
use crate::grid::{Area, Cell, Pos};
use crate::value::{ErrorKind, Value, arith, without_subnormals};
use crate::workbook::Workbook;
use std::borrow::Cow;

/// Rows that are evaluated side by side, each a lane.
pub struct Block<'w> {
    book: &'w Workbook,
    pub(super) interpreter: Interpreter<'w>,
    /// The first lane's cell.
    at: Cell,
    pub(super) len: usize,
    slots: Vec<Lanes<'w>>,
}

impl<'w> Block<'w> {
    pub fn new(book: &'w Workbook, interpreter: Interpreter<'w>, at: Cell, len: usize) -> Self {
        Self {
            book,
            interpreter,
            at,
            len,
            slots: Vec::new(),
        }
    }

    pub fn into_touched(self) -> Vec<Area> {
        self.interpreter.touched
    }

    /// The formula's cell in a lane.
    pub(super) fn cell(&self, lane: usize) -> Cell {
        let pos = Pos::new(self.at.pos.row + lane as u32, self.at.pos.col);
        Cell { pos, ..self.at }
    }

    /// What a part gives in every lane.
    pub fn lanes(&mut self, part: &Part<'_>) -> Lanes<'w> {
        let len = self.len;
        match part {
            Part::Same(operand) => Lanes::Same(operand.clone()),
            Part::Column(column) => self.column(*column),
            Part::Moving(reference) => self.moving(reference),
            Part::Slot(slot) => self.slots[*slot].clone(),
            Part::Read(inner) => {
                let lanes = self.lanes(inner);
                self.read(lanes)
            }
            Part::Let { values, body } => {
                let outside = self.slots.len();
                for value in values {
                    let lanes = self.lanes(value);
                    self.slots.push(lanes);
                }
                let lanes = self.lanes(body);
                self.slots.truncate(outside);
                lanes
            }
            // There is no negative zero in a spreadsheet.
            Part::Negate(inner) => {
                operators::unary(self.numeric(inner), |x| 0.0 - x, arith::neg, len)
            }
            Part::Percent(inner) => {
                let percent = |x| without_subnormals(x / 100.0);
                operators::unary(self.numeric(inner), percent, arith::percent, len)
            }
            Part::Chain { first, rest, .. }
                if rest.iter().all(|(op, _)| *op == BinaryOp::Concat) =>
            {
                let terms = std::iter::once(&**first).chain(rest.iter().map(|(_, term)| term));
                let terms: Vec<Lanes<'w>> = terms.map(|term| self.lanes(term)).collect();
                operators::join(&terms, len)
            }
            Part::Chain { first, rest, snap } => {
                let mut left = self.lanes(first);
                for (i, (op, term)) in rest.iter().enumerate() {
                    let mut right = self.lanes(term);
                    let snap = *snap && i + 1 == rest.len();
                    if is_arithmetic(*op) {
                        let dates = self.book.date_system;
                        (left, right) = (left.dated(dates), right.dated(dates));
                    }
                    left = operators::binary(*op, left, right, snap, len);
                }
                left
            }
            Part::If {
                condition,
                branches: [yes, no],
                call,
            } => self.if_(condition, yes, no, call),
            Part::Call {
                function,
                args,
                memo,
            } => {
                let args: Vec<Lanes<'w>> = args.iter().map(|arg| self.lanes(arg)).collect();
                self.call(function, &args, memo)
            }
            Part::Lazy { function, args } => self.lazy(function, args),
            Part::Rows {
                fold,
                args,
                function,
                operands,
                memo,
            } => {
                let mut values: Vec<Option<Lanes<'w>>> = vec![None; operands.len()];
                for arg in args {
                    if let RowArg::Value(index) = arg {
                        values[*index] = Some(self.lanes(&operands[*index]));
                    }
                }
                if let Some(numbers) = self.fold(*fold, args, &values) {
                    return Lanes::Numbers(Cow::Owned(numbers));
                }
                let all = values.into_iter().zip(operands);
                let all = all.map(|(value, part)| value.unwrap_or_else(|| self.lanes(part)));
                let all: Vec<Lanes<'w>> = all.collect();
                self.call(function, &all, memo)
            }
            Part::Each(part) => self.each(part),
            Part::EachOperand(part, mode) => self.each_operand(part, *mode),
        }
    }

    /// What a part gives where arithmetic reads a number of it.
    fn numeric(&mut self, part: &Part<'_>) -> Lanes<'w> {
        self.lanes(part).dated(self.book.date_system)
    }

    /// The rows that a column is read in.
    fn rows(&self, column: ColumnRef) -> (u32, u32) {
        let top = (i64::from(self.at.pos.row) + column.down) as u32;
        (top, top + (self.len - 1) as u32)
    }

    /// A column's numbers, where every lane has one.
    pub(super) fn numbers(&self, column: ColumnRef) -> Option<Cow<'w, [f64]>> {
        let (top, bottom) = self.rows(column);
        let cells = &self.book.sheet(column.sheet).cells;
        cells.numbers(column.col, top, bottom)
    }

    fn column(&self, column: ColumnRef) -> Lanes<'w> {
        if let Some(numbers) = self.numbers(column) {
            return Lanes::Numbers(numbers);
        }
        let (top, bottom) = self.rows(column);
        let cells = &self.book.sheet(column.sheet).cells;
        Lanes::Values(cells.values(column.col, top, bottom))
    }

    fn moving(&self, reference: &BoundRef) -> Lanes<'w> {
        let operand = |lane| match reference.rect(self.cell(lane).pos) {
            Some(rect) => {
                let sheets = reference.sheets.as_slice().iter();
                Operand::Reference(sheets.map(|&sheet| Area { sheet, rect }).collect())
            }
            None => Operand::error(ErrorKind::Value),
        };
        Lanes::Operands((0..self.len).map(operand).collect())
    }

    /// Operands read where values are wanted.
    fn read(&mut self, lanes: Lanes<'w>) -> Lanes<'w> {
        match lanes {
            Lanes::Operands(operands) => {
                let values = operands.into_iter().enumerate().map(|(lane, operand)| {
                    self.interpreter.start(self.cell(lane));
                    self.interpreter.read(operand, Mode::Single)
                });
                Lanes::pack(values.collect())
            }
            Lanes::Same(operand) => {
                // An intersection reads another cell in each lane.
                let moves = matches!(&operand, Operand::Reference(areas)
                    if areas.len() > 1 || !areas[0].rect.is_cell());
                match moves {
                    true => self.read(Lanes::Operands(vec![operand; self.len])),
                    false => Lanes::same(self.interpreter.read(operand, Mode::Single)),
                }
            }
            values => values,
        }
    }

    /// The slots of a lane, as the interpreter has them.
    fn frame(&self, lane: usize) -> Vec<Operand> {
        self.slots.iter().map(|slot| slot.operand(lane)).collect()
    }

    fn each(&mut self, part: &Bound) -> Lanes<'w> {
        let values = (0..self.len).map(|lane| {
            let frame = self.frame(lane);
            let at = self.cell(lane);
            self.interpreter.value_of(part, at, &frame)
        });
        Lanes::pack(values.collect())
    }

    fn each_operand(&mut self, part: &Bound, mode: Mode) -> Lanes<'w> {
        let operands = (0..self.len).map(|lane| {
            let frame = self.frame(lane);
            let at = self.cell(lane);
            self.interpreter.part(part, at, mode, &frame)
        });
        Lanes::Operands(operands.collect())
    }

    fn if_(
        &mut self,
        condition: &Part<'_>,
        yes: &Part<'_>,
        no: &Part<'_>,
        call: &Part<'_>,
    ) -> Lanes<'w> {
        let condition: Vec<Result<bool, ErrorKind>> = match self.lanes(condition) {
            Lanes::Same(Operand::Value(value)) if !matches!(value, Value::Array(_)) => {
                return match value.to_bool() {
                    Ok(true) => self.lanes(yes),
                    Ok(false) => self.lanes(no),
                    Err(kind) => Lanes::error(kind),
                };
            }
            Lanes::Truths(truths) => return self.choose(&truths, yes, no),
            Lanes::Numbers(numbers) => {
                let truths: Vec<bool> = numbers.iter().map(|x| *x != 0.0).collect();
                return self.choose(&truths, yes, no);
            }
            lanes => {
                let values = (0..self.len).map(|lane| lanes.value(lane));
                let values: Vec<Value> = values.collect();
                if values.iter().any(|value| matches!(value, Value::Array(_))) {
                    return self.lanes(call);
                }
                values.iter().map(Value::to_bool).collect()
            }
        };
        let truths: Vec<bool> = condition.iter().map(|truth| *truth == Ok(true)).collect();
        let chosen = self.choose(&truths, yes, no);
        let values = condition
            .iter()
            .enumerate()
            .map(|(lane, truth)| match truth {
                Ok(_) => chosen.value(lane),
                Err(kind) => Value::Error(*kind),
            });
        Lanes::pack(values.collect())
    }

    /// One of two branches in each lane; one that no lane takes is not evaluated.
    fn choose(&mut self, truths: &[bool], yes: &Part<'_>, no: &Part<'_>) -> Lanes<'w> {
        if truths.iter().all(|&b| b) {
            return self.lanes(yes);
        }
        if !truths.contains(&true) {
            return self.lanes(no);
        }
        let (yes, no) = (self.lanes(yes), self.lanes(no));
        if let (Some(yes), Some(no)) = (yes.plain_numbers(), no.plain_numbers()) {
            return Lanes::Numbers(Cow::Owned(operators::select(truths, &yes, &no)));
        }
        let values = truths.iter().enumerate().map(|(lane, &truth)| match truth {
            true => yes.value(lane),
            false => no.value(lane),
        });
        Lanes::pack(values.collect())
    }
}
