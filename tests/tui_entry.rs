//! Typing into cells: formulas with colours, pointing, completion, hints,
//! previews, data validation.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;
use gradsheet::grid::{Cell, Pos, Rect};
use gradsheet::tui::{Context, Mode};
use gradsheet::value::Value;
use gradsheet::workbook::{
    Alert, AlertStyle, Allowed, CompareOp, DefinedName, Edit, Message, NumberKind, Template,
    Transaction, Validation,
};
use std::sync::Arc;

fn typed(driver: &Driver) -> String {
    match &driver.app.mode {
        Mode::Entry(entry) => entry.text().to_owned(),
        _ => String::new(),
    }
}

fn formula(driver: &Driver, address: &str) -> String {
    let cell = Cell {
        sheet: driver.app.sheet(),
        pos: Pos::parse_a1(address).unwrap(),
    };
    let formula = driver.app.document.engine().formula_text(cell);
    formula.unwrap_or_default()
}

fn active(driver: &Driver) -> String {
    driver.app.selection().active().to_string()
}

/// The line of the screen with the mode.
fn status(driver: &mut Driver) -> String {
    driver
        .screen()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

fn edit(driver: &mut Driver, edit: Edit) {
    let transaction = Transaction::new("Prepare", vec![edit]);
    driver.app.apply(&transaction).unwrap();
}

/// With a second sheet whose name needs quotes.
fn two_sheets() -> Driver {
    let mut driver = Driver::empty();
    let name = "my sheet".into();
    edit(&mut driver, Edit::AddSheet { name });
    driver
}

#[test]
fn what_excel_completes_on_entry_is_completed() {
    let mut driver = Driver::empty();
    driver.play(
        "`3` Enter `4` Enter `=SUM(A1:A2` Enter `+A1*2` Enter `-A2` Enter `@sum(A1:A2` Enter",
    );
    let shown: Vec<String> = ["A3", "A4", "A5"].map(|at| driver.shown(at)).into();
    assert_eq!(shown, ["7", "6", "-4"]);
    assert_eq!(driver.shown("A6"), "@sum(A1:A2", "a parenthesis is missing");
    driver.play("`@sum(A1:A2)` Enter `- milk` Enter `-5` Enter `a` Enter");
    let shown: Vec<String> = ["A7", "A8", "A9"].map(|at| driver.shown(at)).into();
    assert_eq!(shown, ["7", "- milk", "-5"]);
}

#[test]
fn selected_numbers_are_summed_behind_them() {
    let mut driver = Driver::empty();
    driver.play("`1` Tab `2` Enter `3` Tab `4` Enter Ctrl+G `A1:B2` Enter Alt+=");
    assert_eq!(driver.shown("A3") + &driver.shown("B3"), "46");
    driver.play("Ctrl+Z Ctrl+G `A1:A3` Enter Alt+=");
    assert_eq!(driver.shown("A3") + &driver.shown("B3"), "4");
    driver.play("Ctrl+G `A1:B1` Enter Alt+=");
    assert_eq!(driver.shown("C1"), "3");
    driver.play("Ctrl+G `A1` Enter Ctrl+Space Alt+=");
    assert_eq!(driver.shown("A4"), "8", "{}", driver.message());
    driver.play("Ctrl+Z Ctrl+G `A1:A2` Enter Alt+=");
    assert!(
        driver.message().contains("not blank"),
        "{}",
        driver.message()
    );
}

#[test]
fn a_number_typed_where_percentages_are_shown_is_one() {
    let mut driver = Driver::empty();
    driver.play("`5%` Enter Up `7` Enter");
    assert_eq!(driver.value("A1"), gradsheet::value::Value::Number(0.07));
    driver.play("Up `0.5` Enter");
    assert_eq!(driver.value("A1"), gradsheet::value::Value::Number(0.5));
    driver.play("Up `1,200` Enter");
    assert_eq!(driver.value("A1"), gradsheet::value::Value::Number(12.0));
}

#[test]
fn what_a_filter_hides_is_left_alone() {
    let mut driver = Driver::empty();
    driver.play("`v` Enter `1` Enter `20` Enter `3` Enter Ctrl+G `A1` Enter : `filter <10` Enter");
    driver.play("Ctrl+G `A2:A4` Enter Delete");
    let values = |driver: &Driver| ["A2", "A3", "A4"].map(|at| driver.shown(at)).concat();
    assert_eq!(values(&driver), "20");
    driver.play("Ctrl+Z `9` Ctrl+J");
    assert_eq!(values(&driver), "9209");
    driver.play("Ctrl+Z Ctrl+P `delete rows` Enter");
    assert_eq!(driver.shown("A2"), "20");
    driver.play("Ctrl+Z");
    assert_eq!(values(&driver), "1203");
}

/// Keys played into an empty sheet, and what is then being typed.
#[test]
fn keys_build_a_formula() {
    for (keys, expected) in [
        // Pointing, and typing on after it.
        ("Ctrl+G `C3` Enter `=` Up `+` Left Left", "=C2+A3"),
        ("`=SUM(` Right Shift+Down `,` Right Right", "=SUM(B1:B2,C1"),
        ("`=A1:` Right Down", "=A1:B2"),
        ("`=` Right F4", "=$B$1"),
        ("`=` Right F4 Down", "=$B$2"),
        ("`=` Right F4 F4 F4 F4", "=B1"),
        // A comma in braces parts constants.
        ("`={1,` Down", "={1,"),
        // In the text, arrows move; F2 changes what they do.
        ("`=1+2` F2 Left Left `3`", "=13+2"),
        ("F2 `=1+` Right", "=1+"),
        ("F2 `=1+` F2 Right", "=1+B1"),
        ("`=B1+C1` F2 Home Right Right F4", "=$B$1+C1"),
        ("F2 `=alpha+beta` Ctrl+Left Ctrl+W", "=beta"),
        ("F2 `=ab` Alt+Enter `cd` Home Delete", "=ab\nd"),
        // Completion.
        ("`=sumpr` Tab", "=SUMPRODUCT("),
        ("`=sumpr` Tab Right", "=SUMPRODUCT(B1"),
        ("`=1+ave` Down Tab", "=1+AVERAGE("),
        ("`=su` Esc `m`", "=sum"),
        // Nothing but a formula has references.
        ("`1+` Right", ""),
    ] {
        let mut driver = Driver::empty();
        driver.play(keys);
        assert_eq!(typed(&driver), expected, "{keys}");
    }
}

#[test]
fn pointing_goes_to_other_sheets_and_comes_back() {
    let mut driver = two_sheets();
    let first = driver.app.sheet();
    driver.play("Ctrl+PgDn Down Right Ctrl+PgUp `=1+` Ctrl+PgDn");
    assert_eq!(typed(&driver), "=1+'my sheet'!B2");
    driver.play("Down Shift+Right `+` Up");
    assert_eq!(typed(&driver), "=1+'my sheet'!B3:C3+'my sheet'!B1");
    driver.play("Ctrl+PgUp");
    assert_eq!(typed(&driver), "=1+'my sheet'!B3:C3+A1");
    driver.play("Down Ctrl+PgDn Enter");
    assert_eq!(driver.app.sheet(), first);
    assert_eq!(active(&driver), "A2");
    driver.play("`=` Ctrl+PgDn Esc");
    assert_eq!(driver.app.sheet(), first);
    assert_eq!(driver.app.mode.context(), Context::Grid);
}

#[test]
fn cells_can_be_pointed_at_by_position() {
    let mut driver = Driver::empty();
    driver.play("`=SUM(`");
    assert!(driver.app.point_at(Pos::new(2, 1)));
    assert!(driver.app.point_at(Pos::new(1, 1)));
    assert!(driver.app.point_extend(Pos::new(3, 2)));
    assert_eq!(typed(&driver), "=SUM(B2:C4");
    driver.play("`)`");
    assert!(
        !driver.app.point_at(Pos::new(0, 0)),
        "an operator is missing"
    );
    driver.play("`+`");
    let columns = Rect::new(Pos::new(0, 1), Pos::new(gradsheet::grid::MAX_ROWS - 1, 1));
    assert!(driver.app.point_at_rect(columns));
    assert_eq!(typed(&driver), "=SUM(B2:C4)+B:B");
}

#[test]
fn a_reference_has_one_colour_in_the_formula_and_in_the_grid() {
    let mut driver = Driver::empty();
    edit(
        &mut driver,
        Edit::DefineName(DefinedName {
            name: "rate".into(),
            scope: None,
            formula: "Sheet1!$A$3".into(),
            hidden: false,
        }),
    );
    // The formula bar begins its text in column 14; the cells begin in column
    // 4 and are 9 wide; A1 is on line 2.
    driver.play("Ctrl+G `D9` Enter `=A1+B2*rate-A1`");
    let first = driver.style(14 + 1, 0).fg;
    let second = driver.style(14 + 4, 0).fg;
    let third = driver.style(14 + 7, 0).fg;
    assert_eq!(driver.style(14 + 12, 0).fg, first);
    assert!(first != second && second != third && first != third);
    let a1 = driver.style(4, 2);
    let b2 = driver.style(4 + 9, 3);
    let a3 = driver.style(4, 4);
    assert_eq!([a1.fg, b2.fg, a3.fg], [first, second, third]);
    assert!(a1.bg != b2.bg && a1.bg != driver.style(4, 3).bg);
    driver.play("Esc");
    assert_eq!(driver.style(4, 2).bg, driver.style(4, 3).bg);
}

#[test]
fn the_text_stands_over_its_cell_where_it_fits() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+G `B3` Enter `=1+1`");
    let screen = driver.screen();
    let line = screen.lines().nth(4).unwrap();
    assert!(line.contains("=1+1"), "{screen}");
    assert_eq!(driver.cursor(), (4 + 9 + 4, 4));
    let long = "1+".repeat(40);
    driver.play(&format!("`+{long}1`"));
    let screen = driver.screen();
    assert!(!screen.lines().nth(6).unwrap().contains('='), "{screen}");
    // The bar has grown by what does not fit on a line.
    assert!(screen.lines().nth(1).unwrap().contains("1+1"), "{screen}");
    assert_eq!(driver.cursor().1, 1);
}

