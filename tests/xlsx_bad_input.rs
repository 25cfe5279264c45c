//! Files that are no workbooks, or not whole, or meant to do harm: each gets a
//! message that says what is wrong, and takes little memory.

#[path = "shared/parts.rs"]
mod parts;

use gradsheet::grid::Pos;
use gradsheet::value::Value;
use gradsheet::workbook::{RunKind, Workbook};
use gradsheet::xlsx;
use parts::{MAIN, OFFICE, Parts};
use std::io::{Cursor, Write};

fn cell(book: &Workbook, at: &str) -> Value {
    book.sheet(book.order()[0])
        .cells
        .get(Pos::parse_a1(at).unwrap())
}

#[test]
fn what_is_no_zip_is_told_so() {
    let refusal = |bytes: &[u8]| xlsx::open_bytes(bytes).unwrap_err().to_string();
    assert_eq!(
        refusal(b"a,b\n1,2\n"),
        "is not an xlsx file (it is not a zip archive)"
    );
    assert_eq!(
        refusal(b""),
        "is not an xlsx file (it is not a zip archive)"
    );
    let ole = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 a compound file";
    assert!(refusal(ole).contains("Excel 97-2003"));
    let mut encrypted = ole.to_vec();
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(refusal(&encrypted).contains("protected with a password"));
    let error = xlsx::open("no/such/file.xlsx").unwrap_err().to_string();
    assert!(
        error.starts_with("no/such/file.xlsx: cannot be read"),
        "{error}"
    );
}

#[test]
fn a_file_cut_short_anywhere_is_an_error_or_whole() {
    let whole =
        Parts::new(r#"<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>"#).zip();
    for length in 0..whole.len() {
        let error = xlsx::open_bytes(&whole[..length]).unwrap_err().to_string();
        assert!(
            error.contains("get a new copy") || error.contains("not a zip archive"),
            "{length}: {error}"
        );
    }
    // One byte wrong: an error or not, but never a panic.
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let _ = xlsx::open_bytes(bytes);
    }
}

#[test]
fn a_missing_part_is_named_with_what_refers_to_it() {
    let parts = Parts::new("<sheetData/>");
    let sheet = parts.without("xl/worksheets/sheet1.xml").refusal();
    assert_eq!(
        sheet,
        "has no part xl/worksheets/sheet1.xml, which xl/_rels/workbook.xml.rels refers to: the file is damaged, get a new copy"
    );
    let main = Parts::new("<sheetData/>")
        .without("xl/workbook.xml")
        .refusal();
    assert!(main.contains("has no part xl/workbook.xml"), "{main}");
    let rels = Parts::new("")
        .without("xl/_rels/workbook.xml.rels")
        .refusal();
    assert!(rels.contains("\"S\""), "{rels}");
    let types = Parts::new("").without("[Content_Types].xml").refusal();
    assert_eq!(
        types,
        "is not an xlsx workbook: the archive has no part [Content_Types].xml, which says what \
         each part is: the file is damaged, get a new copy"
    );
    let root = Parts::new("").without("_rels/.rels").refusal();
    assert!(root.contains("_rels/.rels"), "{root}");
}

#[test]
fn a_gigabyte_of_zeros_in_a_megabyte_is_refused_unread() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in &Parts::new("").0 {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name.as_str(), options).unwrap();
        if name.ends_with("sheet1.xml") {
            let zeros = vec![b'0'; 1 << 20];
            for _ in 0..1024 {
                zip.write_all(&zeros).unwrap();
            }
        } else {
            zip.write_all(content).unwrap();
        }
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 2 << 20);
    let error = xlsx::open_bytes(bytes.clone()).unwrap_err().to_string();
    assert!(
        error.contains("xl/worksheets/sheet1.xml would take 1073741824 bytes"),
        "{error}"
    );
    // A directory that lies about the size does not help.
    let mut lying = bytes;
    let size = (1_u32 << 30).to_le_bytes();
    let mut from = 0;
    while let Some(at) = lying[from..].windows(4).position(|w| w == size) {
        lying[from + at..from + at + 4].copy_from_slice(&1000_u32.to_le_bytes());
        from += at + 4;
    }
    let error = xlsx::open_bytes(lying).unwrap_err().to_string();
    assert!(error.contains("xl/worksheets/sheet1.xml"), "{error}");
}

#[test]
fn the_corners_of_a_sheet_and_odd_indices_cost_nothing() {
    let book = Parts::new(
        r#"<sheetData><row r="1"><c r="A1"><f t="shared" ref="A1:XFD1048576" si="4000000000">1+1</f><v>2</v></c></row><row r="1048576"><c r="XFD1048576"><f t="shared" si="4000000000"/><v>2</v></c></row></sheetData>"#,
    )
    .open();
    assert_eq!(cell(&book, "XFD1048576"), Value::Number(2.0));
    let sheet = book.sheet(book.order()[0]);
    assert_eq!(sheet.runs.len(), 2);
}

