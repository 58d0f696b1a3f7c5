// The reference loops: every function of the tables for every type, in plain C++.
#include "weft/tensor/kernels/elementwise/elementwise_loops.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "weft/tensor/arithmetic.h"
#include "weft/tensor/kernels/elementwise/activation_math.h"
#include "weft/tensor/kernels/elementwise/plain_loops.h"

namespace weft::kernel {
namespace {

template <class T>
constexpr bool is_float = std::is_floating_point_v<T>;

template <class T>
bool is_nan(T x) {
  if constexpr (is_float<T>)
    return std::isnan(x);
  else
    return false;
}
/// x, or 0 with its sign if it is denormal.
template <class T>
T normal(T x) {
  if constexpr (is_float<T>)
    return without_denormal(x);
  else
    return x;
}
template <class T>
T abs_of(T x) {
  if constexpr (is_float<T>)
    return std::abs(x);
  else
    return x < T(0) ? wrap_neg(x) : x;
}
template <class T>
T sign_of(T x) {
  return static_cast<T>((T(0) < x) - (x < T(0)));
}
template <class T>
void check_divisor(T b) {
  if (b == T(0)) fail<ValueError>("[div] integer division by zero");
}
template <class T>
T remainder_of(T a, T b) {
  if constexpr (is_float<T>) {
    T r = std::fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  } else {
    check_divisor(b);
    if constexpr (std::is_signed_v<T>) {
      if (b == T(-1)) return 0;  // the one case that overflows
      T r = a % b;
      return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    } else {
      return static_cast<T>(a % b);
    }
  }
}
template <class T>
T fmod_of(T a, T b) {
  if constexpr (is_float<T>)
    return std::fmod(a, b);
  else {
    check_divisor(b);
    if constexpr (std::is_signed_v<T>)
      if (b == T(-1)) return 0;
    return static_cast<T>(a % b);
  }
}
template <class T>
T floor_divide(T a, T b) {
  if constexpr (is_float<T>) {
    if (b == 0) return a / b;
    const T rest = std::fmod(a, b), q = (a - rest) / b;
    const T below = rest != 0 && (rest < 0) != (b < 0) ? q - 1 : q;
    return below != 0 ? std::round(below) : std::copysign(T(0), a / b);
  } else {
    check_divisor(b);
    if constexpr (std::is_signed_v<T>)
      if (b == T(-1)) return wrap_neg(a);
    T q = static_cast<T>(a / b);
    return static_cast<T>(q - ((a % b != 0) && ((a < T(0)) != (b < T(0)))));
  }
}
template <class T>
T pow_of(T a, T b) {
  if constexpr (is_float<T>) {
    if (b == T(2)) return a * a;
    return std::pow(a, b);
  } else {
    if (std::is_signed_v<T> && b < T(0)) return a == T(1) ? 1 : a == T(-1) ? (b % 2 ? T(-1) : T(1)) : T(0);
    T r = 1;
    for (auto e = static_cast<uint64_t>(b); e; e >>= 1, a = wrap_mul(a, a))
      if (e & 1) r = wrap_mul(r, a);
    return r;
  }
}

// One functor per row. kFloatOnly rows have no loop for integers.
#define WEFT_UNARY_ROW(Name, value, float_only)                              \
  struct Unary##Name {                                                       \
    static constexpr bool kFloatOnly = float_only;                           \
    template <class T>                                                       \
    static T of(T x, [[maybe_unused]] double p, [[maybe_unused]] double q) { \
      return static_cast<T>(value);                                          \
    }                                                                        \
  };
#define WEFT_UNARY(Name, value, vector) WEFT_UNARY_ROW(Name, value, false)
#define WEFT_UNARY_FLOAT(Name, value, vector) WEFT_UNARY_ROW(Name, value, true)
#include "weft/tensor/kernels/elementwise/unary.def"

#define WEFT_BINARY_ROW(Name, value, float_only)                                  \
  struct Binary##Name {                                                           \
    static constexpr bool kFloatOnly = float_only;                                \
    template <class T>                                                            \
    static T of(T a, T b, [[maybe_unused]] double p, [[maybe_unused]] double q) { \
      return static_cast<T>(value);                                               \
    }                                                                             \
  };