#[test]
fn a_long_formula_takes_a_third_of_the_screen_at_most() {
    let mut driver = Driver::empty();
    for _ in 0..30 {
        driver.play("`=1` Alt+Enter");
    }
    assert_eq!(driver.app.layout().formula_bar.height, 8);
    assert_eq!(driver.cursor().1, 7);
    driver.play("F2 Ctrl+Home");
    assert_eq!(driver.cursor(), (14, 0));
    driver.play("Esc");
    assert_eq!(driver.app.layout().formula_bar.height, 1);
}

#[test]
fn line_breaks_and_spaces_of_a_formula_stay_as_they_were_typed() {
    let mut driver = Driver::empty();
    driver.play("`5` Enter `= IF( A1 > 0,` Alt+Enter `  A1 * 2,  0 )` Enter");
    assert_eq!(formula(&driver, "A2"), "= IF( A1 > 0,\n  A1 * 2,  0 )");
    assert_eq!(driver.shown("A2"), "10");
    // Filled down and copied beside, the references move and the spaces stay.
    driver.play("Ctrl+G `A2:A3` Enter Ctrl+D Ctrl+G `A2` Enter Ctrl+C Ctrl+G `C9` Enter Ctrl+V");
    assert_eq!(formula(&driver, "A3"), "= IF( A2 > 0,\n  A2 * 2,  0 )");
    assert_eq!(formula(&driver, "C9"), "= IF( C8 > 0,\n  C8 * 2,  0 )");
    // F2 shows them; what is not changed stays; rows inserted move them along.
    driver.play("Esc Ctrl+G `A2` Enter F2");
    assert_eq!(typed(&driver), "= IF( A1 > 0,\n  A1 * 2,  0 )");
    driver.play("Enter Ctrl+G `A1` Enter Shift+Space Ctrl+Plus");
    assert_eq!(formula(&driver, "A3"), "= IF( A2 > 0,\n  A2 * 2,  0 )");
    driver.play("Ctrl+Z Ctrl+G `A2` Enter `=A1*2` Enter Ctrl+Z");
    assert_eq!(formula(&driver, "A2"), "= IF( A1 > 0,\n  A1 * 2,  0 )");
}

