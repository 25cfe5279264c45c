//! The tour of `docs/tour.md`, played as it is written: its boxes of keys, and
//! after them what its boxes of the screen say is seen.

#[path = "shared/driver.rs"]
mod driver;

use calamine::{Data, Reader, Xlsx, open_workbook};
use driver::Driver;
use gradsheet::value::Value;
use std::path::Path;

const TOUR: &str = include_str!("../docs/tour.md");
const SAVED: &str = "titanic-lesson.xlsx";

/// A box of the tour.
#[derive(Debug, PartialEq)]
enum Step {
    Keys(String),
    Screen(Vec<String>),
}

/// A chapter: its heading and its boxes.
struct Chapter {
    heading: String,
    steps: Vec<Step>,
}

fn chapters(text: &str) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            let heading = heading.to_owned();
            let steps = Vec::new();
            chapters.push(Chapter { heading, steps });
        } else if let Some(kind) = line.strip_prefix("```") {
            let inside = lines.by_ref().take_while(|line| *line != "```");
            let inside: Vec<String> = inside.map(str::to_owned).collect();
            let step = match kind {
                "keys" => Step::Keys(inside.join(" ")),
                "screen" => Step::Screen(inside),
                _ => continue,
            };
            chapters.last_mut().expect("a heading").steps.push(step);
        }
    }
    chapters
}

fn number(driver: &Driver, cell: &str) -> f64 {
    match driver.value(cell) {
        Value::Number(x) => x,
        other => panic!("{cell} holds {other:?}"),
    }
}

/// Plays the tour; its file is saved in `folder`.
fn play(width: u16, height: u16, folder: &Path) -> Driver {
    let mut driver = Driver::open("workbooks/titanic.csv");
    driver.resize(width, height);
    // The same random parameters at every run.
    driver.app.document.engine_mut().set_seed(1912);
    let saved = folder.join(SAVED).display().to_string();
    let mut before = f64::NAN;
    for chapter in chapters(TOUR) {
        let place = chapter.heading.as_str();
        for step in &chapter.steps {
            match step {
                Step::Keys(keys) => {
                    driver.play(&keys.replace(SAVED, &saved));
                }
                Step::Screen(lines) => {
                    let screen = driver.screen();
                    for line in lines {
                        assert!(screen.contains(line.as_str()), "{place}: {line}\n{screen}");
                    }
                }
            }
        }
        // What the chapter has left in the sheet.
        match place.split_once('.').map_or(place, |(number, _)| number) {
            "1" => {
                assert_eq!(driver.shown("A4"), "Survived");
                assert_eq!(number(&driver, "A716"), 0.0);
                assert!(driver.shown("A717").is_empty());
            }
            "2" => {
                let inputs = ["I5", "J5", "K5", "M5", "N5", "O5", "P5", "Q5", "R5"];
                let inputs = inputs.map(|cell| number(&driver, cell));
                assert_eq!(inputs, [1.0, 0.0, 0.275, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
                assert!((number(&driver, "L5") - 8.25f64.log10()).abs() < 1e-12);
                assert_eq!(number(&driver, "R716"), 1.0);
                assert!(driver.shown("R717").is_empty());
            }
            "3" => assert!((-0.5..0.5).contains(&number(&driver, "R3"))),
            "4" => {
                before = number(&driver, "T1");
                assert!(before > 0.15, "{before}");
            }
            "5" => assert_eq!(number(&driver, "T1"), before, "looking changes nothing"),
            "6" => {
                assert_ne!(number(&driver, "T1"), before, "the slider moves the loss");
                before = number(&driver, "T1");
            }
            "7" => {
                let after = number(&driver, "T1");
                // Below what a straight line can reach.
                assert!(after < before && after < 0.1442, "{before} {after}");
                assert!(driver.app.panels.open.is_none());
            }
            "8" => {
                let (one, other) = (number(&driver, "T1"), number(&driver, "T2"));
                assert!((one - other).abs() < 1e-12, "{one} {other}");
            }
            "9" => assert!(folder.join(SAVED).exists()),
            other => panic!("no checks for chapter {other}"),
        }
    }
    driver
}

#[test]
fn the_tour_leads_where_it_says_on_a_large_and_on_the_usual_screen() {
    for (width, height) in [(120, 40), (80, 24)] {
        let folder = tempfile::tempdir().unwrap();
        let driver = play(width, height, folder.path());
        let mut book: Xlsx<_> = open_workbook(folder.path().join(SAVED)).unwrap();
        let sheet = book.worksheet_range("Sheet1").unwrap();
        for (row, cell) in [(0, "T1"), (1, "T2")] {
            let saved = sheet.get_value((row, 19));
            assert_eq!(saved, Some(&Data::Float(number(&driver, cell))));
        }
        let formulas = book.worksheet_formula("Sheet1").unwrap();
        let product = formulas.get_value((4, 25)).unwrap();
        assert!(product.starts_with("MMULT("), "{product}");
    }
}

#[test]
fn all_boxes_of_the_tour_are_played_and_it_is_as_long_as_the_test_knows() {
    let chapters = chapters(TOUR);
    assert_eq!(chapters.len(), 9);
    for chapter in &chapters {
        let keys = |step: &Step| matches!(step, Step::Keys(_));
        assert!(chapter.steps.iter().any(keys), "{}", chapter.heading);
    }
    let fences = TOUR.lines().filter(|line| line.starts_with("```"));
    let boxes: usize = chapters.iter().map(|chapter| chapter.steps.len()).sum();
    // Besides them, only the command that starts the program.
    assert_eq!(fences.count(), 2 * (boxes + 1));
}
