//! Conditional formats and validations taken out of areas and put into others,
//! as pasting and moving cells does.
//!
//! Their formulas are relative to each cell, so that they mean the same whatever
//! area's first cell they are written from.

use super::{Condition, ConditionalFormat, Sheet, Template, Validation};
use crate::formula;
use crate::grid::{Pos, Rect};
use std::sync::Arc;

/// The rules of some cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AreaRules {
    pub conditional: Vec<ConditionalFormat>,
    pub validations: Vec<Validation>,
}

impl AreaRules {
    pub fn of(sheet: &Sheet) -> Self {
        Self {
            conditional: sheet.conditional.clone(),
            validations: sheet.validations.clone(),
        }
    }

    /// What holds for cells of a rectangle, each rule in as much of it as it
    /// holds for, its place changed by `moved`. Conditions that this program does not
    /// know may mean their own cells: they stay where they are.
    pub fn within(&self, rect: Rect, moved: &dyn Fn(Rect) -> Rect) -> Self {
        let parts = |areas: &[Rect]| -> Option<Vec<Rect>> {
            let parts = areas.iter().filter_map(|area| area.intersection(&rect));
            let parts: Vec<Rect> = parts.map(moved).collect();
            (!parts.is_empty()).then_some(parts)
        };
        let conditional = self.conditional.iter().filter(|format| is_known(format));
        let conditional = conditional.filter_map(|format| {
            Some(ConditionalFormat {
                areas: parts(&format.areas)?,
                rules: format.rules.clone(),
            })
        });
        let validations = self.validations.iter().filter_map(|validation| {
            Some(Validation {
                areas: parts(&validation.areas)?,
                ..validation.clone()
            })
        });
        Self {
            conditional: conditional.collect(),
            validations: validations.collect(),
        }
    }

    /// The rules with the areas that `places` gives each of theirs; those that
    /// have none any more are gone.
    pub fn placed(mut self, places: &dyn Fn(Rect) -> Vec<Rect>) -> Self {
        let place = |areas: &mut Vec<Rect>| {
            *areas = areas.iter().flat_map(|&area| places(area)).collect();
        };
        self.conditional
            .iter_mut()
            .for_each(|f| place(&mut f.areas));
        self.validations
            .iter_mut()
            .for_each(|v| place(&mut v.areas));
        self.without_empty()
    }

    /// Rows for columns, in formulas too.
    pub fn transposed(mut self) -> Self {
        self.each_formula(&mut |formula, _| {
            if let Template::Formula(expr) = &**formula {
                *formula = Arc::new(Template::Formula(formula::transposed(expr)));
            }
        });
        self.placed(&|area| {
            vec![Rect {
                top: area.left,
                left: area.top,
                bottom: area.right,
                right: area.bottom,
            }]
        })
    }

    /// Changes every formula; with it comes the first cell it holds for.
    pub fn each_formula(&mut self, change: &mut dyn FnMut(&mut Arc<Template>, Pos)) {
        for format in &mut self.conditional {
            let at = format.origin();
            format.each_formula(&mut |formula| change(formula, at));
        }
        for validation in &mut self.validations {
            let at = validation.origin();
            validation.each_formula(&mut |formula| change(formula, at));
        }
    }

    /// Takes the conditional formats out of a rectangle. What is left without
    /// cells stays for [`AreaRules::add`] to find.
    pub fn clear_conditional(&mut self, rect: Rect) {
        let known = self.conditional.iter_mut().filter(|f| is_known(f));
        known.for_each(|format| cut(&mut format.areas, rect));
    }

    /// Takes the validations out of a rectangle, as [`AreaRules::clear_conditional`] does.
    pub fn clear_validations(&mut self, rect: Rect) {
        let validations = self.validations.iter_mut();
        validations.for_each(|validation| cut(&mut validation.areas, rect));
    }

