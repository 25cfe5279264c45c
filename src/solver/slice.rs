//! A compiled slice of a workbook as what is optimised.

use super::{LeastSquares, Objective};
use crate::engine::gradient::Slice;

impl Objective for Slice {
    fn dimension(&self) -> usize {
        self.variables().len()
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        Slice::value(self, x)
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.value_and_gradient(x, gradient)
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        match self.sum_of_squares() {
            Some(_) => Some(self),
            None => None,
        }
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(self.clone())
    }
}

impl LeastSquares for Slice {
    fn residuals(&self) -> usize {
        self.sum_of_squares().map_or(0, |squares| squares.residuals)
    }

    fn scale(&self) -> f64 {
        self.sum_of_squares().map_or(1.0, |squares| squares.scale)
    }

    fn evaluate(&mut self, x: &[f64], residuals: &mut [f64], jacobian: &mut [f64]) {
        self.residuals_and_jacobian(x, residuals, jacobian);
    }
}
