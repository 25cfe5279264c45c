//! Whole screens, compared with those kept in `tests/snapshots`.
//!
//! After a wanted change: `UPDATE_SNAPSHOTS=1 cargo test --test snapshots`, then
//! look at what `git diff` shows.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;
use std::path::Path;

/// Compares a screen with the one that was kept.
fn check(name: &str, screen: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let file = folder.join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, screen).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = kept.lines().zip(screen.lines()).position(|(a, b)| a != b);
    assert!(
        kept == screen,
        "{name} is not as kept, from line {:?} on. Kept:\n{kept}\nNow:\n{screen}\n\
         Where that is wanted: UPDATE_SNAPSHOTS=1 cargo test --test snapshots",
        differs.map(|line| line + 1)
    );
}

fn example(name: &str, width: u16, height: u16) -> Driver {
    let mut driver = Driver::open(format!("workbooks/{name}.xlsx"));
    driver.resize(width, height);
    driver
}

#[test]
fn the_grid_on_the_usual_and_on_the_smallest_screen() {
    for (width, height) in [(80, 24), (20, 5)] {
        let mut driver = example("titanic", width, height);
        driver.play("Ctrl+G `nnet!Q4` Enter Shift+Down Shift+Right");
        check(&format!("grid_{width}x{height}"), &driver.screen());
    }
}

#[test]
fn the_gradient_view_and_its_colours() {
    let mut driver = example("titanic", 100, 20);
    driver.play("Ctrl+G `nnet!R4` Enter F7");
    let screen = driver.screen() + &driver.colours();
    check("gradient_view", &screen);
}

#[test]
fn the_inspector_of_a_matrix_product() {
    let mut driver = example("titanic", 100, 24);
    driver.play("Ctrl+G `mmult!V4` Enter F8");
    check("inspector", &driver.screen());
}

#[test]
fn the_solver_after_ten_steps() {
    let mut driver = example("quadratic", 100, 30);
    driver.play("Alt+S Down Down Down Down Down Down Right Down `0.01` Enter Down `10` Enter F5");
    // Times differ from run to run.
    let screen: Vec<String> = driver.screen().lines().map(without_times).collect();
    check("solver", &(screen.join("\n") + "\n"));
}

/// The line with its speed as dots, as long as before.
fn without_times(line: &str) -> String {
    let Some((what, rest)) = line.split_once("iteration 10 ") else {
        return line.to_owned();
    };
    let hidden = rest.trim_end_matches('│').chars().count();
    let border = "│".repeat(rest.chars().count() - hidden);
    format!("{what}iteration 10 {}{border}", "·".repeat(hidden))
}

#[test]
fn a_chart_of_points_and_curve() {
    let mut driver = example("quadratic", 110, 26);
    driver.play("Ctrl+G `A1:C21` Enter Ctrl+P `scatter` Enter");
    check("chart", &driver.screen());
}

#[test]
fn sliders_beside_the_model() {
    let mut driver = example("quadratic", 80, 24);
    driver.play("Ctrl+G `G1:G3` Enter Alt+B Right Right");
    check("sliders", &driver.screen());
}

#[test]
fn the_palette_and_the_help() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+P `fill`");
    check("palette", &driver.screen());
    driver.play("Esc F1");
    check("help", &driver.screen());
}

#[test]
fn a_formula_that_is_typed_with_names_and_arguments_to_choose() {
    let mut driver = example("quadratic", 80, 24);
    driver.play("Ctrl+G `I1` Enter `=SUMP`");
    check("entry_names", &driver.screen());
    driver.play("Tab `A2:A21,`");
    check("entry_arguments", &driver.screen());
}
