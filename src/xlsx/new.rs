//! New files: rust_xlsxwriter makes an empty package, and all else is spliced
//! into it as into any other file.

use super::SaveReport;
use super::error::SaveError;
use super::{read, save};
use crate::workbook::Workbook;
use rust_xlsxwriter as writer;
use std::sync::Arc;
use writer::XlsxError;

/// The bytes of a new file. `decorate` may add charts, conditional formats
/// and the like; cells and cell styles are the document's.
pub(super) fn bytes(
    book: &Workbook,
    decorate: impl FnOnce(&mut writer::Workbook) -> Result<(), XlsxError>,
) -> Result<Vec<u8>, SaveError> {
    let mut package = writer::Workbook::new();
    for (i, &id) in book.order().iter().enumerate() {
        let sheet = book.sheet(id);
        let worksheet = package.add_worksheet();
        worksheet.set_name(&*sheet.name)?;
        if i == book.active {
            worksheet.set_active(true);
        }
    }
    decorate(&mut package)?;
    let bytes: Arc<[u8]> = package.save_to_buffer()?.into();
    let original = read::original(bytes, book.order())?;
    if original.styles != 1 {
        return Err(SaveError::Content {
            place: "the new file".into(),
            problem: "its decoration has cell formats of its own; give the document's cells \
                      their styles instead"
                .into(),
        });
    }
    let (bytes, _): (_, SaveReport) = save::save(book, &original)?;
    Ok(bytes)
}
