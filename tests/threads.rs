//! Results do not depend on the number of threads.

use gradsheet::engine::Engine;
use gradsheet::grid::{Area, Cell, Pos, Rect};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Transaction, Workbook};
use gradsheet::xlsx;
use std::path::Path;
use std::process::Command;

/// Several blocks of rows.
const ROWS: u32 = 5_000;
/// Filled down from column C on: blocks on numbers, with errors and texts,
/// cell by cell, row after row, random numbers, and sums over all rows.
const FORMULAS: [&str; 9] = [
    "=A1*0.1+B1/3",
    "=SUMPRODUCT(A1:C1,$A$3:$C$3)",
    "=IF(A1>50,\"high\",B1/(A1-7))",
    "=VLOOKUP(B1,A$1:D$300,4,FALSE)",
    "=SUMIFS(A$1:A$400,E$1:E$400,E1)",
    "=RAND()+A1",
    "=LN(A1+1)^2&\"\"",
    "=C1/SUM(C:C)",
    "=MAX(C1:D1)-AVERAGE(D$1:D$5000)",
];

fn workbook(path: &Path) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    for row in 0..ROWS {
        let cells = &mut book.sheet_mut(sheet).cells;
        cells.set(Pos::new(row, 0), Value::from(f64::from(row * 7919 % 101)));
        cells.set(Pos::new(row, 1), Value::from(f64::from(row * 31 % 97)));
    }
    let mut engine = Engine::new(book);
    let mut fill = |col: u32, top: u32, text: &str| {
        let rect = Rect::new(Pos::new(top, col), Pos::new(ROWS - 1, col));
        let at = Cell {
            sheet,
            pos: rect.top_left(),
        };
        let content = engine.formula_content(at, &text[1..]).expect("a formula");
        let area = Area { sheet, rect };
        let edits = vec![Edit::Set { area, content }];
        let filled = engine.apply(&Transaction::new("Fill", edits));
        filled.expect("a column of formulas");
    };
    for (col, text) in (2..).zip(FORMULAS) {
        fill(col, 0, text);
    }
    // Row after row.
    fill(11, 1, "=L1*0.99+C2");
    xlsx::save(engine.workbook(), path).expect("a file");
}

#[test]
fn one_two_and_seven_threads_calculate_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("in.xlsx");
    workbook(&path);
    let calculated = |threads: &str| {
        let out = folder.path().join(format!("out{threads}.xlsx"));
        let status = Command::new(env!("CARGO_BIN_EXE_gradsheet"))
            .args(["calc", "--seed", "5", "-o"])
            .args([&out, &path])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .expect("the program runs");
        assert!(status.status.success(), "{status:?}");
        let book = xlsx::open(&out).expect("a workbook");
        let cells = &book.sheet(book.order()[0]).cells;
        let used = cells.used().expect("cells");
        assert_eq!((used.bottom, used.right), (ROWS - 1, 11));
        let bits = |(pos, value)| match value {
            Value::Number(x) => (pos, format!("{:x}", x.to_bits())),
            other => (pos, format!("{other:?}")),
        };
        cells.iter(used).map(bits).collect::<Vec<_>>()
    };
    let one = calculated("1");
    assert!(one == calculated("2"), "two threads differ");
    assert!(one == calculated("7"), "seven threads differ");
}
