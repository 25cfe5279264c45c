use super::*;
use crate::formula::{Dialect, parse, print};
use crate::grid::SheetId;
use crate::value::parse_entry;
use crate::workbook::{Content, LayoutEdit, RunKind, StyleChange, Template};

struct Desk {
    book: Workbook,
    sheet: SheetId,
}

impl Desk {
    fn new() -> Self {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("a");
        Self { book, sheet }
    }

    fn area(&self, text: &str) -> Area {
        let (a, b) = text.split_once(':').unwrap_or((text, text));
        let pos = |text| Pos::parse_a1(text).unwrap();
        Area {
            sheet: self.sheet,
            rect: Rect::new(pos(a), pos(b)),
        }
    }

    fn apply(&mut self, transaction: &Transaction) {
        self.book.apply(transaction).unwrap();
    }

    /// Types a text into a cell.
    fn set(&mut self, cell: &str, text: &str) {
        let area = self.area(cell);
        let mut edits = Vec::new();
        let content = match text.strip_prefix('=') {
            Some(formula) => {
                let expr = parse(formula, area.rect.top_left()).unwrap();
                Content::Formula {
                    template: self.book.templates.intern(Template::Formula(expr)),
                    kind: RunKind::Plain,
                    values: Vec::new(),
                }
            }
            None => {
                let (value, format) = parse_entry(text, self.book.date_system);
                edits.extend(format.map(|code| Edit::Restyle {
                    area,
                    change: StyleChange::number_format(code),
                }));
                Content::Value(value)
            }
        };
        edits.push(Edit::Set { area, content });
        self.apply(&Transaction::new("set", edits));
    }

    fn text(&self, at: Pos) -> String {
        let sheet = self.book.sheet(self.sheet);
        if let Some((_, run)) = sheet.runs.at(at)
            && let Template::Formula(expr) = &**self.book.templates.get(run.template)
        {
            return format!("={}", print(expr, at, Dialect::People(|_| None)));
        }
        let code = &self.book.styles.get(sheet.style(at)).number_format;
        crate::value::format::show(&sheet.cells.get(at), code, self.book.date_system).text
    }

    fn texts(&self, area: &str) -> String {
        let cells = self.area(area).rect.cells();
        cells.map(|at| self.text(at)).collect::<Vec<_>>().join("|")
    }
}

/// Types texts down a column, fills those below, and the same to the right
/// and backwards.
fn filled(start: &str, kind: FillKind, count: u32) -> String {
    let texts: Vec<&str> = start.split('|').collect();
    let n = texts.len() as u32;
    let mut desk = Desk::new();
    for (i, text) in (0..).zip(&texts) {
        desk.set(&Pos::new(20 + i, 1).to_string(), text);
    }
    let source = desk.area(&format!("B21:B{}", 20 + n));
    let target = desk.area(&format!("B21:B{}", 20 + n + count));
    let fill = desk.book.auto_fill(source, target, kind).unwrap();
    desk.apply(&fill);
    desk.texts(&format!("B{}:B{}", 21 + n, 20 + n + count))
}

#[test]
fn cells_go_on_as_the_fill_handle_makes_them() {
    for (start, expected) in [
        ("7", "7|7|7|7"),
        ("1|3", "5|7|9|11"),
        ("0.1|0.2", "0.3|0.4|0.5|0.6"),
        ("1|2|4", "5.333333333|6.833333333|8.333333333|9.833333333"),
        ("Mon", "Tue|Wed|Thu|Fri"),
        ("FRIDAY", "SATURDAY|SUNDAY|MONDAY|TUESDAY"),
        ("january|march", "may|july|september|november"),
        ("Sat|Fri", "Thu|Wed|Tue|Mon"),
        ("Q3", "Q4|Q1|Q2|Q3"),
        ("Qtr 4", "Qtr 1|Qtr 2|Qtr 3|Qtr 4"),
        ("Item 9", "Item 10|Item 11|Item 12|Item 13"),
        ("Item 009", "Item 010|Item 011|Item 012|Item 013"),
        ("Item 1|Item 3", "Item 5|Item 7|Item 9|Item 11"),
        ("1st", "2nd|3rd|4th|5th"),
        ("10th place", "11th place|12th place|13th place|14th place"),
        ("3 apples", "4 apples|5 apples|6 apples|7 apples"),
        ("a|b", "a|b|a|b"),
        ("1|x", "2|x|3|x"),
        ("1|2|x|10", "3|4|x|11"),
        ("TRUE", "TRUE|TRUE|TRUE|TRUE"),
        ("1/30/2024", "1/31/2024|2/1/2024|2/2/2024|2/3/2024"),
        (
            "1/31/2024|2/29/2024",
            "3/31/2024|4/30/2024|5/31/2024|6/30/2024",
        ),
        (
            "1/1/2024|1/8/2024",
            "1/15/2024|1/22/2024|1/29/2024|2/5/2024",
        ),
        ("1/1/2024|1/1/2025", "1/1/2026|1/1/2027|1/1/2028|1/1/2029"),
        ("9:00", "10:00|11:00|12:00|13:00"),
        ("9:00|9:15", "9:30|9:45|10:00|10:15"),
        ("=B20+1", "=B21+1|=B22+1|=B23+1|=B24+1"),
        ("=B20+1|5", "=B22+1|6|=B24+1|7"),
    ] {
        assert_eq!(filled(start, FillKind::Auto, 4), expected, "{start}");
    }
}

