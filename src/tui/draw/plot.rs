//! Plots of points with axes and ticks, in braille.

use crate::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect as Screen;
use ratatui::style::{Color, Style};

/// An axis: the values it shows, and whether by their logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// One that shows all finite values, the positive ones where it is
    /// logarithmic; `None` where there are none.
    pub fn of(values: impl IntoIterator<Item = f64>, log: bool) -> Option<Self> {
        let shown = values.into_iter().filter(|&v| is_shown(v, log));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        if low > high {
            return None;
        }
        // One value alone stands in the middle.
        let (low, high) = match (low == high, log) {
            (false, _) => (low, high),
            (true, true) => (low / 2.0, high * 2.0),
            (true, false) => {
                let room = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
                (low - room, high + room)
            }
        };
        Some(Self { low, high, log })
    }

    /// How far along the axis a value lies, from 0 to 1; `None` outside.
    pub fn place(&self, value: f64) -> Option<f64> {
        if !is_shown(value, self.log) {
            return None;
        }
        let by = |v: f64| if self.log { v.ln() } else { v };
        let share = (by(value) - by(self.low)) / (by(self.high) - by(self.low));
        (-1e-9..=1.0 + 1e-9)
            .contains(&share)
            .then(|| share.clamp(0.0, 1.0))
    }

    /// Round values along the axis, about `count` of them at most.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        let count = count.max(2) as f64;
        if self.log {
            let (first, last) = (self.low.log10(), self.high.log10());
            let step = ((last - first) / count).ceil().max(1.0);
            let begin = (first / step).ceil() as i32;
            let end = (last / step).floor() as i32;
            let decades: Vec<f64> = (begin..=end)
                .map(|i| 10f64.powf(f64::from(i) * step))
                .collect();
            // Within one decade even steps tell more.
            if decades.len() >= 2 {
                return decades;
            }
        }
        let step = nice((self.high - self.low) / count);
        let first = (self.low / step).ceil();
        let steps = ((self.high / step).floor() - first).clamp(0.0, 100.0) as u32;
        (0..=steps)
            .map(|i| (first + f64::from(i)) * step)
            .filter(|&tick| self.place(tick).is_some())
            .collect()
    }
}

fn is_shown(value: f64, log: bool) -> bool {
    value.is_finite() && (!log || value > 0.0)
}

