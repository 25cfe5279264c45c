use super::*;
use crate::program::{Binary, Unary};

/// Every smooth function of one argument, with a place inside its domain.
const UNARY: &[(Unary, f64, f64)] = &[
    (Unary::Neg, -2.0, 2.0),
    (Unary::Abs, 0.5, 2.0),
    (Unary::Sqrt, 0.5, 3.0),
    (Unary::Exp, -2.0, 2.0),
    (Unary::Ln, 0.5, 3.0),
    (Unary::Log10, 0.5, 3.0),
    (Unary::Log2, 0.5, 3.0),
    (Unary::Exp2, -2.0, 2.0),
    (Unary::Expm1, -2.0, 2.0),
    (Unary::Ln1p, -0.5, 2.0),
    (Unary::Sin, -3.0, 3.0),
    (Unary::Cos, -3.0, 3.0),
    (Unary::Tan, -1.0, 1.0),
    (Unary::Asin, -0.8, 0.8),
    (Unary::Acos, -0.8, 0.8),
    (Unary::Atan, -3.0, 3.0),
    (Unary::Sinh, -2.0, 2.0),
    (Unary::Cosh, -2.0, 2.0),
    (Unary::Tanh, -2.0, 2.0),
    (Unary::Asinh, -2.0, 2.0),
    (Unary::Acosh, 1.5, 3.0),
    (Unary::Atanh, -0.8, 0.8),
    (Unary::Erf, -2.0, 2.0),
    (Unary::Erfc, -2.0, 2.0),
    (Unary::NormCdf, -2.0, 2.0),
    (Unary::NormQuantile, 0.1, 0.9),
    (Unary::LnGamma, 0.5, 5.0),
    (Unary::Digamma, 0.5, 5.0),
    (Unary::Gamma, 0.5, 4.0),
];

fn between(low: f64, high: f64, seed: u64, len: usize) -> Vec<f64> {
    noise(seed, len)
        .iter()
        .map(|x| low + (high - low) * (x + 1.0) / 2.0)
        .collect()
}

#[test]
fn smooth_functions_have_their_derivatives() {
    for &(op, low, high) in UNARY {
        let mut b = Builder::new();
        let x = b.parameter(Shape::new(7, 1, 1));
        let y = b.unary(op, x);
        let at = between(low, high, 3, 7);
        check_gradient(&mut b, y, &[x], &at, 1e-7);
    }
}

#[test]
fn second_derivatives_are_derivatives_of_first_ones() {
    for &(op, low, high) in UNARY {
        if matches!(op, Unary::Digamma) {
            continue;
        }
        let mut b = Builder::new();
        let x = b.parameter(Shape::new(3, 1, 1));
        let y = b.unary(op, x);
        let loss = sum(&mut b, y);
        let slope = b.gradient(loss, &[x]).unwrap()[0];
        let at = between(low, high, 4, 3);
        check_gradient(&mut b, slope, &[x], &at, 1e-6);
    }
}

#[test]
fn functions_of_two_arguments_have_their_derivatives() {
    for op in [
        Binary::Add,
        Binary::Sub,
        Binary::Mul,
        Binary::Div,
        Binary::Pow,
        Binary::Atan2,
        Binary::Mod,
        Binary::Max,
        Binary::Min,
        Binary::AbsorbingMul,
        Binary::PowSlope,
        Binary::PowLog,
    ] {
        let mut b = Builder::new();
        let x = b.parameter(Shape::new(5, 1, 1));
        let y = b.parameter(Shape::new(1, 2, 3));
        let z = b.binary(op, x, y).unwrap();
        assert_eq!(b.shape(z), Shape::new(5, 2, 3));
        let at = between(0.6, 2.4, 9, 11);
        check_gradient(&mut b, z, &[x, y], &at, 1e-6);
    }
}

#[test]
fn operands_of_all_shapes_broadcast_and_sum_back() {
    let dim = |i: usize, bit: usize| if i & bit == 0 { 1 } else { 3 };
    let shapes: Vec<Shape> = (0..8)
        .map(|i| Shape::new(dim(i, 1), dim(i, 2), dim(i, 4)))
        .collect();
    for &sa in &shapes {
        for &sb in &shapes {
            let mut b = Builder::new();
            let x = b.parameter(sa);
            let y = b.parameter(sb);
            let product = b.binary(Binary::Mul, x, y).unwrap();
            let z = b.unary(Unary::Sin, product);
            assert_eq!(b.shape(z), sa.broadcast(sb).unwrap());
            let at = noise(5, sa.len() + sb.len());
            check_gradient(&mut b, z, &[x, y], &at, 1e-7);
        }
    }
}

#[test]
fn reductions_pass_adjoints_to_what_they_reduce() {
    let axes = (0..8).map(|i| Axes {
        lanes: i & 1 != 0,
        rows: i & 2 != 0,
        cols: i & 4 != 0,
    });
    for axes in axes {
        for shape in [
            Shape::new(3, 2, 4),
            Shape::new(1, 3, 2),
            Shape::new(1, 1, 4),
        ] {
            for op in [
                Reduction::Sum,
                Reduction::Product,
                Reduction::Max,
                Reduction::Min,
            ] {
                let mut b = Builder::new();
                let x = b.parameter(shape);
                let y = b.reduce(op, axes, x);
                assert_eq!(b.shape(y), axes.reduced(shape));
                check_gradient(&mut b, y, &[x], &noise(6, shape.len()), 1e-7);
            }
        }
    }
}

