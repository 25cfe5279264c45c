//! Other workbooks that formulas refer to, as far as the file remembers them.

use super::Cells;
use crate::value::equal_text;
use std::sync::Arc;

/// Another workbook: `[1]` in formulas is the first of [`super::Workbook::externals`].
#[derive(Clone, Debug, Default)]
pub struct ExternalBook {
    /// Its address, as the file has it.
    pub target: Arc<str>,
    pub sheets: Vec<ExternalSheet>,
    pub names: Vec<ExternalName>,
}

/// A name defined in another workbook.
#[derive(Clone, Debug, Default)]
pub struct ExternalName {
    pub name: Arc<str>,
    /// The sheet it belongs to, by its place in [`ExternalBook::sheets`];
    /// `None` where it is the workbook's.
    pub scope: Option<usize>,
    /// The formula, with its `=`.
    pub formula: Arc<str>,
}

/// A sheet of another workbook, with the values it had when it was last seen.
#[derive(Clone, Debug, Default)]
pub struct ExternalSheet {
    pub name: Arc<str>,
    pub cells: Cells,
}

impl ExternalBook {
    /// The sheet of a name, without regard to case.
    pub fn sheet(&self, name: &str) -> Option<&ExternalSheet> {
        self.sheets
            .iter()
            .find(|sheet| equal_text(&sheet.name, name))
    }

    /// The name that a sheet of it sees, or the whole workbook where none is
    /// given, without regard to case.
    pub fn name(&self, name: &str, sheet: Option<&str>) -> Option<&ExternalName> {
        let scope = sheet.and_then(|sheet| {
            let mut sheets = self.sheets.iter();
            sheets.position(|known| equal_text(&known.name, sheet))
        });
        let named = |scope: Option<usize>| {
            let mut names = self.names.iter();
            names.find(move |known| known.scope == scope && equal_text(&known.name, name))
        };
        scope.and_then(|_| named(scope)).or_else(|| named(None))
    }
}

impl super::Workbook {
    /// The workbook that `[book]` in a formula means: its number from 1, or
    /// the end of its address.
    pub fn external(&self, book: &str) -> Option<&ExternalBook> {
        match book.parse::<usize>() {
            Ok(number) => self.externals.get(number.checked_sub(1)?),
            Err(_) => self.externals.iter().find(|external| {
                let file = external.target.rsplit(['/', '\\']).next();
                file.is_some_and(|file| equal_text(file, book))
            }),
        }
    }
}
