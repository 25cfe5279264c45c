//! Appending styles that were made after the file was opened.

use super::Splice;
use crate::workbook::{CellStyle, Colour, DifferentialFormat, HorizontalAlign, Styles};
use crate::xlsx::error::SaveError;
use crate::xlsx::read::styles::built_in_id;
use crate::xlsx::xml::{Patches, Xml, XmlError, escape, value_range, with_attribute};
use quick_xml::events::Event;
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

/// Adds the document's new styles to the end of `cellXfs`, with the number
/// formats, fonts and fills they need, and the formats of conditional formats
/// to the end of `dxfs`.
pub(super) fn splice(splice: &mut Splice<'_>) -> Result<(), SaveError> {
    let book = splice.book;
    let relationships = splice.workbook_relationships()?;
    let part = relationships.of_kind("styles").next();
    let Some(part) = part.map(|r| r.target.clone()) else {
        if book.styles.len() > 1 || !book.styles.differential().is_empty() {
            let part = splice.only_part("xl/styles");
            splice.add_part(
                &part,
                "styles",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml",
                MINIMAL.to_owned(),
            )?;
            let new = book.styles.differential();
            splice.patch(&part, |text, patches| {
                append(text, &book.styles, new, patches)
            })?;
        }
        return Ok(());
    };
    // The counts tell without reading the part whether there is anything to do.
    let known = match splice.original.new {
        true => 0,
        false => splice.original.differential,
    };
    let new = book.styles.differential().get(known..).unwrap_or_default();
    if book.styles.len() <= splice.original.styles && new.is_empty() {
        return Ok(());
    }
    splice.patch(&part, |text, patches| {
        append(text, &book.styles, new, patches)
    })
}

const MINIMAL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
<fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
<cellXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/></cellXfs>\
</styleSheet>";

/// One of the part's lists.
#[derive(Default)]
struct List {
    tag: Range<usize>,
    /// Where its end tag starts; `None` for an empty tag.
    close: Option<usize>,
    items: Vec<Range<usize>>,
    added: String,
    count: usize,
}

impl List {
    fn push(&mut self, element: &str) -> usize {
        self.added.push_str(element);
        self.count += 1;
        self.count - 1
    }
}

fn append(
    text: &str,
    styles: &Styles,
    differential: &[DifferentialFormat],
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let styles: Vec<CellStyle> = styles.iter().cloned().collect();
    let mut lists: HashMap<&'static str, List> = HashMap::new();
    let mut formats: HashMap<String, u32> = HashMap::new();
    let mut root_end = None;
    let mut prefix = String::new();
    // Where `dxfs` goes where there is none.
    let mut after_styles = None;
    Xml::new(text).each_element(|xml, element| {
        let tag = xml.start()..xml.end();
        let name = match element.name() {
            "styleSheet" => {
                let start = &text[tag.start + 1..];
                prefix = start[..start.find("styleSheet").unwrap_or(0)].to_owned();
                root_end = Some(tag.end);
                return Ok(());
            }
            "numFmts" => "numFmts",
            "fonts" => "fonts",
            "fills" => "fills",
            "cellXfs" => "cellXfs",
            "dxfs" => "dxfs",
            "cellStyleXfs" | "cellStyles" => {
                if !element.empty {
                    xml.skip()?;
                }
                after_styles = Some(xml.end());
                return Ok(());
            }
            _ => return Ok(()),
        };
        let mut list = List {
            tag,
            ..List::default()
        };
        let mut open = !element.empty;
        while open {
            let (item, empty) = match xml.next()? {
                Event::Start(item) => (item, false),
                Event::Empty(item) => (item, true),
                Event::End(_) => {
                    list.close = Some(xml.start());
                    open = false;
                    continue;
                }
                Event::Eof => return Err(xml.error("the part ends inside a list")),
                _ => continue,
            };
            let start = xml.start();
            if item.local_name().into_inner() == "numFmt" {
                let item = crate::xlsx::xml::Element { tag: item, empty };
                let id = item.attribute("numFmtId").and_then(|v| v.parse().ok());
                if let (Some(id), Some(code)) = (id, item.attribute("formatCode")) {
                    formats.insert(code.into_owned(), id);
                }
            }
            if !empty {
                xml.skip()?;
            }
            list.items.push(start..xml.end());
        }
        if name == "cellXfs" {
            after_styles = Some(xml.end());
        }
        list.count = list.items.len();
        lists.insert(name, list);
        Ok(())
    })?;
    let old = lists.get("cellXfs").map_or(0, |list| list.items.len());
    let base_xf = |style: &CellStyle| {
        let list = lists.get("cellXfs")?;
        let index = style.based_on.unwrap_or(0) as usize;
        list.items
            .get(index)
            .map(|range| text[range.clone()].to_owned())
    };
    let bases: Vec<Option<String>> = styles.iter().map(base_xf).collect();
    for (i, style) in styles.iter().enumerate().skip(old) {
        let base = bases[i].clone();
        let base = base.unwrap_or_else(|| {
            format!(
                "<{prefix}xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
            )
        });
        let original = style.based_on.and_then(|b| styles.get(b as usize));
        let default = CellStyle::default();
        let original = original.unwrap_or(&default);
        let xf = xf(
            &mut lists,
            &mut formats,
            text,
            &prefix,
            &base,
            original,
            style,
        );
        lists.entry("cellXfs").or_default().push(&xf);
    }
    for format in differential {
        let element = dxf(&prefix, format, &mut formats);
        lists.entry("dxfs").or_default().push(&element);
    }
    for name in ["numFmts", "fonts", "fills", "cellXfs", "dxfs"] {
        let Some(list) = lists.get(name).filter(|list| !list.added.is_empty()) else {
            continue;
        };
        if list.tag.is_empty() {
            // Number formats come first of all lists.
            let place = match name {
                "dxfs" => after_styles,
                _ => root_end,
            };
            let at = place.ok_or_else(|| XmlError::new(0, "the part has no styleSheet"))?;
            let text = format!(
                "<{prefix}{name} count=\"{}\">{}</{prefix}{name}>",
                list.count, list.added
            );
            patches.insert(at, text);
            continue;
        }
        if let Some(value) = value_range(&text[list.tag.clone()], "count") {
            let place = list.tag.start + value.start..list.tag.start + value.end;
            if list.close.is_some() {
                patches.replace(place, list.count.to_string());
            }
        }
        match list.close {
            Some(close) => patches.insert(close, list.added.clone()),
            None => patches.replace(
                list.tag.clone(),
                format!(
                    "<{prefix}{name} count=\"{}\">{}</{prefix}{name}>",
                    list.count, list.added
                ),
            ),
        }
    }
    Ok(())
}

