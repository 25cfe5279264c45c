//! The workbook that is open, and the file it belongs to.

use super::journal::{Found, Journal, Left, RestoreError, Restored};
use super::layout::{MAX_WIDTH, column_width};
use crate::engine::{Edited, Engine, EntryError, Recalculation};
use crate::files::{self, FileError};
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::reading::Reading;
use crate::value::Value;
use crate::value::format::Format;
use crate::workbook::journal::Record;
use crate::workbook::{ColumnChange, Edit, EditError, LayoutEdit, Transaction, Workbook};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use unicode_width::UnicodeWidthStr;

/// A workbook, kept calculated, and its file.
pub struct Document {
    engine: Engine,
    path: Option<PathBuf>,
    /// The file as it was when it was opened or saved.
    on_disk: Option<Fingerprint>,
    modified: bool,
    revision: u64,
    /// Where unsaved edits are written down; nowhere until it is asked for.
    journal: Option<Journal>,
    /// Whether it was told that they are not, and what is to be told.
    told_of_trouble: bool,
    trouble: Option<String>,
}

/// What tells whether a file was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
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
        Self::of(workbook, None, None)
    }

    fn of(workbook: Workbook, path: Option<PathBuf>, on_disk: Option<Fingerprint>) -> Self {
        Self {
            engine: Engine::new(workbook),
            path,
            on_disk,
            modified: false,
            revision: 0,
            journal: None,
            told_of_trouble: false,
            trouble: None,
        }
    }

    /// Opens a file; with the document come notes about what was left out.
    pub fn open(path: &Path) -> Result<(Self, Vec<String>), FileError> {
        Self::open_watched(path, &Arc::default())
    }

    /// Opens a file as [`Document::open`] does, and tells `reading` how far it is.
    pub fn open_watched(
        path: &Path,
        reading: &Arc<Reading>,
    ) -> Result<(Self, Vec<String>), FileError> {
        let on_disk = Fingerprint::of(path);
        let opened = files::open_watched(path, reading)?;
        let mut document = Self::of(opened.workbook, Some(path.to_owned()), on_disk);
        document.engine.calculate_missing();
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
        self.changed(|| vec![Record::Apply(transaction.clone())]);
        Ok(edited)
    }

    /// Enters typed text into a cell. A table that it stands right below or
    /// beside takes it in, in the same step.
    pub fn enter(&mut self, cell: Cell, text: &str) -> Result<Edited, EntryError> {
        let mut transaction = self.engine.entry(cell, text)?;
        if text.is_empty() {
            return Ok(self.apply(&transaction)?);
        }
        let area = Area {
            sheet: cell.sheet,
            rect: Rect::cell(cell.pos),
        };
        let growth = self.engine.workbook().table_growth(area);
        transaction.edits.extend(growth);
        let edited = self.apply(&transaction)?;
        // How it is shown is known only now.
        match self.widening(cell) {
            None => Ok(edited),
            Some(widening) => {
                transaction.edits.push(widening);
                Ok(self.replace_last(&transaction)?)
            }
        }
    }

    /// The edit that makes a column wide enough for a number of a cell, a date
    /// for one; `None` where it is, shows numbers shorter, or was given its width.
    fn widening(&self, cell: Cell) -> Option<Edit> {
        let workbook = self.engine.workbook();
        let sheet = workbook.sheet(cell.sheet);
        let col = cell.pos.col;
        let code = &workbook.styles.get(sheet.style(cell.pos)).number_format;
        let shortens = Format::parse(code).is_none_or(|format| format.is_general());
        let given = sheet
            .columns
            .get(&col)
            .is_some_and(|column| column.width.is_some());
        let number = matches!(sheet.cells.get(cell.pos), Value::Number(_));
        if shortens || given || !number {
            return None;
        }
        let needed = self.engine.display(cell).width() as u16;
        // A space between neighbours, as the grid leaves it.
        (needed >= column_width(sheet, col)).then(|| Edit::Layout {
            sheet: cell.sheet,
            edit: LayoutEdit::Columns {
                first: col,
                last: col,
                change: ColumnChange::Width(Some(f64::from(needed.min(MAX_WIDTH)))),
            },
        })
    }

    /// Applies a transaction that fills an area. A table that it lies right
    /// below or beside takes it in, in the same step.
    pub fn apply_in(
        &mut self,
        mut transaction: Transaction,
        area: Area,
    ) -> Result<Edited, EditError> {
        let growth = self.engine.workbook().table_growth(area);
        transaction.edits.extend(growth);
        self.apply(&transaction)
    }

    pub fn undo(&mut self) -> Result<Option<Edited>, EditError> {
        let edited = self.engine.undo()?;
        if edited.is_some() {
            self.changed(|| vec![Record::Undo]);
        }
        Ok(edited)
    }

    pub fn redo(&mut self) -> Result<Option<Edited>, EditError> {
        let edited = self.engine.redo()?;
        if edited.is_some() {
            self.changed(|| vec![Record::Redo]);
        }
        Ok(edited)
    }

    /// Applies a transaction in place of the last one: both are one step.
    pub fn replace_last(&mut self, transaction: &Transaction) -> Result<Edited, EditError> {
        let replaces = self.engine.history().undo_labels().next().is_some();
        let edited = self.engine.replace_last(transaction)?;
        self.changed(|| {
            let undo = replaces.then_some(Record::Undo);
            let apply = Record::Apply(transaction.clone());
            undo.into_iter().chain([apply]).collect()
        });
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

    /// Takes note of a step, which is made of records.
    fn changed(&mut self, step: impl FnOnce() -> Vec<Record>) {
        self.modified = true;
        self.revision += 1;
        if let Some(journal) = &mut self.journal {
            let recorded = journal.record(self.engine.workbook(), &step());
            if let Err(trouble) = recorded {
                self.trouble(&trouble.to_string());
            }
        }
    }

    /// Has it told once that edits are not written down.
    fn trouble(&mut self, why: &str) {
        if !std::mem::replace(&mut self.told_of_trouble, true) {
            self.trouble = Some(format!("A crash would lose unsaved edits: {why}"));
        }
    }

    /// What there is to tell about the journal.
    pub fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Has unsaved edits written to a journal from now on: beside the file, or
    /// in `state` where the workbook has none.
    pub fn keep_journal(&mut self, state: Option<&Path>) {
        self.journal = Some(Journal::new(self.path.as_deref(), self.on_disk, state));
    }

    /// The journals that were left for this document, or that are being written.
    pub fn journals(&self) -> Found {
        self.journal.as_ref().map(Journal::find).unwrap_or_default()
    }

    /// Does again what a journal says that was left.
    pub fn restore(&mut self, left: Left) -> Result<Restored, RestoreError> {
        let mut journal = match self.journal.take() {
            Some(journal) => journal,
            None => Journal::new(self.path.as_deref(), self.on_disk, None),
        };
        let restored = journal.restore(left, &mut self.engine);
        self.journal = Some(journal);
        let restored = restored?;
        self.modified = true;
        self.revision += 1;
        if let Some(trouble) = &restored.trouble {
            self.trouble(&trouble.to_string());
        }
        Ok(restored)
    }

    /// Removes the journal: unsaved edits are not wanted.
    pub fn discard_journal(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.remove();
        }
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
            if let Some(mut journal) = self.journal.take() {
                journal.remove();
                self.keep_journal(None);
            }
        }
        Ok(())
    }
}
