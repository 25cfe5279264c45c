//! Gradients against central differences through recalculation.

use crate::cli::Result;
use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::{Area, Cell, Rect};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Transaction};
use serde::Serialize;

/// The relative difference that central differences may show.
pub(super) const LIMIT: f64 = 1e-6;

/// What the comparison found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    pub(super) worst: f64,
    pub(super) worst_cell: String,
    pub(super) kinks: Vec<Kink>,
}

/// A variable at whose value the objective bends. It has no one derivative there;
/// any between the slopes on both sides is right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Kink {
    pub(super) cell: String,
    pub(super) derivative: f64,
    pub(super) slope_below: f64,
    pub(super) slope_above: f64,
}

/// The largest step of the difference quotients, relative to the variable.
const FIRST_STEP: f64 = 0.1;
/// Each step is this much smaller than the one before.
const SHRINK: f64 = 4.0;
/// How many steps are tried.
const STEPS: usize = 9;

/// How many evaluations, very close together, show an objective's rounding.
const SAMPLES: usize = 8;
/// Errors further from zero than so many standard deviations are not rounding.
const DEVIATIONS: f64 = 4.0;

/// Compares a gradient with central differences through the interpreter.
///
/// The figure for a variable is `|derivative - quotient|`, divided by the
/// largest of `|derivative|`, `|quotient|` and a floor: what rounding the
/// objective alone may do to the quotient, over [`LIMIT`]. So rounding noise
/// stays under the limit, and any difference above it is a real one. At a kink
/// there is no one derivative: there the figure is 0 between the slopes on both sides.
pub(super) fn compare(
    engine: &mut Engine,
    slice: &Slice,
    value: f64,
    gradient: &[f64],
) -> Result<Check> {
    let mut worst = (0.0, None);
    let mut kinks = Vec::new();
    for ((&cell, &x), &derivative) in slice.variables().iter().zip(slice.start()).zip(gradient) {
        let mut at = |x: f64| moved(engine, slice.objective_cell(), cell, x);
        let quotient = quotient(x, value, &mut at)?;
        let floor = quotient.rounding / LIMIT;
        let size = derivative.abs().max(quotient.value.abs()).max(floor);
        let difference = (derivative - quotient.value).abs();
        let relative = if difference == 0.0 {
            0.0
        } else {
            difference / size
        };
        // Far steps cross kinks, and the stairs of a ROUND: near ones tell.
        let relative = match relative > LIMIT {
            true => match sides(x, value, quotient.noise, &mut at)? {
                Sides::Kink {
                    slope_below,
                    slope_above,
                } => {
                    kinks.push(Kink {
                        cell: engine.workbook().address(cell),
                        derivative,
                        slope_below,
                        slope_above,
                    });
                    beside_kink(derivative, slope_below, slope_above)
                }
                Sides::Slope(slope) => relative.min((derivative - slope).abs() / size),
                Sides::Unknown => relative,
            },
            false => relative,
        };
        if relative > worst.0 || relative.is_nan() || worst.1.is_none() {
            worst = (relative, Some(cell));
        }
        if relative.is_nan() {
            break;
        }
    }
    Ok(Check {
        worst: worst.0,
        worst_cell: worst
            .1
            .map(|cell| engine.workbook().address(cell))
            .unwrap_or_default(),
        kinks,
    })
}

/// How far a derivative at a kink is from the slopes on both sides, relative to
/// the larger: 0 where it lies between them, as that of any branch does.
fn beside_kink(derivative: f64, slope_below: f64, slope_above: f64) -> f64 {
    let (low, high) = (slope_below.min(slope_above), slope_below.max(slope_above));
    let size = slope_below.abs().max(slope_above.abs());
    let outside = (low - derivative).max(derivative - high);
    if outside <= SAME_SLOPE * size {
        0.0
    } else {
        outside / size
    }
}

/// The step of one-sided slopes, relative to the variable: fine enough for most
/// stairs, wide enough for the rounding of the objective.
const SIDE_STEP: f64 = 1.0 / (1 << 26) as f64;
/// How much smaller the steps are that tell a bend from steepness: between
/// these the slopes of a smooth function on both sides come together.
const CLOSER: f64 = 1.0 / 16.0;
/// Slopes on both sides that differ by less, relative to them, are one.
const SAME_SLOPE: f64 = 1e-4;

