//! `gradsheet solve`: optimise a cell by changing others.

use super::show::{Table, count, full};
use super::{Result, Verdict, complain, device, files, json};
use clap::builder::PossibleValuesParser;
use gradsheet::engine::{Engine, value_edits};
use gradsheet::grid::{Area, Rect, SheetId};
use gradsheet::solver::excel_model::{NO_LIMIT, StoredConstraint, StoredModel, StoredRelation};
use gradsheet::solver::progress::Renderer;
use gradsheet::solver::setup::{self, Setup};
use gradsheet::solver::{self, MethodChoice, Options, Outcome, Relation, Sense, Starts, Stop};
use gradsheet::value::format::printable;
use gradsheet::workbook::{Transaction, Workbook};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Minimise, maximise or bring to a value a cell by changing others
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --objective and --vary, the Solver model that Excel stored with \
    the sheet is solved: the active sheet's if it has one, else that of the first sheet with \
    one. The problem solved is stored in the same way. Ctrl-C stops and keeps the best point.\n\n\
    Exit status 1 where the search ended before it converged.\n\n\
    Examples:\n  \
    gradsheet solve book.xlsx -o solved.xlsx\n  \
    gradsheet solve book.xlsx --sheet nnet --starts 200 -o solved.xlsx\n  \
    gradsheet solve book.xlsx --objective Fit!B1 --vary Fit!C1:C3 --method gd --lr 0.01 --max-iter 10\n  \
    gradsheet solve book.xlsx --objective Loan!B7 --vary Loan!B2 --target 500"
)]
pub struct Args {
    /// The workbook: xlsx, xlsm, xls, xlsb, ods, csv or tsv
    file: PathBuf,
    /// The sheet whose stored model is solved, and of references that name none
    #[arg(long)]
    sheet: Option<String>,
    /// The cell to optimise
    #[arg(long, value_name = "CELL")]
    objective: Option<String>,
    /// The cells to change: areas joined by commas
    #[arg(long, value_name = "REFS")]
    vary: Option<String>,
    /// Minimise the objective
    #[arg(long, group = "sense")]
    min: bool,
    /// Maximise the objective
    #[arg(long, group = "sense")]
    max: bool,
    /// Bring the objective to this value
    #[arg(long, group = "sense", value_name = "V", allow_negative_numbers = true)]
    target: Option<f64>,
    /// How to search; auto says what it chose
    #[arg(long, default_value = "auto", value_parser = PossibleValuesParser::new(MethodChoice::NAMES))]
    method: String,
    /// A bound on variables, or another constraint: 'C2>=0', 'C1:C3<=10'; may be
    /// given several times
    #[arg(long, value_name = "REF>=VALUE")]
    bound: Vec<String>,
    /// The learning rate of gd, momentum and adam [default: 0.01]
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    lr: Option<f64>,
    /// Iterations after which to stop [default: 1000 for gd, momentum, adam and
    /// slsqp, 10000 for the others]
    #[arg(long, value_name = "N")]
    max_iter: Option<u64>,
    /// Relative accuracy
    #[arg(
        long,
        value_name = "T",
        default_value = "1e-9",
        allow_negative_numbers = true
    )]
    tol: f64,
    /// Seconds after which to stop
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    time: Option<f64>,
    /// Search from so many points, all but the first random, and keep the best
    #[arg(long, value_name = "N")]
    starts: Option<usize>,
    /// The seed of the random points [default: the stored model's, else 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    device: device::DeviceArgs,
    /// Save the solved workbook here
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Save over the input
    #[arg(long)]
    force: bool,
    /// Show no progress, only notes and the result
    #[arg(short, long)]
    quiet: bool,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    objective: Change,
    method: &'static str,
    status: &'static str,
    code: u8,
    iterations: u64,
    evaluations: u64,
    seconds: f64,
    device: String,
    variables: Vec<Change>,
    saved: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Debug, Serialize)]
