//! The learning-rate finder: where steps with many rates lead.

use super::solver::in_panel_words;
use crate::solver::rates::{self, Tried};
use crate::solver::setup::Setup;
use crate::solver::{MethodChoice, Sense};
use crate::tui::app::App;
use crate::tui::jobs::Reporter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The rates tried.
#[derive(Debug)]
pub struct Sweep {
    id: u64,
    cancel: Arc<AtomicBool>,
    sense: Sense,
    /// The objective before any step.
    pub start: f64,
    pub method: &'static str,
    pub tried: Vec<Tried>,
    /// `None` while it runs; why it failed where it did.
    pub ended: Option<Result<(), String>>,
}

impl Sweep {
    /// The rate to take, once all have been tried.
    pub fn suggested(&self) -> Option<Tried> {
        match self.ended {
            Some(Ok(())) => rates::suggest(&self.tried, self.start, |v| self.sense.score(v)),
            _ => None,
        }
    }

    pub fn stop(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Tries many rates on a thread of its own.
pub fn start(app: &mut App, setup: Setup, method: &'static str) -> std::io::Result<()> {
    let id = app.ticket();
    let Setup {
        mut slice, problem, ..
    } = setup;
    let cancel: Arc<AtomicBool> = Arc::default();
    app.panels.solver.sweep = Some(Sweep {
        id,
        cancel: cancel.clone(),
        sense: problem.sense,
        start: slice.value(&problem.start),
        method,
        tried: Vec::new(),
        ended: None,
    });
    let sweep = move |reporter: &Reporter| {
        let with = |rate| MethodChoice::named(method, rate).unwrap_or_default();
        let result = rates::sweep(&mut slice, &problem, with, &cancel, |tried| {
            reporter.report(move |app| {
                if let Some(sweep) = sweep_mut(app, id) {
                    sweep.tried.push(tried);
                }
            });
        });
        reporter.report(move |app| {
            if let Some(sweep) = sweep_mut(app, id) {
                sweep.ended = Some(result.map_err(|error| in_panel_words(&error.to_string())));
            }
        });
    };
    let failed = move |app: &mut App, why: String| {
        if let Some(sweep) = sweep_mut(app, id) {
            sweep.ended = Some(Err(format!("a fault of this program: {why}")));
        }
    };
    app.jobs.spawn("learning rates", sweep, failed)
}

fn sweep_mut(app: &mut App, id: u64) -> Option<&mut Sweep> {
    let sweep = app.panels.solver.sweep.as_mut();
    sweep.filter(|sweep| sweep.id == id)
}
