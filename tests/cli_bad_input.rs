//! Bad files and impossible questions, on the command line: each ends with a
//! message and status 2, takes little memory, and leaves the input as it was.

#[path = "shared/parts.rs"]
#[allow(dead_code, reason = "these files are opened by the program only")]
mod parts;

use parts::Parts;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The most memory that a run may take.
const MEMORY: u64 = 500 << 20;

/// Runs the program in a folder, and watches its memory.
fn run(folder: &Path, arguments: &[&str]) -> Run {
    let file = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gradsheet"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        most = most.max(resident(child.id()));
        if most > MEMORY {
            child.kill().unwrap();
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(most <= MEMORY, "{arguments:?} took {} MB", most >> 20);
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    Run {
        code: status.code(),
        out: text("stdout"),
        err: text("stderr"),
    }
}

/// The most memory that a process has taken so far, where the system tells.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes << 10)
}

/// Every argument list is refused with a message that holds each of the words.
fn refused(bytes: &[u8], cases: &[(&[&str], &[&str])]) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.xlsx");
    std::fs::write(&input, bytes).unwrap();
    for (arguments, words) in cases {
        let run = run(folder.path(), arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}{}", run.out, run.err);
        assert_eq!(run.out, "", "{arguments:?}");
        for word in *words {
            assert!(run.err.contains(word), "{arguments:?}: {}", run.err);
        }
        assert!(!run.err.contains("panicked"), "{}", run.err);
        assert!(!folder.path().join("out.xlsx").exists());
        assert!(!folder.path().join("out.csv").exists());
    }
    assert_eq!(std::fs::read(&input).unwrap(), bytes);
}

const OPENING: [&[&str]; 4] = [
    &["calc", "in.xlsx", "-o", "out.xlsx"],
    &["get", "in.xlsx", "A1"],
    &["set", "in.xlsx", "A1=1", "-o", "out.xlsx"],
    &["convert", "in.xlsx", "out.csv"],
];

/// No command opens the file, and each says why.
fn unreadable(bytes: &[u8], words: &[&str]) {
    let cases: Vec<(&[&str], &[&str])> = OPENING.iter().map(|&case| (case, words)).collect();
    refused(bytes, &cases);
}

fn sheet(rows: &str) -> Parts {
    Parts::new(&format!("<sheetData>{rows}</sheetData>"))
}

const CORNERS: &str = r#"<row r="1"><c r="A1"><v>1</v></c></row>
    <row r="1048576"><c r="XFD1048576"><v>2</v></c></row>"#;

#[test]
fn damaged_files_are_refused_by_every_command() {
    let whole = sheet(CORNERS).zip();
    unreadable(&whole[..whole.len() / 2], &["in.xlsx", "cut short"]);
    let part = "xl/worksheets/sheet1.xml";
    unreadable(&sheet("").without(part).zip(), &["in.xlsx", part]);
    let workbook = sheet("").without("xl/workbook.xml").zip();
    unreadable(&workbook, &["in.xlsx", "xl/workbook.xml"]);
    let word = r#"<row r="1"><c r="E1"><v>abc</v></c></row>"#;
    unreadable(&sheet(word).zip(), &["in.xlsx", "cell E1", "\"abc\""]);
}

#[test]
fn a_gigabyte_of_zeros_is_refused() {
    let zeros = vec![0_u8; 1 << 30];
    let bytes = sheet("").set("xl/worksheets/sheet1.xml", zeros).zip();
    assert!(bytes.len() < 2 << 20);
    unreadable(&bytes, &["in.xlsx", "xl/worksheets/sheet1.xml"]);
}

#[test]
fn an_array_formula_over_a_whole_sheet_is_refused() {
    let array = r#"<row r="1"><c r="B2"><f t="array" ref="B2:XFD1048576">1+1</f></c></row>"#;
    unreadable(&sheet(array).zip(), &["in.xlsx", "B2:XFD1048576"]);
}

#[test]
fn a_sheet_used_from_corner_to_corner_costs_little() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sheet(CORNERS).zip();
    std::fs::write(folder.path().join("in.xlsx"), &bytes).unwrap();
    for (arguments, out) in [
        (&["check", "in.xlsx"][..], "0 formulas"),
        (&["calc", "in.xlsx", "=SUM(A:XFD)"], "3\n"),
        (&["get", "in.xlsx", "XFD1048576"], "2\n"),
        (&["set", "in.xlsx", "XFD1=5", "-o", "set.xlsx"], "saved"),
    ] {
        let run = run(folder.path(), arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.err);
        assert!(run.out.contains(out), "{arguments:?}: {}", run.out);
    }
    refused(
        &bytes,
        &[
            (
                &["get", "in.xlsx", "A:XFD"],
                &["A:XFD", "17179869184 cells"],
            ),
            (
                &["get", "in.xlsx", "A:XFD", "--json"],
                &["A:XFD", "smaller"],
            ),
            (&["set", "in.xlsx", "A:XFD=1"], &["A1:XFD1048576"]),
            (
                &["convert", "in.xlsx", "out.csv"],
                &["out.csv", "XFD1048576"],
            ),
        ],
    );
}

