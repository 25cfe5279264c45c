//! Dates as serial numbers.
//!
//! A date is a whole number of days since the workbook's day 0 and a time the
//! fraction of a day. The 1900 system keeps the error of Lotus 1-2-3: it
//! counts a 29 February 1900 that never was (serial 60), so that the serials
//! of January and February 1900 are one less than the days since 30 December
//! 1899, and every later one is equal to them. The weekdays before March 1900
//! are wrong in the same way, as they are in Excel.

/// Which day is day 0 of a workbook's dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateSystem {
    /// 1 is 1 January 1900; 60 is the 29 February 1900 that never was.
    #[default]
    Since1900,
    /// 0 is 1 January 1904.
    Since1904,
}

/// A day of the calendar as spreadsheets see it. Two days exist here only:
/// 0 January 1900 (serial 0) and 29 February 1900 (serial 60).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// A time of day to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
}

/// Seconds in a day.
pub const DAY_SECONDS: f64 = 86_400.0;

/// Days from 30 December 1899 to 1 January 1904.
const DAYS_TO_1904: i64 = 1462;

impl DateSystem {
    /// The serial number after the last: 1 January 10000.
    pub fn end(self) -> i64 {
        match self {
            Self::Since1900 => 2_958_466,
            Self::Since1904 => 2_958_466 - DAYS_TO_1904,
        }
    }

    /// The serial number of the first day of a month, where it lies in the
    /// years this system has. `month` counts from 1 and may leave the year: 13
    /// is January of the next.
    fn month_start(self, year: i64, month: i64) -> Option<i64> {
        let months = year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        if !(1900..=9999).contains(&year) {
            return None;
        }
        let days = days_from_civil(year, month) - days_from_civil(1899, 12) - 29;
        Some(match self {
            Self::Since1900 if days < 61 => days - 1,
            Self::Since1900 => days,
            Self::Since1904 => days - DAYS_TO_1904,
        })
    }

    /// The serial number of a year, month and day, each of which may leave
    /// its range (month 14, day 0), as DATE counts; `None` outside of the
    /// years up to 9999 or before day 0.
    pub fn serial(self, year: i64, month: i64, day: i64) -> Option<i64> {
        let serial = self
            .month_start(year, month)?
            .checked_add(day.checked_sub(1)?)?;
        (0..self.end()).contains(&serial).then_some(serial)
    }

    /// The serial number of a day that the calendar has.
    pub fn serial_of(self, date: Date) -> Option<i64> {
        (1..=12).contains(&date.month).then_some(())?;
        (1..=self.month_days(date.year, date.month))
            .contains(&date.day)
            .then_some(())?;
        self.serial(
            i64::from(date.year),
            i64::from(date.month),
            i64::from(date.day),
        )
    }

    /// The days of a month: February 1900 has 29 in the 1900 system.
    pub fn month_days(self, year: i32, month: u32) -> u32 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap(year) || (year == 1900 && self == Self::Since1900) => 29,
            2 => 28,
            _ => 31,
        }
    }

    /// The day of a serial number, its time of day dropped; `None` before day
    /// 0 and after the year 9999.
    pub fn date(self, serial: f64) -> Option<Date> {
        let day = serial.floor();
        if !(0.0..self.end() as f64).contains(&day) {
            return None;
        }
        let day = day as i64;
        Some(match (self, day) {
            (Self::Since1900, 0) => Date {
                year: 1900,
                month: 1,
                day: 0,
            },
            (Self::Since1900, 60) => Date {
                year: 1900,
                month: 2,
                day: 29,
            },
            (Self::Since1900, ..60) => civil_from_days(day + 1),
            (Self::Since1900, _) => civil_from_days(day),
            (Self::Since1904, _) => civil_from_days(day + DAYS_TO_1904),
        })
    }

    /// The day of the week, 0 for Sunday.
    pub fn weekday(self, serial: i64) -> u32 {
        let shift = match self {
            Self::Since1900 => -1,
            Self::Since1904 => DAYS_TO_1904 - 1,
        };
        (serial + shift).rem_euclid(7) as u32
    }
}

/// The time of day of a serial number, rounded to the second; a time that
/// rounds to midnight is 0:00:00.
pub fn time(serial: f64) -> Time {
    let seconds = (serial - serial.floor()) * DAY_SECONDS;
    // Half a microsecond absorbs the rounding of `serial` itself.
    let seconds = (seconds + 0.5 + 5e-7).floor() as u32 % 86_400;
    Time {
        hour: seconds / 3600,
        minute: seconds / 60 % 60,
        second: seconds % 60,
    }
}

/// Whether the Gregorian calendar gives `year` a 29 February.
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// This year, of the machine's clock (UTC): what a date written without a year means.
pub(super) fn this_year() -> i32 {
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    // 25,569 days lie between 30 December 1899 and 1 January 1970.
    civil_from_days((seconds / 86_400) as i64 + 25_569).year
}

/// Days from 1 March of the year 0 to the first of a month, in the proleptic
/// Gregorian calendar. Years are counted from March, so that the leap day
/// comes last (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month_from_march + 2) / 5
}

/// The Gregorian day `days` after 30 December 1899.
fn civil_from_days(days: i64) -> Date {
    let days = days + days_from_civil(1899, 12) + 29;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    Date {
        year: (era * 400 + year_of_era + i64::from(month <= 2)) as i32,
        month: month as u32,
        day: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_agree_with_excel() {
        let system = DateSystem::Since1900;
        for (y, m, d, serial) in [
            (1900, 1, 1, 1),
            (1900, 2, 28, 59),
            (1900, 2, 29, 60),
            (1900, 3, 1, 61),
            (1970, 1, 1, 25_569),
            (2000, 2, 29, 36_585),
            (2020, 1, 2, 43_832),
            (9999, 12, 31, 2_958_465),
        ] {
            let date = Date {
                year: y,
                month: m,
                day: d,
            };
            assert_eq!(system.serial_of(date), Some(serial), "{date:?}");
            assert_eq!(system.date(serial as f64 + 0.75), Some(date));
        }
        assert_eq!(DateSystem::Since1904.serial(1904, 1, 1), Some(0));
        assert_eq!(DateSystem::Since1904.serial(2020, 1, 2), Some(42_370));
        assert_eq!(system.serial(2020, 14, 0), Some(44_227));
        assert_eq!(system.serial(10_000, 1, 1), None);
        assert_eq!(system.date(-1.0), None);
    }

    #[test]
    fn every_serial_finds_its_own_day_again() {
        for system in [DateSystem::Since1900, DateSystem::Since1904] {
            for serial in (1..system.end()).step_by(17) {
                let date = system.date(serial as f64).unwrap();
                assert_eq!(system.serial_of(date), Some(serial), "{date:?}");
            }
        }
    }

    #[test]
    fn weekdays_and_times_of_day_are_excels() {
        // 2 January 2020 was a Thursday.
        assert_eq!(DateSystem::Since1900.weekday(43_832), 4);
        assert_eq!(DateSystem::Since1904.weekday(42_370), 4);
        let quarter_to_six = time(1.0 + (17.0 * 60.0 + 45.0) / 1440.0);
        assert_eq!(
            (
                quarter_to_six.hour,
                quarter_to_six.minute,
                quarter_to_six.second
            ),
            (17, 45, 0)
        );
        assert_eq!(time(0.999_999_9).hour, 0);
    }
}