#[test]
fn the_function_around_the_cursor_is_explained() {
    let mut driver = Driver::empty();
    driver.play("`=IF(A1>0,`");
    let line = status(&mut driver);
    assert!(line.contains("ENTER"), "{line}");
    assert!(line.contains("IF(condition, [value_if_true]"), "{line}");
    driver.resize(120, 24);
    let line = status(&mut driver);
    assert!(
        line.contains("value_if_true: the result where it is true."),
        "{line}"
    );
    driver.resize(80, 24);
    let line = status(&mut driver);
    let names = line.find("[value_if_true]").unwrap() as u16;
    let bold =
        |style: ratatui::style::Style| style.add_modifier.contains(ratatui::style::Modifier::BOLD);
    let y = 23;
    assert!(bold(driver.style(names, y)));
    assert!(!bold(driver.style(names - 4, y)));
    driver.play("Right");
    assert!(status(&mut driver).contains("POINT"));
}

#[test]
fn what_the_formula_gives_is_shown_while_it_is_typed() {
    let mut driver = Driver::empty();
    driver.play("`20` Enter `=A1*2`");
    assert!(status(&mut driver).ends_with("= 40"));
    driver.play("`+`");
    assert!(!status(&mut driver).contains("40"));
    driver.play("`A2`");
    assert!(status(&mut driver).contains("depend on itself"));
    driver.play("Esc `=1)`");
    let line = status(&mut driver);
    assert!(line.contains("found `)`"), "{line}");
    assert_eq!(driver.shown("A2"), "");
}

