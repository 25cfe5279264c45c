//! What is being typed into a cell, and what the application understands of it.
//!
//! - `text`: lines on the screen and places in them; `content`: what a cell holds,
//!   as one would type it;
//! - `pieces`: a formula's text, cut up; `colours` and `hints` are made of these;
//! - `completion`: what may follow; `outlook`: what the formula would give;
//! - `pointing`: references that follow the cells pointed at; `dollars`: their `$`.

mod colours;
mod completion;
mod content;
mod dollars;
mod hints;
mod outlook;
mod pieces;
mod pointing;
mod text;

pub use colours::{Coloured, Colouring};
pub use completion::Completion;
pub use content::text_of;
pub use hints::Hint;
pub use outlook::Outlook;
pub use pointing::Pointed;
pub use text::{Lines, width};

use super::layout::NAME_BOX;
use super::mode::Context;
use crate::engine::{Engine, EntryError};
use crate::grid::{Cell, Pos, SheetId};
use crate::workbook::quote_sheet_name;
use dollars::Dollars;
use ratatui::layout::Rect as Screen;
use std::ops::Range;
use std::time::Duration;
use tui_input::{Input, InputRequest};

/// A preview that took longer is the last one of its entry.
const PATIENCE: Duration = Duration::from_millis(150);

/// What the arrow keys mean in an entry; F2 changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrows {
    /// They point at cells where a reference can stand, else accept and move:
    /// an entry begun by typing.
    Point,
    /// They move in the text: an entry begun by F2.
    Edit,
}

/// A cell's new content while it is being typed.
#[derive(Debug)]
pub struct Entry {
    pub cell: Cell,
    pub input: Input,
    pub arrows: Arrows,
    /// Why it was refused, and at which character where that is known.
    pub error: Option<(String, Option<usize>)>,
    /// The text that was warned of and is entered when it is accepted again.
    pub warned: Option<String>,
    /// The formula that spilled over the cell; shown until something is typed.
    pub ghost: Option<String>,
    /// The lines of the formula bar when it was changed last.
    pub shown_height: u16,
    completion: Option<Completion>,
    /// Where the word begins whose completion was closed.
    closed: Option<usize>,
    pointed: Option<Pointed>,
    may_point: bool,
    coloured: Coloured,
    hint: Option<Hint>,
    outlook: Outlook,
    /// The text that `outlook` speaks of; `None` where previews take too long.
    previewed: Option<String>,
}

impl Entry {
    /// Begins with the cell's content, to edit it. Where a formula in another
    /// cell gave that content, nothing is there to edit.
    pub fn of(engine: &Engine, cell: Cell) -> Self {
        let spilled = engine.spilled_from(cell);
        let ghost = spilled.and_then(|anchor| engine.formula_text(anchor));
        let text = match ghost {
            Some(_) => String::new(),
            None => text_of(engine, cell),
        };
        Self {
            arrows: Arrows::Edit,
            ghost,
            ..Self::with(cell, &text)
        }
    }

    /// Begins with what was typed.
    pub fn with(cell: Cell, text: &str) -> Self {
        Self {
            cell,
            input: Input::new(text.to_owned()),
            arrows: Arrows::Point,
            error: None,
            warned: None,
            ghost: None,
            shown_height: 1,
            completion: None,
            closed: None,
            pointed: None,
            may_point: false,
            coloured: Coloured::default(),
            hint: None,
            outlook: Outlook::None,
            previewed: Some(String::new()),
        }
    }

    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor's place, in bytes.
    pub fn cursor(&self) -> usize {
        let text = self.text();
        let mut places = text.char_indices().map(|(at, _)| at);
        places.nth(self.input.cursor()).unwrap_or(text.len())
    }

    pub fn completion(&self) -> Option<&Completion> {
        self.completion.as_ref()
    }

    pub fn completion_mut(&mut self) -> Option<&mut Completion> {
        self.completion.as_mut()
    }

    pub fn pointed(&self) -> Option<&Pointed> {
        self.pointed.as_ref()
    }

