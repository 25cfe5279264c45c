//! What lies over the cells of the grid: layers that give a cell a style and
//! perhaps a mark. A later layer lies over an earlier one, the cursor over all.

use crate::engine::sensitivity::Derivative;
use crate::grid::{Area, Cell};
use crate::tui::app::App;
use crate::tui::panel::PanelKind;
use ratatui::style::{Modifier, Style};

/// How a layer shows a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tint {
    pub style: Style,
    /// A character at the cell's left edge.
    pub mark: Option<char>,
}

impl From<Style> for Tint {
    fn from(style: Style) -> Self {
        Self { style, mark: None }
    }
}

/// A function from cells to what lies over them.
pub type Layer<'a> = Box<dyn Fn(Cell) -> Option<Tint> + 'a>;

/// The layers that the state asks for.
pub fn layers(app: &App) -> Vec<Layer<'_>> {
    let mut layers: Vec<Layer<'_>> = Vec::new();
    layers.extend(gradient(app));
    layers.extend(inspected(app));
    layers
}

/// Cells by the sign and size of their derivative.
fn gradient(app: &App) -> Option<Layer<'_>> {
    let gradient = &app.panels.gradient;
    let sensitivity = gradient.sensitivity().filter(|_| gradient.on)?;
    let largest = sensitivity.largest();
    Some(Box::new(move |cell| {
        if cell == sensitivity.objective() {
            return Some(
                Style::new()
                    .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
                    .into(),
            );
        }
        match sensitivity.at(cell)? {
            Derivative::Known(x) => app.theme.signed(x, largest),
            Derivative::Refused(_) => Some(Tint {
                style: app.theme.dim(),
                mark: Some('?'),
            }),
        }
    }))
}

/// The cells that the inspector's chosen part means, and the vectors that were
/// multiplied.
fn inspected(app: &App) -> Option<Layer<'_>> {
    let inspector = &app.panels.inspector;
    if app.panels.open != Some(PanelKind::Inspector) {
        return None;
    }
    let meant = inspector.chosen().and_then(|line| line.area);
    Some(Box::new(move |cell| {
        let holds = |area: &Area| area.sheet == cell.sheet && area.rect.contains(cell.pos);
        if meant.as_ref().is_some_and(holds) {
            return Some(app.theme.referred(0).into());
        }
        let index = inspector.factors.iter().position(holds)?;
        Some(app.theme.referred(index + 1).into())
    }))
}
