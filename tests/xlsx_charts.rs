//! Charts, filters and tables that are made here, through files.

#[path = "shared/featured.rs"]
mod featured;
#[path = "shared/package.rs"]
mod package;
#[path = "shared/readers.rs"]
mod readers;

use featured::featured;
use gradsheet::formula;
use gradsheet::grid::{Area, Axis, Pos, Rect, Shift};
use gradsheet::value::Value;
use gradsheet::workbook::{
    AutoFilter, Chart, ChartKind, ChartSeries, Criterion, Edit, FilterOp, FilterTest, Join,
    LayoutEdit, SheetEdit, Table, TableColumn, TableEdit, Template, Transaction, Workbook,
};
use gradsheet::xlsx;
use package::{differing, text};
use std::sync::Arc;

fn apply(book: &mut Workbook, edits: Vec<Edit>) {
    book.apply(&Transaction::new("Edit", edits)).unwrap();
}

fn reference(text: &str) -> Arc<Template> {
    Arc::new(Template::Formula(
        formula::parse(text, Pos::new(0, 0)).unwrap(),
    ))
}

fn rect(a: &str, b: &str) -> Rect {
    Rect::new(Pos::parse_a1(a).unwrap(), Pos::parse_a1(b).unwrap())
}

fn every_chart() -> Vec<Chart> {
    let series = |name: &str, x: Option<&str>, y: &str| ChartSeries {
        name: Some(reference(name)),
        x: x.map(reference),
        y: reference(y),
    };
    let chart = |kind, column: u32, series| Chart {
        kind,
        title: "Loss & more".into(),
        series,
        anchor: Rect::sized(Pos::new(30, column), 12, 5).unwrap(),
        log_x: false,
        log_y: false,
    };
    let two = vec![
        series("Data!$B$1", Some("Data!$A$2:$A$20"), "Data!$B$2:$B$20"),
        series("\"Price <b>\"", Some("Data!$A$2:$A$20"), "Data!$C$2:$C$20"),
    ];
    vec![
        Chart {
            log_y: true,
            ..chart(ChartKind::Line, 0, two.clone())
        },
        Chart {
            log_x: true,
            ..chart(ChartKind::Scatter, 6, two)
        },
        chart(
            ChartKind::Column,
            12,
            vec![series("\"One\"", None, "Data!$B$2:$B$20")],
        ),
        chart(
            ChartKind::Histogram,
            18,
            vec![series("\"Sizes\"", None, "Data!$B$2:$B$20")],
        ),
    ]
}

const CHARTS: &str = "for name in ['Data', 'Other', 'New']:
    if name not in book.sheetnames: continue
    for chart in book[name]._charts:
        series = chart.series[0]
        values = series.val or series.yVal
        at = chart.anchor._from
        print(name, type(chart).__name__, at.col, at.row, len(chart.series), values.numRef.f if values.numRef else values.numLit.ptCount)";

#[test]
fn charts_made_here_are_charts_in_the_file_beside_those_it_had() {
    let original = featured();
    let mut book = xlsx::open_bytes(original.clone()).unwrap();
    let data = book.sheet_named("Data").unwrap();
    apply(
        &mut book,
        vec![
            Edit::AddSheet { name: "New".into() },
            Edit::SetCharts {
                sheet: data,
                charts: every_chart(),
            },
        ],
    );
    let new = book.sheet_named("New").unwrap();
    let charts = every_chart()[..1].to_vec();
    apply(&mut book, vec![Edit::SetCharts { sheet: new, charts }]);
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert!(report.added.contains(&"xl/charts/chart3.xml".to_owned()));
    // The sheet had a drawing: its own part stays.
    assert!(!differing(&original, &saved).contains(&"xl/worksheets/sheet1.xml".to_owned()));
    let histogram = text(&saved, "xl/charts/chart6.xml");
    assert!(histogram.contains("<c:numLit>"), "{histogram}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("charts.xlsx");
    std::fs::write(&file, &saved).unwrap();
    if let Some(seen) = readers::openpyxl(&file, CHARTS) {
        assert_eq!(
            seen,
            "Data LineChart 8 3 1 Data!$B$2:$B$20\n\
             Data LineChart 0 30 2 Data!$B$2:$B$20\n\
             Data ScatterChart 6 30 2 Data!$B$2:$B$20\n\
             Data BarChart 12 30 1 Data!$B$2:$B$20\n\
             Data BarChart 18 30 1 3\n\
             Other BarChart 5 5 1 Data!$C$2:$C$20\n\
             New LineChart 0 30 2 Data!$B$2:$B$20"
        );
    }
    if let Some(bytes) = readers::libreoffice(&file) {
        let charts = package::parts(&bytes);
        let charts = charts
            .keys()
            .filter(|name| name.starts_with("xl/charts/chart"));
        assert_eq!(charts.count(), 7);
    }
    // Taken away again, the file is what it was.
    let charts = Vec::new();
    apply(
        &mut book,
        vec![
            Edit::SetCharts {
                sheet: data,
                charts,
            },
            Edit::RemoveSheet { sheet: new },
        ],
    );
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(differing(&original, &saved), [""; 0]);
}

#[test]
fn a_chart_made_here_follows_its_cells() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    let charts = every_chart()[..1].to_vec();
    apply(&mut book, vec![Edit::SetCharts { sheet, charts }]);
    let before = book.sheet(sheet).charts.clone();
    let edits = vec![
        Edit::Shift {
            sheet,
            shift: Shift::insert(Axis::Rows, 5, 2),
        },
        Edit::Sheet {
            sheet,
            edit: SheetEdit::Rename("Other name".into()),
        },
    ];
    let done = book.apply(&Transaction::new("Edit", edits)).unwrap();
    let chart = &book.sheet(sheet).charts[0];
    assert_eq!(chart.anchor, Rect::sized(Pos::new(32, 0), 12, 5).unwrap());
    assert_eq!(chart.series[0].y, reference("'Other name'!$B$2:$B$22"));
    book.apply(&done.inverse).unwrap();
    assert_eq!(book.sheet(sheet).charts, before);
}

