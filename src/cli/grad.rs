//! `gradsheet grad`: the gradient of a cell.

use super::show::{Table, full};
use super::{Result, Verdict, complain, files, json, slice};
use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::{Area, Cell, Rect};
use gradsheet::solver::references::{parse_areas, parse_cell};
use gradsheet::value::Value;
use gradsheet::workbook::{Edit, Transaction};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Print the exact partial derivatives of a cell with respect to others
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status 1 where --check finds a relative difference above 1e-6.\n\n\
    Examples:\n  \
    gradsheet grad book.xlsx --of Model!B1 --wrt Model!C1:C9\n  \
    gradsheet grad book.xlsx --of Loss --wrt 'Params!A1:B4,Params!D1' --check"
)]
pub struct Args {
    file: PathBuf,
    /// The cell to differentiate
    #[arg(long, value_name = "CELL")]
    of: String,
    /// The cells to differentiate with respect to: areas joined by commas
    #[arg(long, value_name = "REFS")]
    wrt: String,
    /// The sheet of references that name none [default: the active one]
    #[arg(long)]
    sheet: Option<String>,
    /// Compare with central differences through recalculation
    #[arg(long)]
    check: bool,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    of: String,
    value: f64,
    gradient: Vec<Partial>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Check>,
}

#[derive(Debug, Serialize)]
struct Partial {
    cell: String,
    value: f64,
    derivative: f64,
}

#[derive(Clone, Debug, Serialize)]
struct Check {
    worst: f64,
    worst_cell: String,
}

/// The relative difference that central differences may show.
const LIMIT: f64 = 1e-6;

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let workbook = files::open(&args.file)?;
    let sheet = files::sheet(&workbook, args.sheet.as_deref())?;
    let objective = parse_cell(&args.of, &workbook, sheet)?;
    let areas = parse_areas(&args.wrt, &workbook, sheet)?;
    let mut engine = Engine::new(workbook);
    let mut slice = slice::compile(&mut engine, objective, &areas)?;
    for note in slice.notes() {
        complain(note);
    }
    let start = slice.start().to_vec();
    let mut gradient = vec![0.0; start.len()];
    let value = slice.value_and_gradient(&start, &mut gradient);
    if !value.is_finite() || gradient.iter().any(|g| !g.is_finite()) {
        return Err(format!(
            "{} has no finite gradient at these values",
            engine.workbook().address(objective)
        )
        .into());
    }
    let check = match args.check {
        true => Some(compare(&mut engine, &slice, value, &gradient)?),
        false => None,
    };
    let address = |cell: Cell| engine.workbook().address(cell);
    let document = Document {
        of: address(objective),
        value,
        gradient: slice
            .variables()
            .iter()
            .zip(start.iter().zip(&gradient))
            .map(|(&cell, (&value, &derivative))| Partial {
                cell: address(cell),
                value,
                derivative,
            })
            .collect(),
        check: check.clone(),
    };
    if args.json {
        json::print(out, &document)?;
    } else {
        writeln!(out, "{} = {}", document.of, full(value))?;
        let mut table = Table::default();
        table
            .row()
            .text("cell")
            .number("value")
            .number("derivative");
        for partial in &document.gradient {
            table
                .row()
                .text(&partial.cell)
                .number(&full(partial.value))
                .number(&full(partial.derivative));
        }
        table.print(out)?;
        if let Some(check) = &check {
            writeln!(
                out,
                "worst relative difference to central differences: {:.1e} ({})",
                check.worst, check.worst_cell
            )?;
        }
    }
    Ok(match check {
        Some(check) if check.worst > LIMIT || check.worst.is_nan() => Verdict::DoesNotHold,
        _ => Verdict::Holds,
    })
}

/// Steps of the central differences, relative to the size of the variable.
const STEPS: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// Rounding errors that an objective summed over many cells may carry.
const ROUNDING: f64 = 4.0;

/// Compares a gradient with central differences through the interpreter.
///
/// Of several steps the one counts whose estimate is nearest to its
/// neighbour's (Ridders, "Accurate computation of F'(x) and F'(x)F''(x)",
/// 1982): larger ones suffer from curvature, smaller ones from rounding. What
/// rounding alone can make of the estimate is no difference.
fn compare(engine: &mut Engine, slice: &Slice, value: f64, gradient: &[f64]) -> Result<Check> {
    let mut worst = (0.0, slice.variables().first().copied());
    for ((&cell, &x), &derivative) in slice.variables().iter().zip(slice.start()).zip(gradient) {
        let mut estimates = Vec::with_capacity(STEPS.len());
        for step in STEPS {
            let h = step * x.abs().max(1.0);
            let above = moved(engine, slice.objective_cell(), cell, x + h)?;
            let below = moved(engine, slice.objective_cell(), cell, x - h)?;
            // The step that was really taken, after rounding.
            let taken = (x + h) - (x - h);
            estimates.push(((above - below) / taken, h));
        }
        let (estimate, h) = estimates
            .windows(2)
            .min_by(|a, b| {
                let apart = |pair: &[(f64, f64)]| (pair[0].0 - pair[1].0).abs();
                apart(a).total_cmp(&apart(b))
            })
            .map_or((f64::NAN, 1.0), |pair| pair[0]);
        let rounding = ROUNDING * f64::EPSILON * value.abs() / h;
        let difference = (estimate - derivative).abs() - rounding;
        let relative = if difference <= 0.0 {
            0.0
        } else {
            difference / estimate.abs().max(derivative.abs())
        };
        if relative > worst.0 || relative.is_nan() {
            worst = (relative, Some(cell));
        }
    }
    Ok(Check {
        worst: worst.0,
        worst_cell: worst
            .1
            .map(|cell| engine.workbook().address(cell))
            .unwrap_or_default(),
    })
}

/// The objective after recalculation with a variable at `x`; NaN where it is
/// no number. The workbook is as before afterwards.
fn moved(engine: &mut Engine, objective: Cell, variable: Cell, x: f64) -> Result<f64> {
    let area = Area {
        sheet: variable.sheet,
        rect: Rect::cell(variable.pos),
    };
    let values = vec![Value::Number(x)];
    engine.apply(&Transaction::new(
        "Move a variable",
        vec![Edit::SetValues { area, values }],
    ))?;
    let value = engine.value(objective).to_number().unwrap_or(f64::NAN);
    engine.undo()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        let document = Document {
            of: String::new(),
            value: 0.0,
            gradient: vec![Partial {
                cell: String::new(),
                value: 0.0,
                derivative: 0.0,
            }],
            check: Some(Check {
                worst: 0.0,
                worst_cell: String::new(),
            }),
        };
        json::assert_documented("grad", &document);
    }
}
