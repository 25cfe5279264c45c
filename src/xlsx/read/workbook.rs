//! The workbook part: sheets, names, settings.

use crate::workbook::Visibility;
use crate::xlsx::xml::{Xml, XmlError, content_of, is_true};

/// What the workbook part says, in its own order.
#[derive(Debug, Default)]
pub(in crate::xlsx) struct WorkbookPart {
    pub date1904: bool,
    pub active: usize,
    pub sheets: Vec<SheetEntry>,
    pub names: Vec<NameEntry>,
    /// The relationships of the other workbooks that formulas refer to.
    pub externals: Vec<String>,
}

#[derive(Debug)]
pub(in crate::xlsx) struct SheetEntry {
    pub name: String,
    pub relationship: String,
    pub visibility: Visibility,
}

#[derive(Debug, PartialEq)]
pub(in crate::xlsx) struct NameEntry {
    pub name: String,
    /// The position of its sheet among the workbook's, where it has one.
    pub local: Option<usize>,
    pub hidden: bool,
    pub formula: String,
}

/// Reads the workbook part.
pub(in crate::xlsx) fn read(text: &str) -> Result<WorkbookPart, XmlError> {
    let mut part = WorkbookPart::default();
    Xml::new(text).each_element(|xml, element| {
        match element.name() {
            "workbookPr" => {
                part.date1904 = element.attribute("date1904").is_some_and(|v| is_true(&v));
            }
            "workbookView" => {
                let tab = element.attribute("activeTab").and_then(|v| v.parse().ok());
                part.active = tab.unwrap_or(0);
            }
            "sheet" => {
                let name = element.attribute("name");
                let id = element.attribute("id");
                let (Some(name), Some(id)) = (name, id) else {
                    return Err(xml.error("a sheet lacks its name or its r:id"));
                };
                let visibility = match element.attribute("state").as_deref() {
                    Some("hidden") => Visibility::Hidden,
                    Some("veryHidden") => Visibility::VeryHidden,
                    _ => Visibility::Visible,
                };
                part.sheets.push(SheetEntry {
                    name: name.into_owned(),
                    relationship: id.into_owned(),
                    visibility,
                });
            }
            "externalReference" => {
                let id = element.attribute("id").unwrap_or_default();
                part.externals.push(id.into_owned());
            }
            "definedName" => {
                let Some(name) = element.attribute("name") else {
                    return Err(xml.error("a defined name lacks its name"));
                };
                let entry = NameEntry {
                    name: name.into_owned(),
                    local: element
                        .attribute("localSheetId")
                        .and_then(|v| v.parse().ok()),
                    hidden: element.attribute("hidden").is_some_and(|v| is_true(&v)),
                    formula: String::new(),
                };
                let formula = content_of(xml, &element)?.into_owned();
                part.names.push(NameEntry { formula, ..entry });
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(part)
}
