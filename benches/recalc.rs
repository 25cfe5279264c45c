//! Recalculation, against loops written by hand over the same columns, in the
//! same run: the lesson's network of 712 and of 100,000 rows, 20,000 lookups
//! in 20,000 rows, and 100,000 formulas that have nothing in common.

mod shared;

use criterion::{Criterion, criterion_group, criterion_main};
use gradsheet::engine::{Engine, Graph};
use gradsheet::formula;
use gradsheet::grid::{Area, Cell, Pos, Rect, SheetId};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Run, RunKind, Template, Transaction, Workbook};
use gradsheet::xlsx;
use shared::{best, print_ratio};
use std::collections::HashMap;
use std::hint::black_box;

/// The first passenger's row, and how many there are.
const FIRST: u32 = 3;
const PASSENGERS: u32 = 712;
/// The numbers in the table: `Survived`, `Pclass`, and from `Age` to `Parch`.
const SURVIVED: u32 = 0;
const CLASS: u32 = 2;
const AGE: u32 = 4;
const FARE: u32 = 5;
/// The ten inputs of the network.
const INPUTS: std::ops::Range<u32> = 6..16;
/// The first column of the parameters, and their rows.
const WEIGHTS: u32 = 17;
const UNITS: [u32; 2] = [3, 4];
const LOSS: Pos = Pos::new(0, 33);

/// The sheet `nnet` of `workbooks/titanic.xlsx` alone, its passengers repeated
/// up to `rows`.
fn network(rows: u32) -> Engine {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.xlsx");
    let mut book = xlsx::open(path).expect("the example workbook");
    let id = book.sheet_named("nnet").expect("its sheet");
    let last = FIRST + rows - 1;
    for mut table in std::mem::take(&mut book.tables).iter().cloned() {
        if table.area.sheet == id {
            table.area.rect.bottom = last;
        }
        book.tables.push(table);
    }
    let sheet = book.sheet_mut(id);
    for col in 0..16 {
        for row in FIRST + PASSENGERS..=last {
            let from = Pos::new(FIRST + (row - FIRST) % PASSENGERS, col);
            let value = sheet.cells.get(from);
            sheet.cells.set(Pos::new(row, col), value);
        }
    }
    let filled: Vec<_> = sheet
        .runs
        .iter()
        .filter(|(_, run)| run.rect.top == FIRST && run.rect.rows() == PASSENGERS)
        .map(|(id, run)| (id, run.clone()))
        .collect();
    for (run_id, run) in filled {
        sheet.runs.remove(run_id);
        let rect = Rect {
            bottom: last,
            ..run.rect
        };
        sheet.runs.insert(Run { rect, ..run });
    }
    let mut engine = Engine::new(book);
    let others = engine
        .workbook()
        .order()
        .iter()
        .filter(|&&other| other != id);
    let others = others.map(|&sheet| Edit::RemoveSheet { sheet }).collect();
    engine
        .apply(&Transaction::new("One sheet", others))
        .expect("sheets to remove");
    let mean = format!("=AVERAGE(AH4:AH{})", last + 1);
    engine
        .enter(
            Cell {
                sheet: id,
                pos: LOSS,
            },
            &mean,
        )
        .expect("a formula");
    engine
}

/// The columns that formulas read, and those that they fill.
struct ByHand {
    survived: Vec<f64>,
    class: Vec<f64>,
    age: Vec<f64>,
    fare: Vec<f64>,
    male: Vec<bool>,
    port: Vec<u8>,
    inputs: [Vec<f64>; 10],
    weights: [[f64; 10]; 2],
    units: [Vec<f64>; 2],
    rectified: [Vec<f64>; 2],
    prediction: Vec<f64>,
    error: Vec<f64>,
}

impl ByHand {
    fn new(engine: &Engine, rows: u32) -> Self {
        let cells = &engine.workbook().sheet(engine.workbook().order()[0]).cells;
        let last = FIRST + rows - 1;
        let column = |col| {
            let numbers = cells.numbers(col, FIRST, last).expect("numbers");
            numbers.into_owned()
        };
        let texts = |col| {
            (FIRST..=last).map(move |row| match cells.get(Pos::new(row, col)) {
                Value::Text(text) => text,
                other => panic!("{other:?} is no text"),
            })
        };
        let blank = || vec![0.0; rows as usize];
        Self {
            survived: column(SURVIVED),
            class: column(CLASS),
            age: column(AGE),
            fare: column(FARE),
            male: texts(3).map(|text| &*text == "male").collect(),
            port: texts(1).map(|text| text.as_bytes()[0]).collect(),
            inputs: std::array::from_fn(|i| column(INPUTS.start + i as u32)),
            weights: UNITS.map(|row| {
                std::array::from_fn(|i| {
                    let at = Pos::new(row, WEIGHTS + i as u32);
                    cells.number(at).expect("a parameter")
                })
            }),
            units: [blank(), blank()],
            rectified: [blank(), blank()],
            prediction: blank(),
            error: blank(),
        }
    }

