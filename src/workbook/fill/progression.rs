//! How a few cells go on.

use super::FillKind;
use super::words::{Form, Word};
use crate::value::{DateSystem, Value, round_to_15_digits};
use std::sync::Arc;

/// A cell as the fill handle sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Number(f64),
    /// A number that is shown as a date or a time.
    Date(f64),
    Text(Arc<str>),
    /// A formula or a value that is repeated.
    Kept,
}

/// The unit by which dates go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateUnit {
    #[default]
    Day,
    /// Monday to Friday.
    Weekday,
    Month,
    Year,
}

/// Neighbouring cells that go on together.
#[derive(Clone, Debug, PartialEq)]
pub struct Progression {
    /// The first cell's place among the source's.
    pub first: usize,
    pub len: usize,
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Linear {
        start: f64,
        step: f64,
    },
    Growth {
        start: f64,
        factor: f64,
    },
    Dates {
        start: f64,
        step: i64,
        unit: DateUnit,
        dates: DateSystem,
    },
    Words {
        form: Form,
        start: i64,
        step: i64,
    },
}

impl Progression {
    /// The parts of a line of cells that go on; the others are repeated.
    pub fn find(items: &[Item], kind: FillKind, dates: DateSystem) -> Vec<Self> {
        let words: Vec<Option<Word>> = items
            .iter()
            .map(|item| match item {
                Item::Text(text) => Word::read(text),
                _ => None,
            })
            .collect();
        let together = |a: usize, b: usize| match (&items[a], &items[b]) {
            (Item::Number(_), Item::Number(_)) | (Item::Date(_), Item::Date(_)) => true,
            (Item::Text(_), Item::Text(_)) => match (&words[a], &words[b]) {
                (Some(a), Some(b)) => alike(&a.form, &b.form),
                _ => false,
            },
            _ => false,
        };
        let mut out = Vec::new();
        let mut first = 0;
        while first < items.len() {
            let mut end = first + 1;
            while end < items.len() && together(end - 1, end) {
                end += 1;
            }
            let rule = match &items[first] {
                Item::Kept => None,
                Item::Text(_) => {
                    let places: Option<Vec<&Word>> =
                        words[first..end].iter().map(Option::as_ref).collect();
                    places.and_then(|words| word_rule(&words))
                }
                Item::Number(_) | Item::Date(_) => {
                    let numbers: Vec<f64> = items[first..end]
                        .iter()
                        .filter_map(|item| match item {
                            Item::Number(x) | Item::Date(x) => Some(*x),
                            _ => None,
                        })
                        .collect();
                    let is_date = matches!(items[first], Item::Date(_));
                    let alone = items.len() == 1;
                    number_rule(&numbers, is_date, alone, kind, dates)
                }
            };
            out.extend(rule.map(|rule| Self {
                first,
                len: end - first,
                rule,
            }));
            first = end;
        }
        out
    }

    /// A sequence of one number after another, not tied to cells.
    pub fn dates(start: f64, step: i64, unit: DateUnit, dates: DateSystem) -> Self {
        Self {
            first: 0,
            len: 1,
            rule: Rule::Dates {
                start,
                step,
                unit,
                dates,
            },
        }
    }

    /// The straight line through numbers, as close as it comes.
    pub fn line(numbers: &[f64]) -> Self {
        let (start, step) = fit(numbers);
        Self {
            first: 0,
            len: numbers.len(),
            rule: Rule::Linear { start, step },
        }
    }

    /// The exponential curve through numbers, as close as it comes; `None`
    /// where one is not positive.
    pub fn curve(numbers: &[f64]) -> Option<Self> {
        Some(Self {
            first: 0,
            len: numbers.len(),
            rule: growth(numbers)?,
        })
    }

    pub fn is_numeric(&self) -> bool {
        !matches!(self.rule, Rule::Words { .. })
    }

