//! Opening files while the interface goes on.

use super::app::App;
use super::document::Document;
use super::jobs::Reporter;
use super::mode::{Confirm, Mode};
use crate::files::FileError;
use crate::reading::Reading;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// What opening a file ended with: the document and notes about what was left out.
pub type Opened = Result<(Document, Vec<String>), FileError>;

/// A file that is being opened; one that is dropped was given up.
#[derive(Debug)]
pub struct Opening {
    pub path: PathBuf,
    pub since: Instant,
    reading: Arc<Reading>,
    /// Told apart from openings that were given up.
    ticket: u64,
}

impl Opening {
    /// What part of the file has been read, from 0 to 1; `None` where its kind
    /// does not tell.
    pub fn fraction(&self) -> Option<f64> {
        self.reading.fraction()
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.reading.stop();
    }
}

/// A file whose opening has begun.
pub struct Begun {
    path: PathBuf,
    reading: Arc<Reading>,
    pub opened: Receiver<Opened>,
}

/// Begins to open a file on a thread of its own.
pub fn begin(path: &Path) -> Begun {
    let (sender, opened) = channel();
    let reading: Arc<Reading> = Arc::default();
    let (file, seen) = (path.to_owned(), reading.clone());
    std::thread::spawn(move || {
        // Nobody listens any more where it was given up.
        let _ = sender.send(Document::open_watched(&file, &seen));
    });
    Begun {
        path: path.to_owned(),
        reading,
        opened,
    }
}

impl App {
    /// Opens a file in place of the document, which the caller has seen to is saved.
    pub fn open(&mut self, path: &Path) {
        self.await_document(begin(path));
    }

    /// Waits for a file that is being opened; Esc gives it up.
    pub fn await_document(&mut self, begun: Begun) {
        let ticket = self.ticket();
        let opened = begun.opened;
        self.mode = Mode::Opening(Opening {
            path: begun.path,
            since: Instant::now(),
            reading: begun.reading,
            ticket,
        });
        // The thread that opens sends nothing where it panicked.
        let wait = move |reporter: &Reporter| {
            let opened = opened.recv().expect("a fault of this program");
            reporter.report(move |app| app.opened(ticket, opened));
        };
        let failed = move |app: &mut App, why: String| {
            if let Mode::Opening(opening) = &app.mode
                && opening.ticket == ticket
            {
                let path = opening.path.display().to_string();
                app.mode = Mode::Grid;
                app.warn(format!("{path} was not opened: {why}"));
            }
        };
        let spawned = self.jobs.spawn("open", wait, failed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{Happening, Jobs, Settings, Unattended};
    use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    #[test]
    fn a_file_that_is_opened_shows_how_far_it_is_and_is_given_up_with_esc() {
        let (jobs, _happenings) = Jobs::new();
        let host = Box::new(Unattended);
        let mut app = App::new(Document::empty(), Settings::default(), jobs, host);
        let (_sender, opened) = channel();
        let reading: Arc<Reading> = Arc::default();
        app.await_document(Begun {
            path: "big.xlsx".into(),
            reading: reading.clone(),
            opened,
        });
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a screen");
        let mut shown = |app: &App| {
            terminal.draw(|frame| app.draw(frame)).expect("a frame");
            terminal.backend().to_string()
        };
        assert!(!shown(&app).contains('%'));
        reading.expect(1_000);
        reading.advance(437);
        let screen = shown(&app);
        assert!(
            screen.contains("big.xlsx") && screen.contains(" 43 %"),
            "{screen}"
        );
        assert!(screen.contains("█░"), "{screen}");
        let escape = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        app.handle(Happening::Input(Event::Key(escape)));
        assert!(matches!(app.mode, Mode::Grid));
        assert!(reading.is_stopped());
    }
}
