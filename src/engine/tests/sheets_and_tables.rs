//! Sheets and tables renamed, copied, resized, taken apart.

use super::shifts::{area, columns, edit, rect, refused, rows, text};
use super::*;
use crate::grid::Shift;
use crate::workbook::{Content, DefinedName, Edit, SheetEdit, TableEdit, Visibility};

/// `People` in A1:C4: Name, Age, Twice (a formula).
fn people() -> Engine {
    let mut engine = sheet(&[
        ("A1", "Name"),
        ("B1", "Age"),
        ("C1", "Twice"),
        ("A2", "Ann"),
        ("B2", "3"),
        ("A3", "Bob"),
        ("B3", "4"),
        ("A4", "Cid"),
        ("B4", "5"),
    ]);
    let content = engine.formula_content(cell("C2"), "B2*2").unwrap();
    let area_of = area("C2:C4");
    edit(
        &mut engine,
        Edit::Set {
            area: area_of,
            content,
        },
    );
    table(
        &mut engine,
        TableEdit::Create {
            name: "People".into(),
            area: area("A1:C4"),
        },
    );
    enter(&mut engine, "F1", "=SUM(People[Age])");
    enter(&mut engine, "F2", "=SUM(People[[Age]:[Twice]])");
    enter(&mut engine, "F3", "=ROWS(People)");
    engine
}

#[track_caller]
fn table(engine: &mut Engine, change: TableEdit) -> u64 {
    edit(engine, Edit::Table(change))
}

fn shape(engine: &Engine) -> String {
    let table = engine.workbook().tables.iter().next().unwrap();
    let columns: Vec<&str> = table.columns.iter().map(|c| &*c.name).collect();
    format!("{} {} {}", table.name, table.area.rect, columns.join(","))
}

fn undo_all(engine: &mut Engine) {
    while engine.undo().unwrap().is_some() {}
}

#[test]
fn a_table_is_made_of_a_range_with_headers_that_differ() {
    let mut engine = sheet(&[("A1", "x"), ("B1", "x"), ("D1", "2024"), ("A2", "1")]);
    table(
        &mut engine,
        TableEdit::Create {
            name: "T".into(),
            area: area("A1:D1"),
        },
    );
    assert_eq!(shape(&engine), "T A1:D2 x,x2,Column1,2024");
    assert_eq!(value(&engine, "D1"), Value::text("2024"));
    assert_eq!(value(&engine, "C1"), Value::text("Column1"));
    let again = Edit::Table(TableEdit::Create {
        name: "t".into(),
        area: area("G1:H3"),
    });
    assert!(refused(&mut engine, again).contains("already a name or a table"));
    let overlap = Edit::Table(TableEdit::Create {
        name: "U".into(),
        area: area("D2:E5"),
    });
    assert!(refused(&mut engine, overlap).contains("overlap"));
    engine.undo().unwrap();
    assert_eq!(value(&engine, "D1"), Value::Number(2024.0));
    assert_eq!(engine.workbook().tables.iter().count(), 0);
}

#[test]
fn rows_inserted_into_a_table_belong_to_it_and_get_its_formulas() {
    let mut engine = people();
    assert_eq!(
        engine.workbook().tables.iter().next().unwrap().columns[2]
            .formula
            .as_deref(),
        Some("B2*2")
    );
    edit(&mut engine, rows(Shift::insert, 3, 2));
    assert_eq!(shape(&engine), "People A1:C6 Name,Age,Twice");
    assert_eq!(text(&engine, "C3"), "=B3*2");
    assert_eq!(number(&engine, "C4"), 0.0);
    assert_eq!(number(&engine, "F5"), 5.0);
    enter(&mut engine, "B3", "10");
    assert_eq!(number(&engine, "F1"), 22.0);
    assert_eq!(
        refused(&mut engine, rows(Shift::delete, 1, 1)),
        "row 1 holds the headers of the table People: delete the rows below it, or first make \
         the table a plain range"
    );
    assert!(refused(&mut engine, rows(Shift::delete, 2, 5)).contains("no row of data"));
    edit(&mut engine, rows(Shift::delete, 1, 6));
    assert_eq!(engine.workbook().tables.iter().count(), 0);
    engine.undo().unwrap();
    assert_eq!(shape(&engine), "People A1:C6 Name,Age,Twice");
    assert_eq!(number(&engine, "F1"), 22.0);
}

