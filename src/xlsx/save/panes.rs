//! Splicing frozen rows and columns.

use super::layout::Layout;
use crate::grid::Pos;
use crate::workbook::{Panes, Sheet};
use crate::xlsx::read::sheet::panes;
use crate::xlsx::xml::{Patches, Xml, XmlError};
use std::fmt::Write;
use std::ops::Range;

/// Writes the panes of a sheet's first view anew where they differ, with a
/// selection in the pane that takes entries.
pub(super) fn splice(
    sheet: &Sheet,
    layout: &Layout<'_>,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let prefix = layout.prefix;
    let visible = |panes: &Panes| panes.frozen_rows > 0 || panes.frozen_cols > 0;
    let now = sheet.panes.filter(visible);
    let Some(views) = layout.children("sheetViews").next() else {
        if let Some(panes) = now {
            let inside = pane(prefix, panes);
            let view = format!(
                "<{prefix}sheetViews><{prefix}sheetView workbookViewId=\"0\">{inside}\
                 </{prefix}sheetView></{prefix}sheetViews>"
            );
            patches.insert(layout.place_of("sheetViews"), view);
        }
        return Ok(());
    };
    // The first view: its tag, what is in it about panes, whether it is empty.
    let mut view: Option<(Range<usize>, bool)> = None;
    let mut inside: Vec<Range<usize>> = Vec::new();
    let mut before = None;
    let mut views_seen = 0;
    let text = &layout.text[views.clone()];
    Xml::new(text).each_element(|xml, element| {
        let place = |range: Range<usize>| views.start + range.start..views.start + range.end;
        let tag = xml.start()..xml.end();
        match element.name() {
            "sheetView" => {
                views_seen += 1;
                if views_seen == 1 {
                    view = Some((place(tag), element.empty));
                }
            }
            name @ ("pane" | "selection") if views_seen == 1 => {
                if name == "pane" {
                    before = panes(&element);
                }
                if !element.empty {
                    xml.skip()?;
                }
                inside.push(place(tag.start..xml.end()));
            }
            _ => {}
        }
        Ok(())
    })?;
    let Some((tag, empty)) = view else {
        return Ok(());
    };
    if before.filter(visible) == now {
        return Ok(());
    }
    for range in inside {
        patches.replace(range, "");
    }
    let new = now.map_or(String::new(), |panes| pane(prefix, panes));
    if !empty {
        patches.insert(tag.end, new);
    } else if !new.is_empty() {
        let open = layout.text[tag.clone()].trim_end_matches("/>").trim_end();
        patches.replace(tag, format!("{open}>{new}</{prefix}sheetView>"));
    }
    Ok(())
}

fn pane(prefix: &str, panes: Panes) -> String {
    let (rows, cols) = (panes.frozen_rows, panes.frozen_cols);
    let corner = Pos::new(rows, cols);
    let name = match (rows, cols) {
        (0, _) => "topRight",
        (_, 0) => "bottomLeft",
        _ => "bottomRight",
    };
    let mut out = format!("<{prefix}pane");
    if cols > 0 {
        let _ = write!(out, " xSplit=\"{cols}\"");
    }
    if rows > 0 {
        let _ = write!(out, " ySplit=\"{rows}\"");
    }
    let _ = write!(
        out,
        " topLeftCell=\"{corner}\" activePane=\"{name}\" state=\"frozen\"/>"
    );
    let _ = write!(
        out,
        "<{prefix}selection pane=\"{name}\" activeCell=\"{corner}\" sqref=\"{corner}\"/>"
    );
    out
}
