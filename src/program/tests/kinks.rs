use super::*;
use crate::program::{Binary, Unary};

/// d of / d x for one scalar parameter.
fn slope(build: impl Fn(&mut Builder, Node) -> Node, at: f64) -> f64 {
    let mut b = Builder::new();
    let x = b.parameter(Shape::SCALAR);
    let y = build(&mut b, x);
    let gradient = b.gradient(y, &[x]).unwrap();
    run(&b, &gradient, &[at])[0][0]
}

#[test]
fn at_a_kink_the_branch_taken_counts() {
    let relu = |b: &mut Builder, x| {
        let zero = b.scalar(0.0);
        let negative = b.binary(Binary::Less, x, zero).unwrap();
        b.select(negative, zero, x).unwrap()
    };
    assert_eq!(slope(relu, 0.0), 1.0);
    assert_eq!(slope(relu, -1.0), 0.0);
    let max = |b: &mut Builder, x| {
        let zero = b.scalar(0.0);
        b.binary(Binary::Max, zero, x).unwrap()
    };
    assert_eq!(slope(max, 0.0), 0.0);
    assert_eq!(slope(max, 2.0), 1.0);
    let max = |b: &mut Builder, x| {
        let zero = b.scalar(0.0);
        b.binary(Binary::Max, x, zero).unwrap()
    };
    assert_eq!(slope(max, 0.0), 1.0);
    assert_eq!(slope(|b, x| b.unary(Unary::Abs, x), 0.0), 0.0);
    assert_eq!(slope(|b, x| b.unary(Unary::Round, x), 0.3), 0.0);
}

#[test]
fn branches_not_taken_leak_nothing() {
    // IF(x>0, LN(x), 0) at 0, and what SQRT, 1/x and x^0.5 do there.
    for op in [Unary::Ln, Unary::Sqrt, Unary::Log10, Unary::LnGamma] {
        let f = |b: &mut Builder, x| {
            let zero = b.scalar(0.0);
            let positive = b.binary(Binary::Less, zero, x).unwrap();
            let y = b.unary(op, x);
            b.select(positive, y, zero).unwrap()
        };
        assert_eq!(slope(f, 0.0), 0.0, "{op:?}");
    }
    let f = |b: &mut Builder, x| {
        let (zero, one) = (b.scalar(0.0), b.scalar(1.0));
        let y = b.binary(Binary::Div, one, x).unwrap();
        let fine = b.unary(Unary::IsFinite, y);
        let z = b.select(fine, y, zero).unwrap();
        b.binary(Binary::Mul, z, x).unwrap()
    };
    assert_eq!(slope(f, 0.0), 0.0);
    assert_eq!(slope(f, 2.0), 0.0);
    // MAX(0, SQRT(x)) at 0.
    let f = |b: &mut Builder, x| {
        let zero = b.scalar(0.0);
        let y = b.unary(Unary::Sqrt, x);
        b.binary(Binary::Max, zero, y).unwrap()
    };
    assert_eq!(slope(f, 0.0), 0.0);
    // Through a product of matrices: IF(x>0, SUMPRODUCT(1/x, x), 0).
    let f = |b: &mut Builder, x| {
        let (zero, one) = (b.scalar(0.0), b.scalar(1.0));
        let row = b.constant(noise_tensor(1, Shape::new(4, 1, 3)));
        let y = b.binary(Binary::Div, one, x).unwrap();
        let factors = b.binary(Binary::Mul, row, y).unwrap();
        let weights = b.parameter(Shape::new(1, 3, 1));
        let product = b.matmul(factors, weights).unwrap();
        let positive = b.binary(Binary::Less, zero, x).unwrap();
        let z = b.select(positive, product, zero).unwrap();
        sum(b, z)
    };
    let mut b = Builder::new();
    let x = b.parameter(Shape::SCALAR);
    let y = f(&mut b, x);
    let weights = b.parameters()[1];
    let gradient = b.gradient(y, &[x, weights]).unwrap();
    let got = run(&b, &gradient, &[0.0, 1.0, 2.0, 3.0]);
    assert_eq!(got, [vec![0.0], vec![0.0; 3]]);
}

