//! Table parts: made, changed and removed as the document's tables were.
//!
//! A header cell and its column's name must say the same, or Excel repairs the
//! file.

use super::parts::Related;
use super::{Splice, auto_filter, formula_text};
use crate::grid::{Pos, SheetId};
use crate::value::{Value, equal_text};
use crate::workbook::{Sheet, Table, TableColumn};
use crate::xlsx::error::SaveError;
use crate::xlsx::read::table;
use crate::xlsx::xml::{
    Element, Patches, Xml, XmlError, decode_xstring, encode_xstring, escape, with_attribute,
};
use std::fmt::Write;
use std::ops::Range;

const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml";

/// Brings the table parts of all sheets up to date.
pub(super) fn splice(splice: &mut Splice<'_>) -> Result<(), SaveError> {
    let (book, original) = (splice.book, splice.original);
    let mut known: Vec<&Table> = Vec::new();
    let mut highest_id = 0;
    for (&id, before) in original.tabs.iter().zip(&original.sheets) {
        for part in &before.tables {
            if !splice.has(part) {
                continue;
            }
            let text = splice.text(part)?;
            let old =
                table::read(&text).map_err(|e| SaveError::Original(e.in_part(part, &text)))?;
            highest_id = highest_id.max(old.id);
            if !book.has_sheet(id) {
                continue;
            }
            let mut tables = book.tables.iter().filter(|t| t.area.sheet == id);
            let now = tables.find(|table| {
                let saved_as = table.saved_as.as_ref();
                saved_as.is_some_and(|name| equal_text(name, &old.name))
            });
            match (now, &before.part) {
                (Some(now), _) => {
                    known.push(now);
                    if book.sheet(id).touched || !same(&old, now) {
                        change(splice, part, &old, now)?;
                    }
                }
                (None, Some(sheet)) => remove(splice, sheet, part)?,
                (None, None) => {}
            }
        }
    }
    for now in book.tables.iter() {
        let id = now.area.sheet;
        if !book.has_sheet(id) || known.iter().any(|known| std::ptr::eq(*known, now)) {
            continue;
        }
        let Some(sheet) = splice.sheet_part(id) else {
            continue;
        };
        highest_id += 1;
        let text = new_part(splice, now, highest_id)?;
        add(splice, &sheet, text)?;
    }
    Ok(())
}

/// Whether the part says what the table is, but for its headers' cells.
fn same(old: &table::TablePart, now: &Table) -> bool {
    let names = |column: &TableColumn| {
        let TableColumn {
            name,
            formula,
            criterion,
            ..
        } = column;
        (name.clone(), formula.clone(), criterion.clone())
    };
    *old.name == *now.name
        && old.rect == now.area.rect
        && old.header_rows == now.header_rows
        && old.totals_rows == now.totals_rows
        && old.buttons == now.buttons
        && old
            .columns
            .iter()
            .map(names)
            .eq(now.columns.iter().map(names))
}

fn add(splice: &mut Splice<'_>, sheet: &str, text: String) -> Result<(), SaveError> {
    let part = splice.free_part("xl/tables/table");
    let id = splice.add_related(
        sheet,
        &part,
        Related {
            kind: "table",
            content_type: CONTENT_TYPE,
        },
        text,
    )?;
    splice.patch_sheet(sheet, |layout, patches| {
        let prefix = layout.prefix;
        // The namespace is declared here: the part may know it by another prefix.
        let element = format!(
            "<{prefix}tablePart xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" r:id=\"{id}\"/>"
        );
        match layout.children("tableParts").next() {
            Some(range) => {
                let (tag, count) = list_of(&layout.text[range.clone()], "tablePart")?;
                let old = &layout.text[range.start..range.start + tag];
                let now = with_attribute(old, "count", Some(&(count + 1).to_string()));
                if old.ends_with("/>") {
                    let open = now.trim_end_matches("/>").trim_end();
                    patches.replace(range, format!("{open}>{element}</{prefix}tableParts>"));
                } else {
                    patches.replace(range.start..range.start + tag, now);
                    patches.insert(range.start + tag, element);
                }
            }
            None => patches.insert(
                layout.place_of("tableParts"),
                format!("<{prefix}tableParts count=\"1\">{element}</{prefix}tableParts>"),
            ),
        }
        Ok(())
    })
}

