//! Calls of functions: each by its entry's derivative rule.

use super::numbers::{Numbers, repeat};
use super::part::element;
use super::reference::{MAX_GATHERED, Want};
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::{Bound, BoundRef, Sheets};
use crate::formula::BinaryOp;
use crate::functions::{
    Function, LowerRule, Lowered, Lowering, Operand, ParamKind, Presence, SelectRule, Smoothness,
    ValueRule,
};
use crate::grid::{Area, Cell, Rect};
use crate::program::{Shape, Tensor};
use crate::value::{Array, Value};

/// Functions that are numbers wherever their arguments are. Others may be
/// errors, so a condition on their result has to look.
const TOTAL: &[&str] = &[
    "ABS",
    "AND",
    "AVERAGE",
    "ATAN",
    "COS",
    "COUNT",
    "INT",
    "MAX",
    "MIN",
    "MMULT",
    "N",
    "NOT",
    "OR",
    "PI",
    "ROUND",
    "SIGN",
    "SIN",
    "SUM",
    "SUMPRODUCT",
    "SUMSQ",
    "SUMX2MY2",
    "SUMX2PY2",
    "SUMXMY2",
    "TANH",
    "TRANSPOSE",
    "TRUNC",
    "XOR",
];

/// Functions whose value is TRUE or FALSE.
const TRUTHS: &[&str] = &["AND", "OR", "NOT", "XOR"];

