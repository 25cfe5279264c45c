//! Loops that are none cell by cell: runs that read only rows above (or
//! below) the formula's own, or columns to the left (or right).

use super::{Graph, NodeId};
use crate::formula::Axis;
use crate::grid::{MAX_COLS, MAX_ROWS, Rect};
use rustc_hash::FxHashMap;

/// Where a sweep goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Down,
    Up,
    Right,
    Left,
}

impl Direction {
    pub const ALL: [Direction; 4] = [Self::Down, Self::Up, Self::Right, Self::Left];

    /// Whether its lines are rows.
    pub fn by_rows(self) -> bool {
        matches!(self, Self::Down | Self::Up)
    }

    fn forward(self) -> bool {
        matches!(self, Self::Down | Self::Right)
    }

    /// The lines of a rectangle: first and last row, or column.
    pub fn lines(self, rect: &Rect) -> (u32, u32) {
        if self.by_rows() {
            (rect.top, rect.bottom)
        } else {
            (rect.left, rect.right)
        }
    }

    /// The cells of a rectangle on one line.
    pub fn line(self, rect: &Rect, line: u32) -> Option<Rect> {
        let (first, last) = self.lines(rect);
        (first..=last).contains(&line).then_some(if self.by_rows() {
            Rect {
                top: line,
                bottom: line,
                ..*rect
            }
        } else {
            Rect {
                left: line,
                right: line,
                ..*rect
            }
        })
    }
}

/// An order in which looping runs can be evaluated: line by line in a
/// direction, on each line run by run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    pub direction: Direction,
    /// The runs in their order on a line, with the order of a run's own cells on it.
    pub runs: Vec<(NodeId, Within)>,
}

/// The order of a run's cells on one line of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// They do not read each other.
    Any,
    /// From the left, or from the top.
    Forward,
    Backward,
}

/// How far the lines that a reference reads lie from the formula's own.
#[derive(Clone, Copy, Debug)]
struct Lag {
    least: i64,
    most: i64,
}

/// The lag of a reference between `a` and `b` for formulas on the lines
/// `own`, as far as it meets `others`.
fn lag(a: Axis, b: Axis, own: (u32, u32), others: (u32, u32), size: u32) -> Lag {
    let (first, last) = (i64::from(own.0), i64::from(own.1));
    let (from, to) = (i64::from(others.0), i64::from(others.1));
    let mut lag = Lag {
        least: i64::MAX,
        most: i64::MIN,
    };
    for axis in [a, b] {
        let (least, most) = match axis {
            Axis::Absolute(line) => {
                let line = i64::from(line);
                (line.max(from) - last, line.min(to) - first)
            }
            Axis::Relative(by) => {
                let by = i64::from(by);
                if first + by < 0 || last + by >= i64::from(size) {
                    // It wraps around the sheet's edge.
                    (from - last, to - first)
                } else {
                    (by.max(from - last), by.min(to - first))
                }
            }
        };
        lag.least = lag.least.min(least);
        lag.most = lag.most.max(most);
    }
    lag
}

impl Graph {
    /// A sweep over the runs of a loop; `None` where no direction orders them
    /// all, or where one has array formulas or reads what only evaluation finds.
    pub fn sweep(&self, nodes: &[NodeId]) -> Option<Sweep> {
        let simple = |id: &NodeId| {
            let node = self.node(*id);
            node.is_per_cell() && !node.formula.dynamic && node.touched.is_empty()
        };
        if !nodes.iter().all(simple) {
            return None;
        }
        let place: FxHashMap<NodeId, usize> = nodes.iter().copied().zip(0..).collect();
        Direction::ALL
            .into_iter()
            .find_map(|direction| self.sweep_in(nodes, &place, direction))
    }

    fn sweep_in(
        &self,
        nodes: &[NodeId],
        place: &FxHashMap<NodeId, usize>,
        direction: Direction,
    ) -> Option<Sweep> {
        let mut within = vec![Within::Any; nodes.len()];
        // On one line: how many runs each still waits for, and who waits for it.
        let mut waits = vec![0usize; nodes.len()];
        let mut waiters: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        for (reader, &id) in nodes.iter().enumerate() {
            let node = self.node(id);
            for reference in &node.formula.precedents {
                let Some(rect) = reference.hull(node.rect) else {
                    continue;
                };
                let ((row_a, row_b), (col_a, col_b)) = reference.axes();
                for &sheet in reference.sheets.as_slice() {
                    for other in self.producers(crate::grid::Area { sheet, rect }) {
                        let Some(&producer) = place.get(&other) else {
                            continue;
                        };
                        let read = self.node(other).rect;
                        let rows = (node.rect.top, node.rect.bottom);
                        let cols = (node.rect.left, node.rect.right);
                        let rows = lag(row_a, row_b, rows, (read.top, read.bottom), MAX_ROWS);
                        let cols = lag(col_a, col_b, cols, (read.left, read.right), MAX_COLS);
                        let (across, along) = match direction.by_rows() {
                            true => (rows, cols),
                            false => (cols, rows),
                        };
                        let late = match direction.forward() {
                            true => across.most,
                            false => -across.least,
                        };
                        if late > 0 {
                            return None;
                        }
                        if late < 0 {
                            continue;
                        }
                        if producer != reader {
                            waits[reader] += 1;
                            waiters[producer].push(reader);
                            continue;
                        }
                        let order = match (along.most < 0, along.least > 0) {
                            (true, _) => Within::Forward,
                            (_, true) => Within::Backward,
                            _ => return None,
                        };
                        if within[reader] != Within::Any && within[reader] != order {
                            return None;
                        }
                        within[reader] = order;
                    }
                }
            }
        }
        let mut ready: Vec<usize> = (0..nodes.len()).filter(|&n| waits[n] == 0).collect();
        let mut runs = Vec::with_capacity(nodes.len());
        while let Some(next) = ready.pop() {
            runs.push((nodes[next], within[next]));
            for &reader in &waiters[next] {
                waits[reader] -= 1;
                if waits[reader] == 0 {
                    ready.push(reader);
                }
            }
        }
        (runs.len() == nodes.len()).then_some(Sweep { direction, runs })
    }
}
