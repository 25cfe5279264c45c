//! Filling cells from their neighbours.

use super::{Call, Command, Refusal};
use crate::grid::{Area, Axis, MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::tui::app::App;
use crate::tui::selection::Selection;
use crate::workbook::{Cells, Direction, FillKind, Series, SeriesKind, Towards};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "fill.down",
        "Fill down",
        "Copies the first selected row, or the one above, over the others.",
        |app, _| fill(app, Direction::Down),
    )
    .keys(&["Ctrl+D"])
    .repeats(),
    Command::grid(
        "fill.right",
        "Fill right",
        "Copies the first selected column, or the one before, over the others.",
        |app, _| fill(app, Direction::Right),
    )
    .keys(&["Ctrl+R"])
    .repeats(),
    Command::grid(
        "fill.up",
        "Fill up",
        "Copies the last selected row over those above.",
        |app, _| fill(app, Direction::Up),
    )
    .repeats(),
    Command::grid(
        "fill.left",
        "Fill left",
        "Copies the last selected column over those before.",
        |app, _| fill(app, Direction::Left),
    )
    .repeats(),
    Command::grid(
        "fill.auto",
        "Fill as the fill handle does",
        "Goes on in the selection with what its first filled rows or columns begin: 1, 2 or Mon, Tue. A selection without blank lines goes on below, as far down as the cells beside it reach.",
        auto,
    )
    .keys(&["Ctrl+E"])
    .repeats(),
    Command::grid(
        "fill.series",
        "Fill a series",
        "Fills the selection with numbers from its first cell on, a step apart.",
        series,
    )
    .repeats(),
];

fn fill(app: &mut App, direction: Direction) -> Result<(), Refusal> {
    let area = app.selected_area();
    let transaction = app.document.engine().workbook().fill(area, direction)?;
    app.apply_in(transaction, area)
}

/// Fills from the rows (or, in a wide selection, columns) that hold something
/// at the selection's beginning. Where all do, fills down beside the
/// neighbours, as a double click on the fill handle does.
fn auto(app: &mut App, _: &Call) -> Result<(), Refusal> {
    let target = app.selected_area();
    let workbook = app.document.engine().workbook();
    let sheet = workbook.sheet(target.sheet);
    let axis = match target.rect.cols() > target.rect.rows() {
        true => Axis::Columns,
        false => Axis::Rows,
    };
    let (first, last) = axis.span(&target.rect);
    let filled = |line: u32| {
        let cells = axis.with_span(target.rect, (line, line));
        sheet.cells.iter(cells).next().is_some() || !sheet.runs.intersecting(cells).is_empty()
    };
    let end = (first..=last).take_while(|&line| filled(line)).last();
    let refusal = || {
        Refusal::new(
            "select the cells to go on from and those to fill, for example two numbers and the empty cells below",
        )
    };
    let (source, filled) = match end.ok_or_else(refusal)? {
        end if end < last => (axis.with_span(target.rect, (first, end)), target.rect),
        _ => {
            let bottom = depth_beside(&sheet.cells, target.rect).ok_or_else(refusal)?;
            let deep = Rect {
                bottom,
                ..target.rect
            };
            (target.rect, deep)
        }
    };
    let area = |rect| Area { rect, ..target };
    let transaction = workbook.auto_fill(area(source), area(filled), FillKind::Auto)?;
    app.apply_in(transaction, area(filled))?;
    if filled != target.rect {
        app.select(Selection::rect(filled));
    }
    Ok(())
}

/// The last row of the filled cells that stand left of an area, else right of
/// it, and go on below it.
fn depth_beside(cells: &Cells, rect: Rect) -> Option<u32> {
    let below = rect.bottom + 1;
    let goes_on = |&col: &u32| {
        let filled = |row| !cells.get(Pos::new(row, col)).is_blank();
        filled(rect.bottom) && filled(below)
    };
    let beside = [rect.left.checked_sub(1), Some(rect.right + 1)];
    let mut beside = beside.into_iter().flatten().filter(|col| *col < MAX_COLS);
    let col = beside.find(goes_on).filter(|_| below < MAX_ROWS)?;
    Some(cells.edge(Pos::new(rect.bottom, col), Towards::Down).row)
}

fn series(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let Some(argument) = &call.argument else {
        app.ask("fill.series", "Step (or STEP to STOP, or *FACTOR)", "1");
        return Ok(());
    };
    let bad = || Refusal::new(format!("\"{argument}\" is no step: say 1, 0.5 to 10 or *2"));
    let (kind, text) = match argument.trim().strip_prefix('*') {
        Some(rest) => (SeriesKind::Growth, rest),
        None => (SeriesKind::Linear, argument.trim()),
    };
    let (step, stop) = match text.split_once("to") {
        Some((step, stop)) => (step, Some(stop)),
        None => (text, None),
    };
    let number = |text: &str| crate::value::parse_number(text.trim()).ok_or_else(bad);
    let area = app.selected_area();
    let series = Series {
        kind,
        along: match area.rect.cols() > area.rect.rows() {
            true => Axis::Columns,
            false => Axis::Rows,
        },
        step: number(step)?,
        stop: stop.map(number).transpose()?,
        trend: false,
    };
    let transaction = app.document.engine().workbook().fill_series(area, series)?;
    app.apply_in(transaction, area)
}