#[test]
fn a_new_workbook_holds_its_charts() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    let charts = every_chart();
    apply(&mut book, vec![Edit::SetCharts { sheet, charts }]);
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let chart = text(&saved, "xl/charts/chart1.xml");
    assert!(chart.contains("<c:f>Data!$C$2:$C$20</c:f>"), "{chart}");
    assert!(text(&saved, "xl/worksheets/sheet1.xml").contains("<drawing"));
    assert!(xlsx::open_bytes(saved).is_ok());
}

#[test]
fn a_scatter_chart_of_one_column_counts_along_its_first_axis() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    let mut chart = every_chart().remove(1);
    chart.series[0].x = None;
    let charts = vec![chart];
    apply(&mut book, vec![Edit::SetCharts { sheet, charts }]);
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let chart = text(&saved, "xl/charts/chart1.xml");
    // The second series has numbers of its own.
    assert_eq!(chart.matches("<c:xVal>").count(), 1, "{chart}");
    assert_eq!(chart.matches("<c:yVal>").count(), 2, "{chart}");
    assert!(!chart.contains("S!$"), "{chart}");
}

#[test]
fn a_table_made_here_is_a_table_in_the_file() {
    let mut book = xlsx::open_bytes(featured()).unwrap();
    let data = book.sheet_named("Data").unwrap();
    let set = |at: &str, value: Value| Edit::SetValues {
        area: Area {
            sheet: data,
            rect: rect(at, at),
        },
        values: vec![value],
    };
    apply(
        &mut book,
        vec![
            set("K1", "First".into()),
            set("L1", "Two\nlines".into()),
            set("K2", 1.0.into()),
            set("K3", "All".into()),
        ],
    );
    let column = |name: &str| TableColumn {
        name: name.into(),
        saved_as: None,
        formula: None,
        criterion: None,
    };
    book.tables.push(Table {
        name: "Made".into(),
        saved_as: None,
        area: Area {
            sheet: data,
            rect: rect("K1", "L3"),
        },
        columns: vec![column("First"), column("Two\nlines")],
        header_rows: 1,
        totals_rows: 1,
        buttons: true,
    });
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let again = xlsx::open_bytes(saved.clone()).unwrap();
    let made = again.tables.get("Made").unwrap();
    assert_eq!(made.area.rect, rect("K1", "L3"));
    assert_eq!(&*made.columns[1].name, "Two\nlines");
    assert_eq!((made.header_rows, made.totals_rows), (1, 1));
    assert!(again.tables.get("Keys").is_some());
    let part = text(&saved, "xl/tables/table2.xml");
    assert!(
        part.contains("id=\"2\"") && part.contains("totalsRowLabel=\"All\""),
        "{part}"
    );
    assert!(part.contains("<autoFilter ref=\"K1:L2\"/>"), "{part}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.xlsx");
    std::fs::write(&file, &saved).unwrap();
    let script = "print({table.name: table.ref for table in book['Data'].tables.values()})";
    if let Some(seen) = readers::openpyxl(&file, script) {
        assert_eq!(seen, "{'Made': 'K1:L3'}");
    }
}

