//! Text in the narrow lines of panels.

use crate::grid::{Cell, SheetId};
use crate::value::format::{general, printable};
use crate::workbook::Workbook;
use ratatui::layout::Rect as Screen;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The `index`th line of an area; of no height where there is none.
pub fn line_at(area: Screen, index: usize) -> Screen {
    let offset = u16::try_from(index).unwrap_or(u16::MAX).min(area.height);
    Screen {
        y: area.y + offset,
        height: (area.height - offset).min(1),
        ..area
    }
}

/// A text in lines of so many columns, cut between words where that goes.
pub fn wrapped(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in printable(text).split_inclusive(' ') {
        let last = lines.len() - 1;
        if used + word.trim_end().width() > room && used > 0 {
            let kept = lines[last].trim_end().len();
            lines[last].truncate(kept);
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let width = c.width().unwrap_or(0);
            if used + width > room && c != ' ' {
                lines.push(String::new());
                used = 0;
            }
            used += width;
            lines.last_mut().into_iter().for_each(|line| line.push(c));
        }
    }
    lines
}

/// A number in at most so many characters, where any are enough.
pub fn number(x: f64, room: usize) -> String {
    general(x, room).unwrap_or_else(|| format!("{x:.0e}"))
}

/// A text in at most so many columns, cut with an ellipsis.
pub fn short(text: &str, room: usize) -> String {
    let text = printable(text);
    if text.width() <= room {
        return text.into_owned();
    }
    let mut cut = String::new();
    let mut width = 0;
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width + 1 > room {
            break;
        }
        cut.push(c);
    }
    if room > 0 {
        cut.push('…');
    }
    cut
}

/// A bar of so many columns that is filled from 0 to 1.
pub fn bar(fraction: f64, width: usize) -> String {
    let filled = (fraction.clamp(0.0, 1.0) * width as f64) as usize;
    "█".repeat(filled) + &"░".repeat(width - filled)
}

/// A cell's address, with its sheet where that is not the one in front.
pub fn cell_name(workbook: &Workbook, front: SheetId, cell: Cell) -> String {
    match cell.sheet == front {
        true => cell.pos.to_string(),
        false => workbook.address(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_full_only_at_the_end() {
        assert_eq!(bar(0.0, 4), "░░░░");
        assert_eq!(bar(0.99, 4), "███░");
        assert_eq!(bar(1.0, 4), "████");
    }

    #[test]
    fn words_that_do_not_fit_go_to_the_next_line() {
        let lines = |text, room| wrapped(text, room).len();
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(lines("one two", 7), 1);
        assert_eq!(lines("one two", 6), 2);
        assert_eq!(
            wrapped("a bcdefghijkl m", 5),
            ["a", "bcdef", "ghijk", "l m"]
        );
        assert_eq!(lines("aaaa bbbb cccc", 9), 2);
    }

    #[test]
    fn texts_are_cut_to_columns() {
        assert_eq!(short("abcdef", 6), "abcdef");
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("漢字漢字", 5), "漢字…");
        assert_eq!(short("ab", 0), "");
    }
}
