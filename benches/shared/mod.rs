//! What the benches share.
#![allow(dead_code, reason = "each bench uses a part")]

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

/// The shortest of many runs of each of two, which take turns: what slows the
/// machine for a while then slows both.
pub fn alternate(mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let begin = Instant::now();
    let (mut a, mut b) = (Duration::MAX, Duration::MAX);
    let mut turns = 0;
    while begin.elapsed() < Duration::from_secs(2) || turns < 20 {
        let start = Instant::now();
        one();
        let middle = Instant::now();
        other();
        a = a.min(middle - start);
        b = b.min(middle.elapsed());
        turns += 1;
    }
    (a, b)
}

pub fn ratio(time: Duration, yardstick: Duration) -> f64 {
    time.as_secs_f64() / yardstick.as_secs_f64()
}

/// Prints a time beside that of its yardstick.
pub fn print_ratio(what: &str, time: Duration, yardstick: &str, yard: Duration) {
    println!(
        "{what}: {time:.1?}, {yardstick} {yard:.1?}, ratio {:.2}",
        time.as_secs_f64() / yard.as_secs_f64()
    );
}
