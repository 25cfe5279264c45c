//! Inserted and deleted rows and columns, renamed, moved and removed sheets,
//! through files: what this program does not know of follows.

#[path = "shared/featured.rs"]
mod featured;
#[path = "shared/package.rs"]
mod package;
#[path = "shared/readers.rs"]
mod readers;

use featured::featured;
use gradsheet::grid::{Area, Axis, Cell, Pos, Rect, Shift};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, SheetEdit, Transaction, Workbook};
use gradsheet::xlsx;
use package::{differing, parts, text};

const SHEET: &str = "xl/worksheets/sheet1.xml";

fn apply(book: &mut Workbook, edits: Vec<Edit>) {
    book.apply(&Transaction::new("Edit", edits)).unwrap();
}

fn shifted(shifts: &[Shift]) -> (Workbook, Vec<u8>) {
    let mut book = xlsx::open_bytes(featured()).unwrap();
    let sheet = book.sheet_named("Data").unwrap();
    let shift = |&shift| Edit::Shift { sheet, shift };
    apply(&mut book, shifts.iter().map(shift).collect());
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    (book, saved)
}

/// What openpyxl finds on the sheet, as lines of text.
const FINDINGS: &str = "sheet = book['Data']
for row in sheet.iter_rows():
    for cell in row:
        if cell.comment: print('comment', cell.coordinate, cell.comment.text)
        if cell.hyperlink: print('link', cell.coordinate, cell.hyperlink.target or cell.hyperlink.location)
for chart in sheet._charts:
    print('chart', chart.anchor._from.row, chart.anchor._from.col, chart.series[0].val.numRef.f, chart.series[0].cat.numRef.f, chart.series[0].tx.strRef.f)
for chart in book['Other']._charts:
    print('other chart', chart.series[0].val.numRef.f)
print('merged', *[r.coord for r in sheet.merged_cells.ranges])
print('breaks', [b.id for b in sheet.row_breaks.brk])
areas = sheet.print_area
areas = [areas] if isinstance(areas, str) else areas
print('print area', *[area.split('!')[-1] for area in areas])";

fn findings(bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("book.xlsx");
    std::fs::write(&file, bytes).unwrap();
    readers::openpyxl(&file, FINDINGS)
}

/// The anchor of the picture.
fn picture(drawing: &str) -> &str {
    let end = drawing.find("<xdr:pic>").unwrap();
    let start = drawing[..end].rfind("<xdr:from>").unwrap();
    &drawing[start..end]
}

fn area(book: &Workbook, sheet: &str, rect: &str) -> Area {
    let (a, b) = rect.split_once(':').unwrap_or((rect, rect));
    let pos = |text| Pos::parse_a1(text).unwrap();
    Area {
        sheet: book.sheet_named(sheet).unwrap(),
        rect: Rect::new(pos(a), pos(b)),
    }
}

