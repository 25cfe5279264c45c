//! Many starts: the method runs from several random points, and the best result is kept.

use super::methods::Chosen;
use super::progress::{Observer, Step};
use super::search::Search;
use super::{Bounds, Objective, Options, Outcome, Problem, Status};
use crate::random::SplitMix64;
use rayon::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// From how many points to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Starts {
    /// The first is the given point, the others are random.
    pub count: usize,
    /// The same seed gives the same points.
    pub seed: u64,
}

impl Default for Starts {
    fn default() -> Self {
        Self { count: 1, seed: 0 }
    }
}

/// Half the width of the interval around 0 that random starting values of a
/// variable without bounds are drawn from, where its present value is at most
/// 1 in size; beyond that the interval widens with the value.
pub const SPREAD: f64 = 0.1;

/// The starting point number `index`: 0 is the given point, moved into the bounds.
///
/// The others draw each variable uniformly: between its bounds where it has
/// both, else from `-r` to `r` with `r = 0.1 max(1, |present value|)`; that
/// interval is shifted where the one bound it has would cut it.
pub fn point(start: &[f64], bounds: &Bounds, seed: u64, index: usize) -> Vec<f64> {
    if index == 0 {
        return bounds.clamped(start);
    }
    let mut rng = SplitMix64::stream(seed, index as u64);
    let mut x: Vec<f64> = start
        .iter()
        .zip(bounds.lower.iter().zip(&bounds.upper))
        .map(|(&now, (&lower, &upper))| {
            let reach = SPREAD * now.abs().max(1.0);
            let (low, high) = match (lower.is_finite(), upper.is_finite()) {
                (true, true) => (lower, upper),
                (true, false) => (lower.max(-reach), lower.max(-reach) + 2.0 * reach),
                (false, true) => (upper.min(reach) - 2.0 * reach, upper.min(reach)),
                (false, false) => (-reach, reach),
            };
            low + (high - low) * rng.unit()
        })
        .collect();
    bounds.clamp(&mut x);
    x
}

/// Runs every start, on all threads, and keeps the best. The result does not
/// depend on the number of threads (unless a limit of time cuts it short).
pub(super) fn solve(
    objective: &mut dyn Objective,
    problem: &Problem,
    options: &Options,
    chosen: &Chosen,
    before: f64,
    observer: &mut (dyn Observer + Send),
) -> Outcome {
    let count = options.starts.count;
    let began = Instant::now();
    let workers = rayon::current_num_threads().min(count);
    // Forks are made here, as the objective itself need not be shareable.
    let forks: Vec<_> = (0..workers)
        .map(|_| (objective.fork(), problem.fork()))
        .collect();
    let next = AtomicUsize::new(0);
    let board = Mutex::new(Board {
        observer,
        best: None,
        evaluations: 0,
        finished: 0,
    });
    forks.into_par_iter().for_each(|(mut objective, problem)| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let x = point(&problem.start, &problem.bounds, options.starts.seed, index);
            let mut silent = ();
            let mut search = Search::new(
                &mut *objective,
                &problem,
                &options.stop,
                &x,
                began,
                &mut silent,
            );
            let status = super::run(&*chosen.method, &mut search, x);
            let outcome = search.finish(chosen, status, before);
            // A poisoned board is one whose owner panicked: that panic is
            // what will be seen, not this one.
            let mut board = board.lock().unwrap_or_else(|e| e.into_inner());
            let seconds = options.stop.clock.since(began).as_secs_f64();
            board.take(index, count, outcome, &problem, seconds);
            if matches!(status, Status::Cancelled | Status::TimeLimit) {
                break;
            }
        }
    });
    let board = board.into_inner().unwrap_or_else(|e| e.into_inner());
    let interrupted = if options.stop.cancelled() {
        Some(Status::Cancelled)
    } else {
        (board.finished < count).then_some(Status::TimeLimit)
    };
    // At least one start has run: a worker takes one before anything ends it.
    let (index, mut outcome) = board
        .best
        .unwrap_or_else(|| unreachable!("no start was run"));
    outcome.evaluations = board.evaluations;
    outcome.seconds = options.stop.clock.since(began).as_secs_f64();
    outcome.starts = Some((board.finished, index));
    if let Some(status) = interrupted {
        outcome.status = status;
    }
    outcome
}

/// What the starts have found so far.
struct Board<'a> {
    observer: &'a mut (dyn Observer + Send),
    best: Option<(usize, Outcome)>,
    evaluations: u64,
    finished: usize,
}

impl Board<'_> {
    fn take(
        &mut self,
        index: usize,
        count: usize,
        outcome: Outcome,
        problem: &Problem,
        seconds: f64,
    ) {
        self.finished += 1;
        self.evaluations += outcome.evaluations;
        // Points that break constraints lose to all others; the lower number
        // wins among equals, whichever thread came first.
        let rank = |index: usize, o: &Outcome| {
            (
                o.status == Status::Infeasible,
                problem.sense.score(o.value),
                index,
            )
        };
        let better = self.best.as_ref().is_none_or(|(at, best)| {
            let (a, b) = (rank(index, &outcome), rank(*at, best));
            a.0.cmp(&b.0)
                .then(a.1.total_cmp(&b.1))
                .then(a.2.cmp(&b.2))
                .is_lt()
        });
        if better {
            self.best = Some((index, outcome));
        }
        if let Some((_, best)) = &self.best {
            self.observer.start(
                self.finished,
                count,
                &Step {
                    iteration: self.finished as u64,
                    value: best.value,
                    gradient_norm: best.gradient_norm,
                    x: &best.x,
                    seconds,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_points_lie_within_bounds_and_around_zero() {
        let bounds = Bounds {
            lower: vec![f64::NEG_INFINITY, 5.0, 2.0, f64::NEG_INFINITY],
            upper: vec![f64::INFINITY, 6.0, f64::INFINITY, -3.0],
        };
        let start = [0.0, 0.0, 0.0, 0.0];
        assert_eq!(point(&start, &bounds, 1, 0), [0.0, 5.0, 2.0, -3.0]);
        for index in 1..200 {
            let x = point(&start, &bounds, 1, index);
            assert!(x[0].abs() <= 0.1, "{x:?}");
            assert!((5.0..=6.0).contains(&x[1]), "{x:?}");
            assert!((2.0..=2.2).contains(&x[2]), "{x:?}");
            assert!((-3.2..=-3.0).contains(&x[3]), "{x:?}");
        }
        assert_eq!(point(&start, &bounds, 1, 7), point(&start, &bounds, 1, 7));
        assert_ne!(point(&start, &bounds, 1, 7), point(&start, &bounds, 2, 7));
    }
}
