//! The coupon dates around a settlement: COUPNCD, COUPDAYS, …

use super::super::arguments::done;
use super::super::day_count::Basis;
use super::super::params::{optional, scalar};
use super::super::{Context, Function, Param};
use super::schedule::Position;
use super::{basis, day, entry, frequency};
use crate::value::{ErrorKind, Value};

const PARAMS: &[Param] = &[
    scalar("settlement"),
    scalar("maturity"),
    scalar("frequency"),
    optional(scalar("basis")),
];

fn position(args: &[Value], context: &dyn Context) -> Result<Position, ErrorKind> {
    Position::new(
        day(args, 0)?,
        day(args, 1)?,
        frequency(args, 2)?,
        basis(args, 3)?,
        context.date_system(),
    )
}

/// 30/360 counts the days that remain as those that have not passed.
fn days_to_next(at: &Position, basis: Basis) -> Result<f64, ErrorKind> {
    let (start, end) = (at.schedule.at(at.last)?, at.schedule.at(at.last + 1)?);
    if basis == Basis::Us30 {
        Ok(at.schedule.days(start, end)? - at.schedule.days(start, at.settlement)?)
    } else {
        at.schedule.days(at.settlement, end)
    }
}

macro_rules! coupon {
    ($name:literal, $help:literal, $rule:expr) => {
        entry($name, PARAMS, $help, |args, context| {
            let rule: fn(&Position) -> Result<f64, ErrorKind> = $rule;
            done(position(args, context).and_then(|at| rule(&at)))
        })
    };
}

pub(in super::super) const FUNCTIONS: &[Function] = &[
    coupon!(
        "COUPDAYBS",
        "The days from the last coupon to the settlement.",
        |at| at.schedule.days(at.schedule.at(at.last)?, at.settlement)
    ),
    coupon!(
        "COUPDAYS",
        "The days of the coupon period in which the settlement lies.",
        |at| at.schedule.length(at.last)
    ),
    entry(
        "COUPDAYSNC",
        PARAMS,
        "The days from the settlement to the next coupon.",
        |args, context| {
            done(position(args, context).and_then(|at| days_to_next(&at, basis(args, 3)?)))
        },
    ),
    coupon!(
        "COUPNCD",
        "The date of the next coupon after the settlement.",
        |at| at.schedule.at(at.last + 1)
    ),
    coupon!(
        "COUPNUM",
        "The number of coupons from the settlement to maturity.",
        |at| Ok(at.coupons() as f64)
    ),
    coupon!(
        "COUPPCD",
        "The date of the last coupon on or before the settlement.",
        |at| at.schedule.at(at.last)
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn coupon_dates_agree_with_microsofts_examples() {
        let mut sheet = Sheet::empty();
        // 25 January 2011 and 15 November 2011.
        for (formula, expected) in [
            ("COUPDAYBS(40568,40862,2,1)", 71.0),
            ("COUPDAYS(40568,40862,2,1)", 181.0),
            ("COUPDAYSNC(40568,40862,2,1)", 110.0),
            ("COUPNCD(40568,40862,2,1)", 40_678.0),
            ("COUPPCD(40568,40862,2,1)", 40_497.0),
            ("COUPNUM(39107,39767,2,1)", 4.0),
            ("COUPDAYS(40568,40862,4,3)", 91.25),
            // Maturity on 28 February 2023: all coupons end their months.
            ("COUPPCD(44750,44985,2)", 44_620.0),
            ("COUPNCD(44750,44985,2)", 44_804.0),
            // On a coupon date that is the last one.
            ("COUPPCD(44804,44985,2)", 44_804.0),
        ] {
            assert_eq!(sheet.number(formula), expected, "{formula}");
        }
        for formula in [
            "COUPNUM(40862,40568,2)",
            "COUPNUM(40568,40862,3)",
            "COUPNUM(40568,40862,2,5)",
            "COUPPCD(3,40,1)",
            "COUPNUM(-1,40,1)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
    }
}
