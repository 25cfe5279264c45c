//! Comma-separated values (RFC 4180), and the variations that are met.
//!
//! Reading finds out by itself what the file does not say: the delimiter
//! (comma, semicolon, tab or `|`, or a first line `sep=;` as Excel knows it),
//! the encoding (UTF-8 with or without a byte order mark, UTF-16 with one, else
//! Windows-1252), and whether a comma is the decimal point. A field becomes
//! what typing it into a cell would make of it, but never a formula.

mod resave;

use crate::grid::{Cell, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId};
use crate::reading::Reading;
use crate::value::format::Format;
use crate::value::{DateSystem, MAX_TEXT, Value, fits_cell, parse_entry};
use crate::workbook::{Sheet, Styles, Workbook};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Delimiters in the order in which they are believed: text holds commas more
/// often than semicolons, and those more often than tabs.
pub const DELIMITERS: [u8; 4] = [b'\t', b'|', b';', b','];

/// Records looked at to find the delimiter.
const SAMPLE: usize = 200;

/// Distinct texts that are kept once while reading.
const INTERNED: usize = 1 << 16;

/// The most cells that are written, blanks included: a million rows of 256.
const MAX_WRITTEN: u64 = 1 << 28;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}, line {line}: {source}", path.display())]
    Record {
        path: PathBuf,
        line: u64,
        source: csv::Error,
    },
    #[error("{}, line {line}: the sheet ends at row {MAX_ROWS}: split the file", path.display())]
    TooManyRows { path: PathBuf, line: u64 },
    #[error(
        "{}, line {line}: {fields} fields, but a sheet has {MAX_COLS} columns",
        path.display()
    )]
    TooManyColumns {
        path: PathBuf,
        line: u64,
        fields: usize,
    },
    #[error("{}: was not opened: it was stopped", path.display())]
    Stopped { path: PathBuf },
    #[error("{}: half a UTF-16 character at its end: the file is cut off", path.display())]
    Utf16 { path: PathBuf },
}

/// What reading a file found out that it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The encoding's name.
    pub encoding: &'static str,
    pub dialect: Dialect,
    /// How many texts were longer than a cell holds and were cut off there, as
    /// Excel does, and where the first one is.
    pub cut_off: Option<(usize, Pos)>,
}

impl Found {
    /// What was not taken in, in words.
    pub fn notes(&self) -> Vec<String> {
        let cut = |(count, first)| {
            let texts = match count {
                1 => format!("the text in {first} is"),
                _ => format!("{count} texts, the first in {first}, are"),
            };
            format!(
                "{texts} longer than the {MAX_TEXT} characters that a cell holds: cut off there"
            )
        };
        self.cut_off.map(cut).into_iter().collect()
    }

    /// The delimiter in words.
    pub fn delimiter_name(&self) -> String {
        match self.dialect.delimiter {
            b',' => "commas".into(),
            b';' => "semicolons".into(),
            b'\t' => "tabs".into(),
            b'|' => "bars".into(),
            other => format!("{:?} between fields", char::from(other)),
        }
    }
}

/// How numbers and fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    pub decimal_comma: bool,
}

impl Dialect {
    /// Points in numbers, and this between fields.
    pub fn with_delimiter(delimiter: u8) -> Self {
        Self {
            delimiter,
            decimal_comma: false,
        }
    }

    /// That of the file which a workbook was opened from; `None` where this was no text file.
    pub fn of_source(book: &Workbook) -> Option<Self> {
        let found: &Found = book.package.as_ref()?.downcast_ref()?;
        Some(found.dialect)
    }
}

/// How a file is to be read, where that is known better than by looking at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub delimiter: Option<u8>,
    pub decimal_comma: Option<bool>,
}

/// Opens a file as a workbook with one sheet, named as the file is.
pub fn open(path: &Path) -> Result<Workbook, CsvError> {
    Ok(open_told(path, Told::default(), &Reading::default())?.0)
}

/// Opens a file as [`open`] does, reads it as it is told, says how it was read,
/// and tells `reading` how far it is.
///
/// # Errors
/// Also where `reading` is stopped.
pub fn open_told(
    path: &Path,
    told: Told,
    reading: &Reading,
) -> Result<(Workbook, Found), CsvError> {
    let bytes = std::fs::read(path).map_err(|source| CsvError::Io {
        path: path.to_owned(),
        source,
    })?;
    read_found(path, &bytes, told, reading)
}

/// Reads the contents of a file; `path` names the sheet and goes into errors.
pub fn read(path: &Path, bytes: &[u8]) -> Result<Workbook, CsvError> {
    Ok(read_found(path, bytes, Told::default(), &Reading::default())?.0)
}

