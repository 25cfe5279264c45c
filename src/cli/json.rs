//! What `--json` writes: values as JSON, and the way documents are printed.

use gradsheet::value::Value;
use gradsheet::value::format::printable;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::borrow::Cow;
use std::io::{self, Write};

/// A cell's value: `null` where it is blank, a number, a string, `true`,
/// `false`, or `{"error": "#N/A"}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Json {
    Blank(()),
    Number(f64),
    Text(String),
    Bool(bool),
    Error { error: &'static str },
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Blank => Self::Blank(()),
            Value::Number(x) => Self::Number(*x),
            Value::Text(text) => Self::Text(text.to_string()),
            Value::Bool(b) => Self::Bool(*b),
            Value::Error(kind) => Self::Error {
                error: kind.as_str(),
            },
            Value::Array(array) => Self::from(array.get(0, 0)),
        }
    }
}

/// Writes characters that would act on a terminal as `\u` escapes: JSON itself
/// asks for that only below U+0020.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(c) = rest.chars().next() {
            let safe = rest.find(|c: char| !is_printable(c)).unwrap_or(rest.len());
            out.write_all(&rest.as_bytes()[..safe])?;
            rest = &rest[safe..];
            if safe == 0 {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
                rest = &rest[c.len_utf8()..];
            }
        }
        Ok(())
    }
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~') || matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_))
}

/// Prints a document, one line ended by a newline.
pub fn print(out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    document.serialize(&mut Serializer::with_formatter(&mut *out, Printable))?;
    writeln!(out)
}

/// Every key of a document must be a row of the table of fields in the
/// manual's section.
#[cfg(test)]
pub fn assert_documented(section: &str, document: &impl Serialize) {
    let manual = include_str!("../../docs/cli.md");
    let value = serde_json::to_value(document).unwrap();
    let heading = format!("\n## {section}\n");
    let text = manual
        .split_once(&heading)
        .unwrap_or_else(|| panic!("docs/cli.md has no section {section}"))
        .1;
    let text = text.split("\n## ").next().unwrap_or_default();
    let mut keys = Vec::new();
    collect_keys(&value, &mut keys);
    for key in keys {
        assert!(
            text.contains(&format!("| `{key}` |")),
            "docs/cli.md: {section} does not describe the field {key}"
        );
    }
}

#[cfg(test)]
fn collect_keys(value: &serde_json::Value, keys: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map {
                keys.push(key.clone());
                collect_keys(inner, keys);
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                collect_keys(item, keys);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradsheet::value::ErrorKind;

    #[test]
    fn nothing_printed_acts_on_a_terminal() {
        let mut out = Vec::new();
        print(&mut out, &"\u{9b}31m\u{202e}\x1b\"\u{7f}é\u{1f600}").unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "\"\\u009b31m\\u202e\\u001b\\\"\\u007fé\u{1f600}\"\n");
        let read: String = serde_json::from_str(&out).unwrap();
        assert_eq!(read, "\u{9b}31m\u{202e}\x1b\"\u{7f}é\u{1f600}");
    }

    #[test]
    fn values_have_one_form_each() {
        let form = |value: Value| serde_json::to_string(&Json::from(&value)).unwrap();
        assert_eq!(form(Value::Blank), "null");
        assert_eq!(form(Value::Number(0.1)), "0.1");
        assert_eq!(form(Value::text("#N/A")), "\"#N/A\"");
        assert_eq!(form(Value::Error(ErrorKind::Na)), "{\"error\":\"#N/A\"}");
        assert_eq!(form(Value::Bool(true)), "true");
    }
}
