//! Colours, as far as the terminal has them.

use super::draw::Tint;
use crate::workbook::Colour;
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// The colours of series on dark and on light screens.
const DARK: [Colour; 6] = [
    Colour(110, 168, 254),
    Colour(255, 146, 84),
    Colour(122, 205, 130),
    Colour(222, 134, 222),
    Colour(232, 200, 92),
    Colour(98, 208, 208),
];
const LIGHT: [Colour; 6] = [
    Colour(30, 96, 200),
    Colour(196, 80, 10),
    Colour(30, 130, 50),
    Colour(150, 40, 150),
    Colour(140, 110, 0),
    Colour(0, 124, 130),
];

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourDepth {
    /// None, or none wanted (`NO_COLOR`): bold, reverse and underline remain.
    Monochrome,
    Sixteen,
    #[default]
    Palette256,
    True,
}

/// Whether the terminal is dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Background {
    #[default]
    Dark,
    Light,
}

/// The styles of the interface.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    depth: ColourDepth,
    background: Background,
}

impl Theme {
    pub fn new(depth: ColourDepth, background: Background) -> Self {
        Self { depth, background }
    }

    pub fn depth(&self) -> ColourDepth {
        self.depth
    }

    fn pick(&self, dark: Colour, light: Colour, sixteen: Color) -> Color {
        match (self.depth, self.background) {
            (ColourDepth::Monochrome, _) => Color::Reset,
            (ColourDepth::Sixteen, _) => sixteen,
            (_, Background::Dark) => self.colour(dark),
            (_, Background::Light) => self.colour(light),
        }
    }

    fn pair(&self, foreground: Color, background: Color) -> Style {
        match self.depth {
            ColourDepth::Monochrome => Style::new().add_modifier(Modifier::REVERSED),
            _ => Style::new().fg(foreground).bg(background),
        }
    }

    /// A document's colour as the terminal can show it.
    pub fn colour(&self, Colour(r, g, b): Colour) -> Color {
        match self.depth {
            ColourDepth::Monochrome => Color::Reset,
            ColourDepth::True => Color::Rgb(r, g, b),
            ColourDepth::Palette256 => Color::Indexed(nearest_of_256(r, g, b)),
            ColourDepth::Sixteen => nearest_of_16(r, g, b),
        }
    }

    /// A document's fill with a font colour that can be read on it where the
    /// document names none.
    pub fn on_fill(&self, fill: Colour) -> Style {
        let Colour(r, g, b) = fill;
        // Relative luminance, ITU-R BT.709.
        let luminance = 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
        let ink = if luminance > 128.0 {
            Colour(0, 0, 0)
        } else {
            Colour(255, 255, 255)
        };
        match self.depth {
            ColourDepth::Monochrome => Style::new(),
            _ => Style::new().bg(self.colour(fill)).fg(self.colour(ink)),
        }
    }

    /// Row numbers and column letters.
    pub fn header(&self) -> Style {
        let fg = self.pick(Colour(150, 156, 168), Colour(90, 96, 108), Color::Gray);
        Style::new().fg(fg)
    }

    /// Those of the active cell.
    pub fn header_active(&self) -> Style {
        let fg = self.pick(Colour(255, 255, 255), Colour(0, 0, 0), Color::White);
        Style::new().fg(fg).add_modifier(Modifier::BOLD)
    }

    pub fn selected(&self) -> Style {
        let bg = self.pick(Colour(44, 62, 92), Colour(206, 222, 246), Color::Blue);
        match self.depth {
            ColourDepth::Monochrome => Style::new().add_modifier(Modifier::UNDERLINED),
            ColourDepth::Sixteen => Style::new().bg(bg).fg(Color::White),
            _ => Style::new().bg(bg),
        }
    }

    /// The active cell.
    pub fn cursor(&self) -> Style {
        let bg = self.pick(Colour(86, 132, 214), Colour(58, 110, 200), Color::Cyan);
        let fg = self.pick(Colour(255, 255, 255), Colour(255, 255, 255), Color::Black);
        self.pair(fg, bg)
    }

    pub fn bar(&self) -> Style {
        let bg = self.pick(Colour(36, 40, 48), Colour(232, 234, 238), Color::DarkGray);
        let fg = self.pick(Colour(222, 226, 232), Colour(30, 34, 40), Color::White);
        self.pair(fg, bg)
    }

