//! Opening and saving by a file's extension.

use crate::csv::{self, Dialect, Texts, Told};
use crate::grid::SheetId;
use crate::reading::Reading;
use crate::workbook::Workbook;
use crate::{import, xlsx};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        Self::named(path).unwrap_or(Self::Xlsx)
    }

    /// By the extension; `None` where it is not a known one.
    fn named(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_string_lossy().to_ascii_lowercase();
        Some(match extension.as_str() {
            "xlsx" => Self::Xlsx,
            "xlsm" => Self::Xlsm,
            "csv" => Self::Text(b','),
            "tsv" | "txt" | "tab" => Self::Text(b'\t'),
            "xls" | "xlsb" | "ods" => Self::Imported,
            _ => return None,
        })
    }
}

/// A workbook and what was left out of it, in words.
#[derive(Debug)]
pub struct Opened {
    pub workbook: Workbook,
    pub notes: Vec<String>,
}

/// Why a file was not opened or saved.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Xlsx(#[from] xlsx::OpenError),
    #[error(transparent)]
    Csv(#[from] csv::CsvError),
    #[error(transparent)]
    Import(#[from] import::ImportError),
    #[error(transparent)]
    Save(#[from] xlsx::SaveError),
    #[error("{}: {source}", file.display())]
    Write {
        file: PathBuf,
        source: csv::CsvWriteError,
    },
    #[error("{}: cannot be written in this format: save as .xlsx or .csv", .0.display())]
    ReadOnlyFormat(PathBuf),
    #[error("{}: its extension names no format that can be written: save as .xlsx or .csv", .0.display())]
    UnknownFormat(PathBuf),
    #[error("{}: there is no folder to save it in", .0.display())]
    NoFolder(PathBuf),
    #[error("{}: this is a folder: name the file to save", .0.display())]
    Folder(PathBuf),
    #[error("{}: {} has no macros: save it as .xlsx", output.display(), input.display())]
    NoMacros { input: PathBuf, output: PathBuf },
    #[error(
        "{}: {} may have macros, which .xlsx files cannot hold: save it as .xlsm",
        output.display(),
        input.display()
    )]
    Macros { input: PathBuf, output: PathBuf },
}

/// Opens a workbook.
pub fn open(path: &Path) -> Result<Opened, FileError> {
    open_watched(path, &Arc::default())
}

/// Opens a workbook and tells `reading` how far it is, but for kinds of files
/// that are imported.
///
/// # Errors
/// Also where `reading` is stopped.
pub fn open_watched(path: &Path, reading: &Arc<Reading>) -> Result<Opened, FileError> {
    Ok(match Kind::of(path) {
        Kind::Xlsx | Kind::Xlsm => {
            let workbook = xlsx::open_watched(path, reading)?;
            let mut notes = xlsx::notes(&workbook);
            notes.extend(workbook.unreadable_formulas());
            Opened { workbook, notes }
        }
        Kind::Text(_) => {
            let (workbook, found) = csv::open_told(path, Told::default(), reading)?;
            Opened {
                workbook,
                notes: found.notes(),
            }
        }
        Kind::Imported => {
            let imported = import::open(path)?;
            Opened {
                workbook: imported.workbook,
                notes: imported.notes,
            }
        }
    })
}

/// Saves a workbook that was opened from `input` in the format of `output`'s
/// extension; a text file gets one sheet.
pub fn save(
    workbook: &Workbook,
    input: &Path,
    output: &Path,
    sheet: SheetId,
) -> Result<(), FileError> {
    check_formats(input, output)?;
    match Kind::of(output) {
        Kind::Text(delimiter) => {
            // What did not change in a file stays as it is written there.
            let saved = match Dialect::of_source(workbook) {
                Some(dialect) if input == output => {
                    csv::save_over(workbook, sheet, dialect, output)
                }
                // A text file under another name loses no digits either.
                Some(dialect) => {
                    let same = Kind::of(input) == Kind::of(output);
                    let other = Dialect::with_delimiter(delimiter);
                    let dialect = if same { dialect } else { other };
                    csv::save(workbook, sheet, dialect, Texts::Kept, output)
                }
                None => {
                    let dialect = Dialect::with_delimiter(delimiter);
                    csv::save(workbook, sheet, dialect, Texts::Shown, output)
                }
            };
            saved.map_err(|source| FileError::Write {
                file: output.to_owned(),
                source,
            })
        }
        _ => {
            xlsx::save(workbook, output)?;
            Ok(())
        }
    }
}

/// What of a workbook a text file of one of its sheets does not hold, in words.
pub fn left_out_of_text(workbook: &Workbook, sheet: SheetId) -> Vec<&'static str> {
    let of_sheet = workbook.sheet(sheet);
    let others = workbook.order().iter().any(|&other| other != sheet);
    [
        (of_sheet.runs.iter().next().is_some(), "formulas"),
        (!of_sheet.charts.is_empty(), "charts"),
        (others, "other sheets"),
    ]
    .into_iter()
    .filter_map(|(is_there, what)| is_there.then_some(what))
    .collect()
}

/// Whether what was opened from `input` can be saved as `output`, which must
/// lie in a folder that is there: so that long work is not done in vain.
pub fn check_formats(input: &Path, output: &Path) -> Result<(), FileError> {
    let macros = Kind::of(input) == Kind::Xlsm;
    let (input, output) = (input.to_owned(), output.to_owned());
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(FileError::NoFolder(output));
    }
    if output.is_dir() {
        return Err(FileError::Folder(output));
    }
    // A workbook under another name may be replaced, not made.
    if Kind::named(&output).is_none() && output != input {
        return Err(FileError::UnknownFormat(output));
    }
    match Kind::of(&output) {
        Kind::Imported => Err(FileError::ReadOnlyFormat(output)),
        Kind::Xlsm if !macros => Err(FileError::NoMacros { input, output }),
        Kind::Xlsx if macros => Err(FileError::Macros { input, output }),
        _ => Ok(()),
    }
}
