//! Cell and value metadata: which array formulas are dynamic, and the error
//! values that older versions of Excel do not know.

use crate::value::ErrorKind;
use crate::xlsx::xml::{Xml, XmlError, is_true};
use quick_xml::events::Event;

/// Whether a record says "dynamic array", and the rich value it names.
type FutureRecord = (bool, Option<usize>);

/// What `cm` and `vm` on a cell mean. Both count from 1.
#[derive(Debug, Default)]
pub(in crate::xlsx) struct Metadata {
    /// For each `cm`: whether the formula is a dynamic array.
    dynamic: Vec<bool>,
    /// For each `vm`: the error it stands for.
    errors: Vec<Option<ErrorKind>>,
}

impl Metadata {
    pub fn is_dynamic(&self, cm: u32) -> bool {
        one_based(&self.dynamic, cm).is_some_and(|dynamic| *dynamic)
    }

    pub fn error(&self, vm: u32) -> Option<ErrorKind> {
        *one_based(&self.errors, vm)?
    }

    /// The `cm` that marks a dynamic array formula, where there is one.
    pub fn dynamic_index(&self) -> Option<usize> {
        Some(self.dynamic.iter().position(|&d| d)? + 1)
    }

    /// Reads the metadata part; `rich` holds the error that each rich value is.
    pub fn read(text: &str, rich: &[Option<ErrorKind>]) -> Result<Self, XmlError> {
        #[derive(PartialEq)]
        enum Section {
            None,
            Future,
            Cell,
            Value,
        }
        let mut types: Vec<String> = Vec::new();
        // By the name of their type.
        let mut futures: Vec<(String, Vec<FutureRecord>)> = Vec::new();
        let mut section = Section::None;
        let mut cells: Vec<(usize, usize)> = Vec::new();
        let mut values: Vec<(usize, usize)> = Vec::new();
        Xml::new(text).each_element(|_, element| {
            let number = |name| element.attribute(name).and_then(|v| v.parse().ok());
            match element.name() {
                "metadataType" => {
                    types.push(element.attribute("name").unwrap_or_default().into_owned());
                }
                "futureMetadata" => {
                    section = Section::Future;
                    let name = element.attribute("name").unwrap_or_default().into_owned();
                    futures.push((name, Vec::new()));
                }
                "cellMetadata" => section = Section::Cell,
                "valueMetadata" => section = Section::Value,
                "bk" => match section {
                    Section::Future => {
                        if let Some((_, records)) = futures.last_mut() {
                            records.push((false, None));
                        }
                    }
                    Section::Cell => cells.push((0, 0)),
                    Section::Value => values.push((0, 0)),
                    Section::None => {}
                },
                "dynamicArrayProperties" => {
                    if let Some(record) = futures.last_mut().and_then(|f| f.1.last_mut()) {
                        record.0 = element.attribute("fDynamic").is_some_and(|v| is_true(&v));
                    }
                }
                "rvb" => {
                    if let Some(record) = futures.last_mut().and_then(|f| f.1.last_mut()) {
                        record.1 = number("i");
                    }
                }
                "rc" => {
                    let list = match section {
                        Section::Cell => &mut cells,
                        Section::Value => &mut values,
                        _ => return Ok(()),
                    };
                    if let Some(last) = list.last_mut() {
                        *last = (number("t").unwrap_or(0), number("v").unwrap_or(0));
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        let record = |&(t, v): &(usize, usize)| {
            let name = types.get(t.checked_sub(1)?)?;
            let (_, records) = futures.iter().find(|(n, _)| n == name)?;
            records.get(v).copied()
        };
        Ok(Self {
            dynamic: cells
                .iter()
                .map(|rc| record(rc).is_some_and(|r| r.0))
                .collect(),
            errors: values.iter().map(|rc| *rich.get(record(rc)?.1?)?).collect(),
        })
    }
}

fn one_based<T>(list: &[T], index: u32) -> Option<&T> {
    list.get((index as usize).checked_sub(1)?)
}

/// Reads the rich values and their structures: the error that each value is,
/// where it is one. Files number errors one below `ERROR.TYPE`.
pub(in crate::xlsx) fn rich_errors(
    values: &str,
    structures: &str,
) -> Result<Vec<Option<ErrorKind>>, XmlError> {
    // For each structure: which of its fields holds the error's number.
    let mut fields: Vec<Option<usize>> = Vec::new();
    let mut is_error = false;
    let mut count = 0;
    Xml::new(structures).each_element(|_, element| {
        match element.name() {
            "s" => {
                is_error = element.attribute("t").as_deref() == Some("_error");
                count = 0;
                fields.push(None);
            }
            "k" => {
                let wanted = element.attribute("n").as_deref() == Some("errorType");
                if is_error
                    && wanted
                    && let Some(last) = fields.last_mut()
                {
                    *last = Some(count);
                }
                count += 1;
            }
            _ => {}
        }
        Ok(())
    })?;
    let mut errors = Vec::new();
    Xml::new(values).each_element(|xml, element| {
        if element.name() != "rv" {
            return Ok(());
        }
        let structure: Option<usize> = element.attribute("s").and_then(|v| v.parse().ok());
        let field = structure.and_then(|s| *fields.get(s)?);
        let mut error = None;
        let mut at = 0;
        if element.empty {
            errors.push(None);
            return Ok(());
        }
        loop {
            match xml.next()? {
                Event::Start(_) => {
                    let text = xml.content()?;
                    if Some(at) == field {
                        let code = text.parse::<u8>().ok().and_then(|n| n.checked_add(1));
                        error = ErrorKind::ALL
                            .into_iter()
                            .find(|kind| Some(kind.code()) == code);
                    }
                    at += 1;
                }
                Event::Empty(_) => at += 1,
                Event::End(_) => break,
                Event::Eof => return Err(xml.error("the part ends inside a value")),
                _ => {}
            }
        }
        errors.push(error);
        Ok(())
    })?;
    Ok(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_errors_are_found_behind_value_metadata() {
        let rich = rich_errors(
            r#"<rvData><rv s="1"><v>13</v><v>3</v></rv><rv s="0"><v>x</v></rv></rvData>"#,
            r#"<rvStructures><s t="_image"><k n="a"/></s><s t="_error"><k n="errorType" t="i"/><k n="subType" t="i"/></s></rvStructures>"#,
        )
        .unwrap();
        assert_eq!(rich, [Some(ErrorKind::Calc), None]);
        let metadata = Metadata::read(
            r#"<metadata xmlns:xda="d" xmlns:xlrd="r"><metadataTypes><metadataType name="XLDAPR"/><metadataType name="XLRICHVALUE"/></metadataTypes>
            <futureMetadata name="XLDAPR"><bk><extLst><ext><xda:dynamicArrayProperties fDynamic="1"/></ext></extLst></bk></futureMetadata>
            <futureMetadata name="XLRICHVALUE"><bk><extLst><ext><xlrd:rvb i="0"/></ext></extLst></bk></futureMetadata>
            <cellMetadata><bk><rc t="2" v="0"/></bk><bk><rc t="1" v="0"/></bk></cellMetadata><valueMetadata><bk><rc t="2" v="0"/></bk></valueMetadata></metadata>"#,
            &rich,
        )
        .unwrap();
        assert!(!metadata.is_dynamic(1) && metadata.is_dynamic(2) && !metadata.is_dynamic(0));
        assert_eq!(metadata.dynamic_index(), Some(2));
        assert_eq!(metadata.error(1), Some(ErrorKind::Calc));
    }
}