#[test]
fn the_derivative_of_a_product_survives_zeros() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 4, 1));
    let y = b.reduce(Reduction::Product, Axes::ALL, x);
    let gradient = b.gradient(y, &[x]).unwrap();
    assert_eq!(
        run(&b, &gradient, &[2.0, 0.0, 3.0, 5.0])[0],
        [0.0, 30.0, 0.0, 0.0]
    );
}

#[test]
fn matrix_products_of_all_shapes() {
    for (sa, sb) in [
        (Shape::new(1, 3, 4), Shape::new(1, 4, 2)),
        (Shape::new(5, 3, 4), Shape::new(1, 4, 2)),
        (Shape::new(1, 3, 4), Shape::new(5, 4, 2)),
        (Shape::new(5, 3, 4), Shape::new(5, 4, 2)),
        (Shape::new(5, 1, 4), Shape::new(1, 4, 1)),
        (Shape::new(1, 1, 4), Shape::new(1, 4, 1)),
        (Shape::new(1, 1, 4), Shape::new(1, 4, 3)),
        (Shape::new(1, 4, 1), Shape::new(1, 1, 3)),
        (Shape::new(5, 1, 1), Shape::new(1, 1, 3)),
        (Shape::new(1, 1, 4), Shape::new(5, 4, 1)),
    ] {
        let mut b = Builder::new();
        let x = b.parameter(sa);
        let y = b.parameter(sb);
        let z = b.matmul(x, y).unwrap();
        let shape = Shape::new(sa.lanes.max(sb.lanes), sa.rows, sb.cols);
        assert_eq!(b.shape(z), shape);
        let at = noise(8, sa.len() + sb.len());
        let got = run(&b, &[z], &at).concat();
        let (a, c) = at.split_at(sa.len());
        for lane in 0..shape.lanes {
            for row in 0..shape.rows {
                for col in 0..shape.cols {
                    let mut expected = 0.0;
                    for k in 0..sa.cols {
                        expected += a[sa.offset(if sa.lanes == 1 { 0 } else { lane }, row, k)]
                            * c[sb.offset(if sb.lanes == 1 { 0 } else { lane }, k, col)];
                    }
                    let got = got[shape.offset(lane, row, col)];
                    assert!(close(got, expected, 1e-14), "{sa} {sb}");
                }
            }
        }
        check_gradient(&mut b, z, &[x, y], &at, 1e-7);
        // Twice over.
        let square = b.binary(Binary::Mul, z, z).unwrap();
        let loss = sum(&mut b, square);
        let gradient = b.gradient(loss, &[x, y]).unwrap();
        check_gradient(&mut b, gradient[0], &[x, y], &at, 1e-6);
        check_gradient(&mut b, gradient[1], &[x, y], &at, 1e-6);
    }
}

#[test]
fn a_matrix_times_its_transpose() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 5, 3));
    let xt = b.transpose(x);
    let gram = b.matmul(xt, x).unwrap();
    assert_eq!(b.shape(gram), Shape::new(1, 3, 3));
    check_gradient(&mut b, gram, &[x], &noise(2, 15), 1e-7);
    let outer = b.matmul(x, xt).unwrap();
    assert_eq!(b.shape(outer), Shape::new(1, 5, 5));
    check_gradient(&mut b, outer, &[x], &noise(2, 15), 1e-7);
}

#[test]
fn inverses_and_determinants() {
    for lanes in [1, 2] {
        let mut b = Builder::new();
        let shape = Shape::new(lanes, 3, 3);
        let x = b.parameter(shape);
        let at = noise(11, shape.len());
        let inverse = b.inverse(x).unwrap();
        let product = b.matmul(x, inverse).unwrap();
        let identity = run(&b, &[product], &at).concat();
        for lane in 0..lanes {
            for row in 0..3 {
                for col in 0..3 {
                    let expected = f64::from(u8::from(row == col));
                    assert!(close(
                        identity[shape.offset(lane, row, col)],
                        expected,
                        1e-12
                    ));
                }
            }
        }
        check_gradient(&mut b, inverse, &[x], &at, 1e-5);
        let determinant = b.determinant(x).unwrap();
        check_gradient(&mut b, determinant, &[x], &at, 1e-7);
    }
}

#[test]
fn singular_matrices_have_no_inverse_but_a_derivative_of_the_determinant() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 2, 2));
    let inverse = b.inverse(x).unwrap();
    let determinant = b.determinant(x).unwrap();
    let gradient = b.gradient(determinant, &[x]).unwrap();
    // [[1, 2], [2, 4]]: cofactors [[4, -2], [-2, 1]].
    let got = run(
        &b,
        &[inverse, determinant, gradient[0]],
        &[1.0, 2.0, 2.0, 4.0],
    );
    assert!(got[0].iter().all(|x| x.is_nan()));
    assert_eq!(got[1], [0.0]);
    assert_eq!(got[2], [4.0, -2.0, -2.0, 1.0]);
}

#[test]
fn only_numbers_have_gradients() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 2, 1));
    let message = b.gradient(x, &[x]).unwrap_err().to_string();
    assert!(message.contains("only a single number"), "{message}");
}

#[test]
fn what_a_loss_does_not_depend_on_has_a_zero_gradient() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::SCALAR);
    let y = b.parameter(Shape::new(1, 2, 1));
    let z = b.unary(Unary::Exp, x);
    let gradient = b.gradient(z, &[x, y]).unwrap();
    let got = run(&b, &gradient, &[0.0, 5.0, 6.0]);
    assert_eq!(got, [vec![1.0], vec![0.0, 0.0]]);
}
