//! What rows say for all their cells.

use super::RowProps;
use crate::grid::{MAX_ROWS, Shift, ShiftKind};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Neighbouring rows, the first and the last, that say the same.
pub(super) type Stretch = (u32, u32, RowProps);

/// The properties of a sheet's rows, kept for stretches of neighbours that
/// have the same: a filter hides a million rows as one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// By their first rows: the last row, and what they say. Stretches lie
    /// apart, neighbours differ, and none says nothing.
    stretches: BTreeMap<u32, (u32, RowProps)>,
}

impl Rows {
    /// What a row says; the default where it says nothing.
    pub fn get(&self, row: u32) -> RowProps {
        match self.stretches.range(..=row).next_back() {
            Some((_, (last, props))) if row <= *last => *props,
            _ => RowProps::default(),
        }
    }

    /// The stretches of rows that say something, within others.
    pub fn within(
        &self,
        rows: RangeInclusive<u32>,
    ) -> impl Iterator<Item = (u32, u32, RowProps)> + '_ {
        let (first, last) = (*rows.start(), *rows.end());
        let begun = self.stretches.range(..first).next_back();
        let inside = self.stretches.range(first..=last.max(first));
        begun
            .into_iter()
            .chain(inside)
            .map(move |(&top, &(bottom, props))| (top.max(first), bottom.min(last), props))
            .filter(|(top, bottom, _)| top <= bottom)
    }

    /// All stretches of rows that say something.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, RowProps)> + '_ {
        self.within(0..=MAX_ROWS - 1)
    }

    /// How many of the rows are hidden.
    pub fn hidden_within(&self, rows: RangeInclusive<u32>) -> u32 {
        let hidden = self.within(rows).filter(|(.., props)| props.hidden);
        hidden.map(|(top, bottom, _)| bottom - top + 1).sum()
    }

    /// The first row from `row` on that is not hidden.
    pub fn next_shown(&self, mut row: u32) -> u32 {
        while let Some((_, &(last, props))) = self.stretches.range(..=row).next_back()
            && row <= last
            && props.hidden
        {
            row = last + 1;
        }
        row
    }

    /// The last row up to `row` that is not hidden; `None` where all are.
    pub fn previous_shown(&self, mut row: u32) -> Option<u32> {
        while let Some((&first, &(last, props))) = self.stretches.range(..=row).next_back()
            && row <= last
            && props.hidden
        {
            row = first.checked_sub(1)?;
        }
        Some(row)
    }

    /// Gives rows their properties.
    pub fn set(&mut self, rows: RangeInclusive<u32>, props: RowProps) {
        let (mut first, mut last) = (*rows.start(), *rows.end());
        if first > last {
            return;
        }
        self.cut(first);
        self.cut(last + 1);
        // One by one: splitting the map would cost all the stretches behind.
        while let Some((&within, _)) = self.stretches.range(first..=last).next() {
            self.stretches.remove(&within);
        }
        if props == RowProps::default() {
            return;
        }
        if let Some((&next, &(end, other))) = self.stretches.range(first..).next()
            && next == last + 1
            && other == props
        {
            self.stretches.remove(&next);
            last = end;
        }
        if let Some((&before, &(end, other))) = self.stretches.range(..first).next_back()
            && end + 1 == first
            && other == props
        {
            first = before;
        }
        self.stretches.insert(first, (last, props));
    }

    /// Changes what each of the rows says, also of those that say nothing.
    pub fn change(&mut self, rows: RangeInclusive<u32>, change: impl Fn(&mut RowProps)) {
        for (first, last, mut props) in self.covering(rows) {
            change(&mut props);
            self.set(first..=last, props);
        }
    }

    /// All the rows in stretches, those that say nothing among them.
    pub(super) fn covering(&self, rows: RangeInclusive<u32>) -> Vec<Stretch> {
        let (mut next, last) = (*rows.start(), *rows.end());
        let mut out = Vec::new();
        for (top, bottom, props) in self.within(rows) {
            if next < top {
                out.push((next, top - 1, RowProps::default()));
            }
            out.push((top, bottom, props));
            next = bottom + 1;
        }
        if next <= last {
            out.push((next, last, RowProps::default()));
        }
        out
    }

    /// Puts what other rows say in the place of what these say.
    pub(super) fn replace(&mut self, rows: RangeInclusive<u32>, new: &Rows) {
        for (first, last, props) in new.covering(rows) {
            self.set(first..=last, props);
        }
    }

    /// A copy of what some rows say.
    pub(super) fn copy_of(&self, rows: RangeInclusive<u32>) -> Rows {
        let stretches = self.within(rows);
        Rows {
            stretches: stretches
                .map(|(first, last, props)| (first, (last, props)))
                .collect(),
        }
    }

    /// After rows are inserted or deleted: new rows look like the one before
    /// them, but are not hidden.
    pub(super) fn shifted(&self, shift: Shift) -> Rows {
        let mut old = self.clone();
        old.cut(shift.at);
        if shift.kind == ShiftKind::Delete {
            old.cut(shift.end());
        }
        let mut new = Rows::default();
        for (first, last, props) in old.iter() {
            if let Some(first) = shift.line(first) {
                let last = shift.line(last).unwrap_or(MAX_ROWS - 1);
                new.set(first..=last, props);
            }
        }
        if shift.kind == ShiftKind::Insert
            && let Some(before) = shift.at.checked_sub(1)
        {
            let props = RowProps {
                hidden: false,
                filtered: false,
                ..self.get(before)
            };
            let last = shift.end().min(MAX_ROWS) - 1;
            new.set(shift.at..=last, props);
        }
        new
    }

    /// Has a stretch begin at `row` where one goes across it.
    fn cut(&mut self, row: u32) {
        if let Some((_, (last, props))) = self.stretches.range_mut(..row).next_back()
            && row <= *last
        {
            let rest = (*last, *props);
            *last = row - 1;
            self.stretches.insert(row, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Axis;

    const HIDDEN: RowProps = RowProps {
        height: None,
        hidden: true,
        filtered: false,
        style: 0,
    };

    fn tall(height: f64) -> RowProps {
        RowProps {
            height: Some(height),
            ..RowProps::default()
        }
    }

    fn stretches(rows: &Rows) -> Vec<(u32, u32)> {
        rows.iter().map(|(first, last, _)| (first, last)).collect()
    }

    #[test]
    fn rows_that_say_the_same_are_kept_as_one() {
        let mut rows = Rows::default();
        rows.set(5..=9, HIDDEN);
        rows.set(0..=4, HIDDEN);
        rows.set(10..=MAX_ROWS - 1, HIDDEN);
        assert_eq!(stretches(&rows), [(0, MAX_ROWS - 1)]);
        rows.set(7..=7, RowProps::default());
        assert_eq!(stretches(&rows), [(0, 6), (8, MAX_ROWS - 1)]);
        assert_eq!(rows.next_shown(3), 7);
        assert_eq!(rows.next_shown(8), MAX_ROWS);
        assert_eq!(rows.previous_shown(100), Some(7));
        assert_eq!(rows.previous_shown(6), None);
        assert_eq!(rows.hidden_within(6..=9), 3);
        rows.change(6..=8, |props| props.height = Some(30.0));
        assert!(rows.get(6).hidden && !rows.get(7).hidden);
        assert_eq!(rows.get(7), tall(30.0));
        assert_eq!(stretches(&rows).len(), 5);
    }

    #[test]
    fn stretches_agree_with_rows_kept_one_by_one() {
        let mut random = crate::random::SplitMix64::stream(11, 0);
        let mut rows = Rows::default();
        let mut plain = [RowProps::default(); 40];
        for _ in 0..2_000 {
            let mut below = |n: u64| (random.bits() % n) as u32;
            let (a, b, kind) = (below(40), below(40), below(4));
            let (first, last) = (a.min(b), a.max(b));
            let props = [RowProps::default(), HIDDEN, tall(20.0), tall(30.0)][kind as usize];
            if below(3) == 0 {
                rows.change(first..=last, |props| props.style = kind);
                (first..=last).for_each(|row| plain[row as usize].style = kind);
            } else {
                rows.set(first..=last, props);
                (first..=last).for_each(|row| plain[row as usize] = props);
            }
            for (row, props) in (0..).zip(&plain) {
                assert_eq!(rows.get(row), *props, "row {row}");
            }
            let all: Vec<Stretch> = rows.iter().collect();
            for pair in all.windows(2) {
                let apart = pair[0].1 + 1 < pair[1].0;
                assert!(apart || pair[0].1 < pair[1].0 && pair[0].2 != pair[1].2);
            }
            assert_eq!(rows.copy_of(0..=39), rows);
        }
    }

    #[test]
    fn rows_move_with_insertions_and_deletions() {
        let mut rows = Rows::default();
        rows.set(2..=5, HIDDEN);
        rows.set(6..=6, tall(40.0));
        let after = |shift| stretches(&rows.shifted(shift));
        assert_eq!(
            after(Shift::insert(Axis::Rows, 4, 2)),
            [(2, 3), (6, 7), (8, 8)]
        );
        assert_eq!(after(Shift::delete(Axis::Rows, 3, 2)), [(2, 3), (4, 4)]);
        assert_eq!(after(Shift::delete(Axis::Rows, 0, 10)), []);
        // What is inserted after a tall row is as tall.
        let taller = rows.shifted(Shift::insert(Axis::Rows, 7, 3));
        assert_eq!(stretches(&taller), [(2, 5), (6, 9)]);
        assert_eq!(
            rows.shifted(Shift::insert(Axis::Rows, 7, MAX_ROWS))
                .get(MAX_ROWS - 1),
            tall(40.0)
        );
    }
}
