//! Day counts: how many days, and what part of a year, lie between two dates.
//!
//! The bases are Excel's: 0 US (NASD) 30/360, 1 actual/actual, 2 actual/360,
//! 3 actual/365, 4 European 30/360.

use crate::value::date::{Date, is_leap};
use crate::value::{DateSystem, ErrorKind};

/// How YEARFRAC and the bond functions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    Us30,
    Actual,
    Actual360,
    Actual365,
    European30,
}

impl Basis {
    pub fn new(basis: f64) -> Result<Self, ErrorKind> {
        match basis {
            0.0 => Ok(Self::Us30),
            1.0 => Ok(Self::Actual),
            2.0 => Ok(Self::Actual360),
            3.0 => Ok(Self::Actual365),
            4.0 => Ok(Self::European30),
            _ => Err(ErrorKind::Num),
        }
    }
}

/// The day of a serial number; `#NUM!` out of range.
pub(super) fn date(serial: f64, system: DateSystem) -> Result<Date, ErrorKind> {
    system.date(serial).ok_or(ErrorKind::Num)
}

/// The days from one serial number to another, negative where they come in
/// the other order.
pub(super) fn days(
    start: f64,
    end: f64,
    basis: Basis,
    system: DateSystem,
) -> Result<f64, ErrorKind> {
    let (from, to) = (date(start, system)?, date(end, system)?);
    Ok(match basis {
        Basis::Us30 => days_30_us(from, to, true),
        Basis::European30 => days_30_european(from, to),
        Basis::Actual | Basis::Actual360 | Basis::Actual365 => end - start,
    })
}

/// The days of a year: in actual/actual, of the years between two serial numbers.
pub(super) fn year_length(
    start: f64,
    end: f64,
    basis: Basis,
    system: DateSystem,
) -> Result<f64, ErrorKind> {
    Ok(match basis {
        Basis::Us30 | Basis::Actual360 | Basis::European30 => 360.0,
        Basis::Actual365 => 365.0,
        Basis::Actual => actual_year(date(start, system)?, date(end, system)?),
    })
}

/// The part of a year from one serial number to another, which may come in
/// either order.
pub(super) fn year_fraction(
    start: f64,
    end: f64,
    basis: Basis,
    system: DateSystem,
) -> Result<f64, ErrorKind> {
    let (start, end) = (
        start.floor().min(end.floor()),
        start.floor().max(end.floor()),
    );
    Ok(days(start, end, basis, system)? / year_length(start, end, basis, system)?)
}

/// The length of the year in actual/actual: 366 where less than a year holds
/// a 29 February or lies in a leap year, the mean of the years it touches
/// where it is longer.
fn actual_year(from: Date, to: Date) -> f64 {
    let within_a_year = to.year == from.year
        || (to.year == from.year + 1 && (to.month, to.day) <= (from.month, from.day));
    if !within_a_year {
        let years = to.year - from.year + 1;
        let leaps = (from.year..=to.year).filter(|&year| is_leap(year)).count();
        return 365.0 + leaps as f64 / f64::from(years);
    }
    let leap_day_inside = if to.year == from.year {
        is_leap(from.year)
    } else {
        is_leap(from.year) && (from.month, from.day) <= (2, 29)
            || is_leap(to.year) && (to.month, to.day) >= (2, 29)
    };
    if leap_day_inside { 366.0 } else { 365.0 }
}

fn days_30(from: Date, from_day: u32, to: Date, to_day: u32) -> f64 {
    f64::from(to.year - from.year) * 360.0
        + (f64::from(to.month) - f64::from(from.month)) * 30.0
        + f64::from(to_day)
        - f64::from(from_day)
}

fn is_last_of_february(date: Date) -> bool {
    date.month == 2 && date.day >= if is_leap(date.year) { 29 } else { 28 }
}

/// Days of the US 30/360 count. DAYS360 leaves an end in February as it is;
/// YEARFRAC and the bond functions (`both_februaries`) count the last day of
/// February as the 30th at the end as well, where it is one at the start.
pub(super) fn days_30_us(from: Date, to: Date, both_februaries: bool) -> f64 {
    let (mut first, mut last) = (from.day, to.day);
    if both_februaries && is_last_of_february(from) && is_last_of_february(to) {
        last = 30;
    }
    if is_last_of_february(from) {
        first = 30;
    }
    if last == 31 && first >= 30 {
        last = 30;
    }
    days_30(from, first.min(30), to, last)
}

pub(super) fn days_30_european(from: Date, to: Date) -> f64 {
    days_30(from, from.day.min(30), to, to.day.min(30))
}
