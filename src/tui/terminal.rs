//! The real terminal: raw mode, colours, the loop of events.

use super::app::App;
use super::document::Document;
use super::draw::bar;
use super::jobs::{Happening, Host, Jobs};
use super::opening;
use super::settings::{Settings, SettingsError};
use super::theme::{Background, ColourDepth};
use crate::engine::Progress;
use crate::files::FileError;
use crate::value::format::printable;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event,
    KeyCode, KeyModifiers, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect as Screen;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

/// How long a file may take to open before the screen shows that it is opened.
const PATIENCE: Duration = Duration::from_millis(200);
/// How often the screen is drawn while a job runs and nothing happens.
const TICK: Duration = Duration::from_millis(150);

/// How wide the bar is that says how far work is.
const BAR: usize = 16;

/// Why the application could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(
        "the application needs a terminal for its input and output: run it in one, or use a \
         command (gradsheet --help)"
    )]
    NoTerminal,
    #[error("the terminal: {0}")]
    Io(#[from] io::Error),
}

/// Opens a file, or a new workbook, in the terminal and stays until the user leaves.
///
/// # Errors
/// Where the file cannot be opened or there is no terminal.
pub fn run(file: Option<&Path>, settings: Settings) -> Result<(), RunError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(RunError::NoTerminal);
    }
    // What opens at once, or cannot be opened, is known before the screen is taken.
    let mut document = Document::empty();
    let mut notes = Vec::new();
    let mut waits = None;
    if let Some(file) = file {
        let opening = opening::begin(file);
        match opening.opened.recv_timeout(PATIENCE) {
            Ok(opened) => (document, notes) = opened?,
            Err(_) => waits = Some(opening),
        }
    }
    let (jobs, happenings) = Jobs::new();
    let happenings = Rc::new(happenings);
    restore_on_panic();
    let _guard = Guard::enter()?;
    let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let terminal = Rc::new(RefCell::new(terminal));
    let host = TerminalHost {
        terminal: terminal.clone(),
        happenings: happenings.clone(),
        drawn: Rc::default(),
        meanwhile: Rc::default(),
    };
    let meanwhile = host.meanwhile.clone();
    let drawn = host.drawn.clone();
    read_input(&jobs);
    end_on_signals(&jobs);
    let mut app = App::new(document, settings, jobs, Box::new(host));
    let size = terminal.borrow().size()?;
    app.resize(Screen::new(0, 0, size.width, size.height));
    if let Some(note) = notes.first() {
        app.warn(note.clone());
    }
    if let Some(opening) = waits {
        app.await_document(opening);
    }
    let next = || {
        let first = meanwhile.borrow_mut().pop_front();
        first.or_else(|| happenings.try_recv().ok())
    };
    while !app.has_ended() {
        let mut screen = terminal.borrow_mut();
        let frame = screen.draw(|frame| {
            // The terminal may be smaller before the event that says so.
            if frame.area() != app.screen() {
                app.resize(frame.area());
            }
            app.draw(frame);
        })?;
        drawn.replace(frame.buffer.clone());
        drop(screen);
        // One drawing for all that has happened meanwhile.
        let first = match (next(), app.jobs.running()) {
            (Some(first), _) => Ok(first),
            (None, 0) => happenings
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            // Clocks on the screen go on while something runs.
            (None, _) => happenings.recv_timeout(TICK),
        };
        let mut happened = match first {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut resized = false;
        while let Some(happening) = happened {
            resized |= matches!(happening, Happening::Input(Event::Resize(..)));
            app.handle(happening);
            happened = if app.has_ended() { None } else { next() };
        }
        if resized {
            // A size that was left and came back lost what stood there; with a
            // size, all is drawn again. (`Terminal::clear` asks the terminal for
            // its cursor, which cannot answer while another thread reads.)
            let mut screen = terminal.borrow_mut();
            let size = screen.size()?;
            screen.resize(Screen::new(0, 0, size.width, size.height))?;
        }
    }
    Ok(())
}

/// Sends what the terminal reports into the happenings, from a thread of its own.
fn read_input(jobs: &Jobs) {
    let sender = jobs.sender();
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if sender.send(Happening::Input(event)).is_err() {
                return;
            }
        }
        let _ = sender.send(Happening::Hangup);
    });
}

/// Ends the application in order where the system asks the process to end. Its
/// own Ctrl+C is a key in raw mode.
fn end_on_signals(jobs: &Jobs) {
    let sender = jobs.sender();
    // Where another handler is set, the process ends as that one says.
    let _ = ctrlc::set_handler(move || {
        let _ = sender.send(Happening::Hangup);
    });
}

/// Whether the terminal was asked to tell keys apart.
static TELLS_KEYS_APART: AtomicBool = AtomicBool::new(false);

/// The terminal while the application runs; given back when dropped.
struct Guard;

