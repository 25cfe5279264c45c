//! The program in a real pseudo-terminal, from its start to its end.

#![cfg(unix)]

#[path = "shared/pty.rs"]
mod pty;

use gradsheet::grid::Pos;
use gradsheet::value::Value;
use gradsheet::workbook::Workbook;
use gradsheet::xlsx;
use pty::Pty;
use std::path::PathBuf;

const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";
const UP: &str = "\x1b[A";
const F2: &str = "\x1bOQ";
const F5: &str = "\x1b[15~";
const F6: &str = "\x1b[17~";
const CTRL_G: &str = "\x07";
const CTRL_K: &str = "\x0b";
const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";
const CTRL_Y: &str = "\x19";
const CTRL_Z: &str = "\x1a";
const ALT_S: &str = "\x1bs";

/// A home folder with the workbook `a.xlsx` in it.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// A1 holds `first`, and what follows the rows below.
    fn with(first: &str) -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("Sheet1");
        let cells = &mut workbook.sheet_mut(sheet).cells;
        cells.set(Pos::new(0, 0), Value::text(first));
        xlsx::save(&workbook, home.file()).unwrap();
        home
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("a.xlsx")
    }

    fn start(&self, arguments: &[&str], more: &[(&str, &str)]) -> Pty {
        Pty::start(self.folder.path(), arguments, more)
    }

    /// Opens the workbook and waits for its first cell.
    fn open(&self, sees: &str) -> Pty {
        let pty = self.start(&["a.xlsx"], &[]);
        pty.sees(sees).is_taken();
        pty
    }

    fn journals(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().contains("journal"))
            .count()
    }
}

fn goto(cell: &str) -> String {
    format!("{CTRL_G}{cell}{ENTER}")
}

#[test]
fn a_workbook_is_edited_solved_saved_and_opened_again() {
    let home = Home::with("begin");
    let mut pty = home.open("begin");
    pty.send(&format!("{}5{ENTER}=(B1-1)^2+2{ENTER}", goto("B1")))
        .sees("18");
    pty.send("wrong").sees("wrong");
    pty.send(ENTER).send(CTRL_Z).sees_no_more("wrong");
    pty.send(CTRL_Y).sees("wrong");
    pty.send(CTRL_Z).sees_no_more("wrong");
    let down = DOWN.repeat(3);
    pty.send(&format!("{}{ALT_S}", goto("B2"))).sees("Solver");
    pty.send(&format!("{down}B1{ENTER}"))
        .send(F5)
        .sees("18 → 2");
    pty.send(CTRL_K).send(F6).send(CTRL_S).sees("Saved a.xlsx");
    pty.send(CTRL_Q);
    assert_eq!(pty.ends(), 0);
    pty.is_restored();
    assert_eq!(home.journals(), 0);
    let workbook = xlsx::open(home.file()).unwrap();
    let sheet = workbook.sheet(workbook.order()[0]);
    let solved = sheet.cells.get(Pos::new(0, 1));
    assert!(
        matches!(solved, Value::Number(x) if (x - 1.0).abs() < 1e-6),
        "{solved:?}"
    );
    let mut pty = home.open("begin");
    pty.send(&goto("B2")).sees("=(B1-1)^2+2");
    pty.send(CTRL_Q);
    assert_eq!(pty.ends(), 0);
}

#[test]
fn edits_are_restored_after_a_kill_in_the_middle_of_one() {
    for signal in ["KILL", "HUP", "TERM"] {
        let home = Home::with("begin");
        let mut pty = home.open("begin");
        pty.send(&format!("first{ENTER}second{ENTER}hal"))
            .sees("hal");
        pty.signal(signal);
        pty.ends();
        if signal != "KILL" {
            pty.is_restored();
        }
        let mut pty = home.start(&["a.xlsx"], &[]);
        pty.sees("2 edits unsaved");
        pty.send("r")
            .sees("Restored 2 edits")
            .sees("first")
            .sees("second");
        assert!(std::fs::read(home.file()).is_ok());
        pty.send(CTRL_S).sees("Saved a.xlsx");
        pty.send(CTRL_Q);
        assert_eq!(pty.ends(), 0);
        assert_eq!(home.journals(), 0);
        let mut pty = home.open("second");
        pty.send(CTRL_Q);
        assert_eq!(pty.ends(), 0);
    }
}

#[test]
fn the_screen_follows_the_terminal_s_size() {
    let home = Home::with("begin");
    let mut pty = home.open("begin");
    for (cols, rows) in [(20, 5), (1, 1), (200, 60), (80, 24)] {
        pty.resize(cols, rows);
        // What is typed then is there whatever the size is.
        pty.send(DOWN).send(UP);
    }
    pty.resize(20, 5);
    pty.send(&format!("seen{ENTER}{UP}"));
    pty.sees_pressing("seen", UP);
    pty.resize(80, 24);
    pty.wait_until("the status line at the bottom", |screen| {
        screen
            .rows(0, 80)
            .nth(23)
            .is_some_and(|row| row.contains("READY"))
    });
    pty.sees("seen").sees("Sheet1").sees("A1");
    pty.send(CTRL_Q);
    pty.sees_pressing("unsaved changes", UP);
    pty.send("d");
    assert_eq!(pty.ends(), 0);
    pty.is_restored();
}

