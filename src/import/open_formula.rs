//! OpenDocument's formulas in Excel's spelling (OpenFormula: ODF 1.3 part 4).
//!
//! References stand in brackets with a dot before the cell, `[.A1:.B2]` or
//! `[$Sheet2.A1]`; semicolons separate arguments; `~` and `!` are union and
//! intersection; rows of array constants are separated by `|`.

/// A formula as Excel writes it; `None` where it is of another language.
pub(super) fn to_excel(formula: &str) -> Option<String> {
    if let Some(body) = formula.strip_prefix("msoxl:=") {
        return Some(body.to_owned());
    }
    let body = ["of:=", "oooc:=", "="]
        .into_iter()
        .find_map(|prefix| formula.strip_prefix(prefix))?;
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    let mut in_array = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => {
                let end = quoted_end(rest, '"')?;
                out.push_str(&rest[..end]);
                end
            }
            // A quoted name outside of a reference.
            '\'' => {
                let end = quoted_end(rest, '\'')?;
                out.push_str(&rest[..end]);
                end
            }
            '[' => {
                let end = bracket_end(rest)?;
                out.push_str(&reference_to_excel(&rest[1..end - 1])?);
                end
            }
            '{' | '}' => {
                in_array = c == '{';
                out.push(c);
                1
            }
            ';' => {
                out.push(',');
                1
            }
            '|' if in_array => {
                out.push(';');
                1
            }
            '~' => {
                out.push(',');
                1
            }
            '!' => {
                out.push(' ');
                1
            }
            _ => {
                let name = rest.find(|c: char| !(c.is_alphanumeric() || "._".contains(c)));
                let name = name.unwrap_or(rest.len());
                if name == 0 {
                    out.push(c);
                    c.len_utf8()
                } else {
                    // Excel's own functions carry a prefix in OpenFormula, and so
                    // do those that it keeps for old files.
                    let word = &rest[..name];
                    let bare = ["COM.MICROSOFT.", "LEGACY."]
                        .iter()
                        .find_map(|prefix| word.strip_prefix(prefix));
                    out.push_str(bare.unwrap_or(word));
                    name
                }
            }
        };
        rest = &rest[taken..];
    }
    Some(out)
}

/// A reference without its brackets: `.A1`, `$'my sheet'.$A$1:.B2`, `.A:.C`;
/// `None` where it names another file or is not understood.
pub(super) fn reference_to_excel(reference: &str) -> Option<String> {
    if reference.starts_with("#REF!") {
        return Some("#REF!".to_owned());
    }
    let (first, second) = reference_parts(reference)?;
    let (sheet, cell) = sheet_and_cell(first)?;
    let (last_sheet, last_cell) = match second {
        Some(second) => {
            let (sheet, cell) = sheet_and_cell(second)?;
            (sheet, format!(":{cell}"))
        }
        None => (None, String::new()),
    };
    if format!("{cell}{last_cell}").contains("#REF!") {
        return Some("#REF!".to_owned());
    }
    let prefix = match (sheet, last_sheet) {
        // A reference through several sheets.
        (Some(first), Some(last)) if first != last => {
            format!(
                "'{}:{}'!",
                first.replace('\'', "''"),
                last.replace('\'', "''")
            )
        }
        (Some(sheet), _) => crate::workbook::quote_sheet_name(&sheet) + "!",
        (None, _) => String::new(),
    };
    Some(format!("{prefix}{cell}{last_cell}"))
}

/// The two corners of a reference, split at the colon outside of quotes.
fn reference_parts(reference: &str) -> Option<(&str, Option<&str>)> {
    let mut quoted = false;
    for (at, c) in reference.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ':' if !quoted => return Some((&reference[..at], Some(&reference[at + 1..]))),
            // Another file: 'file:///x.ods'#$Sheet1.A1
            '#' if !quoted && !reference[at..].starts_with("#REF!") => return None,
            _ => {}
        }
    }
    Some((reference, None))
}

/// The sheet, where one is named, and the cell.
fn sheet_and_cell(corner: &str) -> Option<(Option<String>, &str)> {
    let corner = corner
        .strip_prefix('$')
        .filter(|rest| {
            // `$Sheet1.A1`, not `$A$1`.
            rest.contains('.')
        })
        .unwrap_or(corner);
    if corner.starts_with('\'') {
        let end = quoted_end(corner, '\'')?;
        let name = corner[1..end - 1].replace("''", "'");
        let cell = corner[end..].strip_prefix('.')?;
        return Some((Some(name), cell));
    }
    match corner.rsplit_once('.') {
        Some(("", cell)) => Some((None, cell)),
        Some((sheet, cell)) => Some((Some(sheet.to_owned()), cell)),
        None => Some((None, corner)),
    }
}

/// Where a quoted piece that begins the text ends; doubled quotes are inside.
fn quoted_end(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + 1);
        }
    }
    None
}

/// Where a reference in brackets that begins the text ends.
fn bracket_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ']' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A duration (ISO 8601: `PT12H30M00S`) in days.
pub(super) fn duration(text: &str) -> Option<f64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut rest = text.strip_prefix('P')?;
    let mut days = 0.0;
    let mut in_time = false;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            in_time = true;
            rest = time;
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..end].parse().ok()?;
        days += match (in_time, rest[end..].chars().next()?) {
            (false, 'D') => number,
            (true, 'H') => number / 24.0,
            (true, 'M') => number / 1_440.0,
            (true, 'S') => number / 86_400.0,
            _ => return None,
        };
        rest = &rest[end + 1..];
    }
    Some(sign * days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_respelled() {
        for (open, excel) in [
            ("of:=SUM([.A1:.B2];3)", "SUM(A1:B2,3)"),
            ("of:=[$Sheet2.$A$1]*[.$B2]", "Sheet2!$A$1*$B2"),
            (
                "of:=['my sheet'.A1]+[$'it''s'.B2:.C3]",
                "'my sheet'!A1+'it''s'!B2:C3",
            ),
            (
                "of:=IF([.A1]=\"a;[.B1]\";\"\"\"\";2)",
                "IF(A1=\"a;[.B1]\",\"\"\"\",2)",
            ),
            ("of:=MMULT({1;2|3;4};[.A1:.B2])", "MMULT({1,2;3,4},A1:B2)"),
            ("of:=SUM([.A:.C])", "SUM(A:C)"),
            ("of:=COM.MICROSOFT.CONCAT([.A1])&rate", "CONCAT(A1)&rate"),
            ("of:=LEGACY.NORMSDIST([.A1])", "NORMSDIST(A1)"),
            ("of:=SUM([.A1:.A3]~[.C1])", "SUM(A1:A3,C1)"),
            ("of:=[.#REF!]+1.5E+3", "#REF!+1.5E+3"),
            ("msoxl:=SUM(A1,2)", "SUM(A1,2)"),
        ] {
            assert_eq!(to_excel(open).as_deref(), Some(excel), "{open}");
        }
        assert_eq!(to_excel("basic:=1"), None);
        assert_eq!(to_excel("of:=['file:///x.ods'#$Sheet1.A1]"), None);
        assert_eq!(to_excel("of:=\"open"), None);
        assert_eq!(
            reference_to_excel("$Sheet1.$A$1:.$B$2").as_deref(),
            Some("Sheet1!$A$1:$B$2")
        );
    }

    #[test]
    fn durations_are_read_as_days() {
        assert_eq!(duration("PT36H00M00S"), Some(1.5));
        assert_eq!(duration("-P1DT6H"), Some(-1.25));
        assert_eq!(duration("12:00"), None);
        assert_eq!(duration("P1"), None);
    }
}
