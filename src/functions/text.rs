//! Text: parts, searching, replacing, joining, splitting, characters.
//!
//! Lengths and places count UTF-16 units, as Excel counts them: a character
//! outside of the basic plane counts two. Results longer than 32,767 units
//! are `#VALUE!`.

use super::arguments::{Scalars, done, given};
use super::params::{optional, range, repeating, scalar};
use super::wildcard::Wildcard;
use super::{Category, Context, Function, Operand, Param, Smoothness, ValueRule};
use crate::value::{Array, ErrorKind, MAX_TEXT, Value, fold_case, number_to_text};

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Text, name, params, help, value).not_differentiable("it gives text")
}

/// A function of texts that gives a number or a truth.
const fn measure(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function {
        smoothness: Smoothness::PiecewiseConstant,
        ..Function::new(Category::Text, name, params, help, value)
    }
}

const ENDS: &[Param] = &[
    scalar("text"),
    optional(scalar("count").help("how many characters, 1 if left out")),
];
const FINDS: &[Param] = &[
    scalar("find_text"),
    scalar("within_text"),
    optional(scalar("start").help("the character to begin at, 1 if left out")),
];
const DELIMITED: &[Param] = &[
    scalar("text"),
    range("delimiter"),
    optional(scalar("instance")),
    optional(scalar("match_mode")),
    optional(scalar("match_end")),
    optional(scalar("if_not_found")),
];

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "CHAR",
        &[scalar("number").help("a character's code, 1 to 255")],
        "The character of a code from 1 to 255 (Windows-1252).",
        ValueRule::Scalar(|args, _| {
            done(args.whole(0).and_then(|code| {
                if !(1.0..=255.0).contains(&code) {
                    return Err(ErrorKind::Value);
                }
                Ok(Value::text(from_ansi(code as u8).to_string()))
            }))
        }),
    ),
    entry(
        "CLEAN",
        &[scalar("text")],
        "A text without its control characters (codes 0 to 31).",
        ValueRule::Scalar(|args, _| {
            done(args.text(0).map(|text| {
                let kept: String = text.chars().filter(|&c| c >= ' ').collect();
                Value::text(kept)
            }))
        }),
    ),
    measure(
        "CODE",
        &[scalar("text")],
        "The code of a text's first character (Windows-1252; 63 where it has none).",
        ValueRule::Scalar(|args, _| {
            done(args.text(0).and_then(|text| {
                let first = text.chars().next().ok_or(ErrorKind::Value)?;
                Ok(f64::from(to_ansi(first)))
            }))
        }),
    ),
    entry(
        "CONCAT",
        &[range("text1"), repeating(range("text2"))],
        "The texts of all arguments and cells joined.",
        ValueRule::Operands(|args, ctx| {
            let mut texts = Vec::new();
            for arg in args {
                collect(arg, ctx, &mut texts)?;
            }
            Ok(Value::checked_text(texts.concat()).into())
        }),
    )
    .xlfn(),
    entry(
        "CONCATENATE",
        &[scalar("text1"), repeating(scalar("text2"))],
        "Several texts joined.",
        ValueRule::Scalar(|args, _| {
            let texts: Result<Vec<_>, _> = args.iter().map(Value::to_text).collect();
            done(texts.map(|texts| Value::checked_text(texts.concat())))
        }),
    ),
    measure(
        "EXACT",
        &[scalar("text1"), scalar("text2")],
        "Whether two texts are the same, case included.",
        ValueRule::Scalar(|args, _| done(args.text(0).and_then(|a| Ok(a == args.text(1)?)))),
    ),
    measure(
        "FIND",
        FINDS,
        "The place of a text within another, case counting.",
        ValueRule::Scalar(|args, _| done(find(args))),
    ),
    measure(
        "FINDB",
        FINDS,
        "As FIND: a byte is a character here.",
        ValueRule::Scalar(|args, _| done(find(args))),
    ),
    entry(
        "LEFT",
        ENDS,
        "The first characters of a text.",
        ValueRule::Scalar(|args, _| done(ends(args, true))),
    ),
    entry(
        "LEFTB",
        ENDS,
        "As LEFT: a byte is a character here.",
        ValueRule::Scalar(|args, _| done(ends(args, true))),
    ),
    measure(
        "LEN",
        &[scalar("text")],
        "The number of characters of a text.",
        ValueRule::Scalar(|args, _| done(args.text(0).map(|text| length(&text) as f64))),
    ),
    measure(
        "LENB",
        &[scalar("text")],
        "As LEN: a byte is a character here.",
        ValueRule::Scalar(|args, _| done(args.text(0).map(|text| length(&text) as f64))),
    ),
    entry(
        "LOWER",
        &[scalar("text")],
        "A text in small letters.",
        ValueRule::Scalar(|args, _| {
            done(args.text(0).map(|text| Value::text(text.to_lowercase())))
        }),
    ),
    entry(
        "MID",
        &[
            scalar("text"),
            scalar("start").help("the first character, counted from 1"),
            scalar("count"),
        ],
        "Characters from the middle of a text.",
        ValueRule::Scalar(|args, _| done(mid(args))),
    ),
    entry(
        "MIDB",
        &[
            scalar("text"),
            scalar("start").help("the first byte, counted from 1"),
            scalar("count"),
        ],
        "As MID: a byte is a character here.",
        ValueRule::Scalar(|args, _| done(mid(args))),
    ),
    entry(
        "PROPER",
        &[scalar("text")],
        "A text with a capital at the start of each word.",
        ValueRule::Scalar(|args, _| done(args.text(0).map(|text| Value::text(proper(&text))))),
    ),
    entry(
        "REPLACE",
        &[
            scalar("text"),
            scalar("start").help("the first character, counted from 1"),
            scalar("count"),
            scalar("new_text"),
        ],
        "A text with some characters, counted from a place, replaced.",
        ValueRule::Scalar(|args, _| done(replace(args))),
    ),
    entry(
        "REPLACEB",
        &[
            scalar("text"),
            scalar("start").help("the first byte, counted from 1"),
            scalar("count"),
            scalar("new_text"),
        ],
        "As REPLACE: a byte is a character here.",
        ValueRule::Scalar(|args, _| done(replace(args))),
    ),
    entry(
        "REPT",
        &[scalar("text"), scalar("times")],
        "A text repeated.",
        ValueRule::Scalar(|args, _| {
            done(args.text(0).and_then(|text| {
                let times = args.whole(1)?;
                if times < 0.0 || times * length(&text) as f64 > MAX_TEXT as f64 {
                    return Err(ErrorKind::Value);
                }
                let times = if text.is_empty() { 0 } else { times as usize };
                Ok(Value::checked_text(text.repeat(times)))
            }))
        }),
    ),
    entry(
        "RIGHT",
        ENDS,
        "The last characters of a text.",
        ValueRule::Scalar(|args, _| done(ends(args, false))),
    ),
    entry(
        "RIGHTB",
        ENDS,
        "As RIGHT: a byte is a character here.",
        ValueRule::Scalar(|args, _| done(ends(args, false))),
    ),
    measure(
        "SEARCH",
        FINDS,
        "The place of a text within another, case not counting; ? and * are wildcards.",
        ValueRule::Scalar(|args, _| done(search(args))),
    ),
    measure(
        "SEARCHB",
        FINDS,
        "As SEARCH: a byte is a character here.",
        ValueRule::Scalar(|args, _| done(search(args))),
    ),
    entry(
        "SUBSTITUTE",
        &[
            scalar("text"),
            scalar("old_text"),
            scalar("new_text"),
            optional(scalar("instance")),
        ],
        "A text with another text in it replaced, everywhere or at one instance.",
        ValueRule::Scalar(|args, _| done(substitute(args))),
    ),
    entry(
        "T",
        &[range("value")],
        "The value if it is text, else an empty text.",
        ValueRule::Operands(|args, ctx| {
            let value = match &args[0] {
                // Of a range the first cell counts.
                Operand::Reference(areas) => ctx.cell(crate::grid::Cell {
                    sheet: areas[0].sheet,
                    pos: areas[0].rect.top_left(),
                }),
                operand => ctx.to_value(operand),
            };
            Ok(Operand::Value(match value {
                Value::Text(_) | Value::Error(_) => value,
                _ => "".into(),
            }))
        }),
    ),
    entry(
        "TEXTAFTER",
        DELIMITED,
        "The part of a text after a delimiter.",
        ValueRule::Operands(|args, ctx| beside_delimiter(args, ctx, false)),
    )
    .xlfn(),
    entry(
        "TEXTBEFORE",
        DELIMITED,
        "The part of a text before a delimiter.",
        ValueRule::Operands(|args, ctx| beside_delimiter(args, ctx, true)),
    )
    .xlfn(),
    entry(
        "TEXTJOIN",
        &[
            range("delimiter").help("the text to put between"),
            scalar("ignore_empty"),
            range("text1"),
            repeating(range("text2")),
        ],
        "The texts of all arguments and cells joined, with a delimiter between them.",
        ValueRule::Operands(text_join),
    )
    .xlfn(),
    entry(
        "TEXTSPLIT",
        &[
            scalar("text"),
            range("column_delimiter"),
            optional(range("row_delimiter")),
            optional(scalar("ignore_empty")),
            optional(scalar("match_mode")),
            optional(scalar("pad_with")),
        ],
        "A text split at delimiters into columns and rows.",
        ValueRule::Operands(text_split),
    )
    .returning_array()
    .xlfn(),
    entry(
        "TRIM",
        &[scalar("text")],
        "A text without spaces at its ends, and with one space between words.",
        ValueRule::Scalar(|args, _| {
            done(args.text(0).map(|text| {
                let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
                Value::text(words.join(" "))
            }))
        }),
    ),
    entry(
        "UNICHAR",
        &[scalar("number").help("a character's code point")],
        "The character of a Unicode code point.",
        ValueRule::Scalar(|args, _| {
            done(args.whole(0).and_then(|code| {
                if !(1.0..=1_114_111.0).contains(&code) {
                    return Err(ErrorKind::Value);
                }
                let c = char::from_u32(code as u32).ok_or(ErrorKind::Na)?;
                Ok(Value::text(c.to_string()))
            }))
        }),
    )
    .xlfn(),
    measure(
        "UNICODE",
        &[scalar("text")],
        "The Unicode code point of a text's first character.",
        ValueRule::Scalar(|args, _| {
            done(args.text(0).and_then(|text| {
                let first = text.chars().next().ok_or(ErrorKind::Value)?;
                Ok(f64::from(u32::from(first)))
            }))
        }),
    )
    .xlfn(),
    entry(
        "UPPER",
        &[scalar("text")],
        "A text in capital letters.",
        ValueRule::Scalar(|args, _| {
            let upper = |text: std::sync::Arc<str>| text.chars().map(capital).collect::<String>();
            done(args.text(0).map(|text| Value::checked_text(upper(text))))
        }),
    ),
    entry(
        "ARRAYTOTEXT",
        &[range("array"), optional(scalar("format"))],
        "The values of an array as text; format 1 as a formula would write them.",
        ValueRule::Operands(|args, ctx| {
            let strict = strict_format(args)?;
            let array = ctx.to_array(&args[0])?;
            let rows: Vec<String> = array
                .cells()
                .chunks(array.cols())
                .map(|row| {
                    let cells: Vec<String> =
                        row.iter().map(|value| value_text(value, strict)).collect();
                    cells.join(if strict { "," } else { ", " })
                })
                .collect();
            let text = if strict {
                format!("{{{}}}", rows.join(";"))
            } else {
                rows.join(", ")
            };
            Ok(Value::checked_text(text).into())
        }),
    )
    .xlfn(),
    entry(
        "VALUETOTEXT",
        &[range("value"), optional(scalar("format"))],
        "A value as text; format 1 as a formula would write it.",
        ValueRule::Operands(|args, ctx| {
            let strict = strict_format(args)?;
            let array = ctx.to_array(&args[0])?;
            let text = |value: &Value| Value::checked_text(value_text(value, strict));

            if array.rows() * array.cols() == 1 {
                return Ok(text(array.get(0, 0)).into());
            }
            let texts = Array::from_fn(array.rows(), array.cols(), |row, col| {
                text(array.get(row, col))
            });
            Ok(Value::array(texts).into())
        }),
    )
    .xlfn(),
];

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn from_units(units: &[u16]) -> Value {
    Value::text(String::from_utf16_lossy(units))
}

