//! The parts beside a worksheet that speak of its cells: comments, drawings,
//! charts, pivot tables. They follow insertions, deletions and new names.

use super::replay::{Replay, pos_after, rect_after};
use super::{Splice, anchors};
use crate::grid::{Pos, SheetId};
use crate::workbook::Shift;
use crate::xlsx::error::SaveError;
use crate::xlsx::read::table::parse_rect;
use crate::xlsx::relationships::Relationships;
use crate::xlsx::xml::{Patches, Xml, XmlError, escape, with_attribute};

/// Brings the parts of all sheets up to date.
pub(super) fn splice(splice: &mut Splice<'_>, replay: &Replay<'_>) -> Result<(), SaveError> {
    let original = splice.original;
    let notes_stay = original.tabs.iter().all(|&id| replay.leaves_notes(id));
    if replay.is_nothing() && notes_stay {
        return Ok(());
    }
    for (&id, before) in original.tabs.iter().zip(&original.sheets) {
        let Some(part) = before.part.as_ref().filter(|_| splice.book.has_sheet(id)) else {
            continue;
        };
        sheet(splice, replay, id, part)?;
    }
    let relationships = splice.workbook_relationships()?;
    let caches: Vec<String> = relationships
        .of_kind("pivotCacheDefinition")
        .map(|r| r.target.clone())
        .collect();
    for part in caches {
        splice.patch(&part, |text, patches| cache_source(replay, text, patches))?;
    }
    Ok(())
}

/// Brings what belongs to a sheet up to date.
fn sheet(
    splice: &mut Splice<'_>,
    replay: &Replay<'_>,
    id: SheetId,
    part: &str,
) -> Result<(), SaveError> {
    let shifts = replay.shifts(id);
    let notes_stay = replay.leaves_notes(id);
    let relationships = splice.relationships(part)?;
    for related in relationships.list.iter().filter(|r| !r.external) {
        let target = &related.target;
        if !splice.has(target) {
            continue;
        }
        match related.kind.as_str() {
            "comments" if !notes_stay => {
                splice.patch(target, |text, patches| {
                    notes(replay, id, text, "comment", patches)
                })?;
            }
            "threadedComment" if !notes_stay => {
                splice.patch(target, |text, patches| {
                    notes(replay, id, text, "threadedComment", patches)
                })?;
            }
            "vmlDrawing" if !notes_stay => {
                splice.patch(target, |text, patches| {
                    vml(replay, id, text, patches);
                    Ok(())
                })?;
            }
            "pivotTable" if !shifts.is_empty() => {
                splice.patch(target, |text, patches| pivot_place(shifts, text, patches))?;
            }
            "drawing" => drawing(splice, replay, shifts, target)?,
            _ => {}
        }
    }
    Ok(())
}

fn drawing(
    splice: &mut Splice<'_>,
    replay: &Replay<'_>,
    shifts: &[Shift],
    part: &str,
) -> Result<(), SaveError> {
    splice.patch(part, |text, patches| {
        anchors::moved(shifts, text, 0, patches)
    })?;
    let charts: Relationships = splice.relationships(part)?;
    for related in charts.list.iter().filter(|r| !r.external) {
        if matches!(related.kind.as_str(), "chart" | "chartEx") && splice.has(&related.target) {
            splice.patch(&related.target, |text, patches| {
                series(replay, text, patches)
            })?;
        }
    }
    Ok(())
}

/// The formulas of a chart's series.
fn series(replay: &Replay<'_>, text: &str, patches: &mut Patches) -> Result<(), XmlError> {
    Xml::new(text).each_element(|xml, element| {
        if element.name() == "f" && !element.empty {
            let start = xml.end();
            let content = xml.content()?;
            if let Some(now) = replay.formula(&content, "") {
                let mut escaped = String::new();
                escape(&now, &mut escaped);
                patches.replace(start..xml.start(), escaped);
            }
        }
        Ok(())
    })
}

