//! Splicing the workbook part: the list of sheets and the defined names.

use super::Splice;
use crate::grid::{Area, SheetId};
use crate::value::DateSystem;
use crate::workbook::{DefinedName, Names, Visibility, Workbook};
use crate::xlsx::error::SaveError;
use crate::xlsx::read::Original;
use crate::xlsx::xml::{Patches, Xml, XmlError, content_of, escape, is_true, with_attribute};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::ops::Range;

/// Brings the workbook part up to date. `added` are the sheets that are new,
/// with the ids of their relationships.
pub(super) fn splice(
    splice: &mut Splice<'_>,
    added: &[(SheetId, String)],
) -> Result<(), SaveError> {
    let book = splice.book;
    let original = splice.original;
    let before = &original.tabs;
    let dates = splice.original.context.dates;
    let part = splice.original.workbook.clone();
    splice.patch(&part, |text, patches| {
        if book.date_system != dates {
            date_system(text, book.date_system, patches)?;
        }
        sheets(text, book, before, added, patches)?;
        names(text, &with_filters(book, original), book, before, patches)
    })
}

/// Says which day is day 0.
fn date_system(text: &str, dates: DateSystem, patches: &mut Patches) -> Result<(), XmlError> {
    Xml::new(text).each_element(|xml, element| {
        if element.name() == "workbookPr" {
            let tag = xml.start()..xml.end();
            let flag = (dates == DateSystem::Since1904).then_some("1");
            let new = with_attribute(&text[tag.clone()], "date1904", flag);
            patches.replace(tag, new);
        }
        Ok(())
    })
}

/// Changes the list of sheets where names, visibility or order differ.
fn sheets(
    text: &str,
    book: &Workbook,
    before: &[SheetId],
    added: &[(SheetId, String)],
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let mut tags: Vec<Range<usize>> = Vec::new();
    let mut elements: Vec<String> = Vec::new();
    let mut inside = None;
    let mut highest = 0_u32;
    let mut prefix = String::new();
    let mut active: Option<Range<usize>> = None;
    Xml::new(text).each_element(|xml, element| {
        let tag = xml.start()..xml.end();
        match element.name() {
            "sheets" => inside = Some(tag.end),
            "sheet" if inside.is_some() => {
                let name = &text[tag.start + 1..];
                prefix = name[..name.find("sheet").unwrap_or(0)].to_owned();
                let number = element.attribute("sheetId").and_then(|v| v.parse().ok());
                highest = highest.max(number.unwrap_or(0));
                let Some(&id) = before.get(tags.len()) else {
                    return Err(xml.error("there are more sheets than when the file was opened"));
                };
                let sheet = book.sheet(id);
                let mut new = text[tag.clone()].to_owned();
                if element.attribute("name").as_deref() != Some(&*sheet.name) {
                    new = with_attribute(&new, "name", Some(&sheet.name));
                }
                let state = match sheet.visibility {
                    Visibility::Visible => None,
                    Visibility::Hidden => Some("hidden"),
                    Visibility::VeryHidden => Some("veryHidden"),
                };
                let was = element.attribute("state");
                if was.as_deref().unwrap_or("visible") != state.unwrap_or("visible") {
                    new = with_attribute(&new, "state", state);
                }
                if !element.empty {
                    xml.skip()?;
                    new = new.trim_end_matches('>').to_owned() + "/>";
                }
                tags.push(tag.start..xml.end());
                elements.push(new);
            }
            "workbookView" if active.is_none() => active = Some(tag),
            _ => {}
        }
        Ok(())
    })?;
    for (id, relationship) in added {
        highest += 1;
        let mut element = format!("<{prefix}sheet name=\"");
        escape(&book.sheet(*id).name, &mut element);
        let state = match book.sheet(*id).visibility {
            Visibility::Visible => "",
            Visibility::Hidden => " state=\"hidden\"",
            Visibility::VeryHidden => " state=\"veryHidden\"",
        };
        // The namespace is declared here: the part may know it by another prefix.
        let _ = write!(
            element,
            "\" sheetId=\"{highest}\"{state} r:id=\"{relationship}\" \
             xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"/>"
        );
        elements.push(element);
    }
    let element_of = |id: &SheetId| {
        let at = before.iter().position(|b| b == id).or_else(|| {
            let at = added.iter().position(|(new, _)| new == id)?;
            Some(before.len() + at)
        })?;
        elements.get(at)
    };
    let now: Vec<&String> = book.order().iter().filter_map(element_of).collect();
    let was: Vec<&str> = tags.iter().map(|tag| &text[tag.clone()]).collect();
    if now.iter().map(|e| e.as_str()).eq(was.iter().copied()) {
        return Ok(());
    }
    if let (Some(first), Some(last)) = (tags.first(), tags.last()) {
        let list: String = now.into_iter().map(String::as_str).collect();
        patches.replace(first.start..last.end, list);
    }
    // The tab in front is named by its place, which must exist.
    if let Some(tag) = active {
        let front = book.active.min(book.order().len().saturating_sub(1));
        let old = &text[tag.clone()];
        let new = with_attribute(old, "activeTab", Some(&front.to_string()));
        let new = with_attribute(&new, "firstSheet", None);
        if new != old {
            patches.replace(tag, new);
        }
    }
    Ok(())
}

