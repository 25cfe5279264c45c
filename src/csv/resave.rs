//! Saving a text file over itself: a record whose cells hold what they held
//! stays as it is, byte for byte, and a field does in a record that changed.

use super::{
    Dialect, Entries, Formats, Texts, declared_delimiter, reader, start_that_fits, written,
};
use crate::grid::{Cell, Pos, SheetId};
use crate::value::Value;
use crate::workbook::Workbook;
use std::ops::Range;

/// A record of the text: where it is, without the line's end.
struct Record {
    content: Range<usize>,
    fields: csv::StringRecord,
}

/// The text that a workbook was read from with the cells as they are now.
/// `None` where it cannot be followed line by line: it is not UTF-8, has blank
/// lines, or the sheet reaches too far.
pub(super) fn resaved(
    book: &Workbook,
    sheet: SheetId,
    dialect: Dialect,
    original: &[u8],
) -> Option<Vec<u8>> {
    let all = std::str::from_utf8(original).ok()?;
    let (_, text) = declared_delimiter(all.strip_prefix('\u{feff}').unwrap_or(all));
    let records = records(text, dialect.delimiter)?;
    let source = book.sheet(sheet);
    // Writing it anew says what is wrong.
    let used = written(source).ok()?;
    let (rows, columns) = used.map_or((0, 0), |used| (used.bottom + 1, used.right + 1));
    let widest = records.iter().map(|record| record.fields.len()).max();
    // All records have the columns of the widest, as other readers want it.
    let widened = columns as usize > widest.unwrap_or(0);
    let newline = match records.as_slice() {
        [first, second, ..] => &text[first.content.end..second.content.start],
        [only] if text.ends_with('\n') => &text[only.content.end..],
        _ => "\r\n",
    };

    let mut writer = Writer {
        book,
        sheet,
        dialect,
        entries: Entries::new(book, dialect.decimal_comma),
        formats: Formats::new(&book.styles, dialect, Texts::Kept),
        cells: Vec::new(),
    };
    let mut filled = used
        .into_iter()
        .flat_map(|used| source.cells.iter(used))
        .peekable();
    let mut out = all[..all.len() - text.len()].to_owned();
    for row in 0.. {
        let record = records.get(row as usize);
        let is_empty = |record: &&Record| record.fields.iter().all(str::is_empty);
        if row >= rows && record.filter(is_empty).is_none() {
            break;
        }
        writer.cells.clear();
        while let Some((at, value)) = filled.next_if(|(at, _)| at.row == row) {
            writer.cells.push((at.col, value));
        }
        match record {
            Some(record) if !widened && writer.holds(&record.fields) => {
                out.push_str(&text[record.content.clone()]);
            }
            _ => {
                let least = if widened {
                    columns as usize
                } else {
                    record.map_or(widest.unwrap_or(0), |record| record.fields.len())
                };
                let empty = csv::StringRecord::new();
                let fields = record.map_or(&empty, |record| &record.fields);
                out.push_str(&writer.record(row, fields, least)?);
            }
        }
        let end = record.map_or(newline, |record| {
            let next = records.get(row as usize + 1);
            let next = next.map_or(text.len(), |next| next.content.start);
            &text[record.content.end..next]
        });
        let is_last = row + 1 >= rows;
        out.push_str(if end.is_empty() && !is_last {
            newline
        } else {
            end
        });
    }
    Some(out.into_bytes())
}

/// The records of a text that has one in each line; `None` where it has not.
fn records(text: &str, delimiter: u8) -> Option<Vec<Record>> {
    let mut reader = reader(text, delimiter);
    let mut records: Vec<Record> = Vec::new();
    let mut fields = csv::StringRecord::new();
    let mut begin = 0;
    while reader.read_record(&mut fields).ok()? {
        let end = reader.position().byte() as usize;
        let part = text.get(begin..end)?;
        let start = begin + part.len() - part.trim_start_matches(['\r', '\n']).len();
        let content = start..begin + part.trim_end_matches(['\r', '\n']).len();
        let before = records.last().map_or(0, |record| record.content.end);
        let is_first = records.is_empty() && start == 0;
        if !is_first && !matches!(text.get(before..start)?, "\n" | "\r\n" | "\r") {
            return None;
        }
        records.push(Record {
            content,
            fields: fields.clone(),
        });
        begin = end;
    }
    let rest = records
        .last()
        .map_or(text, |last| &text[last.content.end..]);
    matches!(rest, "" | "\n" | "\r\n" | "\r").then_some(records)
}

struct Writer<'a> {
    book: &'a Workbook,
    sheet: SheetId,
    dialect: Dialect,
    entries: Entries,
    formats: Formats<'a>,
    /// What a row holds, by column.
    cells: Vec<(u32, Value)>,
}

impl Writer<'_> {
    /// Whether the row holds what a record says, and nothing else.
    fn holds(&mut self, fields: &csv::StringRecord) -> bool {
        let beyond = |&(col, _): &(u32, Value)| col as usize >= fields.len();
        !self.cells.last().is_some_and(beyond)
            && (0..fields.len()).all(|col| self.reads(fields, col))
    }

    /// Whether a cell of the row holds what a field says.
    fn reads(&mut self, fields: &csv::StringRecord, col: usize) -> bool {
        let Some(field) = fields.get(col) else {
            return false;
        };
        let read = match field {
            "" => Value::Blank,
            field => self.entries.read(start_that_fits(field)).0,
        };
        *self.cell(col) == read
    }

    fn cell(&self, col: usize) -> &Value {
        let found = self
            .cells
            .binary_search_by_key(&(col as u32), |(col, _)| *col);
        found.map_or(&Value::Blank, |index| &self.cells[index].1)
    }

    /// The row as a record, without its line's end; fields that hold what they
    /// held have the same text. `None` where it cannot be written.
    fn record(&mut self, row: u32, fields: &csv::StringRecord, least: usize) -> Option<String> {
        let last = self.cells.last().map_or(0, |&(col, _)| col as usize + 1);
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.dialect.delimiter)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_writer(Vec::new());
        for col in 0..least.max(last) {
            let text = match fields.get(col) {
                Some(field) if self.reads(fields, col) => field.to_owned(),
                _ => {
                    let pos = Pos::new(row, col as u32);
                    let sheet = self.sheet;
                    let value = self.cell(col).clone();
                    self.formats.show(self.book, Cell { sheet, pos }, &value)
                }
            };
            writer.write_field(text).ok()?;
        }
        writer.write_record(None::<&[u8]>).ok()?;
        let mut text = String::from_utf8(writer.into_inner().ok()?).ok()?;
        text.pop();
        Some(text)
    }
}
