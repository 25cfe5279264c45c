use super::*;
use crate::grid::{MAX_COLS, MAX_ROWS};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SHEET: Rect = Rect {
    top: 0,
    left: 0,
    bottom: MAX_ROWS - 1,
    right: MAX_COLS - 1,
};

fn at(row: u32, col: u32) -> Pos {
    Pos::new(row, col)
}

#[test]
fn a_million_rows_of_numbers_take_eight_bytes_each_and_read_back() {
    let mut cells = Cells::default();
    let numbers: Vec<f64> = (0..MAX_ROWS).map(f64::from).collect();
    cells.set_numbers(0, 0, &numbers);
    for (row, &x) in numbers.iter().enumerate() {
        cells.set(at(row as u32, 1), Value::Number(x));
    }
    for col in 0..2 {
        let mut out = vec![0.0; numbers.len()];
        assert!(cells.copy_numbers(col, 0, &mut out));
        assert_eq!(out, numbers);
    }
    assert_eq!(cells.iter(SHEET).count(), 2 * MAX_ROWS as usize);
    let bytes = cells.heap_bytes() as f64 / (2.0 * f64::from(MAX_ROWS));
    assert!(bytes < 8.2, "{bytes} bytes a number");
}

#[test]
fn the_far_corners_take_little_memory() {
    let mut cells = Cells::default();
    cells.set(at(0, 0), Value::Number(1.0));
    cells.set(at(MAX_ROWS - 1, MAX_COLS - 1), Value::text("end"));
    assert_eq!(cells.used(), Some(SHEET));
    assert_eq!(cells.iter(SHEET).count(), 2);
    assert!(cells.heap_bytes() < 1_000, "{}", cells.heap_bytes());
    cells.clear(Rect::cell(at(0, 0)));
    assert_eq!(
        cells.used(),
        Some(Rect::cell(at(MAX_ROWS - 1, MAX_COLS - 1)))
    );
}

#[test]
fn a_wide_sheet_takes_little_memory() {
    let mut cells = Cells::default();
    for row in 0..10 {
        for col in 0..MAX_COLS {
            cells.set(at(row, col), Value::Number(f64::from(row)));
        }
    }
    let bytes = cells.heap_bytes() / MAX_COLS as usize;
    assert!(bytes < 500, "{bytes} bytes a column");
    let third_row = Rect {
        top: 2,
        bottom: 2,
        ..SHEET
    };
    assert!(
        cells
            .iter(third_row)
            .eq((0..MAX_COLS).map(|col| (at(2, col), Value::Number(2.0))))
    );
}

#[test]
fn a_column_under_a_header_is_borrowed() {
    let mut cells = Cells::default();
    cells.set(at(0, 0), Value::text("Age"));
    for row in 1..=891 {
        cells.set(at(row, 0), Value::Number(f64::from(row)));
    }
    let ages = cells.numbers(0, 1, 891).expect("all are numbers");
    assert!(matches!(ages, Cow::Borrowed(_)));
    assert_eq!(ages.len(), 891);
    assert_eq!(cells.numbers(0, 0, 891), None);
    assert_eq!(cells.numbers(0, 1, MAX_ROWS - 1), None);
    assert_eq!(cells.numbers(7, 0, 0), None);
}

#[test]
fn what_is_no_cell_value_becomes_one() {
    let mut cells = Cells::default();
    cells.set_numbers(0, 0, &[1.0, f64::NAN, f64::INFINITY]);
    cells.set(at(3, 0), Value::Number(f64::NAN));
    let num = Value::Error(ErrorKind::Num);
    for row in 1..4 {
        assert_eq!(cells.get(at(row, 0)), num);
    }
    let array = crate::value::Array::filled(2, 2, Value::Number(4.0));
    cells.set(at(4, 0), Value::array(array));
    assert_eq!(cells.get(at(4, 0)), Value::Number(4.0));
}

#[test]
fn a_copy_shares_its_columns_until_one_is_written_to() {
    let mut cells = Cells::default();
    let numbers = vec![1.0; 5000];
    for col in 0..3 {
        cells.set_numbers(col, 0, &numbers);
    }
    let copy = cells.clone();
    let together = |a: &Cells, b: &Cells, col: u32| {
        let start = |cells: &Cells| match cells.numbers(col, 0, 99) {
            Some(Cow::Borrowed(numbers)) => numbers.as_ptr(),
            _ => panic!("numbers of one chunk are borrowed"),
        };
        start(a) == start(b)
    };
    assert!((0..3).all(|col| together(&cells, &copy, col)));
    cells.set(at(4000, 1), Value::Number(2.0));
    cells.clear(Rect::new(at(6000, 2), at(7000, 2)));
    assert_eq!(
        [0, 1, 2].map(|col| together(&cells, &copy, col)),
        [true, false, true]
    );
    assert_eq!(copy.number(at(4000, 1)), Some(1.0));
    assert_eq!(cells.number(at(4000, 1)), Some(2.0));
}

/// What a test does to cells, and to a plain map beside them.
#[derive(Clone, Debug)]
enum Step {
    Set(Pos, Value),
    Numbers(u32, u32, usize),
    Clear(Rect),
    /// Copies a rectangle, clears it and puts the copy back.
    Replace(Rect),
}

/// Rows around the border of two chunks and at their starts.
fn row() -> impl Strategy<Value = u32> {
    prop_oneof![0u32..40, 1000u32..1060, 5000u32..5010]
}