#define WEFT_BINARY(Name, value, vector) WEFT_BINARY_ROW(Name, value, false)
#define WEFT_BINARY_FLOAT(Name, value, vector) WEFT_BINARY_ROW(Name, value, true)
#include "weft/tensor/kernels/elementwise/binary.def"

#define WEFT_COMPARE(Name, value)              \
  struct Compare##Name {                       \
    static constexpr bool kFloatOnly = false;  \
    template <class T>                         \
    static bool of(T a, T b, double, double) { \
      return value;                            \
    }                                          \
  };
#include "weft/tensor/kernels/elementwise/compare.def"

template <class F, class T>
void unary_rows(const void* x, void* out, int64_t n, double p, double q) {
  const auto* in = static_cast<const T*>(x);
  auto* to = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) to[i] = F::template of<T>(in[i], p, q);
}

template <class F, class T, class R, Broadcast kBroadcast>
void binary_rows(const void* a, const void* b, void* out, int64_t n, double p, double q) {
  const auto *pa = static_cast<const T*>(a), *pb = static_cast<const T*>(b);
  auto* to = static_cast<R*>(out);
  if constexpr (kBroadcast == Broadcast::None) {
    for (int64_t i = 0; i < n; ++i) to[i] = F::template of<T>(pa[i], pb[i], p, q);
  } else if constexpr (kBroadcast == Broadcast::A) {
    const T one = *pa;
    for (int64_t i = 0; i < n; ++i) to[i] = F::template of<T>(one, pb[i], p, q);
  } else {
    const T one = *pb;
    for (int64_t i = 0; i < n; ++i) to[i] = F::template of<T>(pa[i], one, p, q);
  }
}

template <class F>
UnaryLoop unary_of(Dtype dtype) {
  return dispatch<KernelTypes>("elementwise", dtype, [](auto tag) -> UnaryLoop {
    using T = typename decltype(tag)::type;
    if constexpr (F::kFloatOnly && !is_float<T>)
      return nullptr;
    else
      return unary_rows<F, std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>;
  });
}

template <class F, class R>
BinaryLoop binary_of(Dtype dtype, Broadcast broadcast) {
  return dispatch<KernelTypes>("elementwise", dtype, [broadcast](auto tag) -> BinaryLoop {
    using T = typename decltype(tag)::type;
    using Result = std::conditional_t<std::is_same_v<R, void>, T, R>;
    if constexpr (F::kFloatOnly && !is_float<T>)
      return nullptr;
    else
      return broadcast == Broadcast::A   ? binary_rows<F, T, Result, Broadcast::A>
             : broadcast == Broadcast::B ? binary_rows<F, T, Result, Broadcast::B>
                                         : binary_rows<F, T, Result, Broadcast::None>;
  });
}

}  // namespace

UnaryLoop unary_loop(Unary f, Dtype dtype) {
  if (dtype == kFloat32)
    if (UnaryLoop loop = unary_loop_f32(f)) return loop;
  switch (f) {
#define WEFT_UNARY(Name, value, vector) \
  case Unary::Name:                     \
    return unary_of<Unary##Name>(dtype);
#define WEFT_UNARY_FLOAT(Name, value, vector) WEFT_UNARY(Name, value, vector)
#include "weft/tensor/kernels/elementwise/unary.def"
  }
  return nullptr;
}

BinaryLoop binary_loop(Binary f, Dtype dtype, Broadcast broadcast) {
  if (dtype == kFloat32)
    if (BinaryLoop loop = binary_loop_f32(f, broadcast)) return loop;
  switch (f) {
#define WEFT_BINARY(Name, value, vector) \
  case Binary::Name:                     \
    return binary_of<Binary##Name, void>(dtype, broadcast);
#define WEFT_BINARY_FLOAT(Name, value, vector) WEFT_BINARY(Name, value, vector)
#include "weft/tensor/kernels/elementwise/binary.def"
  }
  return nullptr;
}

BinaryLoop compare_loop(Compare f, Dtype dtype, Broadcast broadcast) {
  switch (f) {
#define WEFT_COMPARE(Name, value) \
  case Compare::Name:             \
    return binary_of<Compare##Name, bool>(dtype, broadcast);
#include "weft/tensor/kernels/elementwise/compare.def"
  }
  return nullptr;
}

}  // namespace weft::kernel
