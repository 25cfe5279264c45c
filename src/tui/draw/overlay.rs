//! What lies over the grid: the palette, prompts, questions.

use super::lines::{bar, wrapped};
use crate::tui::app::App;
use crate::tui::mode::{Confirm, Palette};
use crate::tui::opening::Opening;
use crate::tui::prompt::Prompt;
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::layout::{Position, Rect as Screen};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

/// A box over the grid, as wide and high as there is room for.
pub fn window(screen: Screen, width: u16, height: u16) -> Screen {
    let width = width.min(screen.width);
    let height = height.min(screen.height);
    Screen {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 4,
        width,
        height,
    }
}

/// Opens a box with a title; the room inside it.
pub fn open(app: &App, title: &str, area: Screen, frame: &mut Frame) -> Screen {
    frame.render_widget(Clear, area);
    let block = Block::bordered()
        .title(format!(" {} ", printable(title)))
        .border_style(app.theme.dim());
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// A line of text with its cursor.
pub fn input_line(input: &Input, before: &str, area: Screen, frame: &mut Frame) {
    let start = before.chars().count();
    let room = usize::from(area.width).saturating_sub(start + 1);
    let scroll = input.visual_scroll(room);
    let text: String = input.value().chars().skip(scroll).collect();
    let line = Line::from(format!("{before}{}", printable(&text)));
    frame.render_widget(line, area);
    let x = area.x + (start + input.visual_cursor().max(scroll) - scroll) as u16;
    if area.height > 0 && x < area.right() {
        frame.set_cursor_position(Position::new(x, area.y));
    }
}

/// The same, its text shown as selected.
pub fn selected_line(input: &Input, before: &str, area: Screen, frame: &mut Frame, style: Style) {
    input_line(input, before, area, frame);
    let start = before.chars().count() as u16;
    let text = printable(input.value()).width() as u16;
    let selected = Screen {
        x: area.x + start,
        width: text.min(area.width.saturating_sub(start + 1)),
        ..area
    };
    frame.buffer_mut().set_style(selected, style);
}

pub fn palette(app: &App, palette: &Palette, frame: &mut Frame) {
    let area = window(app.screen(), 72, 18);
    let inside = open(app, "Commands", area, frame);
    let first = Screen {
        height: inside.height.min(1),
        ..inside
    };
    let before = if palette.takes_short_forms { ":" } else { "> " };
    input_line(&palette.input, before, first, frame);
    let list = Screen {
        y: inside.y + first.height,
        height: inside.height - first.height,
        ..inside
    };
    let matches = palette.matches();
    let top = palette.list.top(usize::from(list.height), matches.len());
    let shown = matches.iter().enumerate().skip(top);
    for (y, (index, command)) in (list.y..list.bottom()).zip(shown) {
        let line = Screen {
            y,
            height: 1,
            ..list
        };
        if index == palette.list.chosen {
            frame.buffer_mut().set_style(line, app.theme.accent());
            // What the configuration file calls it, in the frame below.
            let name = Line::styled(format!(" {} ", command.name), app.theme.dim());
            let border = Screen {
                y: area.bottom().saturating_sub(1),
                height: area.height.min(1),
                x: inside.x,
                width: inside.width,
            };
            frame.render_widget(name.right_aligned(), border);
        }
        let keys = app.keymap().keys(command, &app.settings).join(", ");
        let title = Line::from(vec![
            Span::raw(format!(" {}", command.title)),
            Span::styled(format!("  {}", command.help), app.theme.dim()),
        ]);
        frame.render_widget(title, line);
        frame.render_widget(Line::from(format!(" {keys} ")).right_aligned(), line);
    }
}

pub fn prompt(app: &App, prompt: &Prompt, frame: &mut Frame) {
    let width = app.screen().width.min(64);
    let error = prompt.error.as_deref().unwrap_or_default();
    let error = wrapped(error, usize::from(width.saturating_sub(2)));
    let area = window(app.screen(), width, 3 + error.len() as u16);
    let inside = open(app, &prompt.label, area, frame);
    let first = Screen {
        height: inside.height.min(1),
        ..inside
    };
    match prompt.selected {
        true => selected_line(&prompt.input, "", first, frame, app.theme.selected()),
        false => input_line(&prompt.input, "", first, frame),
    }
    let below = Screen {
        y: first.bottom(),
        height: inside.height - first.height,
        ..inside
    };
    let lines: Vec<Line> = error.into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(lines).style(app.theme.error()), below);
}

pub fn opening(app: &App, opening: &Opening, frame: &mut Frame) {
    const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];
    let area = window(app.screen(), 60, 5);
    let inside = open(app, "Opening", area, frame);
    let elapsed = opening.since.elapsed();
    let spinner = SPINNER[(elapsed.as_millis() / 150) as usize % SPINNER.len()];
    let name = opening.path.display().to_string();
    let done = opening.fraction().map_or_else(String::new, |done| {
        let room = usize::from(inside.width).saturating_sub(6);
        format!("{} {:>3.0} %", bar(done, room), (done * 100.0).floor())
    });
    let lines = vec![
        Line::from(format!("{spinner} {}", printable(&name))),
        Line::from(done),
        Line::styled(
            format!("{:.1} s. Esc gives it up.", elapsed.as_secs_f64()),
            app.theme.dim(),
        ),
    ];
    frame.render_widget(Paragraph::new(lines), inside);
}

pub fn confirm(app: &App, confirm: &Confirm, frame: &mut Frame) {
    let width = app.screen().width.min(60);
    let question = wrapped(&confirm.question, usize::from(width.saturating_sub(2)));
    let height = 4 + (question.len() + confirm.answers.len()) as u16;
    let area = window(app.screen(), width, height);
    let inside = open(app, "Question", area, frame);
    let mut lines: Vec<Line> = question.into_iter().map(Line::from).collect();
    lines.push(Line::default());
    for answer in &confirm.answers {
        lines.push(Line::from(vec![
            Span::styled(format!(" {} ", answer.key), app.theme.accent()),
            Span::raw(format!(" {}", answer.label)),
        ]));
    }
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inside);
}