/// A count of characters: not negative.
fn count(args: &[Value], index: usize, default: f64) -> Result<usize, ErrorKind> {
    let count = args.whole_or(index, default)?;
    if count < 0.0 {
        return Err(ErrorKind::Value);
    }
    Ok(count.min(1e9) as usize)
}

/// A place in a text, counted from 1: as an index from 0.
fn start(args: &[Value], index: usize, default: f64) -> Result<usize, ErrorKind> {
    count(args, index, default)?
        .checked_sub(1)
        .ok_or(ErrorKind::Value)
}

fn ends(args: &[Value], left: bool) -> Result<Value, ErrorKind> {
    let text = units(&args.text(0)?);
    let count = count(args, 1, 1.0)?.min(text.len());
    Ok(from_units(if left {
        &text[..count]
    } else {
        &text[text.len() - count..]
    }))
}

fn mid(args: &[Value]) -> Result<Value, ErrorKind> {
    let text = units(&args.text(0)?);
    let first = start(args, 1, 1.0)?.min(text.len());
    let last = (first + count(args, 2, 0.0)?).min(text.len());
    Ok(from_units(&text[first..last]))
}

fn replace(args: &[Value]) -> Result<Value, ErrorKind> {
    let text = units(&args.text(0)?);
    let first = start(args, 1, 1.0)?.min(text.len());
    let last = (first + count(args, 2, 0.0)?).min(text.len());
    let mut result = String::from_utf16_lossy(&text[..first]);
    result.push_str(&args.text(3)?);
    result.push_str(&String::from_utf16_lossy(&text[last..]));
    Ok(Value::checked_text(result))
}

