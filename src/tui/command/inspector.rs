//! The inspector's parts.

use super::Command;
use crate::tui::mode::Context;
use crate::tui::panel::PanelKind;

const PANEL: &[Context] = &[Context::Panel(PanelKind::Inspector)];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "inspector.open",
        "Show the parts",
        "Shows the parts of the chosen part.",
        PANEL,
        |app, _| {
            let engine = app.document.engine();
            app.panels.inspector.set_open(true, engine);
            Ok(())
        },
    )
    .keys(&["Right"])
    .vim(&["l"]),
    Command::new(
        "inspector.close",
        "Hide the parts",
        "Hides the parts of the chosen part, or goes to the part around it.",
        PANEL,
        |app, _| {
            let inspector = &mut app.panels.inspector;
            if inspector
                .chosen()
                .is_some_and(|line| line.opens == Some(true))
            {
                inspector.set_open(false, app.document.engine());
            } else {
                inspector.to_parent();
            }
            Ok(())
        },
    )
    .keys(&["Left"])
    .vim(&["h"]),
];
