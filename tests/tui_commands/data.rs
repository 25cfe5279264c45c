//! Cases of the commands that find, make tables, and bring text files in and out.

use super::{Case, active, case, formula, front, tabs};
use crate::driver::Driver;
use gradsheet::tui::Mode;
use gradsheet::value::Value;
use gradsheet::workbook::{LookIn, Pattern, Table};

/// The text of the form of find and replace that a test looks at.
macro_rules! form {
    ($driver:ident) => {
        match &$driver.app.mode {
            Mode::Find(form) => form,
            _ => return false,
        }
    };
}

/// `keys` pressed where A1:A3 holds x, y and =A1&"x".
macro_rules! texts {
    ($keys:literal) => {
        concat!("`x` Enter `y` Enter `=A1&\"x\"` Enter Ctrl+Home ", $keys)
    };
}

/// `keys` pressed in A2 of A1:B3, which holds headers above numbers.
macro_rules! columns {
    ($keys:literal) => {
        concat!(
            "`n` Tab `v` Enter Ctrl+G `A2` Enter `1` Tab `5` Enter Ctrl+G `A3` Enter \
             `2` Tab `6` Enter Ctrl+G `A2` Enter ",
            $keys
        )
    };
}

fn table(driver: &Driver) -> Option<&Table> {
    driver.app.document.engine().workbook().tables.iter().next()
}

fn table_at(driver: &Driver, area: &str) -> bool {
    table(driver).is_some_and(|table| table.area.rect.to_string() == area)
}

pub const CASES: &[Case] = &[
    case("edit.find", texts!("Ctrl+F `y` Enter"), |d| {
        active(d) == "A2"
    }),
    case("edit.replace", texts!("Ctrl+H `y` Tab `7` Alt+A"), |d| {
        d.shown("A2") == "7" && d.message() == "Replaced in 1 cell"
    }),
    case("edit.find-next", texts!("Ctrl+F `x` Enter F3"), |d| {
        active(d) == "A1"
    }),
    case(
        "edit.find-previous",
        texts!("Ctrl+F `x` Enter Shift+F3 Shift+F3"),
        |d| active(d) == "A3",
    ),
    case("find.accept", texts!("Ctrl+H `x` Tab `z` Enter"), |d| {
        // What A1 held is replaced, and the next match is gone to.
        d.shown("A1") == "z" && active(d) == "A3" && formula(d, "A3") == "=A1&\"x\""
    }),
    case("find.all", texts!("Ctrl+H `x` Tab `z` Alt+A"), |d| {
        let replaced = d.shown("A1") == "z" && formula(d, "A3") == "=A1&\"z\"";
        d.play("Ctrl+Z");
        replaced && d.shown("A1") == "x" && d.shown("A3") == "xx"
    }),
    case("find.next", texts!("Ctrl+H `x` F3"), |d| {
        active(d) == "A3" && d.shown("A1") == "x"
    }),
    case("find.previous", texts!("Ctrl+H `x` F3 Shift+F3"), |d| {
        active(d) == "A1" && d.shown("A1") == "x"
    }),
    case("find.line", "Ctrl+H `a` Tab `b` Tab `c`", |d| {
        let form = form!(d);
        form.what.value() == "ac" && form.with.as_ref().is_some_and(|with| with.value() == "b")
    }),
    case("find.case", texts!("Ctrl+F `Y` Alt+C Enter"), |d| {
        active(d) == "A1" && d.message().contains("not found")
    }),
    case("find.whole", texts!("Ctrl+F `x` Alt+W F3"), |d| {
        active(d) == "A1" && d.screen().contains("The search went around")
    }),
    case("find.regex", texts!("Ctrl+F `^[y]$` Alt+X"), |d| {
        let regex = form!(d).search.options.pattern == Pattern::Regex;
        d.play("Enter");
        regex && active(d) == "A2"
    }),
    case("find.values", texts!("Ctrl+F `xx` Alt+V"), |d| {
        let values = form!(d).search.options.look_in == LookIn::Values;
        d.play("Enter");
        values && active(d) == "A3"
    }),
    case(
        "find.workbook",
        "`far` Enter Shift+F11 Ctrl+F `far` Alt+B Enter",
        |d| front(d) == "Sheet1" && active(d) == "A1",
    ),
    case("find.close", texts!("Ctrl+F `y` Esc F3"), |d| {
        matches!(d.app.mode, Mode::Grid) && active(d) == "A2"
    }),
    case("table.create", columns!("Ctrl+T"), |d| {
        table_at(d, "A1:B3") && d.message().starts_with("Table1")
    }),
    case(
        "table.resize",
        columns!("Ctrl+T Ctrl+P `resize the table` Enter Ctrl+U `A1:B5` Enter"),
        |d| table_at(d, "A1:B5"),
    ),
    case(
        "table.rename",
        columns!("Ctrl+T Ctrl+P `rename the table` Enter Ctrl+U `Ages` Enter"),
        |d| table(d).is_some_and(|table| &*table.name == "Ages"),
    ),
    case(
        "table.totals",
        columns!("Ctrl+T Ctrl+P `total row` Enter"),
        |d| table_at(d, "A1:B4") && table(d).is_some_and(|table| table.totals_rows == 1),
    ),
    case(
        "table.unroll",
        columns!(
            "Ctrl+T Ctrl+G `D1` Enter `=SUM(Table1[v])` Enter Ctrl+G `A2` Enter \
             Ctrl+P `convert the table` Enter"
        ),
        |d| table(d).is_none() && formula(d, "D1") == "=SUM(Sheet1!$B$2:$B$3)",
    ),
    case(
        "import.delimiter",
        "Ctrl+P `import csv` Enter `{csv}` Enter d",
        |d| {
            let commas = d.screen().contains("UTF-8, commas");
            d.play("d d d");
            commas && d.screen().contains("UTF-8, semicolons")
        },
    ),
    case(
        "import.decimals",
        "Ctrl+P `import csv` Enter `{csv}` Enter c",
        |d| {
            let points = !d.screen().contains("decimal commas");
            d.play("Enter");
            points && d.value("B2") != Value::Number(1.5)
        },
    ),
    case(
        "file.import",
        "Ctrl+P `import csv` Enter `{csv}` Enter",
        |d| {
            let screen = d.screen();
            let previewed = [
                "semicolons",
                "decimal commas",
                "UTF-8",
                "date",
                "number",
                "text",
            ]
            .iter()
            .all(|fact| screen.contains(fact));
            d.play("Enter");
            let there = tabs(d) == ["Sheet1", "people"] && front(d) == "people";
            let read =
                d.value("B2") == Value::Number(1.5) && d.value("C2") == Value::Number(45_352.0);
            d.play("Ctrl+Z");
            previewed && there && read && tabs(d) == ["Sheet1"]
        },
    ),
    case(
        "file.export",
        "`a,b` Tab `7` Enter Ctrl+P `export as csv` Enter Ctrl+U `{dir}/out.csv` Enter",
        |d| {
            let path = d.message().replace("Exported ", "");
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text == "\"a,b\",7\r\n" && d.app.document.is_modified()
        },
    ),
    case(
        "file.export-over",
        "`1` Enter : `export {dir}/twice.csv` Enter Up `2` Enter : `export {dir}/twice.csv` Enter r",
        |d| {
            let path = d.message().replace("Exported ", "");
            std::fs::read_to_string(path).unwrap_or_default() == "2\r\n"
        },
    ),
    case(
        "select.add",
        "Shift+Down Shift+F8 Right Right Shift+Right",
        |d| {
            let areas: Vec<String> = d
                .app
                .selection()
                .areas()
                .iter()
                .map(|a| a.to_string())
                .collect();
            areas == ["A1:A2", "C1:D1"]
        },
    ),
];

