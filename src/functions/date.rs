//! Dates and times as serial numbers.

use super::arguments::{Scalars, done, given};
use super::day_count::{Basis, date, days_30_european, days_30_us, year_fraction};
use super::params::{optional, range, scalar};
use super::{Category, Context, Function, Operand, Param, Smoothness, ValueRule};
use crate::value::date::{DAY_SECONDS, Date, time};
use crate::value::{DateSystem, ErrorKind, Value, parse_moment};

/// A function that gives a day or a number of days.
const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Value], &mut dyn Context) -> Value,
) -> Function {
    Function {
        smoothness: Smoothness::PiecewiseConstant,
        ..Function::new(Category::Date, name, params, help, ValueRule::Scalar(rule))
    }
}

const SERIAL: &[Param] = &[scalar("serial_number")];

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "DATE",
        &[
            scalar("year"),
            scalar("month"),
            scalar("day").help("the day of the month; others reach into other months"),
        ],
        "The serial number of a date.",
        |args, ctx| {
            done((|| {
                let (year, month, day) = (args.whole(0)?, args.whole(1)?, args.whole(2)?);
                if !(0.0..10_000.0).contains(&year) || month.abs() > 1e6 || day.abs() > 1e7 {
                    return Err(ErrorKind::Num);
                }
                // Years up to 1899 count from 1900.
                let year = year as i64 + if year < 1900.0 { 1900 } else { 0 };
                serial(ctx.date_system(), year, month as i64, day as i64)
            })())
        },
    ),
    entry(
        "DATEDIF",
        &[scalar("start"), scalar("end"), scalar("unit")],
        "The years (Y), months (M) or days (D) between two dates; MD, YM and YD leave out larger units.",
        |args, ctx| done(datedif(args, ctx.date_system())),
    ),
    entry(
        "DATEVALUE",
        &[scalar("text").help("a date as text")],
        "The serial number of the date a text spells.",
        |args, ctx| {
            done(args.text(0).and_then(|text| {
                let moment = parse_moment(&text, ctx.date_system()).ok_or(ErrorKind::Value)?;
                moment.day.map(|day| day as f64).ok_or(ErrorKind::Value)
            }))
        },
    )
    .not_differentiable("it reads text"),
    entry(
        "DAY",
        SERIAL,
        "The day of the month of a date, 1 to 31.",
        |args, ctx| done(day_of(args, 0, ctx).map(|date| f64::from(date.day))),
    ),
    entry(
        "DAYS",
        &[scalar("end"), scalar("start")],
        "The number of days between two dates.",
        |args, ctx| {
            done((|| {
                let (end, start) = (day(args, 0, ctx)?, day(args, 1, ctx)?);
                Ok((end - start) as f64)
            })())
        },
    )
    .xlfn(),
    entry(
        "DAYS360",
        &[scalar("start"), scalar("end"), optional(scalar("european"))],
        "The number of days between two dates in a year of twelve months of 30 days.",
        |args, ctx| {
            done((|| {
                // A time within half a second of midnight is the day after.
                let system = ctx.date_system();
                let near = |index| {
                    let serial = moment(args, index, ctx)? + 0.5 / DAY_SECONDS;
                    date(serial, system)
                };
                let (from, to) = (near(0)?, near(1)?);
                if args.flag_or(2, false)? {
                    return Ok(days_30_european(from, to));
                }
                Ok(days_30_us(from, to, false))
            })())
        },
    ),
    entry(
        "EDATE",
        &[
            scalar("start").help("the date to count from"),
            scalar("months"),
        ],
        "The date some months before or after another.",
        |args, ctx| {
            done((|| {
                let (year, month, first) = months_later(args, ctx)?;
                let system = ctx.date_system();
                let last = system.month_days(year, month);
                serial(
                    system,
                    i64::from(year),
                    i64::from(month),
                    i64::from(first.day.min(last)),
                )
            })())
        },
    ),
    entry(
        "EOMONTH",
        &[
            scalar("start").help("the date to count from"),
            scalar("months").help("how many months on; 0 is this month"),
        ],
        "The last day of the month some months before or after a date.",
        |args, ctx| {
            done((|| {
                let (year, month, _) = months_later(args, ctx)?;
                let system = ctx.date_system();
                let last = system.month_days(year, month);
                serial(system, i64::from(year), i64::from(month), i64::from(last))
            })())
        },
    ),
    entry(
        "HOUR",
        SERIAL,
        "The hour of a time, 0 to 23.",
        |args, ctx| done(moment(args, 0, ctx).map(|x| f64::from(time(x).hour))),
    ),
    entry(
        "ISOWEEKNUM",
        SERIAL,
        "The number of the ISO week of a date, 1 to 53.",
        |args, ctx| done(day(args, 0, ctx).and_then(|day| iso_week(day, ctx.date_system()))),
    )
    .xlfn(),
    entry(
        "MINUTE",
        SERIAL,
        "The minute of a time, 0 to 59.",
        |args, ctx| done(moment(args, 0, ctx).map(|x| f64::from(time(x).minute))),
    ),
    entry(
        "MONTH",
        SERIAL,
        "The month of a date, 1 to 12.",
        |args, ctx| done(day_of(args, 0, ctx).map(|date| f64::from(date.month))),
    ),
    workdays(
        "NETWORKDAYS",
        &[scalar("start"), scalar("end"), optional(range("holidays"))],
        "The number of working days from one date to another, both included.",
        |args, ctx| net_workdays(args, ctx, None),
    ),
    workdays(
        "NETWORKDAYS.INTL",
        &[
            scalar("start"),
            scalar("end"),
            optional(scalar("weekend")),
            optional(range("holidays")),
        ],
        "The number of working days from one date to another, with a weekend of one's own.",
        |args, ctx| net_workdays(args, ctx, Some(2)),
    ),
    entry("NOW", &[], "The date and time now.", |_, ctx| {
        Value::number(ctx.now())
    })
    .volatile(),
    entry(
        "SECOND",
        SERIAL,
        "The second of a time, 0 to 59.",
        |args, ctx| done(moment(args, 0, ctx).map(|x| f64::from(time(x).second))),
    ),
    entry(
        "TIME",
        &[scalar("hour"), scalar("minute"), scalar("second")],
        "A time of day as the part of a day.",
        |args, _| {
            done((|| {
                let parts = [args.whole(0)?, args.whole(1)?, args.whole(2)?];
                if parts.iter().any(|part| part.abs() > 32_767.0) {
                    return Err(ErrorKind::Num);
                }
                let seconds = parts[0] * 3600.0 + parts[1] * 60.0 + parts[2];
                if seconds < 0.0 {
                    return Err(ErrorKind::Num);
                }
                Ok(seconds % DAY_SECONDS / DAY_SECONDS)
            })())
        },
    ),
    entry(
        "TIMEVALUE",
        &[scalar("text").help("a time as text")],
        "The time of day a text spells, as the part of a day.",
        |args, ctx| {
            done(args.text(0).and_then(|text| {
                let moment = parse_moment(&text, ctx.date_system()).ok_or(ErrorKind::Value)?;
                Ok(moment.time.unwrap_or(0.0) % 1.0)
            }))
        },
    )
    .not_differentiable("it reads text"),
    entry("TODAY", &[], "The date today.", |_, ctx| {
        Value::number(ctx.now().floor())
    })
    .volatile(),
    entry(
        "WEEKDAY",
        &[
            scalar("serial_number"),
            optional(scalar("return_type").help("1 Sunday is 1, 2 Monday is 1, 3 Monday is 0")),
        ],
        "The day of the week of a date; 1 is Sunday unless a type says otherwise.",
        |args, ctx| {
            done((|| {
                let day = day(args, 0, ctx)?;
                let (first, base) = match args.whole_or(1, 1.0)? {
                    1.0 => (0, 1),
                    2.0 => (1, 1),
                    3.0 => (1, 0),
                    kind @ 11.0..=16.0 => (kind as u32 - 10, 1),
                    17.0 => (0, 1),
                    _ => return Err(ErrorKind::Num),
                };
                let weekday = ctx.date_system().weekday(day);
                Ok(f64::from((weekday + 7 - first) % 7 + base))
            })())
        },
    ),
    entry(
        "WEEKNUM",
        &[
            scalar("serial_number"),
            optional(
                scalar("return_type")
                    .help("on which day weeks begin: 1 Sunday, 2 Monday, 21 ISO weeks"),
            ),
        ],
        "The number of the week of a date in its year; weeks begin on Sunday unless a type says otherwise.",
        |args, ctx| {
            done((|| {
                let system = ctx.date_system();
                let day = day(args, 0, ctx)?;
                let first = match args.whole_or(1, 1.0)? {
                    1.0 | 17.0 => 0,
                    2.0 => 1,
                    kind @ 11.0..=16.0 => kind as i64 - 10,
                    21.0 => return iso_week(day, system),
                    _ => return Err(ErrorKind::Num),
                };
                let year = date(day as f64, system)?.year;
                // Day 0 of the 1900 system has no 1 January before it.
                let new_year = system.serial(i64::from(year), 1, 1).unwrap_or(0);
                let before = (i64::from(system.weekday(new_year)) - first).rem_euclid(7);
                Ok(((day - new_year + before).div_euclid(7) + 1) as f64)
            })())
        },
    ),
    workdays(
        "WORKDAY",
        &[
            scalar("start").help("the date to count from"),
            scalar("days"),
            optional(range("holidays")),
        ],
        "The date some working days before or after another.",
        |args, ctx| workday(args, ctx, None),
    ),
    workdays(
        "WORKDAY.INTL",
        &[
            scalar("start").help("the date to count from"),
            scalar("days"),
            optional(scalar("weekend")),
            optional(range("holidays")),
        ],
        "The date some working days before or after another, with a weekend of one's own.",
        |args, ctx| workday(args, ctx, Some(2)),
    ),
    entry(
        "YEAR",
        SERIAL,
        "The year of a date, 1900 to 9999.",
        |args, ctx| done(day_of(args, 0, ctx).map(|date| f64::from(date.year))),
    ),
    entry(
        "YEARFRAC",
        &[scalar("start"), scalar("end"), optional(scalar("basis"))],
        "The part of a year between two dates; basis 0 to 4 as for bonds.",
        |args, ctx| {
            done((|| {
                let (start, end) = (day(args, 0, ctx)?, day(args, 1, ctx)?);
                let basis = Basis::new(args.whole(2)?)?;
                year_fraction(start as f64, end as f64, basis, ctx.date_system())
            })())
        },
    ),
];

