//! The panels beside the grid. At most one is open; each keeps its state while
//! it is not.
//!
//! A panel is a file here with its state, a file in `draw` that shows it, and
//! its commands in `command`.

pub mod charts;
pub mod gradient;
pub mod inspector;
pub mod problems;
pub mod search;
pub mod sliders;
pub mod solver;
pub mod sweep;
mod tracked_text;

pub use solver::short_areas;

use super::app::App;
use super::command::Refusal;
use crate::grid::SheetId;
use crate::workbook::{Applied, HistoryStep, Workbook};
use charts::Charts;
use sliders::Sliders;
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
    pub sliders: Sliders,
    pub charts: Charts,
}

impl Panels {
    /// What the chosen line of a panel holds, where it is filled in by typing.
    pub fn held_text(&self, panel: PanelKind) -> Option<String> {
        match panel {
            PanelKind::Solver => self.solver.held_text(),
            PanelKind::Sliders => {
                let slider = self.sliders.sliders.get(self.sliders.chosen);
                slider.map(sliders::Slider::range)
            }
            PanelKind::Charts => {
                let chart = self.charts.charts.get(self.charts.chosen);
                chart.map(|chart| chart.title.clone())
            }
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
    pub fn fill_in(&mut self, panel: PanelKind, text: &str) -> Result<(), Refusal> {
        match panel {
            PanelKind::Solver => self.solver.fill_in(text),
            PanelKind::Sliders => {
                let chosen = self.sliders.chosen;
                if let Some(slider) = self.sliders.sliders.get_mut(chosen) {
                    return slider.set_range(text);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Panels {
    /// Has all places that the panels keep follow what a step of the history did.
    pub fn relocate(&mut self, workbook: &Workbook, applied: &Applied, step: HistoryStep) {
        let gradient = self.gradient.place_mut().into_iter();
        let sliders = self.sliders.places_mut();
        let charts = self.charts.places_mut();
        for place in gradient.chain(sliders).chain(charts) {
            place.follow(applied, step);
        }
        self.solver.relocate(workbook, applied, step);
    }
}

/// Brings what is derived from the document up to its state; called after all
/// that happens.
pub fn follow(app: &mut App) {
    gradient::follow(app);
    inspector::follow(app);
    problems::follow(app);
    charts::follow(app);
    let workbook = app.document.engine().workbook();
    app.panels.solver.read(workbook);
}
