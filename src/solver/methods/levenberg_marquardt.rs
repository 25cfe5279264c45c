//! Levenberg-Marquardt for sums of squares, with bounds.

use super::Method;
use crate::solver::Status;
use crate::solver::search::{Ended, Search};
use nalgebra::{DMatrix, DMatrixView, DVector, DVectorView};

/// Damped Gauss-Newton: each step solves `(JᵀJ + λD) h = -Jᵀr` by Cholesky's
/// decomposition, D being the largest diagonal of JᵀJ so far (Moré, "The
/// Levenberg-Marquardt algorithm: implementation and theory", 1978) and λ
/// following the gain ratio (Nielsen, "Damping parameter in Marquardt's
/// method", 1999). Variables that a bound holds stay out of the system, and
/// the step is cut back to the bounds coordinate by coordinate.
#[derive(Debug)]
pub(super) struct LevenbergMarquardt;

const ITERATIONS: u64 = 10_000;

/// λ at the start, relative to D.
const FIRST_DAMPING: f64 = 1e-3;
/// The least gain ratio (actual by predicted reduction) of a step that is taken.
const LEAST_GAIN: f64 = 1e-4;
/// The damping at which steps have shrunk to rounding errors.
const LAST_DAMPING: f64 = 1e16;

impl Method for LevenbergMarquardt {
    fn name(&self) -> &'static str {
        "lm"
    }

    fn run(&self, search: &mut Search<'_>, x: Vec<f64>) -> Ended {
        descend(search, x, |_, _| false)
    }
}

/// Iterates until a stop rule ends the search, or `leave`, which is asked
/// after each iteration with its number and gain ratio (actual by predicted
/// reduction), says so; then it ends with [`Status::CannotImprove`].
pub(super) fn descend(
    search: &mut Search<'_>,
    mut x: Vec<f64>,
    leave: impl Fn(u64, f64) -> bool,
) -> Ended {
    search.limit_iterations(ITERATIONS);
    let n = x.len();
    let m = search.residuals().ok_or(Status::CannotImprove)?;
    let mut residuals = vec![0.0; m];
    let mut jacobian = vec![0.0; m * n];
    let mut score = search.value(&x)?;
    let mut model = Model::at(search, &x, &mut residuals, &mut jacobian)?;
    search.begin(&x, score, &model.gradient)?;

    let mut scaling = vec![0.0; n];
    let (mut damping, mut growth) = (FIRST_DAMPING, 2.0);
    let mut trial = vec![0.0; n];
    let mut iteration = 0;
    loop {
        model.update_scaling(&mut scaling);
        // Raises the damping until a step improves.
        let gain = loop {
            if damping > LAST_DAMPING {
                return Err(Status::CannotImprove);
            }
            let step = model.step(search, &x, &scaling, damping);
            if let Some(step) = step {
                for i in 0..n {
                    trial[i] = x[i] + step[i];
                }
                search.bounds.clamp(&mut trial);
                if trial == x {
                    return Err(Status::CannotImprove);
                }
                let predicted = model.predicted_reduction(&x, &trial);
                let new = search.value(&trial)?;
                let gain = (score - new) / predicted;
                if new < score && (gain > LEAST_GAIN || predicted <= 0.0) {
                    x.copy_from_slice(&trial);
                    score = new;
                    damping *= (1.0 - (2.0 * gain - 1.0).powi(3)).clamp(1.0 / 10.0, 2.0);
                    damping = damping.max(f64::EPSILON);
                    growth = 2.0;
                    break gain;
                }
            }
            damping *= growth;
            growth *= 2.0;
        };
        model = Model::at(search, &x, &mut residuals, &mut jacobian)?;
        search.advance(&x, score, &model.gradient)?;
        iteration += 1;
        if leave(iteration, gain) {
            return Err(Status::CannotImprove);
        }
    }
}

/// The quadratic model of the score around a point: half its Hessian without
/// second derivatives of the residuals, and its gradient.
struct Model {
    /// `scale * JᵀJ`.
    square: DMatrix<f64>,
    /// `2 * scale * Jᵀr`.
    gradient: Vec<f64>,
}

impl Model {
    fn at(
        search: &mut Search<'_>,
        x: &[f64],
        residuals: &mut [f64],
        jacobian: &mut [f64],
    ) -> Result<Self, Status> {
        let scale = search.least_squares(x, residuals, jacobian)?;
        let j = DMatrixView::from_slice(jacobian, residuals.len(), x.len());
        let r = DVectorView::from_slice(residuals, residuals.len());
        let square = j.tr_mul(&j) * scale;
        let gradient: Vec<f64> = (j.tr_mul(&r) * (2.0 * scale)).as_slice().to_vec();
        // A residual without a derivative here (a square root at 0) leaves no model.
        if square.iter().chain(&gradient).all(|v| v.is_finite()) {
            Ok(Self { square, gradient })
        } else {
            Err(Status::CannotImprove)
        }
    }

    /// Raises each variable's scaling to the model's diagonal. A variable that
    /// has had no effect so far is scaled as the largest, lest the system be singular.
    fn update_scaling(&self, scaling: &mut [f64]) {
        for (s, d) in scaling.iter_mut().zip(self.square.diagonal().iter()) {
            *s = s.max(*d);
        }
        let largest = scaling.iter().copied().fold(0.0, f64::max);
        let floor = if largest > 0.0 { largest * 1e-10 } else { 1.0 };
        scaling.iter_mut().for_each(|s| *s = s.max(floor));
    }

    /// The damped step of the variables that no bound holds, 0 for the others;
    /// `None` where the system is too close to singular.
    fn step(
        &self,
        search: &Search<'_>,
        x: &[f64],
        scaling: &[f64],
        damping: f64,
    ) -> Option<Vec<f64>> {
        let n = x.len();
        let free: Vec<usize> = (0..n)
            .filter(|&i| !search.bounds.holds(i, x[i], self.gradient[i]))
            .collect();
        let system = DMatrix::from_fn(free.len(), free.len(), |a, b| {
            let (i, j) = (free[a], free[b]);
            let damped = if i == j { damping * scaling[i] } else { 0.0 };
            self.square[(i, j)] + damped
        });
        let right =
            DVector::from_iterator(free.len(), free.iter().map(|&i| -0.5 * self.gradient[i]));
        let solution = system.cholesky()?.solve(&right);
        let mut step = vec![0.0; n];
        for (&i, &h) in free.iter().zip(solution.iter()) {
            step[i] = h;
        }
        step.iter().all(|h| h.is_finite()).then_some(step)
    }

    /// How much the model falls between two points.
    fn predicted_reduction(&self, from: &[f64], to: &[f64]) -> f64 {
        let h = DVector::from_iterator(from.len(), to.iter().zip(from).map(|(t, f)| t - f));
        let slope: f64 = self.gradient.iter().zip(h.iter()).map(|(g, h)| g * h).sum();
        -(slope + (&self.square * &h).dot(&h))
    }
}
