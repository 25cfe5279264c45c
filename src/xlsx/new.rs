//! New files: rust_xlsxwriter makes the package with its tables, and the rest is
//! spliced into it as into any other file.

use super::SaveReport;
use super::error::SaveError;
use super::{read, save};
use crate::grid::Rect;
use crate::workbook::{Table, Workbook};
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
        for table in book.tables.iter().filter(|t| t.area.sheet == id) {
            add_table(table, worksheet)?;
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

fn add_table(table: &Table, worksheet: &mut writer::Worksheet) -> Result<(), XlsxError> {
    let columns: Vec<writer::TableColumn> = table
        .columns
        .iter()
        .map(|column| writer::TableColumn::new().set_header(&*column.name))
        .collect();
    let made = writer::Table::new()
        .set_name(&*table.name)
        .set_header_row(table.header_rows > 0)
        .set_total_row(table.totals_rows > 0)
        .set_columns(&columns);
    let (top, left, bottom, right) = corners(&table.area.rect);
    worksheet.add_table(top, left, bottom, right, &made)?;
    Ok(())
}

/// Columns are below 16,384, so they fit.
fn corners(rect: &Rect) -> (u32, u16, u32, u16) {
    (rect.top, rect.left as u16, rect.bottom, rect.right as u16)
}
