//! Lines inserted and deleted, against a sheet of single cells.

use super::*;
use crate::formula::{self, Change, Home};
use crate::grid::{Area, Axis, Shift};
use crate::workbook::{Content, DefinedName, Edit, RunKind, SheetEdit, Transaction};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SIZE: u32 = 8;

#[derive(Clone, Debug)]
enum Step {
    Number(Rect, u32),
    Fill(u32, Rect, String),
    Name(String),
    Shift(u32, Shift),
    Rename(u32, String),
    Undo,
    Redo,
}

fn at() -> impl Strategy<Value = Pos> {
    (0..SIZE, 0..SIZE).prop_map(|(row, col)| Pos::new(row, col))
}

fn rect() -> impl Strategy<Value = Rect> {
    (at(), at()).prop_map(|(a, b)| Rect::new(a, b))
}

fn formula() -> impl Strategy<Value = String> {
    let other = || prop_oneof![Just(""), Just("Sheet1!"), Just("Sheet2!")];
    prop_oneof![
        (other(), at(), at()).prop_map(|(s, a, b)| format!("{s}{a}+{b}*2")),
        (at(), at()).prop_map(|(a, b)| format!("${a}-{b}")),
        (at(), at()).prop_map(|(a, b)| format!("Sheet1!{}${}+{b}", &a.to_string()[..1], a.row + 1)),
        (other(), rect()).prop_map(|(s, r)| format!("SUM({s}{r})")),
        (other(), at(), at()).prop_map(|(s, a, b)| format!("SUM({s}$A${}:{b})", a.row + 1)),
        (other(), at()).prop_map(|(s, a)| format!("SUM({s}{a}:$C$3)")),
        (other(), 0..3u32, 0..3u32).prop_map(|(s, a, n)| {
            let col = |c| crate::grid::column_name(c);
            format!("COUNT({s}{}:{})", col(a), col(a + n))
        }),
        (other(), 1..5u32, 0..3u32).prop_map(|(s, a, n)| format!("COUNT({s}{a}:${})", a + n)),
        rect().prop_map(|r| format!("SUM(Sheet1:Sheet2!{r})")),
        at().prop_map(|a| format!("ROW({a})+COLUMN()")),
        (other(), rect()).prop_map(|(s, r)| format!("ROWS({s}{r})*COLUMNS({s}{r})")),
        (rect(), 1..4u32).prop_map(|(r, n)| format!("INDEX({r},{n},1)")),
        at().prop_map(|a| format!("OFFSET({a},1,0)")),
        at().prop_map(|a| format!("SUM({a}:INDEX(A1:H8,2,2))")),
        Just("there*2".to_owned()),
        at().prop_map(|a| format!("LET(x,{a},x+SUM(there))")),
    ]
}

fn shift() -> impl Strategy<Value = Shift> {
    let axis = prop_oneof![Just(Axis::Rows), Just(Axis::Columns)];
    (axis, any::<bool>(), 0..SIZE, 1..4u32).prop_map(|(axis, insert, at, count)| match insert {
        true => Shift::insert(axis, at, count),
        false => Shift::delete(axis, at, count),
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (rect(), 0..9u32).prop_map(|(r, n)| Step::Number(r, n)),
        6 => (0..2u32, rect(), formula()).prop_map(|(s, r, f)| Step::Fill(s, r, f)),
        1 => rect().prop_map(|r| {
            let corner = |row, col| format!("${}${}", crate::grid::column_name(col), row + 1);
            let (a, b) = (corner(r.top, r.left), corner(r.bottom, r.right));
            Step::Name(format!("Sheet1!{a}:{b}"))
        }),
        8 => (0..2u32, shift()).prop_map(|(s, shift)| Step::Shift(s, shift)),
        1 => (0..2u32, "[AB]").prop_map(|(s, name)| Step::Rename(s, format!("Sheet {name}"))),
        2 => Just(Step::Undo),
        1 => Just(Step::Redo),
    ]
}

/// What a cell holds: a formula's text, or a number.
#[derive(Clone, Debug, PartialEq)]
enum Held {
    Formula(String),
    Number(f64),
}

/// A workbook as single cells, with the texts of names.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    sheets: Vec<String>,
    cells: BTreeMap<(u32, Pos), Held>,
    there: Option<String>,
}

