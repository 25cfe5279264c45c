//! Where things are on the screen.

use super::selection::SheetView;
use crate::grid::{MAX_COLS, MAX_ROWS, Pos};
use crate::workbook::{Panes, Sheet};
use ratatui::layout::Rect as Screen;

/// A column's width in characters where the file says nothing; Excel's default
/// of 8.43 and a column of space.
const DEFAULT_WIDTH: u16 = 9;
/// The most characters that a column takes.
pub const MAX_WIDTH: u16 = 80;

/// The lines and columns that frozen ones leave at least for the cursor.
const LEAST_ROWS: u16 = 1;
const LEAST_COLUMNS: u16 = 6;

/// The columns of the formula bar before its text: the active cell's address.
pub const NAME_BOX: u16 = 14;

/// The areas of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub formula_bar: Screen,
    pub grid: Screen,
    pub panel: Option<Screen>,
    pub tabs: Screen,
    pub status: Screen,
}

impl Layout {
    /// Divides a screen: `bar` lines for the formula, `panel` columns beside the
    /// grid (the whole width where the grid would become too small to use).
    pub fn new(screen: Screen, bar: u16, panel: Option<u16>) -> Self {
        let bar = bar.min(screen.height.saturating_sub(3)).max(1);
        let line = |y: u16, height: u16| Screen {
            x: screen.x,
            y: screen.y + y.min(screen.height),
            width: screen.width,
            height: height.min(screen.height.saturating_sub(y)),
        };
        let status = line(screen.height.saturating_sub(1), 1);
        let tabs = line(
            screen.height.saturating_sub(2),
            u16::from(screen.height > 4),
        );
        let middle_height = screen
            .height
            .saturating_sub(bar + tabs.height + status.height);
        let mut grid = line(bar, middle_height);
        let panel = panel.map(|width| {
            let width = match grid.width.saturating_sub(width) < 24 {
                true => grid.width,
                false => width,
            };
            grid.width -= width;
            Screen {
                x: grid.x + grid.width,
                width,
                ..grid
            }
        });
        Self {
            formula_bar: line(0, bar),
            grid,
            panel,
            tabs,
            status,
        }
    }
}

/// A row or column on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the sheet.
    pub index: u32,
    /// Its first character, counted from the screen's edge.
    pub start: u16,
    /// The characters it takes.
    pub size: u16,
    /// Those that it would take where it is not cut at the screen's edge.
    pub whole: u16,
}

/// The part of a sheet that is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewport {
    pub rows: Vec<Line>,
    pub columns: Vec<Line>,
    /// The rows and columns that stay in view: those frozen in the sheet, or so
    /// many of the first of them as leave room for the cursor.
    pub frozen: Panes,
    /// The width of the row numbers.
    pub gutter: u16,
    pub area: Screen,
}

impl Viewport {
    /// What a grid's area shows of a sheet: frozen rows and columns first, then
    /// those from the view's top left cell on. The last ones may be cut.
    pub fn new(sheet: &Sheet, view: &SheetView, area: Screen) -> Self {
        let panes = sheet.panes.unwrap_or(Panes {
            frozen_rows: 0,
            frozen_cols: 0,
        });
        let last_row = view.top_left.row.saturating_add(u32::from(area.height));
        let digits = (last_row + 1).to_string().len().max(3) as u16;
        let gutter = (digits + 1).min(area.width);
        let height = |row: u32| row_height(sheet, row);
        let width = |col: u32| column_width(sheet, col);
        let room_down = area.height.saturating_sub(1);
        let room_across = area.width - gutter;
        let frozen = Panes {
            frozen_rows: kept(panes.frozen_rows, room_down, LEAST_ROWS, height),
            frozen_cols: kept(panes.frozen_cols, room_across, LEAST_COLUMNS, width),
        };
        Self {
            rows: lines(
                frozen.frozen_rows,
                view.top_left.row,
                MAX_ROWS,
                area.y + 1..area.bottom().max(area.y + 1),
                height,
                |row| sheet.rows.next_shown(row),
            ),
            columns: lines(
                frozen.frozen_cols,
                view.top_left.col,
                MAX_COLS,
                area.x + gutter..area.right(),
                width,
                |col| col,
            ),
            frozen,
            gutter,
            area,
        }
    }

    /// The cell at a place on the screen; `None` outside the cells.
    pub fn cell_at(&self, x: u16, y: u16) -> Option<Pos> {
        let find = |lines: &[Line], at: u16| {
            let line = lines
                .iter()
                .find(|l| l.start <= at && at < l.start + l.size);
            line.map(|line| line.index)
        };
        Some(Pos::new(find(&self.rows, y)?, find(&self.columns, x)?))
    }
}

/// The characters that a column takes, 0 where it is hidden.
pub fn column_width(sheet: &Sheet, col: u32) -> u16 {
    let Some(props) = sheet.columns.get(&col) else {
        return DEFAULT_WIDTH;
    };
    match props.width {
        _ if props.hidden => 0,
        Some(width) => (width.round() as u16).saturating_add(1).clamp(2, MAX_WIDTH),
        None => DEFAULT_WIDTH,
    }
}

/// The lines that a row takes, 0 where it is hidden.
pub fn row_height(sheet: &Sheet, row: u32) -> u16 {
    u16::from(!sheet.rows.get(row).hidden)
}

