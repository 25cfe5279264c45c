//! What a sheet may be called, and how formulas write it.

use super::Workbook;
use crate::formula::is_plain_sheet;
use crate::value::fold_case;

/// Excel's limit, in UTF-16 units.
const MAX_LEN: usize = 31;

/// Whether Excel would take `name` for a sheet, and if not, why not.
pub fn check_sheet_name(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("it is blank");
    }
    if name.encode_utf16().count() > MAX_LEN {
        return Err("it has more than 31 characters");
    }
    if name.contains(['[', ']', ':', '*', '?', '/', '\\']) {
        return Err("it may not hold any of [ ] : * ? / \\");
    }
    if name.contains(char::is_control) {
        return Err("it may not hold control characters");
    }
    if name.starts_with('\'') || name.ends_with('\'') {
        return Err("it may not begin or end with an apostrophe");
    }
    if name.eq_ignore_ascii_case("history") {
        return Err("Excel keeps that name for itself");
    }
    Ok(())
}

/// A sheet's name as it stands before the `!` of a reference, in quotes where
/// a formula needs them.
pub fn quote_sheet_name(name: &str) -> String {
    if is_plain_sheet(name) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "''"))
    }
}

impl Workbook {
    /// A name that Excel takes for a new sheet here and that is as close to
    /// `wanted` as can be: without what is forbidden, cut to its length,
    /// numbered where it is taken.
    pub fn unique_sheet_name(&self, wanted: &str) -> String {
        let allowed: String = wanted
            .chars()
            .filter(|c| check_sheet_name(&format!("x{c}x")).is_ok())
            .collect();
        let mut base = shortened(allowed.trim_matches(['\'', ' ']), MAX_LEN);
        if check_sheet_name(&base).is_err() {
            base = "Sheet1".to_owned();
        }
        let taken: Vec<String> = self
            .order()
            .iter()
            .map(|&id| fold_case(&self.sheet(id).name))
            .collect();
        let mut name = base.clone();
        let mut number = 2;
        while taken.contains(&fold_case(&name)) {
            let suffix = format!(" ({number})");
            name = shortened(&base, MAX_LEN - suffix.len()) + &suffix;
            number += 1;
        }
        name
    }
}

/// The first characters of `name` that fit in `len` UTF-16 units and do not
/// end in an apostrophe or space.
fn shortened(name: &str, len: usize) -> String {
    let mut room = len;
    let fits = name.chars().take_while(|c| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        fits
    });
    let fits: String = fits.collect();
    fits.trim_end_matches(['\'', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_excel_refuses_are_refused() {
        for good in ["Sheet1", "all_rows", "Größe 2", "it's", "日本"] {
            assert_eq!(check_sheet_name(good), Ok(()), "{good}");
        }
        for bad in [
            "", "  ", "a/b", "a:b", "x[1]", "'x", "x'", "History", "a\tb",
        ] {
            assert!(check_sheet_name(bad).is_err(), "{bad}");
        }
        assert!(check_sheet_name(&"x".repeat(31)).is_ok());
        assert!(check_sheet_name(&"x".repeat(32)).is_err());
        assert!(check_sheet_name(&"😀".repeat(16)).is_err());
    }

    #[test]
    fn names_are_quoted_where_a_formula_needs_it() {
        for plain in [
            "nnet", "all_rows", "Größe", "a.b", "Sheet1.b", "_x", "Blätter",
        ] {
            assert_eq!(quote_sheet_name(plain), plain);
        }
        for (name, quoted) in [
            ("my sheet", "'my sheet'"),
            ("it's", "'it''s'"),
            ("2020", "'2020'"),
            ("Q1", "'Q1'"),
            ("R1C1", "'R1C1'"),
            ("a-b", "'a-b'"),
            ("rc", "'rc'"),
            ("TRUE", "'TRUE'"),
            ("true", "'true'"),
            ("", "''"),
        ] {
            assert_eq!(quote_sheet_name(name), quoted);
        }
    }

    #[test]
    fn a_free_name_close_to_the_wanted_one_is_found() {
        let mut book = Workbook::new();
        assert_eq!(book.unique_sheet_name("a/b: c?"), "ab c");
        assert_eq!(book.unique_sheet_name(" ' "), "Sheet1");
        book.add_sheet("Data");
        assert_eq!(book.unique_sheet_name("DATA"), "DATA (2)");
        let long = "y".repeat(40);
        book.add_sheet(&book.unique_sheet_name(&long));
        let second = book.unique_sheet_name(&long);
        assert_eq!(second.len(), 31);
        assert!(second.ends_with(" (2)"));
    }
}
