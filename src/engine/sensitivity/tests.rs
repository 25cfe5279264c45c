//! Derivatives with respect to all cells against gradients of slices, central
//! differences and closed forms.

use super::{Derivative, Sensitivity};
use crate::engine::Engine;
use crate::engine::gradient::{Slice, SliceError};
use crate::engine::lower::tests::{area, engine};
use crate::grid::{Area, Cell, Pos, Rect};
use crate::value::Value;
use crate::workbook::{Edit, Transaction};

fn cell(engine: &Engine, text: &str) -> Cell {
    Cell {
        sheet: engine.workbook().order()[0],
        pos: Pos::parse_a1(text).expect("a cell"),
    }
}

fn sensitivity(engine: &Engine, of: &str) -> Sensitivity {
    Sensitivity::new(engine, cell(engine, of)).unwrap_or_else(|error| panic!("{error}"))
}

fn known(engine: &Engine, all: &Sensitivity, of: &str) -> f64 {
    match all.at(cell(engine, of)) {
        Some(Derivative::Known(x)) => x,
        other => panic!("{of}: {other:?}"),
    }
}

/// What the objective's change is when a number is written over a cell.
fn difference(engine: &mut Engine, of: Cell, wrt: Cell) -> f64 {
    let Value::Number(x) = engine.value(wrt) else {
        panic!("{} is no number", wrt.pos)
    };
    let step = 1e-6 * x.abs().max(1.0);
    let mut at = |value: f64| {
        let edit = Edit::SetValues {
            area: Area {
                sheet: wrt.sheet,
                rect: Rect::cell(wrt.pos),
            },
            values: vec![Value::Number(value)],
        };
        let transaction = Transaction {
            label: String::new(),
            edits: vec![edit],
        };
        engine.apply(&transaction).expect("set");
        let result = engine.value(of);
        engine.undo().expect("undone");
        match result {
            Value::Number(y) => y,
            other => panic!("{other:?} with {} = {value}", wrt.pos),
        }
    };
    (at(x + step) - at(x - step)) / (2.0 * step)
}

/// Checks cells against central differences.
fn check(lines: &str, of: &str, cells: &str) {
    let mut engine = engine(lines);
    let all = sensitivity(&engine, of);
    let of = cell(&engine, of);
    for text in cells.split(',') {
        let Area { sheet, rect } = area(of.sheet, text);
        for pos in rect.cells() {
            let at = Cell { sheet, pos };
            let Some(Derivative::Known(ours)) = all.at(at) else {
                panic!("{pos}: {:?}", all.at(at));
            };
            let theirs = difference(&mut engine, of, at);
            assert!(
                (ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0),
                "d {} / d {pos}: {ours} by the pass, {theirs} by differences",
                of.pos
            );
        }
    }
}

const LINE: &str = "
    A1 = 1
    A2 = 2
    A3 = 4
    B1 = 3
    B2 = 5
    B3 = 8
    E1 = 1.5
    E2 = 0.5
    C1:C3 = =($E$1*A1+$E$2-B1)^2
    D1 = =AVERAGE(C1:C3)";

#[test]
fn constants_and_results_of_formulas_have_their_derivative() {
    let engine = engine(LINE);
    let all = sensitivity(&engine, "D1");
    // d/dC = 1/n; d/dB = -2/n (m x + b - y); d/dm = 2/n Σ (m x + b - y) x.
    let residuals = [-1.0, -1.5, -1.5];
    for (row, residual) in (1..).zip(residuals) {
        assert_eq!(known(&engine, &all, &format!("C{row}")), 1.0 / 3.0);
        let target = known(&engine, &all, &format!("B{row}"));
        assert!((target + 2.0 / 3.0 * residual).abs() < 1e-14);
    }
    let slope = 2.0 / 3.0 * (residuals[0] + 2.0 * residuals[1] + 4.0 * residuals[2]);
    assert!((known(&engine, &all, "E1") - slope).abs() < 1e-14);
    assert_eq!(known(&engine, &all, "D1"), 1.0);
    assert_eq!(all.at(cell(&engine, "F1")), None);
    assert!((all.largest() - slope.abs()).abs() < 1e-14);
    check(LINE, "D1", "A1:A3,B1:B3,C1:C3,E1:E2");
}

#[test]
fn the_pass_agrees_with_the_gradient_of_a_slice() {
    let engine = engine(LINE);
    let all = sensitivity(&engine, "D1");
    let objective = cell(&engine, "D1");
    let areas = ["E1:E2", "A1:B3"].map(|text| area(objective.sheet, text));
    let mut slice = Slice::new(&engine, objective, &areas).expect("a slice");
    let x = slice.start().to_vec();
    let mut gradient = vec![0.0; x.len()];
    slice.value_and_gradient(&x, &mut gradient);
    for (cell, theirs) in slice.variables().iter().zip(gradient) {
        let Some(Derivative::Known(ours)) = all.at(*cell) else {
            panic!("{}", cell.pos);
        };
        assert!((ours - theirs).abs() < 1e-14, "{}", cell.pos);
    }
}

#[test]
fn a_cell_that_only_repeats_another_is_told_apart_from_it() {
    let lines = "A1 = 3\nB1 = =A1\nC1 = =A1*1+2*B1";
    let engine = engine(lines);
    let all = sensitivity(&engine, "C1");
    assert_eq!(known(&engine, &all, "A1"), 3.0);
    assert_eq!(known(&engine, &all, "B1"), 2.0);
}

