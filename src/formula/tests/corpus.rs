//! Every formula of the test workbooks, where they are at hand.

use super::super::{is_fill_of, parse as parse_at, print};
use super::*;
use quick_xml::events::Event;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

#[test]
fn formulas_of_real_workbooks_are_read_and_printed_back() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let mut books = Vec::new();
    find_books(&beside, &mut books);
    if books.is_empty() {
        eprintln!("skipped: there are no workbooks in {}", beside.display());
        return;
    }
    let (mut formulas, mut fills) = (0, 0);
    for book in &books {
        for (at, text) in formulas_of(book) {
            let name = book.display();
            let expr =
                parse_at(&text, at).unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
            for dialect in [PEOPLE, FILE] {
                let printed = print(&expr, at, dialect);
                let again = parse_at(&printed, at);
                assert_eq!(again.as_ref(), Ok(&expr), "{name}: {text} as {printed}");
            }
            // The formula filled one row down is recognised, but for whole rows.
            let below = Pos::new(at.row + 1, at.col);
            let filled = print(&expr, below, FILE);
            fills += usize::from(is_fill_of(&print(&expr, at, FILE), at, &filled, below));
            formulas += 1;
        }
    }
    assert!(formulas > 20_000, "only {formulas} formulas found");
    assert!(
        fills * 100 > formulas * 98,
        "{fills} of {formulas} recognised as filled"
    );
}

fn find_books(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find_books(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "xlsx")
        {
            found.push(path);
        }
    }
}

/// The formulas written out in a workbook's sheets, and the cells they stand in.
fn formulas_of(book: &Path) -> Vec<(Pos, String)> {
    let file = std::fs::File::open(book).unwrap();
    let mut package = zip::ZipArchive::new(file).unwrap();
    let sheets: Vec<String> = package
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .filter(|name| name.starts_with("xl/worksheets/") && name.ends_with(".xml"))
        .collect();
    let mut formulas = HashMap::new();
    for sheet in sheets {
        let mut xml = Vec::new();
        package
            .by_name(&sheet)
            .unwrap()
            .read_to_end(&mut xml)
            .unwrap();
        let mut reader = quick_xml::Reader::from_reader(xml.as_slice());
        let mut cell = A1;
        let mut formula: Option<String> = None;
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) if tag.local_name().as_ref() == "c" => {
                    let at = tag.try_get_attribute("r").unwrap().unwrap();
                    cell = Pos::parse_a1(&at.value).unwrap();
                }
                Event::Start(tag) if tag.local_name().as_ref() == "f" => {
                    formula = Some(String::new());
                }
                Event::Text(text) => {
                    if let Some(formula) = &mut formula {
                        formula.push_str(&text);
                    }
                }
                Event::GeneralRef(entity) => {
                    if let Some(formula) = &mut formula {
                        match entity.resolve_char_ref().unwrap() {
                            Some(c) => formula.push(c),
                            None => {
                                let text = quick_xml::escape::resolve_predefined_entity(&entity);
                                formula.push_str(text.unwrap());
                            }
                        }
                    }
                }
                Event::End(tag) if tag.local_name().as_ref() == "f" => {
                    if let Some(text) = formula.take().filter(|text| !text.is_empty()) {
                        formulas.insert((sheet.clone(), cell), text);
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
    formulas
        .into_iter()
        .map(|((_, at), text)| (at, text))
        .collect()
}
