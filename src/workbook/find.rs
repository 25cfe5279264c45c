//! Finding text in cells.

use super::{Template, Workbook};
use crate::formula::{Dialect, print};
use crate::functions::file_prefix;
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId};
use crate::value::format::Format;
use crate::value::{Value, number_to_text};
use rayon::prelude::*;
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::collections::HashMap;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindOptions {
    pub what: String,
    pub look_in: LookIn,
    /// Only cells that are nothing but it.
    pub whole: bool,
    pub match_case: bool,
    pub pattern: Pattern,
}

/// The text of a cell that is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookIn {
    /// What is typed in: formulas, and constants as they are.
    #[default]
    Formulas,
    /// What the cell shows.
    Values,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pattern {
    /// `*` for any characters, `?` for one, `~` before either as such.
    #[default]
    Wildcards,
    /// A regular expression; `$1` in a replacement is what its first group matched.
    Regex,
}

/// Why a search cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    #[error("there is nothing to look for: type a text")]
    Empty,
    #[error("the regular expression cannot be read: {0}")]
    Regex(String),
}

/// A search, ready for many cells.
#[derive(Clone, Debug)]
pub struct Finder {
    regex: Regex,
    look_in: LookIn,
    pattern: Pattern,
    /// Whether the text of a plain number can match.
    in_numbers: bool,
}

impl Finder {
    pub fn new(options: &FindOptions) -> Result<Self, FindError> {
        if options.what.is_empty() {
            return Err(FindError::Empty);
        }
        let (body, in_numbers) = match options.pattern {
            Pattern::Regex => (options.what.clone(), true),
            Pattern::Wildcards => from_wildcards(&options.what),
        };
        let text = match options.whole {
            true => format!("^(?:{body})$"),
            false => body,
        };
        let regex = RegexBuilder::new(&text)
            .case_insensitive(!options.match_case)
            .dot_matches_new_line(true)
            .build()
            .map_err(|error| FindError::Regex(error.to_string()))?;
        Ok(Self {
            regex,
            look_in: options.look_in,
            pattern: options.pattern,
            in_numbers,
        })
    }

    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The text with every match replaced; `None` where nothing matches.
    pub fn replaced(&self, text: &str, with: &str) -> Option<String> {
        let new = match self.pattern {
            Pattern::Regex => self.regex.replace_all(text, with),
            Pattern::Wildcards => self.regex.replace_all(text, regex::NoExpand(with)),
        };
        match new {
            Cow::Borrowed(_) => None,
            Cow::Owned(new) => Some(new),
        }
    }
}

/// A text with wildcards as a regular expression, and whether numbers can match.
fn from_wildcards(text: &str) -> (String, bool) {
    let mut out = String::new();
    let mut in_numbers = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = match c {
            '*' => {
                out.push_str(".*");
                continue;
            }
            '?' => {
                out.push('.');
                continue;
            }
            '~' => chars
                .next_if(|c| matches!(c, '*' | '?' | '~'))
                .unwrap_or('~'),
            c => c,
        };
        in_numbers &= literal.is_ascii_digit() || matches!(literal, '.' | '-' | '+' | 'E' | 'e');
        let mut buffer = [0; 4];
        out.push_str(&regex::escape(literal.encode_utf8(&mut buffer)));
    }
    (out, in_numbers)
}

/// The rows that are looked at together.
const BLOCK_ROWS: u32 = 4096;

impl Workbook {
    /// All cells of areas that match, area by area, row by row.
    pub fn find_all(&self, finder: &Finder, areas: &[Area]) -> Vec<Cell> {
        let mut blocks = Vec::new();
        for &area in areas {
            blocks.extend(self.blocks(area));
        }
        let found: Vec<Vec<Cell>> = blocks
            .into_par_iter()
            .map(|block| self.matches_in(finder, block))
            .collect();
        found.concat()
    }

    /// The next cell that matches, or the one before with `backwards`, after
    /// `from` in its sheet, then in the other sheets of `sheets` in their
    /// order, and so around to `from` itself.
    pub fn find_next(
        &self,
        finder: &Finder,
        sheets: &[SheetId],
        from: Cell,
        backwards: bool,
    ) -> Option<Cell> {
        let at = sheets.iter().position(|id| *id == from.sheet).unwrap_or(0);
        let whole = |sheet| Area {
            sheet,
            rect: Rect::new(Pos::new(0, 0), Pos::new(MAX_ROWS - 1, MAX_COLS - 1)),
        };
        let n = sheets.len();
        for i in 0..=n {
            let step = if backwards { n - i % n.max(1) } else { i };
            let &sheet = sheets.get((at + step) % n.max(1))?;
            let mut blocks: Vec<Area> = self.blocks(whole(sheet)).collect();
            if backwards {
                blocks.reverse();
            }
            for block in blocks {
                let past = match (i, backwards) {
                    (0, false) => block.rect.bottom < from.pos.row,
                    (0, true) => block.rect.top > from.pos.row,
                    _ => false,
                };
                if past {
                    continue;
                }
                let after = |cell: &Cell| match (i, backwards) {
                    (0, false) => cell.pos > from.pos,
                    (0, true) => cell.pos < from.pos,
                    _ => true,
                };
                let mut found = self.matches_in(finder, block).into_iter().filter(after);
                let first = if backwards {
                    found.next_back()
                } else {
                    found.next()
                };
                if first.is_some() {
                    return first;
                }
            }
        }
        None
    }

