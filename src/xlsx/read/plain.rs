//! Cells as most programs write them, scanned by hand, which takes a fraction of
//! the time of XML events. What is written in any other way is left to those.

use super::cells::{CellKind, CellRecord, FormulaKind, FormulaRecord};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos};
use std::borrow::Cow;

/// Scans the `<c>` element that comes first in `text`, whose first byte is the
/// part's byte `offset`: one that says where it is, with attributes of one letter, then at most
/// an `<f>` and a `<v>`. `None` for any other; that says nothing of whether it is right.
#[inline]
pub(super) fn scan_cell(text: &str, offset: usize) -> Option<CellRecord<'_>> {
    let space = text.bytes().take_while(u8::is_ascii_whitespace).count();
    let mut scan = Scan {
        rest: &text[space..],
    };
    if !scan.take("<c ") {
        return None;
    }
    let start = offset + space;
    let here = |scan: &Scan<'_>| offset + text.len() - scan.rest.len();
    let (at, style, kind) = attributes(&mut scan)?;
    let mut record = CellRecord {
        at,
        style,
        kind,
        cm: 0,
        vm: 0,
        value: None,
        formula: None,
        bytes: start..start,
        tag: start..start,
    };
    let empty = scan.take("/>");
    if !empty && !scan.take(">") {
        return None;
    }
    record.tag.end = here(&scan);
    if !empty {
        let formula_start = here(&scan);
        if scan.take("<f>") {
            let text = scan.content()?;
            if !scan.take("</f>") {
                return None;
            }
            let bytes = formula_start..here(&scan);
            record.formula = Some(formula(FormulaKind::Normal, text, bytes));
        } else if scan.take("<f t=\"shared\" si=\"") {
            let index = FormulaKind::Shared(number(scan.quoted()?)?);
            if !scan.take("/>") {
                return None;
            }
            let bytes = formula_start..here(&scan);
            record.formula = Some(formula(index, Cow::Borrowed(""), bytes));
        }
        if scan.take("<v>") {
            record.value = Some(scan.content()?);
            if !scan.take("</v>") {
                return None;
            }
        }
        if !scan.take("</c>") {
            return None;
        }
    }
    record.bytes.end = here(&scan);
    Some(record)
}

/// Place, style and kind of a cell, up to the end of its start tag.
#[inline]
fn attributes(scan: &mut Scan<'_>) -> Option<(Pos, u32, CellKind)> {
    let (mut at, mut style, mut kind) = (None, 0, CellKind::Number);
    loop {
        if scan.take("r=\"") {
            at = Some(place(scan.quoted()?)?);
        } else if scan.take("s=\"") {
            style = number(scan.quoted()?)?;
        } else if scan.take("t=\"") {
            kind = CellKind::of(scan.quoted()?)?;
        } else {
            return None;
        }
        if !scan.take(" ") {
            return Some((at?, style, kind));
        }
    }
}

fn formula(
    kind: FormulaKind,
    text: Cow<'_, str>,
    bytes: std::ops::Range<usize>,
) -> FormulaRecord<'_> {
    FormulaRecord {
        kind,
        rect: None,
        text,
        inputs: [None, None],
        bytes,
    }
}

/// `B7`, within a sheet.
#[inline]
fn place(text: &str) -> Option<Pos> {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase);
    let (letters, col) = letters.take(3).fold((0, 0), |(count, col), letter| {
        (count + 1, col * 26 + u32::from(letter - b'A') + 1)
    });
    let row = number(&text[letters..])?;
    let within = (1..=MAX_COLS).contains(&col) && (1..=MAX_ROWS).contains(&row);
    within.then(|| Pos::new(row - 1, col - 1))
}

/// A number of one to nine digits.
#[inline]
fn number(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.bytes().try_fold(0, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u32::from(digit))
    })
}

