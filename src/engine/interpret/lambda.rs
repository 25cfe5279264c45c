//! LET, LAMBDA and the calls of lambdas.

use super::{Interpreter, Mode};
use crate::engine::bind::{Bound, BoundLambda};
use crate::functions::{Callable, Function, Lambda, Operand};
use crate::value::ErrorKind;
use std::any::Any;
use std::sync::Arc;

/// A LAMBDA with the slots that were in use where it was written.
struct Closure {
    lambda: Arc<BoundLambda>,
    captured: Vec<Operand>,
}

impl Callable for Closure {
    fn arity(&self) -> (usize, usize) {
        (self.lambda.params.len(), self.lambda.optional)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A worksheet function as a value.
struct FunctionValue(&'static Function);

impl Callable for FunctionValue {
    fn arity(&self) -> (usize, usize) {
        let (min, max) = (self.0.min_args(), self.0.max_args());
        (max, max - min)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub(super) fn of_function(function: &'static Function) -> Operand {
    Operand::Lambda(Lambda(Arc::new(FunctionValue(function))))
}

impl Interpreter<'_> {
    pub(super) fn closure(&mut self, lambda: &Arc<BoundLambda>) -> Operand {
        let captured = self.frame.get(..lambda.depth).unwrap_or_default().to_vec();
        Operand::Lambda(Lambda(Arc::new(Closure {
            lambda: lambda.clone(),
            captured,
        })))
    }

    pub(super) fn eval_let(&mut self, values: &[Bound], body: &Bound, mode: Mode) -> Operand {
        let outside = self.frame.len();
        for value in values {
            let operand = self.eval(value, mode);
            self.frame.push(operand);
        }
        let operand = self.eval(body, mode);
        self.frame.truncate(outside);
        operand
    }

    pub(super) fn apply(&mut self, callee: &Bound, args: &[Bound], mode: Mode) -> Operand {
        match self.eval(callee, mode) {
            Operand::Lambda(lambda) => {
                let args: Vec<Operand> = args.iter().map(|arg| self.eval(arg, mode)).collect();
                self.call_lambda(&lambda, args)
            }
            Operand::Value(crate::value::Value::Error(kind)) => Operand::error(kind),
            _ => Operand::error(ErrorKind::Ref),
        }
    }

    /// Calls a lambda; missing optional parameters are `Operand::Omitted`.
    pub(super) fn call_lambda(&mut self, lambda: &Lambda, mut args: Vec<Operand>) -> Operand {
        let callable = lambda.0.as_any();
        if let Some(FunctionValue(function)) = callable.downcast_ref() {
            if !(function.min_args()..=function.max_args()).contains(&args.len()) {
                return Operand::error(ErrorKind::Value);
            }
            return self.call_function(function, args, Mode::Array);
        }
        let Some(Closure { lambda, captured }) = callable.downcast_ref() else {
            return Operand::error(ErrorKind::Calc);
        };
        let params = lambda.params.len();
        if args.len() > params || args.len() + lambda.optional < params {
            return Operand::error(ErrorKind::Value);
        }
        args.resize(params, Operand::Omitted);
        let mut frame = Vec::with_capacity(captured.len() + params);
        frame.extend_from_slice(captured);
        frame.append(&mut args);
        let outside = std::mem::replace(&mut self.frame, frame);
        let operand = self.eval(&lambda.body, Mode::Array);
        self.frame = outside;
        operand
    }
}
