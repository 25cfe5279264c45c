//! The file: saving and leaving.

use super::{Call, Command, Refusal};
use crate::files::{self, Kind};
use crate::tui::app::App;
use crate::tui::document::Document;
use crate::tui::mode::{Confirm, Mode};
use std::path::{Path, PathBuf};

pub const COMMANDS: &[Command] = &[
    Command::grid("file.save", "Save", "Saves the workbook in its file.", save)
        .keys(&["Ctrl+S"])
        .short(&["w"]),
    Command::grid(
        "file.save-as",
        "Save as",
        "Saves the workbook in another file, whose name tells the format.",
        save_as,
    )
    .keys(&["F12"])
    .short(&["saveas"]),
    Command::grid(
        "file.save-over",
        "Save over a file",
        "Saves the workbook in a file, in place of what is there.",
        |app, call| match &call.argument {
            Some(path) => save_into(app, &named(path)?),
            None => {
                ask_for_file(app, "file.save-over");
                Ok(())
            }
        },
    )
    .short(&["w!"]),
    Command::grid(
        "file.open",
        "Open",
        "Opens another file; asks about unsaved changes.",
        open,
    )
    .keys(&["Ctrl+O"])
    .short(&["e"]),
    Command::grid(
        "file.open-discarding",
        "Open without saving",
        "Opens another file and leaves unsaved changes behind.",
        |app, call| match &call.argument {
            Some(path) => {
                app.open(Path::new(path.trim()));
                Ok(())
            }
            None => {
                app.ask("file.open-discarding", "Open a file", "");
                Ok(())
            }
        },
    )
    .short(&["e!"]),
    Command::grid("file.new", "New", "Begins an empty workbook.", |app, _| {
        if !app.asks_about_changes(("file.save", None), ("file.new-discarding", None)) {
            app.take_document(Document::empty());
        }
        Ok(())
    }),
    Command::grid(
        "file.new-discarding",
        "New without saving",
        "Begins an empty workbook and leaves unsaved changes behind.",
        |app, _| {
            app.take_document(Document::empty());
            Ok(())
        },
    ),
    Command::grid(
        "file.quit",
        "Quit",
        "Ends the program; asks about unsaved changes.",
        quit,
    )
    .keys(&["Ctrl+Q"])
    .vim(&["Z Q"])
    .short(&["q"]),
    Command::grid(
        "file.discard",
        "Quit without saving",
        "Ends the program and leaves unsaved changes behind.",
        |app, _| {
            app.leave();
            Ok(())
        },
    )
    .short(&["q!"]),
    Command::grid(
        "file.save-quit",
        "Save and quit",
        "Saves the workbook and ends.",
        |app, call| {
            save(app, call)?;
            if !app.document.is_modified() {
                app.leave();
            }
            Ok(())
        },
    )
    .vim(&["Z Z"])
    .short(&["wq", "x"]),
];

fn save(app: &mut App, call: &Call) -> Result<(), Refusal> {
    app.settled()?;
    if call.argument.is_some() {
        return save_as(app, call);
    }
    let Some(path) = app.document.path().map(ToOwned::to_owned) else {
        return save_as(app, call);
    };
    let shown = path.display().to_string();
    let over = Some(("file.save-over", Some(shown.clone())));
    if app.document.changed_on_disk() {
        app.mode = Mode::Confirm(Confirm::new(
            format!("{shown} was changed by another program since it was opened. Replace it?"),
            [
                ('s', "Save under another name", Some(("file.save-as", None))),
                ('r', "Replace it", over),
                ('c', "Cancel", None),
            ],
        ));
        return Ok(());
    }
    let workbook = app.document.engine().workbook();
    let lost = files::left_out_of_text(workbook, app.sheet());
    if matches!(Kind::of(&path), Kind::Text(_)) && !lost.is_empty() {
        let sheet = &workbook.sheet(app.sheet()).name;
        app.mode = Mode::Confirm(Confirm::new(
            format!(
                "{shown} is text: it holds the values of one sheet, here {sheet}, but no {}.",
                lost.join(", no ")
            ),
            [
                ('w', "Save as a workbook", Some(("file.save-as", None))),
                ('t', "Save the text alone", over),
                ('c', "Cancel", None),
            ],
        ));
        return Ok(());
    }
    save_into(app, &path)
}

fn save_as(app: &mut App, call: &Call) -> Result<(), Refusal> {
    app.settled()?;
    let Some(path) = &call.argument else {
        ask_for_file(app, "file.save-as");
        return Ok(());
    };
    let path = named(path)?;
    if path.exists() && app.document.path() != Some(&*path) {
        ask_to_replace(app, &path, "file.save-over", "file.save-as");
        return Ok(());
    }
    save_into(app, &path)
}

/// Asks before a file is replaced, by the command `over`; `anew` asks for another name.
pub(super) fn ask_to_replace(app: &mut App, path: &Path, over: &'static str, anew: &'static str) {
    let shown = path.display().to_string();
    app.mode = Mode::Confirm(Confirm::new(
        format!("{shown} is there already. Replace it?"),
        [
            ('r', "Replace it", Some((over, Some(shown)))),
            ('o', "Choose another name", Some((anew, None))),
            ('c', "Cancel", None),
        ],
    ));
}

/// Asks for a file's name; a workbook that was read from text is proposed to
/// become one that holds all of it.
fn ask_for_file(app: &mut App, command: &'static str) {
    let now = app.document.path().map(|path| match Kind::of(path) {
        Kind::Xlsx | Kind::Xlsm => path.to_owned(),
        Kind::Text(_) | Kind::Imported => path.with_extension("xlsx"),
    });
    let now = now.unwrap_or_default().display().to_string();
    app.ask(command, "Save as", &now);
}

/// The file that a name means: without an extension, a workbook.
fn named(path: &str) -> Result<PathBuf, Refusal> {
    let path = PathBuf::from(path.trim());
    if path.file_name().is_none() {
        return Err(Refusal::new("a file needs a name"));
    }
    Ok(match path.extension() {
        Some(_) => path,
        None => path.with_extension("xlsx"),
    })
}

fn save_into(app: &mut App, path: &Path) -> Result<(), Refusal> {
    app.settled()?;
    let sheet = app.sheet();
    app.work("Saving", |document| document.save(path, sheet))?;
    app.say(format!("Saved {}", path.display()));
    Ok(())
}

fn quit(app: &mut App, _: &Call) -> Result<(), Refusal> {
    app.settled()?;
    if !app.asks_about_changes(("file.save-quit", None), ("file.discard", None)) {
        app.leave();
    }
    Ok(())
}

fn open(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let Some(path) = &call.argument else {
        app.ask("file.open", "Open a file", "");
        return Ok(());
    };
    let (saved, path) = (("file.save", None), path.trim());
    if path.is_empty() {
        return Err(Refusal::new("a file needs a name"));
    }
    if !app.asks_about_changes(saved, ("file.open-discarding", Some(path.to_owned()))) {
        app.open(Path::new(path));
    }
    Ok(())
}
