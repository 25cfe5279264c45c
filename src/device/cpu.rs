//! The CPU as a back end: the program's own workspace.

use super::{Backend, DeviceError, Runner};
use crate::program::{Program, Workspace};
use std::sync::{Arc, OnceLock};

/// The processor that this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu;

impl Cpu {
    /// How many threads work at the same time.
    pub fn threads(self) -> usize {
        rayon::current_num_threads()
    }
}

impl Backend for Cpu {
    fn name(&self) -> String {
        static NAME: OnceLock<String> = OnceLock::new();
        let read = || {
            // Linux says it here; elsewhere the architecture must do.
            let said = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
            said.lines()
                .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
                .map_or_else(
                    || std::env::consts::ARCH.to_owned(),
                    |(_, name)| name.trim().to_owned(),
                )
        };
        NAME.get_or_init(read).clone()
    }

    fn load(&self, program: &Arc<Program>) -> Result<Box<dyn Runner>, DeviceError> {
        Ok(Box::new(CpuRunner {
            program: program.clone(),
            workspace: program.workspace(),
        }))
    }
}

struct CpuRunner {
    program: Arc<Program>,
    workspace: Workspace,
}

impl Runner for CpuRunner {
    fn run(&mut self, parameters: &[f64]) -> Result<(), DeviceError> {
        self.program.run(&mut self.workspace, parameters);
        Ok(())
    }

    fn output(&self, index: usize) -> &[f64] {
        self.workspace.output(index)
    }

    fn fork(&self) -> Result<Box<dyn Runner>, DeviceError> {
        Cpu.load(&self.program)
    }
}
