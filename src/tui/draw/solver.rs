//! The solver panel.

use super::lines::{cell_name, wrapped};
use super::plot::{Layer, Mark, Scale, brief, plot};
use super::spots::{Spot, Spots};
use crate::solver::Outcome;
use crate::tui::app::App;
use crate::tui::mode::Mode;
use crate::tui::panel::PanelKind;
use crate::tui::panel::search::{Search, State};
use crate::tui::panel::solver::{Form, Kind, Row};
use crate::tui::panel::sweep::Sweep;
use crate::value::format::printable;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The columns that a line's label takes.
const LABEL: usize = 13;
/// The lines of a curve that can be read, its axis among them.
const LEAST_CURVE: u16 = 8;

pub fn solver(app: &App, area: Screen, frame: &mut Frame) -> Spots {
    let mut spots = Spots::new();
    let solver = &app.panels.solver;
    let mut rest = area;
    if let Some(search) = &solver.search {
        searching(app, search, &mut rest, &mut spots, frame);
    } else if let Some(sweep) = &solver.sweep {
        rates(app, sweep, &mut rest, &mut spots, frame);
    } else if let Some(form) = &solver.form {
        filling(app, form, &mut rest, &mut spots, frame);
    }
    spots
}

/// Takes a line off the top.
fn line(rest: &mut Screen) -> Screen {
    let line = Screen {
        height: rest.height.min(1),
        ..*rest
    };
    rest.y += line.height;
    rest.height -= line.height;
    line
}

/// Takes up to so many lines for a text off the top.
fn text(rest: &mut Screen, text: &str, style: ratatui::style::Style, frame: &mut Frame) {
    let lines = wrapped(text, usize::from(rest.width)).into_iter();
    let lines: Vec<Line> = lines.take(6).map(Line::from).collect();
    let height = rest.height.min(lines.len() as u16);
    let area = Screen { height, ..*rest };
    frame.render_widget(Paragraph::new(lines).style(style), area);
    rest.y += height;
    rest.height -= height;
}

/// A line that does something, highlighted where it is chosen.
fn action(app: &App, row: Row, keys: &str, area: Screen, frame: &mut Frame) {
    let chosen = app.panels.solver.chosen() == row;
    if chosen {
        frame.buffer_mut().set_style(area, app.theme.accent());
    }
    frame.render_widget(Line::from(format!(" ▸ {}", row.label())), area);
    frame.render_widget(Line::from(format!("{keys} ")).right_aligned(), area);
}

/// The keys of a line's command.
fn keys(row: Row) -> &'static str {
    match row {
        Row::Solve | Row::Pause | Row::GoOn => "solver.run",
        Row::FindRate => "solver.rates",
        Row::Stop => "solver.stop",
        Row::Keep => "solver.keep",
        Row::Restore => "solver.restore",
        Row::Take => "solver.take-rate",
        _ => "",
    }
}

fn actions(app: &App, rest: &mut Screen, spots: &mut Spots, frame: &mut Frame) {
    for (index, row) in app.panels.solver.rows().into_iter().enumerate() {
        if row.kind() == Kind::Action {
            let command = crate::tui::command::find(keys(row));
            let keys = command.map(|c| app.keymap().keys(c, &app.settings));
            let first = keys.and_then(|keys| keys.into_iter().next());
            let area = line(rest);
            spots.push((area, Spot::Line(index)));
            action(app, row, &first.unwrap_or_default(), area, frame);
        }
    }
}

