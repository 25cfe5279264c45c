//! Filling cells from their neighbours: the fill handle, Ctrl+D and Ctrl+R.

mod progression;
mod series;
mod words;

#[cfg(test)]
mod tests;

pub use progression::DateUnit;
pub use series::{Series, SeriesKind};

use super::clip::Tiles;
use super::{Block, Cells, Clip, ClipError, Edit, EditError, Transaction, Workbook};
use crate::grid::{Area, Axis, Pos, Rect};
use crate::value::Value;
use crate::value::format::Format;
use progression::{Item, Progression};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Down,
    Right,
    Up,
    Left,
}

/// What the fill handle makes of the cells that it starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FillKind {
    /// Formulas are copied; several numbers, dates, weekdays, months, quarters
    /// and texts with a number go on; what is left is repeated.
    #[default]
    Auto,
    /// Everything is repeated.
    Copy,
    /// As `Auto`, but a single number goes on, too.
    Series,
    /// As `Auto`, styles left as they are.
    Contents,
    /// Styles alone.
    Formats,
    /// As `Series`, dates going on by this unit.
    Dates(DateUnit),
    /// As `Series`, numbers following an exponential curve.
    Growth,
}

/// Why cells cannot be filled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FillError {
    #[error("{0} cannot be filled from {1}: fill in one direction, over the same rows or columns")]
    OneDirection(String, String),
    #[error("there is nothing before {0} to fill from")]
    NothingBefore(String),
    #[error("a series cannot go from {0}: it has to begin with a number")]
    NoStart(String),
    #[error(transparent)]
    Clip(#[from] ClipError),
}

impl From<EditError> for FillError {
    fn from(error: EditError) -> Self {
        Self::Clip(error.into())
    }
}

impl Workbook {
    /// Fills `target` as the fill handle does when it is dragged from `source`,
    /// which is part of it. A target within the source clears what the handle
    /// was dragged over.
    pub fn auto_fill(
        &self,
        source: Area,
        target: Area,
        kind: FillKind,
    ) -> Result<Transaction, FillError> {
        self.check_area(source)?;
        self.check_area(target)?;
        let (from, to) = (source.rect, target.rect);
        let axis = match (
            from.left == to.left && from.right == to.right,
            from.top == to.top && from.bottom == to.bottom,
        ) {
            (true, _) => Axis::Rows,
            (false, true) => Axis::Columns,
            (false, false) => return Err(self.one_direction(source, target)),
        };
        let label = format!("Fill {}", self.area_address(target));
        if from.contains_rect(&to) {
            let edits = beyond(axis, to, from).into_iter().map(|rect| Edit::Set {
                area: Area { rect, ..source },
                content: super::Content::Value(Value::Blank),
            });
            return Ok(Transaction::new(label, edits.collect()));
        }
        if !to.contains_rect(&from) || source.sheet != target.sheet {
            return Err(self.one_direction(source, target));
        }
        let clip = self.whole_clip(source);
        let mut edits = Vec::new();
        for rect in beyond(axis, from, to) {
            let area = Area { rect, ..target };
            edits.extend(self.filled(&clip, source, area, axis, kind)?);
        }
        Ok(Transaction::new(label, edits))
    }

    /// Ctrl+D and its like: the first line of an area, in the direction of
    /// filling, over the others; one line alone is filled from the one before it.
    pub fn fill(&self, area: Area, direction: Direction) -> Result<Transaction, FillError> {
        let rect = area.rect;
        let nothing = || FillError::NothingBefore(self.area_address(area));
        let (axis, forward) = match direction {
            Direction::Down => (Axis::Rows, true),
            Direction::Up => (Axis::Rows, false),
            Direction::Right => (Axis::Columns, true),
            Direction::Left => (Axis::Columns, false),
        };
        let (mut first, mut last) = axis.span(&rect);
        if first == last {
            match forward {
                true => first = first.checked_sub(1).ok_or_else(nothing)?,
                false => {
                    last = Some(last + 1)
                        .filter(|l| *l < axis.size())
                        .ok_or_else(nothing)?
                }
            }
        }
        let line = if forward { first } else { last };
        let part = |span| Area {
            rect: axis.with_span(rect, span),
            ..area
        };
        self.auto_fill(part((line, line)), part((first, last)), FillKind::Copy)
    }

    fn one_direction(&self, source: Area, target: Area) -> FillError {
        FillError::OneDirection(self.area_address(target), self.area_address(source))
    }

