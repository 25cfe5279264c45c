//! What the benches share.

use std::time::{Duration, Instant};

/// The shortest of many runs.
pub fn best(mut run: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    while begin.elapsed() < Duration::from_secs(2) {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    best
}

/// Prints a time beside that of its yardstick.
pub fn print_ratio(what: &str, time: Duration, yardstick: &str, yard: Duration) {
    println!(
        "{what}: {time:.1?}, {yardstick} {yard:.1?}, ratio {:.2}",
        time.as_secs_f64() / yard.as_secs_f64()
    );
}
