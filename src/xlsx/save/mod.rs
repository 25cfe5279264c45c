//! Saving a workbook that was opened, by splicing its changes into the package.
//!
//! Nothing of what was edited is recorded here: each part is compared with the
//! document through the code that reads it, and only what differs is patched.

mod anchors;
mod auto_filter;
mod calc;
mod cell;
mod charts;
mod columns;
mod compare;
mod conditional;
mod follow;
mod layout;
mod merges;
mod metadata;
mod new_sheet;
mod panes;
mod parts;
mod replay;
mod sheet;
mod shifted;
mod styles;
mod tables;
mod validation;
mod workbook;

use super::error::{OpenCause, SaveError};
use super::package::{Package, normal_name};
use super::read::{Original, OriginalSheet};
use super::relationships::Relationships;
use super::xml::{Patches, Xml, XmlError};
use crate::formula::{self, Dialect};
use crate::functions::file_prefix;
use crate::grid::{Pos, SheetId};
use crate::workbook::{Run, Template, Workbook};
use replay::Replay;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Which parts of a file were written anew; all others are as they were, to
/// the byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveReport {
    pub changed: Vec<String>,
    pub added: Vec<String>,
    pub removed: Vec<String>,
}

/// A save in the making.
pub(super) struct Splice<'b> {
    pub book: &'b Workbook,
    pub original: &'b Original,
    package: &'b Package,
    /// The new text of parts, those that are added included.
    texts: BTreeMap<String, String>,
    removed: BTreeSet<String>,
    /// The sheets that the file had not, and their parts.
    added: Vec<(SheetId, String)>,
}

/// The package with the document's changes in it.
pub(super) fn save(
    book: &Workbook,
    original: &Original,
) -> Result<(Vec<u8>, SaveReport), SaveError> {
    let mut splice = Splice {
        book,
        original,
        package: &original.package,
        texts: BTreeMap::new(),
        removed: BTreeSet::new(),
        added: Vec::new(),
    };
    splice.sheets()?;
    styles::splice(&mut splice)?;
    tables::splice(&mut splice)?;
    charts::splice(&mut splice)?;
    splice.finish()
}

impl<'b> Splice<'b> {
    /// The number that the file gives to a format of conditional formats.
    pub fn differential_id(&self, format: u32) -> u32 {
        match self.original.new {
            // After those that came with the new file.
            true => format + self.original.differential as u32,
            false => format,
        }
    }

    /// A part's present text.
    pub fn text(&self, part: &str) -> Result<String, SaveError> {
        match self.texts.get(part) {
            Some(text) => Ok(text.clone()),
            None => Ok(self.package.text(part, "the document")?),
        }
    }

    pub fn has(&self, part: &str) -> bool {
        self.texts.contains_key(part) || self.package.has(part) && !self.removed.contains(part)
    }

    /// Gives a part another text, or adds it.
    pub fn set(&mut self, part: &str, text: String) {
        self.removed.remove(part);
        self.texts.insert(part.to_owned(), text);
    }

    /// Changes a part's text by patches.
    pub fn patch(
        &mut self,
        part: &str,
        make: impl FnOnce(&str, &mut Patches) -> Result<(), XmlError>,
    ) -> Result<(), SaveError> {
        let text = self.text(part)?;
        let mut patches = Patches::default();
        make(&text, &mut patches).map_err(|e| SaveError::Original(e.in_part(part, &text)))?;
        if !patches.is_empty() {
            self.set(part, patches.apply(&text));
        }
        Ok(())
    }

    /// The relationships of the workbook part, as they are now.
    pub fn workbook_relationships(&self) -> Result<Relationships, SaveError> {
        self.relationships(&self.original.workbook)
    }

    /// The relationships of a part, as they are now; none where it has none.
    pub fn relationships(&self, source: &str) -> Result<Relationships, SaveError> {
        let part = super::relationships::part_of(source);
        if !self.has(&part) {
            return Ok(Relationships {
                part,
                list: Vec::new(),
            });
        }
        let text = self.text(&part)?;
        Ok(Relationships::parse(source, part, &text)?)
    }

    /// Takes a part out of the package.
    fn drop_part(&mut self, part: &str) {
        self.texts.remove(part);
        self.removed.insert(part.to_owned());
    }

