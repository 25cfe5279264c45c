//! An entry by itself: text, pointing, completion.

use super::*;
use crate::workbook::Workbook;

fn engine() -> Engine {
    let mut workbook = Workbook::new();
    workbook.add_sheet("Sheet1");
    workbook.add_sheet("my sheet");
    Engine::new(workbook)
}

fn cell() -> Cell {
    Cell {
        sheet: SheetId(0),
        pos: Pos::new(4, 4),
    }
}

fn entry(engine: &Engine, text: &str) -> Entry {
    let mut entry = Entry::with(cell(), text);
    entry.changed(engine);
    entry
}

#[test]
fn pointing_again_replaces_the_reference_until_something_is_typed() {
    let engine = engine();
    let mut entry = entry(&engine, "=1+");
    assert_eq!(entry.context(), Context::Pointing);
    let point = |entry: &mut Entry, sheet, a, b| {
        entry.point(&engine, SheetId(sheet), a, b);
        entry.changed(&engine);
    };
    point(&mut entry, 0, Pos::new(0, 0), Pos::new(0, 0));
    point(&mut entry, 0, Pos::new(0, 0), Pos::new(2, 1));
    assert_eq!(entry.text(), "=1+A1:B3");
    assert!(entry.cycle_dollars(&engine));
    entry.changed(&engine);
    assert_eq!(entry.text(), "=1+$A$1:$B$3");
    point(&mut entry, 1, Pos::new(0, 0), Pos::new(0, 0));
    assert_eq!(entry.text(), "=1+'my sheet'!$A$1");
    entry.insert("*");
    entry.changed(&engine);
    assert_eq!(entry.pointed(), None);
    point(&mut entry, 0, Pos::new(8, 0), Pos::new(8, 0));
    assert_eq!(entry.text(), "=1+'my sheet'!$A$1*A9");
}

#[test]
fn a_completion_that_was_closed_stays_closed_for_its_word() {
    let engine = engine();
    let mut entry = entry(&engine, "=SU");
    assert_eq!(entry.context(), Context::Completion);
    entry.close_completion();
    entry.insert("M");
    entry.changed(&engine);
    assert!(entry.completion().is_none());
    entry.insert("+AV");
    entry.changed(&engine);
    assert!(entry.completion().is_some());
    assert!(entry.complete());
    assert_eq!(entry.text(), "=SUM+AVEDEV(");
}

#[test]
fn dollars_are_cycled_at_the_cursor() {
    let engine = engine();
    let mut entry = entry(&engine, "=A1+LOG10(B2)");
    entry.move_to(11);
    assert!(entry.cycle_dollars(&engine));
    assert_eq!(entry.text(), "=A1+LOG10($B$2)");
    entry.move_to(6);
    assert!(!entry.cycle_dollars(&engine), "a function is no reference");
}

#[test]
fn what_is_pasted_keeps_its_lines() {
    let engine = engine();
    let mut entry = entry(&engine, "=1");
    entry.move_to(1);
    entry.insert("2+\r\n3+\r\n");
    assert_eq!(entry.text(), "=2+\n3+1");
    assert_eq!(entry.cursor(), 6);
}
