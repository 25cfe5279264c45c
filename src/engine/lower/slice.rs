//! The slice of a workbook that lies between variables and an objective.

use super::{Lowerer, Refusal};
use crate::engine::bind::{Bound, BoundFormula};
use crate::functions::Operand;
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::workbook::{RunId, RunKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A run of the slice.
#[derive(Clone)]
pub(crate) struct Member {
    pub sheet: SheetId,
    pub kind: RunKind,
    pub bound: Arc<BoundFormula>,
    /// The cells of the run that the objective needs.
    pub cells: Rect,
    /// What the formulas of these cells refer to.
    pub precedents: Vec<Area>,
}

impl Member {
    pub fn first(&self) -> Cell {
        Cell {
            sheet: self.sheet,
            pos: self.cells.top_left(),
        }
    }

    pub fn area(&self) -> Area {
        Area {
            sheet: self.sheet,
            rect: self.cells,
        }
    }
}

/// The runs of the slice, producers before consumers, in components: runs that
/// depend on each other stand together.
pub(crate) struct Slices {
    pub components: Vec<Vec<Member>>,
}

/// How often the needed part of a run may grow cell by cell (a running total
/// needs one row more at each look) before all of it is taken.
const PATIENCE: u32 = 4;

/// The most cells of a formula with computed references that are looked at one by one.
const MAX_TRACED: u64 = 200_000;

#[derive(Default)]
struct Discovery {
    members: Vec<Member>,
    index: FxHashMap<(SheetId, RunId), usize>,
    growths: Vec<u32>,
    pending: Vec<usize>,
}

impl Lowerer<'_> {
    /// Finds the runs that depend on a variable and that the objective
    /// depends on.
    pub(crate) fn discover(
        &mut self,
        objective: Cell,
        variables: &[Area],
    ) -> Result<Slices, Refusal> {
        let mut found = Discovery::default();
        self.need(
            &mut found,
            Area {
                sheet: objective.sheet,
                rect: Rect::cell(objective.pos),
            },
        )?;
        while let Some(index) = found.pending.pop() {
            let precedents = self.precedents(&found.members[index])?;
            for area in &precedents {
                self.need(&mut found, *area)?;
            }
            found.members[index].precedents = precedents;
        }
        let producers: Vec<Vec<usize>> = found
            .members
            .iter()
            .map(|member| self.producers(&found, member))
            .collect();
        let active = activity(&found.members, &producers, variables);
        for (&id, &index) in &found.index {
            self.examined.insert(id, found.members[index].cells);
        }
        let components = components(found.members.len(), |index| {
            producers[index].iter().copied().filter(|&p| active[p])
        });
        let components = components
            .into_iter()
            .filter(|component| component.iter().all(|&index| active[index]))
            .map(|component| {
                component
                    .into_iter()
                    .map(|index| found.members[index].clone())
                    .collect()
            })
            .collect();
        Ok(Slices { components })
    }

    /// Notes that the objective needs the cells of an area.
    fn need(&mut self, found: &mut Discovery, area: Area) -> Result<(), Refusal> {
        let sheet = self.workbook.sheet(area.sheet);
        let mut wanted: Vec<(RunId, Rect)> = sheet
            .runs
            .intersecting(area.rect)
            .into_iter()
            .filter_map(|id| Some((id, sheet.runs.get(id)?.rect.intersection(&area.rect)?)))
            .collect();
        for (anchor, rect) in &sheet.spills {
            if rect.intersection(&area.rect).is_some()
                && let Some((id, _)) = sheet.runs.at(*anchor)
            {
                wanted.push((id, Rect::cell(*anchor)));
            }
        }
        for (id, cells) in wanted {
            let Some(run) = sheet.runs.get(id) else {
                continue;
            };
            let cells = if run.kind == RunKind::Array {
                run.rect
            } else {
                cells
            };
            if let Some(&index) = found.index.get(&(area.sheet, id)) {
                let member = &mut found.members[index];
                let grown = member.cells.hull(&cells);
                if grown != member.cells {
                    found.growths[index] += 1;
                    member.cells = if found.growths[index] > PATIENCE {
                        run.rect
                    } else {
                        grown
                    };
                    found.pending.push(index);
                }
                continue;
            }
            let at = Cell {
                sheet: area.sheet,
                pos: cells.top_left(),
            };
            if run.kind == RunKind::DataTable {
                return Err(self.refuse(at, "it is a what-if data table, which has no derivative"));
            }
            let Some(bound) = self.oracle.bound(area.sheet, id) else {
                return Err(self.refuse(
                    at,
                    "its formula cannot be read, so what it depends on is unknown",
                ));
            };
            let index = found.members.len();
            found.index.insert((area.sheet, id), index);
            found.growths.push(0);
            found.pending.push(index);
            found.members.push(Member {
                sheet: area.sheet,
                kind: run.kind.clone(),
                bound,
                cells,
                precedents: Vec::new(),
            });
        }
        Ok(())
    }

    /// The areas that a run's needed cells refer to; references that are
    /// computed are found by evaluating them as the workbook stands.
    fn precedents(&mut self, member: &Member) -> Result<Vec<Area>, Refusal> {
        let origins = match member.kind {
            RunKind::Array => Rect::cell(member.cells.top_left()),
            _ => member.cells,
        };
        let mut areas = Vec::new();
        for reference in &member.bound.precedents {
            let Some(rect) = reference.hull(origins) else {
                continue;
            };
            areas.extend(
                reference
                    .sheets
                    .as_slice()
                    .iter()
                    .map(|&sheet| Area { sheet, rect }),
            );
        }
        if member.bound.dynamic {
            if origins.len() > MAX_TRACED {
                return Err(self.refuse(
                    member.first(),
                    format!("its run of {} cells uses OFFSET or INDIRECT; at most {MAX_TRACED} such cells can be traced", origins.len()),
                ));
            }
            self.oracle.take_reads();
            let mapped = member.kind != RunKind::Plain;
            // Also in branches that are not taken now.
            let mut places = Vec::new();
            member.bound.root.visit(&mut |part| {
                let moves = match part {
                    Bound::Call { function, .. } => {
                        matches!(function.name, "OFFSET" | "INDIRECT")
                    }
                    Bound::Range(..) => true,
                    _ => false,
                };
                if moves {
                    places.push(part);
                }
            });
            for pos in origins.cells() {
                let at = Cell {
                    sheet: member.sheet,
                    pos,
                };
                for part in [&member.bound.root]
                    .into_iter()
                    .chain(places.iter().copied())
                {
                    let result = self.oracle.evaluate(part, at, mapped, &[]);
                    if let Operand::Reference(found) = result {
                        areas.extend(found);
                    }
                }
            }
            areas.extend(self.oracle.take_reads());
            let mut seen = FxHashSet::default();
            areas.retain(|area| seen.insert(*area));
        }
        Ok(areas)
    }

    /// The members whose results a member refers to.
    fn producers(&self, found: &Discovery, member: &Member) -> Vec<usize> {
        let mut producers = FxHashSet::default();
        for area in &member.precedents {
            let sheet = self.workbook.sheet(area.sheet);
            let mut ids = sheet.runs.intersecting(area.rect);
            for (anchor, rect) in &sheet.spills {
                if rect.intersection(&area.rect).is_some() {
                    ids.extend(sheet.runs.at(*anchor).map(|(id, _)| id));
                }
            }
            for id in ids {
                if let Some(&index) = found.index.get(&(area.sheet, id)) {
                    let other = &found.members[index];
                    let spilled = sheet.spills.contains_key(&other.cells.top_left());
                    if spilled || other.cells.intersection(&area.rect).is_some() {
                        producers.insert(index);
                    }
                }
            }
        }
        let mut producers: Vec<usize> = producers.into_iter().collect();
        producers.sort_unstable();
        producers
    }
}

