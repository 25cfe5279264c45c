//! What a workbook was saved without: formulas that have not been calculated.

use super::Engine;
use crate::grid::{Area, Rect};
use crate::value::{ErrorKind, Value};
use crate::workbook::{Run, RunKind, Sheet, Template, Workbook};

/// A workbook with the results of the formulas that were saved without them.
pub fn with_missing_values(workbook: Workbook) -> Workbook {
    if uncalculated(&workbook).is_empty() {
        return workbook;
    }
    let mut engine = Engine::new(workbook);
    engine.calculate_missing();
    engine.into_workbook()
}

/// The runs with cells that were saved without their results, as programs do
/// that write formulas but calculate none. A formula's result is never blank.
/// So too dynamic arrays that found no room: what is in their way is not known
/// until they are evaluated.
pub(super) fn uncalculated(workbook: &Workbook) -> Vec<Area> {
    let mut found = Vec::new();
    for &id in workbook.order() {
        let sheet = workbook.sheet(id);
        for (_, run) in sheet.runs.iter() {
            let template = workbook.templates.get(run.template);
            if matches!(template.as_ref(), Template::Formula(_)) && lacks_values(sheet, run) {
                found.push(Area {
                    sheet: id,
                    rect: run.rect,
                });
            }
        }
    }
    found
}

/// The dynamic array formulas whose results found no room.
pub(super) fn blocked(workbook: &Workbook) -> Vec<Area> {
    without_spill(workbook, |kind| kind == ErrorKind::Spill)
}

/// The dynamic array formulas that may show another error than they were saved
/// with: files spell `#SPILL!` and `#CALC!` as `#VALUE!` for older readers.
pub(super) fn misspelt(workbook: &Workbook) -> Vec<Area> {
    without_spill(workbook, |kind| kind == ErrorKind::Value)
}

/// The dynamic array formulas that show one of some errors and fill no other cells.
fn without_spill(workbook: &Workbook, wanted: fn(ErrorKind) -> bool) -> Vec<Area> {
    let mut found = Vec::new();
    for &id in workbook.order() {
        let sheet = workbook.sheet(id);
        for (_, run) in sheet.runs.iter() {
            if run.kind == RunKind::Dynamic {
                sheet.cells.for_each(run.rect, &mut |at, value| {
                    let shown = value.as_error().is_some_and(wanted);
                    if shown && !sheet.spills.contains_key(&at) {
                        let rect = Rect::cell(at);
                        found.push(Area { sheet: id, rect });
                    }
                });
            }
        }
    }
    found
}

fn lacks_values(sheet: &Sheet, run: &Run) -> bool {
    let mut filled = 0;
    let mut blocked = false;
    sheet.cells.for_each(run.rect, &mut |at, value| {
        filled += u64::from(!value.is_blank());
        // Files spell #SPILL! as #VALUE! for older readers.
        blocked |= run.kind == RunKind::Dynamic
            && matches!(value, Value::Error(ErrorKind::Spill | ErrorKind::Value))
            && !sheet.spills.contains_key(&at);
    });
    filled < run.rect.len() || blocked
}
