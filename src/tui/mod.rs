//! The terminal application.
//!
//! [`App`] is all state; [`App::handle`] changes it, [`App::draw`] shows it.
//!
//! - A key becomes a [`command`] by the [`keymap`] of what has the keyboard (the
//!   [`Mode`]); what is typed in an entry or a prompt goes into its text.
//! - Commands are the only code that changes state. Each is one entry of a table
//!   that keys, palette, help and configuration are made from.
//! - `draw` shows state and changes nothing.
//! - Long work runs as jobs, whose reports come back as happenings, like keys.
//! - [`terminal`] knows the real terminal; nothing else does, so that tests drive
//!   the application with keys and read what it draws.

mod app;
pub mod command;
mod document;
mod draw;
mod entry;
mod find;
mod import;
mod jobs;
mod journal;
mod jumps;
pub mod keymap;
mod layout;
mod list;
mod mode;
mod mouse;
mod opening;
pub mod panel;
mod prompt;
mod restoring;
mod selection;
mod settings;
pub mod terminal;
mod text_input;
mod theme;

pub use app::{App, Message, Tone};
pub use document::Document;
pub use entry::Entry;
pub use jobs::{Happening, Host, Jobs, Unattended};
pub use journal::Journal;
pub use list::List;
pub use mode::{Confirm, Context, Help, Mode, Palette};
pub use prompt::Prompt;
pub use selection::{Selection, SheetView, address};
pub use settings::{KeySet, Settings};
pub use theme::{Background, ColourDepth, Theme};
