//! From a layout to the file that is committed.

use gradsheet::engine::Engine;
use gradsheet::solver::Sense;
use gradsheet::solver::excel_model::StoredModel;
use gradsheet::workbook::Transaction;
use gradsheet::xlsx;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};
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
    // A fixed date, so that the same layout gives the same bytes.
    let created = ExcelDateTime::from_ymd(2026, 11, 23)?;
    layout.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let mut engine = Engine::new(xlsx::open_bytes(layout.save_to_buffer()?)?);
    engine.recalculate_all();
    for model in models {
        let book = engine.workbook();
        let sheet = book
            .sheet_named(model.sheet)
            .ok_or_else(|| format!("no sheet {}", model.sheet))?;
        let objective = format!("{}!{}", model.sheet, model.objective);
        let stored = StoredModel::fresh(&objective, model.variables, Sense::Minimise);
        let edits = stored.edits(&book.names, sheet);
        engine.apply(&Transaction {
            label: "Store the Solver model".to_owned(),
            edits,
        })?;
    }
    xlsx::save(engine.workbook(), path)?;
    println!("{}", path.display());
    Ok(())
}
