//! Edits of a workbook's structure: lines inserted and deleted, sheets and
//! tables made, moved and renamed, with every formula, name and table following.
//!
//! Each edit makes the new state of the parts that it changes, and
//! [`Workbook::exchange`] puts it in place of the old, which undoes it when it
//! is exchanged in turn. Values are not kept twice: they are moved, and only
//! those that get lost are copied.

mod formulas;
mod layout;
mod move_cells;
mod names;
mod rules;
mod sheets;
mod shift;
mod tables;
mod uses;

use super::before::Touched;
use super::{Cells, Names, Run, Runs, Tables, Visibility, Workbook};
use crate::grid::{Area, Pos, Rect, SheetId, Shift};
use layout::Layout;
use rules::Rules;
pub use sheets::SheetEdit;
use std::sync::Arc;
pub use tables::TableEdit;

/// A state of what a structural edit changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parts {
    lines: Option<Lines>,
    /// The formulas of sheets.
    runs: Vec<(SheetId, Vec<Run>)>,
    layout: Option<(SheetId, Layout)>,
    /// The conditional formats and validations of sheets.
    rules: Vec<(SheetId, Rules)>,
    names: Option<Names>,
    tables: Option<Tables>,
    tabs: Option<Tabs>,
    /// What has to be calculated again once this state is in place.
    changed: Vec<Area>,
    /// What has to be once it is taken back.
    changed_back: Vec<Area>,
}

/// Values to be moved.
#[derive(Clone, Debug, PartialEq)]
struct Lines {
    sheet: SheetId,
    shift: Shift,
    /// What is put in place after that: what an earlier shift took away.
    cells: Cells,
    spills: Vec<(Pos, Rect)>,
}

/// The list of sheets.
#[derive(Clone, Debug, PartialEq)]
struct Tabs {
    order: Vec<SheetId>,
    active: usize,
    /// By id.
    sheets: Vec<(Arc<str>, Visibility)>,
}

impl Tabs {
    fn of(book: &Workbook) -> Self {
        let sheets = book.sheets.iter();
        Self {
            order: book.order.clone(),
            active: book.active,
            sheets: sheets.map(|s| (s.name.clone(), s.visibility)).collect(),
        }
    }

    /// Whether formulas find the same sheets by the same names.
    fn same_names(&self, book: &Workbook) -> bool {
        let mut sheets = self.sheets.iter().zip(&book.sheets);
        self.order == book.order && sheets.all(|((name, _), sheet)| *name == sheet.name)
    }
}

impl Workbook {
    /// Puts a state in place; returns the one it replaces.
    pub(super) fn restore_parts(&mut self, parts: &Parts, touched: &mut Touched) -> Parts {
        let refilled = |(sheet, runs): &(SheetId, Vec<Run>)| {
            let now = &self.sheets[sheet.0 as usize].runs;
            (*sheet, now.refilled(runs))
        };
        let runs = parts.runs.iter().map(refilled).collect();
        self.exchange(parts, runs, touched)
    }

    /// Puts a state in place, with `runs` in place of its list of them.
    fn exchange(
        &mut self,
        parts: &Parts,
        runs: Vec<(SheetId, Runs)>,
        touched: &mut Touched,
    ) -> Parts {
        let renamed = parts
            .tabs
            .as_ref()
            .is_some_and(|tabs| !tabs.same_names(self));
        let rewritten = renamed
            || !runs.is_empty()
            || parts.lines.is_some()
            || parts.names.is_some()
            || parts.tables.is_some();
        touched.structural |= rewritten;
        touched.rewritten |= rewritten;
        let mut old = Parts {
            changed: parts.changed_back.clone(),
            changed_back: parts.changed.clone(),
            ..Parts::default()
        };
        if let Some(lines) = &parts.lines {
            old.lines = Some(self.move_lines(lines, touched));
        }
        for (id, runs) in runs {
            let sheet = self.sheet_mut(id);
            let list = std::mem::replace(&mut sheet.runs, runs).into_list();
            old.runs.push((id, list));
        }
        if let Some((id, layout)) = &parts.layout {
            let mut layout = layout.clone();
            layout.swap(self.sheet_mut(*id));
            old.layout = Some((*id, layout));
        }
        for (id, rules) in &parts.rules {
            let mut rules = rules.clone();
            rules.swap(self.sheet_mut(*id));
            old.rules.push((*id, rules));
        }
        if let Some(names) = &parts.names {
            old.names = Some(std::mem::replace(&mut self.names, names.clone()));
        }
        if let Some(tables) = &parts.tables {
            old.tables = Some(std::mem::replace(&mut self.tables, tables.clone()));
        }
        if let Some(tabs) = &parts.tabs {
            old.tabs = Some(Tabs::of(self));
            self.order.clone_from(&tabs.order);
            self.active = tabs.active;
            for (sheet, (name, visibility)) in self.sheets.iter_mut().zip(&tabs.sheets) {
                sheet.name = name.clone();
                sheet.visibility = *visibility;
            }
        }
        touched.contents.extend(&parts.changed);
        old
    }

    /// Moves the values and spilled results of a sheet. A result that is cut
    /// is taken back but for its formula's own cell.
    fn move_lines(&mut self, lines: &Lines, touched: &mut Touched) -> Lines {
        let Lines {
            sheet: id, shift, ..
        } = *lines;
        let sheet = self.sheet_mut(id);
        let mut lost = Lines {
            sheet: id,
            shift: shift.inverse(),
            cells: Cells::default(),
            spills: Vec::new(),
        };
        if shift.kind == crate::grid::ShiftKind::Delete {
            lost.cells = sheet.cells.copy_of(shift.rect());
        }
        let mut opened = Vec::new();
        let mut kept = Vec::new();
        for (anchor, rect) in std::mem::take(&mut sheet.spills) {
            let back = lines
                .spills
                .iter()
                .any(|(at, _)| shift.pos(anchor) == Some(*at));
            if shift.keeps(shift.axis.span(&rect)) && !back {
                kept.push((anchor, rect));
                continue;
            }
            lost.cells.put(&sheet.cells.copy_of(rect));
            lost.spills.push((anchor, rect));
            let shown = sheet.cells.get(anchor);
            sheet.cells.clear(rect);
            sheet.cells.set(anchor, shown);
            opened.extend(shift.stretched(rect));
        }
        sheet.cells.shift(shift);
        sheet.cells.put(&lines.cells);
        let moved = kept.into_iter();
        sheet.spills = moved
            .filter_map(|(anchor, rect)| Some((shift.pos(anchor)?, shift.stretched(rect)?)))
            .chain(lines.spills.iter().copied())
            .collect();
        opened.extend(lines.spills.iter().map(|(_, rect)| *rect));
        touched.shift(id, shift);
        let area = |rect| Area { sheet: id, rect };
        touched.contents.extend(opened.into_iter().map(area));
        lost
    }
}
