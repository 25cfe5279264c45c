//! Recalculating a workbook and comparing the results with the saved ones.

use super::bind::{BoundFormula, NameCache, Problem};
use super::interpret::{AreaCache, World};
use super::{Engine, Interpreter, pool};
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::value::{ErrorKind, Value};
use crate::workbook::{Run, RunKind, Template, Workbook};
use std::sync::Mutex;

/// Differences that are looked into for rounding; a workbook with more of them
/// has another fault.
const MOST_EXAMINED: usize = 1_000;

/// How the recalculated values of a workbook differ from the saved ones.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Cells with formulas; the cells of a legacy array formula count each.
    pub formulas: usize,
    pub matched: usize,
    /// Cells that differ: `mismatches.len()`.
    pub differing: usize,
    /// Cells whose formula cannot be read, calls a function that is unknown
    /// here, or belongs to a data table.
    pub unsupported: usize,
    /// Cells that differ because the file holds no value of them: it was
    /// written by a program that does not calculate.
    pub unsaved: usize,
    /// Cells that depend on RAND, NOW and their kind, directly or not.
    pub skipped_volatile: usize,
    /// Cells that dynamic array formulas spilled over, compared as well.
    pub spilled: usize,
    pub mismatches: Vec<Mismatch>,
    /// Cells counted as matched though they came out otherwise: what they read
    /// matches but for its last digits, and from the saved digits the formula
    /// gives what was saved. So is the residual of a root found by iteration:
    /// it is rounding of the root, magnified.
    pub rounding: Vec<Mismatch>,
    /// Where the unsupported formulas are and what they need, run by run.
    pub unsupported_runs: Vec<Unsupported>,
}

/// Cells of one run of formulas that cannot be calculated here.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsupported {
    pub area: Area,
    pub reason: String,
}

/// A cell whose value differs from the saved one.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    pub cell: Cell,
    pub expected: Value,
    pub got: Value,
}

impl Comparison {
    /// Recalculates a workbook and compares; returns the engine as well, for
    /// the addresses and formulas of what differs.
    pub fn of(workbook: Workbook) -> (Self, Engine) {
        let saved = workbook.clone();
        let mut engine = Engine::new(workbook);
        engine.recalculate_all();
        let volatile: Vec<_> = engine
            .graph
            .nodes()
            .filter(|(_, node)| node.formula.root.changes_by_itself())
            .map(|(id, node)| (id, node.rect))
            .collect();
        let volatile = engine.graph.dependents(&[], &volatile);
        let mut comparison = Self::default();
        // The state as it was saved, for formulas to be calculated from.
        let (cache, names) = (AreaCache::default(), Mutex::<NameCache>::default());
        let before = World {
            book: &saved,
            cache: &cache,
            names: &names,
            ..engine.world()
        };
        for &sheet in saved.order() {
            let runs = &engine.workbook.sheet(sheet).runs;
            for (_, run) in runs.iter() {
                let cells_of_run = run.rect.len() as usize;
                comparison.formulas += cells_of_run;
                if let Some(reason) = not_supported(&engine, sheet, run) {
                    comparison.unsupported += cells_of_run;
                    comparison.unsupported_runs.push(Unsupported {
                        area: Area {
                            sheet,
                            rect: run.rect,
                        },
                        reason,
                    });
                    continue;
                }
                for pos in run.rect.cells() {
                    let cell = Cell { sheet, pos };
                    let dirt = engine
                        .graph
                        .at(&engine.workbook, cell)
                        .and_then(|id| volatile.get(id));
                    if dirt.is_some_and(|dirt| dirt.meets(&Rect::cell(pos))) {
                        comparison.skipped_volatile += 1;
                        continue;
                    }
                    let matches = comparison.compare(&engine, cell, before);
                    comparison.matched += usize::from(matches);
                }
            }
            // What is spilled, here or in the file, but has no formula of its own.
            let then = saved.sheet(sheet).spills.values();
            let now = engine.workbook.sheet(sheet).spills.values();
            let mut spilled: Vec<_> = then
                .chain(now)
                .copied()
                .flat_map(Rect::cells)
                .filter(|pos| runs.at(*pos).is_none())
                .collect();
            spilled.sort_unstable();
            spilled.dedup();
            for pos in spilled {
                let cell = Cell { sheet, pos };
                let skipped = engine
                    .graph
                    .producers(Area {
                        sheet,
                        rect: Rect::cell(pos),
                    })
                    .into_iter()
                    .any(|id| volatile.get(id).is_some());
                if !skipped {
                    comparison.spilled += 1;
                    comparison.compare(&engine, cell, before);
                }
            }
        }
        comparison.differing = comparison.mismatches.len();
        (comparison, engine)
    }

