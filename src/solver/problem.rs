//! What is to be solved.

use super::{LeastSquares, MethodChoice, Objective};

/// What is wanted of the objective.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Sense {
    #[default]
    Minimise,
    Maximise,
    /// A value to reach.
    Target(f64),
}

impl Sense {
    /// What is minimised for a value of the objective: `f`, `-f` or `(f - target)²`;
    /// infinite where the value is not a number.
    pub fn score(self, value: f64) -> f64 {
        let score = match self {
            Self::Minimise => value,
            Self::Maximise => -value,
            Self::Target(target) => (value - target) * (value - target),
        };
        if score.is_finite() {
            score
        } else {
            f64::INFINITY
        }
    }

    /// The derivative of [`Sense::score`] with respect to the value.
    pub fn slope(self, value: f64) -> f64 {
        match self {
            Self::Minimise => 1.0,
            Self::Maximise => -1.0,
            Self::Target(target) => 2.0 * (value - target),
        }
    }
}

/// The interval of each variable; infinite where there is no bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
}

impl Bounds {
    /// No bounds on `n` variables.
    pub fn none(n: usize) -> Self {
        Self {
            lower: vec![f64::NEG_INFINITY; n],
            upper: vec![f64::INFINITY; n],
        }
    }

    /// Whether no variable has a bound.
    pub fn is_free(&self) -> bool {
        self.lower.iter().all(|&l| l == f64::NEG_INFINITY)
            && self.upper.iter().all(|&u| u == f64::INFINITY)
    }

    /// Moves a point to the nearest one within the bounds.
    pub fn clamp(&self, x: &mut [f64]) {
        for ((x, &lower), &upper) in x.iter_mut().zip(&self.lower).zip(&self.upper) {
            *x = x.max(lower).min(upper);
        }
    }

    /// The nearest point within the bounds.
    pub fn clamped(&self, x: &[f64]) -> Vec<f64> {
        let mut x = x.to_vec();
        self.clamp(&mut x);
        x
    }

    /// Whether variable `i` is held at a bound: it lies there, and downhill leads out.
    pub fn holds(&self, i: usize, x: f64, slope: f64) -> bool {
        (x <= self.lower[i] && slope >= 0.0) || (x >= self.upper[i] && slope <= 0.0)
    }

    /// The Euclidean norm of the gradient without the parts that bounds hold.
    pub fn projected_norm(&self, x: &[f64], gradient: &[f64]) -> f64 {
        gradient
            .iter()
            .enumerate()
            .filter(|&(i, &g)| !self.holds(i, x[i], g))
            .map(|(_, &g)| g * g)
            .sum::<f64>()
            .sqrt()
    }
}

/// How the two sides of a constraint relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    LessOrEqual,
    Equal,
    GreaterOrEqual,
}

impl Relation {
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// The right side of a constraint.
pub enum ConstraintRight {
    Number(f64),
    Function(Box<dyn Objective + Send>),
}

/// A condition on a function of the variables. (A bound on a variable by a
/// constant is no constraint: it belongs in [`Bounds`].)
pub struct Constraint {
    /// For messages: `Sheet1!A1 <= 5`.
    pub name: String,
    pub left: Box<dyn Objective + Send>,
    pub relation: Relation,
    pub right: ConstraintRight,
}

impl Constraint {
    /// An independent copy for another thread.
    pub fn fork(&self) -> Self {
        Self {
            name: self.name.clone(),
            left: self.left.fork(),
            relation: self.relation,
            right: match &self.right {
                ConstraintRight::Number(x) => ConstraintRight::Number(*x),
                ConstraintRight::Function(f) => ConstraintRight::Function(f.fork()),
            },
        }
    }

