// The loops of sum_f32.h, compiled once per instruction set.
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/reduce/sum_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "weft/tensor/kernels/reduce/sum_f32.h"
#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

// The function applied to an element before summing. kRange: f may overflow float32 before its sum does.
struct Itself {
  static constexpr bool kRange = false;
  static HWY_INLINE Vec of(Vec x) { return x; }
  static double of(double x) { return x; }
};
struct Square {
  static constexpr bool kRange = true;
  static HWY_INLINE Vec of(Vec x) { return hn::Mul(x, x); }
  static double of(double x) { return x * x; }
};
struct Absolute {
  static constexpr bool kRange = false;
  static HWY_INLINE Vec of(Vec x) { return hn::Abs(x); }
  static double of(double x) { return std::abs(x); }
};

// Sums of at(0), at(1) ..., called in memory order, because hardware prefetching stops at backward loads.
template <class F>
HWY_INLINE Vec sum_of_two(const F& at, int64_t first = 0) {
  const Vec a = at(first);
  return hn::Add(a, at(first + 1));
}
template <class F>
HWY_INLINE Vec sum_of_four(const F& at, int64_t first) {
  const Vec a = sum_of_two(at, first);
  return hn::Add(a, sum_of_two(at, first + 2));
}
template <class F>
HWY_INLINE Vec sum_of_eight(const F& at) {
  const Vec a = sum_of_four(at, 0);
  return hn::Add(a, sum_of_four(at, 4));
}

// True if a partial sum of n elements in float32 may have overflowed, or lost squares that were flushed to zero.
template <class F>
HWY_INLINE bool out_of_range(double sum, int64_t n) {
  if (!(std::abs(sum) <= std::numeric_limits<double>::max())) return true;
  return F::kRange && sum < 1e-30 * static_cast<double>(n);
}

template <class F>
double plain(const float* x, int64_t n, int64_t stride) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += F::of(static_cast<double>(x[i * stride]));
  return sum;
}

template <class F>
double run(const float* x, int64_t n) {
  const int64_t step = lanes();
  WideSum wide;
  int64_t i = 0;
  for (; i + 8 * step <= n; i += 8 * step)
    wide.add(sum_of_eight([&](int64_t k) HWY_ATTR { return F::of(load(x + i + k * step, Whole())); }));
  for (; i + step <= n; i += step) wide.add(F::of(load(x + i, Whole())));
  if (i < n) wide.add(F::of(load(x + i, Part{static_cast<size_t>(n - i)})));
  const double sum = wide.total();
  return HWY_LIKELY(!out_of_range<F>(sum, n)) ? sum : plain<F>(x, n, 1);
}

template <class F>
void columns(const float* x, int64_t rows, int64_t stride, int64_t cols, double* acc) {
  HWY_ALIGN double sums[kSumColumns + hn::MaxLanes(kLanes)];
  std::fill(sums, sums + cols, 0.0);
  int64_t r = 0;
  const auto rows_of = [&](const auto& sum, int64_t count) HWY_ATTR {
    for (; r + count <= rows; r += count)
      each_vector(cols, [&](int64_t j, auto part) HWY_ATTR {
        add_to(sums + j, sum([&](int64_t k) HWY_ATTR { return F::of(load(x + (r + k) * stride + j, part)); }));
      });
  };
  rows_of([](const auto& at) HWY_ATTR { return sum_of_eight(at); }, 8);
  rows_of([](const auto& at) HWY_ATTR { return sum_of_two(at); }, 2);
  rows_of([](const auto& at) HWY_ATTR { return at(0); }, 1);
  for (int64_t j = 0; j < cols; ++j)
    acc[j] += HWY_LIKELY(!out_of_range<F>(sums[j], rows)) ? sums[j] : plain<F>(x + j, rows, stride);
}

template <class F>
constexpr SumLoops loops() {
  return {run<F>, columns<F>};
}

}  // namespace

SumLoops make_sum_loops() { return loops<Itself>(); }
SumLoops make_square_sum_loops() { return loops<Square>(); }
SumLoops make_absolute_sum_loops() { return loops<Absolute>(); }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
namespace {
HWY_EXPORT(make_sum_loops);
HWY_EXPORT(make_square_sum_loops);
HWY_EXPORT(make_absolute_sum_loops);
}  // namespace

const SumLoops& sum_loops_f32() {
  static const SumLoops loops = HWY_DYNAMIC_DISPATCH(make_sum_loops)();
  return loops;
}
const SumLoops& square_sum_loops_f32() {
  static const SumLoops loops = HWY_DYNAMIC_DISPATCH(make_square_sum_loops)();
  return loops;
}
const SumLoops& absolute_sum_loops_f32() {
  static const SumLoops loops = HWY_DYNAMIC_DISPATCH(make_absolute_sum_loops)();
  return loops;
}

}  // namespace weft::kernel
#endif
