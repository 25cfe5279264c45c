//! What users get where there are constraints.

use super::dual::{Dual, Formula, Of};
use super::*;

fn constraint(n: usize, formula: Formula, relation: Relation, right: f64) -> Constraint {
    Constraint {
        name: format!("a cell {} {right}", relation.symbol()),
        left: Box::new(Of::new(n, formula)),
        relation,
        right: ConstraintRight::Number(right),
    }
}

/// The sums of a table's rows and columns: one of them follows from the others.
/// Shipping costs are `2 3 1` from the first store and `5 4 8` from the second; the
/// first fills the third order, and the second one's costs are least for the second.
#[test]
fn equations_that_follow_from_others_do_no_harm() {
    let sums: [(Formula, f64); 5] = [
        (|x| x[0] + x[1] + x[2], 20.0),
        (|x| x[3] + x[4] + x[5], 30.0),
        (|x| x[0] + x[3], 10.0),
        (|x| x[1] + x[4], 25.0),
        (|x| x[2] + x[5], 15.0),
    ];
    let mut problem = Problem::minimise(vec![0.0; 6]);
    problem.bounds.lower = vec![0.0; 6];
    for (formula, right) in sums {
        problem
            .constraints
            .push(constraint(6, formula, Relation::Equal, right));
    }
    let costs = Of::new(6, |x| {
        x[0] * 2.0 + x[1] * 3.0 + x[2] + x[3] * 5.0 + x[4] * 4.0 + x[5] * 8.0
    });
    let outcome = solved(costs, &problem, &options("auto", 0.1));
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    let plan = [5.0, 0.0, 15.0, 5.0, 25.0, 0.0];
    for (x, wanted) in outcome.x.iter().zip(plan) {
        assert!((x - wanted).abs() < 1e-7, "{outcome:?}");
    }
}

#[test]
fn constraints_that_are_given_twice_do_no_harm() {
    let mut problem = Problem::minimise(vec![0.0, 0.0]);
    problem.bounds.upper[0] = 2.0;
    for _ in 0..2 {
        let on_line = constraint(2, |x| x[0] + x[1], Relation::Equal, 10.0);
        let below = constraint(2, |x| x[0], Relation::LessOrEqual, 2.0);
        let curved = constraint(2, |x| x[1].powi(2), Relation::LessOrEqual, 100.0);
        problem.constraints.extend([on_line, below, curved]);
    }
    let bowl = Of::new(2, |x| (x[0] - 5.0).powi(2) + (x[1] - 3.0).powi(2));
    let outcome = solved(bowl, &problem, &options("auto", 0.1));
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    assert!((outcome.x[0] - 2.0).abs() < 1e-8, "{outcome:?}");
    assert!((outcome.x[1] - 8.0).abs() < 1e-8, "{outcome:?}");
}

/// At 0.1 the square's slope leads to 5.05 for its value 1, far past the bound.
#[test]
fn constraints_whose_slopes_contradict_at_the_start_are_met_all_the_same() {
    let mut problem = Problem::minimise(vec![0.1]);
    problem.bounds.upper = vec![3.0];
    problem.constraints = vec![constraint(
        1,
        |x| x[0].powi(2),
        Relation::GreaterOrEqual,
        1.0,
    )];
    let outcome = solved(Of::new(1, |x| x[0]), &problem, &options("auto", 0.1));
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    assert!((outcome.x[0] - 1.0).abs() < 1e-8, "{outcome:?}");
}

#[test]
fn a_constrained_search_comes_back_from_where_a_value_is_no_number() {
    // The first step, of length 1, leaves the logarithm's domain.
    let mut problem = Problem::minimise(vec![0.5, 3.0]);
    problem.constraints = vec![
        constraint(2, |x| x[0] + x[1], Relation::Equal, 1.0),
        constraint(2, |x| x[1].ln(), Relation::LessOrEqual, 1.0),
    ];
    let barrier = Of::new(2, |x| x[0] - x[0].ln() * 0.01);
    let outcome = solved(barrier, &problem, &options("auto", 0.1));
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    assert!((outcome.x[0] - 0.01).abs() < 1e-5, "{outcome:?}");
    assert!((outcome.x[1] - 0.99).abs() < 1e-5, "{outcome:?}");
}

