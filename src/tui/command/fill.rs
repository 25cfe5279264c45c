//! Filling cells from their neighbours.

use super::{Call, Command, Refusal};
use crate::grid::{Area, Axis};
use crate::tui::app::App;
use crate::workbook::{Direction, FillKind, Series, SeriesKind};

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
        "Goes on in the selection with what its first filled rows or columns begin: 1, 2 or Mon, Tue.",
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

fn selected(app: &App) -> Area {
    Area {
        sheet: app.sheet(),
        rect: app.selection().last(),
    }
}

fn fill(app: &mut App, direction: Direction) -> Result<(), Refusal> {
    let area = selected(app);
    let transaction = app.document.engine().workbook().fill(area, direction)?;
    app.apply_in(transaction, area)
}

/// Fills from the rows (or, in a wide selection, columns) that hold something
/// at the selection's beginning.
fn auto(app: &mut App, _: &Call) -> Result<(), Refusal> {
    let target = selected(app);
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
    let Some(end) = end.filter(|end| *end < last) else {
        return Err(Refusal::new(
            "select the cells to go on from and those to fill, for example two numbers and the empty cells below",
        ));
    };
    let source = Area {
        rect: axis.with_span(target.rect, (first, end)),
        ..target
    };
    let transaction = workbook.auto_fill(source, target, FillKind::Auto)?;
    app.apply_in(transaction, target)
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
    let area = selected(app);
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
