//! Loading and recalculating the same xlsx bytes here and in Formualizer's `ephemeral` mode,
//! in one run: `cargo run --release --manifest-path benches/peers/Cargo.toml`.
//!
//! Each of some rounds loads the file anew in both, calculates every formula, then
//! edits one cell a few times and calculates what depends on it. The least
//! times are printed, in milliseconds. Both must give the same values.
//!
//! An argument chooses the sheets whose names hold it. One sheet, of which a
//! round takes the peer many minutes, is run only where its name is given whole.

mod models;

use formualizer::common::LiteralValue;
use formualizer::workbook::{CalamineAdapter, SpreadsheetReader};
use formualizer::{LoadStrategy, Workbook as Peer, WorkbookConfig};
use gradsheet::engine::Engine;
use gradsheet::grid::{Area, Cell, Pos, Rect, SheetId};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Transaction};
use gradsheet::xlsx;
use models::Model;
use std::time::{Duration, Instant};

/// What is added to the cell's number in each edit.
const STEPS: [f64; 4] = [3.0, 2.0, 1.0, 0.0];
const SHEET: &str = "Sheet1";

/// Load, full calculation, calculation after an edit.
#[derive(Clone, Copy)]
struct Times([Duration; 3]);

impl Times {
    const NONE: Self = Self([Duration::MAX; 3]);

    fn milliseconds(self) -> [f64; 3] {
        self.0.map(|time| time.as_secs_f64() * 1e3)
    }

    fn least(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].min(other.0[i])))
    }
}

fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = run();
    (result, start.elapsed())
}

/// The values of the model's last row of formulas.
type Row = Vec<Value>;

fn ours(model: &Model, bytes: &[u8]) -> (Times, [Row; 2]) {
    let (mut engine, load) =
        timed(|| Engine::new(xlsx::open_bytes(bytes.to_vec()).expect("a workbook")));
    let (_, full) = timed(|| engine.recalculate_all());
    let row = |engine: &Engine| {
        let value = |pos| {
            let sheet = SheetId(0);
            engine.value(Cell { sheet, pos })
        };
        model.watched().map(value).collect()
    };
    let before = row(&engine);
    let (pos, x) = model.edit;
    let edit = STEPS[..model.edits()].iter().map(|step| {
        let edit = Edit::SetValues {
            area: Area {
                sheet: SheetId(0),
                rect: Rect::cell(pos),
            },
            values: vec![Value::Number(x + step)],
        };
        let edit = Transaction::new("Edit", vec![edit]);
        timed(|| engine.apply(&edit).expect("an edit")).1
    });
    let edit = edit.min().unwrap_or_default();
    (Times([load, full, edit]), [before, row(&engine)])
}

fn formualizer(model: &Model, bytes: &[u8]) -> (Times, [Row; 2]) {
    let (mut peer, load) = timed(|| {
        let file = CalamineAdapter::open_bytes(bytes.to_vec()).expect("a file");
        let config = WorkbookConfig::ephemeral();
        Peer::from_reader(file, LoadStrategy::EagerAll, config).expect("a workbook")
    });
    let (_, full) = timed(|| peer.evaluate_all().expect("a calculation"));
    let row = |peer: &Peer| {
        let value = |at: Pos| value_of(peer.get_value(SHEET, at.row + 1, at.col + 1));
        model.watched().map(value).collect()
    };
    let before = row(&peer);
    let (at, x) = model.edit;
    let edit = STEPS[..model.edits()].iter().map(|step| {
        let edit = || {
            let x = LiteralValue::Number(x + step);
            let set = peer.set_value(SHEET, at.row + 1, at.col + 1, x);
            set.expect("an edit");
            peer.evaluate_all().expect("a calculation")
        };
        timed(edit).1
    });
    let edit = edit.min().unwrap_or_default();
    (Times([load, full, edit]), [before, row(&peer)])
}

fn value_of(value: Option<LiteralValue>) -> Value {
    match value {
        Some(LiteralValue::Int(x)) => Value::Number(x as f64),
        Some(LiteralValue::Number(x)) => Value::Number(x),
        Some(LiteralValue::Text(text)) => Value::from(text.as_str()),
        Some(LiteralValue::Boolean(b)) => Value::Bool(b),
        other => panic!("{other:?} is the value of no model"),
    }
}

fn agree(ours: &[Row; 2], theirs: &[Row; 2]) -> bool {
    let cells = |rows: &[Row; 2]| rows.concat();
    cells(ours)
        .iter()
        .zip(&cells(theirs))
        .all(|pair| match pair {
            (Value::Number(a), Value::Number(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            (a, b) => a == b,
        })
}

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    println!("| sheet | | load | full | edit |\n|---|---|---|---|---|");
    for model in models::all() {
        if !model.name.contains(&filter) || model.is_long && model.name != filter {
            continue;
        }
        let mut engine = Engine::new(model.book());
        engine.recalculate_all();
        let (bytes, _) = xlsx::to_bytes(engine.workbook()).expect("a file");
        drop(engine);
        let (mut here, mut there) = (Times::NONE, Times::NONE);
        for _ in 0..model.rounds() {
            let (times, rows) = ours(&model, &bytes);
            here = here.least(times);
            let (times, their_rows) = formualizer(&model, &bytes);
            there = there.least(times);
            assert!(
                agree(&rows, &their_rows),
                "{rows:?} here, {their_rows:?} there"
            );
        }
        let (here, there) = (here.milliseconds(), there.milliseconds());
        let ratio = std::array::from_fn(|i| there[i] / here[i]);
        for (who, [load, full, edit]) in [
            ("gradsheet", here),
            ("Formualizer", there),
            ("ratio", ratio),
        ] {
            println!(
                "| {} | {who} | {load:.1} | {full:.2} | {edit:.2} |",
                model.name
            );
        }
    }
}
