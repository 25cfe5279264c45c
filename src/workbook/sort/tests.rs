use super::*;
use crate::formula::{Dialect, parse, print};
use crate::grid::SheetId;
use crate::value::ErrorKind;
use crate::workbook::{Content, LayoutEdit, RunKind, Template};
use proptest::prelude::*;

fn book() -> (Workbook, SheetId) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("a");
    (book, sheet)
}

fn area(sheet: SheetId, text: &str) -> Area {
    let (a, b) = text.split_once(':').unwrap_or((text, text));
    let pos = |text| Pos::parse_a1(text).unwrap();
    Area {
        sheet,
        rect: Rect::new(pos(a), pos(b)),
    }
}

fn formula(book: &mut Workbook, area: Area, text: &str) {
    let expr = parse(text, area.rect.top_left()).unwrap();
    let content = Content::Formula {
        template: book.templates.intern(Template::Formula(expr)),
        kind: RunKind::Plain,
        values: Vec::new(),
    };
    book.apply(&Transaction::new("", vec![Edit::Set { area, content }]))
        .unwrap();
}

fn text(book: &Workbook, sheet: SheetId, at: Pos) -> String {
    let sheet = book.sheet(sheet);
    if let Some((_, run)) = sheet.runs.at(at)
        && let Template::Formula(expr) = &**book.templates.get(run.template)
    {
        return format!("={}", print(expr, at, Dialect::People(|_| None)));
    }
    match sheet.cells.get(at) {
        Value::Blank => String::new(),
        Value::Text(text) => text.to_string(),
        Value::Number(x) => x.to_string(),
        other => format!("{other:?}"),
    }
}

fn key(col: u32, descending: bool) -> SortKey {
    SortKey { col, descending }
}

#[test]
fn kinds_have_excels_order_and_blanks_come_last() {
    let values = [
        Value::Bool(true),
        Value::Blank,
        ErrorKind::Na.into(),
        "b".into(),
        Value::Number(2.0),
        "A".into(),
        Value::Bool(false),
        Value::Number(-1.0),
        "a".into(),
    ];
    for (descending, expected) in [
        (false, "-1|2|A|a|b|Bool(false)|Bool(true)|Error(Na)|"),
        (true, "Error(Na)|Bool(true)|Bool(false)|b|A|a|2|-1|"),
    ] {
        let (mut book, sheet) = book();
        let area = area(sheet, "A1:A9");
        let edit = Edit::SetValues {
            area,
            values: values.to_vec(),
        };
        book.apply(&Transaction::new("", vec![edit])).unwrap();
        let sort = book.sort(area, &[key(0, descending)], false).unwrap();
        book.apply(&sort).unwrap();
        let texts: Vec<String> = area.rect.cells().map(|at| text(&book, sheet, at)).collect();
        assert_eq!(texts.join("|"), expected);
    }
}

#[test]
fn a_filled_column_stays_one_run_and_styles_go_along() {
    let (mut book, sheet) = book();
    let bold = book.styles.derive(0, |style| style.font.bold = true);
    book.sheet_mut(sheet)
        .cells
        .set_numbers(0, 1, &[3.0, 1.0, 2.0]);
    formula(&mut book, area(sheet, "B2:B4"), "A2*$A$2+A1");
    let edit = Edit::SetStyle {
        area: area(sheet, "A2:B2"),
        style: bold,
    };
    book.apply(&Transaction::new("", vec![edit])).unwrap();
    book.sheet_mut(sheet)
        .cells
        .set(Pos::new(0, 0), "head".into());
    let sort = book.sort(area(sheet, "A1:B1048576"), &[key(0, false)], true);
    let applied = book.apply(&sort.unwrap()).unwrap();
    assert_eq!(book.sheet(sheet).runs.len(), 1);
    assert_eq!(text(&book, sheet, Pos::new(3, 1)), "=A4*$A$2+A3");
    let style = |row| book.sheet(sheet).style(Pos::new(row, 0));
    assert_eq!([style(1), style(2), style(3)], [0, 0, bold]);
    book.apply(&applied.inverse).unwrap();
    assert_eq!(book.sheet(sheet).cells.number(Pos::new(1, 0)), Some(3.0));
}

#[test]
fn what_cannot_be_sorted_is_refused() {
    let (mut book, sheet) = book();
    book.sheet_mut(sheet).cells.set_numbers(0, 0, &[3.0, 1.0]);
    let whole = area(sheet, "A1:B2");
    let error = book.sort(whole, &[key(2, false)], false).unwrap_err();
    assert!(error.to_string().contains("column C"), "{error}");
    let edit = Edit::Layout {
        sheet,
        edit: LayoutEdit::Merges(vec![whole.rect]),
    };
    book.apply(&Transaction::new("", vec![edit])).unwrap();
    let error = book.sort(whole, &[key(0, false)], false).unwrap_err();
    assert_eq!(error, SortError::Merged("a!A1:B2".into()));
}

proptest! {
    #[test]
    fn sorted_rows_are_those_of_a_stable_sort(
        rows in prop::collection::vec((0..4i32, 0..3u32, 0..4u32), 2..24),
        descending: bool,
        hidden in prop::option::of(0..5u32),
    ) {
        let (mut book, sheet) = book();
        let n = rows.len() as u32;
        for (row, (a, b, c)) in (0..).zip(&rows) {
            let cells = &mut book.sheet_mut(sheet).cells;
            if *a > 0 {
                cells.set(Pos::new(row, 0), Value::Number(f64::from(*a)));
            }
            let b = if *b == 0 { Value::Number(0.0) } else { Value::text("x".repeat(*b as usize)) };
            cells.set(Pos::new(row, 1), b);
            cells.set(Pos::new(row, 3), Value::Number(f64::from(row)));
            if *c > 0 {
                let at = area(sheet, &Pos::new(row, 2).to_string());
                formula(&mut book, at, &format!("A{}+$B$1*{c}", row + 1));
            }
        }
        if let Some(row) = hidden.filter(|row| *row < n) {
            let edit = LayoutEdit::Filtered { first: 0, last: n - 1, hidden: vec![(row, row)] };
            book.apply(&Transaction::new("", vec![Edit::Layout { sheet, edit }])).unwrap();
        }
        let all = area(sheet, &format!("A1:D{n}"));
        let line = |book: &Workbook, row: u32| -> Vec<String> {
            (0..4).map(|col| text(book, sheet, Pos::new(row, col)).replace(&format!("A{}+", row + 1), "@+")).collect()
        };
        let before: Vec<Vec<String>> = (0..n).map(|row| line(&book, row)).collect();
        let shown: Vec<u32> = (0..n).filter(|row| hidden != Some(*row)).collect();
        let mut expected = shown.clone();
        expected.sort_by(|x, y| {
            let (x, y) = (&rows[*x as usize], &rows[*y as usize]);
            let a = match (x.0, y.0) {
                (0, 0) => Ordering::Equal,
                (0, _) => Ordering::Greater,
                (_, 0) => Ordering::Less,
                (a, b) if descending => b.cmp(&a),
                (a, b) => a.cmp(&b),
            };
            a.then(x.1.cmp(&y.1))
        });
        let sort = book.sort(all, &[key(0, descending), key(1, false)], false).unwrap();
        book.apply(&sort).unwrap();
        for (to, from) in shown.iter().zip(&expected) {
            prop_assert_eq!(line(&book, *to), before[*from as usize].clone());
        }
        if let Some(row) = hidden.filter(|row| *row < n) {
            prop_assert_eq!(line(&book, row), before[row as usize].clone());
        }
    }
}
