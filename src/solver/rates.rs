//! Finding a learning rate: short searches over a range of rates.

use super::progress::{Observer, Step};
use super::{MethodChoice, Objective, Options, Problem, ProblemError, Starts, Stop, solve};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The rates tried: from the first to the last, so many to a factor of ten.
pub const FIRST: f64 = 1e-6;
pub const LAST: f64 = 1e2;
const PER_DECADE: i32 = 4;
/// The steps taken with each rate.
pub const STEPS: u64 = 10;
/// The suggested rate is at least so many times smaller than the smallest with
/// which the loss grows.
const MARGIN: f64 = 3.0;

/// A learning rate and where it led.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    pub rate: f64,
    /// The objective's value after the last step; not finite where it was an
    /// error, and the last one where the search ended before.
    pub value: f64,
}

/// Searches from the problem's start with one rate after another, by the method
/// that `with` makes of a rate, [`STEPS`] steps each. `tell` is told of each.
///
/// # Errors
/// As [`solve`] has them.
pub fn sweep(
    objective: &mut dyn Objective,
    problem: &Problem,
    with: impl Fn(f64) -> MethodChoice,
    cancel: &Arc<AtomicBool>,
    mut tell: impl FnMut(Tried),
) -> Result<(), ProblemError> {
    let decades = (LAST / FIRST).log10().round() as i32;
    for index in 0..=decades * PER_DECADE {
        if cancel.load(std::sync::atomic::Ordering::Relaxed) {
            break;
        }
        let rate = FIRST * 10f64.powf(f64::from(index) / f64::from(PER_DECADE));
        let options = Options {
            method: with(rate),
            stop: Stop {
                tolerance: 0.0,
                max_iterations: Some(STEPS),
                cancel: cancel.clone(),
                ..Stop::default()
            },
            starts: Starts::default(),
        };
        let mut last = Last(f64::NAN);
        solve(objective, problem, &options, &mut last)?;
        let value = last.0;
        tell(Tried { rate, value });
    }
    Ok(())
}

/// The value at the newest step.
struct Last(f64);

impl Observer for Last {
    fn iteration(&mut self, step: &Step<'_>) {
        self.0 = step.value;
    }
}

/// The rate whose steps improved the score most, of those that keep a margin
/// to the smallest rate that made it worse than at the start; `None` where
/// none improved it. `score` is what is minimised for a value
/// ([`super::Sense::score`]).
pub fn suggest(tried: &[Tried], start: f64, score: impl Fn(f64) -> f64) -> Option<Tried> {
    let start = score(start);
    let grows = tried.iter().find(|t| score(t.value) > start);
    let limit = grows.map_or(f64::INFINITY, |t| t.rate / MARGIN);
    tried
        .iter()
        .filter(|t| t.rate <= limit * (1.0 + 1e-9) && score(t.value) < start)
        .min_by(|a, b| score(a.value).total_cmp(&score(b.value)))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solver::{LeastSquares, Sense};

    /// `c x² / 2` for each of two curvatures: gradient descent is stable for
    /// rates below 2 / max(c).
    struct Bowl([f64; 2]);

    impl Objective for Bowl {
        fn dimension(&self) -> usize {
            2
        }

        fn value(&mut self, x: &[f64]) -> f64 {
            x.iter().zip(self.0).map(|(x, c)| c * x * x / 2.0).sum()
        }

        fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            for ((g, x), c) in gradient.iter_mut().zip(x).zip(self.0) {
                *g = c * x;
            }
            self.value(x)
        }

        fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
            None
        }

        fn fork(&self) -> Box<dyn Objective + Send> {
            Box::new(Self(self.0))
        }
    }

    #[test]
    fn the_suggested_rate_descends_fast_and_is_stable() {
        for curvature in [0.1, 1.0, 50.0] {
            let mut bowl = Bowl([curvature, curvature / 4.0]);
            let problem = Problem::minimise(vec![1.0, 1.0]);
            let mut tried = Vec::new();
            let gd = |rate| MethodChoice::GradientDescent { rate };
            sweep(&mut bowl, &problem, gd, &Arc::default(), |t| tried.push(t)).unwrap();
            assert_eq!(tried.len(), 33);
            let start = bowl.value(&[1.0, 1.0]);
            let found = suggest(&tried, start, |v| Sense::Minimise.score(v)).unwrap();
            assert!(found.rate < 2.0 / curvature, "{curvature}: {found:?}");
            assert!(found.rate > 0.2 / curvature, "{curvature}: {found:?}");
            assert!(found.value < 0.2 * start, "{curvature}: {found:?}");
        }
    }

    #[test]
    fn nothing_is_suggested_where_no_rate_improves() {
        let tried = [1.0, 2.0].map(|rate| Tried { rate, value: 5.0 });
        assert_eq!(suggest(&tried, 5.0, |v| v), None);
    }
}
