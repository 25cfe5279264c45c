//! Showing the application's state. Nothing here changes it.

mod bars;
mod charts;
mod entry;
mod find;
mod gradient;
mod grid;
mod help;
mod import;
mod inspector;
mod lines;
mod overlay;
mod panel;
mod plot;
mod problems;
mod sliders;
mod solver;
mod tint;

pub use bars::tab_spans;
pub use help::text as help_text;
pub use lines::bar;
pub use plot::brief;
pub use tint::Tint;

use super::app::App;
use super::mode::Mode;
use ratatui::Frame;

impl App {
    /// Draws everything.
    pub fn draw(&self, frame: &mut Frame) {
        let layout = self.layout();
        bars::formula_bar(self, layout.formula_bar, frame);
        grid::grid(self, layout.grid, frame);
        if let Some(x) = self.dragged_border().filter(|&x| x < layout.grid.right()) {
            let line = ratatui::layout::Rect {
                x,
                width: 1,
                ..layout.grid
            };
            frame.buffer_mut().set_style(line, self.theme.accent());
        }
        if let (Some(kind), Some(area)) = (self.panels.open, layout.panel) {
            panel::panel(self, kind, area, frame);
        }
        bars::tabs(self, layout.tabs, frame);
        bars::status(self, layout.status, frame);
        match &self.mode {
            Mode::Palette(palette) => overlay::palette(self, palette, frame),
            Mode::Prompt(prompt) => overlay::prompt(self, prompt, frame),
            Mode::Find(form) => find::find(self, form, frame),
            Mode::Import(import) => import::import(self, import, frame),
            Mode::Opening(opening) => overlay::opening(self, opening, frame),
            Mode::Confirm(confirm) => overlay::confirm(self, confirm, frame),
            Mode::Help(help) => help::page(self, help, frame),
            Mode::Entry(entry) => entry::over_grid(self, entry, frame),
            Mode::Grid | Mode::Panel(_) | Mode::Field(_) | Mode::Pick(_) => {}
        }
    }
}
