//! Rewriting the formulas of a workbook when it changes under them.
//!
//! Work is done once for a template and a situation. A run is cut where the
//! situation changes: where its own cells or the ends of what they refer to
//! pass the lines that are inserted or deleted. All cells between two cuts
//! have the same formula again, but for those that refer into a gap.

use super::uses::Uses;
use crate::formula::{self, Axis, Change, Dialect, Expr, Home, RefShape, SheetPrefix};
use crate::grid::{Area, Pos, Rect, SheetId, Shift, ShiftKind};
use crate::value::equal_text;
use crate::workbook::{Run, RunKind, Runs, Template, TemplateId, Templates, Workbook};
use std::collections::HashMap;
use std::sync::Arc;

/// A change, as formulas notice it.
pub(super) struct Rewriting<'a> {
    pub book: &'a Workbook,
    /// What happens, in this order.
    pub changes: &'a [Change<'a>],
    /// The lines that are inserted or deleted, where that is what happens.
    pub shift: Option<(SheetId, Shift)>,
    /// A sheet's name after the change.
    pub renamed: Option<(SheetId, &'a str)>,
    /// The formulas that have to be calculated again besides those that the
    /// shift disturbs.
    pub uses: Uses,
}

/// All formulas after a change.
#[derive(Default)]
pub(super) struct Rewritten {
    /// The runs of the sheets that have others now.
    pub runs: Vec<(SheetId, Runs)>,
    /// The formulas that have to be calculated again, in their new places and
    /// in their old ones.
    pub changed: Vec<Area>,
    pub changed_back: Vec<Area>,
}

/// What rewriting has to know of a template on a sheet.
struct Look {
    expr: Arc<Template>,
    /// How far the ends of its relative references to lines of the shifted
    /// sheet are from the formula's own.
    offsets: Vec<i32>,
    /// It refers to cells of the shifted sheet.
    local: bool,
    /// It has to be calculated again wherever it stands.
    used: bool,
}

/// A template, a sheet and where it and what it refers to lie.
type Situation = (TemplateId, SheetId, Vec<u8>);

impl Rewriting<'_> {
    pub fn run(&self, templates: &mut Templates) -> Rewritten {
        let mut work = Work {
            task: self,
            templates,
            looks: HashMap::new(),
            known: HashMap::new(),
            out: Rewritten::default(),
        };
        for &sheet in self.book.order() {
            work.sheet(sheet);
        }
        work.out
    }

    /// The formula after the change.
    pub fn formula(&self, expr: &Expr, sheet: SheetId, before: Pos, after: Pos) -> Expr {
        let name = &*self.book.sheet(sheet).name;
        let now = match self.renamed {
            Some((renamed, to)) if renamed == sheet => to,
            _ => name,
        };
        let home = |sheet, at| Home { sheet, at };
        let mut before = home(name, before);
        let after = home(now, after);
        let mut expr = expr.clone();
        for change in self.changes {
            expr = formula::rewrite(&expr, before, after, change);
            before = after;
        }
        expr
    }

    /// The shift of a sheet's own lines.
    fn own(&self, sheet: SheetId) -> Option<Shift> {
        self.shift.filter(|(id, _)| *id == sheet).map(|(_, s)| s)
    }
}

struct Work<'a> {
    task: &'a Rewriting<'a>,
    templates: &'a mut Templates,
    looks: HashMap<(TemplateId, SheetId), Look>,
    /// Templates after the change, and whether they are to be calculated again.
    known: HashMap<Situation, (TemplateId, bool)>,
    out: Rewritten,
}

/// A run after the change, and whether it may be joined with its neighbours.
type Moved = (Run, bool);

