//! Conditional formats: how cells look that meet a condition.

use super::{Colour, Template};
use crate::grid::{Pos, Rect};
use std::sync::Arc;

/// Cells and the rules by which they are shown.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ConditionalFormat {
    /// Never empty. The first one's top left cell is what relative references
    /// in formulas count from.
    pub areas: Vec<Rect>,
    pub rules: Vec<Rule>,
}

impl ConditionalFormat {
    /// The cell that its formulas' relative references count from.
    pub fn origin(&self) -> Pos {
        origin(&self.areas)
    }

    /// Whether it speaks of a cell.
    pub fn covers(&self, at: Pos) -> bool {
        self.areas.iter().any(|area| area.contains(at))
    }

    /// Every formula in its rules, to be changed in place.
    pub fn each_formula(&mut self, change: &mut dyn FnMut(&mut Arc<Template>)) {
        for rule in &mut self.rules {
            rule.condition.each_formula(change);
        }
    }
}

/// The cell that formulas about several areas count from.
pub(super) fn origin(areas: &[Rect]) -> Pos {
    areas.first().map_or(Pos::new(0, 0), Rect::top_left)
}

/// A condition and what it does to cells that meet it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rule {
    /// Rules of a sheet are tried from the lowest number to the highest; what
    /// one has decided no later one changes.
    pub priority: u32,
    /// Where the condition holds, no later rule is tried.
    pub stop_if_true: bool,
    pub condition: Condition,
    /// What cells look like that meet it, by its index in
    /// [`super::Styles::differential`]; scales, bars and icons have none.
    pub format: Option<u32>,
}

/// When a rule holds; for scales, bars and icons, how cells are drawn.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Condition {
    /// Two or three points, the colours between them mixed.
    ColourScale(Vec<ScalePoint>),
    DataBar(DataBar),
    IconSet(IconSet),
    /// The cell's value compared with one formula, or two for the operators
    /// that are about an interval.
    Compare {
        operator: CompareOp,
        formulas: Vec<Arc<Template>>,
    },
    /// A formula that is true.
    Formula(Arc<Template>),
    /// Among the largest (or smallest) `rank` values, or `rank` percent of them.
    Top {
        rank: u32,
        percent: bool,
        bottom: bool,
    },
    /// Above (or below) the mean, or so many standard deviations from it.
    Average {
        above: bool,
        or_equal: bool,
        deviations: Option<u32>,
    },
    Duplicate,
    Unique,
    Text {
        test: TextTest,
        text: Arc<str>,
    },
    Blank,
    NotBlank,
    Error,
    NotError,
    Date(TimePeriod),
    /// One that this program does not know, as its file has it.
    Unknown(Arc<str>),
}

impl Condition {
    fn each_formula(&mut self, change: &mut dyn FnMut(&mut Arc<Template>)) {
        match self {
            Self::ColourScale(points) => {
                for point in points {
                    point.at.each_formula(change);
                }
            }
            Self::DataBar(bar) => {
                bar.min.each_formula(change);
                bar.max.each_formula(change);
            }
            Self::IconSet(icons) => {
                for step in &mut icons.steps {
                    step.from.each_formula(change);
                }
            }
            Self::Compare { formulas, .. } => formulas.iter_mut().for_each(change),
            Self::Formula(formula) => change(formula),
            Self::Top { .. }
            | Self::Average { .. }
            | Self::Duplicate
            | Self::Unique
            | Self::Text { .. }
            | Self::Blank
            | Self::NotBlank
            | Self::Error
            | Self::NotError
            | Self::Date(_)
            | Self::Unknown(_) => {}
        }
    }
}

/// How a value is compared with one or two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum CompareOp {
    Between,
    NotBetween,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

impl CompareOp {
    /// How many values it compares with.
    pub fn operands(self) -> usize {
        match self {
            Self::Between | Self::NotBetween => 2,
            _ => 1,
        }
    }
}

/// What is asked of a cell's text, without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TextTest {
    Contains,
    NotContains,
    Begins,
    Ends,
}

/// A stretch of days around today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TimePeriod {
    Yesterday,
    Today,
    Tomorrow,
    /// Today and the six days before.
    Last7Days,
    LastWeek,
    ThisWeek,
    NextWeek,
    LastMonth,
    ThisMonth,
    NextMonth,
}

/// A value along a scale, found among the values of the format's areas.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Threshold {
    Min,
    Max,
    Number(Arc<Template>),
    /// So far from the smallest value to the largest, in percent.
    Percent(Arc<Template>),
    /// The percentile of the values, from 0 to 100.
    Percentile(Arc<Template>),
    Formula(Arc<Template>),
}

impl Threshold {
    /// The formula or number it is found from.
    pub fn formula(&self) -> Option<&Arc<Template>> {
        match self {
            Self::Min | Self::Max => None,
            Self::Number(f) | Self::Percent(f) | Self::Percentile(f) | Self::Formula(f) => Some(f),
        }
    }

    fn each_formula(&mut self, change: &mut dyn FnMut(&mut Arc<Template>)) {
        match self {
            Self::Min | Self::Max => {}
            Self::Number(f) | Self::Percent(f) | Self::Percentile(f) | Self::Formula(f) => {
                change(f);
            }
        }
    }
}

/// A point of a colour scale.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ScalePoint {
    pub at: Threshold,
    pub colour: Colour,
}

/// A bar in the cell, as long as its value is far along the scale.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DataBar {
    pub min: Threshold,
    pub max: Threshold,
    pub colour: Colour,
    /// Whether the value is shown on the bar.
    pub show_value: bool,
}

/// Icons by steps of the value.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct IconSet {
    /// Its name in files: `3TrafficLights1`.
    pub name: Arc<str>,
    /// From the lowest to the highest, one an icon.
    pub steps: Vec<IconStep>,
    pub reverse: bool,
    pub show_value: bool,
}

/// Where an icon's step begins.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct IconStep {
    pub from: Threshold,
    /// Whether a value that is just there belongs to it.
    pub inclusive: bool,
}

/// What a conditional format changes of a cell's style; `None` for what it leaves.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DifferentialFormat {
    pub bold: Option<bool>,
    pub italic: Option<bool>,
    pub underline: Option<bool>,
    pub strike: Option<bool>,
    pub colour: Option<Colour>,
    pub fill: Option<Colour>,
    /// The code.
    pub number_format: Option<Arc<str>>,
}