/// Comments by their cells; those whose cells are gone go too.
fn notes(
    replay: &Replay<'_>,
    sheet: SheetId,
    text: &str,
    item: &str,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    Xml::new(text).each_element(|xml, element| {
        if element.name() != item {
            return Ok(());
        }
        let tag = xml.start()..xml.end();
        let at = element.attribute("ref").and_then(|r| Pos::parse_a1(&r));
        if !element.empty {
            xml.skip()?;
        }
        let Some(at) = at else { return Ok(()) };
        match replay.note(sheet, at) {
            None => patches.replace(tag.start..xml.end(), ""),
            Some(now) if now != at => {
                let now = now.to_string();
                patches.replace(tag.clone(), with_attribute(&text[tag], "ref", Some(&now)));
            }
            Some(_) => {}
        }
        Ok(())
    })
}

/// The boxes of comments. Looked through as text: this old format is not
/// always well formed.
fn vml(replay: &Replay<'_>, sheet: SheetId, text: &str, patches: &mut Patches) {
    let shifts = replay.shifts(sheet);
    let mut from = 0;
    while let Some(start) = text[from..].find("<v:shape ").map(|at| from + at) {
        let Some(end) = text[start..].find("</v:shape>").map(|at| start + at + 10) else {
            return;
        };
        from = end;
        let shape = &text[start..end];
        let content = |name: &str| {
            let open = format!("<x:{name}>");
            let at = shape.find(&open)? + open.len();
            let close = at + shape[at..].find('<')?;
            Some((start + at..start + close, &shape[at..close]))
        };
        let anchor = content("Anchor");
        let number = |name| content(name).and_then(|(_, text)| text.trim().parse::<u32>().ok());
        let mut by = None;
        if let (Some(row), Some(col)) = (number("Row"), number("Column")) {
            let at = Pos::new(row, col);
            let Some(now) = replay.note(sheet, at) else {
                patches.replace(start..end, "");
                continue;
            };
            if pos_after(shifts, at) != Some(now) {
                by = Some((at, now));
            }
            for (name, before, after) in [("Row", row, now.row), ("Column", col, now.col)] {
                if let (true, Some((range, _))) = (before != after, content(name)) {
                    patches.replace(range, after.to_string());
                }
            }
        }
        if let Some((range, old)) = anchor
            && let Some(new) = match by {
                Some((from, to)) => anchors::vml_anchor_moved(from, to, old),
                None => anchors::vml_anchor(shifts, old),
            }
            && new.replace(' ', "") != old.replace(char::is_whitespace, "")
        {
            patches.replace(range, new);
        }
    }
}

/// Where a pivot table stands.
fn pivot_place(shifts: &[Shift], text: &str, patches: &mut Patches) -> Result<(), XmlError> {
    Xml::new(text).each_element(|xml, element| {
        if element.name() == "location" {
            let tag = xml.start()..xml.end();
            let rect = element.attribute("ref").and_then(|r| parse_rect(&r));
            if let Some(rect) = rect
                && let Some(now) = rect_after(shifts, rect)
                && now != rect
            {
                let new = with_attribute(&text[tag.clone()], "ref", Some(&now.to_string()));
                patches.replace(tag, new);
            }
        }
        Ok(())
    })
}

/// Where a pivot table's data come from.
fn cache_source(replay: &Replay<'_>, text: &str, patches: &mut Patches) -> Result<(), XmlError> {
    Xml::new(text).each_element(|xml, element| {
        if element.name() != "worksheetSource" {
            return Ok(());
        }
        let tag = xml.start()..xml.end();
        let Some(sheet) = element.attribute("sheet") else {
            return Ok(());
        };
        let old = &text[tag.clone()];
        let mut new = old.to_owned();
        let rect = element.attribute("ref").and_then(|r| parse_rect(&r));
        if let (Some(rect), Some(id)) = (rect, replay.sheet_named(&sheet)) {
            let now = rect_after(replay.shifts(id), rect);
            if let Some(now) = now.filter(|now| *now != rect) {
                new = with_attribute(&new, "ref", Some(&now.to_string()));
            }
        }
        if let Some(now) = replay.name_now(&sheet).filter(|now| *now != &*sheet) {
            new = with_attribute(&new, "sheet", Some(now));
        }
        if new != old {
            patches.replace(tag, new);
        }
        Ok(())
    })
}
