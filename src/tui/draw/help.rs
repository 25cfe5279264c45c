//! The help page, made from the tables of commands.

use super::lines::wrapped;
use super::overlay::open;
use crate::tui::app::App;
use crate::tui::command::{self, Command};
use crate::tui::mode::Help;
use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// The columns of the keys and of the names.
const KEYS: usize = 22;
const NAME: usize = 26;
/// A description that has fewer columns beside its command goes below it.
const LEAST: usize = 30;

/// The lines of the help page: the commands whose keys, name or description
/// hold every word of what is looked for, by groups.
pub fn text(app: &App, wanted: &str) -> Vec<Line<'static>> {
    let mut groups: Vec<(&str, Vec<Line>)> = Vec::new();
    for command in command::all() {
        let Some(described) = described(app, command, wanted) else {
            continue;
        };
        let group = command.group();
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, lines)) => lines.extend(described),
            None => groups.push((group, described)),
        }
    }
    let mut lines = Vec::new();
    for (group, commands) in groups {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(
            group.to_uppercase(),
            app.theme.header_active(),
        ));
        lines.extend(commands);
    }
    lines
}

fn described(app: &App, command: &Command, wanted: &str) -> Option<Vec<Line<'static>>> {
    let mut keys = app.keymap().keys(command, &app.settings);
    keys.extend(command.short.iter().map(|short| format!(":{short}")));
    let keys = keys.join(", ");
    let all = format!("{keys} {} {}", command.title, command.help).to_lowercase();
    let wanted = wanted.to_lowercase();
    if !wanted.split_whitespace().all(|word| all.contains(word)) {
        return None;
    }
    // Two spaces at least between the columns, however long what stands there.
    let padded = |text: &str, width: usize| format!("{:<1$}", format!("{text}  "), width);
    let keys = padded(&format!("  {keys}"), KEYS + 2);
    let name = padded(command.title, NAME);
    let room = usize::from(app.screen().width.saturating_sub(2));
    let head = keys.width() + name.width();
    let beside = room.saturating_sub(head) >= LEAST;
    let indent = if beside { head } else { KEYS + 4 };
    let mut help = wrapped(command.help, room.saturating_sub(indent)).into_iter();
    let dim = app.theme.dim();
    let mut first = vec![Span::raw(keys), Span::raw(name)];
    if beside {
        first.extend(help.next().map(|line| Span::styled(line, dim)));
    }
    let below = help.map(|line| Line::styled(format!("{:indent$}{line}", ""), dim));
    Some(std::iter::once(Line::from(first)).chain(below).collect())
}

pub fn page(app: &App, help: &Help, frame: &mut Frame) {
    let area = app.screen();
    let wanted = help.input.value();
    let title = match wanted.is_empty() {
        true => "Help: type to search, the arrows scroll, Esc closes".to_owned(),
        false => format!("Help on: {wanted}"),
    };
    let inside = open(app, &title, area, frame);
    let mut lines = text(app, wanted);
    if lines.is_empty() {
        lines.push(Line::styled("no command is described so", app.theme.dim()));
    }
    let lines: Vec<Line> = lines.into_iter().skip(help.top).collect();
    frame.render_widget(Paragraph::new(lines), inside);
}
