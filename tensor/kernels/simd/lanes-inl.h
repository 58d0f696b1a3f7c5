// Shared by the float32 row and column kernels, per instruction set: full and partial vectors, sums in a fixed order.
// Included once per instruction set, hence no #pragma once.
#if defined(WEFT_TENSOR_KERNELS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_TENSOR_KERNELS_LANES_INL_H
#undef WEFT_TENSOR_KERNELS_LANES_INL_H
#else
#define WEFT_TENSOR_KERNELS_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "weft/tensor/kernels/simd/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Lanes = hn::ScalableTag<float>;
using Vec = hn::Vec<Lanes>;
inline constexpr Lanes kLanes;

/// The lanes of a vector that an access covers: all, or the first `count`.
struct Whole {};
struct Part {
  size_t count;
};

HWY_INLINE Vec all(float v) { return hn::Set(kLanes, v); }
HWY_INLINE int64_t lanes() { return static_cast<int64_t>(hn::Lanes(kLanes)); }

HWY_INLINE Vec load(const float* p, Whole) { return hn::LoadU(kLanes, p); }
HWY_INLINE void store(Vec v, float* p, Whole) { hn::StoreU(v, kLanes, p); }

// AVX2 and AVX-512 have masked accesses that touch nothing past the mask; elsewhere Highway emulates them with full
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

/// v in the covered lanes, `other` past the end.
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

/// Sum of the lanes, in an order that depends only on their number.
HWY_INLINE float sum_of(Vec v) { return hn::GetLane(hn::SumOfLanes(kLanes, v)); }
HWY_INLINE float max_of(Vec v) { return hn::GetLane(hn::MaxOfLanes(kLanes, v)); }

#if HWY_TARGET == HWY_SCALAR
/// A sum of vectors in double precision.
class WideSum {
 public:
  HWY_INLINE void add(Vec v) { sum_ += hn::GetLane(v); }
  HWY_INLINE double total() const { return sum_; }
  /// The sums of the lanes.
  HWY_INLINE Vec narrow() const { return all(static_cast<float>(sum_)); }

 private:
  double sum_ = 0;
};
/// sums[k] += lane k of v
HWY_INLINE void add_to(double* sums, Vec v) { *sums += hn::GetLane(v); }
/// to[k] = lane k of v
HWY_INLINE void widen(Vec v, double* to) { *to = hn::GetLane(v); }
#else
using DoubleLanes = hn::Repartition<double, Lanes>;
inline constexpr DoubleLanes kDoubles;
inline constexpr hn::Half<Lanes> kHalfLanes;
HWY_INLINE hn::Vec<DoubleLanes> low_half(Vec v) { return hn::PromoteTo(kDoubles, hn::LowerHalf(kHalfLanes, v)); }
HWY_INLINE hn::Vec<DoubleLanes> high_half(Vec v) { return hn::PromoteTo(kDoubles, hn::UpperHalf(kHalfLanes, v)); }

class WideSum {
 public:
  HWY_INLINE WideSum() : low_(hn::Zero(kDoubles)), high_(hn::Zero(kDoubles)) {}
  HWY_INLINE void add(Vec v) { low_ = hn::Add(low_, low_half(v)), high_ = hn::Add(high_, high_half(v)); }
  HWY_INLINE double total() const { return hn::GetLane(hn::SumOfLanes(kDoubles, hn::Add(low_, high_))); }
  HWY_INLINE Vec narrow() const {
    return hn::Combine(kLanes, hn::DemoteTo(kHalfLanes, high_), hn::DemoteTo(kHalfLanes, low_));
  }

 private:
  hn::Vec<DoubleLanes> low_, high_;
};
HWY_INLINE void widen(Vec v, double* to) {
  hn::StoreU(low_half(v), kDoubles, to);
  hn::StoreU(high_half(v), kDoubles, to + hn::Lanes(kDoubles));
}
HWY_INLINE void add_to(double* sums, Vec v) {
  double* upper = sums + hn::Lanes(kDoubles);
  hn::StoreU(hn::Add(hn::LoadU(kDoubles, sums), low_half(v)), kDoubles, sums);
  hn::StoreU(hn::Add(hn::LoadU(kDoubles, upper), high_half(v)), kDoubles, upper);
}
#endif

