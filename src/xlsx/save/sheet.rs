//! Splicing a sheet's changes into its part.

use super::cell::{CellXml, FormulaXml};
use super::columns;
use super::compare::{Change, Changed, Compare};
use super::layout::{Layout, RowSlot};
use super::{Splice, auto_filter, conditional, formula_text, merges, panes, validation};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::workbook::{Run, RunKind, Sheet, Template};
use crate::xlsx::error::SaveError;
use crate::xlsx::read::OriginalSheet;
use crate::xlsx::read::table::parse_rect;
use crate::xlsx::read::values::{Context, ValueReader};
use crate::xlsx::xml::{Patches, XmlError, value_range, with_attribute};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What splicing a sheet did besides.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Cells got or lost a formula, so the calculation chain is wrong.
    pub formulas_moved: bool,
    /// A formula without a value was written.
    pub uncalculated: bool,
}

/// The part with the sheet's changes in it; `None` where nothing differs.
pub(super) fn splice(
    splice: &mut Splice<'_>,
    part: &str,
    text: &str,
    sheet: &Sheet,
    original: &OriginalSheet,
    context: &Context,
) -> Result<Option<(String, Outcome)>, SaveError> {
    let mut compare = Compare::new(splice.book, sheet, original, ValueReader::new(context));
    let layout = Layout::scan(text, |record| compare.cell(&record))
        .map_err(|e| SaveError::Original(e.in_part(part, text)))?;
    compare.finish();
    let mut writer = Writer {
        splice,
        sheet,
        layout: &layout,
        patches: Patches::default(),
        outcome: Outcome::default(),
    };
    for changed in &compare.changed {
        writer.changed(&compare, changed)?;
    }
    let new = new_cells(sheet, &layout, &compare);
    writer.rows(&new)?;
    writer.dimension(&new);
    columns::splice(sheet, &layout, &mut writer.patches);
    let Writer {
        mut patches,
        outcome,
        ..
    } = writer;
    features(splice, sheet, &layout, &mut patches)
        .map_err(|e| SaveError::Original(e.in_part(part, text)))?;
    Ok((!patches.is_empty()).then(|| (patches.apply(text), outcome)))
}

/// What a part holds besides rows and cells.
fn features(
    splice: &Splice<'_>,
    sheet: &Sheet,
    layout: &Layout<'_>,
    patches: &mut Patches,
) -> Result<(), XmlError> {
    panes::splice(sheet, layout, patches)?;
    auto_filter::splice(splice, sheet, layout, patches)?;
    merges::splice(sheet, layout, patches)?;
    conditional::splice(splice, sheet, layout, patches)?;
    validation::splice(splice, sheet, layout, patches)
}

const WHOLE_SHEET: Rect = Rect {
    top: 0,
    left: 0,
    bottom: MAX_ROWS - 1,
    right: MAX_COLS - 1,
};

/// The cells that the sheet has and the part has not.
fn new_cells(sheet: &Sheet, layout: &Layout<'_>, compare: &Compare<'_, '_>) -> BTreeSet<Pos> {
    let mut new = BTreeSet::new();
    if sheet.cells.iter(WHOLE_SHEET).count() as u64 != compare.filled {
        let cells = sheet.cells.iter(WHOLE_SHEET).map(|(at, _)| at);
        new.extend(cells.filter(|&at| !layout.has(at)));
    }
    for run in compare.new_runs() {
        // An array formula stands in its first cell; the others have values or nothing.
        let rect = if run.kind.is_per_cell() {
            run.rect
        } else {
            Rect::cell(run.rect.top_left())
        };
        new.extend(rect.cells().filter(|&at| !layout.has(at)));
    }
    let styled: u64 = pieces(sheet).map(|(piece, _)| piece.len()).sum();
    if styled == compare.styled {
        return new;
    }
    for (piece, style) in pieces(sheet) {
        for at in piece.cells() {
            let row = sheet.rows.get(at.row).style;
            let column = sheet.columns.get(&at.col).map_or(0, |c| c.style);
            let inherited = if row != 0 { row } else { column };
            if style != inherited && !layout.has(at) {
                new.insert(at);
            }
        }
    }
    new
}

fn pieces(sheet: &Sheet) -> impl Iterator<Item = (Rect, u32)> {
    sheet.styles.pieces(WHOLE_SHEET)
}

struct Writer<'w, 'b> {
    splice: &'w mut Splice<'b>,
    sheet: &'w Sheet,
    layout: &'w Layout<'w>,
    patches: Patches,
    outcome: Outcome,
}

