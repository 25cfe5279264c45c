//! Filling in a line of a panel, by typing or by picking cells in the grid.

use super::{Command, Refusal};
use crate::tui::app::App;
use crate::tui::mode::{Context, Mode};
use crate::tui::panel::PanelKind;

const FIELD: &[Context] = &[Context::Field];
const PICK: &[Context] = &[Context::Pick];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "field.accept",
        "Accept",
        "Fills in what was typed.",
        FIELD,
        |app, _| accept(app),
    )
    .keys(&["Enter", "Tab"]),
    Command::new(
        "field.cancel",
        "Cancel",
        "Leaves the line as it was.",
        FIELD,
        |app, _| {
            if let Mode::Field(field) = &app.mode {
                app.mode = Mode::Panel(field.panel);
            }
            Ok(())
        },
    )
    .keys(&["Esc", "Ctrl+C"]),
    Command::new(
        "field.pick",
        "Pick cells",
        "Goes to the grid to pick the cells that the line names.",
        FIELD,
        |app, _| match app.mode {
            Mode::Field(ref field) if app.panels.names_cells(field.panel) => {
                app.mode = Mode::Pick(field.panel);
                Ok(())
            }
            _ => Err(Refusal::new("this line names no cells")),
        },
    )
    .keys(&["F6"]),
    Command::new(
        "pick.accept",
        "Take the selected cells",
        "Fills in the selected cells.",
        PICK,
        |app, _| pick(app),
    )
    .keys(&["Enter", "F6"]),
    Command::new(
        "pick.cancel",
        "Cancel",
        "Goes back to the panel, which stays as it was.",
        PICK,
        |app, _| {
            if let Mode::Pick(panel) = app.mode {
                app.mode = Mode::Panel(panel);
            }
            Ok(())
        },
    )
    .keys(&["Esc", "Ctrl+C"]),
];

fn accept(app: &mut App) -> Result<(), Refusal> {
    let Mode::Field(field) = &app.mode else {
        return Ok(());
    };
    let (panel, text) = (field.panel, field.input.value().to_owned());
    fill(app, panel, &text)
}

fn pick(app: &mut App) -> Result<(), Refusal> {
    let Mode::Pick(panel) = app.mode else {
        return Ok(());
    };
    let text = app.selected_text(app.panels.home(panel));
    fill(app, panel, &text)
}

fn fill(app: &mut App, panel: PanelKind, text: &str) -> Result<(), Refusal> {
    match panel {
        PanelKind::Charts => super::chart::set_title(app, text)?,
        _ => app.panels.fill_in(panel, text)?,
    }
    app.mode = Mode::Panel(panel);
    Ok(())
}