    /// The value so many places from the first cell, backwards where negative.
    pub fn value(&self, index: i64) -> Value {
        match &self.rule {
            Rule::Linear { start, step } => {
                Value::number(round_to_15_digits(start + step * index as f64))
            }
            Rule::Growth { start, factor } => {
                Value::number(round_to_15_digits(start * factor.powf(index as f64)))
            }
            Rule::Dates {
                start,
                step,
                unit,
                dates,
            } => match after(*start, step.saturating_mul(index), *unit, *dates) {
                Some(serial) => Value::number(serial),
                None => Value::Error(crate::value::ErrorKind::Num),
            },
            Rule::Words { form, start, step } => {
                let place = start.saturating_add(step.saturating_mul(index));
                Value::text(form.write(place))
            }
        }
    }
}

/// Whether two words are of one sequence.
fn alike(a: &Form, b: &Form) -> bool {
    match (a, b) {
        (
            Form::Name { names, short, .. },
            Form::Name {
                names: other,
                short: other_short,
                ..
            },
        ) => names == other && (short == other_short || names[4] == "May"),
        (
            Form::Numbered { before, after, .. },
            Form::Numbered {
                before: other,
                after: other_after,
                ..
            },
        ) => before == other && after == other_after,
        _ => a == b,
    }
}

fn word_rule(words: &[&Word]) -> Option<Rule> {
    let first = words.first()?;
    let mut step = match words.get(1) {
        Some(second) => second.place - first.place,
        None => 1,
    };
    if let Some(period) = first.form.period() {
        // The shorter way around: Friday, Saturday, Sunday goes forward.
        step = (step + period / 2).rem_euclid(period) - period / 2;
    }
    let goes = words.windows(2).all(|pair| {
        let by = pair[1].place - pair[0].place - step;
        first
            .form
            .period()
            .map_or(by == 0, |period| by.rem_euclid(period) == 0)
    });
    // What does not go evenly follows the line through it.
    let (start, step) = match (goes, first.form.period()) {
        (true, _) => (first.place, step),
        (false, None) => {
            let places: Vec<f64> = words.iter().map(|w| w.place as f64).collect();
            let (start, step) = fit(&places);
            (start.round() as i64, step.round() as i64)
        }
        (false, Some(_)) => return None,
    };
    Some(Rule::Words {
        form: first.form.clone(),
        start,
        step,
    })
}

fn number_rule(
    numbers: &[f64],
    is_date: bool,
    alone: bool,
    kind: FillKind,
    dates: DateSystem,
) -> Option<Rule> {
    let start = *numbers.first()?;
    let unit = match kind {
        FillKind::Dates(unit) => Some(unit),
        _ => None,
    };
    if kind == FillKind::Growth && numbers.len() > 1 {
        return growth(numbers);
    }
    if is_date || unit.is_some() {
        let is_time = numbers.iter().all(|x| (0.0..1.0).contains(x));
        if is_time && unit.is_none() {
            let (start, step) = match numbers.len() {
                1 => (start, 1.0 / 24.0),
                _ => fit(numbers),
            };
            return Some(Rule::Linear { start, step });
        }
        return Some(date_rule(numbers, unit, dates));
    }
    let goes_on = matches!(kind, FillKind::Series | FillKind::Growth) || !alone;
    let (start, step) = match numbers.len() {
        1 => (start, goes_on.then_some(1.0)?),
        _ => fit(numbers),
    };
    Some(Rule::Linear { start, step })
}

fn date_rule(numbers: &[f64], unit: Option<DateUnit>, dates: DateSystem) -> Rule {
    let start = numbers[0];
    let Some(second) = numbers.get(1) else {
        return Rule::Dates {
            start,
            step: 1,
            unit: unit.unwrap_or_default(),
            dates,
        };
    };
    let months = |x: f64| {
        let date = dates.date(x)?;
        Some(i64::from(date.year) * 12 + i64::from(date.month))
    };
    // By months where they all lie on the same day, or on months' last days.
    let by_months = months(start).zip(months(*second)).map(|(a, b)| b - a);
    let follows = |step: i64| {
        step != 0
            && (0_i64..).zip(numbers).all(|(i, x)| {
                after(start, step * i, DateUnit::Month, dates)
                    .is_some_and(|serial| (serial - x).abs() < 1e-9)
            })
    };
    if let Some(step) = by_months.filter(|step| follows(*step)) {
        return Rule::Dates {
            start,
            step,
            unit: DateUnit::Month,
            dates,
        };
    }
    if unit == Some(DateUnit::Weekday) {
        let between = weekdays_between(start, *second, dates);
        return Rule::Dates {
            start,
            step: between,
            unit: DateUnit::Weekday,
            dates,
        };
    }
    let (start, step) = fit(numbers);
    Rule::Linear { start, step }
}

