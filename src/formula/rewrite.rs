//! Keeping a formula's meaning when the workbook changes under it.

use super::{
    Axis, CellRef, Expr, RefShape, Reference, SheetPrefix, TableItems, TableReference, parameters,
};
use crate::grid::{self, MAX_COLS, MAX_ROWS, Pos, Rect, Shift};
use crate::value::{ErrorKind, equal_text};
use std::sync::Arc;

/// Where a formula stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home<'a> {
    pub sheet: &'a str,
    pub at: Pos,
}

/// A change of a workbook, as far as formulas notice. Names of sheets, tables,
/// columns and defined names compare without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// Rows or columns of a sheet are inserted or deleted.
    Shift {
        sheet: &'a str,
        shift: Shift,
    },
    /// The cells of a rectangle are cut and pasted, their new top left cell `onto`.
    Move {
        sheet: &'a str,
        rect: Rect,
        onto_sheet: &'a str,
        onto: Pos,
    },
    RenameSheet {
        from: &'a str,
        to: &'a str,
    },
    /// The formula is on the copy of a sheet: what it says of the original by
    /// name it says of the copy. 3-D references stay.
    CopySheet {
        from: &'a str,
        to: &'a str,
    },
    /// `tabs`: all sheets from left to right, with the one that goes; a 3-D
    /// reference that ends at it ends at the next one within instead.
    DeleteSheet {
        name: &'a str,
        tabs: &'a [Arc<str>],
    },
    RenameTable {
        from: &'a str,
        to: &'a str,
    },
    DeleteTable {
        name: &'a str,
    },
    RenameColumn {
        table: &'a str,
        from: &'a str,
        to: &'a str,
    },
    /// `columns`: all columns of the table from left to right, with the one that goes.
    DeleteColumn {
        table: &'a str,
        name: &'a str,
        columns: &'a [Arc<str>],
    },
    /// A table becomes a plain range.
    UnrollTable(Unrolled<'a>),
    /// A defined name of the workbook (`scope` none) or of a sheet. The caller
    /// leaves out the formulas on sheets where another name hides it.
    RenameName {
        scope: Option<&'a str>,
        from: &'a str,
        to: &'a str,
    },
    /// The formula is put into a cell of this table: `[@x]` means its rows.
    EnterTable {
        name: &'a str,
    },
    /// The formula alone is moved; what it refers to stays where it is.
    Nothing,
}

/// Where the parts of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unrolled<'a> {
    pub name: &'a str,
    pub sheet: &'a str,
    pub columns: &'a [Arc<str>],
    /// Headers and totals included.
    pub all: Rect,
    pub headers: Option<Rect>,
    pub data: Option<Rect>,
    pub totals: Option<Rect>,
}

/// The formula after a change, `#REF!` in place of what is gone. `before` and
/// `after` are its own cell: rows inserted above it move it along.
///
/// A deleted name stays in the formulas that use it, as in Excel, and gives
/// `#NAME?`. Inserted and deleted rows leave 3-D references as they are.
pub fn rewrite(expr: &Expr, before: Home, after: Home, change: &Change) -> Expr {
    let rewriter = Rewriter {
        before,
        after,
        change: *change,
        floating: false,
    };
    expr.map(&mut |part| rewriter.part(part))
}

/// A defined name's formula after a change. Its relative references count
/// from whatever cell uses the name, so inserted and deleted lines leave them
/// as they are. `sheet` is the one that the name belongs to, `""` where it is
/// the workbook's.
pub fn rewrite_name(expr: &Expr, sheet: &str, change: &Change) -> Expr {
    let home = Home {
        sheet,
        at: Pos::new(0, 0),
    };
    let rewriter = Rewriter {
        before: home,
        after: home,
        change: *change,
        floating: true,
    };
    expr.map(&mut |part| rewriter.part(part))
}

#[derive(Clone, Copy)]
struct Rewriter<'a> {
    before: Home<'a>,
    after: Home<'a>,
    change: Change<'a>,
    /// The formula stands in no cell: relative references stay.
    floating: bool,
}

