//! The dates on which a security pays interest.

use super::super::day_count::{Basis, date, days};
use super::require;
use crate::value::date::Date;
use crate::value::{DateSystem, ErrorKind};

/// Coupon dates at equal numbers of months from one of them, in both
/// directions without end. Where that one ends its month, all do.
pub(super) struct Schedule {
    anchor: Date,
    at_month_end: bool,
    frequency: f64,
    basis: Basis,
    system: DateSystem,
}

impl Schedule {
    /// The dates of a security with a coupon on `anchor`.
    pub fn new(
        anchor: f64,
        frequency: f64,
        basis: Basis,
        system: DateSystem,
    ) -> Result<Self, ErrorKind> {
        let anchor = date(anchor, system)?;
        Ok(Self {
            anchor,
            at_month_end: anchor.day >= system.month_days(anchor.year, anchor.month),
            frequency,
            basis,
            system,
        })
    }

    /// Date `n`; 0 is the anchor.
    pub fn at(&self, n: i64) -> Result<f64, ErrorKind> {
        let months = 12 / self.frequency as i64;
        let month =
            i64::from(self.anchor.year) * 12 + i64::from(self.anchor.month) - 1 + n * months;
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let last = self
            .system
            .month_days(year.clamp(0, 9999) as i32, month as u32);
        let day = if self.at_month_end {
            last
        } else {
            self.anchor.day.min(last)
        };
        let serial = self.system.serial(year, month, i64::from(day));
        serial.map(|day| day as f64).ok_or(ErrorKind::Num)
    }

    /// The last date on or before a day, by its number.
    pub fn before(&self, day: f64) -> Result<i64, ErrorKind> {
        let date = date(day, self.system)?;
        let months = i64::from(date.year - self.anchor.year) * 12 + i64::from(date.month)
            - i64::from(self.anchor.month);
        let n = months.div_euclid(12 / self.frequency as i64);
        Ok(if self.at(n)? > day { n - 1 } else { n })
    }

    /// The days between two days as the basis counts them.
    pub fn days(&self, from: f64, to: f64) -> Result<f64, ErrorKind> {
        days(from, to, self.basis, self.system)
    }

    /// The length of the period that begins at date `n`, in days.
    pub fn length(&self, n: i64) -> Result<f64, ErrorKind> {
        Ok(match self.basis {
            Basis::Actual => self.at(n + 1)? - self.at(n)?,
            Basis::Actual365 => 365.0 / self.frequency,
            Basis::Us30 | Basis::Actual360 | Basis::European30 => 360.0 / self.frequency,
        })
    }

    /// The part of the period that begins at date `n` between two days.
    pub fn part(&self, n: i64, from: f64, to: f64) -> Result<f64, ErrorKind> {
        Ok(self.days(from, to)? / self.length(n)?)
    }
}

/// Where a settlement lies among the coupons up to maturity, date 0.
pub(super) struct Position {
    pub schedule: Schedule,
    pub settlement: f64,
    /// The number of the last coupon on or before the settlement, negative.
    pub last: i64,
}

impl Position {
    pub fn new(
        settlement: f64,
        maturity: f64,
        frequency: f64,
        basis: Basis,
        system: DateSystem,
    ) -> Result<Self, ErrorKind> {
        require(settlement < maturity)?;
        let schedule = Schedule::new(maturity, frequency, basis, system)?;
        let last = schedule.before(settlement)?;
        Ok(Self {
            schedule,
            settlement,
            last,
        })
    }

    /// The coupons that remain, that at maturity included.
    pub fn coupons(&self) -> i64 {
        -self.last
    }

    /// The part of the current period that has passed.
    pub fn passed(&self) -> Result<f64, ErrorKind> {
        let start = self.schedule.at(self.last)?;
        self.schedule.part(self.last, start, self.settlement)
    }
}