#[test]
fn columns_of_a_table_are_inserted_and_deleted() {
    let mut engine = people();
    edit(&mut engine, columns(Shift::insert, "B", 2));
    assert_eq!(
        shape(&engine),
        "People A1:E4 Name,Column1,Column2,Age,Twice"
    );
    assert_eq!(value(&engine, "B1"), Value::text("Column1"));
    assert_eq!(text(&engine, "E2"), "=D2*2");
    assert_eq!(
        engine.workbook().tables.iter().next().unwrap().columns[4]
            .formula
            .as_deref(),
        Some("D2*2")
    );
    assert_eq!(number(&engine, "H1"), 12.0);
    edit(&mut engine, columns(Shift::delete, "D", 1));
    assert_eq!(shape(&engine), "People A1:D4 Name,Column1,Column2,Twice");
    assert_eq!(text(&engine, "G1"), "=SUM(#REF!)");
    assert_eq!(text(&engine, "G2"), "=SUM(People[Twice])");
    assert_eq!(error(&engine, "G1"), ErrorKind::Ref);
    engine.undo().unwrap();
    engine.undo().unwrap();
    assert_eq!(shape(&engine), "People A1:C4 Name,Age,Twice");
    assert_eq!(number(&engine, "F2"), 36.0);
}

#[test]
fn headers_written_over_rename_columns() {
    let mut engine = people();
    enter(&mut engine, "B1", "Years");
    assert_eq!(text(&engine, "F1"), "=SUM(People[Years])");
    assert_eq!(number(&engine, "F1"), 12.0);
    enter(&mut engine, "A1", "years");
    assert_eq!(value(&engine, "A1"), Value::text("years2"));
    enter(&mut engine, "C1", "");
    assert_eq!(shape(&engine), "People A1:C4 years2,Years,Column1");
    enter(&mut engine, "C1", "7");
    assert_eq!(value(&engine, "C1"), Value::text("7"));
    // Two that trade their names.
    let values = vec![Value::text("Years"), Value::text("years2")];
    edit(
        &mut engine,
        Edit::SetValues {
            area: area("A1:B1"),
            values,
        },
    );
    assert_eq!(shape(&engine), "People A1:C4 Years,years2,7");
    assert_eq!(text(&engine, "F1"), "=SUM(People[years2])");
    let to = "n".into();
    let column = "7".into();
    table(
        &mut engine,
        TableEdit::RenameColumn {
            table: "people".into(),
            column,
            to,
        },
    );
    assert_eq!(value(&engine, "C1"), Value::text("n"));
    assert_eq!(text(&engine, "F2"), "=SUM(People[[years2]:[n]])");
    let (table_name, column, to) = ("People".into(), "n".into(), "YEARS".into());
    let clash = TableEdit::RenameColumn {
        table: table_name,
        column,
        to,
    };
    assert!(refused(&mut engine, Edit::Table(clash)).contains("names of columns differ"));
    for _ in 0..6 {
        engine.undo().unwrap();
    }
    assert_eq!(shape(&engine), "People A1:C4 Name,Age,Twice");
    assert_eq!(text(&engine, "F1"), "=SUM(People[Age])");
}

#[test]
fn a_table_grows_by_what_is_typed_beside_it() {
    let mut engine = people();
    enter(&mut engine, "B5", "6");
    let growth = engine.workbook().table_growth(area("B5")).expect("grows");
    edit(&mut engine, growth);
    assert_eq!(shape(&engine), "People A1:C5 Name,Age,Twice");
    assert_eq!(number(&engine, "C5"), 12.0, "the column's formula");
    assert_eq!(number(&engine, "F1"), 18.0);
    enter(&mut engine, "D3", "1");
    let growth = engine.workbook().table_growth(area("D3")).expect("grows");
    edit(&mut engine, growth);
    assert_eq!(shape(&engine), "People A1:D5 Name,Age,Twice,Column1");
    assert_eq!(value(&engine, "D1"), Value::text("Column1"));
    enter(&mut engine, "A7", "x");
    assert_eq!(engine.workbook().table_growth(area("A7")), None);
    enter(&mut engine, "A6", "x");
    enter(&mut engine, "B6", "x");
    assert_eq!(
        engine.workbook().table_growth(area("A6")),
        None,
        "another cell is there"
    );
    // What is filled or pasted over several cells counts as a whole.
    assert!(engine.workbook().table_growth(area("A6:B6")).is_some());
    assert!(engine.workbook().table_growth(area("A2:B6")).is_some());
    assert_eq!(engine.workbook().table_growth(area("A6:F6")), None);
    let rect = rect("A1:B3");
    table(
        &mut engine,
        TableEdit::Resize {
            table: "People".into(),
            rect,
        },
    );
    assert_eq!(shape(&engine), "People A1:B3 Name,Age");
    assert_eq!(text(&engine, "F2"), "=SUM(People[Age])");
    assert_eq!(number(&engine, "F3"), 2.0);
    undo_all(&mut engine);
    assert_eq!(value(&engine, "A1"), Value::Blank);
}

