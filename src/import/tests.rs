use super::*;
use crate::workbook::Sheet;
use proptest::prelude::*;
use std::io::Write;

/// Made by LibreOffice 24.2 from one workbook: numbers, a filled formula, a
/// date, an error, a text formula, merged cells, a hidden sheet and a name.
const XLS: &[u8] = include_bytes!("tests/book.xls");
const ODS: &[u8] = include_bytes!("tests/book.ods");

fn sheet<'a>(book: &'a Workbook, name: &str) -> &'a Sheet {
    book.sheet(book.sheet_named(name).expect(name))
}

fn at(cell: &str) -> Pos {
    Pos::parse_a1(cell).expect(cell)
}

fn formula_at(book: &Workbook, sheet: &Sheet, cell: &str) -> Option<String> {
    let (_, run) = sheet.runs.at(at(cell))?;
    match &**book.templates.get(run.template) {
        Template::Formula(tree) => {
            let dialect = formula::Dialect::People(|_| None);
            Some(formula::print(tree, at(cell), dialect))
        }
        Template::Unreadable(text) => Some(format!("unreadable: {text}")),
    }
}

#[test]
fn a_workbook_arrives_with_values_formulas_and_names() {
    for (kind, bytes) in [("xls", XLS), ("ods", ODS)] {
        let Imported { workbook, notes } = read(bytes).expect(kind);
        let lost = "sheet Data one: 21 formulas are kept as their values, for the reader of \
                    this format cannot spell them";
        let expected: &[&str] = if kind == "xls" { &[lost] } else { &[] };
        assert_eq!(notes, expected, "{kind}");
        let data = sheet(&workbook, "Data one");
        let value = |cell| data.cells.get(at(cell));
        assert_eq!(value("A1"), Value::text("Age"), "{kind}");
        assert_eq!(value("B21"), Value::Number(4.75), "{kind}");
        assert_eq!(value("C3"), Value::Number(10.25), "{kind}");
        assert_eq!(value("E1"), Value::Number(45352.0), "{kind}");
        assert_eq!(value("E5"), Value::text("yes"), "{kind}");
        let date = crate::grid::Cell {
            sheet: workbook.order()[0],
            pos: at("E1"),
        };
        assert_eq!(workbook.number_format(date), "yyyy-mm-dd", "{kind}");
        let formula = |cell| formula_at(&workbook, data, cell);
        for (cell, text) in [("E3", "1/0"), ("E4", "SUM(A2:A21)")] {
            assert_eq!(formula(cell).as_deref(), Some(text), "{kind} {cell}");
        }
        assert_eq!(formula("A3"), None);
        if kind == "xls" {
            assert_eq!(formula("C3"), None, "calamine cannot spell it");
            assert_eq!(formula("E5"), None, "calamine takes > for >=");
        } else {
            assert_eq!(formula("C3").as_deref(), Some("A3*B3+Other!$A$1"));
            assert_eq!(formula("E5").as_deref(), Some("IF(A3>0,\"yes\",\"no\")"));
            let (_, run) = data.runs.at(at("C10")).expect(kind);
            assert_eq!(run.rect.to_string(), "C2:C21", "one run");
        }
        let hidden = sheet(&workbook, "Secret");
        assert_eq!(hidden.visibility, Visibility::Hidden, "{kind}");
        assert_eq!(hidden.cells.get(at("B2")), Value::text("x"), "{kind}");
        let rate = workbook.parse_areas("rate", workbook.order()[0]);
        let rate: Vec<String> = rate
            .expect(kind)
            .into_iter()
            .map(|area| workbook.area_address(area))
            .collect();
        assert_eq!(rate, ["Other!A1"], "{kind}");
        if kind == "xls" {
            assert_eq!(data.merges, [Rect::new(at("G1"), at("H2"))]);
            assert_eq!(value("E3"), Value::Error(ErrorKind::Div0));
        }
    }
}

/// A zip archive of these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = zip::write::SimpleFileOptions::default();
        out.start_file(*name, options).expect("a part begins");
        out.write_all(bytes).expect("a part is written");
    }
    out.finish().expect("the archive ends").into_inner()
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>\
         <table:table table:name=\"Far\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    archive(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

const ONE: &str = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";

