// Gradient clipping: norms over all parameters, and values.
#include "weft/optim/clip_grad.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "weft/tensor/creation.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(clip_grad)

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Two parameters with gradients {3, -4} and {12}, of norm 13, and one without.
TensorList parameters() {
  TensorList out{zeros({2}, kFloat64), zeros({1}, kFloat64), zeros({4}, kFloat64)};
  for (Tensor& p : out) p.set_requires_grad(true);
  out[0].mutable_grad() = tensor({3., -4.}, kFloat64);
  out[1].mutable_grad() = tensor({12.}, kFloat64);
  return out;
}

std::vector<double> grads(const TensorList& params) {
  return {params[0].grad()[0].item<double>(), params[0].grad()[1].item<double>(), params[1].grad()[0].item<double>()};
}

void check_grads(const TensorList& params, std::vector<double> want) {
  BOOST_TEST(grads(params) == want, boost::test_tools::per_element());
  BOOST_TEST(!params[2].grad().defined());
}

}  // namespace

BOOST_AUTO_TEST_CASE(norms) {
  struct Row {
    double type, norm;
  };
  for (auto [type, norm] : {Row{2, 13}, Row{1, 19}, Row{kInfinity, 12}, Row{3, std::cbrt(27 + 64 + 1728)}}) {
    TensorList p = parameters();
    BOOST_CHECK_CLOSE(optim::clip_grad_norm_(p, 100, type), norm, 1e-10);
    check_grads(p, {3, -4, 12});
    BOOST_CHECK_CLOSE(nn::utils::clip_grad_norm_(p, 2, type), norm, 1e-10);
    const double scale = 2 / (norm + 1e-6);
    const std::vector<double> got = grads(p), want{3 * scale, -4 * scale, 12 * scale};
    for (size_t i = 0; i < 3; ++i) BOOST_CHECK_CLOSE(got[i], want[i], 1e-10);
  }
}

// Norm types of 0 and below: libtorch's numbers for gradients {3, -4, 0} and {4, 2}.
BOOST_AUTO_TEST_CASE(norm_types_down_to_minus_infinity) {
  const auto made = [] {
    TensorList out{zeros({3}, kFloat64), zeros({2}, kFloat64), zeros({1}, kFloat64)};
    for (Tensor& p : out) p.set_requires_grad(true);
    out[0].mutable_grad() = tensor({3., -4., 0.}, kFloat64);
    out[1].mutable_grad() = tensor({4., 2.}, kFloat64);
    return out;
  };
  TensorList p = made();
  BOOST_TEST(optim::clip_grad_norm_(p, 1, 0) == 2);  // gradients
  BOOST_CHECK_CLOSE(p[0].grad()[0].item<double>(), 1.5, 1e-4);
  BOOST_CHECK_CLOSE(p[1].grad()[0].item<double>(), 2, 1e-4);
  for (double type : {-1., -2., -kInfinity}) {
    p = made();
    BOOST_TEST(optim::clip_grad_norm_(p, 1, type) == 0);  // of an element 0
    BOOST_TEST(p[0].grad().equal(tensor({3., -4., 0.}, kFloat64)));
  }
  p = parameters();
  BOOST_CHECK_CLOSE(optim::clip_grad_norm_(p, 1, -1), 1 / (1. / 3 + 1. / 4 + 1. / 12), 1e-10);
  p = parameters();
  BOOST_TEST(optim::clip_grad_norm_(p, 1, -kInfinity) == 3);
  BOOST_CHECK_CLOSE(grads(p)[2], 4, 1e-4);
  p = parameters();
  BOOST_CHECK_CLOSE(optim::clip_grad_norm_(p, 1, 0.5), 51.06, 20);
  for (double type : {0., -1., -kInfinity, 2., kInfinity})
    BOOST_TEST(optim::clip_grad_norm_(TensorList{p[2]}, 1, type) == 0);  // no gradient
}

BOOST_AUTO_TEST_CASE(values) {
  TensorList p = parameters();
  optim::clip_grad_value_(p, 3.5);
  check_grads(p, {3, -3.5, 3.5});
  optim::clip_grad_value_(p[0], 1);
  check_grads(p, {1, -1, 3.5});
}

BOOST_AUTO_TEST_CASE(gradients_are_changed_in_their_own_memory) {
  TensorList p = parameters();
  Tensor held = p[1].grad();
  optim::clip_grad_norm_(p, 1);
  BOOST_TEST(held.item<double>() < 1);
  BOOST_TEST(optim::clip_grad_norm_(Tensor(p[2]), 1) == 0);  // nothing to clip
}

BOOST_AUTO_TEST_CASE(what_is_not_finite) {
  for (double bad : {kInfinity, std::nan("")}) {
    TensorList p = parameters();
    p[1].mutable_grad() = tensor({bad}, kFloat64);
    for (double type : {2., kInfinity}) {
      BOOST_CHECK_THROW(optim::clip_grad_norm_(p, 1, type, true), StateError);
      BOOST_TEST(grads(p)[0] == 3);
    }
    BOOST_TEST(!std::isfinite(optim::clip_grad_norm_(p, 1)));
    BOOST_TEST((std::isnan(bad) ? std::isnan(grads(p)[0]) : grads(p)[0] == 0));
  }
  TensorList p = parameters();
  BOOST_CHECK_THROW(optim::clip_grad_norm_(p, 1, std::nan("")), ValueError);
  BOOST_CHECK_THROW(optim::clip_grad_norm_(p, -1), ValueError);
  BOOST_CHECK_THROW(optim::clip_grad_value_(p, -1), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
