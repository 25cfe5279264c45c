//! A text file before it becomes a sheet.

use super::lines::line_at;
use super::overlay::{open, window};
use crate::grid::{Pos, column_name};
use crate::tui::app::App;
use crate::tui::import::Import;
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The widest that a column is shown.
const WIDEST: usize = 18;

pub fn import(app: &App, import: &Import, frame: &mut Frame) {
    let screen = app.screen();
    let area = window(screen, screen.width.min(100), screen.height.min(22));
    let inside = open(app, &import.path.display().to_string(), area, frame);
    let (rows, columns) = import.size();
    let mut facts = format!(
        "{rows} rows, {columns} columns; {}, {}{}",
        import.found.encoding,
        import.found.delimiter_name(),
        match import.found.dialect.decimal_comma {
            true => ", decimal commas",
            false => "",
        }
    );
    for note in import.found.notes() {
        facts += &format!("; {note}");
    }
    let target = app.document.engine().workbook();
    let keys = format!(
        "Enter adds it as the sheet {}, Esc leaves it; d: delimiter, c: decimals",
        printable(&import.sheet_name(target))
    );
    let line = |index| line_at(inside, index);
    frame.render_widget(Line::from(facts), line(0));
    frame.render_widget(Line::styled(keys, app.theme.dim()), line(1));

    let height = usize::from(inside.height.saturating_sub(5));
    let first = import.top.min((rows as usize).saturating_sub(1));
    let shown: Vec<usize> = (first..rows as usize).take(height).collect();
    let mut lines = vec![Vec::new(); shown.len() + 2];
    let mut room = usize::from(inside.width);
    for (col, kind) in (0..).zip(&import.types) {
        let texts: Vec<String> = shown
            .iter()
            .map(|&row| {
                let text = import.shown(Pos::new(row as u32, col));
                printable(&text).into_owned()
            })
            .collect();
        let heads = [column_name(col), kind.name().to_owned()];
        let all = || heads.iter().chain(&texts);
        let width = all()
            .map(|text| text.width())
            .max()
            .unwrap_or(0)
            .min(WIDEST);
        if room < width + 2 {
            break;
        }
        room -= width + 2;
        for (index, (text, line)) in all().zip(&mut lines).enumerate() {
            let style = match index {
                0 => app.theme.header(),
                1 => app.theme.dim(),
                _ => ratatui::style::Style::new(),
            };
            line.push(Span::styled(fitted(text, width), style));
            line.push(Span::raw("  "));
        }
    }
    for (n, spans) in (3..).zip(lines) {
        frame.render_widget(Line::from(spans), line(n));
    }
}

/// A text cut or filled up to a width.
fn fitted(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let size = c.width().unwrap_or(0);
        if used + size > width {
            break;
        }
        used += size;
        out.push(c);
    }
    out.extend(std::iter::repeat_n(' ', width - used));
    out
}
