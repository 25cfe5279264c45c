//! Gradient descent with a fixed learning rate, plain or with momentum.

use super::{Method, diverged};
use crate::solver::search::{Ended, Search};
use crate::solver::stop::Divergence;

/// `v = momentum * v - rate * gradient; x = x + v` (Polyak, "Some methods of
/// speeding up the convergence of iteration methods", 1964); without momentum
/// this is plain gradient descent. Points that leave the bounds are moved back
/// to them.
#[derive(Debug)]
pub(super) struct GradientDescent {
    pub rate: f64,
    pub momentum: f64,
}

/// Steps where the user gives no number.
const STEPS: u64 = 1000;

impl Method for GradientDescent {
    fn name(&self) -> &'static str {
        if self.momentum == 0.0 {
            "gd"
        } else {
            "momentum"
        }
    }

    fn run(&self, search: &mut Search<'_>, mut x: Vec<f64>) -> Ended {
        search.limit_iterations(STEPS);
        let mut gradient = vec![0.0; x.len()];
        let mut velocity = vec![0.0; x.len()];
        let mut score = search.gradient(&x, &mut gradient)?;
        search.begin(&x, score, &gradient)?;
        let mut divergence = Divergence::new(score);
        loop {
            for ((x, v), g) in x.iter_mut().zip(&mut velocity).zip(&gradient) {
                *v = self.momentum * *v - self.rate * g;
                *x += *v;
            }
            search.bounds.clamp(&mut x);
            score = search.gradient(&x, &mut gradient)?;
            if divergence.notice(score) {
                // On a quadratic of curvature c, heavy-ball momentum is stable
                // for rates below 2 (1 + momentum) / c.
                return Err(diverged(search, self.rate, 2.0 * (1.0 + self.momentum)));
            }
            search.advance(&x, score, &gradient)?;
        }
    }
}
