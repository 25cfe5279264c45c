//! Watching a document: the gradient view, the inspector, problems.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;
use gradsheet::grid::{Cell, Pos};
use gradsheet::tui::{Background, ColourDepth, Document, Mode, Settings};

/// The line of the screen that holds `text`.
fn line_with(driver: &mut Driver, text: &str) -> String {
    let screen = driver.screen();
    let line = screen.lines().find(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("no {text:?} in\n{screen}"))
        .to_owned()
}

/// A straight line through three points: parameters in E, the loss in D5.
const LINE: &str = "`x` Tab `y` Tab `error` Enter Home \
    `1` Tab `3` Tab `=(E$2*A2+E$3-B2)^2` Enter Home \
    `2` Tab `5` Tab `=(E$2*A3+E$3-B3)^2` Enter Home \
    `4` Tab `8` Tab `=(E$2*A4+E$3-B4)^2` Enter \
    Ctrl+G `E1` Enter `weight` Enter `1.5` Enter `0.5` Enter \
    Ctrl+G `C6` Enter `loss` Tab `=AVERAGE(C2:C4)` Enter Up Right";

#[test]
fn the_gradient_view_tells_what_drives_the_loss_and_follows_edits() {
    let mut driver = Driver::empty();
    driver.resize(110, 30);
    driver.play(LINE).play("F7");
    // 2/3 times the errors -1, -1.5, -1.5 times x and 1.
    let line = line_with(&mut driver, "of Sheet1!D6");
    assert!(line.contains("= 1.8333333"), "{line}");
    let line = line_with(&mut driver, " E2 ");
    assert!(
        line.contains("weight") && line.contains("-6.6666"),
        "{line}"
    );
    // The strongest is chosen: Enter goes there and the status bar tells of it.
    driver.play("Enter");
    assert_eq!(driver.app.selection().active().to_string(), "E2");
    let line = line_with(&mut driver, "d D6 / d E2");
    assert!(line.contains("-6.66666"), "{line}");
    // An edit is followed: at 2.5 the errors are 0, 0.5 and 2.5.
    driver.play("F6 `2.5` Enter Up");
    let expected = 2.0 / 3.0 * (0.5 * 2.0 + 2.5 * 4.0);
    let line = line_with(&mut driver, "d D6 / d E2");
    assert!(line.contains(&format!("{expected:.6}")[..7]), "{line}");
    // So is undoing it.
    driver.play("Ctrl+Z");
    let line = line_with(&mut driver, "d D6 / d E2");
    assert!(line.contains("-6.66666"), "{line}");
    // Off again.
    driver.play("F7");
    assert!(!driver.screen().contains("d D6 / d"));
}

#[test]
fn cells_are_tinted_by_sign_and_size() {
    for depth in [
        ColourDepth::True,
        ColourDepth::Palette256,
        ColourDepth::Sixteen,
    ] {
        let settings = Settings {
            depth,
            background: Some(Background::Dark),
            ..Settings::default()
        };
        let mut driver = Driver::new(Document::empty(), settings);
        driver.play("`2` Enter `9` Enter `5` Enter `=A1-100*A2` Enter Up");
        let plain = driver.looks(&["A1", "A2", "A3"]);
        assert_eq!(plain[0], plain[2]);
        driver.play("F7 F6 Ctrl+Home Right");
        let tinted = driver.looks(&["A1", "A2", "A3"]);
        assert_ne!(tinted[0], tinted[1], "{depth:?}");
        assert_ne!(tinted[0], tinted[2], "{depth:?}");
        assert_ne!(tinted[1], tinted[2], "{depth:?}");
        driver.play("F7");
        let plain = driver.looks(&["A1", "A2", "A3"]);
        assert!(plain[0] == plain[1] && plain[1] == plain[2], "{depth:?}");
    }
}

#[test]
fn without_colours_signs_mark_the_cells() {
    let settings = Settings {
        depth: ColourDepth::Monochrome,
        ..Settings::default()
    };
    let mut driver = Driver::new(Document::empty(), settings);
    driver.play("`2` Enter `9` Enter `=A1-3*A2` Enter Up F7");
    let row = |driver: &mut Driver, row: usize| {
        let line = driver.screen().lines().nth(1 + row).unwrap().to_owned();
        line.chars().take(14).collect::<String>()
    };
    assert!(row(&mut driver, 1).contains('+'));
    assert!(row(&mut driver, 2).contains('-'));
}

#[test]
fn a_cell_without_derivative_says_why() {
    let mut driver = Driver::empty();
    driver.resize(120, 24);
    driver.play("`2` Enter `9` Enter `=A2*LEN(A1&\"x\")` Enter Up F7 F6 Ctrl+Home");
    let line = line_with(&mut driver, "d A3 / d A1");
    assert!(line.contains("Sheet1!A3: LEN"), "{line}");
    driver.play("Down");
    assert!(line_with(&mut driver, "d A3 / d A2").contains("= 2"));
}

