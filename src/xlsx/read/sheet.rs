//! Worksheet parts.

use super::auto_filter;
use super::cells::{CellReader, SheetItem};
use super::conditional;
use super::formulas::Formulas;
use super::stream::Piece;
use super::table::parse_rect;
use super::validation;
use super::values::{Context, ValueReader};
use crate::grid::{MAX_COLS, Pos, Rect};
use crate::workbook::{AutoFilter, ColumnProps, Panes, RowProps, Runs, Sheet, StyleMap, Templates};
use crate::xlsx::error::OpenCause;
use crate::xlsx::xml::{Element, Xml, XmlError, is_true};
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// A worksheet read by itself.
pub(in crate::xlsx) struct SheetPart {
    /// Without its runs, which need the workbook's templates.
    pub sheet: Sheet,
    pub runs: Runs,
    /// The templates that the runs number.
    pub templates: Templates,
    /// Cells whose formulas the file does not state.
    pub lost: Vec<Pos>,
    /// The relationship ids of its tables.
    pub tables: Vec<String>,
}

/// Reads a worksheet part.
pub(in crate::xlsx) fn read(
    part: &str,
    text: &str,
    name: &str,
    context: &Context,
) -> Result<SheetPart, OpenCause> {
    let mut reading = Reading::new(name, context);
    let mut formulas = Formulas::default();
    reading
        .elements(text, &mut formulas)
        .map_err(|e| e.in_part(part, text))?;
    if let Some((at, message)) = reading.rows.bad {
        return Err(OpenCause::Cell {
            part: part.to_owned(),
            cell: at.to_string(),
            message,
        });
    }
    Ok(reading.finish(formulas))
}

/// Reads a worksheet part in pieces; `None` where it has to be read whole.
pub(super) fn read_pieces(
    pieces: impl IntoIterator<Item = Piece>,
    name: &str,
    context: &Context,
) -> Option<SheetPart> {
    let mut reading = Reading::new(name, context);
    let mut formulas = Formulas::default();
    let mut before = String::new();
    for piece in pieces {
        match piece {
            Piece::Before(text) => {
                // The styles of cells depend on those of columns.
                let read = Xml::new(&text).each_element(|_, element| {
                    if element.name() == "col" {
                        columns(&element, &mut reading.sheet.columns);
                    }
                    Ok(())
                });
                read.ok()?;
                before = text;
            }
            Piece::Rows(text) => {
                let mut xml = Xml::new(&text);
                xml.next().ok()?;
                let mut pending = formulas;
                let Reading { sheet, rows, .. } = &mut reading;
                rows.read(&mut xml, sheet, &mut pending).ok()?;
                formulas = pending.into_owned();
            }
            Piece::After(text) => {
                if reading.rows.bad.is_some() {
                    return None;
                }
                let around = format!("{before}<sheetData></sheetData>{text}");
                let mut none = Formulas::default();
                reading.elements(&around, &mut none).ok()?;
                return Some(reading.finish(formulas));
            }
        }
    }
    None
}

/// A worksheet as far as it has been read.
struct Reading<'c> {
    sheet: Sheet,
    rows: Rows<'c>,
    tables: Vec<String>,
    context: &'c Context,
}

impl<'c> Reading<'c> {
    fn new(name: &str, context: &'c Context) -> Self {
        Self {
            sheet: Sheet::new(name),
            rows: Rows::new(context),
            tables: Vec::new(),
            context,
        }
    }

    /// Reads all elements of a part.
    fn elements<'a>(&mut self, text: &'a str, formulas: &mut Formulas<'a>) -> Result<(), XmlError> {
        let sheet = &mut self.sheet;
        Xml::new(text).each_element(|xml, element| {
            match element.name() {
                "sheetData" if !element.empty => self.rows.read(xml, sheet, formulas)?,
                "col" => {
                    columns(&element, &mut sheet.columns);
                }
                "pane" => sheet.panes = panes(&element).or(sheet.panes),
                "mergeCell" => sheet
                    .merges
                    .extend(element.attribute("ref").and_then(|r| parse_rect(&r))),
                "autoFilter" => {
                    sheet.filter = auto_filter::read(text, xml, &element)?;
                }
                "tablePart" => self.tables.extend(element.attribute("id").map(Into::into)),
                "conditionalFormatting" => {
                    let read = conditional::read(text, xml, &element, &self.context.colours)?;
                    sheet.conditional.extend(read.map(|part| part.format));
                }
                "dataValidation" => {
                    let validation = validation::read(xml, &element)?;
                    sheet.validations.extend(validation);
                }
                "extLst" if !element.empty => extensions(xml, sheet)?,
                _ => {}
            }
            Ok(())
        })
    }

    fn finish(self, formulas: Formulas<'_>) -> SheetPart {
        let mut sheet = self.sheet;
        self.rows.styles.finish(&mut sheet.styles);
        // Rows of a filtered range are hidden by its filter.
        if let Some(data) = sheet.filter.as_ref().and_then(AutoFilter::data) {
            let rows = data.top..=data.bottom;
            sheet
                .rows
                .change(rows, |props| props.filtered = props.hidden);
        }
        let formulas = formulas.finish();
        sheet.spills = formulas.spills;
        SheetPart {
            sheet,
            runs: formulas.runs,
            templates: formulas.templates,
            lost: formulas.lost,
            tables: self.tables,
        }
    }
}

