//! Opening files while the interface goes on.

use super::app::App;
use super::document::Document;
use super::mode::{Confirm, Mode};
use crate::files::FileError;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// What opening a file ended with: the document and notes about what was left out.
pub type Opened = Result<(Document, Vec<String>), FileError>;

/// A file that is being opened.
#[derive(Debug)]
pub struct Opening {
    pub path: PathBuf,
    pub since: Instant,
    /// Told apart from openings that were given up.
    ticket: u64,
}

/// Begins to open a file on a thread of its own.
pub fn begin(path: &Path) -> Receiver<Opened> {
    let (sender, receiver) = channel();
    let path = path.to_owned();
    std::thread::spawn(move || {
        // Nobody listens any more where it was given up.
        let _ = sender.send(Document::open(&path));
    });
    receiver
}

impl App {
    /// Opens a file in place of the document, which the caller has seen to is saved.
    pub fn open(&mut self, path: &Path) {
        self.await_document(path, begin(path));
    }

    /// Waits for a file that is being opened; Esc gives it up.
    pub fn await_document(&mut self, path: &Path, opened: Receiver<Opened>) {
        self.tickets += 1;
        let ticket = self.tickets;
        self.mode = Mode::Opening(Opening {
            path: path.to_owned(),
            since: Instant::now(),
            ticket,
        });
        let spawned = self.jobs.spawn("open", move |reporter| {
            if let Ok(opened) = opened.recv() {
                reporter.report(move |app| app.opened(ticket, opened));
            }
        });
        if let Err(error) = spawned {
            self.mode = Mode::Grid;
            self.warn(format!("there is no thread to open a file: {error}"));
        }
    }

    fn opened(&mut self, ticket: u64, opened: Opened) {
        if !matches!(&self.mode, Mode::Opening(opening) if opening.ticket == ticket) {
            return;
        }
        self.mode = Mode::Grid;
        match opened {
            Ok((document, notes)) => {
                self.take_document(document);
                if let Some(note) = notes.first() {
                    self.warn(note.clone());
                }
            }
            Err(error) => self.warn(error.to_string()),
        }
    }

    /// Asks what to do about unsaved changes before `command` with `argument`
    /// goes on without them; `false` where there are none.
    pub fn asks_about_changes(
        &mut self,
        save_and: (&'static str, Option<String>),
        discard_and: (&'static str, Option<String>),
    ) -> bool {
        if !self.document.is_modified() {
            return false;
        }
        let title = self.document.title();
        self.mode = Mode::Confirm(Confirm::new(
            format!("{title} has unsaved changes."),
            [
                ('s', "Save them first", Some(save_and)),
                ('d', "Discard them", Some(discard_and)),
                ('c', "Cancel", None),
            ],
        ));
        true
    }
}
