//! The mouse: selecting, scrolling, tabs, panels.

use super::app::App;
use super::command::Call;
use super::draw::tab_spans;
use super::layout::Line;
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
            MouseEventKind::Up(_) => self.mouse.press = None,
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
        let Some(spot) = self.spot(layout.grid, at) else {
            return;
        };
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
        if again {
            let _ = self.run_named("entry.edit", &Call::default());
        } else {
            self.mouse.last_click = Some((now, pos));
        }
    }

    fn dragged(&mut self, at: Position) {
        let Some(press) = self.mouse.press else {
            return;
        };
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