/// How many of the first `frozen` lines stay in view, so that `least` of the
/// `room` characters are left for others.
fn kept(frozen: u32, room: u16, least: u16, size_of: impl Fn(u32) -> u16) -> u32 {
    let mut used = least;
    let fits = |&line: &u32| {
        used = used.saturating_add(size_of(line));
        used <= room
    };
    (0..frozen).take_while(fits).count() as u32
}

/// The lines in a room: frozen ones, then those from `first` on. `shown` leads
/// from a line to the first from there on that may be seen.
fn lines(
    frozen: u32,
    first: u32,
    size: u32,
    room: std::ops::Range<u16>,
    size_of: impl Fn(u32) -> u16,
    shown: impl Fn(u32) -> u32,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut at = room.start;
    for part in [0..frozen, first.max(frozen)..size] {
        let mut index = shown(part.start);
        while index < part.end && at < room.end {
            let whole = size_of(index);
            let size = whole.min(room.end - at);
            if size > 0 {
                lines.push(Line {
                    index,
                    start: at,
                    size,
                    whole,
                });
            }
            at += size;
            index = shown(index + 1);
        }
    }
    lines
}

/// The first line to show so that `wanted` is whole on the screen, when `first`
/// is now; `room` characters are there for lines that are not frozen. `shown`
/// leads from a line to the last up to there that may be seen.
pub fn scrolled(
    first: u32,
    wanted: u32,
    room: u16,
    size_of: impl Fn(u32) -> u16,
    shown: impl Fn(u32) -> Option<u32>,
) -> u32 {
    if wanted <= first {
        return wanted;
    }
    // From the wanted line back until the room is full.
    let mut used = 0u16;
    let mut top = wanted;
    loop {
        used = used.saturating_add(size_of(top));
        if used > room {
            return (top + 1).min(wanted).max(first);
        }
        match top.checked_sub(1).and_then(&shown) {
            Some(before) if before >= first => top = before,
            _ => return first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::ColumnProps;

    #[test]
    fn frozen_lines_stay_and_hidden_ones_take_no_room() {
        let mut sheet = Sheet::new("s");
        sheet.panes = Some(Panes {
            frozen_rows: 1,
            frozen_cols: 0,
        });
        let hidden = ColumnProps {
            hidden: true,
            ..ColumnProps::default()
        };
        sheet.columns.insert(1, hidden);
        let view = SheetView {
            top_left: Pos::new(10, 0),
            ..SheetView::default()
        };
        let viewport = Viewport::new(&sheet, &view, Screen::new(0, 0, 30, 5));
        let rows: Vec<u32> = viewport.rows.iter().map(|line| line.index).collect();
        assert_eq!(rows, [0, 10, 11, 12]);
        let columns: Vec<u32> = viewport.columns.iter().map(|line| line.index).collect();
        assert_eq!(columns, [0, 2, 3]);
        assert_eq!(viewport.cell_at(4, 1), Some(Pos::new(0, 0)));
        assert_eq!(viewport.cell_at(14, 2), Some(Pos::new(10, 2)));
        assert_eq!(viewport.cell_at(0, 2), None);
    }

    #[test]
    fn frozen_lines_leave_room_for_the_cursor() {
        let mut sheet = Sheet::new("s");
        sheet.panes = Some(Panes {
            frozen_rows: 5,
            frozen_cols: 3,
        });
        let view = SheetView {
            top_left: Pos::new(20, 20),
            ..SheetView::default()
        };
        let shown = |width, height| {
            let viewport = Viewport::new(&sheet, &view, Screen::new(0, 0, width, height));
            let indices = |lines: &[Line]| lines.iter().map(|l| l.index).collect::<Vec<_>>();
            (indices(&viewport.rows), indices(&viewport.columns))
        };
        assert_eq!(shown(20, 4), (vec![0, 1, 20], vec![0, 20]));
        assert_eq!(shown(12, 2), (vec![20], vec![20]));
        assert_eq!(
            shown(40, 8),
            (vec![0, 1, 2, 3, 4, 20, 21], vec![0, 1, 2, 20])
        );
    }

    #[test]
    fn scrolling_shows_the_wanted_line_and_moves_no_more_than_needed() {
        let two = |_| 2;
        assert_eq!(scrolled(5, 3, 10, two, Some), 3);
        assert_eq!(scrolled(5, 7, 10, two, Some), 5);
        assert_eq!(scrolled(5, 10, 10, two, Some), 6);
        assert_eq!(scrolled(0, 1000, 10, |_| 40, Some), 1000);
        // Hidden lines are passed over: 9 is 4's neighbour.
        let hidden = |line: u32| (5..9).contains(&line);
        let size = |line| if hidden(line) { 0 } else { 2 };
        let before = |line| (0..=line).rev().find(|line| !hidden(*line));
        assert_eq!(scrolled(0, 9, 6, size, before), 3);
        assert_eq!(scrolled(4, 9, 6, size, before), 4);
    }

    #[test]
    fn a_small_screen_is_divided_without_going_under() {
        for height in 0..12 {
            for width in [0, 5, 20, 80] {
                let screen = Screen::new(0, 0, width, height);
                let layout = Layout::new(screen, 1, Some(30));
                let parts = [layout.formula_bar, layout.grid, layout.tabs, layout.status];
                for part in parts.into_iter().chain(layout.panel) {
                    assert_eq!(part.intersection(screen), part, "{width}x{height}");
                }
            }
        }
    }
}