    /// `left - right` at `x`, turned so that it must be zero (for `=`) or not
    /// above, with its gradient into `gradient`; and the size that the
    /// precision is relative to. `spare` is written over.
    pub(super) fn excess(
        &mut self,
        x: &[f64],
        gradient: &mut [f64],
        spare: &mut [f64],
    ) -> (f64, f64) {
        let left = self.left.gradient(x, gradient);
        let right = match &mut self.right {
            ConstraintRight::Number(right) => *right,
            ConstraintRight::Function(f) => {
                let right = f.gradient(x, spare);
                for (g, r) in gradient.iter_mut().zip(&*spare) {
                    *g -= r;
                }
                right
            }
        };
        let size = right.abs().max(1.0);
        if self.relation == Relation::GreaterOrEqual {
            gradient.iter_mut().for_each(|g| *g = -*g);
            (right - left, size)
        } else {
            (left - right, size)
        }
    }
}

/// One of the variables, as a function of all: a side of a constraint.
#[derive(Clone, Copy, Debug)]
pub struct Coordinate {
    pub index: usize,
    pub variables: usize,
}

impl Objective for Coordinate {
    fn dimension(&self) -> usize {
        self.variables
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        x[self.index]
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        gradient[self.index] = 1.0;
        x[self.index]
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(*self)
    }
}

/// What is to be solved.
pub struct Problem {
    pub sense: Sense,
    /// The values of the variables now.
    pub start: Vec<f64>,
    pub bounds: Bounds,
    pub constraints: Vec<Constraint>,
    /// How far a constraint may be missed, relative to the size of its sides
    /// (Excel's constraint precision, `solver_pre`).
    pub precision: f64,
}

impl Problem {
    /// Minimises without bounds or constraints from `start`.
    pub fn minimise(start: Vec<f64>) -> Self {
        Self {
            sense: Sense::Minimise,
            bounds: Bounds::none(start.len()),
            start,
            constraints: Vec::new(),
            precision: 1e-6,
        }
    }

    /// An independent copy for another thread.
    pub(super) fn fork(&self) -> Self {
        Self {
            sense: self.sense,
            start: self.start.clone(),
            bounds: self.bounds.clone(),
            constraints: self.constraints.iter().map(Constraint::fork).collect(),
            precision: self.precision,
        }
    }

    /// Whether `n` variables can be solved for.
    pub(super) fn check(&self, n: usize) -> Result<(), ProblemError> {
        if n == 0 {
            return Err(ProblemError::NoVariables);
        }
        let lengths = [
            self.start.len(),
            self.bounds.lower.len(),
            self.bounds.upper.len(),
        ];
        if let Some(&got) = lengths.iter().find(|&&length| length != n) {
            return Err(ProblemError::Shape { expected: n, got });
        }
        for (i, (&lower, &upper)) in self.bounds.lower.iter().zip(&self.bounds.upper).enumerate() {
            let contradict = lower > upper || lower.is_nan() || upper.is_nan();
            if contradict {
                return Err(ProblemError::Bounds {
                    variable: i,
                    lower,
                    upper,
                });
            }
        }
        if self.start.iter().any(|x| !x.is_finite()) {
            return Err(ProblemError::NotANumber);
        }
        Ok(())
    }
}

/// Why a problem cannot be solved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProblemError {
    #[error("there are no variables to change")]
    NoVariables,
    #[error("expected {expected} values, one for each variable, got {got}")]
    Shape { expected: usize, got: usize },
    #[error("the bounds of variable {} contradict: {lower} to {upper}", variable + 1)]
    Bounds {
        variable: usize,
        lower: f64,
        upper: f64,
    },
    #[error(
        "the objective is not a number at the starting values: correct the variables or the formula first"
    )]
    NotANumber,
    #[error(
        "the method {method} cannot honour the constraint {constraint}: use --method auto or slsqp"
    )]
    Constrained {
        method: &'static str,
        constraint: String,
    },
    #[error(
        "{0} needs an objective that is a sum or mean of squares to minimise, or a target to reach: use --method auto or lbfgs"
    )]
    NotLeastSquares(&'static str),
    #[error("the learning rate must be a positive number, not {0}")]
    LearningRate(f64),
}

impl ProblemError {
    /// The result code that Excel's `SolverSolve` would return.
    pub const fn code(&self) -> u8 {
        match self {
            Self::NotANumber => 9,
            Self::Bounds { .. } => 20,
            _ => 13,
        }
    }
}

impl MethodChoice {
    /// Whether the method can honour constraints.
    pub(super) const fn takes_constraints(self) -> bool {
        matches!(self, Self::Auto | Self::Slsqp)
    }
}
