//! The solver panel: the problem as it is filled in, and the search for its solution.

use super::search::{Search, State};
use super::sweep::Sweep;
use super::tracked_text::TrackedText;
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::solver::excel_model::{
    ModelError, NO_LIMIT, StoredConstraint, StoredModel, StoredRelation,
};
use crate::solver::{MethodChoice, Options, Relation, Sense, Starts, Stop, setup};
use crate::tui::command::Refusal;
use crate::workbook::{Applied, HistoryStep, Workbook};
use std::time::Duration;

/// The panel's state.
#[derive(Debug, Default)]
pub struct Solver {
    /// `None` until the panel is opened.
    pub form: Option<Form>,
    pub focus: Row,
    /// Why the problem cannot be solved as it is filled in.
    pub error: Option<String>,
    /// A search that goes on, or whose result is neither kept nor given up.
    pub search: Option<Search>,
    /// The learning rates tried, while they are shown.
    pub sweep: Option<Sweep>,
}

impl Solver {
    /// The lines that can be chosen now.
    pub fn rows(&self) -> Vec<Row> {
        if let Some(search) = &self.search {
            return match &search.state {
                State::Running => vec![Row::Pause, Row::Stop],
                State::Paused => vec![Row::GoOn, Row::Stop],
                State::Ended(Ok(_)) => vec![Row::Keep, Row::Restore, Row::GoOn],
                State::Ended(Err(_)) => vec![Row::Restore],
            };
        }
        if let Some(sweep) = &self.sweep {
            return match sweep.suggested() {
                Some(_) => vec![Row::Take, Row::Leave],
                None => vec![Row::Leave],
            };
        }
        self.form.as_ref().map(Form::rows).unwrap_or_default()
    }

    /// The chosen line.
    pub fn chosen(&self) -> Row {
        let rows = self.rows();
        match rows.contains(&self.focus) {
            true => self.focus,
            false => rows.first().copied().unwrap_or_default(),
        }
    }

    /// What the chosen line holds, where it is filled in by typing.
    pub fn held_text(&self) -> Option<String> {
        let row = self.chosen();
        let typed = matches!(row.kind(), Kind::Text | Kind::Cells);
        let form = self.form.as_ref().filter(|_| typed)?;
        Some(form.text(row).to_owned())
    }

    /// Whether the chosen line names cells.
    pub fn names_cells(&self) -> bool {
        self.chosen().kind() == Kind::Cells
    }

    pub fn fill_in(&mut self, text: &str) {
        let row = self.chosen();
        if let Some(form) = &mut self.form {
            form.set(row, text);
            self.error = None;
        }
    }

    /// Notes why the problem cannot be solved.
    pub fn refuse(&mut self, why: String) -> Refusal {
        let why = in_panel_words(&why);
        self.error = Some(why.clone());
        Refusal::new(why)
    }

    /// Takes in the references that were typed.
    pub fn read(&mut self, workbook: &Workbook) {
        if let Some(form) = &mut self.form {
            for (index, row) in TRACKED.into_iter().enumerate() {
                let text = form.text(row).to_owned();
                form.tracked[index].read(&text, workbook, form.sheet);
            }
        }
    }

    /// Has the references follow what a step of the history did. A problem
    /// goes with its sheet.
    pub fn relocate(&mut self, workbook: &Workbook, applied: &Applied, step: HistoryStep) {
        self.form.take_if(|form| !workbook.has_sheet(form.sheet));
        let Some(form) = &mut self.form else {
            return;
        };
        for (index, row) in TRACKED.into_iter().enumerate() {
            form.tracked[index].follow(applied, step);
            if let Some(text) = form.tracked[index].rewritten(workbook, form.sheet) {
                form.set(row, &text);
            }
        }
    }

    /// Goes back from a search to the problem.
    pub fn end(&mut self) {
        self.search = None;
        self.focus = Row::Solve;
    }
}

/// The solver names options of the command line in what it says; here they are
/// lines of the panel.
pub fn in_panel_words(said: &str) -> String {
    let names = [
        ("--starts", "Starts"),
        ("--lr", "Rate"),
        ("--max-iter", "Iterations"),
        ("--method", "Method"),
        ("--objective", "Objective"),
        ("--vary", "Changing"),
        ("--bound", "the constraint"),
        ("--time", "Seconds"),
        ("--tol", "Tolerance"),
    ];
    let replaced = |text: String, (option, name): (&str, &str)| text.replace(option, name);
    names.into_iter().fold(said.to_owned(), replaced)
}

