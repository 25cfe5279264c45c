//! Reading what people type: numbers, dates, times, percentages, money.
//!
//! One reader serves typing into a cell, VALUE, DATEVALUE, TIMEVALUE and the
//! coercion of text in arithmetic. It knows the forms of Excel in English
//! (United States), and ISO dates. It refuses `inf`, `nan` and hexadecimal.

use super::date::{Date, DateSystem, this_year};
use super::{ErrorKind, Value};

/// The number that text spells where Excel wants a number, dates counted in
/// the 1900 system; `None` where it spells none. Spaces may surround a number
/// or a time, but not a date: there `" 10 "` and `" 1:30 "` are numbers,
/// `" 2024-01-10 "` is not.
pub fn parse_number(text: &str) -> Option<f64> {
    parse_number_in(text, DateSystem::Since1900)
}

/// As [`parse_number`], dates counted in a given system.
pub fn parse_number_in(text: &str, dates: DateSystem) -> Option<f64> {
    // By far the most common text is a plain number; `f64::from_str` also
    // takes words, so the first character must be one of a number.
    let trimmed = trim(text);
    if trimmed.bytes().next()?.is_ascii_alphabetic() {
        return parse_moment(text, dates).map(|moment| moment.serial());
    }
    plain_number(trimmed)
        .or_else(|| {
            amount(trimmed)
                .map(|read| read.number)
                .or_else(|| parse_moment(text, dates).map(|moment| moment.serial()))
        })
        .filter(|x| x.is_finite())
}

/// What typing `text` into a cell (not a formula) enters: a number, date,
/// percentage, boolean, error or text; with the number format that Excel
/// would give the cell, where it is not General. A leading apostrophe makes
/// text of the rest.
pub fn parse_entry(text: &str, dates: DateSystem) -> (Value, Option<&'static str>) {
    if let Some(rest) = text.strip_prefix('\'') {
        return (Value::text(rest), None);
    }
    if text.is_empty() {
        return (Value::Blank, None);
    }
    let trimmed = trim(text);
    for (word, value) in [("TRUE", true), ("FALSE", false)] {
        if trimmed.eq_ignore_ascii_case(word) {
            return (Value::Bool(value), None);
        }
    }
    if let Some(kind) = ErrorKind::parse(trimmed) {
        return (Value::Error(kind), None);
    }
    match read(trimmed, dates) {
        Some(read) if read.number.is_finite() => (Value::number(read.number), read.format),
        _ => (Value::text(text), None),
    }
}

/// The date and the time that text spells, apart: DATEVALUE and TIMEVALUE.
/// Spaces may surround a time alone.
pub fn parse_moment(text: &str, dates: DateSystem) -> Option<Moment> {
    let trimmed = trim(text);
    moment(trimmed, dates).filter(|moment| moment.day.is_none() || trimmed.len() == text.len())
}

/// A date, a time of day, or both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The serial number of the day.
    pub day: Option<i64>,
    /// In days; may pass 1 (`25:00`).
    pub time: Option<f64>,
    format: &'static str,
}

impl Moment {
    pub fn serial(&self) -> f64 {
        self.day.unwrap_or(0) as f64 + self.time.unwrap_or(0.0)
    }
}

/// A number read, and the format that typing it gives the cell.
struct Read {
    number: f64,
    format: Option<&'static str>,
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace())
}

/// Digits with a point and an exponent; no more.
fn plain_number(text: &str) -> Option<f64> {
    let ok = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E');
    if text.bytes().all(ok) {
        text.parse().ok()
    } else {
        None
    }
}

fn read(text: &str, dates: DateSystem) -> Option<Read> {
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    amount(text).or_else(|| {
        moment(text, dates).map(|moment| Read {
            number: moment.serial(),
            format: Some(moment.format),
        })
    })
}

/// A number with its decorations: sign, parentheses, currency, percent,
/// thousands separators, exponent, fraction.
fn amount(text: &str) -> Option<Read> {
    let mut rest = text;
    let mut negative = false;
    let mut signed = false;
    let mut currency = false;
    let mut percent = false;
    let mut bracket = false;
    loop {
        rest = rest.trim_start_matches(' ');
        let first = rest.chars().next()?;
        match first {
            '+' | '-' if !signed && !bracket => {
                signed = true;
                negative = first == '-';
            }
            '$' | '€' if !currency => currency = true,
            '%' if !percent => percent = true,
            '(' if !bracket && !signed => {
                bracket = true;
                negative = true;
            }
            _ => break,
        }
        rest = &rest[first.len_utf8()..];
    }
    let mut closed = !bracket;
    loop {
        rest = rest.trim_end_matches(' ');
        let last = rest.chars().next_back()?;
        match last {
            '%' if !percent => percent = true,
            '$' | '€' if !currency => currency = true,
            ')' if !closed => closed = true,
            _ => break,
        }
        rest = &rest[..rest.len() - last.len_utf8()];
    }
    if !closed {
        return None;
    }
    let figure = figure(rest)?;
    let mut number = figure.number;
    if percent {
        number = scale_percent(rest, number);
    }
    if negative {
        number = -number;
    }
    let format = if percent {
        Some(if figure.decimals { "0.00%" } else { "0%" })
    } else if currency {
        Some(if figure.decimals {
            "\"$\"#,##0.00_);[Red]\\(\"$\"#,##0.00\\)"
        } else {
            "\"$\"#,##0_);[Red]\\(\"$\"#,##0\\)"
        })
    } else {
        figure.format
    };
    Some(Read { number, format })
}