struct Change {
    cell: String,
    before: f64,
    after: f64,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let settings = args.device.choose()?;
    let target = files::destination(&args.file, args.output.as_deref(), args.force)?;
    if let Some(target) = &target {
        files::check_formats(&args.file, target)?;
    }
    let workbook = files::open(&args.file)?;
    let Stated { sheet, model, note } = state(args, &workbook)?;
    let say = |text: &str| {
        if !args.quiet {
            eprintln!("{}", printable(text));
        }
    };
    say(&note);
    say(&describe(&model));

    let mut engine = Engine::new(workbook);
    let Setup {
        resolved,
        mut slice,
        problem,
    } = Setup::new(&mut engine, &model, sheet)?;
    // What a note says changes what the result means, so --quiet keeps it.
    slice
        .notes()
        .iter()
        .for_each(|note| complain(&format!("note: {note}")));
    let device = device::place(&mut slice, settings);
    // As the cell shows it: the compiled slice may differ in the last digit.
    let before = setup::number(&engine, resolved.objective);
    let options = options(args, &model, problem.start.len())?;
    let cancel = options.stop.cancel.clone();
    // Fails only where a handler is set already, and none is.
    let _ = ctrlc::set_handler(move || interrupt(&cancel));
    let outcome = if args.quiet {
        solver::solve(&mut slice, &problem, &options, &mut ())?
    } else {
        let terminal = std::io::stderr().is_terminal();
        let mut progress = Renderer::new(std::io::stderr(), terminal);
        let outcome = solver::solve(&mut slice, &problem, &options, &mut progress);
        progress.finish();
        outcome?
    };
    device::tell_trouble(&slice);
    device::tell_deviation(&mut slice, &outcome.x, "at the end");

    let mut edits = value_edits(&resolved.areas, &outcome.x);
    edits.extend(model.edits(&engine.workbook().names, sheet));
    let objective = engine.workbook().address(resolved.objective);
    engine.apply(&Transaction::new(format!("Solve {objective}"), edits))?;
    let after = engine
        .value(resolved.objective)
        .to_number()
        .map_err(|error| {
            format!(
                "{objective} is {error} after recalculating with the solution; nothing is saved"
            )
        })?;
    if let Some(target) = &target {
        files::save(engine.workbook(), &args.file, target, sheet)?;
    }
    let document = Document {
        objective: Change {
            cell: objective,
            before: before.unwrap_or(outcome.before),
            after,
        },
        method: outcome.method,
        status: outcome.status.as_str(),
        code: outcome.code(),
        iterations: outcome.iterations,
        evaluations: outcome.evaluations,
        seconds: outcome.seconds,
        device,
        variables: slice
            .variables()
            .iter()
            .zip(slice.start().iter().zip(&outcome.x))
            .map(|(&cell, (&before, &after))| Change {
                cell: engine.workbook().address(cell),
                before,
                after,
            })
            .collect(),
        saved: target.map(|t| t.display().to_string()),
        advice: outcome.advice.clone(),
    };
    if args.json {
        json::print(out, &document)?;
    } else {
        report(&document, &outcome, out)?;
    }
    Ok(if outcome.status.is_solved() {
        Verdict::Holds
    } else {
        Verdict::DoesNotHold
    })
}

/// Ctrl-C: the first ends the search, the second the program.
fn interrupt(cancel: &Arc<AtomicBool>) {
    if cancel.swap(true, Ordering::Relaxed) {
        std::process::exit(130);
    }
}

/// A problem and where it comes from.
struct Stated {
    sheet: SheetId,
    model: StoredModel,
    note: String,
}

