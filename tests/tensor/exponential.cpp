// The vectorised exponential of float32, the basis of softmax, sigmoid and others.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "weft/tensor/creation.h"

using namespace weft;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();

// In a tensor of several vectors, so that the vector loop computes it.
float exp_of(float x) {
  const float y = full({37}, x).exp().data_ptr<float>()[5];
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exponential)

BOOST_AUTO_TEST_CASE(within_one_ulp_wherever_float32_has_normal_numbers) {
  const int64_t count = 1 << 18;
  for (double from = -87.3; from < 88.7; from += 4) {
    const Tensor x = linspace(from, std::min(from + 4, 88.722), count), y = x.exp();
    const float *px = x.data_ptr<float>(), *py = y.data_ptr<float>();
    double worst = 0;
    for (int64_t i = 0; i < count; ++i) {
      const double exact = std::exp(static_cast<double>(px[i]));
      worst = std::max(worst, std::fabs(py[i] - exact) / std::ldexp(1.0, std::ilogb(exact) - 23));
    }
    BOOST_TEST(worst < 1.0, "from " << from << ": " << worst << " ulp");
  }
}

BOOST_AUTO_TEST_CASE(right_at_the_ends_and_for_what_is_no_number) {
  BOOST_TEST(exp_of(0) == 1);
  BOOST_TEST(exp_of(-0.0f) == 1);
  BOOST_TEST(exp_of(88.722831f) > 3.4e38f);
  BOOST_TEST(std::isfinite(exp_of(88.722831f)));
  for (float x : {88.72285f, 89.0f, 1e4f, 1e30f, kInf}) BOOST_TEST(exp_of(x) == kInf, x);
  BOOST_TEST(exp_of(-87.3365f) > 0);
  for (float x : {-87.337f, -88.0f, -104.0f, -1e4f, -1e30f, -kInf}) BOOST_TEST(exp_of(x) == 0, x);
  BOOST_TEST(std::isnan(exp_of(kNan)));
  // A NaN with bits at the position of the result's exponent.
  float odd;
  const uint32_t bits = 0x7fc00123;
  std::memcpy(&odd, &bits, sizeof odd);
  BOOST_TEST(std::isnan(exp_of(odd)));
}

BOOST_AUTO_TEST_SUITE_END()