#[test]
fn totals_are_shown_and_taken_away() {
    let mut engine = people();
    let totals = |shown| TableEdit::Totals {
        table: "People".into(),
        shown,
    };
    table(&mut engine, totals(true));
    assert_eq!(shape(&engine), "People A1:C5 Name,Age,Twice");
    assert_eq!(value(&engine, "A5"), Value::text("Total"));
    assert_eq!(text(&engine, "C5"), "=SUBTOTAL(109,People[Twice])");
    assert_eq!(number(&engine, "C5"), 24.0);
    assert_eq!(number(&engine, "F3"), 3.0, "no row of data");
    edit(&mut engine, rows(Shift::insert, 5, 1));
    assert_eq!(shape(&engine), "People A1:C6 Name,Age,Twice");
    assert_eq!(text(&engine, "C5"), "=B5*2");
    table(&mut engine, totals(false));
    assert_eq!(shape(&engine), "People A1:C5 Name,Age,Twice");
    assert_eq!(value(&engine, "C6"), Value::Blank);
    for _ in 0..3 {
        engine.undo().unwrap();
    }
    assert_eq!(shape(&engine), "People A1:C4 Name,Age,Twice");
    enter(&mut engine, "B5", "here");
    assert!(refused(&mut engine, Edit::Table(totals(true))).contains("not empty"));
}

#[test]
fn a_table_is_renamed_and_becomes_a_range() {
    let mut engine = people();
    edit(
        &mut engine,
        Edit::DefineName(DefinedName {
            name: "ages".into(),
            scope: None,
            formula: "People[Age]".into(),
            hidden: false,
        }),
    );
    enter(&mut engine, "G3", "=People[@Age]");
    enter(&mut engine, "G1", "=SUM(ages)");
    let (from, to) = ("People".into(), "Folk".into());
    let evaluated = table(&mut engine, TableEdit::Rename { table: from, to });
    assert_eq!(evaluated, 0);
    assert_eq!(text(&engine, "F1"), "=SUM(Folk[Age])");
    let formula = |engine: &Engine| {
        engine
            .workbook()
            .names
            .get("ages", None)
            .unwrap()
            .formula
            .to_string()
    };
    assert_eq!(formula(&engine), "Folk[Age]");
    let evaluated = table(
        &mut engine,
        TableEdit::Unroll {
            table: "Folk".into(),
        },
    );
    assert_eq!(evaluated, 0);
    assert_eq!(text(&engine, "F1"), "=SUM(Sheet1!$B$2:$B$4)");
    assert_eq!(text(&engine, "G3"), "=Sheet1!$B3");
    assert_eq!(formula(&engine), "Sheet1!$B$2:$B$4");
    assert_eq!(engine.workbook().tables.iter().count(), 0);
    enter(&mut engine, "B3", "14");
    assert_eq!(number(&engine, "G1"), 22.0);
    assert_eq!(number(&engine, "G3"), 14.0);
    for _ in 0..3 {
        engine.undo().unwrap();
    }
    assert_eq!(text(&engine, "G3"), "=People[@Age]");
}

fn change_sheet(engine: &mut Engine, sheet: u32, change: SheetEdit) -> u64 {
    let edit_ = Edit::Sheet {
        sheet: SheetId(sheet),
        edit: change,
    };
    edit(engine, edit_)
}

fn tabs(engine: &Engine) -> String {
    let book = engine.workbook();
    let names: Vec<&str> = book
        .order()
        .iter()
        .map(|&id| &*book.sheet(id).name)
        .collect();
    names.join(" ")
}

