//! Changes to a workbook, each with its inverse.

use super::before::Touched;
use super::{
    Before, Block, Chart, ConditionalFormat, DefinedName, LayoutEdit, Relocation, Run, RunKind,
    SheetEdit, StyleChange, StyleMap, TableEdit, Template, TemplateId, Validation, Workbook,
    check_name,
};
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId, Shift};
use crate::value::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most cells that one edit fills: 32 whole columns. Clearing has no limit.
pub const MAX_FILL: u64 = 32 * MAX_ROWS as u64;

/// What a cell is given.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Content {
    /// A constant; `Blank` clears.
    Value(Value),
    /// A formula over `area.rect`: `Plain` and `Dynamic` stand in every cell of
    /// it, `Array` is one formula over all. `values` are the values to show
    /// until the next recalculation, row by row (empty: blank).
    Formula {
        template: TemplateId,
        kind: RunKind,
        values: Vec<Value>,
    },
}

/// One change.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Edit {
    /// Gives every cell of the area the same content. A run that is cut is
    /// split; cutting part of a legacy array is refused, as in Excel.
    Set { area: Area, content: Content },
    /// Gives constants to the cells of an area, row by row.
    SetValues { area: Area, values: Vec<Value> },
    /// Gives the cells of an area a style, by its index in [`Workbook::styles`].
    SetStyle { area: Area, style: u32 },
    /// Gives the cells of an area what a block has in their places.
    Put { area: Area, block: Arc<Block> },
    /// Gives the cells of an area the styles that a map says, those that it
    /// leaves out the default one.
    PutStyles { area: Area, styles: Arc<StyleMap> },
    /// Moves cells as cut and paste does, `to` being where the first one goes:
    /// references to them follow, those to what they cover become `#REF!`.
    Move { from: Area, to: Cell },
    /// Changes facts of the styles of an area's cells.
    Restyle { area: Area, change: StyleChange },
    /// Changes widths, heights, hidden lines, panes, merged cells or the filter.
    Layout { sheet: SheetId, edit: LayoutEdit },
    /// Shows the cells of an area in another number format, all else of their
    /// styles kept.
    SetNumberFormat { area: Area, code: Arc<str> },
    /// Defines a name in its scope, in place of one already there.
    DefineName(DefinedName),
    RemoveName {
        name: Arc<str>,
        scope: Option<SheetId>,
    },
    /// Adds a sheet as the last tab.
    AddSheet { name: Arc<str> },
    /// Removes a sheet with its names and tables; references to it become `#REF!`.
    RemoveSheet { sheet: SheetId },
    /// Renames, moves, copies, hides or shows a sheet.
    Sheet { sheet: SheetId, edit: SheetEdit },
    /// Makes, resizes, renames a table, or takes it apart.
    Table(TableEdit),
    /// Inserts or deletes rows or columns. Every reference, name, table and
    /// layout follows. Refused where it would cut an array formula or a table's
    /// headers, or push cells off the sheet.
    Shift { sheet: SheetId, shift: Shift },
    /// Gives a defined name another name, in formulas too.
    RenameName {
        name: Arc<str>,
        scope: Option<SheetId>,
        to: Arc<str>,
    },
    /// Gives a sheet other conditional formats.
    SetConditionalFormats {
        sheet: SheetId,
        formats: Vec<ConditionalFormat>,
    },
    /// Gives a sheet other rules of what may be entered.
    SetValidations {
        sheet: SheetId,
        validations: Vec<Validation>,
    },
    /// Gives a sheet other charts.
    SetCharts { sheet: SheetId, charts: Vec<Chart> },
    /// Puts back what another edit changed; found in inverses.
    #[serde(skip)]
    Restore(Before),
}

/// Changes that happen together and are undone together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transaction {
    /// For the undo list: "Solve nnet!AH1".
    pub label: String,
    pub edits: Vec<Edit>,
}

impl Transaction {
    pub fn new(label: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            label: label.into(),
            edits,
        }
    }
}

/// What applying a transaction did.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Applying this one brings everything back.
    pub inverse: Transaction,
    /// The cells whose content changed. Formulas in these areas, and those
    /// that refer to them, have to be recalculated. A spilled result that lost
    /// a cell is taken back whole but for its formula's own cell, and all its
    /// area is here.
    pub changed: Vec<Area>,
    /// The cells whose style changed.
    pub restyled: Vec<Area>,
    /// Whether runs, names, tables or sheets changed, so that dependencies must be found anew.
    pub structural: bool,
    /// Whether formulas of the whole workbook were rewritten or moved. Those
    /// that have other cells to read now are among `changed`.
    pub rewritten: bool,
    /// Which names may mean something else than before.
    pub naming: Naming,
    /// What happened to the places of cells, in its order: references kept
    /// outside of the workbook go through it. Areas here are in their places
    /// after all of it.
    pub relocations: Vec<Relocation>,
}