impl Writer<'_, '_> {
    /// Rewrites a cell that the part has.
    fn changed(&mut self, compare: &Compare<'_, '_>, changed: &Changed) -> Result<(), SaveError> {
        let at = changed.at;
        let text = self.layout.text;
        let tag = &text[changed.tag.clone()];
        let style = self.sheet.style(at);
        let run = self.sheet.runs.at(at).map(|(_, run)| run);
        let (formula, cm) = match &changed.how {
            Change::Style => {
                let style = style.to_string();
                let tag = with_attribute(tag, "s", Some(&style));
                self.patches.replace(changed.tag.clone(), tag);
                return Ok(());
            }
            Change::Value => match &changed.formula {
                // What opening did not take for a formula does not stay one.
                Some(bytes) if run.is_some() => {
                    (FormulaXml::Kept(text[bytes.clone()].to_owned()), changed.cm)
                }
                _ => (FormulaXml::None, 0),
            },
            Change::Heir(index, rect) => {
                self.check_readable(run, at)?;
                let text = self.text(run, at)?;
                (FormulaXml::Shared(*index, *rect, text), 0)
            }
            Change::Formula => {
                self.outcome.formulas_moved |= run.is_some() != compare.had_formula(at);
                self.formula(run, at)?
            }
        };
        let attributes = other_attributes(tag);
        let mut out = String::new();
        self.cell(at, &attributes, formula, cm, &mut out);
        self.patches.replace(changed.bytes.clone(), out);
        Ok(())
    }

    /// Writes a cell with its present value and style.
    fn cell(&mut self, at: Pos, attributes: &str, formula: FormulaXml, cm: u32, out: &mut String) {
        let value = self.sheet.cells.get(at);
        self.outcome.uncalculated |= value.is_blank() && formula != FormulaXml::None;
        CellXml {
            prefix: self.layout.prefix,
            at,
            style: self.sheet.style(at),
            attributes,
            cm,
            formula,
            value: &value,
        }
        .write(out);
    }

    /// The formula element of a cell that is newly written, and its metadata.
    fn formula(&mut self, run: Option<&Run>, at: Pos) -> Result<(FormulaXml, u32), SaveError> {
        let Some(run) = run else {
            return Ok((FormulaXml::None, 0));
        };
        match run.kind {
            RunKind::Plain => Ok((FormulaXml::Plain(self.text(Some(run), at)?), 0)),
            RunKind::Array if at == run.rect.top_left() => {
                let text = self.text(Some(run), at)?;
                Ok((FormulaXml::Array(run.rect, text), 0))
            }
            RunKind::Array => Ok((FormulaXml::None, 0)),
            RunKind::Dynamic => {
                let text = self.text(Some(run), at)?;
                let rect = self.sheet.spills.get(&at).copied();
                let cm = self.splice.dynamic_metadata()?;
                Ok((FormulaXml::Array(rect.unwrap_or(Rect::cell(at)), text), cm))
            }
            RunKind::DataTable => Err(SaveError::Content {
                place: format!("{}!{at}", self.sheet.name),
                problem: "a data table cannot be written to another place than it was in; \
                          undo what moved it"
                    .into(),
            }),
        }
    }

    /// A formula that cannot be read cannot be shifted from the cell that it
    /// was shared from.
    fn check_readable(&self, run: Option<&Run>, at: Pos) -> Result<(), SaveError> {
        let template = run.map(|run| self.splice.book.templates.get(run.template));
        match template.map(|t| &**t) {
            Some(Template::Unreadable(text)) => Err(SaveError::Content {
                place: format!("{}!{at}", self.sheet.name),
                problem: format!(
                    "it shares the formula ={text}, which this program cannot read, with a cell \
                     that was changed; undo that change, or change this cell too"
                ),
            }),
            _ => Ok(()),
        }
    }

    fn text(&self, run: Option<&Run>, at: Pos) -> Result<String, SaveError> {
        let run = run.ok_or_else(|| SaveError::Content {
            place: format!("{}!{at}", self.sheet.name),
            problem: "its formula is lost".into(),
        })?;
        Ok(formula_text(self.splice.book, run, at))
    }

    /// Inserts new cells and rows, and brings the tags of rows up to date.
    fn rows(&mut self, new: &BTreeSet<Pos>) -> Result<(), SaveError> {
        // Rows that exist: their tags, and their new cells.
        for slot in &self.layout.rows {
            let row = slot.record.row;
            let is_first = self
                .layout
                .row(row)
                .is_some_and(|first| first.record.tag == slot.record.tag);
            if is_first {
                self.row(slot, new)?;
            }
        }
        // New rows: of new cells, or of rows with properties.
        let mut rows: BTreeSet<u32> = new.iter().map(|at| at.row).collect();
        rows.extend(
            self.sheet
                .rows
                .iter()
                .flat_map(|(first, last, _)| first..=last),
        );
        let prefix = self.layout.prefix;
        let mut added = String::new();
        for row in rows {
            if self.layout.row(row).is_some() {
                continue;
            }
            let tag = self.row_tag(&format!("<{prefix}row r=\"{}\">", row + 1), row, true);
            let mut out = tag;
            for &at in new.range(Pos::new(row, 0)..=Pos::new(row, MAX_COLS)) {
                self.new_cell(at, &mut out)?;
            }
            let _ = write!(out, "</{prefix}row>");
            if self.layout.data_empty {
                added.push_str(&out);
            } else {
                self.patches.insert(self.layout.place_of_row(row), out);
            }
        }
        if !added.is_empty() {
            let text = format!("<{prefix}sheetData>{added}</{prefix}sheetData>");
            self.patches.replace(self.layout.data.clone(), text);
        }
        Ok(())
    }