#[test]
fn cells_without_places_follow_one_another() {
    let book = Parts::new(
        r#"<sheetData><row><c><v>1</v></c><c r="D1"><v>2</v></c><c><v>3</v></c></row><row><c><v>4</v></c></row><row r="9"><c><v>5</v></c></row><row><c><v>6</v></c></row></sheetData>"#,
    )
    .open();
    for (at, x) in [
        ("A1", 1.0),
        ("D1", 2.0),
        ("E1", 3.0),
        ("A2", 4.0),
        ("A9", 5.0),
        ("A10", 6.0),
    ] {
        assert_eq!(cell(&book, at), Value::Number(x), "{at}");
    }
}

#[test]
fn xml_that_is_wrong_is_placed() {
    let refusal = |data: &str| Parts::new(data).refusal();
    for (data, expected) in [
        (
            r#"<sheetData><row r="1"><c r="A1"></row></sheetData>"#,
            "xl/worksheets/sheet1.xml, line 1, column",
        ),
        (
            r#"<sheetData><row r="1048577"/></sheetData>"#,
            "there is no row 1048577",
        ),
        (
            r#"<sheetData><row r="1"><c r="XFE1"/></row></sheetData>"#,
            "there is no cell XFE1",
        ),
        (
            r#"<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>"#,
            "cell A1: it is shared string 0, but there are only 0",
        ),
        (
            r#"<sheetData><row r="1"><c r="B1"><v>one</v></c></row></sheetData>"#,
            "cell B1: \"one\" is not a number",
        ),
        (
            r#"<sheetData><row r="1"><c r="A1" t="x"/></row></sheetData>"#,
            "a cell cannot have type x",
        ),
        (
            r#"<sheetData><row r="1"><c r="A1"><v>&nix;</v></c></row></sheetData>"#,
            "&nix; stands for no character",
        ),
        ("<sheetData><row>", "line 1"),
    ] {
        let error = refusal(data);
        assert!(error.contains(expected), "{data}: {error}");
    }
    let binary = Parts::new("")
        .set("xl/workbook.xml", [0xFF, 0xC0, 0x80])
        .refusal();
    assert!(binary.contains("is not UTF-8 text"), "{binary}");
}

#[test]
fn deep_nesting_and_entities_do_no_harm() {
    let deep = format!("{}{}", "<a>".repeat(300_000), "</a>".repeat(300_000));
    let book = Parts::new(&format!("<sheetData/>{deep}")).open();
    assert_eq!(cell(&book, "A1"), Value::Blank);
    let bomb = format!(
        r#"<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>"#
    );
    let error = Parts::new("")
        .set("xl/worksheets/sheet1.xml", bomb)
        .refusal();
    assert!(error.contains("&b; stands for no character"), "{error}");
}

#[test]
fn strict_namespaces_prefixes_and_utf_16_are_read() {
    let sheet = r#"<?xml version="1.0" encoding="UTF-16"?><x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>é</x:t></x:is></x:c><x:c r="B1" t="d"><x:v>2024-05-31</x:v></x:c></x:row></x:sheetData></x:worksheet>"#;
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(sheet.encode_utf16().flat_map(u16::to_le_bytes));
    let mut parts = Parts::new("").set("xl/worksheets/sheet1.xml", utf16);
    for (_, content) in &mut parts.0 {
        if let Ok(text) = std::str::from_utf8(content) {
            let strict = "http://purl.oclc.org/ooxml/officeDocument/relationships";
            *content = text.replace(OFFICE, strict).into_bytes();
        }
    }
    let mut book = parts.open();
    assert_eq!(cell(&book, "A1"), "é".into());
    assert_eq!(cell(&book, "B1"), Value::Number(45_443.0));
    let id = book.order()[0];
    book.sheet_mut(id).cells.set(Pos::new(0, 0), 1.5.into());
    book.sheet_mut(id).cells.set(Pos::new(1, 0), 2.5.into());
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let again = xlsx::open_bytes(saved).unwrap();
    assert_eq!(cell(&again, "A1"), Value::Number(1.5));
    assert_eq!(cell(&again, "A2"), Value::Number(2.5));
}

#[test]
fn a_cell_with_two_formulas_keeps_the_first() {
    let book = Parts::new(
        r#"<sheetData><row r="1"><c r="A1"><f t="array" ref="A1:B2">C1:D2</f><v>1</v></c><c r="B1"><f>9</f><v>2</v></c></row><row r="2"><c r="A2"><f t="array" ref="A2:C3">D1:F2</f><v>3</v></c><c r="C2"><f t="dataTable" ref="C2:C3" dt2D="0" dtr="0" r1="A1"/><v>4</v></c></row></sheetData>"#,
    )
    .open();
    let sheet = book.sheet(book.order()[0]);
    let at = |place: &str| {
        sheet
            .runs
            .at(Pos::parse_a1(place).unwrap())
            .map(|(_, run)| run)
    };
    assert_eq!(at("B1").unwrap().kind, RunKind::Array);
    assert_eq!(at("A2"), at("B1"));
    assert_eq!(at("C3").unwrap().kind, RunKind::DataTable);
    assert_eq!(cell(&book, "A2"), Value::Number(3.0));
}
