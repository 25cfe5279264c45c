//! Series as the dialog Fill > Series asks for them.

use super::progression::{DateUnit, Progression};
use super::{FillError, FillKind};
use crate::grid::{Area, Axis, Pos, Rect};
use crate::value::{Value, round_to_15_digits};
use crate::workbook::{Block, Cells, Edit, Transaction, Workbook};
use std::sync::Arc;

/// A series in each line of an area, from its first cell on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series {
    pub kind: SeriesKind,
    /// Along columns (`Axis::Rows`: from row to row) or along rows.
    pub along: Axis,
    pub step: f64,
    /// Where it ends at the latest; an area of one cell is filled up to it.
    pub stop: Option<f64>,
    /// The line or curve through the numbers that are there, which it
    /// replaces; step and stop play no part.
    pub trend: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesKind {
    Linear,
    Growth,
    Dates(DateUnit),
    /// As the fill handle does.
    Auto,
}

impl Workbook {
    /// The transaction that fills an area with series.
    pub fn fill_series(&self, area: Area, series: Series) -> Result<Transaction, FillError> {
        self.check_area(area)?;
        let axis = series.along;
        let (first, last) = axis.span(&area.rect);
        if series.kind == SeriesKind::Auto {
            let source = Area {
                rect: axis.with_span(area.rect, (first, first)),
                ..area
            };
            return self.auto_fill(source, area, FillKind::Series);
        }
        let across = match axis {
            Axis::Rows => area.rect.left..=area.rect.right,
            Axis::Columns => area.rect.top..=area.rect.bottom,
        };
        let cells = &self.sheet(area.sheet).cells;
        let mut edits = Vec::new();
        for line in across {
            let at = |along: u32| match axis {
                Axis::Rows => Pos::new(along, line),
                Axis::Columns => Pos::new(line, along),
            };
            let known: Vec<f64> = (first..=last)
                .map_while(|along| cells.number(at(along)))
                .collect();
            let Some(&start) = known.first() else {
                continue;
            };
            let end = match (first == last, series.stop) {
                (true, Some(_)) => axis.size() - 1,
                _ => last,
            };
            let values = self.series_values(series, start, &known, end - first);
            // Where it begins stays, but not under a trend.
            let skip = usize::from(!series.trend);
            let Some(values) = values.get(skip..).filter(|v| !v.is_empty()) else {
                continue;
            };
            let from = first + skip as u32;
            let rect = Rect::new(at(from), at(from + values.len() as u32 - 1));
            let mut block = Cells::default();
            for (along, value) in (from..).zip(values) {
                block.set(at(along), value.clone());
            }
            let (line, style) = (
                Area { rect, ..area },
                self.sheet(area.sheet).style(at(first)),
            );
            if style != 0 {
                edits.push(Edit::SetStyle { area: line, style });
            }
            edits.push(Edit::Put {
                area: line,
                block: Arc::new(Block {
                    cells: block,
                    formulas: Vec::new(),
                }),
            });
        }
        if edits.is_empty() && cells.iter(area.rect).next().is_none() {
            return Err(FillError::NoStart(self.area_address(area)));
        }
        let label = format!("Fill {}", self.area_address(area));
        Ok(Transaction::new(label, edits))
    }

    /// The values of a line, its first included, `most` after that at most.
    fn series_values(&self, series: Series, start: f64, known: &[f64], most: u32) -> Vec<Value> {
        let count = i64::from(most) + 1;
        if series.trend {
            let trend = match series.kind {
                SeriesKind::Growth => Progression::curve(known),
                _ => None,
            };
            let trend = trend.unwrap_or_else(|| Progression::line(known));
            return (0..count).map(|i| trend.value(i)).collect();
        }
        let mut value: Box<dyn FnMut(i64) -> Value> = match series.kind {
            SeriesKind::Dates(unit) => {
                let whole = series.step.trunc();
                if unit == DateUnit::Day && whole != series.step {
                    Box::new(|i| Value::number(start + series.step * i as f64))
                } else {
                    let dates = Progression::dates(start, whole as i64, unit, self.date_system);
                    Box::new(move |i| dates.value(i))
                }
            }
            SeriesKind::Growth => {
                let mut now = start;
                Box::new(move |i| {
                    if i > 0 {
                        now *= series.step;
                    }
                    Value::number(round_to_15_digits(now))
                })
            }
            SeriesKind::Linear | SeriesKind::Auto => {
                Box::new(|i| Value::number(round_to_15_digits(start + series.step * i as f64)))
            }
        };
        let mut out = Vec::new();
        for i in 0..count {
            let next = value(i);
            let beyond = match (&next, series.stop) {
                (Value::Number(x), Some(stop)) => {
                    let rising = match series.kind {
                        SeriesKind::Growth => (series.step >= 1.0) == (start >= 0.0),
                        _ => series.step >= 0.0,
                    };
                    if rising { *x > stop } else { *x < stop }
                }
                (Value::Number(_), None) => false,
                _ => true,
            };
            // A series that stands still would never reach its end.
            let stands = i > 0 && out.last() == Some(&next) && series.stop.is_some();
            if beyond || (stands && most + 1 == series.along.size()) {
                break;
            }
            out.push(next);
        }
        out
    }
}
