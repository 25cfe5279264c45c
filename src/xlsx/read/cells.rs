//! The rows and cells of a worksheet, one after the other, each with its bytes.

use super::plain;
use super::strings::rich_text;
use super::table::parse_rect;
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::xlsx::xml::{Xml, XmlError, attributes, is_true};
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::ops::Range;

/// A `<row>` start tag.
#[derive(Debug)]
pub(in crate::xlsx) struct RowRecord {
    pub row: u32,
    pub height: Option<f64>,
    pub hidden: bool,
    pub style: u32,
    /// The tag.
    pub tag: Range<usize>,
    /// `<row/>`: no cells and no end tag.
    pub empty: bool,
}

/// A `<c>` element.
#[derive(Debug)]
pub(in crate::xlsx) struct CellRecord<'a> {
    pub at: Pos,
    pub style: u32,
    pub kind: CellKind,
    /// Cell metadata, from 1; 0 for none.
    pub cm: u32,
    /// Value metadata, from 1; 0 for none.
    pub vm: u32,
    /// The text of `<v>`, or of `<is>` for an inline string.
    pub value: Option<Cow<'a, str>>,
    pub formula: Option<FormulaRecord<'a>>,
    /// The whole element.
    pub bytes: Range<usize>,
    /// Its start tag.
    pub tag: Range<usize>,
}

/// What `t` says of a cell's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::xlsx) enum CellKind {
    #[default]
    Number,
    Shared,
    Inline,
    Text,
    Bool,
    Error,
    Date,
}

impl CellKind {
    /// By the value of `t`.
    #[inline]
    pub fn of(t: &str) -> Option<Self> {
        Some(match t {
            "n" => Self::Number,
            "s" => Self::Shared,
            "str" => Self::Text,
            "inlineStr" => Self::Inline,
            "b" => Self::Bool,
            "e" => Self::Error,
            "d" => Self::Date,
            _ => return None,
        })
    }
}

/// An `<f>` element.
#[derive(Debug)]
pub(in crate::xlsx) struct FormulaRecord<'a> {
    pub kind: FormulaKind,
    pub rect: Option<Rect>,
    pub text: Cow<'a, str>,
    /// The input cells of a data table, as its attributes give them.
    pub inputs: [Option<Pos>; 2],
    /// The whole element.
    pub bytes: Range<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::xlsx) enum FormulaKind {
    #[default]
    Normal,
    /// By its index, which can be any number.
    Shared(u32),
    Array,
    DataTable,
}

/// The most cells of an array formula, eight whole columns: it fills every one.
const MAX_ARRAY: u64 = 1 << 23;

/// What comes next on a sheet.
#[derive(Debug)]
pub(in crate::xlsx) enum SheetItem<'a> {
    Row(RowRecord),
    Cell(CellRecord<'a>),
    /// Where a row's end tag starts.
    RowEnd(usize),
    /// Where the end tag of the sheet's data starts.
    End(usize),
}

/// Reads what `<sheetData>` holds; to be made after its start tag.
#[derive(Debug)]
pub(in crate::xlsx) struct CellReader {
    /// The row of the next cell.
    row: u32,
    /// The column of the next cell that does not say where it is.
    next_col: u32,
    /// The row after the last one.
    next_row: u32,
}

impl CellReader {
    pub fn new() -> Self {
        Self {
            row: 0,
            next_col: 0,
            next_row: 0,
        }
    }

