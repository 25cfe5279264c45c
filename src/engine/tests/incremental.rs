//! Incremental recalculation against recalculation of everything.

use super::*;
use crate::workbook::{Content, Edit, Transaction};
use proptest::prelude::*;

const SIZE: u32 = 7;

#[derive(Clone, Debug)]
enum Step {
    Enter(String, String),
    Fill(Rect, String),
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
    prop_oneof![
        (at(), at()).prop_map(|(a, b)| format!("={a}+{b}*2")),
        (at(), at()).prop_map(|(a, b)| format!("=${a}-{b}")),
        rect().prop_map(|r| format!("=SUM({r})")),
        (at(), at()).prop_map(|(a, b)| format!("=SUM(${a}:{b})")),
        (at(), rect()).prop_map(|(a, r)| format!("=IF({a}>3,SUM({r}),1)")),
        (at(), 0..3u32).prop_map(|(a, n)| format!("=OFFSET({a},{n},0)+1")),
        at().prop_map(|a| format!("=INDIRECT(\"{a}\")&\"\"")),
        (at(), 1..4u32).prop_map(|(a, n)| format!("=SUM({a}:INDEX(A1:G7,{n},{n}))")),
        (1..4u32).prop_map(|n| format!("=SEQUENCE({n})")),
        at().prop_map(|a| format!("=SEQUENCE(1,{a})")),
        rect().prop_map(|r| format!("={r}*2")),
        at().prop_map(|a| format!("=SUM({a}#)")),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (at(), 0..9u32).prop_map(|(a, n)| Step::Enter(a.to_string(), n.to_string())),
        1 => at().prop_map(|a| Step::Enter(a.to_string(), String::new())),
        4 => (at(), formula()).prop_map(|(a, f)| Step::Enter(a.to_string(), f)),
        3 => (rect(), formula()).prop_map(|(r, f)| Step::Fill(r, f)),
        2 => Just(Step::Undo),
        1 => Just(Step::Redo),
    ]
}

fn values(engine: &Engine) -> Vec<(Pos, Value)> {
    let rect = Rect::new(Pos::new(0, 0), Pos::new(SIZE * 3, SIZE * 3));
    let at = |pos| Cell {
        pos,
        sheet: SheetId(0),
    };
    rect.cells()
        .map(|pos| (pos, engine.value(at(pos))))
        .collect()
}

fn take(engine: &mut Engine, step: &Step) {
    match step {
        Step::Enter(at, text) => enter(engine, at, text),
        Step::Fill(rect, text) => {
            let area = crate::grid::Area {
                sheet: SheetId(0),
                rect: *rect,
            };
            let at = Cell {
                sheet: SheetId(0),
                pos: rect.top_left(),
            };
            let content = engine.formula_content(at, &text[1..]).expect("a formula");
            // Spills that block each other depend on which came first.
            if let Content::Formula { kind, .. } = &content
                && *kind == crate::workbook::RunKind::Dynamic
            {
                return;
            }
            let edits = vec![Edit::Set { area, content }];
            engine
                .apply(&Transaction::new("fill", edits))
                .expect("fills");
        }
        Step::Undo => {
            engine.undo().expect("undoes");
        }
        Step::Redo => {
            engine.redo().expect("redoes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Circles and blocked spills depend on where evaluation begins and are
    /// left out.
    #[test]
    fn edits_lead_to_what_recalculating_everything_gives(
        steps in proptest::collection::vec(step(), 1..24),
    ) {
        let mut engine = sheet(&[]);
        for step in &steps {
            take(&mut engine, step);
            if !engine.circular().is_empty() {
                engine.undo().expect("undoes");
            }
        }
        if !engine.circular().is_empty() {
            return Ok(());
        }
        let incremental = values(&engine);
        let blocked = |values: &[(Pos, Value)]| {
            values.iter().any(|(_, value)| *value == Value::Error(ErrorKind::Spill))
        };
        if blocked(&incremental) {
            return Ok(());
        }
        engine.recalculate_all();
        let all = values(&engine);
        if blocked(&all) || !engine.circular().is_empty() {
            return Ok(());
        }
        prop_assert_eq!(&incremental, &all, "after recalculating");
        let mut fresh = Engine::new(engine.into_workbook());
        fresh.recalculate_all();
        prop_assert_eq!(&incremental, &values(&fresh), "with a new graph");
    }
}
