//! Sequential least-squares programming, for constraints.

use super::Method;
use super::curvature::Curvature;
use super::quadratic::{Failure, Program, Quadratic};
use crate::solver::search::{Ended, Search, dot, norm};
use crate::solver::stop::ROUNDING;
use crate::solver::{Relation, Status};

/// Kraft, "A software package for sequential quadratic programming" (1988):
/// each step is that of a quadratic model of the Lagrangian function within
/// the constraints' linearisation, cut until the score with weighted violations
/// falls far enough. His subproblems are least-squares problems, hence the name;
/// here they are solved by another method (see [`Quadratic`]), which takes bounds as
/// they are, and equations that follow from others: the sums of a table's rows
/// and columns. The model's first size is that of the score and its gradient, so
/// that units matter little.
#[derive(Debug)]
pub(super) struct Slsqp;

const ITERATIONS: u64 = 1000;

/// The part of the fall foretold by the slope that is low enough.
const FALL: f64 = 0.1;
/// The least part of a step that is tried next.
const LEAST_CUT: f64 = 0.1;
/// Evaluations in one search along a step.
const TRIALS: u32 = 40;
/// The weight of what is left of inconsistent constraints, and how often it is
/// made ten times as much.
const FIRST_WEIGHT: f64 = 100.0;
const HEAVIER: u32 = 5;
/// A subproblem that leaves more than this part of the excesses gets a heavier weight.
const MOST_LEFT: f64 = 0.9;
/// A step no longer than the variables that would take less than this part off the
/// violations takes nothing; a search that finds none but such steps, so many times in a
/// row, without a point that satisfies the constraints is over.
const NOTHING: f64 = 1e-5;
const LOST: u32 = 10;

impl Method for Slsqp {
    fn name(&self) -> &'static str {
        "slsqp"
    }

    fn run(&self, search: &mut Search<'_>, x: Vec<f64>) -> Ended {
        search.limit_iterations(ITERATIONS);
        Descent::new(search, x).run(search)
    }
}

/// A point with all that is known of it.
struct Point {
    x: Vec<f64>,
    score: f64,
    gradient: Vec<f64>,
    /// How far each constraint is broken, or below 0 has room left; and the
    /// sizes that precision is relative to.
    excess: Vec<f64>,
    sizes: Vec<f64>,
    /// Their gradients, one row each.
    rows: Vec<f64>,
    /// Whether all this is numbers.
    is_finite: bool,
}

impl Point {
    fn new(x: Vec<f64>, constraints: usize) -> Self {
        let n = x.len();
        Self {
            x,
            score: f64::NAN,
            gradient: vec![0.0; n],
            excess: vec![f64::NAN; constraints],
            sizes: vec![1.0; constraints],
            rows: vec![0.0; constraints * n],
            is_finite: false,
        }
    }

    fn evaluate(&mut self, search: &mut Search<'_>, spare: &mut [f64]) -> Result<(), Status> {
        self.score = search.gradient(&self.x, &mut self.gradient)?;
        self.is_finite = self.score.is_finite();
        let rows = self.rows.chunks_exact_mut(self.x.len());
        for (i, (constraint, row)) in search.constraints.iter_mut().zip(rows).enumerate() {
            (self.excess[i], self.sizes[i]) = constraint.excess(&self.x, row, spare);
            self.is_finite &= self.excess[i].is_finite() && row.iter().all(|r| r.is_finite());
        }
        Ok(())
    }

    /// How far each constraint is broken.
    fn broken<'a>(&'a self, equal: &'a [bool]) -> impl Iterator<Item = f64> + 'a {
        let both = self.excess.iter().zip(equal);
        both.map(|(&excess, &equal)| match equal {
            true => excess.abs(),
            false if excess.is_nan() => excess,
            false => excess.max(0.0),
        })
    }

