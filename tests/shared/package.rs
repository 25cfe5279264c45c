//! The parts of packages, to compare them.
#![allow(dead_code, reason = "not every test file uses all of it")]

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// The parts of a package: name to content.
pub fn parts(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut entry = archive.by_index(i).unwrap();
            let name = entry.name().unwrap().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

/// The parts that differ between two packages, and those in one of them only.
pub fn differing(a: &[u8], b: &[u8]) -> Vec<String> {
    let (a, b) = (parts(a), parts(b));
    a.keys()
        .chain(b.keys().filter(|name| !a.contains_key(*name)))
        .filter(|name| a.get(*name) != b.get(*name))
        .cloned()
        .collect()
}

/// A part's text.
pub fn text(bytes: &[u8], part: &str) -> String {
    let parts = parts(bytes);
    let content = parts
        .get(part)
        .unwrap_or_else(|| panic!("{part} in {:?}", parts.keys()));
    String::from_utf8(content.clone()).unwrap()
}
