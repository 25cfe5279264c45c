//! `gradsheet devices`: what computes here, how fast, and from where on a GPU pays.

use super::show::Table;
use super::{Result, Verdict, json};
use gradsheet::device::{Backend, Cpu, Cuda, Measured, Precision, measured, product_pays_from};
use gradsheet::engine::gradient::{WORTH_A_STEP, WORTH_TRYING};
use gradsheet::value::format::printable;
use serde::Serialize;
use std::io::Write;

/// Print what computes here: the CPU, and a GPU if there is one
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Rates are measured once and kept in $XDG_CACHE_HOME or ~/.cache, in \
    gradsheet/devices.json.\n\n\
    Examples:\n  \
    gradsheet devices\n  \
    gradsheet devices --measure --json"
)]
pub struct Args {
    /// Measure again
    #[arg(long)]
    measure: bool,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    cpu: Processor,
    gpu: Option<Gpu>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<String>,
}

#[derive(Debug, Serialize)]
struct Processor {
    name: String,
    threads: usize,
    /// Bytes a second.
    copy: f64,
    /// Operations a second.
    product_f64: f64,
}

#[derive(Debug, Serialize)]
struct Gpu {
    name: String,
    architecture: String,
    memory: usize,
    driver: String,
    nvrtc: String,
    cublas: String,
    #[serde(flatten)]
    speed: Option<Speed>,
    /// Why there is no speed.
    #[serde(skip_serializing_if = "Option::is_none")]
    unmeasured: Option<String>,
}

#[derive(Debug, Serialize)]
struct Speed {
    copy: f64,
    sent: f64,
    fetched: f64,
    latency: f64,
    product_f64: f64,
    product_f32: f64,
    product_tf32: f64,
    pays_from_f64: Option<usize>,
    pays_from_f32: Option<usize>,
    pays_from_tf32: Option<usize>,
    /// Seconds.
    tried_from: f64,
    tried_from_per_step: f64,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let found = Cuda::open(Precision::F64);
    let rates = measured(found.as_ref().ok(), args.measure);
    // A GPU that is there and fails is told of as it was found.
    let unmeasured = rates.as_ref().err().map(ToString::to_string);
    let rates = rates.or_else(|_| measured(None, args.measure))?;
    let document = Document {
        cpu: Processor {
            name: Cpu.name(),
            threads: Cpu.threads(),
            copy: rates.cpu.copy,
            product_f64: rates.cpu.product,
        },
        gpu: found
            .as_ref()
            .ok()
            .map(|cuda| gpu(cuda, &rates, unmeasured)),
        absent: found.as_ref().err().map(ToString::to_string),
    };
    if args.json {
        json::print(out, &document)?;
    } else {
        report(&document, out)?;
    }
    Ok(Verdict::Holds)
}

fn gpu(cuda: &Cuda, measured: &Measured, unmeasured: Option<String>) -> Gpu {
    let found = cuda.description();
    let pays = |precision| product_pays_from(measured, precision);
    let (major, minor) = found.compute_capability;
    Gpu {
        name: found.name.clone(),
        architecture: format!("sm_{major}{minor}"),
        memory: found.memory,
        driver: format!("{}.{}", found.driver.0, found.driver.1),
        nvrtc: format!("{}.{}", found.nvrtc.0, found.nvrtc.1),
        cublas: format!("{}.{}.{}", found.cublas.0, found.cublas.1, found.cublas.2),
        speed: measured.gpu.map(|rates| Speed {
            copy: rates.copy,
            sent: rates.sent,
            fetched: rates.fetched,
            latency: rates.latency,
            product_f64: rates.product_f64,
            product_f32: rates.product_f32,
            product_tf32: rates.product_tf32,
            pays_from_f64: pays(Precision::F64),
            pays_from_f32: pays(Precision::F32),
            pays_from_tf32: pays(Precision::Tf32),
            tried_from: WORTH_TRYING,
            tried_from_per_step: WORTH_A_STEP,
        }),
        unmeasured,
    }
}

