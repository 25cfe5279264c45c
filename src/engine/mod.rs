//! Recalculation: binding, interpreting, ordering, writing results.

pub mod bind;
pub mod graph;
pub mod interpret;
