//! The CUDA driver as a [`Machine`]. All `unsafe` calls of CUDA are here.

use super::Description;
use crate::device::machine::{Grid, Machine, Matrix, Number, Product, Spaces};
use crate::device::{DeviceError, Precision};
use cudarc::cublas::{CudaBlas, result as blas, sys as blas_sys};
use cudarc::driver::{
    CudaContext, CudaFunction, CudaSlice, CudaStream, DevicePtr, DriverError, LaunchConfig,
    PushKernelArg, result, sys,
};
use cudarc::nvrtc::{self, Ptx};
use std::ffi::{CString, c_char, c_int};
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

/// The first GPU: its context, one stream on which everything happens in
/// order, and cuBLAS on that stream.
pub(crate) struct Driver {
    stream: Arc<CudaStream>,
    /// The math mode is the handle's, so that one product is asked for at a time.
    blas: Mutex<CudaBlas>,
    /// What the compiler makes: code of this device, or of the newest
    /// architecture that it knows, which the driver then translates.
    target: Target,
    description: Description,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Binary(i32),
    Assembly(i32),
}

/// Memory of the device.
pub(crate) struct Buffer(CudaSlice<u8>);

impl Buffer {
    fn pointer(&self, stream: &CudaStream) -> sys::CUdeviceptr {
        // With one stream there are no events to record.
        self.0.device_ptr(stream).0
    }

    /// Where so many of these numbers lie, from the `at`th on.
    fn place<T: Number>(&self, stream: &CudaStream, at: usize, len: usize) -> sys::CUdeviceptr {
        let size = size_of::<T>();
        assert!((at + len) * size <= self.0.len(), "within the buffer");
        self.pointer(stream) + (at * size) as u64
    }
}

impl Drop for Buffer {
    /// Memory is freed in the thread's context, which cudarc does not see to:
    /// the thread that drops a buffer need not have used the device before.
    fn drop(&mut self) {
        let context = self.0.context();
        context.record_err(context.bind_to_thread());
    }
}

fn failed(doing: &'static str) -> impl Fn(DriverError) -> DeviceError {
    move |error| match error.error_string() {
        Ok(text) => {
            let text = text.to_string_lossy();
            failure(doing, &format!("{text} ({:?})", error.0))
        }
        Err(_) => failure(doing, &format!("{:?}", error.0)),
    }
}

fn failure(doing: &'static str, reason: &impl Display) -> DeviceError {
    DeviceError::Failed {
        doing,
        reason: reason.to_string(),
    }
}

impl Driver {
    /// Opens the first device.
    pub fn open() -> Result<Self, DeviceError> {
        let context = CudaContext::new(0).map_err(failed("opening the device"))?;
        // SAFETY: all buffers are made, used and freed on the one stream below,
        // which keeps their order without events.
        unsafe { context.disable_event_tracking() };
        let stream = context.default_stream();
        let blas = CudaBlas::new(stream.clone()).map_err(|e| failure("starting cuBLAS", &e))?;
        let capability = context
            .compute_capability()
            .map_err(failed("asking for the architecture"))?;
        let description = Description {
            name: context.name().map_err(failed("asking for the name"))?,
            compute_capability: capability,
            memory: context
                .total_mem()
                .map_err(failed("asking for the memory"))?,
            driver: driver_version()?,
            nvrtc: nvrtc_version()?,
            cublas: cublas_version(&blas)?,
        };
        Ok(Self {
            stream,
            blas: Mutex::new(blas),
            target: target(capability)?,
            description,
        })
    }

    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Copies within the device, for measuring.
    pub fn copy(&self, from: &Buffer, to: &Buffer, bytes: usize) -> Result<(), DeviceError> {
        assert!(bytes <= from.0.len() && bytes <= to.0.len(), "within both");
        self.bind()?;
        // SAFETY: both lie in memory of this device, and are as long.
        unsafe {
            result::memcpy_dtod_async(
                to.pointer(&self.stream),
                from.pointer(&self.stream),
                bytes,
                self.stream.cu_stream(),
            )
        }
        .map_err(failed("copying"))
    }

