//! The lists of the panels that watch the document, and jumps.

use super::{Command, Refusal};
use crate::grid::Cell;
use crate::tui::app::App;
use crate::tui::mode::{Context, Mode};
use crate::tui::panel::PanelKind;

const LISTS: &[Context] = &[
    Context::Panel(PanelKind::Gradient),
    Context::Panel(PanelKind::Inspector),
    Context::Panel(PanelKind::Problems),
];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "watch.down",
        "Next line of the panel",
        "Moves to the panel's next line.",
        LISTS,
        |app, _| step(app, 1),
    )
    .keys(&["Down"])
    .vim(&["j"]),
    Command::new(
        "watch.up",
        "Previous line of the panel",
        "Moves to the panel's line before.",
        LISTS,
        |app, _| step(app, -1),
    )
    .keys(&["Up"])
    .vim(&["k"]),
    Command::new(
        "watch.page-down",
        "Next page of the panel",
        "Moves ten lines down in the panel.",
        LISTS,
        |app, _| step(app, 10),
    )
    .keys(&["PgDn"]),
    Command::new(
        "watch.page-up",
        "Previous page of the panel",
        "Moves ten lines up in the panel.",
        LISTS,
        |app, _| step(app, -10),
    )
    .keys(&["PgUp"]),
    Command::new(
        "watch.jump",
        "Go to the line's cell",
        "Goes to the cell of the panel's line; Alt+Left goes back.",
        LISTS,
        |app, _| match target(app) {
            Some(cell) => {
                app.jump(cell);
                Ok(())
            }
            None => Err(Refusal::new("this line has no cell to go to")),
        },
    )
    .keys(&["Enter"]),
    Command::new(
        "go.back",
        "Back",
        "Goes back to where the cursor was before the last jump.",
        GRID_AND_LISTS,
        |app, _| {
            let here = app.active_cell();
            let to = app.jumps.back(here);
            arrive(app, to)
        },
    )
    .keys(&["Alt+Left"])
    .vim(&["Ctrl+O"]),
    Command::new(
        "go.forward",
        "Forward",
        "Goes forward to where Back left.",
        GRID_AND_LISTS,
        |app, _| {
            let here = app.active_cell();
            let to = app.jumps.forward(here);
            arrive(app, to)
        },
    )
    .keys(&["Alt+Right"]),
];

const GRID_AND_LISTS: &[Context] = &[
    Context::Grid,
    Context::Panel(PanelKind::Gradient),
    Context::Panel(PanelKind::Inspector),
    Context::Panel(PanelKind::Problems),
];

fn arrive(app: &mut App, to: Option<Cell>) -> Result<(), Refusal> {
    let to = to.ok_or_else(|| Refusal::new("there was no jump"))?;
    app.show_cell(to);
    Ok(())
}

fn step(app: &mut App, by: isize) -> Result<(), Refusal> {
    if let Mode::Panel(kind) = app.mode {
        super::panel::step(app, kind, by);
    }
    Ok(())
}

/// The cell of the chosen line.
fn target(app: &App) -> Option<Cell> {
    let Mode::Panel(kind) = app.mode else {
        return None;
    };
    let panels = &app.panels;
    match kind {
        PanelKind::Gradient => {
            let driver = panels.gradient.drivers.get(panels.gradient.list.chosen);
            driver.map(|driver| driver.cell)
        }
        PanelKind::Inspector => {
            let area = panels.inspector.chosen()?.area?;
            Some(Cell {
                sheet: area.sheet,
                pos: area.rect.top_left(),
            })
        }
        PanelKind::Problems => {
            let problems = &panels.problems;
            problems.found.groups.get(problems.list.chosen)?.cell()
        }
        PanelKind::Solver | PanelKind::Sliders | PanelKind::Charts => None,
    }
}
