//! Workbooks that are not in the repository: the course's, and Excel's own
//! results for the functions.

use std::path::{Path, PathBuf};

/// Those on this machine, in the folder `shared` beside the repository.
pub fn workbooks() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let mut found = Vec::new();
    collect(&beside, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "xlsx") {
            found.push(path);
        }
    }
}
