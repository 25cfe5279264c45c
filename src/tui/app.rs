//! The application's state, and what changes it.

use super::command::{self, Call, Command, Copied, Refusal};
use super::document::Document;
use super::entry::Entry;
use super::find::Search;
use super::jobs::{Happening, Host, Jobs, panic_text};
use super::jumps::Jumps;
use super::keymap::{Chord, Keymap, Match};
use super::layout::{Layout, Viewport, column_width, row_height, scrolled};
use super::mode::{Context, Field, Mode};
use super::mouse::Mouse;
use super::panel::{self, PanelKind, Panels, short_areas};
use super::prompt::Prompt;
use super::selection::{Selection, SheetView};
use super::settings::{KeySet, Settings};
use super::text_input::{insert, type_into, type_over};
use super::theme::Theme;
use crate::engine::{Edited, Engine, EntryError, Progress, Recalculation};
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, SheetId};
use crate::workbook::{Applied, HistoryStep, Statistics, Tracked, Transaction};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Rect as Screen;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long work may take before the interface says that it is busy.
const PATIENCE: Duration = Duration::from_millis(80);

/// All state of the application.
pub struct App {
    pub document: Document,
    pub mode: Mode,
    pub panels: Panels,
    pub settings: Settings,
    pub theme: Theme,
    pub jobs: Jobs,
    keymap: Keymap,
    /// By sheet; a sheet not yet looked at has none.
    views: HashMap<SheetId, SheetView>,
    message: Option<Message>,
    /// Keys pressed that may begin a command.
    pending: Vec<Chord>,
    /// The number typed before a command, in vim's keys.
    count: Option<u32>,
    /// A command that waits for a key to say which: a mark's letter.
    awaiting: Option<&'static Command>,
    /// Whether moving extends the selection.
    extending: bool,
    /// The last change, to be made again elsewhere.
    last_change: Option<Change>,
    /// What was copied or cut here.
    pub(super) copied: Option<Copied>,
    /// What was looked for last.
    pub search: Option<Search>,
    /// Places by a letter.
    pub marks: HashMap<char, Tracked>,
    /// The line of cells that is typed with Tab between them.
    pub(super) typed_line: Option<TypedLine>,
    /// Where the cursor was before jumps.
    pub jumps: Jumps,
    measured: Measured,
    screen: Screen,
    pub(super) mouse: Mouse,
    /// The number of the last job that was begun.
    tickets: u64,
    host: Box<dyn Host>,
    ended: bool,
}

/// What the selected cells amount to, of a state of the document.
#[derive(Debug, Default)]
struct Measured {
    of: Option<(u64, SheetId, Selection)>,
    statistics: Statistics,
}

/// A change that can be made again elsewhere.
#[derive(Clone, Debug)]
enum Change {
    Command(&'static Command, Call),
    Entry(String),
}

/// A line of cells that is typed one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypedLine {
    /// The column of its first cell.
    pub begun: u32,
    /// Where Tab led to; the line has ended where anything else is typed into.
    pub next: Cell,
}

/// What the status line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub text: String,
    pub tone: Tone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Note,
    Warning,
}

impl App {
    /// The application with a document, on a screen of 80 x 24 until it is told another.
    pub fn new(document: Document, settings: Settings, jobs: Jobs, host: Box<dyn Host>) -> Self {
        let mut app = Self {
            document,
            mode: Mode::default(),
            panels: Panels::default(),
            theme: Theme::new(settings.depth, settings.background.unwrap_or_default()),
            keymap: Keymap::new(&settings),
            settings,
            jobs,
            views: HashMap::new(),
            message: None,
            pending: Vec::new(),
            count: None,
            awaiting: None,
            extending: false,
            last_change: None,
            copied: None,
            search: None,
            marks: HashMap::new(),
            typed_line: None,
            jumps: Jumps::default(),
            measured: Measured::default(),
            screen: Screen::new(0, 0, 80, 24),
            mouse: Mouse::default(),
            tickets: 0,
            host,
            ended: false,
        };
        app.begin_journal();
        app
    }

