//! The cells.

use super::tint::{Layer, Tint, layers};
use crate::engine::appearance::{Appearance, Icon};
use crate::grid::{Cell, Pos, Rect, column_name};
use crate::tui::app::App;
use crate::tui::layout::{Line, Viewport};
use crate::tui::selection::Selection;
use crate::value::Value;
use crate::value::format::{Color as FormatColor, Format, NamedColor, general, printable};
use crate::workbook::{CellStyle, Colour, HorizontalAlign, Sheet};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect as Screen;
use ratatui::style::{Modifier, Style};
use std::collections::HashMap;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Draws the part of the sheet that is in view.
pub fn grid(app: &App, area: Screen, frame: &mut Frame) {
    let sheet = app.document.engine().workbook().sheet(app.sheet());
    let viewport = app.viewport();
    headers(app, &viewport, area, frame.buffer_mut());
    let mut painter = Painter {
        app,
        sheet,
        viewport: &viewport,
        merges: merges_in_view(sheet, &viewport),
        selection: app.selection(),
        formats: HashMap::new(),
        filtered: filtered_headers(app),
        layers: layers(app),
    };
    for row in &viewport.rows {
        painter.row(row, frame.buffer_mut());
    }
}

fn headers(app: &App, viewport: &Viewport, area: Screen, buffer: &mut Buffer) {
    let selection = app.selection();
    let theme = &app.theme;
    if area.height == 0 {
        return;
    }
    buffer.set_style(Screen { height: 1, ..area }, theme.header());
    for column in &viewport.columns {
        let name = column_name(column.index);
        let chosen = selection
            .areas()
            .iter()
            .any(|rect| (rect.left..=rect.right).contains(&column.index));
        let style = if chosen {
            theme.header_active()
        } else {
            theme.header()
        };
        let left = column.size.saturating_sub(name.len() as u16) / 2;
        let room = usize::from(column.size.saturating_sub(left));
        buffer.set_stringn(column.start + left, area.y, &name, room, style);
    }
    for row in &viewport.rows {
        let chosen = selection
            .areas()
            .iter()
            .any(|rect| (rect.top..=rect.bottom).contains(&row.index));
        let style = if chosen {
            theme.header_active()
        } else {
            theme.header()
        };
        let width = usize::from(viewport.gutter.saturating_sub(1));
        let text = format!("{:>width$}", row.index + 1);
        buffer.set_stringn(area.x, row.start, &text, width, style);
    }
}

/// Merged areas that meet the cells in view.
fn merges_in_view(sheet: &Sheet, viewport: &Viewport) -> Vec<Rect> {
    let (Some(first), Some(last)) = (viewport.rows.first(), viewport.rows.last()) else {
        return Vec::new();
    };
    let rows = first.index..=last.index;
    let in_view = |rect: &&Rect| rect.top <= *rows.end() && rect.bottom >= *rows.start();
    sheet.merges.iter().filter(in_view).copied().collect()
}

/// The headers of the columns that the sheet's filter, or one of a table, asks
/// something of.
fn filtered_headers(app: &App) -> Vec<Pos> {
    let (workbook, id) = (app.document.engine().workbook(), app.sheet());
    let at = |rect: Rect, column: u32| Pos::new(rect.top, rect.left + column);
    let of_sheet = workbook.sheet(id).filter.iter().flat_map(|filter| {
        let columns = filter.columns.keys();
        columns.map(|&column| at(filter.rect, column))
    });
    let tables = workbook.tables.iter().filter(|t| t.area.sheet == id);
    let of_tables = tables.flat_map(|table| {
        let columns = table.filtered_columns();
        columns.map(|(column, _)| at(table.area.rect, column))
    });
    of_sheet.chain(of_tables).collect()
}

struct Painter<'a> {
    app: &'a App,
    sheet: &'a Sheet,
    viewport: &'a Viewport,
    merges: Vec<Rect>,
    selection: Selection,
    /// By their codes.
    formats: HashMap<Arc<str>, Format>,
    /// The headers of columns that a filter asks something of.
    filtered: Vec<Pos>,
    /// What lies over the cells.
    layers: Vec<Layer<'a>>,
}

/// A cell's text, ready to be placed.
struct Text {
    text: String,
    align: HorizontalAlign,
    style: Style,
    /// Whether it may go on over empty neighbours.
    overflows: bool,
}

