//! Typing into a cell.

use super::{Command, Refusal};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos};
use crate::tui::app::App;
use crate::tui::entry::Entry;
use crate::tui::mode::{Context, Mode};
use crate::tui::selection::Selection;

const ENTRY: &[Context] = &[Context::Entry];

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "entry.edit",
        "Edit cell",
        "Edits the content of the active cell.",
        |app, _| {
            app.mode = Mode::Entry(Entry::of(app.document.engine(), app.active_cell()));
            Ok(())
        },
    )
    .keys(&["F2"])
    .vim(&["a", "i"]),
    Command::new(
        "entry.accept",
        "Accept",
        "Enters what was typed and moves down.",
        ENTRY,
        |app, _| accept(app, 1, 0),
    )
    .keys(&["Enter"]),
    Command::new(
        "entry.accept-up",
        "Accept and move up",
        "Enters what was typed and moves up.",
        ENTRY,
        |app, _| accept(app, -1, 0),
    )
    .keys(&["Shift+Enter"]),
    Command::new(
        "entry.accept-right",
        "Accept and move right",
        "Enters what was typed and moves to the right.",
        ENTRY,
        |app, _| accept(app, 0, 1),
    )
    .keys(&["Tab"]),
    Command::new(
        "entry.accept-left",
        "Accept and move left",
        "Enters what was typed and moves to the left.",
        ENTRY,
        |app, _| accept(app, 0, -1),
    )
    .keys(&["Shift+Tab"]),
    Command::new(
        "entry.cancel",
        "Cancel",
        "Leaves the cell as it was.",
        ENTRY,
        |app, _| {
            app.mode = Mode::Grid;
            Ok(())
        },
    )
    .keys(&["Esc", "Ctrl+C"]),
];

/// Enters what was typed; where it is refused it stays, with the reason.
fn accept(app: &mut App, rows: i64, cols: i64) -> Result<(), Refusal> {
    let Mode::Entry(mut entry) = std::mem::take(&mut app.mode) else {
        return Ok(());
    };
    match app.enter(entry.cell, entry.input.value()) {
        Ok(()) => {
            let at = entry.cell.pos;
            let step = |from: u32, by: i64, size: u32| {
                (i64::from(from) + by).clamp(0, i64::from(size) - 1) as u32
            };
            if app.selection().is_one_cell() {
                let to = Pos::new(step(at.row, rows, MAX_ROWS), step(at.col, cols, MAX_COLS));
                app.select(Selection::cell(to));
            } else {
                app.selection_mut().cycle(rows == 0, rows + cols > 0);
                let to = app.selection().active();
                app.reveal(to);
            }
            Ok(())
        }
        Err(error) => {
            entry.refused(&error);
            app.mode = Mode::Entry(entry);
            Ok(())
        }
    }
}
