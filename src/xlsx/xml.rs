//! What reading and splicing the XML parts of a package share.

use super::error::OpenCause;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;
use std::io::BufRead;
use std::ops::Range;

/// A place in a part where its XML is wrong, and how.
#[derive(Debug)]
pub(super) struct XmlError {
    /// Bytes before the place.
    pub at: usize,
    pub message: String,
}

impl XmlError {
    pub fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }

    /// Names the part and turns the offset into a line and a column.
    pub fn in_part(self, part: &str, text: &str) -> OpenCause {
        let before = &text.as_bytes()[..self.at.min(text.len())];
        let line_start = before
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |i| i + 1);
        OpenCause::Xml {
            part: part.to_owned(),
            line: before.iter().filter(|&&b| b == b'\n').count() + 1,
            column: before.len() - line_start + 1,
            message: self.message,
        }
    }
}

/// A pull parser over a part, which knows the bytes of each event.
pub(super) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    start: usize,
}

impl<'a> Xml<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            reader: Reader::from_str(text),
            start: 0,
        }
    }

    /// The next event; an error where the XML is not well formed.
    #[inline]
    pub fn next(&mut self) -> Result<Event<'a>, XmlError> {
        self.start = self.end();
        self.reader.read_event().map_err(|error| XmlError {
            at: self.reader.error_position() as usize,
            message: error.to_string(),
        })
    }

    /// Where the last event starts.
    #[inline]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Where the last event ends.
    #[inline]
    pub fn end(&self) -> usize {
        self.reader.buffer_position() as usize
    }

    /// What comes after the last event.
    #[inline]
    pub fn rest(&self) -> &'a str {
        &self.text[self.end()..]
    }

    /// After a tag: passes over whole elements that were read from [`rest`](Self::rest),
    /// the last of them in the bytes `element`.
    #[inline]
    pub fn pass(&mut self, element: Range<usize>) {
        let passed = element.end - self.end();
        self.reader.stream().consume(passed);
        self.start = element.start;
    }

    pub fn error(&self, message: impl Into<String>) -> XmlError {
        XmlError::new(self.start, message)
    }

    /// After a start tag: the text of the element up to its end tag, without
    /// that of elements inside it.
    pub fn content(&mut self) -> Result<Cow<'a, str>, XmlError> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.next()? {
                Event::Text(piece) => append(&mut text, piece.xml10_content()),
                Event::CData(piece) => append(&mut text, piece.xml10_content()),
                Event::GeneralRef(entity) => text.to_mut().push(self.resolve(&entity)?),
                Event::Start(_) => self.skip()?,
                Event::End(_) => return Ok(text),
                Event::Eof => return Err(self.error("the part ends inside an element")),
                _ => {}
            }
        }
    }

    /// The character that `&amp;` or `&#10;` stands for.
    pub fn resolve(&self, entity: &BytesRef<'_>) -> Result<char, XmlError> {
        match &**entity {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            name => entity
                .resolve_char_ref()
                .ok()
                .flatten()
                .ok_or_else(|| self.error(format!("&{name}; stands for no character"))),
        }
    }

    /// After a start tag: passes over the element and all in it.
    pub fn skip(&mut self) -> Result<(), XmlError> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(self.error("the part ends inside an element")),
                _ => {}
            }
        }
        Ok(())
    }

    /// The next child of an element that is being read; `None` at its end.
    pub fn next_child(&mut self, parent: &Element<'_>) -> Result<Option<Element<'a>>, XmlError> {
        if parent.empty {
            return Ok(None);
        }
        loop {
            match self.next()? {
                Event::Start(tag) => return Ok(Some(Element { tag, empty: false })),
                Event::Empty(tag) => return Ok(Some(Element { tag, empty: true })),
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(self.error("the part ends inside an element")),
                _ => {}
            }
        }
    }

    /// Visits every start tag and empty tag to the end of the part. The visitor
    /// may read on, up to the end tag of the element it was given.
    pub fn each_element(
        mut self,
        mut visit: impl FnMut(&mut Self, Element<'a>) -> Result<(), XmlError>,
    ) -> Result<(), XmlError> {
        loop {
            match self.next()? {
                Event::Start(tag) => visit(&mut self, Element { tag, empty: false })?,
                Event::Empty(tag) => visit(&mut self, Element { tag, empty: true })?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }
}

fn append<'a>(text: &mut Cow<'a, str>, piece: Cow<'a, str>) {
    if text.is_empty() {
        *text = piece;
    } else {
        text.to_mut().push_str(&piece);
    }
}

/// A start tag or an empty tag.
pub(super) struct Element<'a> {
    pub tag: BytesStart<'a>,
    /// `<a/>`, which has no content and no end tag.
    pub empty: bool,
}

impl Element<'_> {
    /// The name without its namespace prefix.
    pub fn name(&self) -> &str {
        self.tag.local_name().into_inner()
    }

    pub fn attributes(&self) -> Attributes<'_> {
        attributes(&self.tag)
    }

    /// An attribute by its name, any namespace prefix left out, its entities resolved.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        self.attributes()
            .find(|(key, _)| *key == name)
            .map(|(_, raw)| unescape(raw))
    }
}

