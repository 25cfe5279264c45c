//! In which order dirty runs are evaluated.

use super::{Dirty, Graph, NodeId};
use crate::engine::components::components;
use crate::grid::Area;
use rustc_hash::FxHashMap;

/// Runs that are evaluated together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub nodes: Vec<NodeId>,
    /// Whether they read each other, or one of them itself.
    pub looped: bool,
}

/// The graph of the dirty runs for Tarjan's algorithm: first the runs, then
/// one vertex for each distinct area that they read. A thousand formulas over
/// the same range of a thousand formulas are then two thousand edges.
#[derive(Default)]
struct Vertices {
    nodes: Vec<NodeId>,
    edges: Vec<Vec<u32>>,
}

impl Graph {
    /// The dirty runs, those first that others read.
    pub fn order(&self, dirty: &Dirty) -> Vec<Component> {
        let vertices = self.vertices(dirty);
        let edges = |vertex: usize| vertices.edges[vertex].iter().map(|&target| target as usize);
        components(vertices.edges.len(), edges)
            .into_iter()
            .filter_map(|component| {
                let looped = component.len() > 1;
                let mut nodes: Vec<NodeId> = component
                    .into_iter()
                    .filter_map(|vertex| vertices.nodes.get(vertex).copied())
                    .collect();
                nodes.sort_unstable();
                (!nodes.is_empty()).then_some(Component { nodes, looped })
            })
            .collect()
    }

    fn vertices(&self, dirty: &Dirty) -> Vertices {
        let nodes = dirty.nodes();
        let vertex: FxHashMap<NodeId, u32> = nodes.iter().copied().zip(0..).collect();
        let mut edges: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
        let mut areas: FxHashMap<Area, u32> = FxHashMap::default();
        for (reader, &id) in nodes.iter().enumerate() {
            let Some(dirt) = dirty.get(id) else { continue };
            for &part in dirt.rects() {
                for area in self.read_by(id, part) {
                    let next = edges.len() as u32;
                    let target = *areas.entry(area).or_insert(next);
                    if target == next {
                        edges.push(self.dirty_producers(area, dirty, &vertex));
                    }
                    // An area that no dirty run fills is not worth an edge.
                    if !edges[target as usize].is_empty() {
                        edges[reader].push(target);
                    }
                }
            }
        }
        Vertices { nodes, edges }
    }

    fn dirty_producers(
        &self,
        area: Area,
        dirty: &Dirty,
        vertex: &FxHashMap<NodeId, u32>,
    ) -> Vec<u32> {
        let mut producers = self.producers(area);
        producers.retain(|&id| {
            let node = self.node(id);
            match dirty.get(id) {
                // Which of its spills are dirty is not looked into.
                Some(dirt) => !node.is_per_cell() || dirt.meets(&area.rect),
                None => false,
            }
        });
        producers
            .iter()
            .filter_map(|id| vertex.get(id).copied())
            .collect()
    }
}