/// What a change may have done to the meaning of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    #[default]
    Same,
    /// These defined names, in one case, mean something else.
    Names(BTreeSet<String>),
    /// Any name, table or sheet may.
    All,
}

impl Naming {
    /// Takes in what another change did.
    pub fn join(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::All, _) | (_, Self::Same) => {}
            (Self::Names(names), Self::Names(more)) => names.extend(more),
            (_, other) => *self = other,
        }
    }
}

impl Applied {
    /// The lines of a sheet that were inserted and deleted, in their order.
    pub fn shifts(&self, sheet: SheetId) -> impl Iterator<Item = Shift> {
        self.relocations
            .iter()
            .filter_map(move |relocation| match *relocation {
                Relocation::Shift(id, shift) if id == sheet => Some(shift),
                _ => None,
            })
    }
}

/// Why a change was refused; the workbook is as it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    #[error("{cell} is part of the array formula in {array}: change the whole array")]
    PartOfArray { cell: String, array: String },
    #[error("{cell} is part of the data table in {table}: change the whole data table")]
    PartOfDataTable { cell: String, table: String },
    #[error("there is already a sheet named \"{0}\": give the new one another name")]
    SheetExists(Arc<str>),
    #[error("\"{name}\" is no name for a sheet: {why}")]
    BadSheetName { name: Arc<str>, why: &'static str },
    #[error("the sheet is not in this workbook (any more)")]
    NoSheet,
    #[error("\"{0}\" is the only sheet that is visible: a workbook needs one")]
    LastSheet(Arc<str>),
    #[error("{area} leaves the sheet, whose last cell is XFD1048576")]
    OutsideSheet { area: String },
    #[error("{area} has {cells} cells, more than the {MAX_FILL} that can be filled at once")]
    TooManyCells { area: String, cells: u64 },
    #[error("{area} has {cells} cells but {values} values were given")]
    WrongCount {
        area: String,
        cells: u64,
        values: usize,
    },
    #[error("{cell} cannot hold an array: give each cell its own value")]
    NotScalar { cell: String },
    #[error("the formula for {0} is not of this workbook")]
    NoTemplate(String),
    #[error("the formulas for {area} overlap each other or lie outside of it")]
    BadBlock { area: String },
    #[error("the merged cells {first} and {second} overlap: unmerge one of them first")]
    MergesOverlap { first: String, second: String },
    #[error("{area} would cut the merged cells {merged}: unmerge them first")]
    CutsMerged { area: String, merged: String },
    #[error("a {what} can be from 0 to {most}")]
    BadSize { what: &'static str, most: f64 },
    #[error("style {style} does not exist: the workbook has {count}")]
    NoStyle { style: u32, count: usize },
    #[error("\"{code}\" is no number format: formats look like 0.00, #,##0 or yyyy-mm-dd")]
    BadNumberFormat { code: Arc<str> },
    #[error("\"{name}\" cannot be a defined name: {why}")]
    BadName { name: Arc<str>, why: &'static str },
    #[error("there is no name \"{0}\"")]
    NoName(Arc<str>),
    #[error("there is already a name or a table \"{0}\": choose another name")]
    NameTaken(Arc<str>),
    #[error("there is no table \"{0}\"")]
    NoTable(Arc<str>),
    #[error("the table {table} cannot be changed so: {why}")]
    BadTable { table: Arc<str>, why: String },
    #[error("{sheet} has no such rows or columns: {} of them from number {} on", shift.count, u64::from(shift.at) + 1)]
    BadLines { sheet: Arc<str>, shift: Shift },
    #[error(
        "{line} of {sheet} is not empty and would be pushed off the sheet: clear the last rows \
         and columns first"
    )]
    PushedOff { sheet: Arc<str>, line: String },
    #[error(
        "row {row} holds the headers of the table {table}: delete the rows below it, or first \
         make the table a plain range"
    )]
    TableHeaders { table: Arc<str>, row: u32 },
    #[error(
        "the table {table} would have no row of data left: keep one, delete its headers with it, \
         or first make the table a plain range"
    )]
    TableRows { table: Arc<str> },
    #[error(
        "cells show values that are only tried out: keep them or bring the old ones back first"
    )]
    Trial,
}

