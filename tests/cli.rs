//! The command line as users meet it: the program is run, and its output,
//! exit status and files are looked at.

#[path = "shared/program.rs"]
mod program;
mod shared;

use gradsheet::engine::Engine;
use gradsheet::grid::{Area, Cell, Pos, Rect};
use gradsheet::workbook::{Content, Edit, RunKind, Template, Transaction, Workbook};
use gradsheet::xlsx;
use program::gradsheet;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The noisy quadratic of the lesson: `x`, `y`.
const POINTS: [(f64, f64); 20] = {
    const Y: [f64; 20] = [
        11.869037, 6.543284, 5.939607, 2.630370, 1.794741, 1.901029, -0.297737, 1.431545,
        -0.280380, 0.452130, 0.254750, 4.574284, 2.968071, 1.338544, 5.375441, 4.887779, 8.246676,
        9.246154, 10.261186, 13.693917,
    ];
    let mut points = [(0.0, 0.0); 20];
    let mut i = 0;
    while i < 20 {
        points[i] = (-2.0 + 4.0 * i as f64 / 19.0, Y[i]);
        i += 1;
    }
    points
};

/// A workbook with the lesson's quadratic on `Fit` (a, b, c in E1:E3, the mean
/// absolute error in F1, the mean squared error in F2) and a product on
/// `Other sheet`.
fn workbook(folder: &Path) -> PathBuf {
    let mut book = Workbook::new();
    let fit = book.add_sheet("Fit");
    let other = book.add_sheet("Other sheet");
    let mut engine = Engine::new(book);
    let mut enter = |sheet, at: &str, text: &str| {
        let pos = Pos::parse_a1(at).unwrap();
        engine.enter(Cell { sheet, pos }, text).unwrap();
    };
    for (i, (x, y)) in POINTS.iter().enumerate() {
        let row = i + 1;
        enter(fit, &format!("A{row}"), &x.to_string());
        enter(fit, &format!("B{row}"), &y.to_string());
        let formula = format!("=$E$1*A{row}^2+$E$2*A{row}+$E$3-B{row}");
        enter(fit, &format!("C{row}"), &formula);
        enter(fit, &format!("D{row}"), &format!("=ABS(C{row})"));
    }
    for at in ["E1", "E2", "E3"] {
        enter(fit, at, "1.1");
    }
    enter(fit, "F1", "=AVERAGE(D1:D20)");
    enter(fit, "F2", "=SUMSQ(C1:C20)/20");
    enter(fit, "F3", "=1/0");
    enter(fit, "F4", "=A1*2");
    enter(other, "A1", "2");
    enter(other, "A2", "3");
    enter(other, "B1", "=A1*A2");
    enter(other, "B2", "=A1+A2");
    enter(other, "C1", "some text");
    enter(other, "C2", "12.5%");
    let path = folder.join("book.xlsx");
    xlsx::save(engine.workbook(), &path).unwrap();
    path
}

