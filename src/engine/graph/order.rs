//! In which order dirty runs are evaluated.

use super::{Dirty, Graph, NodeId};
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
        components(&vertices.edges)
            .into_iter()
            .filter_map(|component| {
                let looped = component.len() > 1;
                let mut nodes: Vec<NodeId> = component
                    .into_iter()
                    .filter_map(|vertex| vertices.nodes.get(vertex as usize).copied())
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

/// The strongly connected components of a graph, those first to which edges
/// lead (Tarjan, "Depth-first search and linear graph algorithms", 1972), with a stack of
/// its own in place of recursion.
fn components(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let mut index = vec![NEW; edges.len()];
    let mut low = vec![0u32; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let mut stack: Vec<u32> = Vec::new();
    let mut path: Vec<(u32, usize)> = Vec::new();
    let mut found = Vec::new();
    let mut next = 0;
    for root in 0..edges.len() as u32 {
        if index[root as usize] != NEW {
            continue;
        }
        path.push((root, 0));
        while let Some((vertex, edge)) = path.pop() {
            let v = vertex as usize;
            if edge == 0 {
                index[v] = next;
                low[v] = next;
                next += 1;
                stack.push(vertex);
                on_stack[v] = true;
            }
            match edges[v].get(edge) {
                Some(&target) => {
                    path.push((vertex, edge + 1));
                    let t = target as usize;
                    if index[t] == NEW {
                        path.push((target, 0));
                    } else if on_stack[t] {
                        low[v] = low[v].min(index[t]);
                    }
                }
                None => {
                    if let Some(&(parent, _)) = path.last() {
                        let p = parent as usize;
                        low[p] = low[p].min(low[v]);
                    }
                    if low[v] == index[v] {
                        let start = stack
                            .iter()
                            .rposition(|&other| other == vertex)
                            .unwrap_or(0);
                        let component = stack.split_off(start);
                        for &member in &component {
                            on_stack[member as usize] = false;
                        }
                        found.push(component);
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn components_come_after_what_they_lead_to() {
        // 0 -> 1 <-> 2, 2 -> 3, 4 alone
        let edges = vec![vec![1], vec![2], vec![1, 3], vec![], vec![]];
        let mut found = components(&edges);
        for component in &mut found {
            component.sort_unstable();
        }
        assert_eq!(found, [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn a_long_path_needs_no_stack() {
        let n = 300_000;
        let edges: Vec<Vec<u32>> = (0..n)
            .map(|i| if i + 1 < n { vec![i + 1] } else { vec![] })
            .collect();
        let found = components(&edges);
        assert_eq!(found.len(), n as usize);
        assert_eq!(found[0], [n - 1]);
    }
}
