//! A card as users meet it, by libraries in the place of CUDA's (`cuda.cpp`): the
//! calls of the driver and of cuBLAS run as they would with one.

use crate::matrix;
use crate::program::{Run, gradsheet};
use gradsheet::device::{Backend, Cuda, Precision, multiply_on};
use gradsheet::program::{Axes, Binary, Builder, Program, Reduction, Shape, Tensor, Unary};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

/// The library, made once; `None` where there is no C++ compiler. An `old` one
/// lacks a function.
fn library(old: bool) -> Option<&'static Path> {
    static MADE: [OnceLock<Option<PathBuf>>; 2] = [const { OnceLock::new() }; 2];
    let make = || {
        let root = env!("CARGO_MANIFEST_DIR");
        let name = if old { "old-cuda.so" } else { "cuda.so" };
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let made = Command::new("c++")
            .args(["-std=c++17", "-O1", "-shared", "-fPIC", "-pthread", "-o"])
            .args([&library, &Path::new(root).join("tests/devices/cuda.cpp")])
            .arg(format!("-DSHIM=\"{root}/src/device/tests/shim.h\""))
            .args(old.then_some("-DOLD"))
            .arg("-ldl")
            .status();
        if made.is_ok_and(|status| status.success()) {
            Some(library)
        } else {
            eprintln!("skipped: no C++ compiler");
            None
        }
    };
    MADE[usize::from(old)].get_or_init(make).as_deref()
}

/// A folder with the library under the names of CUDA's.
fn emulated_cuda(old: bool) -> Option<tempfile::TempDir> {
    let library = library(old)?;
    let folder = tempfile::tempdir().unwrap();
    for name in ["libcuda.so.1", "libnvrtc.so.13", "libcublas.so.13"] {
        symlink(library, folder.path().join(name)).unwrap();
    }
    Some(folder)
}

