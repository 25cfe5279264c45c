//! Numbers on their way to a device and back.

use super::machine::Machine;
use super::{DeviceError, Precision};

/// Numbers that are on their way at a time: a copy of them is made.
const AT_A_TIME: usize = 1 << 21;

/// Sends numbers to a buffer, from its `at`th on.
pub(super) fn send<M: Machine>(
    machine: &M,
    precision: Precision,
    to: &M::Buffer,
    at: usize,
    numbers: &[f64],
) -> Result<(), DeviceError> {
    let size = precision.bytes();
    let mut bytes = Vec::with_capacity(numbers.len().min(AT_A_TIME) * size);
    for (i, part) in numbers.chunks(AT_A_TIME).enumerate() {
        bytes.clear();
        match precision {
            Precision::F64 => bytes.extend(part.iter().flat_map(|x| x.to_ne_bytes())),
            Precision::F32 | Precision::Tf32 => {
                bytes.extend(part.iter().flat_map(|&x| (x as f32).to_ne_bytes()));
            }
        }
        machine.write(to, (at + i * AT_A_TIME) * size, &bytes)?;
    }
    Ok(())
}

/// Fetches numbers from a buffer, from its `at`th on.
pub(super) fn fetch<M: Machine>(
    machine: &M,
    precision: Precision,
    from: &M::Buffer,
    at: usize,
    numbers: &mut [f64],
) -> Result<(), DeviceError> {
    let size = precision.bytes();
    let mut bytes = vec![0; numbers.len().min(AT_A_TIME) * size];
    for (i, part) in numbers.chunks_mut(AT_A_TIME).enumerate() {
        let bytes = &mut bytes[..part.len() * size];
        machine.read(from, (at + i * AT_A_TIME) * size, bytes)?;
        match precision {
            Precision::F64 => {
                let (each, _) = bytes.as_chunks();
                for (x, &y) in part.iter_mut().zip(each) {
                    *x = f64::from_ne_bytes(y);
                }
            }
            Precision::F32 | Precision::Tf32 => {
                let (each, _) = bytes.as_chunks();
                for (x, &y) in part.iter_mut().zip(each) {
                    *x = f64::from(f32::from_ne_bytes(y));
                }
            }
        }
    }
    Ok(())
}