/// `digits` percent, correctly rounded where its plain form allows: 7% is the
/// number nearest 0.07, which 7 / 100 is, but 0.1% must not pass through 0.1.
fn scale_percent(digits: &str, number: f64) -> f64 {
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let exact = plain.then(|| format!("{digits}e-2").parse().ok()).flatten();
    exact.unwrap_or(number / 100.0)
}

/// An unsigned number, and whether decimals were written.
struct Figure {
    number: f64,
    decimals: bool,
    format: Option<&'static str>,
}

fn figure(text: &str) -> Option<Figure> {
    if let Some((whole, fraction)) = text.split_once(' ') {
        return mixed_fraction(whole, fraction.trim_start_matches(' '));
    }
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let grouped = whole.contains(',');
    let whole = ungrouped(whole)?;
    let decimals = fraction.unwrap_or("");
    if whole.is_empty() && decimals.is_empty() || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = format!("{whole}.{decimals}e{}", exponent.unwrap_or("0"))
        .parse()
        .ok()?;
    Some(Figure {
        number,
        decimals: !decimals.is_empty(),
        format: match (exponent, grouped) {
            (Some(_), _) => Some("0.00E+00"),
            (None, true) if decimals.is_empty() => Some("#,##0"),
            (None, true) => Some("#,##0.00"),
            (None, false) => None,
        },
    })
}

/// Digits without their thousands separators; each separator must stand
/// between digits, with three or more after it.
fn ungrouped(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let mut digits = first.to_owned();
    for group in groups {
        if first.is_empty() || group.len() < 3 {
            return None;
        }
        digits.push_str(group);
    }
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)
}

/// `1 1/2`
fn mixed_fraction(whole: &str, fraction: &str) -> Option<Figure> {
    let (numerator, denominator) = fraction.split_once('/')?;
    let digits = |text: &str, most: usize| -> Option<f64> {
        let plain = !text.is_empty() && text.len() <= most;
        (plain && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())
            .flatten()
    };
    let denominator_length = denominator.len();
    let whole = digits(&ungrouped(whole)?, 15)?;
    let numerator = digits(numerator, 5)?;
    let denominator = digits(denominator, 5)?;
    if denominator == 0.0 {
        return None;
    }
    Some(Figure {
        number: whole + numerator / denominator,
        decimals: true,
        format: Some(match denominator_length {
            1 => "# ?/?",
            _ => "# ??/??",
        }),
    })
}

/// A date, a time, a date and a time, or a time and a date.
fn moment(text: &str, dates: DateSystem) -> Option<Moment> {
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    if let Some((time, format)) = time(text) {
        return Some(Moment {
            day: None,
            time: Some(time),
            format,
        });
    }
    if let Some((day, format)) = day(text, dates) {
        return Some(Moment {
            day: Some(day),
            time: None,
            format,
        });
    }
    text.match_indices(' ').find_map(|(at, _)| {
        let (left, right) = (trim(&text[..at]), trim(&text[at..]));
        let both = |date: &str, clock: &str| {
            let (time, _) = time(clock)?;
            let (day, date_format) = day(date, dates)?;
            let format = match date_format {
                "yyyy-mm-dd" => "yyyy-mm-dd h:mm",
                _ => "m/d/yyyy h:mm",
            };
            Some(Moment {
                day: Some(day),
                time: Some(time),
                format,
            })
        };
        both(left, right).or_else(|| both(right, left))
    })
}

