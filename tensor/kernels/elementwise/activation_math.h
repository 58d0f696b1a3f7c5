// Scalar activations that need more than an expression, for the rows of unary.def and binary.def. They are the
// reference and the float64 path; activation_math-inl.h has the vector forms.
#pragma once

#include <algorithm>
#include <cmath>

namespace weft::kernel {

template <class T>
T sigmoid_of(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

/// log(1 + e^x) without overflow.
template <class T>
T softplus_of(T x) {
  return (x > 0 ? x : T(0)) + std::log1p(std::exp(-std::abs(x)));
}

/// Probability that a standard normal variable is below x.
template <class T>
T normal_cdf_of(T x) {
  return T(0.5) * std::erfc(-x * T(0.70710678118654752440));
}
template <class T>
T gelu_grad_of(T g, T x) {
  return g * (normal_cdf_of(x) + x * T(0.39894228040143267794) * std::exp(T(-0.5) * x * x));
}

/// GELU's tanh approximation, written with the sigmoid: x / (1 + e^(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3). Beyond
/// 24 the sigmoid is saturated in float64 too; the limit avoids overflow of x^3.
template <class T>
T gelu_limited(T x) {
  return x > T(24) ? T(24) : x < T(-24) ? T(-24) : x;
}
template <class T>
T gelu_gate_of(T x) {
  return sigmoid_of(T(1.59576912160573071176) * (x + T(0.044715) * x * x * x));
}
template <class T>
T gelu_tanh_of(T x) {
  return x * gelu_gate_of(gelu_limited(x));
}
template <class T>
T gelu_tanh_grad_of(T g, T x) {
  const T l = gelu_limited(x), s = gelu_gate_of(l);
  return g * (s + x * s * (1 - s) * T(1.59576912160573071176) * (1 + T(0.134145) * l * l));
}

template <class T>
T silu_grad_of(T g, T x) {
  const T s = sigmoid_of(x);
  return g * s * (1 + x * (1 - s));
}

/// tanh(log(1 + e^x)); above 20 it is 1 in both precisions.
template <class T>
T tanh_softplus_of(T x) {
  const T e = std::exp(x > T(20) ? T(20) : x), n = e * (e + 2);
  return n / (n + 2);
}
template <class T>
T mish_grad_of(T g, T x) {
  const T t = tanh_softplus_of(x);
  return g * (t + x * sigmoid_of(x) * (1 - t * t));
}

template <class T>
T softsign_grad_of(T g, T x) {
  const T s = 1 / (1 + std::abs(x));
  return g * s * s;
}
template <class T>
T tanhshrink_grad_of(T g, T x) {
  const T t = std::tanh(x);
  return g * t * t;
}

}  // namespace weft::kernel
