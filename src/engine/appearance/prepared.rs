//! The conditional formats of a sheet, bound and sorted.

use super::summary::Summary;
use super::{Bar, Icon};
use crate::engine::Engine;
use crate::engine::bind::{Bound, BoundFormula};
use crate::engine::pool;
use crate::functions::Wildcard;
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::{Value, equal_text};
use crate::workbook::{
    Colour, CompareOp, Condition, ConditionalFormat, Rule, Template, TextTest, Threshold,
    TimePeriod,
};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// The cells for which a formula is evaluated at once.
const BLOCK_ROWS: u32 = 32;
const BLOCK_COLS: u32 = 16;

/// What a rule that holds does to a cell.
pub enum Drawn {
    /// A format by its index.
    Format(u32),
    Fill(Colour),
    /// And whether the value is shown with it.
    Bar(Bar, bool),
    Icon(Icon, bool),
}

/// The conditional formats of a sheet.
#[derive(Debug, Default)]
pub struct SheetFormats {
    source: Vec<ConditionalFormat>,
    /// By their place in `source`.
    summaries: Vec<Summary>,
    /// By priority.
    rules: Vec<PreparedRule>,
    /// Formats may be others, names may mean something else.
    stale: bool,
}

#[derive(Debug)]
struct PreparedRule {
    format: usize,
    rule: Rule,
    /// In the order in which [`ConditionalFormat::each_formula`] shows them.
    formulas: Vec<BoundFormula>,
    /// The thresholds of a scale, once found; `None` for one that has no value.
    thresholds: Option<Vec<Option<f64>>>,
    wildcard: Option<Wildcard>,
    /// Whether the rule holds, for blocks of cells.
    blocks: FxHashMap<Pos, Vec<bool>>,
}

impl SheetFormats {
    pub fn values_changed(&mut self, sheet: SheetId, areas: &[Area]) {
        for rule in &mut self.rules {
            rule.blocks.clear();
            rule.thresholds = None;
        }
        for (format, summary) in self.source.iter().zip(&mut self.summaries) {
            let meets = |area: &Area| {
                let same = area.sheet == sheet;
                same && format
                    .areas
                    .iter()
                    .any(|rect| rect.intersection(&area.rect).is_some())
            };
            if areas.iter().any(meets) {
                *summary = Summary::default();
            }
        }
    }

    pub fn meaning_changed(&mut self) {
        self.stale = true;
    }

    /// Takes the sheet's formats, where they are not those that it has.
    pub fn prepare(&mut self, engine: &Engine, sheet: SheetId) {
        if !self.stale && !self.rules.is_empty() {
            return;
        }
        let now = &engine.workbook.sheet(sheet).conditional;
        if *now != self.source {
            self.source = now.clone();
            self.summaries = now.iter().map(|_| Summary::default()).collect();
        }
        self.rules.clear();
        for (format, source) in self.source.iter().enumerate() {
            let at = Cell {
                sheet,
                pos: source.origin(),
            };
            for rule in &source.rules {
                let mut formulas = Vec::new();
                let mut one = ConditionalFormat {
                    areas: Vec::new(),
                    rules: vec![rule.clone()],
                };
                one.each_formula(&mut |formula| formulas.push(bind(engine, formula, at)));
                let wildcard = match &rule.condition {
                    Condition::Text {
                        test: TextTest::Contains | TextTest::NotContains,
                        text,
                    } => Some(Wildcard::new(&format!("*{text}*"))),
                    _ => None,
                };
                self.rules.push(PreparedRule {
                    format,
                    rule: rule.clone(),
                    formulas,
                    thresholds: None,
                    wildcard,
                    blocks: FxHashMap::default(),
                });
            }
        }
        self.rules.sort_by_key(|rule| rule.rule.priority);
        self.stale = false;
    }

    /// What the rules that hold for a cell do to it, in their order.
    pub fn of(&mut self, engine: &Engine, cell: Cell) -> Vec<Drawn> {
        let mut drawn = Vec::new();
        for rule in &mut self.rules {
            let format = &self.source[rule.format];
            if !format.covers(cell.pos) {
                continue;
            }
            let view = View {
                engine,
                cell,
                areas: &format.areas,
                summary: &self.summaries[rule.format],
            };
            let Some(what) = rule.apply(&view) else {
                continue;
            };
            drawn.extend(what);
            if rule.rule.stop_if_true {
                break;
            }
        }
        drawn
    }
}

