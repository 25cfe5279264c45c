//! Workbooks of other formats, read through calamine: `.xls` (Excel 97 to
//! 2003), `.xlsb` and `.ods`.
//!
//! What arrives is what can be reckoned with: values, formulas, names, sheet
//! names and visibility, merged cells where calamine tells them, and the date
//! system. Looks do not, but dates are shown as dates.
//!
//! calamine spells formulas of the binary formats only in part, and some
//! wrongly. Those that could be wrong are kept as their values, and
//! [`Imported::notes`] counts them.

mod compound;
mod guard;
mod open_formula;

use crate::formula::{self, BinaryOp, Expr};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect, SheetId};
use crate::value::{DateSystem, ErrorKind, Value, parse_entry};
use crate::workbook::{
    DefinedName, Run, RunKind, RunsBuilder, Template, Visibility, Workbook, quote_sheet_name,
};
use calamine::{CellErrorType, Data, DataRef, ExcelDateTime, Ods, Reader, Xls, Xlsb};
use std::cell::Cell;
use std::collections::HashSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

/// A workbook that was read from another format.
#[derive(Debug)]
pub struct Imported {
    pub workbook: Workbook,
    /// What of the file is not in the workbook, a sentence each.
    pub notes: Vec<String>,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{} {cause}", path.display())]
pub struct ImportError {
    pub path: PathBuf,
    #[source]
    pub cause: ImportCause,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportCause {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("is no xls, xlsb or ods workbook")]
    Unknown,
    #[error("is an xlsx workbook, whatever its name says: open it as one")]
    Xlsx,
    #[error("is protected with a password: remove it in the program that set it and save again")]
    Password,
    #[error("is damaged: {0}")]
    Damaged(String),
    #[error(
        "is refused: its sheet {sheet} would take {cells} cells although it holds only {filled}"
    )]
    Sparse {
        sheet: String,
        cells: u64,
        filled: u64,
    },
    #[error("is refused: its part {part} unpacks to more than {limit} bytes")]
    TooLarge { part: String, limit: u64 },
    #[error("is refused: its part {part} unpacks to {ratio} times its size; no workbook does")]
    Bomb { part: String, ratio: u64 },
    #[error("has no worksheets")]
    NoSheets,
}

/// Opens an xls, xlsb or ods file; what it is is told by its contents.
pub fn open(path: &Path) -> Result<Imported, ImportError> {
    let read = || read(&std::fs::read(path)?);
    read().map_err(|cause| ImportError {
        path: path.to_owned(),
        cause,
    })
}

/// Reads the contents of an xls, xlsb or ods file.
pub fn read(bytes: &[u8]) -> Result<Imported, ImportCause> {
    let kind = guard::check(bytes)?;
    // calamine indexes records without looking at their length.
    let read = AssertUnwindSafe(|| {
        let source = Cursor::new(bytes);
        let mut import = Import::default();
        match kind {
            guard::Kind::Xls { formulas } => {
                import.xls(Xls::new(source).map_err(calamine_error)?, &formulas)?;
            }
            guard::Kind::Xlsb => import.xlsb(Xlsb::new(source).map_err(calamine_error)?)?,
            guard::Kind::Ods => import.ods(Ods::new(source).map_err(calamine_error)?)?,
        }
        import.finish()
    });
    quietly(|| catch_unwind(read)).unwrap_or_else(|_| {
        let what = "a record does not hold what it should".to_owned();
        Err(ImportCause::Damaged(what))
    })
}

/// Runs something whose panics are caught without their message on stderr.
fn quietly<T>(run: impl FnOnce() -> T) -> T {
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                report(info);
            }
        }));
    });
    QUIET.set(true);
    let out = run();
    QUIET.set(false);
    out
}

/// A workbook in the making.
#[derive(Default)]
struct Import {
    book: Workbook,
    texts: HashSet<Arc<str>>,
    notes: Vec<String>,
}

