//! A worksheet part after the insertions and deletions of rows and columns:
//! its rows, cells and all that it says of places are moved, bytes and all, so
//! that what remains to be compared with the document is what was edited.

use super::anchors;
use super::layout::Layout;
use super::replay::{Replay, line_after, location_after, pos_after, rect_after, sqref_after};
use crate::grid::{Pos, Rect, SheetId};
use crate::workbook::{Axis, Shift};
use crate::xlsx::read::table::parse_rect;
use crate::xlsx::xml::{
    Element, Patches, Xml, XmlError, escape, is_true, value_range, with_attribute,
};
use quick_xml::events::Event;
use std::ops::Range;

/// The part as it is after what happened to its sheet, or to sheets that it
/// refers to; `None` where that changes nothing.
pub(super) fn moved(
    replay: &Replay<'_>,
    sheet: SheetId,
    text: &str,
) -> Result<Option<String>, XmlError> {
    let shifts = replay.shifts(sheet);
    let refers = text.contains("location=") || text.contains(":f>");
    if shifts.is_empty() && replay.leaves_notes(sheet) && !refers {
        return Ok(None);
    }
    let mut patches = Patches::default();
    let mut cells: Vec<CellPlace> = Vec::new();
    let layout = Layout::scan(text, |record| {
        if shifts.is_empty() {
            return;
        }
        let formula = record.formula.map(|formula| FormulaPlace {
            bytes: formula.bytes,
            rect: formula.rect,
            inputs: formula.inputs,
        });
        cells.push(CellPlace {
            at: record.at,
            bytes: record.bytes,
            tag: record.tag,
            formula,
        });
    })?;
    if !shifts.is_empty() {
        rows(shifts, &layout, &mut patches);
        let gone = |row: u32| !line_after(shifts, Axis::Rows, row).1;
        for cell in cells {
            let CellPlace {
                at,
                bytes,
                tag,
                formula,
            } = cell;
            if gone(at.row) {
                // With its row.
                continue;
            }
            match pos_after(shifts, at) {
                None => patches.replace(bytes, ""),
                Some(now) => {
                    if now != at || value_range(&text[tag.clone()], "r").is_none() {
                        let old = &text[tag.clone()];
                        let new = with_attribute(old, "r", Some(&now.to_string()));
                        patches.replace(tag, new);
                    }
                    if let Some(formula) = formula {
                        formula.moved(shifts, text, &mut patches);
                    }
                }
            }
        }
        columns(shifts, &layout, &mut patches);
    }
    let same = |_: &Element<'_>, tag: String| tag;
    let shifted = |old: &str| areas_after(shifts, old);
    for (name, range) in &layout.elements {
        let part = Part {
            replay,
            sheet,
            shifts,
            text,
            range: range.clone(),
        };
        match name.as_str() {
            "dimension" if !shifts.is_empty() => {
                part.attributes(&mut patches, &[("dimension", "ref")])?
            }
            "hyperlinks" => part.hyperlinks(&mut patches)?,
            "ignoredErrors" => part.list(&mut patches, "ignoredError", "sqref", &shifted, &same)?,
            "protectedRanges" => {
                part.list(&mut patches, "protectedRange", "sqref", &shifted, &same)?
            }
            "cellWatches" => part.list(&mut patches, "cellWatch", "r", &shifted, &same)?,
            "scenarios" => {
                part.attributes(&mut patches, &[("scenarios", "sqref"), ("inputCells", "r")])?
            }
            "sortState" => part.attributes(
                &mut patches,
                &[("sortState", "ref"), ("sortCondition", "ref")],
            )?,
            "rowBreaks" => part.breaks(&mut patches, Axis::Rows)?,
            "colBreaks" => part.breaks(&mut patches, Axis::Columns)?,
            "controls" | "oleObjects" | "AlternateContent" if !shifts.is_empty() => {
                anchors::moved(shifts, &text[range.clone()], range.start, &mut patches)?;
            }
            "extLst" => part.extensions(&mut patches)?,
            _ => {}
        }
    }
    Ok((!patches.is_empty()).then(|| patches.apply(text)))
}

/// A list of areas after shifts, as it was where there are none; `None` where
/// nothing is left of it.
fn areas_after(shifts: &[Shift], old: &str) -> Option<String> {
    match shifts {
        [] => Some(old.to_owned()),
        shifts => sqref_after(shifts, old),
    }
}

/// Where a cell's element stands, and what it says of places.
struct CellPlace {
    at: Pos,
    bytes: Range<usize>,
    tag: Range<usize>,
    formula: Option<FormulaPlace>,
}

/// What a formula's element says of places.
struct FormulaPlace {
    bytes: Range<usize>,
    rect: Option<Rect>,
    inputs: [Option<Pos>; 2],
}