const GONE: Expr = Expr::Error(ErrorKind::Ref);

impl Rewriter<'_> {
    /// What a part of the formula becomes; `None` for a part whose own parts
    /// are to be looked at.
    fn part(self, part: &Expr) -> Option<Expr> {
        match part {
            Expr::Reference(reference) => {
                Some(self.reference(reference).map_or(GONE, Expr::Reference))
            }
            Expr::Table(table) => Some(match self.change {
                Change::UnrollTable(unrolled) => self.unroll(table, &unrolled),
                _ => self.table(table).map_or(GONE, Expr::Table),
            }),
            Expr::Name { prefix, name } => Some(self.name(prefix.as_ref(), name)),
            Expr::Call { function, args } => {
                let named: Vec<_> = parameters(function, args).collect();
                if named.is_empty() {
                    return None;
                }
                // LET and LAMBDA hide a name or a table of the same name.
                let hidden_from = named
                    .iter()
                    .find(|p| self.named().is_some_and(|name| equal_text(p.name, name)))
                    .map_or(usize::MAX, |p| p.visible_from);
                let args = args.iter().enumerate().map(|(i, arg)| {
                    if i >= hidden_from || named.iter().any(|p| p.index == i) {
                        arg.clone()
                    } else {
                        arg.map(&mut |part| self.part(part))
                    }
                });
                Some(Expr::Call {
                    function: function.clone(),
                    args: args.collect(),
                })
            }
            _ => None,
        }
    }

    /// The name that changes, as it may stand alone in a formula.
    fn named(&self) -> Option<&str> {
        match self.change {
            Change::RenameName { from, .. } | Change::RenameTable { from, .. } => Some(from),
            Change::DeleteTable { name } | Change::UnrollTable(Unrolled { name, .. }) => Some(name),
            _ => None,
        }
    }

    fn reference(self, reference: &Reference) -> Option<Reference> {
        let prefix = &reference.prefix;
        let sheet = match prefix {
            None => Some(self.before.sheet),
            Some(SheetPrefix::Sheet(name)) => Some(&**name),
            Some(SheetPrefix::Span(..) | SheetPrefix::External { .. }) => None,
        };
        let on = |name: &str| sheet.is_some_and(|sheet| equal_text(sheet, name));
        let keep = |lo: u32, hi: u32| Some((lo, hi));
        let shape = &reference.shape;
        let shape = match self.change {
            Change::Shift { sheet, shift } if on(sheet) => {
                let span = |lo, hi| shift.span((lo, hi));
                match shift.axis {
                    grid::Axis::Rows => self.shape(shape, span, keep),
                    grid::Axis::Columns => self.shape(shape, keep, span),
                }
            }
            Change::Move {
                sheet: from,
                rect,
                onto_sheet,
                onto,
            } => {
                let target = shape.resolve(self.before.at);
                let within = equal_text(from, onto_sheet);
                if on(from) && rect.contains_rect(&target) {
                    let (down, right) = (offset(rect.top, onto.row), offset(rect.left, onto.col));
                    let shape = self.shape(
                        shape,
                        |lo, hi| shift(lo, hi, down, MAX_ROWS),
                        |lo, hi| shift(lo, hi, right, MAX_COLS),
                    )?;
                    let prefix = self.prefix(prefix, onto_sheet);
                    return Some(Reference { prefix, shape });
                }
                let covered = Rect::sized(onto, rect.rows(), rect.cols());
                if on(onto_sheet) && covered.is_some_and(|c| c.contains_rect(&target)) {
                    return None;
                }
                let (down, right) = (offset(rect.top, onto.row), offset(rect.left, onto.col));
                let whole_rows = rect.left <= target.left && target.right <= rect.right;
                let whole_cols = rect.top <= target.top && target.bottom <= rect.bottom;
                if on(from) && within && whole_rows && right == 0 {
                    let (top, bottom) = (rect.top, rect.bottom);
                    self.shape(shape, |lo, hi| drag(lo, hi, top, bottom, down), keep)
                } else if on(from) && within && whole_cols && down == 0 {
                    let (left, end) = (rect.left, rect.right);
                    self.shape(shape, keep, |lo, hi| drag(lo, hi, left, end, right))
                } else {
                    self.shape(shape, keep, keep)
                }
            }
            _ => self.shape(shape, keep, keep),
        }?;
        let prefix = match prefix {
            None => self.prefix(prefix, self.renamed(self.before.sheet)),
            Some(prefix) => Some(self.sheet_prefix(prefix)?),
        };
        Some(Reference { prefix, shape })
    }

    /// What stands before a reference to a sheet: nothing where nothing stood
    /// and the formula is on that sheet.
    fn prefix(self, before: &Option<SheetPrefix>, sheet: &str) -> Option<SheetPrefix> {
        if before.is_none() && equal_text(sheet, self.after.sheet) {
            return None;
        }
        Some(SheetPrefix::Sheet(sheet.into()))
    }

    /// The present name of a sheet.
    fn renamed<'s>(&'s self, sheet: &'s str) -> &'s str {
        match self.change {
            Change::RenameSheet { from, to } | Change::CopySheet { from, to }
                if equal_text(sheet, from) =>
            {
                to
            }
            _ => sheet,
        }
    }

    /// A written sheet prefix after the change; `None` where the sheet is gone.
    fn sheet_prefix(self, prefix: &SheetPrefix) -> Option<SheetPrefix> {
        Some(match (self.change, prefix) {
            (Change::RenameSheet { .. } | Change::CopySheet { .. }, SheetPrefix::Sheet(name)) => {
                SheetPrefix::Sheet(self.renamed(name).into())
            }
            (Change::RenameSheet { .. }, SheetPrefix::Span(first, last)) => {
                SheetPrefix::Span(self.renamed(first).into(), self.renamed(last).into())
            }
            (Change::DeleteSheet { name: gone, .. }, SheetPrefix::Sheet(name))
                if equal_text(name, gone) =>
            {
                return None;
            }
            (Change::DeleteSheet { name: gone, tabs }, SheetPrefix::Span(first, last)) => {
                let (first, last) = shrink(first, last, gone, tabs)?;
                SheetPrefix::Span(first, last)
            }
            (_, prefix) => prefix.clone(),
        })
    }

    fn table(self, reference: &TableReference) -> Option<TableReference> {
        let mut reference = reference.clone();
        let is = |name: &str| {
            let table = reference.table.as_deref();
            table.is_some_and(|table| equal_text(table, name))
        };
        match self.change {
            Change::RenameTable { from, to } if is(from) => reference.table = Some(to.into()),
            Change::DeleteTable { name } if is(name) => return None,
            Change::EnterTable { name } if reference.table.is_none() => {
                reference.table = Some(name.into());
            }
            Change::RenameColumn { table, from, to } if is(table) => {
                if let Some((first, last)) = &mut reference.columns {
                    for column in [first, last] {
                        if equal_text(column, from) {
                            *column = to.into();
                        }
                    }
                }
            }
            Change::DeleteColumn {
                table,
                name,
                columns,
            } if is(table) => {
                if let Some((first, last)) = &reference.columns {
                    reference.columns = Some(shrink(first, last, name, columns)?);
                }
            }
            _ => {}
        }
        Some(reference)
    }

    /// The cells that a structured reference means, where it is to the table
    /// that becomes a range.
    fn unroll(self, reference: &TableReference, table: &Unrolled) -> Expr {
        let named = reference.table.as_deref();
        // Without a name it is the table around the formula.
        let inside =
            equal_text(self.before.sheet, table.sheet) && table.all.contains(self.before.at);
        if !named.map_or(inside, |name| equal_text(name, table.name)) {
            return Expr::Table(reference.clone());
        }
        let rows = match reference.items {
            TableItems::Unspecified | TableItems::Data => table.data,
            TableItems::All => Some(table.all),
            TableItems::Headers => table.headers,
            TableItems::Totals => table.totals,
            TableItems::HeadersData => hull(table.headers, table.data),
            TableItems::DataTotals => hull(table.data, table.totals),
            TableItems::ThisRow => Some(Rect {
                top: self.before.at.row,
                bottom: self.before.at.row,
                ..table.all
            }),
        };
        let place = |name: &str| {
            let mut columns = table.columns.iter();
            Some(table.all.left + columns.position(|column| equal_text(column, name))? as u32)
        };
        let columns = match &reference.columns {
            None => Some((table.all.left, table.all.right)),
            Some((first, last)) => place(first).zip(place(last)),
        };
        let Some((rows, (first, last))) = rows.zip(columns) else {
            return GONE;
        };
        let rect = Rect {
            left: first.min(last),
            right: first.max(last),
            ..rows
        };
        plain(table.sheet, rect, reference.items == TableItems::ThisRow)
    }

    fn name(self, prefix: Option<&SheetPrefix>, name: &Arc<str>) -> Expr {
        let mut name = name.clone();
        match self.change {
            // A table's bare name is its data.
            Change::RenameTable { from, to } if prefix.is_none() && equal_text(&name, from) => {
                name = to.into();
            }
            Change::DeleteTable { name: gone } if prefix.is_none() && equal_text(&name, gone) => {
                return GONE;
            }
            Change::UnrollTable(table) if prefix.is_none() && equal_text(&name, table.name) => {
                return table
                    .data
                    .map_or(GONE, |rect| plain(table.sheet, rect, false));
            }
            Change::RenameName { scope, from, to } if equal_text(&name, from) => {
                let meant = match (prefix, scope) {
                    (None, None) => true,
                    (None, Some(scope)) => equal_text(self.before.sheet, scope),
                    (Some(SheetPrefix::Sheet(sheet)), Some(scope)) => equal_text(sheet, scope),
                    _ => false,
                };
                if meant {
                    name = to.into();
                }
            }
            _ => {}
        }
        let prefix = match prefix {
            None => None,
            Some(prefix) => match self.sheet_prefix(prefix) {
                None => return GONE,
                kept => kept,
            },
        };
        Expr::Name { prefix, name }
    }

    /// A shape whose rows and columns, from the first to the last, are mapped;
    /// `None` where either maps to nothing.
    fn shape(
        self,
        shape: &RefShape,
        rows: impl Fn(u32, u32) -> Option<(u32, u32)>,
        cols: impl Fn(u32, u32) -> Option<(u32, u32)>,
    ) -> Option<RefShape> {
        let (before, after) = (self.before.at, self.after.at);
        let floats = |axis| self.floating && matches!(axis, Axis::Relative(_));
        let map_rows = |a, b| match floats(a) || floats(b) {
            true => Some((a, b)),
            false => map(a, b, before.row, after.row, MAX_ROWS, &rows),
        };
        let map_cols = |a, b| match floats(a) || floats(b) {
            true => Some((a, b)),
            false => map(a, b, before.col, after.col, MAX_COLS, &cols),
        };
        Some(match *shape {
            RefShape::Cell(CellRef { row, col }) => RefShape::Cell(CellRef {
                row: map_rows(row, row)?.0,
                col: map_cols(col, col)?.0,
            }),
            RefShape::Range(a, b) => {
                let rows = map_rows(a.row, b.row)?;
                let cols = map_cols(a.col, b.col)?;
                let corner = |row, col| CellRef { row, col };
                RefShape::Range(corner(rows.0, cols.0), corner(rows.1, cols.1))
            }
            RefShape::Rows(a, b) => {
                let (a, b) = map_rows(a, b)?;
                RefShape::Rows(a, b)
            }
            RefShape::Cols(a, b) => {
                let (a, b) = map_cols(a, b)?;
                RefShape::Cols(a, b)
            }
        })
    }
}

