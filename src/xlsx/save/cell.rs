//! Writing one `<c>` element.

use crate::grid::{Pos, Rect};
use crate::value::{ErrorKind, Value};
use crate::xlsx::xml::{encode_xstring, escape};
use std::fmt::Write;

/// What a written cell's formula is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FormulaXml {
    /// None of its own: a constant, or a cell within an array formula.
    None,
    /// The bytes of an `<f>` element as they were.
    Kept(String),
    Plain(String),
    /// The first cell of shared formulas: index, the cells they lie in, text.
    Shared(u32, Rect, String),
    /// `t="array"` over cells; dynamic where `cm` is not 0.
    Array(Rect, String),
}

/// A cell to be written.
pub(super) struct CellXml<'a> {
    /// The namespace prefix of the part's elements, with its colon.
    pub prefix: &'a str,
    pub at: Pos,
    pub style: u32,
    /// Attributes that are neither place, style, type nor metadata, as they were.
    pub attributes: &'a str,
    /// Cell metadata; 0 for none.
    pub cm: u32,
    pub formula: FormulaXml,
    pub value: &'a Value,
}

impl CellXml<'_> {
    /// Appends the element; nothing where the cell has nothing to say.
    pub fn write(&self, out: &mut String) {
        let p = self.prefix;
        let has_formula = self.formula != FormulaXml::None;
        if !has_formula && self.value.is_blank() && self.style == 0 && self.attributes.is_empty() {
            return;
        }
        let _ = write!(out, "<{p}c r=\"{}\"", self.at);
        if self.style != 0 {
            let _ = write!(out, " s=\"{}\"", self.style);
        }
        out.push_str(self.attributes);
        let kind = match self.value {
            Value::Text(_) if has_formula => Some("str"),
            Value::Text(_) => Some("inlineStr"),
            Value::Bool(_) => Some("b"),
            Value::Error(_) => Some("e"),
            Value::Number(_) | Value::Blank | Value::Array(_) => None,
        };
        if let Some(kind) = kind {
            let _ = write!(out, " t=\"{kind}\"");
        }
        if self.cm != 0 {
            let _ = write!(out, " cm=\"{}\"", self.cm);
        }
        if !has_formula && self.value.is_blank() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        self.write_formula(out);
        match self.value {
            Value::Text(text) if has_formula => {
                let _ = write!(out, "<{p}v>");
                escape(&encode_xstring(text), out);
                let _ = write!(out, "</{p}v>");
            }
            Value::Text(text) => {
                let space = if keeps_space(text) {
                    " xml:space=\"preserve\""
                } else {
                    ""
                };
                let _ = write!(out, "<{p}is><{p}t{space}>");
                escape(&encode_xstring(text), out);
                let _ = write!(out, "</{p}t></{p}is>");
            }
            Value::Number(x) => {
                let _ = write!(out, "<{p}v>{}</{p}v>", number(*x));
            }
            Value::Bool(b) => {
                let _ = write!(out, "<{p}v>{}</{p}v>", u8::from(*b));
            }
            Value::Error(kind) => {
                let _ = write!(out, "<{p}v>{}</{p}v>", error(*kind));
            }
            Value::Blank | Value::Array(_) => {}
        }
        let _ = write!(out, "</{p}c>");
    }

    fn write_formula(&self, out: &mut String) {
        let p = self.prefix;
        let (start, text) = match &self.formula {
            FormulaXml::None => return,
            FormulaXml::Kept(element) => {
                out.push_str(element);
                return;
            }
            FormulaXml::Plain(text) => (String::new(), text),
            FormulaXml::Shared(index, rect, text) => {
                (format!(" t=\"shared\" ref=\"{rect}\" si=\"{index}\""), text)
            }
            FormulaXml::Array(rect, text) => (format!(" t=\"array\" ref=\"{rect}\""), text),
        };
        let space = if keeps_space(text) {
            " xml:space=\"preserve\""
        } else {
            ""
        };
        let _ = write!(out, "<{p}f{start}{space}>");
        escape(text, out);
        let _ = write!(out, "</{p}f>");
    }
}

/// Whether a reader of XML might drop white space of the text.
fn keeps_space(text: &str) -> bool {
    text.contains('\n') || text.trim().len() != text.len()
}

/// The shortest text that reads back as the same number.
pub(super) fn number(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        // Files have no negative zero.
        "0".to_owned()
    } else if (1e-5..1e16).contains(&size) {
        format!("{x}")
    } else {
        format!("{x:E}")
    }
}

/// An error as files hold it. Excel keeps the errors that came after 2007
/// behind value metadata and writes `#VALUE!` in the cell for older readers.
pub(super) fn error(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Null
        | ErrorKind::Div0
        | ErrorKind::Value
        | ErrorKind::Ref
        | ErrorKind::Name
        | ErrorKind::Num
        | ErrorKind::Na
        | ErrorKind::GettingData => kind.as_str(),
        _ => ErrorKind::Value.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: Value, formula: FormulaXml) -> String {
        let mut out = String::new();
        CellXml {
            prefix: "",
            at: Pos::new(1, 1),
            style: 3,
            attributes: "",
            cm: 0,
            formula,
            value: &value,
        }
        .write(&mut out);
        out
    }

    #[test]
    fn each_kind_of_value_has_its_type() {
        let none = || FormulaXml::None;
        let plain = || FormulaXml::Plain("A1&\"<\"".into());
        assert_eq!(
            written(Value::Number(0.1), none()),
            r#"<c r="B2" s="3"><v>0.1</v></c>"#
        );
        assert_eq!(
            written(" a\r".into(), none()),
            r#"<c r="B2" s="3" t="inlineStr"><is><t xml:space="preserve"> a_x000D_</t></is></c>"#
        );
        assert_eq!(
            written("a<".into(), plain()),
            r#"<c r="B2" s="3" t="str"><f>A1&amp;&quot;&lt;&quot;</f><v>a&lt;</v></c>"#
        );
        assert_eq!(
            written(true.into(), none()),
            r#"<c r="B2" s="3" t="b"><v>1</v></c>"#
        );
        assert_eq!(
            written(ErrorKind::Spill.into(), plain()),
            r#"<c r="B2" s="3" t="e"><f>A1&amp;&quot;&lt;&quot;</f><v>#VALUE!</v></c>"#
        );
        assert_eq!(written(Value::Blank, none()), r#"<c r="B2" s="3"/>"#);
    }

    #[test]
    fn numbers_read_back_bit_for_bit() {
        for x in [
            0.1,
            1e21,
            5e-324,
            f64::MAX,
            -2.5,
            1.0 / 3.0,
            123_456_789.0,
            1e-6,
            9e15,
        ] {
            assert_eq!(number(x).parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
        assert_eq!(number(1e-6), "1E-6");
        assert_eq!(number(250.0), "250");
    }
}