    /// Every formula of the sheet, column by column.
    fn all(&mut self) -> f64 {
        let oldest = self.age.iter().fold(f64::MIN, |a, &b| a.max(b));
        let dearest = self.fare.iter().fold(f64::MIN, |a, &b| a.max(b));
        black_box(dearest);
        let flag = |holds: bool| f64::from(u8::from(holds));
        for row in 0..self.survived.len() {
            self.inputs[2][row] = self.age[row] / oldest;
            self.inputs[3][row] = (self.fare[row] + 1.0).log10();
            self.inputs[4][row] = flag(self.class[row] == 1.0);
            self.inputs[5][row] = flag(self.class[row] == 2.0);
            self.inputs[6][row] = flag(self.port[row] == b'S');
            self.inputs[7][row] = flag(self.port[row] == b'C');
            self.inputs[8][row] = flag(self.male[row]);
        }
        self.unit(1);
        self.after_edit()
    }

    fn unit(&mut self, unit: usize) {
        let weights = self.weights[unit];
        for row in 0..self.survived.len() {
            let terms = self.inputs.iter().zip(weights);
            self.units[unit][row] = terms.map(|(input, w)| input[row] * w).sum();
        }
        for (to, &from) in self.rectified[unit].iter_mut().zip(&self.units[unit]) {
            *to = if from < 0.0 { 0.0 } else { from };
        }
    }

    /// What depends on a parameter of the first unit.
    fn after_edit(&mut self) -> f64 {
        self.unit(0);
        let [a, b] = &self.rectified;
        for (to, (a, b)) in self.prediction.iter_mut().zip(a.iter().zip(b)) {
            *to = a + b;
        }
        let pairs = self.survived.iter().zip(&self.prediction);
        for (to, (truth, guess)) in self.error.iter_mut().zip(pairs) {
            *to = (truth - guess) * (truth - guess);
        }
        self.error.iter().sum::<f64>() / self.error.len() as f64
    }
}

fn networks(c: &mut Criterion) {
    for rows in [PASSENGERS, 100_000] {
        let mut engine = network(rows);
        let sheet = engine.workbook().order()[0];
        let weight = Cell {
            sheet,
            pos: Pos::new(UNITS[0], WEIGHTS),
        };
        engine.recalculate_all();
        let mut hand = ByHand::new(&engine, rows);
        let loss = |engine: &Engine| match engine.value(Cell { sheet, pos: LOSS }) {
            Value::Number(x) => x,
            other => panic!("the loss is {other:?}"),
        };
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-10 * a.abs();
        assert!(close(loss(&engine), hand.all()));
        let time = best(|| {
            black_box(engine.recalculate_all());
        });
        let yard = best(|| {
            black_box(hand.all());
        });
        print_ratio(&format!("recalculate {rows} rows"), time, "by hand", yard);
        let source = hand.inputs.concat();
        let mut target = source.clone();
        let copy = best(|| black_box(&mut target).copy_from_slice(black_box(&source)));
        println!("copying the ten inputs of {rows} rows: {copy:.1?}");

        let mut step = 0.0;
        let mut edit = |engine: &mut Engine| {
            step = 1.0 - step;
            let area = Area {
                sheet,
                rect: Rect::cell(weight.pos),
            };
            let values = vec![Value::Number(step)];
            let transaction = Transaction::new("Edit", vec![Edit::SetValues { area, values }]);
            engine.apply(&transaction).expect("an edit")
        };
        edit(&mut engine);
        let time = best(|| {
            black_box(edit(&mut engine));
        });
        hand.weights[0][0] = engine
            .workbook()
            .sheet(sheet)
            .cells
            .number(weight.pos)
            .expect("a number");
        let yard = best(|| {
            black_box(hand.after_edit());
        });
        assert!(close(loss(&engine), hand.after_edit()));
        print_ratio(
            &format!("edit a parameter of {rows} rows"),
            time,
            "by hand",
            yard,
        );

        let mut group = c.benchmark_group(format!("network of {rows} rows"));
        group.sample_size(10);
        group.bench_function("recalculate", |b| b.iter(|| engine.recalculate_all()));
        group.bench_function("edit a parameter", |b| b.iter(|| edit(&mut engine)));
        group.bench_function("by hand", |b| b.iter(|| hand.all()));
        group.finish();
    }
}

