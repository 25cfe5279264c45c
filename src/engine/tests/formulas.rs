//! What formulas mean.

use super::*;

#[test]
fn operators_follow_excels_precedence_and_coercions() {
    let engine = sheet(&[
        ("A1", "=-2^2"),
        ("A2", "=2^3^2"),
        ("A3", "=\"3\"+TRUE"),
        ("A4", "=10%*50"),
        ("A5", "=1&\"x\"&TRUE"),
        ("A6", "=0.1+0.2=0.3"),
        ("A7", "=1/0"),
        ("A8", "=B9"),
        ("A9", "=0.5-0.4-0.1"),
    ]);
    assert_eq!(number(&engine, "A1"), 4.0);
    assert_eq!(number(&engine, "A2"), 64.0);
    assert_eq!(number(&engine, "A3"), 4.0);
    assert_eq!(number(&engine, "A4"), 5.0);
    assert_eq!(value(&engine, "A5"), "1xTRUE".into());
    assert_eq!(value(&engine, "A6"), true.into());
    assert_eq!(error(&engine, "A7"), ErrorKind::Div0);
    assert_eq!(number(&engine, "A8"), 0.0);
    assert_eq!(number(&engine, "A9"), 0.0);
}

#[test]
fn a_sum_of_four_thousand_terms_needs_no_stack() {
    let long = format!("={}1", "1+".repeat(4_000));
    let engine = sheet(&[("A1", &long)]);
    assert_eq!(number(&engine, "A1"), 4_001.0);
}

#[test]
fn ordinary_formulas_intersect_ranges_and_array_formulas_map_over_them() {
    let mut engine = sheet(&[("A1", "1"), ("A2", "2"), ("A3", "3"), ("C2", "=@A1:A3*10")]);
    assert_eq!(number(&engine, "C2"), 20.0);
    enter(&mut engine, "D1", "=A1:A3*10");
    assert_eq!(numbers(&engine, "D1:D3"), [10.0, 20.0, 30.0]);
    enter(&mut engine, "C5", "=@A1:A3");
    assert_eq!(error(&engine, "C5"), ErrorKind::Value);
}

#[test]
fn arrays_broadcast_and_are_na_outside() {
    let mut engine = sheet(&[("A1", "={1;2}+{10,20,30}"), ("A5", "={1,2}+{1,2,3}")]);
    assert_eq!(
        numbers(&engine, "A1:C2"),
        [11.0, 21.0, 31.0, 12.0, 22.0, 32.0]
    );
    assert_eq!(error(&engine, "C5"), ErrorKind::Na);
    enter(&mut engine, "A8", "=IF({1,0,1},{1,2,3},0)");
    assert_eq!(numbers(&engine, "A8:C8"), [1.0, 0.0, 3.0]);
}

#[test]
fn let_and_lambda_see_the_names_around_them() {
    let engine = sheet(&[
        ("A1", "=LET(x,2,y,x*3,x+y)"),
        ("A2", "=LET(x,2,f,LAMBDA(y,x*y),LET(x,100,f(5)))"),
        ("A3", "=LAMBDA(a,b,a-b)(5,3)"),
        ("A4", "=LAMBDA(a,b,a-b)(5)"),
        ("A5", "=LET(f,LAMBDA(x,LAMBDA(y,x&y)),f(1)(2))"),
    ]);
    assert_eq!(number(&engine, "A1"), 8.0);
    assert_eq!(number(&engine, "A2"), 10.0);
    assert_eq!(number(&engine, "A3"), 2.0);
    assert_eq!(error(&engine, "A4"), ErrorKind::Value);
    assert_eq!(value(&engine, "A5"), "12".into());
}

#[test]
fn named_lambdas_recurse_and_stop() {
    let mut engine = sheet(&[]);
    define(&mut engine, "fact", "LAMBDA(n,IF(n<2,1,n*fact(n-1)))");
    define(&mut engine, "forever", "LAMBDA(n,forever(n+1))");
    enter(&mut engine, "A1", "=fact(10)");
    enter(&mut engine, "A2", "=forever(1)");
    assert_eq!(number(&engine, "A1"), 3_628_800.0);
    assert_eq!(error(&engine, "A2"), ErrorKind::Num);
}

