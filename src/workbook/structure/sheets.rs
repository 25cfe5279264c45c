//! Sheets renamed, moved, copied, shown and removed.

use super::names::rewritten_names;
use super::rules::Rules;
use super::uses::Uses;
use super::{Parts, Tabs};
use crate::formula::Change;
use crate::grid::SheetId;
use crate::workbook::before::{Before, Touched};
use crate::workbook::{
    DefinedName, EditError, Runs, Sheet, Template, Visibility, Workbook, check_sheet_name,
};
use std::sync::Arc;

/// A change of one sheet as a whole.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum SheetEdit {
    /// Formulas follow.
    Rename(Arc<str>),
    /// To another place among the tabs, counted from the left without it.
    Move(usize),
    /// A copy under a new name, at a place among the tabs. Its formulas refer
    /// to it where they referred to the original; its tables get new names; it
    /// gets its own names in place of those that mean cells of the original.
    Copy { name: Arc<str>, position: usize },
    /// Hidden, or shown again.
    Show(Visibility),
}

impl Workbook {
    pub(in crate::workbook) fn edit_sheet(
        &mut self,
        id: SheetId,
        edit: &SheetEdit,
        touched: &mut Touched,
    ) -> Result<Before, EditError> {
        if !self.has_sheet(id) {
            return Err(EditError::NoSheet);
        }
        match edit {
            SheetEdit::Rename(name) => {
                self.check_new_sheet_name(name, Some(id))?;
                Ok(self.rename_sheet(id, name, touched))
            }
            SheetEdit::Move(position) => {
                let mut tabs = Tabs::of(self);
                let front = self.order.get(self.active).copied();
                tabs.order.retain(|&other| other != id);
                tabs.order.insert((*position).min(tabs.order.len()), id);
                tabs.follow(front);
                Ok(self.place_tabs(tabs, true, touched))
            }
            SheetEdit::Copy { name, position } => {
                self.check_new_sheet_name(name, None)?;
                Ok(self.copy_sheet(id, name, *position, touched))
            }
            SheetEdit::Show(visibility) => {
                if *visibility != Visibility::Visible {
                    self.check_other_visible(id)?;
                }
                let mut tabs = Tabs::of(self);
                tabs.sheets[id.0 as usize].1 = *visibility;
                Ok(self.place_tabs(tabs, false, touched))
            }
        }
    }

    pub(in crate::workbook) fn check_new_sheet_name(
        &self,
        name: &Arc<str>,
        own: Option<SheetId>,
    ) -> Result<(), EditError> {
        if let Err(why) = check_sheet_name(name) {
            let name = name.clone();
            return Err(EditError::BadSheetName { name, why });
        }
        match self.sheet_named(name) {
            Some(other) if Some(other) != own => Err(EditError::SheetExists(name.clone())),
            _ => Ok(()),
        }
    }

    /// A workbook shows one sheet at least.
    pub(in crate::workbook) fn check_other_visible(&self, id: SheetId) -> Result<(), EditError> {
        match self.visible_sheets().any(|other| other != id) {
            true => Ok(()),
            false => Err(EditError::LastSheet(self.sheet(id).name.clone())),
        }
    }

    fn place_tabs(&mut self, tabs: Tabs, spans: bool, touched: &mut Touched) -> Before {
        let parts = Parts {
            tabs: Some(tabs),
            ..Parts::default()
        };
        let uses = Uses {
            spans,
            ..Uses::default()
        };
        self.rewrite_all(&[], None, uses, &[], parts, touched)
    }

    fn rename_sheet(&mut self, id: SheetId, name: &Arc<str>, touched: &mut Touched) -> Before {
        let from = self.sheet(id).name.clone();
        let changes = [Change::RenameSheet {
            from: &from,
            to: name,
        }];
        let mut tabs = Tabs::of(self);
        tabs.sheets[id.0 as usize].0 = name.clone();
        let parts = Parts {
            tabs: Some(tabs),
            names: Some(rewritten_names(self, &changes)),
            ..Parts::default()
        };
        let renamed = Some((id, &**name));
        self.rewrite_all(&changes, renamed, Uses::default(), &[], parts, touched)
    }

    /// Takes a sheet out with its names and tables. References to it become
    /// `#REF!`, 3-D references that end at it end at the next sheet within.
    pub(in crate::workbook) fn remove_tab(&mut self, id: SheetId, touched: &mut Touched) -> Before {
        let name = self.sheet(id).name.clone();
        let order = self.order.iter();
        let tabs: Vec<Arc<str>> = order.map(|&id| self.sheet(id).name.clone()).collect();
        let gone: Vec<Arc<str>> = self
            .tables
            .iter()
            .filter(|table| table.area.sheet == id)
            .map(|table| table.name.clone())
            .collect();
        let mut changes = vec![Change::DeleteSheet {
            name: &name,
            tabs: &tabs,
        }];
        changes.extend(gone.iter().map(|name| Change::DeleteTable { name }));
        let mut names = rewritten_names(self, &changes);
        names.take_scope(id);
        let mut tables = self.rewritten_tables(&changes, None);
        tables.take_sheet(id);
        let mut tabs = Tabs::of(self);
        let front = self.order.get(self.active).copied();
        tabs.order.retain(|&other| other != id);
        tabs.follow(front);
        let parts = Parts {
            tabs: Some(tabs),
            names: Some(names),
            tables: Some(tables),
            ..Parts::default()
        };
        let uses = Uses {
            sheet: Some(id),
            tables: gone
                .iter()
                .map(|name| crate::value::fold_case(name))
                .collect(),
            spans: true,
            ..Uses::default()
        };
        self.rewrite_all(&changes, None, uses, &[id], parts, touched)
    }

