//! Optimisation of a cell by changing others.
//!
//! - [`Objective`] is what is optimised: a compiled [`Slice`](crate::engine::gradient::Slice)
//!   of a workbook, or in tests a closed form;
//! - [`Problem`] says what is wanted: the [`Sense`], where to start, [`Bounds`], [`Constraint`]s;
//! - [`solve`] runs a [`Method`](methods::Method), from one point or [many](starts), until a
//!   [`Stop`] rule ends it, telling an [`Observer`] of every step;
//! - [`Outcome`] is what was found and why it ended, in words and as Excel's result code;
//! - [`rates`] tries learning rates;
//! - [`setup`] makes all this of a workbook and a model;
//! - [`excel_model`] reads and writes the Solver model that Excel keeps with a sheet.

pub mod excel_model;
mod landscape;
pub mod methods;
mod outcome;
mod problem;
pub mod progress;
pub mod rates;
mod search;
pub mod setup;
mod slice;
pub mod starts;
mod stop;

#[cfg(test)]
mod tests;

pub use methods::MethodChoice;
pub use outcome::{Outcome, Status};
pub use problem::{
    Bounds, Constraint, ConstraintRight, Coordinate, Problem, ProblemError, Relation, Sense,
};
pub use progress::Observer;
pub use starts::Starts;
pub use stop::{Clock, Stop};

use search::Search;
use std::time::Instant;

/// A function of several variables, with its gradient: a compiled slice of a
/// workbook, or in tests a closed form.
pub trait Objective {
    /// The number of variables.
    fn dimension(&self) -> usize;
    /// The value at `x`; not finite where the loss is an error there.
    fn value(&mut self, x: &[f64]) -> f64;
    /// The value at `x`, and its gradient into `gradient`.
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64;
    /// Where the value is `scale` times a sum of squares: its residuals.
    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares>;
    /// An independent copy for another thread.
    fn fork(&self) -> Box<dyn Objective + Send>;
}

/// A value that is `scale()` times the sum of squared residuals.
pub trait LeastSquares {
    fn residuals(&self) -> usize;
    fn scale(&self) -> f64;
    /// Residuals at `x` and, column by column (one column a variable), their Jacobian.
    fn evaluate(&mut self, x: &[f64], residuals: &mut [f64], jacobian: &mut [f64]);
}

/// How to solve: the method, when to stop, and from how many points to start.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub method: MethodChoice,
    pub stop: Stop,
    pub starts: Starts,
}

/// Optimises `objective` as `problem` says.
///
/// The best point found is always in the outcome, however the search ended; it
/// is never worse than the start (moved into the bounds where it lay outside).
///
/// # Errors
/// Where there is nothing that can be solved: no variables, bounds that
/// contradict, a value that is not a number at the start, a method that cannot
/// honour the constraints.
pub fn solve(
    objective: &mut dyn Objective,
    problem: &Problem,
    options: &Options,
    observer: &mut (dyn Observer + Send),
) -> Result<Outcome, ProblemError> {
    problem.check(objective.dimension())?;
    let chosen = methods::choose(options.method, objective, problem)?;
    observer.note(&chosen.reason);
    let before = objective.value(&problem.start);
    if !before.is_finite() {
        return Err(ProblemError::NotANumber);
    }
    if options.starts.count > 1 {
        return Ok(starts::solve(
            objective, problem, options, &chosen, before, observer,
        ));
    }
    let x = problem.bounds.clamped(&problem.start);
    let mut search = Search::new(
        objective,
        problem,
        &options.stop,
        &x,
        Instant::now(),
        observer,
    );
    let status = run(&*chosen.method, &mut search, x);
    if status.is_solved() && !search.has_target() && landscape::is_not_convex(&mut search, problem)
    {
        let (convex, minima) = match search.is_maximised() {
            true => ("concave", "maxima"),
            false => ("convex", "minima"),
        };
        search.advise(format!(
            "the objective is not {convex}, so there may be better {minima} elsewhere: --starts 50 searches for them"
        ));
    }
    Ok(search.finish(&chosen, status, before))
}

/// Runs a method from `x`. Where it ends at a gradient that is exactly zero,
/// the surroundings tell a minimum from a plateau and from a saddle; from a
/// saddle the search goes on, once. Where it finds no way on, they tell
/// whether the objective ends there.
fn run(method: &dyn methods::Method, search: &mut Search<'_>, x: Vec<f64>) -> Status {
    let Err(status) = method.run(search, x);
    let stuck = matches!(status, Status::CannotImprove | Status::Settled);
    if stuck && landscape::is_at_edge(search) {
        return Status::EdgeOfDomain;
    }
    if stuck && landscape::is_at_pole(search) {
        return Status::Unbounded;
    }
    if status != Status::Converged || !search.is_at_zero_gradient() {
        return status;
    }
    match landscape::around(search) {
        landscape::Around::Rising => status,
        landscape::Around::Constant => Status::Plateau,
        landscape::Around::Falling(x) => {
            search.resume();
            let Err(status) = method.run(search, x);
            status
        }
    }
}
