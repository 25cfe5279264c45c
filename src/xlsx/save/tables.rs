//! Table parts: a header cell and its column's name must say the same, or
//! Excel repairs the file.

use super::Splice;
use crate::grid::SheetId;
use crate::value::Value;
use crate::workbook::Sheet;
use crate::xlsx::error::SaveError;
use crate::xlsx::read::table;
use crate::xlsx::xml::{Xml, decode_xstring, encode_xstring, with_attribute};
use std::collections::BTreeSet;

/// Renames the columns of tables whose headers changed.
pub(super) fn splice(splice: &mut Splice<'_>) -> Result<(), SaveError> {
    let (book, original) = (splice.book, splice.original);
    let mut known: BTreeSet<(SheetId, String)> = BTreeSet::new();
    for (i, before) in original.sheets.iter().enumerate() {
        let id = SheetId(i as u32);
        if !book.has_sheet(id) {
            continue;
        }
        let sheet = book.sheet(id);
        for part in &before.tables {
            let text = splice.text(part)?;
            let table =
                table::read(&text).map_err(|e| SaveError::Original(e.in_part(part, &text)))?;
            known.insert((id, table.name.to_lowercase()));
            if sheet.touched && table.header_rows == 1 {
                rename(splice, part, &table, sheet)?;
            }
        }
    }
    for table in book.tables.iter() {
        let key = (table.area.sheet, table.name.to_lowercase());
        if book.has_sheet(table.area.sheet) && !known.contains(&key) {
            return Err(SaveError::Content {
                place: format!("table {}", table.name),
                problem: "it is not in the opened file, and tables can only be written into new \
                          files; save the workbook as a new one"
                    .into(),
            });
        }
    }
    Ok(())
}

fn rename(
    splice: &mut Splice<'_>,
    part: &str,
    table: &table::TablePart,
    sheet: &Sheet,
) -> Result<(), SaveError> {
    let mut names = Vec::new();
    for (i, column) in table.columns.iter().enumerate() {
        let mut at = table.rect.top_left();
        at.col += i as u32;
        let header = match sheet.cells.get(at) {
            Value::Text(text) => text,
            other => {
                let what = match other {
                    Value::Blank => "is empty",
                    _ => "is not text",
                };
                return Err(SaveError::Content {
                    place: format!("{}!{at}", sheet.name),
                    problem: format!(
                        "it is the header of column \"{}\" of table {} and {what}; \
                         Excel wants a text that no other column has",
                        column.name, table.name
                    ),
                });
            }
        };
        names.push(header);
    }
    splice.patch(part, |text, patches| {
        let mut names = names.iter();
        Xml::new(text).each_element(|xml, element| {
            if element.name() == "tableColumn"
                && let Some(name) = names.next()
            {
                let old = element.attribute("name").unwrap_or_default();
                if *decode_xstring(&old) != **name {
                    let tag = xml.start()..xml.end();
                    let name = encode_header(name);
                    let new = with_attribute(&text[tag.clone()], "name", Some(&name));
                    patches.replace(tag, new);
                }
            }
            Ok(())
        })
    })
}

/// Line breaks are escaped too: an attribute would lose them.
fn encode_header(name: &str) -> String {
    encode_xstring(name)
        .replace('\n', "_x000a_")
        .replace('\t', "_x0009_")
}