fn find(args: &[Value]) -> Result<f64, ErrorKind> {
    let (want, text) = (units(&args.text(0)?), units(&args.text(1)?));
    let first = start(args, 2, 1.0)?;
    if first > text.len() || (first == text.len() && first > 0 && !want.is_empty()) {
        return Err(ErrorKind::Value);
    }
    if want.is_empty() {
        return Ok((first + 1) as f64);
    }
    let found = text[first..]
        .windows(want.len())
        .position(|part| part == want)
        .ok_or(ErrorKind::Value)?;
    Ok((first + found + 1) as f64)
}

fn search(args: &[Value]) -> Result<f64, ErrorKind> {
    let (want, text) = (args.text(0)?, args.text(1)?);
    let first = start(args, 2, 1.0)?;
    let len = length(&text);
    if first > len || (first == len && first > 0 && !want.is_empty()) {
        return Err(ErrorKind::Value);
    }
    // A pattern that any text may follow.
    let pattern = Wildcard::new(&(plain_tildes(&want) + "*"));
    let mut place = 0;
    for (at, c) in text.char_indices() {
        if place >= first && pattern.matches(&text[at..]) {
            return Ok((place + 1) as f64);
        }
        place += c.len_utf16();
    }
    if pattern.matches("") {
        Ok((first.max(place) + 1) as f64)
    } else {
        Err(ErrorKind::Value)
    }
}

