//! `gradsheet grad`: the gradient of a cell.

use super::show::{Table, full};
use super::{Result, Verdict, complain, device, files, json};
use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::{Area, Cell, Rect};
use gradsheet::solver::setup;
use gradsheet::value::Value;
use gradsheet::value::format::printable;
use gradsheet::workbook::{Edit, Transaction};
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

#[derive(Clone, Debug, Serialize)]
struct Check {
    worst: f64,
    worst_cell: String,
    kinks: Vec<Kink>,
}

/// A variable at whose value the objective bends. It has no one derivative there;
/// any between the slopes on both sides is right.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Kink {
    cell: String,
    derivative: f64,
    slope_below: f64,
    slope_above: f64,
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

/// The relative difference that central differences may show.
const LIMIT: f64 = 1e-6;

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

/// The largest step of the difference quotients, relative to the variable.
const FIRST_STEP: f64 = 0.1;
/// Each step is this much smaller than the one before.
const SHRINK: f64 = 4.0;
/// How many steps are tried.
const STEPS: usize = 9;

/// How many evaluations, very close together, show an objective's rounding.
const SAMPLES: usize = 8;
/// Errors further from zero than so many standard deviations are not rounding.
const DEVIATIONS: f64 = 4.0;

/// Compares a gradient with central differences through the interpreter.
///
/// The figure for a variable is `|derivative - quotient|`, divided by the
/// largest of `|derivative|`, `|quotient|` and a floor: what rounding the
/// objective alone may do to the quotient, over [`LIMIT`]. So rounding noise
/// stays under the limit, and any difference above it is a real one. At a kink
/// there is no one derivative: there the figure is 0 between the slopes on both sides.
fn compare(engine: &mut Engine, slice: &Slice, value: f64, gradient: &[f64]) -> Result<Check> {
    let mut worst = (0.0, None);
    let mut kinks = Vec::new();
    for ((&cell, &x), &derivative) in slice.variables().iter().zip(slice.start()).zip(gradient) {
        let mut at = |x: f64| moved(engine, slice.objective_cell(), cell, x);
        let quotient = quotient(x, value, &mut at)?;
        let floor = quotient.rounding / LIMIT;
        let size = derivative.abs().max(quotient.value.abs()).max(floor);
        let difference = (derivative - quotient.value).abs();
        let relative = if difference == 0.0 {
            0.0
        } else {
            difference / size
        };
        // Far steps cross kinks, and the stairs of a ROUND: near ones tell.
        let relative = match relative > LIMIT {
            true => match sides(x, value, quotient.noise, &mut at)? {
                Sides::Kink {
                    slope_below,
                    slope_above,
                } => {
                    kinks.push(Kink {
                        cell: engine.workbook().address(cell),
                        derivative,
                        slope_below,
                        slope_above,
                    });
                    beside_kink(derivative, slope_below, slope_above)
                }
                Sides::Slope(slope) => relative.min((derivative - slope).abs() / size),
                Sides::Unknown => relative,
            },
            false => relative,
        };
        if relative > worst.0 || relative.is_nan() || worst.1.is_none() {
            worst = (relative, Some(cell));
        }
        if relative.is_nan() {
            break;
        }
    }
    Ok(Check {
        worst: worst.0,
        worst_cell: worst
            .1
            .map(|cell| engine.workbook().address(cell))
            .unwrap_or_default(),
        kinks,
    })
}

/// How far a derivative at a kink is from the slopes on both sides, relative to
/// the larger: 0 where it lies between them, as that of any branch does.
fn beside_kink(derivative: f64, slope_below: f64, slope_above: f64) -> f64 {
    let (low, high) = (slope_below.min(slope_above), slope_below.max(slope_above));
    let size = slope_below.abs().max(slope_above.abs());
    let outside = (low - derivative).max(derivative - high);
    if outside <= SAME_SLOPE * size {
        0.0
    } else {
        outside / size
    }
}

/// The step of one-sided slopes, relative to the variable: fine enough for most
/// stairs, wide enough for the rounding of the objective.
const SIDE_STEP: f64 = 1.0 / (1 << 26) as f64;
/// How much smaller the steps are that tell a bend from steepness: between
/// these the slopes of a smooth function on both sides come together.
const CLOSER: f64 = 1.0 / 16.0;
/// Slopes on both sides that differ by less, relative to them, are one.
const SAME_SLOPE: f64 = 1e-4;

