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
    fn texts_are_cut_to_columns() {
        assert_eq!(short("abcdef", 6), "abcdef");
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("漢字漢字", 5), "漢字…");
        assert_eq!(short("ab", 0), "");
    }
}
