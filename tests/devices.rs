//! Devices as users meet them. What only a GPU can show is skipped, with a
//! word, where there is none.

#[cfg(target_os = "linux")]
#[path = "devices/card.rs"]
mod card;
#[path = "shared/program.rs"]
mod program;

use gradsheet::device::{Cuda, Precision};
use program::gradsheet;
use std::fs;
use std::process::Command;

/// A file with the matrix `[1 2; 3 4]`.
fn matrix() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.csv");
    fs::write(&path, "1,2\n3,4\n").unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn devices_names_the_cpu_and_says_what_there_is_of_a_gpu() {
    let shown = gradsheet(&["devices"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.starts_with("CPU: "), "{}", shown.out);
    let json = gradsheet(&["devices", "--json"]).json();
    assert!(json["cpu"]["copy"].as_f64().unwrap() > 0.0);
    match Cuda::open(Precision::F64) {
        Ok(cuda) => assert_eq!(json["gpu"]["name"], *cuda.description().name),
        Err(absent) => {
            assert_eq!(json["absent"], absent.to_string());
            assert!(json["gpu"].is_null());
            let none = format!("GPU: none ({absent})");
            assert!(shown.out.contains(&none), "{}", shown.out);
        }
    }
}

#[test]
fn a_gpu_that_is_asked_for_multiplies_or_its_absence_is_an_error() {
    let (_folder, book) = matrix();
    let formula = "=MMULT(A1:B2,A1:B2)";
    let cpu = gradsheet(&["calc", &book, formula, "--device", "cpu"]);
    assert_eq!((cpu.code, &*cpu.out), (0, "7  10\n15  22\n"));
    let auto = gradsheet(&["calc", &book, formula]);
    assert_eq!((auto.code, &auto.out), (0, &cpu.out));
    let gpu = gradsheet(&["calc", &book, formula, "--device", "cuda"]);
    if Cuda::open(Precision::F64).is_ok() {
        assert_eq!((gpu.code, &gpu.out), (0, &cpu.out), "{}", gpu.err);
    } else {
        assert_eq!((gpu.code, &*gpu.out), (2, ""));
        assert!(
            gpu.err.contains("--device cuda: no CUDA device"),
            "{}",
            gpu.err
        );
    }
}

#[test]
fn the_cpu_computes_in_f64_only_and_says_so() {
    let (_folder, book) = matrix();
    let refused = gradsheet(&["calc", &book, "--device", "cpu", "--precision", "f32"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("f64 only"), "{}", refused.err);
}

/// Libraries with the names of CUDA's and none of its functions, as far too old
/// ones would be; `None` where there is no C compiler.
#[cfg(target_os = "linux")]
fn hollow_libraries() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("hollow.c");
    fs::write(&text, "int hollow(void) { return 0; }\n").unwrap();
    for name in ["libcuda.so.1", "libnvrtc.so.13", "libcublas.so.13"] {
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&folder.path().join(name), &text])
            .status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("skipped: no C compiler");
            return None;
        }
    }
    Some(folder)
}

#[test]
#[cfg(target_os = "linux")]
fn a_driver_that_is_too_old_is_told_and_no_panic() {
    let Some(folder) = hollow_libraries() else {
        return;
    };
    let run = Command::new(env!("CARGO_BIN_EXE_gradsheet"))
        .arg("devices")
        .env("LD_LIBRARY_PATH", folder.path())
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8(run.stdout).unwrap(),
        String::from_utf8(run.stderr).unwrap(),
    );
    assert_eq!((run.status.code(), &*err), (Some(0), ""));
    let reason = "lacks cuCtxGetCurrent: it is too old; update the NVIDIA driver";
    assert!(out.contains(reason), "{out}");
}
