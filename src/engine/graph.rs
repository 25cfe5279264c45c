//! The dependency graph: its nodes are runs, its edges follow from shifting
//! a template's references over the run's rectangle.
//!
//! Edges are not stored. An index of the areas that runs read, and one of the
//! areas that they fill, answer who reads a changed cell and what has to be
//! calculated first, so a run of a million rows costs no more than one cell.

mod dirty;
mod order;
mod rect_index;
mod sweep;

pub use dirty::Dirty;
pub use order::Component;
pub use rect_index::RectIndex;
pub use sweep::{Direction, Sweep, Within};

use super::bind::{Binder, BoundFormula, BoundRef, NameCache, Problem};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::workbook::{RunId, RunKind, Template, TemplateId, Workbook};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Names a node while its run exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A run of formulas.
#[derive(Debug)]
pub struct Node {
    pub sheet: SheetId,
    pub run: RunId,
    pub rect: Rect,
    pub template: TemplateId,
    pub kind: RunKind,
    pub formula: Arc<BoundFormula>,
    /// What evaluation read beyond the precedents that the formula names: for
    /// dynamic formulas, as of their last evaluation; and the cells that a
    /// blocked spill wants.
    pub touched: Vec<Area>,
    /// The areas of several cells that its dynamic array formulas fill.
    pub spills: FxHashMap<Pos, Rect>,
}

impl Node {
    /// Whether each cell has a value of its own, found alone.
    pub fn is_per_cell(&self) -> bool {
        self.kind == RunKind::Plain
    }

    pub fn area(&self) -> Area {
        Area {
            sheet: self.sheet,
            rect: self.rect,
        }
    }

    /// The cells whose formula is evaluated for a part of the run: an array
    /// formula is evaluated in its first cell for all of them.
    pub fn origins(&self, part: Rect) -> Rect {
        match self.kind {
            RunKind::Array | RunKind::DataTable => Rect::cell(self.rect.top_left()),
            RunKind::Plain | RunKind::Dynamic => part,
        }
    }
}

/// How a node comes to read an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Via {
    /// A reference its formula names.
    Precedent(u32),
    /// One that evaluation found.
    Touched,
}

#[derive(Debug, Default)]
struct SheetIndex {
    /// What runs fill, spills included.
    outputs: RectIndex<NodeId>,
    /// What runs read.
    readers: RectIndex<(NodeId, Via)>,
}

/// The runs of a workbook and how they depend on each other.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Option<Node>>,
    free: Vec<NodeId>,
    by_run: FxHashMap<(SheetId, RunId), NodeId>,
    sheets: FxHashMap<SheetId, SheetIndex>,
    /// Recalculated always: volatile formulas, and dynamic ones of which it is
    /// not known yet what they read.
    always: FxHashSet<NodeId>,
    formulas: FxHashMap<(TemplateId, SheetId), Arc<BoundFormula>>,
    names: NameCache,
}

impl Graph {
    pub fn new(book: &Workbook) -> Self {
        let mut graph = Self::default();
        for &sheet in book.order() {
            let runs: Vec<RunId> = book.sheet(sheet).runs.iter().map(|(id, _)| id).collect();
            for run in runs {
                graph.add(book, sheet, run);
            }
        }
        graph
    }