    /// Waits until all that was asked for is done.
    pub fn wait(&self) -> Result<(), DeviceError> {
        self.stream.synchronize().map_err(failed("waiting"))
    }

    /// A context is a thread's.
    fn bind(&self) -> Result<(), DeviceError> {
        let context = self.stream.context();
        context
            .bind_to_thread()
            .map_err(failed("taking the device"))
    }

    /// Asks for a copy. The numbers must stay until it is waited for.
    fn send<T: Number>(&self, to: &Buffer, at: usize, numbers: &[T]) -> Result<(), DeviceError> {
        let place = to.place::<T>(&self.stream, at, numbers.len());
        if numbers.is_empty() {
            return Ok(());
        }
        self.bind()?;
        // SAFETY: the place lies within the buffer; all callers wait while they
        // borrow the numbers.
        unsafe { result::memcpy_htod_async(place, numbers, self.stream.cu_stream()) }
            .map_err(failed("sending data"))
    }

    /// Asks for a copy. The numbers must stay until it is waited for.
    fn fetch<T: Number>(
        &self,
        from: &Buffer,
        at: usize,
        numbers: &mut [T],
    ) -> Result<(), DeviceError> {
        let place = from.place::<T>(&self.stream, at, numbers.len());
        if numbers.is_empty() {
            return Ok(());
        }
        self.bind()?;
        // SAFETY: as for `send`; every pattern of bits is a number.
        unsafe { result::memcpy_dtoh_async(numbers, place, self.stream.cu_stream()) }
            .map_err(failed("fetching results"))
    }

    fn code(&self, source: &str) -> Result<Ptx, DeviceError> {
        let (option, binary) = match self.target {
            Target::Binary(arch) => (format!("--gpu-architecture=sm_{arch}"), true),
            Target::Assembly(arch) => (format!("--gpu-architecture=compute_{arch}"), false),
        };
        match translate(source, &option, binary)? {
            Code::Binary(bytes) => Ok(Ptx::from_binary(bytes)),
            Code::Assembly(text) => Ok(Ptx::from_src(text)),
        }
    }
}

impl Machine for Driver {
    type Buffer = Buffer;
    type Module = Vec<CudaFunction>;

    fn compile(&self, source: &str, kernels: &[String]) -> Result<Self::Module, DeviceError> {
        let code = self.code(source)?;
        let module = self.stream.context().load_module(code);
        let module = module.map_err(failed("loading kernels"))?;
        kernels
            .iter()
            .map(|name| module.load_function(name))
            .collect::<Result<_, _>>()
            .map_err(failed("finding a kernel"))
    }

    fn allocate(&self, bytes: usize) -> Result<Buffer, DeviceError> {
        // SAFETY: bytes have no content that is not one; kernels write before
        // they read, as the plan's order says.
        match unsafe { self.stream.alloc::<u8>(bytes.max(16)) } {
            Ok(slice) => Ok(Buffer(slice)),
            Err(DriverError(sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY)) => {
                Err(DeviceError::OutOfMemory { bytes })
            }
            Err(error) => Err(failed("reserving memory")(error)),
        }
    }

    fn write<T: Number>(&self, to: &Buffer, at: usize, numbers: &[T]) -> Result<(), DeviceError> {
        self.send(to, at, numbers)?;
        // Pageable memory need not be taken when the copy has been asked for.
        self.wait()
    }

    fn read<T: Number>(
        &self,
        from: &Buffer,
        at: usize,
        numbers: &mut [T],
    ) -> Result<(), DeviceError> {
        let fetched = self.fetch(from, at, numbers);
        // After a failure, too: something may still be on its way.
        self.wait().and(fetched)
    }

    fn exchange<T: Number>(
        &self,
        (to, sent): (&Buffer, &[T]),
        work: impl FnOnce() -> Result<(), DeviceError>,
        (from, fetched): (&Buffer, &mut [T]),
    ) -> Result<(), DeviceError> {
        // Both are borrowed until all of it is done, whatever fails.
        let done = self
            .send(to, 0, sent)
            .and_then(|()| work())
            .and_then(|()| self.fetch(from, 0, fetched));
        let waited = self.wait();
        done.and(waited)
    }

