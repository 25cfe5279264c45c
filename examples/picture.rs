//! Draws the README's pictures from real runs:
//! `cargo build --release && cargo run --release --example picture`.
//!
//! Runs the application on `workbooks/titanic.xlsx` in a pseudo-terminal, with the
//! gradient view on and the solver run, and `gradsheet solve` on the same
//! file; writes both screens, as a terminal shows them, to `docs/application.svg`
//! and `docs/solve.svg`.

#[path = "../tests/shared/pty.rs"]
mod pty;

use pty::Pty;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

const CHARACTER: f64 = 8.43;
const LINE: f64 = 18.0;
const MARGIN: f64 = 16.0;
const FOREGROUND: &str = "#c8d0e0";
const BACKGROUND: &str = "#1b1f27";
/// The first sixteen colours, on a dark background.
const COLOURS: [&str; 16] = [
    "#2a2f3a", "#e06c75", "#9ece6a", "#e0af68", "#7aa2f7", "#bb9af7", "#7dcfff", "#c8d0e0",
    "#565f73", "#f08a92", "#b5dd8c", "#edc78a", "#9db9fa", "#cfb5fa", "#a5dfff", "#f2f5fa",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir()?;
    let example = root.join("workbooks/titanic.xlsx");
    std::fs::copy(example, home.path().join("titanic.xlsx"))?;
    let typed = "$ gradsheet solve titanic.xlsx -o solved.xlsx";
    let pictures = [
        ("application", None, application(home.path())),
        ("solve", Some(typed), command(home.path())),
    ];
    for (name, typed, screen) in pictures {
        let file = root.join(format!("docs/{name}.svg"));
        std::fs::write(file, picture(typed, &screen)?)?;
    }
    Ok(())
}

/// The gradient view with the solver at its end.
fn application(home: &Path) -> vt100::Screen {
    let colours = [("COLORTERM", "truecolor")];
    let mut pty = Pty::start_at((122, 32), home, &["titanic.xlsx"], &colours);
    pty.sees("Survived");
    // Inputs, parameters and the first products side by side.
    pty.send("\x07mmult!AF4\r")
        .send("\x07N4\r")
        .send("\x07S4\r");
    pty.sees("-0.388");
    pty.send("\x1b[18~").sees("of mmult!");
    pty.send("\x1b[17~").sees("READY");
    pty.send("\x1bs").sees("S4:T13");
    pty.send("\x1b[15~").sees("Keep the solution");
    // The derivatives are those at the solution by now.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let screen = pty.screen();
    pty.send("\x0b").sees("Kept");
    pty.send("\x1b[17~").send("\x11").sees("unsaved changes");
    pty.send("d");
    pty.ends();
    screen
}

/// The command line's output, without the lines left empty below it.
fn command(home: &Path) -> vt100::Screen {
    let arguments = ["solve", "titanic.xlsx", "-o", "solved.xlsx"];
    let mut pty = Pty::start_at((110, 44), home, &arguments, &[]);
    pty.ends();
    std::thread::sleep(std::time::Duration::from_millis(200));
    pty.screen()
}

/// A cell of the screen as the picture needs it.
#[derive(Clone, PartialEq)]
struct Look {
    fg: String,
    bg: Option<String>,
    bold: bool,
    italic: bool,
}

fn look(cell: &vt100::Cell) -> Look {
    let (mut fg, mut bg) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        let front = bg.unwrap_or_else(|| BACKGROUND.into());
        bg = Some(fg.unwrap_or_else(|| FOREGROUND.into()));
        fg = Some(front);
    }
    Look {
        fg: fg.unwrap_or_else(|| FOREGROUND.into()),
        bg,
        bold: cell.bold(),
        italic: cell.italic(),
    }
}

/// A colour as SVG writes it; `None` for the terminal's own.
fn colour(colour: vt100::Color) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        vt100::Color::Idx(index @ 0..16) => Some(COLOURS[usize::from(index)].into()),
        vt100::Color::Idx(index @ 16..232) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let cube = index - 16;
            let (r, g, b) = (level(cube / 36), level(cube / 6 % 6), level(cube % 6));
            Some(format!("#{r:02x}{g:02x}{b:02x}"))
        }
        vt100::Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
    }
}

/// The screen's cells that look alike, side by side: their column, text and look.
fn pieces(screen: &vt100::Screen, row: u16) -> Vec<(u16, String, Look)> {
    let mut pieces: Vec<(u16, String, Look)> = Vec::new();
    let width = screen.size().1.get();
    for col in 0..width {
        let Some(cell) = screen.cell(row, col) else {
            continue;
        };
        let text = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        let look = look(cell);
        match pieces.last_mut() {
            Some((_, so_far, last)) if *last == look => so_far.push_str(text),
            _ => pieces.push((col, text.to_owned(), look)),
        }
    }
    pieces
}