/// A line of the panel that can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Row {
    #[default]
    Solve,
    FindRate,
    Objective,
    Sense,
    Target,
    Variables,
    Constraints,
    NonNegative,
    Method,
    Rate,
    Iterations,
    Seconds,
    Tolerance,
    Starts,
    Seed,
    // While a search is shown.
    Pause,
    GoOn,
    Stop,
    Keep,
    Restore,
    // While learning rates are shown.
    Take,
    Leave,
}

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, typed.
    Text,
    /// References, typed or picked in the grid.
    Cells,
    /// One of several.
    Choice,
    Action,
}

impl Row {
    pub fn kind(self) -> Kind {
        match self {
            Self::Objective | Self::Variables => Kind::Cells,
            Self::Target
            | Self::Constraints
            | Self::Rate
            | Self::Iterations
            | Self::Seconds
            | Self::Tolerance
            | Self::Starts
            | Self::Seed => Kind::Text,
            Self::Sense | Self::NonNegative | Self::Method => Kind::Choice,
            _ => Kind::Action,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Solve => "Solve",
            Self::FindRate => "Find a learning rate",
            Self::Objective => "Objective",
            Self::Sense => "Wanted",
            Self::Target => "Value",
            Self::Variables => "Changing",
            Self::Constraints => "Constraints",
            Self::NonNegative => "Others >= 0",
            Self::Method => "Method",
            Self::Rate => "Rate",
            Self::Iterations => "Iterations",
            Self::Seconds => "Seconds",
            Self::Tolerance => "Tolerance",
            Self::Starts => "Starts",
            Self::Seed => "Seed",
            Self::Pause => "Pause",
            Self::GoOn => "Go on",
            Self::Stop => "Stop",
            Self::Keep => "Keep the solution",
            Self::Restore => "Bring the old values back",
            Self::Take => "Take the suggested rate",
            Self::Leave => "Back to the problem",
        }
    }

    /// What the line is for, in words.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Objective => "a cell with a formula; F6 picks it in the grid",
            Self::Variables => "cells with numbers; F6 picks them in the grid",
            Self::Constraints => "A1:A3 >= 0; B1 <= 5 (bounds too)",
            Self::NonNegative => "changing cells without a lower bound",
            Self::Rate => "the learning rate",
            Self::Iterations => "empty: the method's own limit",
            Self::Seconds => "empty: no limit",
            Self::Starts => "how many points to search from",
            Self::Seed => "of the random starting points",
            Self::Sense | Self::Method => "Left, Right or Enter change it",
            Self::FindRate => "short searches with many rates",
            _ => "",
        }
    }
}

/// A problem as it is filled in.
#[derive(Clone, Debug)]
pub struct Form {
    /// The sheet of references without one, with which the model is stored.
    pub sheet: SheetId,
    pub objective: String,
    pub sense: Wanted,
    pub target: String,
    pub variables: String,
    pub constraints: String,
    pub nonnegative: bool,
    /// One of [`MethodChoice::NAMES`].
    pub method: &'static str,
    pub rate: String,
    pub iterations: String,
    pub seconds: String,
    pub tolerance: String,
    pub starts: String,
    pub seed: String,
    /// The model it was filled from, for what the form does not show.
    base: StoredModel,
    /// The references in the lines of [`TRACKED`].
    tracked: [TrackedText; TRACKED.len()],
}

/// The lines whose references follow what happens to the workbook.
const TRACKED: [Row; 3] = [Row::Objective, Row::Variables, Row::Constraints];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Minimum,
    Maximum,
    Value,
}

impl Form {
    /// The model stored with `front` or, where it has none, another sheet; else
    /// an empty problem whose objective is `active` if that cell holds a formula.
    ///
    /// # Errors
    /// Where the stored model is damaged.
    pub fn fill(workbook: &Workbook, front: SheetId, active: Cell) -> Result<Self, ModelError> {
        let stored = match setup::sheet_with_model(workbook, front) {
            Some((sheet, _)) => StoredModel::read(&workbook.names, sheet)?.map(|m| (sheet, m)),
            None => None,
        };
        if let Some((sheet, model)) = stored {
            return Ok(Self::of(workbook, sheet, model));
        }
        let runs = &workbook.sheet(active.sheet).runs;
        let objective = match runs.at(active.pos) {
            Some(_) => active.pos.to_string(),
            None => String::new(),
        };
        let model = StoredModel::fresh(&objective, "", Sense::Minimise);
        Ok(Self::of(workbook, front, model))
    }

