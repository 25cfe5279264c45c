//! Whole programs: the lesson's network, others, and random ones.

use super::emulated::Emulated;
use super::{agree, agree_to, noise};
use crate::device::run::load;
use crate::device::{DeviceError, Precision, Runner};
use crate::program::Program;
use crate::program::tests::networks::{by_product, by_rows};
use crate::program::tests::random::random_program;
use crate::program::{Axes, Binary, Builder, Reduction, Shape, Tensor, Unary};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The loss of the lesson's network and its gradient, over so many rows.
fn network(rows: usize, product: bool) -> (Builder, Vec<crate::program::Node>) {
    let data = Tensor::new(Shape::new(1, rows, 10), noise(1, rows * 10));
    let target = Tensor::new(Shape::new(1, rows, 1), noise(2, rows));
    let mut b = Builder::new();
    let form = if product { by_product } else { by_rows };
    let (loss, weights) = form(&mut b, &data, &target);
    let mut outputs = vec![loss];
    outputs.extend(b.gradient(loss, &weights).unwrap());
    (b, outputs)
}

#[test]
fn the_lessons_network_from_one_row_to_more_than_a_grid_has_threads() {
    for (rows, product) in [
        (1, true),
        (1, false),
        (7, true),
        (712, false),
        (270_001, true),
    ] {
        let (b, outputs) = network(rows, product);
        agree(&b, &outputs, &noise(3, 20));
    }
}

#[test]
fn less_precision_costs_digits_and_no_more() {
    let (b, outputs) = network(712, true);
    for precision in [Precision::F32, Precision::Tf32] {
        agree_to(&b, &outputs, &noise(3, 20), precision, 1e-5);
    }
}

#[test]
fn a_wide_network_keeps_its_weights_in_shared_memory_and_multiplies_by_cublas() {
    let rows = 700;
    let mut b = Builder::new();
    let x = b.constant(Tensor::new(Shape::new(1, rows, 40), noise(1, rows * 40)));
    let first = b.parameter(Shape::new(1, 40, 10));
    let second = b.parameter(Shape::new(1, 10, 3));
    let hidden = b.matmul(x, first).unwrap();
    let hidden = b.unary(Unary::Tanh, hidden);
    let logits = b.matmul(hidden, second).unwrap();
    let highest = b.reduce(Reduction::Max, Axes::COLS, logits);
    let shifted = b.binary(Binary::Sub, logits, highest).unwrap();
    let powers = b.unary(Unary::Exp, shifted);
    let total = b.reduce(Reduction::Sum, Axes::COLS, powers);
    let chances = b.binary(Binary::Div, powers, total).unwrap();
    let logs = b.unary(Unary::Ln, chances);
    let loss = b.reduce(Reduction::Sum, Axes::ALL, logs);
    let mut outputs = vec![loss];
    outputs.extend(b.gradient(loss, &[first, second]).unwrap());
    agree(&b, &outputs, &noise(9, 430));
}

#[test]
fn residuals_and_their_jacobian() {
    for (rows, product) in [(1, true), (7, false), (712, true)] {
        let data = Tensor::new(Shape::new(1, rows, 10), noise(1, rows * 10));
        let target = Tensor::new(Shape::new(1, rows, 1), noise(2, rows));
        let mut b = Builder::new();
        let form = if product { by_product } else { by_rows };
        let (loss, weights) = form(&mut b, &data, &target);
        let (residuals, _) = b.sum_of_squares(loss).unwrap();
        let jacobian = b.residual_jacobian(residuals, &weights).unwrap();
        agree(&b, &[residuals, jacobian], &noise(3, 20));
    }
}

#[test]
fn only_parameters_and_outputs_travel_in_a_step() {
    let Some(machine) = Emulated::find() else {
        return;
    };
    let machine = Arc::new(machine);
    let rows = 500;
    let (b, outputs) = network(rows, true);
    let program = Program::for_gpu(&b, &outputs);
    for precision in [Precision::F64, Precision::F32] {
        let before = machine.sent.load(Ordering::Relaxed);
        let mut runner = load(&machine, precision, &program).unwrap();
        let loaded = machine.sent.load(Ordering::Relaxed);
        assert!(loaded - before >= rows * 11, "the data are sent once");
        let fetched = machine.fetched.load(Ordering::Relaxed);
        for _ in 0..3 {
            runner.run(&noise(3, 20)).unwrap();
        }
        let sent = machine.sent.load(Ordering::Relaxed) - loaded;
        let fetched = machine.fetched.load(Ordering::Relaxed) - fetched;
        assert_eq!((sent, fetched), (3 * 20, 3 * 21));
    }
}

#[test]
fn a_program_with_more_elements_than_kernels_count_is_refused() {
    let Some(machine) = Emulated::find() else {
        return;
    };
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1 << 17, 1 << 15, 1));
    let y = b.reduce(Reduction::Sum, Axes::ALL, x);
    let program = Program::for_gpu(&b, &[y]);
    let refused = load(&Arc::new(machine), Precision::F64, &program).err();
    assert_eq!(refused, Some(DeviceError::TooLarge { elements: 1 << 32 }));
}

#[test]
fn random_programs() {
    for seed in 0..8 {
        let (b, outputs, at) = random_program(seed);
        agree_to(&b, &outputs, &at, Precision::F64, 1e-9);
    }
}
