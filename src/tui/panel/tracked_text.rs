//! References typed in a text that follow what happens to the workbook.

use super::short_areas;
use crate::grid::SheetId;
use crate::workbook::{Applied, HistoryStep, Tracked, Workbook};

/// A text, cut where references begin and end.
#[derive(Clone, Debug, Default)]
pub struct TrackedText {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    text: String,
    /// The area that the text means, and how it is written now. Names and tables
    /// follow by themselves.
    place: Option<(Tracked, String)>,
}

/// What stands for a reference whose cells are gone.
const GONE: &str = "#REF!";

impl TrackedText {
    fn text(&self) -> String {
        self.pieces.iter().map(|piece| &*piece.text).collect()
    }

    /// Takes in a text, whose references are read on `home`; nothing where it
    /// is the one it has.
    pub fn read(&mut self, text: &str, workbook: &Workbook, home: SheetId) {
        if self.text() == text {
            return;
        }
        self.pieces = cut(text)
            .into_iter()
            .map(|text| Piece {
                place: place(text, workbook, home),
                text: text.to_owned(),
            })
            .collect();
    }

    /// Follows what a step of the history did.
    pub fn follow(&mut self, applied: &Applied, step: HistoryStep) {
        for (tracked, _) in self.pieces.iter_mut().filter_map(|p| p.place.as_mut()) {
            tracked.follow(applied, step);
        }
    }

    /// The text with the references that are written otherwise now; `None`
    /// where it is as it was.
    pub fn rewritten(&mut self, workbook: &Workbook, home: SheetId) -> Option<String> {
        let mut changed = false;
        for piece in &mut self.pieces {
            if let Some((tracked, written)) = &mut piece.place {
                let now = written_as(tracked, workbook, home);
                if now != *written {
                    piece.text.clone_from(&now);
                    *written = now;
                    changed = true;
                }
            }
        }
        changed.then(|| self.text())
    }
}

fn written_as(tracked: &Tracked, workbook: &Workbook, home: SheetId) -> String {
    match tracked.area() {
        Some(area) => short_areas(workbook, &[area], home),
        None => GONE.to_owned(),
    }
}

/// The area that a piece of a text means.
fn place(text: &str, workbook: &Workbook, home: SheetId) -> Option<(Tracked, String)> {
    let named = workbook.names.get(text, Some(home)).is_some()
        || workbook.tables.get(text).is_some()
        || text.contains(['[', '#']);
    let areas = workbook.parse_areas(text, home).ok()?;
    let [area] = areas.as_slice() else {
        return None;
    };
    let tracked = Tracked::from(*area);
    let written = written_as(&tracked, workbook, home);
    (!named).then_some((tracked, written))
}

/// Cuts a text at spaces and at signs between references, but not within the
/// quotes of sheets' names or the brackets of tables.
fn cut(text: &str) -> Vec<&str> {
    let (mut quoted, mut brackets) = (false, 0_u32);
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            ' ' | ',' | ';' | '<' | '>' | '=' if !quoted && brackets == 0 => {
                pieces.extend([&text[start..at], &text[at..at + 1]]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::{Axis, Edit, SheetEdit, Shift, Transaction};

    #[test]
    fn references_in_a_text_follow_and_the_rest_stays_as_it_was_typed() {
        let mut workbook = Workbook::new();
        let home = workbook.add_sheet("My data");
        let other = workbook.add_sheet("it's; a, b");
        let typed = "a3:A5>=0;  B1 <= 'it''s; a, b'!C7, 1.5; A3 integer";
        let mut text = TrackedText::default();
        text.read(typed, &workbook, home);
        assert_eq!(text.text(), typed);
        assert_eq!(text.rewritten(&workbook, home), None);
        let mut apply = |edit, step| {
            let done = workbook.apply(&Transaction::new("", vec![edit])).unwrap();
            text.follow(&done, step);
            (text.rewritten(&workbook, home), done.inverse)
        };
        let shift = Shift::insert(Axis::Rows, 1, 2);
        let edit = Edit::Shift { sheet: home, shift };
        let (now, _) = apply(edit, HistoryStep::Done(1));
        let expected = "A5:A7>=0;  B1 <= 'it''s; a, b'!C7, 1.5; A5 integer";
        assert_eq!(now.as_deref(), Some(expected));
        let edit = SheetEdit::Rename("Other".into());
        let edit = Edit::Sheet { sheet: other, edit };
        let (now, _) = apply(edit, HistoryStep::Done(2));
        assert_eq!(
            now.as_deref(),
            Some("A5:A7>=0;  B1 <= Other!C7, 1.5; A5 integer")
        );
        let edit = Edit::RemoveSheet { sheet: other };
        let (now, back) = apply(edit, HistoryStep::Done(3));
        assert_eq!(
            now.as_deref(),
            Some("A5:A7>=0;  B1 <= #REF!, 1.5; A5 integer")
        );
        let done = workbook.apply(&back).unwrap();
        text.follow(&done, HistoryStep::Undone(3));
        assert_eq!(
            text.rewritten(&workbook, home).as_deref(),
            Some("A5:A7>=0;  B1 <= Other!C7, 1.5; A5 integer")
        );
    }
}
