//! The shared strings.

use crate::xlsx::xml::{Xml, XmlError, decode_xstring};
use quick_xml::events::Event;
use std::sync::Arc;

/// Reads the shared strings part: each item's text, its formatting and its
/// phonetic hints left out.
pub(in crate::xlsx) fn read(text: &str) -> Result<Vec<Arc<str>>, XmlError> {
    let mut strings = Vec::new();
    Xml::new(text).each_element(|xml, element| {
        if element.name() == "si" {
            strings.push(if element.empty {
                "".into()
            } else {
                rich_text(xml)?.into()
            });
        }
        Ok(())
    })?;
    Ok(strings)
}

/// After the start tag of `<si>` or `<is>`: its text, up to its end tag.
pub(in crate::xlsx) fn rich_text(xml: &mut Xml<'_>) -> Result<String, XmlError> {
    let mut text = String::new();
    let mut depth = 0_usize;
    loop {
        match xml.next()? {
            Event::Start(tag) => match tag.local_name().into_inner() {
                "t" => text.push_str(&decode_xstring(&xml.content()?)),
                // Phonetic hints and character formats.
                "rPh" | "rPr" => xml.skip()?,
                _ => depth += 1,
            },
            Event::End(_) => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return Ok(text),
            },
            Event::Eof => return Err(xml.error("the part ends inside a string")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rich_text_is_joined_and_phonetic_hints_are_left_out() {
        let strings = read(
            "<sst><si><t xml:space=\"preserve\"> a&amp;b </t></si><si/>\
             <si><r><rPr><b/></rPr><t>x</t></r><r><t>_x000D_y</t></r><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh></si></sst>",
        )
        .unwrap();
        assert_eq!(strings, [" a&b ".into(), "".into(), Arc::from("x\ry")]);
    }
}
