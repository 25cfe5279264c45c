//! Charts of cells, kept for the session and drawn anew as cells change.

use crate::formula;
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::tui::app::App;
use crate::tui::command::Refusal;
use crate::value::Value;
use crate::workbook::{Chart, ChartKind, ChartSeries, Template, Tracked, Workbook, histogram};
use std::sync::Arc;

/// The panel's state.
#[derive(Debug, Default)]
pub struct Charts {
    pub charts: Vec<Plotted>,
    pub chosen: usize,
    /// The series of the chosen chart, and what they belong to.
    series: Vec<Series>,
    of: Option<Drawn>,
}

/// A chart of a state of the document, in so much room.
#[derive(Debug, PartialEq)]
struct Drawn {
    revision: u64,
    chart: Plotted,
    room: Room,
}

/// The columns and lines of the screen that a chart has.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Room {
    columns: usize,
    lines: usize,
}

/// The kinds of charts, in the order in which they are flipped through.
pub const KINDS: [ChartKind; 4] = [
    ChartKind::Line,
    ChartKind::Scatter,
    ChartKind::Column,
    ChartKind::Histogram,
];

/// What a kind of chart is called.
pub fn kind_name(kind: ChartKind) -> &'static str {
    match kind {
        ChartKind::Line => "line",
        ChartKind::Scatter => "scatter",
        ChartKind::Column => "column",
        ChartKind::Histogram => "histogram",
    }
}

/// A chart of columns of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Plotted {
    pub kind: ChartKind,
    pub title: String,
    /// Whether values are shown by their logarithms.
    pub log: bool,
    pub columns: Vec<Column>,
}

/// Cells of one column, and the cell above them that names them.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    area: Tracked,
    header: Option<Tracked>,
}

impl Charts {
    /// The series of the chosen chart.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    pub fn places_mut(&mut self) -> impl Iterator<Item = &mut Tracked> {
        let columns = self.charts.iter_mut().flat_map(|chart| &mut chart.columns);
        columns.flat_map(|column| std::iter::once(&mut column.area).chain(&mut column.header))
    }
}

/// The name of a series and its points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

impl Plotted {
    /// A chart of the columns of the selected areas, as far as they are used.
    pub fn of(
        workbook: &Workbook,
        sheet: SheetId,
        selected: &[Rect],
        kind: ChartKind,
    ) -> Result<Self, Refusal> {
        let cells = &workbook.sheet(sheet).cells;
        let mut columns = Vec::new();
        let used = cells.used();
        let within = selected.iter().filter_map(|rect| rect.intersection(&used?));
        for rect in within {
            let text = |pos| matches!(cells.get(pos), Value::Text(_));
            let top = (rect.left..=rect.right).map(|col| Pos::new(rect.top, col));
            let named = rect.rows() > 1 && top.into_iter().any(text);
            for col in rect.left..=rect.right {
                let rect = Rect {
                    top: rect.top + u32::from(named),
                    left: col,
                    right: col,
                    ..rect
                };
                let header = named.then(|| Cell {
                    sheet,
                    pos: Pos::new(rect.top - 1, col),
                });
                let area = Area { sheet, rect };
                let mut numbers = 0u64;
                cells.for_each(rect, &mut |_, value| {
                    numbers += u64::from(matches!(value, Value::Number(_)));
                });
                if numbers > 0 {
                    columns.push(Column {
                        area: area.into(),
                        header: header.map(Tracked::from),
                    });
                }
            }
        }
        if columns.is_empty() {
            return Err(Refusal::new("the selected cells hold no numbers to draw"));
        }
        Ok(Self {
            kind,
            title: String::new(),
            log: false,
            columns,
        })
    }

    /// The title, or what the chart shows.
    pub fn title(&self, workbook: &Workbook) -> String {
        if !self.title.is_empty() {
            return self.title.clone();
        }
        let areas = self.columns.iter().filter_map(|c| c.area.area());
        let hull = areas.reduce(|a, b| Area {
            rect: a.rect.hull(&b.rect),
            ..a
        });
        let cells = hull.map_or_else(
            || "cells that were deleted".to_owned(),
            |area| workbook.area_address(area),
        );
        format!("{} of {cells}", kind_name(self.kind))
    }

    /// The column across, where there is one, and the columns that are series.
    fn roles(&self) -> (Option<&Column>, &[Column]) {
        match (self.kind, self.columns.as_slice()) {
            (ChartKind::Scatter, [x, ys @ ..]) if !ys.is_empty() => (Some(x), ys),
            (_, all) => (None, all),
        }
    }

