//! A search allocates before its first iteration, not in any later one.

use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::Cell;
use gradsheet::solver::{
    Constraint, ConstraintRight, MethodChoice, Objective, Options, Problem, Relation, solve,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The lesson's network in the example workbook: one of its cells as a
/// function of the parameters.
fn network(cell: &str) -> Slice {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.xlsx");
    let engine = Engine::new(gradsheet::xlsx::open(path).expect("the example workbook"));
    let book = engine.workbook();
    let area = |text: &str| book.parse_areas(text, book.order()[0]).expect("an area")[0];
    let of = area(cell);
    let objective = Cell {
        sheet: of.sheet,
        pos: of.rect.top_left(),
    };
    Slice::new(&engine, objective, &[area("nnet!R4:AA5")]).expect("it has a gradient")
}

/// What a search of so many iterations allocates.
fn allocations(
    slice: &mut Slice,
    constraints: Vec<Constraint>,
    method: &str,
    iterations: u64,
) -> u64 {
    let mut options = Options {
        method: MethodChoice::named(method, 0.01).expect("a method"),
        ..Options::default()
    };
    options.stop.tolerance = 1e-14;
    options.stop.max_iterations = Some(iterations);
    let mut problem = Problem::minimise(slice.start().to_vec());
    problem.bounds.upper[3] = 0.5;
    problem.constraints = constraints;
    let before = COUNT.load(Ordering::Relaxed);
    let outcome = solve(slice, &problem, &options, &mut ()).expect("a search");
    let count = COUNT.load(Ordering::Relaxed) - before;
    assert_eq!(outcome.iterations, iterations, "{method}: {outcome:?}");
    count
}

/// One test, as others beside it would allocate meanwhile.
#[test]
fn iterations_allocate_nothing() {
    let mut slice = network("nnet!AH1");
    for method in ["gd", "momentum", "adam", "lm", "lbfgs", "lm+lbfgs", "slsqp"] {
        let mut count = |iterations| allocations(&mut slice, Vec::new(), method, iterations);
        // The first search makes the buffers of the slice.
        count(2);
        let few = count(2);
        let many = count(8);
        assert_eq!(few, many, "{method}");
    }
    // One row's sum is not to exceed another's, and a third's is to have a value.
    let [first, second, third] = ["nnet!AC5", "nnet!AC6", "nnet!AD7"].map(network);
    let mut count = |iterations| {
        let at_most = Constraint {
            name: "nnet!AC5 <= nnet!AC6".into(),
            left: first.fork(),
            relation: Relation::LessOrEqual,
            right: ConstraintRight::Function(second.fork()),
        };
        let equal = Constraint {
            name: "nnet!AD7 = 0.2".into(),
            left: third.fork(),
            relation: Relation::Equal,
            right: ConstraintRight::Number(0.2),
        };
        allocations(&mut slice, vec![at_most, equal], "slsqp", iterations)
    };
    count(2);
    let few = count(2);
    let many = count(8);
    assert_eq!(few, many, "with constraints");
}