fn read_found(
    path: &Path,
    bytes: &[u8],
    told: Told,
    reading: &Reading,
) -> Result<(Workbook, Found), CsvError> {
    let (encoding, text) = decode(bytes).ok_or_else(|| CsvError::Utf16 {
        path: path.to_owned(),
    })?;
    let (declared, text) = declared_delimiter(&text);
    let delimiter = told.delimiter.or(declared);
    let delimiter = delimiter.unwrap_or_else(|| sniff(text));
    let seen = || delimiter == b';' && has_decimal_commas(text);
    let decimal_comma = told.decimal_comma.unwrap_or_else(seen);
    let mut found = Found {
        encoding,
        dialect: Dialect {
            delimiter,
            decimal_comma,
        },
        cut_off: None,
    };

    let mut book = Workbook::new();
    let name = path.file_stem().map(|stem| stem.to_string_lossy());
    let name = book.unique_sheet_name(name.as_deref().unwrap_or("Sheet1"));
    let sheet = book.add_sheet(&name);
    let mut entries = Entries::new(&book, decimal_comma);
    let mut styles = std::mem::take(&mut book.styles);
    let target = book.sheet_mut(sheet);

    let mut reader = reader(text, delimiter);
    reading.expect(text.len() as u64);
    let mut record = csv::StringRecord::new();
    let mut row = 0;
    // The `sep=` line counts as a line.
    let mut line = 1 + u64::from(declared.is_some());
    loop {
        let (before, begin) = (reader.position().line(), reader.position().byte());
        let more = reader.read_record(&mut record);
        let more = more.map_err(|source| CsvError::Record {
            path: path.to_owned(),
            line,
            source,
        })?;
        if !reading.advance(reader.position().byte() - begin) {
            let path = path.to_owned();
            return Err(CsvError::Stopped { path });
        }
        if !more {
            break;
        }
        // The reader passes over blank lines, which are rows all the same.
        let within: usize = record.iter().map(|f| f.matches('\n').count()).sum();
        let cut_off = reader.position().byte() >= text.len() as u64 && !text.ends_with('\n');
        let ended = u64::from(!cut_off);
        let passed = reader.position().line() - before;
        let blank = passed.saturating_sub(within as u64 + ended);
        line += blank;
        row += blank;
        if row >= u64::from(MAX_ROWS) {
            let path = path.to_owned();
            return Err(CsvError::TooManyRows { path, line });
        }
        if record.len() > MAX_COLS as usize {
            return Err(CsvError::TooManyColumns {
                path: path.to_owned(),
                line,
                fields: record.len(),
            });
        }
        for (col, field) in (0..).zip(&record) {
            if field.is_empty() {
                continue;
            }
            let at = Pos::new(row as u32, col);
            let kept = start_that_fits(field);
            if kept.len() < field.len() {
                let (count, _) = found.cut_off.get_or_insert((0, at));
                *count += 1;
            }
            let (value, format) = entries.read(kept);
            target.cells.set(at, value);
            if let Some(code) = format {
                let style = styles.with_number_format(0, code);
                target.styles.set(Rect::cell(at), Some(style));
            }
        }
        row += 1;
        line += passed - blank;
    }
    book.styles = styles;
    book.package = Some(Arc::new(found));
    Ok((book, found))
}

/// As much of a text as a cell holds.
fn start_that_fits(text: &str) -> &str {
    if fits_cell(text) {
        return text;
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > MAX_TEXT
    });
    end.map_or(text, |(end, _)| &text[..end])
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// What the fields of a file mean.
struct Entries {
    dates: crate::value::DateSystem,
    decimal_comma: bool,
    /// Texts met before, so that a repeated word is kept once.
    texts: HashSet<Arc<str>>,
}

impl Entries {
    fn new(book: &Workbook, decimal_comma: bool) -> Self {
        Self {
            dates: book.date_system,
            decimal_comma,
            texts: HashSet::new(),
        }
    }

    fn read(&mut self, field: &str) -> (Value, Option<&'static str>) {
        if let Some(known) = self.texts.get(field) {
            return (Value::Text(known.clone()), None);
        }
        if self.decimal_comma && is_decimal(field, ',') {
            return parse_entry(&field.trim().replace(',', "."), self.dates);
        }
        // An apostrophe marks a text where it is typed, not in a file.
        let (value, format) = match is_code(field) || field.starts_with('\'') {
            true => (Value::text(field), None),
            false => parse_entry(field, self.dates),
        };
        if let Value::Text(text) = &value
            && **text == *field
            && self.texts.len() < INTERNED
        {
            self.texts.insert(text.clone());
        }
        (value, format)
    }
}