#[test]
fn a_value_is_reached_within_constraints() {
    let mut problem = Problem::minimise(vec![1.0, 1.0]);
    problem.sense = Sense::Target(100.0);
    problem.constraints = vec![constraint(2, |x| x[0] - x[1], Relation::Equal, 3.0)];
    let product = Of::new(2, |x: &[Dual]| x[0] * x[1]);
    let outcome = solved(product, &problem, &options("auto", 0.1));
    assert_eq!(outcome.status, Status::TargetReached, "{outcome:?}");
    assert!((outcome.value - 100.0).abs() < 1e-7, "{outcome:?}");
    assert!(
        (outcome.x[0] - outcome.x[1] - 3.0).abs() < 1e-6,
        "{outcome:?}"
    );
}

/// A side that is a function of the variables counts with its own slope.
#[test]
fn both_sides_of_a_constraint_may_change() {
    let mut problem = Problem::minimise(vec![3.0, 0.0]);
    problem.constraints = vec![Constraint {
        name: "A1 >= B1".into(),
        left: Box::new(Of::new(2, |x| x[1])),
        relation: Relation::GreaterOrEqual,
        right: ConstraintRight::Function(Box::new(Of::new(2, |x| x[0].exp()))),
    }];
    // Nearest to the origin on the curve e^x: x + e^(2x) = 0.
    let distance = Of::new(2, |x| x[0].powi(2) + x[1].powi(2));
    let outcome = solved(distance, &problem, &options("auto", 0.1));
    assert_eq!(outcome.status, Status::Converged, "{outcome:?}");
    let x = outcome.x[0];
    assert!((x + (2.0 * x).exp()).abs() < 1e-5, "{outcome:?}");
    assert!((outcome.x[1] - x.exp()).abs() < 1e-8, "{outcome:?}");
}

/// The best point of a kinked objective on a line: where two kinks meet.
#[test]
fn a_kink_on_a_constraint_is_found() {
    let mut problem = Problem::minimise(vec![4.0, -1.0, 2.0]);
    problem.constraints = vec![constraint(3, |x| x[0] + x[1] + x[2], Relation::Equal, 6.0)];
    let kinked = Of::new(3, |x| {
        (x[0] - 1.0).abs() + (x[1] - 2.0).abs() * 2.0 + (x[2] - 1.0).powi(2)
    });
    let outcome = solved(kinked, &problem, &options("auto", 0.1));
    assert!(outcome.status.is_solved(), "{outcome:?}");
    // x0 takes what is left: its slope is 1, as is the parabola's at 1.5.
    assert!((outcome.value - 1.75).abs() < 1e-6, "{outcome:?}");
}

