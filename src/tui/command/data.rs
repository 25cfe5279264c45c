//! Sorting and filtering.

use super::{Call, Command, Refusal};
use crate::grid::{Area, Rect, column_name, parse_column};
use crate::tui::app::App;
use crate::tui::selection::Selection;
use crate::value::Value;
use crate::workbook::{AutoFilter, Criterion, FilterOp, FilterTest, SortKey, Table};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "data.sort-up",
        "Sort ascending",
        "Sorts the selected rows, or the table or the region around the active cell, by the active column.",
        |app, _| sort_by_active(app, false),
    ),
    Command::grid(
        "data.sort-down",
        "Sort descending",
        "Sorts the selected rows, or the table or the region around the active cell, by the active column, last first.",
        |app, _| sort_by_active(app, true),
    ),
    Command::grid(
        "data.sort",
        "Sort by columns",
        "Sorts by several columns: C, -A sorts by C, then by A descending.",
        sort,
    )
    .short(&["sort"]),
    Command::grid(
        "data.filter",
        "Filter",
        "Gives the table or the region around the active cell a filter, or takes it away and shows all rows.",
        |app, _| {
            let (table, filter) = filter_here(app);
            let filter = match (&filter, &table) {
                (Some(_), _) => None,
                (None, Some(table)) => Some(AutoFilter::new(table.without_totals())),
                (None, None) => Some(AutoFilter::new(free_region(app)?.rect)),
            };
            let said = match &filter {
                Some(AutoFilter { rect, .. }) => {
                    format!("Filter on {rect}: Alt+Down on a header says what is shown")
                }
                None => "Filter off: all rows are shown".to_owned(),
            };
            set_filter(app, table.as_ref(), filter)?;
            app.say(said);
            Ok(())
        },
    )
    .keys(&["Alt+F"]),
    Command::grid(
        "data.filter-column",
        "Filter the column",
        "Shows the rows whose value in the active column meets a condition: >5, <>x, *ab*, top 10, male, blank.",
        filter_column,
    )
    .short(&["filter"]),
    Command::grid(
        "data.filter-value",
        "Filter by the cell's value",
        "Shows the rows that have the active cell's value in its column.",
        |app, _| {
            let shown = app.document.engine().display(app.active_cell());
            let blanks = shown.is_empty();
            let texts = if blanks { Vec::new() } else { vec![shown.into()] };
            set_criterion(app, Some(Criterion::Values { texts, blanks }))
        },
    ),
    Command::grid(
        "data.clear-filter",
        "Clear the column's filter",
        "Shows the rows again that the active column's condition hides.",
        |app, _| set_criterion(app, None),
    ),
    Command::grid(
        "data.reapply-filter",
        "Apply the filter again",
        "Hides and shows rows by the values that they have now.",
        |app, _| {
            let (table, filter) = filter_here(app);
            let filter = filter.ok_or_else(|| Refusal::new("the sheet has no filter"))?;
            set_filter(app, table.as_ref(), Some(filter))
        },
    ),
];

/// The table that the selected cells lie in.
pub(super) fn table_here(app: &App) -> Option<Table> {
    let cell = app.active_cell();
    let table = app
        .document
        .engine()
        .workbook()
        .tables
        .at(cell.sheet, cell.pos)?;
    let selection = app.selection();
    let within = |rect: &Rect| table.area.rect.contains_rect(rect);
    selection.areas().iter().all(within).then(|| table.clone())
}

/// The selected cells; of one cell the table it lies in, or the region around it.
pub(super) fn region(app: &App) -> Area {
    let sheet = app.sheet();
    let selection = app.selection();
    let rect = match (table_here(app), selection.is_one_cell()) {
        (Some(table), true) => table.area.rect,
        (None, true) => {
            let workbook = app.document.engine().workbook();
            workbook.sheet(sheet).cells.region(selection.active())
        }
        (_, false) => selection.last(),
    };
    Area { sheet, rect }
}

/// The same where no table has cells in it: what is done to a part of a table
/// with its neighbours would take it apart.
fn free_region(app: &App) -> Result<Area, Refusal> {
    let area = region(app);
    let tables = &app.document.engine().workbook().tables;
    let met = tables.iter().find(|table| {
        table.area.sheet == area.sheet && table.area.rect.intersection(&area.rect).is_some()
    });
    match met {
        Some(table) => Err(Refusal::new(format!(
            "{} holds cells of the table {}: select the cells beside it, or go to a cell of the table",
            area.rect, table.name
        ))),
        None => Ok(area),
    }
}

/// The table around the active cell, and its filter; where there is no table,
/// the sheet's filter.
fn filter_here(app: &App) -> (Option<Table>, Option<AutoFilter>) {
    let cell = app.active_cell();
    let workbook = app.document.engine().workbook();
    match workbook.tables.at(cell.sheet, cell.pos) {
        Some(table) => (Some(table.clone()), table.filter()),
        None => (None, workbook.sheet(cell.sheet).filter.clone()),
    }
}

fn set_filter(
    app: &mut App,
    table: Option<&Table>,
    filter: Option<AutoFilter>,
) -> Result<(), Refusal> {
    let workbook = app.document.engine().workbook();
    let transaction = match table {
        Some(table) => workbook.set_table_filter(table, filter),
        None => workbook.set_filter(app.sheet(), filter),
    };
    app.apply(&transaction)
}

/// Whether the active cell is a header of a filter.
pub(super) fn on_filter(app: &App) -> bool {
    let at = app.active_cell().pos;
    let (_, filter) = filter_here(app);
    filter.is_some_and(|filter| filter.rect.top == at.row && filter.rect.contains(at))
}

