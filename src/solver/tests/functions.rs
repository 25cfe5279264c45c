//! Objectives in closed form.

use crate::solver::{LeastSquares, Objective};

type Formula = fn(&[f64], &mut [f64]) -> f64;

/// A function that writes its gradient.
#[derive(Clone)]
pub struct Smooth {
    n: usize,
    formula: Formula,
}

impl Smooth {
    pub fn new(n: usize, formula: Formula) -> Self {
        Self { n, formula }
    }
}

impl Objective for Smooth {
    fn dimension(&self) -> usize {
        self.n
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        (self.formula)(x, &mut vec![0.0; self.n])
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        (self.formula)(x, gradient)
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(self.clone())
    }
}

/// The lesson's curve fit: `a x² + b x + c` against 20 noisy points, mean absolute error.
#[derive(Clone)]
pub struct Quadratic;

const Y: [f64; 20] = [
    11.869037, 6.543284, 5.939607, 2.630370, 1.794741, 1.901029, -0.297737, 1.431545, -0.280380,
    0.452130, 0.254750, 4.574284, 2.968071, 1.338544, 5.375441, 4.887779, 8.246676, 9.246154,
    10.261186, 13.693917,
];

impl Objective for Quadratic {
    fn dimension(&self) -> usize {
        3
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        self.gradient(x, &mut [0.0; 3])
    }

    fn gradient(&mut self, p: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut sum = 0.0;
        for (i, y) in Y.iter().enumerate() {
            let x = -2.0 + 4.0 * i as f64 / 19.0;
            let error = p[0] * x * x + p[1] * x + p[2] - y;
            sum += error.abs();
            // The derivative of the absolute value at 0 is 0.
            let sign = if error == 0.0 { 0.0 } else { error.signum() };
            for (g, part) in gradient.iter_mut().zip([x * x, x, 1.0]) {
                *g += sign * part / 20.0;
            }
        }
        sum / 20.0
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(self.clone())
    }
}

/// The sum of squares of `rows * x - right`.
#[derive(Clone)]
pub struct Case {
    rows: Vec<Vec<f64>>,
    right: Vec<f64>,
}

impl Case {
    pub fn new(rows: Vec<Vec<f64>>, right: Vec<f64>) -> Self {
        Self { rows, right }
    }
}

impl Objective for Case {
    fn dimension(&self) -> usize {
        self.rows[0].len()
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        self.gradient(x, &mut vec![0.0; x.len()])
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let mut sum = 0.0;
        for (row, right) in self.rows.iter().zip(&self.right) {
            let r = row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - right;
            sum += r * r;
            for (g, a) in gradient.iter_mut().zip(row) {
                *g += 2.0 * r * a;
            }
        }
        sum
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(self.clone())
    }
}

impl LeastSquares for Case {
    fn residuals(&self) -> usize {
        self.rows.len()
    }

    fn scale(&self) -> f64 {
        1.0
    }

    fn evaluate(&mut self, x: &[f64], residuals: &mut [f64], jacobian: &mut [f64]) {
        let m = self.rows.len();
        for (i, (row, right)) in self.rows.iter().zip(&self.right).enumerate() {
            residuals[i] = row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - right;
            for (j, a) in row.iter().enumerate() {
                jacobian[j * m + i] = *a;
            }
        }
    }
}