    fn row(&mut self, slot: &RowSlot, new: &BTreeSet<Pos>) -> Result<(), SaveError> {
        let row = slot.record.row;
        let old = &self.layout.text[slot.record.tag.clone()];
        let record = &slot.record;
        let now = self.sheet.rows.get(row);
        let same =
            now.height == record.height && now.hidden == record.hidden && now.style == record.style;
        let mut cells = new
            .range(Pos::new(row, 0)..=Pos::new(row, MAX_COLS))
            .copied()
            .peekable();
        if same && cells.peek().is_none() {
            return Ok(());
        }
        let mut tag = if same {
            old.to_owned()
        } else {
            self.row_tag(old, row, false)
        };
        let mut inside = String::new();
        for at in cells {
            tag = widen_spans(&tag, at.col);
            if record.empty {
                self.new_cell(at, &mut inside)?;
            } else {
                let mut out = String::new();
                self.new_cell(at, &mut out)?;
                let place = self.layout.place_of_cell(slot, at.col);
                self.patches.insert(place, out);
            }
        }
        if record.empty && !inside.is_empty() {
            let prefix = self.layout.prefix;
            let open = tag.trim_end_matches('>').trim_end_matches('/').trim_end();
            tag = format!("{open}>{inside}</{prefix}row>");
        }
        if tag != old {
            self.patches.replace(record.tag.clone(), tag);
        }
        Ok(())
    }

    /// A row's tag with the present properties of the row.
    fn row_tag(&self, tag: &str, row: u32, new: bool) -> String {
        let now = self.sheet.rows.get(row);
        let flag = |set: bool| set.then_some("1");
        let style = (now.style != 0).then(|| now.style.to_string());
        let height = now.height.map(|h| h.to_string());
        let mut tag = with_attribute(tag, "s", style.as_deref());
        tag = with_attribute(&tag, "customFormat", flag(now.style != 0));
        let before = value_range(&tag, "ht").and_then(|r| tag[r].parse::<f64>().ok());
        if new || before != now.height {
            tag = with_attribute(&tag, "ht", height.as_deref());
            tag = with_attribute(&tag, "customHeight", flag(now.height.is_some()));
        }
        with_attribute(&tag, "hidden", flag(now.hidden))
    }

    fn new_cell(&mut self, at: Pos, out: &mut String) -> Result<(), SaveError> {
        let run = self.sheet.runs.at(at).map(|(_, run)| run);
        let (formula, cm) = self.formula(run, at)?;
        self.outcome.formulas_moved |= formula != FormulaXml::None;
        self.cell(at, "", formula, cm, out);
        Ok(())
    }

    /// Makes the dimension hold the new cells.
    fn dimension(&mut self, new: &BTreeSet<Pos>) {
        let hull = new
            .iter()
            .map(|&at| Rect::cell(at))
            .reduce(|a, b| a.hull(&b));
        let (Some(range), Some(hull)) = (self.layout.dimension.clone(), hull) else {
            return;
        };
        // An empty sheet says A1.
        let old = parse_rect(&self.layout.text[range.clone()]);
        let old = old.filter(|_| !self.layout.rows.is_empty());
        let rect = old.map_or(hull, |old| old.hull(&hull));
        let text = rect.to_string();
        if text != self.layout.text[range.clone()] {
            self.patches.replace(range, text);
        }
    }
}

/// Makes a row's `spans` hold a column. It is a hint; where it is not
/// understood it is taken out.
fn widen_spans(tag: &str, col: u32) -> String {
    let Some(range) = value_range(tag, "spans") else {
        return tag.to_owned();
    };
    let span = tag[range]
        .split_once(':')
        .and_then(|(first, last)| Some((first.parse::<u32>().ok()?, last.parse::<u32>().ok()?)));
    let spans = span.map(|(first, last)| format!("{}:{}", first.min(col + 1), last.max(col + 1)));
    with_attribute(tag, "spans", spans.as_deref())
}

/// The attributes of a cell's tag that are carried over as they are, with a
/// space in front.
fn other_attributes(tag: &str) -> String {
    ["r", "s", "t", "cm", "vm"]
        .into_iter()
        .fold(tag.to_owned(), |tag, name| with_attribute(&tag, name, None))
        .split_once(char::is_whitespace)
        .map(|(_, rest)| rest.trim_end_matches('>').trim_end_matches('/').trim())
        .filter(|rest| !rest.is_empty())
        .map_or(String::new(), |rest| format!(" {rest}"))
}
