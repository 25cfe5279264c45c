//! Replacing text in cells.

use super::edit::read_entry;
use super::{Engine, EntryError};
use crate::formula;
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::value::Value;
use crate::workbook::{
    Block, Cells, Content, Edit, Finder, FormulaRun, RunKind, Runs, RunsBuilder, TemplateId,
    Transaction,
};
use std::sync::Arc;

/// Why a text cannot be replaced; nothing is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{cell}: after the replacement it would be {text}: {error}")]
pub struct ReplaceError {
    pub cell: String,
    pub text: String,
    pub error: EntryError,
}

/// What a replacement does.
#[derive(Clone, Debug, PartialEq)]
pub struct Replacement {
    pub transaction: Transaction,
    /// The cells that change.
    pub count: usize,
}

/// Constants up to this far apart are put in one edit, those between them as
/// they are.
const NEAR: u32 = 64;

/// Cells of a column to be put in one edit.
struct Stretch {
    sheet: SheetId,
    rect: Rect,
    cells: Cells,
    formulas: RunsBuilder,
}

impl Engine {
    /// The transaction that replaces what matches in the typed-in text of
    /// cells: formulas and constants. What is entered then is read as if it
    /// were typed. Results of formulas, and array formulas over several cells,
    /// stay as they are.
    pub fn replace(
        &mut self,
        finder: &Finder,
        with: &str,
        cells: &[Cell],
    ) -> Result<Replacement, ReplaceError> {
        let mut cells = cells.to_vec();
        cells.sort_unstable_by_key(|c| (c.sheet, c.pos.col, c.pos.row));
        cells.dedup();
        let mut count = 0;
        let mut edits = Vec::new();
        let mut open: Option<Stretch> = None;
        // The last formula made: its neighbours below are mostly its fills.
        let mut last: Option<(Cell, String, TemplateId, RunKind)> = None;
        for cell in cells {
            if !self.can_replace(cell) {
                continue;
            }
            let Some(text) = finder.replaced(&self.workbook().entry_text(cell), with) else {
                continue;
            };
            count += 1;
            if !open.as_mut().is_some_and(|open| self.reaches(open, cell)) {
                edits.extend(open.take().map(|open| self.put(open)));
                open = Some(Stretch {
                    sheet: cell.sheet,
                    rect: Rect::cell(cell.pos),
                    cells: Cells::default(),
                    formulas: RunsBuilder::new(),
                });
            }
            let Some(stretch) = &mut open else {
                continue;
            };
            let Some(written) = text.strip_prefix('=').filter(|rest| !rest.is_empty()) else {
                match read_entry(&text, self.workbook().date_system) {
                    Ok((value, _)) => stretch.cells.set(cell.pos, value),
                    Err(error) => {
                        let cell = self.workbook().address(cell);
                        return Err(ReplaceError { cell, text, error });
                    }
                };
                continue;
            };
            let known = last.as_ref().filter(|(at, above, ..)| {
                at.sheet == cell.sheet && formula::is_fill_of(above, at.pos, written, cell.pos)
            });
            let (template, kind) = match known {
                Some((.., template, kind)) => (*template, kind.clone()),
                None => match self.formula_content(cell, written) {
                    Ok(Content::Formula { template, kind, .. }) => (template, kind),
                    Ok(Content::Value(_)) => continue,
                    Err(error) => {
                        let cell = self.workbook().address(cell);
                        return Err(ReplaceError { cell, text, error });
                    }
                },
            };
            stretch.formulas.push(cell.pos, template, kind.clone());
            last = Some((cell, written.to_owned(), template, kind));
        }
        edits.extend(open.map(|open| self.put(open)));
        Ok(Replacement {
            transaction: Transaction::new("Replace", edits),
            count,
        })
    }

    /// Whether a cell holds something of its own.
    fn can_replace(&self, cell: Cell) -> bool {
        let sheet = self.workbook().sheet(cell.sheet);
        match sheet.runs.at(cell.pos) {
            Some((_, run)) => run.kind.is_per_cell(),
            None => sheet.spilled_from(cell.pos).is_none(),
        }
    }

