//! Number formats: a value and a format code give the text that a cell shows.
//!
//! The codes are read by `ssfmt`, which also writes dates, fractions and
//! exponents. Plain numbers are written here, because Excel works with the 15
//! decimal digits of a number where `ssfmt` works with its bits: 1.005 with
//! `0.00` is 1.01, and 1E22 with `0` has its 23 digits.

use super::coerce::significant_digits;
use super::general::general_of_text;
use super::{DateSystem, Value};
use ssfmt::ast::{Condition, DigitPlaceholder, FormatPart, Section};

pub use super::general::general;
pub use super::printable::printable;
pub use ssfmt::ast::{Color, NamedColor};

/// A number format, read once for many cells.
/// By default General.
#[derive(Clone, Debug, Default)]
pub struct Format {
    /// At most four; none for General.
    sections: Vec<Part>,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub text: String,
    /// The colour that the format's section asks for: `[Red]`.
    pub color: Option<Color>,
}

#[derive(Clone, Debug)]
struct Part {
    section: Section,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing is shown: the second section of `0;;`.
    Blank,
    General,
    /// Digits, literals, percent: written here.
    Plain,
    Date,
    /// Fractions and exponents: written by `ssfmt`.
    Other,
}

impl Format {
    /// Reads a code; `None` where it is none.
    pub fn parse(code: &str) -> Option<Self> {
        let parsed = match code.trim() {
            "" => return Some(Self { sections: vec![] }),
            general if general.eq_ignore_ascii_case("general") => {
                return Some(Self { sections: vec![] });
            }
            _ => ssfmt::NumberFormat::parse(code).ok()?,
        };
        let mut sections = Vec::new();
        for (i, section) in parsed.sections().iter().enumerate() {
            let kind = kind(section, section_text(code, i))?;
            let section = section.clone();
            sections.push(Part { section, kind });
        }
        Some(Self { sections })
    }

    /// Whether it shows numbers as General does.
    pub fn is_general(&self) -> bool {
        self.sections
            .first()
            .is_none_or(|part| part.kind == Kind::General)
    }

    /// Whether it shows numbers as dates or times.
    pub fn is_date(&self) -> bool {
        self.sections.first().is_some_and(|p| p.kind == Kind::Date)
    }

    /// The decimals its first section shows.
    pub fn decimals(&self) -> usize {
        self.sections
            .first()
            .map_or(0, |part| Layout::new(&part.section).decimals.len())
    }

    /// Whether its first section shows percentages.
    pub fn is_percentage(&self) -> bool {
        self.sections
            .first()
            .is_some_and(|part| part.section.has_percent())
    }

    /// A value as the format shows it. `None` for a number that it cannot
    /// show: a date before day 0 or after the year 9999.
    pub fn show(&self, value: &Value, dates: DateSystem) -> Option<Shown> {
        match value {
            Value::Blank => Some(Shown::plain("")),
            Value::Number(x) => self.show_number(*x, dates),
            Value::Text(text) => Some(self.show_text(text)),
            Value::Bool(_) => Some(Shown::plain(if *value == Value::Bool(true) {
                "TRUE"
            } else {
                "FALSE"
            })),
            Value::Error(kind) => Some(Shown::plain(kind.as_str())),
            Value::Array(array) => self.show(array.get(0, 0), dates),
        }
    }

    fn show_text(&self, text: &str) -> Shown {
        let part = match self.sections.as_slice() {
            [_, _, _, part, ..] => Some(part),
            // A last section with @ is for text, however many there are.
            [.., part] if part.section.has_text_placeholder() => Some(part),
            _ => None,
        };
        let Some(part) = part else {
            return Shown::plain(text);
        };
        let mut shown = String::new();
        for piece in &part.section.parts {
            match piece {
                FormatPart::TextPlaceholder => shown.push_str(text),
                _ => push_literal(&mut shown, piece),
            }
        }
        Shown {
            text: shown,
            color: part.section.color,
        }
    }