    /// The sum of what constraints are broken by beyond `precision`, relative to their sizes.
    fn violation(&self, equal: &[bool], precision: f64) -> f64 {
        let relative = self
            .broken(equal)
            .zip(&self.sizes)
            .map(|(b, size)| b / size);
        relative
            .map(|broken| match broken <= precision {
                true => 0.0,
                // A side that is not a number is as far off as can be.
                false if broken.is_nan() => f64::INFINITY,
                false => broken,
            })
            .sum()
    }
}

/// The buffers of a search, made once.
struct Descent {
    here: Point,
    next: Point,
    /// Which constraints are equations.
    equal: Vec<bool>,
    /// The steps that bounds leave.
    lower: Vec<f64>,
    upper: Vec<f64>,
    model: Curvature,
    /// Whether the model holds nothing yet.
    is_fresh: bool,
    quadratic: Quadratic,
    direction: Vec<f64>,
    /// The model's curvature times the direction, then times the step taken.
    product: Vec<f64>,
    step: Vec<f64>,
    /// How the Lagrangian function's gradient changes along the step.
    change: Vec<f64>,
    /// The weights of violations in the sum that is to fall.
    penalties: Vec<f64>,
    /// Violations below this are none, nor steps for variables of size 1.
    accuracy: f64,
    /// Changes below this are none of a score of size 1.
    score_accuracy: f64,
    /// The size of the first score.
    first_size: f64,
    /// Directions in a row that take nothing off the violations.
    lost: u32,
}

impl Descent {
    fn new(search: &Search<'_>, x: Vec<f64>) -> Self {
        let (n, m) = (x.len(), search.constraints.len());
        let relations = search.constraints.iter().map(|c| c.relation);
        // An equation must vanish to the precision in the sum of all violations.
        let accuracy = (search.precision * 1e-3).min(1e-9);
        Self {
            next: Point::new(x.clone(), m),
            here: Point::new(x, m),
            equal: relations.map(|r| r == Relation::Equal).collect(),
            lower: vec![0.0; n],
            upper: vec![0.0; n],
            model: Curvature::new(n),
            is_fresh: true,
            quadratic: Quadratic::new(n, m),
            direction: vec![0.0; n],
            product: vec![0.0; n],
            step: vec![0.0; n],
            change: vec![0.0; n],
            penalties: vec![0.0; m],
            accuracy,
            score_accuracy: search.target_score().map_or(accuracy, |t| t.min(accuracy)),
            first_size: 0.0,
            lost: 0,
        }
    }

    fn run(mut self, search: &mut Search<'_>) -> Ended {
        self.here.evaluate(search, &mut self.change)?;
        self.offer(search);
        search.begin(&self.here.x, self.here.score, &self.here.gradient)?;
        if !self.here.is_finite {
            return Err(self.ended(search, Status::CannotImprove));
        }
        self.first_size = self.here.score.abs();
        self.forget();
        loop {
            let Some(left) = self.find_direction(search) else {
                self.start_anew(search, f64::INFINITY)?;
                continue;
            };
            if self.is_lost(search, left) {
                return Err(Status::Infeasible);
            }
            let along = dot(&self.here.gradient, &self.direction);
            // Where constraints hold, only rounding makes them contradict each other.
            let promise = match self.is_feasible() {
                true => self.promise(along),
                false => f64::INFINITY,
            };
            if promise <= self.slack() {
                return Err(self.converged(search));
            }
            let slope = along - (1.0 - left) * self.penalty(&self.here);
            let Some(part) = self.go(search, slope)? else {
                self.start_anew(search, promise)?;
                continue;
            };
            self.learn(part);
            std::mem::swap(&mut self.here, &mut self.next);
            self.offer(search);
            // A step that was cut may be small for that alone.
            let whole = part == 1.0 && left == 0.0;
            let converged = whole && self.is_feasible() && self.is_small();
            let told = search.advance(&self.here.x, self.here.score, &self.here.gradient);
            if converged {
                return Err(self.converged(search));
            }
            told?;
        }
    }