#[test]
fn a_running_total_feels_its_own_rows() {
    let mut lines = String::from("E1 = 0.9\nB1 = 2\n");
    for row in 2..=40 {
        lines += &format!("A{row} = {}\n", f64::from(row) / 10.0);
    }
    lines += "B2:B40 = =B1*$E$1+A2\nC1 = =B40^2+B7";
    check(&lines, "C1", "E1,B1,A2:A9,B2:B9,B38:B40");
    let mut lines = String::from("A1 = 0.01\nA2 = 1000\nA3 = 40\nE1 = =A2\n");
    lines += "C2:C31 = =E1*$A$1\nD2:D31 = =$A$3-C2\nE2:E31 = =E1-D2\nF1 = =E31+SUM(C2:C31)";
    check(&lines, "F1", "A1:A3,E1,C2:E4,C29:E31");
    // Two units wide.
    let mut lines = String::from("A1 = 0.5\nB1 = -0.2\nE1 = 0.3\nF1 = 0.1\nE2 = -0.4\nF2 = 0.2\n");
    lines += "A2:B30 = =TANH($A1*E$1+$B1*E$2+0.1)\nH1 = =A30+2*B30";
    check(&lines, "H1", "A1:B1,E1:F2,A2:B4,A28:B30");
}

#[test]
fn matrices_spills_and_lambdas_have_derivatives() {
    let lines = "
        A1 = 1
        B1 = 2
        A2 = 3
        B2 = 4
        D1 = 0.5
        E1 = -1
        D2 = 0.25
        E2 = 2
        G1:H1 = =SUMPRODUCT($A1:$B1,TRANSPOSE(D$1:D$2))
        J1 ~ =LET(x,D1:E2*A1,SUM(MAP(x,LAMBDA(v,v^2))))
        I1 = =SUMSQ(G1:H1)+J1+IF(A1>5,LN(B2),E2^2)";
    check(lines, "I1", "A1:B1,D1:E2,G1:H1,J1");
}

#[test]
fn a_place_without_derivative_is_told_and_spoils_nothing_else() {
    let lines = "
        A1 = 2
        A2 = 10
        D1 = 1
        D2 = 2
        E1 = 0.1
        E2 = 0.3
        B1 = =VLOOKUP(A1,D1:E2,2,FALSE)*A2
        B2 = =A2*LEN(A2&\"x\")
        C1 = =A1+0
        B3 = =INDEX(E1:E2,C1)
        F1 = =B1^2+B2+3*B3";
    let engine = engine(lines);
    let all = sensitivity(&engine, "F1");
    assert_eq!(known(&engine, &all, "B1"), 2.0 * 3.0);
    assert!((known(&engine, &all, "E2") - (2.0 * 3.0 * 10.0 + 3.0)).abs() < 1e-12);
    assert_eq!(known(&engine, &all, "E1"), 0.0);
    for (at, place) in [("A1", "B1"), ("D1", "B1"), ("A2", "B2"), ("C1", "B3")] {
        let Some(Derivative::Refused(why)) = all.at(cell(&engine, at)) else {
            panic!("{at}: {:?}", all.at(cell(&engine, at)));
        };
        // A1 is also behind C1; either place is true.
        let told = why.contains(&format!("Sheet1!{place}")) || at == "A1" && why.contains("B3");
        assert!(told, "{at}: {why}");
    }
    let lens = all.refusals().iter().any(|why| why.contains("LEN"));
    assert!(lens, "{:?}", all.refusals());
}

#[test]
fn a_component_that_cannot_be_lowered_is_cut_off() {
    let mut lines = String::from("A1 = 3\nB1 = 1\nE1 = 5\n");
    lines += "B2:B30 = =B1+LEN(B1&\"x\")*$A$1\nC1 = =B30*$E$1";
    let engine = engine(&lines);
    let all = sensitivity(&engine, "C1");
    assert!(known(&engine, &all, "E1") > 0.0);
    let Some(Derivative::Refused(why)) = all.at(cell(&engine, "A1")) else {
        panic!("{:?}", all.at(cell(&engine, "A1")));
    };
    assert!(why.contains("&") || why.contains("LEN"), "{why}");
}

#[test]
fn random_parameters_are_ends_of_the_model() {
    let engine = engine("A1 = =RAND()\nA2 = 2\nB1 = =A1*A2^2");
    let all = sensitivity(&engine, "B1");
    assert_eq!(known(&engine, &all, "A1"), 4.0);
    let strongest = all.strongest(9, |d| d.constant, |d| d.derivative.abs());
    assert_eq!(strongest.len(), 2);
    assert_eq!(strongest[0].cell, cell(&engine, "A1"));
    // By derivative times value.
    let by_effect = all.strongest(1, |_| true, |d| (d.derivative * d.value).abs());
    assert_eq!(by_effect[0].cell, cell(&engine, "A2"));
}

#[test]
fn what_is_no_objective_says_so() {
    let engine = engine("A1 = 3\nB1 = =2\nC1 = =1/0\nD1 = =\"x\"");
    let error = |of: &str| Sensitivity::new(&engine, cell(&engine, of)).expect_err(of);
    assert!(matches!(error("A1"), SliceError::NotAFormula { .. }));
    assert!(matches!(error("B1"), SliceError::Independent { .. }));
    assert!(matches!(error("C1"), SliceError::Error { .. }));
    assert!(matches!(error("D1"), SliceError::Text { .. }));
}

#[test]
fn headings_and_gaps_within_a_column_are_no_variables() {
    let lines = "A1 = x\nA2 = 2\nA4 = 5\nB1 = =SUM(A:A)^2";
    check(lines, "B1", "A2,A4");
    let engine = engine(lines);
    let all = sensitivity(&engine, "B1");
    assert_eq!(all.at(cell(&engine, "A1")), None);
    assert_eq!(all.at(cell(&engine, "A3")), None);
}
