//! What a user can choose.

use super::keymap::Chord;
use super::theme::{Background, ColourDepth};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which keys commands have to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySet {
    #[default]
    Excel,
    Vim,
}

/// What a user can choose, by the configuration file or on the command line.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub keys: KeySet,
    /// Keys by a command's name, in place of those it has.
    pub rebound: BTreeMap<String, Vec<Vec<Chord>>>,
    /// Asked of the terminal where it is not chosen.
    pub background: Option<Background>,
    pub depth: ColourDepth,
    /// Whether unsaved edits are written to a journal.
    pub journal: bool,
    /// The folder for the program's state, where journals of new workbooks go.
    pub state: Option<PathBuf>,
}

/// The configuration file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    keys: Option<KeySet>,
    background: Option<Background>,
    #[serde(default)]
    bind: BTreeMap<String, Vec<String>>,
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{}: {source}", file.display())]
    Read {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error("{}: {message}", file.display())]
    Toml { file: PathBuf, message: String },
    #[error("{}: {command}: \"{keys}\" is no key: keys look like Ctrl+S, F5, g g", file.display())]
    Key {
        file: PathBuf,
        command: String,
        keys: String,
    },
    #[error(
        "{}: there is no command \"{command}\": the palette (Ctrl+P) shows their names",
        file.display()
    )]
    Command { file: PathBuf, command: String },
}

impl Settings {
    /// Where the configuration file is: `gradsheet/config.toml` in
    /// `$XDG_CONFIG_HOME` or in `~/.config`. `None` without a home.
    pub fn path() -> Option<PathBuf> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let base = match set("XDG_CONFIG_HOME") {
            Some(base) => PathBuf::from(base),
            None => PathBuf::from(set("HOME")?).join(".config"),
        };
        Some(base.join("gradsheet").join("config.toml"))
    }

    /// The settings of a configuration file; the defaults where there is none.
    ///
    /// # Errors
    /// Where the file cannot be read or says what is not understood.
    pub fn load(file: &std::path::Path) -> Result<Self, SettingsError> {
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(file, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SettingsError::Read {
                file: file.to_owned(),
                source,
            }),
        }
    }

    fn parse(file: &std::path::Path, text: &str) -> Result<Self, SettingsError> {
        let read: File = toml::from_str(text).map_err(|error| SettingsError::Toml {
            file: file.to_owned(),
            message: error.to_string(),
        })?;
        let mut rebound = BTreeMap::new();
        for (command, keys) in read.bind {
            if super::command::find(&command).is_none() {
                let file = file.to_owned();
                return Err(SettingsError::Command { file, command });
            }
            let mut sequences = Vec::new();
            for keys in keys {
                let Some(sequence) = Chord::parse_sequence(&keys) else {
                    let file = file.to_owned();
                    return Err(SettingsError::Key {
                        file,
                        command,
                        keys,
                    });
                };
                sequences.push(sequence);
            }
            rebound.insert(command, sequences);
        }
        Ok(Self {
            keys: read.keys.unwrap_or_default(),
            rebound,
            background: read.background,
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<Settings, SettingsError> {
        Settings::parse(Path::new("config.toml"), text)
    }

    #[test]
    fn keys_are_rebound_by_a_command_s_name() {
        let settings = parse("keys = \"vim\"\n[bind]\n\"edit.undo\" = [\"F9\", \"g u\"]\n");
        let settings = settings.expect("settings");
        assert_eq!(settings.keys, KeySet::Vim);
        assert_eq!(settings.rebound["edit.undo"].len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let message = |text| parse(text).expect_err("refused").to_string();
        assert!(message("[bind]\n\"edit.undone\" = [\"F9\"]").contains("edit.undone"));
        assert!(message("[bind]\n\"edit.undo\" = [\"Strg+Z\"]").contains("Strg+Z"));
        assert!(message("colour = 3").contains("colour"));
    }
}
