//! Saving what was opened: what is not edited stays as it was, to the byte.

mod shared;

use gradsheet::grid::{Area, Pos, Rect};
use gradsheet::value::Value;
use gradsheet::workbook::{Content, DefinedName, Edit, RunKind, Template, Transaction, Workbook};
use gradsheet::{formula, xlsx};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// The parts of a package: name to content.
fn parts(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut entry = archive.by_index(i).unwrap();
            let name = entry.name().unwrap().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

/// The parts that differ between two packages, and those in one of them only.
fn differing(a: &[u8], b: &[u8]) -> Vec<String> {
    let (a, b) = (parts(a), parts(b));
    a.keys()
        .chain(b.keys().filter(|name| !a.contains_key(*name)))
        .filter(|name| a.get(*name) != b.get(*name))
        .cloned()
        .collect()
}

fn set(book: &mut Workbook, sheet: &str, at: &str, value: impl Into<Value>) {
    let area = Area {
        sheet: book.sheet_named(sheet).unwrap(),
        rect: Rect::cell(Pos::parse_a1(at).unwrap()),
    };
    let content = Content::Value(value.into());
    apply(book, Edit::Set { area, content });
}

fn set_formula(book: &mut Workbook, sheet: &str, at: &str, text: &str, kind: RunKind, value: f64) {
    let pos = Pos::parse_a1(at).unwrap();
    let area = Area {
        sheet: book.sheet_named(sheet).unwrap(),
        rect: Rect::cell(pos),
    };
    let tree = formula::parse(text, pos).unwrap();
    let template = book.templates.intern(Template::Formula(tree));
    let content = Content::Formula {
        template,
        kind,
        values: vec![value.into()],
    };
    apply(book, Edit::Set { area, content });
}

fn apply(book: &mut Workbook, edit: Edit) {
    book.apply(&Transaction {
        label: "Edit".into(),
        edits: vec![edit],
    })
    .unwrap();
}

fn value(book: &Workbook, sheet: &str, at: &str) -> Value {
    let id = book.sheet_named(sheet).unwrap();
    book.sheet(id).cells.get(Pos::parse_a1(at).unwrap())
}

/// A workbook with most of what a sheet can hold, made by another writer.
fn sample() -> Vec<u8> {
    use rust_xlsxwriter::{Format, Formula, Table, Workbook};
    let mut book = Workbook::new();
    let bold = Format::new().set_bold().set_num_format("0.00");
    let sheet = book.add_worksheet().set_name("Data & more").unwrap();
    for (row, header) in ["Name", "Size", "Twice"].into_iter().enumerate() {
        sheet.write(0, row as u16, header).unwrap();
    }
    for row in 1..=5_u32 {
        sheet.write(row, 0, format!("item {row} <&>")).unwrap();
        sheet
            .write_with_format(row, 1, f64::from(row) * 1.1, &bold)
            .unwrap();
        let formula = Formula::new(format!("B{}*2", row + 1));
        sheet
            .write_formula(
                row,
                2,
                formula.set_result(format!("{}", f64::from(row) * 2.2)),
            )
            .unwrap();
    }
    sheet
        .add_table(0, 0, 5, 2, &Table::new().set_name("Sizes"))
        .unwrap();
    sheet
        .write_dynamic_array_formula(7, 0, 8, 0, Formula::new("SEQUENCE(2)").set_result("1"))
        .unwrap();
    sheet.write(8, 0, 2).unwrap();
    sheet
        .write_array_formula(7, 2, 8, 2, Formula::new("{B2:B3*2}").set_result("2.2"))
        .unwrap();
    sheet.write(10, 0, true).unwrap();
    sheet.write_with_format(10, 1, " spaced ", &bold).unwrap();
    sheet.set_column_width(0, 20).unwrap();
    sheet.set_freeze_panes(1, 0).unwrap();
    sheet.merge_range(12, 0, 12, 2, "merged", &bold).unwrap();
    book.add_worksheet().set_name("Other").unwrap();
    book.define_name("Rate", "='Data & more'!$B$2").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_file_saved_without_an_edit_is_the_same_file() {
    let mut files: Vec<_> = shared::workbooks()
        .into_iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    files.push(sample());
    for bytes in files {
        let book = xlsx::open_bytes(bytes.clone()).unwrap();
        let (saved, report) = xlsx::to_bytes(&book).unwrap();
        assert!(saved == bytes);
        assert_eq!(report, xlsx::SaveReport::default());
    }
}

#[test]
fn sheets_that_are_compared_and_do_not_differ_are_the_same() {
    let mut files: Vec<_> = shared::workbooks()
        .into_iter()
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    files.push(("sample".into(), sample()));
    for (name, bytes) in files {
        let mut book = xlsx::open_bytes(bytes.clone()).unwrap();
        for id in book.order().to_vec() {
            book.sheet_mut(id).touched = true;
        }
        let (saved, report) = xlsx::to_bytes(&book).unwrap();
        assert_eq!(report, xlsx::SaveReport::default(), "{name}");
        assert!(saved == bytes, "{name}");
    }
}

#[test]
fn a_changed_number_changes_its_cell_alone() {
    let bytes = sample();
    let mut book = xlsx::open_bytes(bytes.clone()).unwrap();
    set(&mut book, "Data & more", "B2", 0.5);
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(differing(&bytes, &saved), ["xl/worksheets/sheet1.xml"]);
    assert_eq!(report.changed, ["xl/worksheets/sheet1.xml"]);
    let text =
        |bytes: &[u8]| String::from_utf8(parts(bytes)["xl/worksheets/sheet1.xml"].clone()).unwrap();
    let expected = text(&bytes).replacen("<v>1.1</v>", "<v>0.5</v>", 1);
    assert_eq!(text(&saved), expected);
}
