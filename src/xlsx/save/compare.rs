//! Comparing a sheet with the part it was read from, cell by cell.

use super::formula_text;
use crate::grid::{Pos, Rect};
use crate::value::Value;
use crate::workbook::{Run, RunKind, Sheet, Workbook};
use crate::xlsx::read::OriginalSheet;
use crate::xlsx::read::cells::{CellRecord, FormulaKind};
use crate::xlsx::read::values::ValueReader;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// A cell of the part that is to be written anew.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub at: Pos,
    pub bytes: Range<usize>,
    pub tag: Range<usize>,
    pub cm: u32,
    /// The `<f>` element, where the cell has one.
    pub formula: Option<Range<usize>>,
    pub how: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// Only the style.
    Style,
    /// The value; the formula, if there is one, stays.
    Value,
    /// The formula came, went or changed.
    Formula,
    /// The formula stays, but the cell becomes the first of the shared
    /// formulas of this index, which lie in the rectangle.
    Heir(u32, Rect),
}

/// Compares the cells of a part with those of a sheet.
pub(super) struct Compare<'s, 'c> {
    sheet: &'s Sheet,
    original: &'s OriginalSheet,
    book: &'s Workbook,
    /// Whether the sheet's formulas are the very same, cell by cell.
    same_runs: bool,
    /// Whether rows or columns were inserted or deleted: formulas are compared
    /// by their texts then, and none stays shared.
    shifted: bool,
    values: ValueReader<'c>,
    pub changed: Vec<Changed>,
    shared: FxHashMap<u32, Group>,
    /// The cells of the part that are not blank on the sheet.
    pub filled: u64,
    /// The cells of the part that have a style of their own on the sheet.
    pub styled: u64,
}

/// The cells that share a formula.
#[derive(Default)]
struct Group {
    /// The cell that holds the text has another formula now.
    orphaned: bool,
    /// The first of the others that still has the formula.
    heir: Option<Changed>,
    /// The cells that still have it, the first one left out.
    rect: Option<Rect>,
}

impl<'s, 'c> Compare<'s, 'c> {
    pub fn new(
        book: &'s Workbook,
        sheet: &'s Sheet,
        original: &'s OriginalSheet,
        values: ValueReader<'c>,
    ) -> Self {
        let shifted = !sheet.shifts.is_empty();
        Self {
            sheet,
            original,
            book,
            same_runs: !shifted && same_runs(sheet, original),
            shifted,
            values,
            changed: Vec::new(),
            shared: FxHashMap::default(),
            filled: 0,
            styled: 0,
        }
    }

    /// Takes the next cell of the part.
    pub fn cell(&mut self, record: &CellRecord<'_>) {
        let at = record.at;
        let now = self.sheet.cells.get(at);
        self.filled += u64::from(!now.is_blank());
        let own_style = self.sheet.styles.get(at);
        self.styled += u64::from(own_style.is_some());
        let same_formula = match self.shifted {
            true => self.same_text(record),
            false => self.same_formula(at),
        };
        // A value that cannot be read was refused when the file was opened.
        let before = self.values.value(record).unwrap_or_default();
        let how = if !same_formula {
            Some(Change::Formula)
        } else if !same_value(&now, &before) {
            Some(Change::Value)
        } else if own_style.unwrap_or_else(|| self.sheet.style(at)) != record.style {
            Some(Change::Style)
        } else {
            None
        };
        let changed = |how| Changed {
            at,
            bytes: record.bytes.clone(),
            tag: record.tag.clone(),
            cm: record.cm,
            formula: record.formula.as_ref().map(|f| f.bytes.clone()),
            how,
        };
        if let Some(formula) = &record.formula
            && let FormulaKind::Shared(index) = formula.kind
        {
            let group = self.shared.entry(index).or_default();
            if !formula.text.is_empty() {
                // Another master of the same index starts another group.
                *group = Group {
                    orphaned: !same_formula,
                    ..Group::default()
                };
            } else if same_formula {
                let cell = Rect::cell(at);
                group.rect = Some(group.rect.map_or(cell, |rect| rect.hull(&cell)));
                group
                    .heir
                    .get_or_insert_with(|| changed(Change::Heir(index, cell)));
            }
        }
        if let Some(how) = how {
            self.changed.push(changed(how));
        }
    }