    /// A number that no job had before: by it a report is told apart from one of
    /// a job that was given up.
    pub fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Takes in what happened.
    pub fn handle(&mut self, happening: Happening) {
        match happening {
            Happening::Input(event) => self.input(event),
            Happening::Report(report) => report(self),
            Happening::Hangup => self.ended = true,
        }
        panel::follow(self);
        self.measure();
        self.tell_of_journal();
    }

    /// Goes on with another document; unsaved changes of this one are not wanted.
    pub(super) fn take_document(&mut self, document: Document) {
        self.document.discard_journal();
        self.document = document;
        self.views.clear();
        self.marks.clear();
        self.jumps = Jumps::default();
        self.panels = Panels::default();
        self.message = None;
        self.reveal(Pos::new(0, 0));
        self.begin_journal();
    }

    /// Whether the program is to end.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Ends the program in order: what is not saved is not wanted.
    pub fn leave(&mut self) {
        self.document.discard_journal();
        self.ended = true;
    }

    // What is shown.

    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Takes another set of keys.
    pub fn set_keys(&mut self, keys: KeySet) {
        self.settings.keys = keys;
        self.keymap = Keymap::new(&self.settings);
    }

    pub fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// Keys pressed that wait for more, as they are shown.
    pub fn pending(&self) -> String {
        let count = self.count.map(|count| count.to_string());
        let keys = self.pending.iter().map(Chord::to_string);
        count.into_iter().chain(keys).collect::<Vec<_>>().join(" ")
    }

    /// Says something on the status line.
    pub fn say(&mut self, text: impl Into<String>) {
        self.message = Some(Message {
            text: text.into(),
            tone: Tone::Note,
        });
    }