    pub fn coloured(&self) -> &Coloured {
        &self.coloured
    }

    pub fn hint(&self) -> Option<&Hint> {
        self.hint.as_ref()
    }

    pub fn outlook(&self) -> &Outlook {
        &self.outlook
    }

    /// Whether a reference can be put at the cursor, or the one pointed at replaced.
    pub fn may_point(&self) -> bool {
        self.may_point || self.pointed.is_some()
    }

    /// The text on the lines of the formula bar of a screen.
    pub fn bar_lines(&self, screen: Screen) -> Lines {
        Lines::new(
            self.text(),
            usize::from(screen.width.saturating_sub(NAME_BOX)),
        )
    }

    /// The lines that the formula bar has on a screen, a third of it at most.
    pub fn bar_height(&self, screen: Screen) -> u16 {
        let lines = self.bar_lines(screen).len();
        (lines as u16).min(screen.height / 3).max(1)
    }

    /// The first line that the formula bar shows, so that the cursor is on one of them.
    pub fn bar_first(&self, screen: Screen) -> usize {
        let (line, _) = self.bar_lines(screen).place(self.text(), self.cursor());
        (line + 1).saturating_sub(usize::from(self.bar_height(screen)))
    }

    /// What its keys mean now.
    pub fn context(&self) -> Context {
        match self.arrows {
            _ if self.completion.is_some() => Context::Completion,
            Arrows::Edit => Context::Entry,
            Arrows::Point if self.may_point() => Context::Pointing,
            Arrows::Point => Context::Typing,
        }
    }

    /// Takes in that the text was changed or the cursor moved.
    pub fn changed(&mut self, engine: &Engine) {
        let (text, cursor) = (self.input.value(), self.cursor());
        let is_formula = text.starts_with('=');
        self.error = None;
        self.pointed
            .take_if(|pointed| pointed.range.end != cursor || text.len() < cursor);
        self.may_point = pointing::may_point(text, cursor);
        self.coloured = Coloured::new(engine, self.cell, text, cursor);
        let before = text[..cursor].strip_prefix('=');
        self.hint = before.and_then(Hint::new);
        let completion = match is_formula {
            _ if self.pointed.is_some() => None,
            true => Completion::of_formula(engine, self.cell, text, cursor),
            false if text.is_empty() || self.arrows == Arrows::Edit => None,
            false => Completion::of_values(engine, self.cell, text),
        };
        let begins = completion.as_ref().map(|completion| completion.range.start);
        self.closed.take_if(|closed| begins != Some(*closed));
        self.completion = completion.filter(|_| self.closed.is_none());
        if self
            .previewed
            .as_deref()
            .is_some_and(|previewed| previewed != text)
        {
            let begun = std::time::Instant::now();
            self.outlook = Outlook::new(engine, self.cell, text);
            self.previewed = (begun.elapsed() < PATIENCE).then(|| text.to_owned());
        } else if self.previewed.is_none() {
            self.outlook = Outlook::None;
        }
    }

    /// Keeps why the text was refused and puts the cursor where it is wrong.
    pub fn refused(&mut self, error: &EntryError) {
        let at = match error {
            // The formula begins behind its `=`.
            EntryError::Parse(parse) => Some(parse.at + 1),
            _ => None,
        };
        if let Some(at) = at {
            self.input.handle(InputRequest::SetCursor(at));
        }
        self.refuse(error.to_string(), at);
    }

    /// Keeps a reason why the text was refused; it can be edited now.
    pub fn refuse(&mut self, reason: String, at: Option<usize>) {
        self.arrows = Arrows::Edit;
        self.completion = None;
        self.pointed = None;
        self.error = Some((reason, at));
    }

