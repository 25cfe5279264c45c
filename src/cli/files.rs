//! Opening and saving by a file's extension.

use super::Result;
use gradsheet::csv::Texts;
use gradsheet::grid::SheetId;
use gradsheet::workbook::Workbook;
use gradsheet::{csv, import, xlsx};
use std::path::{Path, PathBuf};

/// The kinds of files there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Xlsx,
    /// Xlsx with macros.
    Xlsm,
    /// Text with this delimiter between fields.
    Text(u8),
    /// Xls, xlsb, ods: read only.
    Imported,
}

impl Kind {
    /// By the extension; what has none that is known is taken for xlsx, whose
    /// reader says what is wrong with it.
    pub fn of(path: &Path) -> Self {
        let extension = path
            .extension()
            .map(|e| e.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("xlsm") => Self::Xlsm,
            Some("csv") => Self::Text(b','),
            Some("tsv" | "txt" | "tab") => Self::Text(b'\t'),
            Some("xls" | "xlsb" | "ods") => Self::Imported,
            _ => Self::Xlsx,
        }
    }
}

/// Opens a workbook; what could not be read of it is told on stderr.
pub fn open(path: &Path) -> Result<Workbook> {
    Ok(match Kind::of(path) {
        Kind::Xlsx | Kind::Xlsm => xlsx::open(path)?,
        Kind::Text(_) => csv::open(path)?,
        Kind::Imported => {
            let imported = import::open(path)?;
            for note in &imported.notes {
                super::complain(&format!("{}: {note}", path.display()));
            }
            imported.workbook
        }
    })
}

/// Where to save: `-o`, or with `--force` the input itself; `None` where
/// neither is given.
pub fn destination(input: &Path, output: Option<&Path>, force: bool) -> Result<Option<PathBuf>> {
    let Some(output) = output else {
        return Ok(force.then(|| input.to_owned()));
    };
    if !force && same_file(input, output) {
        return Err(format!(
            "{} is the input: give another file to -o, or --force to replace it",
            output.display()
        )
        .into());
    }
    Ok(Some(output.to_owned()))
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Saves a workbook that was opened from `input` in the format of `output`'s
/// extension; a text file gets one sheet.
pub fn save(workbook: &Workbook, input: &Path, output: &Path, sheet: SheetId) -> Result<()> {
    check_formats(input, output)?;
    match Kind::of(output) {
        Kind::Text(delimiter) => {
            csv::save(workbook, sheet, delimiter, Texts::Shown, output)
                .map_err(|e| format!("{}: {e}", output.display()))?;
        }
        _ => {
            xlsx::save(workbook, output)?;
        }
    }
    Ok(())
}

/// Whether what was opened from `input` can be saved as `output`, so that
/// long work is not done in vain.
pub fn check_formats(input: &Path, output: &Path) -> Result<()> {
    let macros = Kind::of(input) == Kind::Xlsm;
    match Kind::of(output) {
        Kind::Imported => Err(format!(
            "{}: cannot be written in this format: save as .xlsx or .csv",
            output.display()
        )
        .into()),
        Kind::Xlsm if !macros => Err(format!(
            "{}: {} has no macros: save it as .xlsx",
            output.display(),
            input.display()
        )
        .into()),
        Kind::Xlsx if macros => Err(format!(
            "{}: {} may have macros, which .xlsx files cannot hold: save it as .xlsm",
            output.display(),
            input.display()
        )
        .into()),
        _ => Ok(()),
    }
}

/// The sheet of a name; the active one where none is given.
pub fn sheet(workbook: &Workbook, name: Option<&str>) -> Result<SheetId> {
    match name {
        Some(name) => workbook.sheet_named(name).ok_or_else(|| {
            let names: Vec<_> = workbook
                .order()
                .iter()
                .map(|&id| format!("\"{}\"", workbook.sheet(id).name))
                .collect();
            format!(
                "there is no sheet \"{name}\"; there are {}",
                names.join(", ")
            )
            .into()
        }),
        None => active_sheet(workbook),
    }
}

/// The active sheet.
pub fn active_sheet(workbook: &Workbook) -> Result<SheetId> {
    workbook
        .order()
        .get(workbook.active)
        .or_else(|| workbook.order().first())
        .copied()
        .ok_or_else(|| "the workbook has no worksheets".into())
}
