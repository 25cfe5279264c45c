//! Workbooks whose dates count from 1904.

use super::*;
use crate::value::DateSystem;

fn since_1904(cells: &[(&str, &str)]) -> Engine {
    let mut book = Workbook::new();
    book.add_sheet("Sheet1");
    book.date_system = DateSystem::Since1904;
    let mut engine = Engine::new(book);
    for (at, text) in cells {
        enter(&mut engine, at, text);
    }
    engine
}

/// 1 January 2020 in the 1904 system.
const NEW_YEAR: f64 = 42_369.0;

#[test]
fn texts_that_spell_dates_are_read_in_the_workbooks_system() {
    let engine = since_1904(&[
        ("A1", "=\"1/1/2020\"+0"),
        ("A2", "=-\"1/1/2020\""),
        ("A3", "=SUM(\"1/1/2020\",1)"),
        ("A4", "=INT(\"1/1/2020\")"),
        ("A5", "=DATE(2020,1,1)-\"1/1/2020\""),
        ("A6", "=YEAR(\"1/1/2020\"+0)"),
        ("A7", "=SUMPRODUCT({\"1/1/2020\",\"x\"}=\"1/1/2020\",{1,1})"),
        ("A8", "=LEN(\"1/1/2020\")&\"\""),
    ]);
    assert_eq!(number(&engine, "A1"), NEW_YEAR);
    assert_eq!(number(&engine, "A2"), -NEW_YEAR);
    assert_eq!(number(&engine, "A3"), NEW_YEAR + 1.0);
    assert_eq!(number(&engine, "A4"), NEW_YEAR);
    assert_eq!(number(&engine, "A5"), 0.0);
    assert_eq!(number(&engine, "A6"), 2020.0);
    assert_eq!(value(&engine, "A8"), "8".into());
}

#[test]
fn criteria_read_dates_in_the_workbooks_system() {
    let mut engine = since_1904(&[
        ("H1", "1/1/2020"),
        ("H2", "'1/1/2020"),
        ("H3", "2/1/2020"),
        ("I1", "=COUNTIF(H1:H3,\"1/1/2020\")"),
        ("I2", "=COUNTIF(H1:H3,\">1/15/2020\")"),
        ("I3", "=SUMIF(H1:H3,\"=1/1/2020\")"),
    ]);
    assert_eq!(numbers(&engine, "I1:I3"), [2.0, 1.0, NEW_YEAR]);
    // Through an index of the values as well.
    for row in 1..=200 {
        enter(&mut engine, &format!("K{row}"), "'1/1/2020");
        enter(
            &mut engine,
            &format!("L{row}"),
            "=COUNTIF(K$1:K$200,\"1/1/2020\")",
        );
    }
    engine.recalculate_all();
    assert_eq!(numbers(&engine, "L1:L2"), [200.0, 200.0]);
}

#[test]
fn columns_of_texts_are_read_as_single_ones_are() {
    let mut engine = since_1904(&[]);
    for row in 1..=40 {
        enter(&mut engine, &format!("A{row}"), "'1/1/2020");
        enter(&mut engine, &format!("B{row}"), &format!("=A{row}+1"));
        enter(&mut engine, &format!("C{row}"), &format!("=-A{row}"));
        enter(&mut engine, &format!("D{row}"), &format!("=INT(A{row})"));
    }
    engine.recalculate_all();
    assert_eq!(
        numbers(&engine, "B40:D40"),
        [NEW_YEAR + 1.0, -NEW_YEAR, NEW_YEAR]
    );
}

#[test]
fn day_0_is_the_first_of_january_1904() {
    let engine = since_1904(&[
        ("A1", "=TEXT(0,\"yyyy-mm-dd\")"),
        ("A2", "=TEXT(0.75,\"d mmm yyyy hh:mm\")"),
        ("A3", "=TEXT(0.75,\"[h]:mm\")"),
        ("A4", "=TEXT(1,\"yyyy-mm-dd\")"),
        ("A5", "=TEXT(0,\"ddd\")"),
    ]);
    assert_eq!(value(&engine, "A1"), "1904-01-01".into());
    assert_eq!(value(&engine, "A2"), "1 Jan 1904 18:00".into());
    assert_eq!(value(&engine, "A3"), "18:00".into());
    assert_eq!(value(&engine, "A4"), "1904-01-02".into());
    assert_eq!(value(&engine, "A5"), "Fri".into());
}
