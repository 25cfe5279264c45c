//! What becomes of places that the document does not know of: the insertions
//! and deletions since the file was opened, and the sheets' new names.

use crate::formula::{self, Change, Dialect, Home};
use crate::functions::file_prefix;
use crate::grid::{Pos, Rect, SheetId};
use crate::workbook::{Axis, CellsMoved, Shift, Workbook, quote_sheet_name};
use crate::xlsx::read::Original;
use std::sync::Arc;

/// The sheets of the file and what became of them.
pub(super) struct Replay<'b> {
    sheets: Vec<Fate<'b>>,
}

/// What became of a sheet.
struct Fate<'b> {
    id: SheetId,
    before: &'b str,
    /// Its name now; `None` where it is gone.
    now: Option<&'b str>,
    shifts: &'b [Shift],
    moves: &'b [CellsMoved],
}

impl<'b> Replay<'b> {
    pub fn new(book: &'b Workbook, original: &'b Original) -> Self {
        let sheets = original.tabs.iter().zip(&original.sheets);
        let fate = |(&id, before): (&SheetId, &'b crate::xlsx::read::OriginalSheet)| Fate {
            id,
            before: &before.name,
            now: book.has_sheet(id).then(|| &*book.sheet(id).name),
            shifts: &book.sheet(id).shifts,
            moves: &book.sheet(id).moves,
        };
        Self {
            sheets: sheets.map(fate).collect(),
        }
    }

    /// Whether every place is where it was and every name what it was.
    pub fn is_nothing(&self) -> bool {
        self.sheets
            .iter()
            .all(|fate| fate.shifts.is_empty() && fate.now == Some(fate.before))
    }

    /// Whether notes and links are where they were.
    pub fn leaves_notes(&self, sheet: SheetId) -> bool {
        let fate = self.sheets.iter().find(|fate| fate.id == sheet);
        fate.is_none_or(|fate| fate.shifts.is_empty() && fate.moves.is_empty())
    }

    /// Where the note of a cell is now; `None` where the cell is gone or was
    /// covered by others.
    pub fn note(&self, sheet: SheetId, at: Pos) -> Option<Pos> {
        Some(self.link(sheet, Rect::cell(at))?.top_left())
    }

    /// Where the link of some cells is now; `None` where they are gone or were
    /// covered by others.
    pub fn link(&self, sheet: SheetId, rect: Rect) -> Option<Rect> {
        let fate = self.sheets.iter().find(|fate| fate.id == sheet)?;
        let mut done = 0;
        let mut rect = rect;
        for moved in fate.moves {
            let before = moved.shifts_before.min(fate.shifts.len());
            rect = rect_after(fate.shifts.get(done..before)?, rect)?;
            rect = moved.rect(rect)?;
            done = before;
        }
        rect_after(&fate.shifts[done..], rect)
    }

    /// A formula of the file as it is now; `None` where it is as it was.
    /// `sheet` is the name that its sheet had, `""` for none.
    pub fn formula(&self, text: &str, sheet: &str) -> Option<String> {
        let origin = Pos::new(0, 0);
        let before = formula::parse(text, origin).ok()?;
        let home = Home { sheet, at: origin };
        let mut now = before.clone();
        let mut change = |change: &Change<'_>| now = formula::rewrite(&now, home, home, change);
        for fate in &self.sheets {
            for shift in fate.shifts {
                change(&Change::Shift {
                    sheet: fate.before,
                    shift: *shift,
                });
            }
        }
        let names: Vec<Arc<str>> = self.sheets.iter().map(|f| f.before.into()).collect();
        for fate in self.sheets.iter().filter(|fate| fate.now.is_none()) {
            change(&Change::DeleteSheet {
                name: fate.before,
                tabs: &names,
            });
        }
        // By way of names that no sheet has, as two may have changed theirs.
        let renamed: Vec<(String, &Fate<'_>)> = self
            .sheets
            .iter()
            .filter(|fate| fate.now.is_some_and(|now| now != fate.before))
            .map(|fate| (format!("[{}", fate.id.0), fate))
            .collect();
        for (between, fate) in &renamed {
            change(&Change::RenameSheet {
                from: fate.before,
                to: between,
            });
        }
        for (between, fate) in &renamed {
            change(&Change::RenameSheet {
                from: between,
                to: fate.now.unwrap_or_default(),
            });
        }
        let text = formula::print(&now, origin, Dialect::File(file_prefix));
        (now != before).then_some(text)
    }

    /// The sheet that had a name.
    pub fn sheet_named(&self, before: &str) -> Option<SheetId> {
        let mut sheets = self.sheets.iter();
        let fate = sheets.find(|fate| crate::value::equal_text(fate.before, before))?;
        Some(fate.id)
    }

    /// What a sheet that had a name is called now.
    pub fn name_now(&self, before: &str) -> Option<&'b str> {
        let id = self.sheet_named(before)?;
        self.sheets.iter().find(|fate| fate.id == id)?.now
    }

    pub fn shifts(&self, sheet: SheetId) -> &'b [Shift] {
        let fate = self.sheets.iter().find(|fate| fate.id == sheet);
        fate.map_or(&[], |fate| fate.shifts)
    }
}

/// Where a cell is after shifts; `None` where it is gone.
pub(super) fn pos_after(shifts: &[Shift], at: Pos) -> Option<Pos> {
    shifts.iter().try_fold(at, |at, shift| shift.pos(at))
}

/// What a rectangle is after shifts; `None` where it is gone.
pub(super) fn rect_after(shifts: &[Shift], rect: Rect) -> Option<Rect> {
    shifts
        .iter()
        .try_fold(rect, |rect, shift| shift.stretched(rect))
}

/// Where a line is after shifts, or the place where it was.
pub(super) fn line_after(shifts: &[Shift], axis: Axis, line: u32) -> (u32, bool) {
    let mut here = true;
    let along = shifts.iter().filter(|shift| shift.axis == axis);
    let line = along.fold(line, |line, shift| {
        shift.line(line).unwrap_or_else(|| {
            here = false;
            shift.at.min(axis.size() - 1)
        })
    });
    (line, here)
}

/// A list of areas (`A1:B2 C3`) after shifts; `None` where nothing is left.
pub(super) fn sqref_after(shifts: &[Shift], text: &str) -> Option<String> {
    let areas = crate::xlsx::read::table::parse_sqref(text);
    let left: Vec<Rect> = areas
        .into_iter()
        .filter_map(|rect| rect_after(shifts, rect))
        .collect();
    (!left.is_empty()).then(|| super::conditional::sqref(&left))
}

/// A place within the workbook that a hyperlink leads to: `Sheet1!A1`.
pub(super) fn location_after(replay: &Replay<'_>, text: &str) -> Option<String> {
    if let Some(text) = replay.formula(text, "") {
        return Some(text);
    }
    // What is no formula may still be a sheet's name without its quotes.
    let (sheet, cell) = text.rsplit_once('!')?;
    let quoted = format!("{}!{cell}", quote_sheet_name(sheet));
    replay.formula(&quoted, "")
}
