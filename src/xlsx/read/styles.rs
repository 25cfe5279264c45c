//! The styles part: how cells look.

use crate::workbook::{CellStyle, Colour, DifferentialFormat, Font, GENERAL, HorizontalAlign};
use crate::xlsx::xml::{Element, Xml, XmlError, is_true};
use std::collections::HashMap;
use std::sync::Arc;

/// The colours of a theme in the order in which styles number them.
pub(in crate::xlsx) type Theme = Vec<Colour>;

/// What the styles part says.
#[derive(Debug, Default)]
pub(in crate::xlsx) struct StylesPart {
    /// One for each of its `cellXfs`.
    pub styles: Vec<CellStyle>,
    /// Its `dxfs`.
    pub differential: Vec<DifferentialFormat>,
    /// The workbook's own palette; empty for the usual one.
    pub palette: Vec<Colour>,
}

/// Reads the styles part.
pub(in crate::xlsx) fn read(text: &str, theme: &Theme) -> Result<StylesPart, XmlError> {
    let mut formats: HashMap<u32, Arc<str>> = HashMap::new();
    let mut fonts: Vec<Font> = Vec::new();
    let mut fills: Vec<Option<Colour>> = Vec::new();
    let mut styles: Vec<CellStyle> = Vec::new();
    let mut palette: Vec<Colour> = Vec::new();
    let mut solid = false;
    let mut section = String::new();
    // Custom palettes stand at the end of the part, after the colours that use them.
    Xml::new(text).each_element(|_, element| {
        if element.name() == "rgbColor" {
            palette.extend(element.attribute("rgb").and_then(|v| rgb(&v)));
        }
        Ok(())
    })?;
    let colours = Colours {
        theme: theme.clone(),
        palette,
    };
    let mut dxfs = DifferentialReader::default();
    Xml::new(text).each_element(|xml, element| {
        let number = |name| number(&element, name);
        match (section.as_str(), element.name()) {
            (
                _,
                name @ ("numFmts" | "fonts" | "fills" | "borders" | "cellStyleXfs" | "cellXfs"
                | "cellStyles" | "dxfs" | "tableStyles" | "colors"),
            ) => section = name.to_owned(),
            // Extensions stand at the end of the part and within items.
            (_, "extLst") if !element.empty => xml.skip()?,
            ("numFmts", "numFmt") => {
                let code = element.attribute("formatCode");
                if let (Some(id), Some(code)) = (number("numFmtId"), code) {
                    formats.insert(id, code.into());
                }
            }
            ("fonts", "font") => fonts.push(Font::default()),
            ("fonts", name) => {
                if let Some(font) = fonts.last_mut() {
                    font_property(font, name, &element, &colours);
                }
            }
            ("fills", "fill") => fills.push(None),
            ("fills", "patternFill") => {
                let kind = element.attribute("patternType");
                solid = kind.is_some_and(|kind| kind != "none");
            }
            ("fills", "fgColor") if solid => {
                if let Some(fill) = fills.last_mut() {
                    *fill = colours.of(&element);
                }
            }
            ("dxfs", _) => dxfs.element(&element, &colours),
            ("cellXfs", "xf") => {
                let id = number("numFmtId").unwrap_or(0);
                let code = formats.get(&id).cloned();
                let pick = |name| number(name).unwrap_or(0) as usize;
                styles.push(CellStyle {
                    number_format: code.unwrap_or_else(|| built_in(id).into()),
                    font: fonts.get(pick("fontId")).copied().unwrap_or_default(),
                    fill: fills.get(pick("fillId")).copied().flatten(),
                    ..CellStyle::default()
                });
            }
            ("cellXfs", "alignment") => {
                if let Some(style) = styles.last_mut() {
                    style.wrap = flag(&element, "wrapText");
                    style.align = match element.attribute("horizontal").as_deref() {
                        Some("left") => HorizontalAlign::Left,
                        Some("center" | "centerContinuous") => HorizontalAlign::Centre,
                        Some("right") => HorizontalAlign::Right,
                        Some("fill") => HorizontalAlign::Fill,
                        Some("justify" | "distributed") => HorizontalAlign::Justify,
                        _ => HorizontalAlign::General,
                    };
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(StylesPart {
        styles,
        differential: dxfs.list,
        palette: colours.palette,
    })
}

/// Reads the formats of conditional formats, element by element.
#[derive(Default)]
pub(in crate::xlsx) struct DifferentialReader {
    pub list: Vec<DifferentialFormat>,
    /// The child of the format that is being read.
    child: String,
    solid: bool,
}

impl DifferentialReader {
    /// Takes an element within a `dxf`, or its own.
    pub fn element(&mut self, element: &Element<'_>, colours: &Colours) {
        let name = element.name();
        if name == "dxf" {
            self.list.push(DifferentialFormat::default());
            self.child.clear();
            return;
        }
        let Some(format) = self.list.last_mut() else {
            return;
        };
        let value = element.attribute("val");
        let on = || Some(value.as_deref().is_none_or(is_true));
        match (self.child.as_str(), name) {
            (_, "font" | "fill" | "border" | "alignment" | "protection") => {
                self.child = name.to_owned();
            }
            (_, "numFmt") => {
                format.number_format = element.attribute("formatCode").map(|code| code.into());
            }
            ("font", "b") => format.bold = on(),
            ("font", "i") => format.italic = on(),
            ("font", "strike") => format.strike = on(),
            ("font", "u") => format.underline = Some(value.as_deref() != Some("none")),
            ("font", "color") => format.colour = colours.of(element),
            ("fill", "patternFill") => {
                let kind = element.attribute("patternType");
                self.solid = kind.as_deref() != Some("none");
            }
            // Here it is the background that fills a cell.
            ("fill", "bgColor") if self.solid => format.fill = colours.of(element).or(format.fill),
            ("fill", "fgColor") if self.solid => format.fill = format.fill.or(colours.of(element)),
            _ => {}
        }
    }
}

fn number(element: &Element<'_>, name: &str) -> Option<u32> {
    element.attribute(name)?.parse().ok()
}

fn flag(element: &Element<'_>, name: &str) -> bool {
    element.attribute(name).is_some_and(|v| is_true(&v))
}

fn font_property(font: &mut Font, name: &str, element: &Element<'_>, colours: &Colours) {
    // `<b/>` is true; `<b val="0"/>` is not.
    let value = element.attribute("val");
    let on = value.as_deref().is_none_or(is_true);
    match name {
        "b" => font.bold = on,
        "i" => font.italic = on,
        "strike" => font.strike = on,
        "u" => font.underline = value.as_deref() != Some("none"),
        "color" => font.colour = colours.of(element),
        _ => {}
    }
}

/// What colours in files refer to.
#[derive(Clone, Debug, Default)]
pub(in crate::xlsx) struct Colours {
    pub theme: Theme,
    /// The workbook's own palette; empty for the usual one.
    pub palette: Vec<Colour>,
}

impl Colours {
    /// The colour of an element such as `<color theme="4" tint="-0.25"/>`;
    /// `None` for the automatic one.
    pub fn of(&self, element: &Element<'_>) -> Option<Colour> {
        let colour = if let Some(hex) = element.attribute("rgb") {
            rgb(&hex)?
        } else if let Some(index) = number(element, "theme") {
            // Files number the light and dark pairs the other way round than themes do.
            let index = match index {
                0 => 1,
                1 => 0,
                2 => 3,
                3 => 2,
                other => other as usize,
            };
            *self.theme.get(index)?
        } else {
            let index = number(element, "indexed")? as usize;
            match self.palette.get(index) {
                Some(colour) => *colour,
                None => {
                    // The first eight are there twice.
                    let index = index.checked_sub(8).unwrap_or(index);
                    let hex = PALETTE.get(index)?;
                    Colour((hex >> 16) as u8, (hex >> 8) as u8, *hex as u8)
                }
            }
        };
        let tint = element.attribute("tint").and_then(|t| t.parse().ok());
        Some(tinted(colour, tint.unwrap_or(0.0)))
    }
}

/// Lightens (tint above 0) or darkens a colour: its luminance moves that part
/// of the way to white or black (ECMA-376 part 1, 18.8.19). Mixing each
/// channel with white or black is the same in the terms of hue, luminance and
/// saturation but for the saturation of pale colours.
fn tinted(colour: Colour, tint: f64) -> Colour {
    let mix = |channel: u8| {
        let x = f64::from(channel);
        let moved = if tint < 0.0 {
            x * (1.0 + tint)
        } else {
            x + (255.0 - x) * tint
        };
        moved.round().clamp(0.0, 255.0) as u8
    };
    Colour(mix(colour.0), mix(colour.1), mix(colour.2))
}

/// Reads `AARRGGBB` or `RRGGBB`.
fn rgb(hex: &str) -> Option<Colour> {
    let hex = hex.get(hex.len().checked_sub(6)?..)?;
    let value = u32::from_str_radix(hex, 16).ok()?;
    Some(Colour((value >> 16) as u8, (value >> 8) as u8, value as u8))
}

/// Reads a theme part's colour scheme: dark 1, light 1, dark 2, light 2, six
/// accents, two for hyperlinks.
pub(in crate::xlsx) fn read_theme(text: &str) -> Result<Theme, XmlError> {
    let mut theme = Vec::new();
    let mut inside = true;
    Xml::new(text).each_element(|_, element| {
        match element.name() {
            "fontScheme" => inside = false,
            "srgbClr" if inside => {
                theme.push(element.attribute("val").and_then(|v| rgb(&v)));
            }
            // A colour of the system, with what it was when the file was saved.
            "sysClr" if inside => {
                theme.push(element.attribute("lastClr").and_then(|v| rgb(&v)));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(theme
        .into_iter()
        .map(|colour| colour.unwrap_or(Colour(0, 0, 0)))
        .collect())
}

/// The usual palette from index 8 on (ECMA-376 part 1, 18.8.27).
const PALETTE: [u32; 56] = [
    0x00_0000, 0xFF_FFFF, 0xFF_0000, 0x00_FF00, 0x00_00FF, 0xFF_FF00, 0xFF_00FF, 0x00_FFFF,
    0x80_0000, 0x00_8000, 0x00_0080, 0x80_8000, 0x80_0080, 0x00_8080, 0xC0_C0C0, 0x80_8080,
    0x99_99FF, 0x99_3366, 0xFF_FFCC, 0xCC_FFFF, 0x66_0066, 0xFF_8080, 0x00_66CC, 0xCC_CCFF,
    0x00_0080, 0xFF_00FF, 0xFF_FF00, 0x00_FFFF, 0x80_0080, 0x80_0000, 0x00_8080, 0x00_00FF,
    0x00_CCFF, 0xCC_FFFF, 0xCC_FFCC, 0xFF_FF99, 0x99_CCFF, 0xFF_99CC, 0xCC_99FF, 0xFF_CC99,
    0x33_66FF, 0x33_CCCC, 0x99_CC00, 0xFF_CC00, 0xFF_9900, 0xFF_6600, 0x66_6699, 0x96_9696,
    0x00_3366, 0x33_9966, 0x00_3300, 0x33_3300, 0x99_3300, 0x99_3366, 0x33_3399, 0x33_3333,
];

/// The formats that files name by number only (ECMA-376 part 1, 18.8.30), as
/// an English Excel shows them.
pub(in crate::xlsx) fn built_in(id: u32) -> &'static str {
    BUILT_IN
        .iter()
        .find(|(known, _)| *known == id)
        .map_or(GENERAL, |(_, code)| code)
}

/// The number of a built-in format.
pub(in crate::xlsx) fn built_in_id(code: &str) -> Option<u32> {
    if code == GENERAL {
        return Some(0);
    }
    BUILT_IN
        .iter()
        .find(|(_, known)| *known == code)
        .map(|(id, _)| *id)
}

const BUILT_IN: [(u32, &str); 27] = [
    (1, "0"),
    (2, "0.00"),
    (3, "#,##0"),
    (4, "#,##0.00"),
    (9, "0%"),
    (10, "0.00%"),
    (11, "0.00E+00"),
    (12, "# ?/?"),
    (13, "# ??/??"),
    (14, "m/d/yyyy"),
    (15, "d-mmm-yy"),
    (16, "d-mmm"),
    (17, "mmm-yy"),
    (18, "h:mm AM/PM"),
    (19, "h:mm:ss AM/PM"),
    (20, "h:mm"),
    (21, "h:mm:ss"),
    (22, "m/d/yyyy h:mm"),
    (37, "#,##0_);(#,##0)"),
    (38, "#,##0_);[Red](#,##0)"),
    (39, "#,##0.00_);(#,##0.00)"),
    (40, "#,##0.00_);[Red](#,##0.00)"),
    (45, "mm:ss"),
    (46, "[h]:mm:ss"),
    (47, "mm:ss.0"),
    (48, "##0.0E+0"),
    (49, "@"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_gathered_from_their_lists() {
        let theme = read_theme(
            r#"<a:theme xmlns:a="a"><a:clrScheme><a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:srgbClr val="FFFFFF"/></a:lt1></a:clrScheme><a:fontScheme/></a:theme>"#,
        )
        .unwrap();
        let part = read(
            r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0.0&quot;x&quot;"/></numFmts>
            <fonts><font><b val="0"/></font><font><b/><i/><color theme="0" tint="-0.5"/></font></fonts>
            <fills><fill><patternFill patternType="none"><fgColor rgb="FFFF0000"/></patternFill></fill><fill><patternFill patternType="solid"><fgColor indexed="10"/></patternFill></fill></fills>
            <cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>
            <cellXfs><xf/><xf numFmtId="164" fontId="1" fillId="1"><alignment horizontal="center" wrapText="1"/></xf></cellXfs>
            <dxfs><dxf><font><b/><color rgb="FF9C0006"/></font><numFmt numFmtId="164" formatCode="no"/><fill><patternFill><bgColor rgb="FFFFC7CE"/></patternFill></fill><border><left><color rgb="FF00FF00"/></left></border></dxf></dxfs></styleSheet>"#,
            &theme,
        )
        .unwrap();
        let red = DifferentialFormat {
            bold: Some(true),
            colour: Some(Colour(0x9C, 0, 6)),
            fill: Some(Colour(0xFF, 0xC7, 0xCE)),
            number_format: Some("no".into()),
            ..DifferentialFormat::default()
        };
        assert_eq!(part.differential, [red]);
        let styles = part.styles;
        assert_eq!(styles.len(), 2);
        assert_eq!(styles[0], CellStyle::default());
        assert_eq!(&*styles[1].number_format, "0.0\"x\"");
        assert!(styles[1].font.bold && styles[1].font.italic && styles[1].wrap);
        assert_eq!(styles[1].font.colour, Some(Colour(128, 128, 128)));
        assert_eq!(styles[1].fill, Some(Colour(255, 0, 0)));
        assert_eq!(styles[1].align, HorizontalAlign::Centre);
    }
}
