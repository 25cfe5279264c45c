//! Bonds with regular coupons: PRICE, YIELD, DURATION.

use super::super::arguments::{Scalars, done};
use super::super::params::{optional, scalar};
use super::super::special::solve_increasing;
use super::super::{Context, Function, Param};
use super::schedule::Position;
use super::{basis, day, entry, frequency, require};
use crate::value::{ErrorKind, Value};

/// A payment: its time in coupon periods from settlement, and its amount.
#[derive(Clone, Copy)]
pub(super) struct Payment {
    pub time: f64,
    pub amount: f64,
}

/// The worth of payments at settlement, each divided by `growth` to the power
/// of its time, and its derivative by `growth`.
pub(super) fn present_value(payments: &[Payment], growth: f64) -> (f64, f64) {
    let (mut value, mut slope) = (0.0, 0.0);
    for payment in payments {
        let worth = payment.amount * growth.powf(-payment.time);
        value += worth;
        slope -= worth * payment.time / growth;
    }
    (value, slope)
}

/// The growth in a period at which payments are worth `price`.
pub(super) fn growth_of(payments: &[Payment], price: f64) -> Result<f64, ErrorKind> {
    let growth = solve_increasing(0.0, f64::INFINITY, |growth| {
        let (value, slope) = present_value(payments, growth);
        (price - value, -slope)
    });
    require(growth.is_finite())?;
    Ok(growth)
}

/// A bond at its settlement.
struct Bond {
    payments: Vec<Payment>,
    /// The interest since the last coupon.
    accrued: f64,
    frequency: f64,
}

impl Bond {
    fn new(at: &Position, rate: f64, redemption: f64, frequency: f64) -> Result<Self, ErrorKind> {
        let coupon = 100.0 * rate / frequency;
        let passed = at.passed()?;
        let count = at.coupons();
        let payments = (1..=count).map(|k| Payment {
            time: k as f64 - passed,
            amount: if k == count {
                coupon + redemption
            } else {
                coupon
            },
        });
        Ok(Self {
            payments: payments.collect(),
            accrued: coupon * passed,
            frequency,
        })
    }

    /// In the last period interest is simple.
    fn price(&self, yearly: f64) -> f64 {
        let step = yearly / self.frequency;
        let dirty = match self.payments.as_slice() {
            [last] => last.amount / (1.0 + last.time * step),
            payments => present_value(payments, 1.0 + step).0,
        };
        dirty - self.accrued
    }

    fn yearly(&self, price: f64) -> Result<f64, ErrorKind> {
        let dirty = price + self.accrued;
        let step = match self.payments.as_slice() {
            [last] => (last.amount / dirty - 1.0) / last.time,
            payments => growth_of(payments, dirty)? - 1.0,
        };
        Ok(step * self.frequency)
    }

    /// The mean time of the payments in years, by their worth at a yield.
    fn duration(&self, yearly: f64) -> f64 {
        let growth = 1.0 + yearly / self.frequency;
        let (value, slope) = present_value(&self.payments, growth);
        -slope * growth / value / self.frequency
    }
}

/// The bond of PRICE or YIELD: settlement, maturity, rate, …, redemption,
/// frequency, basis.
fn bond(args: &[Value], context: &dyn Context) -> Result<Bond, ErrorKind> {
    let (rate, redemption) = (args.strict(2)?, args.strict(4)?);
    require(rate >= 0.0 && redemption > 0.0)?;
    let frequency = frequency(args, 5)?;
    let at = Position::new(
        day(args, 0)?,
        day(args, 1)?,
        frequency,
        basis(args, 6)?,
        context.date_system(),
    )?;
    Bond::new(&at, rate, redemption, frequency)
}

/// The duration of DURATION's arguments, and the growth in a period.
fn duration(args: &[Value], context: &dyn Context) -> Result<(f64, f64), ErrorKind> {
    let (coupon, yearly) = (args.strict(2)?, args.strict(3)?);
    require(coupon >= 0.0 && yearly >= 0.0)?;
    let frequency = frequency(args, 4)?;
    let at = Position::new(
        day(args, 0)?,
        day(args, 1)?,
        frequency,
        basis(args, 5)?,
        context.date_system(),
    )?;
    let bond = Bond::new(&at, coupon, 100.0, frequency)?;
    Ok((bond.duration(yearly), 1.0 + yearly / frequency))
}