    fn of(workbook: &Workbook, sheet: SheetId, model: StoredModel) -> Self {
        let limit = |limit: u32| match limit {
            NO_LIMIT => String::new(),
            limit => limit.to_string(),
        };
        let variables = short(workbook, &model.variables, sheet);
        let count = workbook
            .parse_areas(&model.variables, sheet)
            .map_or(0, |areas| areas.iter().map(|a| a.rect.len()).sum::<u64>());
        let constraints: Vec<String> = model
            .constraints
            .iter()
            .map(|constraint| {
                let left = short(workbook, &constraint.left, sheet);
                let right = short(workbook, &constraint.right, sheet);
                StoredConstraint {
                    left: left.into(),
                    right: right.into(),
                    ..constraint.clone()
                }
                .to_string()
            })
            .collect();
        let (sense, target) = match model.sense {
            Sense::Minimise => (Wanted::Minimum, 0.0),
            Sense::Maximise => (Wanted::Maximum, 0.0),
            Sense::Target(target) => (Wanted::Value, target),
        };
        Self {
            sheet,
            objective: short(workbook, &model.objective, sheet),
            sense,
            target: target.to_string(),
            variables,
            constraints: constraints.join("; "),
            nonnegative: model.settings.nonnegative,
            method: "auto",
            rate: MethodChoice::DEFAULT_RATE.to_string(),
            iterations: limit(model.settings.max_iterations),
            seconds: limit(model.settings.max_seconds),
            tolerance: Stop::default().tolerance.to_string(),
            starts: setup::stored_starts(&model, count as usize).to_string(),
            seed: model.settings.seed.to_string(),
            base: model,
            tracked: Default::default(),
        }
    }

