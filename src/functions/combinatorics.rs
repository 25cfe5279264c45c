//! Factorials, combinations, and common divisors and multiples.

use super::arguments::{analysis, ensure, finite, numeric};
use super::params::{range, repeating, scalar};
use super::{Category, Context, Function, Operand, Param, ValueRule};
use crate::value::{ErrorKind, Value};

const CHOICE: &[Param] = &[
    scalar("number").help("how many there are"),
    scalar("number_chosen"),
];
const NUMBERS: &[Param] = &[range("number1"), repeating(range("number2"))];
/// Past this, integers are not exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Math, name, params, help, value)
        .not_differentiable("it counts in integers")
}

/// `n (n - step) (n - 2 step) … `, down to the last factor above 0.
fn falling(n: f64, step: f64) -> f64 {
    let mut product = 1.0;
    let mut factor = n;
    while factor > 1.0 && f64::is_finite(product) {
        product *= factor;
        factor -= step;
    }
    product
}

pub(super) fn factorial(n: f64) -> Result<f64, ErrorKind> {
    let n = n.trunc();
    ensure((0.0..=170.0).contains(&n), ErrorKind::Num)?;
    Ok(falling(n, 1.0))
}

/// n over k, for integers.
fn binomial(n: f64, k: f64) -> f64 {
    let k = k.min(n - k);
    let mut product = 1.0;
    let mut i = 1.0;
    while i <= k && f64::is_finite(product) {
        // Every quotient on the way is an integer: exact as long as it fits.
        product = product * (n - k + i) / i;
        i += 1.0;
        if i > 2000.0 {
            // Doubles overflow long before unless k is a tiny part of n.
            let rest = super::special::ln_binomial(n, k);
            return rest.exp();
        }
    }
    product.round()
}

/// The integers of the arguments of GCD, LCM and MULTINOMIAL. These accept no
/// booleans and no text but what spells a number; a blank cell by itself is
/// skipped, but counts as 0 in a range; nothing at all is `#VALUE!`.
fn integers(args: &[Operand], context: &mut dyn Context) -> Result<Vec<f64>, ErrorKind> {
    let mut out = Vec::new();
    for arg in args {
        match arg {
            Operand::Reference(areas) => {
                for area in areas {
                    let mut filled = 0;
                    let mut failure = None;
                    context.for_each(*area, &mut |_, value| {
                        filled += 1;
                        match integer(value) {
                            Ok(x) => out.push(x),
                            Err(kind) => failure = failure.or(Some(kind)),
                        }
                    });
                    if let Some(kind) = failure {
                        return Err(kind);
                    }
                    if !area.rect.is_cell() && filled < area.rect.len() {
                        out.push(0.0);
                    }
                }
            }
            Operand::Value(Value::Array(array)) => {
                for value in array.cells() {
                    out.push(integer(value)?);
                }
            }
            Operand::Value(value) => out.push(integer(value)?),
            Operand::Omitted => return Err(ErrorKind::Na),
            Operand::Lambda(_) => return Err(ErrorKind::Calc),
        }
    }
    ensure(!out.is_empty(), ErrorKind::Value)?;
    Ok(out)
}

fn integer(value: &Value) -> Result<f64, ErrorKind> {
    ensure(!matches!(value, Value::Bool(_)), ErrorKind::Value)?;
    let x = value.to_number()?.trunc();
    ensure((0.0..EXACT).contains(&x), ErrorKind::Num)?;
    Ok(x)
}