/// A workbook of one sheet, and the number of it.
fn blank_book() -> (Workbook, SheetId) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    (book, sheet)
}

fn put_run(book: &mut Workbook, sheet: SheetId, rect: Rect, text: &str) {
    let tree = formula::parse(text, rect.top_left()).expect("a formula");
    let template = book.templates.intern(Template::Formula(tree));
    book.sheet_mut(sheet).runs.insert(Run {
        rect,
        template,
        kind: RunKind::Plain,
    });
}

/// A hash table of the keys, built anew as after an edit, and a look for each.
fn look_up(keys: &[f64], values: &[f64], wanted: &[f64], found: &mut [f64]) {
    let mut rows: HashMap<u64, usize> = HashMap::with_capacity(keys.len());
    for (row, key) in keys.iter().enumerate() {
        rows.entry(key.to_bits()).or_insert(row);
    }
    for (to, key) in found.iter_mut().zip(wanted) {
        *to = rows
            .get(&key.to_bits())
            .map_or(f64::NAN, |&row| values[row]);
    }
}

fn lookups(c: &mut Criterion) {
    const N: u32 = 20_000;
    let (mut book, sheet) = blank_book();
    let keys: Vec<f64> = (0..N).map(|i| f64::from(i * 7919 % N)).collect();
    let values: Vec<f64> = (0..N).map(|i| f64::from(i) / 3.0).collect();
    let wanted: Vec<f64> = (0..N).map(f64::from).collect();
    let cells = &mut book.sheet_mut(sheet).cells;
    for (col, numbers) in [(0, &keys), (1, &values), (2, &wanted)] {
        cells.set_numbers(col, 0, numbers);
    }
    let rect = Rect::new(Pos::new(0, 3), Pos::new(N - 1, 3));
    put_run(
        &mut book,
        sheet,
        rect,
        &format!("VLOOKUP(C1,$A$1:$B${N},2,FALSE)"),
    );
    let mut engine = Engine::new(book);
    engine.recalculate_all();
    let mut found = vec![0.0; N as usize];
    look_up(&keys, &values, &wanted, &mut found);
    let got = &engine.workbook().sheet(sheet).cells;
    assert_eq!(got.numbers(3, 0, N - 1).as_deref(), Some(&found[..]));
    let time = best(|| {
        black_box(engine.recalculate_all());
    });
    let yard = best(|| look_up(&keys, &values, black_box(&wanted), &mut found));
    print_ratio("20,000 VLOOKUPs in 20,000 rows", time, "by hand", yard);
    let mut group = c.benchmark_group("20,000 VLOOKUPs in 20,000 rows");
    group.sample_size(10);
    group.bench_function("recalculate", |b| b.iter(|| engine.recalculate_all()));
    group.finish();
}

/// Formulas of which no two are the same: each a run of its own.
fn distinct(c: &mut Criterion) {
    const N: u32 = 100_000;
    let (mut book, sheet) = blank_book();
    let numbers: Vec<f64> = (0..N).map(f64::from).collect();
    book.sheet_mut(sheet).cells.set_numbers(0, 0, &numbers);
    for row in 0..N {
        let rect = Rect::cell(Pos::new(row, 1));
        put_run(&mut book, sheet, rect, &format!("A{}*{}", row + 1, row + 2));
    }
    let graph = best(|| {
        black_box(Graph::new(&book));
    });
    let mut engine = Engine::new(book);
    let time = best(|| {
        black_box(engine.recalculate_all());
    });
    let mut products = numbers.clone();
    let yard = best(|| {
        for (row, (to, x)) in products.iter_mut().zip(&numbers).enumerate() {
            *to = x * (row + 2) as f64;
        }
        black_box(&mut products);
    });
    let cells = &engine.workbook().sheet(sheet).cells;
    assert_eq!(cells.numbers(1, 0, N - 1).as_deref(), Some(&products[..]));
    print_ratio(
        "graph of 100,000 formulas, built and dropped",
        graph,
        "by hand",
        yard,
    );
    print_ratio("recalculate 100,000 formulas", time, "by hand", yard);
    let mut group = c.benchmark_group("100,000 formulas");
    group.sample_size(10);
    group.bench_function("recalculate", |b| b.iter(|| engine.recalculate_all()));
    group.finish();
}

criterion_group!(benches, networks, lookups, distinct);
criterion_main!(benches);
