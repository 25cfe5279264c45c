use super::*;
use crate::program::cpu::InstructionSet;
use crate::program::{Binary, Window};

/// The lesson's network, as its sheet writes it: a run of SUMPRODUCTs a unit,
/// IF(x<0,0,x), their sum, squared errors, AVERAGE. Returns the loss and the
/// two rows of weights.
pub(crate) fn by_rows(b: &mut Builder, data: &Tensor, target: &Tensor) -> (Node, Vec<Node>) {
    let (rows, cols) = (data.shape.rows, data.shape.cols);
    let sheet = b.constant(data.clone());
    let lanes = Window {
        lane_rows: rows,
        lane_cols: 1,
        top: 0,
        left: 0,
        rows: 1,
        cols,
        row_step: 1,
        col_step: 1,
    };
    let x = b.window(sheet, lanes).unwrap();
    let zero = b.scalar(0.0);
    let weights: Vec<Node> = (0..2)
        .map(|_| b.parameter(Shape::new(1, 1, cols)))
        .collect();
    let mut prediction = zero;
    for &w in &weights {
        let products = b.binary(Binary::Mul, x, w).unwrap();
        let unit = b.reduce(Reduction::Sum, Axes::CELLS, products);
        let negative = b.binary(Binary::Less, unit, zero).unwrap();
        let unit = b.select(negative, zero, unit).unwrap();
        prediction = b.binary(Binary::Add, prediction, unit).unwrap();
    }
    let target = b.constant(target.clone());
    let target = b.window(target, Window { cols: 1, ..lanes }).unwrap();
    let error = b.binary(Binary::Sub, target, prediction).unwrap();
    let two = b.scalar(2.0);
    let squared = b.binary(Binary::Pow, error, two).unwrap();
    let column = b.reshape(squared, Shape::new(1, rows, 1)).unwrap();
    let total = b.reduce(Reduction::Sum, Axes::CELLS, column);
    let count = b.scalar(rows as f64);
    (b.binary(Binary::Div, total, count).unwrap(), weights)
}

/// The same with one MMULT.
pub(crate) fn by_product(b: &mut Builder, data: &Tensor, target: &Tensor) -> (Node, Vec<Node>) {
    let (rows, cols) = (data.shape.rows, data.shape.cols);
    let x = b.constant(data.clone());
    let w = b.parameter(Shape::new(1, cols, 2));
    let units = b.matmul(x, w).unwrap();
    let zero = b.scalar(0.0);
    let negative = b.binary(Binary::Less, units, zero).unwrap();
    let units = b.select(negative, zero, units).unwrap();
    let prediction = b.reduce(Reduction::Sum, Axes::COLS, units);
    let target = b.constant(target.clone());
    let error = b.binary(Binary::Sub, target, prediction).unwrap();
    let squared = b.binary(Binary::Mul, error, error).unwrap();
    let total = b.reduce(Reduction::Sum, Axes::ALL, squared);
    let count = b.scalar(rows as f64);
    (b.binary(Binary::Div, total, count).unwrap(), vec![w])
}

fn by_hand(data: &Tensor, target: &Tensor, w: &[f64]) -> (f64, Vec<f64>) {
    let (rows, cols) = (data.shape.rows, data.shape.cols);
    let mut loss = 0.0;
    let mut gradient = vec![0.0; w.len()];
    for i in 0..rows {
        let row: Vec<f64> = (0..cols).map(|j| data.get(0, i, j)).collect();
        let unit = |w: &[f64]| row.iter().zip(w).map(|(x, w)| x * w).sum::<f64>();
        let units = [unit(&w[..cols]), unit(&w[cols..])];
        let error = target.data[i] - units[0].max(0.0) - units[1].max(0.0);
        loss += error * error;
        for (u, unit) in units.into_iter().enumerate() {
            if unit >= 0.0 {
                for j in 0..cols {
                    gradient[u * cols + j] -= 2.0 * error * row[j] / rows as f64;
                }
            }
        }
    }
    (loss / rows as f64, gradient)
}