/// Runs the program with these libraries and settings.
fn with(libraries: &tempfile::TempDir, settings: &[(&str, &str)], arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_gradsheet"))
        .args(arguments)
        .env("LD_LIBRARY_PATH", libraries.path())
        .env("XDG_CACHE_HOME", libraries.path())
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn devices_tells_of_a_card_its_versions_rates_and_thresholds() {
    let Some(cuda) = emulated_cuda(false) else {
        return;
    };
    let shown = with(&cuda, &[], &["devices"]);
    assert_eq!((shown.code, &*shown.err), (0, ""), "{}", shown.out);
    for part in [
        "GPU: Emulated card, sm_90, 17.2 GB; driver for CUDA 13.0, NVRTC 13.0, cuBLAS 13.0.2",
        "memory copied",
        "matrix product, tf32",
        "MMULT of square matrices in f64 runs on the GPU from 407 rows on",
        "takes the CPU more than 5 ms, and 0.2 ms for each step of its program, is tried",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    // Rates are kept; a card whose memory is taken is told of all the same.
    let full = [("FAKE_MEMORY", "1000000")];
    let again = with(&cuda, &full, &["devices", "--measure"]);
    assert_eq!((again.code, &*again.err), (0, ""), "{}", again.out);
    let reason = "was not measured: the GPU has not enough memory: 268435456 more bytes";
    assert!(again.out.contains(reason), "{}", again.out);
    let json = with(&cuda, &full, &["devices", "--measure", "--json"]).json();
    assert_eq!(json["gpu"]["name"], "Emulated card");
    assert!(json["gpu"]["unmeasured"].is_string() && json["gpu"]["copy"].is_null());
}

#[test]
fn a_card_that_cannot_be_used_is_told_with_what_to_do() {
    let Some(cuda) = emulated_cuda(false) else {
        return;
    };
    for (settings, reasons) in [
        (
            &[("FAKE_DEVICES", "0")][..],
            &["no CUDA-capable device is detected"][..],
        ),
        (
            &[("FAKE_DRIVER", "12040")],
            &[
                "loading kernels",
                "knows CUDA up to 12.4",
                "of 13.0: update the driver",
            ],
        ),
        (
            &[("FAKE_CAPABILITY", "70")],
            &["nothing for sm_70 any more"],
        ),
    ] {
        let shown = with(&cuda, settings, &["devices"]);
        assert_eq!((shown.code, &*shown.err), (0, ""), "{}", shown.out);
        assert!(shown.out.contains("GPU: none ("), "{}", shown.out);
        for reason in reasons {
            assert!(shown.out.contains(reason), "{reason}: {}", shown.out);
        }
    }
    // Of a newer architecture than the compiler knows it gets assembly.
    let (_folder, book) = matrix();
    let formula = ["calc", &*book, "=MMULT(A1:B2,A1:B2)", "--device", "cuda"];
    let newer = with(&cuda, &[("FAKE_CAPABILITY", "121")], &formula);
    assert_eq!((&*newer.out, &*newer.err), ("7  10\n15  22\n", ""));
    let Some(old) = emulated_cuda(true) else {
        return;
    };
    let shown = with(&old, &[], &["devices"]);
    assert_eq!((shown.code, &*shown.err), (0, ""), "{}", shown.out);
    let reason = "lacks cuMemAllocAsync: it is too old; update the NVIDIA driver";
    assert!(shown.out.contains(reason), "{}", shown.out);
    fs::remove_file(cuda.path().join("libcublas.so.13")).unwrap();
    let shown = with(&cuda, &[], &["devices"]);
    let reason = "cuBLAS (libcublas) of the CUDA toolkit 13 was not found";
    assert!(shown.out.contains(reason), "{}", shown.out);
}

#[test]
fn mmult_on_a_card_has_the_cpus_result_or_tells_its_error_or_why_the_cpu_multiplied() {
    let Some(cuda) = emulated_cuda(false) else {
        return;
    };
    let (_folder, book) = matrix();
    let formula = ["calc", &*book, "=MMULT(A1:B2,A1:B2)", "--device", "cuda"];
    let double = with(&cuda, &[], &formula);
    assert_eq!((&*double.out, &*double.err), ("7  10\n15  22\n", ""));
    for precision in ["f32", "tf32"] {
        let less = with(
            &cuda,
            &[],
            &[&formula[..], &["--precision", precision]].concat(),
        );
        assert_eq!(less.out, "7  10\n15  22\n", "{}", less.err);
        let note = format!("1 matrix product in {precision} on the GPU; largest error seen");
        assert!(less.err.contains(&note), "{}", less.err);
    }
    // The first trial takes less.
    let long = "=SUM(MMULT(SEQUENCE(300,300),SEQUENCE(300,300)))";
    let full = [("FAKE_MEMORY", "500000")];
    let fallen = with(&cuda, &full, &["calc", &book, long, "--device", "cuda"]);
    let here = gradsheet(&["calc", &book, long, "--device", "cpu"]);
    assert_eq!((fallen.code, &fallen.out), (0, &here.out), "{}", fallen.err);
    let note =
        "the GPU has not enough memory: 720000 more bytes are needed; the CPU multiplied instead";
    assert!(fallen.err.contains(note), "{}", fallen.err);
}

#[test]
fn a_search_on_a_card_goes_as_on_the_cpu_by_gradients_and_by_jacobians() {
    let Some(cuda) = emulated_cuda(false) else {
        return;
    };
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.xlsx");
    let solve = |method: &str, settings: &[(&str, &str)], device: &[&str]| {
        let common = ["solve", book, "--max-iter", "3", "--quiet", "--json"];
        let rest = [&["--method", method][..], device].concat();
        let run = with(&cuda, settings, &[&common[..], &rest].concat());
        assert_eq!(run.code, 1, "stopped: {}{}", run.out, run.err);
        let after = run.json()["objective"]["after"].as_f64().unwrap();
        (run, after)
    };
    for method in ["lbfgs", "lm"] {
        let (_, here) = solve(method, &[], &["--device", "cpu"]);
        let (run, there) = solve(method, &[], &["--device", "cuda"]);
        assert_eq!(run.json()["device"], "Emulated card");
        assert!(run.err.contains("Emulated card in f64"), "{}", run.err);
        assert!(
            (there - here).abs() < 1e-9 * here,
            "{method}: {there}, {here}"
        );
        let full = [("FAKE_MEMORY", "20000")];
        let (run, fallen) = solve(method, &full, &["--device", "cuda"]);
        assert!(run.err.contains("not enough memory"), "{}", run.err);
        assert!(run.err.contains("the CPU computes instead"), "{}", run.err);
        assert_eq!(fallen, here);
    }
    let (run, _) = solve("lm", &[], &["--device", "cuda", "--precision", "f32"]);
    let told = "f32 at the end: objective off by";
    assert!(run.err.contains(told), "{}", run.err);
    // Room for the loss, none for the Jacobian.
    let (_, here) = solve("lm", &[], &["--device", "cpu"]);
    let (run, half) = solve("lm", &[("FAKE_MEMORY", "200000")], &["--device", "cuda"]);
    assert!(run.err.contains("Emulated card in f64"), "{}", run.err);
    assert!(run.err.contains("not enough memory"), "{}", run.err);
    assert!((half - here).abs() < 1e-9 * here);
}

/// What the program does in one process with many threads; a process of its own,
/// as libraries are found when it starts.
#[test]
fn any_thread_runs_programs_on_the_card_and_any_other_drops_them() {
    const INSIDE: &str = "GRADSHEET_TEST_ON_EMULATED_CARD";
    if std::env::var_os(INSIDE).is_some() {
        return threads_share_a_card();
    }
    let Some(cuda) = emulated_cuda(false) else {
        return;
    };
    let name = "card::any_thread_runs_programs_on_the_card_and_any_other_drops_them";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("LD_LIBRARY_PATH", cuda.path())
        .env(INSIDE, "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn threads_share_a_card() {
    let mut b = Builder::new();
    let rows = 3000;
    let numbers: Vec<f64> = (0..rows).map(|i| f64::from(i) / 1000.0).collect();
    let x = b.constant(Tensor::new(
        Shape::new(1, rows as usize, 1),
        numbers.clone(),
    ));
    let w = b.parameter(Shape::SCALAR);
    let scaled = b.binary(Binary::Mul, x, w).unwrap();
    let curve = b.unary(Unary::Tanh, scaled);
    let loss = b.reduce(Reduction::Sum, Axes::ALL, curve);
    let mut outputs = vec![loss];
    outputs.extend(b.gradient(loss, &[w]).unwrap());
    let program = Arc::new(Program::for_gpu(&b, &outputs));
    let cuda = Cuda::open(Precision::F64).unwrap();
    let runner = cuda.load(&program).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let mut fork = runner.fork().unwrap();
            let numbers = &numbers;
            scope.spawn(move || {
                for step in 0..20 {
                    let at = f64::from(thread) + f64::from(step) / 20.0;
                    fork.run(&[at]).unwrap();
                    let expected: f64 = numbers.iter().map(|x| (x * at).tanh()).sum();
                    let got = fork.output(0)[0];
                    assert!(
                        (got - expected).abs() < 1e-9 * expected.max(1.0),
                        "{got}, {expected}"
                    );
                }
            });
        }
    });
    // A thread that never used the card frees memory of it, and nobody notices.
    let mut left = runner.fork().unwrap();
    std::thread::spawn(move || drop(runner)).join().unwrap();
    left.run(&[0.5]).unwrap();
    // More than is copied at a time, and nothing at all.
    let (m, k) = (1_500_000, 2);
    let a: Vec<f64> = (0..m * k).map(|i| (i % 1013) as f64).collect();
    for (precision, tolerance) in [(Precision::F64, 0.0), (Precision::F32, 1e-2)] {
        let product = multiply_on(&cuda.with(precision), [m, k, 1], &a, &[1.0, 0.5]).unwrap();
        for at in [0, 1, 999_999, m - 1] {
            let expected = a[at] + 0.5 * a[m + at];
            assert!(
                (product[at] - expected).abs() <= tolerance,
                "{precision} {at}"
            );
        }
    }
    assert_eq!(multiply_on(&cuda, [2, 0, 3], &[], &[]), Ok(vec![0.0; 6]));
    assert_eq!(multiply_on(&cuda, [0, 2, 3], &[], &[0.0; 6]), Ok(vec![]));
}
