//! Gradients of real workbooks: the lesson's models, embeddings, a convolution.

use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::{Area, Cell, Rect};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Transaction};
use std::path::Path;

/// A workbook of the repository, or of the folder `shared` beside it.
fn open(path: &str) -> Option<Engine> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    }
    Some(Engine::new(
        gradsheet::xlsx::open(&path).expect("a workbook"),
    ))
}

const COURSE: &str = "../shared/data/course-titanic.xlsx";

fn areas(engine: &Engine, text: &str) -> Vec<Area> {
    let book = engine.workbook();
    book.parse_areas(text, book.order()[0]).expect("areas")
}

fn cell(engine: &Engine, text: &str) -> Cell {
    let area = areas(engine, text)[0];
    Cell {
        sheet: area.sheet,
        pos: area.rect.top_left(),
    }
}

fn slice(engine: &Engine, of: &str, wrt: &str) -> Slice {
    Slice::new(engine, cell(engine, of), &areas(engine, wrt))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn gradient(slice: &mut Slice) -> Vec<f64> {
    let start = slice.start().to_vec();
    let mut gradient = vec![0.0; start.len()];
    slice.value_and_gradient(&start, &mut gradient);
    gradient
}

fn set(engine: &mut Engine, at: Cell, x: f64) {
    let area = Area {
        sheet: at.sheet,
        rect: Rect::cell(at.pos),
    };
    let edits = vec![Edit::SetValues {
        area,
        values: vec![Value::Number(x)],
    }];
    engine
        .apply(&Transaction {
            label: "test".into(),
            edits,
        })
        .expect("a number is entered");
}

fn number(engine: &Engine, at: Cell) -> f64 {
    match engine.value(at) {
        Value::Number(x) => x,
        other => panic!("{other:?} in {}", engine.workbook().address(at)),
    }
}

/// The worst difference to central differences by recalculation, relative to
/// the largest derivative.
fn worst_difference(engine: &mut Engine, of: &str, wrt: &str, every: usize) -> f64 {
    let mut slice = slice(engine, of, wrt);
    let exact = gradient(&mut slice);
    let scale = exact.iter().fold(0.0f64, |a, g| a.max(g.abs()));
    let start = slice.start().to_vec();
    let objective = slice.objective_cell();
    let mut worst = 0.0f64;
    for (index, at) in slice
        .variables()
        .to_vec()
        .into_iter()
        .enumerate()
        .step_by(every)
    {
        let step = 1e-5 * start[index].abs().max(1.0);
        set(engine, at, start[index] + step);
        let above = number(engine, objective);
        set(engine, at, start[index] - step);
        let below = number(engine, objective);
        set(engine, at, start[index]);
        worst = worst.max(((above - below) / (2.0 * step) - exact[index]).abs() / scale);
    }
    worst
}

#[test]
fn the_example_workbooks_agree_with_central_differences() {
    for (file, of, wrt, every) in [
        ("workbooks/titanic.xlsx", "linear!AD1", "linear!R4:AA4", 1),
        ("workbooks/titanic.xlsx", "nnet!AH1", "nnet!R4:AA5", 1),
        ("workbooks/titanic.xlsx", "mmult!AA1", "mmult!S4:T13", 1),
        ("workbooks/relu.xlsx", "I6", "I1:I5", 1),
        (
            "workbooks/embeddings.xlsx",
            "ratings!H1",
            "users!B2:F21,films!B2:F31",
            17,
        ),
        (
            "workbooks/convolution.xlsx",
            "loss!B9",
            "filters!A2:C4,filters!A7:C9,dense!A2:I10",
            5,
        ),
    ] {
        let mut engine = open(file).expect("a workbook of the repository");
        if file.contains("convolution") {
            part_ties(&mut engine);
        }
        let worst = worst_difference(&mut engine, of, wrt, every);
        assert!(worst < 1e-6, "{file}: {of} by {wrt}: {worst:e}");
    }
}

/// Moves the filters off whole numbers, which make ties between pooled cells:
/// there differences to both sides see two branches.
fn part_ties(engine: &mut Engine) {
    for area in areas(engine, "filters!A2:C4,filters!A7:C9") {
        for (index, pos) in area.rect.cells().enumerate() {
            let at = Cell {
                sheet: area.sheet,
                pos,
            };
            let x = number(engine, at);
            set(
                engine,
                at,
                0.1 * x + 0.01 * (index as f64 + f64::from(pos.row)).sin(),
            );
        }
    }
}

#[test]
fn the_courses_network_agrees_with_central_differences() {
    let Some(mut engine) = open(COURSE) else {
        return;
    };
    // Away from the minimum, where the derivatives are not all nearly zero.
    for area in areas(&engine, "nnet!R4:AA5") {
        for pos in area.rect.cells() {
            let at = Cell {
                sheet: area.sheet,
                pos,
            };
            let x = number(&engine, at);
            set(&mut engine, at, 0.9 * x + 0.01);
        }
    }
    let worst = worst_difference(&mut engine, "nnet!AH1", "nnet!R4:AA5", 1);
    assert!(worst < 1e-6, "{worst:e}");
}

#[test]
fn both_forms_of_the_courses_network_have_the_same_gradient() {
    let Some(mut engine) = open(COURSE) else {
        return;
    };
    let from = areas(&engine, "nnet!R4:AA5")[0];
    let to = areas(&engine, "mmult!S4:T13")[0];
    for (unit, row) in (from.rect.top..=from.rect.bottom).enumerate() {
        for (input, col) in (from.rect.left..=from.rect.right).enumerate() {
            let at = |area: Area, row: u32, col: u32| Cell {
                sheet: area.sheet,
                pos: gradsheet::grid::Pos::new(row, col),
            };
            let x = number(&engine, at(from, row, col));
            let target = at(to, to.rect.top + input as u32, to.rect.left + unit as u32);
            set(&mut engine, target, x);
        }
    }
    let by_rows = gradient(&mut slice(&engine, "nnet!AH1", "nnet!R4:AA5"));
    let by_product = gradient(&mut slice(&engine, "mmult!AA1", "mmult!S4:T13"));
    for unit in 0..2 {
        for input in 0..10 {
            let (a, b) = (by_rows[unit * 10 + input], by_product[input * 2 + unit]);
            assert!(
                (a - b).abs() <= 1e-12,
                "unit {unit}, input {input}: {a} and {b}"
            );
        }
    }
}

#[test]
fn the_lessons_sheets_are_one_pass_over_their_rows() {
    let Some(engine) = open("workbooks/titanic.xlsx") else {
        return;
    };
    let models = [
        ("nnet!AH1", "nnet!R4:AA5"),
        ("mmult!AA1", "mmult!S4:T13"),
        ("linear!AD1", "linear!R4:AA4"),
    ];
    for (of, wrt) in models {
        let (_, steps) = slice(&engine, of, wrt).explain();
        let text: Vec<String> = steps.into_iter().map(|step| step.what).collect();
        let kernels = text
            .iter()
            .filter(|step| step.contains("lanes, 11 columns read, 0 kept"));
        assert_eq!(kernels.count(), 1, "{of}: {text:#?}");
        // Besides, single numbers and what puts them together.
        let others = |step: &&String| !step.contains("kernel") && !step.contains("single numbers");
        assert!(text.len() <= 3, "{of}: {text:#?}");
        assert!(
            text.iter()
                .filter(others)
                .all(|step| step.contains("Concat")),
            "{of}: {text:#?}"
        );
    }
}

#[test]
fn the_quadratics_gradient_is_the_lessons() {
    let engine = open("workbooks/quadratic.xlsx").expect("a workbook of the repository");
    let mut slice = slice(&engine, "G4", "G1:G3");
    let start = slice.start().to_vec();
    assert_eq!(start, [1.1; 3]);
    assert!((slice.value(&start) - 2.4219).abs() < 5e-5);
    for (ours, lessons) in gradient(&mut slice)
        .into_iter()
        .zip([-1.3529, -0.0316, -0.5])
    {
        assert!((ours - lessons).abs() < 5e-5, "{ours}, not {lessons}");
    }
}

#[test]
fn a_linear_models_gradient_is_its_closed_form() {
    let engine = open("workbooks/titanic.xlsx").expect("a workbook of the repository");
    let ours = gradient(&mut slice(&engine, "linear!AD1", "linear!R4:AA4"));
    // 2/n Σ (prediction - survived) input, from the sheet's own columns.
    let column = |text: &str| -> Vec<f64> {
        let area = areas(&engine, text)[0];
        area.rect
            .cells()
            .map(|pos| {
                number(
                    &engine,
                    Cell {
                        sheet: area.sheet,
                        pos,
                    },
                )
            })
            .collect()
    };
    let survived = column("linear!A4:A715");
    let prediction = column("linear!AC4:AC715");
    for (index, letter) in ('G'..='P').enumerate() {
        let input = column(&format!("linear!{letter}4:{letter}715"));
        let sum: f64 = input
            .iter()
            .zip(prediction.iter().zip(&survived))
            .map(|(x, (p, s))| (p - s) * x)
            .sum();
        let closed = 2.0 * sum / survived.len() as f64;
        assert!(
            (ours[index] - closed).abs() < 1e-13,
            "{letter}: {} and {closed}",
            ours[index]
        );
    }
}

#[test]
fn a_formula_asks_for_a_gradient_and_a_file_keeps_it() {
    let mut engine = open("workbooks/quadratic.xlsx").expect("a workbook of the repository");
    let at = cell(&engine, "J1");
    engine.enter(at, "=GRAD(G4,G1:G3)").expect("a formula");
    let spilled = |engine: &Engine| -> Vec<f64> {
        let area = areas(engine, "J1:J3")[0];
        area.rect
            .cells()
            .map(|pos| {
                number(
                    engine,
                    Cell {
                        sheet: area.sheet,
                        pos,
                    },
                )
            })
            .collect()
    };
    let exact = gradient(&mut slice(&engine, "G4", "G1:G3"));
    assert_eq!(spilled(&engine), exact);
    // It follows an edit of a cell that only the objective depends on.
    let datum = cell(&engine, "B2");
    set(&mut engine, datum, -50.0);
    let moved = gradient(&mut slice(&engine, "G4", "G1:G3"));
    assert_ne!(moved, exact);
    assert_eq!(spilled(&engine), moved);

    let (bytes, _) = gradsheet::xlsx::to_bytes(engine.workbook()).expect("a file");
    let reopened = Engine::new(gradsheet::xlsx::open_bytes(bytes.clone()).expect("the file"));
    assert_eq!(spilled(&reopened), moved);
    assert_eq!(
        reopened.formula_text(at).as_deref(),
        Some("=GRAD(G4,G1:G3)")
    );
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    let mut sheet = String::new();
    let mut part = archive
        .by_name("xl/worksheets/sheet1.xml")
        .expect("the sheet");
    std::io::Read::read_to_string(&mut part, &mut sheet).expect("text");
    assert!(sheet.contains("_xludf.GRAD(G4,G1:G3)"));
}

#[test]
fn values_tried_out_right_after_opening_reach_what_looks_them_up_with_offset() {
    let mut engine = open("workbooks/embeddings.xlsx").expect("a workbook of the repository");
    let changed = areas(&engine, "users!B2:F21,films!B2:F31");
    let objective = areas(&engine, "ratings!H1")[0];
    let objective = Cell {
        sheet: objective.sheet,
        pos: objective.rect.top_left(),
    };
    // Compiling compares the program with the sheet at a second point.
    let mut slice =
        gradsheet::solver::setup::compile(&mut engine, objective, &changed).expect("a gradient");
    let x: Vec<f64> = slice.start().iter().map(|x| x + 0.25).collect();
    engine.try_values(&changed, &x).expect("a trial");
    let Value::Number(shown) = engine.value(objective) else {
        panic!("no number");
    };
    let computed = slice.value(&x);
    assert!(
        (shown - computed).abs() < 1e-9 * shown,
        "{shown}, not {computed}"
    );
}