#[test]
fn text_that_is_pasted_goes_into_the_entry_or_the_cells_and_is_no_keys() {
    let home = Home::with("begin");
    let mut pty = home.open("begin");
    pty.send(DOWN).send("=100+").sees("=100+");
    pty.send("\x1b[200~23\r\n+4000\x1b[201~").sees("+4000");
    pty.send(ENTER).sees("4123");
    // In the grid it fills cells, by tabs and lines.
    pty.send("\x1b[200~one\ttwo\r\nthree\tfour\x1b[201~");
    pty.sees("one").sees("four");
    pty.send(&goto("B4")).send(F2);
    pty.wait_until("the cursor", |screen| !screen.hide_cursor());
    pty.send("teen").sees("fourteen");
    pty.send(ENTER);
    pty.send(CTRL_Q).sees("unsaved changes");
    pty.send("d");
    assert_eq!(pty.ends(), 0);
}

#[test]
fn text_of_a_file_never_reaches_the_terminal_as_escape_sequences() {
    let home = Home::with("begin \x1b]0;owned\x07\x1b[31mred\u{9b}2J end");
    let mut pty = home.start(&["a.xlsx"], &[]);
    pty.sees("begin");
    // In the grid, in the formula bar and while it is edited.
    pty.send(F2);
    pty.wait_until("the cursor", |screen| !screen.hide_cursor());
    pty.send("\x1b");
    pty.wait_until("no cursor", |screen| screen.hide_cursor());
    pty.send(CTRL_Q);
    assert_eq!(pty.ends(), 0);
    let bytes = pty.bytes();
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(!has(b"\x1b]0;"), "a title was set");
    assert!(!has(b"\x1b[31mred"), "a colour was set");
    assert!(!has("\u{9b}".as_bytes()), "a control character of 8 bits");
    assert!(!has(b"\x07"), "a bell");
    assert!(has(b"red"));
}

#[test]
fn the_terminal_is_left_alone_where_the_file_cannot_be_opened() {
    let home = Home::with("begin");
    let mut pty = home.start(&["missing.xlsx"], &[]);
    pty.sees("missing.xlsx");
    assert_ne!(pty.ends(), 0);
    pty.is_restored();
    let bytes = pty.bytes();
    assert!(!bytes.windows(8).any(|window| window == b"\x1b[?1049h"));
}

/// The codes that choose how text looks: what stands in `ESC [ ... m`.
fn looks(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let codes = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    codes.collect()
}

/// Whether a code chooses a colour, be it the terminal's own.
fn colours(code: &str) -> bool {
    let number = |part: &str| part.parse::<u16>().unwrap_or(0);
    code.split([';', ':'])
        .map(number)
        .any(|n| matches!(n, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107))
}

#[test]
fn colours_are_those_that_the_terminal_has() {
    let home = Home::with("begin");
    let run = |more: &[(&str, &str)]| {
        let mut pty = home.start(&["a.xlsx"], more);
        pty.sees("begin").sees("Sheet1");
        pty.send(&format!("=SUM(B1){ENTER}")).sees("A2");
        pty.send(CTRL_Q).sees("unsaved changes");
        pty.send("d");
        assert_eq!(pty.ends(), 0);
        pty.is_restored();
        looks(&pty.bytes())
    };
    let without = run(&[("NO_COLOR", "1")]);
    let coloured: Vec<&String> = without.iter().filter(|code| colours(code)).collect();
    assert!(!without.is_empty() && coloured.is_empty(), "{coloured:?}");
    let rich = |code: &String| code.contains("8;2;") || code.contains("8:2:");
    let sixteen = run(&[("TERM", "xterm")]);
    assert!(!sixteen.iter().any(rich), "{sixteen:?}");
    // crossterm writes the sixteen as the first of the 256.
    let palette = |code: &String| {
        let index = code.split("8;5;").nth(1)?.split(';').next()?.parse().ok();
        index.filter(|&index: &u16| index > 15)
    };
    let beyond: Vec<u16> = sixteen.iter().filter_map(palette).collect();
    assert!(beyond.is_empty(), "{beyond:?}");
    assert!(sixteen.iter().any(|code| colours(code)));
    assert!(run(&[("COLORTERM", "truecolor")]).iter().any(rich));
}

#[test]
fn keys_that_most_terminals_do_not_tell_apart_are_asked_for_where_one_can() {
    let home = Home::with("begin");
    let mut pty = home.start(&["a.xlsx"], &[("TERM", "xterm-kitty")]);
    pty.sees("begin").is_taken();
    // Shift+Down twice, an entry, Ctrl+Enter; Ctrl+[ is Esc.
    pty.send(&goto("C3"))
        .send("\x1b[1;2B\x1b[1;2B")
        .sees("C3:C5");
    pty.send("77\x1b[13;5u").sees("sum 231");
    pty.send("88\x1b[91;5u").sees_no_more("88");
    pty.send(CTRL_S).sees("Saved a.xlsx");
    pty.send(CTRL_Q);
    assert_eq!(pty.ends(), 0);
    pty.is_restored();
    let bytes = pty.bytes();
    let at = |part: &[u8]| bytes.windows(part.len()).rposition(|p| p == part);
    let (asked, given_back) = (at(b"\x1b[>5u"), at(b"\x1b[<1u"));
    assert!(asked.is_some() && given_back < at(b"\x1b[?1049l") && asked < given_back);

    // A console that would show what it does not know is not asked.
    let mut pty = home.start(&["a.xlsx"], &[("TERM", "linux")]);
    pty.sees("begin").is_taken();
    pty.send(CTRL_Q);
    assert_eq!(pty.ends(), 0);
    assert!(!pty.bytes().windows(3).any(|part| part == b"\x1b[>"));
}