/// What a function does close to a point.
#[derive(Debug, PartialEq)]
enum Sides {
    Kink {
        slope_below: f64,
        slope_above: f64,
    },
    Slope(f64),
    /// Too noisy to tell, or without numbers.
    Unknown,
}

/// The slopes of `f` just below and above `x`, each extrapolated from two
/// steps: two where they differ by more than `noise` explains.
fn sides(x: f64, value: f64, noise: f64, f: &mut impl FnMut(f64) -> Result<f64>) -> Result<Sides> {
    let step = SIDE_STEP * x.abs().max(1.0);
    let mut slope = |step: f64| -> Result<f64> {
        let mut of = |step: f64| {
            let to = x + step;
            f(to).map(|there| (there - value) / (to - x))
        };
        Ok(2.0 * of(step / 2.0)? - of(step)?)
    };
    let (slope_below, slope_above) = (slope(-step)?, slope(step)?);
    let size = slope_below.abs().max(slope_above.abs());
    let rounding = 8.0 * noise / step;
    let apart = (slope_below - slope_above).abs();
    if apart > SAME_SLOPE * size + rounding {
        let closer = (slope(-step * CLOSER)? - slope(step * CLOSER)?).abs();
        return Ok(match closer / apart {
            ratio if (0.5..=2.0).contains(&ratio) => Sides::Kink {
                slope_below,
                slope_above,
            },
            // It is steep, or jumps.
            _ => Sides::Unknown,
        });
    }
    Ok(
        match rounding < LIMIT * size.max(1.0) && apart.is_finite() {
            true => Sides::Slope((slope_below + slope_above) / 2.0),
            false => Sides::Unknown,
        },
    )
}

/// The rounding error of `f` near `x`, such as the sum of a thousand cells
/// carries: what third differences of values very close together leave, where
/// the function itself is all but a parabola. Moré and Wild, "Estimating
/// computational noise", SIAM Journal on Scientific Computing 33 (2011).
fn noise(x: f64, value: f64, f: &mut impl FnMut(f64) -> Result<f64>) -> Result<f64> {
    // Wide enough that coarse rounding shows too.
    let step = x.abs().max(1.0) * 2f64.powi(-23);
    let mut values = Vec::with_capacity(SAMPLES);
    for index in 0..SAMPLES {
        values.push(f(x + step * index as f64)?);
    }
    for _ in 0..3 {
        values = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    }
    // (k!)² / (2k)! of the mean square of differences of order k.
    let squares: f64 = values.iter().map(|d| d * d).sum();
    let deviation = (squares / values.len() as f64 / 20.0).sqrt();
    Ok(DEVIATIONS * deviation.max(f64::EPSILON * value.abs()))
}

/// A difference quotient, and what rounding may have done to it.
struct Quotient {
    value: f64,
    rounding: f64,
    /// The rounding error of the function itself.
    noise: f64,
}

