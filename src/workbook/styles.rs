//! How cells look: the styles of a workbook.

use super::DifferentialFormat;
use std::sync::Arc;

/// The code of the number format that cells have until they get another.
pub const GENERAL: &str = "General";

/// What a style says about how a cell is shown. Borders, protection and other
/// facts that this program does not show stay in the file.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CellStyle {
    /// The number format's code.
    pub number_format: Arc<str>,
    pub font: Font,
    /// The colour behind the cell; `None` for none.
    pub fill: Option<Colour>,
    pub align: HorizontalAlign,
    pub wrap: bool,
    /// For a style made here: the index of the style it was made from, whose
    /// facts in the file it shares but for what differs here.
    pub based_on: Option<u32>,
}

impl Default for CellStyle {
    fn default() -> Self {
        Self {
            number_format: GENERAL.into(),
            font: Font::default(),
            fill: None,
            align: HorizontalAlign::default(),
            wrap: false,
            based_on: None,
        }
    }
}

/// The facts about a style's font that a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Font {
    pub bold: bool,
    pub italic: bool,
    pub underline: bool,
    pub strike: bool,
    /// `None` for the automatic colour.
    pub colour: Option<Colour>,
}

/// Red, green, blue; theme and palette colours are resolved when a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Colour(pub u8, pub u8, pub u8);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum HorizontalAlign {
    /// By the kind of value: numbers right, text left, booleans and errors centred.
    #[default]
    General,
    Left,
    Centre,
    Right,
    Fill,
    Justify,
}

/// The styles of a workbook by their index; for an opened file the index is
/// that of its `cellXfs`. Styles are added, never taken away or changed.
#[derive(Clone, Debug)]
pub struct Styles {
    list: Vec<CellStyle>,
    differential: Vec<DifferentialFormat>,
}

impl Default for Styles {
    fn default() -> Self {
        Self {
            list: vec![CellStyle::default()],
            differential: Vec::new(),
        }
    }
}

impl Styles {
    /// The styles of a file in their order, and the formats of its conditional
    /// formats. An empty list gets the default style.
    pub fn new(list: Vec<CellStyle>, differential: Vec<DifferentialFormat>) -> Self {
        let mut styles = Self::default();
        if !list.is_empty() {
            styles.list = list;
        }
        styles.differential = differential;
        styles
    }

    /// The formats that conditional formats refer to by index. Like styles they
    /// are added, never taken away or changed.
    pub fn differential(&self) -> &[DifferentialFormat] {
        &self.differential
    }

    /// The index of a format of conditional formats, added if it is new.
    pub fn add_differential(&mut self, format: DifferentialFormat) -> u32 {
        let known = self.differential.iter().position(|known| *known == format);
        known.unwrap_or_else(|| {
            self.differential.push(format);
            self.differential.len() - 1
        }) as u32
    }

    /// The style of an index; that of index 0 where a file points past its list.
    pub fn get(&self, index: u32) -> &CellStyle {
        self.list.get(index as usize).unwrap_or(&self.list[0])
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Never: there is a default style.
    pub fn is_empty(&self) -> bool {
        false
    }

    pub fn iter(&self) -> impl Iterator<Item = &CellStyle> {
        self.list.iter()
    }

    /// The index of a style by its facts: the one it had, where that is still
    /// such a style, else one made before or a new one.
    pub(super) fn index_of(&mut self, index: u32, style: CellStyle) -> u32 {
        if self.list.get(index as usize) == Some(&style) {
            return index;
        }
        let known = self.list.iter().position(|known| *known == style);
        known.unwrap_or_else(|| {
            self.list.push(style);
            self.list.len() - 1
        }) as u32
    }

    /// The index of a style like `base` but for what `change` does to it:
    /// `base` itself, one made before or a new one.
    pub fn derive(&mut self, base: u32, change: impl FnOnce(&mut CellStyle)) -> u32 {
        let original = self.get(base);
        let mut style = original.clone();
        change(&mut style);
        if style == *original {
            return base;
        }
        // From the file's own style, so that a second change of the same fact
        // does not make a chain.
        style.based_on = Some(original.based_on.unwrap_or(base));
        if let Some(index) = self.list.iter().position(|known| *known == style) {
            return index as u32;
        }
        self.list.push(style);
        (self.list.len() - 1) as u32
    }

    /// The index of a style like `base` with another number format.
    pub fn with_number_format(&mut self, base: u32, code: &str) -> u32 {
        self.derive(base, |style| style.number_format = code.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_number_format_is_added_once_and_remembers_its_origin() {
        let bold = CellStyle {
            font: Font {
                bold: true,
                ..Font::default()
            },
            ..CellStyle::default()
        };
        let mut styles = Styles::new(vec![CellStyle::default(), bold], Vec::new());
        let percent = styles.with_number_format(1, "0%");
        assert_eq!(styles.with_number_format(1, "0%"), percent);
        assert_ne!(styles.with_number_format(0, "0%"), percent);
        assert_eq!(styles.with_number_format(percent, "0%"), percent);
        let date = styles.with_number_format(percent, "yyyy-mm-dd");
        assert_eq!(styles.get(date).based_on, Some(1));
        assert!(styles.get(date).font.bold);
        assert_eq!(styles.with_number_format(1, GENERAL), 1);
        assert_eq!(&*styles.get(9_999).number_format, GENERAL);
    }
}