fn filling(app: &App, form: &Form, rest: &mut Screen, spots: &mut Spots, frame: &mut Frame) {
    let theme = &app.theme;
    let solver = &app.panels.solver;
    let workbook = app.document.engine().workbook();
    let sheet = printable(&workbook.sheet(form.sheet).name).into_owned();
    frame.render_widget(
        Line::styled(format!("Sheet {sheet}"), theme.dim()),
        line(rest),
    );
    actions(app, rest, spots, frame);
    for (index, row) in form.rows().into_iter().enumerate() {
        if row.kind() == Kind::Action {
            continue;
        }
        let area = line(rest);
        spots.push((area, Spot::Line(index)));
        let chosen = solver.chosen() == row;
        let label = format!(" {:<LABEL$}", row.label());
        if chosen {
            frame.buffer_mut().set_style(area, theme.selected());
        }
        let value = Screen {
            x: area.x + (label.len() as u16).min(area.width),
            width: area.width.saturating_sub(label.len() as u16),
            ..area
        };
        frame.render_widget(Line::styled(label, theme.dim()), area);
        match &app.mode {
            Mode::Field(field) if chosen && field.panel == PanelKind::Solver => {
                super::overlay::input_line(&field.input, "", value, frame);
            }
            Mode::Pick(PanelKind::Solver) if chosen => {
                let picked = app.selected_text(Some(form.sheet));
                frame.render_widget(Line::styled(picked, theme.cursor()), value);
            }
            _ => {
                let shown = printable(form.text(row)).into_owned();
                let shown = match row.kind() {
                    Kind::Choice => format!("‹ {shown} ›"),
                    _ => shown,
                };
                frame.render_widget(Line::from(shown), value);
            }
        }
    }
    line(rest);
    if let Some(error) = &solver.error {
        text(rest, error, theme.error(), frame);
    } else {
        text(rest, solver.chosen().hint(), theme.dim(), frame);
    }
}

fn searching(app: &App, search: &Search, rest: &mut Screen, spots: &mut Spots, frame: &mut Frame) {
    let theme = &app.theme;
    let workbook = app.document.engine().workbook();
    let name = workbook.address(search.objective);
    let title = match &search.state {
        State::Running => "Searching",
        State::Paused => "Paused",
        State::Ended(_) => "Ended",
    };
    let wanted = app
        .panels
        .solver
        .form
        .as_ref()
        .map_or("", |form| form.text(Row::Sense));
    let head = Line::from(vec![
        Span::styled(format!("{title} "), theme.header_active()),
        Span::raw(format!("{wanted} of {}", printable(&name))),
    ]);
    frame.render_widget(head, line(rest));
    actions(app, rest, spots, frame);
    match &search.state {
        State::Ended(Ok(outcome)) => result(app, search, outcome, rest, frame),
        State::Ended(Err(error)) => text(rest, error, theme.error(), frame),
        State::Running | State::Paused => {}
    }
    if let Some(point) = &search.latest {
        let what = match point.of {
            Some(of) => format!("start {} of {of}", point.iteration),
            None => format!("iteration {}", search.iterations()),
        };
        let speed = match point.speed() {
            Some(speed) => format!("   {}/s", brief(speed.round())),
            None => String::new(),
        };
        let facts = [
            format!("{what}   {:.1} s{speed}", point.seconds),
            format!(
                "value {}   |g| {:.2e}",
                brief(point.value),
                point.gradient_norm
            ),
        ];
        for fact in facts {
            frame.render_widget(Line::from(fact), line(rest));
        }
    }
    // The parameters, which the grid shows as well, have what the curve does
    // not need to be read, a third at most.
    let spare = rest.height.saturating_sub(LEAST_CURVE);
    let listed = (search.variables.len() as u16)
        .min(rest.height / 3)
        .min(spare);
    let plotted = Screen {
        height: rest.height.saturating_sub(listed + u16::from(listed > 0)),
        ..*rest
    };
    curve(app, search, plotted, frame);
    rest.y += plotted.height;
    rest.height -= plotted.height;
    parameters(app, search, rest, frame);
    if rest.height > 0
        && let Some(note) = search.notes.first()
    {
        text(rest, note, theme.dim(), frame);
    }
}

/// What happened, in words.
fn result(app: &App, search: &Search, outcome: &Outcome, rest: &mut Screen, frame: &mut Frame) {
    let theme = &app.theme;
    text(
        rest,
        outcome.status.sentence(),
        theme.header_active(),
        frame,
    );
    let change = format!("{} → {}", brief(search.before), brief(outcome.value));
    frame.render_widget(
        Line::from(format!("{change}  by {}", outcome.method)),
        line(rest),
    );
    if let Some((count, best)) = outcome.starts {
        let which = match best {
            0 => "the present values were the best".to_owned(),
            n => format!("random start {n} was the best"),
        };
        text(
            rest,
            &format!("of {count} starts {which}"),
            theme.dim(),
            frame,
        );
    }
    if let Some(advice) = &outcome.advice {
        text(rest, &format!("Advice: {advice}"), theme.dim(), frame);
    }
}

