//! Other workbooks, as far as a file remembers them.

use super::*;
use crate::engine::Comparison;
use std::io::Write;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// A workbook with formulas from A1 down, saved as 0, and a link to
/// `Prices.xlsx`, of whose sheet `List` it remembers A1:B3 but for B2.
fn linked(formulas: &[&str]) -> Vec<u8> {
    let rows: String = (1..)
        .zip(formulas)
        .map(|(row, formula)| {
            let formula = formula.replace('&', "&amp;").replace('<', "&lt;");
            format!(r#"<row r="{row}"><c r="A{row}"><f>{formula}</f><v>0</v></c></row>"#)
        })
        .collect();
    let types = "http://schemas.openxmlformats.org/package/2006/content-types";
    let xml = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let files = [
        (
            "[Content_Types].xml",
            format!(
                r#"<Types xmlns="{types}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/book.xml" ContentType="{xml}.sheet.main+xml"/><Override PartName="/s.xml" ContentType="{xml}.worksheet+xml"/><Override PartName="/link.xml" ContentType="{xml}.externalLink+xml"/></Types>"#
            ),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/officeDocument" Target="/book.xml"/></Relationships>"#
            ),
        ),
        (
            "_rels/book.xml.rels",
            format!(
                r#"<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/worksheet" Target="s.xml"/><Relationship Id="b" Type="{OFFICE}/externalLink" Target="link.xml"/></Relationships>"#
            ),
        ),
        (
            "book.xml",
            format!(
                r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets><externalReferences><externalReference r:id="b"/></externalReferences></workbook>"#
            ),
        ),
        (
            "s.xml",
            format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#),
        ),
        (
            "_rels/link.xml.rels",
            format!(
                r#"<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/externalLinkPath" Target="Prices.xlsx" TargetMode="External"/></Relationships>"#
            ),
        ),
        (
            "link.xml",
            format!(
                r#"<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="a"><sheetNames><sheetName val="List"/></sheetNames><definedNames><definedName name="Amounts" refersTo="=List!$A$1:$A$3"/><definedName name="Third" refersTo="=List!$A$3" sheetId="0"/><definedName name="Rate" refersTo="=0.5"/></definedNames><sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1"><v>2</v></cell><cell r="B1" t="str"><v>pear</v></cell></row><row r="2"><cell r="A2"><v>3</v></cell></row><row r="3"><cell r="A3"><v>4</v></cell><cell r="B3" t="str"><v>apple</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>"#
            ),
        ),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn formulas_read_what_the_file_remembers_of_other_workbooks() {
    let cases: [(&str, Value); 17] = [
        ("[1]List!A1", 2.0.into()),
        ("[1]list!B1&\"s\"", "pears".into()),
        ("[1]List!$B$2", 0.0.into()),
        ("[1]List!D9+1", 1.0.into()),
        ("SUM([1]List!$A$1:$A$3)", 9.0.into()),
        ("SUM([1]List!A:A)*2", 18.0.into()),
        (
            "INDEX([1]List!$A$1:$A$3,MATCH(\"apple\",[1]List!$B$1:$B$3,0))",
            4.0.into(),
        ),
        (
            "SUMPRODUCT([1]List!$A$1:$A$3,[1]List!$A$1:$A$3)",
            29.0.into(),
        ),
        // An ordinary formula meets the row it stands in: there is none here.
        ("[1]List!$A$1:$A$3+1", ErrorKind::Value.into()),
        // As in Excel, what counts wants cells of an open workbook.
        ("COUNTIF([1]List!$A$1:$A$3,3)", ErrorKind::Value.into()),
        ("[1]Gone!A1", ErrorKind::Ref.into()),
        ("IFERROR([1]Gone!A1,5)", 5.0.into()),
        // Names that stand for cells; others keep the value they had.
        ("SUM([1]!Amounts)", 9.0.into()),
        ("[1]List!Third*2", 8.0.into()),
        ("[1]!Rate", 0.0.into()),
        ("[1]!Unknown", 0.0.into()),
        // A workbook that the file does not know keeps the value it had.
        ("[2]List!A1", 0.0.into()),
    ];
    let formulas: Vec<&str> = cases.iter().map(|(formula, _)| *formula).collect();
    let book = crate::xlsx::open_bytes(linked(&formulas)).expect("a workbook");
    let (comparison, engine) = Comparison::of(book);
    for (row, (formula, expected)) in (1..).zip(&cases) {
        assert_eq!(value(&engine, &format!("A{row}")), *expected, "{formula}");
    }
    assert_eq!(comparison.formulas, cases.len());
    assert_eq!(comparison.unsupported, 3);
    let first = &comparison.unsupported_runs[0];
    assert_eq!(
        first.reason,
        "[1] is another workbook, whose values are not here"
    );
}

#[test]
fn remembered_cells_move_with_the_formula_and_are_constants_of_a_gradient() {
    let book = crate::xlsx::open_bytes(linked(&[])).expect("a workbook");
    let mut engine = Engine::new(book);
    for (at, text) in [
        ("C1", "10"),
        ("A1", "=[1]List!A1*C$1"),
        ("A2", "=[1]List!A2*C$1"),
        ("A5", "=SUM(A1:A2)*SUM([1]List!A1:A3)"),
        ("A6", "=GRAD(A5,C1)"),
    ] {
        enter(&mut engine, at, text);
    }
    assert_eq!(number(&engine, "A2"), 30.0);
    assert_eq!(number(&engine, "A5"), 450.0);
    assert_eq!(number(&engine, "A6"), 45.0);
    for unknown in [
        "=[2]List!A1",
        "=[Unknown.xlsx]S!A1",
        "=[Prices.xlsx]List!A1",
    ] {
        assert!(engine.enter(cell("A7"), unknown).is_err(), "{unknown}");
    }
}
