//! The lines around the grid: formula, tabs, status.

use super::entry;
use super::lines::{line_at, wrapped};
use crate::grid::SheetId;
use crate::tui::app::{App, Tone};
use crate::tui::entry::text_of;
use crate::tui::layout::NAME_BOX;
use crate::tui::mode::Mode;
use crate::tui::selection::address;
use crate::value::format::{general, printable};
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

/// The width of the box with the active cell's address.
const NAME_WIDTH: usize = NAME_BOX as usize - 4;

/// The active cell's address and content, or what is being typed.
pub fn formula_bar(app: &App, area: Screen, frame: &mut Frame) {
    frame.buffer_mut().set_style(area, app.theme.bar());
    let selection = app.selection();
    let engine = app.document.engine();
    let (name, (text, style)) = match &app.mode {
        Mode::Entry(entry) => (entry.cell.pos.to_string(), (String::new(), Style::new())),
        _ => {
            let name = match selection.is_one_cell() {
                true => selection.active().to_string(),
                false => address(selection.last()),
            };
            let cell = app.active_cell();
            // A formula that spilled over the cell is not the cell's own.
            let spilled = engine.spilled_from(cell);
            let text = match spilled.and_then(|anchor| engine.formula_text(anchor)) {
                Some(formula) => (formula, app.theme.dim()),
                None => (text_of(engine, cell), Style::new()),
            };
            (name, text)
        }
    };
    let head = format!(" {name:<NAME_WIDTH$} │ ");
    let mut line = Line::from(vec![Span::styled(head, app.theme.dim())]);
    match super::inspector::chosen_span(app).filter(|_| text.starts_with('=')) {
        Some(span) => line.extend(marked(app, &text, span.start + 1..span.end + 1)),
        None => line.push_span(Span::styled(printable(&text).into_owned(), style)),
    }
    frame.render_widget(line, area);
    if let Mode::Entry(entry) = &app.mode {
        entry::bar(app, entry, area, frame);
    }
}

/// A text with a part of it marked.
fn marked(app: &App, text: &str, part: Range<usize>) -> Vec<Span<'static>> {
    let piece = |range: Range<usize>, style: Style| {
        let text = text.get(range).unwrap_or_default();
        Span::styled(printable(text).into_owned(), style)
    };
    vec![
        piece(0..part.start, Style::new()),
        piece(part.clone(), app.theme.accent()),
        piece(part.end..text.len(), Style::new()),
    ]
}

/// The visible sheets and where their tabs are. Tabs that do not fit give way
/// from the left until the one in front is in view.
pub fn tab_spans(app: &App, area: Screen) -> Vec<(SheetId, Screen)> {
    let workbook = app.document.engine().workbook();
    let width = |id: SheetId| printable(&workbook.sheet(id).name).width() as u16 + 2;
    let visible: Vec<SheetId> = workbook.visible_sheets().collect();
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
        Mode::Entry(entry) => entry::mode_name(entry),
        Mode::Panel(kind) => kind.title(),
        Mode::Field(_) => "EDIT",
        Mode::Pick(_) => "PICK",
        _ => "",
    };
    let mut spans = vec![
        Span::styled(
            format!(" {mode} "),
            Style::new().add_modifier(Modifier::BOLD),
        ),
        Span::raw(" "),
    ];
    let head = mode.width() + 3;
    let error = match &app.mode {
        Mode::Entry(entry) => entry.error.as_ref(),
        _ => None,
    };
    if let Some((error, _)) = error {
        spans.extend(said(error, app.theme.error(), head, area, frame));
    } else if let Mode::Entry(entry) = &app.mode {
        spans.extend(entry::hint(app, entry));
    } else if let Some(message) = app.message() {
        let style = match message.tone {
            Tone::Note => Style::new(),
            Tone::Warning => app.theme.error(),
        };
        spans.extend(said(&message.text, style, head, area, frame));
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
    let said = Line::from(spans);
    let watched = super::gradient::status(app).into_iter();
    let watched: Line = watched.chain(super::problems::status(app)).collect();
    // A message counts for more than what is watched.
    let room = usize::from(area.width) > said.width() + watched.width();
    let typing = matches!(app.mode, Mode::Entry(_));
    let said_width = said.width();
    frame.render_widget(said, area);
    let beside_mode = usize::from(area.width) >= head + watched.width();
    if !typing && (room || app.message().is_none() && beside_mode) {
        frame.render_widget(watched.right_aligned(), area);
    }
    if let (Mode::Entry(entry), None) = (&app.mode, error)
        && let Some(outlook) = entry::outlook(app, entry)
    {
        let width = outlook.width() as u16;
        if width > area.width * 2 / 3 {
            let text: String = outlook.iter().map(|span| &*span.content).collect();
            over_status(text.trim(), outlook.style, area, frame);
            return;
        }
        let right = Screen {
            x: area.right() - width,
            width,
            ..area
        };
        frame.render_widget(Clear, right);
        frame.buffer_mut().set_style(right, app.theme.bar());
        frame.render_widget(outlook, right);
    }
    let pending = app.pending();
    let right = match pending.is_empty() {
        true => measures(app),
        false => pending,
    };
    let width = right.width() as u16 + 2;
    // A message counts for more than sums.
    let free = match app.message().is_some() && app.pending().is_empty() {
        true => usize::from(area.width).saturating_sub(said_width),
        false => usize::from(area.width),
    };
    if !right.is_empty() && usize::from(width) < free {
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

/// A message for the status line, behind so many columns; one that is longer
/// goes over the lines above it.
fn said(
    text: &str,
    style: Style,
    head: usize,
    area: Screen,
    frame: &mut Frame,
) -> Option<Span<'static>> {
    let text = printable(text);
    if usize::from(area.width) < head + text.width() {
        over_status(&text, style, area, frame);
        return None;
    }
    Some(Span::styled(text.into_owned(), style))
}

/// A text that is too long for the status line, on lines of its own above it.
fn over_status(text: &str, style: Style, status: Screen, frame: &mut Frame) {
    let room = usize::from(status.width.saturating_sub(2));
    let lines = wrapped(text, room);
    let height = (lines.len() as u16).min(status.y);
    let area = Screen {
        y: status.y - height,
        height,
        ..status
    };
    frame.render_widget(Clear, area);
    let style_of_bar = frame.buffer_mut()[(status.x, status.y)].style();
    frame.buffer_mut().set_style(area, style_of_bar);
    for (index, line) in lines.into_iter().enumerate() {
        frame.render_widget(
            Line::styled(format!(" {line}"), style),
            line_at(area, index),
        );
    }
}

/// What a selection of several cells amounts to.
fn measures(app: &App) -> String {
    let selection = app.selection();
    if selection.is_one_cell() {
        return String::new();
    }
    let all = app.measured();
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
