//! What has the keyboard.

use super::command::Command;
use super::entry::Entry;
use super::find::FindForm;
use super::import::Import;
use super::list::List;
use super::opening::Opening;
use super::panel::PanelKind;
use super::prompt::Prompt;
use tui_input::Input;

/// What has the keyboard, and its state.
#[derive(Debug, Default)]
pub enum Mode {
    #[default]
    Grid,
    /// A cell's content is being typed.
    Entry(Box<Entry>),
    /// A command asks for its argument.
    Prompt(Prompt),
    /// What to find and replace is asked for.
    Find(Box<FindForm>),
    /// A text file is shown before it becomes a sheet.
    Import(Box<Import>),
    Palette(Palette),
    Help(Help),
    /// A question with a few answers.
    Confirm(Confirm),
    /// A file is being opened.
    Opening(Opening),
    /// A panel beside the grid.
    Panel(PanelKind),
    /// A line of a panel is being typed.
    Field(Field),
    /// Cells are being picked in the grid for a line of a panel.
    Pick(PanelKind),
}

/// Where keys mean what: the mode without its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    Grid,
    /// The grid while moving extends the selection.
    Select,
    /// A cell's content is being typed; what follows has more keys for a while.
    Entry,
    /// The arrows accept it and move.
    Typing,
    /// The arrows point at cells.
    Pointing,
    /// Something is offered to complete it.
    Completion,
    Prompt,
    Find,
    Import,
    Palette,
    Help,
    Confirm,
    Opening,
    Panel(PanelKind),
    Field,
    Pick,
}

impl Context {
    /// Whose keys hold as well, where they mean nothing here.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Typing | Self::Pointing | Self::Completion => Some(Self::Entry),
            Self::Select => Some(Self::Grid),
            _ => None,
        }
    }
}

impl Mode {
    pub fn context(&self) -> Context {
        match self {
            Self::Grid => Context::Grid,
            Self::Entry(entry) => entry.context(),
            Self::Prompt(_) => Context::Prompt,
            Self::Find(_) => Context::Find,
            Self::Import(_) => Context::Import,
            Self::Palette(_) => Context::Palette,
            Self::Help(_) => Context::Help,
            Self::Confirm(_) => Context::Confirm,
            Self::Opening(_) => Context::Opening,
            Self::Panel(kind) => Context::Panel(*kind),
            Self::Field(_) => Context::Field,
            Self::Pick(_) => Context::Pick,
        }
    }

    /// Whether the text being typed was, and is no longer, selected: what is
    /// typed now replaces it.
    pub fn take_selected(&mut self) -> bool {
        match self {
            Self::Prompt(prompt) => std::mem::take(&mut prompt.selected),
            Self::Find(form) => std::mem::take(&mut form.what_selected),
            _ => false,
        }
    }

    /// The panel that has the keyboard.
    pub fn panel(&self) -> Option<PanelKind> {
        match self {
            Self::Panel(kind) => Some(*kind),
            _ => None,
        }
    }

    /// The text being typed, where there is one.
    pub fn input_mut(&mut self) -> Option<&mut Input> {
        match self {
            Self::Entry(entry) => Some(&mut entry.input),
            Self::Prompt(prompt) => Some(&mut prompt.input),
            Self::Find(form) => Some(form.input_mut()),
            Self::Palette(palette) => Some(&mut palette.input),
            Self::Help(help) => Some(&mut help.input),
            Self::Field(field) => Some(&mut field.input),
            _ => None,
        }
    }
}

/// A line of a panel while it is typed.
#[derive(Debug)]
pub struct Field {
    pub panel: PanelKind,
    pub input: Input,
}

impl Field {
    pub fn new(panel: PanelKind, text: &str) -> Self {
        Self {
            panel,
            input: Input::new(text.to_owned()),
        }
    }
}

/// All commands, searched by what is typed.
#[derive(Debug, Default)]
pub struct Palette {
    /// Whether a short form with its argument may be typed: after `:`.
    pub takes_short_forms: bool,
    /// The panel that had the keyboard before.
    pub over: Option<PanelKind>,
    pub input: Input,
    pub list: List,
}

impl Palette {
    /// The commands that match what is typed, the best first: every word
    /// must occur in name, title or help; those that begin with it lead.
    pub fn matches(&self) -> Vec<&'static Command> {
        let typed = self.input.value().to_lowercase();
        let (typed, _) = match self.takes_short_forms {
            true => split_argument(&typed),
            false => (typed.as_str(), None),
        };
        let words: Vec<&str> = typed.split_whitespace().collect();
        let mut found: Vec<(usize, &'static Command)> = super::command::all()
            .filter(|command| command.in_palette())
            .filter_map(|command| Some((rank(command, &words)?, command)))
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, command)| command).collect()
    }

    /// What is typed after a command's short form: `w` and `out.xlsx` of `w out.xlsx`.
    pub fn short_form(&self) -> Option<(&'static Command, Option<String>)> {
        if !self.takes_short_forms {
            return None;
        }
        let (word, argument) = split_argument(self.input.value());
        let command = super::command::all().find(|command| command.short.contains(&word))?;
        Some((command, argument.map(str::to_owned)))
    }
}

fn split_argument(typed: &str) -> (&str, Option<&str>) {
    let typed = typed.trim_start();
    let known = |word: &str| super::command::all().any(|command| command.short.contains(&word));
    match typed.split_once(char::is_whitespace) {
        Some((word, rest)) if known(word) => (word, Some(rest.trim()).filter(|r| !r.is_empty())),
        _ => (typed.trim_end(), None),
    }
}

/// How well a command answers to words, 0 the best; `None` where one is missing.
fn rank(command: &Command, words: &[&str]) -> Option<usize> {
    let title = command.title.to_lowercase();
    let mut rank = 0;
    for word in words {
        rank += if command.short.contains(word) {
            0
        } else if title.starts_with(word) {
            1
        } else if title.split_whitespace().any(|part| part.starts_with(word)) {
            2
        } else if title.contains(word) || command.name.contains(word) {
            3
        } else if command.help.to_lowercase().contains(word) {
            9
        } else {
            return None;
        };
    }
    Some(rank)
}

/// The help page, scrolled.
#[derive(Debug, Default)]
pub struct Help {
    pub top: usize,
    /// What is looked for.
    pub input: Input,
    /// The panel that had the keyboard before.
    pub over: Option<PanelKind>,
}

/// A question with a few answers.
#[derive(Debug)]
pub struct Confirm {
    pub question: String,
    /// The key, its meaning, and the command that it runs with an argument;
    /// `None` to do nothing.
    pub answers: Vec<Answer>,
}

impl Confirm {
    /// A question, and its answers: a key, what it says, and the command that
    /// it runs with an argument.
    pub fn new(
        question: String,
        answers: impl IntoIterator<Item = (char, &'static str, Option<Run>)>,
    ) -> Self {
        let answer = |(key, label, command)| Answer {
            key,
            label,
            command,
        };
        Self {
            question,
            answers: answers.into_iter().map(answer).collect(),
        }
    }
}

/// A command by its name, with its argument.
pub type Run = (&'static str, Option<String>);

#[derive(Debug)]
pub struct Answer {
    pub key: char,
    pub label: &'static str,
    pub command: Option<Run>,
}
