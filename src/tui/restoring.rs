//! Asking about journals that were left, and restoring what they hold.

use super::app::App;
use super::command::Refusal;
use super::document::Document;
use super::journal::{Left, Restored};
use super::mode::{Confirm, Mode};
use std::time::{Duration, SystemTime};

impl App {
    /// Has the document's unsaved edits written to a journal, where the settings
    /// say so, and asks about one that was left.
    pub(super) fn begin_journal(&mut self) {
        if !self.settings.journal {
            return;
        }
        self.document.keep_journal(self.settings.state.as_deref());
        let found = self.document.journals();
        let title = self.document.title();
        if found.in_use && self.document.path().is_some() {
            self.warn(format!(
                "{title} is being edited in another window too: save it from one of them only"
            ));
        }
        let Some(left) = found.left.first() else {
            return;
        };
        let (edits, age) = (edits(left.steps), age(left.written));
        let journal = left.path.display();
        self.mode = Mode::Confirm(match left.fits {
            true => Confirm::new(
                format!("{title} was left with {edits} unsaved, the last {age}."),
                [
                    ('r', "Restore them", Some(("journal.restore", None))),
                    ('l', "Look later: keep them aside", None),
                    ('d', "Discard them", Some(("journal.discard", None))),
                ],
            ),
            false => Confirm::new(
                format!(
                    "{title} was left with {edits} unsaved, the last {age}, and has changed \
                     since: they cannot be restored into it. They are in {journal}"
                ),
                [
                    ('k', "Keep them there", None),
                    ('d', "Discard them", Some(("journal.discard", None))),
                ],
            ),
        });
    }

    /// Restores the edits of the journal that was left last.
    pub fn restore_journal(&mut self) -> Result<(), Refusal> {
        self.settled()?;
        let left = self.left_journal()?;
        if !left.fits {
            let journal = left.path.display();
            return Err(Refusal::new(format!(
                "the file has changed since the edits in {journal} were made"
            )));
        }
        if self.document.is_modified() {
            return Err(Refusal::new(
                "edits can only be restored before others are made: discard those, or save them \
                 in another file, and open this one again",
            ));
        }
        let restored = self.work("Restoring", |document: &mut Document| {
            document.restore(left)
        })?;
        let Restored { steps, stopped, .. } = restored;
        let edits = edits(steps);
        match stopped {
            None => self.say(format!("Restored {edits}; they are not saved yet")),
            Some((_, None)) => self.warn(format!(
                "Restored {edits}; the last one was cut off while it was written"
            )),
            Some((error, Some(kept))) => self.warn(format!(
                "Restored {edits}, but not what follows ({error}); all is kept in {}",
                kept.display()
            )),
        }
        Ok(())
    }

    /// Asks again before a journal is gone for good: the first answer may be a
    /// key typed before the question was seen.
    pub fn ask_to_discard_journal(&mut self) -> Result<(), Refusal> {
        let edits = edits(self.left_journal()?.steps);
        self.mode = Mode::Confirm(Confirm::new(
            format!("Discard {edits} for good?"),
            [
                (
                    'y',
                    "Discard them",
                    Some(("journal.discard", Some("for good".to_owned()))),
                ),
                ('k', "Keep them aside", None),
            ],
        ));
        Ok(())
    }

    /// Removes the journal that was left last.
    pub fn discard_journal(&mut self) -> Result<(), Refusal> {
        let left = self.left_journal()?;
        let edits = edits(left.steps);
        left.discard();
        self.say(format!("Discarded {edits}"));
        Ok(())
    }

    fn left_journal(&self) -> Result<Left, Refusal> {
        let left = self.document.journals().left.into_iter().next();
        left.ok_or(Refusal::new("no unsaved edits were left for this workbook"))
    }

    /// Says where unsaved edits cannot be written down.
    pub(super) fn tell_of_journal(&mut self) {
        if let Some(trouble) = self.document.take_trouble() {
            self.warn(trouble);
        }
    }
}

fn edits(count: usize) -> String {
    match count {
        1 => "1 edit".to_owned(),
        _ => format!("{count} edits"),
    }
}

/// How long ago something was, in words.
fn age(then: SystemTime) -> String {
    let seconds = then.elapsed().unwrap_or(Duration::ZERO).as_secs();
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_words() {
        let ago = |seconds| age(SystemTime::now() - Duration::from_secs(seconds));
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(61), "1 minute ago");
        assert_eq!(ago(7_300), "2 hours ago");
        assert_eq!(ago(200_000), "2 days ago");
    }
}
