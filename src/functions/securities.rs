//! Securities: Treasury bills, discount and interest at maturity.

use super::arguments::{Scalars, done};
use super::day_count::{Basis, date, year_fraction};
use super::params::{optional, scalar};
use super::{Category, Context, Function, Param, ValueRule};
use crate::value::{ErrorKind, Value};

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
    .not_differentiable("it counts days")
}

const BILL: &[Param] = &[scalar("settlement"), scalar("maturity"), scalar("discount")];

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "ACCRINTM",
        &[
            scalar("issue"),
            scalar("settlement"),
            scalar("rate"),
            optional(scalar("par")),
            optional(scalar("basis")),
        ],
        "The accrued interest of a security that pays at maturity.",
        |args, ctx| {
            done((|| {
                let (rate, par) = (args.strict_or(2, 0.0)?, args.strict_or(3, 1000.0)?);
                require(rate > 0.0 && par > 0.0)?;
                Ok(par * rate * years(args, ctx)?)
            })())
        },
    ),
    entry(
        "DISC",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("price"),
            scalar("redemption"),
            optional(scalar("basis")),
        ],
        "The discount rate of a security.",
        |args, ctx| {
            done((|| {
                let (price, redemption) = (args.strict_or(2, 0.0)?, args.strict_or(3, 0.0)?);
                require(price > 0.0 && redemption > 0.0)?;
                Ok((redemption - price) / redemption / years(args, ctx)?)
            })())
        },
    ),
    entry(
        "INTRATE",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("investment"),
            scalar("redemption"),
            optional(scalar("basis")),
        ],
        "The interest rate of a fully invested security.",
        |args, ctx| {
            done((|| {
                let (investment, redemption) = (args.strict_or(2, 0.0)?, args.strict_or(3, 0.0)?);
                require(investment > 0.0 && redemption > 0.0)?;
                Ok((redemption - investment) / investment / years(args, ctx)?)
            })())
        },
    ),
    entry(
        "RECEIVED",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("investment"),
            scalar("discount"),
            optional(scalar("basis")),
        ],
        "The amount received at maturity for a fully invested security.",
        |args, ctx| {
            done((|| {
                let (investment, discount) = (args.strict_or(2, 0.0)?, args.strict_or(3, 0.0)?);
                require(investment > 0.0 && discount > 0.0)?;
                let part = 1.0 - discount * years(args, ctx)?;
                require(part > 0.0)?;
                Ok(investment / part)
            })())
        },
    ),
    entry(
        "TBILLEQ",
        BILL,
        "The bond-equivalent yield of a Treasury bill.",
        |args, ctx| {
            done((|| {
                let (days, discount) = (bill_days(args, ctx)?, args.strict_or(2, 0.0)?);
                require(discount > 0.0)?;
                if days <= 182.0 {
                    let rest = 360.0 - discount * days;
                    require(rest != 0.0)?;
                    return Ok(365.0 * discount / rest);
                }
                // More than half a year: the yield compounds once.
                let price = 1.0 - discount * days / 360.0;
                let part = days / if days == 366.0 { 366.0 } else { 365.0 };
                let inner = part * part - (2.0 * part - 1.0) * (1.0 - 1.0 / price);
                require(price > 0.0 && inner >= 0.0)?;
                Ok(2.0 * (inner.sqrt() - part) / (2.0 * part - 1.0))
            })())
        },
    ),
    entry(
        "TBILLPRICE",
        BILL,
        "The price of a Treasury bill of face value 100.",
        |args, ctx| {
            done((|| {
                let (days, discount) = (bill_days(args, ctx)?, args.strict_or(2, 0.0)?);
                let price = 100.0 * (1.0 - discount * days / 360.0);
                require(discount > 0.0 && price > 0.0)?;
                Ok(price)
            })())
        },
    ),
    entry(
        "TBILLYIELD",
        &[scalar("settlement"), scalar("maturity"), scalar("price")],
        "The yield of a Treasury bill.",
        |args, ctx| {
            done((|| {
                let (days, price) = (bill_days(args, ctx)?, args.strict_or(2, 0.0)?);
                require(price > 0.0)?;
                Ok((100.0 - price) / price * 360.0 / days)
            })())
        },
    ),
];

fn require(holds: bool) -> Result<(), ErrorKind> {
    if holds { Ok(()) } else { Err(ErrorKind::Num) }
}

/// The years from argument 0 to argument 1 by the basis of argument 4.
fn years(args: &[Value], ctx: &mut dyn Context) -> Result<f64, ErrorKind> {
    let (start, end) = (
        args.strict_or(0, 0.0)?.trunc(),
        args.strict_or(1, 0.0)?.trunc(),
    );
    let basis = Basis::new(args.strict_or(4, 0.0)?.trunc())?;
    require(start < end)?;
    year_fraction(start, end, basis, ctx.date_system())
}

/// The days of a Treasury bill, which matures within a year.
fn bill_days(args: &[Value], ctx: &dyn Context) -> Result<f64, ErrorKind> {
    let (settlement, maturity) = (
        args.strict_or(0, 0.0)?.trunc(),
        args.strict_or(1, 0.0)?.trunc(),
    );
    let days = maturity - settlement;
    let system = ctx.date_system();
    let from = date(settlement, system)?;
    let next = system.serial(
        i64::from(from.year) + 1,
        i64::from(from.month),
        i64::from(from.day),
    );
    require(days > 0.0 && next.is_some_and(|next| maturity <= next as f64))?;
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn securities_agree_with_microsofts_examples() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("TBILLEQ(39538,39600,0.0914)", 0.094_151_493_565_943_3),
            ("TBILLPRICE(39538,39600,0.09)", 98.45),
            ("TBILLYIELD(39538,39600,98.45)", 0.091_416_962_903_693_6),
            ("ACCRINTM(39539,39614,0.1,1000,3)", 20.547_945_205_479_5),
            ("DISC(43282,54058,97.975,100,1)", 0.000_686_384_169_121_348),
            ("INTRATE(39493,39583,1000000,1014420,2)", 0.057_68),
            (
                "RECEIVED(39493,39583,1000000,0.0575,2)",
                1_014_584.654_407_1,
            ),
        ] {
            let x = sheet.number(formula);
            assert!((x - expected).abs() <= 1e-6 * expected, "{formula}: {x}");
        }
        assert_eq!(sheet.error("TBILLPRICE(39600,39538,0.09)"), ErrorKind::Num);
    }
}
