//! Optimisation: an objective, variables with bounds, methods, stopping, reports.

/// A function to minimise, with its gradient. The engine implements it over
/// a compiled slice of a workbook; tests over closed forms.
pub trait Objective {
    /// The number of variables.
    fn dimension(&self) -> usize;
    /// The value at `x`; not finite where the loss is an error there.
    fn value(&mut self, x: &[f64]) -> f64;
    /// The value at `x`, and its gradient into `gradient`.
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64;
    /// Where the value is `scale` times a sum of squares: its residuals.
    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares>;
    /// An independent copy for another thread.
    fn fork(&self) -> Box<dyn Objective + Send>;
}

/// A value that is `scale()` times the sum of squared residuals.
pub trait LeastSquares {
    fn residuals(&self) -> usize;
    fn scale(&self) -> f64;
    /// Residuals at `x` and, column by column (one column a variable), their Jacobian.
    fn evaluate(&mut self, x: &[f64], residuals: &mut [f64], jacobian: &mut [f64]);
}
