//! Opening workbooks, against calamine's single pass over the values and formulas of the same
//! bytes, in the same run. With a file as its argument, or `million` for one of 1,000,000 rows
//! and 18 columns made here: each reader in processes of its own, with the peak of their memory.

mod shared;

use calamine::{Reader, Xlsx};
use gradsheet::xlsx;
use std::hint::black_box;
use std::io::{BufWriter, Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

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

fn open(name: &str, bytes: Vec<u8>) {
    let bytes: Arc<[u8]> = bytes.into();
    let book = xlsx::open_bytes(bytes.clone()).expect("a workbook");
    let (values, formulas) = counts(&book);
    // A legacy array formula is one formula to calamine, but fills many cells.
    let (theirs, _) = single_pass(&bytes);
    assert_eq!(values, theirs, "both read all values");
    println!("{name}: {values} values, {formulas} formulas");
    let mut open = || {
        drop(black_box(
            xlsx::open_bytes(bytes.clone()).expect("a workbook"),
        ))
    };
    let time = shared::best(&mut open);
    let yard = shared::best(|| {
        black_box(single_pass(&bytes));
    });
    shared::print_ratio(&format!("open {name}"), time, "calamine", yard);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let alone = one.expect("a thread").install(|| shared::best(open));
    shared::print_ratio(
        &format!("open {name} on one thread"),
        alone,
        "calamine",
        yard,
    );
}

const READERS: [&str; 2] = ["gradsheet", "calamine"];
/// Says in a process's environment which of them it is.
const READER: &str = "GRADSHEET_BENCH_READER";
const ROUNDS: usize = 3;

/// In a process of its own: opens a file, prints the seconds and the peak of memory in bytes.
fn read_as(reader: &str, path: &Path) {
    let start = Instant::now();
    match reader {
        "gradsheet" => drop(black_box(xlsx::open(path).expect("a workbook"))),
        _ => {
            black_box(single_pass(&std::fs::read(path).expect("a file")));
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds} {}", peak().unwrap_or(0));
}

/// The most memory that this process had; known on Linux.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Both readers on a file, in turns.
fn compare(path: &Path) {
    let mut results = READERS.map(|_| (f64::INFINITY, 0_u64));
    for _ in 0..ROUNDS {
        for (reader, (least, most)) in READERS.iter().zip(&mut results) {
            let program = std::env::current_exe().expect("this program");
            let mut command = Command::new(program);
            let output = command.arg(path).env(READER, reader).output();
            let output = String::from_utf8(output.expect("a process").stdout);
            let output = output.expect("text");
            let (seconds, peak) = output.trim().split_once(' ').expect("two numbers");
            *least = least.min(seconds.parse().expect("seconds"));
            *most = (*most).max(peak.parse().expect("bytes"));
        }
    }
    let [(time, memory), (yard, _)] = results.map(|(s, m)| (Duration::from_secs_f64(s), m));
    let what = format!(
        "open {}, at most {} MB of memory",
        path.display(),
        memory / 1_000_000
    );
    shared::print_ratio(&what, time, "calamine", yard);
}

/// The lesson's network over 1,000,000 rows, as a sheet: made once.
fn million() -> PathBuf {
    const NUMBERS: &str = "ABCDEFGHIJK";
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("million.xlsx");
    if path.exists() {
        return path;
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet();
    let small = book.save_to_buffer().expect("a workbook");
    let mut small = zip::ZipArchive::new(Cursor::new(small)).expect("a package");
    let file = std::fs::File::create(&path).expect("a file");
    let mut package = zip::ZipWriter::new(BufWriter::new(file));
    for i in 0..small.len() {
        let entry = small.by_index_raw(i).expect("a part");
        if !entry.name().expect("a name").ends_with("sheet1.xml") {
            package.raw_copy_file(entry).expect("a part");
        }
    }
    let options = zip::write::SimpleFileOptions::default();
    package
        .start_file("xl/worksheets/sheet1.xml", options)
        .expect("a part");
    let mut sheet = BufWriter::new(&mut package);
    let mut write = |text: String| sheet.write_all(text.as_bytes()).expect("a file");
    write("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>".into());
    for row in 1..=1_000_000_u32 {
        let number = |col: u32| f64::from((row.wrapping_mul(7919) + col * 31) % 800_009) / 1e4;
        write(format!("<row r=\"{row}\" spans=\"1:18\">"));
        for (col, name) in (0..).zip(NUMBERS.chars()) {
            write(format!("<c r=\"{name}{row}\"><v>{}</v></c>", number(col)));
        }
        let formulas = [
            ('L', format!("SUMPRODUCT(A{row}:J{row},$T$1:$AC$1)")),
            ('M', format!("SUMPRODUCT(A{row}:J{row},$T$2:$AC$2)")),
            ('N', format!("IF(L{row}&lt;0,0,L{row})")),
            ('O', format!("IF(M{row}&lt;0,0,M{row})")),
            ('P', format!("N{row}+O{row}")),
            ('Q', format!("(K{row}-P{row})^2")),
            ('R', format!("IF(P{row}&gt;=0.5,1,0)")),
        ];
        for (col, (name, formula)) in (11..).zip(formulas) {
            let value = number(col);
            write(format!(
                "<c r=\"{name}{row}\"><f>{formula}</f><v>{value}</v></c>"
            ));
        }
        write("</row>".into());
    }
    write("</sheetData></worksheet>".into());
    drop(sheet);
    package.finish().expect("a package");
    path
}

fn main() {
    let argument = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let path = match argument.as_deref() {
        Some("million") => Some(million()),
        other => other.map(PathBuf::from),
    };
    match (std::env::var(READER), path) {
        (Ok(reader), Some(path)) => return read_as(&reader, &path),
        (_, Some(path)) => return compare(&path),
        _ => {}
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in [
        "workbooks/titanic.xlsx",
        "../shared/data/course-titanic.xlsx",
    ] {
        match std::fs::read(root.join(path)) {
            Ok(bytes) => open(path, bytes),
            Err(_) => println!("{path} is not here"),
        }
    }
    open("100,000 rows", filled());
}
