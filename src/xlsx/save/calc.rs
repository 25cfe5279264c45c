//! The calculation chain and the calculation settings.

use super::Splice;
use crate::xlsx::error::SaveError;
use crate::xlsx::xml::{Xml, with_attribute};

/// Takes the calculation chain out: it lists the cells with formulas, and
/// Excel repairs a file whose list is wrong. Excel makes a new one by itself.
pub(super) fn drop_chain(splice: &mut Splice<'_>) -> Result<(), SaveError> {
    let relationships = splice.workbook_relationships()?;
    let chains: Vec<String> = relationships
        .of_kind("calcChain")
        .map(|r| r.target.clone())
        .collect();
    for part in chains {
        splice.remove_part(&part)?;
    }
    Ok(())
}

/// Asks Excel to calculate everything when it opens the file.
pub(super) fn calculate_on_load(splice: &mut Splice<'_>) -> Result<(), SaveError> {
    let part = splice.original.workbook.clone();
    splice.patch(&part, |text, patches| {
        // The schema's order: calcPr comes after these, if they are there.
        let mut after = None;
        let mut found = false;
        let mut prefix = String::new();
        Xml::new(text).each_element(|xml, element| {
            let start = xml.start();
            match element.name() {
                "calcPr" if !found => {
                    found = true;
                    let tag = &text[start..xml.end()];
                    let new = with_attribute(tag, "fullCalcOnLoad", Some("1"));
                    if new != tag {
                        patches.replace(start..xml.end(), new);
                    }
                }
                name @ ("sheets" | "functionGroups" | "externalReferences" | "definedNames") => {
                    let tag = &text[start + 1..];
                    prefix = tag[..tag.find(name).unwrap_or(0)].to_owned();
                    if !element.empty {
                        xml.skip()?;
                    }
                    after = Some(xml.end());
                }
                _ => {}
            }
            Ok(())
        })?;
        if let (false, Some(after)) = (found, after) {
            patches.insert(after, format!("<{prefix}calcPr fullCalcOnLoad=\"1\"/>"));
        }
        Ok(())
    })
}
