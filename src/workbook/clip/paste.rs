//! Pasting a clip.

use super::{Block, Clip, ClipError, Tiles, nonblank_pieces};
use crate::grid::{Area, Rect};
use crate::workbook::area_rules::AreaRules;
use crate::workbook::{Edit, LayoutEdit, Transaction, Workbook};
use std::sync::Arc;

/// What of a clip is pasted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasteWhat {
    #[default]
    All,
    /// Formulas and constants.
    Formulas,
    /// What the cells show.
    Values,
    /// Styles and merged cells.
    Formats,
}

/// How a clip is pasted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paste {
    pub what: PasteWhat,
    /// Rows become columns.
    pub transpose: bool,
    /// Where the clip is blank, the target stays as it is.
    pub skip_blanks: bool,
}

impl Paste {
    pub fn new(what: PasteWhat) -> Self {
        Self {
            what,
            ..Self::default()
        }
    }
}

impl Workbook {
    /// The transaction that pastes a clip, and the area that it fills: the
    /// clip's size from the target's first cell on, or all of the target where
    /// it is several clips high, wide or both.
    pub fn paste(
        &self,
        clip: &Clip,
        target: Area,
        how: Paste,
    ) -> Result<(Transaction, Area), ClipError> {
        self.check_area(target)?;
        let turned;
        let clip = match how.transpose {
            true => {
                turned = clip.transposed()?;
                &turned
            }
            false => clip,
        };
        let area = Area {
            rect: pasted_rect(clip, target.rect)?,
            ..target
        };
        let tiles = Tiles {
            rows: clip.rows,
            cols: clip.cols,
            anchor: area.rect.top_left(),
            area: area.rect,
        };
        let (contents, formats) = match how.what {
            PasteWhat::All => (true, true),
            PasteWhat::Formulas | PasteWhat::Values => (true, false),
            PasteWhat::Formats => (false, true),
        };
        let source = match how.what {
            PasteWhat::Values => Block {
                cells: clip.values.clone(),
                formulas: Vec::new(),
            },
            _ => clip.contents(),
        };
        if contents
            && how.what != PasteWhat::Values
            && let Some(array) = &clip.cut_array
        {
            return Err(ClipError::PartOfArray(array.clone()));
        }
        let mut edits = Vec::new();
        let block = match contents || how.skip_blanks {
            true => tiles.block(&source)?,
            false => Block::default(),
        };
        let pieces = match how.skip_blanks {
            true => nonblank_pieces(&block),
            false => vec![area.rect],
        };
        if formats {
            edits.extend(self.pasted_merges(clip, &tiles, area)?);
            let styles = tiles.styles(&clip.styles);
            edits.extend(pieces.iter().map(|&rect| Edit::PutStyles {
                area: Area { rect, ..area },
                styles: Arc::new(styles.copy_of(rect)),
            }));
        }
        if contents && how.skip_blanks {
            edits.extend(pieces.iter().map(|&rect| Edit::Put {
                area: Area { rect, ..area },
                block: Arc::new(block.part(rect)),
            }));
        } else if contents {
            let block = Arc::new(block);
            edits.push(Edit::Put { area, block });
        }
        edits.extend(self.pasted_rules(clip, &tiles, area, &pieces, how.what));
        let label = format!("Paste {}", self.area_address(area));
        Ok((Transaction::new(label, edits), area))
    }

    /// What gives the pasted cells the conditional formats of the clip, and where
    /// all is pasted its validations, in place of their own.
    fn pasted_rules(
        &self,
        clip: &Clip,
        tiles: &Tiles,
        area: Area,
        pieces: &[Rect],
        what: PasteWhat,
    ) -> Vec<Edit> {
        let (sheet, now) = (area.sheet, self.sheet(area.sheet));
        if matches!(what, PasteWhat::Formulas | PasteWhat::Values) {
            return Vec::new();
        }
        let mut new = clip.rules.clone().placed(&|rect| {
            let rects = tiles.rects(rect, true).into_iter();
            let within = |rect: Rect| pieces.iter().filter_map(move |p| p.intersection(&rect));
            rects.flat_map(within).collect()
        });
        let mut rules = AreaRules::of(now);
        let all = what == PasteWhat::All;
        if !all {
            new.validations.clear();
        }
        for &piece in pieces {
            rules.clear_conditional(piece);
            if all {
                rules.clear_validations(piece);
            }
        }
        rules.add(new);
        let AreaRules {
            conditional: formats,
            validations,
        } = rules.without_empty();
        let mut edits = Vec::new();
        if formats != now.conditional {
            edits.push(Edit::SetConditionalFormats { sheet, formats });
        }
        if validations != now.validations {
            edits.push(Edit::SetValidations { sheet, validations });
        }
        edits
    }

    /// The sheet's merged cells after pasting those of a clip; `None` where
    /// they stay as they are.
    pub(in crate::workbook) fn pasted_merges(
        &self,
        clip: &Clip,
        tiles: &Tiles,
        area: Area,
    ) -> Result<Option<Edit>, ClipError> {
        let now = &self.sheet(area.sheet).merges;
        let mut merges = self.merges_outside(area)?;
        let pasted = clip
            .merges
            .iter()
            .flat_map(|&rect| tiles.rects(rect, false));
        merges.extend(pasted);
        Ok((merges != *now).then_some(Edit::Layout {
            sheet: area.sheet,
            edit: LayoutEdit::Merges(merges),
        }))
    }

    /// The merged cells that an area does not hold; refused where it cuts some.
    pub(in crate::workbook) fn merges_outside(&self, area: Area) -> Result<Vec<Rect>, ClipError> {
        let now = &self.sheet(area.sheet).merges;
        let cut = now
            .iter()
            .find(|rect| rect.intersection(&area.rect).is_some() && !area.rect.contains_rect(rect));
        if cut.is_some() {
            return Err(ClipError::CutsMerged(self.area_address(area)));
        }
        let outside = now.iter().filter(|rect| !area.rect.contains_rect(rect));
        Ok(outside.copied().collect())
    }
}

/// The cells that a clip fills when it is pasted at a target.
fn pasted_rect(clip: &Clip, target: Rect) -> Result<Rect, ClipError> {
    let tall = target.rows().is_multiple_of(clip.rows);
    let wide = target.cols().is_multiple_of(clip.cols);
    let (rows, cols) = match (tall, wide) {
        (true, true) => (target.rows(), target.cols()),
        (true, false) if target.cols() == 1 => (target.rows(), clip.cols),
        (false, true) if target.rows() == 1 => (clip.rows, target.cols()),
        _ => (clip.rows, clip.cols),
    };
    let at = target.top_left();
    Rect::sized(at, rows, cols).ok_or(ClipError::DoesNotFit { rows, cols, at })
}
