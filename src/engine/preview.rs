//! What a formula would mean and give in a cell, asked while it is being typed.

use super::bind::{Bound, BoundFormula, Sheets};
use super::{Engine, Interpreter, pool};
use crate::formula::{self, ParseError};
use crate::functions::ParamKind;
use crate::grid::{Area, Cell, Rect};
use crate::value::Value;
use rustc_hash::FxHashSet;

/// The most cells that a previewed formula may read.
const MAX_CELLS: u64 = 50_000;
/// The most cells that it may meet pairwise, where it maps over ranges or searches in them.
const MAX_PAIRS: u64 = 4_000_000;
/// The most calls of lambdas and cells of arrays that it may make up.
const MAX_MADE: u64 = 5_000;
/// The most runs that are followed to see whether a formula would depend on itself.
const MAX_FOLLOWED: usize = 256;

/// What a formula would give.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    Value(Value),
    /// It has no value: something in it has no meaning in this workbook.
    Problem(String),
    /// It would depend on itself.
    Circular,
    /// It may take too long to be evaluated at each key.
    Costly,
}

impl Engine {
    /// What a formula, without its `=`, would give in a cell; it is evaluated
    /// only where that takes a few milliseconds. Nothing is changed.
    pub fn preview(&self, formula: &str, at: Cell) -> Result<Preview, ParseError> {
        let expr = formula::parse(formula, at.pos)?;
        Ok(pool::run(|| {
            let bound = self.bind_once(&expr, at);
            if let Some(problem) = bound.problems.first() {
                return Preview::Problem(problem.to_string());
            }
            if self.would_read_itself(&bound, at) {
                return Preview::Circular;
            }
            if self.is_costly(&bound, at) {
                return Preview::Costly;
            }
            let mut interpreter = Interpreter::new(self.world(), at);
            Preview::Value(interpreter.array_formula(&bound, at))
        }))
    }

    /// The cells that references, names or table references mean in a formula
    /// in the cell `at`: for each text its areas, none for one that is no such thing.
    pub fn referred(&self, texts: &[&str], at: Cell) -> Vec<Vec<Area>> {
        pool::run(|| {
            let areas = |text: &&str| {
                let expr = formula::parse(text, at.pos).ok()?;
                let bound = self.bind_once(&expr, at);
                let mut areas = Vec::new();
                self.areas_of(&bound.root, at, &mut areas).then_some(areas)
            };
            texts
                .iter()
                .map(|text| areas(text).unwrap_or_default())
                .collect()
        })
    }

    /// The cell whose dynamic array formula spilled over another one.
    pub fn spilled_from(&self, cell: Cell) -> Option<Cell> {
        let area = Area {
            sheet: cell.sheet,
            rect: Rect::cell(cell.pos),
        };
        let ids = self.graph.producers(area).into_iter();
        let mut spills = ids.flat_map(|id| &self.graph.node(id).spills);
        let (anchor, _) =
            spills.find(|(anchor, rect)| **anchor != cell.pos && rect.contains(cell.pos))?;
        Some(Cell {
            pos: *anchor,
            ..cell
        })
    }

