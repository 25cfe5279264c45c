//! Work that takes long, beside the interface.

use super::app::App;
use crate::engine::Progress;
use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// What a job tells: a change to the application, made where all changes are made.
pub type Report = Box<dyn FnOnce(&mut App) + Send>;

/// Something that happened.
pub enum Happening {
    /// A key, the mouse, a paste, a resize.
    Input(crossterm::event::Event),
    /// A job has something to tell.
    Report(Report),
    /// The input ended: the terminal is gone.
    Hangup,
}

/// Starts jobs, whose reports arrive as happenings.
pub struct Jobs {
    sender: Sender<Happening>,
    running: Arc<AtomicUsize>,
}

impl Jobs {
    /// The jobs and where their reports, like all else that happens, arrive.
    pub fn new() -> (Self, Receiver<Happening>) {
        let (sender, receiver) = channel();
        let running = Arc::default();
        (Self { sender, running }, receiver)
    }

    /// How many jobs have not ended.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Where happenings are sent.
    pub fn sender(&self) -> Sender<Happening> {
        self.sender.clone()
    }

    /// Runs `work` on a thread of its own; it reports through its argument.
    /// Where it panics, `failed` is told why, and the application goes on.
    ///
    /// # Errors
    /// Where the system has no thread to give.
    pub fn spawn(
        &self,
        name: &str,
        work: impl FnOnce(&Reporter) + Send + 'static,
        failed: impl FnOnce(&mut App, String) + Send + 'static,
    ) -> std::io::Result<()> {
        let reporter = Reporter {
            sender: self.sender.clone(),
            running: self.running.clone(),
        };
        reporter.running.fetch_add(1, Ordering::AcqRel);
        // The reporter counts the job out when it is dropped, however that comes.
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                // What the work had is gone with it; nobody sees it half changed.
                let worked = catch_unwind(AssertUnwindSafe(|| work(&reporter)));
                if let Err(panic) = worked {
                    let why = panic_text(&*panic);
                    reporter.report(move |app| failed(app, why));
                }
            })?;
        Ok(())
    }
}

/// What a panic says.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it does not say why".to_owned())
}

/// A job's way to tell something.
pub struct Reporter {
    sender: Sender<Happening>,
    running: Arc<AtomicUsize>,
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Reporter {
    /// Has a change made to the application; lost where that has ended.
    pub fn report(&self, report: impl FnOnce(&mut App) + Send + 'static) {
        let _ = self.sender.send(Happening::Report(Box::new(report)));
    }
}

/// Is told while something takes long that the interface waits for.
pub trait Host {
    /// Called some times a second with what is being done; may stop it.
    fn busy(&mut self, what: &str, progress: Progress) -> ControlFlow<()>;
    /// Puts text on the clipboard of the person's terminal.
    fn copy(&mut self, text: &str);
}

/// Nobody watches: in tests.
#[derive(Debug, Default)]
pub struct Unattended;

impl Host for Unattended {
    fn busy(&mut self, _: &str, _: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn copy(&mut self, _: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{Document, Settings};

    #[test]
    fn a_job_that_panics_is_told_and_counted_out() {
        let (jobs, happenings) = Jobs::new();
        let host = Box::new(Unattended);
        let mut app = App::new(Document::empty(), Settings::default(), jobs, host);
        let broken = |_: &Reporter| panic!("the matrix has {} rows", 0);
        let failed = |app: &mut App, why: String| app.warn(why);
        app.jobs.spawn("broken", broken, failed).expect("a thread");
        app.handle(happenings.recv().expect("a report"));
        let said = app.message().map(|message| message.text.clone());
        assert_eq!(said.as_deref(), Some("the matrix has 0 rows"));
        while app.jobs.running() > 0 {
            thread::yield_now();
        }
    }
}
