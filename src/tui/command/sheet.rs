//! The tabs.

use super::{Call, Command, Refusal};
use crate::grid::SheetId;
use crate::tui::app::App;
use crate::tui::mode::{Confirm, Mode};
use crate::workbook::{Edit, SheetEdit, Transaction, Visibility, Workbook};
use crate::xlsx;

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "sheet.next",
        "Next sheet",
        "Shows the next sheet.",
        |app, call| {
            app.step_sheet(i64::from(call.times()));
            Ok(())
        },
    )
    .keys(&["Ctrl+PgDn"])
    .vim(&["g t"]),
    Command::grid(
        "sheet.previous",
        "Previous sheet",
        "Shows the sheet before.",
        |app, call| {
            app.step_sheet(-i64::from(call.times()));
            Ok(())
        },
    )
    .keys(&["Ctrl+PgUp"])
    .vim(&["g T"]),
    Command::grid(
        "sheet.add",
        "Add a sheet",
        "Adds an empty sheet before the one in front.",
        add,
    )
    .keys(&["Shift+F11"]),
    Command::grid(
        "sheet.rename",
        "Rename the sheet",
        "Gives the sheet another name; formulas follow.",
        |app, call| match &call.argument {
            Some(name) => edit(
                app,
                "Rename the sheet",
                SheetEdit::Rename(name.trim().into()),
            ),
            None => {
                let name = name(app, app.sheet());
                app.ask("sheet.rename", "Name of the sheet", &name);
                Ok(())
            }
        },
    ),
    Command::grid(
        "sheet.copy",
        "Copy the sheet",
        "Makes a copy of the sheet behind it.",
        copy,
    ),
    Command::grid(
        "sheet.move-left",
        "Move the sheet left",
        "Moves the sheet's tab to the left.",
        |app, call| move_by(app, -i64::from(call.times())),
    ),
    Command::grid(
        "sheet.move-right",
        "Move the sheet right",
        "Moves the sheet's tab to the right.",
        |app, call| move_by(app, i64::from(call.times())),
    ),
    Command::grid(
        "sheet.hide",
        "Hide the sheet",
        "Takes the sheet's tab away; its cells stay.",
        |app, _| {
            let edit_ = SheetEdit::Show(Visibility::Hidden);
            edit(app, "Hide the sheet", edit_)?;
            app.step_sheet(0);
            Ok(())
        },
    ),
    Command::grid(
        "sheet.unhide",
        "Unhide a sheet",
        "Shows a hidden sheet again.",
        unhide,
    ),
    Command::grid(
        "sheet.delete",
        "Delete the sheet",
        "Deletes the sheet; references to it become #REF!.",
        |app, call| {
            let sheet = app.sheet();
            if call.argument.as_deref() == Some("yes") {
                let edit = Edit::RemoveSheet { sheet };
                app.apply(&Transaction::new("Delete the sheet", vec![edit]))?;
                app.step_sheet(0);
                return Ok(());
            }
            app.mode = Mode::Confirm(Confirm::new(
                format!("Delete the sheet {}?", name(app, sheet)),
                [
                    ('d', "Delete it", Some(("sheet.delete", Some("yes".into())))),
                    ('c', "Cancel", None),
                ],
            ));
            Ok(())
        },
    ),
    Command::grid(
        "sheet.go",
        "Go to a sheet",
        "Shows the sheet of a name.",
        |app, call| match &call.argument {
            Some(wanted) => {
                let found = app.document.engine().workbook().sheet_named(wanted.trim());
                let sheet =
                    found.ok_or_else(|| Refusal::new(format!("there is no sheet \"{wanted}\"")))?;
                app.show_sheet(sheet);
                Ok(())
            }
            None => {
                app.ask("sheet.go", "Name of a sheet", "");
                Ok(())
            }
        },
    )
    .short(&["sheet"]),
];

fn name(app: &App, sheet: SheetId) -> String {
    let workbook = app.document.engine().workbook();
    workbook.sheet(sheet).name.to_string()
}

fn position(app: &App, sheet: SheetId) -> usize {
    let order = app.document.engine().workbook().order();
    order.iter().position(|&id| id == sheet).unwrap_or(0)
}

fn edit(app: &mut App, label: &str, edit: SheetEdit) -> Result<(), Refusal> {
    let sheet = app.sheet();
    app.apply(&Transaction::new(label, vec![Edit::Sheet { sheet, edit }]))?;
    app.show_sheet(sheet);
    Ok(())
}

fn add(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let workbook = app.document.engine().workbook();
    let name = match &call.argument {
        Some(name) => name.trim().to_owned(),
        None => numbered(workbook),
    };
    let sheet = workbook.next_sheet();
    let place = SheetEdit::Move(position(app, app.sheet()));
    let edits = vec![
        Edit::AddSheet {
            name: name.as_str().into(),
        },
        Edit::Sheet { sheet, edit: place },
    ];
    app.apply(&Transaction::new("Add a sheet", edits))?;
    app.show_sheet(sheet);
    Ok(())
}

/// The first of Sheet1, Sheet2, … that is not taken.
fn numbered(workbook: &Workbook) -> String {
    (1..)
        .map(|number| format!("Sheet{number}"))
        .find(|name| workbook.sheet_named(name).is_none())
        .unwrap_or_default()
}

fn copy(app: &mut App, _: &Call) -> Result<(), Refusal> {
    let sheet = app.sheet();
    let workbook = app.document.engine().workbook();
    let name = workbook.unique_sheet_name(&name(app, sheet)).into();
    let position = position(app, sheet) + 1;
    let edit = SheetEdit::Copy { name, position };
    let copy = workbook.next_sheet();
    let edits = vec![Edit::Sheet { sheet, edit }];
    let beside = xlsx::beside_cells(workbook, sheet);
    app.apply(&Transaction::new("Copy the sheet", edits))?;
    app.show_sheet(copy);
    if let Some((last, others)) = beside.split_last() {
        let what = match others {
            [] => (*last).to_owned(),
            others => format!("{} and {last}", others.join(", ")),
        };
        app.warn(format!("Not copied, on the original only: {what}"));
    }
    Ok(())
}

fn move_by(app: &mut App, by: i64) -> Result<(), Refusal> {
    let last = app.document.engine().workbook().order().len() as i64 - 1;
    let place = (position(app, app.sheet()) as i64 + by).clamp(0, last.max(0));
    edit(app, "Move the sheet", SheetEdit::Move(place as usize))
}

fn unhide(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let workbook = app.document.engine().workbook();
    let hidden: Vec<SheetId> = workbook
        .order()
        .iter()
        .copied()
        .filter(|&id| workbook.sheet(id).visibility == Visibility::Hidden)
        .collect();
    let Some(&first) = hidden.first() else {
        return Err(Refusal::new("no sheet is hidden"));
    };
    let sheet = match &call.argument {
        None if hidden.len() > 1 => {
            let initial = name(app, first);
            app.ask("sheet.unhide", "Name of a hidden sheet", &initial);
            return Ok(());
        }
        None => first,
        Some(wanted) => {
            let named = workbook.sheet_named(wanted.trim());
            named
                .filter(|id| hidden.contains(id))
                .ok_or_else(|| Refusal::new(format!("there is no hidden sheet \"{wanted}\"")))?
        }
    };
    let edit = SheetEdit::Show(Visibility::Visible);
    app.apply(&Transaction::new(
        "Unhide a sheet",
        vec![Edit::Sheet { sheet, edit }],
    ))?;
    app.show_sheet(sheet);
    Ok(())
}
