//! A machine for tests: the generated text, compiled by the C++ compiler of
//! this computer and run on its CPU. All but the driver's calls and cuBLAS is
//! what a GPU runs.

use crate::device::machine::{Grid, Machine, Matrix, Number, Product, Spaces};
use crate::device::{DeviceError, Precision};
use libloading::Library;
use std::ffi::c_void;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The compiler, and in which order blocks and their threads take turns: what
/// depends on the order lacks a barrier.
pub(super) struct Emulated {
    compiler: String,
    backwards: AtomicBool,
    /// How many numbers went there and came back.
    pub sent: AtomicUsize,
    pub fetched: AtomicUsize,
}

/// Numbers aligned as both precisions need it.
pub(super) struct Buffer(Mutex<Vec<u64>>);

pub(super) struct Module {
    // Shared by all kernels of a text, whose static memory is one block's.
    library: Mutex<Library>,
    kernels: Vec<String>,
    _folder: tempfile::TempDir,
}

type Kernel = unsafe extern "C" fn(*const c_void, *const c_void, *mut c_void, *const c_void);
type RunKernel = unsafe extern "C" fn(
    Kernel,
    u32,
    u32,
    i32,
    *const c_void,
    *const c_void,
    *mut c_void,
    *const c_void,
) -> i32;

fn failed(doing: &'static str, reason: impl std::fmt::Display) -> DeviceError {
    DeviceError::Failed {
        doing,
        reason: reason.to_string(),
    }
}

impl Emulated {
    /// `None` where no compiler is found; the tests say so.
    pub fn find() -> Option<Self> {
        let works = |name: &str| {
            let version = Command::new(name).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        };
        let names = [
            std::env::var("CXX").unwrap_or_default(),
            "g++".into(),
            "clang++".into(),
        ];
        let found = names
            .into_iter()
            .find(|name| !name.is_empty() && works(name));
        if found.is_none() {
            eprintln!("skipped: no C++ compiler");
        }
        found.map(|compiler| Self {
            compiler,
            backwards: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
            fetched: AtomicUsize::new(0),
        })
    }

    /// Lets blocks and threads take turns from the last to the first.
    pub fn turn(&self) {
        self.backwards.store(true, Ordering::Relaxed);
    }
}

impl Buffer {
    fn with<T>(&self, f: impl FnOnce(&mut [u8]) -> T) -> T {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let len = words.len() * 8;
        // SAFETY: the words are as many bytes, any of which may be any byte.
        f(unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), len) })
    }

    fn pointer(&self) -> *mut u8 {
        self.with(<[u8]>::as_mut_ptr)
    }
}

impl Machine for Emulated {
    type Buffer = Buffer;
    type Module = Module;

    fn compile(&self, source: &str, kernels: &[String]) -> Result<Module, DeviceError> {
        let folder = tempfile::tempdir().map_err(|e| failed("compiling", e))?;
        let (text, library) = (folder.path().join("k.cpp"), folder.path().join("k.so"));
        let shim = include_str!("shim.h");
        std::fs::write(&text, format!("{shim}\n{source}")).map_err(|e| failed("compiling", e))?;
        let made = Command::new(&self.compiler)
            // No contraction, as on the GPU.
            .args([
                "-std=c++17",
                "-O0",
                "-ffp-contract=off",
                "-shared",
                "-fPIC",
                "-w",
                "-o",
            ])
            .args([&library, &text])
            .output()
            .map_err(|e| failed("compiling", e))?;
        if !made.status.success() {
            let log = String::from_utf8_lossy(&made.stderr).into_owned();
            return Err(DeviceError::Compile(log));
        }
        // SAFETY: the library was just made of our text and has no initialisers.
        let library = unsafe { Library::new(&library) }.map_err(|e| failed("loading", e))?;
        Ok(Module {
            library: Mutex::new(library),
            kernels: kernels.to_vec(),
            _folder: folder,
        })
    }