#[test]
fn repeated_cells_are_read_where_they_are_few() {
    let bytes = ods(&format!(
        "<table:table-row table:number-rows-repeated=\"3\">\
         <table:table-cell table:number-columns-repeated=\"2\"/>{ONE}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048573\">\
         <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>"
    ));
    let book = read(&bytes).expect("it is small").workbook;
    let used = sheet(&book, "Far").cells.used();
    assert_eq!(used, Some(Rect::new(at("C1"), at("C3"))));
}

#[test]
fn far_cells_are_refused_before_memory_is_taken() {
    let corners = format!(
        "<table:table-row>{ONE}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048574\"><table:table-cell/></table:table-row>\
         <table:table-row><table:table-cell table:number-columns-repeated=\"16383\"/>{ONE}\
         </table:table-row>"
    );
    let full = format!(
        "<table:table-row table:number-rows-repeated=\"1048576\">{}</table:table-row>",
        ONE.replace(
            "office:v",
            "table:number-columns-repeated=\"16384\" office:v"
        )
    );
    for rows in [corners, full] {
        let error = read(&ods(&rows)).expect_err("it is too large");
        assert!(
            matches!(&error, ImportCause::Sparse { sheet, .. } if sheet == "Far"),
            "{error}"
        );
    }

    // A number of the xls's first sheet (an Rk record) moved to the last row
    // and column that its record can name.
    let mut far = XLS.to_vec();
    let number = far
        .windows(4)
        .position(|w| w == [0x7E, 0x02, 0x0A, 0x00])
        .expect("there is a number");
    far[number + 4..number + 8].fill(0xFF);
    let error = read(&far).expect_err("it is too large");
    assert!(matches!(error, ImportCause::Sparse { .. }), "{error}");

    // Its dimensions from row 5 to row 3.
    let mut lying = XLS.to_vec();
    let dimensions = lying
        .windows(4)
        .position(|w| w == [0x00, 0x02, 0x0E, 0x00])
        .expect("there are dimensions");
    lying[dimensions + 4] = 5;
    lying[dimensions + 8] = 3;
    let error = read(&lying).expect_err("it is impossible");
    assert!(matches!(error, ImportCause::Sparse { .. }), "{error}");
}

#[test]
fn what_is_no_workbook_is_refused_by_name() {
    let refused = |bytes: &[u8]| read(bytes).expect_err("it is refused").to_string();
    assert_eq!(refused(b"hello"), "is no xls, xlsb or ods workbook");
    assert_eq!(refused(b""), "is no xls, xlsb or ods workbook");
    assert_eq!(
        refused(&archive(&[("xl/workbook.xml", b"<workbook/>")])),
        "is an xlsx workbook, whatever its name says: open it as one"
    );
    let zeros = vec![b' '; 40 << 20];
    let bomb = refused(&archive(&[("content.xml", &zeros)]));
    assert!(
        bomb.starts_with("is refused: its part content.xml unpacks to"),
        "{bomb}"
    );
    for (bytes, len) in [(XLS, 700), (ODS, 700)] {
        let cut = refused(&bytes[..len]);
        assert!(cut.starts_with("is damaged: "), "{cut}");
    }
    let missing = open(Path::new("no such.xls")).expect_err("it is not there");
    assert!(
        missing
            .to_string()
            .starts_with("no such.xls cannot be read: ")
    );
}

/// A record of a binary part (MS-XLSB 2.1.4).
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = if kind < 0x80 {
        vec![kind as u8]
    } else {
        vec![(kind & 0x7F) as u8 | 0x80, (kind >> 7) as u8]
    };
    out.push(data.len() as u8);
    out.extend(data);
    out
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = (units.len() as u32).to_le_bytes().to_vec();
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    out
}

/// A cell's record: its column, no style, and its value.
fn cell(kind: u16, col: u32, value: &[u8]) -> Vec<u8> {
    record(kind, &[&col.to_le_bytes(), &[0; 4], value].concat())
}

