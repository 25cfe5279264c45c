//! Recalculating what is dirty, in order, and writing the results.

mod demand;
mod run;
mod spill;
mod sweep;

use super::Engine;
use super::graph::{Component, Dirty, Graph, NodeId};
use super::interpret::World;
use super::{clock, pool};
use crate::grid::{Area, Cell, Rect};
use crate::value::Value;
use crate::workbook::RunKind;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

/// Spills that change size, and references that only evaluation finds, may
/// ask for another pass; a workbook that still asks after so many never settles.
const MOST_PASSES: usize = 64;
/// Cells evaluated before they are written.
const BLOCK: u64 = 1 << 16;

/// What a recalculation did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recalculation {
    /// The areas that were recalculated or spilled over.
    pub changed: Vec<Area>,
    /// Circular references among them, each as the cells of its path.
    pub circular: Vec<Vec<Cell>>,
    /// How many cells were evaluated.
    pub evaluated: u64,
    /// How many of them became errors.
    pub errors: u64,
    /// The watch stopped it; what is left is done by the next recalculation.
    pub interrupted: bool,
}

/// How far a recalculation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Cells evaluated so far.
    pub evaluated: u64,
    /// Cells to evaluate, those among them, as far as it is known: results may ask for more.
    pub of: u64,
}

impl Progress {
    /// What part of the work is done, from 0 to 1; `None` where nothing is known.
    pub fn fraction(&self) -> Option<f64> {
        (self.of > 0).then(|| (self.evaluated as f64 / self.of as f64).min(1.0))
    }
}

/// Told how a recalculation goes, by all threads that do it; it may stop it.
pub(super) type Watch = Box<dyn Fn(Progress) -> ControlFlow<()> + Send + Sync>;

/// A recalculation under way.
struct Recalc<'e> {
    engine: &'e mut Engine,
    report: Recalculation,
    now: f64,
    seed: u64,
    /// What the next pass starts from.
    next_areas: Vec<Area>,
    next_nodes: Vec<(NodeId, Rect)>,
    of: u64,
}

impl Engine {
    /// Has `watch` called every few cells while recalculating.
    pub fn set_watch(
        &mut self,
        watch: Option<impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static>,
    ) {
        self.watch = watch.map(|watch| Box::new(watch) as Watch);
    }

    /// Recalculates every formula.
    pub fn recalculate_all(&mut self) -> Recalculation {
        self.cache.clear();
        self.circular.clear();
        self.stale.clear();
        self.calculate(Dirty::all)
    }

    /// Recalculates what depends on cells of `areas`, parts of `nodes` with
    /// what depends on them, and what is volatile.
    pub(super) fn recalculate(
        &mut self,
        areas: &[Area],
        nodes: &[(NodeId, Rect)],
    ) -> Recalculation {
        let mut nodes = nodes.to_vec();
        for area in std::mem::take(&mut self.stale) {
            for id in self.graph.producers(area) {
                let part = self.graph.node(id).rect.intersection(&area.rect);
                nodes.extend(part.map(|part| (id, part)));
            }
        }
        // While values are tried out, random numbers stand still.
        let (trial, graph) = (self.trial.is_some(), &self.graph);
        let moves = |id| !trial || !graph.node(id).formula.root.changes_by_itself();
        nodes.extend(graph.always().filter(|(id, _)| moves(*id)));
        // A circle may be broken by what its cells no longer read.
        for cell in self.circular.iter().flatten() {
            let id = self.graph.at(&self.workbook, *cell);
            nodes.extend(id.map(|id| (id, Rect::cell(cell.pos))));
        }
        if areas.is_empty() && nodes.is_empty() {
            return Recalculation::default();
        }
        self.calculate(|graph| graph.dependents(areas, &nodes))
    }

    fn calculate(&mut self, dirty: impl FnOnce(&Graph) -> Dirty + Send) -> Recalculation {
        if self.trial.is_none() {
            self.recalculations += 1;
        }
        let seed = self.random_seed();
        let now = self.now.unwrap_or_else(|| clock(self.workbook.date_system));
        pool::run(|| {
            let dirty = dirty(&self.graph);
            let (graph, workbook) = (&self.graph, &self.workbook);
            // Circles that are looked at again are found again if they persist.
            self.circular.retain(|path| {
                !path.iter().any(|cell| {
                    let id = graph.at(workbook, *cell);
                    let dirt = id.and_then(|id| dirty.get(id));
                    dirt.is_some_and(|dirt| dirt.meets(&Rect::cell(cell.pos)))
                })
            });
            let mut recalc = Recalc {
                engine: self,
                report: Recalculation::default(),
                now,
                seed,
                next_areas: Vec::new(),
                next_nodes: Vec::new(),
                of: 0,
            };
            recalc.passes(dirty);
            let report = recalc.report;
            self.appearances.values_changed(&report.changed);
            self.circular.extend(report.circular.iter().cloned());
            report
        })
    }
}

/// What threads tell the watch of the cells that they evaluate.
struct Pulse<'e> {
    watch: Option<&'e Watch>,
    evaluated: AtomicU64,
    of: u64,
}

impl Pulse<'_> {
    /// Says that so many cells more were evaluated; whether to go on.
    fn beat(&self, more: u64) -> ControlFlow<()> {
        let Some(watch) = self.watch else {
            return ControlFlow::Continue(());
        };
        watch(Progress {
            evaluated: self.evaluated.fetch_add(more, Ordering::Relaxed) + more,
            of: self.of,
        })
    }
}