const fn workdays(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Operand], &mut dyn Context) -> Result<Operand, ErrorKind>,
) -> Function {
    Function {
        smoothness: Smoothness::PiecewiseConstant,
        ..Function::new(
            Category::Date,
            name,
            params,
            help,
            ValueRule::Operands(rule),
        )
    }
}

fn serial(system: DateSystem, year: i64, month: i64, day: i64) -> Result<f64, ErrorKind> {
    let serial = system.serial(year, month, day).ok_or(ErrorKind::Num)?;
    Ok(serial as f64)
}

/// An argument as a serial number; `#NUM!` out of range. Text is read in the
/// workbook's date system.
fn moment(
    args: &(impl Scalars + ?Sized),
    index: usize,
    ctx: &dyn Context,
) -> Result<f64, ErrorKind> {
    let system = ctx.date_system();
    let serial = match args.value(index) {
        Some(Value::Text(text)) => {
            crate::value::parse_number_in(text, system).ok_or(ErrorKind::Value)?
        }
        _ => args.number(index)?,
    };
    if (0.0..system.end() as f64).contains(&serial) {
        Ok(serial)
    } else {
        Err(ErrorKind::Num)
    }
}

fn day(args: &(impl Scalars + ?Sized), index: usize, ctx: &dyn Context) -> Result<i64, ErrorKind> {
    moment(args, index, ctx).map(|serial| serial.floor() as i64)
}

