//! What a search found.

use std::fmt;

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The gradient vanishes (but for parts held by bounds or constraints): a
    /// minimum or maximum.
    Converged,
    /// The wanted value is reached.
    TargetReached,
    /// Further iterations improve the value only in its last digits.
    Settled,
    /// No step along the method's direction improves the value: a kink, or rounding.
    CannotImprove,
    /// The gradient is zero because the value is constant around the point.
    Plateau,
    IterationLimit,
    EvaluationLimit,
    TimeLimit,
    /// Ended from outside: Ctrl-C.
    Cancelled,
    /// The learning rate is too large: the losses grow.
    Diverged,
    /// The value falls (or, maximised, rises) without end.
    Unbounded,
    /// The value improves towards a place beyond which it is not a number: `LN(x)`
    /// minimised.
    EdgeOfDomain,
    /// The search came to rest away from the wanted value.
    TargetMissed,
    /// No point was found that satisfies the constraints.
    Infeasible,
}

impl Status {
    /// The result code of Excel's `SolverSolve`. Excel has no code for an
    /// evaluation limit, which counts as its iteration limit, nor for
    /// divergence, which counts as an objective that does not converge, nor for
    /// a plateau, which its methods cannot improve.
    pub const fn code(self) -> u8 {
        match self {
            Self::Converged | Self::TargetReached => 0,
            Self::Settled => 1,
            Self::CannotImprove | Self::Plateau => 2,
            Self::IterationLimit | Self::EvaluationLimit => 3,
            Self::Diverged | Self::Unbounded => 4,
            Self::TargetMissed | Self::Infeasible => 5,
            Self::Cancelled => 6,
            // Excel's code for a value that is an error.
            Self::EdgeOfDomain => 9,
            Self::TimeLimit => 10,
        }
    }

    /// Whether the search ended because there was no more to gain.
    pub const fn is_solved(self) -> bool {
        self.code() <= 2 && !matches!(self, Self::Plateau)
    }

    /// One word or two, for machines: `converged`, `iteration limit`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::TargetReached => "target reached",
            Self::Settled => "settled",
            Self::CannotImprove => "cannot improve",
            Self::Plateau => "plateau",
            Self::IterationLimit => "iteration limit",
            Self::EvaluationLimit => "evaluation limit",
            Self::TimeLimit => "time limit",
            Self::Cancelled => "cancelled",
            Self::Diverged => "diverged",
            Self::Unbounded => "unbounded",
            Self::EdgeOfDomain => "edge of domain",
            Self::TargetMissed => "target missed",
            Self::Infeasible => "infeasible",
        }
    }

    /// What happened, as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Converged => {
                "Found an optimum: the gradient vanishes there, but for parts held by bounds or constraints."
            }
            Self::TargetReached => "Reached the wanted value.",
            Self::Settled => "Settled: further iterations improve only the last digits.",
            Self::CannotImprove => {
                "No step downhill improves the value: the formula has a kink here, or rounding hides the rest."
            }
            Self::Plateau => {
                "Stopped on a plateau: the gradient is zero because the value is constant in all directions here."
            }
            Self::IterationLimit => {
                "Stopped at the iteration limit before converging; the best point is kept."
            }
            Self::EvaluationLimit => {
                "Stopped at the evaluation limit before converging; the best point is kept."
            }
            Self::TimeLimit => "Stopped at the time limit; the best point is kept.",
            Self::Cancelled => "Stopped on request; the best point is kept.",
            Self::Diverged => {
                "Diverged: the value grows from step to step; the best point is kept."
            }
            Self::Unbounded => "The value improves without end; set bounds on the variables.",
            Self::EdgeOfDomain => {
                "Stopped where the formula ceases to have a value: towards there the objective improves, beyond it is an error."
            }
            Self::TargetMissed => "Came to rest without reaching the wanted value.",
            Self::Infeasible => "Found no point that satisfies all constraints.",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub status: Status,
    /// The best point.
    pub x: Vec<f64>,
    /// The objective there.
    pub value: f64,
    /// The objective at the values before solving.
    pub before: f64,
    /// Of the run that found the best point.
    pub iterations: u64,
    /// Of the objective, with or without gradient, in all runs together.
    pub evaluations: u64,
    pub seconds: f64,
    /// The method's name.
    pub method: &'static str,
    /// The norm of the gradient at the best point without the parts held by bounds.
    pub gradient_norm: f64,
    /// What the user might do where something went wrong.
    pub advice: Option<String>,
    /// With several starts: how many were run, and which found the best point
    /// (0 is the given one).
    pub starts: Option<(usize, usize)>,
}

impl Outcome {
    /// The result code of Excel's `SolverSolve`.
    pub const fn code(&self) -> u8 {
        self.status.code()
    }
}
