//! The solver panel: filling a problem in, searching, keeping what was found.

use super::{Call, Command, Refusal};
use crate::engine::value_edits;
use crate::solver::Options;
use crate::solver::excel_model::StoredModel;
use crate::solver::setup::{self, Setup};
use crate::tui::app::App;
use crate::tui::mode::{Answer, Confirm, Context, Mode};
use crate::tui::panel::PanelKind;
use crate::tui::panel::search::{self, MOST_LIVE, Search, State};
use crate::tui::panel::solver::{Form, Kind, Row, in_panel_words};
use crate::tui::panel::sweep;
use crate::workbook::Transaction;

const SOLVER: &[Context] = &[Context::Panel(PanelKind::Solver)];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "solver.next",
        "Next line",
        "Moves to the next line of the solver panel.",
        SOLVER,
        |app, _| step(app, 1),
    )
    .keys(&["Down", "Tab"]),
    Command::new(
        "solver.previous",
        "Previous line",
        "Moves to the line before in the solver panel.",
        SOLVER,
        |app, _| step(app, -1),
    )
    .keys(&["Up", "Shift+Tab"]),
    Command::new(
        "solver.do",
        "Do",
        "Does what the chosen line says, or fills it in.",
        SOLVER,
        act,
    )
    .keys(&["Enter", "F2"]),
    Command::new(
        "solver.choose-next",
        "Next choice",
        "Takes the next choice of the line: what is wanted, the method.",
        SOLVER,
        |app, _| choose(app, true),
    )
    .keys(&["Right", "Space"]),
    Command::new(
        "solver.choose-previous",
        "Previous choice",
        "Takes the choice before.",
        SOLVER,
        |app, _| choose(app, false),
    )
    .keys(&["Left"]),
    Command::new(
        "solver.run",
        "Solve, pause, go on",
        "Starts the search, holds it, or lets it go on; one that has ended goes on from its best point.",
        SOLVER,
        |app, _| match app.panels.solver.search.as_ref().map(|search| &search.state) {
            None => solve(app),
            Some(State::Running) => pause(app, true),
            Some(State::Paused) => pause(app, false),
            Some(State::Ended(_)) => go_on(app),
        },
    )
    .keys(&["F5"]),
    Command::new(
        "solver.stop",
        "Stop",
        "Ends the search with the best point it has found.",
        SOLVER,
        |app, _| stop(app),
    )
    .keys(&["Ctrl+C"]),
    Command::new(
        "solver.keep",
        "Keep the solution",
        "Enters the solution into its cells and stores the problem with the sheet, as one step that can be undone.",
        SOLVER,
        |app, _| keep(app),
    )
    .keys(&["Ctrl+K"]),
    Command::new(
        "solver.restore",
        "Bring the old values back",
        "Gives the solution up; where there is none, takes the last change back.",
        SOLVER,
        |app, _| restore(app),
    )
    .keys(&["Ctrl+Z"]),
    Command::new(
        "solver.rates",
        "Find a learning rate",
        "Takes some steps with each of many rates and draws where they lead.",
        SOLVER,
        |app, _| find_rate(app),
    )
    .keys(&["Ctrl+F"]),
    Command::new(
        "solver.take-rate",
        "Take the suggested rate",
        "Fills the suggested learning rate in.",
        SOLVER,
        |app, _| take_rate(app),
    )
    .keys(&["Ctrl+T"]),
    Command::new(
        "solver.fill",
        "Fill in the stored problem",
        "Fills the panel in from the problem stored with the sheet in front.",
        SOLVER,
        |app, _| {
            app.panels.solver.form = None;
            fill(app)
        },
    )
    .keys(&["Ctrl+R"]),
];

/// Opens the panel, filled in.
pub fn open(app: &mut App) -> Result<(), Refusal> {
    app.open_panel(PanelKind::Solver);
    fill(app)
}

