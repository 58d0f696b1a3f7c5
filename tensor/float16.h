// The 16-bit floating-point types: storage and conversion. Arithmetic on them is that of float.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace weft {
namespace detail {

/// The upper half of a float, rounded to nearest, ties to even. NaN stays NaN.
constexpr uint16_t bfloat16_bits(float v) {
  const auto bits = std::bit_cast<uint32_t>(v);
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
constexpr float bfloat16_value(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

// Neither direction reads or makes a denormal float, so that flush-to-zero changes no result; neither branches, so that
// loops over them vectorise.

/// IEEE 754 binary16, rounded to nearest, ties to even. NaN stays NaN.
constexpr uint16_t half_bits(float v) {
  const auto bits = std::bit_cast<uint32_t>(v);
  const uint32_t magnitude = bits & 0x7fffffffu;
  // 2^-14 and above: moves the exponent and rounds 13 bits off.
  const uint32_t normal = (magnitude - 0x37fff001u + ((magnitude >> 13) & 1u)) >> 13;
  // Below: a denormal of binary16 counts steps of 2^-24, which are the last bits of a float in [0.5, 1).
  const uint32_t denormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
  uint32_t result = magnitude < 0x38800000u ? denormal : normal;
  result = magnitude >= 0x477ff000u ? 0x7c00u : result;  // 65520 and above round to infinity
  result = magnitude > 0x7f800000u ? 0x7e00u : result;
  return static_cast<uint16_t>(result | ((bits >> 16) & 0x8000u));
}
constexpr float half_value(uint16_t bits) {
  const uint32_t magnitude = bits & 0x7fffu, sign = (bits & 0x8000u) << 16;
  const uint32_t normal = (magnitude << 13) + (magnitude >= 0x7c00u ? 0x70000000u : 0x38000000u);
  const auto denormal = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude | 0x3f000000u) - 0.5f);
  return std::bit_cast<float>((magnitude < 0x400u ? denormal : normal) | sign);
}

}  // namespace detail

/// float's range with 8 significant bits: the upper half of a float.
struct BFloat16 {
  uint16_t bits = 0;
  constexpr BFloat16() = default;
  constexpr BFloat16(float v) : bits(detail::bfloat16_bits(v)) {}  // NOLINT: as at::BFloat16
  constexpr operator float() const { return detail::bfloat16_value(bits); }
  static constexpr BFloat16 from_bits(uint16_t bits) {
    BFloat16 v;
    v.bits = bits;
    return v;
  }
};

/// IEEE 754 binary16: 11 significant bits, up to 65504.
struct Half {
  uint16_t bits = 0;
  constexpr Half() = default;
  constexpr Half(float v) : bits(detail::half_bits(v)) {}  // NOLINT: as at::Half
  constexpr operator float() const { return detail::half_value(bits); }
  static constexpr Half from_bits(uint16_t bits) {
    Half v;
    v.bits = bits;
    return v;
  }
};

template <class T>
inline constexpr bool is_float16 = false;
template <>
inline constexpr bool is_float16<BFloat16> = true;
template <>
inline constexpr bool is_float16<Half> = true;

namespace detail {

/// The limits of a 16-bit floating-point type with `significant` bits and an exponent up to `exponent`.
template <class T, int significant, int exponent>
struct Float16Limits : std::numeric_limits<float> {
  static constexpr int digits = significant, digits10 = (significant - 1) * 3 / 10;
  static constexpr int max_digits10 = significant * 302 / 1000 + 2;
  static constexpr int max_exponent = exponent, min_exponent = 3 - exponent;
  static constexpr int max_exponent10 = exponent * 301 / 1000, min_exponent10 = -((exponent - 2) * 301 / 1000);
  static constexpr uint16_t kInfinity = 0x7fff >> (digits - 1) << (digits - 1);

  static constexpr T min() noexcept { return T::from_bits(1 << (digits - 1)); }
  static constexpr T max() noexcept { return T::from_bits(kInfinity - 1); }
  static constexpr T lowest() noexcept { return T::from_bits(0x8000 | (kInfinity - 1)); }
  static constexpr T epsilon() noexcept { return T::from_bits((exponent - digits) << (digits - 1)); }
  static constexpr T round_error() noexcept { return T(0.5f); }
  static constexpr T infinity() noexcept { return T::from_bits(kInfinity); }
  static constexpr T quiet_NaN() noexcept { return T::from_bits(kInfinity | 1 << (digits - 2)); }
  static constexpr T signaling_NaN() noexcept { return T::from_bits(kInfinity | 1); }
  static constexpr T denorm_min() noexcept { return T::from_bits(1); }
};

}  // namespace detail
}  // namespace weft

template <>
class std::numeric_limits<weft::BFloat16> : public weft::detail::Float16Limits<weft::BFloat16, 8, 128> {};
template <>
class std::numeric_limits<weft::Half> : public weft::detail::Float16Limits<weft::Half, 11, 16> {};
