// Activations: values at chosen points, gradients of both orders, rejected options.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "weft/autograd/autograd.h"
#include "weft/autograd/gradcheck.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

using namespace weft;

namespace {

struct Row {
  const char* name;
  Tensor (*f)(const Tensor&);
  double at_minus_2, at_0, at_half, at_4;  ///< values
};

// Computed from the definitions in double precision.
const Row kRows[] = {
    {"leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.1); }, -0.2, 0, 0.5, 4},
    {"elu", [](const Tensor& x) { return elu(x, 1.5); }, -1.296997075, 0, 0.5, 4},
    {"selu", selu, -1.520166469, 0, 0.525350494, 4.202803949},
    {"celu", [](const Tensor& x) { return celu(x, 2.0); }, -1.264241118, 0, 0.5, 4},
    {"gelu", [](const Tensor& x) { return gelu(x); }, -0.045500264, 0, 0.345731231, 3.999873315},
    {"gelu tanh", [](const Tensor& x) { return gelu(x, "tanh"); }, -0.045402306, 0, 0.345714010, 3.999929754},
    {"silu", silu, -0.238405844, 0, 0.311229666, 3.928055160},
    {"mish", mish, -0.252501483, 0, 0.375245211, 3.997412807},
    {"softplus", [](const Tensor& x) { return softplus(x, 2.0, 7.0); }, 0.009074964, 0.346573590, 0.656630844, 4},
    {"softsign", softsign, -0.666666667, 0, 0.333333333, 0.8},
    {"hardtanh", [](const Tensor& x) { return hardtanh(x, -1.5, 0.4); }, -1.5, 0, 0.4, 0.4},
    {"relu6", relu6, 0, 0, 0.5, 4},
    {"logsigmoid", logsigmoid, -2.126928011, -0.693147181, -0.474076984, -0.018149928},
    {"tanhshrink", tanhshrink, -1.035972420, 0, 0.037882843, 3.000670700},
    {"hardshrink", [](const Tensor& x) { return hardshrink(x, 0.5); }, -2, 0, 0, 4},
    {"softshrink", [](const Tensor& x) { return softshrink(x, 0.4); }, -1.6, 0, 0.1, 3.6},
    {"threshold", [](const Tensor& x) { return threshold(x, 0.25, -7.0); }, -7, -7, 0.5, 4},
    {"hardswish", hardswish, -0.333333333, 0, 0.291666667, 4},
    {"hardsigmoid", hardsigmoid, 0.166666667, 0.5, 0.583333333, 1},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(activation)

BOOST_AUTO_TEST_CASE(values) {
  for (Dtype dtype : {kFloat32, kFloat64})
    for (const Row& row : kRows) {
      const Tensor y = row.f(tensor({-2.0, 0.0, 0.5, 4.0}, dtype)).to(kFloat64);
      const Tensor want = tensor({row.at_minus_2, row.at_0, row.at_half, row.at_4}, kFloat64);
      BOOST_CHECK_MESSAGE(y.allclose(want, 1e-6, 2e-7), row.name << " of " << name(dtype) << " gives " << to_string(y)
                                                                 << ", not " << to_string(want));
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_both_orders) {
  // No point is near a corner of any of them.
  const Tensor x = tensor({-3.6, -2.3, -1.2, -0.7, -0.2, 0.13, 0.33, 0.8, 1.7, 2.6, 3.3, 5.1, 7.3}, kFloat64);
  for (const Row& row : kRows) {
    auto fn = [&](const TensorList& in) { return row.f(in[0]); };
    const Tensor leaf = x.clone().requires_grad_();
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_CHECK(autograd::gradcheck(fn, {leaf}));
      BOOST_CHECK(autograd::gradgradcheck(fn, {leaf}));
    }
  }
}

BOOST_AUTO_TEST_CASE(nan_stays_nan) {
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor x = full({9}, std::numeric_limits<double>::quiet_NaN(), dtype);
    for (const Row& row : kRows) BOOST_CHECK_MESSAGE(row.f(x).isnan().all().item<bool>(), row.name);
  }
}

BOOST_AUTO_TEST_CASE(glu_gates_one_half_by_the_other) {
  manual_seed(1);
  const Tensor x = randn({4, 6}, kFloat64).requires_grad_();
  for (int64_t dim : {0, 1}) {
    const int64_t half = x.size(dim) / 2;
    const Tensor want = x.narrow(dim, 0, half) * x.narrow(dim, half, half).sigmoid();
    BOOST_CHECK(glu(x, dim).allclose(want));
    auto fn = [dim](const TensorList& in) { return glu(in[0], dim); };
    BOOST_CHECK(autograd::gradcheck(fn, {x}));
    BOOST_CHECK(autograd::gradgradcheck(fn, {x}));
  }
  BOOST_CHECK_THROW(glu(randn({4, 3})), ShapeError);
  BOOST_CHECK_THROW(glu(randn({4, 4}), 2), IndexError);
}

BOOST_AUTO_TEST_CASE(prelu_gradients) {
  manual_seed(2);
  auto fn = [](const TensorList& in) { return prelu(in[0], in[1]); };
  for (const Dims& s : {Dims{3, 4}, Dims{2, 3, 4}, Dims{2, 3, 2, 5}})
    for (int64_t n : {int64_t{1}, s[1]}) {
      const Tensor x = randn(s, kFloat64).requires_grad_(), w = randn({n}, kFloat64).requires_grad_();
      const Tensor wide = n == 1 ? w : w.reshape(s.size() == 2 ? Dims{n} : s.size() == 3 ? Dims{n, 1} : Dims{n, 1, 1});
      BOOST_CHECK(prelu(x, w).equal(x.clamp_min(0) + wide * x.clamp_max(0)));
      BOOST_CHECK(autograd::gradcheck(fn, {x, w}));
      BOOST_CHECK(autograd::gradgradcheck(fn, {x, w}));
    }
  const Tensor x = randn({5}, kFloat64).requires_grad_(), w = randn({1}, kFloat64).requires_grad_();
  BOOST_CHECK(autograd::gradcheck(fn, {x, w}));
  BOOST_CHECK_THROW(prelu(randn({2, 3}), randn({2})), ShapeError);
  BOOST_CHECK_THROW(prelu(randn({3}), randn({3})), ShapeError);
  BOOST_CHECK_THROW(prelu(randn({2, 3}), randn({1}, kFloat64)), DtypeError);
}

// hardshrink with a negative lambda keeps everything, in value and gradient.
BOOST_AUTO_TEST_CASE(hardshrink_of_negative_lambda) {
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor x = linspace(-2, 2, 41, dtype).requires_grad_();
    const Tensor y = hardshrink(x, -0.5);
    y.sum().backward();
    BOOST_TEST(y.equal(x));
    BOOST_TEST(x.grad().equal(ones_like(x)));
    BOOST_TEST(hardshrink(full({9}, std::nan(""), dtype), -0.5).isnan().all().item<bool>());
  }
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
  const Tensor x = randn({2});
  BOOST_CHECK_THROW(gelu(x, "erf"), ValueError);
  BOOST_CHECK_THROW(softplus(x, 0), ValueError);
  BOOST_CHECK_THROW(celu(x, 0), ValueError);
  BOOST_CHECK_THROW(hardtanh(x, 1, -1), ValueError);
  BOOST_CHECK_THROW(softshrink(x, -0.1), ValueError);
  for (const Row& row : kRows) BOOST_CHECK_THROW(row.f(ones({2}, kInt64)), DtypeError);
}

BOOST_AUTO_TEST_CASE(a_dropped_graph_leaves_nothing) {
  const int64_t before = TensorImpl::live();
  for (const Row& row : kRows) {
    const Tensor x = randn({3}, kFloat64).requires_grad_();
    autograd::grad({row.f(x).square().sum()}, {x}, {}, true, true);
  }
  {
    const Tensor x = randn({3, 2}).requires_grad_(), w = randn({2}).requires_grad_();
    autograd::grad({prelu(x, w).square().sum()}, {x, w}, {}, true, true);
  }
  BOOST_CHECK_EQUAL(TensorImpl::live(), before);
}

BOOST_AUTO_TEST_SUITE_END()
