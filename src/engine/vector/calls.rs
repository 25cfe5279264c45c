//! Calls of functions over lanes, by the functions' own value rules.

use super::block::Block;
use super::lanes::Lanes;
use super::memo::Memo;
use super::operators::results;
use super::plan::Part;
use super::rows::Fold;
use crate::engine::interpret::Mode;
use crate::engine::interpret::call::kind;
use crate::functions::{self, Context, Function, LazyArgs, Operand, ParamKind, ValueRule};
use crate::value::{ErrorKind, Value};
use std::borrow::Cow;

impl<'w> Block<'w> {
    /// A call with arguments as its parameters get them.
    pub(super) fn call(
        &mut self,
        function: &'static Function,
        args: &[Lanes<'w>],
        memo: &Memo,
    ) -> Lanes<'w> {
        match function.value {
            ValueRule::Numbers { read, rule } => {
                let numbers = of_numbers(read, rule, args, self.len);
                if let Some(numbers) = numbers {
                    return Lanes::Numbers(Cow::Owned(numbers));
                }
                self.call_values(function, args)
            }
            ValueRule::Scalar(_) => self.call_values(function, args),
            _ => {
                if let Some(lanes) = truths(function, args, self.len) {
                    return lanes;
                }
                let fold = Fold::of(function);
                if let Some(numbers) = fold.and_then(|fold| fold.of_lanes(args, self.len)) {
                    return Lanes::Numbers(Cow::Owned(numbers));
                }
                self.call_operands(function, args, memo)
            }
        }
    }

    fn call_values(&mut self, function: &'static Function, args: &[Lanes<'w>]) -> Lanes<'w> {
        let mut values: Vec<Value> = args.iter().map(|arg| arg.value(0)).collect();
        let moving = moving(args);
        let results = (0..self.len).map(|lane| {
            for &index in &moving {
                values[index] = args[index].value(lane);
            }
            self.interpreter.start(self.cell(lane));
            let operand = self.interpreter.call_values(function, &values);
            self.interpreter.read(operand, Mode::Single)
        });
        Lanes::pack(results.collect())
    }

    fn call_operands(
        &mut self,
        function: &'static Function,
        args: &[Lanes<'w>],
        memo: &Memo,
    ) -> Lanes<'w> {
        let mut operands: Vec<Operand> = args.iter().map(|arg| arg.operand(0)).collect();
        let moving = moving(args);
        // What is read has to be noted in every call where that is tracked.
        let tracking = self.interpreter.is_tracking();
        let mut calls = match tracking {
            true => None,
            false => memo.calls(args, &moving),
        };
        let mut results = Vec::with_capacity(self.len);
        for lane in 0..self.len {
            let known = calls.as_mut();
            if let Some(known) = known.and_then(|calls| calls.find(lane)) {
                results.push(known);
                continue;
            }
            for &index in &moving {
                operands[index] = args[index].operand(lane);
            }
            self.interpreter.start(self.cell(lane));
            self.interpreter.is_placed();
            let result = self.interpreter.call_operands(function, &operands);
            if self.interpreter.is_placed() {
                calls = None;
            }
            if let Some(calls) = &mut calls {
                calls.keep(lane, &result);
            }
            results.push(result);
        }
        Lanes::of_operands(results)
    }

    /// A call that evaluates its arguments on demand: for all lanes when the
    /// first lane asks for them.
    pub(super) fn lazy(&mut self, function: &'static Function, args: &[Part<'_>]) -> Lanes<'w> {
        let ValueRule::Lazy(rule) = function.value else {
            return Lanes::error(ErrorKind::Value);
        };
        let mut done: Vec<Option<Lanes<'w>>> = args.iter().map(|_| None).collect();
        let mut results = Vec::with_capacity(self.len);
        for lane in 0..self.len {
            self.interpreter.start(self.cell(lane));
            let mut call = LaneCall {
                block: self,
                function,
                args,
                done: &mut done,
                lane,
                several: false,
            };
            let result = rule(&mut call).unwrap_or_else(Operand::error);
            if !call.several {
                results.push(result);
                continue;
            }
            // An array where one value is wanted: the call is mapped over it.
            let all = (0..args.len()).map(|index| call.argument(index)).collect();
            self.interpreter.start(self.cell(lane));
            results.push(self.interpreter.call_function(function, all, Mode::Single));
        }
        Lanes::of_operands(results)
    }
}