    /// The lines to fill in that mean something as it stands, below the actions.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = vec![Row::Solve];
        if self.has_rate() {
            rows.push(Row::FindRate);
        }
        rows.extend([Row::Objective, Row::Sense]);
        if self.sense == Wanted::Value {
            rows.push(Row::Target);
        }
        rows.extend([
            Row::Variables,
            Row::Constraints,
            Row::NonNegative,
            Row::Method,
        ]);
        if self.has_rate() {
            rows.push(Row::Rate);
        }
        rows.extend([Row::Iterations, Row::Seconds, Row::Tolerance, Row::Starts]);
        if self.starts.trim() != "1" {
            rows.push(Row::Seed);
        }
        rows
    }

    /// Whether the method has a learning rate.
    pub fn has_rate(&self) -> bool {
        MethodChoice::named_has_rate(self.method)
    }

    /// What a line holds.
    pub fn text(&self, row: Row) -> &str {
        match row {
            Row::Objective => &self.objective,
            Row::Sense => match self.sense {
                Wanted::Minimum => "minimum",
                Wanted::Maximum => "maximum",
                Wanted::Value => "a value",
            },
            Row::Target => &self.target,
            Row::Variables => &self.variables,
            Row::Constraints => &self.constraints,
            Row::NonNegative => match self.nonnegative {
                true => "yes",
                false => "no",
            },
            Row::Method => self.method,
            Row::Rate => &self.rate,
            Row::Iterations => &self.iterations,
            Row::Seconds => &self.seconds,
            Row::Tolerance => &self.tolerance,
            Row::Starts => &self.starts,
            Row::Seed => &self.seed,
            _ => "",
        }
    }

    /// Fills a line in.
    pub fn set(&mut self, row: Row, text: &str) {
        let slot = match row {
            Row::Objective => &mut self.objective,
            Row::Target => &mut self.target,
            Row::Variables => &mut self.variables,
            Row::Constraints => &mut self.constraints,
            Row::Rate => &mut self.rate,
            Row::Iterations => &mut self.iterations,
            Row::Seconds => &mut self.seconds,
            Row::Tolerance => &mut self.tolerance,
            Row::Starts => &mut self.starts,
            Row::Seed => &mut self.seed,
            _ => return,
        };
        text.trim().clone_into(slot);
    }

    /// Takes the next of a line's choices, or the one before.
    pub fn step(&mut self, row: Row, forward: bool) {
        match row {
            Row::Sense => {
                let all = [Wanted::Minimum, Wanted::Maximum, Wanted::Value];
                self.sense = neighbour(&all, self.sense, forward);
            }
            Row::NonNegative => self.nonnegative = !self.nonnegative,
            Row::Method => self.method = neighbour(&MethodChoice::NAMES, self.method, forward),
            _ => {}
        }
    }

    /// The problem in the form in which it is stored with the sheet.
    pub fn model(&self, workbook: &Workbook) -> Result<StoredModel, String> {
        let sheet = self.sheet;
        if self.objective.is_empty() {
            return Err("which cell is to be optimised? Fill in the objective".into());
        }
        if self.variables.is_empty() {
            return Err("which cells may change? Fill in the changing cells".into());
        }
        let objective = workbook
            .parse_cell(&self.objective, sheet)
            .map_err(|error| format!("the objective: {error}"))?;
        let variables = workbook
            .parse_areas(&self.variables, sheet)
            .map_err(|error| format!("the changing cells: {error}"))?;
        let mut model = self.base.clone();
        model.objective = workbook.absolute_areas(&[area_of(objective)]).into();
        model.variables = workbook.absolute_areas(&variables).into();
        model.sense = match self.sense {
            Wanted::Minimum => Sense::Minimise,
            Wanted::Maximum => Sense::Maximise,
            Wanted::Value => Sense::Target(number("the value", &self.target)?),
        };
        model.constraints = constraints(workbook, sheet, &self.constraints)?;
        let settings = &mut model.settings;
        settings.nonnegative = self.nonnegative;
        settings.max_iterations = match self.limit()? {
            Some(limit) => u32::try_from(limit).unwrap_or(NO_LIMIT),
            None => NO_LIMIT,
        };
        // Excel counts whole seconds.
        settings.max_seconds = match self.time()? {
            Some(time) => time.as_secs_f64().ceil().min(f64::from(NO_LIMIT)) as u32,
            None => NO_LIMIT,
        };
        let starts = self.starts()?;
        settings.multistart = starts.count > 1;
        if settings.multistart {
            settings.population = u32::try_from(starts.count).unwrap_or(NO_LIMIT);
        }
        settings.seed = u32::try_from(starts.seed).unwrap_or(settings.seed);
        Ok(model)
    }

    /// How to solve it.
    pub fn options(&self) -> Result<Options, String> {
        let rate = match self.has_rate() {
            true => number("the rate", &self.rate)?,
            false => MethodChoice::DEFAULT_RATE,
        };
        let method = MethodChoice::named(self.method, rate);
        let tolerance = number("the tolerance", &self.tolerance)?;
        if tolerance < 0.0 {
            return Err(format!("the tolerance must be 0 or above, not {tolerance}"));
        }
        Ok(Options {
            method: method.ok_or_else(|| format!("there is no method {}", self.method))?,
            stop: Stop {
                tolerance,
                max_iterations: self.limit()?,
                max_time: self.time()?,
                ..Stop::default()
            },
            starts: self.starts()?,
        })
    }

    fn limit(&self) -> Result<Option<u64>, String> {
        optional("iterations", &self.iterations)
    }

    fn time(&self) -> Result<Option<Duration>, String> {
        if self.seconds.is_empty() {
            return Ok(None);
        }
        let seconds = number("the seconds", &self.seconds)?;
        Duration::try_from_secs_f64(seconds)
            .map(Some)
            .map_err(|_| format!("the seconds: {seconds} is no length of time"))
    }

    fn starts(&self) -> Result<Starts, String> {
        let count = optional("starts", &self.starts)?.unwrap_or(1);
        if count == 0 {
            return Err("there must be at least 1 start".into());
        }
        Ok(Starts {
            count: usize::try_from(count).map_err(|error| format!("starts: {error}"))?,
            seed: optional("the seed", &self.seed)?.unwrap_or(0),
        })
    }
}

fn neighbour<T: Copy + PartialEq>(all: &[T], now: T, forward: bool) -> T {
    let at = all.iter().position(|&one| one == now).unwrap_or(0);
    let step = if forward { 1 } else { all.len() - 1 };
    all[(at + step) % all.len()]
}

fn number(what: &str, text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim().parse().ok();
    number
        .filter(|x| x.is_finite())
        .ok_or_else(|| format!("{what}: \"{text}\" is not a number"))
}

fn optional(what: &str, text: &str) -> Result<Option<u64>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| format!("{what}: \"{text}\" is not a whole number")),
    }
}

fn area_of(cell: Cell) -> Area {
    Area {
        sheet: cell.sheet,
        rect: Rect::cell(cell.pos),
    }
}

/// References as short as they can be read on `home`; other text as it is.
fn short(workbook: &Workbook, text: &str, home: SheetId) -> String {
    match workbook.parse_areas(text, home) {
        Ok(areas) => short_areas(workbook, &areas, home),
        Err(_) => text.to_owned(),
    }
}

/// The areas as they are read on `home`: `R4:AA5,Data!B1`.
pub fn short_areas(workbook: &Workbook, areas: &[Area], home: SheetId) -> String {
    let texts: Vec<String> = areas
        .iter()
        .map(|&area| match area.sheet == home {
            true => area.rect.to_string(),
            false => workbook.area_address(area),
        })
        .collect();
    texts.join(",")
}

