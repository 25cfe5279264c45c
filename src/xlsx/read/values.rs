//! From a cell's record to its value.

use super::cells::{CellKind, CellRecord};
use super::metadata::Metadata;
use super::styles::Colours;
use crate::value::{DateSystem, ErrorKind, Value};
use crate::xlsx::xml::decode_xstring;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What reading a value needs to know of the rest of the workbook.
#[derive(Debug)]
pub(in crate::xlsx) struct Context {
    pub strings: Vec<Arc<str>>,
    pub metadata: Metadata,
    pub dates: DateSystem,
    pub colours: Colours,
}

/// Reads values; equal texts of a sheet are held once.
pub(in crate::xlsx) struct ValueReader<'c> {
    context: &'c Context,
    texts: FxHashMap<Box<str>, Arc<str>>,
}

impl<'c> ValueReader<'c> {
    pub fn new(context: &'c Context) -> Self {
        Self {
            context,
            texts: FxHashMap::default(),
        }
    }

    /// The value of a cell, or what is wrong with it.
    #[inline]
    pub fn value(&mut self, record: &CellRecord<'_>) -> Result<Value, String> {
        let Some(text) = record.value.as_deref() else {
            // A formula whose text is empty has no `<v>` with some writers.
            let empty_text = record.formula.is_some() && record.kind == CellKind::Text;
            return Ok(if empty_text {
                self.text("")
            } else {
                Value::Blank
            });
        };
        match record.kind {
            CellKind::Number => number(text),
            CellKind::Shared => self.shared(text),
            CellKind::Text => Ok(self.text(&decode_xstring(text))),
            // Decoded while its runs were joined.
            CellKind::Inline => Ok(self.text(text)),
            CellKind::Bool => match text.trim() {
                "1" | "true" => Ok(Value::Bool(true)),
                "0" | "false" => Ok(Value::Bool(false)),
                other => Err(format!("\"{other}\" is neither 0 nor 1")),
            },
            CellKind::Error => {
                let rich = self.context.metadata.error(record.vm);
                let kind = rich.or_else(|| ErrorKind::parse(text.trim()));
                Ok(Value::Error(kind.unwrap_or(ErrorKind::Unknown)))
            }
            CellKind::Date => date(text.trim(), self.context.dates)
                .map(Value::number)
                .ok_or_else(|| format!("\"{text}\" is not a date such as 2024-05-31")),
        }
    }

    fn shared(&self, text: &str) -> Result<Value, String> {
        let strings = &self.context.strings;
        let index: usize = text
            .trim()
            .parse()
            .map_err(|_| format!("\"{text}\" is not the number of a shared string"))?;
        let text = strings.get(index).ok_or_else(|| {
            format!(
                "it is shared string {index}, but there are only {}",
                strings.len()
            )
        })?;
        Ok(Value::Text(text.clone()))
    }

    fn text(&mut self, text: &str) -> Value {
        if let Some(known) = self.texts.get(text) {
            return Value::Text(known.clone());
        }
        let new: Arc<str> = text.into();
        self.texts.insert(text.into(), new.clone());
        Value::Text(new)
    }
}

/// A number as files write it. Infinities and NaN, which some programs write,
/// are errors in Excel's terms.
#[inline]
fn number(text: &str) -> Result<Value, String> {
    match text.parse::<f64>() {
        Ok(x) => Ok(Value::number(x)),
        Err(_) => {
            let trimmed = text.trim();
            match trimmed.parse::<f64>() {
                _ if trimmed.is_empty() => Ok(Value::Blank),
                Ok(x) => Ok(Value::number(x)),
                Err(_) => Err(format!("\"{text}\" is not a number")),
            }
        }
    }
}

/// The serial number of an ISO 8601 date, time, or both.
fn date(text: &str, system: DateSystem) -> Option<f64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (Some(day), Some(time)),
        None if text.contains('-') => (Some(text), None),
        None => (None, Some(text)),
    };
    let mut serial = 0.0;
    if let Some(day) = day {
        let mut parts = day.splitn(3, '-');
        let year: i64 = parts.next()?.parse().ok()?;
        let month: i64 = parts.next()?.parse().ok()?;
        let day: i64 = parts.next()?.parse().ok()?;
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let days = days_since_1970(year, month, day);
        serial += match system {
            // Day 60 is the 29 February 1900 that never was.
            DateSystem::Since1900 if days >= -25_508 => days + 25_569,
            DateSystem::Since1900 => days + 25_568,
            DateSystem::Since1904 => days + 24_107,
        } as f64;
    }
    if let Some(time) = time {
        let mut seconds = 0.0;
        let mut unit = 3600.0;
        for part in time.splitn(3, ':') {
            let x: f64 = part.parse().ok().filter(|x: &f64| x.is_finite())?;
            seconds += x * unit;
            unit /= 60.0;
        }
        serial += seconds / 86_400.0;
    }
    Some(serial)
}

/// Days from 1 January 1970 in the Gregorian calendar (Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms": years start in March, so leap days end them).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_dates_become_serial_numbers_of_either_system() {
        let day = |text| date(text, DateSystem::Since1900);
        assert_eq!(day("1900-01-01"), Some(1.0));
        assert_eq!(day("1900-02-28"), Some(59.0));
        assert_eq!(day("1900-03-01"), Some(61.0));
        assert_eq!(day("2024-05-31T12:00:00Z"), Some(45_443.5));
        assert_eq!(day("06:00:00.000"), Some(0.25));
        assert_eq!(date("1904-01-02", DateSystem::Since1904), Some(1.0));
        assert_eq!(day("2024-13-01"), None);
        assert_eq!(day("soon"), None);
    }

    #[test]
    fn numbers_that_are_none_are_errors() {
        assert_eq!(number("1.5E-3"), Ok(Value::Number(0.0015)));
        assert_eq!(number(" 2 "), Ok(Value::Number(2.0)));
        assert_eq!(number("NaN"), Ok(Value::Error(ErrorKind::Num)));
        assert_eq!(number("1e999"), Ok(Value::Error(ErrorKind::Num)));
        assert!(number("twelve").is_err());
    }
}
