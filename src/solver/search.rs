//! A search in progress: it evaluates, counts, remembers the best point, tells
//! the observer and ends at the stop rules. Methods see the objective only
//! through it, always as something to minimise: the *score* (see [`Sense::score`]).

use super::methods::Chosen;
use super::progress::{Observer, Step};
use super::stop::ROUNDING;
use super::{Bounds, Constraint, MethodChoice, Objective, Outcome, Problem, Sense, Status, Stop};
use std::time::Instant;

/// A method runs until something ends it, so only the ending is ever returned.
pub type Ended = Result<std::convert::Infallible, Status>;

/// A search in progress.
pub struct Search<'a> {
    objective: &'a mut dyn Objective,
    pub(super) constraints: Vec<Constraint>,
    pub(super) bounds: &'a Bounds,
    pub(super) precision: f64,
    sense: Sense,
    stop: &'a Stop,
    observer: &'a mut (dyn Observer + Send),
    began: Instant,
    iterations: u64,
    max_iterations: u64,
    evaluations: u64,
    best: Best,
    /// The objective's value at the newest evaluation.
    newest_value: f64,
    first_score: Option<f64>,
    first_norm: Option<f64>,
    last_score: f64,
    /// The norm of the gradient at the newest iteration.
    last_norm: f64,
    /// Iterations in a row that improved nothing.
    still: u32,
    advice: Option<String>,
}

/// The best point so far; among points that break constraints, the one that
/// breaks them least.
struct Best {
    x: Vec<f64>,
    score: f64,
    violation: f64,
}

/// Iterations without improvement after which a search has settled; Excel's
/// GRG method uses the same number.
const STILL: u32 = 5;

/// A score this far below the first (relative to its size), with a gradient as
/// steep as the first, is falling without end.
const BOTTOMLESS: f64 = 1e12;

impl<'a> Search<'a> {
    pub(super) fn new(
        objective: &'a mut dyn Objective,
        problem: &'a Problem,
        stop: &'a Stop,
        x: &[f64],
        began: Instant,
        observer: &'a mut (dyn Observer + Send),
    ) -> Self {
        Self {
            objective,
            constraints: problem.constraints.iter().map(Constraint::fork).collect(),
            bounds: &problem.bounds,
            precision: problem.precision,
            sense: problem.sense,
            stop,
            observer,
            began,
            iterations: 0,
            max_iterations: u64::MAX,
            evaluations: 0,
            best: Best {
                x: x.to_vec(),
                score: f64::INFINITY,
                violation: f64::INFINITY,
            },
            newest_value: f64::NAN,
            first_score: None,
            first_norm: None,
            last_score: f64::INFINITY,
            last_norm: f64::NAN,
            still: 0,
            advice: None,
        }
    }

    /// The number of variables.
    pub fn dimension(&self) -> usize {
        self.objective.dimension()
    }

    /// Sets the iteration limit that holds where the user gave none.
    pub fn limit_iterations(&mut self, default: u64) {
        self.max_iterations = self.stop.max_iterations.unwrap_or(default);
    }

    /// The score at `x` with its gradient into `gradient`; infinite (and the
    /// gradient without meaning) where it is not a number.
    pub fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, Status> {
        self.interrupted()?;
        self.evaluations += 1;
        let value = self.objective.gradient(x, gradient);
        let slope = self.sense.slope(value);
        if slope != 1.0 {
            gradient.iter_mut().for_each(|g| *g *= slope);
        }
        let score = self.evaluated(x, value);
        Ok(if gradient.iter().all(|g| g.is_finite()) {
            score
        } else {
            f64::INFINITY
        })
    }

    /// The score at `x`; infinite where it is not a number.
    pub fn value(&mut self, x: &[f64]) -> Result<f64, Status> {
        self.interrupted()?;
        self.evaluations += 1;
        let value = self.objective.value(x);
        Ok(self.evaluated(x, value))
    }

