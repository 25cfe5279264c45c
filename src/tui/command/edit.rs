//! Changing cells.

use super::{Command, Refusal};
use crate::tui::app::App;
use crate::value::Value;
use crate::workbook::{Content, Edit, Transaction};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "edit.undo",
        "Undo",
        "Takes the last change back.",
        |app, call| {
            for _ in 0..call.times() {
                match app.undo()? {
                    Some(label) => app.say(format!("Undone: {label}")),
                    None => return Err(Refusal::new("there is nothing to undo")),
                }
            }
            Ok(())
        },
    )
    .keys(&["Ctrl+Z"])
    .vim(&["u"]),
    Command::grid(
        "edit.redo",
        "Redo",
        "Makes the change again that was undone last.",
        |app, call| {
            for _ in 0..call.times() {
                match app.redo()? {
                    Some(label) => app.say(format!("Done again: {label}")),
                    None => return Err(Refusal::new("there is nothing to do again")),
                }
            }
            Ok(())
        },
    )
    .keys(&["Ctrl+Y"])
    .vim(&["Ctrl+R"]),
    Command::grid(
        "edit.clear",
        "Clear contents",
        "Empties the selected cells; their formats stay.",
        |app, _| clear(app),
    )
    .keys(&["Delete"])
    .vim(&["x"])
    .repeats(),
    Command::grid(
        "edit.repeat",
        "Repeat",
        "Makes the last change again, here.",
        |app, _| app.repeat(),
    )
    .keys(&["F4"])
    .vim(&["."]),
    Command::grid(
        "edit.recalculate",
        "Recalculate",
        "Recalculates every formula.",
        |app, _| {
            app.recalculate();
            Ok(())
        },
    )
    .keys(&["F9"]),
];

/// Clears the contents of the selected cells.
pub(super) fn clear(app: &mut App) -> Result<(), Refusal> {
    let edits = app.shown_areas().into_iter().map(|area| Edit::Set {
        area,
        content: Content::Value(Value::Blank),
    });
    let transaction = Transaction::new("Clear contents", edits.collect());
    app.apply(&transaction)
}
