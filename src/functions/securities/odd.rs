//! Bonds whose first or last period is odd, longer or shorter than the
//! others: ODDFPRICE, ODDFYIELD, ODDLPRICE, ODDLYIELD.

use super::super::arguments::{Scalars, done};
use super::super::day_count::Basis;
use super::super::params::{optional, scalar};
use super::super::{Context, Function};
use super::bond::{Payment, growth_of, present_value};
use super::schedule::Schedule;
use super::{basis, day, entry, frequency, require};
use crate::value::{ErrorKind, Value};

/// A bond with an odd first period, at its settlement.
struct OddFirst {
    payments: Vec<Payment>,
    accrued: f64,
    frequency: f64,
}

impl OddFirst {
    /// From settlement, maturity, issue, first coupon, rate, …, redemption,
    /// frequency, basis.
    fn new(args: &[Value], context: &dyn Context) -> Result<Self, ErrorKind> {
        let (settlement, maturity) = (day(args, 0)?, day(args, 1)?);
        let (issue, first) = (day(args, 2)?, day(args, 3)?);
        let (rate, redemption) = (args.strict(4)?, args.strict(6)?);
        let frequency = frequency(args, 7)?;
        let basis = basis(args, 8)?;
        require(rate >= 0.0 && redemption > 0.0)?;
        require(issue < settlement && settlement < first && first < maturity)?;
        let schedule = Schedule::new(first, frequency, basis, context.date_system())?;

        // The odd period in regular ones: those that lie in it whole count as
        // one each.
        let issued = schedule.before(issue)?;
        let current = schedule.before(settlement)?;
        let (mut odd, mut passed) = (0.0, 0.0);
        for n in issued..0 {
            let (start, end) = (schedule.at(n)?, schedule.at(n + 1)?);
            let part = if issue <= start {
                1.0
            } else {
                schedule.part(n, issue, end)?
            };
            odd += part;
            if n < current {
                passed += part;
            } else if n == current {
                passed += schedule.part(n, start.max(issue), settlement)?;
            }
        }
        let end = schedule.at(current + 1)?;
        let to_first = schedule.part(current, settlement, end)? - (current + 1) as f64;

        let coupon = 100.0 * rate / frequency;
        let mut payments = vec![Payment {
            time: to_first,
            amount: coupon * odd,
        }];
        let mut n = 0;
        while schedule.at(n)? < maturity {
            n += 1;
            payments.push(Payment {
                time: to_first + n as f64,
                amount: coupon,
            });
        }
        if let Some(last) = payments.last_mut() {
            last.amount += redemption;
        }
        Ok(Self {
            payments,
            accrued: coupon * passed,
            frequency,
        })
    }

    fn price(&self, yearly: f64) -> f64 {
        present_value(&self.payments, 1.0 + yearly / self.frequency).0 - self.accrued
    }

    fn yearly(&self, price: f64) -> Result<f64, ErrorKind> {
        let growth = growth_of(&self.payments, price + self.accrued)?;
        Ok((growth - 1.0) * self.frequency)
    }
}

/// A bond in its odd last period: interest is simple.
struct OddLast {
    /// Redemption and last interest.
    payment: f64,
    accrued: f64,
    /// The periods from settlement to maturity.
    remaining: f64,
    frequency: f64,
}

impl OddLast {
    /// From settlement, maturity, last interest, rate, …, redemption,
    /// frequency, basis.
    fn new(args: &[Value], context: &dyn Context) -> Result<Self, ErrorKind> {
        let (settlement, maturity, last) = (day(args, 0)?, day(args, 1)?, day(args, 2)?);
        let (rate, redemption) = (args.strict(3)?, args.strict(5)?);
        let frequency = frequency(args, 6)?;
        // Excel measures all but 30/360 by the actual lengths of the periods.
        let basis = match basis(args, 7)? {
            Basis::Actual360 | Basis::Actual365 => Basis::Actual,
            other => other,
        };
        require(rate >= 0.0 && redemption > 0.0)?;
        require(last < settlement && settlement < maturity)?;
        let schedule = Schedule::new(last, frequency, basis, context.date_system())?;

        let (mut total, mut passed, mut remaining) = (0.0, 0.0, 0.0);
        for n in 0..=schedule.before(maturity - 1.0)? {
            let (start, end) = (schedule.at(n)?, schedule.at(n + 1)?.min(maturity));
            let now = settlement.clamp(start, end);
            total += schedule.part(n, start, end)?;
            passed += schedule.part(n, start, now)?;
            remaining += schedule.part(n, now, end)?;
        }
        let coupon = 100.0 * rate / frequency;
        Ok(Self {
            payment: redemption + coupon * total,
            accrued: coupon * passed,
            remaining,
            frequency,
        })
    }

    fn price(&self, yearly: f64) -> f64 {
        self.payment / (1.0 + self.remaining * yearly / self.frequency) - self.accrued
    }

