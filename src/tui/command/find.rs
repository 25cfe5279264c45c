//! Finding and replacing.

use super::{Command, Refusal};
use crate::grid::{Area, Cell, Rect};
use crate::tui::app::App;
use crate::tui::find::{FindForm, Scope, Search};
use crate::tui::mode::{Context, Mode};
use crate::workbook::{LookIn, Pattern};
use tui_input::Input;

const FORM: &[Context] = &[Context::Find];

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "edit.find",
        "Find",
        "Looks for a text in formulas or values, from the active cell on.",
        |app, call| match &call.argument {
            Some(what) => {
                let mut search = app.search.clone().unwrap_or_default();
                search.options.what.clone_from(what);
                search.scope = Scope::Sheet;
                app.search = Some(search);
                again(app, false)
            }
            None => open(app, false),
        },
    )
    .keys(&["Ctrl+F"])
    .vim(&["/"])
    .short(&["find"]),
    Command::grid(
        "edit.replace",
        "Replace",
        "Puts another text in the place of one, match by match or everywhere.",
        |app, _| open(app, true),
    )
    .keys(&["Ctrl+H"]),
    Command::grid(
        "edit.find-next",
        "Find next",
        "Goes to the next match of the last search.",
        |app, _| again(app, false),
    )
    .keys(&["F3"])
    .vim(&["n"]),
    Command::grid(
        "edit.find-previous",
        "Find previous",
        "Goes to the match of the last search before the active cell.",
        |app, _| again(app, true),
    )
    .keys(&["Shift+F3"])
    .vim(&["N"]),
    Command::new(
        "find.accept",
        "Find, or replace and go on",
        "Goes to the next match; where a replacement is asked for, replaces in the active cell first.",
        FORM,
        |app, _| accept(app),
    )
    .keys(&["Enter"]),
    Command::new(
        "find.all",
        "Replace all",
        "Replaces every match in one step, which undo takes back.",
        FORM,
        |app, _| replace_all(app),
    )
    .keys(&["Alt+A"]),
    Command::new(
        "find.next",
        "Next match",
        "Goes to the next match and replaces nothing.",
        FORM,
        |app, _| step(app, false),
    )
    .keys(&["F3"]),
    Command::new(
        "find.previous",
        "Previous match",
        "Goes to the match before and replaces nothing.",
        FORM,
        |app, _| step(app, true),
    )
    .keys(&["Shift+F3"]),
    Command::new(
        "find.line",
        "Other line",
        "Goes from the text to its replacement, or back.",
        FORM,
        |app, _| change(app, |form| form.in_with = form.with.is_some() && !form.in_with),
    )
    .keys(&["Tab", "Down", "Up", "Shift+Tab"]),
    Command::new(
        "find.case",
        "Match case",
        "Tells capital letters from small ones, or no longer.",
        FORM,
        |app, _| {
            change(app, |form| {
                form.search.options.match_case = !form.search.options.match_case;
            })
        },
    )
    .keys(&["Alt+C"]),
    Command::new(
        "find.whole",
        "Whole cell",
        "Finds only cells that are nothing but the text, or no longer.",
        FORM,
        |app, _| {
            change(app, |form| {
                form.search.options.whole = !form.search.options.whole;
            })
        },
    )
    .keys(&["Alt+W"]),
    Command::new(
        "find.regex",
        "Regular expression",
        "Takes the text for a regular expression, or for one with the wildcards * and ?.",
        FORM,
        |app, _| {
            change(app, |form| {
                let pattern = &mut form.search.options.pattern;
                *pattern = match pattern {
                    Pattern::Wildcards => Pattern::Regex,
                    Pattern::Regex => Pattern::Wildcards,
                };
            })
        },
    )
    .keys(&["Alt+X"]),
    Command::new(
        "find.values",
        "Look in values",
        "Looks in what cells show, or in what was typed into them.",
        FORM,
        |app, _| {
            change(app, |form| {
                let look_in = &mut form.search.options.look_in;
                *look_in = match look_in {
                    LookIn::Formulas => LookIn::Values,
                    LookIn::Values => LookIn::Formulas,
                };
            })
        },
    )
    .keys(&["Alt+V"]),
    Command::new(
        "find.workbook",
        "Whole workbook",
        "Looks on all visible sheets, or on this one.",
        FORM,
        |app, _| change(app, FindForm::switch_scope),
    )
    .keys(&["Alt+B"]),
    Command::new(
        "find.close",
        "Close",
        "Closes the form; the search can go on.",
        FORM,
        |app, _| {
            remember(app);
            app.mode = Mode::Grid;
            Ok(())
        },
    )
    .keys(&["Esc", "Ctrl+C"]),
];

