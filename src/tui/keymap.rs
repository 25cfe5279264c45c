//! Keys and the commands they stand for.

use super::command::{self, Command};
use super::mode::Context;
use super::settings::{KeySet, Settings};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::HashMap;
use std::fmt;

/// A key with what is held down beside it.
///
/// Shift counts only where a terminal can tell it apart: `G` is the capital
/// letter itself, and `Ctrl+Shift+G` is not told from `Ctrl+G` by most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

const NAMES: &[(&str, KeyCode)] = &[
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Enter", KeyCode::Enter),
    ("Tab", KeyCode::Tab),
    ("Esc", KeyCode::Esc),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Plus", KeyCode::Char('+')),
];

impl Chord {
    fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let known = KeyModifiers::SHIFT | KeyModifiers::CONTROL | KeyModifiers::ALT;
        let mut modifiers = modifiers & known;
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            // Terminals that tell keys apart send Esc for it no more.
            KeyCode::Char('[') if modifiers.contains(KeyModifiers::CONTROL) => {
                modifiers = KeyModifiers::NONE;
                KeyCode::Esc
            }
            KeyCode::Char(c) => {
                // A character tells by itself whether shift was held.
                modifiers -= KeyModifiers::SHIFT;
                match modifiers.is_empty() {
                    true => KeyCode::Char(c),
                    false => KeyCode::Char(c.to_ascii_lowercase()),
                }
            }
            code => code,
        };
        Self { code, modifiers }
    }

    /// Reads `Ctrl+Shift+Right`, `F4`, `G`, `Alt+Enter`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            let (modifier, after) = match rest.split_once('+') {
                Some(("Ctrl", after)) => (KeyModifiers::CONTROL, after),
                Some(("Shift", after)) => (KeyModifiers::SHIFT, after),
                Some(("Alt", after)) => (KeyModifiers::ALT, after),
                _ => break,
            };
            modifiers |= modifier;
            rest = after;
        }
        let named = NAMES.iter().find(|(name, _)| *name == rest);
        let code = if let Some((_, code)) = named {
            *code
        } else if let Some(number) = rest.strip_prefix('F').and_then(|n| n.parse().ok()) {
            KeyCode::F(number)
        } else {
            let mut chars = rest.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => KeyCode::Char(c),
                _ => return None,
            }
        };
        Some(Self::new(code, modifiers))
    }

    /// Reads keys pressed one after another: `g g`, `Ctrl+P`.
    pub fn parse_sequence(text: &str) -> Option<Vec<Self>> {
        let chords: Option<Vec<_>> = text.split_whitespace().map(Self::parse).collect();
        chords.filter(|chords| !chords.is_empty())
    }

    /// The event of a terminal where the key is pressed.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The digit that the key is, without modifiers.
    pub fn digit(self) -> Option<u32> {
        self.plain_char().and_then(|c| c.to_digit(10))
    }

    /// The character that the key types; `None` with Ctrl or Alt.
    pub fn plain_char(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }
}

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        Self::new(event.code, event.modifiers)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl+"),
            (KeyModifiers::ALT, "Alt+"),
            (KeyModifiers::SHIFT, "Shift+"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::F(number) => write!(f, "F{number}"),
            KeyCode::Char(c) if !self.modifiers.is_empty() => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            code => write!(f, "{code:?}"),
        }
    }
}

/// What keys pressed so far stand for.
#[derive(Clone, Copy, Debug)]
pub enum Match {
    /// Nothing begins so.
    None,
    /// The beginning of something.
    Prefix,
    Command(&'static Command),
}

/// The commands by their keys.
#[derive(Debug)]
pub struct Keymap {
    bindings: HashMap<(Context, Vec<Chord>), &'static Command>,
    set: KeySet,
}

impl Keymap {
    /// The keys of a set, with what the user has changed.
    pub fn new(settings: &Settings) -> Self {
        let mut bindings = HashMap::new();
        for command in command::all() {
            for sequence in keys_of(command, settings) {
                for &context in command.contexts {
                    bindings.insert((context, sequence.clone()), command);
                }
            }
        }
        Self {
            bindings,
            set: settings.keys,
        }
    }

