//! Powers, logarithms, division with remainder, and power series.

use super::arguments::{Scalars, analysis, ensure, finite, numeric};
use super::params::{array, scalar};
use super::term::elementwise;
use super::{Category, Context, Example, Function, Operand, Param, ValueRule};
use crate::program::{Binary, Unary};
use crate::value::arith::power;
use crate::value::{ErrorKind, Value};
use std::f64::consts::PI;

const NUMBER: &[Param] = &[scalar("number")];
const DIVISION: &[Param] = &[scalar("number").help("what is divided"), scalar("divisor")];

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Math, name, params, help, value)
}

const fn example(formula: &'static str, cells: &'static [(&'static str, f64)]) -> Example {
    Example { formula, cells }
}

fn logarithm(x: f64, base: f64) -> Result<f64, ErrorKind> {
    ensure(x > 0.0 && base > 0.0, ErrorKind::Num)?;
    ensure(base != 1.0, ErrorKind::Div0)?;
    Ok(if base == 10.0 {
        x.log10()
    } else if base == 2.0 {
        x.log2()
    } else {
        x.ln() / base.ln()
    })
}

fn modulo(n: f64, d: f64) -> Result<f64, ErrorKind> {
    ensure(d != 0.0, ErrorKind::Div0)?;
    Ok(Binary::Mod.apply(n, d))
}

fn series_sum(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let x = args.number(0)?;
    let first = args.number(1)?;
    let step = args.number(2)?;
    let coefficients = match args.get(3) {
        Some(arg) => context.to_array(arg)?,
        None => return Err(ErrorKind::Value),
    };
    let mut sum = 0.0;
    for (i, coefficient) in coefficients.cells().iter().enumerate() {
        let coefficient = match coefficient {
            Value::Number(c) => *c,
            Value::Blank => 0.0,
            Value::Error(kind) => return Err(*kind),
            _ => return Err(ErrorKind::Value),
        };
        let exponent = first + i as f64 * step;
        // SERIESSUM takes 0^0 as 1.
        let power = if exponent == 0.0 {
            1.0
        } else {
            power(x, exponent)?
        };
        sum += coefficient * power;
    }
    finite(sum)
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "ABS",
        NUMBER,
        "The size of a number, without its sign. Its derivative at 0 is 0.",
        numeric!(|x| Ok(x.abs())),
    )
    .kinked(elementwise!(|x| x.abs()))
    .examples(&[example("ABS(A1)", &[("A1", -2.5)])]),
    entry(
        "SIGN",
        NUMBER,
        "1 for a positive number, -1 for a negative one, 0 for 0.",
        numeric!(|x| Ok(if x == 0.0 { 0.0 } else { x.signum() })),
    )
    .piecewise_constant(elementwise!(|x| x.apply(Unary::Sign)))
    .examples(&[example("SIGN(A1)", &[("A1", -2.5)])]),
    entry(
        "SQRT",
        NUMBER,
        "The square root.",
        numeric!(|x| Ok(x.sqrt())),
    )
    .smooth(elementwise!(|x| x.sqrt()))
    .examples(&[example("SQRT(A1)", &[("A1", 2.5)])]),
    entry(
        "SQRTPI",
        NUMBER,
        "The square root of a number times pi.",
        analysis!(|x| Ok((x * PI).sqrt())),
    )
    .smooth(elementwise!(|x| (x * PI).sqrt()))
    .examples(&[example("SQRTPI(A1)", &[("A1", 2.5)])]),
    entry(
        "POWER",
        &[scalar("number").help("the base"), scalar("power")],
        "A number raised to a power.",
        numeric!(|base, exponent| power(base, exponent)),
    )
    .smooth(elementwise!(|base, exponent| base.pow(exponent)))
    .examples(&[
        example("POWER(A1,B1)", &[("A1", 2.5), ("B1", 1.7)]),
        example("POWER(A1,3)", &[("A1", -2.5)]),
    ]),
    entry(
        "EXP",
        NUMBER,
        "e raised to a power.",
        numeric!(|x| Ok(x.exp())),
    )
    .smooth(elementwise!(|x| x.exp()))
    .examples(&[example("EXP(A1)", &[("A1", 0.5)])]),
    entry(
        "LN",
        NUMBER,
        "The natural logarithm.",
        numeric!(|x| {
            ensure(x > 0.0, ErrorKind::Num)?;
            Ok(x.ln())
        }),
    )
    .smooth(elementwise!(|x| x.ln()))
    .examples(&[example("LN(A1)", &[("A1", 2.5)])]),
    entry(
        "LOG",
        &[
            scalar("number").help("a number over 0"),
            super::params::optional(scalar("base")),
        ],
        "The logarithm to a base, 10 where none is given.",
        numeric!(|x, base = 10.0| logarithm(x, base)),
    )
    .smooth(|lowering, args| {
        let x = lowering.term(args, 0, None)?;
        let log = match lowering.written(args, 1) {
            None => x.apply(Unary::Log10),
            Some(_) => x.ln() / lowering.term(args, 1, None)?.ln(),
        };
        lowering.build(log)
    })
    .examples(&[
        example("LOG(A1,B1)", &[("A1", 3.0), ("B1", 2.0)]),
        example("LOG(A1)", &[("A1", 3.0)]),
    ]),
    entry(
        "LOG10",
        NUMBER,
        "The logarithm to the base 10.",
        numeric!(|x| logarithm(x, 10.0)),
    )
    .smooth(elementwise!(|x| x.apply(Unary::Log10)))
    .examples(&[example("LOG10(A1)", &[("A1", 3.0)])]),
    entry(
        "MOD",
        DIVISION,
        "The remainder of a division, with the sign of the divisor.",
        numeric!(|n, d| modulo(n, d)),
    )
    .kinked(elementwise!(|n, d| n.with(Binary::Mod, d)))
    .examples(&[example("MOD(A1,B1)", &[("A1", -7.5), ("B1", 2.3)])]),
    entry(
        "QUOTIENT",
        &[scalar("numerator"), scalar("denominator")],
        "The integer part of a division.",
        analysis!(|n, d| {
            ensure(d != 0.0, ErrorKind::Div0)?;
            Ok((n / d).trunc())
        }),
    )
    .piecewise_constant(elementwise!(|n, d| (n / d).apply(Unary::Trunc)))
    .examples(&[example("QUOTIENT(A1,B1)", &[("A1", -7.5), ("B1", 2.0)])]),
    entry(
        "SERIESSUM",
        &[
            scalar("x").help("the base of the powers"),
            scalar("n"),
            scalar("m"),
            array("coefficients"),
        ],
        "The sum of a power series: the coefficients times x to the powers n, n+m, n+2m and so on.",
        ValueRule::Operands(series_sum),
    )
    .smooth(|lowering, args| {
        let x = lowering.term(args, 0, None)?;
        let first = lowering.fixed_number(args, 1, 0.0, "first power")?;
        let step = lowering.fixed_number(args, 2, 0.0, "step of powers")?;
        let coefficients = lowering.term(args, 3, None)?;
        let shape = {
            let node = lowering.build(coefficients.clone())?;
            lowering.builder.shape(node)
        };
        // The powers in the coefficients' order, row by row; storage is by columns.
        let mut powers = vec![0.0; shape.rows * shape.cols];
        for row in 0..shape.rows {
            for col in 0..shape.cols {
                let index = row * shape.cols + col;
                powers[col * shape.rows + row] = first + index as f64 * step;
            }
        }
        let shape = crate::program::Shape::new(1, shape.rows, shape.cols);
        let powers = crate::program::Tensor::new(shape, powers);
        let powers = lowering.builder.constant(powers);
        let powers = super::term::Term::Node(powers);
        let terms = x.pow(powers.clone()).when(powers, 1.0);
        lowering.build((coefficients * terms).sum())
    })
    .examples(&[example(
        "SERIESSUM(A1,0,2,B1:D1)",
        &[("A1", 0.8), ("B1", 1.0), ("C1", -0.5), ("D1", 0.25)],
    )]),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::program::Binary;
    use crate::value::ErrorKind;
    use crate::value::arith::power;

    #[test]
    fn powers_are_the_same_in_values_and_programs() {
        let bases = [-8.0, -2.5, -1.0, -1e-200, 0.0, 0.3, 1.0, 27.0, 1e200];
        let exponents = [
            -3.0,
            -1.0,
            -0.5,
            0.0,
            0.5,
            1.0,
            2.0,
            7.0,
            0.2,
            -0.2,
            1e16,
            2.0 / 3.0,
        ];
        let roots = [1.0 / 3.0, -1.0 / 3.0, 1.0 / 7.0, 0.333_333];
        for base in bases {
            for exponent in exponents.into_iter().chain(roots) {
                let value = power(base, exponent).unwrap_or(f64::NAN);
                let number = Binary::Pow.apply(base, exponent);
                let same = value == number || value.is_nan() && !number.is_finite();
                assert!(same, "{base}^{exponent}: {value}, not {number}");
            }
        }
    }

    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::new("1,-0.5,0.041666667,-0.001388889");
        for (formula, expected) in [
            ("ABS(-2)", 2.0),
            ("SIGN(-3)", -1.0),
            ("SIGN(0)", 0.0),
            ("SQRTPI(2)", 2.506_628_274_631_000_5),
            ("POWER(5,2)", 25.0),
            ("POWER(-8,0.3333333333333333)", -2.0),
            ("POWER(-2,3)", -8.0),
            ("POWER(4,-0.5)", 0.5),
            ("LOG(8,2)", 3.0),
            ("LOG(86,2.7182818)", 4.454_347_342_888_286),
            ("LOG(1000)", 3.0),
            ("LOG10(1e5)", 5.0),
            ("MOD(3,2)", 1.0),
            ("MOD(-3,2)", 1.0),
            ("MOD(3,-2)", -1.0),
            ("MOD(-3,-2)", -1.0),
            ("MOD(5.5,2)", 1.5),
            ("MOD(1,0.1)", 0.099_999_999_999_999_95),
            ("MOD(5,1e-10)", 9.999_981_783_901_343e-11),
            ("QUOTIENT(-10,3)", -3.0),
            (
                "SERIESSUM(0.785398163397448,0,2,A1:D1)",
                0.707_103_215_026_372,
            ),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= 1e-9 * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
    }

    #[test]
    fn errors_are_excels() {
        let mut sheet = Sheet::empty();
        for (formula, kind) in [
            ("SQRT(-1)", ErrorKind::Num),
            ("SQRTPI(-1)", ErrorKind::Num),
            ("POWER(0,0)", ErrorKind::Num),
            ("POWER(0,-1)", ErrorKind::Div0),
            ("POWER(-2,0.5)", ErrorKind::Num),
            ("POWER(10,400)", ErrorKind::Num),
            ("LN(0)", ErrorKind::Num),
            ("LOG(10,1)", ErrorKind::Div0),
            ("LOG(10,0)", ErrorKind::Num),
            ("LOG(-10)", ErrorKind::Num),
            ("MOD(3,0)", ErrorKind::Div0),
            ("MOD(1e300,3)", ErrorKind::Num),
            ("QUOTIENT(3,0)", ErrorKind::Div0),
            ("QUOTIENT(TRUE,1)", ErrorKind::Value),
            ("EXP(1000)", ErrorKind::Num),
        ] {
            assert_eq!(sheet.error(formula), kind, "{formula}");
        }
    }
}