    fn sheets(&mut self) -> Result<(), SaveError> {
        let (book, original) = (self.book, self.original);
        let mut formulas_moved = original
            .tabs
            .iter()
            .any(|&id| !book.sheet(id).shifts.is_empty());
        let mut uncalculated = false;
        let none = OriginalSheet::none();
        let replay = Replay::new(book, original);
        let mut added: Vec<(SheetId, String)> = Vec::new();
        for &id in book.order() {
            let sheet = book.sheet(id);
            let before = original.sheet(id);
            let (part, text) = match before.map(|b| &b.part) {
                Some(Some(part)) if !sheet.touched && !original.new && replay.is_nothing() => {
                    debug_assert!(self.has(part));
                    continue;
                }
                Some(Some(part)) => {
                    let old = self.text(part)?;
                    let moved = shifted::moved(&replay, id, &old)
                        .map_err(|e| SaveError::Original(e.in_part(part, &old)))?;
                    if moved.is_some() || !replay.is_nothing() {
                        self.set(part, moved.clone().unwrap_or_else(|| old.clone()));
                    }
                    let text = moved.unwrap_or(old);
                    (part.clone(), text)
                }
                Some(None) if sheet.cells.used().is_none() && sheet.runs.is_empty() => continue,
                Some(None) => {
                    return Err(SaveError::Content {
                        place: sheet.name.to_string(),
                        problem: "it is a chart sheet or a macro sheet, which has no cells; \
                                  put them on another sheet"
                            .into(),
                    });
                }
                None => {
                    let part = self.free_part("xl/worksheets/sheet");
                    let text = new_sheet::TEXT.to_owned();
                    let id_in_file = self.add_part(
                        &part,
                        "worksheet",
                        "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
                        text.clone(),
                    )?;
                    added.push((id, id_in_file));
                    self.added.push((id, part.clone()));
                    (part, text)
                }
            };
            let before = before.unwrap_or(&none);
            if let Some((text, outcome)) =
                sheet::splice(self, &part, &text, sheet, before, &original.context)?
            {
                self.set(&part, text);
                formulas_moved |= outcome.formulas_moved;
                uncalculated |= outcome.uncalculated;
            }
        }
        for (&id, before) in original.tabs.iter().zip(&original.sheets) {
            if !book.has_sheet(id)
                && let Some(part) = &before.part
            {
                self.remove_part(part)?;
                for part in &before.tables {
                    self.remove_part(part)?;
                }
                self.removed.insert(super::relationships::part_of(part));
                formulas_moved = true;
            }
        }
        follow::splice(self, &replay)?;
        workbook::splice(self, &added)?;
        if formulas_moved {
            calc::drop_chain(self)?;
        }
        if uncalculated {
            calc::calculate_on_load(self)?;
        }
        Ok(())
    }

    /// The name that Excel gives to a part of which there is one, `prefix.xml`,
    /// under which some readers look for it; with a number where it is taken.
    fn only_part(&self, prefix: &str) -> String {
        let part = format!("{prefix}.xml");
        match self.has(&part) || self.package.has(&part) {
            true => self.free_part(prefix),
            false => part,
        }
    }

    /// A part's name that is free: `prefix`, a number, `.xml`.
    fn free_part(&self, prefix: &str) -> String {
        (1..)
            .map(|n| format!("{prefix}{n}.xml"))
            .find(|part| !self.has(part) && !self.package.has(part))
            .unwrap_or_default()
    }

    /// The `cm` that marks dynamic array formulas, made where the file has none.
    pub fn dynamic_metadata(&mut self) -> Result<u32, SaveError> {
        metadata::dynamic_index(self)
    }

