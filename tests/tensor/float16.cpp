// The 16-bit floating-point types: every value, and rounding against a search for the nearest.
#include "weft/tensor/float16.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "weft/tensor/creation.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(float16)

namespace {

/// The value nearest to v, ties to even, by distances in double.
template <class T>
T nearest(float v) {
  T best;
  double least = INFINITY;
  for (uint32_t b = 0; b < 0x10000; ++b) {
    const T candidate = T::from_bits(static_cast<uint16_t>(b));
    const auto f = static_cast<float>(candidate);
    if (!std::isfinite(f) || std::signbit(f) != std::signbit(v)) continue;
    const double distance = std::fabs(static_cast<double>(f) - static_cast<double>(v));
    if (distance < least || (distance == least && b % 2 == 0)) best = candidate, least = distance;
  }
  return best;
}

/// Value of the bits by the definition of the format.
double defined_value(uint32_t bits, int digits, int bias) {
  const int fraction = digits - 1;
  const auto exponent = static_cast<int>((bits & 0x7fff) >> fraction),
             low = static_cast<int>(bits & ((1u << fraction) - 1));
  const double magnitude = exponent == 0 ? std::ldexp(low, 1 - bias - fraction)
                                         : std::ldexp(low + (1 << fraction), exponent - bias - fraction);
  return (bits & 0x8000) ? -magnitude : magnitude;
}

template <class T>
void check_type() {
  using Limits = std::numeric_limits<T>;
  for (uint32_t b = 0; b < 0x10000; ++b) {
    const T v = T::from_bits(static_cast<uint16_t>(b));
    const float f = v;
    if (std::isnan(f)) {
      BOOST_REQUIRE(std::isnan(static_cast<float>(T(f))));
      continue;
    }
    BOOST_REQUIRE_EQUAL(T(f).bits, v.bits);
    if (std::isfinite(f))
      BOOST_REQUIRE_EQUAL(static_cast<double>(f), defined_value(b, Limits::digits, Limits::max_exponent - 1));
  }
  std::vector<float> samples{1.0f / 3, -2.7182818f, 1e-3f, 65519.0f, 6e-8f, 3e-8f, 2.9e-8f, -1e-7f, 0.1f, 1e-39f};
  // Halfway between neighbours, and a float on either side of it.
  for (uint16_t b : {0x3c00, 0x3c01, 0x0001, 0x0400, 0x03ff, 0x5555}) {
    const float low = T::from_bits(b), high = T::from_bits(static_cast<uint16_t>(b + 1)), middle = (low + high) / 2;
    samples.insert(samples.end(), {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f), -middle});
  }
  for (float v : samples) BOOST_TEST(T(v).bits == nearest<T>(v).bits, v << " gives " << static_cast<float>(T(v)));
  BOOST_TEST(static_cast<float>(T(INFINITY)) == INFINITY);
  BOOST_TEST(static_cast<float>(T(-INFINITY)) == -INFINITY);
  BOOST_TEST(std::isnan(static_cast<float>(T(-NAN))));
  BOOST_TEST(std::signbit(static_cast<float>(T(-0.0f))));
  BOOST_TEST(static_cast<float>(Limits::infinity()) == INFINITY);
  BOOST_TEST(std::isnan(static_cast<float>(Limits::quiet_NaN())));
  BOOST_TEST(std::isnan(static_cast<float>(Limits::signaling_NaN())));
  BOOST_TEST(static_cast<float>(Limits::lowest()) == -static_cast<float>(Limits::max()));
  BOOST_TEST(static_cast<float>(T(1 + static_cast<float>(Limits::epsilon()))) > 1);
  BOOST_TEST(static_cast<float>(T(1 + static_cast<float>(Limits::epsilon()) / 2)) == 1);
  BOOST_TEST(std::isinf(static_cast<float>(T(static_cast<float>(Limits::max()) * 1.01f))));
  BOOST_TEST(static_cast<float>(Limits::min()) == std::ldexp(1.0f, Limits::min_exponent - 1));
}

}  // namespace

BOOST_AUTO_TEST_CASE(bfloat16_rounds_to_nearest) {
  check_type<BFloat16>();
  BOOST_TEST(static_cast<float>(std::numeric_limits<BFloat16>::epsilon()) == 0x1p-7f);
  BOOST_TEST(static_cast<float>(std::numeric_limits<BFloat16>::max()) == 0x1.fep127f);
}

BOOST_AUTO_TEST_CASE(float16_rounds_to_nearest) {
  check_type<Half>();
  BOOST_TEST(static_cast<float>(Half(65519.0f)) == 65504);
  BOOST_TEST(std::isinf(static_cast<float>(Half(65520.0f))));
  BOOST_TEST(static_cast<float>(std::numeric_limits<Half>::epsilon()) == 0x1p-10f);
  BOOST_TEST(static_cast<float>(std::numeric_limits<Half>::denorm_min()) == 0x1p-24f);
  static_assert(static_cast<float>(std::numeric_limits<Half>::max()) == 65504);
  BOOST_TEST(std::numeric_limits<Half>::digits10 == 3);
  BOOST_TEST(std::numeric_limits<Half>::max_digits10 == 5);
  BOOST_TEST(std::numeric_limits<Half>::max_exponent10 == 4);
  BOOST_TEST(std::numeric_limits<Half>::min_exponent10 == -4);
  BOOST_TEST(std::numeric_limits<BFloat16>::digits10 == 2);
  BOOST_TEST(std::numeric_limits<BFloat16>::max_digits10 == 4);
  BOOST_TEST(std::numeric_limits<BFloat16>::max_exponent10 == 38);
  BOOST_TEST(std::numeric_limits<BFloat16>::min_exponent10 == -37);
}

// nan_to_num replaces infinities by the largest number of the dtype itself.
BOOST_AUTO_TEST_CASE(largest_numbers_replace_infinities) {
  const Tensor x = tensor({INFINITY, -INFINITY, NAN});
  for (const auto& [dtype, most] :
       {std::pair{kFloat16, 65504.0}, {kBFloat16, 0x1.fep127}, {kFloat32, 0x1.fffffep127}}) {
    const Tensor y = x.to(dtype).nan_to_num();
    BOOST_TEST(y[0].item<double>() == most);
    BOOST_TEST(y[1].item<double>() == -most);
    BOOST_TEST(y[2].item<double>() == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
