//! Programs on a machine: what is sent once, what at every run.

use super::machine::{Machine, Spaces};
use super::{DeviceError, Precision, Runner};
use crate::program::Program;
use crate::program::cuda::{Action, Plan};
use std::sync::Arc;

/// A program whose kernels are compiled and whose constants are on the machine.
struct Loaded<M: Machine> {
    machine: Arc<M>,
    precision: Precision,
    plan: Plan,
    module: M::Module,
    constants: M::Buffer,
    indices: M::Buffer,
}

/// A loaded program with memory for its runs.
pub(super) struct MachineRunner<M: Machine> {
    loaded: Arc<Loaded<M>>,
    parameters: M::Buffer,
    work: M::Buffer,
    /// All outputs of the last run.
    results: Vec<f64>,
}

/// The text of a program's kernels, in a precision.
pub(super) fn text(plan: &Plan, precision: Precision) -> String {
    let real = match precision {
        Precision::F64 => "double",
        Precision::F32 | Precision::Tf32 => "float",
    };
    format!("typedef {real} real;\n{}", plan.source)
}

/// Compiles a program's kernels and sends its constants.
pub(super) fn load<M: Machine>(
    machine: &Arc<M>,
    precision: Precision,
    program: &Program,
) -> Result<MachineRunner<M>, DeviceError> {
    let plan = Plan::new(program);
    let module = machine.compile(&text(&plan, precision), &plan.kernels)?;
    let constants = machine.allocate(plan.constants_len * precision.bytes())?;
    for (at, data) in &plan.constants {
        send(machine.as_ref(), precision, &constants, *at, data)?;
    }
    let indices = machine.allocate(plan.indices.len() * size_of::<u32>())?;
    let bytes: Vec<u8> = plan.indices.iter().flat_map(|i| i.to_ne_bytes()).collect();
    machine.write(&indices, 0, &bytes)?;
    MachineRunner::new(Arc::new(Loaded {
        machine: machine.clone(),
        precision,
        plan,
        module,
        constants,
        indices,
    }))
}

impl<M: Machine> MachineRunner<M> {
    fn new(loaded: Arc<Loaded<M>>) -> Result<Self, DeviceError> {
        let Loaded {
            machine,
            precision,
            plan,
            ..
        } = loaded.as_ref();
        Ok(Self {
            parameters: machine.allocate(plan.parameters_len * precision.bytes())?,
            work: machine.allocate(plan.work_len * precision.bytes())?,
            results: vec![0.0; plan.outputs_end],
            loaded,
        })
    }
}

impl<M: Machine> Runner for MachineRunner<M> {
    fn run(&mut self, parameters: &[f64]) -> Result<(), DeviceError> {
        let Loaded {
            machine,
            precision,
            plan,
            module,
            constants,
            indices,
        } = self.loaded.as_ref();
        assert_eq!(parameters.len(), plan.parameters_len, "parameters of a run");
        let (machine, precision) = (machine.as_ref(), *precision);
        send(machine, precision, &self.parameters, 0, parameters)?;
        let spaces = Spaces {
            constants,
            indices,
            parameters: &self.parameters,
            work: &self.work,
        };
        for action in &plan.actions {
            match action {
                Action::Kernel(kernel, grid) => machine.launch(module, *kernel, *grid, &spaces)?,
                Action::Product(product) => machine.product(precision, product, &spaces)?,
            }
        }
        fetch(machine, precision, &self.work, 0, &mut self.results)
    }

    fn output(&self, index: usize) -> &[f64] {
        let (at, len) = self.loaded.plan.outputs[index];
        &self.results[at..at + len]
    }

    fn fork(&self) -> Result<Box<dyn Runner>, DeviceError> {
        Ok(Box::new(Self::new(self.loaded.clone())?))
    }
}

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
