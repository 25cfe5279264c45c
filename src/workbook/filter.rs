//! Which rows a filter hides.

use super::layout_edit::stretches;
use super::{
    AutoFilter, Criterion, Edit, FilterOp, FilterTest, Join, LayoutEdit, Table, TableEdit,
    Transaction, Workbook,
};
use crate::functions::Wildcard;
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::format::{self, Format};
use crate::value::{Value, compare_numbers, compare_text, equal_text, fold_case, parse_entry};
use std::cell::LazyCell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// The edit that hides rows of a filter's data: its own, and `theirs` that other
/// filters hide.
fn filtered(
    sheet: SheetId,
    data: Rect,
    mut hidden: Vec<(u32, u32)>,
    theirs: &[(u32, u32)],
) -> Edit {
    if !theirs.is_empty() {
        let mut all = vec![false; data.rows() as usize];
        for &(top, bottom) in hidden.iter().chain(theirs) {
            let (top, bottom) = (top.max(data.top), bottom.min(data.bottom));
            if top <= bottom {
                all[(top - data.top) as usize..=(bottom - data.top) as usize].fill(true);
            }
        }
        let rows = (data.top..).zip(all).filter(|(_, hidden)| *hidden);
        hidden = stretches(rows.map(|(row, _)| row));
    }
    Edit::Layout {
        sheet,
        edit: LayoutEdit::Filtered {
            first: data.top,
            last: data.bottom,
            hidden,
        },
    }
}

impl Workbook {
    /// The transaction that gives a sheet a filter, or takes it away (`None`),
    /// and hides and shows rows accordingly.
    pub fn set_filter(&self, sheet: SheetId, filter: Option<AutoFilter>) -> Transaction {
        let edit = Edit::Layout {
            sheet,
            edit: LayoutEdit::Filter(filter.clone()),
        };
        let old = self.sheet(sheet).filter.as_ref();
        let theirs = self.hidden_by(sheet, self.table_filters(sheet, |_| true));
        let name = &self.sheet(sheet).name;
        self.filtering(sheet, name, [old, filter.as_ref()], &theirs, edit)
    }

    /// The same for the filter of a table.
    pub fn set_table_filter(&self, table: &Table, filter: Option<AutoFilter>) -> Transaction {
        let edit = Edit::Table(TableEdit::Filter {
            table: table.name.clone(),
            columns: filter.as_ref().map(|filter| filter.columns.clone()),
        });
        let (sheet, old) = (table.area.sheet, table.filter());
        let theirs = self.hidden_beside(sheet, |other| other.name == table.name);
        let filters = [old.as_ref(), filter.as_ref()];
        self.filtering(sheet, &table.name, filters, &theirs, edit)
    }