/// Whether a field is digits that a number would not keep, as in a postal code
/// or an account: leading zeros, or more digits than it has.
fn is_code(field: &str) -> bool {
    let kept = || field.parse().is_ok_and(|x: f64| x.to_string() == *field);
    !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit()) && !kept()
}

/// The encoding and the text of a file; `None` where it is UTF-16 with half a
/// character.
fn decode(bytes: &[u8]) -> Option<(&'static str, std::borrow::Cow<'_, str>)> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| unit(*pair));
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        rest.is_empty().then(|| ("UTF-16", text.into()))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => ("UTF-8", text.into()),
        Err(_) => {
            let text = bytes.iter().map(|&b| windows_1252(b)).collect();
            ("Windows-1252", text)
        }
    })
}

/// The character of a byte in Windows-1252, which is Latin-1 with signs in the
/// place of 0x80 to 0x9F (the WHATWG encoding standard's index).
fn windows_1252(byte: u8) -> char {
    const SIGNS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => SIGNS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The delimiter that a first line `sep=;` tells, and what follows that line.
fn declared_delimiter(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.trim_end_matches('\r').strip_prefix("sep=") {
        Some(sep) if sep.len() == 1 && !sep.starts_with('"') => (Some(sep.as_bytes()[0]), rest),
        _ => (None, text),
    }
}

/// The delimiter that splits the first records most evenly.
fn sniff(text: &str) -> u8 {
    let mut best = (0.0, b',');
    for delimiter in DELIMITERS {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        let mut records = 0;
        for record in reader(text, delimiter).byte_records().take(SAMPLE) {
            let Ok(record) = record else {
                break;
            };
            records += 1;
            *counts.entry(record.len()).or_default() += 1;
        }
        let even = counts.iter().filter(|(fields, _)| **fields > 1);
        let most = even.map(|(_, times)| *times).max().unwrap_or(0);
        let share = f64::from(most as u32) / f64::from(records.max(1));
        if share > best.0 {
            best = (share, delimiter);
        }
    }
    best.1
}

/// Whether the first records write fractions with a comma and none with a point.
fn has_decimal_commas(text: &str) -> bool {
    let mut found = false;
    for record in reader(text, b';').records().take(SAMPLE).flatten() {
        for field in &record {
            if is_decimal(field, '.') {
                return false;
            }
            found |= is_decimal(field, ',');
        }
    }
    found
}

/// Whether a field is digits, `point`, digits, perhaps with a sign, an exponent
/// or a percent sign.
fn is_decimal(field: &str, point: char) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let field = field.trim();
    fn signless(text: &str) -> &str {
        text.strip_prefix(['-', '+']).unwrap_or(text)
    }
    let unsigned = signless(field);
    let unsigned = unsigned.strip_suffix('%').unwrap_or(unsigned);
    let mantissa = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) if digits(signless(exponent)) => mantissa,
        _ => unsigned,
    };
    mantissa
        .split_once(point)
        .is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
}

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Texts {
    /// As their cells show them, as Excel does: `12.5%`, `3/1/2024`; numbers
    /// without a format with all their digits.
    #[default]
    Shown,
    /// So, but numbers that would be read as others with all their digits: a
    /// text file that is opened and saved loses none.
    Kept,
}

/// Why a sheet could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CsvWriteError {
    #[error("cannot be written: {0}")]
    Io(#[from] io::Error),
    #[error(
        "sheet \"{sheet}\" reaches to {corner}, too far for a csv, which writes every cell: \
         clear its far cells"
    )]
    TooLarge { sheet: String, corner: Pos },
}

/// Writes a sheet into a file, as [`write()`] does: all of it or nothing, and a
/// file already there keeps its permissions.
pub fn save(
    book: &Workbook,
    sheet: SheetId,
    dialect: Dialect,
    texts: Texts,
    path: &Path,
) -> Result<(), CsvWriteError> {
    crate::atomic::write(path, |file| write(book, sheet, dialect, texts, file))
}

/// Saves a sheet over the file that its workbook was read from, in the file's
/// `dialect`: what did not change stays as it is written there.
pub fn save_over(
    book: &Workbook,
    sheet: SheetId,
    dialect: Dialect,
    path: &Path,
) -> Result<(), CsvWriteError> {
    let original = std::fs::read(path).unwrap_or_default();
    match resave::resaved(book, sheet, dialect, &original) {
        Some(text) => crate::atomic::write(path, |file| Ok(file.write_all(&text)?)),
        None => save(book, sheet, dialect, Texts::Kept, path),
    }
}