fn on(sheet: u32, at: &str) -> Cell {
    Cell {
        sheet: SheetId(sheet),
        ..cell(at)
    }
}

#[test]
fn a_renamed_sheet_is_followed_by_formulas_and_names() {
    let mut engine = sheet(&[("A1", "5"), ("A2", "=A1+Sheet1!A1")]);
    edit(
        &mut engine,
        Edit::AddSheet {
            name: "Other".into(),
        },
    );
    engine.enter(on(1, "A1"), "=Sheet1!A1*2").unwrap();
    edit(
        &mut engine,
        Edit::DefineName(DefinedName {
            name: "first".into(),
            scope: None,
            formula: "Sheet1!$A$1".into(),
            hidden: false,
        }),
    );
    let evaluated = change_sheet(&mut engine, 0, SheetEdit::Rename("My data".into()));
    assert_eq!(evaluated, 0);
    assert_eq!(text(&engine, "A2"), "=A1+'My data'!A1");
    assert_eq!(engine.formula_text(on(1, "A1")).unwrap(), "='My data'!A1*2");
    let name = engine.workbook().names.get("first", None).unwrap();
    assert_eq!(&*name.formula, "'My data'!$A$1");
    enter(&mut engine, "A1", "6");
    assert_eq!(engine.value(on(1, "A1")), Value::Number(12.0));
    let taken = Edit::Sheet {
        sheet: SheetId(0),
        edit: SheetEdit::Rename("OTHER".into()),
    };
    assert!(refused(&mut engine, taken).contains("already a sheet"));
    engine.undo().unwrap();
    engine.undo().unwrap();
    assert_eq!(tabs(&engine), "Sheet1 Other");
    assert_eq!(text(&engine, "A2"), "=A1+Sheet1!A1");
}

#[test]
fn a_copied_sheet_refers_to_itself_and_has_its_own_tables_and_names() {
    let mut engine = people();
    edit(
        &mut engine,
        Edit::AddSheet {
            name: "Other".into(),
        },
    );
    enter(&mut engine, "F4", "=Sheet1!B2+Other!A1");
    for (name, scope, formula) in [
        ("ages", None, "Sheet1!$B$2:$B$4"),
        ("local", Some(SheetId(0)), "Sheet1!$A$2"),
        ("rate", None, "Other!$A$1"),
    ] {
        edit(
            &mut engine,
            Edit::DefineName(DefinedName {
                name: name.into(),
                scope,
                formula: formula.into(),
                hidden: false,
            }),
        );
    }
    enter(&mut engine, "F5", "=SUM(ages)");
    let name = "Sheet1 (2)".into();
    change_sheet(&mut engine, 0, SheetEdit::Copy { name, position: 1 });
    assert_eq!(tabs(&engine), "Sheet1 Sheet1 (2) Other");
    let formula = |at: &str| engine.formula_text(on(2, at)).unwrap();
    assert_eq!(formula("F1"), "=SUM(People2[Age])");
    assert_eq!(formula("F4"), "='Sheet1 (2)'!B2+Other!A1");
    assert_eq!(formula("C3"), "=B3*2");
    let names = &engine.workbook().names;
    let copy = Some(SheetId(2));
    assert_eq!(
        &*names.get("ages", copy).unwrap().formula,
        "'Sheet1 (2)'!$B$2:$B$4"
    );
    assert_eq!(
        &*names.get("local", copy).unwrap().formula,
        "'Sheet1 (2)'!$A$2"
    );
    assert!(names.get("rate", copy).is_none());
    engine.enter(on(2, "B2"), "13").unwrap();
    assert_eq!(engine.value(on(2, "F1")), Value::Number(22.0));
    assert_eq!(engine.value(on(2, "F5")), Value::Number(22.0));
    assert_eq!(number(&engine, "F1"), 12.0);
    engine.undo().unwrap();
    engine.undo().unwrap();
    assert_eq!(tabs(&engine), "Sheet1 Other");
    assert_eq!(engine.workbook().tables.iter().count(), 1);
    engine.redo().unwrap();
    assert_eq!(engine.value(on(2, "F1")), Value::Number(12.0));
}

