//! Defined names.

use crate::grid::SheetId;
use std::sync::Arc;

/// A name for a formula, mostly a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinedName {
    pub name: Arc<str>,
    /// The sheet it belongs to; `None` for the whole workbook.
    pub scope: Option<SheetId>,
    /// The formula's text without `=`, as the file has it; relative
    /// references in it are relative to A1.
    pub formula: Arc<str>,
    pub hidden: bool,
}

/// The names of a workbook.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<DefinedName>,
}

impl Names {
    pub fn iter(&self) -> impl Iterator<Item = &DefinedName> {
        self.names.iter()
    }

    /// The name exactly in this scope, without regard to case.
    pub fn get(&self, name: &str, scope: Option<SheetId>) -> Option<&DefinedName> {
        let wanted = name.to_lowercase();
        self.names
            .iter()
            .find(|n| n.scope == scope && n.name.to_lowercase() == wanted)
    }

    /// The name that a formula on `sheet` means: the sheet's own, else the workbook's.
    pub fn visible_from(&self, name: &str, sheet: SheetId) -> Option<&DefinedName> {
        self.get(name, Some(sheet)).or_else(|| self.get(name, None))
    }

    /// Defines a name in its scope, in place of one already there, which is returned.
    pub fn define(&mut self, name: DefinedName) -> Option<DefinedName> {
        let old = self.remove(&name.name, name.scope);
        self.names.push(name);
        old
    }

    pub fn remove(&mut self, name: &str, scope: Option<SheetId>) -> Option<DefinedName> {
        let wanted = name.to_lowercase();
        let at = self
            .names
            .iter()
            .position(|n| n.scope == scope && n.name.to_lowercase() == wanted)?;
        Some(self.names.remove(at))
    }
}