    /// The used part of an area in blocks of rows.
    fn blocks(&self, area: Area) -> impl Iterator<Item = Area> + use<> {
        let sheet = self.sheet(area.sheet);
        let runs = sheet.runs.intersecting(area.rect);
        let runs = runs.into_iter().filter_map(|id| sheet.runs.get(id));
        let used = runs
            .map(|run| run.rect)
            .chain(sheet.cells.used())
            .reduce(|a, b| a.hull(&b))
            .and_then(|used| used.intersection(&area.rect));
        used.into_iter().flat_map(move |used| {
            (used.top..=used.bottom)
                .step_by(BLOCK_ROWS as usize)
                .map(move |top| Area {
                    rect: Rect {
                        top,
                        bottom: used.bottom.min(top + BLOCK_ROWS - 1),
                        ..used
                    },
                    ..area
                })
        })
    }

    /// The matching cells of a block, row by row.
    fn matches_in(&self, finder: &Finder, area: Area) -> Vec<Cell> {
        let sheet = self.sheet(area.sheet);
        let mut found = Vec::new();
        let mut formats: HashMap<u32, Option<Format>> = HashMap::new();
        let by_formula = finder.look_in == LookIn::Formulas && !sheet.runs.is_empty();
        sheet.cells.for_each_column(area.rect, &mut |at, value| {
            let matches = match finder.look_in {
                LookIn::Formulas if by_formula && sheet.runs.at(at).is_some() => false,
                LookIn::Formulas => match value {
                    Value::Number(x) => finder.in_numbers && finder.matches(&number_to_text(*x)),
                    Value::Text(text) => finder.matches(text),
                    value => finder.matches(&constant_text(value)),
                },
                LookIn::Values => {
                    let style = sheet.style(at);
                    let code = &self.styles.get(style).number_format;
                    let general = style == 0 || code.eq_ignore_ascii_case("general");
                    match value {
                        Value::Number(_) if general && !finder.in_numbers => false,
                        Value::Text(text) if general => finder.matches(text),
                        value => {
                            let format =
                                formats.entry(style).or_insert_with(|| Format::parse(code));
                            let dates = self.date_system;
                            let shown = format.as_ref().and_then(|f| f.show(value, dates));
                            shown.is_some_and(|shown| finder.matches(&shown.text))
                        }
                    }
                }
            };
            if matches {
                found.push(at);
            }
        });
        if by_formula {
            for run in self.formulas_in(area) {
                let inside = run.rect.intersection(&area.rect);
                for at in inside.into_iter().flat_map(Rect::cells) {
                    let text = match &*run.template {
                        Template::Formula(expr) => formula_text(expr, run.origin(at)),
                        Template::Unreadable(text) => format!("={text}"),
                    };
                    if finder.matches(&text) {
                        found.push(at);
                    }
                }
            }
        }
        found.sort_unstable();
        let sheet = area.sheet;
        found.into_iter().map(|pos| Cell { sheet, pos }).collect()
    }

    /// What stands in a cell before it is shown: a formula with its `=`, or a
    /// constant, dates and percentages as the numbers that they are.
    pub fn entry_text(&self, cell: Cell) -> String {
        let sheet = self.sheet(cell.sheet);
        if let Some((_, run)) = sheet.runs.at(cell.pos) {
            return match &**self.templates.get(run.template) {
                Template::Formula(expr) => formula_text(expr, run.origin(cell.pos)),
                Template::Unreadable(text) => format!("={text}"),
            };
        }
        match sheet.cells.get(cell.pos) {
            Value::Number(x) => number_to_text(x),
            value => constant_text(&value),
        }
    }
}

fn formula_text(expr: &crate::formula::Expr, origin: Pos) -> String {
    format!("={}", print(expr, origin, Dialect::People(file_prefix)))
}

fn constant_text(value: &Value) -> String {
    match value.to_text() {
        Ok(text) => text.to_string(),
        Err(kind) => kind.as_str().to_owned(),
    }
}
