//! Products of matrices by themselves, as recalculation asks for them.

use super::emulated::Emulated;
use super::noise;
use crate::device::product::{on_cpu, on_machine};
use crate::device::{Cuda, Precision, multiply_on};

#[test]
fn a_devices_product_is_the_cpus() {
    let emulated = Emulated::find();
    for (precision, tolerance) in [(Precision::F64, 1e-12), (Precision::F32, 1e-6)] {
        let cuda = Cuda::open(precision);
        if let Err(absent) = &cuda {
            eprintln!("skipped: no CUDA device ({absent})");
        }
        for size in [[1, 1, 1], [1, 7, 1], [3, 1, 5], [33, 65, 17], [257, 3, 129]] {
            let [m, k, n] = size;
            let (a, b) = (noise(1, m * k), noise(2, k * n));
            let expected = on_cpu(size, &a, &b);
            let compare = |what: &str, got: Vec<f64>| {
                assert_eq!(got.len(), expected.len(), "{what}");
                for (x, y) in got.iter().zip(&expected) {
                    let close = (x - y).abs() <= tolerance * k as f64;
                    assert!(close, "{what}, {precision}: {x}, on the CPU {y}");
                }
            };
            if let Ok(cuda) = &cuda {
                compare("GPU", multiply_on(cuda, size, &a, &b).unwrap());
            }
            if let Some(machine) = &emulated {
                let got = on_machine(machine, precision, size, &a, &b);
                compare("emulated GPU", got.unwrap());
            }
        }
    }
}