    fn show_number(&self, x: f64, dates: DateSystem) -> Option<Shown> {
        let Some((part, signed)) = self.select(x) else {
            return Some(Shown::plain(&general_of_text(x)));
        };
        let magnitude = x.abs();
        let minus = if signed && x < 0.0 { "-" } else { "" };
        let text = match part.kind {
            Kind::Blank => String::new(),
            Kind::General => {
                let mut text = String::from(minus);
                if part.section.parts.is_empty() {
                    text.push_str(&general_of_text(magnitude));
                }
                for piece in &part.section.parts {
                    match piece {
                        FormatPart::GeneralNumber => text.push_str(&general_of_text(magnitude)),
                        FormatPart::TextPlaceholder => text.push_str(&general_of_text(magnitude)),
                        _ => push_literal(&mut text, piece),
                    }
                }
                text
            }
            Kind::Plain => {
                let (text, zero) = Layout::new(&part.section).write(magnitude);
                if zero { text } else { format!("{minus}{text}") }
            }
            Kind::Date => {
                if !(0.0..dates.end() as f64).contains(&x) {
                    return None;
                }
                part.write_with_ssfmt(x, dates)?
            }
            Kind::Other => {
                // Zero has no exponent of its own; it is written as 1 is.
                let scientific = part.is_scientific();
                let text = if magnitude == 0.0 && scientific {
                    part.write_with_ssfmt(1.0, dates)?.replacen('1', "0", 1)
                } else {
                    part.write_with_ssfmt(magnitude, dates)?
                };
                let zero = !text.bytes().any(|b| matches!(b, b'1'..=b'9'));
                if zero { text } else { format!("{minus}{text}") }
            }
        };
        Some(Shown {
            text,
            color: part.section.color,
        })
    }

    /// The section for a number, and whether a minus belongs before it.
    fn select(&self, x: f64) -> Option<(&Part, bool)> {
        // A section for text alone is not one for numbers.
        let numeric = match self.sections.as_slice() {
            [first @ .., last] if last.section.has_text_placeholder() && !first.is_empty() => first,
            all => &all[..all.len().min(3)],
        };
        if numeric.iter().any(|p| p.section.condition.is_some()) {
            let holds = |part: &&Part| match part.section.condition {
                Some(condition) => condition.evaluate(x),
                None => true,
            };
            let part = numeric.iter().find(holds).or(numeric.last())?;
            let only_negative = match part.section.condition {
                Some(Condition::LessThan(bound)) => bound <= 0.0,
                Some(Condition::LessOrEqual(bound)) => bound < 0.0,
                _ => false,
            };
            return Some((part, !only_negative));
        }
        match numeric {
            [] => None,
            [only] => Some((only, true)),
            [_, negative, ..] if x < 0.0 => Some((negative, false)),
            [_, _, zero] if x == 0.0 => Some((zero, false)),
            [positive, ..] => Some((positive, true)),
        }
    }
}

impl Shown {
    fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            color: None,
        }
    }
}

impl Part {
    fn is_scientific(&self) -> bool {
        let parts = &self.section.parts;
        parts
            .iter()
            .any(|part| matches!(part, FormatPart::Scientific { .. }))
    }

    fn write_with_ssfmt(&self, x: f64, dates: DateSystem) -> Option<String> {
        let options = ssfmt::FormatOptions {
            date_system: match dates {
                DateSystem::Since1900 => ssfmt::DateSystem::Date1900,
                DateSystem::Since1904 => ssfmt::DateSystem::Date1904,
            },
            ..Default::default()
        };
        let section = Section {
            condition: None,
            ..self.section.clone()
        };
        // ssfmt takes day 0 for 0 January 1900 in either system.
        let elapsed = |part: &FormatPart| matches!(part, FormatPart::Elapsed(_));
        let first_of_1904 = dates == DateSystem::Since1904 && x < 1.0 && self.kind == Kind::Date;
        if first_of_1904 && !section.parts.iter().any(elapsed) {
            return self.write_with_ssfmt(x + FIRST_OF_1904, DateSystem::Since1900);
        }
        ssfmt::NumberFormat::from_sections(vec![section])
            .try_format(x, &options)
            .ok()
    }
}