/// Where the tag of a list ends, and how many items it has.
fn list_of(text: &str, item: &str) -> Result<(usize, usize), XmlError> {
    let mut count = 0;
    Xml::new(text).each_element(|_, element| {
        count += usize::from(element.name() == item);
        Ok(())
    })?;
    Ok((text.find('>').map_or(text.len(), |at| at + 1), count))
}

fn remove(splice: &mut Splice<'_>, sheet: &str, part: &str) -> Result<(), SaveError> {
    let ids = splice.remove_related(sheet, part)?;
    splice.patch_sheet(sheet, |layout, patches| {
        let Some(range) = layout.children("tableParts").next() else {
            return Ok(());
        };
        let text = &layout.text[range.clone()];
        let (tag, count) = list_of(text, "tablePart")?;
        let mut gone: Vec<Range<usize>> = Vec::new();
        Xml::new(text).each_element(|xml, element| {
            let id = element.attribute("id");
            if element.name() == "tablePart" && id.is_some_and(|id| ids.iter().any(|k| **k == *id))
            {
                let start = range.start + xml.start();
                if !element.empty {
                    xml.skip()?;
                }
                gone.push(start..range.start + xml.end());
            }
            Ok(())
        })?;
        if gone.len() == count {
            patches.replace(range, "");
            return Ok(());
        }
        let left = (count - gone.len()).to_string();
        let tag = range.start..range.start + tag;
        let new = with_attribute(&layout.text[tag.clone()], "count", Some(&left));
        patches.replace(tag, new);
        gone.into_iter()
            .for_each(|range| patches.replace(range, ""));
        Ok(())
    })
}

