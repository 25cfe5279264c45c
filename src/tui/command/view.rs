//! The palette, help, and lists.

use super::{Call, Command, Refusal};
use crate::tui::app::App;
use crate::tui::mode::{Context, Help, Mode, Palette};
use crate::tui::settings::KeySet;

const LISTS: &[Context] = &[
    Context::Prompt,
    Context::Palette,
    Context::Help,
    Context::Confirm,
    Context::Opening,
    Context::Import,
];

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "view.palette",
        "Command palette",
        "Searches all commands by what they are called and do.",
        |app, _| {
            app.mode = Mode::Palette(Palette {
                over: app.mode.panel(),
                ..Palette::default()
            });
            Ok(())
        },
    )
    .keys(&["Ctrl+P"]),
    Command::grid(
        "view.command-line",
        "Command line",
        "Takes a command by its short name, with an argument: w out.xlsx.",
        |app, _| {
            app.mode = Mode::Palette(Palette {
                takes_short_forms: true,
                ..Palette::default()
            });
            Ok(())
        },
    )
    .keys(&[":"]),
    Command::grid(
        "view.help",
        "Help",
        "Shows all commands with their keys.",
        |app, _| {
            app.mode = Mode::Help(Help {
                over: app.mode.panel(),
                ..Help::default()
            });
            Ok(())
        },
    )
    .keys(&["F1", "?"])
    .short(&["help"]),
    Command::grid(
        "view.vim-keys",
        "Keys of vim",
        "Gives the commands the keys of vim besides those of Excel.",
        |app, _| {
            app.set_keys(KeySet::Vim);
            app.say("Keys of vim; F1 shows them");
            Ok(())
        },
    ),
    Command::grid(
        "view.excel-keys",
        "Keys of Excel",
        "Gives the commands the keys of Excel alone.",
        |app, _| {
            app.set_keys(KeySet::Excel);
            app.say("Keys of Excel; F1 shows them");
            Ok(())
        },
    ),
    Command::new(
        "list.close",
        "Close",
        "Closes what lies over the grid.",
        LISTS,
        |app, _| {
            app.mode = match &app.mode {
                Mode::Palette(Palette { over, .. }) | Mode::Help(Help { over, .. }) => {
                    over.map_or(Mode::Grid, Mode::Panel)
                }
                _ => Mode::Grid,
            };
            Ok(())
        },
    )
    .keys(&["Esc", "Ctrl+C"]),
    Command::new(
        "list.down",
        "Next line",
        "Moves to the next line.",
        LISTS,
        |app, _| move_choice(app, 1),
    )
    .keys(&["Down", "Ctrl+N"]),
    Command::new(
        "list.up",
        "Previous line",
        "Moves to the line before.",
        LISTS,
        |app, _| move_choice(app, -1),
    )
    .keys(&["Up", "Ctrl+P"]),
    Command::new(
        "list.page-down",
        "Next page",
        "Moves ten lines down.",
        LISTS,
        |app, _| move_choice(app, 10),
    )
    .keys(&["PgDn"]),
    Command::new(
        "list.page-up",
        "Previous page",
        "Moves ten lines up.",
        LISTS,
        |app, _| move_choice(app, -10),
    )
    .keys(&["PgUp"]),
    Command::new(
        "list.start",
        "First line",
        "Moves to the first line of the help.",
        &[Context::Help],
        |app, _| move_choice(app, isize::MIN),
    )
    .keys(&["Home"]),
    Command::new(
        "list.end",
        "Last page",
        "Moves to the last page of the help.",
        &[Context::Help],
        |app, _| {
            let page = usize::from(app.screen().height.saturating_sub(2));
            let top = app.help_lines().saturating_sub(page);
            if let Mode::Help(help) = &mut app.mode {
                help.top = top;
            }
            Ok(())
        },
    )
    .keys(&["End"]),
    Command::new(
        "list.accept",
        "Accept",
        "Runs the chosen command, or accepts what was typed.",
        LISTS,
        accept,
    )
    .keys(&["Enter"]),
];

fn move_choice(app: &mut App, by: isize) -> Result<(), Refusal> {
    let lines = match app.mode {
        Mode::Help(_) => app.help_lines(),
        _ => 0,
    };
    match &mut app.mode {
        Mode::Palette(palette) => {
            let len = palette.matches().len();
            palette.list.step(by, len);
        }
        Mode::Help(help) => {
            let last = lines.saturating_sub(1);
            help.top = help.top.saturating_add_signed(by).min(last);
        }
        Mode::Import(import) => {
            let last = (import.size().0 as usize).saturating_sub(1);
            import.top = import.top.saturating_add_signed(by).min(last);
        }
        _ => {}
    }
    Ok(())
}

fn accept(app: &mut App, call: &Call) -> Result<(), Refusal> {
    match std::mem::take(&mut app.mode) {
        Mode::Palette(palette) => {
            // As in vim, a number alone is a row to go to.
            let row = palette.input.value().trim().parse();
            if let (true, Ok(row)) = (palette.takes_short_forms, row) {
                return super::go::to_row(app, row);
            }
            // One that was moved to in the list is meant, whatever is typed.
            let short_form = palette.short_form().filter(|_| palette.list.chosen == 0);
            if let Some((command, argument)) = short_form {
                let argument = argument.or_else(|| call.argument.clone());
                return app.run(
                    command,
                    &Call {
                        count: None,
                        argument,
                    },
                );
            }
            let chosen = palette.matches().get(palette.list.chosen).copied();
            match chosen {
                Some(command) => app.run(command, &Call::default()),
                None => {
                    let typed = palette.input.value().to_owned();
                    Err(Refusal::new(format!("there is no command \"{typed}\"")))
                }
            }
        }
        Mode::Import(import) => super::import::take(app, &import),
        Mode::Prompt(mut prompt) => {
            let argument = prompt.input.value().to_owned();
            let result = app.run(prompt.command, &Call::with(argument));
            if let Err(Refusal(why)) = result {
                // What was typed is kept, to be mended.
                prompt.error = Some(why.into_owned());
                app.mode = Mode::Prompt(prompt);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