/// Elements summed in float32, in four running sums of each lane, before they are added to a sum in double precision: a
/// running sum takes 16 of them.
HWY_INLINE int64_t sum_block() { return 64 * lanes(); }

/// Sum over f(i, Whole or Part) for i in [begin, end), in four running sums.
template <class F>
HWY_INLINE Vec sum_of_block(int64_t i, int64_t end, const F& f) {
  const int64_t step = lanes();
  Vec s0 = hn::Zero(kLanes), s1 = s0, s2 = s0, s3 = s0;
  for (; i + 4 * step <= end; i += 4 * step) {
    s0 = hn::Add(s0, f(i, Whole()));
    s1 = hn::Add(s1, f(i + step, Whole()));
    s2 = hn::Add(s2, f(i + 2 * step, Whole()));
    s3 = hn::Add(s3, f(i + 3 * step, Whole()));
  }
  for (; i + step <= end; i += step) s0 = hn::Add(s0, f(i, Whole()));
  if (i < end) s1 = hn::Add(s1, f(i, Part{static_cast<size_t>(end - i)}));
  return hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
}

/// Separate from sum_over, so that short rows do not pay for it.
template <class F>
HWY_NOINLINE float sum_over_blocks(int64_t n, F f) {
  WideSum sum;
  for (int64_t i = 0; i < n; i += sum_block()) sum.add(sum_of_block(i, std::min(n, i + sum_block()), f));
  return static_cast<float>(sum.total());
}

/// Sum over f(i, Whole or Part), whose lanes past the end must be zero. f should capture by value, to keep its captures
/// in registers.
template <class F>
HWY_INLINE float sum_over(int64_t n, F f) {
  return HWY_LIKELY(n <= sum_block()) ? sum_of(sum_of_block(0, n, f)) : sum_over_blocks(n, f);
}

/// Two sums in one pass: f(i, Whole or Part) gives the pair of vectors, whose lanes past the end must be zero.
struct VecPair {
  Vec first, second;
};
struct SumPair {
  double first, second;
};
template <class F>
HWY_INLINE SumPair sum_pair_over(int64_t n, const F& f) {
  const int64_t step = lanes();
  WideSum first, second;
  for (int64_t i = 0; i < n;) {
    const int64_t end = std::min(n, i + sum_block());
    Vec a0 = hn::Zero(kLanes), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (; i + 4 * step <= end; i += 4 * step) {
      const VecPair p0 = f(i, Whole()), p1 = f(i + step, Whole());
      a0 = hn::Add(a0, p0.first), b0 = hn::Add(b0, p0.second);
      a1 = hn::Add(a1, p1.first), b1 = hn::Add(b1, p1.second);
      const VecPair p2 = f(i + 2 * step, Whole()), p3 = f(i + 3 * step, Whole());
      a2 = hn::Add(a2, p2.first), b2 = hn::Add(b2, p2.second);
      a3 = hn::Add(a3, p3.first), b3 = hn::Add(b3, p3.second);
    }
    for (; i + step <= end; i += step) {
      const VecPair p = f(i, Whole());
      a0 = hn::Add(a0, p.first), b0 = hn::Add(b0, p.second);
    }
    if (i < end) {
      const VecPair p = f(i, Part{static_cast<size_t>(end - i)});
      a1 = hn::Add(a1, p.first), b1 = hn::Add(b1, p.second);
    }
    i = end;
    first.add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)));
    second.add(hn::Add(hn::Add(b0, b1), hn::Add(b2, b3)));
  }
  return {first.total(), second.total()};
}

/// The functions of simd_math-inl.h that rows use.
HWY_INLINE Vec exp_of(Vec x) { return vexp(kLanes, x); }
HWY_INLINE Vec log_of(Vec x) { return vlog(kLanes, x); }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
