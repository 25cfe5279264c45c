// CUDA for a C++ compiler: enough of it to run the generated kernels on the
// CPU, a block after the other. The threads of a block are contexts that take
// turns; at a barrier a thread hands on, and has passed it when its turn comes
// again, for all others have reached it by then.

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

// Hidden, so that several libraries loaded at a time share nothing, not even the
// static memory of inline functions.
#define __device__ __attribute__((visibility("hidden")))
#define __global__
#define __shared__ static
#define __launch_bounds__(n)
#define __restrict__

struct Dim { unsigned x; };
static Dim threadIdx, blockIdx, blockDim, gridDim;

static inline long long __double_as_longlong(double x) {
  long long bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

enum { MOST_THREADS = 256, STACK = 64 * 1024 };
static ucontext_t scheduler, contexts[MOST_THREADS];
static char stacks[MOST_THREADS][STACK];
static bool ended[MOST_THREADS];
static unsigned barriers[MOST_THREADS];

static void __syncthreads() {
  const unsigned self = threadIdx.x;
  barriers[self]++;
  swapcontext(&contexts[self], &scheduler);
}

static void (*kernel)(const void*, const void*, void*, const void*);
static const void *constants_, *parameters_, *indices_;
static void* work_;

static void thread() {
  const unsigned self = threadIdx.x;
  kernel(constants_, parameters_, work_, indices_);
  ended[self] = true;
  swapcontext(&contexts[self], &scheduler);
}

// Runs all blocks; whether the threads of every block met at the same barriers.
extern "C" int run_kernel(void (*k)(const void*, const void*, void*, const void*),
                          unsigned blocks, unsigned threads, int backwards, const void* c,
                          const void* p, void* w, const void* x) {
  if (threads > MOST_THREADS) return 0;
  kernel = k;
  constants_ = c;
  parameters_ = p;
  work_ = w;
  indices_ = x;
  gridDim.x = blocks;
  blockDim.x = threads;
  for (unsigned block = 0; block < blocks; block++) {
    blockIdx.x = backwards ? blocks - 1 - block : block;
    for (unsigned t = 0; t < threads; t++) {
      getcontext(&contexts[t]);
      contexts[t].uc_stack.ss_sp = stacks[t];
      contexts[t].uc_stack.ss_size = STACK;
      contexts[t].uc_link = 0;
      makecontext(&contexts[t], thread, 0);
      ended[t] = false;
      barriers[t] = 0;
    }
    for (bool left = true; left;) {
      left = false;
      for (unsigned i = 0; i < threads; i++) {
        const unsigned t = backwards ? threads - 1 - i : i;
        if (ended[t]) continue;
        threadIdx.x = t;
        swapcontext(&scheduler, &contexts[t]);
        left |= !ended[t];
      }
      for (unsigned t = 1; t < threads; t++)
        if (barriers[t] != barriers[0] || ended[t] != ended[0]) return 0;
    }
  }
  return 1;
}
