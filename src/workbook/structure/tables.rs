//! Tables made, resized, renamed and taken apart.

use super::Parts;
use super::names::{file_text, rewritten_names};
use super::uses::Uses;
use crate::formula::{self, Change, Expr, FunctionName, TableItems, TableReference, Unrolled};
use crate::grid::{Area, Cell, MAX_ROWS, Pos, Rect, SheetId};
use crate::value::format::show;
use crate::value::{Value, equal_text, fold_case};
use crate::workbook::before::{Before, Touched};
use crate::workbook::tables::unique_column;
use crate::workbook::{
    Content, Criterion, Edit, EditError, RunKind, Table, TableColumn, Tables, Template, Workbook,
    check_name,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A change of one table.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum TableEdit {
    /// Makes a table of an area whose first row holds the headers. They become
    /// texts that differ from one another; a single row gets one of data.
    Create { name: Arc<str>, area: Area },
    /// Gives a table other cells. The headers stay in their row; new rows get
    /// the formulas that fill columns, new columns their names from the headers.
    Resize { table: Arc<str>, rect: Rect },
    /// References follow.
    Rename { table: Arc<str>, to: Arc<str> },
    /// The header cell and references follow.
    RenameColumn {
        table: Arc<str>,
        column: Arc<str>,
        to: Arc<str>,
    },
    /// Shows a row of totals below the data, or takes it away.
    Totals { table: Arc<str>, shown: bool },
    /// What its filter asks of columns, counted from its first; `None` takes
    /// the filter's buttons away. Which rows that hides is an edit of its own.
    Filter {
        table: Arc<str>,
        columns: Option<BTreeMap<u32, Criterion>>,
    },
    /// Makes a table plain cells; structured references become plain ones.
    Unroll { table: Arc<str> },
}

impl Workbook {
    pub(in crate::workbook) fn edit_table(
        &mut self,
        edit: &TableEdit,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        match edit {
            TableEdit::Create { name, area } => self.create_table(name, *area, touched, undo),
            TableEdit::Resize { table, rect } => {
                let table = self.known_table(table)?;
                self.resize_table(table, *rect, touched, undo)
            }
            TableEdit::Rename { table, to } => {
                let table = self.known_table(table)?;
                if !equal_text(&table.name, to) {
                    self.check_table_name(to)?;
                }
                let from = table.name.clone();
                let change = [Change::RenameTable { from: &from, to }];
                let rename = |tables: &mut Tables| {
                    for table in tables.iter_mut().filter(|t| t.name == from) {
                        table.name = to.clone();
                    }
                };
                undo.push(self.change_tables(&change, rename, Uses::default(), touched));
                Ok(())
            }
            TableEdit::RenameColumn { table, column, to } => {
                let table = self.known_table(table)?;
                let Some(col) = table.column(column) else {
                    return Err(EditError::BadTable {
                        table: table.name,
                        why: format!("it has no column \"{column}\""),
                    });
                };
                let other = table.column(to).is_some_and(|other| other != col);
                if other || to.is_empty() {
                    return Err(EditError::BadTable {
                        table: table.name,
                        why: format!("a column cannot be named \"{to}\": names of columns differ"),
                    });
                }
                let renames = [(column.clone(), to.clone())];
                self.rename_columns(&table.name, &renames, touched, undo);
                if table.header_rows > 0 {
                    let at = Pos::new(table.area.rect.top, col);
                    self.set_header(table.area.sheet, at, to, touched, undo)?;
                }
                Ok(())
            }
            TableEdit::Totals { table, shown } => {
                let table = self.known_table(table)?;
                match (shown, table.totals_rows > 0) {
                    (true, false) => self.show_totals(table, touched, undo),
                    (false, true) => self.hide_totals(table, touched, undo),
                    _ => Ok(()),
                }
            }
            TableEdit::Filter { table, columns } => {
                let name = self.known_table(table)?.name;
                let filter = |tables: &mut Tables| {
                    for table in tables.iter_mut().filter(|t| t.name == name) {
                        table.buttons = columns.is_some();
                        for (i, column) in (0..).zip(&mut table.columns) {
                            let asked = columns.as_ref().and_then(|columns| columns.get(&i));
                            column.criterion = asked.cloned();
                        }
                    }
                };
                undo.push(self.change_tables(&[], filter, Uses::default(), touched));
                Ok(())
            }
            TableEdit::Unroll { table } => {
                let table = self.known_table(table)?;
                undo.push(self.unroll(&table, touched));
                Ok(())
            }
        }
    }

    /// The edit by which a table takes in cells right below its data or beside
    /// it, as when something is typed, filled or pasted there; `None` where no
    /// table does. An area that begins within the table counts from its edge on.
    pub fn table_growth(&self, area: Area) -> Option<Edit> {
        let sheet = self.sheet(area.sheet);
        let blank = |rect: Rect| {
            let mut free = true;
            sheet
                .cells
                .for_each(rect, &mut |at, _| free &= area.rect.contains(at));
            let own = |id| {
                let run = sheet.runs.get(id);
                run.is_some_and(|run| area.rect.contains_rect(&run.rect))
            };
            free && sheet.runs.intersecting(rect).into_iter().all(own)
        };
        self.tables.iter().find_map(|table| {
            let rect = table.area.rect;
            if table.area.sheet != area.sheet {
                return None;
            }
            let new = area.rect;
            let below = (rect.top..=rect.bottom + 1).contains(&new.top)
                && new.bottom > rect.bottom
                && rect.left <= new.left
                && new.right <= rect.right
                && table.totals_rows == 0;
            let beside = (rect.left..=rect.right + 1).contains(&new.left)
                && new.right > rect.right
                && rect.top <= new.top
                && new.bottom <= rect.bottom;
            let grown = rect.hull(&new);
            let lines = match (below, beside) {
                (true, _) => Rect {
                    top: rect.bottom + 1,
                    ..grown
                },
                (_, true) => Rect {
                    left: rect.right + 1,
                    ..grown
                },
                _ => return None,
            };
            let met = |t: &Table| {
                t.area.sheet == area.sheet && t.area.rect.intersection(&lines).is_some()
            };
            (blank(lines) && !self.tables.iter().any(met)).then(|| {
                Edit::Table(TableEdit::Resize {
                    table: table.name.clone(),
                    rect: grown,
                })
            })
        })
    }

    /// The edit that makes room for a row below a table: the cells there go
    /// down by one. `None` where the row is free.
    pub fn room_below(&self, table: &Table) -> Option<Edit> {
        let sheet = self.sheet(table.area.sheet);
        let rect = table.area.rect;
        let columns = |top: u32, bottom: u32| Rect {
            top,
            bottom,
            ..rect
        };
        let row = columns(rect.bottom + 1, rect.bottom + 1);
        let taken =
            sheet.cells.iter(row).next().is_some() || !sheet.runs.intersecting(row).is_empty();
        if !taken {
            return None;
        }
        let runs = sheet.runs.iter().map(|(_, run)| run.rect.bottom).max();
        let cells = sheet.cells.used().map(|used| used.bottom);
        let last = runs.max(cells)?;
        Some(Edit::Move {
            from: Area {
                rect: columns(row.top, last.max(row.top)),
                ..table.area
            },
            to: Cell {
                sheet: table.area.sheet,
                pos: Pos::new(row.top + 1, row.left),
            },
        })
    }

    /// A name for a new table: `Table1` or the next that is free.
    pub fn free_table_name(&self) -> String {
        self.unique_table_name("Table1", &self.tables)
    }

    /// A name for a table that neither `tables` nor defined names have, made
    /// of `wanted` by another number at its end, and is no cell's address.
    pub(super) fn unique_table_name(&self, wanted: &str, tables: &Tables) -> String {
        let base = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
        // Room for the number within the length that a name may have.
        let base: String = base.chars().take(120).collect();
        // `Tab2` would be a cell.
        let numbered = |number: u32| {
            let name = format!("{base}{number}");
            match check_name(&name) {
                Ok(()) => name,
                Err(_) => format!("{base}_{number}"),
            }
        };
        let named = |name: &str| self.names.iter().any(|n| equal_text(&n.name, name));
        let mut name = wanted.to_owned();
        let mut number = 2;
        while tables.get(&name).is_some() || named(&name) {
            name = numbered(number);
            number += 1;
        }
        name
    }

    /// Renames the columns of tables whose headers were written over or taken
    /// away in an area, and makes what was written there texts that differ.
    pub(in crate::workbook) fn follow_headers(
        &mut self,
        area: Area,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        let header = |table: &Table| {
            let row = table.items(TableItems::Headers)?;
            row.intersection(&area.rect)
                .filter(|_| table.area.sheet == area.sheet)
        };
        let met: Vec<(Table, Rect)> = self
            .tables
            .iter()
            .filter_map(|table| Some((table.clone(), header(table)?)))
            .collect();
        for (table, part) in met {
            let mut names: Vec<Arc<str>> = table.columns.iter().map(|c| c.name.clone()).collect();
            let first = (part.left - table.area.rect.left) as usize;
            let count = part.cols() as usize;
            let kept: Vec<Arc<str>> = names[..first]
                .iter()
                .chain(&names[first + count..])
                .cloned()
                .collect();
            let new = self.header_texts(area.sheet, part, kept);
            let mut renames = Vec::new();
            for (i, to) in new.into_iter().enumerate() {
                let at = Pos::new(part.top, part.left + i as u32);
                self.set_header(area.sheet, at, &to, touched, undo)?;
                let from = std::mem::replace(&mut names[first + i], to.clone());
                if from != to {
                    renames.push((from, to));
                }
            }
            if !renames.is_empty() {
                self.rename_columns(&table.name, &renames, touched, undo);
            }
        }
        Ok(())
    }

    fn known_table(&self, name: &str) -> Result<Table, EditError> {
        let table = self.tables.get(name).cloned();
        table.ok_or_else(|| EditError::NoTable(name.into()))
    }

    fn check_table_name(&self, name: &Arc<str>) -> Result<(), EditError> {
        if let Err(why) = check_name(name) {
            let name = name.clone();
            return Err(EditError::BadName { name, why });
        }
        let mut names = self.names.iter();
        if names.any(|other| equal_text(&other.name, name)) || self.tables.get(name).is_some() {
            return Err(EditError::NameTaken(name.clone()));
        }
        Ok(())
    }

    /// Whether a table may lie in an area.
    fn check_table_area(&self, area: Area, own: Option<&str>) -> Result<(), EditError> {
        self.check_area(area)?;
        let met = self.tables.iter().find(|t| {
            t.area.sheet == area.sheet
                && Some(&*t.name) != own
                && t.area.rect.intersection(&area.rect).is_some()
        });
        if let Some(other) = met {
            return Err(EditError::BadTable {
                table: other.name.clone(),
                why: format!("it would overlap a table in {}", self.area_address(area)),
            });
        }
        let sheet = self.sheet(area.sheet);
        for id in sheet.runs.intersecting(area.rect) {
            if let Some(run) = sheet.runs.get(id)
                && run.kind == RunKind::Array
                && !run.rect.is_cell()
            {
                return Err(self.array_cut(area.sheet, run, run.rect.top_left()));
            }
        }
        Ok(())
    }

    /// What the cells of a header row say, as texts that differ from one
    /// another and from `taken`.
    fn header_texts(&self, sheet: SheetId, row: Rect, mut taken: Vec<Arc<str>>) -> Vec<Arc<str>> {
        let mut texts = Vec::new();
        for pos in row.cells() {
            let value = self.sheet(sheet).cells.get(pos);
            let code = self.number_format(Cell { sheet, pos });
            let shown = match &value {
                Value::Text(text) => text.to_string(),
                value => show(value, code, self.date_system).text,
            };
            let wanted = match shown.trim().is_empty() {
                true => "Column1".to_owned(),
                // Excel's limit.
                false => shown.chars().take(255).collect(),
            };
            let text: Arc<str> = unique_column(&wanted, &taken).into();
            taken.push(text.clone());
            texts.push(text);
        }
        texts
    }

    /// Makes a header cell say what its column is called.
    fn set_header(
        &mut self,
        sheet: SheetId,
        at: Pos,
        text: &Arc<str>,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        let value = Value::Text(text.clone());
        let now = self.sheet(sheet);
        if now.cells.get(at) == value && now.runs.at(at).is_none() {
            return Ok(());
        }
        let area = Area {
            sheet,
            rect: Rect::cell(at),
        };
        self.set(area, &Content::Value(value), touched, undo)
    }

    /// Puts other tables in place, the formulas following `changes`.
    fn change_tables(
        &mut self,
        changes: &[Change],
        change: impl FnOnce(&mut Tables),
        uses: Uses,
        touched: &mut Touched,
    ) -> Before {
        // The texts of column formulas follow first, while names are the old ones.
        let mut tables = self.rewritten_tables(changes, None);
        change(&mut tables);
        let parts = Parts {
            names: Some(rewritten_names(self, changes)),
            tables: Some(tables),
            ..Parts::default()
        };
        self.rewrite_all(changes, None, uses, &[], parts, touched)
    }

    fn rename_columns(
        &mut self,
        table: &str,
        renames: &[(Arc<str>, Arc<str>)],
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) {
        // Through names that no column has, as columns may trade theirs.
        let between: Vec<String> = (0..renames.len()).map(|i| format!("\u{1}{i}")).collect();
        let rename = |from, to| Change::RenameColumn { table, from, to };
        let away = renames.iter().zip(&between);
        let mut changes: Vec<Change> = away.map(|((from, _), b)| rename(from, b)).collect();
        let back = renames.iter().zip(&between);
        changes.extend(back.map(|((_, to), b)| rename(b, to)));
        let apply = |tables: &mut Tables| {
            for table in tables.iter_mut().filter(|t| equal_text(&t.name, table)) {
                for column in &mut table.columns {
                    let mut renames = renames.iter();
                    if let Some((_, to)) = renames.find(|(from, _)| equal_text(from, &column.name))
                    {
                        column.name = to.clone();
                    }
                }
            }
        };
        undo.push(self.change_tables(&changes, apply, Uses::default(), touched));
    }

    fn create_table(
        &mut self,
        name: &Arc<str>,
        area: Area,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        self.check_table_name(name)?;
        let mut rect = area.rect;
        if rect.top == rect.bottom {
            rect.bottom += 1;
        }
        let area = Area { rect, ..area };
        self.check_table_area(area, None)?;
        let headers = Rect {
            bottom: rect.top,
            ..rect
        };
        let texts = self.header_texts(area.sheet, headers, Vec::new());
        for (at, text) in headers.cells().zip(&texts) {
            self.set_header(area.sheet, at, text, touched, undo)?;
        }
        let mut table = Table {
            name: name.clone(),
            saved_as: None,
            area,
            columns: texts.into_iter().map(TableColumn::new).collect(),
            header_rows: 1,
            totals_rows: 0,
            buttons: true,
        };
        let formulas = self.filling_formulas(&table);
        for (column, formula) in table.columns.iter_mut().zip(formulas) {
            column.formula = formula;
        }
        let add = |tables: &mut Tables| tables.push(table);
        undo.push(self.change_tables(&[], add, Uses::default(), touched));
        Ok(())
    }

    /// For each column of a table, the formula that fills all its data.
    fn filling_formulas(&self, table: &Table) -> Vec<Option<Arc<str>>> {
        let runs = &self.sheet(table.area.sheet).runs;
        let Some(data) = table.data() else {
            return Vec::new();
        };
        let formula = |col| {
            let first = Pos::new(data.top, col);
            let (_, run) = runs.at(first)?;
            let column = Rect {
                left: col,
                right: col,
                ..data
            };
            match &**self.templates.get(run.template) {
                Template::Formula(expr)
                    if run.kind.is_per_cell() && run.rect.contains_rect(&column) =>
                {
                    Some(file_text(expr, first).into())
                }
                _ => None,
            }
        };
        (data.left..=data.right).map(formula).collect()
    }

    fn resize_table(
        &mut self,
        table: Table,
        rect: Rect,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        let old = table.area.rect;
        let sheet = table.area.sheet;
        let refuse = |why: &str| {
            Err(EditError::BadTable {
                table: table.name.clone(),
                why: why.to_owned(),
            })
        };
        self.check_table_area(Area { sheet, rect }, Some(&table.name))?;
        if rect.top != old.top || rect.intersection(&old).is_none() {
            return refuse("its headers stay in their row, and some of its cells stay in it");
        }
        if rect.rows() <= table.header_rows + table.totals_rows {
            return refuse("it needs a row of data");
        }
        if table.totals_rows > 0 && rect.bottom != old.bottom {
            return refuse("it has a row of totals: take it away first, or insert rows above it");
        }
        let kept = |col: u32| {
            let inside = (old.left..=old.right).contains(&col);
            inside.then(|| &table.columns[(col - old.left) as usize])
        };
        let mut names: Vec<Arc<str>> = (rect.left..=rect.right)
            .filter_map(kept)
            .map(|column| column.name.clone())
            .collect();
        let mut columns = Vec::new();
        for col in rect.left..=rect.right {
            if let Some(column) = kept(col) {
                columns.push(column.clone());
                continue;
            }
            let at = Pos::new(rect.top, col);
            let text = match table.header_rows > 0 {
                true => {
                    let mut texts = self.header_texts(sheet, Rect::cell(at), names.clone());
                    texts.remove(0)
                }
                false => unique_column("Column1", &names).into(),
            };
            if table.header_rows > 0 {
                self.set_header(sheet, at, &text, touched, undo)?;
            }
            names.push(text.clone());
            columns.push(TableColumn::new(text));
        }
        let mut left: Vec<Arc<str>> = table.columns.iter().map(|c| c.name.clone()).collect();
        let mut deleted = Vec::new();
        for (col, column) in (old.left..).zip(&table.columns) {
            if !(rect.left..=rect.right).contains(&col) {
                deleted.push((column.name.clone(), left.clone()));
                left.retain(|name| *name != column.name);
            }
        }
        let changes: Vec<Change> = deleted
            .iter()
            .map(|(name, columns)| Change::DeleteColumn {
                table: &table.name,
                name,
                columns,
            })
            .collect();
        let uses = Uses {
            tables: [fold_case(&table.name)].into(),
            ..Uses::default()
        };
        let resize = |tables: &mut Tables| {
            if let Some(now) = tables.iter_mut().find(|t| t.name == table.name) {
                now.area.rect = rect;
                now.columns = columns;
            }
        };
        undo.push(self.change_tables(&changes, resize, uses, touched));
        if rect.bottom > old.bottom {
            self.fill_rows(&table.name, old.bottom + 1, touched, undo)?;
        }
        Ok(())
    }

    /// Gives the data of a table from a row on the formulas that fill its
    /// columns, where the cells are blank.
    fn fill_rows(
        &mut self,
        table: &str,
        top: u32,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        let table = self.known_table(table)?;
        let Some(data) = table.data() else {
            return Ok(());
        };
        for (col, column) in (data.left..).zip(&table.columns) {
            let first = Pos::new(data.top, col);
            let expr = column.formula.as_ref().map(|f| formula::parse(f, first));
            let Some(Ok(expr)) = expr else {
                continue;
            };
            let rect = Rect {
                top,
                left: col,
                bottom: data.bottom,
                right: col,
            };
            let sheet = self.sheet(table.area.sheet);
            let beside = sheet.runs.at(Pos::new(top - 1, col));
            let kind = beside.map_or(RunKind::Plain, |(_, run)| run.kind.clone());
            let mut free = sheet.runs.intersecting(rect).is_empty() && kind.is_per_cell();
            sheet.cells.for_each(rect, &mut |_, _| free = false);
            if free {
                let template = self.templates.intern(Template::Formula(expr));
                let content = Content::Formula {
                    template,
                    kind,
                    values: Vec::new(),
                };
                let area = Area {
                    sheet: table.area.sheet,
                    rect,
                };
                self.set(area, &content, touched, undo)?;
            }
        }
        Ok(())
    }

    fn show_totals(
        &mut self,
        table: Table,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        let rect = table.area.rect;
        let row = rect.bottom + 1;
        let totals = Rect {
            top: row,
            bottom: row,
            ..rect
        };
        let sheet = self.sheet(table.area.sheet);
        let mut free = row < MAX_ROWS && sheet.runs.intersecting(totals).is_empty();
        sheet.cells.for_each(totals, &mut |_, _| free = false);
        if !free {
            return Err(EditError::BadTable {
                table: table.name,
                why: format!("row {} below it is not empty: insert a row there", row + 1),
            });
        }
        let area = Area {
            sheet: table.area.sheet,
            rect: Rect {
                bottom: row,
                ..rect
            },
        };
        self.check_table_area(area, Some(&table.name))?;
        let uses = || Uses {
            tables: [fold_case(&table.name)].into(),
            ..Uses::default()
        };
        let show = |tables: &mut Tables| {
            for now in tables.iter_mut().filter(|t| t.name == table.name) {
                now.area = area;
                now.totals_rows = 1;
            }
        };
        undo.push(self.change_tables(&[], show, uses(), touched));
        let cell = |col| Area {
            rect: Rect::cell(Pos::new(row, col)),
            ..area
        };
        if rect.cols() > 1 {
            let label = Content::Value(Value::text("Total"));
            self.set(cell(rect.left), &label, touched, undo)?;
        }
        // The last column is added up, or counted where it holds no numbers.
        let mut numbers = false;
        if let (Some(data), Some(column)) = (table.data(), table.columns.last()) {
            let last = Rect {
                left: data.right,
                ..data
            };
            let cells = &self.sheet(area.sheet).cells;
            cells.for_each(last, &mut |_, value| {
                numbers |= matches!(value, Value::Number(_))
            });
            let code = if numbers { 109.0 } else { 103.0 };
            let name = &column.name;
            let reference = TableReference {
                table: Some(table.name.clone()),
                items: TableItems::Unspecified,
                columns: Some((name.clone(), name.clone())),
            };
            let expr = Expr::Call {
                function: FunctionName::new("SUBTOTAL"),
                args: vec![Expr::Number(code), Expr::Table(reference)],
            };
            let template = self.templates.intern(Template::Formula(expr));
            let content = Content::Formula {
                template,
                kind: RunKind::Plain,
                values: Vec::new(),
            };
            self.set(cell(rect.right), &content, touched, undo)?;
        }
        Ok(())
    }

    fn hide_totals(
        &mut self,
        table: Table,
        touched: &mut Touched,
        undo: &mut Vec<Before>,
    ) -> Result<(), EditError> {
        let rect = table.area.rect;
        let totals = Area {
            rect: Rect {
                top: rect.bottom,
                ..rect
            },
            ..table.area
        };
        self.set(totals, &Content::Value(Value::Blank), touched, undo)?;
        let uses = Uses {
            tables: [fold_case(&table.name)].into(),
            ..Uses::default()
        };
        let hide = |tables: &mut Tables| {
            for now in tables.iter_mut().filter(|t| t.name == table.name) {
                now.area.rect.bottom -= 1;
                now.totals_rows = 0;
            }
        };
        undo.push(self.change_tables(&[], hide, uses, touched));
        Ok(())
    }

    fn unroll(&mut self, table: &Table, touched: &mut Touched) -> Before {
        let columns: Vec<Arc<str>> = table.columns.iter().map(|c| c.name.clone()).collect();
        let sheet = self.sheet(table.area.sheet).name.clone();
        let change = Change::UnrollTable(Unrolled {
            name: &table.name,
            sheet: &sheet,
            columns: &columns,
            all: table.area.rect,
            headers: table.items(TableItems::Headers),
            data: table.data(),
            totals: table.items(TableItems::Totals),
        });
        let name = table.name.clone();
        let remove = |tables: &mut Tables| tables.remove(&name);
        self.change_tables(&[change], remove, Uses::default(), touched)
    }
}
