//! Formulas that are kept as text: those of names and of table columns.

use super::Parts;
use super::formulas::Rewriting;
use super::uses::Uses;
use crate::formula::{self, Change, Dialect, Expr};
use crate::functions::file_prefix;
use crate::grid::{Pos, SheetId};
use crate::value::equal_text;
use crate::workbook::before::{Before, Touched};
use crate::workbook::{DefinedName, EditError, Names, Tables, Workbook, check_name};
use std::sync::Arc;

const A1: Pos = Pos::new(0, 0);

/// A formula as files write it.
pub(super) fn file_text(expr: &Expr, at: Pos) -> String {
    formula::print(expr, at, Dialect::File(file_prefix))
}

/// The names after a change. What cannot be read stays as it is.
pub(super) fn rewritten_names(book: &Workbook, changes: &[Change]) -> Names {
    let mut names = book.names.clone();
    for name in names.iter_mut() {
        let Ok(before) = formula::parse(&name.formula, A1) else {
            continue;
        };
        let sheet = name.scope.map_or("", |id| &book.sheet(id).name);
        let mut after = before.clone();
        for change in changes {
            after = formula::rewrite_name(&after, sheet, change);
        }
        if after != before {
            name.formula = file_text(&after, A1).into();
        }
    }
    names
}

impl Workbook {
    /// Gives a defined name another name, in all formulas.
    pub(in crate::workbook) fn rename_name(
        &mut self,
        name: &str,
        scope: Option<SheetId>,
        to: &Arc<str>,
        touched: &mut Touched,
    ) -> Result<Before, EditError> {
        let Some(old) = self.names.get(name, scope).cloned() else {
            return Err(EditError::NoName(name.into()));
        };
        if let Err(why) = check_name(to) {
            let name = to.clone();
            return Err(EditError::BadName { name, why });
        }
        let taken = self.names.get(to, scope).is_some() && !equal_text(name, to);
        if taken || self.tables.get(to).is_some() {
            return Err(EditError::NameTaken(to.clone()));
        }
        // On a sheet with such a name of its own, formulas mean that one.
        let hidden: Vec<SheetId> = match scope {
            Some(_) => Vec::new(),
            None => self
                .order
                .iter()
                .copied()
                .filter(|&id| self.names.get(name, Some(id)).is_some())
                .collect(),
        };
        let sheet = scope.map(|id| self.sheet(id).name.clone());
        let change = Change::RenameName {
            scope: sheet.as_deref(),
            from: &old.name,
            to,
        };
        let mut names = self.names.clone();
        let changed = rewritten_names(self, &[change]);
        for new in changed.iter() {
            if !new.scope.is_some_and(|id| hidden.contains(&id)) {
                names.define(new.clone());
            }
        }
        let formula = names.get(name, scope).map(|now| now.formula.clone());
        names.remove(name, scope);
        names.define(DefinedName {
            name: to.clone(),
            formula: formula.unwrap_or(old.formula.clone()),
            ..old.clone()
        });
        let parts = Parts {
            names: Some(names),
            ..Parts::default()
        };
        Ok(self.rewrite_all(&[change], None, Uses::default(), &hidden, parts, touched))
    }

    /// Brings the formulas that fill table columns up to date. They are written
    /// as they stand in the first row of data.
    pub(super) fn rewrite_column_formulas(&self, tables: &mut Tables, rewriting: &Rewriting) {
        for now in tables.iter_mut() {
            let Some(before) = self.tables.get(&now.name) else {
                continue;
            };
            let (Some(old), Some(new)) = (before.data(), now.data()) else {
                continue;
            };
            let own = rewriting.shift.filter(|(id, _)| *id == before.area.sheet);
            let new_left = new.left;
            for (i, column) in now.columns.iter_mut().enumerate() {
                let Some(text) = &column.formula else {
                    continue;
                };
                let place = before.columns.iter().position(|c| c.name == column.name);
                let Some(place) = place else {
                    continue;
                };
                let first = Pos::new(old.top, old.left + place as u32);
                let Ok(expr) = formula::parse(text, first) else {
                    continue;
                };
                // A row of data that stays shows what the formula becomes.
                let stays = (old.top..=old.bottom).find_map(|row| {
                    let at = Pos::new(row, first.col);
                    Some((at, own.map_or(Some(at), |(_, shift)| shift.pos(at))?))
                });
                let Some((at, after)) = stays else {
                    continue;
                };
                let rewritten = rewriting.formula(&expr, before.area.sheet, at, after);
                if rewritten != expr || first != Pos::new(new.top, new_left + i as u32) {
                    let first = Pos::new(new.top, new_left + i as u32);
                    column.formula = Some(file_text(&rewritten, first).into());
                }
            }
        }
    }

    /// The tables after a change that leaves them in their places.
    pub(super) fn rewritten_tables(
        &self,
        changes: &[Change],
        renamed: Option<(SheetId, &str)>,
    ) -> Tables {
        let mut tables = self.tables.clone();
        let rewriting = Rewriting {
            book: self,
            changes,
            shift: None,
            renamed,
            uses: Uses::default(),
        };
        self.rewrite_column_formulas(&mut tables, &rewriting);
        tables
    }

    /// Rewrites the formulas of all sheets but those of `except`, and puts
    /// `parts` in place with them. Tables that are not among the parts follow.
    pub(super) fn rewrite_all(
        &mut self,
        changes: &[Change],
        renamed: Option<(SheetId, &str)>,
        uses: Uses,
        except: &[SheetId],
        mut parts: Parts,
        touched: &mut Touched,
    ) -> Before {
        let mut templates = std::mem::take(&mut self.templates);
        let rewriting = Rewriting {
            book: self,
            changes,
            shift: None,
            renamed,
            uses: uses.with_names(self),
        };
        let mut done = rewriting.run(&mut templates);
        done.runs.retain(|(id, _)| !except.contains(id));
        let tables = match parts.tables {
            Some(tables) => tables,
            None => self.rewritten_tables(changes, renamed),
        };
        parts.rules = self.rewritten_rules(&rewriting);
        parts.rules.retain(|(id, _)| !except.contains(id));
        self.templates = templates;
        parts.tables = (tables != self.tables).then_some(tables);
        parts.changed.extend(done.changed);
        parts.changed_back.extend(done.changed_back);
        self.exchange(&parts, done.runs, touched).into()
    }
}