#[test]
fn the_objective_is_that_of_the_stored_model_until_another_is_chosen() {
    let mut driver = Driver::open("workbooks/titanic.xlsx");
    driver.play("F7");
    let objective = driver.app.panels.gradient.objective().unwrap();
    assert_ne!(objective, driver.app.active_cell());
    assert!(driver.app.panels.gradient.error().is_none());
    driver.play("f f");
    assert!(!driver.app.panels.gradient.drivers.is_empty());
    // The same derivatives as the slice of the model has.
    let drivers = driver.app.panels.gradient.drivers.clone();
    let engine = driver.app.document.engine();
    let areas: Vec<_> = drivers
        .iter()
        .map(|d| gradsheet::grid::Area {
            sheet: d.cell.sheet,
            rect: gradsheet::grid::Rect::cell(d.cell.pos),
        })
        .collect();
    let mut slice = gradsheet::engine::gradient::Slice::new(engine, objective, &areas).unwrap();
    let x = slice.start().to_vec();
    let mut gradient = vec![0.0; x.len()];
    slice.value_and_gradient(&x, &mut gradient);
    for (driver, theirs) in drivers.iter().zip(gradient) {
        let scale = theirs.abs().max(1e-12);
        assert!((driver.derivative - theirs).abs() < 1e-9 * scale);
    }
    driver.play("F6 Ctrl+G `A1` Enter Shift+F7");
    let first = Cell {
        sheet: driver.app.sheet(),
        pos: Pos::new(0, 0),
    };
    assert_eq!(driver.app.panels.gradient.objective(), Some(first));
}

/// The sheets of the lesson on matrix products.
const MATRICES: &str = "`1` Tab `2` Tab `1` Enter Home `0` Tab `1` Tab `1` Enter Home \
    `2` Tab `3` Tab `1` Enter Ctrl+G `E1` Enter `2` Tab `5` Enter Ctrl+G `E2` Enter `6` Tab `7` \
    Enter Ctrl+G `E3` Enter `1` Tab `8` Enter Ctrl+G `H1` Enter `=MMULT(A1:C3,E1:F3)` Enter";

#[test]
fn the_inspector_shows_the_row_and_column_behind_a_matrix_product() {
    let mut driver = Driver::empty();
    driver.resize(160, 30);
    driver.play(MATRICES).play("Ctrl+G `I3` Enter");
    assert_eq!(driver.shown("I3"), "39");
    let plain = driver.looks(&["A3", "F1", "B2"]);
    driver.play("F8");
    assert!(driver.screen().contains("MMULT: row times column"));
    for (factors, term) in [
        ("2 x 5", "10"),
        ("3 x 7", "21"),
        ("1 x 8", "8"),
        ("sum", "39"),
    ] {
        let line = line_with(&mut driver, factors);
        assert!(
            line.trim_end_matches('│').trim_end().ends_with(term),
            "{line}"
        );
    }
    let tinted = driver.looks(&["A3", "F1", "B2"]);
    assert_ne!(tinted[0], plain[0]);
    assert_ne!(tinted[1], plain[1]);
    assert_ne!(tinted[0], tinted[1]);
    assert_eq!(tinted[2], plain[2]);
    assert!(driver.screen().contains("9 cells"));
}

#[test]
fn the_inspector_takes_a_formula_apart_and_jumps_to_what_it_reads() {
    let mut driver = Driver::empty();
    driver.resize(120, 30);
    driver.play("`2` Enter `3` Enter `=(A1+A2)*MAX(0,A1-1)^2` Enter `=A3+1` Enter Up Up F8");
    assert!(line_with(&mut driver, "▾ (A1+A2)*MAX").contains("5"));
    let line = line_with(&mut driver, "▾ MAX(0,A1-1)^2");
    assert!(
        line.trim_end_matches('│').trim_end().ends_with('1'),
        "{line}"
    );
    // Hidden and shown again.
    driver.play("Left");
    assert!(!driver.screen().contains("▾"));
    driver.play("Right Down");
    assert!(driver.screen().contains("▾"));
    // Down to the first reference, to its cell, and back.
    driver.play("Down Enter");
    assert_eq!(driver.app.selection().active().to_string(), "A1");
    assert!(driver.screen().contains("Read by"));
    driver.play("Alt+Left");
    assert_eq!(driver.app.selection().active().to_string(), "A3");
    // It follows the cursor and edits.
    driver.play("F6 Ctrl+Home `5` Enter Ctrl+G `A3` Enter");
    assert!(line_with(&mut driver, "▾ (A1+A2)*MAX").contains("128"));
}

