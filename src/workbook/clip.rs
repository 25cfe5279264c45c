//! The clipboard: cells copied, to be pasted elsewhere.

mod paste;
mod text;
mod tile;

#[cfg(test)]
mod tests;

pub use paste::{Paste, PasteWhat};
pub use text::parse_text;
pub(super) use tile::{Tiles, copied_into, copy_cells, nonblank_pieces};

use super::area_rules::AreaRules;
use super::{Block, Cells, EditError, FormulaRun, RunKind, StyleMap, Template, Workbook};
use crate::formula;
use crate::grid::{Area, Pos, Rect};
use std::sync::Arc;

/// Cells copied: values, formulas, styles, merged cells. Places in it count
/// from its first cell. Styles are those of the workbook it comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clip {
    pub rows: u32,
    pub cols: u32,
    /// What the cells show, computed or not.
    pub values: Cells,
    pub formulas: Vec<FormulaRun>,
    /// Results of dynamic arrays whose formula is in here, too.
    spilled: Vec<Rect>,
    /// The styles that cells are shown in, but for the default one.
    pub styles: StyleMap,
    pub merges: Vec<Rect>,
    /// The conditional formats and validations of cells.
    pub(super) rules: AreaRules,
    /// An array formula of which not all cells were copied, by its address:
    /// its values can be pasted, it cannot.
    cut_array: Option<String>,
}

/// Why cells cannot be copied or pasted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClipError {
    #[error("nothing is selected: select the cells to copy")]
    Nothing,
    #[error(
        "these areas cannot be copied together: they must be on one sheet, apart, and have the \
         same rows or the same columns"
    )]
    NotAligned,
    #[error(
        "{0} is an array formula of which only a part was copied: copy all of it, or paste values"
    )]
    PartOfArray(String),
    #[error("an array formula cannot be transposed: paste its values")]
    TransposedArray,
    #[error("{rows} rows and {cols} columns do not fit on the sheet at {at}")]
    DoesNotFit { rows: u32, cols: u32, at: Pos },
    #[error("{0} would cut merged cells: unmerge them first, or select all of them")]
    CutsMerged(String),
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Clip {
    /// All its cells, in its own places.
    pub fn rect(&self) -> Rect {
        Rect {
            top: 0,
            left: 0,
            bottom: self.rows.max(1) - 1,
            right: self.cols.max(1) - 1,
        }
    }

    /// An array formula of which not all cells were copied.
    pub(super) fn cut_array(&self) -> Option<&str> {
        self.cut_array.as_deref()
    }

    /// Constants and formulas, without the values that formulas show.
    pub(super) fn contents(&self) -> Block {
        let mut cells = self.values.clone();
        let computed = self.formulas.iter().map(|f| &f.rect);
        for rect in computed.chain(&self.spilled) {
            cells.clear(*rect);
        }
        Block {
            cells,
            formulas: self.formulas.clone(),
        }
    }

    /// The clip with rows for columns.
    fn transposed(&self) -> Result<Self, ClipError> {
        let turned = |rect: &Rect| Rect {
            top: rect.left,
            left: rect.top,
            bottom: rect.right,
            right: rect.bottom,
        };
        let mut out = Self {
            rows: self.cols,
            cols: self.rows,
            spilled: self.spilled.iter().map(turned).collect(),
            merges: self.merges.iter().map(turned).collect(),
            rules: self.rules.clone().transposed(),
            cut_array: self.cut_array.clone(),
            ..Self::default()
        };
        if let Some(used) = self.values.used() {
            self.values.for_each(used, &mut |at, value| {
                out.values.set(Pos::new(at.col, at.row), value.clone());
            });
        }
        for run in &self.formulas {
            if !run.kind.is_per_cell() && !run.rect.is_cell() {
                return Err(ClipError::TransposedArray);
            }
            let template = match &*run.template {
                Template::Formula(expr) => Arc::new(Template::Formula(formula::transposed(expr))),
                Template::Unreadable(_) => run.template.clone(),
            };
            out.formulas.push(FormulaRun {
                rect: turned(&run.rect),
                template,
                kind: run.kind.clone(),
            });
        }
        for (piece, style) in self.styles.pieces(self.rect()) {
            out.styles.set(turned(&piece), Some(style));
        }
        Ok(out)
    }
}