#[test]
fn notes_and_links_go_with_cells_that_are_cut_and_pasted() {
    let original = featured();
    let comments = |bytes: &[u8]| {
        let parts = parts(bytes);
        let of = |end: &str| parts.keys().find(|name| name.contains(end)).cloned();
        let comments = of("comments");
        let text = |part: Option<String>| text(bytes, &part.unwrap());
        (text(comments), text(of(".vml")))
    };
    let mut book = xlsx::open_bytes(original.clone()).unwrap();
    let mut move_to = |from: &str, to: &str| {
        let from = area(&book, "Data", from);
        let to = Cell {
            sheet: from.sheet,
            pos: Pos::parse_a1(to).unwrap(),
        };
        let edits = vec![Edit::Move { from, to }];
        let done = book.apply(&Transaction::new("Move", edits)).unwrap();
        (xlsx::to_bytes(&book).unwrap().0, done.inverse)
    };
    let (saved, back) = move_to("B12:C12", "J20");
    let (notes, vml) = comments(&saved);
    assert!(
        notes.contains("ref=\"J20\"") && !notes.contains("ref=\"B12\""),
        "{notes}"
    );
    assert!(
        vml.contains("<x:Row>19</x:Row>") && vml.contains("<x:Column>9</x:Column>"),
        "{vml}"
    );
    if let Some(found) = findings(&saved) {
        assert!(found.contains("comment J20 someone:"), "{found}");
    }
    // So do links.
    let (linked, unlink) = move_to("G10:G11", "L3");
    if let Some(found) = findings(&linked) {
        let links = "link L3 https://example.com/a?b=1&c=2\nlink L4 Other!B2\n";
        assert!(found.contains(links), "{found}");
    }
    assert!(text(&linked, SHEET).contains("ref=\"L3\""));
    // What is pasted over a note replaces it.
    let (covered, again) = move_to("N1", "J20");
    let (notes, vml) = comments(&covered);
    assert!(
        !notes.contains("<comment ") && !vml.contains("<x:Row>"),
        "{notes}{vml}"
    );
    for inverse in [again, unlink, back] {
        book.apply(&inverse).unwrap();
    }
    let (undone, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(comments(&undone), comments(&original));
    assert_eq!(report.changed, Vec::<String>::new());

    // Between lines that are inserted and deleted.
    let sheet = book.sheet_named("Data").unwrap();
    let from = area(&book, "Data", "B15");
    let to = Cell {
        sheet,
        pos: Pos::parse_a1("J20").unwrap(),
    };
    let shift = |shift| Edit::Shift { sheet, shift };
    apply(
        &mut book,
        vec![
            shift(Shift::insert(Axis::Rows, 5, 3)),
            Edit::Move { from, to },
            shift(Shift::delete(Axis::Columns, 3, 1)),
        ],
    );
    let (notes, _) = comments(&xlsx::to_bytes(&book).unwrap().0);
    assert!(notes.contains("ref=\"I20\""), "{notes}");
}

#[test]
fn inserted_rows_push_on_all_that_stands_below_them() {
    let insert = Shift::insert(Axis::Rows, 5, 3);
    let (book, saved) = shifted(&[insert]);
    if let Some(found) = findings(&saved) {
        assert_eq!(
            found,
            "link G13 https://example.com/a?b=1&c=2\nlink G14 Other!B2\ncomment B15 someone:\na note\n\
             chart 3 8 Data!$B$2:$B$23 Data!$A$2:$A$23 Data!$B$1\n\
             other chart Data!$C$2:$C$23\nmerged A28:C28\nbreaks [13]\n\
             print area $A$1:$D$23"
        );
    }
    let now = text(&saved, SHEET);
    assert!(
        now.contains("<xm:f>Data!A2:A23</xm:f><xm:sqref>G19</xm:sqref>"),
        "{now}"
    );
    assert!(now.contains("<ignoredError sqref=\"D3\""), "{now}");
    // The box of the comment, two rows above its cell and as high as before.
    let parts_now = parts(&saved);
    let vml = parts_now
        .keys()
        .find(|name| name.ends_with(".vml"))
        .unwrap();
    let vml = text(&saved, vml);
    assert!(vml.contains("<x:Row>14</x:Row>"), "{vml}");
    let drawing = text(&saved, "xl/drawings/drawing1.xml");
    assert!(
        picture(&drawing).contains("<xdr:row>17</xdr:row>"),
        "{drawing}"
    );
    let before = xlsx::open_bytes(featured()).unwrap();
    let sheet = book.sheet_named("Data").unwrap();
    let again = xlsx::open_bytes(saved.clone()).unwrap();
    let value = |book: &Workbook, at: &str| book.sheet(sheet).cells.get(Pos::parse_a1(at).unwrap());
    assert_eq!(value(&again, "D9"), value(&before, "D6"));
    assert_eq!(again.sheet(sheet).merges, book.sheet(sheet).merges);
    // Rich text keeps its runs: the cell is moved, not written anew.
    assert!(!now.contains("inlineStr"));
    if let Some(bytes) = readers::libreoffice(&write(&saved)) {
        let seen = xlsx::open_bytes(bytes).unwrap();
        assert_eq!(value(&seen, "B9"), Value::Number(7.5));
        assert_eq!(value(&seen, "A25"), "rich text".into());
    }
    // Parts that speak of no cells stay.
    let differs = differing(&featured(), &saved);
    for part in [
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "xl/media/image1.png",
    ] {
        assert!(!differs.contains(&part.to_owned()), "{part}");
    }
}

/// A file that outlives the test's folder is not needed; this one is kept
/// until the process ends.
fn write(bytes: &[u8]) -> std::path::PathBuf {
    let folder = tempfile::tempdir().unwrap().keep();
    let file = folder.join("book.xlsx");
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn deleted_rows_and_columns_take_along_what_stands_in_them() {
    let (_, saved) = shifted(&[
        Shift::delete(Axis::Rows, 9, 3),
        Shift::delete(Axis::Columns, 0, 1),
    ]);
    if let Some(found) = findings(&saved) {
        assert_eq!(
            found,
            "chart 3 7 Data!$A$2:$A$17 #REF! Data!$A$1\n\
             other chart Data!$B$2:$B$17\nmerged A22:B22\nbreaks []\n\
             print area $A$1:$C$17"
        );
    }
    let now = text(&saved, SHEET);
    assert!(!now.contains("<hyperlink"), "{now}");
    let drawing = text(&saved, "xl/drawings/drawing1.xml");
    let picture = picture(&drawing);
    assert!(picture.contains("<xdr:row>11</xdr:row>"), "{picture}");
    assert!(picture.contains("<xdr:col>6</xdr:col>"), "{picture}");
    assert!(xlsx::open_bytes(saved).is_ok());
}

#[test]
fn what_is_undone_is_not_replayed() {
    let mut book = xlsx::open_bytes(featured()).unwrap();
    let sheet = book.sheet_named("Data").unwrap();
    let shift = Shift::delete(Axis::Rows, 9, 3);
    let done = book
        .apply(&Transaction::new(
            "Delete",
            vec![Edit::Shift { sheet, shift }],
        ))
        .unwrap();
    book.apply(&done.inverse).unwrap();
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(differing(&featured(), &saved), [""; 0]);
}

#[test]
fn a_renamed_sheet_is_followed_by_links_charts_and_sparklines() {
    let mut book = xlsx::open_bytes(featured()).unwrap();
    let data = book.sheet_named("Data").unwrap();
    let other = book.sheet_named("Other").unwrap();
    let rename = |sheet, name: &str| Edit::Sheet {
        sheet,
        edit: SheetEdit::Rename(name.into()),
    };
    // The two change names.
    let edits = vec![
        rename(other, "Between"),
        rename(data, "Other"),
        rename(other, "Data"),
        rename(data, "It's new"),
    ];
    apply(&mut book, edits);
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let now = text(&saved, SHEET);
    assert!(now.contains("location=\"Data!B2\""), "{now}");
    assert!(now.contains("<xm:f>'It''s new'!A2:A20</xm:f>"), "{now}");
    let chart = text(&saved, "xl/charts/chart1.xml");
    assert!(
        chart.contains("<c:f>'It''s new'!$B$2:$B$20</c:f>"),
        "{chart}"
    );
    let chart = text(&saved, "xl/charts/chart2.xml");
    assert!(
        chart.contains("<c:f>'It''s new'!$C$2:$C$20</c:f>"),
        "{chart}"
    );
    let again = xlsx::open_bytes(saved).unwrap();
    assert_eq!(&*again.sheet(data).name, "It's new");
    assert_eq!(&*again.sheet(other).name, "Data");
}
