use super::*;
use crate::formula;
use crate::grid::{Pos, SheetId};
use crate::workbook::{Alert, Edit, Message, Transaction, Workbook};

fn at(sheet: SheetId, row: u32, col: u32) -> Cell {
    let pos = Pos::new(row, col);
    Cell { sheet, pos }
}

fn formula_of(text: &str) -> Arc<Template> {
    Arc::new(Template::Formula(
        formula::parse(text, Pos::new(0, 0)).unwrap(),
    ))
}

/// A sheet whose first two columns may hold what is allowed.
fn engine(allowed: Allowed) -> (Engine, SheetId) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    let mut engine = Engine::new(book);
    let validation = Validation {
        areas: vec![Rect::sized(Pos::new(0, 0), 9, 2).unwrap()],
        allowed,
        allow_blank: false,
        dropdown: true,
        prompt: None,
        alert: Some(Alert {
            style: AlertStyle::Stop,
            message: Message::default(),
        }),
        in_extension: false,
    };
    let edit = Edit::SetValidations {
        sheet,
        validations: vec![validation],
    };
    engine.apply(&Transaction::new("Rule", vec![edit])).unwrap();
    (engine, sheet)
}

fn numbers(kind: NumberKind, operator: CompareOp, formulas: &[&str]) -> Allowed {
    Allowed::Number {
        kind,
        operator,
        formulas: formulas.iter().map(|text| formula_of(text)).collect(),
    }
}

#[test]
fn numbers_are_held_to_their_bounds_and_the_words_say_which() {
    let whole = numbers(NumberKind::Whole, CompareOp::Between, &["1", "C1"]);
    let (mut engine, sheet) = engine(whole);
    engine.enter(at(sheet, 0, 2), "9").unwrap();
    let cell = at(sheet, 0, 0);
    assert_eq!(engine.validate(cell, &Value::Number(9.0)), Ok(()));
    for bad in [
        Value::Number(9.5),
        Value::Number(10.0),
        "5".into(),
        Value::Blank,
    ] {
        let error = engine.validate(cell, &bad).unwrap_err();
        assert_eq!(error.to_string(), "A1 takes a whole number between 1 and 9");
    }
    // Relative: the bound of B1 stands in D1, which is empty.
    assert!(
        engine
            .validate(at(sheet, 0, 1), &Value::Number(5.0))
            .is_err()
    );
    assert_eq!(engine.validate(at(sheet, 9, 0), &"anything".into()), Ok(()));
    let length = numbers(NumberKind::TextLength, CompareOp::LessOrEqual, &["3"]);
    let (mut engine, sheet) = super::tests::engine(length);
    assert_eq!(engine.validate(at(sheet, 0, 0), &"abc".into()), Ok(()));
    assert!(engine.validate(at(sheet, 0, 0), &"abcd".into()).is_err());
}

#[test]
fn lists_offer_their_values_typed_or_from_cells() {
    let (mut typed, sheet) = engine(Allowed::List(formula_of("\"yes, no,3\"")));
    let cell = at(sheet, 0, 0);
    assert_eq!(
        typed.allowed_values(cell),
        Some(vec!["yes".into(), "no".into(), Value::Number(3.0)])
    );
    assert_eq!(typed.validate(cell, &"no".into()), Ok(()));
    assert_eq!(typed.validate(cell, &Value::Number(3.0)), Ok(()));
    let error = typed.validate(cell, &"No".into()).unwrap_err();
    assert_eq!(error.to_string(), "A1 takes one of yes, no, 3");

    let (mut cells, sheet) = engine(Allowed::List(formula_of("$D$1:$D$4")));
    cells.enter(at(sheet, 0, 3), "red").unwrap();
    cells.enter(at(sheet, 2, 3), "blue").unwrap();
    let cell = at(sheet, 5, 1);
    assert_eq!(
        cells.allowed_values(cell),
        Some(vec!["red".into(), "blue".into()])
    );
    assert_eq!(cells.validate(cell, &"BLUE".into()), Ok(()));
    assert!(cells.validate(cell, &"green".into()).is_err());
    assert_eq!(cells.allowed_values(at(sheet, 5, 2)), None);
}

#[test]
fn a_formula_decides_as_if_the_value_were_there_and_nothing_changes() {
    let (mut engine, sheet) = engine(Allowed::Custom(formula_of("COUNTIF($A$1:$B$9,A1)=1")));
    engine.enter(at(sheet, 0, 0), "7").unwrap();
    engine.workbook_mut().sheet_mut(sheet).touched = false;
    let cell = at(sheet, 1, 0);
    assert!(engine.validate(cell, &Value::Number(7.0)).is_err());
    assert_eq!(engine.validate(cell, &Value::Number(8.0)), Ok(()));
    assert_eq!(engine.value(cell), Value::Blank);
    assert!(!engine.workbook().sheet(sheet).touched);
}
