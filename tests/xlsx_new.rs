//! New files: what a document holds is what other programs read.

use calamine::{Data, Reader};
use gradsheet::grid::{Area, Pos, Rect};
use gradsheet::value::{ErrorKind, Value};
use gradsheet::workbook::{
    ColumnProps, DefinedName, Panes, Run, RunKind, Table, TableColumn, Template, Workbook,
};
use gradsheet::{formula, xlsx};

fn at(text: &str) -> Pos {
    Pos::parse_a1(text).unwrap()
}

fn rect(from: &str, to: &str) -> Rect {
    Rect::new(at(from), at(to))
}

/// A document with every kind of thing that is written.
fn document() -> Workbook {
    let mut book = Workbook::new();
    let id = book.add_sheet("Data <1>");
    let other = book.add_sheet("Other");
    let percent = book.styles.with_number_format(0, "0.0%");
    let run = |book: &mut Workbook, rect: Rect, text: &str, kind| {
        let tree = formula::parse(text, rect.top_left()).unwrap();
        let template = book.templates.intern(Template::Formula(tree));
        book.sheet_mut(id).runs.insert(Run {
            rect,
            template,
            kind,
        });
    };
    run(&mut book, rect("C2", "C4"), "B2*2", RunKind::Plain);
    run(&mut book, rect("E2", "E3"), "B2:B3*10", RunKind::Array);
    run(&mut book, rect("F2", "F2"), "B2:B3*10", RunKind::Dynamic);
    let sheet = book.sheet_mut(id);
    for (place, value) in [
        ("A1", Value::from("Name")),
        ("B1", "Size".into()),
        ("C1", "Twice".into()),
        ("A2", "nan".into()),
        ("A3", " <b> & \r".into()),
        ("A4", true.into()),
        ("B2", 0.1.into()),
        ("B3", 1e300.into()),
        ("B4", (-5.0).into()),
        ("C2", 0.2.into()),
        ("C3", "nan".into()),
        ("C4", ErrorKind::Na.into()),
        ("E2", 1.0.into()),
        ("E3", 2.0.into()),
        ("F2", 1.0.into()),
        ("F3", 2.0.into()),
        ("XFD1048576", 7.0.into()),
    ] {
        sheet.cells.set(at(place), value);
    }
    sheet.spills.insert(at("F2"), rect("F2", "F3"));
    sheet.styles.set(rect("B2", "B4"), Some(percent));
    sheet.columns.insert(
        1,
        ColumnProps {
            width: Some(22.5),
            ..ColumnProps::default()
        },
    );
    sheet.panes = Some(Panes {
        frozen_rows: 1,
        frozen_cols: 2,
    });
    sheet.merges.push(rect("H1", "I2"));
    book.tables.push(Table {
        name: "Sizes".into(),
        saved_as: None,
        area: Area {
            sheet: id,
            rect: rect("A1", "C4"),
        },
        columns: [("Name", None), ("Size", None), ("Twice", Some("B2*2"))]
            .into_iter()
            .map(|(name, formula)| TableColumn {
                name: name.into(),
                saved_as: None,
                formula: formula.map(Into::into),
                criterion: None,
            })
            .collect(),
        header_rows: 1,
        totals_rows: 0,
        buttons: true,
    });
    for (name, scope, hidden) in [("Rate", None, false), ("solver_opt", Some(other), true)] {
        book.names.define(DefinedName {
            name: name.into(),
            scope,
            formula: "'Data <1>'!$B$2".into(),
            hidden,
        });
    }
    book
}