/// The derivative of `f` at `x` by central differences of shrinking steps,
/// extrapolated to a step of zero: Ridders, "Accurate computation of F'(x) and
/// F'(x)F''(x)", Advances in Engineering Software 4 (1982), over Richardson's
/// tableau. The estimate with the least error counts, where its error is how
/// far it is from those it was made of (truncation) plus what rounding `f`
/// adds at its step.
fn quotient(x: f64, value: f64, f: &mut impl FnMut(f64) -> Result<f64>) -> Result<Quotient> {
    let mut best = Quotient {
        value: f64::NAN,
        rounding: 0.0,
        noise: noise(x, value, f)?,
    };
    let mut least = f64::INFINITY;
    let mut row: Vec<f64> = Vec::new();
    let mut step = FIRST_STEP * x.abs().max(1.0);
    for _ in 0..STEPS {
        let (above, below) = (x + step, x - step);
        let (f_above, f_below) = (f(above)?, f(below)?);
        // The step that was really taken, after rounding.
        let taken = above - below;
        let rounding = best.noise / (taken / 2.0);
        let mut next = vec![(f_above - f_below) / taken];
        let mut factor = 1.0;
        for (order, &coarser) in row.iter().enumerate() {
            factor *= SHRINK * SHRINK;
            let finer = next[order];
            let estimate = (finer * factor - coarser) / (factor - 1.0);
            let apart = (estimate - finer).abs().max((estimate - coarser).abs());
            if apart + rounding < least {
                least = apart + rounding;
                best = Quotient {
                    value: estimate,
                    rounding,
                    ..best
                };
            }
            next.push(estimate);
        }
        row = if next.iter().all(|estimate| estimate.is_finite()) {
            next
        } else {
            // So far from `x` the objective is no number: start again nearer.
            Vec::new()
        };
        step /= SHRINK;
    }
    Ok(best)
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

    fn off(x: f64, f: impl Fn(f64) -> f64, derivative: f64) -> f64 {
        let found = quotient(x, f(x), &mut |x| Ok(f(x))).expect("no errors");
        let floor = found.rounding / LIMIT;
        (found.value - derivative).abs() / derivative.abs().max(found.value.abs()).max(floor)
    }

    fn near(x: f64, f: impl Fn(f64) -> f64) -> Sides {
        let noise = f64::EPSILON * f(x).abs();
        sides(x, f(x), noise, &mut |x| Ok(f(x))).expect("no errors")
    }

    #[test]
    fn a_derivative_at_a_kink_lies_between_the_slopes() {
        assert_eq!(beside_kink(0.0, 0.0, 3.0), 0.0);
        assert_eq!(beside_kink(1.5, 3.0, 0.0), 0.0);
        assert!(beside_kink(3.1, 0.0, 3.0) > 0.03);
        assert!(beside_kink(3.0, 1.0, 2.0) > 0.4);
    }

    #[test]
    fn a_kink_has_two_slopes_and_stairs_have_none() {
        match near(2.0, |x| x.max(2.0) * 3.0) {
            Sides::Kink {
                slope_below,
                slope_above,
            } => assert!(slope_below.abs() < 1e-9 && (slope_above - 3.0).abs() < 1e-9),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            near(0.7, |x| (x * 100.0).round() / 100.0),
            Sides::Slope(0.0)
        );
        match near(1.0, |x| (5.0 * x).exp()) {
            Sides::Slope(slope) => assert!((slope / (5.0 * 5f64.exp()) - 1.0).abs() < 1e-8),
            other => panic!("{other:?}"),
        }
        assert_eq!(near(0.0, |_| f64::NAN), Sides::Unknown);
        assert_eq!(near(0.7, |x| (1e8 * x).sin()), Sides::Unknown);
        assert_eq!(
            near(0.5, |x| if x >= 0.5 { 3.0 } else { 2.0 }),
            Sides::Unknown
        );
    }

    #[test]
    fn differences_are_close_where_the_derivative_is_right() {
        assert!(off(1.0, f64::exp, 1f64.exp()) < 1e-10);
        assert!(
            off(1e-3, f64::ln, 1e3) < 1e-7,
            "the logarithm's domain ends near by"
        );
        assert!(off(20.0, |x| (30.0 * x).sin(), 30.0 * 600f64.cos()) < 1e-6);
        assert!(
            off(5.0, |x| 1e9 + x, 1.0) < 1e-6,
            "rounding alone is no difference"
        );
        assert_eq!(off(5.0, |_| 3.0, 0.0), 0.0);
    }

    #[test]
    fn noise_beyond_the_last_place_is_noticed() {
        // A value that comes out of a difference of large ones.
        let noisy = |x: f64| (1e8 + x.sin()) - 1e8;
        assert!(off(1.0, noisy, 1f64.cos()) < 1e-6);
        assert!(off(1.0, noisy, 1f64.cos() * 1.01) > 1e-6);
    }

    #[test]
    fn differences_show_where_the_derivative_is_wrong() {
        let found = off(1.0, f64::exp, 1f64.exp() * (1.0 + 3e-6));
        assert!((2e-6..4e-6).contains(&found), "{found}");
        assert_eq!(off(5.0, |x| x * x, 0.0), 1.0);
        assert!(off(1.0, |_| f64::NAN, 0.0).is_nan());
    }

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