    /// The same as a chart of the document over the cells of `anchor`.
    pub fn drawing(&self, workbook: &Workbook, anchor: Rect) -> Result<Chart, Refusal> {
        let reference = |place: &Tracked| -> Result<Arc<Template>, Refusal> {
            let gone =
                || Refusal::new("cells of the chart were deleted: undo that, or draw it anew");
            let area = place.area().ok_or_else(gone)?;
            let text = workbook.absolute_areas(&[area]);
            let expr = formula::parse(&text, Pos::new(0, 0))?;
            Ok(Arc::new(Template::Formula(expr)))
        };
        let (x, ys) = self.roles();
        let mut series = Vec::new();
        for column in ys {
            // A deleted header leaves its column without a name.
            let header = column
                .header
                .as_ref()
                .filter(|header| header.area().is_some());
            series.push(ChartSeries {
                name: header.map(reference).transpose()?,
                x: x.map(|x| reference(&x.area)).transpose()?,
                y: reference(&column.area)?,
            });
        }
        Ok(Chart {
            kind: self.kind,
            title: self.title.as_str().into(),
            series,
            anchor,
            log_x: false,
            log_y: self.log,
        })
    }

    /// The series with their points as the cells are now, thinned to what
    /// the room can show.
    fn series(&self, workbook: &Workbook, room: Room) -> Vec<Series> {
        let columns = room.columns.max(1);
        let (x, ys) = self.roles();
        let x = x.map(|x| numbers(workbook, &x.area));
        ys.iter()
            .map(|column| {
                let y = numbers(workbook, &column.area);
                let numbered = || (1..).map(f64::from).zip(y.iter().copied());
                let points: Vec<(f64, f64)> = match (self.kind, &x) {
                    (ChartKind::Histogram, _) => bars(&y),
                    (ChartKind::Scatter, Some(x)) => {
                        let both = x.iter().copied().zip(y.iter().copied());
                        thin_dots(both.collect(), room, self.log)
                    }
                    (ChartKind::Scatter, None) => thin_dots(numbered().collect(), room, self.log),
                    (ChartKind::Column, _) => thin_columns(numbered(), y.len(), columns),
                    _ => thin_line(numbered(), y.len(), columns),
                };
                Series {
                    name: name(workbook, column),
                    points,
                }
            })
            .collect()
    }
}

/// Reads the cells of the chosen chart, where the panel is open and they, the
/// chart or its room have changed.
pub fn follow(app: &mut App) {
    let charts = &app.panels.charts;
    let is_open = app.panels.open == Some(super::PanelKind::Charts);
    let room = app.layout().panel.filter(|_| is_open);
    let (Some(chart), Some(room)) = (charts.charts.get(charts.chosen), room) else {
        return;
    };
    let of = Drawn {
        revision: app.document.revision(),
        chart: chart.clone(),
        // Within the panel's frame.
        room: Room {
            columns: usize::from(room.width.saturating_sub(2)),
            lines: usize::from(room.height.saturating_sub(2)),
        },
    };
    if charts.of.as_ref() != Some(&of) {
        let workbook = app.document.engine().workbook();
        let series = chart.series(workbook, of.room);
        let charts = &mut app.panels.charts;
        (charts.series, charts.of) = (series, Some(of));
    }
}

fn name(workbook: &Workbook, column: &Column) -> String {
    let header = column.header.as_ref().and_then(Tracked::cell);
    match header.map(|cell| workbook.sheet(cell.sheet).cells.get(cell.pos)) {
        Some(Value::Text(text)) => text.to_string(),
        _ => column
            .area
            .area()
            .map_or_else(|| "#REF!".to_owned(), |area| workbook.area_address(area)),
    }
}

/// The numbers of a column by rows, NaN where a cell holds none; none where
/// its cells are gone.
fn numbers(workbook: &Workbook, place: &Tracked) -> Vec<f64> {
    let Some(area) = place.area() else {
        return Vec::new();
    };
    let mut numbers = vec![f64::NAN; area.rect.rows() as usize];
    let cells = &workbook.sheet(area.sheet).cells;
    cells.for_each(area.rect, &mut |pos, value| {
        if let Value::Number(x) = value {
            numbers[(pos.row - area.rect.top) as usize] = *x;
        }
    });
    numbers
}

