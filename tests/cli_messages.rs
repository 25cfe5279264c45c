//! What the command line tells where a file or a request has something odd.

#[path = "shared/parts.rs"]
#[allow(dead_code, reason = "these files are opened by the program only")]
mod parts;
#[path = "shared/program.rs"]
mod program;

use parts::Parts;
use program::{Run, gradsheet};

/// A folder with `book.xlsx`, whose sheet S has these rows.
struct Book(tempfile::TempDir);

impl Book {
    fn new(rows: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bytes = Parts::new(&format!("<sheetData>{rows}</sheetData>")).zip();
        std::fs::write(folder.path().join("book.xlsx"), bytes).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs a command on the book.
    fn run(&self, command: &str, more: &[&str]) -> Run {
        let book = self.path("book.xlsx");
        gradsheet(&[&[command, &book], more].concat())
    }
}

#[test]
fn formulas_that_cannot_be_read_are_told_with_their_cells() {
    let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
    let long = "1+".repeat(40_000);
    let rows = format!(
        r#"<row r="1"><c r="A1"><f>{deep}</f></c><c r="B1"><f>{long}1</f><v>7</v></c><c r="C1"><f>B1+1</f></c></row>"#
    );
    let book = Book::new(&rows);
    let run = book.run("calc", &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let told = "sheet S: the formulas in 2 cells, the first A1, cannot be read (the formula is nested too deeply";
    assert!(run.err.contains(told), "{}", run.err);
    assert!(run.err.len() < 500, "{}", run.err);
}

#[test]
fn a_message_shows_what_stands_around_the_place_in_a_long_formula() {
    let book = Book::new("");
    let long = format!("=1+{}SUM(1;2)+{}1", "22+".repeat(1_000), "3+".repeat(1_000));
    for run in [
        book.run("calc", &[&long]),
        book.run("set", &[&format!("A1={long}")]),
    ] {
        assert_eq!(run.code, 2);
        assert!(run.err.contains("+22+22+SUM"), "{}", run.err);
        assert!(run.err.contains("SUM(1;2)+3+"), "{}", run.err);
        assert!(run.err.len() < 300, "{}", run.err);
    }
    let short = book.run("calc", &["=SUM(1"]);
    assert!(short.err.contains("=SUM(1: expected"), "{}", short.err);
}

#[test]
fn names_that_mean_each_other_are_told() {
    let book = Book::new("");
    let workbook = format!(
        r#"<workbook xmlns="{}" xmlns:r="{}"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets><definedNames><definedName name="early">later+1</definedName><definedName name="later">early+1</definedName></definedNames></workbook>"#,
        parts::MAIN,
        parts::OFFICE
    );
    let bytes = Parts::new("<sheetData/>")
        .set("xl/workbook.xml", workbook)
        .zip();
    std::fs::write(book.path("book.xlsx"), bytes).unwrap();
    let run = book.run("calc", &["=early"]);
    assert_eq!(run.code, 2, "{}", run.out);
    let told = "a name means itself: early -> later -> early";
    assert!(run.err.contains(told), "{}", run.err);
}

#[test]
fn a_spill_without_room_is_one_again_when_the_file_is_opened_again() {
    let book = Book::new(r#"<row r="2"><c r="A2"><v>5</v></c></row>"#);
    let blocked = book.path("blocked.xlsx");
    let set = book.run(
        "set",
        &[
            "A1==SEQUENCE(3)",
            "C1==FILTER(A2:A2,A2:A2>9)",
            "-o",
            &blocked,
        ],
    );
    assert_eq!(set.code, 0, "{}", set.err);
    assert_eq!(gradsheet(&["get", &blocked, "A1"]).out, "#SPILL!\n");
    assert_eq!(gradsheet(&["get", &blocked, "C1"]).out, "#CALC!\n");
    assert_eq!(gradsheet(&["check", &blocked]).code, 0);
}

#[test]
fn a_file_without_styles_gets_them_where_other_readers_look() {
    let book = Book::new("");
    let out = book.path("out.xlsx");
    let set = book.run("set", &["A1=2026-11-25", "-o", &out]);
    assert_eq!(set.code, 0, "{}", set.err);
    let names: Vec<String> = zip::ZipArchive::new(std::fs::File::open(&out).unwrap())
        .unwrap()
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert!(
        names.iter().any(|name| name == "xl/styles.xml"),
        "{names:?}"
    );
    assert_eq!(gradsheet(&["get", &out, "A1"]).out, "2026-11-25\n");
}

/// A1 holds 1, B1 a formula of it.
fn solve(formula: &str, more: &[&str]) -> Run {
    let rows = format!(r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>{formula}</f></c></row>"#);
    let problem = ["--objective", "B1", "--vary", "A1"];
    Book::new(&rows).run("solve", &[&problem[..], more].concat())
}

#[test]
fn a_logarithm_minimised_is_told_to_end_where_it_has_no_value() {
    let run = solve("LN(A1)", &["--min"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains("ceases to have a value"), "{}", run.out);
    assert!(run.out.contains("--bound"), "{}", run.out);
    let bounded = solve("LN(A1)", &["--min", "--bound", "A1>=0.5", "--json"]);
    assert_eq!(bounded.code, 0, "{}", bounded.err);
    assert_eq!(bounded.json()["variables"][0]["after"], 0.5);
    let wrong = solve("LN(A1)", &["--bound", "A1>0.5"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("REF>=VALUE"), "{}", wrong.err);
}

#[test]
fn advice_speaks_of_what_was_asked() {
    let falling = solve("A1^3", &["--min"]);
    assert!(falling.out.contains("without end"), "{}", falling.out);
    assert!(
        falling.out.contains("maximise instead of minimise"),
        "{}",
        falling.out
    );
    let rising = solve("A1^3", &["--max"]);
    assert!(
        rising.out.contains("minimise instead of maximise"),
        "{}",
        rising.out
    );
    let wave = solve("SIN(A1)", &["--max"]);
    assert!(wave.out.contains("not concave"), "{}", wave.out);
    assert!(wave.out.contains("better maxima"), "{}", wave.out);
}

#[test]
fn a_constraint_on_an_error_names_the_constraint_and_where_the_error_comes_from() {
    let rows = r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1^2</f></c><c r="C1"><f>A1/0</f></c><c r="D1"><f>C1+1</f></c><c r="E1"><f>"x"&amp;A1</f></c></row>"#;
    let solve = |bound: &str| {
        let run = Book::new(rows).run(
            "solve",
            &["--objective", "B1", "--vary", "A1", "--bound", bound],
        );
        assert_eq!(run.code, 2, "{}", run.out);
        run.err
    };
    let error = solve("D1>=1");
    assert!(
        error.contains("S!D1 is #DIV/0!, which comes from S!C1"),
        "{error}"
    );
    assert!(!error.contains("objective"), "{error}");
    let text = solve("E1>=1");
    assert!(text.contains("S!E1 is not a number"), "{text}");
}

#[test]
fn a_learning_rate_for_a_method_without_one_is_refused() {
    for method in ["auto", "lbfgs", "lm"] {
        let run = solve("A1^2", &["--lr", "0.1", "--method", method]);
        assert_eq!(run.code, 2, "{}", run.out);
        assert!(
            run.err.contains("--lr is the learning rate of"),
            "{}",
            run.err
        );
    }
}

#[test]
fn ten_steps_of_gradient_descent_show_all_their_losses() {
    let run = solve(
        "A1^2",
        &["--method", "gd", "--lr", "0.01", "--max-iter", "10"],
    );
    for iteration in 0..=10 {
        let line = format!("iteration {iteration:<6} loss");
        assert!(run.err.contains(&line), "{line}: {}", run.err);
    }
}
