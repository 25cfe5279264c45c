//! ACCRINT: the interest accrued since the issue of a security.

use super::super::Function;
use super::super::arguments::{Scalars, done};
use super::super::params::{optional, scalar};
use super::schedule::Schedule;
use super::{basis, day, entry, frequency, require};
use crate::value::Value;
use crate::value::{DateSystem, ErrorKind};

/// Interest counts in periods. The days of the settlement's period, and of
/// the issue's where it begins within the first, are parts of the length of
/// the period before the first interest; the issue's part of an earlier
/// period is a part of that one's.
///
/// `from_issue` counts the whole periods between the issue and the settlement
/// as one each. Without it, those before the last period that ends with the
/// first interest are left out, and a settlement before that period counts as
/// negative days: so does Excel.
fn periods(
    issue: f64,
    settlement: f64,
    schedule: &Schedule,
    first: f64,
    from_issue: bool,
) -> Result<f64, ErrorKind> {
    const FIRST: i64 = -1;
    let length = schedule.length(FIRST)?;
    // A settlement at the end of a period belongs to it.
    let current = if from_issue && settlement > first {
        schedule.before(settlement - 1.0)?
    } else {
        FIRST
    };
    let current_start = schedule.at(current)?;
    if issue >= current_start {
        return Ok(schedule.days(issue, settlement)? / length);
    }
    let issued = schedule.before(issue)?;
    let (stub, whole_from) = if issue > schedule.at(issued)? {
        let end = schedule.at(issued + 1)?;
        (schedule.part(issued, issue, end)?, issued + 1)
    } else {
        (0.0, issued)
    };
    let whole = if from_issue { current - whole_from } else { 0 };
    Ok(stub + whole as f64 + schedule.days(current_start, settlement)? / length)
}

fn accrued(args: &[Value], system: DateSystem) -> Result<Value, ErrorKind> {
    let (issue, first, settlement) = (day(args, 0)?, day(args, 1)?, day(args, 2)?);
    let (rate, par) = (args.strict(3)?, args.strict(4)?);
    let frequency = frequency(args, 5)?;
    let basis = basis(args, 6)?;
    let from_issue = args.flag_or(7, true)?;
    require(rate > 0.0 && par > 0.0 && issue < settlement)?;
    let schedule = Schedule::new(first, frequency, basis, system)?;
    let periods = periods(issue, settlement, &schedule, first, from_issue)?;
    Ok(Value::number(par * rate / frequency * periods))
}

pub(in super::super) const FUNCTIONS: &[Function] = &[entry(
    "ACCRINT",
    &[
        scalar("issue"),
        scalar("first_interest"),
        scalar("settlement"),
        scalar("rate"),
        scalar("par"),
        scalar("frequency"),
        optional(scalar("basis")),
        optional(scalar("from_issue")),
    ],
    "The accrued interest of a security that pays regularly.",
    |args, context| done(accrued(args, context.date_system())),
)];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn accrued_interest_agrees_with_excel() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            // Microsoft's examples.
            ("ACCRINT(39508,39691,39569,0.1,1000,2,0)", 16.666_666_666_7),
            (
                "ACCRINT(39512,39691,39569,0.1,1000,2,0,FALSE)",
                15.555_555_555_6,
            ),
            // Issued within a period before the first: 26 December 2020, with
            // interest on 1 December 2021.
            (
                "ACCRINT(44191,44531,44256,0.025,5000,2,1)",
                22.494_070_137_512_765,
            ),
            // Settled after the first interest.
            ("ACCRINT(44348,44531,44621,0.025,5000,2,2)", 93.75),
            (
                "ACCRINT(44348,44531,44621,0.025,5000,2,2,FALSE)",
                94.791_666_666_666_66,
            ),
            // Settled a period before the first interest.
            ("ACCRINT(44166,44531,44256,0.075,100,2,0,FALSE)", -1.875),
            // At month ends.
            (
                "ACCRINT(44804,45351,45047,0.075,100,2,0)",
                5.020_833_333_333_334,
            ),
        ] {
            let x = sheet.number(formula);
            assert!(
                (x - expected).abs() <= 1e-11 * expected.abs(),
                "{formula}: {x}"
            );
        }
        assert_eq!(
            sheet.error("ACCRINT(39569,39691,39508,0.1,1000,2,0)"),
            ErrorKind::Num
        );
    }
}
