//! Runs: one lowering for all cells of a rectangle.

use super::numbers::Numbers;
use super::reference::Want;
use super::slice::Member;
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::Bound;
use crate::engine::components::components;
use crate::grid::{Area, Cell, Pos, Rect};
use crate::program::{Shape, ShapeError, Tensor};
use crate::value::Value;
use crate::workbook::RunKind;

/// The most lines (rows or columns) that a component is cut into.
const MAX_LINES: usize = 4096;
/// The most single cells that a component is cut into.
const MAX_CELLS: usize = 20_000;
/// From so many steps on a recurrence is a scan rather than written out.
const SCAN_FROM: u32 = 16;
/// The most columns of a run that are lowered apart.
const MAX_APART: u32 = 64;
/// How much taller than wide such a run is.
const TALL: u32 = 8;

/// A part of a run that is lowered at once.
#[derive(Clone, Copy)]
struct Item {
    member: usize,
    cells: Rect,
}

#[derive(Clone, Copy)]
enum Cut {
    Whole,
    Columns,
    Rows,
    Cells,
}

impl Lowerer<'_> {
    /// Lowers a component of the slice and adds its cells to the regions.
    pub(crate) fn component(&mut self, members: &[Member]) -> Result<(), Refusal> {
        if let Some(order) = self.ordered(members, Cut::Whole) {
            return self.items(members, &order);
        }
        let tall = members.iter().any(|m| m.cells.rows() >= SCAN_FROM);
        if tall && self.scan(members)? {
            return Ok(());
        }
        self.line_by_line(members)
    }

    /// Lowers a component column by column, row by row or cell by cell.
    pub(super) fn line_by_line(&mut self, members: &[Member]) -> Result<(), Refusal> {
        for cut in [Cut::Columns, Cut::Rows, Cut::Cells] {
            if let Some(order) = self.ordered(members, cut) {
                return self.items(members, &order);
            }
        }
        let count: u64 = members.iter().map(|m| m.cells.len()).sum();
        let reason = if count > MAX_CELLS as u64 {
            format!(
                "its {count} cells depend on each other in an order that is neither row by row nor \
                 column by column; at most {MAX_CELLS} such cells can be differentiated"
            )
        } else {
            "it is part of a circular reference".to_owned()
        };
        Err(self.refuse(members[0].first(), reason))
    }

    fn items(&mut self, members: &[Member], order: &[Item]) -> Result<(), Refusal> {
        for item in order {
            self.run(&members[item.member], item.cells)?;
        }
        Ok(())
    }

    /// Cuts the members up and brings the parts into an order in which each
    /// stands behind those it refers to; `None` where there is none.
    fn ordered(&self, members: &[Member], cut: Cut) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        let mut first_of = Vec::with_capacity(members.len() + 1);
        for (member, m) in members.iter().enumerate() {
            first_of.push(items.len());
            let Rect {
                top,
                left,
                bottom,
                right,
            } = m.cells;
            // An array formula is computed at once.
            let cut = if m.kind == RunKind::Array {
                Cut::Whole
            } else {
                cut
            };
            let (rows, cols) = (m.cells.rows() as usize, m.cells.cols() as usize);
            let count = match cut {
                Cut::Whole => 1,
                Cut::Columns => cols,
                Cut::Rows => rows,
                Cut::Cells => rows.saturating_mul(cols),
            };
            let limit = if matches!(cut, Cut::Cells) {
                MAX_CELLS
            } else {
                MAX_LINES
            };
            if items.len() + count > limit {
                return None;
            }
            match cut {
                Cut::Whole => items.push(Item {
                    member,
                    cells: m.cells,
                }),
                Cut::Columns => items.extend((left..=right).map(|col| Item {
                    member,
                    cells: Rect {
                        top,
                        left: col,
                        bottom,
                        right: col,
                    },
                })),
                Cut::Rows => items.extend((top..=bottom).map(|row| Item {
                    member,
                    cells: Rect {
                        top: row,
                        left,
                        bottom: row,
                        right,
                    },
                })),
                Cut::Cells => items.extend(m.cells.cells().map(|pos| Item {
                    member,
                    cells: Rect::cell(pos),
                })),
            }
        }
        first_of.push(items.len());
        let edges: Vec<Vec<usize>> = items
            .iter()
            .map(|item| {
                let member = &members[item.member];
                let mut edges = Vec::new();
                for area in self.precedents_of(member, item.cells) {
                    for (other, m) in members.iter().enumerate() {
                        if m.sheet != area.sheet || m.cells.intersection(&area.rect).is_none() {
                            continue;
                        }
                        for (index, candidate) in items[first_of[other]..first_of[other + 1]]
                            .iter()
                            .enumerate()
                        {
                            if candidate.cells.intersection(&area.rect).is_some() {
                                edges.push(first_of[other] + index);
                            }
                        }
                    }
                }
                edges
            })
            .collect();
        let mut order = Vec::with_capacity(items.len());
        for component in components(items.len(), |index| edges[index].iter().copied()) {
            match component[..] {
                [only] if !edges[only].contains(&only) => order.push(items[only]),
                _ => return None,
            }
        }
        Some(order)
    }

    /// What some cells of a member refer to.
    fn precedents_of(&self, member: &Member, cells: Rect) -> Vec<Area> {
        if member.kind == RunKind::Array || member.bound.dynamic {
            return member.precedents.clone();
        }
        let mut areas = Vec::new();
        for reference in &member.bound.precedents {
            if let Some(rect) = reference.hull(cells) {
                areas.extend(
                    reference
                        .sheets
                        .as_slice()
                        .iter()
                        .map(|&sheet| Area { sheet, rect }),
                );
            }
        }
        areas
    }

    /// Lowers some cells of a run and adds them to the regions.
    fn run(&mut self, member: &Member, cells: Rect) -> Result<(), Refusal> {
        let sheet = self.workbook.sheet(member.sheet);
        let bound = member.bound.clone();
        let mapped = member.kind != RunKind::Plain;
        let mut draws = 0;
        bound.root.visit(&mut |part| {
            draws += usize::from(matches!(part, Bound::Call { function, .. }
                if function.name.starts_with("RAND")));
        });
        if draws > 1 {
            // Which draw is whose depends on the branches taken.
            return Err(self.refuse(
                member.first(),
                "it draws several random numbers; put each into a cell of its own",
            ));
        }
        if member.kind == RunKind::Array {
            let site = Site {
                sheet: member.sheet,
                cells: Rect::cell(cells.top_left()),
                mapped: true,
            };
            let result = self.part(&bound.root, &site, Want::Whole)?;
            return self.fill(member.area(), result, &site);
        }
        let spills: Vec<(Pos, Rect)> = sheet
            .spills
            .iter()
            .filter(|(anchor, _)| cells.contains(**anchor))
            .map(|(anchor, rect)| (*anchor, *rect))
            .collect();
        if spills.is_empty() {
            let sites = apart(cells).map(|cells| Site {
                sheet: member.sheet,
                cells,
                mapped,
            });
            let mut columns = Vec::new();
            for site in sites {
                let result = self.part(&bound.root, &site, Want::Single)?;
                columns.push(self.spread(result, &site)?);
            }
            let area = Area {
                sheet: member.sheet,
                rect: cells,
            };
            return self
                .side_by_side(&columns)
                .and_then(|numbers| self.add_result(area, numbers))
                .map_err(|error| self.refuse(member.first(), error.to_string()));
        }
        for pos in cells.cells() {
            let site = Site {
                sheet: member.sheet,
                cells: Rect::cell(pos),
                mapped,
            };
            let result = self.part(&bound.root, &site, Want::Single)?;
            let rect = spills
                .iter()
                .find(|(anchor, _)| *anchor == pos)
                .map_or(Rect::cell(pos), |s| s.1);
            self.fill(
                Area {
                    sheet: member.sheet,
                    rect,
                },
                result,
                &site,
            )?;
        }
        Ok(())
    }

    /// The cells of the site as they show one value a lane.
    fn spread(&mut self, mut result: Numbers, site: &Site) -> Result<Numbers, Refusal> {
        let mut shape = self.shape(&result);
        if shape.rows * shape.cols > 1 && !site.mapped {
            // An ordinary formula shows the first element.
            result = self.cut(&result, 0, 0, 1, 1, site)?;
            shape = self.shape(&result);
        }
        if shape.rows * shape.cols != 1 {
            return Err(self.refuse(
                site.first(),
                format!(
                    "it yields {} by {} values for one cell",
                    shape.rows, shape.cols
                ),
            ));
        }
        let lanes = Shape::new(site.lanes(), 1, 1);
        let rect = Shape::new(1, site.rows(), site.cols());
        let node = self
            .builder
            .broadcast(result.node, lanes)
            .and_then(|node| self.builder.reshape(node, rect))
            .map_err(|e| self.misfit(site, e))?;
        let area = Area {
            sheet: site.sheet,
            rect: site.cells,
        };
        let present = self.shown(&result, area);
        Ok(Numbers {
            present,
            fallible: result.fallible,
            ..Numbers::sure(node)
        })
    }

    /// Columns of cells of one height as one rectangle.
    fn side_by_side(&mut self, columns: &[Numbers]) -> Result<Numbers, ShapeError> {
        if let [only] = columns {
            return Ok(only.clone());
        }
        let rows = columns.first().map_or(0, |column| self.shape(column).rows);
        let place = |(col, column): (usize, &Numbers)| (column.node, (0, col));
        let parts: Vec<_> = columns.iter().enumerate().map(place).collect();
        let node = self.builder.assemble(rows, columns.len(), &parts)?;
        let masked = columns.iter().any(|column| column.present.is_some());
        let present = masked.then(|| {
            let ones = vec![1.0; rows];
            let masks = columns.iter().map(|column| match &column.present {
                Some(mask) => &mask.data[..],
                None => &ones,
            });
            Tensor::new(
                Shape::new(1, rows, columns.len()),
                masks.flatten().copied().collect::<Vec<_>>(),
            )
        });
        Ok(Numbers {
            present,
            fallible: columns.iter().any(|column| column.fallible),
            ..Numbers::sure(node)
        })
    }

    /// An array result becomes the cells of an area; a single row, column or
    /// value repeats.
    fn fill(&mut self, area: Area, result: Numbers, site: &Site) -> Result<(), Refusal> {
        let shape = self.shape(&result);
        let (rows, cols) = (area.rect.rows() as usize, area.rect.cols() as usize);
        let repeated = Shape::new(
            1,
            if shape.rows == 1 { rows } else { shape.rows },
            if shape.cols == 1 { cols } else { shape.cols },
        );
        if repeated.rows < rows || repeated.cols < cols {
            let at = Cell {
                sheet: area.sheet,
                pos: area.rect.top_left(),
            };
            return Err(self.refuse(
                at,
                format!(
                    "its array of {} by {} is smaller than the {rows} by {cols} cells it fills, \
                     so some of them are #N/A",
                    shape.rows, shape.cols
                ),
            ));
        }
        let node = self
            .builder
            .broadcast(result.node, repeated)
            .map_err(|e| self.misfit(site, e))?;
        let mut numbers = Numbers {
            fallible: result.fallible,
            ..Numbers::sure(node)
        };
        if (repeated.rows, repeated.cols) != (rows, cols) {
            numbers = self.cut(&numbers, 0, 0, rows, cols, site)?;
        }
        numbers.present = self.shown(&result, area);
        self.add_result(area, numbers)
            .map_err(|e| self.misfit(site, e))
    }

    /// Where a result that stands in the cells of an area is no number. Which
    /// cells these are does not depend on the variables, so the workbook shows
    /// it: text, truth values, but not the 0 that an empty cell turns into.
    fn shown(&self, result: &Numbers, area: Area) -> Option<Tensor> {
        if result.present.is_none() && !result.boolean {
            return None;
        }
        let cells = &self.workbook.sheet(area.sheet).cells;
        let shape = Shape::new(1, area.rect.rows() as usize, area.rect.cols() as usize);
        let mut mask = vec![1.0; shape.len()];
        for pos in area.rect.cells() {
            if !matches!(cells.get(pos), Value::Number(_) | Value::Error(_)) {
                let (row, col) = (pos.row - area.rect.top, pos.col - area.rect.left);
                mask[shape.offset(0, row as usize, col as usize)] = 0.0;
            }
        }
        mask.contains(&0.0).then(|| Tensor::new(shape, mask))
    }
}

/// The cells that are lowered at once: few columns of many rows each by
/// itself, as what reads them mostly reads one of them. All have the rows as
/// their lanes then, so that they meet in one pass over these.
fn apart(cells: Rect) -> impl Iterator<Item = Rect> {
    let narrow = cells.cols() <= MAX_APART && cells.rows() / TALL >= cells.cols();
    let width = if narrow { 1 } else { cells.cols() };
    (cells.left..=cells.right)
        .step_by(width as usize)
        .map(move |left| Rect {
            left,
            right: left + width - 1,
            ..cells
        })
}