#[test]
fn an_entry_below_or_beside_a_table_extends_it_in_the_same_step() {
    let mut driver = Driver::empty();
    driver.play(columns!("Ctrl+T Ctrl+G `A4` Enter `3` Enter"));
    assert!(table_at(&driver, "A1:B4"), "{}", driver.screen());
    driver.play("Ctrl+G `C2` Enter `9` Enter");
    assert!(table_at(&driver, "A1:C4"), "{}", driver.screen());
    driver.play("Ctrl+Z");
    assert!(table_at(&driver, "A1:B4"));
    assert_eq!(driver.shown("C2"), "");
    driver.play("Ctrl+Z");
    assert!(table_at(&driver, "A1:B3"));
    assert_eq!(driver.shown("A4"), "");
}

#[test]
fn numbers_in_the_first_row_are_not_taken_for_headers_unasked() {
    let mut driver = Driver::empty();
    driver.play("`1` Enter `2` Enter Ctrl+Home Ctrl+T");
    assert!(table(&driver).is_none());
    driver.play("i");
    assert!(table_at(&driver, "A1:A3"), "{}", driver.screen());
    assert_eq!(driver.shown("A1"), "Column1");
    driver.play("Ctrl+Z");
    assert!(table(&driver).is_none());
    assert_eq!(driver.shown("A1"), "1");
}

#[test]
fn replacing_in_several_selected_cells_leaves_the_others() {
    let mut driver = Driver::empty();
    driver.play("`x` Enter `x` Enter `x` Enter Ctrl+Home Shift+Down Ctrl+H `x` Tab `1` Alt+A");
    assert_eq!(driver.message(), "Replaced in 2 cells");
    assert_eq!(driver.shown("A3"), "x");
}

#[test]
fn a_replacement_that_makes_no_formula_changes_nothing_and_says_so() {
    let mut driver = Driver::empty();
    driver.play("`=LEN(1)` Enter Ctrl+Home Ctrl+H `LEN(1)` Tab `LEN(` Alt+A");
    assert!(driver.message().contains("A1"), "{}", driver.message());
    assert_eq!(driver.shown("A1"), "1");
    assert!(matches!(driver.app.mode, Mode::Find(_)));
}

#[test]
fn a_search_with_the_keys_of_vim_goes_on_with_n() {
    let mut driver = Driver::vim();
    driver.play("= `\"x\"` Enter j = `\"xy\"` Enter g g / `x` Enter");
    assert_eq!(active(&driver), "A3");
    driver.play("n");
    assert_eq!(active(&driver), "A1");
    driver.play("N");
    assert_eq!(active(&driver), "A3");
}
