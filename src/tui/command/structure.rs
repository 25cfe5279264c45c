//! Inserting and deleting rows and columns.

use super::{Call, Command, Refusal};
use crate::grid::{Axis, Shift, ShiftKind};
use crate::tui::app::App;
use crate::workbook::{Edit, Transaction};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "rows.insert",
        "Insert rows",
        "Inserts as many rows as are selected, above them.",
        |app, call| shift(app, call, Axis::Rows, ShiftKind::Insert),
    )
    .keys(&["Alt+Insert"])
    .vim(&["O"])
    .repeats(),
    Command::grid(
        "rows.delete",
        "Delete rows",
        "Deletes the rows of the selection.",
        |app, call| shift(app, call, Axis::Rows, ShiftKind::Delete),
    )
    .keys(&["Alt+Delete"])
    .vim(&["d r"])
    .repeats(),
    Command::grid(
        "columns.insert",
        "Insert columns",
        "Inserts as many columns as are selected, left of them.",
        |app, call| shift(app, call, Axis::Columns, ShiftKind::Insert),
    )
    .keys(&["Alt+Shift+Insert"])
    .vim(&["I"])
    .repeats(),
    Command::grid(
        "columns.delete",
        "Delete columns",
        "Deletes the columns of the selection.",
        |app, call| shift(app, call, Axis::Columns, ShiftKind::Delete),
    )
    .keys(&["Alt+Shift+Delete"])
    .vim(&["d c"])
    .repeats(),
];

/// Inserts or deletes the lines of the last selected area, or `count` from the
/// active cell's on.
fn shift(app: &mut App, call: &Call, axis: Axis, kind: ShiftKind) -> Result<(), Refusal> {
    let selection = app.selection();
    let spans = match call.count {
        Some(count) => vec![(axis.line(selection.active()), count)],
        None => {
            let area = app.selected_area();
            // Rows that a filter hides stay where others are deleted.
            let rects = match (axis, kind) {
                (Axis::Rows, ShiftKind::Delete) => {
                    app.document.engine().workbook().shown_parts(area)
                }
                _ => vec![area.rect],
            };
            let spans = rects.iter().map(|rect| axis.span(rect));
            spans
                .map(|(first, last)| (first, last - first + 1))
                .collect()
        }
    };
    let (verb, lines) = (
        match kind {
            ShiftKind::Insert => "Insert",
            ShiftKind::Delete => "Delete",
        },
        match axis {
            Axis::Rows => "rows",
            Axis::Columns => "columns",
        },
    );
    let sheet = app.sheet();
    // From the end, so that none moves another.
    let edits = spans.into_iter().rev().map(|(at, count)| Edit::Shift {
        sheet,
        shift: Shift {
            axis,
            kind,
            at,
            count,
        },
    });
    app.apply(&Transaction::new(
        format!("{verb} {lines}"),
        edits.collect(),
    ))
}
