//! A search of the solver panel, while it runs and until its result is kept or
//! given up. It runs on a thread of its own; cells show its best point as
//! values tried out, so the document stays what it was.

use super::solver::in_panel_words;
use crate::engine::gradient::Slice;
use crate::grid::{Area, Cell, SheetId};
use crate::solver::excel_model::StoredModel;
use crate::solver::progress::{Observer, Step};
use crate::solver::setup::Setup;
use crate::solver::{self, Clock, Options, Outcome, Problem};
use crate::tui::app::App;
use crate::tui::jobs::Reporter;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// The least time between two reports.
const FRAME: Duration = Duration::from_millis(50);
/// After the grid showed a point, it shows none for so many times what that
/// took: most of the time is left for keys.
const REST: u32 = 5;
/// With more dependent cells than this the grid shows the result only when the
/// search has ended, as showing it takes long.
pub const MOST_LIVE: u64 = 50_000;
/// The points of a curve that are kept.
const MOST_POINTS: usize = 600;

/// A search.
#[derive(Debug)]
pub struct Search {
    id: u64,
    control: Arc<Control>,
    pub sheet: SheetId,
    pub model: StoredModel,
    pub objective: Cell,
    pub areas: Vec<Area>,
    pub variables: Vec<Cell>,
    /// The values before, and the objective there.
    pub start: Vec<f64>,
    pub before: f64,
    pub options: Options,
    /// The method and why; what to know of the derivative.
    pub notes: Vec<String>,
    pub curve: Curve,
    pub latest: Option<Point>,
    /// Iterations of the parts of the search that have ended.
    pub earlier_iterations: u64,
    /// Whether the grid shows the search's points.
    pub live: bool,
    pace: Pace,
    pub state: State,
    /// What the search works with, while it does not run.
    compiled: Option<Box<Compiled>>,
}

#[derive(Debug)]
pub enum State {
    Running,
    Paused,
    Ended(Result<Outcome, String>),
}

/// Where a search is.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Of the search, or of the starts where there are several.
    pub iteration: u64,
    /// The starts, where there are several.
    pub of: Option<u64>,
    pub value: f64,
    pub gradient_norm: f64,
    pub x: Vec<f64>,
    /// Without pauses.
    pub seconds: f64,
}

impl Point {
    /// Iterations, or starts, a second since the search began; `None` where
    /// that is too short to tell.
    pub fn speed(&self) -> Option<f64> {
        let speed = self.iteration as f64 / self.seconds;
        (speed.is_finite() && speed > 0.0).then_some(speed)
    }
}

struct Compiled {
    slice: Slice,
    problem: Problem,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled").finish_non_exhaustive()
    }
}

impl Search {
    pub fn new(
        setup: Setup,
        sheet: SheetId,
        model: StoredModel,
        options: Options,
        id: u64,
    ) -> Self {
        let Setup {
            resolved,
            slice,
            problem,
        } = setup;
        Self {
            id,
            control: Arc::default(),
            sheet,
            model,
            objective: resolved.objective,
            areas: resolved.areas,
            variables: slice.variables().to_vec(),
            start: slice.start().to_vec(),
            before: f64::NAN,
            options,
            notes: slice.notes().to_vec(),
            curve: Curve::default(),
            latest: None,
            earlier_iterations: 0,
            live: false,
            pace: Pace::default(),
            state: State::Paused,
            compiled: Some(Box::new(Compiled { slice, problem })),
        }
    }

