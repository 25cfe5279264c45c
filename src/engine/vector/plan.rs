//! Planning a formula for the rows of a column: what is the same in every row
//! is evaluated here, what moves becomes parts that lanes are found for.

use super::memo::Memo;
use super::rows::{Fold, RowArg};
use crate::engine::bind::{Bound, BoundFormula, BoundRef, Sheets};
use crate::engine::interpret::{Interpreter, Mode, World, call};
use crate::formula::{Axis, BinaryOp};
use crate::functions::{Function, Operand, ParamKind, ValueRule};
use crate::grid::{Area, Cell, Pos, SheetId};
use crate::value::Value;

/// A part of a formula, planned. Those that give values where one value is
/// wanted are read already; others give operands.
pub enum Part<'b> {
    /// The same in every row.
    Same(Operand),
    /// The values of a column.
    Column(ColumnRef),
    /// A reference that moves with the rows.
    Moving(&'b BoundRef),
    /// What a parameter of LET holds.
    Slot(usize),
    /// The value of an operand.
    Read(Box<Part<'b>>),
    Let {
        values: Vec<Part<'b>>,
        body: Box<Part<'b>>,
    },
    Negate(Box<Part<'b>>),
    Percent(Box<Part<'b>>),
    Chain {
        first: Box<Part<'b>>,
        rest: Vec<(BinaryOp, Part<'b>)>,
        snap: bool,
    },
    If {
        condition: Box<Part<'b>>,
        branches: [Box<Part<'b>>; 2],
        /// By the interpreter, where a condition is an array.
        call: Box<Part<'b>>,
    },
    /// A call with its arguments as its parameters get them.
    Call {
        function: &'static Function,
        args: Vec<Part<'b>>,
        memo: Memo,
    },
    /// A call that evaluates its arguments on demand.
    Lazy {
        function: &'static Function,
        args: Vec<Part<'b>>,
    },
    /// A sum, mean or extreme of the cells of each row, or its product with others.
    Rows {
        fold: Fold,
        args: Vec<RowArg>,
        /// The same as a call, for blocks where cells hold other than numbers.
        function: &'static Function,
        operands: Vec<Part<'b>>,
        memo: Memo,
    },
    /// Evaluated by the interpreter, row by row: for its value, or as an operand.
    Each(&'b Bound),
    EachOperand(&'b Bound, Mode),
}

/// A column beside the formula's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColumnRef {
    pub sheet: SheetId,
    pub col: u32,
    /// From the formula's row to the cell's.
    pub down: i64,
}

impl Part<'_> {
    /// Whether evaluating it by lanes takes about as long as evaluating cells.
    pub fn costs_as_much_as_cells(&self) -> bool {
        let any = |parts: &[Part<'_>]| parts.iter().any(Part::costs_as_much_as_cells);
        match self {
            Part::Same(_) | Part::Column(_) | Part::Slot(_) => false,
            Part::Moving(_) | Part::Each(_) | Part::EachOperand(..) => true,
            Part::Call { function, args, .. } => {
                let by_lanes = matches!(
                    function.value,
                    ValueRule::Scalar(_) | ValueRule::Numbers { .. }
                ) || Fold::of(function).is_some();
                !by_lanes || any(args)
            }
            Part::Lazy { args, .. } => any(args),
            Part::Read(part) | Part::Negate(part) | Part::Percent(part) => {
                part.costs_as_much_as_cells()
            }
            Part::Let { values, body } => any(values) || body.costs_as_much_as_cells(),
            Part::Chain { first, rest, .. } => {
                first.costs_as_much_as_cells()
                    || rest.iter().any(|(_, term)| term.costs_as_much_as_cells())
            }
            Part::If {
                condition,
                branches: [a, b],
                ..
            } => [condition, a, b]
                .iter()
                .any(|part| part.costs_as_much_as_cells()),
            Part::Rows { .. } => false,
        }
    }
}

/// What a parameter of LET holds, as far as planning knows.
enum Slot<'b> {
    Same(Operand),
    /// One cell, wherever the formula stands.
    Cell(&'b BoundRef),
    Moving,
}

/// Plans parts of one formula.
pub struct Planner<'w, 'b> {
    interpreter: Interpreter<'w>,
    /// The first row's cell, and the last row.
    at: Cell,
    bottom: u32,
    slots: Vec<Slot<'b>>,
    /// Areas that are computed while the plan is carried out: what reads them
    /// is not the same in every row.
    computed: Vec<Area>,
}

impl<'w, 'b> Planner<'w, 'b> {
    pub fn new(world: World<'w>, track: bool, at: Cell, bottom: u32) -> Self {
        let mut interpreter = Interpreter::new(world, at);
        if track {
            interpreter.track();
        }
        Self {
            interpreter,
            at,
            bottom,
            slots: Vec::new(),
            computed: Vec::new(),
        }
    }

    /// Of rows that read what other rows or columns of the plan compute.
    pub fn computing(mut self, areas: &[Area]) -> Self {
        self.computed = areas.to_vec();
        self
    }

    pub fn into_touched(self) -> Vec<Area> {
        self.interpreter.touched
    }

    pub fn formula(&mut self, formula: &'b BoundFormula) -> Part<'b> {
        match &formula.root {
            // Its last operation is not that of a constant part.
            Bound::Chain { first, rest } if formula.ends_in_sum => self.chain(first, rest, true),
            root => self.value(root),
        }
    }

    /// A part where one value is wanted.
    pub fn value(&mut self, part: &'b Bound) -> Part<'b> {
        if let Some(same) = self.same_value(part) {
            return Part::Same(Operand::Value(same));
        }
        match part {
            Bound::Cells(reference) => match self.column(reference) {
                Some(column) => Part::Column(column),
                None => Part::Each(part),
            },
            Bound::Plus(inner) => self.value(inner),
            Bound::Negate(inner) => Part::Negate(Box::new(self.value(inner))),
            Bound::Percent(inner) => Part::Percent(Box::new(self.value(inner))),
            Bound::Chain { first, rest } => self.chain(first, rest, false),
            Bound::Single(inner) if matches!(**inner, Bound::Cells(_)) => self.value(inner),
            Bound::Slot(slot) => match self.slots.get(*slot) {
                Some(Slot::Cell(reference)) => {
                    let reference = *reference;
                    match self.column(reference) {
                        Some(column) => Part::Column(column),
                        None => Part::Read(Box::new(Part::Slot(*slot))),
                    }
                }
                Some(_) => Part::Read(Box::new(Part::Slot(*slot))),
                None => Part::Each(part),
            },
            Bound::Let { values, body } if !is_external(body) => {
                self.bind(values, body, |planner, body| planner.value(body))
            }
            Bound::Call { function, args } => self.call(part, function, args, true),
            part => Part::Each(part),
        }
    }

    /// A part as an argument that is not read; `mode` is that of the formula
    /// around it.
    pub fn operand(&mut self, part: &'b Bound, mode: Mode) -> Part<'b> {
        if let Some(same) = self.same_operand(part, mode) {
            return Part::Same(same);
        }
        match (part, mode) {
            (Bound::Cells(reference), _) => Part::Moving(reference),
            (Bound::Slot(slot), _) if *slot < self.slots.len() => Part::Slot(*slot),
            (_, Mode::Array) => Part::EachOperand(part, mode),
            (
                Bound::Chain { .. } | Bound::Plus(_) | Bound::Negate(_) | Bound::Percent(_),
                Mode::Single,
            ) => self.value(part),
            (Bound::Call { function, args }, Mode::Single) => {
                self.call(part, function, args, false)
            }
            _ => Part::EachOperand(part, mode),
        }
    }

    fn chain(&mut self, first: &'b Bound, rest: &'b [(BinaryOp, Bound)], snap: bool) -> Part<'b> {
        Part::Chain {
            first: Box::new(self.value(first)),
            rest: rest
                .iter()
                .map(|(op, term)| (*op, self.value(term)))
                .collect(),
            snap,
        }
    }

    fn bind(
        &mut self,
        values: &'b [Bound],
        body: &'b Bound,
        plan: impl FnOnce(&mut Self, &'b Bound) -> Part<'b>,
    ) -> Part<'b> {
        let outside = self.slots.len();
        let mut parts = Vec::with_capacity(values.len());
        for value in values {
            let part = self.operand(value, Mode::Single);
            self.slots.push(match (&part, value) {
                (Part::Same(operand), _) => Slot::Same(operand.clone()),
                (_, Bound::Cells(reference)) if reference.is_cell() => Slot::Cell(reference),
                _ => Slot::Moving,
            });
            parts.push(part);
        }
        let body = Box::new(plan(self, body));
        self.slots.truncate(outside);
        Part::Let {
            values: parts,
            body,
        }
    }

    /// A call; `read`: its value is wanted.
    fn call(
        &mut self,
        part: &'b Bound,
        function: &'static Function,
        args: &'b [Bound],
        read: bool,
    ) -> Part<'b> {
        let each = match read {
            true => Part::Each(part),
            false => Part::EachOperand(part, Mode::Single),
        };
        let planned = match function.value {
            ValueRule::Special => return each,
            ValueRule::Lazy(_) => {
                if args.iter().any(is_external) {
                    return each;
                }
                if read && let Some(part) = self.if_(part, function, args) {
                    return part;
                }
                Part::Lazy {
                    function,
                    args: self.args(function, args),
                }
            }
            ValueRule::Scalar(_) | ValueRule::Numbers { .. } => {
                let args = args.iter().map(|arg| match arg {
                    Bound::Omitted => Part::Same(Operand::Value(Value::Blank)),
                    arg => self.value(arg),
                });
                Part::Call {
                    function,
                    args: args.collect(),
                    memo: Memo::default(),
                }
            }
            ValueRule::Operands(_) | ValueRule::Reference(_) => {
                let operands = self.args(function, args);
                let memo = Memo::default();
                match Fold::of(function).and_then(|fold| Some((fold, self.rows(fold, args)?))) {
                    Some((fold, args)) => Part::Rows {
                        fold,
                        args,
                        function,
                        operands,
                        memo,
                    },
                    None => Part::Call {
                        function,
                        args: operands,
                        memo,
                    },
                }
            }
        };
        match read
            && !matches!(
                function.value,
                ValueRule::Scalar(_) | ValueRule::Numbers { .. }
            ) {
            true => Part::Read(Box::new(planned)),
            false => planned,
        }
    }

    fn if_(
        &mut self,
        part: &'b Bound,
        function: &'static Function,
        args: &'b [Bound],
    ) -> Option<Part<'b>> {
        if function.name != "IF" {
            return None;
        }
        let (condition, branches) = args.split_first()?;
        let branch = |planner: &mut Self, index: usize| match branches.get(index) {
            None => Part::Same(Operand::from(index == 0)),
            Some(Bound::Omitted) => Part::Same(Operand::from(0.0)),
            Some(branch) => planner.value(branch),
        };
        Some(Part::If {
            condition: Box::new(self.value(condition)),
            branches: [Box::new(branch(self, 0)), Box::new(branch(self, 1))],
            call: Box::new(Part::Each(part)),
        })
    }

    /// Arguments as their parameters get them.
    fn args(&mut self, function: &'static Function, args: &'b [Bound]) -> Vec<Part<'b>> {
        let args = args.iter().enumerate();
        args.map(|(index, arg)| match (call::kind(function, index), arg) {
            (_, Bound::Omitted) => Part::Same(Operand::Omitted),
            (ParamKind::Scalar, arg) => self.value(arg),
            (ParamKind::Range, arg) => self.operand(arg, Mode::Single),
            (ParamKind::Array | ParamKind::Lambda, arg) => self.operand(arg, Mode::Array),
        })
        .collect()
    }

    /// The arguments of a fold over each row's cells; `None` where there are none
    /// of these cells, or others that move.
    fn rows(&mut self, fold: Fold, args: &'b [Bound]) -> Option<Vec<RowArg>> {
        let row = |arg: &Bound| matches!(arg, Bound::Cells(_)) && self.varies(arg);
        if !args.iter().any(row) {
            return None;
        }
        let mut out = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            out.push(match arg {
                Bound::Cells(reference) if self.varies(arg) => {
                    let (first, width) = self.row(reference)?;
                    RowArg::Row(first, width)
                }
                Bound::Cells(_) | Bound::Value(Value::Array(_)) if fold == Fold::SumProduct => {
                    let operand = self.same_operand(arg, Mode::Array)?;
                    RowArg::Fixed(self.fixed(&operand)?)
                }
                Bound::Value(Value::Number(_)) if fold != Fold::SumProduct => RowArg::Value(index),
                Bound::Cells(_) | Bound::Omitted | Bound::Value(_) => return None,
                arg if fold == Fold::SumProduct || is_reference(arg) => return None,
                _ => RowArg::Value(index),
            });
        }
        let widths = out.iter().filter_map(|arg| match arg {
            RowArg::Row(_, width) => Some(*width),
            RowArg::Fixed(numbers) => Some(numbers.len() as u32),
            RowArg::Value(_) => None,
        });
        let mut widths = widths.peekable();
        let width = *widths.peek()?;
        (fold != Fold::SumProduct || widths.all(|other| other == width)).then_some(out)
    }

    /// The numbers of one row that every lane sees; `None` for another shape
    /// or where it holds an error.
    fn fixed(&mut self, operand: &Operand) -> Option<Vec<f64>> {
        let array = crate::functions::Context::to_array(&mut self.interpreter, operand).ok()?;
        if array.rows() != 1 {
            return None;
        }
        let number = |value: &Value| match value {
            Value::Number(x) => Some(*x),
            Value::Error(_) => None,
            _ => Some(0.0),
        };
        array.cells().iter().map(number).collect()
    }

    /// Whether a part may differ from row to row, as far as it can be told
    /// from its references.
    fn varies(&self, part: &Bound) -> bool {
        let mut varies = false;
        part.visit(&mut |part| {
            varies |= match part {
                Bound::Cells(reference) => {
                    let ((a, b), _) = reference.axes();
                    let relative = |axis| matches!(axis, Axis::Relative(_));
                    reference.within.is_some()
                        || relative(a)
                        || relative(b)
                        || self.reads_computed(reference)
                }
                Bound::External(reference) => reference.moves(),
                Bound::Slot(slot) => {
                    let slot = self.slots.get(*slot);
                    slot.is_some_and(|slot| !matches!(slot, Slot::Same(_)))
                }
                _ => false,
            };
        });
        varies
    }

    fn reads_computed(&self, reference: &BoundRef) -> bool {
        let Some(rect) = reference.rect(self.at.pos) else {
            return false;
        };
        self.computed.iter().any(|area| {
            reference.sheets.as_slice().contains(&area.sheet)
                && area.rect.intersection(&rect).is_some()
        })
    }

    fn known_slots(&self) -> Vec<Operand> {
        let slots = self.slots.iter().map(|slot| match slot {
            Slot::Same(operand) => operand.clone(),
            Slot::Cell(_) | Slot::Moving => Operand::Omitted,
        });
        slots.collect()
    }

    /// The value of a part that is the same in every row.
    fn same_value(&mut self, part: &'b Bound) -> Option<Value> {
        if self.varies(part) {
            return None;
        }
        let slots = self.known_slots();
        self.interpreter.is_placed();
        let value = self.interpreter.value_of(part, self.at, &slots);
        (!self.interpreter.is_placed()).then_some(value)
    }

    fn same_operand(&mut self, part: &'b Bound, mode: Mode) -> Option<Operand> {
        if self.varies(part) {
            return None;
        }
        let slots = self.known_slots();
        self.interpreter.is_placed();
        let operand = self.interpreter.part(part, self.at, mode, &slots);
        (!self.interpreter.is_placed()).then_some(operand)
    }

    /// The column that a reference means where one value is wanted: that of
    /// its one cell, or of the cell in the formula's row.
    fn column(&self, reference: &BoundRef) -> Option<ColumnRef> {
        let Sheets::One(sheet) = reference.sheets else {
            return None;
        };
        let (first, last) = self.ends(reference)?;
        let column = |down| ColumnRef {
            sheet,
            col: first.left,
            down,
        };
        if reference.is_cell() {
            let moves = last.top - first.top == self.bottom - self.at.pos.row;
            moves.then_some(())?;
            let down = i64::from(first.top) - i64::from(self.at.pos.row);
            return Some(column(down));
        }
        // An intersection with the formula's row.
        let rows = self.at.pos.row..=self.bottom;
        let inside = |top: u32, bottom: u32| top <= *rows.start() && *rows.end() <= bottom;
        let fixed = self.computed.is_empty()
            && first == last
            && first.left == first.right
            && first.top < first.bottom;
        (fixed && inside(first.top, first.bottom)).then(|| column(0))
    }

    /// The first cell and the width of a reference to several cells of one row
    /// that moves with the formula's.
    fn row(&self, reference: &BoundRef) -> Option<(ColumnRef, u32)> {
        let Sheets::One(sheet) = reference.sheets else {
            return None;
        };
        let (first, last) = self.ends(reference)?;
        let ((a, b), _) = reference.axes();
        let moved = last.top - first.top == self.bottom - self.at.pos.row;
        (a == b && first.rows() == 1 && moved).then(|| {
            let column = ColumnRef {
                sheet,
                col: first.left,
                down: i64::from(first.top) - i64::from(self.at.pos.row),
            };
            (column, first.cols())
        })
    }

    /// What a reference means in the first and in the last row; `None` where it
    /// wraps around the sheet's edge between them, or means nothing in one of them.
    fn ends(&self, reference: &BoundRef) -> Option<(crate::grid::Rect, crate::grid::Rect)> {
        let first = reference.rect(self.at.pos)?;
        let last = reference.rect(Pos::new(self.bottom, self.at.pos.col))?;
        let straight = first.top <= last.top && first.bottom <= last.bottom;
        straight.then_some((first, last))
    }
}

/// Values of other workbooks, which are read in more than one way.
fn is_external(part: &Bound) -> bool {
    matches!(part, Bound::External(_))
}

/// Whether a part may give a reference, whose cells count differently from values.
fn is_reference(part: &Bound) -> bool {
    !matches!(
        part,
        Bound::Chain { .. } | Bound::Negate(_) | Bound::Percent(_) | Bound::Plus(_)
    )
}
