//! When a search ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The rules that end a search; it ends at the first that holds.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Relative accuracy wanted: the search has converged when the gradient's
    /// norm falls to `tolerance` times the size of f, which is kept between
    /// min(1, |f at the start|) and max(1, |f at the start|), and has settled when the relative improvement stays below `tolerance²` (near a
    /// minimum the value changes with the square of the gradient), but not
    /// below 4 rounding errors, for five iterations. A target counts as reached
    /// within `tolerance * max(1, |target|)`.
    pub tolerance: f64,
    /// `None` for the method's own limit.
    pub max_iterations: Option<u64>,
    /// Of the objective, in one run; `None` for no limit.
    pub max_evaluations: Option<u64>,
    /// Of all runs together; `None` for no limit.
    pub max_time: Option<Duration>,
    /// Set from outside to end the search with the best point so far.
    pub cancel: Arc<AtomicBool>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            tolerance: 1e-9,
            max_iterations: None,
            max_evaluations: None,
            max_time: None,
            cancel: Arc::default(),
        }
    }
}

impl Stop {
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// The gradient norm that counts as zero at a score of `score`.
    pub(super) fn gradient_limit(&self, score: f64, first: f64) -> f64 {
        let first = first.abs();
        self.tolerance * score.abs().clamp(first.min(1.0), first.max(1.0))
    }

    /// The relative improvement that counts as none.
    pub(super) fn least_improvement(&self) -> f64 {
        (self.tolerance * self.tolerance).max(4.0 * f64::EPSILON)
    }

    /// The distance at which a target counts as reached.
    pub(super) fn target_width(&self, target: f64) -> f64 {
        self.tolerance * target.abs().max(1.0)
    }
}

/// Notices that the losses of a method with a fixed learning rate grow without end.
#[derive(Debug)]
pub(super) struct Divergence {
    first: f64,
    last: f64,
    rises: u32,
}

impl Divergence {
    /// A loss this many times the first is no passing rise.
    const FACTOR: f64 = 1e6;
    /// So many rises in a row, to above the first loss, are no passing rise.
    const RISES: u32 = 50;

    pub(super) fn new(first: f64) -> Self {
        Self {
            first,
            last: first,
            rises: 0,
        }
    }

    /// Whether the score after another step shows divergence.
    pub(super) fn notice(&mut self, score: f64) -> bool {
        self.rises = if score > self.last { self.rises + 1 } else { 0 };
        self.last = score;
        !score.is_finite()
            || score - self.first > Self::FACTOR * self.first.abs().max(1.0)
            || (self.rises >= Self::RISES && score > self.first)
    }
}
