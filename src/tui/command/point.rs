//! Pointing at cells while a formula is being typed, and what completes it.

use super::go::moved;
use super::{Command, Refusal};
use crate::grid::{Pos, Rect};
use crate::tui::app::App;
use crate::tui::mode::{Context, Mode};
use crate::workbook::Towards;

const POINTING: &[Context] = &[Context::Pointing];
const COMPLETION: &[Context] = &[Context::Completion];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "point.down",
        "Point down",
        "Puts the cell below into the formula, or points further down.",
        POINTING,
        |app, _| point(app, false, |app, at| moved(app, at, 1, 0)),
    )
    .keys(&["Down"]),
    Command::new(
        "point.up",
        "Point up",
        "Puts the cell above into the formula, or points further up.",
        POINTING,
        |app, _| point(app, false, |app, at| moved(app, at, -1, 0)),
    )
    .keys(&["Up"]),
    Command::new(
        "point.left",
        "Point left",
        "Puts the cell on the left into the formula, or points further left.",
        POINTING,
        |app, _| point(app, false, |app, at| moved(app, at, 0, -1)),
    )
    .keys(&["Left"]),
    Command::new(
        "point.right",
        "Point right",
        "Puts the cell on the right into the formula, or points further right.",
        POINTING,
        |app, _| point(app, false, |app, at| moved(app, at, 0, 1)),
    )
    .keys(&["Right"]),
    Command::new(
        "point.extend-down",
        "Extend down",
        "Stretches the reference pointed at one cell down.",
        POINTING,
        |app, _| point(app, true, |app, at| moved(app, at, 1, 0)),
    )
    .keys(&["Shift+Down"]),
    Command::new(
        "point.extend-up",
        "Extend up",
        "Stretches the reference pointed at one cell up.",
        POINTING,
        |app, _| point(app, true, |app, at| moved(app, at, -1, 0)),
    )
    .keys(&["Shift+Up"]),
    Command::new(
        "point.extend-left",
        "Extend left",
        "Stretches the reference pointed at one cell to the left.",
        POINTING,
        |app, _| point(app, true, |app, at| moved(app, at, 0, -1)),
    )
    .keys(&["Shift+Left"]),
    Command::new(
        "point.extend-right",
        "Extend right",
        "Stretches the reference pointed at one cell to the right.",
        POINTING,
        |app, _| point(app, true, |app, at| moved(app, at, 0, 1)),
    )
    .keys(&["Shift+Right"]),
    Command::new(
        "point.edge-down",
        "Point at the edge below",
        "Points at the last cell of the data below.",
        POINTING,
        |app, _| point(app, false, |app, at| edge(app, at, 1, 0)),
    )
    .keys(&["Ctrl+Down"]),
    Command::new(
        "point.edge-up",
        "Point at the edge above",
        "Points at the first cell of the data above.",
        POINTING,
        |app, _| point(app, false, |app, at| edge(app, at, -1, 0)),
    )
    .keys(&["Ctrl+Up"]),
    Command::new(
        "point.edge-left",
        "Point at the left edge",
        "Points at the first cell of the data on the left.",
        POINTING,
        |app, _| point(app, false, |app, at| edge(app, at, 0, -1)),
    )
    .keys(&["Ctrl+Left"]),
    Command::new(
        "point.edge-right",
        "Point at the right edge",
        "Points at the last cell of the data on the right.",
        POINTING,
        |app, _| point(app, false, |app, at| edge(app, at, 0, 1)),
    )
    .keys(&["Ctrl+Right"]),
    Command::new(
        "point.extend-edge-down",
        "Extend to the edge below",
        "Stretches the reference to the last cell of the data below.",
        POINTING,
        |app, _| point(app, true, |app, at| edge(app, at, 1, 0)),
    )
    .keys(&["Ctrl+Shift+Down"]),
    Command::new(
        "point.extend-edge-up",
        "Extend to the edge above",
        "Stretches the reference to the first cell of the data above.",
        POINTING,
        |app, _| point(app, true, |app, at| edge(app, at, -1, 0)),
    )
    .keys(&["Ctrl+Shift+Up"]),
    Command::new(
        "point.extend-edge-left",
        "Extend to the left edge",
        "Stretches the reference to the first cell of the data on the left.",
        POINTING,
        |app, _| point(app, true, |app, at| edge(app, at, 0, -1)),
    )
    .keys(&["Ctrl+Shift+Left"]),
    Command::new(
        "point.extend-edge-right",
        "Extend to the right edge",
        "Stretches the reference to the last cell of the data on the right.",
        POINTING,
        |app, _| point(app, true, |app, at| edge(app, at, 0, 1)),
    )
    .keys(&["Ctrl+Shift+Right"]),
    Command::new(
        "point.page-down",
        "Point a page down",
        "Points one screen further down.",
        POINTING,
        |app, _| point(app, false, |app, at| moved(app, at, rows(app), 0)),
    )
    .keys(&["PgDn"]),
    Command::new(
        "point.page-up",
        "Point a page up",
        "Points one screen further up.",
        POINTING,
        |app, _| point(app, false, |app, at| moved(app, at, -rows(app), 0)),
    )
    .keys(&["PgUp"]),
    Command::new(
        "point.next-sheet",
        "Point at the next sheet",
        "Shows the next sheet and points at its active cell.",
        POINTING,
        |app, _| {
            app.step_sheet(1);
            point(app, false, |app, _| app.selection().active())
        },
    )
    .keys(&["Ctrl+PgDn"]),
    Command::new(
        "point.previous-sheet",
        "Point at the previous sheet",
        "Shows the sheet before and points at its active cell.",
        POINTING,
        |app, _| {
            app.step_sheet(-1);
            point(app, false, |app, _| app.selection().active())
        },
    )
    .keys(&["Ctrl+PgUp"]),
    Command::new(
        "complete.accept",
        "Complete",
        "Puts the chosen name or value into the text.",
        COMPLETION,
        |app, _| {
            app.change_entry(|entry, _| entry.complete());
            Ok(())
        },
    )
    .keys(&["Tab"]),
    Command::new(
        "complete.next",
        "Next completion",
        "Chooses the next name or value.",
        COMPLETION,
        |app, _| choose(app, 1),
    )
    .keys(&["Down", "Ctrl+N"]),
    Command::new(
        "complete.previous",
        "Previous completion",
        "Chooses the name or value before.",
        COMPLETION,
        |app, _| choose(app, -1),
    )
    .keys(&["Up", "Ctrl+P"]),
    Command::new(
        "complete.close",
        "Close completion",
        "Offers nothing more for this word.",
        COMPLETION,
        |app, _| {
            app.change_entry(|entry, _| entry.close_completion());
            Ok(())
        },
    )
    .keys(&["Esc"]),
];