/// A window with the screen in it, below the command that was typed.
fn picture(typed: Option<&str>, screen: &vt100::Screen) -> Result<String, std::fmt::Error> {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let rows = (0..rows).map(|row| pieces(screen, row));
    let typed = typed.map(|typed| {
        let look = Look {
            fg: COLOURS[2].into(),
            bg: None,
            bold: false,
            italic: false,
        };
        vec![(0, typed.to_owned(), look)]
    });
    let rows: Vec<_> = typed.into_iter().chain(rows).collect();
    let is_blank = |row: &&Vec<(u16, String, Look)>| {
        row.iter()
            .all(|(_, text, look)| text.trim().is_empty() && look.bg.is_none())
    };
    let used = rows.len() - rows.iter().rev().take_while(is_blank).count();
    let x = |col: u16| MARGIN + CHARACTER * f64::from(col);
    let width = MARGIN + x(columns);
    let height = 2.0 * MARGIN + LINE * used as f64;
    let mut svg = String::new();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="'DejaVu Sans Mono', ui-monospace, Menlo, Consolas, monospace" font-size="14">"#
    )?;
    writeln!(
        svg,
        r#"<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>"#
    )?;
    for (row, pieces) in rows[..used].iter().enumerate() {
        let top = MARGIN + LINE * row as f64;
        for (col, text, look) in pieces {
            let (left, long) = (x(*col), CHARACTER * text.chars().count() as f64);
            if let Some(bg) = &look.bg {
                // A little wider and higher, so that no seams are seen.
                let (wide, high) = (long + 0.3, LINE + 0.3);
                writeln!(
                    svg,
                    r#"<rect x="{left:.1}" y="{top:.1}" width="{wide:.1}" height="{high:.1}" fill="{bg}"/>"#
                )?;
            }
        }
        for (col, text, look) in pieces {
            let mut at = *col;
            // Words, and the signs that are drawn, each at its place: fonts
            // differ in their widths, and few have braille.
            let is_drawn = |c: char| c == ' ' || strokes(c).is_some() || dots(c).is_some();
            let mut rest = text.as_str();
            while let Some(first) = rest.chars().next() {
                let length = match is_drawn(first) {
                    true => first.len_utf8(),
                    false => rest.find(is_drawn).unwrap_or(rest.len()),
                };
                let (shown, after) = rest.split_at(length);
                match is_drawn(first) {
                    true => sign(&mut svg, first, x(at), top, &look.fg)?,
                    false => words(&mut svg, shown, (x(at), top), look)?,
                }
                at += shown.chars().count() as u16;
                rest = after;
            }
        }
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}

fn words(svg: &mut String, text: &str, (left, top): (f64, f64), look: &Look) -> std::fmt::Result {
    let weight = if look.bold {
        r#" font-weight="bold""#
    } else {
        ""
    };
    let slope = if look.italic {
        r#" font-style="italic""#
    } else {
        ""
    };
    let long = CHARACTER * text.chars().count() as f64;
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    writeln!(
        svg,
        r#"<text x="{left:.1}" y="{:.1}" textLength="{long:.1}" fill="{}"{weight}{slope}>{text}</text>"#,
        top + LINE * 0.75,
        look.fg
    )
}

/// A box's line or a braille sign, drawn.
fn sign(svg: &mut String, c: char, left: f64, top: f64, colour: &str) -> std::fmt::Result {
    let (middle, centre) = (left + CHARACTER / 2.0, top + LINE / 2.0);
    if let Some(to) = strokes(c) {
        let ends = [
            (left, centre),
            (left + CHARACTER, centre),
            (middle, top),
            (middle, top + LINE),
        ];
        let mut path = String::new();
        for ((x, y), _) in ends.into_iter().zip(to).filter(|(_, drawn)| *drawn) {
            write!(path, "M{middle:.1} {centre:.1}L{x:.1} {y:.1}")?;
        }
        return writeln!(svg, r#"<path d="{path}" stroke="{colour}"/>"#);
    }
    for bit in 0..8 {
        if dots(c).is_some_and(|dots| dots >> bit & 1 == 1) {
            // Bits 0 to 5 go down two columns of three, 6 and 7 are the fourth row.
            let (col, row) = if bit < 6 {
                (bit / 3, bit % 3)
            } else {
                (bit - 6, 3)
            };
            let x = left + CHARACTER * (0.25 + 0.5 * f64::from(col));
            let y = top + LINE * (0.125 + 0.25 * f64::from(row));
            writeln!(
                svg,
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="1.3" fill="{colour}"/>"#
            )?;
        }
    }
    Ok(())
}

/// Whether a sign of boxes has strokes to the left, right, top and bottom.
fn strokes(c: char) -> Option<[bool; 4]> {
    let to = |text: &str| Some(["l", "r", "t", "b"].map(|end| text.contains(end)));
    match c {
        '─' => to("lr"),
        '│' => to("tb"),
        '┌' => to("rb"),
        '┐' => to("lb"),
        '└' => to("rt"),
        '┘' => to("lt"),
        '├' => to("rtb"),
        '┤' => to("ltb"),
        '┬' => to("lrb"),
        '┴' => to("lrt"),
        '┼' => to("lrtb"),
        _ => None,
    }
}

/// The dots of a braille sign, a bit each.
fn dots(c: char) -> Option<u32> {
    let code = u32::from(c);
    (0x2800..0x2900).contains(&code).then(|| code - 0x2800)
}
