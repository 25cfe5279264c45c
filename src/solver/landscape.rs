//! What the objective looks like where a search ended: what a zero gradient
//! means there, and whether there can be other minima.

use super::search::Search;
use super::{Problem, starts};
use crate::random::SplitMix64;

/// The surroundings of a point whose gradient is exactly zero.
pub(super) enum Around {
    /// The score rises in some direction and falls in none that was tried.
    Rising,
    /// The score is constant: there are no directions.
    Constant,
    /// The score falls towards this point: a saddle, or a maximum.
    Falling(Vec<f64>),
}

/// Points tried around a zero gradient, each with its opposite.
const PROBES: u64 = 4;
/// How far away they are, relative to each variable's size (at least 1): far
/// enough that a square's rise exceeds rounding, near enough to stay between jumps.
const DISTANCE: f64 = 1e-4;
/// The relative difference of scores that is no rounding error.
const DIFFERENCE: f64 = 1e-12;

/// A step of up to `distance` of each variable's size (at least 1), up or down.
fn random_step(rng: &mut SplitMix64, x: &[f64], distance: f64) -> Vec<f64> {
    x.iter()
        .map(|x| (2.0 * rng.unit() - 1.0) * distance * x.abs().max(1.0))
        .collect()
}

/// A point one such step away from `x`, the same at each call.
pub(super) fn beside(x: &[f64], distance: f64) -> Vec<f64> {
    let step = random_step(&mut SplitMix64::stream(0, 0), x, distance);
    x.iter().zip(&step).map(|(x, step)| x + step).collect()
}

/// Looks around the best point of a search that ended at a zero gradient.
///
/// The gradient tells more than the value: a quartic's value rises by 1e-16 at
/// this distance, but its gradient is no longer zero. A region that the search
/// came down to and where the value is exactly 0 (a hinge loss without errors)
/// counts as a minimum, not as a plateau.
pub(super) fn around(search: &mut Search<'_>) -> Around {
    let x = search.best().to_vec();
    let mut gradient = vec![0.0; x.len()];
    let value = search.scored_gradient(&x, &mut gradient);
    let score = search.score_of(value);
    let mut least = score - DIFFERENCE * score.abs();
    if search.bounds.projected_norm(&x, &gradient) != 0.0 {
        // The zero was found elsewhere: at a worse point, or at one as good but
        // for rounding.
        return if least > search.last_score() - 2.0 * DIFFERENCE * score.abs() {
            Around::Rising
        } else {
            Around::Constant
        };
    }
    let (mut constant, mut lowest) = (true, None);
    let mut rng = SplitMix64::stream(0, 0);
    for _ in 0..PROBES {
        let step = random_step(&mut rng, &x, DISTANCE);
        for sign in [1.0, -1.0] {
            let mut probe: Vec<f64> = x.iter().zip(&step).map(|(x, s)| x + sign * s).collect();
            search.bounds.clamp(&mut probe);
            let there = search.scored_gradient(&probe, &mut gradient);
            constant &= there == value && search.bounds.projected_norm(&probe, &gradient) == 0.0;
            if search.score_of(there) < least {
                least = search.score_of(there);
                lowest = Some(probe);
            }
        }
    }
    match lowest {
        Some(point) => Around::Falling(point),
        None if constant && (search.iterations() == 0 || value != 0.0) => Around::Constant,
        None => Around::Rising,
    }
}

/// How far an edge is sought, relative to the variables' size (at least 1).
const NEAR: f64 = 1e-6;
/// Halvings that find where it is.
const HALVINGS: u32 = 60;

/// Whether the objective ceases to be a number just downhill from the best
/// point and is better right before: the search cannot go on, but not because
/// there is an optimum.
pub(super) fn is_at_edge(search: &mut Search<'_>) -> bool {
    if search.has_target() || search.is_constrained() {
        return false;
    }
    let x = search.best().to_vec();
    let mut gradient = vec![0.0; x.len()];
    search.scored_gradient(&x, &mut gradient);
    let length = super::search::norm(&gradient);
    if !(length.is_finite() && length > 0.0) {
        return false;
    }
    let size = super::search::norm(&x).max(1.0);
    let at = |search: &mut Search<'_>, distance: f64| {
        let steps = x.iter().zip(&gradient);
        let mut probe: Vec<f64> = steps.map(|(x, g)| x - distance * g / length).collect();
        search.bounds.clamp(&mut probe);
        search.scored_value(&probe)
    };
    let (mut inside, mut outside) = (0.0, NEAR * size);
    if at(search, outside).is_finite() {
        return false;
    }
    let score = at(search, inside);
    let mut best = score;
    for _ in 0..HALVINGS {
        let middle = 0.5 * (inside + outside);
        let there = at(search, middle);
        if there.is_finite() {
            inside = middle;
            best = best.min(there);
        } else {
            outside = middle;
        }
    }
    best < score - 1e-9 * score.abs().max(1e-3)
}

/// At a pole a step of this size, relative to the variables, would double the value.
const POLE_STEP: f64 = 1e-8;
/// Values closer to 0 are not taken for a pole's.
const POLE_VALUE: f64 = 1e6;

/// Whether the search stands beside a pole, as of `1/x`, whose far side is
/// higher: it can go on in no step that numbers have, yet there is no optimum.
pub(super) fn is_at_pole(search: &mut Search<'_>) -> bool {
    if search.has_target() || search.is_constrained() {
        return false;
    }
    let x = search.best().to_vec();
    let mut gradient = vec![0.0; x.len()];
    let value = search.scored_gradient(&x, &mut gradient);
    let score = search.score_of(value);
    let size = super::search::norm(&x).max(1.0);
    let slope = search.bounds.projected_norm(&x, &gradient);
    score < -POLE_VALUE && slope.is_finite() && POLE_STEP * size * slope > score.abs()
}

/// Points at which gradients are compared.
const POINTS: usize = 6;

/// Whether the objective is certainly not convex (seen as something to
/// minimise): between some two points, of the best one and random starts, the
/// gradient falls along the line from one to the other, which a convex
/// function's never does.
pub(super) fn is_not_convex(search: &mut Search<'_>, problem: &Problem) -> bool {
    let mut seen: Vec<(Vec<f64>, Vec<f64>)> = Vec::with_capacity(POINTS);
    for index in 0..POINTS {
        let x = match index {
            0 => search.best().to_vec(),
            _ => starts::point(&problem.start, &problem.bounds, 0, index),
        };
        let mut gradient = vec![0.0; x.len()];
        search.scored_gradient(&x, &mut gradient);
        if gradient.iter().any(|g| !g.is_finite()) {
            continue;
        }
        let falls = seen.iter().any(|(other, slope)| {
            let (mut along, mut size) = (0.0, 0.0);
            for i in 0..x.len() {
                let part = (gradient[i] - slope[i]) * (x[i] - other[i]);
                along += part;
                size += (gradient[i].abs() + slope[i].abs()) * (x[i] - other[i]).abs();
            }
            along < -1e-9 * size
        });
        if falls {
            return true;
        }
        seen.push((x, gradient));
    }
    false
}
