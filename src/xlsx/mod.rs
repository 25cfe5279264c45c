//! Opening and saving xlsx files.
//!
//! A file that was opened is saved by splicing: the bytes of the cells that
//! changed are replaced in their sheet's XML, and every other part is copied
//! as it was, compressed bytes included. What this program knows nothing of
//! survives because it is never touched.

mod error;
mod new;
mod package;
mod read;
mod relationships;
mod save;
mod xml;

pub use error::{OpenCause, OpenError, SaveError};
pub use save::SaveReport;

use crate::atomic;
use crate::grid::SheetId;
use crate::reading::Reading;
use crate::workbook::Workbook;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Opens an xlsx file. Formulas keep their saved values; nothing is recalculated.
pub fn open(path: impl AsRef<Path>) -> Result<Workbook, OpenError> {
    open_watched(path, &Arc::default())
}

/// Opens an xlsx file as [`open`] does, and tells `reading` how far it is.
///
/// # Errors
/// Also where `reading` is stopped.
pub fn open_watched(path: impl AsRef<Path>, reading: &Arc<Reading>) -> Result<Workbook, OpenError> {
    let path = path.as_ref();
    let with_file = |cause| OpenError {
        file: Some(path.to_owned()),
        cause,
    };
    let bytes = std::fs::read(path).map_err(|e| with_file(OpenCause::Read(e)))?;
    read::read(bytes.into(), reading).map_err(with_file)
}

/// Opens an xlsx file from its bytes.
pub fn open_bytes(bytes: impl Into<Arc<[u8]>>) -> Result<Workbook, OpenError> {
    Ok(read::read(bytes.into(), &Arc::default())?)
}

/// What of the file that a workbook was opened from is not in the workbook, a
/// sentence each.
pub fn notes(book: &Workbook) -> Vec<String> {
    original(book).map_or_else(Vec::new, read::Original::notes)
}

/// What the file that a workbook was opened from has beside a sheet's cells and
/// keeps when it is saved, but which a copy of the sheet does not get: comments,
/// links and so on, in words.
pub fn beside_cells(book: &Workbook, sheet: SheetId) -> Vec<&'static str> {
    original(book).map_or_else(Vec::new, |original| original.beside_cells(sheet))
}

fn original(book: &Workbook) -> Option<&read::Original> {
    book.package.as_ref()?.downcast_ref()
}

/// Saves a workbook as an xlsx file: all of it or nothing, and a file already
/// there keeps its permissions. A workbook that was opened from an xlsx file
/// is saved by splicing; the report says what differs. Another one becomes a
/// new file.
pub fn save(book: &Workbook, path: impl AsRef<Path>) -> Result<SaveReport, SaveError> {
    let path = path.as_ref();
    let (bytes, report) = to_bytes(book)?;
    atomic::write(path, |file| file.write_all(&bytes)).map_err(|source| SaveError::Write {
        file: path.to_owned(),
        source,
    })?;
    Ok(report)
}

/// The bytes that [`save()`] writes.
pub fn to_bytes(book: &Workbook) -> Result<(Vec<u8>, SaveReport), SaveError> {
    match original(book) {
        Some(original) => save::save(book, original),
        None => new::bytes(book, |_| Ok(())).map(|bytes| (bytes, SaveReport::default())),
    }
}

/// Saves a workbook as a new file. `decorate` is given the package before the
/// document's cells are put into it, to add what documents do not hold: charts,
/// conditional formats, data validation. Its worksheets are the document's, in
/// the order of the tabs; cells and cell formats written there are lost or refused.
pub fn save_new(
    book: &Workbook,
    path: impl AsRef<Path>,
    decorate: impl FnOnce(&mut rust_xlsxwriter::Workbook) -> Result<(), rust_xlsxwriter::XlsxError>,
) -> Result<(), SaveError> {
    let path = path.as_ref();
    let bytes = new::bytes(book, decorate)?;
    atomic::write(path, |file| file.write_all(&bytes)).map_err(|source| SaveError::Write {
        file: path.to_owned(),
        source,
    })
}
