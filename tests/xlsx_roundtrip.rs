//! Saving what was opened: what is not edited stays as it was, to the byte.

#[path = "shared/package.rs"]
mod package;
mod shared;

use gradsheet::grid::{Area, Pos, Rect};
use gradsheet::value::Value;
use gradsheet::workbook::{Content, DefinedName, Edit, RunKind, Template, Transaction, Workbook};
use gradsheet::{formula, xlsx};
use package::{differing, parts};
use std::io::Cursor;

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

/// The text of a part.
fn part(bytes: &[u8], name: &str) -> String {
    String::from_utf8(parts(bytes)[name].clone()).unwrap()
}

/// A worksheet with the given data in a package with nothing else in it.
fn package(sheet_data: &str) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
    let files = [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/book.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/><Override PartName="/s.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#.to_owned(),
        ),
        (
            "_rels/.rels",
            format!(r#"<Relationships xmlns="{relationships}"><Relationship Id="a" Type="{office}/officeDocument" Target="/book.xml"/></Relationships>"#),
        ),
        (
            "_rels/book.xml.rels",
            format!(r#"<Relationships xmlns="{relationships}"><Relationship Id="a" Type="{office}/worksheet" Target="s.xml"/><Relationship Id="b" Type="{office}/calcChain" Target="calcChain.xml"/></Relationships>"#),
        ),
        (
            "book.xml",
            format!(r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="S" sheetId="7" r:id="a"/></sheets></workbook>"#),
        ),
        ("calcChain.xml", format!(r#"<calcChain xmlns="{main}"/>"#)),
        (
            "s.xml",
            format!(r#"<worksheet xmlns="{main}"><dimension ref="A1:B2"/>{sheet_data}<pageMargins left="1"/></worksheet>"#),
        ),
    ];
    for (name, text) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The sheet data of a package after edits, and the parts that differ.
fn edited(sheet_data: &str, edit: impl FnOnce(&mut Workbook)) -> (String, Vec<String>) {
    let bytes = package(sheet_data);
    let mut book = xlsx::open_bytes(bytes.clone()).unwrap();
    edit(&mut book);
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    // What was saved is what a second reading sees.
    let mut again = xlsx::open_bytes(saved.clone()).unwrap();
    for id in again.order().to_vec() {
        again.sheet_mut(id).touched = true;
    }
    let (resaved, _) = xlsx::to_bytes(&again).unwrap();
    assert!(resaved == saved);
    let sheet = part(&saved, "s.xml");
    let start = sheet.find("<sheetData").unwrap();
    let end = sheet.find("<pageMargins").unwrap();
    (sheet[start..end].to_owned(), differing(&bytes, &saved))
}

#[test]
fn new_cells_and_rows_are_put_in_order() {
    let (data, parts) = edited(
        r#"<sheetData><row r="2" spans="2:3" s="4" customFormat="1"><c r="B2" s="1"><v>1</v></c><c r="D2"/></row><row r="5"/></sheetData>"#,
        |book| {
            for (at, x) in [
                ("A2", 1.0),
                ("C2", 2.0),
                ("Z2", 3.0),
                ("A1", 4.0),
                ("B5", 5.0),
                ("A9", 6.0),
            ] {
                set(book, "S", at, x);
            }
        },
    );
    assert_eq!(
        data,
        r#"<sheetData><row r="1"><c r="A1"><v>4</v></c></row><row r="2" spans="1:26" s="4" customFormat="1"><c r="A2" s="4"><v>1</v></c><c r="B2" s="1"><v>1</v></c><c r="C2" s="4"><v>2</v></c><c r="D2"/><c r="Z2" s="4"><v>3</v></c></row><row r="5"><c r="B5"><v>5</v></c></row><row r="9"><c r="A9"><v>6</v></c></row></sheetData>"#
    );
    assert_eq!(parts, ["s.xml"]);
    let (data, _) = edited("<sheetData/>", |book| {
        set(book, "S", "C3", "_x0041_ & co\n")
    });
    assert_eq!(
        data,
        "<sheetData><row r=\"3\"><c r=\"C3\" t=\"inlineStr\"><is><t xml:space=\"preserve\">_x005F_x0041_ &amp; co\n</t></is></c></row></sheetData>"
    );
}

#[test]
fn cleared_cells_keep_their_style_and_others_go() {
    let (data, parts) = edited(
        r#"<sheetData><row r="1"><c r="A1" s="2"><v>1</v></c><c r="B1" t="b"><v>1</v></c><c r="C1"><v>2</v></c></row></sheetData>"#,
        |book| {
            set(book, "S", "A1", Value::Blank);
            set(book, "S", "B1", Value::Blank);
        },
    );
    assert_eq!(
        data,
        r#"<sheetData><row r="1"><c r="A1" s="2"/><c r="C1"><v>2</v></c></row></sheetData>"#
    );
    assert_eq!(parts, ["s.xml"]);
}

#[test]
fn the_first_of_shared_formulas_hands_its_text_on() {
    let data = r#"<sheetData><row r="1"><c r="A1"><f t="shared" ref="A1:A4" si="4000000000">B1*2</f><v>2</v></c></row><row r="2"><c r="A2"><f t="shared" si="4000000000"/><v>4</v></c></row><row r="3"><c r="A3"><f t="shared" si="4000000000"/><v>6</v></c></row><row r="4"><c r="A4"><f t="shared" si="4000000000"/><v>8</v></c></row></sheetData>"#;
    let (saved, parts) = edited(data, |book| {
        set(book, "S", "A1", 5.0);
        set(book, "S", "A3", 5.0);
    });
    assert_eq!(
        saved,
        r#"<sheetData><row r="1"><c r="A1"><v>5</v></c></row><row r="2"><c r="A2"><f t="shared" ref="A2:A4" si="4000000000">B2*2</f><v>4</v></c></row><row r="3"><c r="A3"><v>5</v></c></row><row r="4"><c r="A4"><f t="shared" si="4000000000"/><v>8</v></c></row></sheetData>"#
    );
    // Formulas went, so the calculation chain goes, with all that names it.
    assert_eq!(
        parts,
        [
            "[Content_Types].xml",
            "_rels/book.xml.rels",
            "calcChain.xml",
            "s.xml"
        ]
    );
    // Another value changes no formula.
    let (saved, parts) = edited(data, |book| {
        let id = book.sheet_named("S").unwrap();
        let cells = &mut book.sheet_mut(id).cells;
        cells.set(Pos::new(0, 0), 7.0.into());
        cells.set(Pos::new(3, 0), "eight".into());
    });
    assert!(saved.contains(r#"<f t="shared" ref="A1:A4" si="4000000000">B1*2</f><v>7</v>"#));
    assert!(saved.contains(r#"<c r="A4" t="str"><f t="shared" si="4000000000"/><v>eight</v></c>"#));
    assert_eq!(parts, ["s.xml"]);
}

#[test]
fn formulas_are_written_in_the_language_of_files() {
    let (data, parts) = edited(
        r#"<sheetData><row r="1"><c r="A1" s="3"><v>1</v></c><c r="B1"><f>A1+1</f><v>2</v></c></row></sheetData>"#,
        |book| {
            set_formula(book, "S", "A1", "B1&\"<\"", RunKind::Plain, 5.0);
            set_formula(book, "S", "B1", "SEQUENCE(2)", RunKind::Dynamic, 1.0);
            let id = book.sheet_named("S").unwrap();
            let sheet = book.sheet_mut(id);
            sheet.cells.set(Pos::new(1, 1), 2.0.into());
            sheet
                .spills
                .insert(Pos::new(0, 1), Rect::new(Pos::new(0, 1), Pos::new(1, 1)));
        },
    );
    assert!(
        data.starts_with(r#"<sheetData><row r="1"><c r="A1" s="3"><f>B1&amp;&quot;&lt;&quot;</f><v>5</v></c><c r="B1" cm="1"><f t="array" ref="B1:B2">"#),
        "{data}"
    );
    assert!(
        data.ends_with(r#"SEQUENCE(2)</f><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c></row></sheetData>"#),
        "{data}"
    );
    assert!(parts.contains(&"xl/metadata.xml".to_owned()), "{parts:?}");
}

#[test]
fn formulas_keep_their_white_space() {
    let before = "<sheetData><row r=\"1\"><c r=\"A1\"><f xml:space=\"preserve\">IF( B1,\r\n  1 , 2)</f><v>2</v></c><c r=\"B1\"><f>A1 +1</f><v>3</v></c></row></sheetData>";
    let (data, _) = edited(before, |book| {
        let id = book.sheet_named("S").unwrap();
        let (_, run) = book.sheet(id).runs.at(Pos::new(0, 0)).unwrap();
        let Template::Formula(tree) = &**book.templates.get(run.template) else {
            panic!("a formula that can be read");
        };
        let people = formula::Dialect::People(|_| None);
        let text = formula::print(tree, Pos::new(0, 0), people);
        assert_eq!(text, "IF( B1,\n  1 , 2)");
        set_formula(book, "S", "B1", "A1  +\n1", RunKind::Plain, 3.0);
    });
    // What was not changed is left to the byte.
    let a1 = before.find("<c r=\"B1").unwrap();
    assert!(data.starts_with(&before[..a1]), "{data}");
    assert!(
        data.contains("<f xml:space=\"preserve\">A1  +\n1</f>"),
        "{data}"
    );
}

#[test]
fn array_formulas_change_their_values_inside() {
    let (data, parts) = edited(
        r#"<sheetData><row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2</f><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row></sheetData>"#,
        |book| {
            let id = book.sheet_named("S").unwrap();
            book.sheet_mut(id).cells.set(Pos::new(1, 0), 3.0.into());
        },
    );
    assert!(
        data.ends_with(r#"<c r="A2"><v>3</v></c></row></sheetData>"#),
        "{data}"
    );
    assert_eq!(parts, ["s.xml"]);
}

#[test]
fn names_change_in_place_and_new_ones_are_sorted_in() {
    let bytes = sample();
    let mut book = xlsx::open_bytes(bytes.clone()).unwrap();
    let scope = book.sheet_named("Other");
    for (name, scope, formula, hidden) in [
        ("solver_opt", scope, "Other!$A$1", true),
        ("Alpha", None, "1<2", false),
        ("Rate", None, "2", false),
    ] {
        apply(
            &mut book,
            Edit::DefineName(DefinedName {
                name: name.into(),
                scope,
                formula: formula.into(),
                hidden,
            }),
        );
    }
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(report.changed, ["xl/workbook.xml"]);
    let text = part(&saved, "xl/workbook.xml");
    assert!(
        text.contains(r#"<definedNames><definedName name="Alpha">1&lt;2</definedName><definedName name="Rate">2</definedName><definedName name="solver_opt" localSheetId="1" hidden="1">Other!$A$1</definedName></definedNames>"#),
        "{text}"
    );
    let again = xlsx::open_bytes(saved).unwrap();
    assert!(again.names.get("SOLVER_OPT", scope).unwrap().hidden);
    for (name, scope) in [("Rate", None), ("Alpha", None), ("solver_opt", scope)] {
        let name = name.into();
        apply(&mut book, Edit::RemoveName { name, scope });
    }
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    assert!(part(&saved, "xl/workbook.xml").contains("<definedNames></definedNames>"));
}

#[test]
fn a_header_edit_renames_the_tables_column() {
    let bytes = sample();
    let mut book = xlsx::open_bytes(bytes).unwrap();
    set(&mut book, "Data & more", "B1", "New \"size\"\n");
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(
        report.changed,
        ["xl/worksheets/sheet1.xml", "xl/tables/table1.xml"]
    );
    let table = part(&saved, "xl/tables/table1.xml");
    assert!(
        table.contains(r#"name="New &quot;size&quot;_x000a_""#),
        "{table}"
    );
    let again = xlsx::open_bytes(saved).unwrap();
    assert_eq!(
        &*again.tables.get("Sizes").unwrap().columns[1].name,
        "New \"size\"\n"
    );
    set(&mut book, "Data & more", "B1", 5.0);
    // Headers are texts, whatever is entered.
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let again = xlsx::open_bytes(saved).unwrap();
    assert_eq!(value(&again, "Data & more", "B1"), "5".into());
    assert_eq!(&*again.tables.get("Sizes").unwrap().columns[1].name, "5");
}

#[test]
fn sheets_come_and_go_and_names_follow_them() {
    let bytes = sample();
    let mut book = xlsx::open_bytes(bytes).unwrap();
    let other = book.sheet_named("Other");
    apply(
        &mut book,
        Edit::DefineName(DefinedName {
            name: "here".into(),
            scope: other,
            formula: "Other!$A$1".into(),
            hidden: false,
        }),
    );
    apply(
        &mut book,
        Edit::AddSheet {
            name: "Third <3".into(),
        },
    );
    set(&mut book, "Third <3", "B2", "text");
    let first = book.sheet_named("Data & more").unwrap();
    apply(&mut book, Edit::RemoveSheet { sheet: first });
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(report.added, ["xl/worksheets/sheet3.xml"]);
    // With what only it used.
    assert_eq!(
        report.removed,
        [
            "xl/worksheets/sheet1.xml",
            "xl/worksheets/_rels/sheet1.xml.rels",
            "xl/tables/table1.xml"
        ]
    );
    let again = xlsx::open_bytes(saved).unwrap();
    let names: Vec<_> = again
        .order()
        .iter()
        .map(|&id| again.sheet(id).name.clone())
        .collect();
    assert_eq!(names, ["Other".into(), std::sync::Arc::from("Third <3")]);
    assert_eq!(value(&again, "Third <3", "B2"), "text".into());
    assert!(
        again
            .names
            .get("here", again.sheet_named("Other"))
            .is_some()
    );
}

#[test]
fn styles_and_columns_made_here_are_appended() {
    let bytes = sample();
    let mut book = xlsx::open_bytes(bytes).unwrap();
    let sheet = book.sheet_named("Data & more").unwrap();
    let rect = Rect::new(Pos::new(1, 1), Pos::new(1, 3));
    for code in ["0.000%", "0.00%"] {
        apply(
            &mut book,
            Edit::SetNumberFormat {
                area: Area { sheet, rect },
                code: code.into(),
            },
        );
    }
    let whole = Rect::new(Pos::new(0, 4), Pos::new(gradsheet::grid::MAX_ROWS - 1, 5));
    apply(
        &mut book,
        Edit::SetNumberFormat {
            area: Area { sheet, rect: whole },
            code: "0.000%".into(),
        },
    );
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(
        report.changed,
        ["xl/styles.xml", "xl/worksheets/sheet1.xml"]
    );
    let again = xlsx::open_bytes(saved).unwrap();
    assert_eq!(again.styles.len(), book.styles.len());
    for (at, code, bold) in [
        ("B2", "0.00%", true),
        ("D2", "0.00%", false),
        ("F99", "0.000%", false),
        ("B3", "0.00", true),
    ] {
        let pos = Pos::parse_a1(at).unwrap();
        let style = again.styles.get(again.sheet(sheet).style(pos));
        assert_eq!(
            (&*style.number_format, style.font.bold),
            (code, bold),
            "{at}"
        );
    }
    // A column element needs a width: those that had none got the default.
    assert_eq!(
        again.sheet(sheet).columns[&0],
        book.sheet(sheet).columns[&0]
    );
}

/// What a cell is: its value, its formula, how the formula fills cells, and
/// which.
type CellFacts = (Value, Option<(Template, RunKind, Option<Rect>)>, u32);

fn facts(book: &Workbook, sheet: &str, at: Pos) -> CellFacts {
    let sheet = book.sheet(book.sheet_named(sheet).unwrap());
    let formula = sheet.runs.at(at).map(|(_, run)| {
        let template = (**book.templates.get(run.template)).clone();
        let rect = match run.kind {
            RunKind::Plain => None,
            RunKind::Dynamic => sheet.spills.get(&at).copied(),
            RunKind::Array | RunKind::DataTable => Some(run.rect),
        };
        (template, run.kind.clone(), rect)
    });
    (sheet.cells.get(at), formula, sheet.style(at))
}

mod random_edits {
    use super::*;
    use proptest::prelude::*;

    fn content(book: &mut Workbook, choice: u32, at: Pos) -> Content {
        let formula = |book: &mut Workbook, text: &str, kind| {
            let tree = formula::parse(text, at).unwrap();
            Content::Formula {
                template: book.templates.intern(Template::Formula(tree)),
                kind,
                values: vec![Value::Number(f64::from(choice))],
            }
        };
        match choice {
            0 => Content::Value(Value::Blank),
            1 => Content::Value(Value::Bool(false)),
            2 => Content::Value(" two\n".into()),
            3 => formula(book, "SUM($A$1:A2)", RunKind::Plain),
            4 => formula(book, "B3*2", RunKind::Plain),
            5 => formula(book, "B2:B4", RunKind::Dynamic),
            6 => formula(book, "B2:B4&\"\"", RunKind::Array),
            x => Content::Value(Value::Number(f64::from(x) / 7.0)),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_is_saved_reads_back(
            edits in prop::collection::vec((1u32..16, 0u32..6, 0u32..3, 0u32..2, 0u32..10), 1..20),
        ) {
            for (bytes, sheet) in [(sample(), "Data & more"), (shared_formulas(), "S")] {
                check(bytes, sheet, &edits)?;
            }
        }
    }

    /// Two columns of shared formulas, one of which lies in two rectangles.
    fn shared_formulas() -> Vec<u8> {
        let mut data = String::from("<sheetData>");
        for row in 1..=12 {
            let formula = |col: &str, si: u32, text: &str| {
                let (si, text) = (if row > 6 && si == 1 { 9 } else { si }, text);
                let inside = match row {
                    1 | 7 if si != 0 || row == 1 => {
                        format!("<f t=\"shared\" ref=\"{col}{row}:{col}12\" si=\"{si}\">{text}</f>")
                    }
                    _ => format!("<f t=\"shared\" si=\"{si}\"/>"),
                };
                format!("<c r=\"{col}{row}\">{inside}<v>{row}</v></c>")
            };
            data += &format!("<row r=\"{row}\">");
            data += &formula("B", 0, "A1+1");
            data += &formula("C", 1, &format!("B{row}*$A$1"));
            data += "</row>";
        }
        package(&(data + "</sheetData>"))
    }

    type RandomEdit = (u32, u32, u32, u32, u32);

    fn check(mut bytes: Vec<u8>, name: &str, edits: &[RandomEdit]) -> Result<(), TestCaseError> {
        // Twice, so that what was saved is edited again.
        for edits in edits.chunks(edits.len().div_ceil(2)) {
            let mut book = xlsx::open_bytes(bytes).unwrap();
            let sheet = book.sheet_named(name).unwrap();
            for &(row, col, down, right, choice) in edits {
                let at = Pos::new(row, col);
                let content = content(&mut book, choice, at);
                let rect = Rect::new(at, Pos::new(row + down, col + right));
                let edit = Edit::Set {
                    area: Area { sheet, rect },
                    content: match content {
                        // One value a cell.
                        Content::Formula {
                            template,
                            kind,
                            values,
                        } => Content::Formula {
                            template,
                            kind,
                            values: vec![values[0].clone(); rect.len() as usize],
                        },
                        value => value,
                    },
                };
                // Part of an array cannot be changed.
                let _ = book.apply(&Transaction::new("Edit", vec![edit]));
            }
            let (saved, _) = xlsx::to_bytes(&book).unwrap();
            let again = xlsx::open_bytes(saved.clone()).unwrap();
            for at in Rect::new(Pos::new(0, 0), Pos::new(24, 9)).cells() {
                prop_assert_eq!(facts(&again, name, at), facts(&book, name, at), "{}", at);
            }
            bytes = saved;
        }
        Ok(())
    }
}
