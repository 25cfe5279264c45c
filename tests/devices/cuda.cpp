// CUDA's driver, NVRTC and cuBLAS, as far as gradsheet uses them, for a computer
// without a GPU: so that the calls themselves run in tests. One library, loaded
// under three names. Memory is the computer's; kernels are compiled by its C++
// compiler, as the tests of src/device do it.
//
// It is stricter than a card. Every call needs the thread's context; copies take
// host memory as late as they may, and have no length of 0; all addresses must lie
// in what was reserved; a matrix's leading dimension is checked.
//
// The environment says what is met: FAKE_DEVICES, FAKE_CAPABILITY (90),
// FAKE_DRIVER (13000), FAKE_MEMORY (bytes).

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

typedef unsigned long long Pointer;

enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_IMAGE = 200,
       INVALID_CONTEXT = 201, NO_BINARY = 209, UNSUPPORTED_PTX = 222, NOT_FOUND = 500 };
enum { BLAS_NOT_INITIALIZED = 1, BLAS_INVALID_VALUE = 7 };
enum { TF32 = 3 };
enum { NVRTC_COMPILATION = 6, NVRTC_INVALID_OPTION = 5 };

static const int TOOLKIT[2] = {13, 0};
static const int ARCHITECTURES[] = {75, 80, 90, 100};
// Larger products are left out: only rates are measured with them.
static const double MOST_WORK = 1 << 28;

static long setting(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text ? atol(text) : otherwise;
}

static std::recursive_mutex all;
typedef std::lock_guard<std::recursive_mutex> Lock;

// The context: one of the device, current or not in each thread.

static int the_context;
static thread_local void* current = 0;
#define CONTEXT(otherwise) Lock lock(all); if (current != &the_context) return otherwise

// Memory and what is still on its way.

static std::map<Pointer, size_t> reserved;
static size_t reserved_bytes;
struct Copy { void* to; const void* from; size_t bytes; };
static std::vector<Copy> under_way;

static bool within(Pointer at, size_t bytes) {
  auto after = reserved.upper_bound(at);
  if (after == reserved.begin()) return false;
  auto block = std::prev(after);
  return at + bytes <= block->first + block->second;
}

static void arrive() {
  for (const Copy& copy : under_way) memcpy(copy.to, copy.from, copy.bytes);
  under_way.clear();
}

static int allocate(Pointer* out, size_t bytes) {
  CONTEXT(INVALID_CONTEXT);
  if (bytes == 0) return INVALID_VALUE;
  if (reserved_bytes + bytes > (size_t)setting("FAKE_MEMORY", 1L << 34)) return OUT_OF_MEMORY;
  void* block = aligned_alloc(256, (bytes + 255) / 256 * 256);
  // What was there before is not to be relied on.
  memset(block, 0x5a, bytes < 1 << 20 ? bytes : 1 << 20);
  *out = (Pointer)block;
  reserved[*out] = bytes;
  reserved_bytes += bytes;
  return OK;
}

static int release(Pointer at) {
  CONTEXT(INVALID_CONTEXT);
  arrive();
  auto block = reserved.find(at);
  if (block == reserved.end()) return INVALID_VALUE;
  reserved_bytes -= block->second;
  reserved.erase(block);
  free((void*)at);
  return OK;
}

struct Module { void* library; };
typedef void (*Kernel)(const void*, const void*, void*, const void*);
typedef int (*RunKernel)(Kernel, unsigned, unsigned, int, const void*, const void*, void*,
                         const void*);
struct Function { Kernel kernel; RunKernel run; };

extern "C" {

int cuInit(unsigned) { return setting("FAKE_DEVICES", 1) > 0 ? OK : NO_DEVICE; }
int cuDriverGetVersion(int* version) { *version = setting("FAKE_DRIVER", 13000); return OK; }
int cuGetErrorString(int error, const char** text) {
  switch (error) {
    case NO_DEVICE: *text = "no CUDA-capable device is detected"; return OK;
    case OUT_OF_MEMORY: *text = "out of memory"; return OK;
    case INVALID_CONTEXT: *text = "invalid device context"; return OK;
    case UNSUPPORTED_PTX: *text = "the provided PTX was compiled with an unsupported toolchain."; return OK;
  }
  return INVALID_VALUE;
}
int cuDeviceGet(int* device, int ordinal) { *device = ordinal; return ordinal == 0 ? OK : NO_DEVICE; }
int cuDeviceGetName(char* name, int len, int) { snprintf(name, len, "Emulated card"); return OK; }
int cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = setting("FAKE_MEMORY", 1L << 34); return OK; }
int cuDeviceGetAttribute(int* value, int attribute, int) {
  const int capability = setting("FAKE_CAPABILITY", 90);
  switch (attribute) {
    case 75: *value = capability / 10; return OK;
    case 76: *value = capability % 10; return OK;
    case 115: *value = 1; return OK;
  }
  return INVALID_VALUE;
}
int cuDevicePrimaryCtxRetain(void** context, int) { *context = &the_context; return OK; }
int cuDevicePrimaryCtxRelease_v2(int) { return OK; }
int cuCtxGetCurrent(void** context) { *context = current; return OK; }
int cuCtxSetCurrent(void* context) { current = context; return OK; }