    fn evaluated(&mut self, x: &[f64], value: f64) -> f64 {
        let score = self.sense.score(value);
        self.newest_value = value;
        self.first_score.get_or_insert(score);
        if self.constraints.is_empty() && score < self.best.score {
            self.best.x.copy_from_slice(x);
            self.best.score = score;
            self.best.violation = 0.0;
        }
        score
    }

    /// Offers a point of a constrained search, `violation` being how far past
    /// the precision it breaks the constraints (0: not at all).
    pub fn offer(&mut self, x: &[f64], score: f64, violation: f64) {
        let better = violation < self.best.violation
            || (violation <= self.best.violation && score < self.best.score);
        if better {
            self.best.x.copy_from_slice(x);
            self.best.score = score;
            self.best.violation = violation;
        }
    }

    /// Takes the point at which a constrained search ends for the best. Points that
    /// break constraints within the precision may have been lower by up to `gain`.
    pub fn settle(&mut self, x: &[f64], score: f64, gain: f64) {
        if self.best.violation <= 0.0 && score <= self.best.score + gain {
            self.best.x.copy_from_slice(x);
            self.best.score = score;
        }
    }

    /// How far the constraints are broken at the best point of a constrained search.
    pub fn best_violation(&self) -> f64 {
        self.best.violation
    }

    /// The best point so far, for another method to go on from.
    pub(super) fn resume(&mut self) -> &[f64] {
        self.still = 0;
        &self.best.x
    }

    /// Tells of the starting point, and ends where there is nothing to do.
    pub fn begin(&mut self, x: &[f64], score: f64, gradient: &[f64]) -> Result<(), Status> {
        // A random start may lie where the objective is no number.
        if !score.is_finite() {
            return Err(Status::CannotImprove);
        }
        self.test(x, score, gradient)
    }

    /// Completes an iteration at `x`: tells of it and applies the stop rules.
    pub fn advance(&mut self, x: &[f64], score: f64, gradient: &[f64]) -> Result<(), Status> {
        self.iterations += 1;
        self.test(x, score, gradient)
    }

    fn test(&mut self, x: &[f64], score: f64, gradient: &[f64]) -> Result<(), Status> {
        let norm = self.bounds.projected_norm(x, gradient);
        self.tell(x, norm);
        self.last_norm = norm;
        let improvement = self.last_score - score;
        let none = self.stop.least_improvement() * score.abs().max(self.last_score.abs());
        self.last_score = score;
        let first = self.first_score.unwrap_or(score);
        if let Sense::Target(target) = self.sense {
            let width = self.stop.target_width(target);
            if score <= width * width && self.best.violation <= 0.0 {
                return Err(Status::TargetReached);
            }
        } else if self.constraints.is_empty() && norm <= self.stop.gradient_limit(score, first) {
            // Lower points may be so by rounding only, and their gradients larger.
            if score <= self.best.score + ROUNDING * score.abs() {
                self.best.x.copy_from_slice(x);
                self.best.score = score;
            }
            return Err(Status::Converged);
        }
        if norm == 0.0 && self.constraints.is_empty() {
            return Err(Status::Converged);
        }
        let first_norm = *self.first_norm.get_or_insert(norm);
        if score < first - BOTTOMLESS * first.abs().max(1.0) && norm >= 0.1 * first_norm {
            return Err(Status::Unbounded);
        }
        self.still = if improvement.abs() <= none {
            self.still + 1
        } else {
            0
        };
        if self.still >= STILL && self.best.violation <= 0.0 {
            return Err(Status::Settled);
        }
        if self.iterations >= self.max_iterations {
            return Err(Status::IterationLimit);
        }
        self.interrupted()
    }

    /// Tells the observer where the search is.
    fn tell(&mut self, x: &[f64], gradient_norm: f64) {
        self.observer.iteration(&Step {
            iteration: self.iterations,
            value: self.newest_value,
            gradient_norm,
            x,
            seconds: self.stop.clock.since(self.began).as_secs_f64(),
        });
    }

