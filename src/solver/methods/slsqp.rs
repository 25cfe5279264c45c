//! Sequential least-squares programming, for constraints.

use super::Method;
use crate::solver::search::{Ended, Search};
use crate::solver::{Bounds, Relation, Status};
use basin::{
    BoxBounds, ConstraintDescription, ConstraintJacobian, ConstraintSet, ConstraintSolveError,
    CostFunction, DenseMatrix, Executor, Gradient, NoLinearConstraints, NonlinearBlock,
    NonlinearBlocks, NonlinearEqualityValues, NonlinearInequalityValues, SelectedFirstOrderState,
    StepOutcome,
};
use std::cell::RefCell;

/// Kraft, "A software package for sequential quadratic programming" (1988),
/// as basin implements it. Linear constraints are passed as nonlinear ones,
/// which costs nothing: their linearisation is exact.
#[derive(Debug)]
pub(super) struct Slsqp;

const ITERATIONS: u64 = 1000;

impl Method for Slsqp {
    fn name(&self) -> &'static str {
        "slsqp"
    }

    fn run(&self, search: &mut Search<'_>, x: Vec<f64>) -> Ended {
        search.limit_iterations(ITERATIONS);
        let bounds = search.bounds;
        let precision = search.precision;
        // An equality must vanish to the precision in the sum of all violations.
        let accuracy = (precision * 1e-3).min(1e-9);
        let (equal, unequal): (Vec<usize>, Vec<usize>) = (0..search.constraints.len())
            .partition(|&i| search.constraints[i].relation == Relation::Equal);
        let shared = RefCell::new(search);
        let adapter = Adapter {
            shared: &shared,
            bounds,
            equal,
            unequal,
        };
        let executor = Executor::new(
            adapter,
            basin::Slsqp::new().with_absolute_accuracy_tolerance(accuracy),
            SelectedFirstOrderState::new(x),
        )
        // Its own limit is 1,000; the stop rules know the one that is wanted.
        .max_iter(u64::MAX);
        let mut stepper = executor.into_stepper().map_err(ended)?;
        let mut first = true;
        loop {
            let outcome = if first {
                StepOutcome::Continue
            } else {
                stepper.step().map_err(ended)?
            };
            let Some((x, score, gradient, _)) = stepper.state().current() else {
                return Err(Status::Infeasible);
            };
            let mut search = shared.borrow_mut();
            let violation = violation(&mut search, x);
            search.offer(x, score, violation);
            if let StepOutcome::Stopped(report) = outcome {
                return Err(if search.best_violation() > 0.0 {
                    Status::Infeasible
                } else if !report.termination.is_converged() {
                    Status::CannotImprove
                } else if search.constraints.is_empty() {
                    // Where the gradient vanishes the stop rules have ended the
                    // search before; this is a step too small to matter.
                    Status::Settled
                } else {
                    Status::Converged
                });
            }
            if first {
                first = false;
                search.begin(x, score, gradient)?;
            } else {
                search.advance(x, score, gradient)?;
            }
        }
    }
}

/// The sum of what constraints are broken by beyond their precision, relative to their sizes.
fn violation(search: &mut Search<'_>, x: &[f64]) -> f64 {
    let precision = search.precision;
    let mut gradient = vec![0.0; x.len()];
    search
        .constraints
        .iter_mut()
        .map(|constraint| {
            let (excess, size) = constraint.excess(x, &mut gradient);
            let broken = match constraint.relation {
                Relation::Equal => excess.abs(),
                _ => excess.max(0.0),
            } / size;
            // A side that is not a number is as far off as can be.
            if broken.is_nan() {
                f64::INFINITY
            } else if broken <= precision {
                0.0
            } else {
                broken
            }
        })
        .sum()
}

struct Adapter<'r, 's, 'a> {
    shared: &'r RefCell<&'s mut Search<'a>>,
    bounds: &'a Bounds,
    /// Which of the constraints are equations, and which are not.
    equal: Vec<usize>,
    unequal: Vec<usize>,
}

impl Adapter<'_, '_, '_> {
    fn values(&self, which: &[usize], x: &[f64]) -> Vec<f64> {
        let mut search = self.shared.borrow_mut();
        let mut gradient = vec![0.0; x.len()];
        which
            .iter()
            .map(|&i| search.constraints[i].excess(x, &mut gradient).0)
            .collect()
    }
}

impl basin::Constraints for Adapter<'_, '_, '_> {
    type Set = ConstraintSet<
        BoxBounds<Vec<f64>>,
        NoLinearConstraints,
        NonlinearBlocks<NonlinearBlock, NonlinearBlock>,
    >;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        ConstraintSet::new()
            .with_bounds(BoxBounds::new(
                Some(&self.bounds.lower),
                Some(&self.bounds.upper),
            ))
            .with_nonlinear_equalities(self.equal.len())
            .with_nonlinear_inequalities(self.unequal.len())
    }
}

impl CostFunction for Adapter<'_, '_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Status;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Status> {
        self.shared.borrow_mut().value(x)
    }
}

impl Gradient for Adapter<'_, '_, '_> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Status> {
        self.cost_and_gradient(x).map(|(_, gradient)| gradient)
    }

    fn cost_and_gradient(&self, x: &Vec<f64>) -> Result<(f64, Vec<f64>), Status> {
        let mut gradient = vec![0.0; x.len()];
        let score = self.shared.borrow_mut().gradient(x, &mut gradient)?;
        Ok((score, gradient))
    }
}

impl NonlinearEqualityValues for Adapter<'_, '_, '_> {
    type Param = Vec<f64>;
    type Values = Vec<f64>;
    type Error = Status;

    fn nonlinear_equalities(&self, x: &Vec<f64>) -> Result<Vec<f64>, ConstraintSolveError<Status>> {
        Ok(self.values(&self.equal, x))
    }
}

impl NonlinearInequalityValues for Adapter<'_, '_, '_> {
    type Param = Vec<f64>;
    type Values = Vec<f64>;
    type Error = Status;

    fn nonlinear_inequalities(
        &self,
        x: &Vec<f64>,
    ) -> Result<Vec<f64>, ConstraintSolveError<Status>> {
        Ok(self.values(&self.unequal, x))
    }
}

impl ConstraintJacobian for Adapter<'_, '_, '_> {
    type Param = Vec<f64>;
    type Jacobian = DenseMatrix<f64>;
    type Error = Status;

    fn constraint_jacobian(
        &self,
        x: &Vec<f64>,
    ) -> Result<DenseMatrix<f64>, ConstraintSolveError<Status>> {
        let mut search = self.shared.borrow_mut();
        let rows = self.equal.len() + self.unequal.len();
        let mut data = vec![0.0; rows * x.len()];
        let order = self.equal.iter().chain(&self.unequal);
        for (&i, row) in order.zip(data.chunks_exact_mut(x.len())) {
            search.constraints[i].excess(x, row);
        }
        Ok(DenseMatrix::from_row_slice(rows, x.len(), &data))
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
