//! Solving in the terminal application, key by key.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;
use gradsheet::grid::{Cell, Pos};
use gradsheet::solver::Status;
use gradsheet::tui::panel::search::{Search, State};
use gradsheet::value::Value;

fn number(driver: &Driver, cell: &str) -> f64 {
    match driver.value(cell) {
        Value::Number(x) => x,
        other => panic!("{cell} holds {other:?}"),
    }
}

fn search(driver: &Driver) -> &Search {
    driver.app.panels.solver.search.as_ref().expect("a search")
}

fn example(name: &str) -> Driver {
    let mut driver = Driver::open(format!("workbooks/{name}.xlsx"));
    driver.resize(120, 36);
    driver
}

#[test]
fn a_stored_problem_is_solved_kept_undone_redone_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("solved.xlsx");
    let mut driver = example("titanic");
    let before = number(&driver, "AH1");
    driver.play("Alt+S");
    let screen = driver.screen();
    assert!(
        screen.contains("AH1") && screen.contains("R4:AA5"),
        "{screen}"
    );

    driver.play("Enter");
    let screen = driver.screen();
    for said in ["Ended", "Keep the solution", "Settled", "lm+lbfgs", "R4"] {
        assert!(screen.contains(said), "{said}\n{screen}");
    }
    let found = number(&driver, "AH1");
    assert!(found < 0.132 && before > 0.34, "{before} {found}");
    // It is shown, and nothing is changed.
    assert!(!driver.app.document.is_modified());

    driver.play("Enter");
    assert!(
        driver.message().starts_with("Kept: nnet!AH1"),
        "{}",
        driver.message()
    );
    assert!(driver.app.document.is_modified());
    driver.play("F6 Ctrl+Z");
    assert_eq!(number(&driver, "AH1"), before);
    driver.play("Ctrl+Z");
    assert_eq!(driver.message(), "there is nothing to undo");
    driver.play("Ctrl+Y");
    assert_eq!(number(&driver, "AH1"), found);
    driver.play(&format!("F12 Ctrl+U `{}` Enter", path.display()));
    assert!(
        driver.message().starts_with("Saved"),
        "{}",
        driver.message()
    );

    let again = Driver::open(&path);
    assert_eq!(number(&again, "AH1"), found);
}

#[test]
fn what_was_found_is_given_up_without_a_trace() {
    let mut driver = example("quadratic");
    let before: Vec<f64> = ["G1", "G2", "G3", "G4"]
        .map(|cell| number(&driver, cell))
        .into();
    driver.play("Alt+S F5");
    assert!(number(&driver, "G4") < 1.0);
    driver.play("Ctrl+Z");
    let after: Vec<f64> = ["G1", "G2", "G3", "G4"]
        .map(|cell| number(&driver, cell))
        .into();
    assert_eq!(after, before);
    assert!(!driver.app.document.is_modified());
    driver.play("F6 Ctrl+Z");
    assert_eq!(driver.message(), "there is nothing to undo");
}

#[test]
fn while_a_search_runs_it_shows_how_it_goes_and_the_document_is_not_edited() {
    let mut driver = example("titanic");
    // Gradient descent with a limit far away.
    driver.play("Alt+S Down Down Down Down Down Down Right Down Down `1000000` Enter");
    driver.press_keys("F5");
    let told = |driver: &Driver| search(driver).iterations();
    let shown = Cell {
        sheet: driver.app.sheet(),
        pos: Pos::parse_a1("R4").unwrap(),
    };
    driver.wait_until(|app| {
        let search = app.panels.solver.search.as_ref().expect("a search");
        let point = search.latest.as_ref();
        let value = app.document.engine().value(shown);
        search.iterations() > 20 && point.is_some_and(|p| value == Value::Number(p.x[0]))
    });
    let screen = driver.screen();
    for said in ["Searching", "Pause", "iteration", "|g|", "value"] {
        assert!(screen.contains(said), "{said}\n{screen}");
    }
    // The grid shows a whole state: the objective is that of the parameters.
    let point = search(&driver).latest.clone().unwrap();
    assert!((number(&driver, "AH1") - point.value).abs() < 1e-9);
    assert_eq!(number(&driver, "R4"), point.x[0]);

    driver.press_keys("F6 Delete");
    assert!(
        driver.message().contains("only tried out"),
        "{}",
        driver.message()
    );
    driver.press_keys("Ctrl+S");
    assert!(
        driver.message().contains("not kept yet"),
        "{}",
        driver.message()
    );

    // Held, it stays where it is; then it goes on.
    driver.press_keys("F6 F5");
    assert!(matches!(search(&driver).state, State::Paused));
    std::thread::sleep(std::time::Duration::from_millis(100));
    driver.wait_until(|_| true);
    driver.press_keys("F5");
    let held = told(&driver);
    driver.wait_until(|app| {
        let search = app.panels.solver.search.as_ref().expect("a search");
        search.iterations() > held + 20
    });
    driver.play("Ctrl+C");
    let outcome = search(&driver).outcome().expect("an outcome");
    assert_eq!(outcome.status, Status::Cancelled);
    let stopped = outcome.value;
    assert!((number(&driver, "AH1") - stopped).abs() < 1e-9);

    // It goes on from there.
    let so_far = told(&driver);
    driver.press_keys("F5");
    driver.wait_until(|app| {
        let search = app.panels.solver.search.as_ref().expect("a search");
        search.iterations() > so_far + 20
    });
    driver.play("Ctrl+C Ctrl+Z");
    assert!(!driver.app.document.is_modified());
}

