//! A choice from a list that may be longer than its window.

/// What is chosen of a list, and the first line shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub chosen: usize,
    top: usize,
}

impl List {
    /// Moves the choice by so many lines within a list of `len`.
    pub fn step(&mut self, by: isize, len: usize) {
        self.chosen = self
            .chosen
            .saturating_add_signed(by)
            .min(len.saturating_sub(1));
    }

    /// The first line to show so that the choice is in a window of `height` lines.
    pub fn top(&self, height: usize, len: usize) -> usize {
        let height = height.max(1);
        let last = len.saturating_sub(height);
        let chosen = self.chosen.min(len.saturating_sub(1));
        self.top
            .max((chosen + 1).saturating_sub(height))
            .min(chosen)
            .min(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_stays_in_the_list_and_in_the_window() {
        let mut list = List::default();
        list.step(-1, 10);
        assert_eq!((list.chosen, list.top(4, 10)), (0, 0));
        list.step(6, 10);
        assert_eq!((list.chosen, list.top(4, 10)), (6, 3));
        list.step(60, 10);
        assert_eq!((list.chosen, list.top(4, 10)), (9, 6));
        assert_eq!(list.top(4, 0), 0);
    }
}
