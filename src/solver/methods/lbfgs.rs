//! L-BFGS with bounds.

use super::Method;
use super::line_search::{LineSearch, Point};
use super::memory::Memory;
use crate::solver::search::{Ended, Search, norm};
use crate::solver::{Bounds, Status};

/// Limited-memory BFGS (Nocedal, "Updating quasi-Newton matrices with limited
/// storage", 1980). Bounds are kept by projection: variables that a bound holds
/// are left out of the model, and the line search follows the path of the
/// others along the bounds (Bertsekas, "Projected Newton methods for
/// optimization problems with simple constraints", 1982).
#[derive(Debug)]
pub(super) struct Lbfgs;

const ITERATIONS: u64 = 10_000;

impl Method for Lbfgs {
    fn name(&self) -> &'static str {
        "lbfgs"
    }

    fn run(&self, search: &mut Search<'_>, x: Vec<f64>) -> Ended {
        Descent::new(x).run(search)
    }
}

/// The relative gain of a descent that makes another worth while.
const LEAST_GAIN: f64 = 1e-9;

/// The buffers of a search, made once.
pub(super) struct Descent {
    here: Point,
    direction: Vec<f64>,
    /// Which variables a bound holds here.
    held: Vec<bool>,
    memory: Memory,
    line: LineSearch,
}

impl Descent {
    /// For a search from `x`.
    pub(super) fn new(x: Vec<f64>) -> Self {
        let n = x.len();
        Self {
            here: Point::new(x),
            direction: vec![0.0; n],
            held: vec![false; n],
            memory: Memory::new(n),
            line: LineSearch::new(n),
        }
    }

    /// Goes on from where another method has come.
    pub(super) fn run_from_best(mut self, search: &mut Search<'_>) -> Ended {
        self.here.x.copy_from_slice(search.resume());
        self.run(search)
    }

    fn run(mut self, search: &mut Search<'_>) -> Ended {
        search.limit_iterations(ITERATIONS);
        // Curvature gathered across a kink misleads the line search: where it
        // fails, a new model from the best point may find a way on.
        loop {
            let before = search.best_score();
            let Err(status) = self.descend(search);
            let after = search.best_score();
            // Before the first evaluation the best score is infinite.
            let stuck = after.is_infinite() || before - after <= LEAST_GAIN * after.abs();
            if stuck || !matches!(status, Status::CannotImprove | Status::Settled) {
                return Err(status);
            }
            self.here.x.copy_from_slice(search.resume());
        }
    }

    /// One descent from `here`, from an empty model of the curvature.
    fn descend(&mut self, search: &mut Search<'_>) -> Ended {
        self.memory.clear();
        self.here.evaluate(search)?;
        search.begin(&self.here.x, self.here.score, &self.here.gradient)?;
        loop {
            self.find_direction(search.bounds);
            // Without a model the step has no scale: it is at most of length 1.
            let step = if self.memory.is_empty() {
                (1.0 / norm(&self.direction)).min(1.0)
            } else {
                1.0
            };
            let found = self
                .line
                .search(search, &self.here, &self.direction, step)?;
            let Some(next) = found else {
                if self.memory.is_empty() {
                    return Err(Status::CannotImprove);
                }
                self.memory.clear();
                continue;
            };
            self.memory.push(&self.here, next);
            std::mem::swap(&mut self.here, next);
            search.advance(&self.here.x, self.here.score, &self.here.gradient)?;
        }
    }

    /// The direction of the next step: 0 for variables that a bound holds.
    fn find_direction(&mut self, bounds: &Bounds) {
        let Point { x, gradient, .. } = &self.here;
        for (i, held) in self.held.iter_mut().enumerate() {
            *held = bounds.holds(i, x[i], gradient[i]);
        }
        self.direction.copy_from_slice(gradient);
        self.memory.multiply(&mut self.direction, &self.held);
        self.direction.iter_mut().for_each(|d| *d = -*d);
    }
}