#[test]
fn after_a_limit_the_search_goes_on_from_the_best_point() {
    let mut driver = example("quadratic");
    driver.play("Alt+S Down Down Down Down Down Down Right Down Down `5` Enter F5");
    assert_eq!(
        search(&driver).outcome().unwrap().status,
        Status::IterationLimit
    );
    let first = number(&driver, "G4");
    driver.play("Down Down Enter");
    assert_eq!(search(&driver).iterations(), 10);
    assert!(number(&driver, "G4") < first);
    driver.play("Ctrl+K F6 Ctrl+Z");
    assert_eq!(number(&driver, "G1"), 1.1);
}

#[test]
fn a_panel_that_is_closed_asks_what_becomes_of_the_solution() {
    let mut driver = example("quadratic");
    driver.play("Alt+S F5 ");
    driver.play("Esc");
    assert!(driver.screen().contains("neither kept nor given up"));
    driver.play("`k`");
    assert!(driver.app.document.is_modified());
    assert!(number(&driver, "G4") < 1.0);
}

#[test]
fn a_problem_that_cannot_be_solved_is_said_in_the_panel() {
    let mut driver = example("quadratic");
    driver.play("Alt+S Down Down Down `C2` Enter F5");
    let screen = driver.screen();
    assert!(driver.app.panels.solver.search.is_none(), "{screen}");
    assert!(screen.contains("holds the formula"), "{screen}");
    driver.play("`Z9` Enter F5");
    let error = driver.app.panels.solver.error.clone().unwrap();
    assert!(error.contains("does not depend on"), "{error}");
}

#[test]
fn what_the_solver_says_names_lines_of_the_panel() {
    let mut driver = Driver::empty();
    driver.play("`1` Tab `=A1*2` Enter Ctrl+G `B1` Enter");
    driver.play("Alt+S Down Down Down `A1` Enter F5");
    let outcome = search(&driver).outcome().expect("an outcome");
    assert_eq!(outcome.status, Status::Unbounded);
    let advice = outcome.advice.clone().expect("advice");
    assert!(advice.contains("the constraint 'B2<=100'"), "{advice}");
    let screen = driver.screen();
    assert!(
        screen.contains("Advice: ") && !screen.contains("--"),
        "{screen}"
    );
    // What the method is not made for.
    driver.play("Ctrl+Z Down Down Down Down Down Down Left Left Left F5");
    let State::Ended(Err(error)) = &search(&driver).state else {
        panic!("{}", driver.screen());
    };
    assert!(error.ends_with("use Method auto or lbfgs"), "{error}");
    assert!(!driver.screen().contains("--"));
}

#[test]
fn a_learning_rate_is_found_and_taken() {
    let mut driver = example("titanic");
    driver.play("Alt+S Down Down Down Down Down Down Right Ctrl+F");
    let screen = driver.screen();
    assert!(
        screen.contains("Suggested: ") && screen.contains("led from"),
        "{screen}"
    );
    driver.play("Enter");
    let rate = driver.app.panels.solver.form.as_ref().unwrap().rate.clone();
    let rate: f64 = rate.parse().unwrap();
    assert!((0.03..3.0).contains(&rate), "{rate}");
    // With it the loss falls.
    driver.play("F5");
    let outcome = search(&driver).outcome().unwrap();
    assert!(outcome.value < 0.16, "{outcome:?}");
}

#[test]
fn a_second_sweep_of_rates_takes_the_place_of_the_first() {
    let mut driver = example("titanic");
    driver.play("Alt+S Down Down Down Down Down Down Right");
    driver.press_keys("Ctrl+F");
    std::thread::sleep(std::time::Duration::from_millis(100));
    driver.press_keys("Ctrl+F");
    driver.settle();
    let sweep = driver.app.panels.solver.sweep.as_ref().expect("a sweep");
    assert_eq!(sweep.ended, Some(Ok(())));
    let tried: Vec<f64> = sweep.tried.iter().map(|tried| tried.rate).collect();
    assert!(tried.is_sorted_by(|a, b| a < b), "{tried:?}");
    assert_eq!(tried.len(), 33);
}

