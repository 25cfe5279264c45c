//! Driving the terminal application without a terminal. Each file of tests uses
//! a part of it.

#![allow(dead_code)]

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use gradsheet::formula::Expr;
use gradsheet::grid::{Cell, Pos};
use gradsheet::tui::keymap::Chord;
use gradsheet::tui::{App, Document, Happening, Jobs, KeySet, Settings, Unattended};
use gradsheet::value::Value;
use gradsheet::workbook::{
    Alert, AlertStyle, Allowed, Edit, Message, Template, Transaction, Validation,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// The application on a screen of memory.
pub struct Driver {
    pub app: App,
    happenings: Receiver<Happening>,
    terminal: Terminal<TestBackend>,
}

impl Driver {
    pub fn new(document: Document, settings: Settings) -> Self {
        let (jobs, happenings) = Jobs::new();
        let app = App::new(document, settings, jobs, Box::new(Unattended));
        let mut driver = Self {
            app,
            happenings,
            terminal: Terminal::new(TestBackend::new(80, 24)).unwrap(),
        };
        driver.resize(80, 24);
        driver
    }

    /// With a new workbook.
    pub fn empty() -> Self {
        Self::new(Document::empty(), Settings::default())
    }

    /// With a journal; that of a new workbook goes into the folder `state`.
    pub fn journalled(document: Document, state: &Path) -> Self {
        let settings = Settings {
            journal: true,
            state: Some(state.to_owned()),
            ..Settings::default()
        };
        Self::new(document, settings)
    }

    /// With a new workbook and the keys of vim.
    pub fn vim() -> Self {
        let settings = Settings {
            keys: KeySet::Vim,
            ..Settings::default()
        };
        Self::new(Document::empty(), settings)
    }

    pub fn open(path: impl AsRef<Path>) -> Self {
        let (document, _) = Document::open(path.as_ref()).unwrap();
        Self::new(document, Settings::default())
    }

    /// Presses keys, written as in the configuration file, and types what
    /// stands between backticks: ``Ctrl+G `B2` Enter``. Waits for what they began.
    pub fn play(&mut self, keys: &str) -> &mut Self {
        for (index, part) in keys.split('`').enumerate() {
            if index % 2 == 1 {
                for c in part.chars() {
                    self.press(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
                }
            } else {
                for key in part.split_whitespace() {
                    let chord = Chord::parse(key).unwrap_or_else(|| panic!("no key: {key}"));
                    self.press(chord.event());
                    // A person sees what a key did before pressing the next.
                    self.settle();
                }
            }
        }
        self.settle();
        self
    }

    fn press(&mut self, key: KeyEvent) {
        self.happens(Event::Key(key));
    }

    pub fn happens(&mut self, event: Event) {
        self.app.handle(Happening::Input(event));
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.terminal
            .resize(Rect::new(0, 0, width, height))
            .unwrap();
        self.happens(Event::Resize(width, height));
    }

    /// Waits until no job runs and all reports are taken in.
    pub fn settle(&mut self) {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let running = self.app.jobs.running();
            while let Ok(happening) = self.happenings.try_recv() {
                self.app.handle(happening);
            }
            if running == 0 {
                return;
            }
            if Instant::now() > patience {
                panic!("a job does not end:\n{}", self.screen());
            }
            if let Ok(happening) = self.happenings.recv_timeout(Duration::from_millis(20)) {
                self.app.handle(happening);
            }
        }
    }

    /// Presses keys and waits for nothing.
    pub fn press_keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let chord = Chord::parse(key).unwrap_or_else(|| panic!("no key: {key}"));
            self.press(chord.event());
        }
        self
    }

    /// Takes in what jobs report until something holds.
    pub fn wait_until(&mut self, holds: impl Fn(&App) -> bool) {
        let patience = Instant::now() + Duration::from_secs(60);
        while !holds(&self.app) {
            assert!(Instant::now() < patience, "it does not come to hold");
            if let Ok(happening) = self.happenings.recv_timeout(Duration::from_millis(20)) {
                self.app.handle(happening);
            }
        }
    }

    /// What is on the screen, a line a row, without spaces at the ends.
    pub fn screen(&mut self) -> String {
        self.terminal.draw(|frame| self.app.draw(frame)).unwrap();
        let buffer = self.terminal.backend().buffer();
        let area = buffer.area;
        let mut text = String::new();
        for y in 0..area.height {
            let mut line = String::new();
            for x in 0..area.width {
                line.push_str(buffer[(x, y)].symbol());
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// How each place on the screen looks: a letter for each look that occurs, in
    /// the order of their first places, then what the letters mean.
    pub fn colours(&mut self) -> String {
        self.screen();
        let buffer = self.terminal.backend().buffer();
        let mut looks: Vec<Style> = Vec::new();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            for x in 0..buffer.area.width {
                let style = buffer[(x, y)].style();
                let known = looks.iter().position(|look| *look == style);
                let index = known.unwrap_or_else(|| {
                    looks.push(style);
                    looks.len() - 1
                });
                let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9');
                text.push(letters.chain(std::iter::repeat('*')).nth(index).unwrap());
            }
            text.push('\n');
        }
        for (index, look) in looks.iter().enumerate() {
            let letter = ('a'..='z').chain('A'..='Z').chain('0'..='9').nth(index);
            let (fg, bg, add) = (look.fg, look.bg, look.add_modifier);
            let colour =
                |c: Option<_>| c.map_or("-".to_owned(), |c: ratatui::style::Color| c.to_string());
            text.push_str(&format!(
                "{}: {} on {} {add:?}\n",
                letter.unwrap_or('*'),
                colour(fg),
                colour(bg)
            ));
        }
        text
    }

    /// How the middle of cells in view looks: colours and modifiers.
    pub fn looks(&mut self, addresses: &[&str]) -> Vec<Style> {
        self.screen();
        let viewport = self.app.viewport();
        let buffer = self.terminal.backend().buffer();
        let look = |address: &&str| {
            let pos = Pos::parse_a1(address).unwrap();
            let row = viewport.rows.iter().find(|row| row.index == pos.row);
            let column = viewport.columns.iter().find(|c| c.index == pos.col);
            let (row, column) = (row.unwrap(), column.unwrap());
            buffer[(column.start + column.size - 2, row.start)].style()
        };
        addresses.iter().map(look).collect()
    }

    /// The value of a cell of the sheet in front, by its address.
    pub fn value(&self, address: &str) -> Value {
        let pos = Pos::parse_a1(address).unwrap();
        let sheet = self.app.sheet();
        self.app.document.engine().value(Cell { sheet, pos })
    }

    /// A cell's value as it is shown.
    pub fn shown(&self, address: &str) -> String {
        let pos = Pos::parse_a1(address).unwrap();
        let sheet = self.app.sheet();
        self.app.document.engine().display(Cell { sheet, pos })
    }

    /// Has a cell of the sheet in front take only the values of a list: `yes,no`.
    pub fn list(&mut self, address: &str, values: &str) {
        let pos = Pos::parse_a1(address).unwrap();
        self.validate(Validation {
            areas: vec![gradsheet::grid::Rect::cell(pos)],
            allowed: Allowed::List(Arc::new(Template::Formula(Expr::Text(values.into())))),
            allow_blank: true,
            dropdown: true,
            prompt: None,
            alert: Some(Alert {
                style: AlertStyle::Stop,
                message: Message::default(),
            }),
            in_extension: false,
        });
    }

    /// Gives the sheet in front a rule of data validation.
    pub fn validate(&mut self, validation: Validation) {
        let sheet = self.app.sheet();
        let validations = vec![validation];
        let edit = Edit::SetValidations { sheet, validations };
        let transaction = Transaction::new("Validate", vec![edit]);
        self.app.apply(&transaction).unwrap();
    }

    /// The terminal's cursor, as column and line.
    pub fn cursor(&mut self) -> (u16, u16) {
        self.screen();
        let at = self.terminal.get_cursor_position().unwrap();
        (at.x, at.y)
    }

    /// The style of a place on the screen.
    pub fn style(&mut self, x: u16, y: u16) -> Style {
        self.screen();
        self.terminal.backend().buffer()[(x, y)].style()
    }

    /// What the status line says.
    pub fn message(&self) -> String {
        self.app
            .message()
            .map(|m| m.text.clone())
            .unwrap_or_default()
    }
}
