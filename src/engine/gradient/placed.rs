//! A slice on another device than the CPU.

use super::Slice;
use crate::device::{Backend, Choice, Cpu, Cuda, DeviceError, Precision, Runner, Settings};
use crate::program::Program;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Evaluations that take longer than so many seconds on the CPU are tried on a
/// GPU: finding one takes longer than many shorter ones.
pub const WORTH_TRYING: f64 = 5e-3;
/// And more, for each step of the program: its kernel takes the compiler some 0.04
/// seconds (NVRTC 13.5), which 200 evaluations are to win back.
pub const WORTH_A_STEP: f64 = 2e-4;

/// Where a slice was put, and how it does there.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The device's name.
    pub device: String,
    pub precision: Precision,
    /// Seconds of the loss and its gradient there, and on the CPU.
    pub seconds: f64,
    pub cpu_seconds: f64,
}

/// How far a device's results are from those of f64 on the CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// Relative to the objective, or to 1 where it is smaller.
    pub value: f64,
    /// The largest of the partial derivatives' differences, relative to the
    /// largest of them.
    pub gradient: f64,
}

/// A program on a device, and what became of it.
#[derive(Default)]
pub(super) struct Placed {
    runner: Option<Box<dyn Runner>>,
    /// Where other programs of the slice go.
    device: Option<Device>,
    /// The residuals and their Jacobian, when a method has asked for them.
    squares: Option<Squared>,
    /// Why the CPU computes in the device's place; shared by all clones.
    trouble: Arc<Mutex<Option<DeviceError>>>,
}

#[derive(Clone)]
struct Device {
    backend: Arc<dyn Backend>,
    /// Whether programs stay there only where they are faster.
    auto: bool,
    /// The residuals and their Jacobian as they were put first: clones fork it,
    /// so that it is compiled once.
    squares: Arc<Mutex<Option<Squared>>>,
}

/// Where residuals and Jacobian are computed.
enum Squared {
    There(Box<dyn Runner>),
    Here,
}

impl Squared {
    fn fork(&self) -> Result<Self, DeviceError> {
        Ok(match self {
            Squared::There(runner) => Squared::There(runner.fork()?),
            Squared::Here => Squared::Here,
        })
    }
}

impl Placed {
    /// The results of a run; `None` where the CPU is to compute. A device that
    /// fails once is not asked again.
    pub fn run(&mut self, x: &[f64]) -> Option<&dyn Runner> {
        if let Err(error) = self.runner.as_mut()?.run(x) {
            self.fail(error);
        }
        self.runner.as_deref()
    }

    fn fail(&mut self, error: DeviceError) {
        self.leave();
        self.note(error);
    }

    /// From now on the CPU computes.
    fn leave(&mut self) {
        (self.runner, self.device, self.squares) = (None, None, None);
    }

    /// As [`Self::run`], of the residuals and their Jacobian. They go to the
    /// device, if the loss is there, when they are first asked for: `make` makes
    /// their program, and `here` runs it on the CPU.
    pub fn run_squares(
        &mut self,
        x: &[f64],
        make: impl FnOnce() -> Program,
        here: impl FnMut(),
    ) -> Option<&dyn Runner> {
        if self.squares.is_none()
            && let Some(device) = self.device.clone()
        {
            self.squares = Some(device.squares(x, make, here).unwrap_or_else(|error| {
                // The loss itself may go on there.
                self.note(error);
                Squared::Here
            }));
        }
        if let Some(Squared::There(runner)) = &mut self.squares
            && let Err(error) = runner.run(x)
        {
            self.fail(error);
        }
        match &self.squares {
            Some(Squared::There(runner)) => Some(runner.as_ref()),
            _ => None,
        }
    }

    fn note(&self, error: DeviceError) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.get_or_insert(error);
    }

    fn take_trouble(&self) -> Option<DeviceError> {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.take()
    }
}

impl Device {
    /// Residuals and Jacobian where they are to be computed.
    fn squares(
        &self,
        x: &[f64],
        make: impl FnOnce() -> Program,
        here: impl FnMut(),
    ) -> Result<Squared, DeviceError> {
        let mut first = self.squares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = &*first {
            return first.fork();
        }
        match self.try_squares(x, make, here) {
            Ok(squared) => first.insert(squared).fork(),
            Err(error) => {
                *first = Some(Squared::Here);
                Err(error)
            }
        }
    }

    /// Loads their program and, where it stays there only if it is faster, times
    /// the second of two runs in both places.
    fn try_squares(
        &self,
        x: &[f64],
        make: impl FnOnce() -> Program,
        mut here: impl FnMut(),
    ) -> Result<Squared, DeviceError> {
        let mut runner = self.backend.load(&Arc::new(make()))?;
        if self.auto {
            runner.run(x)?;
            let before = Instant::now();
            runner.run(x)?;
            let there = before.elapsed();
            here();
            let before = Instant::now();
            here();
            if before.elapsed() <= there {
                return Ok(Squared::Here);
            }
        }
        Ok(Squared::There(runner))
    }
}

