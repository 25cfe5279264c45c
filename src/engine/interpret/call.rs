//! Calls of worksheet functions: arguments by their kind, mapping over arrays.

use super::operators::{at, joint_shape, shape};
use super::{Interpreter, Mode};
use crate::engine::bind::Bound;
use crate::functions::{Context, Function, LazyArgs, Operand, ParamKind, ValueRule};
use crate::value::{Array, DateSystem, ErrorKind, Value};

/// What a parameter wants; past the last parameter, a single value.
pub(in crate::engine) fn kind(function: &Function, index: usize) -> ParamKind {
    function
        .param(index)
        .map_or(ParamKind::Scalar, |param| param.kind)
}

impl Interpreter<'_> {
    /// A call as it stands in a formula.
    pub(super) fn call_bound(
        &mut self,
        function: &'static Function,
        args: &[Bound],
        mode: Mode,
    ) -> Operand {
        match function.value {
            ValueRule::Lazy(rule) => {
                let count = args.len();
                let args = Args::Bound(args);
                LazyCall::new(self, function, args, count, mode).run(rule)
            }
            ValueRule::Scalar(_) | ValueRule::Numbers { .. } => {
                let values: Vec<Value> = args.iter().map(|arg| self.value(arg, mode)).collect();
                self.call_values(function, &values)
            }
            _ => {
                let args: Vec<Operand> = args
                    .iter()
                    .enumerate()
                    .map(|(index, arg)| self.argument(kind(function, index), arg, mode))
                    .collect();
                self.call_operands(function, &args)
            }
        }
    }

    /// A call with arguments that are evaluated already.
    pub(in crate::engine) fn call_function(
        &mut self,
        function: &'static Function,
        args: Vec<Operand>,
        mode: Mode,
    ) -> Operand {
        match function.value {
            ValueRule::Lazy(rule) => {
                let count = args.len();
                let args = Args::Ready(&args);
                LazyCall::new(self, function, args, count, mode).run(rule)
            }
            ValueRule::Scalar(_) | ValueRule::Numbers { .. } => {
                let values: Vec<Value> = args.into_iter().map(|arg| self.read(arg, mode)).collect();
                self.call_values(function, &values)
            }
            _ => {
                let args: Vec<Operand> = args
                    .into_iter()
                    .enumerate()
                    .map(|(index, arg)| self.as_kind(kind(function, index), arg, mode))
                    .collect();
                self.call_operands(function, &args)
            }
        }
    }

    /// An argument as a parameter of a kind gets it.
    fn argument(&mut self, kind: ParamKind, arg: &Bound, mode: Mode) -> Operand {
        match kind {
            ParamKind::Scalar => match arg {
                Bound::Omitted => Operand::Omitted,
                Bound::External(_) => Operand::Value(self.value(arg, mode)),
                arg => {
                    let operand = self.eval(arg, mode);
                    self.as_kind(kind, operand, mode)
                }
            },
            ParamKind::Range => self.eval(arg, mode),
            ParamKind::Array | ParamKind::Lambda => self.eval(arg, Mode::Array),
        }
    }

    fn as_kind(&mut self, kind: ParamKind, operand: Operand, mode: Mode) -> Operand {
        match (kind, operand) {
            (_, Operand::Omitted) => Operand::Omitted,
            (ParamKind::Scalar, operand @ Operand::Lambda(_)) => operand,
            (ParamKind::Scalar, operand) => Operand::Value(self.read(operand, mode)),
            (_, operand) => operand,
        }
    }

    /// A call of a function of single values, mapped over arrays.
    pub(in crate::engine) fn call_values(
        &mut self,
        function: &'static Function,
        values: &[Value],
    ) -> Operand {
        let dates = self.world.book.date_system;
        let read_dated = |read: fn(&[Value]) -> _, values: &[Value]| match dates {
            DateSystem::Since1900 => read(values),
            DateSystem::Since1904 => {
                let values = values.iter().map(|value| value.clone().dated(dates));
                read(&values.collect::<Vec<_>>())
            }
        };
        let once = |values: &[Value], context: &mut Self| {
            if let Some(kind) = values.iter().find_map(Value::as_error) {
                return Value::Error(kind);
            }
            match function.value {
                ValueRule::Scalar(rule) => rule(values, context),
                ValueRule::Numbers { read, rule } => read_dated(read, values)
                    .and_then(|numbers| rule(&numbers))
                    .map_or_else(Value::Error, Value::number),
                // Evaluated elsewhere: `call_bound` and `call_function` see to it.
                _ => Value::Error(ErrorKind::Value),
            }
        };
        if !values.iter().any(|value| matches!(value, Value::Array(_))) {
            return Operand::Value(once(values, self));
        }
        let Some((rows, cols)) = joint_shape(values.iter().map(shape)) else {
            return Operand::error(ErrorKind::Num);
        };
        let mut element = vec![Value::Blank; values.len()];
        let mut cells = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            for col in 0..cols {
                for (slot, value) in element.iter_mut().zip(values) {
                    *slot = at(value, row, col);
                }
                cells.push(first(once(&element, self)));
            }
        }
        Operand::Value(Value::array(Array::new(rows, cols, cells)))
    }

    /// A call with its arguments as their parameters get them, mapped over
    /// arrays where single values are wanted.
    pub(in crate::engine) fn call_operands(
        &mut self,
        function: &'static Function,
        args: &[Operand],
    ) -> Operand {
        let rule = match function.value {
            ValueRule::Operands(rule) | ValueRule::Reference(rule) => rule,
            ValueRule::Special => return self.special(function, args),
            // Evaluated elsewhere: `call_bound` and `call_function` see to it.
            ValueRule::Scalar(_) | ValueRule::Numbers { .. } | ValueRule::Lazy(_) => {
                return Operand::error(ErrorKind::Value);
            }
        };
        let is_mapped = |(index, arg): (usize, &Operand)| {
            matches!(arg, Operand::Value(Value::Array(_)))
                && kind(function, index) == ParamKind::Scalar
        };
        if !args.iter().enumerate().any(is_mapped) {
            return rule(args, self).unwrap_or_else(Operand::error);
        }
        let mapped: Vec<bool> = args.iter().enumerate().map(is_mapped).collect();
        let shapes = args.iter().zip(&mapped).filter(|(_, mapped)| **mapped);
        let shapes = shapes.map(|(arg, _)| match arg {
            Operand::Value(value) => shape(value),
            _ => (1, 1),
        });
        let Some((rows, cols)) = joint_shape(shapes) else {
            return Operand::error(ErrorKind::Num);
        };
        let mut element = args.to_vec();
        let mut cells = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            for col in 0..cols {
                for ((slot, arg), mapped) in element.iter_mut().zip(args).zip(&mapped) {
                    if let (true, Operand::Value(value)) = (mapped, arg) {
                        *slot = Operand::Value(at(value, row, col));
                    }
                }
                let result = rule(&element, self).unwrap_or_else(Operand::error);
                cells.push(self.corner(result));
            }
        }
        Operand::Value(Value::array(Array::new(rows, cols, cells)))
    }

    /// The functions that are part of the language; LET and LAMBDA are bound
    /// to nodes of their own.
    fn special(&mut self, function: &Function, args: &[Operand]) -> Operand {
        match (function.name, args) {
            ("ISOMITTED", [arg]) => Operand::from(matches!(arg, Operand::Omitted)),
            ("GRAD", args) => {
                self.placed.set(true);
                crate::engine::gradient::of_operands(self.world, self.origin, args)
            }
            _ => Operand::error(ErrorKind::Name),
        }
    }

    /// The first value of a result that has to fit in one place of an array.
    fn corner(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Reference(areas) => self.cell(crate::grid::Cell {
                sheet: areas[0].sheet,
                pos: areas[0].rect.top_left(),
            }),
            operand => first(self.read(operand, Mode::Array)),
        }
    }
}