#[test]
fn both_forms_of_the_lessons_network_have_the_gradient_of_the_closed_form() {
    for rows in [1, 2, 7, 712, 1024, 5000] {
        let data = noise_tensor(1, Shape::new(1, rows, 10));
        let target = noise_tensor(2, Shape::new(1, rows, 1));
        let w = noise(3, 20);
        let (loss, gradient) = by_hand(&data, &target, &w);
        for form in [by_rows, by_product] {
            let mut b = Builder::new();
            let (y, weights) = form(&mut b, &data, &target);
            let mut outputs = vec![y];
            outputs.extend(b.gradient(y, &weights).unwrap());
            let got = run(&b, &outputs, &w);
            assert!(close(got[0][0], loss, 1e-13));
            assert_close(&got[1..].concat(), &gradient, 1e-13);
        }
    }
}

#[test]
fn softmax_with_cross_entropy() {
    let mut b = Builder::new();
    let (rows, classes) = (6, 4);
    let x = b.constant(noise_tensor(1, Shape::new(1, rows, 3)));
    let w = b.parameter(Shape::new(1, 3, classes));
    let logits = b.matmul(x, w).unwrap();
    let highest = b.reduce(Reduction::Max, Axes::COLS, logits);
    let shifted = b.binary(Binary::Sub, logits, highest).unwrap();
    let exponentials = b.unary(crate::program::Unary::Exp, shifted);
    let total = b.reduce(Reduction::Sum, Axes::COLS, exponentials);
    let probability = b.binary(Binary::Div, exponentials, total).unwrap();
    let log = b.unary(crate::program::Unary::Ln, probability);
    check_gradient(&mut b, log, &[w], &noise(5, 12), 1e-7);
}

#[test]
fn embeddings_looked_up_by_constant_positions() {
    let mut b = Builder::new();
    let (users, movies, factors) = (5, 4, 3);
    let user = b.parameter(Shape::new(1, users, factors));
    let movie = b.parameter(Shape::new(1, movies, factors));
    let lookup = |rows: &[u32], height: u32| -> std::sync::Arc<[u32]> {
        (0..factors as u32)
            .flat_map(|col| rows.iter().map(move |row| col * height + row))
            .collect()
    };
    let u = lookup(&[0, 4, 2, 2, 1, 3], users as u32);
    let m = lookup(&[3, 3, 0, 1, 2, 0], movies as u32);
    let shape = Shape::new(6, 1, factors);
    let u = b.gather(user, u, shape).unwrap();
    let m = b.gather(movie, m, shape).unwrap();
    let product = b.binary(Binary::Mul, u, m).unwrap();
    let rating = b.reduce(Reduction::Sum, Axes::CELLS, product);
    let at = noise(7, (users + movies) * factors);
    check_gradient(&mut b, rating, &[user, movie], &at, 1e-7);
}

#[test]
fn a_convolution_with_its_kernel_among_the_parameters() {
    let mut b = Builder::new();
    let image = b.parameter(Shape::new(1, 7, 6));
    let kernel = b.parameter(Shape::new(1, 3, 3));
    let patches = b
        .window(
            image,
            Window {
                lane_rows: 5,
                lane_cols: 4,
                top: 0,
                left: 0,
                rows: 3,
                cols: 3,
                row_step: 1,
                col_step: 1,
            },
        )
        .unwrap();
    let products = b.binary(Binary::Mul, patches, kernel).unwrap();
    let convolved = b.reduce(Reduction::Sum, Axes::CELLS, products);
    let zero = b.scalar(0.0);
    let active = b.binary(Binary::Max, convolved, zero).unwrap();
    let at = noise(7, 42 + 9);
    check_gradient(&mut b, active, &[image, kernel], &at, 1e-7);
}

#[test]
fn a_network_is_one_pass_over_its_data() {
    let rows = 712;
    let data = noise_tensor(1, Shape::new(1, rows, 10));
    let target = noise_tensor(2, Shape::new(1, rows, 1));
    for form in [by_rows, by_product] {
        let mut b = Builder::new();
        let (loss, weights) = form(&mut b, &data, &target);
        let mut outputs = vec![loss];
        outputs.extend(b.gradient(loss, &weights).unwrap());
        let program = Program::new(&b, &outputs);
        let text = program.explain();
        assert_eq!(
            text.matches("kernel over 712 lanes, 11 columns read, 0 kept")
                .count(),
            1,
            "{text}"
        );
        assert!(program.cost().bytes < 8 * 12 * rows as u64, "{text}");
    }
}

