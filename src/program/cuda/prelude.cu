// What every generated text begins with: the elementwise functions, as
// src/program/ops defines them, reductions within a block in a fixed order,
// and the operations that a whole block works on. `real` is double or float.

typedef unsigned int index_t;

__device__ inline real infinity() { return (real)1e308 * (real)10; }
__device__ inline real not_a_number() { return infinity() - infinity(); }
__device__ inline bool is_nan(real x) { return x != x; }
__device__ inline bool is_finite(real x) { return x - x == 0; }
__device__ inline real truth(bool x) { return x ? (real)1 : (real)0; }

// Functions of one argument.

__device__ inline real u_Neg(real x) { return -x; }
__device__ inline real u_Abs(real x) { return fabs(x); }
__device__ inline real u_Sign(real x) { return x > 0 ? (real)1 : x < 0 ? (real)-1 : x * 0; }
__device__ inline real u_Sqrt(real x) { return sqrt(x); }
__device__ inline real u_Exp(real x) { return exp(x); }
__device__ inline real u_Ln(real x) { return x > 0 ? log(x) : not_a_number(); }
__device__ inline real u_Log10(real x) { return x > 0 ? log10(x) : not_a_number(); }
__device__ inline real u_Log2(real x) { return x > 0 ? log2(x) : not_a_number(); }
__device__ inline real u_Exp2(real x) { return exp2(x); }
__device__ inline real u_Expm1(real x) { return expm1(x); }
__device__ inline real u_Ln1p(real x) { return x > -1 ? log1p(x) : not_a_number(); }
__device__ inline real u_Sin(real x) { return sin(x); }
__device__ inline real u_Cos(real x) { return cos(x); }
__device__ inline real u_Tan(real x) { return tan(x); }
__device__ inline real u_Asin(real x) { return asin(x); }
__device__ inline real u_Acos(real x) { return acos(x); }
__device__ inline real u_Atan(real x) { return atan(x); }
__device__ inline real u_Sinh(real x) { return sinh(x); }
__device__ inline real u_Cosh(real x) { return cosh(x); }
__device__ inline real u_Tanh(real x) { return tanh(x); }
__device__ inline real u_Asinh(real x) { return asinh(x); }
__device__ inline real u_Acosh(real x) { return acosh(x); }
__device__ inline real u_Atanh(real x) { return fabs(x) < 1 ? atanh(x) : not_a_number(); }
__device__ inline real u_Floor(real x) { return floor(x); }
__device__ inline real u_Ceil(real x) { return ceil(x); }
__device__ inline real u_Trunc(real x) { return trunc(x); }
__device__ inline real u_Round(real x) { return round(x); }
__device__ inline real u_Erf(real x) { return erf(x); }
__device__ inline real u_Erfc(real x) { return erfc(x); }
__device__ inline real u_NormCdf(real x) {
  return (real)0.5 * erfc(-x * (real)0.70710678118654752440);
}
__device__ inline real u_LnGamma(real x) { return x > 0 ? lgamma(x) : not_a_number(); }
__device__ inline real u_Gamma(real x) {
  return x <= 0 && x == floor(x) ? not_a_number() : tgamma(x);
}
__device__ inline real u_IsFinite(real x) { return truth(is_finite(x)); }
__device__ inline real u_Not(real x) { return truth(x == 0) + x * 0; }

// The lower half of the normal quantile: a rational approximation (Acklam), good
// to nine digits, then two steps of Halley's method.
__device__ inline real lower_quantile(real p) {
  real x;
  if (p < (real)0.02425) {
    const real q = sqrt(-2 * log(p));
    x = (((((real)-7.784894002430293e-3 * q - (real)3.223964580411365e-1) * q -
           (real)2.400758277161838) * q - (real)2.549732539343734) * q +
         (real)4.374664141464968) * q + (real)2.938163982698783;
    x /= ((((real)7.784695709041462e-3 * q + (real)3.224671290700398e-1) * q +
           (real)2.445134137142996) * q + (real)3.754408661907416) * q + 1;
  } else {
    const real q = p - (real)0.5, r = q * q;
    x = (((((real)-3.969683028665376e1 * r + (real)2.209460984245205e2) * r -
           (real)2.759285104469687e2) * r + (real)1.383577518672690e2) * r -
         (real)3.066479806614716e1) * r + (real)2.506628277459239;
    x *= q;
    x /= (((((real)-5.447609879822406e1 * r + (real)1.615858368580409e2) * r -
            (real)1.556989798598866e2) * r + (real)6.680131188771972e1) * r -
          (real)1.328068155288572e1) * r + 1;
  }
  for (int i = 0; i < 2; i++) {
    const real density = exp((real)-0.5 * x * x) / (real)2.50662827463100050242;
    const real step = (u_NormCdf(x) - p) / density;
    if (is_finite(step)) x -= step / (1 + (real)0.5 * x * step);
  }
  return x;
}
__device__ inline real u_NormQuantile(real p) {
  if (!(p > 0 && p < 1)) return not_a_number();
  return p > (real)0.5 ? -lower_quantile(1 - p) : lower_quantile(p);
}

