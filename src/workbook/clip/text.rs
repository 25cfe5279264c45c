//! The text form of cells that programs exchange through the system's
//! clipboard: a line a row, tabs between cells.

use super::Clip;
use crate::grid::Pos;
use crate::value::format::{self, Format};
use crate::value::{DateSystem, Value};
use crate::workbook::{Styles, Workbook};
use std::collections::HashMap;

impl Clip {
    /// The cells as they are shown. Those with tabs, line ends or quotes are
    /// put into quotes, quotes within doubled.
    pub fn text(&self, book: &Workbook) -> String {
        let mut shower = Shower {
            styles: &book.styles,
            dates: book.date_system,
            formats: HashMap::new(),
        };
        let mut out = String::new();
        let mut cells = self.values.iter(self.rect()).peekable();
        for row in 0..self.rows {
            if row > 0 {
                out.push('\n');
            }
            for col in 0..self.cols {
                if col > 0 {
                    out.push('\t');
                }
                let at = Pos::new(row, col);
                if let Some((_, value)) = cells.next_if(|(pos, _)| *pos == at) {
                    let style = self.styles.get(at).unwrap_or(0);
                    push_field(&mut out, &shower.show(&value, style));
                }
            }
        }
        out
    }
}

/// Shows many values; each format is read once.
struct Shower<'a> {
    styles: &'a Styles,
    dates: DateSystem,
    formats: HashMap<u32, Option<Format>>,
}

impl Shower<'_> {
    fn show(&mut self, value: &Value, style: u32) -> String {
        let code = &self.styles.get(style).number_format;
        let format = self
            .formats
            .entry(style)
            .or_insert_with(|| Format::parse(code));
        let shown = format.as_ref().and_then(|f| f.show(value, self.dates));
        shown.map_or_else(
            || format::show(value, code, self.dates).text,
            |shown| shown.text,
        )
    }
}

fn push_field(out: &mut String, field: &str) {
    if field.contains(['\t', '\n', '\r', '"']) {
        out.push('"');
        out.push_str(&field.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(field);
    }
}

/// The cells of a text from the clipboard, row by row. A field that begins
/// with a quote and ends with one before a tab or a line end is what is
/// between; any other field is taken as it is.
pub fn parse_text(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut rest = text;
    loop {
        let (field, after) = quoted(rest).unwrap_or_else(|| {
            let end = rest.find(['\t', '\n', '\r']).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        });
        row.push(field);
        if let Some(next) = after.strip_prefix('\t') {
            rest = next;
            continue;
        }
        rows.push(std::mem::take(&mut row));
        let next = after
            .strip_prefix("\r\n")
            .or_else(|| after.strip_prefix(['\n', '\r']));
        match next {
            // A line end at the end begins no further row.
            None | Some("") => return rows,
            Some(next) => rest = next,
        }
    }
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut field = String::new();
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if let Some(after) = rest.strip_prefix('"') {
            field.push('"');
            rest = after;
        } else {
            let ends = rest.is_empty() || rest.starts_with(['\t', '\n', '\r']);
            return ends.then_some((field, rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_read_as_spreadsheets_write_them() {
        for (text, expected) in [
            ("", vec![vec![""]]),
            ("a\tb\nc", vec![vec!["a", "b"], vec!["c"]]),
            ("a\r\nb\r\n", vec![vec!["a"], vec!["b"]]),
            ("\"a\nb\"\tc", vec![vec!["a\nb", "c"]]),
            ("\"say \"\"hi\"\"\"", vec![vec!["say \"hi\""]]),
            ("5\" nail\tx", vec![vec!["5\" nail", "x"]]),
            ("\"open\tx", vec![vec!["\"open", "x"]]),
            ("\"a\"b\tx", vec![vec!["\"a\"b", "x"]]),
            ("\t\n\t", vec![vec!["", ""], vec!["", ""]]),
        ] {
            assert_eq!(parse_text(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            fields in prop::collection::vec(prop::collection::vec("[a\t\n\r\" ]{0,6}", 2), 1..6)
        ) {
            let mut values = crate::workbook::Cells::default();
            for (row, line) in (0..).zip(&fields) {
                for (col, field) in (0..).zip(line) {
                    if !field.is_empty() {
                        values.set(Pos::new(row, col), Value::text(field.as_str()));
                    }
                }
            }
            let clip = Clip {
                rows: fields.len() as u32,
                cols: 2,
                values,
                ..Clip::default()
            };
            let text = clip.text(&Workbook::new());
            prop_assert_eq!(parse_text(&text), fields);
        }
    }
}