/// The problem that the arguments state, or change in the stored model.
fn state(args: &Args, workbook: &Workbook) -> Result<Stated> {
    let default = files::sheet(workbook, args.sheet.as_deref())?;
    let objective = match &args.objective {
        Some(text) => Some(workbook.parse_cell(text, default)?),
        None => None,
    };
    let (sheet, several) = match (&args.sheet, objective) {
        (Some(_), _) => (default, false),
        (None, Some(objective)) => (objective.sheet, false),
        (None, None) => setup::sheet_with_model(workbook, default).ok_or(
            "no sheet has a stored Solver model: state the problem with --objective and --vary",
        )?,
    };
    let name = &workbook.sheet(sheet).name;
    let stored = StoredModel::read(&workbook.names, sheet)?;
    let objective_text = objective.map(|cell| {
        let rect = Rect::cell(cell.pos);
        workbook.absolute_areas(&[Area {
            sheet: cell.sheet,
            rect,
        }])
    });
    let vary_text = match &args.vary {
        Some(text) => Some(workbook.absolute_areas(&workbook.parse_areas(text, sheet)?)),
        None => None,
    };
    let (mut model, note) = match (objective_text, vary_text, stored) {
        (Some(objective), Some(vary), stored) => {
            let mut note = format!("sheet {name}: the problem stated");
            let left_out = stored.map_or(0, |model| model.constraints.len());
            if left_out > 0 {
                note.push_str("; the constraints stored with the sheet are not part of it");
            }
            (StoredModel::fresh(&objective, &vary, Sense::Minimise), note)
        }
        (objective, vary, Some(mut model)) => {
            let changed = objective.is_some() || vary.is_some();
            if let Some(objective) = objective {
                model.objective = objective.into();
            }
            if let Some(vary) = vary {
                model.variables = vary.into();
            }
            let mut note = format!("sheet {name}: its stored Solver model");
            if changed {
                note.push_str(", changed as asked");
            }
            if several {
                note.push_str(" (other sheets have models too: --sheet chooses)");
            }
            (model, note)
        }
        (None, None, None) => {
            return Err(format!(
                "sheet \"{name}\" has no stored Solver model: state the problem with --objective and --vary"
            )
            .into());
        }
        (Some(_), None, None) => {
            return Err("which cells may change? Name them with --vary".into());
        }
        (None, Some(_), None) => {
            return Err("which cell is to be optimised? Name it with --objective".into());
        }
    };
    if args.min {
        model.sense = Sense::Minimise;
    } else if args.max {
        model.sense = Sense::Maximise;
    } else if let Some(target) = args.target {
        if !target.is_finite() {
            return Err("--target must be a finite number".into());
        }
        model.sense = Sense::Target(target);
    }
    for text in &args.bound {
        model.constraints.push(bound(text, workbook, sheet)?);
    }
    Ok(Stated { sheet, model, note })
}

/// The constraint that `--bound` states: `C1:C3>=0`.
fn bound(text: &str, workbook: &Workbook, sheet: SheetId) -> Result<StoredConstraint> {
    let relations = [
        (">=", Relation::GreaterOrEqual),
        ("<=", Relation::LessOrEqual),
    ];
    let stated = relations.iter().find_map(|&(symbol, relation)| {
        let (left, right) = text.split_once(symbol)?;
        Some((left.trim(), relation, right.trim().parse::<f64>().ok()?))
    });
    let Some((left, relation, right)) = stated.filter(|(.., right)| right.is_finite()) else {
        return Err(format!(
            "--bound {text}: state it as REF>=VALUE or REF<=VALUE, such as 'C2>=0'"
        )
        .into());
    };
    Ok(StoredConstraint {
        left: workbook
            .absolute_areas(&workbook.parse_areas(left, sheet)?)
            .into(),
        relation: StoredRelation::Compare(relation),
        right: full(right).into(),
    })
}

/// `minimise nnet!$AH$1 by changing nnet!$R$4:$AA$5`
fn describe(model: &StoredModel) -> String {
    let goal = match model.sense {
        Sense::Minimise => format!("minimise {}", model.objective),
        Sense::Maximise => format!("maximise {}", model.objective),
        Sense::Target(target) => format!("bring {} to {}", model.objective, full(target)),
    };
    let mut text = format!("{goal} by changing {}", model.variables);
    for constraint in &model.constraints {
        text.push_str(&format!(", {constraint}"));
    }
    if model.settings.nonnegative {
        text.push_str(", variables without a lower bound at least 0");
    }
    text
}