    fn interrupted(&self) -> Result<(), Status> {
        if self.stop.cancelled() {
            return Err(Status::Cancelled);
        }
        if self
            .stop
            .max_evaluations
            .is_some_and(|limit| self.evaluations >= limit)
        {
            return Err(Status::EvaluationLimit);
        }
        if self
            .stop
            .max_time
            .is_some_and(|limit| self.stop.clock.since(self.began) >= limit)
        {
            return Err(Status::TimeLimit);
        }
        Ok(())
    }

    /// The number of residuals where the score is a positive multiple of a sum of squares.
    pub fn residuals(&mut self) -> Option<usize> {
        residuals(self.objective, self.sense)
    }

    /// The residuals at `x` and their Jacobian, column by column; returns the
    /// factor of the sum of squares.
    pub fn least_squares(
        &mut self,
        x: &[f64],
        residuals: &mut [f64],
        jacobian: &mut [f64],
    ) -> Result<f64, Status> {
        self.interrupted()?;
        self.evaluations += 1;
        if let Sense::Target(target) = self.sense {
            let value = self.objective.gradient(x, jacobian);
            residuals[0] = value - target;
            return Ok(1.0);
        }
        let sign = self.sense.slope(0.0);
        match self.objective.least_squares() {
            Some(squares) => {
                squares.evaluate(x, residuals, jacobian);
                Ok(sign * squares.scale())
            }
            None => Err(Status::CannotImprove),
        }
    }

    /// An estimate of the largest curvature at the best point: power iteration
    /// on Hessian-vector products from differences of gradients. `None` where
    /// it finds no positive, finite curvature.
    pub(super) fn curvature(&mut self) -> Option<f64> {
        const ROUNDS: usize = 20;
        let x = self.best.x.clone();
        let n = x.len();
        let (mut ahead, mut behind) = (vec![0.0; n], vec![0.0; n]);
        let mut direction = vec![0.0; n];
        self.scored_gradient(&x, &mut direction);
        let mut curvature = None;
        for _ in 0..ROUNDS {
            let length = norm(&direction);
            if !(length.is_finite() && length > 0.0) {
                break;
            }
            direction.iter_mut().for_each(|d| *d /= length);
            let h = f64::EPSILON.cbrt() * norm(&x).max(1.0);
            let moved = |sign: f64| -> Vec<f64> {
                x.iter()
                    .zip(&direction)
                    .map(|(x, d)| x + sign * h * d)
                    .collect()
            };
            let (plus, minus) = (moved(1.0), moved(-1.0));
            self.scored_gradient(&plus, &mut ahead);
            self.scored_gradient(&minus, &mut behind);
            let mut along = 0.0;
            for i in 0..n {
                let product = (ahead[i] - behind[i]) / (2.0 * h);
                along += product * direction[i];
                direction[i] = product;
            }
            if !along.is_finite() {
                return None;
            }
            curvature = (along > 0.0).then_some(along);
        }
        curvature
    }