impl Import {
    fn xls(
        &mut self,
        mut source: Xls<Cursor<&[u8]>>,
        formulas_in: &[u64],
    ) -> Result<(), ImportCause> {
        self.dates(source.has_1904_epoch());
        for (index, sheet, name) in self.sheets(source.sheets_metadata()) {
            let values = source.worksheet_range(&name).map_err(calamine_error)?;
            self.values(sheet, &values);
            let texts = source.worksheet_formula(&name).map_err(calamine_error)?;
            let mut formulas = Formulas::default();
            for (at, text) in used(&texts) {
                // calamine takes the wrong columns and sheets in references to
                // other sheets, and knows no shared formulas.
                if !text.contains('!') {
                    formulas.add_binary(&mut self.book, sheet, at, text);
                }
            }
            let lost = formulas_in.get(index).copied().unwrap_or(0);
            self.note_lost(&name, lost.saturating_sub(formulas.added));
            formulas.finish(&mut self.book, sheet);
            if let Ok(merges) = source.merge_cells_by_sheet_name(&name) {
                self.book.sheet_mut(sheet).merges = merges
                    .into_iter()
                    .filter(|d| on_sheet(d.end))
                    .map(|d| Rect::new(position(d.start), position(d.end)))
                    .collect();
            }
        }
        self.binary_names(source.defined_names());
        Ok(())
    }

    fn xlsb(&mut self, mut source: Xlsb<Cursor<&[u8]>>) -> Result<(), ImportCause> {
        self.dates(source.has_1904_epoch());
        let sheets = self.sheets(source.sheets_metadata());
        // calamine writes these without the quotes that they need.
        let quoted: Vec<String> = sheets
            .iter()
            .filter(|(.., name)| quote_sheet_name(name) != *name)
            .map(|(.., name)| format!("{name}!"))
            .collect();
        for (_, sheet, name) in sheets {
            let mut cells = source
                .worksheet_cells_reader(&name)
                .map_err(calamine_error)?;
            while let Some(cell) = cells.next_cell().map_err(calamine_error)? {
                if on_sheet(cell.get_position()) {
                    let data = Data::from(DataRef::clone(cell.get_value()));
                    self.value(sheet, position(cell.get_position()), &data);
                }
            }
            drop(cells);
            let mut cells = source
                .worksheet_cells_reader(&name)
                .map_err(calamine_error)?;
            let mut formulas = Formulas::default();
            let mut all = 0;
            loop {
                match cells.next_formula() {
                    Ok(None) => break,
                    Ok(Some(cell)) if on_sheet(cell.get_position()) => {
                        all += 1;
                        let text = cell.get_value();
                        if !quoted.iter().any(|sheet| text.contains(sheet)) {
                            let at = position(cell.get_position());
                            formulas.add_binary(&mut self.book, sheet, at, text);
                        }
                    }
                    Ok(Some(_)) => {}
                    // The file ends within the sheet.
                    Err(error @ (calamine::XlsbError::Io(_) | calamine::XlsbError::Zip(_))) => {
                        return Err(calamine_error(error));
                    }
                    // The record is behind us; the next one may be well.
                    Err(_) => all += 1,
                }
            }
            self.note_lost(&name, all - formulas.added);
            formulas.finish(&mut self.book, sheet);
        }
        self.binary_names(source.defined_names());
        Ok(())
    }

    fn ods(&mut self, mut source: Ods<Cursor<&[u8]>>) -> Result<(), ImportCause> {
        for (_, sheet, name) in self.sheets(source.sheets_metadata()) {
            let values = source.worksheet_range(&name).map_err(calamine_error)?;
            self.values(sheet, &values);
            let texts = source.worksheet_formula(&name).map_err(calamine_error)?;
            let mut formulas = Formulas::default();
            for (at, text) in used(&texts).filter(|(_, text)| !text.is_empty()) {
                formulas.add_open(&mut self.book, at, text);
            }
            formulas.finish(&mut self.book, sheet);
        }
        for (name, formula) in source.defined_names() {
            let excel = open_formula::to_excel(formula)
                .or_else(|| open_formula::reference_to_excel(formula));
            self.name(name, excel);
        }
        Ok(())
    }

    fn note_lost(&mut self, sheet: &str, lost: u64) {
        if lost > 0 {
            self.notes.push(format!(
                "sheet {sheet}: {lost} formulas are kept as their values, for the reader of \
                 this format cannot spell them"
            ));
        }
    }

    fn binary_names(&mut self, names: &[(String, String)]) {
        for (name, formula) in names {
            // calamine leaves out the quotes of a sheet's name.
            let excel = match formula.rsplit_once('!') {
                Some((sheet, cells)) if self.book.sheet_named(sheet).is_some() => {
                    format!("{}!{cells}", quote_sheet_name(sheet))
                }
                _ => formula.clone(),
            };
            self.name(name, Some(excel));
        }
    }

