//! Moving cells: cut and paste.
//!
//! References to what moves follow it, those to what is covered become
//! `#REF!`, and the moved formulas keep meaning the cells they meant.

use super::Parts;
use super::names::rewritten_names;
use super::rules::Rules;
use crate::formula::{self, Axis, Change, Expr, Home, RefShape, SheetPrefix};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::equal_text;
use crate::workbook::area_rules::AreaRules;
use crate::workbook::before::{Before, Touched};
use crate::workbook::clip::copy_cells;
use crate::workbook::{
    Block, DefinedName, EditError, FormulaRun, LayoutEdit, RunKind, StyleMap, Table, Template,
    Workbook,
};
use std::sync::Arc;

/// What is moved, and where to.
#[derive(Clone, Copy)]
struct Move {
    from: Area,
    to: Area,
}

impl Move {
    fn moved(&self, at: Pos) -> Pos {
        Pos::new(
            at.row - self.from.rect.top + self.to.rect.top,
            at.col - self.from.rect.left + self.to.rect.left,
        )
    }

    fn moved_rect(&self, rect: Rect) -> Rect {
        let last = Pos::new(rect.bottom, rect.right);
        Rect::new(self.moved(rect.top_left()), self.moved(last))
    }
}

impl Workbook {
    /// Moves the cells of an area, its first cell onto `to`. What it takes to
    /// undo it goes onto `undo`, part by part.
    pub(in crate::workbook) fn move_cells(
        &mut self,
        from: Area,
        to: Cell,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        self.check_contents(from)?;
        let (rows, cols) = (from.rect.rows(), from.rect.cols());
        let Some(rect) = Rect::sized(to.pos, rows, cols) else {
            return Err(EditError::OutsideSheet {
                area: format!("{} cells from {}", from.rect.len(), self.address(to)),
            });
        };
        let sheet = to.sheet;
        let moving = Move {
            from,
            to: Area { sheet, rect },
        };
        self.check_area(moving.to)?;
        self.check_covered(moving)?;
        self.check_moved_tables(moving)?;
        if from == moving.to {
            return Ok(());
        }
        let block = self.moved_block(moving);
        let styles = self.moved_styles(moving);
        let (merges_from, merges_to) = self.moved_merges(moving);
        let names: Vec<DefinedName> = rewritten_names(self, &[self.change(moving)])
            .iter()
            .filter(|name| self.names.get(&name.name, name.scope) != Some(name))
            .cloned()
            .collect();
        let mut tables = self.tables.clone();
        for table in tables.iter_mut() {
            let area = table.area;
            if area.sheet == from.sheet && from.rect.contains_rect(&area.rect) {
                table.area = Area {
                    sheet,
                    rect: moving.moved_rect(area.rect),
                };
            }
        }
        for (area, run) in self.followers(moving) {
            let block = Block {
                cells: self.sheet(area.sheet).cells.copy_of(area.rect),
                formulas: vec![run],
            };
            undo.push(self.put_block(area, &block, touched)?);
        }
        // One by one, so that what uses them is calculated again.
        for name in names {
            undo.push(self.replace_name(name.name.clone(), name.scope, Some(name), touched));
        }
        let parts = Parts {
            tables: (tables != self.tables).then_some(tables),
            rules: self.moved_rules(moving),
            ..Parts::default()
        };
        if parts != Parts::default() {
            undo.push(self.exchange(&parts, Vec::new(), touched).into());
        }
        undo.push(self.put_block(from, &Block::default(), touched)?);
        undo.push(self.put_styles(from, &StyleMap::default(), touched)?);
        undo.push(self.put_block(moving.to, &block, touched)?);
        undo.push(self.put_styles(moving.to, &styles, touched)?);
        for (id, merges) in [(from.sheet, merges_from), (sheet, merges_to)] {
            if merges != self.sheet(id).merges {
                undo.push(self.edit_layout(id, &LayoutEdit::Merges(merges), touched)?);
            }
        }
        undo.push(self.note_move(from, moving.to, touched));
        self.follow_headers(from, touched, undo)?;
        self.follow_headers(moving.to, touched, undo)
    }

