//! Lowering with every number of the slice as a variable.
//!
//! A constant cell is a parameter of the program. A formula's cell is its
//! result plus a parameter that is 0, its *shift*: the derivative with respect
//! to the shift is that with respect to the cell, through everything that reads
//! it, whatever the program makes of the formula.
//!
//! What cannot be differentiated does not stop such a lowering: the smallest part
//! of a formula that is refused keeps its present value, and the cells that it
//! reads are remembered with the reason, as their derivatives lack this path.

use super::lambda::Slot;
use super::numbers::Numbers;
use super::reference::Want;
use super::slice::{Member, Slices};
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::Bound;
use crate::functions::Operand;
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::program::{Binary, Node, Shape, ShapeError};
use crate::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The variables of such a lowering.
#[derive(Default)]
pub(crate) struct Sensing {
    /// In the order in which they became parameters of the program.
    pub variables: Vec<Sensed>,
    /// The cells read by what was refused, and why it was.
    pub refused: FxHashMap<Area, Refusal>,
    /// The runs of the slice.
    pub members: Vec<Member>,
}

/// A rectangle of cells that are variables.
pub(crate) struct Sensed {
    pub area: Area,
    /// `[1, rows, cols]`
    pub parameter: Node,
    /// The parameter's values; empty where they are all 0.
    pub start: Vec<f64>,
    /// Whether the cells are the ends of the model: constants, and formulas
    /// that refer to no numbers.
    pub constant: bool,
    /// Whether the program uses the parameter.
    pub used: bool,
}

