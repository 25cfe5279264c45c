//! Twenty noisy points of 3x² + 2x + 1, for the sheets that fit a curve.

/// x = 20 equal steps from -2 to 2; y = f(x)(1 + N(0, 0.15)) + N(0, 1.5), the
/// noise drawn once (NumPy's legacy generator, seed 42) and kept here.
pub const Y: [f64; 20] = [
    11.869037, 6.543284, 5.939607, 2.630370, 1.794741, 1.901029, -0.297737, 1.431545, -0.280380,
    0.452130, 0.254750, 4.574284, 2.968071, 1.338544, 5.375441, 4.887779, 8.246676, 9.246154,
    10.261186, 13.693917,
];

/// The point's place on the x axis.
pub fn x(index: usize) -> f64 {
    -2.0 + 4.0 * index as f64 / (Y.len() - 1) as f64
}
