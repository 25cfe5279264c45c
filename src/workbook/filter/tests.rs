use super::*;
use crate::workbook::StyleChange;

fn sheet(texts: &[&str]) -> (Workbook, SheetId, AutoFilter) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("a");
    for (row, text) in (1..).zip(texts) {
        let (value, format) = parse_entry(text, book.date_system);
        book.sheet_mut(sheet).cells.set(Pos::new(row, 1), value);
        if let Some(code) = format {
            let rect = Rect::cell(Pos::new(row, 1));
            let edit = Edit::Restyle {
                area: Area { sheet, rect },
                change: StyleChange::number_format(code),
            };
            book.apply(&Transaction::new("", vec![edit])).unwrap();
        }
    }
    let last = Pos::new(texts.len() as u32, 2);
    let filter = AutoFilter::new(Rect::new(Pos::new(0, 1), last));
    (book, sheet, filter)
}

/// The rows below the headers that are shown, counted from 1.
fn shown(book: &Workbook, sheet: SheetId, filter: &AutoFilter) -> Vec<u32> {
    let data = filter.data().unwrap();
    let rows = &book.sheet(sheet).rows;
    let hidden = |row: &u32| rows.get(*row).hidden && rows.get(*row).filtered;
    (data.top..=data.bottom)
        .filter(|row| !hidden(row))
        .collect()
}

fn custom(operator: FilterOp, value: &str) -> Criterion {
    Criterion::Custom {
        first: test(operator, value),
        second: None,
    }
}

fn test(operator: FilterOp, value: &str) -> FilterTest {
    FilterTest {
        operator,
        value: value.into(),
    }
}

#[test]
fn rows_are_hidden_that_do_not_meet_the_criterion() {
    let texts = ["5", "apple", "", "50%", "Pear", "-3", "12", "TRUE"];
    let top = |count, percent, bottom| Criterion::Top {
        count,
        percent,
        bottom,
    };
    let values = |texts: &[&str], blanks| Criterion::Values {
        texts: texts.iter().map(|text| (*text).into()).collect(),
        blanks,
    };
    let both = |join, a, b| Criterion::Custom {
        first: a,
        second: Some((join, b)),
    };
    use FilterOp::*;
    for (criterion, expected) in [
        (values(&["APPLE", "50%"], false), vec![2, 4]),
        (values(&["true"], true), vec![3, 8]),
        (custom(Greater, "0.5"), vec![1, 7]),
        (custom(LessEqual, "50%"), vec![4, 6]),
        (custom(Equal, "*p*"), vec![2, 5]),
        (custom(Equal, "p???"), vec![5]),
        (custom(Equal, ""), vec![3]),
        (custom(NotEqual, ""), vec![1, 2, 4, 5, 6, 7, 8]),
        (custom(NotEqual, "*p*"), vec![1, 3, 4, 6, 7, 8]),
        (custom(Equal, "12"), vec![7]),
        (custom(GreaterEqual, "b"), vec![5]),
        (
            both(Join::And, test(Greater, "0"), test(Less, "10")),
            vec![1, 4],
        ),
        (
            both(Join::Or, test(Less, "0"), test(Equal, "a*")),
            vec![2, 6],
        ),
        (top(2.0, false, false), vec![1, 7]),
        (top(1.0, false, true), vec![6]),
        (top(50.0, true, false), vec![1, 7]),
    ] {
        let (mut book, sheet, mut filter) = sheet(&texts);
        filter.columns.insert(0, criterion.clone());
        let edit = book.set_filter(sheet, Some(filter.clone()));
        book.apply(&edit).unwrap();
        assert_eq!(shown(&book, sheet, &filter), expected, "{criterion:?}");
    }
}

