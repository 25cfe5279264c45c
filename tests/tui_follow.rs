//! What sliders, charts, the solver's form and marks name follows the cells.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;

/// A1:A3 with a loss in B1, sliders for A1 and A2, a chart of A1:A3 and the solver's
/// form filled in.
fn watched() -> Driver {
    let mut driver = Driver::empty();
    driver.play("`1` Enter `2` Enter `3` Enter Ctrl+Home Right `=SUMSQ(A1:A3)` Enter");
    driver.play("Ctrl+G `A1:A2` Enter Alt+B Esc Ctrl+G `A1:A3` Enter : `chart.line` Enter Esc");
    driver.play(
        "Ctrl+G `B1` Enter Alt+S Down Down Down `A1:A3` Enter Down `A1<=B1;A3 >= -5` Enter Esc",
    );
    driver
}

fn form(driver: &Driver) -> [String; 3] {
    let form = driver.app.panels.solver.form.as_ref().unwrap();
    [&form.objective, &form.variables, &form.constraints].map(Clone::clone)
}

fn sliders(driver: &Driver) -> Vec<String> {
    let sliders = driver.app.panels.sliders.sliders.iter();
    let name = |slider: &gradsheet::tui::panel::sliders::Slider| match slider.cell() {
        Some(cell) => cell.pos.to_string(),
        None => "gone".to_owned(),
    };
    sliders.map(name).collect()
}

fn chart(driver: &Driver) -> String {
    let workbook = driver.app.document.engine().workbook();
    driver.app.panels.charts.charts[0].title(workbook)
}

#[test]
fn panels_follow_inserted_and_deleted_rows_and_what_is_gone_comes_back_with_undo() {
    let mut driver = watched();
    assert_eq!(form(&driver), ["B1", "A1:A3", "A1<=B1;A3 >= -5"]);
    driver.play("Ctrl+Home : `rows.insert` Enter");
    assert_eq!(sliders(&driver), ["A2", "A3"]);
    assert_eq!(form(&driver), ["B2", "A2:A4", "A2<=B2;A4 >= -5"]);
    assert_eq!(chart(&driver), "line of Sheet1!A2:A4");
    // The slider moves the cell where it is now.
    driver.play("Alt+L Shift+Tab Right Esc");
    assert_eq!(driver.shown("A2"), "1.1");
    driver.play("Ctrl+G `A2` Enter : `rows.delete` Enter");
    assert_eq!(sliders(&driver), ["gone", "A2"]);
    assert_eq!(form(&driver), ["#REF!", "A2:A3", "#REF!<=#REF!;A3 >= -5"]);
    driver.play("Alt+L Shift+Tab Right");
    assert!(driver.message().contains("deleted"), "{}", driver.message());
    assert!(driver.screen().contains("#REF!"));
    driver.play("Esc Ctrl+Z");
    assert_eq!(sliders(&driver), ["A2", "A3"]);
    assert_eq!(form(&driver), ["B2", "A2:A4", "A2<=B2;A4 >= -5"]);
    driver.play("Ctrl+Z Ctrl+Z");
    assert_eq!(sliders(&driver), ["A1", "A2"]);
    assert_eq!(form(&driver), ["B1", "A1:A3", "A1<=B1;A3 >= -5"]);
    assert_eq!(chart(&driver), "line of Sheet1!A1:A3");
    driver.play("Ctrl+Y");
    assert_eq!(sliders(&driver), ["A2", "A3"]);
}

#[test]
fn panels_follow_cells_that_are_cut_and_sheets_that_are_renamed_and_deleted() {
    let mut driver = watched();
    driver.play("Ctrl+G `A1:B3` Enter Ctrl+X Shift+F11 Ctrl+G `C5` Enter Ctrl+V");
    assert_eq!(chart(&driver), "line of Sheet2!C5:C7");
    assert_eq!(
        form(&driver),
        [
            "Sheet2!D5",
            "Sheet2!C5:C7",
            "Sheet2!C5<=Sheet2!D5;Sheet2!C7 >= -5"
        ]
    );
    driver.play(": `sheet.rename` Enter `Sheet2 data` Enter");
    assert_eq!(chart(&driver), "line of 'Sheet2 data'!C5:C7");
    assert_eq!(form(&driver)[0], "'Sheet2 data'!D5");
    driver.play(": `sheet.delete` Enter d");
    assert_eq!(sliders(&driver), ["gone", "gone"]);
    assert_eq!(form(&driver)[1], "#REF!");
    driver.play("Ctrl+Z");
    assert_eq!(sliders(&driver), ["C5", "C6"]);
    assert_eq!(form(&driver)[1], "'Sheet2 data'!C5:C7");
}

#[test]
fn marks_follow_the_cells() {
    let mut driver = Driver::vim();
    driver.play("j j m a g g : `rows.insert` Enter ' a");
    assert_eq!(driver.app.active_cell().pos.to_string(), "A4");
}
