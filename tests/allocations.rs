//! A search allocates before its first iteration, not in any later one.

use gradsheet::engine::Engine;
use gradsheet::engine::gradient::Slice;
use gradsheet::grid::Cell;
use gradsheet::solver::{MethodChoice, Options, Problem, solve};
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

/// The lesson's network in the example workbook.
fn network() -> Slice {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/workbooks/titanic.xlsx");
    let engine = Engine::new(gradsheet::xlsx::open(path).expect("the example workbook"));
    let book = engine.workbook();
    let area = |text: &str| book.parse_areas(text, book.order()[0]).expect("an area")[0];
    let of = area("nnet!AH1");
    let objective = Cell {
        sheet: of.sheet,
        pos: of.rect.top_left(),
    };
    Slice::new(&engine, objective, &[area("nnet!R4:AA5")]).expect("it has a gradient")
}

/// What a search of so many iterations allocates.
fn allocations(slice: &mut Slice, method: &str, iterations: u64) -> u64 {
    let mut options = Options {
        method: MethodChoice::named(method, 0.01).expect("a method"),
        ..Options::default()
    };
    options.stop.tolerance = 1e-14;
    options.stop.max_iterations = Some(iterations);
    let problem = Problem::minimise(slice.start().to_vec());
    let before = COUNT.load(Ordering::Relaxed);
    let outcome = solve(slice, &problem, &options, &mut ()).expect("a search");
    let count = COUNT.load(Ordering::Relaxed) - before;
    assert_eq!(outcome.iterations, iterations, "{method}: {outcome:?}");
    count
}

#[test]
fn iterations_of_our_own_methods_allocate_nothing() {
    let mut slice = network();
    for method in ["gd", "momentum", "adam", "lm", "lbfgs"] {
        // The first search makes the buffers of the slice.
        allocations(&mut slice, method, 2);
        let few = allocations(&mut slice, method, 2);
        let many = allocations(&mut slice, method, 8);
        assert_eq!(few, many, "{method}");
    }
    // basin's searches allocate vectors as they go; how many is printed.
    allocations(&mut slice, "slsqp", 2);
    let few = allocations(&mut slice, "slsqp", 2);
    let many = allocations(&mut slice, "slsqp", 8);
    println!("slsqp: {} allocations an iteration", (many - few) / 6);
}