#[test]
fn a_binary_workbook_is_read_cell_by_cell() {
    let workbook = [
        record(0x99, &[0; 8]),
        record(0x9C, &[&[0; 8][..], &wide("rId1"), &wide("Wide")].concat()),
        record(0x90, &[]),
        record(0x84, &[]),
    ]
    .concat();
    // A1+1: the cell, the integer, the sum.
    let sum = [0x44, 0, 0, 0, 0, 0x00, 0xC0, 0x1E, 1, 0, 0x03];
    // A token that there is not, and an array constant as an argument of SUM.
    let unknown = [0x7F];
    let mut array = vec![0x60; 15];
    array.extend([0x42, 1, 4, 0]);
    let formula = |value: f64, tokens: &[u8]| {
        let len = (tokens.len() as u32).to_le_bytes();
        [&value.to_le_bytes()[..], &[0, 0], &len, tokens, &[0; 4]].concat()
    };
    let sheet1 = [
        record(0x94, &[0; 16]),
        record(0x91, &[]),
        record(0x00, &0_u32.to_le_bytes()),
        cell(0x05, 0, &2.5_f64.to_le_bytes()),
        cell(0x06, 1, &wide("text")),
        cell(0x09, 2, &formula(3.5, &sum)),
        cell(0x09, 3, &formula(9.0, &unknown)),
        cell(0x09, 4, &formula(8.0, &array)),
        record(0x00, &(MAX_ROWS - 1).to_le_bytes()),
        cell(0x04, MAX_COLS - 1, &[1]),
        cell(0x04, MAX_COLS, &[1]),
        record(0x92, &[]),
    ]
    .concat();
    let rels = b"<Relationships><Relationship Id=\"rId1\" \
                 Target=\"worksheets/sheet1.bin\"/></Relationships>";
    let bytes = archive(&[
        ("xl/_rels/workbook.bin.rels", rels),
        ("xl/workbook.bin", &workbook),
        ("xl/worksheets/sheet1.bin", &sheet1),
    ]);
    let Imported { workbook, notes } = read(&bytes).expect("it is a workbook");
    let sheet = sheet(&workbook, "Wide");
    let value = |cell| sheet.cells.get(at(cell));
    assert_eq!(value("A1"), Value::Number(2.5));
    assert_eq!(value("B1"), Value::text("text"));
    assert_eq!(value("C1"), Value::Number(3.5));
    assert_eq!(value("D1"), Value::Number(9.0));
    assert_eq!(value("XFD1048576"), Value::Bool(true));
    assert_eq!(
        sheet.cells.used(),
        Some(Rect::new(at("A1"), at("XFD1048576")))
    );
    let text = formula_at(&workbook, sheet, "C1");
    assert_eq!(text.as_deref(), Some("A1+1"));
    assert_eq!(
        notes,
        [
            "sheet Wide: 2 formulas are kept as their values, for the reader of \
          this format cannot spell them"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_file_is_read_or_refused_but_never_breaks_us(
        ods in any::<bool>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        len in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = if ods { ODS.to_vec() } else { XLS.to_vec() };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(len) = len {
            bytes.truncate(len.index(bytes.len()));
        }
        if let Err(error) = read(&bytes) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn a_formula_that_came_as_an_error_is_kept_as_its_value() {
    // SUM(A2:A21) becomes the literal #N/A, as writers leave what they cannot
    // spell (MS-XLS 2.5.198.2); the saved value stays.
    let mut bytes = XLS.to_vec();
    let area = [0x25, 1, 0, 20, 0];
    let at = bytes
        .windows(5)
        .position(|w| w == area)
        .expect("SUM(A2:A21)");
    bytes[at - 2..at + 2].copy_from_slice(&[2, 0, 0x1C, 0x2A]);
    let Imported { workbook, notes } = read(&bytes).expect("it is read");
    let data = sheet(&workbook, "Data one");
    assert_eq!(formula_at(&workbook, data, "E4"), None);
    assert!(matches!(data.cells.get(self::at("E4")), Value::Number(_)));
    assert!(
        notes[0].contains("22 formulas are kept as their values"),
        "{notes:?}"
    );
}

#[test]
fn functions_newer_than_the_format_are_not_taken_for_calls_of_user() {
    let right = |text: &str| super::is_right(&formula::parse(text, at("A1")).expect(text));
    assert!(right("SUM(B1,NOT(B2))"));
    assert!(!right("NOT(USER([PtgNameX],B1,B2))"));
}
