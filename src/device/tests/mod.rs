//! Every operation, and products by themselves, on the devices at hand against the CPU: on a GPU where there
//! is one; its kernels' text compiled by NVRTC where that is installed; and the
//! same text compiled for this CPU, which needs a C++ compiler. What is not at
//! hand is skipped, with a word.

mod emulated;
mod operations;
mod products;
mod programs;

use super::cuda::{architectures, probe_nvrtc, translate};
use super::run::{load, text};
use super::{Backend, Cuda, Precision, Runner};
use crate::program::cuda::Plan;
use crate::program::{Builder, Node, Program};
use emulated::Emulated;
use std::sync::Arc;

/// Compares the outputs of a program on all devices with the CPU's, to a
/// tolerance relative to each element, or to 1 where it is smaller.
fn agree_to(b: &Builder, outputs: &[Node], at: &[f64], precision: Precision, tolerance: f64) {
    let program = Arc::new(Program::new(b, outputs));
    let mut workspace = program.workspace();
    program.run(&mut workspace, at);
    let expected: Vec<&[f64]> = (0..outputs.len()).map(|i| workspace.output(i)).collect();
    let program = Arc::new(Program::for_gpu(b, outputs));
    let compare = |what: &str, runner: &mut dyn Runner| -> Vec<u64> {
        runner.run(at).unwrap_or_else(|e| panic!("{what}: {e}"));
        let mut bits = Vec::new();
        for (i, expected) in expected.iter().enumerate() {
            let got = runner.output(i);
            assert_eq!(got.len(), expected.len(), "{what}: output {i}");
            for (j, (&x, &y)) in got.iter().zip(*expected).enumerate() {
                let size = x.abs().max(y.abs()).max(1.0);
                let same = x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= tolerance * size;
                assert!(same, "{what}: output {i}, element {j}: {x}, on the CPU {y}");
                bits.push(x.to_bits());
            }
        }
        bits
    };
    match Cuda::open(precision) {
        Ok(cuda) => {
            let mut runner = cuda.load(&program).unwrap_or_else(|e| panic!("{e}"));
            let first = compare("GPU", runner.as_mut());
            let mut fork = runner.fork().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(first, compare("GPU again", fork.as_mut()));
        }
        Err(_) => eprintln!("skipped: no CUDA device"),
    }
    if probe_nvrtc() {
        compile_by_nvrtc(&Plan::new(&program));
    } else {
        eprintln!("skipped: no NVRTC");
    }
    let Some(machine) = Emulated::find() else {
        return;
    };
    let machine = Arc::new(machine);
    let mut runner = load(&machine, precision, &program).unwrap_or_else(|e| panic!("{e}"));
    let forwards = compare("emulated GPU", &mut runner);
    machine.turn();
    let backwards = compare("emulated GPU, backwards", &mut runner);
    assert_eq!(forwards, backwards, "the order of threads changes nothing");
}

/// Compiles the text in both precisions: to assembly for the oldest architecture,
/// which every later one takes, and to code for the newest.
fn compile_by_nvrtc(plan: &Plan) {
    let known = architectures().unwrap();
    let (oldest, newest) = (known.iter().min().unwrap(), known.iter().max().unwrap());
    for (precision, option, binary) in [
        (Precision::F64, format!("compute_{oldest}"), false),
        (Precision::F32, format!("sm_{newest}"), true),
    ] {
        let option = format!("--gpu-architecture={option}");
        translate(&text(plan, precision), &option, binary).unwrap_or_else(|e| panic!("{e}"));
    }
}

fn agree(b: &Builder, outputs: &[Node], at: &[f64]) {
    agree_to(b, outputs, at, Precision::F64, 1e-12);
}

/// Numbers between -1 and 1 without order, the same at every run.
fn noise(seed: usize, len: usize) -> Vec<f64> {
    let number = |i: usize| ((i * 7919 + seed * 104_729) as f64 * 0.618_033_988_749_895).fract();
    (1..=len).map(|i| 2.0 * number(i) - 1.0).collect()
}
