// The Ops of reduce_loops.h: sums, products and extremes of mapped elements, and moments.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>

#include "weft/tensor/kernels/norm/channels.h"
#include "weft/tensor/kernels/reduce/reduce_loops.h"
#include "weft/tensor/kernels/reduce/sum_f32.h"

namespace weft::kernel {

template <class T>
struct VecOf {
  typedef T type __attribute__((vector_size(16)));
};
/// 16 bytes of T: both compilers map these to the registers of any machine.
template <class T>
using Vec = typename VecOf<T>::type;

template <class T>
inline Vec<T> load_vec(const T* p) {
  Vec<T> v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}

// Functions applied to an element first; each works on scalars and vectors.
struct Identity {
  static const SumLoops& sums_f32() { return sum_loops_f32(); }
  template <class V>
  static V apply(V x) {
    return x;
  }
};
struct Square {
  static const SumLoops& sums_f32() { return square_sum_loops_f32(); }
  template <class V>
  static V apply(V x) {
    return x * x;
  }
};
struct Absolute {
  static const SumLoops& sums_f32() { return absolute_sum_loops_f32(); }
  template <class V>
  static V apply(V x) {
    return x < V{} ? -x : x;
  }
};

/// Vectors processed at a time: enough to hide the latency of an addition.
inline constexpr int64_t kVecs = 8;
template <class T>
inline constexpr int64_t kVecWidth = 16 / sizeof(T);

/// A sum in double precision with the rounding errors of its additions (Neumaier 1974).
struct CompensatedSum {
  double sum = 0, rest = 0;
  void add(double v) {
    const double total = sum + v;
    if (std::isfinite(total)) rest += std::abs(sum) >= std::abs(v) ? (sum - total) + v : (v - total) + sum;
    sum = total;
  }
  void add(const CompensatedSum& other) {
    add(other.sum);
    rest += other.rest;
  }
  double value() const { return sum + rest; }
};

/// Sum of f(p[i * stride]) of n doubles; adjacent ones are added in vectors.
template <class F>
double lane_sum(const double* p, int64_t n, int64_t stride, F f) {
  constexpr int64_t w = kVecWidth<double>, step = kVecs * w;
  double s = 0;
  int64_t i = 0;
  if (stride == 1 && n >= step) {
    Vec<double> lane[kVecs] = {};
    for (; i + step <= n; i += step)
      for (int64_t l = 0; l < kVecs; ++l) lane[l] += f(load_vec(p + i + l * w));
    for (int64_t l = kVecs / 2; l > 0; l /= 2)
      for (int64_t k = 0; k < l; ++k) lane[k] += lane[k + l];
    for (int64_t k = 0; k < w; ++k) s += lane[0][k];
  }
  for (; i < n; ++i) s += f(p[i * stride]);
  return s;
}

/// acc[c] = join(acc[c], f(p[r * stride + c])) over all rows, four at a time, reading memory in order.
template <class T, class F, class Join>
void join_rows(const T* p, int64_t rows, int64_t stride, int64_t cols, T* acc, F f, Join join) {
  constexpr int64_t w = kVecWidth<T>;
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const T *a = p + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
    int64_t k = 0;
    for (; k + w <= cols; k += w) {
      const Vec<T> ab = join(f(load_vec(a + k)), f(load_vec(b + k))), cd = join(f(load_vec(c + k)), f(load_vec(d + k)));
      const Vec<T> sum = join(load_vec(acc + k), join(ab, cd));
      std::memcpy(acc + k, &sum, sizeof(sum));
    }
    for (; k < cols; ++k) acc[k] = join(acc[k], join(join(f(a[k]), f(b[k])), join(f(c[k]), f(d[k]))));
  }
  for (; r < rows; ++r)
    for (int64_t k = 0; k < cols; ++k) acc[k] = join(acc[k], f(p[r * stride + k]));
}

/// Sum of Map(x), or its square root: float32 in double precision, float64 with compensation, integers
/// modulo 2^64.
template <class T, class Map, class Out>
struct SumOp {
  using Acc = std::conditional_t<std::is_same_v<T, float>, double,
                                 std::conditional_t<std::is_same_v<T, double>, CompensatedSum, uint64_t>>;
  double divisor = 1;  ///< for means
  bool root = false;   ///< for norms