/// The arguments that differ from lane to lane.
fn moving(args: &[Lanes<'_>]) -> Vec<usize> {
    let args = args.iter().enumerate();
    args.filter(|(_, arg)| !matches!(arg, Lanes::Same(_)))
        .map(|(index, _)| index)
        .collect()
}

/// A function of numbers where all its arguments are numbers; `None` where one
/// is not, or a result is an error.
fn of_numbers(
    read: fn(&[Value]) -> Result<functions::Numbers, ErrorKind>,
    rule: fn(&functions::Numbers) -> Result<f64, ErrorKind>,
    args: &[Lanes<'_>],
    len: usize,
) -> Option<Vec<f64>> {
    let columns: Vec<_> = args
        .iter()
        .map(Lanes::plain_numbers)
        .collect::<Option<_>>()?;
    let first: Vec<Value> = columns.iter().map(|c| Value::Number(c.get(0))).collect();
    // Those left out have their defaults.
    let mut numbers = read(&first).ok()?;
    let mut out = Vec::with_capacity(len);
    for lane in 0..len {
        for (number, column) in numbers.iter_mut().zip(&columns) {
            *number = column.get(lane);
        }
        out.push(rule(&numbers).ok()?);
    }
    results(out)
}

/// AND, OR and XOR of truths.
fn truths<'a>(function: &Function, args: &[Lanes<'_>], len: usize) -> Option<Lanes<'a>> {
    let join: fn(bool, bool) -> bool = match function.name {
        "AND" => |a, b| a & b,
        "OR" => |a, b| a | b,
        "XOR" => |a, b| a ^ b,
        _ => return None,
    };
    let mut joined: Option<Vec<bool>> = None;
    for arg in args {
        let truths: Cow<'_, [bool]> = match arg {
            Lanes::Truths(truths) => Cow::Borrowed(truths),
            Lanes::Same(Operand::Value(Value::Bool(b))) => Cow::Owned(vec![*b; len]),
            _ => return None,
        };
        match &mut joined {
            None => joined = Some(truths.into_owned()),
            Some(joined) => {
                for (all, &b) in joined.iter_mut().zip(&*truths) {
                    *all = join(*all, b);
                }
            }
        }
    }
    joined.map(Lanes::Truths)
}

/// The arguments of one lane.
struct LaneCall<'c, 'w, 'p> {
    block: &'c mut Block<'w>,
    function: &'static Function,
    args: &'c [Part<'p>],
    /// The arguments that were asked for so far.
    done: &'c mut [Option<Lanes<'w>>],
    lane: usize,
    /// An array stood where a single value was wanted.
    several: bool,
}

impl LaneCall<'_, '_, '_> {
    fn argument(&mut self, index: usize) -> Operand {
        let Some(part) = self.args.get(index) else {
            return Operand::Omitted;
        };
        if self.done[index].is_none() {
            let lanes = self.block.lanes(part);
            self.block.interpreter.start(self.block.cell(self.lane));
            self.done[index] = Some(lanes);
        }
        match &self.done[index] {
            Some(lanes) => lanes.operand(self.lane),
            None => Operand::Omitted,
        }
    }
}

impl LazyArgs for LaneCall<'_, '_, '_> {
    fn len(&self) -> usize {
        self.args.len()
    }

    fn eval(&mut self, index: usize) -> Operand {
        let operand = self.argument(index);
        match operand {
            Operand::Value(Value::Array(array))
                if kind(self.function, index) == ParamKind::Scalar =>
            {
                self.several = true;
                Operand::Value(array.get(0, 0).clone())
            }
            operand => operand,
        }
    }

    fn context(&mut self) -> &mut dyn Context {
        &mut self.block.interpreter
    }
}
