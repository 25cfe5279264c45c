//! Parts that do not depend on the variables: the interpreter's values.

use super::lambda::Slot;
use super::numbers::Numbers;
use super::reference::Want;
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::Bound;
use crate::functions::{Function, Operand, ParamKind, ValueRule};
use crate::grid::{Area, Cell};
use crate::program::{Shape, Tensor};
use crate::value::{Array, ErrorKind, Value};

impl Lowerer<'_> {
    /// Evaluates a part once for every lane, or once where it is the same for all.
    ///
    /// # Errors
    /// Where it uses a name of LET or LAMBDA that depends on the variables, of
    /// which only the program knows the value.
    pub(super) fn constants(&mut self, part: &Bound, site: &Site) -> Result<Vec<Operand>, Refusal> {
        self.uses_known_slots(part, site)?;
        let lanes = if self.varies(part) { site.lanes() } else { 1 };
        Ok((0..lanes)
            .map(|lane| self.in_lane(part, site.lane(lane), lane, site.mapped))
            .collect())
    }

    /// What the interpreter makes of a part in one lane; it uses known slots only.
    pub(super) fn in_lane(&mut self, part: &Bound, at: Cell, lane: usize, mapped: bool) -> Operand {
        let slots: Vec<Operand> = (0..self.slots.len())
            .map(|slot| match &self.slots[slot] {
                Slot::Constant(operands) => operands
                    .get(lane)
                    .or(operands.first())
                    .cloned()
                    .unwrap_or(Operand::Omitted),
                Slot::Cells(reference) => {
                    let cells = Bound::Cells(reference.clone());
                    self.oracle.evaluate(&cells, at, mapped, &[])
                }
                Slot::Numbers(_) | Slot::Lambda(_) | Slot::Omitted => Operand::Omitted,
            })
            .collect();
        self.oracle.evaluate(part, at, mapped, &slots)
    }

    /// Refuses a part that uses a name of LET or LAMBDA whose value only the program knows.
    pub(super) fn uses_known_slots(&self, part: &Bound, site: &Site) -> Result<(), Refusal> {
        let mut unknown = false;
        part.visit_here(&mut |part| {
            unknown |= matches!(part, Bound::Slot(slot)
                if matches!(self.slots.get(*slot), Some(Slot::Numbers(_) | Slot::Lambda(_))));
        });
        match unknown {
            false => Ok(()),
            true => Err(self.refuse(
                site.first(),
                "a name of its LET or LAMBDA depends on the variables and is used where that has no derivative",
            )),
        }
    }

    /// What a part is that does not depend on the variables. This is known
    /// from its references; that nothing else was read is checked.
    pub(super) fn true_constants(
        &mut self,
        part: &Bound,
        site: &Site,
    ) -> Result<Vec<Operand>, Refusal> {
        self.oracle.take_reads();
        let operands = self.constants(part, site)?;
        let mut reads = self.oracle.take_reads();
        for operand in &operands {
            if let Operand::Reference(areas) = operand {
                reads.extend(areas);
            }
        }
        for area in reads {
            let at = match self.depends(area) {
                true => Cell {
                    sheet: area.sheet,
                    pos: area.rect.top_left(),
                },
                false => match self.unexamined(area) {
                    Some(at) => at,
                    None => continue,
                },
            };
            return Err(self.refuse(
                site.first(),
                format!(
                    "it reads {} in a way that cannot be differentiated; refer to the cell directly",
                    self.workbook.address(at)
                ),
            ));
        }
        Ok(operands)
    }

    /// The values of a part that does not depend on the variables.
    pub(super) fn constant_values(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
    ) -> Result<Vec<Value>, Refusal> {
        let operands = self.true_constants(part, site)?;
        Ok(self.values_of(operands, site, want))
    }

    /// The values of a part as the workbook shows them, whatever they depend on.
    pub(super) fn shown_values(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
    ) -> Result<Vec<Value>, Refusal> {
        let operands = self.constants(part, site)?;
        Ok(self.values_of(operands, site, want))
    }

    /// The values of operands: references are read.
    pub(super) fn values_of(&self, operands: Vec<Operand>, site: &Site, want: Want) -> Vec<Value> {
        operands
            .into_iter()
            .enumerate()
            .map(|(lane, operand)| match operand {
                Operand::Value(value) => value,
                Operand::Omitted => Value::Blank,
                Operand::Lambda(_) => Value::Error(ErrorKind::Calc),
                Operand::Reference(areas) => match areas.as_slice() {
                    [area] => self.read(*area, site.lane(lane), site.mapped, want),
                    _ => Value::Error(ErrorKind::Value),
                },
            })
            .collect()
    }

    /// The values of an area, or the one in the formula's own row or column.
    pub(super) fn read(&self, area: Area, at: Cell, mapped: bool, want: Want) -> Value {
        let cells = &self.workbook.sheet(area.sheet).cells;
        let rect = area.rect;
        if rect.is_cell() {
            return cells.get(rect.top_left());
        }
        if want == Want::Single && !mapped {
            let mut own = at.pos;
            if rect.cols() == 1 {
                own.col = rect.left;
            } else if rect.rows() == 1 {
                own.row = rect.top;
            }
            return if rect.contains(own) {
                cells.get(own)
            } else {
                Value::Error(ErrorKind::Value)
            };
        }
        let (rows, cols) = (rect.rows() as usize, rect.cols() as usize);
        Value::array(Array::from_fn(rows, cols, |row, col| {
            cells.get(crate::grid::Pos::new(
                rect.top + row as u32,
                rect.left + col as u32,
            ))
        }))
    }

    /// The numbers of a part that does not depend on the variables.
    pub(super) fn constant_numbers(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        let values = self.constant_values(part, site, want)?;
        self.numbers_of(&values, site)
    }

    /// Values, one a lane or one for all, as numbers.
    pub(super) fn numbers_of(&mut self, values: &[Value], site: &Site) -> Result<Numbers, Refusal> {
        let size = |value: &Value| match value {
            Value::Array(array) => (array.rows(), array.cols()),
            _ => (1, 1),
        };
        let (rows, cols) = values.first().map_or((1, 1), size);
        if values.iter().any(|value| size(value) != (rows, cols)) {
            return Err(self.refuse(
                site.first(),
                "a part of it has another size from cell to cell of the filled formula",
            ));
        }
        let shape = Shape::new(values.len().max(1), rows, cols);
        let mut numbers = vec![0.0; shape.len()];
        let mut present = vec![1.0; shape.len()];
        let (mut blank, mut booleans) = (true, 0);
        for (lane, value) in values.iter().enumerate() {
            for row in 0..rows {
                for col in 0..cols {
                    let value = match value {
                        Value::Array(array) => array.get(row, col),
                        scalar => scalar,
                    };
                    let at = shape.offset(lane, row, col);
                    numbers[at] = value.to_number().unwrap_or(f64::NAN);
                    blank &= matches!(value, Value::Number(_) | Value::Error(_) | Value::Blank);
                    booleans += usize::from(matches!(value, Value::Bool(_)));
                    if !matches!(value, Value::Number(_) | Value::Error(_)) {
                        present[at] = 0.0;
                    }
                }
            }
        }
        let fallible = numbers.iter().any(|x| x.is_nan());
        let boolean = booleans == shape.len();
        let present = (!boolean && present.contains(&0.0)).then(|| Tensor::new(shape, present));
        let node = self.builder.constant(Tensor::new(shape, numbers));
        Ok(Numbers {
            node,
            present,
            fallible,
            blank,
            boolean,
        })
    }

    /// Whether a part may have another value in another cell of a run.
    pub(super) fn varies(&self, part: &Bound) -> bool {
        self.differs(part, true)
    }

    /// Whether an argument of a call may.
    pub(super) fn argument_varies(&self, function: &Function, index: usize, arg: &Bound) -> bool {
        let whole = !matches!(function.value, ValueRule::Lazy(_))
            && function
                .param(index)
                .is_some_and(|p| p.kind != ParamKind::Scalar);
        self.differs(arg, !whole)
    }

    /// Whether a part may vary where one value of it is wanted (`single`), so
    /// that ranges are intersected, or all of them.
    fn differs(&self, part: &Bound, single: bool) -> bool {
        match part {
            Bound::Value(_) | Bound::Omitted | Bound::Function(_) => false,
            Bound::Cells(reference) => {
                use crate::formula::Axis::Relative;
                let ((row_a, row_b), (col_a, col_b)) = reference.axes();
                let relative = [row_a, row_b, col_a, col_b]
                    .iter()
                    .any(|a| matches!(a, Relative(_)));
                relative || single && !reference.is_cell()
            }
            Bound::External(reference) => reference.moves() || !reference.is_cell(),
            Bound::Slot(slot) => match self.slots.get(*slot) {
                Some(Slot::Constant(operands)) => operands.len() > 1,
                Some(Slot::Cells(_)) => true,
                _ => false,
            },
            Bound::Name(_) | Bound::Recursion(_) | Bound::Lambda(_) | Bound::Apply { .. } => true,
            Bound::Call { function, args } => {
                function.volatile
                    || matches!(
                        function.name,
                        "ROW" | "COLUMN" | "CELL" | "SHEET" | "INDIRECT"
                    )
                    || args
                        .iter()
                        .enumerate()
                        .any(|(index, arg)| self.argument_varies(function, index, arg))
            }
            Bound::Let { values, body } => {
                values.iter().any(|v| self.varies(v)) || self.varies(body)
            }
            Bound::Plus(x) | Bound::Negate(x) | Bound::Percent(x) => self.varies(x),
            Bound::Single(_) | Bound::Spill(_) => true,
            Bound::Chain { first, rest } => {
                self.varies(first) || rest.iter().any(|(_, term)| self.varies(term))
            }
            Bound::Range(a, b) | Bound::Intersection(a, b) => self.varies(a) || self.varies(b),
            Bound::Union(parts) => parts.iter().any(|p| self.varies(p)),
        }
    }
}