  static Acc identity() { return Acc(); }
  static void combine(Acc& a, const Acc& b) {
    if constexpr (std::is_same_v<T, double>)
      a.add(b);
    else
      a += b;
  }
  Out finish(const Acc& acc) const {
    if constexpr (std::is_floating_point_v<T>) {
      double sum;
      if constexpr (std::is_same_v<T, double>)
        sum = acc.value();
      else
        sum = acc;
      return static_cast<Out>(root ? std::sqrt(sum) : sum / divisor);
    } else {
      return static_cast<Out>(acc);
    }
  }

  static Acc run(const T* p, int64_t n, int64_t stride) {
    if constexpr (std::is_same_v<T, float>)
      if (stride == 1 && n >= 16) return Map::sums_f32().run(p, n);
    if constexpr (std::is_same_v<T, double>) return run_of_doubles(p, n, stride);
    Acc s = identity();
    for (int64_t i = 0; i < n; ++i) combine(s, term(p[i * stride]));
    return s;
  }

  static void columns(const T* p, int64_t rows, int64_t stride, int64_t cols, Acc* acc) {
    if constexpr (std::is_same_v<T, float>) {
      static_assert(kTile <= kSumColumns);
      Map::sums_f32().columns(p, rows, stride, cols, acc);
    } else if constexpr (std::is_same_v<T, double>) {
      T sums[kTile];
      std::fill(sums, sums + cols, T(0));
      join_rows(
          p, rows, stride, cols, sums, [](auto v) { return Map::apply(v); }, [](auto a, auto b) { return a + b; });
      for (int64_t k = 0; k < cols; ++k) acc[k].add(sums[k]);
    } else {
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t k = 0; k < cols; ++k) acc[k] += term(p[r * stride + k]);
    }
  }

 private:
  static Acc term(T x) {
    using Wide = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
    return Acc{Map::apply(static_cast<Wide>(x))};
  }
  static CompensatedSum run_of_doubles(const double* p, int64_t n, int64_t stride) {
    constexpr int64_t kBlock = 256;
    CompensatedSum s;
    for (int64_t i = 0; i < n; i += kBlock)
      s.add(lane_sum(p + i * stride, std::min(kBlock, n - i), stride, [](auto v) { return Map::apply(v); }));
    return s;
  }
};

/// Product, in double or modulo 2^64.
template <class T, class Out>
struct ProdOp {
  using Acc = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
  static Acc identity() { return 1; }
  static void combine(Acc& a, const Acc& b) { a *= b; }
  static Out finish(Acc acc) { return static_cast<Out>(acc); }
  static Acc run(const T* p, int64_t n, int64_t stride) {
    Acc part[4] = {1, 1, 1, 1};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
      for (int64_t k = 0; k < 4; ++k) part[k] *= static_cast<Acc>(p[(i + k) * stride]);
    for (; i < n; ++i) part[0] *= static_cast<Acc>(p[i * stride]);
    return (part[0] * part[1]) * (part[2] * part[3]);
  }
  static void columns(const T* p, int64_t rows, int64_t stride, int64_t cols, Acc* acc) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < cols; ++c) acc[c] *= static_cast<Acc>(p[r * stride + c]);
  }
};

/// Maximum or minimum of Map(x); NaN wins over all.
template <class T, bool kMax, class Map = Identity>
struct ExtremeOp {
  using Acc = T;
  static constexpr int64_t kWidth = kVecWidth<T>, kLanes = kVecs;

  static T identity() {
    using L = std::numeric_limits<T>;
    if constexpr (std::is_floating_point_v<T>) return kMax ? -L::infinity() : L::infinity();
    return kMax ? L::lowest() : L::max();
  }
  template <class V>
  static V better(V a, V b) {
    if constexpr (std::is_integral_v<V>)
      return kMax ? (b > a ? b : a) : (b < a ? b : a);
    else
      return kMax ? (((b > a) | (b != b)) ? b : a) : (((b < a) | (b != b)) ? b : a);
  }
  static void combine(T& a, const T& b) { a = better(a, b); }
  static T finish(T acc) {
    if constexpr (std::is_same_v<Map, Absolute>) return std::abs(acc);  // no -0
    return acc;
  }