fn rect() -> impl Strategy<Value = Rect> {
    (row(), row(), 0u32..4, 0u32..4)
        .prop_map(|(top, bottom, left, right)| Rect::new(at(top, left), at(bottom, right)))
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (-5i32..5).prop_map(|x| Value::Number(f64::from(x))),
        2 => "[a-c]{1,2}".prop_map(|text| Value::text(text.as_str())),
        1 => Just(Value::Bool(true)),
        1 => Just(Value::Blank),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (row(), 0u32..4, value()).prop_map(|(row, col, v)| Step::Set(at(row, col), v)),
        2 => (0u32..4, row(), 0usize..60).prop_map(|(col, top, len)| Step::Numbers(col, top, len)),
        1 => rect().prop_map(Step::Clear),
        1 => rect().prop_map(Step::Replace),
    ]
}

proptest! {
    #[test]
    fn cells_are_what_a_plain_map_would_hold(steps in prop::collection::vec(step(), 1..200), seen in rect()) {
        let mut cells = Cells::default();
        let mut model: BTreeMap<(u32, u32), Value> = BTreeMap::new();
        let half = steps.len() / 2;
        let mut copy = None;
        for (index, step) in steps.into_iter().enumerate() {
            if index == half {
                copy = Some((cells.clone(), cells.iter(SHEET).collect::<Vec<_>>()));
            }
            match step {
                Step::Set(pos, value) => {
                    cells.set(pos, value.clone());
                    model.insert((pos.row, pos.col), value);
                }
                Step::Numbers(col, top, len) => {
                    let numbers: Vec<f64> = (0..len).map(|i| i as f64 / 2.0).collect();
                    cells.set_numbers(col, top, &numbers);
                    for (row, x) in (top..).zip(numbers) {
                        model.insert((row, col), Value::Number(x));
                    }
                }
                Step::Clear(rect) => {
                    cells.clear(rect);
                    model.retain(|&(row, col), _| !rect.contains(at(row, col)));
                }
                Step::Replace(rect) => {
                    let copy = cells.copy_of(rect);
                    prop_assert!(copy.iter(SHEET).eq(cells.iter(rect)));
                    let whole = cells.clone();
                    cells.clear(rect);
                    prop_assert_eq!(cells.iter(rect).count(), 0);
                    cells.put(&copy);
                    prop_assert_eq!(&cells, &whole);
                }
            }
            model.retain(|_, value| !value.is_blank());
        }
        let expected: Vec<(Pos, Value)> = model
            .iter()
            .map(|(&(row, col), value)| (at(row, col), value.clone()))
            .collect();
        let found: Vec<(Pos, Value)> = cells.iter(SHEET).collect();
        prop_assert_eq!(&found, &expected);
        if let Some((copy, then)) = copy {
            prop_assert_eq!(copy.iter(SHEET).collect::<Vec<_>>(), then);
        }
        let used = expected.iter().map(|(pos, _)| Rect::cell(*pos)).reduce(|a, b| a.hull(&b));
        prop_assert_eq!(cells.used(), used);
        for (pos, value) in &expected {
            prop_assert_eq!(&cells.get(*pos), value);
        }

        let inside: Vec<_> = expected.iter().filter(|(pos, _)| seen.contains(*pos)).cloned().collect();
        let mut by_row = Vec::new();
        cells.for_each(seen, &mut |pos, value| by_row.push((pos, value.clone())));
        prop_assert_eq!(&by_row, &inside);
        let mut by_column = Vec::new();
        cells.for_each_column(seen, &mut |pos, value| by_column.push((pos, value.clone())));
        let mut sorted = inside;
        sorted.sort_by_key(|(pos, _)| (pos.col, pos.row));
        prop_assert_eq!(by_column, sorted);

        let numbers: Option<Vec<f64>> = (seen.top..=seen.bottom)
            .map(|row| match model.get(&(row, seen.left)) {
                Some(Value::Number(x)) => Some(*x),
                _ => None,
            })
            .collect();
        let fast = cells.numbers(seen.left, seen.top, seen.bottom);
        prop_assert_eq!(fast.map(|n| n.into_owned()), numbers);
    }
}

fn shift() -> impl Strategy<Value = crate::grid::Shift> {
    use crate::grid::{Axis, Shift};
    let count = prop_oneof![1u32..5, 500u32..530, 1020u32..1030, 3000u32..3100];
    prop_oneof![
        (row(), count.clone()).prop_map(|(at, count)| Shift::insert(Axis::Rows, at, count)),
        (row(), count).prop_map(|(at, count)| Shift::delete(Axis::Rows, at, count)),
        (0u32..5, 1u32..3).prop_map(|(at, count)| Shift::insert(Axis::Columns, at, count)),
        (0u32..5, 1u32..3).prop_map(|(at, count)| Shift::delete(Axis::Columns, at, count)),
    ]
}

proptest! {
    #[test]
    fn shifted_cells_are_those_of_a_plain_map_with_other_places(
        steps in prop::collection::vec(step(), 1..120), shifts in prop::collection::vec(shift(), 1..5),
    ) {
        let mut cells = Cells::default();
        for step in steps {
            match step {
                Step::Set(pos, value) => cells.set(pos, value),
                Step::Numbers(col, top, len) => cells.set_numbers(col, top, &vec![2.0; len]),
                Step::Clear(rect) | Step::Replace(rect) => cells.clear(rect),
            }
        }
        let mut model: Vec<(Pos, Value)> = cells.iter(SHEET).collect();
        let (copy, then) = (cells.clone(), model.clone());
        for shift in shifts {
            cells.shift(shift);
            model.retain_mut(|(pos, _)| shift.pos(*pos).map(|moved| *pos = moved).is_some());
            let found: Vec<(Pos, Value)> = cells.iter(SHEET).collect();
            prop_assert_eq!(&found, &model);
            for (pos, value) in &model {
                prop_assert_eq!(&cells.get(*pos), value);
            }
        }
        prop_assert_eq!(copy.iter(SHEET).collect::<Vec<_>>(), then);
    }
}
