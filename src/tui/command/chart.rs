//! The charts panel.

use super::{Call, Command, Refusal};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::tui::app::App;
use crate::tui::mode::Context;
use crate::tui::panel::PanelKind;
use crate::tui::panel::charts::{KINDS, Plotted};
use crate::workbook::{ChartKind, Edit, Transaction};

const CHARTS: &[Context] = &[Context::Panel(PanelKind::Charts)];

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "chart.line",
        "Line chart",
        "Draws the columns of the selected cells as lines.",
        |app, _| add(app, ChartKind::Line),
    ),
    Command::grid(
        "chart.scatter",
        "Scatter chart",
        "Draws the selected cells as points, the first column across.",
        |app, _| add(app, ChartKind::Scatter),
    ),
    Command::grid(
        "chart.column",
        "Column chart",
        "Draws the columns of the selected cells as bars.",
        |app, _| add(app, ChartKind::Column),
    ),
    Command::grid(
        "chart.histogram",
        "Histogram",
        "Draws how often values occur in the selected cells.",
        |app, _| add(app, ChartKind::Histogram),
    ),
    Command::new(
        "chart.next",
        "Next chart",
        "Shows the next chart.",
        CHARTS,
        |app, _| flip(app, 1),
    )
    .keys(&["Right", "PgDn", "Tab"]),
    Command::new(
        "chart.previous",
        "Previous chart",
        "Shows the chart before.",
        CHARTS,
        |app, _| flip(app, -1),
    )
    .keys(&["Left", "PgUp", "Shift+Tab"]),
    Command::new(
        "chart.kind",
        "Kind of chart",
        "Draws the same cells as another kind of chart.",
        CHARTS,
        |app, _| {
            change(app, |chart| {
                let at = KINDS.iter().position(|kind| *kind == chart.kind);
                chart.kind = KINDS[(at.unwrap_or(0) + 1) % KINDS.len()];
            })
        },
    )
    .keys(&["Space"]),
    Command::new(
        "chart.log",
        "Logarithmic axis",
        "Shows values by their logarithms, or as they are.",
        CHARTS,
        |app, _| change(app, |chart| chart.log = !chart.log),
    )
    .keys(&["Ctrl+L"]),
    Command::new(
        "chart.title",
        "Title",
        "Changes the title of the chart.",
        CHARTS,
        |app, _| {
            chosen(app)?;
            app.fill_in(None);
            Ok(())
        },
    )
    .keys(&["Enter", "F2"]),
    Command::new(
        "chart.insert",
        "Insert into the sheet",
        "Makes the chart part of the workbook, beside the used cells: Excel shows it.",
        CHARTS,
        |app, _| insert(app),
    )
    .keys(&["Insert"]),
    Command::new(
        "chart.remove",
        "Remove chart",
        "Takes the chart out of the panel.",
        CHARTS,
        |app, _| {
            chosen(app)?;
            let charts = &mut app.panels.charts;
            charts.charts.remove(charts.chosen);
            charts.chosen = charts.chosen.min(charts.charts.len().saturating_sub(1));
            Ok(())
        },
    )
    .keys(&["Delete"]),
];

/// Opens the panel, with a chart of the selected cells where there is none.
pub fn open(app: &mut App, _: &Call) -> Result<(), Refusal> {
    if app.panels.charts.charts.is_empty() && !app.selection().is_one_cell() {
        add(app, ChartKind::Line)?;
    }
    app.open_panel(PanelKind::Charts);
    Ok(())
}

fn add(app: &mut App, kind: ChartKind) -> Result<(), Refusal> {
    let workbook = app.document.engine().workbook();
    let chart = Plotted::of(workbook, app.sheet(), app.selection().areas(), kind)?;
    let charts = &mut app.panels.charts;
    charts.charts.push(chart);
    charts.chosen = charts.charts.len() - 1;
    app.open_panel(PanelKind::Charts);
    Ok(())
}

fn chosen(app: &mut App) -> Result<&mut Plotted, Refusal> {
    let charts = &mut app.panels.charts;
    let chart = charts.charts.get_mut(charts.chosen);
    chart.ok_or_else(|| Refusal::new("there is no chart: select cells in the grid and draw one"))
}

/// Gives the chosen chart a title.
pub(super) fn set_title(app: &mut App, title: &str) -> Result<(), Refusal> {
    change(app, |chart| title.trim().clone_into(&mut chart.title))
}

/// Changes the chosen chart, and with it what was inserted of it into sheets.
fn change(app: &mut App, change: impl FnOnce(&mut Plotted)) -> Result<(), Refusal> {
    let chart = chosen(app)?;
    let before = chart.clone();
    change(chart);
    let after = chart.clone();
    let workbook = app.document.engine().workbook();
    let mut edits = Vec::new();
    for &sheet in workbook.order() {
        let mut charts = workbook.sheet(sheet).charts.clone();
        let mut changed = false;
        for drawn in &mut charts {
            let anchor = drawn.anchor;
            if before
                .drawing(workbook, anchor)
                .is_ok_and(|old| old == *drawn)
            {
                *drawn = after.drawing(workbook, anchor)?;
                changed = true;
            }
        }
        if changed {
            edits.push(Edit::SetCharts { sheet, charts });
        }
    }
    match edits.is_empty() {
        true => Ok(()),
        false => app.apply(&Transaction::new("Change chart", edits)),
    }
}

fn flip(app: &mut App, by: isize) -> Result<(), Refusal> {
    super::panel::step(app, PanelKind::Charts, by);
    Ok(())
}

/// The cells that an inserted chart covers.
const SIZE: (u32, u32) = (18, 8);

fn insert(app: &mut App) -> Result<(), Refusal> {
    let chart = chosen(app)?.clone();
    let sheet = app.sheet();
    let workbook = app.document.engine().workbook();
    let used = workbook.sheet(sheet).cells.used();
    let mut charts = workbook.sheet(sheet).charts.clone();
    // Beside the cells, each below the one before.
    let left = used.map_or(0, |used| used.right + 2).min(MAX_COLS - SIZE.1);
    let top = charts.iter().map(|chart| chart.anchor.bottom + 2).max();
    let top = top.unwrap_or(0).min(MAX_ROWS - SIZE.0);
    let corner = Pos::new(top + SIZE.0 - 1, left + SIZE.1 - 1);
    let anchor = Rect::new(Pos::new(top, left), corner);
    charts.push(chart.drawing(workbook, anchor)?);
    let name = workbook.sheet(sheet).name.clone();
    let edit = Edit::SetCharts { sheet, charts };
    app.apply(&Transaction::new("Insert chart", vec![edit]))?;
    let counts = match chart.kind {
        ChartKind::Histogram => "; there its counts stay what they are now",
        _ => "",
    };
    app.say(format!(
        "The chart is part of {name}, over {anchor}: other programs show it once it is saved{counts}"
    ));
    Ok(())
}