    /// Puts a text in the place of some bytes, the cursor behind it.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        let text = self.text();
        let text = format!("{}{with}{}", &text[..range.start], &text[range.end..]);
        self.set(text, range.start + with.len());
    }

    fn set(&mut self, text: String, cursor: usize) {
        let characters = text[..cursor].chars().count();
        self.input = Input::new(text).with_cursor(characters);
    }

    /// Puts a text at the cursor; its line ends become line breaks.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let at = self.cursor();
        self.replace(at..at, text.trim_end_matches('\n'));
    }

    /// Begins a new line at the cursor.
    pub fn break_line(&mut self) {
        self.input.handle(InputRequest::InsertChar('\n'));
    }

    /// Moves the cursor to a byte.
    pub fn move_to(&mut self, byte: usize) {
        let characters = self.text()[..byte].chars().count();
        self.input.handle(InputRequest::SetCursor(characters));
    }

    /// Takes what is chosen of the completion; `false` where there is none.
    pub fn complete(&mut self) -> bool {
        let Some(completion) = self.completion.take() else {
            return false;
        };
        let text = completion.chosen().text.clone();
        self.replace(completion.range, &text);
        true
    }

    /// Closes the completion until another word begins.
    pub fn close_completion(&mut self) {
        if let Some(completion) = self.completion.take() {
            self.closed = Some(completion.range.start);
        }
    }

    /// Offers what can be completed here, closed before or not, or all values
    /// of the cell's list; `false` where there is nothing.
    pub fn offer(&mut self, engine: &Engine) -> bool {
        self.changed(engine);
        self.closed = None;
        let text = self.input.value();
        self.completion = match text.starts_with('=') {
            true => Completion::of_formula(engine, self.cell, text, self.cursor()),
            false => Completion::of_list(engine, self.cell, text),
        };
        self.completion.is_some()
    }

    /// Points at the cells between two corners.
    pub fn point(&mut self, engine: &Engine, sheet: SheetId, anchor: Pos, moving: Pos) {
        let at = self.cursor();
        let (range, dollars) = match self.pointed.take() {
            Some(pointed) => (pointed.range, pointed.dollars),
            None => (at..at, Dollars::default()),
        };
        let pointed = Pointed {
            range,
            sheet,
            anchor,
            moving,
            dollars,
        };
        self.write(engine, pointed);
    }

    /// Writes what is pointed at into the text.
    fn write(&mut self, engine: &Engine, mut pointed: Pointed) {
        let start = pointed.range.start;
        let mut written = pointed.cells();
        // The second corner of a range is on the sheet of its first.
        let second = self.text()[..start].trim_end().ends_with(':');
        if pointed.sheet != self.cell.sheet && !second {
            let name = &engine.workbook().sheet(pointed.sheet).name;
            written = format!("{}!{written}", quote_sheet_name(name));
        }
        self.replace(pointed.range.clone(), &written);
        pointed.range = start..start + written.len();
        self.pointed = Some(pointed);
    }

    /// Gives the reference pointed at, or the one at the cursor, the next `$`;
    /// `false` where there is none.
    pub fn cycle_dollars(&mut self, engine: &Engine) -> bool {
        if let Some(mut pointed) = self.pointed.take() {
            pointed.dollars = pointed.dollars.next();
            self.write(engine, pointed);
            return true;
        }
        let cursor = self.cursor();
        let Some(formula) = self.text().strip_prefix('=') else {
            return false;
        };
        let at = |piece: &pieces::Piece| {
            let (start, end) = (piece.range.start + 1, piece.range.end + 1);
            let here = (start..=end).contains(&cursor);
            (here && piece.kind == pieces::PieceKind::Reference).then_some(start..end)
        };
        let Some(range) = pieces::pieces(formula).iter().find_map(at) else {
            return false;
        };
        let cycled = dollars::cycled(&self.text()[range.clone()]);
        self.replace(range, &cycled);
        true
    }

    /// Changes what the arrows mean.
    pub fn toggle_arrows(&mut self) {
        self.pointed = None;
        self.arrows = match self.arrows {
            Arrows::Point => Arrows::Edit,
            Arrows::Edit => Arrows::Point,
        };
    }
}

#[cfg(test)]
mod tests;