impl Lowerer<'_> {
    pub(super) fn call(
        &mut self,
        part: &Bound,
        function: &'static Function,
        args: &[Bound],
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        match function.name {
            "IF" | "IFS" | "SWITCH" | "CHOOSE" | "IFERROR" | "IFNA" => {
                return self.lazy(function.name, args, site, want);
            }
            "ISNUMBER" | "ISTEXT" | "ISNONTEXT" | "ISBLANK" | "ISLOGICAL" | "ISERROR" => {
                return self.question(function.name, &args[0], site);
            }
            "INDEX" if !self.is_place(&args[0]) || self.any_array(&args[1..], site)? => {
                return self.element_of_array(args, site);
            }
            "XLOOKUP" | "LOOKUP" if args.len() > 2 && self.any_array(&args[..1], site)? => {
                return self.found_in_array(function, args, 2, site);
            }
            "FILTER" => {
                // Truth values are numbers here; SUM's kind would skip them.
                let mut args = args.to_vec();
                args[1] = Bound::Chain {
                    first: Box::new(args[1].clone()),
                    rest: Box::new([(BinaryOp::Multiply, Bound::Value(Value::Number(1.0)))]),
                };
                return self.by_entry(function, &args, site);
            }
            "MAP" | "REDUCE" | "SCAN" | "BYROW" | "BYCOL" | "MAKEARRAY" => {
                return self.higher_order(function.name, args, site);
            }
            _ => {}
        }
        let computed = function.lower.is_some() && !self.is_place(&args[0]);
        if matches!(function.value, ValueRule::Reference(_)) && !computed {
            return self.place(part, site, want);
        }
        self.by_entry(function, args, site)
    }

    /// A call by its entry's derivative rule.
    fn by_entry(
        &mut self,
        function: &'static Function,
        args: &[Bound],
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let measure = match function.by_number {
            Some(by_number) => self.measure(function, by_number, args, site)?,
            None => function,
        };
        let Some(rule) = measure.lower else {
            let reason = match function.smoothness {
                Smoothness::NotDifferentiable(reason) => reason,
                _ => "it has no derivative rule",
            };
            return Err(self.refuse(
                site.first(),
                format!("{} cannot be differentiated: {reason}", function.name),
            ));
        };
        if function.smoothness == Smoothness::PiecewiseConstant {
            // Said once of a run, though parts of it are lowered apart.
            let Site { sheet, .. } = *site;
            let pos = match self.workbook.sheet(sheet).runs.at(site.first().pos) {
                Some((_, run)) => run.rect.top_left(),
                None => site.first().pos,
            };
            self.notes.insert(format!(
                "{} in {} is piecewise constant: its derivative counts as 0",
                function.name,
                self.workbook.address(Cell { sheet, pos })
            ));
        }
        self.inexact = self.inexact.max(function.inexact);
        let (lowered, fallible, results) = match function.select {
            Some(select) => self.selected(function, select, args, site)?,
            None => {
                let (lowered, fallible) = self.arguments(function, args, site)?;
                (lowered, fallible, None)
            }
        };
        let mut node = self.by_rule(measure, rule, &lowered, site)?;
        if let Some(results) = results {
            node = self
                .builder
                .broadcast(node, Shape::new(results.len(), 1, 1))
                .and_then(|node| self.builder.reshape(node, results))
                .map_err(|e| self.misfit(site, e))?;
        }
        let fallible = fallible || !TOTAL.contains(&measure.name);
        let numbers = Numbers {
            fallible,
            ..Numbers::sure(node)
        };
        Ok(Numbers {
            boolean: TRUTHS.contains(&function.name),
            ..numbers
        })
    }

    /// The function that the number in a SUBTOTAL or AGGREGATE stands for.
    fn measure(
        &mut self,
        function: &'static Function,
        by_number: fn(f64) -> Option<&'static Function>,
        args: &[Bound],
        site: &Site,
    ) -> Result<&'static Function, Refusal> {
        let name = function.name;
        if self.is_active(&args[0], site)? {
            let reason = format!("which measure {name} takes depends on the variables");
            return Err(self.refuse(site.first(), reason));
        }
        let numbers = self.constant_values(&args[0], site, Want::Single)?;
        if matches!(numbers[0], Value::Array(_)) || numbers.iter().any(|n| *n != numbers[0]) {
            let reason = format!("{name} takes more than one measure");
            return Err(self.refuse(site.first(), reason));
        }
        let number = element(&numbers, 0, 0, 0).to_number().ok();
        let measure = number.and_then(by_number).ok_or_else(|| {
            let number = number.unwrap_or(f64::NAN);
            let reason = format!(
                "measure {number} of {name} has no derivative rule; the function of its own that \
                 it stands for may have one"
            );
            self.refuse(site.first(), reason)
        })?;
        // The first range comes before those that repeat.
        if args.len() >= function.params.len() {
            let reason = format!("{name} of several ranges cannot be differentiated: add them up");
            return Err(self.refuse(site.first(), reason));
        }
        Ok(measure)
    }

    fn by_rule(
        &mut self,
        function: &'static Function,
        rule: LowerRule,
        args: &[Lowered],
        site: &Site,
    ) -> Result<crate::program::Node, Refusal> {
        let mut lowering = Lowering {
            builder: &mut self.builder,
            function: function.name,
        };
        rule(&mut lowering, args).map_err(|error| self.refuse(site.first(), error.to_string()))
    }

    /// The one argument of SUMIF and its kind: the cells whose criteria hold.
    /// Which these are must not depend on the variables. Where a criterion is
    /// an array, the lanes are as many times as it has elements, and the shape
    /// is told that their results make.
    fn selected(
        &mut self,
        function: &'static Function,
        select: SelectRule,
        args: &[Bound],
        site: &Site,
    ) -> Result<(Vec<Lowered>, bool, Option<Shape>), Refusal> {
        self.not_in_recurrence(site)?;
        let is_single = |index: usize| {
            let param = function.param(index);
            param.is_some_and(|p| p.kind == ParamKind::Scalar)
        };
        let mut numbered = args.iter().enumerate();
        let cells = if numbered.any(|(index, arg)| self.argument_varies(function, index, arg)) {
            site.lanes()
        } else {
            1
        };
        for arg in args {
            self.uses_known_slots(arg, site)?;
        }
        let mut calls: Vec<(Cell, Vec<Operand>)> = Vec::with_capacity(cells);
        let mut results = Shape::new(cells, 1, 1);
        for lane in 0..cells {
            let at = site.lane(lane);
            let mut operands = Vec::with_capacity(args.len());
            for (index, arg) in args.iter().enumerate() {
                let operand = self.lane_operand(arg, at, lane, site.mapped, is_single(index));
                if let (Operand::Value(Value::Array(array)), true) = (&operand, is_single(index)) {
                    results = results
                        .broadcast(Shape::new(1, array.rows(), array.cols()))
                        .map_err(|e| self.misfit(site, e))?;
                }
                operands.push(operand);
            }
            calls.push((at, operands));
        }
        let lanes = results.len();
        if lanes > MAX_GATHERED {
            let reason = format!("its criteria are {lanes} in all, more than {MAX_GATHERED}");
            return Err(self.refuse(site.first(), reason));
        }
        let mut areas = Vec::with_capacity(lanes);
        let mut selections = Vec::with_capacity(lanes);
        // In the order of the elements of a tensor: lanes first, then rows.
        for index in 0..lanes {
            let (at, operands) = &calls[index % cells];
            let (at, place) = (*at, index / cells);
            let (row, col) = (place % results.rows, place / results.rows);
            let operands: Vec<Operand> = operands
                .iter()
                .enumerate()
                .map(|(index, operand)| match operand {
                    Operand::Value(value @ Value::Array(_)) if is_single(index) => {
                        Operand::Value(element(std::slice::from_ref(value), 0, row, col).clone())
                    }
                    operand => operand.clone(),
                })
                .collect();
            self.oracle.take_reads();
            let selection = self.oracle.select(select, &operands, at).map_err(|error| {
                self.refuse(
                    at,
                    format!("the criteria of {} give {error}", function.name),
                )
            })?;
            for area in self.oracle.take_reads() {
                if self.depends(area) {
                    let refusal = self.refuse(
                        at,
                        format!(
                            "which cells {} selects depends on the variables, so it has no derivative",
                            function.name
                        ),
                    );
                    self.set_apart(area, refusal)?;
                }
            }
            // Where nothing can be selected, a blank cell that is not stands in.
            let nothing = Area {
                sheet: site.sheet,
                rect: Rect::cell(at.pos),
            };
            areas.push(selection.values.unwrap_or(nothing));
            selections.push(
                selection
                    .values
                    .map_or_else(|| vec![false], |_| selection.selected),
            );
        }
        let numbers = self.gathered(&areas, site)?;
        let of = self.builder.shape(numbers.node);
        // Cells that all lanes look at may be selected differently in each.
        let shape = Shape { lanes, ..of };
        if shape.len() > MAX_GATHERED {
            return Err(self.refuse(
                site.first(),
                format!(
                    "its cells select from {} numbers in all, more than {MAX_GATHERED}",
                    shape.len()
                ),
            ));
        }
        let numbered = numbers.present.map(|present| repeat(&present, shape));
        let mut mask = vec![0.0; shape.len()];
        for (lane, (area, selected)) in areas.iter().zip(&selections).enumerate() {
            let cols = area.rect.cols() as usize;
            for (index, chosen) in selected.iter().enumerate() {
                let at = shape.offset(lane, index / cols, index % cols);
                let number = numbered
                    .as_ref()
                    .is_none_or(|present| present.data[at] != 0.0);
                mask[at] = f64::from(u8::from(*chosen && number));
            }
        }
        let numbers = Numbers {
            present: Some(Tensor::new(shape, mask)),
            ..numbers
        };
        let numbers = self.aggregated(site, numbers)?;
        let lowered = Lowered {
            node: numbers.node,
            present: numbers.present,
            omitted: false,
        };
        let several = results.rows * results.cols > 1;
        Ok((vec![lowered], numbers.fallible, several.then_some(results)))
    }

    /// Whether an argument that does not depend on the variables is an array.
    /// The first lane tells: arrays have one size in all, or are refused.
    fn any_array(&mut self, args: &[Bound], site: &Site) -> Result<bool, Refusal> {
        for arg in args {
            if self.leaves.is_some() || self.is_active(arg, site)? {
                continue;
            }
            self.uses_known_slots(arg, site)?;
            let first = self.lane_operand(arg, site.first(), 0, site.mapped, true);
            if matches!(first, Operand::Value(Value::Array(_))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A look-up of several keys at once, which must not depend on the
    /// variables. What it picks from its argument `source` is found by letting
    /// it pick from the numbers of the places instead.
    fn found_in_array(
        &mut self,
        function: &'static Function,
        args: &[Bound],
        source: usize,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let array = self.part(&args[source], &site.mapped(), Want::Whole)?;
        let from = self.shape(&array);
        if from.lanes > 1 || from.rows > 1 && from.cols > 1 || array.present.is_some() {
            let reason = format!(
                "{} of several keys is differentiated where it picks from one row or column of numbers, the same for all cells",
                function.name
            );
            return Err(self.refuse(site.first(), reason));
        }
        let places = Array::from_fn(from.rows, from.cols, |row, col| {
            Value::Number((row + col) as f64)
        });
        let mut args = args.to_vec();
        args[source] = Bound::Value(Value::array(places));
        let call = Bound::Call {
            function,
            args: args.into(),
        };
        let picked = self.constant_values(&call, site, Want::Whole)?;
        let picked = self.numbers_of(&picked, site)?;
        let shape = self.shape(&picked);
        let places = match self.builder.constant_value(picked.node) {
            Some(places) if picked.present.is_none() => places.data.clone(),
            _ => return Err(self.refuse(site.first(), "it picks something other than numbers")),
        };
        if places.iter().any(|place| place.is_nan()) {
            return Err(self.refuse(site.first(), "it does not find all of its keys"));
        }
        let indices: Vec<u32> = places.iter().map(|place| *place as u32).collect();
        let node = self
            .builder
            .gather(array.node, indices.into(), shape)
            .map_err(|e| self.misfit(site, e))?;
        Ok(Numbers { node, ..array })
    }

    /// INDEX of an array that is computed: one element, whose place must not
    /// depend on the variables.
    fn element_of_array(&mut self, args: &[Bound], site: &Site) -> Result<Numbers, Refusal> {
        let array = self.part(&args[0], &site.mapped(), Want::Whole)?;
        let from = self.shape(&array);
        let mut places = Vec::new();
        for arg in args.iter().skip(1) {
            if self.is_active(arg, site)? {
                let refusal = self.refuse(
                    site.first(),
                    "which element INDEX picks depends on the variables, so it has no derivative",
                );
                places.push(self.held_values(arg, site, Want::Single, refusal)?);
            } else {
                places.push(self.constant_values(arg, site, Want::Single)?);
            }
        }
        let mut shape = Shape::new(from.lanes, 1, 1);
        for place in &places {
            let picked = self.numbers_of(place, site)?;
            shape = shape
                .broadcast(self.shape(&picked))
                .map_err(|e| self.misfit(site, e))?;
        }
        if shape.len() > MAX_GATHERED {
            let reason = format!("it picks more than {MAX_GATHERED} numbers in all");
            return Err(self.refuse(site.first(), reason));
        }
        let mut indices = Vec::with_capacity(shape.len());
        for index in 0..shape.len() {
            let (lane, cell) = (index % shape.lanes, index / shape.lanes);
            let place = |which: usize, size: usize| {
                let value = places.get(which)?;
                let value = element(value, lane, cell % shape.rows, cell / shape.rows);
                let number = value.to_number().ok()?.trunc();
                (number >= 1.0 && number <= size as f64).then(|| number as usize - 1)
            };
            let found = match places.len() {
                1 if from.rows == 1 => place(0, from.cols).map(|col| (0, col)),
                1 if from.cols == 1 => place(0, from.rows).map(|row| (row, 0)),
                2 => place(0, from.rows).zip(place(1, from.cols)),
                _ => None,
            };
            let Some((row, col)) = found else {
                return Err(self.refuse(
                    site.lane(lane),
                    "INDEX of a computed array is differentiated for elements within it only, not for whole rows or columns",
                ));
            };
            let source = if from.lanes == 1 { 0 } else { lane };
            indices.push(from.offset(source, row, col) as u32);
        }
        let node = self
            .builder
            .gather(array.node, indices.into(), shape)
            .map_err(|e| self.misfit(site, e))?;
        if array.present.is_some() {
            return Err(self.refuse(site.first(), "INDEX picks from an array with text in it"));
        }
        Ok(Numbers { node, ..array })
    }

    /// An argument of a call in one lane, as value rules take it.
    fn lane_operand(
        &mut self,
        arg: &Bound,
        at: Cell,
        lane: usize,
        mapped: bool,
        single: bool,
    ) -> Operand {
        match self.in_lane(arg, at, lane, mapped) {
            Operand::Reference(areas) if single => match areas.as_slice() {
                [area] => Operand::Value(self.read(*area, at, mapped, Want::Single)),
                _ => Operand::Reference(areas),
            },
            operand => operand,
        }
    }

    /// The arguments as derivative rules take them, and whether any may fail.
    fn arguments(
        &mut self,
        function: &'static Function,
        args: &[Bound],
        site: &Site,
    ) -> Result<(Vec<Lowered>, bool), Refusal> {
        let mut lowered = Vec::with_capacity(args.len());
        let mut fallible = false;
        let repeats = function
            .params
            .iter()
            .any(|p| p.presence == Presence::Repeating);
        for (index, arg) in args.iter().enumerate() {
            let Some(param) = function.param(index) else {
                continue;
            };
            let whole = match param.kind {
                ParamKind::Scalar => None,
                ParamKind::Range => Some(*site),
                ParamKind::Array | ParamKind::Lambda => Some(site.mapped()),
            };
            let rest = function.params.get(index..).unwrap_or_default();
            let areas = if repeats && rest.iter().all(|p| p.kind == ParamKind::Range) {
                separate(arg)
            } else {
                Vec::new()
            };
            let want = match param.kind {
                ParamKind::Range => Want::Numbers,
                _ => Want::Whole,
            };
            if areas.is_empty() {
                lowered.push(self.argument(arg, whole, want, site, &mut fallible)?);
            }
            if !areas.is_empty() {
                self.not_in_recurrence(site)?;
            }
            for area in &areas {
                lowered.push(self.argument(area, whole, want, site, &mut fallible)?);
            }
        }
        while !repeats && lowered.len() < function.params.len() {
            lowered.push(Lowered {
                node: self.builder.scalar(0.0),
                present: None,
                omitted: true,
            });
        }
        Ok((lowered, fallible))
    }

    fn argument(
        &mut self,
        arg: &Bound,
        whole: Option<Site>,
        want: Want,
        site: &Site,
        fallible: &mut bool,
    ) -> Result<Lowered, Refusal> {
        if matches!(arg, Bound::Omitted) {
            let node = self.builder.scalar(0.0);
            return Ok(Lowered {
                node,
                present: None,
                omitted: true,
            });
        }
        let Some(whole) = whole else {
            let numbers = self.part(arg, site, Want::Single)?;
            *fallible |= numbers.fallible;
            return Ok(Lowered {
                node: numbers.node,
                present: None,
                omitted: false,
            });
        };
        // What is calculated from cells may be a number where these are blank.
        let want = if is_range(arg) { want } else { Want::Whole };
        let numbers = self.part(arg, &whole, want)?;
        // A single value written as an argument counts, whatever its kind;
        // cells and arrays are sifted.
        let shape = self.shape(&numbers);
        let direct = shape.rows * shape.cols == 1 && !self.is_place(arg);
        let sifted = match arg {
            Bound::Value(crate::value::Value::Array(_)) => true,
            Bound::Value(_) => false,
            _ => !direct,
        };
        let numbers = if sifted {
            self.aggregated(site, numbers)?
        } else {
            numbers
        };
        *fallible |= numbers.fallible;
        let present = if sifted { numbers.present } else { None };
        Ok(Lowered {
            node: numbers.node,
            present,
            omitted: false,
        })
    }
}

/// Whether a function's value depends on where its argument stands, not on
/// what stands there.
pub(super) fn asks_for_place(function: &Function) -> bool {
    matches!(
        function.name,
        "ROW" | "COLUMN" | "ROWS" | "COLUMNS" | "SHEET" | "SHEETS" | "AREAS" | "ISREF"
    )
}

/// Whether an argument is cells as they are, by a reference or a name of one.
fn is_range(arg: &Bound) -> bool {
    match arg {
        Bound::Cells(_) => true,
        Bound::Name(name) => name.body().is_some_and(is_range),
        _ => false,
    }
}

/// The areas of a union or of a reference to several sheets, as arguments of
/// their own; none where it is anything else.
fn separate(arg: &Bound) -> Vec<Bound> {
    match arg {
        Bound::Union(parts) => parts
            .iter()
            .flat_map(|part| {
                let inner = separate(part);
                if inner.is_empty() {
                    vec![part.clone()]
                } else {
                    inner
                }
            })
            .collect(),
        Bound::Cells(BoundRef {
            sheets: Sheets::Many(sheets),
            shape,
            within,
        }) => sheets
            .iter()
            .map(|&sheet| {
                Bound::Cells(BoundRef {
                    sheets: Sheets::One(sheet),
                    shape: shape.clone(),
                    within: *within,
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}