#[test]
fn a_filter_is_applied_again_and_cleared() {
    let (mut book, sheet, mut filter) = sheet(&["1", "2", "3"]);
    filter.columns.insert(0, custom(FilterOp::Greater, "1"));
    let edit = book.set_filter(sheet, Some(filter.clone()));
    book.apply(&edit).unwrap();
    assert_eq!(shown(&book, sheet, &filter), [2, 3]);
    let cells = &mut book.sheet_mut(sheet).cells;
    cells.set(Pos::new(1, 1), 9.0.into());
    cells.set(Pos::new(3, 1), 0.0.into());
    let again = book.set_filter(sheet, book.sheet(sheet).filter.clone());
    let undo = book.apply(&again).unwrap().inverse;
    assert_eq!(shown(&book, sheet, &filter), [1, 2]);
    book.apply(&undo).unwrap();
    assert_eq!(shown(&book, sheet, &filter), [2, 3]);
    let clear = book.set_filter(sheet, None);
    book.apply(&clear).unwrap();
    assert_eq!(shown(&book, sheet, &filter), [1, 2, 3]);
    let (texts, blanks) = book.filter_values(sheet, &filter, 0);
    assert_eq!((texts.join("|"), blanks), ("9|2|0".to_owned(), false));
}

#[test]
fn many_rows_that_a_filter_hides_are_kept_as_one_stretch() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("a");
    let cells = &mut book.sheet_mut(sheet).cells;
    for row in 1..=100_000 {
        cells.set(Pos::new(row, 0), Value::Number(f64::from(row)));
    }
    let mut filter = AutoFilter::new(Rect::new(Pos::new(0, 0), Pos::new(100_000, 0)));
    filter.columns.insert(0, custom(FilterOp::Greater, "99990"));
    let transaction = book.set_filter(sheet, Some(filter));
    let undo = book.apply(&transaction).unwrap().inverse;
    let rows = &book.sheet(sheet).rows;
    assert_eq!(
        rows.iter().map(|(a, b, _)| (a, b)).collect::<Vec<_>>(),
        [(1, 99_990)]
    );
    assert_eq!(rows.next_shown(1), 99_991);
    book.apply(&undo).unwrap();
    assert_eq!(book.sheet(sheet).rows, crate::workbook::Rows::default());
}

#[test]
fn rows_stay_hidden_while_one_of_two_filters_asks_it() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("a");
    let cells = &mut book.sheet_mut(sheet).cells;
    for row in 1..=6 {
        cells.set(Pos::new(row, 0), Value::Number(f64::from(row)));
        cells.set(Pos::new(row, 3), Value::Number(f64::from(7 - row)));
    }
    for (name, col) in [("Left", 0), ("Right", 3)] {
        cells_header(&mut book, sheet, col, name);
        let rect = Rect::new(Pos::new(0, col), Pos::new(6, col));
        let (name, area) = (name.into(), Area { sheet, rect });
        let create = Edit::Table(TableEdit::Create { name, area });
        book.apply(&Transaction::new("Table", vec![create]))
            .unwrap();
    }
    let filter = |book: &mut Workbook, name: &str, most: Option<&str>| {
        let table = book
            .tables
            .iter()
            .find(|t| &*t.name == name)
            .unwrap()
            .clone();
        let filter = most.map(|most| {
            let mut filter = AutoFilter::new(table.area.rect);
            filter.columns.insert(0, custom(FilterOp::LessEqual, most));
            filter
        });
        let transaction = book.set_table_filter(&table, filter);
        book.apply(&transaction).unwrap();
    };
    let hidden = |book: &Workbook| -> Vec<u32> {
        let rows = &book.sheet(sheet).rows;
        (0..=30).filter(|row| rows.get(*row).hidden).collect()
    };
    filter(&mut book, "Left", Some("4"));
    assert_eq!(hidden(&book), [5, 6]);
    filter(&mut book, "Right", Some("5"));
    assert_eq!(hidden(&book), [1, 5, 6]);
    // Cut and pasted below, the left one takes its hidden rows along.
    let from = Area {
        sheet,
        rect: Rect::new(Pos::new(0, 0), Pos::new(6, 0)),
    };
    let to = Cell {
        sheet,
        pos: Pos::new(20, 1),
    };
    let edits = book.moving(from, to);
    let moved = book.apply(&Transaction::new("Move", edits)).unwrap();
    assert_eq!(hidden(&book), [1, 25, 26]);
    book.apply(&moved.inverse).unwrap();
    assert_eq!(hidden(&book), [1, 5, 6]);
    filter(&mut book, "Left", None);
    assert_eq!(hidden(&book), [1]);
    filter(&mut book, "Right", None);
    assert!(hidden(&book).is_empty());
}

fn cells_header(book: &mut Workbook, sheet: SheetId, col: u32, text: &str) {
    let cells = &mut book.sheet_mut(sheet).cells;
    cells.set(Pos::new(0, col), Value::text(text));
}
