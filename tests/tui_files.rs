//! Saving in the terminal application replaces and leaves out nothing unasked.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;
use gradsheet::formula;
use gradsheet::grid::{Area, Cell, Pos, Rect};
use gradsheet::tui::{Document, Mode};
use gradsheet::value::Value;
use gradsheet::workbook::{Content, Edit, RunKind, Template, Transaction, Workbook};
use gradsheet::xlsx;
use std::fs;
use std::path::Path;

fn question(driver: &Driver) -> String {
    match &driver.app.mode {
        Mode::Confirm(confirm) => confirm.question.clone(),
        _ => String::new(),
    }
}

fn open(path: &Path) -> Driver {
    let (document, _) = Document::open(path).unwrap();
    Driver::journalled(document, path.parent().unwrap())
}

#[test]
fn a_text_file_is_asked_about_before_formulas_and_sheets_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("size.csv");
    fs::write(&path, "a;b\r\n1,50;007\r\n").unwrap();
    let mut driver = open(&path);
    driver.play("Ctrl+G `A3` Enter `2.25` Enter Ctrl+S");
    assert_eq!(question(&driver), "", "only values were edited");
    let kept = "a;b\r\n1,50;007\r\n2,25;\r\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), kept);

    driver.play("`=A2*2` Enter Shift+F11 `9` Enter Ctrl+PgUp Ctrl+S");
    let asked = question(&driver);
    assert!(asked.contains("no formulas, no other sheets"), "{asked}");
    driver.play("c");
    assert_eq!(fs::read_to_string(&path).unwrap(), kept);
    assert!(driver.app.document.is_modified());

    driver.play("Ctrl+S w Enter");
    assert_eq!(driver.app.document.title(), "size.xlsx");
    assert!(!driver.app.document.is_modified());
    assert_eq!(fs::read_to_string(&path).unwrap(), kept);
    drop(driver);
    let driver = open(&folder.path().join("size.xlsx"));
    assert_eq!(driver.app.document.engine().workbook().order().len(), 2);
}

#[test]
fn the_text_alone_is_saved_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("size.csv");
    fs::write(&path, "1.5,x\r\n").unwrap();
    let mut driver = open(&path);
    driver.play("`=1/3` Enter Ctrl+S t");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "0.3333333333333333,x\r\n"
    );
    assert!(!driver.app.document.is_modified(), "{}", driver.message());
}

#[test]
fn another_file_is_not_replaced_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there.xlsx");
    let mut driver = Driver::empty();
    driver.play(&format!("`1` Enter F12 `{}` Enter", there.display()));
    let before = fs::read(&there).unwrap();
    let mut driver = Driver::empty();
    driver.play(&format!("`2` Enter F12 `{}` Enter", there.display()));
    assert!(question(&driver).contains("is there already"));
    driver.play("c");
    assert_eq!(fs::read(&there).unwrap(), before);
    driver.play(&format!("F12 `{}` Enter r", there.display()));
    assert_ne!(fs::read(&there).unwrap(), before);
    assert!(!driver.app.document.is_modified(), "{}", driver.message());
}

#[test]
fn formulas_that_were_saved_without_values_show_theirs_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_sheet("S");
    let at = Pos::new(0, 0);
    let formula = formula::parse("6*7", at).unwrap();
    let content = Content::Formula {
        template: book.templates.intern(Template::Formula(formula)),
        kind: RunKind::Plain,
        values: Vec::new(),
    };
    let rect = Rect::cell(at);
    let area = Area { sheet, rect };
    let edits = vec![Edit::Set { area, content }];
    book.apply(&Transaction::new("Enter", edits)).unwrap();
    fs::write(&path, xlsx::to_bytes(&book).unwrap().0).unwrap();
    let driver = open(&path);
    let shown = driver.app.document.engine().value(Cell { sheet, pos: at });
    assert_eq!(shown, Value::Number(42.0));
    assert!(!driver.app.document.is_modified());
}
