//! The house plan, held by a test: which room of the library knows which, and
//! that a file holds one concept.

use std::fs;
use std::path::{Path, PathBuf};

/// What each room may use, from the bottom of the house to its top. The
/// solver's methods know nothing of sheets; the files that do stand apart.
const ROOMS: &[(&str, &[&str])] = &[
    ("grid", &[]),
    ("atomic", &[]),
    ("random", &[]),
    ("reading", &[]),
    ("value", &[]),
    ("formula", &["grid", "value"]),
    ("program", &[]),
    // Where programs run and matrices are multiplied; it keeps what it measured.
    ("device", &["atomic", "program"]),
    ("functions", &["device", "grid", "program", "value"]),
    // Of the functions only what files write before their names.
    ("workbook", &["formula", "functions", "grid", "value"]),
    ("csv", &["atomic", "grid", "reading", "value", "workbook"]),
    ("import", &["formula", "grid", "value", "workbook"]),
    (
        "xlsx",
        // Of the functions only what files write before their names.
        &[
            "atomic",
            "formula",
            "functions",
            "grid",
            "reading",
            "value",
            "workbook",
        ],
    ),
    (
        "files",
        &["csv", "grid", "import", "reading", "workbook", "xlsx"],
    ),
    (
        "engine",
        &[
            "device",
            "formula",
            "functions",
            "grid",
            "program",
            "random",
            "value",
            "workbook",
        ],
    ),
    ("solver", &["random"]),
    (
        "solver/excel_model",
        &["grid", "solver", "value", "workbook"],
    ),
    // Numbers and cell names as a terminal may show them.
    ("solver/progress", &["solver", "value"]),
    ("solver/slice", &["engine", "solver"]),
    // A workbook's model compiled: what all that solve workbooks share.
    (
        "solver/setup",
        &["engine", "grid", "solver", "value", "workbook"],
    ),
    (
        "tui",
        &[
            "atomic",
            "csv",
            "engine",
            "files",
            "formula",
            "functions",
            "grid",
            "reading",
            "solver",
            "value",
            "workbook",
            "xlsx",
        ],
    ),
];

/// The most lines of a file: one that is longer holds two concepts.
const MAX_LINES: usize = 1_000;

#[test]
fn every_room_knows_only_what_the_plan_allows() {
    let root = root().join("src");
    let mut wrong = Vec::new();
    for path in rust_files(&root) {
        let name = inside(&path, &root);
        // The binary's rooms may use the whole library; tests may open files.
        let in_binary = name == "main.rs" || name.starts_with("cli/");
        if name == "lib.rs" || in_binary || is_test(&name) {
            continue;
        }
        let Some((room, allowed)) = room_of(&name) else {
            wrong.push(format!("src/{name}: its room is not in the plan"));
            continue;
        };
        let text = fs::read_to_string(&path).expect("a source file");
        for (line, used) in used_rooms(&text) {
            let own = room.split('/').next();
            if own != Some(&used) && !allowed.contains(&used.as_str()) {
                wrong.push(format!("src/{name}:{line}: {room} may not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn rooms_use_only_rooms_below_them() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for used in *allowed {
            assert!(
                ROOMS[..at].iter().any(|(below, _)| below == used),
                "{room} uses {used}, which is not below it"
            );
        }
    }
}

#[test]
fn every_room_of_the_library_is_in_the_plan_and_the_other_way_round() {
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let mut declared: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let mut planned: Vec<&str> = ROOMS
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| !room.contains('/'))
        .collect();
    declared.sort_unstable();
    planned.sort_unstable();
    assert_eq!(declared, planned);
}

#[test]
fn every_source_file_is_short_enough_to_hold_one_concept() {
    let root = root();
    let mut long = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        for path in rust_files(&root.join(folder)) {
            let lines = fs::read_to_string(&path)
                .expect("a source file")
                .lines()
                .count();
            if lines > MAX_LINES {
                long.push(format!("{}: {lines} lines", inside(&path, &root)));
            }
        }
    }
    assert!(
        long.is_empty(),
        "more than {MAX_LINES}:\n{}",
        long.join("\n")
    );
}

#[test]
fn all_ways_of_naming_a_room_are_seen() {
    let text = "use crate::grid::Pos;\n\
                // crate::solver in a comment\n\
                use crate::{\n    self as root, csv,\n    value::{Value, text},\n};\n\
                fn f() { crate::engine::run(\"crate\"); }\n\
                #[cfg(test)]\nmod tests {\n    use crate::xlsx;\n}\n";
    let seen = used_rooms(text);
    let seen: Vec<(usize, &str)> = seen.iter().map(|(n, room)| (*n, room.as_str())).collect();
    assert_eq!(seen, [(1, "grid"), (3, "csv"), (3, "value"), (7, "engine")]);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn inside(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).expect("it was found there");
    path.to_string_lossy().replace('\\', "/")
}

/// All source files in a folder; a build's output (of `benches/peers`) is none of ours.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("its entry").path();
        if path.is_dir() {
            if !path.ends_with("target") {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn is_test(name: &str) -> bool {
    name.split('/')
        .any(|part| part == "tests" || part == "tests.rs")
}

/// The most precise entry of the plan for a file of `src`.
fn room_of(name: &str) -> Option<(&'static str, &'static [&'static str])> {
    let module = name.strip_suffix(".rs")?;
    ROOMS
        .iter()
        .filter(|(room, _)| {
            let rest = module.strip_prefix(room);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|(room, _)| room.len())
        .map(|&(room, allowed)| (room, allowed))
}

/// The rooms that a file names after `crate::`, with the lines, up to its unit
/// tests.
fn used_rooms(text: &str) -> Vec<(usize, String)> {
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text);
    // Comments are blanked out; nothing in the sources has `//` in a string
    // before a path.
    let code: Vec<&str> = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(heads(list).map(|room| (line, room))),
            None => found.push((line, identifier(rest))),
        }
    }
    found.retain(|(_, room)| !room.is_empty() && room != "self");
    found
}

/// The first names of the paths of a `{…}` list whose brace is open.
fn heads(list: &str) -> impl Iterator<Item = String> {
    let (mut depth, mut names, mut from) = (0_usize, Vec::new(), 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(identifier(list[from..at].trim_start()));
                from = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.into_iter()
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}