/// Maps the span between two axes, written in any order, and writes it anew
/// for the formula's new place.
fn map(
    a: Axis,
    b: Axis,
    before: u32,
    after: u32,
    size: u32,
    span: impl Fn(u32, u32) -> Option<(u32, u32)>,
) -> Option<(Axis, Axis)> {
    let (at_a, at_b) = (a.resolve(before, size), b.resolve(before, size));
    let (lo, hi) = span(at_a.min(at_b), at_a.max(at_b))?;
    let (to_a, to_b) = if at_a <= at_b { (lo, hi) } else { (hi, lo) };
    // By how far it moves against the formula, so that one that wraps around
    // the sheet's edge goes on doing so.
    let anew = |axis, from: u32, to: u32| match axis {
        Axis::Absolute(_) => Axis::Absolute(to),
        Axis::Relative(by) => {
            let moved = i64::from(by) + offset(from, to) - offset(before, after);
            Axis::Relative(moved as i32)
        }
    };
    Some((anew(a, at_a, to_a), anew(b, at_b, to_b)))
}

/// A reference to a rectangle of a sheet: absolute, or its rows relative to a
/// formula in the first of them.
fn plain(sheet: &str, rect: Rect, this_row: bool) -> Expr {
    let corner = |row, col| CellRef {
        row: match this_row {
            true => Axis::Relative(0),
            false => Axis::Absolute(row),
        },
        col: Axis::Absolute(col),
    };
    let first = corner(rect.top, rect.left);
    let shape = match rect.is_cell() {
        true => RefShape::Cell(first),
        false => RefShape::Range(first, corner(rect.bottom, rect.right)),
    };
    let prefix = Some(SheetPrefix::Sheet(sheet.into()));
    Expr::Reference(Reference { prefix, shape })
}