/// 1 January 1904 in the 1900 system.
const FIRST_OF_1904: f64 = 1462.0;

/// Shows a value by a code. A code that cannot be read shows as General does,
/// and a date out of range as `########`.
pub fn show(value: &Value, code: &str, dates: DateSystem) -> Shown {
    Format::parse(code)
        .unwrap_or(Format { sections: vec![] })
        .show(value, dates)
        .unwrap_or_else(|| Shown::plain("########"))
}

/// How a section is to be written; `None` where it mixes dates with digits.
fn kind(section: &Section, text: &str) -> Option<Kind> {
    let parts = &section.parts;
    let has = |test: fn(&FormatPart) -> bool| parts.iter().any(test);
    if text.trim().is_empty() {
        return Some(Kind::Blank);
    }
    if section.has_date_parts() {
        let mixed = has(|p| {
            matches!(
                p,
                FormatPart::Digit(_) | FormatPart::Percent | FormatPart::Fraction { .. }
            )
        });
        return (!mixed).then_some(Kind::Date);
    }
    let special = has(|p| {
        matches!(
            p,
            FormatPart::Fraction { .. } | FormatPart::Scientific { .. }
        )
    });
    Some(if special {
        Kind::Other
    } else if parts.is_empty()
        || has(|p| matches!(p, FormatPart::GeneralNumber | FormatPart::TextPlaceholder))
    {
        Kind::General
    } else {
        Kind::Plain
    })
}

/// The text of a code's section: what lies between semicolons that are not
/// quoted, escaped or in brackets.
fn section_text(code: &str, index: usize) -> &str {
    let mut start = 0;
    let mut section = 0;
    let mut quoted = false;
    let mut bracket = false;
    let mut escaped = false;
    for (at, c) in code.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => bracket = true,
            ']' if !quoted => bracket = false,
            ';' if !quoted && !bracket => {
                if section == index {
                    return &code[start..at];
                }
                section += 1;
                start = at + 1;
            }
            _ => {}
        }
    }
    if section == index { &code[start..] } else { "" }
}

fn push_literal(text: &mut String, piece: &FormatPart) {
    match piece {
        FormatPart::Literal(literal) | FormatPart::EscapedLiteral(literal) => {
            text.push_str(literal);
        }
        // The width of a character; in text all are a space wide.
        FormatPart::Skip(_) => text.push(' '),
        FormatPart::Locale(locale) => text.push_str(locale.currency.as_deref().unwrap_or("")),
        FormatPart::Percent => text.push('%'),
        _ => {}
    }
}

/// What the placeholders of a plain section ask for.
struct Layout<'a> {
    parts: &'a [FormatPart],
    /// Index of the decimal point among the parts, or their number.
    point: usize,
    /// The placeholders before and after the point, by their index.
    whole: Vec<usize>,
    decimals: Vec<usize>,
    grouped: bool,
    /// The power of ten the number is multiplied with: 2 for each percent
    /// sign, -3 for each comma after the last digit.
    scale: i32,
}

