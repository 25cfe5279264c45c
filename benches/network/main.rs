//! One loss and gradient of the lesson's network (10 inputs, 2 rectified
//! units, mean of squared errors): the compiled program against a loop fused
//! by hand over the same columns, in the same run, with one thread and two.
//!
//! `cargo bench --bench network [ROWS...]`; without numbers 712, 100,000,
//! 1,000,000 and 10,000,000 rows, and the lesson's sheet.

mod by_hand;
#[path = "../shared/mod.rs"]
mod shared;

use by_hand::{INPUTS, by_hand};
use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::{Area, Cell, Pos};
use gradsheet::program::{Axes, Binary, Builder, Node, Program, Reduction, Shape, Tensor, Window};
use rayon::ThreadPoolBuilder;
use shared::{alternate, ratio};
use std::hint::black_box;
use std::sync::Arc;

/// Rows of a sheet, column by column, and the column to predict: the same memory
/// for the programs and for the loop.
struct Data {
    rows: usize,
    inputs: Arc<[f64]>,
    target: Arc<[f64]>,
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

/// The table's rows for one number of rows of data.
fn table(rows: usize) {
    let w: [f64; 2 * INPUTS] = std::array::from_fn(|i| ((i * 7919) % 23) as f64 / 40.0 - 0.2);
    let data = Data::new(rows);
    let programs = [("SUMPRODUCT", by_rows(&data)), ("MMULT", by_product(&data))];
    for threads in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads");
        for (name, program) in &programs {
            pool.install(|| {
                let mut workspace = program.workspace();
                let mut theirs = [0.0; 2 * INPUTS];
                let loss = by_hand(&data.inputs, &data.target, &w, &mut theirs, threads);
                program.run(&mut workspace, &w);
                let ours = (1..program.outputs()).flat_map(|i| workspace.output(i));
                let pairs = ours.zip(&theirs).chain([(&workspace.output(0)[0], &loss)]);
                for (a, b) in pairs {
                    assert!((a - b).abs() <= 1e-10 * b.abs().max(1.0), "{a} and {b}");
                }
                let (time, hand) = alternate(
                    || program.run(&mut workspace, black_box(&w)),
                    || {
                        let w = black_box(&w);
                        black_box(by_hand(&data.inputs, &data.target, w, &mut theirs, threads));
                    },
                );
                println!(
                    "| {rows} | {name} | {threads} | {time:.2?} | {hand:.2?} | {:.2} |",
                    ratio(time, hand)
                );
            });
        }
    }
}

/// A sheet of `workbooks/titanic.xlsx`, as gradsheet differentiates it, against
/// the loop over the same columns.
fn sheet() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.xlsx");
    let engine = Engine::new(gradsheet::xlsx::open(path).expect("the example workbook"));
    let book = engine.workbook();
    let area = |text: &str| book.parse_areas(text, book.order()[0]).expect("an area")[0];
    let columns = |text: &str| -> Arc<[f64]> {
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
    let b = by_hand(&data.inputs, &data.target, &w, &mut theirs, 1);
    assert!((a - b).abs() < 1e-12);
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-12));
    let (time, hand) = alternate(
        || {
            black_box(slice.value_and_gradient(black_box(&w), &mut ours));
        },
        || {
            black_box(by_hand(
                &data.inputs,
                &data.target,
                black_box(&w),
                &mut theirs,
                1,
            ));
        },
    );
    println!(
        "| 712 | the nnet sheet | 1 | {time:.2?} | {hand:.2?} | {:.2} |",
        ratio(time, hand)
    );
}

fn main() {
    let rows: Vec<usize> = std::env::args().filter_map(|x| x.parse().ok()).collect();
    println!("| rows | form | threads | gradsheet | by hand | ratio |");
    println!("|---|---|---|---|---|---|");
    if rows.is_empty() {
        sheet();
        [712, 100_000, 1_000_000, 10_000_000]
            .into_iter()
            .for_each(table);
    }
    rows.into_iter().for_each(table);
}
