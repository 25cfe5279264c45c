//! One operation after the other, over odd shapes, one row and one lane (no
//! dimension of a program is 0), NaN and infinities.

use super::{agree, noise};
use crate::program::cuda::Plan;
use crate::program::{
    Axes, Binary, Builder, Node, Program, Reduction, Scan, Shape, ShapeError, Tensor, Unary, Window,
};

/// Where functions turn, and where they end.
const NUMBERS: [f64; 18] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    3.7,
    -2.5,
    1e-3,
    0.024,
    0.976,
    17.25,
    -8.0,
    1.0 / 3.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// The gradient of a weighted sum of `y`, added to `outputs`.
fn add_gradient(b: &mut Builder, y: Node, wrt: &[Node], outputs: &mut Vec<Node>) {
    let shape = b.shape(y);
    let weights = b.constant(Tensor::new(shape, noise(77, shape.len())));
    let weighted = b.binary(Binary::Mul, y, weights).unwrap();
    let loss = b.reduce(Reduction::Sum, Axes::ALL, weighted);
    outputs.extend(b.gradient(loss, wrt).unwrap());
}

#[test]
fn functions_of_one_argument() {
    let len = NUMBERS.len();
    let mut at = Vec::new();
    let mut b = Builder::new();
    let mut outputs = Vec::new();
    // In a kernel over lanes, by itself, and as single numbers.
    for shape in [Shape::new(len, 1, 1), Shape::new(1, len, 1)] {
        let x = b.parameter(shape);
        at.extend(NUMBERS);
        outputs.extend(Unary::ALL.iter().map(|&op| b.unary(op, x)));
    }
    for number in [-0.5, f64::NAN] {
        let x = b.parameter(Shape::SCALAR);
        at.push(number);
        outputs.extend(Unary::ALL.iter().map(|&op| b.unary(op, x)));
    }
    agree(&b, &outputs, &at);
}

#[test]
fn functions_of_two_arguments_of_all_kinds_of_numbers() {
    let len = NUMBERS.len() * NUMBERS.len();
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(len, 1, 1));
    let y = b.parameter(Shape::new(len, 1, 1));
    let column = b.parameter(Shape::new(1, NUMBERS.len(), 1));
    let row = b.parameter(Shape::new(1, 1, NUMBERS.len()));
    let mut outputs = Vec::new();
    for &op in Binary::ALL {
        outputs.push(b.binary(op, x, y).unwrap());
        outputs.push(b.binary(op, column, row).unwrap());
    }
    outputs.push(b.select(x, y, x).unwrap());
    outputs.push(b.select(column, row, column).unwrap());
    let pairs = || NUMBERS.iter().flat_map(|&a| NUMBERS.map(|c| (a, c)));
    let mut at: Vec<f64> = pairs().map(|(a, _)| a).collect();
    at.extend(pairs().map(|(_, c)| c));
    at.extend(NUMBERS);
    at.extend(NUMBERS);
    agree(&b, &outputs, &at);
}

#[test]
fn derivatives_of_functions() {
    let mut b = Builder::new();
    let len = 9;
    let x = b.parameter(Shape::new(len, 1, 1));
    let y = b.parameter(Shape::new(1, 1, 1));
    let mut outputs = Vec::new();
    for &op in Unary::ALL {
        let z = b.unary(op, x);
        if !matches!(op, Unary::Trigamma) {
            add_gradient(&mut b, z, &[x], &mut outputs);
        }
    }
    for &op in Binary::ALL {
        let z = b.binary(op, x, y).unwrap();
        add_gradient(&mut b, z, &[x, y], &mut outputs);
    }
    let mut at = vec![0.0, -0.5, 0.25, 0.9, -1.0, 1.0, 2.5, -2.25, 0.5];
    at.push(0.75);
    agree(&b, &outputs, &at);
}

#[test]
fn a_long_chain_of_single_numbers_is_cut_into_kernels() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::SCALAR);
    let y = b.parameter(Shape::SCALAR);
    let first = b.unary(Unary::Sin, x);
    let mut z = y;
    let mut outputs = Vec::new();
    for i in 0..1300 {
        let product = b.binary(Binary::Mul, z, first).unwrap();
        z = b
            .binary(Binary::Add, product, if i % 2 == 0 { x } else { y })
            .unwrap();
        if i % 400 == 0 {
            outputs.push(z);
        }
    }
    outputs.push(z);
    agree(&b, &outputs, &[0.7, -0.3]);
}