#[test]
fn what_cannot_be_read_stays_with_the_cursor_at_its_character() {
    let mut driver = Driver::empty();
    driver.play("`=1+*2` Enter");
    assert_eq!(typed(&driver), "=1+*2");
    assert!(status(&mut driver).contains("at character"));
    driver.resize(40, 24);
    let screen = driver.screen();
    assert!(screen.contains("at character 3"), "{screen}");
    driver.resize(80, 24);
    // The cursor is before the star, and the arrows move it.
    driver.play("Delete Left Right `5*` Enter");
    assert_eq!(formula(&driver, "A1"), "=1+5*2");
}

#[test]
fn values_that_data_validation_does_not_allow_are_refused() {
    let rule = |style| Validation {
        areas: vec![Rect::cell(Pos::new(0, 0))],
        allowed: Allowed::Number {
            kind: NumberKind::Decimal,
            operator: CompareOp::Between,
            formulas: ["0", "1"]
                .map(|text| {
                    let tree = gradsheet::formula::parse(text, Pos::new(0, 0)).unwrap();
                    Arc::new(Template::Formula(tree))
                })
                .into(),
        },
        allow_blank: true,
        dropdown: false,
        prompt: Some(Message {
            title: "Rate".into(),
            text: "from 0 to 1".into(),
        }),
        alert: Some(Alert {
            style,
            message: Message {
                title: "".into(),
                text: "a rate is no more than 1".into(),
            },
        }),
        in_extension: false,
    };
    let mut driver = Driver::empty();
    driver.validate(rule(AlertStyle::Stop));
    driver.play("`2`");
    assert!(status(&mut driver).contains("Rate: from 0 to 1"));
    driver.play("Enter");
    assert_eq!(typed(&driver), "2");
    assert!(status(&mut driver).contains("a rate is no more than 1"));
    driver.play("Enter");
    assert_eq!(driver.value("A1"), Value::Blank);
    driver.play("Esc `=1+1` Enter");
    assert_eq!(typed(&driver), "=1+1");
    driver.play("Esc `=1/2` Enter");
    assert_eq!(driver.shown("A1"), "0.5");

    driver.validate(rule(AlertStyle::Warning));
    driver.play("Up `2` Enter");
    assert_eq!(driver.shown("A1"), "0.5");
    driver.play("Enter");
    assert_eq!(driver.shown("A1"), "2");

    driver.validate(rule(AlertStyle::Information));
    driver.play("Up `3` Enter");
    assert_eq!(driver.shown("A1"), "3");
    assert_eq!(driver.message(), "a rate is no more than 1");
}

