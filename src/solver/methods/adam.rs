//! Adam: a learning rate a variable, from running moments of the gradient.

use super::{Method, diverged};
use crate::solver::search::{Ended, Search};
use crate::solver::stop::Divergence;

/// Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015),
/// algorithm 1 with the constants it recommends.
#[derive(Debug)]
pub(super) struct Adam {
    pub rate: f64,
}

/// Decay of the running mean of gradients.
const BETA_1: f64 = 0.9;
/// Decay of the running mean of squared gradients.
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Steps where the user gives no number.
const STEPS: u64 = 1000;

impl Method for Adam {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn run(&self, search: &mut Search<'_>, mut x: Vec<f64>) -> Ended {
        search.limit_iterations(STEPS);
        let n = x.len();
        let mut gradient = vec![0.0; n];
        let (mut mean, mut square) = (vec![0.0; n], vec![0.0; n]);
        // The powers of the decays, which correct the means' start from zero.
        let (mut power_1, mut power_2) = (1.0, 1.0);
        let mut score = search.gradient(&x, &mut gradient)?;
        search.begin(&x, score, &gradient)?;
        let mut divergence = Divergence::new(score);
        loop {
            power_1 *= BETA_1;
            power_2 *= BETA_2;
            for i in 0..n {
                mean[i] = BETA_1 * mean[i] + (1.0 - BETA_1) * gradient[i];
                square[i] = BETA_2 * square[i] + (1.0 - BETA_2) * gradient[i] * gradient[i];
                let corrected_mean = mean[i] / (1.0 - power_1);
                let corrected_square = square[i] / (1.0 - power_2);
                x[i] -= self.rate * corrected_mean / (corrected_square.sqrt() + EPSILON);
            }
            search.bounds.clamp(&mut x);
            score = search.gradient(&x, &mut gradient)?;
            if divergence.notice(score) {
                // Adam's steps do not depend on the gradient's size, so the
                // curvature allows no estimate: advise a tenth.
                return Err(diverged(search, self.rate, f64::INFINITY));
            }
            search.advance(&x, score, &gradient)?;
        }
    }
}
