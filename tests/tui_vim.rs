//! The keys of vim in the terminal application: what is played and what it leaves.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;
use gradsheet::tui::address;

fn selected(keys: &str) -> String {
    let mut driver = Driver::vim();
    driver.play(keys);
    address(driver.app.selection().last())
}

#[test]
fn counts_and_letters_move() {
    assert_eq!(selected("5 j 2 l"), "C6");
    assert_eq!(selected("1 0 j 3 k h"), "A8");
    assert_eq!(selected("9 j g g"), "A1");
    assert_eq!(selected("4 l 0"), "A1");
    assert_eq!(selected("l 3 0 G"), "B30");
}

#[test]
fn v_extends_until_escape() {
    assert_eq!(selected("v 2 j l"), "A1:B3");
    assert_eq!(selected("v 2 j l Esc j"), "A2");
}

#[test]
fn marks_are_come_back_to() {
    assert_eq!(selected("3 j m a g g ' a"), "A4");
}

#[test]
fn the_last_change_is_made_again() {
    let mut driver = Driver::vim();
    driver.play("`=5*2` Enter . j .");
    assert_eq!(driver.shown("A2"), "10");
    assert_eq!(driver.shown("A3"), "10");
    driver.play("g g x j . u");
    assert_eq!(driver.shown("A1"), "");
    assert_eq!(driver.shown("A2"), "10");
}

#[test]
fn letters_are_commands_and_not_text() {
    let mut driver = Driver::vim();
    driver.play("y q w Z Q");
    assert_eq!(driver.shown("A1"), "");
    assert!(driver.app.has_ended());
}

#[test]
fn whole_rows_are_extended_by_whole_rows() {
    assert_eq!(selected("2 j l V j"), "3:4");
    assert_eq!(selected("2 j l V k k"), "1:3");
}

#[test]
fn d_takes_out_and_p_puts_back() {
    let mut driver = Driver::vim();
    driver.play("= `5` Enter = `6` Enter g g v j d");
    assert_eq!(driver.shown("A1") + &driver.shown("A2"), "");
    driver.play("l p");
    assert_eq!(driver.shown("B1") + &driver.shown("B2"), "56");
    driver.play("u u");
    assert_eq!(driver.shown("A1") + &driver.shown("A2"), "56");
}

#[test]
fn a_number_on_the_command_line_is_a_row() {
    assert_eq!(selected("l : `5` Enter"), "B5");
}