/// What a function does close to a point.
#[derive(Debug, PartialEq)]
enum Sides {
    Kink {
        slope_below: f64,
        slope_above: f64,
    },
    Slope(f64),
    /// Too noisy to tell, or without numbers.
    Unknown,
}

/// The slopes of `f` just below and above `x`, each extrapolated from two
/// steps: two where they differ by more than `noise` explains.
fn sides(x: f64, value: f64, noise: f64, f: &mut impl FnMut(f64) -> Result<f64>) -> Result<Sides> {
    let step = SIDE_STEP * x.abs().max(1.0);
    let mut slope = |step: f64| -> Result<f64> {
        let mut of = |step: f64| {
            let to = x + step;
            f(to).map(|there| (there - value) / (to - x))
        };
        Ok(2.0 * of(step / 2.0)? - of(step)?)
    };
    let (slope_below, slope_above) = (slope(-step)?, slope(step)?);
    let size = slope_below.abs().max(slope_above.abs());
    let rounding = 8.0 * noise / step;
    let apart = (slope_below - slope_above).abs();
    if apart > SAME_SLOPE * size + rounding {
        let closer = (slope(-step * CLOSER)? - slope(step * CLOSER)?).abs();
        return Ok(match closer / apart {
            ratio if (0.5..=2.0).contains(&ratio) => Sides::Kink {
                slope_below,
                slope_above,
            },
            // It is steep, or jumps.
            _ => Sides::Unknown,
        });
    }
    Ok(
        match rounding < LIMIT * size.max(1.0) && apart.is_finite() {
            true => Sides::Slope((slope_below + slope_above) / 2.0),
            false => Sides::Unknown,
        },
    )
}

/// The rounding error of `f` near `x`, such as the sum of a thousand cells
/// carries: what third differences of values very close together leave, where
/// the function itself is all but a parabola. Moré and Wild, "Estimating
/// computational noise", SIAM Journal on Scientific Computing 33 (2011).
fn noise(x: f64, value: f64, f: &mut impl FnMut(f64) -> Result<f64>) -> Result<f64> {
    // Wide enough that coarse rounding shows too.
    let step = x.abs().max(1.0) * 2f64.powi(-23);
    let mut values = Vec::with_capacity(SAMPLES);
    for index in 0..SAMPLES {
        values.push(f(x + step * index as f64)?);
    }
    for _ in 0..3 {
        values = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    }
    // (k!)² / (2k)! of the mean square of differences of order k.
    let squares: f64 = values.iter().map(|d| d * d).sum();
    let deviation = (squares / values.len() as f64 / 20.0).sqrt();
    Ok(DEVIATIONS * deviation.max(f64::EPSILON * value.abs()))
}

/// A difference quotient, and what rounding may have done to it.
struct Quotient {
    value: f64,
    rounding: f64,
    /// The rounding error of the function itself.
    noise: f64,
}

/// The derivative of `f` at `x` by central differences of shrinking steps,
/// extrapolated to a step of zero: Ridders, "Accurate computation of F'(x) and
/// F'(x)F''(x)", Advances in Engineering Software 4 (1982), over Richardson's
/// tableau. The estimate with the least error counts, where its error is how
/// far it is from those it was made of (truncation) plus what rounding `f`
/// adds at its step.
fn quotient(x: f64, value: f64, f: &mut impl FnMut(f64) -> Result<f64>) -> Result<Quotient> {
    let mut best = Quotient {
        value: f64::NAN,
        rounding: 0.0,
        noise: noise(x, value, f)?,
    };
    let mut least = f64::INFINITY;
    let mut row: Vec<f64> = Vec::new();
    let mut step = FIRST_STEP * x.abs().max(1.0);
    for _ in 0..STEPS {
        let (above, below) = (x + step, x - step);
        let (f_above, f_below) = (f(above)?, f(below)?);
        // The step that was really taken, after rounding.
        let taken = above - below;
        let rounding = best.noise / (taken / 2.0);
        let mut next = vec![(f_above - f_below) / taken];
        let mut factor = 1.0;
        for (order, &coarser) in row.iter().enumerate() {
            factor *= SHRINK * SHRINK;
            let finer = next[order];
            let estimate = (finer * factor - coarser) / (factor - 1.0);
            let apart = (estimate - finer).abs().max((estimate - coarser).abs());
            if apart + rounding < least {
                least = apart + rounding;
                best = Quotient {
                    value: estimate,
                    rounding,
                    ..best
                };
            }
            next.push(estimate);
        }
        row = if next.iter().all(|estimate| estimate.is_finite()) {
            next
        } else {
            // So far from `x` the objective is no number: start again nearer.
            Vec::new()
        };
        step /= SHRINK;
    }
    Ok(best)
}

