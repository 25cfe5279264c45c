//! The lines around the grid: formula, tabs, status.

use crate::grid::SheetId;
use crate::tui::app::{App, Tone};
use crate::tui::entry::text_of;
use crate::tui::mode::Mode;
use crate::tui::selection::address;
use crate::value::format::{general, printable};
use crate::workbook::{Statistics, Visibility};
use ratatui::Frame;
use ratatui::layout::{Position, Rect as Screen};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use unicode_width::UnicodeWidthStr;

/// The width of the box with the active cell's address.
const NAME_WIDTH: usize = 10;

/// The active cell's address and content, or what is being typed.
pub fn formula_bar(app: &App, area: Screen, frame: &mut Frame) {
    frame.buffer_mut().set_style(area, app.theme.bar());
    let selection = app.selection();
    let name = match selection.is_one_cell() || matches!(app.mode, Mode::Entry(_)) {
        true => selection.active().to_string(),
        false => address(selection.last()),
    };
    let head = format!(" {name:<NAME_WIDTH$} │ ");
    let text_start = area.x + head.width() as u16;
    let text = match &app.mode {
        Mode::Entry(entry) => entry.input.value().to_owned(),
        _ => text_of(app.document.engine(), app.active_cell()),
    };
    let mut line = Line::from(vec![Span::styled(head, app.theme.dim())]);
    let room = usize::from(area.right().saturating_sub(text_start));
    if let Mode::Entry(entry) = &app.mode {
        let scroll = entry.input.visual_scroll(room.saturating_sub(1));
        line.push_span(Span::raw(visible(&text, scroll)));
        let x = text_start + (entry.input.visual_cursor().max(scroll) - scroll) as u16;
        if x < area.right() {
            frame.set_cursor_position(Position::new(x, area.y));
        }
    } else {
        line.push_span(Span::raw(printable(&text).into_owned()));
    }
    frame.render_widget(line, area);
}

/// A line's text from a column of the screen on.
fn visible(text: &str, scroll: usize) -> String {
    let mut skipped = 0;
    let rest = text.chars().skip_while(|c| {
        let width = unicode_width::UnicodeWidthChar::width(*c).unwrap_or(1);
        skipped += width;
        skipped <= scroll
    });
    printable(&rest.collect::<String>()).into_owned()
}

/// The visible sheets and where their tabs are. Tabs that do not fit give way
/// from the left until the one in front is in view.
pub fn tab_spans(app: &App, area: Screen) -> Vec<(SheetId, Screen)> {
    let workbook = app.document.engine().workbook();
    let width = |id: SheetId| printable(&workbook.sheet(id).name).width() as u16 + 2;
    let visible: Vec<SheetId> = workbook
        .order()
        .iter()
        .copied()
        .filter(|&id| workbook.sheet(id).visibility == Visibility::Visible)
        .collect();
    let front = visible
        .iter()
        .position(|&id| id == app.sheet())
        .unwrap_or(0);
    let room = area.width.saturating_sub(1);
    let needed = |first: usize| -> u16 {
        visible[first..=front]
            .iter()
            .map(|&id| width(id).saturating_add(1))
            .fold(0, u16::saturating_add)
    };
    let first = (0..front)
        .find(|&first| needed(first) <= room)
        .unwrap_or(front);
    let mut spans = Vec::new();
    let mut x = area.x.saturating_add(1);
    for &id in visible.iter().skip(first) {
        if x >= area.right() {
            break;
        }
        let width = width(id).min(area.right() - x);
        spans.push((id, Screen { x, width, ..area }));
        x = x.saturating_add(width + 1);
    }
    spans
}

/// The sheets' tabs.
pub fn tabs(app: &App, area: Screen, frame: &mut Frame) {
    frame.buffer_mut().set_style(area, app.theme.bar());
    let workbook = app.document.engine().workbook();
    for (id, span) in tab_spans(app, area) {
        let style = match id == app.sheet() {
            true => app.theme.accent(),
            false => Style::new(),
        };
        let name = printable(&workbook.sheet(id).name);
        frame.render_widget(Line::styled(format!(" {name} "), style), span);
    }
}

/// The mode, a message, what is selected.
pub fn status(app: &App, area: Screen, frame: &mut Frame) {
    frame.buffer_mut().set_style(area, app.theme.bar());
    let mode = match &app.mode {
        Mode::Grid if app.is_extending() => "EXTEND",
        Mode::Grid => "READY",
        Mode::Entry(_) => "EDIT",
        Mode::Panel(kind) => kind.title(),
        _ => "",
    };
    let mut spans = vec![
        Span::styled(
            format!(" {mode} "),
            Style::new().add_modifier(Modifier::BOLD),
        ),
        Span::raw(" "),
    ];
    let error = match &app.mode {
        Mode::Entry(entry) => entry.error.as_ref(),
        _ => None,
    };
    if let Some((error, _)) = error {
        spans.push(Span::styled(
            printable(error).into_owned(),
            app.theme.error(),
        ));
    } else if let Some(message) = app.message() {
        let style = match message.tone {
            Tone::Note => Style::new(),
            Tone::Warning => app.theme.error(),
        };
        spans.push(Span::styled(printable(&message.text).into_owned(), style));
    } else {
        let modified = if app.document.is_modified() {
            " (modified)"
        } else {
            ""
        };
        let title = app.document.title();
        spans.push(Span::styled(
            format!("{}{modified}", printable(&title)),
            app.theme.dim(),
        ));
    }
    frame.render_widget(Line::from(spans), area);
    let pending = app.pending();
    let right = match pending.is_empty() {
        true => measures(app),
        false => pending,
    };
    let width = right.width() as u16 + 2;
    if !right.is_empty() && width < area.width {
        let right_area = Screen {
            x: area.right() - width,
            width,
            ..area
        };
        frame.render_widget(Clear, right_area);
        frame.buffer_mut().set_style(right_area, app.theme.bar());
        frame.render_widget(Line::from(format!(" {right} ")), right_area);
    }
}

/// What a selection of several cells amounts to.
fn measures(app: &App) -> String {
    let selection = app.selection();
    if selection.is_one_cell() {
        return String::new();
    }
    let workbook = app.document.engine().workbook();
    let cells = &workbook.sheet(app.sheet()).cells;
    let mut all = Statistics::default();
    for area in selection.areas() {
        all.join(&cells.statistics(*area));
    }
    let shown = |x: f64| general(x, 12).unwrap_or_else(|| x.to_string());
    match (all.average(), all.error) {
        (_, Some(error)) => format!("count {}  {error}", all.count),
        (Some(average), None) => format!(
            "sum {}  average {}  count {}",
            shown(all.sum),
            shown(average),
            all.count
        ),
        (None, None) if all.count > 0 => format!("count {}", all.count),
        (None, None) => String::new(),
    }
}