    fn copy_sheet(
        &mut self,
        id: SheetId,
        name: &Arc<str>,
        position: usize,
        touched: &mut Touched,
    ) -> Before {
        let from = self.sheet(id).name.clone();
        let mut tables = self.tables.clone();
        let mut renamed: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        let copy = SheetId(self.sheets.len() as u32);
        for table in self.tables.iter().filter(|t| t.area.sheet == id) {
            let mut new = table.clone();
            new.name = self.unique_table_name(&table.name, &tables).into();
            new.saved_as = None;
            new.area.sheet = copy;
            for column in &mut new.columns {
                column.saved_as = None;
            }
            renamed.push((table.name.clone(), new.name.clone()));
            tables.push(new);
        }
        let mut changes = vec![Change::CopySheet {
            from: &from,
            to: name,
        }];
        changes.extend(
            renamed
                .iter()
                .map(|(from, to)| Change::RenameTable { from, to }),
        );

        let mut names = self.names.clone();
        let rewritten = rewritten_names(self, &changes);
        for (old, new) in self.names.iter().zip(rewritten.iter()) {
            let own = old.scope == Some(id);
            let local = self.names.get(&old.name, Some(id)).is_some();
            if own || old.scope.is_none() && new.formula != old.formula && !local {
                names.define(DefinedName {
                    scope: Some(copy),
                    ..new.clone()
                });
            }
        }
        for table in tables.iter_mut().filter(|t| t.area.sheet == copy) {
            let Some(data) = table.data() else {
                continue;
            };
            for (col, column) in (data.left..).zip(&mut table.columns) {
                let first = crate::grid::Pos::new(data.top, col);
                let expr = column
                    .formula
                    .as_ref()
                    .map(|f| crate::formula::parse(f, first));
                if let Some(Ok(expr)) = expr {
                    let expr = on_copy(&expr, &changes, name);
                    column.formula = Some(super::names::file_text(&expr, first).into());
                }
            }
        }

        let mut templates = std::mem::take(&mut self.templates);
        let source = self.sheet(id);
        let mut rules = Rules::of(source);
        rules.each_formula(&mut |expr, _| on_copy(expr, &changes, name));
        let mut runs = Runs::default();
        for (_, run) in source.runs.iter() {
            let known = templates.get(run.template).clone();
            let template = match &*known {
                Template::Formula(expr) => {
                    templates.intern(Template::Formula(on_copy(expr, &changes, name)))
                }
                Template::Unreadable(_) => run.template,
            };
            runs.insert(crate::workbook::Run {
                template,
                ..run.clone()
            });
        }
        let sheet = Sheet {
            name: name.clone(),
            visibility: source.visibility,
            cells: source.cells.clone(),
            runs,
            spills: source.spills.clone(),
            styles: source.styles.clone(),
            columns: source.columns.clone(),
            rows: source.rows.clone(),
            merges: source.merges.clone(),
            panes: source.panes,
            filter: source.filter.clone(),
            conditional: rules.conditional,
            validations: rules.validations,
            charts: rules.charts,
            shifts: Vec::new(),
            moves: Vec::new(),
            touched: true,
        };
        self.templates = templates;
        let mut tabs = Tabs::of(self);
        self.sheets.push(sheet);
        tabs.order.insert(position.min(tabs.order.len()), copy);
        tabs.active = position.min(tabs.order.len() - 1);
        let parts = Parts {
            tabs: Some(tabs),
            names: Some(names),
            tables: Some(tables),
            ..Parts::default()
        };
        let uses = Uses {
            spans: true,
            ..Uses::default()
        };
        self.rewrite_all(&[], None, uses, &[copy], parts, touched)
    }
}

/// A formula of a sheet as it stands on the sheet's copy.
fn on_copy(expr: &crate::formula::Expr, changes: &[Change], name: &str) -> crate::formula::Expr {
    let home = crate::formula::Home {
        sheet: name,
        at: crate::grid::Pos::new(0, 0),
    };
    let mut expr = expr.clone();
    for change in changes {
        expr = crate::formula::rewrite(&expr, home, home, change);
    }
    expr
}

impl Tabs {
    /// Keeps the same sheet in front, or the one that took its place.
    fn follow(&mut self, front: Option<SheetId>) {
        let place = self.order.iter().position(|id| Some(*id) == front);
        let last = self.order.len().saturating_sub(1);
        self.active = place.unwrap_or(self.active).min(last);
    }
}