/// Whether the first row of an area looks like headers: texts alone, above
/// something else.
pub(super) fn has_header(app: &App, area: Area) -> bool {
    let cells = &app.document.engine().workbook().sheet(area.sheet).cells;
    let row = |row: u32| {
        let line = crate::grid::Rect {
            top: row,
            bottom: row,
            ..area.rect
        };
        cells
            .iter(line)
            .map(|(_, value)| value)
            .collect::<Vec<Value>>()
    };
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    let first = row(area.rect.top);
    area.rect.rows() > 1
        && !first.is_empty()
        && first.iter().all(is_text)
        && !row(area.rect.top + 1).iter().all(is_text)
}

fn sort_by_active(app: &mut App, descending: bool) -> Result<(), Refusal> {
    let col = app.selection().active().col;
    sort_region(app, &[SortKey { col, descending }])
}

fn sort(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let Some(text) = &call.argument else {
        let col = column_name(app.selection().active().col);
        app.ask("data.sort", "Columns to sort by (C, -A)", &col);
        return Ok(());
    };
    let mut keys = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        let (letters, descending) = match part.strip_prefix('-') {
            Some(letters) => (letters.trim(), true),
            None => (part, false),
        };
        let col = parse_column(letters)
            .ok_or_else(|| Refusal::new(format!("\"{part}\" is no column: say C, -A")))?;
        keys.push(SortKey { col, descending });
    }
    sort_region(app, &keys)
}

fn sort_region(app: &mut App, keys: &[SortKey]) -> Result<(), Refusal> {
    let (area, header) = match table_here(app) {
        Some(table) => {
            let rect = table.without_totals();
            (Area { rect, ..table.area }, table.header_rows > 0)
        }
        None => {
            let area = free_region(app)?;
            (area, has_header(app, area))
        }
    };
    let transaction = app.document.engine().workbook().sort(area, keys, header)?;
    app.apply(&transaction)?;
    app.select(Selection::rect(area.rect));
    Ok(())
}

fn filter_column(app: &mut App, call: &Call) -> Result<(), Refusal> {
    match &call.argument {
        Some(text) => {
            let criterion = parse_criterion(text.trim()).ok_or_else(|| {
                Refusal::new(format!(
                    "\"{text}\" is no condition: say >5, *ab*, top 10, male"
                ))
            })?;
            set_criterion(app, Some(criterion))
        }
        None => {
            app.ask(
                "data.filter-column",
                "Condition (>5, <>x, *ab*, top 10, male, blank)",
                "",
            );
            Ok(())
        }
    }
}

fn set_criterion(app: &mut App, criterion: Option<Criterion>) -> Result<(), Refusal> {
    let (table, filter) = filter_here(app);
    let mut filter = match (filter, &table) {
        (Some(filter), _) => filter,
        (None, Some(table)) if table.header_rows == 0 => {
            return Err(Refusal::new("a table without headers has no filter"));
        }
        (None, Some(table)) => AutoFilter::new(table.without_totals()),
        (None, None) => AutoFilter::new(free_region(app)?.rect),
    };
    let col = app.selection().active().col;
    if !(filter.rect.left..=filter.rect.right).contains(&col) {
        return Err(Refusal::new(format!(
            "the filter is on {}: go to one of its columns",
            filter.rect
        )));
    }
    let column = col - filter.rect.left;
    match criterion {
        Some(criterion) => filter.columns.insert(column, criterion),
        None => filter.columns.remove(&column),
    };
    let data = filter.data();
    set_filter(app, table.as_ref(), Some(filter))?;
    if let Some(data) = data {
        let rows = &app.document.engine().workbook().sheet(app.sheet()).rows;
        let shown = data.rows() - rows.hidden_within(data.top..=data.bottom);
        app.say(format!("{shown} of {} rows shown", data.rows()));
    }
    Ok(())
}

/// Reads `>5`, `<>x`, `top 10`, `bottom 5%`, `blank`, or a text with wildcards.
fn parse_criterion(text: &str) -> Option<Criterion> {
    let lower = text.to_lowercase();
    if lower.is_empty() || lower == "blank" {
        return Some(Criterion::Values {
            texts: Vec::new(),
            blanks: true,
        });
    }
    for (word, bottom) in [("top ", false), ("bottom ", true)] {
        if let Some(rest) = lower.strip_prefix(word) {
            let (number, percent) = match rest.trim().strip_suffix('%') {
                Some(number) => (number, true),
                None => (rest.trim(), false),
            };
            let count = crate::value::parse_number(number).filter(|count| *count > 0.0)?;
            return Some(Criterion::Top {
                count,
                percent,
                bottom,
            });
        }
    }
    const OPERATORS: [(&str, FilterOp); 6] = [
        ("<>", FilterOp::NotEqual),
        (">=", FilterOp::GreaterEqual),
        ("<=", FilterOp::LessEqual),
        (">", FilterOp::Greater),
        ("<", FilterOp::Less),
        ("=", FilterOp::Equal),
    ];
    let found = OPERATORS
        .iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)));
    let (operator, value) = found.unwrap_or((FilterOp::Equal, text));
    let first = FilterTest {
        operator,
        value: value.trim().into(),
    };
    Some(Criterion::Custom {
        first,
        second: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_they_are_written() {
        let test = |text| match parse_criterion(text) {
            Some(Criterion::Custom { first, .. }) => (first.operator, first.value.to_string()),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(test(">= 5"), (FilterOp::GreaterEqual, "5".into()));
        assert_eq!(test("<>x"), (FilterOp::NotEqual, "x".into()));
        assert_eq!(test("*ab*"), (FilterOp::Equal, "*ab*".into()));
        let top = Criterion::Top {
            count: 5.0,
            percent: true,
            bottom: true,
        };
        assert_eq!(parse_criterion("bottom 5%"), Some(top));
        assert_eq!(parse_criterion("top x"), None);
    }
}
