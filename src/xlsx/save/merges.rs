//! Splicing merged cells.

use super::layout::Layout;
use crate::grid::Rect;
use crate::workbook::Sheet;
use crate::xlsx::read::table::parse_rect;
use crate::xlsx::xml::{Patches, Xml, XmlError};
use std::fmt::Write;

/// Writes the list of merged cells anew where it differs.
pub(super) fn splice(
    sheet: &Sheet,
    layout: &Layout<'_>,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let mut before: Vec<Rect> = Vec::new();
    for range in layout.children("mergeCells") {
        Xml::new(&layout.text[range]).each_element(|_, element| {
            if element.name() == "mergeCell" {
                before.extend(element.attribute("ref").and_then(|r| parse_rect(&r)));
            }
            Ok(())
        })?;
    }
    // One cell is no merge, and Excel repairs a file that says so.
    let said = |rect: &&Rect| !rect.is_cell();
    if before.iter().eq(&sheet.merges) {
        return Ok(());
    }
    let prefix = layout.prefix;
    let merges: Vec<&Rect> = sheet.merges.iter().filter(said).collect();
    let mut text = String::new();
    if !merges.is_empty() {
        let _ = write!(text, "<{prefix}mergeCells count=\"{}\">", merges.len());
        for rect in merges {
            let _ = write!(text, "<{prefix}mergeCell ref=\"{rect}\"/>");
        }
        let _ = write!(text, "</{prefix}mergeCells>");
    }
    layout.put("mergeCells", text, patches);
    Ok(())
}