impl Clone for Placed {
    /// Constants are shared; what is not enough memory for a clone's buffers is
    /// noted, and the clone computes on the CPU.
    fn clone(&self) -> Self {
        let fork = |runner: &dyn Runner| runner.fork().map_err(|error| self.note(error)).ok();
        let runner = self.runner.as_deref().and_then(fork);
        Self {
            device: runner.as_ref().and(self.device.clone()),
            runner,
            // Forked when they are asked for.
            squares: None,
            trouble: self.trouble.clone(),
        }
    }
}

impl Slice {
    /// Evaluates from now on where the settings say: with `Auto` on a GPU if
    /// there is one and an evaluation there, tried now, is faster. `None` where
    /// that is the CPU.
    ///
    /// # Errors
    /// Where the GPU was asked for, or expected to be faster, and fails; the
    /// slice is evaluated on the CPU then.
    pub fn place(&mut self, settings: Settings) -> Result<Option<Placement>, DeviceError> {
        if settings.choice == Choice::Cpu {
            return Ok(None);
        }
        let cpu_seconds = self.seconds();
        let auto = settings.choice == Choice::Auto;
        if auto && cpu_seconds < WORTH_TRYING {
            return Ok(None);
        }
        let program = self.programs.gradient_for_gpu();
        if auto && cpu_seconds < WORTH_TRYING + WORTH_A_STEP * program.step_count() as f64 {
            return Ok(None);
        }
        // Where one was asked for, whoever asked was told that there is none.
        let Ok(cuda) = Cuda::open(settings.precision) else {
            return Ok(None);
        };
        let device = cuda.name();
        self.place_on(program, Arc::new(cuda), auto)?;
        let seconds = self.seconds();
        // Told here, so not again at the end.
        if let Some(error) = self.placed.take_trouble() {
            return Err(error);
        }
        if auto && seconds >= cpu_seconds {
            self.placed.leave();
            return Ok(None);
        }
        Ok(Some(Placement {
            device,
            precision: settings.precision,
            seconds,
            cpu_seconds,
        }))
    }

    /// Evaluates the objective and its gradient on a device from now on, and
    /// residuals and their Jacobian when a method asks for them (with `auto` if
    /// they are faster there).
    fn place_on(
        &mut self,
        program: Program,
        backend: Arc<dyn Backend>,
        auto: bool,
    ) -> Result<(), DeviceError> {
        self.placed.runner = Some(backend.load(&Arc::new(program))?);
        self.placed.device = Some(Device {
            backend,
            auto,
            squares: Arc::default(),
        });
        self.placed.squares = None;
        Ok(())
    }

    /// Seconds of the second of two evaluations.
    fn seconds(&mut self) -> f64 {
        let start = self.start.clone();
        let mut gradient = vec![0.0; start.len()];
        self.value_and_gradient(&start, &mut gradient);
        let before = Instant::now();
        self.value_and_gradient(&start, &mut gradient);
        before.elapsed().as_secs_f64()
    }