#[test]
fn sliders_move_the_quadratic_live_each_drag_one_step() {
    let mut driver = example("quadratic");
    driver.play("Ctrl+G `G1:G3` Enter Alt+B F2 Ctrl+U `-1.1 to 3.3 by 0.1` Enter");
    let before = number(&driver, "G4");
    driver.play("Right Right Right Right");
    assert_eq!(number(&driver, "G1"), 1.5);
    let moved = number(&driver, "G4");
    assert!(moved < before);
    let screen = driver.screen();
    for said in [
        "quadratic!G4",
        "changed by -",
        "derivative -",
        "G1",
        "1.5",
        "●",
    ] {
        assert!(screen.contains(said), "{said}\n{screen}");
    }
    // Another slider begins another step.
    driver.play("Down Left");
    assert_eq!(number(&driver, "G2"), 1.0);
    driver.play("F6 Ctrl+Z");
    assert_eq!((number(&driver, "G1"), number(&driver, "G2")), (1.5, 1.1));
    driver.play("Ctrl+Z");
    assert_eq!(number(&driver, "G1"), 1.1);
    driver.play("Ctrl+Z");
    assert_eq!(driver.message(), "there is nothing to undo");
    driver.play("Ctrl+Y");
    assert_eq!(number(&driver, "G4"), moved);
}

#[test]
fn sliders_fit_the_double_relu_and_stop_at_their_ends() {
    let mut driver = example("relu");
    driver.play("Ctrl+G `I1:I5` Enter Alt+B F2 Ctrl+U `-5 to 5 by 0.5` Enter");
    let before = number(&driver, "I6");
    driver.play("Shift+Left Shift+Left");
    assert_eq!(number(&driver, "I1"), -5.0);
    driver.play("Left");
    assert!(driver.message().contains("at its end"));
    assert_ne!(number(&driver, "I6"), before);
    // An edit in between ends the step.
    driver.play("Right F6 Ctrl+G `I5` Enter `1` Enter");
    let between = number(&driver, "I6");
    driver.play("F6 Right");
    assert_eq!(driver.app.panels.sliders.before, Some(between));
    assert_eq!(number(&driver, "I1"), -4.0);
    driver.play("F6 Ctrl+Z");
    assert_eq!(number(&driver, "I1"), -4.5);
    assert_eq!(number(&driver, "I5"), 1.0);
}

#[test]
fn charts_are_drawn_with_their_names_and_follow_the_cells() {
    let mut driver = example("quadratic");
    driver.play("Ctrl+G `A1:C21` Enter Ctrl+P `scatter` Enter");
    let screen = driver.screen();
    for said in [
        "■ y",
        "■ prediction",
        "scatter of quadratic!A2:C21",
        "┤",
        "┬",
    ] {
        assert!(screen.contains(said), "{said}\n{screen}");
    }
    driver.play("F6 Ctrl+G `G3` Enter `-40` Enter");
    let moved = driver.screen();
    assert_ne!(moved, screen);
    assert!(
        moved.contains("-40") && moved.contains("■ prediction"),
        "{moved}"
    );
    // Another chart, another kind, and back.
    driver.play("F6 Space");
    let bars = driver.screen();
    assert!(bars.contains("column of quadratic!A2:C21"), "{bars}");
    assert!(bars.contains("■ x"), "{bars}");
    driver.play("Space Space Space");
    assert_eq!(driver.screen().matches('■').count(), 2);
    driver.play("F6 Ctrl+G `B1:B21` Enter Ctrl+P `histogram` Enter");
    let counted = driver.screen();
    assert!(
        counted.contains("2 of 2") && !counted.contains("■ prediction"),
        "{counted}"
    );
    driver.play("Delete");
    assert!(driver.screen().contains("■ prediction"));
    // As small as it gets.
    for (width, height) in [(80, 24), (40, 10), (20, 5), (5, 2)] {
        driver.resize(width, height);
        driver.screen();
    }
}

#[test]
fn a_search_whose_document_is_left_ends() {
    let mut driver = example("titanic");
    driver.play("Alt+S Down Down Down Down Down Down Right Down Down `1000000000` Enter");
    driver.press_keys("F5");
    driver.wait_until(|app| {
        let search = app.panels.solver.search.as_ref();
        search.is_some_and(|search| search.iterations() > 5)
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/quadratic.xlsx");
    driver.app.open(std::path::Path::new(path));
    // Waits until no job runs.
    driver.settle();
    assert!(driver.app.panels.solver.search.is_none());
}

#[test]
fn the_speed_of_a_search_is_its_mean() {
    let mut driver = example("quadratic");
    driver.play("Alt+S F5");
    let point = search(&driver).latest.clone().expect("a point");
    assert!(point.iteration > 0);
    let mean = point.iteration as f64 / point.seconds;
    assert_eq!(point.speed(), Some(mean));
    let start = gradsheet::tui::panel::search::Point::default();
    assert_eq!(start.speed(), None);
}
