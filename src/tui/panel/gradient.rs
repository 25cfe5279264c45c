//! The gradient view: how each cell would move the objective.

use crate::engine::gradient::SliceError;
use crate::engine::sensitivity::{Derivative, Driver, Pass, Sensitivity};
use crate::grid::{Area, Cell};
use crate::solver::excel_model::StoredModel;
use crate::tui::app::App;
use crate::tui::list::List;
use crate::workbook::Workbook;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The drivers that the panel lists.
const LISTED: usize = 1_000;
/// Up to so many cells the pass runs at once: it takes a few milliseconds.
const AT_ONCE: usize = 20_000;
/// Where preparing the pass takes longer than this, it follows edits only on
/// request.
const PATIENCE: Duration = Duration::from_millis(400);

/// Which cells the panel lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    #[default]
    All,
    /// Cells without precedents.
    Constants,
    /// The changing cells of the sheet's stored Solver model.
    Variables,
}

/// What makes a driver strong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The derivative's size.
    #[default]
    Derivative,
    /// The size of derivative times value: what a change of one per cent does,
    /// a hundredfold.
    Effect,
}

/// The state of the view.
#[derive(Debug, Default)]
pub struct Gradient {
    /// Whether the grid is tinted.
    pub on: bool,
    pub objective: Option<Cell>,
    /// Whether a person chose the objective.
    chosen: bool,
    pub order: Order,
    pub kept: Kept,
    pub list: List,
    /// The strongest, by `order`.
    pub drivers: Vec<Driver>,
    computed: Option<Computed>,
    /// The pass that runs beside the interface.
    running: Option<Ticket>,
    /// Following would stall the interface: it waits to be asked.
    pub waits: bool,
}

#[derive(Debug)]
struct Computed {
    aim: Aim,
    result: Result<Sensitivity, String>,
}

/// What was computed of which state of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Aim {
    objective: Cell,
    revision: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticket {
    number: u64,
    aim: Aim,
}

impl Gradient {
    /// The derivatives; those of an earlier state until the new ones are there.
    pub fn sensitivity(&self) -> Option<&Sensitivity> {
        self.computed.as_ref()?.result.as_ref().ok()
    }

    /// Why there are no derivatives.
    pub fn error(&self) -> Option<&str> {
        self.computed.as_ref()?.result.as_ref().err().map(|e| &**e)
    }

    /// Whether what is shown belongs to this state of the document.
    pub fn is_fresh(&self, revision: u64) -> bool {
        self.computed
            .as_ref()
            .is_some_and(|computed| Some(computed.aim) == self.aim(revision))
    }

    /// What is known of a cell, where the view is on.
    pub fn at(&self, cell: Cell) -> Option<Derivative<'_>> {
        self.sensitivity().filter(|_| self.on)?.at(cell)
    }

    fn aim(&self, revision: u64) -> Option<Aim> {
        let objective = self.objective?;
        Some(Aim {
            objective,
            revision,
        })
    }

    /// Turns the view on for the sheet's model, or for a cell where there is none.
    pub fn turn_on(&mut self, workbook: &Workbook, active: Cell) {
        self.on = true;
        if !self.chosen {
            self.objective = Some(model_objective(workbook, active).unwrap_or(active));
        }
    }

    /// Takes a cell as the objective.
    pub fn choose(&mut self, objective: Cell) {
        self.on = true;
        self.chosen = true;
        self.objective = Some(objective);
        self.waits = false;
    }

    /// Lists the strongest drivers anew.
    pub fn rank(&mut self, workbook: &Workbook) {
        let Some(sensitivity) = self.computed.as_ref().and_then(|c| c.result.as_ref().ok()) else {
            self.drivers.clear();
            return;
        };
        let variables = match self.kept {
            Kept::Variables => model_variables(workbook, sensitivity.objective()),
            _ => Vec::new(),
        };
        let is_variable = |cell: Cell| {
            variables
                .iter()
                .any(|area| area.sheet == cell.sheet && area.rect.contains(cell.pos))
        };
        let keep = |driver: &Driver| match self.kept {
            Kept::All => true,
            Kept::Constants => driver.constant,
            Kept::Variables => is_variable(driver.cell),
        };
        let strength = |driver: &Driver| match self.order {
            Order::Derivative => driver.derivative.abs(),
            Order::Effect => (driver.derivative * driver.value).abs(),
        };
        self.drivers = sensitivity.strongest(LISTED, keep, strength);
        self.list.step(0, self.drivers.len());
    }

    fn take(&mut self, aim: Aim, result: Result<Sensitivity, SliceError>, workbook: &Workbook) {
        let result = result.map_err(|error| error.to_string());
        self.computed = Some(Computed { aim, result });
        self.rank(workbook);
    }
}

/// The objective of the Solver model that is stored with a cell's sheet.
fn model_objective(workbook: &Workbook, near: Cell) -> Option<Cell> {
    let model = StoredModel::read(&workbook.names, near.sheet).ok()??;
    workbook.parse_cell(&model.objective, near.sheet).ok()
}

fn model_variables(workbook: &Workbook, near: Cell) -> Vec<Area> {
    let model = StoredModel::read(&workbook.names, near.sheet)
        .ok()
        .flatten();
    model
        .and_then(|model| workbook.parse_areas(&model.variables, near.sheet).ok())
        .unwrap_or_default()
}

/// Brings the view up to the document's state, or begins to.
pub fn follow(app: &mut App) {
    let gradient = &app.panels.gradient;
    let revision = app.document.revision();
    let Some(aim) = gradient.aim(revision) else {
        return;
    };
    let idle = gradient.on && gradient.running.is_none();
    if !idle || gradient.waits || gradient.is_fresh(revision) {
        return;
    }
    let begun = Instant::now();
    let prepare = |document: &mut crate::tui::Document| Pass::new(document.engine(), aim.objective);
    let pass = app.work("Differentiating", prepare);
    app.panels.gradient.waits = begun.elapsed() > PATIENCE;
    let workbook = app.document.engine().workbook();
    match pass {
        Err(error) => app.panels.gradient.take(aim, Err(error), workbook),
        Ok(pass) if pass.cells() <= AT_ONCE => {
            app.panels.gradient.take(aim, pass.run(), workbook);
        }
        Ok(pass) => run_beside(app, aim, pass),
    }
}

fn run_beside(app: &mut App, aim: Aim, pass: Pass) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let ticket = Ticket {
        number: NEXT.fetch_add(1, Ordering::Relaxed),
        aim,
    };
    app.panels.gradient.running = Some(ticket);
    let started = app.jobs.spawn("gradient", move |reporter| {
        let result = pass.run();
        reporter.report(move |app| {
            // Another document may have been opened since.
            if app.panels.gradient.running == Some(ticket) {
                app.panels.gradient.running = None;
                let workbook = app.document.engine().workbook();
                app.panels.gradient.take(aim, result, workbook);
            }
        });
    });
    if let Err(error) = started {
        app.panels.gradient.running = None;
        app.panels.gradient.waits = true;
        app.warn(format!("The gradient was not computed: {error}"));
    }
}
