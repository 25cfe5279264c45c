//! Text that goes into many cells at once: pasted from the system's clipboard,
//! or entered into a whole selection.

use super::edit::read_entry;
use super::{Engine, EntryError};
use crate::grid::{Area, Cell, Pos, Rect};
use crate::value::Value;
use crate::workbook::{
    Block, Clip, ClipError, Content, Edit, FormulaRun, Paste, PasteWhat, Runs, RunsBuilder,
    StyleChange, Transaction, Workbook, parse_text,
};
use std::sync::Arc;

/// Why a text cannot be pasted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PasteTextError {
    #[error("{cell}: {error}")]
    Entry { cell: String, error: EntryError },
    #[error(transparent)]
    Clip(#[from] ClipError),
}

impl Engine {
    /// The transaction that pastes a text of lines and tabs, and the area that
    /// it fills. Each field is read as if it were typed.
    pub fn paste_text(
        &mut self,
        target: Area,
        text: &str,
    ) -> Result<(Transaction, Area), PasteTextError> {
        let lines = parse_text(text);
        let mut clip = Clip::default();
        clip.rows = lines.len() as u32;
        clip.cols = lines.iter().map(Vec::len).max().unwrap_or(1) as u32;
        let mut formulas = RunsBuilder::new();
        let mut formats: Vec<(Pos, &'static str)> = Vec::new();
        let dates = self.workbook().date_system;
        for (row, line) in (0..).zip(&lines) {
            for (col, field) in (0..).zip(line) {
                let at = Pos::new(row, col);
                let there = Cell {
                    sheet: target.sheet,
                    pos: Pos::new(target.rect.top + row, target.rect.left + col),
                };
                let refused = |book: &Workbook, error| PasteTextError::Entry {
                    cell: book.address(there),
                    error,
                };
                if let Some(formula) = field.strip_prefix('=').filter(|rest| !rest.is_empty()) {
                    let content = self
                        .formula_content(there, formula)
                        .map_err(|error| refused(self.workbook(), error))?;
                    if let Content::Formula { template, kind, .. } = content {
                        formulas.push(at, template, kind);
                    }
                    continue;
                }
                let (value, format) =
                    read_entry(field, dates).map_err(|error| refused(self.workbook(), error))?;
                if value != Value::Blank {
                    clip.values.set(at, value);
                }
                formats.extend(format.map(|code| (at, code)));
            }
        }
        let mut runs = Runs::default();
        formulas.finish(&mut runs);
        clip.formulas = runs
            .iter()
            .map(|(_, run)| FormulaRun {
                rect: run.rect,
                template: self.workbook().templates.get(run.template).clone(),
                kind: run.kind.clone(),
            })
            .collect();
        let book = self.workbook();
        let (mut transaction, area) = book.paste(&clip, target, Paste::new(PasteWhat::Formulas))?;
        for (at, code) in formats {
            // In every repetition; cells that have a format keep it.
            for top in (area.rect.top + at.row..=area.rect.bottom).step_by(clip.rows as usize) {
                for left in (area.rect.left + at.col..=area.rect.right).step_by(clip.cols as usize)
                {
                    let pos = Pos::new(top, left);
                    let sheet = area.sheet;
                    if is_general(book.number_format(Cell { sheet, pos })) {
                        add_format(&mut transaction.edits, sheet, pos, code);
                    }
                }
            }
        }
        Ok((transaction, area))
    }

    /// The transaction that enters a text into all cells of areas, as
    /// Ctrl+Enter does: relative references count from the active cell.
    pub fn entry_all(
        &mut self,
        active: Cell,
        areas: &[Area],
        text: &str,
    ) -> Result<Transaction, EntryError> {
        let entry = self.entry(active, text)?;
        let mut edits = Vec::new();
        for edit in entry.edits {
            for &area in areas {
                edits.push(match &edit {
                    Edit::Set {
                        content: Content::Formula { template, kind, .. },
                        ..
                    } => {
                        let run = FormulaRun {
                            rect: area.rect,
                            template: self.workbook().templates.get(*template).clone(),
                            kind: kind.clone(),
                        };
                        let block = Block {
                            formulas: run.copied_into(area.rect),
                            ..Block::default()
                        };
                        Edit::Put {
                            area,
                            block: Arc::new(block),
                        }
                    }
                    Edit::Set { content, .. } => Edit::Set {
                        area,
                        content: content.clone(),
                    },
                    Edit::Restyle { change, .. } => Edit::Restyle {
                        area,
                        change: change.clone(),
                    },
                    Edit::SetNumberFormat { code, .. } => Edit::Restyle {
                        area,
                        change: StyleChange::number_format(code.clone()),
                    },
                    other => other.clone(),
                });
            }
        }
        Ok(Transaction::new(entry.label, edits))
    }
}

fn is_general(code: &str) -> bool {
    code.eq_ignore_ascii_case("general")
}

/// Adds a format, to the edit before it where that is for the cell above.
fn add_format(edits: &mut Vec<Edit>, sheet: crate::grid::SheetId, pos: Pos, code: &str) {
    if let Some(Edit::Restyle { area, change }) = edits.last_mut()
        && area.sheet == sheet
        && area.rect.left == pos.col
        && area.rect.right == pos.col
        && area.rect.bottom + 1 == pos.row
        && change.number_format.as_deref() == Some(code)
    {
        area.rect.bottom = pos.row;
        return;
    }
    let rect = Rect::cell(pos);
    edits.push(Edit::Restyle {
        area: Area { sheet, rect },
        change: StyleChange::number_format(code),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> (Engine, impl Fn(&str) -> Area) {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("a");
        let area = move |text: &str| {
            let (a, b) = text.split_once(':').unwrap_or((text, text));
            let pos = |text| Pos::parse_a1(text).unwrap();
            Area {
                sheet,
                rect: Rect::new(pos(a), pos(b)),
            }
        };
        (Engine::new(book), area)
    }

    fn shown(engine: &Engine, area: Area) -> String {
        let cells = area.rect.cells().map(|pos| {
            let sheet = area.sheet;
            engine.display(Cell { sheet, pos })
        });
        cells.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn pasted_text_is_read_as_if_it_were_typed() {
        let (mut engine, area) = engine();
        let text = "5\t50%\n\"a\nb\"\t=B2*2\n1/2/2024\tTRUE\n";
        let (paste, filled) = engine.paste_text(area("B2"), text).unwrap();
        assert_eq!(filled, area("B2:C4"));
        engine.apply(&paste).unwrap();
        assert_eq!(shown(&engine, filled), "5|50%|a\nb|10|1/2/2024|TRUE");
        let (paste, filled) = engine.paste_text(area("E1:E3"), "=E$9+1").unwrap();
        engine.apply(&paste).unwrap();
        assert_eq!(shown(&engine, filled), "1|1|1");
        assert_eq!(engine.workbook().sheet(filled.sheet).runs.len(), 2);
        let error = engine.paste_text(area("A1"), "1\t=SUM(").unwrap_err();
        assert!(error.to_string().starts_with("a!B1: "), "{error}");
        let long = format!("1\n{}", "x".repeat(40_000));
        let error = engine.paste_text(area("A1"), &long).unwrap_err();
        assert!(
            error.to_string().starts_with("a!A2: the text has 40000"),
            "{error}"
        );
        engine.undo().unwrap();
        engine.undo().unwrap();
        assert_eq!(engine.workbook().sheet(filled.sheet).cells.used(), None);
    }

    #[test]
    fn one_entry_goes_into_all_selected_cells() {
        let (mut engine, area) = engine();
        let active = Cell {
            sheet: area("B2").sheet,
            pos: Pos::new(1, 1),
        };
        let areas = [area("B2:C3"), area("A9:A1048576")];
        let entry = engine.entry_all(active, &areas, "=ROW(A1)+$D$1").unwrap();
        engine.apply(&entry).unwrap();
        assert_eq!(shown(&engine, area("B2:C3")), "1|1|2|2");
        // The column before A is not there.
        assert_eq!(shown(&engine, area("A9:A10")), "#REF!|#REF!");
        let entry = engine.entry_all(active, &areas[..1], "25%").unwrap();
        engine.apply(&entry).unwrap();
        assert_eq!(shown(&engine, area("B2:C3")), "25%|25%|25%|25%");
    }
}
