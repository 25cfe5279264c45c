//! Opening and saving as the commands' arguments say.

use super::Result;
use gradsheet::grid::SheetId;
use gradsheet::workbook::Workbook;
use std::path::{Path, PathBuf};

pub use gradsheet::files::{check_formats, save};

/// Opens a workbook; what could not be read of it is told on stderr.
pub fn open(path: &Path) -> Result<Workbook> {
    let opened = gradsheet::files::open(path)?;
    for note in &opened.notes {
        super::complain(&format!("{}: {note}", path.display()));
    }
    Ok(opened.workbook)
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