impl<'a> Layout<'a> {
    fn new(section: &'a Section) -> Self {
        let parts = section.parts.as_slice();
        let point = parts
            .iter()
            .position(|p| matches!(p, FormatPart::DecimalPoint))
            .unwrap_or(parts.len());
        let digits = |range: std::ops::Range<usize>| -> Vec<usize> {
            range
                .filter(|&i| matches!(parts[i], FormatPart::Digit(_)))
                .collect()
        };
        let whole = digits(0..point);
        let decimals = digits(point..parts.len());
        let mut grouped = false;
        let mut scale = 0;
        for (i, part) in parts.iter().enumerate() {
            match part {
                FormatPart::Percent => scale += 2,
                FormatPart::ThousandsSeparator => {
                    let after = |list: &[usize]| list.last().is_some_and(|&last| i > last);
                    if whole.first().is_some_and(|&first| i > first) && !after(&whole) {
                        grouped = true;
                    } else if after(&whole) && i < point || after(&decimals) {
                        scale -= 3;
                    }
                }
                _ => {}
            }
        }
        Self {
            parts,
            point,
            whole,
            decimals,
            grouped,
            scale,
        }
    }

    /// Writes a number that is not negative, and says whether all its digits
    /// came out zero.
    fn write(&self, x: f64) -> (String, bool) {
        let (whole, decimals) = decimal_digits(x, self.scale, self.decimals.len());
        let has_digits = !self.whole.is_empty() || !self.decimals.is_empty();
        let zero = has_digits && whole.is_empty() && decimals.bytes().all(|b| b == b'0');
        let significant = decimals.trim_end_matches('0').len();
        let mut text = String::new();
        let mut next_decimal = 0;
        for (i, part) in self.parts.iter().enumerate() {
            match part {
                FormatPart::Digit(placeholder) if i < self.point => {
                    self.write_whole(&mut text, i, *placeholder, &whole);
                }
                FormatPart::Digit(placeholder) => {
                    match (next_decimal < significant, placeholder.empty_char()) {
                        (true, _) => text.push_str(&decimals[next_decimal..=next_decimal]),
                        (false, Some(empty)) => text.push(empty),
                        (false, None) => {}
                    }
                    next_decimal += 1;
                }
                FormatPart::DecimalPoint => {
                    if self.whole.is_empty() {
                        text.push_str(&whole);
                    }
                    text.push('.');
                }
                _ => push_literal(&mut text, part),
            }
        }
        (text, zero)
    }

    /// The digits that stand at one placeholder before the point: the first
    /// takes all that have no placeholder of their own.
    fn write_whole(
        &self,
        text: &mut String,
        at: usize,
        placeholder: DigitPlaceholder,
        digits: &str,
    ) {
        let position = self.whole.iter().position(|&i| i == at).unwrap_or(0);
        // Places count from the right, the units are 0.
        let place = self.whole.len() - 1 - position;
        let first = if position == 0 {
            digits.len().max(place + 1) - 1
        } else {
            place
        };
        for place in (place..=first).rev() {
            let digit = digits
                .len()
                .checked_sub(place + 1)
                .map(|i| char::from(digits.as_bytes()[i]));
            match digit.or(placeholder.empty_char()) {
                Some(c) => text.push(c),
                None => continue,
            }
            if self.grouped && place > 0 && place % 3 == 0 {
                let before = digit.is_some() || placeholder == DigitPlaceholder::Zero;
                text.push(if before { ',' } else { ' ' });
            }
        }
    }
}