    fn launch(
        &self,
        module: &Self::Module,
        kernel: usize,
        grid: Grid,
        spaces: &Spaces<'_, Buffer>,
    ) -> Result<(), DeviceError> {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let config = LaunchConfig {
            grid_dim: (narrow(grid.blocks), 1, 1),
            block_dim: (narrow(grid.threads), 1, 1),
            shared_mem_bytes: 0,
        };
        let mut launch = self.stream.launch_builder(&module[kernel]);
        launch
            .arg(&spaces.constants.0)
            .arg(&spaces.parameters.0)
            .arg(&spaces.work.0)
            .arg(&spaces.indices.0);
        // SAFETY: every generated kernel has these four parameters, and stays
        // within the lengths that its plan reserves.
        unsafe { launch.launch(config) }
            .map(|_| ())
            .map_err(failed("starting a kernel"))
    }

    fn product(
        &self,
        precision: Precision,
        product: &Product,
        spaces: &Spaces<'_, Buffer>,
    ) -> Result<(), DeviceError> {
        let &Product {
            transposed,
            m,
            n,
            k,
            a,
            b,
            c,
        } = product;
        let pointer = |x: Matrix| {
            let buffer = spaces.at(x.base);
            buffer.pointer(&self.stream) + (x.at * precision.bytes()) as u64
        };
        let narrow = |n: usize| {
            c_int::try_from(n).map_err(|_| {
                failure(
                    "multiplying",
                    &"a matrix has more than 2^31 rows or columns",
                )
            })
        };
        let (m, n, k) = (narrow(m)?, narrow(n)?, narrow(k)?);
        let (lda, ldb, ldc) = (narrow(a.stride)?, narrow(b.stride)?, narrow(c.stride)?);
        let first = match transposed {
            true => blas_sys::cublasOperation_t::CUBLAS_OP_T,
            false => blas_sys::cublasOperation_t::CUBLAS_OP_N,
        };
        let second = blas_sys::cublasOperation_t::CUBLAS_OP_N;
        let mode = match precision {
            Precision::Tf32 => blas_sys::cublasMath_t::CUBLAS_TF32_TENSOR_OP_MATH,
            Precision::F64 | Precision::F32 => blas_sys::cublasMath_t::CUBLAS_DEFAULT_MATH,
        };
        self.bind()?;
        let blas = self.blas.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = *blas.handle();
        let (a, b, c) = (pointer(a), pointer(b), pointer(c));
        // SAFETY: the handle is alive; the matrices lie within their buffers,
        // as the plan reserves them; the scalars are read during the call.
        unsafe {
            blas_sys::cublasSetMathMode(handle, mode)
                .result()
                .map_err(|e| failure("choosing a precision", &e))?;
            match precision {
                Precision::F64 => blas::dgemm(
                    handle,
                    first,
                    second,
                    m,
                    n,
                    k,
                    &1.0,
                    a as *const f64,
                    lda,
                    b as *const f64,
                    ldb,
                    &0.0,
                    c as *mut f64,
                    ldc,
                ),
                Precision::F32 | Precision::Tf32 => blas::sgemm(
                    handle,
                    first,
                    second,
                    m,
                    n,
                    k,
                    &1.0,
                    a as *const f32,
                    lda,
                    b as *const f32,
                    ldb,
                    &0.0,
                    c as *mut f32,
                    ldc,
                ),
            }
        }
        .map_err(|e| failure("multiplying", &e))
    }
}

pub(super) fn driver_version() -> Result<(i32, i32), DeviceError> {
    let mut version = 0;
    // SAFETY: it writes one number.
    unsafe { sys::cuDriverGetVersion(&mut version) }
        .result()
        .map_err(failed("asking for the driver's version"))?;
    Ok((version / 1000, version % 1000 / 10))
}

pub(super) fn nvrtc_version() -> Result<(i32, i32), DeviceError> {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: it writes two numbers.
    unsafe { nvrtc::sys::nvrtcVersion(&mut major, &mut minor) }
        .result()
        .map_err(|e| failure("asking for NVRTC's version", &e))?;
    Ok((major, minor))
}