/// The text of the content of an element: nothing for an empty tag.
pub(super) fn content_of<'a>(
    xml: &mut Xml<'a>,
    element: &Element<'a>,
) -> Result<Cow<'a, str>, XmlError> {
    if element.empty {
        Ok(Cow::Borrowed(""))
    } else {
        xml.content()
    }
}

/// The attributes of a tag: local names and raw values.
#[inline]
pub(super) fn attributes<'t>(tag: &'t BytesStart<'_>) -> Attributes<'t> {
    Attributes {
        rest: tag.attributes_raw(),
    }
}

/// Walks over `a="1" x:b='2'`; ends at the first thing that is no attribute.
pub(super) struct Attributes<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t str, &'t str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = next_attribute(&mut self.rest)?;
        let local = name.rfind(':').map_or(name, |colon| &name[colon + 1..]);
        Some((local, value))
    }
}

/// Takes one attribute, its name with its prefix, off the front of `rest`.
#[inline]
fn next_attribute<'t>(rest: &mut &'t str) -> Option<(&'t str, &'t str)> {
    let bytes = rest.as_bytes();
    let equals = bytes.iter().position(|&b| b == b'=')?;
    let name = rest[..equals].trim();
    let quote_at = equals
        + 1
        + bytes[equals + 1..]
            .iter()
            .position(|b| !b.is_ascii_whitespace())?;
    let quote = bytes[quote_at];
    if quote != b'"' && quote != b'\'' {
        return None;
    }
    let length = bytes[quote_at + 1..].iter().position(|&b| b == quote)?;
    let value = &rest[quote_at + 1..quote_at + 1 + length];
    *rest = &rest[quote_at + length + 2..];
    Some((name, value))
}

/// The bytes of an attribute's value within a tag (`<row r="1">`), by its name
/// with its prefix.
pub(super) fn value_range(tag: &str, name: &str) -> Option<Range<usize>> {
    let names_end = tag.find(|c: char| c.is_whitespace())?;
    let mut rest = &tag[names_end..];
    while let Some((found, value)) = next_attribute(&mut rest) {
        if found == name {
            let start = value.as_ptr() as usize - tag.as_ptr() as usize;
            return Some(start..start + value.len());
        }
    }
    None
}

/// A tag with an attribute set, or taken out.
pub(super) fn with_attribute(tag: &str, name: &str, value: Option<&str>) -> String {
    let mut out = tag.to_owned();
    match (value_range(tag, name), value) {
        (Some(range), Some(value)) => {
            let mut escaped = String::new();
            escape(value, &mut escaped);
            out.replace_range(range, &escaped);
        }
        (Some(range), None) => {
            // With its name, its quotes and the space before.
            let before = &tag[..range.start];
            let name_at = before.rfind(name).unwrap_or(range.start);
            let start = before[..name_at].trim_end().len();
            out.replace_range(start..range.end + 1, "");
        }
        (None, Some(value)) => {
            let mut attribute = format!(" {name}=\"");
            escape(value, &mut attribute);
            attribute.push('"');
            let end = tag
                .trim_end_matches('>')
                .trim_end_matches('/')
                .trim_end()
                .len();
            out.insert_str(end, &attribute);
        }
        (None, None) => {}
    }
    out
}

/// Resolves the entities of an attribute's value; one that stands for nothing
/// stays as it is.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    if raw.contains('&') {
        quick_xml::escape::unescape(raw).unwrap_or(Cow::Borrowed(raw))
    } else {
        Cow::Borrowed(raw)
    }
}

/// True for the ways in which a boolean attribute is true.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "1" | "true" | "on")
}

/// Escapes text for element content and for attributes in double quotes.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}

