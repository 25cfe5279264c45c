//! Asking for a command's argument.

use super::command::Command;
use tui_input::Input;

/// One line that asks for a command's argument.
#[derive(Debug)]
pub struct Prompt {
    /// Is run with what was typed.
    pub command: &'static Command,
    /// What is asked for.
    pub label: String,
    pub input: Input,
    /// Whether the text is selected, as it is until a key is pressed: what is
    /// typed replaces it.
    pub selected: bool,
    /// What was wrong with the last answer.
    pub error: Option<String>,
}

impl Prompt {
    pub fn new(command: &'static Command, label: &str, initial: &str) -> Self {
        Self {
            command,
            label: label.to_owned(),
            input: Input::new(initial.to_owned()),
            selected: !initial.is_empty(),
            error: None,
        }
    }
}