    /// Whether a thread works on it, be it paused.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.state, State::Ended(_))
    }

    /// The iterations so far.
    pub fn iterations(&self) -> u64 {
        self.earlier_iterations + self.latest.as_ref().map_or(0, |point| point.iteration)
    }

    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.state {
            State::Ended(Ok(outcome)) => Some(outcome),
            _ => None,
        }
    }

    /// Holds the search after its present iteration, or lets it go on.
    pub fn pause(&mut self, paused: bool) {
        match (&self.state, paused) {
            (State::Running, true) => self.state = State::Paused,
            (State::Paused, false) => self.state = State::Running,
            _ => return,
        }
        match paused {
            true => self.options.stop.clock.hold(),
            false => self.options.stop.clock.go_on(),
        }
        self.control.set_paused(paused);
    }

    /// Has the search end with its best point.
    pub fn stop(&mut self) {
        self.options.stop.cancel.store(true, Ordering::Relaxed);
        self.options.stop.clock.go_on();
        self.control.set_paused(false);
    }

    fn update(&mut self, update: Update) {
        for (at, value) in update.curve {
            self.curve.push(at, value);
        }
        self.notes.extend(update.notes);
        if let Some(point) = update.latest {
            self.latest = Some(point);
        }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a search, or goes on with one from its best point.
pub fn start(app: &mut App) -> std::io::Result<()> {
    let Some(search) = &mut app.panels.solver.search else {
        return Ok(());
    };
    let Some(mut compiled) = search.compiled.take() else {
        return Ok(());
    };
    if let State::Ended(Ok(outcome)) = &search.state {
        compiled.problem.start.clone_from(&outcome.x);
        search.earlier_iterations += search.latest.take().map_or(0, |point| point.iteration);
        // The random starts have been searched.
        search.options.starts.count = 1;
    }
    search.control = Arc::default();
    search.options.stop.cancel = Arc::default();
    search.options.stop.clock = Clock::default();
    search.state = State::Running;
    let (id, control, options) = (search.id, search.control.clone(), search.options.clone());
    let earlier = search.earlier_iterations;
    let solve = move |reporter: &Reporter| {
        let mut watcher = Watcher::new(reporter, control, id, earlier);
        let Compiled { slice, problem } = &mut *compiled;
        let result = solver::solve(slice, problem, &options, &mut watcher);
        let last = watcher.update();
        let result = match result {
            Ok(outcome) => Ok(Outcome {
                advice: outcome.advice.as_deref().map(in_panel_words),
                ..outcome
            }),
            Err(error) => Err(in_panel_words(&error.to_string())),
        };
        reporter.report(move |app| ended(app, id, last, result, Some(compiled)));
    };
    // What it worked with may be half changed: nobody goes on with that.
    let failed = move |app: &mut App, why: String| {
        let why = format!("the search broke off through a fault of this program: {why}");
        ended(app, id, Update::default(), Err(why), None);
    };
    app.jobs.spawn("solver", solve, failed)
}

/// What the thread and the application tell each other.
#[derive(Debug, Default)]
struct Control {
    paused: Mutex<bool>,
    changed: Condvar,
    /// A report was sent that the application has not taken in.
    pending: AtomicBool,
}

impl Control {
    fn set_paused(&self, paused: bool) {
        *self.paused.lock().unwrap_or_else(|e| e.into_inner()) = paused;
        self.changed.notify_all();
    }

    fn is_paused(&self) -> bool {
        *self.paused.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Waits while paused.
    fn wait(&self) {
        let paused = self.paused.lock().unwrap_or_else(|e| e.into_inner());
        let waited = self.changed.wait_while(paused, |paused| *paused);
        drop(waited.unwrap_or_else(|e| e.into_inner()));
    }
}

/// What has happened since the last report.
#[derive(Debug, Default)]
struct Update {
    curve: Vec<(f64, f64)>,
    notes: Vec<String>,
    latest: Option<Point>,
}

/// Tells the application how the search goes, a few times a second and only
/// when it has taken in what it was told before.
struct Watcher<'a> {
    reporter: &'a Reporter,
    control: Arc<Control>,
    id: u64,
    earlier: u64,
    waiting: Update,
    sent: Option<Instant>,
}

impl<'a> Watcher<'a> {
    fn new(reporter: &'a Reporter, control: Arc<Control>, id: u64, earlier: u64) -> Self {
        Self {
            reporter,
            control,
            id,
            earlier,
            waiting: Update::default(),
            sent: None,
        }
    }

    fn update(&mut self) -> Update {
        std::mem::take(&mut self.waiting)
    }

    fn step(&mut self, step: &Step<'_>, of: Option<u64>) {
        let at = (self.earlier + step.iteration) as f64;
        self.waiting.curve.push((at, step.value));
        let paused = self.control.is_paused();
        let due = self.sent.is_none_or(|sent| sent.elapsed() >= FRAME);
        if paused || due && !self.control.pending.load(Ordering::Acquire) {
            self.waiting.latest = Some(Point {
                iteration: step.iteration,
                of,
                value: step.value,
                gradient_norm: step.gradient_norm,
                x: step.x.to_vec(),
                seconds: step.seconds,
            });
            self.send();
        } else if self.waiting.curve.len() >= 2 * MOST_POINTS {
            // Nobody listens: half of them say as much.
            every_other(&mut self.waiting.curve);
        }
        if paused {
            self.control.wait();
        }
    }

    fn send(&mut self) {
        let (update, id) = (self.update(), self.id);
        self.sent = Some(Instant::now());
        self.control.pending.store(true, Ordering::Release);
        let control = self.control.clone();
        self.reporter.report(move |app| {
            told(app, id, update);
            control.pending.store(false, Ordering::Release);
        });
    }
}

impl Observer for Watcher<'_> {
    fn note(&mut self, text: &str) {
        self.waiting.notes.push(text.to_owned());
    }

    fn iteration(&mut self, step: &Step<'_>) {
        self.step(step, None);
    }

    fn start(&mut self, _: usize, count: usize, best: &Step<'_>) {
        self.step(best, Some(count as u64));
    }
}

