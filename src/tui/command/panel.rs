//! What all panels have in common.

use super::Command;
use crate::tui::mode::{Context, Mode};
use crate::tui::panel::PanelKind;

/// Where any panel has the keyboard.
pub const PANELS: &[Context] = &[
    Context::Panel(PanelKind::Gradient),
    Context::Panel(PanelKind::Inspector),
    Context::Panel(PanelKind::Solver),
    Context::Panel(PanelKind::Sliders),
    Context::Panel(PanelKind::Charts),
    Context::Panel(PanelKind::Problems),
];

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "panel.inspector",
        "Inspector",
        "Shows the formula under the cursor part by part.",
        |app, _| {
            app.open_panel(PanelKind::Inspector);
            Ok(())
        },
    )
    .keys(&["F8", "Alt+I"])
    .vim(&["g i"]),
    Command::grid(
        "panel.solver",
        "Solver",
        "Sets up and runs the solver.",
        |app, _| super::solver::open(app),
    )
    .keys(&["Alt+S"])
    .vim(&["g s"]),
    Command::grid(
        "panel.sliders",
        "Sliders",
        "Moves cells by sliders.",
        |app, _| super::slider::open(app),
    )
    .keys(&["Alt+L"])
    .vim(&["g l"]),
    Command::grid(
        "panel.charts",
        "Charts",
        "Draws charts of cells.",
        super::chart::open,
    )
    .keys(&["F11", "Alt+C"])
    .vim(&["g c"]),
    Command::grid(
        "panel.problems",
        "Problems",
        "Lists cells with errors and circular references.",
        |app, _| {
            app.open_panel(PanelKind::Problems);
            Ok(())
        },
    )
    .keys(&["Alt+P"])
    .vim(&["g p"]),
    Command::new(
        "panel.close",
        "Close panel",
        "Closes the panel.",
        PANELS,
        |app, _| {
            app.panels.open = None;
            app.mode = Mode::Grid;
            super::solver::closed(app);
            Ok(())
        },
    )
    .keys(&["Esc"]),
    Command::new(
        "panel.grid",
        "To the grid",
        "Gives the keyboard to the grid, to pick cells where the chosen line names some; the panel stays open.",
        PANELS,
        |app, _| {
            app.mode = match app.mode {
                Mode::Panel(kind) if app.panels.names_cells(kind) => Mode::Pick(kind),
                _ => Mode::Grid,
            };
            Ok(())
        },
    )
    .keys(&["F6"]),
    Command::grid(
        "panel.focus",
        "To the panel",
        "Gives the keyboard to the open panel.",
        |app, _| {
            let kind = app.panels.open;
            let kind = kind.ok_or_else(|| super::Refusal::new("no panel is open"))?;
            app.mode = Mode::Panel(kind);
            Ok(())
        },
    )
    .keys(&["F6"]),
    Command::grid(
        "panel.close-open",
        "Close the open panel",
        "Closes the panel beside the grid.",
        |app, _| {
            app.panels.open = None;
            Ok(())
        },
    ),
];
