//! Table parts.

use super::auto_filter;
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect, parse_column, parse_row};
use crate::workbook::TableColumn;
use crate::xlsx::xml::{Element, Xml, XmlError, content_of, decode_xstring};
use std::sync::Arc;

/// A table as its part describes it.
#[derive(Debug)]
pub(in crate::xlsx) struct TablePart {
    /// Its number, which no other table of the workbook has.
    pub id: u32,
    pub name: String,
    pub rect: Rect,
    pub header_rows: u32,
    pub totals_rows: u32,
    pub columns: Vec<TableColumn>,
    /// Whether its headers have filter buttons.
    pub buttons: bool,
}

/// Reads a table part.
pub(in crate::xlsx) fn read(text: &str) -> Result<TablePart, XmlError> {
    let mut table: Option<TablePart> = None;
    let mut filter = None;
    Xml::new(text).each_element(|xml, element| {
        match element.name() {
            "table" => {
                let found = start(&element);
                table = Some(found.ok_or_else(|| xml.error("a table lacks its name or its ref"))?);
            }
            "autoFilter" => {
                filter = auto_filter::read(text, xml, &element)?;
                if let Some(table) = &mut table {
                    table.buttons = true;
                }
            }
            "tableColumn" => {
                let name = element.attribute("name").unwrap_or_default();
                let name: Arc<str> = decode_xstring(&name).into();
                if let Some(table) = &mut table {
                    table.columns.push(TableColumn {
                        saved_as: Some(name.clone()),
                        name,
                        formula: None,
                        criterion: None,
                    });
                }
            }
            "calculatedColumnFormula" => {
                let formula = content_of(xml, &element)?;
                let column = table.as_mut().and_then(|t| t.columns.last_mut());
                if let Some(column) = column
                    && !formula.is_empty()
                {
                    column.formula = Some(formula.into());
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    if let (Some(table), Some(filter)) = (&mut table, filter) {
        for (column, criterion) in filter.columns {
            if let Some(column) = table.columns.get_mut(column as usize) {
                column.criterion = Some(criterion);
            }
        }
    }
    table.ok_or_else(|| XmlError::new(0, "the part holds no table"))
}

fn start(element: &Element<'_>) -> Option<TablePart> {
    let count = |name, otherwise| match element.attribute(name) {
        Some(text) => text.parse().unwrap_or(otherwise),
        None => otherwise,
    };
    Some(TablePart {
        id: count("id", 0),
        name: element
            .attribute("displayName")
            .or_else(|| element.attribute("name"))?
            .into_owned(),
        rect: parse_rect(&element.attribute("ref")?)?,
        header_rows: count("headerRowCount", 1).min(1),
        totals_rows: count("totalsRowCount", 0).min(1),
        columns: Vec::new(),
        buttons: false,
    })
}

/// Reads `A1` or `A1:B2`.
pub(in crate::xlsx) fn parse_rect(text: &str) -> Option<Rect> {
    match text.split_once(':') {
        Some((a, b)) => Some(Rect::new(Pos::parse_a1(a)?, Pos::parse_a1(b)?)),
        None => Some(Rect::cell(Pos::parse_a1(text)?)),
    }
}

/// Reads several with spaces between them; what cannot be read is left out.
pub(in crate::xlsx) fn parse_sqref(text: &str) -> Vec<Rect> {
    let read = |piece: &str| parse_rect(piece).or_else(|| parse_lines(piece));
    text.split_whitespace().filter_map(read).collect()
}

/// Reads `A:C` or `1:3`.
fn parse_lines(text: &str) -> Option<Rect> {
    let plain = text.replace('$', "");
    let (a, b) = plain.split_once(':')?;
    if let (Some(a), Some(b)) = (parse_column(a), parse_column(b)) {
        return Some(Rect::new(Pos::new(0, a), Pos::new(MAX_ROWS - 1, b)));
    }
    let (a, b) = (parse_row(a)?, parse_row(b)?);
    Some(Rect::new(Pos::new(a, 0), Pos::new(b, MAX_COLS - 1)))
}
