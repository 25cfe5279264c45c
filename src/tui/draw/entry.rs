//! What is being typed into a cell: in the formula bar, over the cell, and what
//! of the grid it refers to.

use crate::grid::{Pos, Rect};
use crate::tui::app::App;
use crate::tui::entry::{Arrows, Colouring, Entry, Outlook, width};
use crate::tui::layout::{NAME_BOX, Viewport};
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::layout::{Position, Rect as Screen};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use std::ops::Range;

/// The lines of a completion that are shown at once.
const OFFERED: usize = 8;
/// The widest box with a completion.
const OFFER_WIDTH: u16 = 72;

/// Draws the text into the formula bar.
pub fn bar(app: &App, entry: &Entry, area: Screen, frame: &mut Frame) {
    let room = text_room(area);
    if let (Some(ghost), true) = (&entry.ghost, entry.text().is_empty()) {
        let line = Line::styled(printable(ghost).into_owned(), app.theme.dim());
        frame.render_widget(line, room);
    }
    let lines = entry.bar_lines(app.screen());
    let first = entry.bar_first(app.screen());
    let shown = lines.iter().skip(first).zip(room.y..room.bottom());
    for (range, y) in shown {
        let line = Screen {
            y,
            height: 1,
            ..room
        };
        frame.render_widget(coloured(app, entry, range.clone()), line);
    }
    if in_place(app, entry).is_none() {
        let (x, y) = bar_place(app, entry, room, entry.cursor());
        if x < room.right() && y < room.bottom() {
            frame.set_cursor_position(Position::new(x, y));
        }
    }
}

/// Where a byte of the text is in the formula bar.
fn bar_place(app: &App, entry: &Entry, room: Screen, byte: usize) -> (u16, u16) {
    let lines = entry.bar_lines(app.screen());
    let (line, column) = lines.place(entry.text(), byte);
    let line = line.saturating_sub(entry.bar_first(app.screen()));
    (room.x + column as u16, room.y + line as u16)
}

/// The formula bar's room for text.
fn text_room(area: Screen) -> Screen {
    let before = NAME_BOX.min(area.width);
    Screen {
        x: area.x + before,
        width: area.width - before,
        ..area
    }
}

/// A part of the text in its colours.
fn coloured(app: &App, entry: &Entry, range: Range<usize>) -> Line<'static> {
    let text = entry.text();
    let theme = &app.theme;
    let coloured = entry.coloured();
    let wrong = match entry.outlook() {
        Outlook::Wrong { at, .. } => text.char_indices().nth(*at).map(|(byte, _)| byte),
        _ => None,
    };
    let style_at = |byte: usize| {
        let index = coloured.spans.partition_point(|(span, _)| span.end <= byte);
        let mut style = match coloured.spans.get(index).map(|(_, colouring)| *colouring) {
            None | Some(Colouring::Plain | Colouring::Name) => Style::new(),
            Some(Colouring::Constant) => theme.constant(),
            Some(Colouring::Text) => theme.text(),
            Some(Colouring::Function) => theme.function(),
            Some(Colouring::Reference(number)) => Style::new().fg(theme.series(number)),
            Some(Colouring::Broken) => theme.error(),
        };
        if coloured.matching.iter().any(|range| range.contains(&byte)) {
            style = style.patch(theme.matching());
        }
        if wrong == Some(byte) {
            style = style
                .patch(theme.error())
                .add_modifier(Modifier::UNDERLINED);
        }
        style
    };
    let mut spans: Vec<Span> = Vec::new();
    let mut run = (range.start, Style::new());
    for (at, _) in text[range.clone()].char_indices() {
        let byte = range.start + at;
        let style = style_at(byte);
        if style != run.1 {
            spans.push(piece(text, run.0..byte, run.1));
            run = (byte, style);
        }
    }
    spans.push(piece(text, run.0..range.end, run.1));
    Line::from(spans)
}

fn piece(text: &str, range: Range<usize>, style: Style) -> Span<'static> {
    Span::styled(printable(&text[range]).into_owned(), style)
}

/// Draws what belongs to the entry over the grid: the colours of the cells it
/// refers to, its text over its cell, and what completes it.
pub fn over_grid(app: &App, entry: &Entry, frame: &mut Frame) {
    let viewport = app.viewport();
    for (area, number) in &entry.coloured().areas {
        if area.sheet == app.sheet() {
            let style = app.theme.referred(*number);
            for cell in visible(&viewport, area.rect) {
                frame.buffer_mut().set_style(cell, style);
            }
        }
    }
    if let Some(cell) = in_place(app, entry) {
        frame.render_widget(Clear, cell);
        frame.buffer_mut().set_style(cell, app.theme.bar());
        let text = coloured(app, entry, 0..entry.text().len());
        frame.render_widget(text, cell);
        let x = cell.x + width(&entry.text()[..entry.cursor()]) as u16;
        frame.set_cursor_position(Position::new(x.min(cell.right() - 1), cell.y));
    }
    offer(app, entry, frame);
}

/// The parts of a rectangle that are on the screen: a line of each row.
fn visible(viewport: &Viewport, rect: Rect) -> Vec<Screen> {
    let columns = viewport
        .columns
        .iter()
        .filter(|column| (rect.left..=rect.right).contains(&column.index));
    let columns: Vec<_> = columns.collect();
    let rows = viewport
        .rows
        .iter()
        .filter(|row| (rect.top..=rect.bottom).contains(&row.index));
    rows.flat_map(|row| {
        let cell = |column: &&crate::tui::layout::Line| {
            Screen::new(column.start, row.start, column.size, 1)
        };
        columns.iter().map(cell).collect::<Vec<_>>()
    })
    .collect()
}

