//! L-BFGS with bounds.

use super::Method;
use crate::solver::search::{Ended, Search};
use crate::solver::{Bounds, Status};
use basin::{
    BoxBounds, ConstraintDescription, ConstraintSet, ConstraintSolveError, CostFunction, Executor,
    FirstOrderState, Gradient, Lbfgsb, StepOutcome,
};
use std::cell::RefCell;

/// L-BFGS-B: Byrd, Lu, Nocedal and Zhu, "A limited memory algorithm for bound
/// constrained optimization" (1995), as basin implements version 3.0 of its
/// authors' program. This program's own rules decide when it stops.
#[derive(Debug)]
pub(super) struct Lbfgs;

const ITERATIONS: u64 = 10_000;

/// Pairs of steps and gradient changes that model the curvature.
const MEMORY: usize = 20;

impl Method for Lbfgs {
    fn name(&self) -> &'static str {
        "lbfgs"
    }

    fn run(&self, search: &mut Search<'_>, mut x: Vec<f64>) -> Ended {
        search.limit_iterations(ITERATIONS);
        // Curvature gathered across a kink misleads the line search: where it
        // fails, a new model from the best point may find a way on.
        loop {
            let before = search.best_score();
            let Err(status) = descend(search, x);
            let after = search.best_score();
            // Before the first evaluation the best score is infinite.
            let stuck = after.is_infinite() || before - after <= LEAST_GAIN * after.abs();
            if stuck || !matches!(status, Status::CannotImprove | Status::Settled) {
                return Err(status);
            }
            x = search.resume();
        }
    }
}

/// The relative gain of a descent that makes another worth while.
const LEAST_GAIN: f64 = 1e-9;

/// One descent, from an empty model of the curvature.
fn descend(search: &mut Search<'_>, x: Vec<f64>) -> Ended {
    let mut gradient = vec![0.0; x.len()];
    let score = search.gradient(&x, &mut gradient)?;
    search.begin(&x, score, &gradient)?;
    let bounds = search.bounds;
    let shared = RefCell::new(Shared {
        search,
        base: x.clone(),
        base_score: score,
    });
    let executor = Executor::new(
        Adapter {
            shared: &shared,
            bounds,
        },
        Lbfgsb::new()
            .with_m_capacity(MEMORY)
            .with_absolute_projected_gradient_tolerance(None)
            .with_relative_cost_reduction_tolerance(None),
        FirstOrderState::new(x),
    )
    // Its own limit is 1,000; the stop rules know the one that is wanted.
    .max_iter(u64::MAX);
    let mut stepper = executor.into_stepper().map_err(ended)?;
    loop {
        let outcome = stepper.step().map_err(ended)?;
        let Some((x, score, gradient)) = stepper.state().current() else {
            return Err(Status::CannotImprove);
        };
        if let StepOutcome::Stopped(_) = outcome {
            return Err(Status::CannotImprove);
        }
        let mut shared = shared.borrow_mut();
        shared.base.copy_from_slice(x);
        shared.base_score = score;
        shared.search.advance(x, score, gradient)?;
    }
}

/// The search behind the shared reference that basin's traits ask for, with
/// the point that the line search goes out from.
struct Shared<'s, 'a> {
    search: &'s mut Search<'a>,
    base: Vec<f64>,
    base_score: f64,
}

impl Shared<'_, '_> {
    /// The score and its gradient. Where the score is not a number, a bowl
    /// around the base of the line search instead, high enough to be refused,
    /// so that the line search interpolates back towards where there are numbers.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, Status> {
        let score = self.search.gradient(x, gradient)?;
        if score.is_finite() {
            return Ok(score);
        }
        let rise = 1.0 + self.base_score.abs();
        let square: f64 = x
            .iter()
            .zip(&self.base)
            .map(|(x, b)| (x - b) * (x - b))
            .sum();
        for ((g, x), b) in gradient.iter_mut().zip(x).zip(&self.base) {
            *g = 2.0 * rise * (x - b) / square.max(f64::MIN_POSITIVE);
        }
        Ok(self.base_score + rise)
    }
}

struct Adapter<'r, 's, 'a> {
    shared: &'r RefCell<Shared<'s, 'a>>,
    bounds: &'a Bounds,
}

impl basin::Constraints for Adapter<'_, '_, '_> {
    type Set = ConstraintSet<BoxBounds<Vec<f64>>>;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        ConstraintSet::new().with_bounds(BoxBounds::new(
            Some(&self.bounds.lower),
            Some(&self.bounds.upper),
        ))
    }
}

impl CostFunction for Adapter<'_, '_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Status;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Status> {
        self.shared
            .borrow_mut()
            .evaluate(x, &mut vec![0.0; x.len()])
    }
}

impl Gradient for Adapter<'_, '_, '_> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Status> {
        self.cost_and_gradient(x).map(|(_, gradient)| gradient)
    }

    fn cost_and_gradient(&self, x: &Vec<f64>) -> Result<(f64, Vec<f64>), Status> {
        let mut gradient = vec![0.0; x.len()];
        let score = self.cost_and_gradient_into(x, &mut gradient)?;
        Ok((score, gradient))
    }

    fn cost_and_gradient_into(&self, x: &Vec<f64>, gradient: &mut Vec<f64>) -> Result<f64, Status> {
        gradient.resize(x.len(), 0.0);
        self.shared.borrow_mut().evaluate(x, gradient)
    }
}

/// What ended a run from within an evaluation. The problem's declaration was
/// checked before the search began, so that basin finds no fault with it.
fn ended(error: ConstraintSolveError<Status>) -> Status {
    match error {
        ConstraintSolveError::Evaluation(status) => status,
        _ => Status::CannotImprove,
    }
}
