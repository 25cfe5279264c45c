//! The inspector panel.

use super::lines::{line_at, short};
use super::spots::{Spot, Spots};
use crate::tui::app::App;
use crate::tui::panel::PanelKind;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

pub fn panel(app: &App, area: Screen, frame: &mut Frame) -> Spots {
    let mut spots = Spots::new();
    let inspector = &app.panels.inspector;
    let lines = &inspector.lines;
    if lines.is_empty() {
        let text = "no formula here, and none that reads this cell";
        let text = Paragraph::new(text).style(app.theme.dim());
        frame.render_widget(text.wrap(Wrap { trim: true }), area);
        return spots;
    }
    let shown = usize::from(area.height);
    let first = inspector.list.top(shown, lines.len());
    for (index, line) in lines.iter().enumerate().skip(first).take(shown) {
        let place = line_at(area, index - first);
        spots.push((place, Spot::Line(index)));
        if line.heading {
            let text = short(&line.text, usize::from(area.width));
            frame.render_widget(Line::styled(text, app.theme.header_active()), place);
        }
        if index == inspector.list.chosen {
            frame.buffer_mut().set_style(place, app.theme.accent());
        }
        if line.heading {
            continue;
        }
        let mark = match line.opens {
            Some(true) => "▾ ",
            Some(false) => "▸ ",
            None => "  ",
        };
        let value = line.value.as_deref().unwrap_or_default();
        let wide = usize::from(area.width);
        let value = short(value, wide / 2);
        let indent = line.depth.min(wide / 4);
        let room = wide.saturating_sub(value.width() + indent + 4);
        let text = format!("{}{mark}{}", " ".repeat(indent), short(&line.text, room));
        frame.render_widget(Line::from(text), place);
        frame.render_widget(Line::from(value).right_aligned(), place);
    }
    spots
}

/// The part of the formula that the panel's chosen line means, in bytes of the
/// formula without its `=`.
pub fn chosen_span(app: &App) -> Option<Range<usize>> {
    let is_open = app.panels.open == Some(PanelKind::Inspector);
    let line = app.panels.inspector.chosen().filter(|_| is_open)?;
    // The whole formula needs no mark.
    line.span.clone().filter(|_| line.depth > 0)
}