fn first(value: Value) -> Value {
    match value {
        Value::Array(array) => array.get(0, 0).clone(),
        value => value,
    }
}

enum Args<'b> {
    Bound(&'b [Bound]),
    Ready(&'b [Operand]),
}

/// A call of a function that evaluates its arguments on demand. Where an
/// argument that should be a single value is an array, the whole call is
/// mapped: it is made once for each place of the joint shape, and sees the
/// values of that place. Every argument is evaluated at most once.
struct LazyCall<'c, 'a, 'b> {
    interpreter: &'c mut Interpreter<'a>,
    function: &'static Function,
    args: Args<'b>,
    mode: Mode,
    /// The arguments evaluated so far.
    done: Vec<Option<Operand>>,
    /// An array stood where a single value was wanted.
    several: bool,
    /// While the call is mapped: the place, and the joint shape of the
    /// arguments evaluated so far.
    place: Option<(usize, usize)>,
    shape: (usize, usize),
}

impl<'c, 'a, 'b> LazyCall<'c, 'a, 'b> {
    fn new(
        interpreter: &'c mut Interpreter<'a>,
        function: &'static Function,
        args: Args<'b>,
        count: usize,
        mode: Mode,
    ) -> Self {
        Self {
            interpreter,
            function,
            args,
            mode,
            done: vec![None; count],
            several: false,
            place: None,
            shape: (1, 1),
        }
    }