#[test]
fn the_kind_of_filling_can_be_chosen() {
    for (start, kind, expected) in [
        ("7", FillKind::Series, "8|9|10"),
        ("1|3", FillKind::Copy, "1|3|1"),
        ("Mon", FillKind::Copy, "Mon|Mon|Mon"),
        ("2|6", FillKind::Growth, "18|54|162"),
        (
            "1/5/2024",
            FillKind::Dates(DateUnit::Weekday),
            "1/8/2024|1/9/2024|1/10/2024",
        ),
        (
            "1/31/2024",
            FillKind::Dates(DateUnit::Month),
            "2/29/2024|3/31/2024|4/30/2024",
        ),
        (
            "2/29/2024",
            FillKind::Dates(DateUnit::Year),
            "2/28/2025|2/28/2026|2/28/2027",
        ),
    ] {
        assert_eq!(filled(start, kind, 3), expected, "{start} {kind:?}");
    }
}

#[test]
fn filling_goes_up_left_and_right_as_well() {
    let mut desk = Desk::new();
    for (cell, text) in [("D5", "3"), ("D6", "5"), ("C9", "Item 2"), ("D9", "=D8")] {
        desk.set(cell, text);
    }
    let fill = |desk: &mut Desk, source: &str, target: &str| {
        let (source, target) = (desk.area(source), desk.area(target));
        let fill = desk.book.auto_fill(source, target, FillKind::Auto).unwrap();
        desk.apply(&fill);
    };
    fill(&mut desk, "D5:D6", "D2:D6");
    assert_eq!(desk.texts("D2:D6"), "-3|-1|1|3|5");
    fill(&mut desk, "C9:D9", "C9:G9");
    assert_eq!(desk.texts("C9:G9"), "Item 2|=D8|Item 3|=F8|Item 4");
    fill(&mut desk, "C9", "A9:C9");
    assert_eq!(desk.texts("A9:C9"), "Item 0|Item 1|Item 2");
    // Back into the source: what is left behind is cleared.
    fill(&mut desk, "D2:D6", "D2:D4");
    assert_eq!(desk.texts("D2:D6"), "-3|-1|1||");
    let (source, target) = (desk.area("A1"), desk.area("A1:B2"));
    let error = desk
        .book
        .auto_fill(source, target, FillKind::Auto)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a!A1:B2 cannot be filled from a!A1: fill in one direction, over the same rows or columns"
    );
}

#[test]
fn a_formula_filled_down_a_million_rows_is_one_run() {
    let mut desk = Desk::new();
    desk.set("A1", "=B1*$C$1");
    let area = desk.area("A1:A1048576");
    let fill = desk.book.fill(area, Direction::Down).unwrap();
    desk.apply(&fill);
    assert_eq!(desk.book.sheet(desk.sheet).runs.len(), 1);
    assert_eq!(desk.text(Pos::new(1_048_575, 0)), "=B1048576*$C$1");
    desk.set("A1", "1");
    desk.set("A2", "2");
    let (source, target) = (desk.area("A1:A2"), desk.area("A1:A1048576"));
    let fill = desk.book.auto_fill(source, target, FillKind::Auto).unwrap();
    desk.apply(&fill);
    assert_eq!(desk.text(Pos::new(1_048_575, 0)), "1048576");
}

