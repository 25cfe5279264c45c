//! Moving and selecting.

use super::{Call, Command, Refusal};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::tui::app::App;
use crate::tui::selection::Selection;

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
            let at = app.selection().active();
            app.select(Selection::cell(Pos::new(at.row, 0)));
            Ok(())
        },
    )
    .keys(&["Home"])
    .vim(&["0"]),
    Command::grid(
        "go.start",
        "Start of the sheet",
        "Moves to the first cell.",
        |app, _| {
            app.select(Selection::cell(Pos::new(0, 0)));
            Ok(())
        },
    )
    .keys(&["Ctrl+Home"])
    .vim(&["g g"]),
    Command::grid(
        "go.end",
        "End of the sheet",
        "Moves to the last used row and column.",
        |app, _| {
            let used = app
                .document
                .engine()
                .workbook()
                .sheet(app.sheet())
                .cells
                .used();
            let end = used.map_or(Pos::new(0, 0), |used| Pos::new(used.bottom, used.right));
            app.select(Selection::cell(end));
            Ok(())
        },
    )
    .keys(&["Ctrl+End"])
    .vim(&["G"]),
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
    .keys(&["Shift+Space"])
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
];

fn step(app: &mut App, call: &Call, rows: i64, cols: i64) -> Result<(), Refusal> {
    let times = i64::from(call.times());
    let to = moved(app, app.selection().active(), rows * times, cols * times);
    app.select(Selection::cell(to));
    Ok(())
}

fn extend(app: &mut App, call: &Call, rows: i64, cols: i64) -> Result<(), Refusal> {
    let times = i64::from(call.times());
    let to = moved(app, app.selection().moving(), rows * times, cols * times);
    app.selection_mut().extend(to);
    app.reveal(to);
    Ok(())
}

/// So many visible rows and columns further, within the sheet.
pub fn moved(app: &App, from: Pos, rows: i64, cols: i64) -> Pos {
    let sheet = app.document.engine().workbook().sheet(app.sheet());
    let row_hidden = |row: u32| sheet.rows.get(&row).is_some_and(|props| props.hidden);
    let col_hidden = |col: u32| sheet.columns.get(&col).is_some_and(|props| props.hidden);
    Pos::new(
        walk(from.row, rows, MAX_ROWS, row_hidden),
        walk(from.col, cols, MAX_COLS, col_hidden),
    )
}

/// The place `by` steps from `from`, counting only what is not hidden; the
/// last such place where there are not so many.
fn walk(from: u32, by: i64, size: u32, hidden: impl Fn(u32) -> bool) -> u32 {
    let mut at = from;
    let mut reached = from;
    for _ in 0..by.unsigned_abs() {
        loop {
            let next = if by > 0 {
                at.checked_add(1)
            } else {
                at.checked_sub(1)
            };
            match next.filter(|next| *next < size) {
                Some(next) => at = next,
                None => return reached,
            }
            if !hidden(at) {
                break;
            }
        }
        reached = at;
    }
    reached
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
        let hidden = |row| row == 2 || row == 3 || row == 9;
        assert_eq!(walk(1, 1, 10, hidden), 4);
        assert_eq!(walk(4, -1, 10, hidden), 1);
        assert_eq!(walk(8, 5, 10, hidden), 8);
        assert_eq!(walk(1, -9, 10, hidden), 0);
    }
}