/// `13:45`, `1:45:30.5 PM`, `1 PM`, `25:00`: in days, with its format.
fn time(text: &str) -> Option<(f64, &'static str)> {
    let upper = text.to_ascii_uppercase();
    let half = [("AM", 0.0), ("PM", 12.0), ("A", 0.0), ("P", 12.0)]
        .into_iter()
        .find_map(|(mark, hours)| upper.strip_suffix(mark).map(|rest| (rest, hours)));
    let (clock, half) = match half {
        // Excel wants a space before the letters.
        Some((rest, hours)) => (trim(rest.strip_suffix(' ')?), Some(hours)),
        None => (upper.as_str(), None),
    };
    let mut parts: Vec<&str> = clock.split(':').map(trim).collect();
    let fraction = match parts.last().and_then(|last| last.split_once('.')) {
        Some((seconds, decimals)) if parts.len() > 1 => {
            let count = parts.len();
            parts[count - 1] = seconds;
            let plain = decimals.len() <= 9 && decimals.bytes().all(|b| b.is_ascii_digit());
            plain.then_some(())?;
            Some(format!("0.{decimals}0").parse::<f64>().ok()?)
        }
        _ => None,
    };
    let number = |text: &str| -> Option<f64> {
        let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let fields: Vec<f64> = parts.into_iter().map(number).collect::<Option<_>>()?;
    let (mut hours, minutes, seconds) = match (fields.as_slice(), fraction, half) {
        ([hours], None, Some(_)) => (*hours, 0.0, 0.0),
        // Minutes and seconds, where the seconds have decimals: `12:30.5`.
        ([minutes, seconds], Some(_), None) => (0.0, *minutes, *seconds),
        ([hours, minutes], None, _) => (*hours, *minutes, 0.0),
        ([hours, minutes, seconds], ..) => (*hours, *minutes, *seconds),
        _ => return None,
    };
    if minutes >= 60.0 || seconds >= 60.0 {
        return None;
    }
    if let Some(half) = half {
        if hours > 12.0 {
            return None;
        }
        hours = hours % 12.0 + half;
    }
    let format = match (fraction.is_some(), half.is_some(), fields.len()) {
        (true, ..) => "mm:ss.0",
        (_, true, 3) => "h:mm:ss AM/PM",
        (_, true, _) => "h:mm AM/PM",
        _ if hours >= 24.0 => "[h]:mm:ss",
        (.., 3) => "h:mm:ss",
        _ => "h:mm",
    };
    let seconds = hours * 3600.0 + minutes * 60.0 + seconds + fraction.unwrap_or(0.0);
    Some((seconds / super::date::DAY_SECONDS, format))
}

/// One piece of a date.
#[derive(Clone, Copy, PartialEq)]
enum Piece {
    /// A number and how many digits it was written with.
    Number(u32, usize),
    Month(u32),
}

/// `1/2/2020`, `2020-01-02`, `2-Jan-2020`, `January 2, 2020`, `Jan 2020`, `1/2`:
/// its serial number and format.
fn day(text: &str, dates: DateSystem) -> Option<(i64, &'static str)> {
    let mut pieces = Vec::new();
    let mut separators = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let length = digits.max(letters);
        let piece = &rest[..length];
        pieces.push(match (digits, letters) {
            (1..=4, _) => Piece::Number(piece.parse().ok()?, digits),
            (0, 3..) => Piece::Month(month_named(piece)?),
            _ => return None,
        });
        rest = &rest[length..];
        let separator = rest
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'/' | b'-' | b','))
            .count();
        if pieces.len() > 3 || (separator == 0 && !rest.is_empty()) {
            return None;
        }
        separators.push(match trim(&rest[..separator]) {
            "" => ' ',
            "/" => '/',
            "-" => '-',
            "," => ',',
            _ => return None,
        });
        rest = &rest[separator..];
        if rest.is_empty() && separator > 0 {
            return None;
        }
    }
    // What follows the last piece separates nothing.
    let (_, between) = separators.split_last()?;
    let numeric = between.iter().all(|&c| matches!(c, '/' | '-'));
    use Piece::{Month, Number};
    let (year, month, day, format) = match pieces.as_slice() {
        // What ISO 8601 writes stays so, in files too.
        [Number(y, 4), Number(m, 2), Number(d, 2)] if between == ['-', '-'] => {
            (Some((*y, 4)), *m, *d, "yyyy-mm-dd")
        }
        [Number(y, 3..), Number(m, 1..=2), Number(d, 1..=2)] if numeric => {
            (Some((*y, 4)), *m, *d, "m/d/yyyy")
        }
        [Number(m, 1..=2), Number(d, 1..=2), Number(y, digits)] if numeric => {
            (Some((*y, *digits)), *m, *d, "m/d/yyyy")
        }
        [Number(d, 1..=2), Month(m), Number(y, digits)]
        | [Month(m), Number(d, 1..=2), Number(y, digits)] => {
            (Some((*y, *digits)), *m, *d, "d-mmm-yy")
        }
        [Number(y, 4), Month(m), Number(d, 1..=2)] => (Some((*y, 4)), *m, *d, "d-mmm-yy"),
        [Number(m, 1..=2), Number(d, 1..=2)] if numeric && *d <= 31 => (None, *m, *d, "d-mmm"),
        [Number(m, 1..=2), Number(y, digits)] if numeric => (Some((*y, *digits)), *m, 1, "mmm-yy"),
        [Number(y, 4), Number(m, 1..=2)] if numeric => (Some((*y, 4)), *m, 1, "mmm-yy"),
        [Number(d, 1..=2), Month(m)] | [Month(m), Number(d, 1..=2)] if *d <= 31 => {
            (None, *m, *d, "d-mmm")
        }
        [Month(m), Number(y, digits)] | [Number(y, digits), Month(m)] => {
            (Some((*y, *digits)), *m, 1, "mmm-yy")
        }
        _ => return None,
    };
    let year = match year {
        None => this_year(),
        // Two digits: 1930 to 2029.
        Some((y, 1..=2)) if y < 30 => 2000 + y as i32,
        Some((y, 1..=2)) => 1900 + y as i32,
        Some((y, _)) => y as i32,
    };
    let serial = dates.serial_of(Date { year, month, day })?;
    Some((serial, format))
}