#[test]
fn names_are_seen_from_their_sheet_first_and_relative_to_the_cell() {
    let mut engine = sheet(&[("A1", "7"), ("A2", "8")]);
    define(&mut engine, "left", "Sheet1!A1");
    // As written from A1: the cell one to the right of nothing is itself.
    enter(&mut engine, "A5", "=left");
    assert_eq!(engine.circular().len(), 1);
    define(&mut engine, "answer", "42");
    enter(&mut engine, "B1", "=answer+1");
    assert_eq!(number(&engine, "B1"), 43.0);
    define(&mut engine, "answer", "50");
    assert_eq!(number(&engine, "B1"), 51.0);
    enter(&mut engine, "B2", "=nothing");
    assert_eq!(error(&engine, "B2"), ErrorKind::Name);
    define(&mut engine, "nothing", "Sheet1!$A$2");
    assert_eq!(number(&engine, "B2"), 8.0);
}

fn define(engine: &mut Engine, name: &str, formula: &str) {
    use crate::workbook::{DefinedName, Edit, Transaction};
    let name = DefinedName {
        name: name.into(),
        scope: None,
        formula: formula.into(),
        hidden: false,
    };
    let edits = vec![Edit::DefineName(name)];
    engine
        .apply(&Transaction::new("define", edits))
        .expect("a good name");
}

#[test]
fn references_intersect_unite_and_span() {
    let engine = sheet(&[
        ("A1", "1"),
        ("B1", "2"),
        ("A2", "3"),
        ("B2", "4"),
        ("D1", "=SUM(A1:B2 B1:B9)"),
        ("D2", "=SUM((A1,B2))"),
        ("D3", "=A1:A2 B1:B2"),
        ("D4", "=SUM(A1:INDEX(B1:B2,2))"),
        ("D5", "=SUM(OFFSET(A1,1,0,1,2))"),
        ("D6", "=INDIRECT(\"B\"&2)"),
        ("D7", "=SUM(INDIRECT(\"R1C1:R2C2\",FALSE))"),
    ]);
    assert_eq!(number(&engine, "D1"), 6.0);
    assert_eq!(number(&engine, "D2"), 5.0);
    assert_eq!(error(&engine, "D3"), ErrorKind::Null);
    assert_eq!(number(&engine, "D4"), 10.0);
    assert_eq!(number(&engine, "D5"), 7.0);
    assert_eq!(number(&engine, "D6"), 4.0);
    assert_eq!(number(&engine, "D7"), 10.0);
}

#[test]
fn unknown_functions_are_name_errors_and_keep_their_text() {
    let engine = sheet(&[("A1", "=NOSUCH(1,2)"), ("A2", "=IFERROR(NOSUCH(1),5)")]);
    assert_eq!(error(&engine, "A1"), ErrorKind::Name);
    assert_eq!(engine.formula_text(cell("A1")).unwrap(), "=NOSUCH(1,2)");
    assert_eq!(number(&engine, "A2"), 5.0);
}

#[test]
fn a_wrong_number_of_arguments_is_refused_when_typed() {
    let mut engine = sheet(&[]);
    let error = engine.enter(cell("A1"), "=ABS(1,2)").unwrap_err();
    assert_eq!(error.to_string(), "ABS takes 1 argument, not 2");
    let many = format!("=SUM(1{})", ",1".repeat(255));
    let error = engine.enter(cell("A1"), &many).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SUM takes at most 255 arguments, not 256"
    );
    assert_eq!(value(&engine, "A1"), Value::Blank);
}

#[test]
fn random_numbers_follow_the_seed_not_the_order() {
    let cells = [("A1", "=RAND()"), ("A2", "=RAND()+RAND()"), ("B1", "=A1")];
    let a = sheet(&cells);
    let b = sheet(&cells);
    assert_eq!(numbers(&a, "A1:B2")[..3], numbers(&b, "A1:B2")[..3]);
    assert_eq!(number(&a, "A1"), number(&a, "B1"));
    let mut c = sheet(&cells);
    let before = number(&c, "A1");
    c.recalculate_all();
    assert_ne!(number(&c, "A1"), before);
}

#[test]
fn now_is_fixed_for_a_recalculation() {
    let engine = sheet(&[("A1", "=NOW()"), ("A2", "=TODAY()")]);
    assert_eq!(number(&engine, "A1"), 45_000.5);
    assert_eq!(number(&engine, "A2"), 45_000.0);
}

#[test]
fn one_off_formulas_change_nothing() {
    let engine = sheet(&[("A1", "2"), ("A2", "3")]);
    let value = engine.evaluate("SUM(A1:A2)*10", cell("B1")).unwrap();
    assert_eq!(value, Value::Number(50.0));
    assert!(engine.evaluate("SUM(", cell("B1")).is_err());
    assert_eq!(super::value(&engine, "B1"), Value::Blank);
}