    fn run(mut self, rule: fn(&mut dyn LazyArgs) -> Result<Operand, ErrorKind>) -> Operand {
        let result = rule(&mut self).unwrap_or_else(Operand::error);
        if !self.several {
            return result;
        }
        self.measure_done();
        loop {
            let (rows, cols) = self.shape;
            if joint_shape([self.shape]).is_none() {
                return Operand::error(ErrorKind::Num);
            }
            let mut cells = Vec::with_capacity(rows * cols);
            for row in 0..rows {
                for col in 0..cols {
                    self.place = Some((row, col));
                    let result = rule(&mut self).unwrap_or_else(Operand::error);
                    cells.push(self.interpreter.corner(result));
                }
            }
            // An argument first asked for at some place may have been larger
            // than all before; then there are more places. This can happen
            // once an argument at most.
            if self.shape == (rows, cols) {
                return Operand::Value(Value::array(Array::new(rows, cols, cells)));
            }
        }
    }

    /// The joint shape of what has been evaluated, all of it read.
    fn measure_done(&mut self) {
        for index in 0..self.done.len() {
            if let Some(operand) = self.done[index].take() {
                self.keep_read(index, operand);
            }
        }
    }

    fn keep_read(&mut self, index: usize, operand: Operand) {
        let operand = match operand {
            operand @ (Operand::Lambda(_) | Operand::Omitted) => operand,
            operand => Operand::Value(self.interpreter.read(operand, Mode::Array)),
        };
        if let Operand::Value(value) = &operand {
            let (rows, cols) = shape(value);
            self.shape = (self.shape.0.max(rows), self.shape.1.max(cols));
        }
        self.done[index] = Some(operand);
    }

    fn evaluate(&mut self, index: usize) -> Operand {
        let kind = kind(self.function, index);
        match &self.args {
            Args::Bound(args) => match args.get(index) {
                Some(arg) => self.interpreter.argument(kind, arg, self.mode),
                None => Operand::Omitted,
            },
            Args::Ready(args) => match args.get(index) {
                Some(arg) => self.interpreter.as_kind(kind, arg.clone(), self.mode),
                None => Operand::Omitted,
            },
        }
    }
}

impl LazyArgs for LazyCall<'_, '_, '_> {
    fn len(&self) -> usize {
        self.done.len()
    }

    fn eval(&mut self, index: usize) -> Operand {
        if index >= self.done.len() {
            return Operand::Omitted;
        }
        if let Some((row, col)) = self.place {
            if self.done[index].is_none() {
                let operand = self.evaluate(index);
                self.keep_read(index, operand);
            }
            return match &self.done[index] {
                Some(Operand::Value(value)) => Operand::Value(at(value, row, col)),
                Some(other) => other.clone(),
                None => Operand::Omitted,
            };
        }
        if self.done[index].is_none() {
            let operand = self.evaluate(index);
            self.done[index] = Some(operand);
        }
        match &self.done[index] {
            Some(Operand::Value(Value::Array(array)))
                if kind(self.function, index) == ParamKind::Scalar =>
            {
                self.several = true;
                Operand::Value(array.get(0, 0).clone())
            }
            Some(operand) => operand.clone(),
            None => Operand::Omitted,
        }
    }

    fn context(&mut self) -> &mut dyn Context {
        self.interpreter
    }
}
