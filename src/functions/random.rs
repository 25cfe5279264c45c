//! Random numbers. A solve freezes them: the lowering takes their values.

use super::arguments::{Scalars, ensure, finite};
use super::matrix::dimensions;
use super::params::{optional, scalar};
use super::{Category, Context, Function, Operand, ValueRule};
use crate::value::{Array, ErrorKind, Value};

/// A whole number from `low` to `high`, both included.
fn whole_between(low: f64, high: f64, context: &mut dyn Context) -> f64 {
    (low + (context.random() * (high - low + 1.0)).floor()).min(high)
}

fn rand_between(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let low = args.number(0)?.ceil();
    let high = args.number(1)?.floor();
    ensure(low <= high, ErrorKind::Num)?;
    finite(whole_between(low, high, context))
}

fn rand_array(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let rows = args.number_or(0, 1.0)?;
    let cols = args.number_or(1, 1.0)?;
    let low = args.number_or(2, 0.0)?;
    let high = args.number_or(3, 1.0)?;
    let whole = args.flag_or(4, false)?;
    let (rows, cols) = dimensions(rows, cols)?;
    ensure(low <= high, ErrorKind::Value)?;
    ensure(
        !whole || low.fract() == 0.0 && high.fract() == 0.0,
        ErrorKind::Value,
    )?;
    let array = Array::from_fn(rows, cols, |_, _| {
        Value::number(if whole {
            whole_between(low, high, context)
        } else {
            low + (high - low) * context.random()
        })
    });
    Ok(Operand::Value(Value::array(array)))
}

const FROZEN: &str = "a random number is taken as it was drawn";

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Math,
        "RAND",
        &[],
        "A random number from 0 up to 1.",
        ValueRule::Scalar(|_, context| context.random().into()),
    )
    .not_differentiable(FROZEN)
    .volatile(),
    Function::new(
        Category::Math,
        "RANDBETWEEN",
        &[scalar("bottom"), scalar("top")],
        "A random whole number between two numbers.",
        ValueRule::Operands(rand_between),
    )
    .not_differentiable(FROZEN)
    .volatile(),
    Function::new(
        Category::Math,
        "RANDARRAY",
        &[
            optional(scalar("rows")),
            optional(scalar("columns")),
            optional(scalar("min")),
            optional(scalar("max")),
            optional(scalar("whole_number")),
        ],
        "An array of random numbers between two numbers.",
        ValueRule::Operands(rand_array),
    )
    .xlfn()
    .returning_array()
    .not_differentiable(FROZEN)
    .volatile(),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn draws_stay_within_their_bounds() {
        let mut sheet = Sheet::empty();
        for _ in 0..100 {
            assert!((0.0..1.0).contains(&sheet.number("RAND()")));
            let x = sheet.number("RANDBETWEEN(-1.5,2.5)");
            assert!([-1.0, 0.0, 1.0, 2.0].contains(&x), "{x}");
        }
        let dice = sheet.numbers("RANDARRAY(10,3,1,6,TRUE)");
        assert_eq!(dice.len(), 30);
        assert!(
            dice.iter()
                .all(|x| x.fract() == 0.0 && (1.0..=6.0).contains(x))
        );
        assert_eq!(sheet.error("RANDBETWEEN(2,1)"), ErrorKind::Num);
        assert_eq!(sheet.error("RANDARRAY(1,1,0.5,2,TRUE)"), ErrorKind::Value);
    }
}
