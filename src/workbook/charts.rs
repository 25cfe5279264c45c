//! Charts made from cells.

use super::Template;
use crate::grid::Rect;
use std::sync::Arc;

/// A chart that was made since the workbook was opened. Those that the file
/// came with stay in the file and are not among the document's.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Chart {
    pub kind: ChartKind,
    /// Empty for none.
    pub title: Arc<str>,
    pub series: Vec<ChartSeries>,
    /// The cells of its sheet that it lies over.
    pub anchor: Rect,
    /// Whether the axes count in powers of ten.
    pub log_x: bool,
    pub log_y: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ChartKind {
    Line,
    Scatter,
    Column,
    /// How many values lie in each of equal intervals ([`histogram`]).
    Histogram,
}

/// A series of a chart. Its formulas are references with their sheets' names,
/// or a text for the name; they count from A1.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ChartSeries {
    pub name: Option<Arc<Template>>,
    /// Categories, or the numbers along the first axis; 1, 2, 3, … without.
    pub x: Option<Arc<Template>>,
    pub y: Arc<Template>,
}

impl Chart {
    /// Every formula in it, to be changed in place.
    pub fn each_formula(&mut self, change: &mut dyn FnMut(&mut Arc<Template>)) {
        for series in &mut self.series {
            let name = series.name.iter_mut();
            for formula in name.chain(&mut series.x) {
                change(formula);
            }
            change(&mut series.y);
        }
    }
}

/// An interval of a histogram; its upper end belongs to it, and the lower end
/// of the first does.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub count: u64,
}

/// The most intervals that a histogram has.
const MAX_BINS: f64 = 100.0;

/// The numbers counted in equal intervals, as wide as Scott's rule says, which
/// Excel follows too: 3.49 standard deviations over the cube root of their
/// number. None for no numbers.
pub fn histogram(numbers: &[f64]) -> Vec<Bin> {
    let count = numbers.len() as f64;
    let Some(min) = numbers.iter().copied().reduce(f64::min) else {
        return Vec::new();
    };
    let max = numbers.iter().copied().fold(min, f64::max);
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|x| (x - mean) * (x - mean)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    let width = 3.49 * deviation / count.cbrt();
    let bins = ((max - min) / width).ceil();
    if !bins.is_finite() || bins < 1.0 {
        return vec![Bin {
            from: min,
            to: max,
            count: numbers.len() as u64,
        }];
    }
    let bins = bins.min(MAX_BINS);
    let width = (max - min) / bins;
    let mut out: Vec<Bin> = (0..bins as usize)
        .map(|i| Bin {
            from: min + i as f64 * width,
            to: min + (i + 1) as f64 * width,
            count: 0,
        })
        .collect();
    let last = out.len() - 1;
    for x in numbers {
        let place = ((x - min) / width).ceil() as usize;
        out[place.saturating_sub(1).min(last)].count += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_every_number_once() {
        let numbers: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 997)).collect();
        let bins = histogram(&numbers);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 1000);
        assert!(bins.len() > 5 && bins.len() < 40, "{}", bins.len());
        assert_eq!(bins[0].from, 0.0);
        for (a, b) in bins.iter().zip(&bins[1..]) {
            assert_eq!(a.to, b.from);
        }
        assert_eq!(histogram(&[]), []);
        let same = histogram(&[7.0, 7.0]);
        assert_eq!((same.len(), same[0].count), (1, 2));
    }
}