    /// The edits that move cells. Rows that the filters of tables among them hide
    /// are shown where the tables were, and hidden where they go.
    pub fn moving(&self, from: Area, to: Cell) -> Vec<Edit> {
        let goes = |table: &Table| {
            table.area.sheet == from.sheet && from.rect.contains_rect(&table.area.rect)
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let moved = self.table_filters(from.sheet, goes);
        for filter in moved.filter(|filter| !filter.columns.is_empty()) {
            let Some(data) = filter.data() else {
                continue;
            };
            let stay = self.hidden_beside(from.sheet, goes);
            before.push(filtered(from.sheet, data, Vec::new(), &stay));
            // The cells keep their places in the rectangle.
            let row = |row: u32| row - from.rect.top + to.pos.row;
            let hidden = self.filtered_out(from.sheet, &filter).into_iter();
            let hidden = hidden.map(|(top, bottom)| (row(top), row(bottom)));
            let there = Rect {
                top: row(data.top),
                bottom: row(data.bottom),
                ..data
            };
            let theirs = self.hidden_beside(to.sheet, goes);
            after.push(filtered(to.sheet, there, hidden.collect(), &theirs));
        }
        before.push(Edit::Move { from, to });
        before.extend(after);
        before
    }

    /// The filters of those tables of a sheet that are asked for.
    fn table_filters(
        &self,
        sheet: SheetId,
        asked: impl Fn(&Table) -> bool,
    ) -> impl Iterator<Item = AutoFilter> {
        let tables = self.tables.iter();
        let tables = tables.filter(move |table| table.area.sheet == sheet && asked(table));
        tables.filter_map(Table::filter)
    }

    /// The rows that filters of a sheet hide.
    fn hidden_by(
        &self,
        sheet: SheetId,
        filters: impl Iterator<Item = AutoFilter>,
    ) -> Vec<(u32, u32)> {
        filters
            .flat_map(|filter| self.filtered_out(sheet, &filter))
            .collect()
    }

    /// The rows that the filters of a sheet hide without those of some tables.
    fn hidden_beside(&self, sheet: SheetId, without: impl Fn(&Table) -> bool) -> Vec<(u32, u32)> {
        let tables = self.table_filters(sheet, |table| !without(table));
        let of_sheet = self.sheet(sheet).filter.iter().cloned();
        self.hidden_by(sheet, tables.chain(of_sheet))
    }

    /// Puts the second of two filters in the place of the first; the sheet's
    /// others hide `theirs` as well.
    fn filtering(
        &self,
        sheet: SheetId,
        name: &str,
        [old, filter]: [Option<&AutoFilter>; 2],
        theirs: &[(u32, u32)],
        edit: Edit,
    ) -> Transaction {
        // What the filter before it hid is shown, unless it hides it again.
        let shown = old
            .and_then(AutoFilter::data)
            .map(|data| filtered(sheet, data, Vec::new(), theirs));
        let hidden = filter.and_then(|filter| {
            let hidden = self.filtered_out(sheet, filter);
            Some(filtered(sheet, filter.data()?, hidden, theirs))
        });
        let edits = shown.into_iter().chain([edit]).chain(hidden).collect();
        Transaction::new(format!("Filter {name}"), edits)
    }

    /// The texts that a column's cells show below a filter's headers, each
    /// once, in the order of first appearance, and whether cells are blank.
    pub fn filter_values(
        &self,
        sheet: SheetId,
        filter: &AutoFilter,
        column: u32,
    ) -> (Vec<String>, bool) {
        let Some(data) = filter.data() else {
            return (Vec::new(), false);
        };
        let column = column_of(data, column);
        let (mut seen, mut texts, mut count) = (HashSet::new(), Vec::new(), 0);
        let mut shown = Shown::new(self, sheet);
        self.sheet(sheet)
            .cells
            .for_each_column(column, &mut |at, value| {
                count += 1;
                let text = shown.text(at, value);
                if seen.insert(fold_case(&text)) {
                    texts.push(text);
                }
            });
        (texts, count < column.len())
    }

    /// The rows that a filter hides, as stretches.
    fn filtered_out(&self, sheet: SheetId, filter: &AutoFilter) -> Vec<(u32, u32)> {
        let Some(data) = filter.data() else {
            return Vec::new();
        };
        let mut hidden = vec![false; data.rows() as usize];
        for (&column, criterion) in &filter.columns {
            let column = column_of(data, column);
            match criterion {
                Criterion::Other(_) => {
                    // As the file has it.
                    let rows = self.sheet(sheet).rows.within(data.top..=data.bottom);
                    for (top, bottom, _) in rows.filter(|(.., props)| props.filtered) {
                        let rows = (top - data.top) as usize..=(bottom - data.top) as usize;
                        hidden[rows].fill(true);
                    }
                }
                criterion => {
                    let passes = self.passing(
                        Area {
                            sheet,
                            rect: column,
                        },
                        criterion,
                    );
                    for (hidden, passes) in hidden.iter_mut().zip(passes) {
                        *hidden |= !passes;
                    }
                }
            }
        }
        let rows = (data.top..).zip(hidden).filter(|(_, hidden)| *hidden);
        stretches(rows.map(|(row, _)| row))
    }

    /// Which cells of a column meet a criterion, from the first on.
    fn passing(&self, column: Area, criterion: &Criterion) -> Vec<bool> {
        let rect = column.rect;
        let cells = &self.sheet(column.sheet).cells;
        let mut shown = Shown::new(self, column.sheet);
        let blank = match criterion {
            Criterion::Values { blanks, .. } => *blanks,
            Criterion::Custom { first, second } => {
                Tests::new(first, second, self).pass(&Value::Blank, String::new)
            }
            Criterion::Top { .. } | Criterion::Other(_) => false,
        };
        let mut passes = vec![blank; rect.rows() as usize];
        let mut each = |test: &mut dyn FnMut(Pos, &Value) -> bool| {
            cells.for_each_column(rect, &mut |at, value| {
                passes[(at.row - rect.top) as usize] = test(at, value);
            });
        };
        match criterion {
            Criterion::Values { texts, blanks } => {
                let wanted: HashSet<String> = texts.iter().map(|text| fold_case(text)).collect();
                each(&mut |at, value| {
                    let text = shown.text(at, value);
                    match text.is_empty() {
                        true => *blanks,
                        false => wanted.contains(&fold_case(&text)),
                    }
                });
            }
            Criterion::Custom { first, second } => {
                let tests = Tests::new(first, second, self);
                each(&mut |at, value| tests.pass(value, || shown.text(at, value)));
            }
            Criterion::Top {
                count,
                percent,
                bottom,
            } => {
                let mut numbers = Vec::new();
                cells.for_each_column(rect, &mut |_, value| {
                    if let Value::Number(x) = value {
                        numbers.push(*x);
                    }
                });
                let limit = limit(numbers, *count, *percent, *bottom);
                each(&mut |_, value| match (value, limit) {
                    (Value::Number(x), Some(limit)) if *bottom => *x <= limit,
                    (Value::Number(x), Some(limit)) => *x >= limit,
                    _ => false,
                });
            }
            Criterion::Other(_) => {}
        }
        passes
    }
}

fn column_of(data: Rect, column: u32) -> Rect {
    let col = (data.left + column).min(data.right);
    Rect {
        left: col,
        right: col,
        ..data
    }
}

/// The last number that is among the top ones; `None` where there is none.
fn limit(mut numbers: Vec<f64>, count: f64, percent: bool, bottom: bool) -> Option<f64> {
    let wanted = match percent {
        true => (numbers.len() as f64 * count / 100.0).floor().max(1.0),
        false => count,
    };
    let index = (wanted as usize).min(numbers.len()).checked_sub(1)?;
    let by = |a: &f64, b: &f64| match bottom {
        true => a.total_cmp(b),
        false => b.total_cmp(a),
    };
    Some(*numbers.select_nth_unstable_by(index, by).1)
}

/// Shows the cells of a sheet; each format is read once.
struct Shown<'a> {
    book: &'a Workbook,
    sheet: SheetId,
    formats: HashMap<u32, Option<Format>>,
}