impl Work<'_> {
    fn sheet(&mut self, sheet: SheetId) {
        let runs = &self.task.book.sheet(sheet).runs;
        let mut moved: Vec<Moved> = Vec::with_capacity(runs.len());
        let mut same = self.task.own(sheet).is_none();
        for (_, run) in runs.iter() {
            let before = moved.len();
            self.moved(sheet, run, &mut moved);
            same &= moved.len() == before + 1 && moved[before].0 == *run;
        }
        if same {
            return;
        }
        let mut new = runs.emptied();
        for (run, _) in moved.iter().filter(|(_, joins)| !joins) {
            new.insert(run.clone());
        }
        for (run, _) in moved.into_iter().filter(|(_, joins)| *joins) {
            new.insert_merged(run);
        }
        self.out.runs.push((sheet, new));
    }

    /// What becomes of a run.
    fn moved(&mut self, sheet: SheetId, run: &Run, out: &mut Vec<Moved>) {
        let own = self.task.own(sheet);
        let Some(shift) = self.task.shift.map(|(_, shift)| shift) else {
            let at = run.rect.top_left();
            let (template, again) = self.template(run.template, sheet, at, at, &[]);
            let now = Run {
                template,
                ..run.clone()
            };
            let joins = template != run.template && run.kind.is_per_cell();
            self.calculate_again(again, sheet, run.rect, run.rect);
            out.push((now, joins));
            return;
        };
        let readable = matches!(**self.templates.get(run.template), Template::Formula(_));
        if !readable || !run.kind.is_per_cell() {
            // Arrays are not cut, which was seen to before.
            let Some(rect) = own.map_or(Some(run.rect), |own| own.stretched(run.rect)) else {
                return;
            };
            let (before, after) = (run.rect.top_left(), rect.top_left());
            let (template, again) = match readable {
                true => self.rewritten(run.template, sheet, before, after),
                false if run.kind == RunKind::DataTable => {
                    (self.data_table(run.template, sheet), false)
                }
                false => (run.template, false),
            };
            self.calculate_again(again, sheet, run.rect, rect);
            let kind = run.kind.clone();
            let now = Run {
                rect,
                template,
                kind,
            };
            return out.push((now, false));
        }
        let axis = shift.axis;
        let (first, last) = axis.span(&run.rect);
        let only_shift = self.task.changes.len() == 1;
        let look = self.look(run.template, sheet);
        if own.is_none() && !look.local && !look.used && only_shift {
            return out.push((run.clone(), false));
        }
        let starts = cuts(shift, own.is_some(), &look.offsets, first, last);
        let offsets = look.offsets.clone();
        for (i, &start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).map_or(last, |next| next - 1);
            if own.is_some_and(|own| own.line(start).is_none()) {
                continue;
            }
            let zones = zones(shift, own.is_some(), &offsets, start);
            let mut parts = |work: &mut Self, start: u32, end: u32, zones: &[u8]| {
                let old = axis.with_span(run.rect, (start, end));
                let rect = own.map_or(Some(old), |own| own.stretched(old));
                let Some(rect) = rect else {
                    return;
                };
                let (before, after) = (old.top_left(), rect.top_left());
                let (template, again) = work.template(run.template, sheet, before, after, zones);
                work.calculate_again(again, sheet, old, rect);
                let seam = own.is_some_and(|own| {
                    let (first, last) = axis.span(&rect);
                    first == own.at || last + 1 == own.at
                });
                let joins = template != run.template || starts.len() > 1 || seam;
                let now = Run {
                    rect,
                    template,
                    kind: run.kind.clone(),
                };
                out.push((now, joins));
            };
            if !clamped(shift, &offsets, start) {
                parts(self, start, end, &zones);
                continue;
            }
            // What refers into the gap has a formula of its own in each line,
            // unless all of it is gone.
            let place = |line: u32| {
                let old = axis.with_span(run.rect, (line, line)).top_left();
                let new = own.map_or(Some(old), |own| own.pos(old)).unwrap_or(old);
                (old, new)
            };
            let ((s, s_after), (e, e_after)) = (place(start), place(end));
            let at_start = self.rewritten(run.template, sheet, s, s_after);
            if at_start == self.rewritten(run.template, sheet, e, e_after) {
                parts(self, start, end, &[]);
            } else {
                for line in start..=end {
                    parts(self, line, line, &[]);
                }
            }
        }
    }

    /// The template of a data table, whose text names its input cells.
    fn data_table(&mut self, template: TemplateId, sheet: SheetId) -> TemplateId {
        let known = self.templates.get(template).clone();
        let at = Pos::new(0, 0);
        let Template::Unreadable(text) = &*known else {
            return template;
        };
        let Ok(expr) = formula::parse(text, at) else {
            return template;
        };
        let now = self.task.formula(&expr, sheet, at, at);
        let text = formula::print(&now, at, Dialect::People(|_| None));
        self.templates.intern(Template::Unreadable(text.into()))
    }

    fn calculate_again(&mut self, again: bool, sheet: SheetId, before: Rect, after: Rect) {
        if again {
            let area = |rect| Area { sheet, rect };
            self.out.changed.push(area(after));
            self.out.changed_back.push(area(before));
        }
    }

    /// The template after the change in a situation; one that was met before
    /// is known. No zones: one that has to be looked at for itself.
    fn template(
        &mut self,
        template: TemplateId,
        sheet: SheetId,
        before: Pos,
        after: Pos,
        zones: &[u8],
    ) -> (TemplateId, bool) {
        if zones.is_empty() && self.task.shift.is_some() {
            return self.rewritten(template, sheet, before, after);
        }
        let key = (template, sheet, zones.to_vec());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let result = self.rewritten(template, sheet, before, after);
        self.known.insert(key, result);
        result
    }

    fn rewritten(
        &mut self,
        template: TemplateId,
        sheet: SheetId,
        before: Pos,
        after: Pos,
    ) -> (TemplateId, bool) {
        let look = self.look(template, sheet);
        let used = look.used;
        let source = look.expr.clone();
        let Template::Formula(expr) = &*source else {
            return (template, false);
        };
        let again = used || self.task.disturbs(expr, sheet, before);
        if self.task.changes.is_empty() {
            return (template, again);
        }
        let now = self.task.formula(expr, sheet, before, after);
        let template = match now == *expr {
            true => template,
            false => self.templates.intern(Template::Formula(now)),
        };
        (template, again)
    }

    fn look(&mut self, template: TemplateId, sheet: SheetId) -> &Look {
        let (task, templates) = (self.task, &self.templates);
        self.looks
            .entry((template, sheet))
            .or_insert_with(|| task.look(templates.get(template), sheet))
    }
}