fn rows(app: &App) -> i64 {
    i64::from(app.page().0)
}

fn edge(app: &App, from: Pos, rows: i64, cols: i64) -> Pos {
    let sheet = app.document.engine().workbook().sheet(app.sheet());
    let towards = match (rows, cols) {
        (1.., _) => Towards::Down,
        (..=-1, _) => Towards::Up,
        (_, 1..) => Towards::Right,
        _ => Towards::Left,
    };
    sheet.cells.edge(from, towards)
}

/// Points from where the last reference ended, or from the active cell, to
/// where `to` says.
fn point(app: &mut App, extend: bool, to: impl FnOnce(&App, Pos) -> Pos) -> Result<(), Refusal> {
    let Mode::Entry(entry) = &app.mode else {
        return Ok(());
    };
    let (anchor, moving) = match entry.pointed() {
        Some(pointed) if pointed.sheet == app.sheet() => (pointed.anchor, pointed.moving),
        _ if entry.cell.sheet == app.sheet() => (entry.cell.pos, entry.cell.pos),
        _ => (app.selection().active(), app.selection().active()),
    };
    let to = to(app, moving);
    app.point(if extend { anchor } else { to }, to);
    app.reveal(to);
    Ok(())
}

fn choose(app: &mut App, by: isize) -> Result<(), Refusal> {
    if let Mode::Entry(entry) = &mut app.mode
        && let Some(completion) = entry.completion_mut()
    {
        completion.list.step(by, completion.items.len());
    }
    Ok(())
}

impl App {
    /// Puts a cell of the sheet in front into the formula that is being typed,
    /// in place of the reference pointed at last; `false` where no reference
    /// can stand.
    pub fn point_at(&mut self, at: Pos) -> bool {
        self.point(at, at)
    }

    /// Stretches the reference pointed at to a cell.
    pub fn point_extend(&mut self, to: Pos) -> bool {
        let pointed = match &self.mode {
            Mode::Entry(entry) => entry.pointed(),
            _ => None,
        };
        let anchor = pointed.filter(|pointed| pointed.sheet == self.sheet());
        let anchor = anchor.map_or(to, |pointed| pointed.anchor);
        self.point(anchor, to)
    }

    /// Puts a rectangle of the sheet in front into the formula, as whole rows
    /// and columns are.
    pub fn point_at_rect(&mut self, rect: Rect) -> bool {
        self.point(rect.top_left(), Pos::new(rect.bottom, rect.right))
    }

    fn point(&mut self, anchor: Pos, moving: Pos) -> bool {
        let sheet = self.sheet();
        let pointed = self.change_entry(|entry, engine| {
            let may = entry.may_point();
            if may {
                entry.point(engine, sheet, anchor, moving);
            }
            may
        });
        pointed.unwrap_or(false)
    }
}
