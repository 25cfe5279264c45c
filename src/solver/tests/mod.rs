//! The methods on closed forms: what users get from `solve`.

mod constraints;
mod dual;
mod functions;
mod hock_schittkowski;
mod titanic;

use super::*;
use functions::{Case, Quadratic, Smooth};
use std::time::Duration;

fn options(method: &str, rate: f64) -> Options {
    Options {
        method: MethodChoice::named(method, rate).unwrap(),
        ..Options::default()
    }
}

fn solved(mut objective: impl Objective, problem: &Problem, options: &Options) -> Outcome {
    solve(&mut objective, problem, options, &mut ()).unwrap()
}

/// Keeps the losses that an observer is told of.
#[derive(Default)]
struct Losses(Vec<f64>);

impl Observer for Losses {
    fn iteration(&mut self, step: &progress::Step<'_>) {
        self.0.push(step.value);
    }
}

fn rosenbrock() -> Smooth {
    Smooth::new(2, |x, g| {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        g[0] = -2.0 * a - 400.0 * x[0] * b;
        g[1] = 200.0 * b;
        a * a + 100.0 * b * b
    })
}

#[test]
fn gradient_descent_gives_the_lessons_ten_losses() {
    let mut losses = Losses::default();
    let mut options = options("gd", 0.01);
    options.stop.max_iterations = Some(10);
    let problem = Problem::minimise(vec![1.1; 3]);
    let outcome = solve(&mut Quadratic, &problem, &options, &mut losses).unwrap();
    let shown: Vec<String> = losses.0.iter().map(|loss| format!("{loss:.4}")).collect();
    assert_eq!(
        shown,
        [
            "2.4219", "2.4010", "2.3802", "2.3594", "2.3386", "2.3178", "2.2970", "2.2762",
            "2.2553", "2.2345", "2.2137"
        ]
    );
    assert_eq!(outcome.status, Status::IterationLimit);
    assert_eq!(outcome.code(), 3);
    assert_eq!(outcome.iterations, 10);
    assert_eq!(outcome.before, losses.0[0]);
    assert_eq!(outcome.value, losses.0[10]);
}

#[test]
fn the_quadratics_gradient_is_the_lessons() {
    let mut g = [0.0; 3];
    Quadratic.gradient(&[1.1; 3], &mut g);
    let shown = g.map(|g| format!("{g:.4}"));
    assert_eq!(shown, ["-1.3529", "-0.0316", "-0.5000"]);
}

#[test]
fn lbfgs_finds_the_bottom_of_a_curved_valley() {
    let problem = Problem::minimise(vec![-1.2, 1.0]);
    let outcome = solved(rosenbrock(), &problem, &options("auto", 0.1));
    assert_eq!(outcome.method, "lbfgs");
    assert_eq!(outcome.status, Status::Converged);
    assert!((outcome.x[0] - 1.0).abs() < 1e-8 && (outcome.x[1] - 1.0).abs() < 1e-8);
    assert!(outcome.evaluations < 80, "{}", outcome.evaluations);
    assert!((outcome.before - 24.2).abs() < 1e-12);
}

#[test]
fn momentum_and_adam_reach_a_bowls_bottom() {
    for (method, rate) in [("gd", 0.1), ("momentum", 0.02), ("adam", 0.05)] {
        let bowl = Smooth::new(2, |x, g| {
            g[0] = 2.0 * (x[0] - 3.0);
            g[1] = 8.0 * (x[1] + 1.0);
            (x[0] - 3.0).powi(2) + 4.0 * (x[1] + 1.0).powi(2)
        });
        let outcome = solved(
            bowl,
            &Problem::minimise(vec![0.0; 2]),
            &options(method, rate),
        );
        assert!(outcome.value < 1e-6, "{method}: {outcome:?}");
        assert_eq!(outcome.method, method);
    }
}

#[test]
fn too_high_a_learning_rate_is_noticed_and_a_stable_one_advised() {
    let bowl = || {
        Smooth::new(2, |x, g| {
            g[0] = 2.0 * x[0];
            g[1] = 100.0 * x[1];
            x[0] * x[0] + 50.0 * x[1] * x[1]
        })
    };
    let problem = Problem::minimise(vec![1.0, 1.0]);
    // Stable below 2 / 100.
    let outcome = solved(bowl(), &problem, &options("gd", 0.03));
    assert_eq!(outcome.status, Status::Diverged);
    assert_eq!(outcome.code(), 4);
    let advice = outcome.advice.unwrap();
    assert!(advice.ends_with("try --lr 0.01"), "{advice}");
    // The best point is kept, not the last.
    assert!(outcome.value <= 51.0);
    let advised = solved(bowl(), &problem, &options("gd", 0.01));
    assert!(advised.value < 1e-6, "{advised:?}");
}

