//! Copying, cutting and pasting.

use super::{Command, Refusal};
use crate::grid::{Area, Cell, Rect};
use crate::tui::app::App;
use crate::tui::mode::Context;
use crate::tui::selection::{Selection, address};
use crate::workbook::{Clip, Paste, PasteWhat, Transaction};

/// The context of a selection that movement extends.
const SELECT: &[Context] = &[Context::Select];

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "edit.copy",
        "Copy",
        "Copies the selected cells, to the terminal's clipboard as well.",
        |app, _| copy(app, false),
    )
    .keys(&["Ctrl+C"])
    .vim(&["y y"]),
    Command::grid(
        "edit.cut",
        "Cut",
        "Marks the selected cells to be moved by the next paste.",
        |app, _| copy(app, true),
    )
    .keys(&["Ctrl+X"]),
    Command::grid(
        "edit.take",
        "Take out",
        "Copies the selected cells and clears them.",
        |app, _| take(app),
    )
    .vim(&["d d"])
    .repeats(),
    Command::new(
        "select.copy",
        "Copy what is selected",
        "Copies the selected cells and ends extending.",
        SELECT,
        |app, _| {
            copy(app, false)?;
            app.set_extending(false);
            Ok(())
        },
    )
    .vim(&["y"]),
    Command::new(
        "select.take",
        "Take out what is selected",
        "Copies the selected cells, clears them and ends extending.",
        SELECT,
        |app, _| {
            take(app)?;
            app.set_extending(false);
            Ok(())
        },
    )
    .vim(&["d"]),
    Command::grid(
        "edit.paste",
        "Paste",
        "Pastes what was copied or cut, its references moved along.",
        |app, _| paste(app, Paste::default()),
    )
    .keys(&["Ctrl+V"])
    .vim(&["p"])
    .repeats(),
    Command::grid(
        "edit.paste-values",
        "Paste values",
        "Pastes what the copied cells show, without their formulas.",
        |app, _| paste(app, Paste::new(PasteWhat::Values)),
    )
    .keys(&["Alt+V"])
    .vim(&["P"])
    .repeats(),
    Command::grid(
        "edit.paste-formulas",
        "Paste formulas",
        "Pastes formulas and values, without formats.",
        |app, _| paste(app, Paste::new(PasteWhat::Formulas)),
    )
    .repeats(),
    Command::grid(
        "edit.paste-formats",
        "Paste formats",
        "Pastes how the copied cells look.",
        |app, _| paste(app, Paste::new(PasteWhat::Formats)),
    )
    .repeats(),
    Command::grid(
        "edit.paste-transposed",
        "Paste transposed",
        "Pastes rows as columns and columns as rows.",
        |app, _| {
            let how = Paste {
                transpose: true,
                ..Paste::default()
            };
            paste(app, how)
        },
    )
    .repeats(),
    Command::grid(
        "edit.paste-skipping-blanks",
        "Paste without blanks",
        "Pastes all but empty cells, which leave the target as it is.",
        |app, _| {
            let how = Paste {
                skip_blanks: true,
                ..Paste::default()
            };
            paste(app, how)
        },
    )
    .repeats(),
];

/// What was copied or cut in this program.
#[derive(Clone, Debug)]
pub struct Copied {
    clip: Clip,
    /// As the terminal's clipboard has it.
    text: String,
    /// Where it was cut; a paste moves it from there.
    cut_from: Option<Area>,
}

fn copy(app: &mut App, cut: bool) -> Result<(), Refusal> {
    let areas = app.selected_areas();
    if cut && areas.len() > 1 {
        return Err(Refusal::new(
            "several areas cannot be cut at once: cut them one by one",
        ));
    }
    let workbook = app.document.engine().workbook();
    let clip = workbook.copy(&areas)?;
    let text = match clip.rows as u64 * clip.cols as u64 > MAX_TEXT_CELLS {
        true => String::new(),
        false => clip.text(workbook),
    };
    if !text.is_empty() {
        app.host().copy(&text);
    }
    let verb = if cut { "Cut" } else { "Copied" };
    app.say(format!("{verb} {}", address(app.selection().last())));
    app.copied = Some(Copied {
        clip,
        text,
        cut_from: areas.first().copied().filter(|_| cut),
    });
    Ok(())
}

/// Copies the selected cells and clears them, as vim's `d` does.
fn take(app: &mut App) -> Result<(), Refusal> {
    copy(app, false)?;
    super::edit::clear(app)?;
    app.say(format!("Took out {}", address(app.selection().last())));
    Ok(())
}

/// The text with line feeds for the carriage returns that terminals paste.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The most cells whose text goes to the terminal's clipboard; terminals
/// refuse more than some megabytes.
const MAX_TEXT_CELLS: u64 = 100_000;

fn paste(app: &mut App, how: Paste) -> Result<(), Refusal> {
    let Some(copied) = app.copied.clone() else {
        return Err(Refusal::new(
            "nothing was copied here; the terminal's own paste (often Ctrl+Shift+V) takes text from elsewhere",
        ));
    };
    let target = app.selected_area();
    if let Some(from) = copied.cut_from.filter(|_| how == Paste::default()) {
        let to = Cell {
            sheet: target.sheet,
            pos: target.rect.top_left(),
        };
        let label = format!("Move {}", address(from.rect));
        let edits = app.document.engine().workbook().moving(from, to);
        app.apply(&Transaction::new(label, edits))?;
        app.copied = None;
        let moved = Rect::sized(to.pos, from.rect.rows(), from.rect.cols());
        app.select(Selection::rect(moved.unwrap_or(target.rect)));
        return Ok(());
    }
    let workbook = app.document.engine().workbook();
    let (transaction, area) = workbook.paste(&copied.clip, target, how)?;
    match how.what {
        PasteWhat::Formats => app.apply(&transaction)?,
        _ => app.apply_in(transaction, area)?,
    }
    app.select(Selection::rect(area.rect));
    Ok(())
}

impl App {
    /// Puts text that the terminal pasted into the cells from the active one
    /// on, as if it were typed; what was copied here keeps its formulas.
    pub(in crate::tui) fn paste_text(&mut self, text: &str) -> Result<(), Refusal> {
        let own = self.copied.as_ref().is_some_and(|copied| {
            !copied.text.is_empty() && copied.text.trim_end() == lines(text).trim_end()
        });
        if own {
            return paste(self, Paste::default());
        }
        let target = self.selected_area();
        let (transaction, area) = self.document.engine_mut().paste_text(target, text)?;
        self.apply_in(transaction, area)?;
        self.select(Selection::rect(area.rect));
        Ok(())
    }
}