/// The search of this number, where it is still the panel's.
fn search_mut(app: &mut App, id: u64) -> Option<&mut Search> {
    let search = app.panels.solver.search.as_mut();
    search.filter(|search| search.id == id)
}

fn told(app: &mut App, id: u64, update: Update) {
    let Some(search) = search_mut(app, id) else {
        return;
    };
    search.update(update);
    if !search.live || !search.pace.is_due(Instant::now()) {
        return;
    }
    let Some(point) = &search.latest else {
        return;
    };
    let (areas, x) = (search.areas.clone(), point.x.clone());
    let began = Instant::now();
    let shown = app.document.try_values(&areas, &x);
    if let Some(search) = search_mut(app, id) {
        search.live = shown.is_ok();
        search.pace.shown(began, Instant::now());
    }
}

fn ended(
    app: &mut App,
    id: u64,
    last: Update,
    result: Result<Outcome, String>,
    compiled: Option<Box<Compiled>>,
) {
    let Some(search) = search_mut(app, id) else {
        return;
    };
    search.update(last);
    search.compiled = compiled;
    if let Ok(outcome) = &result {
        let point = search.latest.get_or_insert_default();
        if outcome.starts.is_none() {
            point.iteration = outcome.iterations;
        }
        point.value = outcome.value;
        point.gradient_norm = outcome.gradient_norm;
        point.x.clone_from(&outcome.x);
        point.seconds = outcome.seconds;
        let at = search.iterations() as f64;
        search.curve.push(at, outcome.value);
    }
    let (areas, x) = (
        search.areas.clone(),
        search.latest.as_ref().map(|p| p.x.clone()),
    );
    search.state = State::Ended(result);
    app.panels.solver.focus = super::solver::Row::Keep;
    match &app
        .panels
        .solver
        .search
        .as_ref()
        .map(|search| &search.state)
    {
        Some(State::Ended(Ok(outcome))) => {
            let sentence = outcome.status.sentence();
            app.say(format!("Solver: {sentence}"));
            let shown = x.map(|x| app.work("Showing the solution", |d| d.try_values(&areas, &x)));
            if let Some(Err(error)) = shown {
                app.warn(error.to_string());
            }
        }
        Some(State::Ended(Err(error))) => {
            let error = format!("Solver: {error}");
            app.warn(error);
            app.panels.solver.focus = super::solver::Row::Restore;
        }
        _ => {}
    }
}

/// When the grid shows a point again.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    not_before: Option<Instant>,
}

impl Pace {
    fn is_due(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|time| time <= now)
    }

    /// A point was shown: the slower that was, the longer the next one waits.
    fn shown(&mut self, began: Instant, ended: Instant) {
        self.not_before = Some(ended + REST * ended.duration_since(began));
    }
}

/// The history of a value, in at most `MOST_POINTS` points spread evenly over it.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    points: Vec<(f64, f64)>,
    /// One of so many is kept.
    stride: usize,
    skipped: usize,
    last: Option<(f64, f64)>,
}

impl Curve {
    pub fn push(&mut self, at: f64, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.last = Some((at, value));
        self.skipped += 1;
        if self.skipped < self.stride {
            return;
        }
        self.skipped = 0;
        self.points.push((at, value));
        if self.points.len() >= MOST_POINTS {
            every_other(&mut self.points);
            self.stride = 2 * self.stride.max(1);
        }
    }

    /// The points, the latest always among them.
    pub fn points(&self) -> Vec<(f64, f64)> {
        let mut points = self.points.clone();
        if let Some(last) = self.last
            && points.last() != Some(&last)
        {
            points.push(last);
        }
        points
    }
}

/// Keeps the first of the points, the third and so on.
fn every_other(points: &mut Vec<(f64, f64)>) {
    let mut kept = false;
    points.retain(|_| {
        kept = !kept;
        kept
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_slow_frame_the_grid_rests_and_then_goes_on() {
        let mut pace = Pace::default();
        let now = Instant::now();
        assert!(pace.is_due(now));
        let took = Duration::from_millis(200);
        pace.shown(now, now + took);
        assert!(!pace.is_due(now + 2 * took));
        assert!(pace.is_due(now + 6 * took));
        let quick = Duration::from_millis(1);
        pace.shown(now, now + quick);
        assert!(pace.is_due(now + FRAME));
    }

    #[test]
    fn a_long_curve_is_thinned_and_ends_with_the_latest() {
        let mut curve = Curve::default();
        for i in 0..100_000 {
            curve.push(f64::from(i), f64::from(i) / 2.0);
        }
        curve.push(100_000.0, f64::NAN);
        let points = curve.points();
        assert!(points.len() <= MOST_POINTS + 1 && points.len() > MOST_POINTS / 4);
        assert_eq!(points[0].0, 0.0);
        assert_eq!(points.last(), Some(&(99_999.0, 49_999.5)));
    }
}