    fn allocate(&self, bytes: usize) -> Result<Buffer, DeviceError> {
        // What was there before is not to be relied on.
        let rubbish = f64::NAN.to_bits() ^ 0x0123;
        Ok(Buffer(Mutex::new(vec![rubbish; bytes.div_ceil(8)])))
    }

    fn write<T: Number>(&self, to: &Buffer, at: usize, numbers: &[T]) -> Result<(), DeviceError> {
        self.sent.fetch_add(numbers.len(), Ordering::Relaxed);
        let size = size_of::<T>();
        // SAFETY: numbers are as many bytes, and any of these may be any byte.
        let bytes =
            unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) };
        to.with(|all| all[at * size..at * size + bytes.len()].copy_from_slice(bytes));
        Ok(())
    }

    fn read<T: Number>(
        &self,
        from: &Buffer,
        at: usize,
        numbers: &mut [T],
    ) -> Result<(), DeviceError> {
        self.fetched.fetch_add(numbers.len(), Ordering::Relaxed);
        let size = size_of::<T>();
        let len = size_of_val(numbers);
        // SAFETY: as in `write`.
        let bytes = unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), len) };
        from.with(|all| bytes.copy_from_slice(&all[at * size..at * size + len]));
        Ok(())
    }

    fn launch(
        &self,
        module: &Module,
        kernel: usize,
        grid: Grid,
        spaces: &Spaces<'_, Buffer>,
    ) -> Result<(), DeviceError> {
        let name = &module.kernels[kernel];
        let library = module
            .library
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the library's functions have these types; the lock keeps
        // other threads out of its static memory; the buffers live through the call.
        let met = unsafe {
            let kernel = library
                .get::<Kernel>(name.as_bytes())
                .map_err(|e| failed("finding", e))?;
            let run = library
                .get::<RunKernel>(b"run_kernel")
                .map_err(|e| failed("finding", e))?;
            run(
                *kernel,
                grid.blocks as u32,
                grid.threads as u32,
                i32::from(self.backwards.load(Ordering::Relaxed)),
                spaces.constants.pointer().cast(),
                spaces.parameters.pointer().cast(),
                spaces.work.pointer().cast(),
                spaces.indices.pointer().cast(),
            )
        };
        if met == 1 {
            Ok(())
        } else {
            Err(failed(
                "a barrier",
                format!("{name}: not all threads reached it"),
            ))
        }
    }

    fn product(
        &self,
        precision: Precision,
        product: &Product,
        spaces: &Spaces<'_, Buffer>,
    ) -> Result<(), DeviceError> {
        let size = precision.bytes();
        let read = |x: Matrix, index: usize| {
            spaces.at(x.base).with(|all| {
                let at = (x.at + index) * size;
                let bytes = &all[at..at + size];
                match size {
                    8 => f64::from_ne_bytes(bytes.try_into().unwrap()),
                    _ => f64::from(f32::from_ne_bytes(bytes.try_into().unwrap())),
                }
            })
        };
        let &Product {
            transposed,
            m,
            n,
            k,
            a,
            b,
            c,
        } = product;
        // What cuBLAS refuses.
        let (a_rows, b_rows) = (if transposed { k } else { m }, k);
        assert!(a.stride >= a_rows.max(1) && b.stride >= b_rows.max(1) && c.stride >= m.max(1));
        for col in 0..n {
            for row in 0..m {
                let mut sum = 0.0;
                for i in 0..k {
                    let (r, s) = if transposed { (i, row) } else { (row, i) };
                    sum += read(a, s * a.stride + r) * read(b, col * b.stride + i);
                }
                spaces.at(c.base).with(|all| {
                    let at = (c.at + col * c.stride + row) * size;
                    match size {
                        8 => all[at..at + 8].copy_from_slice(&sum.to_ne_bytes()),
                        _ => all[at..at + 4].copy_from_slice(&(sum as f32).to_ne_bytes()),
                    }
                });
            }
        }
        Ok(())
    }
}