fn report(document: &Document, out: &mut dyn Write) -> std::io::Result<()> {
    let giga = |rate: f64| format!("{:.1}", rate / 1e9);
    let cpu = &document.cpu;
    let threads = match cpu.threads {
        1 => "1 thread".to_owned(),
        n => format!("{n} threads"),
    };
    writeln!(out, "CPU: {}, {threads}", printable(&cpu.name))?;
    let mut table = Table::default();
    let mut line = |what: &str, figure: &str, unit: &str| {
        table.row().text("  ").text(what).number(figure).text(unit);
    };
    line("memory copied by one thread", &giga(cpu.copy), "GB/s");
    line("MMULT", &giga(cpu.product_f64), "GFLOP/s");
    let Some(gpu) = &document.gpu else {
        table.print(out)?;
        let absent = document.absent.as_deref().unwrap_or_default();
        writeln!(out, "GPU: none ({})", printable(absent))?;
        return writeln!(out, "everything is computed on the CPU, in f64");
    };
    table.print(out)?;
    writeln!(
        out,
        "GPU: {}, {}, {:.1} GB; driver for CUDA {}, NVRTC {}, cuBLAS {}",
        printable(&gpu.name),
        gpu.architecture,
        gpu.memory as f64 / 1e9,
        gpu.driver,
        gpu.nvrtc,
        gpu.cublas
    )?;
    let Some(gpu) = &gpu.speed else {
        let reason = gpu.unmeasured.as_deref().unwrap_or_default();
        writeln!(
            out,
            "  how fast it is was not measured: {}",
            printable(reason)
        )?;
        return writeln!(
            out,
            "MMULT runs on the CPU at every size (--device cuda asks for the GPU)"
        );
    };
    let mut table = Table::default();
    let mut line = |what: &str, figure: &str, unit: &str| {
        table.row().text("  ").text(what).number(figure).text(unit);
    };
    line("memory copied", &giga(gpu.copy), "GB/s");
    line("sent to it", &giga(gpu.sent), "GB/s");
    line("fetched from it", &giga(gpu.fetched), "GB/s");
    line("there and back", &format!("{:.1}", gpu.latency * 1e6), "µs");
    line("matrix product, f64", &giga(gpu.product_f64), "GFLOP/s");
    line("matrix product, f32", &giga(gpu.product_f32), "GFLOP/s");
    line("matrix product, tf32", &giga(gpu.product_tf32), "GFLOP/s");
    table.print(out)?;
    for (precision, from) in [
        ("f64", gpu.pays_from_f64),
        ("f32", gpu.pays_from_f32),
        ("tf32", gpu.pays_from_tf32),
    ] {
        match from {
            Some(n) => writeln!(
                out,
                "MMULT of square matrices in {precision} runs on the GPU from {n} rows on"
            )?,
            None => writeln!(out, "MMULT in {precision} runs on the CPU at every size")?,
        }
    }
    writeln!(
        out,
        "a loss and gradient that takes the CPU more than {:.0} ms, and {:.1} ms for each step of its \
         program, is tried on the GPU and stays where it is faster",
        gpu.tried_from * 1e3,
        gpu.tried_from_per_step * 1e3
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        let document = Document {
            cpu: Processor {
                name: String::new(),
                threads: 2,
                copy: 1e10,
                product_f64: 1e10,
            },
            gpu: Some(Gpu {
                name: "Card".into(),
                architecture: "sm_90".into(),
                memory: 80_000_000_000,
                driver: "13.0".into(),
                nvrtc: "13.0".into(),
                cublas: "13.0.2".into(),
                speed: Some(Speed {
                    copy: 3e12,
                    sent: 2e10,
                    fetched: 2e10,
                    latency: 2e-5,
                    product_f64: 6e13,
                    product_f32: 5e13,
                    product_tf32: 4e14,
                    pays_from_f64: Some(200),
                    pays_from_f32: Some(150),
                    pays_from_tf32: None,
                    tried_from: 5e-3,
                    tried_from_per_step: 2e-4,
                }),
                unmeasured: Some(String::new()),
            }),
            absent: Some(String::new()),
        };
        json::assert_documented("devices", &document);
        let mut out = Vec::new();
        report(&document, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("Card, sm_90, 80.0 GB"), "{text}");
        assert!(
            text.contains("in f64 runs on the GPU from 200 rows"),
            "{text}"
        );
        assert!(text.contains("MMULT in tf32 runs on the CPU"), "{text}");
        assert!(
            text.contains("more than 5 ms, and 0.2 ms for each step"),
            "{text}"
        );
    }
}
