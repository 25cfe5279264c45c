//! Edits of a sheet's layout: widths, heights, hidden rows and columns, frozen
//! panes, merged cells, the filter and the rows that it hides.

use super::before::Touched;
use super::{
    AutoFilter, Before, ColumnProps, EditError, Panes, RowProps, Rows, Template, Workbook,
};
use crate::formula::Expr;
use crate::grid::{Area, Axis, MAX_COLS, MAX_ROWS, Rect, SheetId};
use std::collections::BTreeMap;

/// A change of a sheet's layout.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum LayoutEdit {
    /// The columns from the first to the last.
    Columns {
        first: u32,
        last: u32,
        change: ColumnChange,
    },
    /// The rows from the first to the last.
    Rows {
        first: u32,
        last: u32,
        change: RowChange,
    },
    /// Which rows between the first and the last a filter hides: stretches in
    /// their order. Those that it hid before and now does not are shown.
    Filtered {
        first: u32,
        last: u32,
        hidden: Vec<(u32, u32)>,
    },
    Panes(Option<Panes>),
    /// All merged cells of the sheet.
    Merges(Vec<Rect>),
    Filter(Option<AutoFilter>),
}

#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum ColumnChange {
    /// In characters of the default font; `None` for the default width.
    Width(Option<f64>),
    Hidden(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum RowChange {
    /// In points; `None` for the default height.
    Height(Option<f64>),
    /// By hand. Showing a row shows it whatever hid it.
    Hidden(bool),
}

/// The widest column that Excel allows, in characters.
pub const MAX_WIDTH: f64 = 255.0;
/// The highest row that Excel allows, in points.
pub const MAX_HEIGHT: f64 = 409.5;

/// A part of a sheet's layout as it was.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LayoutBefore {
    Columns(u32, u32, Vec<(u32, ColumnProps)>),
    Rows(u32, u32, Rows),
    Panes(Option<Panes>),
    Merges(Vec<Rect>),
    Filter(Option<AutoFilter>),
}

impl Workbook {
    pub(super) fn edit_layout(
        &mut self,
        sheet: SheetId,
        edit: &LayoutEdit,
        touched: &mut Touched,
    ) -> Result<Before, EditError> {
        if !self.has_sheet(sheet) {
            return Err(EditError::NoSheet);
        }
        self.check_layout(sheet, edit)?;
        let new = self.layout_after(sheet, edit);
        Ok(Before::layout(
            sheet,
            self.exchange_layout(sheet, new, touched),
        ))
    }

    /// Puts a part of a sheet's layout in place; returns the one it replaces.
    pub(super) fn exchange_layout(
        &mut self,
        id: SheetId,
        new: LayoutBefore,
        touched: &mut Touched,
    ) -> LayoutBefore {
        let sheet = self.sheet_mut(id);
        match new {
            LayoutBefore::Columns(first, last, props) => {
                let old = exchange_lines(&mut sheet.columns, first, last, props);
                LayoutBefore::Columns(first, last, old)
            }
            LayoutBefore::Rows(first, last, props) => {
                let old = sheet.rows.copy_of(first..=last);
                sheet.rows.replace(first..=last, &props);
                self.hiding_changed(id, first, last, &old, touched);
                LayoutBefore::Rows(first, last, old)
            }
            LayoutBefore::Panes(panes) => {
                LayoutBefore::Panes(std::mem::replace(&mut sheet.panes, panes))
            }
            LayoutBefore::Merges(merges) => {
                LayoutBefore::Merges(std::mem::replace(&mut sheet.merges, merges))
            }
            LayoutBefore::Filter(filter) => {
                LayoutBefore::Filter(std::mem::replace(&mut sheet.filter, filter))
            }
        }
    }

    /// Rows were hidden or shown: SUBTOTAL and AGGREGATE see that.
    fn hiding_changed(
        &self,
        sheet: SheetId,
        first: u32,
        last: u32,
        old: &Rows,
        touched: &mut Touched,
    ) {
        let looks = |template: &Template| match template {
            Template::Formula(expr) => looks_at_hidden_rows(expr),
            Template::Unreadable(_) => false,
        };
        let seen = self.templates.iter().any(looks)
            || self.names.iter().any(|name| {
                let text = name.formula.to_ascii_uppercase();
                text.contains("SUBTOTAL") || text.contains("AGGREGATE")
            });
        if !seen {
            return;
        }
        let state = |props: RowProps| (props.hidden, props.filtered);
        let mut changed: Vec<(u32, u32)> = Vec::new();
        for (top, bottom, now) in self.sheet(sheet).rows.covering(first..=last) {
            for (top, bottom, before) in old.covering(top..=bottom) {
                match changed.last_mut() {
                    _ if state(now) == state(before) => {}
                    Some((_, last)) if *last + 1 == top => *last = bottom,
                    _ => changed.push((top, bottom)),
                }
            }
        }
        let areas = changed.into_iter().map(|(top, bottom)| Area {
            sheet,
            rect: Axis::Rows.lines(top, bottom),
        });
        touched.contents.extend(areas);
    }

