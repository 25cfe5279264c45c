use super::*;
use crate::program::{Binary, Scan, ShapeError, Unary};

/// balance[t] = balance[t-1] * (1 + rate) + deposit[t]
fn account(b: &mut Builder, steps: usize, reverse: bool) -> (Node, Vec<Node>) {
    let start = b.parameter(Shape::SCALAR);
    let deposits = b.parameter(Shape::new(steps, 1, 1));
    let rate = b.parameter(Shape::SCALAR);
    let scan = Scan {
        steps,
        reverse,
        init: vec![start],
        sequences: vec![deposits],
        uniforms: vec![rate],
    };
    let states = b
        .scan::<ShapeError>(scan, |b, state, element, uniform| {
            let one = b.scalar(1.0);
            let growth = b.binary(Binary::Add, one, uniform[0])?;
            let grown = b.binary(Binary::Mul, state[0], growth)?;
            Ok(vec![b.binary(Binary::Add, grown, element[0])?])
        })
        .unwrap();
    (states[0], vec![start, deposits, rate])
}

#[test]
fn a_recurrence_runs_forward_and_backward_in_time() {
    for reverse in [false, true] {
        let mut b = Builder::new();
        let (balance, _) = account(&mut b, 3, reverse);
        let got = run(&b, &[balance], &[100.0, 1.0, 2.0, 3.0, 0.5]).concat();
        if reverse {
            assert_eq!(
                got,
                [
                    153.0 * 1.5 * 1.5 + 2.0 * 1.5 + 1.0,
                    153.0 * 1.5 + 2.0,
                    153.0
                ]
            );
        } else {
            assert_eq!(
                got,
                [151.0, 151.0 * 1.5 + 2.0, (151.0 * 1.5 + 2.0) * 1.5 + 3.0]
            );
        }
    }
}

#[test]
fn a_recurrence_has_a_gradient_by_all_that_enters_it() {
    for reverse in [false, true] {
        for steps in [1, 2, 9] {
            let mut b = Builder::new();
            let (balance, wrt) = account(&mut b, steps, reverse);
            let curved = b.unary(Unary::Sin, balance);
            check_gradient(&mut b, curved, &wrt, &noise(3, steps + 2), 1e-7);
        }
    }
}

#[test]
fn several_states_matrices_and_uniforms_with_lanes() {
    let mut b = Builder::new();
    let steps = 4;
    let hidden = b.parameter(Shape::new(1, 3, 1));
    let total = b.parameter(Shape::new(1, 2, 2));
    let inputs = b.parameter(Shape::new(steps, 2, 1));
    let mix = b.parameter(Shape::new(1, 3, 3));
    let feed = b.parameter(Shape::new(1, 3, 2));
    let lanes = b.parameter(Shape::new(2, 1, 2));
    let scan = Scan {
        steps,
        reverse: false,
        init: vec![hidden, total],
        sequences: vec![inputs],
        uniforms: vec![mix, feed, lanes],
    };
    let states = b
        .scan::<ShapeError>(scan, |b, state, element, uniform| {
            let mixed = b.matmul(uniform[0], state[0])?;
            let fed = b.matmul(uniform[1], element[0])?;
            let next = b.binary(Binary::Add, mixed, fed)?;
            let next = b.unary(Unary::Tanh, next);
            let extra = b.reshape(uniform[2], Shape::new(1, 2, 2))?;
            let row = b.transpose(element[0]);
            let outer = b.matmul(element[0], row)?;
            let grown = b.binary(Binary::Mul, outer, extra)?;
            let total = b.binary(Binary::Add, state[1], grown)?;
            Ok(vec![next, total])
        })
        .unwrap();
    assert_eq!(b.shape(states[0]), Shape::new(steps, 3, 1));
    let first = sum(&mut b, states[0]);
    let second = b.unary(Unary::Sin, states[1]);
    let y = b.binary(Binary::Mul, second, first).unwrap();
    let wrt = [hidden, total, inputs, mix, feed, lanes];
    let len: usize = wrt.iter().map(|&x| b.shape(x).len()).sum();
    check_gradient(&mut b, y, &wrt, &noise(13, len), 1e-6);
}

/// Two numbers of which each becomes what the body says.
fn two_states(
    b: &mut Builder,
    steps: usize,
    reverse: bool,
    body: impl FnOnce(&mut Builder, &[Node], Node) -> Result<Vec<Node>, ShapeError>,
) -> (Vec<Node>, Vec<Node>) {
    let init = vec![b.parameter(Shape::SCALAR), b.parameter(Shape::SCALAR)];
    let inputs = b.parameter(Shape::new(steps, 1, 1));
    let scan = Scan {
        steps,
        reverse,
        init: init.clone(),
        sequences: vec![inputs],
        uniforms: vec![],
    };
    let states = b.scan(scan, |b, state, element, _| body(b, state, element[0]));
    (states.unwrap(), vec![init[0], init[1], inputs])
}

