//! Workbooks of other formats, read through calamine: `.xls` (Excel 97 to
//! 2003), `.xlsb` and `.ods`.
//!
//! What arrives is what can be reckoned with: values, formulas, names, sheet
//! names and visibility, merged cells where calamine tells them, and the date
//! system. Looks do not, but dates are shown as dates.

mod compound;
mod guard;
mod open_formula;

use crate::formula;
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect, SheetId};
use crate::value::{DateSystem, ErrorKind, Value, parse_entry};
use crate::workbook::{DefinedName, Run, RunKind, RunsBuilder, Template, Visibility, Workbook};
use calamine::{CellErrorType, Data, DataRef, ExcelDateTime, Ods, Reader, Xls, Xlsb};
use std::collections::HashSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How calamine reports a formula of an xls file that it cannot spell.
const UNSPELLED: &str = "Unrecognised formula";

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
            guard::Kind::Xls => import.xls(Xls::new(source).map_err(calamine_error)?)?,
            guard::Kind::Xlsb => import.xlsb(Xlsb::new(source).map_err(calamine_error)?)?,
            guard::Kind::Ods => import.ods(Ods::new(source).map_err(calamine_error)?)?,
        }
        import.finish()
    });
    catch_unwind(read).unwrap_or_else(|_| {
        let what = "a record does not hold what it should".to_owned();
        Err(ImportCause::Damaged(what))
    })
}

/// A workbook in the making.
#[derive(Default)]
struct Import {
    book: Workbook,
    texts: HashSet<Arc<str>>,
    notes: Vec<String>,
}

/// A sheet's formulas on their way into runs.
#[derive(Default)]
struct Formulas {
    runs: RunsBuilder,
    unreadable: Vec<Run>,
}

impl Import {
    fn xls(&mut self, mut source: Xls<Cursor<&[u8]>>) -> Result<(), ImportCause> {
        self.dates(source.has_1904_epoch());
        for (sheet, name) in self.sheets(source.sheets_metadata()) {
            let values = source.worksheet_range(&name).map_err(calamine_error)?;
            self.values(sheet, &values);
            let formulas = source.worksheet_formula(&name).map_err(calamine_error)?;
            self.formulas(sheet, &formulas, as_it_is);
            if let Ok(merges) = source.merge_cells_by_sheet_name(&name) {
                self.book.sheet_mut(sheet).merges = merges
                    .into_iter()
                    .filter(|d| on_sheet(d.end))
                    .map(|d| Rect::new(position(d.start), position(d.end)))
                    .collect();
            }
        }
        self.names(source.defined_names(), as_it_is);
        Ok(())
    }

    fn xlsb(&mut self, mut source: Xlsb<Cursor<&[u8]>>) -> Result<(), ImportCause> {
        self.dates(source.has_1904_epoch());
        let sheets = self.sheets(source.sheets_metadata());
        for (sheet, name) in sheets {
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
            let mut unspelled = 0_u64;
            loop {
                match cells.next_formula() {
                    Ok(None) => break,
                    Ok(Some(cell)) if on_sheet(cell.get_position()) => {
                        let at = position(cell.get_position());
                        formulas.add(&mut self.book, at, cell.get_value());
                    }
                    Ok(Some(_)) => {}
                    // The file ends within the sheet.
                    Err(error @ (calamine::XlsbError::Io(_) | calamine::XlsbError::Zip(_))) => {
                        return Err(calamine_error(error));
                    }
                    // The record is behind us; the next one may be well.
                    Err(_) => unspelled += 1,
                }
            }
            formulas.finish(&mut self.book, sheet);
            if unspelled > 0 {
                self.notes.push(format!(
                    "{unspelled} formulas of sheet {name} are kept as their values: \
                     they use what the reader of xlsb files does not know"
                ));
            }
        }
        self.names(source.defined_names(), as_it_is);
        Ok(())
    }