#[test]
fn many_lookups_into_many_rows_are_no_event() {
    use crate::workbook::{Edit, Transaction};
    let n = 20_000u32;
    let mut engine = sheet(&[]);
    let area = |col: u32, from: u32| crate::grid::Area {
        sheet: SheetId(0),
        rect: Rect::new(Pos::new(from, col), Pos::new(n - 1, col)),
    };
    let keys = (0..n)
        .map(|i| Value::Number(f64::from(i * 7919 % n)))
        .collect();
    let values = (0..n).map(|i| Value::Number(f64::from(i))).collect();
    let wanted = (0..n).map(|i| Value::Number(f64::from(i))).collect();
    let content = engine
        .formula_content(cell("D1"), "VLOOKUP(C1,$A$1:$B$20000,2,FALSE)")
        .unwrap();
    let edits = vec![
        Edit::SetValues {
            area: area(0, 0),
            values: keys,
        },
        Edit::SetValues {
            area: area(1, 0),
            values,
        },
        Edit::SetValues {
            area: area(2, 0),
            values: wanted,
        },
        Edit::Set {
            area: area(3, 0),
            content,
        },
    ];
    // By an index of the keys; scanning would be 400 million comparisons.
    engine.apply(&Transaction::new("fill", edits)).unwrap();
    for i in [0u32, 1, 777, 19_999] {
        let key = i * 7919 % n;
        let found = engine.value(Cell {
            pos: Pos::new(key, 3),
            ..cell("A1")
        });
        assert_eq!(found, Value::Number(f64::from(i)));
    }
}

/// A second sheet, `Other`, with 10 and 20 in its first two rows.
fn with_other() -> Engine {
    let mut book = Workbook::new();
    book.add_sheet("Sheet1");
    let other = book.add_sheet("Other");
    for (row, x) in [10.0, 20.0].into_iter().enumerate() {
        let at = Pos::new(row as u32, 0);
        book.sheet_mut(other).cells.set(at, Value::Number(x));
    }
    Engine::new(book)
}

#[test]
fn sheets_are_found_spanned_and_missed() {
    let mut engine = with_other();
    enter(&mut engine, "A1", "1");
    enter(&mut engine, "B1", "=Other!A2+1");
    enter(&mut engine, "B2", "=SUM(Sheet1:Other!A1:A2)");
    enter(&mut engine, "B3", "=Nowhere!A1");
    enter(&mut engine, "B4", "=SUM(Other!A:A)");
    assert_eq!(number(&engine, "B1"), 21.0);
    assert_eq!(number(&engine, "B2"), 31.0);
    assert_eq!(error(&engine, "B3"), ErrorKind::Ref);
    assert_eq!(number(&engine, "B4"), 30.0);
    enter(&mut engine, "A1", "2");
    assert_eq!(number(&engine, "B2"), 32.0);
    use crate::workbook::{Edit, Transaction};
    let name = "Nowhere".into();
    let edits = vec![Edit::AddSheet { name }];
    engine.apply(&Transaction::new("add", edits)).unwrap();
    assert_eq!(number(&engine, "B3"), 0.0);
}

#[test]
fn this_row_of_a_table_on_another_sheet_is_the_row_of_that_number() {
    use crate::workbook::{Table, TableColumn};
    let mut engine = with_other();
    let column = TableColumn {
        name: "x".into(),
        saved_as: None,
        formula: None,
        criterion: None,
    };
    let rect = Rect::new(Pos::new(0, 0), Pos::new(1, 0));
    let table = Table {
        name: "T".into(),
        saved_as: None,
        area: crate::grid::Area {
            sheet: SheetId(1),
            rect,
        },
        columns: vec![column],
        header_rows: 0,
        totals_rows: 0,
        buttons: false,
    };
    let mut book = engine.into_workbook();
    book.tables.push(table);
    engine = Engine::new(book);
    enter(&mut engine, "C1", "=T[[#This Row],[x]]");
    enter(&mut engine, "C2", "=T[@x]*2");
    enter(&mut engine, "C3", "=T[@x]");
    enter(&mut engine, "C4", "=SUM(T[x])");
    assert_eq!(numbers(&engine, "C1:C2"), [10.0, 40.0]);
    assert_eq!(error(&engine, "C3"), ErrorKind::Value);
    assert_eq!(number(&engine, "C4"), 30.0);
    assert!(matches!(
        engine.enter(cell("C5"), "=[@x]"),
        Err(crate::engine::EntryError::Formula(_))
    ));
}

