// Mean and sum of squared deviations of consecutive float32 elements: one pass around a pivot, with blocks joined in
// double precision. Included once per instruction set, hence no #pragma once.
#if defined(WEFT_TENSOR_KERNELS_MOMENTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_TENSOR_KERNELS_MOMENTS_INL_H
#undef WEFT_TENSOR_KERNELS_MOMENTS_INL_H
#else
#define WEFT_TENSOR_KERNELS_MOMENTS_INL_H
#endif

#include <algorithm>
#include <limits>

#include "weft/tensor/kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {

struct RowMoments {
  double mean, m2;
  /// False if the deviations from the pivot are so large against those from the mean that digits are lost, or exceed
  /// the range of float32.
  bool sharp;
};

HWY_INLINE RowMoments moments_around(const float* x, int64_t n, float pivot) {
  const Vec p = all(pivot);
  const SumPair s = sum_pair_over(n, [&](int64_t i, auto part) HWY_ATTR {
    const Vec d = or_else(hn::Sub(load(x + i, part), p), part, 0);
    return VecPair{d, hn::Mul(d, d)};
  });
  // The sum of squared deviations from the mean is s.second - shift^2 n; the difference costs two bits at most.
  const auto size = static_cast<double>(n);
  const double shift = s.first * (1 / size), lost = shift * s.first, m2 = s.second - lost;
  constexpr double kLeast = 1e-30;  // below it, squares may have been flushed to zero
  return {pivot + shift, m2, lost <= 4 * m2 && m2 >= kLeast * size && m2 <= std::numeric_limits<double>::max()};
}

/// The mean of a sample spread over x, or of all of a short x.
HWY_INLINE float pivot_of(const float* x, int64_t n) {
  constexpr int64_t kVectors = 8;
  const int64_t step = lanes();
  if (n < 2 * kVectors * step)
    return sum_over(n, [=](int64_t i, auto part) HWY_ATTR { return or_else(load(x + i, part), part, 0); }) /
           static_cast<float>(n);
  const int64_t gap = (n - step) / (kVectors - 1);
  Vec even = hn::Zero(kLanes), odd = even;
  for (int64_t k = 0; k < kVectors; k += 2) {
    even = hn::Add(even, load(x + k * gap, Whole()));
    odd = hn::Add(odd, load(x + (k + 1) * gap, Whole()));
  }
  return sum_of(hn::Add(even, odd)) * (1 / static_cast<float>(kVectors * step));
}

/// The same in double precision throughout, in two passes.
inline RowMoments moments_in_double(const float* x, int64_t n) {
  double sum = 0, m2 = 0;
  for (int64_t i = 0; i < n; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) m2 += (x[i] - mean) * (x[i] - mean);
  return {mean, m2, true};
}

HWY_INLINE RowMoments moments_of(const float* x, int64_t n) {
  const RowMoments first = moments_around(x, n, pivot_of(x, n));
  if (HWY_LIKELY(first.sharp)) return first;
  if (std::all_of(x, x + n, [x](float v) { return v == *x; })) return {*x, 0, true};
  const RowMoments second = moments_around(x, n, static_cast<float>(first.mean));
  return second.sharp ? second : moments_in_double(x, n);
}

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