impl Guard {
    fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        let guard = Self;
        execute!(
            stdout(),
            EnterAlternateScreen,
            EnableMouseCapture,
            EnableBracketedPaste
        )?;
        // The keyboard protocol of kitty: Ctrl+Enter is no longer Enter. Nobody
        // waits for an answer, which many terminals never give: those that do
        // not know it pass it over, and what one may show of it is wiped off.
        // Screens have protocols of their own, so that it is asked for on this one.
        if takes_unknown_sequences(std::env::var("TERM").as_deref().unwrap_or_default()) {
            TELLS_KEYS_APART.store(true, Ordering::SeqCst);
            let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
                | KeyboardEnhancementFlags::REPORT_ALTERNATE_KEYS;
            execute!(
                stdout(),
                PushKeyboardEnhancementFlags(flags),
                Clear(ClearType::All)
            )?;
        }
        Ok(guard)
    }
}

/// Whether a terminal passes over what it does not know; old consoles show it.
fn takes_unknown_sequences(term: &str) -> bool {
    !matches!(
        term,
        "" | "dumb" | "linux" | "vt100" | "vt220" | "ansi" | "cons25"
    )
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was. Nothing can be done where that fails.
fn restore() {
    if TELLS_KEYS_APART.swap(false, Ordering::SeqCst) {
        let _ = execute!(stdout(), PopKeyboardEnhancementFlags);
    }
    let _ = execute!(
        stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        crossterm::cursor::Show
    );
    let _ = disable_raw_mode();
}

/// Has the terminal given back before a panic's message is written. Other
/// threads' panics are told by who waits for them, and may not write over the screen.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    let own = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == own {
            restore();
            before(info);
        }
    }));
}

/// The terminal while work is being waited for.
struct TerminalHost {
    terminal: Rc<RefCell<Terminal<CrosstermBackend<Stdout>>>>,
    happenings: Rc<Receiver<Happening>>,
    /// What was drawn last.
    drawn: Rc<RefCell<Buffer>>,
    /// What happened while work was waited for, to be taken in after it.
    meanwhile: Rc<RefCell<VecDeque<Happening>>>,
}

impl Host for TerminalHost {
    fn busy(&mut self, what: &str, progress: Progress) -> ControlFlow<()> {
        let drawn = self.drawn.borrow();
        let what = printable(what);
        let text = match progress.fraction() {
            // Nothing that tells how far it is can be stopped on the way.
            None => format!(" {what} … "),
            Some(done) => format!(
                " {what}: {} {:.0} %, {} of {} cells. Esc stops. ",
                bar(done, BAR),
                (done * 100.0).floor(),
                progress.evaluated,
                progress.of
            ),
        };
        let _ = self.terminal.borrow_mut().draw(|frame| {
            let area = frame.area();
            if area == drawn.area {
                frame.buffer_mut().clone_from(&drawn);
            }
            let line = Screen {
                y: area.bottom().saturating_sub(1),
                height: area.height.min(1),
                ..area
            };
            frame.render_widget(ratatui::text::Line::from(text.as_str()), line);
        });
        loop {
            match self.happenings.try_recv() {
                Ok(Happening::Input(Event::Key(key))) => {
                    let control_c = key.code == KeyCode::Char('c')
                        && key.modifiers.contains(KeyModifiers::CONTROL);
                    if key.code == KeyCode::Esc || control_c {
                        return ControlFlow::Break(());
                    }
                    let typed = Happening::Input(Event::Key(key));
                    self.meanwhile.borrow_mut().push_back(typed);
                }
                Ok(other) => {
                    let ends = matches!(other, Happening::Hangup);
                    self.meanwhile.borrow_mut().push_back(other);
                    if ends {
                        return ControlFlow::Break(());
                    }
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        ControlFlow::Continue(())
    }

    fn copy(&mut self, text: &str) {
        let _ = execute!(stdout(), CopyToClipboard::to_clipboard_from(text));
        let _ = stdout().flush();
    }
}

/// The colours of the terminal, by what its environment says.
pub fn colour_depth() -> ColourDepth {
    let var = |name| std::env::var(name).unwrap_or_default();
    if !var("NO_COLOR").is_empty() || var("TERM") == "dumb" {
        return ColourDepth::Monochrome;
    }
    let colorterm = var("COLORTERM");
    if colorterm.contains("truecolor") || colorterm.contains("24bit") {
        return ColourDepth::True;
    }
    match var("TERM") {
        term if term.contains("256color") => ColourDepth::Palette256,
        term if term.contains("direct") => ColourDepth::True,
        _ => ColourDepth::Sixteen,
    }
}

/// Whether the terminal is dark, by what its environment says (`COLORFGBG`, as
/// rxvt and others set it: `15;0`); dark where it says nothing.
pub fn background() -> Background {
    let named = std::env::var("COLORFGBG").unwrap_or_default();
    match named
        .rsplit(';')
        .next()
        .and_then(|last| last.parse::<u8>().ok())
    {
        Some(7 | 9..=15) => Background::Light,
        _ => Background::Dark,
    }
}
