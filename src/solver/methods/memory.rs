//! The limited memory of L-BFGS.

use super::line_search::Point;
use crate::solver::search::dot;
use std::ops::Range;

/// The most pairs that are kept. Many more than the usual 5 to 20: along a kink
/// only a memory of more pairs than there are variables keeps the directions in
/// which the score is sharp. From 30 random starts of the lesson's network, 20
/// variables, 20 pairs take 52,000 evaluations, 40 take 17,300, 60 take 15,300 and 100 take 12,500.
const MOST_PAIRS: usize = 60;
/// The fewest.
const FEWEST_PAIRS: usize = 10;
/// The numbers in between that may be kept (32 MB).
const NUMBERS: usize = 4_000_000;

/// The newest steps and the changes of the gradient along them: a model of the
/// inverse of the Hessian. Its buffers are made once.
pub(super) struct Memory {
    n: usize,
    capacity: usize,
    /// How many pairs were kept since the memory was cleared; each has a place
    /// in rings of `capacity`.
    count: usize,
    steps: Vec<f64>,
    changes: Vec<f64>,
    /// Each step times its change, and each change's square.
    products: Vec<Product>,
    /// What the first loop of a multiplication leaves to the second: the inverse
    /// of each pair's product, and its coefficient.
    loops: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Default)]
struct Product {
    step_by_change: f64,
    step_squared: f64,
    change_squared: f64,
}

impl Product {
    fn of(step: &[f64], change: &[f64]) -> Self {
        Self {
            step_by_change: dot(step, change),
            step_squared: dot(step, step),
            change_squared: dot(change, change),
        }
    }

    /// The same without the variables that are held.
    fn without(step: &[f64], change: &[f64], held: &[bool]) -> Self {
        let mut product = Self::default();
        for ((step, change), held) in step.iter().zip(change).zip(held) {
            if !held {
                product.step_by_change += step * change;
                product.step_squared += step * step;
                product.change_squared += change * change;
            }
        }
        product
    }

    /// Whether the slope rises along the step, by more than rounding; only
    /// then has the model a minimum. The cosine of the angle between step and
    /// change tells, whatever their units.
    fn is_curved(self) -> bool {
        let lengths = self.step_squared.sqrt() * self.change_squared.sqrt();
        self.step_by_change > f64::EPSILON * lengths
    }
}

impl Memory {
    /// An empty memory for `n` variables.
    pub(super) fn new(n: usize) -> Self {
        let capacity = (NUMBERS / (2 * n).max(1)).clamp(FEWEST_PAIRS, MOST_PAIRS);
        Self {
            n,
            capacity,
            count: 0,
            steps: vec![0.0; capacity * n],
            changes: vec![0.0; capacity * n],
            products: vec![Product::default(); capacity],
            loops: vec![(0.0, 0.0); capacity],
        }
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Keeps the step between two points, in the place of the oldest, where
    /// the slope rises along it.
    pub(super) fn push(&mut self, from: &Point, to: &Point) {
        let row = self.row(self.count);
        let (step, change) = (&mut self.steps[row.clone()], &mut self.changes[row]);
        subtract(&to.x, &from.x, step);
        subtract(&to.gradient, &from.gradient, change);
        let product = Product::of(step, change);
        if product.is_curved() {
            self.products[self.count % self.capacity] = product;
            self.count += 1;
        }
    }

    fn row(&self, pair: usize) -> Range<usize> {
        let start = pair % self.capacity * self.n;
        start..start + self.n
    }

    /// Multiplies `v` by the model of the inverse Hessian of the variables that
    /// are not `held`; the others become 0. These are the two loops of algorithm
    /// 7.4 of Nocedal and Wright, "Numerical Optimization" (2006), over pairs
    /// without their held parts.
    pub(super) fn multiply(&mut self, v: &mut [f64], held: &[bool]) {
        let any_held = held.contains(&true);
        let clear_held = |v: &mut [f64]| {
            if any_held {
                let held = v.iter_mut().zip(held).filter(|(_, held)| **held);
                held.for_each(|(v, _)| *v = 0.0);
            }
        };
        let pairs = self.count.saturating_sub(self.capacity)..self.count;
        let mut scale = None;
        clear_held(v);
        for pair in pairs.clone().rev() {
            let (row, place) = (self.row(pair), pair % self.capacity);
            let (step, change) = (&self.steps[row.clone()], &self.changes[row]);
            let product = if any_held {
                Product::without(step, change, held)
            } else {
                self.products[place]
            };
            // A pair without curvature has no part in either loop.
            let inverse = if product.is_curved() {
                scale.get_or_insert(product.step_by_change / product.change_squared);
                1.0 / product.step_by_change
            } else {
                0.0
            };
            let coefficient = inverse * dot(step, v);
            self.loops[place] = (inverse, coefficient);
            add(v, -coefficient, change);
            clear_held(v);
        }
        if let Some(scale) = scale {
            v.iter_mut().for_each(|v| *v *= scale);
        }
        for pair in pairs {
            let row = self.row(pair);
            let (inverse, coefficient) = self.loops[pair % self.capacity];
            let correction = coefficient - inverse * dot(&self.changes[row.clone()], v);
            add(v, correction, &self.steps[row]);
            clear_held(v);
        }
    }
}

/// `to - from` into `difference`.
fn subtract(to: &[f64], from: &[f64], difference: &mut [f64]) {
    for ((d, to), from) in difference.iter_mut().zip(to).zip(from) {
        *d = to - from;
    }
}

/// Adds `factor * other` to `v`.
fn add(v: &mut [f64], factor: f64, other: &[f64]) {
    for (v, other) in v.iter_mut().zip(other) {
        *v += factor * other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: &[f64], gradient: &[f64]) -> Point {
        let mut point = Point::new(x.to_vec());
        point.gradient.copy_from_slice(gradient);
        point
    }

    /// Steps along the axes of `2x² + 8y² + z²/2`, whose Hessian is (4, 16, 1).
    fn bowl() -> Memory {
        let mut memory = Memory::new(3);
        let origin = point(&[0.0; 3], &[0.0; 3]);
        memory.push(&origin, &point(&[1.0, 0.0, 0.0], &[4.0, 0.0, 0.0]));
        memory.push(&origin, &point(&[0.0, 0.5, 0.0], &[0.0, 8.0, 0.0]));
        memory.push(&origin, &point(&[0.0, 0.0, 2.0], &[0.0, 0.0, 2.0]));
        memory
    }

    #[test]
    fn steps_along_all_axes_of_a_bowl_tell_its_inverse_hessian() {
        let mut v = [4.0, 16.0, 3.0];
        bowl().multiply(&mut v, &[false; 3]);
        assert_eq!(v, [1.0, 1.0, 3.0]);
    }

    #[test]
    fn held_variables_have_no_part_in_the_model() {
        let mut v = [4.0, 16.0, 3.0];
        bowl().multiply(&mut v, &[false, true, false]);
        assert_eq!(v, [1.0, 0.0, 3.0]);
    }

    #[test]
    fn a_step_along_which_the_slope_falls_is_not_kept() {
        let mut memory = Memory::new(1);
        memory.push(&point(&[0.0], &[0.0]), &point(&[1.0], &[-1.0]));
        assert!(memory.is_empty());
    }
}
