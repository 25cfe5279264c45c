//! The gradient panel, and what the status bar says of the cursor's cell.

use super::lines::{cell_name, line_at, number, short, wrapped};
use super::spots::{Spot, Spots};
use crate::engine::sensitivity::Derivative;
use crate::tui::app::App;
use crate::tui::panel::gradient::{Kept, Order};
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// The columns that an address, a value and a derivative take.
const ADDRESS: usize = 9;
const NUMBER: usize = 10;

pub fn panel(app: &App, area: Screen, frame: &mut Frame) -> Spots {
    let mut spots = Spots::new();
    let gradient = &app.panels.gradient;
    let theme = &app.theme;
    let workbook = app.document.engine().workbook();
    let Some(objective) = gradient.objective().filter(|_| gradient.on) else {
        let text = "Shift+F7 takes the active cell as the objective.";
        let text = Paragraph::new(text).style(theme.dim());
        frame.render_widget(text.wrap(Wrap { trim: true }), area);
        return spots;
    };
    let fresh = gradient.is_fresh(app.document.revision());
    let mut head = vec![Span::raw(format!("of {}", workbook.address(objective)))];
    if let Some(sensitivity) = gradient.sensitivity() {
        head.push(Span::raw(format!(" = {}", number(sensitivity.value(), 12))));
    }
    if !fresh {
        let word = match gradient.sensitivity().is_some() {
            true => "  updating",
            false => "  computing",
        };
        head.push(Span::styled(word, theme.error()));
    }
    let order = match gradient.order {
        Order::Derivative => "by derivative",
        Order::Effect => "by derivative x value",
    };
    let kept = match gradient.kept {
        Kept::All => "all cells",
        Kept::Constants => "constants",
        Kept::Variables => "model's variables",
    };
    let mut top = vec![
        Line::from(head),
        Line::styled(workbook.label(objective), theme.dim()),
        Line::styled(format!("s: {order}  f: {kept}"), theme.dim()),
    ];
    top.retain(|line| line.width() > 0);
    let mut bottom = Vec::new();
    if let Some(sensitivity) = gradient.sensitivity() {
        for reason in sensitivity.refusals().iter().take(3) {
            bottom.push(format!("? {reason}"));
        }
        let more = sensitivity.refusals().len().saturating_sub(3);
        if more > 0 {
            bottom.push(format!("? and {more} more places"));
        }
    }
    if let Some(error) = gradient.error() {
        top.push(Line::styled(printable(error).into_owned(), theme.error()));
        let text = Paragraph::new(top).wrap(Wrap { trim: true });
        frame.render_widget(text, area);
        return spots;
    }
    for (index, line) in top.iter().enumerate() {
        frame.render_widget(line.clone(), line_at(area, index));
    }
    let broken = |text: &String| wrapped(text, usize::from(area.width));
    let bottom: Vec<Line> = bottom.iter().flat_map(broken).map(Line::from).collect();
    let room = usize::from(area.height).saturating_sub(top.len());
    let below = bottom.len().min(room / 2);
    let shown = room - below;
    let drivers = &gradient.drivers;
    if drivers.is_empty() && gradient.sensitivity().is_some() && shown > 0 {
        let line = Line::styled("no such cell moves it", theme.dim());
        frame.render_widget(line, line_at(area, top.len()));
    }
    let first = gradient.list.top(shown, drivers.len());
    let front = app.sheet();
    let largest = gradient.sensitivity().map_or(0.0, |s| s.largest());
    for (index, driver) in drivers.iter().enumerate().skip(first).take(shown) {
        let line = line_at(area, top.len() + index - first);
        spots.push((line, Spot::Line(index)));
        let label_room = usize::from(area.width).saturating_sub(ADDRESS + 2 * NUMBER + 5);
        let label = short(&workbook.label(driver.cell), label_room);
        let shown = match gradient.order {
            Order::Derivative => driver.derivative,
            Order::Effect => driver.derivative * driver.value,
        };
        let tint = theme.signed(driver.derivative, largest);
        let sign = if driver.derivative < 0.0 { "-" } else { "+" };
        let text = Line::from(vec![
            Span::styled(format!(" {sign} "), tint.map_or(Style::new(), |t| t.style)),
            Span::raw(format!(
                " {:<ADDRESS$}",
                short(&cell_name(workbook, front, driver.cell), ADDRESS - 1)
            )),
            Span::styled(label, theme.dim()),
        ]);
        let numbers = format!(
            "{:>NUMBER$}{:>NUMBER$}",
            number(driver.value, NUMBER - 1),
            number(shown, NUMBER - 1)
        );
        if index == gradient.list.chosen {
            frame.buffer_mut().set_style(line, theme.accent());
        }
        frame.render_widget(text, line);
        frame.render_widget(Line::from(numbers).right_aligned(), line);
    }
    let foot = Screen {
        y: area.y + (top.len() + shown) as u16,
        height: below as u16,
        ..area
    };
    frame.render_widget(Paragraph::new(bottom).style(theme.dim()), foot);
    spots
}

/// `∂F1/∂A2 = 0.25` for the cursor's cell.
pub fn status(app: &App) -> Option<Span<'static>> {
    let gradient = &app.panels.gradient;
    let objective = gradient.objective().filter(|_| gradient.on)?;
    let workbook = app.document.engine().workbook();
    let cell = app.active_cell();
    let known = gradient.at(cell)?;
    let of = cell_name(workbook, app.sheet(), objective);
    let (text, style) = match known {
        Derivative::Known(x) => {
            let old = match gradient.is_fresh(app.document.revision()) {
                true => "",
                false => " (old)",
            };
            let text = format!("d {of} / d {} = {}{old}", cell.pos, number(x, 14));
            (text, app.theme.header_active())
        }
        Derivative::Refused(why) => (
            format!("d {of} / d {}: {}", cell.pos, printable(why)),
            app.theme.dim(),
        ),
    };
    Some(Span::styled(text, style))
}