impl Workbook {
    /// Applies all edits of a transaction, or none.
    pub fn apply(&mut self, transaction: &Transaction) -> Result<Applied, EditError> {
        let mut touched = Touched::default();
        let mut undo = Vec::new();
        let tabs = self.order.clone();
        for edit in &transaction.edits {
            if let Err(error) = self.edit(edit, &mut touched, &mut undo) {
                for before in undo.iter().rev() {
                    self.restore(before, &mut touched);
                }
                return Err(error);
            }
        }
        let gone = tabs.into_iter().filter(|&sheet| !self.has_sheet(sheet));
        touched.relocations.extend(gone.map(Relocation::Gone));
        Ok(Applied {
            inverse: Transaction {
                label: transaction.label.clone(),
                edits: undo.into_iter().rev().map(Edit::Restore).collect(),
            },
            changed: touched.contents,
            restyled: touched.styles,
            structural: touched.structural,
            rewritten: touched.rewritten,
            naming: touched.naming,
            relocations: touched.relocations,
        })
    }

    /// Makes one change; what it needs to be undone goes onto `undo`. A change
    /// that is refused has changed nothing.
    fn edit(
        &mut self,
        edit: &Edit,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        match edit {
            Edit::Set { area, content } => {
                self.set(*area, content, touched, undo)?;
                self.follow_headers(*area, touched, undo)
            }
            Edit::SetValues { area, values } => {
                self.set_values(*area, values, touched, undo)?;
                self.follow_headers(*area, touched, undo)
            }
            Edit::SetStyle { area, style } => {
                self.check_area(*area)?;
                let count = self.styles.len();
                if *style as usize >= count {
                    return Err(EditError::NoStyle {
                        style: *style,
                        count,
                    });
                }
                undo.push(self.styles_before(*area, touched));
                let sheet = self.sheet_mut(area.sheet);
                sheet.restyle(area.rect, &mut |_| *style);
                Ok(())
            }
            Edit::Put { area, block } => {
                undo.push(self.put_block(*area, block, touched)?);
                self.follow_headers(*area, touched, undo)
            }
            Edit::Move { from, to } => self.move_cells(*from, *to, touched, undo),
            Edit::PutStyles { area, styles } => {
                undo.push(self.put_styles(*area, styles, touched)?);
                Ok(())
            }
            Edit::Restyle { area, change } => {
                undo.push(self.change_style(*area, change, touched)?);
                Ok(())
            }
            Edit::Layout { sheet, edit } => {
                undo.push(self.edit_layout(*sheet, edit, touched)?);
                Ok(())
            }
            Edit::SetNumberFormat { area, code } => {
                let change = StyleChange::number_format(code.clone());
                undo.push(self.change_style(*area, &change, touched)?);
                Ok(())
            }
            Edit::DefineName(definition) => {
                let DefinedName { name, scope, .. } = definition.clone();
                if let Err(why) = check_name(&name) {
                    return Err(EditError::BadName { name, why });
                }
                if scope.is_some_and(|sheet| !self.has_sheet(sheet)) {
                    return Err(EditError::NoSheet);
                }
                undo.push(self.replace_name(name, scope, Some(definition.clone()), touched));
                Ok(())
            }
            Edit::RemoveName { name, scope } => {
                if self.names.get(name, *scope).is_none() {
                    return Err(EditError::NoName(name.clone()));
                }
                undo.push(self.replace_name(name.clone(), *scope, None, touched));
                Ok(())
            }
            Edit::AddSheet { name } => {
                self.check_new_sheet_name(name, None)?;
                let sheet = self.add_sheet(name);
                let position = self.order.pop().map(|_| self.order.len());
                undo.push(self.place_tab(sheet, position, touched));
                Ok(())
            }
            Edit::RemoveSheet { sheet } => self.remove_sheet(*sheet, touched, undo),
            Edit::Sheet { sheet, edit } => {
                undo.push(self.edit_sheet(*sheet, edit, touched)?);
                Ok(())
            }
            Edit::Table(edit) => self.edit_table(edit, touched, undo),
            Edit::Shift { sheet, shift } => {
                undo.push(self.shift(*sheet, *shift, touched)?);
                Ok(())
            }
            Edit::RenameName { name, scope, to } => {
                undo.push(self.rename_name(name, *scope, to, touched)?);
                Ok(())
            }
            Edit::SetConditionalFormats { sheet, formats } => {
                for rect in formats.iter().flat_map(|format| &format.areas) {
                    let (sheet, rect) = (*sheet, *rect);
                    self.check_area(Area { sheet, rect })?;
                }
                if !self.has_sheet(*sheet) {
                    return Err(EditError::NoSheet);
                }
                undo.push(self.replace_conditional(*sheet, formats.clone(), touched));
                Ok(())
            }
            Edit::SetValidations { sheet, validations } => {
                for rect in validations.iter().flat_map(|validation| &validation.areas) {
                    let (sheet, rect) = (*sheet, *rect);
                    self.check_area(Area { sheet, rect })?;
                }
                if !self.has_sheet(*sheet) {
                    return Err(EditError::NoSheet);
                }
                undo.push(self.replace_validations(*sheet, validations.clone()));
                Ok(())
            }
            Edit::SetCharts { sheet, charts } => {
                for chart in charts {
                    let (sheet, rect) = (*sheet, chart.anchor);
                    self.check_area(Area { sheet, rect })?;
                }
                if !self.has_sheet(*sheet) {
                    return Err(EditError::NoSheet);
                }
                undo.push(self.replace_charts(*sheet, charts.clone()));
                Ok(())
            }
            Edit::Restore(before) => {
                undo.push(self.restore(before, touched));
                Ok(())
            }
        }
    }

