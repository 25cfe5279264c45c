//! References: operators on them, spilled areas, and references from text.

use super::context::array_of;
use super::{Interpreter, MAX_ARRAY, Mode, meeting};
use crate::engine::bind::{Binder, Bound, BoundRef, ExternalRef};
use crate::formula::{self, RefShape};
use crate::functions::Operand;
use crate::grid::{Area, Cell};
use crate::value::{ErrorKind, Value};
use crate::workbook::RunKind;

impl Interpreter<'_> {
    pub(super) fn cells(&mut self, reference: &BoundRef) -> Operand {
        match reference.rect(self.origin.pos) {
            Some(rect) => {
                let sheets = reference.sheets.as_slice().iter();
                Operand::Reference(sheets.map(|&sheet| Area { sheet, rect }).collect())
            }
            None => Operand::error(ErrorKind::Value),
        }
    }

    /// The remembered values of another workbook's cells; whole rows and
    /// columns as far as they are remembered. They are never references: as
    /// in Excel, functions that want one (COUNTIF, OFFSET) refuse them.
    pub(super) fn external(&mut self, reference: &ExternalRef, mode: Mode) -> Value {
        let book = self.world.book.external(&reference.book);
        let Some(sheet) = book.and_then(|book| book.sheet(&reference.sheet)) else {
            return Value::Error(ErrorKind::Ref);
        };
        let at = self.origin.pos;
        let mut rect = reference.shape.resolve(at);
        if mode == Mode::Single {
            self.placed.set(true);
            return match meeting(rect, at) {
                Some(pos) => sheet.cells.get(pos),
                None => Value::Error(ErrorKind::Value),
            };
        }
        if matches!(reference.shape, RefShape::Rows(..) | RefShape::Cols(..)) {
            let used = sheet.cells.used();
            let (bottom, right) = used.map_or((0, 0), |used| (used.bottom, used.right));
            rect.bottom = rect.bottom.min(bottom).max(rect.top);
            rect.right = rect.right.min(right).max(rect.left);
        }
        if rect.is_cell() {
            return sheet.cells.get(rect.top_left());
        }
        if rect.len() > MAX_ARRAY as u64 {
            return Value::Error(ErrorKind::Num);
        }
        Value::array(array_of(&sheet.cells, rect))
    }

    /// The areas that a part refers to; an error as it is, another value `#VALUE!`.
    fn areas(&mut self, part: &Bound, mode: Mode) -> Result<Vec<Area>, ErrorKind> {
        match self.eval(part, mode) {
            Operand::Reference(areas) => Ok(areas),
            Operand::Value(Value::Error(kind)) => Err(kind),
            _ => Err(ErrorKind::Value),
        }
    }

    /// References joined by `:` and by spaces, from left to right: `A1:B2:C3`
    /// may be long, and its left side is walked without recursion.
    pub(super) fn joined(&mut self, part: &Bound, mode: Mode) -> Operand {
        let mut spine = Vec::new();
        let mut leftmost = part;
        loop {
            leftmost = match leftmost {
                Bound::Range(left, right) => {
                    spine.push((hull as Join, right));
                    left
                }
                Bound::Intersection(left, right) => {
                    spine.push((common, right));
                    left
                }
                _ => break,
            };
        }
        let mut areas = self.areas(leftmost, mode);
        for (join, right) in spine.into_iter().rev() {
            areas = match (areas, self.areas(right, mode)) {
                (Ok(left), Ok(right)) => join(&left, &right),
                (Err(kind), _) | (_, Err(kind)) => Err(kind),
            };
        }
        areas.map_or_else(Operand::error, Operand::Reference)
    }

    pub(super) fn union(&mut self, parts: &[Bound], mode: Mode) -> Operand {
        let mut all = Vec::new();
        for part in parts {
            match self.areas(part, mode) {
                Ok(areas) => all.extend(areas),
                Err(kind) => return Operand::error(kind),
            }
        }
        Operand::Reference(all)
    }

    /// `A1#`: what the dynamic array formula in a cell fills.
    pub(super) fn spill(&mut self, part: &Bound, mode: Mode) -> Operand {
        let area = match self.areas(part, mode).as_deref() {
            Ok([area]) => *area,
            Ok(_) => return Operand::error(ErrorKind::Ref),
            Err(kind) => return Operand::error(*kind),
        };
        let at = area.rect.top_left();
        // Also tells whether the formula there is still to be recalculated.
        let anchor = Cell {
            sheet: area.sheet,
            pos: at,
        };
        // The spill's extent counts, not this value: no read to be noted.
        let track = std::mem::replace(&mut self.track, false);
        let value = crate::functions::Context::cell(self, anchor);
        self.track = track;
        let sheet = self.world.book.sheet(area.sheet);
        let rect = match sheet.spills.get(&at) {
            Some(rect) => *rect,
            None => match sheet.runs.at(at) {
                Some((_, run)) if matches!(run.kind, RunKind::Dynamic) => match value {
                    Value::Error(kind @ ErrorKind::Spill) => return Operand::error(kind),
                    _ => crate::grid::Rect::cell(at),
                },
                Some((_, run)) if run.kind == RunKind::Array && run.rect.top_left() == at => {
                    run.rect
                }
                _ => return Operand::error(ErrorKind::Ref),
            },
        };
        Operand::Reference(vec![Area { rect, ..area }])
    }

    /// What a text names (INDIRECT).
    pub(super) fn reference_from_text(
        &mut self,
        text: &str,
        r1c1: bool,
    ) -> Result<Vec<Area>, ErrorKind> {
        self.placed.set(true);
        let expr = match r1c1 {
            true => formula::parse_r1c1(text),
            false => formula::parse(text, self.origin.pos),
        };
        let expr = expr.map_err(|_| ErrorKind::Ref)?;
        let bound = {
            let mut names = self.world.names.lock().map_err(|_| ErrorKind::Ref)?;
            Binder::new(self.world.book, &mut names, self.origin).bind(&expr)
        };
        let frame = std::mem::take(&mut self.frame);
        let areas = self.areas(&bound.root, Mode::Array);
        self.frame = frame;
        areas.map_err(|_| ErrorKind::Ref)
    }
}

type Join = fn(&[Area], &[Area]) -> Result<Vec<Area>, ErrorKind>;

/// The smallest rectangle around two references (`A1:B2`).
fn hull(a: &[Area], b: &[Area]) -> Result<Vec<Area>, ErrorKind> {
    let sheet = a[0].sheet;
    let mut all = a.iter().chain(b);
    if all.clone().any(|area| area.sheet != sheet) {
        return Err(ErrorKind::Value);
    }
    let first = all.next().ok_or(ErrorKind::Value)?.rect;
    let rect = all.fold(first, |rect, area| rect.hull(&area.rect));
    Ok(vec![Area { sheet, rect }])
}

/// What two references have in common (`A:A 2:2`).
fn common(a: &[Area], b: &[Area]) -> Result<Vec<Area>, ErrorKind> {
    let mut common = Vec::new();
    for a in a {
        for b in b.iter().filter(|b| b.sheet == a.sheet) {
            if let Some(rect) = a.rect.intersection(&b.rect) {
                common.push(Area {
                    sheet: a.sheet,
                    rect,
                });
            }
        }
    }
    match common.is_empty() {
        true => Err(ErrorKind::Null),
        false => Ok(common),
    }
}