    /// The next row or cell, in the order of the file.
    #[inline]
    pub fn next<'a>(&mut self, xml: &mut Xml<'a>) -> Result<SheetItem<'a>, XmlError> {
        if let Some(cell) = plain::scan_cell(xml.rest(), xml.end()) {
            xml.pass(cell.bytes.clone());
            self.next_col = cell.at.col + 1;
            return Ok(SheetItem::Cell(cell));
        }
        self.next_by_events(xml)
    }

    pub(super) fn next_by_events<'a>(
        &mut self,
        xml: &mut Xml<'a>,
    ) -> Result<SheetItem<'a>, XmlError> {
        loop {
            match xml.next()? {
                Event::Start(tag) => match tag.local_name().into_inner() {
                    "c" => return self.cell(xml, &tag, false).map(SheetItem::Cell),
                    "row" => return self.row(xml, &tag, false).map(SheetItem::Row),
                    _ => xml.skip()?,
                },
                Event::Empty(tag) => match tag.local_name().into_inner() {
                    "c" => return self.cell(xml, &tag, true).map(SheetItem::Cell),
                    "row" => return self.row(xml, &tag, true).map(SheetItem::Row),
                    _ => {}
                },
                Event::End(tag) => {
                    return Ok(match tag.local_name().into_inner() {
                        "row" => SheetItem::RowEnd(xml.start()),
                        _ => SheetItem::End(xml.start()),
                    });
                }
                Event::Eof => return Err(xml.error("the part ends inside the sheet's data")),
                _ => {}
            }
        }
    }

    fn row(
        &mut self,
        xml: &Xml<'_>,
        tag: &BytesStart<'_>,
        empty: bool,
    ) -> Result<RowRecord, XmlError> {
        let mut record = RowRecord {
            row: self.next_row,
            height: None,
            hidden: false,
            style: 0,
            tag: xml.start()..xml.end(),
            empty,
        };
        for (name, value) in attributes(tag) {
            match name {
                "r" => {
                    record.row = crate::grid::parse_row(value)
                        .ok_or_else(|| xml.error(format!("there is no row {value}")))?;
                }
                "ht" => record.height = value.parse().ok().filter(|h: &f64| h.is_finite()),
                "hidden" => record.hidden = is_true(value),
                "s" => record.style = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        if record.row >= MAX_ROWS {
            return Err(xml.error("the row lies below the last row of a sheet"));
        }
        self.row = record.row;
        self.next_row = record.row + 1;
        self.next_col = 0;
        Ok(record)
    }

    fn cell<'a>(
        &mut self,
        xml: &mut Xml<'a>,
        tag: &BytesStart<'_>,
        empty: bool,
    ) -> Result<CellRecord<'a>, XmlError> {
        let mut record = CellRecord {
            at: Pos::new(self.row, self.next_col),
            style: 0,
            kind: CellKind::Number,
            cm: 0,
            vm: 0,
            value: None,
            formula: None,
            bytes: xml.start()..xml.end(),
            tag: xml.start()..xml.end(),
        };
        for (name, value) in attributes(tag) {
            match name {
                "r" => {
                    record.at = parse_place(value)
                        .ok_or_else(|| xml.error(format!("there is no cell {value}")))?;
                }
                "s" => record.style = value.parse().unwrap_or(0),
                "t" => {
                    record.kind = CellKind::of(value)
                        .ok_or_else(|| xml.error(format!("a cell cannot have type {value}")))?;
                }
                "cm" => record.cm = value.parse().unwrap_or(0),
                "vm" => record.vm = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        if record.at.col >= MAX_COLS {
            return Err(xml.error("the cell lies right of the last column of a sheet"));
        }
        self.next_col = record.at.col + 1;
        if !empty {
            self.inside(xml, &mut record)?;
            record.bytes.end = xml.end();
        }
        Ok(record)
    }

    /// Reads the elements inside `<c>` up to its end tag.
    fn inside<'a>(
        &mut self,
        xml: &mut Xml<'a>,
        record: &mut CellRecord<'a>,
    ) -> Result<(), XmlError> {
        loop {
            match xml.next()? {
                Event::Start(tag) => match tag.local_name().into_inner() {
                    "v" => record.value = Some(xml.content()?),
                    "f" => {
                        let mut formula = formula(xml, &tag)?;
                        formula.text = xml.content()?;
                        formula.bytes.end = xml.end();
                        record.formula = Some(formula);
                    }
                    "is" => record.value = Some(Cow::Owned(rich_text(xml)?)),
                    _ => xml.skip()?,
                },
                Event::Empty(tag) => match tag.local_name().into_inner() {
                    "v" => record.value = Some(Cow::Borrowed("")),
                    "f" => record.formula = Some(formula(xml, &tag)?),
                    _ => {}
                },
                Event::End(_) => return Ok(()),
                Event::Eof => return Err(xml.error("the part ends inside a cell")),
                _ => {}
            }
        }
    }
}

fn formula<'a>(xml: &Xml<'a>, tag: &BytesStart<'_>) -> Result<FormulaRecord<'a>, XmlError> {
    let mut record = FormulaRecord {
        kind: FormulaKind::Normal,
        rect: None,
        text: Cow::Borrowed(""),
        inputs: [None, None],
        bytes: xml.start()..xml.end(),
    };
    let mut index = None;
    let mut kind = "normal";
    for (name, value) in attributes(tag) {
        match name {
            "t" => kind = value,
            "si" => index = value.parse().ok(),
            "ref" => {
                let rect = parse_rect(value);
                record.rect =
                    Some(rect.ok_or_else(|| xml.error(format!("{value} is not a range")))?);
            }
            "r1" => record.inputs[0] = Pos::parse_a1(value),
            "r2" => record.inputs[1] = Pos::parse_a1(value),
            _ => {}
        }
    }
    if let Some(rect) = record.rect
        && kind == "array"
        && rect.len() > MAX_ARRAY
    {
        return Err(xml.error(format!(
            "an array formula over {rect} fills {} cells, more than the {MAX_ARRAY} that one can",
            rect.len()
        )));
    }
    record.kind = match kind {
        "normal" => FormulaKind::Normal,
        "array" => FormulaKind::Array,
        "dataTable" => FormulaKind::DataTable,
        "shared" => FormulaKind::Shared(
            index.ok_or_else(|| xml.error("a shared formula lacks its index (si)"))?,
        ),
        _ => return Err(xml.error(format!("a formula cannot have type {kind}"))),
    };
    Ok(record)
}

/// `B7` as files write it, fast; other spellings through [`Pos::parse_a1`].
#[inline]
fn parse_place(text: &str) -> Option<Pos> {
    let bytes = text.as_bytes();
    let mut col = 0_u32;
    let mut at = 0;
    while at < bytes.len() && at < 3 && bytes[at].is_ascii_uppercase() {
        col = col * 26 + u32::from(bytes[at] - b'A') + 1;
        at += 1;
    }
    let mut row = 0_u32;
    let digits = &bytes[at..];
    if at == 0 || digits.is_empty() || digits.len() > 7 || !digits.iter().all(u8::is_ascii_digit) {
        return Pos::parse_a1(text);
    }
    for digit in digits {
        row = row * 10 + u32::from(digit - b'0');
    }
    (col <= MAX_COLS && (1..=MAX_ROWS).contains(&row)).then(|| Pos::new(row - 1, col - 1))
}
