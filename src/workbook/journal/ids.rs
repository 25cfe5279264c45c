//! The numbers in edits that only mean something in their workbook.

use crate::workbook::{Content, Edit, TemplateId};
use std::sync::Arc;

/// One of them, to be changed in place.
pub enum Id<'a> {
    Template(&'a mut TemplateId),
    /// An index of [`crate::workbook::Styles`].
    Style(&'a mut u32),
    /// An index of the formats of conditional formats.
    Differential(&'a mut u32),
}

pub fn visit(edit: &mut Edit, see: &mut dyn FnMut(Id<'_>)) {
    match edit {
        Edit::Set { content, .. } => {
            if let Content::Formula { template, .. } = content {
                see(Id::Template(template));
            }
        }
        Edit::SetStyle { style, .. } => see(Id::Style(style)),
        Edit::PutStyles { styles, .. } => {
            let mapped = styles.mapped(&mut |mut style| {
                see(Id::Style(&mut style));
                style
            });
            *styles = Arc::new(mapped);
        }
        Edit::SetConditionalFormats { formats, .. } => {
            let rules = formats.iter_mut().flat_map(|format| &mut format.rules);
            for format in rules.filter_map(|rule| rule.format.as_mut()) {
                see(Id::Differential(format));
            }
        }
        // Formulas in blocks, validations and conditions stand for themselves,
        // and so do the facts of a change of style.
        Edit::SetValues { .. }
        | Edit::Put { .. }
        | Edit::Move { .. }
        | Edit::Restyle { .. }
        | Edit::Layout { .. }
        | Edit::SetNumberFormat { .. }
        | Edit::DefineName(_)
        | Edit::RemoveName { .. }
        | Edit::AddSheet { .. }
        | Edit::RemoveSheet { .. }
        | Edit::Sheet { .. }
        | Edit::Table(_)
        | Edit::Shift { .. }
        | Edit::RenameName { .. }
        | Edit::SetValidations { .. }
        | Edit::SetCharts { .. }
        | Edit::Restore(_) => {}
    }
}