#[test]
fn bounds_hold_in_every_method() {
    for method in ["gd", "momentum", "adam", "lbfgs", "slsqp"] {
        let mut problem = Problem::minimise(vec![5.0, 0.5]);
        problem.bounds.lower = vec![2.0, f64::NEG_INFINITY];
        problem.bounds.upper = vec![4.0, 0.25];
        let bowl = Smooth::new(2, |x, g| {
            g[0] = 2.0 * x[0];
            g[1] = 2.0 * (x[1] + 1.0);
            x[0] * x[0] + (x[1] + 1.0).powi(2)
        });
        let outcome = solved(bowl, &problem, &options(method, 0.05));
        assert!((outcome.x[0] - 2.0).abs() < 1e-9, "{method}: {outcome:?}");
        assert!((outcome.x[1] + 1.0).abs() < 1e-3, "{method}: {outcome:?}");
    }
}

/// Neighbours pull at each other, so that letting one variable go moves the
/// others: which bounds hold in the end is not those that stop the first steps.
#[test]
fn lbfgs_finds_which_of_many_bounds_hold() {
    const N: usize = 60;
    let chain = Smooth::new(N, |x, g| {
        g.fill(0.0);
        let mut sum = 0.0;
        for i in 0..N {
            let target = (i as f64 * 0.7).sin() * 3.0;
            sum += (x[i] - target).powi(2);
            g[i] += 2.0 * (x[i] - target);
            if i > 0 {
                let pull = x[i] - x[i - 1];
                sum += 20.0 * pull * pull + 0.1 * pull.powi(4);
                g[i] += 40.0 * pull + 0.4 * pull.powi(3);
                g[i - 1] -= 40.0 * pull + 0.4 * pull.powi(3);
            }
        }
        sum
    });
    let mut problem = Problem::minimise(vec![0.9; N]);
    problem.bounds.lower = (0..N).map(|i| -0.3 + 0.01 * i as f64).collect();
    problem.bounds.upper = (0..N).map(|i| 0.3 + 0.01 * (i % 7) as f64).collect();
    // One of the variables cannot move at all.
    problem.bounds.lower[30] = 0.1;
    problem.bounds.upper[30] = 0.1;
    problem.bounds.upper[40..].fill(0.5);
    let outcome = solved(chain.clone(), &problem, &options("lbfgs", 0.1));
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    let mut gradient = vec![0.0; N];
    chain.clone().gradient(&outcome.x, &mut gradient);
    let held = (0..N).filter(|&i| problem.bounds.holds(i, outcome.x[i], gradient[i]));
    let held = held.count();
    assert!((5..N - 5).contains(&held), "{held} of {N} are held");
    assert!(outcome.evaluations < 200, "{outcome:?}");
}

/// Rosenbrock's valley with a kink as its floor (Lewis and Overton, 2013, section 5).
#[test]
fn lbfgs_follows_a_kink_to_its_lowest_point() {
    let valley = Smooth::new(2, |x, g| {
        let (a, b) = (1.0 - x[0], x[0] * x[0] - x[1]);
        let side = 8.0 * b.signum();
        g[0] = -2.0 * a + 2.0 * x[0] * side;
        g[1] = -side;
        8.0 * b.abs() + a * a
    });
    let problem = Problem::minimise(vec![-1.2, 1.0]);
    let outcome = solved(valley, &problem, &options("lbfgs", 0.1));
    assert!(outcome.value < 1e-9, "{outcome:?}");
    assert!(outcome.evaluations < 1000, "{outcome:?}");
}

