//! What rules need to know of the values of all their cells.

use crate::engine::interpret::Key;
use crate::grid::Rect;
use crate::value::Value;
use crate::workbook::Cells;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;

/// The numbers of some cells, each fact found when first asked for.
#[derive(Debug, Default)]
pub struct Summary {
    moments: OnceCell<Option<Moments>>,
    sorted: OnceCell<Vec<f64>>,
    counts: OnceCell<FxHashMap<Key, u32>>,
}

/// Facts that one pass over numbers finds.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub count: u64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// The sum of squared distances from the mean.
    squares: f64,
}

impl Moments {
    /// The standard deviation of the numbers as a whole population.
    pub fn deviation(&self) -> f64 {
        (self.squares / self.count as f64).sqrt()
    }
}

impl Summary {
    /// `None` where no cell holds a number.
    pub fn moments(&self, cells: &Cells, areas: &[Rect]) -> Option<Moments> {
        *self.moments.get_or_init(|| {
            let mut found: Option<Moments> = None;
            each_number(cells, areas, |x| {
                let Some(m) = &mut found else {
                    found = Some(Moments {
                        count: 1,
                        min: x,
                        max: x,
                        mean: x,
                        squares: 0.0,
                    });
                    return;
                };
                // Welford's update, which loses no digits to large means.
                m.count += 1;
                m.min = m.min.min(x);
                m.max = m.max.max(x);
                let step = x - m.mean;
                m.mean += step / m.count as f64;
                m.squares += step * (x - m.mean);
            });
            found
        })
    }

    /// The numbers from the smallest to the largest.
    pub fn sorted(&self, cells: &Cells, areas: &[Rect]) -> &[f64] {
        self.sorted.get_or_init(|| {
            let mut numbers = Vec::new();
            each_number(cells, areas, |x| numbers.push(x));
            numbers.sort_unstable_by(f64::total_cmp);
            numbers
        })
    }

    /// The percentile of the numbers, as PERCENTILE.INC finds it.
    pub fn percentile(&self, cells: &Cells, areas: &[Rect], percent: f64) -> Option<f64> {
        let sorted = self.sorted(cells, areas);
        let last = sorted.len().checked_sub(1)?;
        if !(0.0..=100.0).contains(&percent) {
            return None;
        }
        let place = percent / 100.0 * last as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(last);
        Some(sorted[below] + (place - below as f64) * (sorted[above] - sorted[below]))
    }

    /// How many of the cells hold a value.
    pub fn count(&self, cells: &Cells, areas: &[Rect], value: &Value) -> u32 {
        let counts = self.counts.get_or_init(|| {
            let mut counts = FxHashMap::default();
            for area in areas {
                cells.for_each_column(*area, &mut |_, value| {
                    if let Some(key) = Key::of(value) {
                        *counts.entry(key).or_insert(0) += 1;
                    }
                });
            }
            counts
        });
        Key::of(value).map_or(0, |key| counts.get(&key).copied().unwrap_or(0))
    }
}

fn each_number(cells: &Cells, areas: &[Rect], mut see: impl FnMut(f64)) {
    for area in areas {
        cells.for_each_column(*area, &mut |_, value| {
            if let Value::Number(x) = value {
                see(*x);
            }
        });
    }
}
