//! The threads that evaluate: with stacks for formulas nested as deep as the
//! interpreter allows, whatever thread asks.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::OnceLock;

/// Enough for `interpret::MAX_DEPTH` nested evaluations without optimisation.
/// Only what is used of it takes memory.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread of the engine; parallel iterators in it use the
/// engine's threads.
pub(crate) fn run<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        ThreadPoolBuilder::new()
            .stack_size(STACK)
            .thread_name(|index| format!("engine {index}"))
            .build()
            .expect("the system starts threads")
    });
    pool.install(work)
}