fn day_of(args: &[Value], index: usize, ctx: &dyn Context) -> Result<Date, ErrorKind> {
    date(moment(args, index, ctx)?, ctx.date_system())
}

/// The year and month some months after a date, and the date.
fn months_later(args: &[Value], ctx: &dyn Context) -> Result<(i32, u32, Date), ErrorKind> {
    let first = day_of(args, 0, ctx)?;
    let months = args.strict_or(1, 0.0)?.trunc();
    if months.abs() > 1e6 {
        return Err(ErrorKind::Num);
    }
    let months = i64::from(first.year) * 12 + i64::from(first.month) - 1 + months as i64;
    let year = months.div_euclid(12);
    if !(1900..=9999).contains(&year) {
        return Err(ErrorKind::Num);
    }
    Ok((year as i32, months.rem_euclid(12) as u32 + 1, first))
}

fn datedif(args: &[Value], system: DateSystem) -> Result<f64, ErrorKind> {
    let (start, end) = (args.number(0)?.floor(), args.number(1)?.floor());
    if start > end {
        return Err(ErrorKind::Num);
    }
    let (from, to) = (date(start, system)?, date(end, system)?);
    let mut months = (to.year - from.year) * 12 + to.month as i32 - from.month as i32;
    if to.day < from.day {
        months -= 1;
    }
    let unit = args.text(2)?.to_ascii_uppercase();
    Ok(match unit.as_str() {
        "Y" => f64::from(months / 12),
        "M" => f64::from(months),
        "D" => end - start,
        "YM" => f64::from(months % 12),
        // Days after the last full month, the start's day counted in the
        // month before the end's.
        "MD" => {
            let back = i64::from(to.day < from.day);
            let from = serial(
                system,
                i64::from(to.year),
                i64::from(to.month) - back,
                i64::from(from.day),
            )?;
            end - from
        }
        // Days after the last anniversary.
        "YD" => {
            let later = (to.month, to.day) >= (from.month, from.day);
            let year = i64::from(to.year) - i64::from(!later);
            end - serial(system, year, i64::from(from.month), i64::from(from.day))?
        }
        _ => return Err(ErrorKind::Num),
    })
}

