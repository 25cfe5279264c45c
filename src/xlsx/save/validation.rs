//! Splicing data validation.

use super::conditional::sqref;
use super::layout::Layout;
use super::{Splice, condition_text};
use crate::workbook::{AlertStyle, Allowed, Sheet, Validation};
use crate::xlsx::read::conditional::COMPARE_OPS;
use crate::xlsx::read::validation::{NUMBER_KINDS, read};
use crate::xlsx::xml::{Patches, Xml, XmlError, encode_xstring, escape, with_attribute};
use std::fmt::Write;
use std::ops::Range;

/// Writes the data validations of a sheet anew where they differ; those that
/// are the same keep their bytes. Those of extensions are held apart.
pub(super) fn splice(
    splice: &Splice<'_>,
    sheet: &Sheet,
    layout: &Layout<'_>,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let text = layout.text;
    let mut main = List::default();
    for range in layout.children("dataValidations") {
        main.read(text, range)?;
    }
    let of = |in_extension: bool| {
        let validations = sheet.validations.iter();
        validations.filter(move |v| v.in_extension == in_extension)
    };
    if splice.original.new {
        let mut new = String::new();
        for validation in &sheet.validations {
            write(layout.prefix, validation, &mut new);
        }
        if let (Some((tag, end)), false) = (main.list.clone(), new.is_empty()) {
            let count = main.known.len() + sheet.validations.len();
            let old = &text[tag.clone()];
            patches.replace(tag, with_attribute(old, "count", Some(&count.to_string())));
            patches.insert(end, new);
        } else if !new.is_empty() {
            let new = wrapped(layout.prefix, "", sheet.validations.len(), &new);
            layout.put("dataValidations", new, patches);
        }
        return Ok(());
    }
    if !main.is(of(false)) {
        let mut new = String::new();
        for validation in of(false) {
            match main.bytes_of(validation) {
                Some(bytes) => new.push_str(&text[bytes]),
                None => write(layout.prefix, validation, &mut new),
            }
        }
        let count = of(false).count();
        if count > 0 {
            new = wrapped(layout.prefix, "", count, &new);
        }
        layout.put("dataValidations", new, patches);
    }

    let mut extended = List::default();
    for range in layout.children("extLst") {
        extended.read(text, range)?;
    }
    if extended.is(of(true)) {
        return Ok(());
    }
    let mut new = String::new();
    for validation in of(true) {
        match extended.bytes_of(validation) {
            Some(bytes) => new.push_str(&text[bytes]),
            None => write_extended(validation, &mut new),
        }
    }
    let Some((tag, end)) = extended.list else {
        return Err(XmlError::new(
            layout.end,
            "the part has no list of extended validations",
        ));
    };
    let count = of(true).count();
    if count == 0 {
        // With the extension that holds nothing else.
        patches.replace(extended.extension.unwrap_or(tag.start..end), "");
        return Ok(());
    }
    let old = &text[tag.clone()];
    patches.replace(
        tag.clone(),
        with_attribute(old, "count", Some(&count.to_string())),
    );
    patches.replace(tag.end..end, new);
    Ok(())
}

/// A list of validations in a part.
#[derive(Default)]
struct List {
    known: Vec<(Validation, Range<usize>)>,
    /// The tag of the list, and where its end tag starts.
    list: Option<(Range<usize>, usize)>,
    /// The `<ext>` around it.
    extension: Option<Range<usize>>,
}

impl List {
    /// Reads an element of a part that holds validations.
    fn read(&mut self, text: &str, range: Range<usize>) -> Result<(), XmlError> {
        let place = |r: Range<usize>| range.start + r.start..range.start + r.end;
        let mut extension = None;
        let part = &text[range.clone()];
        Xml::new(part).each_element(|xml, element| {
            let start = xml.start();
            match element.name() {
                "ext" => {
                    let close = part[start..].find("ext>").map(|at| start + at + 4);
                    extension = close.map(|end| place(start..end));
                }
                "dataValidations" if !element.empty => {
                    let tag = place(start..xml.end());
                    let name = format!("</{}>", element.tag.name().as_ref());
                    let end = part[start..].find(&name).map(|at| range.start + start + at);
                    self.list = end.map(|end| (tag, end));
                    self.extension = extension.clone();
                }
                "dataValidation" => {
                    let validation = read(xml, &element)?;
                    let bytes = place(start..xml.end());
                    self.known.extend(validation.map(|v| (v, bytes)));
                }
                _ => {}
            }
            Ok(())
        })
    }