/// Binds a formula that counts from `at`.
pub(in crate::engine) fn bind(engine: &Engine, formula: &Template, at: Cell) -> BoundFormula {
    match formula {
        Template::Formula(expr) => engine.bind_once(expr, at),
        Template::Unreadable(_) => engine.bind_once(
            &crate::formula::Expr::Error(crate::value::ErrorKind::Name),
            at,
        ),
    }
}

/// A cell and what its rule may look at.
struct View<'a> {
    engine: &'a Engine,
    cell: Cell,
    areas: &'a [Rect],
    summary: &'a Summary,
}

impl View<'_> {
    fn value(&self) -> Value {
        self.engine.value(self.cell)
    }

    fn number(&self) -> Option<f64> {
        let sheet = self.engine.workbook.sheet(self.cell.sheet);
        sheet.cells.number(self.cell.pos)
    }

    fn cells(&self) -> &crate::workbook::Cells {
        &self.engine.workbook.sheet(self.cell.sheet).cells
    }
}

impl PreparedRule {
    /// `None` where the rule does not hold; what it does where it does.
    fn apply(&mut self, view: &View<'_>) -> Option<Option<Drawn>> {
        match &self.rule.condition {
            Condition::ColourScale(points) => {
                let x = view.number()?;
                let colours: Vec<Colour> = points.iter().map(|point| point.colour).collect();
                let stops = self.thresholds(view);
                let fill = on_scale(x, stops, &colours)?;
                Some(Some(Drawn::Fill(fill)))
            }
            Condition::DataBar(bar) => {
                let x = view.number()?;
                let (colour, show) = (bar.colour, bar.show_value);
                let [Some(min), Some(max)] = *self.thresholds(view) else {
                    return None;
                };
                let length = if min < max {
                    (x - min) / (max - min)
                } else {
                    1.0
                };
                let length = length.clamp(0.0, 1.0);
                Some(Some(Drawn::Bar(Bar { length, colour }, show)))
            }
            Condition::IconSet(icons) => {
                let x = view.number()?;
                let (set, show, reverse) = (icons.name.clone(), icons.show_value, icons.reverse);
                let inclusive: Vec<bool> = icons.steps.iter().map(|step| step.inclusive).collect();
                let stops = self.thresholds(view);
                let reached = |(stop, inclusive): (&Option<f64>, &bool)| {
                    stop.is_some_and(|stop| if *inclusive { x >= stop } else { x > stop })
                };
                let above = stops.iter().zip(&inclusive).skip(1).rposition(reached);
                let index = above.map_or(0, |i| i + 1);
                let of = stops.len();
                let index = if reverse { of - 1 - index } else { index };
                Some(Some(Drawn::Icon(Icon { set, index, of }, show)))
            }
            _ => self
                .holds(view)
                .then(|| self.rule.format.map(Drawn::Format)),
        }
    }

    /// The numbers at which a scale's points, a bar's ends or icons stand.
    fn thresholds(&mut self, view: &View<'_>) -> &[Option<f64>] {
        let wanted: Vec<&Threshold> = match &self.rule.condition {
            Condition::ColourScale(points) => points.iter().map(|p| &p.at).collect(),
            Condition::DataBar(bar) => vec![&bar.min, &bar.max],
            Condition::IconSet(icons) => icons.steps.iter().map(|s| &s.from).collect(),
            _ => Vec::new(),
        };
        let formulas = &self.formulas;
        self.thresholds.get_or_insert_with(|| {
            let origin = Cell {
                sheet: view.cell.sheet,
                pos: view.areas[0].top_left(),
            };
            let mut formulas = formulas.iter();
            let mut find = |threshold: &Threshold| {
                let given = threshold.formula().and_then(|_| formulas.next());
                let given = given.map(|formula| view.engine.value_at(formula, origin));
                let given = given.and_then(|value| value.to_number().ok());
                let moments = || view.summary.moments(view.cells(), view.areas);
                match threshold {
                    Threshold::Min => moments().map(|m| m.min),
                    Threshold::Max => moments().map(|m| m.max),
                    Threshold::Number(_) | Threshold::Formula(_) => given,
                    Threshold::Percent(_) => {
                        let m = moments()?;
                        Some(m.min + (m.max - m.min) * given? / 100.0)
                    }
                    Threshold::Percentile(_) => {
                        view.summary.percentile(view.cells(), view.areas, given?)
                    }
                }
            };
            wanted.into_iter().map(&mut find).collect()
        })
    }

