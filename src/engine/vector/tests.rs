//! Both speeds give the same: every function, and random formulas, over
//! columns of numbers, blanks, texts, truths and errors.

use super::{Scan, WORTH_PLANNING};
use crate::engine::Engine;
use crate::engine::interpret::Interpreter;
use crate::formula;
use crate::functions::{self, Function, ParamKind, ValueRule};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::random::SplitMix64;
use crate::value::{ErrorKind, Value};
use crate::workbook::{Run, RunKind, Template, Workbook};
use proptest::prelude::*;

/// Rows of formulas: parts of three chunks.
const FIRST: u32 = 1000;
const ROWS: u32 = 1100;
/// The column of the formulas.
const OUT: u32 = 9;

fn below(random: &mut SplitMix64, n: u64) -> u64 {
    random.bits() % n
}

/// Column A holds numbers only, B positive ones, C small whole ones, D texts
/// of a few kinds, E truths; the others more and more of everything.
fn value(random: &mut SplitMix64, col: u32) -> Value {
    let number = |random: &mut SplitMix64| match below(random, 6) {
        0 => below(random, 5) as f64,
        1 => -(below(random, 3) as f64) - 0.5,
        2 => 0.1 * below(random, 10) as f64,
        3 => 0.0,
        _ => 200.0 * random.unit() - 100.0,
    };
    let text = |random: &mut SplitMix64| {
        let texts = [
            "S",
            "c",
            "Q",
            "",
            "12",
            "1e3",
            "TRUE",
            "two words",
            "Straße",
        ];
        Value::from(texts[below(random, texts.len() as u64) as usize])
    };
    let other = |random: &mut SplitMix64| match below(random, 5) {
        0 => Value::Blank,
        1 => text(random),
        2 => Value::Bool(below(random, 2) == 0),
        3 => Value::Error(ErrorKind::Na),
        _ => Value::Error(ErrorKind::Div0),
    };
    match col {
        0 => Value::Number(number(random)),
        1 => Value::Number(number(random).abs() + 0.25),
        2 => Value::Number(1.0 + below(random, 4) as f64),
        3 => text(random),
        4 => Value::Bool(below(random, 2) == 0),
        col => match below(random, 1 << (9 - col)) {
            0 => other(random),
            _ => Value::Number(number(random)),
        },
    }
}

fn book(seed: u64) -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    let mut random = SplitMix64::new(seed);
    let cells = &mut book.sheet_mut(sheet).cells;
    for col in 0..OUT {
        for row in 0..FIRST + ROWS + 4 {
            cells.set(Pos::new(row, col), value(&mut random, col));
        }
    }
    book
}

/// Fills `text`, written for row 1, down the column of formulas, and compares
/// each cell with what the interpreter gives; `None` where it is no formula.
fn compare(book: Workbook, text: &str, rows: u32) -> Option<(Workbook, usize)> {
    compare_all(book, &[text], 0, rows)
}

