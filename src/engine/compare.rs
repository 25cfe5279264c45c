//! Recalculating a workbook and comparing the results with the saved ones.

use super::Engine;
use super::bind::{BoundFormula, Problem};
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::value::{ErrorKind, Value};
use crate::workbook::{Cells, Run, RunKind, Template, Workbook};

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
        let saved: Vec<_> = workbook
            .order()
            .iter()
            .map(|&sheet| {
                let sheet_ref = workbook.sheet(sheet);
                let used = sheet_ref.cells.used();
                let cells = used.map(|rect| sheet_ref.cells.copy_of(rect));
                let spills: Vec<_> = sheet_ref.spills.values().copied().collect();
                (sheet, cells.unwrap_or_default(), spills)
            })
            .collect();
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
        for (sheet, cells, spills) in &saved {
            let runs = &engine.workbook.sheet(*sheet).runs;
            for (_, run) in runs.iter() {
                let cells_of_run = run.rect.len() as usize;
                comparison.formulas += cells_of_run;
                if let Some(reason) = not_supported(&engine, *sheet, run) {
                    comparison.unsupported += cells_of_run;
                    comparison.unsupported_runs.push(Unsupported {
                        area: Area {
                            sheet: *sheet,
                            rect: run.rect,
                        },
                        reason,
                    });
                    continue;
                }
                for pos in run.rect.cells() {
                    let cell = Cell { sheet: *sheet, pos };
                    let dirt = engine
                        .graph
                        .at(&engine.workbook, cell)
                        .and_then(|id| volatile.get(id));
                    if dirt.is_some_and(|dirt| dirt.meets(&Rect::cell(pos))) {
                        comparison.skipped_volatile += 1;
                        continue;
                    }
                    comparison.compare(&engine, cell, cells);
                }
            }
            // What is spilled, here or in the file, but has no formula of its own.
            let now = engine.workbook.sheet(*sheet).spills.values().copied();
            let mut spilled: Vec<_> = spills
                .iter()
                .copied()
                .chain(now)
                .flat_map(Rect::cells)
                .filter(|pos| runs.at(*pos).is_none())
                .collect();
            spilled.sort_unstable();
            spilled.dedup();
            for pos in spilled {
                let cell = Cell { sheet: *sheet, pos };
                let skipped = engine
                    .graph
                    .producers(Area {
                        sheet: *sheet,
                        rect: Rect::cell(pos),
                    })
                    .into_iter()
                    .any(|id| volatile.get(id).is_some());
                if !skipped {
                    comparison.spilled += 1;
                    comparison.compare_value(&engine, cell, cells);
                }
            }
        }
        comparison.differing = comparison.mismatches.len();
        (comparison, engine)
    }

    fn compare(&mut self, engine: &Engine, cell: Cell, saved: &Cells) {
        self.matched += usize::from(self.compare_value(engine, cell, saved));
    }

    fn compare_value(&mut self, engine: &Engine, cell: Cell, saved: &Cells) -> bool {
        let (expected, got) = (saved.get(cell.pos), engine.value(cell));
        let agree = agree(&expected, &got);
        if !agree {
            self.unsaved += usize::from(expected.is_blank());
            self.mismatches.push(Mismatch {
                cell,
                expected,
                got,
            });
        }
        agree
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

/// Whether a value is the one that was saved: numbers within 1e-9 relative or
/// 1e-12 absolute, all else equal. Where nothing was saved "" was meant.
fn agree(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Number(a), Value::Number(b)) => {
            let difference = (a - b).abs();
            difference <= 1e-12 || difference <= 1e-9 * a.abs().max(b.abs())
        }
        (Value::Blank, Value::Text(text)) => text.is_empty(),
        // Some programs save errors as text.
        (Value::Text(text), Value::Error(kind)) => **text == *kind.as_str(),
        // Files write errors newer than their format as #VALUE!.
        (Value::Error(ErrorKind::Value), Value::Error(ErrorKind::Calc | ErrorKind::Spill)) => true,
        (expected, got) => expected == got,
    }
}