    fn layout_after(&self, sheet: SheetId, edit: &LayoutEdit) -> LayoutBefore {
        let now = self.sheet(sheet);
        match edit {
            LayoutEdit::Columns {
                first,
                last,
                change,
            } => {
                let change = |props: &mut ColumnProps| match *change {
                    ColumnChange::Width(width) => props.width = width,
                    ColumnChange::Hidden(hidden) => props.hidden = hidden,
                };
                let props = (*first..=*last).filter_map(|col| changed(&now.columns, col, change));
                LayoutBefore::Columns(*first, *last, props.collect())
            }
            LayoutEdit::Rows {
                first,
                last,
                change,
            } => {
                let change = |props: &mut RowProps| match *change {
                    RowChange::Height(height) => props.height = height,
                    RowChange::Hidden(hidden) => {
                        props.hidden = hidden;
                        props.filtered &= hidden;
                    }
                };
                let mut rows = now.rows.copy_of(*first..=*last);
                rows.change(*first..=*last, change);
                LayoutBefore::Rows(*first, *last, rows)
            }
            LayoutEdit::Filtered {
                first,
                last,
                hidden,
            } => {
                let mut rows = now.rows.copy_of(*first..=*last);
                for (top, bottom, props) in now.rows.within(*first..=*last) {
                    if props.filtered {
                        let shown = RowProps {
                            hidden: false,
                            filtered: false,
                            ..props
                        };
                        rows.set(top..=bottom, shown);
                    }
                }
                for &(top, bottom) in hidden {
                    rows.change(top..=bottom, |props| {
                        // What was hidden by hand stays so when the filter goes.
                        props.filtered = !props.hidden;
                        props.hidden = true;
                    });
                }
                LayoutBefore::Rows(*first, *last, rows)
            }
            LayoutEdit::Panes(panes) => LayoutBefore::Panes(*panes),
            LayoutEdit::Merges(merges) => LayoutBefore::Merges(merges.clone()),
            LayoutEdit::Filter(filter) => LayoutBefore::Filter(filter.clone()),
        }
    }

    fn check_layout(&self, sheet: SheetId, edit: &LayoutEdit) -> Result<(), EditError> {
        let lines = |first: u32, last: u32, axis: Axis| {
            if first > last || last >= axis.size() {
                return Err(EditError::OutsideSheet {
                    area: format!("{} {} to {}", axis_word(axis), first + 1, last + 1),
                });
            }
            Ok(())
        };
        let size = |size: Option<f64>, most: f64, what: &'static str| match size {
            Some(x) if !(0.0..=most).contains(&x) => Err(EditError::BadSize { what, most }),
            _ => Ok(()),
        };
        match edit {
            LayoutEdit::Columns {
                first,
                last,
                change,
            } => {
                lines(*first, *last, Axis::Columns)?;
                match change {
                    ColumnChange::Width(width) => size(*width, MAX_WIDTH, "column's width"),
                    ColumnChange::Hidden(_) => Ok(()),
                }
            }
            LayoutEdit::Rows {
                first,
                last,
                change,
            } => {
                lines(*first, *last, Axis::Rows)?;
                match change {
                    RowChange::Height(height) => size(*height, MAX_HEIGHT, "row's height"),
                    RowChange::Hidden(_) => Ok(()),
                }
            }
            LayoutEdit::Filtered {
                first,
                last,
                hidden,
            } => {
                lines(*first, *last, Axis::Rows)?;
                for &(top, bottom) in hidden {
                    lines(top, bottom, Axis::Rows)?;
                    if top < *first || *last < bottom {
                        lines(1, 0, Axis::Rows)?;
                    }
                }
                Ok(())
            }
            LayoutEdit::Panes(panes) => match panes {
                Some(p) if p.frozen_rows >= MAX_ROWS || p.frozen_cols >= MAX_COLS => {
                    lines(0, MAX_ROWS, Axis::Rows)
                }
                _ => Ok(()),
            },
            LayoutEdit::Merges(merges) => self.check_merges(sheet, merges),
            LayoutEdit::Filter(filter) => match filter {
                Some(filter) => self.check_area(Area {
                    sheet,
                    rect: filter.rect,
                }),
                None => Ok(()),
            },
        }
    }

    /// Whether merged cells lie on the sheet and apart from each other.
    fn check_merges(&self, sheet: SheetId, merges: &[Rect]) -> Result<(), EditError> {
        let mut sorted: Vec<Rect> = merges.to_vec();
        sorted.sort_unstable();
        for (i, &rect) in sorted.iter().enumerate() {
            self.check_area(Area { sheet, rect })?;
            // Those that begin in its rows come next.
            let below = sorted[i + 1..].iter();
            let near = below.take_while(|other| other.top <= rect.bottom);
            if let Some(other) = near.into_iter().find(|o| o.intersection(&rect).is_some()) {
                return Err(EditError::MergesOverlap {
                    first: self.area_address(Area { sheet, rect }),
                    second: other.to_string(),
                });
            }
        }
        Ok(())
    }
}

fn axis_word(axis: Axis) -> &'static str {
    match axis {
        Axis::Rows => "rows",
        Axis::Columns => "columns",
    }
}

/// The properties of a line after a change; `None` where it has none of its own.
fn changed<P: Clone + Default + PartialEq>(
    lines: &BTreeMap<u32, P>,
    line: u32,
    change: impl Fn(&mut P),
) -> Option<(u32, P)> {
    let mut props = lines.get(&line).cloned().unwrap_or_default();
    change(&mut props);
    (props != P::default()).then_some((line, props))
}

fn exchange_lines<P: Clone>(
    lines: &mut BTreeMap<u32, P>,
    first: u32,
    last: u32,
    new: Vec<(u32, P)>,
) -> Vec<(u32, P)> {
    let mut within = lines.split_off(&first);
    let mut after = match last.checked_add(1) {
        Some(next) => within.split_off(&next),
        None => BTreeMap::new(),
    };
    lines.extend(new);
    lines.append(&mut after);
    within.into_iter().collect()
}

/// Sorted lines as stretches of neighbours.
pub(super) fn stretches(lines: impl IntoIterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match out.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => out.push((line, line)),
        }
    }
    out
}

fn looks_at_hidden_rows(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |part| {
        if let Expr::Call { function, .. } = part {
            found |= matches!(&*function.0, "SUBTOTAL" | "AGGREGATE");
        }
    });
    found
}

#[cfg(test)]
mod tests;