    fn offer(&self, search: &mut Search<'_>) {
        let violation = self.here.violation(&self.equal, search.precision);
        search.offer(&self.here.x, self.here.score, violation);
    }

    /// Whether the directions found, which leave this part of the violations, have
    /// promised to lessen them by nothing for too long.
    fn is_lost(&mut self, search: &Search<'_>, left: f64) -> bool {
        let size = norm(&self.here.x).max(1.0);
        let promise = (1.0 - left) * (size / norm(&self.direction)).min(1.0);
        self.lost = match promise <= NOTHING && search.best_violation() > 0.0 {
            true => self.lost + 1,
            false => 0,
        };
        self.lost > LOST
    }

    fn is_feasible(&self) -> bool {
        self.here.violation(&self.equal, 0.0) < self.accuracy
    }

    /// The change of the score that is none.
    fn slack(&self) -> f64 {
        let size = self.here.score.abs();
        (self.score_accuracy * size.max(self.first_size).min(1.0)).max(ROUNDING * size)
    }

    /// Whether the newest step changed nothing that matters.
    fn is_small(&self) -> bool {
        let size = norm(&self.here.x).max(norm(&self.next.x)).min(1.0);
        (self.here.score - self.next.score).abs() <= self.slack()
            || norm(&self.step) <= self.accuracy * size
    }

    /// The weighted violations at a point.
    fn penalty(&self, point: &Point) -> f64 {
        let broken = point.broken(&self.equal).zip(&self.penalties);
        broken.map(|(broken, penalty)| broken * penalty).sum()
    }

    /// What the model foretells that the score may still change by, `along`
    /// being its slope along the direction.
    fn promise(&self, along: f64) -> f64 {
        let forces = self.quadratic.multipliers().iter().zip(&self.here.excess);
        along.abs() + forces.map(|(f, e)| (f * e).abs()).sum::<f64>()
    }

    /// Finds the direction, and the part of the violations that it leaves; `None`
    /// where the subproblem cannot be solved.
    fn find_direction(&mut self, search: &Search<'_>) -> Option<f64> {
        for (i, x) in self.here.x.iter().enumerate() {
            self.lower[i] = search.bounds.lower[i] - x;
            self.upper[i] = search.bounds.upper[i] - x;
        }
        let mut program = Program {
            gradient: &self.here.gradient,
            factor: self.model.factor(),
            rows: &self.here.rows,
            excess: &self.here.excess,
            equal: &self.equal,
            lower: &self.lower,
            upper: &self.upper,
            relaxation: None,
        };
        let mut solved = self.quadratic.solve(&program);
        if solved == Err(Failure::Inconsistent) {
            let mut weight = FIRST_WEIGHT;
            for _ in 0..=HEAVIER {
                program.relaxation = Some(weight);
                solved = self.quadratic.solve(&program);
                if solved.is_ok() && self.quadratic.left() <= MOST_LEFT {
                    break;
                }
                weight *= 10.0;
            }
        }
        solved.ok()?;
        self.quadratic.curvature(&program, &mut self.product);
        self.direction.copy_from_slice(self.quadratic.step());
        for (i, d) in self.direction.iter_mut().enumerate() {
            *d = d.max(self.lower[i]).min(self.upper[i]);
        }
        let forces = self.quadratic.multipliers();
        for (penalty, force) in self.penalties.iter_mut().zip(forces) {
            // Powell's rule: not below the force, and falling to it slowly.
            *penalty = force.abs().max(0.5 * (*penalty + force.abs()));
        }
        Some(self.quadratic.left())
    }