#[test]
fn formulas_that_read_other_workbooks_keep_their_saved_values() {
    use crate::workbook::{Run, RunKind, Template};
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Sheet1");
    let at = Pos::new(0, 0);
    let expr = crate::formula::parse("[1]Data!A1*2", at).unwrap();
    let template = book.templates.intern(Template::Formula(expr));
    book.sheet_mut(sheet).cells.set(at, Value::Number(12.0));
    book.sheet_mut(sheet).runs.insert(Run {
        rect: Rect::cell(at),
        template,
        kind: RunKind::Plain,
    });
    let mut engine = Engine::new(book);
    enter(&mut engine, "B1", "=A1+1");
    engine.recalculate_all();
    assert_eq!(numbers(&engine, "A1:B1"), [12.0, 13.0]);
    assert!(engine.enter(cell("C1"), "=[1]Data!A1").is_err());
}

#[test]
fn left_out_arguments_of_a_lambda_are_told_apart() {
    let engine = sheet(&[
        ("A1", "=LAMBDA(x,[y],IF(ISOMITTED(y),x,x*y))(5)"),
        ("A2", "=LAMBDA(x,[y],IF(ISOMITTED(y),x,x*y))(5,3)"),
    ]);
    assert_eq!(numbers(&engine, "A1:A2")[..], [5.0, 15.0]);
}

#[test]
fn every_function_with_several_values_says_so() {
    for function in crate::functions::all() {
        for example in function.examples {
            let mut engine = sheet(&[]);
            for (at, x) in example.cells {
                enter(&mut engine, at, &x.to_string());
            }
            let at = cell("H20");
            let result = engine.evaluate(example.formula, at).unwrap();
            let several = matches!(result, Value::Array(array) if array.cells().len() > 1);
            enter(&mut engine, "H20", &format!("={}", example.formula));
            assert!(
                !several || engine.bound(at).unwrap().array,
                "{} would be cut to its first value",
                example.formula
            );
        }
    }
}

#[test]
fn many_conditional_sums_over_many_rows_are_no_event() {
    use crate::workbook::{Edit, Transaction};
    let n = 20_000u32;
    let mut engine = sheet(&[]);
    let area = |col: u32| crate::grid::Area {
        sheet: SheetId(0),
        rect: Rect::new(Pos::new(0, col), Pos::new(n - 1, col)),
    };
    // Four rows of each key, in each column of numbers a row's own number.
    let keys = (0..n)
        .map(|i| Value::from(format!("key {}", i % (n / 4)).as_str()))
        .collect();
    let values = (0..n).map(|i| Value::Number(f64::from(i))).collect();
    let mut edits = vec![
        Edit::SetValues {
            area: area(0),
            values: keys,
        },
        Edit::SetValues {
            area: area(1),
            values,
        },
    ];
    for (col, formula) in [
        (2, "SUMIFS($B$1:$B$20000,$A$1:$A$20000,A1)"),
        (3, "COUNTIF(A:A,A1)"),
    ] {
        let at = Cell {
            pos: Pos::new(0, col),
            ..cell("A1")
        };
        let content = engine.formula_content(at, formula).unwrap();
        edits.push(Edit::Set {
            area: area(col),
            content,
        });
    }
    // By an index of the keys; scanning would be 800 million comparisons.
    engine.apply(&Transaction::new("fill", edits)).unwrap();
    assert_eq!(numbers(&engine, "C1:D1"), [30_000.0, 4.0]);
    assert_eq!(number(&engine, "C20000"), 4.0 * 19_999.0 - 30_000.0);
    // What is kept follows edits of keys and of numbers.
    enter(&mut engine, "A1", "key 7");
    assert_eq!(numbers(&engine, "D7:D8"), [4.0, 5.0]);
    assert_eq!(number(&engine, "C8"), 30_028.0);
    enter(&mut engine, "B1", "100");
    assert_eq!(number(&engine, "C8"), 30_128.0);
}

#[test]
fn names_that_mean_themselves_are_told_and_give_no_number() {
    let mut engine = sheet(&[]);
    define(&mut engine, "early", "later+1");
    define(&mut engine, "later", "early+1");
    let told = engine
        .evaluate("early", cell("A1"))
        .unwrap_err()
        .to_string();
    assert_eq!(told, "a name means itself: early -> later -> early");
    let told = engine
        .enter(cell("A1"), "=early*2")
        .unwrap_err()
        .to_string();
    assert!(told.contains("a name means itself"), "{told}");
    // A cell that used the name before it meant itself.
    define(&mut engine, "later", "1");
    enter(&mut engine, "A1", "=early");
    assert_eq!(number(&engine, "A1"), 2.0);
    define(&mut engine, "later", "early+1");
    assert_eq!(error(&engine, "A1"), ErrorKind::Num);
}