/// A number that no number format has yet.
fn free_format(formats: &HashMap<String, u32>) -> u32 {
    formats.values().max().map_or(164, |max| max.max(&163) + 1)
}

/// The element of a format of conditional formats.
fn dxf(prefix: &str, format: &DifferentialFormat, formats: &mut HashMap<String, u32>) -> String {
    let mut out = format!("<{prefix}dxf>");
    let mut font = String::new();
    for (value, name) in [
        (format.bold, "b"),
        (format.italic, "i"),
        (format.strike, "strike"),
    ] {
        match value {
            Some(true) => {
                let _ = write!(font, "<{prefix}{name}/>");
            }
            Some(false) => {
                let _ = write!(font, "<{prefix}{name} val=\"0\"/>");
            }
            None => {}
        }
    }
    match format.underline {
        Some(true) => {
            let _ = write!(font, "<{prefix}u/>");
        }
        Some(false) => {
            let _ = write!(font, "<{prefix}u val=\"none\"/>");
        }
        None => {}
    }
    if let Some(colour) = format.colour {
        let _ = write!(font, "<{prefix}color rgb=\"{}\"/>", hex(colour));
    }
    if !font.is_empty() {
        let _ = write!(out, "<{prefix}font>{font}</{prefix}font>");
    }
    if let Some(code) = &format.number_format {
        let known = formats.get(&**code).copied().or_else(|| built_in_id(code));
        let id = known.unwrap_or_else(|| free_format(formats));
        formats.insert(code.to_string(), id);
        let _ = write!(out, "<{prefix}numFmt numFmtId=\"{id}\" formatCode=\"");
        escape(code, &mut out);
        out.push_str("\"/>");
    }
    if let Some(colour) = format.fill {
        // Here it is the background that fills a cell.
        let _ = write!(
            out,
            "<{prefix}fill><{prefix}patternFill patternType=\"solid\"><{prefix}fgColor rgb=\"{0}\"/>\
             <{prefix}bgColor rgb=\"{0}\"/></{prefix}patternFill></{prefix}fill>",
            hex(colour)
        );
    }
    let _ = write!(out, "</{prefix}dxf>");
    out
}