/// How a program is made.
type Make = fn(&Builder, &[Node]) -> Program;

/// The outputs of both forms on so many threads.
fn on_threads(rows: usize, threads: usize, make: Make, set: InstructionSet) -> Vec<f64> {
    let data = noise_tensor(1, Shape::new(1, rows, 10));
    let target = noise_tensor(2, Shape::new(1, rows, 1));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(|| {
        let mut all = Vec::new();
        for form in [by_rows, by_product] {
            let mut b = Builder::new();
            let (loss, weights) = form(&mut b, &data, &target);
            let mut outputs = vec![loss];
            outputs.extend(b.gradient(loss, &weights).unwrap());
            // A column that is kept, too: the parts of it that threads write.
            let parameters = b.parameters().to_vec();
            let squares = b.binary(Binary::Mul, parameters[0], parameters[0]).unwrap();
            outputs.push(squares);
            let program = make(&b, &outputs);
            let mut workspace = program.workspace();
            workspace.use_instructions(set);
            for _ in 0..2 {
                program.run(&mut workspace, &noise(3, 20));
            }
            (0..outputs.len()).for_each(|i| all.extend_from_slice(workspace.output(i)));
        }
        all
    })
}

#[test]
fn one_two_and_seven_threads_compute_the_same() {
    // The last task and the last block are shorter, and no multiple of a vector.
    let rows = 100_003;
    for make in [Program::new as Make, Program::interpreted] {
        let bits = |threads| -> Vec<u64> {
            let outputs = on_threads(rows, threads, make, InstructionSet::best());
            outputs.iter().map(|x| x.to_bits()).collect()
        };
        let one = bits(1);
        assert_eq!(one, bits(2));
        assert_eq!(one, bits(7));
    }
}

#[test]
fn machine_code_and_instruction_sets_differ_by_rounding_alone() {
    for rows in [1, 2, 3, 15, 16, 17, 255, 257, 712, 5001] {
        let compiled = on_threads(rows, 1, Program::new, InstructionSet::best());
        let best = on_threads(rows, 1, Program::interpreted, InstructionSet::best());
        let portable = on_threads(rows, 1, Program::interpreted, InstructionSet::Portable);
        for ((a, b), c) in compiled.iter().zip(&best).zip(&portable) {
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-13 * (1.0 + b.abs());
            assert!(close(*a, *b) && close(*b, *c), "{rows} rows: {a}, {b}, {c}");
        }
    }
}

/// Forty columns that lead to one sum: too many to hold eight vectors of each.
#[test]
fn kernels_of_many_columns_are_compiled_too() {
    let mut b = Builder::new();
    let rows = Shape::new(1000, 1, 1);
    let x = b.constant(noise_tensor(1, rows));
    let strikes: Vec<Node> = (0..40).map(|_| b.parameter(Shape::SCALAR)).collect();
    let mut total = b.scalar(0.0);
    for &strike in &strikes {
        let zero = b.scalar(0.0);
        let paid = b.binary(Binary::Sub, x, strike).unwrap();
        let paid = b.binary(Binary::Max, paid, zero).unwrap();
        let weighted = b.binary(Binary::Mul, paid, x).unwrap();
        let sum = sum(&mut b, weighted);
        total = b.binary(Binary::Add, total, sum).unwrap();
    }
    let mut outputs = vec![total];
    outputs.extend(b.gradient(total, &strikes).unwrap());
    let text = Program::new(&b, &outputs).explain();
    let compiled = text.contains("machine code");
    #[cfg(target_arch = "x86_64")]
    assert_eq!(
        compiled,
        InstructionSet::best() == InstructionSet::Avx2,
        "{text}"
    );
    #[cfg(not(target_arch = "x86_64"))]
    assert!(!compiled, "{text}");
    run(&b, &outputs, &noise(5, 40));
}