/// The ISO 8601 week: weeks begin on Monday and belong to the year that their
/// Thursday lies in.
fn iso_week(day: i64, system: DateSystem) -> Result<f64, ErrorKind> {
    let from_monday = i64::from(system.weekday(day) + 6) % 7;
    let thursday = day - from_monday + 3;
    let year = date(thursday.max(0) as f64, system)?.year;
    let new_year = system.serial(i64::from(year), 1, 1).unwrap_or(0);
    Ok(((thursday - new_year).div_euclid(7) + 1) as f64)
}

/// Which days of the week are free, Monday first.
fn weekend(args: &[Operand], index: Option<usize>) -> Result<[bool; 7], ErrorKind> {
    let mut free = [false, false, false, false, false, true, true];
    let Some(value) = index.and_then(|index| args.value(index)) else {
        return Ok(free);
    };
    if let Value::Text(text) = value {
        let bytes = text.as_bytes();
        if bytes.len() != 7 || bytes.iter().any(|b| !matches!(b, b'0' | b'1')) {
            return Err(ErrorKind::Value);
        }
        for (day, byte) in free.iter_mut().zip(bytes) {
            *day = *byte == b'1';
        }
        return Ok(free);
    }
    let kind = value.to_number()?.trunc();
    free = [false; 7];
    match kind {
        // 1 is Saturday and Sunday, 2 Sunday and Monday, …
        1.0..=7.0 => {
            let first = (kind as usize + 4) % 7;
            free[first] = true;
            free[(first + 1) % 7] = true;
        }
        // 11 is Sunday only, 12 Monday only, …
        11.0..=17.0 => free[(kind as usize - 11 + 6) % 7] = true,
        _ => return Err(ErrorKind::Num),
    }
    Ok(free)
}

/// Working days: a weekend and holidays.
struct Calendar {
    free: [bool; 7],
    /// Sorted, each once, none on a free weekday.
    holidays: Vec<i64>,
    system: DateSystem,
}

