//! The form of find and replace.

use super::lines::line_at;
use super::overlay::{input_line, open, selected_line};
use crate::tui::app::App;
use crate::tui::find::{FindForm, Scope};
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::text::{Line, Span};

/// At the grid's lower edge; at its upper one where it would cover the active cell.
fn place(app: &App, height: u16) -> Screen {
    let viewport = app.viewport();
    let grid = app.layout().grid;
    let height = height.min(grid.height);
    let low = grid.bottom() - height;
    let active = app.selection().active().row;
    let covered = viewport
        .rows
        .iter()
        .any(|row| row.index == active && row.start >= low);
    Screen {
        x: grid.x,
        y: if covered { grid.y } else { low },
        width: app.screen().width.min(72),
        height,
    }
}

pub fn find(app: &App, form: &FindForm, frame: &mut Frame) {
    let title = match (&form.with, &form.search.scope) {
        (None, Scope::Areas(_)) => "Find in the selected cells",
        (None, _) => "Find",
        (Some(_), Scope::Areas(_)) => "Replace in the selected cells",
        (Some(_), _) => "Replace",
    };
    let lines = 3 + usize::from(form.with.is_some());
    let inside = open(app, title, place(app, lines as u16 + 2), frame);
    let line = |index| line_at(inside, index);
    // The line typed into comes last: it has the cursor.
    let what = (&form.what, "Find: ", line(0));
    let with = form.with.as_ref().map(|with| (with, "With: ", line(1)));
    let mut inputs: Vec<_> = [Some(what), with].into_iter().flatten().collect();
    if !form.in_with {
        inputs.reverse();
    }
    for (input, before, area) in inputs {
        let what = std::ptr::eq(input, &form.what);
        match what && form.what_selected {
            true => selected_line(input, before, area, frame, app.theme.selected()),
            false => input_line(input, before, area, frame),
        }
    }
    let mut spans = vec![Span::styled("Alt+", app.theme.dim())];
    for (letter, what, on) in form.switches() {
        let style = if on {
            app.theme.accent()
        } else {
            app.theme.dim()
        };
        spans.push(Span::styled(format!("{letter} {what}"), style));
        spans.push(Span::raw("  "));
    }
    frame.render_widget(Line::from(spans), line(lines - 2));
    let last = match (&form.note, form.with.is_some()) {
        (Some(note), _) => Span::raw(printable(note).into_owned()),
        (None, true) => Span::styled(
            "Enter replaces and goes on, F3 goes on, Alt+A replaces all",
            app.theme.dim(),
        ),
        (None, false) => Span::styled("Enter finds, F3 goes on", app.theme.dim()),
    };
    frame.render_widget(Line::from(last), line(lines - 1));
}