    /// The tab in front, the chosen line of a list, the mode's name.
    pub fn accent(&self) -> Style {
        let bg = self.pick(Colour(58, 110, 165), Colour(58, 110, 200), Color::Blue);
        let fg = self.pick(Colour(255, 255, 255), Colour(255, 255, 255), Color::White);
        self.pair(fg, bg).add_modifier(Modifier::BOLD)
    }

    pub fn dim(&self) -> Style {
        let fg = self.pick(Colour(122, 128, 140), Colour(120, 124, 132), Color::Gray);
        match self.depth {
            ColourDepth::Monochrome => Style::new().add_modifier(Modifier::DIM),
            _ => Style::new().fg(fg),
        }
    }

    pub fn error(&self) -> Style {
        let fg = self.pick(Colour(240, 110, 110), Colour(190, 20, 30), Color::Red);
        Style::new().fg(fg).add_modifier(Modifier::BOLD)
    }

    /// A signed number of which `largest` is the largest of its kind: orange
    /// upwards, purple downwards, the deeper the larger, by the cube root, so
    /// that a thousandth is a tenth as deep. Without colours a sign marks the cell.
    pub fn signed(&self, x: f64, largest: f64) -> Option<Tint> {
        if x == 0.0 || !x.is_finite() || largest <= 0.0 {
            return None;
        }
        let up = x > 0.0;
        let depth = (x.abs() / largest).min(1.0).cbrt().max(0.12);
        let (hue, base) = match (self.background, up) {
            (Background::Dark, true) => ([214, 112, 0], [34, 30, 26]),
            (Background::Dark, false) => ([136, 84, 216], [30, 28, 36]),
            (Background::Light, true) => ([244, 152, 40], [255, 250, 244]),
            (Background::Light, false) => ([172, 136, 240], [250, 248, 255]),
        };
        let mix = |i: usize| {
            let (from, to) = (f64::from(base[i]), f64::from(hue[i]));
            (from + (to - from) * depth).round() as u8
        };
        let style = match self.depth {
            ColourDepth::Monochrome => {
                return Some(Tint {
                    style: Style::new(),
                    mark: Some(if up { '+' } else { '-' }),
                });
            }
            ColourDepth::Sixteen => match (up, depth > 0.3) {
                (true, true) => Style::new().bg(Color::Yellow).fg(Color::Black),
                (true, false) => Style::new().fg(Color::LightYellow),
                (false, true) => Style::new().bg(Color::Magenta).fg(Color::White),
                (false, false) => Style::new().fg(Color::LightMagenta),
            },
            _ => self.on_fill(Colour(mix(0), mix(1), mix(2))),
        };
        Some(style.into())
    }

    /// Numbers and truth values in a formula.
    pub fn constant(&self) -> Style {
        let fg = self.pick(Colour(168, 200, 190), Colour(20, 90, 90), Color::Reset);
        Style::new().fg(fg)
    }

    /// Text in quotes in a formula.
    pub fn text(&self) -> Style {
        let fg = self.pick(Colour(206, 168, 130), Colour(120, 70, 20), Color::Reset);
        Style::new().fg(fg).add_modifier(Modifier::ITALIC)
    }

    /// A function's name in a formula.
    pub fn function(&self) -> Style {
        let fg = self.pick(Colour(236, 238, 244), Colour(20, 24, 30), Color::Reset);
        Style::new().fg(fg).add_modifier(Modifier::BOLD)
    }