/// Where the text stands over its cell; `None` where the cell is not in view or
/// the text does not fit from there to the edge.
fn in_place(app: &App, entry: &Entry) -> Option<Screen> {
    if entry.cell.sheet != app.sheet() || entry.text().contains('\n') {
        return None;
    }
    let viewport = app.viewport();
    let Pos { row, col } = entry.cell.pos;
    let row = viewport.rows.iter().find(|line| line.index == row)?;
    let column = viewport.columns.iter().find(|line| line.index == col)?;
    let needed = width(entry.text()) as u16 + 1;
    let room = viewport.area.right().saturating_sub(column.start);
    (needed <= room).then(|| {
        let width = needed.max(column.size).min(room);
        Screen::new(column.start, row.start, width, 1)
    })
}

/// The box with what completes the text, below the cursor where there is room.
fn offer(app: &App, entry: &Entry, frame: &mut Frame) {
    let Some(completion) = entry.completion() else {
        return;
    };
    let begins = completion.range.start;
    let layout = app.layout();
    let (x, y) = match in_place(app, entry) {
        Some(cell) => (cell.x + width(&entry.text()[..begins]) as u16, cell.y),
        None => {
            let area = layout.formula_bar;
            let (x, _) = bar_place(app, entry, text_room(area), begins);
            (x, area.bottom().saturating_sub(1))
        }
    };
    let height = completion.items.len().min(OFFERED) as u16;
    let below = layout.grid.bottom().saturating_sub(y + 1);
    let (y, height) = match below >= height.min(y) {
        true => (y + 1, height.min(below)),
        false => (y - height.min(y), height.min(y)),
    };
    let labels = completion.items.iter().map(|item| width(&item.label));
    let label_width = labels.max().unwrap_or(0);
    let helps = completion.items.iter().map(|item| width(&item.help));
    let wanted = label_width + helps.max().unwrap_or(0) + 4;
    let screen = app.screen();
    let box_width = (wanted as u16).min(OFFER_WIDTH).min(screen.width);
    let area = Screen {
        x: x.saturating_sub(1).min(screen.right() - box_width),
        y,
        width: box_width,
        height,
    };
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, app.theme.bar());
    let top = completion
        .list
        .top(usize::from(height), completion.items.len());
    let items = completion.items.iter().enumerate().skip(top);
    for ((index, item), y) in items.zip(area.y..area.bottom()) {
        let line = Screen {
            y,
            height: 1,
            ..area
        };
        let chosen = index == completion.list.chosen;
        if chosen {
            frame.buffer_mut().set_style(line, app.theme.accent());
        }
        let gap = " ".repeat(label_width.saturating_sub(width(&item.label)) + 2);
        let help_style = if chosen {
            Style::new()
        } else {
            app.theme.dim()
        };
        let spans = vec![
            Span::raw(format!(" {}{gap}", printable(&item.label))),
            Span::styled(printable(&item.help).into_owned(), help_style),
        ];
        frame.render_widget(Line::from(spans), line);
    }
}

/// What the status line calls the mode: as Excel does.
pub fn mode_name(entry: &Entry) -> &'static str {
    match entry.arrows {
        _ if entry.pointed().is_some() => "POINT",
        Arrows::Point => "ENTER",
        Arrows::Edit => "EDIT",
    }
}

/// The status line's right end: what the formula would give, or why nothing.
pub fn outlook(app: &App, entry: &Entry) -> Option<Line<'static>> {
    let text = match entry.outlook() {
        Outlook::None => return None,
        // A name that is not finished is no problem yet.
        Outlook::Problem(_) if entry.completion().is_some() => return None,
        Outlook::Value(value) => format!(" = {value} "),
        Outlook::Problem(why) | Outlook::Wrong { message: why, .. } => format!(" {why} "),
    };
    let style = app.theme.dim();
    Some(Line::styled(printable(&text).into_owned(), style))
}

/// The status line's text: what the function around the cursor wants, or what
/// the cell's data validation says.
pub fn hint(app: &App, entry: &Entry) -> Vec<Span<'static>> {
    let Some(hint) = entry.hint() else {
        let validation = app.document.engine().validation(entry.cell);
        let prompt = validation.and_then(|validation| validation.prompt.as_ref());
        let text = prompt.map_or(String::new(), |prompt| match &*prompt.title {
            "" => prompt.text.to_string(),
            title => format!("{title}: {}", prompt.text),
        });
        return vec![Span::styled(printable(&text).into_owned(), app.theme.dim())];
    };
    let mut spans = vec![Span::raw(format!("{}(", hint.function.name))];
    for (index, (parameter, here)) in hint.parameters().into_iter().enumerate() {
        if index > 0 {
            spans.push(Span::raw(", "));
        }
        let style = match here {
            true => Style::new().add_modifier(Modifier::BOLD),
            false => app.theme.dim(),
        };
        spans.push(Span::styled(parameter, style));
    }
    spans.push(Span::raw(")  "));
    if let Some(param) = hint.function.param(hint.argument) {
        let meaning = format!("{}: {}. ", param.name, param.meaning());
        spans.push(Span::raw(meaning));
    }
    spans.push(Span::styled(hint.function.help, app.theme.dim()));
    spans
}