impl Calendar {
    fn new(
        args: &[Operand],
        weekend_at: Option<usize>,
        ctx: &mut dyn Context,
    ) -> Result<Self, ErrorKind> {
        let system = ctx.date_system();
        let free = weekend(args, weekend_at)?;
        let mut calendar = Self {
            free,
            holidays: Vec::new(),
            system,
        };
        let index = weekend_at.map_or(2, |index| index + 1);
        if given(args, index) {
            for value in ctx.to_array(&args[index])?.cells() {
                if value.is_blank() {
                    continue;
                }
                let day = value.to_number()?.floor();
                if !(0.0..system.end() as f64).contains(&day) {
                    return Err(ErrorKind::Num);
                }
                let day = day as i64;
                if !calendar.is_free_weekday(day) {
                    calendar.holidays.push(day);
                }
            }
            calendar.holidays.sort_unstable();
            calendar.holidays.dedup();
        }
        Ok(calendar)
    }

    fn is_free_weekday(&self, day: i64) -> bool {
        self.free[(self.system.weekday(day) as usize + 6) % 7]
    }

    fn is_free(&self, day: i64) -> bool {
        self.is_free_weekday(day) || self.holidays.binary_search(&day).is_ok()
    }

    /// Working days from `first` to `last`, both included.
    fn count(&self, first: i64, last: i64) -> i64 {
        let days = last - first + 1;
        let a_week = self.free.iter().filter(|free| !**free).count() as i64;
        let rest = (last - days % 7 + 1..=last)
            .filter(|&day| !self.is_free_weekday(day))
            .count() as i64;
        let from = self.holidays.partition_point(|&day| day < first);
        let to = self.holidays.partition_point(|&day| day <= last);
        days / 7 * a_week + rest - (to - from) as i64
    }
}

fn net_workdays(
    args: &[Operand],
    ctx: &mut dyn Context,
    weekend_at: Option<usize>,
) -> Result<Operand, ErrorKind> {
    let (start, end) = (day(args, 0, ctx)?, day(args, 1, ctx)?);
    let calendar = Calendar::new(args, weekend_at, ctx)?;
    let count = if start <= end {
        calendar.count(start, end)
    } else {
        -calendar.count(end, start)
    };
    Ok(Operand::from(count as f64))
}

