// exp, log and tanh for Highway vectors of float32, correct for every input; Highway's own cover a part of the range.
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

/// e^x to about 1 ulp: 0 below float32's normal range, infinity above it, NaN for NaN. Computes e^x = 2^n e^r with |r|
/// <= ln(2) / 2, and e^r by the polynomial of Cephes' expf. Fewer instructions than Highway's.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vexp(D d, V x) {
  const hn::RebindToSigned<D> bits;
  // A float of this size has no fraction bits: adding it rounds, and leaves n in the lowest bits.
  const V shift = hn::Set(d, 12582912.0f);  // 1.5 * 2^23
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504088896341f), shift);
  const V n = hn::Sub(shifted, shift);
  const V r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x));
  V y = hn::MulAdd(hn::Set(d, 1.9875691500e-4f), r, hn::Set(d, 1.3981999507e-3f));
  for (const float c : {8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f, 1.0f, 1.0f})
    y = hn::MulAdd(y, r, hn::Set(d, c));
  y = hn::BitCast(d, hn::Add(hn::BitCast(bits, y), hn::ShiftLeft<23>(hn::BitCast(bits, shifted))));
  y = hn::IfThenElseZero(hn::Ge(x, hn::Set(d, -87.3365447f)), y);
  return hn::IfThenElse(hn::Le(x, hn::Set(d, 88.7228317f)), y,
                        hn::Mul(x, hn::Set(d, std::numeric_limits<float>::infinity())));
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