    fn finish(self) -> Result<(Vec<u8>, SaveReport), SaveError> {
        let mut report = SaveReport::default();
        // What was patched back to what it was is not a change.
        let mut texts = BTreeMap::new();
        for (part, text) in self.texts {
            let same = self.package.has(&part) && self.package.text(&part, "")? == text;
            if !same {
                texts.insert(part.to_lowercase(), (part, text));
            }
        }
        if texts.is_empty() && self.removed.is_empty() {
            return Ok((self.package.bytes().to_vec(), report));
        }
        let mut archive = self.package.archive();
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        for i in 0..archive.len() {
            let entry = archive.by_index_raw(i)?;
            let name = entry.name()?.into_owned();
            let part = normal_name(&name);
            if self.removed.contains(&part) {
                report.removed.push(part);
            } else if let Some((_, text)) = texts.remove(&part.to_lowercase()) {
                let mut options = options(text.len());
                if let Some(time) = entry.last_modified() {
                    options = options.last_modified_time(time);
                }
                out.start_file(name, options)?;
                write_text(&mut out, &text)?;
                report.changed.push(part);
            } else {
                out.raw_copy_file(entry)?;
            }
        }
        for (part, text) in texts.into_values() {
            out.start_file(part.as_str(), options(text.len()))?;
            write_text(&mut out, &text)?;
            report.added.push(part);
        }
        Ok((out.finish()?.into_inner(), report))
    }
}

fn options(size: usize) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .large_file(u32::try_from(size).is_err())
}

/// Writes a part that may have been read from UTF-16; it is UTF-8 now.
fn write_text(out: &mut impl Write, text: &str) -> Result<(), SaveError> {
    let end = text.find("?>").unwrap_or(0);
    let (declaration, rest) = text.split_at(end);
    let fixed = declaration
        .replace("\"UTF-16\"", "\"UTF-8\"")
        .replace("\"utf-16\"", "\"UTF-8\"");
    out.write_all(fixed.as_bytes())
        .and_then(|()| out.write_all(rest.as_bytes()))
        .map_err(|e| SaveError::Zip(e.into()))
}

/// A run's formula as it stands in a cell, in the language of files.
fn formula_text(book: &Workbook, run: &Run, at: Pos) -> String {
    match &**book.templates.get(run.template) {
        Template::Formula(tree) => formula::print(tree, at, Dialect::File(file_prefix)),
        Template::Unreadable(text) => text.to_string(),
    }
}

/// A formula that stands outside of cells and counts from `origin`, in the
/// language of files.
fn condition_text(formula: &Template, origin: Pos) -> String {
    match formula {
        Template::Formula(tree) => formula::print(tree, origin, Dialect::File(file_prefix)),
        Template::Unreadable(text) => text.to_string(),
    }
}

/// Inserts an element as the last one of the root, whose local name is given.
/// It gets the root's namespace prefix.
fn insert_at_end(
    text: &str,
    root: &str,
    element: &str,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    let close = text.rfind("</").filter(|&at| {
        let name = text[at + 2..].trim_end_matches(|c: char| c == '>' || c.is_whitespace());
        name.rsplit(':').next() == Some(root)
    });
    if let Some(at) = close {
        let name = &text[at + 2..];
        let prefix = name.find(root).map_or("", |colon| &name[..colon]);
        patches.insert(at, element.replacen('<', &format!("<{prefix}"), 1));
        return Ok(());
    }
    // `<Types/>`: a root that is empty.
    let mut done = false;
    Xml::new(text).each_element(|xml, found| {
        if found.name() == root && found.empty && !done {
            let tag = &text[xml.start()..xml.end()];
            let open = tag.trim_end_matches('>').trim_end_matches('/');
            let close = found.tag.name();
            let close = close.as_ref();
            patches.replace(
                xml.start()..xml.end(),
                format!("{open}>{element}</{close}>"),
            );
            done = true;
        }
        Ok(())
    })?;
    if done {
        Ok(())
    } else {
        Err(XmlError::new(text.len(), format!("{root} does not end")))
    }
}

/// Takes out the elements that `which` picks.
fn remove_elements(
    text: &str,
    patches: &mut Patches,
    mut which: impl FnMut(&super::xml::Element<'_>) -> bool,
) -> Result<(), XmlError> {
    Xml::new(text).each_element(|xml, element| {
        if which(&element) {
            let start = xml.start();
            if !element.empty {
                xml.skip()?;
            }
            patches.replace(start..xml.end(), "");
        }
        Ok(())
    })
}

impl From<zip::result::ZipError> for OpenCause {
    fn from(error: zip::result::ZipError) -> Self {
        OpenCause::Damaged(error.to_string())
    }
}