    /// The parenthesis at the cursor and its partner.
    pub fn matching(&self) -> Style {
        let fg = self.pick(Colour(255, 214, 102), Colour(150, 90, 0), Color::Yellow);
        Style::new()
            .fg(fg)
            .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// Cells that a formula refers to, by the number of the reference.
    pub fn referred(&self, index: usize) -> Style {
        match (self.depth, self.series(index)) {
            (ColourDepth::Monochrome, _) => Style::new().add_modifier(Modifier::UNDERLINED),
            (ColourDepth::Sixteen, colour) => Style::new().bg(colour).fg(Color::Black),
            (_, colour) => Style::new().bg(self.tint(index)).fg(colour),
        }
    }

    /// The colour of [`Theme::series`], nearly as dark or light as the background.
    fn tint(&self, index: usize) -> Color {
        // The nearest of 256 would be greys.
        const DARK_256: [u8; 6] = [17, 52, 22, 53, 58, 23];
        const LIGHT_256: [u8; 6] = [189, 223, 194, 225, 230, 195];
        let index = index % DARK.len();
        let (Colour(r, g, b), base, indexed) = match self.background {
            Background::Dark => (DARK[index], 22.0, DARK_256[index]),
            Background::Light => (LIGHT[index], 255.0, LIGHT_256[index]),
        };
        let mixed = |part: u8| (0.28 * f64::from(part) + 0.72 * base).round() as u8;
        match self.depth {
            ColourDepth::Palette256 => Color::Indexed(indexed),
            _ => self.colour(Colour(mixed(r), mixed(g), mixed(b))),
        }
    }

    /// A colour for the `index`th thing of its kind: references in a formula,
    /// the series of a chart.
    pub fn series(&self, index: usize) -> Color {
        const SIXTEEN: [Color; 6] = [
            Color::LightBlue,
            Color::LightYellow,
            Color::LightGreen,
            Color::LightMagenta,
            Color::Yellow,
            Color::LightCyan,
        ];
        let at = index % DARK.len();
        self.pick(DARK[at], LIGHT[at], SIXTEEN[at])
    }
}

/// The nearest colour of the 6 x 6 x 6 cube or the grey ramp of 256-colour terminals.
fn nearest_of_256(r: u8, g: u8, b: u8) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |x: u8| {
        (0..6u8)
            .min_by_key(|&i| LEVELS[usize::from(i)].abs_diff(x))
            .unwrap_or(0)
    };
    let distance = |a: [u8; 3]| {
        let d = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
        d(a[0], r) + d(a[1], g) + d(a[2], b)
    };
    let (ri, gi, bi) = (nearest(r), nearest(g), nearest(b));
    let cube = [ri, gi, bi].map(|i| LEVELS[usize::from(i)]);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = (mean.saturating_sub(8) / 10).min(23) as u8;
    let grey = 8 + 10 * step;
    match distance([grey; 3]) < distance(cube) {
        true => 232 + step,
        false => 16 + 36 * ri + 6 * gi + bi,
    }
}

/// The nearest of the sixteen colours, by the values that xterm gives them.
fn nearest_of_16(r: u8, g: u8, b: u8) -> Color {
    const TABLE: [(Color, [u8; 3]); 16] = [
        (Color::Black, [0, 0, 0]),
        (Color::Red, [205, 0, 0]),
        (Color::Green, [0, 205, 0]),
        (Color::Yellow, [205, 205, 0]),
        (Color::Blue, [0, 0, 238]),
        (Color::Magenta, [205, 0, 205]),
        (Color::Cyan, [0, 205, 205]),
        (Color::Gray, [229, 229, 229]),
        (Color::DarkGray, [127, 127, 127]),
        (Color::LightRed, [255, 0, 0]),
        (Color::LightGreen, [0, 255, 0]),
        (Color::LightYellow, [255, 255, 0]),
        (Color::LightBlue, [92, 92, 255]),
        (Color::LightMagenta, [255, 0, 255]),
        (Color::LightCyan, [0, 255, 255]),
        (Color::White, [255, 255, 255]),
    ];
    let distance = |c: &[u8; 3]| -> u32 {
        [r, g, b]
            .iter()
            .zip(c)
            .map(|(x, y)| u32::from(x.abs_diff(*y)).pow(2))
            .sum()
    };
    TABLE
        .iter()
        .min_by_key(|(_, c)| distance(c))
        .map_or(Color::Reset, |(color, _)| *color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_the_nearest_that_there_are() {
        let at = |depth, colour| Theme::new(depth, Background::Dark).colour(colour);
        let red = Colour(255, 0, 0);
        assert_eq!(at(ColourDepth::True, red), Color::Rgb(255, 0, 0));
        assert_eq!(at(ColourDepth::Palette256, red), Color::Indexed(196));
        assert_eq!(
            at(ColourDepth::Palette256, Colour(128, 128, 128)),
            Color::Indexed(244)
        );
        assert_eq!(
            at(ColourDepth::Sixteen, Colour(250, 10, 10)),
            Color::LightRed
        );
        assert_eq!(at(ColourDepth::Monochrome, red), Color::Reset);
    }
}
