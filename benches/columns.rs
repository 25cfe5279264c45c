//! Recalculation of long columns against the memory's speed, in one run: the
//! lesson's network over 1,000,000 rows (ten inputs, seven columns of
//! formulas), a chain of 100,000 cells, and a sheet of texts.

mod shared;

use gradsheet::engine::Engine;
use gradsheet::formula;
use gradsheet::grid::{Area, Cell, Pos, Rect, SheetId};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Run, RunKind, Template, Transaction, Workbook};
use shared::{best, print_ratio};
use std::hint::black_box;

const INPUTS: u32 = 10;
/// The formulas of row 2, from column L on.
const NETWORK: [&str; 7] = [
    "SUMPRODUCT(A2:J2,$T$1:$AC$1)",
    "SUMPRODUCT(A2:J2,$T$2:$AC$2)",
    "IF(L2<0,0,L2)",
    "IF(M2<0,0,M2)",
    "N2+O2",
    "(K2-P2)^2",
    "IF(P2>=0.5,1,0)",
];

fn fill(book: &mut Workbook, sheet: SheetId, rect: Rect, text: &str) {
    let tree = formula::parse(text, rect.top_left()).expect("a formula");
    let template = book.templates.intern(Template::Formula(tree));
    book.sheet_mut(sheet).runs.insert(Run {
        rect,
        template,
        kind: RunKind::Plain,
    });
}

fn column(col: u32, top: u32, rows: u32) -> Rect {
    Rect::new(Pos::new(top, col), Pos::new(top + rows - 1, col))
}

fn set(engine: &mut Engine, sheet: SheetId, at: Pos, x: f64) {
    let area = Area {
        sheet,
        rect: Rect::cell(at),
    };
    let values = vec![Value::Number(x)];
    let edits = vec![Edit::SetValues { area, values }];
    black_box(engine.apply(&Transaction::new("Edit", edits))).expect("an edit");
}

fn network(rows: u32) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    let number = |row: u32, col: u32| f64::from((row * 7919 + col * 104_729) % 1009) / 1009.0;
    for col in 0..=INPUTS {
        let numbers: Vec<f64> = (0..rows).map(|row| number(row, col)).collect();
        book.sheet_mut(sheet).cells.set_numbers(col, 1, &numbers);
    }
    for unit in 0..2 {
        for input in 0..INPUTS {
            let weight = Value::Number(number(unit, input) - 0.5);
            let cells = &mut book.sheet_mut(sheet).cells;
            cells.set(Pos::new(unit, 19 + input), weight);
        }
    }
    for (col, text) in (INPUTS + 1..).zip(NETWORK) {
        fill(&mut book, sheet, column(col, 1, rows), text);
    }
    let mut engine = Engine::new(book);
    engine.recalculate_all();
    let columns = vec![1.0; 18 * rows as usize];
    let mut copy = columns.clone();
    let yard = best(|| black_box(&mut copy).copy_from_slice(black_box(&columns)));
    let time = best(|| {
        black_box(engine.recalculate_all());
    });
    let name = format!("network of {rows} rows");
    print_ratio(&format!("{name}, full"), time, "copy of 18 columns", yard);
    let mut step = 0.0;
    let time = best(|| {
        step = 1.0 - step;
        set(&mut engine, sheet, Pos::new(0, 19), step);
    });
    print_ratio(&format!("{name}, one parameter"), time, "copy", yard);
    let time = best(|| {
        step = 1.0 - step;
        set(&mut engine, sheet, Pos::new(rows / 2, 3), step);
    });
    print_ratio(&format!("{name}, one input row"), time, "copy", yard);
}

fn chain(rows: u32) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    fill(&mut book, sheet, column(0, 1, rows), "A1+1");
    let mut engine = Engine::new(book);
    let mut x = 0.0;
    let time = best(|| {
        x += 1.0;
        set(&mut engine, sheet, Pos::new(0, 0), x);
    });
    let last = Cell {
        sheet,
        pos: Pos::new(rows, 0),
    };
    assert_eq!(engine.value(last), Value::Number(x + f64::from(rows)));
    let mut numbers = vec![0.0; rows as usize + 1];
    let yard = best(|| {
        for row in 1..numbers.len() {
            numbers[row] = numbers[row - 1] + 1.0;
        }
        black_box(&mut numbers);
    });
    print_ratio(
        &format!("chain of {rows} cells, its head edited"),
        time,
        "by hand",
        yard,
    );
}

/// 100,000 rows of 20 columns, most of them text.
fn texts(rows: u32) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    let kinds = ["S", "C", "Q", "male", "female", "north", "south", "east"];
    for col in 0..8u32 {
        for row in 0..rows {
            let kind = kinds[((row * 7919 + col * 31) % 8) as usize];
            book.sheet_mut(sheet)
                .cells
                .set(Pos::new(row, col), Value::from(kind));
        }
    }
    let amounts: Vec<f64> = (0..rows).map(|row| f64::from(row % 97)).collect();
    book.sheet_mut(sheet).cells.set_numbers(8, 0, &amounts);
    for (row, kind) in (0..).zip(kinds) {
        let cells = &mut book.sheet_mut(sheet).cells;
        cells.set(Pos::new(row, 25), Value::from(kind));
        cells.set(Pos::new(row, 26), Value::Number(f64::from(row)));
    }
    let formulas = [
        "IF(A1=\"S\",1,0)",
        "IF(A1=\"C\",1,0)",
        "IF(D1=\"male\",1,0)",
        "IF(F1=\"north\",I1,0)",
        "XLOOKUP(B1,$Z$1:$Z$8,$AA$1:$AA$8)",
        "XLOOKUP(C1,$Z$1:$Z$8,$AA$1:$AA$8)",
        "SUMIFS(I:I,A:A,B1)",
        "SUMIFS(I:I,A:A,C1,D:D,E1)",
        "E1&\"-\"&F1",
        "J1+K1+L1",
        "M1*N1",
    ];
    for (col, text) in (9..).zip(formulas) {
        fill(&mut book, sheet, column(col, 0, rows), text);
    }
    let mut engine = Engine::new(book);
    let time = best(|| {
        black_box(engine.recalculate_all());
    });
    println!("texts, {rows} rows of 20 columns: {time:.1?}");
}

fn main() {
    network(1_000_000);
    chain(100_000);
    texts(100_000);
}
