use super::*;
use crate::formula::{Dialect, parse, print};
use crate::value::Value;
use crate::workbook::{Content, DefinedName, Edit, Transaction};
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
    sheets: [SheetId; 2],
}

impl Desk {
    fn new() -> Self {
        let mut book = Workbook::new();
        let sheets = [book.add_sheet("a"), book.add_sheet("b")];
        Self { book, sheets }
    }

    fn area(&self, sheet: usize, rect: Rect) -> Area {
        let sheet = self.sheets[sheet];
        Area { sheet, rect }
    }

    fn apply(&mut self, edit: Edit) -> Result<Transaction, EditError> {
        let transaction = Transaction::new("test", vec![edit]);
        Ok(self.book.apply(&transaction)?.inverse)
    }

    fn set(&mut self, sheet: usize, rect: Rect, text: &str, kind: RunKind) {
        let area = self.area(sheet, rect);
        let content = match text.strip_prefix('=') {
            Some(formula) => {
                let expr = parse(formula, rect.top_left()).unwrap();
                Content::Formula {
                    template: self.book.templates.intern(Template::Formula(expr)),
                    kind,
                    values: Vec::new(),
                }
            }
            None if text.is_empty() => Content::Value(Value::Blank),
            None => Content::Value(Value::text(text)),
        };
        self.apply(Edit::Set { area, content }).unwrap();
    }

    fn plain(&mut self, sheet: usize, at: &str, text: &str) {
        self.set(sheet, rect(at), text, RunKind::Plain);
    }

    fn shift(&mut self, from: (usize, &str), to: (usize, &str)) -> Result<Transaction, EditError> {
        let from = self.area(from.0, rect(from.1));
        let to = Cell {
            sheet: self.sheets[to.0],
            pos: pos(to.1),
        };
        self.apply(Edit::Move { from, to })
    }

    fn expr(&self, sheet: usize, at: Pos) -> Option<Expr> {
        let (_, run) = self.book.sheet(self.sheets[sheet]).runs.at(at)?;
        match &**self.book.templates.get(run.template) {
            Template::Formula(expr) => Some(expr.clone()),
            Template::Unreadable(_) => None,
        }
    }

    fn text(&self, sheet: usize, at: Pos) -> String {
        let runs = &self.book.sheet(self.sheets[sheet]).runs;
        if let (Some(expr), Some((_, run))) = (self.expr(sheet, at), runs.at(at)) {
            let text = print(&expr, run.origin(at), Dialect::People(|_| None));
            return format!("={text}");
        }
        match self.book.sheet(self.sheets[sheet]).cells.get(at) {
            Value::Text(text) => text.to_string(),
            _ => String::new(),
        }
    }

    fn texts(&self, sheet: usize) -> Vec<String> {
        let cells = rect("A1:L16").cells();
        cells.map(|at| self.text(sheet, at)).collect()
    }
}

#[test]
fn references_follow_and_moved_formulas_mean_the_same_cells() {
    let mut desk = Desk::new();
    desk.plain(0, "A1", "x");
    desk.plain(0, "B1:B1000000", "=A1+$A$1");
    desk.plain(0, "C1", "=B1+SUM(A1:A9)");
    desk.plain(1, "A1", "=a!A1");
    desk.plain(0, "D5", "=C4");
    desk.book.names.define(DefinedName {
        name: "first".into(),
        scope: None,
        formula: "a!$A$1".into(),
        hidden: false,
    });
    let before = (desk.texts(0), desk.texts(1));
    let inverse = desk.shift((0, "A1"), (1, "D4")).unwrap();
    assert_eq!(desk.text(0, pos("B1")), "=b!D4+b!$D$4");
    assert_eq!(desk.text(0, pos("B900000")), "=A900000+b!$D$4");
    assert_eq!(desk.text(0, pos("C1")), "=B1+SUM(A1:A9)");
    assert_eq!(desk.text(1, pos("A1")), "=b!D4");
    assert!(desk.book.sheet(desk.sheets[0]).runs.len() < 6);
    let name = desk.book.names.get("first", None).unwrap();
    assert_eq!(&*name.formula, "b!$D$4");
    desk.book.apply(&inverse).unwrap();
    assert_eq!((desk.texts(0), desk.texts(1)), before);
    let name = desk.book.names.get("first", None).unwrap();
    assert_eq!(&*name.formula, "a!$A$1");
    desk.shift((0, "C1"), (0, "D5")).unwrap();
    assert_eq!(desk.text(0, pos("D5")), "=B1+SUM(A1:A9)");
    desk.plain(0, "F1", "=E1");
    desk.shift((0, "D5"), (0, "E1")).unwrap();
    assert_eq!(desk.text(0, pos("F1")), "=#REF!");
}