impl Recalc<'_> {
    fn passes(&mut self, mut dirty: Dirty) {
        for _ in 0..MOST_PASSES {
            if self.pass(&mut dirty).is_break() {
                self.interrupted(&dirty);
                return;
            }
            let areas = std::mem::take(&mut self.next_areas);
            let nodes = std::mem::take(&mut self.next_nodes);
            if areas.is_empty() && nodes.is_empty() {
                return;
            }
            dirty = self.engine.graph.dependents(&areas, &nodes);
        }
    }

    fn interrupted(&mut self, dirty: &Dirty) {
        self.report.interrupted = true;
        let graph = &self.engine.graph;
        let mut stale = std::mem::take(&mut self.next_areas);
        let undone = dirty.nodes().into_iter().flat_map(|id| {
            let sheet = graph.node(id).sheet;
            let rects = dirty.get(id).map_or(&[][..], |dirt| dirt.rects()).to_vec();
            rects.into_iter().map(move |rect| Area { sheet, rect })
        });
        stale.extend(undone);
        for (id, rect) in std::mem::take(&mut self.next_nodes) {
            let sheet = graph.node(id).sheet;
            stale.push(Area { sheet, rect });
        }
        self.engine.stale = stale;
    }

    /// Evaluates all that is dirty, and takes it out of `dirty`.
    fn pass(&mut self, dirty: &mut Dirty) -> ControlFlow<()> {
        let order = self.engine.graph.order(dirty);
        self.of = self.report.evaluated + dirty.cells();
        for component in order {
            self.watched()?;
            self.component(&component, dirty)?;
            for &id in &component.nodes {
                if let Some(dirt) = dirty.get(id) {
                    let sheet = self.engine.graph.node(id).sheet;
                    let areas = dirt.rects().iter().map(|&rect| Area { sheet, rect });
                    self.report.changed.extend(areas);
                }
                dirty.remove(id);
            }
        }
        ControlFlow::Continue(())
    }

    fn watched(&self) -> ControlFlow<()> {
        self.pulse().beat(0)
    }

    fn pulse(&self) -> Pulse<'_> {
        Pulse {
            watch: self.engine.watch.as_ref(),
            evaluated: AtomicU64::new(self.report.evaluated),
            of: self.of,
        }
    }

    fn component(&mut self, component: &Component, dirty: &Dirty) -> ControlFlow<()> {
        if component.looped {
            return match self.engine.graph.sweep(&component.nodes) {
                Some(sweep) => self.sweep(&sweep, dirty),
                None => self.demand(&component.nodes, dirty),
            };
        }
        let [id] = component.nodes.as_slice() else {
            // Without a loop a component is one run.
            return self.demand(&component.nodes, dirty);
        };
        let rects = dirty.get(*id).map_or(&[][..], |dirt| dirt.rects());
        match self.engine.graph.node(*id).kind {
            RunKind::Plain => self.plain(*id, rects, dirty)?,
            RunKind::Array => self.array(*id, dirty),
            RunKind::Dynamic => {
                for rect in rects {
                    self.dynamic(*id, *rect, dirty)?;
                }
            }
            // Has no node.
            RunKind::DataTable => {}
        }
        ControlFlow::Continue(())
    }

    fn world(&self) -> World<'_> {
        World {
            book: &self.engine.workbook,
            cache: &self.engine.cache,
            names: &self.engine.names,
            now: self.now,
            seed: self.seed,
            pending: None,
        }
    }

    fn count(&mut self, value: &Value) {
        self.report.evaluated += 1;
        self.report.errors += u64::from(matches!(value, Value::Error(_)));
    }

    /// Records what evaluating the dirty part of a dynamic formula's run read;
    /// what its other cells read is kept. Where some of it is still dirty, cells
    /// of the run itself too, the run is evaluated again in the next pass, which
    /// knows the right order. The runs `settled`, by their ids, are calculated.
    fn touched(&mut self, id: NodeId, mut touched: Vec<Area>, dirty: &Dirty, settled: &[NodeId]) {
        let graph = &mut self.engine.graph;
        let node = graph.node(id);
        if dirty.get(id).is_none_or(|dirt| dirt.rects() != [node.rect]) {
            touched.extend_from_slice(&node.touched);
        }
        let touched = merged(touched);
        let late = touched.iter().any(|area| {
            graph.producers(*area).into_iter().any(|producer| {
                settled.binary_search(&producer).is_err()
                    && dirty
                        .get(producer)
                        .is_some_and(|dirt| dirt.meets(&area.rect))
            })
        });
        let fresh = graph.set_touched(id, touched);
        if late && fresh {
            let rect = graph.node(id).rect;
            self.next_nodes.push((id, rect));
        }
    }
}

/// Areas without those inside others; the hull of each sheet where they are many.
fn merged(mut areas: Vec<Area>) -> Vec<Area> {
    const MOST: usize = 32;
    areas.sort_unstable();
    areas.dedup();
    if areas.len() <= MOST {
        return areas;
    }
    let mut hulls: Vec<Area> = Vec::new();
    for area in areas {
        match hulls.last_mut() {
            Some(hull) if hull.sheet == area.sheet => hull.rect = hull.rect.hull(&area.rect),
            _ => hulls.push(area),
        }
    }
    hulls
}
