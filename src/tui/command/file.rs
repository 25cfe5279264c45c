//! The file: saving and leaving.

use super::{Call, Command, Refusal};
use crate::tui::app::App;
use crate::tui::mode::{Answer, Confirm, Mode};
use std::path::PathBuf;

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
    if call.argument.is_some() {
        return save_as(app, call);
    }
    let Some(path) = app.document.path().map(ToOwned::to_owned) else {
        return save_as(app, call);
    };
    if app.document.changed_on_disk() {
        app.mode = Mode::Confirm(Confirm {
            question: format!(
                "{} was changed by another program since it was opened. Replace it?",
                path.display()
            ),
            answers: vec![
                answer('s', "Save under another name", Some(("file.save-as", None))),
                answer(
                    'r',
                    "Replace it",
                    Some(("file.save-as", Some(path.display().to_string()))),
                ),
                answer('c', "Cancel", None),
            ],
        });
        return Ok(());
    }
    let sheet = app.sheet();
    app.document.save(&path, sheet)?;
    app.say(format!("Saved {}", path.display()));
    Ok(())
}

fn save_as(app: &mut App, call: &Call) -> Result<(), Refusal> {
    let Some(path) = &call.argument else {
        let now = app.document.path().map(|path| path.display().to_string());
        app.ask("file.save-as", "Save as", &now.unwrap_or_default());
        return Ok(());
    };
    if path.trim().is_empty() {
        return Err(Refusal::new("a file needs a name"));
    }
    let path = PathBuf::from(path);
    let sheet = app.sheet();
    app.document.save(&path, sheet)?;
    app.say(format!("Saved {}", path.display()));
    Ok(())
}

fn quit(app: &mut App, _: &Call) -> Result<(), Refusal> {
    if !app.document.is_modified() {
        app.leave();
        return Ok(());
    }
    app.mode = Mode::Confirm(Confirm {
        question: format!("{} has unsaved changes.", app.document.title()),
        answers: vec![
            answer('s', "Save and quit", Some(("file.save-quit", None))),
            answer('d', "Discard them", Some(("file.discard", None))),
            answer('c', "Cancel", None),
        ],
    });
    Ok(())
}

fn answer(
    key: char,
    label: &'static str,
    command: Option<(&'static str, Option<String>)>,
) -> Answer {
    Answer {
        key,
        label,
        command,
    }
}
