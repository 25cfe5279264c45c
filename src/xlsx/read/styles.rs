//! The styles part: how cells look.

use crate::workbook::Workbook;
use crate::xlsx::xml::{Xml, XmlError};
use std::collections::HashMap;
use std::sync::Arc;

/// Number format codes by style index.
#[derive(Debug, Default)]
pub(in crate::xlsx) struct StylesPart {
    formats: Vec<Arc<str>>,
}

pub(in crate::xlsx) fn read_into(book: &mut Workbook, part: StylesPart) {
    book.number_formats = part.formats;
}

/// Reads the styles part.
pub(in crate::xlsx) fn read(text: &str) -> Result<StylesPart, XmlError> {
    let mut custom: HashMap<u32, Arc<str>> = HashMap::new();
    let mut part = StylesPart::default();
    let mut in_cells = false;
    Xml::new(text).each_element(|_, element| {
        let number = |name| element.attribute(name)?.parse::<u32>().ok();
        match element.name() {
            "numFmt" => {
                if let (Some(id), Some(code)) =
                    (number("numFmtId"), element.attribute("formatCode"))
                {
                    custom.insert(id, code.into());
                }
            }
            "cellXfs" => in_cells = true,
            "cellStyles" | "cellStyleXfs" | "dxfs" => in_cells = false,
            "xf" if in_cells => {
                let id = number("numFmtId").unwrap_or(0);
                let code = custom.get(&id).cloned();
                part.formats
                    .push(code.unwrap_or_else(|| built_in(id).into()));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(part)
}

/// The formats that files name by number only (ECMA-376 part 1, 18.8.30), as
/// an English Excel shows them.
fn built_in(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        14 => "m/d/yyyy",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 => "h:mm:ss",
        22 => "m/d/yyyy h:mm",
        37 => "#,##0 ;(#,##0)",
        38 => "#,##0 ;[Red](#,##0)",
        39 => "#,##0.00;(#,##0.00)",
        40 => "#,##0.00;[Red](#,##0.00)",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mmss.0",
        48 => "##0.0E+0",
        49 => "@",
        _ => "General",
    }
}