/// A `<definedName>` of the part.
struct NameSlot {
    element: Range<usize>,
    tag: Range<usize>,
    content: Range<usize>,
    name: String,
    /// Its sheet's position as the part has it.
    local: Option<usize>,
    hidden: bool,
    formula: String,
}

/// Makes the defined names of a workbook part those that are `defined`; those
/// that are the same stay as they are. `before` are the sheets in the order
/// in which the part counts them.
fn names(
    text: &str,
    defined: &Names,
    book: &Workbook,
    before: &[SheetId],
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let mut slots: Vec<NameSlot> = Vec::new();
    let mut list: Option<(Range<usize>, bool)> = None;
    let mut after = None;
    let mut prefix = String::new();
    Xml::new(text).each_element(|xml, element| {
        let tag = xml.start()..xml.end();
        match element.name() {
            "definedNames" => list = Some((tag, element.empty)),
            // The names come after these, in the schema's order.
            name @ ("sheets" | "functionGroups" | "externalReferences") => {
                let start = &text[tag.start + 1..];
                prefix = start[..start.find(name).unwrap_or(0)].to_owned();
                if !element.empty {
                    xml.skip()?;
                }
                after = Some(xml.end());
            }
            "definedName" => {
                let name = element.attribute("name").unwrap_or_default().into_owned();
                let local = element.attribute("localSheetId");
                let local = local.and_then(|v| v.parse().ok());
                let hidden = element.attribute("hidden").is_some_and(|v| is_true(&v));
                let formula = content_of(xml, &element)?.into_owned();
                let content_end = if element.empty { tag.end } else { xml.start() };
                slots.push(NameSlot {
                    element: tag.start..xml.end(),
                    content: tag.end..content_end,
                    tag,
                    name,
                    local,
                    hidden,
                    formula,
                });
            }
            _ => {}
        }
        Ok(())
    })?;
    let position = |id: SheetId| book.order().iter().position(|&known| known == id);
    // Where a part defines a name twice, the last one counts.
    let mut last: HashMap<(String, Option<usize>), usize> = HashMap::new();
    for (i, slot) in slots.iter().enumerate() {
        last.insert((slot.name.to_lowercase(), slot.local), i);
    }
    let mut kept: BTreeSet<(String, Option<SheetId>)> = BTreeSet::new();
    let mut sorted: Vec<(SortKey, usize)> = Vec::new();
    for (i, slot) in slots.iter().enumerate() {
        let scope = match slot.local {
            None => None,
            Some(local) => match before.get(local) {
                Some(&id) => Some(id),
                // Of no sheet, as it came.
                None => continue,
            },
        };
        if last.get(&(slot.name.to_lowercase(), slot.local)) != Some(&i) {
            continue;
        }
        let now = defined.get(&slot.name, scope);
        let place = scope.map(position);
        let Some(now) = now.filter(|_| place != Some(None)) else {
            patches.replace(slot.element.clone(), "");
            continue;
        };
        kept.insert((now.name.to_lowercase(), scope));
        sorted.push((sort_key(book, now), slot.element.start));
        patch_name(text, slot, now, place.flatten(), patches);
    }
    let mut added: Vec<(&DefinedName, SortKey)> = defined
        .iter()
        .filter(|name| name.scope.is_none_or(|id| position(id).is_some()))
        .filter(|name| !kept.contains(&(name.name.to_lowercase(), name.scope)))
        .map(|name| (name, sort_key(book, name)))
        .collect();
    added.sort_by(|a, b| a.1.cmp(&b.1));
    let mut new = String::new();
    for (name, key) in added {
        let element = name_element(&prefix, name, name.scope.and_then(position));
        // Before the first that sorts after it, as Excel keeps them.
        let next = sorted.iter().find(|(other, _)| *other > key);
        match next {
            Some((_, at)) => patches.insert(*at, element),
            None => new.push_str(&element),
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    match list {
        Some((_, false)) => {
            let end = slots.last().map(|slot| slot.element.end);
            let end = end.or(list.map(|(tag, _)| tag.end));
            patches.insert(end.unwrap_or(text.len()), new);
        }
        Some((tag, true)) => {
            patches.replace(
                tag,
                format!("<{prefix}definedNames>{new}</{prefix}definedNames>"),
            );
        }
        None => {
            let at = after.ok_or_else(|| XmlError::new(0, "the part lists no sheets"))?;
            patches.insert(
                at,
                format!("<{prefix}definedNames>{new}</{prefix}definedNames>"),
            );
        }
    }
    Ok(())
}

/// The name by which a file says what a sheet's filter is about.
const FILTER_NAME: &str = "_xlnm._FilterDatabase";

/// The document's names, with those of the filters that changed as they are.
fn with_filters(book: &Workbook, original: &Original) -> Names {
    let mut names = book.names.clone();
    for &id in book.order() {
        let now = &book.sheet(id).filter;
        let before = original.sheet(id).and_then(|sheet| sheet.filter.as_ref());
        if !original.new && before == now.as_ref() {
            // Others may use the name for what this program does not know.
            continue;
        }
        match now {
            Some(filter) => {
                let area = Area {
                    sheet: id,
                    rect: filter.rect,
                };
                names.define(DefinedName {
                    name: FILTER_NAME.into(),
                    scope: Some(id),
                    formula: book.absolute_areas(&[area]).into(),
                    hidden: true,
                });
            }
            None => {
                names.remove(FILTER_NAME, Some(id));
            }
        }
    }
    names
}

/// Names sort by name and then by the name of their sheet.
type SortKey = (String, String);

fn sort_key(book: &Workbook, name: &DefinedName) -> SortKey {
    let sheet = name.scope.map(|id| book.sheet(id).name.to_lowercase());
    (name.name.to_lowercase(), sheet.unwrap_or_default())
}

fn patch_name(
    text: &str,
    slot: &NameSlot,
    now: &DefinedName,
    local: Option<usize>,
    patches: &mut Patches,
) {
    let old = &text[slot.tag.clone()];
    let mut tag = old.to_owned();
    if local != slot.local {
        tag = with_attribute(
            &tag,
            "localSheetId",
            local.map(|i| i.to_string()).as_deref(),
        );
    }
    if now.hidden != slot.hidden {
        tag = with_attribute(&tag, "hidden", now.hidden.then_some("1"));
    }
    if tag != old {
        patches.replace(slot.tag.clone(), tag);
    }
    if *now.formula != *slot.formula && slot.tag.end < slot.element.end {
        let mut content = String::new();
        escape(&now.formula, &mut content);
        patches.replace(slot.content.clone(), content);
    }
}

fn name_element(prefix: &str, name: &DefinedName, local: Option<usize>) -> String {
    let mut out = format!("<{prefix}definedName name=\"");
    escape(&name.name, &mut out);
    out.push('"');
    if let Some(local) = local {
        let _ = write!(out, " localSheetId=\"{local}\"");
    }
    if name.hidden {
        out.push_str(" hidden=\"1\"");
    }
    out.push('>');
    escape(&name.formula, &mut out);
    let _ = write!(out, "</{prefix}definedName>");
    out
}