/// Patches a table's part.
fn change(
    splice: &mut Splice<'_>,
    part: &str,
    old: &table::TablePart,
    now: &Table,
) -> Result<(), SaveError> {
    let columns = columns(splice, now)?;
    splice.patch(part, |text, patches| {
        let mut elements: Vec<(Option<String>, Range<usize>)> = Vec::new();
        let mut list: Option<(Range<usize>, usize)> = None;
        Xml::new(text).each_element(|xml, element| {
            let tag = xml.start()..xml.end();
            match element.name() {
                "table" => {
                    let prefix = prefix_of(&text[tag.clone()], "table");
                    if let Some(filter) = now.filter().filter(|_| !old.buttons) {
                        let mut out = String::new();
                        auto_filter::write(prefix, &filter, &mut out);
                        patches.insert(tag.end, out);
                    }
                    table_tag(text, tag, old, now, patches);
                }
                "autoFilter" => {
                    if !element.empty {
                        xml.skip()?;
                    }
                    filter(text, tag.start..xml.end(), old, now, patches)?;
                }
                "sortState" => {
                    if !element.empty {
                        xml.skip()?;
                    }
                    // It would name cells that are elsewhere now.
                    if old.rect != now.area.rect {
                        patches.replace(tag.start..xml.end(), "");
                    }
                }
                "tableColumns" => list = Some((tag, 0)),
                "tableColumn" => {
                    let name = element.attribute("name");
                    let name = name.map(|name| decode_xstring(&name).into_owned());
                    if !element.empty {
                        xml.skip()?;
                    }
                    elements.push((name, tag.start..xml.end()));
                    if let Some((_, end)) = &mut list {
                        *end = xml.end();
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        let Some((tag, end)) = list.filter(|(_, end)| *end > 0) else {
            return Err(XmlError::new(0, "the table has no columns"));
        };
        let highest = highest_column(text, &elements)?;
        let mut new = String::new();
        let mut added = 0;
        for column in &columns {
            let known = elements.iter().find(|(name, _)| {
                let saved_as = column.saved_as.as_ref();
                saved_as.is_some_and(|s| name.as_ref().is_some_and(|n| equal_text(s, n)))
            });
            match known {
                Some((_, range)) => new.push_str(&column.patched(&text[range.clone()])?),
                None => {
                    added += 1;
                    let prefix = prefix_of(&text[tag.clone()], "tableColumns");
                    column.write(prefix, highest + added, &mut new);
                }
            }
        }
        let count = columns.len().to_string();
        let tag_now = with_attribute(&text[tag.clone()], "count", Some(&count));
        if tag_now != text[tag.clone()] {
            patches.replace(tag.clone(), tag_now);
        }
        if new != text[tag.end..end] {
            patches.replace(tag.end..end, new);
        }
        Ok(())
    })
}

fn prefix_of<'t>(tag: &'t str, name: &str) -> &'t str {
    let inner = tag.strip_prefix('<').unwrap_or(tag);
    inner.find(name).map_or("", |at| &inner[..at])
}

fn table_tag(
    text: &str,
    tag: Range<usize>,
    old: &table::TablePart,
    now: &Table,
    patches: &mut Patches,
) {
    let before = &text[tag.clone()];
    let mut new = before.to_owned();
    if *old.name != *now.name {
        new = with_attribute(&new, "displayName", Some(&now.name));
        new = with_attribute(&new, "name", Some(&now.name));
    }
    if old.rect != now.area.rect {
        new = with_attribute(&new, "ref", Some(&now.area.rect.to_string()));
    }
    if old.header_rows != now.header_rows {
        let none = (now.header_rows == 0).then_some("0");
        new = with_attribute(&new, "headerRowCount", none);
    }
    if old.totals_rows != now.totals_rows {
        let some = (now.totals_rows > 0).then_some("1");
        new = with_attribute(&new, "totalsRowCount", some);
        let shown = (now.totals_rows == 0).then_some("0");
        new = with_attribute(&new, "totalsRowShown", shown);
    }
    if new != before {
        patches.replace(tag, new);
    }
}

/// The filter of a table, whose columns are counted from the first.
fn filter(
    text: &str,
    range: Range<usize>,
    old: &table::TablePart,
    now: &Table,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let Some(wanted) = now.filter() else {
        patches.replace(range, "");
        return Ok(());
    };
    // Where it asks the same of the same columns, it keeps its bytes.
    let before = |column: &TableColumn| {
        let saved_as = column.saved_as.as_ref()?;
        let mut columns = old.columns.iter();
        columns.find(|old| equal_text(&old.name, saved_as))
    };
    let same = |column: &TableColumn| {
        let before = before(column).and_then(|old| old.criterion.as_ref());
        before == column.criterion.as_ref()
    };
    if !now.columns.iter().all(same) {
        let prefix = prefix_of(&text[range.clone()], "autoFilter");
        let mut out = String::new();
        auto_filter::write(prefix, &wanted, &mut out);
        patches.replace(range, out);
        return Ok(());
    }
    let place = |column: u32| {
        let saved = &old.columns.get(column as usize)?.name;
        let same = |c: &TableColumn| c.saved_as.as_ref().is_some_and(|s| equal_text(s, saved));
        now.columns.iter().position(same)
    };
    let part = &text[range.clone()];
    Xml::new(part).each_element(|xml, element| {
        let tag = range.start + xml.start()..range.start + xml.end();
        let old_tag = &text[tag.clone()];
        match element.name() {
            "autoFilter" => {
                let area = wanted.rect.to_string();
                let new = with_attribute(old_tag, "ref", Some(&area));
                if new != old_tag {
                    patches.replace(tag, new);
                }
            }
            "filterColumn" => {
                let column = element.attribute("colId").and_then(|v| v.parse().ok());
                let Some(column) = column else { return Ok(()) };
                match place(column) {
                    Some(new) if new as u32 == column => {}
                    Some(new) => {
                        let new = with_attribute(old_tag, "colId", Some(&new.to_string()));
                        patches.replace(tag, new);
                    }
                    None => {
                        if !element.empty {
                            xml.skip()?;
                        }
                        patches.replace(tag.start..range.start + xml.end(), "");
                    }
                }
            }
            _ => {}
        }
        Ok(())
    })
}

fn highest_column(
    text: &str,
    elements: &[(Option<String>, Range<usize>)],
) -> Result<u32, XmlError> {
    let mut highest = 0;
    for (_, range) in elements {
        Xml::new(&text[range.clone()]).each_element(|_, element| {
            if element.name() == "tableColumn" {
                let id = element.attribute("id").and_then(|v| v.parse().ok());
                highest = highest.max(id.unwrap_or(0));
            }
            Ok(())
        })?;
    }
    Ok(highest)
}

/// A column as its element says it.
struct ColumnXml {
    saved_as: Option<std::sync::Arc<str>>,
    name: String,
    formula: Option<std::sync::Arc<str>>,
    totals: Totals,
}

/// What stands in a column's cell of the totals.
enum Totals {
    /// There are no totals, or the column has none.
    None,
    Label(String),
    /// A function by its name in files.
    Function(&'static str),
    /// Another formula.
    Custom(String),
}

/// The columns of a table, their headers as the sheet's cells say them.
fn columns(splice: &Splice<'_>, table: &Table) -> Result<Vec<ColumnXml>, SaveError> {
    let sheet = splice.book.sheet(table.area.sheet);
    let mut out: Vec<ColumnXml> = Vec::new();
    for (i, column) in table.columns.iter().enumerate() {
        let mut at = table.area.rect.top_left();
        at.col += i as u32;
        let name = match table.header_rows {
            0 => column.name.to_string(),
            _ => header(sheet, at, &column.name, table)?,
        };
        let bottom = Pos::new(table.area.rect.bottom, at.col);
        out.push(ColumnXml {
            saved_as: column.saved_as.clone(),
            name,
            formula: column.formula.clone(),
            totals: match table.totals_rows {
                0 => Totals::None,
                _ => totals(splice, table.area.sheet, bottom),
            },
        });
    }
    Ok(out)
}

fn header(sheet: &Sheet, at: Pos, column: &str, table: &Table) -> Result<String, SaveError> {
    let what = match sheet.cells.get(at) {
        Value::Text(text) => return Ok(text.to_string()),
        Value::Blank => "is empty",
        _ => "is not text",
    };
    Err(SaveError::Content {
        place: format!("{}!{at}", sheet.name),
        problem: format!(
            "it is the header of column \"{column}\" of table {} and {what}; \
             Excel wants a text that no other column has",
            table.name
        ),
    })
}

/// The functions that Excel offers for totals, by SUBTOTAL's numbers.
const FUNCTIONS: [(&str, &str); 8] = [
    ("101", "average"),
    ("102", "countNums"),
    ("103", "count"),
    ("104", "max"),
    ("105", "min"),
    ("107", "stdDev"),
    ("109", "sum"),
    ("110", "var"),
];

fn totals(splice: &Splice<'_>, id: SheetId, at: Pos) -> Totals {
    let sheet = splice.book.sheet(id);
    let Some((_, run)) = sheet.runs.at(at) else {
        return match sheet.cells.get(at) {
            Value::Text(text) => Totals::Label(text.to_string()),
            _ => Totals::None,
        };
    };
    let text = formula_text(splice.book, run, at);
    let number = text
        .strip_prefix("SUBTOTAL(")
        .and_then(|rest| rest.split_once(','));
    let known = number.and_then(|(number, rest)| {
        let plain = rest.ends_with("])") && rest.matches('(').count() == 0;
        let found = FUNCTIONS.iter().find(|(known, _)| *known == number);
        found.filter(|_| plain)
    });
    match known {
        Some((_, name)) => Totals::Function(name),
        None => Totals::Custom(text),
    }
}

impl ColumnXml {
    /// The attributes of the totals.
    fn with_totals(&self, tag: &str) -> String {
        let (label, function) = match &self.totals {
            Totals::None => (None, None),
            Totals::Label(label) => (Some(encode_header(label)), None),
            Totals::Function(name) => (None, Some(*name)),
            Totals::Custom(_) => (None, Some("custom")),
        };
        let tag = with_attribute(tag, "totalsRowLabel", label.as_deref());
        with_attribute(&tag, "totalsRowFunction", function)
    }

    /// What stands in the element before extensions.
    fn inside(&self, prefix: &str) -> String {
        let mut out = String::new();
        if let Some(formula) = &self.formula {
            let _ = write!(out, "<{prefix}calculatedColumnFormula>");
            escape(formula, &mut out);
            let _ = write!(out, "</{prefix}calculatedColumnFormula>");
        }
        if let Totals::Custom(formula) = &self.totals {
            let _ = write!(out, "<{prefix}totalsRowFormula>");
            escape(formula, &mut out);
            let _ = write!(out, "</{prefix}totalsRowFormula>");
        }
        out
    }

    fn write(&self, prefix: &str, id: u32, out: &mut String) {
        let tag = format!("<{prefix}tableColumn id=\"{id}\"/>");
        let tag = with_attribute(&tag, "name", Some(&encode_header(&self.name)));
        let tag = self.with_totals(&tag);
        let inside = self.inside(prefix);
        if inside.is_empty() {
            out.push_str(&tag);
        } else {
            let open = tag.trim_end_matches("/>");
            let _ = write!(out, "{open}>{inside}</{prefix}tableColumn>");
        }
    }

    /// The element as it was, with what differs.
    fn patched(&self, old: &str) -> Result<String, XmlError> {
        let end = old.find('>').map_or(old.len(), |at| at + 1);
        let mut tag = old[..end].to_owned();
        let prefix = prefix_of(&tag, "tableColumn").to_owned();
        let mut before_name = String::new();
        let mut kept = String::new();
        let mut formulas = String::new();
        let mut depth = 0;
        Xml::new(old).each_element(|xml, element: Element<'_>| {
            let start = xml.start();
            if depth == 0 {
                depth = 1;
                let name = element.attribute("name").unwrap_or_default();
                before_name = decode_xstring(&name).into_owned();
                return Ok(());
            }
            let name = element.name().to_owned();
            if !element.empty {
                xml.skip()?;
            }
            let bytes = &old[start..xml.end()];
            match name.as_str() {
                "calculatedColumnFormula" | "totalsRowFormula" => formulas.push_str(bytes),
                _ => kept.push_str(bytes),
            }
            Ok(())
        })?;
        if before_name != self.name {
            tag = with_attribute(&tag, "name", Some(&encode_header(&self.name)));
        }
        tag = self.with_totals(&tag);
        let mut inside = self.inside(&prefix);
        if texts(&inside)? == texts(&formulas)? {
            inside = formulas;
        }
        inside.push_str(&kept);
        let open = tag.trim_end_matches('>').trim_end_matches('/').trim_end();
        Ok(match inside.is_empty() {
            true if tag.ends_with("/>") => tag,
            true => format!("{open}/>"),
            false => format!("{open}>{inside}</{prefix}tableColumn>"),
        })
    }
}

/// The names and contents of elements.
fn texts(elements: &str) -> Result<Vec<(String, String)>, XmlError> {
    let mut out = Vec::new();
    Xml::new(elements).each_element(|xml, element| {
        let name = element.name().to_owned();
        let content = if element.empty {
            String::new()
        } else {
            xml.content()?.into_owned()
        };
        out.push((name, content));
        Ok(())
    })?;
    Ok(out)
}

fn new_part(splice: &Splice<'_>, table: &Table, id: u32) -> Result<String, SaveError> {
    let mut name = String::new();
    escape(&table.name, &mut name);
    let area = table.area.rect;
    let header = if table.header_rows == 0 {
        " headerRowCount=\"0\""
    } else {
        ""
    };
    let totals = if table.totals_rows > 0 {
        "totalsRowCount=\"1\""
    } else {
        "totalsRowShown=\"0\""
    };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <table xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" id=\"{id}\" \
         name=\"{name}\" displayName=\"{name}\" ref=\"{area}\"{header} {totals}>"
    );
    if let Some(filter) = table.filter() {
        auto_filter::write("", &filter, &mut out);
    }
    let columns = columns(splice, table)?;
    let _ = write!(out, "<tableColumns count=\"{}\">", columns.len());
    for (i, column) in columns.iter().enumerate() {
        column.write("", i as u32 + 1, &mut out);
    }
    out.push_str(
        "</tableColumns><tableStyleInfo name=\"TableStyleMedium2\" showFirstColumn=\"0\" \
         showLastColumn=\"0\" showRowStripes=\"1\" showColumnStripes=\"0\"/></table>",
    );
    Ok(out)
}

/// Line breaks are escaped too: an attribute would lose them.
fn encode_header(name: &str) -> String {
    encode_xstring(name)
        .replace('\n', "_x000a_")
        .replace('\t', "_x0009_")
}
