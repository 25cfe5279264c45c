//! Tables.

use super::data::{has_header, region};
use super::{Call, Command, Refusal};
use crate::grid::{Area, Axis, Rect, Shift, ShiftKind};
use crate::tui::app::App;
use crate::tui::mode::{Confirm, Mode};
use crate::tui::selection::Selection;
use crate::workbook::{Edit, Table, TableEdit, Transaction};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "table.create",
        "Make a table",
        "Makes a table of the selected cells, or of the region around the active cell; its first row holds the headers.",
        create,
    )
    .keys(&["Ctrl+T"]),
    Command::grid(
        "table.resize",
        "Resize the table",
        "Gives the table around the active cell other cells; its headers stay in their row.",
        resize,
    ),
    Command::grid(
        "table.rename",
        "Rename the table",
        "Gives the table around the active cell another name; formulas follow.",
        |app, call| {
            let table = here(app)?;
            let Some(to) = &call.argument else {
                app.ask("table.rename", "Name of the table", &table.name);
                return Ok(());
            };
            let (table, to) = (table.name, to.trim().into());
            edit(app, "Rename the table", TableEdit::Rename { table, to })
        },
    ),
    Command::grid(
        "table.totals",
        "Total row",
        "Shows a row of totals below the table around the active cell, or takes it away.",
        |app, _| {
            let table = here(app)?;
            let shown = table.totals_rows == 0;
            let workbook = app.document.engine().workbook();
            let room = workbook.room_below(&table).filter(|_| shown);
            let table = table.name;
            let totals = Edit::Table(TableEdit::Totals { table, shown });
            let edits = room.into_iter().chain([totals]).collect();
            app.apply(&Transaction::new("Total row", edits))
        },
    ),
    Command::grid(
        "table.unroll",
        "Convert the table to cells",
        "Makes plain cells of the table around the active cell; formulas refer to them as before.",
        |app, _| {
            let table = here(app)?;
            // Without its filter its rows are seen.
            let workbook = app.document.engine().workbook();
            let filter = workbook.set_table_filter(&table, None).edits;
            let filter = filter.into_iter().filter(|_| table.buttons);
            let unroll = Edit::Table(TableEdit::Unroll { table: table.name });
            let edits = filter.chain([unroll]).collect();
            app.apply(&Transaction::new("Convert the table to cells", edits))
        },
    ),
];

/// The table around the active cell.
fn here(app: &App) -> Result<Table, Refusal> {
    let cell = app.active_cell();
    let tables = &app.document.engine().workbook().tables;
    let table = tables.at(cell.sheet, cell.pos).cloned();
    table.ok_or_else(|| Refusal::new("the active cell lies in no table: go to a cell of one"))
}

fn edit(app: &mut App, label: &str, edit: TableEdit) -> Result<(), Refusal> {
    app.apply(&Transaction::new(label, vec![Edit::Table(edit)]))
}

fn create(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let mut area = region(app);
    let workbook = app.document.engine().workbook();
    let nothing = workbook
        .sheet(area.sheet)
        .cells
        .iter(area.rect)
        .next()
        .is_none();
    if nothing && area.rect.is_cell() {
        return Err(Refusal::new(
            "there is nothing around the active cell: select the cells of the table",
        ));
    }
    let mut edits = Vec::new();
    match call.argument.as_deref() {
        Some("insert") => {
            edits.push(Edit::Shift {
                sheet: area.sheet,
                shift: Shift {
                    axis: Axis::Rows,
                    kind: ShiftKind::Insert,
                    at: area.rect.top,
                    count: 1,
                },
            });
            area.rect.bottom += 1;
        }
        Some(_) => {}
        None if nothing || has_header(app, area) => {}
        None => {
            ask_for_headers(app, area.rect);
            return Ok(());
        }
    }
    let name = workbook.free_table_name();
    edits.push(Edit::Table(TableEdit::Create {
        name: name.as_str().into(),
        area,
    }));
    app.apply(&Transaction::new(format!("Make {name}"), edits))?;
    let tables = &app.document.engine().workbook().tables;
    let made = tables.get(&name).map_or(area.rect, |table| table.area.rect);
    app.select(Selection::rect(made));
    app.say(format!("{name} in {made}"));
    Ok(())
}

/// Asks where the headers are when the first row does not look like them.
fn ask_for_headers(app: &mut App, rect: Rect) {
    let run = |how: &str| Some(("table.create", Some(how.to_owned())));
    app.mode = Mode::Confirm(Confirm::new(
        format!("Does the first row of {rect} hold the headers of its columns?"),
        [
            ('h', "It holds the headers, as texts", run("headers")),
            ('i', "Insert a row of headers above it", run("insert")),
            ('c', "Cancel", None),
        ],
    ));
}

fn resize(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let table = here(app)?;
    let Some(text) = &call.argument else {
        let now = table.area.rect.to_string();
        app.ask("table.resize", "Cells of the table", &now);
        return Ok(());
    };
    let workbook = app.document.engine().workbook();
    let areas = workbook.parse_areas(text, table.area.sheet)?;
    let &[Area { sheet, rect }] = areas.as_slice() else {
        return Err(Refusal::new("a table is one rectangle: A1:C9"));
    };
    if sheet != table.area.sheet {
        return Err(Refusal::new("a table stays on its sheet"));
    }
    let table = table.name;
    edit(app, "Resize the table", TableEdit::Resize { table, rect })
}
