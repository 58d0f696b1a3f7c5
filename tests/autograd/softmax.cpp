// Gradients of softmax and log_softmax, and their errors.
#include <boost/test/unit_test.hpp>

#include "weft/autograd/autograd.h"
#include "weft/autograd/gradcheck.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(softmax)

BOOST_AUTO_TEST_CASE(gradients_of_both_orders) {
  manual_seed(1);
  for (int64_t dim : {0, 1, -1}) {
    const Tensor x = randn({3, 4, 2}, kFloat64).requires_grad_();
    auto soft = [dim](const TensorList& in) { return in[0].softmax(dim); };
    auto log = [dim](const TensorList& in) { return in[0].log_softmax(dim); };
    BOOST_CHECK(autograd::gradcheck(soft, {x}));
    BOOST_CHECK(autograd::gradgradcheck(soft, {x}));
    BOOST_CHECK(autograd::gradcheck(log, {x}));
    BOOST_CHECK(autograd::gradgradcheck(log, {x}));
  }
}

BOOST_AUTO_TEST_CASE(third_derivatives_follow) {
  manual_seed(2);
  const Tensor x = randn({2, 3}, kFloat64).requires_grad_(), w = randn({2, 3}, kFloat64);
  auto slope = [&](const TensorList& in) {
    return autograd::grad({(in[0].softmax(1) * w).sum()}, {in[0]}, {}, true, true)[0];
  };
  auto slope_of_input = [&](const TensorList& in) {
    const Tensor leaf = in[0].requires_grad() ? in[0] : in[0].detach().requires_grad_();
    AutoGradMode on(true);
    return slope({leaf});
  };
  BOOST_CHECK(autograd::gradgradcheck(slope_of_input, {x}));
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
  const Tensor x = randn({2, 3});
  BOOST_CHECK_THROW(x.softmax(2), IndexError);
  BOOST_CHECK_THROW(x.log_softmax(-3), IndexError);
  BOOST_CHECK_THROW(x.to(kInt64).softmax(0), DtypeError);
  BOOST_CHECK_THROW(x.gt(0).log_softmax(0), DtypeError);
}

BOOST_AUTO_TEST_CASE(a_dropped_graph_leaves_nothing) {
  const int64_t before = TensorImpl::live();
  {
    const Tensor x = randn({2, 3}).requires_grad_();
    const Tensor y = x.softmax(1), z = x.log_softmax(0);
    const Tensor g = autograd::grad({y.square().sum()}, {x}, {}, true, true)[0];
  }
  BOOST_CHECK_EQUAL(TensorImpl::live(), before);
}

BOOST_AUTO_TEST_CASE(a_changed_result_is_noticed) {
  const Tensor x = randn({2, 3}).requires_grad_();
  Tensor y = x.softmax(1);
  y.detach().mul_(2);
  BOOST_CHECK_THROW(y.sum().backward(), StateError);
}

BOOST_AUTO_TEST_SUITE_END()
