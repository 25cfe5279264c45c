//! What a sheet says of its cells by place: styles, widths, merges, panes.

use crate::grid::{Axis, Rect, Shift, ShiftKind};
use crate::workbook::{AutoFilter, ColumnProps, Panes, Rows, Sheet, StyleMap};
use std::collections::BTreeMap;

/// What of a sheet moves with its lines besides values and formulas.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::workbook) struct Layout {
    styles: StyleMap,
    columns: BTreeMap<u32, ColumnProps>,
    rows: Rows,
    merges: Vec<Rect>,
    panes: Option<Panes>,
    filter: Option<AutoFilter>,
    shifts: Vec<Shift>,
}

impl Layout {
    /// The layout after lines are inserted or deleted. New lines look like
    /// the one before them.
    pub(super) fn shifted(sheet: &Sheet, shift: Shift) -> Self {
        let (columns, rows) = match shift.axis {
            Axis::Rows => (sheet.columns.clone(), sheet.rows.shifted(shift)),
            Axis::Columns => (shifted_columns(&sheet.columns, shift), sheet.rows.clone()),
        };
        let merges = sheet.merges.iter();
        let mut shifts = sheet.shifts.clone();
        shifts.push(shift);
        Self {
            styles: sheet.styles.shifted(shift),
            columns,
            rows,
            merges: merges
                .filter_map(|rect| shift.stretched(*rect))
                .filter(|rect| !rect.is_cell())
                .collect(),
            panes: sheet.panes.and_then(|panes| shifted_panes(panes, shift)),
            filter: sheet.filter.as_ref().and_then(|f| f.shifted(shift)),
            shifts,
        }
    }

    /// Gives a sheet this layout and takes the one it had.
    pub(super) fn swap(&mut self, sheet: &mut Sheet) {
        std::mem::swap(&mut self.styles, &mut sheet.styles);
        std::mem::swap(&mut self.columns, &mut sheet.columns);
        std::mem::swap(&mut self.rows, &mut sheet.rows);
        std::mem::swap(&mut self.merges, &mut sheet.merges);
        std::mem::swap(&mut self.panes, &mut sheet.panes);
        std::mem::swap(&mut self.filter, &mut sheet.filter);
        std::mem::swap(&mut self.shifts, &mut sheet.shifts);
    }
}

/// The properties of columns in their new places. New columns look like the
/// one before them, but are not hidden.
fn shifted_columns(old: &BTreeMap<u32, ColumnProps>, shift: Shift) -> BTreeMap<u32, ColumnProps> {
    let mut new = BTreeMap::new();
    if shift.kind == ShiftKind::Insert
        && let Some(before) = shift.at.checked_sub(1)
        && let Some(props) = old.get(&before)
    {
        let shown = ColumnProps {
            hidden: false,
            ..props.clone()
        };
        new.extend((shift.at..shift.end()).map(|line| (line, shown.clone())));
    }
    let moved = old.iter();
    new.extend(moved.filter_map(|(&line, props)| Some((shift.line(line)?, props.clone()))));
    new
}

/// Lines inserted between frozen ones are frozen, too.
fn shifted_panes(panes: Panes, shift: Shift) -> Option<Panes> {
    let frozen = |count: u32| match count.checked_sub(1) {
        None => 0,
        Some(last) => shift.span((0, last)).map_or(0, |(_, last)| last + 1),
    };
    // What is inserted before the first line pushes the others on.
    let panes = match shift.axis {
        Axis::Rows => Panes {
            frozen_rows: frozen(panes.frozen_rows),
            ..panes
        },
        Axis::Columns => Panes {
            frozen_cols: frozen(panes.frozen_cols),
            ..panes
        },
    };
    (panes.frozen_rows > 0 || panes.frozen_cols > 0).then_some(panes)
}
