//! Loops that go one way along rows or columns.

use super::Recalc;
use crate::engine::graph::{Direction, Dirty, NodeId, Sweep, Within};
use crate::engine::vector::{self, Computed, Step};
use crate::grid::{Area, Pos, Rect};
use std::ops::ControlFlow;

/// Lines of numbers between two looks at the watch: what was computed is
/// written before.
const LINES: u32 = 4096;
/// Cells that were no numbers in a row of which steps are given up.
const MOST_MISSES: usize = 64;

/// A part of a run, and the order of its cells on a line.
type PartOfRun = (NodeId, Within, Rect);

impl Recalc<'_> {
    /// Evaluates looping runs line by line.
    pub(super) fn sweep(&mut self, sweep: &Sweep, dirty: &Dirty) -> ControlFlow<()> {
        let direction = sweep.direction;
        let mut parts: Vec<PartOfRun> = Vec::new();
        for &(id, within) in &sweep.runs {
            let mut rects = dirty.get(id).map_or(&[][..], |dirt| dirt.rects()).to_vec();
            // Parts of one run may read each other along a line, too.
            rects.sort_unstable_by_key(|rect| match direction.by_rows() {
                true => rect.left,
                false => rect.top,
            });
            if within == Within::Backward {
                rects.reverse();
            }
            parts.extend(rects.into_iter().map(|rect| (id, within, rect)));
        }
        let lines = parts.iter().map(|(.., rect)| direction.lines(rect));
        let Some((first, last)) = lines.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
            return ControlFlow::Continue(());
        };
        let worth_planning = direction.by_rows() && last - first >= vector::WORTH_PLANNING;
        match direction {
            Direction::Down | Direction::Right => {
                self.lines(first..last + 1, direction, &parts, worth_planning)
            }
            Direction::Up | Direction::Left => {
                let lines = (first..last + 1).rev();
                self.lines(lines, direction, &parts, worth_planning)
            }
        }
    }

    /// Evaluates parts of runs line by line.
    fn lines(
        &mut self,
        mut lines: impl Iterator<Item = u32>,
        direction: Direction,
        parts: &[PartOfRun],
        worth_planning: bool,
    ) -> ControlFlow<()> {
        if worth_planning {
            self.steps(&mut lines, parts)?;
        }
        for line in lines {
            self.watched()?;
            for (id, within, rect) in parts {
                let Some(segment) = direction.line(rect, line) else {
                    continue;
                };
                let mut cells: Vec<_> = segment.cells().collect();
                if *within == Within::Backward {
                    cells.reverse();
                }
                for pos in cells {
                    self.cell(*id, pos);
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Evaluates columns that only compute with numbers, row by row; ends
    /// early, with the rows that are left in `rows`, where they do more.
    fn steps(
        &mut self,
        rows: &mut impl Iterator<Item = u32>,
        parts: &[PartOfRun],
    ) -> ControlFlow<()> {
        let graph = &self.engine.graph;
        let areas: Vec<Area> = parts
            .iter()
            .map(|&(id, _, rect)| Area {
                sheet: graph.node(id).sheet,
                rect,
            })
            .collect();
        if areas.iter().any(|area| area.rect.cols() > 1) {
            return ControlFlow::Continue(());
        }
        let steps = parts.iter().zip(&areas).map(|((id, ..), area)| {
            Step::new(self.world(), &graph.node(*id).formula, *area, &areas)
        });
        let Some(steps) = steps.collect::<Option<Vec<Step>>>() else {
            return ControlFlow::Continue(());
        };
        let blank = |area: &Area| vec![f64::NAN; area.rect.rows() as usize];
        let mut computed = Computed {
            numbers: areas.iter().map(blank).collect(),
            areas,
        };
        // The oldest and the newest row whose numbers are not in their cells yet.
        let mut unwritten: Vec<Option<(u32, u32)>> = vec![None; parts.len()];
        let mut misses = 0;
        for (count, row) in (0..).zip(&mut *rows) {
            for (index, step) in steps.iter().enumerate() {
                let rect = computed.areas[index].rect;
                if row < rect.top || rect.bottom < row {
                    continue;
                }
                let place = (row - rect.top) as usize;
                if let Some(number) = step.number(row, &computed, &self.engine.workbook) {
                    computed.numbers[index][place] = number;
                    match &mut unwritten[index] {
                        Some((_, newest)) => *newest = row,
                        none => *none = Some((row, row)),
                    }
                    misses = 0;
                    continue;
                }
                self.put_numbers(&computed, &mut unwritten);
                let pos = Pos::new(row, rect.left);
                self.cell(parts[index].0, pos);
                let cells = &self
                    .engine
                    .workbook
                    .sheet(computed.areas[index].sheet)
                    .cells;
                computed.numbers[index][place] = cells.number(pos).unwrap_or(f64::NAN);
                misses += 1;
            }
            if count % LINES == LINES - 1 {
                self.put_numbers(&computed, &mut unwritten);
                self.watched()?;
            }
            if misses >= MOST_MISSES {
                break;
            }
        }
        self.put_numbers(&computed, &mut unwritten);
        ControlFlow::Continue(())
    }

    /// Writes the numbers of rows that are not in their cells yet.
    fn put_numbers(&mut self, computed: &Computed, unwritten: &mut [Option<(u32, u32)>]) {
        for (index, rows) in unwritten.iter_mut().enumerate() {
            let Some((oldest, newest)) = rows.take() else {
                continue;
            };
            let (top, bottom) = (oldest.min(newest), oldest.max(newest));
            let Area { sheet, rect } = computed.areas[index];
            self.forget(Area {
                sheet,
                rect: Rect {
                    top,
                    bottom,
                    ..rect
                },
            });
            let place = |row: u32| (row - rect.top) as usize;
            let numbers = &computed.numbers[index][place(top)..=place(bottom)];
            self.report.evaluated += numbers.len() as u64;
            let cells = &mut self.engine.workbook.sheet_mut(sheet).cells;
            cells.set_numbers(rect.left, top, numbers);
        }
    }
}