    /// Says that something is wrong.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.message = Some(Message {
            text: text.into(),
            tone: Tone::Warning,
        });
    }

    /// Asks for a command's argument on a line of its own.
    pub fn ask(&mut self, command: &str, label: &str, initial: &str) {
        if let Some(command) = command::find(command) {
            self.mode = Mode::Prompt(Prompt::new(command, label, initial));
        }
    }

    /// The sheet in front.
    pub fn sheet(&self) -> SheetId {
        let workbook = self.document.engine().workbook();
        let order = workbook.order();
        order
            .get(workbook.active)
            .or_else(|| order.first())
            .copied()
            .unwrap_or(SheetId(0))
    }

    /// Brings a sheet to the front.
    pub fn show_sheet(&mut self, sheet: SheetId) {
        let workbook = self.document.engine_mut().workbook_mut();
        if let Some(at) = workbook.order().iter().position(|&id| id == sheet) {
            workbook.active = at;
        }
    }

    /// Brings the sheet so many visible tabs further to the front, round and round.
    pub fn step_sheet(&mut self, by: i64) {
        let workbook = self.document.engine().workbook();
        let visible: Vec<SheetId> = workbook.visible_sheets().collect();
        let now = visible.iter().position(|&id| id == self.sheet());
        if !visible.is_empty() {
            let next = (now.unwrap_or(0) as i64 + by).rem_euclid(visible.len() as i64);
            self.show_sheet(visible[next as usize]);
        }
    }

    /// What is selected and in view of the sheet in front.
    pub fn view(&self) -> SheetView {
        self.views.get(&self.sheet()).cloned().unwrap_or_default()
    }

    fn view_mut(&mut self) -> &mut SheetView {
        let sheet = self.sheet();
        self.views.entry(sheet).or_default()
    }

    pub fn selection(&self) -> Selection {
        self.view().selection
    }

    /// The selected area that holds the active cell.
    pub fn selected_area(&self) -> Area {
        Area {
            sheet: self.sheet(),
            rect: self.selection().last(),
        }
    }

    /// All selected areas, that one the last.
    pub fn selected_areas(&self) -> Vec<Area> {
        let sheet = self.sheet();
        let selection = self.selection();
        let areas = selection.areas().iter();
        areas.map(|&rect| Area { sheet, rect }).collect()
    }

    /// All selected areas without the rows that a filter hides: these are not
    /// touched by what is done to the selection.
    pub fn shown_areas(&self) -> Vec<Area> {
        let workbook = self.document.engine().workbook();
        let parts = |area: Area| {
            let rects = workbook.shown_parts(area).into_iter();
            rects.map(move |rect| Area { rect, ..area })
        };
        self.selected_areas().into_iter().flat_map(parts).collect()
    }

    pub fn selection_mut(&mut self) -> &mut Selection {
        &mut self.view_mut().selection
    }

    pub fn active_cell(&self) -> Cell {
        Cell {
            sheet: self.sheet(),
            pos: self.selection().active(),
        }
    }

    /// Selects, and brings the moving corner into view.
    pub fn select(&mut self, selection: Selection) {
        let to = match selection.is_one_cell() {
            true => selection.active(),
            false => selection.last().top_left(),
        };
        self.view_mut().selection = selection;
        self.reveal(to);
    }

    /// Brings a cell of any sheet to the front and selects it.
    pub fn show_cell(&mut self, cell: Cell) {
        self.show_sheet(cell.sheet);
        self.select(Selection::cell(cell.pos));
    }

    /// Goes to a cell, and remembers where from.
    pub fn jump(&mut self, cell: Cell) {
        let from = self.active_cell();
        self.jumps.leave(from);
        self.show_cell(cell);
    }

    /// Scrolls so that a cell is in view.
    pub fn reveal(&mut self, at: Pos) {
        let id = self.sheet();
        let grid = self.layout().grid;
        let view = self.view();
        let sheet = self.document.engine().workbook().sheet(id);
        let Viewport { frozen, gutter, .. } = Viewport::new(sheet, &view, grid);
        let height = |row: u32| row_height(sheet, row);
        let width = |col: u32| column_width(sheet, col);
        let frozen_height: u16 = (0..frozen.frozen_rows).map(height).sum();
        let frozen_width: u16 = (0..frozen.frozen_cols).map(width).sum();
        let mut top_left = view.top_left;
        if at.row >= frozen.frozen_rows {
            let room = grid.height.saturating_sub(1 + frozen_height);
            let first = top_left.row.max(frozen.frozen_rows);
            let shown = |row: u32| sheet.rows.previous_shown(row);
            top_left.row = scrolled(first, at.row, room, height, shown);
        }
        if at.col >= frozen.frozen_cols {
            let room = grid.width.saturating_sub(gutter + frozen_width);
            let first = top_left.col.max(frozen.frozen_cols);
            top_left.col = scrolled(first, at.col, room, width, Some);
        }
        self.view_mut().top_left = top_left;
    }

    /// What the selected cells amount to, those that a filter hides left out;
    /// nothing of a single one.
    pub fn measured(&self) -> &Statistics {
        &self.measured.statistics
    }

    fn measure(&mut self) {
        let of = (self.document.revision(), self.sheet(), self.selection());
        if self.measured.of.as_ref() == Some(&of) {
            return;
        }
        let mut statistics = Statistics::default();
        if !of.2.is_one_cell() {
            let workbook = self.document.engine().workbook();
            let cells = &workbook.sheet(of.1).cells;
            for area in self.shown_areas() {
                statistics.join(&cells.statistics(area.rect));
            }
        }
        self.measured = Measured {
            of: Some(of),
            statistics,
        };
    }

    /// Scrolls so many rows and columns; what is selected stays so.
    pub fn scroll(&mut self, rows: i64, cols: i64) {
        let step = |from: u32, by: i64, size: u32| {
            (i64::from(from) + by).clamp(0, i64::from(size) - 1) as u32
        };
        let view = self.view_mut();
        view.top_left.row = step(view.top_left.row, rows, MAX_ROWS);
        view.top_left.col = step(view.top_left.col, cols, MAX_COLS);
    }

    /// The rows and columns that fit on the screen.
    pub fn page(&self) -> (u32, u32) {
        let viewport = self.viewport();
        let rows = viewport.rows.len().saturating_sub(1).max(1);
        let columns = viewport.columns.len().saturating_sub(1).max(1);
        (rows as u32, columns as u32)
    }

    /// Where things are on the screen.
    pub fn layout(&self) -> Layout {
        let bar = match &self.mode {
            Mode::Entry(entry) => entry.bar_height(self.screen),
            _ => 1,
        };
        Layout::new(self.screen, bar, self.panels.open.map(PanelKind::width))
    }

    pub fn viewport(&self) -> Viewport {
        let sheet = self.document.engine().workbook().sheet(self.sheet());
        Viewport::new(sheet, &self.view(), self.layout().grid)
    }

    /// Tells the size of the screen.
    pub fn resize(&mut self, screen: Screen) {
        self.screen = screen;
        let at = self.selection().active();
        self.reveal(at);
    }

    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// Opens a panel and gives it the keyboard.
    pub fn open_panel(&mut self, kind: PanelKind) {
        self.panels.open = Some(kind);
        self.mode = Mode::Panel(kind);
        let at = self.selection().active();
        self.reveal(at);
    }

    /// How many lines the help page has.
    pub fn help_lines(&self) -> usize {
        let wanted = match &self.mode {
            Mode::Help(help) => help.input.value(),
            _ => "",
        };
        super::draw::help_text(self, wanted).len()
    }

    pub fn host(&mut self) -> &mut dyn Host {
        self.host.as_mut()
    }

    // What changes the document.

    /// Does work on the document on a thread beside, so that the terminal can
    /// show how it goes and a person can stop it.
    pub fn work<R: Send>(&mut self, what: &str, work: impl FnOnce(&mut Document) -> R + Send) -> R {
        let watched = Arc::new(Watched::default());
        let seen = watched.clone();
        let watch = move |progress| seen.tell(progress);
        self.document.engine_mut().set_watch(Some(watch));
        let (document, host) = (&mut self.document, &mut self.host);
        let result = std::thread::scope(|scope| {
            let (done, finished) = channel::<()>();
            let worker = scope.spawn(move || {
                let result = work(document);
                drop(done);
                result
            });
            while let Err(RecvTimeoutError::Timeout) = finished.recv_timeout(PATIENCE) {
                if host.busy(what, watched.progress()).is_break() {
                    watched.stop.store(true, Ordering::Relaxed);
                }
            }
            worker.join()
        });
        let unwatched: Option<fn(Progress) -> ControlFlow<()>> = None;
        self.document.engine_mut().set_watch(unwatched);
        match result {
            Ok(result) => result,
            // The hook gives the terminal back where this thread panics.
            Err(panic) => panic!("{}", panic_text(&*panic)),
        }
    }

    /// Applies a transaction and recalculates.
    pub fn apply(&mut self, transaction: &Transaction) -> Result<(), Refusal> {
        let edited = self.work(&transaction.label, |document| document.apply(transaction))?;
        self.edited(&edited, HistoryStep::Done);
        Ok(())
    }

    /// Applies a transaction that fills an area; a table beside it takes it in.
    pub fn apply_in(&mut self, transaction: Transaction, area: Area) -> Result<(), Refusal> {
        let label = transaction.label.clone();
        let edited = self.work(&label, |document| document.apply_in(transaction, area))?;
        self.edited(&edited, HistoryStep::Done);
        Ok(())
    }

    /// Applies a transaction in place of the last one, and recalculates.
    pub fn replace_last(&mut self, transaction: &Transaction) -> Result<(), Refusal> {
        let edited = self.work(&transaction.label, |document| {
            document.replace_last(transaction)
        })?;
        self.edited(&edited, HistoryStep::Done);
        Ok(())
    }

    /// Ends the showing of values that are only tried out: brings the old ones
    /// back, and then applies `transaction` where there is one.
    pub fn settle(&mut self, transaction: Option<&Transaction>) -> Result<(), Refusal> {
        self.work("Bringing the old values back", Document::end_trial);
        match transaction {
            Some(transaction) => self.apply(transaction),
            None => Ok(()),
        }
    }

    /// Refuses where cells show values that are only tried out.
    pub fn settled(&self) -> Result<(), Refusal> {
        match self.document.engine().is_trying() {
            true => Err(Refusal::new(
                "the solver's values are not kept yet: keep them or bring the old ones back (Alt+S)",
            )),
            false => Ok(()),
        }
    }

    /// The selected cells as references that are read on `home`.
    pub fn selected_text(&self, home: Option<SheetId>) -> String {
        let home = home.unwrap_or(self.sheet());
        let workbook = self.document.engine().workbook();
        short_areas(workbook, &self.selected_areas(), home)
    }

    /// Begins to fill in the chosen line of the panel that has the keyboard,
    /// with a text or with what it holds.
    pub fn fill_in(&mut self, text: Option<&str>) {
        if let Mode::Panel(panel) = self.mode
            && let Some(held) = self.panels.held_text(panel)
        {
            let text = text.map_or(held, str::to_owned);
            self.mode = Mode::Field(Field::new(panel, &text));
        }
    }

    /// Enters typed text into a cell.
    pub fn enter(&mut self, cell: Cell, text: &str) -> Result<(), EntryError> {
        let edited = self.work("Recalculating", |document| document.enter(cell, text))?;
        self.edited(&edited, HistoryStep::Done);
        self.last_change = Some(Change::Entry(text.to_owned()));
        Ok(())
    }

    /// Takes the last change back; its label, or `None` where there is none.
    pub fn undo(&mut self) -> Result<Option<String>, Refusal> {
        let edited = self.work("Undoing", Document::undo)?;
        Ok(edited.map(|edited| {
            self.edited(&edited, |depth| HistoryStep::Undone(depth + 1));
            edited.applied.inverse.label
        }))
    }

    /// Makes the change again that was undone last; its label.
    pub fn redo(&mut self) -> Result<Option<String>, Refusal> {
        let edited = self.work("Doing again", Document::redo)?;
        Ok(edited.map(|edited| {
            self.edited(&edited, HistoryStep::Redone);
            edited.applied.inverse.label
        }))
    }

    /// Recalculates every formula.
    pub fn recalculate(&mut self) {
        let recalculation = self.work("Recalculating", Document::recalculate);
        self.say(format!("Recalculated {} cells", recalculation.evaluated));
        self.recalculated(&recalculation);
    }

    /// What follows from a change of the document; `step` by how many steps
    /// can be undone now.
    fn edited(&mut self, edited: &Edited, step: fn(usize) -> HistoryStep) {
        let depth = self.document.engine().history().depth();
        self.relocate(&edited.applied, step(depth));
        self.recalculated(&edited.recalculation);
    }

    /// Has the places that are kept beside the document follow it.
    fn relocate(&mut self, applied: &Applied, step: HistoryStep) {
        let places = self.jumps.places_mut().chain(self.marks.values_mut());
        places.for_each(|place| place.follow(applied, step));
        let workbook = self.document.engine().workbook();
        self.panels.relocate(workbook, applied, step);
    }

    fn recalculated(&mut self, recalculation: &Recalculation) {
        if recalculation.interrupted {
            self.warn("Recalculation stopped: cells may show old values until the next one (F9)");
        } else if let Some(path) = recalculation.circular.first() {
            let workbook = self.document.engine().workbook();
            let cells: Vec<String> = path.iter().take(6).map(|&c| workbook.address(c)).collect();
            self.warn(format!("Circular reference: {}", cells.join(" → ")));
        }
    }

    // Keys.

    fn input(&mut self, event: Event) {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Event::Mouse(event) => self.mouse(event),
            Event::Paste(text) => self.pasted(&text),
            Event::Resize(width, height) => self.resize(Screen::new(0, 0, width, height)),
            _ => {}
        }
    }

    fn key(&mut self, key: KeyEvent) {
        self.message = None;
        let chord = Chord::from(key);
        if self.lettered(chord) || self.counted(chord) || self.answered(chord) {
            return;
        }
        self.pending.push(chord);
        match self.find_command() {
            Match::Prefix => {}
            Match::Command(command) => {
                self.pending.clear();
                let call = Call {
                    count: self.count.take(),
                    argument: None,
                };
                if let Err(Refusal(why)) = self.run(command, &call) {
                    self.warn(why);
                }
            }
            Match::None => {
                let alone = self.pending.len() == 1;
                self.pending.clear();
                self.count = None;
                if alone {
                    self.typed(key);
                }
            }
        }
    }

    /// What the pressed keys stand for.
    fn find_command(&self) -> Match {
        let context = match self.mode.context() {
            Context::Grid if self.extending => Context::Select,
            context => context,
        };
        self.keymap.find(context, &self.pending)
    }

    /// Runs a command.
    pub fn run(&mut self, command: &'static Command, call: &Call) -> Result<(), Refusal> {
        let before = self.document.revision();
        let result = (command.run)(self, call);
        let changed = self.document.revision() != before;
        if changed && command.repeats {
            self.last_change = Some(Change::Command(command, call.clone()));
        }
        result
    }

    /// Makes the last change again, here.
    pub fn repeat(&mut self) -> Result<(), Refusal> {
        match self.last_change.clone() {
            Some(Change::Command(command, call)) => self.run(command, &call),
            Some(Change::Entry(text)) => {
                let cell = self.active_cell();
                Ok(self.enter(cell, &text)?)
            }
            None => Err(Refusal::new("nothing was changed yet")),
        }
    }

    /// Waits for a letter, with which the command is run again.
    pub fn await_letter(&mut self, command: &str) {
        self.awaiting = command::find(command);
    }

    fn lettered(&mut self, chord: Chord) -> bool {
        let Some(command) = self.awaiting.take() else {
            return false;
        };
        if let Some(letter) = chord.plain_char()
            && let Err(Refusal(why)) = self.run(command, &Call::with(letter))
        {
            self.warn(why);
        }
        true
    }

    /// Whether moving extends the selection.
    pub fn is_extending(&self) -> bool {
        self.extending
    }

    pub fn set_extending(&mut self, extending: bool) {
        self.extending = extending;
    }

    /// Runs a command by its name.
    pub fn run_named(&mut self, name: &str, call: &Call) -> Result<(), Refusal> {
        match command::find(name) {
            Some(command) => self.run(command, call),
            None => Err(Refusal::new(format!("there is no command \"{name}\""))),
        }
    }

    /// Takes a digit as part of a count, in vim's keys.
    fn counted(&mut self, chord: Chord) -> bool {
        let counting = self.keymap.set() == KeySet::Vim
            && self.mode.context() == Context::Grid
            && self.pending.is_empty();
        match chord.digit().filter(|_| counting) {
            Some(0) if self.count.is_none() => false,
            Some(digit) => {
                let count = self.count.unwrap_or(0);
                self.count = Some(
                    count
                        .saturating_mul(10)
                        .saturating_add(digit)
                        .min(9_999_999),
                );
                true
            }
            None => false,
        }
    }

    /// Takes a key as the answer to a question.
    fn answered(&mut self, chord: Chord) -> bool {
        let Mode::Confirm(confirm) = &self.mode else {
            return false;
        };
        let typed = chord.plain_char().map(|c| c.to_ascii_lowercase());
        let Some(answer) = confirm.answers.iter().find(|a| Some(a.key) == typed) else {
            return false;
        };
        let command = answer.command.clone();
        self.mode = Mode::Grid;
        if let Some((name, argument)) = command {
            let call = Call {
                count: None,
                argument,
            };
            if let Err(Refusal(why)) = self.run_named(name, &call) {
                self.warn(why);
            }
        }
        true
    }

    /// A key that is no command's.
    fn typed(&mut self, key: KeyEvent) {
        let selected = self.mode.take_selected();
        if let Some(input) = self.mode.input_mut() {
            if selected {
                type_over(input, key);
            } else {
                type_into(input, key);
            }
            self.retyped();
            return;
        }
        let held = KeyModifiers::CONTROL | KeyModifiers::ALT;
        let KeyCode::Char(c) = key.code else {
            return;
        };
        let begins = match self.keymap.set() {
            KeySet::Excel => true,
            KeySet::Vim => c == '=',
        };
        if matches!(self.mode, Mode::Panel(_)) && !key.modifiers.intersects(held) {
            self.fill_in(Some(&c.to_string()));
        }
        if matches!(self.mode, Mode::Grid) && begins && !key.modifiers.intersects(held) {
            self.begin(Entry::with(self.active_cell(), &c.to_string()));
        }
    }

    /// What follows from a change of what is being typed.
    fn retyped(&mut self) {
        match &mut self.mode {
            Mode::Palette(palette) => palette.list = Default::default(),
            Mode::Help(help) => help.top = 0,
            Mode::Prompt(prompt) => prompt.error = None,
            Mode::Find(form) => form.note = None,
            Mode::Entry(entry) => {
                entry.changed(self.document.engine());
                self.show_entry();
            }
            _ => {}
        }
    }

    /// Keeps the cell in view that is typed into when the formula bar grows.
    fn show_entry(&mut self) {
        let Mode::Entry(entry) = &mut self.mode else {
            return;
        };
        let (cell, height) = (entry.cell, entry.bar_height(self.screen));
        let grows = height > std::mem::replace(&mut entry.shown_height, height);
        if grows && cell.sheet == self.sheet() {
            self.reveal(cell.pos);
        }
    }

    /// Begins to type into a cell.
    pub fn begin(&mut self, entry: Entry) {
        self.mode = Mode::Entry(Box::new(entry));
        self.change_entry(|_, _| {});
    }

    /// Changes what is being typed into a cell; nothing where nothing is.
    pub fn change_entry<R>(&mut self, change: impl FnOnce(&mut Entry, &Engine) -> R) -> Option<R> {
        let Mode::Entry(entry) = &mut self.mode else {
            return None;
        };
        let result = change(entry, self.document.engine());
        self.retyped();
        Some(result)
    }

    /// Text that the terminal pasted.
    fn pasted(&mut self, text: &str) {
        match &mut self.mode {
            Mode::Grid => {
                if let Err(Refusal(why)) = self.paste_text(text) {
                    self.warn(why);
                }
                return;
            }
            Mode::Entry(entry) => entry.insert(text),
            mode => {
                let selected = mode.take_selected();
                match mode.input_mut() {
                    Some(input) => {
                        if selected {
                            input.reset();
                        }
                        insert(input, text);
                    }
                    None => return,
                }
            }
        }
        self.retyped();
    }
}

/// What a worker tells of its progress, and whether it is to stop.
#[derive(Debug, Default)]
struct Watched {
    evaluated: AtomicU64,
    of: AtomicU64,
    stop: AtomicBool,
}

impl Watched {
    fn tell(&self, progress: Progress) -> ControlFlow<()> {
        self.evaluated
            .fetch_max(progress.evaluated, Ordering::Relaxed);
        self.of.store(progress.of, Ordering::Relaxed);
        match self.stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            evaluated: self.evaluated.load(Ordering::Relaxed),
            of: self.of.load(Ordering::Relaxed),
        }
    }
}