/// Far flatter along one side than along the other: steps become small long
/// before the gradient does.
#[test]
fn no_method_claims_a_vanishing_gradient_where_there_is_none() {
    for method in ["gd", "momentum", "adam", "lbfgs", "slsqp"] {
        let valley = Smooth::new(2, |x, g| {
            let (a, b) = (x[0] - 1.0, x[1] - x[0] * x[0]);
            g[0] = 4e-5 * a * a * a - 400.0 * b * x[0];
            g[1] = 200.0 * b;
            1e-5 * a.powi(4) + 100.0 * b * b
        });
        let mut options = options(method, 1e-4);
        options.stop.tolerance = 1e-12;
        let problem = Problem::minimise(vec![-1.2, 1.0]);
        let outcome = solved(valley, &problem, &options);
        if outcome.status == Status::Converged {
            assert!(outcome.gradient_norm <= 1e-12, "{method}: {outcome:?}");
        }
    }
}

#[test]
fn a_maximum_and_a_target_are_reached() {
    let hill = || {
        Smooth::new(1, |x, g| {
            g[0] = -2.0 * (x[0] - 2.0);
            5.0 - (x[0] - 2.0).powi(2)
        })
    };
    let mut problem = Problem::minimise(vec![0.0]);
    problem.sense = Sense::Maximise;
    let top = solved(hill(), &problem, &options("auto", 0.1));
    assert_eq!(top.status, Status::Converged);
    assert!((top.value - 5.0).abs() < 1e-12 && (top.x[0] - 2.0).abs() < 1e-6);

    problem.sense = Sense::Target(4.0);
    for method in ["auto", "lbfgs"] {
        let level = solved(hill(), &problem, &options(method, 0.1));
        assert_eq!(level.status, Status::TargetReached, "{level:?}");
        assert!((level.value - 4.0).abs() <= 4e-9);
        assert_eq!(level.before, 1.0);
    }
    problem.sense = Sense::Target(6.0);
    let missed = solved(hill(), &problem, &options("auto", 0.1));
    assert_eq!(missed.status, Status::TargetMissed);
    assert_eq!(missed.code(), 5);
    assert!((missed.value - 5.0).abs() < 1e-6, "{missed:?}");
}

#[test]
fn a_line_search_comes_back_from_where_the_value_is_no_number() {
    // The first step, of length 1, leaves the logarithm's domain.
    let barrier = Smooth::new(1, |x, g| {
        g[0] = 1.0 - 0.01 / x[0];
        if x[0] > 0.0 {
            x[0] - 0.01 * x[0].ln()
        } else {
            f64::NAN
        }
    });
    let outcome = solved(
        barrier,
        &Problem::minimise(vec![0.5]),
        &options("lbfgs", 0.1),
    );
    assert!((outcome.x[0] - 0.01).abs() < 1e-8, "{outcome:?}");
}

#[test]
fn random_starts_where_the_value_is_no_number_are_passed_over() {
    for method in ["auto", "gd", "adam"] {
        let logarithm = Smooth::new(1, |x, g| {
            g[0] = 2.0 * (x[0] / 0.05).ln() / x[0];
            (x[0] / 0.05).ln().powi(2)
        });
        let mut options = options(method, 1e-4);
        options.starts = Starts { count: 20, seed: 1 };
        let outcome = solved(logarithm, &Problem::minimise(vec![0.01]), &options);
        assert!((outcome.x[0] - 0.05).abs() < 1e-4, "{method}: {outcome:?}");
        assert_eq!(outcome.starts.map(|(count, _)| count), Some(20));
    }
}

#[test]
fn an_objective_without_a_floor_is_reported() {
    let slide = Smooth::new(1, |x, g| {
        g[0] = 1.0;
        x[0]
    });
    let outcome = solved(slide, &Problem::minimise(vec![0.0]), &options("auto", 0.1));
    assert_eq!(outcome.status, Status::Unbounded, "{outcome:?}");
    assert_eq!(outcome.code(), 4);
}

/// The curved valley in other units: of the value, and of the variables.
#[derive(Clone, Copy)]
struct Scaled {
    value: f64,
    length: f64,
}

impl Objective for Scaled {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&mut self, x: &[f64]) -> f64 {
        self.gradient(x, &mut [0.0; 2])
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let x = [x[0] / self.length, x[1] / self.length];
        let value = rosenbrock().gradient(&x, gradient);
        gradient
            .iter_mut()
            .for_each(|g| *g *= self.value / self.length);
        self.value * value
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }

    fn fork(&self) -> Box<dyn Objective + Send> {
        Box::new(*self)
    }
}

