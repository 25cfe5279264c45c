//! The sliders panel.

use super::{Call, Command, Refusal};
use crate::engine::gradient::Slice;
use crate::grid::{Area, Cell, Rect};
use crate::solver::setup;
use crate::tui::app::App;
use crate::tui::mode::Context;
use crate::tui::panel::PanelKind;
use crate::tui::panel::search::MOST_LIVE;
use crate::tui::panel::sliders::Slider;
use crate::tui::panel::solver::Form;

const SLIDERS: &[Context] = &[Context::Panel(PanelKind::Sliders)];

/// The most sliders that one command adds.
const MOST: u64 = 100;

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "slider.add",
        "Sliders for the selected cells",
        "Gives each selected cell with a number a slider.",
        add,
    )
    .keys(&["Alt+B"]),
    Command::new(
        "slider.next",
        "Next slider",
        "Chooses the next slider.",
        SLIDERS,
        |app, call| choose(app, i64::from(call.times())),
    )
    .keys(&["Down", "Tab"]),
    Command::new(
        "slider.previous",
        "Previous slider",
        "Chooses the slider before.",
        SLIDERS,
        |app, call| choose(app, -i64::from(call.times())),
    )
    .keys(&["Up", "Shift+Tab"]),
    Command::new(
        "slider.more",
        "Move up",
        "Moves the slider by a step to the right.",
        SLIDERS,
        |app, _| slide(app, 1.0),
    )
    .keys(&["Right", "Plus"]),
    Command::new(
        "slider.less",
        "Move down",
        "Moves the slider by a step to the left.",
        SLIDERS,
        |app, _| slide(app, -1.0),
    )
    .keys(&["Left", "-"]),
    Command::new(
        "slider.much-more",
        "Move far up",
        "Moves the slider by ten steps to the right.",
        SLIDERS,
        |app, _| slide(app, 10.0),
    )
    .keys(&["Shift+Right", "PgUp"]),
    Command::new(
        "slider.much-less",
        "Move far down",
        "Moves the slider by ten steps to the left.",
        SLIDERS,
        |app, _| slide(app, -10.0),
    )
    .keys(&["Shift+Left", "PgDn"]),
    Command::new(
        "slider.range",
        "Range and step",
        "Changes the range and the step of the slider.",
        SLIDERS,
        |app, _| {
            app.fill_in(None);
            Ok(())
        },
    )
    .keys(&["Enter", "F2"]),
    Command::new(
        "slider.remove",
        "Remove slider",
        "Takes the slider away; its cell stays as it is.",
        SLIDERS,
        |app, _| {
            let sliders = &mut app.panels.sliders;
            if sliders.chosen >= sliders.sliders.len() {
                return Err(Refusal::new("there is no slider"));
            }
            sliders.sliders.remove(sliders.chosen);
            sliders.chosen = sliders.chosen.min(sliders.sliders.len().saturating_sub(1));
            sliders.moved = None;
            refresh(app);
            Ok(())
        },
    )
    .keys(&["Delete"]),
    Command::new(
        "slider.undo",
        "Undo",
        "Takes the last change back.",
        SLIDERS,
        |app, call| {
            let result = app.run_named("edit.undo", call);
            refresh(app);
            result
        },
    )
    .keys(&["Ctrl+Z"]),
    Command::new(
        "slider.redo",
        "Redo",
        "Makes the change again that was undone last.",
        SLIDERS,
        |app, call| {
            let result = app.run_named("edit.redo", call);
            refresh(app);
            result
        },
    )
    .keys(&["Ctrl+Y"]),
];

/// Opens the panel: with the sliders there are, or those of the selected cells.
pub fn open(app: &mut App) -> Result<(), Refusal> {
    if app.panels.sliders.sliders.is_empty() {
        // A selection without numbers leaves the panel empty.
        let _ = bind(app);
    }
    app.open_panel(PanelKind::Sliders);
    refresh(app);
    Ok(())
}

fn add(app: &mut App, _: &Call) -> Result<(), Refusal> {
    bind(app)?;
    app.open_panel(PanelKind::Sliders);
    refresh(app);
    Ok(())
}

fn bind(app: &mut App) -> Result<(), Refusal> {
    let sheet = app.sheet();
    let selection = app.selection();
    let cells: u64 = selection.areas().iter().map(Rect::len).sum();
    if cells > MOST {
        return Err(Refusal::new(format!(
            "{cells} cells are too many for sliders: select {MOST} at most"
        )));
    }
    let engine = app.document.engine();
    let mut found = Vec::new();
    for pos in selection.areas().iter().flat_map(|rect| rect.cells()) {
        let cell = Cell { sheet, pos };
        let constant = engine.formula_text(cell).is_none();
        if let crate::value::Value::Number(x) = engine.value(cell)
            && constant
        {
            found.push(Slider::around(cell, x));
        }
    }
    let sliders = &mut app.panels.sliders;
    found.retain(|new| !sliders.sliders.iter().any(|old| old.cell() == new.cell()));
    let Some(first) = found.first().map(Slider::cell) else {
        return Err(Refusal::new(
            "no selected cell holds a number of its own that has no slider yet",
        ));
    };
    sliders.sliders.extend(found);
    sliders.chosen = sliders
        .sliders
        .iter()
        .position(|s| s.cell() == first)
        .unwrap_or(0);
    Ok(())
}

