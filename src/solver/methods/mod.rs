//! The methods, one file each, behind one trait.

mod adam;
mod curvature;
mod gradient_descent;
mod lbfgs;
mod least_squares;
mod levenberg_marquardt;
mod line_search;
mod memory;
mod quadratic;
mod slsqp;

use super::search::{self, Ended, Search};
use super::{Objective, Problem, ProblemError, Sense, Status};

/// A way to search for a minimum of the score.
pub trait Method: Sync {
    /// As it is written after `--method`.
    fn name(&self) -> &'static str;
    /// Searches from `x`, which lies within the bounds, until a stop rule ends it.
    fn run(&self, search: &mut Search<'_>, x: Vec<f64>) -> Ended;
}

/// The method a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum MethodChoice {
    /// Whatever suits the problem.
    #[default]
    Auto,
    /// Plain gradient descent with a fixed learning rate.
    GradientDescent {
        rate: f64,
    },
    /// Gradient descent with momentum: the part of the last step that is kept.
    Momentum {
        rate: f64,
        momentum: f64,
    },
    Adam {
        rate: f64,
    },
    Lbfgs,
    LevenbergMarquardt,
    /// Levenberg-Marquardt as far as it goes, then L-BFGS.
    LeastSquares,
    /// Sequential least-squares programming, for constraints.
    Slsqp,
}

impl MethodChoice {
    /// The learning rate where none is given.
    pub const DEFAULT_RATE: f64 = 0.01;
    /// The part of the last step that momentum keeps.
    pub const DEFAULT_MOMENTUM: f64 = 0.9;

    /// The method of a name as it is written after `--method`; `rate` is the
    /// learning rate of those that have one.
    pub fn named(name: &str, rate: f64) -> Option<Self> {
        Some(match name {
            "auto" => Self::Auto,
            "gd" => Self::GradientDescent { rate },
            "momentum" => Self::Momentum {
                rate,
                momentum: Self::DEFAULT_MOMENTUM,
            },
            "adam" => Self::Adam { rate },
            "lbfgs" => Self::Lbfgs,
            "lm" => Self::LevenbergMarquardt,
            "lm+lbfgs" => Self::LeastSquares,
            "slsqp" => Self::Slsqp,
            _ => return None,
        })
    }

    /// Whether the method steps by a learning rate.
    pub const fn has_rate(self) -> bool {
        matches!(
            self,
            Self::GradientDescent { .. } | Self::Momentum { .. } | Self::Adam { .. }
        )
    }

    /// Whether the method of a name steps by a learning rate.
    pub fn named_has_rate(name: &str) -> bool {
        Self::named(name, Self::DEFAULT_RATE).is_some_and(Self::has_rate)
    }

    /// The names that [`MethodChoice::named`] knows.
    pub const NAMES: [&'static str; 8] = [
        "auto", "gd", "momentum", "adam", "lbfgs", "lm", "lm+lbfgs", "slsqp",
    ];
}

/// A method ready to run.
pub(super) struct Chosen {
    pub method: Box<dyn Method + Send>,
    /// What was chosen and why, for the user.
    pub reason: String,
}

/// The most variables for which Levenberg-Marquardt's square systems stay cheap.
const LM_VARIABLES: usize = 500;
/// The most numbers in its Jacobian (128 MB).
const LM_JACOBIAN: usize = 16_000_000;

