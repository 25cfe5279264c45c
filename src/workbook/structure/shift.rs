//! Inserting and deleting rows and columns.

use super::formulas::Rewriting;
use super::layout::Layout;
use super::names::rewritten_names;
use super::uses::Uses;
use super::{Lines, Parts};
use crate::formula::Change;
use crate::grid::{Area, Axis, Cell, Pos, Rect, SheetId, Shift, ShiftKind};
use crate::value::Value;
use crate::workbook::before::{Before, Touched};
use crate::workbook::tables::unique_column;
use crate::workbook::{
    Cells, EditError, Run, RunKind, Table, TableColumn, Tables, Template, Templates, Workbook,
};
use std::sync::Arc;

/// A table after a shift.
#[derive(Debug, Default)]
struct ShiftedTables {
    tables: Tables,
    /// The names of those that are gone.
    gone: Vec<Arc<str>>,
    /// Deleted columns one by one.
    columns: Vec<DeletedColumn>,
    /// The headers of new columns.
    headers: Vec<(Pos, Arc<str>)>,
}

#[derive(Debug)]
struct DeletedColumn {
    table: Arc<str>,
    name: Arc<str>,
    /// All columns of the table, this one included.
    columns: Vec<Arc<str>>,
}

impl Workbook {
    /// Inserts or deletes rows or columns of a sheet; all that refers to its
    /// cells follows.
    pub(in crate::workbook) fn shift(
        &mut self,
        id: SheetId,
        shift: Shift,
        touched: &mut Touched,
    ) -> Result<Before, EditError> {
        self.check_shift(id, shift)?;
        let shifted = self.shifted_tables(id, shift)?;
        let name = self.sheet(id).name.clone();
        let mut changes = vec![Change::Shift {
            sheet: &name,
            shift,
        }];
        let columns = shifted.columns.iter();
        changes.extend(columns.map(|gone| Change::DeleteColumn {
            table: &gone.table,
            name: &gone.name,
            columns: &gone.columns,
        }));
        let gone = shifted.gone.iter();
        changes.extend(gone.map(|name| Change::DeleteTable { name }));

        let mut templates = std::mem::take(&mut self.templates);
        let uses = Uses {
            shift: Some((id, shift)),
            ..Uses::default()
        };
        let rewriting = Rewriting {
            book: self,
            changes: &changes,
            shift: Some((id, shift)),
            renamed: None,
            uses: uses.with_names(self),
        };
        let mut done = rewriting.run(&mut templates);
        let names = rewritten_names(self, &changes);
        let mut tables = shifted.tables;
        self.rewrite_column_formulas(&mut tables, &rewriting);
        if shift.kind == ShiftKind::Insert && shift.axis == Axis::Rows {
            let filled = filled_columns(self, &tables, id, shift, &mut templates);
            if let Some((_, runs)) = done.runs.iter_mut().find(|(sheet, _)| *sheet == id) {
                for run in filled {
                    let area = |rect| Area { sheet: id, rect };
                    done.changed.push(area(run.rect));
                    runs.insert_merged(run);
                }
            }
        }
        let rules = self.rewritten_rules(&rewriting);
        self.templates = templates;
        let parts = Parts {
            lines: Some(Lines {
                sheet: id,
                shift,
                cells: Cells::default(),
                spills: Vec::new(),
            }),
            layout: Some((id, Layout::shifted(self.sheet(id), shift))),
            names: (names != self.names).then_some(names),
            tables: (tables != self.tables).then_some(tables),
            rules,
            changed: done.changed,
            changed_back: done.changed_back,
            ..Parts::default()
        };
        let old = self.exchange(&parts, done.runs, touched);
        for (at, header) in shifted.headers {
            let cells = &mut self.sheet_mut(id).cells;
            cells.set(at, Value::Text(header));
            touched.contents.push(Area {
                sheet: id,
                rect: Rect::cell(at),
            });
        }
        Ok(old.into())
    }

    fn check_shift(&self, id: SheetId, shift: Shift) -> Result<(), EditError> {
        if !self.has_sheet(id) {
            return Err(EditError::NoSheet);
        }
        let sheet = self.sheet(id);
        let (axis, size) = (shift.axis, shift.axis.size());
        if shift.count == 0
            || shift
                .at
                .checked_add(shift.count)
                .is_none_or(|end| end > size)
        {
            return Err(EditError::BadLines {
                sheet: sheet.name.clone(),
                shift,
            });
        }
        for (_, run) in sheet.runs.iter().filter(|(_, r)| !r.kind.is_per_cell()) {
            let (first, last) = axis.span(&run.rect);
            let gone = shift.kind == ShiftKind::Delete && shift.at <= first && last < shift.end();
            if !gone && !shift.keeps((first, last)) && last >= shift.at {
                let at = axis.with_span(run.rect, (shift.at.max(first), last));
                return Err(self.array_cut(id, run, at.top_left()));
            }
        }
        if shift.kind == ShiftKind::Insert {
            let filled = sheet.cells.used().into_iter();
            let filled = filled
                .chain(sheet.runs.iter().map(|(_, run)| run.rect))
                .chain(sheet.merges.iter().copied())
                .chain(
                    self.tables
                        .iter()
                        .filter(|t| t.area.sheet == id)
                        .map(|t| t.area.rect),
                );
            let last = filled.map(|rect| axis.span(&rect).1).max();
            if let Some(last) = last
                && last >= shift.at
                && shift.line(last).is_none()
            {
                return Err(EditError::PushedOff {
                    sheet: sheet.name.clone(),
                    line: match axis {
                        Axis::Rows => format!("row {}", last + 1),
                        Axis::Columns => format!("column {}", crate::grid::column_name(last)),
                    },
                });
            }
        }
        Ok(())
    }

