//! The slice of a workbook that lies between variables and an objective.

use super::{Lowerer, Refusal};
use crate::engine::bind::{Bound, BoundFormula};
use crate::engine::components::components;
use crate::functions::Operand;
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::workbook::{Run, RunId, RunKind};
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

impl Slices {
    /// The members that are active, in order.
    pub(super) fn of(members: &[Member], producers: &[Vec<usize>], active: &[bool]) -> Self {
        let components = components(members.len(), |index| {
            producers[index].iter().copied().filter(|&p| active[p])
        });
        let components = components
            .into_iter()
            .filter(|component| component.iter().all(|&index| active[index]))
            .map(|component| {
                component
                    .into_iter()
                    .map(|index| members[index].clone())
                    .collect()
            })
            .collect();
        Self { components }
    }
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

impl<'a> Lowerer<'a> {
    /// Finds the runs that depend on a variable and that the objective
    /// depends on.
    pub(crate) fn discover(
        &mut self,
        objective: Cell,
        variables: &[Area],
    ) -> Result<Slices, Refusal> {
        let (members, producers) = self.reach(objective)?;
        let active = activity(&members, &producers, variables);
        Ok(Slices::of(&members, &producers, &active))
    }

    /// Finds the runs that the objective depends on, and for each the runs
    /// that it refers to.
    pub(super) fn reach(
        &mut self,
        objective: Cell,
    ) -> Result<(Vec<Member>, Vec<Vec<usize>>), Refusal> {
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
        for (&id, &index) in &found.index {
            self.examined.insert(id, found.members[index].cells);
        }
        Ok((found.members, producers))
    }

    /// The runs that fill cells of an area, each with the part of it whose
    /// formulas do: all of an array formula, the anchor of a spill.
    fn filling(&self, area: Area) -> Vec<(RunId, &'a Run, Rect)> {
        let sheet = self.workbook.sheet(area.sheet);
        let mut filling = Vec::new();
        for id in sheet.runs.intersecting(area.rect) {
            let Some(run) = sheet.runs.get(id) else {
                continue;
            };
            let part = match run.kind {
                RunKind::Array => Some(run.rect),
                _ => run.rect.intersection(&area.rect),
            };
            filling.extend(part.map(|part| (id, run, part)));
        }
        for (anchor, rect) in &sheet.spills {
            if rect.intersection(&area.rect).is_some()
                && let Some((id, run)) = sheet.runs.at(*anchor)
            {
                filling.push((id, run, Rect::cell(*anchor)));
            }
        }
        filling
    }

    /// Notes that the objective needs the cells of an area.
    fn need(&mut self, found: &mut Discovery, area: Area) -> Result<(), Refusal> {
        for (id, run, cells) in self.filling(area) {
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
            for (id, _, part) in self.filling(*area) {
                if let Some(&index) = found.index.get(&(area.sheet, id))
                    && found.members[index].cells.intersection(&part).is_some()
                {
                    producers.insert(index);
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
