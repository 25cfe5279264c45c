//! Programs on a machine: what is sent once, what at every run.

use super::machine::{Machine, Spaces};
use super::{DeviceError, Precision, Runner};
use crate::program::Program;
use crate::program::cuda::{Action, MAX_THREADS, Plan};
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
    /// Parameters and outputs as they travel, where that is not f64.
    narrow: (Vec<f32>, Vec<f32>),
}

/// The text of a program's kernels, in a precision.
pub(super) fn text(plan: &Plan, precision: Precision) -> String {
    let real = match precision {
        Precision::F64 => "double",
        Precision::F32 | Precision::Tf32 => "float",
    };
    format!("typedef {real} real;\n{}", plan.source)
}

/// Kernels count elements with 32 bits, and go on by at most a grid's threads.
const MOST_ELEMENTS: usize = u32::MAX as usize - MAX_THREADS;

/// Compiles a program's kernels and sends its constants.
pub(super) fn load<M: Machine>(
    machine: &Arc<M>,
    precision: Precision,
    program: &Program,
) -> Result<MachineRunner<M>, DeviceError> {
    let plan = Plan::new(program);
    if plan.longest > MOST_ELEMENTS {
        return Err(DeviceError::TooLarge {
            elements: plan.longest,
        });
    }
    let module = machine.compile(&text(&plan, precision), &plan.kernels)?;
    let constants = machine.allocate(plan.constants_len * precision.bytes())?;
    for (at, data) in &plan.constants {
        send(machine.as_ref(), precision, &constants, *at, data)?;
    }
    let indices = machine.allocate(plan.indices.len() * size_of::<u32>())?;
    machine.write(&indices, 0, &plan.indices)?;
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
        let narrow = |len: usize| match precision {
            Precision::F64 => Vec::new(),
            Precision::F32 | Precision::Tf32 => vec![0.0; len],
        };
        Ok(Self {
            narrow: (narrow(plan.parameters_len), narrow(plan.outputs_end)),
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
        let spaces = Spaces {
            constants,
            indices,
            parameters: &self.parameters,
            work: &self.work,
        };
        let work = || {
            plan.actions.iter().try_for_each(|action| match action {
                Action::Kernel(kernel, grid) => machine.launch(module, *kernel, *grid, &spaces),
                Action::Product(product) => machine.product(precision, product, &spaces),
            })
        };
        let (to, from) = (&self.parameters, &self.work);
        match precision {
            Precision::F64 => machine.exchange((to, parameters), work, (from, &mut self.results)),
            Precision::F32 | Precision::Tf32 => {
                let (sent, fetched) = &mut self.narrow;
                narrow(parameters, sent);
                machine.exchange((to, sent), work, (from, fetched))?;
                widen(fetched, &mut self.results);
                Ok(())
            }
        }
    }

    fn output(&self, index: usize) -> &[f64] {
        let (at, len) = self.loaded.plan.outputs[index];
        &self.results[at..at + len]
    }

    fn fork(&self) -> Result<Box<dyn Runner>, DeviceError> {
        Ok(Box::new(Self::new(self.loaded.clone())?))
    }
}

fn narrow(from: &[f64], to: &mut [f32]) {
    for (y, &x) in to.iter_mut().zip(from) {
        *y = x as f32;
    }
}

fn widen(from: &[f32], to: &mut [f64]) {
    for (y, &x) in to.iter_mut().zip(from) {
        *y = f64::from(x);
    }
}

/// Numbers that are converted at a time.
const AT_A_TIME: usize = 1 << 21;

/// Sends numbers to a buffer, from its `at`th on.
pub(super) fn send<M: Machine>(
    machine: &M,
    precision: Precision,
    to: &M::Buffer,
    at: usize,
    numbers: &[f64],
) -> Result<(), DeviceError> {
    if precision == Precision::F64 {
        return machine.write(to, at, numbers);
    }
    let mut narrowed = vec![0.0; numbers.len().min(AT_A_TIME)];
    for (i, part) in numbers.chunks(AT_A_TIME).enumerate() {
        let narrowed = &mut narrowed[..part.len()];
        narrow(part, narrowed);
        machine.write(to, at + i * AT_A_TIME, narrowed)?;
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
    if precision == Precision::F64 {
        return machine.read(from, at, numbers);
    }
    let mut narrowed = vec![0.0f32; numbers.len().min(AT_A_TIME)];
    for (i, part) in numbers.chunks_mut(AT_A_TIME).enumerate() {
        let narrowed = &mut narrowed[..part.len()];
        machine.read(from, at + i * AT_A_TIME, narrowed)?;
        widen(narrowed, part);
    }
    Ok(())
}