#[test]
fn a_new_file_reads_back_as_the_document() {
    let book = document();
    let (bytes, _) = xlsx::to_bytes(&book).unwrap();
    let again = xlsx::open_bytes(bytes).unwrap();
    assert_eq!(again.order(), book.order());
    for &id in book.order() {
        let (was, is) = (book.sheet(id), again.sheet(id));
        assert_eq!(is.name, was.name);
        let whole = rect("A1", "XFD1048576");
        let cells = |sheet: &gradsheet::workbook::Sheet| {
            let mut cells = Vec::new();
            sheet
                .cells
                .for_each(whole, &mut |at, value| cells.push((at, value.clone())));
            cells
        };
        assert_eq!(cells(is), cells(was));
        let runs = |book: &Workbook| {
            let mut runs: Vec<_> = book
                .sheet(id)
                .runs
                .iter()
                .map(|(_, run)| {
                    let template = book.templates.get(run.template).clone();
                    (run.rect, run.kind.clone(), template)
                })
                .collect();
            runs.sort_by_key(|run| run.0);
            runs
        };
        assert_eq!(runs(&again), runs(&book));
        assert_eq!(is.spills, was.spills);
        assert_eq!(is.columns, was.columns);
        assert_eq!(is.panes, was.panes);
        assert_eq!(is.merges, was.merges);
        assert_eq!(is.styles, was.styles);
    }
    assert_eq!(&*again.styles.get(1).number_format, "0.0%");
    assert!(again.names.iter().eq(book.names.iter()));
    // The file knows its tables by the names that they have now.
    let mut expected: Vec<Table> = book.tables.iter().cloned().collect();
    for table in &mut expected {
        table.saved_as = Some(table.name.clone());
        for column in &mut table.columns {
            column.saved_as = Some(column.name.clone());
        }
    }
    assert!(again.tables.iter().eq(expected.iter()));
}

#[test]
fn another_reader_sees_the_values_and_formulas() {
    let (bytes, _) = xlsx::to_bytes(&document()).unwrap();
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let mut cells = book.worksheet_cells_reader("Data <1>").unwrap();
    let mut found = Vec::new();
    while let Some(cell) = cells.next_cell().unwrap() {
        let (row, col) = cell.get_position();
        found.push((Pos::new(row, col), Data::from(cell.get_value().clone())));
    }
    let value = |place: &str| found.iter().find(|(p, _)| *p == at(place)).map(|(_, v)| v);
    assert_eq!(value("A2"), Some(&Data::String("nan".into())));
    assert_eq!(value("B3"), Some(&Data::Float(1e300)));
    assert_eq!(value("C3"), Some(&Data::String("nan".into())));
    assert_eq!(value("XFD1048576"), Some(&Data::Float(7.0)));
    drop(cells);
    assert_eq!(book.defined_names().len(), 2);
}

#[test]
fn a_decoration_is_kept_and_cell_formats_in_it_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.xlsx");
    let book = document();
    xlsx::save_new(&book, &path, |package| {
        let scale = rust_xlsxwriter::ConditionalFormat3ColorScale::new();
        let sheet = package.worksheet_from_index(0)?;
        sheet.add_conditional_format(1, 1, 3, 1, &scale)?;
        Ok(())
    })
    .unwrap();
    let mut sheet = String::new();
    let file = std::fs::File::open(&path).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut entry = archive.by_name("xl/worksheets/sheet1.xml").unwrap();
    std::io::Read::read_to_string(&mut entry, &mut sheet).unwrap();
    assert!(sheet.contains("<colorScale>") && sheet.contains("<v>1E300</v>"));
    let refused = xlsx::save_new(&book, &path, |package| {
        let bold = rust_xlsxwriter::Format::new().set_bold();
        package
            .worksheet_from_index(0)?
            .write_with_format(0, 0, 1, &bold)?;
        Ok(())
    });
    assert!(refused.unwrap_err().to_string().contains("cell formats"));
}

#[test]
fn a_workbook_that_was_opened_becomes_a_new_file_with_all_its_formulas() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.xlsx");
    let (bytes, _) = xlsx::to_bytes(&document()).unwrap();
    let opened = xlsx::open_bytes(bytes).unwrap();
    xlsx::save_new(&opened, &path, |_| Ok(())).unwrap();
    let again = xlsx::open(&path).unwrap();
    for &id in opened.order() {
        let (was, is) = (opened.sheet(id), again.sheet(id));
        assert_eq!(is.cells, was.cells);
        assert_eq!(is.runs.iter().count(), was.runs.iter().count());
        assert_eq!(is.spills, was.spills);
    }
    assert_eq!(again.sheet(again.order()[0]).runs.iter().count(), 3);
}
