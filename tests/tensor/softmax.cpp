// Compares softmax kernels, float32 along rows and across columns, with float64.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "fast_kernels.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(softmax)

BOOST_AUTO_TEST_CASE(float32_follows_float64_and_threads_change_nothing) {
  manual_seed(1);
  struct Case {
    Dims sizes;
    int64_t dim;
  };
  for (const Case& c : std::initializer_list<Case>{{{1, 1}, 1},
                                                   {{3, 10}, 1},
                                                   {{1, 1000}, -1},
                                                   {{301, 97}, 1},
                                                   {{301, 97}, 0},
                                                   {{7, 19, 311}, 1},
                                                   {{5, 3, 17, 31}, 1},
                                                   {{4, 3, 5, 6}, 2},
                                                   {{6}, 0}}) {
    const Tensor x = randn(c.sizes) * 4;
    const std::string at = to_string(c.sizes) + " along " + std::to_string(c.dim);
    hold_to_reference(
        "softmax " + at, [&](const TensorList& in) { return in[0].softmax(c.dim); }, {x}, 2e-5);
    hold_to_reference(
        "log_softmax " + at, [&](const TensorList& in) { return in[0].log_softmax(c.dim); }, {x}, 2e-5);
  }
}

BOOST_AUTO_TEST_CASE(far_values_neither_overflow_nor_vanish) {
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor x = tensor({{1e4, 1e4 - 1, -1e4}}, dtype);
    const Tensor want = tensor({{1 / (1 + std::exp(-1.0)), 1 / (1 + std::exp(1.0)), 0.0}}, dtype);
    BOOST_CHECK(x.softmax(1).allclose(want, 1e-5, 1e-7));
    BOOST_CHECK(x.t().contiguous().softmax(0).allclose(want.t(), 1e-5, 1e-7));
    BOOST_CHECK(x.log_softmax(1).allclose(tensor({{-0.31326169, -1.31326169, -20000.31326}}, dtype), 1e-5, 1e-6));
  }
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_reach_the_result) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (int64_t dim : {0, 1}) {
    const Tensor bad = tensor({{1.f, nan}, {2.f, 3.f}}).softmax(dim);
    BOOST_CHECK(bad.isnan().any().item<bool>());
    BOOST_CHECK_EQUAL(bad.isnan().sum().item<int64_t>(), 2);
    BOOST_CHECK(tensor({{-inf, -inf}, {-inf, -inf}}).softmax(dim).isnan().all().item<bool>());
  }
  BOOST_CHECK(tensor({{-inf, 0.f}}).softmax(1).equal(tensor({{0.f, 1.f}})));
  BOOST_CHECK(tensor({{-inf}, {0.f}}).softmax(0).equal(tensor({{0.f}, {1.f}})));
}

BOOST_AUTO_TEST_CASE(strided_and_empty_inputs) {
  manual_seed(2);
  const Tensor x = randn({6, 8});
  BOOST_CHECK(x.t().softmax(0).equal(x.t().contiguous().softmax(0)));
  BOOST_CHECK(x.slice(1, 1, 7, 2).softmax(1).equal(x.slice(1, 1, 7, 2).contiguous().softmax(1)));
  BOOST_CHECK(empty({0, 3}).softmax(1).sizes() == IntArrayRef({0, 3}));
  BOOST_CHECK_EQUAL(scalar_tensor(3.0).softmax(0).item<float>(), 1);
}

BOOST_AUTO_TEST_SUITE_END()
