//! What is looked for, and the form that asks for it.

use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId};
use crate::workbook::{FindError, FindOptions, Finder, LookIn, Pattern, Workbook};
use tui_input::Input;

/// Where it is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    Sheet,
    Workbook,
    /// The cells that were selected when the search began.
    Areas(Vec<Area>),
}

/// A search that can go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub options: FindOptions,
    pub scope: Scope,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            options: FindOptions {
                what: String::new(),
                look_in: LookIn::default(),
                whole: false,
                match_case: false,
                pattern: Pattern::default(),
            },
            scope: Scope::Sheet,
        }
    }
}

impl Search {
    pub fn finder(&self) -> Result<Finder, FindError> {
        Finder::new(&self.options)
    }

    /// The next match after a cell, or the one before it, around to the cell itself.
    pub fn next(
        &self,
        workbook: &Workbook,
        from: Cell,
        backwards: bool,
    ) -> Result<Option<Cell>, FindError> {
        let finder = self.finder()?;
        Ok(match &self.scope {
            Scope::Sheet => workbook.find_next(&finder, &[from.sheet], from, backwards),
            Scope::Workbook => {
                let visible: Vec<SheetId> = workbook.visible_sheets().collect();
                workbook.find_next(&finder, &visible, from, backwards)
            }
            Scope::Areas(areas) => {
                let mut found = workbook.find_all(&finder, areas);
                found.sort_unstable_by_key(|cell| cell.pos);
                let at =
                    |holds: fn(&Pos, &Pos) -> bool| move |cell: &&Cell| holds(&cell.pos, &from.pos);
                match backwards {
                    false => found.iter().find(at(Pos::gt)).or(found.first()).copied(),
                    true => {
                        let before = found.iter().rev().find(at(Pos::lt));
                        before.or(found.last()).copied()
                    }
                }
            }
        })
    }

    /// All matches; `sheet` is the one in front.
    pub fn all(&self, workbook: &Workbook, sheet: SheetId) -> Result<Vec<Cell>, FindError> {
        let whole = |sheet| Area {
            sheet,
            rect: Rect::new(Pos::new(0, 0), Pos::new(MAX_ROWS - 1, MAX_COLS - 1)),
        };
        let areas = match &self.scope {
            Scope::Sheet => vec![whole(sheet)],
            // A person can be shown a match on these only.
            Scope::Workbook => workbook.visible_sheets().map(whole).collect(),
            Scope::Areas(areas) => areas.clone(),
        };
        Ok(workbook.find_all(&self.finder()?, &areas))
    }
}

/// The form that asks what is looked for, and what is put in its place.
#[derive(Debug, Default)]
pub struct FindForm {
    /// All but the text looked for, which is in its line.
    pub search: Search,
    /// The cells selected when the form was opened, where they are several.
    pub selected: Option<Vec<Area>>,
    pub what: Input,
    /// Whether it is selected, as it is until a key is pressed: what is typed
    /// replaces it.
    pub what_selected: bool,
    /// The replacement; `None` where only a search is asked for.
    pub with: Option<Input>,
    /// Whether the replacement is being typed.
    pub in_with: bool,
    /// What the last search or replacement came to.
    pub note: Option<String>,
}

impl FindForm {
    pub fn input_mut(&mut self) -> &mut Input {
        match &mut self.with {
            Some(with) if self.in_with => with,
            _ => &mut self.what,
        }
    }

    /// The search as the form has it.
    pub fn search(&self) -> Search {
        let mut search = self.search.clone();
        search.options.what = self.what.value().to_owned();
        search
    }

    /// The form's switches: a letter to press with Alt, what it is, whether it is on.
    pub fn switches(&self) -> [(char, &'static str, bool); 5] {
        let options = &self.search.options;
        [
            ('C', "match case", options.match_case),
            ('W', "whole cell", options.whole),
            ('X', "regex", options.pattern == Pattern::Regex),
            ('V', "values", options.look_in == LookIn::Values),
            ('B', "workbook", self.search.scope == Scope::Workbook),
        ]
    }

    /// Looks in the whole workbook, or no longer.
    pub fn switch_scope(&mut self) {
        self.search.scope = match (&self.search.scope, &self.selected) {
            (Scope::Workbook, Some(areas)) => Scope::Areas(areas.clone()),
            (Scope::Workbook, None) => Scope::Sheet,
            _ => Scope::Workbook,
        };
    }
}
