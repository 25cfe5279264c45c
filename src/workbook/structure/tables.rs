//! Tables made, resized, renamed and taken apart.

use crate::workbook::{Tables, Workbook};

impl Workbook {
    /// A name for a table that neither `tables` nor defined names have, made
    /// of `wanted` by another number at its end.
    pub(super) fn unique_table_name(&self, wanted: &str, tables: &Tables) -> String {
        let base = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
        let named = |name: &str| self.names.get(name, None).is_some();
        let mut name = wanted.to_owned();
        let mut number = 2;
        while tables.get(&name).is_some() || named(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        name
    }
}
