//! Recalculation: binding, interpreting, ordering, writing results.

pub mod bind;
mod lower;
