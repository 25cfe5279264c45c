//! How cells look.

use super::{Call, Command, Refusal};
use crate::grid::Cell;
use crate::tui::app::App;
use crate::value::format::Format;
use crate::workbook::{CellStyle, Colour, Edit, HorizontalAlign, Paint, StyleChange, Transaction};

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "format.bold",
        "Bold",
        "Makes the selected cells bold, or not.",
        |app, _| {
            let on = !active_style(app).font.bold;
            let bold = Some(on);
            restyle(
                app,
                "Bold",
                StyleChange {
                    bold,
                    ..StyleChange::default()
                },
            )
        },
    )
    .keys(&["Ctrl+B"])
    .repeats(),
    Command::grid(
        "format.italic",
        "Italic",
        "Makes the selected cells italic, or not.",
        |app, _| {
            let on = !active_style(app).font.italic;
            let italic = Some(on);
            restyle(
                app,
                "Italic",
                StyleChange {
                    italic,
                    ..StyleChange::default()
                },
            )
        },
    )
    .keys(&["Alt+T"])
    .repeats(),
    Command::grid(
        "format.underline",
        "Underline",
        "Underlines the selected cells, or not.",
        |app, _| {
            let on = !active_style(app).font.underline;
            let underline = Some(on);
            restyle(
                app,
                "Underline",
                StyleChange {
                    underline,
                    ..StyleChange::default()
                },
            )
        },
    )
    .keys(&["Ctrl+U"])
    .repeats(),
    Command::grid(
        "format.strike",
        "Strike through",
        "Strikes the selected cells through, or not.",
        |app, _| {
            let on = !active_style(app).font.strike;
            let strike = Some(on);
            restyle(
                app,
                "Strike through",
                StyleChange {
                    strike,
                    ..StyleChange::default()
                },
            )
        },
    )
    .repeats(),
    Command::grid(
        "format.colour",
        "Text colour",
        "Gives the text of the selected cells a colour.",
        |app, call| {
            let colour = Some(match paint(app, call, "format.colour")? {
                Some(paint) => paint,
                None => return Ok(()),
            });
            restyle(
                app,
                "Text colour",
                StyleChange {
                    colour,
                    ..StyleChange::default()
                },
            )
        },
    )
    .repeats(),
    Command::grid(
        "format.fill",
        "Fill colour",
        "Fills the selected cells with a colour.",
        |app, call| {
            let fill = Some(match paint(app, call, "format.fill")? {
                Some(paint) => paint,
                None => return Ok(()),
            });
            restyle(
                app,
                "Fill colour",
                StyleChange {
                    fill,
                    ..StyleChange::default()
                },
            )
        },
    )
    .repeats(),
    Command::grid(
        "format.align-left",
        "Align left",
        "Shows the selected cells' content on the left.",
        |app, _| align(app, HorizontalAlign::Left),
    )
    .repeats(),
    Command::grid(
        "format.align-centre",
        "Centre",
        "Shows the selected cells' content in the middle.",
        |app, _| align(app, HorizontalAlign::Centre),
    )
    .repeats(),
    Command::grid(
        "format.align-right",
        "Align right",
        "Shows the selected cells' content on the right.",
        |app, _| align(app, HorizontalAlign::Right),
    )
    .repeats(),
    Command::grid(
        "format.align-general",
        "Align by kind",
        "Shows numbers on the right and text on the left.",
        |app, _| align(app, HorizontalAlign::General),
    )
    .repeats(),
    Command::grid(
        "format.wrap",
        "Wrap text",
        "Has Excel wrap long text in the selected cells, or not.",
        |app, _| {
            let on = !active_style(app).wrap;
            let wrap = Some(on);
            restyle(
                app,
                "Wrap text",
                StyleChange {
                    wrap,
                    ..StyleChange::default()
                },
            )
        },
    )
    .repeats(),
    Command::grid(
        "format.number",
        "Number format",
        "Shows the selected cells by a format code: 0.00, #,##0, yyyy-mm-dd.",
        |app, call| match &call.argument {
            Some(code) => number(app, code.trim()),
            None => {
                let now = active_style(app).number_format.to_string();
                app.ask("format.number", "Number format", &now);
                Ok(())
            }
        },
    )
    .keys(&["Ctrl+N"])
    .repeats(),
    Command::grid(
        "format.general",
        "General format",
        "Shows numbers as they are.",
        |app, _| number(app, crate::workbook::GENERAL),
    )
    .keys(&["Alt+0"])
    .repeats(),
    Command::grid(
        "format.decimal",
        "Decimal format",
        "Shows numbers with two decimals and thousands.",
        |app, _| number(app, "#,##0.00"),
    )
    .keys(&["Alt+1"])
    .repeats(),
    Command::grid(
        "format.date",
        "Date format",
        "Shows numbers as dates.",
        |app, _| number(app, "yyyy-mm-dd"),
    )
    .keys(&["Alt+3"])
    .repeats(),
    Command::grid(
        "format.currency",
        "Currency format",
        "Shows numbers as dollars and cents.",
        |app, _| number(app, "$#,##0.00"),
    )
    .keys(&["Alt+4"])
    .repeats(),
    Command::grid(
        "format.percent",
        "Percent format",
        "Shows numbers as percentages.",
        |app, _| number(app, "0%"),
    )
    .keys(&["Alt+5"])
    .repeats(),
    Command::grid(
        "format.scientific",
        "Scientific format",
        "Shows numbers with an exponent.",
        |app, _| number(app, "0.00E+00"),
    )
    .keys(&["Alt+6"])
    .repeats(),
    Command::grid(
        "format.more-decimals",
        "More decimals",
        "Shows one more decimal.",
        |app, _| decimals(app, 1),
    )
    .keys(&["Alt+."])
    .repeats(),
    Command::grid(
        "format.fewer-decimals",
        "Fewer decimals",
        "Shows one decimal less.",
        |app, _| decimals(app, -1),
    )
    .keys(&["Alt+,"])
    .repeats(),
    Command::grid(
        "format.clear",
        "Clear formats",
        "Takes all formats from the selected cells.",
        |app, _| {
            let edits = app
                .shown_areas()
                .into_iter()
                .map(Edit::clear_formats)
                .collect();
            app.apply(&Transaction::new("Clear formats", edits))
        },
    )
    .repeats(),
];