    /// # Panics
    /// If there is no such node: ids are not kept beyond a change of runs.
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes[id.0 as usize]
            .as_ref()
            .expect("a node that exists")
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        self.nodes[id.0 as usize]
            .as_mut()
            .expect("a node that exists")
    }

    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        let ids = (0..).map(NodeId);
        ids.zip(&self.nodes)
            .filter_map(|(id, node)| Some((id, node.as_ref()?)))
    }

    /// The node whose run covers a cell.
    pub fn at(&self, book: &Workbook, cell: Cell) -> Option<NodeId> {
        let (run, _) = book.sheet(cell.sheet).runs.at(cell.pos)?;
        self.by_run.get(&(cell.sheet, run)).copied()
    }

    /// The runs that fill cells of an area, spills included; each once.
    pub fn producers(&self, area: Area) -> Vec<NodeId> {
        let mut found = Vec::new();
        if let Some(sheet) = self.sheets.get(&area.sheet) {
            sheet.outputs.for_each(area.rect, |_, id| found.push(id));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Calls `visit` for the runs that read cells of an area, with the part
    /// of their cells that does; a run with several references may come
    /// several times.
    pub fn readers(&self, area: Area, mut visit: impl FnMut(NodeId, Rect)) {
        self.reading(area, |id, part, _| visit(id, part));
    }

    fn reading(&self, area: Area, mut visit: impl FnMut(NodeId, Rect, Option<&BoundRef>)) {
        let Some(sheet) = self.sheets.get(&area.sheet) else {
            return;
        };
        sheet.readers.for_each(area.rect, |_, (id, via)| {
            let node = self.node(id);
            match via {
                Via::Touched => visit(id, node.rect, None),
                Via::Precedent(index) => {
                    let reference = &node.formula.precedents[index as usize];
                    let Some(part) = reference.readers(node.origins(node.rect), area.rect) else {
                        return;
                    };
                    let part = match node.kind {
                        RunKind::Array | RunKind::DataTable => node.rect,
                        RunKind::Plain | RunKind::Dynamic => part,
                    };
                    visit(id, part, Some(reference));
                }
            }
        });
    }

    /// What the formulas of a part of a node read: the smallest rectangles
    /// around it, a reference each, and what evaluation found.
    pub fn read_by(&self, id: NodeId, part: Rect) -> Vec<Area> {
        let node = self.node(id);
        let mut areas = node.touched.clone();
        for reference in &node.formula.precedents {
            if let Some(rect) = reference.hull(node.origins(part)) {
                let sheets = reference.sheets.as_slice().iter();
                areas.extend(sheets.map(|&sheet| Area { sheet, rect }));
            }
        }
        areas
    }

    /// Brings the nodes of changed areas up to date with the workbook's runs;
    /// returns those that are new. The caller rebuilds the graph where names,
    /// tables or sheets changed.
    pub fn sync(&mut self, book: &Workbook, changed: &[Area]) -> Vec<NodeId> {
        let mut added = Vec::new();
        let mut open: Vec<Area> = changed.to_vec();
        let mut seen: FxHashSet<Area> = open.iter().copied().collect();
        while let Some(area) = open.pop() {
            let mut also = |rect: Rect, open: &mut Vec<Area>| {
                let other = Area { rect, ..area };
                if seen.insert(other) {
                    open.push(other);
                }
            };
            let mut gone = self.producers(area);
            let runs = book.sheet(area.sheet).runs.intersecting(area.rect);
            let known = |run: &RunId| self.by_run.get(&(area.sheet, *run)).copied();
            // A run keeps its id when it grows.
            gone.extend(runs.iter().filter_map(known));
            gone.sort_unstable();
            gone.dedup();
            gone.retain(|id| {
                let node = self.node(*id);
                let now = book.sheet(node.sheet).runs.get(node.run);
                !now.is_some_and(|run| {
                    (run.rect, run.template, &run.kind) == (node.rect, node.template, &node.kind)
                })
            });
            for id in gone {
                // Its other cells may belong to new runs.
                also(self.node(id).rect, &mut open);
                self.remove(id);
            }
            for run in runs {
                if !self.by_run.contains_key(&(area.sheet, run))
                    && let Some(id) = self.add(book, area.sheet, run)
                {
                    also(self.node(id).rect, &mut open);
                    added.push(id);
                }
            }
        }
        added.retain(|id| self.nodes[id.0 as usize].is_some());
        added
    }

    /// Takes over from the workbook what is spilled over changed areas: an edit
    /// may have broken a spill or brought one back.
    pub fn sync_spills(&mut self, book: &Workbook, changed: &[Area]) {
        for area in changed {
            let now = &book.sheet(area.sheet).spills;
            for id in self.producers(*area) {
                let node = self.node(id);
                let differ: Vec<(Pos, Option<Rect>)> = node
                    .spills
                    .iter()
                    .map(|(anchor, rect)| (*anchor, now.get(anchor).copied(), *rect))
                    .filter(|(_, now, before)| *now != Some(*before))
                    .map(|(anchor, now, _)| (anchor, now))
                    .collect();
                for (anchor, now) in differ {
                    self.set_spill(id, anchor, now);
                }
            }
            for (&pos, &rect) in now {
                if rect.intersection(&area.rect).is_none() {
                    continue;
                }
                let cell = Cell {
                    sheet: area.sheet,
                    pos,
                };
                if let Some(id) = self.at(book, cell)
                    && self.node(id).spills.get(&pos) != Some(&rect)
                {
                    self.set_spill(id, pos, Some(rect));
                }
            }
        }
    }

    /// Adds the node of a run; none for formulas that keep their saved values:
    /// data tables, those that cannot be read, and those that refer to other
    /// workbooks of which the file remembers nothing.
    fn add(&mut self, book: &Workbook, sheet: SheetId, id: RunId) -> Option<NodeId> {
        let run = book.sheet(sheet).runs.get(id)?;
        if run.kind == RunKind::DataTable {
            return None;
        }
        let at = Cell {
            sheet,
            pos: run.rect.top_left(),
        };
        let formula = self.bind(book, run.template, at)?;
        let external = |problem: &Problem| matches!(problem, Problem::External(_));
        if formula.problems.iter().any(external) {
            return None;
        }
        let mut node = Node {
            sheet,
            run: id,
            rect: run.rect,
            template: run.template,
            kind: run.kind.clone(),
            formula,
            touched: Vec::new(),
            spills: FxHashMap::default(),
        };
        if node.kind == RunKind::Dynamic {
            let first = Pos::new(node.rect.top, 0);
            let last = Pos::new(node.rect.bottom, u32::MAX);
            let spills = book.sheet(sheet).spills.range(first..=last);
            let own = spills.filter(|(anchor, _)| node.rect.contains(**anchor));
            node.spills = own.map(|(anchor, rect)| (*anchor, *rect)).collect();
        }
        let node_id = match self.free.pop() {
            Some(free) => free,
            None => {
                self.nodes.push(None);
                NodeId(self.nodes.len() as u32 - 1)
            }
        };
        if node.formula.volatile || node.formula.dynamic {
            self.always.insert(node_id);
        }
        self.by_run.insert((sheet, id), node_id);
        self.index_node(node_id, &node, true);
        self.nodes[node_id.0 as usize] = Some(node);
        Some(node_id)
    }

    fn remove(&mut self, id: NodeId) {
        if let Some(node) = self.nodes[id.0 as usize].take() {
            self.by_run.remove(&(node.sheet, node.run));
            self.always.remove(&id);
            self.index_node(id, &node, false);
            self.free.push(id);
        }
    }

    /// Adds a node's areas to the indexes, or takes them out.
    fn index_node(&mut self, id: NodeId, node: &Node, add: bool) {
        let outputs = &mut self.sheets.entry(node.sheet).or_default().outputs;
        for rect in std::iter::once(&node.rect).chain(node.spills.values()) {
            match add {
                true => outputs.insert(*rect, id),
                false => outputs.remove(*rect, id),
            }
        }
        for (index, reference) in node.formula.precedents.iter().enumerate() {
            let Some(hull) = reference.hull(node.origins(node.rect)) else {
                continue;
            };
            for &sheet in reference.sheets.as_slice() {
                let readers = &mut self.sheets.entry(sheet).or_default().readers;
                let item = (id, Via::Precedent(index as u32));
                match add {
                    true => readers.insert(hull, item),
                    false => readers.remove(hull, item),
                }
            }
        }
        for area in &node.touched {
            self.index_touched(id, *area, add);
        }
    }

    fn index_touched(&mut self, id: NodeId, area: Area, add: bool) {
        let readers = &mut self.sheets.entry(area.sheet).or_default().readers;
        match add {
            true => readers.insert(area.rect, (id, Via::Touched)),
            false => readers.remove(area.rect, (id, Via::Touched)),
        }
    }

    /// Records what evaluation read; returns whether it read anything new.
    pub(super) fn set_touched(&mut self, id: NodeId, touched: Vec<Area>) -> bool {
        let old = std::mem::replace(&mut self.node_mut(id).touched, touched);
        if !self.node(id).formula.volatile {
            self.always.remove(&id);
        }
        for area in &old {
            self.index_touched(id, *area, false);
        }
        let new = self.node(id).touched.clone();
        for area in &new {
            self.index_touched(id, *area, true);
        }
        let covered = |area: &Area| {
            old.iter()
                .any(|other| other.sheet == area.sheet && other.rect.contains_rect(&area.rect))
        };
        !new.iter().all(covered)
    }

    /// Records the cells that the formula in `anchor` fills; `None` where it
    /// fills its own alone.
    pub(super) fn set_spill(&mut self, id: NodeId, anchor: Pos, rect: Option<Rect>) {
        let sheet = self.node(id).sheet;
        let spills = &mut self.node_mut(id).spills;
        let old = match rect {
            Some(rect) => spills.insert(anchor, rect),
            None => spills.remove(&anchor),
        };
        let outputs = &mut self.sheets.entry(sheet).or_default().outputs;
        if let Some(old) = old {
            outputs.remove(old, id);
        }
        if let Some(rect) = rect {
            outputs.insert(rect, id);
        }
    }

    /// The bound formula of a template on a sheet.
    fn bind(
        &mut self,
        book: &Workbook,
        template: TemplateId,
        at: Cell,
    ) -> Option<Arc<BoundFormula>> {
        if let Some(formula) = self.formulas.get(&(template, at.sheet)) {
            return Some(formula.clone());
        }
        let Template::Formula(expr) = book.templates.get(template).as_ref() else {
            return None;
        };
        let formula = Arc::new(Binder::new(book, &mut self.names, at).bind(expr));
        if !formula.tableless {
            self.formulas.insert((template, at.sheet), formula.clone());
        }
        Some(formula)
    }

    /// What is recalculated whatever has changed.
    pub(super) fn always(&self) -> impl Iterator<Item = (NodeId, Rect)> {
        self.always.iter().map(|&id| (id, self.node(id).rect))
    }

    /// The formulas whose meaning may change with names, tables and sheets.
    pub(super) fn naming(&self) -> impl Iterator<Item = (NodeId, Area)> {
        self.nodes()
            .filter(|(_, node)| {
                let formula = &node.formula;
                let spans = |reference: &BoundRef| reference.sheets.as_slice().len() > 1;
                formula.names
                    || !formula.problems.is_empty()
                    || formula.precedents.iter().any(spans)
            })
            .map(|(id, node)| (id, node.area()))
    }

    /// The formulas that use one of these names, without differences of case, or
    /// something that had no meaning.
    pub(super) fn using(&self, names: &BTreeSet<String>) -> impl Iterator<Item = (NodeId, Area)> {
        self.nodes()
            .filter(|(_, node)| {
                let formula = &node.formula;
                !formula.problems.is_empty()
                    || formula.named.iter().any(|name| names.contains(&**name))
            })
            .map(|(id, node)| (id, node.area()))
    }

    /// The formulas whose values depend on where they or the cells that they
    /// name stand: those that ask for places, and those that take the cell in
    /// their own row or column.
    pub(super) fn placed(&self) -> impl Iterator<Item = (NodeId, Area)> {
        self.nodes()
            .filter(|(_, node)| {
                node.formula.placed || node.formula.array && node.kind == RunKind::Plain
            })
            .map(|(id, node)| (id, node.area()))
    }

    /// Whether another formula than the one of `own` has spilled into `rect`.
    pub(super) fn spilled_over(&self, sheet: SheetId, rect: Rect, own: (NodeId, Pos)) -> bool {
        let Some(index) = self.sheets.get(&sheet) else {
            return false;
        };
        let mut found = false;
        index.outputs.for_each(rect, |output, id| {
            let node = self.node(id);
            found |=
                output != node.rect && !(id == own.0 && node.spills.get(&own.1) == Some(&output));
        });
        found
    }
}
