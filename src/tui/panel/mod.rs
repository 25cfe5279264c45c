//! The panels beside the grid. At most one is open; each keeps its state while
//! it is not.
//!
//! A panel is a file here with its state, a file in `draw` that shows it, and
//! its commands in `command`.

pub mod gradient;
pub mod inspector;
pub mod problems;
pub mod search;
pub mod solver;
pub mod sweep;

pub use solver::short_areas;

use super::app::App;
use crate::grid::SheetId;
use solver::Solver;

/// A kind of panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PanelKind {
    /// The derivatives of an objective.
    Gradient,
    /// The formula under the cursor, part by part.
    Inspector,
    /// Solving.
    Solver,
    /// Cells moved by sliders.
    Sliders,
    Charts,
    /// Cells with errors and circular references.
    Problems,
}

impl PanelKind {
    pub const ALL: [Self; 6] = [
        Self::Gradient,
        Self::Inspector,
        Self::Solver,
        Self::Sliders,
        Self::Charts,
        Self::Problems,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Gradient => "Gradient",
            Self::Inspector => "Inspector",
            Self::Solver => "Solver",
            Self::Sliders => "Sliders",
            Self::Charts => "Charts",
            Self::Problems => "Problems",
        }
    }

    /// The columns it takes beside the grid.
    pub fn width(self) -> u16 {
        match self {
            Self::Problems | Self::Sliders => 38,
            Self::Gradient | Self::Inspector | Self::Solver => 46,
            Self::Charts => 60,
        }
    }
}

/// The panels and which of them is open.
#[derive(Debug, Default)]
pub struct Panels {
    pub open: Option<PanelKind>,
    pub gradient: gradient::Gradient,
    pub inspector: inspector::Inspector,
    pub problems: problems::Problems,
    pub solver: Solver,
}

impl Panels {
    /// What the chosen line of a panel holds, where it is filled in by typing.
    pub fn held_text(&self, panel: PanelKind) -> Option<String> {
        match panel {
            PanelKind::Solver => self.solver.held_text(),
            _ => None,
        }
    }

    /// Whether that line names cells.
    pub fn names_cells(&self, panel: PanelKind) -> bool {
        match panel {
            PanelKind::Solver => self.solver.names_cells(),
            _ => false,
        }
    }

    /// The sheet that references of the panel mean where they name none.
    pub fn home(&self, panel: PanelKind) -> Option<SheetId> {
        match panel {
            PanelKind::Solver => self.solver.form.as_ref().map(|form| form.sheet),
            _ => None,
        }
    }

    /// Fills the chosen line in.
    ///
    /// # Errors
    /// Why the text cannot stand there.
    pub fn fill_in(&mut self, panel: PanelKind, text: &str) -> Result<(), String> {
        if panel == PanelKind::Solver {
            self.solver.fill_in(text);
        }
        Ok(())
    }
}

/// Brings what is derived from the document up to its state; called after all
/// that happens.
pub fn follow(app: &mut App) {
    gradient::follow(app);
    inspector::follow(app);
    problems::follow(app);
}
