//! When a search ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The relative difference of two scores that may be rounding.
pub(super) const ROUNDING: f64 = 4.0 * f64::EPSILON;

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
    /// Of all runs together; `None` for no limit. Time that the search is held
    /// does not count.
    pub max_time: Option<Duration>,
    pub clock: Clock,
    /// Set from outside to end the search with the best point so far.
    pub cancel: Arc<AtomicBool>,
}

/// Measures the time of a search, which may be held from outside.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    /// In holds that have ended.
    total: Duration,
    since: Option<Instant>,
}

impl Clock {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The time stands still until [`Clock::go_on`].
    pub fn hold(&self) {
        self.held().since.get_or_insert_with(Instant::now);
    }

    pub fn go_on(&self) {
        let mut held = self.held();
        if let Some(since) = held.since.take() {
            held.total += since.elapsed();
        }
    }

    /// The time since `began`, holds left out: the clock must be that of one
    /// search that began then.
    pub fn since(&self, began: Instant) -> Duration {
        let held = self.held();
        let now = held.since.map_or(Duration::ZERO, |since| since.elapsed());
        began.elapsed().saturating_sub(held.total + now)
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            tolerance: 1e-9,
            max_iterations: None,
            max_evaluations: None,
            max_time: None,
            clock: Clock::default(),
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
        (self.tolerance * self.tolerance).max(ROUNDING)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_a_search_is_held_does_not_count() {
        let clock = Clock::default();
        let Some(began) = Instant::now().checked_sub(Duration::from_secs(100)) else {
            return;
        };
        assert!(clock.since(began) >= Duration::from_secs(100));
        clock.hold();
        let held = clock.since(began);
        std::thread::sleep(Duration::from_millis(20));
        clock.hold();
        assert!(clock.since(began) <= held + Duration::from_millis(5));
        clock.go_on();
        clock.go_on();
        let on = clock.since(began);
        assert!(on <= held + Duration::from_millis(5));
        std::thread::sleep(Duration::from_millis(5));
        assert!(clock.since(began) >= on + Duration::from_millis(5));
    }
}
