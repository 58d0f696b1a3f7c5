// What the row and column kernels of float32 share per instruction set: whole and partial vectors, sums in a fixed
// order. Included once per instruction set, hence no #pragma once.
#if defined(WEFT_TENSOR_KERNELS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_TENSOR_KERNELS_LANES_INL_H
#undef WEFT_TENSOR_KERNELS_LANES_INL_H
#else
#define WEFT_TENSOR_KERNELS_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstdint>

#include "weft/tensor/kernels/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;
inline constexpr Lanes kLanes;

/// Says how many lanes of a vector an access covers: all, or the first `count`.
struct Whole {};
struct Part {
  size_t count;
};

HWY_INLINE Vec all(float v) { return hn::Set(kLanes, v); }
HWY_INLINE int64_t lanes() { return static_cast<int64_t>(hn::Lanes(kLanes)); }

HWY_INLINE Vec load(const float* p, Whole) { return hn::LoadU(kLanes, p); }
HWY_INLINE void store(Vec v, float* p, Whole) { hn::StoreU(v, kLanes, p); }

// AVX2 and AVX-512 have masked accesses that touch nothing past the mask; elsewhere Highway emulates them by whole
// ones.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
HWY_INLINE Vec load(const float* p, Part part) { return hn::MaskedLoad(hn::FirstN(kLanes, part.count), kLanes, p); }
HWY_INLINE void store(Vec v, float* p, Part part) { hn::BlendedStore(v, hn::FirstN(kLanes, part.count), kLanes, p); }
#else
HWY_INLINE Vec load(const float* p, Part part) {
  HWY_ALIGN float copy[hn::MaxLanes(kLanes)] = {};
  for (size_t i = 0; i < part.count; ++i) copy[i] = p[i];
  return hn::Load(kLanes, copy);
}
HWY_INLINE void store(Vec v, float* p, Part part) {
  HWY_ALIGN float copy[hn::MaxLanes(kLanes)];
  hn::Store(v, kLanes, copy);
  for (size_t i = 0; i < part.count; ++i) p[i] = copy[i];
}
#endif

/// v where it is covered, `other` past the end.
HWY_INLINE Vec or_else(Vec v, Whole, float) { return v; }
HWY_INLINE Vec or_else(Vec v, Part part, float other) {
  return hn::IfThenElse(hn::FirstN(kLanes, part.count), v, all(other));
}

/// Calls f(i, Whole or Part) for each vector of [0, n).
template <class F>
HWY_INLINE void each_vector(int64_t n, const F& f) {
  const int64_t step = lanes();
  int64_t i = 0;
  for (; i + step <= n; i += step) f(i, Whole());
  if (i < n) f(i, Part{static_cast<size_t>(n - i)});
}

/// Sum of the lanes, in an order that depends on their number only.
HWY_INLINE float sum_of(Vec v) { return hn::GetLane(hn::SumOfLanes(kLanes, v)); }
HWY_INLINE float max_of(Vec v) { return hn::GetLane(hn::MaxOfLanes(kLanes, v)); }

/// Sum over f(i, Whole or Part), whose lanes past the end must be zero, in four running sums.
template <class F>
HWY_INLINE float sum_over(int64_t n, const F& f) {
  const int64_t step = lanes();
  Vec s0 = hn::Zero(kLanes), s1 = s0, s2 = s0, s3 = s0;
  int64_t i = 0;
  for (; i + 4 * step <= n; i += 4 * step) {
    s0 = hn::Add(s0, f(i, Whole()));
    s1 = hn::Add(s1, f(i + step, Whole()));
    s2 = hn::Add(s2, f(i + 2 * step, Whole()));
    s3 = hn::Add(s3, f(i + 3 * step, Whole()));
  }
  for (; i + step <= n; i += step) s0 = hn::Add(s0, f(i, Whole()));
  if (i < n) s1 = hn::Add(s1, f(i, Part{static_cast<size_t>(n - i)}));
  return sum_of(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
}

/// What rows need of simd_math-inl.h.
HWY_INLINE Vec exp_of(Vec x) { return vexp(kLanes, x); }
HWY_INLINE Vec log_of(Vec x) { return vlog(kLanes, x); }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
