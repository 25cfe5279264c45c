//! Structured references: what stands between a table's brackets.

use super::{TableItems, TableReference};
use std::sync::Arc;

/// Why the text between brackets was refused: bytes from its start, and what
/// was expected there.
pub(super) type Refusal = (usize, &'static str);

/// Reads `[...]`, its outer brackets included, as it stands after a table's
/// name or alone within the table. Spaces may surround inner brackets, commas
/// and colons; in a column's name they count.
pub(super) fn parse(table: Option<Arc<str>>, bracketed: &str) -> Result<TableReference, Refusal> {
    let mut reader = Reader {
        text: &bracketed[..bracketed.len() - 1],
        at: 1,
    };
    let (items, columns) = reader.specifier()?;
    Ok(TableReference {
        table,
        items,
        columns,
    })
}

type Columns = Option<(Arc<str>, Arc<str>)>;

struct Reader<'a> {
    /// The text without its last bracket.
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        self.spaces();
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// What stands between a table's brackets.
    fn specifier(&mut self) -> Result<(TableItems, Columns), Refusal> {
        let start = self.at;
        self.spaces();
        match self.rest().chars().next() {
            None => Ok((TableItems::Unspecified, None)),
            Some('[') => self.list(),
            Some('#') => {
                let at = self.at;
                let items = keyword(self.rest().trim_end()).ok_or((at, KEYWORD))?;
                Ok((items, None))
            }
            Some('@') => Ok((TableItems::ThisRow, self.this_row()?)),
            Some(_) => {
                self.at = start;
                Ok((TableItems::Unspecified, Some(self.column_name()?)))
            }
        }
    }

    /// `@`, `@Col`, `@[A]:[B]`
    fn this_row(&mut self) -> Result<Columns, Refusal> {
        self.at += 1;
        self.spaces();
        if self.rest().is_empty() {
            return Ok(None);
        }
        if !self.rest().starts_with('[') {
            return self.column_name().map(Some);
        }
        let columns = self.columns()?;
        self.end()?;
        Ok(Some(columns))
    }

    /// `[#Headers],[#Data],[A]:[B]`
    fn list(&mut self) -> Result<(TableItems, Columns), Refusal> {
        let mut items = TableItems::Unspecified;
        loop {
            let at = self.at;
            if !self.rest()[1..].trim_start().starts_with('#') {
                let columns = self.columns()?;
                self.end()?;
                return Ok((items, Some(columns)));
            }
            let item = keyword(self.inner()?.1.trim()).ok_or((at + 1, KEYWORD))?;
            items = combine(items, item).ok_or((at, "these items do not go together"))?;
            if !self.eat(',') {
                self.end()?;
                return Ok((items, None));
            }
            self.spaces();
            if !self.rest().starts_with('[') {
                return Err((self.at, "expected `[` before an item or a column"));
            }
        }
    }

    /// `[A]` or `[A]:[B]`
    fn columns(&mut self) -> Result<(Arc<str>, Arc<str>), Refusal> {
        let first = self.column()?;
        if !self.eat(':') {
            return Ok((first.clone(), first));
        }
        self.spaces();
        if !self.rest().starts_with('[') {
            return Err((self.at, "expected `[` before the last column"));
        }
        Ok((first, self.column()?))
    }

    fn column(&mut self) -> Result<Arc<str>, Refusal> {
        let (at, name) = self.inner()?;
        unescape(at, name)
    }

    /// A column's name without brackets of its own, up to the end.
    fn column_name(&mut self) -> Result<(Arc<str>, Arc<str>), Refusal> {
        let name = unescape(self.at, self.rest())?;
        Ok((name.clone(), name))
    }

    /// What stands between the bracket here and the one that closes it, and
    /// where it begins.
    fn inner(&mut self) -> Result<(usize, &'a str), Refusal> {
        let start = self.at + 1;
        let mut escaped = false;
        for (i, byte) in self.text.bytes().enumerate().skip(start) {
            match byte {
                _ if escaped => escaped = false,
                b'\'' => escaped = true,
                b']' => {
                    self.at = i + 1;
                    return Ok((start, &self.text[start..i]));
                }
                _ => {}
            }
        }
        Err((start, "this bracket is not closed"))
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.spaces();
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err((self.at, "expected `]`"))
        }
    }
}

const KEYWORD: &str = "expected #All, #Data, #Headers, #Totals or #This Row";

fn keyword(text: &str) -> Option<TableItems> {
    use TableItems::*;
    [All, Data, Headers, Totals, ThisRow]
        .into_iter()
        .find(|&item| words(item)[0].eq_ignore_ascii_case(text))
}

/// The keywords of the rows chosen.
fn words(items: TableItems) -> &'static [&'static str] {
    match items {
        TableItems::Unspecified => &[],
        TableItems::All => &["#All"],
        TableItems::Data => &["#Data"],
        TableItems::Headers => &["#Headers"],
        TableItems::Totals => &["#Totals"],
        TableItems::HeadersData => &["#Headers", "#Data"],
        TableItems::DataTotals => &["#Data", "#Totals"],
        TableItems::ThisRow => &["#This Row"],
    }
}

fn combine(items: TableItems, next: TableItems) -> Option<TableItems> {
    use TableItems::*;
    match (items, next) {
        (Unspecified, next) => Some(next),
        (Headers, Data) | (Data, Headers) => Some(HeadersData),
        (Data, Totals) | (Totals, Data) => Some(DataTotals),
        _ => None,
    }
}

