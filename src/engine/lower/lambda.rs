//! LET, LAMBDA and the functions that call one: inlined.

use super::numbers::Numbers;
use super::part::element;
use super::reference::Want;
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::{Bound, BoundLambda, BoundRef};
use crate::functions::Operand;
use crate::program::{Node, Shape, Tensor};
use crate::value::{Array, Value};
use std::sync::Arc;

/// The most calls of LAMBDAs that one formula is unfolded into.
const MAX_CALLS: usize = 100_000;

/// A LET name's or a LAMBDA parameter's value.
#[derive(Clone)]
pub(super) enum Slot {
    /// Depends on the variables.
    Numbers(Numbers),
    /// Does not: its value in every lane, or one for all.
    Constant(Vec<Operand>),
    /// A reference whose cells depend on the variables.
    Cells(BoundRef),
    Lambda(Closure),
    Omitted,
}

/// A LAMBDA and the slots it has captured.
#[derive(Clone)]
pub(super) struct Closure {
    pub lambda: Arc<BoundLambda>,
    captured: Vec<Slot>,
}

/// An array whose elements a LAMBDA is called with.
struct Elements {
    shape: Shape,
    source: Source,
}

enum Source {
    Moving(Numbers),
    /// Does not depend on the variables, so that a LAMBDA may look things up
    /// by it: one array a lane, or one for all.
    Fixed(Vec<Value>),
}

