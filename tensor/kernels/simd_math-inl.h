// exp, log and tanh for Highway vectors of float32, right for every input: Highway's own are for a part of the range.
// Included once per instruction set, hence no #pragma once.
#if defined(WEFT_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_SIMD_MATH_INL_H_
#undef WEFT_SIMD_MATH_INL_H_
#else
#define WEFT_SIMD_MATH_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// e^x: 0 and infinity where float32 ends, NaN for NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vexp(D d, V x) {
  const V limited = hn::Min(hn::Max(x, hn::Set(d, -104.0f)), hn::Set(d, 88.8f));
  const V big = hn::IfThenElse(hn::Gt(x, hn::Set(d, 88.7228394f)), hn::Set(d, std::numeric_limits<float>::infinity()),
                               hn::Exp(d, limited));
  return hn::IfThenElse(hn::IsNaN(x), x, big);
}

/// The natural logarithm: -infinity for 0, NaN below.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vlog(D d, V x) {
  const V inf = hn::Set(d, std::numeric_limits<float>::infinity());
  const V nan = hn::Set(d, std::numeric_limits<float>::quiet_NaN());
  V y = hn::Log(d, x);
  y = hn::IfThenElse(hn::Eq(x, inf), inf, y);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(inf), y);
  return hn::IfThenElse(hn::Ge(x, hn::Zero(d)), y, nan);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vtanh(D d, V x) {
  const V limited = hn::Min(hn::Max(x, hn::Set(d, -20.0f)), hn::Set(d, 20.0f));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Tanh(d, limited));
}

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
