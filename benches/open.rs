//! Opening a workbook, against calamine's single pass over the values and
//! formulas of the same bytes, in the same run.

mod shared;

use calamine::{Reader, Xlsx};
use criterion::{Criterion, criterion_group, criterion_main};
use gradsheet::xlsx;
use std::hint::black_box;
use std::io::Cursor;
use std::sync::Arc;

const ROWS: u32 = 100_000;
/// The last column is a formula filled down.
const COLS: u16 = 10;

fn filled() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..ROWS {
        for col in 0..COLS - 1 {
            let number = f64::from(row * 7919 % 1009 + u32::from(col)) / 8.0;
            sheet.write(row, col, number).expect("within a sheet");
        }
        let formula = format!("=SUM(A{0}:D{0})*E{0}-$F$1", row + 1);
        let formula = rust_xlsxwriter::Formula::new(formula).set_result("12.5");
        sheet
            .write_formula(row, COLS - 1, formula)
            .expect("within a sheet");
    }
    book.save_to_buffer().expect("a workbook")
}

/// Reads every cell with its formula and keeps none; returns how many there are.
fn single_pass(bytes: &[u8]) -> (usize, usize) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let (mut values, mut formulas) = (0, 0);
    for name in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&name).expect("a sheet");
        while let Some(cell) = cells.next_cell_with_formula().expect("a cell") {
            values += usize::from(black_box(cell.value) != calamine::DataRef::Empty);
            formulas += usize::from(black_box(cell.formula).is_some());
        }
    }
    (values, formulas)
}

fn counts(book: &gradsheet::workbook::Workbook) -> (usize, usize) {
    let (mut values, mut formulas) = (0, 0);
    for &sheet in book.order() {
        let sheet = book.sheet(sheet);
        let used = sheet.cells.used();
        values += used.map_or(0, |used| sheet.cells.iter(used).count());
        let runs = sheet.runs.iter().map(|(_, run)| run.rect.len() as usize);
        formulas += runs.sum::<usize>();
    }
    (values, formulas)
}

fn open(c: &mut Criterion) {
    let titanic = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/workbooks/titanic.xlsx"
    ));
    let books = [
        ("titanic.xlsx", titanic.expect("the example workbook")),
        ("100,000 rows", filled()),
    ];
    for (name, bytes) in books {
        let bytes: Arc<[u8]> = bytes.into();
        let book = xlsx::open_bytes(bytes.clone()).expect("a workbook");
        let (values, formulas) = counts(&book);
        // A legacy array formula is one formula to calamine, but fills many cells.
        let (theirs, _) = single_pass(&bytes);
        assert_eq!(values, theirs, "both read all values");
        println!("{name}: {values} values, {formulas} formulas");
        let time = shared::best(|| {
            black_box(xlsx::open_bytes(bytes.clone()).expect("a workbook"));
        });
        let yard = shared::best(|| {
            black_box(single_pass(&bytes));
        });
        shared::print_ratio(&format!("open {name}"), time, "calamine", yard);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let one = one.expect("a thread");
        let alone = shared::best(|| {
            one.install(|| black_box(xlsx::open_bytes(bytes.clone()).expect("a workbook")));
        });
        shared::print_ratio(
            &format!("open {name} on one thread"),
            alone,
            "calamine",
            yard,
        );
        let mut group = c.benchmark_group(format!("open {name}"));
        group.sample_size(10);
        group.bench_function("gradsheet", |b| {
            b.iter(|| xlsx::open_bytes(bytes.clone()).expect("a workbook"));
        });
        group.bench_function("calamine", |b| b.iter(|| single_pass(&bytes)));
        group.finish();
    }
}

criterion_group!(benches, open);
criterion_main!(benches);