/// The start and the slope of the straight line through numbers: exact where
/// they lie on one, else by least squares.
fn fit(numbers: &[f64]) -> (f64, f64) {
    let [first, second, ..] = numbers else {
        return (numbers.first().copied().unwrap_or(0.0), 1.0);
    };
    let step = round_to_15_digits(second - first);
    let even = numbers.windows(2).all(|pair| {
        let off = pair[1] - pair[0] - step;
        off.abs() <= 1e-12 * pair[1].abs().max(pair[0].abs())
    });
    if even {
        return (*first, step);
    }
    let n = numbers.len() as f64;
    let mean_index = (n - 1.0) / 2.0;
    let mean = numbers.iter().sum::<f64>() / n;
    let (mut cross, mut square) = (0.0, 0.0);
    for (i, x) in numbers.iter().enumerate() {
        let off = i as f64 - mean_index;
        cross += off * (x - mean);
        square += off * off;
    }
    let slope = cross / square;
    (mean - slope * mean_index, slope)
}

fn growth(numbers: &[f64]) -> Option<Rule> {
    if numbers.iter().any(|x| *x <= 0.0) {
        return None;
    }
    let [first, second, ..] = numbers else {
        return None;
    };
    let factor = second / first;
    let even = numbers
        .windows(2)
        .all(|pair| (pair[1] / pair[0] - factor).abs() <= 1e-12 * factor);
    if even {
        return Some(Rule::Growth {
            start: *first,
            factor,
        });
    }
    let logarithms: Vec<f64> = numbers.iter().map(|x| x.ln()).collect();
    let (start, slope) = fit(&logarithms);
    Some(Rule::Growth {
        start: start.exp(),
        factor: slope.exp(),
    })
}

/// The date so many units after another; the time of day stays. Months end
/// where they end: a month after 31 January is the last of February.
fn after(start: f64, count: i64, unit: DateUnit, dates: DateSystem) -> Option<f64> {
    let day = start.floor();
    let time = start - day;
    let day = match unit {
        DateUnit::Day => day as i64 + count,
        DateUnit::Weekday => add_weekdays(day as i64, count, dates),
        DateUnit::Month | DateUnit::Year => {
            let date = dates.date(day)?;
            let months = count.checked_mul(match unit {
                DateUnit::Year => 12,
                _ => 1,
            })?;
            let month =
                (i64::from(date.year) * 12 + i64::from(date.month) - 1).checked_add(months)?;
            let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
            let days = dates.month_days(i32::try_from(year).ok()?, month as u32);
            dates.serial(year, month, i64::from(date.day.min(days)))?
        }
    };
    let serial = day as f64 + time;
    (0.0..dates.end() as f64)
        .contains(&serial)
        .then_some(serial)
}

fn is_weekday(day: i64, dates: DateSystem) -> bool {
    !matches!(dates.weekday(day), 0 | 6)
}

fn add_weekdays(day: i64, count: i64, dates: DateSystem) -> i64 {
    let step = count.signum();
    let (weeks, mut rest) = (count / 5, count % 5);
    let mut day = day;
    // From a weekend the first step leads onto a weekday.
    while !is_weekday(day, dates) && count != 0 {
        day -= step;
    }
    day += weeks * 7;
    while rest != 0 {
        day += step;
        if is_weekday(day, dates) {
            rest -= step;
        }
    }
    day
}

fn weekdays_between(from: f64, to: f64, dates: DateSystem) -> i64 {
    let (from, to) = (from.floor() as i64, to.floor() as i64);
    let step = (to - from).signum();
    let days = (to - from).abs();
    let rest = (1..=days % 7).filter(|i| is_weekday(from + i * step, dates));
    (days / 7 * 5 + rest.count() as i64) * step
}