#[test]
fn a_filter_and_what_it_hides_are_written_and_read_again() {
    let mut book = xlsx::open_bytes(featured()).unwrap();
    let sheet = book.sheet_named("Data").unwrap();
    let found = book.sheet(sheet).filter.as_ref().map(|filter| filter.rect);
    assert_eq!(found, Some(rect("A1", "D20")));
    let test = |operator, value: &str| FilterTest {
        operator,
        value: value.into(),
    };
    let mut filter = AutoFilter::new(rect("A1", "C18"));
    filter.columns.insert(
        0,
        Criterion::Custom {
            first: test(FilterOp::Greater, "5"),
            second: Some((Join::And, test(FilterOp::NotEqual, "a<b*"))),
        },
    );
    filter.columns.insert(
        1,
        Criterion::Values {
            texts: vec!["1.5".into(), "x & y".into()],
            blanks: true,
        },
    );
    filter.columns.insert(
        2,
        Criterion::Top {
            count: 3.0,
            percent: true,
            bottom: true,
        },
    );
    let layout = |edit| Edit::Layout { sheet, edit };
    apply(
        &mut book,
        vec![
            layout(LayoutEdit::Filter(Some(filter.clone()))),
            layout(LayoutEdit::Filtered {
                first: 1,
                last: 17,
                hidden: vec![(1, 4), (9, 9)],
            }),
        ],
    );
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let again = xlsx::open_bytes(saved.clone()).unwrap();
    assert_eq!(again.sheet(sheet).filter, Some(filter));
    assert_eq!(again.sheet(sheet).rows, book.sheet(sheet).rows);
    assert!(again.sheet(sheet).rows.get(9).filtered);
    let name = again
        .names
        .get("_xlnm._FilterDatabase", Some(sheet))
        .unwrap();
    assert_eq!((&*name.formula, name.hidden), ("Data!$A$1:$C$18", true));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("filter.xlsx");
    std::fs::write(&file, &saved).unwrap();
    let script = "sheet = book['Data']
print(sheet.auto_filter.ref, len(sheet.auto_filter.filterColumn), sheet.row_dimensions[2].hidden)";
    if let Some(seen) = readers::openpyxl(&file, script) {
        assert_eq!(seen, "A1:C18 3 True");
    }
    apply(&mut book, vec![layout(LayoutEdit::Filter(None))]);
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let again = xlsx::open_bytes(saved).unwrap();
    assert_eq!(again.sheet(sheet).filter, None);
    assert!(
        again
            .names
            .get("_xlnm._FilterDatabase", Some(sheet))
            .is_none()
    );
}

#[test]
fn tables_that_were_changed_are_changed_in_the_file() {
    let mut book = xlsx::open_bytes(featured()).unwrap();
    let other = book.sheet_named("Other").unwrap();
    let table = |edit| Edit::Table(edit);
    apply(
        &mut book,
        vec![
            table(TableEdit::Resize {
                table: "Keys".into(),
                rect: rect("A1", "C4"),
            }),
            table(TableEdit::RenameColumn {
                table: "Keys".into(),
                column: "Value".into(),
                to: "Amount".into(),
            }),
            table(TableEdit::Rename {
                table: "Keys".into(),
                to: "Doors".into(),
            }),
            table(TableEdit::Totals {
                table: "Doors".into(),
                shown: true,
            }),
        ],
    );
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(report.added, [""; 0]);
    let again = xlsx::open_bytes(saved.clone()).unwrap();
    let (is, was) = (
        again.tables.get("Doors").unwrap(),
        book.tables.get("Doors").unwrap(),
    );
    assert_eq!((is.area, is.totals_rows), (was.area, 1));
    let names =
        |table: &Table| -> Vec<Arc<str>> { table.columns.iter().map(|c| c.name.clone()).collect() };
    assert_eq!(names(is), names(was));
    assert_eq!(&*names(is)[1], "Amount");
    // The columns that stay keep their numbers.
    let part = text(&saved, "xl/tables/table1.xml");
    assert!(part.contains("id=\"2\" name=\"Amount\""), "{part}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.xlsx");
    std::fs::write(&file, &saved).unwrap();
    let script = "print({table.name: table.ref for table in book['Other'].tables.values()})";
    if let Some(seen) = readers::openpyxl(&file, script) {
        assert_eq!(seen, format!("{{'Doors': '{}'}}", was.area.rect));
    }
    apply(
        &mut book,
        vec![table(TableEdit::Unroll {
            table: "Doors".into(),
        })],
    );
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(report.removed, ["xl/tables/table1.xml"]);
    assert!(!text(&saved, "xl/worksheets/sheet2.xml").contains("tablePart"));
    let again = xlsx::open_bytes(saved).unwrap();
    assert!(again.tables.iter().next().is_none());
    assert!(!again.sheet(other).name.is_empty());
}