#[test]
fn lbfgs_takes_few_steps_in_any_units() {
    for (value, length) in [
        (1e-6, 1.0),
        (1e12, 1.0),
        (1e20, 1.0),
        (1e100, 1.0),
        (1.0, 1e-9),
        (1e16, 1e6),
    ] {
        let start = vec![-1.2 * length, length];
        let scaled = Scaled { value, length };
        let outcome = solved(scaled, &Problem::minimise(start), &options("lbfgs", 0.1));
        assert!(
            outcome.iterations < 100,
            "{value:e}, {length:e}: {outcome:?}"
        );
        for x in &outcome.x {
            assert!(
                (x / length - 1.0).abs() < 1e-3,
                "{value:e}, {length:e}: {outcome:?}"
            );
        }
    }
}

#[test]
fn beside_a_pole_there_is_no_floor_either() {
    let reciprocal = || {
        Smooth::new(1, |x, g| {
            g[0] = -1.0 / (x[0] - 2.0).powi(2);
            1.0 / (x[0] - 2.0)
        })
    };
    let outcome = solved(
        reciprocal(),
        &Problem::minimise(vec![1.0]),
        &options("auto", 0.1),
    );
    assert_eq!(outcome.status, Status::Unbounded, "{outcome:?}");
    // A kink deep down is an optimum.
    let kink = Smooth::new(1, |x, g| {
        g[0] = 1e9 * (x[0] - 1.0).signum();
        1e9 * (x[0] - 1.0).abs() - 1e9
    });
    let outcome = solved(kink, &Problem::minimise(vec![0.2]), &options("auto", 0.1));
    assert!(outcome.status.is_solved(), "{outcome:?}");
}

#[test]
fn limits_and_cancellation_keep_the_best_point() {
    let problem = Problem::minimise(vec![-1.2, 1.0]);
    let mut limited = options("lbfgs", 0.1);
    limited.stop.max_iterations = Some(5);
    let outcome = solved(rosenbrock(), &problem, &limited);
    assert_eq!(
        (outcome.status, outcome.iterations),
        (Status::IterationLimit, 5)
    );
    assert!(outcome.value < outcome.before);

    let mut limited = options("lbfgs", 0.1);
    limited.stop.max_evaluations = Some(10);
    let outcome = solved(rosenbrock(), &problem, &limited);
    assert_eq!(outcome.status, Status::EvaluationLimit);
    assert!(outcome.value < outcome.before);

    let mut limited = options("gd", 1e-6);
    limited.stop.max_time = Some(Duration::from_millis(5));
    limited.stop.max_iterations = Some(u64::MAX);
    let outcome = solved(rosenbrock(), &problem, &limited);
    assert_eq!((outcome.status, outcome.code()), (Status::TimeLimit, 10));

    let cancelled = options("lbfgs", 0.1);
    cancelled
        .stop
        .cancel
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let outcome = solved(rosenbrock(), &problem, &cancelled);
    assert_eq!((outcome.status, outcome.code()), (Status::Cancelled, 6));
    assert_eq!(outcome.value, outcome.before);
}

#[test]
fn a_plateau_is_no_optimum() {
    let dead = || {
        Smooth::new(1, |x, g| {
            g[0] = if x[0] > 0.0 { 1.0 } else { 0.0 };
            3.0 + x[0].max(0.0)
        })
    };
    let steps = || {
        Smooth::new(2, |x, g| {
            g.fill(0.0);
            x[0].round() + x[1].round()
        })
    };
    for method in ["auto", "gd", "adam", "slsqp"] {
        for (outcome, place) in [
            (
                solved(
                    dead(),
                    &Problem::minimise(vec![-1.0]),
                    &options(method, 0.1),
                ),
                "dead",
            ),
            (
                solved(
                    steps(),
                    &Problem::minimise(vec![0.3, 0.0]),
                    &options(method, 0.1),
                ),
                "steps",
            ),
        ] {
            assert_eq!(outcome.status, Status::Plateau, "{method}, {place}");
            assert!(!outcome.status.is_solved());
            assert!(outcome.advice.unwrap().contains("--starts"));
        }
    }
}

#[test]
fn a_step_onto_a_worse_plateau_is_no_optimum() {
    // A step of 10 leads from the slope at 1 onto the level behind 2.
    let cliff = Smooth::new(1, |x, g| {
        if x[0] < 2.0 {
            g[0] = -1.0;
            5.0 - x[0]
        } else {
            g[0] = 0.0;
            9.0
        }
    });
    let outcome = solved(cliff, &Problem::minimise(vec![1.0]), &options("gd", 10.0));
    assert_eq!(outcome.status, Status::Plateau);
    assert_eq!(outcome.value, 4.0);
}