#[test]
fn arrays_and_merged_cells_are_moved_whole_or_not_at_all() {
    let mut desk = Desk::new();
    desk.set(0, rect("A1:A3"), "=B1:B3*2", RunKind::Array);
    let merges = LayoutEdit::Merges(vec![rect("E1:F2")]);
    let sheet = desk.sheets[0];
    let edit = merges;
    desk.apply(Edit::Layout { sheet, edit }).unwrap();
    desk.shift((0, "A1:A3"), (0, "A2")).unwrap();
    assert_eq!(desk.text(0, pos("A4")), "=B1:B3*2");
    assert_eq!(desk.text(0, pos("A1")), "");
    let error = desk.shift((0, "A1:A2"), (0, "C1")).unwrap_err();
    assert!(matches!(error, EditError::PartOfArray { .. }));
    let error = desk.shift((0, "E1"), (0, "H1")).unwrap_err();
    assert!(matches!(error, EditError::CutsMerged { .. }));
    desk.shift((0, "D1:F2"), (1, "A1")).unwrap();
    assert_eq!(desk.book.sheet(desk.sheets[1]).merges, [rect("B1:C2")]);
    assert!(desk.book.sheet(sheet).merges.is_empty());
}

/// A sheet, a cell, a size and a text to fill it with.
type Entry = (usize, (u32, u32), (u32, u32), &'static str);

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let texts = prop::sample::select(vec![
        "text",
        "=B2+1",
        "=$A$3*A1",
        "=SUM(C1:D4)",
        "=SUM($B2:B$6)",
        "=b!C3",
        "=a!B2+D:D",
        "=2:3",
    ]);
    let entry = (0..2usize, (2..8u32, 2..8u32), (1..4u32, 1..3u32), texts);
    prop::collection::vec(entry, 1..10)
}

proptest! {
    #[test]
    fn every_cell_is_what_rewriting_it_alone_gives(
        entries in entries(),
        from in (0..7u32, 0..7u32, 1..4u32, 1..4u32),
        to in (0..9u32, 0..8u32),
        onto in 0..2usize,
    ) {
        let mut desk = Desk::new();
        for (sheet, at, size, text) in entries {
            let rect = Rect::sized(Pos::new(at.0, at.1), size.0, size.1).unwrap();
            desk.set(sheet, rect, text, RunKind::Plain);
        }
        let source = Rect::sized(Pos::new(from.0, from.1), from.2, from.3).unwrap();
        let target = Rect::sized(Pos::new(to.0, to.1), from.2, from.3).unwrap();
        let names = ["a", "b"];
        let change = Change::Move {
            sheet: "a",
            rect: source,
            onto_sheet: names[onto],
            onto: target.top_left(),
        };
        prop_assume!(onto != 0 || source != target);
        let mut expected = [desk.texts(0), desk.texts(1)];
        let before = expected.clone();
        let at = |pos: Pos| (pos.row * 12 + pos.col) as usize;
        let rewritten = |sheet: usize, here: Pos, to: usize, there: Pos| match desk.expr(sheet, here) {
            Some(expr) => {
                let home = |sheet: usize, at| Home { sheet: names[sheet], at };
                let expr = formula::rewrite(&expr, home(sheet, here), home(to, there), &change);
                format!("={}", print(&expr, there, Dialect::People(|_| None)))
            }
            None => desk.text(sheet, here),
        };
        for (sheet, texts) in expected.iter_mut().enumerate() {
            for here in rect("A1:L16").cells() {
                texts[at(here)] = rewritten(sheet, here, sheet, here);
            }
        }
        for here in source.cells() {
            expected[0][at(here)] = String::new();
        }
        for here in source.cells() {
            let there = Pos::new(here.row - source.top + target.top, here.col - source.left + target.left);
            expected[onto][at(there)] = rewritten(0, here, onto, there);
        }
        let inverse = desk.apply(Edit::Move {
            from: desk.area(0, source),
            to: Cell { sheet: desk.sheets[onto], pos: target.top_left() },
        }).unwrap();
        prop_assert_eq!(desk.texts(0), expected[0].clone());
        prop_assert_eq!(desk.texts(1), expected[1].clone());
        desk.book.apply(&inverse).unwrap();
        prop_assert_eq!([desk.texts(0), desk.texts(1)], before);
    }
}
