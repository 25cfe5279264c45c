//! Recalculation of long columns against the memory's speed, in one run: the
//! lesson's network over 1,000,000 rows (ten inputs, seven columns of
//! formulas), alone and while another thread has a snapshot of it, with one thread
//! and with two; a chain of 100,000 cells and other columns that read the row
//! before; and a sheet of texts.

mod shared;

use gradsheet::engine::Engine;
use gradsheet::formula;
use gradsheet::grid::{Area, Cell, Pos, Rect, SheetId};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Run, RunKind, Template, Transaction, Workbook};
use shared::{best, print_ratio, ratio};
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const INPUTS: u32 = 10;
/// The first parameter's cell.
const PARAMETER: Pos = Pos { row: 0, col: 19 };
/// Asks this program to recalculate what it reads the names of.
const SERVE: &str = "serve";
/// What it is asked for.
const FULL: &str = "full";
const EDIT: &str = "one parameter";
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

/// The network, calculated.
fn network(rows: u32) -> (Engine, SheetId) {
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
    (engine, sheet)
}

fn memory(rows: u32) {
    let (mut engine, sheet) = network(rows);
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
        set(&mut engine, sheet, PARAMETER, step);
    });
    print_ratio(&format!("{name}, {EDIT}"), time, "copy", yard);
    let mut kept = None;
    let mut time = Duration::MAX;
    for _ in 0..40 {
        kept = Some(black_box(engine.snapshot()));
        step = 1.0 - step;
        let begin = Instant::now();
        set(&mut engine, sheet, PARAMETER, step);
        time = time.min(begin.elapsed());
    }
    drop(kept);
    print_ratio(
        &format!("{name}, {EDIT}, a snapshot held"),
        time,
        "copy",
        yard,
    );
    let time = best(|| {
        black_box(engine.snapshot());
    });
    print_ratio(&format!("{name}, a snapshot"), time, "copy", yard);
    let time = best(|| {
        step = 1.0 - step;
        set(&mut engine, sheet, Pos::new(rows / 2, 3), step);
    });
    print_ratio(&format!("{name}, one input row"), time, "copy", yard);
}

/// This program with a number of threads, ready to recalculate the network.
struct Server {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Server {
    fn new(threads: u32) -> Self {
        let this = std::env::current_exe().expect("this program");
        let mut child = Command::new(this)
            .arg(SERVE)
            .env("RAYON_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        Self {
            ask: child.stdin.take().expect("its input"),
            answers: BufReader::new(child.stdout.take().expect("its output")),
            child,
        }
    }

    fn time(&mut self, what: &str) -> Duration {
        writeln!(self.ask, "{what}").expect("it listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        Duration::from_nanos(answer.trim().parse().expect("nanoseconds"))
    }

    fn end(mut self) {
        drop(self.ask);
        self.child.wait().expect("it ends");
    }
}

fn serve(rows: u32) {
    let (mut engine, sheet) = network(rows);
    let mut step = 0.0;
    for line in std::io::stdin().lines() {
        let begin = Instant::now();
        match line.expect("a question").as_str() {
            FULL => {
                black_box(engine.recalculate_all());
            }
            _ => {
                step = 1.0 - step;
                set(&mut engine, sheet, PARAMETER, step);
            }
        }
        println!("{}", begin.elapsed().as_nanos());
    }
}

/// One thread and two in turns, each in a process of its own: the engine has
/// its threads for as long as it runs.
fn threads(rows: u32) {
    let [mut one, mut two] = [1, 2].map(Server::new);
    for what in [FULL, EDIT] {
        let (mut slow, mut fast) = (Duration::MAX, Duration::MAX);
        for _ in 0..60 {
            slow = slow.min(one.time(what));
            fast = fast.min(two.time(what));
        }
        println!(
            "network of {rows} rows, {what}: one thread {slow:.1?}, two {fast:.1?}, gain {:.2}",
            ratio(slow, fast)
        );
    }
    one.end();
    two.end();
}

/// Columns that read the row before; the head of the first is edited.
fn recurrence(rows: u32, name: &str, head: f64, formulas: &[&str]) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    let inputs: Vec<f64> = (0..rows).map(|row| f64::from(row % 97) / 97.0).collect();
    book.sheet_mut(sheet).cells.set_numbers(9, 1, &inputs);
    for (col, text) in (0..).zip(formulas) {
        let at = Pos::new(0, col);
        book.sheet_mut(sheet).cells.set(at, Value::Number(head));
        fill(&mut book, sheet, column(col, 1, rows), text);
    }
    let mut engine = Engine::new(book);
    let mut x = head;
    let time = best(|| {
        x += 1.0;
        set(&mut engine, sheet, Pos::new(0, 0), x);
    });
    if formulas == ["A1+1"] {
        let last = Cell {
            sheet,
            pos: Pos::new(rows, 0),
        };
        assert_eq!(engine.value(last), Value::Number(x + f64::from(rows)));
    }
    let mut numbers = vec![0.0; rows as usize + 1];
    let yard = best(|| {
        for row in 1..numbers.len() {
            numbers[row] = numbers[row - 1] + 1.0;
        }
        black_box(&mut numbers);
    });
    let what = format!("{name} of {rows} rows, its head edited");
    print_ratio(&what, time, "a chain by hand", yard);
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
    if std::env::args().any(|arg| arg == SERVE) {
        return serve(1_000_000);
    }
    memory(1_000_000);
    threads(1_000_000);
    recurrence(100_000, "chain =A1+1", 0.0, &["A1+1"]);
    recurrence(100_000, "=A1*0.9+J2*0.1", 0.0, &["A1*0.9+J2*0.1"]);
    let capped = ["IF(A1>50,0,A1*1.01+J2)"];
    recurrence(100_000, capped[0], 0.0, &capped);
    let loan = ["A1-C2", "A1*0.01", "MIN(A1+B2,10)-B2"];
    recurrence(100_000, "a loan table", 1e6, &loan);
    texts(100_000);
}