fn workday(
    args: &[Operand],
    ctx: &mut dyn Context,
    weekend_at: Option<usize>,
) -> Result<Operand, ErrorKind> {
    let mut at = day(args, 0, ctx)?;
    let days = args.whole(1)?;
    let calendar = Calendar::new(args, weekend_at, ctx)?;
    if calendar.free.iter().all(|free| *free) {
        return Err(ErrorKind::Value);
    }
    let step = if days < 0.0 { -1 } else { 1 };
    let mut left = days.abs();
    // Without end in a calendar of 9,999 years.
    while left > 0.0 {
        at += step;
        if !(0..calendar.system.end()).contains(&at) {
            return Err(ErrorKind::Num);
        }
        if !calendar.is_free(at) {
            left -= 1.0;
        }
    }
    Ok(Operand::from(at as f64))
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn dates_are_made_and_taken_apart() {
        let mut sheet = Sheet::empty();
        for (formula, number) in [
            ("DATE(2020,1,2)", 43_832.0),
            ("DATE(2020,14,0)", 44_227.0),
            ("DATE(108,1,2)", 39_449.0),
            ("DATE(1900,2,29)", 60.0),
            ("YEAR(43832.7)", 2020.0),
            ("MONTH(60)", 2.0),
            ("DAY(60)", 29.0),
            ("DAY(0)", 0.0),
            ("HOUR(0.75)", 18.0),
            ("MINUTE(0.7549)", 7.0),
            ("SECOND(\"1:02:03\")", 3.0),
            ("TIME(12,90,0)", 0.5625),
            ("TIME(23,59,60)", 0.0),
            ("DATEVALUE(\"29-Feb-1900\")", 60.0),
            ("TIMEVALUE(\"24:00\")", 0.0),
            ("TIMEVALUE(\"2020-01-02 6:00\")", 0.25),
            ("EDATE(43861,1)", 43_890.0),
            ("EOMONTH(43832,-1)", 43_830.0),
        ] {
            assert_eq!(sheet.number(formula), number, "{formula}");
        }
        assert_eq!(sheet.error("DATE(10000,1,1)"), ErrorKind::Num);
        assert_eq!(sheet.error("YEAR(-1)"), ErrorKind::Num);
        assert_eq!(sheet.error("TIME(0,0,-1)"), ErrorKind::Num);
        assert_eq!(sheet.error("DATEVALUE(\"x\")"), ErrorKind::Value);
    }

    #[test]
    fn weeks_and_weekdays_are_numbered_as_excel_does() {
        let mut sheet = Sheet::empty();
        // 2 January 2020 was a Thursday, 1 January 2021 a Friday.
        for (formula, number) in [
            ("WEEKDAY(43832)", 5.0),
            ("WEEKDAY(43832,2)", 4.0),
            ("WEEKDAY(43832,3)", 3.0),
            ("WEEKDAY(43832,14)", 1.0),
            ("WEEKNUM(43832)", 1.0),
            ("WEEKNUM(43835)", 2.0),
            ("WEEKNUM(43835,2)", 1.0),
            ("ISOWEEKNUM(44197)", 53.0),
            ("WEEKNUM(44197,21)", 53.0),
        ] {
            assert_eq!(sheet.number(formula), number, "{formula}");
        }
        assert_eq!(sheet.error("WEEKDAY(43832,18)"), ErrorKind::Num);
    }

    #[test]
    fn differences_of_dates_are_excels() {
        let mut sheet = Sheet::empty();
        for (formula, number) in [
            ("DAYS(43832,43831)", 1.0),
            ("DAYS360(45658,45688)", 30.0),
            ("DAYS360(45658,45688,TRUE)", 29.0),
            ("DATEDIF(43861,43922,\"M\")", 2.0),
            ("DATEDIF(43861,44256,\"Y\")", 1.0),
            ("DATEDIF(43861,44256,\"YM\")", 1.0),
            ("DATEDIF(43832,43863,\"MD\")", 0.0),
            ("DATEDIF(43832,44256,\"YD\")", 58.0),
            ("YEARFRAC(43831,44013)", 0.5),
            ("YEARFRAC(43831,44013,1)", 182.0 / 366.0),
            ("YEARFRAC(43831,44013,2)", 182.0 / 360.0),
            ("YEARFRAC(43831,44013,3)", 182.0 / 365.0),
        ] {
            assert_eq!(sheet.number(formula), number, "{formula}");
        }
        assert_eq!(sheet.error("DATEDIF(2,1,\"D\")"), ErrorKind::Num);
    }

    #[test]
    fn working_days_skip_weekends_and_holidays() {
        let mut sheet = Sheet::empty();
        // 43831 is Wednesday, 1 January 2020.
        for (formula, number) in [
            ("NETWORKDAYS(43831,43861)", 23.0),
            ("NETWORKDAYS(43861,43831)", -23.0),
            ("NETWORKDAYS(43831,43861,{43831,43836,43834})", 21.0),
            ("NETWORKDAYS.INTL(43831,43861,11)", 27.0),
            ("NETWORKDAYS.INTL(43831,43861,\"0000011\")", 23.0),
            ("NETWORKDAYS.INTL(43831,43861,7)", 22.0),
            ("WORKDAY(43831,3)", 43_836.0),
            ("WORKDAY(43831,3,43833)", 43_837.0),
            ("WORKDAY(43836,-1)", 43_833.0),
            ("WORKDAY.INTL(43831,3,11)", 43_834.0),
        ] {
            assert_eq!(sheet.number(formula), number, "{formula}");
        }
        assert_eq!(sheet.error("NETWORKDAYS(1,2,1E300)"), ErrorKind::Num);
        assert_eq!(
            sheet.error("WORKDAY.INTL(43831,1,\"1111111\")"),
            ErrorKind::Value
        );
    }
}