#[test]
fn shared_formulas_may_have_any_index() {
    let folder = tempfile::tempdir().unwrap();
    let rows = r#"<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="4000000000">ROW()</f><v>1</v></c></row>
        <row r="2"><c r="A2"><f t="shared" si="4000000000"/><v>2</v></c></row>"#;
    std::fs::write(folder.path().join("in.xlsx"), sheet(rows).zip()).unwrap();
    let run = run(folder.path(), &["check", "in.xlsx"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("2 formulas, 2 matched"), "{}", run.out);
}

#[test]
fn a_formula_shared_with_no_cell_keeps_its_value_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // A2 and A3 share what A4 states; B1 and B2 what nothing states.
    let rows = r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" si="7"/><v>5</v></c></row>
        <row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c><c r="B2"><f t="shared" si="7"/><v>6</v></c></row>
        <row r="3"><c r="A3"><f t="shared" si="0"/><v>3</v></c></row>
        <row r="4"><c r="A4"><f t="shared" ref="A2:A4" si="0">A3+1</f><v>4</v></c></row>"#;
    std::fs::write(folder.path().join("in.xlsx"), sheet(rows).zip()).unwrap();
    let told = "in.xlsx: sheet S: 2 cells, the first B1, are kept as their values";
    let check = run(folder.path(), &["check", "in.xlsx"]);
    assert_eq!(check.code, Some(0), "{}", check.err);
    assert!(check.out.contains("3 formulas, 3 matched"), "{}", check.out);
    assert!(check.err.contains(told), "{}", check.err);
    let set = run(
        folder.path(),
        &["set", "in.xlsx", "A1=11", "-o", "out.xlsx"],
    );
    assert!(set.err.contains(told), "{}", set.err);
    let get = run(folder.path(), &["get", "out.xlsx", "A1:B4"]);
    let cells: Vec<&str> = get.out.split_whitespace().collect();
    let expected = "S A B 1 11 5 2 12 6 3 13 4 14"
        .split(' ')
        .collect::<Vec<_>>();
    assert_eq!(cells, expected, "{}", get.out);
}

#[test]
fn what_a_file_says_never_acts_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = "in\u{1b}[31m.xlsx";
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>_x001B_[31m\u{9b}31m\u{202e}</t></is></c>\
        <c r=\"B1\"><f>1+\"\u{9b}31m\"</f><v>0</v></c><c r=\"C1\"><f>NO\u{202e}((</f><v>0</v></c></row>";
    let book = format!(
        r#"<workbook xmlns="{}" xmlns:r="{}"><sheets><sheet name="S{}31m" sheetId="1" r:id="a"/></sheets></workbook>"#,
        parts::MAIN,
        parts::OFFICE,
        '\u{9b}'
    );
    let bytes = sheet(rows).set("xl/workbook.xml", book).zip();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    let out = "out\u{1b}[31m.xlsx";
    let csv = "out\u{1b}[31m.csv";
    for arguments in [
        &["check", name][..],
        &["check", name, "--json"],
        &["calc", name, "=A1", "-o", out],
        &["get", name, "A1:C1"],
        &["get", name, "A1:C1", "--formulas"],
        &["get", name, "A1:C1", "--json"],
        &["set", name, "B2=1", "C2==B2^2", "-o", out],
        &["set", name, "B2=1", "-o", out, "--json"],
        &["grad", out, "--of", "C2", "--wrt", "B2"],
        &["solve", out, "--objective", "C2", "--vary", "B2"],
        &["solve", name, "--objective", "B1", "--vary", "A1"],
        &["convert", name, csv],
        &["get", name, "A1", "--sheet", "no\u{1b}[31m"],
        &["get", "no\u{1b}[31m.xlsx", "A1"],
    ] {
        let run = run(folder.path(), arguments);
        let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        for text in [&run.out, &run.err] {
            assert!(!text.contains(acts), "{arguments:?}: {text:?}");
        }
        assert!(!run.out.is_empty() || !run.err.is_empty());
    }
}

#[test]
fn formulas_saved_without_values_are_calculated_before_they_are_used() {
    let folder = tempfile::tempdir().unwrap();
    // As openpyxl writes them. B3 does not depend on what is set; C1 does on both.
    let rows = r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1*2</f><v/></c><c r="C1"><f>SUM(B1:B3)</f><v/></c></row>
        <row r="3"><c r="A3"><v>3</v></c><c r="B3"><f>A3*2</f><v></v></c></row>"#;
    std::fs::write(folder.path().join("in.xlsx"), sheet(rows).zip()).unwrap();
    let done = run(folder.path(), &["convert", "in.xlsx", "out.csv"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let csv = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert_eq!(csv.replace('\r', ""), "1,2,8\n,,\n3,6,\n");
    for arguments in [
        &["set", "in.xlsx", "A1=5", "-o", "out.xlsx"][..],
        &[
            "solve",
            "in.xlsx",
            "--objective",
            "B1",
            "--target",
            "10",
            "--vary",
            "A1",
            "-o",
            "out.xlsx",
        ],
    ] {
        let done = run(folder.path(), arguments);
        assert_eq!(done.code, Some(0), "{}", done.err);
        let shown = run(folder.path(), &["get", "out.xlsx", "A1:C3", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
        for (cell, value) in [(1, 10.0), (2, 16.0), (7, 6.0)] {
            let got = json[cell]["value"].as_f64().unwrap();
            assert!((got - value).abs() < 1e-6, "{arguments:?}: {got}");
        }
    }
}

#[test]
fn a_spill_finds_room_when_what_was_in_its_way_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.xlsx"), sheet("").zip()).unwrap();
    for arguments in [
        &[
            "set",
            "in.xlsx",
            "A2=5",
            "A1==SEQUENCE(3)",
            "-o",
            "blocked.xlsx",
        ][..],
        &["set", "blocked.xlsx", "A2=", "-o", "out.xlsx"],
    ] {
        let done = run(folder.path(), arguments);
        assert_eq!(done.code, Some(0), "{}", done.err);
    }
    assert_eq!(run(folder.path(), &["get", "out.xlsx", "A3"]).out, "3\n");
}
