//! Formulas of a file that cannot be read here.

use super::{RunKind, Template, Workbook};
use crate::formula;

impl Workbook {
    /// For each sheet with formulas that this program cannot read, which keep
    /// the values they were saved with, a sentence that says where and why.
    pub fn unreadable_formulas(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for &id in self.order() {
            let sheet = self.sheet(id);
            let unreadable = sheet.runs.iter().filter_map(|(_, run)| {
                match self.templates.get(run.template).as_ref() {
                    Template::Unreadable(text) if run.kind != RunKind::DataTable => {
                        Some((run.rect.top_left(), text))
                    }
                    _ => None,
                }
            });
            let mut found: Vec<_> = unreadable.collect();
            found.sort_unstable_by_key(|(at, _)| *at);
            let Some((first, text)) = found.first() else {
                continue;
            };
            let reason = formula::parse(text, *first).err();
            let reason = reason.map_or_else(String::new, |error| format!(" ({error})"));
            let name = &sheet.name;
            notes.push(match found.len() {
                1 => format!(
                    "sheet {name}: the formula in {first} cannot be read{reason}: \
                     the cell keeps the value it was saved with"
                ),
                count => format!(
                    "sheet {name}: the formulas in {count} cells, the first {first}, cannot be \
                     read{reason}: the cells keep the values they were saved with"
                ),
            });
        }
        notes
    }
}