#ifndef OLD
int cuMemAllocAsync(Pointer* out, size_t bytes, void*) { return allocate(out, bytes); }
#endif
int cuMemFreeAsync(Pointer at, void*) { return release(at); }
int cuMemAlloc_v2(Pointer* out, size_t bytes) { return allocate(out, bytes); }
int cuMemFree_v2(Pointer at) { return release(at); }

int cuMemcpyHtoDAsync_v2(Pointer to, const void* from, size_t bytes, void*) {
  CONTEXT(INVALID_CONTEXT);
  if (bytes == 0 || !within(to, bytes)) return INVALID_VALUE;
  under_way.push_back({(void*)to, from, bytes});
  return OK;
}
int cuMemcpyDtoHAsync_v2(void* to, Pointer from, size_t bytes, void*) {
  CONTEXT(INVALID_CONTEXT);
  if (bytes == 0 || !within(from, bytes)) return INVALID_VALUE;
  under_way.push_back({to, (const void*)from, bytes});
  return OK;
}
int cuMemcpyDtoDAsync_v2(Pointer to, Pointer from, size_t bytes, void*) {
  CONTEXT(INVALID_CONTEXT);
  if (bytes == 0 || !within(to, bytes) || !within(from, bytes)) return INVALID_VALUE;
  under_way.push_back({(void*)to, (const void*)from, bytes});
  return OK;
}
int cuStreamSynchronize(void*) {
  CONTEXT(INVALID_CONTEXT);
  arrive();
  return OK;
}

// Code is a line: what it is, its architecture, and the file of a library.
int cuModuleLoadData(void** out, const void* image) {
  CONTEXT(INVALID_CONTEXT);
  char kind[8], path[256];
  int architecture;
  if (sscanf((const char*)image, "%7s %d %255s", kind, &architecture, path) != 3) return INVALID_IMAGE;
  const int capability = setting("FAKE_CAPABILITY", 90), driver = setting("FAKE_DRIVER", 13000);
  int refused = OK;
  if (!strcmp(kind, "PTX")) {
    if (driver < TOOLKIT[0] * 1000 + TOOLKIT[1] * 10) refused = UNSUPPORTED_PTX;
    else if (architecture > capability) refused = NO_BINARY;
  } else {
    if (driver / 1000 < TOOLKIT[0]) refused = INVALID_IMAGE;
    else if (architecture != capability) refused = NO_BINARY;
  }
  void* library = refused ? 0 : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  unlink(path);
  *strrchr(path, '/') = 0;
  rmdir(path);
  if (!library) return refused ? refused : INVALID_IMAGE;
  *out = new Module{library};
  return OK;
}
int cuModuleUnload(void* module) {
  CONTEXT(INVALID_CONTEXT);
  dlclose(((Module*)module)->library);
  delete (Module*)module;
  return OK;
}
int cuModuleGetFunction(void** out, void* module, const char* name) {
  CONTEXT(INVALID_CONTEXT);
  void* library = ((Module*)module)->library;
  Function function = {(Kernel)dlsym(library, name), (RunKernel)dlsym(library, "run_kernel")};
  if (!function.kernel || !function.run) return NOT_FOUND;
  *out = new Function(function);
  return OK;
}
int cuLaunchKernel(void* function, unsigned blocks, unsigned gy, unsigned gz, unsigned threads,
                   unsigned by, unsigned bz, unsigned shared, void*, void** arguments, void** extra) {
  CONTEXT(INVALID_CONTEXT);
  if (!blocks || gy != 1 || gz != 1 || !threads || threads > 1024 || by != 1 || bz != 1 || shared || extra)
    return INVALID_VALUE;
  Pointer spaces[4];
  for (int i = 0; i < 4; i++) {
    spaces[i] = *(Pointer*)arguments[i];
    if (!reserved.count(spaces[i])) return INVALID_VALUE;
  }
  arrive();
  const Function* f = (Function*)function;
  const int met = f->run(f->kernel, blocks, threads, 0, (void*)spaces[0], (void*)spaces[1],
                         (void*)spaces[2], (void*)spaces[3]);
  return met == 1 ? OK : INVALID_VALUE;
}

// NVRTC.

struct Program { std::string source, folder, log; int architecture = 0; bool assembly = false; };

