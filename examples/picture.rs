//! Draws the README's picture from a real run:
//! `cargo build --release && cargo run --release --example picture`.
//!
//! Runs `gradsheet solve workbooks/titanic.xlsx` and writes what it printed,
//! as a terminal would show it, to `docs/solve.svg`.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Lines of a long table that the picture leaves out.
const SHOWN_VARIABLES: usize = 6;
const CHARACTER: f64 = 8.4;
const LINE: f64 = 19.0;
const MARGIN: f64 = 18.0;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("target/release/gradsheet");
    let arguments = [
        "solve",
        "workbooks/titanic.xlsx",
        "-o",
        "target/solved.xlsx",
    ];
    let run = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()?;
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into());
    }
    let mut lines = vec!["$ gradsheet solve workbooks/titanic.xlsx -o solved.xlsx".to_owned()];
    lines.extend(String::from_utf8(run.stderr)?.lines().map(str::to_owned));
    lines.extend(shortened(
        &String::from_utf8(run.stdout)?.replace("target/", ""),
    ));
    std::fs::write(root.join("docs/solve.svg"), picture(&lines)?)?;
    Ok(())
}

/// The output with most of the variables' lines left out.
fn shortened(output: &str) -> Vec<String> {
    let mut variables = 0;
    let mut lines = Vec::new();
    for line in output.lines() {
        let is_variable = line.starts_with("nnet!") && !line.starts_with("nnet!AH1");
        variables += usize::from(is_variable);
        if !is_variable || variables <= SHOWN_VARIABLES {
            lines.push(line.to_owned());
        } else if variables == SHOWN_VARIABLES + 1 {
            lines.push("…".to_owned());
        }
    }
    lines
}

/// Light text on a dark window.
fn picture(lines: &[String]) -> Result<String, std::fmt::Error> {
    let widest = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    let width = 2.0 * MARGIN + CHARACTER * widest as f64;
    let height = 2.0 * MARGIN + LINE * lines.len() as f64;
    let mut svg = String::new();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">"#
    )?;
    writeln!(
        svg,
        r##"<rect width="100%" height="100%" rx="8" fill="#1b1f27"/>"##
    )?;
    for (index, line) in lines.iter().enumerate() {
        let y = MARGIN + LINE * (index as f64 + 0.75);
        let colour = match line {
            line if line.starts_with('$') => "#9ece6a",
            line if line.starts_with("nnet!AH1") => "#e0af68",
            line if line.starts_with("iteration") => "#7aa2f7",
            _ => "#c8d0e0",
        };
        let text = line
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        writeln!(
            svg,
            r#"<text x="{MARGIN}" y="{y:.1}" fill="{colour}" xml:space="preserve">{text}</text>"#
        )?;
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}
