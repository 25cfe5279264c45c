//! Dynamic arrays and legacy arrays.

use super::*;
use crate::grid::Area;
use crate::workbook::{Content, Edit, RunKind, Template, Transaction};

#[test]
fn a_result_spills_and_others_read_it() {
    let mut engine = sheet(&[
        ("A1", "=SEQUENCE(3)"),
        ("C1", "=SUM(A1#)"),
        ("D1", "=A3*10"),
    ]);
    assert_eq!(numbers(&engine, "A1:A3"), [1.0, 2.0, 3.0]);
    assert_eq!(numbers(&engine, "C1:D1"), [6.0, 30.0]);
    enter(&mut engine, "A1", "=SEQUENCE(5)");
    assert_eq!(numbers(&engine, "C1:D1"), [15.0, 30.0]);
    enter(&mut engine, "A1", "=SEQUENCE(2)");
    assert_eq!(numbers(&engine, "C1:D1"), [3.0, 0.0]);
    assert_eq!(value(&engine, "A3"), Value::Blank);
}

#[test]
fn a_spill_grows_with_what_it_reads() {
    let mut engine = sheet(&[
        ("A1", "2"),
        ("D1", "=SUM(B1#)"),
        ("C1", "=COUNT(B1:B10)"),
        ("B1", "=SEQUENCE(A1)"),
    ]);
    assert_eq!(numbers(&engine, "C1:D1"), [2.0, 3.0]);
    enter(&mut engine, "A1", "4");
    assert_eq!(numbers(&engine, "C1:D1"), [4.0, 10.0]);
    engine.undo().unwrap();
    assert_eq!(numbers(&engine, "C1:D1"), [2.0, 3.0]);
    assert_eq!(value(&engine, "B4"), Value::Blank);
}

#[test]
fn a_spill_that_meets_something_is_an_error_until_that_is_gone() {
    let mut engine = sheet(&[("A3", "9"), ("A1", "=SEQUENCE(3)"), ("C1", "=A1")]);
    assert_eq!(error(&engine, "A1"), ErrorKind::Spill);
    assert_eq!(error(&engine, "C1"), ErrorKind::Spill);
    assert_eq!(value(&engine, "A2"), Value::Blank);
    assert_eq!(number(&engine, "A3"), 9.0);
    enter(&mut engine, "A3", "");
    assert_eq!(numbers(&engine, "A1:A3"), [1.0, 2.0, 3.0]);
    assert_eq!(number(&engine, "C1"), 1.0);
    enter(&mut engine, "A2", "7");
    assert_eq!(error(&engine, "A1"), ErrorKind::Spill);
    assert_eq!(number(&engine, "A2"), 7.0);
    assert_eq!(value(&engine, "A3"), Value::Blank);
    engine.undo().unwrap();
    assert_eq!(numbers(&engine, "A1:A3"), [1.0, 2.0, 3.0]);
}

#[test]
fn a_spill_off_the_sheet_is_an_error() {
    let engine = sheet(&[("A1048575", "=SEQUENCE(3)")]);
    assert_eq!(error(&engine, "A1048575"), ErrorKind::Spill);
}

#[test]
fn spills_that_feed_each_other_settle() {
    let engine = sheet(&[
        ("A1", "3"),
        ("E1", "=SUM(D1#)"),
        ("D1", "=C1#*2"),
        ("C1", "=SEQUENCE(A1)"),
    ]);
    assert_eq!(number(&engine, "E1"), 12.0);
    assert_eq!(numbers(&engine, "D1:D3"), [2.0, 4.0, 6.0]);
}

#[test]
fn a_legacy_array_fills_its_fixed_cells() {
    let mut engine = sheet(&[("A1", "1"), ("A2", "2")]);
    let at = cell("C1");
    let expr = crate::formula::parse("A1:A2*10", at.pos).unwrap();
    let template = engine
        .workbook_mut()
        .templates
        .intern(Template::Formula(expr));
    let area = Area {
        sheet: SheetId(0),
        rect: Rect::new(at.pos, Pos::new(2, 3)),
    };
    let content = Content::Formula {
        template,
        kind: RunKind::Array,
        values: Vec::new(),
    };
    let edits = vec![Edit::Set { area, content }];
    engine.apply(&Transaction::new("array", edits)).unwrap();
    assert_eq!(numbers(&engine, "C1:D2"), [10.0, 10.0, 20.0, 20.0]);
    assert_eq!(error(&engine, "C3"), ErrorKind::Na);
    enter(&mut engine, "A2", "5");
    assert_eq!(number(&engine, "D2"), 50.0);
}