/// The smallest of 1, 2, 5, 10, … times a power of ten that is not below `x`.
fn nice(x: f64) -> f64 {
    let power = 10f64.powf(x.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|f| f * power >= x * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// A number beside an axis or in a panel, in at most six significant digits.
pub fn brief(x: f64) -> String {
    if !x.is_finite() {
        return "#NUM!".to_owned();
    }
    if x != 0.0 && !(1e-4..1e6).contains(&x.abs()) {
        let text = format!("{x:.2e}");
        // 1.00e-6 is 1e-6.
        return match text.split_once('e') {
            Some((digits, power)) => {
                let digits = digits.trim_end_matches('0').trim_end_matches('.');
                format!("{digits}e{power}")
            }
            None => text,
        };
    }
    let digits = match x == 0.0 {
        true => 0,
        false => (5 - x.abs().log10().floor() as i32).clamp(0, 9) as usize,
    };
    let text = format!("{x:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// How points are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Joined, in their order.
    Line,
    Dots,
    /// From the axis (from 0 where that is in view) up or down, so many
    /// dots wide at most.
    Bars,
    /// A line across at a place of the first axis.
    Upright,
}

/// Points that are shown alike.
pub struct Layer {
    pub points: Vec<(f64, f64)>,
    pub mark: Mark,
    pub colour: Color,
}

/// Draws layers, the later ones above, with both axes.
pub fn plot(
    area: Screen,
    (x, y): (&Scale, &Scale),
    layers: &[Layer],
    theme: &Theme,
    buffer: &mut Buffer,
) {
    if area.height < 3 || area.width < 12 {
        return;
    }
    let rows = usize::from(area.height / 3).clamp(2, 6);
    let labels: Vec<(f64, String)> = y
        .ticks(rows)
        .into_iter()
        .map(|tick| (tick, brief(tick)))
        .collect();
    let gutter = labels.iter().map(|(_, text)| text.len()).max().unwrap_or(0) as u16 + 1;
    if gutter + 6 > area.width {
        return;
    }
    let inside = Screen {
        x: area.x + gutter,
        y: area.y,
        width: area.width - gutter,
        height: area.height - 2,
    };
    let dim = theme.dim();
    for line in inside.y..inside.bottom() {
        buffer.set_string(inside.x - 1, line, "│", dim);
    }
    for (tick, text) in &labels {
        if let Some(share) = y.place(*tick) {
            let line = inside.bottom() - 1 - (share * f64::from(inside.height - 1)).round() as u16;
            let start = inside.x - 1 - text.len() as u16;
            buffer.set_string(start, line, text, dim);
            buffer.set_string(inside.x - 1, line, "┤", dim);
        }
    }
    buffer.set_string(inside.x - 1, inside.bottom(), "└", dim);
    for column in inside.x..inside.right() {
        buffer.set_string(column, inside.bottom(), "─", dim);
    }
    let mut free = area.x;
    for tick in x.ticks(usize::from(inside.width / 10)) {
        let Some(share) = x.place(tick) else { continue };
        let column = inside.x + (share * f64::from(inside.width - 1)).round() as u16;
        buffer.set_string(column, inside.bottom(), "┬", dim);
        let text = brief(tick);
        let length = text.len() as u16;
        let start = column
            .saturating_sub(length / 2)
            .max(area.x)
            .min(area.right().saturating_sub(length));
        if start >= free {
            buffer.set_string(start, inside.bottom() + 1, &text, dim);
            free = start + length + 1;
        }
    }
    for layer in layers {
        let mut dots = Dots::new(inside);
        dots.layer(layer, x, y);
        dots.draw(inside, layer.colour, buffer);
    }
}

/// A grid of 2 x 4 dots a character.
struct Dots {
    width: usize,
    height: usize,
    cells: Vec<u8>,
}

impl Dots {
    fn new(area: Screen) -> Self {
        let (columns, rows) = (usize::from(area.width), usize::from(area.height));
        Self {
            width: 2 * columns,
            height: 4 * rows,
            cells: vec![0; columns * rows],
        }
    }

    /// Sets the dot `up` above the bottom.
    fn set(&mut self, across: usize, up: usize) {
        if across >= self.width || up >= self.height {
            return;
        }
        let down = self.height - 1 - up;
        // The order of braille's dots: three rows of two, then a fourth.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let cell = down / 4 * (self.width / 2) + across / 2;
        self.cells[cell] |= BITS[down % 4][across % 2];
    }

    fn line(&mut self, from: (usize, usize), to: (usize, usize)) {
        let (dx, dy) = (to.0 as f64 - from.0 as f64, to.1 as f64 - from.1 as f64);
        let steps = dx.abs().max(dy.abs()).max(1.0);
        for i in 0..=steps as usize {
            let share = i as f64 / steps;
            let at = |from: usize, by: f64| (from as f64 + share * by).round() as usize;
            self.set(at(from.0, dx), at(from.1, dy));
        }
    }

    fn layer(&mut self, layer: &Layer, x: &Scale, y: &Scale) {
        let across = |v: f64| {
            x.place(v)
                .map(|s| (s * (self.width - 1) as f64).round() as usize)
        };
        let up = |v: f64| {
            y.place(v)
                .map(|s| (s * (self.height - 1) as f64).round() as usize)
        };
        let places: Vec<(usize, Option<usize>)> = layer
            .points
            .iter()
            .filter_map(|&(px, py)| Some((across(px)?, up(py))))
            .collect();
        let base = up(0.0).unwrap_or(0);
        match layer.mark {
            Mark::Line => {
                let mut before = None;
                for (across, up) in places {
                    let here = up.map(|up| (across, up));
                    if let (Some(from), Some(to)) = (before, here) {
                        self.line(from, to);
                    } else if let Some((across, up)) = here {
                        self.set(across, up);
                    }
                    before = here;
                }
            }
            Mark::Dots => {
                for (across, up) in places {
                    if let Some(up) = up {
                        self.set(across, up);
                    }
                }
            }
            Mark::Bars => {
                let count = layer.points.len().max(1);
                let half = (self.width / count / 2).saturating_sub(1);
                for (across, up) in places {
                    let Some(up) = up else { continue };
                    for column in across.saturating_sub(half)..=across + half {
                        self.line((column, base), (column, up));
                    }
                }
            }
            Mark::Upright => {
                for (across, _) in places {
                    self.line((across, 0), (across, self.height - 1));
                }
            }
        }
    }

    fn draw(&self, area: Screen, colour: Color, buffer: &mut Buffer) {
        let columns = self.width / 2;
        for (index, &bits) in self.cells.iter().enumerate() {
            if bits == 0 {
                continue;
            }
            let at = (
                area.x + (index % columns) as u16,
                area.y + (index / columns) as u16,
            );
            let cell = &mut buffer[at];
            // What an earlier layer drew there shows through.
            let below = cell.symbol().chars().next().map_or(0, |c| c as u32);
            let below = match below {
                0x2800..=0x28FF => (below - 0x2800) as u8,
                _ => 0,
            };
            let symbol = char::from_u32(0x2800 + u32::from(bits | below)).unwrap_or(' ');
            cell.set_char(symbol);
            cell.set_style(Style::new().fg(colour));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{Background, ColourDepth};

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let scale = Scale::of([0.13, 0.87], false).unwrap();
        assert_eq!(
            scale.ticks(4).iter().map(|t| brief(*t)).collect::<Vec<_>>(),
            ["0.2", "0.4", "0.6", "0.8"]
        );
        let scale = Scale::of([1e-6, 30.0, -1.0], true).unwrap();
        let ticks: Vec<String> = scale.ticks(4).iter().map(|t| brief(*t)).collect();
        assert_eq!(ticks, ["1e-6", "0.0001", "0.01", "1"]);
        assert!(Scale::of([f64::NAN], false).is_none());
        assert_eq!(Scale::of([5.0], false).unwrap().place(5.0), Some(0.5));
        assert!(Scale::of([-7.0, 1e300], false).unwrap().ticks(5).len() <= 7);
    }

    #[test]
    fn numbers_are_brief() {
        for (x, text) in [
            (0.0, "0"),
            (0.5, "0.5"),
            (1234.5678, "1234.57"),
            (0.131514790, "0.131515"),
            (1e-6, "1e-6"),
            (-2.5e9, "-2.5e9"),
            (f64::NAN, "#NUM!"),
        ] {
            assert_eq!(brief(x), text);
        }
    }

    #[test]
    fn a_falling_line_goes_from_the_upper_left_to_the_lower_right() {
        let area = Screen::new(0, 0, 30, 10);
        let mut buffer = Buffer::empty(area);
        let scale = Scale::of([0.0, 1.0], false).unwrap();
        let layer = Layer {
            points: vec![(0.0, 1.0), (1.0, 0.0)],
            mark: Mark::Line,
            colour: Color::Reset,
        };
        let theme = Theme::new(ColourDepth::Monochrome, Background::Dark);
        plot(area, (&scale, &scale), &[layer], &theme, &mut buffer);
        let braille = |x: u16, y: u16| {
            let c = buffer[(x, y)].symbol().chars().next().unwrap();
            ('\u{2801}'..='\u{28FF}').contains(&c)
        };
        assert!(braille(4, 0) && braille(29, 7), "{buffer:?}");
        assert!(!braille(29, 0) && !braille(4, 7), "{buffer:?}");
    }
}