const DURATION: &[Param] = &[
    scalar("settlement"),
    scalar("maturity"),
    scalar("coupon"),
    scalar("yld"),
    scalar("frequency"),
    optional(scalar("basis")),
];

pub(in super::super) const FUNCTIONS: &[Function] = &[
    entry(
        "DURATION",
        DURATION,
        "The Macaulay duration of a bond, in years.",
        |args, context| done(duration(args, context).map(|(years, _)| Value::number(years))),
    ),
    entry(
        "MDURATION",
        DURATION,
        "The modified duration of a bond: the part of its price lost by one more percent of yield.",
        |args, context| {
            done(duration(args, context).map(|(years, growth)| Value::number(years / growth)))
        },
    ),
    entry(
        "PRICE",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("rate"),
            scalar("yld"),
            scalar("redemption"),
            scalar("frequency"),
            optional(scalar("basis")),
        ],
        "The price of a bond of face value 100 at a yield.",
        |args, context| {
            done((|| {
                let yearly = args.strict(3)?;
                require(yearly >= 0.0)?;
                Ok(Value::number(bond(args, context)?.price(yearly)))
            })())
        },
    ),
    entry(
        "YIELD",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("rate"),
            scalar("pr"),
            scalar("redemption"),
            scalar("frequency"),
            optional(scalar("basis")),
        ],
        "The yield of a bond of face value 100 at a price.",
        |args, context| {
            done((|| {
                let price = args.strict(3)?;
                require(price > 0.0)?;
                Ok(Value::number(bond(args, context)?.yearly(price)?))
            })())
        },
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[track_caller]
    fn close(formula: &str, expected: f64) {
        let x = Sheet::empty().number(formula);
        assert!(
            (x - expected).abs() <= 1e-7 * expected.abs(),
            "{formula}: {x}, not {expected}"
        );
    }

    #[test]
    fn bonds_agree_with_microsofts_examples() {
        close("PRICE(39493,43054,0.0575,0.065,100,2,0)", 94.634_361_621_32);
        close(
            "YIELD(39493,42689,0.0575,95.04287,100,2,0)",
            0.065_000_006_88,
        );
        close("DURATION(43282,54058,0.08,0.09,2,1)", 10.919_145_281_6);
        close("MDURATION(39448,42370,0.08,0.09,2,1)", 5.735_669_813_9);
    }

    #[test]
    fn bonds_agree_with_excel_in_each_basis() {
        // 1 April 2025 to 13 March 2028, once a year.
        close("PRICE(45748,46825,0.2,0.3,15,1,1)", 42.702_006_194_174_814);
        close(
            "PRICE(45748,46825,0.22,0.12,15,1,2)",
            62.736_929_069_290_866,
        );
        close(
            "PRICE(45748,46825,0.05,0.065,15,1,3)",
            25.484_095_435_031_72,
        );
        close(
            "PRICE(45748,46825,0.05,0.065,15,1,4)",
            25.491_038_294_752_32,
        );
    }

    #[test]
    fn the_yield_inverts_the_price() {
        let mut sheet = Sheet::empty();
        for maturity in [46_000.0, 46_825.0, 60_000.0] {
            for yearly in [0.0, 0.03, 0.4] {
                let price = sheet.number(&format!("PRICE(45748,{maturity},0.05,{yearly},100,2,1)"));
                let found = sheet.number(&format!("YIELD(45748,{maturity},0.05,{price},100,2,1)"));
                assert!((found - yearly).abs() < 1e-12, "{found}, not {yearly}");
            }
        }
        // Worth more than all that it pays: a negative yield.
        let x = sheet.number("YIELD(45748,46825,0,110,100,2)");
        assert!(x < 0.0);
        assert_eq!(
            sheet.error("PRICE(45748,46825,-1,0.1,100,2)"),
            ErrorKind::Num
        );
    }
}
