//! `gradsheet grad`: the gradient of a cell.

mod differences;

use super::show::{Table, full};
use super::{Result, Verdict, complain, device, files, json};
use differences::{Check, Kink, LIMIT, compare};
use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::Cell;
use gradsheet::solver::setup;
use gradsheet::value::format::printable;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Print the exact partial derivatives of a cell with respect to others
#[derive(Debug, clap::Args)]
#[command(
    after_help = "--check compares each derivative with central differences through recalculation, \
    extrapolated to a step of 0 (Ridders). Its figure is |derivative - quotient| over the largest \
    of |derivative|, |quotient| and a floor: the rounding error of the quotient over 1e-6. \
    Exit status 1 where it is above 1e-6.\n\n\
    Examples:\n  \
    gradsheet grad book.xlsx --of Model!B1 --wrt Model!C1:C9\n  \
    gradsheet grad book.xlsx --of Loss --wrt 'Params!A1:B4,Params!D1' --check"
)]
pub struct Args {
    /// The workbook: xlsx, xlsm, xls, xlsb, ods, csv or tsv
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
    /// Print what each run of formulas became and the program's steps with their times, or the
    /// text of its CUDA kernels
    #[arg(long, value_enum, value_name = "WHAT", num_args = 0..=1, default_missing_value = "steps")]
    explain: Option<Explained>,
    #[command(flatten)]
    device: device::DeviceArgs,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

/// What is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Explained {
    Steps,
    Cuda,
}

#[derive(Debug, Serialize)]
struct Document {
    of: String,
    value: f64,
    gradient: Vec<Partial>,
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Check>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explanation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cuda: Option<String>,
}

#[derive(Debug, Serialize)]
struct Partial {
    cell: String,
    value: f64,
    derivative: f64,
}

#[derive(Debug, Serialize)]
struct Explanation {
    runs: Vec<RunPart>,
    steps: Vec<StepTime>,
}

#[derive(Debug, Serialize)]
struct RunPart {
    run: String,
    became: Vec<&'static str>,
    lanes: usize,
    rows: usize,
    cols: usize,
    operations: u64,
    bytes: u64,
    steps: Vec<usize>,
}

#[derive(Debug, Serialize)]
struct StepTime {
    what: String,
    instructions: Vec<String>,
    operations: u64,
    bytes: u64,
    expected_microseconds: f64,
    measured_microseconds: f64,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let settings = args.device.choose()?;
    let workbook = files::open(&args.file)?;
    let sheet = files::sheet(&workbook, args.sheet.as_deref())?;
    let objective = workbook.parse_cell(&args.of, sheet)?;
    let areas = workbook.parse_areas(&args.wrt, sheet)?;
    let mut engine = Engine::new(workbook);
    let mut slice = setup::compile(&mut engine, objective, &areas)?;
    for note in slice.notes() {
        complain(&format!("note: {note}"));
    }
    let device = device::place(&mut slice, settings);
    let start = slice.start().to_vec();
    let mut gradient = vec![0.0; start.len()];
    let value = slice.value_and_gradient(&start, &mut gradient);
    device::tell_trouble(&slice);
    if !value.is_finite() || gradient.iter().any(|g| !g.is_finite()) {
        return Err(format!(
            "{} has no finite gradient at these values",
            engine.workbook().address(objective)
        )
        .into());
    }
    if gradient.iter().all(|&derivative| derivative == 0.0) {
        complain(&format!(
            "note: every derivative is 0: {} does not change with small changes of these cells, as \
             where all between is comparisons, rounding, or a branch that is not taken",
            engine.workbook().address(objective)
        ));
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
        device,
        check: check.clone(),
        explain: (args.explain == Some(Explained::Steps)).then(|| explain(&engine, &slice)),
        cuda: (args.explain == Some(Explained::Cuda)).then(|| slice.cuda_text()),
    };
    if args.json {
        json::print(out, &document)?;
    } else {
        writeln!(out, "{} = {}", printable(&document.of), full(value))?;
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
                check.worst,
                printable(&check.worst_cell)
            )?;
            print_kinks(out, &check.kinks)?;
        }
        if let Some(explanation) = &document.explain {
            print_explanation(out, explanation)?;
        }
        if let Some(text) = &document.cuda {
            writeln!(out, "\n{text}")?;
        }
    }
    Ok(match check {
        Some(check) if check.worst > LIMIT || check.worst.is_nan() => Verdict::DoesNotHold,
        _ => Verdict::Holds,
    })
}

