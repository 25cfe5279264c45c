//! Parts that come and go, with the relationships and content types that say
//! so.

use super::layout::Layout;
use super::{Splice, insert_at_end, remove_elements};
use crate::grid::SheetId;
use crate::xlsx::error::SaveError;
use crate::xlsx::package::{CONTENT_TYPES, normal_name};
use crate::xlsx::relationships::Relationships;
use crate::xlsx::xml::{Patches, XmlError};

/// What a part is to the one that refers to it.
pub(super) struct Related<'a> {
    /// The last segment of the relationship's type.
    pub kind: &'a str,
    pub content_type: &'a str,
}

impl Splice<'_> {
    /// Adds a part that the workbook part refers to; returns its relationship's id.
    pub(super) fn add_part(
        &mut self,
        part: &str,
        kind: &str,
        content_type: &str,
        text: String,
    ) -> Result<String, SaveError> {
        let workbook = self.original.workbook.clone();
        self.add_related(&workbook, part, Related { kind, content_type }, text)
    }

    /// Adds a part that `source` refers to; returns its relationship's id.
    pub(super) fn add_related(
        &mut self,
        source: &str,
        part: &str,
        related: Related<'_>,
        text: String,
    ) -> Result<String, SaveError> {
        let Related { kind, content_type } = related;
        let relationships = self.relationships(source)?;
        if !self.has(&relationships.part) {
            self.set(&relationships.part, NO_RELATIONSHIPS.to_owned());
        }
        let id = relationships.new_id();
        let element = format!(
            "<Relationship Id=\"{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"/{part}\"/>"
        );
        self.patch(&relationships.part, |text, patches| {
            insert_at_end(text, "Relationships", &element, patches)
        })?;
        let element = format!("<Override PartName=\"/{part}\" ContentType=\"{content_type}\"/>");
        self.patch(CONTENT_TYPES, |text, patches| {
            insert_at_end(text, "Types", &element, patches)
        })?;
        self.set(part, text);
        Ok(id)
    }

    /// Takes a part out that the workbook part refers to.
    pub(super) fn remove_part(&mut self, part: &str) -> Result<(), SaveError> {
        let workbook = self.original.workbook.clone();
        self.remove_related(&workbook, part).map(|_| ())
    }

    /// Takes a part out that `source` refers to; returns the ids of the
    /// relationships that did.
    pub(super) fn remove_related(
        &mut self,
        source: &str,
        part: &str,
    ) -> Result<Vec<String>, SaveError> {
        let relationships: Relationships = self.relationships(source)?;
        let ids: Vec<String> = relationships
            .list
            .iter()
            .filter(|r| !r.external && r.target.eq_ignore_ascii_case(part))
            .map(|r| r.id.clone())
            .collect();
        if self.has(&relationships.part) {
            self.patch(&relationships.part, |text, patches| {
                remove_elements(text, patches, |element| {
                    element.name() == "Relationship"
                        && element
                            .attribute("Id")
                            .is_some_and(|id| ids.iter().any(|known| **known == *id))
                })
            })?;
        }
        self.patch(CONTENT_TYPES, |text, patches| {
            remove_elements(text, patches, |element| {
                element.name() == "Override"
                    && element
                        .attribute("PartName")
                        .is_some_and(|name| normal_name(&name).eq_ignore_ascii_case(part))
            })
        })?;
        self.drop_part(part);
        Ok(ids)
    }

    /// The part of a sheet, one that was just added included.
    pub(super) fn sheet_part(&self, id: SheetId) -> Option<String> {
        let added = self.added.iter().find(|(known, _)| *known == id);
        match added {
            Some((_, part)) => Some(part.clone()),
            None => self.original.sheet(id)?.part.clone(),
        }
    }

    /// Changes a sheet's part by patches, its layout known.
    pub(super) fn patch_sheet(
        &mut self,
        part: &str,
        make: impl FnOnce(&Layout<'_>, &mut Patches) -> Result<(), XmlError>,
    ) -> Result<(), SaveError> {
        self.patch(part, |text, patches| {
            let layout = Layout::scan(text, |_| {})?;
            make(&layout, patches)
        })
    }
}

const NO_RELATIONSHIPS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>";
