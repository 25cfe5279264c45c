//! Moving and selecting.

use super::{Call, Command, Refusal};
use crate::grid::{Axis, MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::tui::app::App;
use crate::tui::selection::Selection;
use crate::workbook::{Towards, Tracked};

pub const COMMANDS: &[Command] = &[
    Command::grid("go.down", "Down", "Moves one cell down.", |app, call| {
        step(app, call, 1, 0)
    })
    .keys(&["Down", "Enter"])
    .vim(&["j"]),
    Command::grid("go.up", "Up", "Moves one cell up.", |app, call| {
        step(app, call, -1, 0)
    })
    .keys(&["Up", "Shift+Enter"])
    .vim(&["k"]),
    Command::grid(
        "go.left",
        "Left",
        "Moves one cell to the left.",
        |app, call| step(app, call, 0, -1),
    )
    .keys(&["Left", "Shift+Tab"])
    .vim(&["h"]),
    Command::grid(
        "go.right",
        "Right",
        "Moves one cell to the right.",
        |app, call| step(app, call, 0, 1),
    )
    .keys(&["Right", "Tab"])
    .vim(&["l"]),
    Command::grid(
        "go.page-down",
        "Page down",
        "Moves one screen down.",
        |app, call| {
            let page = app.page().0 as i64;
            step(app, call, page, 0)
        },
    )
    .keys(&["PgDn"])
    .vim(&["Ctrl+F"]),
    Command::grid(
        "go.page-up",
        "Page up",
        "Moves one screen up.",
        |app, call| {
            let page = app.page().0 as i64;
            step(app, call, -page, 0)
        },
    )
    .keys(&["PgUp"])
    .vim(&["Ctrl+B"]),
    Command::grid(
        "go.page-right",
        "Page right",
        "Moves one screen to the right.",
        |app, call| {
            let page = app.page().1 as i64;
            step(app, call, 0, page)
        },
    )
    .keys(&["Alt+PgDn"]),
    Command::grid(
        "go.page-left",
        "Page left",
        "Moves one screen to the left.",
        |app, call| {
            let page = app.page().1 as i64;
            step(app, call, 0, -page)
        },
    )
    .keys(&["Alt+PgUp"]),
    Command::grid(
        "go.row-start",
        "Start of the row",
        "Moves to the first column.",
        |app, _| {
            let row = here(app).row;
            to(app, Pos::new(row, 0))
        },
    )
    .keys(&["Home"])
    .vim(&["0"]),
    Command::grid(
        "go.start",
        "Start of the sheet",
        "Moves to the first cell, or to the first one behind frozen rows and columns.",
        |app, _| {
            let panes = app.document.engine().workbook().sheet(app.sheet()).panes;
            let first = panes.map(|panes| Pos::new(panes.frozen_rows, panes.frozen_cols));
            to(app, first.unwrap_or(Pos::new(0, 0)))
        },
    )
    .keys(&["Ctrl+Home"])
    .vim(&["g g"]),
    Command::grid(
        "go.end",
        "End of the sheet",
        "Moves to the last used row and column; with a number before it, to that row.",
        |app, call| {
            if let Some(row) = call.count {
                return to_row(app, row);
            }
            let end = last_used(app);
            to(app, end)
        },
    )
    .keys(&["Ctrl+End"])
    .vim(&["G"]),
    Command::grid(
        "go.edge-down",
        "To the edge down",
        "Moves down to where filled cells end or begin.",
        |app, call| edge(app, call, Towards::Down),
    )
    .keys(&["Ctrl+Down"]),
    Command::grid(
        "go.edge-up",
        "To the edge up",
        "Moves up to where filled cells end or begin.",
        |app, call| edge(app, call, Towards::Up),
    )
    .keys(&["Ctrl+Up"]),
    Command::grid(
        "go.edge-left",
        "To the edge left",
        "Moves left to where filled cells end or begin.",
        |app, call| edge(app, call, Towards::Left),
    )
    .keys(&["Ctrl+Left"]),
    Command::grid(
        "go.edge-right",
        "To the edge right",
        "Moves right to where filled cells end or begin.",
        |app, call| edge(app, call, Towards::Right),
    )
    .keys(&["Ctrl+Right"])
    .vim(&["$"]),
    Command::grid(
        "select.edge-down",
        "Extend to the edge down",
        "Extends the selection down to where filled cells end or begin.",
        |app, _| {
            let to = edge_from(app, app.selection().moving(), Towards::Down);
            extend_to(app, to)
        },
    )
    .keys(&["Ctrl+Shift+Down"]),
    Command::grid(
        "select.edge-up",
        "Extend to the edge up",
        "Extends the selection up to where filled cells end or begin.",
        |app, _| {
            let to = edge_from(app, app.selection().moving(), Towards::Up);
            extend_to(app, to)
        },
    )
    .keys(&["Ctrl+Shift+Up"]),
    Command::grid(
        "select.edge-left",
        "Extend to the edge left",
        "Extends the selection left to where filled cells end or begin.",
        |app, _| {
            let to = edge_from(app, app.selection().moving(), Towards::Left);
            extend_to(app, to)
        },
    )
    .keys(&["Ctrl+Shift+Left"]),
    Command::grid(
        "select.edge-right",
        "Extend to the edge right",
        "Extends the selection right to where filled cells end or begin.",
        |app, _| {
            let to = edge_from(app, app.selection().moving(), Towards::Right);
            extend_to(app, to)
        },
    )
    .keys(&["Ctrl+Shift+Right"]),
    Command::grid(
        "select.start",
        "Extend to the start",
        "Extends the selection to the first cell.",
        |app, _| extend_to(app, Pos::new(0, 0)),
    )
    .keys(&["Ctrl+Shift+Home"]),
    Command::grid(
        "select.end",
        "Extend to the end",
        "Extends the selection to the last used row and column.",
        |app, _| {
            let end = last_used(app);
            extend_to(app, end)
        },
    )
    .keys(&["Ctrl+Shift+End"]),
    Command::grid(
        "select.all",
        "Select all",
        "Selects the table or the region around the active cell; where it is selected, the whole sheet.",
        |app, _| {
            let sheet = app.sheet();
            let workbook = app.document.engine().workbook();
            let selection = app.selection();
            let table = workbook.tables.at(sheet, selection.active());
            let region = match table {
                Some(table) => table.area.rect,
                None => workbook.sheet(sheet).cells.region(selection.active()),
            };
            let whole = Axis::Rows.lines(0, MAX_ROWS - 1);
            let rect = match selection.last() == region {
                true => whole,
                false => region,
            };
            *app.selection_mut() = Selection::rect(rect);
            Ok(())
        },
    )
    .keys(&["Ctrl+A"]),
    Command::grid(
        "go.to",
        "Go to",
        "Selects the cells of a reference or a name.",
        go_to,
    )
    .keys(&["Ctrl+G", "F5"])
    .short(&["goto"]),
    Command::grid(
        "select.down",
        "Extend down",
        "Extends the selection one cell down.",
        |app, call| extend(app, call, 1, 0),
    )
    .keys(&["Shift+Down"])
    .vim(&["J"]),
    Command::grid(
        "select.up",
        "Extend up",
        "Extends the selection one cell up.",
        |app, call| extend(app, call, -1, 0),
    )
    .keys(&["Shift+Up"])
    .vim(&["K"]),
    Command::grid(
        "select.left",
        "Extend left",
        "Extends the selection one cell to the left.",
        |app, call| extend(app, call, 0, -1),
    )
    .keys(&["Shift+Left"])
    .vim(&["H"]),
    Command::grid(
        "select.right",
        "Extend right",
        "Extends the selection one cell to the right.",
        |app, call| extend(app, call, 0, 1),
    )
    .keys(&["Shift+Right"])
    .vim(&["L"]),
    Command::grid(
        "select.rows",
        "Select rows",
        "Selects the whole rows of the selection.",
        |app, _| {
            app.selection_mut().whole_rows();
            Ok(())
        },
    )
    .keys(&["Shift+Space"]),
    Command::grid(
        "select.rows-extend",
        "Select and extend rows",
        "Selects whole rows; moving extends the selection, until Esc.",
        |app, _| {
            app.set_extending(true);
            app.selection_mut().whole_rows();
            Ok(())
        },
    )
    .vim(&["V"]),
    Command::grid(
        "select.columns",
        "Select columns",
        "Selects the whole columns of the selection.",
        |app, _| {
            app.selection_mut().whole_columns();
            Ok(())
        },
    )
    .keys(&["Ctrl+Space"]),
    Command::grid(
        "select.extend",
        "Extend selection",
        "Has moving extend the selection, until Esc.",
        |app, _| {
            let extending = !app.is_extending();
            app.set_extending(extending);
            Ok(())
        },
    )
    .keys(&["Ctrl+F8"])
    .vim(&["v"]),
    Command::grid(
        "select.add",
        "Add an area",
        "Begins another selected area: moving goes to its first cell, Shift with the arrows extends it.",
        |app, _| {
            app.set_extending(false);
            app.selection_mut().begin_area();
            Ok(())
        },
    )
    .keys(&["Shift+F8"])
    .vim(&["g a"]),
    Command::grid(
        "select.none",
        "Select one cell",
        "Selects the active cell alone and ends extending.",
        |app, _| {
            app.set_extending(false);
            let at = app.selection().active();
            *app.selection_mut() = Selection::cell(at);
            Ok(())
        },
    )
    .keys(&["Esc"]),
    Command::grid(
        "go.set-mark",
        "Set a mark",
        "Gives the active cell a letter to come back to.",
        |app, call| match letter(app, call, "go.set-mark")? {
            Some(letter) => {
                let cell = app.active_cell();
                app.marks.insert(letter, cell.into());
                Ok(())
            }
            None => Ok(()),
        },
    )
    .vim(&["m"]),
    Command::grid(
        "go.mark",
        "Go to a mark",
        "Goes to the cell that has a letter.",
        |app, call| match letter(app, call, "go.mark")? {
            Some(letter) => match app.marks.get(&letter).and_then(Tracked::cell) {
                Some(cell) => {
                    app.show_sheet(cell.sheet);
                    to(app, cell.pos)
                }
                None => Err(Refusal::new(format!("there is no mark {letter}"))),
            },
            None => Ok(()),
        },
    )
    .vim(&["'", "`"]),
];

/// Goes to a row by its number, in the column of the cursor.
pub(super) fn to_row(app: &mut App, row: u32) -> Result<(), Refusal> {
    let col = here(app).col;
    to(app, Pos::new(row.clamp(1, MAX_ROWS) - 1, col))
}

fn step(app: &mut App, call: &Call, rows: i64, cols: i64) -> Result<(), Refusal> {
    let times = i64::from(call.times());
    let there = moved(app, here(app), rows * times, cols * times);
    to(app, there)
}

/// The cell that movement starts from.
fn here(app: &App) -> Pos {
    let selection = app.selection();
    match app.is_extending() {
        true => selection.moving(),
        false => selection.active(),
    }
}

/// Moves to a cell, or extends the selection to it.
fn to(app: &mut App, at: Pos) -> Result<(), Refusal> {
    if app.is_extending() {
        app.selection_mut().extend(at);
        app.reveal(at);
    } else if app.selection().is_placing() {
        app.selection_mut().place(at);
        app.reveal(at);
    } else {
        app.select(Selection::cell(at));
    }
    Ok(())
}

fn extend(app: &mut App, call: &Call, rows: i64, cols: i64) -> Result<(), Refusal> {
    let times = i64::from(call.times());
    let to = moved(app, app.selection().moving(), rows * times, cols * times);
    extend_to(app, to)
}

fn extend_to(app: &mut App, to: Pos) -> Result<(), Refusal> {
    app.selection_mut().extend(to);
    app.reveal(to);
    Ok(())
}

fn edge(app: &mut App, call: &Call, towards: Towards) -> Result<(), Refusal> {
    let mut at = here(app);
    for _ in 0..call.times() {
        at = edge_from(app, at, towards);
    }
    to(app, at)
}

fn edge_from(app: &App, from: Pos, towards: Towards) -> Pos {
    let workbook = app.document.engine().workbook();
    workbook.sheet(app.sheet()).cells.edge(from, towards)
}

/// The last used row and column.
fn last_used(app: &App) -> Pos {
    let workbook = app.document.engine().workbook();
    let used = workbook.sheet(app.sheet()).cells.used();
    used.map_or(Pos::new(0, 0), |used| Pos::new(used.bottom, used.right))
}

/// So many visible rows and columns further, within the sheet.
pub fn moved(app: &App, from: Pos, rows: i64, cols: i64) -> Pos {
    let sheet = app.document.engine().workbook().sheet(app.sheet());
    let rows_on = |row: u32| match rows > 0 {
        true => Some(sheet.rows.next_shown(row + 1)),
        false => sheet.rows.previous_shown(row.checked_sub(1)?),
    };
    let hidden = |col: &u32| sheet.columns.get(col).is_some_and(|props| props.hidden);
    let columns_on = |col: u32| match cols > 0 {
        true => (col + 1..MAX_COLS).find(|col| !hidden(col)),
        false => (0..col).rev().find(|col| !hidden(col)),
    };
    Pos::new(
        walk(from.row, rows, MAX_ROWS, rows_on),
        walk(from.col, cols, MAX_COLS, columns_on),
    )
}

/// The place `by` steps from `from`; the last such place where there are not
/// so many. `on` leads from one that is not hidden to the next.
fn walk(from: u32, by: i64, size: u32, on: impl Fn(u32) -> Option<u32>) -> u32 {
    let mut reached = from;
    for _ in 0..by.unsigned_abs() {
        match on(reached).filter(|next| *next < size) {
            Some(next) => reached = next,
            None => break,
        }
    }
    reached
}

/// The letter that a command was called with; without one it is waited for.
fn letter(app: &mut App, call: &Call, command: &str) -> Result<Option<char>, Refusal> {
    let Some(argument) = &call.argument else {
        app.say("Which letter?");
        app.await_letter(command);
        return Ok(None);
    };
    let mut chars = argument.chars();
    match (chars.next(), chars.next()) {
        (Some(letter), None) if letter.is_alphabetic() => Ok(Some(letter)),
        _ => Err(Refusal::new("a mark is one letter")),
    }
}

fn go_to(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let Some(reference) = &call.argument else {
        app.ask("go.to", "Go to (a reference or a name)", "");
        return Ok(());
    };
    let workbook = app.document.engine().workbook();
    let areas = workbook.parse_areas(reference, app.sheet())?;
    let Some(first) = areas.first() else {
        return Err(Refusal::new("nothing is named"));
    };
    let first = *first;
    let from = app.active_cell();
    app.jumps.leave(from);
    app.show_sheet(first.sheet);
    let on_sheet: Vec<Rect> = areas
        .iter()
        .filter(|area| area.sheet == first.sheet)
        .map(|area| area.rect)
        .collect();
    let mut selection = Selection::rect(on_sheet[0]);
    for rect in &on_sheet[1..] {
        selection.add(*rect);
    }
    app.select(selection);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_rows_are_stepped_over_and_the_edge_is_not_left() {
        let hidden = |row: &u32| [2, 3, 9].contains(row);
        let down = |row: u32| (row + 1..).find(|row| !hidden(row) && *row < 20);
        let up = |row: u32| (0..row).rev().find(|row| !hidden(row));
        assert_eq!(walk(1, 1, 10, down), 4);
        assert_eq!(walk(4, -1, 10, up), 1);
        assert_eq!(walk(8, 5, 10, down), 8);
        assert_eq!(walk(1, -9, 10, up), 0);
    }
}