#[test]
fn sheets_move_under_3d_references_hide_and_go() {
    let mut engine = sheet(&[("A1", "1")]);
    for name in ["B", "C", "D"] {
        edit(&mut engine, Edit::AddSheet { name: name.into() });
    }
    for (sheet, n) in [(1, "10"), (2, "100"), (3, "1000")] {
        engine.enter(on(sheet, "A1"), n).unwrap();
    }
    enter(&mut engine, "B1", "=SUM(B:D!A1)");
    enter(&mut engine, "B2", "=C!A1");
    assert_eq!(number(&engine, "B1"), 1110.0);
    change_sheet(&mut engine, 2, SheetEdit::Move(0));
    assert_eq!(tabs(&engine), "C Sheet1 B D");
    assert_eq!(number(&engine, "B1"), 1010.0);
    change_sheet(&mut engine, 2, SheetEdit::Show(Visibility::Hidden));
    assert_eq!(
        engine.workbook().sheet(SheetId(2)).visibility,
        Visibility::Hidden
    );
    edit(&mut engine, Edit::RemoveSheet { sheet: SheetId(3) });
    assert_eq!(text(&engine, "B1"), "=SUM(B:B!A1)");
    assert_eq!(number(&engine, "B1"), 10.0);
    edit(&mut engine, Edit::RemoveSheet { sheet: SheetId(2) });
    assert_eq!(text(&engine, "B2"), "=#REF!");
    assert_eq!(error(&engine, "B2"), ErrorKind::Ref);
    for _ in 0..4 {
        engine.undo().unwrap();
    }
    assert_eq!(tabs(&engine), "Sheet1 B C D");
    assert_eq!(text(&engine, "B2"), "='C'!A1");
    assert_eq!(numbers(&engine, "B1:B2"), [1110.0, 100.0]);
}

#[test]
fn a_renamed_name_is_followed() {
    let mut engine = sheet(&[("A1", "5")]);
    for (name, scope) in [("rate", None), ("twice", None)] {
        edit(
            &mut engine,
            Edit::DefineName(DefinedName {
                name: name.into(),
                scope,
                formula: if name == "rate" {
                    "Sheet1!$A$1"
                } else {
                    "rate*2"
                }
                .into(),
                hidden: false,
            }),
        );
    }
    enter(&mut engine, "B1", "=rate+twice");
    let (name, to) = ("RATE".into(), "tax".into());
    edit(
        &mut engine,
        Edit::RenameName {
            name,
            scope: None,
            to,
        },
    );
    assert_eq!(text(&engine, "B1"), "=tax+twice");
    assert_eq!(
        &*engine.workbook().names.get("twice", None).unwrap().formula,
        "tax*2"
    );
    enter(&mut engine, "A1", "1");
    assert_eq!(number(&engine, "B1"), 3.0);
    let (name, to) = ("tax".into(), "twice".into());
    let taken = Edit::RenameName {
        name,
        scope: None,
        to,
    };
    assert!(refused(&mut engine, taken).contains("already"));
    engine.undo().unwrap();
    engine.undo().unwrap();
    assert_eq!(text(&engine, "B1"), "=rate+twice");
}

#[test]
fn constants_in_a_header_row_stay_what_other_edits_made_them() {
    let mut engine = people();
    let content = Content::Value(Value::Blank);
    edit(
        &mut engine,
        Edit::Set {
            area: area("A1:A4"),
            content,
        },
    );
    assert_eq!(shape(&engine), "People A1:C4 Column1,Age,Twice");
    engine.undo().unwrap();
    assert_eq!(value(&engine, "A1"), Value::text("Name"));
}

/// What cutting `from` and pasting it at `to` does.
fn move_cells(engine: &mut Engine, from: &str, to: &str) {
    let from = area(from);
    edit(engine, Edit::Move { from, to: cell(to) });
}

#[test]
fn a_copied_table_gets_a_name_that_is_no_cell() {
    let mut engine = sheet(&[("A1", "qty"), ("A2", "3")]);
    let (name, area) = ("Tab".into(), area("A1:A2"));
    table(&mut engine, TableEdit::Create { name, area });
    enter(&mut engine, "C1", "=SUM(Tab[qty])");
    for (n, name) in ["Sheet1 (2)", "Sheet1 (3)"].into_iter().enumerate() {
        let name = name.into();
        change_sheet(&mut engine, 0, SheetEdit::Copy { name, position: 1 });
        let formula = engine.formula_text(on(n as u32 + 1, "C1")).unwrap();
        assert_eq!(formula, format!("=SUM(Tab_{}[qty])", n + 2));
        assert!(crate::formula::parse(&formula[1..], cell("C1").pos).is_ok());
    }
}

