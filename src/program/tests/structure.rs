use super::*;
use crate::program::graph::Op;
use crate::program::{Binary, Unary, Window};
use std::sync::Arc;

#[test]
fn windows_see_what_they_say() {
    let (height, width) = (5, 4);
    let source_shape = Shape::new(1, height, width);
    for (lane_rows, lane_cols) in [
        (1, 1),
        (5, 1),
        (3, 1),
        (1, 4),
        (1, 2),
        (3, 2),
        (5, 4),
        (2, 4),
    ] {
        for (rows, cols) in [(1, 1), (1, 2), (2, 1), (2, 3), (5, 1), (1, 4), (5, 4)] {
            for (row_step, col_step) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                for (top, left) in [(0, 0), (1, 0), (0, 1), (2, 2)] {
                    let window = Window {
                        lane_rows,
                        lane_cols,
                        top,
                        left,
                        rows,
                        cols,
                        row_step,
                        col_step,
                    };
                    let fits = top + (lane_rows - 1) * row_step + rows <= height
                        && left + (lane_cols - 1) * col_step + cols <= width;
                    let mut b = Builder::new();
                    let source = b.parameter(source_shape);
                    let squared = b.binary(Binary::Mul, source, source).unwrap();
                    let Ok(seen) = b.window(squared, window) else {
                        assert!(!fits, "{window:?}");
                        continue;
                    };
                    assert!(fits);
                    let at = noise(3, source_shape.len());
                    let shape = Shape::new(lane_rows * lane_cols, rows, cols);
                    assert_eq!(b.shape(seen), shape);
                    let got = run(&b, &[seen], &at).concat();
                    for lane_col in 0..lane_cols {
                        for lane_row in 0..lane_rows {
                            for row in 0..rows {
                                for col in 0..cols {
                                    let from = at[source_shape.offset(
                                        0,
                                        top + lane_row * row_step + row,
                                        left + lane_col * col_step + col,
                                    )];
                                    let lane = lane_col * lane_rows + lane_row;
                                    let to = got[shape.offset(lane, row, col)];
                                    assert_eq!(from * from, to, "{window:?}");
                                }
                            }
                        }
                    }
                    check_gradient(&mut b, seen, &[source], &at, 1e-7);
                }
            }
        }
    }
}

#[test]
fn a_window_past_its_source_is_refused() {
    let mut b = Builder::new();
    let source = b.parameter(Shape::new(1, 3, 3));
    let window = Window {
        lane_rows: 3,
        lane_cols: 1,
        top: 1,
        left: 0,
        rows: 1,
        cols: 1,
        row_step: 1,
        col_step: 0,
    };
    assert!(b.window(source, window).is_err());
    assert!(
        b.window(
            source,
            Window {
                lane_rows: 0,
                ..window
            }
        )
        .is_err()
    );
    assert!(
        b.window(
            source,
            Window {
                row_step: 2,
                top: 0,
                ..window
            }
        )
        .is_err()
    );
    let huge = Window {
        top: usize::MAX,
        ..window
    };
    assert!(b.window(source, huge).is_err());
}

#[test]
fn pieces_assemble_with_gaps_and_the_later_on_top() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 2, 2));
    let y = b.parameter(Shape::new(1, 1, 3));
    let z = b.assemble(3, 4, &[(x, (0, 0)), (y, (1, 1))]).unwrap();
    let at = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    let got = run(&b, &[z], &at).concat();
    // Column by column.
    assert_eq!(
        got,
        [1.0, 2.0, 0.0, 3.0, 5.0, 0.0, 0.0, 6.0, 0.0, 0.0, 7.0, 0.0]
    );
    check_gradient(&mut b, z, &[x, y], &at, 1e-7);
    assert!(b.assemble(3, 4, &[(x, (2, 0))]).is_err());
    let nothing = b.assemble(2, 2, &[]).unwrap();
    assert_eq!(run(&b, &[nothing], &at).concat(), [0.0; 4]);
}

#[test]
fn a_window_on_assembled_columns_is_the_column() {
    let mut b = Builder::new();
    let lanes = 6;
    let x = b.parameter(Shape::new(1, lanes, 1));
    let y = b.unary(Unary::Exp, x);
    let z = b.unary(Unary::Sin, x);
    let sheet = b.assemble(lanes, 4, &[(y, (0, 1)), (z, (0, 3))]).unwrap();
    let seen = b
        .window(
            sheet,
            Window {
                lane_rows: lanes,
                lane_cols: 1,
                top: 0,
                left: 3,
                rows: 1,
                cols: 1,
                row_step: 1,
                col_step: 1,
            },
        )
        .unwrap();
    let z = b.reshape(z, Shape::new(lanes, 1, 1)).unwrap();
    assert_eq!(seen, z);
    let picked = b
        .gather(sheet, Arc::from([7, 8]), Shape::new(2, 1, 1))
        .unwrap();
    assert!(!matches!(b.graph.op(picked), Op::Gather(..)));
    check_gradient(&mut b, picked, &[x], &noise(4, lanes), 1e-7);
}

