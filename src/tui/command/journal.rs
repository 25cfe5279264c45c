//! Unsaved edits that a crash left.

use super::Command;

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "journal.restore",
        "Restore unsaved edits",
        "Makes the edits again that a crash or a lost connection left unsaved.",
        |app, _| app.restore_journal(),
    ),
    Command::grid(
        "journal.discard",
        "Discard unsaved edits left by a crash",
        "Removes the journal of the edits that a crash or a lost connection left unsaved.",
        |app, call| match call.argument {
            Some(_) => app.discard_journal(),
            None => app.ask_to_discard_journal(),
        },
    ),
];