/// SEARCH drops a `~` that stands before no wildcard.
fn plain_tildes(pattern: &str) -> String {
    let mut plain = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '~' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some(c @ ('*' | '?' | '~')) => plain.extend(['~', c]),
            Some(c) => plain.push(c),
            None => {}
        }
    }
    plain
}

fn substitute(args: &[Value]) -> Result<Value, ErrorKind> {
    let (text, old, new) = (args.text(0)?, args.text(1)?, args.text(2)?);
    let instance = args.value(3).map(Value::to_number).transpose()?;
    if old.is_empty() {
        return Ok(Value::Text(text));
    }
    let Some(instance) = instance else {
        return Ok(Value::checked_text(text.replace(&*old, &new)));
    };
    if instance < 1.0 {
        return Err(ErrorKind::Value);
    }
    match text.match_indices(&*old).nth(instance.trunc() as usize - 1) {
        None => Ok(Value::Text(text)),
        Some((at, _)) => Ok(Value::checked_text(format!(
            "{}{new}{}",
            &text[..at],
            &text[at + old.len()..]
        ))),
    }
}

/// A letter's capital; one that has none of a single character (`ß`) is kept.
fn capital(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}

/// A capital after anything that is no letter.
fn proper(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            result.extend(c.to_lowercase());
        } else {
            result.push(capital(c));
        }
        inside = c.is_alphabetic();
    }
    result
}