    /// Whether a cell's value is the saved one.
    fn compare(&mut self, engine: &Engine, cell: Cell, saved: World<'_>) -> bool {
        let (expected, got) = (value_in(saved.book, cell), engine.value(cell));
        if agree(&expected, &got) {
            return true;
        }
        let unsaved = expected.is_blank();
        let mismatch = Mismatch {
            cell,
            expected,
            got,
        };
        let examined = self.mismatches.len() + self.rounding.len();
        let rounding =
            examined < MOST_EXAMINED && pool::run(|| is_rounding(engine, saved, &mismatch));
        if rounding {
            self.rounding.push(mismatch);
        } else {
            self.unsaved += usize::from(unsaved);
            self.mismatches.push(mismatch);
        }
        rounding
    }
}

/// Why the formulas of a run cannot be calculated here, where they cannot.
fn not_supported(engine: &Engine, sheet: SheetId, run: &Run) -> Option<String> {
    if run.kind == RunKind::DataTable {
        return Some("it is a data table".into());
    }
    let pos = run.rect.top_left();
    let cell = Cell { sheet, pos };
    let formula = match engine.workbook.templates.get(run.template).as_ref() {
        Template::Formula(formula) => formula,
        Template::Unreadable(text) => {
            let error = crate::formula::parse(text, pos).err();
            return Some(error.map_or_else(
                || "it cannot be read".into(),
                |error| format!("it cannot be read: {error}"),
            ));
        }
    };
    let reasons = |formula: &BoundFormula| {
        let cannot = |problem: &&Problem| {
            matches!(
                problem,
                Problem::UnknownFunction(_) | Problem::External(_) | Problem::UnreadableName { .. }
            )
        };
        let reasons = formula.problems.iter().filter(cannot);
        reasons.map(ToString::to_string).collect::<Vec<_>>()
    };
    // What keeps its saved value has no node in the graph.
    let reasons = match engine.bound(cell) {
        Some(bound) => reasons(bound),
        None => reasons(&engine.bind_once(formula, cell)),
    };
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn value_in(workbook: &Workbook, cell: Cell) -> Value {
    workbook.sheet(cell.sheet).cells.get(cell.pos)
}

/// Whether a number differs from the saved one only by the rounding of the
/// numbers that its formula reads: the difference is small beside them, they
/// agree with the saved ones, and from these the formula gives what was saved.
fn is_rounding(engine: &Engine, saved: World<'_>, mismatch: &Mismatch) -> bool {
    let (Value::Number(expected), Value::Number(got)) = (&mismatch.expected, &mismatch.got) else {
        return false;
    };
    let cell = mismatch.cell;
    let run = engine.workbook.sheet(cell.sheet).runs.at(cell.pos);
    let plain = run.is_some_and(|(_, run)| run.kind == RunKind::Plain);
    let Some(formula) = engine.bound(cell).filter(|_| plain) else {
        return false;
    };
    let mut interpreter = Interpreter::new(saved, cell);
    interpreter.track();
    let from_saved = interpreter.single(formula, cell);
    if !agree(&mismatch.expected, &from_saved) {
        return false;
    }
    let mut largest: f64 = 0.0;
    let mut same = |read: Cell| match (value_in(saved.book, read), engine.value(read)) {
        // Near 0 too: what is magnified must not be lost in an absolute tolerance.
        (Value::Number(a), Value::Number(b)) => {
            largest = largest.max(a.abs());
            (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
        }
        (a, b) => agree(&a, &b),
    };
    let all_same = interpreter.touched.iter().all(|area| {
        let sheet = area.sheet;
        let used = saved.book.sheet(sheet).cells.used();
        let read = used.and_then(|used| used.intersection(&area.rect));
        read.is_none_or(|read| read.cells().all(|pos| same(Cell { sheet, pos })))
    });
    all_same && (expected - got).abs() <= TOLERANCE * largest
}

/// The relative difference of numbers that are the same.
const TOLERANCE: f64 = 1e-9;

/// Whether a value is the one that was saved: numbers within 1e-9 relative or
/// 1e-12 absolute, all else equal. Where nothing was saved "" was meant.
fn agree(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Number(a), Value::Number(b)) => {
            let difference = (a - b).abs();
            difference <= 1e-12 || difference <= TOLERANCE * a.abs().max(b.abs())
        }
        (Value::Blank, Value::Text(text)) => text.is_empty(),
        // Some programs save errors as text.
        (Value::Text(text), Value::Error(kind)) => **text == *kind.as_str(),
        // Files write errors newer than their format as #VALUE!.
        (Value::Error(ErrorKind::Value), Value::Error(ErrorKind::Calc | ErrorKind::Spill)) => true,
        (expected, got) => expected == got,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;

    /// A workbook with formulas down column A, and the values saved for them.
    fn saved(formulas: &[(&str, f64)]) -> Workbook {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("Sheet1");
        let mut engine = Engine::new(workbook);
        let cell = |row: usize| Cell {
            sheet,
            pos: Pos::new(row as u32, 0),
        };
        for (row, (formula, _)) in formulas.iter().enumerate() {
            engine.enter(cell(row), formula).unwrap();
        }
        let mut workbook = engine.workbook().clone();
        for (row, &(_, value)) in formulas.iter().enumerate() {
            workbook
                .sheet_mut(sheet)
                .cells
                .set(cell(row).pos, Value::Number(value));
        }
        workbook
    }

    #[test]
    fn the_magnified_rounding_of_an_input_is_no_difference() {
        let near = 0.1 + 3e-14;
        let residual = (near - 0.1) * 1e3;
        let (comparison, _) =
            Comparison::of(saved(&[("=0.1", near), ("=(A1-0.1)*1000", residual)]));
        assert_eq!((comparison.matched, comparison.differing), (2, 0));
        assert_eq!(comparison.rounding.len(), 1);
        assert_eq!(comparison.rounding[0].expected, Value::Number(residual));
    }

    #[test]
    fn what_the_saved_inputs_do_not_give_differs() {
        let (comparison, _) = Comparison::of(saved(&[("=0.1", 0.1), ("=(A1-0.1)*1000000", 3e-8)]));
        assert_eq!((comparison.matched, comparison.differing), (1, 1));
    }

    #[test]
    fn what_a_last_digit_decides_differs() {
        for formulas in [
            [("=0.1+0.2-0.3", 1e-13), ("=A1*1E20", 1e7)],
            [("=1-1E-12", 1.0), ("=IF(A1>=1,100,0)", 100.0)],
        ] {
            let (comparison, _) = Comparison::of(saved(&formulas));
            assert_eq!(comparison.differing, 1, "{formulas:?}");
        }
    }

    #[test]
    fn what_follows_from_a_difference_differs() {
        let (comparison, _) = Comparison::of(saved(&[("=1", 2.0), ("=A1*3", 6.0)]));
        assert_eq!((comparison.matched, comparison.differing), (0, 2));
    }
}
