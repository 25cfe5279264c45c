//! Where drawings and controls are anchored, after rows and columns were
//! inserted and deleted.

use super::replay::line_after;
use crate::grid::{MAX_COLS, MAX_ROWS, Pos};
use crate::workbook::{Axis, Shift};
use crate::xlsx::xml::{Patches, Xml, XmlError};
use std::ops::Range;

/// A place that an anchor names: the bytes of its number, and the number.
struct Line {
    axis: Axis,
    /// In `<from>`; else in `<to>`.
    from: bool,
    bytes: Range<usize>,
    number: u32,
}

/// Moves the anchors in `text`, which stands `offset` bytes into what
/// `patches` are for. What moves with cells but keeps its size keeps it.
pub(super) fn moved(
    shifts: &[Shift],
    text: &str,
    offset: usize,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    if shifts.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut keeps_size = false;
    let mut absolute = false;
    let mut from = None;
    let mut finish = |lines: &mut Vec<Line>, keeps_size: bool, absolute: bool| {
        let lines = std::mem::take(lines);
        if absolute {
            return;
        }
        for line in &lines {
            let first = lines.iter().find(|l| l.axis == line.axis && l.from);
            let (now, _) = match first {
                Some(first) if keeps_size && !line.from => {
                    let (moved, here) = line_after(shifts, line.axis, first.number);
                    let size = line.number.saturating_sub(first.number);
                    (moved.saturating_add(size), here)
                }
                _ => line_after(shifts, line.axis, line.number),
            };
            if now != line.number {
                patches.replace(line.bytes.clone(), now.to_string());
            }
        }
    };
    Xml::new(text).each_element(|xml, element| {
        let name = element.name().to_owned();
        match name.as_str() {
            "twoCellAnchor" | "oneCellAnchor" | "anchor" => {
                finish(&mut lines, keeps_size, absolute);
                let edit_as = element.attribute("editAs");
                let flag = |name| {
                    let value = element.attribute(name);
                    value.is_some_and(|v| crate::xlsx::xml::is_true(&v))
                };
                // Controls say the same with two switches.
                keeps_size = match edit_as.as_deref() {
                    Some(kind) => kind == "oneCell",
                    None => name == "anchor" && !flag("sizeWithCells"),
                };
                absolute = match edit_as.as_deref() {
                    Some(kind) => kind == "absolute",
                    None => name == "anchor" && !flag("moveWithCells"),
                };
                from = None;
            }
            "absoluteAnchor" => {
                finish(&mut lines, keeps_size, absolute);
                from = None;
            }
            "from" => from = Some(true),
            "to" => from = Some(false),
            "row" | "col" if from.is_some() && !element.empty => {
                let start = offset + xml.end();
                let number = xml.content()?.trim().parse();
                let axis = if name == "row" {
                    Axis::Rows
                } else {
                    Axis::Columns
                };
                lines.extend(number.ok().map(|number| Line {
                    axis,
                    from: from == Some(true),
                    bytes: start..offset + xml.start(),
                    number,
                }));
            }
            // What is anchored; it has places of its own kind.
            "graphicFrame" | "pic" | "sp" | "grpSp" | "cxnSp" | "clientData" => from = None,
            _ => {}
        }
        Ok(())
    })?;
    finish(&mut lines, keeps_size, absolute);
    Ok(())
}

/// Moves the anchor of a comment's box: column, offset, row, offset, twice,
/// as VML writes them.
pub(super) fn vml_anchor(shifts: &[Shift], text: &str) -> Option<String> {
    let mut numbers = vml_numbers(text)?;
    for (axis, first, last) in [(Axis::Columns, 0, 4), (Axis::Rows, 2, 6)] {
        let size = numbers[last] - numbers[first];
        let before = u32::try_from(numbers[first]).ok()?;
        numbers[first] = i64::from(line_after(shifts, axis, before).0);
        numbers[last] = numbers[first] + size;
    }
    Some(vml_text(&numbers))
}

/// As [`vml_anchor`], of the comment of a cell that was moved: the box goes
/// with it, but not off the sheet.
pub(super) fn vml_anchor_moved(from: Pos, to: Pos, text: &str) -> Option<String> {
    let mut numbers = vml_numbers(text)?;
    let columns = i64::from(to.col) - i64::from(from.col);
    let rows = i64::from(to.row) - i64::from(from.row);
    for (by, first, last, most) in [(columns, 0, 4, MAX_COLS), (rows, 2, 6, MAX_ROWS)] {
        let size = numbers[last] - numbers[first];
        let end = i64::from(most) - 1 - size.max(0);
        numbers[first] = (numbers[first] + by).clamp(0, end.max(0));
        numbers[last] = numbers[first] + size;
    }
    Some(vml_text(&numbers))
}

fn vml_numbers(text: &str) -> Option<Vec<i64>> {
    let numbers = text.split(',').map(|n| n.trim().parse().ok());
    let numbers: Vec<i64> = numbers.collect::<Option<_>>()?;
    (numbers.len() == 8).then_some(numbers)
}

fn vml_text(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    numbers.join(", ")
}