impl Model {
    fn of(engine: &Engine) -> Self {
        let book = engine.workbook();
        let mut model = Self {
            there: book.names.get("there", None).map(|n| n.formula.to_string()),
            ..Self::default()
        };
        for &sheet in book.order() {
            model.sheets.push(book.sheet(sheet).name.to_string());
            for pos in Rect::new(Pos::new(0, 0), Pos::new(40, 40)).cells() {
                let cell = Cell { sheet, pos };
                let held = match (engine.formula_text(cell), engine.value(cell)) {
                    (Some(text), _) => Held::Formula(text),
                    (None, Value::Number(x)) => Held::Number(x),
                    _ => continue,
                };
                model.cells.insert((sheet.0, pos), held);
            }
        }
        model
    }

    /// Every formula by itself after a change.
    fn change(&mut self, change: &Change, shift: Option<(u32, Shift)>, names: Vec<String>) {
        let mut cells = BTreeMap::new();
        for ((sheet, pos), held) in std::mem::take(&mut self.cells) {
            let own = shift.filter(|(id, _)| *id == sheet);
            let Some(now) = own.map_or(Some(pos), |(_, shift)| shift.pos(pos)) else {
                continue;
            };
            let held = match held {
                Held::Formula(text) => {
                    let home = |sheet, at| Home { sheet, at };
                    let before = home(self.sheets[sheet as usize].as_str(), pos);
                    let after = home(names[sheet as usize].as_str(), now);
                    let expr = formula::parse(&text[1..], pos).unwrap();
                    let expr = formula::rewrite(&expr, before, after, change);
                    Held::Formula(format!("={}", super::super::print_for_people(&expr, now)))
                }
                held => held,
            };
            cells.insert((sheet, now), held);
        }
        self.cells = cells;
        self.sheets = names;
        let there = self.there.take();
        self.there = there.map(|text| {
            let expr = formula::parse(&text, Pos::new(0, 0)).unwrap();
            let expr = formula::rewrite_name(&expr, "", change);
            super::super::print_for_people(&expr, Pos::new(0, 0))
        });
    }
}

fn apply(engine: &mut Engine, edit: Edit) -> bool {
    engine.apply(&Transaction::new("step", vec![edit])).is_ok()
}

fn take(engine: &mut Engine, model: &mut Model, step: &Step) -> bool {
    match step {
        Step::Number(rect, n) => {
            let content = Content::Value(Value::Number(f64::from(*n)));
            let area = Area {
                sheet: SheetId(0),
                rect: *rect,
            };
            assert!(apply(engine, Edit::Set { area, content }));
            for pos in rect.cells() {
                model.cells.insert((0, pos), Held::Number(f64::from(*n)));
            }
        }
        Step::Fill(sheet, rect, text) => {
            let sheet_id = SheetId(*sheet);
            let name = |id| format!("'{}'!", engine.workbook().sheet(SheetId(id)).name);
            let text = text.replace("Sheet1:Sheet2!", "\u{1}");
            let text = text
                .replace("Sheet1!", &name(0))
                .replace("Sheet2!", &name(1));
            let span = format!(
                "{}:{}",
                name(0).replace("'!", ""),
                name(1).replace('\'', "").replace('!', "'!")
            );
            let text = text.replace('\u{1}', &span);
            let first = Cell {
                sheet: sheet_id,
                pos: rect.top_left(),
            };
            let mut content = engine.formula_content(first, &text).expect(&text);
            if let Content::Formula { kind, .. } = &mut content {
                *kind = RunKind::Plain;
            }
            let area = Area {
                sheet: sheet_id,
                rect: *rect,
            };
            assert!(apply(engine, Edit::Set { area, content }));
            let expr = formula::parse(&text, rect.top_left()).unwrap();
            for pos in rect.cells() {
                let text = format!("={}", super::super::print_for_people(&expr, pos));
                model.cells.insert((*sheet, pos), Held::Formula(text));
            }
        }
        Step::Name(text) => {
            let sheet = engine.workbook().sheet(SheetId(0)).name.clone();
            let text = text.replace(
                "Sheet1!",
                &format!("{}!", crate::workbook::quote_sheet_name(&sheet)),
            );
            model.there = Some(text.clone());
            let name = DefinedName {
                name: "there".into(),
                scope: None,
                formula: text.into(),
                hidden: false,
            };
            assert!(apply(engine, Edit::DefineName(name)));
        }
        Step::Shift(sheet, shift) => {
            let names = model.sheets.clone();
            let name = names[*sheet as usize].clone();
            let change = Change::Shift {
                sheet: &name,
                shift: *shift,
            };
            model.change(&change, Some((*sheet, *shift)), names);
            let sheet = SheetId(*sheet);
            assert!(apply(
                engine,
                Edit::Shift {
                    sheet,
                    shift: *shift
                }
            ));
        }
        Step::Rename(sheet, name) => {
            let edit = Edit::Sheet {
                sheet: SheetId(*sheet),
                edit: SheetEdit::Rename(name.as_str().into()),
            };
            if !apply(engine, edit) {
                return false;
            }
            let from = model.sheets[*sheet as usize].clone();
            let mut names = model.sheets.clone();
            names[*sheet as usize].clone_from(name);
            model.change(
                &Change::RenameSheet {
                    from: &from,
                    to: name,
                },
                None,
                names,
            );
        }
        Step::Undo | Step::Redo => unreachable!("the caller's"),
    }
    true
}

