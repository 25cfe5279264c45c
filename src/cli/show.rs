//! Tables and numbers for people.

use gradsheet::value::Value;
use gradsheet::value::format::printable;
use std::borrow::Cow;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The beginning of a text that may be long, for a message.
pub fn short(text: &str) -> Cow<'_, str> {
    const LENGTH: usize = 80;
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// A line of a table.
#[derive(Clone, Default)]
pub struct Row(Vec<Field>);

#[derive(Clone)]
struct Field {
    text: String,
    right: bool,
}

impl Row {
    /// Adds a field, aligned left.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.push(text, false)
    }

    /// Adds a field, aligned right.
    pub fn number(&mut self, text: &str) -> &mut Self {
        self.push(text, true)
    }

    fn push(&mut self, text: &str, right: bool) -> &mut Self {
        self.0.push(Field {
            text: printable(text).into_owned(),
            right,
        });
        self
    }
}

/// A table with aligned columns.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a row.
    pub fn row(&mut self) -> &mut Row {
        self.rows.push(Row::default());
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// Prints the rows, see [`print_rows`].
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        print_rows(out, || self.rows.iter().map(Cow::Borrowed))
    }
}

/// Prints rows with their columns aligned, two spaces between them and none at a
/// line's end. The rows are asked for twice, to be measured and to be printed,
/// so that long tables need not be kept.
pub fn print_rows<'a, I>(out: &mut dyn Write, rows: impl Fn() -> I) -> io::Result<()>
where
    I: Iterator<Item = Cow<'a, Row>>,
{
    let mut widths: Vec<usize> = Vec::new();
    for row in rows() {
        widths.resize(widths.len().max(row.0.len()), 0);
        for (width, field) in widths.iter_mut().zip(&row.0) {
            *width = (*width).max(field.text.width());
        }
    }
    for row in rows() {
        let mut line = String::new();
        for (field, &width) in row.0.iter().zip(&widths) {
            let pad = " ".repeat(width.saturating_sub(field.text.width()));
            let (before, after) = if field.right {
                (&*pad, "")
            } else {
                ("", &*pad)
            };
            line.push_str(before);
            line.push_str(&field.text);
            line.push_str(after);
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A number with all its digits, so that reading it gives the same number.
pub fn full(x: f64) -> String {
    if x == 0.0 || (1e-5..1e17).contains(&x.abs()) {
        format!("{x}")
    } else {
        format!("{x:e}")
    }
}

/// A value with all digits of its number.
pub fn full_value(value: &Value) -> String {
    match value {
        Value::Number(x) => full(*x),
        other => other
            .to_text()
            .map_or_else(|kind| kind.to_string(), |text| text.to_string()),
    }
}

/// `1 cell`, `2 cells`.
pub fn count(n: usize, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {one}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_what_a_terminal_shows() {
        let mut table = Table::default();
        table.row().text("名前").number("1.5");
        table.row().text("a\tb").number("-10");
        let mut out = Vec::new();
        table.print(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "名前  1.5\na␉b   -10\n");
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        assert_eq!(full(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(full(1e-300), "1e-300");
        assert_eq!(full(-123456.5), "-123456.5");
        assert_eq!(full(0.0), "0");
    }
}
