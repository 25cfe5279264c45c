//! The tabs.

use super::Command;

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "sheet.next",
        "Next sheet",
        "Shows the next sheet.",
        |app, call| {
            app.step_sheet(i64::from(call.times()));
            Ok(())
        },
    )
    .keys(&["Ctrl+PgDn"])
    .vim(&["g t"]),
    Command::grid(
        "sheet.previous",
        "Previous sheet",
        "Shows the sheet before.",
        |app, call| {
            app.step_sheet(-i64::from(call.times()));
            Ok(())
        },
    )
    .keys(&["Ctrl+PgUp"])
    .vim(&["g T"]),
];