fn hull(a: Option<Rect>, b: Option<Rect>) -> Option<Rect> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.hull(&b)),
        (a, b) => a.or(b),
    }
}

/// The way from one line to another.
fn offset(from: u32, to: u32) -> i64 {
    i64::from(to) - i64::from(from)
}

fn shift(lo: u32, hi: u32, by: i64, size: u32) -> Option<(u32, u32)> {
    let lo = u32::try_from(i64::from(lo) + by).ok()?;
    let hi = u32::try_from(i64::from(hi) + by).ok()?;
    (hi < size).then_some((lo, hi))
}

/// A span of which one end, but not all, is moved along itself stretches or
/// shrinks with it.
fn drag(lo: u32, hi: u32, first: u32, last: u32, by: i64) -> Option<(u32, u32)> {
    let holds = |x: u32| first <= x && x <= last;
    let moved = |x: u32| u32::try_from(i64::from(x) + by).ok();
    match (holds(lo), holds(hi)) {
        (true, false) => moved(lo).map(|lo| (lo.min(hi), lo.max(hi))),
        (false, true) => moved(hi).map(|hi| (lo.min(hi), lo.max(hi))),
        _ => Some((lo, hi)),
    }
}

/// The span from one name to another of an ordered list, when one name goes;
/// `None` where it was all of the span.
fn shrink(
    first: &Arc<str>,
    last: &Arc<str>,
    gone: &str,
    order: &[Arc<str>],
) -> Option<(Arc<str>, Arc<str>)> {
    let is_first = equal_text(first, gone);
    let is_last = equal_text(last, gone);
    if is_first && is_last {
        return None;
    }
    if !is_first && !is_last {
        return Some((first.clone(), last.clone()));
    }
    let place = |name: &str| order.iter().position(|other| equal_text(other, name));
    let (at, other) = if is_first {
        (place(first)?, place(last)?)
    } else {
        (place(last)?, place(first)?)
    };
    // The neighbour towards the span's other end.
    let next = order
        .get(if at < other {
            at + 1
        } else {
            at.checked_sub(1)?
        })?
        .clone();
    Some(if is_first {
        (next, last.clone())
    } else {
        (first.clone(), next)
    })
}
