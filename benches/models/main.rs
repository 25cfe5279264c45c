//! Models that are not the lesson's network, as a user has them: cells and
//! filled formulas, compiled by the engine. One loss and gradient of each
//! against a loop by hand for that model alone, in the same run; and what a
//! gradient costs in evaluations of the loss, with few and many parameters.

mod by_hand;
#[path = "../shared/mod.rs"]
mod shared;

use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::formula;
use gradsheet::grid::{Area, Cell, Pos, Rect, SheetId};
use gradsheet::workbook::{Run, RunKind, Template, Workbook};
use shared::{alternate, ratio};
use std::hint::black_box;

/// A workbook being filled.
struct Sheet {
    book: Workbook,
    id: SheetId,
    state: u64,
}

impl Sheet {
    fn new() -> Self {
        let mut book = Workbook::new();
        let id = book.add_sheet("Sheet1");
        Self {
            book,
            id,
            state: 42,
        }
    }

    /// Pseudorandom numbers of [0, 1).
    fn random(&mut self, count: usize) -> Vec<f64> {
        let mut next = || {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            (self.state >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..count).map(|_| next()).collect()
    }

    fn area(&self, text: &str) -> Area {
        self.book.parse_areas(text, self.id).expect("an area")[0]
    }

    /// Numbers column by column.
    fn numbers(&mut self, area: &str, numbers: &[f64]) {
        let rect = self.area(area).rect;
        let cells = &mut self.book.sheet_mut(self.id).cells;
        for (col, numbers) in (rect.left..).zip(numbers.chunks(rect.rows() as usize)) {
            cells.set_numbers(col, rect.top, numbers);
        }
    }

    /// One formula, filled over an area.
    fn formula(&mut self, area: &str, text: &str) {
        let rect: Rect = self.area(area).rect;
        let tree = formula::parse(text, rect.top_left()).expect("a formula");
        let template = self.book.templates.intern(Template::Formula(tree));
        self.book.sheet_mut(self.id).runs.insert(Run {
            rect,
            template,
            kind: RunKind::Plain,
        });
    }

    fn slice(self, of: &str, wrt: &[&str]) -> Slice {
        let areas: Vec<Area> = wrt.iter().map(|text| self.area(text)).collect();
        let at: Pos = self.area(of).rect.top_left();
        let objective = Cell {
            sheet: self.id,
            pos: at,
        };
        let mut engine = Engine::new(self.book);
        engine.recalculate_all();
        Slice::new(&engine, objective, &areas).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Compares a slice with a loop by hand, which takes and gives the gradient
/// in the slice's order of variables.
fn compare(name: &str, mut slice: Slice, mut hand: impl FnMut(&[f64], &mut [f64]) -> f64) {
    let x = slice.start().to_vec();
    let (mut ours, mut theirs) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let a = slice.value_and_gradient(&x, &mut ours);
    let b = hand(&x, &mut theirs);
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + b.abs());
    assert!(close(a, b), "{name}: {a} and {b}");
    for (a, b) in ours.iter().zip(&theirs) {
        assert!(close(*a, *b), "{name}: {a} and {b}");
    }
    let mut alone = slice.clone();
    let (time, by_hand) = alternate(
        || {
            black_box(slice.value_and_gradient(black_box(&x), &mut ours));
        },
        || {
            black_box(hand(black_box(&x), &mut theirs));
        },
    );
    let (loss, _) = alternate(
        || {
            black_box(alone.value(black_box(&x)));
        },
        || {},
    );
    println!(
        "| {name} | {} | {time:.2?} | {by_hand:.2?} | {:.2} | {loss:.2?} | {:.2} |",
        x.len(),
        ratio(time, by_hand),
        ratio(time, loss)
    );
}

/// 10,000 rows, 8 inputs, 3 classes.
fn softmax() {
    const N: usize = 10_000;
    let mut sheet = Sheet::new();
    let x = sheet.random(N * 8);
    let class: Vec<f64> = sheet.random(N).iter().map(|u| (u * 3.0).floor()).collect();
    let w: Vec<f64> = sheet.random(24).iter().map(|u| u - 0.5).collect();
    sheet.numbers("A2:H10001", &x);
    sheet.numbers("I2:I10001", &class);
    sheet.numbers("T1:AA3", &w);
    for (col, row) in [("J", 1), ("K", 2), ("L", 3)] {
        let text = format!("SUMPRODUCT($A2:$H2,$T${row}:$AA${row})");
        sheet.formula(&format!("{col}2:{col}10001"), &text);
    }
    sheet.formula(
        "M2:M10001",
        "LN(EXP(J2)+EXP(K2)+EXP(L2))-IF(I2=0,J2,IF(I2=1,K2,L2))",
    );
    sheet.formula("N1", "AVERAGE(M2:M10001)");
    let slice = sheet.slice("N1", &["T1:AA3"]);
    compare(
        "softmax regression, 10,000 x 8, 3 classes",
        slice,
        |w, g| by_hand::softmax(&x, &class, w, g),
    );
}

/// 2,000 pairs of 100 vectors of 4 numbers, found by OFFSET.
fn embedding() {
    const N: usize = 2000;
    let mut sheet = Sheet::new();
    let index = |sheet: &mut Sheet| -> Vec<f64> {
        let numbers = sheet.random(N);
        numbers.iter().map(|u| (u * 100.0).floor()).collect()
    };
    let (left, right) = (index(&mut sheet), index(&mut sheet));
    let target = sheet.random(N);
    let vectors: Vec<f64> = sheet.random(400).iter().map(|u| u - 0.5).collect();
    sheet.numbers("A2:A2001", &left);
    sheet.numbers("B2:B2001", &right);
    sheet.numbers("C2:C2001", &target);
    sheet.numbers("H1:K100", &vectors);
    sheet.formula(
        "D2:D2001",
        "SUMPRODUCT(OFFSET($H$1,A2,0,1,4),OFFSET($H$1,B2,0,1,4))",
    );
    sheet.formula("E2:E2001", "(C2-D2)^2");
    sheet.formula("F1", "SUM(E2:E2001)");
    let slice = sheet.slice("F1", &["H1:K100"]);
    compare(
        "embedding through OFFSET, 2,000 pairs of 100 x 4",
        slice,
        |v, g| by_hand::embedding(&left, &right, &target, v, g),
    );
}

/// A loan of 1,000 months with extra payments.
fn recurrence() {
    const STEPS: usize = 1000;
    let mut sheet = Sheet::new();
    let extra = sheet.random(STEPS);
    sheet.numbers("B2:B1001", &extra);
    sheet.numbers("E1:E2", &[0.002, 300.0]);
    sheet.numbers("C1", &[100_000.0]);
    sheet.formula("C2:C1001", "C1+C1*$E$1-($E$2+B2)");
    sheet.formula("F1", "C1001");
    let slice = sheet.slice("F1", &["E1:E2", "B2:B1001"]);
    compare("recurrence of 1,000 steps", slice, by_hand::recurrence);
}

/// A 3 x 3 kernel over 64 x 64 pixels, rectified, squared and summed.
fn convolution() {
    let mut sheet = Sheet::new();
    let image = sheet.random(64 * 64);
    let kernel: Vec<f64> = sheet.random(9).iter().map(|u| u - 0.5).collect();
    sheet.numbers("A1:BL64", &image);
    sheet.numbers("BN1:BP3", &kernel);
    sheet.formula("A101:BJ162", "SUMPRODUCT(A1:C3,$BN$1:$BP$3)");
    sheet.formula("A201:BJ262", "MAX(0,A101)");
    sheet.formula("BN5", "SUMSQ(A201:BJ262)");
    let slice = sheet.slice("BN5", &["BN1:BP3"]);
    compare("convolution 3 x 3 over 64 x 64", slice, |k, g| {
        by_hand::convolution(&image, k, g)
    });
}

/// One layer of hyperbolic tangents: as many parameters as inputs times units.
fn layer(rows: usize, inputs: usize, units: usize) {
    let mut sheet = Sheet::new();
    let x = sheet.random(rows * inputs);
    let y = sheet.random(rows);
    let w: Vec<f64> = sheet
        .random(inputs * units)
        .iter()
        .map(|u| (u - 0.5) / (inputs as f64).sqrt())
        .collect();
    let place = |top: usize, left: usize, rows: usize, cols: usize| {
        let corner = |row: usize, col: usize| {
            let pos = Pos::new(row as u32, col as u32);
            pos.to_string()
        };
        format!(
            "{}:{}",
            corner(top, left),
            corner(top + rows - 1, left + cols - 1)
        )
    };
    let (data, target) = (place(0, 0, rows, inputs), place(0, inputs, rows, 1));
    let weights = place(rows + 1, 0, inputs, units);
    sheet.numbers(&data, &x);
    sheet.numbers(&target, &y);
    sheet.numbers(&weights, &w);
    let of = place(rows + inputs + 2, 0, 1, 1);
    sheet.formula(
        &of,
        &format!("SUMXMY2(MMULT(TANH(MMULT({data},{weights})),SEQUENCE({units},1,1,0)),{target})"),
    );
    let slice = sheet.slice(&of, &[&weights]);
    compare(
        &format!("a layer of {units} tanh units, {rows} x {inputs}"),
        slice,
        |w, g| by_hand::layer(&x, &y, w, units, g),
    );
}

fn main() {
    println!(
        "| model | parameters | gradsheet | by hand | ratio | loss alone | gradient by loss |"
    );
    println!("|---|---|---|---|---|---|---|");
    softmax();
    embedding();
    recurrence();
    convolution();
    layer(1000, 10, 2);
    layer(1000, 200, 100);
}
