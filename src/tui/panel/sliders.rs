//! Cells moved by sliders. Which cells have sliders is kept for the session:
//! files have no place for it that other programs would read.

use crate::grid::{Area, Cell, Rect};
use crate::tui::command::Refusal;
use crate::value::Value;
use crate::workbook::{Edit, Transaction, Workbook};

/// A cell that moves between two values by steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Slider {
    pub cell: Cell,
    pub low: f64,
    pub high: f64,
    pub step: f64,
}

/// The panel's state.
#[derive(Debug, Default)]
pub struct Sliders {
    pub sliders: Vec<Slider>,
    pub chosen: usize,
    /// What is watched while sliders move.
    pub objective: Option<Cell>,
    /// The last move: which slider, and the document's revision after it. The
    /// next move of the same slider is one step of the history with it.
    pub moved: Option<(usize, u64)>,
    /// The objective before the moves of the chosen slider.
    pub before: Option<f64>,
    /// The derivative of the objective by the chosen slider's cell, and the
    /// revision and slider that it belongs to; why there is none.
    pub slope: Option<(u64, usize, Result<f64, String>)>,
}

impl Slider {
    /// A slider for a value: 2 to either side of it at least, or as far as it is
    /// from 0, in 40 steps of a round size.
    pub fn around(cell: Cell, value: f64) -> Self {
        let reach = value.abs().max(2.0);
        let power = 10f64.powf((reach / 20.0).log10().floor());
        let wanted = reach / 20.0 / power;
        let factor = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .find(|f| *f >= wanted - 1e-9);
        let step = factor.unwrap_or(10.0) * power;
        let low = on_grid(((value - reach) / step).floor() * step, step);
        let high = on_grid(((value + reach) / step).ceil() * step, step);
        Self {
            cell,
            low,
            high,
            step,
        }
    }

    /// The value so many steps from another, within the range, on the steps'
    /// grid so that sums of steps do not drift.
    pub fn moved(&self, value: f64, steps: f64) -> f64 {
        let step = self.step;
        let to = (value / step + steps) * step;
        let round = (to / step).round() * step;
        f64::clamp(on_grid(round, step), self.low, self.high)
    }

    /// Where a value is in the range, from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Sets range and step from `low to high by step`; the step may be left out.
    pub fn set_range(&mut self, text: &str) -> Result<(), Refusal> {
        let wrong = || Refusal::new(format!("\"{text}\" is no range: write -1 to 3 by 0.1"));
        let (range, step) = match text.split_once(" by ") {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (low, high) = range.split_once(" to ").ok_or_else(wrong)?;
        let number = |text: &str| {
            let number: Option<f64> = text.trim().parse().ok();
            number.filter(|x| x.is_finite()).ok_or_else(wrong)
        };
        let (low, high) = (number(low)?, number(high)?);
        let step = match step {
            Some(step) => number(step)?,
            None => (high - low) / 40.0,
        };
        if low >= high || step <= 0.0 || step > high - low {
            return Err(wrong());
        }
        (self.low, self.high, self.step) = (low, high, step);
        Ok(())
    }

    /// The range as [`Slider::set_range`] reads it.
    pub fn range(&self) -> String {
        format!("{} to {} by {}", self.low, self.high, self.step)
    }

    /// The change that gives its cell a value.
    pub fn transaction(&self, workbook: &Workbook, value: f64) -> Transaction {
        let area = Area {
            sheet: self.cell.sheet,
            rect: Rect::cell(self.cell.pos),
        };
        let label = format!("Move {}", workbook.address(self.cell));
        let values = vec![Value::Number(value)];
        Transaction::new(label, vec![Edit::SetValues { area, values }])
    }
}

/// A multiple of a step without the error of the multiplication: 3 * 0.1 is not
/// the number 0.3. It keeps as many digits as the step needs.
fn on_grid(value: f64, step: f64) -> f64 {
    let digits = (2.0 - step.log10().floor()).clamp(0.0, 15.0) as usize;
    let text = format!("{value:.digits$}");
    text.parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Pos, SheetId};

    fn slider(value: f64) -> Slider {
        let cell = Cell {
            sheet: SheetId(0),
            pos: Pos::new(0, 0),
        };
        Slider::around(cell, value)
    }

    #[test]
    fn a_slider_has_round_steps_around_its_value() {
        let one = slider(1.1);
        assert_eq!((one.low, one.high, one.step), (-0.9, 3.1, 0.1));
        let small = slider(0.2938);
        assert_eq!((small.low, small.high, small.step), (-1.8, 2.3, 0.1));
        let large = slider(-345.0);
        assert_eq!(large.step, 20.0);
        assert!(large.low <= -690.0 && large.high >= 0.0);
    }

    #[test]
    fn moves_do_not_drift_and_stay_in_the_range() {
        let mut slider = slider(0.0);
        slider.set_range("-1.1 to 3.3 by 0.1").unwrap();
        let mut value = -1.1;
        for _ in 0..14 {
            value = slider.moved(value, 1.0);
        }
        assert_eq!(value, 0.3);
        assert_eq!(slider.moved(value, 100.0), 3.3);
        assert!(slider.set_range("3 to 1").is_err());
        assert!(slider.set_range("1 to 2 by 0").is_err());
        slider.set_range(&slider.range()).unwrap();
    }
}