    /// Adds the cells that a part of a formula means; `false` where it is no
    /// plain reference.
    fn areas_of(&self, part: &Bound, at: Cell, found: &mut Vec<Area>) -> bool {
        match part {
            Bound::Cells(reference) => {
                let Some(rect) = reference.rect(at.pos) else {
                    return false;
                };
                found.extend(on_sheets(&reference.sheets, rect));
                true
            }
            Bound::Name(name) => name
                .body()
                .is_some_and(|body| self.areas_of(body, at, found)),
            Bound::Union(parts) => parts.iter().all(|part| self.areas_of(part, at, found)),
            Bound::Single(inner) => self.areas_of(inner, at, found),
            Bound::Spill(inner) => {
                let start = found.len();
                if !self.areas_of(inner, at, found) {
                    return false;
                }
                for area in &mut found[start..] {
                    let spills = &self.workbook.sheet(area.sheet).spills;
                    if let Some(rect) = spills.get(&area.rect.top_left()) {
                        area.rect = *rect;
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// The areas that a formula in a cell names.
    fn named_areas(bound: &BoundFormula, at: Cell) -> impl Iterator<Item = Area> {
        let named = bound.precedents.iter();
        named
            .filter_map(move |reference| Some((&reference.sheets, reference.rect(at.pos)?)))
            .flat_map(|(sheets, rect)| on_sheets(sheets, rect))
    }

    /// Whether a formula would read its own cell, by itself or through other
    /// formulas, as far as these are followed.
    fn would_read_itself(&self, bound: &BoundFormula, at: Cell) -> bool {
        let named: Vec<Area> = Self::named_areas(bound, at).collect();
        let read = |sheet, rect: &Rect| {
            named
                .iter()
                .any(|area| area.sheet == sheet && area.rect.intersection(rect).is_some())
        };
        let mut seen = FxHashSet::default();
        let mut open = vec![Area {
            sheet: at.sheet,
            rect: Rect::cell(at.pos),
        }];
        while let Some(area) = open.pop() {
            if read(area.sheet, &area.rect) {
                return true;
            }
            if seen.len() < MAX_FOLLOWED {
                self.graph.readers(area, |id, part| {
                    if seen.insert((id, part)) {
                        let sheet = self.graph.node(id).sheet;
                        open.push(Area { sheet, rect: part });
                    }
                });
            }
        }
        false
    }

    /// Whether evaluating a formula may take long, judged without doing it.
    fn is_costly(&self, bound: &BoundFormula, at: Cell) -> bool {
        let filled = |area: Area| {
            let used = self.workbook.sheet(area.sheet).cells.used();
            let rect = used.and_then(|used| used.intersection(&area.rect));
            rect.map_or(0, |rect| rect.len())
        };
        let mut cells: Vec<u64> = Self::named_areas(bound, at).map(filled).collect();
        if bound.dynamic {
            // What it reads only evaluation finds.
            let order = self.workbook.order().iter();
            cells.extend(order.map(|&sheet| {
                let used = self.workbook.sheet(sheet).cells.used();
                used.map_or(0, |used| used.len())
            }));
        }
        cells.sort_unstable_by(|a, b| b.cmp(a));
        let total: u64 = cells.iter().sum();
        let pairs = match cells.as_slice() {
            [a, b, ..] => a.saturating_mul(*b),
            _ => 0,
        };
        let mut costly = total > MAX_CELLS;
        let mut pairwise = bound.array;
        bound.root.visit(&mut |part| match part {
            Bound::Recursion(_) => costly = true,
            Bound::Apply { .. } | Bound::Lambda(_) => costly |= total > MAX_MADE,
            Bound::Call { function, args } => match function.name {
                "GRAD" => costly = true,
                "SEQUENCE" | "RANDARRAY" | "MAKEARRAY" | "EXPAND" | "REPT" => {
                    costly |= made(args).is_none_or(|made| made > MAX_MADE);
                }
                "MMULT" => pairwise = true,
                // Searches: an argument of one value is looked for in a range.
                _ => {
                    let kinds = || function.params.iter().map(|param| param.kind);
                    let has = |kind| kinds().any(|k| k == kind);
                    pairwise |= has(ParamKind::Scalar) && has(ParamKind::Range);
                }
            },
            _ => {}
        });
        costly || (pairwise && pairs > MAX_PAIRS)
    }
}

/// How many cells or characters a function would make up whose arguments say
/// so; `None` where one is not a number.
fn made(args: &[Bound]) -> Option<u64> {
    let mut product = 1.0_f64;
    for arg in args {
        match arg {
            Bound::Value(Value::Number(x)) => product *= x.abs().max(1.0),
            Bound::Value(_) | Bound::Omitted | Bound::Lambda(_) => {}
            _ => return None,
        }
    }
    Some(product as u64)
}

fn on_sheets(sheets: &Sheets, rect: Rect) -> impl Iterator<Item = Area> {
    let sheets = sheets.as_slice().iter();
    sheets.map(move |&sheet| Area { sheet, rect })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;
    use crate::workbook::{DefinedName, Workbook};

    fn engine(entries: &[(&str, &str)]) -> Engine {
        let mut workbook = Workbook::new();
        workbook.add_sheet("Sheet1");
        workbook.names.define(DefinedName {
            name: "left".into(),
            scope: None,
            // Relative names count from A1.
            formula: "Sheet1!XFD1".into(),
            hidden: false,
        });
        let mut engine = Engine::new(workbook);
        for (at, text) in entries {
            engine.enter(cell(at), text).expect(text);
        }
        engine
    }

    fn cell(at: &str) -> Cell {
        Cell {
            sheet: crate::grid::SheetId(0),
            pos: Pos::parse_a1(at).expect(at),
        }
    }

    #[test]
    fn a_formula_is_previewed_and_nothing_changes() {
        let engine = engine(&[("A1", "2"), ("A2", "=A1*2")]);
        let preview = |text| engine.preview(text, cell("B1"));
        assert_eq!(preview("A2+1"), Ok(Preview::Value(Value::Number(5.0))));
        assert!(preview("A2+").is_err());
        assert_eq!(
            preview("SUMM(A2)"),
            Ok(Preview::Problem("there is no function SUMM".into()))
        );
        assert_eq!(engine.value(cell("B1")), Value::Blank);
    }

    #[test]
    fn what_would_depend_on_itself_is_not_evaluated() {
        let engine = engine(&[("A1", "2"), ("A2", "=A1*2"), ("A3", "=A2+1")]);
        for formula in ["A1", "SUM(A1:A9)", "A3*2"] {
            let preview = engine.preview(formula, cell("A1"));
            assert_eq!(preview, Ok(Preview::Circular), "{formula}");
        }
    }

    #[test]
    fn what_may_take_long_is_not_evaluated() {
        let engine = engine(&[("A1", "2"), ("A60000", "=1"), ("B4000", "1")]);
        for formula in [
            "SUM(A:A)",
            "SEQUENCE(100000)",
            "SEQUENCE(A1)",
            "COUNTIF(A1:A4000,B1:B4000)",
            "SUM(OFFSET(A1,0,0,50000,1))",
        ] {
            let preview = engine.preview(formula, cell("D1"));
            assert_eq!(preview, Ok(Preview::Costly), "{formula}");
        }
        let preview = engine.preview("SUMPRODUCT(A1:A4000,B1:B4000)", cell("D1"));
        assert_eq!(preview, Ok(Preview::Value(Value::Number(0.0))));
    }

    #[test]
    fn references_are_found_where_the_formula_stands() {
        let engine = engine(&[("A1", "=SEQUENCE(3)")]);
        let texts = ["$B2:C$9", "left", "A1#", "Sheet1!A:A", "nothing", "1+1"];
        let found: Vec<String> = engine
            .referred(&texts, cell("D5"))
            .iter()
            .map(|areas| {
                let areas: Vec<_> = areas.iter().map(|area| area.rect.to_string()).collect();
                areas.join(" ")
            })
            .collect();
        let expected = ["B2:C9", "C5", "A1:A3", "A1:A1048576", "", ""];
        assert_eq!(found, expected);
        assert_eq!(engine.spilled_from(cell("A3")), Some(cell("A1")));
        assert_eq!(engine.spilled_from(cell("A1")), None);
    }
}
