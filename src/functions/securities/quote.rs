//! Prices quoted in fractions: `1.02` for 1 and 2/16.

use super::super::arguments::{Scalars, done};
use super::super::params::scalar;
use super::super::{Category, Context, Function, Param, ValueRule};
use super::require;
use crate::value::{ErrorKind, Value};

/// The whole part of a price, the rest, and what turns the digits after the
/// point into parts of the whole: 100/16 for sixteenths.
fn parts(args: &[Value]) -> Result<(f64, f64, f64), ErrorKind> {
    let (price, fraction) = (args.strict(0)?, args.strict(1)?.trunc());
    require(fraction >= 0.0)?;
    if fraction == 0.0 {
        return Err(ErrorKind::Div0);
    }
    let scale = 10_f64.powf(fraction.log10().ceil()) / fraction;
    Ok((price.trunc(), price.fract(), scale))
}

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Value], &mut dyn Context) -> Value,
) -> Function {
    Function::new(
        Category::Financial,
        name,
        params,
        help,
        ValueRule::Scalar(rule),
    )
    .not_differentiable("it splits a number by its digits")
}

pub(in super::super) const FUNCTIONS: &[Function] = &[
    entry(
        "DOLLARDE",
        &[scalar("fractional_dollar"), scalar("fraction")],
        "A price quoted in fractions, as a decimal number.",
        |args, _| done(parts(args).map(|(whole, rest, scale)| Value::number(whole + rest * scale))),
    ),
    entry(
        "DOLLARFR",
        &[scalar("decimal_dollar"), scalar("fraction")],
        "A price as it is quoted in fractions.",
        |args, _| done(parts(args).map(|(whole, rest, scale)| Value::number(whole + rest / scale))),
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn quotes_agree_with_microsofts_examples() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("DOLLARDE(1.02,16)", 1.125),
            ("DOLLARDE(1.1,32)", 1.3125),
            ("DOLLARDE(-1.02,16)", -1.125),
            ("DOLLARFR(1.125,16)", 1.02),
            ("DOLLARFR(1.125,32)", 1.04),
        ] {
            let x = sheet.number(formula);
            assert!((x - expected).abs() < 1e-14, "{formula}: {x}");
        }
        assert_eq!(sheet.error("DOLLARDE(1.02,0.5)"), ErrorKind::Div0);
        assert_eq!(sheet.error("DOLLARFR(1.02,-1)"), ErrorKind::Num);
    }
}
