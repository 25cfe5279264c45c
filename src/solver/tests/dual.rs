//! Formulas that differentiate themselves: numbers with their derivatives.

use crate::solver::{LeastSquares, Objective};
use std::iter::Sum;
use std::ops::{Add, Mul, Neg, Sub};

/// The most variables.
const MOST: usize = 10;

/// A number and its derivatives with respect to the variables.
#[derive(Clone, Copy)]
pub struct Dual {
    value: f64,
    slope: [f64; MOST],
}

impl Dual {
    fn variable(index: usize, value: f64) -> Self {
        let mut slope = [0.0; MOST];
        slope[index] = 1.0;
        Self { value, slope }
    }

    fn map(self, value: f64, derivative: f64) -> Self {
        let slope = self.slope.map(|s| s * derivative);
        Self { value, slope }
    }

    pub fn powi(self, n: i32) -> Self {
        let x = self.value;
        self.map(x.powi(n), f64::from(n) * x.powi(n - 1))
    }

    pub fn exp(self) -> Self {
        self.map(self.value.exp(), self.value.exp())
    }

    pub fn ln(self) -> Self {
        self.map(self.value.ln(), 1.0 / self.value)
    }

    /// The derivative at 0 is 0.
    pub fn abs(self) -> Self {
        let sign = match self.value == 0.0 {
            true => 0.0,
            false => self.value.signum(),
        };
        self.map(self.value.abs(), sign)
    }

    pub fn sin(self) -> Self {
        self.map(self.value.sin(), self.value.cos())
    }

    pub fn cos(self) -> Self {
        self.map(self.value.cos(), -self.value.sin())
    }
}

impl Add for Dual {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self.value += other.value;
        for (s, o) in self.slope.iter_mut().zip(other.slope) {
            *s += o;
        }
        self
    }
}

impl Neg for Dual {
    type Output = Self;
    fn neg(self) -> Self {
        self.map(-self.value, -1.0)
    }
}

impl Sub for Dual {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Dual {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = self.value * other.value;
        self.map(product, other.value) + other.map(0.0, self.value)
    }
}

impl Add<f64> for Dual {
    type Output = Self;
    fn add(self, other: f64) -> Self {
        self.map(self.value + other, 1.0)
    }
}

impl Sub<f64> for Dual {
    type Output = Self;
    fn sub(self, other: f64) -> Self {
        self + -other
    }
}

impl Mul<f64> for Dual {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self.map(self.value * other, other)
    }
}

impl Sum for Dual {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        let zero = Self {
            value: 0.0,
            slope: [0.0; MOST],
        };
        numbers.fold(zero, |sum, number| sum + number)
    }
}

pub type Formula = fn(&[Dual]) -> Dual;

/// A formula of `n` variables, as what is optimised.
#[derive(Clone, Copy)]
pub struct Of {
    n: usize,
    formula: Formula,
}

impl Of {
    pub fn new(n: usize, formula: Formula) -> Self {
        Self { n, formula }
    }
}

impl Objective for Of {
    fn dimension(&self) -> usize {
        self.n
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        self.gradient(x, &mut [0.0; MOST][..self.n])
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut variables = [Dual::variable(0, 0.0); MOST];
        for (i, (variable, &x)) in variables.iter_mut().zip(x).enumerate() {
            *variable = Dual::variable(i, x);
        }
        let result = (self.formula)(&variables[..self.n]);
        gradient.copy_from_slice(&result.slope[..self.n]);
        result.value
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(*self)
    }
}