int nvrtcVersion(int* major, int* minor) { *major = TOOLKIT[0]; *minor = TOOLKIT[1]; return OK; }
int nvrtcGetNumSupportedArchs(int* count) {
  *count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
  return OK;
}
int nvrtcGetSupportedArchs(int* list) { memcpy(list, ARCHITECTURES, sizeof ARCHITECTURES); return OK; }
int nvrtcCreateProgram(Program** out, const char* source, const char*, int, const char* const*,
                       const char* const*) {
  *out = new Program();
  (*out)->source = source;
  return OK;
}
int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  bool plain = false;
  for (int i = 0; i < count; i++) {
    const char* option = options[i];
    if (sscanf(option, "--gpu-architecture=sm_%d", &program->architecture) == 1) continue;
    if (sscanf(option, "--gpu-architecture=compute_%d", &program->architecture) == 1) {
      program->assembly = true;
      continue;
    }
    if (strcmp(option, "--fmad=false")) return NVRTC_INVALID_OPTION;
    plain = true;
  }
  bool known = false;
  for (int architecture : ARCHITECTURES) known |= architecture == program->architecture;
  if (!known || !plain) return NVRTC_INVALID_OPTION;
  const char* base = getenv("TMPDIR");
  std::string folder = std::string(base ? base : "/tmp") + "/fake-cuda-XXXXXX";
  if (!mkdtemp(&folder[0])) return NVRTC_COMPILATION;
  program->folder = folder;
  FILE* file = fopen((program->folder + "/k.cpp").c_str(), "w");
  fprintf(file, "#include \"%s\"\n%s", SHIM, program->source.c_str());
  fclose(file);
  const std::string command = "cd " + program->folder +
      " && c++ -std=c++17 -O0 -ffp-contract=off -shared -fPIC -w -o k.so k.cpp 2>log && rm k.cpp log";
  if (system(command.c_str()) != 0) {
    program->log = "see " + program->folder + "/log";
    return NVRTC_COMPILATION;
  }
  return OK;
}
static std::string code(const Program* program) {
  char line[300];
  snprintf(line, sizeof line, "%s %d %s/k.so", program->assembly ? "PTX" : "CUBIN",
           program->architecture, program->folder.c_str());
  return line;
}
int nvrtcGetCUBINSize(Program* program, size_t* size) {
  *size = program->assembly ? 0 : code(program).size() + 1;
  return OK;
}
int nvrtcGetCUBIN(Program* program, char* out) { strcpy(out, code(program).c_str()); return OK; }
int nvrtcGetPTXSize(Program* program, size_t* size) { *size = code(program).size() + 1; return OK; }
int nvrtcGetPTX(Program* program, char* out) { strcpy(out, code(program).c_str()); return OK; }
int nvrtcGetProgramLogSize(Program* program, size_t* size) { *size = program->log.size() + 1; return OK; }
int nvrtcGetProgramLog(Program* program, char* out) { strcpy(out, program->log.c_str()); return OK; }
int nvrtcDestroyProgram(Program** program) { delete *program; *program = 0; return OK; }

// cuBLAS.

struct Handle { int mode = 0; };

int cublasCreate_v2(Handle** out) {
  CONTEXT(BLAS_NOT_INITIALIZED);
  *out = new Handle();
  return OK;
}
int cublasDestroy_v2(Handle* handle) { delete handle; return OK; }
int cublasSetStream_v2(Handle*, void*) { return OK; }
int cublasGetVersion_v2(Handle*, int* version) { *version = 130002; return OK; }
int cublasSetMathMode(Handle* handle, int mode) { handle->mode = mode; return OK; }

}  // extern "C"

static double rounded(double x, const Handle* handle) {
  if (handle->mode != TF32 || !isfinite(x)) return x;
  int exponent;
  const double part = frexp(x, &exponent);
  return ldexp(nearbyint(part * 2048), exponent - 11);
}

template <class Real>
static int multiply(Handle* handle, int first, int second, int m, int n, int k, const Real* alpha,
                    const Real* a, int lda, const Real* b, int ldb, const Real* beta, Real* c, int ldc) {
  CONTEXT(BLAS_NOT_INITIALIZED);
  if (m < 0 || n < 0 || k < 0 || second != 0 || *alpha != 1 || *beta != 0) return BLAS_INVALID_VALUE;
  const int rows = first ? k : m, cols = first ? m : k;
  if (lda < (rows > 1 ? rows : 1) || ldb < (k > 1 ? k : 1) || ldc < (m > 1 ? m : 1))
    return BLAS_INVALID_VALUE;
  const auto fits = [](const Real* at, size_t ld, size_t r, size_t cs) {
    return within((Pointer)at, ((cs - 1) * ld + r) * sizeof(Real));
  };
  if (!fits(a, lda, rows, cols) || !fits(b, ldb, k, n) || !fits(c, ldc, m, n)) return BLAS_INVALID_VALUE;
  arrive();
  if ((double)m * n * k > MOST_WORK) return OK;
  for (size_t col = 0; col < (size_t)n; col++)
    for (size_t row = 0; row < (size_t)m; row++) {
      double sum = 0;
      for (size_t i = 0; i < (size_t)k; i++) {
        const Real x = first ? a[row * lda + i] : a[i * lda + row];
        sum += rounded(x, handle) * rounded(b[col * ldb + i], handle);
      }
      c[col * ldc + row] = sum;
    }
  return OK;
}

extern "C" {
int cublasDgemm_v2(Handle* handle, int first, int second, int m, int n, int k, const double* alpha,
                   const double* a, int lda, const double* b, int ldb, const double* beta, double* c,
                   int ldc) {
  return multiply(handle, first, second, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
int cublasSgemm_v2(Handle* handle, int first, int second, int m, int n, int k, const float* alpha,
                   const float* a, int lda, const float* b, int ldb, const float* beta, float* c,
                   int ldc) {
  return multiply(handle, first, second, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
}
