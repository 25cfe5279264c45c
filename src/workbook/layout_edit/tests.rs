use super::*;
use crate::grid::Pos;
use crate::workbook::{Edit, Transaction};

fn book() -> (Workbook, SheetId) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("a");
    (book, sheet)
}

fn apply(book: &mut Workbook, sheet: SheetId, edit: LayoutEdit) -> Transaction {
    let edits = vec![Edit::Layout { sheet, edit }];
    book.apply(&Transaction::new("layout", edits))
        .unwrap()
        .inverse
}

fn rect(text: &str) -> Rect {
    let (a, b) = text.split_once(':').unwrap();
    Rect::new(Pos::parse_a1(a).unwrap(), Pos::parse_a1(b).unwrap())
}

#[test]
fn widths_and_heights_are_set_hidden_shown_and_undone() {
    let (mut book, sheet) = book();
    let widen = apply(
        &mut book,
        sheet,
        LayoutEdit::Columns {
            first: 1,
            last: 3,
            change: ColumnChange::Width(Some(20.0)),
        },
    );
    let hide = apply(
        &mut book,
        sheet,
        LayoutEdit::Columns {
            first: 2,
            last: 9,
            change: ColumnChange::Hidden(true),
        },
    );
    let columns = &book.sheet(sheet).columns;
    assert_eq!(columns[&2].width, Some(20.0));
    assert!(columns[&2].hidden && columns[&9].hidden && !columns[&1].hidden);
    book.apply(&hide).unwrap();
    assert_eq!(book.sheet(sheet).columns.len(), 3);
    book.apply(&widen).unwrap();
    assert!(book.sheet(sheet).columns.is_empty());
    let refused = LayoutEdit::Rows {
        first: 0,
        last: 0,
        change: RowChange::Height(Some(410.0)),
    };
    let edits = vec![Edit::Layout {
        sheet,
        edit: refused,
    }];
    let error = book.apply(&Transaction::new("", edits)).unwrap_err();
    assert!(error.to_string().contains("409.5"), "{error}");
}

#[test]
fn a_filter_hides_rows_and_leaves_those_hidden_by_hand() {
    let (mut book, sheet) = book();
    apply(
        &mut book,
        sheet,
        LayoutEdit::Rows {
            first: 4,
            last: 4,
            change: RowChange::Hidden(true),
        },
    );
    let filtered = |hidden: Vec<(u32, u32)>| LayoutEdit::Filtered {
        first: 1,
        last: 9,
        hidden,
    };
    let state = |book: &Workbook| -> Vec<(u32, bool)> {
        let rows = book.sheet(sheet).rows.iter();
        rows.filter(|(.., p)| p.hidden)
            .flat_map(|(first, last, p)| (first..=last).map(move |row| (row, p.filtered)))
            .collect()
    };
    apply(&mut book, sheet, filtered(vec![(2, 4)]));
    assert_eq!(state(&book), [(2, true), (3, true), (4, false)]);
    let undo = apply(&mut book, sheet, filtered(vec![]));
    assert_eq!(state(&book), [(4, false)]);
    book.apply(&undo).unwrap();
    assert_eq!(state(&book).len(), 3);
}

#[test]
fn merged_cells_lie_apart() {
    let (mut book, sheet) = book();
    apply(
        &mut book,
        sheet,
        LayoutEdit::Merges(vec![rect("A1:B2"), rect("C1:C9"), rect("A3:B3")]),
    );
    let edits = vec![Edit::Layout {
        sheet,
        edit: LayoutEdit::Merges(vec![rect("A1:B2"), rect("B2:C3")]),
    }];
    let error = book.apply(&Transaction::new("", edits)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the merged cells a!A1:B2 and B2:C3 overlap: unmerge one of them first"
    );
}
