//! The part of a sheet that was not in the file: everything but its cells,
//! which are spliced into it.

use crate::workbook::Sheet;
use std::fmt::Write;

/// A worksheet part without cells.
pub(super) fn text(sheet: &Sheet) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
         <dimension ref=\"A1\"/><sheetViews><sheetView workbookViewId=\"0\">",
    );
    if let Some(panes) = sheet.panes {
        let (rows, cols) = (panes.frozen_rows, panes.frozen_cols);
        if rows > 0 || cols > 0 {
            let corner = crate::grid::Pos::new(rows, cols);
            let pane = match (rows, cols) {
                (0, _) => "topRight",
                (_, 0) => "bottomLeft",
                _ => "bottomRight",
            };
            out.push_str("<pane");
            if cols > 0 {
                let _ = write!(out, " xSplit=\"{cols}\"");
            }
            if rows > 0 {
                let _ = write!(out, " ySplit=\"{rows}\"");
            }
            let _ = write!(
                out,
                " topLeftCell=\"{corner}\" activePane=\"{pane}\" state=\"frozen\"/>"
            );
        }
    }
    out.push_str("</sheetView></sheetViews><sheetData/>");
    if !sheet.merges.is_empty() {
        let _ = write!(out, "<mergeCells count=\"{}\">", sheet.merges.len());
        for rect in &sheet.merges {
            let _ = write!(out, "<mergeCell ref=\"{rect}\"/>");
        }
        out.push_str("</mergeCells>");
    }
    out.push_str("</worksheet>");
    out
}