impl Workbook {
    /// Copies an area, or several of the same rows or columns, which are put
    /// side by side. Rows that a filter hides are left out.
    ///
    /// A formula that spilled is copied as a formula; results copied without
    /// it are values. Formulas that could not be read, and data tables, are
    /// copied as the values they show.
    pub fn copy(&self, areas: &[Area]) -> Result<Clip, ClipError> {
        let mut clip = Clip::default();
        let mut areas = areas.to_vec();
        areas.sort_by_key(|area| area.rect);
        areas.dedup();
        let (Some(first), Some(last)) = (areas.first().copied(), areas.last().copied()) else {
            return Err(ClipError::Nothing);
        };
        let same_rows = areas
            .iter()
            .all(|a| a.rect.top == first.rect.top && a.rect.bottom == first.rect.bottom);
        let same_cols = areas
            .iter()
            .all(|a| a.rect.left == first.rect.left && a.rect.right == first.rect.right);
        let apart = areas
            .windows(2)
            .all(|pair| pair[0].rect.intersection(&pair[1].rect).is_none());
        let one_sheet = areas.iter().all(|a| a.sheet == first.sheet);
        if !one_sheet || !apart || !(same_rows || same_cols) {
            return Err(ClipError::NotAligned);
        }
        for area in [first, last] {
            self.check_area(area)?;
        }
        let mut at = Pos::new(0, 0);
        for area in areas {
            let before = at;
            for rect in self.shown_parts(area) {
                let part = Area { rect, ..area };
                self.copy_part(part, at, &mut clip);
                at.row += rect.rows();
            }
            clip.rows = clip.rows.max(at.row);
            clip.cols = clip.cols.max(at.col + area.rect.cols());
            if same_rows {
                at = Pos::new(before.row, at.col + area.rect.cols());
            }
        }
        match clip.rows {
            0 => Err(ClipError::Nothing),
            _ => Ok(clip),
        }
    }

    /// An area as a clip, rows that a filter hides included.
    pub(super) fn whole_clip(&self, area: Area) -> Clip {
        let mut clip = Clip {
            rows: area.rect.rows(),
            cols: area.rect.cols(),
            ..Clip::default()
        };
        self.copy_part(area, Pos::new(0, 0), &mut clip);
        clip
    }

    /// An area without the rows that a filter hides.
    pub fn shown_parts(&self, area: Area) -> Vec<Rect> {
        let rect = area.rect;
        let mut parts = Vec::new();
        let mut top = rect.top;
        let rows = self.sheet(area.sheet).rows.within(top..=rect.bottom);
        for (first, last, _) in rows.filter(|(.., props)| props.hidden && props.filtered) {
            if top < first {
                let bottom = first - 1;
                parts.push(Rect {
                    top,
                    bottom,
                    ..rect
                });
            }
            top = last + 1;
        }
        if top <= rect.bottom {
            parts.push(Rect { top, ..rect });
        }
        parts
    }

    pub(super) fn copy_part(&self, area: Area, at: Pos, clip: &mut Clip) {
        let sheet = self.sheet(area.sheet);
        let from = area.rect.top_left();
        let moved = |rect: Rect| Rect {
            top: rect.top - from.row + at.row,
            left: rect.left - from.col + at.col,
            bottom: rect.bottom - from.row + at.row,
            right: rect.right - from.col + at.col,
        };
        tile::copy_cells(&sheet.cells, area.rect, &mut clip.values, at);
        for run in self.formulas_in(area) {
            if !area.rect.contains_rect(&run.rect) {
                clip.cut_array.get_or_insert_with(|| run.rect.to_string());
                continue;
            }
            let readable = matches!(*run.template, Template::Formula(_));
            if readable && run.kind != RunKind::DataTable {
                clip.formulas.push(FormulaRun {
                    rect: moved(run.rect),
                    ..run
                });
            }
        }
        for (anchor, rect) in &sheet.spills {
            if let (true, Some(inside)) =
                (area.rect.contains(*anchor), rect.intersection(&area.rect))
            {
                clip.spilled.push(moved(inside));
            }
        }
        for (piece, style) in self.shown_styles(area).pieces(area.rect) {
            clip.styles.set(moved(piece), Some(style));
        }
        let merges = sheet.merges.iter();
        let whole = merges.filter(|rect| area.rect.contains_rect(rect));
        clip.merges.extend(whole.map(|rect| moved(*rect)));
        let rules = AreaRules::of(sheet).within(area.rect, &moved);
        clip.rules.conditional.extend(rules.conditional);
        clip.rules.validations.extend(rules.validations);
    }
}