    fn ods(&mut self, mut source: Ods<Cursor<&[u8]>>) -> Result<(), ImportCause> {
        for (sheet, name) in self.sheets(source.sheets_metadata()) {
            let values = source.worksheet_range(&name).map_err(calamine_error)?;
            self.values(sheet, &values);
            let formulas = source.worksheet_formula(&name).map_err(calamine_error)?;
            self.formulas(sheet, &formulas, open_formula::to_excel);
        }
        self.names(source.defined_names(), |text| {
            open_formula::to_excel(text).or_else(|| open_formula::reference_to_excel(text))
        });
        Ok(())
    }

    fn dates(&mut self, since_1904: bool) {
        if since_1904 {
            self.book.date_system = DateSystem::Since1904;
        }
    }

    /// Makes the worksheets of a file and hands out their names in it.
    fn sheets(&mut self, metadata: &[calamine::Sheet]) -> Vec<(SheetId, String)> {
        let mut made = Vec::new();
        for sheet in metadata {
            if sheet.typ != calamine::SheetType::WorkSheet {
                self.notes
                    .push(format!("sheet {} is left out: it has no cells", sheet.name));
                continue;
            }
            let name = self.book.unique_sheet_name(&sheet.name);
            let id = self.book.add_sheet(&name);
            self.book.sheet_mut(id).visibility = match sheet.visible {
                calamine::SheetVisible::Visible => Visibility::Visible,
                calamine::SheetVisible::Hidden => Visibility::Hidden,
                calamine::SheetVisible::VeryHidden => Visibility::VeryHidden,
            };
            made.push((id, sheet.name.clone()));
        }
        made
    }

    fn values(&mut self, sheet: SheetId, range: &calamine::Range<Data>) {
        let Some((top, left)) = range.start() else {
            return;
        };
        for (row, col, data) in range.used_cells() {
            let at = (top as usize + row, left as usize + col);
            if at.0 < MAX_ROWS as usize && at.1 < MAX_COLS as usize {
                self.value(sheet, Pos::new(at.0 as u32, at.1 as u32), data);
            }
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

    fn formulas(
        &mut self,
        sheet: SheetId,
        range: &calamine::Range<String>,
        spell: impl Fn(&str) -> Option<String>,
    ) {
        let Some((top, left)) = range.start() else {
            return;
        };
        let mut formulas = Formulas::default();
        for (row, col, text) in range.used_cells() {
            let at = (top + row as u32, left + col as u32);
            if on_sheet(at) && !text.is_empty() {
                match spell(text) {
                    Some(spelled) => formulas.add(&mut self.book, position(at), &spelled),
                    None => formulas.keep(&mut self.book, position(at), text),
                }
            }
        }
        formulas.finish(&mut self.book, sheet);
    }

    fn names(&mut self, names: &[(String, String)], spell: impl Fn(&str) -> Option<String>) {
        for (name, formula) in names {
            let formula = spell(formula).unwrap_or_else(|| formula.clone());
            let formula = formula.trim_start_matches('=');
            if !name.is_empty() && !formula.is_empty() {
                self.book.names.define(DefinedName {
                    name: name.as_str().into(),
                    // calamine does not tell a sheet's own names from the workbook's.
                    scope: None,
                    formula: formula.into(),
                    hidden: false,
                });
            }
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

impl Formulas {
    /// Adds a formula in Excel's spelling; kept as text where the parser does
    /// not read it.
    fn add(&mut self, book: &mut Workbook, at: Pos, text: &str) {
        let text = text.trim_start_matches('=');
        if text.is_empty() {
            return;
        }
        if text.starts_with(UNSPELLED) {
            return self.keep(book, at, text);
        }
        match formula::parse(text, at) {
            Ok(tree) => {
                let template = book.templates.intern(Template::Formula(tree));
                self.runs.push(at, template, RunKind::Plain);
            }
            Err(_) => self.keep(book, at, text),
        }
    }

    fn keep(&mut self, book: &mut Workbook, at: Pos, text: &str) {
        let template = Template::Unreadable(text.into());
        self.unreadable.push(Run {
            rect: Rect::cell(at),
            template: book.templates.intern(template),
            kind: RunKind::Plain,
        });
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

/// Excel's formats spell formulas as Excel does.
fn as_it_is(formula: &str) -> Option<String> {
    Some(formula.to_owned())
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
