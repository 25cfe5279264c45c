//! Large worksheets in pieces: rows are read while what follows is still
//! being unpacked, so that the part's text is never held whole.
//!
//! A piece ends with a row's end tag. Where that cannot be told from the bytes
//! alone (the tag stands in a comment), and wherever anything is wrong, the part
//! is read whole instead: that way is slower and knows the place of every error.

use std::io::Read;
use std::sync::mpsc::SyncSender;

/// Smaller parts are read whole.
pub(super) const WORTH_CUTTING: u64 = 8 << 20;
/// About how many bytes a piece has.
pub(super) const PIECE: usize = 1 << 20;
/// How far the rows may begin from the start of the part.
const MOST_BEFORE: usize = 1 << 20;
/// As every program writes it; with a namespace's prefix the part is read whole.
const OPEN: &str = "<sheetData>";
const CLOSE: &str = "</sheetData>";
const ROW_END: &str = "</row>";

/// A part cut in pieces.
pub(super) enum Piece {
    /// What stands before the rows.
    Before(String),
    /// Some rows, as the whole of a `<sheetData>`.
    Rows(String),
    /// What follows the rows.
    After(String),
}

/// Cuts what `source` reads, `size` bytes, into pieces of about `piece` bytes. Ends without the last
/// one where it cannot, or where nobody takes the pieces any more.
pub(super) fn cut(
    source: &mut dyn Read,
    size: u64,
    piece: usize,
    pieces: &SyncSender<Piece>,
) -> Option<()> {
    let mut source = source.take(size + 1);
    let mut bytes = Vec::with_capacity(piece + piece / 4);
    let open = loop {
        let more = read_some(&mut source, piece, &mut bytes)?;
        if let Some(at) = find(&bytes, OPEN, 0) {
            break at;
        }
        if !more || bytes.len() > MOST_BEFORE {
            return None;
        }
    };
    let head = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let head = &head[..open - (bytes.len() - head.len())];
    pieces.send(Piece::Before(text(head.to_vec())?)).ok()?;
    bytes.drain(..open);
    // Begins with the start tag from here on.
    loop {
        let more = read_some(&mut source, piece, &mut bytes)?;
        // The end tag may have been cut in two.
        if let Some(close) = find(&bytes, CLOSE, OPEN.len()) {
            let after = bytes.split_off(close + CLOSE.len());
            pieces.send(Piece::Rows(text(bytes)?)).ok()?;
            bytes = after;
            break;
        }
        if !more {
            return None;
        }
        // A row may be longer than a piece.
        let Some(end) = rfind(&bytes, ROW_END) else {
            continue;
        };
        let end = end + ROW_END.len();
        let mut rest = Vec::with_capacity(piece + piece / 4);
        rest.extend_from_slice(OPEN.as_bytes());
        rest.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        bytes.extend_from_slice(CLOSE.as_bytes());
        pieces.send(Piece::Rows(text(bytes)?)).ok()?;
        bytes = rest;
    }
    source.read_to_end(&mut bytes).ok()?;
    // One byte more than was declared tells a directory that lies.
    (source.limit() > 0).then_some(())?;
    pieces.send(Piece::After(text(bytes)?)).ok()
}

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

/// Adds about a piece; whether there may be more.
fn read_some(source: &mut dyn Read, piece: usize, bytes: &mut Vec<u8>) -> Option<bool> {
    let before = bytes.len();
    source.take(piece as u64).read_to_end(bytes).ok()?;
    Some(bytes.len() > before)
}

fn find(bytes: &[u8], what: &str, from: usize) -> Option<usize> {
    let finder = memchr::memmem::Finder::new(what);
    Some(from + finder.find(bytes.get(from..)?)?)
}

fn rfind(bytes: &[u8], what: &str) -> Option<usize> {
    memchr::memmem::rfind(bytes, what.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xlsx::read::metadata::Metadata;
    use crate::xlsx::read::sheet::{self, SheetPart};
    use crate::xlsx::read::styles::Colours;
    use crate::xlsx::read::values::Context;

    fn context() -> Context {
        Context {
            strings: vec!["one".into(), "two".into()],
            metadata: Metadata::default(),
            dates: Default::default(),
            colours: Colours::default(),
        }
    }

    fn in_pieces(text: &str, size: u64, piece: usize) -> Option<SheetPart> {
        let (send, pieces) = std::sync::mpsc::sync_channel(2);
        std::thread::scope(|scope| {
            scope.spawn(move || cut(&mut text.as_bytes(), size, piece, &send));
            sheet::read_pieces(pieces, "Sheet", &context())
        })
    }

    fn part() -> String {
        let mut text = String::from(
            "\u{FEFF}<worksheet><cols><col min=\"2\" max=\"2\" style=\"1\"/></cols><sheetData>",
        );
        for row in 1..=200 {
            let number = row * 7 % 13;
            text += &format!(
                "<row r=\"{row}\" s=\"{}\"><c r=\"A{row}\"><v>{number}.5</v></c>\
                 <c r=\"B{row}\" t=\"s\" s=\"2\"><v>{}</v></c>\
                 <c r=\"C{row}\" t=\"str\"><f>A{row}&amp;\"&lt;ä\"</f><v>&lt;ä</v></c><c r=\"D{row}\"/></row>",
                row % 3,
                row % 2
            );
        }
        text + "</sheetData><mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>"
    }

    #[test]
    fn pieces_of_any_size_read_as_the_whole_part() {
        let text = part();
        let whole = sheet::read(
            "x",
            text.trim_start_matches('\u{FEFF}'),
            "Sheet",
            &context(),
        );
        let whole = whole.expect("a sheet");
        for piece in [200, 1_000, 3_001, 1 << 20] {
            let cut = in_pieces(&text, text.len() as u64, piece).expect("a sheet");
            assert_eq!(cut.sheet.cells, whole.sheet.cells);
            assert_eq!(cut.sheet.rows, whole.sheet.rows);
            assert_eq!(cut.sheet.merges, whole.sheet.merges);
            assert_eq!(
                format!("{:?}", cut.sheet.styles),
                format!("{:?}", whole.sheet.styles)
            );
            assert_eq!(format!("{:?}", cut.runs), format!("{:?}", whole.runs));
            assert_eq!(cut.runs.iter().count(), 1);
            assert_eq!(cut.templates.len(), whole.templates.len());
        }
    }

    #[test]
    fn what_cannot_be_cut_is_left_to_be_read_whole() {
        let text = part();
        let len = text.len() as u64;
        // Longer than the archive says, ended early, a bad cell, a tag in a comment.
        assert!(in_pieces(&text, len - 1, 1_000).is_none());
        assert!(in_pieces(&text[..9_000], len, 1_000).is_none());
        let bad = text.replace("<v>1.5</v>", "<v>x</v>");
        assert!(in_pieces(&bad, bad.len() as u64, 1_000).is_none());
        let hidden = text.replace("<c r=\"D9\"/></row>", "<!-- </row> --><c r=\"D9\"/></row>");
        for piece in 200..400 {
            let size = hidden.len() as u64;
            if let Some(cut) = in_pieces(&hidden, size, piece) {
                assert_eq!(cut.sheet.cells.used().map(|used| used.bottom), Some(199));
            }
        }
        let prefixed = text.replace("sheetData", "x:sheetData");
        assert!(in_pieces(&prefixed, prefixed.len() as u64, 1_000).is_none());
    }
}
