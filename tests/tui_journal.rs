//! Unsaved edits outlive a crash of the terminal application.

#[path = "shared/driver.rs"]
mod driver;

use driver::Driver;
use gradsheet::tui::{Document, Mode};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with the file `a.xlsx`, in which A1 is 5 and A2 is A1 doubled.
struct Place {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.xlsx");
        let mut driver = Driver::empty();
        driver.play("`5` Enter `=A1*2` Enter");
        driver.play(&format!("F12 `{}` Enter", file.display()));
        assert!(!driver.app.document.is_modified(), "{}", driver.message());
        Self { folder, file }
    }

    /// Opens the file, as the program does; dropping the driver is a crash.
    fn open(&self) -> Driver {
        let (document, _) = Document::open(&self.file).unwrap();
        Driver::journalled(document, self.folder.path())
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join(".a.xlsx.gradsheet-journal")
    }

    /// What lies in the folder, sorted.
    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn question(driver: &Driver) -> String {
    match &driver.app.mode {
        Mode::Confirm(confirm) => confirm.question.clone(),
        _ => String::new(),
    }
}

#[test]
fn edits_undone_and_done_again_are_restored_after_a_crash() {
    let place = Place::new();
    let mut driver = place.open();
    driver.play("`7` Enter Down `x` Enter `y` Enter Ctrl+Z Ctrl+Z Ctrl+Y");
    assert_eq!(place.names(), [".a.xlsx.gradsheet-journal", "a.xlsx"]);
    drop(driver);
    let mut driver = place.open();
    assert!(question(&driver).contains("6 edits unsaved"));
    assert!(driver.screen().contains("Restore them"));
    driver.play("R");
    assert_eq!(driver.message(), "Restored 6 edits; they are not saved yet");
    assert_eq!(driver.shown("A2"), "14");
    assert_eq!(driver.shown("A3"), "x");
    assert_eq!(driver.shown("A4"), "");
    // What was undone can be done again, and all of it undone.
    driver.play("Ctrl+Y");
    assert_eq!(driver.shown("A4"), "y");
    driver.play("Ctrl+Z Ctrl+Z Ctrl+Z");
    assert_eq!(driver.shown("A2"), "10");
    // The journal went on: a second crash loses nothing either.
    drop(driver);
    let mut driver = place.open();
    driver.play("R Ctrl+Y");
    assert_eq!(driver.shown("A2"), "14");
}

#[test]
fn a_new_workbook_has_its_journal_in_the_folder_for_state() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("gradsheet");
    let mut driver = Driver::journalled(Document::empty(), &state);
    assert!(!state.exists());
    driver.play("`7` Enter");
    drop(driver);
    let mut driver = Driver::journalled(Document::empty(), &state);
    assert!(question(&driver).contains("The new workbook was left with 1 edit unsaved"));
    driver.play("R");
    assert_eq!(driver.shown("A1"), "7");
    // Saved, its journal is beside its file.
    let file = folder.path().join("b.xlsx");
    driver.play(&format!("Ctrl+S `{}` Enter `8` Enter", file.display()));
    assert!(names(&state).is_empty());
    assert_eq!(
        names(folder.path()),
        [".b.xlsx.gradsheet-journal", "b.xlsx", "gradsheet"]
    );
}

#[test]
fn saving_and_leaving_in_order_leave_no_journal() {
    let place = Place::new();
    for keys in [
        "`7` Enter Ctrl+S",
        "`8` Enter Ctrl+Q S",
        "`9` Enter Ctrl+Q D",
        "`9` Enter Ctrl+P `new without` Enter",
    ] {
        let mut driver = place.open();
        driver.play(keys);
        assert_eq!(place.names(), ["a.xlsx"], "{keys}");
        drop(driver);
        assert_eq!(question(&place.open()), "", "{keys}");
    }
}

#[test]
fn what_is_undone_past_a_save_is_restored_as_well() {
    let place = Place::new();
    let mut driver = place.open();
    driver.play("`7` Enter `8` Enter Ctrl+S Ctrl+Z Ctrl+Z");
    assert_eq!(driver.shown("A1"), "5");
    driver.play("Ctrl+Y Ctrl+G `A4` Enter `z` Enter");
    let base = ".a.xlsx.gradsheet-journal.base3";
    assert_eq!(
        place.names(),
        [".a.xlsx.gradsheet-journal", base, "a.xlsx"],
        "only the last copy of the workbook is kept"
    );
    drop(driver);
    let mut driver = place.open();
    driver.play("R");
    assert_eq!(driver.shown("A1"), "7", "{}", driver.message());
    assert_eq!(driver.shown("A2"), "14");
    assert_eq!(driver.shown("A4"), "z");
    driver.play("Ctrl+S");
    assert_eq!(place.names(), ["a.xlsx"]);
    assert_eq!(place.open().shown("A1"), "7");
}

#[test]
fn a_line_that_was_cut_off_costs_only_its_own_edit() {
    let place = Place::new();
    let mut driver = place.open();
    driver.play("`7` Enter `8` Enter");
    drop(driver);
    let whole = fs::read(place.journal()).unwrap();
    fs::write(place.journal(), &whole[..whole.len() - 4]).unwrap();
    let mut driver = place.open();
    driver.play("R");
    assert!(driver.message().contains("Restored 1 edit; the last one"));
    assert_eq!(driver.shown("A1"), "7");
    driver.play("Down `9` Enter");
    drop(driver);
    let mut driver = place.open();
    driver.play("R");
    assert_eq!(driver.message(), "Restored 2 edits; they are not saved yet");
    assert_eq!(driver.shown("A2"), "9");
}