/// Says what becomes of a search whose panel is closed.
pub fn closed(app: &mut App) {
    let Some(search) = &app.panels.solver.search else {
        return;
    };
    match search.is_under_way() {
        true => app.say("The search goes on; Alt+S shows it"),
        false => {
            let answer = |key, label, command| Answer {
                key,
                label,
                command: Some((command, None)),
            };
            app.mode = Mode::Confirm(Confirm {
                question: "The solver's values are neither kept nor given up.".to_owned(),
                answers: vec![
                    answer('k', "Keep the solution", "solver.keep"),
                    answer('b', "Bring the old values back", "solver.restore"),
                    answer('c', "Back to the solver", "panel.solver"),
                ],
            });
        }
    }
}

/// Fills the panel in where it is empty, or about another sheet and unused.
fn fill(app: &mut App) -> Result<(), Refusal> {
    let (front, active) = (app.sheet(), app.active_cell());
    let workbook = app.document.engine().workbook();
    let form = app.panels.solver.form.as_ref();
    let has_model = |sheet| workbook.names.get("solver_opt", Some(sheet)).is_some();
    // A sheet with a problem of its own comes before the one shown.
    let other = form.is_some_and(|form| form.sheet != front) && has_model(front);
    let busy = app.panels.solver.search.is_some() || app.panels.solver.sweep.is_some();
    if busy || (form.is_some() && !other) {
        return Ok(());
    }
    let filled = Form::fill(workbook, front, active);
    app.panels.solver.error = None;
    app.panels.solver.focus = Row::Solve;
    let filled = filled.map_err(|error| Refusal::new(in_panel_words(&error.to_string())));
    app.panels.solver.form = Some(filled?);
    Ok(())
}

fn step(app: &mut App, by: isize) -> Result<(), Refusal> {
    super::panel::step(app, PanelKind::Solver, by);
    Ok(())
}

fn act(app: &mut App, _: &Call) -> Result<(), Refusal> {
    let row = app.panels.solver.chosen();
    match row {
        Row::Solve => solve(app),
        Row::FindRate => find_rate(app),
        Row::Pause => pause(app, true),
        Row::GoOn
            if app
                .panels
                .solver
                .search
                .as_ref()
                .is_some_and(Search::is_under_way) =>
        {
            pause(app, false)
        }
        Row::GoOn => go_on(app),
        Row::Stop => stop(app),
        Row::Keep => keep(app),
        Row::Restore => restore(app),
        Row::Take => take_rate(app),
        Row::Leave => leave_rates(app),
        row if row.kind() == Kind::Choice => choose(app, true),
        _ => {
            app.fill_in(None);
            Ok(())
        }
    }
}

fn choose(app: &mut App, forward: bool) -> Result<(), Refusal> {
    let solver = &mut app.panels.solver;
    let row = solver.chosen();
    if let Some(form) = &mut solver.form {
        form.step(row, forward);
        solver.error = None;
    }
    Ok(())
}

/// A problem as it was filled in, compiled.
struct Compiled {
    setup: Setup,
    form: Form,
    model: StoredModel,
    options: Options,
}

/// Compiles the problem that is filled in.
fn compiled(app: &mut App) -> Result<Compiled, Refusal> {
    let form = app.panels.solver.form.clone();
    let form = form.ok_or_else(|| Refusal::new("no problem is filled in"))?;
    let model = form.model(app.document.engine().workbook());
    let read = model.and_then(|model| Ok((model, form.options()?)));
    let (model, options) = read.map_err(|why| app.panels.solver.refuse(why))?;
    let sheet = form.sheet;
    let setup = app.work("Compiling the objective", |document| {
        Setup::new(document.engine_mut(), &model, sheet)
    });
    let setup = setup.map_err(|error| app.panels.solver.refuse(error.to_string()))?;
    Ok(Compiled {
        setup,
        form,
        model,
        options,
    })
}

fn solve(app: &mut App) -> Result<(), Refusal> {
    if app.panels.solver.search.is_some() {
        return Err(Refusal::new("a search is there already"));
    }
    let Compiled {
        setup,
        form,
        model,
        options,
    } = compiled(app)?;
    let areas = setup.resolved.areas.clone();
    let mut search = Search::new(setup, form.sheet, model, options, app.ticket());
    let engine = app.document.engine_mut();
    engine.hold();
    search.live = engine.count_dependents(&areas) <= MOST_LIVE;
    search.before = setup::number(engine, search.objective).unwrap_or(f64::NAN);
    let solver = &mut app.panels.solver;
    solver.error = None;
    solver.sweep = None;
    solver.focus = Row::Pause;
    solver.search = Some(search);
    if let Err(error) = search::start(app) {
        restore(app)?;
        return Err(error.into());
    }
    Ok(())
}