/// As [`compare`], for columns of formulas side by side, written for the row
/// `written`, counted from 0.
fn compare_all(
    mut book: Workbook,
    texts: &[&str],
    written: u32,
    rows: u32,
) -> Option<(Workbook, usize)> {
    let sheet = SheetId(0);
    let mut runs = Vec::new();
    let mut last = OUT;
    for (col, text) in (OUT..).zip(texts) {
        let tree = formula::parse(text, Pos::new(written, col)).ok()?;
        let template = book.templates.intern(Template::Formula(tree));
        runs.push(book.sheet_mut(sheet).runs.insert(Run {
            rect: Rect::new(Pos::new(FIRST, col), Pos::new(FIRST + rows - 1, col)),
            template,
            kind: RunKind::Plain,
        }));
        last = col;
    }
    let rect = Rect::new(Pos::new(FIRST, OUT), Pos::new(FIRST + rows - 1, last));
    let mut engine = Engine::new(book);
    engine.set_now(Some(45_000.5));
    engine.set_seed(3);
    engine.recalculate_all();
    let at = |pos| Cell { sheet, pos };
    let mut interpreter = Interpreter::new(engine.world(), at(rect.top_left()));
    let mut numbers = 0;
    for pos in rect.cells() {
        let bound = engine.bound(at(pos)).expect("a formula");
        let expected = interpreter.single(bound, at(pos));
        let found = engine.value(at(pos));
        let same = match (&expected, &found) {
            (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        };
        assert!(same, "{texts:?} in {pos}: {found:?}, not {expected:?}");
        numbers += usize::from(matches!(found, Value::Number(_)));
    }
    let mut book = engine.into_workbook();
    for run in runs {
        book.sheet_mut(sheet).runs.remove(run);
    }
    book.sheet_mut(sheet).cells.clear(rect);
    Some((book, numbers))
}

/// Calls of a function with columns of every kind as arguments.
fn calls(function: &Function) -> Vec<String> {
    let columns = ["A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1", "I1", "2"];
    let ranges = ["A1:C1", "F1:H1", "A$1001:A$1040", "B1:B3", "A1", "D1:D2"];
    let mut calls = Vec::new();
    let most = function.max_args().min(function.min_args() + 2);
    for count in function.min_args()..=most {
        for turn in 0..6usize {
            let args: Vec<&str> = (0..count)
                .map(|i| match function.param(i).map(|param| param.kind) {
                    Some(ParamKind::Range | ParamKind::Array) if turn % 2 == 0 => {
                        ranges[(turn / 2 + i) % ranges.len()]
                    }
                    Some(ParamKind::Lambda) => "LAMBDA(x,x+A1)",
                    _ => columns[(turn * 3 + i) % columns.len()],
                })
                .collect();
            calls.push(format!("{}({})", function.name, args.join(",")));
        }
    }
    calls
}

#[test]
fn every_function_gives_the_same_at_both_speeds() {
    let mut book = book(1);
    let mut tried = 0;
    for function in functions::all() {
        // LET, LAMBDA and GRAD are parts of the language; random numbers have no plan.
        if matches!(function.value, ValueRule::Special) || function.volatile {
            continue;
        }
        let examples = function.examples.iter().map(|e| e.formula.to_owned());
        for text in examples.chain(calls(function)) {
            let (back, _) = compare(book, &text, 2 * WORTH_PLANNING)
                .unwrap_or_else(|| panic!("{text} is no formula"));
            book = back;
            tried += 1;
        }
    }
    assert!(tried > 2_000);
}

#[test]
fn columns_give_the_same_at_both_speeds_over_several_blocks() {
    let mut book = book(2);
    for text in [
        "A1+B1*2-C1/4",
        "A1-A1*1.0000000000000002",
        "A1-0.1-A2",
        "(A1-B1)^2",
        "-A1%",
        "+F1",
        "A1/C1+F1",
        "G1*H1",
        "I1&D1",
        "IF(D1=\"S\",1,0)",
        "IF(\"s\"<>D1,A1,B1)",
        "IF(A1<0,0,A1)",
        "IF(F1>0,F1,\"none\")",
        "IF(I1,1)",
        "IF(A1>0,,2)",
        "IF({1,0},A1,B1)",
        "IF(A1>0,{1,2},B1)",
        "IFERROR(A1/I1,-1)",
        "IFS(A1<0,\"low\",A1>50,\"high\",TRUE,A1)",
        "SWITCH(C1,1,A1,2,B1,\"other\")",
        "CHOOSE(C1,A1,B1,D1,G1:G3)",
        "AND(A1>0,B1<50)",
        "OR(A1>0,B1<50,TRUE)",
        "XOR(E1,A1>0)",
        "AND(A1:C1)",
        "SUM(A1:C1)",
        "SUM(A1:F1,A1*2)",
        "AVERAGE(A1:C1,B2:C2)",
        "MAX(A1:C1,0)",
        "MIN(0,A1:C1)",
        "MAX(0,A1*2-B1)",
        "MAX(A1-B1,C1*2,-A1)",
        "MIN(F1*1,A1)",
        "MIN(F1*1,A1*2)",
        "SUM(A1*2,B1/C1,3)",
        "SUM(A1*2,\"3\",TRUE)",
        "AVERAGE(A1*2,B1,7)",
        "AVERAGE(A1*1E308,B1*1E308)",
        "MAX(ROUND(A1,1),D1&\"1\")",
        "1+MAX(2,A1*MIN(3,B1-1))",
        "MAX(A$1:A$2000)",
        "A1/MAX(A:A)",
        "SUMPRODUCT(A1:C1,$A$1:$C$1)",
        "SUMPRODUCT($A$1:$C$1,A2:C2)",
        "SUMPRODUCT(A1:C1,{1,2,3})",
        "SUMPRODUCT(A1:C1,A2:C2,$A$3:$C$3)",
        "SUMPRODUCT(F1:H1,$A$1:$C$1)",
        "SUMPRODUCT(A1:C1,$A$1:$A$3)",
        "SUMPRODUCT((A$1001:A$1020>A1)*B$1001:B$1020)",
        "LET(x,A1*2,y,x+B1,IF(y>x,y,x))",
        "LET(c,A1,LET(d,c+1,d*d))",
        "LET(r,A1:C1,SUM(r)+ROWS(r))",
        "LET(f,LAMBDA(x,x*A1),f(B1))",
        "ROW()*2+A1",
        "COLUMN()+ROW(A1)",
        "A:A*2",
        "@B:B+1",
        "A$1001:A$1020+1",
        "A1:C1+1",
        "VLOOKUP(C1,$C$1:$D$40,2,FALSE)",
        "XLOOKUP(D1,D$1:D$50,A$1:A$50,\"none\")",
        "INDEX(A$1:C$9,C1,2)",
        "OFFSET(A1,C1,0)+1",
        "SUM(OFFSET(A1,0,0,C1,1))",
        "INDIRECT(\"A\"&C1)",
        "SUMIFS(A$1:A$300,D$1:D$300,D1)",
        "COUNTIF(C$1:C$300,\">\"&C1)",
        "LOG10(B1+1)",
        "LOG(B1)",
        "LOG(B1,C1+1)",
        "ROUND(A1,C1)",
        "EXP(A1)",
        "SQRT(A1)",
        "A1=A1+1E-15",
        "A1>=B1",
        "D1>=\"c\"",
        "F1=G1",
        "NOT(A1>0)",
        "N(D1)+LEN(D1)",
        "1/0",
        "\"text\"",
        "A1048570",
        "Z1",
        "NOSUCH(A1)",
        "RAND()*0+A1",
    ] {
        let (back, _) = compare(book, text, ROWS).unwrap_or_else(|| panic!("{text} is no formula"));
        book = back;
    }
}

#[test]
fn columns_that_read_the_row_before_give_the_same_at_both_speeds() {
    let mut book = book(5);
    for texts in [
        &["J1+1"][..],
        &["1+J1"],
        &["J1-A2"],
        &["A2-J1"],
        &["(J1-A2)"],
        &["(A2+J1)"],
        &["J1*C2"],
        &["J1/3+0"],
        &["J1*B2"],
        &["B2/J1"],
        &["J3+1"],
        &["C2-J3"],
        &["J3*0.5+I2"],
        &["J1-J1"],
        &["J1*1E300+1"],
        &["C2/1E160*J1+1E-160"],
        &["IF(A2>0,IF(B2>C2,J1+1,J1),IF(J1=3,-J1,0))*0.5"],
        &["MIN(J1,A2)+MAX(A2:C2,J1)"],
        &["MIN(J1+A2,5)-1"],
        &["MAX(0,SUM(J1*0.5,A2,1))"],
        &["AVERAGE(J1*2,F2*1,TRUE)"],
        &["J1-L2", "J1*0.01", "MIN(J1+K2,1)-K2"],
        &["ROUND(ROUND(J1,1)+A2,C2)"],
        &["K3+I2", "J2*0.5"],
        &["J1*0.5+A2-B2/C2"],
        &["J3*0.5+A2"],
        &["J1*0.5+F2"],
        &["J1*0.5+I2"],
        &["J1-0.1"],
        &["J1+A2-A2"],
        &["IF(A2>0,J1+1,0)"],
        &["IF(J1>=5,A2,J1+1)"],
        &["IF(J1,0,1)"],
        &["IF(E2,J1,A2)"],
        &["IFERROR(J1,0)+F2"],
        &["J1&\"x\""],
        &["IF(LEN(J1)>5,\"\",J1&\"x\")"],
        &["ROUND(J1*1.01+1,2)"],
        &["LOG(J1+2)"],
        &["SUM(J1,A2)*0.5"],
        &["MAX(J1:J1,A2)-1"],
        &["AVERAGE(A2:C2,J1*1)"],
        &["MIN(J1+1,I2)"],
        &["SUMPRODUCT(A2:C2,$A$1:$C$1)+J1*0.1"],
        &["-J1%+A2^2"],
        &["J1*MAX(A$1:A$9)/200+J$1001*0+K2"],
        &["IF(ROW()>1003,J$1002,1)+A2"],
        &["J1^C2/10"],
        &["K1+A2", "J2*0.5"],
        &["K1*0.5", "IF(J2>B2,B2,L2)", "J2+K1*0.1"],
        &["K3*0.5+1", "J2*0.25"],
        &["I2+K1", "J2*0.5"],
    ] {
        let (back, _) = compare_all(book, texts, 1, ROWS)
            .unwrap_or_else(|| panic!("{texts:?} are no formulas"));
        book = back;
    }
}

#[test]
fn columns_that_compute_with_numbers_need_the_interpreter_in_no_row() {
    let sheet = SheetId(0);
    for text in [
        "J1+1",
        "A2-J1",
        "J1*0.5+A2-B2/C2",
        "IF(J1>50,0,J1*1.01+A2)",
        "MAX(0,SUM(J1*0.5,A2,1))",
        "ROUND(J1+A2,C2)",
    ] {
        let mut book = book(7);
        let head = Pos::new(FIRST - 1, OUT);
        book.sheet_mut(sheet).cells.set(head, Value::Number(1.0));
        let tree = formula::parse(text, Pos::new(1, OUT)).expect("a formula");
        let template = book.templates.intern(Template::Formula(tree));
        let top = Pos::new(FIRST, OUT);
        let rect = Rect::new(top, Pos::new(FIRST + ROWS - 1, OUT));
        let kind = RunKind::Plain;
        book.sheet_mut(sheet).runs.insert(Run {
            rect,
            template,
            kind,
        });
        let engine = Engine::new(book);
        let bound = engine.bound(Cell { sheet, pos: top }).expect("a formula");
        let formulas = [(bound, Area { sheet, rect })];
        let mut scan = Scan::new(engine.world(), &formulas, true).expect(text);
        while scan.stretch(engine.workbook()) {
            assert_eq!(scan.compute(), None, "{text}");
        }
    }
}

#[test]
fn sums_in_sums_take_no_longer_than_there_are_sums() {
    // Each would take twice as long as the one in it, were it looked at twice.
    for (column, row) in [("A", 1), ("I", 1)] {
        let mut text = format!("{column}{row}");
        for _ in 0..40 {
            text = format!("SUM({column}{row},1+{text})/2");
        }
        compare(book(6), &text, 60).expect("a formula");
    }
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..9u32, 0..3u32).prop_map(|(c, r)| Pos::new(r, c).to_string()),
        1 => (0..9u32).prop_map(|c| format!("${}$1010", crate::grid::column_name(c))),
        2 => prop_oneof![
            Just("0"), Just("2"), Just("0.1"), Just("1e308"), Just("\"S\""), Just("TRUE"), Just("#N/A"), Just("{1,2}")
        ].prop_map(str::to_owned),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    operand().prop_recursive(4, 24, 4, |inner| {
        let pair = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        let ops = prop::sample::select(vec![
            "+", "-", "*", "/", "^", "&", "=", "<>", "<", "<=", ">", ">=",
        ]);
        prop_oneof![
            4 => (inner.clone(), ops, inner.clone()).prop_map(|(a, op, b)| format!("{a}{op}{b}")),
            1 => inner.clone().prop_map(|a| format!("({a})")),
            1 => inner.clone().prop_map(|a| format!("-{a}")),
            1 => inner.clone().prop_map(|a| format!("{a}%")),
            2 => three.prop_map(|(a, b, c)| format!("IF({a},{b},{c})")),
            1 => pair.clone().prop_map(|(a, b)| format!("IFERROR({a},{b})")),
            1 => pair.clone().prop_map(|(a, b)| format!("LET(x,{a},x*{b}+x)")),
            1 => pair.clone().prop_map(|(a, b)| format!("MAX({a},{b},A1:B1)")),
            1 => pair.clone().prop_map(|(a, b)| format!("SUM({a},{b},F1:G1)")),
            1 => pair.prop_map(|(a, b)| format!("AND({a},{b})")),
            1 => inner.prop_map(|a| format!("EXP({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_formulas_give_the_same_at_both_speeds(text in expression(), seed in 0..4u64) {
        thread_local! {
            static BOOKS: std::cell::RefCell<Vec<Option<Workbook>>> =
                std::cell::RefCell::new((0..4).map(|seed| Some(book(seed))).collect());
        }
        let taken = BOOKS.with(|books| books.borrow_mut()[seed as usize].take());
        let back = compare(taken.unwrap_or_else(|| book(seed)), &text, 60);
        if let Some((back, _)) = back {
            BOOKS.with(|books| books.borrow_mut()[seed as usize] = Some(back));
        }
    }
}