fn curve(app: &App, search: &Search, area: Screen, frame: &mut Frame) {
    let points = search.curve.points();
    let values = || points.iter().map(|&(_, value)| value);
    let (low, high) = values().fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    // A fall through powers of ten is seen on their scale only.
    let log = low > 0.0 && high >= 10.0 * low;
    let x = Scale::of(points.iter().map(|&(at, _)| at), false);
    let (Some(x), Some(y)) = (x, Scale::of(values(), log)) else {
        return;
    };
    let layer = Layer {
        points,
        mark: Mark::Line,
        colour: app.theme.series(0),
    };
    plot(area, (&x, &y), &[layer], &app.theme, frame.buffer_mut());
}

/// The changing cells: before, and now.
fn parameters(app: &App, search: &Search, rest: &mut Screen, frame: &mut Frame) {
    let Some(point) = &search.latest else { return };
    let workbook = app.document.engine().workbook();
    let all = search
        .variables
        .iter()
        .zip(search.start.iter().zip(&point.x));
    let room = usize::from(rest.height);
    for (index, (&cell, (&before, &now))) in all.enumerate() {
        if index + 1 == room && search.variables.len() > room {
            let more = search.variables.len() - index;
            let text = format!(" and {more} more");
            frame.render_widget(Line::styled(text, app.theme.dim()), line(rest));
            return;
        }
        if rest.height == 0 {
            return;
        }
        let name = cell_name(workbook, search.sheet, cell);
        let text = Line::from(vec![
            Span::styled(format!(" {:<8}", printable(&name)), app.theme.dim()),
            Span::raw(format!("{:>12} → {:<12}", brief(before), brief(now))),
        ]);
        frame.render_widget(text, line(rest));
    }
}

fn rates(app: &App, sweep: &Sweep, rest: &mut Screen, spots: &mut Spots, frame: &mut Frame) {
    let theme = &app.theme;
    let head = format!("Learning rates of {}", sweep.method);
    frame.render_widget(Line::styled(head, theme.header_active()), line(rest));
    actions(app, rest, spots, frame);
    let found = sweep.suggested();
    match (&sweep.ended, found) {
        (None, _) => text(rest, "Trying…", theme.dim(), frame),
        (Some(Err(error)), _) => text(rest, error, theme.error(), frame),
        (Some(Ok(())), None) => text(
            rest,
            "No rate improves the value: start from other values.",
            theme.error(),
            frame,
        ),
        (Some(Ok(())), Some(found)) => {
            let said = format!(
                "Suggested: {}, which led from {} to {} in {} steps",
                brief(found.rate),
                brief(sweep.start),
                brief(found.value),
                crate::solver::rates::STEPS
            );
            text(rest, &said, ratatui::style::Style::new(), frame);
        }
    }
    let points: Vec<(f64, f64)> = sweep.tried.iter().map(|t| (t.rate, t.value)).collect();
    // What blew up would leave the rest a flat line.
    let size = sweep.start.abs().max(1e-300);
    let shown = |value: &f64| (value - sweep.start).abs() <= 2.0 * size;
    let near: Vec<f64> = points.iter().map(|p| p.1).filter(shown).collect();
    let log = near.iter().all(|&v| v > 0.0)
        && near.iter().copied().fold(f64::INFINITY, f64::min) * 10.0 < sweep.start;
    let x = Scale::of(
        [crate::solver::rates::FIRST, crate::solver::rates::LAST],
        true,
    );
    let y = Scale::of(near.into_iter().chain([sweep.start]), log);
    let (Some(x), Some(y)) = (x, y) else { return };
    let mut layers = vec![Layer {
        points,
        mark: Mark::Line,
        colour: theme.series(0),
    }];
    if let Some(found) = found {
        layers.push(Layer {
            points: vec![(found.rate, found.value)],
            mark: Mark::Upright,
            colour: theme.series(1),
        });
    }
    plot(*rest, (&x, &y), &layers, theme, frame.buffer_mut());
}