/// The arguments, and where they are silent the stored model's settings.
fn options(args: &Args, model: &StoredModel, variables: usize) -> Result<Options> {
    let limit = |stored: u32| (stored != NO_LIMIT).then_some(stored);
    let max_time =
        match args.time {
            Some(seconds) => Some(Duration::try_from_secs_f64(seconds).map_err(|_| {
                format!("--time must be a number of seconds, not {}", full(seconds))
            })?),
            None => limit(model.settings.max_seconds).map(|s| Duration::from_secs(s.into())),
        };
    if !(args.tol.is_finite() && args.tol >= 0.0) {
        return Err(format!("--tol must be 0 or a positive number, not {}", args.tol).into());
    }
    if args.starts == Some(0) {
        return Err("--starts must be at least 1".into());
    }
    let rate = args.lr.unwrap_or(MethodChoice::DEFAULT_RATE);
    if args.lr.is_some() && !MethodChoice::named(&args.method, rate).is_some_and(|m| m.has_rate()) {
        return Err(format!(
            "--lr is the learning rate of gd, momentum and adam: --method {} has none",
            args.method
        )
        .into());
    }
    Ok(Options {
        method: MethodChoice::named(&args.method, rate)
            .ok_or_else(|| format!("there is no method {}", args.method))?,
        stop: Stop {
            tolerance: args.tol,
            max_iterations: args
                .max_iter
                .or_else(|| limit(model.settings.max_iterations).map(u64::from)),
            max_time,
            ..Stop::default()
        },
        starts: Starts {
            count: args
                .starts
                .unwrap_or_else(|| setup::stored_starts(model, variables)),
            seed: args.seed.unwrap_or(model.settings.seed.into()),
        },
    })
}

/// The most variables that are listed.
const MAX_LISTED: usize = 40;

fn report(document: &Document, outcome: &Outcome, out: &mut dyn Write) -> std::io::Result<()> {
    let objective = &document.objective;
    writeln!(out, "{}", outcome.status.sentence())?;
    let mut table = Table::default();
    table.row().text("").number("before").number("after");
    for change in std::iter::once(objective).chain(document.variables.iter().take(MAX_LISTED)) {
        table
            .row()
            .text(&change.cell)
            .number(&full(change.before))
            .number(&full(change.after));
    }
    table.print(out)?;
    if document.variables.len() > MAX_LISTED {
        let more = document.variables.len() - MAX_LISTED;
        writeln!(
            out,
            "and {} (--json lists all)",
            count(more, "more variable")
        )?;
    }
    writeln!(
        out,
        "{}: {}, {}, {:.2} s, gradient norm {:.1e}",
        document.method,
        count(document.iterations as usize, "iteration"),
        count(document.evaluations as usize, "evaluation"),
        document.seconds,
        outcome.gradient_norm
    )?;
    if let Some((starts, best)) = outcome.starts {
        let which = match best {
            0 => "the present values were the best start".to_string(),
            n => format!("random start {n} was the best"),
        };
        writeln!(out, "of {starts} starts, {which}")?;
    }
    if let Some(advice) = &document.advice {
        writeln!(out, "advice: {}", printable(advice))?;
    }
    match &document.saved {
        Some(saved) => writeln!(out, "saved {}", printable(saved)),
        None => writeln!(
            out,
            "not saved (give -o OUT, or --force to save over the input)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        let change = || Change {
            cell: String::new(),
            before: 0.0,
            after: 0.0,
        };
        let document = Document {
            objective: change(),
            method: "lm",
            status: "converged",
            code: 0,
            iterations: 0,
            evaluations: 0,
            seconds: 0.0,
            device: String::new(),
            variables: vec![change()],
            saved: None,
            advice: Some(String::new()),
        };
        json::assert_documented("solve", &document);
    }

    #[test]
    fn the_manual_lists_every_status() {
        use gradsheet::solver::Status;
        let manual = include_str!("../../docs/cli.md");
        for status in [
            Status::Converged,
            Status::TargetReached,
            Status::Settled,
            Status::CannotImprove,
            Status::Plateau,
            Status::IterationLimit,
            Status::EvaluationLimit,
            Status::TimeLimit,
            Status::Cancelled,
            Status::Diverged,
            Status::Unbounded,
            Status::TargetMissed,
            Status::Infeasible,
        ] {
            let row = format!("| `{status}` | {} |", status.code());
            assert!(manual.contains(&row), "docs/cli.md lacks {row}");
        }
    }
}