fn searching(app: &mut App) -> Result<&mut Search, Refusal> {
    let search = app.panels.solver.search.as_mut();
    search.ok_or_else(|| Refusal::new("no search is under way"))
}

fn pause(app: &mut App, paused: bool) -> Result<(), Refusal> {
    searching(app)?.pause(paused);
    app.panels.solver.focus = match paused {
        true => Row::GoOn,
        false => Row::Pause,
    };
    Ok(())
}

fn go_on(app: &mut App) -> Result<(), Refusal> {
    if searching(app)?.outcome().is_none() {
        return Err(Refusal::new("there is no point to go on from"));
    }
    search::start(app)?;
    app.panels.solver.focus = Row::Pause;
    Ok(())
}

fn stop(app: &mut App) -> Result<(), Refusal> {
    if let Some(sweep) = &app.panels.solver.sweep {
        sweep.stop();
        return Ok(());
    }
    let search = searching(app)?;
    if !search.is_under_way() {
        return Err(Refusal::new("the search has ended"));
    }
    search.stop();
    Ok(())
}

fn keep(app: &mut App) -> Result<(), Refusal> {
    let search = searching(app)?;
    let Some(outcome) = search.outcome() else {
        return Err(Refusal::new("there is no solution to keep yet"));
    };
    let (x, areas, sheet) = (outcome.x.clone(), search.areas.clone(), search.sheet);
    let (objective, before, model) = (search.objective, search.before, search.model.clone());
    let workbook = app.document.engine().workbook();
    let name = workbook.address(objective);
    let mut edits = value_edits(&areas, &x);
    edits.extend(model.edits(&workbook.names, sheet));
    app.panels.solver.end();
    app.settle(Some(&Transaction::new(format!("Solve {name}"), edits)))?;
    let engine = app.document.engine();
    match setup::number(engine, objective) {
        Some(after) => app.say(format!("Kept: {name} went from {before} to {after}")),
        None => {
            let shown = engine.display(objective);
            app.warn(format!(
                "{name} is {shown} with the solution; Ctrl+Z in the grid takes it back"
            ));
        }
    }
    Ok(())
}

fn restore(app: &mut App) -> Result<(), Refusal> {
    if app.panels.solver.search.is_none() {
        return app.run_named("edit.undo", &Call::default());
    }
    let search = searching(app)?;
    search.stop();
    app.panels.solver.end();
    app.settle(None)?;
    app.say("The old values are back");
    Ok(())
}

fn find_rate(app: &mut App) -> Result<(), Refusal> {
    if app.panels.solver.search.is_some() {
        return Err(Refusal::new(
            "first keep the solution or bring the old values back",
        ));
    }
    let has_rate = app.panels.solver.form.as_ref().is_some_and(Form::has_rate);
    if !has_rate {
        return Err(Refusal::new(
            "only gd, momentum and adam have a learning rate: choose one as the method",
        ));
    }
    let Compiled { setup, form, .. } = compiled(app)?;
    sweep::start(app, setup, form.method)?;
    app.panels.solver.error = None;
    app.panels.solver.focus = Row::Take;
    Ok(())
}

fn take_rate(app: &mut App) -> Result<(), Refusal> {
    let solver = &mut app.panels.solver;
    let Some(sweep) = &solver.sweep else {
        return Err(Refusal::new("no learning rates were tried"));
    };
    let Some(found) = sweep.suggested() else {
        return Err(Refusal::new("no rate is suggested"));
    };
    if let Some(form) = &mut solver.form {
        form.set(Row::Rate, &crate::tui::draw::brief(found.rate));
    }
    leave_rates(app)
}

fn leave_rates(app: &mut App) -> Result<(), Refusal> {
    let solver = &mut app.panels.solver;
    solver.sweep = None;
    solver.focus = Row::Solve;
    Ok(())
}
