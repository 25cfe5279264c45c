//! Widths, hidden rows and columns, frozen panes, merged cells.

use super::{Call, Command, Refusal};
use crate::grid::{Axis, Rect};
use crate::tui::app::App;
use crate::tui::mode::{Confirm, Mode};
use crate::workbook::{ColumnChange, Edit, LayoutEdit, Panes, RowChange, Transaction};
use unicode_width::UnicodeWidthStr;

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "columns.width",
        "Column width",
        "Sets the width of the selected columns in characters.",
        width,
    ),
    Command::grid(
        "columns.fit",
        "Fit column width",
        "Makes the selected columns as wide as what they show.",
        fit,
    ),
    Command::grid(
        "columns.wider",
        "Wider column",
        "Makes the selected columns a character wider.",
        |app, call| wider(app, f64::from(call.times())),
    )
    .vim(&[">"]),
    Command::grid(
        "columns.narrower",
        "Narrower column",
        "Makes the selected columns a character narrower.",
        |app, call| wider(app, -f64::from(call.times())),
    )
    .vim(&["<"]),
    Command::grid(
        "columns.hide",
        "Hide columns",
        "Hides the selected columns.",
        |app, _| hide(app, Axis::Columns, true),
    ),
    Command::grid(
        "columns.unhide",
        "Unhide columns",
        "Shows hidden columns within the selection.",
        |app, _| hide(app, Axis::Columns, false),
    ),
    Command::grid(
        "rows.hide",
        "Hide rows",
        "Hides the selected rows.",
        |app, _| hide(app, Axis::Rows, true),
    ),
    Command::grid(
        "rows.unhide",
        "Unhide rows",
        "Shows hidden rows within the selection.",
        |app, _| hide(app, Axis::Rows, false),
    ),
    Command::grid(
        "view.freeze",
        "Freeze panes",
        "Keeps the rows above and the columns left of the active cell in view, or no longer.",
        freeze,
    ),
    Command::grid(
        "edit.merge",
        "Merge cells",
        "Makes one cell of the selected ones.",
        merge,
    ),
    Command::grid(
        "edit.unmerge",
        "Unmerge cells",
        "Takes merged cells apart.",
        |app, _| {
            let area = app.selected_area();
            let transaction = app.document.engine().workbook().unmerge(area);
            app.apply(&transaction)
        },
    ),
];

fn layout(app: &mut App, label: &str, edit: LayoutEdit) -> Result<(), Refusal> {
    let sheet = app.sheet();
    app.apply(&Transaction::new(label, vec![Edit::Layout { sheet, edit }]))
}

/// Gives columns a width, in characters.
pub fn set_width(app: &mut App, first: u32, last: u32, width: f64) -> Result<(), Refusal> {
    let change = ColumnChange::Width(Some(width));
    layout(
        app,
        "Column width",
        LayoutEdit::Columns {
            first,
            last,
            change,
        },
    )
}

/// Excel's width of a column where a file says nothing.
const DEFAULT_WIDTH: f64 = 8.43;

fn width_of(app: &App, col: u32) -> f64 {
    let workbook = app.document.engine().workbook();
    let props = workbook.sheet(app.sheet()).columns.get(&col);
    props.and_then(|props| props.width).unwrap_or(DEFAULT_WIDTH)
}

fn width(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let rect = app.selection().last();
    let Some(text) = &call.argument else {
        let now = width_of(app, rect.left).to_string();
        app.ask("columns.width", "Width in characters", &now);
        return Ok(());
    };
    let width = crate::value::parse_number(text).ok_or_else(|| {
        Refusal::new(format!(
            "\"{text}\" is no width: say a number of characters"
        ))
    })?;
    set_width(app, rect.left, rect.right, width)
}

fn wider(app: &mut App, by: f64) -> Result<(), Refusal> {
    let rect = app.selection().last();
    let width = (width_of(app, rect.left).round() + by).max(1.0);
    set_width(app, rect.left, rect.right, width)
}

/// The most cells of a column that are looked at for its width.
const FIT_CELLS: usize = 5_000;

fn fit(app: &mut App, _: &Call) -> Result<(), Refusal> {
    let rect = app.selection().last();
    fit_columns(app, rect.left, rect.right)
}

/// Makes columns as wide as what they show.
pub fn fit_columns(app: &mut App, first: u32, last: u32) -> Result<(), Refusal> {
    let sheet = app.sheet();
    let engine = app.document.engine();
    let cells = &engine.workbook().sheet(sheet).cells;
    let Some(used) = cells.used() else {
        return Ok(());
    };
    let mut edits = Vec::new();
    for col in first.max(used.left)..=last.min(used.right) {
        let column = Rect {
            left: col,
            right: col,
            ..used
        };
        let widest = cells
            .iter(column)
            .take(FIT_CELLS)
            .map(|(pos, _)| engine.display(crate::grid::Cell { sheet, pos }).width())
            .max();
        if let Some(widest) = widest {
            let change = ColumnChange::Width(Some((widest as f64).clamp(1.0, 80.0)));
            let edit = LayoutEdit::Columns {
                first: col,
                last: col,
                change,
            };
            edits.push(Edit::Layout { sheet, edit });
        }
    }
    app.apply(&Transaction::new("Fit column width", edits))
}

fn hide(app: &mut App, axis: Axis, hidden: bool) -> Result<(), Refusal> {
    let (first, last) = axis.span(&app.selection().last());
    let label = if hidden { "Hide" } else { "Unhide" };
    let edit = match axis {
        Axis::Columns => LayoutEdit::Columns {
            first,
            last,
            change: ColumnChange::Hidden(hidden),
        },
        Axis::Rows => LayoutEdit::Rows {
            first,
            last,
            change: RowChange::Hidden(hidden),
        },
    };
    layout(app, label, edit)
}

fn freeze(app: &mut App, _: &Call) -> Result<(), Refusal> {
    let workbook = app.document.engine().workbook();
    let frozen = workbook.sheet(app.sheet()).panes.is_some();
    let at = app.selection().active();
    let panes = match (frozen, at.row + at.col) {
        (true, _) => None,
        (false, 0) => {
            return Err(Refusal::new(
                "go to the first cell that is to scroll: what is above and left of it stays",
            ));
        }
        _ => Some(Panes {
            frozen_rows: at.row,
            frozen_cols: at.col,
        }),
    };
    layout(app, "Freeze panes", LayoutEdit::Panes(panes))
}

fn merge(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let area = app.selected_area();
    if area.rect.is_cell() {
        return Err(Refusal::new("select the cells to merge"));
    }
    let merging = app.document.engine().workbook().merge(area)?;
    if !merging.lost.is_empty() && call.argument.as_deref() != Some("yes") {
        app.mode = Mode::Confirm(Confirm::new(
            format!(
                "Merging keeps the first value and loses {} others.",
                merging.lost.len()
            ),
            [
                ('m', "Merge", Some(("edit.merge", Some("yes".to_owned())))),
                ('c', "Cancel", None),
            ],
        ));
        return Ok(());
    }
    app.apply(&merging.transaction)
}