__device__ inline real digamma_of_positive(real x) {
  real sum = 0;
  while (x < 10) {
    sum -= 1 / x;
    x += 1;
  }
  const real r = 1 / (x * x);
  const real series =
      r * ((real)(1.0 / 12) - r * ((real)(1.0 / 120) - r * ((real)(1.0 / 252) -
      r * ((real)(1.0 / 240) - r * ((real)(1.0 / 132) - r * ((real)(691.0 / 32760) -
      r * (real)(1.0 / 12)))))));
  return sum + log(x) - (real)0.5 / x - series;
}
__device__ inline real u_Digamma(real x) {
  const real pi = (real)3.14159265358979323846;
  if (x <= 0) {
    if (x == floor(x)) return not_a_number();
    return digamma_of_positive(1 - x) - pi / tan(pi * x);
  }
  return digamma_of_positive(x);
}
__device__ inline real trigamma_of_positive(real x) {
  real sum = 0;
  while (x < 10) {
    sum += 1 / (x * x);
    x += 1;
  }
  const real r = 1 / (x * x);
  const real series =
      r * ((real)(1.0 / 6) - r * ((real)(1.0 / 30) - r * ((real)(1.0 / 42) -
      r * ((real)(1.0 / 30) - r * ((real)(5.0 / 66) - r * (real)(691.0 / 2730))))));
  return sum + 1 / x + (real)0.5 * r + series / x;
}
__device__ inline real u_Trigamma(real x) {
  const real pi = (real)3.14159265358979323846;
  if (x <= 0) {
    if (x == floor(x)) return not_a_number();
    const real q = pi / sin(pi * x);
    return q * q - trigamma_of_positive(1 - x);
  }
  return trigamma_of_positive(x);
}

// Functions of two.

__device__ inline real poison(real a, real b) { return a * 0 + b * 0; }
__device__ inline bool is_odd_root(real a, real b) {
  if (a >= 0) return false;
  const real root = round(1 / b);
  return fabs(fmod(root, (real)2)) == 1 && 1 / root == b;
}

