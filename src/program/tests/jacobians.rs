use super::networks::{by_product, by_rows};
use super::*;
use crate::program::{Binary, Scan, ShapeError, Unary, Window};

/// The Jacobian against central differences of the residuals.
fn check(b: &mut Builder, residuals: Node, wrt: &[Node], at: &[f64], tolerance: f64) {
    let jacobian = b.residual_jacobian(residuals, wrt).unwrap();
    let rows = b.shape(residuals).len();
    assert_eq!(b.shape(jacobian), Shape::new(rows, 1, at.len()));
    let exact = run(b, &[jacobian], at).concat();
    let program = Program::new(b, &[residuals]);
    let mut workspace = program.workspace();
    let mut differences = Vec::new();
    for i in 0..at.len() {
        let mut value = |x: f64| {
            let mut moved = at.to_vec();
            moved[i] = x;
            program.run(&mut workspace, &moved);
            workspace.output(0).to_vec()
        };
        let (above, below) = (value(at[i] + 1e-5), value(at[i] - 1e-5));
        differences.extend(above.iter().zip(&below).map(|(a, b)| (a - b) / 2e-5));
    }
    assert_close(&exact, &differences, tolerance);
}

#[test]
fn the_lessons_network_is_a_sum_of_squares_with_a_jacobian() {
    let rows = 30;
    let data = noise_tensor(1, Shape::new(1, rows, 10));
    let target = noise_tensor(2, Shape::new(1, rows, 1));
    let w = noise(3, 20);
    for form in [by_rows, by_product] {
        let mut b = Builder::new();
        let (loss, weights) = form(&mut b, &data, &target);
        let (residuals, scale) = b.sum_of_squares(loss).expect("a mean of squares");
        assert_eq!(scale, 1.0 / rows as f64);
        let got = run(&b, &[residuals, loss], &w);
        let sum: f64 = got[0].iter().map(|r| r * r).sum();
        assert!(close(sum * scale, got[1][0], 1e-14));
        let before = b.graph.len();
        check(&mut b, residuals, &weights, &w, 1e-7);
        assert!(
            b.graph.len() - before < 400,
            "rows at once, not column by column: {} nodes",
            b.graph.len() - before
        );
    }
}

#[test]
fn residuals_of_several_runs_with_weights_and_masks() {
    let mut b = Builder::new();
    let x = b.constant(noise_tensor(1, Shape::new(6, 1, 1)));
    let p = b.parameter(Shape::new(1, 1, 2));
    let first = b.reshape(p, Shape::new(1, 2, 1)).unwrap();
    let first = b
        .gather(first, std::sync::Arc::from([0]), Shape::SCALAR)
        .unwrap();
    let line = b.binary(Binary::Mul, x, first).unwrap();
    let bent = b.unary(Unary::Sin, line);
    let squares = b.binary(Binary::Mul, bent, bent).unwrap();
    let weights = b.constant(Tensor::new(
        Shape::new(6, 1, 1),
        [0.0, 1.0, 4.0, 2.0, 0.5, 1.0],
    ));
    let weighted = b.binary(Binary::Mul, squares, weights).unwrap();
    let one = sum(&mut b, weighted);
    let mask = b.constant(Tensor::new(
        Shape::new(6, 1, 1),
        [0.0, 1.0, 1.0, 0.0, 1.0, 1.0],
    ));
    let zero = b.scalar(0.0);
    let shifted = b.binary(Binary::Add, x, p).unwrap();
    let shifted_squares = b.binary(Binary::Mul, shifted, shifted).unwrap();
    let masked = b.select(mask, shifted_squares, zero).unwrap();
    let two = sum(&mut b, masked);
    let three = b.scalar(3.0);
    let two = b.binary(Binary::Mul, three, two).unwrap();
    let loss = b.binary(Binary::Add, one, two).unwrap();
    let (residuals, scale) = b.sum_of_squares(loss).unwrap();
    let at = [0.7, -0.3];
    let got = run(&b, &[residuals, loss], &at);
    let total: f64 = got[0].iter().map(|r| r * r).sum();
    assert!(close(total * scale, got[1][0], 1e-14));
    check(&mut b, residuals, &[p], &at, 1e-8);
}

#[test]
fn residuals_that_depend_on_one_another() {
    // A running total: every residual depends on those above.
    let mut b = Builder::new();
    let steps = 5;
    let rate = b.parameter(Shape::SCALAR);
    let flows = b.parameter(Shape::new(1, steps, 1));
    let elements = b.reshape(flows, Shape::new(steps, 1, 1)).unwrap();
    let start = b.scalar(1.0);
    let scan = Scan {
        steps,
        reverse: false,
        init: vec![start],
        sequences: vec![elements],
        uniforms: vec![rate],
    };
    let balance = b
        .scan::<ShapeError>(scan, |b, state, element, uniform| {
            let grown = b.binary(Binary::Mul, state[0], uniform[0])?;
            Ok(vec![b.binary(Binary::Add, grown, element[0])?])
        })
        .unwrap()[0];
    let mean = sum(&mut b, balance);
    let residuals = b.binary(Binary::Sub, balance, mean).unwrap();
    check(
        &mut b,
        residuals,
        &[rate, flows],
        &noise(4, steps + 1),
        1e-7,
    );
    // A residual a parameter, and one that mixes all.
    let mut b = Builder::new();
    let p = b.parameter(Shape::new(1, 4, 1));
    let each = b.unary(Unary::Exp, p);
    let each = b.reshape(each, Shape::new(4, 1, 1)).unwrap();
    check(&mut b, each, &[p], &noise(5, 4), 1e-8);
    let norm = sum(&mut b, each);
    let divided = b.binary(Binary::Div, each, norm).unwrap();
    check(&mut b, divided, &[p], &noise(5, 4), 1e-8);
}

#[test]
fn parameters_taken_apart_and_put_together() {
    let mut b = Builder::new();
    let slope = b.parameter(Shape::SCALAR);
    let others = b.parameter(Shape::new(1, 3, 2));
    let sheet = b
        .assemble(4, 3, &[(slope, (0, 0)), (others, (1, 1))])
        .unwrap();
    let row = b
        .window(
            sheet,
            Window {
                lane_rows: 1,
                lane_cols: 1,
                top: 2,
                left: 0,
                rows: 1,
                cols: 3,
                row_step: 0,
                col_step: 0,
            },
        )
        .unwrap();
    let x = b.constant(noise_tensor(1, Shape::new(8, 1, 3)));
    let products = b.binary(Binary::Mul, x, row).unwrap();
    let unit = b.reduce(Reduction::Sum, Axes::CELLS, products);
    let scaled = b.binary(Binary::Mul, unit, slope).unwrap();
    check(&mut b, scaled, &[slope, others], &noise(6, 7), 1e-8);
}

#[test]
fn what_is_no_sum_of_squares_is_not_taken_for_one() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(3, 1, 1));
    let y = b.unary(Unary::Abs, x);
    let total = sum(&mut b, y);
    assert!(b.sum_of_squares(total).is_none());
    let squares = b.binary(Binary::Mul, x, x).unwrap();
    let total = sum(&mut b, squares);
    let negative = b.unary(Unary::Neg, total);
    assert!(b.sum_of_squares(negative).is_none());
    let one = b.scalar(1.0);
    let shifted = b.binary(Binary::Add, total, one).unwrap();
    assert!(b.sum_of_squares(shifted).is_none());
    assert!(b.sum_of_squares(x).is_none());
}