    fn is<'v>(&self, now: impl Iterator<Item = &'v Validation>) -> bool {
        now.eq(self.known.iter().map(|(known, _)| known))
    }

    fn bytes_of(&self, validation: &Validation) -> Option<Range<usize>> {
        let found = self.known.iter().find(|(known, _)| known == validation);
        found.map(|(_, bytes)| bytes.clone())
    }
}

fn wrapped(prefix: &str, attributes: &str, count: usize, inside: &str) -> String {
    format!(
        "<{prefix}dataValidations{attributes} count=\"{count}\">{inside}</{prefix}dataValidations>"
    )
}

fn write(prefix: &str, validation: &Validation, out: &mut String) {
    let (attributes, formulas) = described(validation);
    let areas = sqref(&validation.areas);
    let _ = write!(out, "<{prefix}dataValidation{attributes} sqref=\"{areas}\"");
    if formulas.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for (i, formula) in formulas.iter().enumerate() {
        let _ = write!(out, "<{prefix}formula{}>", i + 1);
        escape(formula, out);
        let _ = write!(out, "</{prefix}formula{}>", i + 1);
    }
    let _ = write!(out, "</{prefix}dataValidation>");
}

/// In the form of the extensions that came with Excel 2010.
fn write_extended(validation: &Validation, out: &mut String) {
    let (attributes, formulas) = described(validation);
    let _ = write!(
        out,
        "<x14:dataValidation xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" \
         xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"{attributes}>"
    );
    for (i, formula) in formulas.iter().enumerate() {
        let _ = write!(out, "<x14:formula{}><xm:f>", i + 1);
        escape(formula, out);
        let _ = write!(out, "</xm:f></x14:formula{}>", i + 1);
    }
    let areas = sqref(&validation.areas);
    let _ = write!(out, "<xm:sqref>{areas}</xm:sqref></x14:dataValidation>");
}

/// The attributes of a validation, with a space in front, and its formulas.
fn described(validation: &Validation) -> (String, Vec<String>) {
    let mut out = String::new();
    let origin = validation.origin();
    let mut formulas = Vec::new();
    match &validation.allowed {
        Allowed::Any => {}
        Allowed::List(formula) => {
            out.push_str(" type=\"list\"");
            formulas.push(condition_text(formula, origin));
        }
        Allowed::Custom(formula) => {
            out.push_str(" type=\"custom\"");
            formulas.push(condition_text(formula, origin));
        }
        Allowed::Number {
            kind,
            operator,
            formulas: bounds,
        } => {
            let name = NUMBER_KINDS.iter().find(|(_, known)| known == kind);
            let name = name.map_or("whole", |(name, _)| name);
            let _ = write!(out, " type=\"{name}\"");
            let name = COMPARE_OPS.iter().find(|(_, known)| known == operator);
            // "between" goes without saying.
            if let Some((name, _)) = name.filter(|(name, _)| *name != "between") {
                let _ = write!(out, " operator=\"{name}\"");
            }
            let bounds = bounds.iter();
            formulas.extend(bounds.map(|formula| condition_text(formula, origin)));
        }
    }
    let flag = |out: &mut String, name: &str, on: bool| {
        if on {
            let _ = write!(out, " {name}=\"1\"");
        }
    };
    flag(&mut out, "allowBlank", validation.allow_blank);
    flag(&mut out, "showDropDown", !validation.dropdown);
    flag(&mut out, "showInputMessage", validation.prompt.is_some());
    flag(&mut out, "showErrorMessage", validation.alert.is_some());
    let text = |out: &mut String, name: &str, text: &str| {
        if !text.is_empty() {
            let _ = write!(out, " {name}=\"");
            // An attribute would lose line breaks.
            let text = encode_xstring(text)
                .replace('\n', "_x000a_")
                .replace('\t', "_x0009_");
            escape(&text, out);
            out.push('"');
        }
    };
    if let Some(alert) = &validation.alert {
        match alert.style {
            AlertStyle::Stop => {}
            AlertStyle::Warning => out.push_str(" errorStyle=\"warning\""),
            AlertStyle::Information => out.push_str(" errorStyle=\"information\""),
        }
        text(&mut out, "errorTitle", &alert.message.title);
        text(&mut out, "error", &alert.message.text);
    }
    if let Some(prompt) = &validation.prompt {
        text(&mut out, "promptTitle", &prompt.title);
        text(&mut out, "prompt", &prompt.text);
    }
    (out, formulas)
}
