//! Splicing the widths and styles of columns.

use super::layout::Layout;
use crate::workbook::{ColumnProps, Sheet};
use crate::xlsx::xml::{Patches, with_attribute};
use std::fmt::Write;

/// Writes `<cols>` anew where a column differs from what the part says.
/// Attributes that this program does not know stay with their columns.
pub(super) fn splice(sheet: &Sheet, layout: &Layout<'_>, patches: &mut Patches) {
    let said = |props: &ColumnProps| *props != ColumnProps::default();
    let now = sheet.columns.iter().filter(|(_, props)| said(props));
    let before = layout.columns.iter().filter(|(_, props)| said(props));
    if now.eq(before) {
        return;
    }
    let prefix = layout.prefix;
    // First and last column from 0, and the tag without its place.
    let mut tags: Vec<(u32, u32, String)> = Vec::new();
    for (&col, props) in &sheet.columns {
        let known = layout
            .col_tags
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&col))
            .map(|(_, _, range)| &layout.text[range.clone()]);
        let tag = tag_of(layout, known, props, layout.columns.get(&col));
        match tags.last_mut() {
            Some((_, last, same)) if *last + 1 == col && *same == tag => *last = col,
            _ => tags.push((col, col, tag)),
        }
    }
    let mut out = String::new();
    if !tags.is_empty() {
        let _ = write!(out, "<{prefix}cols>");
        for (first, last, tag) in tags {
            let tag = with_attribute(&tag, "min", Some(&(first + 1).to_string()));
            out.push_str(&with_attribute(&tag, "max", Some(&(last + 1).to_string())));
        }
        let _ = write!(out, "</{prefix}cols>");
    }
    match &layout.cols {
        Some(range) => patches.replace(range.clone(), out),
        None => patches.insert(layout.data.start, out),
    }
}

fn tag_of(
    layout: &Layout<'_>,
    known: Option<&str>,
    props: &ColumnProps,
    before: Option<&ColumnProps>,
) -> String {
    let prefix = layout.prefix;
    let blank = format!("<{prefix}col min=\"1\" max=\"1\"/>");
    let mut tag = known.unwrap_or(&blank).to_owned();
    if !tag.ends_with("/>") {
        tag.insert(tag.len() - 1, '/');
    }
    for name in ["min", "max"] {
        tag = with_attribute(&tag, name, Some("1"));
    }
    if Some(props) == before {
        return tag;
    }
    let flag = |set: bool| set.then_some("1");
    let style = (props.style != 0).then(|| props.style.to_string());
    tag = with_attribute(&tag, "style", style.as_deref());
    tag = with_attribute(&tag, "hidden", flag(props.hidden));
    if props.width != before.and_then(|b| b.width) || known.is_none() {
        // A column element needs a width; the last resort is Excel's own default.
        let default = layout.default_width.clone();
        let width = props.width.map(|w| w.to_string()).or(default);
        let width = width.unwrap_or_else(|| "9.140625".to_owned());
        tag = with_attribute(&tag, "width", Some(&width));
        tag = with_attribute(&tag, "customWidth", flag(props.width.is_some()));
    }
    tag
}
