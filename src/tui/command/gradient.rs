//! The gradient view.

use super::{Command, Refusal};
use crate::tui::app::App;
use crate::tui::list::List;
use crate::tui::mode::{Context, Mode};
use crate::tui::panel::PanelKind;
use crate::tui::panel::gradient::{Kept, Order};

const GRID_AND_PANEL: &[Context] = &[Context::Grid, Context::Panel(PanelKind::Gradient)];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "panel.gradient",
        "Gradient view",
        "Tints each cell by how it would move the objective and lists the strongest; again turns it off.",
        GRID_AND_PANEL,
        |app, _| {
            if app.panels.gradient.on {
                hide(app);
                return Ok(());
            }
            let active = app.active_cell();
            let workbook = app.document.engine().workbook();
            app.panels.gradient.turn_on(workbook, active);
            app.open_panel(PanelKind::Gradient);
            Ok(())
        },
    )
    .keys(&["F7", "Alt+G"])
    .vim(&["g d"]),
    Command::new(
        "gradient.objective",
        "Gradient of the active cell",
        "Takes the active cell as the objective of the gradient view.",
        GRID_AND_PANEL,
        |app, _| {
            let active = app.active_cell();
            app.panels.gradient.choose(active);
            if app.panels.open != Some(PanelKind::Gradient) {
                app.open_panel(PanelKind::Gradient);
            }
            Ok(())
        },
    )
    .keys(&["Shift+F7"])
    .vim(&["g D"]),
    Command::new(
        "gradient.sort",
        "Other order",
        "Sorts by the derivative, or by the derivative times the value.",
        &[Context::Panel(PanelKind::Gradient)],
        |app, _| {
            let gradient = &mut app.panels.gradient;
            gradient.order = match gradient.order {
                Order::Derivative => Order::Effect,
                Order::Effect => Order::Derivative,
            };
            rank(app)
        },
    )
    .keys(&["s"]),
    Command::new(
        "gradient.filter",
        "Other cells",
        "Lists all cells, constants only, or the changing cells of the Solver model.",
        &[Context::Panel(PanelKind::Gradient)],
        |app, _| {
            let gradient = &mut app.panels.gradient;
            gradient.kept = match gradient.kept {
                Kept::All => Kept::Constants,
                Kept::Constants => Kept::Variables,
                Kept::Variables => Kept::All,
            };
            rank(app)
        },
    )
    .keys(&["f"]),
];

fn rank(app: &mut App) -> Result<(), Refusal> {
    let workbook = app.document.engine().workbook();
    app.panels.gradient.list = List::default();
    app.panels.gradient.rank(workbook);
    Ok(())
}

fn hide(app: &mut App) {
    app.panels.gradient.on = false;
    if app.panels.open == Some(PanelKind::Gradient) {
        app.panels.open = None;
        if matches!(app.mode, Mode::Panel(_)) {
            app.mode = Mode::Grid;
        }
    }
}
