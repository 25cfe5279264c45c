//! Telling how a search goes.

use crate::value::format::printable;
use std::io::Write;
use std::time::{Duration, Instant};

/// Where a search is after an iteration.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// 0 is the starting point.
    pub iteration: u64,
    /// The objective.
    pub value: f64,
    /// The norm of the gradient of what is minimised, without the parts held by bounds.
    pub gradient_norm: f64,
    pub x: &'a [f64],
    /// Since the search began.
    pub seconds: f64,
}

/// Is told how a search goes.
pub trait Observer {
    /// Something worth saying once: the method and why it was chosen.
    fn note(&mut self, _text: &str) {}
    /// An iteration of a search from one point is complete.
    fn iteration(&mut self, _step: &Step<'_>) {}
    /// One of `count` starts is complete; `best` is where the best one ended.
    fn start(&mut self, _finished: usize, _count: usize, _best: &Step<'_>) {}
}

/// Nobody watches.
impl Observer for () {}

/// A line of block characters, one for each of at most `width` values
/// spread evenly over a history, the latest always among them.
#[derive(Clone, Debug)]
pub struct Sparkline {
    width: usize,
    values: Vec<f64>,
    /// How many values each one kept stands for, and how many have come since.
    stride: usize,
    pending: usize,
    latest: Option<f64>,
}

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Sparkline {
    pub fn new(width: usize) -> Self {
        Self {
            width: width.max(1),
            values: Vec::new(),
            stride: 1,
            pending: 0,
            latest: None,
        }
    }

    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.latest = Some(value);
        self.pending += 1;
        if self.pending < self.stride && !self.values.is_empty() {
            return;
        }
        self.pending = 0;
        self.values.push(value);
        if self.values.len() >= 2 * self.width {
            let mut odd = false;
            self.values.retain(|_| {
                odd = !odd;
                odd
            });
            self.stride *= 2;
        }
    }

    /// The line: low values low. The scale is logarithmic where all values are
    /// positive and the largest is at least ten times the smallest.
    pub fn render(&self) -> String {
        let Some(latest) = self.latest else {
            return String::new();
        };
        let points = self.values.len().min(self.width);
        let shown: Vec<f64> = (0..points.saturating_sub(1))
            .filter_map(|i| self.values.get(i * self.values.len() / points).copied())
            .chain([latest])
            .collect();
        let low = shown.iter().copied().fold(f64::INFINITY, f64::min);
        let high = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let logarithmic = low > 0.0 && high / low >= 10.0;
        let scale = |v: f64| if logarithmic { v.ln() } else { v };
        let (bottom, height) = (scale(low), scale(high) - scale(low));
        shown
            .into_iter()
            .map(|v| {
                let share = if height > 0.0 {
                    (scale(v) - bottom) / height
                } else {
                    0.0
                };
                BLOCKS[((share * 7.0).round() as usize).min(7)]
            })
            .collect()
    }
}

/// Writes progress to a terminal (one line, drawn over) or, elsewhere, as
/// plain lines at the iterations 0 to 10, 20, 50, 100 and so on.
pub struct Renderer<W> {
    out: W,
    terminal: bool,
    sparkline: Sparkline,
    drawn: Option<Instant>,
    /// The line to draw when the search is over, where the last was not drawn.
    last: Option<String>,
    next_plain: u64,
}

/// The least time between two lines drawn on a terminal.
const FRAME: Duration = Duration::from_millis(100);

impl<W: Write> Renderer<W> {
    pub fn new(out: W, terminal: bool) -> Self {
        Self {
            out,
            terminal,
            sparkline: Sparkline::new(24),
            drawn: None,
            last: None,
            next_plain: 0,
        }
    }

    // A progress line that cannot be written is no reason to end the search:
    // failures of `out` are ignored throughout.

    fn line(&mut self, count: u64, line: String) {
        if self.terminal {
            if self.drawn.is_none_or(|at| at.elapsed() >= FRAME) {
                let _ = write!(self.out, "\r\x1b[K{line}");
                let _ = self.out.flush();
                self.drawn = Some(Instant::now());
                self.last = None;
            } else {
                self.last = Some(line);
            }
        } else if count >= self.next_plain {
            let _ = writeln!(self.out, "{line}");
            self.last = None;
            self.next_plain = next_in_series(count);
        } else {
            self.last = Some(line);
        }
    }