/// The texts of an argument's cells or elements, blanks as empty texts.
fn collect(arg: &Operand, ctx: &mut dyn Context, texts: &mut Vec<String>) -> Result<(), ErrorKind> {
    let areas = match arg {
        Operand::Reference(areas) => areas,
        Operand::Omitted => {
            texts.push(String::new());
            return Ok(());
        }
        operand => {
            for value in ctx.to_array(operand)?.cells() {
                texts.push(value.to_text()?.to_string());
            }
            return Ok(());
        }
    };
    for area in areas {
        // A whole column is read as far as it is used; more text than a cell
        // can hold comes of it otherwise.
        let area = if area.rect.len() > 1 << 20 {
            match ctx.used(*area) {
                Some(area) => area,
                None => continue,
            }
        } else {
            *area
        };
        for value in ctx.array(area)?.cells() {
            texts.push(value.to_text()?.to_string());
        }
    }
    Ok(())
}

fn text_join(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let mut delimiters = Vec::new();
    collect(&args[0], ctx, &mut delimiters)?;
    // Left out, it is TRUE.
    let ignore_empty = args.flag_or(1, true)?;
    let mut texts = Vec::new();
    for arg in &args[2..] {
        collect(arg, ctx, &mut texts)?;
    }
    let mut result = String::new();
    let kept = texts.iter().filter(|t| !(ignore_empty && t.is_empty()));
    for (i, text) in kept.enumerate() {
        if i > 0 && !delimiters.is_empty() {
            result.push_str(&delimiters[(i - 1) % delimiters.len()]);
        }
        result.push_str(text);
        if result.len() > 4 * MAX_TEXT {
            return Err(ErrorKind::Value);
        }
    }
    Ok(Value::checked_text(result).into())
}

/// The delimiters of an argument: one text or several.
fn delimiters(arg: &Operand, ctx: &mut dyn Context) -> Result<Vec<String>, ErrorKind> {
    let mut texts = Vec::new();
    collect(arg, ctx, &mut texts)?;
    Ok(texts)
}