    /// Goes along the direction until the score with penalties is low enough;
    /// the part of the direction taken, or `None`.
    fn go(&mut self, search: &mut Search<'_>, slope: f64) -> Result<Option<f64>, Status> {
        if !(slope < 0.0 && slope.is_finite()) {
            return Ok(None);
        }
        let penalty = self.penalty(&self.here);
        let rounding = ROUNDING * (self.here.score.abs() + penalty);
        let mut part = 1.0;
        for _ in 0..TRIALS {
            let way = self.here.x.iter().zip(&self.direction);
            for (next, (x, d)) in self.next.x.iter_mut().zip(way) {
                *next = x + part * d;
            }
            search.bounds.clamp(&mut self.next.x);
            if self.next.x == self.here.x {
                break;
            }
            self.next.evaluate(search, &mut self.change)?;
            if !self.next.is_finite {
                part *= 0.5;
                continue;
            }
            let change = self.next.score - self.here.score + self.penalty(&self.next) - penalty;
            let foretold = part * slope;
            if change <= FALL * foretold + rounding {
                return Ok(Some(part));
            }
            // Where the parabola through both sums with the slope has its minimum.
            let cut = foretold / (2.0 * (foretold - change));
            part *= cut.max(LEAST_CUT);
        }
        Ok(None)
    }

    /// Takes how the Lagrangian function's gradient changed on the way to the
    /// next point into the model.
    fn learn(&mut self, part: f64) {
        let (here, next) = (&self.here, &self.next);
        let n = here.x.len();
        for i in 0..n {
            self.step[i] = next.x[i] - here.x[i];
            self.change[i] = next.gradient[i] - here.gradient[i];
            self.product[i] *= part;
        }
        let rows = here.rows.chunks_exact(n).zip(next.rows.chunks_exact(n));
        for (force, (from, to)) in self.quadratic.multipliers().iter().zip(rows) {
            for (c, (from, to)) in self.change.iter_mut().zip(from.iter().zip(to)) {
                *c += force * (to - from);
            }
        }
        if self.is_fresh {
            // What the first step shows is the better size for all directions.
            let size = norm(&self.change) / norm(&self.step);
            if size.is_finite() && size > 0.0 {
                self.model.reset(size);
                let steps = self.product.iter_mut().zip(&self.step);
                steps.for_each(|(p, s)| *p = size * s);
            }
        }
        self.is_fresh = false;
        if !self
            .model
            .update(&self.step, &mut self.change, &self.product)
        {
            self.forget();
        }
    }

    /// Starts the model anew, so that its first step is not longer than 1
    /// unless constraints ask for it.
    fn forget(&mut self) {
        let size = norm(&self.here.gradient).max(self.here.score.abs().min(1.0));
        self.model.reset(if size > 0.0 { size } else { 1.0 });
        self.is_fresh = true;
    }

    /// Forgets a model that leads nowhere. Where there was none the search ends:
    /// if rounding hides what the model promises, at an optimum.
    fn start_anew(&mut self, search: &mut Search<'_>, promise: f64) -> Result<(), Status> {
        if self.is_fresh {
            let hidden = promise <= self.accuracy * self.here.score.abs();
            return Err(match hidden {
                true => self.converged(search),
                false => self.ended(search, Status::CannotImprove),
            });
        }
        self.forget();
        Ok(())
    }

    fn converged(&self, search: &mut Search<'_>) -> Status {
        // Without constraints, where the gradient vanishes the stop rules have
        // ended the search before; this is a step too small to matter.
        let status = match self.equal.is_empty() {
            true => Status::Settled,
            false => Status::Converged,
        };
        self.ended(search, status)
    }

    /// Ends the search here.
    fn ended(&self, search: &mut Search<'_>, status: Status) -> Status {
        if self.is_feasible() {
            let forces = self.quadratic.multipliers().iter().zip(&self.here.sizes);
            let gain: f64 = forces.map(|(force, size)| force.abs() * size).sum();
            let gain = gain * search.precision;
            search.settle(&self.here.x, self.here.score, gain);
        }
        match search.best_violation() > 0.0 {
            true => Status::Infeasible,
            false => status,
        }
    }
}