    pub(super) fn set(
        &mut self,
        area: Area,
        content: &Content,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        self.check_contents(area)?;
        match content {
            Content::Value(value) => {
                self.check_scalar(area, 0, value)?;
                if !value.is_blank() {
                    self.check_fill(area)?;
                }
                undo.push(self.open_contents(area, touched));
                let cells = &mut self.sheet_mut(area.sheet).cells;
                cells.clear(area.rect);
                if let Value::Number(x) = value {
                    let column = vec![*x; area.rect.rows() as usize];
                    for col in area.rect.left..=area.rect.right {
                        cells.set_numbers(col, area.rect.top, &column);
                    }
                } else if !value.is_blank() {
                    for at in area.rect.cells() {
                        cells.set(at, value.clone());
                    }
                }
            }
            Content::Formula {
                template,
                kind,
                values,
            } => {
                self.check_fill(area)?;
                if !values.is_empty() {
                    self.check_values(area, values)?;
                }
                let address = || self.area_address(area);
                let Some(known) = self.templates.find(*template) else {
                    return Err(EditError::NoTemplate(address()));
                };
                let joinable = matches!(**known, Template::Formula(_));
                undo.push(self.open_contents(area, touched));
                let sheet = self.sheet_mut(area.sheet);
                sheet.cells.clear(area.rect);
                for (at, value) in area.rect.cells().zip(values) {
                    sheet.cells.set(at, value.clone());
                }
                let run = Run {
                    rect: area.rect,
                    template: *template,
                    kind: kind.clone(),
                };
                if joinable {
                    sheet.runs.insert_merged(run);
                } else {
                    // Its text is that of one cell.
                    for at in area.rect.cells() {
                        sheet.runs.insert(Run {
                            rect: Rect::cell(at),
                            ..run.clone()
                        });
                    }
                }
                touched.structural = true;
            }
        }
        Ok(())
    }

    fn set_values(
        &mut self,
        area: Area,
        values: &[Value],
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        self.check_contents(area)?;
        self.check_values(area, values)?;
        undo.push(self.open_contents(area, touched));
        let cells = &mut self.sheet_mut(area.sheet).cells;
        for (at, value) in area.rect.cells().zip(values) {
            cells.set(at, value.clone());
        }
        Ok(())
    }

    fn remove_sheet(
        &mut self,
        sheet: SheetId,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        if !self.has_sheet(sheet) {
            return Err(EditError::NoSheet);
        }
        self.check_other_visible(sheet)?;
        undo.push(self.remove_tab(sheet, touched));
        Ok(())
    }

    pub(super) fn check_area(&self, area: Area) -> Result<(), EditError> {
        if !self.has_sheet(area.sheet) {
            return Err(EditError::NoSheet);
        }
        let Rect { top, left, .. } = area.rect;
        let ordered = top <= area.rect.bottom && left <= area.rect.right;
        if !ordered || area.rect.bottom >= MAX_ROWS || area.rect.right >= MAX_COLS {
            let area = self.area_address(area);
            return Err(EditError::OutsideSheet { area });
        }
        Ok(())
    }

    /// Whether the contents of an area may be replaced.
    pub(super) fn check_contents(&self, area: Area) -> Result<(), EditError> {
        self.check_area(area)?;
        let sheet = self.sheet(area.sheet);
        for id in sheet.runs.intersecting(area.rect) {
            let Some(run) = sheet.runs.get(id) else {
                continue;
            };
            if run.kind.is_per_cell() || area.rect.contains_rect(&run.rect) {
                continue;
            }
            let cut = area.rect.intersection(&run.rect).unwrap_or(area.rect);
            return Err(self.array_cut(area.sheet, run, cut.top_left()));
        }
        Ok(())
    }

