//! The metadata that marks an array formula as dynamic.

use super::Splice;
use crate::xlsx::error::SaveError;
use crate::xlsx::read::metadata::Metadata;
use crate::xlsx::xml::{Patches, Xml, XmlError, value_range};
use std::ops::Range;

const TYPE: &str = "<metadataType name=\"XLDAPR\" minSupportedVersion=\"120000\" copy=\"1\" pasteAll=\"1\" \
    pasteValues=\"1\" merge=\"1\" splitFirst=\"1\" rowColShift=\"1\" clearFormats=\"1\" clearComments=\"1\" \
    assign=\"1\" coerce=\"1\" cellMeta=\"1\"/>";
const FUTURE: &str = "<futureMetadata name=\"XLDAPR\" count=\"1\"><bk><extLst>\
    <ext uri=\"{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}\">\
    <xda:dynamicArrayProperties xmlns:xda=\"http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray\" \
    fDynamic=\"1\" fCollapsed=\"0\"/></ext></extLst></bk></futureMetadata>";

/// The `cm` of dynamic array formulas; the metadata part gets it, or is made,
/// where there is none.
pub(super) fn dynamic_index(splice: &mut Splice<'_>) -> Result<u32, SaveError> {
    let relationships = splice.workbook_relationships()?;
    let part = relationships
        .of_kind("sheetMetadata")
        .next()
        .map(|r| r.target.clone());
    let Some(part) = part else {
        let part = splice.only_part("xl/metadata");
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
             <metadata xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
             <metadataTypes count=\"1\">{TYPE}</metadataTypes>{FUTURE}\
             <cellMetadata count=\"1\"><bk><rc t=\"1\" v=\"0\"/></bk></cellMetadata></metadata>"
        );
        splice.add_part(
            &part,
            "sheetMetadata",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheetMetadata+xml",
            text,
        )?;
        return Ok(1);
    };
    let text = splice.text(&part)?;
    let read = |text: &str| {
        Metadata::read(text, &[]).map_err(|e| SaveError::Original(e.in_part(&part, text)))
    };
    if let Some(index) = read(&text)?.dynamic_index() {
        return Ok(index as u32);
    }
    splice.patch(&part, add)?;
    let index = read(&splice.text(&part)?)?.dynamic_index();
    index.map(|i| i as u32).ok_or_else(|| SaveError::Content {
        place: part.clone(),
        problem: "it cannot hold a dynamic array formula; make the formula a legacy array".into(),
    })
}

/// Adds what dynamic arrays need to a metadata part that has other records.
fn add(text: &str, patches: &mut Patches) -> Result<(), XmlError> {
    let mut types: Option<(Range<usize>, usize, usize)> = None;
    let mut cells: Option<(Range<usize>, usize, usize)> = None;
    // Where futureMetadata and cellMetadata go: after these.
    let mut after = None;
    let mut known = false;
    let mut end_of_futures = None;
    Xml::new(text).each_element(|xml, element| {
        let tag = xml.start()..xml.end();
        let name = element.name().to_owned();
        match name.as_str() {
            "metadataTypes" | "cellMetadata" if !element.empty => {
                let mut count = 0;
                let close = loop {
                    use quick_xml::events::Event;
                    match xml.next()? {
                        Event::Start(child) => {
                            known |= is_dynamic_type(&child);
                            count += 1;
                            xml.skip()?;
                        }
                        Event::Empty(child) => {
                            known |= is_dynamic_type(&child);
                            count += 1;
                        }
                        Event::End(_) => break xml.start(),
                        Event::Eof => return Err(xml.error("the part ends inside an element")),
                        _ => {}
                    }
                };
                if name == "metadataTypes" {
                    types = Some((tag, close, count));
                    after = Some(xml.end());
                } else {
                    cells = Some((tag, close, count));
                }
            }
            "metadataStrings" | "mdxMetadata" | "futureMetadata" => {
                if !element.empty {
                    xml.skip()?;
                }
                after = Some(xml.end());
                end_of_futures = after;
            }
            _ => {}
        }
        Ok(())
    })?;
    let (Some((tag, close, count)), Some(after)) = (types, end_of_futures.or(after)) else {
        return Err(XmlError::new(0, "the part lists no metadata types"));
    };
    if known {
        return Err(XmlError::new(
            close,
            "dynamic arrays are known but none is described",
        ));
    }
    let recount = |patches: &mut Patches, tag: &Range<usize>, count: usize| {
        if let Some(value) = value_range(&text[tag.clone()], "count") {
            let place = tag.start + value.start..tag.start + value.end;
            patches.replace(place, count.to_string());
        }
    };
    recount(patches, &tag, count + 1);
    patches.insert(close, TYPE);
    patches.insert(after, FUTURE);
    let record = format!("<bk><rc t=\"{}\" v=\"0\"/></bk>", count + 1);
    match cells {
        Some((tag, close, count)) => {
            recount(patches, &tag, count + 1);
            patches.insert(close, record);
        }
        None => patches.insert(
            after,
            format!("<cellMetadata count=\"1\">{record}</cellMetadata>"),
        ),
    }
    Ok(())
}

fn is_dynamic_type(tag: &quick_xml::events::BytesStart<'_>) -> bool {
    tag.local_name().into_inner() == "metadataType"
        && crate::xlsx::xml::attributes(tag)
            .any(|(name, value)| name == "name" && value == "XLDAPR")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_arrays_are_added_beside_other_metadata() {
        let old = r#"<metadata xmlns:xlrd="r"><metadataTypes count="1"><metadataType name="XLRICHVALUE"/></metadataTypes><futureMetadata name="XLRICHVALUE" count="1"><bk><extLst><ext><xlrd:rvb i="0"/></ext></extLst></bk></futureMetadata><valueMetadata count="1"><bk><rc t="1" v="0"/></bk></valueMetadata></metadata>"#;
        let mut patches = Patches::default();
        add(old, &mut patches).unwrap();
        let new = patches.apply(old);
        let metadata = Metadata::read(&new, &[None]).unwrap();
        assert_eq!(metadata.dynamic_index(), Some(1));
        assert!(new.contains(r#"<metadataTypes count="2">"#));
        assert!(new.find("<cellMetadata").unwrap() < new.find("<valueMetadata").unwrap());
    }
}