#[test]
fn errors_are_not_finite_and_stay_so() {
    let value = |build: &dyn Fn(&mut Builder, Node) -> Node, at: f64| {
        let mut b = Builder::new();
        let x = b.parameter(Shape::SCALAR);
        let y = build(&mut b, x);
        run(&b, &[y], &[at])[0][0]
    };
    let with = |op: Binary, c: f64| {
        move |b: &mut Builder, x: Node| {
            let c = b.scalar(c);
            b.binary(op, x, c).unwrap()
        }
    };
    assert!(value(&with(Binary::Div, 0.0), 1.0).is_nan());
    assert!(value(&with(Binary::Pow, 0.0), 0.0).is_nan());
    assert!(value(&with(Binary::Pow, 1.5), -2.0).is_nan());
    assert_eq!(value(&with(Binary::Pow, 3.0), -2.0), -8.0);
    assert!(value(&with(Binary::Less, 1.0), f64::NAN).is_nan());
    assert!(value(&with(Binary::Max, 1.0), f64::NAN).is_nan());
    assert!(value(&with(Binary::Min, 1.0), f64::NAN).is_nan());
    assert_eq!(value(&with(Binary::Mod, 3.0), -1.0), 2.0);
    assert_eq!(value(&with(Binary::Mod, -3.0), 1.0), -2.0);
    let selected = |b: &mut Builder, x: Node| {
        let (one, two) = (b.scalar(1.0), b.scalar(2.0));
        b.select(x, one, two).unwrap()
    };
    assert_eq!(value(&selected, 3.0), 1.0);
    assert_eq!(value(&selected, 0.0), 2.0);
    assert!(value(&selected, f64::INFINITY).is_nan());
}

#[test]
fn odd_roots_of_negative_numbers_have_derivatives() {
    let cube_root = |b: &mut Builder, x| {
        let third = b.scalar(1.0 / 3.0);
        b.binary(Binary::Pow, x, third).unwrap()
    };
    // 1 / (3 x^(2/3)), and again -2 / (9 x^(5/3)).
    let close = |x: f64, expected: f64| assert!((x - expected).abs() < 1e-14, "{x}");
    close(slope(cube_root, -8.0), 1.0 / 12.0);
    close(slope(cube_root, 8.0), 1.0 / 12.0);
    let first = |b: &mut Builder, x| {
        let y = cube_root(b, x);
        b.gradient(y, &[x]).unwrap()[0]
    };
    close(slope(first, -8.0), 2.0 / (9.0 * 32.0));
    close(slope(first, 8.0), -2.0 / (9.0 * 32.0));
    let square = |b: &mut Builder, x| {
        let three = b.scalar(3.0);
        let y = b.binary(Binary::Pow, x, three).unwrap();
        b.gradient(y, &[x]).unwrap()[0]
    };
    close(slope(square, -2.0), -12.0);
    close(slope(square, 0.0), 0.0);
}

#[test]
fn remainders_are_exact() {
    let rest = |a, b| Binary::Mod.apply(a, b);
    // a - b floor(a/b) gives -8.3e-17 and 0 here.
    assert_eq!(rest(1.0, 0.1), 1.0 % 0.1);
    assert_eq!(rest(5.0, 1e-10), 5.0 % 1e-10);
    assert_eq!(rest(-5.5, 2.0), 0.5);
    assert!(rest(1.0, 0.0).is_nan());
    assert!(rest(1e20, 3.0).is_nan());
    // 1 is 9 times 0.1 and a rest, although 1 / 0.1 rounds to 10.
    let by_divisor = |b: &mut Builder, x| {
        let one = b.scalar(1.0);
        b.binary(Binary::Mod, one, x).unwrap()
    };
    assert_eq!(slope(by_divisor, 0.1), -9.0);
}

#[test]
fn the_first_of_equals_gets_the_derivative() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(1, 4, 1));
    let max = b.reduce(Reduction::Max, Axes::ALL, x);
    let min = b.reduce(Reduction::Min, Axes::ALL, x);
    let first = b.order_statistic(x, 2, None).unwrap();
    let gradients: Vec<Node> = [max, min, first]
        .iter()
        .map(|&y| b.gradient(y, &[x]).unwrap()[0])
        .collect();
    let got = run(&b, &gradients, &[3.0, 1.0, 3.0, 1.0]);
    assert_eq!(got[0], [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(got[1], [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(got[2], [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn order_statistics_count_what_is_present() {
    let mut b = Builder::new();
    let shape = Shape::new(1, 5, 1);
    let x = b.parameter(shape);
    let present = Tensor::new(shape, [1.0, 0.0, 1.0, 1.0, 0.0]);
    let median = b.order_statistic(x, 1, Some(&present)).unwrap();
    let past = b.order_statistic(x, 3, Some(&present)).unwrap();
    let gradient = b.gradient(median, &[x]).unwrap()[0];
    let got = run(&b, &[median, past, gradient], &[5.0, 0.0, 4.0, 9.0, 4.5]);
    assert_eq!(got[0], [5.0]);
    assert!(got[1][0].is_nan());
    assert_eq!(got[2], [1.0, 0.0, 0.0, 0.0, 0.0]);
}