#[test]
fn a_journal_damaged_in_the_middle_is_kept_and_what_precedes_is_restored() {
    let place = Place::new();
    let mut driver = place.open();
    driver.play("`7` Enter `8` Enter `9` Enter");
    drop(driver);
    let whole = fs::read_to_string(place.journal()).unwrap();
    let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    lines[2].replace_range(20..24, "\u{1b}[2J");
    let damaged = format!("{}\n", lines.join("\n"));
    fs::write(place.journal(), &damaged).unwrap();
    let mut driver = place.open();
    driver.play("R");
    let message = driver.message();
    assert!(message.contains("Restored 1 edit, but not"), "{message}");
    assert_eq!(
        (driver.shown("A1"), driver.shown("A2")),
        ("7".into(), "14".into())
    );
    let kept = place
        .folder
        .path()
        .join(".a.xlsx.gradsheet-journal.damaged");
    assert!(message.contains(kept.to_str().unwrap()), "{message}");
    assert_eq!(fs::read_to_string(kept).unwrap(), damaged);
    // Where nothing can be read, nothing is changed.
    lines[1] = "nothing".into();
    drop(driver);
    fs::write(place.journal(), lines.join("\n")).unwrap();
    let mut driver = place.open();
    driver.play("R");
    assert!(driver.message().contains("nothing can be restored"));
    assert!(!driver.app.document.is_modified());
    assert_eq!(
        fs::read_to_string(place.journal()).unwrap(),
        lines.join("\n")
    );
}

#[test]
fn edits_looked_at_later_survive_edits_made_before() {
    let place = Place::new();
    let mut driver = place.open();
    driver.play("`7` Enter");
    drop(driver);
    let mut driver = place.open();
    driver.play("L");
    assert_eq!(driver.shown("A1"), "5");
    driver.play("`8` Enter Ctrl+P `restore unsaved` Enter");
    assert!(driver.message().contains("before others are made"));
    drop(driver);
    // Two journals fit the file: the last is offered first.
    let mut driver = place.open();
    driver.play("R");
    assert_eq!(driver.shown("A1"), "8");
    driver.play("Ctrl+S");
    drop(driver);
    // The other no longer fits, and says so.
    let mut driver = place.open();
    assert!(question(&driver).contains("and has changed since"));
    driver.play("D");
    assert!(question(&driver).contains("for good"));
    driver.play("y");
    assert_eq!(place.names(), ["a.xlsx"]);
}

#[test]
fn two_programs_on_one_file_keep_journals_of_their_own() {
    let place = Place::new();
    let mut first = place.open();
    first.play("`7` Enter");
    let mut second = place.open();
    assert_eq!(question(&second), "");
    assert!(second.message().contains("edited in another window"));
    let before = fs::read(place.journal()).unwrap();
    second.play("`8` Enter");
    assert_eq!(fs::read(place.journal()).unwrap(), before);
    // Saved by the first, it is not overwritten by the second unasked.
    first.play("Ctrl+S");
    second.play("Ctrl+S");
    assert!(question(&second).contains("changed by another program"));
    drop(second);
    drop(first);
    let third = place.open();
    assert!(question(&third).contains("and has changed since"));
}

#[test]
fn a_file_changed_elsewhere_is_not_given_edits_made_to_another_state() {
    let place = Place::new();
    let mut driver = place.open();
    driver.play("`7` Enter");
    drop(driver);
    let mut driver = Driver::empty();
    driver.play(&format!(
        "`other` Enter F12 `{}` Enter r",
        place.file.display()
    ));
    drop(driver);
    let mut driver = place.open();
    assert!(question(&driver).contains("cannot be restored"));
    driver.play("K Ctrl+P `restore unsaved` Enter");
    assert!(driver.message().contains("has changed since"));
    assert_eq!(driver.shown("A1"), "other");
    assert!(place.journal().exists());
}

#[test]
fn a_journal_that_cannot_be_written_is_told_once_and_work_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("file");
    fs::write(&state, "no folder").unwrap();
    let mut driver = Driver::journalled(Document::empty(), &state);
    driver.play("`7` Enter");
    let message = driver.message();
    assert!(message.starts_with("A crash would lose unsaved edits: "));
    assert!(message.contains(state.to_str().unwrap()), "{message}");
    driver.play("`8` Enter");
    assert_eq!(driver.message(), "");
    assert_eq!(driver.shown("A2"), "8");
}

#[cfg(unix)]
#[test]
fn what_only_has_the_name_of_a_journal_is_left_alone() {
    let place = Place::new();
    std::os::unix::fs::symlink("/dev/zero", place.journal()).unwrap();
    let mut driver = place.open();
    assert_eq!(question(&driver), "");
    driver.play("`7` Enter");
    let second = ".a.xlsx.gradsheet-journal-2".to_owned();
    assert!(place.names().contains(&second));
    driver.play("Ctrl+S");
    assert_eq!(place.names(), [".a.xlsx.gradsheet-journal", "a.xlsx"]);
}
