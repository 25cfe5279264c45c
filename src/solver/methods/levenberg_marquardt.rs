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
    let mut model = Model::new(n);
    model.move_to(search, &x, &mut residuals, &mut jacobian)?;
    search.begin(&x, score, model.gradient.as_slice())?;

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
            if model.find_step(search, &x, &scaling, damping) {
                for i in 0..n {
                    trial[i] = x[i] + model.step[i];
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
        model.move_to(search, &x, &mut residuals, &mut jacobian)?;
        search.advance(&x, score, model.gradient.as_slice())?;
        iteration += 1;
        if leave(iteration, gain) {
            return Err(Status::CannotImprove);
        }
    }
}

/// The quadratic model of the score around a point: half its Hessian without
/// second derivatives of the residuals, and its gradient. Its buffers serve
/// all iterations.
struct Model {
    /// `scale * JᵀJ`.
    square: DMatrix<f64>,
    /// `2 * scale * Jᵀr`.
    gradient: DVector<f64>,
    /// The variables that no bound holds.
    free: Vec<usize>,
    /// The damped system of those, then its decomposition.
    system: Vec<f64>,
    /// Its right-hand side, then its solution.
    solution: Vec<f64>,
    /// The newest step of all variables.
    step: Vec<f64>,
}

impl Model {
    fn new(n: usize) -> Self {
        Self {
            square: DMatrix::zeros(n, n),
            gradient: DVector::zeros(n),
            free: Vec::with_capacity(n),
            system: Vec::with_capacity(n * n),
            solution: Vec::with_capacity(n),
            step: vec![0.0; n],
        }
    }

    /// The model around `x`.
    fn move_to(
        &mut self,
        search: &mut Search<'_>,
        x: &[f64],
        residuals: &mut [f64],
        jacobian: &mut [f64],
    ) -> Result<(), Status> {
        let scale = search.least_squares(x, residuals, jacobian)?;
        let j = DMatrixView::from_slice(jacobian, residuals.len(), x.len());
        let r = DVectorView::from_slice(residuals, residuals.len());
        self.square.gemm_tr(scale, &j, &j, 0.0);
        self.gradient.gemv_tr(2.0 * scale, &j, &r, 0.0);
        // A residual without a derivative here (a square root at 0) leaves no model.
        let mut all = self.square.iter().chain(&self.gradient);
        if all.all(|v| v.is_finite()) {
            Ok(())
        } else {
            Err(Status::CannotImprove)
        }
    }

    /// Raises each variable's scaling to the model's diagonal. A variable that
    /// has had no effect so far is scaled as the largest, lest the system be singular.
    fn update_scaling(&self, scaling: &mut [f64]) {
        for (i, s) in scaling.iter_mut().enumerate() {
            *s = s.max(self.square[(i, i)]);
        }
        let largest = scaling.iter().copied().fold(0.0, f64::max);
        let floor = if largest > 0.0 { largest * 1e-10 } else { 1.0 };
        scaling.iter_mut().for_each(|s| *s = s.max(floor));
    }

    /// Finds the damped step of the variables that no bound holds, 0 for the
    /// others; false where the system is too close to singular.
    fn find_step(&mut self, search: &Search<'_>, x: &[f64], scaling: &[f64], damping: f64) -> bool {
        let held = |&i: &usize| search.bounds.holds(i, x[i], self.gradient[i]);
        self.free.clear();
        self.free.extend((0..x.len()).filter(|i| !held(i)));
        self.system.clear();
        self.solution.clear();
        for &i in &self.free {
            for &j in &self.free {
                let damped = if i == j { damping * scaling[i] } else { 0.0 };
                self.system.push(self.square[(i, j)] + damped);
            }
            self.solution.push(-0.5 * self.gradient[i]);
        }
        if !solve_in_place(&mut self.system, &mut self.solution) {
            return false;
        }
        self.step.fill(0.0);
        for (&i, &h) in self.free.iter().zip(&self.solution) {
            self.step[i] = h;
        }
        self.step.iter().all(|h| h.is_finite())
    }

    /// How much the model falls between two points.
    fn predicted_reduction(&self, from: &[f64], to: &[f64]) -> f64 {
        let step = |i: usize| to[i] - from[i];
        let along = |column: usize| -> f64 {
            let column = self.square.column(column);
            column.iter().enumerate().map(|(i, s)| s * step(i)).sum()
        };
        let reduction = |i: usize| step(i) * (self.gradient[i] + along(i));
        -(0..from.len()).map(reduction).sum::<f64>()
    }
}

/// Solves a positive definite system by Cholesky's decomposition, row by row,
/// in the system's own place; false where it is not positive definite.
fn solve_in_place(system: &mut [f64], right: &mut [f64]) -> bool {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let (row, pivots) = (&system[i * n..i * n + j], &system[j * n..j * n + j]);
            let sum: f64 = row.iter().zip(pivots).map(|(a, b)| a * b).sum();
            let rest = system[i * n + j] - sum;
            system[i * n + j] = if j < i {
                rest / system[j * n + j]
            } else if rest > 0.0 {
                rest.sqrt()
            } else {
                return false;
            };
        }
    }
    for i in 0..n {
        let row = &system[i * n..i * n + i];
        let sum: f64 = row.iter().zip(&*right).map(|(a, x)| a * x).sum();
        right[i] = (right[i] - sum) / system[i * n + i];
    }
    for i in (0..n).rev() {
        let below: f64 = (i + 1..n).map(|j| system[j * n + i] * right[j]).sum();
        right[i] = (right[i] - below) / system[i * n + i];
    }
    true
}
