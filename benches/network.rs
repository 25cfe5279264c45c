//! One loss and gradient of the lesson's network (10 inputs, 2 rectified
//! units, mean of squared errors): the compiled program against a loop fused
//! by hand over the same columns, in the same run.

use criterion::{Criterion, criterion_group, criterion_main};
use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::{Area, Cell, Pos};
use gradsheet::program::{
    Axes, Binary, Builder, Node, Program, Reduction, Shape, Tensor, Window, Workspace,
};
use std::hint::black_box;
use std::time::{Duration, Instant};

const INPUTS: usize = 10;

/// Rows of a sheet, column by column, and the column to predict.
struct Data {
    rows: usize,
    inputs: Vec<f64>,
    target: Vec<f64>,
}

impl Data {
    fn new(rows: usize) -> Self {
        let mut state = 42u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        Self {
            rows,
            inputs: (0..rows * INPUTS).map(|_| next() - 0.3).collect(),
            target: (0..rows).map(|_| next().round()).collect(),
        }
    }
}

/// As one writes it by hand: every row is read once.
fn by_hand(data: &Data, w: &[f64; 2 * INPUTS], gradient: &mut [f64; 2 * INPUTS]) -> f64 {
    let n = data.rows;
    let columns: [&[f64]; INPUTS] = std::array::from_fn(|j| &data.inputs[j * n..][..n]);
    let scale = -2.0 / n as f64;
    let mut loss = 0.0;
    let mut g = [0.0; 2 * INPUTS];
    for (i, &target) in data.target.iter().enumerate() {
        let row: [f64; INPUTS] = std::array::from_fn(|j| columns[j][i]);
        let (mut a, mut b) = (0.0, 0.0);
        for j in 0..INPUTS {
            a += row[j] * w[j];
            b += row[j] * w[INPUTS + j];
        }
        let left = if a < 0.0 { 0.0 } else { a };
        let right = if b < 0.0 { 0.0 } else { b };
        let error = target - (left + right);
        loss += error * error;
        let adjoint = scale * error;
        let da = if a < 0.0 { 0.0 } else { adjoint };
        let db = if b < 0.0 { 0.0 } else { adjoint };
        for j in 0..INPUTS {
            g[j] += da * row[j];
            g[INPUTS + j] += db * row[j];
        }
    }
    *gradient = g;
    loss / n as f64
}

fn rectified(b: &mut Builder, x: Node) -> Node {
    let zero = b.scalar(0.0);
    let negative = b.binary(Binary::Less, x, zero).expect("a number");
    b.select(negative, zero, x).expect("a number")
}

/// The sheet's form: a SUMPRODUCT a unit and row.
fn by_rows(data: &Data) -> Program {
    let mut b = Builder::new();
    let n = data.rows;
    let sheet = b.constant(Tensor::new(Shape::new(1, n, INPUTS), data.inputs.clone()));
    let lanes = Window {
        lane_rows: n,
        lane_cols: 1,
        top: 0,
        left: 0,
        rows: 1,
        cols: INPUTS,
        row_step: 1,
        col_step: 1,
    };
    let x = b.window(sheet, lanes).expect("it covers the sheet");
    let mut weights = Vec::new();
    let mut units = Vec::new();
    for _ in 0..2 {
        let w = b.parameter(Shape::new(1, 1, INPUTS));
        let products = b.binary(Binary::Mul, x, w).expect("a row");
        let unit = b.reduce(Reduction::Sum, Axes::CELLS, products);
        units.push(rectified(&mut b, unit));
        weights.push(w);
    }
    let prediction = b.binary(Binary::Add, units[0], units[1]).expect("columns");
    let target = b.constant(Tensor::new(Shape::new(n, 1, 1), data.target.clone()));
    finish(&mut b, target, prediction, &weights)
}

/// The form of one MMULT.
fn by_product(data: &Data) -> Program {
    let mut b = Builder::new();
    let n = data.rows;
    let x = b.constant(Tensor::new(Shape::new(1, n, INPUTS), data.inputs.clone()));
    let w = b.parameter(Shape::new(1, INPUTS, 2));
    let units = b.matmul(x, w).expect("a product");
    let units = rectified(&mut b, units);
    let prediction = b.reduce(Reduction::Sum, Axes::COLS, units);
    let target = b.constant(Tensor::new(Shape::new(1, n, 1), data.target.clone()));
    finish(&mut b, target, prediction, &[w])
}

fn finish(b: &mut Builder, target: Node, prediction: Node, weights: &[Node]) -> Program {
    let error = b.binary(Binary::Sub, target, prediction).expect("columns");
    let two = b.scalar(2.0);
    let squared = b.binary(Binary::Pow, error, two).expect("a column");
    let total = b.reduce(Reduction::Sum, Axes::ALL, squared);
    let rows = b.shape(target).len();
    let count = b.scalar(rows as f64);
    let loss = b.binary(Binary::Div, total, count).expect("numbers");
    let mut outputs = vec![loss];
    outputs.extend(b.gradient(loss, weights).expect("it has one"));
    Program::new(b, &outputs)
}

