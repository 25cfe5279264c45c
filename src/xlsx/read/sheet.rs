//! Worksheet parts.

use super::auto_filter;
use super::cells::{CellReader, SheetItem};
use super::conditional;
use super::formulas::Formulas;
use super::table::parse_rect;
use super::validation;
use super::values::{Context, ValueReader};
use crate::grid::{MAX_COLS, Pos, Rect};
use crate::workbook::{ColumnProps, Panes, RowProps, Runs, Sheet, StyleMap, Templates};
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
    let mut sheet = Sheet::new(name);
    let mut formulas = Formulas::default();
    let mut tables = Vec::new();
    let mut bad_cell = None;
    Xml::new(text)
        .each_element(|xml, element| {
            match element.name() {
                "sheetData" if !element.empty => {
                    bad_cell = cells(xml, &mut sheet, &mut formulas, context)?;
                }
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
                "tablePart" => tables.extend(element.attribute("id").map(Into::into)),
                "conditionalFormatting" => {
                    let read = conditional::read(text, xml, &element, &context.colours)?;
                    sheet.conditional.extend(read.map(|part| part.format));
                }
                "dataValidation" => {
                    let validation = validation::read(xml, &element)?;
                    sheet.validations.extend(validation);
                }
                "extLst" if !element.empty => extensions(xml, &mut sheet)?,
                _ => {}
            }
            Ok(())
        })
        .map_err(|e| e.in_part(part, text))?;
    if let Some((at, message)) = bad_cell {
        return Err(OpenCause::Cell {
            part: part.to_owned(),
            cell: at.to_string(),
            message,
        });
    }
    for (row, props) in &mut sheet.rows {
        // Rows of a filtered range are hidden by its filter.
        let filter = sheet.filter.as_ref().map(|filter| filter.rect);
        props.filtered =
            props.hidden && filter.is_some_and(|rect| rect.top < *row && *row <= rect.bottom);
    }
    let (runs, templates, spills) = formulas.finish();
    sheet.spills = spills;
    Ok(SheetPart {
        sheet,
        runs,
        templates,
        tables,
    })
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

/// Reads rows and cells up to the end of the sheet's data.
fn cells<'a>(
    xml: &mut Xml<'a>,
    sheet: &mut Sheet,
    formulas: &mut Formulas<'a>,
    context: &Context,
) -> Result<Option<BadCell>, XmlError> {
    let mut reader = CellReader::new();
    let mut values = ValueReader::new(context);
    let mut styles = CellStyles::default();
    let mut row_style = 0;
    let mut bad = None;
    loop {
        match reader.next(xml)? {
            SheetItem::Row(row) => {
                let props = RowProps {
                    height: row.height,
                    hidden: row.hidden,
                    filtered: false,
                    style: row.style,
                };
                row_style = row.style;
                if props != RowProps::default() {
                    sheet.rows.insert(row.row, props);
                }
            }
            SheetItem::Cell(mut cell) => {
                let inherited = sheet.columns.get(&cell.at.col).map_or(0, |c| c.style);
                styles.take(&mut sheet.styles, cell.at, cell.style, row_style, inherited);
                match values.value(&cell) {
                    Ok(value) if value.is_blank() => {}
                    Ok(value) => sheet.cells.set(cell.at, value),
                    Err(message) => {
                        bad.get_or_insert((cell.at, message));
                    }
                }
                if cell.formula.is_some() {
                    let dynamic = context.metadata.is_dynamic(cell.cm);
                    formulas.add(&mut cell, dynamic);
                }
            }
            SheetItem::RowEnd(_) => {}
            SheetItem::End(_) => {
                styles.finish(&mut sheet.styles);
                return Ok(bad);
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
