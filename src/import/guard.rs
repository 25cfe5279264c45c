//! What is looked at before calamine gets a file: calamine makes room for the
//! whole rectangle between a sheet's first and last cell, and running out of
//! memory cannot be caught.

use super::ImportCause;
use super::compound;
use crate::grid::{MAX_COLS, MAX_ROWS};
use quick_xml::events::{BytesStart, Event};
use std::io::{self, BufReader, Cursor, Read};
use zip::ZipArchive;

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Xls {
        /// How many formulas each sheet has, in the order of the file.
        formulas: Vec<u64>,
    },
    Xlsb,
    Ods,
}

/// Cells that a sheet may span whatever it holds.
const FREE_CELLS: u64 = 4 << 20;
/// How many times its filled cells a larger sheet may span.
const SPREAD: u64 = 16;

/// The most bytes that a part may unpack to.
const MAX_PART: u64 = 1 << 30;
/// A part above this size must not be [`MAX_RATIO`] times its compressed size.
const SUSPICIOUS_SIZE: u64 = 32 << 20;
const MAX_RATIO: u64 = 200;

/// Tells the kind of a file and refuses what would take unreasonable memory.
pub(super) fn check(bytes: &[u8]) -> Result<Kind, ImportCause> {
    if bytes.starts_with(&compound::SIGNATURE) {
        let formulas = compound::check(bytes)?;
        return Ok(Kind::Xls { formulas });
    }
    if !bytes.starts_with(b"PK") {
        return Err(ImportCause::Unknown);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut kind = None;
    let mut xlsx = false;
    for i in 0..archive.len() {
        let entry = archive.by_index_raw(i).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        if entry.encrypted() {
            return Err(ImportCause::Password);
        }
        match name.to_lowercase().replace('\\', "/").as_str() {
            "content.xml" => kind = Some(Kind::Ods),
            "xl/workbook.bin" => kind = Some(Kind::Xlsb),
            "xl/workbook.xml" => xlsx = true,
            _ => {}
        }
        let compressed = entry.compressed_size().max(1);
        drop(entry);
        // The directory may lie about sizes, so the part itself is asked.
        let part = archive.by_index(i).map_err(damaged)?;
        let size = io::copy(&mut part.take(MAX_PART + 1), &mut io::sink())
            .map_err(|error| ImportCause::Damaged(format!("{name}: {error}")))?;
        if size > SUSPICIOUS_SIZE && size / compressed > MAX_RATIO {
            let ratio = size / compressed;
            return Err(ImportCause::Bomb { part: name, ratio });
        }
        if size > MAX_PART {
            let limit = MAX_PART;
            return Err(ImportCause::TooLarge { part: name, limit });
        }
    }
    match kind {
        Some(Kind::Ods) => {
            let content = archive.by_name("content.xml").map_err(damaged)?;
            check_ods(content)?;
            Ok(Kind::Ods)
        }
        Some(kind) => Ok(kind),
        None if xlsx => Err(ImportCause::Xlsx),
        None => Err(ImportCause::Unknown),
    }
}

fn damaged(error: zip::result::ZipError) -> ImportCause {
    ImportCause::Damaged(error.to_string())
}

/// The rectangle that the cells of a sheet span, and how many there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    /// First and last row and column of a filled cell.
    rows: Option<(u64, u64)>,
    cols: Option<(u64, u64)>,
    /// Filled cells in the file.
    filled: u64,
    /// Those of them that have a formula, where that is counted.
    pub formulas: u64,
    /// Cells that are made on the way, repeated ones of a row included.
    made: u64,
}

impl Extent {
    /// Adds the cells of some rows from one column to another.
    pub fn add(&mut self, rows: (u64, u64), cols: (u64, u64)) {
        let hull = |old: Option<(u64, u64)>, new: (u64, u64)| {
            Some(old.map_or(new, |old| (old.0.min(new.0), old.1.max(new.1))))
        };
        self.rows = hull(self.rows, rows);
        self.cols = hull(self.cols, cols);
        self.filled += 1;
    }

    /// The cells that calamine makes room for.
    pub fn cells(&self) -> u64 {
        let len = |span: Option<(u64, u64)>| span.map_or(0, |(first, last)| last - first + 1);
        len(self.rows).saturating_mul(len(self.cols)) + self.made
    }

    pub fn check(&self, sheet: impl Into<String>) -> Result<(), ImportCause> {
        let cells = self.cells();
        if cells > FREE_CELLS && cells > self.filled.saturating_mul(SPREAD) {
            return Err(ImportCause::Sparse {
                sheet: sheet.into(),
                cells,
                filled: self.filled,
            });
        }
        Ok(())
    }
}

/// Measures the sheets of an OpenDocument file, whose rows and cells can be
/// repeated by a number.
fn check_ods(content: impl Read) -> Result<(), ImportCause> {
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(content));
    let config = reader.config_mut();
    config.check_end_names = false;
    let mut buffer = Vec::new();
    let mut sheet = String::new();
    let mut extent = Extent::default();
    // The row and column that come next, and how often this row is repeated.
    let (mut row, mut col, mut repeated) = (0_u64, 0_u64, 1_u64);
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| ImportCause::Damaged(format!("content.xml: {error}")))?;
        let (element, has_content) = match &event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::Eof => return extent.check(sheet),
            _ => continue,
        };
        match element.name().as_ref() {
            "table:table" => {
                extent.check(std::mem::take(&mut sheet))?;
                extent = Extent::default();
                (row, col, repeated) = (0, 0, 0);
                sheet = attribute(element, "table:name").unwrap_or_default();
            }
            "table:table-row" => {
                row = (row + repeated).min(MAX_ROWS.into());
                repeated = repeats(element, "table:number-rows-repeated").min(MAX_ROWS.into());
                col = 0;
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let times = repeats(element, "table:number-columns-repeated");
                let end = (col + times).min(MAX_COLS.into());
                let filled = has_content
                    || attribute(element, "office:value-type").is_some()
                    || attribute(element, "table:formula").is_some();
                if filled && end > col {
                    extent.add((row, row + repeated.max(1) - 1), (col, end - 1));
                    extent.made += end;
                }
                col = end;
            }
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(attribute.value.to_string())
}

fn repeats(element: &BytesStart, name: &str) -> u64 {
    let repeats = attribute(element, name).and_then(|text| text.trim().parse().ok());
    repeats.unwrap_or(1).max(1)
}