fn gcd(mut a: f64, mut b: f64) -> f64 {
    while b != 0.0 {
        (a, b) = (b, a % b);
    }
    a
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "FACT",
        &[scalar("number").help("a whole number from 0 on")],
        "The factorial, 1*2*…*number.",
        numeric!(|n| factorial(n)),
    ),
    entry(
        "FACTDOUBLE",
        &[scalar("number")],
        "The double factorial: number times every second integer below it.",
        analysis!(|n| {
            let n = n.trunc();
            ensure((-1.0..=300.0).contains(&n), ErrorKind::Num)?;
            Ok(falling(n, 2.0))
        }),
    ),
    entry(
        "COMBIN",
        CHOICE,
        "The number of ways to choose some of a number of things.",
        numeric!(|n, k| {
            let (n, k) = (n.trunc(), k.trunc());
            ensure(k >= 0.0 && n >= k, ErrorKind::Num)?;
            Ok(binomial(n, k))
        }),
    ),
    entry(
        "COMBINA",
        CHOICE,
        "The number of ways to choose some of a number of things, each as often as wanted.",
        numeric!(|n, k| {
            let (n, k) = (n.trunc(), k.trunc());
            ensure(k >= 0.0 && n >= 0.0, ErrorKind::Num)?;
            if k == 0.0 {
                return Ok(1.0);
            }
            ensure(n > 0.0, ErrorKind::Num)?;
            Ok(binomial(n + k - 1.0, k))
        }),
    )
    .xlfn(),
    entry(
        "PERMUT",
        CHOICE,
        "The number of ordered choices of some of a number of things.",
        numeric!(|n, k| {
            let (n, k) = (n.trunc(), k.trunc());
            ensure(k >= 0.0 && n >= k, ErrorKind::Num)?;
            let mut product = 1.0;
            let mut i = 0.0;
            while i < k && f64::is_finite(product) {
                product *= n - i;
                i += 1.0;
            }
            Ok(product)
        }),
    ),
    entry(
        "PERMUTATIONA",
        CHOICE,
        "The number of ordered choices of some of a number of things, each as often as wanted.",
        numeric!(|n, k| {
            let (n, k) = (n.trunc(), k.trunc());
            ensure(n >= 0.0 && k >= 0.0, ErrorKind::Num)?;
            Ok(n.powf(k))
        }),
    )
    .xlfn(),
    entry(
        "GCD",
        NUMBERS,
        "The greatest integer that divides all the numbers.",
        ValueRule::Operands(|args, context| {
            let numbers = integers(args, context)?;
            finite(numbers.into_iter().fold(0.0, gcd))
        }),
    ),
    entry(
        "LCM",
        NUMBERS,
        "The least integer that all the numbers divide.",
        ValueRule::Operands(|args, context| {
            let mut multiple = 1.0;
            for x in integers(args, context)? {
                if x == 0.0 {
                    return finite(0.0);
                }
                multiple *= x / gcd(multiple, x);
                ensure(multiple < EXACT, ErrorKind::Num)?;
            }
            finite(multiple)
        }),
    ),
    entry(
        "MULTINOMIAL",
        NUMBERS,
        "The factorial of the sum of the numbers over the product of their factorials.",
        ValueRule::Operands(|args, context| {
            let mut sum = 0.0;
            let mut product = 1.0;
            for x in integers(args, context)? {
                sum += x;
                product *= binomial(sum, x);
            }
            finite(product)
        }),
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::new("5,2;24,36");
        for (formula, expected) in [
            ("FACT(5)", 120.0),
            ("FACT(1.9)", 1.0),
            ("FACT(0)", 1.0),
            ("FACT(170)", 7.257_415_615_307_994e306),
            ("FACTDOUBLE(6)", 48.0),
            ("FACTDOUBLE(7)", 105.0),
            ("FACTDOUBLE(-1)", 1.0),
            ("COMBIN(8,2)", 28.0),
            ("COMBIN(40,20)", 137_846_528_820.0),
            ("COMBIN(10,0)", 1.0),
            ("COMBIN(1000000,2)", 499_999_500_000.0),
            ("COMBINA(4,3)", 20.0),
            ("COMBINA(0,0)", 1.0),
            ("PERMUT(100,3)", 970_200.0),
            ("PERMUTATIONA(3,2)", 9.0),
            ("PERMUTATIONA(0,0)", 1.0),
            ("GCD(A1:B2)", 1.0),
            ("GCD(A2:B2)", 12.0),
            ("GCD(7,0)", 7.0),
            ("LCM(A1:B2)", 360.0),
            ("LCM(24.9,36)", 72.0),
            ("MULTINOMIAL(2,3,4)", 1260.0),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= 1e-14 * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
    }

    #[test]
    fn errors_are_excels() {
        let mut sheet = Sheet::empty();
        for formula in [
            "FACT(-1)",
            "FACT(171)",
            "FACTDOUBLE(-2)",
            "FACTDOUBLE(301)",
            "COMBIN(2,3)",
            "COMBIN(-1,0)",
            "COMBINA(0,1)",
            "PERMUT(2,3)",
            "GCD(-1,2)",
            "LCM(9007199254740992)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
        assert_eq!(sheet.error("GCD(TRUE,2)"), ErrorKind::Value);
        assert_eq!(sheet.error("GCD(,2)"), ErrorKind::Na);
        assert_eq!(sheet.error("LCM(A1,B1)"), ErrorKind::Value);
        assert_eq!(sheet.number("LCM(A1,5)"), 5.0);
        sheet.set("B1", 5.0);
        assert_eq!(sheet.number("LCM(A1:B1)"), 0.0);
    }
}
