//! Files damaged at random are refused or opened, in bounded time, and never end
//! the program; what is opened can be calculated and saved.

use gradsheet::engine::Engine;
use gradsheet::{csv, formula, grid::Pos, import, xlsx};
use proptest::prelude::*;
use proptest::sample::Index;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const BOOK: &[u8] = include_bytes!("../workbooks/quadratic.xlsx");

/// Changes to make to bytes: where, and what comes there.
fn damages() -> impl Strategy<Value = Vec<(Index, Damage)>> {
    let token = prop::sample::select(vec![
        "<",
        ">",
        "/>",
        "</c>",
        "<c r=\"A1\">",
        "<f t=\"shared\" si=\"1\"/>",
        "<f t=\"array\" ref=\"A1:XFD99\">",
        "\"",
        "&",
        "&#0;",
        "&amp;",
        "]]>",
        "<!--",
        "<![CDATA[",
        "A1:XFD1048576",
        "XFD1048576",
        "4294967296",
        "-1",
        "1e999",
        "nan",
        "\0",
        "\u{feff}",
        "_x0000_",
        "r=\"",
        " t=\"s\"",
        "<v>99999999</v>",
        "(((((",
    ]);
    let damage = prop_oneof![
        any::<u8>().prop_map(Damage::Replace),
        Just(Damage::Remove),
        any::<Index>().prop_map(Damage::RemoveTo),
        token.prop_map(Damage::Insert),
    ];
    prop::collection::vec((any::<Index>(), damage), 1..6)
}

#[derive(Clone, Debug)]
enum Damage {
    Replace(u8),
    Remove,
    /// Up to another place.
    RemoveTo(Index),
    Insert(&'static str),
}

fn damaged(bytes: &[u8], damages: &[(Index, Damage)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, damage) in damages {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match damage {
            Damage::Replace(byte) => bytes[at] = *byte,
            Damage::Remove => drop(bytes.remove(at)),
            Damage::RemoveTo(end) => drop(bytes.drain(at..at + end.index(bytes.len() - at))),
            Damage::Insert(text) => drop(bytes.splice(at..at, text.bytes())),
        }
    }
    bytes
}

/// The package with one part changed.
fn with_damaged_part(part: &Index, damages: &[(Index, Damage)]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(BOOK)).unwrap();
    let chosen = part.index(archive.len());
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if i == chosen {
            bytes = damaged(&bytes, damages);
        }
        out.start_file(
            entry.name().unwrap(),
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        out.write_all(&bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// Opens a file, and if that works calculates it and saves it.
fn open_and_save(bytes: Vec<u8>) {
    let started = Instant::now();
    if let Ok(book) = xlsx::open_bytes(bytes) {
        let mut engine = Engine::new(book);
        engine.recalculate_all();
        // What can be opened need not be whole enough to be saved.
        if let Ok((saved, _)) = xlsx::to_bytes(engine.workbook()) {
            xlsx::open_bytes(saved).unwrap();
        }
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_archive_does_no_harm(damages in damages()) {
        open_and_save(damaged(BOOK, &damages));
    }

    #[test]
    fn damaged_xml_does_no_harm(part in any::<Index>(), damages in damages()) {
        open_and_save(with_damaged_part(&part, &damages));
    }

    #[test]
    fn a_damaged_file_of_another_format_does_no_harm(
        ods in any::<bool>(),
        damages in damages(),
    ) {
        let (name, bytes): (_, &[u8]) = if ods {
            ("x.ods", include_bytes!("../src/import/tests/book.ods"))
        } else {
            ("x.xls", include_bytes!("../src/import/tests/book.xls"))
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, damaged(bytes, &damages)).unwrap();
        if let Ok(imported) = import::open(&path) {
            Engine::new(imported.workbook).recalculate_all();
        }
    }

    #[test]
    fn any_bytes_are_a_csv_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = csv::read(Path::new("x.csv"), &bytes);
    }

    #[test]
    fn any_text_is_a_formula_or_refused(text in "[A-Z0-9!$#@:;,.(){}\\[\\]\"'&%^*/+<=> -]{0,40}|\\PC{0,40}") {
        let _ = formula::parse(&text, Pos::new(3, 3));
    }
}
