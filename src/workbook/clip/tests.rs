use super::*;
use crate::formula::{Dialect, parse, print};
use crate::grid::{MAX_ROWS, SheetId};
use crate::value::Value;
use crate::workbook::{Content, Edit, LayoutEdit, Transaction};
use proptest::prelude::*;

fn pos(text: &str) -> Pos {
    Pos::parse_a1(text).unwrap()
}

fn rect(text: &str) -> Rect {
    let (a, b) = text.split_once(':').unwrap_or((text, text));
    Rect::new(pos(a), pos(b))
}

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
        Area {
            sheet: self.sheet,
            rect: rect(text),
        }
    }

    fn apply(&mut self, edits: Vec<Edit>) {
        let transaction = Transaction::new("test", edits);
        self.book.apply(&transaction).expect("it is allowed");
    }

    fn kind(&mut self, area: &str, formula: &str, kind: RunKind) {
        let area = self.area(area);
        let expr = parse(formula, area.rect.top_left()).unwrap();
        let content = Content::Formula {
            template: self.book.templates.intern(Template::Formula(expr)),
            kind,
            values: Vec::new(),
        };
        self.apply(vec![Edit::Set { area, content }]);
    }

    /// `=` begins a formula, digits a number, anything else a text.
    fn set(&mut self, area: &str, text: &str) {
        if let Some(formula) = text.strip_prefix('=') {
            return self.kind(area, formula, RunKind::Plain);
        }
        let value = match text.parse::<f64>() {
            Ok(x) => Value::Number(x),
            Err(_) if text.is_empty() => Value::Blank,
            Err(_) => Value::text(text),
        };
        let area = self.area(area);
        let content = Content::Value(value);
        self.apply(vec![Edit::Set { area, content }]);
    }

    /// What a cell holds, as one would type it.
    fn text(&self, at: Pos) -> String {
        let sheet = self.book.sheet(self.sheet);
        if let Some((_, run)) = sheet.runs.at(at) {
            let template = self.book.templates.get(run.template);
            let Template::Formula(expr) = &**template else {
                return "unreadable".into();
            };
            let text = print(expr, run.origin(at), Dialect::People(|_| None));
            return match run.kind {
                RunKind::Array => format!("{{={text}}}"),
                _ => format!("={text}"),
            };
        }
        match sheet.cells.get(at) {
            Value::Text(text) => text.to_string(),
            Value::Number(x) => x.to_string(),
            Value::Blank => String::new(),
            other => format!("{other:?}"),
        }
    }

    fn texts(&self, area: &str) -> Vec<String> {
        rect(area).cells().map(|at| self.text(at)).collect()
    }

    fn paste(&mut self, from: &str, to: &str, how: Paste) -> Result<String, ClipError> {
        let clip = self.book.copy(&[self.area(from)])?;
        let (transaction, area) = self.book.paste(&clip, self.area(to), how)?;
        self.book.apply(&transaction)?;
        Ok(area.rect.to_string())
    }
}

#[test]
fn formulas_are_pasted_relative_and_one_fills_a_column_as_one_run() {
    let mut desk = Desk::new();
    desk.set("A1", "7");
    desk.set("B1", "=A1*2+$A$1");
    desk.paste("B1", "B2:B1000000", Paste::default()).unwrap();
    assert_eq!(desk.book.sheet(desk.sheet).runs.len(), 1);
    assert_eq!(desk.text(pos("B999999")), "=A999999*2+$A$1");
    let pasted = desk.paste("A1:B1", "D3:D5", Paste::default()).unwrap();
    assert_eq!(pasted, "D3:E5");
    assert_eq!(desk.texts("D4:E4"), ["7", "=D4*2+$A$1"]);
    let pasted = desk.paste("A1:B1", "D3:D3", Paste::new(PasteWhat::Values));
    assert_eq!(pasted.unwrap(), "D3:E3");
    assert_eq!(desk.texts("D3:E4"), ["7", "", "7", "=D4*2+$A$1"]);
    let twice = desk.paste("A1:B1", "G1:J2", Paste::default()).unwrap();
    assert_eq!(twice, "G1:J2");
    assert_eq!(desk.texts("I2:J2"), ["7", "=I2*2+$A$1"]);
    let odd = desk.paste("A1:B1", "G1:I2", Paste::default()).unwrap();
    assert_eq!(odd, "G1:H1");
}