#[test]
fn a_minimum_at_which_the_gradient_is_exactly_zero_is_an_optimum() {
    let bowl = || {
        Smooth::new(2, |x, g| {
            g[0] = 2.0 * x[0];
            g[1] = 4.0 * x[1].powi(3);
            1e6 + x[0] * x[0] + x[1].powi(4)
        })
    };
    for method in ["auto", "gd", "slsqp"] {
        let at = solved(
            bowl(),
            &Problem::minimise(vec![0.0, 0.0]),
            &options(method, 0.1),
        );
        assert_eq!(at.status, Status::Converged, "{method}");
    }
    // Two residuals that meet at (2, 3), reached in one step.
    let exact = solved(
        Case::new(vec![vec![1.0, 0.0], vec![0.0, 1.0]], vec![2.0, 3.0]),
        &Problem::minimise(vec![0.0, 0.0]),
        &options("lm", 0.1),
    );
    assert_eq!(exact.status, Status::Converged, "{exact:?}");
    // A hinge loss without errors: constant around, but at its least value.
    let hinge = Smooth::new(1, |x, g| {
        let short = (1.0 - x[0]).max(0.0);
        g[0] = -2.0 * short;
        short * short
    });
    let outcome = solved(hinge, &Problem::minimise(vec![-3.0]), &options("gd", 0.7));
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
}

#[test]
fn the_search_leaves_a_saddle() {
    let saddle = Smooth::new(2, |x, g| {
        g[0] = 2.0 * x[0];
        g[1] = -2.0 * x[1] + 4.0 * x[1].powi(3);
        x[0] * x[0] - x[1] * x[1] + x[1].powi(4)
    });
    let outcome = solved(
        saddle,
        &Problem::minimise(vec![0.0, 0.0]),
        &options("auto", 0.1),
    );
    assert_eq!(outcome.status, Status::Converged);
    assert!((outcome.value + 0.25).abs() < 1e-9, "{outcome:?}");
}

#[test]
fn only_objectives_that_are_not_convex_are_advised_of_more_starts() {
    let wells = Smooth::new(1, |x, g| {
        g[0] = 4.0 * x[0].powi(3) - 2.0 * x[0] + 0.1;
        x[0].powi(4) - x[0] * x[0] + 0.1 * x[0]
    });
    let outcome = solved(wells, &Problem::minimise(vec![0.5]), &options("auto", 0.1));
    assert!(outcome.advice.unwrap().contains("--starts"));
    let outcome = solved(
        Case::new(vec![vec![1.0, 0.5], vec![0.3, 1.0]], vec![2.0, 3.0]),
        &Problem::minimise(vec![0.0, 0.0]),
        &options("auto", 0.1),
    );
    assert_eq!(outcome.advice, None);
}

#[test]
fn lbfgs_goes_on_for_as_many_iterations_as_are_wanted() {
    // A valley of condition 1e10 in 200 variables, curved.
    let valley = Smooth::new(200, |x, g| {
        g.fill(0.0);
        let mut sum = 0.0;
        for i in 0..199 {
            let (a, b) = (1.0 - x[i], x[i + 1] - x[i] * x[i]);
            sum += a * a + 1e4 * b * b;
            g[i] += -2.0 * a - 4e4 * x[i] * b;
            g[i + 1] += 2e4 * b;
        }
        sum
    });
    let mut limited = options("lbfgs", 0.1);
    limited.stop.max_iterations = Some(1500);
    limited.stop.tolerance = 0.0;
    let outcome = solved(valley, &Problem::minimise(vec![-1.0; 200]), &limited);
    assert_eq!(outcome.status, Status::IterationLimit, "{outcome:?}");
    assert_eq!(outcome.iterations, 1500);
}

