//! The lines around the grid: formula, tabs, status.

use crate::tui::app::{App, Tone};
use crate::tui::entry::text_of;
use crate::tui::mode::Mode;
use crate::tui::selection::address;
use crate::value::format::printable;
use crate::workbook::Visibility;
use ratatui::Frame;
use ratatui::layout::{Position, Rect as Screen};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
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

/// The sheets' tabs.
pub fn tabs(app: &App, area: Screen, frame: &mut Frame) {
    frame.buffer_mut().set_style(area, app.theme.bar());
    let workbook = app.document.engine().workbook();
    let mut spans = vec![Span::raw(" ")];
    for &id in workbook.order() {
        let sheet = workbook.sheet(id);
        if sheet.visibility != Visibility::Visible {
            continue;
        }
        let style = match id == app.sheet() {
            true => app.theme.accent(),
            false => Style::new(),
        };
        spans.push(Span::styled(format!(" {} ", printable(&sheet.name)), style));
        spans.push(Span::raw(" "));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The mode, a message, what is selected.
pub fn status(app: &App, area: Screen, frame: &mut Frame) {
    frame.buffer_mut().set_style(area, app.theme.bar());
    let mode = match &app.mode {
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
    if !pending.is_empty() {
        let line = Line::from(format!("{pending} ")).right_aligned();
        frame.render_widget(line, area);
    }
}
