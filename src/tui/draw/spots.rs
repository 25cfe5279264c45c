//! Where the lines of a panel are, for the mouse.

use crate::tui::app::App;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::{Position, Rect as Screen};

/// A part of a panel that can be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A line that can be chosen, by its number in the panel.
    Line(usize),
    /// The bar of a slider.
    Bar(usize),
}

/// The places of a panel's spots, as its view drew them.
pub type Spots = Vec<(Screen, Spot)>;

/// What of the open panel is at a place of the screen. Views alone know where
/// their lines are and change nothing, so the panel is drawn once more, where
/// nobody sees it.
pub fn panel_spot(app: &App, at: Position) -> Option<(Screen, Spot)> {
    let (kind, area) = app.panels.open.zip(app.layout().panel)?;
    let screen = app.screen();
    let mut unseen = Terminal::new(TestBackend::new(screen.width, screen.height)).ok()?;
    let mut spots = Spots::new();
    unseen
        .draw(|frame| spots = super::panel::panel(app, kind, area, frame))
        .ok()?;
    spots.into_iter().find(|(spot, _)| spot.contains(at))
}
