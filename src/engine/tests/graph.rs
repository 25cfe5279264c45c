//! What is recalculated, and in which order.

use super::*;
use crate::grid::Area;
use crate::workbook::{Content, Edit, Transaction};

fn rect(range: &str) -> Rect {
    let (a, b) = range.split_once(':').unwrap_or((range, range));
    Rect::new(cell(a).pos, cell(b).pos)
}

fn fill(engine: &mut Engine, range: &str, formula: &str) {
    let area = Area {
        sheet: SheetId(0),
        rect: rect(range),
    };
    let at = Cell {
        sheet: SheetId(0),
        pos: area.rect.top_left(),
    };
    let content = engine.formula_content(at, formula).expect("a formula");
    let edits = vec![Edit::Set { area, content }];
    engine
        .apply(&Transaction::new("fill", edits))
        .expect("fills");
}

fn set(engine: &mut Engine, at: &str, x: f64) -> super::super::Recalculation {
    let area = Area {
        sheet: SheetId(0),
        rect: rect(at),
    };
    let content = Content::Value(Value::Number(x));
    let edits = vec![Edit::Set { area, content }];
    let edited = engine.apply(&Transaction::new("set", edits)).expect("sets");
    edited.recalculation
}

#[test]
fn editing_one_row_of_a_run_recalculates_that_row() {
    let mut engine = sheet(&[]);
    fill(&mut engine, "B1:B10000", "A1*2");
    fill(&mut engine, "C1:C10000", "B1+1");
    let report = set(&mut engine, "A500", 3.0);
    assert_eq!(report.evaluated, 2);
    assert_eq!(numbers(&engine, "B500:C500"), [6.0, 7.0]);
    assert_eq!(numbers(&engine, "B501:C501"), [0.0, 1.0]);
}

#[test]
fn a_running_total_is_no_circle_and_recalculates_downwards_only() {
    let mut engine = sheet(&[("A1", "1"), ("B1", "=A1")]);
    fill(&mut engine, "A2:A1000", "A1+1");
    fill(&mut engine, "B2:B1000", "B1+A2");
    assert_eq!(number(&engine, "B1000"), 500_500.0);
    fill(&mut engine, "C1:C1000", "SUM(B$1:B1)");
    fill(&mut engine, "D2:D1000", "SUM(D$1:D1)+1");
    assert_eq!(numbers(&engine, "D2:D5"), [1.0, 2.0, 4.0, 8.0]);
    let report = set(&mut engine, "E1", 1.0);
    assert_eq!(report.evaluated, 0);
    enter(&mut engine, "A901", "0");
    assert_eq!(number(&engine, "B901"), 405_450.0);
    assert!(engine.circular().is_empty());
}

#[test]
fn a_change_in_a_running_total_leaves_the_rows_above_alone() {
    let mut engine = sheet(&[("B1", "0")]);
    fill(&mut engine, "B2:B5000", "B1+A2");
    let report = set(&mut engine, "A4991", 5.0);
    assert_eq!(report.evaluated, 10);
    assert_eq!(number(&engine, "B5000"), 5.0);
}

#[test]
fn a_loan_table_of_interleaved_runs_is_evaluated_row_by_row() {
    let mut engine = sheet(&[("A1", "1000"), ("B1", "0"), ("C1", "0")]);
    fill(&mut engine, "B2:B101", "A1*0.01");
    fill(&mut engine, "C2:C101", "20-B2");
    fill(&mut engine, "A2:A101", "A1-C2");
    let mut balance = 1000.0;
    for _ in 0..100 {
        balance -= 20.0 - balance * 0.01;
    }
    assert!((number(&engine, "A101") - balance).abs() < 1e-9);
    engine.recalculate_all();
    assert!((number(&engine, "A101") - balance).abs() < 1e-9);
    assert!(engine.circular().is_empty());
}

#[test]
fn runs_that_read_upwards_and_downwards_are_evaluated_on_demand() {
    // Rows 2 to 10 read above, but one of them reads below.
    let mut engine = sheet(&[("A1", "1")]);
    fill(&mut engine, "A2:A10", "A1+B2");
    fill(&mut engine, "B2:B10", "IF(ROW()=3,A9*0,A1)");
    assert!(engine.circular().len() == 1);
    fill(&mut engine, "B2:B10", "IF(ROW()=3,1,IF(ROW()=2,B3,A1))");
    assert!(engine.circular().is_empty(), "{:?}", engine.circular());
    assert_eq!(numbers(&engine, "A2:A4"), [2.0, 3.0, 6.0]);
}