impl Painter<'_> {
    fn row(&mut self, row: &Line, buffer: &mut Buffer) {
        let columns = &self.viewport.columns;
        let looks: Vec<Appearance> = columns
            .iter()
            .map(|column| {
                let pos = self.anchor(Pos::new(row.index, column.index));
                let sheet = self.app.sheet();
                self.app.document.engine().appearance(Cell { sheet, pos })
            })
            .collect();
        // Fills first: text may go on over its neighbours.
        for (column, look) in columns.iter().zip(&looks) {
            let at = Pos::new(row.index, column.index);
            let cell = Screen::new(column.start, row.start, column.size, 1);
            buffer.set_style(cell, self.background(at, look));
            if let Some(bar) = look.bar {
                let length = (f64::from(column.size) * bar.length).round() as u16;
                let bar_style = self.app.theme.on_fill(bar.colour);
                buffer.set_style(
                    Screen {
                        width: length,
                        ..cell
                    },
                    bar_style,
                );
            }
        }
        for (index, look) in looks.iter().enumerate() {
            let at = Pos::new(row.index, columns[index].index);
            if let Some(icon) = &look.icon {
                let (symbol, style) = self.icon(icon);
                let (x, size) = (columns[index].start, usize::from(columns[index].size));
                buffer.set_stringn(x, row.start, symbol, size, style);
            }
            if self.anchor(at) != at {
                continue;
            }
            if let Some(mark) = self.tints(at).find_map(|tint| tint.mark) {
                let mut encoded = [0; 4];
                let mark = mark.encode_utf8(&mut encoded);
                buffer.set_stringn(columns[index].start, row.start, mark, 1, Style::new());
            }
            if let Some(text) = self.text(at, look, self.room(index, at)) {
                self.place(row, index, at, &text, buffer);
            }
            if self.filtered.contains(&at) {
                let column = &columns[index];
                let end = column.start + column.size - 1;
                buffer.set_stringn(end, row.start, "▼", 1, self.app.theme.header_active());
            }
        }
    }

    /// The merged cells that a cell is one of.
    fn merge(&self, at: Pos) -> Option<&Rect> {
        self.merges.iter().find(|rect| rect.contains(at))
    }

    /// The cell whose content is shown at `at`: the first of merged ones.
    fn anchor(&self, at: Pos) -> Pos {
        self.merge(at).map_or(at, Rect::top_left)
    }

    /// The characters that the cell at `at`, in the column of that index, has,
    /// with the columns that are merged into it; more than can be seen where
    /// the last one is cut.
    fn room(&self, index: usize, at: Pos) -> u16 {
        let columns = &self.viewport.columns;
        match self.merge(at) {
            Some(merge) => columns[index..]
                .iter()
                .take_while(|column| column.index <= merge.right)
                .map(|column| column.whole)
                .sum(),
            None => columns[index].whole,
        }
    }

    fn is_active(&self, at: Pos) -> bool {
        self.anchor(self.selection.active()) == self.anchor(at)
    }

    /// What lies behind a cell's text: fill, selection, cursor.
    fn background(&self, at: Pos, look: &Appearance) -> Style {
        let theme = &self.app.theme;
        let mut style = match look.style.fill {
            Some(fill) => theme.on_fill(fill),
            None => Style::new(),
        };
        for tint in self.tints(at) {
            style = style.patch(tint.style);
        }
        if self.is_active(at) {
            style = style.patch(theme.cursor());
        } else if self.selection.contains(at) {
            style = style.patch(theme.selected());
        }
        style
    }

    /// What the layers lay over a cell.
    fn tints(&self, at: Pos) -> impl Iterator<Item = Tint> {
        let sheet = self.app.sheet();
        let pos = self.anchor(at);
        let layers = self.layers.iter();
        layers.filter_map(move |layer| layer(Cell { sheet, pos }))
    }

    /// A conditional format's icon, as near as a character comes to it.
    fn icon(&self, icon: &Icon) -> (&'static str, Style) {
        const ARROWS: [&str; 3] = ["↓", "→", "↑"];
        const LEVELS: [&str; 5] = ["▁", "▂", "▄", "▆", "█"];
        const COLOURS: [Colour; 3] = [
            Colour(220, 60, 60),
            Colour(220, 170, 40),
            Colour(60, 170, 80),
        ];
        // Where it stands in its set, of so many steps.
        let step = |steps: usize| icon.index * (steps - 1) / (icon.of.max(2) - 1);
        let symbol = match &icon.set {
            set if set.contains("Arrows") || set.contains("Triangles") => ARROWS[step(3).min(2)],
            set if set.contains("Rating") || set.contains("Quarters") || set.contains("Boxes") => {
                LEVELS[step(5).min(4)]
            }
            _ => "●",
        };
        let colour = self.app.theme.colour(COLOURS[step(3).min(2)]);
        (symbol, Style::new().fg(colour))
    }

    /// What a cell shows; `None` for nothing.
    fn text(&mut self, at: Pos, look: &Appearance, room: u16) -> Option<Text> {
        let value = self.sheet.cells.get(at);
        if value.is_blank() || !look.show_value {
            return None;
        }
        let dates = self.app.document.engine().workbook().date_system;
        let code = &look.style.number_format;
        let format = self
            .formats
            .entry(code.clone())
            .or_insert_with(|| Format::parse(code).unwrap_or_default());
        // A space between neighbours.
        let width = usize::from(room.saturating_sub(1)).max(1);
        let shown = format.show(&value, dates);
        let colour = shown.as_ref().and_then(|shown| shown.color);
        let text = shown.map(|shown| printable(&shown.text).into_owned());
        let text = match (text, &value) {
            (Some(text), Value::Number(_)) if text.width() <= width => text,
            (Some(_), Value::Number(x)) if format.is_general() => {
                general(*x, width).unwrap_or_else(|| "#".repeat(width))
            }
            (_, Value::Number(_)) | (None, _) => "#".repeat(width),
            (Some(text), _) => text,
        };
        let align = match (look.style.align, &value) {
            (HorizontalAlign::General, Value::Number(_)) => HorizontalAlign::Right,
            (HorizontalAlign::General, Value::Bool(_) | Value::Error(_)) => HorizontalAlign::Centre,
            (align, _) => align,
        };
        let is_text = matches!(value, Value::Text(_));
        Some(Text {
            overflows: is_text && align != HorizontalAlign::Fill && self.merge(at).is_none(),
            text,
            align,
            style: self.font(&look.style, &value, colour),
        })
    }

    fn font(&self, style: &CellStyle, value: &Value, format: Option<FormatColor>) -> Style {
        let theme = &self.app.theme;
        let mut out = Style::new();
        if matches!(value, Value::Error(_)) {
            out = out.patch(theme.error());
        }
        let named = format.and_then(format_colour);
        if let Some(colour) = named.or(style.font.colour) {
            // Black on no fill would not be seen on a dark screen.
            if style.fill.is_some() || colour != Colour(0, 0, 0) {
                out = out.fg(theme.colour(colour));
            }
        }
        let modifiers = [
            (style.font.bold, Modifier::BOLD),
            (style.font.italic, Modifier::ITALIC),
            (style.font.underline, Modifier::UNDERLINED),
            (style.font.strike, Modifier::CROSSED_OUT),
        ];
        for (is_set, modifier) in modifiers {
            if is_set {
                out = out.add_modifier(modifier);
            }
        }
        out
    }

    fn place(&self, row: &Line, index: usize, at: Pos, text: &Text, buffer: &mut Buffer) {
        let columns = &self.viewport.columns;
        let column = &columns[index];
        let width = text.text.width() as u16;
        // Where the screen's edge cuts a column, what fits into the rest goes there.
        let fits = column.size < column.whole && width <= column.size;
        let own = match fits && self.merge(at).is_none() {
            true => column.size,
            false => self.room(index, at),
        };
        let mut room = own;
        if text.overflows && width >= own && text.align != HorizontalAlign::Right {
            for (next, after) in columns[index + 1..].iter().zip(&columns[index..]) {
                let beside = next.start == after.start + after.whole;
                let place = Pos::new(row.index, next.index);
                let empty = self.sheet.cells.get(place).is_blank() && self.merge(place).is_none();
                if room > width || !beside || !empty {
                    break;
                }
                room += next.whole;
            }
        }
        let gap = u16::from(room == own && (!fits || width < own));
        let room = room.saturating_sub(gap);
        let left = match text.align {
            HorizontalAlign::Right => room.saturating_sub(width),
            HorizontalAlign::Centre => room.saturating_sub(width) / 2,
            _ => 0,
        };
        let mut style = text.style;
        let laid_over = self.tints(at).any(|tint| tint.style.bg.is_some());
        if self.is_active(at) || laid_over {
            // Their colours win: the document's may not be seen on them.
            style.fg = None;
        }
        let seen = self
            .viewport
            .area
            .right()
            .saturating_sub(column.start + left);
        let room = room.saturating_sub(left);
        let x = column.start + left;
        buffer.set_stringn(x, row.start, &text.text, usize::from(room.min(seen)), style);
        if seen < width.min(room) && !text.overflows {
            // A part of a number would be taken for another number.
            let last = self.viewport.area.right() - 1;
            buffer.set_stringn(last.max(column.start), row.start, "…", 1, style);
        }
    }
}

/// The colour that a number format's section asks for.
fn format_colour(color: FormatColor) -> Option<Colour> {
    let FormatColor::Named(named) = color else {
        return None;
    };
    Some(match named {
        NamedColor::Black => Colour(0, 0, 0),
        NamedColor::Blue => Colour(0, 0, 255),
        NamedColor::Cyan => Colour(0, 255, 255),
        NamedColor::Green => Colour(0, 255, 0),
        NamedColor::Magenta => Colour(255, 0, 255),
        NamedColor::Red => Colour(255, 0, 0),
        NamedColor::White => Colour(255, 255, 255),
        NamedColor::Yellow => Colour(255, 255, 0),
    })
}