/// The objective after recalculation with a variable at `x`; NaN where it is
/// no number. The workbook is as before afterwards.
fn moved(engine: &mut Engine, objective: Cell, variable: Cell, x: f64) -> Result<f64> {
    let area = Area {
        sheet: variable.sheet,
        rect: Rect::cell(variable.pos),
    };
    let values = vec![Value::Number(x)];
    engine.apply(&Transaction::new(
        "Move a variable",
        vec![Edit::SetValues { area, values }],
    ))?;
    let value = engine.value(objective).to_number().unwrap_or(f64::NAN);
    engine.undo()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(x: f64, f: impl Fn(f64) -> f64, derivative: f64) -> f64 {
        let found = quotient(x, f(x), &mut |x| Ok(f(x))).expect("no errors");
        let floor = found.rounding / LIMIT;
        (found.value - derivative).abs() / derivative.abs().max(found.value.abs()).max(floor)
    }

    fn near(x: f64, f: impl Fn(f64) -> f64) -> Sides {
        let noise = f64::EPSILON * f(x).abs();
        sides(x, f(x), noise, &mut |x| Ok(f(x))).expect("no errors")
    }

    #[test]
    fn a_derivative_at_a_kink_lies_between_the_slopes() {
        assert_eq!(beside_kink(0.0, 0.0, 3.0), 0.0);
        assert_eq!(beside_kink(1.5, 3.0, 0.0), 0.0);
        assert!(beside_kink(3.1, 0.0, 3.0) > 0.03);
        assert!(beside_kink(3.0, 1.0, 2.0) > 0.4);
    }

    #[test]
    fn a_kink_has_two_slopes_and_stairs_have_none() {
        match near(2.0, |x| x.max(2.0) * 3.0) {
            Sides::Kink {
                slope_below,
                slope_above,
            } => assert!(slope_below.abs() < 1e-9 && (slope_above - 3.0).abs() < 1e-9),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            near(0.7, |x| (x * 100.0).round() / 100.0),
            Sides::Slope(0.0)
        );
        match near(1.0, |x| (5.0 * x).exp()) {
            Sides::Slope(slope) => assert!((slope / (5.0 * 5f64.exp()) - 1.0).abs() < 1e-8),
            other => panic!("{other:?}"),
        }
        assert_eq!(near(0.0, |_| f64::NAN), Sides::Unknown);
        assert_eq!(near(0.7, |x| (1e8 * x).sin()), Sides::Unknown);
        assert_eq!(
            near(0.5, |x| if x >= 0.5 { 3.0 } else { 2.0 }),
            Sides::Unknown
        );
    }

    #[test]
    fn differences_are_close_where_the_derivative_is_right() {
        assert!(off(1.0, f64::exp, 1f64.exp()) < 1e-10);
        assert!(
            off(1e-3, f64::ln, 1e3) < 1e-7,
            "the logarithm's domain ends near by"
        );
        assert!(off(20.0, |x| (30.0 * x).sin(), 30.0 * 600f64.cos()) < 1e-6);
        assert!(
            off(5.0, |x| 1e9 + x, 1.0) < 1e-6,
            "rounding alone is no difference"
        );
        assert_eq!(off(5.0, |_| 3.0, 0.0), 0.0);
    }

    #[test]
    fn noise_beyond_the_last_place_is_noticed() {
        // A value that comes out of a difference of large ones.
        let noisy = |x: f64| (1e8 + x.sin()) - 1e8;
        assert!(off(1.0, noisy, 1f64.cos()) < 1e-6);
        assert!(off(1.0, noisy, 1f64.cos() * 1.01) > 1e-6);
    }

    #[test]
    fn differences_show_where_the_derivative_is_wrong() {
        let found = off(1.0, f64::exp, 1f64.exp() * (1.0 + 3e-6));
        assert!((2e-6..4e-6).contains(&found), "{found}");
        assert_eq!(off(5.0, |x| x * x, 0.0), 1.0);
        assert!(off(1.0, |_| f64::NAN, 0.0).is_nan());
    }
}