#[test]
fn units_of_objective_and_variables_matter_little_to_slsqp() {
    /// Hock and Schittkowski's problem 43 in other units.
    #[derive(Clone, Copy)]
    struct Scaled {
        of: Of,
        value: f64,
        length: f64,
    }
    impl Objective for Scaled {
        fn dimension(&self) -> usize {
            self.of.dimension()
        }
        fn value(&mut self, x: &[f64]) -> f64 {
            self.gradient(x, &mut vec![0.0; x.len()])
        }
        fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            let x: Vec<f64> = x.iter().map(|x| x / self.length).collect();
            let value = self.of.gradient(&x, gradient);
            let scale = self.value / self.length;
            gradient.iter_mut().for_each(|g| *g *= scale);
            self.value * value
        }
        fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
            None
        }
        fn fork(&self) -> Box<dyn Objective + Send> {
            Box::new(*self)
        }
    }
    let formulas: [(Formula, f64); 4] = [
        (
            |x| {
                x[0].powi(2) + x[1].powi(2) + x[2].powi(2) * 2.0 + x[3].powi(2)
                    - (x[0] + x[1]) * 5.0
                    - x[2] * 21.0
                    + x[3] * 7.0
            },
            -44.0,
        ),
        (
            |x| {
                x[0].powi(2) + x[1].powi(2) + x[2].powi(2) + x[3].powi(2) + x[0] - x[1] + x[2]
                    - x[3]
            },
            8.0,
        ),
        (
            |x| x[0].powi(2) + x[1].powi(2) * 2.0 + x[2].powi(2) + x[3].powi(2) * 2.0 - x[0] - x[3],
            10.0,
        ),
        (
            |x| x[0].powi(2) * 2.0 + x[1].powi(2) + x[2].powi(2) + x[0] * 2.0 - x[1] - x[3],
            5.0,
        ),
    ];
    for (value, length) in [
        (1.0, 1.0),
        (1e-9, 1.0),
        (1e9, 1.0),
        (1.0, 1e-4),
        (1e10, 1e4),
    ] {
        let scaled = |of: Formula, value: f64| Scaled {
            of: Of::new(4, of),
            value,
            length,
        };
        let mut problem = Problem::minimise(vec![0.0; 4]);
        for (formula, right) in &formulas[1..] {
            problem.constraints.push(Constraint {
                name: String::new(),
                left: Box::new(scaled(*formula, 1.0)),
                relation: Relation::LessOrEqual,
                right: ConstraintRight::Number(*right),
            });
        }
        let (formula, optimum) = formulas[0];
        let outcome = solved(scaled(formula, value), &problem, &options("auto", 0.1));
        let error = (outcome.value / value - optimum).abs();
        assert!(error < 1e-6, "{value:e}, {length:e}: {outcome:?}");
        assert_eq!(outcome.status, Status::Converged, "{value:e}, {length:e}");
        assert!(
            outcome.evaluations < 80,
            "{value:e}, {length:e}: {outcome:?}"
        );
    }
}

#[test]
fn limits_end_a_constrained_search_at_its_best_point() {
    let problem = || {
        let mut problem = Problem::minimise(vec![-1.2, 1.0]);
        problem.constraints = vec![constraint(2, |x| x[0] * x[1], Relation::LessOrEqual, 2.0)];
        problem
    };
    let mut limited = options("slsqp", 0.1);
    limited.stop.max_iterations = Some(3);
    let outcome = solved(rosenbrock(), &problem(), &limited);
    assert_eq!(
        (outcome.status, outcome.iterations),
        (Status::IterationLimit, 3)
    );
    assert!(outcome.value < outcome.before);
    let mut limited = options("slsqp", 0.1);
    limited.stop.max_evaluations = Some(5);
    let outcome = solved(rosenbrock(), &problem(), &limited);
    assert_eq!(outcome.status, Status::EvaluationLimit);
    assert!(outcome.value < outcome.before);
}

/// Near where the violation is least, linearised constraints ask for steps of any size.
#[test]
fn a_search_for_what_cannot_be_ends_soon() {
    let positive: [Formula; 3] = [
        |x| x[0].powi(2) + x[1].powi(2) * 3.0 + x[0] * x[1],
        |x| (x[0] + 0.3).powi(2) + (x[1] - 0.2).powi(2) * 0.1,
        |x| (x[0] - x[1]).powi(2) * 2.0 + (x[0] + x[1] - 1.0).powi(2) * 0.05,
    ];
    for (i, &formula) in positive.iter().enumerate() {
        for start in [[0.7, 0.4], [2.0, -3.0], [-0.5, 0.9]] {
            let mut problem = Problem::minimise(start.to_vec());
            problem.constraints = vec![constraint(2, formula, Relation::Equal, -0.5)];
            let bowl = Of::new(2, |x| (x[0] - 1.0).powi(2) + (x[1] + 2.0).powi(2));
            let outcome = solved(bowl, &problem, &options("auto", 0.1));
            assert_eq!(outcome.status, Status::Infeasible, "{i}: {outcome:?}");
            assert!(outcome.evaluations < 500, "{i}: {outcome:?}");
        }
    }
}
