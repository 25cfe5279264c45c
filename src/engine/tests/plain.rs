//! Ordinary formulas as files hold them: which arguments are evaluated as
//! arrays, and which meet the formula's row.

use super::*;
use crate::engine::lower::tests::engine;

/// The values of ordinary formulas beside A1:A5 = 1…5 and B1:B5 = 10…50, far
/// from their rows.
fn values(formulas: &[&str]) -> Vec<Value> {
    let mut lines = String::new();
    for row in 1..=5 {
        lines.push_str(&format!("A{row} = {row}\nB{row} = {row}0\n"));
    }
    for (row, formula) in formulas.iter().enumerate() {
        lines.push_str(&format!("D{} = ={formula}\n", row + 20));
    }
    let engine = engine(&lines);
    let places = (0..formulas.len()).map(|row| format!("D{}", row + 20));
    places.map(|at| value(&engine, &at)).collect()
}

#[test]
fn lookup_index_and_mode_evaluate_their_arrays_in_ordinary_formulas() {
    let cases: [(&str, f64); 9] = [
        ("LOOKUP(2,1/(A1:A5=2),B1:B5)", 20.0),
        ("LOOKUP(4.5,A1:A5*2)", 4.0),
        ("LOOKUP(3,A1:A5,B1:B5*2)", 60.0),
        ("MATCH(1,INDEX((A1:A5=3)*(B1:B5=30),),0)", 3.0),
        ("MATCH(TRUE,INDEX(A1:A5>2,),0)", 3.0),
        ("INDEX(A1:A5*2,4)", 8.0),
        ("MODE(A1:A5*0)", 0.0),
        ("MODE.SNGL(A1:A5*0)", 0.0),
        ("SUMPRODUCT(A1:A5*2)", 30.0),
    ];
    let formulas = cases.map(|(formula, _)| formula);
    for ((formula, expected), got) in cases.iter().zip(values(&formulas)) {
        assert_eq!(got, Value::Number(*expected), "{formula}");
    }
}

#[test]
fn parameters_of_the_class_of_references_meet_the_row_in_ordinary_formulas() {
    let formulas = [
        "SUM(A1:A5*2)",
        "MATCH(1,(A1:A5=3)*1,0)",
        "LARGE(A1:A5*2,1)",
        "SMALL(A1:A5*2,1)",
        "MEDIAN(A1:A5*2)",
        "PERCENTILE(A1:A5*2,0.5)",
        "QUARTILE(A1:A5*2,1)",
        "PERCENTRANK(A1:A5*2,4)",
        "TRIMMEAN(A1:A5*2,0.2)",
        "ZTEST(A1:A5*2,4)",
    ];
    for (formula, got) in formulas.iter().zip(values(&formulas)) {
        assert_eq!(got, Value::Error(ErrorKind::Value), "{formula}");
    }
    // Typed, they become array formulas, as Excel saves them.
    let typed = sheet(&[("A1", "3"), ("A2", "4"), ("B9", "=LARGE(A1:A2*2,1)")]);
    assert_eq!(number(&typed, "B9"), 8.0);
    assert!(typed.bound(cell("B9")).is_some_and(|bound| bound.array));
}

#[test]
fn long_chains_of_range_operators_need_no_depth() {
    let joined = format!("SUM(A1{})", ":A1".repeat(10_000));
    let common = format!("SUM(A1{})", " A1".repeat(20_000));
    assert_eq!(
        values(&[&joined, &common]),
        [Value::Number(1.0), Value::Number(1.0)]
    );
}

#[test]
fn cells_of_a_whole_sheet_are_counted_by_what_it_holds() {
    let engine = sheet(&[("A1", "1"), ("B2", "=\"\""), ("XFD1048576", "x")]);
    let all = (1u64 << 34) as f64;
    for (formula, expected) in [
        ("COUNTIF(A:XFD,\"\")", all - 2.0),
        ("COUNTIF(A:XFD,\"<>\")", 3.0),
        ("COUNTIF(A:XFD,\"<>x\")", all - 1.0),
        ("COUNTIFS(A:XFD,\"x\")", 1.0),
    ] {
        let got = engine.evaluate(formula, cell("A1")).unwrap();
        assert_eq!(got, Value::Number(expected), "{formula}");
    }
}