fn explain(engine: &Engine, slice: &Slice) -> Explanation {
    let (runs, steps) = slice.explain();
    let microseconds = |seconds: f64| (seconds * 1e8).round() / 100.0;
    Explanation {
        runs: runs
            .into_iter()
            .map(|(area, part)| RunPart {
                run: engine.workbook().area_address(area),
                became: part.kinds,
                lanes: part.shape.lanes,
                rows: part.shape.rows,
                cols: part.shape.cols,
                operations: part.cost.operations,
                bytes: part.cost.bytes,
                steps: part.steps,
            })
            .collect(),
        steps: steps
            .into_iter()
            .map(|step| StepTime {
                what: step.what,
                instructions: step.instructions,
                operations: step.cost.operations,
                bytes: step.cost.bytes,
                expected_microseconds: microseconds(step.expected),
                measured_microseconds: microseconds(step.measured),
            })
            .collect(),
    }
}

fn print_explanation(out: &mut dyn Write, explanation: &Explanation) -> Result<()> {
    let joined = |steps: &[usize]| {
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        steps.join(" ")
    };
    writeln!(out)?;
    let mut table = Table::default();
    table
        .row()
        .text("run")
        .text("became")
        .text("shape")
        .number("operations")
        .number("bytes read")
        .text("steps");
    for run in &explanation.runs {
        let became = match run.became.is_empty() {
            true => "moved or shared".to_owned(),
            false => run.became.join(", "),
        };
        table
            .row()
            .text(&run.run)
            .text(&became)
            .text(&format!("{} x {} x {}", run.lanes, run.rows, run.cols))
            .number(&run.operations.to_string())
            .number(&run.bytes.to_string())
            .text(&joined(&run.steps));
    }
    table.print(out)?;
    for (i, step) in explanation.steps.iter().enumerate() {
        writeln!(
            out,
            "\nstep {i}: {}; {} operations, {} bytes; expected {} µs, measured {} µs",
            step.what,
            step.operations,
            step.bytes,
            step.expected_microseconds,
            step.measured_microseconds
        )?;
        for instruction in &step.instructions {
            writeln!(out, "    {instruction}")?;
        }
    }
    Ok(())
}

fn print_kinks(out: &mut dyn Write, kinks: &[Kink]) -> std::io::Result<()> {
    if kinks.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "kinks, where a MAX, an ABS or an IF switches: there a derivative between the slopes on both sides is right"
    )?;
    let mut table = Table::default();
    table
        .row()
        .text("cell")
        .number("derivative")
        .number("slope below")
        .number("slope above");
    for kink in kinks {
        table
            .row()
            .text(&kink.cell)
            .number(&full(kink.derivative))
            .number(&full(kink.slope_below))
            .number(&full(kink.slope_above));
    }
    table.print(out)
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
            device: String::new(),
            check: Some(Check {
                worst: 0.0,
                worst_cell: String::new(),
                kinks: vec![Kink {
                    cell: String::new(),
                    derivative: 0.0,
                    slope_below: 0.0,
                    slope_above: 0.0,
                }],
            }),
            explain: Some(Explanation {
                runs: vec![RunPart {
                    run: String::new(),
                    became: Vec::new(),
                    lanes: 1,
                    rows: 1,
                    cols: 1,
                    operations: 0,
                    bytes: 0,
                    steps: Vec::new(),
                }],
                steps: vec![StepTime {
                    what: String::new(),
                    instructions: Vec::new(),
                    operations: 0,
                    bytes: 0,
                    expected_microseconds: 0.0,
                    measured_microseconds: 0.0,
                }],
            }),
            cuda: Some(String::new()),
        };
        json::assert_documented("grad", &document);
    }
}