/// The month of an English name or its first three letters.
fn month_named(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_ascii_lowercase();
    let at = MONTHS
        .iter()
        .position(|month| *month == text || month[..3] == text)?;
    Some(at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_spells_numbers_as_in_excel() {
        for (text, number) in [
            (" 12 ", 12.0),
            (" 1:30 ", 0.0625),
            ("-1.5", -1.5),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("1E-5", 1e-5),
            ("1,234.5", 1234.5),
            ("1,234,567", 1_234_567.0),
            ("50%", 0.5),
            ("%7", 0.07),
            ("0.1%", 0.001),
            ("$1,000", 1000.0),
            ("-$5", -5.0),
            ("$-5", -5.0),
            ("(5)", -5.0),
            ("($1,234.50)", -1234.5),
            ("12€", 12.0),
            ("1 1/2", 1.5),
            ("0 3/4", 0.75),
            ("-1 1/2", -1.5),
            ("1/2/2020", 43_832.0),
            ("01-02-20", 43_832.0),
            ("2020-01-02", 43_832.0),
            ("2020/1/2", 43_832.0),
            ("2-Jan-2020", 43_832.0),
            ("January 2, 2020", 43_832.0),
            ("2 jan 20", 43_832.0),
            ("Jan 2020", 43_831.0),
            ("1/2020", 43_831.0),
            ("12/31/1999 6:00", 36_525.25),
            ("12/31/1999 6:00 PM", 36_525.75),
            ("6:00 pm", 0.75),
            ("6 PM", 0.75),
            ("12:00 AM", 0.0),
            ("12:30:36", 0.521_25),
            ("36:00", 1.5),
            ("2/29/1900", 60.0),
        ] {
            assert_eq!(parse_number(text), Some(number), "{text}");
        }
    }

    #[test]
    fn words_and_broken_numbers_are_no_numbers() {
        assert_eq!(parse_moment("", DateSystem::default()), None);
        for text in [
            "",
            " ",
            "inf",
            "nan",
            "infinity",
            "0x10",
            "1e",
            "e5",
            "1,23",
            ",123",
            "1.2.3",
            "--5",
            "5%%",
            "(5",
            "5)",
            "$$5",
            "1 2",
            "1/0/2020",
            "13/1/2020",
            " 1/2/2020",
            "2-Jan-2020 ",
            "2/30/2020",
            "1:60",
            "13:00 PM",
            "abc",
            "-",
            ".",
            "1 1/0",
            "1e999",
            "Foo 5",
            "1/2/3/4",
            "TRUE",
            "１２",
        ] {
            assert_eq!(parse_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn typing_chooses_the_number_format() {
        let typed = |text| parse_entry(text, DateSystem::Since1900);
        assert_eq!(typed("12"), (Value::Number(12.0), None));
        assert_eq!(typed("1e-310"), (Value::Number(0.0), Some("0.00E+00")));
        assert_eq!(typed("12.5%"), (Value::Number(0.125), Some("0.00%")));
        assert_eq!(typed("5%"), (Value::Number(0.05), Some("0%")));
        assert_eq!(typed("1,234"), (Value::Number(1234.0), Some("#,##0")));
        assert_eq!(
            typed("1/2/2020"),
            (Value::Number(43_832.0), Some("m/d/yyyy"))
        );
        assert_eq!(typed("2:30 PM").1, Some("h:mm AM/PM"));
        assert_eq!(typed("true"), (Value::Bool(true), None));
        assert_eq!(typed("#n/a"), (Value::Error(ErrorKind::Na), None));
        assert_eq!(typed("'12"), (Value::from("12"), None));
        assert_eq!(typed(" a "), (Value::from(" a "), None));
        assert_eq!(typed(""), (Value::Blank, None));
    }
}
