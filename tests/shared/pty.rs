//! The program in a real pseudo-terminal: keys go in as bytes, and what it
//! writes makes a screen. Each file of tests uses a part of it.

#![allow(dead_code)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Long enough for a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test; in an example, for which nothing is built, that of
/// the release.
const PROGRAM: &str = match option_env!("CARGO_BIN_EXE_gradsheet") {
    Some(path) => path,
    None => concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/gradsheet"),
};

/// The program, running.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the terminal outlives the program, as a shell's does.
    _slave: Box<dyn SlavePty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Seen>,
    /// How the terminal was before.
    before: String,
}

struct Seen {
    output: Mutex<Output>,
    changed: Condvar,
}

struct Output {
    terminal: vt100::Parser,
    bytes: Vec<u8>,
}

fn size(of: u16) -> NonZeroU16 {
    NonZeroU16::new(of).unwrap()
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        ..PtySize::default()
    }
}

impl Pty {
    /// Runs the program at 80 x 24 with `home` as the home folder and an
    /// environment that says nothing but the terminal's kind and `more`.
    pub fn start(home: &std::path::Path, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        Self::start_at((80, 24), home, arguments, more)
    }

    /// The same in a terminal of so many columns and rows.
    pub fn start_at(
        (cols, rows): (u16, u16),
        home: &std::path::Path,
        arguments: &[&str],
        more: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system().openpty(pty_size(cols, rows)).unwrap();
        let before = format!("{:?}", pair.master.get_termios());
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        for (name, value) in more {
            command.env(name, value);
        }
        command.cwd(home);
        let child = pair.slave.spawn_command(command).unwrap();
        let output = Output {
            terminal: vt100::Parser::new(size(rows), size(cols), 0),
            bytes: Vec::new(),
        };
        let seen = Arc::new(Seen {
            output: Mutex::new(output),
            changed: Condvar::new(),
        });
        let mut output = pair.master.try_clone_reader().unwrap();
        let sees = seen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let mut output = sees.output.lock().unwrap();
                output.terminal.process(&bytes[..length]);
                output.bytes.extend_from_slice(&bytes[..length]);
                sees.changed.notify_all();
            }
        });
        Self {
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            _slave: pair.slave,
            child,
            seen,
            before,
        }
    }

    /// Sends bytes, as the terminal sends keys.
    pub fn send(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Waits until the terminal comes to hold something.
    pub fn wait_until(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) -> &Self {
        let end = Instant::now() + PATIENCE;
        let mut output = self.seen.output.lock().unwrap();
        while !holds(output.terminal.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let screen = output.terminal.screen().contents();
                panic!("{what} does not come:\n{screen}");
            }
            output = self.seen.changed.wait_timeout(output, left).unwrap().0;
        }
        self
    }

    /// Waits until a text is on the screen.
    pub fn sees(&self, text: &str) -> &Self {
        self.wait_until(text, |screen| screen.contents().contains(text))
    }

    /// Waits until a text is on the screen, and presses a key again and again
    /// meanwhile: crossterm keeps keys that come at the moment of a resize until
    /// the next one.
    pub fn sees_pressing(&mut self, text: &str, key: &str) {
        let end = Instant::now() + PATIENCE;
        let there = |output: &Output| output.terminal.screen().contents().contains(text);
        while Instant::now() < end {
            let output = self.seen.output.lock().unwrap();
            let short = Duration::from_millis(100);
            let waited = self
                .seen
                .changed
                .wait_timeout_while(output, short, |o| !there(o));
            if !waited.unwrap().1.timed_out() {
                return;
            }
            self.send(key);
        }
        self.sees(text);
    }

    /// Waits until a text is no longer on the screen.
    pub fn sees_no_more(&self, text: &str) -> &Self {
        self.wait_until(text, |screen| !screen.contents().contains(text))
    }

    /// Makes the terminal another size.
    pub fn resize(&self, cols: u16, rows: u16) {
        let mut output = self.seen.output.lock().unwrap();
        output
            .terminal
            .screen_mut()
            .set_size(size(rows), size(cols));
        self.master.resize(pty_size(cols, rows)).unwrap();
    }

    /// The screen as it is.
    pub fn screen(&self) -> vt100::Screen {
        self.seen.output.lock().unwrap().terminal.screen().clone()
    }

    /// All that the program has written.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.output.lock().unwrap().bytes.clone()
    }

    /// Sends a signal: `KILL`.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the program's end; its exit code.
    pub fn ends(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < end, "the program does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The terminal is as it was before the program, once it has ended.
    pub fn is_restored(&self) {
        self.wait_until("the terminal's own screen", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        assert_eq!(format!("{:?}", self.master.get_termios()), self.before);
    }

    /// The terminal is the program's: raw, on its alternate screen.
    pub fn is_taken(&self) {
        self.wait_until("the alternate screen", vt100::Screen::alternate_screen);
        assert_ne!(format!("{:?}", self.master.get_termios()), self.before);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
    }
}