#[test]
fn a_long_chain_over_lanes_is_cut_into_kernels() {
    let mut b = Builder::new();
    let x = b.parameter(Shape::new(300, 1, 1));
    let y = b.parameter(Shape::new(300, 1, 1));
    let first = b.unary(Unary::Sin, x);
    let mut z = y;
    let mut outputs = Vec::new();
    for i in 0..1300 {
        let product = b.binary(Binary::Mul, z, first).unwrap();
        let other = if i % 2 == 0 { x } else { y };
        z = b.binary(Binary::Add, product, other).unwrap();
        if i % 400 == 0 {
            outputs.push(z);
        }
    }
    outputs.push(z);
    let kernels = Plan::new(&Program::for_gpu(&b, &outputs)).kernels.len();
    assert!((10..=12).contains(&kernels), "{kernels}");
    agree(&b, &outputs, &noise(4, 600));
}

#[test]
fn reductions_over_every_choice_of_dimensions() {
    let mut b = Builder::new();
    let mut at = Vec::new();
    let mut outputs = Vec::new();
    let shapes = [
        (1, 1, 1),
        (1, 7, 3),
        (5, 3, 2),
        (301, 1, 2),
        (1, 70, 1),
        (37, 70, 1),
        (1, 9001, 1),
    ];
    for (seed, (lanes, rows, cols)) in shapes.into_iter().enumerate() {
        let shape = Shape::new(lanes, rows, cols);
        let x = b.parameter(shape);
        let mut numbers = noise(seed, shape.len());
        // Products stay within range, and extrema tie.
        numbers
            .iter_mut()
            .for_each(|x| *x = 1.0 + (*x * 8.0).round() / 1024.0);
        at.extend(numbers);
        let all = shape.len() < 40 && shape.len() > 1;
        for bits in (1..8).filter(|&bits| all || bits == 7 || rows == 70 && bits < 3) {
            let axes = Axes {
                lanes: bits & 1 != 0,
                rows: bits & 2 != 0,
                cols: bits & 4 != 0,
            };
            for op in [
                Reduction::Sum,
                Reduction::Product,
                Reduction::Max,
                Reduction::Min,
            ] {
                let y = b.reduce(op, axes, x);
                outputs.push(y);
                if all || bits == 7 {
                    add_gradient(&mut b, y, &[x], &mut outputs);
                }
            }
        }
    }
    agree(&b, &outputs, &at);
}

#[test]
fn reductions_of_what_is_no_number() {
    let mut b = Builder::new();
    let mut at = Vec::new();
    let mut outputs = Vec::new();
    for special in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for shape in [
            Shape::new(300, 1, 1),
            Shape::new(1, 300, 1),
            Shape::new(1, 5, 1),
        ] {
            let x = b.parameter(shape);
            let mut numbers = noise(3, shape.len());
            numbers[3] = special;
            at.extend(numbers);
            for op in [
                Reduction::Sum,
                Reduction::Product,
                Reduction::Max,
                Reduction::Min,
            ] {
                let y = b.reduce(op, Axes::ALL, x);
                outputs.push(y);
                outputs.extend(b.gradient(y, &[x]).unwrap());
            }
        }
    }
    agree(&b, &outputs, &at);
}

