//! The workbook that is open, and the file it belongs to.

use crate::engine::{Edited, Engine, EntryError, Recalculation};
use crate::files::{self, FileError};
use crate::grid::{Area, Cell, SheetId};
use crate::workbook::{EditError, Transaction, Workbook};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A workbook, kept calculated, and its file.
pub struct Document {
    engine: Engine,
    path: Option<PathBuf>,
    /// The file as it was when it was opened or saved.
    on_disk: Option<Fingerprint>,
    modified: bool,
    revision: u64,
}

/// What tells whether a file was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint {
    length: u64,
    modified: Option<SystemTime>,
}

impl Fingerprint {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

impl Document {
    /// A workbook that has no file yet: one empty sheet.
    pub fn empty() -> Self {
        let mut workbook = Workbook::new();
        workbook.add_sheet("Sheet1");
        Self {
            engine: Engine::new(workbook),
            path: None,
            on_disk: None,
            modified: false,
            revision: 0,
        }
    }

    /// Opens a file; with the document come notes about what was left out.
    pub fn open(path: &Path) -> Result<(Self, Vec<String>), FileError> {
        let on_disk = Fingerprint::of(path);
        let opened = files::open(path)?;
        let document = Self {
            engine: Engine::new(opened.workbook),
            path: Some(path.to_owned()),
            on_disk,
            modified: false,
            revision: 0,
        };
        Ok((document, opened.notes))
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// For what has no bearing on the document's content: its active tab.
    pub fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What to call it: its file's name.
    pub fn title(&self) -> String {
        let name = self.path.as_deref().and_then(Path::file_name);
        name.map_or_else(
            || "The new workbook".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// Whether there are changes that its file does not have.
    pub fn is_modified(&self) -> bool {
        self.modified
    }

    /// A number that grows with every change: what was computed at another
    /// revision is out of date.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether another program changed or removed the file since it was opened or saved.
    pub fn changed_on_disk(&self) -> bool {
        let path = self.path.as_deref();
        self.on_disk.is_some() && path.and_then(Fingerprint::of) != self.on_disk
    }

    pub fn apply(&mut self, transaction: &Transaction) -> Result<Edited, EditError> {
        let edited = self.engine.apply(transaction)?;
        self.changed();
        Ok(edited)
    }

    /// Enters typed text into a cell. A table that it stands right below or
    /// beside takes it in, in the same step.
    pub fn enter(&mut self, cell: Cell, text: &str) -> Result<Edited, EntryError> {
        let mut transaction = self.engine.entry(cell, text)?;
        if !text.is_empty() {
            let growth = self.engine.workbook().table_growth(cell);
            transaction.edits.extend(growth);
        }
        Ok(self.apply(&transaction)?)
    }

    pub fn undo(&mut self) -> Result<Option<Edited>, EditError> {
        let edited = self.engine.undo()?;
        if edited.is_some() {
            self.changed();
        }
        Ok(edited)
    }

    pub fn redo(&mut self) -> Result<Option<Edited>, EditError> {
        let edited = self.engine.redo()?;
        if edited.is_some() {
            self.changed();
        }
        Ok(edited)
    }

    /// Applies a transaction in place of the last one: both are one step.
    pub fn replace_last(&mut self, transaction: &Transaction) -> Result<Edited, EditError> {
        let edited = self.engine.replace_last(transaction)?;
        self.changed();
        Ok(edited)
    }

    /// Shows values in cells, with what follows; the document stays what it was
    /// and takes no edits until [`Document::end_trial`].
    pub fn try_values(
        &mut self,
        areas: &[Area],
        values: &[f64],
    ) -> Result<Recalculation, EditError> {
        self.revision += 1;
        self.engine.try_values(areas, values)
    }

    /// Brings back what cells held before values were tried out.
    pub fn end_trial(&mut self) {
        if self.engine.end_trial().is_some() {
            self.revision += 1;
        }
    }

    /// Recalculates every formula. Values may change, the document does not.
    pub fn recalculate(&mut self) -> Recalculation {
        self.revision += 1;
        self.engine.recalculate_all()
    }

    fn changed(&mut self) {
        self.modified = true;
        self.revision += 1;
    }

    /// Saves into a file, which becomes the document's own; into a text file
    /// goes `sheet` alone, and the document keeps its file.
    pub fn save(&mut self, path: &Path, sheet: SheetId) -> Result<(), FileError> {
        // What is only tried out is no part of the document.
        self.end_trial();
        let input = self.path.as_deref().unwrap_or(path);
        files::save(self.engine.workbook(), input, path, sheet)?;
        let is_text = matches!(files::Kind::of(path), files::Kind::Text(_));
        if !is_text || self.path.as_deref() == Some(path) {
            self.path = Some(path.to_owned());
            self.on_disk = Fingerprint::of(path);
            self.modified = false;
        }
        Ok(())
    }
}
