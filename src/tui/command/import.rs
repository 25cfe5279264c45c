//! Text files into and out of the workbook.

use super::{Call, Command, Refusal};
use crate::csv::{self, Dialect, Texts, Told};
use crate::files::Kind;
use crate::tui::app::App;
use crate::tui::import::Import;
use crate::tui::mode::{Context, Mode};
use std::path::{Path, PathBuf};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "file.import",
        "Import csv",
        "Adds a text file as a sheet, after showing how it is read.",
        import,
    )
    .short(&["import"]),
    Command::new(
        "import.delimiter",
        "Another delimiter",
        "Reads the text file that is shown with the next delimiter: tabs, bars, semicolons, commas.",
        &[Context::Import],
        |app, _| read_again(app, Import::next_delimiter),
    )
    .keys(&["d"]),
    Command::new(
        "import.decimals",
        "Other decimals",
        "Reads the text file that is shown with decimal commas instead of points, or the other way.",
        &[Context::Import],
        |app, _| read_again(app, Import::other_decimals),
    )
    .keys(&["c"]),
    Command::grid(
        "file.export",
        "Export as csv",
        "Writes the sheet into a text file; the workbook keeps its own.",
        |app, call| export(app, call, false),
    )
    .short(&["export"]),
    Command::grid(
        "file.export-over",
        "Export as csv over a file",
        "Writes the sheet into a text file, in place of what is there.",
        |app, call| export(app, call, true),
    )
    .short(&["export!"]),
];

fn import(app: &mut App, call: &Call) -> Result<(), Refusal> {
    app.settled()?;
    let Some(path) = &call.argument else {
        app.ask("file.import", "Text file to import (csv, tsv, txt)", "");
        return Ok(());
    };
    let path = PathBuf::from(path.trim());
    if path.as_os_str().is_empty() {
        return Err(Refusal::new("a file needs a name"));
    }
    let import = app.work("Reading", |_| Import::read(&path, Told::default()))?;
    app.mode = Mode::Import(Box::new(import));
    Ok(())
}

/// Reads the file that is shown in another way.
fn read_again(app: &mut App, how: fn(&Import) -> Told) -> Result<(), Refusal> {
    let Mode::Import(import) = &app.mode else {
        return Ok(());
    };
    let (path, told) = (import.path.clone(), how(import));
    let import = app.work("Reading", |_| Import::read(&path, told))?;
    app.mode = Mode::Import(Box::new(import));
    Ok(())
}

/// Adds what was shown as a sheet behind the one in front.
pub fn take(app: &mut App, import: &Import) -> Result<(), Refusal> {
    let workbook = app.document.engine().workbook();
    let order = workbook.order();
    let front = order.iter().position(|&id| id == app.sheet());
    let sheet = workbook.next_sheet();
    let transaction = import.transaction(workbook, front.map_or(order.len(), |at| at + 1));
    app.apply(&transaction)?;
    app.show_sheet(sheet);
    let (rows, columns) = import.size();
    app.say(format!("Imported {rows} rows and {columns} columns"));
    Ok(())
}

fn export(app: &mut App, call: &Call, over: bool) -> Result<(), Refusal> {
    app.settled()?;
    let Some(path) = call.argument.as_deref().map(str::trim) else {
        let name = app
            .document
            .engine()
            .workbook()
            .sheet(app.sheet())
            .name
            .clone();
        let file = format!("{name}.csv");
        let folder = app.document.path().and_then(Path::parent);
        let path = folder.map_or_else(|| PathBuf::from(&file), |folder| folder.join(&file));
        let path = path.display().to_string();
        let command = if over {
            "file.export-over"
        } else {
            "file.export"
        };
        app.ask(command, "Export the sheet as", &path);
        return Ok(());
    };
    let path = Path::new(path);
    let Kind::Text(delimiter) = Kind::of(path) else {
        return Err(Refusal::new(format!(
            "{}: name a text file: .csv has commas, .tsv and .txt tabs",
            path.display()
        )));
    };
    if !over && path.exists() {
        super::file::ask_to_replace(app, path, "file.export-over", "file.export");
        return Ok(());
    }
    let sheet = app.sheet();
    let workbook = app.document.engine().workbook();
    csv::save(
        workbook,
        sheet,
        Dialect::with_delimiter(delimiter),
        Texts::Shown,
        path,
    )
    .map_err(|error| Refusal::new(format!("{}: {error}", path.display())))?;
    app.say(format!("Exported {}", path.display()));
    Ok(())
}
