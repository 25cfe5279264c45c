//! The panel beside the grid: its frame, and which view fills it.

use super::spots::Spots;
use crate::tui::app::App;
use crate::tui::mode::Mode;
use crate::tui::panel::PanelKind;
use ratatui::Frame;
use ratatui::layout::Rect as Screen;
use ratatui::widgets::{Block, Clear};

/// Draws the open panel, and says where its lines are.
pub fn panel(app: &App, kind: PanelKind, area: Screen, frame: &mut Frame) -> Spots {
    let focused = matches!(app.mode, Mode::Panel(_) | Mode::Field(_));
    let style = match focused {
        true => app.theme.header_active(),
        false => app.theme.dim(),
    };
    frame.render_widget(Clear, area);
    let block = Block::bordered()
        .title(format!(" {} ", kind.title()))
        .border_style(style);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    match kind {
        PanelKind::Gradient => super::gradient::panel(app, inside, frame),
        PanelKind::Inspector => super::inspector::panel(app, inside, frame),
        PanelKind::Problems => super::problems::panel(app, inside, frame),
        PanelKind::Solver => super::solver::solver(app, inside, frame),
        PanelKind::Sliders => super::sliders::sliders(app, inside, frame),
        PanelKind::Charts => {
            super::charts::charts(app, inside, frame);
            Spots::new()
        }
    }
}
