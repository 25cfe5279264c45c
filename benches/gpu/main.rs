//! What a GPU does with matrix products and with the lesson's network, against
//! plain cuBLAS, the bandwidth of its memory and the bandwidth of the way there.
//! `run.sh` beside it carries this program to a machine with a GPU.

use gradsheet::device::{
    Backend, Cuda, DeviceError, GpuRates, Precision, Runner, measured, multiply, multiply_on,
    plain_product,
};
use gradsheet::program::{Axes, Binary, Builder, Node, Program, Reduction, Shape, Tensor};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

const PRECISIONS: [Precision; 3] = [Precision::F64, Precision::F32, Precision::Tf32];
const SIZES: [usize; 7] = [256, 512, 1024, 2048, 4096, 8192, 16_384];
const ROWS: [usize; 3] = [1_000_000, 10_000_000, 100_000_000];
const INPUTS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    // cargo bench adds an option of its own.
    let mut most = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let mut most = || most.next().map_or(Ok(usize::MAX), |arg| arg.parse());
    let (most_n, most_rows) = (most()?, most()?);
    let cuda = match Cuda::open(Precision::F64) {
        Ok(cuda) => cuda,
        Err(absent) => {
            println!("skipped: {absent}");
            return Ok(());
        }
    };
    println!("{:?}", cuda.description());
    let measured = measured(Some(&cuda), true)?;
    println!("{measured:?}\n");
    let rates = measured.gpu.ok_or("the GPU has no rates")?;
    check()?;
    println!("results agree with the CPU's\n");
    products(&rates, most_n);
    println!();
    network(&rates, most_rows)
}

/// A line's figures, or why there are none: the next may have some.
fn figures(found: Result<String, Box<dyn Error>>) -> String {
    found.unwrap_or_else(|error| error.to_string())
}

/// Numbers between -0.3 and 0.7 without order.
fn noise(len: usize) -> Vec<f64> {
    let mut state = 42u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.3
    };
    (0..len).map(|_| next()).collect()
}

/// The least seconds of some runs after the first.
fn least(mut run: impl FnMut() -> Result<(), DeviceError>) -> Result<f64, DeviceError> {
    run()?;
    let begin = Instant::now();
    let mut least = f64::INFINITY;
    let mut runs = 0;
    while runs < 3 || runs < 100 && begin.elapsed().as_secs_f64() < 1.0 {
        let start = Instant::now();
        run()?;
        least = least.min(start.elapsed().as_secs_f64());
        runs += 1;
    }
    Ok(least)
}

/// The lesson's network with one MMULT: its loss and gradient.
fn lesson(rows: usize) -> Result<(Builder, Vec<Node>), Box<dyn Error>> {
    let mut numbers = noise(rows * (INPUTS + 1));
    let target = numbers.split_off(rows * INPUTS);
    let mut b = Builder::new();
    let x = b.constant(Tensor::new(Shape::new(1, rows, INPUTS), numbers));
    let target = b.constant(Tensor::new(Shape::new(1, rows, 1), target));
    let w = b.parameter(Shape::new(1, INPUTS, 2));
    let units = b.matmul(x, w)?;
    let zero = b.scalar(0.0);
    let negative = b.binary(Binary::Less, units, zero)?;
    let units = b.select(negative, zero, units)?;
    let prediction = b.reduce(Reduction::Sum, Axes::COLS, units);
    let error = b.binary(Binary::Sub, target, prediction)?;
    let squared = b.binary(Binary::Mul, error, error)?;
    let total = b.reduce(Reduction::Sum, Axes::ALL, squared);
    let count = b.scalar(rows as f64);
    let loss = b.binary(Binary::Div, total, count)?;
    let mut outputs = vec![loss];
    outputs.extend(b.gradient(loss, &[w])?);
    Ok((b, outputs))
}

fn on_gpu(
    b: &Builder,
    outputs: &[Node],
    precision: Precision,
) -> Result<Box<dyn Runner>, Box<dyn Error>> {
    let cuda = Cuda::open(precision)?;
    Ok(cuda.load(&Arc::new(Program::for_gpu(b, outputs)))?)
}

