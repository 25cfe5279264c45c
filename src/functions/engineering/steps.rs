//! DELTA and GESTEP: comparisons as 1 and 0.

use super::super::arguments::{Scalars, done};
use super::super::params::{optional, scalar};
use super::super::{Category, Example, Function, ValueRule};
use crate::program::Binary;

pub(in super::super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Engineering,
        "DELTA",
        &[scalar("number1"), optional(scalar("number2"))],
        "1 where two numbers are equal, 0 elsewhere.",
        ValueRule::Scalar(|args, _| {
            done((|| {
                let (a, b) = (args.strict(0)?, args.strict(1)?);
                Ok(f64::from(u8::from(a == b)))
            })())
        }),
    )
    .piecewise_constant(|l, args| {
        let zero = l.builder.scalar(0.0);
        let other = args.get(1).map_or(zero, |arg| arg.node);
        Ok(l.builder.binary(Binary::Equal, args[0].node, other)?)
    })
    .examples(&[Example {
        formula: "DELTA(A1,B1)",
        cells: &[("A1", 1.5), ("B1", 2.5)],
    }]),
    Function::new(
        Category::Engineering,
        "GESTEP",
        &[
            scalar("number"),
            optional(scalar("step").help("the number to reach, 0 if left out")),
        ],
        "1 where a number is at least a step, 0 elsewhere.",
        ValueRule::Scalar(|args, _| {
            done((|| {
                let (x, step) = (args.strict(0)?, args.strict(1)?);
                Ok(f64::from(u8::from(x >= step)))
            })())
        }),
    )
    .piecewise_constant(|l, args| {
        let zero = l.builder.scalar(0.0);
        let step = args.get(1).map_or(zero, |arg| arg.node);
        Ok(l.builder.binary(Binary::LessEqual, step, args[0].node)?)
    })
    .examples(&[Example {
        formula: "GESTEP(A1,B1)",
        cells: &[("A1", 1.5), ("B1", 0.5)],
    }]),
];

#[cfg(test)]
mod tests {
    use super::super::super::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn equality_and_steps_are_numbers() {
        let mut sheet = Sheet::new("TRUE");
        assert_eq!(sheet.number("DELTA(5,5)"), 1.0);
        assert_eq!(sheet.number("DELTA(0.5)"), 0.0);
        assert_eq!(sheet.number("GESTEP(5,4)"), 1.0);
        assert_eq!(sheet.number("GESTEP(-1)"), 0.0);
        assert_eq!(sheet.error("DELTA(A1)"), ErrorKind::Value);
    }
}
