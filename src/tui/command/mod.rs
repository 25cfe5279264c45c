//! The commands: all that can be done, one entry each.
//!
//! Keys, the palette, the help page and the configuration file are made from these
//! tables. A test runs every command and checks what it does (`tests/tui_commands.rs`).

mod chart;
mod clipboard;
mod data;
mod edit;
mod entry;
mod field;
mod file;
mod fill;
mod find;
mod format;
mod go;
mod gradient;
pub(super) mod import;
mod inspector;
mod journal;
pub(super) mod layout;
mod name;
pub mod panel;
mod point;
mod sheet;
pub mod slider;
mod solver;
mod structure;
mod table;
mod view;
mod watch;

pub use clipboard::Copied;

use super::app::App;
use super::mode::Context;
use std::borrow::Cow;

/// Something that can be done.
#[derive(Debug)]
pub struct Command {
    /// What the configuration file calls it: `edit.undo`. The part before the
    /// dot is its group in the help.
    pub name: &'static str,
    /// What the palette calls it.
    pub title: &'static str,
    /// What it does, a sentence.
    pub help: &'static str,
    /// Where its keys hold.
    pub contexts: &'static [Context],
    /// Its keys, as [`super::keymap::Chord::parse_sequence`] reads them.
    pub excel: &'static [&'static str],
    pub vim: &'static [&'static str],
    /// What it is called after `:`, as in vim: `w`.
    pub short: &'static [&'static str],
    /// Whether it is a change that can be made again elsewhere.
    pub repeats: bool,
    pub run: Action,
}

/// What a command does.
pub type Action = fn(&mut App, &Call) -> Result<(), Refusal>;

/// How a command was called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The number typed before a key: `5j`.
    pub count: Option<u32>,
    /// What was typed after its name, or into its prompt.
    pub argument: Option<String>,
}

impl Call {
    pub fn with(argument: impl Into<String>) -> Self {
        Self {
            count: None,
            argument: Some(argument.into()),
        }
    }

    /// How many times, at least once.
    pub fn times(&self) -> u32 {
        self.count.unwrap_or(1).max(1)
    }
}

/// Why a command did nothing, for the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Cow<'static, str>);

impl Refusal {
    pub fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.to_string().into())
    }
}

impl Command {
    const fn new(
        name: &'static str,
        title: &'static str,
        help: &'static str,
        contexts: &'static [Context],
        run: Action,
    ) -> Self {
        Self {
            name,
            title,
            help,
            contexts,
            excel: &[],
            vim: &[],
            short: &[],
            repeats: false,
            run,
        }
    }

    /// A command of the grid, which the palette offers.
    const fn grid(
        name: &'static str,
        title: &'static str,
        help: &'static str,
        run: Action,
    ) -> Self {
        Self::new(name, title, help, &[Context::Grid], run)
    }

    /// Its keys in both sets.
    const fn keys(mut self, keys: &'static [&'static str]) -> Self {
        self.excel = keys;
        self
    }

    /// Its further keys in the set of vim.
    const fn vim(mut self, keys: &'static [&'static str]) -> Self {
        self.vim = keys;
        self
    }

    /// Its names after `:`.
    const fn short(mut self, names: &'static [&'static str]) -> Self {
        self.short = names;
        self
    }

    /// A change that can be made again elsewhere.
    const fn repeats(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// The group it belongs to: the part of its name before the dot.
    pub fn group(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }

    /// Whether it only moves, selects, or shows another sheet.
    pub fn moves(&self) -> bool {
        matches!(self.group(), "go" | "select")
            || matches!(self.name, "sheet.next" | "sheet.previous")
    }

    /// Whether it concerns the whole document or the program, so that its key
    /// holds while a panel has the keyboard.
    pub fn holds_in_panels(&self) -> bool {
        const OTHERS: [&str; 8] = [
            "edit.undo",
            "edit.redo",
            "edit.recalculate",
            "view.palette",
            "view.help",
            "sheet.next",
            "sheet.previous",
            "slider.add",
        ];
        matches!(self.group(), "panel" | "file") || OTHERS.contains(&self.name)
    }

    /// Whether it makes sense by itself, away from an entry or a list.
    pub fn in_palette(&self) -> bool {
        self.contexts.contains(&Context::Grid)
    }
}

/// The commands by category, in the order of the help page.
const TABLES: &[&[Command]] = &[
    file::COMMANDS,
    journal::COMMANDS,
    edit::COMMANDS,
    clipboard::COMMANDS,
    fill::COMMANDS,
    format::COMMANDS,
    layout::COMMANDS,
    data::COMMANDS,
    find::COMMANDS,
    table::COMMANDS,
    import::COMMANDS,
    go::COMMANDS,
    structure::COMMANDS,
    sheet::COMMANDS,
    name::COMMANDS,
    view::COMMANDS,
    panel::COMMANDS,
    gradient::COMMANDS,
    inspector::COMMANDS,
    watch::COMMANDS,
    solver::COMMANDS,
    slider::COMMANDS,
    chart::COMMANDS,
    field::COMMANDS,
    entry::COMMANDS,
    point::COMMANDS,
];

/// All commands.
pub fn all() -> impl Iterator<Item = &'static Command> {
    TABLES.iter().copied().flatten()
}

/// The command of a name.
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_short_forms_are_given_once() {
        let mut names = HashSet::new();
        let mut shorts = HashSet::new();
        for command in all() {
            assert!(names.insert(command.name), "{}", command.name);
            assert!(command.name.contains('.'), "{}", command.name);
            for short in command.short {
                assert!(shorts.insert(short), "{short}");
            }
        }
    }

    #[test]
    fn every_command_says_what_it_does() {
        for command in all() {
            assert!(
                !command.title.is_empty() && !command.title.ends_with('.'),
                "{}",
                command.name
            );
            assert!(command.help.ends_with('.'), "{}", command.name);
            assert!(!command.contexts.is_empty(), "{}", command.name);
        }
    }
}