#[test]
fn typed_whole_numbers_keep_fifteen_digits() {
    let engine = sheet(&[
        ("A1", "=123456789012345678"),
        ("A2", "=\"123456789012345678\"&0.12345678901234567*1"),
        ("A3", "=-000123456789012345678+0"),
    ]);
    assert_eq!(number(&engine, "A1"), 123_456_789_012_345_000.0);
    assert_eq!(
        value(&engine, "A2"),
        "1234567890123456780.123456789012346".into()
    );
    assert_eq!(number(&engine, "A3"), -123_456_789_012_345_000.0);
    let text = engine.evaluate("123456789012345678&\"\"", cell("A1"));
    assert_eq!(text.unwrap(), "123456789012345000".into());
}

#[test]
fn what_excel_would_not_take_is_refused_with_its_limit() {
    let mut engine = sheet(&[]);
    let long = format!("={}1", "ABS(1)+".repeat(1_300));
    let literal = format!("=LEN(\"{}\")", "a".repeat(256));
    let deep = format!("={}1{}", "SUM(".repeat(66), ")".repeat(66));
    let text = "x".repeat(32_768);
    for (entry, limit) in [
        (&long, "8,192"),
        (&literal, "255"),
        (&deep, "64 deep"),
        (&text, "32767"),
        (&format!("'{text}"), "32767"),
    ] {
        let why = engine.enter(cell("A1"), entry).unwrap_err().to_string();
        assert!(why.contains(limit), "{why}");
        assert!(value(&engine, "A1").is_blank());
    }
    enter(&mut engine, "A1", &"x".repeat(32_767));
    enter(&mut engine, "A2", "=LEN(A1)");
    assert_eq!(number(&engine, "A2"), 32_767.0);
    enter(&mut engine, "A3", "=A1&A1");
    assert_eq!(value(&engine, "A3"), Value::Error(ErrorKind::Value));
}

#[test]
fn results_below_the_least_positive_number_are_0() {
    let mut engine = sheet(&[]);
    enter(&mut engine, "A1", "=1E-308/1E10");
    enter(&mut engine, "A2", "=-1E-308%");
    enter(&mut engine, "A3", "=2.2250738585072014E-308*1");
    assert_eq!(numbers(&engine, "A1:A2"), [0.0, 0.0]);
    assert_eq!(number(&engine, "A3"), f64::MIN_POSITIVE);
    // So too where whole columns are calculated at once, or row by row.
    let column = |at: &str, formula: &str, engine: &mut Engine| {
        let content = engine.formula_content(cell(at), formula).unwrap();
        let first = cell(at).pos;
        let rect = Rect::sized(first, 40, 1).unwrap();
        let sheet = SheetId(0);
        let area = crate::grid::Area { sheet, rect };
        let edit = crate::workbook::Edit::Set { area, content };
        let fill = crate::workbook::Transaction::new("Fill", vec![edit]);
        engine.apply(&fill).unwrap();
    };
    column("C1", "1E-300/10^ROW()", &mut engine);
    column("D1", "C1%*1E-4", &mut engine);
    column("E1", "EXP(-700-ROW())", &mut engine);
    enter(&mut engine, "F1", "1E-300");
    column("F2", "F1/10", &mut engine);
    for (range, normal) in [("C1:C40", 7), ("D1:D40", 1), ("E1:E40", 8), ("F2:F41", 7)] {
        for (row, x) in numbers(&engine, range).into_iter().enumerate() {
            assert_eq!(x == 0.0, row >= normal, "{range} {row}: {x:e}");
            assert!(!x.is_subnormal(), "{range} {row}: {x:e}");
        }
    }
}

#[test]
fn columns_and_rows_that_follow_others_are_all_between() {
    let mut engine = sheet(&[
        ("A1", "1"),
        ("B2", "2"),
        ("C1", "4"),
        ("D1", "8"),
        ("A9", "16"),
    ]);
    for (at, formula, value) in [
        ("F20", "=SUM(A:A:C:C)", 23.0),
        ("F21", "=ROWS(A:A:C:C)", 1_048_576.0),
        ("F22", "=SUM(1:1:2:2)", 15.0),
        ("F23", "=COLUMNS($A:$A:C:C:B:B)", 3.0),
    ] {
        enter(&mut engine, at, formula);
        assert_eq!(number(&engine, at), value, "{formula}");
    }
}
