//! Other programs that read the files, where the machine has them.

use std::path::Path;
use std::process::Command;

/// What a script prints that is given the file as `book`, opened with openpyxl;
/// `None`, with a word, where there is no openpyxl.
pub fn openpyxl(file: &Path, script: &str) -> Option<String> {
    // The system's own Python, where another one comes first.
    let python = ["python3", "/usr/bin/python3"].into_iter().find(|python| {
        let has = Command::new(python)
            .args(["-c", "import openpyxl"])
            .output();
        has.is_ok_and(|out| out.status.success())
    });
    let Some(python) = python else {
        eprintln!("not checked with openpyxl, which is not installed");
        return None;
    };
    let start = "import sys, openpyxl\nbook = openpyxl.load_workbook(sys.argv[1])\n";
    let out = Command::new(python)
        .args(["-c", &format!("{start}{script}")])
        .arg(file)
        .output()
        .expect("python3 runs");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "openpyxl: {errors}");
    Some(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// The file as LibreOffice writes it again; `None`, with a word, where there
/// is no LibreOffice.
pub fn libreoffice(file: &Path) -> Option<Vec<u8>> {
    let program = ["soffice", "libreoffice"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    let Some(program) = program else {
        eprintln!("not checked with LibreOffice, which is not installed");
        return None;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let profile = folder.path().join("profile");
    let out = Command::new(program)
        .arg(format!(
            "-env:UserInstallation=file://{}",
            profile.display()
        ))
        .args(["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"])
        .arg("--outdir")
        .arg(folder.path().join("out"))
        .arg(file)
        .output()
        .expect("LibreOffice runs");
    let name = file.file_name().expect("a file");
    let written = std::fs::read(folder.path().join("out").join(name));
    Some(
        written.unwrap_or_else(|_| panic!("LibreOffice: {}", String::from_utf8_lossy(&out.stderr))),
    )
}