#[test]
fn a_true_circle_is_reported_with_its_path_and_is_zero() {
    let mut engine = sheet(&[
        ("A1", "=B1+1"),
        ("B1", "=C1+1"),
        ("C1", "=A1+1"),
        ("D1", "=A1+5"),
    ]);
    assert_eq!(engine.circular().len(), 1);
    let mut path: Vec<String> = engine.circular()[0]
        .iter()
        .map(|cell| cell.pos.to_string())
        .collect();
    path.sort();
    assert_eq!(path, ["A1", "B1", "C1"]);
    assert_eq!(numbers(&engine, "A1:D1"), [0.0, 0.0, 0.0, 5.0]);
    enter(&mut engine, "C1", "1");
    assert!(engine.circular().is_empty());
    assert_eq!(numbers(&engine, "A1:D1"), [3.0, 2.0, 1.0, 8.0]);
}

#[test]
fn a_branch_that_is_not_taken_makes_no_circle() {
    let mut engine = sheet(&[("A1", "1"), ("B1", "=IF(A1,5,C1)"), ("C1", "=B1*2")]);
    assert!(engine.circular().is_empty());
    assert_eq!(numbers(&engine, "B1:C1"), [5.0, 10.0]);
    enter(&mut engine, "A1", "0");
    assert_eq!(engine.circular().len(), 1);
}

#[test]
fn undo_and_redo_recalculate() {
    let mut engine = sheet(&[("A1", "2"), ("B1", "=A1*10"), ("C1", "=B1+1")]);
    enter(&mut engine, "A1", "3");
    assert_eq!(number(&engine, "C1"), 31.0);
    engine.undo().unwrap().expect("something to undo");
    assert_eq!(numbers(&engine, "A1:C1"), [2.0, 20.0, 21.0]);
    engine.redo().unwrap().expect("something to redo");
    assert_eq!(number(&engine, "C1"), 31.0);
    enter(&mut engine, "B1", "7");
    assert_eq!(number(&engine, "C1"), 8.0);
    engine.undo().unwrap();
    assert_eq!(number(&engine, "C1"), 31.0);
}

#[test]
fn references_found_by_evaluation_are_followed() {
    let mut engine = sheet(&[
        ("A1", "=OFFSET(B1,2,0)"),
        ("A2", "=INDIRECT(\"B\"&3)*2"),
        ("A3", "=A1+A2"),
        ("B3", "=C3+1"),
        ("C3", "1"),
    ]);
    assert_eq!(numbers(&engine, "A1:A3")[..], [2.0, 4.0, 6.0]);
    enter(&mut engine, "C3", "10");
    assert_eq!(numbers(&engine, "A1:A3")[..], [11.0, 22.0, 33.0]);
    engine.recalculate_all();
    assert_eq!(numbers(&engine, "A1:A3")[..], [11.0, 22.0, 33.0]);
}

#[test]
fn a_run_that_finds_its_own_cells_by_evaluation_is_calculated_in_their_order() {
    let mut engine = sheet(&[("C3", "3")]);
    fill(&mut engine, "A4:G5", "OFFSET(A2,1,0)");
    assert_eq!(numbers(&engine, "C4:C5")[..], [3.0, 3.0]);
    enter(&mut engine, "C3", "7");
    assert_eq!(numbers(&engine, "C4:C5")[..], [7.0, 7.0]);
    let mut engine = sheet(&[("A1", "=INDIRECT(\"A1\")+1")]);
    assert_eq!(engine.circular(), [[cell("A1")]]);
    assert_eq!(number(&engine, "A1"), 0.0);
    enter(&mut engine, "A1", "=INDIRECT(\"B1\")+1");
    assert!(engine.circular().is_empty());
}

#[test]
fn a_looping_run_that_finds_a_cell_calculated_later_is_calculated_again() {
    let mut engine = sheet(&[("C1", "=IF(F1>5,\"E1\",\"D1\")"), ("D1", "2"), ("F1", "1")]);
    fill(&mut engine, "A2:A4", "IF(ROW()=2,INDIRECT($C$1),A1)");
    enter(&mut engine, "E1", "=F1+1");
    assert_eq!(numbers(&engine, "A2:A4")[..], [2.0; 3]);
    enter(&mut engine, "F1", "10");
    assert_eq!(numbers(&engine, "A2:A4")[..], [11.0; 3]);
}