impl FormulaPlace {
    fn moved(&self, shifts: &[Shift], text: &str, patches: &mut Patches) {
        let element = &text[self.bytes.clone()];
        let end = element.find('>').map_or(element.len(), |at| at + 1);
        let old = &element[..end];
        let mut tag = old.to_owned();
        if let Some(rect) = self.rect
            && let Some(now) = rect_after(shifts, rect)
            && now != rect
        {
            tag = with_attribute(&tag, "ref", Some(&now.to_string()));
        }
        for (input, name) in self.inputs.iter().zip(["r1", "r2"]) {
            if let Some(input) = input
                && let Some(now) = pos_after(shifts, *input)
                && now != *input
            {
                tag = with_attribute(&tag, name, Some(&now.to_string()));
            }
        }
        if tag != old {
            patches.replace(self.bytes.start..self.bytes.start + end, tag);
        }
    }
}

fn rows(shifts: &[Shift], layout: &Layout<'_>, patches: &mut Patches) {
    let text = layout.text;
    let columns_move = shifts.iter().any(|shift| shift.axis == Axis::Columns);
    for slot in &layout.rows {
        let record = &slot.record;
        let (row, here) = line_after(shifts, Axis::Rows, record.row);
        if !here {
            let close = match record.empty {
                true => record.tag.end,
                false => text[slot.end..]
                    .find('>')
                    .map_or(slot.end, |at| slot.end + at + 1),
            };
            patches.replace(record.tag.start..close, "");
            continue;
        }
        let old = &text[record.tag.clone()];
        let mut tag = old.to_owned();
        if row != record.row || value_range(old, "r").is_none() {
            tag = with_attribute(&tag, "r", Some(&(row + 1).to_string()));
        }
        if columns_move {
            // A hint, which is wrong now.
            tag = with_attribute(&tag, "spans", None);
        }
        if tag != old {
            patches.replace(record.tag.clone(), tag);
        }
    }
}

fn columns(shifts: &[Shift], layout: &Layout<'_>, patches: &mut Patches) {
    let mut left = 0;
    for (first, last, range) in &layout.col_tags {
        let mut along = shifts.iter().filter(|shift| shift.axis == Axis::Columns);
        let now = along.try_fold((*first, *last), |span, shift| shift.span(span));
        left += usize::from(now.is_some());
        let old = &layout.text[range.clone()];
        let new = match now {
            Some((first, last)) => {
                let tag = with_attribute(old, "min", Some(&(first + 1).to_string()));
                with_attribute(&tag, "max", Some(&(last + 1).to_string()))
            }
            None => String::new(),
        };
        if new != old && !(new.is_empty() && layout.col_tags.len() == 1) {
            patches.replace(range.clone(), new);
        }
    }
    if let (0, Some(cols)) = (left, &layout.cols) {
        // An empty list is none; its only tag was left for this.
        if layout.col_tags.len() == 1 {
            patches.replace(cols.clone(), "");
        }
    }
}

/// An element of the part, and what happened to the places it speaks of.
struct Part<'a> {
    replay: &'a Replay<'a>,
    sheet: SheetId,
    shifts: &'a [Shift],
    text: &'a str,
    range: Range<usize>,
}