/// Decodes `_x000D_` to the character it stands for (ECMA-376 part 1,
/// 22.9.2.19, ST_Xstring). `_x005F_` keeps an underscore from starting one.
pub(super) fn decode_xstring(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find("_x") else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    let mut units: Vec<u16> = Vec::new();
    while let Some(c) = rest.chars().next() {
        if let Some(unit) = escaped_unit(rest) {
            // Two in a row can be the halves of one character.
            units.push(unit);
            rest = &rest[7..];
            continue;
        }
        flush_units(&mut units, &mut out);
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    flush_units(&mut units, &mut out);
    Cow::Owned(out)
}

fn flush_units(units: &mut Vec<u16>, out: &mut String) {
    if !units.is_empty() {
        out.push_str(&String::from_utf16_lossy(units));
        units.clear();
    }
}

/// The code unit that `_xHHHH_` at the start of the text stands for.
fn escaped_unit(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    if bytes.len() < 7 || &bytes[..2] != b"_x" || bytes[6] != b'_' {
        return None;
    }
    let digits = &bytes[2..6];
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Writes text as ST_Xstring: characters XML cannot hold become `_xHHHH_`, and
/// so does an underscore that would be read as the start of one. The result
/// still needs [`escape`].
pub(super) fn encode_xstring(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}' || c == '\t' || c == '\n';
    if text.chars().all(plain) && !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if c == '_' && escaped_unit(&text[at..]).is_some() {
            out.push_str("_x005F_");
        } else if plain(c) {
            out.push(c);
        } else {
            out.push_str(&format!("_x{:04X}_", c as u32));
        }
    }
    Cow::Owned(out)
}

/// Replacements of byte ranges of a part, in any order, none overlapping.
#[derive(Default)]
pub(super) struct Patches {
    patches: Vec<(Range<usize>, String)>,
}

impl Patches {
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.patches.push((range, text.into()));
    }

    /// Inserts before the byte `at`; after what was inserted there earlier.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    pub fn is_empty(&self) -> bool {
        self.patches.is_empty()
    }

    /// The part with the replacements made.
    pub fn apply(mut self, original: &str) -> String {
        // Stable: insertions at one place stay in the order they were made,
        // and come before a replacement that starts there.
        self.patches
            .sort_by_key(|(range, _)| (range.start, range.end));
        let added: usize = self.patches.iter().map(|(_, text)| text.len()).sum();
        let mut out = String::with_capacity(original.len() + added);
        let mut from = 0;
        for (range, text) in &self.patches {
            out.push_str(&original[from..range.start]);
            out.push_str(text);
            from = range.end;
        }
        out.push_str(&original[from..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_characters_of_strings_survive_both_ways() {
        for (text, encoded) in [
            ("plain", "plain"),
            ("a\rb", "a_x000D_b"),
            ("_x000D_", "_x005F_x000D_"),
            ("_x00", "_x00"),
            ("tab\tline\n", "tab\tline\n"),
            ("\u{1}_x_\u{ffff}", "_x0001__x__xFFFF_"),
        ] {
            assert_eq!(encode_xstring(text), encoded);
            assert_eq!(decode_xstring(encoded), text);
        }
        assert_eq!(decode_xstring("_xD83D__xDE00_!"), "😀!");
        assert_eq!(decode_xstring("_x00é_"), "_x00é_");
    }

    #[test]
    fn content_joins_text_entities_and_cdata() {
        let mut xml = Xml::new("<a>x &lt;&#x41;<![CDATA[<&>]]><b>no</b>\r\ny</a>");
        assert!(matches!(xml.next(), Ok(Event::Start(_))));
        assert_eq!(xml.content().unwrap(), "x <A<&>\ny");
    }

    #[test]
    fn attribute_values_are_found_by_place_and_by_name() {
        let tag = r#"<row r = "5" x14ac:dyDescent='0.2' spans="1:3">"#;
        assert_eq!(&tag[value_range(tag, "spans").unwrap()], "1:3");
        assert_eq!(&tag[value_range(tag, "r").unwrap()], "5");
        assert_eq!(value_range(tag, "x"), None);
        assert_eq!(
            with_attribute(r#"<a r="1" s='2'/>"#, "s", None),
            r#"<a r="1"/>"#
        );
        assert_eq!(with_attribute("<a/>", "s", Some("<")), r#"<a s="&lt;"/>"#);
        assert_eq!(
            with_attribute(r#"<a s="1">"#, "s", Some("2")),
            r#"<a s="2">"#
        );
        assert_eq!(with_attribute("<a>", "s", Some("2")), r#"<a s="2">"#);
        let mut xml = Xml::new(tag);
        let Ok(Event::Start(tag)) = xml.next() else {
            panic!("a start tag")
        };
        let found: Vec<_> = attributes(&tag).collect();
        assert_eq!(found, [("r", "5"), ("dyDescent", "0.2"), ("spans", "1:3")]);
    }

    #[test]
    fn patches_keep_the_rest() {
        let mut patches = Patches::default();
        patches.replace(4..5, "E");
        patches.insert(2, "-");
        patches.insert(2, "+");
        patches.replace(2..3, "C");
        assert_eq!(patches.apply("abcdef"), "ab-+CdEf");
    }
}