    fn holds(&mut self, view: &View<'_>) -> bool {
        match &self.rule.condition {
            Condition::Formula(_) => self.by_formula(view),
            Condition::Compare { operator, .. } => {
                let constant = |formula: &BoundFormula| match &formula.root {
                    Bound::Value(value) => Some(value.clone()),
                    _ => None,
                };
                let constants: Option<Vec<Value>> = self.formulas.iter().map(constant).collect();
                match constants {
                    Some(constants) => compare(*operator, &view.value(), &constants),
                    None => self.by_formula(view),
                }
            }
            Condition::Top {
                rank,
                percent,
                bottom,
            } => {
                let sorted = view.summary.sorted(view.cells(), view.areas);
                let Some(x) = view.number() else { return false };
                let rank = match percent {
                    true => (sorted.len() as u64 * u64::from(*rank) / 100).max(1),
                    false => u64::from(*rank),
                };
                let rank = (rank as usize).min(sorted.len());
                let Some(place) = rank.checked_sub(1) else {
                    return false;
                };
                match bottom {
                    true => x <= sorted[place],
                    false => x >= sorted[sorted.len() - 1 - place],
                }
            }
            Condition::Average {
                above,
                or_equal,
                deviations,
            } => {
                let moments = view.summary.moments(view.cells(), view.areas);
                let (Some(m), Some(x)) = (moments, view.number()) else {
                    return false;
                };
                let away = f64::from(deviations.unwrap_or(0)) * m.deviation();
                let limit = if *above { m.mean + away } else { m.mean - away };
                match crate::value::compare_numbers(x, limit) {
                    Ordering::Equal => *or_equal,
                    Ordering::Greater => *above,
                    Ordering::Less => !*above,
                }
            }
            Condition::Duplicate => view.summary.count(view.cells(), view.areas, &view.value()) > 1,
            Condition::Unique => view.summary.count(view.cells(), view.areas, &view.value()) == 1,
            Condition::Text { test, text } => {
                let Ok(value) = view.value().to_text() else {
                    // A search in an error finds nothing.
                    return *test == TextTest::NotContains;
                };
                let contains = || self.wildcard.as_ref().is_some_and(|w| w.matches(&value));
                let length = text.chars().count();
                match test {
                    TextTest::Contains => contains(),
                    TextTest::NotContains => !contains(),
                    TextTest::Begins => {
                        let start: String = value.chars().take(length).collect();
                        equal_text(&start, text)
                    }
                    TextTest::Ends => {
                        let skipped = value.chars().count().saturating_sub(length);
                        let end: String = value.chars().skip(skipped).collect();
                        equal_text(&end, text)
                    }
                }
            }
            Condition::Blank => is_blank(&view.value()) == Some(true),
            Condition::NotBlank => is_blank(&view.value()) == Some(false),
            Condition::Error => view.value().as_error().is_some(),
            Condition::NotError => view.value().as_error().is_none(),
            Condition::Date(period) => {
                let now = view.engine.world().now;
                let today = now.floor() as i64;
                view.number()
                    .is_some_and(|x| is_within(*period, x.floor() as i64, today, view.engine))
            }
            Condition::ColourScale(_)
            | Condition::DataBar(_)
            | Condition::IconSet(_)
            | Condition::Unknown(_) => false,
        }
    }

    /// Whether the rule's formula holds for the cell, found for all cells
    /// around it at once.
    fn by_formula(&mut self, view: &View<'_>) -> bool {
        let at = view.cell.pos;
        let corner = Pos::new(at.row - at.row % BLOCK_ROWS, at.col - at.col % BLOCK_COLS);
        let (condition, formulas) = (&self.rule.condition, &self.formulas);
        let (engine, areas, sheet) = (view.engine, view.areas, view.cell.sheet);
        let block = self.blocks.entry(corner).or_insert_with(|| {
            pool::run(|| {
                let cells = (0..BLOCK_ROWS * BLOCK_COLS).map(|i| {
                    let pos = Pos::new(corner.row + i / BLOCK_COLS, corner.col + i % BLOCK_COLS);
                    let cell = Cell { sheet, pos };
                    areas.iter().any(|area| area.contains(pos))
                        && formula_holds(engine, condition, formulas, cell)
                });
                cells.collect()
            })
        });
        let i = (at.row - corner.row) * BLOCK_COLS + at.col - corner.col;
        block[i as usize]
    }
}

