// Activations for Highway vectors of float32 that need more than an expression; activation_math.h defines them.
// Included once per instruction set, hence no #pragma once.
#if defined(WEFT_ACTIVATION_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_ACTIVATION_MATH_INL_H_
#undef WEFT_ACTIVATION_MATH_INL_H_
#else
#define WEFT_ACTIVATION_MATH_INL_H_
#endif

#include "weft/tensor/kernels/simd/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vsigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, vexp(d, hn::Neg(x))));
}

/// e^x - 1 where x is negative, 0 elsewhere; NaN for NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vexpm1_negative(D d, V x) {
  const V limited = hn::Max(hn::Min(x, hn::Zero(d)), hn::Set(d, -100.0f));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Expm1(d, limited));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vsoftplus(D d, V x) {
  const V rest = hn::Log1p(d, vexp(d, hn::Neg(hn::Abs(x))));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Add(hn::Max(x, hn::Zero(d)), rest));
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: erfc to 1.5e-7. Its relative error stays small in
/// the lower tail, where the normal probability is the product itself and not a difference.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vnormal_cdf(D d, V x) {
  const V one = hn::Set(d, 1.0f), z = hn::Mul(hn::Abs(x), hn::Set(d, 0.70710678f));
  const V t = hn::Div(one, hn::MulAdd(z, hn::Set(d, 0.3275911f), one));
  V poly = hn::Set(d, 0.5f * 1.061405429f);
  poly = hn::MulAdd(poly, t, hn::Set(d, 0.5f * -1.453152027f));
  poly = hn::MulAdd(poly, t, hn::Set(d, 0.5f * 1.421413741f));
  poly = hn::MulAdd(poly, t, hn::Set(d, 0.5f * -0.284496736f));
  poly = hn::MulAdd(poly, t, hn::Set(d, 0.5f * 0.254829592f));
  const V tail = hn::Mul(hn::Mul(poly, t), vexp(d, hn::Neg(hn::Mul(z, z))));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vgelu_grad(D d, V g, V x) {
  const V density = hn::Mul(hn::Set(d, 0.39894228f), vexp(d, hn::Mul(hn::Set(d, -0.5f), hn::Mul(x, x))));
  return hn::Mul(g, hn::MulAdd(x, density, vnormal_cdf(d, x)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vgelu_limited(D d, V x) {
  return hn::Max(hn::Min(x, hn::Set(d, 16.0f)), hn::Set(d, -16.0f));
}
/// The sigmoid in GELU's tanh approximation; x is limited.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vgelu_gate(D d, V x) {
  const V cubic = hn::MulAdd(hn::Mul(x, x), hn::Set(d, 0.044715f), hn::Set(d, 1.0f));
  return vsigmoid(d, hn::Mul(hn::Mul(x, cubic), hn::Set(d, 1.5957691f)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vgelu_tanh(D d, V x) {
  return hn::Mul(x, vgelu_gate(d, vgelu_limited(d, x)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vgelu_tanh_grad(D d, V g, V x) {
  const V one = hn::Set(d, 1.0f), l = vgelu_limited(d, x), s = vgelu_gate(d, l);
  const V slope = hn::Mul(hn::MulAdd(hn::Mul(l, l), hn::Set(d, 0.134145f), one), hn::Set(d, 1.5957691f));
  return hn::Mul(g, hn::MulAdd(hn::Mul(x, hn::Sub(one, s)), hn::Mul(s, slope), s));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vsilu_grad(D d, V g, V x) {
  const V one = hn::Set(d, 1.0f), s = vsigmoid(d, x);
  return hn::Mul(hn::Mul(g, s), hn::MulAdd(x, hn::Sub(one, s), one));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vtanh_softplus(D d, V x) {
  const V two = hn::Set(d, 2.0f), e = vexp(d, hn::Min(x, hn::Set(d, 20.0f))), n = hn::Mul(e, hn::Add(e, two));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Div(n, hn::Add(n, two)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vmish_grad(D d, V g, V x) {
  const V t = vtanh_softplus(d, x), rest = hn::NegMulAdd(t, t, hn::Set(d, 1.0f));
  return hn::Mul(g, hn::MulAdd(hn::Mul(x, vsigmoid(d, x)), rest, t));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vsquare(D, V x) {
  return hn::Mul(x, x);
}

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