/// Takes the method asked for, or the one that suits the problem.
pub(super) fn choose(
    choice: MethodChoice,
    objective: &mut dyn Objective,
    problem: &Problem,
) -> Result<Chosen, ProblemError> {
    if let Some(constraint) = problem.constraints.first()
        && !choice.takes_constraints()
    {
        return Err(ProblemError::Constrained {
            method: by_choice(choice)?.name(),
            constraint: constraint.name.clone(),
        });
    }
    if choice != MethodChoice::Auto {
        let method = by_choice(choice)?;
        let squares = matches!(
            choice,
            MethodChoice::LevenbergMarquardt | MethodChoice::LeastSquares
        );
        if squares && search::residuals(objective, problem.sense).is_none() {
            return Err(ProblemError::NotLeastSquares(method.name()));
        }
        let reason = format!("{}, as asked", method.name());
        return Ok(Chosen { method, reason });
    }
    let n = objective.dimension();
    let (choice, reason) = if !problem.constraints.is_empty() {
        (
            MethodChoice::Slsqp,
            "slsqp (sequential least-squares programming), as there are constraints".to_string(),
        )
    } else {
        match search::residuals(objective, problem.sense) {
            Some(m) if n <= LM_VARIABLES && m.saturating_mul(n) <= LM_JACOBIAN => (
                MethodChoice::LeastSquares,
                if let Sense::Target(_) = problem.sense {
                    "lm+lbfgs (Levenberg-Marquardt, then L-BFGS) on the distance to the target"
                        .to_string()
                } else {
                    format!(
                        "lm+lbfgs (Levenberg-Marquardt, then L-BFGS), as the objective is a sum of {m} squares"
                    )
                },
            ),
            Some(m) => (
                MethodChoice::Lbfgs,
                format!(
                    "lbfgs, as {m} squares of {n} variables are too many for Levenberg-Marquardt"
                ),
            ),
            None => (
                MethodChoice::Lbfgs,
                "lbfgs, as the objective is no sum of squares to be minimised".to_string(),
            ),
        }
    };
    Ok(Chosen {
        method: by_choice(choice)?,
        reason,
    })
}

fn by_choice(choice: MethodChoice) -> Result<Box<dyn Method + Send>, ProblemError> {
    let checked = |rate: f64| {
        if rate.is_finite() && rate > 0.0 {
            Ok(rate)
        } else {
            Err(ProblemError::LearningRate(rate))
        }
    };
    Ok(match choice {
        MethodChoice::GradientDescent { rate } => Box::new(gradient_descent::GradientDescent {
            rate: checked(rate)?,
            momentum: 0.0,
        }),
        MethodChoice::Momentum { rate, momentum } => Box::new(gradient_descent::GradientDescent {
            rate: checked(rate)?,
            momentum,
        }),
        MethodChoice::Adam { rate } => Box::new(adam::Adam {
            rate: checked(rate)?,
        }),
        MethodChoice::Auto | MethodChoice::Lbfgs => Box::new(lbfgs::Lbfgs),
        MethodChoice::LevenbergMarquardt => Box::new(levenberg_marquardt::LevenbergMarquardt),
        MethodChoice::LeastSquares => Box::new(least_squares::LeastSquares),
        MethodChoice::Slsqp => Box::new(slsqp::Slsqp),
    })
}

/// Ends a search whose fixed learning rate proved too large, with advice.
/// `limit` is the largest stable rate for curvature 1.
fn diverged(search: &mut Search<'_>, rate: f64, limit: f64) -> Status {
    let stable = search
        .curvature()
        .map(|curvature| limit / curvature)
        .filter(|&stable| stable < rate);
    search.advise(match stable {
        Some(stable) => format!(
            "the learning rate {} is too large: the curvature at the best point allows less than {}; try --lr {}",
            in_digits(rate),
            short(stable),
            short(stable / 2.0)
        ),
        None => format!(
            "the learning rate {} is too large: try --lr {}",
            in_digits(rate),
            short(rate / 10.0)
        ),
    });
    Status::Diverged
}

/// A number to one significant digit, rounded down, so that it can be typed.
fn short(x: f64) -> String {
    let power = x.abs().log10().floor();
    let digit = (x / 10f64.powf(power) * (1.0 + 1e-12)).floor().max(1.0);
    // Through text, as 3 * 10^-2 is not the number 0.03.
    let text = format!("{digit}e{power}");
    text.parse().map_or(text, in_digits)
}

/// A number with its digits, by a power of ten where most of them would be zeros.
fn in_digits(x: f64) -> String {
    match (1e-9..1e15).contains(&x.abs()) {
        true => format!("{x}"),
        false => format!("{x:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_rates_are_rounded_down_to_a_digit() {
        assert_eq!(short(0.0347), "0.03");
        assert_eq!(short(0.01), "0.01");
        assert_eq!(short(123.0), "100");
        assert_eq!(short(1.5e307), "1e307");
        assert_eq!(short(2.5e-300), "2e-300");
    }

    #[test]
    fn every_name_names_a_method() {
        for name in MethodChoice::NAMES {
            let choice = MethodChoice::named(name, 0.1).unwrap();
            if choice != MethodChoice::Auto {
                assert_eq!(by_choice(choice).unwrap().name(), name);
            }
        }
        assert!(MethodChoice::named("grg", 0.1).is_none());
        assert!(by_choice(MethodChoice::Adam { rate: 0.0 }).is_err());
    }
}
