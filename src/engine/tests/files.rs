//! Workbooks that Excel calculated.

use crate::engine::Comparison;
use std::path::{Path, PathBuf};

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new("/work/shared").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}

#[test]
fn the_course_workbook_recalculates_to_what_excel_saved() {
    let Some(path) = shared("data/course-titanic.xlsx") else {
        return;
    };
    let book = crate::xlsx::open(&path).expect("the course's workbook");
    let (comparison, engine) = Comparison::of(book);
    for mismatch in comparison.mismatches.iter().take(10) {
        eprintln!(
            "{} {:?}: {:?}, not {:?}",
            engine.workbook().address(mismatch.cell),
            engine.formula_text(mismatch.cell),
            mismatch.got,
            mismatch.expected
        );
    }
    assert_eq!(comparison.differing, 0);
    assert_eq!(
        comparison.unsupported, 0,
        "{:?}",
        comparison.unknown_functions
    );
    assert!(comparison.formulas >= 23_507, "{}", comparison.formulas);
    assert_eq!(comparison.matched, comparison.formulas);
}