/// A column's name without its escapes; `at` is where it begins.
fn unescape(at: usize, text: &str) -> Result<Arc<str>, Refusal> {
    if text.is_empty() {
        return Err((at, "expected the name of a column"));
    }
    if !text.contains(['\'', '[', ']', '#']) {
        return Ok(text.into());
    }
    let mut name = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\'' => match chars.next() {
                Some((_, escaped)) => name.push(escaped),
                None => return Err((at + i, "expected a character after the escape `'`")),
            },
            '[' | ']' | '#' => {
                return Err((
                    at + i,
                    "expected `'` before this character in a column's name",
                ));
            }
            c => name.push(c),
        }
    }
    Ok(name.into())
}

fn push_escaped(out: &mut String, name: &str) {
    for c in name.chars() {
        if matches!(c, '[' | ']' | '#' | '\'' | '@') {
            out.push('\'');
        }
        out.push(c);
    }
}

impl TableReference {
    /// Adds the reference to a formula: with `@` for this row as people read
    /// it, or with `#This Row` as files have it.
    pub(super) fn print(&self, out: &mut String, at_sign: bool) {
        out.push_str(self.table.as_deref().unwrap_or(""));
        out.push('[');
        let this_row = at_sign && self.items == TableItems::ThisRow;
        if this_row {
            out.push('@');
        }
        let items = if this_row { &[] } else { words(self.items) };
        match (items, &self.columns) {
            ([], None) => {}
            ([], Some((first, last))) if first == last => {
                // After `@` most characters but letters and digits need brackets.
                let bare = if this_row {
                    first.chars().all(|c| c.is_alphanumeric() || c == '_')
                } else {
                    !first.trim_start().is_empty()
                };
                if bare {
                    push_escaped(out, first);
                } else {
                    push_column(out, first);
                }
            }
            ([item], None) => out.push_str(item),
            (items, columns) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    out.push('[');
                    out.push_str(item);
                    out.push(']');
                }
                if let Some((first, last)) = columns {
                    if !items.is_empty() {
                        out.push(',');
                    }
                    push_column(out, first);
                    if first != last {
                        out.push(':');
                        push_column(out, last);
                    }
                }
            }
        }
        out.push(']');
    }
}

fn push_column(out: &mut String, name: &str) {
    out.push('[');
    push_escaped(out, name);
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TableReference, Refusal> {
        parse(Some("T".into()), text)
    }

    fn table(items: TableItems, columns: Option<(&str, &str)>) -> TableReference {
        TableReference {
            table: Some("T".into()),
            items,
            columns: columns.map(|(first, last)| (first.into(), last.into())),
        }
    }

    #[test]
    fn every_form_is_read_and_printed_for_people_and_for_files() {
        use TableItems::*;
        for (text, expected, people, file) in [
            ("[]", table(Unspecified, None), "T[]", "T[]"),
            (
                "[a b]",
                table(Unspecified, Some(("a b", "a b"))),
                "T[a b]",
                "T[a b]",
            ),
            (
                "[[a]]",
                table(Unspecified, Some(("a", "a"))),
                "T[a]",
                "T[a]",
            ),
            ("[#all]", table(All, None), "T[#All]", "T[#All]"),
            ("[@]", table(ThisRow, None), "T[@]", "T[#This Row]"),
            (
                "[@a]",
                table(ThisRow, Some(("a", "a"))),
                "T[@a]",
                "T[[#This Row],[a]]",
            ),
            (
                "[@[a b]]",
                table(ThisRow, Some(("a b", "a b"))),
                "T[@[a b]]",
                "T[[#This Row],[a b]]",
            ),
            (
                "[[#This Row],[A]:[B]]",
                table(ThisRow, Some(("A", "B"))),
                "T[@[A]:[B]]",
                "T[[#This Row],[A]:[B]]",
            ),
            (
                "[ [#Headers] , [#Data] , [Col] ]",
                table(HeadersData, Some(("Col", "Col"))),
                "T[[#Headers],[#Data],[Col]]",
                "T[[#Headers],[#Data],[Col]]",
            ),
            (
                "[[#Data],[#Totals]]",
                table(DataTotals, None),
                "T[[#Data],[#Totals]]",
                "T[[#Data],[#Totals]]",
            ),
            (
                "[[A]:[B]]",
                table(Unspecified, Some(("A", "B"))),
                "T[[A]:[B]]",
                "T[[A]:[B]]",
            ),
            (
                "['[x'] '#1 it''s '@]",
                table(Unspecified, Some(("[x] #1 it's @", "[x] #1 it's @"))),
                "T['[x'] '#1 it''s '@]",
                "T['[x'] '#1 it''s '@]",
            ),
            (
                "[ a ]",
                table(Unspecified, Some((" a ", " a "))),
                "T[ a ]",
                "T[ a ]",
            ),
        ] {
            let read = read(text).unwrap();
            assert_eq!(read, expected, "{text}");
            for (at_sign, printed) in [(true, people), (false, file)] {
                let mut out = String::new();
                read.print(&mut out, at_sign);
                assert_eq!(out, printed);
                assert_eq!(
                    super::parse(Some("T".into()), &printed[1..]),
                    Ok(read.clone())
                );
            }
        }
    }

    #[test]
    fn refusals_point_at_the_place() {
        for (text, at) in [
            ("[#Foo]", 1),
            ("[[#All],[#Data]]", 8),
            ("[[a],[b]]", 4),
            ("[[a]:b]", 5),
            ("[a#]", 2),
            ("[[a]x]", 4),
            ("[[]]", 2),
            ("[a']", 2),
            ("[[#Data],x]", 9),
        ] {
            // The lexer would not end the bracket where it is escaped.
            assert_eq!(read(text).unwrap_err().0, at, "{text}");
        }
    }
}
