//! The problems panel.

use super::lines::{cell_name, line_at, short};
use super::spots::{Spot, Spots};
use crate::engine::problems::Problem;
use crate::tui::app::App;
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// The lines below the list that tell of the chosen problem.
const DETAIL: usize = 5;

pub fn panel(app: &App, area: Screen, frame: &mut Frame) -> Spots {
    let mut spots = Spots::new();
    let problems = &app.panels.problems;
    let groups = &problems.found.groups;
    if groups.is_empty() {
        let line = Line::styled("no errors, no circular references", app.theme.dim());
        frame.render_widget(line, line_at(area, 0));
        return spots;
    }
    let height = usize::from(area.height);
    let shown = height.saturating_sub(DETAIL).max(1);
    let first = problems.list.top(shown, groups.len());
    for (index, problem) in groups.iter().enumerate().skip(first).take(shown) {
        let line = line_at(area, index - first);
        spots.push((line, Spot::Line(index)));
        if index == problems.list.chosen {
            frame.buffer_mut().set_style(line, app.theme.accent());
        }
        let room = usize::from(area.width);
        frame.render_widget(short(&summary(app, problem), room), line);
    }
    let chosen = groups.get(problems.list.chosen);
    let lines = chosen
        .map(|problem| detail(app, problem))
        .unwrap_or_default();
    let below = Screen {
        y: area.y + shown.min(height) as u16,
        height: height.saturating_sub(shown) as u16,
        ..area
    };
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), below);
    spots
}

fn summary(app: &App, problem: &Problem) -> String {
    let workbook = app.document.engine().workbook();
    let front = app.sheet();
    match problem {
        Problem::Errors {
            kind,
            first,
            last,
            count,
            source,
        } => {
            let mut text = cell_name(workbook, front, *first);
            if *count > 1 {
                text += &format!("…{} {kind} x {count}", last.pos);
            } else {
                text += &format!(" {kind}");
            }
            if let Some(source) = source {
                text += &format!(" from {}", cell_name(workbook, front, *source));
            }
            text
        }
        Problem::Circle(path) => {
            let names = path.iter().chain(path.first());
            let names: Vec<String> = names.map(|&c| cell_name(workbook, front, c)).collect();
            format!("circle {}", names.join(" → "))
        }
    }
}

/// The formulas of the cell and of where its error comes from.
fn detail(app: &App, problem: &Problem) -> Vec<Line<'static>> {
    let engine = app.document.engine();
    let source = match problem {
        Problem::Errors { source, .. } => *source,
        Problem::Circle(path) => path.get(1).copied(),
    };
    let mut lines = vec![Line::default()];
    for cell in problem.cell().into_iter().chain(source) {
        let formula = engine.formula_text(cell);
        let formula = formula.unwrap_or_else(|| engine.display(cell));
        lines.push(Line::from(vec![
            Span::styled(
                format!("{} ", cell_name(engine.workbook(), app.sheet(), cell)),
                app.theme.dim(),
            ),
            Span::raw(printable(&formula).into_owned()),
        ]));
    }
    lines
}

/// How many problems there are, where there are any.
pub fn status(app: &App) -> Option<Span<'static>> {
    let count = app.panels.problems.found.count();
    let plural = if count == 1 { "" } else { "s" };
    (count > 0).then(|| Span::styled(format!("  {count} problem{plural}"), app.theme.error()))
}