    /// Why a device that evaluated this slice, or a clone of it, was given up.
    pub fn trouble(&self) -> Option<DeviceError> {
        let trouble = self.placed.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far the device's results at `x` are from the CPU's; `None` where the
    /// CPU computes.
    pub fn deviation(&mut self, x: &[f64]) -> Option<Deviation> {
        let mut there = vec![0.0; x.len()];
        self.placed.runner.as_ref()?;
        let value = self.value_and_gradient(x, &mut there);
        let runner = self.placed.runner.take()?;
        let mut here = vec![0.0; x.len()];
        let exact = self.value_and_gradient(x, &mut here);
        self.placed.runner = Some(runner);
        let largest = here.iter().fold(0.0f64, |most, g| most.max(g.abs()));
        let differences = there.iter().zip(&here).map(|(a, b)| (a - b).abs());
        let difference = differences.fold(0.0, f64::max);
        Some(Deviation {
            value: (value - exact).abs() / exact.abs().max(1.0),
            gradient: if difference == 0.0 {
                0.0
            } else {
                difference / largest
            },
        })
    }
}

/// Where slices are evaluated that were put nowhere.
pub fn cpu_name() -> String {
    Cpu.name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::grid::{Area, Cell, Pos, Rect};
    use crate::workbook::Workbook;

    /// `(x - 3)²` and `x`, at 5.
    fn slice() -> Slice {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("S");
        let mut engine = Engine::new(book);
        let at = |row| Cell {
            sheet,
            pos: Pos::new(row, 0),
        };
        engine.enter(at(0), "5").unwrap();
        engine.enter(at(1), "=(A1-3)^2").unwrap();
        let rect = Rect::cell(Pos::new(0, 0));
        Slice::new(&engine, at(1), &[Area { sheet, rect }]).unwrap()
    }

    fn on(slice: &mut Slice, backend: Arc<dyn Backend>) -> Result<(), DeviceError> {
        let program = slice.programs.gradient_for_gpu();
        slice.place_on(program, backend, false)
    }

    /// A device whose memory is full at the `good`th run.
    struct Failing(Box<dyn Runner>, u32);

    impl Runner for Failing {
        fn run(&mut self, x: &[f64]) -> Result<(), DeviceError> {
            if self.1 == 0 {
                return Err(DeviceError::OutOfMemory { bytes: 8 });
            }
            self.1 -= 1;
            self.0.run(x)
        }

        fn output(&self, index: usize) -> &[f64] {
            self.0.output(index)
        }

        fn fork(&self) -> Result<Box<dyn Runner>, DeviceError> {
            Err(DeviceError::OutOfMemory { bytes: 16 })
        }
    }

    fn evaluate(slice: &mut Slice, x: f64) -> (f64, f64) {
        let mut gradient = [0.0];
        let value = slice.value_and_gradient(&[x], &mut gradient);
        assert_eq!(slice.value(&[x]), value);
        (value, gradient[0])
    }

    #[test]
    fn a_slice_on_a_device_has_the_same_values() {
        let mut placed = slice();
        on(&mut placed, Arc::new(Cpu)).unwrap();
        let mut clone = placed.clone();
        for slice in [&mut placed, &mut clone] {
            assert!(slice.placed.runner.is_some());
            assert_eq!(evaluate(slice, 5.0), (4.0, 4.0));
            assert_eq!(evaluate(slice, 1.0), (4.0, -4.0));
            let same = Deviation {
                value: 0.0,
                gradient: 0.0,
            };
            assert_eq!(slice.deviation(&[2.0]), Some(same));
        }
        assert_eq!(slice().deviation(&[2.0]), None);
    }

    fn residuals(slice: &mut Slice, x: f64) -> (f64, f64) {
        let (mut residuals, mut jacobian) = ([0.0], [0.0]);
        slice.residuals_and_jacobian(&[x], &mut residuals, &mut jacobian);
        (residuals[0], jacobian[0])
    }

    #[test]
    fn residuals_go_to_the_device_with_the_loss_and_back_where_they_fail() {
        let expected = residuals(&mut slice(), 5.0);
        assert_eq!(expected.0.abs(), 2.0);
        let mut placed = slice();
        on(&mut placed, Arc::new(Cpu)).unwrap();
        assert!(placed.placed.squares.is_none());
        assert_eq!(residuals(&mut placed, 5.0), expected);
        let mut clone = placed.clone();
        for slice in [&mut placed, &mut clone] {
            assert_eq!(residuals(slice, 5.0), expected);
            assert!(matches!(slice.placed.squares, Some(Squared::There(_))));
        }
        let Some(Squared::There(good)) = placed.placed.squares.take() else {
            unreachable!("asserted above");
        };
        placed.placed.squares = Some(Squared::There(Box::new(Failing(good, 0))));
        assert_eq!(residuals(&mut placed, 5.0), expected);
        assert!(placed.placed.runner.is_none() && placed.placed.squares.is_none());
        assert_eq!(
            placed.trouble(),
            Some(DeviceError::OutOfMemory { bytes: 8 })
        );
    }

    /// A device that has room for one program.
    struct Small(std::sync::atomic::AtomicBool);

    impl Backend for Small {
        fn name(&self) -> String {
            "small".into()
        }

        fn load(&self, program: &Arc<Program>) -> Result<Box<dyn Runner>, DeviceError> {
            if self.0.swap(true, std::sync::atomic::Ordering::Relaxed) {
                return Err(DeviceError::OutOfMemory { bytes: 32 });
            }
            Cpu.load(program)
        }
    }

    #[test]
    fn a_device_without_memory_for_the_jacobian_keeps_the_loss() {
        let expected = residuals(&mut slice(), 5.0);
        let mut placed = slice();
        on(&mut placed, Arc::new(Small(false.into()))).unwrap();
        for _ in 0..2 {
            assert_eq!(residuals(&mut placed, 5.0), expected);
        }
        assert!(placed.placed.runner.is_some());
        assert_eq!(
            placed.trouble(),
            Some(DeviceError::OutOfMemory { bytes: 32 })
        );
    }

    #[test]
    fn the_cpu_takes_over_from_a_device_that_fails_and_the_reason_is_kept() {
        let mut placed = slice();
        on(&mut placed, Arc::new(Cpu)).unwrap();
        let good = placed.placed.runner.take().unwrap();
        placed.placed.runner = Some(Box::new(Failing(good, 1)));
        assert_eq!(evaluate(&mut placed, 5.0), (4.0, 4.0));
        assert!(placed.placed.runner.is_none());
        assert_eq!(evaluate(&mut placed, 1.0), (4.0, -4.0));
        let error = placed.trouble().unwrap();
        assert_eq!(error, DeviceError::OutOfMemory { bytes: 8 });
    }

    #[test]
    fn a_clone_without_memory_on_the_device_computes_on_the_cpu() {
        let mut placed = slice();
        on(&mut placed, Arc::new(Cpu)).unwrap();
        let good = placed.placed.runner.take().unwrap();
        placed.placed.runner = Some(Box::new(Failing(good, 9)));
        let mut clone = placed.clone();
        assert!(clone.placed.runner.is_none());
        assert_eq!(evaluate(&mut clone, 5.0), (4.0, 4.0));
        // Whoever asks the original is told, too.
        assert!(placed.trouble().is_some());
    }
}