/// A fresh folder with the workbook in it.
fn fixture() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = workbook(folder.path());
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn inside(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn cells_show_by_their_number_formats_and_with_all_digits() {
    let (_folder, book) = fixture();
    let shown = gradsheet(&["get", &book, "'Other sheet'!C2"]);
    assert_eq!((shown.code, &*shown.out), (0, "12.50%\n"));
    let raw = gradsheet(&["get", &book, "C2", "--sheet", "other SHEET", "--raw"]);
    assert_eq!(raw.out, "0.125\n");
    let table = gradsheet(&["get", &book, "'Other sheet'!A1:B2", "--formulas"]);
    assert_eq!(
        table.out,
        "Other sheet  A       B\n          1  2  =A1*A2\n          2  3  =A1+A2\n"
    );
    let json = gradsheet(&["get", &book, "'Other sheet'!B1:C1", "--json"]).json();
    assert_eq!(json[0]["value"], 6.0);
    assert_eq!(json[0]["formula"], "=A1*A2");
    assert_eq!(json[1]["value"], "some text");
    assert_eq!(json[1].get("formula"), None);
}

#[test]
fn a_workbook_that_holds_checks_and_one_that_was_tampered_with_does_not() {
    let (folder, book) = fixture();
    let good = gradsheet(&["check", &book, "--json"]);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    let json = good.json();
    assert_eq!(json[0]["formulas"], 46);
    assert_eq!(json[0]["matched"], 46);
    assert_eq!(json[0]["differing"], 0);

    // A saved result that the formula does not give.
    let mut tampered = xlsx::open(&book).unwrap();
    let sheet = tampered.sheet_named("Other sheet").unwrap();
    let cells = &mut tampered.sheet_mut(sheet).cells;
    cells.set(
        Pos::parse_a1("B1").unwrap(),
        gradsheet::value::Value::Number(7.0),
    );
    let path = folder.path().join("bad.xlsx");
    xlsx::save(&tampered, &path).unwrap();
    let bad = gradsheet(&["check", path.to_str().unwrap(), "--json"]);
    assert_eq!(bad.code, 1, "{}", bad.out);
    let json = bad.json();
    assert_eq!(json[0]["differing"], 1);
    let mismatch = &json[0]["mismatches"][0];
    assert_eq!(mismatch["formula"], "=A1*A2");
    assert_eq!(
        (&mismatch["expected"], &mismatch["got"]),
        (&7.0.into(), &6.0.into())
    );

    // A folder stands for the workbooks in it.
    let both = gradsheet(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(both.code, 1);
    assert_eq!(both.out.matches("46 formulas").count(), 2, "{}", both.out);
}

#[test]
fn gradients_agree_with_closed_forms_and_central_differences() {
    let (_folder, book) = fixture();
    let product = gradsheet(&[
        "grad",
        &book,
        "--of",
        "'Other sheet'!B1",
        "--wrt",
        "'Other sheet'!A1:A2",
        "--check",
        "--json",
    ]);
    assert_eq!(product.code, 0, "{}{}", product.out, product.err);
    let json = product.json();
    assert_eq!(
        (&json["of"], &json["value"]),
        (&"'Other sheet'!B1".into(), &6.0.into())
    );
    assert_eq!(json["gradient"][0]["derivative"], 3.0);
    assert_eq!(json["gradient"][1]["derivative"], 2.0);
    assert!(json["check"]["worst"].as_f64().unwrap() < 1e-6);

    let quadratic = gradsheet(&["grad", &book, "--of", "F1", "--wrt", "E1:E3", "--json"]);
    let shown: Vec<String> = quadratic.json()["gradient"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| format!("{:.4}", g["derivative"].as_f64().unwrap()))
        .collect();
    assert_eq!(shown, ["-1.3529", "-0.0316", "-0.5000"]);
}

#[test]
fn a_gradient_is_explained_by_its_steps_or_its_cuda_kernels() {
    let (_folder, book) = fixture();
    let explained = |what: &str| {
        let of = ["--of", "'Other sheet'!B1", "--wrt", "'Other sheet'!A1:A2"];
        let run = gradsheet(&[&["grad", &book], &of[..], &["--explain", what]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    let steps = explained("steps");
    assert!(steps.contains("'Other sheet'!B1"), "{steps}");
    assert!(!steps.contains("__global__"), "{steps}");
    let cuda = explained("cuda");
    assert!(cuda.contains("extern \"C\" __global__ void"), "{cuda}");
}

#[test]
fn gradient_descent_shows_the_lessons_losses() {
    let (_folder, book) = fixture();
    let run = gradsheet(&[
        "solve",
        &book,
        "--objective",
        "F1",
        "--vary",
        "E1:E3",
        "--method",
        "gd",
        "--lr",
        "0.01",
        "--max-iter",
        "10",
        "--json",
    ]);
    assert_eq!(
        run.code, 1,
        "the iteration limit is no convergence: {}",
        run.err
    );
    let json = run.json();
    assert_eq!(json["status"], "iteration limit");
    assert_eq!(json["code"], 3);
    assert_eq!(json["iterations"], 10);
    let after = json["objective"]["after"].as_f64().unwrap();
    assert_eq!(format!("{after:.4}"), "2.2137");
    for line in [
        "iteration 0      loss 2.4218544",
        "iteration 1      loss 2.4010408",
    ] {
        assert!(run.err.contains(line), "{}", run.err);
    }
    let quiet = gradsheet(&[
        "solve",
        &book,
        "--objective",
        "F1",
        "--vary",
        "E1:E3",
        "--max-iter",
        "3",
        "--quiet",
    ]);
    assert_eq!(quiet.err, "");
}

#[test]
fn a_solved_problem_is_saved_with_its_model_and_solved_again_from_it() {
    let (folder, book) = fixture();
    let out = inside(&folder, "out.xlsx");
    let input = std::fs::read(&book).unwrap();
    let run = gradsheet(&[
        "solve",
        &book,
        "--objective",
        "Fit!F2",
        "--vary",
        "Fit!E1:E2,Fit!E3",
        "-o",
        &out,
        "--json",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let json = run.json();
    assert_eq!(
        json["method"], "lm+lbfgs",
        "the compiler finds the squares: {}",
        run.err
    );
    assert_eq!(json["saved"], *out);
    assert_eq!(json["variables"].as_array().unwrap().len(), 3);
    assert_eq!(
        std::fs::read(&book).unwrap(),
        input,
        "the input is untouched"
    );

    // The least-squares fit by the normal equations.
    let expected = least_squares();
    for (variable, expected) in json["variables"].as_array().unwrap().iter().zip(expected) {
        let after = variable["after"].as_f64().unwrap();
        assert!((after - expected).abs() < 1e-7, "{variable} {expected}");
    }
    let saved = gradsheet(&["get", &out, "Fit!F2", "--raw"]).out;
    let after = json["objective"]["after"].as_f64().unwrap();
    assert_eq!(saved.trim().parse::<f64>().unwrap(), after);
    assert_eq!(gradsheet(&["check", &out]).code, 0);

    // The model is stored: no arguments are needed now.
    let names = xlsx::open(&out).unwrap().names;
    let stored = names
        .iter()
        .filter(|n| n.name.starts_with("solver_"))
        .count();
    assert_eq!(stored, 27);
    let again = gradsheet(&["solve", &out, "--json"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(
        again
            .err
            .contains("minimise Fit!$F$2 by changing Fit!$E$1:$E$2,Fit!$E$3")
    );
    assert_eq!(again.json()["saved"], Value::Null);
}

/// The coefficients a, b, c of the least-squares parabola, by Cramer's rule.
fn least_squares() -> [f64; 3] {
    let mut m = [[0.0; 3]; 3];
    let mut r = [0.0; 3];
    for (x, y) in POINTS {
        let row = [x * x, x, 1.0];
        for i in 0..3 {
            for j in 0..3 {
                m[i][j] += row[i] * row[j];
            }
            r[i] += row[i] * y;
        }
    }
    let det = |m: [[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = det(m);
    [0, 1, 2].map(|col| {
        let mut replaced = m;
        for row in 0..3 {
            replaced[row][col] = r[row];
        }
        det(replaced) / whole
    })
}

#[test]
fn a_value_is_reached_and_an_impossible_one_reported() {
    let (_folder, book) = fixture();
    let solve = |target: &str| {
        gradsheet(&[
            "solve",
            &book,
            "--sheet",
            "Other sheet",
            "--objective",
            "B1",
            "--vary",
            "A1",
            "--target",
            target,
            "--json",
        ])
    };
    let reached = solve("-12");
    assert_eq!(reached.code, 0, "{}", reached.err);
    assert_eq!(reached.json()["status"], "target reached");
    let a1 = reached.json()["variables"][0]["after"].as_f64().unwrap();
    assert!((a1 + 4.0).abs() < 1e-8, "{a1}");

    let squares = gradsheet(&[
        "solve",
        &book,
        "--objective",
        "Fit!F2",
        "--vary",
        "Fit!E1",
        "--target",
        "-1",
        "--json",
    ]);
    assert_eq!(squares.code, 1, "{}", squares.err);
    assert_eq!(squares.json()["code"], 5);
}

#[test]
fn a_learning_rate_that_diverges_comes_with_advice() {
    let (_folder, book) = fixture();
    let run = gradsheet(&[
        "solve",
        &book,
        "--objective",
        "F2",
        "--vary",
        "E1:E3",
        "--method",
        "gd",
        "--lr",
        "5",
        "--json",
    ]);
    assert_eq!(run.code, 1);
    let json = run.json();
    assert_eq!(json["status"], "diverged");
    let advice = json["advice"].as_str().unwrap();
    let rate = advice.rsplit("try --lr ").next().unwrap().to_owned();
    let advised = gradsheet(&[
        "solve",
        &book,
        "--objective",
        "F2",
        "--vary",
        "E1:E3",
        "--method",
        "gd",
        "--lr",
        &rate,
        "--json",
    ]);
    let json = advised.json();
    assert!(json["objective"]["after"].as_f64() < json["objective"]["before"].as_f64());
    assert_ne!(json["status"], "diverged");
}

/// The names of a stored model with constraints, written as Excel would.
fn with_model(book: &str, out: &str, model: &[(&str, &str)]) {
    use gradsheet::workbook::DefinedName;
    let mut workbook = xlsx::open(book).unwrap();
    let sheet = workbook.sheet_named("Other sheet").unwrap();
    for (name, text) in model {
        workbook.names.define(DefinedName {
            name: (*name).into(),
            scope: Some(sheet),
            formula: (*text).into(),
            hidden: true,
        });
    }
    xlsx::save(&workbook, out).unwrap();
}

#[test]
fn stored_constraints_are_honoured_or_refused_by_name() {
    let (folder, book) = fixture();
    let constrained = inside(&folder, "constrained.xlsx");
    // Maximise A1 * A2 where A1 + A2 = 10 and A1 <= 4.
    let model = [
        ("solver_opt", "'Other sheet'!$B$1"),
        ("solver_adj", "'Other sheet'!$A$1:$A$2"),
        ("solver_typ", "1"),
        ("solver_neg", "2"),
        ("solver_num", "2"),
        ("solver_lhs1", "'Other sheet'!$B$2"),
        ("solver_rel1", "2"),
        ("solver_rhs1", "10"),
        ("solver_lhs2", "'Other sheet'!$A$1"),
        ("solver_rel2", "1"),
        ("solver_rhs2", "4"),
    ];
    with_model(&book, &constrained, &model);
    let run = gradsheet(&["solve", &constrained, "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.err
            .contains("sheet Other sheet: its stored Solver model"),
        "{}",
        run.err
    );
    let json = run.json();
    assert_eq!(json["method"], "slsqp");
    assert!((json["objective"]["after"].as_f64().unwrap() - 24.0).abs() < 1e-6);
    assert!((json["variables"][0]["after"].as_f64().unwrap() - 4.0).abs() < 1e-6);

    let integer = inside(&folder, "integer.xlsx");
    let mut model = model.to_vec();
    model[9] = ("solver_rel2", "4");
    model[10] = ("solver_rhs2", "integer");
    with_model(&book, &integer, &model);
    let refused = gradsheet(&["solve", &integer]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("'Other sheet'!$A$1 integer"),
        "{}",
        refused.err
    );
}

#[test]
fn what_cannot_be_solved_is_refused_with_its_reason() {
    let (folder, book) = fixture();
    let input = std::fs::read(&book).unwrap();
    let out = inside(&folder, "never.xlsx");
    let refuse = |objective: &str, vary: &str| {
        let run = gradsheet(&[
            "solve",
            &book,
            "--objective",
            objective,
            "--vary",
            vary,
            "-o",
            &out,
        ]);
        assert_eq!(run.code, 2, "{}{}", run.out, run.err);
        assert_eq!(run.out, "");
        run.err
    };
    for (objective, vary, message) in [
        ("'Other sheet'!C1", "'Other sheet'!A1", "some text"),
        ("Fit!F1", "Fit!F2", "formula"),
        ("Fit!F1", "'Other sheet'!A1", "does not depend on"),
        ("Fit!F3", "Fit!E1", "#DIV/0!"),
        ("Fit!E1", "Fit!E2", "not a formula"),
        ("Fit!F1", "'Other sheet'!C1", "some text"),
        ("Nowhere!A1", "Fit!E1", "there is no sheet \"Nowhere\""),
        ("Fit!F1:F2", "Fit!E1", "several cells"),
        ("Fit!F1", "Fit!A:XFD", "more than the"),
    ] {
        let err = refuse(objective, vary);
        assert!(err.contains(message), "{objective} {vary}: {err}");
    }
    let none = gradsheet(&["solve", &book]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("--objective and --vary"), "{}", none.err);
    assert!(!Path::new(&out).exists());
    assert_eq!(std::fs::read(&book).unwrap(), input);
}

#[test]
fn values_and_filled_formulas_are_entered_and_saved() {
    let (folder, book) = fixture();
    let out = inside(&folder, "set.xlsx");
    let run = gradsheet(&[
        "set",
        &book,
        "'Other sheet'!A1=10",
        "'Other sheet'!D1:D2==A1*2",
        "-o",
        &out,
        "--json",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let json = run.json();
    assert_eq!(json["cells"][0]["before"], 2.0);
    assert_eq!(json["cells"][2]["after"], 6.0);
    let get = |reference: &str| gradsheet(&["get", &out, reference]).out;
    assert_eq!(get("'Other sheet'!B1"), "30\n");
    assert_eq!(get("'Other sheet'!D2"), "6\n");

    let relative = "'Other sheet'!D1:D2==RC[-3]*R1C1";
    let run = gradsheet(&["set", &book, relative, "--r1c1", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let formulas = gradsheet(&["get", &out, "'Other sheet'!D2", "--json"]);
    assert!(formulas.out.contains("=A2*$A$1"), "{}", formulas.out);

    let circular = gradsheet(&["set", &book, "'Other sheet'!A1==B1"]);
    assert_eq!(circular.code, 0);
    assert!(
        circular.err.contains("circular reference: 'Other sheet'!"),
        "{}",
        circular.err
    );

    let bad = gradsheet(&["set", &book, "A1==SUM("]);
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("A1==SUM("), "{}", bad.err);
}

#[test]
fn the_input_is_replaced_only_by_force() {
    let (_folder, book) = fixture();
    let refused = gradsheet(&["set", &book, "Fit!E1=2", "-o", &book]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("--force"), "{}", refused.err);
    let unsaved = gradsheet(&["set", &book, "Fit!E1=2"]);
    assert_eq!(unsaved.code, 0);
    assert!(unsaved.out.contains("not saved"), "{}", unsaved.out);
    assert_eq!(gradsheet(&["get", &book, "Fit!E1"]).out, "1.1\n");
    let forced = gradsheet(&["set", &book, "Fit!E1=2", "--force"]);
    assert_eq!(forced.code, 0, "{}", forced.err);
    assert_eq!(gradsheet(&["get", &book, "Fit!E1"]).out, "2\n");
}

#[test]
fn formulas_are_evaluated_in_a_workbook() {
    let (_folder, book) = fixture();
    let run = gradsheet(&[
        "calc",
        &book,
        "=SUM('Other sheet'!A1:A2)*2",
        "=TRANSPOSE('Other sheet'!A1:A2)",
    ]);
    assert_eq!((run.code, &*run.out), (0, "10\n2  3\n"));
    let json = gradsheet(&["calc", &book, "=1/0", "--json"]).json();
    assert_eq!(json["results"][0]["value"][0][0]["error"], "#DIV/0!");
    assert_eq!(json["evaluated"], 46);
    let bad = gradsheet(&["calc", &book, "=1+"]);
    assert_eq!(bad.code, 2);
}

#[test]
fn files_are_converted_and_impossible_formats_refused() {
    let (folder, book) = fixture();
    let csv = inside(&folder, "other.csv");
    let run = gradsheet(&["convert", &book, &csv, "--sheet", "Other sheet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        std::fs::read_to_string(&csv).unwrap(),
        "2,6,some text\r\n3,5,12.50%\r\n"
    );
    let back = inside(&folder, "back.xlsx");
    assert_eq!(gradsheet(&["convert", &csv, &back]).code, 0);
    assert_eq!(gradsheet(&["get", &back, "B1"]).out, "6\n");
    for (output, message) in [
        ("x.ods", "cannot be written"),
        ("x.xlsm", "no macros"),
        ("x.pdf", "names no format"),
        ("nameless", "names no format"),
        ("missing/dir/x.xlsx", "no folder"),
        (".", "is a folder"),
    ] {
        let output = inside(&folder, output);
        for command in [
            &["convert", &book, &output][..],
            &["calc", &book, "-o", &output],
            &["set", &book, "Fit!E1=2", "-o", &output],
            &[
                "solve",
                &book,
                "--objective",
                "Fit!F2",
                "--vary",
                "Fit!E1",
                "-o",
                &output,
            ],
        ] {
            let refused = gradsheet(command);
            assert_eq!(refused.code, 2, "{command:?}");
            assert!(refused.err.contains(message), "{}", refused.err);
            // Before any work is done.
            assert!(!refused.err.contains("iteration"), "{}", refused.err);
        }
    }
}

#[test]
fn formulas_without_saved_values_are_told_from_differences() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("S");
    // Entered without an engine, as by a program that does not calculate.
    let at = Pos::new(0, 0);
    let formula = gradsheet::formula::parse("1+1", at).unwrap();
    let edit = Edit::Set {
        area: Area {
            sheet,
            rect: Rect::cell(at),
        },
        content: Content::Formula {
            template: book.templates.intern(Template::Formula(formula)),
            kind: RunKind::Plain,
            values: Vec::new(),
        },
    };
    book.apply(&Transaction::new("Enter", vec![edit])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (plain, calculated) = (inside(&folder, "plain.xlsx"), inside(&folder, "full.xlsx"));
    xlsx::save(&book, Path::new(&plain)).unwrap();
    let check = gradsheet(&["check", &plain]);
    assert_eq!(check.code, 1);
    assert!(
        check.out.contains("1 cell without a saved value"),
        "{}",
        check.out
    );
    assert!(check.out.contains("gradsheet calc"), "{}", check.out);
    let json = gradsheet(&["check", &plain, "--json"]).json();
    assert_eq!(
        (&json[0]["unsaved"], &json[0]["differing"]),
        (&1.into(), &1.into())
    );
    assert_eq!(gradsheet(&["calc", &plain, "-o", &calculated]).code, 0);
    assert_eq!(gradsheet(&["check", &calculated]).code, 0);
}

#[test]
fn an_entry_in_the_way_of_a_spill_or_into_a_circle_is_told() {
    let (folder, book) = fixture();
    let spilled = inside(&folder, "spilled.xlsx");
    let set = gradsheet(&["set", &book, "'Other sheet'!E1==A1:A2*2", "-o", &spilled]);
    assert_eq!((set.code, &*set.err), (0, ""));
    let set = gradsheet(&["set", &spilled, "'Other sheet'!E2=7"]);
    assert!(
        set.err.contains("'Other sheet'!E1 spilled over"),
        "{}",
        set.err
    );
    assert!(set.err.contains("#SPILL!"), "{}", set.err);
    // A formula replaced together with its spill leaves nothing to tell.
    let set = gradsheet(&["set", &spilled, "'Other sheet'!E1=", "'Other sheet'!E2=7"]);
    assert_eq!(set.err, "");
    let set = gradsheet(&["set", &book, "'Other sheet'!A1==B1"]);
    assert!(set.err.contains("circular reference"), "{}", set.err);
}

#[test]
fn a_plateau_is_told_and_notes_are_shown_though_quiet() {
    let (folder, book) = fixture();
    let steps = inside(&folder, "steps.xlsx");
    let set = gradsheet(&["set", &book, "Fit!H1==ROUND(E1,0)^2+3", "-o", &steps]);
    assert_eq!(set.code, 0, "{}", set.err);
    let solve = gradsheet(&[
        "solve",
        &steps,
        "--objective",
        "Fit!H1",
        "--vary",
        "Fit!E1",
        "-q",
    ]);
    assert_eq!(solve.code, 1, "{}", solve.out);
    assert!(solve.out.contains("plateau"), "{}", solve.out);
    assert!(solve.out.contains("--starts"), "{}", solve.out);
    assert!(
        solve.err.contains("ROUND in Fit!H1 is piecewise constant"),
        "{}",
        solve.err
    );
    // What counts cells has no steps to note.
    let set = gradsheet(&[
        "set",
        &book,
        "Fit!H1==SUM(E1:E3)/COUNT(E1:E3)",
        "-o",
        &steps,
    ]);
    assert_eq!(set.code, 0);
    let grad = gradsheet(&["grad", &steps, "--of", "Fit!H1", "--wrt", "Fit!E1"]);
    assert_eq!((grad.code, &*grad.err), (0, ""));
}

#[test]
fn errors_and_bad_arguments_end_with_status_2() {
    let (folder, book) = fixture();
    let missing = inside(&folder, "missing.xlsx");
    for arguments in [
        &["get", &missing, "A1"][..],
        &["get", &book, "#REF!"],
        &["get", &book, "A1", "--sheet", "none"],
        &["check", &missing],
        &["solve", &book, "--method", "magic"],
        &["solve", &book, "--min", "--max"],
        &["functions", "NOSUCHFUNCTION"],
        &["unknown"],
        &["solv", &book],
    ] {
        let run = gradsheet(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}{}", run.out, run.err);
        assert!(!run.err.is_empty());
    }
    for (arguments, told) in [
        (&["solv", &book][..], "did you mean gradsheet solve?"),
        (&["unknown", &book], "no command and no file unknown"),
        (
            &["--config", "missing.toml", &book],
            "missing.toml: there is no such configuration file",
        ),
        (
            &[
                "solve",
                &book,
                "--lr",
                "-1",
                "--method",
                "gd",
                "--objective",
                "Fit!F1",
                "--vary",
                "Fit!E1",
            ],
            "the learning rate must be a positive number, not -1",
        ),
    ] {
        let run = gradsheet(arguments);
        assert!(run.err.contains(told), "{arguments:?}: {}", run.err);
    }
    // No control character of a name reaches the terminal.
    let run = gradsheet(&["get", &book, "\u{1b}[2J!A1"]);
    assert!(!run.err.contains('\u{1b}'), "{:?}", run.err);
}

#[test]
fn functions_completions_and_manual_pages_are_printed() {
    let sum = gradsheet(&["functions", "sum", "--json"]).json();
    assert_eq!(sum["name"], "SUM");
    let all = gradsheet(&["functions", "--json"]).json();
    assert!(all.as_array().unwrap().len() >= 200);
    assert!(gradsheet(&["functions"]).out.contains("SUMPRODUCT"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(gradsheet(&["completions", shell]).out.contains("gradsheet"));
    }
    assert!(gradsheet(&["man"]).out.contains(".TH gradsheet 1"));
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man1");
    assert_eq!(gradsheet(&["man", "--dir", dir.to_str().unwrap()]).code, 0);
    assert!(dir.join("gradsheet-solve.1").exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_search_and_keeps_its_best_point() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let (_folder, book) = fixture();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gradsheet"))
        .args([
            "solve",
            &book,
            "--objective",
            "F1",
            "--vary",
            "E1:E3",
            "--method",
            "gd",
        ])
        .args([
            "--lr",
            "1e-9",
            "--max-iter",
            "1000000000",
            "--tol",
            "0",
            "--json",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once it tells of iterations, it listens.
    let mut progress = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("iteration 1 ") {
        line.clear();
        assert_ne!(progress.read_line(&mut line).unwrap(), 0);
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut progress, &mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["status"], "cancelled");
    assert!(json["objective"]["after"].as_f64() <= json["objective"]["before"].as_f64());
}

#[test]
fn the_course_workbook_is_solved_as_the_lesson_says() {
    let Some(course) = shared::workbooks()
        .into_iter()
        .find(|path| path.ends_with("course-titanic.xlsx"))
    else {
        eprintln!("skipped: the course's workbook is not here");
        return;
    };
    let course = course.to_str().unwrap();
    let solve = |more: &[&str]| {
        let mut arguments = vec!["solve", course, "--json", "--quiet", "--sheet"];
        arguments.extend(more);
        let run = gradsheet(&arguments);
        assert_eq!(run.code, 0, "{}", run.err);
        run.json()["objective"]["after"].as_f64().unwrap()
    };
    assert!((solve(&["linear"]) - 0.144_227_149_307_3).abs() < 1e-12);
    assert!(solve(&["nnet"]) <= 0.143_152_096_303);
    assert!(solve(&["mmult"]) <= 0.143_152_096_303);
    let check = gradsheet(&[
        "grad",
        course,
        "--of",
        "nnet!AH1",
        "--wrt",
        "nnet!R4:AA5",
        "--check",
    ]);
    assert_eq!(check.code, 0, "{}{}", check.out, check.err);
}