    /// Defines a name; `formula` is `None` where it cannot be spelled.
    fn name(&mut self, name: &str, formula: Option<String>) {
        let known = formula.filter(|text| formula::parse(text, Pos::new(0, 0)).is_ok());
        match known {
            Some(formula) if !name.is_empty() => {
                self.book.names.define(DefinedName {
                    name: name.into(),
                    // calamine does not tell a sheet's own names from the workbook's.
                    scope: None,
                    formula: formula.into(),
                    hidden: false,
                });
            }
            _ => self.notes.push(format!(
                "the name {name} is left out, for the reader of this format cannot spell its formula"
            )),
        }
    }

    fn dates(&mut self, since_1904: bool) {
        if since_1904 {
            self.book.date_system = DateSystem::Since1904;
        }
    }

    /// Makes the worksheets of a file; hands out their places and names in it.
    fn sheets(&mut self, metadata: &[calamine::Sheet]) -> Vec<(usize, SheetId, String)> {
        let mut made = Vec::new();
        for (index, sheet) in metadata.iter().enumerate() {
            if sheet.typ != calamine::SheetType::WorkSheet {
                let note = format!("sheet {} is left out: it has no cells", sheet.name);
                self.notes.push(note);
                continue;
            }
            let name = self.book.unique_sheet_name(&sheet.name);
            let id = self.book.add_sheet(&name);
            self.book.sheet_mut(id).visibility = match sheet.visible {
                calamine::SheetVisible::Visible => Visibility::Visible,
                calamine::SheetVisible::Hidden => Visibility::Hidden,
                calamine::SheetVisible::VeryHidden => Visibility::VeryHidden,
            };
            made.push((index, id, sheet.name.clone()));
        }
        made
    }

    fn values(&mut self, sheet: SheetId, range: &calamine::Range<Data>) {
        for (at, data) in used(range) {
            self.value(sheet, at, data);
        }
    }

    fn value(&mut self, sheet: SheetId, at: Pos, data: &Data) {
        let (value, format) = match data {
            Data::Empty => return,
            Data::Int(x) => (Value::Number(*x as f64), None),
            Data::Float(x) => (Value::number(*x), None),
            Data::String(text) => (self.text(text), None),
            Data::Bool(b) => (Value::Bool(*b), None),
            Data::DateTime(moment) => (Value::number(moment.as_f64()), Some(date_format(moment))),
            Data::DateTimeIso(text) => self.iso_date(text),
            Data::DurationIso(text) => match open_formula::duration(text) {
                Some(days) => (Value::number(days), Some("[h]:mm:ss")),
                None => (self.text(text), None),
            },
            Data::Error(kind) => (Value::Error(error_kind(kind)), None),
        };
        let style = format.map(|code| self.book.styles.with_number_format(0, code));
        let target = self.book.sheet_mut(sheet);
        target.cells.set(at, value);
        if style.is_some() {
            target.styles.set(Rect::cell(at), style);
        }
    }

    fn text(&mut self, text: &str) -> Value {
        if let Some(known) = self.texts.get(text) {
            return Value::Text(known.clone());
        }
        let text: Arc<str> = text.into();
        self.texts.insert(text.clone());
        Value::Text(text)
    }

    fn iso_date(&mut self, text: &str) -> (Value, Option<&'static str>) {
        let spaced = text.replacen('T', " ", 1);
        match parse_entry(&spaced, self.book.date_system) {
            (Value::Number(x), _) if x.fract() == 0.0 => (Value::Number(x), Some("yyyy-mm-dd")),
            (Value::Number(x), _) => (Value::Number(x), Some("yyyy-mm-dd hh:mm")),
            _ => (self.text(text), None),
        }
    }

    fn finish(self) -> Result<Imported, ImportCause> {
        if self.book.order().is_empty() {
            return Err(ImportCause::NoSheets);
        }
        Ok(Imported {
            workbook: self.book,
            notes: self.notes,
        })
    }
}

/// A sheet's formulas on their way into runs.
#[derive(Default)]
struct Formulas {
    runs: RunsBuilder,
    unreadable: Vec<Run>,
    added: u64,
}

impl Formulas {
    /// Adds a formula that calamine spelled from a binary format, unless its
    /// spelling cannot be right: so is an error alone that is not the cell's value.
    fn add_binary(&mut self, book: &mut Workbook, sheet: SheetId, at: Pos, text: &str) {
        if let Ok(tree) = formula::parse(text, at)
            && is_right(&tree)
            && (!matches!(tree, Expr::Error(_))
                || book.sheet(sheet).cells.get(at).as_error().is_some())
        {
            self.push(book, at, tree);
        }
    }