#[test]
fn what_cannot_be_solved_is_refused() {
    let refuse = |problem: &Problem, method: &str, rate: f64| {
        solve(&mut rosenbrock(), problem, &options(method, rate), &mut ()).unwrap_err()
    };
    let mut problem = Problem::minimise(vec![1.0, 1.0]);
    assert_eq!(
        refuse(&problem, "lm", 0.1),
        ProblemError::NotLeastSquares("lm")
    );
    assert_eq!(
        refuse(&problem, "gd", -1.0),
        ProblemError::LearningRate(-1.0)
    );
    problem.bounds.lower = vec![3.0, 0.0];
    problem.bounds.upper = vec![2.0, 9.0];
    let error = refuse(&problem, "auto", 0.1);
    assert_eq!(error.code(), 20);
    assert_eq!(
        refuse(&Problem::minimise(vec![]), "auto", 0.1),
        ProblemError::Shape {
            expected: 2,
            got: 0
        }
    );
    let mut nowhere = Smooth::new(1, |_, _| f64::NAN);
    let error = solve(
        &mut nowhere,
        &Problem::minimise(vec![1.0]),
        &Options::default(),
        &mut (),
    )
    .unwrap_err();
    assert_eq!((error.code(), error), (9, ProblemError::NotANumber));
}

/// Hock and Schittkowski's problem 71: minimum 17.0140173 at
/// (1, 4.7429994, 3.8211503, 1.3794082).
#[test]
fn constraints_are_satisfied_by_slsqp() {
    let objective = Smooth::new(4, |x, g| {
        g[0] = x[3] * (2.0 * x[0] + x[1] + x[2]);
        g[1] = x[0] * x[3];
        g[2] = x[0] * x[3] + 1.0;
        g[3] = x[0] * (x[0] + x[1] + x[2]);
        x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]
    });
    let product = Smooth::new(4, |x, g| {
        for (i, g) in g.iter_mut().enumerate() {
            *g = (0..4).filter(|&j| j != i).map(|j| x[j]).product();
        }
        x.iter().product()
    });
    let squares = Smooth::new(4, |x, g| {
        for (g, x) in g.iter_mut().zip(x) {
            *g = 2.0 * x;
        }
        x.iter().map(|x| x * x).sum()
    });
    let mut problem = Problem::minimise(vec![1.0, 5.0, 5.0, 1.0]);
    problem.bounds = Bounds {
        lower: vec![1.0; 4],
        upper: vec![5.0; 4],
    };
    problem.constraints = vec![
        Constraint {
            name: "A1 >= 25".into(),
            left: Box::new(product),
            relation: Relation::GreaterOrEqual,
            right: ConstraintRight::Number(25.0),
        },
        Constraint {
            name: "A2 = 40".into(),
            left: Box::new(squares),
            relation: Relation::Equal,
            right: ConstraintRight::Number(40.0),
        },
    ];
    let outcome = solved(objective, &problem, &options("auto", 0.1));
    assert_eq!(outcome.method, "slsqp");
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    assert!((outcome.value - 17.014_017_289).abs() < 1e-6, "{outcome:?}");

    let error = solve(
        &mut rosenbrock(),
        &Problem {
            start: vec![0.0; 2],
            bounds: Bounds::none(2),
            ..problem
        },
        &options("adam", 0.1),
        &mut (),
    )
    .unwrap_err();
    assert_eq!(
        error,
        ProblemError::Constrained {
            method: "adam",
            constraint: "A1 >= 25".into()
        }
    );
}

#[test]
fn constraints_that_no_point_satisfies_are_reported() {
    let line = || {
        Smooth::new(1, |x, g| {
            g[0] = 1.0;
            x[0]
        })
    };
    let constraint = |relation, right| Constraint {
        name: "A1".into(),
        left: Box::new(line()),
        relation,
        right: ConstraintRight::Number(right),
    };
    let mut problem = Problem::minimise(vec![0.0]);
    problem.constraints = vec![
        constraint(Relation::GreaterOrEqual, 2.0),
        constraint(Relation::LessOrEqual, 1.0),
    ];
    let outcome = solved(line(), &problem, &options("auto", 0.1));
    assert_eq!((outcome.status, outcome.code()), (Status::Infeasible, 5));
}

#[test]
fn least_squares_with_bounds_stop_at_the_bound() {
    let mut problem = Problem::minimise(vec![0.0, 0.0]);
    problem.bounds.upper[0] = 1.0;
    // Residuals x0 - 3 and x0 + x1 - 2.
    let outcome = solved(
        Case::new(vec![vec![1.0, 0.0], vec![1.0, 1.0]], vec![3.0, 2.0]),
        &problem,
        &options("auto", 0.1),
    );
    assert_eq!(outcome.method, "lm+lbfgs");
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    assert_eq!(outcome.x[0], 1.0);
    assert!((outcome.x[1] - 1.0).abs() < 1e-8, "{outcome:?}");
}
