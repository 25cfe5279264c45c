//! Parts of formulas: operators, references and names.

use super::call::asks_for_place;
use super::lambda::Slot;
use super::numbers::Numbers;
use super::reference::Want;
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::{Bound, BoundName};
use crate::engine::interpret::operators;
use crate::formula::BinaryOp;
use crate::functions::{Operand, ValueRule};
use crate::grid::{Area, Cell};
use crate::program::{Binary, Tensor, Unary};
use crate::value::Value;
use std::sync::Arc;

impl Lowerer<'_> {
    /// The numbers of a part of the formula at `site`.
    pub(super) fn part(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        let depth = self.slots.len();
        match self.lowered_part(part, site, want) {
            Err(refusal) => {
                self.slots.truncate(depth);
                self.hold(part, site, want, refusal)
            }
            lowered => lowered,
        }
    }

    fn lowered_part(&mut self, part: &Bound, site: &Site, want: Want) -> Result<Numbers, Refusal> {
        if let Some(input) = self.leaf(part, site, want)? {
            return Ok(input);
        }
        match part {
            Bound::Cells(reference) => return self.cells(reference, site, want),
            Bound::Slot(slot) => match self.slots.get(*slot).cloned() {
                Some(Slot::Numbers(numbers)) => return Ok(numbers),
                Some(Slot::Cells(reference)) => return self.cells(&reference, site, want),
                _ => {}
            },
            _ => {}
        }
        if !self.is_active(part, site)? {
            return self.constant_numbers(part, site, want);
        }
        match part {
            Bound::Value(_)
            | Bound::Omitted
            | Bound::Cells(_)
            | Bound::External(_)
            | Bound::Slot(_) => self.constant_numbers(part, site, want),
            Bound::Let { values, body } => self.let_names(values, body, site, want),
            Bound::Name(name) => {
                let name = name.clone();
                let outside = std::mem::take(&mut self.slots);
                let result = match name.body() {
                    // A reference is intersected where it stands.
                    Some(body @ Bound::Cells(_)) => self.part(body, site, want),
                    Some(body) => self.part(body, &site.mapped(), want),
                    None => Err(self.refuse(site.first(), format!("{} names itself", name.name))),
                };
                self.slots = outside;
                result
            }
            Bound::Call { function, args } => self.call(part, function, args, site, want),
            Bound::Apply { callee, args } => {
                let closure = self.callee(callee, site)?;
                let arguments = args
                    .iter()
                    .map(|arg| self.slot(arg, site))
                    .collect::<Result<Vec<_>, _>>()?;
                self.apply(&closure, arguments, site, want)
            }
            Bound::Plus(inner) => self.part(inner, site, want),
            Bound::Negate(inner) => {
                let x = self.part(inner, site, Want::Single)?;
                Ok(self.unary(Unary::Neg, &x))
            }
            Bound::Percent(inner) => {
                let x = self.part(inner, site, Want::Single)?;
                let hundred = Numbers::sure(self.builder.scalar(100.0));
                let quotient = self.binary(site, Binary::Div, &x, &hundred)?;
                Ok(Numbers {
                    fallible: x.fallible,
                    ..quotient
                })
            }
            Bound::Chain { first, rest } => self.chain(first, rest, site),
            Bound::Single(inner) => {
                let one = Site {
                    mapped: false,
                    ..*site
                };
                let numbers = self.part(inner, &one, Want::Single)?;
                self.cut(&numbers, 0, 0, 1, 1, site)
            }
            Bound::Range(..) | Bound::Intersection(..) | Bound::Spill(_) => {
                self.place(part, site, want)
            }
            Bound::Union(_) => Err(self.refuse(
                site.first(),
                "a union of areas is only differentiated as an argument of a function such as SUM",
            )),
            Bound::Lambda(_) | Bound::Function(_) | Bound::Recursion(_) => Err(self.refuse(
                site.first(),
                "a LAMBDA stands where a number is wanted, or calls itself",
            )),
        }
    }

    fn chain(
        &mut self,
        first: &Bound,
        rest: &[(BinaryOp, Bound)],
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let mut left = self.part(first, site, Want::Single)?;
        let mut before = Some(first);
        for (op, term) in rest {
            let arithmetic = match op {
                BinaryOp::Add => Some(Binary::Add),
                BinaryOp::Subtract => Some(Binary::Sub),
                BinaryOp::Multiply => Some(Binary::Mul),
                BinaryOp::Divide => Some(Binary::Div),
                BinaryOp::Power => Some(Binary::Pow),
                _ => None,
            };
            left = if let Some(operation) = arithmetic {
                let right = self.part(term, site, Want::Single)?;
                let result = self.binary(site, operation, &left, &right)?;
                Numbers {
                    fallible: self.can_fail(operation, &left, &right),
                    ..result
                }
            } else if *op == BinaryOp::Concat {
                return Err(self.refuse(
                    site.first(),
                    "& makes text of a number that depends on the variables",
                ));
            } else {
                self.comparison(*op, (before, left), term, site)?
            };
            before = None;
        }
        Ok(left)
    }

    /// Whether an operation may yield an error where its operands are numbers:
    /// not when dividing by, or raising to, harmless constants.
    fn can_fail(&self, op: Binary, a: &Numbers, b: &Numbers) -> bool {
        let constant = self.builder.constant_value(b.node);
        let harmless = match op {
            Binary::Div => constant.is_some_and(|t| t.data.iter().all(|x| *x != 0.0)),
            Binary::Pow => {
                constant.is_some_and(|t| t.data.iter().all(|x| *x > 0.0 && x.fract() == 0.0))
            }
            _ => true,
        };
        !harmless || a.fallible || b.fallible
    }

    /// `=`, `<` and their kin. Numbers come before text and text before truth
    /// values, so where kinds differ, or both sides are text, the outcome is
    /// known now.
    pub(super) fn comparison(
        &mut self,
        op: BinaryOp,
        (left_part, left): (Option<&Bound>, Numbers),
        right_part: &Bound,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let right = self.part(right_part, site, Want::Single)?;
        let compared = match op {
            BinaryOp::Equal => self.compare(site, Binary::Equal, &left, &right),
            BinaryOp::NotEqual => self.compare(site, Binary::NotEqual, &left, &right),
            BinaryOp::Less => self.compare(site, Binary::Less, &left, &right),
            BinaryOp::LessEqual => self.compare(site, Binary::LessEqual, &left, &right),
            BinaryOp::Greater => self.compare(site, Binary::Less, &right, &left),
            _ => self.compare(site, Binary::LessEqual, &right, &left),
        }?;
        let numeric = |side: &Numbers| side.present.is_none();
        if numeric(&left) && numeric(&right) && left.boolean == right.boolean {
            return Ok(compared);
        }
        self.not_in_recurrence(site)?;
        let lefts = match left_part {
            Some(part) => self.shown_values(part, site, Want::Single)?,
            // What comes before another comparison is a truth value.
            None => vec![Value::Bool(true)],
        };
        let rights = self.shown_values(right_part, site, Want::Single)?;
        let shape = self.shape(&compared);
        let mut known = vec![0.0; shape.len()];
        let mut truth = vec![0.0; shape.len()];
        for lane in 0..shape.lanes {
            for (row, col) in (0..shape.rows).flat_map(|r| (0..shape.cols).map(move |c| (r, c))) {
                let (a, b) = (
                    element(&lefts, lane, row, col),
                    element(&rights, lane, row, col),
                );
                let differ = matches!(
                    (a, b),
                    (Value::Bool(_), Value::Number(_)) | (Value::Number(_), Value::Bool(_))
                );
                let text = |value: &Value| matches!(value, Value::Text(_));
                let error = |value: &Value| matches!(value, Value::Error(_));
                if !error(a) && !error(b) && (differ || text(a) || text(b)) {
                    let at = shape.offset(lane, row, col);
                    known[at] = 1.0;
                    truth[at] = operators::binary(op, a, b, false)
                        .to_number()
                        .unwrap_or(f64::NAN);
                }
            }
        }
        let truth = self.builder.constant(Tensor::new(shape, truth));
        let known = Tensor::new(shape, known);
        self.choose_by_mask(&known, &Numbers::boolean(truth, false), &compared, site)
    }

    /// A part whose value is found by its place, which must not depend on the
    /// variables; what stands there may.
    pub(super) fn place(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        self.not_in_recurrence(site)?;
        self.oracle.take_reads();
        let operands = self.constants(part, site)?;
        for area in self.oracle.take_reads() {
            if self.depends(area) {
                let at = self.workbook.address(Cell {
                    sheet: area.sheet,
                    pos: area.rect.top_left(),
                });
                let refusal = self.refuse(
                    site.first(),
                    format!("which cell it picks depends on the variables (through {at}), so it has no derivative"),
                );
                self.set_apart(area, refusal)?;
            }
        }
        let single = want == Want::Single && !site.mapped;
        let mut areas = Vec::with_capacity(operands.len());
        let mut others: Vec<Value> = Vec::new();
        for operand in &operands {
            match operand {
                Operand::Reference(found) => match found.as_slice() {
                    [area] if !single || area.rect.is_cell() => {
                        areas.push(*area);
                        others.push(Value::Blank);
                        continue;
                    }
                    _ => {
                        return Err(self.refuse(
                            site.first(),
                            "a reference to several cells stands where one value is wanted",
                        ));
                    }
                },
                Operand::Value(value) => others.push(value.clone()),
                Operand::Omitted => others.push(Value::Blank),
                Operand::Lambda(_) => {
                    return Err(
                        self.refuse(site.first(), "a LAMBDA stands where a number is wanted")
                    );
                }
            }
        }
        if areas.is_empty() {
            return Err(self.refuse(
                site.first(),
                "it picks from an array that is computed from the variables; put the array into \
                 cells of its own and refer to them",
            ));
        }
        if areas.len() == operands.len() {
            return self.gathered(&areas, site);
        }
        // Some lanes found no place: their values stand beside the places of
        // the others.
        let any = areas[0];
        let mut found = areas.into_iter();
        let mut mask = Vec::with_capacity(operands.len());
        let all: Vec<Area> = operands
            .iter()
            .map(|operand| {
                let place = matches!(operand, Operand::Reference(_));
                mask.push(f64::from(u8::from(place)));
                if place {
                    found.next().unwrap_or(any)
                } else {
                    any
                }
            })
            .collect();
        let places = self.gathered(&all, site)?;
        let others = self.numbers_of(&others, site)?;
        let lanes = mask.len();
        let mask = Tensor::new(crate::program::Shape::new(lanes, 1, 1), mask);
        self.choose_by_mask(&mask, &places, &others, site)
    }

    /// A cell of an area with a formula that was not looked at when the slice
    /// was found.
    pub(super) fn unexamined(&self, area: Area) -> Option<Cell> {
        let runs = &self.workbook.sheet(area.sheet).runs;
        runs.intersecting(area.rect).into_iter().find_map(|id| {
            let wanted = runs.get(id)?.rect.intersection(&area.rect)?;
            let known = self.examined.get(&(area.sheet, id));
            let missed = !known.is_some_and(|cells| cells.contains_rect(&wanted));
            missed.then_some(Cell {
                sheet: area.sheet,
                pos: wanted.top_left(),
            })
        })
    }

    /// Whether a cell of an area depends on a variable.
    pub(super) fn depends(&self, area: Area) -> bool {
        self.regions.touches(area)
            || self
                .leaves
                .as_ref()
                .is_some_and(|leaves| leaves.is_state(area))
    }

    /// Whether a part is a reference rather than a value: SUM and its kind skip
    /// truth values and text in cells, but count those given directly.
    pub(super) fn is_place(&self, part: &Bound) -> bool {
        match part {
            Bound::Cells(_)
            | Bound::Range(..)
            | Bound::Intersection(..)
            | Bound::Union(_)
            | Bound::Spill(_) => true,
            Bound::Slot(slot) => match self.slots.get(*slot) {
                Some(Slot::Cells(_)) => true,
                Some(Slot::Constant(operands)) => operands
                    .iter()
                    .any(|operand| matches!(operand, Operand::Reference(_))),
                _ => false,
            },
            Bound::Name(name) => name.body().is_some_and(|body| self.is_place(body)),
            Bound::Let { body, .. } => self.is_place(body),
            Bound::Call { function, args } => match function.name {
                "IF" | "IFS" | "SWITCH" | "CHOOSE" => {
                    args.iter().skip(1).any(|arg| self.is_place(arg))
                }
                "IFERROR" | "IFNA" => args.iter().any(|arg| self.is_place(arg)),
                "INDEX" | "TAKE" | "DROP" => args.first().is_some_and(|arg| self.is_place(arg)),
                "XLOOKUP" => args.get(2).is_some_and(|arg| self.is_place(arg)),
                _ => matches!(function.value, ValueRule::Reference(_)),
            },
            _ => false,
        }
    }

    /// Whether a part depends on a variable in any lane.
    pub(super) fn is_active(&mut self, part: &Bound, site: &Site) -> Result<bool, Refusal> {
        if self.leaves.is_some() {
            // In a recurrence's body what does not look at its states is an
            // input, found part by part.
            return Ok(!matches!(
                part,
                Bound::Value(_) | Bound::Omitted | Bound::Function(_) | Bound::External(_)
            ));
        }
        Ok(match part {
            Bound::Value(_) | Bound::Omitted | Bound::Function(_) | Bound::External(_) => false,
            Bound::Recursion(name) => match name.upgrade() {
                Some(name) => self.name_is_active(&name, site)?,
                None => false,
            },
            Bound::Cells(reference) => reference.hull(site.cells).is_some_and(|rect| {
                reference
                    .sheets
                    .as_slice()
                    .iter()
                    .any(|&sheet| self.depends(Area { sheet, rect }))
            }),
            Bound::Slot(slot) => !matches!(
                self.slots.get(*slot),
                None | Some(Slot::Constant(_)) | Some(Slot::Omitted)
            ),
            Bound::Let { values, body } => {
                self.any_active(values.iter(), site)? || self.is_active(body, site)?
            }
            Bound::Lambda(lambda) => self.is_active(&lambda.body, site)?,
            Bound::Name(name) => self.name_is_active(&name.clone(), site)?,
            Bound::Call { function, args } => {
                let mut read = args
                    .iter()
                    .filter(|arg| !(asks_for_place(function) && matches!(arg, Bound::Cells(_))));
                if self.any_active(&mut read, site)? {
                    return Ok(true);
                }
                let moves = matches!(function.name, "OFFSET" | "INDIRECT")
                    || matches!(function.value, ValueRule::Reference(_));
                moves && self.place_is_active(part, site)
            }
            Bound::Apply { callee, args } => {
                self.is_active(callee, site)? || self.any_active(args.iter(), site)?
            }
            Bound::Plus(x) | Bound::Negate(x) | Bound::Percent(x) | Bound::Single(x) => {
                self.is_active(x, site)?
            }
            Bound::Chain { first, rest } => {
                self.is_active(first, site)?
                    || self.any_active(rest.iter().map(|(_, t)| t), site)?
            }
            Bound::Range(..) | Bound::Intersection(..) | Bound::Spill(_) => {
                self.place_is_active(part, site)
            }
            Bound::Union(parts) => self.any_active(parts.iter(), site)?,
        })
    }

    /// Whether a name's formula does; a name within its own adds nothing.
    fn name_is_active(&mut self, name: &Arc<BoundName>, site: &Site) -> Result<bool, Refusal> {
        if self.asked.iter().any(|asked| Arc::ptr_eq(asked, name)) {
            return Ok(false);
        }
        self.asked.push(name.clone());
        let outside = std::mem::take(&mut self.slots);
        let active = name.body().map(|body| self.is_active(body, site));
        self.slots = outside;
        self.asked.pop();
        Ok(active.transpose()?.unwrap_or(false))
    }

    fn any_active<'b>(
        &mut self,
        parts: impl Iterator<Item = &'b Bound>,
        site: &Site,
    ) -> Result<bool, Refusal> {
        for part in parts {
            if self.is_active(part, site)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn place_is_active(&mut self, part: &Bound, site: &Site) -> bool {
        // What uses a name that depends on the variables does so as well.
        let Ok(operands) = self.constants(part, site) else {
            return true;
        };
        operands.iter().any(|operand| match operand {
            Operand::Reference(areas) => areas.iter().any(|&area| self.depends(area)),
            _ => false,
        })
    }
}

/// An element of values, one a lane or one for all; dimensions of 1 repeat.
pub(super) fn element(values: &[Value], lane: usize, row: usize, col: usize) -> &Value {
    let Some(value) = values.get(lane).or(values.first()) else {
        return &Value::Blank;
    };
    match value {
        Value::Array(array) => array.get(
            if array.rows() == 1 { 0 } else { row },
            if array.cols() == 1 { 0 } else { col },
        ),
        scalar => scalar,
    }
}