impl Lowerer<'_> {
    /// Lowers all that the objective depends on.
    ///
    /// # Errors
    /// Where what it depends on cannot be told.
    pub(crate) fn sense(&mut self, objective: Cell) -> Result<(), Refusal> {
        let (members, producers) = self.reach(objective)?;
        let constants = self.constants_of(&members);
        self.sensing = Some(Sensing::default());
        for &area in &constants {
            self.vary(area);
        }
        let refers = |area: &Area| self.regions.touches(*area);
        let active: Vec<bool> = members
            .iter()
            .zip(&producers)
            .enumerate()
            .map(|(index, (member, producers))| {
                producers.iter().any(|&p| p != index) || member.precedents.iter().any(refers)
            })
            .collect();
        let ends = members.iter().zip(&active).filter(|(_, active)| !**active);
        for (member, _) in ends {
            self.vary_results(member, true);
        }
        for component in Slices::of(&members, &producers, &active).components {
            let known = self.regions.len();
            if let Err(refusal) = self.component(&component) {
                self.cut_off(&component, known, &refusal);
            }
        }
        if let Some(sensing) = &mut self.sensing {
            sensing.members = members;
        }
        Ok(())
    }

    /// The rectangles of constant cells with numbers that the runs refer to.
    fn constants_of(&self, members: &[Member]) -> Vec<Area> {
        let mut wanted: BTreeMap<(SheetId, u32), Vec<(u32, u32)>> = BTreeMap::new();
        let mut seen = FxHashSet::default();
        for area in members.iter().flat_map(|m| &m.precedents) {
            let used = self.workbook.sheet(area.sheet).cells.used();
            let Some(rect) = used.and_then(|used| used.intersection(&area.rect)) else {
                continue;
            };
            if !seen.insert((area.sheet, rect)) {
                continue;
            }
            for col in rect.left..=rect.right {
                let rows = wanted.entry((area.sheet, col)).or_default();
                rows.push((rect.top, rect.bottom));
            }
        }
        let mut found: Vec<Area> = Vec::new();
        // Columns side by side with the same rows are one rectangle.
        let mut growing: FxHashMap<(SheetId, u32, u32), usize> = FxHashMap::default();
        for ((sheet, col), rows) in wanted {
            for (top, bottom) in joined(rows) {
                for (top, bottom) in self.free_rows(sheet, col, top, bottom) {
                    if let Some(&index) = growing.get(&(sheet, top, bottom))
                        && found[index].rect.right + 1 == col
                    {
                        found[index].rect.right = col;
                        continue;
                    }
                    growing.insert((sheet, top, bottom), found.len());
                    let rect = Rect {
                        top,
                        left: col,
                        bottom,
                        right: col,
                    };
                    found.push(Area { sheet, rect });
                }
            }
        }
        found
    }

    /// The stretches of a column without formulas, each from its first number
    /// to its last.
    fn free_rows(&self, sheet: SheetId, col: u32, top: u32, bottom: u32) -> Vec<(u32, u32)> {
        let rect = Rect {
            top,
            left: col,
            bottom,
            right: col,
        };
        let book = self.workbook.sheet(sheet);
        let runs = book.runs.intersecting(rect);
        let filled = runs
            .iter()
            .filter_map(|id| book.runs.get(*id))
            .map(|run| run.rect)
            .chain(book.spills.values().copied())
            .filter_map(|filled| filled.intersection(&rect))
            .map(|part| (part.top, part.bottom))
            .collect();
        let mut free = Vec::new();
        let mut next = top;
        for (first, last) in joined(filled) {
            if next < first {
                free.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= bottom {
            free.push((next, bottom));
        }
        free.into_iter()
            .filter_map(|(top, bottom)| {
                let mut ends: Option<(u32, u32)> = None;
                let rect = Rect {
                    top,
                    bottom,
                    ..rect
                };
                book.cells.for_each(rect, &mut |pos, value| {
                    if matches!(value, Value::Number(_)) {
                        ends = Some((ends.map_or(pos.row, |ends| ends.0), pos.row));
                    }
                });
                ends
            })
            .collect()
    }

    /// Makes the cells of an area variables with their present values.
    fn vary(&mut self, area: Area) {
        self.vary_as(area, true);
    }

    fn vary_as(&mut self, area: Area, constant: bool) {
        let (values, present, fallible, blank) = self.constant_region(area);
        let parameter = self.builder.parameter(values.shape);
        let numbers = Numbers {
            node: parameter,
            present,
            fallible,
            blank,
            boolean: false,
        };
        self.add_piece(area, numbers);
        if let Some(sensing) = &mut self.sensing {
            sensing.variables.push(Sensed {
                area,
                parameter,
                start: values.data.to_vec(),
                constant,
                used: true,
            });
        }
    }

    /// Makes the results of a run variables, where they are numbers.
    fn vary_results(&mut self, member: &Member, constant: bool) {
        let sheet = self.workbook.sheet(member.sheet);
        let spills: Vec<Rect> = sheet
            .spills
            .iter()
            .filter(|(anchor, _)| member.cells.contains(**anchor))
            .map(|(_, rect)| *rect)
            .collect();
        let areas = match spills.is_empty() {
            true => vec![member.cells],
            false => spills,
        };
        for rect in areas {
            let mut numeric = false;
            sheet.cells.for_each(rect, &mut |_, value| {
                numeric |= matches!(value, Value::Number(_));
            });
            if numeric {
                let sheet = member.sheet;
                self.vary_as(Area { sheet, rect }, constant);
            }
        }
    }

    /// A component that cannot be lowered: its cells become variables of their
    /// own, and what they read is set apart.
    fn cut_off(&mut self, members: &[Member], known: usize, refusal: &Refusal) {
        self.regions.truncate(known);
        self.slots.clear();
        self.asked.clear();
        self.leaves = None;
        self.unscannable = false;
        let within = |area: &Area| members.iter().any(|m| meet(m.area(), *area).is_some());
        if let Some(sensing) = &mut self.sensing {
            for variable in sensing.variables.iter_mut().filter(|v| within(&v.area)) {
                variable.used = false;
            }
            for area in members.iter().flat_map(|m| &m.precedents) {
                let refused = &mut sensing.refused;
                refused.entry(*area).or_insert_with(|| refusal.clone());
            }
        }
        for member in members {
            self.vary_results(member, false);
        }
    }

    /// The shift of an area's cells, where every number is a variable.
    pub(super) fn shift(&mut self, area: Area) -> Option<Node> {
        let sensing = self.sensing.as_mut()?;
        let shape = Shape::new(1, area.rect.rows() as usize, area.rect.cols() as usize);
        let parameter = self.builder.parameter(shape);
        sensing.variables.push(Sensed {
            area,
            parameter,
            start: Vec::new(),
            constant: false,
            used: true,
        });
        Some(parameter)
    }

    /// Gives the cells of an area the node of their formula.
    pub(super) fn add_result(
        &mut self,
        area: Area,
        mut numbers: Numbers,
    ) -> Result<(), ShapeError> {
        if let Some(shift) = self.shift(area) {
            numbers.node = self.builder.binary(Binary::Add, numbers.node, shift)?;
        }
        self.add_piece(area, numbers);
        Ok(())
    }

    /// Goes on without the paths through an area, where every number is a
    /// variable.
    ///
    /// # Errors
    /// The refusal, where variables were asked for.
    pub(super) fn set_apart(&mut self, area: Area, refusal: Refusal) -> Result<(), Refusal> {
        match &mut self.sensing {
            Some(sensing) => {
                sensing.refused.entry(area).or_insert(refusal);
                Ok(())
            }
            None => Err(refusal),
        }
    }

    /// A part that was refused, with its present value.
    pub(super) fn hold(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
        refusal: Refusal,
    ) -> Result<Numbers, Refusal> {
        let values = self.held_values(part, site, want, refusal)?;
        self.numbers_of(&values, site)
    }

    /// The present values of a part, which count as constant from here on.
    ///
    /// # Errors
    /// The refusal, where variables were asked for or a part around this one
    /// must be taken: it uses the names of a LET, or rows of a recurrence.
    pub(super) fn held_values(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
        refusal: Refusal,
    ) -> Result<Vec<Value>, Refusal> {
        let known = |slot: &Slot| matches!(slot, Slot::Constant(_) | Slot::Omitted);
        if self.sensing.is_none() || self.leaves.is_some() || !self.slots.iter().all(known) {
            return Err(refusal);
        }
        self.oracle.take_reads();
        let operands = self.constants(part, site)?;
        let mut read: FxHashSet<Area> = self.oracle.take_reads().into_iter().collect();
        for operand in &operands {
            if let Operand::Reference(areas) = operand {
                read.extend(areas);
            }
        }
        for area in read {
            if self.depends(area) {
                self.set_apart(area, refusal.clone())?;
            }
        }
        Ok(self.values_of(operands, site, want))
    }
}

fn meet(a: Area, b: Area) -> Option<Rect> {
    match a.sheet == b.sheet {
        true => a.rect.intersection(&b.rect),
        false => None,
    }
}

/// Stretches of rows in order, those that touch made one.
fn joined(mut rows: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    rows.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::new();
    for (first, last) in rows {
        match joined.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => joined.push((first, last)),
        }
    }
    joined
}