impl Part<'_> {
    /// Visits the elements within, with their bytes in the part's text.
    fn each(
        &self,
        mut visit: impl FnMut(&mut Xml<'_>, &Element<'_>, Range<usize>) -> Result<(), XmlError>,
    ) -> Result<(), XmlError> {
        let start = self.range.start;
        Xml::new(&self.text[self.range.clone()]).each_element(|xml, element| {
            let tag = start + xml.start()..start + xml.end();
            visit(xml, &element, tag)
        })
    }

    /// Moves the areas that attributes of elements name; an area that is gone
    /// stays as it was.
    fn attributes(&self, patches: &mut Patches, which: &[(&str, &str)]) -> Result<(), XmlError> {
        self.each(|_, element, tag| {
            let mut new = self.text[tag.clone()].to_owned();
            for (_, name) in which.iter().filter(|(name, _)| *name == element.name()) {
                let now = element
                    .attribute(name)
                    .and_then(|old| sqref_after(self.shifts, &old));
                if let Some(now) = now {
                    new = with_attribute(&new, name, Some(&now));
                }
            }
            if new != self.text[tag.clone()] {
                patches.replace(tag, new);
            }
            Ok(())
        })
    }

    /// Moves the areas of a list's items; those that are gone are taken out,
    /// and the list with the last of them. `place` says where an area is now,
    /// and `also` changes an item's tag further.
    fn list(
        &self,
        patches: &mut Patches,
        item: &str,
        name: &str,
        place: &dyn Fn(&str) -> Option<String>,
        also: &dyn Fn(&Element<'_>, String) -> String,
    ) -> Result<(), XmlError> {
        let mut fixed: Vec<(Range<usize>, String)> = Vec::new();
        let mut left = 0;
        self.each(|xml, element, tag| {
            if element.name() != item {
                return Ok(());
            }
            let old = element.attribute(name).unwrap_or_default().into_owned();
            let Some(now) = place(&old) else {
                if !element.empty {
                    xml.skip()?;
                }
                fixed.push((tag.start..self.range.start + xml.end(), String::new()));
                return Ok(());
            };
            left += 1;
            let mut new = self.text[tag.clone()].to_owned();
            if now != old {
                new = with_attribute(&new, name, Some(&now));
            }
            new = also(element, new);
            if new != self.text[tag.clone()] {
                fixed.push((tag, new));
            }
            Ok(())
        })?;
        if left == 0 {
            patches.replace(self.range.clone(), "");
            return Ok(());
        }
        for (range, text) in fixed {
            patches.replace(range, text);
        }
        Ok(())
    }

    fn hyperlinks(&self, patches: &mut Patches) -> Result<(), XmlError> {
        let place = |old: &str| match parse_rect(old) {
            Some(rect) => {
                let now = self.replay.link(self.sheet, rect)?;
                Some(if now == rect {
                    old.into()
                } else {
                    now.to_string()
                })
            }
            None => areas_after(self.shifts, old),
        };
        self.list(patches, "hyperlink", "ref", &place, &|element, tag| {
            let location = element.attribute("location");
            match location.and_then(|old| location_after(self.replay, &old)) {
                Some(now) => with_attribute(&tag, "location", Some(&now)),
                None => tag,
            }
        })
    }

    /// Page breaks, each by the line that it stands before.
    fn breaks(&self, patches: &mut Patches, axis: Axis) -> Result<(), XmlError> {
        if self.shifts.is_empty() {
            return Ok(());
        }
        let mut list: Option<Range<usize>> = None;
        let (mut left, mut manual) = (0, 0);
        let mut fixed: Vec<(Range<usize>, String)> = Vec::new();
        self.each(|_, element, tag| {
            if element.name() != "brk" {
                list = Some(tag);
                return Ok(());
            }
            let id = element.attribute("id").and_then(|v| v.parse::<u32>().ok());
            let Some(id) = id else { return Ok(()) };
            let (now, here) = line_after(self.shifts, axis, id);
            if !here {
                fixed.push((tag, String::new()));
                return Ok(());
            }
            left += 1;
            manual += usize::from(element.attribute("man").is_some_and(|v| is_true(&v)));
            if now != id {
                let old = &self.text[tag.clone()];
                let new = with_attribute(old, "id", Some(&now.to_string()));
                fixed.push((tag, new));
            }
            Ok(())
        })?;
        if left == 0 {
            patches.replace(self.range.clone(), "");
            return Ok(());
        }
        if let Some(list) = list.filter(|_| fixed.iter().any(|(_, text)| text.is_empty())) {
            let mut tag = self.text[list.clone()].to_owned();
            for (name, count) in [("count", left), ("manualBreakCount", manual)] {
                if value_range(&tag, name).is_some() {
                    tag = with_attribute(&tag, name, Some(&count.to_string()));
                }
            }
            patches.replace(list, tag);
        }
        for (range, text) in fixed {
            patches.replace(range, text);
        }
        Ok(())
    }

    /// The areas and formulas of extensions: sparklines, newer conditional
    /// formats and validations. A sparkline goes with its cell.
    fn extensions(&self, patches: &mut Patches) -> Result<(), XmlError> {
        let start = self.range.start;
        self.each(|xml, element, tag| {
            if element.name() == "sparkline" && !element.empty {
                let mut inner = Vec::new();
                let mut gone = false;
                loop {
                    match xml.next()? {
                        Event::Start(child) => {
                            let child = Element {
                                tag: child,
                                empty: false,
                            };
                            let from = start + xml.end();
                            let name = child.name().to_owned();
                            let content = xml.content()?.into_owned();
                            let now = self.place(&name, &content);
                            gone |= name == "sqref" && now.is_none();
                            inner.push((from..start + xml.start(), content, now));
                        }
                        Event::End(_) => break,
                        Event::Eof => return Err(xml.error("the part ends inside a sparkline")),
                        _ => {}
                    }
                }
                if gone {
                    patches.replace(tag.start..start + xml.end(), "");
                    return Ok(());
                }
                for (range, old, now) in inner {
                    replace_content(range, &old, now, patches);
                }
                return Ok(());
            }
            let name = element.name();
            if matches!(name, "f" | "sqref") && !element.empty {
                let content = xml.content()?.into_owned();
                let now = self.place(name, &content);
                replace_content(tag.end..start + xml.start(), &content, now, patches);
            }
            Ok(())
        })
    }

    /// A formula or a list of areas as it is now; `None` for areas that are gone.
    fn place(&self, name: &str, content: &str) -> Option<String> {
        match (name, self.shifts) {
            ("f", _) => self.replay.formula(content, "").or(Some(content.into())),
            ("sqref", [_, ..]) => sqref_after(self.shifts, content),
            _ => Some(content.into()),
        }
    }
}

fn replace_content(range: Range<usize>, old: &str, now: Option<String>, patches: &mut Patches) {
    if let Some(now) = now.filter(|now| now != old) {
        let mut escaped = String::new();
        escape(&now, &mut escaped);
        patches.replace(range, escaped);
    }
}