/// Reads the extensions that this program knows up to the end of their list;
/// those of other programs can hold anything.
fn extensions(xml: &mut Xml<'_>, sheet: &mut Sheet) -> Result<(), XmlError> {
    let mut depth = 1_usize;
    while depth > 0 {
        let (tag, empty) = match xml.next()? {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::Eof => return Err(xml.error("the part ends inside its extensions")),
            _ => continue,
        };
        let element = Element { tag, empty };
        match element.name() {
            "dataValidation" => sheet.validations.extend(validation::read(xml, &element)?),
            "ext" | "dataValidations" => depth += usize::from(!empty),
            _ if !empty => xml.skip()?,
            _ => {}
        }
    }
    Ok(())
}

/// A cell whose value cannot be, and why.
type BadCell = (Pos, String);

/// Reads rows and their cells.
struct Rows<'c> {
    reader: CellReader,
    values: ValueReader<'c>,
    styles: CellStyles,
    row_style: u32,
    /// The first cell whose value cannot be.
    bad: Option<BadCell>,
    context: &'c Context,
}

impl<'c> Rows<'c> {
    fn new(context: &'c Context) -> Self {
        Self {
            reader: CellReader::new(),
            values: ValueReader::new(context),
            styles: CellStyles::default(),
            row_style: 0,
            bad: None,
            context,
        }
    }

    /// Reads up to the end of the sheet's data.
    fn read<'a>(
        &mut self,
        xml: &mut Xml<'a>,
        sheet: &mut Sheet,
        formulas: &mut Formulas<'a>,
    ) -> Result<(), XmlError> {
        loop {
            match self.reader.next(xml)? {
                SheetItem::Row(row) => {
                    let props = RowProps {
                        height: row.height,
                        hidden: row.hidden,
                        filtered: false,
                        style: row.style,
                    };
                    self.row_style = row.style;
                    if props != RowProps::default() {
                        sheet.rows.set(row.row..=row.row, props);
                    }
                }
                SheetItem::Cell(mut cell) => {
                    let inherited = sheet.columns.get(&cell.at.col).map_or(0, |c| c.style);
                    let map = &mut sheet.styles;
                    self.styles
                        .take(map, cell.at, cell.style, self.row_style, inherited);
                    match self.values.value(&cell) {
                        Ok(value) if value.is_blank() => {}
                        Ok(value) => sheet.cells.set(cell.at, value),
                        Err(message) => {
                            self.bad.get_or_insert((cell.at, message));
                        }
                    }
                    if cell.formula.is_some() {
                        let dynamic = self.context.metadata.is_dynamic(cell.cm);
                        formulas.add(&mut cell, dynamic);
                    }
                }
                SheetItem::RowEnd(_) => {}
                SheetItem::End(_) => return Ok(()),
            }
        }
    }
}

/// Gathers the styles of cells, which mostly repeat down a column, so that a
/// stretch is put on the sheet at once.
#[derive(Default)]
struct CellStyles {
    /// By column: a style, and the rows from the first to the last that have it.
    open: Vec<Option<(u32, u32, u32)>>,
}

impl CellStyles {
    fn take(&mut self, map: &mut StyleMap, at: Pos, style: u32, row: u32, column: u32) {
        let inherited = if row != 0 { row } else { column };
        let col = at.col as usize;
        if style == inherited {
            return;
        }
        if self.open.len() <= col {
            self.open.resize(col + 1, None);
        }
        match &mut self.open[col] {
            Some((known, _, last)) if *known == style && *last + 1 == at.row => *last = at.row,
            other => {
                let before = other.replace((style, at.row, at.row));
                put(map, at.col, before);
            }
        }
    }

    fn finish(self, map: &mut StyleMap) {
        for (col, stretch) in self.open.into_iter().enumerate() {
            put(map, col as u32, stretch);
        }
    }
}

fn put(map: &mut StyleMap, col: u32, stretch: Option<(u32, u32, u32)>) {
    if let Some((style, first, last)) = stretch {
        let rect = Rect::new(Pos::new(first, col), Pos::new(last, col));
        map.set(rect, Some(style));
    }
}

/// Takes what a `<col>` says; returns its first and last column.
pub(in crate::xlsx) fn columns(
    element: &Element<'_>,
    columns: &mut BTreeMap<u32, ColumnProps>,
) -> Option<(u32, u32)> {
    let number = |name| element.attribute(name)?.parse::<u32>().ok();
    let first = number("min")?.checked_sub(1)?;
    let last = number("max")?.min(MAX_COLS).checked_sub(1)?;
    let width = element.attribute("width").and_then(|w| w.parse().ok());
    let props = ColumnProps {
        width: width.filter(|w: &f64| w.is_finite()),
        hidden: element.attribute("hidden").is_some_and(|v| is_true(&v)),
        style: number("style").unwrap_or(0),
    };
    for col in first..=last {
        columns.insert(col, props.clone());
    }
    Some((first, last))
}

pub(in crate::xlsx) fn panes(element: &Element<'_>) -> Option<Panes> {
    let state = element.attribute("state")?;
    if state != "frozen" && state != "frozenSplit" {
        return None;
    }
    // Written as floating point numbers.
    let count = |name| {
        let text = element.attribute(name)?;
        text.parse::<f64>().ok().map(|x| x as u32)
    };
    Some(Panes {
        frozen_rows: count("ySplit").unwrap_or(0),
        frozen_cols: count("xSplit").unwrap_or(0),
    })
}