#[test]
fn numbers_that_exchange_their_places_feed_each_other() {
    for reverse in [false, true] {
        let mut b = Builder::new();
        let (states, wrt) = two_states(&mut b, 5, reverse, |b, s, x| {
            let sum = b.binary(Binary::Add, s[0], s[1])?;
            let curved = b.unary(Unary::Sin, sum);
            Ok(vec![s[1], b.binary(Binary::Mul, curved, x)?])
        });
        let both = b.binary(Binary::Mul, states[0], states[1]).unwrap();
        check_gradient(&mut b, both, &wrt, &noise(3, 7), 1e-7);
    }
    let mut b = Builder::new();
    let (states, _) = two_states(&mut b, 4, false, |b, s, _| {
        Ok(vec![s[1], b.binary(Binary::Add, s[0], s[1])?])
    });
    let fibonacci = run(&b, &states, &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(fibonacci, [[1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 5.0]]);
}

#[test]
fn a_step_without_effect_absorbs_a_slope_without_bound() {
    // The first number has an infinite slope at every step, but only the
    // second one counts.
    let mut b = Builder::new();
    let (states, wrt) = two_states(&mut b, 3, false, |b, s, x| {
        let root = b.unary(Unary::Sqrt, s[0]);
        Ok(vec![root, b.binary(Binary::Add, s[1], x)?])
    });
    let last = b.gather(states[1], [2].into(), Shape::SCALAR).unwrap();
    let gradient = b.gradient(last, &wrt).unwrap();
    let got = run(&b, &gradient, &[0.0, 1.0, 1.0, 2.0, 3.0]).concat();
    assert_eq!(got, [0.0, 1.0, 1.0, 1.0, 1.0]);
}

#[test]
fn recurrences_differentiate_twice() {
    let mut b = Builder::new();
    let (balance, wrt) = account(&mut b, 3, false);
    let square = b.binary(Binary::Mul, balance, balance).unwrap();
    let loss = sum(&mut b, square);
    let gradient = b.gradient(loss, &wrt).unwrap();
    check_gradient(&mut b, gradient[2], &wrt, &noise(3, 5), 1e-6);
    check_gradient(&mut b, gradient[1], &wrt, &noise(3, 5), 1e-6);
}

#[test]
fn a_body_that_changes_its_state_is_refused() {
    let mut b = Builder::new();
    let start = b.parameter(Shape::SCALAR);
    let scan = Scan {
        steps: 3,
        reverse: false,
        init: vec![start],
        sequences: vec![],
        uniforms: vec![],
    };
    let wide = b
        .scan::<ShapeError>(scan.clone(), |b, state, _, _| {
            Ok(vec![b.broadcast(state[0], Shape::new(1, 2, 1))?])
        })
        .unwrap_err();
    assert!(wide.to_string().contains("returns states"), "{wide}");
    let none = Scan { steps: 0, ..scan };
    assert!(
        b.scan::<ShapeError>(none, |_, s, _, _| Ok(s.to_vec()))
            .is_err()
    );
}

#[test]
fn constants_outside_are_constants_inside() {
    let mut b = Builder::new();
    let start = b.parameter(Shape::SCALAR);
    let factor = b.scalar(2.0);
    let scan = Scan {
        steps: 3,
        reverse: false,
        init: vec![start],
        sequences: vec![],
        uniforms: vec![factor],
    };
    let states = b
        .scan::<ShapeError>(scan, |b, state, _, uniform| {
            assert!(b.constant_value(uniform[0]).is_some());
            Ok(vec![b.binary(Binary::Mul, state[0], uniform[0])?])
        })
        .unwrap();
    assert_eq!(run(&b, &states, &[1.0]).concat(), [2.0, 4.0, 8.0]);
}

/// So many steps that they are machine code: two states that take each other's
/// place, a third one beside them, selections, divisions and extremes.
#[test]
fn long_recurrences_compute_what_their_steps_say() {
    for (steps, reverse) in [(31, false), (32, false), (100, false), (100, true)] {
        let mut b = Builder::new();
        let init: Vec<Node> = (0..3).map(|_| b.parameter(Shape::SCALAR)).collect();
        let x = b.parameter(Shape::new(steps, 1, 2));
        let rate = b.parameter(Shape::SCALAR);
        let scan = Scan {
            steps,
            reverse,
            init,
            sequences: vec![x],
            uniforms: vec![rate],
        };
        let states = b
            .scan::<ShapeError>(scan, |b, s, x, u| {
                let [left, right] = [0, 1].map(|at| b.view(x[0], at, Shape::SCALAR));
                let two = b.scalar(2.0);
                let less = b.binary(Binary::Less, s[1], left)?;
                let high = b.binary(Binary::Max, s[2], right)?;
                let low = b.binary(Binary::Div, s[0], two)?;
                let picked = b.select(less, high, low)?;
                let scaled = b.binary(Binary::Mul, picked, u[0])?;
                Ok(vec![s[1], s[0], b.binary(Binary::Sub, scaled, s[0])?])
            })
            .unwrap();
        let at = noise(7, 3 + 2 * steps + 1);
        let got = run(&b, &states, &at);
        let (x, rate) = (&at[3..3 + 2 * steps], at[3 + 2 * steps]);
        let mut s = [at[0], at[1], at[2]];
        for i in 0..steps {
            let step = if reverse { steps - 1 - i } else { i };
            let (left, right) = (x[step], x[steps + step]);
            let picked = if s[1] < left {
                s[2].max(right)
            } else {
                s[0] / 2.0
            };
            s = [s[1], s[0], picked * rate - s[0]];
            for (state, got) in s.iter().zip(&got) {
                assert_eq!(
                    got[step].to_bits(),
                    state.to_bits(),
                    "step {step} of {steps}"
                );
            }
        }
    }
}
