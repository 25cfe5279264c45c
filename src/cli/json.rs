//! What `--json` writes: values as JSON, and the way documents are printed.

use gradsheet::value::Value;
use serde::Serialize;
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

/// Prints a document, one line ended by a newline.
pub fn print(out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
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
    fn values_have_one_form_each() {
        let form = |value: Value| serde_json::to_string(&Json::from(&value)).unwrap();
        assert_eq!(form(Value::Blank), "null");
        assert_eq!(form(Value::Number(0.1)), "0.1");
        assert_eq!(form(Value::text("#N/A")), "\"#N/A\"");
        assert_eq!(form(Value::Error(ErrorKind::Na)), "{\"error\":\"#N/A\"}");
        assert_eq!(form(Value::Bool(true)), "true");
    }
}
