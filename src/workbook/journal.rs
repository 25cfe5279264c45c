//! The journal of edits: what was done since a file was opened, a line a step,
//! so that work can be restored after a crash.
//!
//! A line is a checksum and a JSON value, and says all that it needs: formulas
//! as text with the cell that their references count from, styles by their
//! facts. It is read against the file that the edits were made to, after the
//! lines before it. Inverses are not written: an undo is a step of its own.

mod form;
mod ids;

use super::{CellStyle, DifferentialFormat, Edit, Template, TemplateId, Transaction, Workbook};
use ids::Id;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A step. A transaction in place of the last one ([`super::History::replace_last`])
/// is two: an undo, and what is applied then.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Apply(Transaction),
    Undo,
    Redo,
}

/// Why a step cannot be written or read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JournalError {
    #[error("the line is cut off or damaged: its checksum does not match")]
    Checksum,
    #[error("the line is no record of an edit: {0}")]
    NoRecord(String),
    #[error("the line refers to {0}, which it does not describe")]
    Unknown(String),
    /// Parts of an inverse: undoing is recorded as such.
    #[error("what undo puts back cannot be written to a journal")]
    Inverse,
}

/// What a line says.
#[derive(Serialize, Deserialize)]
enum Line {
    Apply {
        label: String,
        edits: Vec<Edit>,
        /// What the numbers in the edits mean.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        templates: BTreeMap<u32, Arc<Template>>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        styles: BTreeMap<u32, CellStyle>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        differential: BTreeMap<u32, DifferentialFormat>,
    },
    Undo,
    Redo,
}

/// A step as a line of text, without the line end.
pub fn encode(book: &Workbook, record: &Record) -> Result<String, JournalError> {
    let line = match record {
        Record::Undo => Line::Undo,
        Record::Redo => Line::Redo,
        Record::Apply(transaction) => {
            let mut templates = BTreeMap::new();
            let mut styles = BTreeMap::new();
            let mut differential = BTreeMap::new();
            let mut edits = transaction.edits.clone();
            for edit in &mut edits {
                if matches!(edit, Edit::Restore(_)) {
                    return Err(JournalError::Inverse);
                }
                ids::visit(edit, &mut |id| match id {
                    Id::Template(id) => {
                        let template = book.templates.find(*id);
                        templates.extend(template.map(|t| (id.0, t.clone())));
                    }
                    Id::Style(style) => {
                        styles.insert(*style, book.styles.get(*style).clone());
                    }
                    Id::Differential(index) => {
                        let format = book.styles.differential().get(*index as usize);
                        differential.extend(format.map(|format| (*index, format.clone())));
                    }
                });
            }
            Line::Apply {
                label: transaction.label.clone(),
                edits,
                templates,
                styles,
                differential,
            }
        }
    };
    let json =
        serde_json::to_string(&line).map_err(|error| JournalError::NoRecord(error.to_string()))?;
    Ok(format!("{:016x} {json}", checksum(&json)))
}

/// Reads a line. Formulas and styles that are new to the workbook are added to
/// its lists; nothing else of it changes.
pub fn decode(book: &mut Workbook, line: &str) -> Result<Record, JournalError> {
    let line = line.trim_end_matches(['\n', '\r']);
    let (sum, json) = line.split_once(' ').ok_or(JournalError::Checksum)?;
    if sum.len() != 16 || u64::from_str_radix(sum, 16) != Ok(checksum(json)) {
        return Err(JournalError::Checksum);
    }
    let line: Line =
        serde_json::from_str(json).map_err(|error| JournalError::NoRecord(error.to_string()))?;
    let Line::Apply {
        label,
        mut edits,
        templates,
        styles,
        differential,
    } = line
    else {
        return Ok(match line {
            Line::Undo => Record::Undo,
            _ => Record::Redo,
        });
    };
    let templates: BTreeMap<u32, TemplateId> = templates
        .iter()
        .map(|(id, template)| (*id, book.templates.intern_shared(template)))
        .collect();
    let styles: BTreeMap<u32, u32> = styles
        .into_iter()
        .map(|(index, style)| (index, book.styles.index_of(index, style)))
        .collect();
    let differential: BTreeMap<u32, u32> = differential
        .into_iter()
        .map(|(index, format)| (index, book.styles.add_differential(format)))
        .collect();
    let mut unknown = None;
    let mut missing = |what: &str, id: u32| {
        unknown.get_or_insert(JournalError::Unknown(format!("{what} {id}")));
    };
    for edit in &mut edits {
        ids::visit(edit, &mut |id| match id {
            Id::Template(id) => match templates.get(&id.0) {
                Some(known) => *id = *known,
                None => missing("the formula", id.0),
            },
            Id::Style(style) => match styles.get(style) {
                Some(known) => *style = *known,
                None => missing("the style", *style),
            },
            Id::Differential(index) => match differential.get(index) {
                Some(known) => *index = *known,
                None => missing("the format", *index),
            },
        });
    }
    match unknown {
        Some(error) => Err(error),
        None => Ok(Record::Apply(Transaction { label, edits })),
    }
}

/// FNV-1a (Fowler, Noll, Vo) in 64 bits: tells a line that was cut off or
/// overwritten; it is no protection against anyone.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
