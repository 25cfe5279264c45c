//! Workbooks made part by part, to be made wrong.

use gradsheet::workbook::Workbook;
use gradsheet::xlsx;
use std::io::{Cursor, Write};

pub const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
pub const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet, its parts to be changed before it is zipped.
pub struct Parts(pub Vec<(String, Vec<u8>)>);

impl Parts {
    /// With this inside of `<worksheet>`.
    pub fn new(sheet_data: &str) -> Self {
        let relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
        let part = |name: &str, text: String| (name.to_owned(), text.into_bytes());
        Self(vec![
            part("[Content_Types].xml", "<Types/>".to_owned()),
            part(
                "_rels/.rels",
                format!(
                    r#"<Relationships xmlns="{relationships}"><Relationship Id="a" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
                ),
            ),
            part(
                "xl/_rels/workbook.xml.rels",
                format!(
                    r#"<Relationships xmlns="{relationships}"><Relationship Id="a" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
                ),
            ),
            part(
                "xl/workbook.xml",
                format!(
                    r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>"#
                ),
            ),
            part(
                "xl/worksheets/sheet1.xml",
                format!(r#"<worksheet xmlns="{MAIN}">{sheet_data}</worksheet>"#),
            ),
        ])
    }

    /// Replaces a part, or adds one.
    pub fn set(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.0.retain(|(part, _)| part != name);
        self.0.push((name.to_owned(), content.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(part, _)| part != name);
        self
    }

    /// The file's bytes.
    pub fn zip(&self) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &self.0 {
            zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default())
                .unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    pub fn open(&self) -> Workbook {
        xlsx::open_bytes(self.zip()).unwrap()
    }

    /// Why the file is not opened.
    pub fn refusal(&self) -> String {
        xlsx::open_bytes(self.zip()).unwrap_err().to_string()
    }
}