    fn yearly(&self, price: f64) -> f64 {
        (self.payment / (price + self.accrued) - 1.0) * self.frequency / self.remaining
    }
}

pub(in super::super) const FUNCTIONS: &[Function] = &[
    entry(
        "ODDFPRICE",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("issue"),
            scalar("first_coupon"),
            scalar("rate"),
            scalar("yld"),
            scalar("redemption"),
            scalar("frequency"),
            optional(scalar("basis")),
        ],
        "The price of a bond with an odd first period at a yield.",
        |args, context| {
            done((|| {
                let yearly = args.strict(5)?;
                require(yearly >= 0.0)?;
                Ok(Value::number(OddFirst::new(args, context)?.price(yearly)))
            })())
        },
    ),
    entry(
        "ODDFYIELD",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("issue"),
            scalar("first_coupon"),
            scalar("rate"),
            scalar("pr"),
            scalar("redemption"),
            scalar("frequency"),
            optional(scalar("basis")),
        ],
        "The yield of a bond with an odd first period at a price.",
        |args, context| {
            done((|| {
                let price = args.strict(5)?;
                require(price > 0.0)?;
                let bond = OddFirst::new(args, context)?;
                Ok(Value::number(bond.yearly(price)?))
            })())
        },
    ),
    entry(
        "ODDLPRICE",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("last_interest"),
            scalar("rate"),
            scalar("yld"),
            scalar("redemption"),
            scalar("frequency"),
            optional(scalar("basis")),
        ],
        "The price of a bond with an odd last period at a yield.",
        |args, context| {
            done((|| {
                let yearly = args.strict(4)?;
                require(yearly >= 0.0)?;
                Ok(Value::number(OddLast::new(args, context)?.price(yearly)))
            })())
        },
    ),
    entry(
        "ODDLYIELD",
        &[
            scalar("settlement"),
            scalar("maturity"),
            scalar("last_interest"),
            scalar("rate"),
            scalar("pr"),
            scalar("redemption"),
            scalar("frequency"),
            optional(scalar("basis")),
        ],
        "The yield of a bond with an odd last period at a price.",
        |args, context| {
            done((|| {
                let price = args.strict(4)?;
                require(price > 0.0)?;
                Ok(Value::number(OddLast::new(args, context)?.yearly(price)))
            })())
        },
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[track_caller]
    fn close(formula: &str, expected: f64, tolerance: f64) {
        let x = Sheet::empty().number(formula);
        assert!(
            (x - expected).abs() <= tolerance * expected.abs(),
            "{formula}: {x}, not {expected}"
        );
    }

    #[test]
    fn odd_periods_agree_with_microsofts_examples() {
        close(
            "ODDFPRICE(39763,44256,39736,39873,0.0785,0.0625,100,2,1)",
            113.597_717_474_079,
            1e-12,
        );
        close(
            "ODDFYIELD(39763,44256,39736,39873,0.0575,84.5,100,2,0)",
            0.077_245_541_59,
            1e-9,
        );
        close(
            "ODDLPRICE(39485,39614,39370,0.0375,0.0405,100,2,0)",
            99.878_286_014_720_8,
            1e-12,
        );
        close(
            "ODDLYIELD(39558,39614,39440,0.0375,99.875,100,2,0)",
            0.045_192_235_6,
            1e-9,
        );
    }

    #[test]
    fn odd_periods_of_more_than_a_year_agree_with_excel() {
        // Settled on 17 March 2020, matures on 1 March 2030, issued on
        // 15 January 2020, with the first coupon on 1 March 2021.
        for (formula, expected) in [
            (
                "ODDFPRICE(43907,47543,43845,44256,0.075,0.067,120,2,2)",
                115.855_033_925_089_34,
            ),
            (
                "ODDFPRICE(43907,47543,43845,44256,0.08,0.06,120,1,3)",
                125.804_709_336_967_85,
            ),
            (
                "ODDFPRICE(43907,47543,43845,44256,0.075,0.05,120,2,1)",
                131.515_699_490_166_75,
            ),
            (
                "ODDLPRICE(43891,47543,43845,0.075,0.06,120,2,1)",
                121.519_378_113_344_47,
            ),
            (
                "ODDLPRICE(43891,47543,43845,0.08,0.0711,120,1,3)",
                116.473_383_821_283_87,
            ),
        ] {
            close(formula, expected, 1e-12);
        }
    }

    #[test]
    fn dates_out_of_order_are_refused() {
        let mut sheet = Sheet::empty();
        for formula in [
            "ODDFPRICE(43907,47543,43910,44256,0.075,0.067,120,2)",
            "ODDFPRICE(44300,47543,43845,44256,0.075,0.067,120,2)",
            "ODDLPRICE(43891,43000,43845,0.075,0.06,120,2)",
            "ODDLYIELD(43891,47543,43845,0.075,0,120,2)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
    }
}
