//! A model of the curvature that is always that of a bowl.

use crate::solver::search::dot;

/// A positive definite model `B` of second derivatives, kept as a factor of its
/// inverse: columns `J` with `J·Jᵀ = B⁻¹`. What the gradient does along a step
/// changes it by one product of vectors (BFGS in the form of Brodlie, Gourlay
/// and Greenstadt, "Rank-one and rank-two corrections to positive definite
/// matrices expressed in product form", 1973).
pub(super) struct Curvature {
    n: usize,
    factor: Vec<f64>,
    /// What of the change acts on each column.
    action: Vec<f64>,
}

/// The least part of the curvature that is left along a step; where the
/// gradient shows less, the model takes the mean of both that has it (Powell,
/// "A fast algorithm for nonlinearly constrained optimization calculations", 1978).
const LEAST: f64 = 0.2;

impl Curvature {
    /// The curvature 1 in all directions of `n` variables.
    pub(super) fn new(n: usize) -> Self {
        let mut curvature = Self {
            n,
            factor: vec![0.0; n * n],
            action: vec![0.0; n],
        };
        curvature.reset(1.0);
        curvature
    }

    /// The curvature `size` in all directions.
    pub(super) fn reset(&mut self, size: f64) {
        self.factor.fill(0.0);
        for i in 0..self.n {
            self.factor[i * self.n + i] = size.sqrt().recip();
        }
    }

    /// The columns `J`, one after the other.
    pub(super) fn factor(&self) -> &[f64] {
        &self.factor
    }

    /// Takes in how the gradient changed along a step; `product` is `B` times
    /// the step. False where the numbers admit no such model.
    pub(super) fn update(&mut self, step: &[f64], change: &mut [f64], product: &[f64]) -> bool {
        let old = dot(step, product);
        let mut new = dot(step, change);
        if !(old > 0.0 && old.is_finite() && new.is_finite()) {
            return false;
        }
        if new < LEAST * old {
            let part = (1.0 - LEAST) * old / (old - new);
            for (c, p) in change.iter_mut().zip(product) {
                *c = part * *c + (1.0 - part) * p;
            }
            new = LEAST * old;
        }
        // J becomes (I + s·vᵀ)·J with v = B·s/√(s·y s·B·s) - y/(s·y).
        let scale = (new * old).sqrt().recip();
        for (c, p) in change.iter_mut().zip(product) {
            *c = scale * p - *c / new;
        }
        for (action, column) in self.action.iter_mut().zip(self.factor.chunks_exact(self.n)) {
            *action = dot(change, column);
        }
        if !self.action.iter().all(|a| a.is_finite()) {
            return false;
        }
        for (action, column) in self.action.iter().zip(self.factor.chunks_exact_mut(self.n)) {
            for (c, s) in column.iter_mut().zip(step) {
                *c += action * s;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `B⁻¹` times a vector.
    fn inverse_times(curvature: &Curvature, v: &[f64]) -> Vec<f64> {
        let mut result = vec![0.0; v.len()];
        for column in curvature.factor.chunks_exact(v.len()) {
            let along = dot(column, v);
            for (r, c) in result.iter_mut().zip(column) {
                *r += along * c;
            }
        }
        result
    }

    #[test]
    fn the_model_knows_how_the_gradient_changed_along_the_newest_step() {
        let mut curvature = Curvature::new(3);
        curvature.reset(4.0);
        let (step, change) = ([1.0, -2.0, 0.5], [3.0, -4.0, 6.0]);
        let product = step.map(|s| 4.0 * s);
        assert!(curvature.update(&step, &mut change.clone(), &product));
        for (found, step) in inverse_times(&curvature, &change).iter().zip(step) {
            assert!((found - step).abs() < 1e-14, "{found} {step}");
        }
    }

    #[test]
    fn where_the_gradient_falls_along_a_step_a_part_of_the_curvature_stays() {
        let mut curvature = Curvature::new(2);
        let step = [1.0, 0.0];
        assert!(curvature.update(&step, &mut [-3.0, 0.0], &step));
        let inverse = inverse_times(&curvature, &step);
        assert!((inverse[0] - 1.0 / LEAST).abs() < 1e-14, "{inverse:?}");
        assert!(!curvature.update(&step, &mut [f64::NAN, 0.0], &step));
    }
}
