//! The few formats the workbooks share.

use rust_xlsxwriter::{Color, Format};

/// Cells the solver changes.
pub fn parameter() -> Format {
    Format::new()
        .set_num_format("0.000")
        .set_background_color(Color::RGB(0xFFF2CC))
}

/// The cell the solver lowers.
pub fn loss() -> Format {
    Format::new()
        .set_num_format("0.000000")
        .set_bold()
        .set_background_color(Color::RGB(0xE2EFDA))
}

pub fn computed() -> Format {
    Format::new().set_num_format("0.000")
}

pub fn heading() -> Format {
    Format::new().set_bold()
}

pub fn note() -> Format {
    Format::new()
        .set_italic()
        .set_font_color(Color::RGB(0x595959))
}