/// The `xf` element of a style: that of the style it was made from, but for
/// what differs.
fn xf(
    lists: &mut HashMap<&'static str, List>,
    formats: &mut HashMap<String, u32>,
    text: &str,
    prefix: &str,
    base: &str,
    original: &CellStyle,
    style: &CellStyle,
) -> String {
    let tag_end = base.find('>').map_or(base.len(), |at| at + 1);
    let (tag, rest) = base.split_at(tag_end);
    let mut tag = tag.to_owned();
    let mut rest = rest.to_owned();
    let set = |tag: &mut String, name: &str, id: usize, apply: &str| {
        *tag = with_attribute(tag, name, Some(&id.to_string()));
        *tag = with_attribute(tag, apply, Some("1"));
    };
    if style.number_format != original.number_format {
        let code = &*style.number_format;
        let known = formats.get(code).copied().or_else(|| built_in_id(code));
        let id = known.unwrap_or_else(|| {
            let id = free_format(formats);
            let mut element = format!("<{prefix}numFmt numFmtId=\"{id}\" formatCode=\"");
            escape(code, &mut element);
            element.push_str("\"/>");
            lists.entry("numFmts").or_default().push(&element);
            formats.insert(code.to_owned(), id);
            id
        });
        set(&mut tag, "numFmtId", id as usize, "applyNumberFormat");
    }
    if style.font != original.font {
        let index = value_range(&tag, "fontId").and_then(|r| tag[r].parse::<usize>().ok());
        let fonts = lists.entry("fonts").or_default();
        let old = index
            .and_then(|i| fonts.items.get(i))
            .map_or("", |range| &text[range.clone()]);
        let id = fonts.push(&font(prefix, old, style));
        set(&mut tag, "fontId", id, "applyFont");
    }
    if style.fill != original.fill {
        let element = match style.fill {
            Some(colour) => format!(
                "<{prefix}fill><{prefix}patternFill patternType=\"solid\"><{prefix}fgColor rgb=\"{}\"/>\
                 <{prefix}bgColor indexed=\"64\"/></{prefix}patternFill></{prefix}fill>",
                hex(colour)
            ),
            None => {
                format!("<{prefix}fill><{prefix}patternFill patternType=\"none\"/></{prefix}fill>")
            }
        };
        let id = lists.entry("fills").or_default().push(&element);
        set(&mut tag, "fillId", id, "applyFill");
    }
    if (style.align, style.wrap) != (original.align, original.wrap) {
        let horizontal = match style.align {
            HorizontalAlign::General => None,
            HorizontalAlign::Left => Some("left"),
            HorizontalAlign::Centre => Some("center"),
            HorizontalAlign::Right => Some("right"),
            HorizontalAlign::Fill => Some("fill"),
            HorizontalAlign::Justify => Some("justify"),
        };
        let name = format!("<{prefix}alignment");
        let found = rest.find(&name).and_then(|start| {
            let end = start + rest[start..].find('>')? + 1;
            Some(start..end)
        });
        let old = found
            .clone()
            .map_or_else(|| format!("{name}/>"), |range| rest[range].to_owned());
        let new = with_attribute(&old, "horizontal", horizontal);
        let new = with_attribute(&new, "wrapText", style.wrap.then_some("1"));
        match found {
            Some(range) => rest.replace_range(range, &new),
            None if tag.ends_with("/>") => {
                let open = tag.trim_end_matches("/>").trim_end().len();
                tag.truncate(open);
                tag.push('>');
                rest = format!("{new}</{prefix}xf>");
            }
            None => rest.insert_str(0, &new),
        }
        tag = with_attribute(&tag, "applyAlignment", Some("1"));
    }
    tag + &rest
}

/// The font element of a style, with the size, the face and what else the old
/// one says that this program does not know.
fn font(prefix: &str, old: &str, style: &CellStyle) -> String {
    let font = style.font;
    // The schema's order: switches, then the rest as it was, colour before the face.
    let mut out = format!("<{prefix}font>");
    for (on, name) in [
        (font.bold, "b"),
        (font.italic, "i"),
        (font.strike, "strike"),
    ] {
        if on {
            let _ = write!(out, "<{prefix}{name}/>");
        }
    }
    let mut kept: HashMap<String, String> = HashMap::new();
    let read = Xml::new(old).each_element(|xml, element| {
        kept.insert(
            element.name().to_owned(),
            old[xml.start()..xml.end()].to_owned(),
        );
        Ok(())
    });
    if read.is_err() {
        kept.clear();
    }
    let mut keep = |out: &mut String, names: &[&str]| {
        for name in names {
            out.push_str(&kept.remove(*name).unwrap_or_default());
        }
    };
    keep(&mut out, &["condense", "extend", "outline", "shadow"]);
    if font.underline {
        let _ = write!(out, "<{prefix}u/>");
    }
    keep(&mut out, &["vertAlign", "sz"]);
    match font.colour {
        Some(colour) => {
            let _ = write!(out, "<{prefix}color rgb=\"{}\"/>", hex(colour));
        }
        None => keep(&mut out, &["color"]),
    }
    keep(&mut out, &["name", "family", "charset", "scheme"]);
    let _ = write!(out, "</{prefix}font>");
    out
}

pub(super) fn hex(colour: Colour) -> String {
    format!("FF{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}
