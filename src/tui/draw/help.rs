//! The help page, made from the tables of commands.

use super::overlay::open;
use crate::tui::app::App;
use crate::tui::command;
use crate::tui::mode::Help;
use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The lines of the help page.
pub fn text(app: &App) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut group = "";
    for command in command::all() {
        if command.group() != group {
            group = command.group();
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(
                group.to_uppercase(),
                app.theme.header_active(),
            ));
        }
        let mut keys = app.keymap().keys(command, &app.settings);
        keys.extend(command.short.iter().map(|short| format!(":{short}")));
        lines.push(Line::from(vec![
            Span::raw(format!("  {:<22}", keys.join(", "))),
            Span::raw(format!("{:<24}", command.title)),
            Span::styled(command.help, app.theme.dim()),
        ]));
    }
    lines
}

pub fn page(app: &App, help: &Help, frame: &mut Frame) {
    let area = app.screen();
    let inside = open(app, "Help: Esc closes, the arrows scroll", area, frame);
    let lines: Vec<Line> = text(app).into_iter().skip(help.top).collect();
    frame.render_widget(Paragraph::new(lines), inside);
}
