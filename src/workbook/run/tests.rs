use super::*;
use crate::grid::{MAX_COLS, MAX_ROWS};
use crate::workbook::RunsBuilder;
use proptest::prelude::*;
use std::collections::HashMap;

fn plain(rect: Rect, template: u32) -> Run {
    Run {
        rect,
        template: TemplateId(template),
        kind: RunKind::Plain,
    }
}

fn rect(top: u32, left: u32, bottom: u32, right: u32) -> Rect {
    Rect {
        top,
        left,
        bottom,
        right,
    }
}

#[test]
fn a_column_filled_cell_by_cell_ends_as_one_run() {
    let mut runs = Runs::default();
    for row in 0..1000 {
        runs.insert_merged(plain(rect(row, 3, row, 3), 7));
    }
    assert_eq!(runs.len(), 1);
    assert_eq!(
        runs.at(Pos::new(999, 3)).map(|(id, run)| (id, run.rect)),
        Some((RunId(0), rect(0, 3, 999, 3)))
    );
    assert!(runs.at(Pos::new(1000, 3)).is_none());
}

#[test]
fn a_block_filled_cell_by_cell_ends_as_one_run_in_any_order() {
    let cells: Vec<Pos> = rect(2, 5, 29, 32).cells().collect();
    let mut by_column = cells.clone();
    by_column.sort_by_key(|at| (at.col, at.row));
    let mut backwards = cells.clone();
    backwards.reverse();
    for order in [cells, by_column, backwards] {
        let mut runs = Runs::default();
        for at in order {
            runs.insert_merged(plain(Rect::cell(at), 0));
        }
        let all: Vec<Rect> = runs.iter().map(|(_, run)| run.rect).collect();
        assert_eq!(all, [rect(2, 5, 29, 32)]);
    }
}

#[test]
fn arrays_do_not_join() {
    let mut runs = Runs::default();
    for row in 0..2 {
        runs.insert_merged(Run {
            kind: RunKind::Array,
            ..plain(rect(row, 0, row, 0), 0)
        });
    }
    assert_eq!(runs.len(), 2);
}

#[test]
fn a_cut_leaves_what_is_around_it() {
    let mut runs = Runs::default();
    runs.insert(plain(rect(0, 0, 9, 9), 1));
    let taken = runs.cut(rect(3, 3, 5, 20));
    assert_eq!(taken, [plain(rect(3, 3, 5, 9), 1)]);
    let mut left: Vec<Rect> = runs.iter().map(|(_, run)| run.rect).collect();
    left.sort_unstable();
    assert_eq!(left, [rect(0, 0, 2, 9), rect(3, 0, 5, 2), rect(6, 0, 9, 9)]);
    for run in taken {
        runs.insert_merged(run);
    }
    assert_eq!(runs.len(), 1);
}

#[test]
fn wide_and_tall_runs_take_few_index_entries() {
    let mut runs = Runs::default();
    runs.insert(plain(rect(0, 0, 0, MAX_COLS - 1), 0));
    runs.insert(plain(rect(1, 1, MAX_ROWS - 1, MAX_COLS - 2), 1));
    assert_eq!(
        runs.intersecting(rect(0, 0, MAX_ROWS - 1, MAX_COLS - 1)),
        [RunId(0), RunId(1)]
    );
    assert_eq!(
        runs.at(Pos::new(MAX_ROWS - 1, 77)).map(|(id, _)| id),
        Some(RunId(1))
    );
    assert!(runs.at(Pos::new(1, 0)).is_none());
    assert_eq!(runs.try_insert(plain(rect(0, 5, 1, 5), 2)), Err(RunId(0)));
}

#[test]
fn a_reader_gets_the_largest_rectangles() {
    let mut builder = RunsBuilder::new();
    // Two columns of 1,000 rows with their own formulas beside a block of
    // 28 by 28 with another, as on the lesson's sheets.
    for row in 0..1000 {
        builder.push(Pos::new(row, 0), TemplateId(0), RunKind::Plain);
        builder.push(Pos::new(row, 1), TemplateId(1), RunKind::Plain);
        for col in 3..31 {
            if (10..38).contains(&row) {
                builder.push(Pos::new(row, col), TemplateId(2), RunKind::Plain);
            }
        }
    }
    let mut runs = Runs::default();
    builder.finish(&mut runs);
    let all: Vec<Run> = runs.iter().map(|(_, run)| run.clone()).collect();
    assert_eq!(
        all,
        [
            plain(rect(0, 0, 999, 0), 0),
            plain(rect(0, 1, 999, 1), 1),
            plain(rect(10, 3, 37, 30), 2),
        ]
    );
}

proptest! {
    #[test]
    fn runs_are_what_a_map_of_cells_would_hold(
        steps in prop::collection::vec((0u32..12, 0u32..12, 0u32..6, 0u32..6, prop::option::of(0u32..2)), 1..40),
        seen in (0u32..18, 0u32..18, 0u32..6, 0u32..6),
    ) {
        let mut runs = Runs::default();
        let mut model: HashMap<Pos, u32> = HashMap::new();
        for (top, left, rows, cols, template) in steps {
            let rect = rect(top, left, top + rows, left + cols);
            let expected: usize = rect.cells().filter(|at| model.contains_key(at)).count();
            let taken: u64 = runs.cut(rect).iter().map(|run| run.rect.len()).sum();
            prop_assert_eq!(taken as usize, expected);
            for at in rect.cells() {
                model.remove(&at);
            }
            if let Some(template) = template {
                runs.insert_merged(plain(rect, template));
                model.extend(rect.cells().map(|at| (at, template)));
            }
        }
        for at in rect(0, 0, 20, 20).cells() {
            prop_assert_eq!(runs.at(at).map(|(_, run)| run.template.0), model.get(&at).copied());
        }
        let seen = rect(seen.0, seen.1, seen.0 + seen.2, seen.1 + seen.3);
        let found: Vec<RunId> = runs.iter().filter(|(_, run)| run.rect.intersection(&seen).is_some()).map(|(id, _)| id).collect();
        prop_assert_eq!(runs.intersecting(seen), found);
    }

    #[test]
    fn the_builder_keeps_every_cell_in_any_order(
        cells in prop::collection::vec((0u32..10, 0u32..10, 0u32..2), 0..120),
        sorted in any::<bool>(),
    ) {
        let mut cells = cells;
        if sorted {
            cells.sort_by_key(|&(row, col, _)| (row, col));
            cells.dedup_by_key(|&mut (row, col, _)| (row, col));
        }
        let mut builder = RunsBuilder::new();
        let mut places: HashMap<Pos, Vec<u32>> = HashMap::new();
        for (row, col, template) in cells {
            builder.push(Pos::new(row, col), TemplateId(template), RunKind::Plain);
            places.entry(Pos::new(row, col)).or_default().push(template);
        }
        let mut runs = Runs::default();
        builder.finish(&mut runs);
        for at in rect(0, 0, 11, 11).cells() {
            match (runs.at(at), places.get(&at)) {
                (Some((_, run)), Some(given)) => prop_assert!(given.contains(&run.template.0)),
                (found, given) => prop_assert!(found.is_none() && given.is_none()),
            }
        }
    }
}
