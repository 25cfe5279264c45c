//! Workbooks typed in, calculated, edited.

mod dates;
mod external;
mod files;
mod formulas;
mod graph;
mod incremental;
mod plain;
mod sheets_and_tables;
mod shifts;
mod spills;
mod structure;

use super::Engine;
use crate::grid::{Cell, Pos, Rect, SheetId};
use crate::value::{ErrorKind, Value};
use crate::workbook::Workbook;

/// An engine with one sheet, `Sheet1`, into which cells are entered as typed.
pub(super) fn sheet(cells: &[(&str, &str)]) -> Engine {
    let mut book = Workbook::new();
    book.add_sheet("Sheet1");
    let mut engine = Engine::new(book);
    engine.set_seed(1);
    engine.set_now(Some(45_000.5));
    for (at, text) in cells {
        enter(&mut engine, at, text);
    }
    engine
}

pub(super) fn cell(at: &str) -> Cell {
    Cell {
        sheet: SheetId(0),
        pos: Pos::parse_a1(at).expect("an address"),
    }
}

#[track_caller]
pub(super) fn enter(engine: &mut Engine, at: &str, text: &str) {
    if let Err(error) = engine.enter(cell(at), text) {
        panic!("{at} {text}: {error}");
    }
}

pub(super) fn value(engine: &Engine, at: &str) -> Value {
    engine.value(cell(at))
}

#[track_caller]
pub(super) fn number(engine: &Engine, at: &str) -> f64 {
    match value(engine, at) {
        Value::Number(x) => x,
        other => panic!("{at} is {other:?}, not a number"),
    }
}

/// The numbers of a range, row by row; NaN for anything else.
pub(super) fn numbers(engine: &Engine, range: &str) -> Vec<f64> {
    let (a, b) = range.split_once(':').unwrap_or((range, range));
    let rect = Rect::new(cell(a).pos, cell(b).pos);
    let cells = rect.cells().map(|pos| Cell { pos, ..cell(a) });
    cells
        .map(|at| match engine.value(at) {
            Value::Number(x) => x,
            _ => f64::NAN,
        })
        .collect()
}

#[track_caller]
pub(super) fn error(engine: &Engine, at: &str) -> ErrorKind {
    match value(engine, at) {
        Value::Error(kind) => kind,
        other => panic!("{at} is {other:?}, not an error"),
    }
}
