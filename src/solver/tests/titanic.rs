//! The lesson's Titanic models in plain Rust, over the passengers' file.

use super::{options, solved};
use crate::solver::{LeastSquares, Objective, Options, Problem, Starts};
use std::sync::Arc;

const INPUTS: usize = 10;

/// The 712 passengers with an age and a port, as the lesson's sheets derive them.
struct Passengers {
    rows: Vec<[f64; INPUTS]>,
    survived: Vec<f64>,
}

/// `None`, with a message, where the file is absent.
fn passengers() -> Option<Arc<Passengers>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.csv");
    let Ok(mut reader) = csv::Reader::from_path(path) else {
        eprintln!("skipped: {path} is not there");
        return None;
    };
    // Survived, Pclass, Sex, Age, SibSp, Parch, Fare, Embarked
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let kept: Vec<_> = records
        .iter()
        .filter(|r| !r[3].is_empty() && !r[7].is_empty())
        .collect();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let oldest = kept.iter().map(|r| number(&r[3])).fold(0.0, f64::max);
    let flag = |is: bool| f64::from(u8::from(is));
    Some(Arc::new(Passengers {
        rows: kept
            .iter()
            .map(|r| {
                [
                    number(&r[4]),
                    number(&r[5]),
                    number(&r[3]) / oldest,
                    (number(&r[6]) + 1.0).log10(),
                    flag(&r[1] == "1"),
                    flag(&r[1] == "2"),
                    flag(&r[7] == "S"),
                    flag(&r[7] == "C"),
                    flag(&r[2] == "male"),
                    1.0,
                ]
            })
            .collect(),
        survived: kept.iter().map(|r| number(&r[0])).collect(),
    }))
}

/// The sum of `units` rectified linear units (or, without `relu`, of linear
/// ones); the mean of squared errors.
#[derive(Clone)]
struct Network {
    data: Arc<Passengers>,
    units: usize,
    relu: bool,
}

impl Network {
    /// A passenger's error, with its derivatives handed to `each`.
    fn error(&self, i: usize, x: &[f64], mut each: impl FnMut(usize, f64)) -> f64 {
        let row = &self.data.rows[i];
        let mut prediction = 0.0;
        for unit in 0..self.units {
            let weights = &x[unit * INPUTS..][..INPUTS];
            let sum: f64 = row.iter().zip(weights).map(|(a, w)| a * w).sum();
            // IF(x<0,0,x): at 0 the branch x is taken.
            if !self.relu || sum >= 0.0 {
                prediction += sum;
                for (k, a) in row.iter().enumerate() {
                    each(unit * INPUTS + k, *a);
                }
            }
        }
        prediction - self.data.survived[i]
    }
}

impl Objective for Network {
    fn dimension(&self) -> usize {
        self.units * INPUTS
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        let n = self.data.rows.len();
        (0..n)
            .map(|i| self.error(i, x, |_, _| {}).powi(2))
            .sum::<f64>()
            / n as f64
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let n = self.data.rows.len();
        let mut sum = 0.0;
        let mut slope = vec![0.0; x.len()];
        for i in 0..n {
            slope.fill(0.0);
            let error = self.error(i, x, |k, d| slope[k] = d);
            sum += error * error;
            for (g, s) in gradient.iter_mut().zip(&slope) {
                *g += 2.0 * error * s / n as f64;
            }
        }
        sum / n as f64
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(self.clone())
    }
}

impl LeastSquares for Network {
    fn residuals(&self) -> usize {
        self.data.rows.len()
    }

    fn scale(&self) -> f64 {
        1.0 / self.data.rows.len() as f64
    }

    fn evaluate(&mut self, x: &[f64], residuals: &mut [f64], jacobian: &mut [f64]) {
        let m = residuals.len();
        jacobian.fill(0.0);
        for i in 0..m {
            residuals[i] = self.error(i, x, |k, d| jacobian[k * m + i] = d);
        }
    }
}

fn linear(data: &Arc<Passengers>) -> Network {
    Network {
        data: data.clone(),
        units: 1,
        relu: false,
    }
}

fn network(data: &Arc<Passengers>) -> Network {
    Network {
        data: data.clone(),
        units: 2,
        relu: true,
    }
}

fn many(method: &str, count: usize, seed: u64) -> Options {
    Options {
        starts: Starts { count, seed },
        ..options(method, 0.1)
    }
}

#[test]
fn the_linear_model_reaches_the_least_squares_optimum() {
    let Some(data) = passengers() else { return };
    assert_eq!(data.rows.len(), 712);
    for method in ["auto", "lbfgs"] {
        let problem = Problem::minimise(vec![0.05; INPUTS]);
        let outcome = solved(linear(&data), &problem, &options(method, 0.1));
        assert!(
            (outcome.value - 0.144_227_149_307_3).abs() < 1e-12,
            "{outcome:?}"
        );
        assert!(outcome.status.is_solved(), "{outcome:?}");
    }
}

#[test]
fn many_starts_find_the_networks_lower_minimum() {
    let Some(data) = passengers() else { return };
    let problem = Problem::minimise(vec![0.05; 2 * INPUTS]);
    let outcome = solved(network(&data), &problem, &many("auto", 16, 3));
    assert!(outcome.value <= 0.128_943_0, "{outcome:?}");
    assert_eq!(outcome.starts.map(|(count, _)| count), Some(16));
}

#[test]
fn the_result_of_many_starts_does_not_depend_on_the_threads() {
    let Some(data) = passengers() else { return };
    let with_threads = |threads| {
        let problem = Problem::minimise(vec![0.05; 2 * INPUTS]);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let options = many("auto", 12, 3);
        let network = network(&data);
        let mut outcome = pool.install(move || solved(network, &problem, &options));
        outcome.seconds = 0.0;
        outcome
    };
    assert_eq!(with_threads(1), with_threads(3));
}

/// What each method makes of 200 starts; run by hand with `--ignored --nocapture`.
#[test]
#[ignore = "a comparison of methods, not a check"]
fn compare_methods_on_the_network() {
    let Some(data) = passengers() else { return };
    for method in ["lm+lbfgs", "lbfgs", "lm"] {
        for seed in 0..8 {
            let problem = Problem::minimise(vec![0.05; 2 * INPUTS]);
            let outcome = solved(network(&data), &problem, &many(method, 200, seed));
            eprintln!(
                "{method} seed {seed}: {:.9} after {} evaluations, start {:?}, {:.2} s",
                outcome.value, outcome.evaluations, outcome.starts, outcome.seconds
            );
        }
        let mut below = 0;
        for index in 1..=100 {
            let x = crate::solver::starts::point(
                &[0.0; 20],
                &crate::solver::Bounds::none(20),
                9,
                index,
            );
            let outcome = solved(network(&data), &Problem::minimise(x), &options(method, 0.1));
            below += u32::from(outcome.value < 0.143_152);
            if index < 6 {
                eprintln!(
                    "  {:.7} {} {} {}",
                    outcome.value, outcome.status, outcome.iterations, outcome.evaluations
                );
            }
        }
        eprintln!("{method}: {below} of 100 end below the lesson's local minimum");
    }
}
