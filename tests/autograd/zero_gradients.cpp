// Ops whose derivative is zero give a gradient of zeros: defined, and added to other gradients.
#include <boost/test/unit_test.hpp>

#include "weft/weft.h"

using namespace weft;
using autograd::grad;

namespace {

struct Row {
  const char* name;
  std::function<Tensor(const Tensor&)> f;
};
const Row kRows[] = {
    {"pow 0", [](const Tensor& x) { return x.pow(0); }},
    {"round", [](const Tensor& x) { return x.round(); }},
    {"floor", [](const Tensor& x) { return x.floor(); }},
    {"ceil", [](const Tensor& x) { return x.ceil(); }},
    {"trunc", [](const Tensor& x) { return x.trunc(); }},
    {"sign", [](const Tensor& x) { return x.sign(); }},
    {"norm 0", [](const Tensor& x) { return x.norm(0); }},
    {"zero_", [](const Tensor& x) { return (x * 1).zero_(); }},
    {"fill_", [](const Tensor& x) { return (x * 1).fill_(3); }},
    {"fill_ with a tensor", [](const Tensor& x) { return (x * 1).fill_(full({}, 3.0, kFloat64)); }},
    {"copy_",
     [](const Tensor& x) {
       return (x * 1).copy_(ones({2, 3}, kFloat64));
     }},
    {"uniform_", [](const Tensor& x) { return (x * 1).uniform_(); }},
    {"normal_", [](const Tensor& x) { return (x * 1).normal_(); }},
    {"bernoulli_", [](const Tensor& x) { return (x * 1).bernoulli_(); }},
    {"zero_ of all through a view",
     [](const Tensor& x) {
       const Tensor y = x * 1;
       y.view({6}).zero_();
       return y;
     }},
    {"floor_divide_", [](const Tensor& x) { return (x * 1).floor_divide_(2); }},
    {"floor_divide_ of a view",
     [](const Tensor& x) {
       const Tensor y = x * 1;
       y.view({6}).floor_divide_(2);
       return y;
     }},
    {"logical_not_", [](const Tensor& x) { return (x * 1).logical_not_(); }},
    {"masked_fill of all",
     [](const Tensor& x) {
       return x.masked_fill(ones({2, 3}, kBool), 1);
     }},
};

Tensor input() { return tensor({{0.5, -1.25, 2.0}, {1.5, 0.25, -0.75}}, TensorOptions(kFloat64).requires_grad(true)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(zero_gradients)

BOOST_AUTO_TEST_CASE(are_defined) {
  for (const auto& [name, f] : kRows) {
    BOOST_TEST_CONTEXT(name) {
      const Tensor x = input();
      f(x).sum().backward();
      BOOST_REQUIRE(x.grad().defined());
      BOOST_TEST(x.grad().equal(zeros({2, 3}, kFloat64)));
      BOOST_TEST(grad({f(x).sum()}, {x})[0].equal(zeros({2, 3}, kFloat64)));
      BOOST_TEST(grad({(f(x) + x * 2).sum()}, {x})[0].equal(full({2, 3}, 2.0, kFloat64)));
      BOOST_TEST(grad({f(x * x).sum()}, {x})[0].equal(zeros({2, 3}, kFloat64)));
    }
  }
}

BOOST_AUTO_TEST_CASE(of_a_slope_are_defined) {
  // Second derivatives of piecewise linear functions.
  const std::pair<const char*, Tensor (*)(const Tensor&)> linear[] = {
      {"relu", [](const Tensor& x) { return x.relu(); }},
      {"abs", [](const Tensor& x) { return x.abs(); }},
      {"clamp", [](const Tensor& x) { return x.clamp(-1, 1); }},
      {"leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.1); }},
      {"hardtanh", [](const Tensor& x) { return hardtanh(x); }},
      {"hardshrink", [](const Tensor& x) { return hardshrink(x); }},
  };
  for (const auto& [name, f] : linear) {
    BOOST_TEST_CONTEXT(name) {
      const Tensor x = input();
      const Tensor slope = grad({f(x).sum()}, {x}, {}, true, true)[0];
      BOOST_REQUIRE(slope.requires_grad());
      BOOST_TEST(grad({slope.sum()}, {x})[0].equal(zeros({2, 3}, kFloat64)));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_derivative_of_a_power) {
  const Tensor x = tensor({-1.5, 0.0, 2.0}, TensorOptions(kFloat64).requires_grad(true));
  for (int degree = 0; degree <= 6; ++degree) {
    Tensor y = x.pow(degree);
    double factor = 1;
    for (int order = 1; order <= degree + 1; ++order) {
      BOOST_TEST_CONTEXT("derivative " << order << " of x^" << degree) {
        y = grad({y.sum()}, {x}, {}, true, true)[0];
        factor *= degree - order + 1;
        const Tensor expected = factor == 0 ? zeros({3}, kFloat64) : x.detach().pow(degree - order) * factor;
        BOOST_TEST(y.allclose(expected));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(powers_zero_and_one) {
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor x = tensor({-2.0, -0.0, 0.0, inf, -inf, nan}, dtype);
    BOOST_TEST(x.pow(0).equal(ones({6}, dtype)));
    BOOST_TEST(x.pow(1).allclose(x, 0, 0, true));
    BOOST_TEST((x.clone().pow_(0).equal(ones({6}, dtype))));
    BOOST_TEST(x.t().pow(1).allclose(x, 0, 0, true));
  }
}

BOOST_AUTO_TEST_SUITE_END()