    /// Draws the last line, and ends it.
    pub fn finish(&mut self) {
        match self.last.take() {
            Some(line) if self.terminal => {
                let _ = writeln!(self.out, "\r\x1b[K{line}");
            }
            Some(line) => {
                let _ = writeln!(self.out, "{line}");
            }
            None if self.terminal && self.drawn.is_some() => {
                let _ = writeln!(self.out);
            }
            None => {}
        }
        let _ = self.out.flush();
    }
}

/// The next after `count` in 1, 2, 3 and so on to 10, 20, 50, 100, 200, …
fn next_in_series(count: u64) -> u64 {
    if count < 10 {
        return count + 1;
    }
    let mut decade = 10u64;
    loop {
        for factor in [1, 2, 5] {
            let next = decade.saturating_mul(factor);
            if next > count || next == u64::MAX {
                return next;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

impl<W: Write> Observer for Renderer<W> {
    fn note(&mut self, text: &str) {
        let _ = writeln!(self.out, "method: {}", printable(text));
    }

    fn iteration(&mut self, step: &Step<'_>) {
        self.sparkline.push(step.value);
        let line = format!(
            "iteration {:<6} loss {:<12}  |g| {:<9.2e}  {}  {:.2} s",
            step.iteration,
            significant(step.value),
            step.gradient_norm,
            self.sparkline.render(),
            step.seconds,
        );
        self.line(step.iteration, line);
    }

    fn start(&mut self, finished: usize, count: usize, best: &Step<'_>) {
        self.sparkline.push(best.value);
        let line = format!(
            "{finished:>4} of {count} starts done  best {:<12}  |g| {:<9.2e}  {}  {:.2} s",
            significant(best.value),
            best.gradient_norm,
            self.sparkline.render(),
            best.seconds,
        );
        self.line(finished as u64, line);
    }
}

/// A number in at most eight significant digits.
fn significant(x: f64) -> String {
    if x == 0.0 || (1e-4..1e7).contains(&x.abs()) {
        let digits = if x == 0.0 {
            7
        } else {
            (7 - x.abs().log10().floor() as i32).clamp(0, 12)
        };
        format!("{x:.*}", digits as usize)
    } else {
        format!("{x:.6e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(iteration: u64, value: f64) -> Step<'static> {
        Step {
            iteration,
            value,
            gradient_norm: 0.5,
            x: &[],
            seconds: 0.25,
        }
    }

    #[test]
    fn a_falling_loss_draws_a_falling_line() {
        let mut line = Sparkline::new(4);
        for v in [1000.0, 100.0, 10.0, 1.0] {
            line.push(v);
        }
        // Even steps on the logarithmic scale.
        assert_eq!(line.render(), "█▆▃▁");
        let mut level = Sparkline::new(4);
        level.push(3.0);
        level.push(f64::NAN);
        assert_eq!(level.render(), "▁");
    }

    #[test]
    fn a_long_history_keeps_its_width() {
        let mut line = Sparkline::new(10);
        for i in 0..100_000 {
            line.push(f64::from(i));
        }
        assert_eq!(line.render().chars().count(), 10);
        assert!(line.render().starts_with('▁') && line.render().ends_with('█'));
    }

    #[test]
    fn plain_output_is_thinned_and_ends_with_the_last_iteration() {
        let mut out = Vec::new();
        let mut renderer = Renderer::new(&mut out, false);
        for i in 0..=30 {
            renderer.iteration(&step(i, 31.0 - i as f64));
        }
        renderer.finish();
        let text = String::from_utf8(out).unwrap();
        let iterations: Vec<&str> = text
            .lines()
            .map(|l| l.split_whitespace().nth(1).unwrap())
            .collect();
        let expected = "0 1 2 3 4 5 6 7 8 9 10 20 30";
        assert_eq!(iterations.join(" "), expected);
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn a_terminal_sees_one_line_drawn_over() {
        let mut out = Vec::new();
        let mut renderer = Renderer::new(&mut out, true);
        renderer.iteration(&step(0, 2.0));
        renderer.iteration(&step(1, 1.0));
        renderer.finish();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("1.0000000"), "{text}");
    }
}