    /// Puts rules in whose areas are free of others: into a format that says
    /// the same where there is one, else as the last that are tried, in their order.
    pub fn add(&mut self, new: Self) {
        let priorities = |formats: &[ConditionalFormat]| -> Vec<u32> {
            let rules = formats.iter().flat_map(|format| &format.rules);
            let mut priorities: Vec<u32> = rules.map(|rule| rule.priority).collect();
            priorities.sort_unstable();
            priorities.dedup();
            priorities
        };
        let last = priorities(&self.conditional).last().copied().unwrap_or(0);
        let order = priorities(&new.conditional);
        for mut format in new.conditional {
            let same = |known: &&mut ConditionalFormat| known.rules == format.rules;
            if let Some(known) = self.conditional.iter_mut().find(same) {
                known.areas.extend(format.areas);
                continue;
            }
            for rule in &mut format.rules {
                let place = order.partition_point(|&p| p < rule.priority) as u32;
                rule.priority = last.saturating_add(place + 1);
            }
            self.conditional.push(format);
        }
        for validation in new.validations {
            let same = |known: &&mut Validation| {
                let areas = validation.areas.clone();
                let here = Validation {
                    areas,
                    ..(**known).clone()
                };
                here == validation
            };
            match self.validations.iter_mut().find(same) {
                Some(known) => known.areas.extend(validation.areas),
                None => self.validations.push(validation),
            }
        }
    }

    pub fn without_empty(mut self) -> Self {
        self.conditional.retain(|format| !format.areas.is_empty());
        self.validations.retain(|v| !v.areas.is_empty());
        self
    }
}

fn is_known(format: &ConditionalFormat) -> bool {
    let unknown = |condition: &Condition| matches!(condition, Condition::Unknown(_));
    !format.rules.iter().any(|rule| unknown(&rule.condition))
}

/// Takes a rectangle out of areas.
fn cut(areas: &mut Vec<Rect>, hole: Rect) {
    if areas.iter().all(|area| area.intersection(&hole).is_none()) {
        return;
    }
    *areas = areas.iter().flat_map(|&area| around(area, hole)).collect();
}

