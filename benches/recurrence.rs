//! A loan table of 1,000 months: the balance after each, and the gradient of
//! the last by rate, payment and extra payments.

use criterion::{Criterion, criterion_group, criterion_main};
use gradsheet::program::{Binary, Builder, Program, Scan, Shape, ShapeError};
use std::hint::black_box;

const STEPS: usize = 1000;

fn recurrence(c: &mut Criterion) {
    let mut b = Builder::new();
    let loan = b.scalar(100_000.0);
    let rate = b.parameter(Shape::SCALAR);
    let payment = b.parameter(Shape::SCALAR);
    let extra = b.parameter(Shape::new(STEPS, 1, 1));
    let scan = Scan {
        steps: STEPS,
        reverse: false,
        init: vec![loan],
        sequences: vec![extra],
        uniforms: vec![rate, payment],
    };
    let balance = b
        .scan::<ShapeError>(scan, |b, state, element, uniform| {
            let interest = b.binary(Binary::Mul, state[0], uniform[0])?;
            let owed = b.binary(Binary::Add, state[0], interest)?;
            let paid = b.binary(Binary::Add, uniform[1], element[0])?;
            Ok(vec![b.binary(Binary::Sub, owed, paid)?])
        })
        .expect("scalars")[0];
    let last = b
        .gather(balance, [STEPS as u32 - 1].into(), Shape::SCALAR)
        .expect("the last step");
    let mut outputs = vec![last];
    let value = Program::new(&b, &outputs);
    outputs.extend(
        b.gradient(last, &[rate, payment, extra])
            .expect("it has one"),
    );
    let gradient = Program::new(&b, &outputs);
    let mut at = vec![0.002, 300.0];
    at.resize(2 + STEPS, 1.0);
    for (name, program) in [("value", value), ("value and gradient", gradient)] {
        let mut workspace = program.workspace();
        c.bench_function(&format!("recurrence of {STEPS} steps, {name}"), |b| {
            b.iter(|| program.run(&mut workspace, black_box(&at)));
        });
    }
}

criterion_group!(benches, recurrence);
criterion_main!(benches);