/// Writes a sheet from A1 to its last cell, lines ended as RFC 4180 has it,
/// quotes where they are needed.
pub fn write(
    book: &Workbook,
    sheet: SheetId,
    dialect: Dialect,
    texts: Texts,
    out: impl Write,
) -> Result<(), CsvWriteError> {
    let source = book.sheet(sheet);
    let mut out = csv::WriterBuilder::new()
        .delimiter(dialect.delimiter)
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(out);
    let Some(used) = written(source)? else {
        return Ok(out.flush()?);
    };
    let mut formats = Formats::new(&book.styles, dialect, texts);
    let mut cells = source.cells.iter(used).peekable();
    let mut next = Pos::new(0, 0);
    let mut put = |out: &mut csv::Writer<_>, text: &str| -> Result<(), CsvWriteError> {
        out.write_field(text).map_err(io::Error::from)?;
        next.col += 1;
        if next.col > used.right {
            out.write_record(None::<&[u8]>).map_err(io::Error::from)?;
            next = Pos::new(next.row + 1, 0);
        }
        Ok(())
    };
    for at in used.cells() {
        match cells.next_if(|(found, _)| *found == at) {
            Some((_, value)) => {
                put(
                    &mut out,
                    &formats.show(book, Cell { sheet, pos: at }, &value),
                )?;
            }
            None => put(&mut out, "")?,
        }
    }
    Ok(out.flush()?)
}

/// The cells that are written: from A1 to the last one in use.
fn written(sheet: &Sheet) -> Result<Option<Rect>, CsvWriteError> {
    let Some(used) = sheet.cells.used() else {
        return Ok(None);
    };
    let used = used.hull(&Rect::cell(Pos::new(0, 0)));
    if used.len() > MAX_WRITTEN {
        return Err(CsvWriteError::TooLarge {
            sheet: sheet.name.to_string(),
            corner: Pos::new(used.bottom, used.right),
        });
    }
    Ok(Some(used))
}

/// A value with all its digits.
fn raw(value: &Value) -> String {
    match value {
        Value::Blank => String::new(),
        Value::Number(x) => x.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Error(kind) => kind.to_string(),
        Value::Array(array) => raw(array.get(0, 0)),
    }
}

/// The formats of a workbook's styles, read when first needed.
struct Formats<'a> {
    styles: &'a Styles,
    read: HashMap<u32, Option<Format>>,
    dialect: Dialect,
    texts: Texts,
}

impl<'a> Formats<'a> {
    fn new(styles: &'a Styles, dialect: Dialect, texts: Texts) -> Self {
        Self {
            styles,
            read: HashMap::new(),
            dialect,
            texts,
        }
    }

    fn show(&mut self, book: &Workbook, cell: Cell, value: &Value) -> String {
        let style = book.sheet(cell.sheet).style(cell.pos);
        let code = &self.styles.get(style).number_format;
        let format = self
            .read
            .entry(style)
            .or_insert_with(|| Format::parse(code))
            .as_ref();
        let is_date = format.is_some_and(Format::is_date);
        let dates = book.date_system;
        let shown = format
            .filter(|format| !format.is_general())
            .and_then(|format| format.show(value, book.date_system))
            // What no format shows, a date before 1900 say, is written as it is.
            .map(|shown| shown.text)
            .filter(|text| self.texts == Texts::Shown || is_read_as(text, value, is_date, dates))
            .or_else(|| is_date.then(|| moment(value, dates)).flatten())
            .unwrap_or_else(|| raw(value));
        match value {
            Value::Number(_) if self.dialect.decimal_comma && !is_date => {
                with_decimal_comma(&shown)
            }
            _ => shown,
        }
    }
}

/// Whether reading a text gives a value, to a microsecond where it is a date.
fn is_read_as(text: &str, value: &Value, is_date: bool, dates: DateSystem) -> bool {
    match (parse_entry(text, dates).0, value) {
        (Value::Number(read), Value::Number(x)) if is_date => (read - x).abs() < 1e-11,
        (read, value) => read == *value,
    }
}

/// A date or a time of day with all of it, as ISO 8601 has it; `None` where it is read otherwise.
fn moment(value: &Value, dates: DateSystem) -> Option<String> {
    let Value::Number(x) = *value else {
        return None;
    };
    let code = match x < 1.0 {
        true => "hh:mm:ss.000",
        false => "yyyy-mm-dd hh:mm:ss.000",
    };
    let text = Format::parse(code)?.show(value, dates)?.text;
    let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    is_read_as(&text, value, true, dates).then_some(text)
}

/// A number's text with a comma for its point, and points between thousands.
fn with_decimal_comma(text: &str) -> String {
    let swapped = text.chars().map(|c| match c {
        '.' => ',',
        ',' => '.',
        c => c,
    });
    swapped.collect()
}

#[cfg(test)]
mod tests;
