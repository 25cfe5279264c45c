//! Table parts: a header cell and its column's name must say the same, or
//! Excel repairs the file.

use super::Splice;
use crate::grid::SheetId;
use crate::value::Value;
use crate::workbook::Sheet;
use crate::xlsx::error::SaveError;
use crate::xlsx::read::table;
use crate::xlsx::xml::{
    Patches, Xml, XmlError, decode_xstring, encode_xstring, escape, with_attribute,
};
use quick_xml::events::Event;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Renames the columns of tables whose headers changed.
pub(super) fn splice(splice: &mut Splice<'_>) -> Result<(), SaveError> {
    let (book, original) = (splice.book, splice.original);
    let mut known: BTreeSet<(SheetId, String)> = BTreeSet::new();
    for (&id, before) in original.tabs.iter().zip(&original.sheets) {
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
            if let Some(now) = book.tables.get(&table.name) {
                let formulas = now.columns.iter().map(|c| &c.formula);
                let before = table.columns.iter().map(|c| &c.formula);
                let new: Vec<_> = formulas
                    .zip(before)
                    .map(|(now, before)| (now != before).then_some(now))
                    .collect();
                if new.iter().any(Option::is_some) {
                    splice.patch(part, |text, patches| column_formulas(text, &new, patches))?;
                }
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

/// Gives the columns of a table the formulas that fill them, where there is a
/// new one, or that there is none any more.
fn column_formulas(
    text: &str,
    formulas: &[Option<&Option<Arc<str>>>],
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let mut formulas = formulas.iter();
    Xml::new(text).each_element(|xml, element| {
        if element.name() != "tableColumn" {
            return Ok(());
        }
        let Some(Some(formula)) = formulas.next() else {
            return Ok(());
        };
        let tag = &text[xml.start()..xml.end()];
        let name = element.tag.name().as_ref().to_owned();
        let prefix = &name[..name.len() - "tableColumn".len()];
        let new = formula.as_ref().map_or(String::new(), |formula| {
            let mut out = format!("<{prefix}calculatedColumnFormula>");
            escape(formula, &mut out);
            out + &format!("</{prefix}calculatedColumnFormula>")
        });
        let tag_range = xml.start()..xml.end();
        if element.empty {
            if !new.is_empty() {
                let open = tag.trim_end_matches("/>").trim_end();
                patches.replace(tag_range, format!("{open}>{new}</{name}>"));
            }
            return Ok(());
        }
        // It is the first child, where it is there.
        let mut old = tag_range.end..tag_range.end;
        loop {
            match xml.next()? {
                Event::Start(child) => {
                    let start = xml.start();
                    let found = child.local_name().into_inner() == "calculatedColumnFormula";
                    xml.skip()?;
                    if found {
                        old = start..xml.end();
                    }
                }
                Event::End(_) => break,
                Event::Eof => return Err(xml.error("the part ends inside a column")),
                _ => {}
            }
        }
        patches.replace(old, new);
        Ok(())
    })
}

/// Line breaks are escaped too: an attribute would lose them.
fn encode_header(name: &str) -> String {
    encode_xstring(name)
        .replace('\n', "_x000a_")
        .replace('\t', "_x0009_")
}
