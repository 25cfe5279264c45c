//! What all panels have in common.

use super::{Call, Command};
use crate::tui::app::App;
use crate::tui::mode::{Context, Mode};
use crate::tui::panel::PanelKind;
use crate::tui::panel::solver::Kind;

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

/// How many lines a panel has that can be chosen, and the chosen one.
fn lines(app: &App, kind: PanelKind) -> (usize, usize) {
    let panels = &app.panels;
    match kind {
        PanelKind::Gradient => (panels.gradient.drivers.len(), panels.gradient.list.chosen),
        PanelKind::Inspector => (panels.inspector.lines.len(), panels.inspector.list.chosen),
        PanelKind::Problems => (
            panels.problems.found.groups.len(),
            panels.problems.list.chosen,
        ),
        PanelKind::Solver => {
            let (rows, chosen) = (panels.solver.rows(), panels.solver.chosen());
            let chosen = rows.iter().position(|&row| row == chosen);
            (rows.len(), chosen.unwrap_or(0))
        }
        PanelKind::Sliders => (panels.sliders.sliders.len(), panels.sliders.chosen),
        PanelKind::Charts => (panels.charts.charts.len(), panels.charts.chosen),
    }
}

/// Chooses the line so many further.
pub fn step(app: &mut App, kind: PanelKind, by: isize) {
    let (len, chosen) = lines(app, kind);
    let by =
        (chosen.saturating_add_signed(by)).min(len.saturating_sub(1)) as isize - chosen as isize;
    let panels = &mut app.panels;
    match kind {
        PanelKind::Gradient => panels.gradient.list.step(by, len),
        PanelKind::Inspector => panels.inspector.list.step(by, len),
        PanelKind::Problems => panels.problems.list.step(by, len),
        PanelKind::Solver => {
            let rows = panels.solver.rows();
            if let Some(&row) = rows.get(chosen.saturating_add_signed(by)) {
                panels.solver.focus = row;
            }
        }
        PanelKind::Sliders => super::slider::step(app, by),
        PanelKind::Charts => {
            panels.charts.chosen = chosen.saturating_add_signed(by);
        }
    }
}

/// A line was pressed with the mouse: it is chosen, and what it is for is done.
/// A line that is filled in, or only opened, takes a second press.
pub fn press(app: &mut App, kind: PanelKind, line: usize) {
    app.mode = Mode::Panel(kind);
    let (_, chosen) = lines(app, kind);
    step(app, kind, line as isize - chosen as isize);
    let again = line == chosen;
    let command = match kind {
        PanelKind::Gradient | PanelKind::Problems => "watch.jump",
        PanelKind::Inspector => match app.panels.inspector.chosen() {
            Some(part) if part.area.is_some() => "watch.jump",
            Some(part) if again && part.opens == Some(true) => "inspector.close",
            Some(part) if again && part.opens == Some(false) => "inspector.open",
            _ => return,
        },
        PanelKind::Solver => match app.panels.solver.chosen().kind() {
            Kind::Action => "solver.do",
            Kind::Choice if again => "solver.choose-next",
            _ if again => "solver.do",
            _ => return,
        },
        PanelKind::Sliders if again => "slider.range",
        PanelKind::Sliders | PanelKind::Charts => return,
    };
    if let Err(super::Refusal(why)) = app.run_named(command, &Call::default()) {
        app.warn(why);
    }
}
