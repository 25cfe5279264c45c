//! What has to be recalculated after a change.

use super::{Graph, NodeId};
use crate::engine::bind::BoundRef;
use crate::formula::Axis;
use crate::grid::{Area, Rect, SheetId};
use crate::workbook::RunKind;
use rustc_hash::FxHashMap;

/// The most rectangles kept for one node.
const MOST_RECTS: usize = 16;
/// A node that grows more often is recalculated whole: it lies on a loop
/// through other runs, which would otherwise be followed row by row.
const MOST_GROWTH: usize = 64;

/// The cells of a run that have to be recalculated, as disjoint rectangles.
#[derive(Clone, Debug, Default)]
pub struct Dirt {
    rects: Vec<Rect>,
    growth: usize,
}

impl Dirt {
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    pub fn meets(&self, rect: &Rect) -> bool {
        self.rects
            .iter()
            .any(|own| own.intersection(rect).is_some())
    }

    /// Adds a part of a run that covers `whole`; returns what has to be
    /// followed because it was not dirty yet.
    fn add(&mut self, part: Rect, whole: Rect) -> Option<Rect> {
        if self.rects.iter().any(|rect| rect.contains_rect(&part)) {
            return None;
        }
        self.growth += 1;
        let mut fresh = part;
        let mut merged = part;
        if self.growth > MOST_GROWTH {
            (fresh, merged) = (whole, whole);
        }
        // Joined where they overlap, or where they form a larger rectangle.
        while let Some(place) = self.rects.iter().position(|rect| joins(rect, &merged)) {
            let rect = self.rects.swap_remove(place);
            if rect.intersection(&merged).is_some() {
                fresh = fresh.hull(&rect);
            }
            merged = merged.hull(&rect);
        }
        self.rects.push(merged);
        if self.rects.len() > MOST_RECTS {
            let hull = self.rects.iter().fold(merged, |hull, rect| hull.hull(rect));
            self.rects = vec![hull];
            fresh = hull;
        }
        Some(fresh)
    }
}

/// Whether two rectangles overlap or their union is a rectangle.
fn joins(a: &Rect, b: &Rect) -> bool {
    let side_by_side = |a0: u32, a1: u32, b0: u32, b1: u32| a1 + 1 == b0 || b1 + 1 == a0;
    a.intersection(b).is_some()
        || (a.left == b.left
            && a.right == b.right
            && side_by_side(a.top, a.bottom, b.top, b.bottom))
        || (a.top == b.top
            && a.bottom == b.bottom
            && side_by_side(a.left, a.right, b.left, b.right))
}

/// The dirty part of each node that has one.
#[derive(Clone, Debug, Default)]
pub struct Dirty {
    nodes: FxHashMap<NodeId, Dirt>,
}

impl Dirty {
    /// All cells of all runs.
    pub fn all(graph: &Graph) -> Self {
        let whole = |rect| Dirt {
            rects: vec![rect],
            growth: 0,
        };
        let nodes = graph.nodes().map(|(id, node)| (id, whole(node.rect)));
        Self {
            nodes: nodes.collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn get(&self, id: NodeId) -> Option<&Dirt> {
        self.nodes.get(&id)
    }

    /// How many cells of formulas there are.
    pub fn cells(&self) -> u64 {
        let dirt = self.nodes.values();
        dirt.flat_map(Dirt::rects).map(Rect::len).sum()
    }

    /// In the order of their ids.
    pub fn nodes(&self) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = self.nodes.keys().copied().collect();
        nodes.sort_unstable();
        nodes
    }

    pub(in crate::engine) fn remove(&mut self, id: NodeId) {
        self.nodes.remove(&id);
    }
}

/// An area whose values change, and the node that fills it, where one does.
struct Change {
    area: Area,
    by: Option<NodeId>,
}

impl Graph {
    /// All that depends, directly or not, on cells of `areas`, and `nodes`
    /// with theirs.
    pub fn dependents(&self, areas: &[Area], nodes: &[(NodeId, Rect)]) -> Dirty {
        let mut dirty = Dirty::default();
        self.spread(&mut dirty, areas, nodes);
        dirty
    }

    /// Adds to `dirty` what depends on cells of `areas`, and parts of nodes
    /// with what depends on them.
    pub fn spread(&self, dirty: &mut Dirty, areas: &[Area], nodes: &[(NodeId, Rect)]) {
        let mut open: Vec<Change> = areas
            .iter()
            .map(|&area| Change { area, by: None })
            .collect();
        for &(id, part) in nodes {
            self.soil(dirty, id, part, &mut open);
        }
        let mut found = Vec::new();
        while let Some(change) = open.pop() {
            found.clear();
            self.reading(change.area, |id, part, reference| {
                let part = match (change.by == Some(id), reference) {
                    (true, Some(reference)) => onward(reference, part, self.node(id).rect),
                    _ => part,
                };
                found.push((id, part));
            });
            for &(id, part) in &found {
                self.soil(dirty, id, part, &mut open);
            }
        }
    }

    fn soil(&self, dirty: &mut Dirty, id: NodeId, part: Rect, open: &mut Vec<Change>) {
        let node = self.node(id);
        let part = match node.kind {
            RunKind::Array | RunKind::DataTable => node.rect,
            RunKind::Plain | RunKind::Dynamic => part,
        };
        let Some(fresh) = dirty.nodes.entry(id).or_default().add(part, node.rect) else {
            return;
        };
        let mut push = |sheet: SheetId, rect: Rect| {
            open.push(Change {
                area: Area { sheet, rect },
                by: Some(id),
            });
        };
        push(node.sheet, fresh);
        for (anchor, rect) in &node.spills {
            if fresh.contains(*anchor) {
                push(node.sheet, *rect);
            }
        }
    }
}

/// A run reads its own cells: where `part` reads a changed cell of it, the
/// cells that read `part` follow, and so on to the run's end. This finds all of
/// them at once.
fn onward(reference: &BoundRef, part: Rect, run: Rect) -> Rect {
    let ((row_a, row_b), (col_a, col_b)) = reference.axes();
    let (top, bottom) = follow(row_a, row_b, (part.top, part.bottom), (run.top, run.bottom));
    let (left, right) = follow(col_a, col_b, (part.left, part.right), (run.left, run.right));
    Rect {
        top,
        left,
        bottom,
        right,
    }
}

fn follow(a: Axis, b: Axis, part: (u32, u32), run: (u32, u32)) -> (u32, u32) {
    let (down, up) = match (a, b) {
        (Axis::Relative(a), Axis::Relative(b)) => (a.min(b) < 0, a.max(b) > 0),
        (Axis::Absolute(fixed), Axis::Relative(by))
        | (Axis::Relative(by), Axis::Absolute(fixed)) => {
            // From a fixed row to one before or after the formula's own.
            match by {
                ..=-1 => (true, fixed > run.0),
                0 => (fixed < run.1, fixed > run.0),
                _ => (fixed < run.1, true),
            }
        }
        (Axis::Absolute(_), Axis::Absolute(_)) => (true, true),
    };
    (
        if up { run.0 } else { part.0 },
        if down { run.1 } else { part.1 },
    )
}