    /// A gradient outside the stop rules, for the few evaluations after a search has ended.
    pub(super) fn scored_gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.evaluations += 1;
        let value = self.objective.gradient(x, gradient);
        let slope = self.sense.slope(value);
        gradient.iter_mut().for_each(|g| *g *= slope);
        value
    }

    /// A score outside the stop rules, as [`Search::scored_gradient`].
    pub(super) fn scored_value(&mut self, x: &[f64]) -> f64 {
        self.evaluations += 1;
        let value = self.objective.value(x);
        self.sense.score(value)
    }

    /// Whether the newest iteration found a gradient that is exactly zero, and
    /// the search is one whose score is the objective, up to its sign.
    pub(super) fn is_at_zero_gradient(&self) -> bool {
        self.last_norm == 0.0 && self.constraints.is_empty() && !self.has_target()
    }

    /// Whether a value is to be reached.
    pub(super) const fn has_target(&self) -> bool {
        matches!(self.sense, Sense::Target(_))
    }

    /// The score at which a value to be reached counts as reached.
    pub(super) fn target_score(&self) -> Option<f64> {
        match self.sense {
            Sense::Target(target) => Some(self.stop.target_width(target).powi(2)),
            _ => None,
        }
    }

    /// The score at the newest iteration.
    pub(super) const fn last_score(&self) -> f64 {
        self.last_score
    }

    /// The best point so far.
    pub(super) fn best(&self) -> &[f64] {
        &self.best.x
    }

    /// The best score so far; infinite before the first evaluation.
    pub(super) const fn best_score(&self) -> f64 {
        self.best.score
    }

    pub(super) const fn iterations(&self) -> u64 {
        self.iterations
    }

    pub(super) fn score_of(&self, value: f64) -> f64 {
        self.sense.score(value)
    }

    /// Whether the objective is to be as large as possible.
    pub(super) const fn is_maximised(&self) -> bool {
        matches!(self.sense, Sense::Maximise)
    }

    /// Whether the search has constraints other than bounds.
    pub(super) fn is_constrained(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// Leaves a word for the user.
    pub(super) fn advise(&mut self, advice: String) {
        self.advice = Some(advice);
    }

    /// What was found.
    pub(super) fn finish(mut self, chosen: &Chosen, status: Status, before: f64) -> Outcome {
        let x = self.best.x.clone();
        let mut gradient = vec![0.0; x.len()];
        let value = self.scored_gradient(&x, &mut gradient);
        let gradient_norm = self.bounds.projected_norm(&x, &gradient);
        let status = match (self.sense, status) {
            // A bound or a lower limit of the value may keep it from the target.
            (Sense::Target(target), ended) if ended.is_solved() => {
                if (value - target).abs() <= self.stop.target_width(target) {
                    Status::TargetReached
                } else {
                    Status::TargetMissed
                }
            }
            (_, ended) => ended,
        };
        if self.advice.is_none() {
            self.advice = advice(status, self.sense, chosen.method.name());
        }
        Outcome {
            status,
            x,
            value,
            before,
            iterations: self.iterations,
            evaluations: self.evaluations,
            seconds: self.stop.clock.since(self.began).as_secs_f64(),
            method: chosen.method.name(),
            gradient_norm,
            advice: self.advice,
            starts: None,
        }
    }
}

/// The number of residuals where the score is a positive multiple of a sum of
/// squares. A target is one: the square of the distance to it.
pub(super) fn residuals(objective: &mut dyn Objective, sense: Sense) -> Option<usize> {
    if let Sense::Target(_) = sense {
        return Some(1);
    }
    let squares = objective.least_squares()?;
    (sense.slope(0.0) * squares.scale() > 0.0).then(|| squares.residuals())
}

/// What the user might do about an ending.
fn advice(status: Status, sense: Sense, method: &str) -> Option<String> {
    let advice = match status {
        Status::Unbounded => {
            let other = match sense {
                Sense::Maximise => ", or minimise instead of maximise",
                Sense::Minimise => ", or maximise instead of minimise",
                Sense::Target(_) => "",
            };
            return Some(format!(
                "set bounds on the variables, such as --bound 'B2<=100'{other}"
            ));
        }
        Status::EdgeOfDomain => {
            "keep the variables to where the formula has a value, with a bound such as --bound 'B2>=0.001'"
        }
        Status::TargetMissed | Status::Plateau => "start from other values, or try --starts 50",
        Status::IterationLimit if MethodChoice::named_has_rate(method) => {
            "raise --max-iter, or try --method auto"
        }
        Status::IterationLimit => {
            "raise --max-iter, or go on from the saved solution by solving it again"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

pub(super) fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The product of two vectors. Four partial sums let the compiler use vector instructions.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_chunks, a_rest) = a.as_chunks::<4>();
    let (b_chunks, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for i in 0..4 {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