fn choose(app: &mut App, by: i64) -> Result<(), Refusal> {
    super::panel::step(app, PanelKind::Sliders, by as isize);
    Ok(())
}

/// Chooses the slider so many further, which is there.
pub fn step(app: &mut App, by: isize) {
    let sliders = &mut app.panels.sliders;
    sliders.chosen = sliders.chosen.saturating_add_signed(by);
    sliders.moved = None;
    refresh(app);
}

fn slide(app: &mut App, steps: f64) -> Result<(), Refusal> {
    slide_to(app, |slider, value| slider.moved(value, steps))
}

/// Moves a slider to a share of its range, from 0 to 1.
pub fn slide_to_share(app: &mut App, index: usize, share: f64) {
    let chosen = app.panels.sliders.chosen;
    if index != chosen {
        step(app, index as isize - chosen as isize);
    }
    // At the end that it was dragged to it stays.
    let _ = slide_to(app, |slider, _| {
        slider.moved(slider.low, share * (slider.high - slider.low) / slider.step)
    });
}

/// Moves the chosen slider to where a function of it and its value says.
fn slide_to(app: &mut App, to: impl FnOnce(&Slider, f64) -> f64) -> Result<(), Refusal> {
    let index = app.panels.sliders.chosen;
    let Some(slider) = app.panels.sliders.sliders.get(index).cloned() else {
        return Err(Refusal::new(
            "there is no slider: select cells and press Alt+B",
        ));
    };
    let engine = app.document.engine();
    let Some(cell) = slider.cell() else {
        return Err(Refusal::new(
            "the slider's cell was deleted: undo that, or take the slider away (Delete)",
        ));
    };
    let Some(value) = setup::number(engine, cell) else {
        return Err(Refusal::new("the slider's cell holds no number any more"));
    };
    let to = to(&slider, value);
    if to == value {
        return Err(Refusal::new("the slider is at its end"));
    }
    let transaction = slider.transaction(engine.workbook(), cell, to);
    let again = app.panels.sliders.moved == Some((index, app.document.revision()));
    match again {
        true => app.replace_last(&transaction)?,
        false => {
            // A step of its own: what it changes is counted from here.
            app.panels.sliders.moved = None;
            aim(app);
            app.apply(&transaction)?;
        }
    }
    app.panels.sliders.moved = Some((index, app.document.revision()));
    refresh(app);
    Ok(())
}

/// Finds what is shown of the objective.
fn refresh(app: &mut App) {
    if let Some(objective) = aim(app) {
        differentiate(app, objective);
    }
}

/// Finds the objective and, where there are sliders and none was moved, its
/// value before the moves.
fn aim(app: &mut App) -> Option<Cell> {
    let watched = app.panels.gradient.objective();
    let objective = app
        .panels
        .sliders
        .objective()
        .or(watched)
        .or_else(|| stated(app));
    let sliders = &mut app.panels.sliders;
    sliders.watch(objective);
    if sliders.moved.is_none() && !sliders.sliders.is_empty() {
        let engine = app.document.engine();
        sliders.before = objective.and_then(|objective| setup::number(engine, objective));
    }
    objective
}

/// Finds the objective's derivative by the chosen slider's cell.
fn differentiate(app: &mut App, objective: Cell) {
    let index = app.panels.sliders.chosen;
    let slider = app.panels.sliders.sliders.get(index);
    let Some(cell) = slider.and_then(Slider::cell) else {
        return;
    };
    let area = Area {
        sheet: cell.sheet,
        rect: Rect::cell(cell.pos),
    };
    let engine = app.document.engine();
    let slope = match engine.count_dependents(&[area]) <= MOST_LIVE {
        true => Slice::new(engine, objective, &[area])
            .map(|mut slice| {
                let start = slice.start().to_vec();
                let mut gradient = [0.0];
                slice.value_and_gradient(&start, &mut gradient);
                gradient[0]
            })
            .map_err(|error| error.to_string()),
        false => Err("too many cells depend on it to differentiate at every move".to_owned()),
    };
    app.panels.sliders.slope = Some((app.document.revision(), index, slope));
}

/// The objective of the solver's panel, or of the problem stored with a sheet.
fn stated(app: &App) -> Option<Cell> {
    let workbook = app.document.engine().workbook();
    let filled = app.panels.solver.form.clone();
    let form = match filled {
        Some(form) => form,
        None => Form::fill(workbook, app.sheet(), app.active_cell()).ok()?,
    };
    workbook.parse_cell(&form.objective, form.sheet).ok()
}