  static T run(const T* p, int64_t n, int64_t stride) {
    T best = identity();
    int64_t i = 0;
    if constexpr (std::is_floating_point_v<T>) {
      if (stride == 1 && n >= kLanes * kWidth) {
        Vec<T> lane[kLanes];
        for (int64_t l = 0; l < kLanes; ++l) lane[l] = Map::apply(load_vec(p + l * kWidth));
        for (i = kLanes * kWidth; i + kLanes * kWidth <= n; i += kLanes * kWidth)
          for (int64_t l = 0; l < kLanes; ++l) lane[l] = better(lane[l], Map::apply(load_vec(p + i + l * kWidth)));
        for (int64_t l = 1; l < kLanes; ++l) lane[0] = better(lane[0], lane[l]);
        for (int64_t k = 0; k < kWidth; ++k) best = better<T>(best, lane[0][k]);
      }
    }
    for (; i < n; ++i) best = better<T>(best, Map::apply(p[i * stride]));
    return best;
  }
  static void columns(const T* p, int64_t rows, int64_t stride, int64_t cols, T* acc) {
    if constexpr (std::is_floating_point_v<T>) {
      join_rows(
          p, rows, stride, cols, acc, [](auto v) { return Map::apply(v); },
          [](auto a, auto b) { return better(a, b); });
    } else {
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t k = 0; k < cols; ++k) acc[k] = better<T>(acc[k], Map::apply(p[r * stride + k]));
    }
  }
};

/// Number of nonzero elements; Finish converts it to the result.
template <class T, class Out>
struct CountOp {
  using Acc = int64_t;
  enum class As { Count, Any, All } as;
  int64_t total = 0;
  static Acc identity() { return 0; }
  static void combine(Acc& a, const Acc& b) { a += b; }
  Out finish(Acc n) const {
    return as == As::Count ? static_cast<Out>(n) : as == As::Any ? Out(n > 0) : Out(n == total);
  }
  static Acc run(const T* p, int64_t n, int64_t stride) {
    int64_t s = 0;
    for (int64_t i = 0; i < n; ++i) s += p[i * stride] != T(0);
    return s;
  }
  static void columns(const T* p, int64_t rows, int64_t stride, int64_t cols, Acc* acc) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < cols; ++c) acc[c] += p[r * stride + c] != T(0);
  }
};

/// (Sum of |x|^p)^(1/p).
template <class T>
struct PowerOp {
  using Acc = double;
  double p;
  static Acc identity() { return 0; }
  static void combine(Acc& a, const Acc& b) { a += b; }
  T finish(Acc acc) const { return static_cast<T>(std::pow(acc, 1 / p)); }
  Acc run(const T* x, int64_t n, int64_t stride) const {
    double s = 0;
    for (int64_t i = 0; i < n; ++i) s += std::pow(std::abs(static_cast<double>(x[i * stride])), p);
    return s;
  }
  void columns(const T* x, int64_t rows, int64_t stride, int64_t cols, Acc* acc) const {
    for (int64_t c = 0; c < cols; ++c) acc[c] += run(x + c, rows, stride);
  }
};

/// Count, mean and sum of squared deviations of some elements.
struct Moments {
  double n = 0, mean = 0, m2 = 0;
};

/// Variance: each run has its own mean; runs are joined by Chan's formula (Chan, Golub, LeVeque 1979).
template <class T>
struct VarianceOp {
  using Acc = Moments;
  double correction;
  bool root;
  static Acc identity() { return {}; }
  static void combine(Acc& a, const Acc& b) {
    if (b.n == 0) return;
    const double n = a.n + b.n, delta = b.mean - a.mean;
    a.mean += delta * b.n / n;
    a.m2 += b.m2 + delta * delta * a.n * b.n / n;
    a.n = n;
  }
  T finish(const Acc& acc) const {
    const double v = acc.m2 / std::max(0.0, acc.n - correction);
    return static_cast<T>(root ? std::sqrt(v) : v);
  }
  static Acc run(const T* p, int64_t n, int64_t stride) {
    T near[kRun];
    if (stride != 1) {
      for (int64_t i = 0; i < n; ++i) near[i] = p[i * stride];
      p = near;
    }
    Acc acc{static_cast<double>(n)};
    channel_loops<T>().plane_moments(p, n, &acc.mean, &acc.m2);
    return acc;
  }
  static void columns(const T* p, int64_t rows, int64_t stride, int64_t cols, Acc* acc) {
    double mean[kTile] = {}, m2[kTile] = {};
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < cols; ++c) mean[c] += p[r * stride + c];
    for (int64_t c = 0; c < cols; ++c) mean[c] /= static_cast<double>(rows);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < cols; ++c) m2[c] += (p[r * stride + c] - mean[c]) * (p[r * stride + c] - mean[c]);
    for (int64_t c = 0; c < cols; ++c) combine(acc[c], {static_cast<double>(rows), mean[c], m2[c]});
  }
};

}  // namespace weft::kernel
