//! The gradient view: how each cell would move the objective.

use crate::engine::sensitivity::{Derivative, Driver, Pass, Sensitivity};
use crate::grid::{Area, Cell};
use crate::solver::excel_model::StoredModel;
use crate::tui::app::App;
use crate::tui::jobs::Reporter;
use crate::tui::list::List;
use crate::workbook::{Tracked, Workbook};

/// The drivers that the panel lists.
const LISTED: usize = 1_000;
/// A workbook of up to so many cells is differentiated at once: it takes a few
/// milliseconds. A larger one is beside the interface.
const AT_ONCE: u64 = 20_000;

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
    objective: Option<Tracked>,
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
        let computed = self.computed.as_ref()?;
        computed
            .result
            .as_ref()
            .ok()
            .filter(|_| self.objective().is_some())
    }

    /// The cell whose derivatives are shown.
    pub fn objective(&self) -> Option<Cell> {
        self.objective.as_ref()?.cell()
    }

    pub fn place_mut(&mut self) -> Option<&mut Tracked> {
        self.objective.as_mut()
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
        let objective = self.objective()?;
        Some(Aim {
            objective,
            revision,
        })
    }

    /// Turns the view on for the sheet's model, or for a cell where there is none.
    pub fn turn_on(&mut self, workbook: &Workbook, active: Cell) {
        self.on = true;
        if !self.chosen {
            let objective = model_objective(workbook, active).unwrap_or(active);
            self.objective = Some(objective.into());
        }
    }

    /// Takes a cell as the objective.
    pub fn choose(&mut self, objective: Cell) {
        self.on = true;
        self.chosen = true;
        self.objective = Some(objective.into());
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

    fn take(&mut self, aim: Aim, result: Result<Sensitivity, String>, workbook: &Workbook) {
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

/// Brings the view up to the document's state, or begins to. One pass runs at a
/// time; what changed meanwhile is taken in by the next.
pub fn follow(app: &mut App) {
    let gradient = &app.panels.gradient;
    let revision = app.document.revision();
    let Some(aim) = gradient.aim(revision) else {
        return;
    };
    let idle = gradient.on && gradient.running.is_none();
    if !idle || gradient.is_fresh(revision) {
        return;
    }
    let engine = app.document.engine();
    if is_small(engine.workbook()) {
        let pass = Pass::new(engine, aim.objective);
        let result = pass.and_then(Pass::run).map_err(|error| error.to_string());
        app.panels.gradient.take(aim, result, engine.workbook());
    } else {
        run_beside(app, aim);
    }
}

fn is_small(workbook: &Workbook) -> bool {
    let used = |&sheet: &_| workbook.sheet(sheet).cells.used();
    let cells = workbook.order().iter().filter_map(used);
    cells.map(|rect| rect.len()).sum::<u64>() <= AT_ONCE
}

fn run_beside(app: &mut App, aim: Aim) {
    let number = app.ticket();
    let ticket = Ticket { number, aim };
    app.panels.gradient.running = Some(ticket);
    let snapshot = app.document.engine().snapshot();
    let work = move |reporter: &Reporter| {
        let pass = Pass::of_snapshot(&snapshot, aim.objective);
        drop(snapshot);
        let result = pass.and_then(Pass::run).map_err(|error| error.to_string());
        reporter.report(move |app| ended(app, ticket, result));
    };
    let failed = move |app: &mut App, why: String| {
        ended(app, ticket, Err(format!("a fault of this program: {why}")));
    };
    if let Err(error) = app.jobs.spawn("gradient", work, failed) {
        let why = format!("there is no thread for it: {error}");
        ended(app, ticket, Err(why));
    }
}

fn ended(app: &mut App, ticket: Ticket, result: Result<Sensitivity, String>) {
    // Another document may have been opened since.
    if app.panels.gradient.running == Some(ticket) {
        app.panels.gradient.running = None;
        let workbook = app.document.engine().workbook();
        app.panels.gradient.take(ticket.aim, result, workbook);
    }
}