/// On a thread of the engine.
fn formula_holds(
    engine: &Engine,
    condition: &Condition,
    formulas: &[BoundFormula],
    cell: Cell,
) -> bool {
    let values = || -> Vec<Value> {
        let value = |formula| engine.value_here(formula, cell);
        formulas.iter().map(value).collect()
    };
    match condition {
        Condition::Compare { operator, .. } => compare(*operator, &engine.value(cell), &values()),
        _ => values()
            .first()
            .is_some_and(|value| value.to_bool() == Ok(true)),
    }
}

/// Whether a value compares so with others; the bounds of an interval may come
/// in either order.
pub(in crate::engine) fn compare(operator: CompareOp, value: &Value, with: &[Value]) -> bool {
    let order = |i: usize| value.compare(with.get(i)?);
    let between = || {
        let (a, b) = (order(0)?, order(1)?);
        Some((a.is_ge() && b.is_le()) || (a.is_le() && b.is_ge()))
    };
    let holds = match operator {
        CompareOp::Between => between(),
        CompareOp::NotBetween => between().map(|inside| !inside),
        CompareOp::Equal => order(0).map(Ordering::is_eq),
        CompareOp::NotEqual => order(0).map(Ordering::is_ne),
        CompareOp::Greater => order(0).map(Ordering::is_gt),
        CompareOp::Less => order(0).map(Ordering::is_lt),
        CompareOp::GreaterOrEqual => order(0).map(Ordering::is_ge),
        CompareOp::LessOrEqual => order(0).map(Ordering::is_le),
    };
    holds == Some(true)
}

/// Whether there is nothing in a cell but spaces; `None` for an error.
fn is_blank(value: &Value) -> Option<bool> {
    let text: Arc<str> = value.to_text().ok()?;
    Some(text.trim_matches(' ').is_empty())
}

/// The colour of a number on a scale, mixed channel by channel.
fn on_scale(x: f64, stops: &[Option<f64>], colours: &[Colour]) -> Option<Colour> {
    let stops: Vec<f64> = stops.iter().copied().collect::<Option<_>>()?;
    let (first, last) = (*stops.first()?, colours.last()?);
    if x <= first {
        return colours.first().copied();
    }
    for i in 1..stops.len() {
        let (low, high) = (stops[i - 1], stops[i]);
        if x <= high {
            let part = if low < high {
                (x - low) / (high - low)
            } else {
                1.0
            };
            return Some(mixed(colours[i - 1], colours[i], part));
        }
    }
    Some(*last)
}

fn mixed(a: Colour, b: Colour, part: f64) -> Colour {
    let mix = |a: u8, b: u8| {
        let (a, b) = (f64::from(a), f64::from(b));
        (a + (b - a) * part).round() as u8
    };
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Whether a day lies in a period; weeks begin on Sunday.
fn is_within(period: TimePeriod, day: i64, today: i64, engine: &Engine) -> bool {
    let dates = engine.workbook.date_system;
    let week = today - i64::from(dates.weekday(today));
    let months = |of: i64| {
        let date = dates.date(of as f64)?;
        Some(i64::from(date.year) * 12 + i64::from(date.month))
    };
    let month =
        |ahead: i64| months(day).is_some_and(|m| Some(m) == months(today).map(|t| t + ahead));
    match period {
        TimePeriod::Yesterday => day == today - 1,
        TimePeriod::Today => day == today,
        TimePeriod::Tomorrow => day == today + 1,
        TimePeriod::Last7Days => (today - 6..=today).contains(&day),
        TimePeriod::LastWeek => (week - 7..week).contains(&day),
        TimePeriod::ThisWeek => (week..week + 7).contains(&day),
        TimePeriod::NextWeek => (week + 7..week + 14).contains(&day),
        TimePeriod::LastMonth => month(-1),
        TimePeriod::ThisMonth => month(0),
        TimePeriod::NextMonth => month(1),
    }
}