#[test]
fn problems_are_counted_grouped_traced_and_gone_when_mended() {
    let mut driver = Driver::empty();
    driver.resize(120, 24);
    driver.play("`0` Enter `=1/A1` Enter `=A2+1` Enter");
    assert!(line_with(&mut driver, "READY").contains("2 problems"));
    driver.play("Alt+P");
    let line = line_with(&mut driver, "A3 #DIV/0!");
    assert!(line.contains("from A2"), "{line}");
    driver.play("Enter");
    assert_eq!(driver.app.selection().active().to_string(), "A2");
    driver.play("F6 Ctrl+Home `4` Enter");
    assert!(
        driver
            .screen()
            .contains("no errors, no circular references")
    );
    assert!(!driver.screen().contains("problem "));
    driver.play("Ctrl+G `C1` Enter `=D1` Tab `=C1` Enter");
    let screen = driver.screen();
    assert!(screen.contains("circle C1 → D1 → C1") || screen.contains("circle D1 → C1 → D1"));
}

#[test]
fn a_large_model_is_differentiated_beside_the_interface() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.csv");
    let rows: Vec<String> = (1..=25_000).map(|row| row.to_string()).collect();
    std::fs::write(&path, rows.join("\n")).unwrap();
    let mut driver = Driver::open(&path);
    driver.play("Ctrl+G `C1` Enter `=SUMSQ(A:A)` Enter Up");
    driver.happens(crossterm::event::Event::Key(
        gradsheet::tui::keymap::Chord::parse("F7").unwrap().event(),
    ));
    // Nothing is shown for fresh before it is.
    assert!(driver.screen().contains("computing"));
    driver.settle();
    assert!(!driver.screen().contains("computing"));
    let strongest = driver.app.panels.gradient.drivers[0];
    assert_eq!(strongest.cell.pos.to_string(), "A25000");
    assert_eq!(strongest.derivative, 50_000.0);
    // An edit marks what is shown as old until it is computed again.
    driver.happens(crossterm::event::Event::Key(
        gradsheet::tui::keymap::Chord::parse("Esc").unwrap().event(),
    ));
    driver.play("Ctrl+Home").press_keys("- 9 Enter Up");
    assert_eq!(driver.shown("A1"), "-9");
    let screen = driver.screen();
    assert!(screen.contains("(old)"), "{screen}");
    driver.settle();
    assert!(!driver.screen().contains("(old)"));
    assert!(line_with(&mut driver, "d C1 / d A1").contains("= -18"));
}

#[test]
fn keys_of_the_whole_document_hold_while_a_panel_has_the_keyboard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.xlsx");
    let mut driver = Driver::empty();
    driver.play("`7` Enter F12");
    driver.play(&format!("Ctrl+U `{}` Enter", path.display()));
    for panel in ["Alt+P", "Alt+S", "Alt+I", "Alt+L", "Alt+C", "F7"] {
        driver.play("Ctrl+Home `8` Enter").play(panel);
        driver.play("Ctrl+Z");
        assert_eq!(driver.shown("A1"), "7", "{panel}");
        driver.play("Ctrl+Y");
        assert_eq!(driver.shown("A1"), "8", "{panel}");
        assert!(driver.app.document.is_modified());
        driver.play("Ctrl+S");
        assert!(!driver.app.document.is_modified(), "{panel}");
        assert!(matches!(driver.app.mode, Mode::Panel(_)), "{panel}");
        // Help and the palette lead back to the panel.
        driver.play("F1");
        assert!(matches!(driver.app.mode, Mode::Help(_)), "{panel}");
        driver.play("Esc Ctrl+P");
        assert!(matches!(driver.app.mode, Mode::Palette(_)), "{panel}");
        driver.play("Esc");
        assert!(matches!(driver.app.mode, Mode::Panel(_)), "{panel}");
        driver.play("Esc Ctrl+Home `7` Enter Ctrl+S");
    }
}

#[test]
fn on_a_tiny_screen_frozen_lines_leave_room_for_the_cursor() {
    let mut driver = Driver::empty();
    driver
        .play("Ctrl+G `D6` Enter")
        .play("Ctrl+P `freeze` Enter");
    assert!(
        driver
            .app
            .document
            .engine()
            .workbook()
            .sheet(driver.app.sheet())
            .panes
            .is_some()
    );
    driver.resize(20, 5);
    driver.play("Ctrl+G `H40` Enter `there` Enter Up");
    let screen = driver.screen();
    assert!(
        screen
            .lines()
            .any(|line| line.trim_start().starts_with("40") && line.contains("there")),
        "{screen}"
    );
}

#[test]
fn on_a_tiny_screen_the_mode_stays_readable() {
    let mut driver = Driver::empty();
    driver.resize(110, 30);
    driver.play(LINE).play("F7 Enter F6");
    driver.resize(20, 5);
    let screen = driver.screen();
    let last = screen.lines().last().unwrap();
    assert!(last.starts_with(" READY "), "{screen}");
}
