//! Data validation within a worksheet part.

use super::conditional::compare_op;
use super::formulas::formula_of;
use super::table::parse_sqref;
use crate::workbook::{Alert, AlertStyle, Allowed, CompareOp, Message, NumberKind, Validation};
use crate::xlsx::xml::{Element, Xml, XmlError, content_of, decode_xstring, is_true};
use quick_xml::events::Event;

/// Reads a `<dataValidation>` up to its end tag; `None` where it speaks of no
/// cells or is of a kind that this program does not know.
pub(in crate::xlsx) fn read<'a>(
    xml: &mut Xml<'a>,
    element: &Element<'a>,
) -> Result<Option<Validation>, XmlError> {
    let mut texts = [String::new(), String::new()];
    // Those of extensions have their cells and formulas one level further down.
    let mut sqref = element.attribute("sqref").map(|v| v.into_owned());
    let mut depth = usize::from(!element.empty);
    let mut which = None;
    while depth > 0 {
        let (tag, empty) = match xml.next()? {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::Eof => return Err(xml.error("the part ends inside a data validation")),
            _ => continue,
        };
        let child = Element { tag, empty };
        match child.name() {
            "formula1" => which = Some(0),
            "formula2" => which = Some(1),
            "f" | "sqref" => {}
            _ => {
                if !empty {
                    xml.skip()?;
                }
                continue;
            }
        }
        let holds_f = element.tag.name().as_ref().contains(':') && child.name() != "sqref";
        if holds_f && child.name() != "f" {
            depth += usize::from(!empty);
            continue;
        }
        let content = content_of(xml, &child)?.into_owned();
        match (child.name(), which) {
            ("sqref", _) => sqref = Some(content),
            (_, Some(i)) => texts[i] = content,
            _ => {}
        }
    }
    let areas = parse_sqref(&sqref.unwrap_or_default());
    Ok(validation(element, areas, &texts))
}

fn validation(
    element: &Element<'_>,
    areas: Vec<crate::grid::Rect>,
    texts: &[String; 2],
) -> Option<Validation> {
    let origin = areas.first()?.top_left();
    let flag = |name| element.attribute(name).is_some_and(|v| is_true(&v));
    let text = |name| -> std::sync::Arc<str> {
        let value = element.attribute(name).unwrap_or_default();
        decode_xstring(&value).into()
    };
    let message = |title, body| Message {
        title: text(title),
        text: text(body),
    };
    let formula = |i: usize| formula_of(&texts[i], origin);
    let kind = element.attribute("type");
    let allowed = match kind.as_deref() {
        None | Some("none") => Allowed::Any,
        Some("list") => Allowed::List(formula(0)),
        Some("custom") => Allowed::Custom(formula(0)),
        Some(kind) => {
            let (_, kind) = *NUMBER_KINDS.iter().find(|(name, _)| *name == kind)?;
            let operator = element.attribute("operator");
            let operator = operator.map_or(Some(CompareOp::Between), |name| compare_op(&name))?;
            Allowed::Number {
                kind,
                operator,
                formulas: (0..operator.operands()).map(formula).collect(),
            }
        }
    };
    let style = match element.attribute("errorStyle").as_deref() {
        Some("warning") => AlertStyle::Warning,
        Some("information") => AlertStyle::Information,
        _ => AlertStyle::Stop,
    };
    Some(Validation {
        areas,
        allowed,
        allow_blank: flag("allowBlank"),
        // The attribute says the opposite of its name.
        dropdown: !flag("showDropDown"),
        prompt: flag("showInputMessage").then(|| message("promptTitle", "prompt")),
        alert: flag("showErrorMessage").then(|| Alert {
            style,
            message: message("errorTitle", "error"),
        }),
        in_extension: element.tag.name().as_ref().contains(':')
            && element.attribute("sqref").is_none(),
    })
}

pub(in crate::xlsx) const NUMBER_KINDS: [(&str, NumberKind); 5] = [
    ("whole", NumberKind::Whole),
    ("decimal", NumberKind::Decimal),
    ("date", NumberKind::Date),
    ("time", NumberKind::Time),
    ("textLength", NumberKind::TextLength),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;

    fn validations(text: &str) -> Vec<Validation> {
        let mut found = Vec::new();
        Xml::new(text)
            .each_element(|xml, element| {
                if element.name() == "dataValidation" {
                    found.extend(read(xml, &element)?);
                }
                Ok(())
            })
            .unwrap();
        found
    }

    #[test]
    fn rules_of_entry_are_read_with_their_words() {
        let found = validations(
            r#"<x xmlns:x14="x" xmlns:xm="m"><dataValidation type="whole" allowBlank="1" showErrorMessage="1" errorTitle="No" error="1 to 9_x000a_" sqref="B2:B9 D2"><formula1>1</formula1><formula2>A2</formula2></dataValidation>
            <x14:dataValidation type="list" showInputMessage="1" showDropDown="1"><x14:formula1><xm:f>Sheet2!$A$1:$A$3</xm:f></x14:formula1><xm:sqref>C1</xm:sqref></x14:dataValidation></x>"#,
        );
        let at = Pos::new(1, 1);
        assert_eq!(
            found[0].allowed,
            Allowed::Number {
                kind: NumberKind::Whole,
                operator: CompareOp::Between,
                formulas: vec![formula_of("1", at), formula_of("A2", at)],
            }
        );
        let alert = found[0].alert.as_ref().unwrap();
        assert_eq!(&*alert.message.text, "1 to 9\n");
        assert_eq!(found[0].prompt, None);
        assert!(found[0].allow_blank && found[0].dropdown && !found[0].in_extension);
        assert_eq!(found[1].areas[0].to_string(), "C1");
        assert_eq!(
            found[1].allowed,
            Allowed::List(formula_of("Sheet2!$A$1:$A$3", Pos::new(0, 2)))
        );
        assert!(found[1].in_extension && !found[1].dropdown);
    }
}