impl Rewriting<'_> {
    fn look(&self, template: &Arc<Template>, sheet: SheetId) -> Look {
        let mut look = Look {
            expr: template.clone(),
            offsets: Vec::new(),
            local: false,
            used: false,
        };
        let Template::Formula(expr) = &**template else {
            return look;
        };
        look.used = self.uses.any_in(self.book, expr, sheet);
        let Some((shifted, shift)) = self.shift else {
            return look;
        };
        expr.visit(&mut |part| {
            if let Expr::Reference(reference) = part
                && self.means(&reference.prefix, sheet, shifted)
            {
                look.local = true;
                for end in ends(&reference.shape, shift.axis).into_iter().flatten() {
                    if let Axis::Relative(by) = end {
                        look.offsets.push(by);
                    }
                }
            }
        });
        look.offsets.sort_unstable();
        look.offsets.dedup();
        look
    }

    /// Whether a reference in a formula on `sheet` is to cells of `wanted` alone.
    fn means(&self, prefix: &Option<SheetPrefix>, sheet: SheetId, wanted: SheetId) -> bool {
        match prefix {
            None => sheet == wanted,
            Some(SheetPrefix::Sheet(name)) => equal_text(name, &self.book.sheet(wanted).name),
            Some(SheetPrefix::Span(..) | SheetPrefix::External { .. }) => false,
        }
    }

    /// Whether the shift leaves a formula other cells to read than before,
    /// rather than the same ones elsewhere.
    fn disturbs(&self, expr: &Expr, sheet: SheetId, at: Pos) -> bool {
        let Some((shifted, shift)) = self.shift else {
            return false;
        };
        let mut found = false;
        expr.visit(&mut |part| {
            if let Expr::Reference(reference) = part
                && self.means(&reference.prefix, sheet, shifted)
            {
                let rect = reference.shape.resolve(at);
                found |= !shift.keeps(shift.axis.span(&rect));
            }
        });
        found
    }
}

/// The ends of a reference along an axis; none where it has all lines.
pub(super) fn ends(shape: &RefShape, axis: crate::grid::Axis) -> Option<[Axis; 2]> {
    let rows = axis == crate::grid::Axis::Rows;
    match *shape {
        RefShape::Cell(cell) if rows => Some([cell.row, cell.row]),
        RefShape::Cell(cell) => Some([cell.col, cell.col]),
        RefShape::Range(a, b) if rows => Some([a.row, b.row]),
        RefShape::Range(a, b) => Some([a.col, b.col]),
        RefShape::Rows(a, b) => rows.then_some([a, b]),
        RefShape::Cols(a, b) => (!rows).then_some([a, b]),
    }
}

/// Where a line lies with respect to a shift. Within a zone, lines move alike.
fn zone(shift: Shift, line: u32) -> u8 {
    let size = shift.axis.size();
    let edges = [
        1,
        shift.at,
        shift.end(),
        size.saturating_sub(shift.count),
        size - 1,
    ];
    edges.iter().filter(|edge| line >= **edge).count() as u8
}

/// The zones of a formula's own line, where it moves, and of the ends of its
/// references.
fn zones(shift: Shift, own: bool, offsets: &[i32], line: u32) -> Vec<u8> {
    let end = |by: &i32| zone(shift, Axis::Relative(*by).resolve(line, shift.axis.size()));
    let own = if own { zone(shift, line) } else { 0 };
    std::iter::once(own)
        .chain(offsets.iter().map(end))
        .collect()
}

/// Whether an end of a reference lies where lines are deleted or pushed off
/// the sheet, so that it does not move along.
fn clamped(shift: Shift, offsets: &[i32], line: u32) -> bool {
    offsets.iter().any(|by| {
        let end = Axis::Relative(*by).resolve(line, shift.axis.size());
        shift.line(end).is_none()
    })
}

/// The lines from `first` to `last` at which a situation begins.
fn cuts(shift: Shift, own: bool, offsets: &[i32], first: u32, last: u32) -> Vec<u32> {
    let size = shift.axis.size();
    let mut starts = vec![first];
    if own {
        starts.extend([shift.at, shift.end()]);
    }
    let mut edges = vec![0, 1, shift.at, shift.end(), size - 1];
    if shift.kind == ShiftKind::Insert {
        edges.push(size - shift.count);
    }
    for by in offsets {
        let from = |edge: &u32| Axis::Relative(by.wrapping_neg()).resolve(*edge, size);
        starts.extend(edges.iter().map(from));
    }
    starts.retain(|line| (first..=last).contains(line));
    starts.sort_unstable();
    starts.dedup();
    starts
}
