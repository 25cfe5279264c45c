//! The sliders panel.

use super::lines::cell_name;
use super::plot::brief;
use super::spots::{Spot, Spots};
use crate::solver::setup::number;
use crate::tui::app::App;
use crate::tui::mode::Mode;
use crate::tui::panel::PanelKind;
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub fn sliders(app: &App, area: Screen, frame: &mut Frame) -> Spots {
    let mut spots = Spots::new();
    let sliders = &app.panels.sliders;
    let engine = app.document.engine();
    let theme = &app.theme;
    let mut lines: Vec<(Line, Style)> = Vec::new();
    if let Some(objective) = sliders.objective() {
        let name = printable(&engine.workbook().address(objective)).into_owned();
        let now = number(engine, objective);
        let shown = now.map_or_else(|| engine.display(objective), brief);
        let text = Line::from(vec![
            Span::styled(format!("{name} "), theme.header_active()),
            Span::raw(shown),
        ]);
        lines.push((text, Style::new()));
        if let (Some(now), Some(before)) = (now, sliders.before) {
            let sign = if now >= before { "+" } else { "" };
            let change = format!(" changed by {sign}{}", brief(now - before));
            lines.push((Line::from(change), theme.dim()));
        }
        match &sliders.slope {
            Some((revision, index, Ok(slope)))
                if *revision == app.document.revision() && *index == sliders.chosen =>
            {
                lines.push((
                    Line::from(format!(" derivative {}", brief(*slope))),
                    theme.dim(),
                ));
            }
            Some((.., Err(why))) => {
                lines.push((Line::from(format!(" {}", printable(why))), theme.dim()));
            }
            _ => {}
        }
        lines.push((Line::default(), Style::new()));
    }
    if sliders.sliders.is_empty() {
        for said in ["Select cells with numbers in the", "grid and press Alt+B."] {
            lines.push((Line::from(said), theme.dim()));
        }
    }
    let width = usize::from(area.width.saturating_sub(2)).max(4);
    let mut chosen_line = 0;
    let mut typed_line = None;
    let mut line_spots: Vec<(usize, Spot)> = Vec::new();
    for (index, slider) in sliders.sliders.iter().enumerate() {
        let chosen = index == sliders.chosen;
        let cell = slider.cell();
        let value = cell.and_then(|cell| number(engine, cell));
        let name = cell.map_or_else(
            || "#REF!".to_owned(),
            |cell| cell_name(engine.workbook(), app.sheet(), cell),
        );
        let name = printable(&name);
        let shown = match (value, cell) {
            (Some(value), _) => brief(value),
            (None, Some(cell)) => engine.display(cell),
            (None, None) => "deleted".to_owned(),
        };
        let style = if chosen { theme.accent() } else { Style::new() };
        line_spots.push((lines.len(), Spot::Line(index)));
        line_spots.push((lines.len() + 1, Spot::Bar(index)));
        lines.push((Line::from(format!(" {name:<10}{shown:>12}")), style));
        let at = value.map_or(0.0, |v| slider.share(v)) * (width - 1) as f64;
        let at = at.round() as usize;
        let bar: String = (0..width)
            .map(|i| match i.cmp(&at) {
                std::cmp::Ordering::Less => '━',
                std::cmp::Ordering::Equal => '●',
                std::cmp::Ordering::Greater => '─',
            })
            .collect();
        let colour = Style::new().fg(theme.series(index));
        lines.push((Line::from(format!(" {bar}")), colour));
        if chosen {
            chosen_line = lines.len();
            typed_line = Some(lines.len());
            lines.push((Line::from(format!(" {}", slider.range())), theme.dim()));
        }
    }
    let height = usize::from(area.height);
    let top = (chosen_line + 1).saturating_sub(height);
    for (y, (index, (line, style))) in
        (area.y..area.bottom()).zip(lines.into_iter().enumerate().skip(top))
    {
        let at = Screen {
            y,
            height: 1,
            ..area
        };
        for (_, spot) in line_spots.iter().filter(|(line, _)| *line == index) {
            let place = match spot {
                Spot::Line(_) => at,
                Spot::Bar(_) => Screen {
                    x: at.x + 1,
                    width: (width as u16).min(at.width),
                    ..at
                },
            };
            spots.push((place, *spot));
        }
        if let (Mode::Field(field), Some(typed)) = (&app.mode, typed_line)
            && field.panel == PanelKind::Sliders
            && typed == index
        {
            super::overlay::input_line(&field.input, " ", at, frame);
            continue;
        }
        frame.buffer_mut().set_style(at, style);
        frame.render_widget(line.style(style), at);
    }
    spots
}
