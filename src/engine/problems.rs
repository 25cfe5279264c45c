//! Cells with errors and circular references.

use super::Engine;
use crate::grid::{Cell, Rect, SheetId};
use crate::value::ErrorKind;
use crate::workbook::RunId;
use rustc_hash::{FxHashMap, FxHashSet};

/// For so many groups the first error is sought.
const TRACED: usize = 500;
/// How far an error is followed.
const MAX_STEPS: usize = 1_000;

/// All problems of a workbook.
#[derive(Debug, Default, PartialEq)]
pub struct Problems {
    /// Circular references first, then errors sheet by sheet.
    pub groups: Vec<Problem>,
    /// The cells with errors.
    pub errors: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Cells of one run (or a single constant) with the same error.
    Errors {
        kind: ErrorKind,
        first: Cell,
        last: Cell,
        count: u64,
        /// Where the first cell's error comes from, where that is another cell.
        source: Option<Cell>,
    },
    /// Cells that wait for each other: each reads the next, the last the first.
    Circle(Vec<Cell>),
}

impl Problem {
    /// The cell that it begins with.
    pub fn cell(&self) -> Option<Cell> {
        match self {
            Self::Errors { first, .. } => Some(*first),
            Self::Circle(path) => path.first().copied(),
        }
    }
}

impl Problems {
    /// How many errors and circles there are.
    pub fn count(&self) -> u64 {
        let circle = |p: &&Problem| matches!(p, Problem::Circle(_));
        self.errors + self.groups.iter().filter(circle).count() as u64
    }
}

/// Who filled a cell.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Filler {
    Run(RunId),
    Cell(Cell),
}

impl Engine {
    /// The workbook's problems as it stands.
    pub fn problems(&self) -> Problems {
        let workbook = self.workbook();
        let circles = self.circular().iter().cloned().map(Problem::Circle);
        let mut problems = Problems {
            groups: circles.collect(),
            errors: 0,
        };
        for &sheet in workbook.order() {
            self.errors_of(sheet, &mut problems);
        }
        let mut traced = 0;
        for problem in &mut problems.groups {
            if let Problem::Errors { first, source, .. } = problem {
                traced += 1;
                if traced > TRACED {
                    break;
                }
                *source = Some(self.error_source(*first)).filter(|at| at != first);
            }
        }
        problems
    }

    fn errors_of(&self, id: SheetId, problems: &mut Problems) {
        let sheet = self.workbook().sheet(id);
        let Some(used) = sheet.cells.used() else {
            return;
        };
        let mut groups: FxHashMap<(Filler, ErrorKind), usize> = FxHashMap::default();
        // Errors come in columns: mostly the run of the cell above.
        let mut lately: Option<(RunId, Rect)> = None;
        sheet.cells.for_each_error(used, &mut |pos, kind| {
            let cell = Cell { sheet: id, pos };
            if !lately.is_some_and(|(_, rect)| rect.contains(pos)) {
                lately = sheet.runs.at(pos).map(|(id, run)| (id, run.rect));
            }
            let filler = match lately {
                Some((run, _)) => Filler::Run(run),
                None => {
                    let anchor = sheet.spilled_from(pos).and_then(|at| sheet.runs.at(at));
                    anchor.map_or(Filler::Cell(cell), |(run, _)| Filler::Run(run))
                }
            };
            problems.errors += 1;
            let next = problems.groups.len();
            let index = *groups.entry((filler, kind)).or_insert(next);
            match problems.groups.get_mut(index) {
                Some(Problem::Errors { count, last, .. }) => {
                    *count += 1;
                    *last = cell;
                }
                _ => problems.groups.push(Problem::Errors {
                    kind,
                    first: cell,
                    last: cell,
                    count: 1,
                    source: None,
                }),
            }
        });
    }

    /// Follows an error to a cell that reads none.
    pub fn error_source(&self, from: Cell) -> Cell {
        let mut at = from;
        let mut seen = FxHashSet::default();
        while seen.insert(at) && seen.len() < MAX_STEPS {
            match self.error_read_by(at, &seen) {
                Some(earlier) => at = earlier,
                None => break,
            }
        }
        at
    }

    fn error_read_by(&self, at: Cell, seen: &FxHashSet<Cell>) -> Option<Cell> {
        let home = self.formula_home(at)?;
        let workbook = self.workbook();
        let mut found = None;
        for reference in &self.bound(home)?.precedents {
            let Some(rect) = reference.rect(home.pos) else {
                continue;
            };
            for &sheet in reference.sheets.as_slice() {
                let cells = &workbook.sheet(sheet).cells;
                cells.for_each_error(rect, &mut |pos, _| {
                    let cell = Cell { sheet, pos };
                    if found.is_none() && cell != at && !seen.contains(&cell) {
                        found = Some(cell);
                    }
                });
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lower::tests::engine;

    #[test]
    fn errors_are_grouped_by_run_and_traced_to_where_they_arise() {
        let engine = engine(
            "A1 = 0
            B1 = =1/A1
            C1:C700 = =$B$1+ROW()
            D1 = =NA()
            D2 = =SUM(C1:C9)
            E1 = fine",
        );
        let problems = engine.problems();
        let workbook = engine.workbook();
        let told: Vec<String> = problems
            .groups
            .iter()
            .map(|problem| match problem {
                Problem::Errors {
                    kind,
                    first,
                    last,
                    count,
                    source,
                } => {
                    let source = source.map_or(String::new(), |s| s.pos.to_string());
                    format!("{kind} {}:{} {count} {source}", first.pos, last.pos)
                }
                Problem::Circle(path) => format!("{path:?}"),
            })
            .collect();
        let expected = [
            "#DIV/0! B1:B1 1 ",
            "#DIV/0! C1:C700 700 B1",
            "#N/A D1:D1 1 ",
            "#DIV/0! D2:D2 1 B1",
        ];
        assert_eq!(told, expected);
        assert_eq!(problems.count(), 703);
        assert!(workbook.order().len() == 2);
    }

    #[test]
    fn circles_are_told_with_their_path() {
        let engine = engine("A1 = =B1+1\nB1 = =C1\nC1 = =A1");
        let problems = engine.problems();
        let [Problem::Circle(path)] = &problems.groups[..] else {
            panic!("{problems:?}");
        };
        assert_eq!(path.len(), 3);
        assert_eq!(problems.count(), 1);
    }
}