/// The network and a product in every precision against the CPU.
fn check() -> Result<(), Box<dyn Error>> {
    let (b, outputs) = lesson(100_003)?;
    let w = noise(2 * INPUTS);
    let program = Program::new(&b, &outputs);
    let mut workspace = program.workspace();
    program.run(&mut workspace, &w);
    let size = [251, 300, 257];
    let (left, right) = (noise(size[0] * size[1]), noise(size[1] * size[2]));
    let expected = multiply(size, &left, &right);
    for precision in PRECISIONS {
        let tolerance = match precision {
            Precision::F64 => 1e-12,
            Precision::F32 => 1e-4,
            Precision::Tf32 => 1e-2,
        };
        let close = |a: f64, b: f64| (a - b).abs() <= tolerance * b.abs().max(1.0);
        let mut runner = on_gpu(&b, &outputs, precision)?;
        runner.run(&w)?;
        for i in 0..outputs.len() {
            let pairs = runner.output(i).iter().zip(workspace.output(i));
            for (&got, &expected) in pairs {
                if !close(got, expected) {
                    return Err(format!("{precision}: {got}, on the CPU {expected}").into());
                }
            }
        }
        let cuda = Cuda::open(precision)?;
        let product = multiply_on(&cuda, size, &left, &right)?;
        let scale = size[1] as f64;
        if !product
            .iter()
            .zip(&expected)
            .all(|(a, b)| close(a / scale, b / scale))
        {
            return Err(format!("{precision}: a product is not the CPU's").into());
        }
    }
    Ok(())
}

/// How many products are in a program, one on the other, so that what else it
/// does weighs little beside them.
const IN_A_ROW: usize = 8;

/// Products within a program, the sum of the squares of the last: all that travels
/// is a number each way.
fn resident(n: usize, numbers: &[f64]) -> Result<(Builder, Vec<Node>), Box<dyn Error>> {
    let mut b = Builder::new();
    let shape = Shape::new(1, n, n);
    // Small, so that f32 holds the last.
    let small: Vec<f64> = numbers[..n * n].iter().map(|x| x / n as f64).collect();
    let left = b.constant(Tensor::new(shape, small));
    let right = b.constant(Tensor::new(shape, numbers[1..=n * n].to_vec()));
    let scale = b.parameter(Shape::SCALAR);
    let mut product = b.binary(Binary::Mul, right, scale)?;
    for _ in 0..IN_A_ROW {
        product = b.matmul(left, product)?;
    }
    let square = b.binary(Binary::Mul, product, product)?;
    let total = b.reduce(Reduction::Sum, Axes::ALL, square);
    Ok((b, vec![total]))
}

fn products(rates: &GpuRates, most: usize) {
    println!(
        "| MMULT, n | precision | plain cuBLAS, TFLOP/s | in a program, TFLOP/s | share | \
         with transfers, ms | transfer bound, ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    for n in SIZES.into_iter().filter(|&n| n <= most) {
        let numbers = noise(n * n + 1);
        for precision in PRECISIONS {
            let line = figures(product(n, precision, &numbers, rates));
            println!("| {n} | {precision} | {line} |");
        }
    }
}

fn product(
    n: usize,
    precision: Precision,
    numbers: &[f64],
    rates: &GpuRates,
) -> Result<String, Box<dyn Error>> {
    let flops = 2.0 * (n as f64).powi(3);
    let cuda = Cuda::open(precision)?;
    let plain = plain_product(&cuda, n)?;
    let inside = {
        let (b, outputs) = resident(n, numbers)?;
        let mut runner = on_gpu(&b, &outputs, precision)?;
        least(|| runner.run(&[1.5]))? / IN_A_ROW as f64
    };
    let square = &numbers[..n * n];
    let sent = least(|| multiply_on(&cuda, [n; 3], square, square).map(|_| ()))?;
    let matrix = (n * n * bytes(precision)) as f64;
    let bound = 2.0 * matrix / rates.sent + matrix / rates.fetched + plain;
    Ok(format!(
        "{:.2} | {:.2} | {:.0} % | {:.2} | {:.2}",
        flops / plain / 1e12,
        flops / inside / 1e12,
        plain / inside * 100.0,
        sent * 1e3,
        bound * 1e3
    ))
}

/// Of a number on the GPU.
fn bytes(precision: Precision) -> usize {
    match precision {
        Precision::F64 => 8,
        Precision::F32 | Precision::Tf32 => 4,
    }
}

fn network(rates: &GpuRates, most: usize) -> Result<(), Box<dyn Error>> {
    println!(
        "| network's gradient step, rows | precision | ms | one pass over the data, ms | share |"
    );
    println!("|---|---|---|---|---|");
    let w = noise(2 * INPUTS);
    for rows in ROWS.into_iter().filter(|&rows| rows <= most) {
        let (b, outputs) = lesson(rows)?;
        for precision in [Precision::F64, Precision::F32] {
            let step = || -> Result<String, Box<dyn Error>> {
                let mut runner = on_gpu(&b, &outputs, precision)?;
                let seconds = least(|| runner.run(&w))?;
                let pass = (rows * (INPUTS + 1) * bytes(precision)) as f64 / rates.copy;
                Ok(format!(
                    "{:.3} | {:.3} | {:.0} %",
                    seconds * 1e3,
                    pass * 1e3,
                    pass / seconds * 100.0
                ))
            };
            println!("| {rows} | {precision} | {} |", figures(step()));
        }
    }
    Ok(())
}