#[test]
fn one_line_is_filled_from_the_one_before_it() {
    let mut desk = Desk::new();
    desk.set("A1", "=B1");
    desk.set("B2", "x");
    let fill = |desk: &mut Desk, area: &str, direction| {
        let fill = desk.book.fill(desk.area(area), direction);
        fill.map(|fill| desk.apply(&fill))
            .map_err(|e| e.to_string())
    };
    fill(&mut desk, "A2", Direction::Down).unwrap();
    assert_eq!(desk.texts("A2"), "=B2");
    fill(&mut desk, "C2:D2", Direction::Right).unwrap();
    assert_eq!(desk.texts("B2:D2"), "x||");
    fill(&mut desk, "B1", Direction::Up).unwrap();
    assert_eq!(desk.texts("B1"), "x");
    let error = fill(&mut desk, "A1", Direction::Down).unwrap_err();
    assert_eq!(error, "there is nothing before a!A1 to fill from");
}

#[test]
fn rows_that_a_filter_hides_are_passed_over() {
    let mut desk = Desk::new();
    desk.set("A1", "x");
    let sheet = desk.sheet;
    let edit = LayoutEdit::Filtered {
        first: 1,
        last: 9,
        hidden: vec![(2, 3)],
    };
    desk.apply(&Transaction::new("", vec![Edit::Layout { sheet, edit }]));
    let fill = desk.book.fill(desk.area("A1:A5"), Direction::Down).unwrap();
    desk.apply(&fill);
    assert_eq!(desk.texts("A1:A5"), "x|x|||x");
}

#[test]
fn series_are_filled_as_the_dialog_says() {
    let series = Series {
        kind: SeriesKind::Linear,
        along: Axis::Rows,
        step: 2.0,
        stop: None,
        trend: false,
    };
    let growth = SeriesKind::Growth;
    let months = SeriesKind::Dates(DateUnit::Month);
    for (start, area, series, expected) in [
        ("1", "A1:A4", series, "1|3|5|7|"),
        (
            "1",
            "A1:A5",
            Series {
                stop: Some(6.0),
                ..series
            },
            "1|3|5||",
        ),
        (
            "1",
            "A1",
            Series {
                stop: Some(7.0),
                ..series
            },
            "1|3|5|7|",
        ),
        (
            "3",
            "A1:A4",
            Series {
                kind: growth,
                ..series
            },
            "3|6|12|24|",
        ),
        (
            "5|3",
            "A1:A4",
            Series {
                trend: true,
                ..series
            },
            "5|3|1|-1|",
        ),
        (
            "1/31/2024",
            "A1:A3",
            Series {
                kind: months,
                ..series
            },
            "1/31/2024|3/31/2024|5/31/2024||",
        ),
        (
            "9",
            "A1:A3",
            Series {
                step: -3.0,
                stop: Some(5.0),
                ..series
            },
            "9|6|||",
        ),
        (
            "Mon",
            "A1:A3",
            Series {
                kind: SeriesKind::Auto,
                ..series
            },
            "Mon|Tue|Wed||",
        ),
    ] {
        let mut desk = Desk::new();
        for (row, text) in (0..).zip(start.split('|')) {
            desk.set(&Pos::new(row, 0).to_string(), text);
        }
        let fill = desk.book.fill_series(desk.area(area), series).unwrap();
        desk.apply(&fill);
        assert_eq!(desk.texts("A1:A5"), expected, "{start} {series:?}");
    }
    let mut desk = Desk::new();
    desk.set("A1", "1");
    let along = Series {
        along: Axis::Columns,
        ..series
    };
    let fill = desk.book.fill_series(desk.area("A1:C2"), along).unwrap();
    desk.apply(&fill);
    assert_eq!(desk.texts("A1:C2"), "1|3|5|||");
    let nothing = desk.book.fill_series(desk.area("E1:E9"), series);
    assert!(
        nothing
            .unwrap_err()
            .to_string()
            .contains("begin with a number")
    );
}

#[test]
fn styles_come_along_unless_only_contents_are_wanted() {
    let mut desk = Desk::new();
    desk.set("A1", "50%");
    let (source, target) = (desk.area("A1"), desk.area("A1:A3"));
    for (kind, expected) in [
        (FillKind::Contents, "50%|0.5|0.5"),
        (FillKind::Auto, "50%|50%|50%"),
    ] {
        let fill = desk.book.auto_fill(source, target, kind).unwrap();
        desk.apply(&fill);
        assert_eq!(desk.texts("A1:A3"), expected);
    }
    let below = desk.area("A1:A9");
    let fill = desk
        .book
        .auto_fill(source, below, FillKind::Formats)
        .unwrap();
    desk.apply(&fill);
    assert_eq!(desk.texts("A3:A4"), "50%|");
    assert_eq!(
        desk.book.number_format(crate::grid::Cell {
            sheet: desk.sheet,
            pos: Pos::new(8, 0)
        }),
        "0%"
    );
}