#[test]
fn data_validation_asks_of_every_cell_that_an_entry_fills() {
    let mut driver = Driver::empty();
    driver.list("B2", "red,green");
    driver.play("Shift+Down Shift+Right `blue` Ctrl+Enter");
    assert_eq!(typed(&driver), "blue");
    let line = status(&mut driver);
    assert!(line.contains("B2: B2 takes one of red, green"), "{line}");
    assert_eq!(driver.shown("A1"), "");
    driver.play("Esc `red` Ctrl+Enter");
    assert_eq!(driver.shown("A1"), "red");
    // A formula is asked for with each cell's own references.
    driver.play("Ctrl+G `B1` Enter Shift+Down `=A1` Ctrl+Enter");
    assert_eq!(
        (driver.shown("B1"), driver.shown("B2")),
        ("red".into(), "red".into())
    );
    driver.play("Ctrl+G `A2` Enter `blue` Enter Ctrl+G `B1` Enter Shift+Down `=A1` Ctrl+Enter");
    assert_eq!(typed(&driver), "=A1");
    // What is pasted is not asked for, as in Excel.
    driver.play("Esc Ctrl+G `A2` Enter Ctrl+C Right Ctrl+V");
    assert_eq!(driver.shown("B2"), "blue");
}

#[test]
fn a_table_takes_in_what_is_pasted_and_filled_below_it_and_makes_room_for_its_totals() {
    let mut driver = Driver::empty();
    driver.play("`n` Enter `1` Enter `2` Enter `note` Enter Ctrl+G `B1` Enter `v` Enter");
    driver.play("Ctrl+G `B2:B3` Enter `=A2*10` Ctrl+Enter Ctrl+G `A1:B3` Enter Ctrl+T");
    let table = |driver: &Driver| {
        let tables = &driver.app.document.engine().workbook().tables;
        tables
            .iter()
            .next()
            .map(|table| table.area.rect.to_string())
    };
    // The cells below go down for the row of totals, those beside do not.
    driver.play("Ctrl+G `C4` Enter `beside` Enter Ctrl+G `A2` Enter Ctrl+P `total row` Enter");
    assert_eq!(table(&driver).as_deref(), Some("A1:B4"));
    assert_eq!(
        (driver.shown("A5"), driver.shown("C4")),
        ("note".into(), "beside".into())
    );
    driver.play("Ctrl+Z");
    assert_eq!(driver.shown("A4"), "note");
    driver.play("Ctrl+G `A4` Enter Delete Ctrl+G `C4` Enter Delete Ctrl+G `A4` Enter");
    driver.happens(crossterm::event::Event::Paste("3\n4\n".into()));
    driver.settle();
    assert_eq!(table(&driver).as_deref(), Some("A1:B5"));
    assert_eq!(driver.shown("B5"), "40");
    driver.play("Ctrl+G `A5:A6` Enter Ctrl+D");
    assert_eq!(table(&driver).as_deref(), Some("A1:B6"));
    assert_eq!(driver.shown("B6"), "40");
    driver.play("Ctrl+Z Ctrl+Z");
    assert_eq!(table(&driver).as_deref(), Some("A1:B3"));
    assert_eq!(driver.shown("A4"), "");
}