#[test]
fn products_of_matrices_and_their_derivatives() {
    let mut b = Builder::new();
    let mut at = Vec::new();
    let mut outputs = Vec::new();
    let sizes = [
        // lanes of the first, of the second, m, k, n
        (1, 1, 1, 1, 1),
        (1, 1, 3, 5, 2),
        (1, 1, 33, 17, 40),
        (1, 1, 1, 300, 1),
        (301, 1, 1, 10, 2),
        (50, 1, 2, 3, 4),
        (40, 40, 2, 3, 2),
        (1, 40, 2, 3, 2),
        (300, 1, 1, 40, 10),
        (130, 1, 1, 20, 70),
    ];
    for (seed, (la, lb, m, k, n)) in sizes.into_iter().enumerate() {
        let (sa, sb) = (Shape::new(la, m, k), Shape::new(lb, k, n));
        let (x, y) = (b.parameter(sa), b.parameter(sb));
        at.extend(noise(seed, sa.len()));
        at.extend(noise(seed + 50, sb.len()));
        let product = b.matmul(x, y).unwrap();
        // Where it is masked, adjoints absorb. Logarithms near 0 are masked too:
        // their slopes would show in what order a product was summed.
        let (zero, low) = (b.scalar(0.0), b.scalar(0.1));
        let small = b.binary(Binary::Less, product, low).unwrap();
        let log = b.unary(Unary::Ln, product);
        let masked = b.select(small, zero, log).unwrap();
        outputs.push(product);
        add_gradient(&mut b, product, &[x, y], &mut outputs);
        add_gradient(&mut b, masked, &[x, y], &mut outputs);
    }
    agree(&b, &outputs, &at);
}

/// Numbers without order, with others between them that are none or infinite.
fn special(seed: usize, len: usize) -> Vec<f64> {
    let mut numbers = noise(seed, len);
    for (at, x) in [
        (1, f64::NAN),
        (len / 3, f64::INFINITY),
        (len / 2, f64::NEG_INFINITY),
        (len - 1, 0.0),
    ] {
        numbers[at % len] = x;
    }
    numbers
}

