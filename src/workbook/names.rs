//! Defined names.

use crate::formula::is_plain_sheet;
use crate::grid::SheetId;
use crate::value::fold_case;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A name for a formula, mostly a reference.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    names: BTreeMap<(String, Option<SheetId>), DefinedName>,
}

impl Names {
    /// In alphabetical order; the workbook's before those of sheets.
    pub fn iter(&self) -> impl Iterator<Item = &DefinedName> {
        self.names.values()
    }

    /// The name exactly in this scope, without regard to case.
    pub fn get(&self, name: &str, scope: Option<SheetId>) -> Option<&DefinedName> {
        self.names.get(&(fold_case(name), scope))
    }

    /// The name that a formula on `sheet` means: the sheet's own, else the workbook's.
    pub fn visible_from(&self, name: &str, sheet: SheetId) -> Option<&DefinedName> {
        let mut key = (fold_case(name), Some(sheet));
        self.names.get(&key).or_else(|| {
            key.1 = None;
            self.names.get(&key)
        })
    }

    /// Defines a name in its scope, in place of one already there, which is returned.
    pub fn define(&mut self, name: DefinedName) -> Option<DefinedName> {
        self.names.insert((fold_case(&name.name), name.scope), name)
    }

    pub fn remove(&mut self, name: &str, scope: Option<SheetId>) -> Option<DefinedName> {
        self.names.remove(&(fold_case(name), scope))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut DefinedName> {
        self.names.values_mut()
    }

    /// Takes out the names that belong to a sheet.
    pub(super) fn take_scope(&mut self, sheet: SheetId) -> Vec<DefinedName> {
        let (taken, kept) = std::mem::take(&mut self.names)
            .into_iter()
            .partition(|(_, name)| name.scope == Some(sheet));
        self.names = kept;
        taken.into_values().collect()
    }
}

/// Whether Excel would take `name` for a defined name, and if not, why not.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let mut chars = name.chars();
    let Some(first) = chars.next() else {
        return Err("it is empty");
    };
    if name.encode_utf16().count() > 255 {
        return Err("it has more than 255 characters");
    }
    if !(first.is_alphabetic() || first == '_' || first == '\\') {
        return Err("it must begin with a letter, an underscore or a backslash");
    }
    if !chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\' | '?')) {
        return Err("it may hold only letters, digits, underscores, dots, backslashes and ?");
    }
    if !name.contains(['\\', '?']) && !is_plain_sheet(name) {
        return Err("a formula would read it as a cell or a truth value");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_excels_rules() {
        for good in [
            "rate",
            "_x",
            "\\a",
            "solver_adj",
            "größe",
            "A1B",
            "XFE1",
            "Rate.2",
            "_xlnm.Print_Area",
        ] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "1st",
            "a b",
            "A1",
            "xfd1048576",
            "R1C1",
            "r",
            "C",
            "RC",
            "R2",
            "c17",
            "a-b",
            "TRUE",
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        assert!(check_name(&"x".repeat(256)).is_err());
    }

    #[test]
    fn a_sheets_own_name_hides_the_workbooks() {
        let mut names = Names::default();
        let sheet = SheetId(1);
        for (scope, formula) in [(None, "1"), (Some(sheet), "2")] {
            names.define(DefinedName {
                name: "Rate".into(),
                scope,
                formula: formula.into(),
                hidden: false,
            });
        }
        let seen = |from| names.visible_from("RATE", from).map(|n| &*n.formula);
        assert_eq!(seen(sheet), Some("2"));
        assert_eq!(seen(SheetId(0)), Some("1"));
    }
}