#[test]
fn references_that_leave_the_sheet_become_ref() {
    let mut desk = Desk::new();
    desk.set("C3", "=A1+C4");
    desk.paste("C3", "B1:C3", Paste::default()).unwrap();
    assert_eq!(
        desk.texts("B1:C3"),
        [
            "=#REF!+B2",
            "=#REF!+C2",
            "=#REF!+B3",
            "=#REF!+C3",
            "=#REF!+B4",
            "=A1+C4"
        ]
    );
}

#[test]
fn rows_become_columns() {
    let mut desk = Desk::new();
    desk.set("A1:A2", "1");
    desk.set("B1:B2", "=A1*2");
    let how = Paste {
        transpose: true,
        ..Paste::default()
    };
    assert_eq!(desk.paste("A1:B2", "D1", how).unwrap(), "D1:E2");
    assert_eq!(desk.texts("D1:E2"), ["1", "1", "=D1*2", "=E1*2"]);
    desk.kind("G1:G2", "A1:A2*2", RunKind::Array);
    assert_eq!(
        desk.paste("G1:G2", "I1", how),
        Err(ClipError::TransposedArray)
    );
}

#[test]
fn blanks_can_leave_the_target_as_it_is() {
    let mut desk = Desk::new();
    desk.set("A1", "1");
    desk.set("A3", "=A1");
    desk.set("C1:C3", "old");
    let how = Paste {
        skip_blanks: true,
        ..Paste::default()
    };
    desk.paste("A1:A3", "C1", how).unwrap();
    assert_eq!(desk.texts("C1:C3"), ["1", "old", "=C1"]);
}

#[test]
fn arrays_are_copied_whole_and_their_parts_as_values() {
    let mut desk = Desk::new();
    desk.kind("A1:A2", "B1:B2*2", RunKind::Array);
    desk.paste("A1:A2", "D5", Paste::default()).unwrap();
    assert_eq!(desk.texts("D5:D6"), ["{=E5:E6*2}", "{=E5:E6*2}"]);
    let part = desk.paste("A1", "F1", Paste::default());
    assert_eq!(part, Err(ClipError::PartOfArray("A1:A2".into())));
    desk.paste("A1", "F1", Paste::new(PasteWhat::Values))
        .unwrap();
    let onto_part = desk.paste("F9", "A1", Paste::default());
    assert!(matches!(onto_part, Err(ClipError::Edit(_))));
}

#[test]
fn a_spilled_formula_is_copied_as_such_and_its_results_as_values() {
    let mut desk = Desk::new();
    desk.kind("A1", "SEQUENCE(3)", RunKind::Dynamic);
    let sheet = desk.book.sheet_mut(desk.sheet);
    sheet.cells.set_numbers(0, 0, &[1.0, 2.0, 3.0]);
    sheet.spills.insert(pos("A1"), rect("A1:A3"));
    desk.paste("A1:A3", "C1", Paste::default()).unwrap();
    assert_eq!(desk.texts("C1:C3"), ["=SEQUENCE(3)", "", ""]);
    desk.paste("A2:A3", "E1", Paste::default()).unwrap();
    assert_eq!(desk.texts("E1:E2"), ["2", "3"]);
}

#[test]
fn areas_of_the_same_rows_or_columns_are_copied_side_by_side_without_filtered_rows() {
    let mut desk = Desk::new();
    for (cell, text) in [
        ("A1", "1"),
        ("A2", "2"),
        ("A3", "3"),
        ("C1", "=A1"),
        ("C2", "x"),
    ] {
        desk.set(cell, text);
    }
    let areas = [desk.area("C1:C2"), desk.area("A1:A2")];
    let clip = desk.book.copy(&areas).unwrap();
    assert_eq!((clip.rows, clip.cols), (2, 2));
    let (paste, _) = desk
        .book
        .paste(&clip, desk.area("E1"), Paste::default())
        .unwrap();
    desk.book.apply(&paste).unwrap();
    assert_eq!(desk.texts("E1:F2"), ["1", "=D1", "2", "x"]);
    let apart = [desk.area("C1:C2"), desk.area("A2:A3")];
    assert_eq!(desk.book.copy(&apart), Err(ClipError::NotAligned));
    let edit = LayoutEdit::Filtered {
        first: 1,
        last: 2,
        hidden: vec![(1, 1)],
    };
    let sheet = desk.sheet;
    desk.apply(vec![Edit::Layout { sheet, edit }]);
    desk.paste("A1:A3", "H1", Paste::default()).unwrap();
    assert_eq!(desk.texts("H1:H3"), ["1", "3", ""]);
}