#[test]
fn headers_that_cells_are_moved_from_or_onto_stay_texts() {
    let check = |from: &str, to: &str, shaped: &str, formula: &str| {
        let mut engine = people();
        enter(&mut engine, "F1", "=SUM(People[Age])");
        let before = shape(&engine);
        move_cells(&mut engine, from, to);
        assert_eq!(shape(&engine), shaped, "{from} to {to}");
        assert_eq!(text(&engine, "F1"), formula, "{from} to {to}");
        let table = engine.workbook().tables.iter().next().unwrap();
        for (col, column) in (table.area.rect.left..).zip(&table.columns) {
            let header = Cell {
                sheet: table.area.sheet,
                pos: Pos::new(table.area.rect.top, col),
            };
            assert_eq!(engine.value(header), Value::Text(column.name.clone()));
        }
        engine.undo().unwrap();
        assert_eq!(shape(&engine), before);
        assert_eq!(text(&engine, "F1"), "=SUM(People[Age])");
        assert_eq!(number(&engine, "F1"), 12.0);
        engine.redo().unwrap();
        assert_eq!(shape(&engine), shaped, "{from} to {to}");
    };
    let people = "People A1:C4";
    check(
        "B1",
        "J20",
        &format!("{people} Name,Column1,Twice"),
        "=SUM(People[Column1])",
    );
    check(
        "J20",
        "B1",
        &format!("{people} Name,Column1,Twice"),
        "=SUM(People[Column1])",
    );
    check(
        "B1",
        "C1",
        &format!("{people} Name,Column1,Age"),
        "=SUM(People[Column1])",
    );
    check(
        "B3",
        "B1",
        &format!("{people} Name,4,Twice"),
        "=SUM(People[4])",
    );
    check(
        "A1:C4",
        "H1",
        "People H1:J4 Name,Age,Twice",
        "=SUM(People[Age])",
    );
}

#[test]
fn a_table_moved_onto_part_of_another_is_refused() {
    let mut engine = people();
    let (name, area) = ("Other".into(), area("H1:I3"));
    table(&mut engine, TableEdit::Create { name, area });
    let from = super::shifts::area("A1:C4");
    let to = cell("G2");
    let why = refused(&mut engine, Edit::Move { from, to });
    assert!(why.contains("People") && why.contains("Other"), "{why}");
    move_cells(&mut engine, "A1:C4", "B2");
}

#[test]
fn formulas_that_use_a_name_are_calculated_when_cells_are_moved_over_what_it_means() {
    let mut engine = sheet(&[("A1", "1"), ("A2", "2"), ("A3", "4"), ("D1", "64")]);
    for (name, formula) in [
        ("one", "Sheet1!$A$1"),
        ("some", "Sheet1!$A$2:$A$3"),
        ("twice", "2*one"),
    ] {
        edit(
            &mut engine,
            Edit::DefineName(DefinedName {
                name: name.into(),
                scope: None,
                formula: formula.into(),
                hidden: false,
            }),
        );
    }
    enter(&mut engine, "F1", "=one");
    enter(&mut engine, "F2", "=SUM(some)");
    enter(&mut engine, "F3", "=twice");
    move_cells(&mut engine, "E1", "A1");
    let gone = Value::Error(ErrorKind::Ref);
    assert_eq!(engine.value(cell("F1")), gone);
    assert_eq!(engine.value(cell("F3")), gone);
    assert_eq!(number(&engine, "F2"), 6.0);
    engine.undo().unwrap();
    assert_eq!(number(&engine, "F1"), 1.0);
    assert_eq!(number(&engine, "F3"), 2.0);
    // The end of a range that is moved away takes the range with it.
    move_cells(&mut engine, "A3", "A5");
    enter(&mut engine, "A4", "8");
    assert_eq!(number(&engine, "F2"), 14.0);
    move_cells(&mut engine, "D1", "A3");
    assert_eq!(number(&engine, "F2"), 78.0);
    move_cells(&mut engine, "C2:C5", "A2");
    assert_eq!(engine.value(cell("F2")), gone);
    for _ in 0..4 {
        engine.undo().unwrap();
    }
    assert_eq!(number(&engine, "F2"), 6.0);
    engine.redo().unwrap();
    assert_eq!(number(&engine, "F1"), 1.0);
}