    /// The edits that fill an area beside the source.
    fn filled(
        &self,
        clip: &Clip,
        source: Area,
        area: Area,
        axis: Axis,
        kind: FillKind,
    ) -> Result<Vec<Edit>, FillError> {
        let tiles = Tiles {
            rows: clip.rows,
            cols: clip.cols,
            anchor: source.rect.top_left(),
            area: area.rect,
        };
        let parts: Vec<Area> = match axis {
            // Rows that a filter hides are passed over.
            Axis::Rows => self.shown_parts(area).into_iter(),
            Axis::Columns => vec![area.rect].into_iter(),
        }
        .map(|rect| Area { rect, ..area })
        .collect();
        let mut edits = Vec::new();
        if kind != FillKind::Contents {
            edits.extend(self.pasted_merges(clip, &tiles, area)?);
            let styles = tiles.styles(&clip.styles);
            edits.extend(parts.iter().map(|&area| Edit::PutStyles {
                area,
                styles: Arc::new(styles.copy_of(area.rect)),
            }));
        }
        if kind == FillKind::Formats {
            return Ok(edits);
        }
        if let Some(array) = clip.cut_array() {
            return Err(ClipError::PartOfArray(array.to_owned()).into());
        }
        let mut block = tiles.block(&clip.contents())?;
        if kind != FillKind::Copy {
            self.go_on(clip, source.rect, area.rect, axis, kind, &mut block.cells);
        }
        match parts.as_slice() {
            [whole] if whole.rect == area.rect => edits.push(Edit::Put {
                area,
                block: Arc::new(block),
            }),
            _ => edits.extend(parts.iter().map(|&area| Edit::Put {
                area,
                block: Arc::new(block.part(area.rect)),
            })),
        }
        Ok(edits)
    }

    /// Puts what goes on, line by line, over what is repeated.
    fn go_on(
        &self,
        clip: &Clip,
        source: Rect,
        area: Rect,
        axis: Axis,
        kind: FillKind,
        out: &mut Cells,
    ) {
        let contents = clip.contents();
        let (start, _) = axis.span(&source);
        let (first, last) = axis.span(&area);
        let across = match axis {
            Axis::Rows => source.left..=source.right,
            Axis::Columns => source.top..=source.bottom,
        };
        let period = match axis {
            Axis::Rows => clip.rows,
            Axis::Columns => clip.cols,
        };
        for line in across {
            let within = |along: u32| match axis {
                Axis::Rows => Pos::new(along, line - source.left),
                Axis::Columns => Pos::new(line - source.top, along),
            };
            let at = |along: u32| match axis {
                Axis::Rows => Pos::new(along, line),
                Axis::Columns => Pos::new(line, along),
            };
            let items: Vec<Item> = (0..period)
                .map(|along| self.item(&contents, clip, within(along)))
                .collect();
            for piece in Progression::find(&items, kind, self.date_system) {
                let number = |along: u32| {
                    let steps = i64::from(along) - i64::from(start);
                    let (turn, step) = (
                        steps.div_euclid(i64::from(period)),
                        steps.rem_euclid(i64::from(period)) as usize,
                    );
                    let inside = step.checked_sub(piece.first)?;
                    (inside < piece.len).then_some(turn * piece.len as i64 + inside as i64)
                };
                let values =
                    (first..=last).filter_map(|along| Some((along, piece.value(number(along)?))));
                if axis == Axis::Rows && piece.len as u32 == period && piece.is_numeric() {
                    let numbers: Vec<f64> = values
                        .map(|(_, value)| match value {
                            Value::Number(x) => x,
                            _ => f64::NAN,
                        })
                        .collect();
                    out.set_numbers(line, first, &numbers);
                    continue;
                }
                for (along, value) in values {
                    out.set(at(along), value);
                }
            }
        }
    }

    fn item(&self, contents: &Block, clip: &Clip, at: Pos) -> Item {
        if contents.formulas.iter().any(|f| f.rect.contains(at)) {
            return Item::Kept;
        }
        match contents.cells.get(at) {
            Value::Number(x) => {
                let style = clip.styles.get(at).unwrap_or(0);
                let code = &self.styles.get(style).number_format;
                match Format::parse(code).is_some_and(|f| f.is_date()) {
                    true => Item::Date(x),
                    false => Item::Number(x),
                }
            }
            Value::Text(text) => Item::Text(text),
            _ => Item::Kept,
        }
    }
}

/// What of `outer` lies before and after `inner` along an axis.
fn beyond(axis: Axis, inner: Rect, outer: Rect) -> Vec<Rect> {
    let ((first, last), (from, to)) = (axis.span(&inner), axis.span(&outer));
    let before = (from < first).then(|| axis.with_span(outer, (from, first - 1)));
    let after = (last < to).then(|| axis.with_span(outer, (last + 1, to)));
    before.into_iter().chain(after).collect()
}