    fn check_fill(&self, area: Area) -> Result<(), EditError> {
        let cells = area.rect.len();
        if cells > MAX_FILL {
            let area = self.area_address(area);
            return Err(EditError::TooManyCells { area, cells });
        }
        Ok(())
    }

    fn check_values(&self, area: Area, values: &[Value]) -> Result<(), EditError> {
        if values.len() as u64 != area.rect.len() {
            return Err(EditError::WrongCount {
                area: self.area_address(area),
                cells: area.rect.len(),
                values: values.len(),
            });
        }
        for (index, value) in values.iter().enumerate() {
            self.check_scalar(area, index as u32, value)?;
        }
        Ok(())
    }

    fn check_scalar(&self, area: Area, index: u32, value: &Value) -> Result<(), EditError> {
        if !matches!(value, Value::Array(_)) {
            return Ok(());
        }
        let pos = Pos::new(
            area.rect.top + index / area.rect.cols(),
            area.rect.left + index % area.rect.cols(),
        );
        let cell = self.address(Cell {
            sheet: area.sheet,
            pos,
        });
        Err(EditError::NotScalar { cell })
    }
}

/// Done and undone transactions.
#[derive(Debug, Default)]
pub struct History {
    undo: Vec<Transaction>,
    redo: Vec<Transaction>,
}

impl History {
    /// Applies a transaction and keeps its inverse; what was undone before can
    /// no longer be redone.
    pub fn apply(
        &mut self,
        workbook: &mut Workbook,
        transaction: &Transaction,
    ) -> Result<Applied, EditError> {
        let applied = workbook.apply(transaction)?;
        self.undo.push(applied.inverse.clone());
        self.redo.clear();
        Ok(applied)
    }

    /// Applies a transaction in place of the last one, which is taken back.
    pub fn replace_last(
        &mut self,
        workbook: &mut Workbook,
        transaction: &Transaction,
    ) -> Result<Applied, EditError> {
        let Some(last) = self.undo.pop() else {
            return self.apply(workbook, transaction);
        };
        let back = workbook.apply(&last)?;
        match self.apply(workbook, transaction) {
            Ok(mut applied) => {
                let moved = |areas: Vec<Area>| {
                    areas
                        .into_iter()
                        .filter_map(|area| {
                            let rect = applied
                                .shifts(area.sheet)
                                .try_fold(area.rect, |rect, shift| shift.stretched(rect))?;
                            Some(Area { rect, ..area })
                        })
                        .collect::<Vec<_>>()
                };
                let (changed, restyled) = (moved(back.changed), moved(back.restyled));
                applied.changed.extend(changed);
                applied.restyled.extend(restyled);
                applied.structural |= back.structural;
                applied.rewritten |= back.rewritten;
                applied.naming.join(back.naming);
                applied.relocations.splice(0..0, back.relocations);
                Ok(applied)
            }
            Err(error) => {
                workbook.apply(&back.inverse)?;
                self.undo.push(last);
                Err(error)
            }
        }
    }

    /// Takes the last transaction back; `None` where there is none.
    pub fn undo(&mut self, workbook: &mut Workbook) -> Result<Option<Applied>, EditError> {
        Self::step(&mut self.undo, &mut self.redo, workbook)
    }

    /// Does again what was undone last; `None` where there is nothing.
    pub fn redo(&mut self, workbook: &mut Workbook) -> Result<Option<Applied>, EditError> {
        Self::step(&mut self.redo, &mut self.undo, workbook)
    }

    /// How many steps can be undone.
    pub fn depth(&self) -> usize {
        self.undo.len()
    }

    /// The labels of what can be undone, last first.
    pub fn undo_labels(&self) -> impl Iterator<Item = &str> {
        self.undo.iter().rev().map(|t| t.label.as_str())
    }

    /// The labels of what can be done again, next first.
    pub fn redo_labels(&self) -> impl Iterator<Item = &str> {
        self.redo.iter().rev().map(|t| t.label.as_str())
    }

    fn step(
        from: &mut Vec<Transaction>,
        to: &mut Vec<Transaction>,
        workbook: &mut Workbook,
    ) -> Result<Option<Applied>, EditError> {
        let Some(transaction) = from.last() else {
            return Ok(None);
        };
        let applied = workbook.apply(transaction)?;
        from.pop();
        to.push(applied.inverse.clone());
        Ok(Some(applied))
    }
}

#[cfg(test)]
mod tests;