fn active_style(app: &App) -> CellStyle {
    let Cell { sheet, pos } = app.active_cell();
    let workbook = app.document.engine().workbook();
    workbook
        .styles
        .get(workbook.sheet(sheet).style(pos))
        .clone()
}

fn restyle(app: &mut App, label: &str, change: StyleChange) -> Result<(), Refusal> {
    let edits = app.shown_areas().into_iter().map(|area| Edit::Restyle {
        area,
        change: change.clone(),
    });
    let transaction = Transaction::new(label, edits.collect());
    app.apply(&transaction)
}

fn align(app: &mut App, align: HorizontalAlign) -> Result<(), Refusal> {
    let align = Some(align);
    restyle(
        app,
        "Align",
        StyleChange {
            align,
            ..StyleChange::default()
        },
    )
}

fn number(app: &mut App, code: &str) -> Result<(), Refusal> {
    restyle(app, "Number format", StyleChange::number_format(code))
}

/// Shows so many more decimals. A format that is no plain number becomes one.
fn decimals(app: &mut App, by: isize) -> Result<(), Refusal> {
    let code = active_style(app).number_format;
    let format = Format::parse(&code).unwrap_or_default();
    if format.is_date() {
        return Err(Refusal::new("a date has no decimals"));
    }
    let wanted = match format.is_general() {
        true => {
            let shown = app.document.engine().display(app.active_cell());
            shown
                .split_once('.')
                .map_or(0, |(_, decimals)| decimals.len())
        }
        false => format.decimals(),
    };
    let wanted = wanted.saturating_add_signed(by).min(30);
    let digits = match wanted {
        0 => "0".to_owned(),
        wanted => format!("0.{}", "0".repeat(wanted)),
    };
    // The first number in the code, with what surrounds it kept.
    let is_digit = |c: char| matches!(c, '0' | '#' | '?' | '.' | ',');
    let new = match (format.is_general(), code.find(['0', '#', '?'])) {
        (false, Some(start)) => {
            let rest = &code[start..];
            let end = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
            let whole = rest[..end].split('.').next().unwrap_or("0");
            let fraction = digits.strip_prefix('0').unwrap_or_default();
            format!("{}{whole}{fraction}{}", &code[..start], &rest[end..])
        }
        _ => digits,
    };
    number(app, &new)
}

/// The colour that a command was called with; it is asked for where it was not.
fn paint(app: &mut App, call: &Call, command: &str) -> Result<Option<Paint>, Refusal> {
    let Some(text) = &call.argument else {
        app.ask(command, "Colour (red, #c0504d, none)", "");
        return Ok(None);
    };
    parse_colour(text.trim()).map(Some).ok_or_else(|| {
        let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        Refusal::new(format!(
            "\"{text}\" is no colour: say one like #c0504d, none, or {}",
            names.join(", ")
        ))
    })
}

/// Excel's standard colours.
const NAMED: [(&str, Colour); 12] = [
    ("black", Colour(0, 0, 0)),
    ("white", Colour(255, 255, 255)),
    ("grey", Colour(128, 128, 128)),
    ("dark red", Colour(192, 0, 0)),
    ("red", Colour(255, 0, 0)),
    ("orange", Colour(255, 192, 0)),
    ("yellow", Colour(255, 255, 0)),
    ("light green", Colour(146, 208, 80)),
    ("green", Colour(0, 176, 80)),
    ("light blue", Colour(0, 176, 240)),
    ("blue", Colour(0, 112, 192)),
    ("purple", Colour(112, 48, 160)),
];

fn parse_colour(text: &str) -> Option<Paint> {
    if text.eq_ignore_ascii_case("none") || text.eq_ignore_ascii_case("automatic") {
        return Some(Paint::Automatic);
    }
    let named = NAMED
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    if let Some((_, colour)) = named {
        return Some(Paint::Colour(*colour));
    }
    let digits = text.strip_prefix('#')?;
    let number = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let [_, r, g, b] = number.to_be_bytes();
    Some(Paint::Colour(Colour(r, g, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_named_or_written_in_hexadecimal() {
        assert_eq!(parse_colour("Red"), Some(Paint::Colour(Colour(255, 0, 0))));
        assert_eq!(
            parse_colour("#C0504d"),
            Some(Paint::Colour(Colour(192, 80, 77)))
        );
        assert_eq!(parse_colour("none"), Some(Paint::Automatic));
        assert_eq!(parse_colour("#12"), None);
        assert_eq!(parse_colour("#+12345"), None);
    }
}
