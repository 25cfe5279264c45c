//! What programs promise: values by closed forms, gradients by central
//! differences, fused execution by the plain evaluation of each operation.

mod gradients;
mod jacobians;
mod kinks;
pub(crate) mod networks;
pub(crate) mod random;
mod scans;
mod structure;

use super::{Axes, Builder, Node, Program, Reduction, Shape, Tensor};

/// Values of the outputs at a point, as machine code gives them and, but for
/// rounding in sums, the interpreter of instructions.
fn run(builder: &Builder, outputs: &[Node], parameters: &[f64]) -> Vec<Vec<f64>> {
    let values = |program: Program| -> Vec<Vec<f64>> {
        let mut workspace = program.workspace();
        program.run(&mut workspace, parameters);
        // A second run finds no trace of the first.
        program.run(&mut workspace, parameters);
        let outputs = 0..outputs.len();
        outputs.map(|i| workspace.output(i).to_vec()).collect()
    };
    let compiled = values(Program::new(builder, outputs));
    let interpreted = values(Program::interpreted(builder, outputs));
    for (a, b) in compiled.iter().zip(&interpreted) {
        // Terms of sums may cancel.
        let scale = b
            .iter()
            .filter(|x| x.is_finite())
            .fold(1.0f64, |m, x| m.max(x.abs()));
        if scale < 1e6 {
            assert_close(a, b, 1e-9);
        }
    }
    compiled
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (i, (&x, &y)) in a.iter().zip(b).enumerate() {
        assert!(
            close(x, y, tolerance),
            "element {i}: {x} and {y} in\n{a:?}\n{b:?}"
        );
    }
}

fn sum(builder: &mut Builder, x: Node) -> Node {
    builder.reduce(Reduction::Sum, Axes::ALL, x)
}

/// Numbers between -1 and 1 without order, the same at every run.
fn noise(seed: u64, len: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

fn noise_tensor(seed: u64, shape: Shape) -> Tensor {
    Tensor::new(shape, noise(seed, shape.len()))
}

/// Compares the gradient of a weighted sum of `y`'s elements with central differences.
fn check_gradient(builder: &mut Builder, y: Node, wrt: &[Node], at: &[f64], tolerance: f64) {
    let shape = builder.shape(y);
    let weights = builder.constant(noise_tensor(77, shape));
    let weighted = builder
        .binary(super::Binary::Mul, y, weights)
        .expect("one shape");
    let loss = sum(builder, weighted);
    let gradient = builder.gradient(loss, wrt).expect("it has a gradient");
    for (&g, &x) in gradient.iter().zip(wrt) {
        assert_eq!(builder.shape(g), builder.shape(x));
    }
    let exact: Vec<f64> = run(builder, &gradient, at).concat();
    let program = Program::new(builder, &[loss]);
    let mut workspace = program.workspace();
    let mut value = |at: &[f64]| {
        program.run(&mut workspace, at);
        workspace.output(0)[0]
    };
    let mut differences = Vec::new();
    for i in 0..at.len() {
        let h = 1e-5 * at[i].abs().max(1.0);
        let mut moved = at.to_vec();
        moved[i] = at[i] + h;
        let above = value(&moved);
        moved[i] = at[i] - h;
        let below = value(&moved);
        differences.push((above - below) / (2.0 * h));
    }
    assert!(differences.iter().all(|x| x.is_finite()), "{differences:?}");
    assert_close(&exact, &differences, tolerance);
}

#[test]
#[should_panic(expected = "a workspace of another program")]
fn a_workspace_serves_its_own_program_only() {
    let program = |len: usize| {
        let mut b = Builder::new();
        let x = b.parameter(Shape::new(len, 1, 1));
        let y = b.unary(crate::program::Unary::Exp, x);
        Program::new(&b, &[y])
    };
    let (one, other) = (program(3), program(3000));
    other.run(&mut one.workspace(), &vec![0.0; 3000]);
}
