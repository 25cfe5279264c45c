//! The mouse: selecting, scrolling, tabs, panels.

use super::app::App;
use super::command::layout::{fit_columns, set_width};
use super::command::{Call, Refusal};
use super::command::{panel, slider};
use super::draw::{Spot as PanelSpot, panel_spot, tab_spans};
use super::layout::{Line, MAX_WIDTH, NAME_BOX};
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
    /// The right border of a column, which begins at a character of the screen.
    Border {
        col: u32,
        start: u16,
    },
    /// The bar of a slider, and where it is on the screen.
    Bar {
        slider: usize,
        area: Screen,
    },
}

/// What the mouse is doing.
#[derive(Debug, Default)]
pub struct Mouse {
    press: Option<Press>,
    last_click: Option<(Instant, Pos)>,
    /// Where a column's border is dragged to, and the width that it makes.
    border: Option<(u16, u16)>,
    /// Whether letting go edits the cell: the second click on it.
    edits: bool,
}

/// What of the grid is under the mouse.
enum Spot {
    Cell(Pos),
    Row(u32),
    Column(u32),
    /// The last character of a column's header.
    Border {
        col: u32,
        start: u16,
    },
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
        if let (Some(kind), Some(area)) = (self.panels.open, self.layout().panel)
            && area.contains(at)
            && matches!(self.mode, Mode::Grid | Mode::Panel(_))
        {
            panel::step(self, kind, by as isize);
            return;
        }
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
            self.panel_pressed(at);
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
            Spot::Border { col, start } => self.border_pressed(col, start),
            Spot::Corner => self.keep_view(Selection::rect(Rect {
                bottom: MAX_ROWS - 1,
                ..rows(0, 0)
            })),
        }
    }

    /// Gives the keyboard to the panel, and does what the line pressed is for.
    fn panel_pressed(&mut self, at: Position) {
        // What is being typed, or asked, is ended by its own keys.
        let free = matches!(self.mode, Mode::Grid | Mode::Panel(_) | Mode::Pick(_));
        let Some(kind) = self.panels.open.filter(|_| free) else {
            return;
        };
        let spot = panel_spot(self, at);
        self.mode = Mode::Panel(kind);
        match spot {
            Some((_, PanelSpot::Line(line))) => panel::press(self, kind, line),
            Some((area, PanelSpot::Bar(slider))) => {
                self.mouse.press = Some(Press::Bar { slider, area });
                self.slider_dragged(slider, area, at);
            }
            None => {}
        }
    }

    fn slider_dragged(&mut self, slider: usize, area: Screen, at: Position) {
        let along = at.x.clamp(area.x, area.right().saturating_sub(1)) - area.x;
        let share = f64::from(along) / f64::from(area.width.saturating_sub(1).max(1));
        slider::slide_to_share(self, slider, share);
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
            Spot::Column(col) | Spot::Border { col, .. } => {
                (Press::Columns, self.point_at_rect(columns(col, col)))
            }
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
            Press::Border { .. } | Press::Bar { .. } => false,
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
        self.mouse.edits = self.clicked_again(pos);
    }

    /// Begins to move a column's border; a second press makes the column as wide
    /// as what it shows.
    fn border_pressed(&mut self, col: u32, start: u16) {
        self.mouse.press = Some(Press::Border { col, start });
        self.mouse.border = None;
        if self.clicked_again(Pos::new(0, col)) {
            self.mouse.press = None;
            let (first, last) = self.with_selected(col);
            if let Err(Refusal(why)) = fit_columns(self, first, last) {
                self.warn(why);
            }
        }
    }

    /// The columns that change with one: all that are selected as a whole with it.
    fn with_selected(&self, col: u32) -> (u32, u32) {
        let last = self.selection().last();
        let whole = last.top == 0 && last.bottom == MAX_ROWS - 1;
        match whole && (last.left..=last.right).contains(&col) {
            true => (last.left, last.right),
            false => (col, col),
        }
    }

    /// Whether a place is pressed the second time within a moment.
    fn clicked_again(&mut self, pos: Pos) -> bool {
        let now = Instant::now();
        let again = self.mouse.last_click.take().is_some_and(|(before, there)| {
            there == pos && now.duration_since(before) < DOUBLE_CLICK
        });
        if !again {
            self.mouse.last_click = Some((now, pos));
        }
        again
    }

    /// The character of the screen that a column's border is dragged to.
    pub(super) fn dragged_border(&self) -> Option<u16> {
        self.mouse.border.map(|(x, _)| x)
    }

    fn released(&mut self) {
        let press = self.mouse.press.take();
        if let Some(Press::Border { col, .. }) = press
            && let Some((_, width)) = self.mouse.border.take()
        {
            let (first, last) = self.with_selected(col);
            if let Err(Refusal(why)) = set_width(self, first, last, f64::from(width)) {
                self.warn(why);
            }
        }
        if std::mem::take(&mut self.mouse.edits) && matches!(self.mode, Mode::Grid) {
            let _ = self.run_named("entry.edit", &Call::default());
        }
    }

    fn dragged(&mut self, at: Position) {
        let Some(press) = self.mouse.press else {
            return;
        };
        self.mouse.edits = false;
        if let Press::Bar { slider, area } = press {
            self.slider_dragged(slider, area, at);
            return;
        }
        if let Press::Border { start, .. } = press {
            // One character of a column is the space to its neighbour.
            let width = at.x.saturating_sub(start).clamp(1, MAX_WIDTH);
            self.mouse.border = Some((start + width, width));
            self.say(format!("Width: {width}"));
            return;
        }
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
            Press::Border { .. } | Press::Bar { .. } => {}
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
            (true, false) => {
                let border = |line: &&Line| at.x + 1 == line.start + line.size;
                match viewport.columns.iter().find(border) {
                    Some(line) => Some(Spot::Border {
                        col: line.index,
                        start: line.start,
                    }),
                    None => find(&viewport.columns, at.x).map(Spot::Column),
                }
            }
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