    fn change(&self, moving: Move) -> Change<'_> {
        Change::Move {
            sheet: &self.sheet(moving.from.sheet).name,
            rect: moving.from.rect,
            onto_sheet: &self.sheet(moving.to.sheet).name,
            onto: moving.to.rect.top_left(),
        }
    }

    /// Whether arrays and merged cells are covered or moved whole or not at all.
    fn check_covered(&self, moving: Move) -> Result<(), EditError> {
        let (from, to) = (moving.from, moving.to);
        let moves = |rect: &Rect| to.sheet == from.sheet && from.rect.contains_rect(rect);
        let sheet = self.sheet(to.sheet);
        for id in sheet.runs.intersecting(to.rect) {
            let Some(run) = sheet.runs.get(id) else {
                continue;
            };
            if !run.kind.is_per_cell() && !to.rect.contains_rect(&run.rect) && !moves(&run.rect) {
                let cut = to.rect.intersection(&run.rect).unwrap_or(to.rect);
                return Err(self.array_cut(to.sheet, run, cut.top_left()));
            }
        }
        let cuts = |area: Area, rect: &Rect| {
            rect.intersection(&area.rect).is_some() && !area.rect.contains_rect(rect)
        };
        let from_cut = self.sheet(from.sheet).merges.iter().find(|r| cuts(from, r));
        let to_cut = sheet.merges.iter().find(|r| cuts(to, r) && !moves(r));
        for (area, cut) in [(from, from_cut), (to, to_cut)] {
            if let Some(rect) = cut {
                return Err(EditError::CutsMerged {
                    area: self.area_address(area),
                    merged: rect.to_string(),
                });
            }
        }
        Ok(())
    }

    /// Whether tables that move whole would meet others that stay.
    fn check_moved_tables(&self, moving: Move) -> Result<(), EditError> {
        let moves = |area: &Area| {
            area.sheet == moving.from.sheet && moving.from.rect.contains_rect(&area.rect)
        };
        let (moved, stay): (Vec<&Table>, Vec<&Table>) =
            self.tables.iter().partition(|table| moves(&table.area));
        for table in moved {
            let rect = moving.moved_rect(table.area.rect);
            let meets = |other: &&&Table| {
                other.area.sheet == moving.to.sheet && other.area.rect.intersection(&rect).is_some()
            };
            if let Some(other) = stay.iter().find(meets) {
                return Err(EditError::BadTable {
                    table: table.name.clone(),
                    why: format!("it would overlap the table {}", other.name),
                });
            }
        }
        Ok(())
    }

    /// The contents of the moved cells in their new places.
    fn moved_block(&self, moving: Move) -> Block {
        let (from, to) = (moving.from, moving.to);
        let sheet = self.sheet(from.sheet);
        let mut kept = sheet.cells.copy_of(from.rect);
        for (anchor, rect) in &sheet.spills {
            if from.rect.contains(*anchor) {
                let shown = kept.get(*anchor);
                kept.clear(*rect);
                kept.set(*anchor, shown);
            }
        }
        let mut block = Block::default();
        copy_cells(&kept, from.rect, &mut block.cells, to.rect.top_left());
        let change = self.change(moving);
        let after = |at| moving.moved(at);
        for run in self.formulas_in(from) {
            let home = (&*sheet.name, &*self.sheet(to.sheet).name);
            for mut piece in self.rewritten_run(&run, from.sheet, home, moving, &change, &after) {
                piece.rect = moving.moved_rect(piece.rect);
                block.formulas.push(piece);
            }
        }
        block
    }

    /// The formulas that stay and refer to what is moved or covered, as they
    /// are after that.
    fn followers(&self, moving: Move) -> Vec<(Area, FormulaRun)> {
        let change = self.change(moving);
        let mut out = Vec::new();
        for &id in self.order() {
            let sheet = self.sheet(id);
            let home = (&*sheet.name, &*sheet.name);
            for (_, run) in sheet.runs.iter() {
                let gone = |area: Area| area.sheet == id && area.rect.contains_rect(&run.rect);
                if gone(moving.from) || gone(moving.to) {
                    continue;
                }
                let template = self.templates.get(run.template).clone();
                let before = FormulaRun {
                    rect: run.rect,
                    template,
                    kind: run.kind.clone(),
                };
                let stay = |at| at;
                for piece in self.rewritten_run(&before, id, home, moving, &change, &stay) {
                    if piece.template != before.template {
                        let rect = piece.rect;
                        out.push((Area { sheet: id, rect }, piece));
                    }
                }
            }
        }
        out
    }

    /// A run after the change, in its old places, cut where its cells have
    /// different formulas then.
    fn rewritten_run(
        &self,
        run: &FormulaRun,
        sheet: SheetId,
        home: (&str, &str),
        moving: Move,
        change: &Change,
        after: &dyn Fn(Pos) -> Pos,
    ) -> Vec<FormulaRun> {
        let Template::Formula(expr) = &*run.template else {
            return vec![run.clone()];
        };
        let rewritten = |at: Pos| {
            let before = Home { sheet: home.0, at };
            let after = Home {
                sheet: home.1,
                at: after(at),
            };
            formula::rewrite(expr, before, after, change)
        };
        let with = |rect: Rect, new: Expr| FormulaRun {
            rect,
            template: match new == *expr {
                true => run.template.clone(),
                false => Arc::new(Template::Formula(new)),
            },
            kind: run.kind.clone(),
        };
        if !run.kind.is_per_cell() {
            return match run.kind {
                RunKind::DataTable => vec![run.clone()],
                _ => vec![with(run.rect, rewritten(run.rect.top_left()))],
            };
        }
        let mut out = Vec::new();
        let mut waiting = self.zones(expr, run.rect, sheet, moving);
        waiting.reverse();
        while let Some(rect) = waiting.pop() {
            let first = rewritten(rect.top_left());
            if rect.is_cell() || first == rewritten(Pos::new(rect.bottom, rect.right)) {
                out.push(with(rect, first));
            } else if rect.rows() > 1 {
                // A reference of which only one end moves, past the other.
                waiting.extend((rect.top..=rect.bottom).rev().map(|row| Rect {
                    top: row,
                    bottom: row,
                    ..rect
                }));
            } else {
                waiting.extend(
                    rect.cells()
                        .map(Rect::cell)
                        .collect::<Vec<_>>()
                        .into_iter()
                        .rev(),
                );
            }
        }
        out
    }

    /// The parts of a rectangle in which a formula's references lie alike with
    /// respect to the cells that are moved and covered.
    fn zones(&self, expr: &Expr, rect: Rect, sheet: SheetId, moving: Move) -> Vec<Rect> {
        let (mut rows, mut cols) = (vec![rect.top], vec![rect.left]);
        expr.visit(&mut |part| {
            let Expr::Reference(reference) = part else {
                return;
            };
            for area in [moving.from, moving.to] {
                let means = match &reference.prefix {
                    None => sheet == area.sheet,
                    Some(SheetPrefix::Sheet(name)) => {
                        equal_text(name, &self.sheet(area.sheet).name)
                    }
                    Some(SheetPrefix::Span(..) | SheetPrefix::External { .. }) => false,
                };
                if !means {
                    continue;
                }
                let r = area.rect;
                let (down, right) = ends(&reference.shape);
                starts(&mut rows, &down, [r.top, r.bottom + 1]);
                starts(&mut cols, &right, [r.left, r.right + 1]);
            }
        });
        let tidy = |starts: &mut Vec<u32>, first: u32, last: u32| {
            starts.retain(|at| (first..=last).contains(at));
            starts.sort_unstable();
            starts.dedup();
        };
        tidy(&mut rows, rect.top, rect.bottom);
        tidy(&mut cols, rect.left, rect.right);
        let end = |starts: &[u32], i: usize, last: u32| starts.get(i + 1).map_or(last, |n| n - 1);
        let mut out = Vec::new();
        for (i, &top) in rows.iter().enumerate() {
            for (j, &left) in cols.iter().enumerate() {
                out.push(Rect {
                    top,
                    left,
                    bottom: end(&rows, i, rect.bottom),
                    right: end(&cols, j, rect.right),
                });
            }
        }
        out
    }

    /// The conditional formats, validations and charts of the sheets that have
    /// others afterwards: those of moved cells go with them, in place of those
    /// of the covered ones, and all formulas follow.
    fn moved_rules(&self, moving: Move) -> Vec<(SheetId, Rules)> {
        let (from, to) = (moving.from, moving.to);
        let change = self.change(moving);
        let name = |sheet: SheetId| &*self.sheet(sheet).name;
        let moved = |rect: Rect| moving.moved_rect(rect);
        let mut taken = AreaRules::of(self.sheet(from.sheet)).within(from.rect, &|rect| rect);
        taken.each_formula(&mut |formula, at| {
            if let Template::Formula(expr) = &**formula {
                let before = Home {
                    sheet: name(from.sheet),
                    at,
                };
                let after = Home {
                    sheet: name(to.sheet),
                    at: moving.moved(at),
                };
                let expr = formula::rewrite(expr, before, after, &change);
                *formula = Arc::new(Template::Formula(expr));
            }
        });
        let taken = taken.placed(&|rect| vec![moved(rect)]);
        let mut changed = Vec::new();
        for &id in self.order() {
            let before = Rules::of(self.sheet(id));
            let mut now = before.clone();
            let mut rules = AreaRules {
                conditional: std::mem::take(&mut now.conditional),
                validations: std::mem::take(&mut now.validations),
            };
            for area in [from, to].into_iter().filter(|area| area.sheet == id) {
                rules.clear_conditional(area.rect);
                rules.clear_validations(area.rect);
            }
            let rules = rules.without_empty();
            (now.conditional, now.validations) = (rules.conditional, rules.validations);
            now.each_formula(&mut |expr, at| {
                let home = Home {
                    sheet: name(id),
                    at,
                };
                formula::rewrite(expr, home, home, &change)
            });
            if id == to.sheet {
                let mut rules = AreaRules {
                    conditional: std::mem::take(&mut now.conditional),
                    validations: std::mem::take(&mut now.validations),
                };
                rules.add(taken.clone());
                (now.conditional, now.validations) = (rules.conditional, rules.validations);
            }
            if now != before {
                changed.push((id, now));
            }
        }
        changed
    }

    fn moved_styles(&self, moving: Move) -> StyleMap {
        let mut out = StyleMap::default();
        let shown = self.shown_styles(moving.from);
        for (piece, style) in shown.pieces(moving.from.rect) {
            out.set(moving.moved_rect(piece), Some(style));
        }
        out
    }

    /// The merged cells afterwards: of the sheet that cells come from, and of
    /// the one they go to.
    fn moved_merges(&self, moving: Move) -> (Vec<Rect>, Vec<Rect>) {
        let (from, to) = (moving.from, moving.to);
        let within = |area: Area| move |rect: &Rect| area.rect.contains_rect(rect);
        let (moved, mut left): (Vec<Rect>, Vec<Rect>) = self
            .sheet(from.sheet)
            .merges
            .iter()
            .partition(|rect| within(from)(rect));
        let mut there = match from.sheet == to.sheet {
            true => left.clone(),
            false => self.sheet(to.sheet).merges.clone(),
        };
        there.retain(|rect| !within(to)(rect));
        there.extend(moved.into_iter().map(|rect| moving.moved_rect(rect)));
        if from.sheet == to.sheet {
            left.clone_from(&there);
        }
        (left, there)
    }
}

fn starts(out: &mut Vec<u32>, offsets: &[i32], edges: [u32; 2]) {
    for by in offsets {
        let at = edges.map(|edge| i64::from(edge) - i64::from(*by));
        out.extend(at.iter().filter_map(|at| u32::try_from(*at).ok()));
    }
}

/// How far a reference's relative ends are from its formula, down and right.
fn ends(shape: &RefShape) -> (Vec<i32>, Vec<i32>) {
    let relative = |axes: &[Axis]| {
        axes.iter()
            .filter_map(|axis| match axis {
                Axis::Relative(by) => Some(*by),
                Axis::Absolute(_) => None,
            })
            .collect::<Vec<i32>>()
    };
    match shape {
        RefShape::Cell(cell) => (relative(&[cell.row]), relative(&[cell.col])),
        RefShape::Range(a, b) => (relative(&[a.row, b.row]), relative(&[a.col, b.col])),
        RefShape::Rows(a, b) => (relative(&[*a, *b]), Vec::new()),
        RefShape::Cols(a, b) => (Vec::new(), relative(&[*a, *b])),
    }
}

#[cfg(test)]
mod tests;