    /// Adds a formula of an OpenDocument file, kept as it is written there
    /// where it cannot be read.
    fn add_open(&mut self, book: &mut Workbook, at: Pos, text: &str) {
        let excel = open_formula::to_excel(text);
        match excel.map(|excel| formula::parse(&excel, at)) {
            Some(Ok(tree)) => self.push(book, at, tree),
            _ => self.unreadable.push(Run {
                rect: Rect::cell(at),
                template: book.templates.intern(Template::Unreadable(text.into())),
                kind: RunKind::Plain,
            }),
        }
    }

    fn push(&mut self, book: &mut Workbook, at: Pos, tree: Expr) {
        let template = book.templates.intern(Template::Formula(tree));
        self.runs.push(at, template, RunKind::Plain);
        self.added += 1;
    }

    fn finish(self, book: &mut Workbook, sheet: SheetId) {
        let runs = &mut book.sheet_mut(sheet).runs;
        self.runs.finish(runs);
        for run in self.unreadable {
            // A cell that came twice has its formula already.
            let _ = runs.try_insert(run);
        }
    }
}

/// Whether calamine has spelled a formula of a binary format as it is. Of an
/// array constant it writes nothing at all, which leaves an argument out, and
/// it takes `>` for `>=` and `>=` for `>` (MS-XLS 2.5.198.60 and 61). Functions
/// newer than the format are named by a record that it does not read; it calls
/// them `USER`.
fn is_right(tree: &Expr) -> bool {
    const WITHOUT_ARGUMENTS: [&str; 9] = [
        "PI", "NOW", "TODAY", "RAND", "NA", "TRUE", "FALSE", "ROW", "COLUMN",
    ];
    let mut rest = vec![tree];
    while let Some(tree) = rest.pop() {
        match tree {
            Expr::Omitted | Expr::Binary(_, BinaryOp::Greater | BinaryOp::GreaterEqual, _) => {
                return false;
            }
            Expr::Call { function, .. } if &*function.0 == "USER" => return false,
            Expr::Call { function, args }
                if args.is_empty() && !WITHOUT_ARGUMENTS.contains(&&*function.0) =>
            {
                return false;
            }
            _ => rest.extend(tree.children()),
        }
    }
    true
}

/// The filled cells of a range, by their place on the sheet.
fn used<T: calamine::CellType>(range: &calamine::Range<T>) -> impl Iterator<Item = (Pos, &T)> {
    let (top, left) = range.start().unwrap_or_default();
    range.used_cells().filter_map(move |(row, col, value)| {
        let at = (top.checked_add(row as u32)?, left.checked_add(col as u32)?);
        on_sheet(at).then(|| (position(at), value))
    })
}

fn on_sheet((row, col): (u32, u32)) -> bool {
    row < MAX_ROWS && col < MAX_COLS
}

fn position((row, col): (u32, u32)) -> Pos {
    Pos::new(row, col)
}

fn date_format(moment: &ExcelDateTime) -> &'static str {
    if moment.is_duration() {
        "[h]:mm:ss"
    } else if moment.as_f64().fract() == 0.0 {
        "yyyy-mm-dd"
    } else {
        "yyyy-mm-dd hh:mm"
    }
}

fn error_kind(kind: &CellErrorType) -> ErrorKind {
    match kind {
        CellErrorType::Div0 => ErrorKind::Div0,
        CellErrorType::NA => ErrorKind::Na,
        CellErrorType::Name => ErrorKind::Name,
        CellErrorType::Null => ErrorKind::Null,
        CellErrorType::Num => ErrorKind::Num,
        CellErrorType::Ref => ErrorKind::Ref,
        CellErrorType::Value => ErrorKind::Value,
        CellErrorType::GettingData => ErrorKind::GettingData,
    }
}

fn calamine_error(error: impl Into<calamine::Error>) -> ImportCause {
    use calamine::{Error, OdsError, XlsError, XlsbError};
    match error.into() {
        Error::Io(error) => ImportCause::Io(error),
        Error::Xls(XlsError::Password)
        | Error::Xlsb(XlsbError::Password)
        | Error::Ods(OdsError::Password) => ImportCause::Password,
        error => ImportCause::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