#[test]
fn a_list_offers_its_values() {
    let mut driver = Driver::empty();
    driver.list("A1", "red,green,grey");
    driver.play("Alt+Down");
    let screen = driver.screen();
    for value in ["red", "green", "grey"] {
        assert!(screen.contains(value), "{screen}");
    }
    driver.play("Down Enter");
    assert_eq!(
        (driver.shown("A1"), active(&driver)),
        ("green".into(), "A2".into())
    );
    driver.play("Up `gre` Down Tab Enter");
    assert_eq!(driver.shown("A1"), "grey");
    driver.play("Up `blue` Enter");
    assert_eq!(typed(&driver), "blue");
    assert!(status(&mut driver).contains("red, green, grey"));
    driver.play("Esc Right Alt+Down");
    assert!(driver.message().contains("no list"));
    assert_eq!(driver.app.mode.context(), Context::Grid);
}

#[test]
fn a_formula_goes_into_all_selected_cells() {
    let mut driver = Driver::empty();
    driver.play("`1` Enter `2` Enter `3` Enter Ctrl+G `B1:B3` Enter `=A1*$A$1` Ctrl+Enter");
    let formulas = ["B1", "B2", "B3"].map(|at| formula(&driver, at));
    assert_eq!(formulas, ["=A1*$A$1", "=A2*$A$1", "=A3*$A$1"]);
    driver.play("Ctrl+Z");
    assert_eq!(formula(&driver, "B2"), "", "one step");
    driver.play("Ctrl+G `C1:C3` Enter `50%` Ctrl+Enter");
    assert_eq!(driver.shown("C3"), "50%");
    driver.play("Ctrl+G `B1:B3` Enter `=A1:A3*10` Ctrl+Shift+Enter");
    assert_eq!(driver.shown("B3"), "30");
    // Entered again from one of its cells, the array stays whole.
    driver.play("Ctrl+G `B2` Enter F2 Ctrl+W `100` Ctrl+Shift+Enter");
    assert_eq!(driver.shown("B3"), "300");
    assert_eq!(formula(&driver, "B1"), "=A1:A3*100");
}

#[test]
fn a_spilled_cell_shows_the_formula_that_filled_it_and_takes_an_entry_of_its_own() {
    let mut driver = Driver::empty();
    driver.play("`=SEQUENCE(3)` Enter");
    let bar = driver.screen().lines().next().unwrap().to_owned();
    assert!(bar.contains("A2") && bar.contains("=SEQUENCE(3)"), "{bar}");
    driver.play("F2");
    assert_eq!(typed(&driver), "");
    let bar = driver.screen().lines().next().unwrap().to_owned();
    assert!(bar.contains("=SEQUENCE(3)"), "{bar}");
    driver.play("Enter");
    assert_eq!(driver.shown("A2"), "2", "nothing was typed");
    driver.play("Up `=9` Enter");
    assert_eq!(driver.shown("A1"), "#SPILL!");
    assert_eq!(driver.shown("A2"), "9");
}

#[test]
fn text_is_pasted_into_an_entry() {
    let mut driver = Driver::empty();
    driver.play("`=1`");
    let pasted = "+2\r\n+3\r\n".to_owned();
    driver.happens(crossterm::event::Event::Paste(pasted));
    assert_eq!(typed(&driver), "=1+2\n+3");
    driver.play("Enter");
    assert_eq!(driver.shown("A1"), "6");
}

#[test]
fn typing_in_a_small_window_never_fails() {
    for (width, height) in [(20, 5), (1, 1), (14, 3), (15, 4)] {
        let mut driver = Driver::empty();
        driver.list("A1", "red,green");
        driver.resize(width, height);
        driver.play("`=SUMIF(A1:B2,`");
        driver.screen();
        driver.play("`su`");
        driver.screen();
        driver.play("Alt+Enter Alt+Enter `日本`");
        driver.screen();
        driver.play("Esc Esc Esc Alt+Down");
        driver.screen();
    }
}
