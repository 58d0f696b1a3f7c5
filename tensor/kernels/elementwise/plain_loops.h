// Loops of elementwise functions that are written once, as plain C++ for float and double, by the ops themselves.
#pragma once

#include <cmath>
#include <limits>

#include "weft/tensor/kernels/elementwise/elementwise_loops.h"

namespace weft::kernel {

/// x, or 0 of its sign if it is denormal: calls of the C library see denormal bits that arithmetic flushes.
template <class T>
T without_denormal(T x) {
  return std::abs(x) < std::numeric_limits<T>::min() ? std::copysign(T(0), x) : x;
}

/// Loops by dtype. A dtype without a loop is computed in float32 (short floats) or rejected.
struct UnaryLoops {
  UnaryLoop float32, float64;
};
/// Loops by dtype and broadcast operand (none, a, b).
struct BinaryLoops {
  BinaryLoop float32[3], float64[3];
};

template <class F, class T>
void unary_loop_of(const void* x, void* out, int64_t n, [[maybe_unused]] double p, double) {
  const T* in = static_cast<const T*>(x);
  T* to = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (requires { F::value(T(), p); })
      to[i] = without_denormal(F::value(without_denormal(in[i]), p));
    else
      to[i] = without_denormal(F::value(without_denormal(in[i])));
  }
}

template <class F, class T, Broadcast kBroadcast>
void binary_loop_of(const void* a, const void* b, void* out, int64_t n, double, double) {
  const T *x = static_cast<const T*>(a), *y = static_cast<const T*>(b);
  T* to = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i)
    to[i] = without_denormal(F::value(without_denormal(x[kBroadcast == Broadcast::A ? 0 : i]),
                                      without_denormal(y[kBroadcast == Broadcast::B ? 0 : i])));
}

/// The loops of F::value(x) or F::value(x, p), a template over float and double; p is a parameter of the op.
template <class F>
constexpr UnaryLoops unary_loops_of() {
  return {unary_loop_of<F, float>, unary_loop_of<F, double>};
}
/// The loops of F::value(a, b).
template <class F>
constexpr BinaryLoops binary_loops_of() {
  return {{binary_loop_of<F, float, Broadcast::None>, binary_loop_of<F, float, Broadcast::A>,
           binary_loop_of<F, float, Broadcast::B>},
          {binary_loop_of<F, double, Broadcast::None>, binary_loop_of<F, double, Broadcast::A>,
           binary_loop_of<F, double, Broadcast::B>}};
}

/// f(x) or f(x, p). Integers are converted to the default floating type.
Tensor unary(const UnaryLoops& loops, const Tensor& x, double p = 0);
/// f(a, b), broadcast and promoted; integers are converted to the default floating type.
Tensor binary(const BinaryLoops& loops, const char* op, const Tensor& a, const Tensor& b);

}  // namespace weft::kernel
