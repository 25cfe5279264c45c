//! How cells look, their conditional formats evaluated.
//!
//! What a rule needs to know of all its cells (the smallest and largest value,
//! percentiles, how often a value is there) is gathered once and kept until one
//! of them changes; what formulas say of single cells is kept, block by block,
//! until anything changes.

mod prepared;
mod summary;

use super::{Engine, pool};
use crate::grid::{Area, Cell, SheetId};
use crate::value::Value;
use crate::workbook::{CellStyle, Colour, DifferentialFormat};
use prepared::{Drawn, SheetFormats};
pub(super) use prepared::{bind, compare};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex};

/// How a cell looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Appearance {
    /// Its style, with what conditional formats change of it.
    pub style: CellStyle,
    pub bar: Option<Bar>,
    pub icon: Option<Icon>,
    /// Whether its value is shown beside a bar or an icon.
    pub show_value: bool,
}

/// A bar in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// From 0 to 1, of the cell's width.
    pub length: f64,
    pub colour: Colour,
}

/// An icon in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icon {
    /// The set's name in files: `3TrafficLights1`.
    pub set: Arc<str>,
    /// Which of the set, the lowest 0.
    pub index: usize,
    /// How many the set has.
    pub of: usize,
}

/// What has been found out about conditional formats.
#[derive(Debug, Default)]
pub(super) struct Appearances {
    sheets: Mutex<FxHashMap<SheetId, SheetFormats>>,
}

impl Appearances {
    fn sheets(&mut self) -> &mut FxHashMap<SheetId, SheetFormats> {
        self.sheets.get_mut().unwrap_or_else(|e| e.into_inner())
    }

    /// The cells of `areas` have other values.
    pub fn values_changed(&mut self, areas: &[Area]) {
        for (&sheet, formats) in self.sheets() {
            formats.values_changed(sheet, areas);
        }
    }

    /// Formats may be others, and names may mean something else.
    pub fn meaning_changed(&mut self) {
        for formats in self.sheets().values_mut() {
            formats.meaning_changed();
        }
    }
}

impl Engine {
    /// How a cell looks: its style with its conditional formats, by their
    /// priorities.
    pub fn appearance(&self, cell: Cell) -> Appearance {
        let sheet = self.workbook.sheet(cell.sheet);
        let style = self.workbook.styles.get(sheet.style(cell.pos));
        let mut appearance = Appearance {
            style: style.clone(),
            bar: None,
            icon: None,
            show_value: true,
        };
        if sheet.conditional.is_empty() {
            return appearance;
        }
        let sheets = self.appearances.sheets.lock();
        let mut sheets = sheets.unwrap_or_else(|e| e.into_inner());
        let formats = sheets.entry(cell.sheet).or_default();
        formats.prepare(self, cell.sheet);
        let mut set = Decided::default();
        for drawn in formats.of(self, cell) {
            match drawn {
                Drawn::Format(index) => {
                    if let Some(format) = self.workbook.styles.differential().get(index as usize) {
                        set.apply(format, &mut appearance.style);
                    }
                }
                Drawn::Fill(colour) => {
                    if !std::mem::replace(&mut set.fill, true) {
                        appearance.style.fill = Some(colour);
                    }
                }
                Drawn::Bar(bar, show_value) => {
                    if appearance.bar.is_none() {
                        appearance.bar = Some(bar);
                        appearance.show_value &= show_value;
                    }
                }
                Drawn::Icon(icon, show_value) => {
                    if appearance.icon.is_none() {
                        appearance.icon = Some(icon);
                        appearance.show_value &= show_value;
                    }
                }
            }
        }
        appearance
    }

    /// The value of a formula that stands outside of cells, as the first cell
    /// of an array formula in `at`.
    pub(super) fn value_at(&self, formula: &super::bind::BoundFormula, at: Cell) -> Value {
        if let super::bind::Bound::Value(value) = &formula.root {
            return value.clone();
        }
        pool::run(|| self.value_here(formula, at))
    }

    /// The same on a thread of the engine.
    fn value_here(&self, formula: &super::bind::BoundFormula, at: Cell) -> Value {
        let mut interpreter = super::Interpreter::new(self.world(), at);
        match interpreter.array_formula(formula, at) {
            Value::Array(array) => array.get(0, 0).clone(),
            value => value,
        }
    }
}

/// Which facts of a style a rule has decided; no later one changes them.
#[derive(Default)]
struct Decided {
    bold: bool,
    italic: bool,
    underline: bool,
    strike: bool,
    colour: bool,
    fill: bool,
    number_format: bool,
}

impl Decided {
    fn apply(&mut self, format: &DifferentialFormat, style: &mut CellStyle) {
        fn decide<T: Clone>(done: &mut bool, new: &Option<T>, mut set: impl FnMut(T)) {
            if let (false, Some(new)) = (*done, new) {
                set(new.clone());
                *done = true;
            }
        }
        let font = &mut style.font;
        decide(&mut self.bold, &format.bold, |on| font.bold = on);
        decide(&mut self.italic, &format.italic, |on| font.italic = on);
        decide(&mut self.underline, &format.underline, |on| {
            font.underline = on;
        });
        decide(&mut self.strike, &format.strike, |on| font.strike = on);
        decide(&mut self.colour, &format.colour, |colour| {
            font.colour = Some(colour);
        });
        decide(&mut self.fill, &format.fill, |colour| {
            style.fill = Some(colour);
        });
        decide(&mut self.number_format, &format.number_format, |code| {
            style.number_format = code;
        });
    }
}

#[cfg(test)]
mod tests;