fn cublas_version(blas: &CudaBlas) -> Result<(i32, i32, i32), DeviceError> {
    let mut version = 0;
    // SAFETY: the handle is alive; it writes one number.
    unsafe { blas_sys::cublasGetVersion_v2(*blas.handle(), &mut version) }
        .result()
        .map_err(|e| failure("asking for cuBLAS's version", &e))?;
    Ok((version / 10_000, version / 100 % 100, version % 100))
}

/// What the compiler can make for a device.
fn target((major, minor): (i32, i32)) -> Result<Target, DeviceError> {
    let own = major * 10 + minor;
    let known = architectures()?;
    if known.contains(&own) {
        return Ok(Target::Binary(own));
    }
    // An unknown, newer device takes assembly of an older one.
    let older = known.into_iter().filter(|&arch| arch < own).max();
    older.map(Target::Assembly).ok_or_else(|| {
        failure(
            "choosing an architecture",
            &format!("NVRTC makes nothing for sm_{own} any more; an older CUDA toolkit does"),
        )
    })
}

/// The architectures that the compiler knows.
pub(crate) fn architectures() -> Result<Vec<i32>, DeviceError> {
    let wrong = |e| failure("asking for NVRTC's architectures", &e);
    let mut count = 0;
    // SAFETY: it writes one number.
    unsafe { nvrtc::sys::nvrtcGetNumSupportedArchs(&mut count) }
        .result()
        .map_err(wrong)?;
    let mut known = vec![0; usize::try_from(count).unwrap_or(0)];
    // SAFETY: it writes as many numbers as it just said.
    unsafe { nvrtc::sys::nvrtcGetSupportedArchs(known.as_mut_ptr()) }
        .result()
        .map_err(wrong)?;
    Ok(known)
}

/// What NVRTC makes of text.
pub(crate) enum Code {
    Binary(Vec<u8>),
    Assembly(String),
}

/// Compiles text, to a device's code or to assembly. Products and sums are
/// rounded one by one, as the CPU rounds them.
pub(crate) fn translate(
    source: &str,
    architecture: &str,
    binary: bool,
) -> Result<Code, DeviceError> {
    let wrong = |e: nvrtc::result::NvrtcError| failure("compiling", &e);
    let text = CString::new(source).map_err(|e| failure("compiling", &e))?;
    let program = nvrtc::result::create_program(&text, None).map_err(wrong)?;
    // SAFETY: the program was just created, lives until `destroy_program`, and
    // the compiler fills buffers of the lengths that it says.
    unsafe {
        let options = [architecture, "--fmad=false"];
        let made = match nvrtc::result::compile_program(program, &options) {
            Err(error) => {
                let log = nvrtc::result::get_program_log(program).unwrap_or_default();
                let log = text_of(&log);
                Err(DeviceError::Compile(format!("{error} {log}")))
            }
            Ok(()) if binary => cubin(program).map(Code::Binary).map_err(wrong),
            Ok(()) => nvrtc::result::get_ptx(program)
                .map_err(wrong)
                .map(|text| Code::Assembly(text_of(&text))),
        };
        nvrtc::result::destroy_program(program).map_err(wrong)?;
        made
    }
}

/// The text of characters that end with 0.
fn text_of(characters: &[c_char]) -> String {
    let bytes = characters.iter().map(|&c| c as u8);
    let bytes: Vec<u8> = bytes.take_while(|&c| c != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// # Safety
/// The program is compiled, for an architecture and not for assembly.
unsafe fn cubin(program: nvrtc::sys::nvrtcProgram) -> Result<Vec<u8>, nvrtc::result::NvrtcError> {
    let mut size = 0;
    // SAFETY: the caller's; the second call fills as many bytes as the first says.
    unsafe {
        nvrtc::sys::nvrtcGetCUBINSize(program, &mut size).result()?;
        let mut bytes = vec![0u8; size];
        nvrtc::sys::nvrtcGetCUBIN(program, bytes.as_mut_ptr().cast()).result()?;
        Ok(bytes)
    }
}