/// Where delimiters stand in a text: the first and the last byte after each,
/// in order and without overlaps. Where two begin at one place the longer counts.
fn occurrences(text: &str, delimiters: &[String], ignore_case: bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let longest = delimiters
            .iter()
            .filter(|delimiter| !delimiter.is_empty())
            .filter_map(|delimiter| {
                if rest.starts_with(delimiter.as_str()) {
                    Some(delimiter.len())
                } else if ignore_case {
                    // As many characters, whatever their bytes.
                    let chars = delimiter.chars().count();
                    let end = rest
                        .char_indices()
                        .nth(chars)
                        .map_or(rest.len(), |(i, _)| i);
                    let same = fold_case(&rest[..end]) == fold_case(delimiter);
                    same.then_some(end)
                } else {
                    None
                }
            })
            .max();
        match longest {
            Some(len) => {
                found.push((at, at + len));
                at += len;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

fn ignores_case(args: &[Operand], index: usize) -> Result<bool, ErrorKind> {
    match args.whole(index)? {
        0.0 => Ok(false),
        1.0 => Ok(true),
        _ => Err(ErrorKind::Value),
    }
}

fn beside_delimiter(
    args: &[Operand],
    ctx: &mut dyn Context,
    before: bool,
) -> Result<Operand, ErrorKind> {
    let text = args.text(0)?;
    let delimiters = delimiters(&args[1], ctx)?;
    let instance = args.whole_or(2, 1.0)?;
    let ignore_case = ignores_case(args, 3)?;
    let match_end = args.flag_or(4, false)?;
    if instance == 0.0 || instance.abs() > length(&text).max(1) as f64 {
        return Err(ErrorKind::Value);
    }
    // An empty delimiter stands before the first character and after the last.
    if delimiters.iter().any(String::is_empty) {
        let all = before == (instance < 0.0);
        return Ok(Value::text(if all { &*text } else { "" }).into());
    }
    let mut found = occurrences(&text, &delimiters, ignore_case);
    if match_end {
        if instance > 0.0 {
            found.push((text.len(), text.len()));
        } else {
            found.insert(0, (0, 0));
        }
    }
    let index = if instance > 0.0 {
        instance - 1.0
    } else {
        found.len() as f64 + instance
    };
    let place = (index >= 0.0).then(|| found.get(index as usize)).flatten();
    match place {
        Some(&(first, last)) => Ok(Value::text(if before {
            &text[..first]
        } else {
            &text[last..]
        })
        .into()),
        None if given(args, 5) => Ok(args[5].clone()),
        None => Err(ErrorKind::Na),
    }
}

fn text_split(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let text = args.text(0)?;
    let columns = match &args[1] {
        Operand::Omitted => Vec::new(),
        arg => delimiters(arg, ctx)?,
    };
    let rows = match args.get(2) {
        None | Some(Operand::Omitted) => Vec::new(),
        Some(arg) => delimiters(arg, ctx)?,
    };
    if columns.iter().chain(&rows).any(String::is_empty) || (columns.is_empty() && rows.is_empty())
    {
        return Err(ErrorKind::Value);
    }
    let ignore_empty = args.flag_or(3, false)?;
    let ignore_case = ignores_case(args, 4)?;
    let pad = args.value(5).cloned();
    let pad = pad.unwrap_or(Value::Error(ErrorKind::Na));
    let lines: Vec<Vec<&str>> = split(&text, &rows, ignore_case, ignore_empty)
        .into_iter()
        .map(|line| split(line, &columns, ignore_case, ignore_empty))
        .collect();
    let width = lines.iter().map(Vec::len).max().unwrap_or(0);
    if width == 0 {
        return Err(ErrorKind::Calc);
    }
    let result = Array::from_fn(lines.len(), width, |row, col| {
        lines[row]
            .get(col)
            .map_or_else(|| pad.clone(), |&part| Value::text(part))
    });
    Ok(Value::array(result).into())
}

fn split<'a>(
    text: &'a str,
    delimiters: &[String],
    ignore_case: bool,
    ignore_empty: bool,
) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (first, last) in occurrences(text, delimiters, ignore_case) {
        parts.push(&text[start..first]);
        start = last;
    }
    parts.push(&text[start..]);
    if ignore_empty {
        parts.retain(|part| !part.is_empty());
    }
    parts
}

fn strict_format(args: &[Operand]) -> Result<bool, ErrorKind> {
    match args.whole(1)? {
        0.0 => Ok(false),
        1.0 => Ok(true),
        _ => Err(ErrorKind::Value),
    }
}

/// A value as text; strictly, text is quoted as in a formula.
fn value_text(value: &Value, strict: bool) -> String {
    match value {
        Value::Blank | Value::Array(_) => String::new(),
        Value::Number(x) => number_to_text(*x),
        Value::Text(text) if strict => format!("\"{}\"", text.replace('"', "\"\"")),
        Value::Text(text) => text.to_string(),
        Value::Bool(b) => String::from(if *b { "TRUE" } else { "FALSE" }),
        Value::Error(kind) => kind.as_str().to_owned(),
    }
}

/// Windows-1252 where it differs from Latin-1: the characters of 128 to 159.
/// The five codes it leaves open are the control characters of Latin-1.
const ANSI_128: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

fn from_ansi(code: u8) -> char {
    match code {
        128..=159 => ANSI_128[usize::from(code - 128)],
        code => char::from(code),
    }
}

fn to_ansi(c: char) -> u8 {
    match u8::try_from(u32::from(c)) {
        Ok(code) if !(128..160).contains(&code) => code,
        _ => ANSI_128
            .iter()
            .position(|&known| known == c)
            .map_or(b'?', |at| 128 + at as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[track_caller]
    fn texts(cases: &[(&str, &str)]) {
        let mut sheet = Sheet::new("Hello,World,,5,TRUE;a,,b");
        for (formula, text) in cases {
            assert_eq!(sheet.eval(formula), Value::from(*text), "{formula}");
        }
    }

    #[test]
    fn parts_of_texts_are_cut_as_excel_does() {
        texts(&[
            ("LEFT(A1)", "H"),
            ("LEFT(A1,9)", "Hello"),
            ("RIGHT(A1,2)", "lo"),
            ("RIGHT(D1)", "5"),
            ("MID(A1,2,3)", "ell"),
            ("MID(A1,9,3)", ""),
            ("UPPER(\"straße, ﬁne, été\")", "STRAßE, ﬁNE, ÉTÉ"),
            ("PROPER(\"ßa\")", "ßa"),
            ("REPLACE(A1,1,1,\"J\")", "Jello"),
            ("REPLACE(A1,9,0,\"!\")", "Hello!"),
            ("SUBSTITUTE(A1,\"l\",\"L\")", "HeLLo"),
            ("SUBSTITUTE(A1,\"l\",\"L\",2)", "HelLo"),
            ("TRIM(\"  a   b \")", "a b"),
            ("PROPER(\"o'neil 2nd\")", "O'Neil 2Nd"),
            ("REPT(\"ab\",2)", "abab"),
            ("CHAR(128)", "€"),
            ("UNICHAR(128512)", "😀"),
            ("LEFT(\"😀x\",2)", "😀"),
            ("T(D1)", ""),
            ("T(A1)", "Hello"),
            ("CLEAN(\"a\u{7}b\")", "ab"),
        ]);
        let mut sheet = Sheet::new("Hello");
        assert_eq!(sheet.number("LEN(\"😀x\")"), 3.0);
        assert_eq!(sheet.error("LEFT(A1,-1)"), ErrorKind::Value);
        assert_eq!(sheet.error("MID(A1,0,1)"), ErrorKind::Value);
        assert_eq!(sheet.error("REPT(A1,10000)"), ErrorKind::Value);
        assert_eq!(sheet.error("UNICHAR(55296)"), ErrorKind::Na);
        assert_eq!(sheet.number("CODE(\"€\")"), 128.0);
        assert_eq!(sheet.number("CODE(\"三\")"), 63.0);
    }

    #[test]
    fn texts_are_found() {
        let mut sheet = Sheet::new("Hello World");
        assert_eq!(sheet.number("FIND(\"o\",A1)"), 5.0);
        assert_eq!(sheet.number("FIND(\"o\",A1,6)"), 8.0);
        assert_eq!(sheet.number("FIND(\"\",A1)"), 1.0);
        assert_eq!(sheet.error("FIND(\"O\",A1)"), ErrorKind::Value);
        assert_eq!(sheet.number("SEARCH(\"O\",A1)"), 5.0);
        assert_eq!(sheet.number("SEARCH(\"w*d\",A1)"), 7.0);
        assert_eq!(sheet.number("SEARCH(\"l?o\",A1)"), 3.0);
        assert_eq!(sheet.error("SEARCH(\"~?\",A1)"), ErrorKind::Value);
        assert_eq!(sheet.number("SEARCH(\"~\",\"a~b\")"), 1.0);
        assert_eq!(sheet.number("SEARCH(\"~~\",\"a~b\")"), 2.0);
        assert_eq!(sheet.number("SEARCH(\"~b\",\"a~b\")"), 3.0);
        assert_eq!(sheet.eval("EXACT(\"a\",\"A\")"), false.into());
    }

    #[test]
    fn texts_are_joined_and_split() {
        texts(&[
            ("CONCAT(A1:B1,\"!\")", "HelloWorld!"),
            ("CONCATENATE(A1,\" \",D1)", "Hello 5"),
            ("TEXTJOIN(\"-\",TRUE,A1:E1)", "Hello-World-5-TRUE"),
            ("TEXTJOIN(\"-\",FALSE,A2:C2)", "a--b"),
            ("TEXTJOIN({\"-\",\"+\"},TRUE,1,2,3,4)", "1-2+3-4"),
            ("TEXTBEFORE(\"a-b-c\",\"-\")", "a"),
            ("TEXTBEFORE(\"a-b-c\",\"-\",-1)", "a-b"),
            ("TEXTAFTER(\"a-b-c\",\"-\",2)", "c"),
            ("TEXTAFTER(\"aXbxc\",\"x\",1,1)", "bxc"),
            ("TEXTAFTER(\"abc\",\"-\",1,0,0,\"none\")", "none"),
            ("TEXTBEFORE(\"abc\",\"-\",1,0,1)", "abc"),
            ("ARRAYTOTEXT({1,\"a\";TRUE,2})", "1, a, TRUE, 2"),
            ("ARRAYTOTEXT({1,\"a\";TRUE,2},1)", "{1,\"a\";TRUE,2}"),
            ("VALUETOTEXT(A1,1)", "\"Hello\""),
        ]);
        let mut sheet = Sheet::empty();
        assert_eq!(
            sheet.eval("TEXTSPLIT(\"1,2;3\",\",\",\";\")"),
            Value::array(Array::new(
                2,
                2,
                vec!["1".into(), "2".into(), "3".into(), ErrorKind::Na.into()]
            ))
        );
        assert_eq!(sheet.error("TEXTAFTER(\"abc\",\"-\")"), ErrorKind::Na);
        assert_eq!(sheet.error("TEXTSPLIT(\"abc\",\"\")"), ErrorKind::Value);
    }
}
