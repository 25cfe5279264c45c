//! Links to other workbooks, with the values they had.

use super::table::parse_rect;
use crate::value::{ErrorKind, Value};
use crate::workbook::{ExternalBook, ExternalName, ExternalSheet};
use crate::xlsx::xml::{Xml, XmlError, content_of, decode_xstring};
use quick_xml::events::Event;

/// Reads an external link part; its target stands in its relationships.
pub(in crate::xlsx) fn read(text: &str) -> Result<ExternalBook, XmlError> {
    let mut book = ExternalBook::default();
    let mut sheet = None;
    Xml::new(text).each_element(|xml, element| {
        match element.name() {
            "sheetName" => book.sheets.push(ExternalSheet {
                name: element.attribute("val").unwrap_or_default().into(),
                ..ExternalSheet::default()
            }),
            "definedName" => book.names.push(ExternalName {
                name: element.attribute("name").unwrap_or_default().into(),
                scope: element.attribute("sheetId").and_then(|v| v.parse().ok()),
                formula: element.attribute("refersTo").unwrap_or_default().into(),
            }),
            "sheetData" => {
                sheet = element.attribute("sheetId").and_then(|v| v.parse().ok());
            }
            "cell" if !element.empty => {
                let place = element.attribute("r").and_then(|r| parse_rect(&r));
                let kind = element.attribute("t").unwrap_or_default().into_owned();
                let text = cell_text(xml)?;
                let sheet: Option<usize> = sheet;
                if let (Some(place), Some(sheet)) =
                    (place, sheet.and_then(|i| book.sheets.get_mut(i)))
                {
                    sheet.cells.set(place.top_left(), value(&kind, &text));
                }
            }
            // Data exchange servers and what newer versions add.
            "ddeLink" | "oleLink" | "extLst" if !element.empty => xml.skip()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(book)
}

/// The text of the `<v>` in a `<cell>`, up to its end tag.
fn cell_text(xml: &mut Xml<'_>) -> Result<String, XmlError> {
    let mut text = String::new();
    loop {
        match xml.next()? {
            Event::Start(tag) => {
                let element = crate::xlsx::xml::Element { tag, empty: false };
                let content = content_of(xml, &element)?;
                if element.name() == "v" {
                    text = content.into_owned();
                }
            }
            Event::End(_) => return Ok(text),
            Event::Eof => return Err(xml.error("the part ends inside a cell")),
            _ => {}
        }
    }
}

fn value(kind: &str, text: &str) -> Value {
    match kind {
        "str" => Value::from(&*decode_xstring(text)),
        "b" => Value::Bool(matches!(text, "1" | "true")),
        "e" => Value::Error(ErrorKind::parse(text).unwrap_or(ErrorKind::Unknown)),
        _ => text.parse().map_or(Value::Blank, Value::number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;

    #[test]
    fn the_values_of_another_workbook_are_remembered() {
        let book = read(
            r#"<externalLink><externalBook><sheetNames><sheetName val="A"/><sheetName val="B"/></sheetNames><sheetDataSet><sheetData sheetId="1"><row r="2"><cell r="C2"><v>1.5</v></cell><cell r="D2" t="str"><v>x</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>"#,
        )
        .unwrap();
        let cells = &book.sheet("b").unwrap().cells;
        assert_eq!(cells.get(Pos::new(1, 2)), Value::Number(1.5));
        assert_eq!(cells.get(Pos::new(1, 3)), "x".into());
        assert!(book.sheet("A").unwrap().cells.used().is_none());
    }
}
