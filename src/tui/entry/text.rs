//! A text on lines of a certain width, and places in it.

use crate::value::format::printable;
use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a character takes where it is shown as [`printable`] has it.
fn width_of(c: char) -> usize {
    let mut bytes = [0; 4];
    match c.width() {
        Some(width) if width > 0 => width,
        _ => printable(c.encode_utf8(&mut bytes)).width(),
    }
}

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// A text cut into lines, at its line breaks and where a line is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The bytes of each line, without its line break. Never empty.
    lines: Vec<Range<usize>>,
}

impl Lines {
    /// Cuts a text so that each line, the cursor behind it included, fits into
    /// `width` columns.
    pub fn new(text: &str, width: usize) -> Self {
        let room = width.saturating_sub(1).max(1);
        let mut lines = Vec::new();
        let (mut start, mut used) = (0, 0);
        for (at, c) in text.char_indices() {
            if c == '\n' {
                lines.push(start..at);
                (start, used) = (at + 1, 0);
                continue;
            }
            let wide = width_of(c);
            if used + wide > room && used > 0 {
                lines.push(start..at);
                (start, used) = (at, 0);
            }
            used += wide;
        }
        lines.push(start..text.len());
        Self { lines }
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Range<usize>> {
        self.lines.iter()
    }

    /// The line and column of a byte of the text.
    pub fn place(&self, text: &str, byte: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|line| line.start <= byte);
        let line = line.saturating_sub(1);
        (line, width(&text[self.lines[line].start..byte]))
    }

    /// The byte at a line and column; the last one before where there is none.
    pub fn byte(&self, text: &str, line: usize, column: usize) -> usize {
        let last = self.lines.len() - 1;
        if line > last {
            return text.len();
        }
        let range = self.lines[line].clone();
        let mut used = 0;
        for (at, c) in text[range.clone()].char_indices() {
            if used + width_of(c) > column {
                return range.start + at;
            }
            used += width_of(c);
        }
        // The end of a full line is the beginning of the next one.
        let continued = line < last && self.lines[line + 1].start == range.end;
        match text[range.clone()].chars().next_back() {
            Some(c) if continued => range.end - c.len_utf8(),
            _ => range.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, width: usize) -> Vec<&str> {
        let lines = Lines::new(text, width);
        lines.iter().map(|line| &text[line.clone()]).collect()
    }

    #[test]
    fn lines_end_at_breaks_and_where_they_are_full() {
        assert_eq!(cut("abcdef\ng\n", 5), ["abcd", "ef", "g", ""]);
        assert_eq!(cut("日本語", 5), ["日本", "語"]);
        assert_eq!(cut("日本", 1), ["日", "本"]);
        assert_eq!(cut("", 5), [""]);
    }

    #[test]
    fn places_are_found_both_ways() {
        let text = "abcdef\n日本\n";
        let lines = Lines::new(text, 5);
        for (byte, place) in [
            (0, (0, 0)),
            (4, (1, 0)),
            (6, (1, 2)),
            (7, (2, 0)),
            (10, (2, 2)),
            (13, (2, 4)),
            (14, (3, 0)),
        ] {
            assert_eq!(lines.place(text, byte), place, "{byte}");
            assert_eq!(lines.byte(text, place.0, place.1), byte, "{place:?}");
        }
        assert_eq!(lines.byte(text, 0, 9), 3);
        assert_eq!(lines.byte(text, 1, 9), 6);
        assert_eq!(lines.byte(text, 2, 1), 7);
        assert_eq!(lines.byte(text, 9, 0), 14);
    }

    #[test]
    fn characters_that_terminals_obey_take_the_room_of_their_signs() {
        assert_eq!(width("a\u{1b}b\u{202E}"), 4);
    }
}