/// The decimal digits of `x` * 10^`scale` before and after the point, `x`
/// taken with 15 significant digits and rounded half up to `decimals` places.
/// No digits stand before the point of a number below 1.
pub(super) fn decimal_digits(x: f64, scale: i32, decimals: usize) -> (String, String) {
    let (digits, exponent) = significant_digits(x);
    let mut digits = digits.into_bytes();
    // The place of the first digit, counted from the point: 1 for units.
    let mut place = exponent + scale + 1;
    let keep = place + decimals as i32;
    if keep < 0 || x == 0.0 {
        return (String::new(), "0".repeat(decimals));
    }
    let keep = keep as usize;
    if keep < digits.len() {
        let up = digits[keep] >= b'5';
        digits.truncate(keep);
        if up {
            let carried = digits.iter_mut().rev().all(|digit| {
                let nine = *digit == b'9';
                *digit = if nine { b'0' } else { *digit + 1 };
                nine
            });
            if carried {
                digits.insert(0, b'1');
                place += 1;
            }
        }
    }
    let mut whole = String::new();
    let mut fraction = "0".repeat((-place).clamp(0, decimals as i32) as usize);
    for (i, digit) in digits.iter().enumerate() {
        if (i as i32) < place {
            whole.push(char::from(*digit));
        } else {
            fraction.push(char::from(*digit));
        }
    }
    while (whole.len() as i32) < place {
        whole.push('0');
    }
    while fraction.len() < decimals {
        fraction.push('0');
    }
    fraction.truncate(decimals);
    (whole, fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(x: f64, code: &str) -> String {
        show(&Value::Number(x), code, DateSystem::Since1900).text
    }

    #[test]
    fn numbers_show_as_in_excel() {
        for (x, code, shown) in [
            (12.0, "#,##0_);(#,##0)", "12 "),
            (-12.0, "#,##0_);(#,##0)", "(12)"),
            (-1.0 / 3.0, "0", "0"),
            (-1.0 / 3.0, "$#,##0_);($#,##0)", "($0)"),
            (-12_345.678_9, "00-00-00-00", "-00-01-23-46"),
            (123_456_789_012.0, "00-00-00-00", "123456-78-90-12"),
            (1.0 / 3.0, "[Red]#.#", ".3"),
            (0.0, "[Red]#.#", "."),
            (12_345.678_9, "#,#.00 \"Millions!\"", "12,345.68 Millions!"),
            (
                123_456_789_012.0,
                "#,##0,, \"Millions\"",
                "123,457 Millions",
            ),
            (1.23456e19, "0.00%", "1234560000000000000000.00%"),
            (1.23456e19, "#,##0", "12,345,600,000,000,000,000"),
            (1e22, "0", "10000000000000000000000"),
            (1.005, "0.00", "1.01"),
            (0.999, "0.00", "1.00"),
            (-3.0, "0;;;@", ""),
            (0.0, "0;-0;;@", ""),
            (7.0, "000", "007"),
            (7.0, "0,000", "0,007"),
            (7.25, "0.0##", "7.25"),
            (7.25, "?0.???", " 7.25 "),
            (-2.5e-10, "0.00E+0", "-2.50E-10"),
            (0.0, "0.00E+0", "0.00E+0"),
            (1.5, "# ?/?", "1 1/2"),
            (43_832.5, "yyyy-mm-dd hh:mm", "2020-01-02 12:00"),
            (60.0, "d mmm yyyy", "29 Feb 1900"),
            (5.0, "[>3]\"big\";\"small\"", "big"),
            (-5.0, "[<0]0;0", "5"),
            (5.0, "@", "5"),
            (1e-8, "General", "0.00000001"),
            (-2.5e-9, "General", "-2.5E-09"),
            (123_456_789_012.0, "General", "1.23457E+11"),
            (1.0 / 3.0, "General", "0.333333333"),
        ] {
            assert_eq!(text(x, code), shown, "{x} as {code}");
        }
    }

    #[test]
    fn dates_mixed_with_digits_and_dates_out_of_range_have_no_form() {
        assert!(Format::parse("mm###").is_none());
        let format = Format::parse("m/d/yy").unwrap();
        for x in [-1.0, 2_958_466.0] {
            assert_eq!(format.show(&Value::Number(x), DateSystem::Since1900), None);
        }
    }

    #[test]
    fn text_formats_and_colours_are_applied() {
        let shown = |value: Value, code| show(&value, code, DateSystem::Since1900);
        assert_eq!(shown("a".into(), "0;0;0;\"<\"@\">\"").text, "<a>");
        assert_eq!(shown("a".into(), "0.00").text, "a");
        assert_eq!(shown(true.into(), "0.00").text, "TRUE");
        assert_eq!(
            shown(Value::Number(-1.0), "0;[Red]0").color,
            Some(Color::Named(NamedColor::Red))
        );
    }
}
