//! How far to go in a direction.

use crate::solver::search::Search;
use crate::solver::stop::ROUNDING;
use crate::solver::{Bounds, Status};

/// A point with the score there and its gradient.
pub(super) struct Point {
    pub x: Vec<f64>,
    pub score: f64,
    pub gradient: Vec<f64>,
}

impl Point {
    /// A point that has not been evaluated.
    pub(super) fn new(x: Vec<f64>) -> Self {
        Self {
            gradient: vec![0.0; x.len()],
            score: f64::NAN,
            x,
        }
    }

    pub(super) fn evaluate(&mut self, search: &mut Search<'_>) -> Result<(), Status> {
        self.score = search.gradient(&self.x, &mut self.gradient)?;
        Ok(())
    }

    /// Moves to where `step` times `direction` leads from `origin` when every
    /// variable stops at its bound.
    fn follow(&mut self, origin: &Self, direction: &[f64], step: f64, bounds: &Bounds) {
        for ((x, origin), d) in self.x.iter_mut().zip(&origin.x).zip(direction) {
            *x = origin + step * d;
        }
        bounds.clamp(&mut self.x);
    }

    /// The slope along `direction`, without the variables that bounds stop.
    fn slope(&self, direction: &[f64], bounds: &Bounds) -> f64 {
        let mut slope = 0.0;
        for (i, (g, d)) in self.gradient.iter().zip(direction).enumerate() {
            // Downhill is the direction here, so that it points out of the bounds.
            if !bounds.holds(i, self.x[i], -d) {
                slope += g * d;
            }
        }
        slope
    }

    /// What the gradient foretells of the change of the score on the way to `other`.
    fn foretold(&self, other: &Self) -> f64 {
        let way = self.x.iter().zip(&other.x).zip(&self.gradient);
        way.map(|((from, to), g)| g * (to - from)).sum()
    }
}

/// Looks for a point that is low enough and no longer steep (the weak
/// conditions of Wolfe, "Convergence conditions for ascent methods", 1969).
///
/// The interval that must hold such a point is doubled until it has an end,
/// then cut: where a cubic has its minimum, or in the middle where that is slow. Its
/// middle alone would do, also on functions with kinks (Lewis and Overton,
/// "Nonsmooth optimization via quasi-Newton methods", 2013, algorithm 2.6); cubics
/// need fewer evaluations where the function is smooth.
pub(super) struct LineSearch {
    trial: Point,
    /// The end of the interval that is low enough, but steep.
    low: Point,
}

/// The part of the fall foretold by the slope that is low enough.
const FALL: f64 = 1e-4;
/// The part of the first slope that is no longer steep.
const SLOPE: f64 = 0.9;
/// Evaluations in one search.
const TRIALS: u32 = 40;

/// A point of the line.
#[derive(Clone, Copy)]
struct End {
    step: f64,
    score: f64,
    slope: f64,
}

impl LineSearch {
    /// A line search for `n` variables.
    pub(super) fn new(n: usize) -> Self {
        Self {
            trial: Point::new(vec![0.0; n]),
            low: Point::new(vec![0.0; n]),
        }
    }

    /// Searches from `origin` along `direction`, first so many times as far.
    /// `None` where no lower point was found, or the direction leads uphill.
    pub(super) fn search(
        &mut self,
        search: &mut Search<'_>,
        origin: &Point,
        direction: &[f64],
        first: f64,
    ) -> Result<Option<&mut Point>, Status> {
        let bounds = search.bounds;
        let mut low = End {
            step: 0.0,
            score: origin.score,
            slope: origin.slope(direction, bounds),
        };
        let (steep, flat) = (SLOPE * low.slope, (2.0 * FALL - 1.0) * low.slope);
        if !(low.slope < 0.0 && low.slope.is_finite()) {
            return Ok(None);
        }
        let mut high: Option<End> = None;
        let mut step = first;
        for _ in 0..TRIALS {
            self.trial.follow(origin, direction, step, bounds);
            if self.trial.x == origin.x {
                break;
            }
            self.trial.evaluate(search)?;
            let end = End {
                step,
                score: self.trial.score,
                slope: self.trial.slope(direction, bounds),
            };
            let lower = end.score <= origin.score + FALL * origin.foretold(&self.trial);
            // Near a minimum, where scores differ by rounding only, the slope tells what is low
            // enough (Hager and Zhang, "A new conjugate gradient method with guaranteed
            // descent and an efficient line search", 2005).
            let as_low = end.score <= origin.score + ROUNDING * origin.score.abs();
            let width = high.map(|high| high.step - low.step);
            if lower || (as_low && end.slope <= flat) {
                std::mem::swap(&mut self.trial, &mut self.low);
                low = end;
                if end.slope >= steep {
                    break;
                }
            } else {
                high = Some(end);
            }
            step = match high {
                None => 2.0 * step,
                Some(high) => {
                    let slow = width.is_some_and(|before| high.step - low.step > 0.5 * before);
                    low.between(high, slow)
                }
            };
        }
        Ok((low.step > 0.0).then_some(&mut self.low))
    }
}

impl End {
    /// The step to try between two ends.
    fn between(self, high: Self, slow: bool) -> f64 {
        let width = high.step - self.step;
        let middle = self.step + 0.5 * width;
        if slow {
            return middle;
        }
        let cubic = self.cubic_minimum(high);
        if cubic.is_finite() {
            cubic.clamp(self.step + 0.1 * width, high.step - 0.1 * width)
        } else {
            middle
        }
    }

    /// Where the cubic through two ends with their slopes has its minimum
    /// (Nocedal and Wright, "Numerical Optimization", 2006, equation 3.59).
    fn cubic_minimum(self, high: Self) -> f64 {
        let width = high.step - self.step;
        let mean = 3.0 * (high.score - self.score) / width;
        let d1 = self.slope + high.slope - mean;
        let d2 = (d1 * d1 - self.slope * high.slope).sqrt();
        high.step - width * (high.slope + d2 - d1) / (high.slope - self.slope + 2.0 * d2)
    }
}
