// Arithmetic and conversion of elements, defined for all values: integers wrap around, as in PyTorch.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "weft/tensor/float16.h"

namespace weft {

/// x as To. Integers keep their low bits; bool is x != 0. Floating-point values are truncated; NaN and values out of
/// To's range become To's minimum; narrow integers take the low bits of that as int64 (uint8) or int32 (int8, int16):
/// 300.0 gives 44, -1.0 gives 255 for uint8. The 16-bit floating-point types convert through float.
template <class To, class From>
constexpr To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (is_float16<From>) {
    return convert<To>(static_cast<float>(x));
  } else if constexpr (is_float16<To>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using Wide = std::conditional_t<(sizeof(To) >= 4), To, std::conditional_t<std::is_signed_v<To>, int32_t, int64_t>>;
    static_assert(std::is_signed_v<Wide>);
    // Both bounds are powers of two, so every floating-point type holds them.
    constexpr From low = static_cast<From>(std::numeric_limits<Wide>::min());
    return static_cast<To>(x >= low && x < -low ? static_cast<Wide>(x) : std::numeric_limits<Wide>::min());
  } else {
    return static_cast<To>(x);
  }
}

namespace detail {
// The type in which T is computed: unsigned for integers, at least as wide as int, so that it is not promoted.
template <class T, bool kInteger = std::is_integral_v<T>>
struct computed {
  using type = std::conditional_t<sizeof(T) <= 4, uint32_t, uint64_t>;
};
template <class T>
struct computed<T, false> {
  using type = T;
};
template <class T>
using computed_t = typename computed<T>::type;
}  // namespace detail

/// a + b, a - b, a * b and -a for one element type.
template <class T>
constexpr T wrap_add(T a, T b) {
  using U = detail::computed_t<T>;
  return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
}
template <class T>
constexpr T wrap_sub(T a, T b) {
  using U = detail::computed_t<T>;
  return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
}
template <class T>
constexpr T wrap_mul(T a, T b) {
  using U = detail::computed_t<T>;
  return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
}
template <class T>
constexpr T wrap_neg(T a) {
  if constexpr (std::is_integral_v<T>)
    return wrap_sub(T(0), a);
  else
    return -a;
}

}  // namespace weft
