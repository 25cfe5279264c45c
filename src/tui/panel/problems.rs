//! The cells with errors and the circular references.

use crate::engine::problems::Problems as Found;
use crate::tui::app::App;
use crate::tui::list::List;

#[derive(Debug, Default)]
pub struct Problems {
    pub list: List,
    pub found: Found,
    /// The state of the document that they were found in.
    revision: Option<u64>,
}

/// Looks for problems where the document has changed.
pub fn follow(app: &mut App) {
    let revision = Some(app.document.revision());
    if app.panels.problems.revision != revision {
        let found = app.document.engine().problems();
        let problems = &mut app.panels.problems;
        problems.list.step(0, found.groups.len());
        problems.found = found;
        problems.revision = revision;
    }
}