    /// Lengthens a stretch to a cell, if there is nothing but a few constants
    /// between them.
    fn reaches(&self, stretch: &mut Stretch, cell: Cell) -> bool {
        let rect = stretch.rect;
        let at = cell.pos;
        if stretch.sheet != cell.sheet || rect.left != at.col || at.row > rect.bottom + NEAR {
            return false;
        }
        let sheet = self.workbook().sheet(cell.sheet);
        if rect.bottom + 1 < at.row {
            let gap = Rect {
                top: rect.bottom + 1,
                bottom: at.row - 1,
                ..rect
            };
            let spilled = |rect: &Rect| rect.intersection(&gap).is_some();
            if !sheet.runs.intersecting(gap).is_empty() || sheet.spills.values().any(spilled) {
                return false;
            }
            sheet.cells.for_each_column(gap, &mut |at, value: &Value| {
                stretch.cells.set(at, value.clone());
            });
        }
        stretch.rect.bottom = at.row;
        true
    }

    fn put(&self, stretch: Stretch) -> Edit {
        let mut runs = Runs::default();
        stretch.formulas.finish(&mut runs);
        let templates = &self.workbook().templates;
        let formulas = runs.iter().map(|(_, run)| FormulaRun {
            rect: run.rect,
            template: templates.get(run.template).clone(),
            kind: run.kind.clone(),
        });
        Edit::Put {
            area: Area {
                sheet: stretch.sheet,
                rect: stretch.rect,
            },
            block: Arc::new(Block {
                cells: stretch.cells,
                formulas: formulas.collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;
    use crate::workbook::{FindOptions, LookIn, Pattern, Workbook};

    fn options(what: &str) -> FindOptions {
        FindOptions {
            what: what.into(),
            look_in: LookIn::Formulas,
            whole: false,
            match_case: false,
            pattern: Pattern::Wildcards,
        }
    }

    fn engine(cells: &[(&str, &str)]) -> (Engine, SheetId) {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("a");
        let mut engine = Engine::new(book);
        for (at, text) in cells {
            let pos = Pos::parse_a1(at).unwrap();
            engine.enter(Cell { sheet, pos }, text).unwrap();
        }
        (engine, sheet)
    }

    fn all(engine: &Engine) -> Vec<Area> {
        let book = engine.workbook();
        let whole = Rect::new(Pos::new(0, 0), Pos::new(1_048_575, 16_383));
        let areas = book
            .order()
            .iter()
            .map(|&sheet| Area { sheet, rect: whole });
        areas.collect()
    }

    fn found(engine: &Engine, options: &FindOptions) -> String {
        let finder = Finder::new(options).unwrap();
        let cells = engine.workbook().find_all(&finder, &all(engine));
        let texts: Vec<String> = cells.iter().map(|c| c.pos.to_string()).collect();
        texts.join(" ")
    }

    #[test]
    fn cells_are_found_by_what_is_typed_in_or_shown() {
        let (engine, _) = engine(&[
            ("A1", "apple"),
            ("B1", "Apple pie"),
            ("A2", "=LEN(A1)*10"),
            ("A3", "50%"),
            ("B3", "a*b"),
            ("C3", "#N/A"),
        ]);
        let base = options("apple");
        for (options, expected) in [
            (base.clone(), "A1 B1"),
            (
                FindOptions {
                    whole: true,
                    ..base.clone()
                },
                "A1",
            ),
            (
                FindOptions {
                    match_case: true,
                    ..options("Apple")
                },
                "B1",
            ),
            (options("a*e"), "A1 B1"),
            (options("a~*b"), "B3"),
            (options("len("), "A2"),
            (options("50"), ""),
            (options("0.5"), "A3"),
            (options("#n/a"), "C3"),
            (
                FindOptions {
                    look_in: LookIn::Values,
                    ..options("50")
                },
                "A2 A3",
            ),
            (
                FindOptions {
                    look_in: LookIn::Values,
                    ..options("LEN")
                },
                "",
            ),
            (
                FindOptions {
                    pattern: Pattern::Regex,
                    ..options("^a.?p.*e$")
                },
                "A1 B1",
            ),
        ] {
            assert_eq!(found(&engine, &options), expected, "{options:?}");
        }
        assert!(Finder::new(&options("")).is_err());
        let bad = FindOptions {
            pattern: Pattern::Regex,
            ..options("(")
        };
        assert!(
            Finder::new(&bad)
                .unwrap_err()
                .to_string()
                .contains("regular expression")
        );
    }

    #[test]
    fn the_next_match_is_looked_for_around_the_sheets() {
        let (mut engine, first) = engine(&[("B2", "x"), ("A9000", "x"), ("C9000", "=1&\"x\"")]);
        let edit = Edit::AddSheet { name: "b".into() };
        engine.apply(&Transaction::new("", vec![edit])).unwrap();
        let second = engine.workbook().order()[1];
        engine
            .enter(
                Cell {
                    sheet: second,
                    pos: Pos::new(0, 0),
                },
                "x",
            )
            .unwrap();
        let finder = Finder::new(&options("x")).unwrap();
        let sheets = [first, second];
        let mut at = Cell {
            sheet: first,
            pos: Pos::new(1, 1),
        };
        for backwards in [false, true] {
            let mut path = Vec::new();
            for _ in 0..4 {
                let book = engine.workbook();
                at = book.find_next(&finder, &sheets, at, backwards).unwrap();
                path.push(book.address(at));
            }
            let expected = match backwards {
                false => "a!A9000 a!C9000 b!A1 a!B2",
                true => "b!A1 a!C9000 a!A9000 a!B2",
            };
            assert_eq!(path.join(" "), expected);
        }
        let nothing = Finder::new(&options("nowhere")).unwrap();
        assert_eq!(
            engine.workbook().find_next(&nothing, &sheets, at, false),
            None
        );
    }

    #[test]
    fn what_is_replaced_is_read_as_if_it_were_typed() {
        let (mut engine, sheet) = engine(&[
            ("A1", "1x"),
            ("A2", "keep"),
            ("A3", "2x"),
            ("B1", "=A1&\"x\""),
            ("C1", "=SEQUENCE(2)"),
        ]);
        let finder = Finder::new(&options("x")).unwrap();
        let cells = engine.workbook().find_all(&finder, &all(&engine));
        let replacement = engine.replace(&finder, "", &cells).unwrap();
        assert_eq!(replacement.count, 3);
        assert_eq!(replacement.transaction.edits.len(), 2);
        engine.apply(&replacement.transaction).unwrap();
        let text = |engine: &Engine, at: &str| {
            let pos = Pos::parse_a1(at).unwrap();
            engine.workbook().entry_text(Cell { sheet, pos })
        };
        assert_eq!(
            engine.value(Cell {
                sheet,
                pos: Pos::new(0, 0)
            }),
            Value::Number(1.0)
        );
        assert_eq!(text(&engine, "A2"), "keep");
        assert_eq!(text(&engine, "B1"), "=A1&\"\"");
        let finder = Finder::new(&options("A1")).unwrap();
        let cells = engine.workbook().find_all(&finder, &all(&engine));
        let error = engine.replace(&finder, "SUM(", &cells).unwrap_err();
        assert!(
            error.to_string().starts_with("a!B1: after the replacement"),
            "{error}"
        );
    }

    #[test]
    fn a_filled_column_is_replaced_as_one_run() {
        let (mut engine, sheet) = engine(&[("A1", "=B1+1")]);
        let area = Area {
            sheet,
            rect: Rect::new(Pos::new(0, 0), Pos::new(9_999, 0)),
        };
        let fill = engine
            .workbook()
            .fill(area, crate::workbook::Direction::Down);
        engine.apply(&fill.unwrap()).unwrap();
        let finder = Finder::new(&options("+1")).unwrap();
        let cells = engine.workbook().find_all(&finder, &[area]);
        assert_eq!(cells.len(), 10_000);
        let replacement = engine.replace(&finder, "*2+$C$1", &cells).unwrap();
        assert_eq!(replacement.transaction.edits.len(), 1);
        engine.apply(&replacement.transaction).unwrap();
        assert_eq!(engine.workbook().sheet(sheet).runs.len(), 1);
        let last = Cell {
            sheet,
            pos: Pos::new(9_999, 0),
        };
        assert_eq!(engine.workbook().entry_text(last), "=B10000*2+$C$1");
    }
}