/// Reads `A1:A3 >= 0; B1 <= C1; D1 integer`.
fn constraints(
    workbook: &Workbook,
    sheet: SheetId,
    text: &str,
) -> Result<Vec<StoredConstraint>, String> {
    let stated = text
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    stated
        .map(|part| constraint(workbook, sheet, part))
        .collect()
}

fn constraint(workbook: &Workbook, sheet: SheetId, text: &str) -> Result<StoredConstraint, String> {
    let absolute = |reference: &str| {
        let areas = workbook.parse_areas(reference, sheet);
        areas
            .map(|areas| workbook.absolute_areas(&areas).into())
            .map_err(|error| format!("the constraint \"{text}\": {error}"))
    };
    let words = [
        ("integer", StoredRelation::Integer),
        ("binary", StoredRelation::Binary),
        ("all different", StoredRelation::AllDifferent),
    ];
    for (word, relation) in words {
        if let Some(left) = text.strip_suffix(word) {
            return Ok(StoredConstraint {
                left: absolute(left.trim())?,
                relation,
                right: "".into(),
            });
        }
    }
    let signs = [
        ("<=", Relation::LessOrEqual),
        (">=", Relation::GreaterOrEqual),
        ("=", Relation::Equal),
    ];
    let found = signs
        .iter()
        .find_map(|&(sign, relation)| Some((relation, text.split_once(sign)?)));
    let Some((relation, (left, right))) = found else {
        return Err(format!(
            "the constraint \"{text}\" has no <=, >= or =: write A1:A3 >= 0"
        ));
    };
    let right = right.trim();
    let right = match right.parse::<f64>() {
        Ok(_) => right.into(),
        Err(_) => absolute(right)?,
    };
    Ok(StoredConstraint {
        left: absolute(left.trim())?,
        relation: StoredRelation::Compare(relation),
        right,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;

    #[test]
    fn a_problem_filled_in_is_the_model_that_is_stored() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("My data");
        let active = Cell {
            sheet,
            pos: Pos::new(0, 0),
        };
        let mut form = Form::fill(&workbook, sheet, active).unwrap();
        assert!(form.model(&workbook).unwrap_err().contains("objective"));
        form.set(Row::Objective, "b2");
        form.set(Row::Variables, "A1:A3,C1");
        form.set(Row::Constraints, "A1:A3 >= -1.5; C1<=D1 ; A2 integer");
        form.step(Row::Sense, false);
        form.set(Row::Target, "7");
        form.set(Row::Starts, "20");
        form.set(Row::Seconds, "1.5");
        let model = form.model(&workbook).unwrap();
        assert_eq!(&*model.objective, "'My data'!$B$2");
        assert_eq!(&*model.variables, "'My data'!$A$1:$A$3,'My data'!$C$1");
        assert_eq!(model.sense, Sense::Target(7.0));
        let stated: Vec<String> = model.constraints.iter().map(ToString::to_string).collect();
        assert_eq!(
            stated,
            [
                "'My data'!$A$1:$A$3 >= -1.5",
                "'My data'!$C$1 <= 'My data'!$D$1",
                "'My data'!$A$2 integer"
            ]
        );
        assert!(model.settings.multistart);
        assert_eq!(model.settings.max_seconds, 2);
        assert_eq!(form.options().unwrap().starts.count, 20);
        let again = Form::of(&workbook, sheet, model.clone());
        assert_eq!(again.variables, "A1:A3,C1");
        assert_eq!(again.constraints, "A1:A3 >= -1.5; C1 <= D1; A2 integer");
        assert_eq!(again.model(&workbook).unwrap(), model);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("s");
        let active = Cell {
            sheet,
            pos: Pos::new(0, 0),
        };
        let mut form = Form::fill(&workbook, sheet, active).unwrap();
        form.set(Row::Objective, "B1");
        form.set(Row::Variables, "A1");
        for (row, text, said) in [
            (Row::Constraints, "A1", "no <="),
            (Row::Constraints, "1A >= 2", "the constraint"),
            (Row::Iterations, "-1", "whole number"),
            (Row::Starts, "0", "at least 1"),
            (Row::Seconds, "-1", "no length of time"),
            (Row::Tolerance, "x", "not a number"),
        ] {
            let mut form = form.clone();
            form.set(row, text);
            let why = form
                .model(&workbook)
                .map(|_| ())
                .and_then(|()| form.options().map(|_| ()));
            let why = why.unwrap_err();
            assert!(why.contains(said), "{row:?} {text}: {why}");
        }
    }
}
