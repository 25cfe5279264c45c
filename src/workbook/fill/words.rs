//! Texts that have a next one: weekdays, months, quarters, texts with a number.

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A text as a place in a sequence, and how to write others of the sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub form: Form,
    pub place: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A weekday or a month, by its full name or its first three letters.
    Name {
        names: &'static [&'static str],
        short: bool,
        case: Case,
    },
    /// `Q1`, `Qtr 1`, `Quarter 1`: what stands before the number.
    Quarter(String),
    /// `1st place`: what stands after the ending.
    Ordinal(String),
    /// A number at the end, or else at the beginning, with so many digits at least.
    Numbered {
        before: String,
        after: String,
        digits: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Lower,
    Upper,
    Title,
}

impl Word {
    pub fn read(text: &str) -> Option<Self> {
        named(text)
            .or_else(|| quarter(text))
            .or_else(|| numbered(text))
            .or_else(|| ordinal(text))
            .or_else(|| leading(text))
    }
}

impl Form {
    /// How many places there are before the sequence begins anew.
    pub fn period(&self) -> Option<i64> {
        match self {
            Self::Name { names, .. } => Some(names.len() as i64),
            Self::Quarter(_) => Some(4),
            Self::Ordinal(_) | Self::Numbered { .. } => None,
        }
    }

    pub fn write(&self, place: i64) -> String {
        match self {
            Self::Name { names, short, case } => {
                let name = names[place.rem_euclid(names.len() as i64) as usize];
                let name = if *short { &name[..3] } else { name };
                match case {
                    Case::Lower => name.to_lowercase(),
                    Case::Upper => name.to_uppercase(),
                    Case::Title => name.to_owned(),
                }
            }
            Self::Quarter(before) => format!("{before}{}", place.rem_euclid(4) + 1),
            Self::Ordinal(after) => {
                let number = place.unsigned_abs();
                format!("{number}{}{after}", ending(number))
            }
            Self::Numbered {
                before,
                after,
                digits,
            } => format!("{before}{:0digits$}{after}", place.unsigned_abs()),
        }
    }
}

fn named(text: &str) -> Option<Word> {
    let lists: [&'static [&'static str]; 2] = [&DAYS, &MONTHS];
    for names in lists {
        for (place, name) in names.iter().enumerate() {
            let short = text.len() == 3;
            let wanted = if short { &name[..3] } else { name };
            if !text.eq_ignore_ascii_case(wanted) {
                continue;
            }
            let case = match text {
                _ if text == text.to_lowercase() => Case::Lower,
                _ if text == text.to_uppercase() => Case::Upper,
                _ => Case::Title,
            };
            return Some(Word {
                form: Form::Name { names, short, case },
                place: place as i64,
            });
        }
    }
    None
}

fn quarter(text: &str) -> Option<Word> {
    let digit = text.chars().next_back()?.to_digit(10)?;
    let before = &text[..text.len() - 1];
    let word = before.trim_end().to_lowercase();
    let is_quarter = matches!(word.as_str(), "q" | "qtr" | "quarter");
    (is_quarter && (1..=4).contains(&digit)).then(|| Word {
        form: Form::Quarter(before.to_owned()),
        place: i64::from(digit) - 1,
    })
}

/// Digits as a number; longer ones than a number holds exactly are none.
fn number(digits: &str) -> Option<i64> {
    (1..=15)
        .contains(&digits.len())
        .then(|| digits.parse().ok())
        .flatten()
}

fn numbered(text: &str) -> Option<Word> {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &text[before.len()..];
    Some(Word {
        place: number(digits)?,
        form: Form::Numbered {
            before: before.to_owned(),
            after: String::new(),
            digits: padded(digits),
        },
    })
}

fn ordinal(text: &str) -> Option<Word> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    let place = number(digits)?;
    let (given, after) = rest.split_at_checked(2)?;
    let apart = !after.starts_with(|c: char| c.is_alphanumeric());
    (apart && given.eq_ignore_ascii_case(ending(place.unsigned_abs()))).then(|| Word {
        place,
        form: Form::Ordinal(after.to_owned()),
    })
}

/// A number at the beginning, with a space after it.
fn leading(text: &str) -> Option<Word> {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - after.len()];
    let place = number(digits)?;
    after.starts_with(' ').then(|| Word {
        place,
        form: Form::Numbered {
            before: String::new(),
            after: after.to_owned(),
            digits: padded(digits),
        },
    })
}

/// The digits that a number keeps where it was written with zeros before it.
fn padded(digits: &str) -> usize {
    match digits.starts_with('0') {
        true => digits.len(),
        false => 1,
    }
}

fn ending(number: u64) -> &'static str {
    match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}
