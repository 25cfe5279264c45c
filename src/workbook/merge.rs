//! Merging cells and taking merges apart.

use super::{ClipError, Edit, LayoutEdit, Transaction, Workbook};
use crate::grid::{Area, Cell, Rect};

/// What merging an area takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Merging {
    pub transaction: Transaction,
    /// The cells whose contents are lost: all that hold something but the
    /// first, which becomes what the merged cell holds. Worth a question.
    pub lost: Vec<Cell>,
}

impl Workbook {
    /// Merges an area into one cell, in place of merged cells within it.
    pub fn merge(&self, area: Area) -> Result<Merging, ClipError> {
        self.check_area(area)?;
        let mut merges = self.merges_outside(area)?;
        if !area.rect.is_cell() {
            merges.push(area.rect);
        }
        let sheet = area.sheet;
        let clip = self.whole_clip(area);
        let mut held: Vec<Rect> = super::clip::nonblank_pieces(&clip.contents());
        held.sort_unstable();
        let mut cells: Vec<Cell> = held
            .into_iter()
            .flat_map(Rect::cells)
            .map(|at| Cell {
                sheet,
                pos: crate::grid::Pos::new(at.row + area.rect.top, at.col + area.rect.left),
            })
            .collect();
        cells.sort_unstable();
        let lost = cells.split_off(cells.len().min(1));
        let first = Cell {
            sheet,
            pos: area.rect.top_left(),
        };
        let mut edits = Vec::new();
        if let Some(kept) = cells.first() {
            let alone = Area {
                sheet,
                rect: Rect::cell(kept.pos),
            };
            if *kept != first {
                edits.push(Edit::Move {
                    from: alone,
                    to: first,
                });
            }
            let content = super::Content::Value(crate::value::Value::Blank);
            let rest = super::around(area.rect, Rect::cell(first.pos));
            edits.extend(rest.map(|rect| Edit::Set {
                area: Area { sheet, rect },
                content: content.clone(),
            }));
        }
        edits.push(Edit::Layout {
            sheet,
            edit: LayoutEdit::Merges(merges),
        });
        let label = format!("Merge {}", self.area_address(area));
        Ok(Merging {
            transaction: Transaction::new(label, edits),
            lost,
        })
    }

    /// Takes apart all merged cells that an area meets.
    pub fn unmerge(&self, area: Area) -> Transaction {
        let merges = self.sheet(area.sheet).merges.iter();
        let kept = merges.filter(|rect| rect.intersection(&area.rect).is_none());
        let edit = LayoutEdit::Merges(kept.copied().collect());
        let sheet = area.sheet;
        let label = format!("Unmerge {}", self.area_address(area));
        Transaction::new(label, vec![Edit::Layout { sheet, edit }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;
    use crate::value::Value;

    #[test]
    fn merged_cells_keep_the_first_value_and_tell_what_is_lost() {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("a");
        let area = Area {
            sheet,
            rect: Rect::new(Pos::new(1, 1), Pos::new(3, 3)),
        };
        for (row, col, value) in [(1, 2, 5.0), (2, 1, 6.0), (3, 3, 7.0), (0, 0, 1.0)] {
            let cells = &mut book.sheet_mut(sheet).cells;
            cells.set(Pos::new(row, col), Value::Number(value));
        }
        let merging = book.merge(area).unwrap();
        let lost: Vec<String> = merging.lost.iter().map(|c| c.pos.to_string()).collect();
        assert_eq!(lost, ["B3", "D4"]);
        let applied = book.apply(&merging.transaction).unwrap();
        let cells = &book.sheet(sheet).cells;
        assert_eq!(cells.get(Pos::new(1, 1)), Value::Number(5.0));
        assert_eq!(cells.iter(area.rect).count(), 1);
        assert_eq!(book.sheet(sheet).merges, [area.rect]);
        let inside = Area {
            sheet,
            rect: Rect::cell(Pos::new(2, 2)),
        };
        assert!(matches!(book.merge(inside), Err(ClipError::CutsMerged(_))));
        let unmerge = book.unmerge(inside);
        book.apply(&unmerge).unwrap();
        assert!(book.sheet(sheet).merges.is_empty());
        book.apply(&applied.inverse).unwrap();
        assert_eq!(book.sheet(sheet).cells.iter(area.rect).count(), 3);
    }
}