    pub fn set(&self) -> KeySet {
        self.set
    }

    /// What `pressed` stands for where `context` has the keyboard.
    pub fn find(&self, context: Context, pressed: &[Chord]) -> Match {
        let contexts = std::iter::successors(Some(context), |context| context.parent());
        let mut found = contexts.map(|context| self.find_in(context, pressed));
        found
            .find(|found| !matches!(found, Match::None))
            .unwrap_or(Match::None)
    }

    fn find_in(&self, context: Context, pressed: &[Chord]) -> Match {
        // A borrowed pair cannot look up an owned one; sequences are short.
        if let Some(command) = self.bindings.get(&(context, pressed.to_vec())) {
            return Match::Command(command);
        }
        // Where cells are picked, the grid's keys move as ever.
        if context == Context::Pick {
            return match self.find(Context::Grid, pressed) {
                Match::Command(command) if !command.moves() => Match::None,
                found => found,
            };
        }
        // A panel's characters are its own; other keys lead to the other panels
        // and to what concerns the whole document.
        if let (Context::Panel(_), [chord]) = (context, pressed)
            && chord.plain_char().is_none()
            && let Match::Command(command) = self.find_in(Context::Grid, pressed)
            && command.holds_in_panels()
        {
            return Match::Command(command);
        }
        let begins =
            |(known, keys): &(Context, Vec<Chord>)| *known == context && keys.starts_with(pressed);
        match self.bindings.keys().any(begins) {
            true => Match::Prefix,
            false => Match::None,
        }
    }

    /// The keys of a command as people read them, first those of its table.
    pub fn keys(&self, command: &Command, settings: &Settings) -> Vec<String> {
        keys_of(command, settings)
            .iter()
            .map(|sequence| {
                let chords: Vec<String> = sequence.iter().map(Chord::to_string).collect();
                chords.join(" ")
            })
            .collect()
    }
}

/// The keys that a command has in the chosen set; those of Excel hold in both,
/// where vim has no other use for them.
fn keys_of(command: &Command, settings: &Settings) -> Vec<Vec<Chord>> {
    if let Some(rebound) = settings.rebound.get(command.name) {
        return rebound.clone();
    }
    let sequences = |keys: &[&str]| -> Vec<Vec<Chord>> {
        keys.iter()
            .filter_map(|keys| Chord::parse_sequence(keys))
            .collect()
    };
    let excel = sequences(command.excel);
    if settings.keys == KeySet::Excel {
        return excel;
    }
    let mut all = sequences(command.vim);
    all.extend(excel.into_iter().filter(|keys| {
        !command::all().any(|other| {
            other.contexts.iter().any(|c| command.contexts.contains(c))
                && other.vim.iter().any(|vim| {
                    Chord::parse_sequence(vim).is_some_and(|vim| vim.first() == keys.first())
                })
        })
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_written_as_they_are_read() {
        for text in [
            "Ctrl+Shift+Right",
            "F4",
            "G",
            "Alt+Enter",
            "Ctrl+Z",
            "Shift+Tab",
            "Plus",
            "?",
        ] {
            let chord = Chord::parse(text).expect(text);
            assert_eq!(Chord::parse(&chord.to_string()), Some(chord), "{text}");
        }
        assert_eq!(Chord::parse("Strg+Z"), None);
        assert_eq!(Chord::parse(""), None);
    }

    #[test]
    fn every_key_of_the_tables_can_be_read_and_none_is_given_twice() {
        for keys in [KeySet::Excel, KeySet::Vim] {
            let settings = Settings {
                keys,
                ..Settings::default()
            };
            let mut seen: HashMap<(Context, Vec<Chord>), &str> = HashMap::new();
            for command in command::all() {
                for text in command.excel.iter().chain(command.vim) {
                    assert!(
                        Chord::parse_sequence(text).is_some(),
                        "{}: {text}",
                        command.name
                    );
                }
                for sequence in keys_of(command, &settings) {
                    for &context in command.contexts {
                        let other = seen.insert((context, sequence.clone()), command.name);
                        assert_eq!(other, None, "{} in {context:?}: {sequence:?}", command.name);
                    }
                }
            }
        }
    }
}
