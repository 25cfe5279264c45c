//! What a rectangle of cells holds, to be put somewhere in one edit.

use super::before::Touched;
use super::transaction::MAX_FILL;
use super::{Before, Cells, EditError, Run, RunKind, Runs, Template, Workbook};
use crate::grid::{Area, Pos, Rect};
use std::sync::Arc;

/// Constants and formulas in their places. Where neither is, cells are blank.
///
/// Formulas come in rectangles, so that a million cells filled with one are
/// one entry here and one run of the sheet.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Block {
    /// Constants, and values to show for formulas until they are calculated.
    pub cells: Cells,
    pub formulas: Vec<FormulaRun>,
}

impl Block {
    /// What it has in a part of its cells. Array formulas are not cut.
    pub(super) fn part(&self, rect: Rect) -> Self {
        let within = self.formulas.iter().filter_map(|run| {
            Some(FormulaRun {
                rect: run.rect.intersection(&rect)?,
                ..run.clone()
            })
        });
        Self {
            cells: self.cells.copy_of(rect),
            formulas: within.collect(),
        }
    }
}

/// A formula and the cells that have it, as in a [`Run`], but independent of a
/// workbook.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FormulaRun {
    pub rect: Rect,
    pub template: Arc<Template>,
    pub kind: RunKind,
}

impl FormulaRun {
    /// The formula copied into a rectangle, `#REF!` in it where references leave
    /// the sheet. More than one run where they do so in a part of it only.
    pub fn copied_into(&self, rect: Rect) -> Vec<Self> {
        let mut out = Vec::new();
        super::clip::copied_into(self, rect, &mut out);
        out
    }

    /// The cell that the formula's relative references count from, for a cell of the run.
    pub fn origin(&self, at: Pos) -> Pos {
        match self.kind.is_per_cell() {
            true => at,
            false => self.rect.top_left(),
        }
    }
}

impl Workbook {
    /// The runs that meet an area, those that stand in each cell cut to it.
    pub fn formulas_in(&self, area: Area) -> Vec<FormulaRun> {
        let runs = &self.sheet(area.sheet).runs;
        let met = runs.intersecting(area.rect);
        let met = met.into_iter().filter_map(|id| runs.get(id));
        met.map(|run| FormulaRun {
            rect: match run.kind.is_per_cell() {
                true => run.rect.intersection(&area.rect).unwrap_or(run.rect),
                false => run.rect,
            },
            template: self.templates.get(run.template).clone(),
            kind: run.kind.clone(),
        })
        .collect()
    }

    /// Gives the cells of an area what a block has in their places.
    pub(super) fn put_block(
        &mut self,
        area: Area,
        block: &Block,
        touched: &mut Touched,
    ) -> Result<Before, EditError> {
        self.check_contents(area)?;
        let bad = || EditError::BadBlock {
            area: self.area_address(area),
        };
        let within = |rect: &Rect| area.rect.contains_rect(rect);
        if !block.cells.used().is_none_or(|used| within(&used)) {
            return Err(bad());
        }
        let mut filled = 0;
        let mut placed = Runs::default();
        let mut ready = Vec::new();
        for FormulaRun {
            rect,
            template,
            kind,
        } in &block.formulas
        {
            filled += rect.len();
            let mut run = Run {
                rect: *rect,
                template: self.templates.intern_shared(template),
                kind: kind.clone(),
            };
            let free = within(rect) && placed.try_insert(run.clone()).is_ok();
            if !free {
                let area = self.area_address(area);
                return Err(EditError::BadBlock { area });
            }
            if matches!(**template, Template::Unreadable(_)) && kind.is_per_cell() {
                // Its text is that of one cell.
                for at in rect.cells() {
                    run.rect = Rect::cell(at);
                    ready.push((run.clone(), false));
                }
            } else {
                ready.push((run, kind.is_per_cell()));
            }
        }
        if filled > MAX_FILL {
            return Err(EditError::TooManyCells {
                area: self.area_address(area),
                cells: filled,
            });
        }
        let before = self.open_contents(area, touched);
        let sheet = self.sheet_mut(area.sheet);
        sheet.cells.clear(area.rect);
        sheet.cells.put(&block.cells);
        for (run, joins) in ready {
            match joins {
                true => sheet.runs.insert_merged(run),
                false => sheet.runs.insert(run),
            };
            touched.structural = true;
        }
        Ok(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;
    use crate::workbook::{Edit, Transaction};

    #[test]
    fn a_block_replaces_what_was_there_and_is_undone() {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("a");
        let rect = Rect::new(Pos::new(0, 0), Pos::new(999_999, 1));
        let area = Area { sheet, rect };
        book.sheet_mut(sheet).cells.set(Pos::new(7, 1), 5.0.into());
        let template = crate::formula::parse("A1*2", Pos::new(0, 1)).unwrap();
        let mut block = Block::default();
        block.cells.set_numbers(0, 0, &vec![2.0; 1_000_000]);
        block.formulas.push(FormulaRun {
            rect: Rect { left: 1, ..rect },
            template: Arc::new(Template::Formula(template)),
            kind: RunKind::Plain,
        });
        let put = Edit::Put {
            area,
            block: Arc::new(block.clone()),
        };
        let applied = book.apply(&Transaction::new("put", vec![put])).unwrap();
        assert_eq!(book.sheet(sheet).runs.len(), 1);
        assert_eq!(book.formulas_in(area), block.formulas);
        assert_eq!(book.sheet(sheet).cells.get(Pos::new(7, 1)), Value::Blank);
        book.apply(&applied.inverse).unwrap();
        assert!(book.sheet(sheet).runs.is_empty());
        assert_eq!(
            book.sheet(sheet).cells.used(),
            Some(Rect::cell(Pos::new(7, 1)))
        );

        let twice = block.formulas[0].clone();
        block.formulas.push(twice);
        let put = Edit::Put {
            area,
            block: Arc::new(block),
        };
        let error = book.apply(&Transaction::new("put", vec![put])).unwrap_err();
        assert!(error.to_string().contains("overlap"), "{error}");
    }
}
