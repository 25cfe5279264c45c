//! The mouse: selecting, scrolling, tabs, panels.

use super::app::App;
use super::command::Call;
use super::draw::tab_spans;
use super::layout::{Line, NAME_BOX};
use super::mode::Mode;
use super::selection::Selection;
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect as Screen};
use std::time::{Duration, Instant};

/// Two clicks on a cell within this time edit it.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);
/// Lines that a step of the wheel scrolls.
const WHEEL: i64 = 3;

/// What the pressed button began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    Cells,
    Rows,
    Columns,
}

/// What the mouse is doing.
#[derive(Debug, Default)]
pub struct Mouse {
    press: Option<Press>,
    last_click: Option<(Instant, Pos)>,
    /// Whether letting go edits the cell: the second click on it.
    edits: bool,
}

/// What of the grid is under the mouse.
enum Spot {
    Cell(Pos),
    Row(u32),
    Column(u32),
    /// Where row numbers and column letters meet.
    Corner,
}

impl App {
    pub(super) fn mouse(&mut self, event: MouseEvent) {
        let at = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.pressed(at, event.modifiers),
            MouseEventKind::Drag(MouseButton::Left) => self.dragged(at),
            MouseEventKind::Up(_) => self.released(),
            MouseEventKind::ScrollDown if event.modifiers.contains(KeyModifiers::SHIFT) => {
                self.scroll(0, 1);
            }
            MouseEventKind::ScrollUp if event.modifiers.contains(KeyModifiers::SHIFT) => {
                self.scroll(0, -1);
            }
            MouseEventKind::ScrollDown => self.wheel(at, 1),
            MouseEventKind::ScrollUp => self.wheel(at, -1),
            MouseEventKind::ScrollRight => self.scroll(0, 1),
            MouseEventKind::ScrollLeft => self.scroll(0, -1),
            _ => {}
        }
    }

    /// The wheel moves through what is under it: a list over the grid, or the grid.
    fn wheel(&mut self, at: Position, by: i64) {
        let over_grid = matches!(self.mode, Mode::Grid | Mode::Entry(_) | Mode::Panel(_));
        if over_grid {
            if self.layout().grid.contains(at) {
                self.scroll(by * WHEEL, 0);
            }
            return;
        }
        let command = if by > 0 { "list.down" } else { "list.up" };
        for _ in 0..WHEEL {
            // A list at its end stays there.
            let _ = self.run_named(command, &Call::default());
        }
    }

    fn pressed(&mut self, at: Position, modifiers: KeyModifiers) {
        let layout = self.layout();
        if layout.panel.is_some_and(|panel| panel.contains(at)) {
            if let Some(kind) = self.panels.open {
                self.mode = Mode::Panel(kind);
            }
            return;
        }
        if layout.tabs.contains(at) {
            let tabs = tab_spans(self, layout.tabs);
            let tab = tabs.iter().find(|(_, area)| area.contains(at));
            if let Some((sheet, _)) = tab {
                self.show_sheet(*sheet);
            }
            return;
        }
        if layout.formula_bar.contains(at) {
            self.bar_pressed(layout.formula_bar, at);
            return;
        }
        let Some(spot) = self.spot(layout.grid, at) else {
            return;
        };
        if matches!(self.mode, Mode::Entry(_)) && self.pointed(&spot, modifiers) {
            return;
        }
        if matches!(self.mode, Mode::Panel(_)) {
            self.mode = Mode::Grid;
        }
        if !matches!(self.mode, Mode::Grid | Mode::Pick(_)) {
            return;
        }
        match spot {
            Spot::Cell(pos) => self.cell_pressed(pos, modifiers),
            Spot::Row(row) => {
                self.mouse.press = Some(Press::Rows);
                self.keep_view(Selection::rect(rows(row, row)));
            }
            Spot::Column(col) => {
                self.mouse.press = Some(Press::Columns);
                self.keep_view(Selection::rect(columns(col, col)));
            }
            Spot::Corner => self.keep_view(Selection::rect(Rect {
                bottom: MAX_ROWS - 1,
                ..rows(0, 0)
            })),
        }
    }

    /// Edits the active cell, or goes on editing, at the place pressed.
    fn bar_pressed(&mut self, bar: Screen, at: Position) {
        if matches!(self.mode, Mode::Grid) {
            let _ = self.run_named("entry.edit", &Call::default());
        }
        let screen = self.screen();
        self.change_entry(|entry, _| {
            let line = entry.bar_first(screen) + usize::from(at.y - bar.y);
            let column = at.x.saturating_sub(bar.x + NAME_BOX);
            let lines = entry.bar_lines(screen);
            let byte = lines.byte(entry.text(), line, usize::from(column));
            entry.move_to(byte);
        });
    }

    /// Puts what was pressed into the formula that is being typed. Where no
    /// reference can stand, the entry is accepted instead; `true` where that
    /// was all.
    fn pointed(&mut self, spot: &Spot, modifiers: KeyModifiers) -> bool {
        let (press, pointed) = match *spot {
            Spot::Cell(pos) if modifiers.contains(KeyModifiers::SHIFT) => {
                (Press::Cells, self.point_extend(pos))
            }
            Spot::Cell(pos) => (Press::Cells, self.point_at(pos)),
            Spot::Row(row) => (Press::Rows, self.point_at_rect(rows(row, row))),
            Spot::Column(col) => (Press::Columns, self.point_at_rect(columns(col, col))),
            Spot::Corner => return true,
        };
        if pointed {
            self.mouse.press = Some(press);
            return true;
        }
        let sheet = self.sheet();
        let _ = self.run_named("entry.accept", &Call::default());
        self.sheet() != sheet
    }

    /// Stretches the reference pointed at.
    fn point_dragged(&mut self, press: Press, to: Pos) {
        let Mode::Entry(entry) = &self.mode else {
            return;
        };
        let Some(from) = entry.pointed().map(|pointed| pointed.anchor) else {
            return;
        };
        match press {
            Press::Cells => self.point_extend(to),
            Press::Rows => self.point_at_rect(rows(from.row, to.row)),
            Press::Columns => self.point_at_rect(columns(from.col, to.col)),
        };
    }

    fn cell_pressed(&mut self, pos: Pos, modifiers: KeyModifiers) {
        self.mouse.press = Some(Press::Cells);
        if modifiers.contains(KeyModifiers::SHIFT) {
            self.selection_mut().extend(pos);
            return;
        }
        if modifiers.contains(KeyModifiers::CONTROL) {
            self.selection_mut().add(Rect::cell(pos));
            return;
        }
        self.keep_view(Selection::cell(pos));
        let now = Instant::now();
        let again = self.mouse.last_click.take().is_some_and(|(before, there)| {
            there == pos && now.duration_since(before) < DOUBLE_CLICK
        });
        self.mouse.edits = again;
        if !again {
            self.mouse.last_click = Some((now, pos));
        }
    }

    fn released(&mut self) {
        self.mouse.press = None;
        if std::mem::take(&mut self.mouse.edits) && matches!(self.mode, Mode::Grid) {
            let _ = self.run_named("entry.edit", &Call::default());
        }
    }

    fn dragged(&mut self, at: Position) {
        let Some(press) = self.mouse.press else {
            return;
        };
        self.mouse.edits = false;
        let grid = self.layout().grid;
        // Past an edge the last line counts, and the view follows.
        let viewport = self.viewport();
        let near = |lines: &[Line], at: u16| {
            let within = lines.iter().find(|line| at < line.start + line.size);
            within.or(lines.last()).map(|line| line.index)
        };
        let (Some(row), Some(col)) = (near(&viewport.rows, at.y), near(&viewport.columns, at.x))
        else {
            return;
        };
        if matches!(self.mode, Mode::Entry(_)) {
            self.point_dragged(press, Pos::new(row, col));
            return;
        }
        let from = self.selection().active();
        match press {
            Press::Cells => {
                self.selection_mut().extend(Pos::new(row, col));
                if !grid.contains(at) || at.y + 1 >= grid.bottom() || at.x + 1 >= grid.right() {
                    self.reveal(Pos::new(row, col));
                }
            }
            Press::Rows => self.keep_view(Selection::rect(rows(from.row, row))),
            Press::Columns => self.keep_view(Selection::rect(columns(from.col, col))),
        }
    }

    fn spot(&self, grid: Screen, at: Position) -> Option<Spot> {
        if !grid.contains(at) {
            return None;
        }
        let viewport = self.viewport();
        let find = |lines: &[Line], at: u16| {
            let line = lines
                .iter()
                .find(|line| (line.start..line.start + line.size).contains(&at));
            line.map(|line| line.index)
        };
        let in_header = at.y == grid.y;
        let in_gutter = at.x < grid.x + viewport.gutter;
        match (in_header, in_gutter) {
            (true, true) => Some(Spot::Corner),
            (true, false) => find(&viewport.columns, at.x).map(Spot::Column),
            (false, true) => find(&viewport.rows, at.y).map(Spot::Row),
            (false, false) => viewport.cell_at(at.x, at.y).map(Spot::Cell),
        }
    }

    /// Selects without scrolling: what was clicked is in view.
    fn keep_view(&mut self, selection: Selection) {
        *self.selection_mut() = selection;
    }
}

fn rows(a: u32, b: u32) -> Rect {
    Rect::new(Pos::new(a, 0), Pos::new(b, MAX_COLS - 1))
}

fn columns(a: u32, b: u32) -> Rect {
    Rect::new(Pos::new(0, a), Pos::new(MAX_ROWS - 1, b))
}
