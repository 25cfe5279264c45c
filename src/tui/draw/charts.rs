//! The charts panel.

use super::lines::line_at;
use super::plot::{Layer, Mark, Scale, plot};
use crate::tui::app::App;
use crate::tui::mode::Mode;
use crate::tui::panel::PanelKind;
use crate::value::format::printable;
use crate::workbook::ChartKind;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub fn charts(app: &App, area: Screen, frame: &mut Frame) {
    let charts = &app.panels.charts;
    let theme = &app.theme;
    let line = |index| line_at(area, index);
    let Some(chart) = charts.charts.get(charts.chosen) else {
        for (index, said) in [
            "Select cells in the grid and choose",
            "a chart in the palette (Ctrl+P).",
        ]
        .into_iter()
        .enumerate()
        {
            frame.render_widget(Line::styled(said, theme.dim()), line(index));
        }
        return;
    };
    let workbook = app.document.engine().workbook();
    match &app.mode {
        Mode::Field(field) if field.panel == PanelKind::Charts => {
            super::overlay::input_line(&field.input, "", line(0), frame);
        }
        _ => {
            let title = printable(&chart.title(workbook)).into_owned();
            frame.render_widget(Line::styled(title, theme.header_active()), line(0));
            let which = format!("{} of {}", charts.chosen + 1, charts.charts.len());
            frame.render_widget(Line::styled(which, theme.dim()).right_aligned(), line(0));
        }
    }
    let series = charts.series();
    let names: Vec<Span> = series
        .iter()
        .enumerate()
        .map(|(index, series)| {
            let name = printable(&series.name);
            Span::styled(format!("■ {name}  "), Style::new().fg(theme.series(index)))
        })
        .collect();
    frame.render_widget(Line::from(names), line(1));
    let bars = matches!(chart.kind, ChartKind::Column | ChartKind::Histogram);
    // Bars stand on 0.
    let base = (bars && !chart.log).then_some(0.0);
    let points = || series.iter().flat_map(|series| series.points.iter());
    let x = Scale::of(points().map(|p| p.0), false);
    let y = Scale::of(points().map(|p| p.1).chain(base), chart.log);
    let (Some(x), Some(y)) = (x, y) else {
        frame.render_widget(Line::styled("No value can be shown.", theme.dim()), line(3));
        return;
    };
    let mark = match chart.kind {
        ChartKind::Line => Mark::Line,
        ChartKind::Scatter => Mark::Dots,
        ChartKind::Column | ChartKind::Histogram => Mark::Bars,
    };
    let layers: Vec<Layer> = series
        .iter()
        .enumerate()
        .map(|(index, series)| Layer {
            points: series.points.clone(),
            mark,
            colour: theme.series(index),
        })
        .collect();
    let drawn = Screen {
        y: area.y + 2,
        height: area.height.saturating_sub(2),
        ..area
    };
    plot(drawn, (&x, &y), &layers, theme, frame.buffer_mut());
}