impl<'a> Shown<'a> {
    fn new(book: &'a Workbook, sheet: SheetId) -> Self {
        Self {
            book,
            sheet,
            formats: HashMap::new(),
        }
    }

    fn text(&mut self, at: Pos, value: &Value) -> String {
        let style = self.book.sheet(self.sheet).style(at);
        let code = &self.book.styles.get(style).number_format;
        let format = self
            .formats
            .entry(style)
            .or_insert_with(|| Format::parse(code));
        let dates = self.book.date_system;
        let shown = format.as_ref().and_then(|format| format.show(value, dates));
        shown.map_or_else(|| format::show(value, code, dates).text, |shown| shown.text)
    }
}

/// One or two comparisons, ready for many cells.
struct Tests {
    first: Test,
    second: Option<(Join, Test)>,
}

struct Test {
    operator: FilterOp,
    value: Value,
    text: String,
    pattern: Wildcard,
}

impl Tests {
    fn new(first: &FilterTest, second: &Option<(Join, FilterTest)>, book: &Workbook) -> Self {
        let test = |test: &FilterTest| Test {
            operator: test.operator,
            value: parse_entry(&test.value, book.date_system).0,
            text: test.value.to_string(),
            pattern: Wildcard::new(&test.value),
        };
        Self {
            first: test(first),
            second: second.as_ref().map(|(join, second)| (*join, test(second))),
        }
    }

    /// Whether a cell passes; `shown` makes the text that it shows, which
    /// takes longer than most comparisons.
    fn pass(&self, value: &Value, shown: impl FnOnce() -> String) -> bool {
        let shown = LazyCell::new(shown);
        let first = self.first.pass(value, &shown);
        match &self.second {
            None => first,
            Some((Join::And, second)) => first && second.pass(value, &shown),
            Some((Join::Or, second)) => first || second.pass(value, &shown),
        }
    }
}

impl Test {
    fn pass<F: FnOnce() -> String>(&self, value: &Value, shown: &LazyCell<String, F>) -> bool {
        match self.operator {
            FilterOp::Equal => self.equal(value, shown),
            FilterOp::NotEqual => !self.equal(value, shown),
            operator => {
                let order = match (value, &self.value) {
                    (Value::Number(a), Value::Number(b)) => compare_numbers(*a, *b),
                    (Value::Text(a), Value::Text(b)) => compare_text(a, b),
                    _ => return false,
                };
                match operator {
                    FilterOp::Greater => order == Ordering::Greater,
                    FilterOp::GreaterEqual => order != Ordering::Less,
                    FilterOp::Less => order == Ordering::Less,
                    _ => order != Ordering::Greater,
                }
            }
        }
    }

    fn equal<F: FnOnce() -> String>(&self, value: &Value, shown: &LazyCell<String, F>) -> bool {
        match (value, &self.value) {
            (Value::Number(a), Value::Number(b)) => compare_numbers(*a, *b) == Ordering::Equal,
            (Value::Blank, _) => self.text.is_empty(),
            _ => {
                equal_text(shown, &self.text)
                    || !self.text.is_empty() && self.pattern.matches(shown)
            }
        }
    }
}

#[cfg(test)]
mod tests;