/// The shortest of many runs.
fn best(mut run: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    while begin.elapsed() < Duration::from_millis(600) {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    best
}

fn check(program: &Program, workspace: &mut Workspace, data: &Data, w: &[f64; 2 * INPUTS]) {
    let mut gradient = [0.0; 2 * INPUTS];
    let loss = by_hand(data, w, &mut gradient);
    program.run(workspace, w);
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-10 * a.abs().max(1.0);
    assert!(close(loss, workspace.output(0)[0]));
    let got = (1..program.outputs()).flat_map(|i| workspace.output(i));
    for (a, b) in gradient.iter().zip(got) {
        assert!(close(*a, *b), "{a} and {b}");
    }
}

fn network(c: &mut Criterion) {
    let w: [f64; 2 * INPUTS] = std::array::from_fn(|i| ((i * 7919) % 23) as f64 / 40.0 - 0.2);
    for rows in [712, 100_000] {
        let data = Data::new(rows);
        let mut gradient = [0.0; 2 * INPUTS];
        let mut group = c.benchmark_group(format!("network of {rows} rows"));
        group.sample_size(50);
        let hand = best(|| {
            black_box(by_hand(&data, black_box(&w), &mut gradient));
        });
        group.bench_function("by hand", |b| {
            b.iter(|| by_hand(&data, black_box(&w), &mut gradient));
        });
        for (name, program) in [("SUMPRODUCT", by_rows(&data)), ("MMULT", by_product(&data))] {
            let mut workspace = program.workspace();
            check(&program, &mut workspace, &data, &w);
            let time = best(|| program.run(&mut workspace, black_box(&w)));
            println!(
                "{rows} rows, {name}: {time:?}, by hand {hand:?}, ratio {:.2}",
                time.as_secs_f64() / hand.as_secs_f64()
            );
            group.bench_function(name, |b| {
                b.iter(|| program.run(&mut workspace, black_box(&w)));
            });
        }
        group.finish();
    }
}

/// A sheet of `workbooks/titanic.xlsx`, as gradsheet differentiates it, against
/// the loop over the same columns.
fn sheet(c: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.xlsx");
    let engine = Engine::new(gradsheet::xlsx::open(path).expect("the example workbook"));
    let book = engine.workbook();
    let area = |text: &str| book.parse_areas(text, book.order()[0]).expect("an area")[0];
    let columns = |text: &str| -> Vec<f64> {
        let Area { sheet, rect } = area(text);
        let cells = &book.sheet(sheet).cells;
        let rows = |col| (rect.top..=rect.bottom).map(move |row| Pos::new(row, col));
        (rect.left..=rect.right)
            .flat_map(rows)
            .map(|at| cells.number(at).expect("a number"))
            .collect()
    };
    let data = Data {
        rows: 712,
        inputs: columns("nnet!G4:P715"),
        target: columns("nnet!A4:A715"),
    };
    let Area { sheet, rect } = area("nnet!AH1");
    let objective = Cell {
        sheet,
        pos: rect.top_left(),
    };
    let mut slice =
        Slice::new(&engine, objective, &[area("nnet!R4:AA5")]).expect("it has a gradient");
    let w: [f64; 2 * INPUTS] = slice.start().try_into().expect("twenty parameters");
    let (mut ours, mut theirs) = ([0.0; 2 * INPUTS], [0.0; 2 * INPUTS]);
    let a = slice.value_and_gradient(&w, &mut ours);
    let b = by_hand(&data, &w, &mut theirs);
    assert!((a - b).abs() < 1e-12);
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-12));
    let time = best(|| {
        black_box(slice.value_and_gradient(black_box(&w), &mut ours));
    });
    let hand = best(|| {
        black_box(by_hand(&data, black_box(&w), &mut theirs));
    });
    let alone = best(|| {
        black_box(slice.value(black_box(&w)));
    });
    println!(
        "the nnet sheet: {time:?}, by hand {hand:?}, ratio {:.2}; the loss alone {alone:?}, \
         a gradient is {:.2} of it",
        time.as_secs_f64() / hand.as_secs_f64(),
        time.as_secs_f64() / alone.as_secs_f64()
    );
    let mut group = c.benchmark_group("the nnet sheet");
    group.bench_function("gradient", |b| {
        b.iter(|| slice.value_and_gradient(black_box(&w), &mut ours));
    });
    group.bench_function("by hand", |b| {
        b.iter(|| by_hand(&data, black_box(&w), &mut theirs));
    });
    group.finish();
}

criterion_group!(benches, network, sheet);
criterion_main!(benches);
