//! Depreciation that depends on the periods before: DB, VDB, AMORLINC, AMORDEGRC.

use super::arguments::{Scalars, done, require};
use super::day_count::{Basis, year_fraction};
use super::params::{optional, scalar};
use super::{Category, Context, Function, Param, ValueRule};
use crate::value::{ErrorKind, Value};

/// The longest life in periods.
const LONGEST: f64 = 1e6;

fn fixed_declining(args: &[Value]) -> Result<f64, ErrorKind> {
    let [cost, salvage, life, period] = [
        args.number(0)?,
        args.number(1)?,
        args.whole(2)?,
        args.whole(3)?,
    ];
    let month = args.whole_or(4, 12.0)?;
    let last = if month < 12.0 { life + 1.0 } else { life };
    require(
        cost >= 0.0
            && salvage >= 0.0
            && life > 0.0
            && life <= LONGEST
            && period >= 1.0
            && period <= last
            && (1.0..=12.0).contains(&month),
    )?;
    if cost == 0.0 {
        return Ok(0.0);
    }
    let rate = 1.0 - (salvage / cost).powf(1.0 / life);
    let rate = (rate * 1000.0).round() / 1000.0;
    let first = cost * rate * month / 12.0;
    let mut total = first;
    let mut loss = first;
    for at in 2..=period as i64 {
        loss = (cost - total) * rate;
        if at as f64 == life + 1.0 {
            loss *= (12.0 - month) / 12.0;
        }
        total += loss;
    }
    Ok(loss)
}

/// The depreciation from one time to another, by the declining balance and,
/// if `switch`, by equal parts of what is left from where these are larger.
fn variable_declining(args: &[Value]) -> Result<f64, ErrorKind> {
    let [cost, salvage, life, start, end] = [
        args.number(0)?,
        args.number(1)?,
        args.number(2)?,
        args.number(3)?,
        args.number(4)?,
    ];
    let factor = args.number_or(5, 2.0)?;
    let switch = !args.flag_or(6, false)?;
    require(
        cost >= 0.0
            && salvage >= 0.0
            && life > 0.0
            && life <= LONGEST
            && (0.0..=end).contains(&start)
            && end <= life
            && factor > 0.0,
    )?;
    let rate = (factor / life).min(1.0);
    let (mut book, mut total) = (cost, 0.0);
    for period in 0..end.ceil() as u32 {
        let period = f64::from(period);
        let left = (book - salvage).max(0.0);
        let declining = (book * rate).min(left);
        let straight = left / (life - period);
        let loss = if switch {
            declining.max(straight)
        } else {
            declining
        };
        let part = end.min(period + 1.0) - start.max(period);
        total += loss * part.max(0.0);
        book -= loss;
    }
    Ok(total)
}

/// The arguments of the French functions: cost, salvage, period, rate, and
/// the part of a year from purchase to the end of the first period.
struct French {
    cost: f64,
    salvage: f64,
    period: f64,
    rate: f64,
    first_year: f64,
}

impl French {
    fn new(args: &[Value], context: &dyn Context) -> Result<Self, ErrorKind> {
        let day = |index| args.strict(index).map(f64::trunc);
        let (cost, purchased, first_end) = (args.strict(0)?, day(1)?, day(2)?);
        let (salvage, period, rate) = (args.strict(3)?, day(4)?, args.strict(5)?);
        let basis = Basis::new(day(6)?)?;
        require(
            cost > 0.0
                && (0.0..=cost).contains(&salvage)
                && period >= 0.0
                && rate > 0.0
                && purchased <= first_end
                && basis != Basis::Actual360,
        )?;
        let first_year = year_fraction(purchased, first_end, basis, context.date_system())?;
        Ok(Self {
            cost,
            salvage,
            period,
            rate,
            first_year,
        })
    }

    /// Equal parts of the cost, the first by its part of a year, the last what is left.
    fn linear(&self) -> f64 {
        let yearly = self.cost * self.rate;
        let first = yearly * self.first_year;
        if self.period == 0.0 {
            return first.min(self.cost - self.salvage);
        }
        let left = self.cost - self.salvage - first - yearly * (self.period - 1.0);
        left.clamp(0.0, yearly)
    }