#[test]
fn gathers_repeat_skip_and_add_up() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 3, 2));
    let indices: Arc<[u32]> = Arc::from([5, 0, u32::MAX, 5, 2, 2]);
    let y = b.gather(x, indices, Shape::new(3, 1, 2)).unwrap();
    let at = noise(9, 6);
    let got = run(&b, &[y], &at).concat();
    assert_eq!(got, [at[5], at[0], 0.0, at[5], at[2], at[2]]);
    check_gradient(&mut b, y, &[x], &at, 1e-7);
    assert!(b.gather(x, Arc::from([6]), Shape::SCALAR).is_err());
    assert!(b.gather(x, Arc::from([1, 2]), Shape::SCALAR).is_err());
}

#[test]
fn constants_fold_and_trivial_operations_vanish() {
    let mut b = Builder::new();
    let two = b.scalar(2.0);
    let three = b.scalar(3.0);
    let six = b.binary(Binary::Mul, two, three).unwrap();
    assert_eq!(b.constant_value(six).unwrap().data[0], 6.0);
    let x = b.parameter(Shape::new(1, 2, 2));
    let one = b.scalar(1.0);
    let zero = b.scalar(0.0);
    assert_eq!(b.binary(Binary::Mul, x, one).unwrap(), x);
    assert_eq!(b.binary(Binary::Add, zero, x).unwrap(), x);
    let negative = b.unary(Unary::Neg, x);
    assert_eq!(b.unary(Unary::Neg, negative), x);
    let a = b.binary(Binary::Add, x, two).unwrap();
    let c = b.binary(Binary::Add, x, two).unwrap();
    assert_eq!(a, c);
    assert!(b.constant_value(x).is_none());
    // Ones of any shape are the number one.
    let ones = b.constant(Tensor::new(Shape::new(1, 2, 2), vec![1.0; 4]));
    assert_eq!(b.binary(Binary::Mul, x, ones).unwrap(), x);
    let row = b.broadcast(one, Shape::new(7, 2, 2)).unwrap();
    let repeated = b.binary(Binary::Mul, x, row).unwrap();
    assert_eq!(b.shape(repeated), Shape::new(7, 2, 2));
    let window = b.constant_value(repeated);
    assert!(window.is_none());
}

#[test]
fn outputs_may_be_constants_parameters_and_views_of_them() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 2, 2));
    let c = b.constant(noise_tensor(1, Shape::new(1, 2, 2)));
    let wide = b.broadcast(x, Shape::new(3, 2, 2)).unwrap();
    let column = b.reshape(x, Shape::new(4, 1, 1)).unwrap();
    let scalar = b.scalar(5.0);
    let at = [1.0, 2.0, 3.0, 4.0];
    let got = run(&b, &[x, c, wide, column, scalar, x], &at);
    assert_eq!(got[0], at);
    assert_eq!(got[1], noise(1, 4));
    assert_eq!(got[2][..4], [1.0, 1.0, 1.0, 2.0]);
    assert_eq!(got[3], at);
    assert_eq!(got[4], [5.0]);
    assert_eq!(got[5], at);
}

#[test]
fn a_long_chain_needs_no_stack() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::SCALAR);
    let mut y = x;
    let small = b.scalar(1e-6);
    for _ in 0..100_000 {
        let step = b.binary(Binary::Mul, y, small).unwrap();
        y = b.binary(Binary::Add, step, x).unwrap();
    }
    let gradient = b.gradient(y, &[x]).unwrap();
    let got = run(&b, &[y, gradient[0]], &[2.0]);
    assert!(close(got[0][0], 2.0 / (1.0 - 1e-6), 1e-12));
    assert!(close(got[1][0], 1.0 / (1.0 - 1e-6), 1e-12));
}

#[test]
fn many_cells_of_one_parameter_have_one_gradient() {
    let mut b = Builder::new();
    let n = 2_000;
    let x = b.parameter(Shape::new(1, n, 1));
    let mut total = b.scalar(0.0);
    for i in 0..n {
        let cell = b.gather(x, Arc::from([i as u32]), Shape::SCALAR).unwrap();
        let square = b.binary(Binary::Mul, cell, cell).unwrap();
        total = b.binary(Binary::Add, total, square).unwrap();
    }
    let gradient = b.gradient(total, &[x]).unwrap();
    let at = noise(1, n);
    let got = run(&b, &gradient, &at).concat();
    let expected: Vec<f64> = at.iter().map(|x| 2.0 * x).collect();
    assert_close(&got, &expected, 1e-15);
}

#[test]
fn tensors_too_large_for_memory_are_refused() {
    let mut b = Builder::new();
    let column = b.parameter(Shape::new(1, 1 << 20, 1));
    let row = b.transpose(column);
    let message = b.binary(Binary::Mul, column, row).unwrap_err().to_string();
    assert!(message.contains("too large"), "{message}");
    assert!(b.matmul(column, row).is_err());
    let lanes = Window {
        lane_rows: usize::MAX,
        lane_cols: 2,
        top: 0,
        left: 0,
        rows: 1,
        cols: 1,
        row_step: 0,
        col_step: 0,
    };
    assert!(b.window(column, lanes).is_err());
    let huge = Shape::new(usize::MAX, usize::MAX, 2);
    assert!(b.reshape(column, huge).is_err());
    assert!(
        b.gather(column, Arc::from([]), Shape::new(0, 1, 1))
            .is_err()
    );
    assert!(b.broadcast(column, huge).is_err());
}

#[test]
fn programs_are_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let mut b = Builder::new();
    let x = b.parameter(Shape::SCALAR);
    let y = b.unary(Unary::Exp, x);
    let program = Program::new(&b, &[y]);
    shared(&program);
    shared(&program.workspace());
}
