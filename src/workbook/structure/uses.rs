//! Which formulas a change concerns through names, tables and 3-D references.

use super::formulas::ends;
use crate::formula::{self, Axis, Expr, SheetPrefix, TableItems, TableReference};
use crate::grid::{Pos, Rect, SheetId, Shift};
use crate::value::{equal_text, fold_case};
use crate::workbook::{Table, Workbook};
use std::collections::HashSet;

const A1: Pos = Pos::new(0, 0);

/// What makes a formula one that has to be calculated again.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Lines that are inserted or deleted: formulas count that refer to a
    /// table, or over sheets, so that they read other cells than before.
    pub shift: Option<(SheetId, Shift)>,
    /// Formulas count that refer to one of these tables, in capitals or
    /// whatever [`fold_case`] makes of the name.
    pub tables: HashSet<String>,
    /// Formulas count that refer to this sheet by its name.
    pub sheet: Option<SheetId>,
    /// Every 3-D reference counts.
    pub spans: bool,
    /// Names whose formulas count, and so those that use them.
    pub names: HashSet<String>,
}

impl Uses {
    /// Finds the names that count.
    pub fn with_names(mut self, book: &Workbook) -> Self {
        let names: Vec<(String, Option<SheetId>, Expr)> = book
            .names
            .iter()
            .filter_map(|name| {
                let expr = formula::parse(&name.formula, A1).ok()?;
                Some((fold_case(&name.name), name.scope, expr))
            })
            .collect();
        loop {
            let before = self.names.len();
            for (name, scope, expr) in &names {
                if !self.names.contains(name)
                    && (self.any_in_name(book, expr, *scope) || self.disturbed(book, expr))
                {
                    self.names.insert(name.clone());
                }
            }
            if self.names.len() == before {
                return self;
            }
        }
    }

    /// Whether a formula on `sheet` counts.
    pub fn any_in(&self, book: &Workbook, expr: &Expr, sheet: SheetId) -> bool {
        self.any_in_name(book, expr, Some(sheet))
    }

    fn any_in_name(&self, book: &Workbook, expr: &Expr, sheet: Option<SheetId>) -> bool {
        let mut found = false;
        expr.visit(&mut |part| {
            found = found
                || match part {
                    Expr::Reference(reference) => {
                        self.names_sheet(book, &reference.prefix)
                            || self.spans_over(book, &reference.prefix)
                    }
                    Expr::Table(reference) => self.uses_table(book, reference, sheet),
                    Expr::Name { prefix, name } => {
                        let bare = TableReference {
                            table: Some(name.clone()),
                            items: TableItems::Unspecified,
                            columns: None,
                        };
                        self.names.contains(&fold_case(name))
                            || self.names_sheet(book, prefix)
                            || prefix.is_none() && self.uses_table(book, &bare, sheet)
                    }
                    _ => false,
                };
        });
        found
    }

    fn names_sheet(&self, book: &Workbook, prefix: &Option<SheetPrefix>) -> bool {
        match (self.sheet, prefix) {
            (Some(id), Some(SheetPrefix::Sheet(name))) => equal_text(name, &book.sheet(id).name),
            _ => false,
        }
    }

    fn spans_over(&self, book: &Workbook, prefix: &Option<SheetPrefix>) -> bool {
        let Some(SheetPrefix::Span(first, last)) = prefix else {
            return false;
        };
        let place = |name: &str| {
            let mut tabs = book.order().iter();
            tabs.position(|&id| equal_text(&book.sheet(id).name, name))
        };
        let over = |sheet: SheetId| {
            let (Some(a), Some(b)) = (place(first), place(last)) else {
                return false;
            };
            let at = book.order().iter().position(|&id| id == sheet);
            at.is_some_and(|at| (a.min(b)..=a.max(b)).contains(&at))
        };
        self.spans || self.shift.is_some_and(|(sheet, _)| over(sheet))
    }

    fn uses_table(
        &self,
        book: &Workbook,
        reference: &TableReference,
        sheet: Option<SheetId>,
    ) -> bool {
        let Some(name) = &reference.table else {
            // The one around the formula, whichever that is.
            return self.shift.is_some() || !self.tables.is_empty();
        };
        if self.tables.contains(&fold_case(name)) {
            return true;
        }
        let Some((shifted, shift)) = self.shift else {
            return false;
        };
        let Some(table) = book.tables.get(name).filter(|t| t.area.sheet == shifted) else {
            return false;
        };
        let by_rows = shift.axis == crate::grid::Axis::Rows;
        // `[@x]` goes along with the formula's own row.
        if reference.items == TableItems::ThisRow && by_rows {
            return sheet != Some(shifted);
        }
        let rect = meant(table, reference);
        rect.is_some_and(|rect| !shift.keeps(shift.axis.span(&rect)))
    }

    /// Whether the shift leaves a name's formula other cells to read.
    fn disturbed(&self, book: &Workbook, expr: &Expr) -> bool {
        let Some((sheet, shift)) = self.shift else {
            return false;
        };
        let name = &book.sheet(sheet).name;
        let mut found = false;
        expr.visit(&mut |part| {
            let Expr::Reference(reference) = part else {
                return;
            };
            let here = match &reference.prefix {
                None => true,
                Some(SheetPrefix::Sheet(other)) => equal_text(other, name),
                Some(_) => false,
            };
            if here {
                let ends = ends(&reference.shape, shift.axis).into_iter().flatten();
                let rect = reference.shape.resolve(A1);
                found |= ends.into_iter().any(|end| matches!(end, Axis::Relative(_)))
                    || !shift.keeps(shift.axis.span(&rect));
            }
        });
        found
    }
}

/// The cells that a structured reference means; of `[@x]`, those of all rows.
fn meant(table: &Table, reference: &TableReference) -> Option<Rect> {
    let rect = match reference.items {
        TableItems::ThisRow => table.area.rect,
        items => table.items(items)?,
    };
    let Some((first, last)) = &reference.columns else {
        return Some(rect);
    };
    let (first, last) = (table.column(first)?, table.column(last)?);
    Some(Rect {
        left: first.min(last),
        right: first.max(last),
        ..rect
    })
}
