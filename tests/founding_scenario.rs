//! What the application is for, key by key in a real terminal: a newcomer opens
//! the lesson's workbook, finds the loss, sees what drives it, moves a parameter,
//! lets the solver work, keeps the result and saves.

#![cfg(unix)]

#[path = "shared/pty.rs"]
mod pty;

use calamine::{Data, Reader, Xlsx, open_workbook};
use pty::Pty;
use std::path::Path;

const ENTER: &str = "\r";
const RIGHT: &str = "\x1b[C";
const F5: &str = "\x1b[15~";
const F6: &str = "\x1b[17~";
const F7: &str = "\x1b[18~";
const ALT_B: &str = "\x1bb";
const ALT_S: &str = "\x1bs";
const CTRL_F: &str = "\x06";
const CTRL_K: &str = "\x0b";
const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";

/// The number behind a word on the screen.
fn number_after(screen: &vt100::Screen, word: &str) -> Option<f64> {
    let contents = screen.contents();
    let after = contents.split_once(word)?.1;
    after.split_whitespace().next()?.parse().ok()
}

/// The loss that a file holds, as another program reads it.
fn saved_loss(file: &Path) -> f64 {
    let mut book: Xlsx<_> = open_workbook(file).unwrap();
    let formulas = book.worksheet_formula("nnet").unwrap();
    let formula = formulas.get_value((0, 33)).unwrap();
    assert_eq!(formula, "AVERAGE(AH4:AH715)");
    match book.worksheet_range("nnet").unwrap().get_value((0, 33)) {
        Some(Data::Float(loss)) => *loss,
        other => panic!("the loss is {other:?}"),
    }
}

fn is_braille(c: char) -> bool {
    ('\u{2801}'..='\u{28ff}').contains(&c)
}

#[test]
fn a_newcomer_finds_the_loss_moves_a_parameter_solves_keeps_and_saves() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("titanic.xlsx");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.xlsx");
    std::fs::copy(example, &file).unwrap();
    let begun = saved_loss(&file);

    let mut pty = Pty::start_at((100, 30), home.path(), &["titanic.xlsx"], &[]);
    pty.sees("Survived").is_taken();
    // The loss is found by its name; it stands right of it.
    pty.send(CTRL_F).sees("Find");
    pty.send("loss").send(ENTER).sees("AG1");
    pty.send(RIGHT).sees("=AVERAGE(AH4:AH715)");

    // Which parameters push it, and which way: the strongest is the first.
    pty.send(F7).sees("of nnet!AH1").sees("d AH1 / d AH1 = 1");
    pty.send(ENTER).sees("d AH1 / d U4 = -0.1525");

    // It is dragged against its slope, and the loss falls.
    pty.send(F6).sees("READY");
    pty.send(ALT_B).sees("Sliders").sees("derivative -0.1525");
    pty.send(RIGHT).sees("changed by -");
    let first = number_after(&pty.screen(), "changed by").unwrap();
    pty.send(RIGHT);
    pty.wait_until("a loss that falls further", |screen| {
        number_after(screen, "changed by").is_some_and(|change| change < first)
    });
    let moved = begun + number_after(&pty.screen(), "changed by").unwrap();

    // The solver knows the problem that the sheet stores. Its curve is drawn
    // while it searches, and stays.
    pty.send(ALT_S).sees("R4:AA5");
    pty.send(F5);
    pty.wait_until("a curve", |screen| screen.contents().contains(is_braille));
    pty.sees("Ended").sees("Keep the solution").sees("Settled");
    pty.wait_until("a curve", |screen| screen.contents().contains(is_braille));
    let screen = pty.screen();
    let contents = screen.contents();
    let (before, _) = contents.split_once(" → ").unwrap();
    let before: f64 = before.rsplit(['│', ' ']).next().unwrap().parse().unwrap();
    let solved = number_after(&screen, " → ").unwrap();
    assert!((before - moved).abs() < 2e-6, "{before} {moved}");
    assert!(solved < 0.1442 && solved < before, "{solved}");

    pty.send(CTRL_K).sees("Kept: nnet!AH1");
    pty.send(F6).sees("READY");
    pty.send(CTRL_S).sees("Saved titanic.xlsx");
    pty.send(CTRL_Q);
    assert_eq!(pty.ends(), 0);
    pty.is_restored();
    let saved = saved_loss(&file);
    assert!((saved - solved).abs() < 1e-6, "{saved} {solved}");
}