/// Asks what is looked for, beginning with what was looked for last.
fn open(app: &mut App, replaces: bool) -> Result<(), Refusal> {
    let mut search = app.search.clone().unwrap_or_default();
    let selected = (!app.selection().is_one_cell()).then(|| app.selected_areas());
    if search.scope != Scope::Workbook {
        search.scope = match &selected {
            Some(areas) => Scope::Areas(areas.clone()),
            None => Scope::Sheet,
        };
    }
    app.mode = Mode::Find(Box::new(FindForm {
        what: Input::new(search.options.what.clone()),
        what_selected: !search.options.what.is_empty(),
        with: replaces.then(Input::default),
        search,
        selected,
        in_with: false,
        note: None,
    }));
    Ok(())
}

fn form(app: &mut App) -> Option<&mut FindForm> {
    match &mut app.mode {
        Mode::Find(form) => Some(form),
        _ => None,
    }
}

fn change(app: &mut App, change: impl FnOnce(&mut FindForm)) -> Result<(), Refusal> {
    if let Some(form) = form(app) {
        form.note = None;
        form.what_selected = false;
        change(form);
    }
    Ok(())
}

/// Keeps what the form looks for, so that the search can go on without it.
fn remember(app: &mut App) -> Search {
    let search = form(app).map(|form| form.search());
    if let Some(search) = &search
        && !search.options.what.is_empty()
    {
        app.search = Some(search.clone());
    }
    search.unwrap_or_default()
}

/// Says it in the form where there is one, since it covers the status line's neighbours.
fn tell(app: &mut App, text: String) {
    match form(app) {
        Some(form) => form.note = Some(text),
        None => app.say(text),
    }
}

fn again(app: &mut App, backwards: bool) -> Result<(), Refusal> {
    let Some(search) = app.search.clone() else {
        return open(app, false);
    };
    go_on(app, &search, backwards)
}

/// Goes to the next match; the form stays open.
fn step(app: &mut App, backwards: bool) -> Result<(), Refusal> {
    let search = remember(app);
    go_on(app, &search, backwards)
}

fn go_on(app: &mut App, search: &Search, backwards: bool) -> Result<(), Refusal> {
    let from = app.active_cell();
    let found = app.work("Searching", |document| {
        search.next(document.engine().workbook(), from, backwards)
    })?;
    let Some(cell) = found else {
        let what = &search.options.what;
        return Err(Refusal::new(format!("\"{what}\" is not found")));
    };
    let wrapped = cell.sheet == from.sheet
        && match backwards {
            false => cell.pos <= from.pos,
            true => cell.pos >= from.pos,
        };
    app.jump(cell);
    if wrapped {
        tell(app, "The search went around".into());
    }
    Ok(())
}

fn accept(app: &mut App) -> Result<(), Refusal> {
    let search = remember(app);
    let with = form(app).and_then(|form| Some(form.with.as_ref()?.value().to_owned()));
    let Some(with) = with else {
        if let Err(refusal) = go_on(app, &search, false) {
            // Another text may be typed at once.
            form(app)
                .into_iter()
                .for_each(|form| form.what_selected = true);
            return Err(refusal);
        }
        // The line was searched for; F3 and n go on.
        app.mode = Mode::Grid;
        return Ok(());
    };
    let cell = app.active_cell();
    let area = Area {
        sheet: cell.sheet,
        rect: Rect::cell(cell.pos),
    };
    let finder = search.finder()?;
    let workbook = app.document.engine().workbook();
    if !workbook.find_all(&finder, &[area]).is_empty() {
        replace(app, &search, &with, &[cell])?;
    }
    go_on(app, &search, false)
}

fn replace_all(app: &mut App) -> Result<(), Refusal> {
    let search = remember(app);
    let with = form(app).and_then(|form| Some(form.with.as_ref()?.value().to_owned()));
    let Some(with) = with else {
        return Err(Refusal::new("no replacement is asked for: Ctrl+H replaces"));
    };
    let sheet = app.sheet();
    let cells = app.work("Searching", |document| {
        search.all(document.engine().workbook(), sheet)
    })?;
    let count = replace(app, &search, &with, &cells)?;
    if count == 0 {
        let what = &search.options.what;
        return Err(Refusal::new(format!("\"{what}\" is not found")));
    }
    app.mode = Mode::Grid;
    app.say(match count {
        1 => "Replaced in 1 cell".to_owned(),
        count => format!("Replaced in {count} cells"),
    });
    Ok(())
}

/// Replaces in cells, as one step; how many changed.
fn replace(app: &mut App, search: &Search, with: &str, cells: &[Cell]) -> Result<usize, Refusal> {
    app.settled()?;
    let finder = search.finder()?;
    let replacement = app.work("Replacing", |document| {
        document.engine_mut().replace(&finder, with, cells)
    })?;
    if replacement.count > 0 {
        app.apply(&replacement.transaction)?;
    }
    Ok(replacement.count)
}