/// What of an area lies outside of a hole: above, below, left and right.
fn around(area: Rect, hole: Rect) -> Vec<Rect> {
    let Some(hole) = area.intersection(&hole) else {
        return vec![area];
    };
    let mut parts = Vec::new();
    if area.top < hole.top {
        let bottom = hole.top - 1;
        parts.push(Rect { bottom, ..area });
    }
    if hole.bottom < area.bottom {
        let top = hole.bottom + 1;
        parts.push(Rect { top, ..area });
    }
    let beside = Rect {
        top: hole.top,
        bottom: hole.bottom,
        ..area
    };
    if area.left < hole.left {
        let right = hole.left - 1;
        parts.push(Rect { right, ..beside });
    }
    if hole.right < area.right {
        let left = hole.right + 1;
        parts.push(Rect { left, ..beside });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::{Dialect, parse, print};
    use crate::grid::{Area, Cell, SheetId};
    use crate::workbook::{Allowed, Edit, Paste, PasteWhat, Rule, Transaction, Workbook};

    fn rect(text: &str) -> Rect {
        let (a, b) = text.split_once(':').unwrap_or((text, text));
        let pos = |text| Pos::parse_a1(text).expect("an address");
        Rect::new(pos(a), pos(b))
    }

    fn area(sheet: u32, text: &str) -> Area {
        let sheet = SheetId(sheet);
        let rect = rect(text);
        Area { sheet, rect }
    }

    fn formula(text: &str, at: &str) -> Arc<Template> {
        let at = rect(at).top_left();
        Arc::new(Template::Formula(parse(text, at).expect("a formula")))
    }

    /// Two sheets; on the first, A1:B4 is shown by `A1>$D$1` and may hold what is
    /// above `C1`.
    fn book() -> Workbook {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("s");
        book.add_sheet("t");
        let areas = vec![rect("A1:B4")];
        let rule = Rule {
            priority: 1,
            stop_if_true: false,
            condition: Condition::Formula(formula("A1>$D$1", "A1")),
            format: None,
        };
        let formats = vec![ConditionalFormat {
            areas: areas.clone(),
            rules: vec![rule],
        }];
        let validations = vec![Validation {
            areas,
            allowed: Allowed::Custom(formula("A1>C1", "A1")),
            allow_blank: true,
            dropdown: false,
            prompt: None,
            alert: None,
            in_extension: false,
        }];
        let edits = vec![
            Edit::SetConditionalFormats { sheet, formats },
            Edit::SetValidations { sheet, validations },
        ];
        book.apply(&Transaction::new("", edits)).expect("rules");
        book
    }

    /// `A1:A2 A1>1 / A1:A2 A1>1`: formats, then validations.
    fn shown(book: &Workbook, sheet: u32) -> String {
        let mut rules = AreaRules::of(book.sheet(SheetId(sheet)));
        let mut formulas = Vec::new();
        rules.each_formula(&mut |formula, at| {
            if let Template::Formula(expr) = &**formula {
                formulas.push(print(expr, at, Dialect::People(|_| None)));
            }
        });
        let formats = rules.conditional.iter().map(|format| &format.areas);
        let areas = formats.chain(rules.validations.iter().map(|v| &v.areas));
        let texts = areas.zip(formulas).map(|(areas, formula)| {
            let areas: Vec<String> = areas.iter().map(ToString::to_string).collect();
            format!("{} {formula}", areas.join(","))
        });
        texts.collect::<Vec<_>>().join(" / ")
    }

    fn paste(book: &mut Workbook, from: &str, to: Area, what: PasteWhat) -> Transaction {
        let clip = book.copy(&[area(0, from)]).expect("a clip");
        let (transaction, _) = book.paste(&clip, to, Paste::new(what)).expect("fits");
        book.apply(&transaction).expect("pastes").inverse
    }

    #[test]
    fn pasting_all_brings_formats_and_validations_in_place_of_those_there() {
        let mut book = book();
        let before = shown(&book, 0);
        assert_eq!(before, "A1:B4 A1>$D$1 / A1:B4 A1>C1");
        let back = paste(&mut book, "A4:A5", area(0, "F1:F4"), PasteWhat::All);
        assert_eq!(shown(&book, 0), "A1:B4,F1,F3 A1>$D$1 / A1:B4,F1,F3 A1>C1");
        book.apply(&back).expect("undoes");
        assert_eq!(shown(&book, 0), before);
        // Over some of their own cells, from cells without any.
        paste(&mut book, "A5", area(0, "B2"), PasteWhat::All);
        assert_eq!(
            shown(&book, 0),
            "A1:B1,A3:B4,A2 A1>$D$1 / A1:B1,A3:B4,A2 A1>C1"
        );
        paste(&mut book, "A1", area(0, "B2"), PasteWhat::Values);
        assert!(shown(&book, 0).starts_with("A1:B1,A3:B4,A2 A1"));
        // Formats alone bring no validation; on another sheet they are its own.
        paste(&mut book, "A1:B1", area(1, "C5:C9"), PasteWhat::Formats);
        assert_eq!(shown(&book, 1), "C5:D9 C5>$D$1");
        paste(&mut book, "A1", area(1, "C5:C9"), PasteWhat::All);
        assert_eq!(shown(&book, 1), "D5:D9,C5:C9 D5>$D$1 / C5:C9 C5>E5");
    }

    #[test]
    fn cells_that_are_moved_take_their_rules_along_which_mean_the_same_cells() {
        let mut book = book();
        let edit = Edit::Move {
            from: area(0, "A2:B3"),
            to: Cell {
                sheet: SheetId(1),
                pos: rect("D8").top_left(),
            },
        };
        let done = book.apply(&Transaction::new("", vec![edit]));
        assert_eq!(shown(&book, 0), "A1:B1,A4:B4 A1>$D$1 / A1:B1,A4:B4 A1>C1");
        assert_eq!(shown(&book, 1), "D8:E9 D8>s!$D$1 / D8:E9 D8>s!C2");
        book.apply(&done.expect("moves").inverse).expect("undoes");
        assert_eq!(shown(&book, 0), "A1:B4 A1>$D$1 / A1:B4 A1>C1");
        assert_eq!(shown(&book, 1), "");
        // What rules refer to moves: they follow.
        let edit = Edit::Move {
            from: area(0, "D1"),
            to: Cell {
                sheet: SheetId(0),
                pos: rect("H9").top_left(),
            },
        };
        book.apply(&Transaction::new("", vec![edit]))
            .expect("moves");
        assert_eq!(shown(&book, 0), "A1:B4 A1>$H$9 / A1:B4 A1>C1");
    }
}