/// Which members depend on a variable.
fn activity(members: &[Member], producers: &[Vec<usize>], variables: &[Area]) -> Vec<bool> {
    let meets = |a: &Area| {
        variables
            .iter()
            .any(|v| v.sheet == a.sheet && v.rect.intersection(&a.rect).is_some())
    };
    let mut consumers = vec![Vec::new(); members.len()];
    for (consumer, producers) in producers.iter().enumerate() {
        for &producer in producers {
            consumers[producer].push(consumer);
        }
    }
    let mut active = vec![false; members.len()];
    let mut pending: Vec<usize> = (0..members.len())
        .filter(|&i| members[i].precedents.iter().any(meets))
        .collect();
    while let Some(index) = pending.pop() {
        if !std::mem::replace(&mut active[index], true) {
            pending.extend(&consumers[index]);
        }
    }
    active
}

/// Strongly connected components, each before those that depend on it
/// (Tarjan, "Depth-first search and linear graph algorithms", 1972, without
/// recursion).
pub(super) fn components<I: Iterator<Item = usize>>(
    count: usize,
    successors: impl Fn(usize) -> I,
) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; count];
    let mut low = vec![0; count];
    let mut on_stack = vec![false; count];
    let mut stack = Vec::new();
    let mut next = 0;
    let mut found = Vec::new();
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, None::<I>)];
        while let Some((node, pending)) = path.last_mut() {
            let node = *node;
            let pending = pending.get_or_insert_with(|| {
                order[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
                successors(node)
            });
            if let Some(child) = pending.next() {
                if order[child] == UNSEEN {
                    path.push((child, None));
                } else if on_stack[child] {
                    low[node] = low[node].min(order[child]);
                }
                continue;
            }
            if low[node] == order[node] {
                let start = stack.iter().rposition(|&n| n == node).unwrap_or(0);
                let component = stack.split_off(start);
                for &member in &component {
                    on_stack[member] = false;
                }
                found.push(component);
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn components_come_before_those_that_depend_on_them() {
        // 0 needs 1; 1 and 2 need each other; 2 needs 3.
        let edges = [vec![1], vec![2], vec![1, 3], vec![]];
        let mut found = components(4, |n| edges[n].iter().copied());
        for component in &mut found {
            component.sort_unstable();
        }
        assert_eq!(found, [vec![3], vec![1, 2], vec![0]]);
    }
}