    /// Ends the comparison: where the first of shared formulas is gone, the
    /// next one takes its place.
    pub fn finish(&mut self) {
        let mut heirs: FxHashMap<Pos, Changed> = FxHashMap::default();
        for (index, group) in &self.shared {
            if group.orphaned
                && let (Some(heir), Some(rect)) = (&group.heir, group.rect)
            {
                let mut heir = heir.clone();
                heir.how = Change::Heir(*index, rect);
                heirs.insert(heir.at, heir);
            }
        }
        for changed in &mut self.changed {
            if let Some(heir) = heirs.remove(&changed.at) {
                changed.how = heir.how;
            }
        }
        self.changed.extend(heirs.into_values());
    }

    fn same_formula(&self, at: Pos) -> bool {
        if self.same_runs {
            return true;
        }
        let before = self.original.runs.at(at).map(|(_, run)| run);
        let now = self.sheet.runs.at(at).map(|(_, run)| run);
        match (before, now) {
            (None, None) => true,
            (Some(before), Some(now)) => {
                before.template == now.template
                    && before.kind == now.kind
                    && match now.kind {
                        RunKind::Plain => true,
                        RunKind::Array | RunKind::DataTable => before.rect == now.rect,
                        RunKind::Dynamic => {
                            self.original.spills.get(&at) == self.sheet.spills.get(&at)
                        }
                    }
            }
            _ => false,
        }
    }

    /// Whether a cell of a part that was moved says the formula that the
    /// sheet has there.
    fn same_text(&self, record: &CellRecord<'_>) -> bool {
        let at = record.at;
        let run = self.sheet.runs.at(at).map(|(_, run)| run);
        match (&record.formula, run) {
            (None, None) => true,
            // The first cell of an array formula speaks for the others.
            (None, Some(run)) => !run.kind.is_per_cell() && at != run.rect.top_left(),
            (Some(_), None) => false,
            (Some(formula), Some(run)) => {
                let same = || formula_text(self.book, run, at) == *formula.text;
                match (&run.kind, formula.kind) {
                    (RunKind::DataTable, FormulaKind::DataTable) => formula.rect == Some(run.rect),
                    (RunKind::Plain, FormulaKind::Normal) => same(),
                    (RunKind::Array, FormulaKind::Array) => {
                        record.cm == 0 && formula.rect == Some(run.rect) && same()
                    }
                    (RunKind::Dynamic, FormulaKind::Array) => {
                        let rect = self.sheet.spills.get(&at).copied();
                        let rect = rect.unwrap_or(Rect::cell(at));
                        record.cm != 0 && formula.rect == Some(rect) && same()
                    }
                    _ => false,
                }
            }
        }
    }

    /// Whether the part had a formula for the cell, as far as is known.
    pub fn had_formula(&self, at: Pos) -> bool {
        !self.shifted && self.original.runs.at(at).is_some()
    }

    /// The runs of the sheet that are not as they were.
    pub fn new_runs(&self) -> Vec<&'s Run> {
        if self.same_runs {
            return Vec::new();
        }
        let sheet = self.sheet;
        sheet
            .runs
            .iter()
            .map(|(_, run)| run)
            .filter(|run| {
                if self.shifted {
                    return true;
                }
                let before = self.original.runs.at(run.rect.top_left());
                before.is_none_or(|(_, before)| before != *run)
            })
            .collect()
    }
}

/// Whether a sheet's formulas are the same cells' as when it was opened.
fn same_runs(sheet: &Sheet, original: &OriginalSheet) -> bool {
    let by_place = |run: &&Run| run.rect;
    let mut now: Vec<&Run> = sheet.runs.iter().map(|(_, run)| run).collect();
    let mut before: Vec<&Run> = original.runs.iter().map(|(_, run)| run).collect();
    now.sort_by_key(by_place);
    before.sort_by_key(by_place);
    now == before && sheet.spills == original.spills
}

fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // Most cells; and 0 is -0, for which files have no other text.
        (Value::Number(a), Value::Number(b)) => a == b,
        _ => a == b,
    }
}
