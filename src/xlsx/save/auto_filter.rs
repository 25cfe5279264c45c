//! Splicing a sheet's filter.

use super::Splice;
use super::layout::Layout;
use crate::workbook::{AutoFilter, Criterion, FilterOp, FilterTest, Join, Sheet};
use crate::xlsx::read::auto_filter::{FILTER_OPS, read};
use crate::xlsx::xml::{Element, Patches, Xml, XmlError, escape};
use quick_xml::events::Event;
use std::fmt::Write;

/// Writes the filter of a sheet anew where it differs; a column whose
/// criterion is the same keeps its bytes.
pub(super) fn splice(
    splice: &Splice<'_>,
    sheet: &Sheet,
    layout: &Layout<'_>,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let old = layout.children("autoFilter").next();
    let before = match &old {
        Some(range) => filter_of(&layout.text[range.clone()])?,
        None => None,
    };
    if splice.original.new && sheet.filter.is_none() || before == sheet.filter {
        return Ok(());
    }
    let mut text = String::new();
    if let Some(filter) = &sheet.filter {
        write(layout.prefix, filter, &mut text);
    }
    layout.put("autoFilter", text, patches);
    Ok(())
}

fn filter_of(text: &str) -> Result<Option<AutoFilter>, XmlError> {
    let mut xml = Xml::new(text);
    let (tag, empty) = match xml.next()? {
        Event::Start(tag) => (tag, false),
        Event::Empty(tag) => (tag, true),
        _ => return Ok(None),
    };
    read(text, &mut xml, &Element { tag, empty })
}

/// Writes the element of a filter.
pub(super) fn write(prefix: &str, filter: &AutoFilter, out: &mut String) {
    let _ = write!(out, "<{prefix}autoFilter ref=\"{}\"", filter.rect);
    if filter.columns.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for (column, criterion) in &filter.columns {
        let _ = write!(out, "<{prefix}filterColumn colId=\"{column}\">");
        match criterion {
            Criterion::Values { texts, blanks } => {
                let blank = if *blanks { " blank=\"1\"" } else { "" };
                let _ = write!(out, "<{prefix}filters{blank}>");
                for text in texts {
                    let _ = write!(out, "<{prefix}filter val=\"");
                    escape(text, out);
                    out.push_str("\"/>");
                }
                let _ = write!(out, "</{prefix}filters>");
            }
            Criterion::Custom { first, second } => {
                let and = match second {
                    Some((Join::And, _)) => " and=\"1\"",
                    _ => "",
                };
                let _ = write!(out, "<{prefix}customFilters{and}>");
                test(prefix, first, out);
                if let Some((_, second)) = second {
                    test(prefix, second, out);
                }
                let _ = write!(out, "</{prefix}customFilters>");
            }
            Criterion::Top {
                count,
                percent,
                bottom,
            } => {
                let top = if *bottom { " top=\"0\"" } else { "" };
                let percent = if *percent { " percent=\"1\"" } else { "" };
                let _ = write!(out, "<{prefix}top10{top}{percent} val=\"{count}\"/>");
            }
            Criterion::Other(text) => out.push_str(text),
        }
        let _ = write!(out, "</{prefix}filterColumn>");
    }
    let _ = write!(out, "</{prefix}autoFilter>");
}

fn test(prefix: &str, test: &FilterTest, out: &mut String) {
    let _ = write!(out, "<{prefix}customFilter");
    let name = FILTER_OPS.iter().find(|(_, known)| *known == test.operator);
    if let Some((name, _)) = name.filter(|_| test.operator != FilterOp::Equal) {
        let _ = write!(out, " operator=\"{name}\"");
    }
    out.push_str(" val=\"");
    escape(&test.value, out);
    out.push_str("\"/>");
}