#[test]
fn a_run_calculated_in_part_still_follows_what_its_other_cells_found() {
    let mut engine = sheet(&[("C1", "1"), ("C2", "1"), ("E1", "5"), ("E2", "6")]);
    fill(
        &mut engine,
        "A1:A2",
        "IF(C1,SUM(F1:INDEX(D$1:D$2,ROW(),1)),B1)",
    );
    assert_eq!(numbers(&engine, "A1:A2")[..], [5.0, 6.0]);
    enter(&mut engine, "B1", "1");
    enter(&mut engine, "E2", "60");
    assert_eq!(numbers(&engine, "A1:A2")[..], [5.0, 60.0]);
}

#[test]
fn splitting_a_run_keeps_its_other_rows_calculated() {
    let mut engine = sheet(&[]);
    fill(&mut engine, "B1:B100", "A1+1");
    enter(&mut engine, "B50", "=A50*100");
    enter(&mut engine, "A50", "2");
    enter(&mut engine, "A49", "2");
    enter(&mut engine, "A51", "2");
    assert_eq!(numbers(&engine, "B49:B51"), [3.0, 200.0, 3.0]);
    engine.undo().unwrap();
    engine.undo().unwrap();
    engine.undo().unwrap();
    engine.undo().unwrap();
    enter(&mut engine, "A50", "4");
    assert_eq!(numbers(&engine, "B49:B51"), [1.0, 5.0, 1.0]);
}

#[test]
fn a_watch_can_stop_a_recalculation_which_is_finished_later() {
    use std::ops::ControlFlow;
    let mut engine = sheet(&[("A1", "1")]);
    for row in 2..=50 {
        enter(
            &mut engine,
            &format!("A{row}"),
            &format!("=A{}*1+{row}-{row}+1", row - 1),
        );
    }
    engine.set_watch(Some(|progress: super::super::Progress| {
        match progress.evaluated < 10 {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }));
    let report = set(&mut engine, "A1", 5.0);
    assert!(report.interrupted);
    assert_eq!(number(&engine, "A50"), 50.0);
    engine.set_watch(None::<fn(super::super::Progress) -> ControlFlow<()>>);
    set(&mut engine, "Z1", 0.0);
    assert_eq!(number(&engine, "A50"), 54.0);
}

#[test]
fn a_watch_stops_a_recalculation_in_the_middle_of_one_run() {
    use std::ops::ControlFlow;
    // By columns, cell by cell, and line by line.
    for formula in [
        "$A$1*ROW()",
        "IFERROR(MATCH($A$1,$A$1:$A$9,0)*ROW(),LAMBDA(x,x)(2))",
        "B1+$A$1",
    ] {
        let mut engine = sheet(&[("A1", "1"), ("B1", "0")]);
        fill(&mut engine, "B2:B60000", formula);
        let full = numbers(&engine, "B2:B60000");
        let most = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let seen = most.clone();
        engine.set_watch(Some(move |progress: super::super::Progress| {
            assert_eq!(progress.of, 59_999);
            seen.fetch_max(progress.evaluated, std::sync::atomic::Ordering::Relaxed);
            match progress.evaluated < 5_000 {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        }));
        let report = engine.recalculate_all();
        assert!(report.interrupted, "{formula}");
        let most = most.load(std::sync::atomic::Ordering::Relaxed);
        assert!((5_000..40_000).contains(&most), "{formula}: {most}");
        engine.set_watch(None::<fn(super::super::Progress) -> ControlFlow<()>>);
        set(&mut engine, "Z1", 0.0);
        assert_eq!(numbers(&engine, "B2:B60000"), full, "{formula}");
    }
}

#[test]
fn thousands_of_single_formulas_over_ranges_are_ordered_quickly() {
    let mut book = Workbook::new();
    let id = book.add_sheet("Sheet1");
    let n = 4_000u32;
    for row in 0..n {
        for (col, text) in [
            (0, format!("{row}+1")),
            (1, format!("SUM($A$1:$A$4000)+{row}")),
        ] {
            let pos = Pos::new(row, col);
            let expr = crate::formula::parse(&text, pos).unwrap();
            let template = book
                .templates
                .intern(crate::workbook::Template::Formula(expr));
            book.sheet_mut(id).runs.insert(crate::workbook::Run {
                rect: Rect::cell(pos),
                template,
                kind: crate::workbook::RunKind::Plain,
            });
        }
    }
    let mut engine = Engine::new(book);
    let graph = engine.graph();
    let order = graph.order(&crate::engine::graph::Dirty::all(graph));
    assert_eq!(order.len(), 2 * n as usize);
    engine.recalculate_all();
    assert_eq!(number(&engine, "B1"), f64::from(n) * f64::from(n + 1) / 2.0);
}