__device__ inline real b_Add(real a, real b) { return a + b; }
__device__ inline real b_Sub(real a, real b) { return a - b; }
__device__ inline real b_Mul(real a, real b) { return a * b; }
__device__ inline real b_Div(real a, real b) { return b == 0 ? not_a_number() : a / b; }
__device__ inline real b_Pow(real a, real b) {
  if (a == 0 && b <= 0) return not_a_number();
  if (b == 2) return a * a;
  if (is_odd_root(a, b)) return -pow(-a, b);
  return pow(a, b);
}
__device__ inline real b_Atan2(real a, real b) {
  return a == 0 && b == 0 ? not_a_number() : atan2(a, b);
}
__device__ inline real b_Mod(real a, real b) {
  const real quotient = floor(a / b);
  if (!(fabs(quotient) < (real)1152921600000000.0)) return not_a_number();
  const real rest = fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
__device__ inline real b_Max(real a, real b) { return a >= b || is_nan(a) ? a : b; }
__device__ inline real b_Min(real a, real b) { return a <= b || is_nan(a) ? a : b; }
__device__ inline real b_Less(real a, real b) { return truth(a < b) + poison(a, b); }
__device__ inline real b_LessEqual(real a, real b) { return truth(a <= b) + poison(a, b); }
__device__ inline real b_Equal(real a, real b) { return truth(a == b) + poison(a, b); }
__device__ inline real b_NotEqual(real a, real b) { return truth(a != b) + poison(a, b); }
__device__ inline real b_And(real a, real b) { return truth(a != 0 && b != 0) + poison(a, b); }
__device__ inline real b_Or(real a, real b) { return truth(a != 0 || b != 0) + poison(a, b); }
__device__ inline real b_AbsorbingMul(real a, real b) { return a == 0 ? (real)0 : a * b; }
__device__ inline real b_PowSlope(real a, real b) {
  if (b == 0) return 0;
  return b * pow(is_odd_root(a, b) ? -a : a, b - 1);
}
__device__ inline real b_PowLog(real a, real b) {
  if (a == 0 && b > 0) return 0;
  return pow(a, b) * log(a);
}

__device__ inline real choose(real condition, real then, real otherwise) {
  const real picked = condition != 0 ? then : otherwise;
  return condition * 0 == 0 ? picked : not_a_number();
}

// Products of factors, of which one may absorb the other.

__device__ inline real product_None(real a, real b) { return a * b; }
__device__ inline real product_Left(real a, real b) { return b_AbsorbingMul(a, b); }
__device__ inline real product_Right(real a, real b) { return b_AbsorbingMul(b, a); }

// Reductions.

struct Sum {
  static __device__ real identity() { return 0; }
  static __device__ real combine(real a, real b) { return a + b; }
};
struct Product {
  static __device__ real identity() { return 1; }
  static __device__ real combine(real a, real b) { return a * b; }
};
struct Max {
  static __device__ real identity() { return -infinity(); }
  static __device__ real combine(real a, real b) { return b_Max(a, b); }
};
struct Min {
  static __device__ real identity() { return infinity(); }
  static __device__ real combine(real a, real b) { return b_Min(a, b); }
};

// Reduces N numbers of every thread over the block, always in the same order:
// `x` is the result for all threads. `shared` has N numbers a thread.
template <class Op, int N>
__device__ inline void fold_block(real (&x)[N], real* shared) {
  const index_t tid = threadIdx.x, threads = blockDim.x;
  for (int k = 0; k < N; k++) shared[k * threads + tid] = x[k];
  __syncthreads();
  for (index_t half = threads / 2; half > 0; half /= 2) {
    if (tid < half) {
      for (int k = 0; k < N; k++) {
        real* at = shared + k * threads + tid;
        *at = Op::combine(*at, at[half]);
      }
    }
    __syncthreads();
  }
  for (int k = 0; k < N; k++) x[k] = shared[k * threads];
  __syncthreads();
}

// The least of one number a thread.
__device__ inline index_t least_of_block(index_t x, real* shared) {
  const index_t tid = threadIdx.x;
  index_t* all = (index_t*)shared;
  all[tid] = x;
  __syncthreads();
  for (index_t half = blockDim.x / 2; half > 0; half /= 2) {
    if (tid < half && all[tid + half] < all[tid]) all[tid] = all[tid + half];
    __syncthreads();
  }
  x = all[0];
  __syncthreads();
  return x;
}

__device__ inline index_t count_of_block(index_t x, real* shared) {
  const index_t tid = threadIdx.x;
  index_t* all = (index_t*)shared;
  all[tid] = x;
  __syncthreads();
  for (index_t half = blockDim.x / 2; half > 0; half /= 2) {
    if (tid < half) all[tid] += all[tid + half];
    __syncthreads();
  }
  x = all[0];
  __syncthreads();
  return x;
}

// Order statistics. A number's key is in the order of the numbers, with one key
// for both zeros.

__device__ inline unsigned long long key_of(real number) {
  const double x = number == 0 ? 0.0 : (double)number;
  const unsigned long long bits = (unsigned long long)__double_as_longlong(x);
  return bits >> 63 ? ~bits : bits | 1ull << 63;
}

// Where the k-th smallest (from 0) of n numbers stands, the first of equals, of
// those whose `present` is not 0 (all where it is null); n where there are not
// so many or one is not a number. Found bit by bit from the highest, so that
// numbers need not be moved.
__device__ inline index_t find_order(const real* x, index_t step, index_t n, index_t k,
                                     const real* present, index_t present_step, real* shared) {
  const index_t tid = threadIdx.x, threads = blockDim.x;
  index_t count = 0, bad = 0;
  for (index_t i = tid; i < n; i += threads) {
    if (present && present[i * present_step] == 0) continue;
    count++;
    bad += is_nan(x[i * step]);
  }
  count = count_of_block(count, shared);
  bad = count_of_block(bad, shared);
  if (k >= count || bad > 0) return n;
  unsigned long long key = 0;
  for (int bit = 63; bit >= 0; bit--) {
    // How many keys agree with what is known of it and have a 0 next.
    index_t below = 0;
    for (index_t i = tid; i < n; i += threads) {
      if (present && present[i * present_step] == 0) continue;
      below += key_of(x[i * step]) >> bit == key >> bit;
    }
    below = count_of_block(below, shared);
    if (k >= below) {
      k -= below;
      key |= 1ull << bit;
    }
  }
  index_t first = n;
  for (index_t i = tid; i < n && first == n; i += threads) {
    if (present && present[i * present_step] == 0) continue;
    if (key_of(x[i * step]) == key) first = i;
  }
  return least_of_block(first, shared);
}

// Elimination with partial pivoting, by a block: `a` (n by n, row by row) to a
// triangle, and to the identity where there is a right side; `right` (n by m)
// with it. Whether `a` is singular or not finite; `determinant` with it.

__device__ inline bool eliminate(real* a, index_t n, real* right, index_t m, real& determinant) {
  __shared__ index_t pivot;
  const index_t tid = threadIdx.x, threads = blockDim.x;
  determinant = 1;
  for (index_t col = 0; col < n; col++) {
    __syncthreads();
    if (tid == 0) {
      index_t best = col;
      for (index_t row = col + 1; row < n; row++)
        if (fabs(a[row * n + col]) > fabs(a[best * n + col])) best = row;
      pivot = best;
    }
    __syncthreads();
    const index_t chosen = pivot;
    if (chosen != col) {
      determinant = -determinant;
      for (index_t j = tid; j < n + m; j += threads) {
        real* upper = j < n ? a + col * n + j : right + col * m + (j - n);
        real* lower = j < n ? a + chosen * n + j : right + chosen * m + (j - n);
        const real kept = *upper;
        *upper = *lower;
        *lower = kept;
      }
      __syncthreads();
    }
    const real head = a[col * n + col];
    determinant *= head;
    if (head == 0 || !is_finite(head)) {
      __syncthreads();
      return true;
    }
    // The column itself is not needed any more and stays, so that every
    // element can read its row's factor.
    const index_t width = n - col - 1 + m;
    for (index_t i = tid; i < n * width; i += threads) {
      const index_t row = i / width, j = col + 1 + i % width;
      if (row == col || (row < col && m == 0)) continue;
      const real factor = a[row * n + col] / head;
      if (factor == 0) continue;
      if (j < n) a[row * n + j] -= factor * a[col * n + j];
      else right[row * m + (j - n)] -= factor * right[col * m + (j - n)];
    }
  }
  __syncthreads();
  for (index_t i = tid; i < n * m; i += threads) right[i] /= a[i / m * n + i / m];
  __syncthreads();
  return false;
}

// A lane's matrix, row by row; `x` is its first element, `step` the lanes.
__device__ inline void copy_matrix(const real* x, size_t step, index_t n, real* to) {
  for (index_t i = threadIdx.x; i < n * n; i += blockDim.x)
    to[i] = x[(size_t)(i % n * n + i / n) * step];
}
__device__ inline void copy_identity(index_t n, real* to) {
  for (index_t i = threadIdx.x; i < n * n; i += blockDim.x) to[i] = truth(i / n == i % n);
}

// `scratch` has 2 n² numbers, for `cofactor` 3 n².

__device__ inline void inverse(const real* x, size_t step, index_t n, real* out, real* scratch) {
  real* right = scratch + n * n;
  real determinant;
  copy_matrix(x, step, n, scratch);
  copy_identity(n, right);
  const bool singular = eliminate(scratch, n, right, n, determinant);
  for (index_t i = threadIdx.x; i < n * n; i += blockDim.x)
    out[(size_t)(i % n * n + i / n) * step] = singular ? not_a_number() : right[i];
  __syncthreads();
}

__device__ inline void determinant(const real* x, size_t step, index_t n, real* out,
                                   real* scratch) {
  real value;
  copy_matrix(x, step, n, scratch);
  eliminate(scratch, n, scratch, 0, value);
  if (threadIdx.x == 0) *out = value;
  __syncthreads();
}

__device__ inline void cofactor(const real* x, size_t step, index_t n, real* out, real* scratch) {
  real *right = scratch + n * n, *minor = right + n * n;
  real value;
  copy_matrix(x, step, n, scratch);
  copy_identity(n, right);
  if (!eliminate(scratch, n, right, n, value)) {
    for (index_t i = threadIdx.x; i < n * n; i += blockDim.x)
      out[(size_t)(i % n * n + i / n) * step] = value * right[i % n * n + i / n];
    __syncthreads();
    return;
  }
  // Minor by minor; the matrix itself is read again.
  for (index_t i = 0; i < n * n; i++) {
    const index_t row = i / n, col = i % n, less = n - 1;
    for (index_t j = threadIdx.x; j < less * less; j += blockDim.x) {
      const index_t r = j / less + (j / less >= row), c = j % less + (j % less >= col);
      minor[j] = x[(size_t)(c * n + r) * step];
    }
    eliminate(minor, less, minor, 0, value);
    if (threadIdx.x == 0)
      out[(size_t)(col * n + row) * step] = (row + col) % 2 == 0 ? value : -value;
    __syncthreads();
  }
}
