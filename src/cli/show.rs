//! Tables and numbers for people.

use gradsheet::value::Value;
use gradsheet::value::format::printable;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// A table with aligned columns.
#[derive(Default)]
pub struct Table {
    rows: Vec<Vec<Field>>,
}

struct Field {
    text: String,
    right: bool,
}

impl Table {
    /// Begins a row.
    pub fn row(&mut self) -> &mut Self {
        self.rows.push(Vec::new());
        self
    }

    /// Adds a field to the newest row, aligned left.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.push(text, false)
    }

    /// Adds a field to the newest row, aligned right.
    pub fn number(&mut self, text: &str) -> &mut Self {
        self.push(text, true)
    }

    fn push(&mut self, text: &str, right: bool) -> &mut Self {
        let field = Field {
            text: printable(text).into_owned(),
            right,
        };
        match self.rows.last_mut() {
            Some(row) => row.push(field),
            None => self.rows.push(vec![field]),
        }
        self
    }

    /// Prints the rows, two spaces between columns and none at a line's end.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|c| {
                let width = |row: &Vec<Field>| row.get(c).map_or(0, |f| f.text.width());
                self.rows.iter().map(width).max().unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (field, &width) in row.iter().zip(&widths) {
                let pad = " ".repeat(width - field.text.width());
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