#[test]
fn styles_and_merged_cells_come_along() {
    let mut desk = Desk::new();
    let sheet = desk.sheet;
    let bold = desk.book.styles.derive(0, |style| style.font.bold = true);
    let percent = desk.book.styles.with_number_format(0, "0%");
    desk.apply(vec![
        Edit::SetStyle {
            area: desk.area("A1:B1"),
            style: bold,
        },
        Edit::SetStyle {
            area: desk.area("D1:D1048576"),
            style: percent,
        },
        Edit::Layout {
            sheet,
            edit: LayoutEdit::Merges(vec![rect("A1:B1")]),
        },
    ]);
    desk.paste("A1:B2", "D1:D4", Paste::new(PasteWhat::Formats))
        .unwrap();
    let style = |desk: &Desk, at| desk.book.sheet(sheet).style(pos(at));
    assert_eq!((style(&desk, "D1"), style(&desk, "D2")), (bold, 0));
    assert_eq!((style(&desk, "D3"), style(&desk, "D5")), (bold, percent));
    let merges = &desk.book.sheet(sheet).merges;
    assert_eq!(*merges, [rect("A1:B1"), rect("D1:E1"), rect("D3:E3")]);
    let cut = desk.paste("A2", "D1", Paste::default());
    assert_eq!(cut, Err(ClipError::CutsMerged("a!D1".into())));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut desk = Desk::new();
    desk.set("A1:A5", "1");
    let last = Pos::new(MAX_ROWS - 2, 0).to_string();
    let error = desk.paste("A1:A5", &last, Paste::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "5 rows and 1 columns do not fit on the sheet at A1048575"
    );
}

#[test]
fn copied_text_shows_cells_as_they_are_shown() {
    let mut desk = Desk::new();
    desk.set("A1", "0.5");
    desk.set("B2", "say \"hi\"");
    desk.apply(vec![Edit::Restyle {
        area: desk.area("A1:A9"),
        change: crate::workbook::StyleChange::number_format("0%"),
    }]);
    let clip = desk.book.copy(&[desk.area("A1:B2")]).unwrap();
    assert_eq!(clip.text(&desk.book), "50%\t\n\t\"say \"\"hi\"\"\"");
}

fn entries() -> impl Strategy<Value = Vec<(u32, u32, u32, u32, &'static str)>> {
    let texts = prop::sample::select(vec!["5", "text", "=B2+1", "=$A$3*A1", "=SUM(C1:D2)", ""]);
    prop::collection::vec((0..6u32, 0..6u32, 1..4u32, 1..3u32, texts), 1..12)
}

proptest! {
    #[test]
    fn every_pasted_cell_is_what_pasting_it_alone_would_give(
        entries in entries(),
        from in (0..5u32, 0..5u32, 1..4u32, 1..4u32),
        to in (0..9u32, 0..9u32, 1..3u32, 1..3u32),
        skip_blanks: bool,
        values: bool,
    ) {
        let mut desk = Desk::new();
        for (row, col, rows, cols, text) in entries {
            let rect = Rect::sized(Pos::new(row, col), rows, cols).unwrap();
            desk.set(&rect.to_string(), text);
        }
        let before: Vec<String> = desk.texts("A1:Z30");
        let at = |texts: &[String], pos: Pos| texts[(pos.row * 26 + pos.col) as usize].clone();
        let source = Rect::sized(Pos::new(from.0, from.1), from.2, from.3).unwrap();
        let target = Rect::sized(Pos::new(to.0, to.1), to.2 * from.2, to.3 * from.3).unwrap();
        let what = if values { PasteWhat::Values } else { PasteWhat::All };
        let how = Paste { what, skip_blanks, transpose: false };
        desk.paste(&source.to_string(), &target.to_string(), how).unwrap();
        let after = desk.texts("A1:Z30");
        for here in rect("A1:Z30").cells() {
            let mut expected = at(&before, here);
            if target.contains(here) {
                let inside = Pos::new((here.row - target.top) % from.2, (here.col - target.left) % from.3);
                let there = Pos::new(source.top + inside.row, source.left + inside.col);
                let text = at(&before, there);
                let pasted = match text.strip_prefix('=') {
                    Some(_) if values => String::new(),
                    Some(formula) => {
                        let expr = parse(formula, there).unwrap();
                        let lost = formula::copied_into(&expr, Rect::cell(here));
                        let expr = lost[0].1.as_ref().unwrap_or(&expr);
                        format!("={}", print(expr, here, Dialect::People(|_| None)))
                    }
                    None => text,
                };
                if !(pasted.is_empty() && skip_blanks) {
                    expected = pasted;
                }
            }
            prop_assert_eq!(at(&after, here), expected, "{}", here);
        }
    }
}