/// What of a text has not been scanned yet.
struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    /// Passes over `token` where it comes next.
    #[inline]
    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The short value of an attribute, its closing quote passed over.
    #[inline]
    fn quoted(&mut self) -> Option<&'a str> {
        let end = self.rest.bytes().position(|byte| byte == b'"')?;
        let value = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Some(value)
    }

    /// The text up to the next tag.
    #[inline]
    fn content(&mut self) -> Option<Cow<'a, str>> {
        let text = self.rest;
        let end = text
            .bytes()
            .position(|byte| matches!(byte, b'<' | b'&' | b'\r'))?;
        match text.as_bytes()[end] {
            b'<' => {
                self.rest = &text[end..];
                Some(Cow::Borrowed(&text[..end]))
            }
            b'&' => self.content_with_entities(end),
            // XML reads other ends of lines as line feeds.
            _ => None,
        }
    }

    /// The same, where the first entity is at `entity`.
    fn content_with_entities(&mut self, mut entity: usize) -> Option<Cow<'a, str>> {
        const NAMED: [(&str, char); 5] = [
            ("&lt;", '<'),
            ("&gt;", '>'),
            ("&amp;", '&'),
            ("&quot;", '"'),
            ("&apos;", '\''),
        ];
        let mut text = String::with_capacity(2 * entity + 16);
        loop {
            let (before, after) = self.rest.split_at(entity);
            text.push_str(before);
            self.rest = after;
            if after.starts_with('<') {
                return Some(Cow::Owned(text));
            }
            let (_, character) = NAMED.iter().find(|(name, _)| self.take(name))?;
            text.push(*character);
            let mut bytes = self.rest.bytes();
            entity = bytes.position(|byte| matches!(byte, b'<' | b'&' | b'\r'))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xlsx::read::cells::{CellReader, SheetItem};
    use crate::xlsx::xml::Xml;
    use proptest::prelude::*;

    /// The first cell of `text` as the reader of events sees it.
    fn by_events(text: &str) -> Option<String> {
        let mut xml = Xml::new(text);
        match CellReader::new().next_by_events(&mut xml) {
            Ok(SheetItem::Cell(cell)) => Some(format!("{cell:?}")),
            _ => None,
        }
    }

    #[test]
    fn cells_as_programs_write_them_are_scanned() {
        for text in [
            "<c r=\"B7\"/>",
            "<c r=\"XFD1048576\" s=\"12\"/>",
            "\n  <c r=\"A1\" s=\"3\" t=\"s\"><v>17</v></c>",
            "<c r=\"A1\"><f>IF(B1&lt;0,&quot;&amp;&quot;,C1)</f><v>-1.5E-7</v></c>",
            "<c r=\"AA10\" t=\"str\"><f t=\"shared\" si=\"4\"/><v>a &lt; ü</v></c>",
            "<c r=\"A1\"><f></f><v></v></c>",
        ] {
            let scanned = scan_cell(text, 0).map(|cell| format!("{cell:?}"));
            assert!(scanned.is_some(), "{text}");
            assert_eq!(scanned, by_events(text), "{text}");
        }
        for text in [
            "<c r=\"XFE1\"/>",
            "<c r=\"A1048577\"/>",
            "<c r=\"A0\"/>",
            "<c><v>1</v></c>",
            "<c r=\"A1\" t=\"x\"/>",
            "<c r=\"A1\"><v>1</v>",
            "<c r=\"A1\"><v>&#49;</v></c>",
            "<c r=\"A1\"><v>1\r\n</v></c>",
            "<c r=\"A1\"><f t=\"shared\" si=\"4294967296\"/></c>",
            "</row>",
            "",
        ] {
            assert!(scan_cell(text, 0).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_scanned_is_what_events_say(pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<c", " ", " r=\"", "B7", "XFD1048577", "\"", " s=\"1\"", " t=\"str\"", " r='A1'", ">", "/>",
                "<f>", "<f t=\"shared\" si=\"", "1", "A1&lt;", "&gt;", "&", "&#65;", "</f>", "<v>", "</v>",
                "</c>", "\r\n", "é", "<!-- -->", "<![CDATA[", "]]>", "<c r=\"A1\">", "<c r=\"C3\" s=\"2\">",
            ]),
            1..12,
        )) {
            let text = pieces.concat();
            if let Some(scanned) = scan_cell(&text, 0) {
                prop_assert_eq!(Some(format!("{scanned:?}")), by_events(&text));
            }
        }
    }
}