fn values(engine: &Engine) -> Vec<((u32, Pos), Value)> {
    let rect = Rect::new(Pos::new(0, 0), Pos::new(40, 40));
    let sheets = engine.workbook().order().to_vec();
    sheets
        .into_iter()
        .flat_map(|sheet| rect.cells().map(move |pos| Cell { sheet, pos }))
        .map(|cell| ((cell.sheet.0, cell.pos), engine.value(cell)))
        .filter(|(_, value)| !value.is_blank())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Formulas and values after random edits are what a naive sheet of cells
    /// and a full recalculation give; taking all back gives an equal workbook.
    #[test]
    fn shifted_workbooks_are_what_single_cells_would_be(
        steps in proptest::collection::vec(step(), 1..16),
    ) {
        let mut engine = sheet(&[("A1", "1"), ("B2", "2"), ("C3", "3"), ("A5", "4")]);
        let add = Edit::AddSheet { name: "Sheet2".into() };
        apply(&mut engine, add);
        let mut done = vec![Model::of(&engine)];
        let mut undone: Vec<Model> = Vec::new();
        for step in &steps {
            match step {
                Step::Undo if done.len() > 1 => {
                    engine.undo().unwrap();
                    undone.extend(done.pop());
                }
                Step::Redo => {
                    engine.redo().unwrap();
                    done.extend(undone.pop());
                }
                Step::Undo => {}
                step => {
                    let mut model = done.last().unwrap().clone();
                    if take(&mut engine, &mut model, step) {
                        done.push(model);
                        undone.clear();
                    }
                }
            }
            // What circles come to depends on where evaluation begins.
            if !engine.circular().is_empty() {
                engine.undo().unwrap();
                undone.extend(done.pop());
            }
            let now = Model::of(&engine);
            prop_assert_eq!(done.last(), Some(&now), "{:?}", step);
            let incremental = values(&engine);
            let circles = engine.circular().to_vec();
            engine.recalculate_all();
            prop_assert_eq!(&incremental, &values(&engine), "values after {:?}, circles {:?}", step, circles);
        }
        for expected in done.iter().rev().skip(1) {
            engine.undo().unwrap();
            prop_assert_eq!(expected, &Model::of(&engine));
            let incremental = values(&engine);
            engine.recalculate_all();
            prop_assert_eq!(&incremental, &values(&engine));
        }
        for expected in done.iter().skip(1) {
            engine.redo().unwrap();
            prop_assert_eq!(expected, &Model::of(&engine));
        }
    }
}
