//! Defined names.

use super::{Call, Command, Refusal};
use crate::tui::app::App;
use crate::workbook::{DefinedName, Edit, Transaction};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "name.define",
        "Define a name",
        "Gives the selected cells a name for formulas; NAME=FORMULA names a formula.",
        define,
    )
    .keys(&["Ctrl+F3"])
    .short(&["name"]),
    Command::grid(
        "name.remove",
        "Remove a name",
        "Removes a defined name; formulas that use it become #NAME?.",
        |app, call| {
            let Some(name) = named(app, call, "name.remove", "Name to remove") else {
                return Ok(());
            };
            let scope = scope_of(app, &name)?;
            let edit = Edit::RemoveName {
                name: name.as_str().into(),
                scope,
            };
            app.apply(&Transaction::new(
                format!("Remove the name {name}"),
                vec![edit],
            ))
        },
    ),
    Command::grid(
        "name.rename",
        "Rename a name",
        "Gives a defined name another name, OLD=NEW; formulas follow.",
        |app, call| {
            let Some(both) = named(app, call, "name.rename", "OLD=NEW") else {
                return Ok(());
            };
            let (name, to) = both
                .split_once('=')
                .ok_or_else(|| Refusal::new("say OLD=NEW"))?;
            let (name, to) = (name.trim(), to.trim());
            let scope = scope_of(app, name)?;
            let edit = Edit::RenameName {
                name: name.into(),
                scope,
                to: to.into(),
            };
            app.apply(&Transaction::new(
                format!("Rename {name} to {to}"),
                vec![edit],
            ))
        },
    ),
];

/// The argument; without one it is asked for.
fn named(app: &mut App, call: &Call, command: &str, label: &str) -> Option<String> {
    let typed = call.argument.as_deref().map(|text| text.trim().to_owned());
    if typed.is_none() {
        app.ask(command, label, "");
    }
    typed
}

/// Where a name is defined: on the sheet in front, else in the workbook.
fn scope_of(app: &App, name: &str) -> Result<Option<crate::grid::SheetId>, Refusal> {
    let names = &app.document.engine().workbook().names;
    let sheet = Some(app.sheet());
    match (names.get(name, sheet), names.get(name, None)) {
        (Some(found), _) if found.scope == sheet => Ok(sheet),
        (_, Some(_)) => Ok(None),
        _ => Err(Refusal::new(format!("there is no name \"{name}\""))),
    }
}

fn define(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let Some(typed) = named(app, call, "name.define", "Name of the selected cells") else {
        return Ok(());
    };
    let (name, formula) = match typed.split_once('=') {
        Some((name, formula)) => (name.trim().to_owned(), formula.trim().to_owned()),
        None => {
            let workbook = app.document.engine().workbook();
            (typed, workbook.absolute_areas(&app.selected_areas()))
        }
    };
    crate::formula::check_limits(&formula)?;
    crate::formula::parse(&formula, crate::grid::Pos::new(0, 0))?;
    let edit = Edit::DefineName(DefinedName {
        name: name.as_str().into(),
        scope: None,
        formula: formula.as_str().into(),
        hidden: false,
    });
    app.apply(&Transaction::new(
        format!("Define the name {name}"),
        vec![edit],
    ))
}