    /// Why part of an array formula or data table cannot change.
    pub(in crate::workbook) fn array_cut(&self, sheet: SheetId, run: &Run, pos: Pos) -> EditError {
        let cell = self.address(Cell { sheet, pos });
        let whole = run.rect.to_string();
        match run.kind {
            RunKind::DataTable => EditError::PartOfDataTable { cell, table: whole },
            _ => EditError::PartOfArray { cell, array: whole },
        }
    }

    fn shifted_tables(&self, id: SheetId, shift: Shift) -> Result<ShiftedTables, EditError> {
        let mut out = ShiftedTables::default();
        for table in self.tables.iter() {
            let mut table = table.clone();
            if table.area.sheet == id {
                let Some(rect) = shift.stretched(table.area.rect) else {
                    out.gone.push(table.name);
                    continue;
                };
                match shift.axis {
                    Axis::Rows => shift_rows(&mut table, shift)?,
                    Axis::Columns => shift_columns(&mut table, shift, rect, &mut out),
                }
                table.area.rect = rect;
            }
            out.tables.push(table);
        }
        Ok(out)
    }
}

fn shift_rows(table: &mut Table, shift: Shift) -> Result<(), EditError> {
    if shift.kind == ShiftKind::Insert {
        return Ok(());
    }
    let rect = table.area.rect;
    let gone = |row: u32| shift.line(row).is_none();
    if table.header_rows > 0 && gone(rect.top) {
        return Err(EditError::TableHeaders {
            table: table.name.clone(),
            row: rect.top + 1,
        });
    }
    if let Some(data) = table.data()
        && gone(data.top)
        && gone(data.bottom)
    {
        return Err(EditError::TableRows {
            table: table.name.clone(),
        });
    }
    if table.totals_rows > 0 && gone(rect.bottom) {
        table.totals_rows = 0;
    }
    Ok(())
}

fn shift_columns(table: &mut Table, shift: Shift, rect: Rect, out: &mut ShiftedTables) {
    let left = table.area.rect.left;
    let mut columns: Vec<Arc<str>> = table.columns.iter().map(|c| c.name.clone()).collect();
    match shift.kind {
        ShiftKind::Insert if left < shift.at && shift.at <= table.area.rect.right => {
            for i in 0..shift.count {
                let name: Arc<str> = unique_column("Column1", &columns).into();
                let place = (shift.at - left + i) as usize;
                columns.insert(place, name.clone());
                let at = Pos::new(rect.top, shift.at + i);
                if table.header_rows > 0 {
                    out.headers.push((at, name.clone()));
                }
                table.columns.insert(place, TableColumn::new(name));
            }
        }
        ShiftKind::Insert => {}
        ShiftKind::Delete => {
            let gone = |i: usize| shift.line(left + i as u32).is_none();
            for (i, column) in table.columns.iter().enumerate() {
                if gone(i) {
                    let name = column.name.clone();
                    out.columns.push(DeletedColumn {
                        table: table.name.clone(),
                        name: name.clone(),
                        columns: columns.clone(),
                    });
                    columns.retain(|other| *other != name);
                }
            }
            let mut i = 0;
            table.columns.retain(|_| {
                i += 1;
                !gone(i - 1)
            });
        }
    }
}

/// The formulas of new rows of tables, in columns that one formula fills.
fn filled_columns(
    book: &Workbook,
    tables: &Tables,
    sheet: SheetId,
    shift: Shift,
    templates: &mut Templates,
) -> Vec<Run> {
    let mut filled = Vec::new();
    for table in tables.iter().filter(|t| t.area.sheet == sheet) {
        let was = book.tables.get(&table.name).and_then(Table::data);
        let (Some(was), Some(data)) = (was, table.data()) else {
            continue;
        };
        let Some(rows) = data
            .intersection(&shift.rect())
            .filter(|_| was.rows() < data.rows())
        else {
            continue;
        };
        for (col, column) in (data.left..).zip(&table.columns) {
            let first = Pos::new(data.top, col);
            let Some(Ok(expr)) = column
                .formula
                .as_ref()
                .map(|f| crate::formula::parse(f, first))
            else {
                continue;
            };
            // As the formulas beside it are: ordinary ones or dynamic arrays.
            let beside = book
                .sheet(sheet)
                .runs
                .at(Pos::new(shift.at.min(was.bottom), col));
            let kind = beside.map_or(RunKind::Plain, |(_, run)| run.kind.clone());
            if !kind.is_per_cell() {
                continue;
            }
            filled.push(Run {
                rect: Rect {
                    left: col,
                    right: col,
                    ..rows
                },
                template: templates.intern(Template::Formula(expr)),
                kind,
            });
        }
    }
    filled
}
