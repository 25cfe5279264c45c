//! Loops that go one way along rows or columns.

use super::Recalc;
use crate::engine::graph::{Direction, Dirty, NodeId, Sweep, Within};
use crate::engine::vector::{self, Scan};
use crate::grid::{Area, Rect};
use std::ops::ControlFlow;

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
        let mut done = 0;
        if direction.by_rows() && last - first >= vector::WORTH_PLANNING {
            done = self.scan(direction, &parts)?;
        }
        match direction {
            Direction::Down | Direction::Right => {
                self.lines((first..last + 1).skip(done), direction, &parts)
            }
            Direction::Up | Direction::Left => {
                self.lines((first..last + 1).rev().skip(done), direction, &parts)
            }
        }
    }

    /// Evaluates parts of runs line by line.
    fn lines(
        &mut self,
        lines: impl Iterator<Item = u32>,
        direction: Direction,
        parts: &[PartOfRun],
    ) -> ControlFlow<()> {
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

    /// Evaluates columns that only compute with numbers, row by row; gives how many
    /// rows are done, as it ends early where they do more.
    fn scan(&mut self, direction: Direction, parts: &[PartOfRun]) -> ControlFlow<(), usize> {
        let graph = &self.engine.graph;
        let formulas = parts.iter().map(|&(id, _, rect)| {
            let node = graph.node(id);
            let sheet = node.sheet;
            (&*node.formula, Area { sheet, rect })
        });
        let formulas: Vec<_> = formulas.collect();
        let down = direction == Direction::Down;
        let Some(mut scan) = Scan::new(self.world(), &formulas, down) else {
            return ControlFlow::Continue(0);
        };
        while scan.stretch(&self.engine.workbook) {
            while let Some((part, cell)) = scan.compute() {
                self.put_numbers(&mut scan);
                if let Some(done) = scan.hopeless(MOST_MISSES) {
                    return ControlFlow::Continue(done as usize);
                }
                self.cell(parts[part].0, cell.pos);
                let cells = &self.engine.workbook.sheet(cell.sheet).cells;
                scan.found(cells.number(cell.pos));
            }
            self.put_numbers(&mut scan);
            self.watched()?;
        }
        ControlFlow::Continue(usize::MAX)
    }

    /// Writes the numbers that are not in their cells yet.
    fn put_numbers(&mut self, scan: &mut Scan) {
        scan.unwritten(|area, numbers| {
            self.forget(area);
            self.report.evaluated += numbers.len() as u64;
            let Area { sheet, rect } = area;
            let cells = &mut self.engine.workbook.sheet_mut(sheet).cells;
            cells.set_numbers(rect.left, rect.top, numbers);
        });
    }
}