#[test]
fn products_of_matrices_with_infinities_and_what_is_no_number() {
    let mut b = Builder::new();
    let mut at = Vec::new();
    let mut outputs = Vec::new();
    // By cuBLAS, in a kernel, and lane by lane.
    for (seed, (la, lb, m, k, n)) in [
        (1, 1, 33, 17, 40),
        (301, 1, 1, 10, 2),
        (40, 40, 2, 3, 2),
        (1, 1, 1, 1, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let (sa, sb) = (Shape::new(la, m, k), Shape::new(lb, k, n));
        let (x, y) = (b.parameter(sa), b.parameter(sb));
        at.extend(special(seed, sa.len()));
        at.extend(special(seed + 50, sb.len()));
        let product = b.matmul(x, y).unwrap();
        outputs.push(product);
        add_gradient(&mut b, product, &[x, y], &mut outputs);
    }
    agree(&b, &outputs, &at);
}

#[test]
fn what_moves_elements_and_recurrences_of_what_is_no_number() {
    let mut b = Builder::new();
    let mut outputs = Vec::new();
    let x = b.parameter(Shape::new(1, 30, 7));
    let transposed = b.transpose(x);
    let gathered = b
        .gather(x, vec![1, 70, u32::MAX, 105, 1].into(), Shape::new(1, 5, 1))
        .unwrap();
    let beside = b.assemble(30, 14, &[(x, (0, 0)), (x, (0, 7))]).unwrap();
    let window = Window {
        lane_rows: 26,
        lane_cols: 6,
        top: 0,
        left: 0,
        rows: 5,
        cols: 2,
        row_step: 1,
        col_step: 1,
    };
    let windows = b.window(x, window).unwrap();
    // What is no operation is copied out.
    let constant = b.constant(Tensor::new(Shape::new(1, 3, 1), vec![1.0, f64::NAN, -0.5]));
    outputs.extend([x, constant]);
    for node in [transposed, gathered, beside, windows] {
        let square = b.binary(Binary::Mul, node, node).unwrap();
        outputs.push(node);
        add_gradient(&mut b, square, &[x], &mut outputs);
    }
    let start = b.parameter(Shape::SCALAR);
    let inputs = b.parameter(Shape::new(9, 1, 1));
    let scan = Scan {
        steps: 9,
        reverse: false,
        init: vec![start],
        sequences: vec![inputs],
        uniforms: Vec::new(),
    };
    let states = b.scan(scan, |b, states, elements, _| {
        let next = b.binary(Binary::Add, states[0], elements[0])?;
        Ok::<_, ShapeError>(vec![b.unary(Unary::Tanh, next)])
    });
    let states = states.unwrap()[0];
    outputs.push(states);
    add_gradient(&mut b, states, &[start, inputs], &mut outputs);
    let mut at = special(1, 210);
    at.push(0.5);
    at.extend(special(2, 9));
    agree(&b, &outputs, &at);
}

#[test]
fn a_masked_infinity_does_not_leak_through_products() {
    let mut b = Builder::new();
    let mut outputs = Vec::new();
    let x = b.parameter(Shape::new(1, 40, 3));
    let y = b.parameter(Shape::new(1, 3, 2));
    let inner = b.unary(Unary::Ln, x);
    let product = b.matmul(inner, y).unwrap();
    let zero = b.scalar(0.0);
    let finite = b.unary(Unary::IsFinite, product);
    let masked = b.select(finite, product, zero).unwrap();
    outputs.push(masked);
    add_gradient(&mut b, masked, &[x, y], &mut outputs);
    let mut at = noise(1, 120);
    at.iter_mut().for_each(|x| *x = x.abs());
    at[7] = 0.0;
    at.extend([0.5, -1.0, 2.0, 0.0, 1.0, 0.25]);
    agree(&b, &outputs, &at);
}

#[test]
fn what_only_moves_elements_and_its_derivatives() {
    let mut b = Builder::new();
    let mut outputs = Vec::new();
    let x = b.parameter(Shape::new(1, 90, 7));
    let y = b.parameter(Shape::new(33, 3, 2));
    let at: Vec<f64> = [noise(1, 630), noise(2, 198)].concat();
    let mut check = |b: &mut Builder, node: Node| {
        let square = b.binary(Binary::Mul, node, node).unwrap();
        outputs.push(node);
        add_gradient(b, square, &[x, y], &mut outputs);
    };
    let transposed = b.transpose(x);
    check(&mut b, transposed);
    let transposed = b.transpose(y);
    check(&mut b, transposed);
    let turned = b.reshape(x, Shape::new(7, 10, 9)).unwrap();
    check(&mut b, turned);
    let repeated = b.reduce(Reduction::Sum, Axes::ROWS, x);
    let repeated = b.broadcast(repeated, Shape::new(4, 5, 7)).unwrap();
    check(&mut b, repeated);
    let beside = b.assemble(90, 14, &[(x, (0, 0)), (x, (0, 7))]).unwrap();
    check(&mut b, beside);
    // Gathers with gaps, with repetition, and many times the same.
    for indices in [
        vec![3, 629, u32::MAX, 3, 0],
        (0..2000).map(|i| i * 17 % 630).collect(),
        vec![5; 700],
    ] {
        let len = indices.len();
        let gathered = b.gather(x, indices.into(), Shape::new(1, len, 1)).unwrap();
        check(&mut b, gathered);
    }
    for (row_step, col_step, lane_rows, lane_cols, rows, cols) in [
        (1, 1, 30, 3, 5, 2),
        (1, 0, 80, 2, 4, 7),
        (0, 1, 40, 5, 3, 2),
        (0, 0, 4, 9, 2, 2),
        (1, 1, 1, 1, 90, 7),
        (1, 1, 90, 7, 1, 1),
    ] {
        let window = Window {
            lane_rows,
            lane_cols,
            top: 0,
            left: 0,
            rows,
            cols,
            row_step,
            col_step,
        };
        let seen = b.window(x, window).unwrap();
        check(&mut b, seen);
    }
    agree(&b, &outputs, &at);
}

#[test]
fn inverses_determinants_and_singular_matrices() {
    let mut b = Builder::new();
    let mut at = Vec::new();
    let mut outputs = Vec::new();
    for (lanes, n) in [(1, 1), (3, 2), (1, 7), (5, 3)] {
        let shape = Shape::new(lanes, n, n);
        let x = b.parameter(shape);
        let mut numbers = noise(n, shape.len());
        for lane in 0..lanes {
            for i in 0..n {
                numbers[shape.offset(lane, i, i)] += 2.0;
            }
        }
        if lanes == 5 {
            // Two equal rows, a column of zeros, and no number.
            for col in 0..n {
                numbers[shape.offset(1, 0, col)] = numbers[shape.offset(1, 2, col)];
                numbers[shape.offset(2, col, 1)] = 0.0;
            }
            numbers[shape.offset(3, 1, 1)] = f64::NAN;
        }
        at.extend(numbers);
        let inverse = b.inverse(x).unwrap();
        let determinant = b.determinant(x).unwrap();
        outputs.extend([inverse, determinant]);
        add_gradient(&mut b, inverse, &[x], &mut outputs);
        add_gradient(&mut b, determinant, &[x], &mut outputs);
    }
    let zero = b.parameter(Shape::SCALAR);
    at.push(0.0);
    let matrix = b.reshape(zero, Shape::new(1, 1, 1)).unwrap();
    outputs.push(b.inverse(matrix).unwrap());
    agree(&b, &outputs, &at);
}

#[test]
fn order_statistics_with_ties_gaps_and_no_numbers() {
    let mut b = Builder::new();
    let mut at = Vec::new();
    let mut outputs = Vec::new();
    for (lanes, rows, cols) in [(1, 1, 1), (1, 300, 1), (3, 5, 2)] {
        let shape = Shape::new(lanes, rows, cols);
        let cells = rows * cols;
        let mut numbers = noise(5, shape.len());
        numbers
            .iter_mut()
            .for_each(|x| *x = (*x * 6.0).round() / 2.0);
        numbers[0] = -0.0;
        if cells > 8 {
            numbers[shape.offset(0, 1, 0)] = f64::NEG_INFINITY;
            numbers[shape.offset(0, 2, 0)] = f64::INFINITY;
        }
        if lanes == 3 {
            numbers[shape.offset(2, 3, 1)] = f64::NAN;
        }
        let x = b.parameter(shape);
        at.extend(numbers);
        let some: Vec<f64> = (0..cells)
            .map(|i| f64::from(u8::from(i % 3 != 1)))
            .collect();
        let some = Tensor::new(Shape::new(1, rows, cols), some);
        for k in [0, cells / 2, cells - 1, cells] {
            for present in [None, Some(&some)] {
                let y = b.order_statistic(x, k, present).unwrap();
                outputs.push(y);
                let loss = b.reduce(Reduction::Sum, Axes::ALL, y);
                outputs.extend(b.gradient(loss, &[x]).unwrap());
            }
        }
    }
    agree(&b, &outputs, &at);
}

#[test]
fn recurrences_forwards_and_backwards_of_numbers_and_of_matrices() {
    let mut b = Builder::new();
    let mut outputs = Vec::new();
    let steps = 40;
    let start = b.parameter(Shape::SCALAR);
    let rate = b.parameter(Shape::SCALAR);
    let inputs = b.parameter(Shape::new(steps, 1, 1));
    let state = b.parameter(Shape::new(1, 3, 1));
    let turn = b.parameter(Shape::new(1, 3, 3));
    let pushes = b.parameter(Shape::new(steps, 3, 1));
    let wrt = [start, rate, inputs, state, turn, pushes];
    for reverse in [false, true] {
        let scan = Scan {
            steps,
            reverse,
            init: vec![start],
            sequences: vec![inputs],
            uniforms: vec![rate],
        };
        let states = b.scan(scan, |b, states, elements, uniforms| {
            let kept = b.binary(Binary::Mul, states[0], uniforms[0])?;
            let next = b.binary(Binary::Add, kept, elements[0])?;
            Ok::<_, ShapeError>(vec![b.unary(Unary::Tanh, next)])
        });
        let numbers = states.unwrap()[0];
        let scan = Scan {
            steps,
            reverse,
            init: vec![state],
            sequences: vec![pushes],
            uniforms: vec![turn],
        };
        let states = b.scan(scan, |b, states, elements, uniforms| {
            let turned = b.matmul(uniforms[0], states[0])?;
            let next = b.binary(Binary::Add, turned, elements[0])?;
            let largest = b.reduce(Reduction::Max, Axes::ALL, next);
            let next = b.binary(Binary::Sub, next, largest)?;
            Ok::<_, ShapeError>(vec![b.unary(Unary::Sin, next)])
        });
        let matrices = states.unwrap()[0];
        for states in [numbers, matrices] {
            outputs.push(states);
            add_gradient(&mut b, states, &wrt, &mut outputs);
        }
    }
    let at: Vec<f64> = (0..6)
        .flat_map(|i| noise(i, b.shape(wrt[i]).len()))
        .collect();
    agree(&b, &outputs, &at);
}