/// The least and the greatest of each of twice as many parts as there are columns.
fn thin_line(
    points: impl Iterator<Item = (f64, f64)>,
    count: usize,
    columns: usize,
) -> Vec<(f64, f64)> {
    if count <= 4 * columns {
        return points.collect();
    }
    let part = count.div_ceil(2 * columns);
    let mut thin = Vec::new();
    let all: Vec<(f64, f64)> = points.collect();
    for part in all.chunks(part) {
        let numbers = || part.iter().filter(|(_, y)| y.is_finite());
        let least = numbers().min_by(|a, b| a.1.total_cmp(&b.1));
        let greatest = numbers().max_by(|a, b| a.1.total_cmp(&b.1));
        if let (Some(&a), Some(&b)) = (least, greatest) {
            thin.extend(if a.0 <= b.0 { [a, b] } else { [b, a] });
        }
    }
    thin
}

/// One point of each dot that the room has; the outermost are always among them.
fn thin_dots(mut points: Vec<(f64, f64)>, room: Room, log: bool) -> Vec<(f64, f64)> {
    points.retain(|&(x, y)| x.is_finite() && y.is_finite() && (!log || y > 0.0));
    // A character has 2 x 4 dots.
    let (across, up) = (2 * room.columns.max(1), 4 * room.lines.max(1));
    if points.len() <= across * up {
        return points;
    }
    let high = |&(_, y): &(f64, f64)| if log { y.ln() } else { y };
    let span = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        })
    };
    let (left, right) = span(&mut points.iter().map(|p| p.0));
    let (bottom, top) = span(&mut points.iter().map(high));
    let dot = |value: f64, (low, high): (f64, f64), count: usize| match high > low {
        true => ((value - low) / (high - low) * (count - 1) as f64).round() as usize,
        false => 0,
    };
    let (mut dots, mut edges) = (vec![false; across * up], [false; 4]);
    let mut take = |taken: &mut bool| !std::mem::replace(taken, true);
    points.retain(|point| {
        let (x, y) = (point.0, high(point));
        let at = dot(y, (bottom, top), up) * across + dot(x, (left, right), across);
        let mut kept = dots.get_mut(at).is_some_and(&mut take);
        for (edge, there) in edges
            .iter_mut()
            .zip([x == left, x == right, y == bottom, y == top])
        {
            kept |= there && take(edge);
        }
        kept
    });
    points
}

/// The value farthest from 0 of each column of the screen.
fn thin_columns(
    points: impl Iterator<Item = (f64, f64)>,
    count: usize,
    columns: usize,
) -> Vec<(f64, f64)> {
    let all: Vec<(f64, f64)> = points.filter(|(_, y)| y.is_finite()).collect();
    if count <= columns {
        return all;
    }
    let part = all.len().div_ceil(columns).max(1);
    let farthest = |part: &[(f64, f64)]| {
        let found = part.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        found.copied()
    };
    all.chunks(part).filter_map(farthest).collect()
}

/// The bars of a histogram: the middles of its intervals, and how many values
/// lie there.
fn bars(values: &[f64]) -> Vec<(f64, f64)> {
    let numbers: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let bins = histogram(&numbers);
    bins.iter()
        .map(|bin| ((bin.from + bin.to) / 2.0, bin.count as f64))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_points_are_thinned_and_keep_their_extremes() {
        let count = 1_000_000;
        let points = (0..count).map(|i| {
            let y = if i == 777_777 {
                9.0
            } else {
                f64::from(i).sin()
            };
            (f64::from(i), y)
        });
        let thin = thin_line(points, count as usize, 60);
        assert!(thin.len() <= 240);
        assert!(thin.iter().any(|p| p.1 == 9.0));
        assert!(thin.windows(2).all(|w| w[0].0 <= w[1].0));
        let room = Room {
            columns: 40,
            lines: 20,
        };
        let cloud: Vec<(f64, f64)> = (0..count)
            .map(|i| (f64::from(i).sin(), f64::from(i % 1009).exp2()))
            .chain([(7.0, 1.0), (0.5, -3.0)])
            .collect();
        for log in [false, true] {
            let thin = thin_dots(cloud.clone(), room, log);
            assert!(thin.len() <= 80 * 80 + 4, "{}", thin.len());
            assert!(thin.contains(&(7.0, 1.0)));
            assert_eq!(thin.contains(&(0.5, -3.0)), !log);
        }
        let bars = thin_columns((0..1000).map(|i| (f64::from(i), f64::from(-i))), 1000, 50);
        assert!(bars.len() <= 50 && bars.iter().any(|p| p.1 == -999.0));
    }
}