impl Lowerer<'_> {
    /// The value that a LET name or an argument takes.
    pub(super) fn slot(&mut self, part: &Bound, site: &Site) -> Result<Slot, Refusal> {
        Ok(match part {
            Bound::Omitted => Slot::Omitted,
            Bound::Lambda(lambda) => Slot::Lambda(self.closure(lambda)),
            Bound::Slot(slot) => match self.slots.get(*slot) {
                Some(known) => known.clone(),
                None => return Err(self.refuse(site.first(), "a LET name has no value yet")),
            },
            Bound::Name(name) if name.body().is_some_and(|b| matches!(b, Bound::Lambda(_))) => {
                match name.body() {
                    Some(Bound::Lambda(lambda)) => Slot::Lambda(self.closure(lambda)),
                    _ => Slot::Omitted,
                }
            }
            _ if !self.is_active(part, site)? => Slot::Constant(self.true_constants(part, site)?),
            // In a recurrence a reference is an input or a state.
            Bound::Cells(reference) if self.leaves.is_none() => Slot::Cells(reference.clone()),
            _ => Slot::Numbers(self.part(part, site, Want::Whole)?),
        })
    }

    fn closure(&self, lambda: &Arc<BoundLambda>) -> Closure {
        let captured = self.slots.iter().take(lambda.depth).cloned().collect();
        Closure {
            lambda: lambda.clone(),
            captured,
        }
    }

    pub(super) fn let_names(
        &mut self,
        values: &[Bound],
        body: &Bound,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        let outside = self.slots.len();
        for value in values {
            let slot = self.slot(value, site)?;
            self.slots.push(slot);
        }
        let result = self.part(body, site, want);
        self.slots.truncate(outside);
        result
    }

    /// The LAMBDA that a part is.
    pub(super) fn callee(&mut self, part: &Bound, site: &Site) -> Result<Closure, Refusal> {
        match self.slot(part, site)? {
            Slot::Lambda(closure) => Ok(closure),
            _ => Err(self.refuse(site.first(), "what is called is not a LAMBDA")),
        }
    }

    /// Lowers a LAMBDA's body with its parameters set.
    pub(super) fn apply(
        &mut self,
        closure: &Closure,
        mut arguments: Vec<Slot>,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        let params = closure.lambda.params.len();
        if arguments.len() > params || arguments.len() + closure.lambda.optional < params {
            return Err(self.refuse(
                site.first(),
                format!(
                    "a LAMBDA of {params} parameters is called with {}",
                    arguments.len()
                ),
            ));
        }
        arguments.resize(params, Slot::Omitted);
        let mut slots = closure.captured.clone();
        slots.append(&mut arguments);
        let outside = std::mem::replace(&mut self.slots, slots);
        let lambda = closure.lambda.clone();
        let result = self.part(&lambda.body, &site.mapped(), want);
        self.slots = outside;
        result
    }

    /// MAP, BYROW, BYCOL, REDUCE, SCAN and MAKEARRAY: one copy of the body a call.
    pub(super) fn higher_order(
        &mut self,
        name: &'static str,
        args: &[Bound],
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let Some((function, args)) = args.split_last() else {
            return Err(self.refuse(site.first(), format!("{name} without arguments")));
        };
        let closure = self.callee(function, site)?;
        match name {
            "MAP" => self.map(&closure, args, site),
            "BYROW" | "BYCOL" => self.by_line(name == "BYROW", &closure, &args[0], site),
            "REDUCE" | "SCAN" => self.fold(name == "SCAN", &closure, args, site),
            _ => self.make_array(&closure, args, site),
        }
    }

    fn map(&mut self, closure: &Closure, args: &[Bound], site: &Site) -> Result<Numbers, Refusal> {
        let arrays = args
            .iter()
            .map(|arg| self.elements(arg, site))
            .collect::<Result<Vec<_>, _>>()?;
        let mut shape = Shape::SCALAR;
        for array in &arrays {
            shape = shape
                .broadcast(array.shape)
                .map_err(|e| self.misfit(site, e))?;
        }
        self.check_calls(shape.rows * shape.cols, site)?;
        let mut results = Vec::new();
        for col in 0..shape.cols {
            for row in 0..shape.rows {
                let elements = arrays
                    .iter()
                    .map(|array| self.piece(array, (row, col), (1, 1), site))
                    .collect::<Result<Vec<_>, _>>()?;
                results.push(self.apply(closure, elements, site, Want::Single)?);
            }
        }
        self.stack(results, shape.rows, shape.cols, site)
    }

    fn by_line(
        &mut self,
        rows: bool,
        closure: &Closure,
        array: &Bound,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let array = self.elements(array, site)?;
        let shape = array.shape;
        let lines = if rows { shape.rows } else { shape.cols };
        self.check_calls(lines, site)?;
        let mut results = Vec::new();
        for line in 0..lines {
            let piece = if rows {
                self.piece(&array, (line, 0), (1, shape.cols), site)?
            } else {
                self.piece(&array, (0, line), (shape.rows, 1), site)?
            };
            results.push(self.apply(closure, vec![piece], site, Want::Single)?);
        }
        let (rows, cols) = if rows { (lines, 1) } else { (1, lines) };
        self.stack(results, rows, cols, site)
    }

    fn fold(
        &mut self,
        keep: bool,
        closure: &Closure,
        args: &[Bound],
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let (start, array) = match args {
            [start, array] => (Some(start), array),
            [array] => (None, array),
            _ => return Err(self.refuse(site.first(), "REDUCE and SCAN take an array")),
        };
        let array = self.elements(array, site)?;
        let shape = array.shape;
        self.check_calls(shape.rows * shape.cols, site)?;
        let mut elements = Vec::new();
        for row in 0..shape.rows {
            for col in 0..shape.cols {
                elements.push(self.piece(&array, (row, col), (1, 1), site)?);
            }
        }
        let mut elements = elements.into_iter();
        let mut results = Vec::new();
        let mut state = match start {
            Some(Bound::Omitted) | None => {
                let Some(first) = elements.next() else {
                    return Err(self.refuse(site.first(), "an array without elements"));
                };
                let first = match first {
                    Slot::Constant(operands) => {
                        let values = self.values_of(operands, site, Want::Single);
                        self.numbers_of(&values, site)?
                    }
                    Slot::Numbers(numbers) => numbers,
                    _ => return Err(self.refuse(site.first(), "an array without elements")),
                };
                results.push(first.clone());
                first
            }
            Some(start) => self.part(start, &site.mapped(), Want::Whole)?,
        };
        for element in elements {
            let arguments = vec![Slot::Numbers(state), element];
            state = self.apply(closure, arguments, site, Want::Whole)?;
            if keep {
                results.push(state.clone());
            }
        }
        if !keep {
            return Ok(state);
        }
        // Results came row by row; a stack takes them column by column.
        let by_column = (0..shape.cols)
            .flat_map(|col| (0..shape.rows).map(move |row| row * shape.cols + col))
            .map(|index| results[index].clone())
            .collect();
        self.stack(by_column, shape.rows, shape.cols, site)
    }

    fn make_array(
        &mut self,
        closure: &Closure,
        args: &[Bound],
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let mut sizes = [0usize; 2];
        for (size, arg) in sizes.iter_mut().zip(args) {
            let value = self.part(arg, site, Want::Single)?;
            let constant = self.builder.constant_value(value.node).map(|t| t.data[0]);
            match constant {
                Some(n) if (1.0..=1e6).contains(&n) => *size = n as usize,
                _ => {
                    return Err(self.refuse(
                        site.first(),
                        "the size of MAKEARRAY must not depend on the variables",
                    ));
                }
            }
        }
        let [rows, cols] = sizes;
        self.check_calls(rows.saturating_mul(cols), site)?;
        let mut results = Vec::new();
        for col in 0..cols {
            for row in 0..rows {
                let place = [row, col].map(|i| Slot::Constant(vec![Operand::from((i + 1) as f64)]));
                results.push(self.apply(closure, place.to_vec(), site, Want::Single)?);
            }
        }
        self.stack(results, rows, cols, site)
    }

    fn check_calls(&self, calls: usize, site: &Site) -> Result<(), Refusal> {
        if calls > MAX_CALLS {
            return Err(self.refuse(
                site.first(),
                format!("its LAMBDA is called {calls} times, more than {MAX_CALLS}"),
            ));
        }
        Ok(())
    }

    fn elements(&mut self, arg: &Bound, site: &Site) -> Result<Elements, Refusal> {
        let site = &site.mapped();
        if self.is_active(arg, site)? {
            let numbers = self.part(arg, site, Want::Whole)?;
            return Ok(Elements {
                shape: self.shape(&numbers),
                source: Source::Moving(numbers),
            });
        }
        let values = self.constant_values(arg, site, Want::Whole)?;
        // Numbers for their shape, which must be the same in every lane.
        let numbers = self.numbers_of(&values, site)?;
        Ok(Elements {
            shape: self.shape(&numbers),
            source: Source::Fixed(values),
        })
    }

    /// A rectangle of an array, as the argument of a LAMBDA.
    fn piece(
        &mut self,
        array: &Elements,
        (top, left): (usize, usize),
        (rows, cols): (usize, usize),
        site: &Site,
    ) -> Result<Slot, Refusal> {
        let values = match &array.source {
            Source::Moving(numbers) => {
                return Ok(Slot::Numbers(
                    self.cut(numbers, top, left, rows, cols, site)?,
                ));
            }
            Source::Fixed(values) => values,
        };
        let in_lane = |lane: usize| {
            if (rows, cols) == (1, 1) {
                return element(values, lane, top, left).clone();
            }
            Value::array(Array::from_fn(rows, cols, |row, col| {
                element(values, lane, top + row, left + col).clone()
            }))
        };
        let pieces = (0..values.len()).map(|lane| Operand::Value(in_lane(lane)));
        Ok(Slot::Constant(pieces.collect()))
    }

    /// A rectangle of every lane's matrix; dimensions of 1 repeat.
    pub(super) fn cut(
        &mut self,
        array: &Numbers,
        top: usize,
        left: usize,
        rows: usize,
        cols: usize,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let from = self.shape(array);
        let pick = |size: usize, index: usize| if size == 1 { 0 } else { index };
        let shape = Shape::new(from.lanes, rows, cols);
        let mut indices = Vec::with_capacity(shape.len());
        for col in 0..cols {
            for row in 0..rows {
                let (r, c) = (pick(from.rows, top + row), pick(from.cols, left + col));
                indices.extend((0..from.lanes).map(|lane| from.offset(lane, r, c) as u32));
            }
        }
        let present = array.present.as_ref().map(|mask| {
            let data: Vec<f64> = indices.iter().map(|&i| mask.data[i as usize]).collect();
            Tensor::new(shape, data)
        });
        let node = self
            .builder
            .gather(array.node, indices.into(), shape)
            .map_err(|e| self.misfit(site, e))?;
        Ok(Numbers {
            node,
            present,
            ..*array
        })
    }

    /// One matrix of single results, given column by column.
    fn stack(
        &mut self,
        results: Vec<Numbers>,
        rows: usize,
        cols: usize,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let fallible = results.iter().any(|r| r.fallible);
        if results.iter().any(|r| r.present.is_some()) {
            return Err(self.refuse(
                site.first(),
                "a LAMBDA returns something other than numbers",
            ));
        }
        let mut lanes = 1;
        for result in &results {
            let shape = self.shape(result);
            if shape.rows * shape.cols != 1 {
                return Err(self.refuse(site.first(), "a LAMBDA returns an array, which is #CALC!"));
            }
            lanes = lanes.max(shape.lanes);
        }
        // `[lanes, 1, 1]` has the layout of a column `[1, lanes, 1]`: side by
        // side these columns are the lanes of the result.
        let mut columns: Vec<(Node, (usize, usize))> = Vec::with_capacity(results.len());
        for (index, result) in results.iter().enumerate() {
            let column = self
                .builder
                .broadcast(result.node, Shape::new(lanes, 1, 1))
                .and_then(|node| self.builder.reshape(node, Shape::new(1, lanes, 1)))
                .map_err(|e| self.misfit(site, e))?;
            columns.push((column, (0, index)));
        }
        let node = self
            .builder
            .assemble(lanes, results.len(), &columns)
            .and_then(|node| self.builder.reshape(node, Shape::new(lanes, rows, cols)))
            .map_err(|e| self.misfit(site, e))?;
        Ok(Numbers {
            fallible,
            ..Numbers::sure(node)
        })
    }
}