    /// Parts of the book value, in whole currency units; by the law the rate
    /// grows with the life of the asset, and the last two periods halve what
    /// is left.
    fn degressive(&self) -> Result<f64, ErrorKind> {
        const MOST_YEARS: f64 = 1e3;
        let life = 1.0 / self.rate;
        require(life <= MOST_YEARS)?;
        let coefficient = match life {
            ..3.0 => 1.0,
            ..5.0 => 1.5,
            ..=6.0 => 2.0,
            _ => 2.5,
        };
        let rate = self.rate * coefficient;
        let mut loss = (self.cost * rate * self.first_year).round();
        let mut book = self.cost - loss;
        let mut left = book - self.salvage;
        let mut period = 0.0;
        while period < self.period {
            period += 1.0;
            loss = (book * rate).round();
            left -= loss;
            if left < 0.0 {
                // The period in which the value runs out and the next take a
                // half each; there is nothing after them.
                return Ok(if self.period - period <= 1.0 {
                    (book * 0.5).round()
                } else {
                    0.0
                });
            }
            if loss == 0.0 {
                return Ok(0.0);
            }
            book -= loss;
        }
        Ok(loss)
    }
}

const FRENCH: &[Param] = &[
    scalar("cost"),
    scalar("date_purchased"),
    scalar("first_period"),
    scalar("salvage"),
    scalar("period"),
    scalar("rate"),
    optional(scalar("basis")),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Financial,
        "AMORDEGRC",
        FRENCH,
        "The depreciation of an asset in a period by the French degressive method.",
        ValueRule::Scalar(|args, context| {
            done(French::new(args, context).and_then(|asset| asset.degressive()))
        }),
    )
    .not_differentiable("it rounds to whole amounts"),
    Function::new(
        Category::Financial,
        "AMORLINC",
        FRENCH,
        "The depreciation of an asset in a period by the French linear method.",
        ValueRule::Scalar(|args, context| {
            done(French::new(args, context).map(|asset| Value::number(asset.linear())))
        }),
    )
    .not_differentiable("it counts days"),
    Function::new(
        Category::Financial,
        "DB",
        &[
            scalar("cost"),
            scalar("salvage"),
            scalar("life"),
            scalar("period"),
            optional(scalar("month").help("the months of the first year, 12 if left out")),
        ],
        "The depreciation of an asset in a period by the fixed-declining balance method.",
        ValueRule::Scalar(|args, _| done(fixed_declining(args))),
    )
    .not_differentiable("it rounds its rate to three decimals"),
    Function::new(
        Category::Financial,
        "VDB",
        &[
            scalar("cost"),
            scalar("salvage"),
            scalar("life"),
            scalar("start_period"),
            scalar("end_period"),
            optional(scalar("factor")),
            optional(scalar("no_switch")),
        ],
        "The depreciation of an asset over some periods by the declining balance, then by equal parts.",
        ValueRule::Scalar(|args, _| done(variable_declining(args).map(Value::number))),
    )
    .not_differentiable("its derivative is not known to the program"),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[track_caller]
    fn close(formula: &str, expected: f64) {
        let x = Sheet::empty().number(formula);
        assert!(
            (x - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{formula}: {x}, not {expected}"
        );
    }

    #[test]
    fn depreciation_agrees_with_microsofts_examples() {
        close("DB(1000000,100000,6,1,7)", 186_083.333_333_333);
        close("DB(1000000,100000,6,7,7)", 15_845.098_473_848);
        close("VDB(2400,300,3650,0,1)", 1.315_068_493_150_68);
        close("VDB(2400,300,120,0,1)", 40.0);
        close("VDB(2400,300,10,0,1)", 480.0);
        close("VDB(2400,300,120,6,18)", 396.306_053_264_751);
        close("VDB(2400,300,120,6,18,1.5)", 311.808_936_658_234);
        close("VDB(2400,300,10,0,0.875,1.5)", 315.0);
        close("AMORLINC(2400,39679,39813,300,1,0.15,1)", 360.0);
        close("AMORDEGRC(2400,39679,39813,300,1,0.15,1)", 776.0);
    }

    #[test]
    fn all_periods_make_up_the_loss_of_value() {
        let mut sheet = Sheet::empty();
        close("VDB(2400,300,10,0,10)", 2100.0);
        // Without the switch the declining balance alone does not get there.
        close(
            "VDB(2400,300,5,0,5,1,TRUE)",
            2400.0 * (1.0 - 0.8_f64.powi(5)),
        );
        let total: f64 = (0..10)
            .map(|period| sheet.number(&format!("AMORLINC(2400,39679,39813,300,{period},0.15,1)")))
            .sum();
        assert!((total - 2100.0).abs() < 1e-9, "{total}");
        assert_eq!(
            sheet.number("AMORDEGRC(2400,39679,39813,300,1000000,0.15)"),
            0.0
        );
        for formula in [
            "VDB(2400,300,10,0,11)",
            "VDB(2400,300,10,5,4)",
            "VDB(2400,300,1000000000,0,1)",
            "AMORLINC(2400,39679,39813,300,1,0.15,2)",
            "AMORDEGRC(2400,39813,39679,300,1,0.15)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
    }
}
